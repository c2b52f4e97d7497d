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
	if (ba_is_jose_type(typ, "at+jwt") ||
	    (legacy && ba_is_jose_type(typ, "jwt"))) {
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
	const char *answer; /* … and an answer about one, too (Hydra) */
} alien[] = {
	{ "at_hash", NULL, NULL },
	{ "c_hash", NULL, NULL },
	{ "s_hash", NULL, NULL },
	{ "urn:openid:params:jwt:claim:rt_hash", NULL, NULL },
	{ "events", NULL, NULL }, /* RFC 8417 */
	{ "token_introspection", NULL, NULL }, /* RFC 9701 */
	{ "htm", NULL, NULL }, /* RFC 9449 */
	{ "htu", NULL, NULL },
	{ "software_id", NULL, NULL }, /* RFC 7591: a software statement */
	{ "status_list", NULL, NULL }, /* Token Status List */
	{ "vc", NULL, NULL }, /* verifiable credentials */
	{ "vct", NULL, NULL },
	{ "token_use", "access", "access_token" },
	{ "tokenName", "access_token", NULL },
};

const char *
ba_profile_alien_claim(size_t i)
{
	return i < sizeof(alien) / sizeof(alien[0]) ? alien[i].claim : NULL;
}

/* Does the i-th of them, which is there, say what an access token says? */
static bool
says_access(const struct ba_case *c, size_t i)
{
	const char *value;

	if (alien[i].access == NULL ||
	    ba_json_string(c->claims, alien[i].claim, &value) != BA_OK)
		return false;
	if (strcmp(value, alien[i].access) == 0)
		return true;
	return c->introspected && alien[i].answer != NULL &&
	       strcmp(value, alien[i].answer) == 0;
}

static const char *
alien_claim(const struct ba_case *c)
{
	size_t i;

	for (i = 0; i < sizeof(alien) / sizeof(alien[0]); i++)
		if (ba_json_has(c->claims, alien[i].claim) &&
		    !says_access(c, i))
			return alien[i].claim;
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

/* Keycloak's, whose others are ID, Refresh, Logout … */
static bool
other_typ(const struct ba_case *c)
{
	const char *typ;

	return ba_json_has(c->claims, "typ") &&
	       (ba_json_string(c->claims, "typ", &typ) != BA_OK ||
		   strcmp(typ, "Bearer") != 0);
}

/* What only legacy has to go by. */
static const char *
legacy_sign(const struct ba_case *c, enum client client)
{
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
	if (!c->introspected && c->issuer->profile != BA_PROFILE_LEGACY)
		return NULL;
	if (other_typ(c))
		return "a typ that is not Bearer";
	return c->introspected ? NULL : legacy_sign(c, client);
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

/*
 * RFC 7662 section 2.2: the type of RFC 6749 section 5.1, whose case does not
 * matter; some answer with the name of RFC 7009's hint.
 */
static bool
is_bearer(const struct ba_case *c)
{
	const char *type;

	return ba_json_string(c->claims, "token_type", &type) == BA_OK &&
	       (ba_equal_nocase(type, strlen(type), "bearer") ||
		   strcmp(type, "access_token") == 0);
}

/* A DPoP-bound token is none that we could take, and N_A is no token. */
static int
answer_type(struct ba_case *c)
{
	char is[BA_SHOWN_MAX];

	if (!ba_json_has(c->claims, "token_type") || is_bearer(c))
		return BA_OK;
	ba_case_say(c, NULL, "token_type is %s; an access token's is Bearer",
	    ba_case_show(c, "token_type", is));
	return BA_ERR_TYP;
}

/*
 * No header has said it, and a refresh token or an ID token can be asked about
 * as well.  That an answer has a scope or a client says nothing: those have
 * them, too.  Each of these has been found to say nothing else.
 */
static const char *
answer_sign(const struct ba_case *c)
{
	static const char *const names[] = { "token_type", "typ", "token_use",
		"tokenName" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ba_json_has(c->claims, names[i]))
			return names[i];
	return NULL;
}

static int
no_alien(struct ba_case *c, const char *found)
{
	if (found == NULL)
		return BA_OK;
	ba_case_say(c, NULL, "no access token: it has %s", found);
	return BA_ERR_ID_TOKEN;
}

static int
answer_kind(struct ba_case *c)
{
	const char *found;
	int err;

	if ((err = answer_type(c)) != BA_OK ||
	    (err = no_alien(c, sign(c))) != BA_OK)
		return err;
	found = answer_sign(c);
	if (found == NULL) {
		ba_case_say(c, NULL,
		    "nothing says that it is an access token: the answer has "
		    "neither token_type nor typ nor token_use");
		return BA_ERR_ID_TOKEN;
	}
	ba_case_say(c, NULL, "an access token by %s", found);
	return BA_OK;
}

int
ba_profile_kind(struct ba_case *c)
{
	bool legacy = c->issuer->profile == BA_PROFILE_LEGACY;
	const char *found;

	if (c->introspected)
		return answer_kind(c);
	found = sign(c);
	if (found != NULL)
		return no_alien(c, found);
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
	bool all = c->issuer->profile == BA_PROFILE_RFC9068 && !c->introspected;
	size_t i, n = all ? 3 : 1;
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

/* No proof of possession is known here: RFC 7800 section 3. */
static int
no_cnf(struct ba_case *c)
{
	char is[BA_SHOWN_MAX];

	if (!ba_json_has(c->claims, "cnf"))
		return BA_OK;
	ba_case_say(c, NULL, "cnf is %s", ba_case_show(c, "cnf", is));
	return BA_ERR_CNF;
}

int
ba_profile_claims(struct ba_case *c)
{
	int err;

	if ((err = no_cnf(c)) != BA_OK || (err = required(c)) != BA_OK)
		return err;
	return tenant(c);
}

int
ba_profile_answer(struct ba_case *c)
{
	int err;

	if ((err = answer_type(c)) != BA_OK ||
	    (err = no_alien(c, alien_claim(c))) != BA_OK)
		return err;
	return no_cnf(c);
}
