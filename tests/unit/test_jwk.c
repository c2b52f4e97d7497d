/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "common/base/b64url.h"
#include "common/jose/jwk.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/json/init.h"
#include "tests/unit/mint.h"

static struct ba_mint *rsa, *p256, *p384, *p521, *secp256k1, *ed25519, *ed448,
    *secret, *anchor;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
char *__real_strdup(const char *s);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void __wrap_free(void *p);
void *__wrap_calloc(size_t n, size_t size);
char *__wrap_strdup(const char *s);

/*
 * Number n fails, and unless once is set all behind it: ours, and unless
 * ours_alone is set OpenSSL's and jansson's.
 */
static long allocations_left = -1;
static bool once, ours_alone;

static int
may_allocate(bool ours)
{
	if (allocations_left < 0 || (ours_alone && !ours))
		return 1;
	if (allocations_left > 0) {
		allocations_left--;
		return 1;
	}
	if (once)
		allocations_left = -1;
	return 0;
}

void *
__wrap_malloc(size_t n)
{
	return may_allocate(true) ? __real_malloc(n) : NULL;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return may_allocate(true) ? __real_calloc(n, size) : NULL;
}

char *
__wrap_strdup(const char *s)
{
	return may_allocate(true) ? __real_strdup(s) : NULL;
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate(false) ? __real_malloc(n) : NULL;
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate(false) ? realloc(p, n) : NULL;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

static void *
json_malloc(size_t n)
{
	return may_allocate(false) ? __real_malloc(n) : NULL;
}

static int
setup(void **state)
{
	(void)state;
	rsa = ba_mint_new(BA_MINT_RSA, NULL, NULL);
	p256 = ba_mint_new(BA_MINT_P256, NULL, NULL);
	ed25519 = ba_mint_new(BA_MINT_ED25519, NULL, NULL);
	p384 = ba_mint_new(BA_MINT_P384, NULL, NULL);
	p521 = ba_mint_new(BA_MINT_P521, NULL, NULL);
	secp256k1 = ba_mint_new(BA_MINT_SECP256K1, NULL, NULL);
	ed448 = ba_mint_new(BA_MINT_ED448, NULL, NULL);
	secret = ba_mint_new(BA_MINT_OCT, NULL, NULL);
	anchor = ba_mint_new(BA_MINT_ED25519, "anchor", "EdDSA");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ba_mint_free(rsa);
	ba_mint_free(p256);
	ba_mint_free(ed25519);
	ba_mint_free(p384);
	ba_mint_free(p521);
	ba_mint_free(secp256k1);
	ba_mint_free(ed448);
	ba_mint_free(secret);
	ba_mint_free(anchor);
	return 0;
}

static int
parse(const char *text, struct ba_jwks **setp, size_t *badp)
{
	return ba_jwks_parse(text, strlen(text), setp, badp);
}

enum fate { USED, PASSED_OVER, BAD };

/* Beside a good key, so that the set stands or falls by nothing else. */
static enum fate
fate_of(const char *jwk)
{
	char *good = ba_mint_jwk(anchor, NULL), *text;
	const char *both[] = { jwk, good };
	struct ba_jwks *set;
	size_t bad = 77, n;

	text = ba_mint_jwks(both, 2);
	assert_int_equal(parse(text, &set, &bad), BA_OK);
	n = ba_jwks_count(set);
	ba_jwks_free(set);
	free(text);
	free(good);
	assert_int_equal(ERR_peek_error(), 0);
	if (n == 2 && bad == 0)
		return USED;
	if (n == 1 && bad == 0)
		return PASSED_OVER;
	if (n == 1 && bad == 1)
		return BAD;
	fail_msg("%s: %zu keys, %zu bad", jwk, n, bad);
	return BAD;
}

static void
check_fate(const char *name, const char *jwk, enum fate want)
{
	enum fate got = fate_of(jwk);

	if (got != want)
		fail_msg("%s: %d, not %d: %s", name, got, want, jwk);
}

/* A key that is good but for these members, and its twin. */
struct pair {
	struct ba_mint **key;
	const char *off; /* members */
	enum fate fate; /* by those */
	const char *good; /* members with which it is used */
};

static void
check_pairs(const struct pair *pairs, size_t n)
{
	char *jwk;
	size_t i;

	for (i = 0; i < n; i++) {
		jwk = ba_mint_jwk(*pairs[i].key, pairs[i].off);
		check_fate("off", jwk, pairs[i].fate);
		free(jwk);
		jwk = ba_mint_jwk(*pairs[i].key, pairs[i].good);
		check_fate("good", jwk, USED);
		free(jwk);
	}
}

#define CHECK(pairs) check_pairs((pairs), sizeof(pairs) / sizeof((pairs)[0]))

static unsigned
served(const struct ba_jwks *set)
{
	unsigned algs = 0, alg;
	size_t iter;

	/* Bits that are no algorithm of ours must find nothing either. */
	for (alg = 1; alg != 0 && alg < 1u << 16; alg <<= 1) {
		iter = 0;
		if (ba_jwks_next(set, NULL, (enum ba_alg)alg, &iter) != NULL)
			algs |= alg;
	}
	return algs;
}

/* JWK-16: the algorithm's own name, under a kty that is not its own. */
static void
test_jwk_16_ml_dsa(void **state)
{
	static const struct pair pairs[] = {
		{ &rsa, "\"alg\":\"ML-DSA-44\"", PASSED_OVER, "" },
		{ &p256, "\"alg\":\"ML-DSA-65\"", PASSED_OVER, "" },
		{ &ed448, "\"alg\":\"ML-DSA-87\"", PASSED_OVER, "" },
	};

	(void)state;
	CHECK(pairs);
	check_fate("AKP",
	    "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\","
	    "\"kid\":\"anchor\",\"use\":\"sig\"}",
	    PASSED_OVER);
	check_fate("AKP with a seed",
	    "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\","
	    "\"priv\":\"AAAA\"}",
	    PASSED_OVER);
}

static void
test_jwk_01_kty_decides(void **state)
{
	static const struct {
		struct ba_mint **key;
		const char *extra;
		unsigned algs;
	} cases[] = {
		/* V02: an RSA key without alg serves RSA, not an HMAC. */
		{ &rsa, "",
		    BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512 | BA_ALG_PS256 |
			BA_ALG_PS384 | BA_ALG_PS512 },
		{ &rsa, "\"alg\":\"RS256\"", BA_ALG_RS256 },
		{ &rsa, "\"alg\":\"PS256\"", BA_ALG_PS256 },
		{ &rsa, "\"alg\":\"RS512\"", BA_ALG_RS512 },
		{ &rsa, "\"alg\":\"PS384\"", BA_ALG_PS384 },
		{ &p256, "", BA_ALG_ES256 },
		{ &p256, "\"alg\":\"ES256\"", BA_ALG_ES256 },
		{ &p384, "", BA_ALG_ES384 },
		{ &p384, "\"alg\":\"ES384\"", BA_ALG_ES384 },
		{ &p521, "", BA_ALG_ES512 },
		{ &p521, "\"alg\":\"ES512\"", BA_ALG_ES512 },
		{ &secp256k1, "", BA_ALG_ES256K },
		{ &secp256k1, "\"alg\":\"ES256K\"", BA_ALG_ES256K },
		/* JWK-15: by any name, its own curve alone. */
		{ &ed25519, "", BA_ALG_ED25519 },
		{ &ed25519, "\"alg\":\"EdDSA\"", BA_ALG_ED25519 },
		{ &ed25519, "\"alg\":\"Ed25519\"", BA_ALG_ED25519 },
		{ &ed448, "", BA_ALG_ED448 },
		{ &ed448, "\"alg\":\"EdDSA\"", BA_ALG_ED448 },
		{ &ed448, "\"alg\":\"Ed448\"", BA_ALG_ED448 },
	};
	struct ba_jwks *set;
	char *jwk, *text;
	const char *one;
	size_t bad, i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		one = jwk = ba_mint_jwk(*cases[i].key, cases[i].extra);
		text = ba_mint_jwks(&one, 1);
		assert_int_equal(parse(text, &set, &bad), BA_OK);
		assert_int_equal(bad, 0);
		assert_int_equal(ba_jwks_count(set), 1);
		assert_int_equal(served(set), cases[i].algs);
		ba_jwks_free(set);
		free(text);
		free(jwk);
	}
}

static void
test_jwk_02_alg(void **state)
{
	static const struct pair pairs[] = {
		/* For another algorithm: passed over. */
		{ &rsa, "\"alg\":\"RS1\"", PASSED_OVER, "\"alg\":\"RS384\"" },
		{ &rsa, "\"alg\":\"rs256\"", PASSED_OVER, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":\"RSA-OAEP\"", PASSED_OVER,
		    "\"alg\":\"PS256\"" },
		{ &rsa, "\"alg\":\"none\"", PASSED_OVER, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":\"\"", PASSED_OVER, "" },
		{ &p256, "\"alg\":\"ECDH-ES\"", PASSED_OVER,
		    "\"alg\":\"ES256\"" },
		/* Of another family than its own kty: broken. */
		{ &rsa, "\"alg\":\"ES256\"", BAD, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":\"EdDSA\"", BAD, "\"alg\":\"PS256\"" },
		{ &rsa, "\"alg\":\"HS256\"", BAD, "\"alg\":\"PS256\"" },
		{ &p256, "\"alg\":\"HS256\"", BAD, "\"alg\":\"ES256\"" },
		{ &ed25519, "\"alg\":\"HS512\"", BAD, "\"alg\":\"EdDSA\"" },
		{ &p256, "\"alg\":\"ES384\"", BAD, "\"alg\":\"ES256\"" },
		{ &p256, "\"alg\":\"ES256K\"", BAD, "\"alg\":\"ES256\"" },
		{ &secp256k1, "\"alg\":\"ES256\"", BAD, "\"alg\":\"ES256K\"" },
		{ &p384, "\"alg\":\"ES512\"", BAD, "\"alg\":\"ES384\"" },
		{ &p521, "\"alg\":\"ES256\"", BAD, "\"alg\":\"ES512\"" },
		{ &ed25519, "\"alg\":\"Ed448\"", BAD, "\"alg\":\"Ed25519\"" },
		{ &ed448, "\"alg\":\"Ed25519\"", BAD, "\"alg\":\"Ed448\"" },
		{ &p256, "\"alg\":\"RS256\"", BAD, "\"alg\":\"ES256\"" },
		{ &p256, "\"alg\":\"EdDSA\"", BAD, "\"alg\":\"ES256\"" },
		{ &ed25519, "\"alg\":\"ES256\"", BAD, "\"alg\":\"EdDSA\"" },
		/* No string. */
		{ &rsa, "\"alg\":null", BAD, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":[\"RS256\"]", BAD, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":256", BAD, "\"alg\":\"RS256\"" },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_jwk_03_use(void **state)
{
	static const struct pair pairs[] = {
		{ &rsa, "\"use\":\"enc\"", PASSED_OVER, "\"use\":\"sig\"" },
		{ &rsa, "\"use\":\"SIG\"", PASSED_OVER, "\"use\":\"sig\"" },
		{ &rsa, "\"use\":\"\"", PASSED_OVER, "" },
		{ &rsa, "\"use\":1", BAD, "\"use\":\"sig\"" },
		{ &rsa, "\"use\":null", BAD, "\"use\":\"sig\"" },
		{ &rsa, "\"use\":[\"sig\"]", BAD, "\"use\":\"sig\"" },
		{ &p256, "\"key_ops\":[\"sign\"]", PASSED_OVER,
		    "\"key_ops\":[\"sign\",\"verify\"]" },
		{ &p256, "\"key_ops\":[\"encrypt\"]", PASSED_OVER,
		    "\"key_ops\":[\"verify\"]" },
		{ &p256, "\"key_ops\":[\"Verify\"]", PASSED_OVER,
		    "\"key_ops\":[\"verify\"]" },
		{ &p256, "\"key_ops\":[]", PASSED_OVER,
		    "\"key_ops\":[\"x\",\"verify\"]" },
		{ &p256, "\"key_ops\":\"verify\"", BAD,
		    "\"key_ops\":[\"verify\"]" },
		{ &p256, "\"key_ops\":null", BAD, "" },
		{ &p256, "\"key_ops\":[\"verify\",1]", BAD,
		    "\"key_ops\":[\"verify\",\"1\"]" },
		/* RFC 7517 section 4.3: no duplicates. */
		{ &p256, "\"key_ops\":[\"verify\",\"verify\"]", BAD,
		    "\"key_ops\":[\"verify\",\"sign\"]" },
		{ &p256,
		    "\"key_ops\":[\"verify\",\"1\",\"2\",\"3\",\"4\",\"5\","
		    "\"6\",\"7\",\"8\",\"9\",\"a\",\"b\",\"c\",\"d\",\"e\","
		    "\"f\",\"0\"]",
		    BAD,
		    "\"key_ops\":[\"verify\",\"1\",\"2\",\"3\",\"4\",\"5\","
		    "\"6\",\"7\",\"8\",\"9\",\"a\",\"b\",\"c\",\"d\",\"e\","
		    "\"f\"]" },
		/* Both, and they contradict each other. */
		{ &rsa, "\"use\":\"sig\",\"key_ops\":[\"encrypt\"]", BAD,
		    "\"use\":\"sig\",\"key_ops\":[\"verify\"]" },
		{ &rsa, "\"use\":\"sig\",\"key_ops\":[\"verify\",\"wrapKey\"]",
		    BAD, "\"use\":\"sig\",\"key_ops\":[\"verify\",\"sign\"]" },
		{ &rsa, "\"use\":\"enc\",\"key_ops\":[\"verify\"]", BAD,
		    "\"use\":\"sig\",\"key_ops\":[\"verify\"]" },
		{ &rsa, "\"use\":\"enc\",\"key_ops\":[\"encrypt\"]",
		    PASSED_OVER, "\"use\":\"sig\",\"key_ops\":[\"verify\"]" },
		{ &rsa, "\"use\":\"sig\",\"key_ops\":[\"sign\"]", PASSED_OVER,
		    "\"use\":\"sig\",\"key_ops\":[\"verify\"]" },
	};

	(void)state;
	CHECK(pairs);
}

static void
test_jwk_13_private_members(void **state)
{
	static const struct pair pairs[] = {
		{ &rsa, "\"d\":\"AQAB\"", BAD, "\"D\":\"AQAB\"" },
		{ &rsa, "\"p\":\"AQAB\"", BAD, "\"pp\":\"AQAB\"" },
		{ &rsa, "\"q\":\"AQAB\"", BAD, "\"x5t\":\"AQAB\"" },
		{ &rsa, "\"dp\":\"AQAB\"", BAD, "" },
		{ &rsa, "\"dq\":\"AQAB\"", BAD, "" },
		{ &rsa, "\"qi\":\"AQAB\"", BAD, "" },
		{ &rsa, "\"oth\":[]", BAD, "" },
		{ &rsa, "\"k\":\"AQAB\"", BAD, "" },
		{ &rsa, "\"d\":null", BAD, "" },
		{ &p256, "\"d\":\"AQAB\"", BAD, "" },
		{ &ed25519, "\"d\":\"AQAB\"", BAD, "" },
		/* An alarm even where we should have passed over the key. */
		{ &rsa, "\"d\":\"AQAB\",\"use\":\"enc\"", BAD,
		    "\"use\":\"sig\"" },
		{ &rsa, "\"d\":\"AQAB\",\"alg\":\"RSA-OAEP\"", BAD,
		    "\"alg\":\"RS256\"" },
	};
	(void)state;
	CHECK(pairs);
	/* And of a curve that we do not know. */
	check_fate("X25519",
	    "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\","
	    "\"d\":\"AQAB\"}",
	    BAD);
	check_fate("X25519",
	    "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}", PASSED_OVER);
}

static void
test_jwk_12_passed_over(void **state)
{
	static const struct {
		const char *jwk;
		enum fate fate;
	} cases[] = {
		{ "{\"kty\":\"future\",\"d\":\"x\"}", PASSED_OVER },
		{ "{\"kty\":\"rsa\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
		    PASSED_OVER },
		{ "{\"kty\":\"\"}", PASSED_OVER },
		/* JWK-16: ML-DSA, which has a kty of its own. */
		{ "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\"}",
		    PASSED_OVER },
		{ "{\"kty\":\"OKP\",\"crv\":\"X448\",\"x\":\"AAAA\"}",
		    PASSED_OVER },
		{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}",
		    PASSED_OVER },
		{ "{\"kty\":\"EC\",\"crv\":\"secp256r1\",\"x\":\"AAAA\"}",
		    PASSED_OVER },
		{ "{\"kty\":\"EC\",\"crv\":\"p-256\",\"x\":\"AAAA\"}",
		    PASSED_OVER },
		/* No key at all. */
		{ "{}", BAD },
		{ "{\"kty\":1}", BAD },
		{ "{\"kty\":null}", BAD },
		{ "{\"kty\":\"EC\"}", BAD },
		{ "{\"kty\":\"OKP\",\"crv\":7}", BAD },
		{ "{\"kty\":\"RSA\"}", BAD },
		{ "[]", BAD },
		{ "\"RSA\"", BAD },
		{ "null", BAD },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_fate("alone", cases[i].jwk, cases[i].fate);
}

static void
test_kid(void **state)
{
	char longest[BA_KID_MAX + 32], longer[BA_KID_MAX + 32];
	const struct pair pairs[] = {
		{ &rsa, "\"kid\":1", BAD, "\"kid\":\"1\"" },
		{ &rsa, "\"kid\":null", BAD, "\"kid\":\"null\"" },
		{ &rsa, "\"kid\":[\"a\"]", BAD, "\"kid\":\"\"" },
		{ &rsa, longer, BAD, longest },
	};

	(void)state;
	(void)snprintf(
	    longest, sizeof(longest), "\"kid\":\"%0*d\"", BA_KID_MAX, 1);
	(void)snprintf(
	    longer, sizeof(longer), "\"kid\":\"%0*d\"", BA_KID_MAX + 1, 1);
	CHECK(pairs);
}

/* A member of base64url bytes inside of text. */
static char *
okp(const char *crv, const unsigned char *x, size_t n)
{
	char *b = ba_mint_b64(x, n), *s = NULL;

	assert_true(
	    asprintf(&s, "{\"kty\":\"OKP\",\"crv\":\"%s\",\"x\":\"%s\"}", crv,
		b) > 0);
	free(b);
	return s;
}

static char *
ec_on(const char *crv, const unsigned char *x, size_t xn,
    const unsigned char *y, size_t yn)
{
	char *a = ba_mint_b64(x, xn), *b = ba_mint_b64(y, yn), *s = NULL;

	assert_true(asprintf(&s,
			"{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\","
			"\"y\":\"%s\"}",
			crv, a, b) > 0);
	free(a);
	free(b);
	return s;
}

static char *
ec(const unsigned char *x, size_t xn, const unsigned char *y, size_t yn)
{
	return ec_on("P-256", x, xn, y, yn);
}

static char *
rsa_jwk(const unsigned char *n, size_t nn, const unsigned char *e, size_t en)
{
	char *a = ba_mint_b64(n, nn), *b = ba_mint_b64(e, en), *s = NULL;

	assert_true(asprintf(&s, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}",
			a, b) > 0);
	free(a);
	free(b);
	return s;
}

static void
check_free(const char *name, char *jwk, enum fate want)
{
	check_fate(name, jwk, want);
	free(jwk);
}

static void
test_jwk_14_ed25519_length(void **state)
{
	unsigned char x[33] = { 0 };

	(void)state;
	assert_int_equal(ba_mint_number(ed25519, "x", x, 32), 32);
	check_free("32", okp("Ed25519", x, 32), USED);
	check_free("31", okp("Ed25519", x, 31), BAD);
	check_free("33", okp("Ed25519", x, 33), BAD);
	check_free("0", okp("Ed25519", x, 0), BAD);
}

static void
test_jwk_14_ed448_length(void **state)
{
	unsigned char x[58] = { 0 };

	(void)state;
	assert_int_equal(ba_mint_number(ed448, "x", x, 57), 57);
	check_free("57", okp("Ed448", x, 57), USED);
	check_free("56", okp("Ed448", x, 56), BAD);
	check_free("58", okp("Ed448", x, 58), BAD);
	check_free("32", okp("Ed448", x, 32), BAD);
	check_free("57", okp("Ed25519", x, 57), BAD);
}

/* The point on each curve, and off it in each way; no curve for another's. */
static void
test_jwk_04_other_points(void **state)
{
	static const struct {
		struct ba_mint **key;
		const char *crv;
		size_t n;
	} curves[] = {
		{ &p256, "P-256", 32 },
		{ &p384, "P-384", 48 },
		{ &p521, "P-521", 66 },
		{ &secp256k1, "secp256k1", 32 },
	};
	unsigned char x[68] = { 0 }, y[68] = { 0 }, zero[66] = { 0 };
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		n = curves[i].n;
		memset(x, 0, sizeof(x));
		memset(y, 0, sizeof(y));
		assert_int_equal(
		    ba_mint_number(*curves[i].key, "x", x + 1, n), n);
		assert_int_equal(
		    ba_mint_number(*curves[i].key, "y", y + 1, n), n);
		for (j = 0; j < sizeof(curves) / sizeof(curves[0]); j++)
			check_free(curves[j].crv,
			    ec_on(curves[j].crv, x + 1, n, y + 1, n),
			    i == j ? USED : BAD);
		for (j = 0; j < 8 * n; j += 7) {
			y[1 + j / 8] ^= (unsigned char)(1 << j % 8);
			check_free("y changed",
			    ec_on(curves[i].crv, x + 1, n, y + 1, n), BAD);
			y[1 + j / 8] ^= (unsigned char)(1 << j % 8);
		}
		check_free(
		    "infinity", ec_on(curves[i].crv, zero, n, zero, n), BAD);
		check_free("x with a zero before",
		    ec_on(curves[i].crv, x, n + 1, y + 1, n), BAD);
		check_free("y with a zero before",
		    ec_on(curves[i].crv, x + 1, n, y, n + 1), BAD);
		check_free("x short",
		    ec_on(curves[i].crv, x + 1, n - 1, y + 1, n), BAD);
		check_free("y short",
		    ec_on(curves[i].crv, x + 1, n, y + 1, n - 1), BAD);
		check_free("shifted",
		    ec_on(curves[i].crv, x + 1, n - 1, y, n + 1), BAD);
	}
}

static void
test_jwk_04_p256_point(void **state)
{
	unsigned char x[34], y[34], zero[32] = { 0 };
	size_t i;

	(void)state;
	memset(x, 0, sizeof(x));
	memset(y, 0, sizeof(y));
	assert_int_equal(ba_mint_number(p256, "x", x + 1, 32), 32);
	assert_int_equal(ba_mint_number(p256, "y", y + 1, 32), 32);
	check_free("on the curve", ec(x + 1, 32, y + 1, 32), USED);
	/* Any bit of y gives another y, and no point. */
	for (i = 0; i < 256; i++) {
		y[1 + i / 8] ^= (unsigned char)(1 << i % 8);
		check_free("y changed", ec(x + 1, 32, y + 1, 32), BAD);
		y[1 + i / 8] ^= (unsigned char)(1 << i % 8);
	}
	check_free("turned", ec(y + 1, 32, x + 1, 32), BAD);
	check_free("infinity", ec(zero, 32, zero, 32), BAD);
	check_free("x with a zero before", ec(x, 33, y + 1, 32), BAD);
	check_free("y with a zero before", ec(x + 1, 32, y, 33), BAD);
	check_free("x with a zero behind", ec(x + 1, 33, y + 1, 32), BAD);
	check_free("x short", ec(x + 1, 31, y + 1, 32), BAD);
	check_free("y short", ec(x + 1, 32, y + 1, 31), BAD);
	check_free("no x", ec(x + 1, 0, y + 1, 32), BAD);
	check_free("shifted", ec(x + 1, 31, y, 33), BAD);
}

/* A coordinate that ends in a zero is none without it. */
static void
test_jwk_04_cut_coordinate(void **state)
{
	unsigned char x[32], y[32];
	struct ba_mint *m;
	unsigned seen = 0;

	(void)state;
	while (seen != 3) {
		m = ba_mint_new(BA_MINT_P256, NULL, NULL);
		assert_int_equal(ba_mint_number(m, "x", x, 32), 32);
		assert_int_equal(ba_mint_number(m, "y", y, 32), 32);
		ba_mint_free(m);
		if (x[31] != 0 && y[31] != 0)
			continue;
		seen |= (x[31] == 0 ? 1u : 0) | (y[31] == 0 ? 2u : 0);
		check_free("whole", ec(x, 32, y, 32), USED);
		check_free("x cut", ec(x, 31, y, 32), BAD);
		check_free("y cut", ec(x, 32, y, 31), BAD);
	}
}

/*
 * The point with x = 0 is on P-256, and p is another way to write 0: a
 * coordinate that is not reduced is a second spelling.
 */
static void
test_jwk_04_p256_not_reduced(void **state)
{
	static const char p_hex[] =
	    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
	static const char b_hex[] =
	    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b";
	unsigned char x[32] = { 0 }, y[32];
	BIGNUM *p = NULL, *b = NULL;
	BN_CTX *ctx = BN_CTX_new();

	(void)state;
	assert_true(BN_hex2bn(&p, p_hex) > 0 && BN_hex2bn(&b, b_hex) > 0);
	assert_non_null(BN_mod_sqrt(b, b, p, ctx));
	assert_int_equal(BN_bn2binpad(b, y, 32), 32);
	check_free("x = 0", ec(x, 32, y, 32), USED);
	check_free("no x", ec(x, 0, y, 32), BAD);
	check_free("x = 0 in 31 bytes", ec(x, 31, y, 32), BAD);
	assert_int_equal(BN_bn2binpad(p, x, 32), 32);
	check_free("x = p", ec(x, 32, y, 32), BAD);
	memset(x, 0xff, 32);
	check_free("x = 2^256 - 1", ec(x, 32, y, 32), BAD);
	BN_free(p);
	BN_free(b);
	BN_CTX_free(ctx);
}

/* An odd number of so many bits; its length in bytes. */
static size_t
modulus(unsigned char *n, size_t bits)
{
	size_t len = (bits + 7) / 8;

	memset(n, 0xa5, len);
	n[0] = (unsigned char)(1 << (bits - 1) % 8);
	n[len - 1] |= 1;
	return len;
}

static void
test_jwk_06_rsa_modulus(void **state)
{
	static const struct {
		size_t bits;
		enum fate fate;
	} cases[] = {
		{ 512, BAD },
		{ 1024, BAD },
		{ 2040, BAD },
		{ 2047, BAD },
		{ 2048, USED },
		{ 2049, USED },
		{ 4096, USED },
		{ 16383, USED },
		{ 16384, USED },
		{ 16385, BAD },
		{ 16392, BAD },
		{ 32768, BAD },
	};
	static const unsigned char e[] = { 1, 0, 1 };
	unsigned char n[4097];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = modulus(n, cases[i].bits);
		check_free(
		    "bits", rsa_jwk(n, len, e, sizeof(e)), cases[i].fate);
	}
	len = modulus(n, 2048);
	n[len - 1] &= 0xfe;
	check_free("even", rsa_jwk(n, len, e, sizeof(e)), BAD);
	/* RFC 7518 section 6.3.1.1: no extra octet. */
	n[0] = 0;
	(void)modulus(n + 1, 2048);
	check_free("zero before", rsa_jwk(n, 257, e, sizeof(e)), BAD);
	check_free("twin", rsa_jwk(n + 1, 256, e, sizeof(e)), USED);
	check_free("empty", rsa_jwk(n, 0, e, sizeof(e)), BAD);
	memset(n, 0, sizeof(n));
	check_free("all zero", rsa_jwk(n, 256, e, sizeof(e)), BAD);
}

/* A modulus of 2048 bits as the broken generator made them (roca.c). */
static size_t
roca_modulus(unsigned char *n)
{
	BIGNUM *m = BN_new(), *g = BN_new(), *e = BN_new(), *f[2];
	BN_CTX *ctx = BN_CTX_new();
	size_t i, len;
	unsigned p, d;

	/* M: the product of the 126 primes up to 701. */
	assert_int_equal(BN_one(m), 1);
	for (p = 2; p <= 701; p++) {
		for (d = 2; d < p && p % d != 0; d++)
			;
		if (d == p)
			assert_int_equal(BN_mul_word(m, p), 1);
	}
	for (i = 0; i < 2; i++) {
		f[i] = BN_new();
		assert_true(BN_set_word(g, 65537) == 1 &&
			    BN_set_word(e, 4711 + i) == 1 &&
			    BN_mod_exp(g, g, e, m, ctx) == 1);
		/* Each of 1024 bits, the first two of which are ones. */
		assert_true(BN_set_bit(f[i], 1024) == 1 &&
			    BN_sub_word(f[i], i + 1) == 1 &&
			    BN_div(f[i], NULL, f[i], m, ctx) == 1 &&
			    BN_sub_word(f[i], 1) == 1 &&
			    BN_mul(f[i], f[i], m, ctx) == 1 &&
			    BN_add(f[i], f[i], g) == 1);
	}
	assert_int_equal(BN_mul(m, f[0], f[1], ctx), 1);
	assert_int_equal(BN_num_bits(m), 2048);
	len = (size_t)BN_bn2bin(m, n);
	BN_free(f[0]);
	BN_free(f[1]);
	BN_free(m);
	BN_free(g);
	BN_free(e);
	BN_CTX_free(ctx);
	return len;
}

static void
test_jwk_07_roca(void **state)
{
	static const unsigned char e[] = { 1, 0, 1 };
	unsigned char n[256];
	size_t len = roca_modulus(n);

	(void)state;
	check_free("fingerprint", rsa_jwk(n, len, e, sizeof(e)), BAD);
	n[len - 1] ^= 2;
	check_free("twin", rsa_jwk(n, len, e, sizeof(e)), USED);
}

static void
test_jwk_06_rsa_exponent(void **state)
{
	static const struct {
		unsigned char e[10];
		size_t len;
		enum fate fate;
	} cases[] = {
		{ { 0 }, 0, BAD },
		{ { 0 }, 1, BAD },
		{ { 1 }, 1, BAD },
		{ { 2 }, 1, BAD },
		{ { 3 }, 1, USED },
		{ { 4 }, 1, BAD },
		{ { 17 }, 1, USED },
		{ { 1, 0, 0 }, 3, BAD },
		{ { 1, 0, 1 }, 3, USED },
		{ { 0, 1, 0, 1 }, 4, BAD },
		{ { 0xff, 1, 1, 1, 1, 1, 1, 1 }, 8, USED },
		{ { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 9, BAD },
	};
	unsigned char n[256];
	size_t i, len = modulus(n, 2048);

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_free("e", rsa_jwk(n, len, cases[i].e, cases[i].len),
		    cases[i].fate);
}

/* Numbers that are not canonical base64url, in each place for one. */
static void
test_numbers_encoded(void **state)
{
	static const struct {
		struct ba_mint **key;
		const char *name;
	} numbers[] = {
		{ &rsa, "n" },
		{ &rsa, "e" },
		{ &p256, "x" },
		{ &p256, "y" },
		{ &ed25519, "x" },
	};
	static const char *const spoil[] = { "%s=", "%s\\n", " %s", "%s+",
		"%.5s/", "" };
	char *jwk, *text, value[512], bad[600];
	size_t i, j;
	json_t *o;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		jwk = ba_mint_jwk(*numbers[i].key, "");
		check_fate("good", jwk, USED);
		o = json_loads(jwk, 0, NULL);
		(void)snprintf(value, sizeof(value), "%s",
		    json_string_value(json_object_get(o, numbers[i].name)));
		for (j = 0; j < sizeof(spoil) / sizeof(spoil[0]); j++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(bad, sizeof(bad), spoil[j], value);
#pragma GCC diagnostic pop
			json_object_set_new(
			    o, numbers[i].name, json_string(bad));
			text = json_dumps(o, 0);
			check_fate(spoil[j], text, BAD);
			free(text);
		}
		json_object_set_new(o, numbers[i].name, json_integer(3));
		text = json_dumps(o, 0);
		check_fate("number", text, BAD);
		free(text);
		json_object_del(o, numbers[i].name);
		text = json_dumps(o, 0);
		check_fate("missing", text, BAD);
		free(text);
		json_decref(o);
		free(jwk);
	}
}

static void
check_set(const char *text, int want, size_t want_bad)
{
	struct ba_jwks *set = (struct ba_jwks *)(uintptr_t)1;
	size_t bad = 77;
	int r = parse(text, &set, &bad);

	if (r != want || bad != want_bad)
		fail_msg("%.200s: %d, %zu bad", text, r, bad);
	if (r != BA_OK)
		assert_null(set);
	ba_jwks_free(set);
	/* And without asking for the bad ones. */
	assert_int_equal(parse(text, &set, NULL), want);
	ba_jwks_free(set);
}

static void
test_set_shape(void **state)
{
	char *good = ba_mint_jwks_of(anchor), *jwk = ba_mint_jwk(anchor, NULL);
	char *text = NULL;

	(void)state;
	check_set(good, BA_OK, 0);
	check_set("", BA_ERR_JWKS, 0);
	check_set("{}", BA_ERR_JWKS, 0);
	check_set("[]", BA_ERR_JWKS, 0);
	check_set("{\"keys\":{}}", BA_ERR_JWKS, 0);
	check_set("{\"keys\":null}", BA_ERR_JWKS, 0);
	check_set("{\"Keys\":[]}", BA_ERR_JWKS, 0);
	check_set("{\"keys\":[]}", BA_ERR_JWKS, 0);
	check_set("{\"keys\":[{\"kty\":\"oct\"},{\"kty\":\"x\"},{}]}",
	    BA_ERR_JWKS, 2);
	check_set(jwk, BA_ERR_JWKS, 0); /* a key is no set */
	assert_true(asprintf(&text, "{\"keys\":[%s],\"keys\":[]}", jwk) > 0);
	check_set(text, BA_ERR_JWKS, 0);
	free(text);
	assert_true(asprintf(&text, "{\"keys\":[%s],\"more\":[]}", jwk) > 0);
	check_set(text, BA_OK, 0);
	free(text);
	assert_true(asprintf(&text, "%s,", good) > 0);
	check_set(text, BA_ERR_JWKS, 0);
	free(text);
	free(jwk);
	free(good);
}

/* n times a member; the last is a good key. */
static char *
many(size_t n, const char *member)
{
	char *good = ba_mint_jwk(anchor, NULL), *s;
	const char **list = calloc(n, sizeof(*list));
	size_t i;

	assert_non_null(list);
	for (i = 0; i + 1 < n; i++)
		list[i] = member;
	list[n - 1] = good;
	s = ba_mint_jwks(list, n);
	free(list);
	free(good);
	return s;
}

static void
test_set_bounds(void **state)
{
	char *jwk = ba_mint_jwk(p256, ""), *text, *padded;
	size_t n;

	(void)state;
	text = many(BA_JWKS_KEYS_MAX, jwk);
	check_set(text, BA_OK, 0);
	free(text);
	text = many(BA_JWKS_KEYS_MAX + 1, jwk);
	check_set(text, BA_ERR_JWKS, 0);
	free(text);
	text = many(1024, "{}");
	check_set(text, BA_OK, 1023);
	free(text);
	text = many(1025, "{}");
	check_set(text, BA_ERR_JWKS, 0);
	free(text);

	text = many(1, NULL);
	n = strlen(text);
	padded = malloc(BA_JWKS_BYTES_MAX + 2);
	assert_non_null(padded);
	memset(padded, ' ', BA_JWKS_BYTES_MAX + 1);
	memcpy(padded, text, n);
	padded[BA_JWKS_BYTES_MAX + 1] = '\0';
	check_set(padded, BA_ERR_JWKS, 0);
	padded[BA_JWKS_BYTES_MAX] = '\0';
	check_set(padded, BA_OK, 0);
	free(padded);
	free(text);
	free(jwk);
}

static void
check_two(struct ba_mint *a, const char *more_a, struct ba_mint *b,
    const char *more_b, int want)
{
	char *one = ba_mint_jwk(a, more_a), *two = ba_mint_jwk(b, more_b);
	const char *both[] = { one, two };
	char *text = ba_mint_jwks(both, 2);

	check_set(text, want, 0);
	free(text);
	free(one);
	free(two);
}

/* Each is compared with every one before it; a good one behind mends nothing. */
static void
test_jwk_11_duplicate_of_any(void **state)
{
	struct ba_mint *other = ba_mint_new(BA_MINT_P256, NULL, NULL);
	char *jwk[5] = { ba_mint_jwk(p256, "\"kid\":\"a\""),
		ba_mint_jwk(p256, "\"kid\":\"b\""),
		ba_mint_jwk(p256, "\"kid\":\"c\""), NULL,
		ba_mint_jwk(p256, "\"kid\":\"e\"") };
	const char *kids[] = { "\"kid\":\"a\"", "\"kid\":\"b\"",
		"\"kid\":\"c\"", "\"kid\":\"d\"" };
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		jwk[3] = ba_mint_jwk(other, kids[i]);
		text = ba_mint_jwks((const char *const *)jwk, 4);
		check_set(text, i < 3 ? BA_ERR_JWKS : BA_OK, 0);
		free(text);
		text = ba_mint_jwks((const char *const *)jwk, 5);
		check_set(text, i < 3 ? BA_ERR_JWKS : BA_OK, 0);
		free(text);
		free(jwk[3]);
	}
	jwk[3] = NULL;
	for (i = 0; i < 5; i++)
		free(jwk[i]);
	ba_mint_free(other);
}

static void
test_jwk_11_duplicate_kid(void **state)
{
	struct ba_mint *other = ba_mint_new(BA_MINT_P256, NULL, NULL);

	(void)state;
	check_two(p256, "\"kid\":\"a\"", other, "\"kid\":\"a\"", BA_ERR_JWKS);
	check_two(p256, "\"kid\":\"a\"", other, "\"kid\":\"A\"", BA_OK);
	check_two(p256, "\"kid\":\"a\"", p256, "\"kid\":\"a\"", BA_ERR_JWKS);
	check_two(p256, "\"kid\":\"\"", other, "\"kid\":\"\"", BA_ERR_JWKS);
	/* Without kid there is nothing to confuse: each is tried. */
	check_two(p256, "", other, "", BA_OK);
	check_two(p256, "\"kid\":\"a\"", other, "", BA_OK);
	/* Resolved by what they serve. */
	check_two(p256, "\"kid\":\"a\"", rsa, "\"kid\":\"a\"", BA_OK);
	check_two(rsa, "\"kid\":\"a\",\"alg\":\"RS256\"", rsa,
	    "\"kid\":\"a\",\"alg\":\"PS256\"", BA_OK);
	check_two(rsa, "\"kid\":\"a\",\"alg\":\"RS256\"", rsa, "\"kid\":\"a\"",
	    BA_ERR_JWKS);
	/* One of the two is not for us. */
	check_two(p256, "\"kid\":\"a\"", other, "\"kid\":\"a\",\"use\":\"enc\"",
	    BA_OK);
	ba_mint_free(other);
}

/* JWK-11, JWK-13: what stands beside a secret is not used either. */
static void
test_jwk_11_published_secret(void **state)
{
	static const char *const secrets[] = {
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{\"kty\":\"oct\"}",
		"{\"kty\":\"oct\",\"use\":\"enc\",\"alg\":\"A128KW\"}",
		"{\"kty\":\"\\u006fct\",\"use\":\"enc\"}",
		/* Long enough for HS256. */
		"{\"kty\":\"oct\",\"alg\":\"HS256\",\"kid\":\"s\","
		"\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
	};
	char *good = ba_mint_jwk(anchor, NULL), *text;
	const char *set[3];
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		for (at = 0; at < 3; at++) {
			/* Passed over, and no alarm. */
			set[0] = set[1] = set[2] = "{\"kty\":\"future\"}";
			set[(at + 1) % 3] = good;
			text = ba_mint_jwks(set, 3);
			check_set(text, BA_OK, 0);
			free(text);
			set[at] = secrets[i];
			text = ba_mint_jwks(set, 3);
			check_set(text, BA_ERR_JWKS, 1);
			free(text);
		}
		/* Alone, and as a JWK without a set. */
		text = ba_mint_jwks(&secrets[i], 1);
		check_set(text, BA_ERR_JWKS, 1);
		free(text);
		check_set(secrets[i], BA_ERR_JWKS, 0);
	}
	/* Whatever stands behind it is told as well. */
	set[0] = secrets[0];
	set[1] = "{}";
	set[2] = good;
	text = ba_mint_jwks(set, 3);
	check_set(text, BA_ERR_JWKS, 2);
	free(text);
	free(good);
}

static int
symmetric(const char *text, struct ba_jwks **setp)
{
	int r;

	*setp = (struct ba_jwks *)(uintptr_t)1;
	r = ba_jwks_parse_symmetric(text, strlen(text), setp);
	assert_true((r == BA_OK) == (*setp != NULL));
	assert_int_equal(ERR_peek_error(), 0);
	return r;
}

/* Frees text. */
static void
check_symmetric(char *text, int want, size_t keys, unsigned algs)
{
	struct ba_jwks *set, *public;
	int r = symmetric(text, &set);

	if (r != want)
		fail_msg("%s: %d, not %d", text, r, want);
	assert_int_equal(ba_jwks_count(set), keys);
	assert_int_equal(served(set), algs);
	ba_jwks_free(set);
	/* And from the issuer it is never taken. */
	assert_int_equal(parse(text, &public, NULL), BA_ERR_JWKS);
	free(text);
}

/* A JWK of a secret of n bytes and more members; all of them text of ours. */
static char *
oct(size_t n, unsigned char first, const char *more)
{
	unsigned char b[BA_SECRET_MAX + 1];
	struct ba_mint *m;
	char *s;

	memset(b, 7, sizeof(b));
	b[0] = first;
	m = ba_mint_secret(b, n, NULL, NULL);
	s = ba_mint_jwk(m, more);
	ba_mint_free(m);
	return s;
}

/* A set of two; frees both. */
static char *
two(char *a, char *b)
{
	const char *both[] = { a, b };
	char *s = ba_mint_jwks(both, 2);

	free(a);
	free(b);
	return s;
}

static char *
one(char *a)
{
	const char *only = a;
	char *s = ba_mint_jwks(&only, 1);

	free(a);
	return s;
}

static void
test_jwk_09_symmetric_lengths(void **state)
{
	static const struct {
		size_t n;
		const char *more;
		int r;
		unsigned algs;
	} cases[] = {
		{ 0, "", BA_ERR_JWKS, 0 },
		{ 31, "", BA_ERR_JWKS, 0 },
		{ 32, "", BA_OK, BA_ALG_HS256 },
		{ 47, "", BA_OK, BA_ALG_HS256 },
		{ 48, "", BA_OK, BA_ALG_HS256 | BA_ALG_HS384 },
		{ 64, "", BA_OK, BA_ALG_SYMMETRIC },
		{ BA_SECRET_MAX, "", BA_OK, BA_ALG_SYMMETRIC },
		{ BA_SECRET_MAX + 1, "", BA_ERR_JWKS, 0 },
		{ 31, "\"alg\":\"HS256\"", BA_ERR_JWKS, 0 },
		{ 32, "\"alg\":\"HS256\"", BA_OK, BA_ALG_HS256 },
		{ 47, "\"alg\":\"HS384\"", BA_ERR_JWKS, 0 },
		{ 48, "\"alg\":\"HS384\"", BA_OK, BA_ALG_HS384 },
		{ 63, "\"alg\":\"HS512\"", BA_ERR_JWKS, 0 },
		{ 64, "\"alg\":\"HS512\"", BA_OK, BA_ALG_HS512 },
		{ 64, "\"alg\":\"HS256\"", BA_OK, BA_ALG_HS256 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		check_symmetric(oct(cases[i].n, 1, cases[i].more), cases[i].r,
		    cases[i].r == BA_OK, cases[i].algs);
		check_symmetric(one(oct(cases[i].n, 1, cases[i].more)),
		    cases[i].r, cases[i].r == BA_OK, cases[i].algs);
		/* One that is not good spoils the other. */
		check_symmetric(two(oct(64, 2, "\"kid\":\"good\""),
				    oct(cases[i].n, 1, cases[i].more)),
		    cases[i].r, cases[i].r == BA_OK ? 2 : 0,
		    cases[i].r == BA_OK ? BA_ALG_SYMMETRIC : 0);
	}
}

static void
test_jwk_03_symmetric_members(void **state)
{
	static const struct {
		const char *off;
		const char *good;
	} pairs[] = {
		{ "\"use\":\"enc\"", "\"use\":\"sig\"" },
		{ "\"use\":1", "" },
		{ "\"key_ops\":[\"sign\"]", "\"key_ops\":[\"verify\"]" },
		{ "\"use\":\"sig\",\"key_ops\":[\"verify\",\"encrypt\"]",
		    "\"use\":\"sig\",\"key_ops\":[\"verify\",\"sign\"]" },
		{ "\"alg\":\"RS256\"", "\"alg\":\"HS256\"" },
		{ "\"alg\":\"none\"", "\"alg\":\"HS384\"" },
		{ "\"alg\":\"A256GCM\"", "\"alg\":\"HS512\"" },
		{ "\"alg\":null", "\"alg\":\"HS512\"" },
		{ "\"kid\":null", "\"kid\":\"null\"" },
	};
	struct ba_jwks *set;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		check_symmetric(oct(64, 1, pairs[i].off), BA_ERR_JWKS, 0, 0);
		text = oct(64, 1, pairs[i].good);
		assert_int_equal(symmetric(text, &set), BA_OK);
		ba_jwks_free(set);
		free(text);
		check_symmetric(two(oct(64, 2, ""), oct(64, 1, pairs[i].off)),
		    BA_ERR_JWKS, 0, 0);
	}
}

/* JWK-11: a public key has no place there, whichever comes first. */
static void
test_jwk_11_symmetric_mixed(void **state)
{
	(void)state;
	check_symmetric(
	    two(oct(64, 1, ""), oct(64, 2, "")), BA_OK, 2, BA_ALG_SYMMETRIC);
	check_symmetric(
	    two(oct(64, 1, ""), ba_mint_jwk(rsa, "")), BA_ERR_JWKS, 0, 0);
	check_symmetric(
	    two(ba_mint_jwk(p256, ""), oct(64, 1, "")), BA_ERR_JWKS, 0, 0);
	check_symmetric(two(oct(64, 1, ""), strdup("{\"kty\":\"future\"}")),
	    BA_ERR_JWKS, 0, 0);
	check_symmetric(two(oct(64, 1, ""), strdup("{}")), BA_ERR_JWKS, 0, 0);
	check_symmetric(two(oct(64, 1, ""), strdup("1")), BA_ERR_JWKS, 0, 0);
	/* V05: nor alone, as one key. */
	check_symmetric(ba_mint_jwk(rsa, ""), BA_ERR_JWKS, 0, 0);
	check_symmetric(ba_mint_jwk(ed25519, ""), BA_ERR_JWKS, 0, 0);
}

static void
test_symmetric_duplicate_kid(void **state)
{
	(void)state;
	check_symmetric(
	    two(oct(64, 1, "\"kid\":\"a\""), oct(64, 2, "\"kid\":\"a\"")),
	    BA_ERR_JWKS, 0, 0);
	check_symmetric(
	    two(oct(64, 1, "\"kid\":\"a\""), oct(64, 2, "\"kid\":\"b\"")),
	    BA_OK, 2, BA_ALG_SYMMETRIC);
	/* Resolved by what they serve: by alg, or by their lengths. */
	check_symmetric(two(oct(64, 1, "\"kid\":\"a\",\"alg\":\"HS256\""),
			    oct(64, 2, "\"kid\":\"a\",\"alg\":\"HS512\"")),
	    BA_OK, 2, BA_ALG_HS256 | BA_ALG_HS512);
	check_symmetric(two(oct(32, 1, "\"kid\":\"a\""),
			    oct(64, 2, "\"kid\":\"a\",\"alg\":\"HS512\"")),
	    BA_OK, 2, BA_ALG_HS256 | BA_ALG_HS512);
	check_symmetric(two(oct(64, 1, "\"kid\":\"a\""),
			    oct(64, 2, "\"kid\":\"a\",\"alg\":\"HS512\"")),
	    BA_ERR_JWKS, 0, 0);
}

static void
test_symmetric_shape(void **state)
{
	static const char *const bad[] = { "", "{}", "[]", "null", "secret",
		"{\"keys\":[]}", "{\"keys\":{}}", "{\"keys\":null}",
		"{\"Keys\":[]}" };
	char *jwk = oct(64, 1, "\"kid\":\"a\""), *text = NULL;
	struct ba_jwks *set;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(symmetric(bad[i], &set), BA_ERR_JWKS);
	assert_true(asprintf(&text, "{\"keys\":%s}", jwk) > 0);
	assert_int_equal(symmetric(text, &set), BA_ERR_JWKS);
	free(text);
	assert_true(asprintf(&text, "[%s]", jwk) > 0);
	assert_int_equal(symmetric(text, &set), BA_ERR_JWKS);
	free(text);
	assert_true(asprintf(&text, "%s%s", jwk, jwk) > 0);
	assert_int_equal(symmetric(text, &set), BA_ERR_JWKS);
	free(text);
	assert_true(asprintf(&text, "{\"keys\":[%s],\"more\":1}", jwk) > 0);
	assert_int_equal(symmetric(text, &set), BA_OK);
	ba_jwks_free(set);
	free(text);
	/* A set, or a key? */
	assert_true(
	    asprintf(&text, "{\"keys\":[%s],\"kty\":\"oct\",\"k\":\"AA\"}",
		jwk) > 0);
	assert_int_equal(symmetric(text, &set), BA_ERR_JWKS);
	free(text);
	free(jwk);
}

static void
test_symmetric_bounds(void **state)
{
	char *jwk = oct(64, 1, ""), *text, *padded;
	const char *list[BA_JWKS_KEYS_MAX + 1];
	struct ba_jwks *set;
	size_t i;

	(void)state;
	for (i = 0; i <= BA_JWKS_KEYS_MAX; i++)
		list[i] = jwk;
	text = ba_mint_jwks(list, BA_JWKS_KEYS_MAX);
	assert_int_equal(symmetric(text, &set), BA_OK);
	assert_int_equal(ba_jwks_count(set), BA_JWKS_KEYS_MAX);
	ba_jwks_free(set);
	free(text);
	text = ba_mint_jwks(list, BA_JWKS_KEYS_MAX + 1);
	assert_int_equal(symmetric(text, &set), BA_ERR_JWKS);
	free(text);

	padded = malloc(BA_JWKS_BYTES_MAX + 2);
	assert_non_null(padded);
	memset(padded, ' ', BA_JWKS_BYTES_MAX + 1);
	memcpy(padded, jwk, strlen(jwk));
	padded[BA_JWKS_BYTES_MAX + 1] = '\0';
	assert_int_equal(symmetric(padded, &set), BA_ERR_JWKS);
	padded[BA_JWKS_BYTES_MAX] = '\0';
	assert_int_equal(symmetric(padded, &set), BA_OK);
	ba_jwks_free(set);
	free(padded);
	free(jwk);
}

/* V04: a secret is found by kid and alg as any key is, and by no other alg. */
static void
test_v04_symmetric_next(void **state)
{
	char *text = two(oct(64, 1, "\"kid\":\"a\",\"alg\":\"HS256\""),
	    oct(64, 2, "\"kid\":\"b\""));
	const struct ba_jwk *key;
	struct ba_jwks *set;
	size_t iter = 0;

	(void)state;
	assert_int_equal(symmetric(text, &set), BA_OK);
	key = ba_jwks_next(set, "a", BA_ALG_HS256, &iter);
	assert_non_null(key);
	assert_null(ba_jwk_pkey(key));
	assert_string_equal(ba_jwk_thumbprint(key), "");
	assert_false(ba_jwk_serves(key, BA_ALG_ASYMMETRIC));
	assert_false(ba_jwk_serves(key, BA_ALG_HS512));
	assert_null(ba_jwks_next(set, "a", BA_ALG_HS256, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, "a", BA_ALG_HS384, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, "", BA_ALG_HS256, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, NULL, BA_ALG_ASYMMETRIC, &iter));
	iter = 0;
	assert_non_null(ba_jwks_next(set, NULL, BA_ALG_HS512, &iter));
	assert_null(ba_jwks_next(set, NULL, BA_ALG_HS512, &iter));
	ba_jwks_free(set);
	free(text);
}

/* Each key has its own, by its numbers alone. */
static void
test_thp_01_of_the_set(void **state)
{
	char *text = two(ba_mint_jwk(p256, "\"kid\":\"a\",\"alg\":\"ES256\""),
	    ba_mint_jwk(ed25519, "\"kid\":\"b\""));
	char *again = two(ba_mint_jwk(p256, "\"kid\":\"c\""),
	    ba_mint_jwk(ed448, "\"kid\":\"d\""));
	struct ba_jwks *set, *other;
	const char *a, *b, *c, *d;
	size_t iter = 0;

	(void)state;
	assert_int_equal(parse(text, &set, NULL), BA_OK);
	assert_int_equal(parse(again, &other, NULL), BA_OK);
	a = ba_jwk_thumbprint(ba_jwks_next(set, "a", BA_ALG_ALL, &iter));
	b = ba_jwk_thumbprint(ba_jwks_next(set, "b", BA_ALG_ALL, &iter));
	iter = 0;
	c = ba_jwk_thumbprint(ba_jwks_next(other, "c", BA_ALG_ALL, &iter));
	d = ba_jwk_thumbprint(ba_jwks_next(other, "d", BA_ALG_ALL, &iter));
	assert_int_equal(strlen(a), BA_THUMBPRINT_SIZE - 1);
	assert_string_equal(a, c);
	assert_string_not_equal(a, b);
	assert_string_not_equal(b, d);
	ba_jwks_free(set);
	ba_jwks_free(other);
	free(text);
	free(again);
}

static void
test_next(void **state)
{
	char *a = ba_mint_jwk(p256, "\"kid\":\"a\""),
	     *b = ba_mint_jwk(rsa, "\"kid\":\"a\",\"alg\":\"RS256\""),
	     *c = ba_mint_jwk(rsa, "\"kid\":\"c\",\"alg\":\"PS256\""),
	     *d = ba_mint_jwk(rsa, "");
	const char *all[] = { a, b, c, d };
	char *text = ba_mint_jwks(all, 4);
	const struct ba_jwk *key[3];
	struct ba_jwks *set;
	size_t iter = 0;

	(void)state;
	assert_int_equal(parse(text, &set, NULL), BA_OK);
	assert_int_equal(ba_jwks_count(set), 4);
	key[0] = ba_jwks_next(set, NULL, BA_ALG_RS256, &iter);
	key[1] = ba_jwks_next(set, NULL, BA_ALG_RS256, &iter);
	key[2] = ba_jwks_next(set, NULL, BA_ALG_RS256, &iter);
	assert_non_null(key[0]);
	assert_non_null(key[1]);
	assert_null(key[2]);
	assert_ptr_not_equal(key[0], key[1]);
	assert_true(ba_jwk_serves(key[0], BA_ALG_RS256));
	assert_false(ba_jwk_serves(key[0], BA_ALG_PS256));
	assert_true(ba_jwk_serves(key[1], BA_ALG_PS256));
	assert_false(ba_jwk_serves(key[1], BA_ALG_ES256));
	assert_non_null(ba_jwk_pkey(key[0]));
	assert_null(ba_jwks_next(set, NULL, BA_ALG_RS256, &iter));

	iter = 0;
	assert_ptr_equal(ba_jwks_next(set, "a", BA_ALG_RS256, &iter), key[0]);
	assert_null(ba_jwks_next(set, "a", BA_ALG_RS256, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, "c", BA_ALG_RS256, &iter));
	iter = 0;
	assert_non_null(ba_jwks_next(set, "c", BA_ALG_PS256, &iter));
	/* A kid is asked for: a key without one is not meant. */
	iter = 0;
	assert_null(ba_jwks_next(set, "", BA_ALG_RS256, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, "a\xc3\xa9", BA_ALG_ES256, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, "A", BA_ALG_ES256, &iter));
	iter = 0;
	assert_null(ba_jwks_next(set, NULL, BA_ALG_EDDSA, &iter));
	iter = 0;
	assert_null(ba_jwks_next(NULL, NULL, BA_ALG_RS256, &iter));
	assert_int_equal(ba_jwks_count(NULL), 0);
	ba_jwks_free(set);
	ba_jwks_free(NULL);
	free(text);
	free(a);
	free(b);
	free(c);
	free(d);
}

static int
parse_any(const char *text, bool is_secret, struct ba_jwks **setp)
{
	return is_secret ? ba_jwks_parse_symmetric(text, strlen(text), setp)
			 : parse(text, setp, NULL);
}

/* The error with allocation n failed. */
static int
starve(const char *text, bool is_secret, long n)
{
	struct ba_jwks *set;
	int r;

	allocations_left = n;
	r = parse_any(text, is_secret, &set);
	allocations_left = -1;
	assert_true((r == BA_OK) == (set != NULL));
	assert_int_equal(ERR_peek_error(), 0);
	if (r == BA_OK)
		assert_int_equal(ba_jwks_count(set), 1);
	ba_jwks_free(set);
	return r;
}

/* Every allocation, alone and with all behind it. */
static void
test_memory(void **state)
{
	struct ba_mint **keys[] = { &rsa, &p256, &ed25519, &secret };
	size_t i, nomem;
	char *text;
	long n;
	int r;

	(void)state;
	json_set_alloc_funcs(json_malloc, free);
	for (i = 0; i < 8; i++) {
		text = one(ba_mint_jwk(*keys[i % 4], "\"kid\":\"a\""));
		once = i >= 4;
		nomem = 0;
		for (n = 0; n < 500; n++) {
			r = starve(text, i % 4 == 3, n);
			/* OpenSSL may say that the key is bad. */
			assert_true(r == BA_OK || r == BA_ERR_NOMEM ||
				    r == BA_ERR_JWKS || r == BA_ERR_CRYPTO);
			nomem += r == BA_ERR_NOMEM;
			if (r == BA_OK && !once)
				break;
		}
		assert_int_equal(r, BA_OK);
		assert_true(nomem > (once ? 3 : (size_t)n / 3));
		free(text);
	}
	once = false;
	json_set_alloc_funcs(__real_malloc, free);
}

/* Where it is ours, there is no doubt whose fault it was. */
static void
test_memory_of_ours(void **state)
{
	struct ba_mint **keys[] = { &rsa, &p256, &ed25519, &secret };
	char *text;
	size_t i;
	long n;
	int r;

	(void)state;
	ours_alone = true;
	for (i = 0; i < 4; i++) {
		text = one(ba_mint_jwk(*keys[i], "\"kid\":\"a\""));
		for (n = 0; (r = starve(text, i == 3, n)) != BA_OK; n++)
			assert_int_equal(r, BA_ERR_NOMEM);
		/* What the text is read into, the set, the kid, and a
		   secret's bytes. */
		assert_int_equal(n, i == 3 ? 4 : 3);
		free(text);
	}
	ours_alone = false;
}

/* Nor where it is jansson's. */
static void
test_memory_of_json(void **state)
{
	struct ba_mint **keys[] = { &p256, &secret };
	char *text;
	size_t i;
	long n;
	int r;

	(void)state;
	json_set_alloc_funcs(__wrap_malloc, free);
	ours_alone = true;
	for (i = 0; i < 4; i++) {
		once = i >= 2;
		text = one(ba_mint_jwk(*keys[i % 2], "\"kid\":\"a\""));
		for (n = 0; (r = starve(text, i % 2 == 1, n)) != BA_OK; n++)
			assert_int_equal(r, BA_ERR_NOMEM);
		assert_in_range(n, 10, 100);
		free(text);
	}
	once = ours_alone = false;
	json_set_alloc_funcs(__real_malloc, free);
}

/* Texts that nobody may free unwiped; NULL: nobody looks. */
static const char *wiped_text;
static const unsigned char *wiped_bytes;
static size_t wiped_size, freed_unwiped;

void
__wrap_free(void *p)
{
	size_t n = p == NULL ? 0 : malloc_usable_size(p);

	if (wiped_text != NULL && n > 0)
		freed_unwiped +=
		    memmem(p, n, wiped_text, strlen(wiped_text)) != NULL ||
		    memmem(p, n, wiped_bytes, wiped_size) != NULL;
	__real_free(p);
}

/* How many blocks were freed with a piece of the secret in them? */
static size_t
freed_with(const char *text, const char *k, int want)
{
	unsigned char bytes[64];
	struct ba_jwks *set;
	int r;

	assert_int_equal(
	    ba_b64url_decode(k, strlen(k), bytes, sizeof(bytes), &wiped_size),
	    BA_OK);
	assert_in_range(wiped_size, 32, sizeof(bytes));
	wiped_bytes = bytes;
	freed_unwiped = 0;
	wiped_text = k;
	r = symmetric(text, &set);
	ba_jwks_free(set);
	wiped_text = NULL;
	assert_int_equal(r, want);
	return freed_unwiped;
}

static void
test_jwk_09_secret_wiped(void **state)
{
	char *jwk = ba_mint_jwk(secret, ""), *bad = oct(64, 's', "\"kid\":1");
	json_t *o = json_loads(jwk, 0, NULL);
	char *k = strdup(json_string_value(json_object_get(o, "k"))), *set;

	(void)state;
	/* As the programs do, for jansson's part. */
	json_decref(o);
	ba_json_init();
	set = ba_mint_jwks((const char *const[]){ jwk, bad }, 2);
	assert_int_equal(freed_with(jwk, k, BA_OK), 0);
	/* Also where another key spoils the set. */
	assert_int_equal(freed_with(set, k, BA_ERR_JWKS), 0);
	/* The twin: without that it is left there. */
	json_set_alloc_funcs(__real_malloc, free);
	assert_true(freed_with(jwk, k, BA_OK) > 0);
	assert_true(freed_with(set, k, BA_ERR_JWKS) > 0);
	free(k);
	free(set);
	free(jwk);
	free(bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwk_16_ml_dsa),
		cmocka_unit_test(test_jwk_01_kty_decides),
		cmocka_unit_test(test_jwk_02_alg),
		cmocka_unit_test(test_jwk_03_use),
		cmocka_unit_test(test_jwk_13_private_members),
		cmocka_unit_test(test_jwk_12_passed_over),
		cmocka_unit_test(test_kid),
		cmocka_unit_test(test_jwk_14_ed25519_length),
		cmocka_unit_test(test_jwk_14_ed448_length),
		cmocka_unit_test(test_jwk_04_other_points),
		cmocka_unit_test(test_jwk_04_p256_point),
		cmocka_unit_test(test_jwk_04_cut_coordinate),
		cmocka_unit_test(test_jwk_04_p256_not_reduced),
		cmocka_unit_test(test_jwk_06_rsa_modulus),
		cmocka_unit_test(test_jwk_07_roca),
		cmocka_unit_test(test_jwk_06_rsa_exponent),
		cmocka_unit_test(test_numbers_encoded),
		cmocka_unit_test(test_set_shape),
		cmocka_unit_test(test_set_bounds),
		cmocka_unit_test(test_jwk_11_duplicate_kid),
		cmocka_unit_test(test_jwk_11_duplicate_of_any),
		cmocka_unit_test(test_jwk_11_published_secret),
		cmocka_unit_test(test_jwk_09_symmetric_lengths),
		cmocka_unit_test(test_jwk_03_symmetric_members),
		cmocka_unit_test(test_jwk_11_symmetric_mixed),
		cmocka_unit_test(test_symmetric_duplicate_kid),
		cmocka_unit_test(test_symmetric_shape),
		cmocka_unit_test(test_symmetric_bounds),
		cmocka_unit_test(test_v04_symmetric_next),
		cmocka_unit_test(test_thp_01_of_the_set),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_of_ours),
		cmocka_unit_test(test_memory_of_json),
		cmocka_unit_test(test_jwk_09_secret_wiped),
	};

	if (CRYPTO_set_mem_functions(
		crypto_malloc, crypto_realloc, crypto_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
