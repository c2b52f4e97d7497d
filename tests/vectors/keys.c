/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/jws.h"
#include "common/verify.h"
#include "tests/vectors/keys.h"
#include "tests/vectors/source.h"
#include "tests/vectors/tally.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The set that it is, or that it makes. */
static json_t *
set_of(const json_t *key)
{
	json_t *copy = json_deep_copy(key);

	if (json_object_get(key, "keys") != NULL)
		return copy;
	return json_pack(
	    json_is_array(key) ? "{s:o}" : "{s:[o]}", "keys", copy);
}

void
ba_keys_of(const json_t *key, struct ba_case_keys *k)
{
	json_t *set = set_of(key);
	char *text = ba_json_text(set);

	if (ba_jwks_parse(text, strlen(text), &k->published, NULL) != BA_OK)
		k->published = NULL;
	if (ba_jwks_parse_symmetric(text, strlen(text), &k->secret) != BA_OK)
		k->secret = NULL;
	if (k->published != NULL && k->secret != NULL)
		ba_give_up("published, and a secret at once", "a key set");
	free(text);
	json_decref(set);
}

void
ba_keys_clear(struct ba_case_keys *k)
{
	ba_jwks_free(k->published);
	ba_jwks_free(k->secret);
	memset(k, 0, sizeof(*k));
}

static void
drop_private(json_t *jwk)
{
	static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi" };
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		(void)json_object_del(jwk, names[i]);
}

json_t *
ba_public_half(const json_t *key)
{
	json_t *set = set_of(key), *keys = json_object_get(set, "keys");
	size_t i;

	for (i = 0; i < json_array_size(keys); i++)
		drop_private(json_array_get(keys, i));
	return set;
}

static bool
set_accepts(const struct ba_jwks *set, const char *token)
{
	const struct ba_jwk *key;
	struct ba_jws *jws;
	bool held = false;
	size_t iter = 0;

	if (ba_jws_parse_any(token, strlen(token), BA_ALG_ALL, &jws) != BA_OK)
		return false;
	while (!held && (key = ba_jwks_next(set, ba_jws_kid(jws),
			     ba_jws_alg(jws), &iter)) != NULL)
		held = ba_jws_verify(jws, key) == BA_OK;
	ba_jws_free(jws);
	return held;
}

bool
ba_keys_accept(const struct ba_case_keys *k, const char *token)
{
	return set_accepts(k->published, token) ||
	       set_accepts(k->secret, token);
}

bool
ba_form_is_refused(const struct ba_case_keys *k, const char *token)
{
	struct ba_jws *jws;
	size_t n = strlen(token);

	if (ba_jws_parse(token, n, BA_ALG_ALL, &jws) != BA_ERR_TOKEN_SYNTAX ||
	    ba_jws_parse_any(token, n, BA_ALG_ALL, &jws) != BA_ERR_TOKEN_SYNTAX)
		return false;
	return ba_token_kind(token, n) == BA_ERR_TOKEN_SYNTAX &&
	       ba_verifier_says(k->published, token) == BA_ERR_TOKEN_SYNTAX &&
	       ba_verifier_says(k->secret, token) == BA_ERR_TOKEN_SYNTAX;
}

/* Of every issuer; arg points to the set. */
static const struct ba_jwks *
keys_for(void *arg, const struct ba_issuer *issuer)
{
	const struct ba_jwks *const *setp = arg;

	(void)issuer;
	return *setp;
}

int
ba_verifier_says(const struct ba_jwks *set, const char *token)
{
	static const char text[] = "[issuer https://id.example.org]\n"
				   "audience = here\n"
				   "username = sub\n"
				   "[service sshd]\n"
				   "issuer = https://id.example.org\n";
	struct ba_question q = { .service = "sshd",
		.origin = BA_ORIGIN_PROMPT,
		.token = token,
		.token_len = strlen(token) };
	struct ba_snapshot s = { .now = 1700000000, .keys = keys_for };
	struct ba_config *config;
	struct ba_verdict v;
	int r;

	if (ba_config_parse("vectors", text, strlen(text), NULL, &config) !=
	    BA_OK)
		ba_give_up("not taken", "the configuration");
	s.config = config;
	s.arg = &set;
	r = ba_verify(&q, &s, NULL, &v);
	ba_verdict_clear(&v);
	ba_config_free(config);
	return r;
}
