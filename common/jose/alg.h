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

struct ba_kind {
	const char *kty;
	const char *crv; /* or NULL: it has none */
	unsigned algs; /* that it can serve */
	const char *type; /* OpenSSL's name */
	int id; /* and number: looking for the name allocates */
	/*
	 * Of a coordinate, of r and s, of an OKP's key: every signature but
	 * RSA's is twice as long.  0: RSA.
	 */
	size_t bytes;
	const unsigned char *order; /* big endian, or NULL: no ECDSA */
};

struct ba_method {
	enum ba_alg alg; /* one bit */
	const char *hash; /* OpenSSL's name, or NULL: EdDSA brings its own */
	int salt; /* bytes, or 0: no PSS */
};

/* NULL behind the last. */
const struct ba_kind *ba_kind_at(size_t i);

/* NULL for what is not exactly one algorithm. */
const struct ba_method *ba_method_of(unsigned alg);

#endif
