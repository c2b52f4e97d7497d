/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/ascii.h"
#include "common/jose/jws.h"
#include "common/json/json.h"
#include "common/oauth/answer.h"

#define JSON_TYPE   "application/json"
#define SIGNED_TYPE "application/token-introspection+jwt"
#define SIGNED_TYP  "token-introspection+jwt"

/* Of keys without a kid to choose by; verify.c tries as many. */
#define KEYS_TRIED 8

static int
bad(const char **whyp, const char *why)
{
	*whyp = why;
	return BA_ERR_INTROSPECTION;
}

bool
ba_answer_is_failure(const struct ba_http_response *r)
{
	switch (r->err) {
	case BA_OK:
		return r->status == 408 || r->status == 429 ||
		       (r->status >= 500 && r->status <= 599);
	case BA_ERR_TIMEOUT:
	case BA_ERR_TLS:
	case BA_ERR_HTTP:
		return true;
	}
	return false;
}

/*
 * RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 7009 section 2.2.1.  These
 * words alone are repeated in a log: what else stands there is an issuer's
 * choice, and might be the token.
 */
static const struct {
	const char *error;
	bool client; /* it is about us and not about the question */
	const char *why;
} codes[] = {
	{ "invalid_client", true, "it says invalid_client" },
	{ "unauthorized_client", true, "it says unauthorized_client" },
	{ "access_denied", true, "it says access_denied" },
	{ "insufficient_scope", true, "it says insufficient_scope" },
	{ "invalid_request", false, "it says invalid_request" },
	{ "invalid_token", false, "it says invalid_token" },
	{ "unsupported_token_type", false, "it says unsupported_token_type" },
	{ "server_error", false, "it says server_error" },
	{ "temporarily_unavailable", false, "it says temporarily_unavailable" },
};

/* INT-06: who we are is refused, not the token. */
static int
judge_refusal(const struct ba_http_response *r, const char **whyp)
{
	bool client = r->status == 401 || r->status == 403;
	json_t *root = NULL;
	const char *error;
	size_t i;
	int err;

	*whyp = r->status == 401   ? "HTTP status 401"
		: r->status == 403 ? "HTTP status 403"
				   : "HTTP status 400";
	err = ba_json_parse(r->body.p, r->body.len, &root);
	if (err == BA_OK)
		err = ba_json_string(root, "error", &error);
	for (i = 0; err == BA_OK && i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(error, codes[i].error) != 0)
			continue;
		*whyp = codes[i].why;
		client = client || codes[i].client;
	}
	json_decref(root);
	if (err == BA_ERR_NOMEM)
		return err;
	return client ? BA_ERR_CLIENT_AUTH : BA_ERR_INTROSPECTION;
}

static int
judge_status(const struct ba_http_response *r, const char **whyp)
{
	switch (r->status) {
	case 200:
		return BA_OK;
	case 400:
	case 401:
	case 403:
		return judge_refusal(r, whyp);
	case 404:
		return bad(whyp, "HTTP status 404: introspection_endpoint is"
				 " somewhere else");
	case 408:
	case 429:
		return bad(whyp, "it wants to be asked less often (HTTP status"
				 " 408 or 429)");
	}
	if (r->status >= 300 && r->status <= 399)
		return bad(whyp, "a redirect, which is never followed");
	return bad(whyp, r->status >= 500 ? "HTTP status 5xx"
					  : "an HTTP status that means nothing"
					    " here");
}

int
ba_answer_json(const struct ba_http_response *r, int err, const char **whyp,
    json_t **rootp)
{
	int parsed;

	*rootp = NULL;
	if (strcmp(r->content_type, JSON_TYPE) != 0) {
		*whyp = "the answer is not of the type " JSON_TYPE;
		return err;
	}
	parsed = ba_json_parse(r->body.p, r->body.len, rootp);
	if (parsed == BA_OK || parsed == BA_ERR_NOMEM)
		return parsed;
	*whyp = "the answer is not a strict JSON object";
	return err;
}

static int
verify_signature(
    struct ba_jws *jws, const struct ba_jwks *keys, const char **whyp)
{
	const struct ba_jwk *key;
	size_t iter = 0, tried = 0;
	int err, fault = BA_OK;

	while (keys != NULL && tried < KEYS_TRIED &&
	       (key = ba_jwks_next(
		    keys, ba_jws_kid(jws), ba_jws_alg(jws), &iter)) != NULL) {
		err = ba_jws_verify(jws, key);
		if (err == BA_OK)
			return BA_OK;
		if (err == BA_ERR_KEY)
			continue;
		tried++;
		if (err != BA_ERR_SIGNATURE)
			fault = err;
	}
	if (fault != BA_OK)
		return fault;
	return bad(whyp, tried > 0
			     ? "the answer's signature does not hold"
			     : "the issuer has no key for the answer's kid and"
			       " alg");
}

/*
 * An answer to somebody else, or to a question of long ago, is none (RFC 9701
 * sections 5 and 8.1).  It has no exp; one that is there counts (RFC 7519
 * section 4.1.4).
 */
static int
judge_signed_claims(const struct ba_issuer *issuer, const json_t *claims,
    int64_t now, const char **whyp)
{
	const char *iss;
	int64_t iat, exp;
	bool found;

	if (ba_json_string(claims, "iss", &iss) != BA_OK ||
	    strcmp(iss, issuer->url) != 0)
		return bad(whyp, "the answer is another issuer's");
	if (issuer->client.id == NULL ||
	    ba_json_one_of(claims, "aud", issuer->client.id, &found) != BA_OK ||
	    !found)
		return bad(whyp, "the answer is not for our client_id");
	if (ba_json_date(claims, "iat", &iat) != BA_OK)
		return bad(whyp, "the answer does not say when it was made");
	if (iat > now + issuer->clock_skew)
		return bad(whyp, "the answer is of the future: compare clocks");
	if (iat < now - issuer->clock_skew - BA_ANSWER_AGE_MAX)
		return bad(whyp, "the answer is an old one: compare clocks");
	if (ba_json_has(claims, "exp") &&
	    (ba_json_date(claims, "exp", &exp) != BA_OK ||
		exp <= now - issuer->clock_skew))
		return bad(whyp, "the answer has expired");
	return BA_OK;
}

/*
 * INTJ-01.  What OpenSSL or memory did to us is BA_ERR_CRYPTO or _NOMEM; all
 * else is the answer.
 */
static int
read_signed_claims(const struct ba_issuer *issuer, const struct ba_jwks *keys,
    struct ba_jws *jws, int64_t now, const char **whyp, json_t **membersp)
{
	const char *typ = ba_jws_typ(jws);
	const json_t *claims, *inner;
	int r;

	if (typ == NULL || !ba_is_jose_type(typ, SIGNED_TYP))
		return bad(whyp, "the answer's typ is not " SIGNED_TYP);
	r = verify_signature(jws, keys, whyp);
	if (r != BA_OK)
		return r;
	claims = ba_jws_claims(jws);
	r = judge_signed_claims(issuer, claims, now, whyp);
	if (r != BA_OK)
		return r;
	inner = json_object_get(claims, "token_introspection");
	if (!json_is_object(inner))
		return bad(whyp, "the answer has no token_introspection");
	*membersp = json_deep_copy(inner);
	return *membersp == NULL ? BA_ERR_NOMEM : BA_OK;
}

static int
read_signed(const struct ba_issuer *issuer, const struct ba_jwks *keys,
    int64_t now, const struct ba_http_response *r, const char **whyp,
    json_t **membersp)
{
	struct ba_jws *jws = NULL;
	int err;

	if (strcmp(r->content_type, SIGNED_TYPE) != 0)
		return bad(whyp, "the answer is not of the type " SIGNED_TYPE);
	err = ba_jws_parse(ba_buf_str(&r->body), r->body.len,
	    issuer->algorithms & BA_ALG_ASYMMETRIC, &jws);
	if (err == BA_ERR_ALG)
		return bad(whyp, "the answer is signed by an algorithm that"
				 " algorithms leaves out");
	if (err != BA_OK && err != BA_ERR_NOMEM)
		return bad(whyp, "the answer is no JWT");
	if (err == BA_OK)
		err =
		    read_signed_claims(issuer, keys, jws, now, whyp, membersp);
	ba_jws_free(jws);
	return err;
}

/* The members of an answer, as claims of the token. */
static int
judge_members(
    const struct ba_issuer *issuer, json_t *members, const char **whyp)
{
	const char *iss;

	/* INT-02: true, and nothing that is like it. */
	if (!json_is_true(json_object_get(members, "active")))
		return BA_ERR_INACTIVE;
	if (json_object_del(members, "active") != 0)
		return BA_ERR_INTERNAL;
	if (!ba_json_has(members, "iss"))
		return json_object_set_new(
			   members, "iss", json_string(issuer->url)) == 0
			   ? BA_OK
			   : BA_ERR_NOMEM;
	if (ba_json_string(members, "iss", &iss) != BA_OK ||
	    strcmp(iss, issuer->url) != 0)
		return bad(whyp, "it says that the token is another issuer's");
	return BA_OK;
}

int
ba_answer_judge(const struct ba_issuer *issuer, const struct ba_jwks *keys,
    int64_t now, const struct ba_http_response *response, const char **whyp,
    json_t **claimsp)
{
	json_t *members = NULL;
	int r = response->err;

	*whyp = "";
	*claimsp = NULL;
	if (r == BA_OK)
		r = judge_status(response, whyp);
	if (r == BA_OK && issuer->introspection_jwt)
		r = read_signed(issuer, keys, now, response, whyp, &members);
	else if (r == BA_OK)
		r = ba_answer_json(
		    response, BA_ERR_INTROSPECTION, whyp, &members);
	if (r == BA_OK)
		r = judge_members(issuer, members, whyp);
	if (r == BA_OK)
		*claimsp = members;
	else
		json_decref(members);
	return r;
}
