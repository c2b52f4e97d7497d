/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/oauth/http.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
test_response_starts_without_answer(void **state)
{
	struct ba_http_response r;

	(void)state;
	memset(&r, 0xff, sizeof(r));
	ba_http_response_init(&r);
	assert_int_equal(r.err, BA_ERR_HTTP);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.max_age, -1);
	assert_string_equal(r.content_type, "");
	assert_string_equal(r.why, "");
	assert_int_equal(r.body.len, 0);
	ba_http_response_clear(&r);
}

static void
test_response_clear_can_be_used_again(void **state)
{
	struct ba_http_response r;

	(void)state;
	ba_http_response_init(&r);
	r.err = BA_OK;
	r.status = 200;
	r.max_age = 7;
	strcpy(r.why, "x");
	strcpy(r.content_type, "a/b");
	assert_int_equal(ba_buf_append_str(&r.body, "body"), BA_OK);
	ba_http_response_clear(&r);
	assert_int_equal(r.err, BA_ERR_HTTP);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.max_age, -1);
	assert_string_equal(r.why, "");
	assert_string_equal(r.content_type, "");
	assert_int_equal(r.body.len, 0);
	assert_int_equal(ba_buf_append_str(&r.body, "again"), BA_OK);
	ba_http_response_clear(&r);
}

static void
test_TR05_body_is_bounded(void **state)
{
	static const char block[1024];
	struct ba_http_response r;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < BA_HTTP_BODY_MAX / sizeof(block); i++)
		assert_int_equal(
		    ba_buf_append(&r.body, block, sizeof(block)), BA_OK);
	assert_int_equal(ba_buf_append(&r.body, "x", 1), BA_ERR_LIMIT);
	ba_http_response_clear(&r);
}

static void
test_TR05_media_type(void **state)
{
	static const struct {
		const char *value, *want;
	} t[] = {
		{ "application/json", "application/json" },
		{ "application/json;charset=utf-8", "application/json" },
		{ "application/json ; charset=\"a;b\"", "application/json" },
		{ "application/json;", "application/json" },
		{ " \tapplication/json \t", "application/json" },
		{ "Application/JSON", "application/json" },
		{ "application/jwk-set+json", "application/jwk-set+json" },
		{ "application/jsonx", "application/jsonx" },
		/* none of these is a media type */
		{ "application/json x", "" },
		{ "application/json, text/plain", "" },
		{ "application /json", "" },
		{ "application/ json", "" },
		{ "application/", "" },
		{ "/json", "" },
		{ "json", "" },
		{ "application/json/x", "" },
		{ "application/j\x80son", "" },
		{ "application/\"json\"", "" },
		{ ";charset=utf-8", "" },
		{ "", "" },
		{ NULL, "" },
	};
	char dst[128];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		strcpy(dst, "stale");
		ba_http_media_type(t[i].value, dst, sizeof(dst));
		assert_string_equal(dst, t[i].want);
	}
}

static void
test_media_type_is_never_cut(void **state)
{
	char dst[8];

	(void)state;
	ba_http_media_type("abc/def", dst, sizeof(dst));
	assert_string_equal(dst, "abc/def");
	ba_http_media_type("abc/defg", dst, sizeof(dst));
	assert_string_equal(dst, "");
	dst[0] = 'x';
	ba_http_media_type("abc/def", dst, 0);
	assert_int_equal(dst[0], 'x');
}

static void
test_max_age(void **state)
{
	static const struct {
		const char *value;
		int64_t so_far, want;
	} t[] = {
		{ "max-age=600", -1, 600 },
		{ "MAX-AGE=600", -1, 600 },
		{ "max-age=\"600\"", -1, 600 },
		{ "max-age=0", -1, 0 },
		{ "public, max-age=3600, must-revalidate", -1, 3600 },
		{ " ,, max-age=5 ,", -1, 5 },
		{ "private=\"x-a, no-store\", max-age=5", -1, 5 },
		{ "x=\"a\\\"b, no-store\", max-age=5", -1, 5 },
		{ "max-age=2147483649", -1, INT64_C(1) << 31 },
		{ "max-age=99999999999999999999999999", -1, INT64_C(1) << 31 },
		/* nothing said */
		{ "", -1, -1 },
		{ " ,\t, ", -1, -1 },
		{ "public", -1, -1 },
		{ "s-maxage=5", -1, -1 },
		{ "xmax-age=5", -1, -1 },
		{ "max-agex=5", -1, -1 },
		/* the strictest holds */
		{ "max-age=5, max-age=3", -1, 3 },
		{ "max-age=3, max-age=5", -1, 3 },
		{ "max-age=5", 3, 3 },
		{ "max-age=3", 5, 3 },
		{ "public", 5, 5 },
		{ "max-age=5", 0, 0 },
		{ "no-store", -1, 0 },
		{ "no-cache", 100, 0 },
		{ "No-Cache", -1, 0 },
		{ "no-cache=\"set-cookie\"", -1, 0 },
		{ "no-store, max-age=100", -1, 0 },
		{ "max-age=100, no-store", -1, 0 },
		/* broken: not to be relied on */
		{ "max-age", -1, 0 },
		{ "max-age=", -1, 0 },
		{ "max-age=-1", -1, 0 },
		{ "max-age=1.5", -1, 0 },
		{ "max-age=5s", -1, 0 },
		{ "max-age=\"\"", -1, 0 },
		{ "max-age= 5", -1, 0 },
		{ "max-age =5", -1, 0 },
		{ "max-age=5 x", -1, 0 },
		{ "max-age=5; public", -1, 0 },
		{ "x=\"open, max-age=5", -1, 0 },
		{ "x=\"open\\", -1, 0 },
		{ "=5", -1, 0 },
		{ "\"max-age=5\"", -1, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		if (ba_http_max_age(t[i].value, t[i].so_far) != t[i].want)
			fail_msg("\"%s\" after %d gives %d, not %d", t[i].value,
			    (int)t[i].so_far,
			    (int)ba_http_max_age(t[i].value, t[i].so_far),
			    (int)t[i].want);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_response_starts_without_answer),
		cmocka_unit_test(test_response_clear_can_be_used_again),
		cmocka_unit_test(test_TR05_body_is_bounded),
		cmocka_unit_test(test_TR05_media_type),
		cmocka_unit_test(test_media_type_is_never_cut),
		cmocka_unit_test(test_max_age),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
