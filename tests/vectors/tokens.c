/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/vectors/keys.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/* Wycheproof's tokens: JWS, and JWE, of which none is ever taken. */

#define OVERRIDES     "wycheproof/strict_overrides.json"
#define OVERRIDES_MAX 64

struct overrides {
	json_t *file;
	unsigned used[OVERRIDES_MAX];
};

/* Its place in the list; -1 for a case that is as published. */
static int
override_of(const struct overrides *o, const json_t *test)
{
	const json_t *list = json_object_get(o->file, "overrides");
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		if (ba_id(json_array_get(list, i)) == ba_id(test))
			return (int)i;
	}
	return -1;
}

/* Does the override say of the case what the case says of itself? */
static bool
is_about(const json_t *override, const json_t *test)
{
	const char *published = ba_text(override, "published");

	return strcmp(published, ba_text(test, "result")) == 0 &&
	       strcmp(published, ba_text(override, "strict")) != 0;
}

/* JSON's forms stand there as objects.  The caller frees. */
static char *
token_of(const json_t *test, const char *name)
{
	const json_t *v = json_object_get(test, name);
	char *s;

	if (!json_is_string(v))
		return ba_json_text(v);
	s = strdup(json_string_value(v));
	if (s == NULL)
		ba_give_up("out of memory", name);
	return s;
}

static void
jws_case(struct ba_tally *t, const json_t *group, const json_t *test,
    struct overrides *o)
{
	const json_t *key = json_object_get(group, "public"), *override;
	int at = o == NULL ? -1 : override_of(o, test);
	struct ba_case_keys keys;
	char *token = token_of(test, "jws");
	bool got;

	ba_keys_of(
	    key != NULL ? key : json_object_get(group, "private"), &keys);
	got = ba_keys_accept(&keys, token);
	ba_keys_clear(&keys);
	free(token);
	if (at < 0) {
		ba_count(t, ba_id(test), got == ba_is_valid(test),
		    got ? "was accepted" : "was refused");
		return;
	}
	o->used[at]++;
	override =
	    json_array_get(json_object_get(o->file, "overrides"), (size_t)at);
	ba_count_overridden(t, ba_id(test),
	    is_about(override, test) &&
		got == (strcmp(ba_text(override, "strict"), "valid") == 0),
	    got ? "was accepted" : "was refused");
}

/* The key as if it were there to verify, so that it is not the reason. */
static void
jwe_keys(const json_t *group, struct ba_case_keys *k)
{
	json_t *set = ba_public_half(json_object_get(group, "private"));
	json_t *keys = json_object_get(set, "keys"), *jwk;
	size_t i;

	for (i = 0; i < json_array_size(keys); i++) {
		jwk = json_array_get(keys, i);
		(void)json_object_del(jwk, "use");
		(void)json_object_del(jwk, "alg");
		(void)json_object_del(jwk, "key_ops");
	}
	ba_keys_of(set, k);
	json_decref(set);
}

/* JWS-09, V07: refused, a good one too. */
static void
jwe_case(struct ba_tally *t, const json_t *group, const json_t *test)
{
	char *token = token_of(test, "jwe");
	struct ba_case_keys keys;

	jwe_keys(group, &keys);
	ba_count(t, ba_id(test),
	    ba_form_is_refused(&keys, token) && !ba_keys_accept(&keys, token),
	    "a JWE was not refused for its form");
	ba_keys_clear(&keys);
	free(token);
}

static void
token_case(struct ba_tally *t, const json_t *group, const json_t *test,
    void *overrides)
{
	if (json_object_get(test, "jws") != NULL)
		jws_case(t, group, test, overrides);
	else if (json_object_get(test, "jwe") != NULL)
		jwe_case(t, group, test);
	else
		ba_count(t, ba_id(test), false, "neither JWS nor JWE");
}

/* Each of the eight is about one case. */
static void
check_overrides(struct overrides *o)
{
	struct ba_tally t = { .file = OVERRIDES };
	size_t i, n = json_array_size(json_object_get(o->file, "overrides"));

	for (i = 0; i < n; i++) {
		if (o->used[i] != 1)
			ba_count_defect(&t, "one is about no case, or many");
	}
	if (n != 8)
		ba_count_defect(&t, "not the eight of the README");
	if (t.wrong != 0)
		ba_report(&t);
	ba_source_judged(t.file);
}

void
ba_read_tokens(void)
{
	struct overrides o = { .file = ba_source_json(OVERRIDES) };

	if (json_array_size(json_object_get(o.file, "overrides")) >
	    OVERRIDES_MAX)
		ba_give_up("too many", OVERRIDES);
	ba_wycheproof(
	    "wycheproof/json_web_signature_test.json", token_case, &o);
	check_overrides(&o);
	ba_wycheproof("wycheproof/json_web_key_test.json", token_case, NULL);
	ba_wycheproof("wycheproof/json_web_crypto_test.json", token_case, NULL);
	ba_wycheproof(
	    "wycheproof/json_web_encryption_test.json", token_case, NULL);
	json_decref(o.file);
}
