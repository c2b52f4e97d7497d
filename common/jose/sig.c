/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "common/jose/sig.h"

#define P256_BYTES  32
#define ES256_BYTES (2 * P256_BYTES)
#define EDDSA_BYTES 64
#define SALT_BYTES  32
/* SEQUENCE of two INTEGERs, each with a sign octet. */
#define ES256_DER_MAX (2 + 2 * (2 + P256_BYTES + 1))

/* The order of P-256 (SP 800-186 section 3.2.1.3). */
static const unsigned char p256_order[P256_BYTES] = { 0xff, 0xff, 0xff, 0xff,
	0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2,
	0xfc, 0x63, 0x25, 0x51 };

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

bool
ba_sig_length_ok(enum ba_alg alg, size_t n)
{
	switch (alg) {
	case BA_ALG_RS256:
	case BA_ALG_PS256:
		return n >= BA_RSA_BITS_MIN / 8 && n <= BA_SIG_MAX;
	case BA_ALG_ES256:
		return n == ES256_BYTES;
	case BA_ALG_EDDSA:
		return n == EDDSA_BYTES;
	}
	return false;
}

/*
 * ba_jwks_next() gives fitting keys only.  The same is asked again here, of
 * the key's list and of OpenSSL's key, because a key used with another
 * algorithm is how most verifiers of JWS were broken.
 */
static bool
fits(const struct ba_jwk *key, enum ba_alg alg)
{
	const EVP_PKEY *pkey = ba_jwk_pkey(key);

	if (!ba_jwk_serves(key, alg))
		return false;
	switch (alg) {
	case BA_ALG_RS256:
	case BA_ALG_PS256:
		return EVP_PKEY_get_id(pkey) == EVP_PKEY_RSA;
	case BA_ALG_ES256:
		return EVP_PKEY_get_id(pkey) == EVP_PKEY_EC;
	case BA_ALG_EDDSA:
		return EVP_PKEY_get_id(pkey) == EVP_PKEY_ED25519;
	}
	return false;
}

/* 0 < v < order, both of P256_BYTES, big endian. */
static bool
in_range(const unsigned char *v)
{
	static const unsigned char zero[P256_BYTES];

	return memcmp(v, zero, P256_BYTES) != 0 &&
	       memcmp(v, p256_order, P256_BYTES) < 0;
}

/* v, not zero, as an INTEGER of DER; its length. */
static size_t
der_integer(unsigned char *dst, const unsigned char *v)
{
	size_t n = P256_BYTES, sign;

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
es256_der(const unsigned char *raw, unsigned char *der)
{
	size_t n;

	if (!in_range(raw) || !in_range(raw + P256_BYTES))
		return 0;
	n = der_integer(der + 2, raw);
	n += der_integer(der + 2 + n, raw + P256_BYTES);
	der[0] = 0x30;
	der[1] = (unsigned char)n;
	return 2 + n;
}

/* RFC 7518 section 3.5: MGF1 with the same hash, salt as long as the hash. */
static bool
set_pss(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, "SHA256", NULL) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SALT_BYTES) > 0;
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

static int
verify_sha256(EVP_MD_CTX *ctx, EVP_PKEY *pkey, bool pss, const void *p,
    size_t n, const unsigned char *sig, size_t sigsz)
{
	EVP_PKEY_CTX *pctx = NULL;

	if (EVP_DigestVerifyInit_ex(
		ctx, &pctx, "SHA256", NULL, NULL, pkey, NULL) != 1 ||
	    (pss && !set_pss(pctx)) || EVP_DigestVerifyUpdate(ctx, p, n) != 1)
		return ba_ossl_error(BA_ERR_CRYPTO);
	return outcome(EVP_DigestVerifyFinal(ctx, sig, sigsz));
}

/* Ed25519 hashes twice, so that it cannot be fed in pieces. */
static int
verify_ed25519(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const void *p, size_t n,
    const unsigned char *sig, size_t sigsz)
{
	if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) !=
	    1)
		return ba_ossl_error(BA_ERR_CRYPTO);
	return outcome(EVP_DigestVerify(ctx, sig, sigsz, p, n));
}

static int
verify(EVP_MD_CTX *ctx, EVP_PKEY *pkey, enum ba_alg alg, const void *p,
    size_t n, const unsigned char *sig, size_t sigsz)
{
	unsigned char der[ES256_DER_MAX];
	size_t len;

	switch (alg) {
	case BA_ALG_RS256:
	case BA_ALG_PS256:
		/* RFC 8017 sections 8.1.2 and 8.2.2, step 1. */
		if (sigsz != (size_t)EVP_PKEY_get_size(pkey))
			return BA_ERR_SIGNATURE;
		return verify_sha256(
		    ctx, pkey, alg == BA_ALG_PS256, p, n, sig, sigsz);
	case BA_ALG_ES256:
		len = es256_der(sig, der);
		if (len == 0)
			return BA_ERR_SIGNATURE;
		return verify_sha256(ctx, pkey, false, p, n, der, len);
	case BA_ALG_EDDSA:
		return verify_ed25519(ctx, pkey, p, n, sig, sigsz);
	}
	return BA_ERR_INTERNAL;
}

int
ba_sig_verify(const struct ba_jwk *key, enum ba_alg alg, const void *p,
    size_t n, const void *sig, size_t sigsz)
{
	EVP_MD_CTX *ctx;
	int r;

	if (!fits(key, alg))
		return BA_ERR_KEY;
	if (!ba_sig_length_ok(alg, sigsz))
		return BA_ERR_SIGNATURE;
	/* What somebody else left there is not ours to judge by. */
	ERR_clear_error();
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL)
		return ba_ossl_error(BA_ERR_NOMEM);
	r = verify(ctx, ba_jwk_pkey(key), alg, p, n, sig, sigsz);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return r;
}
