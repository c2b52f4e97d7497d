/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_MEMBER_H
#define BA_JOSE_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/jose/alg.h"

/*
 * The members of a JWK (RFC 7517 section 4), one by one.  There are three ways
 * for a JWK not to become a key: BA_ERR_ALG, it is not for us (a key set's
 * reader passes over it); BA_ERR_KEY, it breaks a rule; any other error is
 * ours.  jwk may be a value of any kind: what is no object has no members.
 */

/* Has it kty oct, whatever else it has? */
bool ba_jwk_is_secret(const json_t *jwk);

/*
 * kty and crv.  BA_ERR_KEY also for private members (of a key that is to be
 * public), which are an alarm whatever the key is for (section 9.2).
 */
BA_MUST_CHECK int ba_jwk_read_kind(
    const json_t *jwk, const struct ba_kind **kindp);

/* use and key_ops: BA_OK for a key that is there to verify signatures. */
BA_MUST_CHECK int ba_jwk_check_use(const json_t *jwk);

/* alg: what a key of that kind serves, by it; never 0 with BA_OK. */
BA_MUST_CHECK int ba_jwk_read_alg(const json_t *jwk, const struct ba_kind *kind,
    unsigned *algsp, enum ba_alg *namedp);

/* kid, for free(); NULL where there is none. */
BA_MUST_CHECK int ba_jwk_read_kid(const json_t *jwk, char **kidp);

/* Canonical base64url of at most dstsz bytes. */
BA_MUST_CHECK int ba_jwk_read_bytes(const json_t *jwk, const char *name,
    unsigned char *dst, size_t dstsz, size_t *lenp);

#endif
