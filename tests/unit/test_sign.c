/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/jose/jws.h"
#include "common/jose/sign.h"
#include "tests/unit/mint.h"

#define KINDS    7 /* without secrets */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ba_mint *mints[KINDS];
static EVP_PKEY *keys[KINDS];
static char *jwks[KINDS];
static json_t *claims;

/* --- What fails on demand -------------------------------------------------- */

static bool fail_sign, fail_bio, note_memory;
static long fail_malloc = -1; /* the n-th from now on */

int __real_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *n,
    const unsigned char *p, size_t len);
int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *n,
    const unsigned char *p, size_t len);
int
__wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *sig, size_t *n,
    const unsigned char *p, size_t len)
{
	if (note_memory)
		ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
	return fail_sign ? 0 : __real_EVP_DigestSign(ctx, sig, n, p, len);
}

/* Of the calls on the way to a signature, the one that fails. */
static enum {
	NO_CALL,
	NEW_CONTEXT,
	INIT,
	PADDING,
	MGF1,
	SALT,
	READ_DER,
	LONG_R,
	LONG_S,
	GROUP_NAME,
	CALLS
} fail_call;

EVP_MD_CTX *__real_EVP_MD_CTX_new(void);
EVP_MD_CTX *__wrap_EVP_MD_CTX_new(void);
EVP_MD_CTX *
__wrap_EVP_MD_CTX_new(void)
{
	return fail_call == NEW_CONTEXT ? NULL : __real_EVP_MD_CTX_new();
}

int __real_EVP_DigestSignInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
    const char *md, OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
    const OSSL_PARAM params[]);
int __wrap_EVP_DigestSignInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
    const char *md, OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
    const OSSL_PARAM params[]);
int
__wrap_EVP_DigestSignInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
    const char *md, OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
    const OSSL_PARAM params[])
{
	return fail_call == INIT ? 0
				 : __real_EVP_DigestSignInit_ex(
				       ctx, pctx, md, lib, props, pkey, params);
}

int __real_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding);
int __wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding);
int
__wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding)
{
	int r = __real_EVP_PKEY_CTX_set_rsa_padding(ctx, padding);

	/* Done, so that nothing behind it fails for that. */
	return fail_call == PADDING ? 0 : r;
}

int __real_EVP_PKEY_CTX_set_rsa_mgf1_md_name(
    EVP_PKEY_CTX *ctx, const char *md, const char *props);
int __wrap_EVP_PKEY_CTX_set_rsa_mgf1_md_name(
    EVP_PKEY_CTX *ctx, const char *md, const char *props);
int
__wrap_EVP_PKEY_CTX_set_rsa_mgf1_md_name(
    EVP_PKEY_CTX *ctx, const char *md, const char *props)
{
	return fail_call == MGF1
		   ? 0
		   : __real_EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, md, props);
}

int __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int n);
int __wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int n);
int
__wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int n)
{
	return fail_call == SALT
		   ? 0
		   : __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, n);
}

ECDSA_SIG *__real_d2i_ECDSA_SIG(
    ECDSA_SIG **sig, const unsigned char **p, long n);
ECDSA_SIG *__wrap_d2i_ECDSA_SIG(
    ECDSA_SIG **sig, const unsigned char **p, long n);
ECDSA_SIG *
__wrap_d2i_ECDSA_SIG(ECDSA_SIG **sig, const unsigned char **p, long n)
{
	ECDSA_SIG *made;
	BIGNUM *r, *s;

	if (fail_call == READ_DER)
		return NULL;
	made = __real_d2i_ECDSA_SIG(sig, p, n);
	if (fail_call != LONG_R && fail_call != LONG_S)
		return made;
	r = BN_dup(ECDSA_SIG_get0_r(made));
	s = BN_dup(ECDSA_SIG_get0_s(made));
	assert_int_equal(BN_set_bit(fail_call == LONG_R ? r : s, 8 * 66), 1);
	assert_int_equal(ECDSA_SIG_set0(made, r, s), 1);
	return made;
}

int __real_EVP_PKEY_get_group_name(
    const EVP_PKEY *key, char *name, size_t size, size_t *n);
int __wrap_EVP_PKEY_get_group_name(
    const EVP_PKEY *key, char *name, size_t size, size_t *n);
int
__wrap_EVP_PKEY_get_group_name(
    const EVP_PKEY *key, char *name, size_t size, size_t *n)
{
	int r = __real_EVP_PKEY_get_group_name(key, name, size, n);

	return fail_call == GROUP_NAME ? 0 : r;
}

BIO *__real_BIO_new_mem_buf(const void *p, int n);
BIO *__wrap_BIO_new_mem_buf(const void *p, int n);
BIO *
__wrap_BIO_new_mem_buf(const void *p, int n)
{
	return fail_bio ? NULL : __real_BIO_new_mem_buf(p, n);
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *
__wrap_malloc(size_t n)
{
	return fail_malloc >= 0 && fail_malloc-- == 0 ? NULL : __real_malloc(n);
}

/* --- Keys ------------------------------------------------------------------ */

static EVP_PKEY *
parse(const char *pem)
{
	EVP_PKEY *key;

	assert_int_equal(ba_private_key_parse(pem, strlen(pem), &key), BA_OK);
	assert_non_null(key);
	assert_int_equal(ERR_peek_error(), 0);
	return key;
}

static int
set_up_all(void **state)
{
	static const enum ba_mint_kind kinds[KINDS] = { BA_MINT_RSA,
		BA_MINT_P256, BA_MINT_P384, BA_MINT_P521, BA_MINT_SECP256K1,
		BA_MINT_ED25519, BA_MINT_ED448 };
	char *pem;
	size_t i;

	(void)state;
	json_set_alloc_funcs(malloc, free);
	for (i = 0; i < KINDS; i++) {
		mints[kinds[i]] = ba_mint_new(kinds[i], "k", NULL);
		jwks[kinds[i]] = ba_mint_jwks_of(mints[kinds[i]]);
		pem = ba_mint_private_pem(mints[kinds[i]], false);
		keys[kinds[i]] = parse(pem);
		free(pem);
	}
	claims = json_pack("{s:s, s:i}", "iss", "client", "exp", 1700000060);
	return 0;
}

static int
tear_down_all(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		ba_mint_free(mints[i]);
		EVP_PKEY_free(keys[i]);
		free(jwks[i]);
	}
	json_decref(claims);
	return 0;
}

static char *
pem_of(EVP_PKEY *key, const EVP_CIPHER *cipher, const char *phrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL, *s;
	long n;

	assert_int_equal(
	    PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, phrase,
		phrase != NULL ? (int)strlen(phrase) : 0, NULL, NULL),
	    1);
	n = BIO_get_mem_data(bio, &p);
	s = strndup(p, (size_t)n);
	BIO_free(bio);
	return s;
}

/* Both forms of PEM, and "openssl ecparam -genkey", which says the curve
   first. */
static void
test_key_forms(void **state)
{
	static const enum ba_mint_kind kinds[] = { BA_MINT_RSA, BA_MINT_P256 };
	char *pem, with[4096];
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(kinds); i++) {
		pem = ba_mint_private_pem(mints[kinds[i]], true);
		key = parse(pem);
		assert_int_equal(EVP_PKEY_eq(key, keys[kinds[i]]), 1);
		EVP_PKEY_free(key);
		if (kinds[i] == BA_MINT_P256) {
			(void)snprintf(with, sizeof(with),
			    "-----BEGIN EC PARAMETERS-----\n"
			    "BggqhkjOPQMBBw==\n"
			    "-----END EC PARAMETERS-----\n%s",
			    pem);
			key = parse(with);
			EVP_PKEY_free(key);
		}
		free(pem);
	}
}

static int
parse_error(const char *pem, size_t n)
{
	EVP_PKEY *key = keys[0];
	int r = ba_private_key_parse(pem, n, &key);

	assert_null(key);
	/* Nothing is left for whoever looks there next. */
	assert_int_equal(ERR_peek_error(), 0);
	return r;
}

static void
test_what_is_no_private_key(void **state)
{
	char *good = ba_mint_private_pem(mints[BA_MINT_P256], false),
	     *public = ba_mint_pem(mints[BA_MINT_P256]);

	(void)state;
	EVP_PKEY_free(parse(good));
	assert_int_equal(parse_error(NULL, 0), BA_ERR_KEY);
	assert_int_equal(parse_error("", 0), BA_ERR_KEY);
	/* an error of somebody before us is not ours */
	ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
	assert_int_equal(parse_error("x", 1), BA_ERR_KEY);
	assert_int_equal(parse_error(public, strlen(public)), BA_ERR_KEY);
	assert_int_equal(parse_error(good, strlen(good) - 30), BA_ERR_KEY);
	assert_int_equal(parse_error(good, (size_t)INT32_MAX + 1), BA_ERR_KEY);
	free(public);
	free(good);
}

/* No terminal is asked; the same key without a passphrase is one. */
static void
test_ca_04_encrypted_key_asks_nobody(void **state)
{
	EVP_PKEY *key = keys[BA_MINT_P256];
	char *plain = pem_of(key, NULL, NULL),
	     *secret = pem_of(key, EVP_aes_128_cbc(), "secret"),
	     *empty = pem_of(key, EVP_aes_128_cbc(), "");

	(void)state;
	assert_non_null(strstr(secret, "ENCRYPTED"));
	EVP_PKEY_free(parse(plain));
	assert_int_equal(parse_error(secret, strlen(secret)), BA_ERR_KEY);
	/* not even one without a character is tried */
	assert_int_equal(parse_error(empty, strlen(empty)), BA_ERR_KEY);
	free(empty);
	free(secret);
	free(plain);
}

static void
test_key_without_memory(void **state)
{
	char *good = ba_mint_private_pem(mints[BA_MINT_P256], false);

	(void)state;
	fail_bio = true;
	assert_int_equal(parse_error(good, strlen(good)), BA_ERR_NOMEM);
	fail_bio = false;
	EVP_PKEY_free(parse(good));
	free(good);
}

static int
alg_of(const EVP_PKEY *key, enum ba_alg alg, enum ba_alg *algp)
{
	int r;

	*algp = BA_ALG_ALL;
	r = ba_private_key_alg(key, alg, algp);
	assert_int_equal(ERR_peek_error(), 0);
	return r;
}

static void
test_usual_algorithms(void **state)
{
	static const struct {
		enum ba_mint_kind kind;
		enum ba_alg alg;
		const char *name;
	} rows[] = {
		{ BA_MINT_RSA, BA_ALG_RS256, "RS256" },
		{ BA_MINT_P256, BA_ALG_ES256, "ES256" },
		{ BA_MINT_P384, BA_ALG_ES384, "ES384" },
		{ BA_MINT_P521, BA_ALG_ES512, "ES512" },
		{ BA_MINT_SECP256K1, BA_ALG_ES256K, "ES256K" },
		{ BA_MINT_ED25519, BA_ALG_EDDSA, "EdDSA" },
		{ BA_MINT_ED448, BA_ALG_ED448, "Ed448" },
	};
	enum ba_alg alg;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(alg_of(keys[rows[i].kind], 0, &alg), BA_OK);
		assert_int_equal(alg, rows[i].alg);
		assert_string_equal(ba_alg_name(alg), rows[i].name);
	}
}

/* Every key with every algorithm: what fits is signed, and holds. */
static const struct {
	enum ba_alg alg;
	unsigned kinds; /* bits of enum ba_mint_kind */
} fits[] = {
	{ BA_ALG_RS256, 1 << BA_MINT_RSA },
	{ BA_ALG_RS384, 1 << BA_MINT_RSA },
	{ BA_ALG_RS512, 1 << BA_MINT_RSA },
	{ BA_ALG_PS256, 1 << BA_MINT_RSA },
	{ BA_ALG_PS384, 1 << BA_MINT_RSA },
	{ BA_ALG_PS512, 1 << BA_MINT_RSA },
	{ BA_ALG_ES256, 1 << BA_MINT_P256 },
	{ BA_ALG_ES384, 1 << BA_MINT_P384 },
	{ BA_ALG_ES512, 1 << BA_MINT_P521 },
	{ BA_ALG_ES256K, 1 << BA_MINT_SECP256K1 },
	{ BA_ALG_EDDSA, 1 << BA_MINT_ED25519 | 1 << BA_MINT_ED448 },
	{ BA_ALG_ED25519, 1 << BA_MINT_ED25519 },
	{ BA_ALG_ED448, 1 << BA_MINT_ED448 },
	{ BA_ALG_HS256, 0 },
	{ BA_ALG_HS384, 0 },
	{ BA_ALG_HS512, 0 },
};

/* The token holds by the public half, and has this header. */
static void
judge(const struct ba_buf *out, const char *set_text, enum ba_alg alg,
    const char *kid)
{
	const char *token = ba_buf_str(out);
	struct ba_jwks *set;
	struct ba_jws *jws;
	size_t iter = 0;

	assert_int_equal(
	    ba_jwks_parse(set_text, strlen(set_text), &set, NULL), BA_OK);
	assert_int_equal(
	    ba_jws_parse(token, out->len, BA_ALG_ALL, &jws), BA_OK);
	assert_int_equal(ba_jws_alg(jws), alg);
	assert_string_equal(ba_jws_typ(jws), "JWT");
	if (kid == NULL)
		assert_null(ba_jws_kid(jws));
	else
		assert_string_equal(ba_jws_kid(jws), kid);
	assert_int_equal(
	    ba_jws_verify(jws, ba_jwks_next(set, NULL, alg, &iter)), BA_OK);
	assert_true(json_equal(ba_jws_claims(jws), claims));
	ba_jws_free(jws);
	ba_jwks_free(set);
}

static void
try_pair(size_t kind, size_t row)
{
	bool good = (fits[row].kinds & 1U << kind) != 0;
	enum ba_alg alg;
	struct ba_buf out;
	int r;

	r = alg_of(keys[kind], fits[row].alg, &alg);
	assert_int_equal(r, good ? BA_OK : BA_ERR_KEY);
	assert_int_equal(alg, good ? fits[row].alg : 0);
	ba_buf_init(&out, 65536);
	r = ba_jws_sign(keys[kind], fits[row].alg, "JWT", "k", claims, &out);
	assert_int_equal(r, good ? BA_OK : BA_ERR_CRYPTO);
	if (good)
		judge(&out, jwks[kind], fits[row].alg, "k");
	else
		assert_int_equal(out.len, 0);
	ba_buf_wipe(&out);
}

static void
test_every_key_with_every_algorithm(void **state)
{
	size_t kind, row;

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		for (row = 0; row < COUNT(fits); row++)
			try_pair(kind, row);
	}
}

/* r and s may be short numbers, one time in 256: each is padded. */
static void
test_ecdsa_numbers_are_padded(void **state)
{
	struct ba_buf out;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		ba_buf_init(&out, 4096);
		assert_int_equal(ba_jws_sign(keys[BA_MINT_P256], BA_ALG_ES256,
				     "JWT", NULL, claims, &out),
		    BA_OK);
		assert_int_equal(strlen(strrchr(ba_buf_str(&out), '.')), 87);
		if (i % 100 == 0)
			judge(&out, jwks[BA_MINT_P256], BA_ALG_ES256, NULL);
		ba_buf_wipe(&out);
	}
}

static EVP_PKEY *
curve(const char *name)
{
	EVP_PKEY *key = EVP_EC_gen(name);

	assert_non_null(key);
	return key;
}

/* A public half is enough to ask about, and quickly made. */
static EVP_PKEY *
rsa_of(int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	BIGNUM *n = BN_new();
	OSSL_PARAM *params;

	assert_int_equal(BN_set_bit(n, bits - 1), 1);
	assert_int_equal(BN_set_bit(n, 0), 1);
	assert_int_equal(
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n), 1);
	assert_int_equal(
	    OSSL_PARAM_BLD_push_uint(bld, OSSL_PKEY_PARAM_RSA_E, 65537), 1);
	params = OSSL_PARAM_BLD_to_param(bld);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(n);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
test_rsa_lengths(void **state)
{
	static const struct {
		int bits, r;
	} rows[] = { { BA_RSA_BITS_MIN - 1, BA_ERR_KEY },
		{ BA_RSA_BITS_MIN, BA_OK }, { BA_RSA_BITS_MAX, BA_OK },
		{ BA_RSA_BITS_MAX + 1, BA_ERR_KEY } };
	enum ba_alg alg;
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		key = rsa_of(rows[i].bits);
		assert_int_equal(alg_of(key, BA_ALG_PS256, &alg), rows[i].r);
		EVP_PKEY_free(key);
	}
}

/* Of the length of P-256, and no curve of ours. */
static void
test_keys_that_serve_nothing(void **state)
{
	EVP_PKEY *weak = EVP_RSA_gen(BA_RSA_BITS_MIN - 8),
		 *brainpool = curve("brainpoolP256r1"),
		 *x25519 = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), *pss;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA_PSS, NULL);
	struct ba_buf out;
	enum ba_alg alg;

	(void)state;
	pss = NULL;
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &pss), 1);
	assert_int_equal(alg_of(weak, 0, &alg), BA_ERR_KEY);
	assert_int_equal(alg_of(weak, BA_ALG_RS256, &alg), BA_ERR_KEY);
	assert_int_equal(alg_of(keys[BA_MINT_RSA], 0, &alg), BA_OK);
	assert_int_equal(alg_of(brainpool, 0, &alg), BA_ERR_KEY);
	assert_int_equal(alg_of(brainpool, BA_ALG_ES256, &alg), BA_ERR_KEY);
	assert_int_equal(alg_of(x25519, 0, &alg), BA_ERR_KEY);
	assert_int_equal(alg_of(pss, BA_ALG_PS256, &alg), BA_ERR_KEY);
	assert_int_equal(alg_of(keys[BA_MINT_RSA], BA_ALG_PS256, &alg), BA_OK);
	ba_buf_init(&out, 4096);
	assert_int_equal(
	    ba_jws_sign(weak, BA_ALG_RS256, "JWT", NULL, claims, &out),
	    BA_ERR_CRYPTO);
	assert_int_equal(out.len, 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pss);
	EVP_PKEY_free(x25519);
	EVP_PKEY_free(brainpool);
	EVP_PKEY_free(weak);
}

/* Appended, all or nothing; what was there stays. */
static void
test_sign_appends_within_the_limit(void **state)
{
	struct ba_buf out;
	size_t n;

	(void)state;
	ba_buf_init(&out, 4096);
	assert_int_equal(ba_buf_append_str(&out, "before "), BA_OK);
	assert_int_equal(ba_jws_sign(keys[BA_MINT_ED25519], BA_ALG_EDDSA, "JWT",
			     NULL, claims, &out),
	    BA_OK);
	assert_memory_equal(out.p, "before ey", 9);
	n = out.len;
	ba_buf_wipe(&out);
	ba_buf_init(&out, n - 1);
	assert_int_equal(ba_buf_append_str(&out, "before "), BA_OK);
	assert_int_equal(ba_jws_sign(keys[BA_MINT_ED25519], BA_ALG_EDDSA, "JWT",
			     NULL, claims, &out),
	    BA_ERR_LIMIT);
	assert_string_equal(ba_buf_str(&out), "before ");
	ba_buf_wipe(&out);
	ba_buf_init(&out, n);
	assert_int_equal(ba_buf_append_str(&out, "before "), BA_OK);
	assert_int_equal(ba_jws_sign(keys[BA_MINT_ED25519], BA_ALG_EDDSA, "JWT",
			     NULL, claims, &out),
	    BA_OK);
	ba_buf_wipe(&out);
}

static int
sign_by(enum ba_mint_kind kind, enum ba_alg alg)
{
	struct ba_buf out;
	int r;

	ba_buf_init(&out, 4096);
	r = ba_jws_sign(keys[kind], alg, "JWT", NULL, claims, &out);
	assert_int_equal(r == BA_OK, out.len > 0);
	assert_int_equal(ERR_peek_error(), 0);
	ba_buf_wipe(&out);
	return r;
}

static void
test_sign_when_openssl_fails(void **state)
{
	int call;

	(void)state;
	fail_sign = true;
	assert_int_equal(sign_by(BA_MINT_P256, BA_ALG_ES256), BA_ERR_CRYPTO);
	assert_int_equal(sign_by(BA_MINT_RSA, BA_ALG_RS256), BA_ERR_CRYPTO);
	/* want of memory is told apart, but not that of somebody before us */
	ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
	assert_int_equal(sign_by(BA_MINT_RSA, BA_ALG_RS256), BA_ERR_CRYPTO);
	note_memory = true;
	assert_int_equal(sign_by(BA_MINT_RSA, BA_ALG_RS256), BA_ERR_NOMEM);
	fail_sign = false;
	/* what OpenSSL did without is no failure */
	assert_int_equal(sign_by(BA_MINT_RSA, BA_ALG_RS256), BA_OK);
	note_memory = false;
	for (call = NO_CALL; call < CALLS; call++) {
		bool ec = call >= READ_DER && call <= GROUP_NAME;
		bool pss = call >= PADDING && call <= SALT;

		fail_call = call;
		assert_int_equal(sign_by(BA_MINT_P256, BA_ALG_ES256),
		    call == NO_CALL || pss ? BA_OK : BA_ERR_CRYPTO);
		assert_int_equal(sign_by(BA_MINT_RSA, BA_ALG_PS256),
		    call == NO_CALL || ec ? BA_OK : BA_ERR_CRYPTO);
		fail_call = NO_CALL;
	}
}

/* Without a kid's characters. */
#define HEADER (sizeof("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"\"}") - 1)

/* A header and a payload of any size are not made. */
static void
test_sign_limits_of_header_and_claims(void **state)
{
	static const struct {
		size_t kid, claim;
		int r;
	} rows[] = { { 8192 - HEADER, 10, BA_OK },
		{ 8193 - HEADER, 10, BA_ERR_LIMIT }, { 10, 65536 - 8, BA_OK },
		{ 10, 65536 - 7, BA_ERR_LIMIT } };
	struct ba_buf out;
	char *kid, *claim;
	json_t *o;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		kid = calloc(1, rows[i].kid + 1);
		claim = calloc(1, rows[i].claim + 1);
		assert_true(kid != NULL && claim != NULL);
		memset(kid, 'k', rows[i].kid);
		memset(claim, 'c', rows[i].claim);
		o = json_pack("{s:s}", "c", claim);
		ba_buf_init(&out, 1024 * 1024);
		assert_int_equal(ba_jws_sign(keys[BA_MINT_ED25519],
				     BA_ALG_EDDSA, "JWT", kid, o, &out),
		    rows[i].r);
		ba_buf_wipe(&out);
		json_decref(o);
		free(claim);
		free(kid);
	}
}

static void
sign_without_memory(const char *kid, const json_t *o)
{
	struct ba_buf out;
	long n;
	int r = BA_ERR_NOMEM;

	for (n = 0; r != BA_OK && n < 100; n++) {
		ba_buf_init(&out, 4096);
		fail_malloc = n;
		r = ba_jws_sign(
		    keys[BA_MINT_ED25519], BA_ALG_EDDSA, "JWT", kid, o, &out);
		/* Whole, or not at all: no kid is left out for it. */
		assert_true(r != BA_OK || fail_malloc >= 0);
		fail_malloc = -1;
		if (r != BA_OK) {
			assert_int_equal(r, BA_ERR_NOMEM);
			assert_int_equal(out.len, 0);
		}
		ba_buf_wipe(&out);
	}
	assert_int_equal(r, BA_OK);
	assert_true(n > 3);
}

/* Each of our allocations fails once: no other error, and nothing half done.
   What is long fills its block, so that the dot behind it takes one, too. */
static void
test_sign_without_memory(void **state)
{
	char kid[101], claim[1001];
	json_t *o;

	(void)state;
	sign_without_memory("k", claims);
	sign_without_memory(NULL, claims);
	memset(kid, 'k', sizeof(kid));
	kid[sizeof(kid) - 1] = '\0';
	memset(claim, 'c', sizeof(claim));
	claim[sizeof(claim) - 1] = '\0';
	o = json_pack("{s:s}", "c", claim);
	sign_without_memory(kid, o);
	json_decref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_forms),
		cmocka_unit_test(test_what_is_no_private_key),
		cmocka_unit_test(test_ca_04_encrypted_key_asks_nobody),
		cmocka_unit_test(test_key_without_memory),
		cmocka_unit_test(test_usual_algorithms),
		cmocka_unit_test(test_every_key_with_every_algorithm),
		cmocka_unit_test(test_ecdsa_numbers_are_padded),
		cmocka_unit_test(test_rsa_lengths),
		cmocka_unit_test(test_keys_that_serve_nothing),
		cmocka_unit_test(test_sign_appends_within_the_limit),
		cmocka_unit_test(test_sign_when_openssl_fails),
		cmocka_unit_test(test_sign_limits_of_header_and_claims),
		cmocka_unit_test(test_sign_without_memory),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
