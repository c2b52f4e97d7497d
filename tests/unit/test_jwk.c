/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
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

#include "common/jose/jwk.h"
#include "common/jose/jws.h"
#include "tests/unit/mint.h"

static struct ba_mint *rsa, *p256, *p384, *p521, *secp256k1, *ed25519, *ed448,
    *anchor;

/* Number n and all behind it fail, of OpenSSL's and jansson's. */
static long allocations_left = -1;

static int
may_allocate(void)
{
	if (allocations_left < 0)
		return 1;
	if (allocations_left == 0)
		return 0;
	allocations_left--;
	return 1;
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? malloc(n) : NULL;
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? realloc(p, n) : NULL;
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
	return may_allocate() ? malloc(n) : NULL;
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
		{ &rsa, "\"alg\":\"HS256\"", PASSED_OVER, "\"alg\":\"PS256\"" },
		{ &rsa, "\"alg\":\"none\"", PASSED_OVER, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":\"\"", PASSED_OVER, "" },
		{ &p256, "\"alg\":\"ECDH-ES\"", PASSED_OVER,
		    "\"alg\":\"ES256\"" },
		/* Of another family than its own kty: broken. */
		{ &rsa, "\"alg\":\"ES256\"", BAD, "\"alg\":\"RS256\"" },
		{ &rsa, "\"alg\":\"EdDSA\"", BAD, "\"alg\":\"PS256\"" },
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
		/* JWK-09, JWK-11: symmetric keys, with any other members. */
		{ "{\"kty\":\"oct\",\"k\":\"AAAA\"}", BAD },
		{ "{\"kty\":\"oct\"}", BAD },
		{ "{\"kty\":\"oct\",\"use\":\"enc\",\"alg\":\"A128KW\"}", BAD },
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

static void
test_memory(void **state)
{
	struct ba_mint **keys[] = { &rsa, &p256, &ed25519 };
	struct ba_jwks *set;
	char *text;
	size_t i, nomem;
	long n;
	int r;

	(void)state;
	json_set_alloc_funcs(json_malloc, free);
	for (i = 0; i < 3; i++) {
		text = ba_mint_jwks_of(*keys[i]);
		r = BA_ERR_INTERNAL;
		nomem = 0;
		for (n = 0; n < 1000 && r != BA_OK; n++) {
			allocations_left = n;
			r = parse(text, &set, NULL);
			allocations_left = -1;
			if (r == BA_OK)
				break;
			assert_null(set);
			assert_int_equal(ERR_peek_error(), 0);
			/* A scanner's want of memory looks like bad JSON. */
			assert_true(r == BA_ERR_NOMEM || r == BA_ERR_JWKS ||
				    r == BA_ERR_CRYPTO);
			if (r == BA_ERR_NOMEM)
				nomem++;
		}
		assert_int_equal(r, BA_OK);
		ba_jwks_free(set);
		assert_true(nomem > (size_t)n / 2);
		free(text);
	}
	json_set_alloc_funcs(malloc, free);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(test_jwk_04_p256_not_reduced),
		cmocka_unit_test(test_jwk_06_rsa_modulus),
		cmocka_unit_test(test_jwk_06_rsa_exponent),
		cmocka_unit_test(test_numbers_encoded),
		cmocka_unit_test(test_set_shape),
		cmocka_unit_test(test_set_bounds),
		cmocka_unit_test(test_jwk_11_duplicate_kid),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_memory),
	};

	if (CRYPTO_set_mem_functions(
		crypto_malloc, crypto_realloc, crypto_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
