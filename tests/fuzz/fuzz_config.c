/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct seen {
	unsigned lines, problems;
};

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct seen *seen = arg;

	seen->problems++;
	MUST(strcmp(file, "fuzz") == 0 && line <= seen->lines);
	MUST(*text != '\0' && fuzz_is_text(text, strlen(text)));
}

static void
judge_path(const struct ba_claim_path *path)
{
	size_t i;

	MUST(path->n > 0 && path->n <= BA_CLAIM_STEPS);
	MUST(strlen(path->text) <= BA_CLAIM_PATH_MAX);
	MUST(fuzz_is_line(path->text));
	for (i = 0; i < path->n; i++)
		MUST(path->step[i][0] != '\0');
}

static void
judge_words(const struct ba_strings *words)
{
	size_t i;

	for (i = 0; i < words->n; i++)
		MUST(words->v[i][0] != '\0' &&
		     strpbrk(words->v[i], " \t\n") == NULL);
	MUST(words->n == 0 || words->where.line > 0);
}

/* Those that may be written in quotes. */
static void
judge_names(const struct ba_strings *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		MUST(names->v[i][0] != '\0');
	MUST(names->n == 0 || names->where.line > 0);
}

/* RFC 7518 section 3: who shares a secret has no other keys. */
static void
judge_keys(const struct ba_issuer *issuer)
{
	unsigned all = BA_ALG_ASYMMETRIC;

	if (issuer->symmetric_key_file != NULL) {
		MUST(issuer->jwks_file == NULL && issuer->ca_file == NULL);
		/* It is for one tenant; those of a section stand together. */
		MUST(issuer->index == 0 ||
		     strcmp(issuer[-1].section, issuer->section) != 0);
		all = BA_ALG_SYMMETRIC;
	}
	MUST(issuer->algorithms != 0 && (issuer->algorithms & ~all) == 0);
}

static void
judge_issuer(const struct ba_config *c, const struct ba_issuer *issuer)
{
	bool template = strstr(issuer->section, "{tenantid}") != NULL;
	size_t i;

	MUST(&c->issuers[issuer->index] == issuer);
	/* No other has this URL. */
	MUST(ba_config_issuer(c, issuer->url) == issuer);
	MUST(strncmp(issuer->url, "https://", 8) == 0);
	MUST(strchr(issuer->url, '{') == NULL);
	MUST(template ? issuer->tenant != NULL &&
			    strstr(issuer->url, issuer->tenant) != NULL
		      : strcmp(issuer->url, issuer->section) == 0);
	judge_keys(issuer);
	judge_words(&issuer->audience);
	judge_words(&issuer->email_domain);
	MUST(issuer->clock_skew >= 0 && issuer->clock_skew <= BA_SKEW_MAX);
	for (i = 0; i < issuer->group_claim.n; i++)
		judge_path(&issuer->group_claim.v[i]);
	MUST(issuer->username.n > 0 || issuer->map_file != NULL);
	MUST(issuer->map == NULL);
	if (issuer->username.n > 0)
		judge_path(&issuer->username);
	else
		MUST(issuer->strip_domain == NULL && issuer->pattern == NULL &&
		     issuer->email_domain.n == 0);
	MUST(issuer->strip_domain == NULL || issuer->pattern == NULL);
	MUST((issuer->pattern == NULL) == (issuer->pattern_text == NULL));
	MUST(fuzz_is_line(issuer->pattern_text));
	/* OIDC-03: an address counts by its domain. */
	if (issuer->username.n == 1 &&
	    strcmp(issuer->username.step[0], "email") == 0)
		MUST(
		    issuer->strip_domain != NULL || issuer->email_domain.n > 0);
}

static void
judge_limit(const struct ba_limit *limit)
{
	if (limit->where.file == NULL)
		MUST(limit->s == 0);
	else
		MUST(limit->s >= 1 && limit->s <= BA_LIMIT_MAX);
}

static void
judge_service(const struct ba_config *c, const struct ba_service *s)
{
	size_t i;

	MUST(s->n_issuers > 0 && s->n_peers > 0 && s->min_uid > 0);
	MUST(ba_config_service(c, s->name) == s);
	MUST(fuzz_is_line(s->confirm));
	for (i = 0; i < s->n_issuers; i++) {
		MUST(ba_config_issuer(c, s->issuer[i]->url) == s->issuer[i]);
		MUST(s->audience.n > 0 || s->issuer[i]->audience.n > 0);
	}
	for (i = 0; i < s->n_peers; i++)
		MUST(ba_service_peer(s, s->peer[i]));
	judge_words(&s->audience);
	judge_words(&s->require_scope);
	judge_names(&s->require_group);
	judge_names(&s->allow_group);
	judge_words(&s->allow_client);
	judge_words(&s->allow_acr);
	judge_words(&s->require_amr);
	judge_words(&s->allow_network.text);
	judge_limit(&s->max_auth_age);
	judge_limit(&s->max_lifetime);
	judge_limit(&s->max_token_age);
	for (i = 0; i < s->group_claim.n; i++)
		judge_path(&s->group_claim.v[i]);
	for (i = 0; i < s->allow_network.text.n; i++)
		MUST(s->allow_network.v[i].bits <= 128);
}

static void
judge(const struct ba_config *c)
{
	size_t i;

	for (i = 0; i < c->n_issuers; i++)
		judge_issuer(c, &c->issuers[i]);
	for (i = 0; i < c->n_services; i++)
		judge_service(c, &c->services[i]);
	for (i = 0; i < c->n_listens; i++)
		MUST(
		    c->listens[i].path[0] == '/' && c->listens[i].mode < 01000);
	MUST(c->n_issuers <= BA_ISSUERS_MAX);
	MUST(c->max_connections > 0 && c->max_per_uid > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct seen seen = { 1, 0 };
	const struct ba_config_report report = { problem, &seen };
	struct ba_config *config;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		seen.lines += p[i] == '\n';
	r = ba_config_parse("fuzz", p, n, &report, &config);
	MUST(r == BA_OK || r == BA_ERR_CONFIG);
	MUST((r == BA_OK) == (config != NULL));
	MUST((r == BA_OK) == (seen.problems == 0));
	if (config != NULL)
		judge(config);
	ba_config_free(config);
	return 0;
}
