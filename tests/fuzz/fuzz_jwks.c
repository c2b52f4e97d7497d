/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/b64url.h"
#include "common/base/buf.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/json/json.h"
#include "tests/fuzz/fuzz.h"

/* The input is tried as an issuer's key set, and as a file of secrets. */

static const char *
text(const json_t *jwk, const char *name)
{
	const char *s = json_string_value(json_object_get(jwk, name));

	return s == NULL ? "" : s;
}

/* A member that may be used at all: one without a private number. */
static bool
usable(const json_t *jwk)
{
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	size_t i;

	for (i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		if (json_object_get(jwk, private[i]) != NULL)
			return false;
	return true;
}

/* RFC 7638, with jansson to write the text. */
static void
thumbprint(const json_t *jwk, char dst[BA_THUMBPRINT_SIZE])
{
	static const char *const names[] = { "crv", "e", "kty", "n", "x", "y" };
	bool rsa = strcmp(text(jwk, "kty"), "RSA") == 0;
	bool ec = strcmp(text(jwk, "kty"), "EC") == 0;
	unsigned char hash[32];
	json_t *o = json_object();
	char *s;
	size_t i;

	for (i = 0; i < 6; i++) {
		if (i != 2 && rsa != (i == 1 || i == 3))
			continue;
		if (i == 5 && !ec)
			continue;
		(void)json_object_set(
		    o, names[i], json_object_get(jwk, names[i]));
	}
	s = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	MUST(s != NULL &&
	     EVP_Digest(s, strlen(s), hash, NULL, EVP_sha256(), NULL) == 1);
	ba_b64url_encode(dst, hash, sizeof(hash));
	free(s);
	json_decref(o);
}

/* Of one of the members that could be it. */
static void
judge_thumbprint(const struct ba_jwk *key, const json_t *keys)
{
	char want[BA_THUMBPRINT_SIZE];
	bool found = false;
	size_t i;

	for (i = 0; i < json_array_size(keys) && !found; i++) {
		if (!json_is_object(json_array_get(keys, i)))
			continue;
		thumbprint(json_array_get(keys, i), want);
		found = strcmp(want, ba_jwk_thumbprint(key)) == 0;
	}
	MUST(found);
}

/* Our tokens, parsed once. */
static struct ba_jws *
token(size_t i)
{
	static struct ba_jws *jws[FUZZ_TOKENS];
	const char *s = fuzz_tokens[i].text;

	if (jws[i] == NULL)
		MUST(ba_jws_parse(s, strlen(s), BA_ALG_ALL, &jws[i]) == BA_OK);
	return jws[i];
}

static const struct ba_jwk *
ours(const struct ba_jwks *keys, enum ba_alg alg)
{
	const struct ba_jwk *key;
	size_t iter = 0;

	key = ba_jwks_next(keys, NULL, alg, &iter);
	MUST(key != NULL);
	return key;
}

/* Our tokens hold with our keys: if with this one, then it is one of them. */
static void
try_public(const struct ba_jwk *key)
{
	size_t i;

	for (i = 0; i < FUZZ_TOKENS; i++) {
		if (ba_jws_verify(token(i), key) != BA_OK)
			continue;
		MUST(EVP_PKEY_eq(ba_jwk_pkey(key),
			 ba_jwk_pkey(ours(fuzz_keys(), fuzz_tokens[i].alg))) ==
		     1);
	}
}

/*
 * With zeros behind it, up to the hash's block, a secret makes the same tags
 * (RFC 2104 section 2); otherwise only our own does.
 */
static void
try_secret(const struct ba_jwk *key)
{
	const struct ba_buf *secret = ba_jwk_secret(key), *own;
	size_t i, k;

	for (i = 0; i < FUZZ_TOKENS; i++) {
		if (ba_jws_verify(token(i), key) != BA_OK)
			continue;
		own = ba_jwk_secret(ours(fuzz_secrets(), fuzz_tokens[i].alg));
		MUST(secret->len >= own->len && secret->len <= 128);
		MUST(memcmp(secret->p, own->p, own->len) == 0);
		for (k = own->len; k < secret->len; k++)
			MUST(secret->p[k] == 0);
	}
}

static void
judge_public(const struct ba_jwks *set, size_t bad, const json_t *root)
{
	const json_t *keys = json_object_get(root, "keys");
	size_t i, most = 0, iter = 0;
	const struct ba_jwk *key;
	int bits;

	for (i = 0; i < json_array_size(keys); i++) {
		most += usable(json_array_get(keys, i));
		/* JWK-11 */
		MUST(strcmp(text(json_array_get(keys, i), "kty"), "oct") != 0);
	}
	MUST(ba_jwks_count(set) > 0 && ba_jwks_count(set) <= BA_JWKS_KEYS_MAX);
	MUST(ba_jwks_count(set) <= most);
	MUST(ba_jwks_count(set) + bad <= json_array_size(keys));
	for (i = 0; (key = ba_jwks_next(set, NULL, BA_ALG_ALL, &iter)); i++) {
		bits = EVP_PKEY_get_bits(ba_jwk_pkey(key));
		MUST(!ba_jwk_serves(key, BA_ALG_SYMMETRIC));
		MUST(ba_jwk_secret(key)->len == 0);
		MUST(EVP_PKEY_get_id(ba_jwk_pkey(key)) != EVP_PKEY_RSA ||
		     (bits >= 2048 && bits <= BA_RSA_BITS_MAX));
		judge_thumbprint(key, keys);
		try_public(key);
	}
	MUST(i == ba_jwks_count(set));
}

static void
judge_secrets(const struct ba_jwks *set, const json_t *root)
{
	const json_t *keys = json_object_get(root, "keys");
	size_t i, len, n = json_array_size(keys), iter = 0;
	const struct ba_jwk *key;

	MUST(ba_jwks_count(set) == (keys == NULL ? 1 : n));
	MUST(ba_jwks_count(set) <= BA_JWKS_KEYS_MAX);
	for (i = 0; i < n; i++)
		MUST(strcmp(text(json_array_get(keys, i), "kty"), "oct") == 0);
	for (i = 0; (key = ba_jwks_next(set, NULL, BA_ALG_ALL, &iter)); i++) {
		len = ba_jwk_secret(key)->len;
		MUST(ba_jwk_pkey(key) == NULL && *ba_jwk_thumbprint(key) == 0);
		MUST(!ba_jwk_serves(key, BA_ALG_ASYMMETRIC));
		MUST(len >= 32 && len <= BA_SECRET_MAX);
		MUST(!ba_jwk_serves(key, BA_ALG_HS384) || len >= 48);
		MUST(!ba_jwk_serves(key, BA_ALG_HS512) || len >= 64);
		try_secret(key);
	}
	MUST(i == ba_jwks_count(set));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ba_jwks *set, *secrets;
	json_t *root;
	size_t bad;
	bool public, symmetric;

	public = ba_jwks_parse(p, n, &set, &bad) == BA_OK;
	symmetric = ba_jwks_parse_symmetric(p, n, &secrets) == BA_OK;
	MUST(public == (set != NULL) && symmetric == (secrets != NULL));
	/* Nothing is both. */
	MUST(!public || !symmetric);
	root = json_loadb((const char *)p, n, 0, NULL);
	if (public)
		judge_public(set, bad, root);
	if (symmetric)
		judge_secrets(secrets, root);
	json_decref(root);
	ba_jwks_free(set);
	ba_jwks_free(secrets);
	return 0;
}
