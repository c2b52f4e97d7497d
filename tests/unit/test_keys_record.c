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

#include "common/oauth/keys.h"
#include "common/oauth/keys_record.h"

#define NOW  INT64_C(1700000000)
#define HOST "https://id.example.org"

static const struct ba_issuer issuer = {
	.url = HOST "/staff",
	.min_key_life = 300,
	.max_key_life = 86400,
	.stale_keys = 3600,
};

static const struct ba_record good = {
	.fetched = NOW,
	.fresh_until = NOW + 600,
	.metadata_until = NOW + 700,
	.etag = "W/\"a\\b\"",
	.metadata = {
	    .jwks_uri = HOST "/jwks?a=b&c",
	    .introspection_endpoint = HOST "/ask",
	    .tls_introspection_endpoint = HOST "/tls",
	    .device_endpoint = HOST "/device",
	    .tls_device_endpoint = HOST "/tls-device",
	    .token_endpoint = HOST "/token",
	    .tls_token_endpoint = HOST "/tls-token",
	},
};

static int
read_text(const char *text, struct ba_record *rec)
{
	const void *jwks;
	size_t n;

	return ba_record_read(&issuer, text, strlen(text), rec, &jwks, &n);
}

static void
test_V52_there_and_back(void **state)
{
	static const char *const bodies[] = { "{\"keys\":[]}\n", "", "\n\n",
		"\n{" };
	struct ba_record rec;
	const void *jwks;
	struct ba_buf b;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		ba_buf_init(&b, BA_RECORD_MAX);
		assert_int_equal(
		    ba_record_write(&good, bodies[i], strlen(bodies[i]), &b),
		    BA_OK);
		memset(&rec, 'x', sizeof(rec));
		assert_int_equal(
		    ba_record_read(&issuer, b.p, b.len, &rec, &jwks, &n),
		    BA_OK);
		assert_int_equal(rec.fetched, good.fetched);
		assert_int_equal(rec.fresh_until, good.fresh_until);
		assert_int_equal(rec.metadata_until, good.metadata_until);
		assert_string_equal(rec.etag, good.etag);
		assert_string_equal(
		    rec.metadata.jwks_uri, good.metadata.jwks_uri);
		assert_string_equal(rec.metadata.introspection_endpoint,
		    good.metadata.introspection_endpoint);
		assert_memory_equal(
		    &rec.metadata, &good.metadata, sizeof(rec.metadata));
		assert_int_equal(n, strlen(bodies[i]));
		assert_memory_equal(jwks, bodies[i], n);
		ba_buf_wipe(&b);
	}
}

/* The longest head there is has room. */
static void
test_longest_record(void **state)
{
	struct ba_record rec = good, back;
	char *urls[] = { rec.metadata.jwks_uri,
		rec.metadata.introspection_endpoint,
		rec.metadata.tls_introspection_endpoint,
		rec.metadata.device_endpoint, rec.metadata.tls_device_endpoint,
		rec.metadata.token_endpoint, rec.metadata.tls_token_endpoint };
	static char jwks[BA_JWKS_BYTES_MAX];
	const void *p;
	struct ba_buf b;
	size_t i, n;

	(void)state;
	rec.fetched = rec.fresh_until = rec.metadata_until =
	    INT64_C(253402300799);
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		memset(urls[i], 'a', BA_URL_MAX);
		memcpy(urls[i], HOST "/", strlen(HOST "/"));
		urls[i][BA_URL_MAX] = '\0';
	}
	memset(rec.etag, '\\', BA_HTTP_ETAG_MAX);
	rec.etag[0] = rec.etag[BA_HTTP_ETAG_MAX - 1] = '"';
	rec.etag[BA_HTTP_ETAG_MAX] = '\0';
	memset(jwks, ' ', sizeof(jwks));
	ba_buf_init(&b, BA_RECORD_MAX);
	assert_int_equal(ba_record_write(&rec, jwks, sizeof(jwks), &b), BA_OK);
	assert_int_equal(
	    ba_record_read(&issuer, b.p, b.len, &back, &p, &n), BA_OK);
	assert_memory_equal(back.etag, rec.etag, sizeof(rec.etag));
	assert_int_equal(n, sizeof(jwks));
	ba_buf_wipe(&b);
	assert_true(BA_RECORD_MAX <= BA_STORE_VALUE_MAX);
}

#define TIMES                                                                  \
	"\"fetched\":1700000000,\"fresh_until\":1700000600,"                   \
	"\"metadata_until\":1700000600"
#define URLS                                                                   \
	"\"jwks_uri\":\"" HOST "/jwks\",\"introspection_endpoint\":\"\","      \
	"\"tls_introspection_endpoint\":\"\""

/* A poisoned or torn record is none. */
static void
test_V52_what_is_no_record(void **state)
{
	static const struct {
		const char *name, *text;
		int want;
	} cases[] = {
		{ "good", "{" TIMES ",\"etag\":\"\"," URLS "}\n{}", BA_OK },
		{ "more members",
		    "{\"later\":1," TIMES ",\"etag\":\"\"," URLS "}\n{}",
		    BA_OK },
		{ "empty", "", BA_ERR_JSON },
		{ "no line feed", "{" TIMES ",\"etag\":\"\"," URLS "}",
		    BA_ERR_JSON },
		{ "a key set alone", "{\"keys\":[]}", BA_ERR_JSON },
		{ "no head", "\n{}", BA_ERR_JSON },
		{ "two objects", "{" TIMES ",\"etag\":\"\"," URLS "}{}\n{}",
		    BA_ERR_JSON },
		{ "cut", "{" TIMES ",\"etag\":\"\"\n{}", BA_ERR_JSON },
		{ "double",
		    "{\"etag\":\"\"," TIMES ",\"etag\":\"\"," URLS "}\n{}",
		    BA_ERR_JSON },
		{ "no times", "{\"etag\":\"\"," URLS "}\n{}", BA_ERR_JSON },
		{ "no etag", "{" TIMES "," URLS "}\n{}", BA_ERR_JSON },
		{ "etag null", "{" TIMES ",\"etag\":null," URLS "}\n{}",
		    BA_ERR_JSON },
		{ "etag that is none",
		    "{" TIMES ",\"etag\":\"a\"," URLS "}\n{}", BA_ERR_JSON },
		{ "good etag",
		    "{" TIMES ",\"etag\":\"\\\"a\\\"\"," URLS "}\n{}", BA_OK },
		{ "TR-06 line feed in etag",
		    "{" TIMES ",\"etag\":\"\\\"a\\nb\\\"\"," URLS "}\n{}",
		    BA_ERR_JSON },
		{ "no URLs", "{" TIMES ",\"etag\":\"\"}\n{}", BA_ERR_JSON },
		{ "no introspection_endpoint",
		    "{" TIMES ",\"etag\":\"\",\"jwks_uri\":\"" HOST
		    "/\",\"tls_introspection_endpoint\":\"\"}\n{}",
		    BA_ERR_JSON },
		{ "no tls_introspection_endpoint",
		    "{" TIMES ",\"etag\":\"\",\"jwks_uri\":\"" HOST
		    "/\",\"introspection_endpoint\":\"\"}\n{}",
		    BA_ERR_JSON },
		{ "fetched a text",
		    "{\"fetched\":\"1\",\"fresh_until\":1,\"metadata_until\":1,"
		    "\"etag\":\"\"," URLS "}\n{}",
		    BA_ERR_JSON },
		{ "fresh_until negative",
		    "{\"fetched\":1,\"fresh_until\":-1,\"metadata_until\":1,"
		    "\"etag\":\"\"," URLS "}\n{}",
		    BA_ERR_JSON },
		{ "metadata_until beyond all",
		    "{\"fetched\":1,\"fresh_until\":1,"
		    "\"metadata_until\":253402300800,\"etag\":\"\"," URLS
		    "}\n{}",
		    BA_ERR_JSON },
		{ "MD-04 jwks_uri elsewhere",
		    "{" TIMES ",\"etag\":\"\","
		    "\"jwks_uri\":\"https://evil.example/\","
		    "\"introspection_endpoint\":\"\","
		    "\"tls_introspection_endpoint\":\"\"}\n{}",
		    BA_ERR_METADATA },
		{ "no jwks_uri",
		    "{" TIMES ",\"etag\":\"\",\"jwks_uri\":\"\","
		    "\"introspection_endpoint\":\"\","
		    "\"tls_introspection_endpoint\":\"\"}\n{}",
		    BA_ERR_METADATA },
	};
	struct ba_record rec;
	const void *jwks;
	size_t i, n;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = 99;
		jwks = &n;
		r = ba_record_read(&issuer, cases[i].text,
		    strlen(cases[i].text), &rec, &jwks, &n);
		if (r != cases[i].want)
			fail_msg("%s: %s", cases[i].name, ba_err_name(r));
		assert_int_equal(n, r == BA_OK ? 2 : 0);
		assert_int_equal(jwks == NULL, r != BA_OK);
		assert_int_equal(rec.fetched == 0, r != BA_OK);
	}
}

/*
 * One of before the device flow serves on, and so does one without what that
 * needs; and what stands there is judged as all else.
 */
static void
test_DEV_V52_older_records(void **state)
{
	static const struct {
		const char *name, *more;
		int want, device; /* of an issuer of the device flow */
	} cases[] = {
		{ "older", "", BA_OK, BA_OK },
		{ "both",
		    ",\"device_authorization_endpoint\":\"" HOST "/d\","
		    "\"token_endpoint\":\"" HOST "/t\"",
		    BA_OK, BA_OK },
		{ "no token_endpoint",
		    ",\"device_authorization_endpoint\":\"" HOST "/d\"", BA_OK,
		    BA_OK },
		{ "an empty token_endpoint",
		    ",\"device_authorization_endpoint\":\"" HOST "/d\","
		    "\"token_endpoint\":\"\"",
		    BA_OK, BA_OK },
		{ "no device_authorization_endpoint",
		    ",\"token_endpoint\":\"" HOST "/t\"", BA_OK, BA_OK },
		{ "no text", ",\"token_endpoint\":null", BA_ERR_JSON,
		    BA_ERR_JSON },
		{ "no text", ",\"tls_token_endpoint\":1", BA_ERR_JSON,
		    BA_ERR_JSON },
		{ "MD-04 elsewhere",
		    ",\"tls_device_authorization_endpoint\":"
		    "\"https://evil.example/\"",
		    BA_ERR_METADATA, BA_ERR_METADATA },
	};
	struct ba_issuer device = issuer;
	struct ba_record rec;
	const void *jwks;
	char text[1024];
	size_t i, n;
	int r;

	(void)state;
	device.device = true;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "{" TIMES ",\"etag\":\"\"," URLS "%s}\n{}", cases[i].more);
		r = read_text(text, &rec);
		if (r != cases[i].want)
			fail_msg("%s: %s", cases[i].name, ba_err_name(r));
		r = ba_record_read(
		    &device, text, strlen(text), &rec, &jwks, &n);
		if (r != cases[i].device)
			fail_msg(
			    "%s, device: %s", cases[i].name, ba_err_name(r));
	}
}

/* A text that is longer than its field is none, whatever it says. */
static void
test_V52_too_long(void **state)
{
	char text[8192], url[BA_URL_MAX + 2], etag[BA_HTTP_ETAG_MAX + 2];
	struct ba_record rec;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		memset(url, 'a', sizeof(url));
		memcpy(url, HOST "/", strlen(HOST "/"));
		url[BA_URL_MAX + i % 2] = '\0';
		memset(etag, '!', sizeof(etag));
		etag[BA_HTTP_ETAG_MAX + i / 2] = '\0';
		(void)snprintf(text, sizeof(text),
		    "{" TIMES ",\"etag\":\"\\\"%s\\\"\",\"jwks_uri\":\"%s\","
		    "\"introspection_endpoint\":\"\","
		    "\"tls_introspection_endpoint\":\"\"}\n",
		    etag + 2, url);
		assert_int_equal(
		    read_text(text, &rec), i == 0 ? BA_OK : BA_ERR_JSON);
	}
}

static void
test_MD05_times(void **state)
{
	struct ba_issuer now = issuer;
	struct ba_record rec = good;

	(void)state;
	assert_int_equal(ba_record_keys_fresh(&issuer, &rec), NOW + 600);
	assert_int_equal(ba_record_metadata_fresh(&issuer, &rec), NOW + 700);
	/* Bounds that are closer than they were when it was written. */
	now.max_key_life = 650;
	assert_int_equal(ba_record_keys_fresh(&now, &rec), NOW + 600);
	assert_int_equal(ba_record_metadata_fresh(&now, &rec), NOW + 650);
	now.max_key_life = 400;
	assert_int_equal(ba_record_keys_fresh(&now, &rec), NOW + 400);
}

static void
test_MD05_serves(void **state)
{
	struct ba_issuer none = issuer;

	(void)state;
	assert_true(ba_record_serves(&issuer, NOW, NOW + 3599));
	assert_false(ba_record_serves(&issuer, NOW, NOW + 3600));
	none.stale_keys = 0;
	assert_true(ba_record_serves(&none, NOW, NOW - 1));
	assert_false(ba_record_serves(&none, NOW, NOW));
	/* Clocks that were wrong. */
	assert_true(ba_record_serves(&issuer, NOW + 86400, NOW));
	assert_false(ba_record_serves(&issuer, NOW + 86401, NOW));
	assert_false(ba_record_serves(&issuer, INT64_C(253402300799), NOW));
}

static void
test_MD05_life(void **state)
{
	static const struct {
		int64_t max_age, want;
	} cases[] = {
		{ -1, BA_KEYS_LIFE_DEFAULT },
		{ 0, 300 },
		{ 299, 300 },
		{ 300, 300 },
		{ 301, 301 },
		{ 86399, 86399 },
		{ 86400, 86400 },
		{ 86401, 86400 },
		{ INT64_MAX, 86400 },
	};
	struct ba_issuer narrow = issuer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    ba_record_life(&issuer, cases[i].max_age), cases[i].want);
	/* Bounds hold for what is not said, too. */
	narrow.max_key_life = 400;
	assert_int_equal(ba_record_life(&narrow, -1), 400);
	narrow.min_key_life = narrow.max_key_life = 7200;
	assert_int_equal(ba_record_life(&narrow, -1), 7200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_V52_there_and_back),
		cmocka_unit_test(test_longest_record),
		cmocka_unit_test(test_V52_what_is_no_record),
		cmocka_unit_test(test_V52_too_long),
		cmocka_unit_test(test_DEV_V52_older_records),
		cmocka_unit_test(test_MD05_times),
		cmocka_unit_test(test_MD05_serves),
		cmocka_unit_test(test_MD05_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
