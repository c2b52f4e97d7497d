/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_METADATA_H
#define BA_OAUTH_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/url.h"
#include "common/oauth/http.h"
#include "common/policy/config.h"

/*
 * The issuer's published metadata: OpenID Connect Discovery 1.0 section 4,
 * RFC 8414 sections 3 and 3.3.
 */
enum ba_well_known {
	BA_WELL_KNOWN_OIDC, /* issuer + /.well-known/openid-configuration */
	BA_WELL_KNOWN_OAUTH /* /.well-known/oauth-authorization-server
				   between host and path */
};

/*
 * The URL of the metadata.  A trailing '/' of the issuer is dropped before
 * the suffix is added (OpenID Connect Discovery 1.0 section 4.1).
 * BA_ERR_LIMIT.
 */
BA_MUST_CHECK int ba_well_known_url(
    const char *issuer, enum ba_well_known form, char *dst, size_t dstsz);

/*
 * What an issuer publishes of itself (RFC 8414 section 2): URLs that
 * ba_url_ok(), "" where there is none.  Those that are called tls_ are of
 * mtls_endpoint_aliases (RFC 8705 section 5), and go before the others for
 * clients that sign in by TLS.
 */
struct ba_metadata {
	char jwks_uri[BA_URL_MAX + 1];
	char introspection_endpoint[BA_URL_MAX + 1];
	char tls_introspection_endpoint[BA_URL_MAX + 1];
	/* Of the device flow; the same rules. */
	char device_endpoint[BA_URL_MAX + 1];
	char tls_device_endpoint[BA_URL_MAX + 1];
	char token_endpoint[BA_URL_MAX + 1];
	char tls_token_endpoint[BA_URL_MAX + 1];
};

/*
 * May this issuer's endpoint be there?  On the issuer's own host and port, or
 * one of endpoint_host (MD-04).  url is one that ba_url_ok().
 */
bool ba_endpoint_ok(const struct ba_issuer *issuer, const char *url);

/*
 * Judge an answer to that request: status 200, a JSON media type, a strict
 * JSON object, issuer equal to ours byte for byte (RFC 8414 section 3.3),
 * endpoints that are strings, ba_url_ok() and ba_endpoint_ok().  jwks_uri is
 * required unless the issuer's tokens need no keys (verify = introspection
 * and introspection_answer = json); an introspection_endpoint that breaks the
 * rules makes the whole unusable only where it is needed (verify is not jwt,
 * and it is not configured).  One of the device flow that is needed (device is
 * set) and breaks the rules is "", and its alias too: no login by that flow, and
 * tokens are judged as ever.
 * BA_ERR_METADATA (why in constant text), or the
 * response's own error; with BA_OK why says what the device flow lacks, or "".
 */
BA_MUST_CHECK int ba_metadata_parse(const struct ba_issuer *issuer,
    const struct ba_http_response *r, struct ba_metadata *m, const char **whyp);

/* Do this issuer's tokens need its keys?  Not where verify = introspection and
   introspection_answer = json. */
bool ba_metadata_needs_keys(const struct ba_issuer *issuer);
/* … an introspection endpoint by its metadata? */
bool ba_metadata_needs_introspection(const struct ba_issuer *issuer);
/* … the endpoints of the device flow? */
bool ba_metadata_needs_device(const struct ba_issuer *issuer);
bool ba_metadata_needs_token(const struct ba_issuer *issuer);

/* Do we sign in there by TLS, so that its mtls_endpoint_aliases go before its
   other endpoints (RFC 8705 section 5)? */
bool ba_metadata_by_tls(const struct ba_issuer *issuer);

/*
 * Is m, which was parsed under another configuration perhaps, what
 * ba_metadata_parse() would give: all that is needed is there, and nothing
 * where it may not be?
 */
bool ba_metadata_suits(
    const struct ba_issuer *issuer, const struct ba_metadata *m);

/*
 * Where this issuer is asked about tokens: introspection_endpoint =, else what
 * m says, and for a client that signs in by TLS (RFC 8705 section 5) the alias
 * for TLS, if there is one.  NULL: m, which may be NULL, must be known first.
 * "": nowhere.
 */
const char *ba_introspection_url(
    const struct ba_issuer *issuer, const struct ba_metadata *m);

/*
 * Does the answer say that no metadata lives at that URL, so that the other
 * form may be tried: a redirect (never followed), a 4xx other than 408 and
 * 429, or a page that is no JSON object?  A document that is there and is
 * not usable is not absent, and nothing else is tried in its place.
 */
bool ba_metadata_absent(const struct ba_http_response *r);

#endif
