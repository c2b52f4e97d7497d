/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_PKEY_H
#define BA_JOSE_PKEY_H

#include <jansson.h>
#include <openssl/types.h>

#include "common/base/err.h"
#include "common/jose/alg.h"

/*
 * The numbers of a public JWK (RFC 7518 section 6, RFC 8037 section 2,
 * RFC 8812 section 3.1) as OpenSSL's key, for EVP_PKEY_free().  Errors as in
 * member.h; kty oct, which is no public key, is BA_ERR_KEY.
 */
BA_MUST_CHECK int ba_pkey_make(
    const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp);

#endif
