/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "common/policy/times.h"

#define NOW   INT64_C(1700000000)
#define Y2038 INT64_C(2147483647) /* 2038-01-19T03:14:07, 2^31 - 1 */
#define Y2106 INT64_C(4294967295) /* 2106-02-07T06:28:15, 2^32 - 1 */
#define Y9999 INT64_C(253402300799) /* 9999-12-31T23:59:59 */
#define N(a)  (sizeof(a) / sizeof((a)[0]))
#define OFF   INT64_C(-1) /* of a limit */

/* The issuer and the service, of which only times are looked at. */
struct world {
	struct ba_issuer issuer;
	struct ba_service service;
	struct ba_case c;
};

static const struct ba_where line = { "x.conf", 3 };

static void
begin(struct world *w, int64_t now, int64_t skew)
{
	memset(w, 0, sizeof(*w));
	w->issuer.clock_skew = skew;
	w->issuer.where = line;
	w->c.issuer = &w->issuer;
	w->c.service = &w->service;
	w->c.now = now;
	w->c.explain = true;
}

static struct ba_limit
limit(int64_t s)
{
	struct ba_limit l = { 0, { NULL, 0 } };

	if (s != OFF) {
		l.s = s;
		l.where = line;
	}
	return l;
}

static int
expiry(struct ba_case *c)
{
	int64_t exp = 99;
	int r;

	r = ba_times_expiry(c, &exp);
	if (r != BA_OK)
		assert_int_equal(exp, 0);
	else
		assert_true(c->now < exp + c->issuer->clock_skew);
	return r;
}

/*
 * The claims as text, so that a row may be what no JSON is; every decision
 * says why, and says nothing where nobody listens.
 */
static int
judge(struct world *w, const char *claims, int (*check)(struct ba_case *))
{
	json_t *parsed;
	int r;

	r = ba_json_parse(claims, strlen(claims), &parsed);
	if (r != BA_OK)
		return r;
	w->c.claims = parsed;
	ba_case_begin(&w->c);
	r = check(&w->c);
	assert_string_not_equal(w->c.detail, "");
	w->c.explain = false;
	ba_case_begin(&w->c);
	assert_int_equal(check(&w->c), r);
	assert_string_equal(w->c.detail, "");
	w->c.explain = true;
	json_decref(parsed);
	return r;
}

/* One row: a claim's text, the clock, and what comes of it. */
struct row {
	const char *raw; /* NULL: missing */
	int64_t now;
	int64_t skew;
	int err;
};

static void
judge_rows(const char *name, const struct row *rows, size_t n,
    int (*check)(struct ba_case *), int64_t max_auth_age)
{
	char text[256];
	struct world w;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		begin(&w, rows[i].now, rows[i].skew);
		w.service.max_auth_age = limit(max_auth_age);
		(void)snprintf(text, sizeof(text), "{\"%s\":%s}",
		    rows[i].raw == NULL ? "x" : name,
		    rows[i].raw == NULL ? "1" : rows[i].raw);
		r = judge(&w, text, check);
		if (r != rows[i].err)
			fail_msg("%s at %lld with %lld: %s, not %s (%s)", text,
			    (long long)rows[i].now, (long long)rows[i].skew,
			    ba_err_name(r), ba_err_name(rows[i].err),
			    w.c.detail);
	}
}

/*
 * What is no date, whatever the claim; err is what the claim's check says.
 * Numbers that a double or an integer cannot hold are no JSON to us.
 */
static void
judge_no_dates(
    const char *name, int err, int (*check)(struct ba_case *), int64_t limit_s)
{
	const struct row rows[] = {
		{ "253402300800", NOW, 60, err },
		{ "253402300800.0", NOW, 60, err },
		{ "2.534023008e11", NOW, 60, err },
		{ "9007199254740991", NOW, 60, err }, /* 2^53 - 1 */
		{ "9007199254740992", NOW, 60, err },
		{ "9007199254740993", NOW, 60, err },
		{ "9223372036854775807", NOW, 60, err }, /* 2^63 - 1 */
		{ "9223372036854775807", INT64_MAX, 60, err },
		{ "9223372036854775808", NOW, 60, BA_ERR_JSON },
		{ "-9223372036854775808", NOW, 60, err },
		{ "-9223372036854775809", NOW, 60, BA_ERR_JSON },
		{ "1e18", NOW, 60, err },
		{ "1e300", NOW, 60, err },
		{ "1e400", NOW, 60, BA_ERR_JSON },
		{ "-1e400", NOW, 60, BA_ERR_JSON },
		{ "-1", NOW, 60, err },
		{ "-1", -1, 60, err },
		{ "-0.5", NOW, 60, err },
		{ "-1700000600", NOW, 60, err },
		{ "\"1700000000\"", NOW, 60, err },
		{ "\"\"", NOW, 60, err },
		{ "true", NOW, 60, err },
		{ "false", NOW, 60, err },
		{ "null", NOW, 60, err },
		{ "{}", NOW, 60, err },
		{ "[]", NOW, 60, err },
		{ "[1700000000]", NOW, 60, err },
		{ "NaN", NOW, 60, BA_ERR_JSON },
		{ "Infinity", NOW, 60, BA_ERR_JSON },
		{ "01700000000", NOW, 60, BA_ERR_JSON },
		{ "+1700000000", NOW, 60, BA_ERR_JSON },
		{ "0x6553f100", NOW, 60, BA_ERR_JSON },
		{ "1700000000.", NOW, 60, BA_ERR_JSON },
		{ "1700000000,\"x\":1,\"x\":1", NOW, 60, BA_ERR_JSON },
	};

	judge_rows(name, rows, N(rows), check, limit_s);
}

static void
test_jwt01_at05_v35_expiry(void **state)
{
	static const struct row rows[] = {
		{ "1700000000", NOW - 1, 0, BA_OK },
		{ "1700000000", NOW, 0, BA_ERR_EXP },
		{ "1700000000", NOW + 1, 0, BA_ERR_EXP },
		{ "1700000000", NOW + 58, 60, BA_OK },
		{ "1700000000", NOW + 59, 60, BA_OK },
		{ "1700000000", NOW + 60, 60, BA_ERR_EXP },
		{ "1700000000", NOW + 61, 60, BA_ERR_EXP },
		{ "1700000000", NOW + 299, 300, BA_OK },
		{ "1700000000", NOW + 300, 300, BA_ERR_EXP },
		{ "2147483647", Y2038 - 1, 0, BA_OK },
		{ "2147483647", Y2038, 0, BA_ERR_EXP },
		{ "2147483647", Y2038 + 59, 60, BA_OK },
		{ "2147483647", Y2038 + 60, 60, BA_ERR_EXP },
		{ "2147483648", Y2038, 0, BA_OK },
		{ "2147483648", Y2038 + 1, 0, BA_ERR_EXP },
		{ "4294967295", Y2106 - 1, 0, BA_OK },
		{ "4294967295", Y2106, 0, BA_ERR_EXP },
		{ "4294967296", Y2106 + 60, 60, BA_OK },
		{ "4294967296", Y2106 + 61, 60, BA_ERR_EXP },
		{ "253402300799", NOW, 60, BA_OK },
		{ "253402300799", Y9999 + 59, 60, BA_OK },
		{ "253402300799", Y9999 + 60, 60, BA_ERR_EXP },
		{ "253402300799", INT64_MAX, 300, BA_ERR_EXP },
		{ "253402300799", INT64_MIN, 300, BA_OK },
		{ "253402300799.999", Y9999 + 59, 60, BA_OK },
		{ "253402300799.999", Y9999 + 60, 60, BA_ERR_EXP },
		{ "0", NOW, 60, BA_ERR_EXP },
		{ "-0", 59, 60, BA_OK },
		{ "-0", 60, 60, BA_ERR_EXP },
		{ "-0.0", 59, 60, BA_OK },
		{ "-0.0", 60, 60, BA_ERR_EXP },
		{ "1.5", 0, 0, BA_OK },
		{ "1.5", 1, 0, BA_ERR_EXP },
		{ "1700000001.999999", NOW, 0, BA_OK },
		{ "1700000001.999999", NOW + 1, 0, BA_ERR_EXP },
		{ "1e9", 999999999, 0, BA_OK },
		{ "1e9", 1000000000, 0, BA_ERR_EXP },
		{ "1.7e9", NOW - 1, 0, BA_OK },
		{ "1.7e9", NOW, 0, BA_ERR_EXP },
		{ "17e8", NOW - 1, 0, BA_OK },
		{ "17e8", NOW, 0, BA_ERR_EXP },
		{ "17E+8", NOW - 1, 0, BA_OK },
		{ "1700000000000e-3", NOW - 1, 0, BA_OK },
		{ "1700000000000e-3", NOW, 0, BA_ERR_EXP },
		{ "1e-400", 0, 1, BA_OK },
		{ "1e-400", 1, 1, BA_ERR_EXP },
		{ NULL, NOW, 60, BA_ERR_EXP },
	};

	(void)state;
	judge_rows("exp", rows, N(rows), expiry, OFF);
	judge_no_dates("exp", BA_ERR_EXP, expiry, OFF);
}

/* The token's own exp is what its record lives by, not exp and skew. */
static void
test_expiry_given(void **state)
{
	json_t *claims = json_pack("{s:I}", "exp", (json_int_t)NOW + 7);
	int64_t exp = 99;
	struct world w;

	(void)state;
	begin(&w, NOW, 60);
	w.c.claims = claims;
	assert_int_equal(ba_times_expiry(&w.c, &exp), BA_OK);
	assert_int_equal(exp, NOW + 7);
	assert_ptr_equal(w.c.where, &w.issuer.where);
	w.c.now = NOW + 67;
	assert_int_equal(ba_times_expiry(&w.c, &exp), BA_ERR_EXP);
	assert_int_equal(exp, 0);
	json_decref(claims);
}

static const struct row ahead[] = {
	{ "1700000000", NOW - 1, 0, 1 },
	{ "1700000000", NOW, 0, BA_OK },
	{ "1700000000", NOW + 1, 0, BA_OK },
	{ "1700000000", NOW - 61, 60, 1 },
	{ "1700000000", NOW - 60, 60, BA_OK },
	{ "1700000000", NOW - 59, 60, BA_OK },
	{ "1700000000", NOW - 301, 300, 1 },
	{ "1700000000", NOW - 300, 300, BA_OK },
	{ "2147483647", Y2038 - 61, 60, 1 },
	{ "2147483647", Y2038 - 60, 60, BA_OK },
	{ "2147483648", Y2038, 0, 1 },
	{ "2147483648", Y2038 + 1, 0, BA_OK },
	{ "4294967295", Y2106 - 61, 60, 1 },
	{ "4294967295", Y2106 - 60, 60, BA_OK },
	{ "4294967296", Y2106, 0, 1 },
	{ "4294967296", Y2106 + 1, 0, BA_OK },
	{ "253402300799", NOW, 60, 1 },
	{ "253402300799", Y9999 - 61, 60, 1 },
	{ "253402300799", Y9999 - 60, 60, BA_OK },
	{ "253402300799.999", Y9999, 0, 1 },
	{ "253402300799.999", Y9999 + 1, 0, BA_OK },
	{ "253402300799.999", Y9999 - 60, 60, 1 },
	{ "253402300799.999", Y9999 - 59, 60, BA_OK },
	{ "253402300799", INT64_MIN, 300, 1 },
	{ "0", 0, 0, BA_OK },
	{ "0", -1, 0, 1 },
	{ "0", INT64_MIN, 300, 1 },
	{ "0", -60, 60, BA_OK },
	{ "-0", 0, 0, BA_OK },
	{ "-0", -1, 0, 1 },
	{ "-0.0", 0, 0, BA_OK },
	{ "-0.0", -1, 0, 1 },
	{ "1.5", 1, 0, 1 },
	{ "1.5", 2, 0, BA_OK },
	{ "1.0", 0, 0, 1 },
	{ "1.0", 1, 0, BA_OK },
	{ "1700000000.001", NOW, 0, 1 },
	{ "1700000000.001", NOW + 1, 0, BA_OK },
	{ "1e9", 999999999, 0, 1 },
	{ "1e9", 1000000000, 0, BA_OK },
	{ "1.7e9", NOW - 1, 0, 1 },
	{ "1.7e9", NOW, 0, BA_OK },
	{ "17e8", NOW - 1, 0, 1 },
	{ "17e8", NOW, 0, BA_OK },
};

/* The same rows for every claim that must not lie ahead. */
static void
judge_ahead(
    const char *name, int err, int (*check)(struct ba_case *), int64_t limit_s)
{
	struct row rows[N(ahead)];
	size_t i;

	for (i = 0; i < N(ahead); i++) {
		rows[i] = ahead[i];
		if (rows[i].err != BA_OK)
			rows[i].err = err;
	}
	judge_rows(name, rows, N(rows), check, limit_s);
	judge_no_dates(name, err, check, limit_s);
}

static void
test_jwt02_not_before(void **state)
{
	static const struct row missing[] = {
		{ NULL, NOW, 60, BA_OK },
		{ NULL, INT64_MIN, 60, BA_OK },
	};

	(void)state;
	judge_ahead("nbf", BA_ERR_NBF, ba_times_not_before, OFF);
	judge_rows("nbf", missing, N(missing), ba_times_not_before, OFF);
}

static void
test_jwt02_at06_issued(void **state)
{
	static const struct row missing[] = {
		{ NULL, NOW, 60, BA_ERR_IAT },
		{ "1700000000", INT64_MAX, 60, BA_OK },
	};

	(void)state;
	judge_ahead("iat", BA_ERR_IAT, ba_times_issued, OFF);
	judge_rows("iat", missing, N(missing), ba_times_issued, OFF);
}

/* RFC 7662 section 2.2: an answer may have none; one that is there counts. */
static void
test_int03_issued_of_an_answer(void **state)
{
	static const struct {
		const char *claims;
		int err;
	} table[] = {
		{ "{}", BA_OK },
		{ "{\"iat\":1700000060}", BA_OK },
		{ "{\"iat\":1700000061}", BA_ERR_IAT },
		{ "{\"iat\":null}", BA_ERR_IAT },
		{ "{\"iat\":\"1700000000\"}", BA_ERR_IAT },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		begin(&w, NOW, 60);
		w.c.introspected = true;
		assert_int_equal(
		    judge(&w, table[i].claims, ba_times_issued), table[i].err);
	}
	begin(&w, NOW, 60);
	assert_int_equal(judge(&w, "{}", ba_times_issued), BA_ERR_IAT);
}

/* RFC 9470: with a limit as large as there is, only "ahead" decides. */
static void
test_step01_authentication_ahead(void **state)
{
	static const struct row missing[] = {
		{ NULL, NOW, 60, BA_ERR_AUTH_TIME },
	};

	(void)state;
	judge_ahead("auth_time", BA_ERR_AUTH_TIME, ba_times_authentication,
	    BA_LIMIT_MAX);
	judge_rows("auth_time", missing, N(missing), ba_times_authentication,
	    BA_LIMIT_MAX);
}

static void
test_step01_max_auth_age(void **state)
{
	static const struct row hour[] = {
		{ "1700000000", NOW, 60, BA_OK },
		{ "1700000000", NOW + 3599, 0, BA_OK },
		{ "1700000000", NOW + 3600, 0, BA_OK },
		{ "1700000000", NOW + 3601, 0, BA_ERR_AUTH_TIME },
		{ "1700000000", NOW + 3660, 60, BA_OK },
		{ "1700000000", NOW + 3661, 60, BA_ERR_AUTH_TIME },
		{ "1700000000.9", NOW + 3660, 60, BA_OK },
		{ "1700000000.9", NOW + 3661, 60, BA_ERR_AUTH_TIME },
		{ "1700000000", NOW - 61, 60, BA_ERR_AUTH_TIME },
		{ "1700000000", INT64_MAX, 300, BA_ERR_AUTH_TIME },
		{ "2147483647", Y2038 + 3660, 60, BA_OK },
		{ "2147483647", Y2038 + 3661, 60, BA_ERR_AUTH_TIME },
		{ "4294967295", Y2106 + 3660, 60, BA_OK },
		{ "4294967295", Y2106 + 3661, 60, BA_ERR_AUTH_TIME },
		{ "253402300799", Y9999 + 3660, 60, BA_OK },
		{ "253402300799", Y9999 + 3661, 60, BA_ERR_AUTH_TIME },
		{ "0", NOW, 60, BA_ERR_AUTH_TIME },
		{ "0", 3660, 60, BA_OK },
		{ NULL, NOW, 60, BA_ERR_AUTH_TIME },
	};
	/* max_auth_age = 0: now, as far as clocks can tell. */
	static const struct row at_once[] = {
		{ "1700000000", NOW + 60, 60, BA_OK },
		{ "1700000000", NOW + 61, 60, BA_ERR_AUTH_TIME },
		{ NULL, NOW, 60, BA_ERR_AUTH_TIME },
	};
	/* Without the rule nothing is read. */
	static const struct row none[] = {
		{ "0", NOW, 60, BA_OK },
		{ "\"x\"", NOW, 60, BA_OK },
		{ "1700000061", NOW, 60, BA_OK },
		{ NULL, NOW, 60, BA_OK },
	};

	(void)state;
	judge_rows("auth_time", hour, N(hour), ba_times_authentication, 3600);
	judge_rows(
	    "auth_time", at_once, N(at_once), ba_times_authentication, 0);
	judge_rows("auth_time", none, N(none), ba_times_authentication, OFF);
}

static void
test_jwt14_age(void **state)
{
	static const struct {
		const char *claims;
		int64_t lifetime; /* OFF: not set */
		int64_t age;
		int64_t now;
		int err;
	} rows[] = {
		{ "{\"iat\":1700000000,\"exp\":1700000600}", 600, OFF, NOW,
		    BA_OK },
		{ "{\"iat\":1700000000,\"exp\":1700000599}", 600, OFF, NOW,
		    BA_OK },
		/* The skew has no part in it. */
		{ "{\"iat\":1700000000,\"exp\":1700000601}", 600, OFF, NOW,
		    BA_ERR_LIFETIME },
		{ "{\"iat\":1700000000,\"exp\":1700000601}", 601, OFF, NOW,
		    BA_OK },
		{ "{\"iat\":1700000000,\"exp\":1700000601}", OFF, OFF, NOW,
		    BA_OK },
		{ "{\"iat\":0,\"exp\":253402300799}", BA_LIMIT_MAX, OFF, NOW,
		    BA_ERR_LIFETIME },
		{ "{\"iat\":253402300799,\"exp\":0}", 0, OFF, NOW, BA_OK },
		{ "{\"iat\":1700000000,\"exp\":1700000000}", 0, OFF, NOW,
		    BA_OK },
		{ "{\"iat\":1700000000,\"exp\":1700000001}", 0, OFF, NOW,
		    BA_ERR_LIFETIME },
		{ "{\"iat\":1700000000}", 600, OFF, NOW, BA_ERR_LIFETIME },
		{ "{\"exp\":1700000000}", 600, OFF, NOW, BA_ERR_LIFETIME },
		{ "{\"iat\":\"1\",\"exp\":1700000000}", 600, OFF, NOW,
		    BA_ERR_LIFETIME },
		{ "{\"iat\":1700000000,\"exp\":\"1700000001\"}", 600, OFF, NOW,
		    BA_ERR_LIFETIME },
		{ "{\"iat\":-1,\"exp\":1}", 600, OFF, NOW, BA_ERR_LIFETIME },

		{ "{\"iat\":1700000000}", OFF, 600, NOW + 659, BA_OK },
		{ "{\"iat\":1700000000}", OFF, 600, NOW + 660, BA_OK },
		{ "{\"iat\":1700000000}", OFF, 600, NOW + 661, BA_ERR_AGE },
		{ "{\"iat\":1700000000}", OFF, 601, NOW + 661, BA_OK },
		{ "{\"iat\":1700000000}", OFF, OFF, NOW + 661, BA_OK },
		{ "{\"iat\":1700000000}", OFF, 0, NOW + 60, BA_OK },
		{ "{\"iat\":1700000000}", OFF, 0, NOW + 61, BA_ERR_AGE },
		{ "{\"iat\":1700000000.5}", OFF, 600, NOW + 660, BA_OK },
		{ "{\"iat\":1700000000.5}", OFF, 600, NOW + 661, BA_ERR_AGE },
		{ "{\"iat\":253402300799}", OFF, BA_LIMIT_MAX,
		    Y9999 + BA_LIMIT_MAX + 60, BA_OK },
		{ "{\"iat\":253402300799}", OFF, BA_LIMIT_MAX,
		    Y9999 + BA_LIMIT_MAX + 61, BA_ERR_AGE },
		{ "{\"iat\":253402300799}", OFF, BA_LIMIT_MAX, INT64_MAX,
		    BA_ERR_AGE },
		{ "{\"iat\":1700000000}", OFF, 600, INT64_MIN, BA_OK },
		{ "{}", OFF, 600, NOW, BA_ERR_AGE },
		/* what is missing is not 1970 */
		{ "{}", OFF, 600, 0, BA_ERR_AGE },
		{ "{\"iat\":-1}", OFF, 600, 0, BA_ERR_AGE },
		{ "{\"iat\":0}", OFF, 600, 0, BA_OK },
		/* a lifetime is no age */
		{ "{\"iat\":1700000000,\"exp\":1700000600}", 600, OFF,
		    NOW + 599, BA_OK },
		{ "{\"iat\":null}", OFF, 600, NOW, BA_ERR_AGE },
		{ "{}", OFF, OFF, NOW, BA_OK },

		/* Both: each by itself. */
		{ "{\"iat\":1700000000,\"exp\":1700000600}", 600, 600,
		    NOW + 660, BA_OK },
		{ "{\"iat\":1700000000,\"exp\":1700000601}", 600, 600, NOW,
		    BA_ERR_LIFETIME },
		{ "{\"iat\":1700000000,\"exp\":1700000600}", 600, 600,
		    NOW + 661, BA_ERR_AGE },
	};
	struct world w;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		begin(&w, rows[i].now, 60);
		w.service.max_lifetime = limit(rows[i].lifetime);
		w.service.max_token_age = limit(rows[i].age);
		r = judge(&w, rows[i].claims, ba_times_age);
		if (r != rows[i].err)
			fail_msg("%s: %s, not %s (%s)", rows[i].claims,
			    ba_err_name(r), ba_err_name(rows[i].err),
			    w.c.detail);
	}
}

/* The line of the rule, not of the section. */
static void
test_lines_of_the_rules(void **state)
{
	json_t *claims = json_pack("{s:I,s:I,s:I}", "iat", (json_int_t)NOW,
	    "exp", (json_int_t)NOW + 600, "auth_time", (json_int_t)NOW);
	struct world w;

	(void)state;
	begin(&w, NOW, 60);
	w.c.claims = claims;
	w.service.max_lifetime = limit(600);
	ba_case_begin(&w.c);
	assert_int_equal(ba_times_age(&w.c), BA_OK);
	assert_ptr_equal(w.c.where, &w.service.max_lifetime.where);
	w.service.max_token_age = limit(600);
	ba_case_begin(&w.c);
	assert_int_equal(ba_times_age(&w.c), BA_OK);
	assert_ptr_equal(w.c.where, &w.service.max_token_age.where);
	assert_non_null(strstr(w.c.detail, "max_token_age = 600"));
	assert_non_null(strstr(w.c.detail, "max_lifetime = 600; iat is"));
	w.service.max_auth_age = limit(600);
	ba_case_begin(&w.c);
	assert_int_equal(ba_times_authentication(&w.c), BA_OK);
	assert_ptr_equal(w.c.where, &w.service.max_auth_age.where);
	json_decref(claims);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwt01_at05_v35_expiry),
		cmocka_unit_test(test_expiry_given),
		cmocka_unit_test(test_jwt02_not_before),
		cmocka_unit_test(test_jwt02_at06_issued),
		cmocka_unit_test(test_int03_issued_of_an_answer),
		cmocka_unit_test(test_step01_authentication_ahead),
		cmocka_unit_test(test_step01_max_auth_age),
		cmocka_unit_test(test_jwt14_age),
		cmocka_unit_test(test_lines_of_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
