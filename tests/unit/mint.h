/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_MINT_H
#define BA_TESTS_MINT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/jose/jwk.h"

/*
 * A small mint for tests: makes keys, shows them as JWK, and signs whatever
 * text it is given, good or bad.  It shares no line with the code that it
 * helps to test: base64url and JSON text are made here.
 *
 * Nothing here fails in a way that a caller has to look at: a mint that does
 * not work prints why and aborts the test program.  Every char * returned is
 * the caller's, for free().
 */
enum ba_mint_kind {
	BA_MINT_RSA, /* 2048 bits, e 65537; see ba_mint_rsa() */
	BA_MINT_P256,
	BA_MINT_P384,
	BA_MINT_P521,
	BA_MINT_SECP256K1,
	BA_MINT_ED25519,
	BA_MINT_ED448,
	BA_MINT_OCT /* a secret of 64 bytes; see ba_mint_secret() */
};

struct ba_mint;

/*
 * A new key pair.  kid and alg go into its JWK, each unless it is NULL; alg
 * may be any text.
 */
struct ba_mint *ba_mint_new(
    enum ba_mint_kind kind, const char *kid, const char *alg);
/* An RSA pair of so many bits with this public exponent (odd, 3 or more). */
struct ba_mint *ba_mint_rsa(
    unsigned bits, unsigned long e, const char *kid, const char *alg);
/* A "pair" that is this secret of n bytes, for HMACs. */
struct ba_mint *ba_mint_secret(
    const void *secret, size_t n, const char *kid, const char *alg);
void ba_mint_free(struct ba_mint *m);

/*
 * The public numbers: n, e (RSA), x (others) or y (EC), and k of a secret, as
 * bytes; 0 if none.
 */
size_t ba_mint_number(const struct ba_mint *m, const char *name,
    unsigned char *dst, size_t dstsz);

/*
 * The public JWK (of a secret, the secret one): kty, its numbers, "use":"sig", kid, alg.  With extra, which
 * is JSON text of members such as "\"use\":\"enc\"", those come instead of
 * use, kid and alg.
 */
char *ba_mint_jwk(const struct ba_mint *m, const char *extra);

/* {"keys":[…]} of n texts, each a JWK or anything else. */
char *ba_mint_jwks(const char *const *jwk, size_t n);

/* {"keys":[…]} of the public JWK of one pair. */
char *ba_mint_jwks_of(const struct ba_mint *m);

/*
 * A compact JWS of this header and this payload, signed as alg says, whatever
 * the header says.  The key's kind must fit alg; a secret may be too short.
 */
char *ba_mint_sign(const struct ba_mint *m, enum ba_alg alg, const char *header,
    const char *payload);

/*
 * The usual token: the header {"alg":…,"typ":typ,"kid":kid}, of which typ is
 * left out if it is NULL, kid if the pair has none.
 */
char *ba_mint_token(const struct ba_mint *m, enum ba_alg alg, const char *typ,
    const char *payload);

/* HMAC-SHA-256 with any secret under any header: what an attacker makes of a public key. */
char *ba_mint_hs256(
    const void *secret, size_t n, const char *header, const char *payload);

/* The raw signature over n bytes, in the form that JWS has; its length. */
size_t ba_mint_raw(const struct ba_mint *m, enum ba_alg alg, const void *p,
    size_t n, unsigned char *dst, size_t dstsz);

/* RSASSA-PSS with any hash, any salt length, any hash for MGF1. */
size_t ba_mint_pss(const struct ba_mint *m, const char *md, const void *p,
    size_t n, int salt, const char *mgf, unsigned char *dst, size_t dstsz);

/* Three segments of any bytes. */
char *ba_mint_compact(const void *header, size_t hn, const void *payload,
    size_t pn, const void *sig, size_t sn);

/* Base64url of n bytes. */
char *ba_mint_b64(const void *p, size_t n);

/* The public key as PEM (SubjectPublicKeyInfo): a secret for HMAC attacks. */
char *ba_mint_pem(const struct ba_mint *m);

/*
 * The private key as PEM: PKCS #8, or with traditional set the older form
 * that its kind has (RSA and EC alone).
 */
char *ba_mint_private_pem(const struct ba_mint *m, bool traditional);

#endif
