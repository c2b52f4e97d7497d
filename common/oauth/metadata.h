/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_METADATA_H
#define BA_OAUTH_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/url.h"
#include "common/oauth/http.h"

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
 * Judge an answer to that request and find jwks_uri in it: status 200, a
 * JSON media type, a strict JSON object, issuer equal to ours byte for byte
 * (RFC 8414 section 3.3), jwks_uri a URL that ba_url_ok().  BA_ERR_METADATA
 * (why in constant text), or the response's own error.
 */
BA_MUST_CHECK int ba_metadata_jwks_uri(const char *issuer,
    const struct ba_http_response *r, char *dst, size_t dstsz,
    const char **whyp);

/*
 * Does the answer say that no metadata lives at that URL, so that the other
 * form may be tried: a redirect (never followed), a 4xx other than 408 and
 * 429, or a page that is no JSON object?  A document that is there and is
 * not usable is not absent, and nothing else is tried in its place.
 */
bool ba_metadata_absent(const struct ba_http_response *r);

#endif
