/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/explain.h"

/* For argv, which is not const. */
#define S(s) ((char *)(uintptr_t)(s))

/* What was printed; for free(). */
static char *
print(const struct ba_explain *e)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	ba_explain_print(e, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void
assert_verdict(
    int err, const char *user, int64_t exp, bool proven, const char *want)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	ba_explain_verdict(err, user, exp, proven, f);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, want);
	free(text);
}

static void
test_a_line_for_each_check(void **state)
{
	const struct ba_where where = { "/etc/x.conf", 7 };
	struct ba_explain e;
	unsigned i, lines = 0;
	char *text;
	const char *s;

	(void)state;
	ba_explain_clear(&e);
	for (i = 0; i < BA_EXPLAIN_CHECKS; i++)
		ba_explain_check(&e, (enum ba_check)i, BA_OK, "fine", &where);
	text = print(&e);
	for (s = text; (s = strchr(s, '\n')) != NULL; s++)
		lines++;
	assert_int_equal(lines, BA_EXPLAIN_CHECKS);
	assert_non_null(
	    strstr(text, "ok    service         fine  (/etc/x.conf:7)\n"));
	assert_null(strstr(text, "FAIL"));
	assert_null(strstr(text, "-   "));
	free(text);
}

static void
test_what_was_not_reached(void **state)
{
	struct ba_explain e;
	char *text;

	(void)state;
	ba_explain_clear(&e);
	ba_explain_check(&e, BA_CHECK_SERVICE, BA_OK, NULL, NULL);
	ba_explain_check(
	    &e, BA_CHECK_FORM, BA_ERR_TOKEN_SYNTAX, "two segments", NULL);
	text = print(&e);
	assert_non_null(strstr(text, "ok    service       \n"));
	assert_non_null(
	    strstr(text, "FAIL  form            TOKEN_SYNTAX  two segments\n"));
	assert_non_null(strstr(text, "-     signature\n"));
	free(text);
	ba_explain_clear(&e);
	text = print(&e);
	assert_null(strstr(text, "FAIL"));
	assert_null(strstr(text, "ok"));
	free(text);
}

static void
test_details_cannot_draw_on_the_terminal(void **state)
{
	const struct ba_where where = { "a\x1b[2J", 1 };
	struct ba_explain e;
	char *text, longer[2000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ba_explain_clear(&e);
	ba_explain_check(&e, BA_CHECK_ISSUER, BA_ERR_ISS,
	    "iss is \"a\nok    signature\x1b[2J\"", &where);
	ba_explain_check(&e, BA_CHECK_USER, BA_OK, longer, NULL);
	ba_explain_check(
	    &e, (enum ba_check)BA_EXPLAIN_CHECKS, BA_OK, "beyond", NULL);
	text = print(&e);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text,
	    "FAIL  issuer          ISS  iss is \"a?ok    signature?[2J\"  "
	    "(a?[2J:1)\n"));
	free(text);
}

static void
test_verdicts(void **state)
{
	(void)state;
	assert_verdict(BA_OK, "alice", 1767225600, true,
	    "verdict: accepted as alice until 2026-01-01 00:00:00 UTC\n");
	assert_verdict(BA_ERR_SIGNATURE, "alice", 1767225600, true,
	    "verdict: refused: SIGNATURE the signature does not hold\n");
	assert_verdict(BA_ERR_NO_SERVICE, "", 0, true,
	    "verdict: not allowed: NO_SERVICE the service has no section\n");
	assert_verdict(BA_ERR_TLS, "", 0, true,
	    "verdict: unavailable: TLS the issuer's certificate was not "
	    "accepted\n");
	assert_verdict(BA_ERR_CONFIG, "", 0, true,
	    "verdict: our fault: CONFIG the configuration is not usable\n");
}

/* Claims that nobody signed let nobody in; what they lack, they lack. */
static void
test_a_verdict_that_nothing_proved(void **state)
{
	(void)state;
	assert_verdict(BA_OK, "alice", 1767225600, false,
	    "verdict: would be accepted as alice until 2026-01-01 00:00:00 "
	    "UTC, were these the claims of a signed token\n");
	assert_verdict(BA_ERR_GROUP, "alice", 1767225600, false,
	    "verdict: not allowed: GROUP a required group or role is "
	    "missing\n");
}

/* One column for all names; the longest has no more than its own width. */
static void
test_columns(void **state)
{
	size_t longest = 0, n;
	struct ba_explain e;
	unsigned i;
	char *text, line[64];

	(void)state;
	ba_explain_clear(&e);
	for (i = 0; i < BA_EXPLAIN_CHECKS; i++) {
		ba_explain_check(&e, (enum ba_check)i, BA_OK, "@", NULL);
		n = strlen(ba_check_name((enum ba_check)i));
		longest = n > longest ? n : longest;
	}
	text = print(&e);
	for (i = 0; i < BA_EXPLAIN_CHECKS; i++) {
		snprintf(line, sizeof(line), "ok    %-*s  @\n", (int)longest,
		    ba_check_name((enum ba_check)i));
		assert_non_null(strstr(text, line));
	}
	free(text);
}

/*
 * After everything else, where the issuer confirms a token; before the claims,
 * where it is asked in place of a signature.
 */
static void
test_introspection_stands_where_it_was_made(void **state)
{
	struct ba_explain e;
	unsigned i;
	char *text;

	(void)state;
	ba_explain_clear(&e);
	for (i = 0; i < BA_EXPLAIN_CHECKS; i++)
		if (i != BA_CHECK_INTROSPECTION)
			ba_explain_check(
			    &e, (enum ba_check)i, BA_OK, NULL, NULL);
	text = print(&e);
	assert_non_null(strstr(text, "signature     \n-     introspection\n"
				     "ok    audience"));
	free(text);
	ba_explain_check(
	    &e, BA_CHECK_INTROSPECTION, BA_ERR_CONFLICT, "sub", NULL);
	text = print(&e);
	assert_non_null(strstr(text, "ok    signature     \nok    audience"));
	assert_non_null(strstr(text,
	    "ok    account       \nFAIL  introspection   CONFLICT  sub\n"));
	assert_string_equal(
	    strstr(text, "introspection"), "introspection   CONFLICT  sub\n");
	free(text);
	ba_explain_clear(&e);
	ba_explain_check(&e, BA_CHECK_INTROSPECTION, BA_OK, "active", NULL);
	ba_explain_check(&e, BA_CHECK_AUDIENCE, BA_OK, NULL, NULL);
	ba_explain_check(&e, BA_CHECK_ACCOUNT, BA_OK, NULL, NULL);
	text = print(&e);
	assert_non_null(strstr(text,
	    "-     signature\nok    introspection   active\nok    audience"));
	free(text);
}

static void
test_exit_codes_are_the_families(void **state)
{
	(void)state;
	assert_int_equal(ba_cli_exit_code(BA_OK), 0);
	assert_int_equal(ba_cli_exit_code(BA_ERR_EXP), 1);
	assert_int_equal(ba_cli_exit_code(BA_ERR_SCOPE), 2);
	assert_int_equal(ba_cli_exit_code(BA_ERR_HTTP), 3);
	assert_int_equal(ba_cli_exit_code(BA_ERR_NOMEM), 4);
	assert_int_equal(ba_cli_exit_code(BA_ERR_MALFORMED), 4);
	assert_int_equal(ba_cli_exit_code(-12345), 4);
}

static void
test_options(void **state)
{
	static char *const argvs[][6] = {
		{ S("--a"), S("1"), S("--b"), S("2") },
		{ NULL },
		{ S("--f") },
		{ S("--a"), S("--f"), S("--f"), S("--b"), S("2") },
		/* refused */
		{ S("--a") },
		{ S("--a=1") },
		{ S("--c"), S("1") },
		{ S("--a"), S("1"), S("--a"), S("1") },
		{ S("eyJ"), S("1") },
		{ S("--"), S("1") },
		{ S(""), S("1") },
		{ S("--f"), S("1") },
		{ S("--f"), S("--f") },
		{ S("--f=1") },
	};
	const char *a, *b, *f;
	const struct ba_cli_option options[] = { { "--a", &a, false },
		{ "--b", &b, false }, { "--f", &f, true } };
	size_t i;
	int argc;

	(void)state;
	for (i = 0; i < sizeof(argvs) / sizeof(argvs[0]); i++) {
		a = b = f = "unset";
		for (argc = 0; argvs[i][argc] != NULL; argc++)
			continue;
		assert_int_equal(
		    ba_cli_options(argc, argvs[i], options, 3), i < 4);
		if (i == 0) {
			assert_string_equal(a, "1");
			assert_string_equal(b, "2");
		} else if (i == 1) {
			assert_string_equal(a, "unset");
		} else if (i == 2) {
			assert_string_equal(a, "unset");
			assert_string_equal(f, "--f");
		} else if (i == 3) {
			assert_string_equal(a, "--f");
			assert_string_equal(f, "--f");
			assert_string_equal(b, "2");
		}
		if (i < 2)
			assert_string_equal(f, "unset");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_for_each_check),
		cmocka_unit_test(test_what_was_not_reached),
		cmocka_unit_test(test_details_cannot_draw_on_the_terminal),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_a_verdict_that_nothing_proved),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_introspection_stands_where_it_was_made),
		cmocka_unit_test(test_exit_codes_are_the_families),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
