/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/jose/jws.h"
#include "tests/fuzz/fuzz.h"

/*
 * With every key of a set, whatever kid and alg say.  The tokens of token.c
 * were signed by them, and no other token ever was.  (An ECDSA signature has
 * a twin, n - s, that holds as well; no mutation here comes upon it.)
 */
static unsigned
try_keys(
    struct ba_jws *jws, const struct ba_jwks *keys, const char *token, size_t n)
{
	const struct ba_jwk *key;
	unsigned held = 0;
	size_t iter = 0;
	int r;

	while ((key = ba_jwks_next(keys, NULL, BA_ALG_ALL, &iter)) != NULL) {
		r = ba_jws_verify(jws, key);
		MUST((r == BA_ERR_KEY) == !ba_jwk_serves(key, ba_jws_alg(jws)));
		MUST(r == BA_OK || r == BA_ERR_KEY || r == BA_ERR_SIGNATURE);
		MUST(
		    r != BA_OK || ba_jwk_serves(key, fuzz_signed_by(token, n)));
		MUST(r == BA_OK || ba_jws_claims(jws) == NULL);
		held += r == BA_OK;
	}
	return held;
}

/* One of all our keys made it, if it is one of our tokens. */
static void
try_all(struct ba_jws *jws, const char *token, size_t n)
{
	unsigned alg = fuzz_signed_by(token, n);
	bool secret = (alg & BA_ALG_SYMMETRIC) != 0;

	MUST(ba_jws_claims(jws) == NULL);
	MUST(try_keys(jws, fuzz_secrets(), token, n) == secret);
	MUST(try_keys(jws, fuzz_keys(), token, n) == (alg != 0 && !secret));
}

/* Each algorithm allowed alone.  EdDSA is the one name that means two. */
static void
try_allowed(const struct ba_jws *jws, const char *token, size_t n)
{
	unsigned alg = ba_jws_alg(jws), bit, taken = 0;
	struct ba_jws *one;
	int r;

	for (bit = 1; bit <= BA_ALG_ALL; bit <<= 1) {
		r = ba_jws_parse(token, n, bit, &one);
		MUST((r == BA_ERR_ALG) == ((alg & bit) == 0));
		MUST(r == BA_OK || r == BA_ERR_ALG ||
		     (r == BA_ERR_SIGNATURE && alg == BA_ALG_EDDSA));
		MUST((r == BA_OK) == (one != NULL));
		MUST(one == NULL || (unsigned)ba_jws_alg(one) == bit);
		taken += r == BA_OK;
		ba_jws_free(one);
	}
	MUST(taken == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *token = (const char *)p, *iss;
	struct ba_jws *jws, *any;
	int kind, r;

	r = ba_jws_parse(token, n, BA_ALG_ALL, &jws);
	MUST((r == BA_OK) == (jws != NULL));
	kind = ba_token_kind(token, n);
	MUST(r != BA_OK || kind == BA_OK);
	MUST(kind != BA_ERR_OPAQUE ||
	     (fuzz_is_text(token, n) && !memchr(token, '.', n)));
	MUST((ba_jws_parse_any(token, n, BA_ALG_ALL, &any) == BA_OK) ==
	     (any != NULL));
	MUST(jws == NULL || any != NULL);
	if (any != NULL) {
		MUST((ba_jws_alg(any) & BA_ALG_ALL) != 0);
		try_all(any, token, n);
		MUST(ba_jws_claims(any) == NULL);
	}
	if (jws != NULL) {
		try_all(jws, token, n);
		try_allowed(jws, token, n);
		if (ba_jws_peek_issuer(jws, &iss) != BA_OK)
			MUST(iss == NULL);
	}
	ba_jws_free(any);
	ba_jws_free(jws);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned int seed)
{
	return fuzz_mutate_token(p, n, max, seed);
}
