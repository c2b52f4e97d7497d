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
set_one_issuer(struct ba_builder *b, void *object, const char *value)
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

/* --- the device flow ------------------------------------------------------ */

static int
set_device_network(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_networks(b, value, &service->device.network);
}

static int
set_device_timeout(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	ba_value_seconds(b, value, BA_DEVICE_TIMEOUT_MIN, BA_DEVICE_TIMEOUT_MAX,
	    &service->device.timeout);
	return BA_OK;
}

static int
set_device_limit_user(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	unsigned long n;

	if (ba_value_number(b, value, 1, BA_DEVICE_LIMIT_MAX, &n))
		service->device.limit_user = (unsigned)n;
	return BA_OK;
}

static int
set_device_limit_address(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	unsigned long n;

	if (ba_value_number(b, value, 1, BA_DEVICE_LIMIT_MAX, &n))
		service->device.limit_address = (unsigned)n;
	return BA_OK;
}

static int
set_device_complete_uri(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	service->device.complete_uri = strcmp(value, "yes") == 0;
	if (!service->device.complete_uri && strcmp(value, "no") != 0)
		ba_builder_complain(b,
		    "device_complete_uri = %.64s is unknown: say yes or no",
		    value);
	return BA_OK;
}

static int
set_qr(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	if (strcmp(value, "auto") == 0)
		service->device.qr = BA_QR_AUTO;
	else if (strcmp(value, "yes") == 0)
		service->device.qr = BA_QR_YES;
	else if (strcmp(value, "no") == 0)
		service->device.qr = BA_QR_NO;
	else
		ba_builder_complain(
		    b, "qr = %.64s is unknown: say auto, yes or no", value);
	return BA_OK;
}

/* --- SASL ----------------------------------------------------------------- */

static int
set_authzid(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	if (strcmp(value, "equal") == 0)
		service->authzid = BA_AUTHZID_EQUAL;
	else if (strcmp(value, "proxy") == 0)
		service->authzid = BA_AUTHZID_PROXY;
	else if (strcmp(value, "shared") == 0)
		service->authzid = BA_AUTHZID_SHARED;
	else
		ba_builder_complain(b,
		    "authzid = %.64s is unknown: say equal, proxy or shared",
		    value);
	return BA_OK;
}

static int
set_shared_map(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	service->shared_map_where = b->at;
	return ba_value_path(b, value, &service->shared_map_file);
}

static int
set_shared_claim(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;

	return ba_value_claims(b, value, &service->shared_claim);
}

/* Compared without case, and so written in one. */
static int
set_host(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	size_t i, n;
	int r;

	r = ba_value_words(b, value, &service->host);
	for (i = 0; r == BA_OK && i < service->host.n; i++) {
		n = strspn(service->host.v[i], BA_LOWER BA_DIGIT ".:_-");
		if (service->host.v[i][n] != '\0')
			ba_builder_complain(b,
			    "'%.64s' is no host: write a name as "
			    "mail.example.org, in lower case, or an address",
			    service->host.v[i]);
	}
	return r;
}

static int
set_port(struct ba_builder *b, void *object, const char *value)
{
	struct ba_service *service = object;
	unsigned long port;
	size_t i;
	int r;

	r = ba_value_words(b, value, &service->port);
	for (i = 0; r == BA_OK && i < service->port.n; i++)
		/* No zero in front: it is compared as it is written here. */
		if (!ba_value_digits(service->port.v[i], 10, 65535, &port) ||
		    *service->port.v[i] == '0')
			ba_builder_complain(b,
			    "'%.64s' is no port: write a number from 1 to "
			    "65535",
			    service->port.v[i]);
	return r;
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
	service->device.timeout = BA_DEVICE_TIMEOUT_DEFAULT;
	service->device.limit_user = BA_DEVICE_USER_DEFAULT;
	service->device.limit_address = BA_DEVICE_ADDRESS_DEFAULT;
	/* One zeroed element: uid 0 alone. */
	service->peer = ba_arena_alloc(b->arena, 1, sizeof(*service->peer));
	service->n_peers = 1;
	return service->peer == NULL ? NULL : service;
}

/* The one of the service's issuers that is meant; NULL: none, or several. */
static const struct ba_issuer *
one_issuer(const struct ba_service *service, const char *name)
{
	const struct ba_issuer *issuer = NULL;
	size_t i;

	for (i = 0; i < service->n_issuers; i++) {
		if (strcmp(service->issuer[i]->url, name) != 0 &&
		    strcmp(service->issuer[i]->section, name) != 0)
			continue;
		if (issuer != NULL)
			return NULL;
		issuer = service->issuer[i];
	}
	return issuer;
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
	const struct ba_issuer *issuer;

	if (pair == NULL)
		return;
	(void)ba_section_says(b, s, "opaque_issuer");
	issuer = one_issuer(service, pair->value);
	if (issuer == NULL)
		ba_builder_complain(b,
		    "opaque_issuer = %.256s must be one of the service's "
		    "issuer =, and of several tenants one by its own URL",
		    pair->value);
	else if (issuer->verify == BA_VERIFY_JWT)
		ba_builder_complain(b,
		    "opaque_issuer = %.256s is not asked about tokens: say "
		    "verify = introspection or jwt+introspection there",
		    pair->value);
	else
		service->opaque_issuer = issuer;
}

/* Without an issuer there is no device flow, and nothing to be said of it. */
static void
judge_no_device(struct ba_builder *b, const struct ba_section *s)
{
	static const char *const keys[] = { "device_network", "device_timeout",
		"device_limit_user", "device_limit_address",
		"device_complete_uri", "qr" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ba_section_says(b, s, keys[i]))
			ba_builder_complain(b,
			    "%s = is for the device flow: say device_issuer "
			    "=, or remove it",
			    keys[i]);
}

/* Whom somebody without a token is sent to (RFC 8628). */
static void
relate_device(struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_pair *pair = ba_section_pair(s, "device_issuer");
	struct ba_service *service = s->object;
	const struct ba_issuer *issuer;

	if (pair == NULL) {
		judge_no_device(b, s);
		return;
	}
	(void)ba_section_says(b, s, "device_issuer");
	issuer = one_issuer(service, pair->value);
	if (issuer == NULL) {
		ba_builder_complain(b,
		    "device_issuer = %.256s must be one of the service's "
		    "issuer =, and of several tenants one by its own URL",
		    pair->value);
	} else if (issuer->client.id == NULL) {
		ba_builder_complain(b,
		    "device_issuer = %.256s does not know us: say client_id = "
		    "there",
		    pair->value);
	} else {
		service->device.issuer = issuer;
		/* Its metadata must say where. */
		b->config->issuers[issuer - b->config->issuers].device = true;
	}
}

/* What is not asked for the sake of the other was forgotten in the other. */
static void
relate_authzid(struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_service *service = s->object;
	bool map = ba_section_pair(s, "shared_map") != NULL;
	bool claim = ba_section_pair(s, "shared_claim") != NULL;

	if (service->authzid == BA_AUTHZID_SHARED) {
		(void)ba_section_says(b, s, "authzid");
		if (!map && !claim)
			ba_builder_complain(b,
			    "authzid = shared shares nothing: add shared_map "
			    "= or shared_claim =");
	} else if (map || claim) {
		(void)ba_section_says(
		    b, s, map ? "shared_map" : "shared_claim");
		ba_builder_complain(b,
		    "%s = is for authzid = shared: say that, or remove it",
		    map ? "shared_map" : "shared_claim");
	}
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
	relate_device(b, s);
	relate_authzid(b, s);
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
	{ "opaque_issuer", set_one_issuer, NULL },
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
	{ "device_issuer", set_one_issuer, NULL },
	{ "device_network", set_device_network, NULL },
	{ "device_timeout", set_device_timeout, NULL },
	{ "device_limit_user", set_device_limit_user, NULL },
	{ "device_limit_address", set_device_limit_address, NULL },
	{ "device_complete_uri", set_device_complete_uri, NULL },
	{ "qr", set_qr, NULL },
	{ "authzid", set_authzid, NULL },
	{ "shared_map", set_shared_map, NULL },
	{ "shared_claim", set_shared_claim, NULL },
	{ "host", set_host, NULL },
	{ "port", set_port, NULL },
	{ "confirm", set_confirm, NULL },
};

const struct ba_section_kind ba_service_kind = { "service", "[service NAME]",
	BA_KEYS(service_keys), service_name_fault, begin_service, NULL,
	relate_service };
