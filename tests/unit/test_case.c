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

#include "common/policy/case.h"

static const struct ba_where here = { "x.conf", 7 };
static const struct ba_where there = { "y.conf", 9 };
static const struct ba_where nowhere = { NULL, 0 };

static void
begin(struct ba_case *c)
{
	memset(c, 0, sizeof(*c));
	c->explain = true;
	c->where = &here;
	(void)snprintf(c->detail, sizeof(c->detail), "of the check before");
	ba_case_begin(c);
	assert_null(c->where);
	assert_string_equal(c->detail, "");
}

static void
test_what_is_said(void **state)
{
	struct ba_case c;

	(void)state;
	begin(&c);
	ba_case_say(&c, &here, "%s is %d", "exp", 7);
	assert_string_equal(c.detail, "exp is 7");
	assert_ptr_equal(c.where, &here);
	/* The last line that was given, and one that is nowhere is none. */
	ba_case_say(&c, NULL, "more");
	assert_string_equal(c.detail, "exp is 7; more");
	assert_ptr_equal(c.where, &here);
	ba_case_say(&c, &there, "and more");
	assert_string_equal(c.detail, "exp is 7; more; and more");
	assert_ptr_equal(c.where, &there);
	ba_case_say(&c, &nowhere, "no more");
	assert_ptr_equal(c.where, &there);
	begin(&c);
	ba_case_say(&c, NULL, "a");
	ba_case_say(&c, NULL, "b");
	assert_string_equal(c.detail, "a; b");
}

static void
test_nobody_listens(void **state)
{
	const struct ba_strings list = { (char *[]){ (char[]){ "a" } }, 1,
		{ NULL, 0 } };
	const struct ba_claim_path path = { "a", { "a" }, 1 };
	char dst[BA_SHOWN_MAX];
	struct ba_case c;

	(void)state;
	begin(&c);
	c.explain = false;
	c.claims = json_pack("{s:s}", "a", "b");
	ba_case_say(&c, &here, "%s", "x");
	assert_string_equal(c.detail, "");
	assert_null(c.where);
	assert_string_equal(ba_case_show(&c, "a", dst), "");
	assert_string_equal(ba_case_show_at(&c, &path, dst), "");
	assert_string_equal(ba_case_show_list(&c, &list, dst), "");
	c.explain = true;
	assert_string_equal(ba_case_show(&c, "a", dst), "\"b\"");
	assert_string_equal(ba_case_show_at(&c, &path, dst), "\"b\"");
	assert_string_equal(ba_case_show_list(&c, &list, dst), "a");
	json_decref((json_t *)(uintptr_t)c.claims);
}

/* V21, V27: whatever stands in a claim, it ends in its place. */
static void
test_v27_bounded_and_harmless(void **state)
{
	char as[BA_DETAIL_MAX + 8], want[BA_DETAIL_MAX], clean[BA_DETAIL_MAX];
	struct {
		struct ba_case c;
		char behind[BA_DETAIL_MAX];
	} both;
	struct ba_case c;

	(void)state;
	memset(as, 'a', sizeof(as));
	as[sizeof(as) - 1] = '\0';
	memset(clean, 0x55, sizeof(clean));
	memset(&both, 0x55, sizeof(both));
	begin(&both.c);
	ba_case_say(&both.c, NULL, "%s", as);
	assert_int_equal(strlen(both.c.detail), BA_DETAIL_MAX - 1);
	ba_case_say(&both.c, NULL, "%s", as);
	assert_int_equal(strlen(both.c.detail), BA_DETAIL_MAX - 1);
	assert_memory_equal(both.behind, clean, sizeof(clean));
	/* Room for the two bytes between, one more and the NUL; or not. */
	begin(&c);
	ba_case_say(&c, NULL, "%.*s", BA_DETAIL_MAX - 4, as);
	ba_case_say(&c, NULL, "bcd");
	(void)snprintf(want, sizeof(want), "%.*s; b", BA_DETAIL_MAX - 4, as);
	assert_string_equal(c.detail, want);
	begin(&c);
	ba_case_say(&c, NULL, "%.*s", BA_DETAIL_MAX - 3, as);
	ba_case_say(&c, NULL, "bcd");
	(void)snprintf(want, sizeof(want), "%.*sbc", BA_DETAIL_MAX - 3, as);
	assert_string_equal(c.detail, want);
	begin(&c);
	ba_case_say(&c, NULL, "a\033[2J\n\x80\xe2\x80\xae");
	assert_string_equal(c.detail, "a?[2J???");
}

static void
test_claims_shown(void **state)
{
	static const struct {
		const char *name;
		const char *shown;
	} shown[] = {
		{ "s", "\"x\"" },
		{ "i", "-7" },
		{ "d", "7" },
		{ "r", "1.5" },
		{ "t", "true" },
		{ "z", "null" },
		{ "a", "[1,\"b\"]" },
		{ "o", "{\"p\":\"q\"}" },
		{ "none", "missing" },
		{ "S", "missing" },
	};
	const struct ba_claim_path deep = { "o.p", { "o", "p" }, 2 };
	const struct ba_claim_path none = { "s.p", { "s", "p" }, 2 };
	char dst[BA_SHOWN_MAX];
	struct ba_case c;
	json_t *claims;
	size_t i;

	(void)state;
	begin(&c);
	claims = json_pack("{s:i,s:s,s:i,s:f,s:b,s:n,s:[is],s:{s:s}}", "d", 7,
	    "s", "x", "i", -7, "r", 1.5, "t", 1, "z", "a", 1, "b", "o", "p",
	    "q");
	assert_non_null(claims);
	c.claims = claims;
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		assert_string_equal(
		    ba_case_show(&c, shown[i].name, dst), shown[i].shown);
	assert_string_equal(ba_case_show_at(&c, &deep, dst), "\"q\"");
	assert_string_equal(ba_case_show_at(&c, &none, dst), "missing");
	json_decref(claims);
}

static void *
no_memory(size_t n)
{
	(void)n;
	return NULL;
}

/* What could not be shown is not shown; it decides nothing. */
static void
test_shown_without_memory(void **state)
{
	json_t *claims = json_pack("{s:[i]}", "a", 7);
	char dst[BA_SHOWN_MAX];
	struct ba_case c;

	(void)state;
	begin(&c);
	c.claims = claims;
	json_set_alloc_funcs(no_memory, free);
	assert_string_equal(ba_case_show(&c, "a", dst), "too long to show");
	json_set_alloc_funcs(malloc, free);
	assert_string_equal(ba_case_show(&c, "a", dst), "[7]");
	json_decref(claims);
}

/* All of a value or nothing: half of one would be another value. */
static void
test_claims_too_long_to_show(void **state)
{
	char value[BA_SHOWN_MAX], dst[BA_SHOWN_MAX];
	struct ba_case c;
	json_t *claims;
	size_t n;

	(void)state;
	begin(&c);
	/* The text has two quotes more, and a NUL. */
	for (n = BA_SHOWN_MAX - 4; n < BA_SHOWN_MAX; n++) {
		memset(value, 'v', n);
		claims = json_pack("{s:s#}", "v", value, (int)n);
		assert_non_null(claims);
		c.claims = claims;
		memset(dst, 0x55, sizeof(dst));
		if (n + 3 <= BA_SHOWN_MAX)
			assert_int_equal(
			    strlen(ba_case_show(&c, "v", dst)), n + 2);
		else
			assert_string_equal(
			    ba_case_show(&c, "v", dst), "too long to show");
		json_decref(claims);
	}
}

static void
test_lists_shown(void **state)
{
	char a[] = "a", b[] = "b", longer[BA_SHOWN_MAX + 9];
	char *two[] = { a, b }, *three[] = { a, longer, b };
	struct ba_strings list = { two, 2, { NULL, 0 } };
	char dst[BA_SHOWN_MAX];
	struct ba_case c;

	(void)state;
	begin(&c);
	assert_string_equal(ba_case_show_list(&c, &list, dst), "a b");
	list.n = 0;
	assert_string_equal(ba_case_show_list(&c, &list, dst), "");
	memset(longer, 'l', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	list = (struct ba_strings){ three, 3, { NULL, 0 } };
	assert_int_equal(
	    strlen(ba_case_show_list(&c, &list, dst)), BA_SHOWN_MAX - 1);
	/* Exactly full, and the third has no room. */
	longer[BA_SHOWN_MAX - 3] = '\0';
	assert_int_equal(
	    strlen(ba_case_show_list(&c, &list, dst)), BA_SHOWN_MAX - 1);
	longer[BA_SHOWN_MAX - 5] = '\0';
	ba_case_show_list(&c, &list, dst);
	assert_string_equal(dst + BA_SHOWN_MAX - 5, "ll b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_v27_bounded_and_harmless),
		cmocka_unit_test(test_claims_shown),
		cmocka_unit_test(test_claims_too_long_to_show),
		cmocka_unit_test(test_lists_shown),
		cmocka_unit_test(test_shown_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
