/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "common/jose/jwk.h"
#include "common/jose/sig.h"
#include "tests/unit/mint.h"

#define MSG      "a message that is longer than one block of the hash: 0123456789"
#define MSG_LEN  (sizeof(MSG) - 1)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A pair of keys, and its public half as the code under test sees it. */
struct pair {
	struct ba_mint *mint;
	struct ba_jwks *set;
	const struct ba_jwk *key;
};

static struct pair rsa, rsa_ps, rsa3072, p256, ed25519;

static const struct {
	enum ba_alg alg;
	struct pair *pair;
	size_t len;
} algs[] = {
	{ BA_ALG_RS256, &rsa, 256 },
	{ BA_ALG_PS256, &rsa, 256 },
	{ BA_ALG_RS256, &rsa3072, 384 },
	{ BA_ALG_PS256, &rsa3072, 384 },
	{ BA_ALG_ES256, &p256, 64 },
	{ BA_ALG_EDDSA, &ed25519, 64 },
};

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

static void
make(struct pair *p, struct ba_mint *m, enum ba_alg alg)
{
	char *text = ba_mint_jwks_of(m);
	size_t iter = 0;

	p->mint = m;
	assert_int_equal(
	    ba_jwks_parse(text, strlen(text), &p->set, NULL), BA_OK);
	p->key = ba_jwks_next(p->set, NULL, alg, &iter);
	assert_non_null(p->key);
	free(text);
}

static void
unmake(struct pair *p)
{
	ba_jwks_free(p->set);
	ba_mint_free(p->mint);
}

static int
setup(void **state)
{
	(void)state;
	make(&rsa, ba_mint_new(BA_MINT_RSA, NULL, NULL), BA_ALG_RS256);
	make(&rsa_ps, ba_mint_new(BA_MINT_RSA, NULL, "PS256"), BA_ALG_PS256);
	make(&rsa3072, ba_mint_rsa(3072, 3, NULL, NULL), BA_ALG_RS256);
	make(&p256, ba_mint_new(BA_MINT_P256, NULL, NULL), BA_ALG_ES256);
	make(&ed25519, ba_mint_new(BA_MINT_ED25519, NULL, NULL), BA_ALG_EDDSA);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unmake(&rsa);
	unmake(&rsa_ps);
	unmake(&rsa3072);
	unmake(&p256);
	unmake(&ed25519);
	return 0;
}

/* From a copy of exactly n bytes, so that a sanitizer sees a read behind. */
static int
check(const struct pair *p, enum ba_alg alg, const unsigned char *sig, size_t n)
{
	unsigned char *copy = malloc(n == 0 ? 1 : n);
	int r;

	assert_non_null(copy);
	memcpy(copy, sig, n);
	r = ba_sig_verify(p->key, alg, MSG, MSG_LEN, copy, n);
	free(copy);
	assert_int_equal(ERR_peek_error(), 0);
	return r;
}

static size_t
sign(const struct pair *p, enum ba_alg alg, unsigned char *sig)
{
	return ba_mint_raw(p->mint, alg, MSG, MSG_LEN, sig, BA_SIG_MAX);
}

static void
test_good_and_flipped(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t i, bit, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		n = sign(algs[i].pair, algs[i].alg, sig);
		assert_int_equal(n, algs[i].len);
		assert_int_equal(
		    check(algs[i].pair, algs[i].alg, sig, n), BA_OK);
		assert_int_equal(ba_sig_verify(algs[i].pair->key, algs[i].alg,
				     MSG, MSG_LEN - 1, sig, n),
		    BA_ERR_SIGNATURE);
		for (bit = 0; bit < n * 8; bit++) {
			sig[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_int_equal(
			    check(algs[i].pair, algs[i].alg, sig, n),
			    BA_ERR_SIGNATURE);
			sig[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
	}
}

/* V09: a signature has one length, whatever the input says. */
static void
test_v09_jwk_06_lengths(void **state)
{
	unsigned char sig[2 * BA_SIG_MAX];
	size_t i, n, len;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		/* With zeros in front, and behind. */
		memset(sig, 0, sizeof(sig));
		len = sign(algs[i].pair, algs[i].alg, sig + 1);
		assert_int_equal(len, algs[i].len);
		assert_int_equal(
		    check(algs[i].pair, algs[i].alg, sig + 1, len), BA_OK);
		assert_int_equal(check(algs[i].pair, algs[i].alg, sig, len + 1),
		    BA_ERR_SIGNATURE);
		for (n = 0; n < 600; n++) {
			if (n == len)
				continue;
			assert_int_equal(
			    check(algs[i].pair, algs[i].alg, sig + 1, n),
			    BA_ERR_SIGNATURE);
		}
		assert_int_equal(
		    check(algs[i].pair, algs[i].alg, sig + 1, BA_SIG_MAX + 1),
		    BA_ERR_SIGNATURE);
	}
}

static void
test_length_ok(void **state)
{
	static const struct {
		enum ba_alg alg;
		size_t n;
		bool ok;
	} cases[] = {
		{ BA_ALG_RS256, 255, false },
		{ BA_ALG_RS256, 256, true },
		{ BA_ALG_PS256, 255, false },
		{ BA_ALG_PS256, 2048, true },
		{ BA_ALG_PS256, 2049, false },
		{ BA_ALG_ES256, 63, false },
		{ BA_ALG_ES256, 64, true },
		{ BA_ALG_ES256, 65, false },
		{ BA_ALG_EDDSA, 63, false },
		{ BA_ALG_EDDSA, 64, true },
		{ BA_ALG_EDDSA, 114, false },
		{ 0, 64, false },
		{ 0, 0, false },
		{ BA_ALG_ALL, 256, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_int_equal(
		    ba_sig_length_ok(cases[i].alg, cases[i].n), cases[i].ok);
}

/* Every algorithm with every key: only its own is even tried. */
static void
test_jwk_01_jwk_02_key_fits(void **state)
{
	static const struct {
		struct pair *pair;
		unsigned serves;
	} keys[] = {
		{ &rsa, BA_ALG_RS256 | BA_ALG_PS256 },
		{ &rsa_ps, BA_ALG_PS256 },
		{ &p256, BA_ALG_ES256 },
		{ &ed25519, BA_ALG_EDDSA },
	};
	unsigned char sig[BA_SIG_MAX];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		n = sign(algs[i].pair, algs[i].alg, sig);
		for (j = 0; j < COUNT(keys); j++) {
			if (keys[j].pair == algs[i].pair)
				continue;
			assert_int_equal(
			    check(keys[j].pair, algs[i].alg, sig, n),
			    (keys[j].serves & algs[i].alg) != 0
				? BA_ERR_SIGNATURE
				: BA_ERR_KEY);
		}
		/* And what is no algorithm. */
		assert_int_equal(check(algs[i].pair, 0, sig, n), BA_ERR_KEY);
		assert_int_equal(check(algs[i].pair, 16, sig, n), BA_ERR_KEY);
	}
	/* The right key, the right length, the other padding. */
	n = sign(&rsa, BA_ALG_RS256, sig);
	assert_int_equal(check(&rsa, BA_ALG_PS256, sig, n), BA_ERR_SIGNATURE);
	n = sign(&rsa, BA_ALG_PS256, sig);
	assert_int_equal(check(&rsa, BA_ALG_RS256, sig, n), BA_ERR_SIGNATURE);
}

static const unsigned char order[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
	0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
	0x51 };

/* V08: r and s of every value that a lazy verifier takes for a signature. */
static void
test_v08_jwk_05_out_of_range(void **state)
{
	unsigned char odd[6][32], sig[64], good[64];
	size_t i, j;

	(void)state;
	memset(odd[0], 0, 32); /* 0 */
	memcpy(odd[1], order, 32); /* n */
	memcpy(odd[2], order, 32); /* n + 1 */
	odd[2][31]++;
	memset(odd[3], 0xff, 32); /* 2^256 - 1 */
	memset(odd[4], 0, 32); /* 1, in range and wrong */
	odd[4][31] = 1;
	memcpy(odd[5], order, 32); /* n - 1, in range and wrong */
	odd[5][31]--;
	assert_int_equal(sign(&p256, BA_ALG_ES256, good), 64);
	for (i = 0; i < COUNT(odd); i++) {
		for (j = 0; j < COUNT(odd); j++) {
			memcpy(sig, odd[i], 32);
			memcpy(sig + 32, odd[j], 32);
			assert_int_equal(check(&p256, BA_ALG_ES256, sig, 64),
			    BA_ERR_SIGNATURE);
		}
		memcpy(sig, good, 64);
		memcpy(sig, odd[i], 32);
		assert_int_equal(
		    check(&p256, BA_ALG_ES256, sig, 64), BA_ERR_SIGNATURE);
		memcpy(sig, good, 64);
		memcpy(sig + 32, odd[i], 32);
		assert_int_equal(
		    check(&p256, BA_ALG_ES256, sig, 64), BA_ERR_SIGNATURE);
	}
	assert_int_equal(check(&p256, BA_ALG_ES256, good, 64), BA_OK);
}

/* Numbers with a high bit, and with zeros in front, become right DER. */
static void
test_es256_shapes(void **state)
{
	unsigned char sig[64], seen = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 20000 && seen != 0x3f; i++) {
		assert_int_equal(sign(&p256, BA_ALG_ES256, sig), 64);
		assert_int_equal(check(&p256, BA_ALG_ES256, sig, 64), BA_OK);
		seen |= (unsigned char)((sig[0] >= 0x80 ? 1 : 2) |
					(sig[0] == 0 ? 4 : 0) |
					(sig[32] >= 0x80 ? 8 : 16) |
					(sig[32] == 0 ? 32 : 0));
	}
	assert_int_equal(seen, 0x3f);
}

/* RFC 8032 section 5.1.7: S below L, or there are two spellings. */
static void
test_jwk_14_s_below_l(void **state)
{
	static const char l_hex[] =
	    "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
	unsigned char sig[64];
	BIGNUM *l = NULL, *s;

	(void)state;
	assert_int_equal(sign(&ed25519, BA_ALG_EDDSA, sig), 64);
	assert_int_equal(check(&ed25519, BA_ALG_EDDSA, sig, 64), BA_OK);
	assert_true(BN_hex2bn(&l, l_hex) > 0);
	s = BN_lebin2bn(sig + 32, 32, NULL);
	assert_non_null(s);
	assert_int_equal(BN_add(s, s, l), 1);
	assert_int_equal(BN_bn2lebinpad(s, sig + 32, 32), 32);
	assert_int_equal(
	    check(&ed25519, BA_ALG_EDDSA, sig, 64), BA_ERR_SIGNATURE);
	memset(sig, 0, sizeof(sig));
	assert_int_equal(
	    check(&ed25519, BA_ALG_EDDSA, sig, 64), BA_ERR_SIGNATURE);
	BN_free(l);
	BN_free(s);
}

static void
test_jwk_08_pss_parameters(void **state)
{
	static const struct {
		int salt;
		const char *mgf;
		int r;
	} cases[] = {
		{ 32, "SHA256", BA_OK },
		{ 0, "SHA256", BA_ERR_SIGNATURE },
		{ 20, "SHA256", BA_ERR_SIGNATURE },
		{ 31, "SHA256", BA_ERR_SIGNATURE },
		{ 33, "SHA256", BA_ERR_SIGNATURE },
		{ 222, "SHA256", BA_ERR_SIGNATURE }, /* the longest */
		{ 32, "SHA1", BA_ERR_SIGNATURE },
		{ 32, "SHA384", BA_ERR_SIGNATURE },
		{ 32, "SHA512", BA_ERR_SIGNATURE },
	};
	unsigned char sig[BA_SIG_MAX];
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = ba_mint_pss(rsa.mint, MSG, MSG_LEN, cases[i].salt,
		    cases[i].mgf, sig, sizeof(sig));
		assert_int_equal(check(&rsa, BA_ALG_PS256, sig, n), cases[i].r);
	}
}

/* An RSA number that is not below the modulus, and the trivial ones. */
static void
test_rsa_edge_numbers(void **state)
{
	unsigned char sig[256], n[256];
	size_t i;

	(void)state;
	assert_int_equal(ba_mint_number(rsa.mint, "n", n, sizeof(n)), 256);
	for (i = 0; i < 5; i++) {
		memset(sig, i == 3 ? 0xff : 0, sizeof(sig));
		if (i == 1)
			sig[255] = 1;
		if (i == 2 || i == 4)
			memcpy(sig, n, sizeof(n));
		if (i == 4)
			sig[255]--; /* n is odd */
		assert_int_equal(
		    check(&rsa, BA_ALG_RS256, sig, 256), BA_ERR_SIGNATURE);
		assert_int_equal(
		    check(&rsa, BA_ALG_PS256, sig, 256), BA_ERR_SIGNATURE);
	}
}

/* What somebody left in OpenSSL's queue decides nothing, and goes. */
static void
test_error_queue(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t n = sign(&rsa, BA_ALG_RS256, sig);

	(void)state;
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	assert_int_equal(check(&rsa, BA_ALG_RS256, sig, n), BA_OK);
	sig[n - 1] ^= 1;
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	assert_int_equal(check(&rsa, BA_ALG_RS256, sig, n), BA_ERR_SIGNATURE);

	assert_int_equal(ba_ossl_error(BA_ERR_CRYPTO), BA_ERR_CRYPTO);
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	assert_int_equal(ba_ossl_error(BA_ERR_CRYPTO), BA_ERR_CRYPTO);
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE);
	ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
	assert_int_equal(ba_ossl_error(BA_ERR_CRYPTO), BA_ERR_NOMEM);
	assert_int_equal(ERR_peek_error(), 0);
}

/*
 * A want of memory is never BA_OK.  It is our fault where OpenSSL says so;
 * deep inside a verification it sometimes says no more than "no".
 */
static void
test_memory(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t i, len, fault, other;
	long n;
	int r;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		len = sign(algs[i].pair, algs[i].alg, sig);
		assert_int_equal(
		    check(algs[i].pair, algs[i].alg, sig, len), BA_OK);
		r = BA_ERR_INTERNAL;
		fault = other = 0;
		for (n = 0; n < 200; n++) {
			allocations_left = n;
			r = ba_sig_verify(algs[i].pair->key, algs[i].alg, MSG,
			    MSG_LEN, sig, len);
			allocations_left = -1;
			assert_int_equal(ERR_peek_error(), 0);
			if (r == BA_OK)
				break;
			if (r == BA_ERR_NOMEM || r == BA_ERR_CRYPTO)
				fault++;
			else
				other++;
			assert_int_not_equal(r, BA_ERR_KEY);
			if (n == 0)
				assert_int_equal(r, BA_ERR_NOMEM);
		}
		assert_int_equal(r, BA_OK);
		assert_true(fault > 3 && fault > other);
	}
}

struct work {
	size_t which;
	unsigned char sig[BA_SIG_MAX];
	size_t len;
	int wrong;
};

static void *
worker(void *arg)
{
	struct work *w = arg;
	const struct ba_jwk *key = algs[w->which].pair->key;
	size_t i;
	int r;

	for (i = 0; i < 50; i++) {
		r = ba_sig_verify(key, algs[w->which].alg, MSG, MSG_LEN - i % 2,
		    w->sig, w->len);
		if (r != (i % 2 == 0 ? BA_OK : BA_ERR_SIGNATURE))
			w->wrong++;
	}
	return NULL;
}

static void
test_threads_share_a_key(void **state)
{
	static struct work work[4];
	pthread_t thread[4];
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		for (j = 0; j < 4; j++) {
			work[j].which = i;
			work[j].wrong = 0;
			work[j].len =
			    sign(algs[i].pair, algs[i].alg, work[j].sig);
			assert_int_equal(
			    pthread_create(&thread[j], NULL, worker, &work[j]),
			    0);
		}
		for (j = 0; j < 4; j++) {
			assert_int_equal(pthread_join(thread[j], NULL), 0);
			assert_int_equal(work[j].wrong, 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_and_flipped),
		cmocka_unit_test(test_v09_jwk_06_lengths),
		cmocka_unit_test(test_length_ok),
		cmocka_unit_test(test_jwk_01_jwk_02_key_fits),
		cmocka_unit_test(test_v08_jwk_05_out_of_range),
		cmocka_unit_test(test_es256_shapes),
		cmocka_unit_test(test_jwk_14_s_below_l),
		cmocka_unit_test(test_jwk_08_pss_parameters),
		cmocka_unit_test(test_rsa_edge_numbers),
		cmocka_unit_test(test_error_queue),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_threads_share_a_key),
	};

	if (CRYPTO_set_mem_functions(
		crypto_malloc, crypto_realloc, crypto_free) != 1)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
