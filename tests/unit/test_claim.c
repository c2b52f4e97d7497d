/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "common/policy/claim.h"

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10

static struct ba_arena *arena;

static struct ba_claim_path
path_of(const char *text)
{
	struct ba_claim_path path;

	if (ba_claim_path_parse(arena, text, &path) != BA_OK)
		fail_msg("'%s' was refused", text);
	assert_string_equal(path.text, text);
	return path;
}

static json_t *
claims_of(const char *text)
{
	json_t *root;

	if (ba_json_parse(text, strlen(text), &root) != BA_OK)
		fail_msg("%s is no JSON", text);
	return root;
}

/* Steps, with "|" between them. */
static void
test_steps(void **state)
{
	static const struct {
		const char *text, *steps;
	} cases[] = {
		{ "sub", "sub" },
		{ "realm_access.roles", "realm_access|roles" },
		{ "resource_access.ssh.roles", "resource_access|ssh|roles" },
		{ "a/b", "a/b" },
		{ "a~b", "a~b" },
		{ "/sub", "sub" },
		{ "/a/b", "a|b" },
		{ "/a.b/c", "a.b|c" },
		{ "/https:~1~1example.org~1groups",
		    "https://example.org/groups" },
		{ "/~01", "~1" }, /* RFC 6901 section 4: never "/" */
		{ "/~0~1~00", "~/~0" },
		{ "\xc3\xa4.b", "\xc3\xa4|b" },
		{ "1.2.3.4.5.6.7.8", "1|2|3|4|5|6|7|8" },
		{ "/1/2/3/4/5/6/7/8", "1|2|3|4|5|6|7|8" },
	};
	struct ba_claim_path path;
	char steps[512];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path = path_of(cases[i].text);
		for (j = n = 0; j < path.n; j++)
			n += (size_t)snprintf(steps + n, sizeof(steps) - n,
			    "%s%s", j > 0 ? "|" : "", path.step[j]);
		assert_string_equal(steps, cases[i].steps);
	}
}

/* Each beside what it is with its one defect mended. */
static void
test_no_path(void **state)
{
	static const struct {
		const char *bad, *good;
	} cases[] = {
		{ "", "a" },
		{ ".", "a.b" },
		{ ".a", "a" },
		{ "a.", "a" },
		{ "a..b", "a.b" },
		{ "/", "/a" },
		{ "//a", "/a" },
		{ "/a/", "/a" },
		{ "/a//b", "/a/b" },
		{ "/~", "/~0" },
		{ "/~2", "/~1" },
		{ "/a~/b", "/a~1/b" },
		{ "/a/b~", "/a/b~0" },
		{ "1.2.3.4.5.6.7.8.9", "1.2.3.4.5.6.7.8" },
		{ "/1/2/3/4/5/6/7/8/9", "/1/2/3/4/5/6/7/8" },
		{ A50 A50 A50 A50 A50 "aaaaaa", A50 A50 A50 A50 A50 "aaaaa" },
	};
	struct ba_claim_path path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&path, 0xff, sizeof(path));
		if (ba_claim_path_parse(arena, cases[i].bad, &path) !=
		    BA_ERR_CONFIG)
			fail_msg("'%s' was taken", cases[i].bad);
		assert_int_equal(path.n, 0);
		assert_null(path.text);
		(void)path_of(cases[i].good);
	}
}

static const char claims_text[] =
    "{\"sub\":\"s\",\"n\":1,\"null\":null,\"empty\":\"\",\"list\":[\"a\"],"
    "\"realm_access\":{\"roles\":[\"login\"],\"deep\":{\"er\":\"x\"}},"
    "\"a.b\":\"dotted\",\"/\":\"slash\",\"~1\":\"tilde\","
    "\"https://example.org/groups\":\"g\"}";

static void
test_string_at(void **state)
{
	static const struct {
		const char *path;
		int r;
		const char *value;
	} cases[] = {
		{ "sub", BA_OK, "s" },
		{ "/sub", BA_OK, "s" },
		{ "empty", BA_OK, "" },
		{ "realm_access.deep.er", BA_OK, "x" },
		{ "/realm_access/deep/er", BA_OK, "x" },
		{ "/a.b", BA_OK, "dotted" },
		{ "/~1", BA_OK, "slash" },
		{ "/~01", BA_OK, "tilde" },
		{ "/https:~1~1example.org~1groups", BA_OK, "g" },
		{ "a.b", BA_ERR_JSON_MISSING, NULL },
		{ "SUB", BA_ERR_JSON_MISSING, NULL },
		{ "none", BA_ERR_JSON_MISSING, NULL },
		{ "realm_access.none", BA_ERR_JSON_MISSING, NULL },
		{ "sub.s", BA_ERR_JSON_MISSING, NULL },
		{ "n.x", BA_ERR_JSON_MISSING, NULL },
		{ "/list/0", BA_ERR_JSON_MISSING, NULL },
		{ "list.a", BA_ERR_JSON_MISSING, NULL },
		{ "n", BA_ERR_JSON_TYPE, NULL },
		{ "null", BA_ERR_JSON_TYPE, NULL },
		{ "list", BA_ERR_JSON_TYPE, NULL },
		{ "realm_access", BA_ERR_JSON_TYPE, NULL },
	};
	json_t *claims = claims_of(claims_text);
	struct ba_claim_path path;
	const char *s;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path = path_of(cases[i].path);
		s = "old";
		r = ba_claim_string(claims, &path, &s);
		if (r != cases[i].r)
			fail_msg("%s gave %d", cases[i].path, r);
		if (cases[i].value == NULL)
			assert_null(s);
		else
			assert_string_equal(s, cases[i].value);
		assert_true((ba_claim_at(claims, &path) == NULL) ==
			    (r == BA_ERR_JSON_MISSING));
	}
	json_decref(claims);
}

/* A path that was never written leads nowhere, not to all of the claims. */
static void
test_no_path_at_all(void **state)
{
	const struct ba_claim_path none = { .n = 0 };
	json_t *claims = claims_of("{\"a\":1}");
	const char *s;

	(void)state;
	assert_null(ba_claim_at(claims, &none));
	assert_int_equal(
	    ba_claim_string(claims, &none, &s), BA_ERR_JSON_MISSING);
	assert_null(ba_claim_at(NULL, &none));
	json_decref(claims);
}

/* The strict front lets none through; here they end no string early. */
static void
test_nul_in_a_string(void **state)
{
	struct ba_claim_path path = path_of("a");
	json_t *claims = json_object();
	const char *s;

	(void)state;
	assert_int_equal(json_object_set_new(
			     claims, "a", json_stringn_nocheck("root\0x", 6)),
	    0);
	assert_int_equal(ba_claim_string(claims, &path, &s), BA_ERR_JSON_TYPE);
	assert_null(s);
	assert_false(
	    ba_claim_has_word(json_object_get(claims, "a"), "root", false));
	assert_false(
	    ba_claim_has_word(json_object_get(claims, "a"), "root", true));
	json_decref(claims);
}

static void
test_pm_05_words_whole(void **state)
{
	static const struct {
		const char *value, *word;
		bool has; /* where a string is a list */
		bool whole; /* where it is one word */
	} cases[] = {
		/* a string */
		{ "\"a\"", "a", true, true },
		{ "\"a b\"", "a", true, false },
		{ "\"a b\"", "b", true, false },
		{ "\"a  b\"", "b", true, false },
		{ "\" a\"", "a", true, false },
		{ "\"a \"", "a", true, false },
		{ "\"x a y\"", "a", true, false },
		{ "\"ab\"", "a", false, false },
		{ "\"ab\"", "b", false, false },
		{ "\"a\"", "ab", false, false },
		{ "\"A\"", "a", false, false },
		{ "\"Print Admins\"", "Admins", true, false },
		{ "\"Print Admins\"", "Print Admins", false, true },
		{ "\"a,b\"", "a", false, false },
		{ "\"a\\tb\"", "a", false, false },
		{ "\"a b\"", "a b", false, true },
		{ "\"\"", "a", false, false },
		{ "\"\"", "", false, false },
		{ "\"a  b\"", "", false, false },
		/* an array: each whole */
		{ "[\"a\"]", "a", true, true },
		{ "[\"b\",\"a\"]", "a", true, true },
		{ "[\"Domain Admins\"]", "Domain Admins", true, true },
		{ "[\"Domain Admins\"]", "Admins", false, false },
		{ "[\"Domain Admins\"]", "Domain", false, false },
		{ "[\"ab\"]", "a", false, false },
		{ "[\"a\"]", "ab", false, false },
		{ "[\"A\"]", "a", false, false },
		{ "[]", "a", false, false },
		{ "[\"\"]", "", false, false },
		{ "[\"a\",1]", "a", false, false },
		{ "[1,\"a\"]", "a", false, false },
		{ "[\"a\",null]", "a", false, false },
		{ "[\"a\",[\"a\"]]", "a", false, false },
		{ "[[\"a\"]]", "a", false, false },
		{ "[{\"a\":true}]", "a", false, false },
		/* what is neither */
		{ "{\"a\":\"a\"}", "a", false, false },
		{ "1", "1", false, false },
		{ "true", "true", false, false },
		{ "null", "null", false, false },
	};
	char text[128];
	json_t *root, *value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(
		    text, sizeof(text), "{\"v\":%s}", cases[i].value);
		root = claims_of(text);
		value = json_object_get(root, "v");
		if (ba_claim_has_word(value, cases[i].word, true) !=
			cases[i].has ||
		    ba_claim_has_word(value, cases[i].word, false) !=
			cases[i].whole)
			fail_msg("'%s' in %s", cases[i].word, cases[i].value);
		json_decref(root);
	}
	assert_false(ba_claim_has_word(NULL, "a", false));
	assert_false(ba_claim_has_word(NULL, "a", true));
}

/* By its place, however it is written. */
static void
test_oidc03_claim_email(void **state)
{
	static const char *const others[] = { "Email", "mail", "emails",
		"email.x", "x.email", "/email/0", "/~0email" };
	const struct ba_claim_path none = { .n = 0 };
	struct ba_claim_path path;
	size_t i;

	(void)state;
	path = path_of("email");
	assert_true(ba_claim_is_email(&path));
	path = path_of("/email");
	assert_true(ba_claim_is_email(&path));
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		path = path_of(others[i]);
		assert_false(ba_claim_is_email(&path));
	}
	assert_false(ba_claim_is_email(&none));
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
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_no_path),
		cmocka_unit_test(test_string_at),
		cmocka_unit_test(test_no_path_at_all),
		cmocka_unit_test(test_nul_in_a_string),
		cmocka_unit_test(test_pm_05_words_whole),
		cmocka_unit_test(test_oidc03_claim_email),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
