/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "common/json/json.h"
#include "common/oauth/answer.h"
#include "tests/unit/mint.h"

#define NOW   INT64_C(1700000000)
#define ISS   "https://id.example.org/staff"
#define ID    "door"
#define TOKEN "2YotnFZFEjr1zCsicMWpAA"

#define JSON   "application/json"
#define SIGNED "application/token-introspection+jwt"
#define TYP    "token-introspection+jwt"

#define ACTIVE "{\"active\":true,\"sub\":\"alice\"}"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ba_mint *mint, *other, *secret;
static struct ba_jwks *keys, *other_keys;
static struct ba_issuer issuer;
static const char *why;

/* --- What fails on demand -------------------------------------------------- */

static long fail_malloc = -1; /* the n-th from now on */
static bool fail_openssl;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *
__wrap_malloc(size_t n)
{
	return fail_malloc >= 0 && fail_malloc-- == 0 ? NULL : __real_malloc(n);
}

int __real_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
    const char *md, OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
    const OSSL_PARAM params[]);
int __wrap_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
    const char *md, OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
    const OSSL_PARAM params[]);
int
__wrap_EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **pctx,
    const char *md, OSSL_LIB_CTX *lib, const char *props, EVP_PKEY *pkey,
    const OSSL_PARAM params[])
{
	return fail_openssl ? 0
			    : __real_EVP_DigestVerifyInit_ex(
				  ctx, pctx, md, lib, props, pkey, params);
}

/* --- Set up ---------------------------------------------------------------- */

static struct ba_jwks *
set_of(const struct ba_mint *m)
{
	char *text = ba_mint_jwks_of(m);
	struct ba_jwks *set;

	assert_int_equal(ba_jwks_parse(text, strlen(text), &set, NULL), BA_OK);
	free(text);
	return set;
}

static int
set_up_all(void **state)
{
	(void)state;
	mint = ba_mint_new(BA_MINT_P256, "k1", NULL);
	other = ba_mint_new(BA_MINT_P256, "k1", NULL);
	secret = ba_mint_new(BA_MINT_OCT, "k1", NULL);
	keys = set_of(mint);
	other_keys = set_of(other);
	return 0;
}

static int
tear_down_all(void **state)
{
	(void)state;
	ba_mint_free(mint);
	ba_mint_free(other);
	ba_mint_free(secret);
	ba_jwks_free(keys);
	ba_jwks_free(other_keys);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&issuer, 0, sizeof(issuer));
	issuer.url = ISS;
	issuer.client.id = ID;
	issuer.clock_skew = 60;
	issuer.algorithms = BA_ALG_ASYMMETRIC;
	fail_malloc = -1;
	fail_openssl = false;
	json_set_alloc_funcs(malloc, free);
	return 0;
}

/* The claims, or NULL and *rp. */
static json_t *
judge_with(const struct ba_jwks *set, int err, unsigned status,
    const char *type, const char *body, int *rp)
{
	struct ba_http_response r;
	json_t *claims = (json_t *)&r;

	ba_http_response_init(&r);
	r.err = err;
	r.status = status;
	(void)snprintf(r.content_type, sizeof(r.content_type), "%s", type);
	assert_int_equal(ba_buf_append_str(&r.body, body), BA_OK);
	*rp = ba_answer_judge(&issuer, set, NOW, &r, &why, &claims);
	assert_int_equal(*rp == BA_OK, claims != NULL);
	assert_non_null(why);
	if (*rp == BA_ERR_INTROSPECTION || *rp == BA_ERR_CLIENT_AUTH)
		assert_true(*why != '\0');
	assert_null(strstr(why, TOKEN));
	ba_http_response_clear(&r);
	return claims;
}

static int
judge(unsigned status, const char *type, const char *body)
{
	int r;

	json_decref(judge_with(NULL, BA_OK, status, type, body, &r));
	return r;
}

/* --- JSON ------------------------------------------------------------------ */

static void
test_int_02_active_is_true(void **state)
{
	static const struct {
		const char *body;
		int r;
	} rows[] = {
		{ "{\"active\":true}", BA_OK },
		{ ACTIVE, BA_OK },
		{ " {\"sub\":\"a\" , \"active\" : true } ", BA_OK },
		{ "{\"active\":false}", BA_ERR_INACTIVE },
		{ "{\"active\":false,\"sub\":\"alice\"}", BA_ERR_INACTIVE },
		{ "{\"active\":\"true\"}", BA_ERR_INACTIVE },
		{ "{\"active\":1}", BA_ERR_INACTIVE },
		{ "{\"active\":1.0}", BA_ERR_INACTIVE },
		{ "{\"active\":null}", BA_ERR_INACTIVE },
		{ "{\"active\":[true]}", BA_ERR_INACTIVE },
		{ "{\"active\":{\"active\":true}}", BA_ERR_INACTIVE },
		{ "{\"Active\":true}", BA_ERR_INACTIVE },
		{ "{\"sub\":\"alice\"}", BA_ERR_INACTIVE },
		{ "{}", BA_ERR_INACTIVE },
		{ "{\"active\":true,\"active\":true}", BA_ERR_INTROSPECTION },
		{ "{\"active\":false,\"active\":true}", BA_ERR_INTROSPECTION },
		{ "{\"active\":True}", BA_ERR_INTROSPECTION },
		{ "[{\"active\":true}]", BA_ERR_INTROSPECTION },
		{ "true", BA_ERR_INTROSPECTION },
		{ "{\"active\":true", BA_ERR_INTROSPECTION },
		{ "{\"active\":true} x", BA_ERR_INTROSPECTION },
		{ "", BA_ERR_INTROSPECTION },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(judge(200, JSON, rows[i].body), rows[i].r);
}

static void
test_claims_are_the_members(void **state)
{
	json_t *claims, *want;
	int r;

	(void)state;
	claims = judge_with(NULL, BA_OK, 200, JSON,
	    "{\"active\":true,\"sub\":\"alice\",\"exp\":\"x\",\"a\":[1,{}]}",
	    &r);
	want = json_pack("{s:s, s:s, s:[i,{}], s:s}", "sub", "alice", "exp",
	    "x", "a", 1, "iss", ISS);
	assert_int_equal(r, BA_OK);
	assert_true(json_equal(claims, want));
	json_decref(want);
	json_decref(claims);
}

static void
test_iss_is_ours_or_missing(void **state)
{
	static const struct {
		const char *body;
		int r;
	} rows[] = {
		{ "{\"active\":true,\"iss\":\"" ISS "\"}", BA_OK },
		{ "{\"active\":true,\"iss\":\"" ISS "/\"}",
		    BA_ERR_INTROSPECTION },
		{ "{\"active\":true,\"iss\":\"\"}", BA_ERR_INTROSPECTION },
		{ "{\"active\":true,\"iss\":null}", BA_ERR_INTROSPECTION },
		{ "{\"active\":true,\"iss\":[\"" ISS "\"]}",
		    BA_ERR_INTROSPECTION },
		/* Of one that is not active nothing is asked. */
		{ "{\"active\":false,\"iss\":\"x\"}", BA_ERR_INACTIVE },
	};
	json_t *claims;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		claims = judge_with(NULL, BA_OK, 200, JSON, rows[i].body, &r);
		assert_int_equal(r, rows[i].r);
		if (r == BA_OK)
			assert_string_equal(
			    json_string_value(json_object_get(claims, "iss")),
			    ISS);
		json_decref(claims);
	}
}

static void
test_tr_05_content_type(void **state)
{
	static const char *const bad[] = { "", "text/plain", "text/html",
		"application/jsonx", "application/jwt", "application/json5",
		"application/problem+json", SIGNED };
	size_t i;

	(void)state;
	assert_int_equal(judge(200, JSON, ACTIVE), BA_OK);
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    judge(200, bad[i], ACTIVE), BA_ERR_INTROSPECTION);
}

/* INT-06: who we are is refused, or the question is; never the user. */
static void
test_int_06_statuses(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		int r;
	} rows[] = {
		{ 200, ACTIVE, BA_OK },
		{ 201, ACTIVE, BA_ERR_INTROSPECTION },
		{ 204, "", BA_ERR_INTROSPECTION },
		{ 199, ACTIVE, BA_ERR_INTROSPECTION },
		{ 0, ACTIVE, BA_ERR_INTROSPECTION },
		{ 302, ACTIVE, BA_ERR_INTROSPECTION },
		{ 400, "", BA_ERR_INTROSPECTION },
		{ 400, ACTIVE, BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":\"invalid_request\"}",
		    BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":\"invalid_client\"}", BA_ERR_CLIENT_AUTH },
		{ 400, "{\"error\":\"unauthorized_client\"}",
		    BA_ERR_CLIENT_AUTH },
		{ 400, "{\"error\":\"access_denied\"}", BA_ERR_CLIENT_AUTH },
		{ 400, "{\"error\":\"insufficient_scope\"}",
		    BA_ERR_CLIENT_AUTH },
		{ 400, "{\"error\":\"invalid_token\"}", BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":\"unsupported_token_type\"}",
		    BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":\"server_error\"}", BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":\"temporarily_unavailable\"}",
		    BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":[\"invalid_client\"]}",
		    BA_ERR_INTROSPECTION },
		{ 400, "{\"error\":\"invalid_client \"}",
		    BA_ERR_INTROSPECTION },
		{ 401, "", BA_ERR_CLIENT_AUTH },
		{ 401, ACTIVE, BA_ERR_CLIENT_AUTH },
		{ 401, "{\"error\":\"invalid_request\"}", BA_ERR_CLIENT_AUTH },
		{ 403, "", BA_ERR_CLIENT_AUTH },
		{ 403, "{\"active\":false}", BA_ERR_CLIENT_AUTH },
		{ 402, "{\"error\":\"invalid_client\"}", BA_ERR_INTROSPECTION },
		{ 404, ACTIVE, BA_ERR_INTROSPECTION },
		{ 408, ACTIVE, BA_ERR_INTROSPECTION },
		{ 429, ACTIVE, BA_ERR_INTROSPECTION },
		{ 500, ACTIVE, BA_ERR_INTROSPECTION },
		{ 500, "{\"active\":false}", BA_ERR_INTROSPECTION },
		{ 503, ACTIVE, BA_ERR_INTROSPECTION },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    judge(rows[i].status, JSON, rows[i].body), rows[i].r);
}

/* What an issuer writes is never repeated, but for words that we know. */
static void
test_int_06_only_known_words_are_named(void **state)
{
	(void)state;
	assert_int_equal(judge(400, JSON, "{\"error\":\"invalid_client\"}"),
	    BA_ERR_CLIENT_AUTH);
	assert_string_equal(why, "it says invalid_client");
	assert_int_equal(judge(401, JSON, "{\"error\":\"invalid_request\"}"),
	    BA_ERR_CLIENT_AUTH);
	assert_string_equal(why, "it says invalid_request");
	assert_int_equal(
	    judge(400, JSON, "{\"error\":\"no such token: " TOKEN "\"}"),
	    BA_ERR_INTROSPECTION);
	assert_string_equal(why, "HTTP status 400");
	assert_int_equal(
	    judge(401, JSON, "{\"error\":\"" TOKEN "\"}"), BA_ERR_CLIENT_AUTH);
	assert_string_equal(why, "HTTP status 401");
	assert_int_equal(judge(403, JSON, "no: " TOKEN), BA_ERR_CLIENT_AUTH);
	assert_string_equal(why, "HTTP status 403");
	assert_int_equal(judge(503, JSON, ""), BA_ERR_INTROSPECTION);
	assert_string_equal(why, "HTTP status 5xx");
	assert_int_equal(judge(418, JSON, ""), BA_ERR_INTROSPECTION);
	assert_string_not_equal(why, "HTTP status 5xx");
	assert_int_equal(judge(300, JSON, ""), BA_ERR_INTROSPECTION);
	assert_non_null(strstr(why, "redirect"));
	assert_int_equal(judge(399, JSON, ""), BA_ERR_INTROSPECTION);
	assert_non_null(strstr(why, "redirect"));
	assert_int_equal(judge(405, JSON, ""), BA_ERR_INTROSPECTION);
	assert_null(strstr(why, "redirect"));
}

static void
test_int_06_no_answer_is_its_own_error(void **state)
{
	static const int errors[] = { BA_ERR_HTTP, BA_ERR_TLS, BA_ERR_TIMEOUT,
		BA_ERR_NOMEM, BA_ERR_SYSTEM };
	json_t *claims;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		claims = judge_with(NULL, errors[i], 200, JSON, ACTIVE, &r);
		assert_null(claims);
		assert_int_equal(r, errors[i]);
	}
}

static void
test_what_a_breaker_counts(void **state)
{
	static const struct {
		int err;
		unsigned status;
		bool failure;
	} rows[] = {
		{ BA_ERR_TIMEOUT, 0, true },
		{ BA_ERR_TLS, 0, true },
		{ BA_ERR_HTTP, 0, true },
		{ BA_ERR_NOMEM, 0, false },
		{ BA_ERR_SYSTEM, 0, false },
		{ BA_OK, 200, false },
		{ BA_OK, 302, false },
		{ BA_OK, 400, false },
		{ BA_OK, 401, false },
		{ BA_OK, 403, false },
		{ BA_OK, 407, false },
		{ BA_OK, 408, true },
		{ BA_OK, 409, false },
		{ BA_OK, 428, false },
		{ BA_OK, 429, true },
		{ BA_OK, 430, false },
		{ BA_OK, 499, false },
		{ BA_OK, 500, true },
		{ BA_OK, 503, true },
		{ BA_OK, 599, true },
		{ BA_OK, 600, false },
	};
	struct ba_http_response r;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		ba_http_response_init(&r);
		r.err = rows[i].err;
		r.status = rows[i].status;
		assert_int_equal(ba_answer_is_failure(&r), rows[i].failure);
		ba_http_response_clear(&r);
	}
}

/* --- Signed answers -------------------------------------------------------- */

#define INNER "\"token_introspection\":" ACTIVE

static int
judge_token(const struct ba_jwks *set, char *token)
{
	int r;

	issuer.introspection_jwt = true;
	json_decref(judge_with(set, BA_OK, 200, SIGNED, token, &r));
	free(token);
	return r;
}

/* Of the issuer, for us, now: with these members beside. */
static char *
payload(const char *rest)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "{\"iss\":\"" ISS "\",\"aud\":\"" ID "\",\"iat\":%lld%s%s}",
	    (long long)NOW, *rest != '\0' ? "," : "", rest);
	return strdup(text);
}

static char *
signed_text(const char *typ, const char *text)
{
	return ba_mint_token(mint, BA_ALG_ES256, typ, text);
}

static char *
good_token(void)
{
	char *text = payload(INNER), *token = signed_text(TYP, text);

	free(text);
	return token;
}

static void
test_intj_01_claims_are_those_inside(void **state)
{
	json_t *claims, *want;
	char *token = good_token();
	int r;

	(void)state;
	issuer.introspection_jwt = true;
	claims = judge_with(keys, BA_OK, 200, SIGNED, token, &r);
	want = json_pack("{s:s, s:s}", "sub", "alice", "iss", ISS);
	assert_int_equal(r, BA_OK);
	assert_true(json_equal(claims, want));
	json_decref(want);
	json_decref(claims);
	free(token);
}

static void
test_intj_01_claims_of_the_answer(void **state)
{
#define HEAD "{\"iss\":\"" ISS "\",\"aud\":\"" ID "\",\"iat\":"
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{ HEAD "1700000000," INNER "}", BA_OK },
		/* iss */
		{ "{\"aud\":\"" ID "\",\"iat\":1700000000," INNER "}",
		    BA_ERR_INTROSPECTION },
		{ "{\"iss\":\"" ISS "/\",\"aud\":\"" ID
		  "\",\"iat\":1700000000," INNER "}",
		    BA_ERR_INTROSPECTION },
		{ "{\"iss\":1,\"aud\":\"" ID "\",\"iat\":1700000000," INNER "}",
		    BA_ERR_INTROSPECTION },
		/* aud */
		{ "{\"iss\":\"" ISS "\",\"iat\":1700000000," INNER "}",
		    BA_ERR_INTROSPECTION },
		{ "{\"iss\":\"" ISS "\",\"aud\":\"" ID
		  "2\",\"iat\":1700000000," INNER "}",
		    BA_ERR_INTROSPECTION },
		{ "{\"iss\":\"" ISS "\",\"aud\":[\"x\",\"" ID
		  "\"],\"iat\":1700000000," INNER "}",
		    BA_OK },
		{ "{\"iss\":\"" ISS
		  "\",\"aud\":[\"x\"],\"iat\":1700000000," INNER "}",
		    BA_ERR_INTROSPECTION },
		{ "{\"iss\":\"" ISS "\",\"aud\":{},\"iat\":1700000000," INNER
		  "}",
		    BA_ERR_INTROSPECTION },
		/* iat: clock_skew is 60, BA_ANSWER_AGE_MAX 300 */
		{ HEAD "1700000060," INNER "}", BA_OK },
		{ HEAD "1700000061," INNER "}", BA_ERR_INTROSPECTION },
		{ HEAD "1699999640," INNER "}", BA_OK },
		{ HEAD "1699999639," INNER "}", BA_ERR_INTROSPECTION },
		{ HEAD "\"1700000000\"," INNER "}", BA_ERR_INTROSPECTION },
		{ "{\"iss\":\"" ISS "\",\"aud\":\"" ID "\"," INNER "}",
		    BA_ERR_INTROSPECTION },
		/* exp need not be */
		{ HEAD "1700000000,\"exp\":1699999941," INNER "}", BA_OK },
		{ HEAD "1700000000,\"exp\":1699999940," INNER "}",
		    BA_ERR_INTROSPECTION },
		{ HEAD "1700000000,\"exp\":\"1800000000\"," INNER "}",
		    BA_ERR_INTROSPECTION },
		/* token_introspection */
		{ HEAD "1700000000,\"active\":true}", BA_ERR_INTROSPECTION },
		{ HEAD "1700000000,\"token_introspection\":true}",
		    BA_ERR_INTROSPECTION },
		{ HEAD "1700000000,\"token_introspection\":[" ACTIVE "]}",
		    BA_ERR_INTROSPECTION },
		{ HEAD "1700000000,\"active\":true,\"token_introspection\":"
		       "{\"active\":false}}",
		    BA_ERR_INACTIVE },
		{ HEAD "1700000000,\"token_introspection\":{}}",
		    BA_ERR_INACTIVE },
		{ HEAD "1700000000,\"token_introspection\":{\"active\":"
		       "\"true\"}}",
		    BA_ERR_INACTIVE },
		{ HEAD "1700000000,\"token_introspection\":{\"active\":true,"
		       "\"iss\":\"x\"}}",
		    BA_ERR_INTROSPECTION },
	};
#undef HEAD
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    judge_token(keys, signed_text(TYP, rows[i].text)),
		    rows[i].r);
}

static void
test_intj_01_typ(void **state)
{
	static const struct {
		const char *typ;
		int r;
	} rows[] = {
		{ TYP, BA_OK },
		{ "Token-Introspection+JWT", BA_OK },
		{ "application/" TYP, BA_OK },
		{ "APPLICATION/token-introspection+jwt", BA_OK },
		{ NULL, BA_ERR_INTROSPECTION },
		{ "", BA_ERR_INTROSPECTION },
		{ "JWT", BA_ERR_INTROSPECTION },
		{ "at+jwt", BA_ERR_INTROSPECTION },
		{ "application/", BA_ERR_INTROSPECTION },
		{ "text/" TYP, BA_ERR_INTROSPECTION },
		{ TYP "s", BA_ERR_INTROSPECTION },
	};
	char *text = payload(INNER);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    judge_token(keys, signed_text(rows[i].typ, text)),
		    rows[i].r);
	free(text);
}

/* No downgrade: each issuer has one form, and the other is no answer. */
static void
test_intj_01_one_form_is_never_the_other(void **state)
{
	char *token = good_token();
	int r;

	(void)state;
	issuer.introspection_jwt = true;
	assert_int_equal(judge(200, JSON, ACTIVE), BA_ERR_INTROSPECTION);
	assert_int_equal(judge(200, SIGNED, ACTIVE), BA_ERR_INTROSPECTION);
	json_decref(judge_with(keys, BA_OK, 200, JSON, token, &r));
	assert_int_equal(r, BA_ERR_INTROSPECTION);
	json_decref(judge_with(keys, BA_OK, 200, "application/jwt", token, &r));
	assert_int_equal(r, BA_ERR_INTROSPECTION);
	json_decref(judge_with(keys, BA_OK, 200, SIGNED, token, &r));
	assert_int_equal(r, BA_OK);
	issuer.introspection_jwt = false;
	json_decref(judge_with(keys, BA_OK, 200, SIGNED, token, &r));
	assert_int_equal(r, BA_ERR_INTROSPECTION);
	json_decref(judge_with(keys, BA_OK, 200, JSON, token, &r));
	assert_int_equal(r, BA_ERR_INTROSPECTION);
	free(token);
}

static void
test_intj_01_signature_and_keys(void **state)
{
	char *token = good_token(), *text = payload(INNER);
	struct ba_jwks *set;

	(void)state;
	token[strlen(token) - 10] ^= 1;
	assert_int_equal(judge_token(keys, token), BA_ERR_INTROSPECTION);
	assert_int_equal(judge_token(keys, good_token()), BA_OK);
	assert_int_equal(
	    judge_token(other_keys, good_token()), BA_ERR_INTROSPECTION);
	assert_string_equal(why, "the answer's signature does not hold");
	assert_int_equal(judge_token(NULL, good_token()), BA_ERR_INTROSPECTION);
	/* Another kid, and none. */
	assert_int_equal(
	    judge_token(keys,
		ba_mint_sign(mint, BA_ALG_ES256,
		    "{\"alg\":\"ES256\",\"typ\":\"" TYP "\",\"kid\":\"k2\"}",
		    text)),
	    BA_ERR_INTROSPECTION);
	assert_string_equal(
	    why, "the issuer has no key for the answer's kid and alg");
	assert_int_equal(judge_token(keys, ba_mint_sign(mint, BA_ALG_ES256,
					       "{\"alg\":\"ES256\",\"typ\":"
					       "\"" TYP "\"}",
					       text)),
	    BA_OK);
	/* A key that is for another name of alg is not even tried. */
	{
		struct ba_mint *ed =
		    ba_mint_new(BA_MINT_ED25519, "e", "Ed25519");

		set = set_of(ed);
		assert_int_equal(judge_token(set, ba_mint_token(ed,
						      BA_ALG_EDDSA, TYP, text)),
		    BA_ERR_INTROSPECTION);
		assert_int_equal(
		    judge_token(
			set, ba_mint_token(ed, BA_ALG_ED25519, TYP, text)),
		    BA_OK);
		ba_jwks_free(set);
		ba_mint_free(ed);
	}
	free(text);
}

/* Without a kid eight keys are tried, and not a ninth. */
static void
test_intj_01_keys_tried(void **state)
{
	struct ba_mint *more[8];
	const char *jwk[9];
	struct ba_jwks *set;
	char *text = payload(INNER), *jwks;
	size_t n, i;

	(void)state;
	for (i = 0; i < 8; i++)
		more[i] = ba_mint_new(BA_MINT_P256, NULL, NULL);
	for (n = 7; n <= 8; n++) {
		for (i = 0; i < n; i++)
			jwk[i] = ba_mint_jwk(more[i], NULL);
		jwk[n] = ba_mint_jwk(mint, NULL);
		jwks = ba_mint_jwks(jwk, n + 1);
		assert_int_equal(
		    ba_jwks_parse(jwks, strlen(jwks), &set, NULL), BA_OK);
		assert_int_equal(
		    judge_token(set,
			ba_mint_sign(mint, BA_ALG_ES256,
			    "{\"alg\":\"ES256\",\"typ\":\"" TYP "\"}", text)),
		    n == 7 ? BA_OK : BA_ERR_INTROSPECTION);
		ba_jwks_free(set);
		free(jwks);
		for (i = 0; i <= n; i++)
			free((char *)(uintptr_t)jwk[i]);
	}
	for (i = 0; i < 8; i++)
		ba_mint_free(more[i]);
	free(text);
}

static void
test_intj_01_algorithms(void **state)
{
	char *text = payload(INNER);

	(void)state;
	issuer.algorithms = BA_ALG_RS256;
	assert_int_equal(judge_token(keys, good_token()), BA_ERR_INTROSPECTION);
	issuer.algorithms = BA_ALG_RS256 | BA_ALG_ES256;
	assert_int_equal(judge_token(keys, good_token()), BA_OK);
	/* A secret that is shared proves nothing, whatever is allowed. */
	issuer.algorithms = BA_ALG_ALL;
	assert_int_equal(
	    judge_token(keys, ba_mint_token(secret, BA_ALG_HS256, TYP, text)),
	    BA_ERR_INTROSPECTION);
	assert_non_null(strstr(why, "algorithm"));
	free(text);
}

static void
test_intj_01_answers_are_for_a_client(void **state)
{
	(void)state;
	assert_int_equal(judge_token(keys, good_token()), BA_OK);
	issuer.client.id = NULL;
	assert_int_equal(judge_token(keys, good_token()), BA_ERR_INTROSPECTION);
}

static void
test_intj_01_what_is_no_jwt(void **state)
{
	char *token = good_token(), with[2048];

	(void)state;
	assert_int_equal(judge_token(keys, strdup("")), BA_ERR_INTROSPECTION);
	assert_int_equal(
	    judge_token(keys, strdup("a.b")), BA_ERR_INTROSPECTION);
	(void)snprintf(with, sizeof(with), "%s\n", token);
	assert_int_equal(judge_token(keys, strdup(with)), BA_ERR_INTROSPECTION);
	assert_int_equal(judge_token(keys, token), BA_OK);
}

/* --- What fails ------------------------------------------------------------ */

static void
test_when_openssl_fails(void **state)
{
	(void)state;
	fail_openssl = true;
	assert_int_equal(judge_token(keys, good_token()), BA_ERR_CRYPTO);
	fail_openssl = false;
	assert_int_equal(judge_token(keys, good_token()), BA_OK);
}

/* Each allocation fails once: never a wrong answer, and nothing is lost. */
static void
try_without_memory(const struct ba_jwks *set, unsigned status, const char *type,
    const char *body, int result)
{
	struct ba_http_response resp;
	json_t *claims;
	int r = BA_ERR_NOMEM;
	long n;

	ba_http_response_init(&resp);
	resp.err = BA_OK;
	resp.status = status;
	(void)snprintf(
	    resp.content_type, sizeof(resp.content_type), "%s", type);
	assert_int_equal(ba_buf_append_str(&resp.body, body), BA_OK);
	for (n = 0; r == BA_ERR_NOMEM && n < 200; n++) {
		fail_malloc = n;
		r = ba_answer_judge(&issuer, set, NOW, &resp, &why, &claims);
		fail_malloc = -1;
		assert_int_equal(r == BA_OK, claims != NULL);
		json_decref(claims);
	}
	assert_int_equal(r, result);
	assert_true(n > 2);
	ba_http_response_clear(&resp);
}

static void
test_without_memory(void **state)
{
	char *token = good_token();

	(void)state;
	try_without_memory(NULL, 200, JSON, ACTIVE, BA_OK);
	try_without_memory(NULL, 400, JSON, "{\"error\":\"invalid_client\"}",
	    BA_ERR_CLIENT_AUTH);
	issuer.introspection_jwt = true;
	try_without_memory(keys, 200, SIGNED, token, BA_OK);
	free(token);
}

#define T(f) cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_int_02_active_is_true),
		T(test_claims_are_the_members),
		T(test_iss_is_ours_or_missing),
		T(test_tr_05_content_type),
		T(test_int_06_statuses),
		T(test_int_06_only_known_words_are_named),
		T(test_int_06_no_answer_is_its_own_error),
		T(test_what_a_breaker_counts),
		T(test_intj_01_claims_are_those_inside),
		T(test_intj_01_claims_of_the_answer),
		T(test_intj_01_typ),
		T(test_intj_01_one_form_is_never_the_other),
		T(test_intj_01_signature_and_keys),
		T(test_intj_01_keys_tried),
		T(test_intj_01_algorithms),
		T(test_intj_01_answers_are_for_a_client),
		T(test_intj_01_what_is_no_jwt),
		T(test_when_openssl_fails),
		T(test_without_memory),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
