/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/jose/member.h"
#include "common/jose/pkey.h"
#include "tests/unit/mint.h"
#include "tests/unit/scarce.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
make_by(struct ba_pkey_maker *maker, const json_t *jwk, EVP_PKEY **pkeyp)
{
	const struct ba_kind *kind;
	int r;

	assert_int_equal(ba_jwk_read_kind(jwk, &kind), BA_OK);
	*pkeyp = (EVP_PKEY *)(uintptr_t)1;
	r = ba_pkey_make(maker, jwk, kind, pkeyp);
	assert_int_equal(ERR_peek_error(), 0);
	if (r != BA_OK)
		assert_null(*pkeyp);
	return r;
}

/* The first of its set. */
static int
make(const json_t *jwk, EVP_PKEY **pkeyp)
{
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	int r = make_by(&maker, jwk, pkeyp);

	ba_pkey_maker_clear(&maker);
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

/* 65537 is the same from either end; these are not. */
static void
test_jwk_06_exponent(void **state)
{
	static const struct {
		const char *text;
		unsigned long e;
	} cases[] = {
		{ "Aw", 3 },
		{ "AQM", 0x103 },
		{ "AQAD", 0x10003 },
		{ "AQIDBQ", 0x1020305 },
	};
	struct ba_mint *m = ba_mint_new(BA_MINT_RSA, NULL, NULL);
	char *jwk = ba_mint_jwk(m, NULL);
	json_t *o = json_loads(jwk, 0, NULL);
	EVP_PKEY *pkey;
	BIGNUM *e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		(void)json_object_set_new(o, "e", json_string(cases[i].text));
		assert_int_equal(make(o, &pkey), BA_OK);
		e = NULL;
		assert_int_equal(
		    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e), 1);
		assert_int_equal(BN_is_word(e, cases[i].e), 1);
		BN_free(e);
		EVP_PKEY_free(pkey);
	}
	json_decref(o);
	free(jwk);
	ba_mint_free(m);
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
		(void)json_object_set_new(o, cases[i].name, json_string(""));
		assert_int_equal(make(o, &pkey), BA_ERR_KEY);
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

/* JWK-04: the numbers have their length, and are no point of the curve. */
static void
test_jwk_04_no_point(void **state)
{
	static const enum ba_mint_kind kinds[] = { BA_MINT_P256, BA_MINT_P384,
		BA_MINT_P521, BA_MINT_SECP256K1 };
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	struct ba_mint *m;
	EVP_PKEY *pkey;
	json_t *o;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(kinds); i++) {
		m = ba_mint_new(kinds[i], NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(make(o, &pkey), BA_OK);
		EVP_PKEY_free(pkey);
		assert_int_equal(make_by(&maker, o, &pkey), BA_OK);
		EVP_PKEY_free(pkey);
		(void)json_object_set(o, "y", json_object_get(o, "x"));
		assert_int_equal(make(o, &pkey), BA_ERR_KEY);
		assert_int_equal(make_by(&maker, o, &pkey), BA_ERR_KEY);
		ba_pkey_maker_clear(&maker);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

/*
 * The key that it is, or none; how often it was said to be for want of memory.
 * Deep inside, OpenSSL sometimes says no more than that the key is bad.
 */
static size_t
starve(struct ba_pkey_maker *maker, const json_t *jwk, const EVP_PKEY *good)
{
	size_t nomem = 0;
	EVP_PKEY *pkey;
	long n;
	int r;

	for (n = 0; n < 1000; n++) {
		ba_scarce.failed = false;
		ba_scarce.left = n;
		r = maker == NULL ? make(jwk, &pkey)
				  : make_by(maker, jwk, &pkey);
		ba_scarce.left = -1;
		if (r == BA_OK)
			assert_int_equal(EVP_PKEY_eq(good, pkey), 1);
		else
			assert_true(r == BA_ERR_NOMEM || r == BA_ERR_CRYPTO ||
				    r == BA_ERR_KEY);
		nomem += r == BA_ERR_NOMEM;
		EVP_PKEY_free(pkey);
		if (!ba_scarce.failed)
			break;
	}
	assert_in_range(n, 1, 999);
	assert_int_equal(r, BA_OK);
	return nomem;
}

/*
 * Every allocation, alone and with all behind it: of a set's first key, and by
 * a maker that was left as it was when memory failed.
 */
static void
test_memory(void **state)
{
	static const enum ba_mint_kind kinds[] = { BA_MINT_RSA, BA_MINT_P256,
		BA_MINT_SECP256K1, BA_MINT_ED25519, BA_MINT_ED448 };
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	struct ba_mint *m;
	EVP_PKEY *good;
	json_t *o;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(kinds); i++) {
		m = ba_mint_new(kinds[i], NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(make(o, &good), BA_OK);
		ba_scarce.once = false;
		assert_true(starve(NULL, o, good) > 3);
		assert_true(starve(&maker, o, good) > 0);
		ba_pkey_maker_clear(&maker);
		ba_scarce.once = true;
		assert_true(starve(NULL, o, good) > 3);
		assert_true(starve(&maker, o, good) > 0);
		ba_pkey_maker_clear(&maker);
		EVP_PKEY_free(good);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

EVP_PKEY_CTX *__real_EVP_PKEY_CTX_new_from_name(
    OSSL_LIB_CTX *lib, const char *name, const char *query);
EVP_PKEY_CTX *__wrap_EVP_PKEY_CTX_new_from_name(
    OSSL_LIB_CTX *lib, const char *name, const char *query);
int __real_EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx);
int __wrap_EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx);
int __real_EVP_PKEY_fromdata(
    EVP_PKEY_CTX *ctx, EVP_PKEY **pkeyp, int selection, OSSL_PARAM *params);
int __wrap_EVP_PKEY_fromdata(
    EVP_PKEY_CTX *ctx, EVP_PKEY **pkeyp, int selection, OSSL_PARAM *params);
int __real_EVP_PKEY_get_bits(const EVP_PKEY *pkey);
int __wrap_EVP_PKEY_get_bits(const EVP_PKEY *pkey);
int __real_EVP_PKEY_get_size(const EVP_PKEY *pkey);
int __wrap_EVP_PKEY_get_size(const EVP_PKEY *pkey);
EVP_PKEY *__real_EVP_PKEY_dup(EVP_PKEY *pkey);
EVP_PKEY *__wrap_EVP_PKEY_dup(EVP_PKEY *pkey);
int __real_EVP_PKEY_set1_encoded_public_key(
    EVP_PKEY *pkey, const unsigned char *p, size_t n);
int __wrap_EVP_PKEY_set1_encoded_public_key(
    EVP_PKEY *pkey, const unsigned char *p, size_t n);
EC_GROUP *__real_EC_GROUP_new_by_curve_name(int nid);
EC_GROUP *__wrap_EC_GROUP_new_by_curve_name(int nid);

/* A function of OpenSSL's, which of its calls fails, and how many were made. */
static const char *failing = "";
static unsigned failing_call, calls;
/* No curve is there; or which was asked for. */
static bool no_curves;
static int curve_asked;

static bool
fails(const char *name)
{
	return strcmp(name, failing) == 0 && ++calls == failing_call;
}

EVP_PKEY_CTX *
__wrap_EVP_PKEY_CTX_new_from_name(
    OSSL_LIB_CTX *lib, const char *name, const char *query)
{
	return fails("EVP_PKEY_CTX_new_from_name")
		   ? NULL
		   : __real_EVP_PKEY_CTX_new_from_name(lib, name, query);
}

int
__wrap_EVP_PKEY_fromdata_init(EVP_PKEY_CTX *ctx)
{
	int r = __real_EVP_PKEY_fromdata_init(ctx);

	return fails("EVP_PKEY_fromdata_init") ? 0 : r;
}

int
__wrap_EVP_PKEY_fromdata(
    EVP_PKEY_CTX *ctx, EVP_PKEY **pkeyp, int selection, OSSL_PARAM *params)
{
	return fails("EVP_PKEY_fromdata")
		   ? 0
		   : __real_EVP_PKEY_fromdata(ctx, pkeyp, selection, params);
}

int
__wrap_EVP_PKEY_get_bits(const EVP_PKEY *pkey)
{
	return fails("EVP_PKEY_get_bits") ? 0 : __real_EVP_PKEY_get_bits(pkey);
}

int
__wrap_EVP_PKEY_get_size(const EVP_PKEY *pkey)
{
	return fails("EVP_PKEY_get_size") ? 0 : __real_EVP_PKEY_get_size(pkey);
}

EVP_PKEY *
__wrap_EVP_PKEY_dup(EVP_PKEY *pkey)
{
	return fails("EVP_PKEY_dup") ? NULL : __real_EVP_PKEY_dup(pkey);
}

int
__wrap_EVP_PKEY_set1_encoded_public_key(
    EVP_PKEY *pkey, const unsigned char *p, size_t n)
{
	return fails("EVP_PKEY_set1_encoded_public_key")
		   ? 0
		   : __real_EVP_PKEY_set1_encoded_public_key(pkey, p, n);
}

EC_GROUP *
__wrap_EC_GROUP_new_by_curve_name(int nid)
{
	curve_asked = nid;
	return no_curves ? NULL : __real_EC_GROUP_new_by_curve_name(nid);
}

/* Makes a key while that call fails; a count of 0 only counts. */
static int
make_failing(struct ba_pkey_maker *maker, const json_t *jwk,
    const char *function, unsigned call)
{
	EVP_PKEY *pkey;
	int r;

	failing = function;
	failing_call = call;
	calls = 0;
	r = make_by(maker, jwk, &pkey);
	failing = "";
	EVP_PKEY_free(pkey);
	return r;
}

/* A key is good, and OpenSSL fails: nobody says that the key is bad. */
static void
test_openssl_fails(void **state)
{
	static const struct {
		enum ba_mint_kind kind;
		const char *function;
		unsigned call;
		int r;
	} cases[] = {
		{ BA_MINT_P256, "EVP_PKEY_CTX_new_from_name", 1,
		    BA_ERR_CRYPTO },
		{ BA_MINT_RSA, "EVP_PKEY_CTX_new_from_name", 1, BA_ERR_CRYPTO },
		{ BA_MINT_ED25519, "EVP_PKEY_CTX_new_from_name", 1,
		    BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_fromdata_init", 1, BA_ERR_CRYPTO },
		{ BA_MINT_RSA, "EVP_PKEY_fromdata_init", 1, BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_fromdata", 1, BA_ERR_CRYPTO },
		{ BA_MINT_SECP256K1, "EVP_PKEY_fromdata", 1, BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_get_bits", 1, BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_get_bits", 2, BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_get_size", 1, BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_get_size", 2, BA_ERR_CRYPTO },
		{ BA_MINT_P256, "EVP_PKEY_dup", 1, BA_ERR_CRYPTO },
		{ BA_MINT_RSA, "EVP_PKEY_get_bits", 1, BA_ERR_CRYPTO },
		{ BA_MINT_ED25519, "EVP_PKEY_get_size", 1, BA_ERR_CRYPTO },
		/* But for what OpenSSL has to judge the key by. */
		{ BA_MINT_P256, "EVP_PKEY_set1_encoded_public_key", 1,
		    BA_ERR_KEY },
		{ BA_MINT_RSA, "EVP_PKEY_fromdata", 1, BA_ERR_KEY },
		{ BA_MINT_P256, "", 1, BA_OK },
	};
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	struct ba_mint *m;
	json_t *o;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		m = ba_mint_new(cases[i].kind, NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(
		    make_failing(&maker, o, cases[i].function, cases[i].call),
		    cases[i].r);
		/* And the next key is none the worse for it. */
		assert_int_equal(make_failing(&maker, o, "", 0), BA_OK);
		ba_pkey_maker_clear(&maker);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

/* JWK-02: a curve that this OpenSSL was built without is one unknown to us. */
static void
test_jwk_02_curve_left_out(void **state)
{
	static const struct {
		enum ba_mint_kind kind;
		int nid;
	} cases[] = {
		{ BA_MINT_P256, NID_X9_62_prime256v1 },
		{ BA_MINT_P521, NID_secp521r1 },
		{ BA_MINT_SECP256K1, NID_secp256k1 },
	};
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	struct ba_mint *m;
	json_t *o;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		m = ba_mint_new(cases[i].kind, NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		no_curves = true;
		assert_int_equal(
		    make_failing(&maker, o, "EVP_PKEY_fromdata", 1),
		    BA_ERR_ALG);
		no_curves = false;
		assert_int_equal(curve_asked, cases[i].nid);
		assert_int_equal(make_failing(&maker, o, "", 0), BA_OK);
		ba_pkey_maker_clear(&maker);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

/* What is common to the keys of a set is asked for once. */
static void
test_maker_asks_once(void **state)
{
	static const struct {
		enum ba_mint_kind kind;
		const char *function;
		unsigned first, next;
	} cases[] = {
		{ BA_MINT_RSA, "EVP_PKEY_CTX_new_from_name", 1, 0 },
		{ BA_MINT_RSA, "EVP_PKEY_fromdata", 1, 1 },
		{ BA_MINT_P384, "EVP_PKEY_CTX_new_from_name", 1, 0 },
		{ BA_MINT_P384, "EVP_PKEY_fromdata", 1, 0 },
		{ BA_MINT_ED448, "EVP_PKEY_CTX_new_from_name", 1, 0 },
	};
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	struct ba_mint *m;
	json_t *o;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		m = ba_mint_new(cases[i].kind, NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(
		    make_failing(&maker, o, cases[i].function, 0), BA_OK);
		assert_int_equal(calls, cases[i].first);
		assert_int_equal(
		    make_failing(&maker, o, cases[i].function, 0), BA_OK);
		assert_int_equal(calls, cases[i].next);
		ba_pkey_maker_clear(&maker);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
}

/*
 * Each key of a set is its own, whatever came before it: another of its kind,
 * one of another kind, or one that was refused.
 */
static void
test_maker_keys_apart(void **state)
{
	static const enum ba_mint_kind kinds[] = { BA_MINT_P256, BA_MINT_P256,
		BA_MINT_RSA, BA_MINT_RSA, BA_MINT_P256, BA_MINT_SECP256K1,
		BA_MINT_P521, BA_MINT_P521, BA_MINT_ED25519, BA_MINT_ED25519,
		BA_MINT_ED448, BA_MINT_P384 };
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	EVP_PKEY *key[COUNT(kinds)], *alone, *none;
	struct ba_mint *m;
	size_t i, j;
	json_t *o;
	char *jwk;

	(void)state;
	for (i = 0; i < COUNT(kinds); i++) {
		m = ba_mint_new(kinds[i], NULL, NULL);
		jwk = ba_mint_jwk(m, NULL);
		o = json_loads(jwk, 0, NULL);
		assert_int_equal(make_by(&maker, o, &key[i]), BA_OK);
		assert_int_equal(make(o, &alone), BA_OK);
		assert_int_equal(EVP_PKEY_eq(key[i], alone), 1);
		for (j = 0; j < i; j++)
			assert_int_not_equal(EVP_PKEY_eq(key[i], key[j]), 1);
		(void)json_object_set_new(
		    o, kinds[i] == BA_MINT_RSA ? "n" : "x", json_string("AA"));
		assert_int_equal(make_by(&maker, o, &none), BA_ERR_KEY);
		EVP_PKEY_free(alone);
		json_decref(o);
		free(jwk);
		ba_mint_free(m);
	}
	ba_pkey_maker_clear(&maker);
	for (i = 0; i < COUNT(kinds); i++)
		EVP_PKEY_free(key[i]);
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
		cmocka_unit_test(test_jwk_06_exponent),
		cmocka_unit_test(test_numbers_missing),
		cmocka_unit_test(test_error_queue),
		cmocka_unit_test(test_jwk_04_no_point),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_openssl_fails),
		cmocka_unit_test(test_jwk_02_curve_left_out),
		cmocka_unit_test(test_maker_asks_once),
		cmocka_unit_test(test_maker_keys_apart),
		cmocka_unit_test(test_v01_secret),
	};

	if (ba_scarce_openssl() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
