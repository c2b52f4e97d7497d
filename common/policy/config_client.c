/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/base/url.h"
#include "common/policy/config_client.h"
#include "common/policy/config_value.h"

#define CREDENTIAL     "credential:"
#define CREDENTIAL_MAX 255 /* systemd.exec(5): a file's name */
#define CLIENT_ID_MAX  255

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

int
ba_client_set_endpoint(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = &((struct ba_issuer_draft *)object)->values;

	if (!ba_url_ok(value)) {
		ba_builder_complain(b,
		    "the endpoint must be an https:// URL with a host, and "
		    "without user and fragment");
		return BA_OK;
	}
	return ba_value_text(b, value, &issuer->introspection_endpoint);
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
	unsigned long n;

	if (ba_value_number(b, value, 0, BA_INTROSPECTION_CACHE_MAX, &n))
		issuer->introspection_cache = (int64_t)n;
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

/* Nobody is asked about tokens: what is it all for? */
static void
judge_unused(struct ba_builder *b, const struct ba_section *s)
{
	static const char *const of_asking[] = { "introspection_endpoint",
		"introspection_answer", "introspection_cache", "client_id",
		"client_auth", "client_secret_file", "client_key_file",
		"client_key_id", "client_key_algorithm",
		"client_certificate_file" };
	size_t i;

	for (i = 0; i < sizeof(of_asking) / sizeof(of_asking[0]); i++)
		if (ba_section_says(b, s, of_asking[i]))
			ba_builder_complain(b,
			    "%s = has no use with verify = jwt: say verify = "
			    "introspection or jwt+introspection, or remove it",
			    of_asking[i]);
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
    struct ba_builder *b, const struct ba_section *s, struct ba_issuer *values)
{
	if (values->verify == BA_VERIFY_JWT) {
		judge_unused(b, s);
		return;
	}
	judge_endpoint(b, s, values);
	if (!ba_section_says(b, s, "introspection_cache"))
		values->introspection_cache =
		    values->verify == BA_VERIFY_BOTH
			? 0
			: BA_INTROSPECTION_CACHE_DEFAULT;
	if (!ba_section_says(b, s, "client_id"))
		ba_builder_complain(b,
		    "client_id = is missing: say as which client the issuer is "
		    "asked about tokens");
	judge_method(b, s, &values->client);
}
