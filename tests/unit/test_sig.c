/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "common/jose/alg.h"
#include "common/jose/jwk.h"
#include "common/jose/key.h"
#include "common/jose/sig.h"
#include "tests/unit/mint.h"
#include "tests/unit/scarce.h"

#define MSG      "a message that is longer than one block of the hash: 0123456789"
#define MSG_LEN  (sizeof(MSG) - 1)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define RSA_ALGS                                                               \
	(BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512 | BA_ALG_PS256 |           \
	    BA_ALG_PS384 | BA_ALG_PS512)

/* A pair of keys, and its public half as the code under test sees it. */
struct pair {
	struct ba_mint *mint;
	struct ba_jwks *set;
	const struct ba_jwk *key;
};

static struct pair rsa, rsa_ps, rsa3072, p256, p384, p521, secp256k1, ed25519,
    ed448, secret, secret_384, other_secret;

static const struct {
	enum ba_alg alg;
	struct pair *pair;
	size_t len;
} algs[] = {
	{ BA_ALG_RS256, &rsa, 256 },
	{ BA_ALG_RS384, &rsa, 256 },
	{ BA_ALG_RS512, &rsa, 256 },
	{ BA_ALG_PS256, &rsa, 256 },
	{ BA_ALG_PS384, &rsa, 256 },
	{ BA_ALG_PS512, &rsa, 256 },
	{ BA_ALG_RS256, &rsa3072, 384 },
	{ BA_ALG_PS512, &rsa3072, 384 },
	{ BA_ALG_ES256, &p256, 64 },
	{ BA_ALG_ES384, &p384, 96 },
	{ BA_ALG_ES512, &p521, 132 },
	{ BA_ALG_ES256K, &secp256k1, 64 },
	{ BA_ALG_EDDSA, &ed25519, 64 },
	{ BA_ALG_ED25519, &ed25519, 64 },
	{ BA_ALG_EDDSA, &ed448, 114 },
	{ BA_ALG_ED448, &ed448, 114 },
	{ BA_ALG_HS256, &secret, 32 },
	{ BA_ALG_HS384, &secret, 48 },
	{ BA_ALG_HS512, &secret, 64 },
};

static void
make(struct pair *p, struct ba_mint *m, enum ba_alg alg)
{
	char *text = ba_mint_jwks_of(m);
	size_t iter = 0;

	p->mint = m;
	if ((alg & BA_ALG_SYMMETRIC) != 0)
		assert_int_equal(
		    ba_jwks_parse_symmetric(text, strlen(text), &p->set),
		    BA_OK);
	else
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
	make(&p384, ba_mint_new(BA_MINT_P384, NULL, NULL), BA_ALG_ES384);
	make(&p521, ba_mint_new(BA_MINT_P521, NULL, NULL), BA_ALG_ES512);
	make(&secp256k1, ba_mint_new(BA_MINT_SECP256K1, NULL, NULL),
	    BA_ALG_ES256K);
	make(&ed25519, ba_mint_new(BA_MINT_ED25519, NULL, NULL), BA_ALG_EDDSA);
	make(&ed448, ba_mint_new(BA_MINT_ED448, NULL, NULL), BA_ALG_EDDSA);
	make(&secret, ba_mint_new(BA_MINT_OCT, NULL, NULL), BA_ALG_HS256);
	make(
	    &secret_384, ba_mint_new(BA_MINT_OCT, NULL, "HS384"), BA_ALG_HS384);
	make(&other_secret, ba_mint_new(BA_MINT_OCT, NULL, NULL), BA_ALG_HS512);
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
	unmake(&p384);
	unmake(&p521);
	unmake(&secp256k1);
	unmake(&ed25519);
	unmake(&ed448);
	unmake(&secret);
	unmake(&secret_384);
	unmake(&other_secret);
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
		{ BA_ALG_ES256, 96, false },
		{ BA_ALG_ES384, 64, false },
		{ BA_ALG_ES384, 95, false },
		{ BA_ALG_ES384, 96, true },
		{ BA_ALG_ES384, 97, false },
		{ BA_ALG_ES512, 128, false },
		{ BA_ALG_ES512, 131, false },
		{ BA_ALG_ES512, 132, true },
		{ BA_ALG_ES512, 133, false },
		{ BA_ALG_ES256K, 63, false },
		{ BA_ALG_ES256K, 64, true },
		{ BA_ALG_ES256K, 65, false },
		{ BA_ALG_ED25519, 64, true },
		{ BA_ALG_ED25519, 114, false },
		{ BA_ALG_ED448, 64, false },
		{ BA_ALG_ED448, 113, false },
		{ BA_ALG_ED448, 114, true },
		{ BA_ALG_ED448, 115, false },
		/* Either curve. */
		{ BA_ALG_EDDSA, 63, false },
		{ BA_ALG_EDDSA, 64, true },
		{ BA_ALG_EDDSA, 65, false },
		{ BA_ALG_EDDSA, 114, true },
		{ BA_ALG_EDDSA, 115, false },
		{ BA_ALG_HS256, 16, false },
		{ BA_ALG_HS256, 31, false },
		{ BA_ALG_HS256, 32, true },
		{ BA_ALG_HS256, 33, false },
		{ BA_ALG_HS256, 48, false },
		{ BA_ALG_HS384, 32, false },
		{ BA_ALG_HS384, 47, false },
		{ BA_ALG_HS384, 48, true },
		{ BA_ALG_HS384, 49, false },
		{ BA_ALG_HS512, 48, false },
		{ BA_ALG_HS512, 63, false },
		{ BA_ALG_HS512, 64, true },
		{ BA_ALG_HS512, 65, false },
		{ BA_ALG_SYMMETRIC, 32, true },
		{ BA_ALG_SYMMETRIC, 40, false },
		{ BA_ALG_SYMMETRIC, 64, true },
		{ BA_ALG_SYMMETRIC, 256, false },
		{ 0, 64, false },
		{ 0, 0, false },
		{ BA_ALG_ALL, 0, false },
		{ BA_ALG_ALL + 1, 256, false },
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
		{ &rsa, RSA_ALGS },
		{ &rsa_ps, BA_ALG_PS256 },
		{ &p256, BA_ALG_ES256 },
		{ &p384, BA_ALG_ES384 },
		{ &p521, BA_ALG_ES512 },
		{ &secp256k1, BA_ALG_ES256K },
		{ &ed25519, BA_ALG_ED25519 },
		{ &ed448, BA_ALG_ED448 },
		{ &secret, BA_ALG_SYMMETRIC },
		{ &secret_384, BA_ALG_HS384 },
		{ &other_secret, BA_ALG_SYMMETRIC },
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
		/* And what is no algorithm, or is more than one. */
		assert_int_equal(check(algs[i].pair, 0, sig, n), BA_ERR_KEY);
		assert_int_equal(
		    check(algs[i].pair, BA_ALG_ALL + 1, sig, n), BA_ERR_KEY);
	}
	n = sign(&rsa, BA_ALG_RS256, sig);
	assert_int_equal(check(&rsa, BA_ALG_ALL, sig, n), BA_ERR_KEY);
	assert_int_equal(
	    check(&rsa, BA_ALG_RS256 | BA_ALG_RS384, sig, n), BA_ERR_KEY);
	assert_int_equal(
	    check(&rsa, BA_ALG_RS256 | BA_ALG_ES256, sig, n), BA_OK);
}

/* kind and algs of one key, substance of another. */
static int
check_mixed(const struct pair *outside, const struct pair *inside,
    unsigned served, enum ba_alg alg, const unsigned char *sig, size_t n)
{
	struct ba_jwk key = *inside->key;
	struct pair p = { NULL, NULL, &key };

	key.kind = outside->key->kind;
	key.algs = served;
	return check(&p, alg, sig, n);
}

/*
 * V01: should a key ever say that it is another, what it is made of is looked
 * at once more.
 */
static void
test_v01_unsound_key(void **state)
{
	static const struct {
		struct pair *outside;
		struct pair *inside;
		enum ba_alg alg; /* of outside */
		enum ba_alg good; /* of inside */
	} cases[] = {
		{ &p256, &p384, BA_ALG_ES256, BA_ALG_ES384 },
		{ &p384, &p256, BA_ALG_ES384, BA_ALG_ES256 },
		{ &p256, &ed25519, BA_ALG_ES256, BA_ALG_ED25519 },
		{ &ed25519, &ed448, BA_ALG_ED25519, BA_ALG_ED448 },
		{ &rsa, &p256, BA_ALG_RS256, BA_ALG_ES256 },
		{ &p521, &rsa, BA_ALG_ES512, BA_ALG_RS256 },
		{ &rsa, &secret, BA_ALG_RS256, BA_ALG_HS256 },
		{ &p256, &secret, BA_ALG_ES256, BA_ALG_HS512 },
		{ &ed25519, &secret, BA_ALG_ED25519, BA_ALG_HS512 },
		{ &secret, &rsa, BA_ALG_HS256, BA_ALG_RS256 },
		{ &secret, &ed448, BA_ALG_HS512, BA_ALG_ED448 },
	};
	unsigned char sig[BA_SIG_MAX], good[BA_SIG_MAX];
	size_t i, n, len;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = sign(cases[i].outside, cases[i].alg, sig);
		len = sign(cases[i].inside, cases[i].good, good);
		assert_int_equal(check_mixed(cases[i].outside, cases[i].inside,
				     BA_ALG_ALL, cases[i].alg, sig, n),
		    BA_ERR_KEY);
		assert_int_equal(check_mixed(cases[i].outside, cases[i].inside,
				     BA_ALG_ALL, cases[i].good, good, len),
		    BA_ERR_KEY);
		/* A list of algorithms longer than the kind's is no help. */
		assert_int_equal(check_mixed(cases[i].inside, cases[i].inside,
				     BA_ALG_ALL, cases[i].alg, sig, n),
		    BA_ERR_KEY);
		assert_int_equal(check_mixed(cases[i].inside, cases[i].inside,
				     cases[i].good, cases[i].good, good, len),
		    BA_OK);
	}
}

/* V01: the same, where there is both a public key and a secret in one. */
static void
test_v01_key_and_secret(void **state)
{
	struct ba_jwk key = *secret.key;
	struct pair p = { NULL, NULL, &key };
	unsigned char sig[BA_SIG_MAX];
	size_t n = sign(&secret, BA_ALG_HS256, sig);

	(void)state;
	assert_int_equal(check(&p, BA_ALG_HS256, sig, n), BA_OK);
	key.pkey = rsa.key->pkey;
	assert_int_equal(check(&p, BA_ALG_HS256, sig, n), BA_ERR_KEY);
}

/* V02, JWK-09: a short or empty secret makes no tag, whatever algs says. */
static void
test_v02_short_secret(void **state)
{
	static const size_t lengths[] = { 32, 48, 64 };
	struct ba_jwk key = *secret.key;
	struct pair p = { NULL, NULL, &key };
	unsigned char sig[BA_SIG_MAX];
	struct ba_mint *m;
	size_t i, n, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (len = 0; len <= 64; len++) {
			m = ba_mint_secret(
			    secret.key->secret.p, len, NULL, NULL);
			n = ba_mint_raw(m, BA_ALG_HS256 << i, MSG, MSG_LEN, sig,
			    sizeof(sig));
			key.secret.len = len;
			assert_int_equal(check(&p, BA_ALG_HS256 << i, sig, n),
			    len < lengths[i] ? BA_ERR_KEY : BA_OK);
			ba_mint_free(m);
		}
	}
}

/* The right key, another algorithm: every way of RSA against each other. */
static void
test_jwk_02_rsa_ways(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		if (algs[i].pair != &rsa)
			continue;
		n = sign(&rsa, algs[i].alg, sig);
		for (j = 0; j < COUNT(algs); j++) {
			if (algs[j].pair == &rsa)
				assert_int_equal(
				    check(&rsa, algs[j].alg, sig, n),
				    i == j ? BA_OK : BA_ERR_SIGNATURE);
		}
	}
}

/* And every HMAC against each other, by the same secret. */
static void
test_jwk_02_hmac_hashes(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		if (algs[i].pair != &secret)
			continue;
		n = sign(&secret, algs[i].alg, sig);
		for (j = 0; j < COUNT(algs); j++) {
			if (algs[j].pair != &secret)
				continue;
			assert_int_equal(check(&secret, algs[j].alg, sig, n),
			    i == j ? BA_OK : BA_ERR_SIGNATURE);
			/* Cut to the length of a shorter one, too. */
			if (algs[j].len < n)
				assert_int_equal(check(&secret, algs[j].alg,
						     sig, algs[j].len),
				    BA_ERR_SIGNATURE);
		}
	}
	n = sign(&secret, BA_ALG_HS256, sig);
	assert_int_equal(check(&secret, BA_ALG_SYMMETRIC, sig, n), BA_ERR_KEY);
	n = sign(&secret_384, BA_ALG_HS384, sig);
	assert_int_equal(check(&secret_384, BA_ALG_HS384, sig, n), BA_OK);
	assert_int_equal(check(&secret_384, BA_ALG_SYMMETRIC, sig, n), BA_OK);
	assert_int_equal(check(&secret_384, BA_ALG_HS512, sig, n), BA_ERR_KEY);
}

bool __real_ba_equal_ct(const void *a, const void *b, size_t n);
bool __wrap_ba_equal_ct(const void *a, const void *b, size_t n);

static size_t compared; /* bytes, in constant time */

bool
__wrap_ba_equal_ct(const void *a, const void *b, size_t n)
{
	compared += n;
	return __real_ba_equal_ct(a, b, n);
}

/*
 * V10, JWK-10: whichever byte is wrong, the whole tag is compared, by the
 * function whose time does not tell; and nothing else decides.
 */
static void
test_v10_jwk_10_constant_time(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		if (algs[i].pair != &secret)
			continue;
		n = sign(&secret, algs[i].alg, sig);
		for (j = 0; j <= n; j++) {
			if (j < n)
				sig[j] ^= 1;
			compared = 0;
			assert_int_equal(check(&secret, algs[i].alg, sig, n),
			    j < n ? BA_ERR_SIGNATURE : BA_OK);
			assert_int_equal(compared, n);
			if (j < n)
				sig[j] ^= 1;
		}
	}
}

/* The test cases of RFC 4231 sections 4.7 and 4.8: a key of 131 bytes. */
static void
test_hs_published(void **state)
{
	static const char msg[] = "Test Using Larger Than Block-Size Key - "
				  "Hash Key First";
	static const struct {
		enum ba_alg alg;
		size_t n;
		const char *hex;
	} cases[] = {
		{ BA_ALG_HS256, 32,
		    "60e431591ee0b67f0d8a26aacbf5b77f"
		    "8e0bc6213728c5140546040f0ee37f54" },
		{ BA_ALG_HS384, 48,
		    "4ece084485813e9088d2c63a041bc5b4"
		    "4f9ef1012a2b588f3cd11f05033ac4c6"
		    "0c2ef6ab4030fe8296248df163f44952" },
		{ BA_ALG_HS512, 64,
		    "80b24263c7c1a3ebb71493c1dd7be8b4"
		    "9b46d1f41b4aeec1121b013783f8f352"
		    "6b56d037e05f2598bd0fd2215d6a1e52"
		    "95e64f73f63f0aec8b915a985d786598" },
	};
	unsigned char k[131], want[64];
	struct pair p;
	size_t i, j, len;

	(void)state;
	memset(k, 0xaa, sizeof(k));
	make(&p, ba_mint_secret(k, sizeof(k), NULL, NULL), BA_ALG_HS256);
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(OPENSSL_hexstr2buf_ex(want, sizeof(want), &len,
				     cases[i].hex, '\0'),
		    1);
		assert_int_equal(len, cases[i].n);
		assert_int_equal(ba_sig_verify(p.key, cases[i].alg, msg,
				     sizeof(msg) - 1, want, len),
		    BA_OK);
		for (j = 0; j < len; j++) {
			want[j] ^= 0x80;
			assert_int_equal(ba_sig_verify(p.key, cases[i].alg, msg,
					     sizeof(msg) - 1, want, len),
			    BA_ERR_SIGNATURE);
			want[j] ^= 0x80;
		}
		/* Of a text of no bytes there is a tag as well. */
		assert_int_equal(
		    ba_sig_verify(p.key, cases[i].alg, msg, 0, want, len),
		    BA_ERR_SIGNATURE);
	}
	unmake(&p);
}

/* A key that says EdDSA has a curve; a name that says the other is not it. */
static void
test_jwk_15_curve_by_key(void **state)
{
	unsigned char sig[BA_SIG_MAX];
	size_t n;

	(void)state;
	n = sign(&ed25519, BA_ALG_EDDSA, sig);
	assert_int_equal(check(&ed25519, BA_ALG_ED25519, sig, n), BA_OK);
	assert_int_equal(check(&ed25519, BA_ALG_ED448, sig, n), BA_ERR_KEY);
	assert_int_equal(check(&ed448, BA_ALG_ED25519, sig, n), BA_ERR_KEY);
	assert_int_equal(check(&ed448, BA_ALG_EDDSA, sig, n), BA_ERR_SIGNATURE);
	n = sign(&ed448, BA_ALG_EDDSA, sig);
	assert_int_equal(check(&ed448, BA_ALG_ED448, sig, n), BA_OK);
	assert_int_equal(check(&ed448, BA_ALG_ED25519, sig, n), BA_ERR_KEY);
	assert_int_equal(
	    check(&ed25519, BA_ALG_EDDSA, sig, n), BA_ERR_SIGNATURE);
}

/* Where OpenSSL has them: the orders stand nowhere else in the tests. */
static const struct {
	enum ba_alg alg;
	struct pair *pair;
	int nid;
	size_t width;
} curves[] = {
	{ BA_ALG_ES256, &p256, NID_X9_62_prime256v1, 32 },
	{ BA_ALG_ES384, &p384, NID_secp384r1, 48 },
	{ BA_ALG_ES512, &p521, NID_secp521r1, 66 },
	{ BA_ALG_ES256K, &secp256k1, NID_secp256k1, 32 },
};

#define WIDTH_MAX 66

/* order + d of the curve, or d alone where from_order is false. */
static void
near(unsigned char *dst, size_t i, bool from_order, int d)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curves[i].nid);
	BIGNUM *bn = BN_new();

	assert_true(group != NULL && bn != NULL);
	if (from_order)
		assert_non_null(BN_copy(bn, EC_GROUP_get0_order(group)));
	assert_int_equal(d < 0 ? BN_sub_word(bn, (BN_ULONG)-d)
			       : BN_add_word(bn, (BN_ULONG)d),
	    1);
	assert_int_equal(
	    BN_bn2binpad(bn, dst, (int)curves[i].width), (int)curves[i].width);
	BN_free(bn);
	EC_GROUP_free(group);
}

/* V08: r and s of every value that a lazy verifier takes for a signature. */
static void
test_v08_jwk_05_out_of_range(void **state)
{
	unsigned char odd[6][WIDTH_MAX], sig[2 * WIDTH_MAX];
	unsigned char good[BA_SIG_MAX];
	size_t c, i, j, w;

	(void)state;
	for (c = 0; c < COUNT(curves); c++) {
		w = curves[c].width;
		near(odd[0], c, false, 0);
		near(odd[1], c, true, 0);
		near(odd[2], c, true, 1);
		memset(odd[3], 0xff, w);
		near(odd[4], c, false, 1); /* in range and wrong */
		near(odd[5], c, true, -1); /* in range and wrong */
		assert_int_equal(
		    sign(curves[c].pair, curves[c].alg, good), 2 * w);
		for (i = 0; i < COUNT(odd); i++) {
			for (j = 0; j < COUNT(odd); j++) {
				memcpy(sig, odd[i], w);
				memcpy(sig + w, odd[j], w);
				assert_int_equal(check(curves[c].pair,
						     curves[c].alg, sig, 2 * w),
				    BA_ERR_SIGNATURE);
			}
			memcpy(sig, good, 2 * w);
			memcpy(sig, odd[i], w);
			assert_int_equal(
			    check(curves[c].pair, curves[c].alg, sig, 2 * w),
			    BA_ERR_SIGNATURE);
			memcpy(sig, good, 2 * w);
			memcpy(sig + w, odd[i], w);
			assert_int_equal(
			    check(curves[c].pair, curves[c].alg, sig, 2 * w),
			    BA_ERR_SIGNATURE);
		}
		assert_int_equal(
		    check(curves[c].pair, curves[c].alg, good, 2 * w), BA_OK);
	}
}

/* Our orders are OpenSSL's, whose own check would hide a wrong one. */
static void
test_v08_orders(void **state)
{
	unsigned char order[WIDTH_MAX];
	const struct ba_kind *kind;
	size_t c, found, i;

	(void)state;
	for (c = 0; c < COUNT(curves); c++) {
		near(order, c, true, 0);
		found = 0;
		for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
			if ((kind->algs & curves[c].alg) == 0)
				continue;
			assert_int_equal(kind->bytes, curves[c].width);
			assert_memory_equal(kind->order, order, kind->bytes);
			found++;
		}
		assert_int_equal(found, 1);
	}
}

/* Numbers with a high bit, and with zeros in front, become right DER. */
static void
test_ecdsa_shapes(void **state)
{
	unsigned char sig[BA_SIG_MAX], high;
	size_t c, i, w;
	unsigned seen, all;

	(void)state;
	for (c = 0; c < COUNT(curves); c++) {
		w = curves[c].width;
		/* The first octet of P-521 is 0 or 1, often enough each. */
		high = w == 66 ? 1 : 0x80;
		all = w == 66 ? 0x2d : 0x3f;
		seen = 0;
		for (i = 0; i < 20000 && seen != all; i++) {
			assert_int_equal(
			    sign(curves[c].pair, curves[c].alg, sig), 2 * w);
			assert_int_equal(
			    check(curves[c].pair, curves[c].alg, sig, 2 * w),
			    BA_OK);
			seen |= (sig[0] >= high ? 1u : 2u) |
				(sig[0] == 0 ? 4u : 0) |
				(sig[w] >= high ? 8u : 16u) |
				(sig[w] == 0 ? 32u : 0);
			if (w == 66)
				seen &= all;
		}
		assert_int_equal(seen, all);
	}
}

/* RFC 8032 sections 5.1.7, 5.2.7: S below L, or there are two spellings. */
static void
test_jwk_14_s_below_l(void **state)
{
	static const struct {
		struct pair *pair;
		int half;
		const char *l;
	} cases[] = {
		{ &ed25519, 32,
		    "1000000000000000000000000000000014def9dea2f79cd65812631a5c"
		    "f5d3ed" },
		{ &ed448, 57,
		    "3fffffffffffffffffffffffffffffffffffffffffffffffffffffff7c"
		    "ca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3" },
	};
	unsigned char sig[BA_SIG_MAX];
	BIGNUM *l, *s;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = sign(cases[i].pair, BA_ALG_EDDSA, sig);
		assert_int_equal(n, 2 * cases[i].half);
		assert_int_equal(
		    check(cases[i].pair, BA_ALG_EDDSA, sig, n), BA_OK);
		l = NULL;
		assert_true(BN_hex2bn(&l, cases[i].l) > 0);
		s = BN_lebin2bn(sig + cases[i].half, cases[i].half, NULL);
		assert_non_null(s);
		assert_int_equal(BN_add(s, s, l), 1);
		assert_int_equal(
		    BN_bn2lebinpad(s, sig + cases[i].half, cases[i].half),
		    cases[i].half);
		assert_int_equal(check(cases[i].pair, BA_ALG_EDDSA, sig, n),
		    BA_ERR_SIGNATURE);
		memset(sig, 0, sizeof(sig));
		assert_int_equal(check(cases[i].pair, BA_ALG_EDDSA, sig, n),
		    BA_ERR_SIGNATURE);
		BN_free(l);
		BN_free(s);
	}
}

static void
test_jwk_08_pss_parameters(void **state)
{
	static const struct {
		enum ba_alg alg;
		const char *md;
		int salt;
	} ways[] = {
		{ BA_ALG_PS256, "SHA256", 32 },
		{ BA_ALG_PS384, "SHA384", 48 },
		{ BA_ALG_PS512, "SHA512", 64 },
	};
	static const int salts[] = { 0, 20, 31, 32, 33, 47, 48, 49, 63, 64, 65,
		126, 158, 190 };
	static const char *const mds[] = { "SHA1", "SHA256", "SHA384",
		"SHA512" };
	unsigned char sig[BA_SIG_MAX];
	size_t w, i, j, k, n;
	bool ok;

	(void)state;
	for (w = 0; w < COUNT(ways); w++) {
		for (i = 0; i < COUNT(salts); i++) {
			for (j = 0; j < COUNT(mds); j++) {
				for (k = 0; k < COUNT(mds); k++) {
					/* One thing off, or none. */
					ok = salts[i] == ways[w].salt;
					if (ok + (j == w + 1) + (k == w + 1) <
					    2)
						continue;
					n = ba_mint_pss(rsa.mint, mds[j], MSG,
					    MSG_LEN, salts[i], mds[k], sig,
					    sizeof(sig));
					ok = ok && j == w + 1 && k == w + 1;
					assert_int_equal(
					    check(&rsa, ways[w].alg, sig, n),
					    ok ? BA_OK : BA_ERR_SIGNATURE);
				}
			}
		}
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
		for (n = 0; n < 5000; n++) {
			ba_scarce.left = n;
			r = ba_sig_verify(algs[i].pair->key, algs[i].alg, MSG,
			    MSG_LEN, sig, len);
			ba_scarce.left = -1;
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

int __real_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding);
int __wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding);
int __real_EVP_PKEY_CTX_set_rsa_mgf1_md_name(
    EVP_PKEY_CTX *ctx, const char *md, const char *query);
int __wrap_EVP_PKEY_CTX_set_rsa_mgf1_md_name(
    EVP_PKEY_CTX *ctx, const char *md, const char *query);
int __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int len);
int __wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int len);
unsigned char *__real_EVP_Q_mac(OSSL_LIB_CTX *lib, const char *name,
    const char *query, const char *sub, const OSSL_PARAM *params,
    const void *key, size_t keylen, const unsigned char *p, size_t n,
    unsigned char *out, size_t outsz, size_t *outlen);
unsigned char *__wrap_EVP_Q_mac(OSSL_LIB_CTX *lib, const char *name,
    const char *query, const char *sub, const OSSL_PARAM *params,
    const void *key, size_t keylen, const unsigned char *p, size_t n,
    unsigned char *out, size_t outsz, size_t *outlen);

/* What of OpenSSL's says that it has failed, or makes too short a tag. */
static enum { NOTHING, PADDING, MGF1, SALT, MAC, SHORT_MAC } failing;

int
__wrap_EVP_PKEY_CTX_set_rsa_padding(EVP_PKEY_CTX *ctx, int padding)
{
	int r = __real_EVP_PKEY_CTX_set_rsa_padding(ctx, padding);

	return failing == PADDING ? 0 : r;
}

int
__wrap_EVP_PKEY_CTX_set_rsa_mgf1_md_name(
    EVP_PKEY_CTX *ctx, const char *md, const char *query)
{
	int r = __real_EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, md, query);

	return failing == MGF1 ? 0 : r;
}

int
__wrap_EVP_PKEY_CTX_set_rsa_pss_saltlen(EVP_PKEY_CTX *ctx, int len)
{
	int r = __real_EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, len);

	return failing == SALT ? 0 : r;
}

unsigned char *
__wrap_EVP_Q_mac(OSSL_LIB_CTX *lib, const char *name, const char *query,
    const char *sub, const OSSL_PARAM *params, const void *key, size_t keylen,
    const unsigned char *p, size_t n, unsigned char *out, size_t outsz,
    size_t *outlen)
{
	unsigned char *r = __real_EVP_Q_mac(lib, name, query, sub, params, key,
	    keylen, p, n, out, outsz, outlen);

	if (failing == SHORT_MAC)
		--*outlen;
	return failing == MAC ? NULL : r;
}

/* A signature is good, and OpenSSL fails: nobody says that it is bad. */
static void
test_openssl_fails(void **state)
{
	static const struct {
		int failing;
		enum ba_alg alg;
		struct pair *pair;
		int r;
	} cases[] = {
		{ PADDING, BA_ALG_PS256, &rsa, BA_ERR_CRYPTO },
		{ MGF1, BA_ALG_PS256, &rsa, BA_ERR_CRYPTO },
		{ SALT, BA_ALG_PS256, &rsa, BA_ERR_CRYPTO },
		{ NOTHING, BA_ALG_PS256, &rsa, BA_OK },
		{ MAC, BA_ALG_HS256, &secret, BA_ERR_CRYPTO },
		{ SHORT_MAC, BA_ALG_HS256, &secret, BA_ERR_CRYPTO },
		{ NOTHING, BA_ALG_HS256, &secret, BA_OK },
		/* What has none of these is none the worse. */
		{ PADDING, BA_ALG_RS256, &rsa, BA_OK },
		{ MAC, BA_ALG_RS256, &rsa, BA_OK },
	};
	unsigned char sig[BA_SIG_MAX];
	size_t i, n;
	int r;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		n = sign(cases[i].pair, cases[i].alg, sig);
		failing = cases[i].failing;
		r = check(cases[i].pair, cases[i].alg, sig, n);
		failing = NOTHING;
		assert_int_equal(r, cases[i].r);
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
		cmocka_unit_test(test_v01_unsound_key),
		cmocka_unit_test(test_v01_key_and_secret),
		cmocka_unit_test(test_v02_short_secret),
		cmocka_unit_test(test_jwk_02_rsa_ways),
		cmocka_unit_test(test_jwk_02_hmac_hashes),
		cmocka_unit_test(test_v10_jwk_10_constant_time),
		cmocka_unit_test(test_hs_published),
		cmocka_unit_test(test_jwk_15_curve_by_key),
		cmocka_unit_test(test_v08_jwk_05_out_of_range),
		cmocka_unit_test(test_v08_orders),
		cmocka_unit_test(test_ecdsa_shapes),
		cmocka_unit_test(test_jwk_14_s_below_l),
		cmocka_unit_test(test_jwk_08_pss_parameters),
		cmocka_unit_test(test_rsa_edge_numbers),
		cmocka_unit_test(test_error_queue),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_openssl_fails),
		cmocka_unit_test(test_threads_share_a_key),
	};

	if (ba_scarce_openssl() != 0)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
