/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/json/json.h"

#include "broker/once.h"

#define NOW  INT64_C(1700000000)
#define EXP  (NOW + 300)
#define SKEW 60
#define ISS  "https://id.example.org"

static struct ba_issuer issuers[2] = {
	{ .url = ISS, .clock_skew = SKEW },
	{ .url = ISS "/other", .clock_skew = SKEW },
};

static int
setup(void **state)
{
	const struct ba_store_options options = { .path = NULL };
	struct ba_store *store;

	if (ba_store_open(&options, &store) != BA_OK)
		return -1;
	*state = store;
	return 0;
}

static int
teardown(void **state)
{
	ba_store_close(*state);
	return 0;
}

struct use {
	const char *token; /* NULL: not at hand */
	const char *claims;
	bool introspected;
	unsigned issuer;
};

static int
use_at(struct ba_store *store, const struct use *u, int64_t now)
{
	struct ba_verdict v = {
		.issuer = &issuers[u->issuer],
		.introspected = u->introspected,
		.exp = EXP,
	};
	struct ba_once once;
	int r;

	assert_int_equal(
	    ba_json_parse(u->claims, strlen(u->claims), &v.claims), BA_OK);
	if (u->token != NULL)
		assert_int_equal(
		    ba_once_token(u->token, strlen(u->token), &once), BA_OK);
	r = ba_once_use(store, u->token != NULL ? &once : NULL, &v, now);
	json_decref(v.claims);
	return r;
}

static int
use(struct ba_store *store, const struct use *u)
{
	return use_at(store, u, NOW);
}

/* JWT-13: once, until it has ended by the issuer's clock too. */
static void
JWT_13_once(void **state)
{
	const struct use u = { "a.b.c", "{\"jti\":\"1\"}", false, 0 };

	assert_int_equal(use(*state, &u), BA_OK);
	assert_int_equal(use(*state, &u), BA_ERR_REPLAY);
	assert_int_equal(use_at(*state, &u, EXP), BA_ERR_REPLAY);
	assert_int_equal(use_at(*state, &u, EXP + SKEW - 1), BA_ERR_REPLAY);
	assert_int_equal(use_at(*state, &u, EXP + SKEW), BA_OK);
}

/* JWT-13: the token's own end counts, not an earlier one of this answer. */
static void
JWT_13_by_the_later_end(void **state)
{
	const struct use later = { "a.b.c",
		"{\"jti\":\"1\",\"exp\":1700003600}", false, 0 };
	const struct use earlier = { "a.b.c",
		"{\"jti\":\"2\",\"exp\":1700000100}", false, 0 };

	assert_int_equal(use(*state, &later), BA_OK);
	assert_int_equal(use_at(*state, &later, EXP + SKEW), BA_ERR_REPLAY);
	assert_int_equal(
	    use_at(*state, &later, NOW + 3600 + SKEW - 1), BA_ERR_REPLAY);
	assert_int_equal(use_at(*state, &later, NOW + 3600 + SKEW), BA_OK);

	assert_int_equal(use(*state, &earlier), BA_OK);
	assert_int_equal(
	    use_at(*state, &earlier, EXP + SKEW - 1), BA_ERR_REPLAY);
	assert_int_equal(use_at(*state, &earlier, EXP + SKEW), BA_OK);
}

/* V49: what would be kept for too long is not accepted; a second less is. */
static void
JWT_13_V49_for_a_week_at_most(void **state)
{
	struct use u = { "a.b.c", "{\"jti\":\"9\"}", false, 0 };
	const int64_t first = EXP + SKEW - BA_ONCE_LIFE_MAX;

	assert_int_equal(use_at(*state, &u, first - 1), BA_ERR_LIFETIME);
	assert_int_equal(use_at(*state, &u, first), BA_OK);
	u.claims = "{\"jti\":\"8\",\"exp\":253402300799}";
	assert_int_equal(use(*state, &u), BA_ERR_LIFETIME);
}

/* JWT-13: what is another token, and what is the same one. */
static void
JWT_13_by_issuer_and_jti(void **state)
{
	static const struct {
		struct use u;
		int r;
	} cases[] = {
		{ { "a.b.c", "{\"jti\":\"1\"}", false, 0 }, BA_OK },
		/* Another text of the same token (ECDSA: r, n - s). */
		{ { "a.b.d", "{\"jti\":\"1\"}", false, 0 }, BA_ERR_REPLAY },
		{ { "a.b.c", "{\"jti\":\"2\"}", false, 0 }, BA_OK },
		{ { "a.b.c", "{\"jti\":\"1\"}", false, 1 }, BA_OK },
		/* By the issuer's answer it is no other token. */
		{ { "opaque", "{\"jti\":\"1\"}", true, 0 }, BA_ERR_REPLAY },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(use(*state, &cases[i].u), cases[i].r);
}

/* JWT-13: what cannot be told apart is not accepted; its twin says a jti. */
static void
JWT_13_without_a_name(void **state)
{
	static const struct {
		struct use u;
		int r;
	} cases[] = {
		{ { "a.b.c", "{}", false, 0 }, BA_ERR_CLAIM },
		{ { "a.b.c", "{\"jti\":\"\"}", false, 0 }, BA_ERR_CLAIM },
		{ { "a.b.c", "{\"jti\":1}", false, 0 }, BA_ERR_CLAIM },
		{ { "a.b.c", "{\"jti\":null}", false, 0 }, BA_ERR_CLAIM },
		{ { "a.b.c", "{\"jti\":\"t\"}", false, 0 }, BA_OK },
		/* A JWT that the issuer was asked about is still one. */
		{ { "a.b.c", "{}", true, 0 }, BA_ERR_CLAIM },
		{ { "a.b.c", "{\"jti\":\"u\"}", true, 0 }, BA_OK },
		{ { "opaque", "{\"jti\":1}", true, 0 }, BA_ERR_CLAIM },
		{ { "opaque", "{\"jti\":\"\"}", true, 0 }, BA_ERR_CLAIM },
		{ { "opaque", "{}", false, 0 }, BA_ERR_CLAIM },
		{ { NULL, "{}", true, 0 }, BA_ERR_CLAIM },
		{ { NULL, "{\"jti\":\"v\"}", true, 0 }, BA_OK },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(use(*state, &cases[i].u), cases[i].r);
}

/* JWT-13: an opaque token without a jti is its text, and one dot is no JWT. */
static void
JWT_13_opaque_by_its_text(void **state)
{
	static const struct {
		struct use u;
		int r;
	} cases[] = {
		{ { "opaque-1", "{}", true, 0 }, BA_OK },
		{ { "opaque-1", "{}", true, 0 }, BA_ERR_REPLAY },
		{ { "opaque-2", "{}", true, 0 }, BA_OK },
		{ { "opaque-1", "{}", true, 1 }, BA_OK },
		{ { "one.dot", "{}", true, 0 }, BA_OK },
		{ { "one.dot", "{}", true, 0 }, BA_ERR_REPLAY },
		{ { "a.b.c.d", "{}", true, 0 }, BA_OK },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(use(*state, &cases[i].u), cases[i].r);
}

/* JWT-13: a store that does not answer is no "not used yet". */
static void
JWT_13_a_store_that_does_not_answer(void **state)
{
	const struct use u = { "a.b.c", "{\"jti\":\"1\"}", false, 0 };
	struct ba_store_options o = {
		.path = "/nowhere/at/all/store.db",
		.busy_ms = 10,
	};
	char dir[] = "/tmp/ba_once_XXXXXX", path[64];
	struct ba_store *store, *other;

	(void)state;
	assert_int_equal(ba_store_open(&o, &store), BA_OK);
	assert_int_equal(use(store, &u), BA_ERR_STORE);
	ba_store_close(store);

	/* The twin: there is one, and two processes have it. */
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store.db", dir);
	o.path = path;
	assert_int_equal(ba_store_open(&o, &store), BA_OK);
	assert_int_equal(ba_store_open(&o, &other), BA_OK);
	assert_int_equal(use(store, &u), BA_OK);
	assert_int_equal(use(other, &u), BA_ERR_REPLAY);
	ba_store_close(store);
	ba_store_close(other);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
}

static void
nothing_to_go_by(void **state)
{
	struct ba_verdict v = { .issuer = &issuers[0], .exp = EXP };

	assert_int_equal(ba_once_use(*state, NULL, &v, NOW), BA_ERR_INTERNAL);
	v.issuer = NULL;
	v.claims = json_object();
	assert_int_equal(ba_once_use(*state, NULL, &v, NOW), BA_ERR_INTERNAL);
	json_decref(v.claims);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(JWT_13_once),
		T(JWT_13_by_the_later_end),
		T(JWT_13_V49_for_a_week_at_most),
		T(JWT_13_by_issuer_and_jti),
		T(JWT_13_without_a_name),
		T(JWT_13_opaque_by_its_text),
		T(JWT_13_a_store_that_does_not_answer),
		T(nothing_to_go_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
