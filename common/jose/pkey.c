/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/jose/member.h"
#include "common/jose/pkey.h"
#include "common/jose/roca.h"
#include "common/jose/sig.h"

#define RSA_BYTES_MAX (BA_RSA_BITS_MAX / 8)
/*
 * Verification takes as many squarings as the exponent has bits, so that a
 * long one is a way to burn time.  OpenSSL itself stops at 64 bits for a
 * modulus above 3072; nobody has more, and 65537 is what there is.
 */
#define RSA_E_BYTES_MAX 8

#define CRV_MAX 16 /* the longest name of a curve, and its NUL, fit */

static int
bytes_exactly(
    const json_t *jwk, const char *name, unsigned char *dst, size_t want)
{
	size_t len;

	if (ba_jwk_read_bytes(jwk, name, dst, want, &len) != BA_OK ||
	    len != want)
		return BA_ERR_KEY;
	return BA_OK;
}

static int
from_params(const char *type, OSSL_PARAM *params, EVP_PKEY **pkeyp)
{
	EVP_PKEY_CTX *ctx;
	int r;

	ERR_clear_error();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		r = ba_ossl_error(BA_ERR_CRYPTO);
	else if (EVP_PKEY_fromdata(ctx, pkeyp, EVP_PKEY_PUBLIC_KEY, params) !=
		 1)
		r = ba_ossl_error(BA_ERR_KEY);
	else if (EVP_PKEY_get_bits(*pkeyp) <= 0 ||
		 EVP_PKEY_get_size(*pkeyp) <= 0)
		/* Memory failed, and OpenSSL 3.0 kept what it had: a key that
		   no signature would ever fit, for as long as it is known. */
		r = ba_ossl_error(BA_ERR_CRYPTO);
	else
		r = BA_OK;
	if (r != BA_OK) {
		EVP_PKEY_free(*pkeyp);
		*pkeyp = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	/* A key can be made and an error noted all the same. */
	ERR_clear_error();
	return r;
}

/*
 * RFC 7518 section 2: a Base64urlUInt has the least number of octets.  A
 * leading zero is refused although some old Java servers write one: it is a
 * second spelling of the same key, and their administrators will hear of it.
 */
static int
uint_be(const json_t *jwk, const char *name, unsigned char *dst, size_t dstsz,
    size_t *lenp)
{
	int r = ba_jwk_read_bytes(jwk, name, dst, dstsz, lenp);

	if (r == BA_OK && (*lenp == 0 || dst[0] == 0))
		r = BA_ERR_KEY;
	return r;
}

static size_t
bit_length(const unsigned char *p, size_t n)
{
	size_t bits = (n - 1) * 8;
	unsigned char c;

	for (c = p[0]; c != 0; c >>= 1)
		bits++;
	return bits;
}

/* From big endian to the order of bytes that OSSL_PARAM has on this machine. */
static int
to_native(unsigned char *p, size_t n)
{
	BIGNUM *bn = BN_bin2bn(p, (int)n, NULL);
	int r = BA_OK;

	if (bn == NULL || BN_bn2nativepad(bn, p, (int)n) != (int)n)
		r = ba_ossl_error(BA_ERR_NOMEM);
	BN_free(bn);
	return r;
}

/*
 * RFC 7518 section 6.3.1, with the sizes of section 3.3.  That n is a product
 * of two primes is not tried: it takes seconds for a long one.
 */
static int
make_rsa(const json_t *jwk, EVP_PKEY **pkeyp)
{
	unsigned char n[RSA_BYTES_MAX], e[RSA_E_BYTES_MAX];
	OSSL_PARAM params[3];
	size_t elen, nlen;
	int r;

	if ((r = uint_be(jwk, "n", n, sizeof(n), &nlen)) != BA_OK ||
	    (r = uint_be(jwk, "e", e, sizeof(e), &elen)) != BA_OK)
		return r;
	/* More than BA_RSA_BITS_MAX do not fit into n. */
	if (bit_length(n, nlen) < BA_RSA_BITS_MIN)
		return BA_ERR_KEY;
	/* Odd, both; and e is not 1, which signs nothing. */
	if ((n[nlen - 1] & 1) == 0 || (e[elen - 1] & 1) == 0 ||
	    (elen == 1 && e[0] == 1))
		return BA_ERR_KEY;
	if (ba_is_roca(n, nlen))
		return BA_ERR_KEY;
	if ((r = to_native(n, nlen)) != BA_OK ||
	    (r = to_native(e, elen)) != BA_OK)
		return r;
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, nlen);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, elen);
	params[2] = OSSL_PARAM_construct_end();
	return from_params("RSA", params, pkeyp);
}

/*
 * Whose fault is it that there is no key?  Some distributions leave out
 * curves that NIST did not choose; then the key is passed over, as those of
 * any curve that we do not know.
 */
static int
blame(const char *crv)
{
	EC_GROUP *group;

	if (EC_curve_nist2nid(crv) != NID_undef)
		return BA_ERR_KEY;
	group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(crv));
	if (group == NULL)
		return ba_ossl_error(BA_ERR_ALG);
	EC_GROUP_free(group);
	return BA_ERR_KEY;
}

/*
 * RFC 7518 section 6.2.1, RFC 8812 section 3.1.  OpenSSL refuses a point that
 * is not on the curve and a coordinate that is not below p; none of the curves
 * has a cofactor, so that no other check is due.  The point is written
 * uncompressed (SEC 1 section 2.3.3).
 */
static int
make_ec(const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	unsigned char point[1 + 2 * BA_EC_BYTES_MAX] = { 0x04 };
	char group[CRV_MAX];
	OSSL_PARAM params[3];
	size_t n = kind->bytes;
	int r;

	if ((r = bytes_exactly(jwk, "x", point + 1, n)) != BA_OK ||
	    (r = bytes_exactly(jwk, "y", point + 1 + n, n)) != BA_OK)
		return r;
	(void)snprintf(group, sizeof(group), "%s", kind->crv);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n);
	params[2] = OSSL_PARAM_construct_end();
	r = from_params(kind->type, params, pkeyp);
	return r == BA_ERR_KEY ? blame(kind->crv) : r;
}

/* RFC 8037 section 2. */
static int
make_okp(const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	unsigned char x[BA_EC_BYTES_MAX];
	OSSL_PARAM params[2];
	int r;

	if ((r = bytes_exactly(jwk, "x", x, kind->bytes)) != BA_OK)
		return r;
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, x, kind->bytes);
	params[1] = OSSL_PARAM_construct_end();
	return from_params(kind->type, params, pkeyp);
}

int
ba_pkey_make(const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	*pkeyp = NULL;
	switch (kind->what) {
	case BA_KTY_RSA:
		return make_rsa(jwk, pkeyp);
	case BA_KTY_EC:
		return make_ec(jwk, kind, pkeyp);
	case BA_KTY_OKP:
		return make_okp(jwk, kind, pkeyp);
	case BA_KTY_OCT:
		return BA_ERR_KEY;
	}
	return BA_ERR_INTERNAL;
}
