/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/policy/ini.h"

/* What the parser said, as text: "3[kind|name]", "4 key|value", "5!". */
struct seen {
	char text[8192];
	size_t len;
	char complaint[256]; /* the last */
	unsigned stop_at; /* a line at which each gives an error */
};

static void __attribute__((__format__(__printf__, 2, 3)))
note(struct seen *seen, const char *fmt, ...)
{
	size_t room = sizeof(seen->text) - seen->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(seen->text + seen->len, room, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < room);
	seen->len += (size_t)n;
}

static int
each(void *arg, const struct ba_ini_line *line)
{
	struct seen *seen = arg;

	if (line->number == seen->stop_at)
		return BA_ERR_NOMEM;
	assert_true((line->section != NULL) != (line->key != NULL));
	if (line->section != NULL)
		note(
		    seen, "%u[%s|%s]", line->number, line->section, line->name);
	else
		note(seen, "%u %s|%s", line->number, line->key, line->value);
	return BA_OK;
}

static void
bad(void *arg, unsigned number, const char *text)
{
	struct seen *seen = arg;

	note(seen, "%u!", number);
	(void)snprintf(seen->complaint, sizeof(seen->complaint), "%s", text);
}

/* n bytes in a block of that size, so that a byte too far is noticed. */
static int
parse(const char *p, size_t n, struct seen *seen)
{
	char *copy = malloc(n > 0 ? n : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, p, n);
	r = ba_ini_parse(copy, n, each, bad, seen);
	free(copy);
	return r;
}

struct pair {
	const char *text;
	const char *seen;
};

static const struct pair good[] = {
	{ "", "" },
	{ "\n", "" },
	{ "\n \n\t\n", "" },
	{ "\r\n \r\n", "" },
	{ "a=b\n\t", "1 a|b" },
	{ "# nothing", "" },
	{ " \t# nothing\n", "" },
	{ "#[a]\n#b = c\n", "" },
	{ "[broker]", "1[broker|]" },
	{ "[broker]\n", "1[broker|]" },
	{ "[broker]\r\n", "1[broker|]" },
	{ "  [broker]\t \n", "1[broker|]" },
	{ "[service sshd]", "1[service|sshd]" },
	{ "[service \t sshd]", "1[service|sshd]" },
	{ "[listen /a b]", "1[listen|/a b]" },
	{ "[issuer https://[::1]/x]", "1[issuer|https://[::1]/x]" },
	{ "[k_1 #]", "1[k_1|#]" },
	{ "a=b", "1 a|b" },
	{ "a = b", "1 a|b" },
	{ "\t a\t=\tb \t\n", "1 a|b" },
	{ "a = b\r\n", "1 a|b" },
	{ "a = b = c # d ; e", "1 a|b = c # d ; e" },
	{ "a = [b]", "1 a|[b]" },
	{ "a = b\tc", "1 a|b\tc" },
	{ "a = \"b\"", "1 a|\"b\"" },
	{ "a1_ = \xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91",
	    "1 a1_|\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91" },
	{ "a = ?", "1 a|?" },
	{ "\n[a]\n\nb = 1\n# c\nd = 2", "2[a|]4 b|1"
					"6 d|2" },
};

static void
test_good_lines(void **state)
{
	struct seen seen;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(
		    parse(good[i].text, strlen(good[i].text), &seen), BA_OK);
		assert_string_equal(seen.text, good[i].seen);
	}
}

/* Each breaks one rule that its like above keeps; the next line is read. */
static const struct pair broken[] = {
	{ "[broker", "ends with ']'" },
	{ "[broker] # mine", "ends with ']'" },
	{ "[", "ends with ']'" },
	{ "[]", "[kind name]" },
	{ "[ broker]", "[kind name]" },
	{ "[Broker]", "[kind name]" },
	{ "[service:sshd]", "[kind name]" },
	{ "[broker ]", "white space" },
	{ "[service sshd ]", "white space" },
	{ "a", "key = value" },
	{ "a b = c", "key = value" },
	{ "A = b", "key = value" },
	{ "a-b = c", "key = value" },
	{ "\xc3\xa4 = b", "key = value" },
	{ "\xef\xbb\xbf[broker]", "plain text" },
	{ "; b", "begins with '#'" },
	{ "= b", "a key is missing" },
	{ "a =", "a value is missing" },
	{ "a = \t", "a value is missing" },
	{ "a = \x01", "plain text" },
	{ "a = \x1b[1m", "plain text" },
	{ "a = \x7f", "plain text" },
	{ "a = \xc2\x85", "plain text" },
	{ "a = b\rc", "plain text" },
	{ "a = b\r\r", "plain text" },
	{ "# \x01", "plain text" },
	{ "a = \xc3", "plain text" },
	{ "a = \xff", "plain text" },
	{ "a = \xc0\xaf", "plain text" },
	{ "a = \xed\xa0\x80", "plain text" },
	{ "a = \xe2\x80\xae"
	  "b",
	    "plain text" },
};

static void
test_bad_lines(void **state)
{
	struct seen seen;
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		memset(&seen, 0, sizeof(seen));
		(void)snprintf(
		    text, sizeof(text), "%s\nx = y\n", broken[i].text);
		assert_int_equal(parse(text, strlen(text), &seen), BA_OK);
		assert_string_equal(seen.text, "1!2 x|y");
		if (strstr(seen.complaint, broken[i].seen) == NULL)
			fail_msg("'%s': %s", broken[i].text, seen.complaint);
	}
}

static void
test_nul(void **state)
{
	static const char nul[] = "a = b\0c\nx = y\0";
	struct seen seen = { .len = 0 };

	(void)state;
	assert_int_equal(parse(nul, sizeof(nul) - 1, &seen), BA_OK);
	assert_string_equal(seen.text, "1!2!");
	assert_non_null(strstr(seen.complaint, "plain text"));
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(ba_ini_parse(NULL, 0, each, bad, &seen), BA_OK);
	assert_string_equal(seen.text, "");
}

static void
test_long_lines(void **state)
{
	static const char *const end[] = { "", "\n", "\r\n" };
	char text[BA_INI_LINE_MAX + 8];
	struct seen seen;
	size_t i, n;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (n = BA_INI_LINE_MAX; n <= BA_INI_LINE_MAX + 1; n++) {
			memset(&seen, 0, sizeof(seen));
			memset(text, 'b', n);
			memcpy(text, "a=", 2);
			memcpy(text + n, end[i], strlen(end[i]) + 1);
			assert_int_equal(
			    parse(text, n + strlen(end[i]), &seen), BA_OK);
			if (n <= BA_INI_LINE_MAX) {
				assert_int_equal(seen.len, n + 2);
				continue;
			}
			assert_string_equal(seen.text, "1!");
			assert_string_equal(seen.complaint,
			    "the line is too long: 4096 bytes are the most");
		}
	}
}

/* What map.c asks of its lines, too. */
static void
test_v27_text_ok(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{ "", true },
		{ " a\t\xc3\xa4 ", true },
		{ "a\n", false },
		{ "a\x7f", false },
		{ "\x7f", false },
		{ "\xc3", false },
		{ "\xe2\x80\xae", false },
	};
	char text[BA_INI_LINE_MAX + 1];
	unsigned c;
	size_t i;

	(void)state;
	/* A byte that is not ASCII is no character alone. */
	for (c = 0; c < 256; c++) {
		(void)snprintf(text, sizeof(text), "a%cb", (int)c);
		assert_true(ba_ini_text_ok(text, 3) ==
			    (c == '\t' || (c >= 0x20 && c < 0x7f)));
	}
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(ba_ini_text_ok(cases[i].text,
				strlen(cases[i].text)) == cases[i].ok);
	assert_false(ba_ini_text_ok("a\0b", 3));
	memset(text, 'a', sizeof(text));
	assert_true(ba_ini_text_ok(text, sizeof(text) - 1));
	assert_false(ba_ini_text_ok(text, sizeof(text)));
	memcpy(text, "\xc3\xa4", 2);
	assert_true(ba_ini_text_ok(text, sizeof(text) - 1));
	assert_false(ba_ini_text_ok(text, sizeof(text)));
}

/* However short, and without a line end. */
static void
test_last_line(void **state)
{
	struct seen seen = { .len = 0 };

	(void)state;
	assert_int_equal(parse("[a]\nb=1\nc", 9, &seen), BA_OK);
	assert_string_equal(seen.text, "1[a|]2 b|13!");
	assert_non_null(strstr(seen.complaint, "key = value"));
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(parse("c", 1, &seen), BA_OK);
	assert_string_equal(seen.text, "1!");
}

static void
test_error_ends_it(void **state)
{
	struct seen seen = { .stop_at = 2 };

	(void)state;
	assert_int_equal(parse("a=1\nb=2\nc=3\n", 12, &seen), BA_ERR_NOMEM);
	assert_string_equal(seen.text, "1 a|1");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(parse("a=1\nb=2\nc=3\n", 12, &seen), BA_OK);
	assert_string_equal(seen.text, "1 a|12 b|23 c|3");
}

/* No cut of a good text, and no changed byte, reads a byte too far. */
static void
test_mutilated(void **state)
{
	static const char text[] = "[a b]\n c = d \r\n# e\nf=\xc3\xa4\n";
	char copy[sizeof(text)];
	struct seen seen;
	size_t i, n = sizeof(text) - 1;
	unsigned c;

	(void)state;
	for (i = 0; i <= n; i++) {
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(parse(text, i, &seen), BA_OK);
	}
	for (i = 0; i < n; i++)
		for (c = 0; c < 256; c++) {
			memset(&seen, 0, sizeof(seen));
			memcpy(copy, text, n);
			copy[i] = (char)c;
			assert_int_equal(parse(copy, n, &seen), BA_OK);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_v27_text_ok),
		cmocka_unit_test(test_last_line),
		cmocka_unit_test(test_error_ends_it),
		cmocka_unit_test(test_mutilated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
