/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/err.h>

#include "common/json/json.h"
#include "common/policy/arena.h"
#include "common/policy/map.h"
#include "tests/unit/mint.h"
#include "tests/unit/torture_scene.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define NOW      INT64_C(1700000000)
#define STAFF    "https://id.example.org/realms/staff"
#define TENANT   "3f1c1b52-9a2e-4c0e-8a52-0f6f3ac2f1d7"
#define OFFICE   "https://login.example.com/{tenantid}/v2.0"
#define OFFICE_T "https://login.example.com/" TENANT "/v2.0"
#define PLAIN    "https://plain.example.org"
#define SHARED   "https://shared.example.org"
#define ASKED    "https://asked.example.org"
#define BOTH     "https://both.example.org"
#define OPAQUE   "bXktdG9rZW4tMDAwMDAwMQ"

/* One and the same, with a path of the map file or without one. */
static const char config_text[] =
    "# Every rule that there is.\n"
    "[broker]\n"
    "max_connections = 64\n"
    "max_per_uid = 8\n"
    "[listen /run/elsewhere/ask]\n"
    "mode = 0660\n"
    "group = root\n"
    "[issuer " STAFF "]\n"
    "audience = ssh.example.org also.example.org\n"
    "verify = jwt\n"
    "algorithms = RS256 ES256 EdDSA\n"
    "jwks_file = /etc/bearerauth/staff.jwks\n"
    "clock_skew = 30\n"
    "group_claim = realm_access.roles /resource_access/ssh/roles\n"
    "username = preferred_username\n"
    "username_pattern = ^([a-z]+)(?:\\+[a-z]+)?@example\\.org$\n"
    "%s"
    "[issuer " OFFICE "]\n"
    "tenant = " TENANT " other\n"
    "profile = legacy\n"
    "audience = api://ssh\n"
    "ca_file = /etc/bearerauth/office.pem\n"
    "username = email\n"
    "strip_domain = example.org\n"
    "email_domain = example.com example.org\n"
    "[issuer " PLAIN "]\n"
    "audience = ssh.example.org\n"
    "username = sub\n"
    "[issuer " SHARED "]\n"
    "audience = ssh.example.org\n"
    "symmetric_key_file = /etc/bearerauth/shared.jwk\n"
    "algorithms = HS256 HS384 HS512\n"
    "username = sub\n"
    "[issuer " ASKED "]\n"
    "audience = ssh.example.org\n"
    "verify = introspection\n"
    "introspection_answer = json\n"
    "introspection_endpoint = https://asked.example.org/introspect\n"
    "introspection_cache = 30\n"
    "client_id = rs\n"
    "client_auth = private_key_jwt\n"
    "client_key_file = credential:asked.key\n"
    "client_key_id = k\n"
    "client_key_algorithm = ES256\n"
    "device_authorization_endpoint = https://asked.example.org/device\n"
    "token_endpoint = https://asked.example.org/token\n"
    "device_scope = login\n"
    "device_resource = urn:here\n"
    "device_audience = here\n"
    "username = sub\n"
    "[issuer " ASKED "/2]\n"
    "audience = ssh.example.org\n"
    "verify = introspection\n"
    "client_id = rs\n"
    "client_auth = tls_client_auth\n"
    "client_key_file = /etc/bearerauth/tls.key\n"
    "client_certificate_file = /etc/bearerauth/tls.pem\n"
    "username = sub\n"
    "[issuer " BOTH "]\n"
    "audience = ssh.example.org\n"
    "verify = jwt+introspection\n"
    "client_id = rs\n"
    "client_secret_file = /etc/bearerauth/both.secret\n"
    "username = sub\n"
    "[service sshd]\n"
    "issuer = " STAFF "\n"
    "audience = ssh.example.org\n"
    "require_scope = login shell\n"
    "require_group = staff\n"
    "allow_group = admins \"shell users\"\n"
    "allow_client = laptop phone\n"
    "allow_acr = gold silver\n"
    "require_amr = otp pwd\n"
    "max_auth_age = 3600\n"
    "max_lifetime = 1800\n"
    "max_token_age = 600\n"
    "allow_network = 192.0.2.0/24 2001:db8::/32\n"
    "peer = root 0\n"
    "accounts = local\n"
    "min_uid = 500\n"
    "account_without_token = deny\n"
    "confirm = Is it you?\n"
    "[service mail]\n"
    "issuer = " OFFICE_T "\n"
    "require_scope = Mail.Send\n"
    "group_claim = roles\n"
    "allow_group = Mail-Users\n"
    "accounts = virtual\n"
    "[service plain]\n"
    "issuer = " PLAIN " " SHARED "\n"
    "[service asked]\n"
    "issuer = " ASKED " " BOTH "\n"
    "opaque_issuer = " ASKED "\n"
    "device_issuer = " ASKED "\n"
    "require_scope = login\n";

static const char more_text[] = "[service more]\n"
				"issuer = " PLAIN "\n";

static const char map_text[] =
    "# issuer subject name\n"
    "\n" STAFF " 248289761001 bob\n" STAFF
    " \"the \\u0022robot\\u0022\" build\n" STAFF " 1 carol\n";

static const char shared_text[] = "carol sales\ncarol info\n";

static const char staff_claims[] =
    "{\"iss\":\"" STAFF "\",\"sub\":\"1f0c\",\"aud\":[\"ssh.example.org\","
    "\"account\"],\"exp\":1700000600,\"nbf\":1699999990,"
    "\"iat\":1699999990,\"auth_time\":1699999000,\"jti\":\"j1\","
    "\"client_id\":\"laptop\",\"azp\":\"laptop\",\"scope\":"
    "\"login shell openid\",\"acr\":\"gold\",\"amr\":[\"pwd\",\"otp\"],"
    "\"nonce\":\"n\","
    "\"realm_access\":{\"roles\":[\"staff\",\"x\"]},"
    "\"resource_access\":{\"ssh\":{\"roles\":[\"shell users\"]}},"
    "\"preferred_username\":\"alice+work@example.org\"}";

static const char office_claims[] =
    "{\"iss\":\"" OFFICE_T "\",\"tid\":\"" TENANT "\",\"sub\":\"s\","
    "\"aud\":\"api://ssh\",\"exp\":1700000600,\"nbf\":1699999990,"
    "\"iat\":1699999990,\"appid\":\"11\",\"scp\":\"Mail.Read Mail.Send\","
    "\"roles\":[\"Mail-Users\"],\"ver\":\"1.0\","
    "\"email\":\"alice@example.org\",\"email_verified\":true}";

static const char plain_claims[] =
    "{\"iss\":\"" PLAIN "\",\"sub\":\"alice\",\"aud\":\"ssh.example.org\","
    "\"exp\":1700000600.25,\"iat\":1699999990,\"client_id\":\"c\","
    "\"jti\":\"j\"}";

static const char shared_claims[] =
    "{\"iss\":\"" SHARED "\",\"sub\":\"alice\",\"aud\":\"ssh.example.org\","
    "\"exp\":1700000600,\"iat\":1699999990,\"client_id\":\"c\","
    "\"jti\":\"j\"}";

/* What the issuer answers about an opaque token, and about one of its JWTs. */
static const char asked_claims[] =
    "{\"iss\":\"" ASKED
    "\",\"sub\":\"alice\",\"aud\":[\"x\",\"ssh.example.org\"],"
    "\"exp\":1700000600,\"token_type\":\"bearer\",\"typ\":\"Bearer\","
    "\"token_use\":\"access_token\",\"client_id\":\"c\","
    "\"scope\":\"openid login\"}";

static const char both_claims[] =
    "{\"iss\":\"" BOTH "\",\"sub\":\"alice\",\"aud\":\"ssh.example.org\","
    "\"exp\":1700000600,\"iat\":1699999990,\"client_id\":\"c\","
    "\"jti\":\"j\",\"scope\":\"login\"}";

static const char both_answer[] =
    "{\"iss\":\"" BOTH "\",\"sub\":\"alice\",\"aud\":\"ssh.example.org\","
    "\"exp\":1700000500,\"nbf\":1699999990,\"iat\":1699999990,"
    "\"client_id\":\"c\",\"scope\":\"login\",\"token_type\":\"Bearer\","
    "\"token_use\":\"access_token\"}";

/* Others than those who log in. */
static const char blocks_text[] =
    "{\"issuer\":\"" STAFF "\",\"sub\":\"blocked\",\"since\":1600000000}\n"
    "{\"issuer\":\"" STAFF "\",\"client\":\"phone\",\"since\":1600000000,"
    "\"until\":1700000001}\n"
    "{\"issuer\":\"" STAFF "\",\"all\":true,\"since\":1600000000,"
    "\"until\":1700000000}\n"
    "{\"issuer\":\"https://else.example.org\",\"all\":true,\"since\":5}\n";

/* --- who logs in ---------------------------------------------------------- */

enum keys {
	KEYS_OWN, /* the signer's */
	KEYS_TWO, /* the signer's and another, without kid */
	KEYS_OTHER, /* another's, under the signer's kid */
	KEYS_BOTH_OTHER, /* two others, without kid */
	KEYS_PUBLISHED /* the signer's secret, in a key set */
};

struct login {
	const char *service;
	const char *user;
	uid_t uid;
	const char *rhost;
	const char *claims;
	const char *typ;
	bool asked; /* the claims are an answer; the token is opaque */
	const char *answer; /* … about a token that is not, or NULL */
};

static const struct login staff = { "sshd", "alice", 1000, "192.0.2.7",
	staff_claims, "at+jwt", false, NULL };
static const struct login office = { "mail", "alice", 1000, NULL, office_claims,
	"JWT", false, NULL };
static const struct login plain = { "plain", "alice", 1000, NULL, plain_claims,
	"at+jwt", false, NULL };
static const struct login shared = { "plain", "alice", 1000, NULL,
	shared_claims, "at+jwt", false, NULL };

static const struct login asked = { "asked", "alice", 1000, NULL, asked_claims,
	NULL, true, NULL };
static const struct login both = { "asked", "alice", 1000, NULL, both_claims,
	"at+jwt", false, both_answer };

struct ba_scene {
	const char *name;
	const struct login *login;
	enum ba_mint_kind kind;
	enum ba_alg alg;
	/* Instead of what the login has. */
	const char *member, *value; /* of the claims; value NULL: without it */
	const char *without; /* another one that it has not */
	const char *typ, *user, *rhost;
	enum keys keys;
	bool no_rhost, root;
	int err; /* of a bad one */
	const char *answer; /* instead of the login's */
	int answer_err; /* there is none, for this reason */
};

#define ES256 BA_MINT_P256, BA_ALG_ES256

static const struct ba_scene good[] = {
	{ "every rule, and the name by a pattern", &staff, ES256,
	    .keys = KEYS_OWN },
	{ "every rule, and the name by the map", &staff, BA_MINT_RSA,
	    BA_ALG_RS256, "sub", "\"248289761001\"", .user = "bob" },
	{ "a tenant, in the legacy profile, by an address", &office, ES256,
	    .keys = KEYS_OWN },
	{ "no kid, and two keys", &staff, ES256, .keys = KEYS_TWO },
	{ "opaque, and the issuer was asked", &asked, ES256, .keys = KEYS_OWN },
	{ "signed, and the issuer was asked", &both, ES256, .keys = KEYS_OWN },
};

#define ALGORITHM(name, login, kind)                                           \
	{                                                                      \
#name, &login, kind, BA_ALG_##name, .keys = KEYS_OWN           \
	}
static const struct ba_scene algorithms[] = {
	ALGORITHM(RS256, plain, BA_MINT_RSA),
	ALGORITHM(RS384, plain, BA_MINT_RSA),
	ALGORITHM(RS512, plain, BA_MINT_RSA),
	ALGORITHM(PS256, plain, BA_MINT_RSA),
	ALGORITHM(PS384, plain, BA_MINT_RSA),
	ALGORITHM(PS512, plain, BA_MINT_RSA),
	ALGORITHM(ES256, plain, BA_MINT_P256),
	ALGORITHM(ES384, plain, BA_MINT_P384),
	ALGORITHM(ES512, plain, BA_MINT_P521),
	ALGORITHM(ES256K, plain, BA_MINT_SECP256K1),
	ALGORITHM(ED25519, plain, BA_MINT_ED25519),
	ALGORITHM(ED448, plain, BA_MINT_ED448),
	ALGORITHM(HS256, shared, BA_MINT_OCT),
	ALGORITHM(HS384, shared, BA_MINT_OCT),
	ALGORITHM(HS512, shared, BA_MINT_OCT),
};

#define ASKED_BAD(e, member, value)                                            \
	{                                                                      \
		"asked, " member " = " value, &asked, ES256, member, value,    \
		    .err = BA_ERR_##e                                          \
	}
#define BOTH_BAD(e, text)                                                      \
	{                                                                      \
		"both, " text, &both, ES256, .answer = text, .err = BA_ERR_##e \
	}
#define NO_ANSWER(login, e)                                                    \
	{                                                                      \
#login ", " #e, &login, ES256, .answer_err = BA_ERR_##e,       \
					       .err = BA_ERR_##e               \
	}

/* A login of the staff with another claim, and what that is. */
#define STAFF_BAD(e, member, value)                                            \
	{                                                                      \
		member " = " value, &staff, ES256, member, value,              \
		    .err = BA_ERR_##e                                          \
	}
#define OFFICE_BAD(e, member, value)                                           \
	{                                                                      \
		"office, " member " = " value, &office, ES256, member, value,  \
		    .err = BA_ERR_##e                                          \
	}
#define WITHOUT(login, e, member)                                              \
	{                                                                      \
#login ", no " member, &login, ES256, member, NULL,            \
		    .err = BA_ERR_##e                                          \
	}

static const struct ba_scene bad[] = {
	{ "signed by another", &staff, ES256, .keys = KEYS_OTHER,
	    .err = BA_ERR_SIGNATURE },
	{ "signed by another (RSA)", &plain, BA_MINT_RSA, BA_ALG_RS256,
	    .keys = KEYS_OTHER, .err = BA_ERR_SIGNATURE },
	{ "signed by another (PSS)", &plain, BA_MINT_RSA, BA_ALG_PS384,
	    .keys = KEYS_OTHER, .err = BA_ERR_SIGNATURE },
	{ "signed by another (EdDSA)", &plain, BA_MINT_ED25519, BA_ALG_ED25519,
	    .keys = KEYS_OTHER, .err = BA_ERR_SIGNATURE },
	{ "signed by another (HMAC)", &shared, BA_MINT_OCT, BA_ALG_HS256,
	    .keys = KEYS_OTHER, .err = BA_ERR_SIGNATURE },
	{ "signed by neither of two", &staff, ES256, .keys = KEYS_BOTH_OTHER,
	    .err = BA_ERR_SIGNATURE },
	{ "signed by a published secret", &plain, BA_MINT_OCT, BA_ALG_HS256,
	    .keys = KEYS_PUBLISHED, .err = BA_ERR_JWKS },
	{ "an algorithm that is left out", &staff, BA_MINT_P384, BA_ALG_ES384,
	    .err = BA_ERR_ALG },
	{ "typ JWT", &staff, ES256, .typ = "JWT", .err = BA_ERR_TYP },
	{ "an ID token by nonce and aud", &staff, ES256, "aud",
	    "[\"ssh.example.org\",\"laptop\"]", "azp", .err = BA_ERR_ID_TOKEN },
	{ "of another user", &staff, ES256, .user = "bob",
	    .err = BA_ERR_USER_MISMATCH },
	{ "uid 0", &staff, ES256, .root = true, .err = BA_ERR_UID },
	{ "from elsewhere", &staff, ES256, .rhost = "198.51.100.1",
	    .err = BA_ERR_SOURCE },
	{ "from nowhere", &staff, ES256, .no_rhost = true,
	    .err = BA_ERR_SOURCE },
	STAFF_BAD(ISS, "iss", "\"" STAFF "/\""),
	STAFF_BAD(ISS, "iss", "\"" PLAIN "\""),
	STAFF_BAD(AUD, "aud", "\"also.example.org\""),
	STAFF_BAD(AUD, "aud", "[\"ssh.example.org\",1]"),
	STAFF_BAD(EXP, "exp", "1699999970"),
	STAFF_BAD(EXP, "exp", "\"1700000600\""),
	WITHOUT(staff, EXP, "exp"),
	STAFF_BAD(NBF, "nbf", "1700000031"),
	STAFF_BAD(NBF, "nbf", "null"),
	STAFF_BAD(IAT, "iat", "1700000031"),
	WITHOUT(staff, IAT, "iat"),
	STAFF_BAD(ID_TOKEN, "at_hash", "\"x\""),
	STAFF_BAD(ID_TOKEN, "events", "{}"),
	STAFF_BAD(ID_TOKEN, "aud", "[\"ssh.example.org\",\"laptop\"]"),
	STAFF_BAD(CNF, "cnf", "{\"jkt\":\"x\"}"),
	WITHOUT(staff, CLAIM, "sub"),
	STAFF_BAD(CLAIM, "jti", "1"),
	STAFF_BAD(CLIENT, "azp", "\"tv\""),
	STAFF_BAD(SCOPE, "scope", "\"login openid\""),
	STAFF_BAD(SCOPE, "scope", "[\"login\",\"shell\",\"a b\"]"),
	WITHOUT(staff, GROUP, "realm_access"),
	WITHOUT(staff, GROUP, "resource_access"),
	STAFF_BAD(GROUP, "realm_access", "{\"roles\":[\"staff\",1]}"),
	STAFF_BAD(ACR, "acr", "\"bronze\""),
	STAFF_BAD(ACR, "amr", "[\"pwd\"]"),
	STAFF_BAD(ACR, "amr", "\"pwd otp\""),
	STAFF_BAD(AUTH_TIME, "auth_time", "1699996369"),
	STAFF_BAD(AUTH_TIME, "auth_time", "1700000031"),
	WITHOUT(staff, AUTH_TIME, "auth_time"),
	STAFF_BAD(LIFETIME, "exp", "1700001791"),
	STAFF_BAD(AGE, "iat", "1699999369"),
	STAFF_BAD(USER_NAME, "preferred_username", "\"alice@example.com\""),
	STAFF_BAD(CLAIM, "preferred_username", "[\"alice@example.org\"]"),
	WITHOUT(staff, CLAIM, "preferred_username"),
	OFFICE_BAD(TENANT, "tid", "\"other\""),
	WITHOUT(office, TENANT, "tid"),
	OFFICE_BAD(ID_TOKEN, "typ", "\"ID\""),
	OFFICE_BAD(ID_TOKEN, "at_hash", "\"x\""),
	OFFICE_BAD(CLAIM, "email_verified", "\"true\""),
	WITHOUT(office, CLAIM, "email_verified"),
	OFFICE_BAD(DOMAIN, "email", "\"alice@example.net\""),
	OFFICE_BAD(DOMAIN, "email", "\"alice@example.com\""),
	OFFICE_BAD(USER_MISMATCH, "email", "\"bob@example.org\""),
	OFFICE_BAD(SCOPE, "scp", "\"Mail.Read\""),
	OFFICE_BAD(SCOPE, "scope", "\"Mail.Read\""),
	OFFICE_BAD(GROUP, "roles", "[\"mail-users\"]"),
	STAFF_BAD(BLOCKED, "sub", "\"blocked\""),
	STAFF_BAD(BLOCKED, "client_id", "\"phone\""),
	STAFF_BAD(BLOCKED, "azp", "\"phone\""),
	STAFF_BAD(CLAIM, "azp", "[\"phone\"]"),
	NO_ANSWER(asked, INACTIVE),
	NO_ANSWER(asked, NEED_INTROSPECTION),
	NO_ANSWER(both, INACTIVE),
	NO_ANSWER(both, BREAKER),
	ASKED_BAD(INTROSPECTION, "iss", "\"" BOTH "\""),
	WITHOUT(asked, INTROSPECTION, "iss"),
	WITHOUT(asked, AUD, "aud"),
	WITHOUT(asked, EXP, "exp"),
	WITHOUT(asked, CLAIM, "sub"),
	WITHOUT(asked, SCOPE, "scope"),
	ASKED_BAD(EXP, "exp", "1699999940"),
	ASKED_BAD(NBF, "nbf", "1700000061"),
	ASKED_BAD(IAT, "iat", "1700000061"),
	ASKED_BAD(TYP, "token_type", "\"DPoP\""),
	ASKED_BAD(ID_TOKEN, "typ", "\"Refresh\""),
	ASKED_BAD(ID_TOKEN, "token_use", "\"refresh_token\""),
	ASKED_BAD(CNF, "cnf", "{}"),
	BOTH_BAD(CONFLICT, "{\"sub\":\"bob\"}"),
	BOTH_BAD(CONFLICT, "{\"client_id\":\"d\"}"),
	BOTH_BAD(EXP, "{\"exp\":1699999940}"),
	BOTH_BAD(NBF, "{\"nbf\":1700000061}"),
	BOTH_BAD(IAT, "{\"iat\":1700000061}"),
	BOTH_BAD(AUD, "{\"aud\":\"x\"}"),
	BOTH_BAD(SCOPE, "{\"scope\":\"openid\"}"),
	BOTH_BAD(TYP, "{\"token_type\":\"DPoP\"}"),
	BOTH_BAD(ID_TOKEN, "{\"token_use\":\"refresh_token\"}"),
	BOTH_BAD(CNF, "{\"cnf\":{}}"),
};

/* --- what is made once ---------------------------------------------------- */

#define KINDS (BA_MINT_OCT + 1)

static struct {
	struct ba_mint *own[KINDS], *other[KINDS], *nameless, *nameless2;
	char dir[32], *text, *path, *map, *conf_d, *more;
	struct ba_config *config;
} w;

/* What a scene needs, of the scene that was on the rack last. */
static struct {
	const struct ba_scene *scene;
	char *token, *keys;
	struct ba_jwks *jwks; /* NULL where they are bad */
	json_t *claims;
	json_t *answer; /* … about a token that is not opaque, or NULL */
	struct ba_blocks *blocks;
} p;

static void
need(bool is, const char *what)
{
	if (is)
		return;
	(void)fprintf(stderr, "the scene is broken: %s\n", what);
	abort();
}
#define NEED(e) need((e), #e)

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	(void)file;
	(void)line;
	(void)text;
}

static void
problem_shown(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static char *text(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

static char *
text(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	NEED(vasprintf(&s, fmt, ap) >= 0);
	va_end(ap);
	return s;
}

static void
write_file(const char *path, const char *content)
{
	FILE *f = fopen(path, "wxe");

	NEED(f != NULL);
	NEED(fputs(content, f) >= 0 && fchmod(fileno(f), 0600) == 0);
	NEED(fclose(f) == 0);
}

void
ba_scene_begin(void)
{
	const struct ba_config_report report = { problem_shown, NULL };
	char *map_file;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		w.own[i] = ba_mint_new((enum ba_mint_kind)i, "k1", NULL);
		w.other[i] = ba_mint_new((enum ba_mint_kind)i, "k1", NULL);
	}
	w.nameless = ba_mint_new(BA_MINT_P256, NULL, NULL);
	w.nameless2 = ba_mint_new(BA_MINT_P256, NULL, NULL);
	(void)strcpy(w.dir, "/tmp/ba-torture-XXXXXX");
	NEED(mkdtemp(w.dir) != NULL);
	w.path = text("%s/bearerauth.conf", w.dir);
	w.map = text("%s/people", w.dir);
	w.conf_d = text("%s/conf.d", w.dir);
	w.more = text("%s/10-more.conf", w.conf_d);
	NEED(mkdir(w.conf_d, 0700) == 0);
	write_file(w.more, more_text);
	map_file = text("map_file = %s\n", w.map);
	w.text = text(config_text, map_file);
	free(map_file);
	write_file(w.path, w.text);
	write_file(w.map, map_text);
	NEED(ba_config_load(w.path, getuid(), &report, &w.config) == BA_OK);
}

static void
forget(void)
{
	free(p.token);
	free(p.keys);
	ba_jwks_free(p.jwks);
	json_decref(p.claims);
	json_decref(p.answer);
	ba_blocks_free(p.blocks);
	memset(&p, 0, sizeof(p));
}

void
ba_scene_end(void)
{
	size_t i;

	forget();
	ba_config_free(w.config);
	(void)unlink(w.more);
	(void)rmdir(w.conf_d);
	(void)unlink(w.path);
	(void)unlink(w.map);
	(void)rmdir(w.dir);
	free(w.path);
	free(w.more);
	free(w.conf_d);
	free(w.map);
	free(w.text);
	for (i = 0; i < KINDS; i++) {
		ba_mint_free(w.own[i]);
		ba_mint_free(w.other[i]);
	}
	ba_mint_free(w.nameless);
	ba_mint_free(w.nameless2);
	memset(&w, 0, sizeof(w));
}

/* --- one scene ------------------------------------------------------------ */

static char *
payload_of(const struct ba_scene *scene)
{
	json_t *claims = json_loads(scene->login->claims, 0, NULL), *value;
	char *s;

	NEED(claims != NULL);
	if (scene->value != NULL) {
		value = json_loads(scene->value, JSON_DECODE_ANY, NULL);
		NEED(value != NULL);
		NEED(json_object_set_new(claims, scene->member, value) == 0);
	} else if (scene->member != NULL) {
		NEED(json_object_del(claims, scene->member) == 0);
	}
	if (scene->without != NULL)
		NEED(json_object_del(claims, scene->without) == 0);
	s = json_dumps(claims, JSON_COMPACT);
	NEED(s != NULL);
	json_decref(claims);
	return s;
}

static const struct ba_mint *
signer(const struct ba_scene *scene)
{
	if (scene->keys == KEYS_TWO || scene->keys == KEYS_BOTH_OTHER)
		return w.nameless;
	return w.own[scene->kind];
}

static char *
keys_of(const struct ba_scene *scene)
{
	char *jwk[2], *s;

	switch (scene->keys) {
	case KEYS_OWN:
		if (scene->kind == BA_MINT_OCT)
			return ba_mint_jwk(w.own[scene->kind], NULL);
		return ba_mint_jwks_of(w.own[scene->kind]);
	case KEYS_OTHER:
		if (scene->kind == BA_MINT_OCT)
			return ba_mint_jwk(w.other[scene->kind], NULL);
		return ba_mint_jwks_of(w.other[scene->kind]);
	case KEYS_PUBLISHED:
		return ba_mint_jwks_of(w.own[scene->kind]);
	case KEYS_TWO:
		jwk[0] = ba_mint_jwk(w.nameless, NULL);
		jwk[1] = ba_mint_jwk(w.nameless2, NULL);
		break;
	case KEYS_BOTH_OTHER:
		jwk[0] = ba_mint_jwk(w.nameless2, NULL);
		jwk[1] = ba_mint_jwk(w.own[BA_MINT_P256], NULL);
		break;
	}
	s = ba_mint_jwks((const char *const *)jwk, 2);
	free(jwk[0]);
	free(jwk[1]);
	return s;
}

static bool
is_symmetric(const struct ba_scene *scene)
{
	return scene->login == &shared;
}

static int
parse_keys(const struct ba_scene *scene, struct ba_jwks **setp)
{
	size_t n_bad = 0;

	return is_symmetric(scene)
		   ? ba_jwks_parse_symmetric(p.keys, strlen(p.keys), setp)
		   : ba_jwks_parse(p.keys, strlen(p.keys), setp, &n_bad);
}

/* What is no text of its own in a cold process. */
static void
prepare_rest(const struct ba_scene *scene)
{
	const char *answer =
	    scene->answer != NULL ? scene->answer : scene->login->answer;

	if (answer != NULL) {
		p.answer = json_loads(answer, 0, NULL);
		NEED(p.answer != NULL);
	}
	NEED(ba_blocks_parse(
		 blocks_text, strlen(blocks_text), &p.blocks, NULL) == BA_OK);
}

static void
prepare(const struct ba_scene *scene)
{
	const char *typ;
	char *payload;

	if (p.scene == scene)
		return;
	forget();
	p.scene = scene;
	payload = payload_of(scene);
	typ = scene->typ != NULL ? scene->typ : scene->login->typ;
	p.token = scene->login->asked
		      ? text("%s", OPAQUE)
		      : ba_mint_token(signer(scene), scene->alg, typ, payload);
	p.claims = json_loads(payload, 0, NULL);
	NEED(p.claims != NULL);
	free(payload);
	p.keys = keys_of(scene);
	prepare_rest(scene);
	if (parse_keys(scene, &p.jwks) != BA_OK)
		NEED(scene->keys == KEYS_PUBLISHED && p.jwks == NULL);
}

static void
write_part(const char *dir, const char *name, const char *content)
{
	char *path = text("%s/%s", dir, name);

	write_file(path, content);
	free(path);
}

static char *
read_part(const char *dir, const char *name)
{
	char *path = text("%s/%s", dir, name), *content = NULL;
	size_t n = 0;
	FILE *f = fopen(path, "re");

	NEED(f != NULL && getdelim(&content, &n, '\0', f) > 0);
	NEED(fclose(f) == 0 && unlink(path) == 0);
	free(path);
	return content;
}

void
ba_scene_write(const struct ba_scene *scene, const char *dir)
{
	char *claims;

	prepare(scene);
	claims = json_dumps(p.claims, JSON_COMPACT);
	NEED(claims != NULL);
	write_part(dir, "token", p.token);
	write_part(dir, "keys", p.keys);
	write_part(dir, "claims", claims);
	free(claims);
}

void
ba_scene_read(const struct ba_scene *scene, const char *dir)
{
	const struct ba_config_report report = { problem_shown, NULL };
	char *claims = read_part(dir, "claims"), *conf = text(config_text, "");

	p.scene = scene;
	p.token = read_part(dir, "token");
	p.keys = read_part(dir, "keys");
	p.claims = json_loads(claims, 0, NULL);
	free(claims);
	prepare_rest(scene);
	NEED(ba_config_parse("text", conf, strlen(conf), &report, &w.config) ==
	     BA_OK);
	free(conf);
}

/* --- on the rack ---------------------------------------------------------- */

struct act {
	const struct ba_scene *scene;
	unsigned parts;
	struct ba_scene_outcome *out;
	struct ba_config *config; /* made on the rack, each of these */
	struct ba_arena *arena;
	const struct ba_map *map;
	const struct ba_map *shared;
	struct ba_jwks *jwks;
	struct ba_blocks *blocks;
	json_t *kept;
	struct ba_verdict first, again;
	unsigned checks; /* heard of */
	int last;
};

static void
wrong_if(struct act *a, bool is, const char *what)
{
	if (is && a->out->wrong == NULL)
		a->out->wrong = what;
}

static const struct ba_jwks *
keys(void *arg, const struct ba_issuer *issuer)
{
	const struct act *a = arg;

	(void)issuer;
	return (a->parts & BA_SCENE_KEYS) != 0 ? a->jwks : p.jwks;
}

static int
introspected(void *arg, const struct ba_issuer *issuer, const json_t **claimsp)
{
	const struct ba_scene *scene = ((const struct act *)arg)->scene;

	(void)issuer;
	*claimsp = scene->login->asked ? p.claims : p.answer;
	return scene->answer_err;
}

static int
blocked(void *arg, const struct ba_blocks **blocksp)
{
	const struct act *a = arg;

	*blocksp = (a->parts & BA_SCENE_BLOCKS) != 0 ? a->blocks : p.blocks;
	return BA_OK;
}

static void
check(void *arg, enum ba_check what, int err, const char *detail,
    const struct ba_where *where)
{
	struct act *a = arg;

	(void)what;
	(void)where;
	a->checks++;
	a->last = err;
	wrong_if(a, detail == NULL, "a check without a detail");
}

/* What verify.h says of a verdict. */
static void
judge(struct act *a, const struct ba_verdict *v, int r, bool claims)
{
	const struct ba_scene *scene = a->scene;
	const char *user =
	    scene->user != NULL ? scene->user : scene->login->user;

	a->out->accepted |= r == BA_OK || v->err == BA_OK || *v->user != '\0';
	wrong_if(a, v->err != r, "the verdict says another error");
	if (r == BA_OK) {
		wrong_if(a, strcmp(v->user, user) != 0, "another user");
		wrong_if(a, v->sub == NULL || v->exp == 0, "no sub, no exp");
	} else {
		wrong_if(a, v->user[0] != '\0', "a user of a refused one");
		wrong_if(a, v->sub != NULL, "a sub of a refused one");
		wrong_if(a, v->exp != 0, "an exp of a refused one");
	}
	claims |= v->check > BA_CHECK_INTROSPECTION ||
		  (v->check == BA_CHECK_INTROSPECTION && !scene->login->asked);
	wrong_if(a, (v->claims != NULL) != claims,
	    claims ? "no claims" : "claims that nobody proved");
	wrong_if(a, v->claims != NULL && !json_is_object(v->claims),
	    "claims that are none");
}

static int
verify(struct act *a, const json_t *claims, struct ba_verdict *v)
{
	const struct ba_scene *scene = a->scene;
	const struct login *login = scene->login;
	const struct ba_trace trace = { check, a };
	const struct ba_trace *listen =
	    (a->parts & BA_SCENE_EXPLAIN) != 0 ? &trace : NULL;
	struct ba_question q = { .service = login->service,
		.user = scene->user != NULL ? scene->user : login->user,
		.uid_known = true,
		.uid = scene->root ? 0 : login->uid,
		.rhost = scene->rhost != NULL ? scene->rhost : login->rhost,
		.origin = BA_ORIGIN_PROMPT,
		.introspected = claims != NULL && login->asked,
		.token = p.token,
		.token_len = strlen(p.token) };
	const struct ba_snapshot s = { .config = a->config != NULL ? a->config
								   : w.config,
		.now = NOW,
		.keys = keys,
		.introspected = introspected,
		.blocks = blocked,
		.arg = a };
	int r;

	if (scene->no_rhost)
		q.rhost = NULL;
	a->checks = 0;
	r = claims == NULL ? ba_verify(&q, &s, listen, v)
			   : ba_verify_claims(&q, &s, claims, listen, v);
	judge(a, v, r, claims != NULL);
	wrong_if(a, listen != NULL && a->checks == 0, "nobody was told");
	return r;
}

static int
keep(struct act *a)
{
	const struct ba_config *config =
	    a->config != NULL ? a->config : w.config;
	const json_t *claims =
	    a->first.claims != NULL ? a->first.claims : p.claims;
	const char *iss = json_string_value(json_object_get(claims, "iss"));

	a->kept = ba_claims_kept(claims, ba_config_issuer(config, iss),
	    ba_config_service(config, a->scene->login->service));
	return a->kept == NULL ? BA_ERR_NOMEM : BA_OK;
}

static int
load(struct act *a)
{
	const struct ba_config_report report = { problem, NULL };
	int r = ba_config_load(w.path, getuid(), &report, &a->config);

	wrong_if(a, (r == BA_OK) != (a->config != NULL), "configp");
	return r;
}

static int
parse(struct act *a)
{
	const struct ba_config_report report = { problem, NULL };
	int r = ba_config_parse(
	    "text", w.text, strlen(w.text), &report, &a->config);

	wrong_if(a, (r == BA_OK) != (a->config != NULL), "configp");
	return r;
}

static int
map(struct act *a)
{
	const struct ba_config_report report = { problem, NULL };
	int r;

	a->arena = ba_arena_new();
	if (a->arena == NULL)
		return BA_ERR_NOMEM;
	r = ba_map_parse(a->arena, w.config, w.map, map_text, strlen(map_text),
	    &report, &a->map);
	wrong_if(a, (r == BA_OK) != (a->map != NULL), "mapp");
	wrong_if(a, a->map != NULL && ba_map_count(a->map) != 3, "the map");
	if (r != BA_OK)
		return r;
	r = ba_map_parse_shared(a->arena, w.map, shared_text,
	    strlen(shared_text), &report, &a->shared);
	wrong_if(a, (r == BA_OK) != (a->shared != NULL), "mapp");
	return r;
}

static int
key_set(struct act *a)
{
	int r = parse_keys(a->scene, &a->jwks);

	wrong_if(a, (r == BA_OK) != (a->jwks != NULL), "setp");
	return r;
}

static int
block_list(struct act *a)
{
	int r =
	    ba_blocks_parse(blocks_text, strlen(blocks_text), &a->blocks, NULL);

	wrong_if(a, (r == BA_OK) != (a->blocks != NULL), "blocksp");
	return r;
}

static int
first(struct act *a)
{
	return verify(a, NULL, &a->first);
}

static int
again(struct act *a)
{
	return verify(a, a->kept != NULL ? a->kept : p.claims, &a->again);
}

static void
act(struct act *a)
{
	static const struct {
		enum ba_scene_part part;
		int (*play)(struct act *a);
	} plays[] = { { BA_SCENE_LOAD, load }, { BA_SCENE_PARSE, parse },
		{ BA_SCENE_MAP, map }, { BA_SCENE_KEYS, key_set },
		{ BA_SCENE_BLOCKS, block_list }, { BA_SCENE_VERIFY, first },
		{ BA_SCENE_KEPT, keep }, { BA_SCENE_AGAIN, again } };
	size_t i;

	for (i = 0; i < COUNT(plays) && a->out->err == BA_OK; i++) {
		if ((a->parts & plays[i].part) == 0)
			continue;
		a->out->part = plays[i].part;
		a->out->err = plays[i].play(a);
		if (a->out->failed_in == 0 && ba_torture_failed() > 0)
			a->out->failed_in = plays[i].part;
	}
	wrong_if(a, ERR_peek_error() != 0, "something in OpenSSL's queue");
	/* Places in it are not given back before they are used again. */
	ERR_clear_error();
	ba_verdict_clear(&a->first);
	ba_verdict_clear(&a->again);
	json_decref(a->kept);
	ba_jwks_free(a->jwks);
	ba_blocks_free(a->blocks);
	ba_arena_free(a->arena);
	ba_config_free(a->config);
}

void
ba_scene_run(const struct ba_scene *scene, unsigned parts,
    const struct ba_torture_plan *plan, struct ba_scene_outcome *out,
    struct ba_torture_result *result)
{
	struct act a;

	prepare(scene);
	memset(out, 0, sizeof(*out));
	memset(&a, 0, sizeof(a));
	a.scene = scene;
	a.parts = parts;
	a.out = out;
	ba_torture_begin(plan);
	act(&a);
	ba_torture_end(result);
}

/* --- lists ---------------------------------------------------------------- */

const struct ba_scene *
ba_scene_good(size_t i)
{
	return i < COUNT(good) ? &good[i] : NULL;
}

const struct ba_scene *
ba_scene_algorithm(size_t i)
{
	return i < COUNT(algorithms) ? &algorithms[i] : NULL;
}

const struct ba_scene *
ba_scene_bad(size_t i, int *errp)
{
	if (i >= COUNT(bad))
		return NULL;
	*errp = bad[i].err;
	return &bad[i];
}

bool
ba_scene_has_spare_key(const struct ba_scene *scene)
{
	return scene->keys == KEYS_TWO;
}

const char *
ba_scene_name(const struct ba_scene *scene)
{
	return scene->name;
}
