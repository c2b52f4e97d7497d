/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/un.h>

#include "common/base/paths.h"
#include "common/base/url.h"
#include "common/jose/jwk.h"
#include "common/policy/config_keys.h"

/* Locale-free on purpose: isalnum(3) and its kin follow the host's locale. */
#define DIGIT "0123456789"
#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGIT

/* The well-known suffixes must still fit behind it into BA_URL_MAX. */
#define ISSUER_MAX  2000
#define SERVICE_MAX 64 /* BA_TAG_SERVICE */
#define SCOPE_MAX   511 /* BA_TAG_SCOPE: all of require_scope in one list */
#define CONFIRM_MAX 400 /* what stock PAM hosts show of one message: 512 */
#define CLAIM_MAX   255
#define UID_MAX     4294967294UL /* (uid_t)-1 means "no uid" to chown(2) */

/* --- values --------------------------------------------------------------- */

/* The first (or next) word at *sp; its length, 0 at the end. */
static size_t
next_word(const char **sp)
{
	*sp += strspn(*sp, " \t");
	return strcspn(*sp, " \t");
}

static int
words(struct ba_builder *b, const char *value, struct ba_strings *out)
{
	char **v;
	size_t n;

	while ((n = next_word(&value)) > 0) {
		v = ba_arena_grow(b->arena, out->v, out->n, sizeof(*v));
		if (v == NULL)
			return BA_ERR_NOMEM;
		out->v = v;
		v[out->n] = ba_arena_str(b->arena, value, n);
		if (v[out->n] == NULL)
			return BA_ERR_NOMEM;
		out->n++;
		value += n;
	}
	return BA_OK;
}

/* Digits of the base (8 or 10) and nothing else, up to max? */
static bool
digits(const char *s, unsigned base, unsigned long max, unsigned long *np)
{
	unsigned long n = 0, d;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s >= '0' + (char)base)
			return false;
		d = (unsigned long)(*s - '0');
		if (n > (max - d) / base)
			return false;
		n = n * base + d;
	}
	*np = n;
	return true;
}

static bool
number(struct ba_builder *b, const char *value, unsigned long min,
    unsigned long max, unsigned long *np)
{
	if (digits(value, 10, max, np) && *np >= min)
		return true;
	ba_builder_complain(
	    b, "'%s' must be a number from %lu to %lu", value, min, max);
	return false;
}

/* Absolute, without empty, "." or ".." components, not ending in '/'? */
static bool
path_ok(const char *path)
{
	size_t n;

	if (*path == '\0')
		return false;
	for (; *path != '\0'; path += n) {
		if (*path++ != '/')
			return false;
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
	}
	return true;
}

static int
set_text(struct ba_builder *b, const char *value, const char **textp)
{
	*textp = ba_arena_str(b->arena, value, strlen(value));
	return *textp == NULL ? BA_ERR_NOMEM : BA_OK;
}

static int
set_path(struct ba_builder *b, const char *value, const char **pathp)
{
	if (!path_ok(value)) {
		ba_builder_complain(b,
		    "'%s' must be an absolute path without '.', '..' and '//'",
		    value);
		return BA_OK;
	}
	return set_text(b, value, pathp);
}

/* --- [broker] ------------------------------------------------------------- */

static int
set_max_connections(struct ba_builder *b, void *object, const char *value)
{
	struct ba_config *config = object;
	unsigned long n;

	if (number(b, value, 1, 65535, &n))
		config->max_connections = (unsigned)n;
	return BA_OK;
}

static int
set_max_per_uid(struct ba_builder *b, void *object, const char *value)
{
	struct ba_config *config = object;
	unsigned long n;

	if (number(b, value, 1, 65535, &n))
		config->max_per_uid = (unsigned)n;
	return BA_OK;
}

static const char *
broker_name_fault(const char *name)
{
	return *name == '\0' ? NULL : "this section has no name: say [broker]";
}

static void *
begin_broker(struct ba_builder *b, const char *name)
{
	(void)name;
	return b->config;
}

static const struct ba_key broker_keys[] = {
	{ "max_connections", set_max_connections, NULL },
	{ "max_per_uid", set_max_per_uid, NULL },
};

/* --- [issuer URL] --------------------------------------------------------- */

static int
set_audience(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = object;

	return words(b, value, &issuer->audience);
}

static int
set_verify(struct ba_builder *b, void *object, const char *value)
{
	(void)object;
	if (strcmp(value, "jwt") == 0)
		return BA_OK;
	if (strcmp(value, "introspection") == 0 ||
	    strcmp(value, "jwt+introspection") == 0)
		ba_builder_complain(b,
		    "verify = %s is not supported by this version: say jwt",
		    value);
	else
		ba_builder_complain(
		    b, "verify = %s is unknown: say jwt", value);
	return BA_OK;
}

static int
set_algorithms(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = object;
	struct ba_strings names = { NULL, 0 };
	enum ba_alg alg;
	size_t i;
	int r;

	issuer->algorithms = 0;
	r = words(b, value, &names);
	for (i = 0; r == BA_OK && i < names.n; i++) {
		if (ba_alg_parse(names.v[i], &alg) == BA_OK)
			issuer->algorithms |= alg;
		else
			ba_builder_complain(b,
			    "algorithm '%s' is unknown; there are RS, PS "
			    "and ES with 256, 384 or 512, ES256K, EdDSA, "
			    "Ed25519 and Ed448",
			    names.v[i]);
	}
	return r;
}

static int
set_username(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = object;
	size_t n = strcspn(value, " \t");

	if (value[n] != '\0' || n > CLAIM_MAX) {
		ba_builder_complain(b,
		    "username = names one claim, in at most %d bytes",
		    CLAIM_MAX);
		return BA_OK;
	}
	return set_text(b, value, &issuer->username);
}

static int
set_jwks_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = object;

	return set_path(b, value, &issuer->jwks_file);
}

static int
set_ca_file(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = object;

	return set_path(b, value, &issuer->ca_file);
}

static int
set_clock_skew(struct ba_builder *b, void *object, const char *value)
{
	struct ba_issuer *issuer = object;
	unsigned long n;

	if (number(b, value, 0, BA_SKEW_MAX, &n))
		issuer->clock_skew = (int64_t)n;
	return BA_OK;
}

static const char *
issuer_name_fault(const char *name)
{
	if (*name == '\0')
		return "an issuer section names its issuer: say [issuer URL]";
	if (!ba_issuer_url_ok(name))
		return "the issuer must be an https:// URL with a host, and "
		       "without user, query and fragment";
	if (strlen(name) > ISSUER_MAX)
		return "the issuer's URL is too long: 2000 bytes are the most";
	return NULL;
}

static void *
begin_issuer(struct ba_builder *b, const char *name)
{
	size_t i = b->config->n_issuers++;
	struct ba_issuer *issuer = &b->config->issuers[i];

	issuer->url = name;
	issuer->index = i;
	issuer->where = b->at;
	issuer->algorithms = BA_ALG_ALL;
	issuer->clock_skew = BA_SKEW_DEFAULT;
	return issuer;
}

static const struct ba_key issuer_keys[] = {
	{ "audience", set_audience,
	    "by which name tokens are made out to this machine" },
	{ "verify", set_verify, NULL },
	{ "algorithms", set_algorithms, NULL },
	{ "username", set_username, "which claim holds the user's name" },
	{ "jwks_file", set_jwks_file, NULL },
	{ "ca_file", set_ca_file, NULL },
	{ "clock_skew", set_clock_skew, NULL },
};

/* --- [service NAME] ------------------------------------------------------- */

static int
add_issuer(struct ba_builder *b, struct ba_service *service, const char *url)
{
	const struct ba_issuer *issuer = ba_config_issuer(b->config, url);
	const struct ba_issuer **v;

	if (issuer == NULL) {
		ba_builder_complain(b,
		    "issuer '%s' has no section: add [issuer %s], the same "
		    "byte for byte",
		    url, url);
		return BA_OK;
	}
	v = ba_arena_grow(
	    b->arena, service->issuer, service->n_issuers, sizeof(*v));
	if (v == NULL)
		return BA_ERR_NOMEM;
	v[service->n_issuers++] = issuer;
	service->issuer = v;
	return BA_OK;
}

static int
set_issuer(struct ba_builder *b, void *object, const char *value)
{
	struct ba_strings urls = { NULL, 0 };
	size_t i;
	int r;

	r = words(b, value, &urls);
	for (i = 0; r == BA_OK && i < urls.n; i++)
		r = add_issuer(b, object, urls.v[i]);
	return r;
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

	r = words(b, value, scope);
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

/* A user by name or number, as this machine's name service has it now. */
static bool
find_user(struct ba_builder *b, const char *name, uid_t *uidp)
{
	const struct passwd *pw;
	unsigned long n;

	if (digits(name, 10, UID_MAX, &n)) {
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
	struct ba_strings names = { NULL, 0 };
	uid_t uid, *v;
	size_t i;
	int r;

	service->n_peers = 0;
	service->peer = NULL;
	r = words(b, value, &names);
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

	/* From 1: uid 0 does not log in by token, whatever is configured. */
	if (number(b, value, 1, 2147483648UL, &n))
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
	return set_text(b, value, &service->confirm);
}

static const char *
service_name_fault(const char *name)
{
	size_t n = strspn(name, ALNUM "._-");

	if (n == 0 || n > SERVICE_MAX || name[n] != '\0')
		return "a service is named by 1 to 64 letters, digits, '.', "
		       "'_' and '-': say [service sshd]";
	return NULL;
}

static void *
begin_service(struct ba_builder *b, const char *name)
{
	struct ba_service *service =
	    &b->config->services[b->config->n_services++];

	service->name = name;
	service->where = b->at;
	service->accounts = BA_ACCOUNTS_LOCAL;
	service->min_uid = BA_MIN_UID_DEFAULT;
	/* One zeroed element: uid 0 alone. */
	service->peer = ba_arena_alloc(b->arena, 1, sizeof(*service->peer));
	service->n_peers = 1;
	return service->peer == NULL ? NULL : service;
}

static const struct ba_key service_keys[] = {
	{ "issuer", set_issuer, "whose tokens are taken here" },
	{ "require_scope", set_require_scope, NULL },
	{ "peer", set_peer, NULL },
	{ "accounts", set_accounts, NULL },
	{ "min_uid", set_min_uid, NULL },
	{ "account_without_token", set_account_without_token, NULL },
	{ "confirm", set_confirm, NULL },
};

/* --- [listen PATH] -------------------------------------------------------- */

static int
set_mode(struct ba_builder *b, void *object, const char *value)
{
	struct ba_listen *where = object;
	unsigned long n;

	if (!digits(value, 8, 0777, &n))
		ba_builder_complain(
		    b, "'%s' must be an octal mode from 0 to 0777", value);
	else
		where->mode = (mode_t)n;
	return BA_OK;
}

static int
set_group(struct ba_builder *b, void *object, const char *value)
{
	struct ba_listen *where = object;
	const struct group *gr;
	unsigned long n;

	if (digits(value, 10, UID_MAX, &n)) {
		where->group = (gid_t)n;
		return BA_OK;
	}
	gr = getgrnam(value);
	if (gr == NULL)
		ba_builder_complain(b,
		    "group '%s' is unknown here: add the group, or say its "
		    "gid",
		    value);
	else
		where->group = gr->gr_gid;
	return BA_OK;
}

static const char *
listen_name_fault(const char *name)
{
	if (!path_ok(name))
		return "a socket is named by an absolute path without '.', "
		       "'..' and '//': say [listen /run/place/ask]";
	/* With a '~' behind it, it is the name that it is made by. */
	if (strlen(name) + 1 >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "the path of a socket has at most 106 bytes";
	if (name[strlen(name) - 1] == '~')
		return "the path of a socket does not end in '~'";
	if (strcmp(name, BA_CONTROL_SOCKET) == 0)
		return "this is the control socket's path: choose another";
	return NULL;
}

static void *
begin_listen(struct ba_builder *b, const char *name)
{
	struct ba_listen *where = &b->config->listens[b->config->n_listens++];

	where->path = name;
	where->where = b->at;
	where->mode = 0666;
	where->group = 0;
	return where;
}

static const struct ba_key listen_keys[] = {
	{ "mode", set_mode, NULL },
	{ "group", set_group, NULL },
};

/* --- all of it ------------------------------------------------------------ */

#define KEYS(k) (k), sizeof(k) / sizeof((k)[0])

const struct ba_section_kind ba_section_kinds[BA_SECTION_KINDS] = {
	{ "broker", "[broker]", KEYS(broker_keys), broker_name_fault,
	    begin_broker },
	{ "issuer", "[issuer URL]", KEYS(issuer_keys), issuer_name_fault,
	    begin_issuer },
	{ "service", "[service NAME]", KEYS(service_keys), service_name_fault,
	    begin_service },
	{ "listen", "[listen PATH]", KEYS(listen_keys), listen_name_fault,
	    begin_listen },
};
