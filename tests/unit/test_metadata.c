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

#include "common/oauth/metadata.h"

#define ISS "https://id.example.org/realms/staff"

static const struct ba_issuer plain = { .url = ISS };

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
#define GOOD_URI "https://id.example.org/jwks?v=1"
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
	{ "MD-04 jwks_uri on another host", BA_OK, 200, JSON,
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"https://h/jwks\"}",
	    BA_ERR_METADATA, false },
	{ "304 to no condition", BA_OK, 304, "", "", BA_ERR_METADATA, false },
	{ "399", BA_OK, 399, "", "", BA_ERR_METADATA, true },
	{ "300", BA_OK, 300, "", "", BA_ERR_METADATA, true },
	{ "299", BA_OK, 299, "", "", BA_ERR_METADATA, false },
	{ "499", BA_OK, 499, "", "", BA_ERR_METADATA, true },
	{ "deep nesting", BA_OK, 200, JSON,
	    "{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]],\"issuer\":\"" ISS
	    "\",\"jwks_uri\":\"" GOOD_URI "\"}",
	    BA_ERR_METADATA, true },
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
test_MD01_metadata_answers(void **state)
{
	struct ba_http_response r;
	struct ba_metadata m;
	const char *why;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		fill(&r, &answers[i]);
		(void)memset(&m, 'x', sizeof(m));
		why = NULL;
		err = ba_metadata_parse(&plain, &r, &m, &why);
		if (err != answers[i].want ||
		    ba_metadata_absent(&r) != answers[i].absent)
			fail_msg("%s: %s, absent %d", answers[i].name,
			    ba_err_name(err), ba_metadata_absent(&r));
		assert_string_equal(m.jwks_uri, err == BA_OK ? GOOD_URI : "");
		assert_string_equal(m.introspection_endpoint, "");
		assert_string_equal(m.tls_introspection_endpoint, "");
		assert_true((err == BA_OK) == (why[0] == '\0'));
		ba_http_response_clear(&r);
	}
}

static void
test_MD04_where_endpoints_may_be(void **state)
{
	char keys[] = "keys.example.net", port[] = "id.example.org:8443",
	     spelt[] = "spelt.example.net:443", six[] = "[2001:db8::1]",
	     *more[] = { keys, port, spelt, six };
	static const struct {
		const char *issuer, *url;
		bool alone, listed; /* with endpoint_host, too */
	} cases[] = {
		{ ISS, "https://id.example.org/jwks", true, true },
		{ ISS, "https://id.example.org", true, true },
		{ ISS, "https://id.example.org?q=https://h/", true, true },
		{ ISS, "https://ID.Example.ORG/jwks", true, true },
		{ ISS, "https://id.example.org:443/jwks", true, true },
		{ ISS, "https://id.example.org:0443/jwks", true, true },
		{ ISS, "https://id.example.org:8443/jwks", false, true },
		{ ISS, "https://id.example.org:8444/jwks", false, false },
		{ ISS, "https://id.example.org:4430/jwks", false, false },
		{ ISS, "https://id.example.or/jwks", false, false },
		{ ISS, "https://id.example.orgs/jwks", false, false },
		{ ISS, "https://id.example.org.evil.example/", false, false },
		{ ISS, "https://evil.example/id.example.org", false, false },
		{ ISS, "https://evil.example?id.example.org", false, false },
		{ ISS, "https://jd.example.org/jwks", false, false },
		{ ISS, "https://id.example.org./jwks", false, false },
		{ ISS, "https://keys.example.net/a/b:8443", false, true },
		{ ISS, "https://Keys.Example.Net:443/", false, true },
		{ ISS, "https://keys.example.net:8443/", false, false },
		{ ISS, "https://a.keys.example.net/", false, false },
		{ ISS, "https://spelt.example.net/", false, true },
		{ ISS, "https://spelt.example.net:443/", false, true },
		{ ISS, "https://[2001:db8::1]/", false, true },
		{ ISS, "https://[2001:DB8::1]:443/", false, true },
		{ ISS, "https://[2001:db8::1]:1/", false, false },
		{ ISS, "https://[2001:db8::2]/", false, false },
		{ "https://h:8443", "https://h:8443/jwks", true, true },
		{ "https://h:8443", "https://h/jwks", false, false },
		{ "https://h:443/i", "https://h/jwks", true, true },
		{ "https://h:8443", "https://id.example.org:8443/", false,
		    true },
		{ "https://[::1]:8443/i", "https://[::1]:8443/jwks", true,
		    true },
		{ "https://[::1]:8443/i", "https://[::1]/jwks", false, false },
		{ "https://[::1]", "https://[::1]:443", true, true },
	};
	struct ba_issuer issuer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ba_url_ok(cases[i].url));
		issuer = (struct ba_issuer){ .url = cases[i].issuer };
		if (ba_endpoint_ok(&issuer, cases[i].url) != cases[i].alone)
			fail_msg("%s: %s", cases[i].issuer, cases[i].url);
		issuer.endpoint_host.v = more;
		issuer.endpoint_host.n = 4;
		if (ba_endpoint_ok(&issuer, cases[i].url) != cases[i].listed)
			fail_msg("with list: %s", cases[i].url);
	}
}

#define HOST    "https://id.example.org"
#define ASK     HOST "/introspect"
#define TLS     "https://id.example.org:9443/introspect"
#define ELSE    "https://evil.example/introspect"
#define M(rest) "{\"issuer\":\"" ISS "\"" rest "}"
#define KEYS    ",\"jwks_uri\":\"" GOOD_URI "\""
#define EP(url) ",\"introspection_endpoint\":\"" url "\""
#define AL(url)                                                                \
	",\"mtls_endpoint_aliases\":{\"introspection_endpoint\":\"" url "\"}"

/* Of keys and introspection alone. */
#define MD(uri, ask, tls)                                                      \
	{                                                                      \
		.jwks_uri = uri, .introspection_endpoint = ask,                \
		.tls_introspection_endpoint = tls,                             \
	}

static struct ba_http_response
answer_of(const char *body)
{
	const struct answer a = { .status = 200, .type = JSON, .body = body };
	struct ba_http_response r;

	fill(&r, &a);
	return r;
}

/* What is needed of the metadata depends on who says that a token is good. */
static void
test_INT_endpoints_that_are_needed(void **state)
{
	enum {
		JWT = BA_VERIFY_JWT,
		ASKED = BA_VERIFY_INTROSPECTION,
		BOTH = BA_VERIFY_BOTH
	};
	enum {
		SECRET = BA_CLIENT_AUTH_BASIC,
		CERT = BA_CLIENT_AUTH_TLS,
		SELF = BA_CLIENT_AUTH_SELF_SIGNED_TLS
	};
	static const struct {
		const char *name;
		int verify, auth;
		bool jwt, configured; /* answers; introspection_endpoint */
		const char *body;
		int want;
		const char *uri, *ask, *tls;
	} cases[] = {
		{ "all", BOTH, SECRET, false, false, M(KEYS EP(ASK)), BA_OK,
		    GOOD_URI, ASK, "" },
		{ "not needed, taken", JWT, SECRET, false, false,
		    M(KEYS EP(ASK) AL(TLS)), BA_OK, GOOD_URI, ASK, TLS },
		{ "missing", BOTH, SECRET, false, false, M(KEYS),
		    BA_ERR_METADATA, "", "", "" },
		{ "missing, and needed by nobody", JWT, SECRET, false, false,
		    M(KEYS), BA_OK, GOOD_URI, "", "" },
		{ "missing, and configured", BOTH, SECRET, false, true, M(KEYS),
		    BA_OK, GOOD_URI, "", "" },
		{ "elsewhere", BOTH, SECRET, false, false, M(KEYS EP(ELSE)),
		    BA_ERR_METADATA, "", "", "" },
		{ "elsewhere, and needed by nobody", JWT, SECRET, false, false,
		    M(KEYS EP(ELSE)), BA_OK, GOOD_URI, "", "" },
		{ "elsewhere, and configured", BOTH, SECRET, false, true,
		    M(KEYS EP(ELSE)), BA_OK, GOOD_URI, "", "" },
		{ "http", BOTH, SECRET, false, false,
		    M(KEYS EP("http://id.example.org/")), BA_ERR_METADATA, "",
		    "", "" },
		{ "no text", BOTH, SECRET, false, false,
		    M(KEYS ",\"introspection_endpoint\":1"), BA_ERR_METADATA,
		    "", "", "" },
		{ "no text, and needed by nobody", JWT, SECRET, false, false,
		    M(KEYS ",\"introspection_endpoint\":1"), BA_OK, GOOD_URI,
		    "", "" },
		/* Keys. */
		{ "asked, JSON: no keys", ASKED, SECRET, false, false,
		    M(EP(ASK)), BA_OK, "", ASK, "" },
		{ "asked, JSON: keys there", ASKED, SECRET, false, false,
		    M(KEYS EP(ASK)), BA_OK, GOOD_URI, ASK, "" },
		{ "asked, JSON: keys elsewhere", ASKED, SECRET, false, false,
		    M(",\"jwks_uri\":\"" ELSE "\"" EP(ASK)), BA_OK, "", ASK,
		    "" },
		{ "asked, JWT: keys are needed", ASKED, SECRET, true, false,
		    M(EP(ASK)), BA_ERR_METADATA, "", "", "" },
		{ "asked, JWT: and there", ASKED, SECRET, true, false,
		    M(KEYS EP(ASK)), BA_OK, GOOD_URI, ASK, "" },
		{ "asked, JWT: and elsewhere", ASKED, SECRET, true, false,
		    M(",\"jwks_uri\":\"" ELSE "\"" EP(ASK)), BA_ERR_METADATA,
		    "", "", "" },
		{ "both: keys are needed", BOTH, SECRET, false, false,
		    M(EP(ASK)), BA_ERR_METADATA, "", "", "" },
		{ "asked, no endpoint", ASKED, SECRET, false, false, M(KEYS),
		    BA_ERR_METADATA, "", "", "" },
		/* TLS. */
		{ "TLS, alias", BOTH, CERT, false, false,
		    M(KEYS EP(ASK) AL(TLS)), BA_OK, GOOD_URI, ASK, TLS },
		{ "TLS, alias alone", BOTH, CERT, false, false, M(KEYS AL(TLS)),
		    BA_OK, GOOD_URI, "", TLS },
		{ "self-signed, alias alone", BOTH, SELF, false, false,
		    M(KEYS AL(TLS)), BA_OK, GOOD_URI, "", TLS },
		{ "no TLS, alias alone", BOTH, SECRET, false, false,
		    M(KEYS AL(TLS)), BA_ERR_METADATA, "", "", "" },
		{ "TLS, no alias", BOTH, CERT, false, false, M(KEYS EP(ASK)),
		    BA_OK, GOOD_URI, ASK, "" },
		{ "TLS, aliases of others", BOTH, CERT, false, false,
		    M(KEYS EP(ASK) ",\"mtls_endpoint_aliases\":{}"), BA_OK,
		    GOOD_URI, ASK, "" },
		{ "TLS, aliases of another kind", BOTH, CERT, false, false,
		    M(KEYS EP(ASK) ",\"mtls_endpoint_aliases\":[]"), BA_OK,
		    GOOD_URI, ASK, "" },
		{ "TLS, neither", BOTH, CERT, false, false, M(KEYS),
		    BA_ERR_METADATA, "", "", "" },
		{ "TLS, alias elsewhere", BOTH, CERT, false, false,
		    M(KEYS EP(ASK) AL(ELSE)), BA_ERR_METADATA, "", "", "" },
		{ "TLS, alias elsewhere, and configured", BOTH, CERT, false,
		    true, M(KEYS EP(ASK) AL(ELSE)), BA_OK, GOOD_URI, ASK, "" },
		{ "no TLS, alias elsewhere", BOTH, SECRET, false, false,
		    M(KEYS EP(ASK) AL(ELSE)), BA_OK, GOOD_URI, ASK, "" },
		{ "TLS, good alias, the other elsewhere", BOTH, CERT, false,
		    false, M(KEYS EP(ELSE) AL(TLS)), BA_OK, GOOD_URI, "", TLS },
	};
	char host[] = "id.example.org:9443", *hosts[] = { host };
	struct ba_issuer issuer;
	struct ba_http_response r;
	struct ba_metadata m;
	const char *why;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		issuer = (struct ba_issuer){
			.url = ISS,
			.endpoint_host = { .v = hosts, .n = 1 },
			.verify = (enum ba_verify_by)cases[i].verify,
			.introspection_endpoint =
			    cases[i].configured ? ASK : NULL,
			.introspection_jwt = cases[i].jwt,
			.client.auth = (enum ba_client_auth)cases[i].auth,
		};
		r = answer_of(cases[i].body);
		err = ba_metadata_parse(&issuer, &r, &m, &why);
		if (err != cases[i].want)
			fail_msg("%s: %s", cases[i].name, ba_err_name(err));
		assert_string_equal(m.jwks_uri, cases[i].uri);
		assert_string_equal(m.introspection_endpoint, cases[i].ask);
		assert_string_equal(m.tls_introspection_endpoint, cases[i].tls);
		assert_int_equal(why[0] == '\0', err == BA_OK);
		/* What was parsed suits, what was not does not. */
		assert_int_equal(ba_metadata_suits(&issuer, &m), err == BA_OK);
		ba_http_response_clear(&r);
	}
}

/* What to write where is said. */
static void
test_MD04_remedies(void **state)
{
	static const struct {
		const char *body, *why;
	} cases[] = {
		{ M(EP(ASK)), "no jwks_uri" },
		{ M(KEYS), "no introspection_endpoint" },
		{ M(",\"jwks_uri\":\"" ELSE "\""), "endpoint_host =" },
		{ M(",\"jwks_uri\":\"" ELSE "\""), "the jwks_uri" },
		{ M(KEYS EP(ELSE)), "endpoint_host =" },
		{ M(KEYS EP(ELSE)), "the introspection_endpoint" },
		{ M(",\"jwks_uri\":\"http://h/\""), "no https URL" },
	};
	struct ba_issuer issuer = { .url = ISS, .verify = BA_VERIFY_BOTH };
	struct ba_http_response r;
	struct ba_metadata m;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = answer_of(cases[i].body);
		assert_int_equal(
		    ba_metadata_parse(&issuer, &r, &m, &why), BA_ERR_METADATA);
		assert_non_null(strstr(why, cases[i].why));
		ba_http_response_clear(&r);
	}
	r = answer_of(M(KEYS EP(ASK)));
	assert_int_equal(ba_metadata_parse(&issuer, &r, &m, &why), BA_OK);
	ba_http_response_clear(&r);
}

/* Of a store: nothing in it is believed that could not be in an answer. */
static void
test_V52_metadata_of_the_store(void **state)
{
	static const struct {
		struct ba_metadata m;
		bool want;
	} cases[] = {
		{ MD(GOOD_URI, ASK, ""), true },
		{ MD(GOOD_URI, ASK, ASK), true },
		{ MD(GOOD_URI, "", ""), false },
		{ MD("", ASK, ""), false },
		{ MD(ELSE, ASK, ""), false },
		{ MD(GOOD_URI, ELSE, ""), false },
		{ MD(GOOD_URI, ASK, ELSE), false },
		{ MD("http://id.example.org/", ASK, ""), false },
		{ MD("file:///etc/passwd", ASK, ""), false },
		{ MD("x", ASK, ""), false },
		{ MD(GOOD_URI, "https://id.example.org/ a", ""), false },
	};
	const struct ba_issuer issuer = { .url = ISS,
		.verify = BA_VERIFY_BOTH };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (ba_metadata_suits(&issuer, &cases[i].m) != cases[i].want)
			fail_msg("%zu", i);
}

/* RFC 8705 section 5: the alias is for who signs in by TLS, and no other. */
static void
test_INT_where_tokens_are_asked_about(void **state)
{
	static const struct {
		enum ba_client_auth auth;
		bool tls;
	} cases[] = {
		{ BA_CLIENT_AUTH_NONE, false },
		{ BA_CLIENT_AUTH_BASIC, false },
		{ BA_CLIENT_AUTH_POST, false },
		{ BA_CLIENT_AUTH_PRIVATE_KEY_JWT, false },
		{ BA_CLIENT_AUTH_TLS, true },
		{ BA_CLIENT_AUTH_SELF_SIGNED_TLS, true },
	};
	static const struct ba_metadata one = MD("", "https://a/i", "");
	static const struct ba_metadata two =
	    MD("", "https://a/i", "https://m/i");
	static const struct ba_metadata none = MD("", "", "");
	struct ba_issuer issuer = { .url = ISS };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		issuer.client.auth = cases[i].auth;
		issuer.introspection_endpoint = NULL;
		assert_null(ba_introspection_url(&issuer, NULL));
		assert_string_equal(ba_introspection_url(&issuer, &none), "");
		assert_string_equal(
		    ba_introspection_url(&issuer, &one), "https://a/i");
		assert_string_equal(ba_introspection_url(&issuer, &two),
		    cases[i].tls ? "https://m/i" : "https://a/i");
		issuer.introspection_endpoint = "https://c/i";
		assert_string_equal(
		    ba_introspection_url(&issuer, &two), "https://c/i");
		assert_string_equal(
		    ba_introspection_url(&issuer, NULL), "https://c/i");
	}
}

#define DEVICE(url) ",\"device_authorization_endpoint\":\"" url "\""
#define TOKEN(url)  ",\"token_endpoint\":\"" url "\""
#define DEVICE_ALIASES(device, token)                                          \
	",\"mtls_endpoint_aliases\":{\"device_authorization_endpoint\":"       \
	"\"" device "\",\"token_endpoint\":\"" token "\"}"
#define DEV  "https://id.example.org/device"
#define TOK  "https://id.example.org/token"
#define TDEV "https://id.example.org:9443/device"
#define TTOK "https://id.example.org:9443/token"

/* Only a service that logs in by the device flow needs its endpoints; and
   whoever brings a token needs them never. */
static void
test_DEV_endpoints_that_are_needed(void **state)
{
	enum { SECRET = BA_CLIENT_AUTH_BASIC, CERT = BA_CLIENT_AUTH_TLS };
	static const struct {
		const char *name;
		bool device;
		int auth;
		const char *configured_device, *configured_token;
		const char *body;
		const char *urls[4]; /* device, for TLS, token, for TLS */
		const char *why;
	} cases[] = {
		{ "all", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE(DEV) TOKEN(TOK)), { DEV, "", TOK, "" }, "" },
		{ "not needed, taken", false, SECRET, NULL, NULL,
		    M(KEYS DEVICE(DEV) TOKEN(TOK) DEVICE_ALIASES(TDEV, TTOK)),
		    { DEV, TDEV, TOK, TTOK }, "" },
		{ "no device endpoint", true, SECRET, NULL, NULL,
		    M(KEYS TOKEN(TOK)), { "", "", TOK, "" },
		    "no device_authorization_endpoint" },
		{ "… needed by nobody", false, SECRET, NULL, NULL,
		    M(KEYS TOKEN(TOK)), { "", "", TOK, "" }, "" },
		{ "… configured", true, SECRET, DEV, NULL, M(KEYS TOKEN(TOK)),
		    { "", "", TOK, "" }, "" },
		{ "… the other configured", true, SECRET, NULL, TOK,
		    M(KEYS TOKEN(TOK)), { "", "", TOK, "" },
		    "no device_authorization_endpoint" },
		{ "no token endpoint", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE(DEV)), { DEV, "", "", "" },
		    "no token_endpoint" },
		{ "… needed by nobody", false, SECRET, NULL, NULL,
		    M(KEYS DEVICE(DEV)), { DEV, "", "", "" }, "" },
		{ "… configured", true, SECRET, NULL, TOK, M(KEYS DEVICE(DEV)),
		    { DEV, "", "", "" }, "" },
		{ "… the other configured", true, SECRET, DEV, NULL,
		    M(KEYS DEVICE(DEV)), { DEV, "", "", "" },
		    "no token_endpoint" },
		{ "both configured", true, SECRET, DEV, TOK, M(KEYS),
		    { "", "", "", "" }, "" },
		{ "device elsewhere", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE(ELSE) TOKEN(TOK)), { "", "", TOK, "" },
		    "the device_authorization_endpoint is on" },
		{ "token elsewhere", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE(DEV) TOKEN(ELSE)), { DEV, "", "", "" },
		    "the token_endpoint is on" },
		{ "elsewhere, needed by nobody", false, SECRET, NULL, NULL,
		    M(KEYS DEVICE(ELSE) TOKEN(ELSE)), { "", "", "", "" }, "" },
		{ "http", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE("http://id.example.org/d") TOKEN(TOK)),
		    { "", "", TOK, "" },
		    "the device_authorization_endpoint is no https" },
		{ "TLS, aliases alone", true, CERT, NULL, NULL,
		    M(KEYS DEVICE_ALIASES(TDEV, TTOK)), { "", TDEV, "", TTOK },
		    "" },
		{ "no TLS, aliases alone", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE_ALIASES(TDEV, TTOK)), { "", "", "", "" },
		    "no device_authorization_endpoint" },
		{ "TLS, no aliases", true, CERT, NULL, NULL,
		    M(KEYS DEVICE(DEV) TOKEN(TOK)), { DEV, "", TOK, "" }, "" },
		{ "TLS, bad aliases", true, CERT, NULL, NULL,
		    M(KEYS DEVICE(DEV) TOKEN(TOK) DEVICE_ALIASES(TDEV, ELSE)),
		    { DEV, TDEV, "", "" }, "the token_endpoint" },
		{ "no TLS, bad aliases", true, SECRET, NULL, NULL,
		    M(KEYS DEVICE(DEV) TOKEN(TOK) DEVICE_ALIASES(ELSE, TTOK)),
		    { DEV, "", TOK, TTOK }, "" },
	};
	char host[] = "id.example.org:9443", *hosts[] = { host };
	struct ba_issuer issuer;
	struct ba_http_response r;
	struct ba_metadata m;
	const char *why;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		issuer = (struct ba_issuer){
			.url = ISS,
			.endpoint_host = { .v = hosts, .n = 1 },
			.device = cases[i].device,
			.device_endpoint = cases[i].configured_device,
			.token_endpoint = cases[i].configured_token,
			.client.auth = (enum ba_client_auth)cases[i].auth,
		};
		r = answer_of(cases[i].body);
		err = ba_metadata_parse(&issuer, &r, &m, &why);
		if (err != BA_OK || strstr(why, cases[i].why) == NULL)
			fail_msg(
			    "%s: %s, %s", cases[i].name, ba_err_name(err), why);
		assert_string_equal(m.device_endpoint, cases[i].urls[0]);
		assert_string_equal(m.tls_device_endpoint, cases[i].urls[1]);
		assert_string_equal(m.token_endpoint, cases[i].urls[2]);
		assert_string_equal(m.tls_token_endpoint, cases[i].urls[3]);
		assert_int_equal(why[0] == '\0', cases[i].why[0] == '\0');
		assert_string_equal(m.jwks_uri, GOOD_URI);
		assert_true(ba_metadata_suits(&issuer, &m));
		ba_http_response_clear(&r);
	}
}

/* In the store none is believed that could not be in an answer; one that is
   absent was unusable then, and takes nothing away from the rest. */
static void
test_V52_device_endpoints_of_the_store(void **state)
{
	static const struct ba_metadata good = {
		.jwks_uri = GOOD_URI,
		.device_endpoint = DEV,
		.tls_device_endpoint = DEV,
		.token_endpoint = TOK,
		.tls_token_endpoint = TOK,
	};
	static const char *const bad[] = { ELSE, "http://id.example.org/",
		"x" };
	struct ba_issuer issuer = { .url = ISS, .device = true };
	struct ba_metadata m;
	char *urls[] = { m.device_endpoint, m.tls_device_endpoint,
		m.token_endpoint, m.tls_token_endpoint };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		m = good;
		assert_true(ba_metadata_suits(&issuer, &m));
		for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			(void)snprintf(urls[i], BA_URL_MAX + 1, "%s", bad[j]);
			assert_false(ba_metadata_suits(&issuer, &m));
		}
		*urls[i] = '\0';
		assert_true(ba_metadata_suits(&issuer, &m));
	}
}

/* Who is configured on both ends needs nothing of the metadata. */
static void
test_DEV_what_is_needed(void **state)
{
	struct ba_issuer issuer = { .url = ISS };

	(void)state;
	assert_false(ba_metadata_needs_device(&issuer));
	assert_false(ba_metadata_needs_token(&issuer));
	issuer.device = true;
	assert_true(ba_metadata_needs_device(&issuer));
	assert_true(ba_metadata_needs_token(&issuer));
	issuer.device_endpoint = DEV;
	assert_false(ba_metadata_needs_device(&issuer));
	assert_true(ba_metadata_needs_token(&issuer));
	issuer.token_endpoint = TOK;
	assert_false(ba_metadata_needs_token(&issuer));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_MD02_well_known_urls),
		cmocka_unit_test(test_MD03_no_issuer_no_url),
		cmocka_unit_test(test_well_known_url_limits),
		cmocka_unit_test(test_MD01_metadata_answers),
		cmocka_unit_test(test_MD04_where_endpoints_may_be),
		cmocka_unit_test(test_INT_endpoints_that_are_needed),
		cmocka_unit_test(test_MD04_remedies),
		cmocka_unit_test(test_V52_metadata_of_the_store),
		cmocka_unit_test(test_INT_where_tokens_are_asked_about),
		cmocka_unit_test(test_DEV_endpoints_that_are_needed),
		cmocka_unit_test(test_V52_device_endpoints_of_the_store),
		cmocka_unit_test(test_DEV_what_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
