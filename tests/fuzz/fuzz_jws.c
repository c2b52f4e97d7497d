/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/jose/jws.h"
#include "tests/fuzz/fuzz.h"

/*
 * With every key, whatever kid and alg say.  The tokens of token.c were
 * signed by them, and no other token ever was.  (An ECDSA signature has a
 * twin, n - s, that holds as well; no mutation here comes upon it.)
 */
static unsigned
try_keys(struct ba_jws *jws, const char *token, size_t n)
{
	const struct ba_jwk *key;
	unsigned held = 0;
	size_t i, iter;
	int r;

	MUST(ba_jws_claims(jws) == NULL);
	for (i = 0; i < FUZZ_ALGS; i++) {
		iter = 0;
		while ((key = ba_jwks_next(
			    fuzz_keys(), NULL, fuzz_algs[i], &iter)) != NULL) {
			r = ba_jws_verify(jws, key);
			MUST((ba_jws_alg(jws) & fuzz_algs[i]) != 0 ||
			     r == BA_ERR_KEY);
			MUST(r != BA_OK || fuzz_signed_by(token, n));
			MUST(r == BA_OK || ba_jws_claims(jws) == NULL);
			held += r == BA_OK;
		}
	}
	return held;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const char *token = (const char *)p, *iss;
	struct ba_jws *jws, *any, *one;
	unsigned signatures = fuzz_signed_by(token, n) != 0;
	size_t i;
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
		MUST(try_keys(any, token, n) == signatures);
		MUST(ba_jws_claims(any) == NULL);
	}
	if (jws != NULL) {
		MUST(try_keys(jws, token, n) == signatures);
		if (ba_jws_peek_issuer(jws, &iss) != BA_OK)
			MUST(iss == NULL);
	}
	for (i = 0; jws != NULL && i < FUZZ_ALGS; i++) {
		r = ba_jws_parse(token, n, fuzz_algs[i], &one);
		MUST((r == BA_OK) == ((ba_jws_alg(jws) & fuzz_algs[i]) != 0));
		ba_jws_free(one);
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
