/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_JWK_H
#define BA_JOSE_JWK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * Algorithms (RFC 7518 section 3, RFC 8037 section 3.1, RFC 8812 section 3.2,
 * RFC 9864 section 2.2).  A bit is one computation: kind of key, curve, hash,
 * padding.  A value is a set of such bits.  "none" and the HMACs have no name
 * here: they cannot be switched on.
 *
 * Every name means one bit, but for EdDSA, which RFC 8037 left open: it means
 * either curve, wherever it stands.  In a header, the key decides between the
 * two; in a key, its crv does; in a list of what is allowed, both are.  So a
 * token by an Ed25519 key may say EdDSA or Ed25519, and a list with either
 * name allows it; a list with Ed25519 and no other refuses what an Ed448 key
 * signed, whatever the header says.
 */
enum ba_alg {
	BA_ALG_RS256 = 1,
	BA_ALG_RS384 = 1 << 1,
	BA_ALG_RS512 = 1 << 2,
	BA_ALG_PS256 = 1 << 3,
	BA_ALG_PS384 = 1 << 4,
	BA_ALG_PS512 = 1 << 5,
	BA_ALG_ES256 = 1 << 6,
	BA_ALG_ES384 = 1 << 7,
	BA_ALG_ES512 = 1 << 8,
	BA_ALG_ES256K = 1 << 9,
	BA_ALG_ED25519 = 1 << 10,
	BA_ALG_ED448 = 1 << 11,
	BA_ALG_EDDSA = BA_ALG_ED25519 | BA_ALG_ED448
};
#define BA_ALG_ALL ((1 << 12) - 1)

/* By the registered name, byte for byte.  BA_ERR_ALG for any other. */
BA_MUST_CHECK int ba_alg_parse(const char *name, enum ba_alg *algp);

/* "?" for a set that has no name. */
const char *ba_alg_name(enum ba_alg alg);

/* An issuer's keys (RFC 7517 section 5), parsed, ready for OpenSSL. */
struct ba_jwks;
struct ba_jwk;
struct ba_kind;

#define BA_JWKS_BYTES_MAX (512 * 1024)
#define BA_JWKS_KEYS_MAX  64 /* usable keys kept; more: BA_ERR_JWKS */

/* RFC 7518 section 3.3 for the least; above, a verification takes too long. */
#define BA_RSA_BITS_MIN 2048
#define BA_RSA_BITS_MAX 16384

/*
 * Parse a key set of n bytes.  Members with a kty, crv or alg unknown to us,
 * or for another use (RFC 7517 sections 4.2, 4.3), are passed over, as
 * section 5 asks; those that break the rules of requirements JWK-01 to JWK-06
 * and JWK-14 (short RSA, point not on the curve, private or symmetric
 * material) are never used either, and counted in *badp (badp may be NULL),
 * which tells of them also where the whole set is refused.
 * A key without alg serves all that its kty and crv can; one with an alg
 * serves that alg alone.  BA_ERR_JWKS for what is no key set, for one without
 * a usable key, and for two usable keys with the same kid that serve the same
 * algorithm.  Freed with ba_jwks_free().
 */
BA_MUST_CHECK int ba_jwks_parse(
    const void *p, size_t n, struct ba_jwks **setp, size_t *badp);
void ba_jwks_free(struct ba_jwks *set);
size_t ba_jwks_count(const struct ba_jwks *set);

/*
 * The next key that can serve alg, or one of that set, and, unless kid is
 * NULL, whose kid is equal byte for byte.  *iter starts at 0.  NULL at the end.
 */
const struct ba_jwk *ba_jwks_next(
    const struct ba_jwks *set, const char *kid, enum ba_alg alg, size_t *iter);

/*
 * Does key serve alg?  ba_jwks_next() gives no other, and whoever verifies
 * asks again.
 */
bool ba_jwk_serves(const struct ba_jwk *key, enum ba_alg alg);

/*
 * For sig.c: the OpenSSL key (an EVP_PKEY), owned by the set; of alg, what
 * the key serves; and its kind (alg.h).
 */
void *ba_jwk_pkey(const struct ba_jwk *key);
unsigned ba_jwk_algs(const struct ba_jwk *key, enum ba_alg alg);
const struct ba_kind *ba_jwk_kind(const struct ba_jwk *key);

#endif
