/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/jose/jws.h"
#include "common/json/json.h"
#include "tests/fuzz/fuzz.h"

/* Members that may be used at all: those without a private number. */
static size_t
usable(const json_t *keys)
{
	static const char *const member[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	size_t i, j, n = 0;

	for (i = 0; i < json_array_size(keys); i++) {
		for (j = 0; j < 8; j++)
			if (json_object_get(json_array_get(keys, i), member[j]))
				break;
		n += j == 8;
	}
	return n;
}

/* Our tokens hold with our keys: if with this one, then it is one of them. */
static void
try_key(const struct ba_jwk *key)
{
	const struct ba_jwk *ours;
	struct ba_jws *jws;
	size_t i, iter;

	for (i = 0; fuzz_tokens[i] != NULL; i++) {
		MUST(ba_jws_parse(fuzz_tokens[i], strlen(fuzz_tokens[i]),
			 BA_ALG_ALL, &jws) == BA_OK);
		iter = 0;
		ours = ba_jwks_next(fuzz_keys(), NULL, ba_jws_alg(jws), &iter);
		if (ba_jws_verify(jws, key) == BA_OK)
			MUST(EVP_PKEY_eq(ba_jwk_pkey(key), ba_jwk_pkey(ours)) ==
			     1);
		ba_jws_free(jws);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct ba_jwk *key;
	struct ba_jwks *set;
	size_t bad, i, iter;
	const json_t *keys;
	json_t *root;
	int bits;

	if (ba_jwks_parse(p, n, &set, &bad) != BA_OK)
		return 0;
	root = json_loadb((const char *)p, n, 0, NULL);
	keys = json_object_get(root, "keys");
	i = ba_jwks_count(set);
	MUST(i > 0 && i <= BA_JWKS_KEYS_MAX && i <= usable(keys));
	MUST(i + bad <= json_array_size(keys));
	for (i = 0; i < FUZZ_ALGS; i++) {
		iter = 0;
		while ((key = ba_jwks_next(set, NULL, fuzz_algs[i], &iter)) !=
		       NULL) {
			bits = EVP_PKEY_get_bits(ba_jwk_pkey(key));
			MUST(ba_jwk_serves(key, fuzz_algs[i]));
			MUST(
			    EVP_PKEY_get_id(ba_jwk_pkey(key)) != EVP_PKEY_RSA ||
			    (bits >= 2048 && bits <= BA_RSA_BITS_MAX));
			try_key(key);
		}
	}
	json_decref(root);
	ba_jwks_free(set);
	return 0;
}
