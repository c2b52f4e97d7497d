/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/base/ascii.h"
#include "common/json/json.h"
#include "common/policy/profile.h"

#define CLAIM_MAX 1024 /* bytes of sub, client_id and jti */

const char *
ba_profile_client_claim(size_t i)
{
	static const char *const claims[] = { "client_id", "azp", "appid",
		"cid" };

	return i < sizeof(claims) / sizeof(claims[0]) ? claims[i] : NULL;
}

const char *
ba_profile_scope_claim(const struct ba_case *c)
{
	if (c->issuer->profile == BA_PROFILE_LEGACY &&
	    !ba_json_has(c->claims, "scope"))
		return "scp";
	return "scope";
}

/* RFC 7515 section 4.1.9: a type without a slash is one of application/. */
static bool
is_type(const char *typ, const char *want)
{
	static const char prefix[] = "application/";
	size_t n = sizeof(prefix) - 1;

	if (strlen(typ) > n && ba_equal_nocase(typ, n, prefix))
		typ += n;
	return ba_equal_nocase(typ, strlen(typ), want);
}

/*
 * In rfc9068, a missing one is refused: RFC 9068 section 2.1 demands it, and
 * it is what tells access tokens from all others (RFC 8725 section 3.11).  In
 * legacy one that is there must be right (JWT-10).
 */
int
ba_profile_type(struct ba_case *c, const char *typ)
{
	bool legacy = c->issuer->profile == BA_PROFILE_LEGACY;
	const char *want = legacy ? "at+jwt, JWT or none" : "at+jwt";

	if (typ == NULL) {
		ba_case_say(
		    c, NULL, "typ is missing; an access token's is %s", want);
		return legacy ? BA_OK : BA_ERR_TYP;
	}
	if (is_type(typ, "at+jwt") || (legacy && is_type(typ, "jwt"))) {
		ba_case_say(c, NULL, "%.64s", typ);
		return BA_OK;
	}
	ba_case_say(
	    c, NULL, "typ is \"%.64s\"; an access token's is %s", typ, want);
	return BA_ERR_TYP;
}

enum client {
	CLIENT_UNKNOWN, /* no claim names one */
	CLIENT_OTHER, /* and it is not in aud */
	CLIENT_IN_AUD
};

/* A null, or an empty string, says nothing. */
static bool
says_something(const struct ba_case *c, const char *claim)
{
	return json_string_length(json_object_get(c->claims, claim)) > 0;
}

static enum client
find_client(const struct ba_case *c)
{
	enum client is = CLIENT_UNKNOWN;
	const char *claim, *client;
	bool found;
	size_t i;

	for (i = 0; (claim = ba_profile_client_claim(i)) != NULL; i++) {
		if (!says_something(c, claim))
			continue;
		client = json_string_value(json_object_get(c->claims, claim));
		if (is == CLIENT_UNKNOWN)
			is = CLIENT_OTHER;
		if (ba_json_one_of(c->claims, "aud", client, &found) == BA_OK &&
		    found)
			is = CLIENT_IN_AUD;
	}
	return is;
}

/*
 * Claims that no access token has, or has with one value only.  The hashes
 * are an ID token's (OpenID Connect Core 1.0 sections 3.1.3.6 and 3.3.2.11,
 * FAPI for s_hash, CIBA for rt_hash); token_use is Cognito's, tokenName
 * ForgeRock's, which signs its refresh tokens with the same key.
 */
static const struct {
	const char *claim;
	const char *access; /* what an access token says, or NULL: nothing */
} alien[] = {
	{ "at_hash", NULL },
	{ "c_hash", NULL },
	{ "s_hash", NULL },
	{ "urn:openid:params:jwt:claim:rt_hash", NULL },
	{ "events", NULL }, /* RFC 8417 */
	{ "token_introspection", NULL }, /* RFC 9701 */
	{ "htm", NULL }, /* RFC 9449 */
	{ "htu", NULL },
	{ "software_id", NULL }, /* RFC 7591: a software statement */
	{ "status_list", NULL }, /* Token Status List */
	{ "vc", NULL }, /* verifiable credentials */
	{ "vct", NULL },
	{ "token_use", "access" },
	{ "tokenName", "access_token" },
};

const char *
ba_profile_alien_claim(size_t i)
{
	return i < sizeof(alien) / sizeof(alien[0]) ? alien[i].claim : NULL;
}

static const char *
alien_claim(const struct ba_case *c)
{
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(alien) / sizeof(alien[0]); i++) {
		if (!ba_json_has(c->claims, alien[i].claim))
			continue;
		if (alien[i].access == NULL ||
		    ba_json_string(c->claims, alien[i].claim, &value) !=
			BA_OK ||
		    strcmp(value, alien[i].access) != 0)
			return alien[i].claim;
	}
	return NULL;
}

/* In a string, or in an array (Okta). */
static bool
has_scope(const struct ba_case *c)
{
	const json_t *scp = json_object_get(c->claims, "scp");

	return says_something(c, "scope") || says_something(c, "scp") ||
	       json_string_length(json_array_get(scp, 0)) > 0;
}

/* What only legacy has to go by. */
static const char *
legacy_sign(const struct ba_case *c, enum client client)
{
	const char *typ;

	if (ba_json_has(c->claims, "typ") &&
	    (ba_json_string(c->claims, "typ", &typ) != BA_OK ||
		strcmp(typ, "Bearer") != 0))
		return "a typ that is not Bearer";
	if (client == CLIENT_OTHER)
		return NULL;
	if (ba_json_has(c->claims, "nonce"))
		return "a nonce, and nothing names the client";
	if (has_scope(c))
		return NULL;
	return client == CLIENT_UNKNOWN
		   ? "no scope, and nothing names the client"
		   : "no scope, and the client as aud";
}

/* A nonce is a sign only together with an aud that is the client (V54). */
static const char *
sign(const struct ba_case *c)
{
	const char *found = alien_claim(c);
	enum client client;

	if (found != NULL)
		return found;
	client = find_client(c);
	if (client == CLIENT_IN_AUD && ba_json_has(c->claims, "nonce"))
		return "a nonce, and the client as aud";
	return c->issuer->profile == BA_PROFILE_LEGACY ? legacy_sign(c, client)
						       : NULL;
}

/*
 * azp is none: an ID token has it as well, with another client in aud, where
 * one client asks for a token of another (Google).  A typ that is there is
 * Bearer, or was a sign of another kind.
 */
static const char *
access_sign(const struct ba_case *c)
{
	static const char *const clients[] = { "client_id", "appid", "cid" };
	size_t i;

	if (has_scope(c))
		return "a scope";
	if (ba_json_has(c->claims, "typ"))
		return "typ Bearer";
	if (says_something(c, "azpacr"))
		return "azpacr";
	for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++)
		if (says_something(c, clients[i]))
			return clients[i];
	return NULL;
}

int
ba_profile_kind(struct ba_case *c)
{
	bool legacy = c->issuer->profile == BA_PROFILE_LEGACY;
	const char *found = sign(c);

	if (found != NULL) {
		ba_case_say(c, NULL, "no access token: it has %s", found);
		return BA_ERR_ID_TOKEN;
	}
	if (!legacy) {
		ba_case_say(c, NULL, "no sign of another kind");
		return BA_OK;
	}
	found = access_sign(c);
	if (found == NULL) {
		ba_case_say(c, NULL,
		    "nothing says that it is an access token: it has neither "
		    "scope nor scp, typ Bearer, client_id, appid, cid, azpacr");
		return BA_ERR_ID_TOKEN;
	}
	ba_case_say(c, NULL, "it has %s, and no sign of another kind", found);
	return BA_OK;
}

static int
required(struct ba_case *c)
{
	static const char *const needed[] = { "sub", "client_id", "jti" };
	size_t i, n = c->issuer->profile == BA_PROFILE_LEGACY ? 1 : 3;
	char is[BA_SHOWN_MAX];
	const char *value;

	for (i = 0; i < n; i++) {
		if (ba_json_string(c->claims, needed[i], &value) == BA_OK &&
		    *value != '\0' && strlen(value) <= CLAIM_MAX)
			continue;
		ba_case_say(c, NULL, "%s is %s", needed[i],
		    ba_case_show(c, needed[i], is));
		return BA_ERR_CLAIM;
	}
	ba_case_say(c, NULL, "sub is %s", ba_case_show(c, "sub", is));
	return BA_OK;
}

/*
 * The issuer's URL has the tenant in it already; tid says the same, in what
 * the provider itself goes by (CVE-2025-55241: nobody compared).
 */
static int
tenant(struct ba_case *c)
{
	const struct ba_issuer *issuer = c->issuer;
	char is[BA_SHOWN_MAX];
	const char *tid;

	if (issuer->tenant == NULL)
		return BA_OK;
	ba_case_say(c, &issuer->where, "tid is %s, the tenant %.64s",
	    ba_case_show(c, "tid", is), issuer->tenant);
	if (ba_json_string(c->claims, "tid", &tid) != BA_OK ||
	    strcmp(tid, issuer->tenant) != 0)
		return BA_ERR_TENANT;
	return BA_OK;
}

int
ba_profile_claims(struct ba_case *c)
{
	char is[BA_SHOWN_MAX];
	int err;

	/* No proof of possession is known here: RFC 7800 section 3. */
	if (ba_json_has(c->claims, "cnf")) {
		ba_case_say(c, NULL, "cnf is %s", ba_case_show(c, "cnf", is));
		return BA_ERR_CNF;
	}
	err = required(c);
	return err == BA_OK ? tenant(c) : err;
}
