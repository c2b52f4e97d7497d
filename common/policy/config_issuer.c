/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdio.h>
#include <string.h>

#include "common/base/url.h"
#include "common/jose/jwk.h"
#include "common/policy/config_client.h"
#include "common/policy/config_value.h"
#include "common/policy/pattern.h"

/* The well-known suffixes must still fit behind it into BA_URL_MAX. */
#define ISSUER_MAX 2000
#define TENANT_MAX 64
#define TENANTID   "{tenantid}"

/* --- tenants -------------------------------------------------------------- */

/*
 * The issuer's URL for one of its tenants (NULL: no memory); name itself
 * where tenants have no place in it.
 */
static const char *
expand(struct ba_arena *a, const char *name, const char *tenant)
{
	const char *place = strstr(name, TENANTID);
	size_t n = strlen(name) + strlen(tenant) + 1;
	char *url;

	if (place == NULL)
		return name;
	url = ba_arena_alloc(a, n, 1);
	if (url != NULL)
		(void)snprintf(url, n, "%.*s%s%s", (int)(place - name), name,
		    tenant, place + strlen(TENANTID));
	return url;
}

static const char *
issuer_name_fault(const char *name)
{
	const char *place = strstr(name, TENANTID);
	char url[ISSUER_MAX + 1];

	if (*name == '\0')
		return "an issuer section names its issuer: say [issuer URL]";
	if (strlen(name) > ISSUER_MAX)
		return "the issuer's URL is too long: 2000 bytes are the most";
	/* With any tenant that is one. */
	if (place == NULL)
		(void)snprintf(url, sizeof(url), "%s", name);
	else
		(void)snprintf(url, sizeof(url), "%.*s0%s", (int)(place - name),
		    name, place + strlen(TENANTID));
	if (!ba_issuer_url_ok(url))
		return "the issuer must be an https:// URL with a host, and "
		       "without user, query and fragment";
	return NULL;
}

/* Dots alone would be a step in the URL's path, to another place. */
static bool
tenant_ok(const char *tenant)
{
	size_t n = strspn(tenant, BA_ALNUM ".-");

	return n <= TENANT_MAX && tenant[n] == '\0' && strspn(tenant, ".") < n;
}

static bool
listed_before(const struct ba_strings *list, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(list->v[j], list->v[i]) == 0)
			return true;
	return false;
}

/* The issuers themselves were made by begin_issuer(). */
static int
set_tenant(struct ba_builder *b, void *object, const char *value)
{
	const struct ba_issuer_draft *d = object;
	const char *name = d->values.section, *url;
	struct ba_strings ids = { .n = 0 };
	size_t i;
	int r;

	r = ba_value_words(b, value, &ids);
	if (r != BA_OK)
		return r;
	if (ids.n > 1 && strstr(name, TENANTID) == NULL) {
		ba_builder_complain(b,
		    "an issuer without " TENANTID " in its URL has one tenant: "
		    "name one");
		return BA_OK;
	}
	for (i = 0; i < ids.n; i++) {
		url = expand(b->arena, name, ids.v[i]);
		if (url == NULL)
			return BA_ERR_NOMEM;
		if (!tenant_ok(ids.v[i]))
			ba_builder_complain(b,
			    "'%.64s' is no tenant: 1 to 64 letters, digits, "
			    "'.' and '-', and not dots alone",
			    ids.v[i]);
		else if (listed_before(&ids, i))
			ba_builder_complain(b,
			    "tenant '%s' stands twice: remove one", ids.v[i]);
		else if (issuer_name_fault(name) == NULL &&
			 issuer_name_fault(url) != NULL)
			ba_builder_complain(b,
			    "with tenant '%s' the issuer is no URL of at most "
			    "%d bytes: mend the tenant or the issuer",
			    ids.v[i], ISSUER_MAX);
	}
	return BA_OK;
}

/* --- keys and claims ------------------------------------------------------ */

static int
set_profile(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	if (strcmp(value, "rfc9068") == 0)
		d->values.profile = BA_PROFILE_RFC9068;
	else if (strcmp(value, "legacy") == 0)
		d->values.profile = BA_PROFILE_LEGACY;
	else
		ba_builder_complain(b,
		    "profile = %.64s is unknown: say rfc9068 or legacy", value);
	return BA_OK;
}

static int
set_audience(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	return ba_value_words(b, value, &d->values.audience);
}

static int
set_algorithms(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;
	struct ba_strings names = { .n = 0 };
	enum ba_alg alg;
	size_t i;
	int r;

	d->values.algorithms = 0;
	r = ba_value_words(b, value, &names);
	for (i = 0; r == BA_OK && i < names.n; i++) {
		if (ba_alg_parse(names.v[i], &alg) == BA_OK)
			d->values.algorithms |= alg;
		else
			ba_builder_complain(b,
			    "algorithm '%s' is unknown; there are RS, PS "
			    "and ES with 256, 384 or 512, ES256K, EdDSA, "
			    "Ed25519 and Ed448, and for a symmetric_key_file "
			    "HS256, HS384 and HS512",
			    names.v[i]);
	}
	return r;
}

static int
set_jwks_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	return ba_value_path(b, value, &d->values.jwks_file);
}

static int
set_ca_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	return ba_value_path(b, value, &d->values.ca_file);
}

static int
set_ca_directory(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	return ba_value_path(b, value, &d->values.ca_directory);
}

/*
 * As they stand in a URL.  In lower case, so that they are compared byte for
 * byte.
 */
static bool
host_ok(const char *host)
{
	char url[BA_URL_MAX + 1];
	int n = snprintf(url, sizeof(url), "https://%s", host);

	return n > 0 && (size_t)n < sizeof(url) && ba_url_ok(url) &&
	       strpbrk(host, "/?ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL;
}

static int
set_endpoint_host(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;
	struct ba_strings *hosts = &d->values.endpoint_host;
	size_t i;
	int r;

	r = ba_value_words(b, value, hosts);
	for (i = 0; r == BA_OK && i < hosts->n; i++)
		if (!host_ok(hosts->v[i]))
			ba_builder_complain(b,
			    "'%.256s' is no host: say keys.example.org, or "
			    "keys.example.org:8443, in lower case",
			    hosts->v[i]);
	return r;
}

static int
set_min_key_life(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	ba_value_seconds(
	    b, value, 1, BA_STALE_KEYS_MAX, &d->values.min_key_life);
	return BA_OK;
}

static int
set_max_key_life(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	ba_value_seconds(
	    b, value, 1, BA_STALE_KEYS_MAX, &d->values.max_key_life);
	return BA_OK;
}

static int
set_stale_keys(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	ba_value_seconds(b, value, 0, BA_STALE_KEYS_MAX, &d->values.stale_keys);
	return BA_OK;
}

static int
set_symmetric_key_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	return ba_value_path(b, value, &d->values.symmetric_key_file);
}

static int
set_clock_skew(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	ba_value_seconds(b, value, 0, BA_SKEW_MAX, &d->values.clock_skew);
	return BA_OK;
}

static int
set_group_claim(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	return ba_value_claims(b, value, &d->values.group_claim);
}

static int
set_group_separator(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	d->values.group_words = strcmp(value, "space") == 0;
	if (!d->values.group_words)
		ba_builder_complain(b,
		    "group_separator = %.64s is unknown: say space, or remove "
		    "it where a string is one group",
		    value);
	return BA_OK;
}

/* --- who is that? --------------------------------------------------------- */

static int
set_map_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	d->values.map_where = b->at;
	return ba_value_path(b, value, &d->values.map_file);
}

static int
set_username(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	d->values.username_where = b->at;
	return ba_value_claim(b, value, &d->values.username);
}

static int
set_strip_domain(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;

	d->values.strip_where = b->at;
	if (!ba_value_domain(b, value))
		return BA_OK;
	return ba_value_text(b, value, &d->values.strip_domain);
}

static int
set_username_pattern(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;
	char why[256];
	int r;

	d->values.pattern_where = b->at;
	r = ba_pattern_compile(
	    b->arena, value, why, sizeof(why), &d->values.pattern);
	if (r == BA_OK)
		return ba_value_text(b, value, &d->values.pattern_text);
	if (r != BA_ERR_CONFIG)
		return r;
	ba_builder_complain(b, "the pattern cannot be used: %s", why);
	return BA_OK;
}

static int
set_email_domain(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer_draft *d = object;
	size_t i;
	int r;

	r = ba_value_words(b, value, &d->values.email_domain);
	for (i = 0; r == BA_OK && i < d->values.email_domain.n; i++)
		(void)ba_value_domain(b, d->values.email_domain.v[i]);
	return r;
}

/* --- what the values say together ----------------------------------------- */

/* Whatever was written wrongly has been reported, and is passed over. */
static void
judge_email(struct ba_builder *b, const struct ba_section *s,
    const struct ba_issuer *values)
{
	const struct ba_claim_path *claim = &values->username;

	if (claim->n == 0)
		return;
	if (ba_claim_is_email(claim)) {
		if (ba_section_pair(s, "email_domain") == NULL &&
		    ba_section_pair(s, "strip_domain") == NULL &&
		    ba_section_says(b, s, "username"))
			ba_builder_complain(b,
			    "an address names nobody while any domain is "
			    "taken: say email_domain = or strip_domain =, of "
			    "the domains that are the issuer's own");
	} else if (ba_section_says(b, s, "email_domain")) {
		ba_builder_complain(b,
		    "email_domain = is for username = email, not for '%s': "
		    "say strip_domain =, or remove it",
		    claim->text);
	}
}

static void
judge_identity(struct ba_builder *b, const struct ba_section *s,
    const struct ba_issuer *values)
{
	static const char *const for_username[] = { "strip_domain",
		"username_pattern", "email_domain" };
	bool username = ba_section_pair(s, "username") != NULL;
	size_t i;

	if (!username && ba_section_pair(s, "map_file") == NULL)
		ba_builder_complain(b,
		    "neither username = nor map_file = is there: say which "
		    "claim holds the user's name, or which file says whose "
		    "subject is whom");
	for (i = 0; i < sizeof(for_username) / sizeof(for_username[0]); i++)
		if (!username && ba_section_says(b, s, for_username[i]))
			ba_builder_complain(b,
			    "%s = is about the claim of username =, which is "
			    "not there: say which claim, or remove it",
			    for_username[i]);
	if (ba_section_pair(s, "strip_domain") != NULL &&
	    ba_section_says(b, s, "username_pattern"))
		ba_builder_complain(b,
		    "username_pattern = and strip_domain = exclude each other: "
		    "remove one");
	judge_email(b, s, values);
}

/* A secret that is shared is another kind of issuer altogether. */
static void
judge_keys(
    struct ba_builder *b, const struct ba_section *s, struct ba_issuer_draft *d)
{
	static const char *const of_public_keys[] = { "jwks_file", "ca_file",
		"ca_directory" };
	bool symmetric = ba_section_pair(s, "symmetric_key_file") != NULL;
	unsigned usual = symmetric ? BA_ALG_SYMMETRIC : BA_ALG_ASYMMETRIC;
	size_t i;

	for (i = 0; i < sizeof(of_public_keys) / sizeof(of_public_keys[0]); i++)
		/* In the device flow it is asked all the same. */
		if (symmetric && (!d->device || i == 0) &&
		    ba_section_says(b, s, of_public_keys[i]))
			ba_builder_complain(b,
			    "%s = has no use beside symmetric_key_file =: "
			    "remove one",
			    of_public_keys[i]);
	if (d->n > 1 && ba_section_says(b, s, "symmetric_key_file"))
		ba_builder_complain(b,
		    "whoever has this secret could make tokens of every "
		    "tenant here: give each tenant a section and a "
		    "symmetric_key_file = of its own");
	if (!ba_section_says(b, s, "algorithms"))
		d->values.algorithms = usual;
	else if ((d->values.algorithms & ~usual) != 0)
		ba_builder_complain(b, "%s",
		    symmetric ? "with symmetric_key_file = there are HS256, "
				"HS384 and HS512 alone: remove the others"
			      : "HS256, HS384 and HS512 need the secret that "
				"the issuer shares with this machine: say "
				"symmetric_key_file =, or remove them");
}

/* Of keys that are asked for, and are no file. */
static void
judge_asking(struct ba_builder *b, const struct ba_section *s,
    const struct ba_issuer *values)
{
	static const char *const of_asking[] = { "endpoint_host",
		"min_key_life", "max_key_life", "stale_keys" };
	const char *file = NULL;
	size_t i;

	if (ba_section_pair(s, "jwks_file") != NULL)
		file = "jwks_file";
	else if (ba_section_pair(s, "symmetric_key_file") != NULL)
		file = "symmetric_key_file";
	for (i = 0; i < sizeof(of_asking) / sizeof(of_asking[0]); i++)
		if (file != NULL && ba_section_says(b, s, of_asking[i]))
			ba_builder_complain(b,
			    "%s = has no use beside %s =, with which the "
			    "issuer is not asked for its keys: remove it",
			    of_asking[i], file);
	if (ba_section_pair(s, "ca_file") != NULL &&
	    ba_section_says(b, s, "ca_directory"))
		ba_builder_complain(b,
		    "ca_directory = and ca_file = exclude each other: remove "
		    "one");
	/* Said or not, the smaller one of the two would not be. */
	if (values->min_key_life > values->max_key_life &&
	    (ba_section_says(b, s, "min_key_life") ||
		ba_section_says(b, s, "max_key_life")))
		ba_builder_complain(b,
		    "min_key_life is %lld and max_key_life %lld: the first "
		    "must not be more than the second",
		    (long long)values->min_key_life,
		    (long long)values->max_key_life);
}

static void
judge_issuer(struct ba_builder *b, const struct ba_section *s)
{
	struct ba_issuer_draft *d = s->object;
	struct ba_issuer *to, own;
	size_t i;

	if (strstr(s->name, TENANTID) != NULL &&
	    ba_section_pair(s, "tenant") == NULL)
		ba_builder_complain(b,
		    TENANTID " stands in the issuer's URL, and tenant = is "
			     "missing: say whose tokens are taken");
	d->device = ba_client_is_device(b, s);
	judge_identity(b, s, &d->values);
	judge_keys(b, s, d);
	judge_asking(b, s, &d->values);
	ba_client_judge(b, s, d);
	for (i = 0; i < d->n; i++) {
		to = &b->config->issuers[d->first + i];
		own = *to;
		*to = d->values;
		to->url = own.url;
		to->tenant = own.tenant;
		to->index = own.index;
	}
}

/* --- [issuer URL] --------------------------------------------------------- */

/* A double of the same section is told of at its tenants. */
static void
complain_double(struct ba_builder *b, const char *section, const char *url)
{
	const struct ba_issuer *twin = ba_config_issuer(b->config, url);

	if (twin != NULL && strcmp(twin->section, section) != 0)
		ba_builder_complain(b,
		    "this makes the issuer '%.256s', and so does the section "
		    "in %s, line %u: remove one",
		    url, twin->where.file, twin->where.line);
}

static int
make_issuer(struct ba_builder *b, struct ba_issuer_draft *d, const char *tenant)
{
	struct ba_config *config = b->config;
	const char *url, *section = d->values.section;
	struct ba_issuer *v;

	if (config->n_issuers == BA_ISSUERS_MAX) {
		b->full = true;
		ba_builder_complain(b,
		    "more than %d issuers, each tenant counted: remove some",
		    BA_ISSUERS_MAX);
		return BA_OK;
	}
	url = expand(b->arena, section, tenant == NULL ? "" : tenant);
	v = ba_arena_grow(
	    b->arena, config->issuers, config->n_issuers, sizeof(*v));
	if (url == NULL || v == NULL)
		return BA_ERR_NOMEM;
	complain_double(b, section, url);
	config->issuers = v;
	v += config->n_issuers;
	v->url = url;
	v->section = section;
	v->tenant = tenant;
	v->index = config->n_issuers++;
	v->where = b->at;
	d->n++;
	return BA_OK;
}

/*
 * The tenants are read here already: services name issuers, and those must
 * stand where they will stay, whichever comes first in the files.
 */
static void *
begin_issuer(struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_pair *pair = ba_section_pair(s, "tenant");
	bool template = strstr(s->name, TENANTID) != NULL;
	struct ba_issuer_draft *d = ba_arena_alloc(b->arena, 1, sizeof(*d));
	struct ba_strings ids = { .n = 0 };
	size_t i;
	int r = BA_OK;

	if (d == NULL)
		return NULL;
	d->first = b->config->n_issuers;
	d->values.section = s->name;
	d->values.where = b->at;
	d->values.clock_skew = BA_SKEW_DEFAULT;
	d->values.min_key_life = BA_KEY_LIFE_MIN_DEFAULT;
	d->values.max_key_life = BA_KEY_LIFE_MAX_DEFAULT;
	d->values.stale_keys = BA_STALE_KEYS_DEFAULT;
	d->values.client.auth = BA_CLIENT_AUTH_BASIC;
	if (pair != NULL)
		r = ba_value_words(b, pair->value, &ids);
	if (r == BA_OK && !template)
		r = make_issuer(b, d, ids.n == 0 ? NULL : ids.v[0]);
	for (i = 0; r == BA_OK && template && i < ids.n && !b->full; i++)
		r = make_issuer(b, d, ids.v[i]);
	return r == BA_OK ? d : NULL;
}

static const struct ba_key issuer_keys[] = {
	{ "tenant", set_tenant, NULL },
	{ "profile", set_profile, NULL },
	{ "audience", set_audience, NULL },
	{ "verify", ba_client_set_verify, NULL },
	{ "algorithms", set_algorithms, NULL },
	{ "jwks_file", set_jwks_file, NULL },
	{ "ca_file", set_ca_file, NULL },
	{ "ca_directory", set_ca_directory, NULL },
	{ "endpoint_host", set_endpoint_host, NULL },
	{ "min_key_life", set_min_key_life, NULL },
	{ "max_key_life", set_max_key_life, NULL },
	{ "stale_keys", set_stale_keys, NULL },
	{ "symmetric_key_file", set_symmetric_key_file, NULL },
	{ "clock_skew", set_clock_skew, NULL },
	{ "introspection_endpoint", ba_client_set_endpoint, NULL },
	{ "introspection_answer", ba_client_set_answer, NULL },
	{ "introspection_cache", ba_client_set_cache, NULL },
	{ "client_id", ba_client_set_id, NULL },
	{ "client_auth", ba_client_set_auth, NULL },
	{ "client_secret_file", ba_client_set_secret_file, NULL },
	{ "client_key_file", ba_client_set_key_file, NULL },
	{ "client_key_id", ba_client_set_key_id, NULL },
	{ "client_key_algorithm", ba_client_set_key_algorithm, NULL },
	{ "client_certificate_file", ba_client_set_certificate_file, NULL },
	{ "device_authorization_endpoint", ba_client_set_device_endpoint,
	    NULL },
	{ "token_endpoint", ba_client_set_token_endpoint, NULL },
	{ "device_scope", ba_client_set_device_scope, NULL },
	{ "device_resource", ba_client_set_device_resource, NULL },
	{ "device_audience", ba_client_set_device_audience, NULL },
	{ "group_claim", set_group_claim, NULL },
	{ "group_separator", set_group_separator, NULL },
	{ "map_file", set_map_file, NULL },
	{ "username", set_username, NULL },
	{ "strip_domain", set_strip_domain, NULL },
	{ "username_pattern", set_username_pattern, NULL },
	{ "email_domain", set_email_domain, NULL },
};

const struct ba_section_kind ba_issuer_kind = { "issuer", "[issuer URL]",
	BA_KEYS(issuer_keys), issuer_name_fault, begin_issuer, judge_issuer,
	NULL };
