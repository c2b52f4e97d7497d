/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/jose/member.h"
#include "common/jose/pkey.h"
#include "tests/unit/mint.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
make(const json_t *jwk, EVP_PKEY **pkeyp)
{
	const struct ba_kind *kind;
	int r;

	assert_int_equal(ba_jwk_read_kind(jwk, &kind), BA_OK);
	*pkeyp = (EVP_PKEY *)(uintptr_t)1;
	r = ba_pkey_make(jwk, kind, pkeyp);
	assert_int_equal(ERR_peek_error(), 0);
	if (r != BA_OK)
		assert_null(*pkeyp);
	return r;
}

/* What OpenSSL has is what the JWK says. */
static void
test_jwk_01_numbers(void **state)
{
	static const struct {
		enum ba_mint_kind kind;
		int id;
		int bytes;
	} cases[] = {
		{ BA_MINT_RSA, EVP_PKEY_RSA, 256 },
		{ BA_MINT_P256, EVP_PKEY_EC, 32 },
		{ BA_MINT_P384, EVP_PKEY_EC, 48 },
		{ BA_MINT_P521, EVP_PKEY_EC, 66 },
		{ BA_MINT_SECP256K1, EVP_PKEY_EC, 32 },
		{ BA_MINT_ED25519, EVP_PKEY_ED25519, 32 },
		{ BA_MINT_ED448, EVP_PKEY_ED448, 57 },
	};
	unsigned char want[300], got[300];
	struct ba_mint *m;
	EVP_PKEY *pkey;
	BIGNUM *bn;
	json_t *o;
	char *jwk;
	size_t i, n, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		m = ba_mint_new(cases[i].kind, NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(make(o, &pkey), BA_OK);
		assert_int_equal(EVP_PKEY_get_id(pkey), cases[i].id);
		assert_int_equal(
		    (EVP_PKEY_get_bits(pkey) + 7) / 8, cases[i].bytes);
		bn = NULL;
		len = sizeof(got);
		if (cases[i].id == EVP_PKEY_RSA) {
			n = ba_mint_number(m, "n", want, sizeof(want));
			assert_int_equal(EVP_PKEY_get_bn_param(
					     pkey, OSSL_PKEY_PARAM_RSA_N, &bn),
			    1);
			assert_int_equal(BN_bn2bin(bn, got), n);
		} else if (cases[i].id == EVP_PKEY_EC) {
			n = ba_mint_number(m, "y", want, sizeof(want));
			assert_int_equal(EVP_PKEY_get_bn_param(pkey,
					     OSSL_PKEY_PARAM_EC_PUB_Y, &bn),
			    1);
			assert_int_equal(BN_bn2binpad(bn, got, (int)n), n);
		} else {
			n = ba_mint_number(m, "x", want, sizeof(want));
			assert_int_equal(
			    EVP_PKEY_get_raw_public_key(pkey, got, &len), 1);
			assert_int_equal(len, n);
		}
		assert_memory_equal(got, want, n);
		BN_free(bn);
		EVP_PKEY_free(pkey);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

/* Each number missing, of another type, and of another key. */
static void
test_numbers_missing(void **state)
{
	static const struct {
		enum ba_mint_kind kind;
		const char *name;
	} cases[] = {
		{ BA_MINT_RSA, "n" },
		{ BA_MINT_RSA, "e" },
		{ BA_MINT_P256, "x" },
		{ BA_MINT_P256, "y" },
		{ BA_MINT_SECP256K1, "y" },
		{ BA_MINT_ED25519, "x" },
		{ BA_MINT_ED448, "x" },
	};
	struct ba_mint *m;
	EVP_PKEY *pkey;
	json_t *o;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		m = ba_mint_new(cases[i].kind, NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(make(o, &pkey), BA_OK);
		EVP_PKEY_free(pkey);
		(void)json_object_set_new(o, cases[i].name, json_string("AAA"));
		assert_int_equal(make(o, &pkey), BA_ERR_KEY);
		(void)json_object_set_new(o, cases[i].name, json_integer(3));
		assert_int_equal(make(o, &pkey), BA_ERR_KEY);
		(void)json_object_del(o, cases[i].name);
		assert_int_equal(make(o, &pkey), BA_ERR_KEY);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

/* What somebody left in OpenSSL's queue of errors decides nothing. */
static void
test_error_queue(void **state)
{
	struct ba_mint *m = ba_mint_new(BA_MINT_P256, NULL, NULL);
	char *jwk = ba_mint_jwk(m, NULL);
	json_t *o = json_loads(jwk, 0, NULL);
	EVP_PKEY *pkey;

	(void)state;
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	assert_int_equal(make(o, &pkey), BA_OK);
	EVP_PKEY_free(pkey);
	/* No point of the curve: x stands for y. */
	(void)json_object_set(o, "y", json_object_get(o, "x"));
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	assert_int_equal(make(o, &pkey), BA_ERR_KEY);
	json_decref(o);
	free(jwk);
	ba_mint_free(m);
}

/* V01: a secret never becomes a key of OpenSSL's. */
static void
test_v01_secret(void **state)
{
	struct ba_mint *m = ba_mint_new(BA_MINT_OCT, NULL, NULL);
	char *jwk = ba_mint_jwk(m, NULL);
	json_t *o = json_loads(jwk, 0, NULL);
	EVP_PKEY *pkey;

	(void)state;
	assert_int_equal(make(o, &pkey), BA_ERR_KEY);
	json_decref(o);
	free(jwk);
	ba_mint_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwk_01_numbers),
		cmocka_unit_test(test_numbers_missing),
		cmocka_unit_test(test_error_queue),
		cmocka_unit_test(test_v01_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
