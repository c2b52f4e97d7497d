/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

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

/* The context costs more than a key by it: 1.2 us of 2.6 for Ed25519. */
static int
begin(struct ba_pkey_maker *maker, const struct ba_kind *kind)
{
	if (maker->kind == kind)
		return BA_OK;
	ba_pkey_maker_clear(maker);
	maker->ctx = EVP_PKEY_CTX_new_from_name(NULL, kind->type, NULL);
	if (maker->ctx == NULL || EVP_PKEY_fromdata_init(maker->ctx) != 1)
		return ba_ossl_error(BA_ERR_CRYPTO);
	maker->kind = kind;
	return BA_OK;
}

/* Memory failed, and OpenSSL 3.0 kept what it had: a key that no signature
   would ever fit, for as long as it is known. */
static bool
is_whole(const EVP_PKEY *pkey)
{
	return EVP_PKEY_get_bits(pkey) > 0 && EVP_PKEY_get_size(pkey) > 0;
}

static int
from_params(const struct ba_pkey_maker *maker, int selection,
    OSSL_PARAM *params, EVP_PKEY **pkeyp)
{
	EVP_PKEY *pkey = NULL;
	int r;

	if (EVP_PKEY_fromdata(maker->ctx, &pkey, selection, params) != 1)
		r = ba_ossl_error(BA_ERR_KEY);
	else
		r = is_whole(pkey) ? BA_OK : ba_ossl_error(BA_ERR_CRYPTO);
	if (r != BA_OK) {
		EVP_PKEY_free(pkey);
		return r;
	}
	*pkeyp = pkey;
	return BA_OK;
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
static void
to_native(unsigned char *p, size_t n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	unsigned char c;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		c = p[i];
		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
#else
	(void)p;
	(void)n;
#endif
}

/*
 * RFC 7518 section 6.3.1, with the sizes of section 3.3.  That n is a product
 * of two primes is not tried: it takes seconds for a long one.
 */
static int
make_rsa(struct ba_pkey_maker *maker, const json_t *jwk,
    const struct ba_kind *kind, EVP_PKEY **pkeyp)
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
	if ((r = begin(maker, kind)) != BA_OK)
		return r;
	to_native(n, nlen);
	to_native(e, elen);
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, nlen);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, elen);
	params[2] = OSSL_PARAM_construct_end();
	return from_params(maker, EVP_PKEY_PUBLIC_KEY, params, pkeyp);
}

/*
 * Is the curve not there, or did OpenSSL fail?  Some distributions leave out
 * those that NIST did not choose; then the key is passed over, as those of any
 * curve that we do not know.
 */
static int
blame(const char *crv)
{
	int nid = EC_curve_nist2nid(crv);
	EC_GROUP *group;

	if (nid == NID_undef)
		nid = OBJ_sn2nid(crv);
	group = EC_GROUP_new_by_curve_name(nid);
	if (group == NULL)
		return ba_ossl_error(BA_ERR_ALG);
	EC_GROUP_free(group);
	return BA_ERR_CRYPTO;
}

/* Takes four times as long as a point on it. */
static int
set_curve(struct ba_pkey_maker *maker, const struct ba_kind *kind)
{
	char group[CRV_MAX];
	OSSL_PARAM params[2];
	int r;

	if ((r = begin(maker, kind)) != BA_OK || maker->curve != NULL)
		return r;
	(void)snprintf(group, sizeof(group), "%s", kind->crv);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_end();
	r = from_params(maker, EVP_PKEY_KEY_PARAMETERS, params, &maker->curve);
	return r == BA_ERR_KEY ? blame(kind->crv) : r;
}

/*
 * RFC 7518 section 6.2.1, RFC 8812 section 3.1.  OpenSSL refuses a point that
 * is not on the curve and a coordinate that is not below p; none of the curves
 * has a cofactor, so that no other check is due.  The point is written
 * uncompressed (SEC 1 section 2.3.3).  It is set in a copy of what has none: no
 * other key's can stand there.
 */
static int
make_ec(struct ba_pkey_maker *maker, const json_t *jwk,
    const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	unsigned char point[1 + 2 * BA_EC_BYTES_MAX] = { 0x04 };
	size_t n = kind->bytes;
	EVP_PKEY *pkey;
	int r;

	if ((r = bytes_exactly(jwk, "x", point + 1, n)) != BA_OK ||
	    (r = bytes_exactly(jwk, "y", point + 1 + n, n)) != BA_OK ||
	    (r = set_curve(maker, kind)) != BA_OK)
		return r;
	pkey = EVP_PKEY_dup(maker->curve);
	if (pkey == NULL || !is_whole(pkey))
		r = ba_ossl_error(BA_ERR_CRYPTO);
	else if (EVP_PKEY_set1_encoded_public_key(pkey, point, 1 + 2 * n) != 1)
		r = ba_ossl_error(BA_ERR_KEY);
	if (r != BA_OK) {
		EVP_PKEY_free(pkey);
		return r;
	}
	*pkeyp = pkey;
	return BA_OK;
}

/* RFC 8037 section 2. */
static int
make_okp(struct ba_pkey_maker *maker, const json_t *jwk,
    const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	unsigned char x[BA_EC_BYTES_MAX];
	OSSL_PARAM params[2];
	int r;

	if ((r = bytes_exactly(jwk, "x", x, kind->bytes)) != BA_OK ||
	    (r = begin(maker, kind)) != BA_OK)
		return r;
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, x, kind->bytes);
	params[1] = OSSL_PARAM_construct_end();
	return from_params(maker, EVP_PKEY_PUBLIC_KEY, params, pkeyp);
}

static int
make(struct ba_pkey_maker *maker, const json_t *jwk, const struct ba_kind *kind,
    EVP_PKEY **pkeyp)
{
	switch (kind->what) {
	case BA_KTY_RSA:
		return make_rsa(maker, jwk, kind, pkeyp);
	case BA_KTY_EC:
		return make_ec(maker, jwk, kind, pkeyp);
	case BA_KTY_OKP:
		return make_okp(maker, jwk, kind, pkeyp);
	case BA_KTY_OCT:
		return BA_ERR_KEY;
	}
	return BA_ERR_INTERNAL;
}

int
ba_pkey_make(struct ba_pkey_maker *maker, const json_t *jwk,
    const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	int r;

	*pkeyp = NULL;
	ERR_clear_error();
	r = make(maker, jwk, kind, pkeyp);
	/* A key can be made and an error noted all the same. */
	ERR_clear_error();
	return r;
}

void
ba_pkey_maker_clear(struct ba_pkey_maker *maker)
{
	EVP_PKEY_CTX_free(maker->ctx);
	EVP_PKEY_free(maker->curve);
	memset(maker, 0, sizeof(*maker));
}
