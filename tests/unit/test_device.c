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
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/utf8.h"
#include "common/oauth/device.h"

#define NOW      INT64_C(1700000000)
#define MONO     INT64_C(5000000)
#define HOST     "https://id.example.org"
#define DEV      HOST "/device"
#define TOK      HOST "/token"
#define JSON     "application/json"
#define CODE     "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"
#define URI      "https://example.com/device"
#define TOKEN    "2YotnFZFEjr1zCsicMWpAA"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Members of an answer to the first request. */
#define M_CODE "\"device_code\":\"" CODE "\""
#define M_USER ",\"user_code\":\"WDJB-MJHT\""
#define M_URI  ",\"verification_uri\":\"" URI "\""
#define M_LIFE ",\"expires_in\":1800"
#define GOOD   "{" M_CODE M_USER M_URI M_LIFE "}"

static long fail_malloc = -1; /* the n-th from now on */

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *
__wrap_malloc(size_t n)
{
	if (fail_malloc >= 0 && fail_malloc-- == 0)
		return NULL;
	return __real_malloc(n);
}

static struct {
	struct ba_issuer issuer;
	struct ba_credentials *client;
	struct ba_post post;
	struct ba_http_request request;
	struct ba_device d;
	struct ba_buf token;
	const char *why;
} t;

static int
set_up(void **state)
{
	const char *why;

	(void)state;
	memset(&t, 0, sizeof(t));
	fail_malloc = -1;
	json_set_alloc_funcs(malloc, free);
	t.issuer.url = HOST;
	t.issuer.client.id = "door";
	t.issuer.client.auth = BA_CLIENT_AUTH_NONE;
	ba_post_init(&t.post);
	ba_device_init(&t.d);
	ba_buf_init(&t.token, 65536);
	return ba_client_new(&t.issuer, geteuid(), NULL, &why, &t.client);
}

static int
tear_down(void **state)
{
	(void)state;
	ba_client_free(t.client);
	ba_post_wipe(&t.post);
	ba_device_wipe(&t.d);
	ba_buf_wipe(&t.token);
	return 0;
}

struct reply {
	int err;
	unsigned status;
	const char *type, *body;
};

static void
fill(struct ba_http_response *r, const struct reply *reply)
{
	ba_http_response_init(r);
	r->err = reply->err;
	r->status = reply->status;
	(void)snprintf(
	    r->content_type, sizeof(r->content_type), "%s", reply->type);
	assert_int_equal(ba_buf_append_str(&r->body, reply->body), BA_OK);
}

/* All that is wrong is said in constant text, and never by what came. */
static void
judge_why(int r)
{
	if (r == BA_OK || r == BA_ERR_NEED_DEVICE)
		assert_string_equal(t.why, "");
	if (r == BA_ERR_DEVICE_ANSWER || r == BA_ERR_CLIENT_AUTH)
		assert_string_not_equal(t.why, "");
	assert_null(strstr(t.why, CODE));
	assert_null(strstr(t.why, "WDJB"));
	assert_null(strstr(t.why, TOKEN));
}

static int
feed_reply(const struct reply *reply, bool complete)
{
	struct ba_http_response r;
	int ret;

	fill(&r, reply);
	t.why = NULL;
	ret = ba_device_feed(&t.d, &r, MONO, complete, &t.why);
	ba_http_response_clear(&r);
	judge_why(ret);
	/* On success alone there is anything. */
	assert_int_equal(ret == BA_OK, t.d.code.len > 0);
	assert_int_equal(ret == BA_OK, t.d.user_code[0] != '\0');
	assert_int_equal(ret == BA_OK, t.d.uri[0] != '\0');
	assert_int_equal(ret == BA_OK, t.d.due != 0);
	assert_int_equal(ret == BA_OK, t.d.expires != 0);
	return ret;
}

static int
feed(const char *body)
{
	const struct reply reply = { BA_OK, 200, JSON, body };

	return feed_reply(&reply, true);
}

static int
poll_reply(const struct reply *reply, int64_t mono)
{
	struct ba_http_response r;
	size_t before = t.token.len;
	int ret;

	fill(&r, reply);
	t.why = NULL;
	ret = ba_device_poll_feed(&t.d, &r, mono, &t.token, &t.why);
	ba_http_response_clear(&r);
	judge_why(ret);
	assert_int_equal(ret == BA_OK, t.token.len > before);
	return ret;
}

static int
poll_error(const char *error, int64_t mono)
{
	char body[128];
	const struct reply reply = { BA_OK, 400, JSON, body };

	(void)snprintf(body, sizeof(body), "{\"error\":\"%s\"}", error);
	return poll_reply(&reply, mono);
}

static int
poll_body(const char *body)
{
	const struct reply reply = { BA_OK, 200, JSON, body };

	return poll_reply(&reply, MONO + 5000);
}

/* --- where ----------------------------------------------------------------- */

static void
test_where(void **state)
{
	static const struct ba_metadata both = { .device_endpoint = DEV,
		.tls_device_endpoint = DEV "/tls",
		.token_endpoint = TOK,
		.tls_token_endpoint = TOK "/tls" };
	static const struct ba_metadata plain = { .device_endpoint = DEV,
		.token_endpoint = TOK };
	static const struct ba_metadata none = { .jwks_uri = HOST "/jwks" };

	(void)state;
	assert_null(ba_device_url(&t.issuer, NULL));
	assert_null(ba_token_url(&t.issuer, NULL));
	assert_string_equal(ba_device_url(&t.issuer, &none), "");
	assert_string_equal(ba_token_url(&t.issuer, &none), "");
	assert_string_equal(ba_device_url(&t.issuer, &both), DEV);
	assert_string_equal(ba_token_url(&t.issuer, &both), TOK);
	t.issuer.client.auth = BA_CLIENT_AUTH_TLS;
	assert_string_equal(ba_device_url(&t.issuer, &both), DEV "/tls");
	assert_string_equal(ba_token_url(&t.issuer, &both), TOK "/tls");
	assert_string_equal(ba_device_url(&t.issuer, &plain), DEV);
	assert_string_equal(ba_token_url(&t.issuer, &plain), TOK);
	t.issuer.device_endpoint = HOST "/configured";
	t.issuer.token_endpoint = HOST "/token2";
	assert_string_equal(ba_device_url(&t.issuer, NULL), HOST "/configured");
	assert_string_equal(ba_token_url(&t.issuer, NULL), HOST "/token2");
	assert_string_equal(
	    ba_device_url(&t.issuer, &both), HOST "/configured");
	assert_string_equal(ba_token_url(&t.issuer, &both), HOST "/token2");
}

/* --- requests -------------------------------------------------------------- */

static int
begin(const char *endpoint)
{
	return ba_device_begin(
	    &t.issuer, t.client, endpoint, NOW, &t.post, &t.request);
}

static int
poll(const char *endpoint)
{
	return ba_device_poll(
	    &t.d, &t.issuer, t.client, endpoint, NOW, &t.post, &t.request);
}

static void
judge_request(const char *url, const char *form)
{
	assert_string_equal(t.request.url, url);
	assert_int_equal(t.request.timeout_ms, 1234);
	assert_int_equal(t.request.body_max, BA_DEVICE_BODY_MAX);
	assert_null(t.request.etag);
	assert_null(t.request.accept);
	assert_null(t.request.authorization);
	assert_ptr_equal(t.request.form, &t.post.form);
	assert_string_equal(ba_buf_str(&t.post.form), form);
	assert_string_equal(t.request.ca_file, "/ca.pem");
	assert_null(t.request.ca_directory);
	assert_true(t.request.pool == BA_HTTP_POOL_ALONE);
	assert_string_equal(t.request.proxy, "http://proxy:3128");
}

/* RFC 8628 section 3.1, section 3.4; RFC 8707 section 2. */
static void
test_requests(void **state)
{
	(void)state;
	ba_client_set_proxy(t.client, "http://proxy:3128", NULL);
	t.issuer.ca_file = "/ca.pem";
	t.request.timeout_ms = 1234;
	t.request.etag = "stale";
	assert_int_equal(begin(DEV), BA_OK);
	judge_request(DEV, "client_id=door");
	t.issuer.device_scope = "openid login";
	t.issuer.device_resource = "https://host.example.org/";
	t.issuer.device_audience = "a&b=c";
	assert_int_equal(begin(DEV), BA_OK);
	judge_request(DEV,
	    "scope=openid+login&resource=https%3A%2F%2Fhost.example.org%2F"
	    "&audience=a%26b%3Dc&client_id=door");
	assert_int_equal(feed(GOOD), BA_OK);
	assert_int_equal(poll(TOK), BA_OK);
	judge_request(TOK,
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
	    "&device_code=" CODE
	    "&resource=https%3A%2F%2Fhost.example.org%2F&client_id=door");
	t.issuer.device_resource = NULL;
	t.issuer.ca_file = NULL;
	t.issuer.ca_directory = "/ca";
	assert_int_equal(poll(TOK), BA_OK);
	assert_string_equal(ba_buf_str(&t.post.form),
	    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
	    "&device_code=" CODE "&client_id=door");
	assert_null(t.request.ca_file);
	assert_string_equal(t.request.ca_directory, "/ca");
}

/* TR-06: whatever the issuer chose, it is one value of the form. */
static void
test_tr_06_device_code_is_encoded(void **state)
{
	(void)state;
	assert_int_equal(
	    feed("{\"device_code\":\"a&b=c\\r\\nd+e %\"" M_USER M_URI M_LIFE
		 "}"),
	    BA_OK);
	assert_int_equal(poll(TOK), BA_OK);
	assert_non_null(strstr(ba_buf_str(&t.post.form),
	    "&device_code=a%26b%3Dc%0D%0Ad%2Be+%25&client_id="));
}

static void
test_tr_01_endpoints(void **state)
{
	static const struct {
		const char *url;
		int r;
	} rows[] = {
		{ TOK, BA_OK },
		{ "", BA_ERR_METADATA },
		{ NULL, BA_ERR_METADATA },
		{ "http://id.example.org/token", BA_ERR_METADATA },
		{ TOK "\r\nX: y", BA_ERR_METADATA },
	};
	size_t i;

	(void)state;
	assert_int_equal(feed(GOOD), BA_OK);
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(begin(rows[i].url), rows[i].r);
		assert_int_equal(t.request.url == NULL, rows[i].r != BA_OK);
		assert_int_equal(t.post.form.len == 0, rows[i].r != BA_OK);
		assert_int_equal(poll(rows[i].url), rows[i].r);
		assert_int_equal(t.request.url == NULL, rows[i].r != BA_OK);
	}
}

static void
test_no_poll_without_a_code(void **state)
{
	(void)state;
	assert_int_equal(poll(TOK), BA_ERR_INTERNAL);
	assert_int_equal(t.post.form.len, 0);
	assert_int_equal(feed(GOOD), BA_OK);
	assert_int_equal(poll(TOK), BA_OK);
	ba_device_wipe(&t.d);
	assert_int_equal(t.d.user_code[0], '\0');
	ba_device_init(&t.d);
	assert_int_equal(poll(TOK), BA_ERR_INTERNAL);
}

/* --- the codes ------------------------------------------------------------- */

static void
test_first_answer(void **state)
{
	(void)state;
	/* As in section 3.2. */
	assert_int_equal(
	    feed("{" M_CODE M_USER M_URI ",\"verification_uri_complete\":\"" URI
		 "?user_code=WDJB-MJHT\",\"expires_in\":1800,\"interval\":7}"),
	    BA_OK);
	assert_string_equal(t.d.user_code, "WDJB-MJHT");
	assert_string_equal(t.d.uri, URI);
	assert_string_equal(t.d.complete, URI "?user_code=WDJB-MJHT");
	assert_string_equal(ba_buf_str(&t.d.code), CODE);
	assert_int_equal(t.d.expires, MONO + 1800 * 1000);
	assert_int_equal(t.d.interval, 7000);
	assert_int_equal(t.d.due, MONO + 7000);
	/* The next one is another login: nothing of the first stays. */
	assert_int_equal(
	    feed("{\"device_code\":\"x\"" M_USER M_URI M_LIFE "}"), BA_OK);
	assert_string_equal(ba_buf_str(&t.d.code), "x");
	assert_string_equal(t.d.complete, "");
	assert_int_equal(t.d.interval, BA_DEVICE_INTERVAL * 1000);
}

static void
test_dev_01_02_members(void **state)
{
	static const struct {
		const char *name, *body;
		int r;
	} rows[] = {
		{ "good", GOOD, BA_OK },
		{ "more", "{\"x\":[1]," M_CODE M_USER M_URI M_LIFE "}", BA_OK },
		{ "no device_code", "{\"x\":1" M_USER M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "empty device_code",
		    "{\"device_code\":\"\"" M_USER M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "device_code a number",
		    "{\"device_code\":1" M_USER M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "no user_code", "{" M_CODE M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "empty user_code",
		    "{" M_CODE ",\"user_code\":\"\"" M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "user_code of blanks",
		    "{" M_CODE ",\"user_code\":\"  \"" M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "user_code of controls",
		    "{" M_CODE ",\"user_code\":\"\\u001b\\u202e\"" M_URI M_LIFE
		    "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "user_code a number",
		    "{" M_CODE ",\"user_code\":123456" M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "no URI", "{" M_CODE M_USER M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "verification_url",
		    "{" M_CODE M_USER ",\"verification_url\":\"" URI "\"" M_LIFE
		    "}",
		    BA_OK },
		{ "both, the right one bad",
		    "{" M_CODE M_USER ",\"verification_url\":\"" URI
		    "\",\"verification_uri\":null" M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "http",
		    "{" M_CODE M_USER
		    ",\"verification_uri\":\"http://example.com/\"" M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "javascript",
		    "{" M_CODE M_USER
		    ",\"verification_uri\":\"javascript:alert(1)\"" M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "user information",
		    "{" M_CODE M_USER
		    ",\"verification_uri\":\"https://a@example.com/\"" M_LIFE
		    "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "blank in it",
		    "{" M_CODE M_USER
		    ",\"verification_uri\":\"https://example.com/ x\"" M_LIFE
		    "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "no expires_in", "{" M_CODE M_USER M_URI "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "expires_in null",
		    "{" M_CODE M_USER M_URI ",\"expires_in\":null}",
		    BA_ERR_DEVICE_ANSWER },
		{ "expires_in text",
		    "{" M_CODE M_USER M_URI ",\"expires_in\":\"1800\"}",
		    BA_ERR_DEVICE_ANSWER },
		{ "expires_in 0", "{" M_CODE M_USER M_URI ",\"expires_in\":0}",
		    BA_ERR_DEVICE_ANSWER },
		{ "expires_in 1", "{" M_CODE M_USER M_URI ",\"expires_in\":1}",
		    BA_OK },
		{ "expires_in negative",
		    "{" M_CODE M_USER M_URI ",\"expires_in\":-1}",
		    BA_ERR_DEVICE_ANSWER },
		{ "expires_in beyond all",
		    "{" M_CODE M_USER M_URI ",\"expires_in\":1e300}",
		    BA_ERR_DEVICE_ANSWER },
		{ "expires_in as large as can be",
		    "{" M_CODE M_USER M_URI ",\"expires_in\":253402300799}",
		    BA_OK },
		{ "interval null",
		    "{" M_CODE M_USER M_URI M_LIFE ",\"interval\":null}",
		    BA_OK },
		{ "interval text",
		    "{" M_CODE M_USER M_URI M_LIFE ",\"interval\":\"5\"}",
		    BA_ERR_DEVICE_ANSWER },
		{ "interval negative",
		    "{" M_CODE M_USER M_URI M_LIFE ",\"interval\":-5}",
		    BA_ERR_DEVICE_ANSWER },
		{ "interval 300",
		    "{" M_CODE M_USER M_URI M_LIFE ",\"interval\":300}",
		    BA_OK },
		{ "interval 301",
		    "{" M_CODE M_USER M_URI M_LIFE ",\"interval\":301}",
		    BA_ERR_DEVICE_ANSWER },
		{ "interval 300.1",
		    "{" M_CODE M_USER M_URI M_LIFE ",\"interval\":300.1}",
		    BA_ERR_DEVICE_ANSWER },
		{ "interval beyond all",
		    "{" M_CODE M_USER M_URI M_LIFE
		    ",\"interval\":9223372036854775807}",
		    BA_ERR_DEVICE_ANSWER },
		/* TR-05 */
		{ "double", "{" M_CODE "," M_CODE M_USER M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "no JSON", "device_code=x&user_code=y",
		    BA_ERR_DEVICE_ANSWER },
		{ "an array", "[" GOOD "]", BA_ERR_DEVICE_ANSWER },
		{ "NUL",
		    "{\"device_code\":\"a\\u0000b\"" M_USER M_URI M_LIFE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "empty", "", BA_ERR_DEVICE_ANSWER },
	};
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		r = feed(rows[i].body);
		if (r != rows[i].r)
			fail_msg("%s: %s", rows[i].name, ba_err_name(r));
	}
}

/* What is said last holds: how often, and in whole seconds at least. */
static void
test_dev_02_interval(void **state)
{
	static const struct {
		const char *interval;
		int64_t ms;
	} rows[] = {
		{ "", BA_DEVICE_INTERVAL * 1000 },
		{ ",\"interval\":null", BA_DEVICE_INTERVAL * 1000 },
		{ ",\"interval\":0", 1000 },
		{ ",\"interval\":1", 1000 },
		{ ",\"interval\":1.2", 2000 },
		{ ",\"interval\":300", 300000 },
	};
	char body[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body),
		    "{" M_CODE M_USER M_URI M_LIFE "%s}", rows[i].interval);
		assert_int_equal(feed(body), BA_OK);
		assert_int_equal(t.d.interval, rows[i].ms);
		assert_int_equal(t.d.due, MONO + rows[i].ms);
	}
}

/* V37, DEV-01: nothing of it moves the cursor, or the eye. */
static void
test_v37_dev_01_what_is_shown(void **state)
{
	static const struct {
		const char *sent, *shown;
	} rows[] = {
		{ "WDJB-MJHT", "WDJB-MJHT" },
		{ "A\\u001b[2JB", "A[2JB" },
		{ "A\\r\\nB\\tC\\u0007", "ABC" },
		{ "A\\u001fB C~", "AB C~" },
		{ "A\\u007f\\u0080\\u009bB\\u00a1", "AB\u00a1" },
		{ "A\\u202e\\u202d\\u2066\\u2069\\u200f\\u061cB", "AB" },
		{ "A\\u2027\\u202fB\\u2030", "A\u2027B\u2030" },
		{ "A\\u00a0B\\u3000C\\u2800", "ABC" },
		{ "A\\u0336B\\u0300", "AB" },
		{ "A\\u200bB\\u200dC\\ufeffD\\u00ad", "ABCD" },
		{ "A\\u2028B\\u2029C", "ABC" },
		{ "A\\ue000B\\uf8ffC\\ud7ff", "ABC\ud7ff" },
		{ "A\\ufffeB\\ufffdC", "AB\ufffdC" },
		{ "A\\udb40\\udc41B\\udbff\\udfff", "AB" },
		{ "A\\ufe0fB\\ufe10", "AB\ufe10" },
		{ "\\u0416\\u4e2d\\ud83d\\ude00", "\u0416\u4e2d\U0001f600" },
	};
	char body[1024];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body),
		    "{" M_CODE ",\"user_code\":\"%s\"" M_URI M_LIFE "}",
		    rows[i].sent);
		assert_int_equal(feed(body), BA_OK);
		assert_string_equal(t.d.user_code, rows[i].shown);
		assert_true(ba_utf8_is_text(
		    t.d.user_code, strlen(t.d.user_code), false));
	}
	/* The same of URLs, which then are plain ASCII. */
	assert_int_equal(feed("{" M_CODE M_USER
			      ",\"verification_uri\":\"https://exa\\u200bmple"
			      ".com/\\u001b\\n\"" M_LIFE "}"),
	    BA_OK);
	assert_string_equal(t.d.uri, "https://example.com/");
	assert_int_equal(feed("{" M_CODE M_USER
			      ",\"verification_uri\":\"https://ex\\u0430mple"
			      ".com/\"" M_LIFE "}"),
	    BA_ERR_DEVICE_ANSWER);
}

static size_t
put_utf8(char *dst, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--, c >>= 6)
		dst[i] = (char)(0x80 | (c & 0x3f));
	dst[0] = (char)(n == 1 ? c : ((0xf00 >> n) & 0xff) | c);
	dst[n] = '\0';
	return n;
}

static void
judge_character(uint32_t c, bool shown)
{
	char body[256], code[8] = "A";

	(void)put_utf8(code + 1, c);
	(void)snprintf(body, sizeof(body),
	    "{" M_CODE ",\"user_code\":\"%s\"" M_URI M_LIFE "}", code);
	assert_int_equal(feed(body), BA_OK);
	if (strcmp(t.d.user_code, shown ? code : "A") != 0)
		fail_msg("U+%04X", c);
}

/* Unicode 14: the categories Cc, Cf, Zl, Zp, Co and noncharacters, and what is
   a letter or a mark and shows nothing. */
static void
test_v37_dev_01_every_range(void **state)
{
	static const struct {
		uint32_t first, last;
	} rows[] = { { 0x7f, 0xa0 }, { 0xad, 0xad }, { 0x300, 0x36f },
		{ 0x483, 0x489 }, { 0x1680, 0x1680 }, { 0x1ab0, 0x1aff },
		{ 0x1dc0, 0x1dff }, { 0x205f, 0x206f }, { 0x20d0, 0x20ff },
		{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0xfe20, 0xfe2f },
		{ 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
		{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 },
		{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x3164, 0x3164 },
		{ 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef }, { 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
		{ 0xfffe, 0xffff }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0x1fffe, 0x1ffff },
		{ 0x2fffe, 0x2ffff }, { 0x3fffe, 0x10ffff } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		/* Before U+E000 are the surrogates, which are none. */
		if (rows[i].first != 0xe000)
			judge_character(rows[i].first - 1, true);
		judge_character(rows[i].first, false);
		judge_character(rows[i].last, false);
		if (rows[i].last != 0x10ffff)
			judge_character(rows[i].last + 1, true);
	}
	judge_character(0xd7ff, true);
	judge_character(' ', true);
}

/* DEV-08: nobody needs it, so that a bad one is none. */
static void
test_dev_08_complete(void **state)
{
	static const struct {
		bool wanted;
		const char *member, *shown;
	} rows[] = {
		{ true, "", "" },
		{ true, ",\"verification_uri_complete\":\"" URI "?c=1\"",
		    URI "?c=1" },
		{ false, ",\"verification_uri_complete\":\"" URI "?c=1\"", "" },
		{ true, ",\"verification_uri_complete\":null", "" },
		{ true, ",\"verification_uri_complete\":\"http://x/\"", "" },
	};
	char body[512];
	const struct reply reply = { BA_OK, 200, JSON, body };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body),
		    "{" M_CODE M_USER M_URI M_LIFE "%s}", rows[i].member);
		assert_int_equal(feed_reply(&reply, rows[i].wanted), BA_OK);
		assert_string_equal(t.d.complete, rows[i].shown);
	}
}

/* What is cut is another code. */
static void
test_dev_01_lengths(void **state)
{
	static const struct {
		const char *name, *head;
		size_t max;
	} rows[] = {
		{ "device_code", "", BA_DEVICE_CODE_MAX },
		{ "user_code", "", BA_DEVICE_USER_CODE },
		{ "verification_uri", "https://e/", BA_DEVICE_URI_MAX },
		{ "verification_uri_complete", "https://e/",
		    BA_DEVICE_URI_MAX },
	};
	char value[BA_DEVICE_CODE_MAX + 2], body[3000];
	size_t i, more;
	int r;

	(void)state;
	for (i = 0; i < 2 * COUNT(rows); i++) {
		more = i % 2;
		memset(value, 'x', sizeof(value));
		memcpy(value, rows[i / 2].head, strlen(rows[i / 2].head));
		value[rows[i / 2].max + more] = '\0';
		(void)snprintf(body, sizeof(body), "{%s%s%s%s,\"%s\":\"%s\"}",
		    i / 2 == 0 ? "\"a\":1" : M_CODE, i / 2 == 1 ? "" : M_USER,
		    i / 2 == 2 ? "" : M_URI, M_LIFE, rows[i / 2].name, value);
		r = feed(body);
		if (i / 2 == 3)
			assert_int_equal(
			    strlen(t.d.complete), more ? 0 : rows[3].max);
		assert_int_equal(
		    r, more && i / 2 < 3 ? BA_ERR_DEVICE_ANSWER : BA_OK);
	}
}

/* --- refusals -------------------------------------------------------------- */

#define E(s) "{\"error\":\"" s "\"}"

static void
test_dev_04_first_answer_refused(void **state)
{
	static const struct {
		struct reply reply;
		int r;
	} rows[] = {
		{ { BA_OK, 200, JSON, GOOD }, BA_OK },
		{ { BA_OK, 201, JSON, GOOD }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 200, "text/html", GOOD }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 200, "", GOOD }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 200, "application/jsonx", GOOD },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 302, JSON, GOOD }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, GOOD }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, E("invalid_client") },
		    BA_ERR_CLIENT_AUTH },
		{ { BA_OK, 403, JSON, E("unauthorized_client") },
		    BA_ERR_CLIENT_AUTH },
		{ { BA_OK, 401, "", "" }, BA_ERR_CLIENT_AUTH },
		{ { BA_OK, 401, JSON, E("invalid_scope") },
		    BA_ERR_CLIENT_AUTH },
		{ { BA_OK, 400, JSON, E("invalid_scope") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, "text/plain", E("invalid_client") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 404, "", "" }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 429, "", "" }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 503, JSON, E("invalid_client") },
		    BA_ERR_DEVICE_ANSWER },
		/* These mean something to a poll alone. */
		{ { BA_OK, 400, JSON, E("authorization_pending") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, E("slow_down") }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, E("access_denied") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, E("expired_token") },
		    BA_ERR_DEVICE_ANSWER },
		/* No answer. */
		{ { BA_ERR_TIMEOUT, 0, "", "" }, BA_ERR_TIMEOUT },
		{ { BA_ERR_HTTP, 0, "", "" }, BA_ERR_HTTP },
		{ { BA_ERR_TLS, 0, "", "" }, BA_ERR_TLS },
	};
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		r = feed_reply(&rows[i].reply, true);
		if (r != rows[i].r)
			fail_msg("%zu: %s", i, ba_err_name(r));
	}
}

/* --- polls ----------------------------------------------------------------- */

#define T_TOKEN "\"access_token\":\"" TOKEN "\""
#define T_TYPE  ",\"token_type\":\"Bearer\""

static void
test_dev_07_token(void **state)
{
	static const struct {
		const char *body;
		int r;
	} rows[] = {
		{ "{" T_TOKEN T_TYPE "}", BA_OK },
		{ "{" T_TOKEN ",\"token_type\":\"bearer\",\"expires_in\":3600,"
		  "\"refresh_token\":\"x\"}",
		    BA_OK },
		{ "{" T_TOKEN ",\"token_type\":\"DPoP\"}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{" T_TOKEN ",\"token_type\":\"Bearer \"}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{" T_TOKEN ",\"token_type\":1}", BA_ERR_DEVICE_ANSWER },
		{ "{" T_TOKEN T_TYPE ",\"error\":\"access_denied\"}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{" T_TOKEN "}", BA_ERR_DEVICE_ANSWER },
		{ "{\"a\":1" T_TYPE "}", BA_ERR_DEVICE_ANSWER },
		{ "{\"access_token\":\"\"" T_TYPE "}", BA_ERR_DEVICE_ANSWER },
		{ "{\"access_token\":null" T_TYPE "}", BA_ERR_DEVICE_ANSWER },
		{ "{\"access_token\":\"a b\"" T_TYPE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{\"access_token\":\"a\\r\\nb\"" T_TYPE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{\"access_token\":\"a=b\"" T_TYPE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{\"access_token\":\"a.b-c_d~e+f/g==\"" T_TYPE "}", BA_OK },
		{ "{\"id_token\":\"" TOKEN "\"" T_TYPE "}",
		    BA_ERR_DEVICE_ANSWER },
		{ "{" T_TOKEN "," T_TOKEN T_TYPE "}", BA_ERR_DEVICE_ANSWER },
		{ "{\"error\":\"authorization_pending\"}",
		    BA_ERR_DEVICE_ANSWER },
		{ "", BA_ERR_DEVICE_ANSWER },
	};
	size_t i;
	int r;

	(void)state;
	assert_int_equal(feed(GOOD), BA_OK);
	for (i = 0; i < COUNT(rows); i++) {
		ba_buf_clear(&t.token);
		r = poll_body(rows[i].body);
		if (r != rows[i].r)
			fail_msg("%zu: %s", i, ba_err_name(r));
	}
	ba_buf_clear(&t.token);
	assert_int_equal(poll_body(rows[0].body), BA_OK);
	assert_string_equal(ba_buf_str(&t.token), TOKEN);
}

/* One that the rest of us would not take is not taken here. */
static void
test_token_too_long(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(feed(GOOD), BA_OK);
	for (i = 0; i < 2; i++) {
		ba_buf_wipe(&t.token);
		ba_buf_init(&t.token, strlen(TOKEN) - i);
		assert_int_equal(poll_body("{" T_TOKEN T_TYPE "}"),
		    i == 0 ? BA_OK : BA_ERR_DEVICE_ANSWER);
	}
}

static void
test_dev_03_04_errors(void **state)
{
	static const struct {
		const char *error;
		int r;
	} rows[] = {
		{ "authorization_pending", BA_ERR_NEED_DEVICE },
		{ "slow_down", BA_ERR_NEED_DEVICE },
		{ "access_denied", BA_ERR_DEVICE_DENIED },
		{ "authorization_declined", BA_ERR_DEVICE_DENIED },
		{ "expired_token", BA_ERR_DEVICE_EXPIRED },
		{ "invalid_client", BA_ERR_CLIENT_AUTH },
		{ "unauthorized_client", BA_ERR_CLIENT_AUTH },
		{ "invalid_grant", BA_ERR_DEVICE_ANSWER },
		{ "invalid_request", BA_ERR_DEVICE_ANSWER },
		{ "invalid_scope", BA_ERR_DEVICE_ANSWER },
		{ "invalid_target", BA_ERR_DEVICE_ANSWER },
		{ "unsupported_grant_type", BA_ERR_DEVICE_ANSWER },
		{ "server_error", BA_ERR_DEVICE_ANSWER },
		{ "Authorization_Pending", BA_ERR_DEVICE_ANSWER },
		{ "", BA_ERR_DEVICE_ANSWER },
	};
	size_t i;

	(void)state;
	assert_int_equal(feed(GOOD), BA_OK);
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    poll_error(rows[i].error, MONO + 5000), rows[i].r);
}

static void
test_dev_04_answers(void **state)
{
	static const struct {
		struct reply reply;
		int r;
	} rows[] = {
		{ { BA_OK, 400, JSON, E("authorization_pending") },
		    BA_ERR_NEED_DEVICE },
		/* As large issuers do. */
		{ { BA_OK, 403, JSON, E("authorization_pending") },
		    BA_ERR_NEED_DEVICE },
		{ { BA_OK, 428, JSON, E("authorization_pending") },
		    BA_ERR_NEED_DEVICE },
		{ { BA_OK, 429, JSON, E("slow_down") }, BA_ERR_NEED_DEVICE },
		{ { BA_OK, 403, JSON, E("access_denied") },
		    BA_ERR_DEVICE_DENIED },
		{ { BA_OK, 399, JSON, E("authorization_pending") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 500, JSON, E("authorization_pending") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 499, JSON, E("authorization_pending") },
		    BA_ERR_NEED_DEVICE },
		{ { BA_OK, 401, JSON, E("authorization_pending") },
		    BA_ERR_CLIENT_AUTH },
		{ { BA_OK, 401, "", "" }, BA_ERR_CLIENT_AUTH },
		{ { BA_OK, 400, JSON, "{\"error\":1}" }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, "{}" }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, "" }, BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, "text/plain", E("authorization_pending") },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 400, JSON, "{" T_TOKEN T_TYPE "}" },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 201, JSON, "{" T_TOKEN T_TYPE "}" },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 200, "text/plain", "{" T_TOKEN T_TYPE "}" },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 303, JSON, "{" T_TOKEN T_TYPE "}" },
		    BA_ERR_DEVICE_ANSWER },
		{ { BA_OK, 200, JSON, "{" T_TOKEN T_TYPE "}" }, BA_OK },
		/* Who cannot be trusted is not asked again. */
		{ { BA_ERR_TLS, 0, "", "" }, BA_ERR_TLS },
		{ { BA_ERR_NOMEM, 0, "", "" }, BA_ERR_NOMEM },
	};
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(feed(GOOD), BA_OK);
		ba_buf_clear(&t.token);
		r = poll_reply(&rows[i].reply, MONO + 5000);
		if (r != rows[i].r)
			fail_msg("%zu: %s", i, ba_err_name(r));
	}
}

/* 5 s more each time, and for good. */
static void
test_dev_03_slow_down(void **state)
{
	int64_t at = MONO;
	int i;

	(void)state;
	assert_int_equal(feed(GOOD), BA_OK);
	at = t.d.due;
	assert_int_equal(
	    poll_error("authorization_pending", at), BA_ERR_NEED_DEVICE);
	assert_int_equal(t.d.due, at + 5000);
	assert_int_equal(poll_error("slow_down", at + 1), BA_ERR_NEED_DEVICE);
	assert_int_equal(t.d.due, at + 1 + 10000);
	assert_int_equal(
	    poll_error("authorization_pending", at + 2), BA_ERR_NEED_DEVICE);
	assert_int_equal(t.d.due, at + 2 + 10000);
	for (i = 10; i < 300; i += 5)
		assert_int_equal(
		    poll_error("slow_down", at), BA_ERR_NEED_DEVICE);
	assert_int_equal(t.d.interval, BA_DEVICE_INTERVAL_MAX * 1000);
	assert_int_equal(poll_error("slow_down", at), BA_ERR_DEVICE_ANSWER);
	assert_int_equal(
	    poll_error("authorization_pending", at), BA_ERR_NEED_DEVICE);
	assert_int_equal(t.d.due, at + BA_DEVICE_INTERVAL_MAX * 1000);
}

static void
test_dev_05_back_off(void **state)
{
	static const struct reply no[] = { { BA_ERR_TIMEOUT, 0, "", "" },
		{ BA_ERR_HTTP, 0, "", "" } };
	int64_t at;
	int i;

	(void)state;
	assert_int_equal(feed(GOOD), BA_OK);
	for (i = 0; i < 5; i++) {
		at = t.d.due;
		assert_int_equal(
		    poll_reply(&no[i % 2], at), BA_ERR_NEED_DEVICE);
		assert_int_equal(t.d.due, at + (5000 << (i + 1)));
	}
	/* 160 s; and 320 are as good as never. */
	assert_int_equal(poll_reply(&no[0], t.d.due), BA_ERR_DEVICE_ANSWER);
	/* It is there again. */
	assert_int_equal(
	    poll_error("authorization_pending", t.d.due), BA_ERR_NEED_DEVICE);
	assert_int_equal(poll_body("{" T_TOKEN T_TYPE "}"), BA_OK);
}

/* Not a moment behind expires_in, whatever comes. */
static void
test_dev_02_expired(void **state)
{
	static const struct reply all[] = {
		{ BA_OK, 200, JSON, "{" T_TOKEN T_TYPE "}" },
		{ BA_OK, 400, JSON, E("authorization_pending") },
		{ BA_OK, 400, JSON, E("access_denied") },
		{ BA_ERR_TIMEOUT, 0, "", "" },
	};
	static const int before[] = { BA_OK, BA_ERR_NEED_DEVICE,
		BA_ERR_DEVICE_DENIED, BA_ERR_NEED_DEVICE };
	int64_t end = MONO + 1800 * 1000;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(all); i++) {
		assert_int_equal(feed(GOOD), BA_OK);
		assert_int_equal(poll_reply(&all[i], end - 1), before[i]);
		ba_buf_clear(&t.token);
		assert_int_equal(
		    poll_reply(&all[i], end), BA_ERR_DEVICE_EXPIRED);
	}
}

/* --- memory ---------------------------------------------------------------- */

static int
all_of_it(void)
{
	const struct reply pending = { BA_OK, 400, JSON,
		E("authorization_pending") };
	struct ba_http_response first, again, last;
	const struct reply good = { BA_OK, 200, JSON, GOOD };
	const struct reply token = { BA_OK, 200, JSON, "{" T_TOKEN T_TYPE "}" };
	long n = fail_malloc;
	int r;

	fail_malloc = -1;
	fill(&first, &good);
	fill(&again, &pending);
	fill(&last, &token);
	ba_buf_wipe(&t.token);
	ba_device_wipe(&t.d);
	ba_device_init(&t.d);
	ba_post_wipe(&t.post);
	fail_malloc = n;
	r = begin(DEV);
	if (r == BA_OK)
		r = ba_device_feed(&t.d, &first, MONO, true, &t.why);
	if (r == BA_OK)
		r = poll(TOK);
	if (r == BA_OK)
		r = ba_device_poll_feed(&t.d, &again, MONO, &t.token, &t.why);
	if (r == BA_ERR_NEED_DEVICE)
		r = ba_device_poll_feed(&t.d, &last, MONO, &t.token, &t.why);
	fail_malloc = -1;
	ba_http_response_clear(&first);
	ba_http_response_clear(&again);
	ba_http_response_clear(&last);
	return r;
}

/* Each allocation fails once: no other error comes of it. */
static void
test_without_memory(void **state)
{
	int r = BA_ERR_NOMEM;
	long n;

	(void)state;
	for (n = 0; r == BA_ERR_NOMEM && n < 500; n++) {
		fail_malloc = n;
		r = all_of_it();
		assert_int_equal(r == BA_OK, t.token.len > 0);
	}
	assert_int_equal(r, BA_OK);
	assert_true(n > 30);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_where),
		T(test_requests),
		T(test_tr_06_device_code_is_encoded),
		T(test_tr_01_endpoints),
		T(test_no_poll_without_a_code),
		T(test_first_answer),
		T(test_dev_01_02_members),
		T(test_dev_02_interval),
		T(test_v37_dev_01_what_is_shown),
		T(test_v37_dev_01_every_range),
		T(test_dev_08_complete),
		T(test_dev_01_lengths),
		T(test_dev_04_first_answer_refused),
		T(test_dev_07_token),
		T(test_token_too_long),
		T(test_dev_03_04_errors),
		T(test_dev_04_answers),
		T(test_dev_03_slow_down),
		T(test_dev_05_back_off),
		T(test_dev_02_expired),
		T(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
