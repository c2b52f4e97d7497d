/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_KEY_H
#define BA_JOSE_KEY_H

#include <jansson.h>
#include <openssl/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/jose/alg.h"
#include "common/jose/jwk.h"
#include "common/jose/pkey.h"

/* One key: a public one has a pkey, a secret one has bytes, none has both. */
struct ba_jwk {
	const struct ba_kind *kind;
	EVP_PKEY *pkey; /* or NULL */
	struct ba_buf secret; /* or empty */
	char *kid; /* or NULL */
	unsigned algs; /* that it serves, never 0 */
	/* Its alg as it was spelt (EdDSA is more than one bit), or 0. */
	enum ba_alg named;
	char thumbprint[BA_THUMBPRINT_SIZE];
};

/*
 * Of any kty: whether a secret may be had where it comes from is for the
 * caller to say, before.  Errors as in member.h; key is cleared then.
 */
BA_MUST_CHECK int ba_jwk_parse(
    struct ba_pkey_maker *maker, const json_t *jwk, struct ba_jwk *key);

void ba_jwk_clear(struct ba_jwk *key); /* wipes */

/*
 * For whoever verifies: the OpenSSL key, owned by key, or NULL; the bytes of a
 * secret, or none; its kind (alg.h); of alg, what the key serves.
 */
EVP_PKEY *ba_jwk_pkey(const struct ba_jwk *key);
const struct ba_buf *ba_jwk_secret(const struct ba_jwk *key);
const struct ba_kind *ba_jwk_kind(const struct ba_jwk *key);
unsigned ba_jwk_algs(const struct ba_jwk *key, enum ba_alg alg);

/* Its alg as it is spelt, or 0: EdDSA and Ed25519 are two names. */
enum ba_alg ba_jwk_named(const struct ba_jwk *key);

#endif
