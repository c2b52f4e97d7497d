/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/b64url.h"
#include "common/jose/sign.h"
#include "common/oauth/introspect.h"
#include "common/store/store.h"
#include "tests/fuzz/fuzz.h"

/*
 * Two parts: form, status, Content-Type, with a space between each two; the
 * body.  The form "plain" is of an issuer that answers in JSON, "signed" of
 * one whose answers are JWTs; with "sign" the body is the payload of such an
 * answer, which is signed here: else no input would ever get behind the
 * signature.
 */
#define NOW    INT64_C(1700000000)
#define ISS    "https://fuzz.example"
#define CLIENT "fuzz"
#define CACHE  60
#define TOKEN  "2YotnFZFEjr1zCsicMWpAA"
#define TYPE   "application/token-introspection+jwt"

static EVP_PKEY *key;
static struct ba_jwks *keys;
static struct ba_issuer issuers[2];
static const struct ba_config config = { .issuers = issuers, .n_issuers = 2 };

/* --- A store of one value -------------------------------------------------- */

static struct ba_buf stored;
static int64_t stored_until;

int
ba_store_get(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, int64_t now, struct ba_buf *value, int64_t *expiresp)
{
	(void)store;
	(void)name;
	(void)name_len;
	MUST(space == BA_SPACE_ANSWER);
	if (stored_until <= now)
		return BA_ERR_NOT_FOUND;
	*expiresp = stored_until;
	return ba_buf_append(value, stored.p, stored.len);
}

int
ba_store_put(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, const void *value, size_t value_len, int64_t now,
    int64_t expires, enum ba_reach reach)
{
	(void)store;
	(void)name;
	(void)name_len;
	MUST(space == BA_SPACE_ANSWER && reach == BA_REACH_PROCESS);
	MUST(expires > now && expires - now <= CACHE);
	MUST(memmem(value, value_len, TOKEN, strlen(TOKEN)) == NULL);
	ba_buf_clear(&stored);
	stored_until = expires;
	return ba_buf_append(&stored, value, value_len);
}

int
ba_store_add(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, const void *value, size_t value_len, int64_t now,
    int64_t expires, enum ba_reach reach)
{
	(void)reach;
	return ba_store_put(store, space, name, name_len, value, value_len, now,
	    expires, BA_REACH_SHARED);
}

int
ba_store_delete(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, enum ba_reach reach)
{
	(void)store;
	(void)space;
	(void)name;
	(void)name_len;
	(void)reach;
	return BA_OK;
}

/* --- Set up ---------------------------------------------------------------- */

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	unsigned char x[32];
	char text[256], b64[BA_B64URL_ENCODED(32) + 1];
	size_t i, n = sizeof(x);

	(void)argc;
	(void)argv;
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	MUST(EVP_PKEY_get_raw_public_key(key, x, &n) == 1 && n == 32);
	ba_b64url_encode(b64, x, n);
	(void)snprintf(text, sizeof(text),
	    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}]}",
	    b64);
	MUST(ba_jwks_parse(text, strlen(text), &keys, NULL) == BA_OK);
	ba_buf_init(&stored, BA_STORE_VALUE_MAX);
	for (i = 0; i < 2; i++) {
		issuers[i].url = ISS;
		issuers[i].index = i;
		issuers[i].algorithms = BA_ALG_ALL;
		issuers[i].clock_skew = 60;
		issuers[i].verify = BA_VERIFY_INTROSPECTION;
		issuers[i].introspection_endpoint = ISS "/introspect";
		issuers[i].introspection_jwt = i == 1;
		issuers[i].introspection_cache = CACHE;
		issuers[i].client.id = CLIENT;
	}
	return 0;
}

/* --- What an accepted answer must be --------------------------------------- */

static bool
says(const json_t *v, const char *want)
{
	return json_is_string(v) && strcmp(json_string_value(v), want) == 0;
}

static bool
names_us(const json_t *aud)
{
	size_t i;

	for (i = 0; i < json_array_size(aud); i++)
		if (says(json_array_get(aud, i), CLIENT))
			return true;
	return says(aud, CLIENT);
}

/* Of a signed answer what is around the members. */
static const json_t *
open_signed(const json_t *o)
{
	double iat = json_number_value(json_object_get(o, "iat"));

	MUST(json_is_number(json_object_get(o, "iat")));
	MUST(iat < (double)NOW + 61 && iat >= (double)NOW - 360);
	MUST(says(json_object_get(o, "iss"), ISS));
	MUST(names_us(json_object_get(o, "aud")));
	MUST(json_is_object(json_object_get(o, "token_introspection")));
	return json_object_get(o, "token_introspection");
}

/*
 * By jansson's own reader.  claims are the members, without active, and with
 * iss.
 */
static void
judge(const struct ba_http_response *r, bool sign, bool want_signed,
    struct fuzz_part body, int result, const json_t *claims)
{
	json_t *o = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
	const json_t *members = o, *iss;
	json_t *copy;

	MUST(r->err == BA_OK && r->status == 200);
	MUST(strcmp(r->content_type, want_signed ? TYPE : "application/json") ==
	     0);
	MUST(want_signed == sign); /* nobody else has the key */
	MUST(json_is_object(o));
	if (sign)
		members = open_signed(o);
	MUST((result == BA_OK) ==
	     json_is_true(json_object_get(members, "active")));
	if (result == BA_OK) {
		copy = json_deep_copy(members);
		iss = json_object_get(members, "iss");
		MUST(iss == NULL || says(iss, ISS));
		MUST(json_object_set_new(copy, "iss", json_string(ISS)) == 0);
		MUST(json_object_del(copy, "active") == 0);
		MUST(json_equal(copy, claims));
		json_decref(copy);
	}
	json_decref(o);
}

/* The same, or the issuer is asked again; and never at exp. */
static void
judge_remembered(struct ba_introspection *i, const struct ba_issuer *issuer,
    int result, const json_t *claims)
{
	json_int_t exp = json_integer_value(json_object_get(claims, "exp"));
	json_t *again;
	int r;

	r = ba_introspection_get(i, issuer, TOKEN, strlen(TOKEN), NOW, &again);
	MUST(r == BA_ERR_NEED_INTROSPECTION || r == result);
	MUST((r == BA_OK) == (again != NULL));
	MUST(r != BA_OK || (exp > NOW && json_equal(again, claims)));
	json_decref(again);
	r = ba_introspection_get(
	    i, issuer, TOKEN, strlen(TOKEN), NOW + CACHE, &again);
	MUST(r == BA_ERR_NEED_INTROSPECTION && again == NULL);
	if (exp > NOW && exp < NOW + CACHE)
		MUST(ba_introspection_get(i, issuer, TOKEN, strlen(TOKEN), exp,
			 &again) == BA_ERR_NEED_INTROSPECTION);
}

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	(void)level;
	MUST(fuzz_is_text(text, strlen(text)));
	MUST(strstr(text, TOKEN) == NULL);
}

static void
try_answer(const struct ba_http_response *response, bool sign, bool want_signed,
    struct fuzz_part body)
{
	static const struct ba_log log = { .line = take_line };
	const struct ba_credential_options co = { .config = &config,
		.log = &log };
	struct ba_introspection_options o = { .config = &config,
		.store = (struct ba_store *)&stored,
		.reach = BA_REACH_PROCESS,
		.log = &log };
	const struct ba_issuer *issuer = &issuers[want_signed];
	struct ba_http_request request = { .url = NULL };
	struct ba_introspection *i;
	struct ba_post post;
	json_t *claims;
	int r;

	stored_until = 0;
	ba_post_init(&post);
	MUST(ba_credential_table_new(&co, &o.credentials) == BA_OK);
	MUST(ba_introspection_new(&o, &i) == BA_OK);
	MUST(ba_introspection_begin(i, issuer, NULL, TOKEN, strlen(TOKEN), NOW,
		 true, &post, &request) == BA_OK);
	r = ba_introspection_feed(
	    i, issuer, keys, TOKEN, strlen(TOKEN), NOW, response, &claims);
	MUST((r == BA_OK) == (claims != NULL));
	if (r == BA_OK || r == BA_ERR_INACTIVE)
		judge(response, sign, want_signed, body, r, claims);
	else
		MUST(r == BA_ERR_INTROSPECTION || r == BA_ERR_CLIENT_AUTH);
	judge_remembered(i, issuer, r, claims);
	json_decref(claims);
	ba_introspection_free(i);
	ba_credential_table_free(o.credentials);
	ba_post_wipe(&post);
}

/* The body as the payload of a signed answer; false for what is no object. */
static bool
sign_body(struct fuzz_part body, struct ba_buf *out)
{
	json_t *o = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	ok = json_is_object(o) &&
	     ba_jws_sign(key, BA_ALG_EDDSA, "token-introspection+jwt", NULL, o,
		 out) == BA_OK;
	json_decref(o);
	return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_part body = { (const char *)p, n };
	struct ba_http_response r;
	char *head, *status, *type;
	bool sign, ok = true;

	head = fuzz_string(fuzz_next_part(&body));
	head[strcspn(head, "\n")] = '\0';
	status = head + strcspn(head, " ");
	type = status + (*status != '\0');
	*status = '\0';
	status = type;
	type += strcspn(type, " ");
	ba_http_response_init(&r);
	ba_http_media_type(
	    type + strspn(type, " "), r.content_type, sizeof(r.content_type));
	r.err = BA_OK;
	r.status = (unsigned)atoi(status);
	sign = strcmp(head, "sign") == 0;
	if (sign)
		ok = sign_body(body, &r.body);
	else
		MUST(ba_buf_append(&r.body, body.p, body.n) == BA_OK);
	if (ok)
		try_answer(&r, sign, sign || strcmp(head, "signed") == 0, body);
	ba_http_response_clear(&r);
	free(head);
	return 0;
}
