/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_JWK_H
#define BA_JOSE_JWK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * Algorithms (RFC 7518 section 3, RFC 8037 section 3.1, RFC 8812 section 3.2,
 * RFC 9864 section 2.2).  A bit is one computation: kind of key, curve, hash,
 * padding.  A value is a set of such bits.  "none" has no name here: it cannot
 * be switched on.
 *
 * Every name means one bit, but for EdDSA, which RFC 8037 left open: it means
 * either curve, wherever it stands.  In a header, the key decides between the
 * two; in a key, its crv does; in a list of what is allowed, both are.  So a
 * token by an Ed25519 key without alg may say EdDSA or Ed25519, and a list
 * with either name allows it; a list with Ed25519 and no other refuses what an
 * Ed448 key signed, whatever the header says.  A key with an alg is another
 * matter: the header must say the same name (RFC 8725 section 3.1).
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
	BA_ALG_EDDSA = BA_ALG_ED25519 | BA_ALG_ED448,
	/* Of an issuer that shares a secret with us, never from a key set. */
	BA_ALG_HS256 = 1 << 12,
	BA_ALG_HS384 = 1 << 13,
	BA_ALG_HS512 = 1 << 14
};
#define BA_ALG_SYMMETRIC  (BA_ALG_HS256 | BA_ALG_HS384 | BA_ALG_HS512)
#define BA_ALG_ASYMMETRIC ((1 << 12) - 1)
#define BA_ALG_ALL        (BA_ALG_ASYMMETRIC | BA_ALG_SYMMETRIC)

/* By the registered name, byte for byte.  BA_ERR_ALG for any other. */
BA_MUST_CHECK int ba_alg_parse(const char *name, enum ba_alg *algp);

/* "?" for a set that has no name. */
const char *ba_alg_name(enum ba_alg alg);

/* An issuer's keys (RFC 7517 section 5), parsed, ready for OpenSSL. */
struct ba_jwks;
struct ba_jwk;

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
 * RSA keys that a broken generator made (ROCA, CVE-2017-15361) are bad too.
 * A key without alg serves all that its kty and crv can; one with an alg
 * serves that alg alone.  BA_ERR_JWKS for what is no key set, for one without
 * a usable key, for one with a symmetric key in it (a secret that was
 * published: nobody knows what else went wrong there), and for two usable
 * keys with the same kid that serve the same algorithm.  Freed with
 * ba_jwks_free().
 */
BA_MUST_CHECK int ba_jwks_parse(
    const void *p, size_t n, struct ba_jwks **setp, size_t *badp);

/*
 * The secrets of an issuer that is declared symmetric, from a file of the
 * administrator's: one JWK of kty oct (RFC 7518 section 6.4), or a JWK Set of
 * such and of nothing else.  A key has at least as many bytes as the hash of
 * the algorithm has (section 3.2), at most BA_SECRET_MAX; with an alg it
 * serves that alone, without one all HMACs for which it is long enough.  Any
 * member that is not good spoils the whole: BA_ERR_JWKS, BA_ERR_NOMEM.  What
 * jansson held of it is wiped where main() has called ba_json_init().
 */
#define BA_SECRET_MAX 1024
BA_MUST_CHECK int ba_jwks_parse_symmetric(
    const void *p, size_t n, struct ba_jwks **setp);

void ba_jwks_free(struct ba_jwks *set); /* wipes */
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
 * The thumbprint of the public key (RFC 7638, SHA-256), base64url, 43
 * characters, the key's own.  An empty string for a secret: it would be a hash
 * to guess it by.
 */
#define BA_THUMBPRINT_SIZE 44 /* with the NUL */
const char *ba_jwk_thumbprint(const struct ba_jwk *key);

#endif
