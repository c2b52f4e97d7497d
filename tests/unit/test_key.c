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

#include "common/jose/key.h"
#include "tests/unit/mint.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
parse(const char *jwk, struct ba_jwk *key)
{
	static const struct ba_jwk cleared;
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	json_t *o = json_loads(jwk, 0, NULL);
	int r;

	assert_non_null(o);
	memset(key, 0xff, sizeof(*key));
	r = ba_jwk_parse(&maker, o, key);
	ba_pkey_maker_clear(&maker);
	json_decref(o);
	if (r != BA_OK)
		assert_memory_equal(key, &cleared, sizeof(cleared));
	return r;
}

/* A public key has no secret, and a secret no public key. */
static void
test_jwk_01_one_substance(void **state)
{
	enum ba_mint_kind kind;
	struct ba_mint *m;
	struct ba_jwk key;
	char *jwk;

	(void)state;
	for (kind = BA_MINT_RSA; kind <= BA_MINT_OCT; kind++) {
		m = ba_mint_new(kind, "the kid", NULL);
		jwk = ba_mint_jwk(m, NULL);
		assert_int_equal(parse(jwk, &key), BA_OK);
		assert_string_equal(key.kid, "the kid");
		assert_ptr_equal(ba_jwk_kind(&key), key.kind);
		assert_ptr_equal(ba_jwk_pkey(&key), key.pkey);
		assert_ptr_equal(ba_jwk_secret(&key), &key.secret);
		assert_int_equal(key.algs, key.kind->algs);
		assert_true((key.pkey == NULL) == (kind == BA_MINT_OCT));
		assert_true((key.secret.len > 0) == (kind == BA_MINT_OCT));
		assert_int_equal(strlen(ba_jwk_thumbprint(&key)),
		    kind == BA_MINT_OCT ? 0 : BA_THUMBPRINT_SIZE - 1);
		ba_jwk_clear(&key);
		free(jwk);
		ba_mint_free(m);
	}
}

/* {"kty":"oct","k":…} of n bytes and, unless NULL, more members. */
static char *
secret_jwk(size_t n, const char *more)
{
	unsigned char b[BA_SECRET_MAX + 2];
	char *k, *s = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		b[i] = (unsigned char)(i * 7 + 1);
	k = ba_mint_b64(b, n);
	assert_true(asprintf(&s, "{\"kty\":\"oct\",\"k\":\"%s\"%s}", k,
			more == NULL ? "" : more) > 0);
	free(k);
	return s;
}

/* RFC 7518 section 3.2: on both sides of each length. */
static void
test_jwk_09_lengths(void **state)
{
	static const struct {
		size_t n;
		const char *more;
		int r;
		unsigned algs;
	} cases[] = {
		{ 0, NULL, BA_ERR_KEY, 0 }, /* V02 */
		{ 1, NULL, BA_ERR_KEY, 0 },
		{ 31, NULL, BA_ERR_KEY, 0 },
		{ 32, NULL, BA_OK, BA_ALG_HS256 },
		{ 47, NULL, BA_OK, BA_ALG_HS256 },
		{ 48, NULL, BA_OK, BA_ALG_HS256 | BA_ALG_HS384 },
		{ 63, NULL, BA_OK, BA_ALG_HS256 | BA_ALG_HS384 },
		{ 64, NULL, BA_OK, BA_ALG_SYMMETRIC },
		{ BA_SECRET_MAX, NULL, BA_OK, BA_ALG_SYMMETRIC },
		{ BA_SECRET_MAX + 1, NULL, BA_ERR_KEY, 0 },
		{ 31, ",\"alg\":\"HS256\"", BA_ERR_KEY, 0 },
		{ 32, ",\"alg\":\"HS256\"", BA_OK, BA_ALG_HS256 },
		{ 64, ",\"alg\":\"HS256\"", BA_OK, BA_ALG_HS256 },
		{ 47, ",\"alg\":\"HS384\"", BA_ERR_KEY, 0 },
		{ 48, ",\"alg\":\"HS384\"", BA_OK, BA_ALG_HS384 },
		{ 63, ",\"alg\":\"HS512\"", BA_ERR_KEY, 0 },
		{ 64, ",\"alg\":\"HS512\"", BA_OK, BA_ALG_HS512 },
	};
	struct ba_jwk key;
	char *jwk;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		jwk = secret_jwk(cases[i].n, cases[i].more);
		assert_int_equal(parse(jwk, &key), cases[i].r);
		assert_int_equal(key.algs, cases[i].algs);
		if (cases[i].r == BA_OK) {
			assert_int_equal(key.secret.len, cases[i].n);
			for (j = 0; j < cases[i].n; j++)
				assert_int_equal(key.secret.p[j],
				    (unsigned char)(j * 7 + 1));
		}
		ba_jwk_clear(&key);
		free(jwk);
	}
}

static void
test_secret_members(void **state)
{
	static const struct {
		const char *more;
		int r;
	} cases[] = {
		{ ",\"use\":\"sig\",\"kid\":\"a\",\"x5t\":\"b\"", BA_OK },
		{ ",\"key_ops\":[\"sign\",\"verify\"]", BA_OK },
		{ ",\"use\":\"enc\"", BA_ERR_ALG },
		{ ",\"key_ops\":[\"sign\"]", BA_ERR_ALG },
		{ ",\"use\":\"sig\",\"key_ops\":[\"encrypt\"]", BA_ERR_KEY },
		{ ",\"alg\":\"RS256\"", BA_ERR_KEY },
		{ ",\"alg\":\"dir\"", BA_ERR_ALG },
		{ ",\"alg\":\"none\"", BA_ERR_ALG },
		{ ",\"kid\":9", BA_ERR_KEY },
	};
	struct ba_jwk key;
	char *jwk;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		jwk = secret_jwk(64, cases[i].more);
		assert_int_equal(parse(jwk, &key), cases[i].r);
		ba_jwk_clear(&key);
		free(jwk);
	}
	assert_int_equal(parse("{\"kty\":\"oct\"}", &key), BA_ERR_KEY);
	assert_int_equal(
	    parse("{\"kty\":\"oct\",\"k\":\"A=\"}", &key), BA_ERR_KEY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwk_01_one_substance),
		cmocka_unit_test(test_jwk_09_lengths),
		cmocka_unit_test(test_secret_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
