/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
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
judge_claims(const struct ba_snapshot *s, const struct ba_verdict *v,
    const json_t *claims)
{
	const struct ba_issuer *issuer = v->issuer;
	double now = (double)s->now, skew = (double)issuer->clock_skew;
	bool audience = false;
	size_t i;

	for (i = 0; i < issuer->audience.n; i++)
		audience = audience || names(json_object_get(claims, "aud"),
					   issuer->audience.v[i]);
	MUST(audience);
	MUST(now < when(claims, "exp") + skew);
	MUST((double)v->exp == when(claims, "exp"));
	MUST(when(claims, "iat") <= now + skew);
	if (json_object_get(claims, "nbf") != NULL)
		MUST(when(claims, "nbf") <= now + skew);
	MUST(json_object_get(claims, "cnf") == NULL);
	MUST(json_object_get(claims, "at_hash") == NULL);
	MUST(json_object_get(claims, "c_hash") == NULL);
	MUST(*text(claims, "sub") != '\0' && *text(claims, "jti") != '\0' &&
	     *text(claims, "client_id") != '\0');
	MUST(strcmp(v->sub, text(claims, "sub")) == 0);
	for (i = 0; i < v->service->require_scope.n; i++)
		MUST(has_word(json_object_get(claims, "scope"),
		    v->service->require_scope.v[i]));
}

static void
judge_user(const struct ba_question *q, const struct ba_verdict *v,
    const json_t *claims)
{
	const char *claim = v->issuer->username;

	MUST(strcmp(v->user, text(claims, claim)) == 0);
	MUST(fuzz_name_ok(v->user, v->service->accounts));
	if (strcmp(claim, "email") == 0)
		MUST(json_is_true(json_object_get(claims, "email_verified")));
	if (q->user != NULL)
		MUST(strcmp(q->user, v->user) == 0);
	if (v->service->accounts == BA_ACCOUNTS_LOCAL)
		MUST(q->user != NULL && q->uid_known && q->uid != 0 &&
		     q->uid != (uid_t)-1 && q->uid >= v->service->min_uid);
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
	judge_claims(s, v, claims);
	judge_user(q, v, claims);
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
