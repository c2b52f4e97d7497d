/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/ascii.h"

static const struct {
	const char *p;
	size_t n;
	const char *lower;
	bool equal;
} cases[] = {
	{ "at+jwt", 6, "at+jwt", true },
	{ "AT+JwT", 6, "at+jwt", true },
	{ "at+jwt ", 7, "at+jwt", false },
	{ "at+jw", 5, "at+jwt", false },
	{ "", 0, "", true },
	{ "", 0, "a", false },
	{ "a", 1, "", false },
	/* 0x20 apart, and yet no letters: '@' and '`', '[' and '{'. */
	{ "@", 1, "`", false },
	{ "[", 1, "{", false },
	/* The Kelvin sign folds to k in Unicode; here it does not. */
	{ "\xe2\x84\xaa", 3, "k", false },
	{ "ab\0c", 4, "ab", false },
};

static void
equal_nocase_is_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    ba_equal_nocase(cases[i].p, cases[i].n, cases[i].lower),
		    cases[i].equal);
}

/* JWT-10, RFC 7515 section 4.1.9. */
static void
JWT10_media_type_of_a_header(void **state)
{
	static const struct {
		const char *typ;
		bool equal;
	} t[] = {
		{ "at+jwt", true },
		{ "AT+JWT", true },
		{ "application/at+jwt", true },
		{ "Application/At+Jwt", true },
		{ "application/", false },
		{ "application/application/at+jwt", false },
		{ "applicatioN-at+jwt", false },
		{ "text/at+jwt", false },
		{ "at+jw", false },
		{ "at+jwt ", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(
		    ba_is_jose_type(t[i].typ, "at+jwt"), t[i].equal);
}

/* TOK-01; the callers' own tests have the rest. */
static void
TOK01_token68_and_base64url(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		bool token68;
		size_t span;
	} t[] = {
		{ "aZ09-_", 6, true, 6 },
		{ "a.b~c+d/e==", 11, true, 1 },
		{ "=", 1, false, 0 },
		{ "", 0, false, 0 },
		{ "a=b", 3, false, 1 },
		{ "a\0b", 3, false, 1 },
		{ "a b", 3, false, 1 },
		{ "a\x80", 2, false, 1 },
		{ "ab", 1, true, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(ba_is_token68(t[i].p, t[i].n), t[i].token68);
		assert_int_equal(ba_base64url_span(t[i].p, t[i].n), t[i].span);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_nocase_is_ascii),
		cmocka_unit_test(JWT10_media_type_of_a_header),
		cmocka_unit_test(TOK01_token68_and_base64url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
