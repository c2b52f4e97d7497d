/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/broker_user.h"
#include "cli/cli.h"
#include "common/base/log.h"
#include "common/base/paths.h"
#include "common/jose/jwk.h"
#include "common/oauth/client.h"
#include "common/oauth/keys.h"
#include "common/policy/config.h"
#include "common/policy/ini.h"
#include "common/policy/map.h"

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

/* As it is written in the file: a name with blanks stands in quotes. */
static void
print_word(const char *word)
{
	char s[BA_INI_LINE_MAX + 1];
	size_t i;

	/* A JSON string may stand for anything. */
	ba_sanitise(s, sizeof(s), word, strlen(word));
	if (strchr(s, ' ') == NULL && s[0] != '"') {
		(void)printf(" %s", s);
		return;
	}
	(void)printf(" \"");
	for (i = 0; s[i] != '\0'; i++)
		(void)printf(
		    "%s%c", s[i] == '"' || s[i] == '\\' ? "\\" : "", s[i]);
	(void)printf("\"");
}

static void
print_words(const char *name, const struct ba_strings *s)
{
	size_t i;

	(void)printf("%s", name);
	for (i = 0; i < s->n; i++)
		print_word(s->v[i]);
}

/* A rule of the summary, on a line of its own; nothing where there is none. */
static void
print_rule(const char *name, const struct ba_strings *s)
{
	if (s->n == 0)
		return;
	print_words(name, s);
	(void)printf("\n");
}

static void
print_limit(const char *text, const struct ba_limit *limit)
{
	if (limit->where.file != NULL)
		(void)printf("    %s %lld s\n", text, (long long)limit->s);
}

static void
print_paths(const struct ba_claim_paths *paths)
{
	size_t i;

	if (paths->n == 0)
		return;
	(void)printf("    groups from claims");
	for (i = 0; i < paths->n; i++)
		(void)printf(" %s", paths->v[i].text);
	(void)printf("\n");
}

static void
print_identity(const struct ba_issuer *issuer)
{
	if (issuer->map != NULL)
		(void)printf("    user name from %s (%zu subjects)\n",
		    issuer->map_file, ba_map_count(issuer->map));
	if (issuer->username.n > 0)
		(void)printf(
		    "    user name from claim %s", issuer->username.text);
	if (issuer->strip_domain != NULL)
		(void)printf(", less @%s", issuer->strip_domain);
	if (issuer->pattern != NULL)
		(void)printf(", by pattern %s", issuer->pattern_text);
	if (issuer->email_domain.n > 0)
		print_words(", of", &issuer->email_domain);
	if (issuer->username.n > 0)
		(void)printf("\n");
}

/* A person is sent there only where a service says so. */
static void
print_device_issuer(const struct ba_issuer *issuer)
{
	if (!issuer->device)
		return;
	(void)printf("    device flow as client %s, ", issuer->client.id);
	if (issuer->device_endpoint != NULL && issuer->token_endpoint != NULL)
		(void)printf("by %s\n", issuer->device_endpoint);
	else
		(void)printf("where its metadata must say\n");
}

static void
print_issuer(const struct ba_issuer *issuer)
{
	const char *keys = "the issuer";
	unsigned bit;

	if (issuer->jwks_file != NULL)
		keys = issuer->jwks_file;
	else if (issuer->symmetric_key_file != NULL)
		keys = issuer->symmetric_key_file;
	(void)printf("issuer %s\n", issuer->url);
	if (issuer->tenant != NULL)
		(void)printf("    tenant %s\n", issuer->tenant);
	(void)printf("    profile %s; algorithms",
	    issuer->profile == BA_PROFILE_LEGACY ? "legacy" : "rfc9068");
	for (bit = 1; bit <= BA_ALG_ALL; bit <<= 1)
		if ((issuer->algorithms & bit) != 0)
			(void)printf(" %s", ba_alg_name((enum ba_alg)bit));
	(void)printf("; keys from %s\n", keys);
	if (issuer->verify != BA_VERIFY_JWT)
		(void)printf("    the issuer is asked about tokens%s\n",
		    issuer->verify == BA_VERIFY_BOTH
			? " whose signature holds"
			: ", and not their signatures");
	print_device_issuer(issuer);
	print_rule("    audience", &issuer->audience);
	print_identity(issuer);
	print_paths(&issuer->group_claim);
	if (issuer->group_words)
		(void)printf("    groups in a string between spaces\n");
}

static void
print_rules(const struct ba_service *s)
{
	print_rule("    audience", &s->audience);
	print_rule("    scopes, all of", &s->require_scope);
	print_paths(&s->group_claim);
	print_rule("    groups, all of", &s->require_group);
	print_rule("    groups, one of", &s->allow_group);
	print_rule("    clients, one of", &s->allow_client);
	print_rule("    acr, one of", &s->allow_acr);
	print_rule("    amr, all of", &s->require_amr);
	print_limit("last authentication at most", &s->max_auth_age);
	print_limit("lifetime of a token at most", &s->max_lifetime);
	print_limit("age of a token at most", &s->max_token_age);
	if (s->single_use)
		(void)printf("    each token once\n");
	if (s->opaque_issuer != NULL)
		(void)printf(
		    "    opaque tokens of %s\n", s->opaque_issuer->url);
	print_rule("    networks, one of", &s->allow_network.text);
}

static void
print_device(const struct ba_device_config *d)
{
	static const char *const qr[] = {
		[BA_QR_AUTO] = "where it fits",
		[BA_QR_YES] = "always",
		[BA_QR_NO] = "never",
	};

	if (d->issuer == NULL)
		return;
	(void)printf("    device flow of %s, %lld s; QR code %s%s\n",
	    d->issuer->url, (long long)d->timeout, qr[d->qr],
	    d->complete_uri ? ", with the code in it" : "");
	print_rule("    device flow from networks", &d->network.text);
	(void)printf("    device flow at most %u for a user, %u from an "
		     "address in %d s\n",
	    d->limit_user, d->limit_address, BA_DEVICE_WINDOW);
}

static void
print_sasl(const struct ba_service *s)
{
	size_t i;

	if (s->authzid == BA_AUTHZID_PROXY)
		(void)printf("    who may be whom, the server decides\n");
	if (s->shared_map != NULL)
		(void)printf("    mailboxes are shared by %s (%zu lines)\n",
		    s->shared_map_file, ba_map_count(s->shared_map));
	for (i = 0; i < s->shared_claim.n; i++)
		(void)printf("    mailboxes are shared by claim %s\n",
		    s->shared_claim.v[i].text);
	print_rule("    reached as host", &s->host);
	print_rule("    reached at port", &s->port);
}

static void
print_service(const struct ba_service *s)
{
	size_t i;

	(void)printf("service %s\n    issuers", s->name);
	for (i = 0; i < s->n_issuers; i++)
		(void)printf(" %s", s->issuer[i]->url);
	(void)printf("\n");
	print_rules(s);
	print_device(&s->device);
	print_sasl(s);
	if (s->accounts == BA_ACCOUNTS_LOCAL)
		(void)printf("    users of this machine from uid %lu",
		    (unsigned long)s->min_uid);
	else
		(void)printf("    virtual users");
	(void)printf("; asked by uid");
	for (i = 0; i < s->n_peers; i++)
		(void)printf(" %lu", (unsigned long)s->peer[i]);
	(void)printf("\n");
}

/* What the broker would find out at the first login only. */
static void
note_key_file(const struct ba_issuer *issuer, uid_t trusted_uid)
{
	bool secret = issuer->symmetric_key_file != NULL;
	const char *file =
	    secret ? issuer->symmetric_key_file : issuer->jwks_file;
	struct ba_jwks *set = NULL;
	struct ba_buf b;
	const char *why = "";
	size_t bad = 0;
	int r;

	if (file == NULL)
		return;
	ba_buf_init(&b, BA_JWKS_BYTES_MAX);
	r = ba_keys_read_file(file, trusted_uid, secret, &b, &why);
	if (r != BA_OK) {
		note_at(&issuer->where, file, why);
		goto out;
	}
	r = secret ? ba_jwks_parse_symmetric(b.p, b.len, &set)
		   : ba_jwks_parse(b.p, b.len, &set, &bad);
	if (r != BA_OK)
		note_at(&issuer->where, file,
		    secret ? "is no set of secrets that are long enough; "
			     "nobody enters by it"
			   : "is no key set with a usable key; nobody enters "
			     "by it");
	else if (bad > 0)
		note_at(&issuer->where, file,
		    "has keys that break the rules and are not used");
out:
	ba_jwks_free(set);
	ba_buf_wipe(&b);
}

/* V45: many providers let people change these themselves. */
static void
note_claim(const struct ba_issuer *issuer)
{
	static const char *const theirs[] = { "email", "name", "nickname",
		"preferred_username", "unique_name", "upn" };
	const char *claim = issuer->username.text;
	size_t i;

	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		if (issuer->username.n > 0 && strcmp(claim, theirs[i]) == 0)
			note_at(&issuer->username_where, claim,
			    "make sure that users cannot change this claim "
			    "themselves");
}

static bool
is_credential(const char *file)
{
	return file != NULL && strncmp(file, "credential:", 11) == 0;
}

/* The service manager's credentials are the service's alone. */
static void
note_client(const struct ba_issuer *issuer, uid_t trusted_uid)
{
	const struct ba_client_config *c = &issuer->client;
	struct ba_credentials *client = NULL;
	const char *why = "";
	int r;

	if (c->id == NULL || is_credential(c->secret_file) ||
	    is_credential(c->key_file) || is_credential(c->certificate_file))
		return;
	r = ba_client_new(issuer, trusted_uid, NULL, &why, &client);
	if (r != BA_OK)
		note_at(&c->where, c->id, why);
	ba_client_free(client);
}

static void
note_readable(const struct ba_issuer *issuer, const char *path)
{
	if (path != NULL && access(path, R_OK) != 0)
		note_at(&issuer->where, path, "cannot be read");
}

static void
note_issuer(const struct ba_issuer *issuer, uid_t trusted_uid)
{
	note_key_file(issuer, trusted_uid);
	note_client(issuer, trusted_uid);
	note_readable(issuer, issuer->ca_file);
	note_readable(issuer, issuer->ca_directory);
	note_claim(issuer);
}

/* Two issuers that name by a claim can mean two people by one name. */
static void
note_names(const struct ba_service *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n_issuers; i++)
		n += s->issuer[i]->username.n > 0;
	if (n > 1)
		note_at(&s->where, s->name,
		    "several issuers or tenants name people by a claim: a name "
		    "of the one is the same person as that of the other");
}

/* Is scope among those of the list, as they stand in device_scope =? */
static bool
is_asked_for(const char *list, const char *scope)
{
	size_t n = strlen(scope);

	while (list != NULL) {
		if (strncmp(list, scope, n) == 0 &&
		    (list[n] == ' ' || list[n] == '\0'))
			return true;
		list = strchr(list, ' ');
		if (list != NULL)
			list++;
	}
	return false;
}

/* What nobody hears of before somebody has waited for it in vain. */
static void
note_device(const struct ba_service *s)
{
	const struct ba_device_config *d = &s->device;
	size_t i;

	if (d->issuer == NULL)
		return;
	if (d->timeout > BA_DEVICE_TIMEOUT_DEFAULT)
		note_at(&s->where, s->name,
		    "device_timeout is long: sshd ends a login after 120 s "
		    "unless its LoginGraceTime says otherwise");
	for (i = 0; i < s->require_scope.n; i++)
		if (!is_asked_for(
			d->issuer->device_scope, s->require_scope.v[i]))
			note_at(&s->where, s->require_scope.v[i],
			    "this scope is required and the device flow does "
			    "not ask for it: see device_scope of its issuer");
}

static void
note_service(const struct ba_service *s)
{
	note_names(s);
	note_device(s);
	if (s->authzid == BA_AUTHZID_PROXY)
		note_at(&s->where, s->name,
		    "with authzid = proxy anybody may ask to be anybody: make "
		    "sure that the server has rules of its own for that");
	if (s->account_without_token == BA_UNSAID &&
	    s->accounts == BA_ACCOUNTS_LOCAL)
		note_at(&s->where, s->name,
		    "account_without_token is not set: where pam_oauth2 stands "
		    "in the account phase, logins by key or password are "
		    "denied; say allow or deny");
	if (s->require_scope.n == 0 && s->require_group.n == 0 &&
	    s->allow_group.n == 0 && s->allow_client.n == 0)
		note_at(&s->where, s->name,
		    "neither scope nor group nor client is asked for: any "
		    "token of its issuers for the audience will do");
}

/* Tenants share their section, and what is to be said of it. */
static bool
first_of_section(const struct ba_config *config, size_t i)
{
	return i == 0 || strcmp(config->issuers[i - 1].section,
			     config->issuers[i].section) != 0;
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
		if (first_of_section(config, i))
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
	const struct ba_cli_option options[] = { { "--config", &file, false } };
	struct ba_config *config = NULL;
	char path[PATH_MAX];
	uid_t trusted_uid;
	int keep = -1, r;

	if (!ba_cli_options(argc, argv, options, 1))
		return BA_FAMILY_FAULT;
	r = ba_cli_absolute(file, path);
	if (r == BA_OK)
		r = ba_cli_be_broker_user(&keep, &trusted_uid);
	if (r != BA_OK)
		return ba_cli_exit_code(r);
	r = ba_config_load(path, trusted_uid, &report, &config);
	if (r == BA_OK)
		print_summary(config, trusted_uid);
	else
		(void)printf("%s: %s\n", path, ba_err_text(r));
	ba_config_free(config);
	return ba_cli_exit_code(r);
}
