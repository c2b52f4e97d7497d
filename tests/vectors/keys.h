/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_VECTORS_KEYS_H
#define BA_VECTORS_KEYS_H

#include <stdbool.h>

#include <jansson.h>

#include "common/jose/jwk.h"

/*
 * The keys of a case, as each of the two parsers takes them: as a key set
 * that an issuer publishes, and as the secrets of an issuer that is declared
 * symmetric.  NULL where it refuses them.  No keys are both.
 */
struct ba_case_keys {
	struct ba_jwks *published;
	struct ba_jwks *secret;
};

/* Of a JWK, a JWK Set or an array of JWKs. */
void ba_keys_of(const json_t *key, struct ba_case_keys *k);
void ba_keys_clear(struct ba_case_keys *k);

/* The same key, keys or set without what is private in keys that are not
   symmetric.  The caller frees with json_decref(). */
json_t *ba_public_half(const json_t *key);

/* Does any of the keys hold for this token, as a verifier asks? */
bool ba_keys_accept(const struct ba_case_keys *k, const char *token);

/*
 * Is it refused for its form: by ba_token_kind(), both parsers of JWS, and
 * the verifier, whatever the keys?
 */
bool ba_form_is_refused(const struct ba_case_keys *k, const char *token);

/* What the verifier says of it as an access token for a service, if these
   are the keys of every issuer that it knows. */
int ba_verifier_says(const struct ba_jwks *set, const char *token);

#endif
