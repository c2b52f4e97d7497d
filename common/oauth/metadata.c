/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/oauth/metadata.h"

#define SCHEME "https://"

int
ba_well_known_url(
    const char *issuer, enum ba_well_known form, char *dst, size_t dstsz)
{
	size_t n = strlen(issuer), host;
	int len = -1;

	if (dstsz == 0)
		return BA_ERR_LIMIT;
	dst[0] = '\0';
	if (!ba_issuer_url_ok(issuer))
		return BA_ERR_CONFIG;
	/* One slash, as both standards have it: "any terminating /". */
	if (issuer[n - 1] == '/')
		n--;
	host = strlen(SCHEME) + strcspn(issuer + strlen(SCHEME), "/");
	switch (form) {
	case BA_WELL_KNOWN_OIDC:
		len = snprintf(dst, dstsz,
		    "%.*s/.well-known/openid-configuration", (int)n, issuer);
		break;
	case BA_WELL_KNOWN_OAUTH:
		len = snprintf(dst, dstsz,
		    "%.*s/.well-known/oauth-authorization-server%.*s",
		    (int)host, issuer, (int)(n - host), issuer + host);
		break;
	}
	if (len < 0 || (size_t)len >= dstsz || len > BA_URL_MAX) {
		dst[0] = '\0';
		return BA_ERR_LIMIT;
	}
	return BA_OK;
}

/* --- where endpoints may be ------------------------------------------------ */

/* "host" or "host:port", or such at the head of what follows "https://". */
struct place {
	const char *host;
	size_t len;
	unsigned long port;
};

static struct place
place_of(const char *text)
{
	size_t n = strcspn(text, "/?");
	size_t len = n;
	struct place p = { .host = text, .port = 443 };

	/* In brackets stand the colons of an IPv6 address. */
	while (len > 0 && text[len - 1] != ':' && text[len - 1] != ']')
		len--;
	if (len > 0 && text[len - 1] == ':') {
		p.port = strtoul(text + len, NULL, 10);
		n = len - 1;
	}
	p.len = n;
	return p;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
same_place(const struct place *a, const struct place *b)
{
	size_t i;

	if (a->port != b->port || a->len != b->len)
		return false;
	for (i = 0; i < a->len; i++) {
		if (lower(a->host[i]) != lower(b->host[i]))
			return false;
	}
	return true;
}

bool
ba_endpoint_ok(const struct ba_issuer *issuer, const char *url)
{
	struct place there = place_of(url + strlen(SCHEME)), allowed;
	size_t i;

	allowed = place_of(issuer->url + strlen(SCHEME));
	if (same_place(&there, &allowed))
		return true;
	for (i = 0; i < issuer->endpoint_host.n; i++) {
		allowed = place_of(issuer->endpoint_host.v[i]);
		if (same_place(&there, &allowed))
			return true;
	}
	return false;
}

/* --- what is needed -------------------------------------------------------- */

bool
ba_metadata_needs_keys(const struct ba_issuer *issuer)
{
	return issuer->verify != BA_VERIFY_INTROSPECTION ||
	       issuer->introspection_jwt;
}

bool
ba_metadata_needs_introspection(const struct ba_issuer *issuer)
{
	return issuer->verify != BA_VERIFY_JWT &&
	       issuer->introspection_endpoint == NULL;
}

bool
ba_metadata_needs_device(const struct ba_issuer *issuer)
{
	return issuer->device && issuer->device_endpoint == NULL;
}

bool
ba_metadata_needs_token(const struct ba_issuer *issuer)
{
	return issuer->device && issuer->token_endpoint == NULL;
}

bool
ba_metadata_by_tls(const struct ba_issuer *issuer)
{
	switch (issuer->client.auth) {
	case BA_CLIENT_AUTH_TLS:
	case BA_CLIENT_AUTH_SELF_SIGNED_TLS:
		return true;
	case BA_CLIENT_AUTH_NONE:
	case BA_CLIENT_AUTH_BASIC:
	case BA_CLIENT_AUTH_POST:
	case BA_CLIENT_AUTH_PRIVATE_KEY_JWT:
		return false;
	}
	return false;
}

static bool
none_or_ok(const struct ba_issuer *issuer, const char *url)
{
	return url[0] == '\0' ||
	       (ba_url_ok(url) && ba_endpoint_ok(issuer, url));
}

static bool
has(const struct ba_issuer *issuer, const char *plain, const char *tls)
{
	return plain[0] != '\0' ||
	       (ba_metadata_by_tls(issuer) && tls[0] != '\0');
}

static bool
has_all(const struct ba_issuer *issuer, const struct ba_metadata *m)
{
	if (ba_metadata_needs_keys(issuer) && m->jwks_uri[0] == '\0')
		return false;
	return !ba_metadata_needs_introspection(issuer) ||
	       has(issuer, m->introspection_endpoint,
		   m->tls_introspection_endpoint);
}

bool
ba_metadata_suits(const struct ba_issuer *issuer, const struct ba_metadata *m)
{
	const char *const urls[] = { m->jwks_uri, m->introspection_endpoint,
		m->tls_introspection_endpoint, m->device_endpoint,
		m->tls_device_endpoint, m->token_endpoint,
		m->tls_token_endpoint };
	size_t i;

	if (!has_all(issuer, m))
		return false;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		if (!none_or_ok(issuer, urls[i]))
			return false;
	return true;
}

/* --- the document ---------------------------------------------------------- */

/* TR-05: this type alone; parameters are gone by now. */
static bool
is_json(const struct ba_http_response *r)
{
	return strcmp(r->content_type, "application/json") == 0;
}

enum fault { FINE, MISSING, NO_URL, ELSEWHERE };

/* The member as an endpoint of the issuer's; "" where it is not one. */
static enum fault
read_endpoint(const struct ba_issuer *issuer, const json_t *o, const char *name,
    char dst[BA_URL_MAX + 1])
{
	const char *url;
	int r;

	dst[0] = '\0';
	r = ba_json_string(o, name, &url);
	if (r == BA_ERR_JSON_MISSING)
		return MISSING;
	if (r != BA_OK || !ba_url_ok(url))
		return NO_URL;
	if (!ba_endpoint_ok(issuer, url))
		return ELSEWHERE;
	return ba_copy_str(dst, BA_URL_MAX + 1, url) == BA_OK ? FINE : NO_URL;
}

#define FAULTS(name)                                                           \
	{                                                                      \
		[MISSING] = "the metadata has no " name,                       \
		[NO_URL] = "the " name " is no https URL that may be asked",   \
		[ELSEWHERE] = "the " name                                      \
			      " is on another host or port than the issuer's;" \
			      " where that is meant, allow it by"              \
			      " endpoint_host =",                              \
	}

static const char *const jwks_faults[] = FAULTS("jwks_uri");
static const char *const introspection_faults[] =
    FAULTS("introspection_endpoint");
static const char *const device_faults[] =
    FAULTS("device_authorization_endpoint");
static const char *const token_faults[] = FAULTS("token_endpoint");

/*
 * An endpoint that may have an alias for TLS.  What is not needed is taken
 * where it can be used, and passed over where it cannot: a mistake there shall
 * lock out nobody.  Nor shall one of the device flow's lock out those who have
 * a token: what is needed but not vital is then nowhere, and whyp says why.
 */
struct endpoint {
	const char *name;
	bool needed;
	bool vital;
	const char *const *faults;
	char *plain, *tls; /* BA_URL_MAX + 1 bytes each */
};

static int
read_both(const struct ba_issuer *issuer, const json_t *root,
    const struct endpoint *e, const char **whyp)
{
	const json_t *aliases = json_object_get(root, "mtls_endpoint_aliases");
	enum fault fault, tls = MISSING;

	fault = read_endpoint(issuer, root, e->name, e->plain);
	if (aliases != NULL)
		tls = read_endpoint(issuer, aliases, e->name, e->tls);
	/* Instead of the other, where there is one (RFC 8705 section 5). */
	if (ba_metadata_by_tls(issuer) && tls != MISSING)
		fault = tls;
	if (fault == FINE || !e->needed)
		return BA_OK;
	*e->plain = *e->tls = '\0';
	if (**whyp == '\0')
		*whyp = e->faults[fault];
	return e->vital ? BA_ERR_METADATA : BA_OK;
}

static int
read_endpoints(const struct ba_issuer *issuer, const json_t *root,
    struct ba_metadata *m, const char **whyp)
{
	const struct endpoint endpoints[] = {
		{ "introspection_endpoint",
		    ba_metadata_needs_introspection(issuer), true,
		    introspection_faults, m->introspection_endpoint,
		    m->tls_introspection_endpoint },
		{ "device_authorization_endpoint",
		    ba_metadata_needs_device(issuer), false, device_faults,
		    m->device_endpoint, m->tls_device_endpoint },
		{ "token_endpoint", ba_metadata_needs_token(issuer), false,
		    token_faults, m->token_endpoint, m->tls_token_endpoint },
	};
	size_t i;
	int r = BA_OK;

	for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
		if (r == BA_OK)
			r = read_both(issuer, root, &endpoints[i], whyp);
	return r;
}

/* The members, of which nothing is believed before issuer is ours (MD-01). */
static int
judge(const struct ba_issuer *issuer, const json_t *root, struct ba_metadata *m,
    const char **whyp)
{
	const char *claimed;
	enum fault fault;

	if (ba_json_string(root, "issuer", &claimed) != BA_OK) {
		*whyp = "the metadata has no issuer";
		return BA_ERR_METADATA;
	}
	if (strcmp(claimed, issuer->url) != 0) {
		*whyp = "the metadata is another issuer's";
		return BA_ERR_METADATA;
	}
	fault = read_endpoint(issuer, root, "jwks_uri", m->jwks_uri);
	if (fault != FINE && ba_metadata_needs_keys(issuer)) {
		*whyp = jwks_faults[fault];
		return BA_ERR_METADATA;
	}
	return read_endpoints(issuer, root, m, whyp);
}

static int
parse(const struct ba_http_response *r, json_t **rootp, const char **whyp)
{
	int ret;

	if (r->err != BA_OK) {
		*whyp = "the metadata could not be had";
		return r->err;
	}
	if (r->status != 200) {
		*whyp = "the answer's HTTP status is not 200";
		return BA_ERR_METADATA;
	}
	if (!is_json(r)) {
		*whyp = "the answer is not of the type application/json";
		return BA_ERR_METADATA;
	}
	ret = ba_json_parse(r->body.p, r->body.len, rootp);
	if (ret == BA_OK || ret == BA_ERR_NOMEM)
		return ret;
	*whyp = "the metadata is not a strict JSON object";
	return BA_ERR_METADATA;
}

int
ba_metadata_parse(const struct ba_issuer *issuer,
    const struct ba_http_response *r, struct ba_metadata *m, const char **whyp)
{
	json_t *root = NULL;
	int ret;

	*whyp = "";
	memset(m, 0, sizeof(*m));
	ret = parse(r, &root, whyp);
	if (ret == BA_OK)
		ret = judge(issuer, root, m, whyp);
	if (ret != BA_OK)
		memset(m, 0, sizeof(*m));
	json_decref(root);
	return ret;
}

const char *
ba_introspection_url(
    const struct ba_issuer *issuer, const struct ba_metadata *m)
{
	if (issuer->introspection_endpoint != NULL)
		return issuer->introspection_endpoint;
	if (m == NULL)
		return NULL;
	if (ba_metadata_by_tls(issuer) &&
	    m->tls_introspection_endpoint[0] != '\0')
		return m->tls_introspection_endpoint;
	return m->introspection_endpoint;
}

bool
ba_metadata_absent(const struct ba_http_response *r)
{
	json_t *root;
	int ret;

	if (r->err != BA_OK)
		return false;
	/* 408 and 429 say "not now", and not "not here". */
	if (r->status == 408 || r->status == 429)
		return false;
	/* 304 is no redirect, and we asked for no such thing. */
	if (r->status != 200)
		return r->status >= 300 && r->status <= 499 && r->status != 304;
	if (!is_json(r))
		return true;
	ret = ba_json_parse(r->body.p, r->body.len, &root);
	if (ret == BA_OK)
		json_decref(root);
	return ret == BA_ERR_JSON;
}
