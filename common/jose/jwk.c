/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/jose/jwk.h"
#include "common/jose/key.h"
#include "common/jose/member.h"
#include "common/json/json.h"

/*
 * Members looked at in a key set.  A bad one costs up to 30 us (a point to be
 * tried), so that the worst set takes some 30 ms; issuers have fewer than ten.
 */
#define MEMBERS_MAX 1024

struct ba_jwks {
	size_t n;
	struct ba_jwk key[BA_JWKS_KEYS_MAX];
};

/* The set owns the key from here on, or it is gone. */
static int
add(struct ba_jwks *set, struct ba_jwk *key)
{
	const struct ba_jwk *other;
	size_t i;

	if (set->n == BA_JWKS_KEYS_MAX)
		goto refuse;
	/* Which of the two would a token mean?  Wycheproof, duplicate kid. */
	for (i = 0; i < set->n; i++) {
		other = &set->key[i];
		if (key->kid != NULL && other->kid != NULL &&
		    strcmp(key->kid, other->kid) == 0 &&
		    (key->algs & other->algs) != 0)
			goto refuse;
	}
	set->key[set->n++] = *key;
	return BA_OK;
refuse:
	ba_jwk_clear(key);
	return BA_ERR_JWKS;
}

/*
 * A secret spoils the set, and what else is bad there is told all the same.
 */
static int
add_public(struct ba_jwks *set, const json_t *keys, size_t *badp)
{
	struct ba_pkey_maker maker = { NULL, NULL, NULL };
	bool published = false;
	const json_t *jwk;
	struct ba_jwk key;
	int r = BA_OK;
	size_t i;

	for (i = 0; i < json_array_size(keys) && r == BA_OK; i++) {
		jwk = json_array_get(keys, i);
		if (ba_jwk_is_secret(jwk)) {
			published = true;
			r = BA_ERR_KEY;
		} else {
			r = ba_jwk_parse(&maker, jwk, &key);
		}
		if (r == BA_OK)
			r = add(set, &key);
		else if (r == BA_ERR_ALG)
			r = BA_OK;
		else if (r == BA_ERR_KEY) {
			(*badp)++;
			r = BA_OK;
		}
	}
	ba_pkey_maker_clear(&maker);
	if (r != BA_OK)
		return r;
	return set->n == 0 || published ? BA_ERR_JWKS : BA_OK;
}

static int
add_secret(struct ba_jwks *set, const json_t *jwk)
{
	struct ba_pkey_maker none = { NULL, NULL, NULL };
	struct ba_jwk key;
	int r;

	if (!ba_jwk_is_secret(jwk))
		return BA_ERR_JWKS;
	r = ba_jwk_parse(&none, jwk, &key);
	if (r == BA_OK)
		return add(set, &key);
	return r == BA_ERR_ALG || r == BA_ERR_KEY ? BA_ERR_JWKS : r;
}

/*
 * One JWK, or a set of them; not something that could be read as either.  What
 * is no array has no members, and is no set.
 */
static int
add_secrets(struct ba_jwks *set, const json_t *root)
{
	const json_t *keys = json_object_get(root, "keys");
	size_t i;
	int r;

	if (keys == NULL)
		return add_secret(set, root);
	if (ba_json_has(root, "kty"))
		return BA_ERR_JWKS;
	for (i = 0; i < json_array_size(keys); i++) {
		if ((r = add_secret(set, json_array_get(keys, i))) != BA_OK)
			return r;
	}
	return set->n == 0 ? BA_ERR_JWKS : BA_OK;
}

static int
read_json(const void *p, size_t n, json_t **rootp)
{
	int r;

	*rootp = NULL;
	if (n > BA_JWKS_BYTES_MAX)
		return BA_ERR_JWKS;
	r = ba_json_parse(p, n, rootp);
	return r == BA_OK || r == BA_ERR_NOMEM ? r : BA_ERR_JWKS;
}

int
ba_jwks_parse(const void *p, size_t n, struct ba_jwks **setp, size_t *badp)
{
	int r = BA_ERR_INTERNAL;
	struct ba_jwks *set = NULL;
	json_t *root = NULL;
	const json_t *keys;
	size_t bad = 0;

	*setp = NULL;
	if (badp != NULL)
		*badp = 0;
	if ((r = read_json(p, n, &root)) != BA_OK)
		goto out;
	/* What is no array has no members, and is no set. */
	keys = json_object_get(root, "keys");
	if (json_array_size(keys) > MEMBERS_MAX) {
		r = BA_ERR_JWKS;
		goto out;
	}
	set = calloc(1, sizeof(*set));
	if (set == NULL) {
		r = BA_ERR_NOMEM;
		goto out;
	}
	r = add_public(set, keys, &bad);
	if (badp != NULL)
		*badp = bad;
	if (r == BA_OK) {
		*setp = set;
		set = NULL;
	}
out:
	ba_jwks_free(set);
	json_decref(root);
	return r;
}

int
ba_jwks_parse_symmetric(const void *p, size_t n, struct ba_jwks **setp)
{
	int r = BA_ERR_INTERNAL;
	struct ba_jwks *set = NULL;
	json_t *root = NULL;

	*setp = NULL;
	if ((r = read_json(p, n, &root)) != BA_OK)
		goto out;
	set = calloc(1, sizeof(*set));
	if (set == NULL) {
		r = BA_ERR_NOMEM;
		goto out;
	}
	r = add_secrets(set, root);
	if (r == BA_OK) {
		*setp = set;
		set = NULL;
	}
out:
	ba_jwks_free(set);
	json_decref(root);
	return r;
}

void
ba_jwks_free(struct ba_jwks *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->n; i++)
		ba_jwk_clear(&set->key[i]);
	free(set);
}

size_t
ba_jwks_count(const struct ba_jwks *set)
{
	return set == NULL ? 0 : set->n;
}

const struct ba_jwk *
ba_jwks_next(
    const struct ba_jwks *set, const char *kid, enum ba_alg alg, size_t *iter)
{
	const struct ba_jwk *key;

	while (*iter < ba_jwks_count(set)) {
		key = &set->key[(*iter)++];
		if (!ba_jwk_serves(key, alg))
			continue;
		if (kid == NULL ||
		    (key->kid != NULL && strcmp(key->kid, kid) == 0))
			return key;
	}
	return NULL;
}
