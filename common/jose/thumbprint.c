/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

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

/* The length is added; one byte is left free. */
static int
append(char text[TEXT_MAX], size_t *lenp, const char *s)
{
	size_t n = strlen(s);

	if (n >= TEXT_MAX - *lenp)
		return BA_ERR_KEY;
	memcpy(text + *lenp, s, n);
	*lenp += n;
	return BA_OK;
}

/* RFC 7638 section 3: no white space, no line breaks. */
static int
append_member(
    char text[TEXT_MAX], size_t *lenp, const json_t *jwk, const char *name)
{
	const char *value;
	int r;

	if (ba_json_string(jwk, name, &value) != BA_OK)
		return BA_ERR_KEY;
	if ((r = append(text, lenp, *lenp == 0 ? "{\"" : ",\"")) != BA_OK ||
	    (r = append(text, lenp, name)) != BA_OK ||
	    (r = append(text, lenp, "\":\"")) != BA_OK ||
	    (r = append(text, lenp, value)) != BA_OK)
		return r;
	return append(text, lenp, "\"");
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
	text[len++] = '}';
	ERR_clear_error();
	if (EVP_Digest(text, len, hash, NULL, EVP_sha256(), NULL) != 1)
		return ba_ossl_error(BA_ERR_CRYPTO);
	ba_b64url_encode(dst, hash, HASH_BYTES);
	return BA_OK;
}
