/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_SIG_H
#define BA_JOSE_SIG_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

#include "common/base/err.h"
#include "common/jose/alg.h"
#include "common/jose/jwk.h"

/*
 * Signatures over bytes, as RFC 7518 section 3, RFC 8037 section 3.1 and
 * RFC 8812 section 3.2 have them, without anything of JSON: the floor of
 * jws.c, and the place where test vectors of bare signatures are fed in.
 */

#define BA_SIG_MAX 2048 /* bytes: RSA with BA_RSA_BITS_MAX */

/* Can a signature by alg, or by one of that set, have n bytes? */
bool ba_sig_length_ok(enum ba_alg alg, size_t n);

/*
 * Does key hold for these n bytes?  BA_ERR_KEY where the key does not serve
 * alg, or of that set not exactly one; BA_ERR_SIGNATURE where it does and the
 * signature is wrong in any way; BA_ERR_CRYPTO or BA_ERR_NOMEM where OpenSSL
 * itself failed.  Leaves nothing in OpenSSL's queue of errors.  Threads may
 * share a key.
 */
BA_MUST_CHECK int ba_sig_verify(const struct ba_jwk *key, enum ba_alg alg,
    const void *p, size_t n, const void *sig, size_t sigsz);

/* The padding of PS256 and its kin, for signing and verifying alike; false
   where OpenSSL refuses it.  m is a method with a salt. */
bool ba_method_set_pss(EVP_PKEY_CTX *ctx, const struct ba_method *m);

/*
 * What to make of a failed call of OpenSSL: BA_ERR_NOMEM where its queue of
 * errors says so, otherwise.  Empties the queue.
 */
int ba_ossl_error(int otherwise);

#endif
