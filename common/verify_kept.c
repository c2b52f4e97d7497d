/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/policy/claim.h"
#include "common/policy/profile.h"
#include "common/policy/rules.h"
#include "common/verify.h"

/*
 * Of verified claims what must be kept of a login, so that it can be decided
 * again when its token is no longer at hand.
 */

/* One reference more; see verify.c. */
static json_t *
share(const json_t *value)
{
	return json_incref((json_t *)(uintptr_t)value);
}

static int
keep(json_t *dst, const json_t *claims, const char *name)
{
	json_t *value = json_object_get(claims, name);

	return value == NULL ? 0 : json_object_set(dst, name, value);
}

/* What is read whatever the configuration says. */
static int
keep_always(json_t *dst, const json_t *claims)
{
	static const char *const kept[] = { "iss", "aud", "exp", "nbf", "iat",
		"sub", "jti", "cnf", "scope", "scp", "typ", "tid", "acr", "amr",
		"auth_time", "email_verified", "nonce", "azpacr",
		"token_type" };
	const char *client, *alien;
	size_t i;
	int r = 0;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]) && r == 0; i++)
		r = keep(dst, claims, kept[i]);
	for (i = 0; (client = ba_profile_client_claim(i)) != NULL && r == 0;
	     i++)
		r = keep(dst, claims, client);
	for (i = 0; (alien = ba_profile_alien_claim(i)) != NULL && r == 0; i++)
		r = keep(dst, claims, alien);
	return r;
}

/*
 * At the place where the path leads, with nothing beside it.  Takes over the
 * value, even where it fails.  Not for a place that claims which are kept
 * whole have already: those objects are not ours to change.
 */
static int
keep_at(json_t *dst, const struct ba_claim_path *path, json_t *value)
{
	json_t *next;
	size_t i;

	for (i = 0; i + 1 < path->n; i++, dst = next) {
		next = json_object_get(dst, path->step[i]);
		if (next != NULL)
			continue;
		next = json_object();
		if (json_object_set_new(dst, path->step[i], next) != 0) {
			json_decref(value);
			return -1;
		}
	}
	return json_object_set_new(dst, path->step[i], value);
}

static int
keep_username(json_t *dst, const json_t *claims, const struct ba_issuer *issuer)
{
	const struct ba_claim_path *path = &issuer->username;
	const json_t *value = ba_claim_at(claims, path);

	/* Another type is refused as if there was none. */
	if (!json_is_string(value) || ba_claim_at(dst, path) != NULL)
		return 0;
	return keep_at(dst, path, share(value));
}

/* Those of the list that the value holds, at the end of an array. */
static int
keep_held(json_t *array, const json_t *value, const struct ba_strings *list,
    bool words)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (ba_claim_has_word(value, list->v[i], words) &&
		    json_array_append_new(array, json_string(list->v[i])) != 0)
			return -1;
	return 0;
}

/*
 * An array of what it holds decides as the value itself, whatever that is: a
 * list in a string too, and one that holds nothing for what else is in it.
 */
static int
keep_group(json_t *dst, const json_t *value, const struct ba_claim_path *path,
    const struct ba_issuer *issuer, const struct ba_service *service)
{
	json_t *held = json_array();

	if (held == NULL ||
	    keep_held(held, value, &service->require_group,
		issuer->group_words) != 0 ||
	    keep_held(
		held, value, &service->allow_group, issuer->group_words) != 0) {
		json_decref(held);
		return -1;
	}
	if (json_array_size(held) > 0)
		return keep_at(dst, path, held);
	json_decref(held);
	return 0;
}

/* A provider may list hundreds; what is kept is bounded by our own file. */
static int
keep_groups(json_t *dst, const json_t *claims, const struct ba_issuer *issuer,
    const struct ba_service *service)
{
	const struct ba_claim_path *path;
	const json_t *value;
	size_t i;
	int r = 0;

	for (i = 0;
	     (path = ba_rule_group_claim(issuer, service, i)) != NULL && r == 0;
	     i++) {
		value = ba_claim_at(claims, path);
		if (value != NULL && ba_claim_at(dst, path) == NULL)
			r = keep_group(dst, value, path, issuer, service);
	}
	return r;
}

json_t *
ba_claims_kept(const json_t *claims, const struct ba_issuer *issuer,
    const struct ba_service *service)
{
	json_t *dst = json_object();
	int r;

	r = dst == NULL ? -1 : keep_always(dst, claims);
	if (r == 0)
		r = keep_username(dst, claims, issuer);
	if (r == 0)
		r = keep_groups(dst, claims, issuer, service);
	if (r == 0)
		return dst;
	json_decref(dst);
	return NULL;
}
