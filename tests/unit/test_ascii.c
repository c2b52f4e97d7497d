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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_nocase_is_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
