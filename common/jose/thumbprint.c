/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/base/b64url.h"
#include "common/jose/sig.h"
#include "common/jose/thumbprint.h"
#include "common/json/json.h"

#define HASH_BYTES 32 /* SHA-256 */
#define TEXT_MAX   4096 /* a modulus of BA_RSA_BITS_MAX takes 2731 */

_Static_assert(BA_THUMBPRINT_SIZE == BA_B64URL_ENCODED(HASH_BYTES) + 1,
    "a thumbprint fits");

/*
 * RFC 7638 section 3.2, RFC 8037 section 2 (for OKP): the required members
 * and no others, in lexicographic order.  NULL: it has none.
 */
static const char *const *
required(enum ba_kty kty)
{
	static const char *const rsa[] = { "e", "kty", "n", NULL };
	static const char *const ec[] = { "crv", "kty", "x", "y", NULL };
	static const char *const okp[] = { "crv", "kty", "x", NULL };

	switch (kty) {
	case BA_KTY_RSA:
		return rsa;
	case BA_KTY_EC:
		return ec;
	case BA_KTY_OKP:
		return okp;
	case BA_KTY_OCT:
		return NULL;
	}
	return NULL;
}

/* RFC 7638 section 3: no white space, no line breaks.  The length is added. */
static int
append_member(
    char text[TEXT_MAX], size_t *lenp, const json_t *jwk, const char *name)
{
	size_t room = TEXT_MAX - *lenp;
	const char *value;
	int n;

	if (ba_json_string(jwk, name, &value) != BA_OK)
		return BA_ERR_KEY;
	n = snprintf(text + *lenp, room, "%c\"%s\":\"%s\"",
	    *lenp == 0 ? '{' : ',', name, value);
	if ((size_t)n >= room) /* or n is negative */
		return BA_ERR_KEY;
	*lenp += (size_t)n;
	return BA_OK;
}

int
ba_thumbprint(
    const json_t *jwk, const struct ba_kind *kind, char dst[BA_THUMBPRINT_SIZE])
{
	const char *const *names = required(kind->what);
	unsigned char hash[HASH_BYTES];
	char text[TEXT_MAX];
	size_t i, len = 0;
	int r;

	dst[0] = '\0';
	if (names == NULL)
		return BA_OK;
	for (i = 0; names[i] != NULL; i++) {
		if ((r = append_member(text, &len, jwk, names[i])) != BA_OK)
			return r;
	}
	text[len++] = '}'; /* in place of the NUL */
	ERR_clear_error();
	if (EVP_Digest(text, len, hash, NULL, EVP_sha256(), NULL) != 1)
		return ba_ossl_error(BA_ERR_CRYPTO);
	ba_b64url_encode(dst, hash, HASH_BYTES);
	return BA_OK;
}
