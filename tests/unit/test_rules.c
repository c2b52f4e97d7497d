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
#include "common/policy/rules.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define MAX  4 /* values of a rule in these tests */
#define NO_WORD                                                                \
	{                                                                      \
		NULL                                                           \
	}

struct world {
	struct ba_issuer issuer;
	struct ba_service service;
	struct ba_case c;
};

static const struct ba_where line = { "x.conf", 3 };
static const struct ba_where other_line = { "x.conf", 4 };

static void
begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->c.issuer = &w->issuer;
	w->c.service = &w->service;
	w->c.explain = true;
}

/* The words of a rule, as the configuration would have read them. */
struct list {
	char text[MAX][64];
	char *v[MAX];
};

static void
fill(struct ba_strings *s, struct list *l, const char *const words[MAX])
{
	memset(s, 0, sizeof(*s));
	while (s->n < MAX && words[s->n] != NULL) {
		(void)snprintf(
		    l->text[s->n], sizeof(l->text[0]), "%s", words[s->n]);
		l->v[s->n] = l->text[s->n];
		s->n++;
	}
	if (s->n > 0)
		s->where = line;
	s->v = l->v;
}

/* Listened to or not, which must make no difference but to what is said. */
static void
expect(struct world *w, const char *claims, int (*check)(struct ba_case *),
    int err)
{
	json_t *parsed;
	int r;

	assert_int_equal(ba_json_parse(claims, strlen(claims), &parsed), BA_OK);
	w->c.claims = parsed;
	w->c.explain = false;
	ba_case_begin(&w->c);
	r = check(&w->c);
	assert_string_equal(w->c.detail, "");
	w->c.explain = true;
	ba_case_begin(&w->c);
	assert_int_equal(check(&w->c), r);
	assert_string_not_equal(w->c.detail, "");
	if (r != err)
		fail_msg("%s: %s, not %s (%s)", claims, ba_err_name(r),
		    ba_err_name(err), w->c.detail);
	w->c.claims = NULL;
	json_decref(parsed);
}

struct row {
	const char *const words[MAX];
	const char *claims;
	int err;
};

/* Rules that are one list, at the place given of the service. */
static void
judge(const struct row *rows, size_t n, size_t at,
    int (*check)(struct ba_case *), enum ba_profile profile)
{
	struct world w;
	struct list l;
	size_t i;

	for (i = 0; i < n; i++) {
		struct ba_strings *s;

		begin(&w);
		w.issuer.profile = profile;
		s = (struct ba_strings *)(void *)((char *)&w.service + at);
		fill(s, &l, rows[i].words);
		expect(&w, rows[i].claims, check, rows[i].err);
		if (s->n > 0)
			assert_ptr_equal(w.c.where, &s->where);
		else
			assert_null(w.c.where);
	}
}

#define AT(member) offsetof(struct ba_service, member)

/* --- audience ------------------------------------------------------------- */

static const struct row audiences[] = {
	{ { "a" }, "{\"aud\":\"a\"}", BA_OK },
	{ { "a" }, "{\"aud\":[\"a\"]}", BA_OK },
	{ { "a" }, "{\"aud\":[\"x\",\"a\"]}", BA_OK },
	{ { "a" }, "{\"aud\":[\"a\",\"x\"]}", BA_OK },
	{ { "a", "b" }, "{\"aud\":\"b\"}", BA_OK },
	{ { "a", "b" }, "{\"aud\":[\"x\",\"b\"]}", BA_OK },
	{ { "a" }, "{\"aud\":\"b\"}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":\"A\"}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":\"a/\"}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":\"a \"}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":\"aa\"}", BA_ERR_AUD },
	{ { "aa" }, "{\"aud\":\"a\"}", BA_ERR_AUD },
	/* one audience of two words is none of two audiences */
	{ { "a" }, "{\"aud\":\"x a\"}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":\"\"}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":[]}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":[\"a\",1]}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":[1,\"a\"]}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":[\"a\",null]}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":[[\"a\"]]}", BA_ERR_AUD },
	{ { "a" }, "{\"aud\":{\"a\":\"a\"}}", BA_ERR_AUD },
	{ { "1" }, "{\"aud\":1}", BA_ERR_AUD },
	{ { "true" }, "{\"aud\":true}", BA_ERR_AUD },
	{ { "null" }, "{\"aud\":null}", BA_ERR_AUD },
	{ { "a" }, "{}", BA_ERR_AUD },
	{ { "a" }, "{\"Aud\":\"a\"}", BA_ERR_AUD },
	{ NO_WORD, "{\"aud\":\"a\"}", BA_ERR_AUD },
	{ NO_WORD, "{}", BA_ERR_AUD },
};

static void
test_jwt04_at03_v46_audience(void **state)
{
	struct world w;
	struct list l;
	size_t i;

	(void)state;
	judge(audiences, N(audiences), AT(audience), ba_rule_audience,
	    BA_PROFILE_RFC9068);
	/* The same of the issuer, where the service has none. */
	for (i = 0; i < N(audiences); i++) {
		begin(&w);
		fill(&w.issuer.audience, &l, audiences[i].words);
		expect(&w, audiences[i].claims, ba_rule_audience,
		    audiences[i].err);
		if (w.issuer.audience.n > 0)
			assert_ptr_equal(w.c.where, &w.issuer.audience.where);
	}
}

/* In place of the issuer's, not beside them. */
static void
test_jwt04_audience_of_the_service(void **state)
{
	static const char *const of_issuer[MAX] = { "a" };
	static const char *const of_service[MAX] = { "b" };
	struct list issuers, services;
	struct world w;

	(void)state;
	begin(&w);
	fill(&w.issuer.audience, &issuers, of_issuer);
	fill(&w.service.audience, &services, of_service);
	expect(&w, "{\"aud\":\"b\"}", ba_rule_audience, BA_OK);
	assert_ptr_equal(w.c.where, &w.service.audience.where);
	expect(&w, "{\"aud\":\"a\"}", ba_rule_audience, BA_ERR_AUD);
	expect(&w, "{\"aud\":[\"a\",\"b\"]}", ba_rule_audience, BA_OK);
	w.service.audience.n = 0;
	expect(&w, "{\"aud\":\"a\"}", ba_rule_audience, BA_OK);
	expect(&w, "{\"aud\":\"b\"}", ba_rule_audience, BA_ERR_AUD);
}

/* --- client --------------------------------------------------------------- */

static void
test_tok03_client(void **state)
{
	static const struct row rows[] = {
		{ { "c" }, "{\"client_id\":\"c\"}", BA_OK },
		{ { "c" }, "{\"azp\":\"c\"}", BA_OK },
		{ { "c" }, "{\"appid\":\"c\"}", BA_OK },
		{ { "c" }, "{\"cid\":\"c\"}", BA_OK },
		{ { "b", "c" }, "{\"azp\":\"c\"}", BA_OK },
		{ { "b", "c" }, "{\"azp\":\"c\",\"client_id\":\"b\"}", BA_OK },
		{ { "c" },
		    "{\"client_id\":\"c\",\"azp\":\"c\",\"appid\":\"c\","
		    "\"cid\":\"c\"}",
		    BA_OK },
		{ { "c" }, "{\"client_id\":\"x\"}", BA_ERR_CLIENT },
		{ { "c" }, "{\"azp\":\"x\"}", BA_ERR_CLIENT },
		{ { "c" }, "{\"client_id\":\"C\"}", BA_ERR_CLIENT },
		{ { "c" }, "{\"client_id\":\"cc\"}", BA_ERR_CLIENT },
		{ { "cc" }, "{\"client_id\":\"c\"}", BA_ERR_CLIENT },
		{ { "c" }, "{\"client_id\":\"\"}", BA_ERR_CLIENT },
		/* each that is there */
		{ { "c" }, "{\"client_id\":\"c\",\"azp\":\"x\"}",
		    BA_ERR_CLIENT },
		{ { "c" }, "{\"client_id\":\"x\",\"azp\":\"c\"}",
		    BA_ERR_CLIENT },
		{ { "c" }, "{\"azp\":\"c\",\"cid\":\"x\"}", BA_ERR_CLIENT },
		{ { "c" }, "{\"azp\":\"c\",\"appid\":\"x\"}", BA_ERR_CLIENT },
		{ { "c" }, "{\"azp\":\"c\",\"client_id\":null}",
		    BA_ERR_CLIENT },
		{ { "c" }, "{\"azp\":[\"c\"]}", BA_ERR_CLIENT },
		{ { "1" }, "{\"azp\":1}", BA_ERR_CLIENT },
		{ { "c" }, "{}", BA_ERR_CLIENT },
		{ { "c" }, "{\"client\":\"c\",\"sub\":\"c\",\"aud\":\"c\"}",
		    BA_ERR_CLIENT },
		{ NO_WORD, "{\"azp\":\"x\"}", BA_OK },
		{ NO_WORD, "{}", BA_OK },
	};

	(void)state;
	judge(rows, N(rows), AT(allow_client), ba_rule_client,
	    BA_PROFILE_RFC9068);
}

/* --- scope ---------------------------------------------------------------- */

static void
test_tok03_at07_v43_scope(void **state)
{
	static const struct row rows[] = {
		{ { "s" }, "{\"scope\":\"s\"}", BA_OK },
		{ { "s" }, "{\"scope\":\"a s b\"}", BA_OK },
		{ { "s", "t" }, "{\"scope\":\"t a s\"}", BA_OK },
		{ { "s" }, "{\"scope\":[\"s\"]}", BA_OK },
		{ { "s", "t" }, "{\"scope\":[\"t\",\"s\"]}", BA_OK },
		{ { "s" }, "{\"scope\":\"S\"}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":\"ss\"}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":\"s,t\"}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":\"s\\tt\"}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":\"\"}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":[]}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":[\"a s\"]}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":[\"s\",1]}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":null}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":{\"s\":\"s\"}}", BA_ERR_SCOPE },
		{ { "s" }, "{}", BA_ERR_SCOPE },
		/* every one of them */
		{ { "s", "t" }, "{\"scope\":\"s\"}", BA_ERR_SCOPE },
		{ { "s", "t" }, "{\"scope\":\"t\"}", BA_ERR_SCOPE },
		/* scp is another claim in rfc9068 */
		{ { "s" }, "{\"scp\":\"s\"}", BA_ERR_SCOPE },
		{ NO_WORD, "{}", BA_OK },
		{ NO_WORD, "{\"scope\":7}", BA_OK },
	};
	static const struct row legacy[] = {
		{ { "s" }, "{\"scope\":\"s\"}", BA_OK },
		{ { "s" }, "{\"scp\":\"s\"}", BA_OK },
		{ { "s" }, "{\"scp\":[\"a\",\"s\"]}", BA_OK },
		{ { "s" }, "{\"scp\":\"x\"}", BA_ERR_SCOPE },
		/* not beside it */
		{ { "s" }, "{\"scope\":\"x\",\"scp\":\"s\"}", BA_ERR_SCOPE },
		{ { "s" }, "{\"scope\":null,\"scp\":\"s\"}", BA_ERR_SCOPE },
		{ { "s", "t" }, "{\"scope\":\"t\",\"scp\":\"s\"}",
		    BA_ERR_SCOPE },
		{ { "s" }, "{}", BA_ERR_SCOPE },
	};

	(void)state;
	judge(rows, N(rows), AT(require_scope), ba_rule_scope,
	    BA_PROFILE_RFC9068);
	judge(legacy, N(legacy), AT(require_scope), ba_rule_scope,
	    BA_PROFILE_LEGACY);
}

/* --- groups --------------------------------------------------------------- */

static void
test_pm05_require_group(void **state)
{
	static const struct row rows[] = {
		{ { "g" }, "{\"groups\":[\"g\"]}", BA_OK },
		{ { "g" }, "{\"groups\":[\"x\",\"g\"]}", BA_OK },
		{ { "g" }, "{\"groups\":\"g\"}", BA_OK },
		/* a single group, as some send it, is no list */
		{ { "g" }, "{\"groups\":\"x g\"}", BA_ERR_GROUP },
		{ { "x g" }, "{\"groups\":\"x g\"}", BA_OK },
		{ { "g", "h" }, "{\"groups\":[\"h\",\"g\"]}", BA_OK },
		{ { "a b" }, "{\"groups\":[\"a b\"]}", BA_OK },
		/* what has a blank in it is never cut */
		{ { "a" }, "{\"groups\":[\"a b\"]}", BA_ERR_GROUP },
		{ { "g", "h" }, "{\"groups\":[\"g\"]}", BA_ERR_GROUP },
		{ { "g", "h" }, "{\"groups\":[\"h\"]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[\"G\"]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[\"/g\"]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[\"gg\"]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[\"g\",1]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":\"\"}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":null}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":{\"g\":true}}", BA_ERR_GROUP },
		{ { "g" }, "{}", BA_ERR_GROUP },
		{ { "g" }, "{\"roles\":[\"g\"]}", BA_ERR_GROUP },
		{ NO_WORD, "{}", BA_OK },
		{ NO_WORD, "{\"groups\":7}", BA_OK },
	};

	(void)state;
	judge(rows, N(rows), AT(require_group), ba_rule_group,
	    BA_PROFILE_RFC9068);
}

/* group_separator = space: of the issuer, whoever names the place. */
static void
test_pm05_v43_groups_in_a_string(void **state)
{
	static const struct {
		const char *groups;
		int whole; /* of ba_rule_group(), for the Admins */
		int words;
	} rows[] = {
		{ "\"Admins\"", BA_OK, BA_OK },
		{ "[\"Print\",\"Admins\"]", BA_OK, BA_OK },
		{ "\"Print Admins\"", BA_ERR_GROUP, BA_OK },
		{ "\"Admins Print\"", BA_ERR_GROUP, BA_OK },
		{ "\" Admins\"", BA_ERR_GROUP, BA_OK },
		{ "\"Admins,Print\"", BA_ERR_GROUP, BA_ERR_GROUP },
		{ "\"PrintAdmins\"", BA_ERR_GROUP, BA_ERR_GROUP },
		/* never of an array */
		{ "[\"Print Admins\"]", BA_ERR_GROUP, BA_ERR_GROUP },
	};
	static const char *const words[MAX] = { "Admins" };
	struct list l;
	struct world w;
	char claims[128];
	size_t i;

	(void)state;
	begin(&w);
	for (i = 0; i < N(rows); i++) {
		(void)snprintf(
		    claims, sizeof(claims), "{\"groups\":%s}", rows[i].groups);
		memset(&w.service, 0, sizeof(w.service));
		fill(&w.service.require_group, &l, words);
		w.issuer.group_words = false;
		expect(&w, claims, ba_rule_group, rows[i].whole);
		w.issuer.group_words = true;
		expect(&w, claims, ba_rule_group, rows[i].words);
		w.service.allow_group = w.service.require_group;
		w.service.require_group.n = 0;
		expect(&w, claims, ba_rule_group, rows[i].words);
		w.issuer.group_words = false;
		expect(&w, claims, ba_rule_group, rows[i].whole);
	}
}

static void
test_pm05_allow_group(void **state)
{
	static const struct row rows[] = {
		{ { "g" }, "{\"groups\":[\"g\"]}", BA_OK },
		{ { "g", "h" }, "{\"groups\":[\"g\"]}", BA_OK },
		{ { "g", "h" }, "{\"groups\":[\"h\"]}", BA_OK },
		{ { "g", "h" }, "{\"groups\":[\"x\"]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[\"x\"]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":[\"g\",{}]}", BA_ERR_GROUP },
		{ { "g" }, "{\"groups\":true}", BA_ERR_GROUP },
		{ { "g" }, "{}", BA_ERR_GROUP },
		{ NO_WORD, "{}", BA_OK },
	};

	(void)state;
	judge(
	    rows, N(rows), AT(allow_group), ba_rule_group, BA_PROFILE_RFC9068);
}

/* Both: all of the one, one of the other. */
static void
test_groups_required_and_allowed(void **state)
{
	static const char *const required[MAX] = { "r", "s" };
	static const char *const allowed[MAX] = { "a", "b" };
	struct list l1, l2;
	struct world w;

	(void)state;
	begin(&w);
	fill(&w.service.require_group, &l1, required);
	fill(&w.service.allow_group, &l2, allowed);
	expect(&w, "{\"groups\":[\"r\",\"s\",\"b\"]}", ba_rule_group, BA_OK);
	assert_ptr_equal(w.c.where, &w.service.allow_group.where);
	expect(&w, "{\"groups\":[\"r\",\"s\"]}", ba_rule_group, BA_ERR_GROUP);
	assert_non_null(strstr(w.c.detail, "; groups is [\"r\",\"s\"]"));
	assert_ptr_equal(w.c.where, &w.service.allow_group.where);
	expect(&w, "{\"groups\":[\"r\",\"b\"]}", ba_rule_group, BA_ERR_GROUP);
	assert_ptr_equal(w.c.where, &w.service.require_group.where);
	expect(&w, "{\"groups\":[\"b\"]}", ba_rule_group, BA_ERR_GROUP);
}

static const struct ba_claim_path realm = { "realm_access.roles",
	{ "realm_access", "roles" }, 2 };
static const struct ba_claim_path resource = { "resource_access.ssh.roles",
	{ "resource_access", "ssh", "roles" }, 3 };
static const struct ba_claim_path dotted = { "/a.b", { "a.b" }, 1 };

static void
test_group_claim_paths(void **state)
{
	static const char *const words[MAX] = { "g", "h" };
	struct ba_claim_path two[2] = { realm, resource }, one[1] = { dotted };
	struct ba_claim_paths none = { NULL, 0, { NULL, 0 } };
	struct list l;
	struct world w;

	(void)state;
	begin(&w);
	fill(&w.service.require_group, &l, words);
	w.issuer.group_claim = (struct ba_claim_paths){ two, 2, other_line };
	expect(&w, "{\"realm_access\":{\"roles\":[\"g\",\"h\"]}}",
	    ba_rule_group, BA_OK);
	/* one here, one there */
	expect(&w,
	    "{\"realm_access\":{\"roles\":[\"h\"]},"
	    "\"resource_access\":{\"ssh\":{\"roles\":[\"g\"]}}}",
	    ba_rule_group, BA_OK);
	expect(&w,
	    "{\"realm_access\":{\"roles\":[\"h\"]},"
	    "\"resource_access\":{\"web\":{\"roles\":[\"g\"]}}}",
	    ba_rule_group, BA_ERR_GROUP);
	assert_non_null(
	    strstr(w.c.detail, "; realm_access.roles is [\"h\"]; "));
	assert_non_null(strstr(w.c.detail, "resource_access.ssh.roles is "
					   "missing"));
	/* the default has no part where there are places */
	expect(&w, "{\"groups\":[\"g\",\"h\"]}", ba_rule_group, BA_ERR_GROUP);
	expect(&w, "{\"realm_access.roles\":[\"g\",\"h\"]}", ba_rule_group,
	    BA_ERR_GROUP);
	/* the service's in place of the issuer's */
	w.service.group_claim = (struct ba_claim_paths){ one, 1, line };
	expect(&w, "{\"a.b\":[\"g\",\"h\"]}", ba_rule_group, BA_OK);
	expect(&w, "{\"realm_access\":{\"roles\":[\"g\",\"h\"]}}",
	    ba_rule_group, BA_ERR_GROUP);
	w.service.group_claim = none;
	w.issuer.group_claim = none;
	expect(&w, "{\"groups\":[\"g\",\"h\"]}", ba_rule_group, BA_OK);
}

static void
test_group_claims_in_order(void **state)
{
	struct ba_claim_path two[2] = { realm, resource }, one[1] = { dotted };
	struct world w;

	(void)state;
	begin(&w);
	assert_string_equal(
	    ba_rule_group_claim(&w.issuer, &w.service, 0)->text, "groups");
	assert_null(ba_rule_group_claim(&w.issuer, &w.service, 1));
	w.issuer.group_claim = (struct ba_claim_paths){ two, 2, line };
	assert_ptr_equal(
	    ba_rule_group_claim(&w.issuer, &w.service, 0), &two[0]);
	assert_ptr_equal(
	    ba_rule_group_claim(&w.issuer, &w.service, 1), &two[1]);
	assert_null(ba_rule_group_claim(&w.issuer, &w.service, 2));
	w.service.group_claim = (struct ba_claim_paths){ one, 1, line };
	assert_ptr_equal(
	    ba_rule_group_claim(&w.issuer, &w.service, 0), &one[0]);
	assert_null(ba_rule_group_claim(&w.issuer, &w.service, 1));
}

/* --- how the person was authenticated ------------------------------------- */

static void
test_step01_at07_acr(void **state)
{
	static const struct row rows[] = {
		{ { "2" }, "{\"acr\":\"2\"}", BA_OK },
		{ { "1", "2" }, "{\"acr\":\"2\"}", BA_OK },
		{ { "urn:x:gold" }, "{\"acr\":\"urn:x:gold\"}", BA_OK },
		{ { "2" }, "{\"acr\":\"1\"}", BA_ERR_ACR },
		{ { "2" }, "{\"acr\":\"22\"}", BA_ERR_ACR },
		{ { "gold" }, "{\"acr\":\"Gold\"}", BA_ERR_ACR },
		{ { "2" }, "{\"acr\":\"1 2\"}", BA_ERR_ACR },
		{ { "2" }, "{\"acr\":2}", BA_ERR_ACR },
		{ { "2" }, "{\"acr\":[\"2\"]}", BA_ERR_ACR },
		{ { "2" }, "{\"acr\":null}", BA_ERR_ACR },
		{ { "2" }, "{}", BA_ERR_ACR },
		{ NO_WORD, "{}", BA_OK },
	};

	(void)state;
	judge(rows, N(rows), AT(allow_acr), ba_rule_authentication,
	    BA_PROFILE_RFC9068);
}

static void
test_step01_at07_amr(void **state)
{
	static const struct row rows[] = {
		{ { "mfa" }, "{\"amr\":[\"mfa\"]}", BA_OK },
		{ { "mfa" }, "{\"amr\":[\"pwd\",\"mfa\"]}", BA_OK },
		{ { "mfa", "pwd" }, "{\"amr\":[\"pwd\",\"mfa\"]}", BA_OK },
		{ { "mfa", "hwk" }, "{\"amr\":[\"pwd\",\"mfa\"]}", BA_ERR_ACR },
		{ { "hwk", "mfa" }, "{\"amr\":[\"pwd\",\"mfa\"]}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":[\"MFA\"]}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":[]}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":[\"pwd mfa\"]}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":[\"mfa\",1]}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":[null,\"mfa\"]}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":\"mfa\"}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":\"pwd mfa\"}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":{\"mfa\":true}}", BA_ERR_ACR },
		{ { "mfa" }, "{\"amr\":null}", BA_ERR_ACR },
		{ { "mfa" }, "{}", BA_ERR_ACR },
		{ NO_WORD, "{}", BA_OK },
	};

	(void)state;
	judge(rows, N(rows), AT(require_amr), ba_rule_authentication,
	    BA_PROFILE_RFC9068);
}

static void
test_step01_acr_and_amr(void **state)
{
	static const char *const acr[MAX] = { "2" }, *const amr[MAX] = { "m" };
	struct list l1, l2;
	struct world w;

	(void)state;
	begin(&w);
	fill(&w.service.allow_acr, &l1, acr);
	fill(&w.service.require_amr, &l2, amr);
	expect(&w, "{\"acr\":\"2\",\"amr\":[\"m\"]}", ba_rule_authentication,
	    BA_OK);
	assert_non_null(strstr(w.c.detail, "acr is \"2\"; amr is [\"m\"]"));
	expect(&w, "{\"acr\":\"2\"}", ba_rule_authentication, BA_ERR_ACR);
	expect(&w, "{\"amr\":[\"m\"]}", ba_rule_authentication, BA_ERR_ACR);
}

/* --- where from ----------------------------------------------------------- */

static void
test_source(void **state)
{
	static const char *const words[MAX] = { "192.0.2.0/24",
		"2001:db8::/32" };
	static const struct {
		const char *rhost;
		int err;
	} rows[] = {
		{ "192.0.2.0", BA_OK },
		{ "192.0.2.255", BA_OK },
		{ "::ffff:192.0.2.7", BA_OK },
		{ "2001:db8::1", BA_OK },
		{ "192.0.3.0", BA_ERR_SOURCE },
		{ "192.0.1.255", BA_ERR_SOURCE },
		{ "2001:db9::1", BA_ERR_SOURCE },
		{ "ssh.example.org", BA_ERR_SOURCE },
		{ "192.0.2.7 ", BA_ERR_SOURCE },
		{ "192.0.2.7\n", BA_ERR_SOURCE },
		{ "", BA_ERR_SOURCE },
		{ NULL, BA_ERR_SOURCE },
	};
	struct ba_network nets[2];
	struct list l;
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(nets); i++)
		assert_int_equal(ba_network_parse(words[i], &nets[i]), BA_OK);
	for (i = 0; i < N(rows); i++) {
		begin(&w);
		w.c.rhost = rows[i].rhost;
		expect(&w, "{}", ba_rule_source, BA_OK);
		fill(&w.service.allow_network.text, &l, words);
		w.service.allow_network.v = nets;
		expect(&w, "{}", ba_rule_source, rows[i].err);
		assert_ptr_equal(
		    w.c.where, &w.service.allow_network.text.where);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jwt04_at03_v46_audience),
		cmocka_unit_test(test_jwt04_audience_of_the_service),
		cmocka_unit_test(test_tok03_client),
		cmocka_unit_test(test_tok03_at07_v43_scope),
		cmocka_unit_test(test_pm05_require_group),
		cmocka_unit_test(test_pm05_v43_groups_in_a_string),
		cmocka_unit_test(test_pm05_allow_group),
		cmocka_unit_test(test_groups_required_and_allowed),
		cmocka_unit_test(test_group_claim_paths),
		cmocka_unit_test(test_group_claims_in_order),
		cmocka_unit_test(test_step01_at07_acr),
		cmocka_unit_test(test_step01_at07_amr),
		cmocka_unit_test(test_step01_acr_and_amr),
		cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
