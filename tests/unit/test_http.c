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
	assert_int_equal(r.retry_after, -1);
	assert_string_equal(r.etag, "");
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
	r.retry_after = 7;
	strcpy(r.etag, "x");
	strcpy(r.why, "x");
	strcpy(r.content_type, "a/b");
	assert_int_equal(ba_buf_append_str(&r.body, "body"), BA_OK);
	ba_http_response_clear(&r);
	assert_int_equal(r.err, BA_ERR_HTTP);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.max_age, -1);
	assert_int_equal(r.retry_after, -1);
	assert_string_equal(r.etag, "");
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

static void
test_date(void **state)
{
	static const struct {
		const char *value;
		int64_t want;
	} t[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Thu, 01 Jan 1970 00:00:01 GMT", 1 },
		{ "Tue, 29 Feb 2000 23:59:59 GMT", 951868799 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799) },
		/* no such day, or not that one */
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Mon, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Mon, 29 Feb 1999 00:00:00 GMT", -1 },
		{ "Tue, 01 Mar 2000 00:00:00 GMT", -1 },
		{ "Wed, 01 Mar 2000 00:00:00 GMT", 951868800 },
		{ "Wed, 30 Feb 2000 00:00:00 GMT", -1 },
		{ "Mon, 00 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 24:00:00 GMT", -1 },
		{ "Sun, 06 Nov 1994 23:60:00 GMT", -1 },
		{ "Sun, 06 Nov 1994 23:59:60 GMT", -1 },
		/* not this form */
		{ "Sunday, 06-Nov-94 08:49:37 GMT", -1 },
		{ "Sun Nov  6 08:49:37 1994", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
		{ "Sun, 06 Nov 1994 08:49:37 GM", -1 },
		{ "sun, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 nov 1994 08:49:37 GMT", -1 },
		{ "unM, 06 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 6  Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, +6 Nov 1994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov +994 08:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 0a:49:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:4a:37 GMT", -1 },
		{ "Sun, 06 Nov 1994 08:49:3a GMT", -1 },
		{ "Sun, 06 Nov 1994 08-49-37 GMT", -1 },
		{ "0", -1 },
		{ "", -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		if (ba_http_date(t[i].value) != t[i].want)
			fail_msg("\"%s\" gives %lld", t[i].value,
			    (long long)ba_http_date(t[i].value));
}

static void
test_expires(void **state)
{
	static const char at_1000[] = "Thu, 01 Jan 1970 00:16:40 GMT";
	static const char far[] = "Fri, 31 Dec 9999 23:59:59 GMT";

	(void)state;
	assert_int_equal(ba_http_expires(at_1000, 0), 1000);
	assert_int_equal(ba_http_expires(at_1000, 999), 1);
	assert_int_equal(ba_http_expires(at_1000, 1000), 0);
	assert_int_equal(ba_http_expires(at_1000, 1001), 0);
	assert_int_equal(ba_http_expires(far, 0), INT64_C(1) << 31);
	assert_int_equal(ba_http_expires("0", 0), 0);
	assert_int_equal(ba_http_expires("-1", -10), 0);
	assert_int_equal(ba_http_expires("", 0), 0);
}

static void
test_retry_after(void **state)
{
	static const struct {
		const char *value;
		int64_t now, want;
	} t[] = {
		{ "0", 0, 0 },
		{ "7", 0, 7 },
		{ "007", 0, 7 },
		{ "86399", 0, 86399 },
		{ "86400", 0, 86400 },
		{ "86401", 0, 86400 },
		{ "99999999999999999999999", 0, 86400 },
		{ "Thu, 01 Jan 1970 00:16:40 GMT", 0, 1000 },
		{ "Thu, 01 Jan 1970 00:16:40 GMT", 999, 1 },
		{ "Thu, 01 Jan 1970 00:16:40 GMT", 1000, 0 },
		{ "Thu, 01 Jan 1970 00:16:40 GMT", 2000, 0 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 0, 86400 },
		/* says nothing */
		{ "", 0, -1 },
		{ "soon", 0, -1 },
		{ "-7", 0, -1 },
		{ "+7", 0, -1 },
		{ "7.5", 0, -1 },
		{ "7 ", 0, -1 },
		{ "7, 8", 0, -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		if (ba_http_retry_after(t[i].value, t[i].now) != t[i].want)
			fail_msg("\"%s\" gives %lld", t[i].value,
			    (long long)ba_http_retry_after(
				t[i].value, t[i].now));
}

static void
test_TR06_etag(void **state)
{
	static const struct {
		const char *value;
		bool want;
	} t[] = {
		{ "\"\"", true },
		{ "\"v1\"", true },
		{ "\"!#~\"", true },
		{ "\"!#[]~\\\"", true },
		{ "W/\"v1\"", true },
		{ "W/\"\"", true },
		{ "w/\"v1\"", false },
		{ "W/W/\"v1\"", false },
		{ "v1", false },
		{ "\"v1", false },
		{ "v1\"", false },
		{ "\"", false },
		{ "", false },
		{ "\"a\"b\"", false },
		{ "\"a\" ", false },
		{ "\"a\", \"b\"", false },
		{ "\"a b\"", false },
		{ "\"a\r\nX: y\"", false },
		{ "\"a\tb\"", false },
		{ "\"a\x7f\"", false },
		{ "\"a\xe4\"", false },
		{ "\"\xc3\xa9\"", false },
		{ "W/", false },
		{ "W/\"", false },
		{ "*", false },
	};
	char longest[BA_HTTP_ETAG_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		if (ba_http_etag_ok(t[i].value) != t[i].want)
			fail_msg("%s", t[i].value);
	memset(longest, 'a', sizeof(longest));
	longest[0] = longest[BA_HTTP_ETAG_MAX - 1] = '"';
	longest[BA_HTTP_ETAG_MAX] = '\0';
	assert_true(ba_http_etag_ok(longest));
	longest[BA_HTTP_ETAG_MAX - 1] = 'a';
	longest[BA_HTTP_ETAG_MAX] = '"';
	longest[BA_HTTP_ETAG_MAX + 1] = '\0';
	assert_false(ba_http_etag_ok(longest));
}

/* test_fetch.c has all defects; here are the limits of length. */
static void
test_TR06_longest_values_of_a_request(void **state)
{
	static const struct {
		const char *start;
		size_t max;
	} t[] = {
		{ "a/", 127 }, /* accept */
		{ "B ", BA_HTTP_FIELD_MAX }, /* authorization */
		{ "/", 4096 }, /* ca_file */
		{ "/", 4096 }, /* ca_directory */
		{ "http://", 512 }, /* proxy */
		{ "", 8192 }, /* no_proxy */
	};
	static char large[BA_HTTP_FIELD_MAX + 2];
	struct ba_http_request q;
	const char *why;
	size_t i, n;

	(void)state;
	for (i = 0; i < N(t); i++)
		for (n = t[i].max; n <= t[i].max + 1; n++) {
			memset(large, 'x', sizeof(large));
			memcpy(large, t[i].start, strlen(t[i].start));
			large[n] = '\0';
			memset(&q, 0, sizeof(q));
			q.url = "https://a.example/";
			q.timeout_ms = 1;
			q.pool = 1;
			if (i == 0)
				q.accept = large;
			else if (i == 1)
				q.authorization = large;
			else if (i == 2)
				q.ca_file = large;
			else if (i == 3)
				q.ca_directory = large;
			else if (i == 4)
				q.proxy = large;
			else
				q.no_proxy = large;
			if (ba_http_request_check(&q, &why) !=
			    (n == t[i].max ? BA_OK : BA_ERR_HTTP))
				fail_msg("%zu: %zu", i, n);
			assert_int_equal(why == NULL, n == t[i].max);
		}
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
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_expires),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_TR06_etag),
		cmocka_unit_test(test_TR06_longest_values_of_a_request),
	};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
