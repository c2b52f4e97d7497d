/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_JWS_H
#define BA_JOSE_JWS_H

#include <stddef.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/jose/jwk.h"

#define BA_TOKEN_MAX 65536 /* bytes of a token: default and ceiling */
#define BA_KID_MAX   512 /* bytes of a kid that we look up */

/* A compact JWS (RFC 7515 section 7.1), parsed and not yet believed. */
struct ba_jws;

/*
 * What kind of text is this?  Three non-empty segments of base64url
 * characters: BA_OK.  A text without a dot that is token68 (RFC 6750 section
 * 2.1): BA_ERR_OPAQUE.  Anything else: BA_ERR_TOKEN_SYNTAX, or
 * BA_ERR_TOKEN_SIZE.
 */
BA_MUST_CHECK int ba_token_kind(const char *token, size_t n);

/*
 * Split and decode.  Checks everything that can be known without a key:
 * three canonical segments, header a strict JSON object, alg a string that we
 * know and one of allowed (BA_ERR_ALG otherwise), no crit and no b64
 * (BA_ERR_CRIT), kid a string of at most BA_KID_MAX bytes where there is one,
 * payload a strict JSON object, signature of the length that the algorithm
 * makes, where the algorithm alone says it.  jwk, jku, x5u and x5c are not
 * looked at (RFC 8725 section 3.10).  Freed with ba_jws_free(), which wipes.
 */
BA_MUST_CHECK int ba_jws_parse(
    const char *token, size_t n, unsigned allowed, struct ba_jws **jwsp);
void ba_jws_free(struct ba_jws *jws);

/*
 * The same for a payload of any bytes, or none, as most published test
 * vectors have it.  No access token is one: ba_jws_claims() stays NULL.
 */
BA_MUST_CHECK int ba_jws_parse_any(
    const char *token, size_t n, unsigned allowed, struct ba_jws **jwsp);

/*
 * From the header: kid and typ are NULL where absent.  Of an alg that leaves
 * the curve open (EdDSA), what is allowed of it.
 */
enum ba_alg ba_jws_alg(const struct ba_jws *jws);
const char *ba_jws_kid(const struct ba_jws *jws);
const char *ba_jws_typ(const struct ba_jws *jws);

/*
 * Allow no more than these, once the issuer is known: BA_ERR_ALG where none
 * is left, and then no key fits any more.
 */
BA_MUST_CHECK int ba_jws_restrict(struct ba_jws *jws, unsigned allowed);

/*
 * The payload's iss, unproven: good for choosing among configured issuers
 * and for nothing else.  BA_ERR_ISS where it is missing or no string.
 */
BA_MUST_CHECK int ba_jws_peek_issuer(
    const struct ba_jws *jws, const char **issp);

/*
 * Does key hold for it?  BA_ERR_SIGNATURE if not, BA_ERR_KEY for a key that
 * does not serve the token's alg, BA_ERR_CRYPTO or BA_ERR_NOMEM where OpenSSL
 * itself failed.  The signature covers the bytes
 * received (RFC 7515 section 5.2).
 */
BA_MUST_CHECK int ba_jws_verify(struct ba_jws *jws, const struct ba_jwk *key);

/*
 * The payload as an object, borrowed; NULL until ba_jws_verify() has
 * succeeded, so that nobody reads a claim too early.
 */
const json_t *ba_jws_claims(const struct ba_jws *jws);

#endif
