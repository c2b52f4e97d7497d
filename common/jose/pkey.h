/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_PKEY_H
#define BA_JOSE_PKEY_H

#include <jansson.h>
#include <openssl/types.h>

#include "common/base/err.h"
#include "common/jose/alg.h"

/*
 * What the keys of a set have in common, kept from one to the next while they
 * are made: OpenSSL's way to a type of key and to a curve costs more than what
 * is particular to a key.  All zero at first, and cleared in the end.
 */
struct ba_pkey_maker {
	const struct ba_kind *kind; /* of the last key, or NULL: none yet */
	EVP_PKEY_CTX *ctx; /* for the next of that kind */
	EVP_PKEY *curve; /* its parameters without a point, or NULL */
};

void ba_pkey_maker_clear(struct ba_pkey_maker *maker);

/*
 * The numbers of a public JWK (RFC 7518 section 6, RFC 8037 section 2,
 * RFC 8812 section 3.1) as OpenSSL's key, for EVP_PKEY_free(), which shares
 * nothing with another.  Errors as in member.h; kty oct, which is no public
 * key, is BA_ERR_KEY.
 */
BA_MUST_CHECK int ba_pkey_make(struct ba_pkey_maker *maker, const json_t *jwk,
    const struct ba_kind *kind, EVP_PKEY **pkeyp);

#endif
