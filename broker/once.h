/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_ONCE_H
#define BA_BROKER_ONCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/store.h"
#include "common/verify.h"

/*
 * Tokens of single use (JWT-13): what was accepted once is not accepted again,
 * by any process of the machine, until it has ended anyway.
 *
 * A token is known by its issuer and jti.  An opaque one whose issuer says no
 * jti is known by its text; of a JWT that would not do, since another text
 * (of an ECDSA signature, say) may be the same token.
 */

#define BA_ONCE_DIGEST 32 /* bytes of SHA-256 */

/*
 * Seconds for which it is remembered.  Nothing pushes out what was used, so an
 * issuer whose tokens never end would fill the store for all others for good.
 */
#define BA_ONCE_LIFE_MAX 604800

/* What must be kept of a token's text that is wiped before it is accepted. */
struct ba_once {
	bool jwt; /* three segments */
	unsigned char digest[BA_ONCE_DIGEST];
};

/* BA_ERR_CRYPTO. */
BA_MUST_CHECK int ba_once_token(
    const void *token, size_t n, struct ba_once *once);

/*
 * Use up the token that v accepted, by add-if-absent and for all processes;
 * after every other check, or whoever fails one would spoil the token.  token
 * may be NULL: not at hand.  BA_ERR_REPLAY where it was used before,
 * BA_ERR_CLAIM where nothing names it, BA_ERR_LIFETIME where it lives for more
 * than BA_ONCE_LIFE_MAX, clock_skew included, BA_ERR_STORE where nobody can
 * tell.
 */
BA_MUST_CHECK int ba_once_use(struct ba_store *store,
    const struct ba_once *token, const struct ba_verdict *v, int64_t now);

#endif
