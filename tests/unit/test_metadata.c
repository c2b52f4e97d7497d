/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/oauth/metadata.h"

#define ISS "https://id.example.org/realms/staff"

static void
test_MD02_well_known_urls(void **state)
{
	static const struct {
		const char *issuer, *oidc, *oauth;
	} cases[] = {
		{ "https://id.example.org",
		    "https://id.example.org/.well-known/openid-configuration",
		    "https://id.example.org/.well-known/"
		    "oauth-authorization-server" },
		{ "https://id.example.org/",
		    "https://id.example.org/.well-known/openid-configuration",
		    "https://id.example.org/.well-known/"
		    "oauth-authorization-server" },
		{ "https://id.example.org/a/b",
		    "https://id.example.org/a/b/.well-known/"
		    "openid-configuration",
		    "https://id.example.org/.well-known/"
		    "oauth-authorization-server/a/b" },
		{ "https://id.example.org/a/b/",
		    "https://id.example.org/a/b/.well-known/"
		    "openid-configuration",
		    "https://id.example.org/.well-known/"
		    "oauth-authorization-server/a/b" },
		{ "https://[::1]:8443/a",
		    "https://[::1]:8443/a/.well-known/openid-configuration",
		    "https://[::1]:8443/.well-known/"
		    "oauth-authorization-server/a" },
	};
	char url[BA_URL_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ba_well_known_url(cases[i].issuer,
				     BA_WELL_KNOWN_OIDC, url, sizeof(url)),
		    BA_OK);
		assert_string_equal(url, cases[i].oidc);
		assert_true(ba_url_ok(url));
		assert_int_equal(ba_well_known_url(cases[i].issuer,
				     BA_WELL_KNOWN_OAUTH, url, sizeof(url)),
		    BA_OK);
		assert_string_equal(url, cases[i].oauth);
		assert_true(ba_url_ok(url));
	}
}

static void
test_MD03_no_issuer_no_url(void **state)
{
	static const char *const bad[] = { "", "https://", "https:///",
		"http://id.example.org", "https://id.example.org?q",
		"https://id.example.org/#f", "https://u@id.example.org",
		"https://id.example.org/a\r\nHost:b" };
	char url[BA_URL_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)memset(url, 'x', sizeof(url));
		assert_int_equal(ba_well_known_url(bad[i], BA_WELL_KNOWN_OIDC,
				     url, sizeof(url)),
		    BA_ERR_CONFIG);
		assert_string_equal(url, "");
	}
	assert_int_equal(ba_well_known_url("https://id.example.org",
			     BA_WELL_KNOWN_OIDC, url, sizeof(url)),
	    BA_OK);
}

static void
test_well_known_url_limits(void **state)
{
	const size_t suffix = strlen("/.well-known/openid-configuration");
	char issuer[BA_URL_MAX + 1], url[BA_URL_MAX + 200];

	(void)state;
	(void)memset(issuer, 'a', sizeof(issuer));
	(void)memcpy(issuer, "https://h/", 10);
	issuer[BA_URL_MAX - suffix] = '\0';
	assert_int_equal(
	    ba_well_known_url(issuer, BA_WELL_KNOWN_OIDC, url, sizeof(url)),
	    BA_OK);
	assert_int_equal(strlen(url), BA_URL_MAX);
	/* One more than a URL may have; one less than dst needs. */
	assert_int_equal(
	    ba_well_known_url(issuer, BA_WELL_KNOWN_OIDC, url, BA_URL_MAX),
	    BA_ERR_LIMIT);
	assert_string_equal(url, "");
	issuer[BA_URL_MAX - suffix] = 'a';
	issuer[BA_URL_MAX - suffix + 1] = '\0';
	assert_int_equal(
	    ba_well_known_url(issuer, BA_WELL_KNOWN_OIDC, url, sizeof(url)),
	    BA_ERR_LIMIT);
	assert_string_equal(url, "");
	assert_int_equal(ba_well_known_url(issuer, BA_WELL_KNOWN_OIDC, url, 0),
	    BA_ERR_LIMIT);
}

#define JSON     "application/json"
#define GOOD_URI "https://keys.example.net/jwks?v=1"
#define GOOD     "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"" GOOD_URI "\"}"

/* One answer, its error, and whether the other form may be tried then. */
static const struct answer {
	const char *name;
	int err;
	unsigned status;
	const char *type, *body;
	int want;
	bool absent;
} answers[] = {
	{ "good", BA_OK, 200, JSON, GOOD, BA_OK, false },
	{ "more members", BA_OK, 200, JSON,
	    "{\"a\":[1,{}],\"issuer\":\"" ISS "\",\"jwks_uri\":\"" GOOD_URI
	    "\",\"b\":null}",
	    BA_OK, false },
	{ "no answer in time", BA_ERR_TIMEOUT, 0, "", "", BA_ERR_TIMEOUT,
	    false },
	{ "TR-02 bad certificate", BA_ERR_TLS, 0, "", "", BA_ERR_TLS, false },
	{ "no connection", BA_ERR_HTTP, 0, "", "", BA_ERR_HTTP, false },
	{ "body without an answer", BA_ERR_HTTP, 200, JSON, GOOD, BA_ERR_HTTP,
	    false },
	{ "404", BA_OK, 404, JSON, GOOD, BA_ERR_METADATA, true },
	{ "403", BA_OK, 403, "text/html", "<p>", BA_ERR_METADATA, true },
	{ "TR-03 redirect", BA_OK, 302, "", "", BA_ERR_METADATA, true },
	{ "408", BA_OK, 408, JSON, GOOD, BA_ERR_METADATA, false },
	{ "429", BA_OK, 429, JSON, GOOD, BA_ERR_METADATA, false },
	{ "500", BA_OK, 500, JSON, GOOD, BA_ERR_METADATA, false },
	{ "503", BA_OK, 503, "text/html", "<p>", BA_ERR_METADATA, false },
	{ "201", BA_OK, 201, JSON, GOOD, BA_ERR_METADATA, false },
	{ "204", BA_OK, 204, "", "", BA_ERR_METADATA, false },
	{ "TR-05 text/plain", BA_OK, 200, "text/plain", GOOD, BA_ERR_METADATA,
	    true },
	{ "TR-05 application/jsonx", BA_OK, 200, "application/jsonx", GOOD,
	    BA_ERR_METADATA, true },
	{ "TR-05 application/jwk-set+json", BA_OK, 200,
	    "application/jwk-set+json", GOOD, BA_ERR_METADATA, true },
	{ "TR-05 no type", BA_OK, 200, "", GOOD, BA_ERR_METADATA, true },
	{ "empty body", BA_OK, 200, JSON, "", BA_ERR_METADATA, true },
	{ "cut body", BA_OK, 200, JSON, "{\"issuer\":\"" ISS "\"",
	    BA_ERR_METADATA, true },
	{ "array", BA_OK, 200, JSON, "[" GOOD "]", BA_ERR_METADATA, true },
	{ "more behind it", BA_OK, 200, JSON, GOOD "{}", BA_ERR_METADATA,
	    true },
	{ "duplicate member", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"issuer\":\"" ISS
	    "\",\"jwks_uri\":\"" GOOD_URI "\"}",
	    BA_ERR_METADATA, true },
	{ "MD-01 another issuer", BA_OK, 200, JSON,
	    "{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"" GOOD_URI
	    "\"}",
	    BA_ERR_METADATA, false },
	{ "MD-01 trailing slash", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "/\",\"jwks_uri\":\"" GOOD_URI "\"}",
	    BA_ERR_METADATA, false },
	{ "MD-01 letter case", BA_OK, 200, JSON,
	    "{\"issuer\":\"https://id.example.ORG/realms/staff\","
	    "\"jwks_uri\":\"" GOOD_URI "\"}",
	    BA_ERR_METADATA, false },
	{ "MD-01 no issuer", BA_OK, 200, JSON,
	    "{\"jwks_uri\":\"" GOOD_URI "\"}", BA_ERR_METADATA, false },
	{ "MD-01 issuer in an array", BA_OK, 200, JSON,
	    "{\"issuer\":[\"" ISS "\"],\"jwks_uri\":\"" GOOD_URI "\"}",
	    BA_ERR_METADATA, false },
	{ "no jwks_uri", BA_OK, 200, JSON, "{\"issuer\":\"" ISS "\"}",
	    BA_ERR_METADATA, false },
	{ "jwks_uri null", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":null}", BA_ERR_METADATA,
	    false },
	{ "MD-04 jwks_uri by http", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS
	    "\",\"jwks_uri\":\"http://id.example.org/jwks\"}",
	    BA_ERR_METADATA, false },
	{ "MD-04 jwks_uri a file", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"file:///etc/passwd\"}",
	    BA_ERR_METADATA, false },
	{ "MD-04 jwks_uri relative", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"/jwks\"}", BA_ERR_METADATA,
	    false },
	{ "TR-06 line feed in jwks_uri", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"https://h/a\\r\\nX: y\"}",
	    BA_ERR_METADATA, false },
	{ "jwks_uri with a user", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"https://u:p@h/\"}",
	    BA_ERR_METADATA, false },
	{ "MD-01 compared after escapes are resolved", BA_OK, 200, JSON,
	    "{\"issuer\":\"https:\\/\\/id.example.org\\/realms\\/staff\","
	    "\"jwks_uri\":\"" GOOD_URI "\"}",
	    BA_OK, false },
};

static void
fill(struct ba_http_response *r, const struct answer *a)
{
	ba_http_response_init(r);
	r->err = a->err;
	r->status = a->status;
	(void)snprintf(r->content_type, sizeof(r->content_type), "%s", a->type);
	assert_int_equal(ba_buf_append_str(&r->body, a->body), BA_OK);
}

static void
test_metadata_answers(void **state)
{
	struct ba_http_response r;
	char uri[BA_URL_MAX + 1];
	const char *why;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		fill(&r, &answers[i]);
		(void)memset(uri, 'x', sizeof(uri));
		why = NULL;
		err = ba_metadata_jwks_uri(ISS, &r, uri, sizeof(uri), &why);
		if (err != answers[i].want ||
		    ba_metadata_absent(&r) != answers[i].absent)
			fail_msg("%s: %s, absent %d", answers[i].name,
			    ba_err_name(err), ba_metadata_absent(&r));
		assert_string_equal(uri, err == BA_OK ? GOOD_URI : "");
		assert_true((err == BA_OK) == (why[0] == '\0'));
		ba_http_response_clear(&r);
	}
}

static void
test_jwks_uri_needs_room(void **state)
{
	struct ba_http_response r;
	char uri[sizeof(GOOD_URI)];
	const char *why;

	(void)state;
	fill(&r, &answers[0]);
	assert_int_equal(
	    ba_metadata_jwks_uri(ISS, &r, uri, sizeof(uri) - 1, &why),
	    BA_ERR_LIMIT);
	assert_string_equal(uri, "");
	assert_int_equal(
	    ba_metadata_jwks_uri(ISS, &r, uri, sizeof(uri), &why), BA_OK);
	assert_int_equal(
	    ba_metadata_jwks_uri(ISS, &r, uri, 0, &why), BA_ERR_LIMIT);
	ba_http_response_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_MD02_well_known_urls),
		cmocka_unit_test(test_MD03_no_issuer_no_url),
		cmocka_unit_test(test_well_known_url_limits),
		cmocka_unit_test(test_metadata_answers),
		cmocka_unit_test(test_jwks_uri_needs_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
