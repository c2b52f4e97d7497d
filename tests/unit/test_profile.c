/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "common/policy/profile.h"

#define RFC    BA_PROFILE_RFC9068
#define LEGACY BA_PROFILE_LEGACY
#define N(a)   (sizeof(a) / sizeof((a)[0]))

#define TENANT "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
#define OTHERS "9188040d-6c67-4c5b-b112-36a304b66dad"

struct world {
	struct ba_issuer issuer;
	struct ba_service service;
	struct ba_case c;
};

static void
begin(struct world *w, enum ba_profile profile)
{
	memset(w, 0, sizeof(*w));
	w->issuer.profile = profile;
	w->c.issuer = &w->issuer;
	w->c.service = &w->service;
	w->c.explain = true;
}

static int
judge(struct world *w, const char *claims, int (*check)(struct ba_case *))
{
	json_t *parsed;
	int r;

	assert_int_equal(ba_json_parse(claims, strlen(claims), &parsed), BA_OK);
	w->c.claims = parsed;
	ba_case_begin(&w->c);
	r = check(&w->c);
	assert_string_not_equal(w->c.detail, "");
	w->c.claims = NULL;
	json_decref(parsed);
	return r;
}

static void
expect(struct world *w, const char *claims, int (*check)(struct ba_case *),
    int err)
{
	int r = judge(w, claims, check);

	if (r != err)
		fail_msg("%s: %s, not %s (%s)", claims, ba_err_name(r),
		    ba_err_name(err), w->c.detail);
}

/* --- typ ------------------------------------------------------------------ */

static int
type(enum ba_profile profile, const char *typ)
{
	struct world w;
	int r;

	begin(&w, profile);
	r = ba_profile_type(&w.c, typ);
	assert_string_not_equal(w.c.detail, "");
	if (r != BA_OK)
		assert_int_equal(strstr(w.c.detail, "JWT or none") != NULL,
		    profile == LEGACY);
	return r;
}

static void
test_at01_jws11_type(void **state)
{
	static const char *const good[] = { "at+jwt", "AT+JWT", "aT+jWt",
		"application/at+jwt", "Application/AT+JWT" };
	static const char *const plain[] = { "JWT", "jwt", "Jwt",
		"application/jwt", "APPLICATION/JWT" };
	static const char *const bad[] = { "", " ", "at+jwt ", " at+jwt",
		"at+jw", "at+jwts", "at-jwt", "at jwt", "application/",
		"application/at+jwtx", "application/application/at+jwt",
		"applicatio/at+jwt", "xpplication/at+jwt", "application.at+jwt",
		"application/", "text/at+jwt", "/at+jwt", "JW", "JWTs", " JWT",
		"JWT ", "/JWT", "text/jwt",
		"application/application/"
		"jwt",
		"JOSE", "JWE", "dpop+jwt", "logout+jwt", "secevent+jwt",
		"token-introspection+jwt", "oauth-authz-req+jwt",
		"client-authentication+jwt", "statuslist+jwt", "kb+jwt",
		"id_token+jwt", "refresh+jwt", "none", "Bearer", "ID",
		"\xe2\x84\xaa"
		"WT" };
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++) {
		assert_int_equal(type(RFC, good[i]), BA_OK);
		assert_int_equal(type(LEGACY, good[i]), BA_OK);
	}
	for (i = 0; i < N(plain); i++) {
		assert_int_equal(type(RFC, plain[i]), BA_ERR_TYP);
		assert_int_equal(type(LEGACY, plain[i]), BA_OK);
	}
	/* JWT-10: one that is there must be right, in legacy too. */
	for (i = 0; i < N(bad); i++) {
		assert_int_equal(type(RFC, bad[i]), BA_ERR_TYP);
		assert_int_equal(type(LEGACY, bad[i]), BA_ERR_TYP);
	}
	assert_int_equal(type(RFC, NULL), BA_ERR_TYP);
	assert_int_equal(type(LEGACY, NULL), BA_OK);
}

/* --- what kind of token --------------------------------------------------- */

struct kind {
	const char *claims;
	int rfc; /* of ba_profile_kind() */
	int legacy;
};

static void
judge_kinds(const struct kind *kinds, size_t n)
{
	struct world w;
	size_t i;

	for (i = 0; i < n; i++) {
		begin(&w, RFC);
		expect(&w, kinds[i].claims, ba_profile_kind, kinds[i].rfc);
		begin(&w, LEGACY);
		expect(&w, kinds[i].claims, ba_profile_kind, kinds[i].legacy);
	}
}

#define NO BA_ERR_ID_TOKEN

/* Each sign by itself beside claims that are otherwise in order. */
static void
test_jwt09_at09_signs(void **state)
{
	static const struct kind kinds[] = {
#define OK_ "\"aud\":\"ssh\",\"client_id\":\"cli\",\"scope\":\"login\""
		{ "{" OK_ "}", BA_OK, BA_OK },
		{ "{" OK_ ",\"at_hash\":\"x\"}", NO, NO },
		{ "{" OK_ ",\"c_hash\":\"x\"}", NO, NO },
		{ "{" OK_ ",\"s_hash\":\"x\"}", NO, NO },
		{ "{" OK_ ",\"at_hash\":null}", NO, NO },
		{ "{" OK_ ",\"At_hash\":\"x\"}", BA_OK, BA_OK },
		{ "{" OK_ ",\"events\":{}}", NO, NO },
		{ "{" OK_ ",\"event\":{}}", BA_OK, BA_OK },
		{ "{" OK_ ",\"token_introspection\":{}}", NO, NO },
		{ "{" OK_ ",\"htm\":\"GET\"}", NO, NO },
		{ "{" OK_ ",\"htu\":\"https://x\"}", NO, NO },
		{ "{" OK_ ",\"nonce\":\"n\"}", BA_OK, BA_OK },
		/* Keycloak's word in the payload, for legacy alone */
		{ "{" OK_ ",\"typ\":\"Bearer\"}", BA_OK, BA_OK },
		{ "{" OK_ ",\"typ\":\"bearer\"}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":\"ID\"}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":\"Refresh\"}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":\"Offline\"}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":\"Logout\"}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":\"\"}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":null}", BA_OK, NO },
		{ "{" OK_ ",\"typ\":[\"Bearer\"]}", BA_OK, NO },
#undef OK_
	};

	(void)state;
	judge_kinds(kinds, N(kinds));
}

/* nonce, aud and the client; and the scope, which legacy goes by. */
static void
test_v54_at09_nonce_and_client(void **state)
{
	static const struct kind kinds[] = {
		/* the client is not the audience */
		{ "{\"aud\":\"ssh\",\"client_id\":\"cli\",\"nonce\":\"n\"}",
		    BA_OK, BA_OK },
		{ "{\"aud\":\"ssh\",\"client_id\":\"cli\"}", BA_OK, BA_OK },
		{ "{\"aud\":[\"ssh\",\"cl\",\"clii\",\"CLI\"],\"azp\":\"cli\","
		  "\"nonce\":\"n\",\"scope\":\"s\"}",
		    BA_OK, BA_OK },
		/* it is: by each claim that names one */
		{ "{\"aud\":\"cli\",\"client_id\":\"cli\",\"scope\":\"s\","
		  "\"nonce\":\"n\"}",
		    NO, NO },
		{ "{\"aud\":\"cli\",\"azp\":\"cli\",\"scope\":\"s\","
		  "\"nonce\":\"n\"}",
		    NO, NO },
		{ "{\"aud\":\"cli\",\"appid\":\"cli\",\"scope\":\"s\","
		  "\"nonce\":\"n\"}",
		    NO, NO },
		{ "{\"aud\":\"cli\",\"cid\":\"cli\",\"scope\":\"s\","
		  "\"nonce\":\"n\"}",
		    NO, NO },
		{ "{\"aud\":[\"ssh\",\"cli\"],\"azp\":\"cli\",\"scope\":\"s\","
		  "\"nonce\":null}",
		    NO, NO },
		/* either of two names will do */
		{ "{\"aud\":\"cli\",\"client_id\":\"x\",\"azp\":\"cli\","
		  "\"scope\":\"s\",\"nonce\":\"n\"}",
		    NO, NO },
		{ "{\"aud\":\"cli\",\"client_id\":\"cli\",\"azp\":\"x\","
		  "\"scope\":\"s\",\"nonce\":\"n\"}",
		    NO, NO },
		/* without a nonce it is an access token that has a scope */
		{ "{\"aud\":\"cli\",\"azp\":\"cli\",\"scope\":\"s\"}", BA_OK,
		    BA_OK },
		{ "{\"aud\":\"cli\",\"azp\":\"cli\",\"scp\":[\"s\"]}", BA_OK,
		    BA_OK },
		{ "{\"aud\":\"cli\",\"azp\":\"cli\"}", BA_OK, NO },
		/* no client */
		{ "{\"aud\":\"ssh\",\"scope\":\"s\"}", BA_OK, BA_OK },
		{ "{\"aud\":\"ssh\",\"scp\":\"s\"}", BA_OK, BA_OK },
		{ "{\"aud\":\"ssh\"}", BA_OK, NO },
		{ "{\"aud\":\"ssh\",\"Scope\":\"s\"}", BA_OK, NO },
		{ "{\"aud\":\"ssh\",\"scope\":\"s\",\"nonce\":\"n\"}", BA_OK,
		    NO },
		{ "{\"aud\":\"ssh\",\"scp\":\"s\",\"nonce\":\"n\"}", BA_OK,
		    NO },
		/* what is no name names no client */
		{ "{\"aud\":\"ssh\",\"azp\":7,\"nonce\":\"n\",\"scp\":\"s\"}",
		    BA_OK, NO },
		{ "{\"aud\":\"ssh\",\"azp\":[\"cli\"],\"cid\":null}", BA_OK,
		    NO },
		{ "{\"aud\":\"ssh\",\"azp\":7,\"cid\":\"cli\"}", BA_OK, BA_OK },
		/* an aud that is none is not the client */
		{ "{\"aud\":[\"cli\",1],\"azp\":\"cli\",\"nonce\":\"n\","
		  "\"scope\":\"s\"}",
		    BA_OK, BA_OK },
		{ "{\"azp\":\"cli\",\"nonce\":\"n\",\"scope\":\"s\"}", BA_OK,
		    BA_OK },
	};

	(void)state;
	judge_kinds(kinds, N(kinds));
}

/*
 * azp and another audience: an access token, or an ID token that one client
 * got for another.  Each thing that makes it the former, by itself.
 */
static void
test_v54_at09_positive_sign(void **state)
{
#define AZP "{\"aud\":\"ssh\",\"azp\":\"cli\""
	static const struct kind kinds[] = {
		{ AZP "}", BA_OK, NO },
		{ AZP ",\"scope\":\"s\"}", BA_OK, BA_OK },
		{ AZP ",\"scp\":\"s\"}", BA_OK, BA_OK },
		{ AZP ",\"scp\":[\"s\"]}", BA_OK, BA_OK },
		{ AZP ",\"typ\":\"Bearer\"}", BA_OK, BA_OK },
		{ AZP ",\"azpacr\":\"1\"}", BA_OK, BA_OK },
		{ AZP ",\"client_id\":\"cli\"}", BA_OK, BA_OK },
		{ AZP ",\"appid\":\"cli\"}", BA_OK, BA_OK },
		{ AZP ",\"cid\":\"cli\"}", BA_OK, BA_OK },
		/* with a nonce, as Keycloak sent it; without more, no */
		{ AZP ",\"nonce\":\"n\"}", BA_OK, NO },
		{ AZP ",\"nonce\":\"n\",\"typ\":\"Bearer\"}", BA_OK, BA_OK },
		/* what says nothing */
		{ AZP ",\"Scope\":\"s\"}", BA_OK, NO },
		{ AZP ",\"scopes\":\"s\"}", BA_OK, NO },
		{ AZP ",\"token_type\":\"Bearer\"}", BA_OK, NO },
		{ AZP ",\"AZPACR\":\"1\"}", BA_OK, NO },
		{ AZP ",\"appidacr\":\"1\"}", BA_OK, NO },
		{ AZP ",\"roles\":[\"s\"],\"groups\":[\"s\"]}", BA_OK, NO },
		{ AZP ",\"jti\":\"j\",\"sid\":\"s\",\"acr\":\"1\"}", BA_OK,
		    NO },
		{ AZP ",\"scope\":null}", BA_OK, NO },
		{ AZP ",\"scope\":\"\"}", BA_OK, NO },
		{ AZP ",\"scope\":{}}", BA_OK, NO },
		{ AZP ",\"scp\":0}", BA_OK, NO },
		{ AZP ",\"scp\":[]}", BA_OK, NO },
		{ AZP ",\"scp\":[\"\"]}", BA_OK, NO },
		{ AZP ",\"azpacr\":1}", BA_OK, NO },
		/* what names nobody */
		{ AZP ",\"client_id\":\"\"}", BA_OK, NO },
		{ AZP ",\"client_id\":null}", BA_OK, NO },
		{ AZP ",\"appid\":7}", BA_OK, NO },
		{ AZP ",\"cid\":[\"cli\"]}", BA_OK, NO },
		{ AZP ",\"client\":\"cli\"}", BA_OK, NO },
		/* one that is no client, and one that is */
		{ AZP ",\"client_id\":7,\"cid\":\"cli\"}", BA_OK, BA_OK },
		/* it does not make up for a sign of another kind */
		{ AZP ",\"azpacr\":\"1\",\"at_hash\":\"x\"}", NO, NO },
		{ AZP ",\"azpacr\":\"1\",\"typ\":\"ID\"}", BA_OK, NO },
		{ "{\"aud\":\"cli\",\"azp\":\"cli\",\"azpacr\":\"1\"}", BA_OK,
		    NO },
		{ "{\"aud\":\"cli\",\"client_id\":\"cli\"}", BA_OK, NO },
		{ "{\"aud\":\"ssh\",\"typ\":\"Bearer\"}", BA_OK, NO },
		{ "{\"aud\":\"ssh\",\"azpacr\":\"1\"}", BA_OK, NO },
		{ "{\"aud\":\"ssh\",\"azp\":\"\",\"typ\":\"Bearer\"}", BA_OK,
		    NO },
		/* other things that are signed with the same key */
		{ AZP ",\"scope\":\"s\",\"token_use\":\"access\"}", BA_OK,
		    BA_OK },
		{ AZP ",\"scope\":\"s\",\"token_use\":\"id\"}", NO, NO },
		{ AZP ",\"scope\":\"s\",\"token_use\":null}", NO, NO },
		{ AZP ",\"scope\":\"s\",\"tokenName\":\"access_token\"}", BA_OK,
		    BA_OK },
		{ AZP ",\"scope\":\"s\",\"tokenName\":\"refresh_token\"}", NO,
		    NO },
		{ AZP ",\"scope\":\"s\",\"status_list\":{}}", NO, NO },
		{ AZP ",\"scope\":\"s\",\"vc\":{}}", NO, NO },
		{ AZP ",\"scope\":\"s\",\"vct\":\"x\"}", NO, NO },
		{ AZP ",\"scope\":\"s\",\"software_id\":\"x\"}", NO, NO },
		{ AZP ",\"scope\":\"s\","
		      "\"urn:openid:params:jwt:claim:rt_hash\":\"x\"}",
		    NO, NO },
		/* and is none without azp either */
		{ "{\"aud\":\"ssh\",\"client_id\":\"cli\"}", BA_OK, BA_OK },
#undef AZP
	};

	(void)state;
	judge_kinds(kinds, N(kinds));
}

/* --- claims that must be there -------------------------------------------- */

#define K32 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define K1K                                                                    \
	K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32    \
	    K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32 K32

static void
test_at06_jwt06_required(void **state)
{
	static const char *const names[] = { "sub", "client_id", "jti" };
	static const struct {
		const char *raw; /* NULL: missing */
		int err;
	} values[] = {
		{ "\"x\"", BA_OK },
		{ "\"" K1K "\"", BA_OK },
		{ "\"" K1K "k\"", BA_ERR_CLAIM },
		{ "\"\"", BA_ERR_CLAIM },
		{ "1", BA_ERR_CLAIM },
		{ "null", BA_ERR_CLAIM },
		{ "true", BA_ERR_CLAIM },
		{ "[\"x\"]", BA_ERR_CLAIM },
		{ "{}", BA_ERR_CLAIM },
		{ NULL, BA_ERR_CLAIM },
	};
	char claims[4096];
	struct world w;
	size_t i, j, k, len;

	(void)state;
	assert_int_equal(sizeof(K1K) - 1, 1024);
	for (i = 0; i < N(names); i++)
		for (j = 0; j < N(values); j++) {
			len = (size_t)snprintf(
			    claims, sizeof(claims), "{\"x\":1");
			for (k = 0; k < N(names); k++) {
				if (k == i && values[j].raw == NULL)
					continue;
				len += (size_t)snprintf(claims + len,
				    sizeof(claims) - len, ",\"%s\":%s",
				    names[k],
				    k == i ? values[j].raw : "\"ok\"");
			}
			(void)snprintf(claims + len, sizeof(claims) - len, "}");
			begin(&w, RFC);
			expect(&w, claims, ba_profile_claims, values[j].err);
			/* in legacy sub alone */
			begin(&w, LEGACY);
			expect(&w, claims, ba_profile_claims,
			    i == 0 ? values[j].err : BA_OK);
		}
	begin(&w, LEGACY);
	expect(&w, "{\"sub\":\"x\"}", ba_profile_claims, BA_OK);
	begin(&w, RFC);
	expect(&w, "{\"sub\":\"x\"}", ba_profile_claims, BA_ERR_CLAIM);
}

/* A token bound to a key is no bearer token, however it is bound. */
static void
test_pop01_confirmation(void **state)
{
#define OK_ "\"sub\":\"x\",\"client_id\":\"c\",\"jti\":\"j\""
	static const struct kind kinds[] = {
		{ "{" OK_ ",\"cnf\":{\"jkt\":\"x\"}}", BA_ERR_CNF, BA_ERR_CNF },
		{ "{" OK_ ",\"cnf\":{\"x5t#S256\":\"x\"}}", BA_ERR_CNF,
		    BA_ERR_CNF },
		{ "{" OK_ ",\"cnf\":{}}", BA_ERR_CNF, BA_ERR_CNF },
		{ "{" OK_ ",\"cnf\":null}", BA_ERR_CNF, BA_ERR_CNF },
		{ "{" OK_ ",\"cnf\":\"\"}", BA_ERR_CNF, BA_ERR_CNF },
		{ "{" OK_ ",\"cnf\":false}", BA_ERR_CNF, BA_ERR_CNF },
		{ "{" OK_ ",\"Cnf\":{}}", BA_OK, BA_OK },
		{ "{" OK_ "}", BA_OK, BA_OK },
#undef OK_
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(kinds); i++) {
		begin(&w, RFC);
		expect(&w, kinds[i].claims, ba_profile_claims, kinds[i].rfc);
		begin(&w, LEGACY);
		expect(&w, kinds[i].claims, ba_profile_claims, kinds[i].legacy);
	}
}

/* CVE-2025-55241: a good token of another tenant of the same provider. */
static void
test_v36_tenant(void **state)
{
#define OK_ "\"sub\":\"x\",\"client_id\":\"c\",\"jti\":\"j\""
	static const struct {
		const char *claims;
		int err;
	} rows[] = {
		{ "{" OK_ ",\"tid\":\"" TENANT "\"}", BA_OK },
		{ "{" OK_ ",\"tid\":\"" OTHERS "\"}", BA_ERR_TENANT },
		{ "{" OK_ "}", BA_ERR_TENANT },
		{ "{" OK_ ",\"tid\":\"\"}", BA_ERR_TENANT },
		{ "{" OK_ ",\"tid\":\"" TENANT "x\"}", BA_ERR_TENANT },
		{ "{" OK_ ",\"tid\":\"8EAEF023-2b34-4da1-9baa-8bc8c9d6a490\"}",
		    BA_ERR_TENANT },
		{ "{" OK_ ",\"tid\":[\"" TENANT "\"]}", BA_ERR_TENANT },
		{ "{" OK_ ",\"tid\":null}", BA_ERR_TENANT },
		{ "{" OK_ ",\"tid\":true}", BA_ERR_TENANT },
		{ "{" OK_ ",\"Tid\":\"" TENANT "\"}", BA_ERR_TENANT },
		{ "{" OK_ ",\"tenant\":\"" TENANT "\"}", BA_ERR_TENANT },
		/* what is missing is said first */
		{ "{\"tid\":\"" OTHERS "\"}", BA_ERR_CLAIM },
#undef OK_
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		begin(&w, LEGACY);
		w.issuer.tenant = TENANT;
		expect(&w, rows[i].claims, ba_profile_claims, rows[i].err);
		begin(&w, RFC);
		w.issuer.tenant = TENANT;
		expect(&w, rows[i].claims, ba_profile_claims, rows[i].err);
		/* An issuer without tenants: whatever stands there. */
		begin(&w, RFC);
		expect(&w, rows[i].claims, ba_profile_claims,
		    rows[i].err == BA_ERR_CLAIM ? BA_ERR_CLAIM : BA_OK);
	}
	assert_int_equal(ba_err_family(BA_ERR_TENANT), BA_FAMILY_REFUSED);
}

/* What an administrator has to go by. */
static void
test_what_is_said(void **state)
{
	static const struct ba_where line = { "x.conf", 3 };
	struct world w;

	(void)state;
	begin(&w, LEGACY);
	expect(&w, "{\"aud\":\"ssh\"}", ba_profile_kind, BA_ERR_ID_TOKEN);
	assert_non_null(strstr(w.c.detail, "nothing names the client"));
	expect(&w, "{\"aud\":\"a\",\"azp\":\"a\"}", ba_profile_kind,
	    BA_ERR_ID_TOKEN);
	assert_non_null(strstr(w.c.detail, "the client as aud"));
	expect(&w, "{\"aud\":\"ssh\",\"azp\":\"a\"}", ba_profile_kind,
	    BA_ERR_ID_TOKEN);
	assert_non_null(
	    strstr(w.c.detail, "nothing says that it is an access token"));
	expect(&w, "{\"aud\":\"ssh\",\"cid\":\"a\"}", ba_profile_kind, BA_OK);
	assert_non_null(strstr(w.c.detail, "it has cid, and no sign"));
	w.issuer.tenant = TENANT;
	w.issuer.where = line;
	expect(&w, "{\"sub\":\"x\",\"tid\":\"y\"}", ba_profile_claims,
	    BA_ERR_TENANT);
	assert_ptr_equal(w.c.where, &w.issuer.where);
	assert_non_null(strstr(w.c.detail, "tid is \"y\", the tenant " TENANT));
}

/* --- names of claims ------------------------------------------------------ */

static void
test_client_claims(void **state)
{
	static const char *const want[] = { "client_id", "azp", "appid",
		"cid" };
	size_t i;

	(void)state;
	for (i = 0; i < N(want); i++)
		assert_string_equal(ba_profile_client_claim(i), want[i]);
	assert_null(ba_profile_client_claim(N(want)));
	assert_null(ba_profile_client_claim(SIZE_MAX));
}

static void
test_alien_claims(void **state)
{
	static const char *const want[] = { "at_hash", "c_hash", "s_hash",
		"urn:openid:params:jwt:claim:rt_hash", "events",
		"token_introspection", "htm", "htu", "software_id",
		"status_list", "vc", "vct", "token_use", "tokenName" };
	size_t i;

	(void)state;
	for (i = 0; i < N(want); i++)
		assert_string_equal(ba_profile_alien_claim(i), want[i]);
	assert_null(ba_profile_alien_claim(N(want)));
	assert_null(ba_profile_alien_claim(SIZE_MAX));
}

static void
test_scope_claim(void **state)
{
	static const struct {
		const char *claims;
		const char *rfc;
		const char *legacy;
	} rows[] = {
		{ "{\"scope\":\"a\"}", "scope", "scope" },
		{ "{\"scope\":\"a\",\"scp\":\"b\"}", "scope", "scope" },
		{ "{\"scope\":null,\"scp\":\"b\"}", "scope", "scope" },
		{ "{\"scp\":\"b\"}", "scope", "scp" },
		{ "{}", "scope", "scp" },
	};
	struct world w;
	json_t *claims;
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		assert_int_equal(ba_json_parse(rows[i].claims,
				     strlen(rows[i].claims), &claims),
		    BA_OK);
		begin(&w, RFC);
		w.c.claims = claims;
		assert_string_equal(ba_profile_scope_claim(&w.c), rows[i].rfc);
		begin(&w, LEGACY);
		w.c.claims = claims;
		assert_string_equal(
		    ba_profile_scope_claim(&w.c), rows[i].legacy);
		json_decref(claims);
	}
}

/* --- as real providers send them ------------------------------------------ */

#define KC_                                                                    \
	"\"exp\":1700000300,\"iat\":1700000000,\"auth_time\":1699999990,"      \
	"\"iss\":\"https://id.example.org/realms/staff\","                     \
	"\"sub\":\"f5c3f3c0-0000-4a4a-9d9d-0a0b0c0d0e0f\","                    \
	"\"azp\":\"cli\",\"sid\":\"7f1d\",\"acr\":\"1\","                      \
	"\"preferred_username\":\"alice\",\"email_verified\":true,"            \
	"\"email\":\"alice@example.org\""
#define KC_ACCESS                                                              \
	",\"typ\":\"Bearer\",\"aud\":[\"ssh\",\"account\"],"                   \
	"\"allowed-origins\":[\"https://app.example.org\"],"                   \
	"\"realm_access\":{\"roles\":[\"offline_access\"]},"                   \
	"\"resource_access\":{\"account\":{\"roles\":[\"view-profile\"]}},"    \
	"\"scope\":\"openid profile email\""
#define ENTRA1_                                                                \
	"\"aud\":\"api://ssh.example.org\","                                   \
	"\"iss\":\"https://sts.windows.net/" TENANT "/\","                     \
	"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700004500,"            \
	"\"acr\":\"1\",\"aio\":\"AUQA\",\"amr\":[\"pwd\",\"mfa\"],"            \
	"\"appid\":\"6731de76-14a6-49ae-97bc-6eba6914391e\","                  \
	"\"appidacr\":\"0\",\"ipaddr\":\"192.0.2.9\",\"name\":\"Alice\","      \
	"\"oid\":\"690222be-ff1a-4d56-abd1-7e4f7d38e474\","                    \
	"\"rh\":\"0.AR\",\"sub\":\"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqf"  \
	"KQ\",\"tid\":\"" TENANT "\",\"unique_name\":\"alice@example.org\","   \
	"\"upn\":\"alice@example.org\",\"uti\":\"fqi\",\"ver\":\"1.0\""
#define ENTRA2_                                                                \
	"\"iss\":\"https://login.microsoftonline.com/" TENANT "/v2.0\","       \
	"\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700004500,"            \
	"\"aio\":\"AUQA\",\"name\":\"Alice\","                                 \
	"\"oid\":\"690222be-ff1a-4d56-abd1-7e4f7d38e474\","                    \
	"\"preferred_username\":\"alice@example.org\",\"rh\":\"0.AR\","        \
	"\"sub\":\"HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ\","             \
	"\"tid\":\"" TENANT "\",\"uti\":\"fqi\",\"ver\":\"2.0\""
#define OKTA_                                                                  \
	"\"ver\":1,\"iss\":\"https://dev.okta.example/oauth2/default\","       \
	"\"iat\":1700000000,\"exp\":1700003600,\"auth_time\":1699999990"

/* Access tokens that legacy is there for, with typ JWT or none. */
static void
test_v54_access_tokens_of_providers(void **state)
{
	static const char *const access[] = {
		/* Keycloak 25 and later */
		"{" KC_ KC_ACCESS ",\"jti\":\"onrtac:1b671a64\"}",
		/* before: the nonce of the ID token stands here too */
		"{" KC_ KC_ACCESS ",\"jti\":\"1b671a64\",\"nonce\":\"n-0S6\","
		"\"session_state\":\"7f1d\"}",
		/* without any scope: the client is not the audience */
		"{" KC_ ",\"typ\":\"Bearer\",\"aud\":\"ssh\","
		"\"jti\":\"1b671a64\"}",
		"{" ENTRA1_ ",\"scp\":\"user_impersonation\"}",
		/* an application's own: roles and no scope */
		"{" ENTRA1_ ",\"roles\":[\"Login\"]}",
		"{" ENTRA2_ ",\"aud\":\"2d4d11a2-f814-46a7-890a-274a72a7309e\","
		"\"azp\":\"6731de76-14a6-49ae-97bc-6eba6914391e\","
		"\"azpacr\":\"0\",\"scp\":\"login\"}",
		/* an application's own: roles and no scope, nor appid */
		"{" ENTRA2_ ",\"aud\":\"2d4d11a2-f814-46a7-890a-274a72a7309e\","
		"\"azp\":\"6731de76-14a6-49ae-97bc-6eba6914391e\","
		"\"azpacr\":\"1\",\"roles\":[\"Login\"]}",
		/* an application that asks for itself */
		"{" ENTRA2_ ",\"aud\":\"6731de76-14a6-49ae-97bc-6eba6914391e\","
		"\"azp\":\"6731de76-14a6-49ae-97bc-6eba6914391e\","
		"\"azpacr\":\"0\",\"scp\":\"login\"}",
		"{" OKTA_ ",\"jti\":\"AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7u"
		"X39RE\",\"aud\":\"api://default\",\"cid\":\"0oabv6kx4qq6\","
		"\"uid\":\"00u5t60iloOHN9pBi0h7\","
		"\"scp\":[\"offline_access\",\"openid\"],"
		"\"sub\":\"alice@example.org\"}",
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(access); i++) {
		begin(&w, LEGACY);
		expect(&w, access[i], ba_profile_kind, BA_OK);
		expect(&w, access[i], ba_profile_claims, BA_OK);
		assert_int_equal(type(LEGACY, "JWT"), BA_OK);
		/* What rfc9068 has against them is not that they are others. */
		begin(&w, RFC);
		expect(&w, access[i], ba_profile_kind, BA_OK);
		expect(&w, access[i], ba_profile_claims, BA_ERR_CLAIM);
		assert_int_equal(type(RFC, "JWT"), BA_ERR_TYP);
	}
}

/*
 * ID tokens, and other tokens of theirs, which have typ JWT as well: by what
 * they hold in legacy, by typ in rfc9068.
 */
static void
test_v54_at09_id_tokens_of_providers(void **state)
{
	static const char *const others[] = {
		/* Keycloak: code flow; direct grant; implicit */
		"{" KC_ ",\"typ\":\"ID\",\"aud\":\"cli\",\"jti\":\"4\","
		"\"at_hash\":\"cFfCUq2Vya\",\"nonce\":\"n-0S6\"}",
		"{" KC_ ",\"typ\":\"ID\",\"aud\":\"cli\",\"jti\":\"4\","
		"\"at_hash\":\"cFfCUq2Vya\"}",
		"{" KC_ ",\"typ\":\"ID\",\"aud\":[\"cli\",\"ssh\"],"
		"\"jti\":\"4\"}",
		/* … with a mapper that hides typ */
		"{" KC_ ",\"aud\":\"cli\",\"jti\":\"4\"}",
		/* Keycloak's refresh and logout tokens */
		"{" KC_ ",\"typ\":\"Refresh\",\"aud\":\"ssh\","
		"\"scope\":\"openid\",\"jti\":\"5\"}",
		"{" KC_ ",\"typ\":\"Logout\",\"aud\":\"ssh\",\"events\":{"
		"\"http://schemas.openid.net/event/backchannel-logout\":{}},"
		"\"jti\":\"5\"}",
		/* Entra ID v2, with nonce and without */
		"{" ENTRA2_ ",\"aud\":\"6731de76-14a6-49ae-97bc-6eba6914391e\","
		"\"nonce\":\"678910\"}",
		"{" ENTRA2_ ",\"aud\":\"6731de76-14a6-49ae-97bc-6eba6914391e\""
		"}",
		/* Okta: code flow, and without nonce and hash */
		"{" OKTA_ ",\"jti\":\"ID.4eAWJOCMB3SX8XewDfVR\","
		"\"aud\":\"0oabv6kx4qq6\",\"sub\":\"00uid4BxXw6I6TV4m0g3\","
		"\"amr\":[\"pwd\"],\"idp\":\"00ok1u7AsAkrwdZL3z0g3\","
		"\"nonce\":\"n\",\"preferred_username\":\"alice\","
		"\"at_hash\":\"preview_at_hash\"}",
		"{" OKTA_ ",\"jti\":\"ID.4eAWJOCMB3SX8XewDfVR\","
		"\"aud\":\"0oabv6kx4qq6\",\"sub\":\"00uid4BxXw6I6TV4m0g3\","
		"\"amr\":[\"pwd\"],\"idp\":\"00ok1u7AsAkrwdZL3z0g3\"}",
		/* Google */
		"{\"iss\":\"https://accounts.google.com\",\"azp\":\"1-a.apps\","
		"\"aud\":\"1-a.apps\",\"sub\":\"10769150350006150715113082367\""
		",\"at_hash\":\"HK6E_P6Dh8Y93mRNtsDB1Q\","
		"\"email\":\"alice@example.org\",\"email_verified\":true,"
		"\"hd\":\"example.org\",\"iat\":1700000000,\"exp\":1700003600}",
		"{\"iss\":\"https://accounts.google.com\",\"azp\":\"1-a.apps\","
		"\"aud\":\"1-a.apps\",\"sub\":\"10769150350006150715113082367\""
		",\"email\":\"alice@example.org\",\"email_verified\":true,"
		"\"iat\":1700000000,\"exp\":1700003600}",
		/* … that its application on a telephone got for a server */
		"{\"iss\":\"https://accounts.google.com\",\"azp\":\"1-a.apps\","
		"\"aud\":\"1-s.apps\",\"sub\":\"10769150350006150715113082367\""
		",\"email\":\"alice@example.org\",\"email_verified\":true,"
		"\"iat\":1700000000,\"exp\":1700003600}",
		/* … that a service account got for any aud it likes */
		"{\"iss\":\"https://accounts.google.com\",\"azp\":\"1070\","
		"\"aud\":\"ssh\",\"sub\":\"1070\","
		"\"email\":\"robot@p.iam.example.com\","
		"\"email_verified\":true,"
		"\"iat\":1700000000,\"exp\":1700003600}",
		/* an answer of userinfo, and of authorization (JARM) */
		"{\"iss\":\"https://x\",\"aud\":\"cli\",\"sub\":\"x\","
		"\"preferred_username\":\"alice\",\"iat\":1700000000,"
		"\"exp\":1700003600}",
		"{\"iss\":\"https://x\",\"aud\":\"cli\",\"code\":\"c\","
		"\"state\":\"s\",\"exp\":1700003600}",
		/* a list of states of tokens, a credential (VC-JWT) */
		"{\"iss\":\"https://x\",\"sub\":\"https://x/1\","
		"\"iat\":1700000000,\"exp\":1700003600,\"ttl\":60,"
		"\"status_list\":{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}",
		"{\"iss\":\"https://x\",\"sub\":\"x\",\"jti\":\"urn:1\","
		"\"nbf\":1700000000,\"exp\":1700003600,"
		"\"vc\":{\"type\":[\"VerifiableCredential\"]}}",
		/* a client that says who it is (RFC 7523) */
		"{\"iss\":\"cli\",\"sub\":\"cli\",\"aud\":\"https://x\","
		"\"jti\":\"1\",\"iat\":1700000000,\"exp\":1700000060}",
		/* a DPoP proof, an introspection answer (RFC 9701) */
		"{\"jti\":\"a\",\"htm\":\"POST\",\"htu\":\"https://x/token\","
		"\"iat\":1700000000,\"sub\":\"x\"}",
		"{\"iss\":\"https://x\",\"aud\":\"ssh\",\"iat\":1700000000,"
		"\"token_introspection\":{\"active\":true},\"sub\":\"x\"}",
	};
	struct world w;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N(others); i++) {
		begin(&w, LEGACY);
		expect(&w, others[i], ba_profile_kind, BA_ERR_ID_TOKEN);
		/* Even if a provider signed them with typ at+jwt. */
		begin(&w, RFC);
		r = judge(&w, others[i], ba_profile_kind);
		if (r == BA_OK)
			r = judge(&w, others[i], ba_profile_claims);
		assert_true(r == BA_ERR_ID_TOKEN || r == BA_ERR_CLAIM);
	}
	assert_int_equal(type(RFC, "JWT"), BA_ERR_TYP);
	assert_int_equal(type(RFC, NULL), BA_ERR_TYP);
	assert_int_equal(type(LEGACY, "dpop+jwt"), BA_ERR_TYP);
	assert_int_equal(type(LEGACY, "token-introspection+jwt"), BA_ERR_TYP);
}

/* --- answers of an issuer (RFC 7662) --------------------------------------- */

static void
expect_answer(const char *claims, int (*check)(struct ba_case *), int err)
{
	static const enum ba_profile profiles[] = { RFC, LEGACY };
	struct world w;
	size_t i;

	for (i = 0; i < N(profiles); i++) {
		begin(&w, profiles[i]);
		w.c.introspected = true;
		expect(&w, claims, check, err);
	}
}

/* Refresh tokens and ID tokens can be asked about, too. */
static void
test_int03_jwt09_kind_of_an_answer(void **state)
{
	static const struct {
		const char *claims;
		int err;
	} table[] = {
#define SUB    "\"sub\":\"x\",\"client_id\":\"cli\",\"scope\":\"login\""
#define BEARER "{" SUB ",\"token_type\":\"Bearer\""
		/* something must say it: not the scope, not the client */
		{ "{" SUB "}", NO },
		{ "{" SUB ",\"azpacr\":\"1\",\"appid\":\"x\"}", NO },
		{ BEARER "}", BA_OK },
		{ "{\"token_type\":\"Bearer\"}", BA_OK },
		{ "{" SUB ",\"token_type\":\"bearer\"}", BA_OK },
		{ "{" SUB ",\"token_type\":\"BEARER\"}", BA_OK },
		{ "{" SUB ",\"token_type\":\"access_token\"}", BA_OK },
		{ "{" SUB ",\"token_type\":\"Access_Token\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"Bearer \"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"Beare\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":null}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":1}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":[\"Bearer\"]}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"DPoP\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"mac\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"refresh_token\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"id_token\"}", BA_ERR_TYP },
		{ "{" SUB ",\"token_type\":\"N_A\"}", BA_ERR_TYP },
		/* … whatever else says that it is one */
		{ "{" SUB ",\"token_type\":\"DPoP\",\"typ\":\"Bearer\"}",
		    BA_ERR_TYP },
		{ "{" SUB ",\"typ\":\"Bearer\"}", BA_OK },
		{ "{" SUB ",\"typ\":\"bearer\"}", NO },
		{ "{" SUB ",\"typ\":\"Refresh\"}", NO },
		{ "{" SUB ",\"typ\":\"ID\"}", NO },
		{ "{" SUB ",\"typ\":null}", NO },
		{ BEARER ",\"typ\":\"Bearer\"}", BA_OK },
		{ BEARER ",\"typ\":\"Refresh\"}", NO },
		{ BEARER ",\"typ\":1}", NO },
		{ "{" SUB ",\"token_use\":\"access\"}", BA_OK },
		{ "{" SUB ",\"token_use\":\"access_token\"}", BA_OK },
		{ "{" SUB ",\"token_use\":\"access_toke\"}", NO },
		{ "{" SUB ",\"token_use\":\"id\"}", NO },
		{ "{" SUB ",\"token_use\":\"refresh_token\"}", NO },
		{ "{" SUB ",\"token_use\":null}", NO },
		{ BEARER ",\"token_use\":\"access_token\"}", BA_OK },
		{ BEARER ",\"token_use\":\"refresh_token\"}", NO },
		{ "{" SUB ",\"tokenName\":\"access_token\"}", BA_OK },
		{ BEARER ",\"tokenName\":\"refresh_token\"}", NO },
		{ "{" SUB ",\"tokenName\":\"access\"}", NO },
		/* alien claims as ever */
		{ BEARER ",\"at_hash\":\"x\"}", NO },
		{ BEARER ",\"events\":{}}", NO },
		{ BEARER ",\"token_introspection\":{}}", NO },
		{ BEARER ",\"htm\":\"POST\"}", NO },
		{ BEARER ",\"status_list\":{}}", NO },
		{ BEARER ",\"aud\":\"cli\",\"nonce\":\"n\"}", NO },
		{ BEARER ",\"aud\":\"ssh\",\"nonce\":\"n\"}", BA_OK },
		{ BEARER ",\"aud\":\"cli\"}", BA_OK },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++)
		expect_answer(table[i].claims, ba_profile_kind, table[i].err);
}

/* A JWT may not say what only an answer says. */
static void
test_jwt09_token_use_of_a_jwt(void **state)
{
	static const struct kind kinds[] = {
		{ "{" SUB ",\"token_use\":\"access\"}", BA_OK, BA_OK },
		{ "{" SUB ",\"token_use\":\"access_token\"}", NO, NO },
		/* token_type is no claim of a JWT, and says nothing in one */
		{ "{" SUB ",\"token_type\":\"DPoP\"}", BA_OK, BA_OK },
	};

	(void)state;
	judge_kinds(kinds, N(kinds));
}

static void
test_int03_required_of_an_answer(void **state)
{
	static const struct {
		const char *claims;
		int err;
	} table[] = {
		{ "{\"sub\":\"x\"}", BA_OK },
		{ "{\"sub\":\"x\",\"client_id\":1,\"jti\":null}", BA_OK },
		{ "{\"client_id\":\"x\",\"jti\":\"x\"}", BA_ERR_CLAIM },
		{ "{\"sub\":\"\"}", BA_ERR_CLAIM },
		{ "{\"sub\":1}", BA_ERR_CLAIM },
		{ "{\"sub\":null}", BA_ERR_CLAIM },
		{ "{\"sub\":\"x\",\"cnf\":{}}", BA_ERR_CNF },
		{ "{\"sub\":\"x\",\"cnf\":null}", BA_ERR_CNF },
	};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++)
		expect_answer(table[i].claims, ba_profile_claims, table[i].err);
	/* a tenant as ever */
	begin(&w, LEGACY);
	w.c.introspected = true;
	w.issuer.tenant = TENANT;
	expect(&w, "{\"sub\":\"x\"}", ba_profile_claims, BA_ERR_TENANT);
	expect(&w, "{\"sub\":\"x\",\"tid\":\"" TENANT "\"}", ba_profile_claims,
	    BA_OK);
}

/* Beside a signature: nothing has to be there, and nothing may contradict. */
static void
test_int03_answer_about_a_signed_token(void **state)
{
	static const struct {
		const char *claims;
		int err;
	} table[] = {
		{ "{}", BA_OK },
		{ "{\"token_type\":\"bearer\"}", BA_OK },
		{ "{\"token_type\":\"DPoP\"}", BA_ERR_TYP },
		{ "{\"token_type\":null}", BA_ERR_TYP },
		{ "{\"token_use\":\"access_token\"}", BA_OK },
		{ "{\"token_use\":\"refresh_token\"}", BA_ERR_ID_TOKEN },
		{ "{\"at_hash\":\"x\"}", BA_ERR_ID_TOKEN },
		{ "{\"cnf\":{\"x5t#S256\":\"x\"}}", BA_ERR_CNF },
		{ "{\"jti\":\"x\"}", BA_OK },
	};
	struct world w;
	json_t *o;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		begin(&w, RFC);
		w.c.introspected = true;
		/* says nothing where nothing is to be said */
		ba_case_say(&w.c, NULL, "it is active");
		assert_int_equal(
		    ba_json_parse(table[i].claims, strlen(table[i].claims), &o),
		    BA_OK);
		w.c.claims = o;
		assert_int_equal(ba_profile_answer(&w.c), table[i].err);
		json_decref(o);
		assert_int_equal(strcmp(w.c.detail, "it is active") == 0,
		    table[i].err == BA_OK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at01_jws11_type),
		cmocka_unit_test(test_jwt09_at09_signs),
		cmocka_unit_test(test_v54_at09_nonce_and_client),
		cmocka_unit_test(test_v54_at09_positive_sign),
		cmocka_unit_test(test_at06_jwt06_required),
		cmocka_unit_test(test_pop01_confirmation),
		cmocka_unit_test(test_v36_tenant),
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_client_claims),
		cmocka_unit_test(test_alien_claims),
		cmocka_unit_test(test_scope_claim),
		cmocka_unit_test(test_v54_access_tokens_of_providers),
		cmocka_unit_test(test_v54_at09_id_tokens_of_providers),
		cmocka_unit_test(test_int03_jwt09_kind_of_an_answer),
		cmocka_unit_test(test_jwt09_token_use_of_a_jwt),
		cmocka_unit_test(test_int03_required_of_an_answer),
		cmocka_unit_test(test_int03_answer_about_a_signed_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
