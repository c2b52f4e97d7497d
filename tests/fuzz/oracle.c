/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* A member that must be a string. */
static const char *
text(const json_t *claims, const char *name)
{
	const json_t *v = json_object_get(claims, name);

	MUST(json_is_string(v));
	MUST(strlen(json_string_value(v)) == json_string_length(v));
	return json_string_value(v);
}

/* A member that must be a time, in whole seconds. */
static double
when(const json_t *claims, const char *name)
{
	const json_t *v = json_object_get(claims, name);
	double t = floor(json_number_value(v));

	MUST(json_is_number(v));
	MUST(t >= 0 && t < 253402300800.0);
	return t;
}

static bool
names(const json_t *v, const char *want)
{
	const json_t *e;
	size_t i;

	if (json_is_string(v))
		return strcmp(json_string_value(v), want) == 0;
	for (i = 0; i < json_array_size(v); i++) {
		e = json_array_get(v, i);
		if (json_is_string(e) &&
		    strcmp(json_string_value(e), want) == 0)
			return true;
	}
	return false;
}

/* Space-separated in a string, or an element of an array. */
static bool
has_word(const json_t *v, const char *word)
{
	char list[8200], with[600];

	if (!json_is_string(v))
		return names(v, word);
	(void)snprintf(list, sizeof(list), " %s ", json_string_value(v));
	(void)snprintf(with, sizeof(with), " %s ", word);
	return strstr(list, with) != NULL;
}

/* What stands at a path of names, as it was written. */
static const json_t *
at(const json_t *claims, const struct ba_claim_path *path)
{
	size_t i;

	MUST(path->n > 0);
	for (i = 0; i < path->n; i++)
		claims = json_object_get(claims, path->step[i]);
	return claims;
}

static bool
listed(const struct ba_strings *list, const char *s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->v[i], s) == 0)
			return true;
	return false;
}

static const struct ba_issuer *
issuer_of(const struct ba_service *service, const char *iss)
{
	size_t i;

	for (i = 0; i < service->n_issuers; i++)
		if (strcmp(service->issuer[i]->url, iss) == 0)
			return service->issuer[i];
	return NULL;
}

static void
judge_audience(const struct ba_verdict *v, const json_t *claims)
{
	const struct ba_strings *list = &v->service->audience;
	bool audience = false;
	size_t i;

	if (list->n == 0)
		list = &v->issuer->audience;
	for (i = 0; i < list->n; i++)
		audience = audience ||
			   names(json_object_get(claims, "aud"), list->v[i]);
	MUST(audience);
}

static bool
set(const struct ba_limit *limit)
{
	return limit->where.file != NULL;
}

static void
judge_times(const struct ba_snapshot *s, const struct ba_verdict *v,
    const json_t *claims)
{
	const struct ba_service *service = v->service;
	double now = (double)s->now, skew = (double)v->issuer->clock_skew;
	double iat = when(claims, "iat"), exp = when(claims, "exp"), t;

	MUST(now < exp + skew && (double)v->exp == exp);
	MUST(iat <= now + skew);
	if (json_object_get(claims, "nbf") != NULL)
		MUST(when(claims, "nbf") <= now + skew);
	if (set(&service->max_lifetime))
		MUST(exp - iat <= (double)service->max_lifetime.s);
	if (set(&service->max_token_age))
		MUST(now - iat <= (double)service->max_token_age.s + skew);
	if (set(&service->max_auth_age)) {
		t = when(claims, "auth_time");
		MUST(t <= now + skew);
		MUST(now - t <= (double)service->max_auth_age.s + skew);
	}
}

/* The client's claims: is one there, and is one of them in aud? */
static void
find_clients(const struct ba_service *service, const json_t *claims,
    bool *knownp, bool *in_audp)
{
	static const char *const clients[] = { "client_id", "azp", "appid",
		"cid" };
	const json_t *v;
	size_t i;
	bool any = false;

	*knownp = *in_audp = false;
	for (i = 0; i < 4; i++) {
		v = json_object_get(claims, clients[i]);
		any = any || v != NULL;
		if (v != NULL && service->allow_client.n > 0)
			MUST(listed(
			    &service->allow_client, text(claims, clients[i])));
		if (!json_is_string(v))
			continue;
		*knownp = true;
		*in_audp = *in_audp || names(json_object_get(claims, "aud"),
					   json_string_value(v));
	}
	MUST(any || service->allow_client.n == 0);
}

/* In legacy: does anything say that it is an access token? */
static bool
is_access(const json_t *claims)
{
	static const char *const said[] = { "scope", "scp", "typ", "azpacr" };
	static const char *const clients[] = { "client_id", "appid", "cid" };
	const char *client;
	bool yes = false;
	size_t i;

	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		yes = yes || json_object_get(claims, said[i]) != NULL;
	for (i = 0; i < sizeof(clients) / sizeof(clients[0]); i++) {
		client = json_string_value(json_object_get(claims, clients[i]));
		yes = yes || (client != NULL && *client != '\0');
	}
	return yes;
}

/* No token of another kind, by the profile. */
static void
judge_kind(const struct ba_verdict *v, const json_t *claims)
{
	static const char *const alien[] = { "cnf", "at_hash", "c_hash",
		"s_hash", "events", "token_introspection", "htm", "htu",
		"status_list", "vc", "vct", "software_id" };
	bool nonce = json_object_get(claims, "nonce") != NULL, known, in_aud;
	size_t i;

	for (i = 0; i < sizeof(alien) / sizeof(alien[0]); i++)
		MUST(json_object_get(claims, alien[i]) == NULL);
	find_clients(v->service, claims, &known, &in_aud);
	MUST(!nonce || !in_aud);
	if (v->issuer->profile == BA_PROFILE_RFC9068) {
		MUST(*text(claims, "jti") != '\0');
		MUST(*text(claims, "client_id") != '\0');
		return;
	}
	if (json_object_get(claims, "typ") != NULL)
		MUST(strcmp(text(claims, "typ"), "Bearer") == 0);
	MUST(!nonce || known);
	MUST(is_access(claims));
	MUST(json_object_get(claims, "scope") != NULL ||
	     json_object_get(claims, "scp") != NULL || (known && !in_aud));
}

/* A string is a list only where the issuer's section says so. */
static bool
holds(const struct ba_issuer *issuer, const json_t *v, const char *group)
{
	return issuer->group_words ? has_word(v, group) : names(v, group);
}

static bool
in_group(const struct ba_verdict *v, const json_t *claims, const char *group)
{
	const struct ba_claim_paths *paths = &v->service->group_claim;
	size_t i;

	if (paths->n == 0)
		paths = &v->issuer->group_claim;
	if (paths->n == 0)
		return holds(
		    v->issuer, json_object_get(claims, "groups"), group);
	for (i = 0; i < paths->n; i++)
		if (holds(v->issuer, at(claims, &paths->v[i]), group))
			return true;
	return false;
}

static void
judge_rules(const struct ba_verdict *v, const json_t *claims)
{
	const struct ba_service *s = v->service;
	const json_t *scope = json_object_get(claims, "scope"),
		     *amr = json_object_get(claims, "amr");
	bool allowed = s->allow_group.n == 0;
	size_t i;

	if (scope == NULL && v->issuer->profile == BA_PROFILE_LEGACY)
		scope = json_object_get(claims, "scp");
	for (i = 0; i < s->require_scope.n; i++)
		MUST(has_word(scope, s->require_scope.v[i]));
	for (i = 0; i < s->require_group.n; i++)
		MUST(in_group(v, claims, s->require_group.v[i]));
	for (i = 0; i < s->allow_group.n; i++)
		allowed = allowed || in_group(v, claims, s->allow_group.v[i]);
	MUST(allowed);
	if (s->allow_acr.n > 0)
		MUST(listed(&s->allow_acr, text(claims, "acr")));
	MUST(s->require_amr.n == 0 || json_is_array(amr));
	for (i = 0; i < s->require_amr.n; i++)
		MUST(names(amr, s->require_amr.v[i]));
}

/* The bits of an address, first one first; how many, or 0. */
static size_t
bits_of(const char *address, size_t n, bool bits[128])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char b[16];
	char copy[64];
	size_t i, len = 16, skip = 0;

	if (n >= sizeof(copy))
		return 0;
	(void)snprintf(copy, sizeof(copy), "%.*s", (int)n, address);
	if (inet_pton(AF_INET, copy, b) == 1)
		len = 4;
	else if (inet_pton(AF_INET6, copy, b) != 1)
		return 0;
	else if (memcmp(b, mapped, 12) == 0)
		skip = 12;
	for (i = 0; i < 8 * (len - skip); i++)
		bits[i] = (b[skip + i / 8] >> (7 - i % 8) & 1) != 0;
	return i;
}

/* "192.0.2.0/24", as it was written. */
static bool
in_network(const char *net, const char *host)
{
	size_t n = strcspn(net, "/"), have, want, i, length;
	bool a[128], b[128];

	have = bits_of(host, strcspn(host, "%"), a);
	want = bits_of(net, n, b);
	MUST(want > 0);
	length = want;
	if (net[n] == '/') {
		length = strtoul(net + n + 1, NULL, 10);
		/* ::ffff:192.0.2.0/120 */
		if (want == 32 && strchr(net, ':') != NULL)
			length = length < 96 ? 129 : length - 96;
	}
	if (have != want)
		return false;
	for (i = 0; i < length && i < 128; i++)
		if (a[i] != b[i])
			return false;
	return length <= have;
}

static void
judge_source(const struct ba_question *q, const struct ba_strings *nets)
{
	size_t i;

	if (nets->n == 0)
		return;
	MUST(q->rhost != NULL);
	for (i = 0; i < nets->n; i++)
		if (in_network(nets->v[i], q->rhost))
			return;
	MUST(!"in a network");
}

/* Behind the first '@', one of the list; or the whole issuer's, exactly. */
static void
judge_email(
    const struct ba_issuer *issuer, const json_t *claims, const char *address)
{
	const char *domain = strchr(address, '@');

	MUST(json_is_true(json_object_get(claims, "email_verified")));
	MUST(domain != NULL);
	if (issuer->email_domain.n > 0)
		MUST(listed(&issuer->email_domain, domain + 1));
	else
		MUST(issuer->strip_domain != NULL &&
		     strcmp(issuer->strip_domain, domain + 1) == 0);
}

/* No map is ever read here, so that a claim names everybody. */
static void
judge_name(const struct ba_verdict *v, const json_t *claims)
{
	const struct ba_issuer *issuer = v->issuer;
	const json_t *value = at(claims, &issuer->username);
	const char *claim = json_string_value(value);
	char with[BA_NAME_MAX + 300];

	MUST(issuer->map_file == NULL && claim != NULL);
	MUST(strlen(claim) == json_string_length(value));
	if (issuer->username.n == 1 &&
	    strcmp(issuer->username.step[0], "email") == 0)
		judge_email(issuer, claims, claim);
	if (issuer->strip_domain != NULL) {
		(void)snprintf(
		    with, sizeof(with), "%s@%s", v->user, issuer->strip_domain);
		MUST(strcmp(with, claim) == 0 && !strchr(v->user, '@'));
	} else if (issuer->pattern != NULL) {
		MUST(strstr(claim, v->user) != NULL);
	} else {
		MUST(strcmp(v->user, claim) == 0);
	}
	MUST(fuzz_name_ok(v->user, v->service->accounts));
}

static void
judge_user(const struct ba_question *q, const struct ba_verdict *v)
{
	if (q->user != NULL)
		MUST(strcmp(q->user, v->user) == 0);
	if (q->uid_known)
		MUST(q->uid != 0 && q->uid != (uid_t)-1);
	if (v->service->accounts == BA_ACCOUNTS_LOCAL)
		MUST(q->user != NULL && q->uid_known &&
		     q->uid >= v->service->min_uid);
}

void
fuzz_judge(const struct ba_question *q, const struct ba_snapshot *s, int r,
    const struct ba_verdict *v, const json_t *claims)
{
	MUST(r == v->err);
	if (r != BA_OK) {
		MUST(v->user[0] == '\0' && v->sub == NULL && v->exp == 0);
		return;
	}
	MUST(v->service != NULL && v->issuer != NULL && v->claims != NULL);
	MUST(strcmp(v->service->name, q->service) == 0);
	MUST(issuer_of(v->service, text(claims, "iss")) == v->issuer);
	MUST(*text(claims, "sub") != '\0');
	MUST(strcmp(v->sub, text(claims, "sub")) == 0);
	if (v->issuer->tenant != NULL)
		MUST(strcmp(text(claims, "tid"), v->issuer->tenant) == 0);
	judge_audience(v, claims);
	judge_times(s, v, claims);
	judge_kind(v, claims);
	judge_rules(v, claims);
	judge_source(q, &v->service->allow_network.text);
	judge_name(v, claims);
	judge_user(q, v);
}

void
fuzz_check_line(void *arg, enum ba_check check, int err, const char *detail,
    const struct ba_where *where)
{
	(void)arg;
	MUST(err <= 0 && *ba_check_name(check) != '\0');
	MUST(fuzz_is_text(detail, strlen(detail)));
	MUST(where == NULL || strcmp(where->file, "fuzz") == 0);
}
