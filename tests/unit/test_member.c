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
#include <jansson.h>

#include "common/jose/jws.h"
#include "common/jose/member.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static json_t *
load(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	if (v == NULL)
		fail_msg("no JSON: %s", text);
	return v;
}

static void
test_jwk_11_is_secret(void **state)
{
	static const struct {
		const char *jwk;
		bool secret;
	} cases[] = {
		{ "{\"kty\":\"oct\"}", true },
		{ "{\"kty\":\"\\u006fct\",\"use\":\"enc\"}", true },
		{ "{\"kty\":\"Oct\"}", false },
		{ "{\"kty\":\"oct \"}", false },
		{ "{\"kty\":\"RSA\",\"k\":\"AA\"}", false },
		{ "{\"kty\":[\"oct\"]}", false },
		{ "{\"k\":\"AA\"}", false },
		{ "{}", false },
		{ "\"oct\"", false },
		{ "null", false },
	};
	json_t *v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		v = load(cases[i].jwk);
		assert_int_equal(ba_jwk_is_secret(v), cases[i].secret);
		json_decref(v);
	}
}

static void
test_jwk_01_kind(void **state)
{
	static const struct {
		const char *jwk;
		int r;
		unsigned algs; /* of the kind */
	} cases[] = {
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\"}", BA_OK, BA_ALG_ES256 },
		{ "{\"kty\":\"EC\",\"crv\":\"P-521\"}", BA_OK, BA_ALG_ES512 },
		{ "{\"kty\":\"EC\",\"crv\":\"secp256k1\"}", BA_OK,
		    BA_ALG_ES256K },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed448\"}", BA_OK, BA_ALG_ED448 },
		{ "{\"kty\":\"oct\"}", BA_OK, BA_ALG_SYMMETRIC },
		/* What is secret there is what it is for. */
		{ "{\"kty\":\"oct\",\"k\":\"AA\"}", BA_OK, BA_ALG_SYMMETRIC },
		{ "{\"kty\":\"oct\",\"crv\":7}", BA_OK, BA_ALG_SYMMETRIC },
		{ "{\"kty\":\"RSA\",\"crv\":\"P-256\"}", BA_OK,
		    BA_ALG_ASYMMETRIC & 63 },
		/* A curve of the other family. */
		{ "{\"kty\":\"EC\",\"crv\":\"Ed25519\"}", BA_ERR_ALG, 0 },
		{ "{\"kty\":\"OKP\",\"crv\":\"P-256\"}", BA_ERR_ALG, 0 },
		{ "{\"kty\":\"EC\",\"crv\":\"\"}", BA_ERR_ALG, 0 },
		{ "{\"kty\":\"OCT\"}", BA_ERR_ALG, 0 },
		/* JWK-16 */
		{ "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-65\",\"priv\":\"AA\"}",
		    BA_ERR_ALG, 0 },
		{ "{\"kty\":\"EC\"}", BA_ERR_KEY, 0 },
		{ "{\"kty\":\"EC\",\"crv\":1}", BA_ERR_KEY, 0 },
		{ "{\"kty\":1,\"crv\":\"P-256\"}", BA_ERR_KEY, 0 },
		{ "{\"crv\":\"P-256\"}", BA_ERR_KEY, 0 },
		{ "[\"kty\",\"oct\"]", BA_ERR_KEY, 0 },
		/* JWK-13 */
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"AA\"}", BA_ERR_KEY,
		    0 },
		{ "{\"kty\":\"EC\",\"crv\":\"x\",\"k\":\"AA\"}", BA_ERR_KEY,
		    0 },
	};
	const struct ba_kind *kind;
	json_t *v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		v = load(cases[i].jwk);
		kind = (const struct ba_kind *)(uintptr_t)1;
		assert_int_equal(ba_jwk_read_kind(v, &kind), cases[i].r);
		if (cases[i].r == BA_OK)
			assert_int_equal(kind->algs, cases[i].algs);
		else
			assert_null(kind);
		json_decref(v);
	}
}

/* 17 operations, of which the first is the one that is needed. */
#define MANY                                                                   \
	"\"verify\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\","    \
	"\"a\",\"b\",\"c\",\"d\",\"e\",\"f\""

static void
test_jwk_03_use(void **state)
{
	static const struct {
		const char *jwk;
		int r;
	} cases[] = {
		{ "{}", BA_OK },
		{ "{\"use\":\"sig\"}", BA_OK },
		{ "{\"use\":\"sign\"}", BA_ERR_ALG },
		{ "{\"use\":\"enc\"}", BA_ERR_ALG },
		{ "{\"use\":false}", BA_ERR_KEY },
		{ "{\"key_ops\":[\"verify\"]}", BA_OK },
		{ "{\"key_ops\":[\"sign\",\"verify\"]}", BA_OK },
		{ "{\"key_ops\":[\"verify\",\"encrypt\"]}", BA_OK },
		{ "{\"key_ops\":[\"sign\"]}", BA_ERR_ALG },
		{ "{\"key_ops\":[]}", BA_ERR_ALG },
		{ "{\"key_ops\":{}}", BA_ERR_KEY },
		{ "{\"key_ops\":[1]}", BA_ERR_KEY },
		{ "{\"key_ops\":[\"verify\",\"verify\"]}", BA_ERR_KEY },
		{ "{\"key_ops\":[\"verify\",\"x\",\"y\",\"x\"]}", BA_ERR_KEY },
		{ "{\"key_ops\":[" MANY "]}", BA_OK },
		{ "{\"key_ops\":[" MANY ",\"g\"]}", BA_ERR_KEY },
		{ "{\"use\":\"sig\",\"key_ops\":[\"verify\"]}", BA_OK },
		{ "{\"use\":\"enc\",\"key_ops\":[\"wrapKey\"]}", BA_ERR_ALG },
		/* Both, and they contradict each other. */
		{ "{\"use\":\"sig\",\"key_ops\":[\"decrypt\"]}", BA_ERR_KEY },
		{ "{\"use\":\"sig\",\"key_ops\":[\"unwrapKey\"]}", BA_ERR_KEY },
		{ "{\"use\":\"sig\",\"key_ops\":[\"deriveKey\"]}", BA_ERR_KEY },
		{ "{\"use\":\"sig\",\"key_ops\":[\"deriveBits\"]}",
		    BA_ERR_KEY },
		{ "{\"use\":\"enc\",\"key_ops\":[\"sign\"]}", BA_ERR_KEY },
		{ "{\"use\":\"other\",\"key_ops\":[\"sign\"]}", BA_ERR_ALG },
	};
	json_t *v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		v = load(cases[i].jwk);
		if (ba_jwk_check_use(v) != cases[i].r)
			fail_msg("%s", cases[i].jwk);
		json_decref(v);
	}
}

static void
test_jwk_02_alg(void **state)
{
	static const struct {
		const char *kty;
		const char *crv;
		const char *jwk;
		int r;
		unsigned algs;
	} cases[] = {
		{ "EC", "P-384", "{}", BA_OK, BA_ALG_ES384 },
		{ "EC", "P-384", "{\"alg\":\"ES384\"}", BA_OK, BA_ALG_ES384 },
		{ "EC", "P-384", "{\"alg\":\"ES256\"}", BA_ERR_KEY, 0 },
		{ "EC", "P-384", "{\"alg\":\"HS384\"}", BA_ERR_KEY, 0 },
		{ "EC", "P-384", "{\"alg\":\"ECDH-ES\"}", BA_ERR_ALG, 0 },
		{ "EC", "P-384", "{\"alg\":3}", BA_ERR_KEY, 0 },
		{ "OKP", "Ed448", "{\"alg\":\"EdDSA\"}", BA_OK, BA_ALG_ED448 },
		{ "OKP", "Ed448", "{\"alg\":\"Ed25519\"}", BA_ERR_KEY, 0 },
		{ "oct", NULL, "{}", BA_OK, BA_ALG_SYMMETRIC },
		{ "oct", NULL, "{\"alg\":\"HS512\"}", BA_OK, BA_ALG_HS512 },
		{ "oct", NULL, "{\"alg\":\"RS256\"}", BA_ERR_KEY, 0 },
		{ "oct", NULL, "{\"alg\":\"A128KW\"}", BA_ERR_ALG, 0 },
		{ "oct", NULL, "{\"alg\":\"none\"}", BA_ERR_ALG, 0 },
	};
	const struct ba_kind *kind;
	enum ba_alg named, want;
	unsigned algs;
	json_t *v;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		for (j = 0; (kind = ba_kind_at(j)) != NULL; j++) {
			if (strcmp(kind->kty, cases[i].kty) == 0 &&
			    (cases[i].crv == NULL ||
				strcmp(kind->crv, cases[i].crv) == 0))
				break;
		}
		assert_non_null(kind);
		v = load(cases[i].jwk);
		algs = 77;
		named = BA_ALG_RS256;
		assert_int_equal(
		    ba_jwk_read_alg(v, kind, &algs, &named), cases[i].r);
		assert_int_equal(algs, cases[i].algs);
		want = 0;
		if (cases[i].r == BA_OK && json_object_get(v, "alg") != NULL)
			assert_int_equal(
			    ba_alg_parse(
				json_string_value(json_object_get(v, "alg")),
				&want),
			    BA_OK);
		assert_int_equal(named, want);
		json_decref(v);
	}
}

static void
test_kid(void **state)
{
	char longest[BA_KID_MAX + 32], longer[BA_KID_MAX + 32];
	struct {
		const char *jwk;
		int r;
		const char *kid;
	} cases[] = {
		{ "{}", BA_OK, NULL },
		{ "{\"kid\":\"a\"}", BA_OK, "a" },
		{ "{\"kid\":\"\"}", BA_OK, "" },
		{ "{\"kid\":7}", BA_ERR_KEY, NULL },
		{ "{\"kid\":null}", BA_ERR_KEY, NULL },
		{ longest, BA_OK, longest + sizeof("{\"kid\":\"") - 1 },
		{ longer, BA_ERR_KEY, NULL },
	};
	json_t *v;
	char *kid;
	size_t i;

	(void)state;
	(void)snprintf(
	    longest, sizeof(longest), "{\"kid\":\"%0*d\"}", BA_KID_MAX, 1);
	(void)snprintf(
	    longer, sizeof(longer), "{\"kid\":\"%0*d\"}", BA_KID_MAX + 1, 1);
	for (i = 0; i < COUNT(cases); i++) {
		v = load(cases[i].jwk);
		kid = longer;
		assert_int_equal(ba_jwk_read_kid(v, &kid), cases[i].r);
		assert_int_equal(kid != NULL, cases[i].kid != NULL);
		if (kid != NULL)
			assert_memory_equal(kid, cases[i].kid, strlen(kid));
		free(kid);
		json_decref(v);
	}
}

static void
test_bytes(void **state)
{
	static const struct {
		const char *jwk;
		int r;
		size_t len;
	} cases[] = {
		{ "{\"k\":\"\"}", BA_OK, 0 },
		{ "{\"k\":\"AQID\"}", BA_OK, 3 },
		{ "{\"k\":\"AQIDBA\"}", BA_OK, 4 },
		{ "{\"k\":\"AQIDBAU\"}", BA_ERR_KEY, 0 }, /* too long */
		{ "{\"k\":\"AQIDBB\"}", BA_ERR_KEY, 0 }, /* spare bits */
		{ "{\"k\":\"AQID=\"}", BA_ERR_KEY, 0 },
		{ "{\"k\":\"AQI+\"}", BA_ERR_KEY, 0 },
		{ "{\"k\":1}", BA_ERR_KEY, 0 },
		{ "{}", BA_ERR_KEY, 0 },
	};
	unsigned char b[4];
	size_t i, len;
	json_t *v;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		v = load(cases[i].jwk);
		len = 77;
		assert_int_equal(
		    ba_jwk_read_bytes(v, "k", b, sizeof(b), &len), cases[i].r);
		assert_int_equal(len, cases[i].len);
		if (len > 0)
			assert_memory_equal(b, "\1\2\3\4", len);
		json_decref(v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwk_11_is_secret),
		cmocka_unit_test(test_jwk_01_kind),
		cmocka_unit_test(test_jwk_03_use),
		cmocka_unit_test(test_jwk_02_alg),
		cmocka_unit_test(test_kid),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
