/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "common/base/io.h"
#include "common/base/paths.h"
#include "common/jose/jwk.h"
#include "common/policy/config.h"

/* Standard output: the problems are what was asked for. */
static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	(void)printf("%s:%u: %s\n", file, line, text);
}

static void
note_at(const struct ba_where *where, const char *about, const char *text)
{
	(void)printf(
	    "%s:%u: note: %s: %s\n", where->file, where->line, about, text);
}

static void
print_words(const char *name, const struct ba_strings *s)
{
	size_t i;

	(void)printf("%s", name);
	for (i = 0; i < s->n; i++)
		(void)printf(" %s", s->v[i]);
}

static void
print_issuer(const struct ba_issuer *issuer)
{
	unsigned bit;

	(void)printf("issuer %s\n", issuer->url);
	print_words("    audience", &issuer->audience);
	(void)printf("; user name from claim %s; algorithms", issuer->username);
	for (bit = 1; bit <= BA_ALG_ALL; bit <<= 1)
		if ((issuer->algorithms & bit) != 0)
			(void)printf(" %s", ba_alg_name((enum ba_alg)bit));
	(void)printf("; keys from %s\n",
	    issuer->jwks_file != NULL ? issuer->jwks_file : "the issuer");
}

static void
print_service(const struct ba_service *s)
{
	size_t i;

	(void)printf("service %s\n    issuers", s->name);
	for (i = 0; i < s->n_issuers; i++)
		(void)printf(" %s", s->issuer[i]->url);
	if (s->require_scope.n > 0)
		print_words("; scopes", &s->require_scope);
	else
		(void)printf("; no scope");
	if (s->accounts == BA_ACCOUNTS_LOCAL)
		(void)printf("; users of this machine from uid %lu",
		    (unsigned long)s->min_uid);
	else
		(void)printf("; virtual users");
	(void)printf("; asked by uid");
	for (i = 0; i < s->n_peers; i++)
		(void)printf(" %lu", (unsigned long)s->peer[i]);
	(void)printf("\n");
}

/* What the broker would find out at the first login only. */
static void
note_key_file(const struct ba_issuer *issuer, uid_t trusted_uid)
{
	struct ba_jwks *set = NULL;
	struct ba_buf b;
	const char *why = "";
	size_t bad = 0;

	if (issuer->jwks_file == NULL)
		return;
	ba_buf_init(&b, BA_JWKS_BYTES_MAX);
	if (ba_read_trusted(issuer->jwks_file, trusted_uid, 0, &b, &why) !=
	    BA_OK)
		note_at(&issuer->where, issuer->jwks_file, why);
	else if (ba_jwks_parse(b.p, b.len, &set, &bad) != BA_OK)
		note_at(&issuer->where, issuer->jwks_file,
		    "is no key set with a usable key; nobody enters by it");
	else if (bad > 0)
		note_at(&issuer->where, issuer->jwks_file,
		    "has keys that break the rules and are not used");
	ba_jwks_free(set);
	ba_buf_wipe(&b);
}

static void
note_issuer(const struct ba_issuer *issuer, uid_t trusted_uid)
{
	note_key_file(issuer, trusted_uid);
	if (issuer->ca_file != NULL && access(issuer->ca_file, R_OK) != 0)
		note_at(&issuer->where, issuer->ca_file, "cannot be read");
	/* V45: many providers let people change these themselves. */
	if (strcmp(issuer->username, "email") == 0 ||
	    strcmp(issuer->username, "preferred_username") == 0 ||
	    strcmp(issuer->username, "name") == 0)
		note_at(&issuer->where, issuer->username,
		    "make sure that users cannot change this claim "
		    "themselves");
}

static void
note_service(const struct ba_service *s)
{
	if (s->account_without_token == BA_UNSAID &&
	    s->accounts == BA_ACCOUNTS_LOCAL)
		note_at(&s->where, s->name,
		    "account_without_token is not set: where pam_oauth2 stands "
		    "in the account phase, logins by key or password are "
		    "denied; say allow or deny");
	if (s->require_scope.n == 0)
		note_at(&s->where, s->name,
		    "no require_scope: any token of its issuers for the "
		    "audience will do");
}

static void
print_summary(const struct ba_config *config, uid_t trusted_uid)
{
	size_t i;

	for (i = 0; i < config->n_issuers; i++)
		print_issuer(&config->issuers[i]);
	for (i = 0; i < config->n_services; i++)
		print_service(&config->services[i]);
	for (i = 0; i < config->n_listens; i++)
		(void)printf("listen %s\n    mode %04o, group %lu\n",
		    config->listens[i].path, (unsigned)config->listens[i].mode,
		    (unsigned long)config->listens[i].group);
	for (i = 0; i < config->n_issuers; i++)
		note_issuer(&config->issuers[i], trusted_uid);
	for (i = 0; i < config->n_services; i++)
		note_service(&config->services[i]);
	if (config->n_services == 0)
		(void)printf("note: no service has a section: nobody "
			     "enters anywhere\n");
	(void)printf("ok: %zu issuers, %zu services\n", config->n_issuers,
	    config->n_services);
}

int
ba_cli_config_test(int argc, char *const argv[])
{
	const struct ba_config_report report = { problem, NULL };
	const char *file = BA_CONFIG_FILE;
	const struct ba_cli_option options[] = { { "--config", &file } };
	struct ba_config *config;
	uid_t trusted_uid = geteuid();
	int r;

	if (!ba_cli_options(argc, argv, options, 1))
		return BA_FAMILY_FAULT;
	r = ba_config_load(file, trusted_uid, &report, &config);
	if (r == BA_OK)
		print_summary(config, trusted_uid);
	else
		(void)printf("%s: %s\n", file, ba_err_text(r));
	ba_config_free(config);
	return ba_cli_exit_code(r);
}
