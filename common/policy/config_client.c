/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdio.h>
#include <string.h>

#include "common/base/url.h"
#include "common/policy/config_client.h"
#include "common/policy/config_value.h"

#define CREDENTIAL     "credential:"
#define CREDENTIAL_MAX 255 /* systemd.exec(5): a file's name */
#define CLIENT_ID_MAX  255
#define SCOPE_MAX      1024 /* of a request, as it is written there */

/* --- who says that a token is good ---------------------------------------- */

int
ba_client_set_verify(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	if (strcmp(value, "jwt") == 0)
		issuer->verify = BA_VERIFY_JWT;
	else if (strcmp(value, "introspection") == 0)
		issuer->verify = BA_VERIFY_INTROSPECTION;
	else if (strcmp(value, "jwt+introspection") == 0)
		issuer->verify = BA_VERIFY_BOTH;
	else
		ba_builder_complain(b,
		    "verify = %.64s is unknown: say jwt, introspection or "
		    "jwt+introspection",
		    value);
	return BA_OK;
}

static int
set_url(struct ba_builder *b, const char *value, const char **urlp)
{
	if (ba_url_ok(value))
		return ba_value_text(b, value, urlp);
	ba_builder_complain(b,
	    "the endpoint must be an https:// URL with a host, and "
	    "without user and fragment");
	return BA_OK;
}

int
ba_client_set_endpoint(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_url(b, value, &issuer->introspection_endpoint);
}

int
ba_client_set_answer(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	issuer->introspection_jwt = strcmp(value, "jwt") == 0;
	if (!issuer->introspection_jwt && strcmp(value, "json") != 0)
		ba_builder_complain(b,
		    "introspection_answer = %.64s is unknown: say json or jwt",
		    value);
	return BA_OK;
}

int
ba_client_set_cache(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	ba_value_seconds(b, value, 0, BA_INTROSPECTION_CACHE_MAX,
	    &issuer->introspection_cache);
	return BA_OK;
}

/* --- as which client ------------------------------------------------------ */

/* VSCHAR without blanks at its ends, which the file's grammar drops. */
static bool
is_printable(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

/* Text that goes into requests. */
static int
set_printable(struct ba_builder *b, const char *value, const char **textp)
{
	if (is_printable(value) && strlen(value) <= CLIENT_ID_MAX)
		return ba_value_text(b, value, textp);
	ba_builder_complain(b,
	    "this must be printable ASCII, at most %d characters, as the "
	    "issuer has given it to you",
	    CLIENT_ID_MAX);
	return BA_OK;
}

int
ba_client_set_id(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	issuer->client.where = b->at;
	return set_printable(b, value, &issuer->client.id);
}

int
ba_client_set_key_id(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_printable(b, value, &issuer->client.key_id);
}

/* --- the device flow ------------------------------------------------------ */

int
ba_client_set_device_endpoint(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_url(b, value, &issuer->device_endpoint);
}

int
ba_client_set_token_endpoint(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_url(b, value, &issuer->token_endpoint);
}

/*
 * RFC 6749 section 3.3: scope-token *( SP scope-token ), and scope-token is
 * %x21 / %x23-5B / %x5D-7E.
 */
int
ba_client_set_device_scope(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;
	struct ba_strings words = { .n = 0 };
	char list[SCOPE_MAX + 2];
	size_t i, n = 0;
	int r;

	r = ba_value_words(b, value, &words);
	if (r != BA_OK)
		return r;
	for (i = 0; i < words.n; i++) {
		if (!is_printable(words.v[i]) ||
		    strpbrk(words.v[i], "\"\\") != NULL ||
		    n + (i > 0) + strlen(words.v[i]) > SCOPE_MAX) {
			ba_builder_complain(b,
			    "device_scope is a list of scopes, printable ASCII "
			    "without '\"' and '\\', at most %d bytes in all",
			    SCOPE_MAX);
			return BA_OK;
		}
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i > 0 ? " " : "", words.v[i]);
	}
	return ba_value_text(b, list, &issuer->device_scope);
}

/* RFC 8707 section 2: an absolute URI (RFC 3986 section 4.3), which has no
   fragment. */
int
ba_client_set_device_resource(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;
	size_t n = strspn(value, BA_ALNUM "+-.");

	if (strchr(BA_LOWER BA_UPPER, value[0]) != NULL && value[n] == ':' &&
	    is_printable(value) && strpbrk(value, " #\"<>\\^`{|}") == NULL &&
	    strlen(value) <= BA_URL_MAX)
		return ba_value_text(b, value, &issuer->device_resource);
	ba_builder_complain(b,
	    "device_resource is an absolute URI without fragment, as in "
	    "https://host.example.org/");
	return BA_OK;
}

int
ba_client_set_device_audience(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_printable(b, value, &issuer->device_audience);
}

/* --- how we sign in ------------------------------------------------------- */

static const struct {
	const char *name; /* RFC 7591 section 2, RFC 8705 section 2 */
	enum ba_client_auth auth;
	bool secret, key, certificate; /* that it needs; no others */
} methods[] = {
	{ "client_secret_basic", BA_CLIENT_AUTH_BASIC, true, false, false },
	{ "client_secret_post", BA_CLIENT_AUTH_POST, true, false, false },
	{ "private_key_jwt", BA_CLIENT_AUTH_PRIVATE_KEY_JWT, false, true,
	    false },
	{ "tls_client_auth", BA_CLIENT_AUTH_TLS, false, true, true },
	{ "self_signed_tls_client_auth", BA_CLIENT_AUTH_SELF_SIGNED_TLS, false,
	    true, true },
	{ "none", BA_CLIENT_AUTH_NONE, false, false, false },
};

int
ba_client_set_auth(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(value, methods[i].name) == 0) {
			issuer->client.auth = methods[i].auth;
			return BA_OK;
		}
	ba_builder_complain(b,
	    "client_auth = %.64s is unknown; there are client_secret_basic, "
	    "client_secret_post, private_key_jwt, tls_client_auth, "
	    "self_signed_tls_client_auth and none",
	    value);
	return BA_OK;
}

/* A path, or a credential of the service manager by its name. */
static int
set_file(struct ba_builder *b, const char *value, const char **pathp)
{
	const char *name = value + strlen(CREDENTIAL);
	size_t n;

	if (strncmp(value, CREDENTIAL, strlen(CREDENTIAL)) != 0)
		return ba_value_path(b, value, pathp);
	n = strspn(name, BA_ALNUM "._-");
	if (n > 0 && n <= CREDENTIAL_MAX && name[n] == '\0' &&
	    strspn(name, ".") < n)
		return ba_value_text(b, value, pathp);
	ba_builder_complain(b,
	    "a credential is named by letters, digits, '.', '_' and '-', as in "
	    "LoadCredential=NAME:PATH: say " CREDENTIAL "NAME");
	return BA_OK;
}

int
ba_client_set_secret_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_file(b, value, &issuer->client.secret_file);
}

int
ba_client_set_key_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_file(b, value, &issuer->client.key_file);
}

int
ba_client_set_certificate_file(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	return set_file(b, value, &issuer->client.certificate_file);
}

int
ba_client_set_key_algorithm(
    struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;
	enum ba_alg alg;

	if (ba_alg_parse(value, &alg) == BA_OK && (alg & BA_ALG_SYMMETRIC) == 0)
		issuer->client.key_alg = alg;
	else
		ba_builder_complain(b,
		    "algorithm '%.64s' is none that a private key signs by: "
		    "say one of RS, PS and ES with 256, 384 or 512, ES256K, "
		    "EdDSA, Ed25519 or Ed448",
		    value);
	return BA_OK;
}

/* --- what the values say together ----------------------------------------- */

/* Each file where the method needs it, and nowhere else (CA-02). */
static void
judge_file(struct ba_builder *b, const struct ba_section *s, const char *key,
    bool needed, const char *method)
{
	bool said = ba_section_says(b, s, key);

	if (needed && !said)
		ba_builder_complain(b,
		    "client_auth = %s needs %s =: say where the file is",
		    method, key);
	else if (said && !needed)
		ba_builder_complain(b,
		    "client_auth = %s has no use for %s =: there is one way to "
		    "sign in, so remove one of them",
		    method, key);
}

static void
judge_method(struct ba_builder *b, const struct ba_section *s,
    const struct ba_client_config *client)
{
	static const char *const of_jwt[] = { "client_key_id",
		"client_key_algorithm" };
	const char *name;
	size_t i;

	for (i = 0; methods[i].auth != client->auth; i++)
		continue;
	name = methods[i].name;
	judge_file(b, s, "client_secret_file", methods[i].secret, name);
	judge_file(b, s, "client_key_file", methods[i].key, name);
	judge_file(
	    b, s, "client_certificate_file", methods[i].certificate, name);
	for (i = 0; i < sizeof(of_jwt) / sizeof(of_jwt[0]); i++)
		if (client->auth != BA_CLIENT_AUTH_PRIVATE_KEY_JWT &&
		    ba_section_says(b, s, of_jwt[i]))
			ba_builder_complain(b,
			    "%s = is for client_auth = private_key_jwt: remove "
			    "it",
			    of_jwt[i]);
}

bool
ba_client_is_device(const struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_issuer_draft *d = s->object;
	const struct ba_pair *pair;
	size_t i, j;

	for (i = 0; i < b->n_sections; i++) {
		if (b->sections[i].kind != &ba_service_kind)
			continue;
		pair = ba_section_pair(&b->sections[i], "device_issuer");
		if (pair == NULL)
			continue;
		if (strcmp(pair->value, s->name) == 0)
			return true;
		for (j = 0; j < d->n; j++)
			if (strcmp(pair->value,
				b->config->issuers[d->first + j].url) == 0)
				return true;
	}
	return false;
}

/* What is all that for? */
static void
judge_unused(
    struct ba_builder *b, const struct ba_section *s, bool asked, bool device)
{
	static const char *const of_asking[] = { "introspection_endpoint",
		"introspection_answer", "introspection_cache" };
	static const char *const of_client[] = { "client_id", "client_auth",
		"client_secret_file", "client_key_file", "client_key_id",
		"client_key_algorithm", "client_certificate_file" };
	static const char *const of_device[] = {
		"device_authorization_endpoint", "token_endpoint",
		"device_scope", "device_resource", "device_audience"
	};
	size_t i;

	for (i = 0; i < sizeof(of_asking) / sizeof(of_asking[0]); i++)
		if (!asked && ba_section_says(b, s, of_asking[i]))
			ba_builder_complain(b,
			    "%s = has no use with verify = jwt: say verify = "
			    "introspection or jwt+introspection, or remove it",
			    of_asking[i]);
	for (i = 0; i < sizeof(of_client) / sizeof(of_client[0]); i++)
		if (!asked && !device && ba_section_says(b, s, of_client[i]))
			ba_builder_complain(b,
			    "%s = has no use with verify = jwt: say verify = "
			    "introspection or jwt+introspection, or "
			    "device_issuer = in a service, or remove it",
			    of_client[i]);
	for (i = 0; i < sizeof(of_device) / sizeof(of_device[0]); i++)
		if (!device && ba_section_says(b, s, of_device[i]))
			ba_builder_complain(b,
			    "%s = has no use while no service has this issuer "
			    "as its device_issuer =: say so there, or remove "
			    "it",
			    of_device[i]);
}

/*
 * An issuer whose keys are a file or a secret is not asked what it publishes.
 */
static void
judge_device(struct ba_builder *b, const struct ba_section *s)
{
	static const char *const of_keys[] = { "jwks_file",
		"symmetric_key_file" };
	size_t i;

	if (ba_section_pair(s, "device_authorization_endpoint") != NULL &&
	    ba_section_pair(s, "token_endpoint") != NULL)
		return;
	for (i = 0; i < sizeof(of_keys) / sizeof(of_keys[0]); i++)
		if (ba_section_says(b, s, of_keys[i]))
			ba_builder_complain(b,
			    "with %s = the issuer's metadata is not read: for "
			    "device_issuer = say device_authorization_endpoint "
			    "= and token_endpoint =, too",
			    of_keys[i]);
}

/*
 * An issuer with its keys in a file is not asked what it publishes, so that
 * somebody else has to say where it answers.
 */
static void
judge_endpoint(struct ba_builder *b, const struct ba_section *s,
    const struct ba_issuer *values)
{
	if (ba_section_says(b, s, "symmetric_key_file"))
		ba_builder_complain(b,
		    "an issuer with symmetric_key_file = is not asked about "
		    "tokens: say verify = jwt");
	if (!ba_section_says(b, s, "jwks_file"))
		return;
	if (values->verify == BA_VERIFY_INTROSPECTION &&
	    !values->introspection_jwt)
		ba_builder_complain(b,
		    "jwks_file = has no use with verify = introspection and "
		    "answers in JSON: remove it");
	else if (ba_section_pair(s, "introspection_endpoint") == NULL)
		ba_builder_complain(b,
		    "with jwks_file = the issuer's metadata is not read: say "
		    "introspection_endpoint =, too");
}

void
ba_client_judge(
    struct ba_builder *b, const struct ba_section *s, struct ba_issuer_draft *d)
{
	struct ba_issuer *values = &d->values;
	bool asked = values->verify != BA_VERIFY_JWT;

	judge_unused(b, s, asked, d->device);
	if (d->device)
		judge_device(b, s);
	if (asked) {
		judge_endpoint(b, s, values);
		if (!ba_section_says(b, s, "introspection_cache"))
			values->introspection_cache =
			    values->verify == BA_VERIFY_BOTH
				? 0
				: BA_INTROSPECTION_CACHE_DEFAULT;
		if (!ba_section_says(b, s, "client_id"))
			ba_builder_complain(b,
			    "client_id = is missing: say as which client the "
			    "issuer is asked about tokens");
	}
	/* Without client_id = its services' device_issuer = complains. */
	if (asked || (d->device && ba_section_pair(s, "client_id") != NULL))
		judge_method(b, s, &values->client);
}
