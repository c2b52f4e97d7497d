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
#include <openssl/err.h>

#include "common/jose/jwk.h"
#include "common/jose/jws.h"
#include "common/json/json.h"
#include "tests/unit/mint.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PAYLOAD  "{\"iss\":\"https://id.example.org\",\"sub\":\"s\"}"

/* A pair of keys, and the set that an issuer publishes. */
struct pair {
	struct ba_mint *mint;
	struct ba_jwks *set;
};

static struct pair rsa, rsa_ps, p256, p384, p521, secp256k1, ed25519, ed448,
    foreign, secret, secret_512, secret_foreign;

#define RSA_ALGS                                                               \
	(BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512 | BA_ALG_PS256 |           \
	    BA_ALG_PS384 | BA_ALG_PS512)

/* An algorithm by each of its names, with each kind of key. */
static const struct {
	enum ba_alg alg; /* that the header means */
	struct pair *pair;
	size_t len; /* of a signature */
	const char *header;
} algs[] = {
	{ BA_ALG_RS256, &rsa, 256, "{\"alg\":\"RS256\"}" },
	{ BA_ALG_RS384, &rsa, 256, "{\"alg\":\"RS384\"}" },
	{ BA_ALG_RS512, &rsa, 256, "{\"alg\":\"RS512\"}" },
	{ BA_ALG_PS256, &rsa, 256, "{\"alg\":\"PS256\"}" },
	{ BA_ALG_PS384, &rsa, 256, "{\"alg\":\"PS384\"}" },
	{ BA_ALG_PS512, &rsa, 256, "{\"alg\":\"PS512\"}" },
	{ BA_ALG_ES256, &p256, 64, "{\"alg\":\"ES256\"}" },
	{ BA_ALG_ES384, &p384, 96, "{\"alg\":\"ES384\"}" },
	{ BA_ALG_ES512, &p521, 132, "{\"alg\":\"ES512\"}" },
	{ BA_ALG_ES256K, &secp256k1, 64, "{\"alg\":\"ES256K\"}" },
	{ BA_ALG_EDDSA, &ed25519, 64, "{\"alg\":\"EdDSA\"}" },
	{ BA_ALG_ED25519, &ed25519, 64, "{\"alg\":\"Ed25519\"}" },
	{ BA_ALG_EDDSA, &ed448, 114, "{\"alg\":\"EdDSA\"}" },
	{ BA_ALG_ED448, &ed448, 114, "{\"alg\":\"Ed448\"}" },
	{ BA_ALG_HS256, &secret, 32, "{\"alg\":\"HS256\"}" },
	{ BA_ALG_HS384, &secret, 48, "{\"alg\":\"HS384\"}" },
	{ BA_ALG_HS512, &secret, 64, "{\"alg\":\"HS512\"}" },
};

/* Of algs[]. */
enum {
	ED25519_AS_EDDSA = 10,
	ED25519_AS_ITSELF,
	ED448_AS_EDDSA,
	ED448_AS_ITSELF
};

static void
make(struct pair *p, enum ba_mint_kind kind, const char *alg)
{
	char *text;

	p->mint = ba_mint_new(kind, NULL, alg);
	text = ba_mint_jwks_of(p->mint);
	if (kind == BA_MINT_OCT)
		assert_int_equal(
		    ba_jwks_parse_symmetric(text, strlen(text), &p->set),
		    BA_OK);
	else
		assert_int_equal(
		    ba_jwks_parse(text, strlen(text), &p->set, NULL), BA_OK);
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
	make(&rsa, BA_MINT_RSA, NULL);
	make(&rsa_ps, BA_MINT_RSA, "PS256");
	make(&p256, BA_MINT_P256, NULL);
	make(&p384, BA_MINT_P384, NULL);
	make(&p521, BA_MINT_P521, NULL);
	make(&secp256k1, BA_MINT_SECP256K1, NULL);
	make(&ed25519, BA_MINT_ED25519, NULL);
	make(&ed448, BA_MINT_ED448, NULL);
	make(&foreign, BA_MINT_P256, NULL);
	make(&secret, BA_MINT_OCT, NULL);
	make(&secret_512, BA_MINT_OCT, "HS512");
	make(&secret_foreign, BA_MINT_OCT, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unmake(&rsa);
	unmake(&rsa_ps);
	unmake(&p256);
	unmake(&p384);
	unmake(&p521);
	unmake(&secp256k1);
	unmake(&ed25519);
	unmake(&ed448);
	unmake(&foreign);
	unmake(&secret);
	unmake(&secret_512);
	unmake(&secret_foreign);
	return 0;
}

static const struct ba_jwk *
only_key(const struct ba_jwks *set)
{
	size_t i, iter;

	for (i = 0; i < COUNT(algs); i++) {
		iter = 0;
		if (ba_jwks_next(set, NULL, algs[i].alg, &iter) != NULL) {
			iter = 0;
			return ba_jwks_next(set, NULL, algs[i].alg, &iter);
		}
	}
	return NULL;
}

/* Parsing of a copy of exactly n bytes. */
static int
parse(const char *token, size_t n, unsigned allowed, struct ba_jws **jwsp)
{
	char *copy = malloc(n == 0 ? 1 : n);
	int r;

	assert_non_null(copy);
	memcpy(copy, token, n);
	r = ba_jws_parse(copy, n, allowed, jwsp);
	memset(copy, 'A', n == 0 ? 1 : n);
	free(copy);
	if (r != BA_OK)
		assert_null(*jwsp);
	return r;
}

/* What a verifier does: parse, take the keys that fit, verify. */
static int
judge_n(const char *token, size_t n, const struct ba_jwks *set)
{
	struct ba_jws *jws = (struct ba_jws *)(uintptr_t)1;
	const struct ba_jwk *key;
	size_t iter = 0;
	int r;

	r = parse(token, n, BA_ALG_ALL, &jws);
	if (r != BA_OK)
		return r;
	key = ba_jwks_next(set, ba_jws_kid(jws), ba_jws_alg(jws), &iter);
	r = key == NULL ? BA_ERR_KEY : ba_jws_verify(jws, key);
	assert_true((r == BA_OK) == (ba_jws_claims(jws) != NULL));
	assert_int_equal(ERR_peek_error(), 0);
	ba_jws_free(jws);
	return r;
}

static int
judge(const char *token, const struct ba_jwks *set)
{
	return judge_n(token, strlen(token), set);
}

static void
check_free(char *token, const struct pair *p, int want)
{
	int r = judge(token, p->set);

	if (r != want)
		fail_msg("%.300s: %d, not %d", token, r, want);
	free(token);
}

static void
test_good(void **state)
{
	struct ba_jws *jws;
	const char *iss;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		token = ba_mint_token(
		    algs[i].pair->mint, algs[i].alg, "at+jwt", PAYLOAD);
		assert_int_equal(ba_token_kind(token, strlen(token)), BA_OK);
		assert_int_equal(
		    parse(token, strlen(token), algs[i].alg, &jws), BA_OK);
		assert_int_equal(ba_jws_alg(jws), algs[i].alg);
		assert_string_equal(ba_jws_typ(jws), "at+jwt");
		assert_null(ba_jws_kid(jws));
		assert_int_equal(ba_jws_peek_issuer(jws, &iss), BA_OK);
		assert_string_equal(iss, "https://id.example.org");
		assert_null(ba_jws_claims(jws));
		assert_int_equal(
		    ba_jws_verify(jws, only_key(algs[i].pair->set)), BA_OK);
		assert_non_null(ba_jws_claims(jws));
		assert_string_equal(json_string_value(json_object_get(
					ba_jws_claims(jws), "sub")),
		    "s");
		ba_jws_free(jws);
		free(token);
	}
	ba_jws_free(NULL);
}

/* JWT-07: no claims without a signature that holds, not even afterwards. */
static void
test_jwt_07_claims_late(void **state)
{
	char *token = ba_mint_token(p256.mint, BA_ALG_ES256, NULL, PAYLOAD);
	struct ba_jws *jws;

	(void)state;
	assert_int_equal(parse(token, strlen(token), BA_ALG_ALL, &jws), BA_OK);
	assert_null(ba_jws_claims(jws));
	assert_int_equal(
	    ba_jws_verify(jws, only_key(foreign.set)), BA_ERR_SIGNATURE);
	assert_null(ba_jws_claims(jws));
	assert_int_equal(ba_jws_verify(jws, only_key(rsa.set)), BA_ERR_KEY);
	assert_null(ba_jws_claims(jws));
	assert_int_equal(ba_jws_verify(jws, only_key(p256.set)), BA_OK);
	assert_non_null(ba_jws_claims(jws));
	assert_int_equal(
	    ba_jws_verify(jws, only_key(foreign.set)), BA_ERR_SIGNATURE);
	assert_null(ba_jws_claims(jws));
	ba_jws_free(jws);
	free(token);
}

/* Each refusal is the token's fault, whatever was flipped. */
static void
check_refused(int r, const char *what, size_t at)
{
	if (r == BA_OK || ba_err_family(r) != BA_FAMILY_REFUSED)
		fail_msg("%s %zu: %d", what, at, r);
}

/* Every row of algs[], and those are all that there is. */
static void
test_every_algorithm(void **state)
{
	unsigned alg, seen = 0, count = 0;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(algs); i++)
		seen |= algs[i].alg;
	assert_int_equal(seen, BA_ALG_ALL);
	for (alg = 1; alg <= BA_ALG_ALL; alg <<= 1)
		count++;
	assert_int_equal(count, 15);
}

static void
test_every_bit(void **state)
{
	char *token;
	size_t i, bit, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		token = ba_mint_sign(
		    algs[i].pair->mint, algs[i].alg, algs[i].header, PAYLOAD);
		n = strlen(token);
		assert_int_equal(judge_n(token, n, algs[i].pair->set), BA_OK);
		for (bit = 0; bit < n * 8; bit++) {
			token[bit / 8] = (char)(token[bit / 8] ^ 1 << bit % 8);
			check_refused(
			    judge_n(token, n, algs[i].pair->set), "bit", bit);
			token[bit / 8] = (char)(token[bit / 8] ^ 1 << bit % 8);
		}
		assert_int_equal(judge_n(token, n, algs[i].pair->set), BA_OK);
		free(token);
	}
}

static void
test_every_length(void **state)
{
	char *token, *longer;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		token = ba_mint_sign(
		    algs[i].pair->mint, algs[i].alg, algs[i].header, PAYLOAD);
		n = strlen(token);
		for (j = 0; j < n; j++) {
			check_refused(judge_n(token, j, algs[i].pair->set),
			    "truncated", j);
			check_refused(
			    judge_n(token + n - j, j, algs[i].pair->set),
			    "beheaded", j);
		}
		longer = malloc(n + 2);
		assert_non_null(longer);
		for (j = 0; j < 256; j++) {
			memcpy(longer, token, n);
			longer[n] = (char)j;
			check_refused(judge_n(longer, n + 1, algs[i].pair->set),
			    "extended", j);
			longer[0] = (char)j;
			memcpy(longer + 1, token, n);
			check_refused(judge_n(longer, n + 1, algs[i].pair->set),
			    "prefixed", j);
		}
		free(longer);
		free(token);
	}
}

/* Has this algorithm, or one of that set, signatures of n bytes? */
static bool
length_fits(enum ba_alg alg, size_t n)
{
	size_t i;

	for (i = 0; i < COUNT(algs); i++) {
		if (algs[i].alg != BA_ALG_EDDSA && (algs[i].alg & alg) != 0 &&
		    (algs[i].pair == &rsa ? n >= 256 && n <= 2048
					  : algs[i].len == n))
			return true;
	}
	return false;
}

/* Every algorithm in the header, by every key, against every key set. */
static void
test_jwk_01_confusion_matrix(void **state)
{
	static const struct {
		struct pair *pair;
		unsigned serves;
	} sets[] = {
		{ &rsa, RSA_ALGS },
		{ &rsa_ps, BA_ALG_PS256 },
		{ &p256, BA_ALG_ES256 },
		{ &p384, BA_ALG_ES384 },
		{ &p521, BA_ALG_ES512 },
		{ &secp256k1, BA_ALG_ES256K },
		{ &ed25519, BA_ALG_ED25519 },
		{ &ed448, BA_ALG_ED448 },
		{ &foreign, BA_ALG_ES256 },
		{ &secret, BA_ALG_SYMMETRIC },
		{ &secret_512, BA_ALG_HS512 },
		{ &secret_foreign, BA_ALG_SYMMETRIC },
	};
	size_t h, s, k;
	char *token;
	int want;

	(void)state;
	for (h = 0; h < COUNT(algs); h++) {
		for (s = 0; s < COUNT(algs); s++) {
			token = ba_mint_sign(algs[s].pair->mint, algs[s].alg,
			    algs[h].header, PAYLOAD);
			for (k = 0; k < COUNT(sets); k++) {
				want = BA_ERR_KEY;
				if ((sets[k].serves & algs[h].alg) != 0)
					want = BA_ERR_SIGNATURE;
				/* Signed by that key, for that very way. */
				if ((sets[k].serves & algs[h].alg &
					algs[s].alg) != 0 &&
				    sets[k].pair == algs[s].pair)
					want = BA_OK;
				/* The length tells before any key does. */
				if (!length_fits(algs[h].alg, algs[s].len))
					want = BA_ERR_SIGNATURE;
				assert_int_equal(
				    judge(token, sets[k].pair->set), want);
			}
			free(token);
		}
	}
}

/* The same where the caller hands over a key that does not fit. */
static void
test_jws_10_unfit_key(void **state)
{
	static struct pair *const pairs[] = { &rsa, &rsa_ps, &p256, &p384,
		&p521, &secp256k1, &ed25519, &ed448, &secret, &secret_512,
		&secret_foreign };
	struct ba_jws *jws;
	char *token;
	size_t i, j;
	int want;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		token = ba_mint_sign(
		    algs[i].pair->mint, algs[i].alg, algs[i].header, PAYLOAD);
		assert_int_equal(
		    parse(token, strlen(token), BA_ALG_ALL, &jws), BA_OK);
		for (j = 0; j < COUNT(pairs); j++) {
			want = BA_ERR_KEY;
			if (pairs[j] == algs[i].pair)
				want = BA_OK;
			else if (ba_jwk_serves(
				     only_key(pairs[j]->set), algs[i].alg))
				want = BA_ERR_SIGNATURE;
			assert_int_equal(
			    ba_jws_verify(jws, only_key(pairs[j]->set)), want);
		}
		ba_jws_free(jws);
		free(token);
	}
}

/* JWK-15: what EdDSA leaves open, the list of what is allowed decides. */
/* EdDSA and Ed25519 are two names: a key that says one serves that one. */
static void
test_jwk_02_the_same_spelling(void **state)
{
	static const struct {
		const char *key; /* its alg */
		const char *header;
		int want;
	} cases[] = {
		{ "EdDSA", "{\"alg\":\"EdDSA\"}", BA_OK },
		{ "EdDSA", "{\"alg\":\"Ed25519\"}", BA_ERR_KEY },
		{ "Ed25519", "{\"alg\":\"Ed25519\"}", BA_OK },
		{ "Ed25519", "{\"alg\":\"EdDSA\"}", BA_ERR_KEY },
		{ NULL, "{\"alg\":\"EdDSA\"}", BA_OK },
		{ NULL, "{\"alg\":\"Ed25519\"}", BA_OK },
	};
	struct ba_mint *mint;
	struct ba_jwks *set;
	struct ba_jws *jws;
	char *token, *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		mint = ba_mint_new(BA_MINT_ED25519, NULL, cases[i].key);
		text = ba_mint_jwks_of(mint);
		assert_int_equal(
		    ba_jwks_parse(text, strlen(text), &set, NULL), BA_OK);
		token = ba_mint_sign(
		    mint, BA_ALG_ED25519, cases[i].header, PAYLOAD);
		assert_int_equal(
		    parse(token, strlen(token), BA_ALG_ALL, &jws), BA_OK);
		assert_int_equal(
		    ba_jws_verify(jws, only_key(set)), cases[i].want);
		assert_int_equal(
		    ba_jws_claims(jws) != NULL, cases[i].want == BA_OK);
		ba_jws_free(jws);
		ba_jwks_free(set);
		ba_mint_free(mint);
		free(token);
		free(text);
	}
}

static void
test_jwk_15_restrict(void **state)
{
	static const struct {
		size_t alg; /* of algs[] */
		unsigned allowed;
		int left; /* of ba_jws_restrict() */
		int key;
	} cases[] = {
		{ ED25519_AS_EDDSA, BA_ALG_EDDSA, BA_OK, BA_OK },
		{ ED25519_AS_EDDSA, BA_ALG_ED25519, BA_OK, BA_OK },
		{ ED25519_AS_EDDSA, BA_ALG_ED448, BA_OK, BA_ERR_KEY },
		{ ED25519_AS_EDDSA, BA_ALG_ES256, BA_ERR_ALG, BA_ERR_KEY },
		{ ED25519_AS_ITSELF, BA_ALG_EDDSA, BA_OK, BA_OK },
		{ ED25519_AS_ITSELF, BA_ALG_ED448, BA_ERR_ALG, BA_ERR_KEY },
		{ ED448_AS_EDDSA, BA_ALG_EDDSA, BA_OK, BA_OK },
		{ ED448_AS_EDDSA, BA_ALG_ED25519, BA_OK, BA_ERR_KEY },
		{ ED448_AS_EDDSA, BA_ALG_ED448, BA_OK, BA_OK },
		{ ED448_AS_ITSELF, BA_ALG_ED25519, BA_ERR_ALG, BA_ERR_KEY },
	};
	const struct ba_jwk *key;
	struct ba_jws *jws;
	char *token;
	size_t a, i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		a = cases[i].alg;
		key = only_key(algs[a].pair->set);
		token = ba_mint_sign(
		    algs[a].pair->mint, algs[a].alg, algs[a].header, PAYLOAD);
		assert_int_equal(
		    parse(token, strlen(token), BA_ALG_ALL, &jws), BA_OK);
		assert_int_equal(
		    ba_jws_restrict(jws, cases[i].allowed), cases[i].left);
		assert_int_equal(
		    ba_jws_alg(jws), algs[a].alg & cases[i].allowed);
		assert_int_equal(ba_jws_verify(jws, key), cases[i].key);
		assert_true(
		    (ba_jws_claims(jws) != NULL) == (cases[i].key == BA_OK));
		/* It never widens again. */
		assert_int_equal(
		    ba_jws_restrict(jws, BA_ALG_ALL), cases[i].left);
		assert_int_equal(ba_jws_verify(jws, key), cases[i].key);
		ba_jws_free(jws);
		free(token);
	}
}

struct header {
	const char *text;
	int r;
};

/* Signed by the right key, every one: only the header decides. */
static void
check_headers(const struct header *headers, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		check_free(ba_mint_sign(p256.mint, BA_ALG_ES256,
			       headers[i].text, PAYLOAD),
		    &p256, headers[i].r);
}

static void
test_jws_03_alg(void **state)
{
	static const struct header headers[] = {
		{ "{\"alg\":\"ES256\"}", BA_OK },
		{ "{}", BA_ERR_ALG },
		{ "{\"Alg\":\"ES256\"}", BA_ERR_ALG },
		{ "{\"alg\":null}", BA_ERR_ALG },
		{ "{\"alg\":256}", BA_ERR_ALG },
		{ "{\"alg\":[\"ES256\"]}", BA_ERR_ALG },
		{ "{\"alg\":\"\"}", BA_ERR_ALG },
		/* V43 */
		{ "{\"alg\":\"es256\"}", BA_ERR_ALG },
		{ "{\"alg\":\"Es256\"}", BA_ERR_ALG },
		{ "{\"alg\":\"ES256 \"}", BA_ERR_ALG },
		{ "{\"alg\":\"ES\\u0032\\u0035\\u0036\"}", BA_OK },
		{ "{\"alg\":\"ES256\\u0000\"}", BA_ERR_JSON },
		/* V01 */
		{ "{\"alg\":\"none\"}", BA_ERR_ALG },
		{ "{\"alg\":\"None\"}", BA_ERR_ALG },
		{ "{\"alg\":\"nOnE\"}", BA_ERR_ALG },
		/* 64 bytes of signature are none of HS256, and one of HS512. */
		{ "{\"alg\":\"HS256\"}", BA_ERR_SIGNATURE },
		{ "{\"alg\":\"HS512\"}", BA_ERR_KEY },
		{ "{\"alg\":\"hs512\"}", BA_ERR_ALG },
		/* V03, JWK-16 */
		{ "{\"alg\":\"XYZ\"}", BA_ERR_ALG },
		{ "{\"alg\":\"ESP256\"}", BA_ERR_ALG },
		{ "{\"alg\":\"ES256k\"}", BA_ERR_ALG },
		{ "{\"alg\":\"ML-DSA-44\"}", BA_ERR_ALG },
		{ "{\"alg\":\"ML-DSA-87\",\"typ\":\"at+jwt\"}", BA_ERR_ALG },
	};

	(void)state;
	check_headers(headers, COUNT(headers));
}

static void
test_jws_03_allow_list(void **state)
{
	struct ba_jws *jws;
	char *token;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		token = ba_mint_sign(
		    algs[i].pair->mint, algs[i].alg, algs[i].header, PAYLOAD);
		for (j = 0; j < COUNT(algs); j++) {
			assert_int_equal(
			    parse(token, strlen(token), algs[j].alg, &jws),
			    (algs[i].alg & algs[j].alg) == 0 ? BA_ERR_ALG
			    : length_fits(
				  algs[i].alg & algs[j].alg, algs[i].len)
				? BA_OK
				: BA_ERR_SIGNATURE);
			ba_jws_free(jws);
		}
		assert_int_equal(parse(token, strlen(token),
				     BA_ALG_ALL & ~(unsigned)algs[i].alg, &jws),
		    BA_ERR_ALG);
		assert_int_equal(
		    parse(token, strlen(token), 0, &jws), BA_ERR_ALG);
		free(token);
	}
}

static void
test_jws_02_header_json(void **state)
{
	static const struct header headers[] = {
		{ " {\n\t\"alg\" : \"ES256\"\r} ", BA_OK },
		{ "{\"alg\":\"ES256\",\"alg\":\"ES256\"}", BA_ERR_JSON },
		{ "{\"alg\":\"none\",\"\\u0061lg\":\"ES256\"}", BA_ERR_JSON },
		{ "{\"alg\":\"ES256\",\"x\":{\"a\":1,\"a\":1}}", BA_ERR_JSON },
		{ "{\"alg\":\"ES256\",\"x\":{\"a\":1,\"b\":1}}", BA_OK },
		{ "[\"alg\",\"ES256\"]", BA_ERR_JSON },
		{ "\"ES256\"", BA_ERR_JSON },
		{ "{\"alg\":\"ES256\"}x", BA_ERR_JSON },
		{ "{\"alg\":\"ES256\"", BA_ERR_JSON },
		{ "{'alg':'ES256'}", BA_ERR_JSON },
		{ "\xef\xbb\xbf{\"alg\":\"ES256\"}", BA_ERR_JSON },
		{ "{\"alg\":\"ES256\",\"x\":\"\xff\"}", BA_ERR_JSON },
		{ "{\"alg\":\"ES256\",\"x\":\"\xc3\xbf\"}", BA_OK },
		{ "ES256", BA_ERR_JSON },
	};

	(void)state;
	check_headers(headers, COUNT(headers));
}

static void
test_jws_04_jws_05_crit_and_b64(void **state)
{
	static const struct header headers[] = {
		{ "{\"alg\":\"ES256\",\"Crit\":[\"x\"]}", BA_OK },
		{ "{\"alg\":\"ES256\",\"crit\":[\"x\"],\"x\":1}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":[\"x\"]}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":[]}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":null}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":\"exp\"}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":[\"alg\"]}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":[\"exp\",\"exp\"],\"exp\":1}",
		    BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"crit\":[\"b64\"],\"b64\":false}",
		    BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"b64\":false}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"b64\":true}", BA_ERR_CRIT },
		{ "{\"alg\":\"ES256\",\"B64\":false}", BA_OK },
	};

	(void)state;
	check_headers(headers, COUNT(headers));
}

static void
test_header_strings(void **state)
{
	char longest[BA_KID_MAX + 64], longer[BA_KID_MAX + 64];
	const struct header headers[] = {
		{ "{\"alg\":\"ES256\",\"kid\":1}", BA_ERR_JWS_HEADER },
		{ "{\"alg\":\"ES256\",\"kid\":null}", BA_ERR_JWS_HEADER },
		{ "{\"alg\":\"ES256\",\"kid\":[\"a\"]}", BA_ERR_JWS_HEADER },
		/* A kid that the set does not have. */
		{ "{\"alg\":\"ES256\",\"kid\":\"a\"}", BA_ERR_KEY },
		{ "{\"alg\":\"ES256\",\"kid\":\"\"}", BA_ERR_KEY },
		/* V11: a kid is compared, and nothing else is done with it. */
		{ "{\"alg\":\"ES256\",\"kid\":\"../../etc/passwd\"}",
		    BA_ERR_KEY },
		{ "{\"alg\":\"ES256\",\"kid\":\"a\\u0000\"}", BA_ERR_JSON },
		{ longest, BA_ERR_KEY },
		{ longer, BA_ERR_JWS_HEADER },
		{ "{\"alg\":\"ES256\",\"typ\":1}", BA_ERR_JWS_HEADER },
		{ "{\"alg\":\"ES256\",\"typ\":null}", BA_ERR_JWS_HEADER },
		{ "{\"alg\":\"ES256\",\"typ\":\"\"}", BA_OK },
		{ "{\"alg\":\"ES256\",\"typ\":\"AT+JWT\"}", BA_OK },
	};

	(void)state;
	(void)snprintf(longest, sizeof(longest),
	    "{\"alg\":\"ES256\",\"kid\":\"%0*d\"}", BA_KID_MAX, 1);
	(void)snprintf(longer, sizeof(longer),
	    "{\"alg\":\"ES256\",\"kid\":\"%0*d\"}", BA_KID_MAX + 1, 1);
	check_headers(headers, COUNT(headers));
}

static void
test_kid_chooses(void **state)
{
	struct ba_mint *m = ba_mint_new(BA_MINT_P256, "key/1", NULL);
	struct pair p = { m, NULL };
	char *text = ba_mint_jwks_of(m);

	(void)state;
	assert_int_equal(
	    ba_jwks_parse(text, strlen(text), &p.set, NULL), BA_OK);
	check_free(ba_mint_token(m, BA_ALG_ES256, NULL, PAYLOAD), &p, BA_OK);
	check_free(ba_mint_sign(m, BA_ALG_ES256,
		       "{\"alg\":\"ES256\",\"kid\":\"key\\/1\"}", PAYLOAD),
	    &p, BA_OK);
	check_free(ba_mint_sign(m, BA_ALG_ES256,
		       "{\"alg\":\"ES256\",\"kid\":\"KEY/1\"}", PAYLOAD),
	    &p, BA_ERR_KEY);
	check_free(
	    ba_mint_sign(m, BA_ALG_ES256, "{\"alg\":\"ES256\"}", PAYLOAD), &p,
	    BA_OK);
	unmake(&p);
	free(text);
}

static void
test_v01_none(void **state)
{
	static const char *const headers[] = { "{\"alg\":\"none\"}",
		"{\"alg\":\"NONE\",\"kid\":\"x\"}", "{\"typ\":\"JWT\"}" };
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(headers); i++) {
		/* Without a signature, and with one of zeros. */
		token = ba_mint_compact(headers[i], strlen(headers[i]), PAYLOAD,
		    strlen(PAYLOAD), "", 0);
		check_free(token, &rsa, BA_ERR_TOKEN_SYNTAX);
		token = ba_mint_compact(headers[i], strlen(headers[i]), PAYLOAD,
		    strlen(PAYLOAD), "\0\0\0", 3);
		check_free(token, &rsa, BA_ERR_ALG);
	}
	/* An allowed name is no use without a signature either. */
	token = ba_mint_compact(
	    "{\"alg\":\"RS256\"}", 15, PAYLOAD, strlen(PAYLOAD), "", 0);
	check_free(token, &rsa, BA_ERR_TOKEN_SYNTAX);
	check_free(ba_mint_sign(
		       rsa.mint, BA_ALG_RS256, "{\"alg\":\"RS256\"}", PAYLOAD),
	    &rsa, BA_OK);
}

/* An HMAC by whatever of a public key somebody may take for a secret. */
static void
check_forged(const void *text, size_t n, const struct pair *p)
{
	static const char *const headers[] = { "{\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"typ\":\"JWT\"}" };
	struct ba_jws *jws;
	const char *token;
	char *made;
	size_t i;

	for (i = 0; i < COUNT(headers); i++) {
		token = made = ba_mint_hs256(text, n, headers[i], PAYLOAD);
		/* An issuer with public keys allows none. */
		assert_int_equal(
		    parse(token, strlen(token), BA_ALG_ASYMMETRIC, &jws),
		    BA_ERR_ALG);
		/* And if it did, there would be no key. */
		assert_int_equal(judge(token, p->set), BA_ERR_KEY);
		assert_int_equal(
		    parse(token, strlen(token), BA_ALG_ALL, &jws), BA_OK);
		assert_int_equal(
		    ba_jws_verify(jws, only_key(p->set)), BA_ERR_KEY);
		assert_null(ba_jws_claims(jws));
		ba_jws_free(jws);
		/* Nor is it the tag of an issuer with a secret. */
		assert_int_equal(judge(token, secret.set), BA_ERR_SIGNATURE);
		free(made);
	}
}

/* V01, V02, V04, V05: whatever text is the secret, it is none of ours. */
static void
test_v01_v05_hmac(void **state)
{
	static const struct pair *const pairs[] = { &rsa, &p256, &ed25519 };
	unsigned char number[256];
	char *texts[5];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++) {
		texts[0] = ba_mint_pem(pairs[i]->mint);
		texts[1] = ba_mint_jwk(pairs[i]->mint, NULL);
		texts[2] = ba_mint_jwks_of(pairs[i]->mint);
		texts[3] = strdup("");
		texts[4] = strdup("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAA");
		for (j = 0; j < COUNT(texts); j++)
			check_forged(texts[j], strlen(texts[j]), pairs[i]);
		n = ba_mint_number(
		    pairs[i]->mint, i == 0 ? "n" : "x", number, sizeof(number));
		check_forged(number, n, pairs[i]);
		/* An HMAC under the name of the key's own algorithm. */
		check_free(ba_mint_hs256(texts[0], strlen(texts[0]),
			       "{\"alg\":\"RS256\"}", PAYLOAD),
		    &rsa, BA_ERR_SIGNATURE);
		for (j = 0; j < COUNT(texts); j++)
			free(texts[j]);
	}
	/* The twin: with the secret itself, and by its own algorithm alone. */
	for (i = 0; i < COUNT(algs); i++) {
		if (algs[i].pair != &secret)
			continue;
		check_free(
		    ba_mint_token(secret.mint, algs[i].alg, "at+jwt", PAYLOAD),
		    &secret, BA_OK);
		check_free(
		    ba_mint_token(secret.mint, algs[i].alg, "at+jwt", PAYLOAD),
		    &secret_foreign, BA_ERR_SIGNATURE);
		check_free(ba_mint_token(
			       secret_512.mint, algs[i].alg, "at+jwt", PAYLOAD),
		    &secret_512,
		    algs[i].alg == BA_ALG_HS512 ? BA_OK : BA_ERR_KEY);
	}
}

/* V06: a key that a token brings is neither used nor in the way. */
static void
test_v06_jws_06_embedded_key(void **state)
{
	static const char *const names[] = { "jwk", "jku", "x5u", "x5c",
		"x5t" };
	char *jwk = ba_mint_jwk(foreign.mint, NULL), *header = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		assert_true(asprintf(&header, "{\"alg\":\"ES256\",\"%s\":%s}",
				names[i], jwk) > 0);
		check_free(
		    ba_mint_sign(foreign.mint, BA_ALG_ES256, header, PAYLOAD),
		    &p256, BA_ERR_SIGNATURE);
		check_free(
		    ba_mint_sign(p256.mint, BA_ALG_ES256, header, PAYLOAD),
		    &p256, BA_OK);
		free(header);
	}
	free(jwk);
}

static void
test_v08_zero_signature(void **state)
{
	unsigned char zero[256] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(algs); i++)
		check_free(
		    ba_mint_compact(algs[i].header, strlen(algs[i].header),
			PAYLOAD, strlen(PAYLOAD), zero, algs[i].len),
		    algs[i].pair, BA_ERR_SIGNATURE);
}

/* V09: each length but the algorithm's own is refused before any key. */
static void
test_v09_signature_length(void **state)
{
	unsigned char sig[2100] = { 1 };
	struct ba_jws *jws;
	size_t i, n;
	char *token;
	bool ok;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		for (n = 1; n < sizeof(sig);
		     n += n < 300 || n > 2040 ? 1 : 97) {
			token = ba_mint_compact(algs[i].header,
			    strlen(algs[i].header), PAYLOAD, strlen(PAYLOAD),
			    sig, n);
			ok = length_fits(algs[i].alg, n);
			assert_int_equal(
			    parse(token, strlen(token), BA_ALG_ALL, &jws),
			    ok ? BA_OK : BA_ERR_SIGNATURE);
			ba_jws_free(jws);
			free(token);
		}
	}
}

struct text {
	const char *text;
	int kind; /* of ba_token_kind() */
};

static void
test_jws_01_tok_kind(void **state)
{
	static const struct text texts[] = {
		{ "a.b.c", BA_OK }, { "A-Z.a_z.0-9", BA_OK },
		{ "", BA_ERR_TOKEN_SIZE }, { ".", BA_ERR_TOKEN_SYNTAX },
		{ "..", BA_ERR_TOKEN_SYNTAX }, { "a.b", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.", BA_ERR_TOKEN_SYNTAX },
		{ ".b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a..c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.c.", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.c.d", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.c.d.e", BA_ERR_TOKEN_SYNTAX }, /* V07, JWS-09 */
		{ "a.b.c=", BA_ERR_TOKEN_SYNTAX },
		{ "a=.b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b~.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b+.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b/.c", BA_ERR_TOKEN_SYNTAX },
		{ " a.b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.c ", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.c\n", BA_ERR_TOKEN_SYNTAX },
		{ "a. b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b c", BA_ERR_TOKEN_SYNTAX },
		{ "a=b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b~c", BA_ERR_TOKEN_SYNTAX },
		{ "Bearer a.b.c", BA_ERR_TOKEN_SYNTAX },
		{ "a.b.\xc3\xa9", BA_ERR_TOKEN_SYNTAX },
		{ "abc", BA_ERR_OPAQUE }, { "abc==", BA_ERR_OPAQUE },
		{ "-_~+/", BA_ERR_OPAQUE }, { "a=b", BA_ERR_TOKEN_SYNTAX },
		{ "=", BA_ERR_TOKEN_SYNTAX }, { "a b", BA_ERR_TOKEN_SYNTAX },
		{ "pass!word", BA_ERR_TOKEN_SYNTAX },
		{ "{\"payload\":\"\"}", BA_ERR_TOKEN_SYNTAX }, /* JWS-07 */
	};
	struct ba_jws *jws;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		assert_int_equal(
		    ba_token_kind(texts[i].text, strlen(texts[i].text)),
		    texts[i].kind);
		/* For parsing, what is not compact is not compact. */
		if (texts[i].kind != BA_OK)
			assert_int_equal(
			    parse(texts[i].text, strlen(texts[i].text),
				BA_ALG_ALL, &jws),
			    texts[i].kind == BA_ERR_OPAQUE ? BA_ERR_TOKEN_SYNTAX
							   : texts[i].kind);
	}
	assert_int_equal(ba_token_kind("a.b.c\0", 6), BA_ERR_TOKEN_SYNTAX);
	assert_int_equal(ba_token_kind("abc\0", 4), BA_ERR_TOKEN_SYNTAX);
}

/* JWS-01: one text, one spelling. */
static void
test_jws_01_canonical_base64url(void **state)
{
	/* 2 bytes of header too few or too many leave spare bits. */
	static const char *const headers[] = { "{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\" }", "{\"alg\":\"ES256\"  }" };
	char *token, *dot, *last;
	size_t i, spare = 0;

	(void)state;
	for (i = 0; i < COUNT(headers); i++) {
		token =
		    ba_mint_sign(p256.mint, BA_ALG_ES256, headers[i], PAYLOAD);
		assert_int_equal(judge(token, p256.set), BA_OK);
		dot = strchr(token, '.');
		if ((dot - token) % 4 != 0) {
			spare++;
			dot[-1]++;
			assert_int_equal(judge(token, p256.set), BA_ERR_B64);
			dot[-1]--;
		}
		/* 64 bytes of signature leave four spare bits. */
		last = token + strlen(token) - 1;
		(*last)++;
		assert_int_equal(judge(token, p256.set), BA_ERR_B64);
		free(token);
	}
	assert_int_equal(spare, 2);
	assert_int_equal(judge("a.b.c", p256.set), BA_ERR_B64);
}

/* The value of a character of base64url, and back. */
static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Whatever is set in the unused bits that end a segment: another spelling. */
static void
check_spare_bits(char *last, size_t n, const char *token, const struct pair *p)
{
	size_t value = (size_t)(strchr(digits, *last) - digits), extra;
	size_t bits = n % 4 == 2 ? 4 : n % 4 == 3 ? 2 : 0;
	char good = *last;

	assert_int_not_equal(n % 4, 1);
	for (extra = 1; extra < (size_t)1 << bits; extra++) {
		*last = digits[value + extra];
		assert_int_equal(judge(token, p->set), BA_ERR_B64);
	}
	*last = good;
}

static void
test_jws_01_spare_bits_of_every_algorithm(void **state)
{
	static const char *const payloads[] = { "{}", "{\"a\":1}",
		"{\"a\":12}" };
	char *token, *start, *end;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(algs); i++) {
		for (j = 0; j < COUNT(payloads); j++) {
			token = ba_mint_sign(algs[i].pair->mint, algs[i].alg,
			    algs[i].header, payloads[j]);
			for (start = token; *start != '\0';
			     start = *end == '.' ? end + 1 : end) {
				end = start + strcspn(start, ".");
				check_spare_bits(end - 1, (size_t)(end - start),
				    token, algs[i].pair);
			}
			assert_int_equal(
			    judge(token, algs[i].pair->set), BA_OK);
			free(token);
		}
	}
}

/* JWS-08: what was signed is what was sent, however it is spaced. */
static void
test_jws_08_received_bytes(void **state)
{
	static const char spaced[] = "{ \"alg\" :\t\"ES256\" }";
	static const char plain[] = "{\"alg\":\"ES256\"}";
	char *token, *other, *end;

	(void)state;
	token = ba_mint_sign(p256.mint, BA_ALG_ES256, spaced, PAYLOAD);
	assert_int_equal(judge(token, p256.set), BA_OK);
	/* The same object, written anew, under the same signature. */
	end = strrchr(token, '.');
	other = ba_mint_compact(
	    plain, strlen(plain), PAYLOAD, strlen(PAYLOAD), "x", 1);
	*strrchr(other, '.') = '\0';
	other = realloc(other, strlen(other) + strlen(end) + 1);
	assert_non_null(other);
	strcat(other, end);
	assert_int_equal(judge(other, p256.set), BA_ERR_SIGNATURE);
	free(other);
	free(token);
}

static void
test_payload(void **state)
{
	static const struct {
		const char *payload;
		int r;
		int iss; /* of ba_jws_peek_issuer() */
	} cases[] = {
		{ "{\"iss\":\"x\"}", BA_OK, BA_OK },
		{ "{\"iss\":1}", BA_OK, BA_ERR_ISS },
		{ "{\"iss\":[\"x\"]}", BA_OK, BA_ERR_ISS },
		{ "{\"iss\":null}", BA_OK, BA_ERR_ISS },
		{ "{}", BA_OK, BA_ERR_ISS },
		{ "", BA_ERR_TOKEN_SYNTAX, 0 },
		{ "[]", BA_ERR_JSON, 0 },
		{ "\"x\"", BA_ERR_JSON, 0 },
		{ "{\"iss\":\"x\",\"iss\":\"x\"}", BA_ERR_JSON, 0 },
		{ "{\"iss\":\"x\"}}", BA_ERR_JSON, 0 },
		{ "{\"exp\":1e400}", BA_ERR_JSON, 0 },
		{ "text", BA_ERR_JSON, 0 },
		/* A token inside of a token (RFC 7519 section 5.2). */
		{ "eyJhbGciOiJub25lIn0.e30.", BA_ERR_JSON, 0 },
	};
	struct ba_jws *jws;
	const char *iss;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		token = ba_mint_sign(p256.mint, BA_ALG_ES256,
		    "{\"alg\":\"ES256\"}", cases[i].payload);
		assert_int_equal(
		    parse(token, strlen(token), BA_ALG_ALL, &jws), cases[i].r);
		if (jws != NULL) {
			iss = "untouched";
			assert_int_equal(
			    ba_jws_peek_issuer(jws, &iss), cases[i].iss);
			if (cases[i].iss != BA_OK)
				assert_null(iss);
		}
		ba_jws_free(jws);
		free(token);
	}
}

/* {"alg":"ES256","x":"…"} or {"x":"…"}, so that it has n bytes. */
static char *
filled(const char *alg, size_t n)
{
	char *s = NULL;
	int pad = (int)(n - strlen(alg) - strlen("{\"x\":\"\"}"));

	assert_true(asprintf(&s, "{%s\"x\":\"%0*d\"}", alg, pad, 0) == (int)n);
	return s;
}

/* A token of n characters, n being 0 modulo 4 after the other segments. */
static char *
token_of(size_t n)
{
	static const char header[] = "{\"alg\":\"ES256\"}"; /* 20 characters */
	size_t rest = n - 20 - 86 - 2;
	char *payload = filled("", rest * 3 / 4), *token;

	token = ba_mint_sign(p256.mint, BA_ALG_ES256, header, payload);
	assert_int_equal(strlen(token), n);
	free(payload);
	return token;
}

static void
test_sizes(void **state)
{
	char *header, *token;

	(void)state;
	check_free(token_of(BA_TOKEN_MAX), &p256, BA_OK);
	token = token_of(BA_TOKEN_MAX + 4);
	assert_int_equal(
	    ba_token_kind(token, BA_TOKEN_MAX + 1), BA_ERR_TOKEN_SIZE);
	check_free(token, &p256, BA_ERR_TOKEN_SIZE);

	header = filled("\"alg\":\"ES256\",", 6144); /* 8192 characters */
	check_free(ba_mint_sign(p256.mint, BA_ALG_ES256, header, PAYLOAD),
	    &p256, BA_OK);
	free(header);
	header = filled("\"alg\":\"ES256\",", 6145);
	check_free(ba_mint_sign(p256.mint, BA_ALG_ES256, header, PAYLOAD),
	    &p256, BA_ERR_JWS_HEADER);
	free(header);
	/* One character more is none of base64url, and looked at by nobody. */
	assert_true(asprintf(&token, "%0*d.e30.AAAA", 8192, 0) > 0);
	check_free(token, &p256, BA_ERR_JSON);
	assert_true(asprintf(&token, "%0*d.e30.AAAA", 8193, 0) > 0);
	check_free(token, &p256, BA_ERR_JWS_HEADER);
}

static void
test_parse_any(void **state)
{
	static const char *const payloads[] = { "", "text", "\xff\xfe",
		PAYLOAD };
	static const char *const refused[] = { "", "e30", "e30.e30", ".e30.AA",
		"e30.e30.", "e30.e30.AA.AA", "e30 .e30.AA" };
	static const char header[] = "{\"alg\":\"ES256\"}";
	struct ba_jws *jws;
	const char *iss;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(payloads); i++) {
		token =
		    ba_mint_sign(p256.mint, BA_ALG_ES256, header, payloads[i]);
		assert_int_equal(
		    ba_jws_parse_any(token, strlen(token), BA_ALG_ALL, &jws),
		    BA_OK);
		assert_int_equal(ba_jws_verify(jws, only_key(foreign.set)),
		    BA_ERR_SIGNATURE);
		assert_int_equal(ba_jws_verify(jws, only_key(p256.set)), BA_OK);
		/* Never claims, and no issuer. */
		assert_null(ba_jws_claims(jws));
		assert_int_equal(ba_jws_peek_issuer(jws, &iss), BA_ERR_ISS);
		ba_jws_free(jws);
		free(token);
	}
	/* No less strict in anything else. */
	for (i = 0; i < COUNT(refused); i++) {
		jws = (struct ba_jws *)(uintptr_t)1;
		assert_int_equal(ba_jws_parse_any(refused[i],
				     strlen(refused[i]), BA_ALG_ALL, &jws),
		    i == 0 ? BA_ERR_TOKEN_SIZE : BA_ERR_TOKEN_SYNTAX);
		assert_null(jws);
	}
	token =
	    ba_mint_sign(p256.mint, BA_ALG_ES256, "{\"alg\":\"none\"}", "text");
	assert_int_equal(
	    ba_jws_parse_any(token, strlen(token), BA_ALG_ALL, &jws),
	    BA_ERR_ALG);
	free(token);
	token = ba_mint_sign(p256.mint, BA_ALG_ES256, header, "text");
	strchr(token, '.')[6]++; /* of "dGV4dA", the A */
	assert_int_equal(
	    ba_jws_parse_any(token, strlen(token), BA_ALG_ALL, &jws),
	    BA_ERR_B64);
	assert_null(jws);
	free(token);
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

/* Allocation number n and all behind it fail: ours and jansson's. */
static long allocations_left = -1;

static bool
may_allocate(void)
{
	if (allocations_left == 0)
		return false;
	if (allocations_left > 0)
		allocations_left--;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return may_allocate() ? __real_malloc(n) : NULL;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return may_allocate() ? __real_calloc(n, size) : NULL;
}

static void
test_memory(void **state)
{
	char *token = ba_mint_token(p256.mint, BA_ALG_ES256, "at+jwt", PAYLOAD);
	struct ba_jws *jws = NULL;
	int r = BA_ERR_INTERNAL;
	size_t nomem = 0;
	long n;

	(void)state;
	json_set_alloc_funcs(__wrap_malloc, free);
	for (n = 0; n < 200 && r != BA_OK; n++) {
		allocations_left = n;
		r = ba_jws_parse(token, strlen(token), BA_ALG_ALL, &jws);
		allocations_left = -1;
		assert_true((r == BA_OK) == (jws != NULL));
		assert_true(r == BA_OK || r == BA_ERR_NOMEM);
		nomem += r == BA_ERR_NOMEM;
	}
	assert_int_equal(r, BA_OK);
	assert_true(nomem > 5);
	assert_int_equal(ba_jws_verify(jws, only_key(p256.set)), BA_OK);
	ba_jws_free(jws);
	json_set_alloc_funcs(__real_malloc, free);
	free(token);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_jwt_07_claims_late),
		cmocka_unit_test(test_every_algorithm),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_jwk_01_confusion_matrix),
		cmocka_unit_test(test_jws_10_unfit_key),
		cmocka_unit_test(test_jwk_02_the_same_spelling),
		cmocka_unit_test(test_jwk_15_restrict),
		cmocka_unit_test(test_jws_03_alg),
		cmocka_unit_test(test_jws_03_allow_list),
		cmocka_unit_test(test_jws_02_header_json),
		cmocka_unit_test(test_jws_04_jws_05_crit_and_b64),
		cmocka_unit_test(test_header_strings),
		cmocka_unit_test(test_kid_chooses),
		cmocka_unit_test(test_v01_none),
		cmocka_unit_test(test_v01_v05_hmac),
		cmocka_unit_test(test_v06_jws_06_embedded_key),
		cmocka_unit_test(test_v08_zero_signature),
		cmocka_unit_test(test_v09_signature_length),
		cmocka_unit_test(test_jws_01_tok_kind),
		cmocka_unit_test(test_jws_01_canonical_base64url),
		cmocka_unit_test(test_jws_01_spare_bits_of_every_algorithm),
		cmocka_unit_test(test_jws_08_received_bytes),
		cmocka_unit_test(test_payload),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_parse_any),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
