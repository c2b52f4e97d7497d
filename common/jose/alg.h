/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_ALG_H
#define BA_JOSE_ALG_H

#include <stddef.h>

#include "common/jose/jwk.h"

/*
 * What jwk.c and sig.c know of the algorithms, in two tables: a kind of key
 * says which algorithms it can serve and how long its numbers are, a method
 * says what is done with the message.
 */

#define BA_EC_BYTES_MAX 66 /* of a coordinate: P-521 */

enum ba_kty { BA_KTY_RSA, BA_KTY_EC, BA_KTY_OKP, BA_KTY_OCT };

struct ba_kind {
	enum ba_kty what;
	const char *kty; /* its name */
	const char *crv; /* or NULL: it has none */
	unsigned algs; /* that it can serve */
	const char *type; /* OpenSSL's name, or NULL: oct */
	int id; /* and number: looking for the name allocates */
	/*
	 * Of a coordinate, of r and s, of an OKP's key: their signatures are
	 * twice as long.  0: RSA and oct.
	 */
	size_t bytes;
	const unsigned char *order; /* big endian, or NULL: no ECDSA */
};

struct ba_method {
	enum ba_alg alg; /* one bit */
	const char *hash; /* OpenSSL's name, or NULL: EdDSA brings its own */
	int salt; /* bytes, or 0: no PSS */
	/*
	 * Bytes of an HMAC's tag, and the least that its key may have; or 0:
	 * no HMAC.
	 */
	size_t mac;
};

/* NULL behind the last. */
const struct ba_kind *ba_kind_at(size_t i);

/* NULL for what is not exactly one algorithm. */
const struct ba_method *ba_method_of(unsigned alg);

#endif
