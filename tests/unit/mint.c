/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "tests/unit/mint.h"

/* What a kind is called, and the bytes of x; alike where it has no y. */
static const struct kind {
	const char *crv;
	bool y;
	size_t width;
} kinds[] = {
	[BA_MINT_P256] = { "P-256", true, 32 },
	[BA_MINT_P384] = { "P-384", true, 48 },
	[BA_MINT_P521] = { "P-521", true, 66 },
	[BA_MINT_SECP256K1] = { "secp256k1", true, 32 },
	[BA_MINT_ED25519] = { "Ed25519", false, 32 },
	[BA_MINT_ED448] = { "Ed448", false, 57 },
	[BA_MINT_OCT] = { "", false, 0 },
};

/* The hash by which an algorithm signs, and the salt if it has one. */
static const struct way {
	enum ba_alg alg;
	const char *name;
	const char *md;
	int salt;
} ways[] = {
	{ BA_ALG_RS256, "RS256", "SHA256", -1 },
	{ BA_ALG_RS384, "RS384", "SHA384", -1 },
	{ BA_ALG_RS512, "RS512", "SHA512", -1 },
	{ BA_ALG_PS256, "PS256", "SHA256", 32 },
	{ BA_ALG_PS384, "PS384", "SHA384", 48 },
	{ BA_ALG_PS512, "PS512", "SHA512", 64 },
	{ BA_ALG_ES256, "ES256", "SHA256", -1 },
	{ BA_ALG_ES384, "ES384", "SHA384", -1 },
	{ BA_ALG_ES512, "ES512", "SHA512", -1 },
	{ BA_ALG_ES256K, "ES256K", "SHA256", -1 },
	{ BA_ALG_EDDSA, "EdDSA", NULL, -1 },
	{ BA_ALG_ED25519, "Ed25519", NULL, -1 },
	{ BA_ALG_ED448, "Ed448", NULL, -1 },
	{ BA_ALG_HS256, "HS256", "SHA256", -1 },
	{ BA_ALG_HS384, "HS384", "SHA384", -1 },
	{ BA_ALG_HS512, "HS512", "SHA512", -1 },
};

#define NUMBER_MAX 2048 /* bytes of a number or a signature */

struct ba_mint {
	enum ba_mint_kind kind;
	EVP_PKEY *pkey; /* or NULL: a secret */
	unsigned char *secret;
	size_t secret_len;
	char *kid;
	char *alg;
};

static void
broken(const char *what)
{
	(void)fprintf(stderr, "the mint is broken: %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

#define NEED(e)                                                                \
	do {                                                                   \
		if (!(e))                                                      \
			broken(#e);                                            \
	} while (0)

static char *text(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

static char *
text(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	NEED(vasprintf(&s, fmt, ap) >= 0);
	va_end(ap);
	return s;
}

static char *
copy(const char *s)
{
	return s == NULL ? NULL : text("%s", s);
}

char *
ba_mint_b64(const void *p, size_t n)
{
	char *s = malloc((n + 2) / 3 * 4 + 1);
	size_t i;

	NEED(s != NULL);
	s[0] = '\0';
	(void)EVP_EncodeBlock((unsigned char *)s, p, (int)n);
	for (i = 0; s[i] != '\0' && s[i] != '='; i++) {
		if (s[i] == '+')
			s[i] = '-';
		else if (s[i] == '/')
			s[i] = '_';
	}
	s[i] = '\0';
	return s;
}

static struct ba_mint *
mint(enum ba_mint_kind kind, EVP_PKEY *pkey, const char *kid, const char *alg)
{
	struct ba_mint *m = calloc(1, sizeof(*m));

	NEED(m != NULL && (pkey != NULL) == (kind != BA_MINT_OCT));
	m->kind = kind;
	m->pkey = pkey;
	m->kid = copy(kid);
	m->alg = copy(alg);
	return m;
}

struct ba_mint *
ba_mint_new(enum ba_mint_kind kind, const char *kid, const char *alg)
{
	const char *crv = kinds[kind].crv;
	unsigned char secret[64];

	if (kind == BA_MINT_OCT) {
		NEED(RAND_bytes(secret, sizeof(secret)) == 1);
		return ba_mint_secret(secret, sizeof(secret), kid, alg);
	}
	if (kind == BA_MINT_RSA)
		return ba_mint_rsa(2048, 65537, kid, alg);
	return mint(kind,
	    kinds[kind].y ? EVP_EC_gen(crv)
			  : EVP_PKEY_Q_keygen(NULL, NULL, crv),
	    kid, alg);
}

struct ba_mint *
ba_mint_rsa(unsigned bits, unsigned long e, const char *kid, const char *alg)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	BIGNUM *bn = BN_new();

	NEED(ctx != NULL && bn != NULL && BN_set_word(bn, e) == 1);
	NEED(EVP_PKEY_keygen_init(ctx) == 1);
	NEED(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1);
	NEED(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, bn) == 1);
	NEED(EVP_PKEY_generate(ctx, &pkey) == 1);
	BN_free(bn);
	EVP_PKEY_CTX_free(ctx);
	return mint(BA_MINT_RSA, pkey, kid, alg);
}

struct ba_mint *
ba_mint_secret(const void *secret, size_t n, const char *kid, const char *alg)
{
	struct ba_mint *m = mint(BA_MINT_OCT, NULL, kid, alg);

	m->secret = malloc(n + 1);
	NEED(m->secret != NULL);
	memcpy(m->secret, secret, n);
	m->secret_len = n;
	return m;
}

void
ba_mint_free(struct ba_mint *m)
{
	if (m == NULL)
		return;
	EVP_PKEY_free(m->pkey);
	free(m->secret);
	free(m->kid);
	free(m->alg);
	free(m);
}

static size_t
bignum(const EVP_PKEY *pkey, const char *name, size_t width, unsigned char *dst,
    size_t dstsz)
{
	BIGNUM *bn = NULL;
	size_t n;

	NEED(EVP_PKEY_get_bn_param(pkey, name, &bn) == 1);
	n = width != 0 ? width : (size_t)BN_num_bytes(bn);
	NEED(n <= dstsz && BN_bn2binpad(bn, dst, (int)n) == (int)n);
	BN_free(bn);
	return n;
}

size_t
ba_mint_number(
    const struct ba_mint *m, const char *name, unsigned char *dst, size_t dstsz)
{
	const struct kind *kind = &kinds[m->kind];
	const char *param = NULL;
	size_t n = kind->width;

	if (m->kind == BA_MINT_OCT) {
		if (strcmp(name, "k") != 0)
			return 0;
		NEED(m->secret_len <= dstsz);
		memcpy(dst, m->secret, m->secret_len);
		return m->secret_len;
	}
	if (strcmp(name, "n") == 0 && n == 0)
		param = OSSL_PKEY_PARAM_RSA_N;
	else if (strcmp(name, "e") == 0 && n == 0)
		param = OSSL_PKEY_PARAM_RSA_E;
	else if (strcmp(name, "x") == 0 && kind->y)
		param = OSSL_PKEY_PARAM_EC_PUB_X;
	else if (strcmp(name, "y") == 0 && kind->y)
		param = OSSL_PKEY_PARAM_EC_PUB_Y;
	else if (strcmp(name, "x") == 0 && n != 0) {
		n = dstsz;
		NEED(EVP_PKEY_get_raw_public_key(m->pkey, dst, &n) == 1);
		return n;
	}
	return param == NULL ? 0 : bignum(m->pkey, param, n, dst, dstsz);
}

static char *
number_b64(const struct ba_mint *m, const char *name)
{
	unsigned char b[NUMBER_MAX];

	return ba_mint_b64(b, ba_mint_number(m, name, b, sizeof(b)));
}

/* "kty":…, and the numbers of the key. */
static char *
numbers(const struct ba_mint *m)
{
	const char *crv = kinds[m->kind].crv;
	char *a, *b, *s;

	if (m->kind == BA_MINT_OCT) {
		a = number_b64(m, "k");
		s = text("\"kty\":\"oct\",\"k\":\"%s\"", a);
		free(a);
		return s;
	}
	a = number_b64(m, crv == NULL ? "n" : "x");
	b = number_b64(m, crv == NULL ? "e" : "y");
	if (crv == NULL)
		s = text("\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"", a, b);
	else if (kinds[m->kind].y)
		s = text("\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\","
			 "\"y\":\"%s\"",
		    crv, a, b);
	else
		s = text("\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"", crv, a);
	free(a);
	free(b);
	return s;
}

/* ,"name":"value", or nothing. */
static char *
member(const char *name, const char *value)
{
	return value == NULL ? text("%s", "")
			     : text(",\"%s\":\"%s\"", name, value);
}

char *
ba_mint_jwk(const struct ba_mint *m, const char *extra)
{
	char *s, *n = numbers(m), *kid = member("kid", m->kid),
		 *alg = member("alg", m->alg);

	if (extra == NULL)
		s = text("{%s,\"use\":\"sig\"%s%s}", n, kid, alg);
	else
		s = text("{%s%s%s}", n, *extra == '\0' ? "" : ",", extra);
	free(n);
	free(kid);
	free(alg);
	return s;
}

char *
ba_mint_jwks(const char *const *jwk, size_t n)
{
	char *s = text("{\"keys\":["), *t;
	size_t i;

	for (i = 0; i < n; i++) {
		t = text("%s%s%s", s, i == 0 ? "" : ",", jwk[i]);
		free(s);
		s = t;
	}
	t = text("%s]}", s);
	free(s);
	return t;
}

char *
ba_mint_jwks_of(const struct ba_mint *m)
{
	char *jwk = ba_mint_jwk(m, NULL), *s;
	const char *one = jwk;

	s = ba_mint_jwks(&one, 1);
	free(jwk);
	return s;
}

static size_t
sign(EVP_PKEY *pkey, const char *md, const OSSL_PARAM *params, const void *p,
    size_t n, unsigned char *dst, size_t dstsz)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = dstsz;

	NEED(ctx != NULL);
	NEED(EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, pkey, params) ==
	     1);
	NEED(EVP_DigestSign(ctx, dst, &len, p, n) == 1);
	EVP_MD_CTX_free(ctx);
	return len;
}

size_t
ba_mint_pss(const struct ba_mint *m, const char *md, const void *p, size_t n,
    int salt, const char *mgf, unsigned char *dst, size_t dstsz)
{
	char pad[] = OSSL_PKEY_RSA_PAD_MODE_PSS, hash[16];
	OSSL_PARAM params[4];

	NEED(strlen(mgf) < sizeof(hash));
	strcpy(hash, mgf);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_SIGNATURE_PARAM_PAD_MODE, pad, 0);
	params[1] =
	    OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt);
	params[2] = OSSL_PARAM_construct_utf8_string(
	    OSSL_SIGNATURE_PARAM_MGF1_DIGEST, hash, 0);
	params[3] = OSSL_PARAM_construct_end();
	return sign(m->pkey, md, params, p, n, dst, dstsz);
}

/* ECDSA as DER to r || s, each of width bytes. */
static size_t
der_to_raw(const unsigned char *der, size_t n, size_t width, unsigned char *dst,
    size_t dstsz)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int w = (int)width;

	NEED(sig != NULL && dstsz >= 2 * width);
	NEED(BN_bn2binpad(ECDSA_SIG_get0_r(sig), dst, w) == w);
	NEED(BN_bn2binpad(ECDSA_SIG_get0_s(sig), dst + width, w) == w);
	ECDSA_SIG_free(sig);
	return 2 * width;
}

static const struct way *
way_of(enum ba_alg alg)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (ways[i].alg == alg)
			return &ways[i];
	}
	broken("no such algorithm");
	return NULL;
}

static size_t
mac(const void *secret, size_t secret_len, const char *md, const void *p,
    size_t n, unsigned char *dst, size_t dstsz)
{
	unsigned int len = (unsigned int)dstsz;

	NEED(HMAC(EVP_get_digestbyname(md), secret, (int)secret_len, p, n, dst,
		 &len) != NULL);
	return len;
}

size_t
ba_mint_raw(const struct ba_mint *m, enum ba_alg alg, const void *p, size_t n,
    unsigned char *dst, size_t dstsz)
{
	const struct way *way = way_of(alg);
	unsigned char der[256];
	size_t len;

	if (m->kind == BA_MINT_OCT)
		return mac(m->secret, m->secret_len, way->md, p, n, dst, dstsz);
	if (way->salt >= 0)
		return ba_mint_pss(
		    m, way->md, p, n, way->salt, way->md, dst, dstsz);
	if (!kinds[m->kind].y)
		return sign(m->pkey, way->md, NULL, p, n, dst, dstsz);
	len = sign(m->pkey, way->md, NULL, p, n, der, sizeof(der));
	return der_to_raw(der, len, kinds[m->kind].width, dst, dstsz);
}

/* header.payload */
static char *
signing_input(const char *header, const char *payload)
{
	char *h = ba_mint_b64(header, strlen(header)),
	     *p = ba_mint_b64(payload, strlen(payload)), *s;

	s = text("%s.%s", h, p);
	free(h);
	free(p);
	return s;
}

static char *
with_signature(char *input, const unsigned char *sig, size_t n)
{
	char *b = ba_mint_b64(sig, n), *s = text("%s.%s", input, b);

	free(b);
	free(input);
	return s;
}

char *
ba_mint_sign(const struct ba_mint *m, enum ba_alg alg, const char *header,
    const char *payload)
{
	unsigned char sig[NUMBER_MAX];
	char *s = signing_input(header, payload);
	size_t n = ba_mint_raw(m, alg, s, strlen(s), sig, sizeof(sig));

	return with_signature(s, sig, n);
}

char *
ba_mint_token(const struct ba_mint *m, enum ba_alg alg, const char *typ,
    const char *payload)
{
	char *t = member("typ", typ), *k = member("kid", m->kid), *h, *s;

	h = text("{\"alg\":\"%s\"%s%s}", way_of(alg)->name, t, k);
	s = ba_mint_sign(m, alg, h, payload);
	free(h);
	free(k);
	free(t);
	return s;
}

char *
ba_mint_hs256(
    const void *secret, size_t n, const char *header, const char *payload)
{
	unsigned char tag[EVP_MAX_MD_SIZE];
	char *s = signing_input(header, payload);
	size_t len = mac(secret, n, "SHA256", s, strlen(s), tag, sizeof(tag));

	return with_signature(s, tag, len);
}

char *
ba_mint_compact(const void *header, size_t hn, const void *payload, size_t pn,
    const void *sig, size_t sn)
{
	char *h = ba_mint_b64(header, hn), *p = ba_mint_b64(payload, pn),
	     *g = ba_mint_b64(sig, sn), *s = text("%s.%s.%s", h, p, g);

	free(h);
	free(p);
	free(g);
	return s;
}

char *
ba_mint_pem(const struct ba_mint *m)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL, *s;
	long n;

	NEED(bio != NULL && PEM_write_bio_PUBKEY(bio, m->pkey) == 1);
	n = BIO_get_mem_data(bio, &p);
	NEED(n > 0);
	s = text("%.*s", (int)n, p);
	BIO_free(bio);
	return s;
}

char *
ba_mint_private_pem(const struct ba_mint *m, bool traditional)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL, *s;
	long n;

	NEED(bio != NULL &&
	     (traditional ? PEM_write_bio_PrivateKey_traditional(
				bio, m->pkey, NULL, NULL, 0, NULL, NULL)
			  : PEM_write_bio_PKCS8PrivateKey(
				bio, m->pkey, NULL, NULL, 0, NULL, NULL)) == 1);
	n = BIO_get_mem_data(bio, &p);
	NEED(n > 0);
	s = text("%.*s", (int)n, p);
	BIO_free(bio);
	return s;
}
