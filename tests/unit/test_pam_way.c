/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pam/way.h"

#define KEY "AAAAC3NzaC1lZDI1NTE5AAAAIGMv"

static void
the_names_alone(void **state)
{
	static const struct {
		const char *info, *way;
	} table[] = {
		{ "", "" },
		{ "password", "password" },
		{ "publickey ssh-ed25519 " KEY, "publickey" },
		{ "publickey ssh-ed25519 " KEY "\n", "publickey" },
		{ "publickey ssh-ed25519 " KEY "\nkeyboard-interactive/pam",
		    "publickey,keyboard-interactive/pam" },
		{ "a\nb\nc\n", "a,b,c" },
		{ "a\n\nb", "a,b" },
		{ "\na", "a" },
		{ " a\nb", "b" },
		{ "a\tx\nb", "a,b" },
		/* V21: it stands in a log line, between quotes. */
		{ "a\"b\\c\x1b\xff", "a?b?c??" },
		{ "a\rb", "a?b" },
	};
	char way[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memset(way, 'x', sizeof(way));
		ba_pam_way(table[i].info, way, sizeof(way));
		assert_string_equal(way, table[i].way);
	}
}

static void
as_many_whole_names_as_fit(void **state)
{
	static const struct {
		size_t n;
		const char *way;
	} table[] = { { 1, "" }, { 4, "" }, { 5, "abcd" }, { 7, "abcd" },
		{ 8, "abcd,ef" }, { 10, "abcd,ef" } };
	char way[12];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		memset(way, 'x', sizeof(way));
		ba_pam_way("abcd k\nef k", way, table[i].n);
		assert_string_equal(way, table[i].way);
		assert_int_equal(way[table[i].n], 'x');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_names_alone),
		cmocka_unit_test(as_many_whole_names_as_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
