/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/check_input.h"
#include "common/json/json.h"

/* A file with these bytes, at its beginning. */
static FILE *
file_of(const char *p, size_t n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fflush(f), 0);
	assert_int_equal(lseek(fileno(f), 0, SEEK_SET), 0);
	return f;
}

static void
test_uids(void **state)
{
	static const struct {
		const char *text;
		int r;
		uid_t uid;
	} cases[] = {
		{ "0", BA_OK, 0 },
		{ "1000", BA_OK, 1000 },
		{ "0001000", BA_OK, 1000 },
		{ "4294967294", BA_OK, 4294967294U },
		/* (uid_t)-1 means "none", and more would wrap to somebody. */
		{ "4294967295", BA_ERR_CONFIG, (uid_t)-1 },
		{ "4294967296", BA_ERR_CONFIG, (uid_t)-1 },
		{ "18446744073709551616", BA_ERR_CONFIG, (uid_t)-1 },
		{ "99999999999999999999999999", BA_ERR_CONFIG, (uid_t)-1 },
		{ "", BA_ERR_CONFIG, (uid_t)-1 },
		{ "-1", BA_ERR_CONFIG, (uid_t)-1 },
		{ "+1", BA_ERR_CONFIG, (uid_t)-1 },
		{ " 1", BA_ERR_CONFIG, (uid_t)-1 },
		{ "1 ", BA_ERR_CONFIG, (uid_t)-1 },
		{ "0x10", BA_ERR_CONFIG, (uid_t)-1 },
		{ "alice", BA_ERR_CONFIG, (uid_t)-1 },
		{ "1:", BA_ERR_CONFIG, (uid_t)-1 },
		{ "1/", BA_ERR_CONFIG, (uid_t)-1 },
	};
	uid_t uid;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uid = 77;
		assert_int_equal(ba_input_uid(cases[i].text, &uid), cases[i].r);
		assert_true(uid == cases[i].uid);
	}
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t t; /* -1: none */
	} cases[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "1795435200", 1795435200 },
		{ "2147483648", INT64_C(2147483648) },
		{ "253402300799", INT64_C(253402300799) },
		{ "253402300800", -1 },
		{ "99999999999999999999", -1 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-23T12:00:00Z", 1795435200 },
		{ "2026-01-01T00:00:00Z", 1767225600 },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
		{ "2106-02-07T06:28:16Z", INT64_C(4294967296) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
		{ "2024-02-29T00:00:00Z", 1709164800 },
		{ "2000-02-29T23:59:59Z", 951868799 },
		/* days that are none */
		{ "2026-02-29T00:00:00Z", -1 },
		{ "2100-02-29T00:00:00Z", -1 },
		{ "2026-04-31T00:00:00Z", -1 },
		{ "2026-00-10T00:00:00Z", -1 },
		{ "2026-13-10T00:00:00Z", -1 },
		{ "2026-11-00T00:00:00Z", -1 },
		{ "2026-11-23T24:00:00Z", -1 },
		{ "2026-11-23T12:60:00Z", -1 },
		{ "2026-11-23T12:00:60Z", -1 },
		{ "1969-12-31T23:59:59Z", -1 },
		{ "0000-01-01T00:00:00Z", -1 },
		/* other forms of RFC 3339, and of other standards */
		{ "2026-11-23t12:00:00z", -1 },
		{ "2026-11-23 12:00:00Z", -1 },
		{ "2026-11-23T12:00:00", -1 },
		{ "2026-11-23T12:00:00.5Z", -1 },
		{ "2026-11-23T12:00:00+00:00", -1 },
		{ "2026-11-23T13:00:00+01:00", -1 },
		{ "2026-11-23T12:00Z", -1 },
		{ "2026-11-23", -1 },
		{ "20261123T120000Z", -1 },
		{ "2026-11-23T12:00:00ZZ", -1 },
		{ "2026-11-23T12:00:00Z ", -1 },
		{ " 2026-11-23T12:00:00Z", -1 },
		{ "2026-1--23T12:00:00Z", -1 },
		{ "2026:11:23T12:00:00Z", -1 },
		{ "202/-11-23T12:00:00Z", -1 },
		{ "now", -1 },
		{ "-1", -1 },
		{ "+1", -1 },
		{ "1.5", -1 },
		{ "1e9", -1 },
		{ "", -1 },
	};
	int64_t t;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t = 77;
		r = ba_input_time(cases[i].text, &t);
		if (r != (cases[i].t >= 0 ? BA_OK : BA_ERR_CONFIG))
			fail_msg("\"%s\" is %d", cases[i].text, r);
		assert_true(t == (cases[i].t >= 0 ? cases[i].t : 0));
	}
}

static void
test_times_are_shown_as_they_are_read(void **state)
{
	static const int64_t times[] = { 0, 1795435200, 2147483648,
		BA_JSON_DATE_MAX };
	char text[BA_INPUT_TIME_SIZE];
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(
		    ba_input_time(ba_input_show_time(times[i], text), &t),
		    BA_OK);
		assert_true(t == times[i]);
		assert_int_equal(strlen(text), BA_INPUT_TIME_SIZE - 1);
	}
	assert_string_equal(
	    ba_input_show_time(1795435200, text), "2026-11-23T12:00:00Z");
	assert_string_equal(ba_input_show_time(-1, text), "?");
	assert_string_equal(
	    ba_input_show_time(BA_JSON_DATE_MAX + 1, text), "?");
	assert_string_equal(ba_input_show_time(INT64_MAX, text), "?");
}

static void
test_tokens(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a.b.c", "a.b.c" },
		{ "a.b.c\n", "a.b.c" },
		{ "a.b.c\r\n", "a.b.c" },
		{ "a.b.c\r", "a.b.c" },
		/* One end of line, and no more: the rest is the token's. */
		{ "a.b.c\n\n", "a.b.c\n" },
		{ "a.b.c \n", "a.b.c " },
		{ "\na.b.c", "\na.b.c" },
		{ "", "" },
		{ "\n", "" },
	};
	struct ba_buf b;
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = file_of(cases[i].in, strlen(cases[i].in));
		ba_buf_init(&b, BA_INPUT_TOKEN_MAX + 3);
		assert_int_equal(ba_input_token(fileno(f), &b), BA_OK);
		assert_string_equal(ba_buf_str(&b), cases[i].out);
		ba_buf_wipe(&b);
		fclose(f);
	}
}

/* A token too long is cut where that is still to be seen. */
static void
test_TOK_no_token_is_read_without_end(void **state)
{
	static char big[BA_INPUT_TOKEN_MAX * 2];
	struct ba_buf b;
	FILE *f;

	(void)state;
	memset(big, 'x', sizeof(big));
	f = file_of(big, sizeof(big));
	ba_buf_init(&b, BA_INPUT_TOKEN_MAX + 3);
	assert_int_equal(ba_input_token(fileno(f), &b), BA_OK);
	assert_int_equal(b.len, BA_INPUT_TOKEN_MAX + 3);
	ba_buf_wipe(&b);
	fclose(f);
	ba_buf_init(&b, 10);
	assert_int_equal(ba_input_token(-1, &b), BA_ERR_SYSTEM);
	ba_buf_wipe(&b);
}

/* From a pipe that gives a few bytes at a time. */
static void
test_claims_by_a_pipe(void **state)
{
	static const char text[] = "{\"iss\":\"https://a.example.org\"}\n";
	json_t *claims;
	const char *iss;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(
	    write(fd[1], text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd[1]);
	assert_int_equal(ba_input_claims(fd[0], &claims), BA_OK);
	assert_int_equal(ba_json_string(claims, "iss", &iss), BA_OK);
	assert_string_equal(iss, "https://a.example.org");
	json_decref(claims);
	close(fd[0]);
}

static void
test_claims_are_as_strict_as_a_tokens(void **state)
{
	static const struct {
		const char *in;
		int r;
	} cases[] = {
		{ "{}", BA_OK },
		{ " {\"sub\": \"1\"} \n", BA_OK },
		{ "", BA_ERR_JSON },
		{ "[]", BA_ERR_JSON },
		{ "\"x\"", BA_ERR_JSON },
		{ "{\"sub\":\"1\",\"sub\":\"2\"}", BA_ERR_JSON },
		{ "{} {}", BA_ERR_JSON },
		{ "{\"sub\":\"\\u0000\"}", BA_ERR_JSON },
		{ "\xef\xbb\xbf{}", BA_ERR_JSON },
		{ "eyJhbGciOiJub25lIn0.e30.", BA_ERR_JSON },
	};
	json_t *claims;
	size_t i;
	FILE *f;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = file_of(cases[i].in, strlen(cases[i].in));
		claims = (json_t *)1;
		assert_int_equal(
		    ba_input_claims(fileno(f), &claims), cases[i].r);
		assert_int_equal(claims != NULL, cases[i].r == BA_OK);
		json_decref(claims);
		fclose(f);
	}
	assert_int_equal(ba_input_claims(-1, &claims), BA_ERR_SYSTEM);
	assert_null(claims);
}

/* 64 KiB to the byte, and one more. */
static void
test_claims_have_a_limit(void **state)
{
	static char big[BA_INPUT_CLAIMS_MAX + 1];
	json_t *claims;
	FILE *f;
	int i;

	(void)state;
	memset(big, ' ', sizeof(big));
	big[0] = '{';
	for (i = 0; i < 2; i++) {
		big[BA_INPUT_CLAIMS_MAX - 1] = i == 0 ? '}' : ' ';
		big[BA_INPUT_CLAIMS_MAX] = '}';
		f = file_of(big, BA_INPUT_CLAIMS_MAX + (size_t)i);
		assert_int_equal(ba_input_claims(fileno(f), &claims),
		    i == 0 ? BA_OK : BA_ERR_LIMIT);
		assert_int_equal(claims != NULL, i == 0);
		json_decref(claims);
		fclose(f);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uids),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_times_are_shown_as_they_are_read),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_TOK_no_token_is_read_without_end),
		cmocka_unit_test(test_claims_by_a_pipe),
		cmocka_unit_test(test_claims_are_as_strict_as_a_tokens),
		cmocka_unit_test(test_claims_have_a_limit),
	};

	return cmocka_run_group_tests_name("check_input", tests, NULL, NULL);
}
