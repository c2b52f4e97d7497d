/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/policy/pattern.h"

/* Linked with --wrap for these: which of them finds no memory? */
static enum { NOTHING, DATA, CONTEXT, MATCH } failing;

void *__real_pcre2_match_data_create_8(uint32_t n, void *general);
void *__wrap_pcre2_match_data_create_8(uint32_t n, void *general);
void *__real_pcre2_match_context_create_8(void *general);
void *__wrap_pcre2_match_context_create_8(void *general);
int __real_pcre2_match_8(const void *code, const void *s, size_t n, size_t at,
    uint32_t options, void *data, void *context);
int __wrap_pcre2_match_8(const void *code, const void *s, size_t n, size_t at,
    uint32_t options, void *data, void *context);

void *
__wrap_pcre2_match_data_create_8(uint32_t n, void *general)
{
	if (failing == DATA)
		return NULL;
	return __real_pcre2_match_data_create_8(n, general);
}

void *
__wrap_pcre2_match_context_create_8(void *general)
{
	if (failing == CONTEXT)
		return NULL;
	return __real_pcre2_match_context_create_8(general);
}

int
__wrap_pcre2_match_8(const void *code, const void *s, size_t n, size_t at,
    uint32_t options, void *data, void *context)
{
	if (failing == MATCH)
		return PCRE2_ERROR_NOMEMORY;
	return __real_pcre2_match_8(code, s, n, at, options, data, context);
}

static struct ba_arena *arena;

static const struct ba_pattern *
pattern_of(const char *text)
{
	const struct ba_pattern *p;
	char why[256];

	if (ba_pattern_compile(arena, text, why, sizeof(why), &p) != BA_OK)
		fail_msg("%s was refused: %s", text, why);
	assert_non_null(p);
	assert_string_equal(why, "");
	return p;
}

static void
expect(const char *text, const char *subject, const char *name)
{
	const struct ba_pattern *p = pattern_of(text);
	char dst[64] = "old";
	int r;

	r = ba_pattern_match(p, subject, dst, sizeof(dst));
	if (r != (name == NULL ? BA_ERR_USER_NAME : BA_OK) ||
	    strcmp(dst, name == NULL ? "" : name) != 0)
		fail_msg("%s on '%s' gave %d: '%s'", text, subject, r, dst);
}

static void
test_names(void **state)
{
	(void)state;
	expect("([a-z]+)@example\\.org", "alice@example.org", "alice");
	expect("EXAMPLE\\\\([a-z]+)", "EXAMPLE\\alice", "alice");
	expect("(?:u|user)-([0-9]+)", "user-17", "17");
	expect("(.*)", "a b", "a b");
	expect("(?i)([a-z]+)@EXAMPLE\\.org", "alice@example.ORG", "alice");
	/* no folding but by the pattern's own word */
	expect("([a-z]+)@example\\.org", "alice@example.ORG", NULL);
	expect("([a-z]+)@example\\.org", "Alice@example.org", NULL);
}

/* KELVIN SIGN, LATIN SMALL LETTER LONG S: k and s to whoever folds Unicode. */
static void
test_pm04_homoglyphs_are_not_folded(void **state)
{
	(void)state;
	expect("(?i)([a-z]+)@work", "alice@WORK", "alice");
	expect("(?i)([a-z]+)@work", "alice@wor\xe2\x84\xaa", NULL);
	expect("(?i)(test)", "TEST", "TEST");
	expect("(?i)(test)", "te\xc5\xbft", NULL);
	expect("(.*)", "alice", "alice");
	expect("(.*)",
	    "al\xc3\xad"
	    "ce",
	    NULL);
	expect("(.*)\\w*", "\x7f", "\x7f");
	expect("(.*)\\w*", "\xc2\x80", NULL);
}

/* Whatever anchors it has or has not: all of the claim, or nothing. */
static void
test_whole_claim(void **state)
{
	(void)state;
	expect("([a-z]+)@example\\.org", "alice@example.org.evil.test", NULL);
	expect("([a-z]+)@example\\.org", "x alice@example.org", NULL);
	expect("([a-z]+)@example\\.org", "root\nalice@example.org", NULL);
	expect("(?m)^([a-z]+)$", "root\nalice", NULL);
	expect("(?m)^([a-z]+)$", "alice", "alice");
	expect("([a-z]+)", "alice", "alice");
	expect("([a-z]+)", "alice1", NULL);
	expect("([a-z]+)", "1alice", NULL);
	expect("^([a-z]+)$", "alice", "alice");
	expect("^([a-z]+)$", "alice\n", NULL);
	expect("([a-z]+)\\Z", "alice\n", NULL);
	expect("([a-z]+)\\Z", "alice", "alice");
	/* an alternative without an anchor of its own */
	expect("^(a)$|b|c", "a", "a");
	expect("^(a)$|.*", "ax", NULL);
	expect("(a)|(?:ab)", "ab", NULL);
	expect("(a|ab)", "ab", "ab");
	/* PCRE2 has verbs that would end early, or move the beginning */
	expect("(al)(*ACCEPT)ice", "alice", NULL);
	expect("(al)(*ACCEPT)ice", "al", "al");
	expect("root\\K(.*)", "rootalice", NULL);
	expect("root(.*)", "rootalice", "alice");
}

static void
test_group(void **state)
{
	(void)state;
	expect("a(b)?c", "abc", "b");
	expect("a(b)?c", "ac", NULL); /* took no part */
	expect("a(b*)c", "abc", "b");
	expect("a(b*)c", "ac", NULL); /* is empty */
	expect("(?:(a)|b)", "b", NULL);
	expect("(?<name>[a-z]+)", "alice", "alice");
	expect("(?|(a)|(b))", "b", "b");
	expect("(?=(ab)).*", "abc", "ab");
	/* none by itself: what it held when the other end was reached */
	expect("(?:(a)|b)*", "ab", "a");
}

static void
test_v27_sizes(void **state)
{
	char subject[BA_PATTERN_SUBJECT_MAX + 2], dst[8];
	const struct ba_pattern *p = pattern_of("(a*)b*");
	size_t n;

	(void)state;
	/* the name, and what takes it */
	assert_int_equal(
	    ba_pattern_match(p, "aaaaaaabbb", dst, sizeof(dst)), BA_OK);
	assert_string_equal(dst, "aaaaaaa");
	assert_int_equal(ba_pattern_match(p, "aaaaaaaabbb", dst, sizeof(dst)),
	    BA_ERR_USER_NAME);
	assert_string_equal(dst, "");
	/* … wherever the name stands */
	p = pattern_of("b*(a*)");
	assert_int_equal(
	    ba_pattern_match(p, "bbbbbbbbbbaaaaaaa", dst, sizeof(dst)), BA_OK);
	assert_string_equal(dst, "aaaaaaa");
	/* the claim */
	p = pattern_of("(a*)b*");
	for (n = BA_PATTERN_SUBJECT_MAX; n <= BA_PATTERN_SUBJECT_MAX + 1; n++) {
		memset(subject, 'b', n);
		subject[0] = 'a';
		subject[n] = '\0';
		assert_int_equal(ba_pattern_match(p, subject, dst, sizeof(dst)),
		    n == BA_PATTERN_SUBJECT_MAX ? BA_OK : BA_ERR_USER_NAME);
	}
}

/*
 * Patterns that take time exponential in the claim's length: they end, and do
 * not match.  With a short claim the same ones do.
 */
static void
test_pattern_bounded_time(void **state)
{
	static const char *const slow[] = { "([a-z]+)+!", "((?:[a-z]+)*)*!",
		"((?:a|aa)+)!", "((?:a?){32}a{32})!", "((?:[a-z]|[a-z])*)!",
		"(.*.*.*.*.*.*.*.*)!", "((?:(?:a*)*)*)!" };
	char subject[BA_PATTERN_SUBJECT_MAX + 1], dst[2048];
	const struct ba_pattern *p;
	size_t i;

	(void)state;
	memset(subject, 'a', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		p = pattern_of(slow[i]);
		if (ba_pattern_match(p, subject, dst, sizeof(dst)) !=
		    BA_ERR_USER_NAME)
			fail_msg("%s matched", slow[i]);
	}
	/* It is the cost that ends it: the other alternative would match. */
	subject[sizeof(subject) - 2] = '!';
	p = pattern_of("(?:.*.*.*.*x|(a*))!");
	assert_int_equal(
	    ba_pattern_match(p, subject, dst, sizeof(dst)), BA_ERR_USER_NAME);
	expect("(?:.*.*.*.*x|(a*))!", "aaaa!", "aaaa");
	/* … and long before PCRE2 would end it by itself */
	p = pattern_of("(?:.*.*x|(a*))!");
	assert_int_equal(
	    ba_pattern_match(p, subject, dst, sizeof(dst)), BA_ERR_USER_NAME);
	expect("(?:.*.*x|(a*))!", "aaaa!", "aaaa");
	/* Recursion is bounded as well. */
	expect("((?:a(?1)|b))", "ab", "ab");
	p = pattern_of("((?:a(?1)?a|a|b))!");
	assert_int_equal(
	    ba_pattern_match(p, subject, dst, sizeof(dst)), BA_ERR_USER_NAME);
	expect("((?:a(?1)?a|a|b))!", "aba!", "aba");
}

/* What people write goes through in one pass, however long the claim. */
static void
test_pattern_usual_ones_are_cheap(void **state)
{
	char subject[BA_PATTERN_SUBJECT_MAX + 1];
	char dst[BA_PATTERN_SUBJECT_MAX + 1];
	const struct ba_pattern *p =
	    pattern_of("([a-z][a-z0-9._-]*)@(?:[a-z]+\\.)*example\\.org");
	size_t n = sizeof(subject) - 1;

	(void)state;
	memset(subject, 'a', n);
	subject[n] = '\0';
	memcpy(subject + n - 17, "@dept.example.org", 17);
	assert_int_equal(ba_pattern_match(p, subject, dst, sizeof(dst)), BA_OK);
	assert_int_equal(strlen(dst), n - 17);
}

static void
test_pattern_not_utf8(void **state)
{
	(void)state;
	expect("(.*)", "\xc3", NULL);
	expect("(.*)", "\x80", NULL);
	expect("(.*)", "\x7f", "\x7f");
	expect("(.*)", "a\xff", NULL);
	expect("(.*)", "a", "a");
}

/* Each beside what it is with its one defect mended. */
static void
test_no_pattern(void **state)
{
	static const struct {
		const char *bad, *good, *why;
	} cases[] = {
		{ "a", "(a)", "it has 0 groups that capture" },
		{ "(?:a)", "(a)", "it has 0 groups that capture" },
		{ "(a)(b)", "(a)(?:b)", "it has 2 groups that capture" },
		{ "((a))", "((?:a))", "it has 2 groups that capture" },
		{ "(a", "(a)", "missing closing parenthesis" },
		{ "(a))", "(a)", "unmatched closing parenthesis" },
		{ "([a-z)", "([a-z])", "missing terminating ] for" },
		{ "(a)\\", "(a)\\\\", "\\ at end of pattern" },
		{ "(\\C)", "(\\N)", "using \\C is disabled" },
		{ "(a)**", "(a)*", "quantifier does not follow" },
		{ "(\xff)", "(y)", "it has letters outside of" },
		{ "(\x80)", "(\x7f)", "it has letters outside of" },
		{ "(\xc3\xa4)", "(a)", "it has letters outside of" },
		{ "(*UTF)(a)", "(a)", "using UTF is disabled" },
		{ "(*UCP)(a)", "(a)", "using UCP is disabled" },
		{ "(*LIMIT_MATCH=x)(a)", "(*LIMIT_MATCH=9)(a)",
		    "(*VERB) not recognized" },
		{ "(a{65536})", "(a{65535})", "number too big in {}" },
	};
	const struct ba_pattern *p;
	char why[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = pattern_of("(x)");
		if (ba_pattern_compile(arena, cases[i].bad, why, sizeof(why),
			&p) != BA_ERR_CONFIG)
			fail_msg("%s was taken", cases[i].bad);
		assert_null(p);
		if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
			fail_msg("%s: %s", cases[i].bad, why);
		(void)pattern_of(cases[i].good);
	}
	assert_int_equal(
	    ba_pattern_compile(arena, "ab(cd", why, sizeof(why), &p),
	    BA_ERR_CONFIG);
	assert_non_null(strstr(why, ", behind 5 bytes"));
	/* A small room for the reason is no danger. */
	assert_int_equal(
	    ba_pattern_compile(arena, "(", why, 4, &p), BA_ERR_CONFIG);
	assert_int_equal(strlen(why), 3);
}

static void
test_pattern_length(void **state)
{
	char text[BA_PATTERN_MAX + 2], why[256];
	const struct ba_pattern *p;
	size_t n;

	(void)state;
	for (n = BA_PATTERN_MAX; n <= BA_PATTERN_MAX + 1; n++) {
		memset(text, 'a', n);
		memcpy(text, "(a)", 3);
		text[n] = '\0';
		assert_int_equal(
		    ba_pattern_compile(arena, text, why, sizeof(why), &p),
		    n == BA_PATTERN_MAX ? BA_OK : BA_ERR_CONFIG);
		assert_true((p != NULL) == (n == BA_PATTERN_MAX));
	}
	assert_string_equal(why, "it has more than 512 bytes");
}

/* No memory is no "does not match": it may match at the next login. */
static void
test_pattern_no_memory(void **state)
{
	const struct ba_pattern *p = pattern_of("(a)");
	char dst[8];

	(void)state;
	for (failing = DATA; failing <= MATCH; failing++) {
		(void)memcpy(dst, "old", 4);
		assert_int_equal(
		    ba_pattern_match(p, "a", dst, sizeof(dst)), BA_ERR_NOMEM);
		assert_string_equal(dst, "");
	}
	failing = NOTHING;
	assert_int_equal(ba_pattern_match(p, "a", dst, sizeof(dst)), BA_OK);
}

/* A pattern cannot give itself more than it is given. */
static void
test_pattern_own_limits(void **state)
{
	char subject[BA_PATTERN_SUBJECT_MAX + 1], dst[64];
	const struct ba_pattern *p = pattern_of(
	    "(*LIMIT_MATCH=4000000000)(*LIMIT_HEAP=4000000000)((?:a|aa)+)!");

	(void)state;
	memset(subject, 'a', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	assert_int_equal(
	    ba_pattern_match(p, subject, dst, sizeof(dst)), BA_ERR_USER_NAME);
	expect("(*LIMIT_MATCH=1)((?:a|aa)+)!", "aaaa!", NULL);
}

static int
setup(void **state)
{
	(void)state;
	arena = ba_arena_new();
	return arena == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	ba_arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pm04_homoglyphs_are_not_folded),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_whole_claim),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_v27_sizes),
		cmocka_unit_test(test_pattern_bounded_time),
		cmocka_unit_test(test_pattern_usual_ones_are_cheap),
		cmocka_unit_test(test_pattern_not_utf8),
		cmocka_unit_test(test_no_pattern),
		cmocka_unit_test(test_pattern_length),
		cmocka_unit_test(test_pattern_no_memory),
		cmocka_unit_test(test_pattern_own_limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
