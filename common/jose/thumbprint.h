/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_THUMBPRINT_H
#define BA_JOSE_THUMBPRINT_H

#include <jansson.h>

#include "common/base/err.h"
#include "common/jose/alg.h"
#include "common/jose/jwk.h"

/*
 * The thumbprint (RFC 7638) of a public key of that kind, whose members are
 * known to be canonical base64url: no two texts of one key, and no character
 * that JSON would escape.  An empty string for kty oct.  BA_ERR_KEY where a
 * member is missing or longer than any number that we take, BA_ERR_NOMEM,
 * BA_ERR_CRYPTO.
 */
BA_MUST_CHECK int ba_thumbprint(const json_t *jwk, const struct ba_kind *kind,
    char dst[BA_THUMBPRINT_SIZE]);

#endif
