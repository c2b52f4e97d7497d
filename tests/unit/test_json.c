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

/* A text that may hold NUL, with its length. */
#define T(s) (s), sizeof(s) - 1

/* Two texts that differ in one defect. */
struct pair {
	const char *name;
	const char *bad;
	size_t bad_len;
	const char *good;
	size_t good_len;
};

static int
parse(const char *p, size_t n, json_t **rootp)
{
	/* A copy of exactly n bytes, so that a sanitizer sees a read behind. */
	char *copy = malloc(n == 0 ? 1 : n);
	int r;

	assert_non_null(copy);
	memcpy(copy, p, n);
	r = ba_json_parse(copy, n, rootp);
	free(copy);
	return r;
}

static void
check_pairs(const struct pair *pairs, size_t n)
{
	json_t *root;
	size_t i;
	int bad, good;

	for (i = 0; i < n; i++) {
		root = json_true();
		bad = parse(pairs[i].bad, pairs[i].bad_len, &root);
		assert_null(root);
		good = parse(pairs[i].good, pairs[i].good_len, &root);
		if (bad != BA_ERR_JSON || good != BA_OK)
			fail_msg(
			    "%s: bad %d, good %d", pairs[i].name, bad, good);
		assert_true(json_is_object(root));
		json_decref(root);
	}
}

#define CHECK(pairs) check_pairs((pairs), sizeof(pairs) / sizeof((pairs)[0]))

static void
test_jws_02_duplicate_names(void **state)
{
	static const struct pair pairs[] = {
		{ "top", T("{\"a\":1,\"a\":1}"), T("{\"a\":1,\"b\":1}") },
		{ "case is no duplicate", T("{\"a\":1,\"A\":1,\"A\":2}"),
		    T("{\"a\":1,\"A\":1}") },
		{ "nested", T("{\"x\":[{\"a\":1,\"a\":2}]}"),
		    T("{\"x\":[{\"a\":1},{\"a\":2}]}") },
		{ "by escape", T("{\"a\":1,\"\\u0061\":2}"),
		    T("{\"a\":1,\"\\u0062\":2}") },
		{ "by escaped surrogates",
		    T("{\"\xf0\x9f\x98\x80\":1,\"\\uD83D\\ude00\":2}"),
		    T("{\"\xf0\x9f\x98\x80\":1,\"\\uD83D\\ude01\":2}") },
		{ "empty", T("{\"\":1,\"\":2}"), T("{\"\":1,\" \":2}") },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_object_only(void **state)
{
	static const struct pair pairs[] = {
		{ "array", T("[]"), T("{}") },
		{ "array of objects", T("[{}]"), T("{\"a\":[{}]}") },
		{ "string", T("\"{}\""), T("{\"a\":\"{}\"}") },
		{ "number", T("1"), T("{\"a\":1}") },
		{ "null", T("null"), T("{\"a\":null}") },
		{ "true", T("true"), T("{\"a\":true}") },
		{ "empty", T(""), T("{}") },
		{ "space", T(" \r\n\t"), T(" \r\n\t{ }") },
		{ "two objects", T("{}{}"), T("{}") },
		{ "trailing word", T("{} x"), T("{} \r\n\t") },
		{ "trailing comma", T("{},"), T("{}") },
		{ "form feed", T("\f{}"), T("\t{}") },
		{ "no-break space", T("{}\xc2\xa0"), T("{} ") },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_grammar(void **state)
{
	static const struct pair pairs[] = {
		{ "cut", T("{\"a\":1"), T("{\"a\":1}") },
		{ "cut in a string", T("{\"a\":\"x"), T("{\"a\":\"x\"}") },
		{ "cut in an escape", T("{\"a\":\"x\\"),
		    T("{\"a\":\"x\\\\\"}") },
		{ "cut behind an escape", T("{\"a\":\"x\\\""),
		    T("{\"a\":\"x\\\"\"}") },
		{ "cut behind \\u", T("{\"a\":\"\\u"),
		    T("{\"a\":\"\\u00e9\"}") },
		{ "cut in the digits", T("{\"a\":\"\\u00e"),
		    T("{\"a\":\"\\u00e9\"}") },
		{ "cut in a word", T("{\"a\":tru"), T("{\"a\":true}") },
		{ "comma at the end", T("{\"a\":1,}"), T("{\"a\":1}") },
		{ "comma in an array", T("{\"a\":[1,]}"), T("{\"a\":[1]}") },
		{ "single quotes", T("{'a':1}"), T("{\"a\":1}") },
		{ "bare name", T("{a:1}"), T("{\"a\":1}") },
		{ "name begun late", T("{a\":1}"), T("{\"a\":1}") },
		{ "no name", T("{:1}"), T("{\"\":1}") },
		{ "no colon", T("{\"a\" 1}"), T("{\"a\" :1}") },
		{ "comment", T("{/**/\"a\":1}"), T("{\"a\":1}") },
		{ "wrong bracket", T("{\"a\":[1}"), T("{\"a\":[1]}") },
		{ "bracket too many", T("{\"a\":1}}"), T("{\"a\":1}") },
		{ "NaN", T("{\"a\":NaN}"), T("{\"a\":null}") },
		{ "Infinity", T("{\"a\":Infinity}"), T("{\"a\":1}") },
		{ "True", T("{\"a\":True}"), T("{\"a\":true}") },
		{ "almost true", T("{\"a\":truf}"), T("{\"a\":true}") },
		{ "almost null", T("{\"a\":nulk}"), T("{\"a\":null}") },
		{ "almost false", T("{\"a\":falsy}"), T("{\"a\":false}") },
		{ "word too long", T("{\"a\":truest}"), T("{\"a\":true}") },
		{ "hex", T("{\"a\":0x10}"), T("{\"a\":10}") },
		{ "leading zero", T("{\"a\":01}"), T("{\"a\":1}") },
		{ "plus", T("{\"a\":+1}"), T("{\"a\":-1}") },
		{ "minus alone", T("{\"a\":-}"), T("{\"a\":-0}") },
		{ "before the digits", T("{\"a\":1/2}"), T("{\"a\":102}") },
		{ "behind the digits", T("{\"a\":1:2}"), T("{\"a\":192}") },
		{ "bare point", T("{\"a\":1.}"), T("{\"a\":1.0}") },
		{ "no digit", T("{\"a\":.5}"), T("{\"a\":0.5}") },
		{ "empty exponent", T("{\"a\":1e}"), T("{\"a\":1e0}") },
		{ "decimal comma", T("{\"a\":1,5}"), T("{\"a\":1.5}") },
		{ "last control character", T("{\"a\":\"\x1f\"}"),
		    T("{\"a\":\"\x20\"}") },
		{ "tab in a string", T("{\"a\":\"\t\"}"),
		    T("{\"a\":\"\\t\"}") },
		{ "tab for the quote", T("{\"a\":\"b\t}"), T("{\"a\":\"b\"}") },
		{ "unknown escape", T("{\"a\":\"\\x41\"}"),
		    T("{\"a\":\"\\u0041\"}") },
		{ "escaped byte above ASCII", T("{\"a\":\"\\\xc3\xa9\"}"),
		    T("{\"a\":\"\xc3\xa9\"}") },
		{ "short escape", T("{\"a\":\"\\u00e\"}"),
		    T("{\"a\":\"\\u00e9\"}") },
		{ "no digit at the end", T("{\"a\":\"\\u00eg\"}"),
		    T("{\"a\":\"\\u00ef\"}") },
		{ "no digit in front", T("{\"a\":\"\\uG0e9\"}"),
		    T("{\"a\":\"\\uF0e9\"}") },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_jwt_01_numbers_out_of_range(void **state)
{
	static const struct pair pairs[] = {
		{ "real", T("{\"a\":1e400}"), T("{\"a\":1e300}") },
		{ "negative real", T("{\"a\":-1e400}"), T("{\"a\":-1e300}") },
		{ "integer", T("{\"a\":9223372036854775808}"),
		    T("{\"a\":9223372036854775807}") },
		{ "negative integer", T("{\"a\":-9223372036854775809}"),
		    T("{\"a\":-9223372036854775808}") },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_jwt_12_utf8(void **state)
{
	static const struct pair pairs[] = {
		{ "lone continuation", T("{\"a\":\"\x80\"}"),
		    T("{\"a\":\"\xc2\x80\"}") },
		{ "overlong 2", T("{\"a\":\"\xc0\xaf\"}"), T("{\"a\":\"/\"}") },
		{ "overlong NUL", T("{\"a\":\"\xc0\x80\"}"),
		    T("{\"a\":\"\xc2\x80\"}") },
		{ "overlong 3", T("{\"a\":\"\xe0\x9f\xbf\"}"),
		    T("{\"a\":\"\xe0\xa0\x80\"}") },
		{ "overlong 4", T("{\"a\":\"\xf0\x8f\xbf\xbf\"}"),
		    T("{\"a\":\"\xf0\x90\x80\x80\"}") },
		{ "surrogate", T("{\"a\":\"\xed\xa0\x80\"}"),
		    T("{\"a\":\"\xed\x9f\xbf\"}") },
		{ "surrogate pair", T("{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}"),
		    T("{\"a\":\"\xf0\x9f\x98\x80\"}") },
		{ "above U+10FFFF", T("{\"a\":\"\xf4\x90\x80\x80\"}"),
		    T("{\"a\":\"\xf4\x8f\xbf\xbf\"}") },
		{ "five bytes", T("{\"a\":\"\xf8\x88\x80\x80\x80\"}"),
		    T("{\"a\":\"\xf0\x90\x80\x80\"}") },
		{ "0xff", T("{\"a\":\"\xff\"}"), T("{\"a\":\"\xc3\xbf\"}") },
		{ "cut by the quote", T("{\"a\":\"\xe2\x82\"}"),
		    T("{\"a\":\"\xe2\x82\xac\"}") },
		{ "cut by the end", T("{\"a\":\"\xe2\x82"),
		    T("{\"a\":\"\xe2\x82\xac\"}") },
		{ "in a name", T("{\"\xc3\":1}"), T("{\"\xc3\xa9\":1}") },
		{ "outside of strings", T("{\"a\":1}\xff"), T("{\"a\":1}") },
		{ "Latin-1", T("{\"a\":\"\xe9t\xe9\"}"),
		    T("{\"a\":\"\xc3\xa9t\xc3\xa9\"}") },
		{ "byte order mark", T("\xef\xbb\xbf{}"),
		    T("{\"a\":\"\xef\xbb\xbf\"}") },
		{ "UTF-16LE", T("{\0}\0"), T("{}") },
		{ "UTF-16BE with mark", T("\xfe\xff\0{\0}"), T("{}") },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_jwt_12_nul(void **state)
{
	static const struct pair pairs[] = {
		{ "behind", T("{}\0"), T("{}") },
		{ "before", T("\0{}"), T("{}") },
		{ "between", T("{\0}"), T("{ }") },
		{ "in a string", T("{\"a\":\"x\0y\"}"), T("{\"a\":\"xy\"}") },
		{ "in a name", T("{\"a\0b\":1}"), T("{\"ab\":1}") },
		{ "behind a backslash", T("{\"a\":\"\\\0\"}"),
		    T("{\"a\":\"\\\\0\"}") },
		{ "escaped", T("{\"a\":\"x\\u0000y\"}"),
		    T("{\"a\":\"x\\u0001y\"}") },
		{ "escaped in a name", T("{\"a\\u0000\":1}"),
		    T("{\"a\\u0001\":1}") },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_jwt_12_lone_surrogates(void **state)
{
	static const struct pair pairs[] = {
		{ "high", T("{\"a\":\"\\ud83d\"}"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "low", T("{\"a\":\"\\ude00\"}"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "high, high", T("{\"a\":\"\\ud83d\\ud83d\"}"),
		    T("{\"a\":\"\\ud83d\\udfff\"}") },
		{ "high, text", T("{\"a\":\"\\ud83dx\"}"),
		    T("{\"a\":\"\\ud83d\\ude00x\"}") },
		{ "high, other escape", T("{\"a\":\"\\ud83d\\n\"}"),
		    T("{\"a\":\"\\ud83d\\ude00\\n\"}") },
		{ "first low", T("{\"a\":\"\\udc00\"}"),
		    T("{\"a\":\"\\ud800\\udc00\"}") },
		{ "last low", T("{\"a\":\"\\udfff\"}"),
		    T("{\"a\":\"\\ue000\"}") },
		{ "first high", T("{\"a\":\"\\ud800\"}"),
		    T("{\"a\":\"\\ud7ff\"}") },
		{ "last high", T("{\"a\":\"\\udbff\"}"),
		    T("{\"a\":\"\\udbff\\udfff\"}") },
		{ "below the low ones", T("{\"a\":\"\\ud83d\\udbff\"}"),
		    T("{\"a\":\"\\ud83d\\udc00\"}") },
		{ "above the low ones", T("{\"a\":\"\\ud83d\\ue000\"}"),
		    T("{\"a\":\"\\ud83d\\udfff\"}") },
		{ "no backslash", T("{\"a\":\"\\ud83dxude00\"}"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "no u", T("{\"a\":\"\\ud83d\\nde00\"}"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "no digit", T("{\"a\":\"\\ud83d\\ude0g\"}"),
		    T("{\"a\":\"\\ud83d\\ude0f\"}") },
		{ "cut behind high", T("{\"a\":\"\\ud83d"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "cut behind the backslash", T("{\"a\":\"\\ud83d\\"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "cut behind the u", T("{\"a\":\"\\ud83d\\u"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "high, no surrogate", T("{\"a\":\"\\ud83d\\u0041\"}"),
		    T("{\"a\":\"\\u0041\"}") },
		{ "turned", T("{\"a\":\"\\ude00\\ud83d\"}"),
		    T("{\"a\":\"\\ud83d\\ude00\"}") },
		{ "in a name", T("{\"\\ud83d\":1}"),
		    T("{\"\\ud83d\\ude00\":1}") },
	};

	(void)state;
	CHECK(pairs);
}

/* What each escape stands for: both ends of each length of UTF-8. */
static void
test_jwt_12_escapes(void **state)
{
	static const struct {
		const char *text;
		const char *s;
	} cases[] = {
		{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t" },
		{ "{\"a\":\"\\u0001\\u007F\"}", "\x01\x7f" },
		{ "{\"a\":\"\\u0080\\u07ff\"}", "\xc2\x80\xdf\xbf" },
		{ "{\"a\":\"\\u0800\\uFFFF\"}", "\xe0\xa0\x80\xef\xbf\xbf" },
		{ "{\"a\":\"\\ud7ff\\ue000\"}", "\xed\x9f\xbf\xee\x80\x80" },
		{ "{\"a\":\"\\ud800\\udc00\\uDBFF\\uDFFF\"}",
		    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
		{ "{\"a\":\"\\u0123\\u4567\\u89ab\\ucdef\"}",
		    "\xc4\xa3\xe4\x95\xa7\xe8\xa6\xab\xec\xb7\xaf" },
		{ "{\"a\":\"\\u89AB\\uCDEF\"}", "\xe8\xa6\xab\xec\xb7\xaf" },
		{ "{\"a\":\"x\\u00e9y\\nz\"}", "x\xc3\xa9y\nz" },
	};
	json_t *root;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    parse(cases[i].text, strlen(cases[i].text), &root), BA_OK);
		assert_string_equal(
		    json_string_value(json_object_get(root, "a")), cases[i].s);
		json_decref(root);
	}
}

/* {"a":[[…]]} of so many levels, with something in the middle. */
static char *
nested(size_t levels, const char *open, const char *close, const char *middle)
{
	size_t i, n = strlen(open) + strlen(close);
	char *s = malloc(levels * n + strlen(middle) + 16);

	assert_non_null(s);
	strcpy(s, "{\"a\":");
	for (i = 1; i < levels; i++)
		strcat(s, open);
	strcat(s, middle);
	for (i = 1; i < levels; i++)
		strcat(s, close);
	strcat(s, "}");
	return s;
}

static void
check_depth(const char *open, const char *close, const char *middle)
{
	char *bad = nested(BA_JSON_DEPTH_MAX + 1, open, close, middle),
	     *good = nested(BA_JSON_DEPTH_MAX, open, close, middle);
	const struct pair pair = { open, bad, strlen(bad), good, strlen(good) };

	check_pairs(&pair, 1);
	free(bad);
	free(good);
}

static void
test_v13_depth(void **state)
{
	static const struct pair pairs[] = {
		/* Brackets in strings are none. */
		{ "in a string", T("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"),
		    T("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}") },
		{ "behind an escaped quote",
		    T("{\"a\":\"\\\\\",\"b\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"
		      "}"),
		    T("{\"a\":\"\\\",[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}") },
		/* A string goes on behind those two, whatever is around. */
		{ "a letter before an escaped quote",
		    T("{\"a\":\"\xc3\xa9\",\"b\":[[[[[[[[[[[[[[[["
		      "]]]]]]]]]]]]]]]]}"),
		    T("{\"a\":\"\xc3\xa9\\\",[[[[[[[[[[[[[[[[[[[[[[[[[[\"}") },
		{ "a letter behind an escaped quote",
		    T("{\"a\":\"\",\"\xc3\xa9\":[[[[[[[[[[[[[[[["
		      "]]]]]]]]]]]]]]]]}"),
		    T("{\"a\":\"\\\"\xc3\xa9[[[[[[[[[[[[[[[[[[[[[[[[[[\"}") },
		/* Levels that are closed are not counted. */
		{ "side by side", T("{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}"),
		    T("{\"a\":[[[[]]],[[[]]],[[[]]],[[[]]],[[[]]],[[[]]]]}") },
		{ "closed too often", T("{}]]]]]]]]]]]]]]]]]]]]"), T("{}") },
	};
	size_t n = 200000;
	char *s = malloc(n);
	json_t *root;

	(void)state;
	check_depth("[", "]", "1");
	check_depth("{\"b\":", "}", "1");
	check_depth("[", "]", "\"]]]]\"");
	check_depth("[0,", "]", "\"\\\\\"");
	CHECK(pairs);
	assert_non_null(s);
	memset(s, '[', n);
	assert_int_equal(parse(s, n, &root), BA_ERR_JSON);
	memcpy(s, "{\"a\":", 5);
	assert_int_equal(parse(s, n, &root), BA_ERR_JSON);
	free(s);
}

/* Allocation number n and all behind it fail. */
static long allocations_left;

static void *
failing_malloc(size_t n)
{
	if (allocations_left <= 0)
		return NULL;
	allocations_left--;
	return malloc(n);
}

static void
test_memory(void **state)
{
	static const char text[] = "{\"a\":\"b\\u00e9\",\"n\":[1,2.5,true,{}]}";
	json_t *root;
	long i;
	int r = BA_ERR_INTERNAL;

	(void)state;
	json_set_alloc_funcs(failing_malloc, free);
	for (i = 0; i < 100 && r != BA_OK; i++) {
		allocations_left = i;
		r = ba_json_parse(T(text), &root);
		if (r != BA_OK) {
			assert_int_equal(r, BA_ERR_NOMEM);
			assert_null(root);
		}
	}
	assert_int_equal(r, BA_OK);
	json_decref(root);
	allocations_left = 0;
	assert_int_equal(ba_json_parse(T(text), &root), BA_ERR_NOMEM);
	assert_int_equal(ba_json_parse(T("{}"), &root), BA_ERR_NOMEM);
	assert_null(root);
	json_set_alloc_funcs(malloc, free);
	assert_in_range(i, 10, 99);
}

static json_t *
object(const char *text)
{
	json_t *root;

	assert_int_equal(ba_json_parse(text, strlen(text), &root), BA_OK);
	return root;
}

static void
test_string(void **state)
{
	static const struct {
		const char *text;
		int r;
		const char *s;
	} cases[] = {
		{ "{\"a\":\"x\"}", BA_OK, "x" },
		{ "{\"a\":\"\"}", BA_OK, "" },
		{ "{\"a\":\"\xc3\xa9\"}", BA_OK, "\xc3\xa9" },
		{ "{\"A\":\"x\"}", BA_ERR_JSON_MISSING, NULL },
		{ "{}", BA_ERR_JSON_MISSING, NULL },
		{ "{\"a\":null}", BA_ERR_JSON_TYPE, NULL },
		{ "{\"a\":1}", BA_ERR_JSON_TYPE, NULL },
		{ "{\"a\":true}", BA_ERR_JSON_TYPE, NULL },
		{ "{\"a\":[\"x\"]}", BA_ERR_JSON_TYPE, NULL },
		{ "{\"a\":{}}", BA_ERR_JSON_TYPE, NULL },
	};
	const char *s;
	json_t *o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		o = object(cases[i].text);
		s = "untouched";
		assert_int_equal(ba_json_string(o, "a", &s), cases[i].r);
		if (cases[i].s == NULL)
			assert_null(s);
		else
			assert_string_equal(s, cases[i].s);
		json_decref(o);
	}
	/* Not from the parser, yet a claim may be built by other means. */
	o = json_object();
	assert_int_equal(
	    json_object_set_new(o, "a", json_stringn("x\0y", 3)), 0);
	assert_int_equal(ba_json_string(o, "a", &s), BA_ERR_JSON_TYPE);
	json_decref(o);
	assert_int_equal(ba_json_string(NULL, "a", &s), BA_ERR_JSON_MISSING);
}

static void
test_jwt_01_date(void **state)
{
	static const struct {
		const char *value;
		int r;
		int64_t t;
	} cases[] = {
		{ "1900000000", BA_OK, 1900000000 },
		{ "1.9e9", BA_OK, 1900000000 },
		{ "1900000000.999", BA_OK, 1900000000 },
		{ "19E+8", BA_OK, 1900000000 },
		{ "0", BA_OK, 0 },
		{ "-0", BA_OK, 0 },
		{ "-0.0", BA_OK, 0 },
		{ "0.5", BA_OK, 0 },
		{ "253402300799", BA_OK, BA_JSON_DATE_MAX },
		{ "253402300799.0", BA_OK, BA_JSON_DATE_MAX },
		{ "253402300799.9", BA_OK, BA_JSON_DATE_MAX },
		{ "253402300800", BA_ERR_JSON_TYPE, 0 },
		{ "253402300800.0", BA_ERR_JSON_TYPE, 0 },
		{ "9223372036854775807", BA_ERR_JSON_TYPE, 0 },
		{ "1e300", BA_ERR_JSON_TYPE, 0 },
		{ "-1", BA_ERR_JSON_TYPE, 0 },
		{ "-0.1", BA_ERR_JSON_TYPE, 0 },
		{ "-1e300", BA_ERR_JSON_TYPE, 0 },
		{ "\"1900000000\"", BA_ERR_JSON_TYPE, 0 },
		{ "true", BA_ERR_JSON_TYPE, 0 },
		{ "null", BA_ERR_JSON_TYPE, 0 },
		{ "[1900000000]", BA_ERR_JSON_TYPE, 0 },
		{ "{}", BA_ERR_JSON_TYPE, 0 },
	};
	char text[64];
	int64_t t;
	json_t *o;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(
		    text, sizeof(text), "{\"exp\":%s}", cases[i].value);
		o = object(text);
		t = 77;
		r = ba_json_date(o, "exp", &t);
		if (r != cases[i].r || t != cases[i].t)
			fail_msg("%s: %d, %lld", text, r, (long long)t);
		json_decref(o);
	}
	o = object("{}");
	assert_int_equal(ba_json_date(o, "exp", &t), BA_ERR_JSON_MISSING);
	json_decref(o);
}

/* The shape of ba_json_one_of() and of ba_json_word(). */
typedef int asker(const json_t *, const char *, const char *, bool *);

struct find {
	const char *value;
	const char *want;
	int r;
	bool found;
};

static void
check_find(asker *ask, const struct find *cases, size_t n)
{
	char text[256];
	bool found;
	json_t *o;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		(void)snprintf(
		    text, sizeof(text), "{\"a\":%s}", cases[i].value);
		o = object(text);
		found = true;
		r = ask(o, "a", cases[i].want, &found);
		if (r != cases[i].r || found != cases[i].found)
			fail_msg(
			    "%s in %s: %d, %d", cases[i].want, text, r, found);
		json_decref(o);
	}
	o = object("{}");
	found = true;
	assert_int_equal(ask(o, "a", "x", &found), BA_ERR_JSON_MISSING);
	assert_false(found);
	json_decref(o);
}

static void
test_jwt_04_one_of(void **state)
{
	static const struct find cases[] = {
		{ "\"x\"", "x", BA_OK, true },
		{ "\"x\"", "X", BA_OK, false },
		{ "\"x\"", "x/", BA_OK, false },
		{ "\"x y\"", "x", BA_OK, false },
		{ "\"\"", "x", BA_OK, false },
		{ "[\"x\"]", "x", BA_OK, true },
		{ "[\"y\",\"x\"]", "x", BA_OK, true },
		{ "[\"y\",\"xx\"]", "x", BA_OK, false },
		{ "[]", "x", BA_ERR_JSON_TYPE, false },
		{ "[\"x\",1]", "x", BA_ERR_JSON_TYPE, false },
		{ "[1,\"x\"]", "x", BA_ERR_JSON_TYPE, false },
		{ "[\"x\",null]", "x", BA_ERR_JSON_TYPE, false },
		{ "[[\"x\"]]", "x", BA_ERR_JSON_TYPE, false },
		{ "{\"x\":\"x\"}", "x", BA_ERR_JSON_TYPE, false },
		{ "1", "1", BA_ERR_JSON_TYPE, false },
		{ "true", "true", BA_ERR_JSON_TYPE, false },
		{ "null", "null", BA_ERR_JSON_TYPE, false },
	};

	(void)state;
	check_find(ba_json_one_of, cases, sizeof(cases) / sizeof(cases[0]));
}

static void
test_v43_word(void **state)
{
	static const struct find cases[] = {
		{ "\"login\"", "login", BA_OK, true },
		{ "\"openid login mail\"", "login", BA_OK, true },
		{ "\"openid login\"", "login", BA_OK, true },
		{ "\"login openid\"", "login", BA_OK, true },
		{ "\"Login\"", "login", BA_OK, false },
		{ "\"logins xlogin login-2\"", "login", BA_OK, false },
		{ "\"login,mail\"", "login", BA_OK, false },
		{ "\"openid\\tlogin\"", "login", BA_OK, false },
		{ "\"openid\\nlogin\"", "login", BA_OK, false },
		{ "\"openid\xc2\xa0login\"", "login", BA_OK, false },
		{ "\" a  login \"", "login", BA_OK, true },
		{ "\"\"", "login", BA_OK, false },
		{ "\"a  b\"", "", BA_OK, false },
		{ "\"\"", "", BA_OK, false },
		{ "\"a b\"", "a b", BA_OK, false },
		{ "[\"openid\",\"login\"]", "login", BA_OK, true },
		{ "[\"openid\",\"LOGIN\"]", "login", BA_OK, false },
		{ "[]", "login", BA_OK, false },
		{ "[\"\"]", "", BA_OK, false },
		{ "[\"openid login\"]", "login", BA_ERR_JSON_TYPE, false },
		{ "[\"login\",\"a b\"]", "login", BA_ERR_JSON_TYPE, false },
		{ "[\"login\",7]", "login", BA_ERR_JSON_TYPE, false },
		{ "{\"login\":1}", "login", BA_ERR_JSON_TYPE, false },
		{ "true", "true", BA_ERR_JSON_TYPE, false },
		{ "null", "null", BA_ERR_JSON_TYPE, false },
	};

	(void)state;
	check_find(ba_json_word, cases, sizeof(cases) / sizeof(cases[0]));
}

/* Bytes, of which no more than n are looked at, and a NUL is one. */
static void
test_v43_list_of_words(void **state)
{
	static const struct {
		const char *list;
		size_t n;
		const char *word;
		bool has;
	} cases[] = {
		{ "login", 5, "login", true },
		{ "login", 4, "login", false },
		{ "login", 4, "logi", true },
		{ "logins", 5, "login", true },
		{ "a login b", 9, "login", true },
		{ "a login b", 7, "login", true },
		{ "a login b", 7, "b", false },
		{ "a login b", 8, "b", false },
		{ "a login b", 9, "b", true },
		{ "login\0x", 7, "login", false },
		{ "x\0login", 7, "login", false },
		{ "x\0y login", 9, "login", true },
		{ "a  b", 4, "", false },
		{ "a ", 2, "", false },
		{ " ", 1, " ", false },
		{ "a b", 3, "a b", false },
		{ "", 0, "", false },
		{ "", 0, "login", false },
	};
	char *exact;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* So that a byte behind it is a sanitizer's find. */
		exact = malloc(cases[i].n + (cases[i].n == 0));
		assert_non_null(exact);
		memcpy(exact, cases[i].list, cases[i].n);
		if (ba_json_list_has(exact, cases[i].n, cases[i].word) !=
		    cases[i].has)
			fail_msg("'%s' in %zu bytes of '%s'", cases[i].word,
			    cases[i].n, cases[i].list);
		free(exact);
	}
}

static void
test_has(void **state)
{
	json_t *o = object("{\"a\":null,\"b\":{\"c\":1}}");

	(void)state;
	assert_true(ba_json_has(o, "a"));
	assert_true(ba_json_has(o, "b"));
	assert_false(ba_json_has(o, "c"));
	assert_false(ba_json_has(o, "A"));
	json_decref(o);
}

static void
test_dump(void **state)
{
	static const char text[] =
	    "{\"b\":[1,2.5,null],\"a\":\"\xc3\xa9\\\"\"}";
	struct ba_buf b;
	json_t *o = object(text), *again;

	(void)state;
	ba_buf_init(&b, sizeof(text) + 1);
	assert_int_equal(ba_buf_append_str(&b, ">"), BA_OK);
	assert_int_equal(ba_json_dump(o, &b), BA_OK);
	assert_string_equal(ba_buf_str(&b) + 1, text);
	assert_int_equal(ba_json_parse(b.p + 1, b.len - 1, &again), BA_OK);
	assert_true(json_equal(o, again));
	json_decref(again);
	ba_buf_wipe(&b);

	/* One byte short: nothing is appended. */
	ba_buf_init(&b, sizeof(text) - 1);
	assert_int_equal(ba_buf_append_str(&b, ">"), BA_OK);
	assert_int_equal(ba_json_dump(o, &b), BA_ERR_LIMIT);
	assert_string_equal(ba_buf_str(&b), ">");
	ba_buf_wipe(&b);

	assert_int_equal(
	    ba_json_dump(json_object_get(o, "b"), &b), BA_ERR_JSON_TYPE);
	json_decref(o);
}

/* All of it or nothing. */
static void
test_dump_memory(void **state)
{
	static const char text[] = "{\"a\":[\"b\",{}],\"n\":1}";
	json_t *o = object(text);
	int r = BA_ERR_INTERNAL;
	struct ba_buf b;
	long i;

	(void)state;
	ba_buf_init(&b, 100);
	json_set_alloc_funcs(failing_malloc, free);
	for (i = 0; i < 100 && r != BA_OK; i++) {
		allocations_left = i;
		r = ba_json_dump(o, &b);
		if (r != BA_OK) {
			assert_int_equal(r, BA_ERR_NOMEM);
			assert_int_equal(b.len, 0);
		}
	}
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(r, BA_OK);
	assert_string_equal(ba_buf_str(&b), text);
	/* It is written twice, the first time to measure it. */
	assert_in_range(i, 3, 99);
	ba_buf_wipe(&b);
	json_decref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jws_02_duplicate_names),
		cmocka_unit_test(test_object_only),
		cmocka_unit_test(test_grammar),
		cmocka_unit_test(test_jwt_01_numbers_out_of_range),
		cmocka_unit_test(test_jwt_12_utf8),
		cmocka_unit_test(test_jwt_12_nul),
		cmocka_unit_test(test_jwt_12_lone_surrogates),
		cmocka_unit_test(test_jwt_12_escapes),
		cmocka_unit_test(test_v13_depth),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_string),
		cmocka_unit_test(test_jwt_01_date),
		cmocka_unit_test(test_jwt_04_one_of),
		cmocka_unit_test(test_v43_word),
		cmocka_unit_test(test_v43_list_of_words),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
