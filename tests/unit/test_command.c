/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "cli/command.h"

#define LONG 20000

static void
what_comes_of_it(void **state)
{
	static const struct {
		const char *script;
		int ms, r;
		const char *out, *why;
	} t[] = {
		{ "echo abc", LONG, BA_OK, "abc\n", NULL },
		{ "printf a; sleep 0.02; printf b", LONG, BA_OK, "ab", NULL },
		{ "read x; test -z \"$x\"", LONG, BA_OK, "", NULL },
		{ "printf a; exec >&-; sleep 0.02", LONG, BA_OK, "a", NULL },
		{ "printf 12345678", LONG, BA_ERR_LIMIT, NULL, "more than" },
		{ "printf 1234567", LONG, BA_OK, "1234567", NULL },
		{ "exit 1", LONG, BA_ERR_UNAVAIL, NULL, "by hand" },
		{ "kill -9 $$", LONG, BA_ERR_UNAVAIL, NULL, "by hand" },
		{ "sleep 30", 30, BA_ERR_TIMEOUT, NULL, "too long" },
		/* Nothing more to read is not the end. */
		{ "exec >&-; exec sleep 30", 30, BA_ERR_TIMEOUT, NULL,
		    "too long" },
	};
	char sh[] = "sh", c[] = "-c", script[64];
	char *argv[] = { sh, c, script, NULL };
	struct ba_buf out;
	const char *why;
	int64_t begun;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		strcpy(script, t[i].script);
		begun = ba_clock_mono_ms(&ba_clock_system);
		ba_buf_init(&out, 8);
		r = ba_command_run(argv, t[i].ms, &out, &why);
		if (r != t[i].r)
			print_error("%s: %s\n", t[i].script, why);
		assert_int_equal(r, t[i].r);
		if (t[i].out != NULL)
			assert_string_equal(ba_buf_str(&out), t[i].out);
		assert_true((why == NULL) == (t[i].why == NULL));
		if (why != NULL)
			assert_non_null(strstr(why, t[i].why));
		assert_true(ba_clock_mono_ms(&ba_clock_system) - begun < LONG);
		ba_buf_wipe(&out);
		/* Whatever it was, it is no more. */
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

static void
what_is_not_there(void **state)
{
	char nowhere[] = "/nowhere/at/all", program[] = "true";
	char *argv[] = { nowhere, NULL };
	struct ba_buf out;
	const char *why;

	(void)state;
	ba_buf_init(&out, 8);
	assert_int_equal(ba_command_run(argv, LONG, &out, &why), BA_ERR_SYSTEM);
	assert_non_null(strstr(why, "cannot be run"));
	argv[0] = program;
	assert_int_equal(ba_command_run(argv, LONG, &out, &why), BA_OK);
	assert_null(why);
	ba_buf_wipe(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_of_it),
		cmocka_unit_test(what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
