/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <pwd.h>
#include <string.h>

#include "common/policy/config_value.h"

#define SERVICE_MAX 64 /* BA_TAG_SERVICE */
#define SCOPE_MAX   511 /* BA_TAG_SCOPE: all of require_scope in one list */
#define CONFIRM_MAX 400 /* what stock PAM hosts show of one message: 512 */
#define UID_MAX     4294967294UL /* (uid_t)-1 means "no uid" to chown(2) */

/* --- whose tokens --------------------------------------------------------- */

static int
add_issuer(struct ba_builder *b, struct ba_service *service,
    const struct ba_issuer *issuer)
{
	const struct ba_issuer **v;

	v = ba_arena_grow(
	    b->arena, service->issuer, service->n_issuers, sizeof(*v));
	if (v == NULL)
		return BA_ERR_NOMEM;
	v[service->n_issuers++] = issuer;
	service->issuer = v;
	return BA_OK;
}

/*
 * All tenants of a section, or one of them by its own URL; taken says, by
 * index, which there are already.
 */
static int
add_issuers(struct ba_builder *b, struct ba_service *service, const char *name,
    bool *taken)
{
	const struct ba_issuer *issuer = b->config->issuers;
	bool found = false;
	size_t i;
	int r = BA_OK;

	for (i = 0; r == BA_OK && i < b->config->n_issuers; i++, issuer++) {
		if (strcmp(issuer->section, name) != 0 &&
		    strcmp(issuer->url, name) != 0)
			continue;
		found = true;
		if (!taken[i])
			r = add_issuer(b, service, issuer);
		taken[i] = true;
	}
	/* One that should list its tenants and does not was reported. */
	if (!found && ba_builder_section(b, &ba_issuer_kind, name) == NULL)
		ba_builder_complain(b,
		    "issuer '%s' has no section: add [issuer %s], the same "
		    "byte for byte",
		    name, name);
	return r;
}

static int
set_issuer(struct ba_builder *b, void *object, const char *value)
{
	struct ba_strings names = { .n = 0 };
	bool *taken;
	size_t i;
	int r;

	taken = ba_arena_alloc(b->arena, b->config->n_issuers, sizeof(*taken));
	if (taken == NULL)
		return BA_ERR_NOMEM;
	r = ba_value_words(b, value, &names);
	for (i = 0; r == BA_OK && i < names.n; i++)
		r = add_issuers(b, object, names.v[i], taken);
	return r;
}

/* It is looked up when all issuers of the service are known. */
static int
set_opaque_issuer(struct ba_builder *b, void *object, const char *value)
{
	(void)b;
	(void)object;
	(void)value;
	return BA_OK;
}

static int
set_single_use(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	service->single_use = strcmp(value, "yes") == 0;
	service->single_use_where = b->at;
	if (!service->single_use && strcmp(value, "no") != 0)
		ba_builder_complain(
		    b, "single_use = %.64s is unknown: say yes or no", value);
	return BA_OK;
}

/* --- rules about the token ------------------------------------------------ */

static int
set_audience(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_words(b, value, &service->audience);
}

/* scope-token of RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E */
static bool
scope_ok(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x21 || *s > 0x7e || *s == '"' || *s == '\\')
			return false;
	return true;
}

static int
set_require_scope(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	struct ba_strings *scope = &service->require_scope;
	size_t i, total = 0;
	int r;

	r = ba_value_words(b, value, scope);
	for (i = 0; r == BA_OK && i < scope->n; i++) {
		total += strlen(scope->v[i]) + (i > 0);
		if (!scope_ok(scope->v[i]))
			ba_builder_complain(b,
			    "'%s' is no scope: printable ASCII without '\"' "
			    "and '\\'",
			    scope->v[i]);
	}
	if (total > SCOPE_MAX)
		ba_builder_complain(b,
		    "the scopes are too long: %d bytes in all are the most",
		    SCOPE_MAX);
	return r;
}

static int
set_group_claim(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_claims(b, value, &service->group_claim);
}

static int
set_require_group(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_names(b, value, &service->require_group);
}

static int
set_allow_group(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_names(b, value, &service->allow_group);
}

static int
set_allow_client(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_words(b, value, &service->allow_client);
}

static int
set_allow_acr(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_words(b, value, &service->allow_acr);
}

static int
set_require_amr(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_words(b, value, &service->require_amr);
}

static int
set_max_auth_age(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	ba_value_limit(b, value, &service->max_auth_age);
	return BA_OK;
}

static int
set_max_lifetime(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	ba_value_limit(b, value, &service->max_lifetime);
	return BA_OK;
}

static int
set_max_token_age(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	ba_value_limit(b, value, &service->max_token_age);
	return BA_OK;
}

static int
set_allow_network(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_networks(b, value, &service->allow_network);
}

/* --- who asks, and for whom ----------------------------------------------- */

/* A user by name or number, as this machine's name service has it now. */
static bool
find_user(struct ba_builder *b, const char *name, uid_t *uidp)
{
	const struct passwd *pw;
	unsigned long n;

	if (ba_value_digits(name, 10, UID_MAX, &n)) {
		*uidp = (uid_t)n;
		return true;
	}
	pw = getpwnam(name);
	if (pw == NULL) {
		ba_builder_complain(b,
		    "user '%s' is unknown here: add the user, or say its uid",
		    name);
		return false;
	}
	*uidp = pw->pw_uid;
	return true;
}

static int
set_peer(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	struct ba_strings names = { .n = 0 };
	uid_t uid, *v;
	size_t i;
	int r;

	service->n_peers = 0;
	service->peer = NULL;
	r = ba_value_words(b, value, &names);
	for (i = 0; r == BA_OK && i < names.n; i++) {
		if (!find_user(b, names.v[i], &uid))
			continue;
		v = ba_arena_grow(
		    b->arena, service->peer, service->n_peers, sizeof(*v));
		if (v == NULL)
			return BA_ERR_NOMEM;
		v[service->n_peers++] = uid;
		service->peer = v;
	}
	return r;
}

static int
set_accounts(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	if (strcmp(value, "local") == 0)
		service->accounts = BA_ACCOUNTS_LOCAL;
	else if (strcmp(value, "virtual") == 0)
		service->accounts = BA_ACCOUNTS_VIRTUAL;
	else
		ba_builder_complain(
		    b, "accounts = %s is unknown: say local or virtual", value);
	return BA_OK;
}

static int
set_min_uid(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	unsigned long n;

	/* From 1: only a line of a map makes anybody uid 0. */
	if (ba_value_number(b, value, 1, 2147483648UL, &n))
		service->min_uid = (uid_t)n;
	return BA_OK;
}

static int
set_account_without_token(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	if (strcmp(value, "allow") == 0)
		service->account_without_token = BA_ALLOW;
	else if (strcmp(value, "deny") == 0)
		service->account_without_token = BA_DENY;
	else
		ba_builder_complain(b,
		    "account_without_token = %s is unknown: say allow or deny",
		    value);
	return BA_OK;
}

static int
set_confirm(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	if (strlen(value) > CONFIRM_MAX) {
		ba_builder_complain(b,
		    "the question is too long: %d bytes are the most",
		    CONFIRM_MAX);
		return BA_OK;
	}
	return ba_value_text(b, value, &service->confirm);
}

/* --- [service NAME] ------------------------------------------------------- */

static const char *
service_name_fault(const char *name)
{
	size_t n = strspn(name, BA_ALNUM "._-");

	if (n == 0 || n > SERVICE_MAX || name[n] != '\0')
		return "a service is named by 1 to 64 letters, digits, '.', "
		       "'_' and '-': say [service sshd]";
	return NULL;
}

static void *
begin_service(struct ba_builder *b, const struct ba_section *s)
{
	struct ba_service *service =
	    &b->config->services[b->config->n_services++];

	service->name = s->name;
	service->where = b->at;
	service->accounts = BA_ACCOUNTS_LOCAL;
	service->min_uid = BA_MIN_UID_DEFAULT;
	/* One zeroed element: uid 0 alone. */
	service->peer = ba_arena_alloc(b->arena, 1, sizeof(*service->peer));
	service->n_peers = 1;
	return service->peer == NULL ? NULL : service;
}

/*
 * Who is asked about a text that names no issuer: one, so that it is not shown
 * to several.
 */
static void
relate_opaque(struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_pair *pair = ba_section_pair(s, "opaque_issuer");
	struct ba_service *service = s->object;
	size_t i, found = 0;

	if (pair == NULL)
		return;
	(void)ba_section_says(b, s, "opaque_issuer");
	for (i = 0; i < service->n_issuers; i++) {
		if (strcmp(service->issuer[i]->url, pair->value) != 0 &&
		    strcmp(service->issuer[i]->section, pair->value) != 0)
			continue;
		found++;
		service->opaque_issuer = service->issuer[i];
	}
	if (found == 1 && service->opaque_issuer->verify != BA_VERIFY_JWT)
		return;
	service->opaque_issuer = NULL;
	if (found == 1)
		ba_builder_complain(b,
		    "opaque_issuer = %.256s is not asked about tokens: say "
		    "verify = introspection or jwt+introspection there",
		    pair->value);
	else
		ba_builder_complain(b,
		    "opaque_issuer = %.256s must be one of the service's "
		    "issuer =, and of several tenants one by its own URL",
		    pair->value);
}

/* Without an audience on either side, whom are tokens made out to? */
static void
relate_service(struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_service *service = s->object;
	const struct ba_issuer *issuer;
	const char *told = "";
	size_t i;

	relate_opaque(b, s);
	for (i = 0; i < service->n_issuers; i++) {
		issuer = service->issuer[i];
		/* Tenants of one section stand side by side. */
		if (service->audience.n > 0 || issuer->audience.n > 0 ||
		    strcmp(told, issuer->section) == 0)
			continue;
		told = issuer->section;
		ba_builder_complain(b,
		    "[service %s] takes issuer %s, which has no audience =, "
		    "and has none itself: say in one of them by which name "
		    "tokens are made out to this machine",
		    service->name, issuer->section);
	}
}

static const struct ba_key service_keys[] = {
	{ "issuer", set_issuer, "whose tokens are taken here" },
	{ "opaque_issuer", set_opaque_issuer, NULL },
	{ "single_use", set_single_use, NULL },
	{ "audience", set_audience, NULL },
	{ "require_scope", set_require_scope, NULL },
	{ "group_claim", set_group_claim, NULL },
	{ "require_group", set_require_group, NULL },
	{ "allow_group", set_allow_group, NULL },
	{ "allow_client", set_allow_client, NULL },
	{ "allow_acr", set_allow_acr, NULL },
	{ "require_amr", set_require_amr, NULL },
	{ "max_auth_age", set_max_auth_age, NULL },
	{ "max_lifetime", set_max_lifetime, NULL },
	{ "max_token_age", set_max_token_age, NULL },
	{ "allow_network", set_allow_network, NULL },
	{ "peer", set_peer, NULL },
	{ "accounts", set_accounts, NULL },
	{ "min_uid", set_min_uid, NULL },
	{ "account_without_token", set_account_without_token, NULL },
	{ "confirm", set_confirm, NULL },
};

const struct ba_section_kind ba_service_kind = { "service", "[service NAME]",
	BA_KEYS(service_keys), service_name_fault, begin_service, NULL,
	relate_service };
