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

static enum client
find_client(const struct ba_case *c)
{
	enum client is = CLIENT_UNKNOWN;
	const char *claim, *client;
	bool found;
	size_t i;

	for (i = 0; (claim = ba_profile_client_claim(i)) != NULL; i++) {
		if (ba_json_string(c->claims, claim, &client) != BA_OK)
			continue;
		if (is == CLIENT_UNKNOWN)
			is = CLIENT_OTHER;
		if (ba_json_one_of(c->claims, "aud", client, &found) == BA_OK &&
		    found)
			is = CLIENT_IN_AUD;
	}
	return is;
}

/*
 * at_hash, c_hash and s_hash are an ID token's alone (OpenID Connect Core 1.0
 * sections 3.1.3.6 and 3.3.2.11, FAPI for s_hash).
 */
static const char *
alien_claim(const struct ba_case *c)
{
	static const char *const alien[] = { "at_hash", "c_hash", "s_hash",
		"events", "token_introspection", "htm", "htu" };
	size_t i;

	for (i = 0; i < sizeof(alien) / sizeof(alien[0]); i++)
		if (ba_json_has(c->claims, alien[i]))
			return alien[i];
	return NULL;
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
	if (ba_json_has(c->claims, "scope") || ba_json_has(c->claims, "scp"))
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

int
ba_profile_kind(struct ba_case *c)
{
	const char *found = sign(c);

	if (found != NULL) {
		ba_case_say(c, NULL, "no access token: it has %s", found);
		return BA_ERR_ID_TOKEN;
	}
	ba_case_say(c, NULL, "no sign of another kind");
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
