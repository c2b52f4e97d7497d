/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_KEY_H
#define BA_JOSE_KEY_H

#include <jansson.h>
#include <openssl/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/jose/alg.h"
#include "common/jose/jwk.h"

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
BA_MUST_CHECK int ba_jwk_parse(const json_t *jwk, struct ba_jwk *key);

void ba_jwk_clear(struct ba_jwk *key); /* wipes */

#endif
