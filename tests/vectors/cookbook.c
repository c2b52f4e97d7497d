/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/jws.h"
#include "tests/vectors/keys.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/* RFC 7520 sections 3 and 4, RFC 7797, and the curves of RFC 8037. */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* header.payload.signature, the payload encoded here. */
static char *
compact(const char *header, const char *payload, const char *signature)
{
	char *p = ba_b64url_text(payload, strlen(payload)), *token = NULL;

	if (asprintf(&token, "%s.%s.%s", header, p, signature) < 0)
		ba_give_up("out of memory", "a token");
	free(p);
	return token;
}

/*
 * The compact form, with the content that was taken out of it put back (RFC
 * 7515 appendix F).  Without that, the signature is over something else.
 */
static void
detached_case(struct ba_tally *t, const char *token, const char *payload,
    const struct ba_case_keys *keys)
{
	const char *gap = strstr(token, "..");
	char *header = strndup(token, (size_t)(gap - token)), *whole;

	if (header == NULL)
		ba_give_up("out of memory", "a token");
	ba_count(t, 1, !ba_keys_accept(keys, token),
	    "detached content: was accepted without it");
	whole = compact(header, payload, gap + 2);
	ba_count(t, 2, ba_keys_accept(keys, whole),
	    "detached content: was refused with it");
	free(whole);
	free(header);
}

static void
compact_case(
    struct ba_tally *t, const json_t *o, const struct ba_case_keys *keys)
{
	const char *token = ba_text(json_object_get(o, "output"), "compact");

	if (strstr(token, "..") != NULL)
		detached_case(t, token,
		    ba_text(json_object_get(o, "input"), "payload"), keys);
	else
		ba_count(
		    t, 1, ba_keys_accept(keys, token), "compact: was refused");
}

/*
 * b64=false (RFC 7797): refused as it is, which three segments of base64url
 * it is not; and refused for b64 where the payload is encoded after all.
 */
static void
unencoded_case(
    struct ba_tally *t, const json_t *o, const struct ba_case_keys *keys)
{
	const json_t *output = json_object_get(o, "output"),
		     *flat = json_object_get(output, "json_flat");
	const char *token = ba_text(output, "compact");
	struct ba_jws *jws;
	char *encoded;

	if (token[0] != '\0')
		ba_count(t, 1, !ba_keys_accept(keys, token),
		    "b64=false: was accepted");
	encoded = compact(ba_text(flat, "protected"),
	    ba_text(json_object_get(o, "input"), "payload"),
	    ba_text(flat, "signature"));
	ba_count(t, 2,
	    ba_jws_parse_any(encoded, strlen(encoded), BA_ALG_ALL, &jws) ==
		BA_ERR_CRIT,
	    "b64=false, payload encoded: was not refused for it");
	free(encoded);
}

/* JWS-07. */
static void
json_cases(struct ba_tally *t, const json_t *o, const struct ba_case_keys *keys)
{
	static const char *const forms[] = { "json", "json_flat" };
	const json_t *form;
	char *text;
	size_t i;

	for (i = 0; i < COUNT(forms); i++) {
		form = json_object_get(json_object_get(o, "output"), forms[i]);
		if (form == NULL)
			continue;
		text = ba_json_text(form);
		ba_count(t, 3 + (long)i,
		    ba_form_is_refused(keys, text) &&
			!ba_keys_accept(keys, text),
		    "a form of JSON was not refused");
		free(text);
	}
}

static bool
is_unencoded(const json_t *o)
{
	return json_is_false(json_object_get(
	    json_object_get(json_object_get(o, "signing"), "protected"),
	    "b64"));
}

/* Several keys of all families: never a key set, never a file of secrets. */
static void
mixed_case(
    struct ba_tally *t, const json_t *key, const struct ba_case_keys *keys)
{
	if (json_is_array(key))
		ba_count(t, 5, keys->published == NULL && keys->secret == NULL,
		    "a set with public and symmetric keys was taken");
}

static void
jws_file(const char *file)
{
	struct ba_tally t = { .file = file };
	json_t *o = ba_source_json(file), *half;
	const json_t *key = json_object_get(json_object_get(o, "input"), "key");
	struct ba_case_keys keys;

	half = ba_public_half(key);
	ba_keys_of(half, &keys);
	if (is_unencoded(o))
		unencoded_case(&t, o, &keys);
	else if (ba_text(json_object_get(o, "output"), "compact")[0] != '\0')
		compact_case(&t, o, &keys);
	json_cases(&t, o, &keys);
	mixed_case(&t, key, &keys);
	ba_source_judged(file);
	ba_report(&t);
	ba_keys_clear(&keys);
	json_decref(half);
	json_decref(o);
}

/* JWS-09. */
static void
jwe_file(const char *file)
{
	struct ba_tally t = { .file = file };
	json_t *o = ba_source_json(file);
	const char *token = ba_text(json_object_get(o, "output"), "compact");
	struct ba_case_keys keys = { NULL, NULL };

	ba_count(&t, 1, ba_form_is_refused(&keys, token),
	    "a JWE was not refused for its form");
	json_cases(&t, o, &keys);
	ba_source_judged(file);
	ba_report(&t);
	json_decref(o);
}

/* A key as a key set of one, and as a file of secrets. */
struct jwk {
	const char *file;
	int published; /* what ba_jwks_parse() says */
	size_t bad;
	int secret; /* what ba_jwks_parse_symmetric() says */
};

static void
jwk_file(const struct jwk *want)
{
	struct ba_tally t = { .file = want->file };
	json_t *set = json_pack("{s:[o]}", "keys", ba_source_json(want->file));
	char *text = ba_json_text(set);
	struct ba_jwks *keys;
	size_t bad;
	int r;

	r = ba_jwks_parse(text, strlen(text), &keys, &bad);
	ba_count(&t, 1, r == want->published && bad == want->bad,
	    r == BA_OK ? "taken as published" : "refused as published");
	ba_jwks_free(keys);
	r = ba_jwks_parse_symmetric(text, strlen(text), &keys);
	ba_count(&t, 2, r == want->secret,
	    r == BA_OK ? "taken as a secret" : "refused as a secret");
	ba_jwks_free(keys);
	ba_source_judged(want->file);
	ba_report(&t);
	free(text);
	json_decref(set);
}

/* A private or symmetric key that was published is an alarm (JWK-13). */
static void
read_jwks(void)
{
	static const struct jwk keys[] = {
#define JWK(name, ...) { "cookbook/jwk/" name ".json", __VA_ARGS__ }
		JWK("3_1.ec_public_key", BA_OK, 0, BA_ERR_JWKS),
		JWK("3_2.ec_private_key", BA_ERR_JWKS, 1, BA_ERR_JWKS),
		JWK("3_3.rsa_public_key", BA_OK, 0, BA_ERR_JWKS),
		JWK("3_4.rsa_private_key", BA_ERR_JWKS, 1, BA_ERR_JWKS),
		JWK("3_5.symmetric_key_mac_computation", BA_ERR_JWKS, 1, BA_OK),
		JWK("3_6.symmetric_key_encryption", BA_ERR_JWKS, 1,
		    BA_ERR_JWKS),
#undef JWK
	};
	size_t i;

	for (i = 0; i < COUNT(keys); i++)
		jwk_file(&keys[i]);
}

static void
read_one(void *arg, const char *file)
{
	(void)arg;
	jws_file(file);
}

void
ba_read_cookbook(void)
{
	read_jwks();
	ba_source_each("cookbook/jws/*.json", read_one, NULL);
	ba_source_each("cookbook/rfc7797/*.json", read_one, NULL);
	jws_file("cookbook/curve25519/jws.json");
	jwe_file("cookbook/curve25519/ecdh-es.json");
}
