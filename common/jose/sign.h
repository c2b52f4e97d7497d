/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_SIGN_H
#define BA_JOSE_SIGN_H

#include <jansson.h>
#include <openssl/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/jose/jwk.h"

/*
 * The one thing that we sign ourselves: a JWT by which we sign in with an
 * issuer (RFC 7523).  Asymmetric algorithms alone.
 */

/* A private key of PEM (PKCS #8 or traditional), never encrypted: it asks
   nobody.  BA_ERR_KEY where it is none, BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_private_key_parse(
    const void *pem, size_t n, EVP_PKEY **keyp);

/*
 * The algorithm that a key signs by where nobody says: RS256, ES256, ES384,
 * ES512, ES256K, Ed25519 (named EdDSA) or Ed448, by its kind; BA_ERR_KEY for
 * what no algorithm of ours takes (RSA below 2048 bits too).  alg 0: that;
 * otherwise BA_ERR_KEY unless the key can serve alg.
 */
BA_MUST_CHECK int ba_private_key_alg(
    const EVP_PKEY *key, enum ba_alg alg, enum ba_alg *algp);

/*
 * Append the compact JWS of claims to out.  kid may be NULL.  BA_ERR_CRYPTO,
 * BA_ERR_NOMEM, BA_ERR_LIMIT.
 */
BA_MUST_CHECK int ba_jws_sign(EVP_PKEY *key, enum ba_alg alg, const char *typ,
    const char *kid, const json_t *claims, struct ba_buf *out);

#endif
