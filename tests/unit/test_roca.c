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
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "common/jose/roca.h"

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define BYTES_MAX  1024
#define PRIMES_MAX 225

static BN_CTX *ctx;
static unsigned primes[PRIMES_MAX]; /* by a sieve, from 2 */

static int
setup(void **state)
{
	static bool composite[1500];
	unsigned p, q;
	size_t n = 0;

	(void)state;
	for (p = 2; n < PRIMES_MAX; p++) {
		if (composite[p])
			continue;
		primes[n++] = p;
		for (q = 2 * p; q < COUNT(composite); q += p)
			composite[q] = true;
	}
	ctx = BN_CTX_new();
	return ctx == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	BN_CTX_free(ctx);
	return 0;
}

/* The product of the first count primes. */
static BIGNUM *
primorial(size_t count)
{
	BIGNUM *m = BN_new();
	size_t i;

	assert_true(m != NULL && BN_one(m) == 1);
	for (i = 0; i < count; i++)
		assert_int_equal(BN_mul_word(m, primes[i]), 1);
	return m;
}

/* k M + (65537^a mod M): what the chips took for a prime. */
static BIGNUM *
factor(const BIGNUM *m, unsigned long k, unsigned long a)
{
	BIGNUM *g = BN_new(), *e = BN_new(), *p = BN_new();

	assert_true(g != NULL && e != NULL && p != NULL);
	assert_true(BN_set_word(g, 65537) == 1 && BN_set_word(e, a) == 1);
	assert_int_equal(BN_mod_exp(g, g, e, m, ctx), 1);
	assert_int_equal(BN_copy(p, m) != NULL && BN_mul_word(p, k) == 1 &&
			     BN_add(p, p, g) == 1,
	    1);
	BN_free(g);
	BN_free(e);
	return p;
}

/* A modulus as they made it, of M with so many primes. */
static BIGNUM *
weak(size_t count, unsigned long k, unsigned long a)
{
	BIGNUM *m = primorial(count), *p = factor(m, k, a),
	       *q = factor(m, k + 5, 3 * a + 7), *n = BN_new();

	assert_true(n != NULL && BN_mul(n, p, q, ctx) == 1);
	BN_free(m);
	BN_free(p);
	BN_free(q);
	return n;
}

static bool
is_roca(const BIGNUM *n)
{
	unsigned char b[BYTES_MAX];

	assert_true(BN_num_bytes(n) <= BYTES_MAX);
	return ba_is_roca(b, (size_t)BN_bn2bin(n, b));
}

/* The four lengths of M that were in use, by the length of the key. */
static void
test_jwk_07_roca_found(void **state)
{
	static const size_t counts[] = { 39, 71, 126, 225 };
	unsigned long k;
	size_t i;
	BIGNUM *n;

	(void)state;
	for (i = 0; i < COUNT(counts); i++) {
		for (k = 1; k < 20; k++) {
			n = weak(counts[i], 1000003 * k, 123457 * k);
			assert_true(is_roca(n));
			/* The next odd numbers are no keys of theirs. */
			assert_int_equal(BN_add_word(n, 2), 1);
			assert_false(is_roca(n));
			assert_int_equal(BN_sub_word(n, 4), 1);
			assert_false(is_roca(n));
			BN_free(n);
		}
	}
}

/* Is r a power of 65537 modulo p?  All exponents, one after the other. */
static bool
is_power(unsigned r, unsigned p)
{
	unsigned long v = 1;
	unsigned e;

	for (e = 0; e < p; e++) {
		if (v % p == r)
			return true;
		v = v * 65537 % p;
	}
	return false;
}

/* The number that is want modulo p, and like n modulo all other primes. */
static BIGNUM *
with_residue(const BIGNUM *n, const BIGNUM *m, unsigned p, unsigned want)
{
	BIGNUM *step = BN_dup(m), *changed = BN_dup(n);

	assert_true(step != NULL && changed != NULL);
	assert_int_equal(BN_div_word(step, p), 0);
	while (BN_mod_word(changed, p) != want)
		assert_int_equal(BN_add(changed, changed, step), 1);
	BN_free(step);
	return changed;
}

/*
 * Good but for one prime: every residue modulo every prime of the fingerprint
 * decides by itself, and those behind it decide nothing.
 */
static void
test_jwk_07_each_prime_decides(void **state)
{
	BIGNUM *n = weak(126, 77, 99), *m = primorial(126), *changed;
	size_t constraining = 0, i, powers;
	unsigned p, r;

	(void)state;
	for (i = 1; i < 60; i++) {
		p = primes[i];
		powers = 0;
		for (r = 0; r < p; r++) {
			changed = with_residue(n, m, p, r);
			assert_int_equal(
			    is_roca(changed), p > 167 || is_power(r, p));
			powers += is_power(r, p);
			BN_free(changed);
		}
		if (p <= 167 && powers < p - 1)
			constraining++;
	}
	/* The figure of roca.c, on which the rate of false alarms rests. */
	assert_int_equal(constraining, 17);
	assert_int_equal(primes[38], 167);
	BN_free(n);
	BN_free(m);
}

/* Of OpenSSL's keys none; one in 240 million would be by chance. */
static void
test_jwk_07_good_keys(void **state)
{
	EVP_PKEY *pkey;
	BIGNUM *n;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		n = NULL;
		pkey = EVP_RSA_gen(1024);
		assert_non_null(pkey);
		assert_int_equal(
		    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n), 1);
		assert_false(is_roca(n));
		BN_free(n);
		EVP_PKEY_free(pkey);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwk_07_roca_found),
		cmocka_unit_test(test_jwk_07_each_prime_decides),
		cmocka_unit_test(test_jwk_07_good_keys),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
