/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/jose/alg.h"
#include "common/jose/key.h"
#include "common/jose/sig.h"

/*
 * Two INTEGERs, each with a sign octet: below 256, so that the length of the
 * SEQUENCE has at most two octets.
 */
#define DER_BODY_MAX (2 * (2 + 1 + BA_EC_BYTES_MAX))
#define DER_MAX      (3 + DER_BODY_MAX)

int
ba_ossl_error(int otherwise)
{
	int r = otherwise;
	unsigned long e;

	while ((e = ERR_get_error()) != 0) {
		if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
			r = BA_ERR_NOMEM;
	}
	return r;
}

static bool
length_ok(const struct ba_kind *kind, const struct ba_method *m, size_t n)
{
	switch (kind->what) {
	case BA_KTY_RSA:
		return n >= BA_RSA_BITS_MIN / 8 && n <= BA_SIG_MAX;
	case BA_KTY_EC:
	case BA_KTY_OKP:
		return n == 2 * kind->bytes;
	case BA_KTY_OCT:
		return n == m->mac;
	}
	return false;
}

bool
ba_sig_length_ok(enum ba_alg alg, size_t n)
{
	const struct ba_kind *kind;
	unsigned bit;
	size_t i;

	for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
		for (bit = 1; bit <= BA_ALG_ALL; bit <<= 1) {
			if ((kind->algs & alg & bit) != 0 &&
			    length_ok(kind, ba_method_of(bit), n))
				return true;
		}
	}
	return false;
}

/* Is the key by its substance what its kind says? */
static bool
is_sound(const struct ba_jwk *key)
{
	const struct ba_kind *kind = ba_jwk_kind(key);
	const EVP_PKEY *pkey = ba_jwk_pkey(key);
	int bits;

	if (kind->what == BA_KTY_OCT)
		return pkey == NULL;
	if (pkey == NULL || EVP_PKEY_get_id(pkey) != kind->id)
		return false;
	bits = EVP_PKEY_get_bits(pkey);
	return bits > 0 &&
	       (kind->bytes == 0 || ((size_t)bits + 7) / 8 == kind->bytes);
}

/*
 * ba_jwks_next() gives fitting keys only.  The same is asked again here, of
 * the key's list, of its kind and of its substance, because a key used with
 * another algorithm is how most verifiers of JWS were broken.  NULL also for
 * a set of which the key serves more than one.
 */
static const struct ba_method *
method_of(const struct ba_jwk *key, enum ba_alg alg)
{
	const struct ba_method *m;

	m = ba_method_of(ba_jwk_algs(key, alg) & ba_jwk_kind(key)->algs);
	/* JWK-09: an empty key makes an HMAC that everybody can make. */
	if (m == NULL || !is_sound(key) || ba_jwk_secret(key)->len < m->mac)
		return NULL;
	return m;
}

/* 0 < v < order, both of as many bytes as the kind has, big endian. */
static bool
in_range(const struct ba_kind *kind, const unsigned char *v)
{
	static const unsigned char zero[BA_EC_BYTES_MAX];

	return memcmp(v, zero, kind->bytes) != 0 &&
	       memcmp(v, kind->order, kind->bytes) < 0;
}

/* v of n bytes, not zero, as an INTEGER of DER; its length. */
static size_t
der_integer(unsigned char *dst, const unsigned char *v, size_t n)
{
	size_t sign;

	while (*v == 0) {
		v++;
		n--;
	}
	sign = (*v & 0x80) != 0 ? 1 : 0;
	dst[0] = 0x02;
	dst[1] = (unsigned char)(sign + n);
	dst[2] = 0;
	memcpy(dst + 2 + sign, v, n);
	return 2 + sign + n;
}

/*
 * r || s (RFC 7518 section 3.4) as the DER that OpenSSL wants; its length.
 * 0 for r or s out of range: that is refused here, so that nothing depends
 * on the library's own check (CVE-2022-21449).
 */
static size_t
ecdsa_der(
    const struct ba_kind *kind, const unsigned char *raw, unsigned char *der)
{
	unsigned char body[DER_BODY_MAX];
	size_t n, head = 0, width = kind->bytes;

	if (!in_range(kind, raw) || !in_range(kind, raw + width))
		return 0;
	n = der_integer(body, raw, width);
	n += der_integer(body + n, raw + width, width);
	der[head++] = 0x30;
	if (n > 0x7f) /* X.690 section 8.1.3.5; P-521 alone is so long */
		der[head++] = 0x81;
	der[head++] = (unsigned char)n;
	memcpy(der + head, body, n);
	return head + n;
}

/* RFC 7518 section 3.5: MGF1 with the same hash, salt as long as the hash. */
bool
ba_method_set_pss(EVP_PKEY_CTX *ctx, const struct ba_method *m)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, m->hash, NULL) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, m->salt) > 0;
}

/*
 * Of EVP_DigestVerify() and its Final, 1 alone is a good signature.  0 and
 * negative numbers both come for bad ones (negative where it cannot even be
 * decoded), so that they are one thing here: with key and context set up,
 * what can still fail is the signature, or memory.  Where memory is short and
 * OpenSSL does not say so, the signature gets the blame: refused is refused.
 */
static int
outcome(int rv)
{
	return rv == 1 ? BA_OK : ba_ossl_error(BA_ERR_SIGNATURE);
}

/* EdDSA hashes twice, so that it cannot be fed in pieces. */
static int
verify(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const struct ba_method *m,
    const void *p, size_t n, const unsigned char *sig, size_t sigsz)
{
	EVP_PKEY_CTX *pctx = NULL;

	if (EVP_DigestVerifyInit_ex(
		ctx, &pctx, m->hash, NULL, NULL, pkey, NULL) != 1 ||
	    (m->salt != 0 && !ba_method_set_pss(pctx, m)))
		return ba_ossl_error(BA_ERR_CRYPTO);
	if (m->hash == NULL)
		return outcome(EVP_DigestVerify(ctx, sig, sigsz, p, n));
	if (EVP_DigestVerifyUpdate(ctx, p, n) != 1)
		return ba_ossl_error(BA_ERR_CRYPTO);
	return outcome(EVP_DigestVerifyFinal(ctx, sig, sigsz));
}

static int
verify_public(const struct ba_kind *kind, EVP_PKEY *pkey,
    const struct ba_method *m, const void *p, size_t n, const void *sig,
    size_t sigsz)
{
	unsigned char der[DER_MAX];
	EVP_MD_CTX *ctx;
	int r;

	/* RFC 8017 sections 8.1.2 and 8.2.2, step 1. */
	if (kind->what == BA_KTY_RSA &&
	    sigsz != (size_t)EVP_PKEY_get_size(pkey))
		return BA_ERR_SIGNATURE;
	if (kind->order != NULL) {
		sigsz = ecdsa_der(kind, sig, der);
		if (sigsz == 0)
			return BA_ERR_SIGNATURE;
		sig = der;
	}
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		return ba_ossl_error(BA_ERR_NOMEM);
	r = verify(ctx, pkey, m, p, n, sig, sigsz);
	EVP_MD_CTX_free(ctx);
	return r;
}

/*
 * RFC 7518 section 3.2.  The whole tag or nothing (V09), and compared in a
 * time that tells nobody how much of it was right (V10).
 */
static int
verify_mac(const struct ba_buf *secret, const struct ba_method *m,
    const void *p, size_t n, const void *sig)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	size_t len = 0;
	int r;

	if (EVP_Q_mac(NULL, "HMAC", NULL, m->hash, NULL, secret->p, secret->len,
		p, n, mac, sizeof(mac), &len) == NULL ||
	    len != m->mac)
		r = ba_ossl_error(BA_ERR_CRYPTO);
	else
		r = ba_equal_ct(mac, sig, m->mac) ? BA_OK : BA_ERR_SIGNATURE;
	/* The tag of what somebody else wrote is what he would need. */
	ba_wipe(mac, sizeof(mac));
	return r;
}

int
ba_sig_verify(const struct ba_jwk *key, enum ba_alg alg, const void *p,
    size_t n, const void *sig, size_t sigsz)
{
	const struct ba_kind *kind = ba_jwk_kind(key);
	const struct ba_method *m = method_of(key, alg);
	int r;

	if (m == NULL)
		return BA_ERR_KEY;
	if (!length_ok(kind, m, sigsz))
		return BA_ERR_SIGNATURE;
	/* What somebody else left there is not ours to judge by. */
	ERR_clear_error();
	if (kind->what == BA_KTY_OCT)
		r = verify_mac(ba_jwk_secret(key), m, p, n, sig);
	else
		r = verify_public(kind, ba_jwk_pkey(key), m, p, n, sig, sigsz);
	ERR_clear_error();
	return r;
}
