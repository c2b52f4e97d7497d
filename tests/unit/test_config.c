/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/paths.h"
#include "common/base/utf8.h"
#include "common/jose/jwk.h"
#include "common/policy/config.h"
#include "common/policy/config_keys.h"
#include "common/policy/config_value.h"
#include "common/policy/ini.h"
#include "common/policy/map.h"
#include "common/policy/pattern.h"

/*
 * Linked with --wrap=malloc and calloc: of which allocation from now on is the
 * failure?
 */
static unsigned fail_at;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *
__wrap_malloc(size_t n)
{
	if (fail_at > 0 && --fail_at == 0)
		return NULL;
	return __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	if (fail_at > 0 && --fail_at == 0)
		return NULL;
	return __real_calloc(n, size);
}

/* … and with --wrap=scandir: what it fails with, or 0. */
static int scandir_errno;

int __real_scandir(const char *dir, struct dirent ***names,
    int (*choose)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **));
int __wrap_scandir(const char *dir, struct dirent ***names,
    int (*choose)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **));

int
__wrap_scandir(const char *dir, struct dirent ***names,
    int (*choose)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **))
{
	if (scandir_errno != 0) {
		errno = scandir_errno;
		return -1;
	}
	return __real_scandir(dir, names, choose, compare);
}

/* What was reported: "FILE:LINE: TEXT" a line each. */
struct said {
	char text[16384];
	size_t len;
	unsigned n;
};

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct said *said = arg;
	size_t room = sizeof(said->text) - said->len;
	int n;

	assert_non_null(file);
	assert_null(strpbrk(text, "\n\r"));
	assert_true(strlen(text) > 0);
	n = snprintf(
	    said->text + said->len, room, "%s:%u: %s\n", file, line, text);
	assert_true(n >= 0 && (size_t)n < room);
	said->len += (size_t)n;
	said->n++;
}

static int
parse(const char *text, struct said *said, struct ba_config **configp)
{
	const struct ba_config_report report = { problem, said };

	memset(said, 0, sizeof(*said));
	return ba_config_parse("x.conf", text, strlen(text), &report, configp);
}

static struct ba_config *
parse_good(const char *text)
{
	struct ba_config *config;
	struct said said;
	int r;

	r = parse(text, &said, &config);
	if (r != BA_OK)
		fail_msg("%s\nwas refused: %s", text, said.text);
	assert_int_equal(said.n, 0);
	assert_non_null(config);
	return config;
}

#define ISSUER                                                                 \
	"[issuer https://id.example.org/realms/staff]\n"                       \
	"audience = ssh.example.org\n"                                         \
	"username = preferred_username\n"
#define SERVICE                                                                \
	"[service sshd]\n"                                                     \
	"issuer = https://id.example.org/realms/staff\n"

static void
test_defaults(void **state)
{
	struct ba_config *c = parse_good(ISSUER SERVICE "[listen /run/x/ask]");
	const struct ba_issuer *issuer = &c->issuers[0];
	const struct ba_service *service = &c->services[0];

	(void)state;
	assert_int_equal(c->n_issuers, 1);
	assert_string_equal(issuer->url, "https://id.example.org/realms/staff");
	assert_int_equal(issuer->audience.n, 1);
	assert_string_equal(issuer->audience.v[0], "ssh.example.org");
	assert_string_equal(issuer->username.text, "preferred_username");
	assert_int_equal(issuer->username_where.line, 3);
	assert_ptr_equal(issuer->section, issuer->url);
	assert_null(issuer->tenant);
	assert_int_equal(issuer->profile, BA_PROFILE_RFC9068);
	assert_int_equal(issuer->algorithms, BA_ALG_ASYMMETRIC);
	assert_null(issuer->symmetric_key_file);
	assert_int_equal(issuer->group_claim.n, 0);
	assert_false(issuer->group_words);
	assert_null(issuer->map_file);
	assert_null(issuer->map);
	assert_null(issuer->map_where.file);
	assert_null(issuer->strip_domain);
	assert_null(issuer->strip_where.file);
	assert_null(issuer->pattern);
	assert_null(issuer->pattern_text);
	assert_null(issuer->pattern_where.file);
	assert_int_equal(issuer->email_domain.n, 0);
	assert_int_equal(issuer->clock_skew, 60);
	assert_null(issuer->jwks_file);
	assert_null(issuer->ca_file);
	assert_null(issuer->ca_directory);
	assert_int_equal(issuer->endpoint_host.n, 0);
	assert_int_equal(issuer->min_key_life, 300);
	assert_int_equal(issuer->max_key_life, 86400);
	assert_int_equal(issuer->stale_keys, 86400);
	assert_int_equal(issuer->verify, BA_VERIFY_JWT);
	assert_null(issuer->introspection_endpoint);
	assert_false(issuer->introspection_jwt);
	assert_null(issuer->client.id);
	assert_false(issuer->device);
	assert_null(issuer->device_endpoint);
	assert_null(issuer->token_endpoint);
	assert_null(issuer->device_scope);
	assert_null(issuer->device_resource);
	assert_null(issuer->device_audience);
	assert_int_equal(issuer->index, 0);
	assert_string_equal(issuer->where.file, "x.conf");
	assert_int_equal(issuer->where.line, 1);

	assert_int_equal(c->n_services, 1);
	assert_string_equal(service->name, "sshd");
	assert_int_equal(service->n_issuers, 1);
	assert_ptr_equal(service->issuer[0], issuer);
	assert_int_equal(service->audience.n, 0);
	assert_int_equal(service->require_scope.n, 0);
	assert_null(service->require_scope.where.file);
	assert_int_equal(service->group_claim.n, 0);
	assert_int_equal(service->require_group.n, 0);
	assert_int_equal(service->allow_group.n, 0);
	assert_int_equal(service->allow_client.n, 0);
	assert_int_equal(service->allow_acr.n, 0);
	assert_int_equal(service->require_amr.n, 0);
	assert_null(service->max_auth_age.where.file);
	assert_null(service->max_lifetime.where.file);
	assert_null(service->max_token_age.where.file);
	assert_int_equal(service->allow_network.text.n, 0);
	assert_null(service->opaque_issuer);
	assert_false(service->single_use);
	assert_int_equal(service->n_peers, 1);
	assert_true(ba_service_peer(service, 0));
	assert_false(ba_service_peer(service, 1));
	assert_true(ba_config_peer(c, 0));
	assert_false(ba_config_peer(c, 1));
	assert_int_equal(service->accounts, BA_ACCOUNTS_LOCAL);
	assert_int_equal(service->min_uid, 1000);
	assert_int_equal(service->account_without_token, BA_UNSAID);
	assert_null(service->device.issuer);
	assert_int_equal(service->device.network.text.n, 0);
	assert_int_equal(service->device.timeout, 100);
	assert_int_equal(service->device.limit_user, 5);
	assert_int_equal(service->device.limit_address, 20);
	assert_false(service->device.complete_uri);
	assert_int_equal(service->device.qr, BA_QR_AUTO);
	assert_int_equal(service->authzid, BA_AUTHZID_EQUAL);
	assert_null(service->shared_map_file);
	assert_null(service->shared_map_where.file);
	assert_null(service->shared_map);
	assert_int_equal(service->shared_claim.n, 0);
	assert_int_equal(service->host.n, 0);
	assert_int_equal(service->port.n, 0);
	assert_null(service->confirm);
	assert_int_equal(service->where.line, 4);

	assert_int_equal(c->n_listens, 1);
	assert_string_equal(c->listens[0].path, "/run/x/ask");
	assert_int_equal(c->listens[0].mode, 0666);
	assert_int_equal(c->listens[0].group, 0);
	assert_int_equal(c->listens[0].where.line, 6);

	assert_int_equal(c->max_connections, 1024);
	assert_int_equal(c->max_per_uid, 256);
	assert_null(c->proxy);
	assert_null(c->no_proxy);
	ba_config_free(c);
}

#define ASKED(how)                                                             \
	"[issuer https://a.example]\naudience = x\nusername = sub\n"           \
	"client_id = me\n" how

/* Everything about asking, and what is not said there. */
static void
test_asking(void **state)
{
	struct ba_config *c =
	    parse_good("[broker]\nproxy = http://[::1]:3128\nno_proxy = a "
		       ".b \t 10.0.0.0/8\n" ASKED(
			   "verify = jwt+introspection\n"
			   "introspection_endpoint = https://b/i?x=1\n"
			   "introspection_answer = jwt\n"
			   "client_auth = private_key_jwt\n"
			   "client_key_file = credential:key\n"
			   "client_key_id = k 1\nclient_key_algorithm = ES384\n"
			   "endpoint_host = b c:1\nca_directory = /certs\n"
			   "min_key_life = 1\nmax_key_life = 1\nstale_keys = "
			   "0\n") "[service s]\nissuer = https://a.example\n"
				  "opaque_issuer = "
				  "https://a.example\nsingle_use = yes\n");
	const struct ba_issuer *a = &c->issuers[0];

	(void)state;
	assert_string_equal(c->proxy, "http://[::1]:3128");
	assert_string_equal(c->no_proxy, "a,.b,10.0.0.0/8");
	assert_int_equal(a->verify, BA_VERIFY_BOTH);
	assert_string_equal(a->introspection_endpoint, "https://b/i?x=1");
	assert_true(a->introspection_jwt);
	assert_int_equal(a->introspection_cache, 0);
	assert_string_equal(a->client.id, "me");
	assert_int_equal(a->client.where.line, 7);
	assert_int_equal(a->client.auth, BA_CLIENT_AUTH_PRIVATE_KEY_JWT);
	assert_string_equal(a->client.key_file, "credential:key");
	assert_string_equal(a->client.key_id, "k 1");
	assert_int_equal(a->client.key_alg, BA_ALG_ES384);
	assert_int_equal(a->endpoint_host.n, 2);
	assert_string_equal(a->endpoint_host.v[1], "c:1");
	assert_string_equal(a->ca_directory, "/certs");
	assert_int_equal(a->min_key_life, 1);
	assert_int_equal(a->max_key_life, 1);
	assert_int_equal(a->stale_keys, 0);
	assert_ptr_equal(c->services[0].opaque_issuer, a);
	assert_true(c->services[0].single_use);
	assert_int_equal(c->services[0].single_use_where.line, 23);
	ba_config_free(c);

	c = parse_good(
	    ASKED("verify = introspection\nclient_secret_file = /s\n"));
	assert_int_equal(c->issuers[0].verify, BA_VERIFY_INTROSPECTION);
	assert_int_equal(c->issuers[0].introspection_cache, 60);
	assert_int_equal(c->issuers[0].client.auth, BA_CLIENT_AUTH_BASIC);
	assert_string_equal(c->issuers[0].client.secret_file, "/s");
	ba_config_free(c);

	c = parse_good(
	    ASKED("verify = jwt+introspection\nintrospection_cache = 7\n"
		  "client_auth = tls_client_auth\nclient_key_file = /k\n"
		  "client_certificate_file = /c\n"));
	assert_int_equal(c->issuers[0].introspection_cache, 7);
	assert_int_equal(c->issuers[0].client.auth, BA_CLIENT_AUTH_TLS);
	assert_string_equal(c->issuers[0].client.certificate_file, "/c");
	ba_config_free(c);
}

static void
test_ca_02_methods(void **state)
{
	static const struct {
		const char *text;
		enum ba_client_auth auth;
	} cases[] = {
		{ "client_secret_basic\nclient_secret_file = /s\n",
		    BA_CLIENT_AUTH_BASIC },
		{ "client_secret_post\nclient_secret_file = /s\n",
		    BA_CLIENT_AUTH_POST },
		{ "private_key_jwt\nclient_key_file = /k\n",
		    BA_CLIENT_AUTH_PRIVATE_KEY_JWT },
		{ "self_signed_tls_client_auth\nclient_key_file = /k\n"
		  "client_certificate_file = /c\n",
		    BA_CLIENT_AUTH_SELF_SIGNED_TLS },
		{ "none\n", BA_CLIENT_AUTH_NONE },
	};
	struct ba_config *c;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s",
		    ASKED("verify = introspection\nclient_auth = "),
		    cases[i].text);
		c = parse_good(text);
		assert_int_equal(c->issuers[0].client.auth, cases[i].auth);
		assert_int_equal(c->issuers[0].client.key_alg, 0);
		ba_config_free(c);
	}
}

/* In IN_DEVICE() lines 6 and 11 are the caller's own. */
#define DEVICE_OF(url, tenant, in_issuer, in_service)                          \
	"[issuer " url "]\n" tenant                                            \
	"username = sub\nclient_id = me\nclient_auth = none\n" in_issuer       \
	"[service s]\naudience = x\nissuer = " url "\n" in_service
#define IN_DEVICE(in_issuer, in_service)                                       \
	DEVICE_OF("https://a", "profile = legacy\n", in_issuer "\n",           \
	    "device_issuer = https://a\n" in_service "\n")

/* DEV-01 to DEV-09: all that is said of the device flow. */
static const char device_said[] =
    IN_DEVICE("device_authorization_endpoint = https://b/d?x=1\n"
	      "token_endpoint = https://b:1/t\n"
	      "device_scope = openid  a!b\toffline_access\n"
	      "device_resource = urn:example:ssh\n"
	      "device_audience = api x",
	"device_network = 10.0.0.0/8 ::1\n"
	"device_timeout = 600\n"
	"device_limit_user = 1\n"
	"device_limit_address = 100\n"
	"device_complete_uri = yes\n"
	"qr = yes");

static void
test_device_flow(void **state)
{
	struct ba_config *c = parse_good(device_said);
	const struct ba_issuer *issuer = &c->issuers[0];
	const struct ba_device_config *device = &c->services[0].device;

	(void)state;
	assert_true(issuer->device);
	assert_string_equal(issuer->device_endpoint, "https://b/d?x=1");
	assert_string_equal(issuer->token_endpoint, "https://b:1/t");
	assert_string_equal(issuer->device_scope, "openid a!b offline_access");
	assert_string_equal(issuer->device_resource, "urn:example:ssh");
	assert_string_equal(issuer->device_audience, "api x");
	assert_int_equal(issuer->verify, BA_VERIFY_JWT);
	assert_string_equal(issuer->client.id, "me");
	assert_ptr_equal(device->issuer, issuer);
	assert_int_equal(device->network.text.n, 2);
	assert_true(ba_network_has(&device->network.v[0], "10.1.2.3"));
	assert_true(ba_network_has(&device->network.v[1], "::1"));
	assert_int_equal(device->timeout, 600);
	assert_int_equal(device->limit_user, 1);
	assert_int_equal(device->limit_address, 100);
	assert_true(device->complete_uri);
	assert_int_equal(device->qr, BA_QR_YES);
	ba_config_free(c);

	c = parse_good(IN_DEVICE("",
	    "device_timeout = 30\ndevice_limit_user = 100\n"
	    "device_limit_address = 1\ndevice_complete_uri = no\nqr = no"));
	device = &c->services[0].device;
	assert_true(c->issuers[0].device);
	assert_int_equal(device->timeout, 30);
	assert_int_equal(device->limit_user, 100);
	assert_int_equal(device->limit_address, 1);
	assert_false(device->complete_uri);
	assert_int_equal(device->qr, BA_QR_NO);
	ba_config_free(c);

	c = parse_good(IN_DEVICE("", "qr = auto"));
	assert_int_equal(c->services[0].device.qr, BA_QR_AUTO);
	ba_config_free(c);
}

/* V36: a person is sent to one tenant, and the others stay what they were. */
static void
test_v36_device_issuer_of_one_tenant(void **state)
{
	struct ba_config *c =
	    parse_good(DEVICE_OF("https://a/{tenantid}", "tenant = t u\n",
		"device_scope = x\n", "device_issuer = https://a/u\n"));

	(void)state;
	assert_ptr_equal(c->services[0].device.issuer, &c->issuers[1]);
	assert_false(c->issuers[0].device);
	assert_true(c->issuers[1].device);
	assert_string_equal(c->issuers[1].url, "https://a/u");
	ba_config_free(c);
	/* Where there is one, the section's name is as good. */
	c = parse_good(DEVICE_OF("https://a/{tenantid}", "tenant = t\n", "",
	    "device_issuer = https://a/{tenantid}\n"));
	assert_ptr_equal(c->services[0].device.issuer, &c->issuers[0]);
	ba_config_free(c);
}

/* SA-04, SA-06: whom a client may mean, and where it may have gone. */
static const char sasl_said[] =
    ISSUER SERVICE "authzid = shared\n" /* 6 */
		   "shared_map = /etc/bearerauth/shared\n"
		   "shared_claim = mailboxes /resource/ssh.example\n"
		   "host = mail.example.org 192.0.2.1 2001:db8::1 a_b-1\n"
		   "port = 1 65535 587\n";

static void
test_sasl(void **state)
{
	struct ba_config *c = parse_good(sasl_said);
	const struct ba_service *s = &c->services[0];

	(void)state;
	assert_int_equal(s->authzid, BA_AUTHZID_SHARED);
	assert_string_equal(s->shared_map_file, "/etc/bearerauth/shared");
	assert_int_equal(s->shared_map_where.line, 7);
	assert_null(s->shared_map); /* not after ba_config_parse() */
	assert_int_equal(s->shared_claim.n, 2);
	assert_string_equal(s->shared_claim.v[1].step[1], "ssh.example");
	assert_int_equal(s->host.n, 4);
	assert_string_equal(s->host.v[0], "mail.example.org");
	assert_string_equal(s->host.v[2], "2001:db8::1");
	assert_int_equal(s->port.n, 3);
	assert_string_equal(s->port.v[2], "587");
	ba_config_free(c);

	c = parse_good(ISSUER SERVICE "authzid = proxy\n");
	assert_int_equal(c->services[0].authzid, BA_AUTHZID_PROXY);
	ba_config_free(c);
	c = parse_good(ISSUER SERVICE "authzid = equal\n");
	assert_int_equal(c->services[0].authzid, BA_AUTHZID_EQUAL);
	ba_config_free(c);
}

#define ENTRA "https://login.example/{tenantid}/v2.0"

/* The number of each line is in the checks below. */
static const char all_said[] =
    "[broker]\n"
    "max_connections = 10\n"
    "max_per_uid = 5\n"
    "[service smtp.x_y-z]\n" /* 4: before its issuers */
    "issuer = https://b.example https://a.example\n"
    "require_scope = mail https://x/y!z\n"
    "peer = 105 0\n"
    "accounts = virtual\n"
    "min_uid = 2147483648\n"
    "account_without_token = allow\n"
    "confirm = Really? # yes\n"
    "[issuer https://a.example]\n" /* 12 */
    "audience = one\ttwo  three\n"
    "verify = jwt\n"
    "algorithms = ES256 EdDSA\n"
    "username = /https:~1~1example.org~1claims~1uid\n"
    "username_pattern = EXAMPLE (?:a|b)-([a-z]+)\n"
    "ca_file = /etc/ssl/ca.pem\n"
    "clock_skew = 0\n"
    "map_file = /etc/bearerauth/map\n"
    "[issuer https://b.example]\n" /* 21 */
    "audience = one\n"
    "username = email\n"
    "email_domain = example.org b.example.org\n"
    "jwks_file = /etc/bearerauth/keys.json\n"
    "clock_skew = 300\n"
    "tenant = only-one\n"
    "[listen /var/spool/postfix/run/ask]\n" /* 28 */
    "mode = 0660\n"
    "group = 110\n"
    "[issuer " ENTRA "]\n" /* 31 */
    "tenant = 11-aa t.2\n"
    "profile = legacy\n"
    "group_claim = groups realm_access.roles\n"
    "username = upn\n"
    "strip_domain = example.org\n"
    "group_separator = space\n"
    "[service sshd]\n" /* 38 */
    "issuer = " ENTRA "\n"
    "audience = ssh api://x\n"
    "group_claim = /resource_access/ssh.example/roles\n"
    "require_group = g1 \"Domain Admins\"  g#\"2\n"
    "allow_group = \"g \\\"\\u0033\\\\\"\n"
    "allow_client = c1 c2 c3\n"
    "allow_acr = gold silver\n"
    "require_amr = mfa hwk\n"
    "max_auth_age = 1\n"
    "max_lifetime = 315360000\n"
    "max_token_age = 3600\n"
    "allow_network = 10.0.0.0/8 2001:db8::1\n";

static void
check_all_said_issuers(const struct ba_config *c)
{
	const struct ba_issuer *a = ba_config_issuer(c, "https://a.example");
	const struct ba_issuer *b = ba_config_issuer(c, "https://b.example");
	char name[32];

	assert_int_equal(c->n_issuers, 4);
	assert_ptr_equal(a, &c->issuers[0]);
	assert_ptr_equal(b, &c->issuers[1]);
	assert_int_equal(b->index, 1);
	assert_int_equal(a->audience.n, 3);
	assert_int_equal(a->audience.where.line, 13);
	assert_string_equal(a->audience.v[1], "two");
	assert_string_equal(a->audience.v[2], "three");
	assert_int_equal(a->algorithms, BA_ALG_ES256 | BA_ALG_EDDSA);
	assert_int_equal(a->username.n, 1);
	assert_string_equal(
	    a->username.step[0], "https://example.org/claims/uid");
	assert_int_equal(a->username_where.line, 16);
	assert_int_equal(
	    ba_pattern_match(a->pattern, "EXAMPLE b-x", name, sizeof(name)),
	    BA_OK);
	assert_string_equal(name, "x");
	assert_string_equal(a->pattern_text, "EXAMPLE (?:a|b)-([a-z]+)");
	assert_int_equal(a->pattern_where.line, 17);
	assert_false(a->group_words);
	assert_string_equal(a->ca_file, "/etc/ssl/ca.pem");
	assert_int_equal(a->clock_skew, 0);
	assert_string_equal(a->map_file, "/etc/bearerauth/map");
	assert_int_equal(a->map_where.line, 20);
	assert_null(a->map);
	assert_int_equal(b->email_domain.n, 2);
	assert_string_equal(b->email_domain.v[1], "b.example.org");
	assert_int_equal(b->email_domain.where.line, 24);
	assert_string_equal(b->jwks_file, "/etc/bearerauth/keys.json");
	assert_int_equal(b->clock_skew, 300);
	assert_string_equal(b->tenant, "only-one");
	assert_string_equal(b->section, "https://b.example");
}

static void
check_all_said_tenants(const struct ba_config *c)
{
	const struct ba_issuer *t;
	size_t i;

	assert_string_equal(
	    c->issuers[2].url, "https://login.example/11-aa/v2.0");
	assert_string_equal(c->issuers[2].tenant, "11-aa");
	assert_string_equal(
	    c->issuers[3].url, "https://login.example/t.2/v2.0");
	assert_string_equal(c->issuers[3].tenant, "t.2");
	for (i = 2; i < 4; i++) {
		t = &c->issuers[i];
		assert_ptr_equal(ba_config_issuer(c, t->url), t);
		assert_int_equal(t->index, i);
		assert_string_equal(t->section, ENTRA);
		assert_int_equal(t->where.line, 31);
		assert_int_equal(t->profile, BA_PROFILE_LEGACY);
		assert_int_equal(t->group_claim.n, 2);
		assert_int_equal(t->group_claim.where.line, 34);
		assert_string_equal(t->group_claim.v[0].text, "groups");
		assert_string_equal(t->group_claim.v[1].step[1], "roles");
		assert_string_equal(t->username.text, "upn");
		assert_string_equal(t->strip_domain, "example.org");
		assert_int_equal(t->strip_where.line, 36);
		assert_true(t->group_words);
		assert_int_equal(t->algorithms, BA_ALG_ASYMMETRIC);
		assert_int_equal(t->clock_skew, 60);
		assert_int_equal(t->audience.n, 0);
	}
}

static void
check_all_said_smtp(const struct ba_config *c)
{
	const struct ba_service *s = ba_config_service(c, "smtp.x_y-z");

	assert_non_null(s);
	assert_int_equal(s->n_issuers, 2);
	assert_ptr_equal(s->issuer[0], &c->issuers[1]);
	assert_ptr_equal(s->issuer[1], &c->issuers[0]);
	assert_int_equal(s->require_scope.n, 2);
	assert_int_equal(s->require_scope.where.line, 6);
	assert_string_equal(s->require_scope.v[1], "https://x/y!z");
	assert_true(ba_service_peer(s, 105));
	assert_true(ba_service_peer(s, 0));
	assert_false(ba_service_peer(s, 104));
	assert_int_equal(s->accounts, BA_ACCOUNTS_VIRTUAL);
	assert_int_equal(s->min_uid, 2147483648U);
	assert_int_equal(s->account_without_token, BA_ALLOW);
	assert_string_equal(s->confirm, "Really? # yes");
}

static void
check_list(
    const struct ba_strings *list, size_t n, const char *last, unsigned line)
{
	assert_int_equal(list->n, n);
	assert_string_equal(list->v[n - 1], last);
	assert_string_equal(list->where.file, "x.conf");
	assert_int_equal(list->where.line, line);
}

static void
check_limit(const struct ba_limit *limit, int64_t s, unsigned line)
{
	assert_int_equal(limit->s, s);
	assert_string_equal(limit->where.file, "x.conf");
	assert_int_equal(limit->where.line, line);
}

static void
check_all_said_sshd(const struct ba_config *c)
{
	const struct ba_service *s = ba_config_service(c, "sshd");

	assert_non_null(s);
	assert_int_equal(s->n_issuers, 2);
	assert_ptr_equal(s->issuer[0], &c->issuers[2]);
	assert_ptr_equal(s->issuer[1], &c->issuers[3]);
	check_list(&s->audience, 2, "api://x", 40);
	assert_int_equal(s->group_claim.n, 1);
	assert_int_equal(s->group_claim.where.line, 41);
	assert_string_equal(s->group_claim.v[0].step[1], "ssh.example");
	check_list(&s->require_group, 3, "g#\"2", 42);
	assert_string_equal(s->require_group.v[0], "g1");
	assert_string_equal(s->require_group.v[1], "Domain Admins");
	check_list(&s->allow_group, 1, "g \"3\\", 43);
	check_list(&s->allow_client, 3, "c3", 44);
	check_list(&s->allow_acr, 2, "silver", 45);
	check_list(&s->require_amr, 2, "hwk", 46);
	check_limit(&s->max_auth_age, 1, 47);
	check_limit(&s->max_lifetime, 315360000, 48);
	check_limit(&s->max_token_age, 3600, 49);
	check_list(&s->allow_network.text, 2, "2001:db8::1", 50);
	assert_true(ba_network_has(&s->allow_network.v[0], "10.1.2.3"));
	assert_true(ba_network_has(&s->allow_network.v[1], "2001:db8::1"));
	assert_false(ba_network_has(&s->allow_network.v[1], "2001:db8::2"));
}

static void
test_all_said(void **state)
{
	struct ba_config *c = parse_good(all_said);

	(void)state;
	assert_int_equal(c->max_connections, 10);
	assert_int_equal(c->max_per_uid, 5);
	check_all_said_issuers(c);
	check_all_said_tenants(c);
	check_all_said_smtp(c);
	check_all_said_sshd(c);
	assert_int_equal(c->listens[0].mode, 0660);
	assert_int_equal(c->listens[0].group, 110);
	ba_config_free(c);
}

/* V36: compared byte for byte, never against the form with the braces. */
static void
test_v36_tenants(void **state)
{
	static const char text[] =
	    "[service all]\nissuer = " ENTRA "\n"
	    "[service one]\nissuer = https://login.example/t2/v2.0\n"
	    "[service both]\n"
	    "issuer = https://login.example/t2/v2.0 " ENTRA "\n"
	    "[issuer " ENTRA "]\n"
	    "tenant = t1 t2 T1\naudience = a\nusername = sub\n"
	    "[issuer https://{tenantid}.example]\n"
	    "tenant = t1\naudience = a\nusername = sub\n";
	struct ba_config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->n_issuers, 4);
	assert_null(ba_config_issuer(c, ENTRA));
	assert_null(ba_config_issuer(c, "https://login.example//v2.0"));
	assert_null(ba_config_issuer(c, "https://login.example/t3/v2.0"));
	assert_null(ba_config_issuer(c, "https://login.example/t2/v2.0/"));
	assert_ptr_equal(
	    ba_config_issuer(c, "https://t1.example"), &c->issuers[3]);
	assert_int_equal(c->services[0].n_issuers, 3);
	assert_int_equal(c->services[1].n_issuers, 1);
	assert_ptr_equal(c->services[1].issuer[0], &c->issuers[1]);
	assert_int_equal(c->services[2].n_issuers, 3);
	assert_ptr_equal(c->services[2].issuer[0], &c->issuers[1]);
	assert_ptr_equal(c->services[2].issuer[1], &c->issuers[0]);
	assert_ptr_equal(c->services[2].issuer[2], &c->issuers[2]);
	ba_config_free(c);
}

/* One tenant may have a secret, by either way to write its URL. */
static void
test_v36_secret_of_one_tenant(void **state)
{
	static const char *const head[] = {
		"[issuer " ENTRA "]\ntenant = t1\n",
		"[issuer https://login.example/t1/v2.0]\ntenant = t1\n",
		"[issuer https://login.example/t1/v2.0]\n",
	};
	struct ba_config *c;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "%susername = sub\n"
		    "symmetric_key_file = /etc/bearerauth/secret\n",
		    head[i]);
		c = parse_good(text);
		assert_int_equal(c->n_issuers, 1);
		assert_string_equal(
		    c->issuers[0].url, "https://login.example/t1/v2.0");
		assert_string_equal(
		    c->issuers[0].symmetric_key_file, "/etc/bearerauth/secret");
		assert_int_equal(c->issuers[0].algorithms, BA_ALG_SYMMETRIC);
		ba_config_free(c);
	}
}

static void
test_lookups(void **state)
{
	struct ba_config *c = parse_good(ISSUER SERVICE);

	(void)state;
	assert_non_null(
	    ba_config_issuer(c, "https://id.example.org/realms/staff"));
	assert_null(
	    ba_config_issuer(c, "https://id.example.org/realms/staff/"));
	assert_null(ba_config_issuer(c, "https://ID.example.org/realms/staff"));
	assert_null(ba_config_issuer(c, ""));
	assert_non_null(ba_config_service(c, "sshd"));
	assert_null(ba_config_service(c, "SSHD"));
	assert_null(ba_config_service(c, "sshd2"));
	assert_null(ba_config_service(c, ""));
	ba_config_free(c);
	ba_config_free(NULL);
	c = parse_good(
	    ISSUER SERVICE "[service smtp]\npeer = 7\n"
			   "issuer = https://id.example.org/realms/staff\n");
	assert_true(ba_config_peer(c, 0));
	assert_true(ba_config_peer(c, 7));
	assert_false(ba_config_peer(c, 8));
	ba_config_free(c);
}

/* Nobody enters, but nothing is wrong. */
static void
test_v53_no_service_at_all(void **state)
{
	struct ba_config *c = parse_good("# nothing yet\n");

	(void)state;
	assert_int_equal(c->n_services, 0);
	assert_null(ba_config_service(c, "sshd"));
	assert_false(ba_config_peer(c, 0));
	ba_config_free(c);
	c = parse_good(ISSUER);
	assert_int_equal(c->n_services, 0);
	ba_config_free(c);
}

/* A file with one defect, the same repaired, and what the report begins with. */
struct twin {
	const char *bad;
	const char *good;
	const char *said;
};

#define IN_ISSUER(line) ISSUER line "\n"
/* Lines 4 and 5 are its own. */
#define IN_ASKING(line)                                                        \
	ISSUER "verify = introspection\nclient_id = c\n" line "\n"
#define IN_SERVICE(line) ISSUER SERVICE line "\n"
#define IN_LISTEN(line)  "[listen /run/a]\n" line "\n"
#define A10              "aaaaaaaaaa"
#define A50              A10 A10 A10 A10 A10
#define A250             A50 A50 A50 A50 A50
#define A1000            A250 A250 A250 A250

static const struct twin twins[] = {
	/* sections */
	{ "x = y\n" ISSUER, ISSUER, ":1: 'x' stands before the first section" },
	{ "[isuer https://a.example]\n", "", ":1: unknown section 'isuer'" },
	{ "[broker x]\n", "[broker]\n", ":1: this section has no name" },
	{ "[broker\n", "[broker]\n", ":1: a section line ends" },
	{ "[broker]\nmax_per_uid\n", "[broker]\nmax_per_uid = 1\n",
	    ":2: neither [section], nor" },
	{ "[broker]\n[broker]\n", "[broker]\n",
	    ":2: this section stands already in x.conf, line 1" },
	{ ISSUER ISSUER, ISSUER, ":4: this section stands already in x.conf" },
	{ ISSUER SERVICE SERVICE, ISSUER SERVICE,
	    ":6: this section stands already in x.conf, line 4" },
	{ "[listen /run/a]\n[listen /run/a]\n",
	    "[listen /run/a]\n[listen /run/b]\n", ":2: this section stands" },
	/* two kinds, and neither with a name */
	{ "[broker]\n" ISSUER
	  "[service]\nissuer = https://id.example.org/realms/staff\n",
	    "[broker]\n" ISSUER SERVICE, ":5: a service is named by" },
	/* keys */
	{ IN_ISSUER("usrname = a"), ISSUER,
	    ":4: unknown key 'usrname'; did you mean 'username'?" },
	{ IN_ISSUER("usrnam = a"), ISSUER,
	    ":4: unknown key 'usrnam'; did you mean 'username'?" },
	{ IN_ISSUER("usrna = a"), ISSUER,
	    ":4: unknown key 'usrna'; [issuer URL] takes: tenant profile "
	    "audience verify algorithms jwks_file ca_file ca_directory "
	    "endpoint_host min_key_life max_key_life stale_keys "
	    "symmetric_key_file clock_skew introspection_endpoint "
	    "introspection_answer introspection_cache client_id client_auth "
	    "client_secret_file client_key_file client_key_id "
	    "client_key_algorithm client_certificate_file "
	    "device_authorization_endpoint token_endpoint device_scope "
	    "device_resource device_audience group_claim "
	    "group_separator map_file username strip_domain username_pattern "
	    "email_domain" },
	{ IN_ISSUER("uxxrname = a"), ISSUER,
	    ":4: unknown key 'uxxrname'; did you mean 'username'?" },
	{ IN_ISSUER("uxxxname = a"), ISSUER,
	    ":4: unknown key 'uxxxname'; [issuer URL] takes:" },
	{ IN_ISSUER("xxusername = a"), ISSUER,
	    ":4: unknown key 'xxusername'; did you mean 'username'?" },
	{ IN_ISSUER("xxxusername = a"), ISSUER,
	    ":4: unknown key 'xxxusername'; [issuer URL] takes:" },
	{ IN_ISSUER("userna = a"), ISSUER,
	    ":4: unknown key 'userna'; did you mean 'username'?" },
	{ IN_ISSUER("agorithm = a"), ISSUER,
	    ":4: unknown key 'agorithm'; did you mean 'algorithms'?" },
	{ IN_ISSUER("usern = a"), ISSUER,
	    ":4: unknown key 'usern'; [issuer URL] takes:" },
	{ IN_ISSUER("usernamexy = a"), ISSUER,
	    ":4: unknown key 'usernamexy'; did you mean 'username'?" },
	{ IN_ISSUER("usernamexyz = a"), ISSUER,
	    ":4: unknown key 'usernamexyz'; [issuer URL] takes:" },
	{ IN_ISSUER("x = a"), ISSUER, ":4: unknown key 'x'; [issuer URL] " },
	{ IN_ISSUER("esuername = a"), ISSUER,
	    ":4: unknown key 'esuername'; did you mean 'username'?" },
	{ IN_ISSUER("Audience = a"), ISSUER, ":4: neither" },
	{ IN_SERVICE("isuer = a"), ISSUER SERVICE,
	    ":6: unknown key 'isuer'; did you mean 'issuer'?" },
	{ IN_SERVICE("require_scopes = a"), IN_SERVICE("require_scope = a"),
	    ":6: unknown key 'require_scopes'; did you mean 'require_scope'?" },
	{ IN_SERVICE("groups = a"), ISSUER SERVICE,
	    ":6: unknown key 'groups'; [service NAME] takes: issuer "
	    "opaque_issuer "
	    "single_use audience "
	    "require_scope group_claim require_group allow_group allow_client "
	    "allow_acr require_amr max_auth_age max_lifetime max_token_age "
	    "allow_network peer accounts min_uid account_without_token "
	    "device_issuer device_network device_timeout device_limit_user "
	    "device_limit_address device_complete_uri qr authzid shared_map "
	    "shared_claim host port confirm\n" },
	/* Of the token or of the authentication?  The list says both. */
	{ IN_SERVICE("max_age = 60"), IN_SERVICE("max_token_age = 60"),
	    ":6: unknown key 'max_age'; [service NAME] takes: issuer "
	    "opaque_issuer "
	    "single_use audience "
	    "require_scope group_claim require_group allow_group allow_client "
	    "allow_acr require_amr max_auth_age max_lifetime max_token_age" },
	{ IN_SERVICE("max_tokenage = 60"), IN_SERVICE("max_token_age = 60"),
	    ":6: unknown key 'max_tokenage'; did you mean 'max_token_age'?" },
	{ "[broker]\nmode = 0600\n", "[broker]\n",
	    ":2: unknown key 'mode'; [broker] takes: max_connections "
	    "max_per_uid proxy no_proxy" },
	{ IN_ISSUER("audience = b"), ISSUER,
	    ":4: 'audience' stands already in line 2" },
	{ IN_SERVICE("peer = 0\npeer = 1"), IN_SERVICE("peer = 0 1"),
	    ":7: 'peer' stands already in line 6" },
	/* [broker] */
	{ "[broker]\nmax_connections = 0\n", "[broker]\nmax_connections = 1\n",
	    ":2: '0' must be a number from 1 to 65535" },
	{ "[broker]\nmax_connections = 65536\n",
	    "[broker]\nmax_connections = 65535\n", ":2: '65536' must" },
	{ "[broker]\nmax_per_uid = 65536\n", "[broker]\nmax_per_uid = 65535\n",
	    ":2: '65536' must be a number from 1 to 65535" },
	{ "[broker]\nmax_per_uid = 0\n", "[broker]\nmax_per_uid = 1\n",
	    ":2: '0' must" },
	{ "[broker]\nmax_per_uid = -1\n", "[broker]\nmax_per_uid = 1\n",
	    ":2: '-1' must" },
	{ "[broker]\nmax_per_uid = 0x10\n", "[broker]\nmax_per_uid = 10\n",
	    ":2: '0x10' must" },
	{ "[broker]\nmax_per_uid = 10 20\n", "[broker]\nmax_per_uid = 10\n",
	    ":2: '10 20' must" },
	{ "[broker]\nmax_per_uid = 18446744073709551617\n",
	    "[broker]\nmax_per_uid = 1\n", ":2: '18446744073709551617' must" },
	/* [issuer] */
	{ "[issuer]\naudience = a\nusername = b\n",
	    "[issuer https://a]\naudience = a\nusername = b\n",
	    ":1: an issuer section names its issuer" },
	{ "[issuer http://a]\naudience = a\nusername = b\n",
	    "[issuer https://a]\naudience = a\nusername = b\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer https://u@a]\naudience = a\nusername = b\n",
	    "[issuer https://a]\naudience = a\nusername = b\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer https://a/?b]\naudience = a\nusername = b\n",
	    "[issuer https://a/b]\naudience = a\nusername = b\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer https://a/#b]\naudience = a\nusername = b\n",
	    "[issuer https://a/b]\naudience = a\nusername = b\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer https://a]\naudience = c\n",
	    "[issuer https://a]\naudience = c\nusername = b\n",
	    ":1: neither username = nor map_file = is there" },
	{ "[issuer https://a]\naudience = c\n",
	    "[issuer https://a]\naudience = c\nmap_file = /m\n",
	    ":1: neither username = nor map_file = is there" },
	/* tenants */
	{ "[issuer https://a/{tenantid}]\nusername = b\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n",
	    ":1: {tenantid} stands in the issuer's URL, and tenant = is "
	    "missing" },
	{ "[issuer https://a/{tenantid}]\nusername = b\n"
	  "[service x]\nissuer = https://a/{tenantid}\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n"
	    "[service x]\nissuer = https://a/{tenantid}\naudience = y\n",
	    ":1: {tenantid} stands" },
	{ "[issuer https://a/{tenantid}/{tenantid}]\nusername = b\n"
	  "tenant = t\n",
	    "[issuer https://a/{tenantid}/b]\nusername = b\ntenant = t\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer https://a/{tenantID}]\nusername = b\ntenant = t\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer http://a/{tenantid}]\nusername = b\ntenant = t\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n",
	    ":1: the issuer must be an https:// URL" },
	{ "[issuer {tenantid}]\nusername = b\ntenant = a\n",
	    "[issuer https://{tenantid}]\nusername = b\ntenant = a\n",
	    ":1: the issuer must be an https:// URL" },
	{ IN_ISSUER("tenant = a b"), IN_ISSUER("tenant = a"),
	    ":4: an issuer without {tenantid} in its URL has one tenant" },
	{ IN_ISSUER("tenant = a/b"), IN_ISSUER("tenant = a.b"),
	    ":4: 'a/b' is no tenant: 1 to 64 letters, digits, '.' and '-'" },
	{ IN_ISSUER("tenant = .."), IN_ISSUER("tenant = ..-"),
	    ":4: '..' is no tenant" },
	{ IN_ISSUER("tenant = ."), IN_ISSUER("tenant = .a"),
	    ":4: '.' is no tenant" },
	{ IN_ISSUER("tenant = a_b"), IN_ISSUER("tenant = a-b"),
	    ":4: 'a_b' is no tenant" },
	{ IN_ISSUER("tenant = " A50 "aaaaabbbbbccccc"),
	    IN_ISSUER("tenant = " A50 "aaaaabbbbbcccc"),
	    ":4: '" A50 "aaaaabbbbbcccc' is no tenant" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t %2f\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t 2f\n",
	    ":3: '%2f' is no tenant" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u t\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u T\n",
	    ":3: tenant 't' stands twice: remove one" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u u\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u v\n",
	    ":3: tenant 'u' stands twice: remove one" },
	{ "[issuer https://{tenantid}.a]\nusername = b\ntenant = -t\n",
	    "[issuer https://{tenantid}.a]\nusername = b\ntenant = t-\n",
	    ":3: with tenant '-t' the issuer is no URL of at most 2000 "
	    "bytes" },
	{ "[issuer https://a/t]\nusername = b\n"
	  "[issuer https://a/{tenantid}]\nusername = b\ntenant = s t\n",
	    "[issuer https://a/t]\nusername = b\n"
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = s u\n",
	    ":3: this makes the issuer 'https://a/t', and so does the section "
	    "in x.conf, line 1: remove one" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = s t\n"
	  "[issuer https://a/t]\nusername = b\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = s u\n"
	    "[issuer https://a/t]\nusername = b\n",
	    ":4: this makes the issuer 'https://a/t', and so does the section "
	    "in x.conf, line 1" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = v2\n"
	  "[issuer https://{tenantid}/v2]\nusername = b\ntenant = a\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = v2\n"
	    "[issuer https://{tenantid}/v2]\nusername = b\ntenant = b\n",
	    ":4: this makes the issuer 'https://a/v2'" },
	/* what identity needs */
	{ "[issuer https://a]\nmap_file = /m\nstrip_domain = b\n",
	    "[issuer https://a]\nmap_file = /m\nstrip_domain = b\n"
	    "username = c\n",
	    ":3: strip_domain = is about the claim of username =" },
	{ "[issuer https://a]\nmap_file = /m\nusername_pattern = (b)\n",
	    "[issuer https://a]\nmap_file = /m\nusername_pattern = (b)\n"
	    "username = c\n",
	    ":3: username_pattern = is about the claim of username =" },
	{ "[issuer https://a]\nmap_file = /m\nemail_domain = b\n",
	    "[issuer https://a]\nmap_file = /m\nemail_domain = b\n"
	    "username = email\n",
	    ":3: email_domain = is about the claim of username =" },
	{ IN_ISSUER("strip_domain = a\nusername_pattern = (b)"),
	    IN_ISSUER("username_pattern = (b)"),
	    ":5: username_pattern = and strip_domain = exclude each other" },
	{ IN_ISSUER("username_pattern = (b)\nstrip_domain = a"),
	    IN_ISSUER("strip_domain = a"),
	    ":4: username_pattern = and strip_domain = exclude each other" },
	{ "[issuer https://a]\nusername = email\n",
	    "[issuer https://a]\nusername = email\nemail_domain = b\n",
	    ":2: an address names nobody while any domain is taken: say "
	    "email_domain = or strip_domain =" },
	{ "[issuer https://a]\nusername = /email\nusername_pattern = (b)\n",
	    "[issuer https://a]\nusername = /email\nstrip_domain = b\n",
	    ":2: an address names nobody" },
	{ IN_ISSUER("email_domain = a"),
	    "[issuer https://a]\nusername = email\nemail_domain = a\n",
	    ":4: email_domain = is for username = email, not for "
	    "'preferred_username'" },
	{ "[issuer https://a]\nusername = x.email\nemail_domain = a\n",
	    "[issuer https://a]\nusername = x.email\nstrip_domain = a\n",
	    ":3: email_domain = is for username = email, not for 'x.email'" },
	{ IN_ISSUER("strip_domain = @a"), IN_ISSUER("strip_domain = a"),
	    ":4: '@a' is no domain: write it as example.org, in lower case "
	    "and without '@'" },
	{ IN_ISSUER("strip_domain = a b"), IN_ISSUER("strip_domain = a-b"),
	    ":4: 'a b' is no domain" },
	{ IN_ISSUER("strip_domain = Example.org"),
	    IN_ISSUER("strip_domain = example.org"),
	    ":4: 'Example.org' is no domain" },
	{ IN_ISSUER("strip_domain = a..b"), IN_ISSUER("strip_domain = a.b"),
	    ":4: 'a..b' is no domain" },
	{ IN_ISSUER("strip_domain = a."), IN_ISSUER("strip_domain = a.1"),
	    ":4: 'a.' is no domain" },
	{ IN_ISSUER("strip_domain = .a"), IN_ISSUER("strip_domain = 1.a"),
	    ":4: '.a' is no domain" },
	{ IN_ISSUER("strip_domain = -a.b"), IN_ISSUER("strip_domain = a-1.b"),
	    ":4: '-a.b' is no domain" },
	{ IN_ISSUER("strip_domain = a-.b"), IN_ISSUER("strip_domain = a-1.b"),
	    ":4: 'a-.b' is no domain" },
	{ IN_ISSUER("strip_domain = a.b-"), IN_ISSUER("strip_domain = a.b"),
	    ":4: 'a.b-' is no domain" },
	{ IN_ISSUER("strip_domain = b\xc3\xbc"
		    "cher.example"),
	    IN_ISSUER("strip_domain = xn--bcher-kva.example"),
	    ":4: 'b\xc3\xbc"
	    "cher.example' is no domain" },
	{ IN_ISSUER("strip_domain = " A50 "aaaaabbbbbcccc"),
	    IN_ISSUER("strip_domain = " A50 "aaaaabbbbbccc"),
	    ":4: '" A50 "aaaaabbbbbcccc' is no domain" },
	{ IN_ISSUER("strip_domain = " A50 "." A50 "." A50 "." A50 "." A50),
	    IN_ISSUER("strip_domain = " A50 "." A50 "." A50 "." A50
		      ".aaaaabbbbbcccccdddddeeeeefffffggggghhhhhiiiiijjjj"),
	    ":4: '" A50 },
	{ "[issuer https://a]\nusername = email\nemail_domain = b C\n",
	    "[issuer https://a]\nusername = email\nemail_domain = b c\n",
	    ":3: 'C' is no domain" },
	{ "[issuer https://a]\nusername = email\nemail_domain = B c\n",
	    "[issuer https://a]\nusername = email\nemail_domain = b c\n",
	    ":3: 'B' is no domain" },
	{ IN_ISSUER("username_pattern = ([a-z]+"),
	    IN_ISSUER("username_pattern = ([a-z]+)"),
	    ":4: the pattern cannot be used: missing closing parenthesis, "
	    "behind 7 bytes" },
	{ IN_ISSUER("username_pattern = [a-z]+"),
	    IN_ISSUER("username_pattern = ([a-z]+)"),
	    ":4: the pattern cannot be used: it has 0 groups that capture and "
	    "must have one" },
	{ IN_ISSUER("map_file = map"), IN_ISSUER("map_file = /map"),
	    ":4: 'map' must be an absolute path" },
	/* profiles, groups, secrets */
	{ IN_ISSUER("profile = RFC9068"), IN_ISSUER("profile = rfc9068"),
	    ":4: profile = RFC9068 is unknown: say rfc9068 or legacy" },
	{ IN_ISSUER("profile = jwt"), IN_ISSUER("profile = legacy"),
	    ":4: profile = jwt is unknown" },
	{ IN_ISSUER("group_claim = a. b"), IN_ISSUER("group_claim = a b"),
	    ":4: 'a.' names no claim: write one as name, name.name or" },
	{ IN_ISSUER("group_claim = a /~2"), IN_ISSUER("group_claim = a /~1"),
	    ":4: '/~2' names no claim" },
	{ IN_ISSUER("group_claim = https://a/g"),
	    IN_ISSUER("group_claim = /https:~1~1a~1g"),
	    ":4: 'https://a/g' is a claim with dots in its name: write it as "
	    "a JSON Pointer" },
	{ IN_ISSUER("group_claim = /https://a/g"),
	    IN_ISSUER("group_claim = /https:~1~1a/g"),
	    ":4: '/https://a/g' names no claim" },
	{ IN_ISSUER("group_separator = ,"),
	    IN_ISSUER("group_separator = space"),
	    ":4: group_separator = , is unknown: say space, or remove it" },
	{ IN_ISSUER("group_separator = Space"),
	    IN_ISSUER("group_separator = space"),
	    ":4: group_separator = Space is unknown" },
	{ IN_SERVICE("require_group = a \"Domain Admins"),
	    IN_SERVICE("require_group = a \"Domain Admins\""),
	    ":6: '\"Domain Admins' is no name in quotes: write \"Domain "
	    "Admins\", a JSON string with a blank behind it" },
	{ IN_SERVICE("allow_group = \"Domain Admins"),
	    IN_SERVICE("allow_group = \"Domain Admins\""),
	    ":6: '\"Domain Admins' is no name in quotes" },
	{ IN_SERVICE("allow_group = \"Domain Admins\"b"),
	    IN_SERVICE("allow_group = \"Domain Admins\" b"),
	    ":6: '\"Domain Admins\"b' is no name in quotes" },
	{ IN_SERVICE("allow_group = \"a\\\" b"),
	    IN_SERVICE("allow_group = \"a\\\\\" b"),
	    ":6: '\"a\\\" b' is no name in quotes" },
	{ IN_SERVICE("allow_group = \"a\\x\""),
	    IN_SERVICE("allow_group = \"a\\n\""),
	    ":6: '\"a\\x\"' is no name in quotes" },
	{ IN_SERVICE("allow_group = \"a\\u0000\""),
	    IN_SERVICE("allow_group = \"a\\u0001\""),
	    ":6: '\"a\\u0000\"' is no name in quotes" },
	{ IN_SERVICE("allow_group = \"a\tb\""),
	    IN_SERVICE("allow_group = \"a\\tb\""),
	    ":6: '\"a?b\"' is no name in quotes" },
	{ IN_SERVICE("allow_group = b \"\" c"),
	    IN_SERVICE("allow_group = b \" \" c"),
	    ":6: a name in quotes is empty: no token has such a one" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	  "symmetric_key_file = /k\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n"
	    "symmetric_key_file = /k\n",
	    ":4: whoever has this secret could make tokens of every tenant "
	    "here: give each tenant a section" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	  "symmetric_key_file = /k\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	    "jwks_file = /k\n",
	    ":4: whoever has this secret" },
	{ IN_ISSUER("symmetric_key_file = k"),
	    IN_ISSUER("symmetric_key_file = /k"),
	    ":4: 'k' must be an absolute path" },
	{ IN_ISSUER("symmetric_key_file = /k\njwks_file = /j"),
	    IN_ISSUER("symmetric_key_file = /k"),
	    ":5: jwks_file = has no use beside symmetric_key_file =: remove "
	    "one" },
	{ IN_ISSUER("ca_file = /c\nsymmetric_key_file = /k"),
	    IN_ISSUER("ca_file = /c"),
	    ":4: ca_file = has no use beside symmetric_key_file =" },
	/* which the device flow asks, but not for keys */
	{ IN_DEVICE("symmetric_key_file = /k\njwks_file = /j\nca_file = /c\n"
		    "token_endpoint = https://a/t\n"
		    "device_authorization_endpoint = https://a/d",
	      ""),
	    IN_DEVICE("symmetric_key_file = /k\nca_file = /c\n"
		      "token_endpoint = https://a/t\n"
		      "device_authorization_endpoint = https://a/d",
		""),
	    ":7: jwks_file = has no use beside symmetric_key_file =" },
	{ IN_ISSUER("algorithms = RS256 HS256"),
	    IN_ISSUER("algorithms = RS256"),
	    ":4: HS256, HS384 and HS512 need the secret" },
	{ IN_ISSUER("algorithms = HS512"),
	    IN_ISSUER("algorithms = HS512\nsymmetric_key_file = /k"),
	    ":4: HS256, HS384 and HS512 need the secret" },
	{ IN_ISSUER("symmetric_key_file = /k\nalgorithms = HS384 RS256"),
	    IN_ISSUER("symmetric_key_file = /k\nalgorithms = HS256 HS384"),
	    ":5: with symmetric_key_file = there are HS256, HS384 and HS512 "
	    "alone" },
	{ IN_ISSUER("verify = JWT"), IN_ISSUER("verify = jwt"),
	    ":4: verify = JWT is unknown: say jwt, introspection or jwt+" },
	/* asking about tokens */
	{ IN_ISSUER("verify = introspection\nclient_auth = none"),
	    IN_ASKING("client_auth = none"), ":1: client_id = is missing" },
	{ IN_ASKING("client_secret_file = /s\nintrospection_answer = JWT"),
	    IN_ASKING("client_secret_file = /s\nintrospection_answer = jwt"),
	    ":7: introspection_answer = JWT is unknown: say json or jwt" },
	{ IN_ASKING("client_secret_file = /s\nintrospection_cache = 3601"),
	    IN_ASKING("client_secret_file = /s\nintrospection_cache = 3600"),
	    ":7: '3601' must be a number from 0 to 3600" },
	{ IN_ASKING("client_secret_file = /s\n"
		    "introspection_endpoint = http://a/b"),
	    IN_ASKING("client_secret_file = /s\n"
		      "introspection_endpoint = https://a/b"),
	    ":7: the endpoint must be an https:// URL" },
	{ IN_ISSUER("client_id = c"),
	    IN_ISSUER("client_id = c\nverify = introspection\n"
		      "client_secret_file = /s"),
	    ":4: client_id = has no use with verify = jwt" },
#define OF_CLIENT(key, value)                                                  \
	{                                                                      \
		IN_ISSUER(key " = " value), ISSUER,                            \
		    ":4: " key " = has no use with verify = jwt"               \
	}
	OF_CLIENT("client_auth", "none"),
	OF_CLIENT("client_secret_file", "/s"),
	OF_CLIENT("client_key_file", "/k"),
	OF_CLIENT("client_key_id", "a"),
	OF_CLIENT("client_key_algorithm", "ES256"),
	OF_CLIENT("client_certificate_file", "/c"),
#undef OF_CLIENT
	{ IN_ISSUER("introspection_cache = 1"), ISSUER,
	    ":4: introspection_cache = has no use with verify = jwt" },
	{ IN_ISSUER("introspection_endpoint = https://a/i"), ISSUER,
	    ":4: introspection_endpoint = has no use with verify = jwt" },
	{ ISSUER "verify = introspection\nclient_auth = none\nclient_id = "
		 "\xc3\xa4\n",
	    ISSUER
	    "verify = introspection\nclient_auth = none\nclient_id = a b\n",
	    ":6: this must be printable ASCII, at most 255 characters" },
	{ IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		    "client_key_id = k\xc3\xa4"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		      "client_key_id = ~k"),
	    ":8: this must be printable ASCII, at most 255 characters" },
	{ ISSUER "verify = introspection\nclient_auth = none\n"
		 "client_id = " A50 A50 A50 A50 A50 "aaaaaa\n",
	    ISSUER "verify = introspection\nclient_auth = none\n"
		   "client_id = " A50 A50 A50 A50 A50 "aaaaa\n",
	    ":6: this must be printable ASCII" },
	/* CA-02: one way to sign in, and what it needs */
	{ IN_ASKING("client_auth = basic\nclient_secret_file = /s"),
	    IN_ASKING("client_auth = client_secret_basic\n"
		      "client_secret_file = /s"),
	    ":6: client_auth = basic is unknown; there are client_secret_" },
	{ IN_ASKING("introspection_cache = 0"),
	    IN_ASKING("introspection_cache = 0\nclient_secret_file = /s"),
	    ":1: client_auth = client_secret_basic needs client_secret_file" },
	{ IN_ASKING("client_auth = client_secret_post"),
	    IN_ASKING("client_auth = client_secret_post\n"
		      "client_secret_file = /s"),
	    ":1: client_auth = client_secret_post needs client_secret_file" },
	{ IN_ASKING("client_secret_file = /s\nclient_key_file = /k"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k"),
	    ":7: client_auth = client_secret_basic has no use for "
	    "client_key_" },
	{ IN_ASKING("client_auth = private_key_jwt"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k"),
	    ":1: client_auth = private_key_jwt needs client_key_file =" },
	{ IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		    "client_secret_file = /s"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k"),
	    ":8: client_auth = private_key_jwt has no use for client_secret" },
	{ IN_ASKING("client_auth = tls_client_auth\nclient_key_file = /k"),
	    IN_ASKING("client_auth = tls_client_auth\nclient_key_file = /k\n"
		      "client_certificate_file = /c"),
	    ":1: client_auth = tls_client_auth needs client_certificate_file" },
	{ IN_ASKING("client_auth = self_signed_tls_client_auth\n"
		    "client_certificate_file = /c"),
	    IN_ASKING("client_auth = self_signed_tls_client_auth\n"
		      "client_certificate_file = /c\nclient_key_file = /k"),
	    ":1: client_auth = self_signed_tls_client_auth needs client_key" },
	{ IN_ASKING("client_auth = none\nclient_secret_file = /s"),
	    IN_ASKING("client_auth = none"),
	    ":7: client_auth = none has no use for client_secret_file =" },
	{ IN_ASKING("client_secret_file = /s\nclient_key_id = k"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		      "client_key_id = k"),
	    ":7: client_key_id = is for client_auth = private_key_jwt" },
	{ IN_ASKING("client_secret_file = /s\nclient_key_algorithm = ES256"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		      "client_key_algorithm = ES256"),
	    ":7: client_key_algorithm = is for client_auth = private_key_jwt" },
	{ IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		    "client_key_algorithm = HS256"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		      "client_key_algorithm = PS256"),
	    ":8: algorithm 'HS256' is none that a private key signs by" },
	{ IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		    "client_key_algorithm = none"),
	    IN_ASKING("client_auth = private_key_jwt\nclient_key_file = /k\n"
		      "client_key_algorithm = EdDSA"),
	    ":8: algorithm 'none' is none that a private key signs by" },
	{ IN_ASKING("client_secret_file = s"),
	    IN_ASKING("client_secret_file = credential:s"),
	    ":6: 's' must be an absolute path" },
	{ IN_ASKING("client_secret_file = credential:"),
	    IN_ASKING("client_secret_file = credential:.s"),
	    ":6: a credential is named by letters" },
	{ IN_ASKING("client_secret_file = credential:.."),
	    IN_ASKING("client_secret_file = credential:..s"),
	    ":6: a credential is named by letters" },
	{ IN_ASKING("client_secret_file = credential:a/b"),
	    IN_ASKING("client_secret_file = credential:a_b-c.d"),
	    ":6: a credential is named by letters" },
	{ IN_ASKING(
	      "client_secret_file = credential:" A50 A50 A50 A50 A50 "aaaaaa"),
	    IN_ASKING(
		"client_secret_file = credential:" A50 A50 A50 A50 A50 "aaaaa"),
	    ":6: a credential is named by letters" },
	{ IN_ASKING("client_secret_file = /s\nsymmetric_key_file = /k"),
	    IN_ISSUER("symmetric_key_file = /k"),
	    ":7: an issuer with symmetric_key_file = is not asked about" },
	{ IN_ASKING("client_secret_file = /s\njwks_file = /k"),
	    IN_ASKING("client_secret_file = /s\njwks_file = /k\n"
		      "introspection_answer = jwt\n"
		      "introspection_endpoint = https://a/i"),
	    ":7: jwks_file = has no use with verify = introspection and" },
	{ IN_ISSUER("verify = jwt+introspection\nclient_id = c\n"
		    "client_secret_file = /s\njwks_file = /k"),
	    IN_ISSUER("verify = jwt+introspection\nclient_id = c\n"
		      "client_secret_file = /s\njwks_file = /k\n"
		      "introspection_endpoint = https://a/i"),
	    ":7: with jwks_file = the issuer's metadata is not read" },
	/* asking for keys */
	{ IN_ISSUER("ca_file = /c\nca_directory = /d"),
	    IN_ISSUER("ca_directory = /d"),
	    ":5: ca_directory = and ca_file = exclude each other" },
	{ IN_ISSUER("ca_directory = d"), IN_ISSUER("ca_directory = /d"),
	    ":4: 'd' must be an absolute path" },
	{ IN_ISSUER("symmetric_key_file = /k\nca_directory = /d"),
	    IN_ISSUER("symmetric_key_file = /k"),
	    ":5: ca_directory = has no use beside symmetric_key_file" },
	{ IN_ISSUER("jwks_file = /k\nstale_keys = 1"),
	    IN_ISSUER("stale_keys = 1"),
	    ":5: stale_keys = has no use beside jwks_file =" },
	{ IN_ISSUER("symmetric_key_file = /k\nendpoint_host = a"),
	    IN_ISSUER("endpoint_host = a"),
	    ":5: endpoint_host = has no use beside symmetric_key_file =" },
	/* MD-04 */
	{ IN_ISSUER("endpoint_host = Keys.example.org"),
	    IN_ISSUER("endpoint_host = keys.example.org [::1]:8443"),
	    ":4: 'Keys.example.org' is no host" },
	{ IN_ISSUER("endpoint_host = keys.example.org/x"),
	    IN_ISSUER("endpoint_host = keys.example.org"),
	    ":4: 'keys.example.org/x' is no host" },
	{ IN_ISSUER("endpoint_host = keys.example.org:0"),
	    IN_ISSUER("endpoint_host = keys.example.org:1"),
	    ":4: 'keys.example.org:0' is no host" },
	{ IN_ISSUER("endpoint_host = a@b"), IN_ISSUER("endpoint_host = b"),
	    ":4: 'a@b' is no host" },
	{ IN_ISSUER("endpoint_host = a b C"),
	    IN_ISSUER("endpoint_host = a b c"), ":4: 'C' is no host" },
	{ IN_ISSUER("endpoint_host = " A1000 A1000 A10 A10 A10 A10 "a"),
	    IN_ISSUER("endpoint_host = " A1000 A1000 A10 A10 A10 A10),
	    ":4: 'aaaaaaaaaa" },
	{ IN_ISSUER("min_key_life = 0"), IN_ISSUER("min_key_life = 1"),
	    ":4: '0' must be a number from 1 to 604800" },
	{ IN_ISSUER("max_key_life = 604801"),
	    IN_ISSUER("max_key_life = 604800"),
	    ":4: '604801' must be a number from 1 to 604800" },
	{ IN_ISSUER("stale_keys = 604801"), IN_ISSUER("stale_keys = 604800"),
	    ":4: '604801' must be a number from 0 to 604800" },
	{ IN_ISSUER("min_key_life = 86401"), IN_ISSUER("min_key_life = 86400"),
	    ":4: min_key_life is 86401 and max_key_life 86400" },
	{ IN_ISSUER("max_key_life = 299"), IN_ISSUER("max_key_life = 300"),
	    ":4: min_key_life is 300 and max_key_life 299" },
	/* [broker], its way out */
	{ "[broker]\nproxy = https://p:1\n", "[broker]\nproxy = http://p:1\n",
	    ":2: the proxy must be http://HOST:PORT" },
	{ "[broker]\nproxy = http:/xh:1\n", "[broker]\nproxy = http://h:1\n",
	    ":2: the proxy must be" },
	/* with the scheme of TLS, at most BA_URL_MAX characters */
	{ "[broker]\nproxy = http://" A1000 A1000 A10 A10 A10 A10 "a\n",
	    "[broker]\nproxy = http://" A1000 A1000 A10 A10 A10 A10 "\n",
	    ":2: the proxy must be" },
	{ "[broker]\nproxy = http://u:p@h:1\n",
	    "[broker]\nproxy = http://h:1\n", ":2: the proxy must be" },
	{ "[broker]\nproxy = http://h:1/x\n", "[broker]\nproxy = http://h\n",
	    ":2: the proxy must be" },
	{ "[broker]\nno_proxy = a\n",
	    "[broker]\nproxy = http://h\nno_proxy = a\n",
	    ":2: no_proxy = has no use without proxy =" },
	{ "[broker]\nproxy = http://h\nno_proxy = a,b\n",
	    "[broker]\nproxy = http://h\nno_proxy = a .b 10.0.0.0/8\n",
	    ":3: 'a,b' is no host" },
	{ "[broker]\nproxy = http://h\nno_proxy = a b c,d\n",
	    "[broker]\nproxy = http://h\nno_proxy = a b c d\n",
	    ":3: 'c,d' is no host" },
	/* opaque tokens, single use */
	{ IN_SERVICE("single_use = true"), IN_SERVICE("single_use = yes"),
	    ":6: single_use = true is unknown: say yes or no" },
	{ IN_SERVICE("single_use = No"), IN_SERVICE("single_use = no"),
	    ":6: single_use = No is unknown: say yes or no" },
	{ IN_SERVICE("opaque_issuer = https://id.example.org/realms/staff"),
	    IN_ASKING("client_secret_file = /s") SERVICE
	    "opaque_issuer = https://id.example.org/realms/staff\n",
	    ":6: opaque_issuer = https://id.example.org/realms/staff is not "
	    "asked about tokens" },
	{ IN_ASKING("client_secret_file = /s") SERVICE
	    "opaque_issuer = https://id.example.org/realms/staff/\n",
	    IN_ASKING("client_secret_file = /s") "[service sshd]\n"
						 "opaque_issuer = "
						 "https://id.example.org/"
						 "realms/staff\n"
						 "issuer = "
						 "https://id.example.org/"
						 "realms/staff\n",
	    ":9: opaque_issuer = https://id.example.org/realms/staff/ must be "
	    "one of the service's issuer =" },
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	  "audience = c\nverify = introspection\nclient_id = c\n"
	  "client_auth = none\n[service x]\nissuer = https://a/{tenantid}\n"
	  "opaque_issuer = https://a/{tenantid}\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	    "audience = c\nverify = introspection\nclient_id = c\n"
	    "client_auth = none\n[service x]\nissuer = https://a/{tenantid}\n"
	    "opaque_issuer = https://a/u\n",
	    ":10: opaque_issuer = https://a/{tenantid} must be one of" },
	/* of one tenant, the section's name is as good */
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n"
	  "audience = c\nverify = introspection\nclient_id = c\n"
	  "client_auth = none\n[service x]\nissuer = https://a/{tenantid}\n"
	  "opaque_issuer = https://a/\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t\n"
	    "audience = c\nverify = introspection\nclient_id = c\n"
	    "client_auth = none\n[service x]\nissuer = https://a/{tenantid}\n"
	    "opaque_issuer = https://a/{tenantid}\n",
	    ":10: opaque_issuer = https://a/ must be one of" },
	/* device flow, at the issuer */
	{ IN_DEVICE("device_authorization_endpoint = http://a/d", ""),
	    IN_DEVICE("device_authorization_endpoint = https://a/d", ""),
	    ":6: the endpoint must be an https:// URL with a host, and without "
	    "user and fragment\n" },
	{ IN_DEVICE("device_authorization_endpoint = https://a/d#x", ""),
	    IN_DEVICE("device_authorization_endpoint = https://a/d?x", ""),
	    ":6: the endpoint must be" },
	{ IN_DEVICE("token_endpoint = https://u@a/t", ""),
	    IN_DEVICE("token_endpoint = https://a/u@t", ""),
	    ":6: the endpoint must be an https:// URL with a host, and without "
	    "user and fragment\n" },
	{ IN_DEVICE("device_scope = a b\"c", ""),
	    IN_DEVICE("device_scope = a b'c", ""),
	    ":6: device_scope is a list of scopes, printable ASCII without "
	    "'\"' and '\\', at most 1024 bytes in all\n" },
	{ IN_DEVICE("device_scope = a\\b", ""),
	    IN_DEVICE("device_scope = a/b", ""), ":6: device_scope is a list" },
	{ IN_DEVICE("device_scope = \xc3\xa4", ""),
	    IN_DEVICE("device_scope = !~", ""), ":6: device_scope is a list" },
	{ IN_DEVICE("device_scope = " A1000 A10 A10 "aaaaa", ""),
	    IN_DEVICE("device_scope = " A1000 A10 A10 "aaaa", ""),
	    ":6: device_scope is a list" },
	{ IN_DEVICE("device_scope = " A1000 " " A10 A10 "aaaa", ""),
	    IN_DEVICE("device_scope = " A1000 " " A10 A10 "aaa", ""),
	    ":6: device_scope is a list" },
	{ IN_DEVICE("device_scope = " A1000 " " A10 " " A10 "aaa", ""),
	    IN_DEVICE("device_scope = " A1000 " " A10 " " A10 "aa", ""),
	    ":6: device_scope is a list" },
	{ IN_DEVICE("device_resource = a/b", ""),
	    IN_DEVICE("device_resource = a:b", ""),
	    ":6: device_resource is an absolute URI without fragment, as in "
	    "https://host.example.org/\n" },
	{ IN_DEVICE("device_resource = 1a:b", ""),
	    IN_DEVICE("device_resource = a1+-.:b", ""),
	    ":6: device_resource is" },
	{ IN_DEVICE("device_resource = :b", ""),
	    IN_DEVICE("device_resource = Z:b", ""), ":6: device_resource is" },
	{ IN_DEVICE("device_resource = https://a/#b", ""),
	    IN_DEVICE("device_resource = https://a/?b", ""),
	    ":6: device_resource is" },
	{ IN_DEVICE("device_resource = https://a/ b", ""),
	    IN_DEVICE("device_resource = https://a/%20b", ""),
	    ":6: device_resource is" },
	{ IN_DEVICE("device_resource = a:\xc3\xa4", ""),
	    IN_DEVICE("device_resource = a:%C3%A4", ""),
	    ":6: device_resource is" },
	{ IN_DEVICE(
	      "device_resource = a:" A1000 A1000 A10 A10 A10 A10 "aaaaaaa", ""),
	    IN_DEVICE("device_resource = a:" A1000 A1000 A10 A10 A10 A10
		      "aaaaaa",
		""),
	    ":6: device_resource is" },
	{ IN_DEVICE("device_audience = \xc3\xa4", ""),
	    IN_DEVICE("device_audience = a ~", ""),
	    ":6: this must be printable ASCII, at most 255 characters, as the "
	    "issuer has given it to you\n" },
	{ IN_DEVICE("device_audience = " A250 "aaaaaa", ""),
	    IN_DEVICE("device_audience = " A250 "aaaaa", ""),
	    ":6: this must be printable ASCII" },
	{ IN_ISSUER("device_authorization_endpoint = https://a/d"),
	    "[service s]\naudience = x\nissuer = https://a\n"
	    "device_issuer = https://a\n[issuer https://a]\n"
	    "profile = legacy\nusername = sub\nclient_id = me\n"
	    "client_auth = none\n"
	    "device_authorization_endpoint = https://a/d\n",
	    ":4: device_authorization_endpoint = has no use while no service "
	    "has this issuer as its device_issuer =: say so there, or remove "
	    "it\n" },
	{ IN_ISSUER("token_endpoint = https://a/t"),
	    IN_DEVICE("token_endpoint = https://a/t", ""),
	    ":4: token_endpoint = has no use while no service has this" },
	{ IN_ISSUER("device_scope = a"), IN_DEVICE("device_scope = a", ""),
	    ":4: device_scope = has no use while no service has this" },
	{ IN_ISSUER("device_resource = a:b"),
	    IN_DEVICE("device_resource = a:b", ""),
	    ":4: device_resource = has no use while no service has this" },
	{ IN_ISSUER("device_audience = a"),
	    IN_DEVICE("device_audience = a", ""),
	    ":4: device_audience = has no use while no service has this" },
	{ IN_ASKING("client_auth = none\ndevice_scope = a"),
	    IN_ASKING("client_auth = none\ndevice_scope = a") SERVICE
	    "device_issuer = https://id.example.org/realms/staff\n",
	    ":7: device_scope = has no use while no service has this" },
	{ IN_DEVICE("client_key_id = a", ""), IN_DEVICE("", ""),
	    ":6: client_key_id = is for client_auth = private_key_jwt" },
	/* whose metadata nobody reads */
	{ IN_DEVICE("jwks_file = /k\ntoken_endpoint = https://a/t", ""),
	    IN_DEVICE("jwks_file = /k\ntoken_endpoint = https://a/t\n"
		      "device_authorization_endpoint = https://a/d",
		""),
	    ":6: with jwks_file = the issuer's metadata is not read: for "
	    "device_issuer = say device_authorization_endpoint = and "
	    "token_endpoint =, too\n" },
	{ IN_DEVICE("symmetric_key_file = /k\n"
		    "device_authorization_endpoint = https://a/d",
	      ""),
	    IN_DEVICE("symmetric_key_file = /k\nca_file = /c\n"
		      "token_endpoint = https://a/t\n"
		      "device_authorization_endpoint = https://a/d",
		""),
	    ":6: with symmetric_key_file = the issuer's metadata is not read" },
	/* device flow, at the service */
	{ IN_ASKING("client_auth = none") SERVICE
	    "device_issuer = https://id.example.org/realms/staff/\n",
	    IN_ASKING("client_auth = none") SERVICE
	    "device_issuer = https://id.example.org/realms/staff\n",
	    ":9: device_issuer = https://id.example.org/realms/staff/ must be "
	    "one of the service's issuer =, and of several tenants one by its "
	    "own URL\n" },
	{ IN_ASKING("client_auth = none") "[issuer https://b]\nusername = b\n"
					  "[service x]\nissuer = https://b\n"
					  "audience = x\ndevice_issuer = "
					  "https://id.example.org/"
					  "realms/staff\n",
	    IN_ASKING("client_auth = none") SERVICE
	    "device_issuer = https://id.example.org/realms/staff\n",
	    ":12: device_issuer = https://id.example.org/realms/staff must" },
	{ DEVICE_OF("https://a/{tenantid}", "tenant = t u\n", "",
	      "device_issuer = https://a/{tenantid}\n"),
	    DEVICE_OF("https://a/{tenantid}", "tenant = t u\n", "",
		"device_issuer = https://a/t\n"),
	    ":9: device_issuer = https://a/{tenantid} must be one of" },
	{ IN_SERVICE("device_issuer = https://id.example.org/realms/staff"),
	    IN_ISSUER("client_id = c\nclient_auth = none") SERVICE
	    "device_issuer = https://id.example.org/realms/staff\n",
	    ":6: device_issuer = https://id.example.org/realms/staff does not "
	    "know us: say client_id = there\n" },
	{ IN_DEVICE("", "device_network = 10.0.0.1/8"),
	    IN_DEVICE("", "device_network = 10.0.0.1/32"),
	    ":11: '10.0.0.1/8' is no network: write an address, or "
	    "address/length with no bit set behind the length\n" },
	{ IN_DEVICE("", "device_timeout = 29"),
	    IN_DEVICE("", "device_timeout = 30"),
	    ":11: '29' must be a number from 30 to 600\n" },
	{ IN_DEVICE("", "device_timeout = 601"),
	    IN_DEVICE("", "device_timeout = 600"),
	    ":11: '601' must be a number from 30 to 600\n" },
	{ IN_DEVICE("", "device_timeout = 100s"),
	    IN_DEVICE("", "device_timeout = 100"), ":11: '100s' must be" },
	{ IN_DEVICE("", "device_limit_user = 0"),
	    IN_DEVICE("", "device_limit_user = 1"),
	    ":11: '0' must be a number from 1 to 100\n" },
	{ IN_DEVICE("", "device_limit_user = 101"),
	    IN_DEVICE("", "device_limit_user = 100"),
	    ":11: '101' must be a number from 1 to 100\n" },
	{ IN_DEVICE("", "device_limit_address = 0"),
	    IN_DEVICE("", "device_limit_address = 1"),
	    ":11: '0' must be a number from 1 to 100\n" },
	{ IN_DEVICE("", "device_limit_address = 101"),
	    IN_DEVICE("", "device_limit_address = 100"),
	    ":11: '101' must be a number from 1 to 100\n" },
	{ IN_DEVICE("", "device_complete_uri = true"),
	    IN_DEVICE("", "device_complete_uri = yes"),
	    ":11: device_complete_uri = true is unknown: say yes or no\n" },
	{ IN_DEVICE("", "device_complete_uri = No"),
	    IN_DEVICE("", "device_complete_uri = no"),
	    ":11: device_complete_uri = No is unknown: say yes or no\n" },
	{ IN_DEVICE("", "qr = on"), IN_DEVICE("", "qr = yes"),
	    ":11: qr = on is unknown: say auto, yes or no\n" },
	{ IN_DEVICE("", "qr = Auto"), IN_DEVICE("", "qr = auto"),
	    ":11: qr = Auto is unknown: say auto, yes or no\n" },
	/* … which has none without device_issuer */
	{ IN_SERVICE("device_network = ::1"),
	    IN_DEVICE("", "device_network = ::1"),
	    ":6: device_network = is for the device flow: say device_issuer =, "
	    "or remove it\n" },
	{ IN_SERVICE("device_timeout = 99"),
	    IN_DEVICE("", "device_timeout = 99"),
	    ":6: device_timeout = is for the device flow: say" },
	{ IN_SERVICE("device_limit_user = 9"),
	    IN_DEVICE("", "device_limit_user = 9"),
	    ":6: device_limit_user = is for the device flow: say" },
	{ IN_SERVICE("device_limit_address = 9"),
	    IN_DEVICE("", "device_limit_address = 9"),
	    ":6: device_limit_address = is for the device flow: say" },
	{ IN_SERVICE("device_complete_uri = no"),
	    IN_DEVICE("", "device_complete_uri = no"),
	    ":6: device_complete_uri = is for the device flow: say" },
	{ IN_SERVICE("qr = no"), IN_DEVICE("", "qr = no"),
	    ":6: qr = is for the device flow: say" },
	/* SASL */
	{ IN_SERVICE("authzid = Equal"), IN_SERVICE("authzid = equal"),
	    ":6: authzid = Equal is unknown: say equal, proxy or shared\n" },
	{ IN_SERVICE("authzid = any"), IN_SERVICE("authzid = proxy"),
	    ":6: authzid = any is unknown: say equal, proxy or shared\n" },
	{ IN_SERVICE("authzid = shared"),
	    IN_SERVICE("authzid = shared\nshared_claim = a"),
	    ":6: authzid = shared shares nothing: add shared_map = or "
	    "shared_claim =\n" },
	{ IN_SERVICE("shared_map = /m\nauthzid = proxy"),
	    IN_SERVICE("shared_map = /m\nauthzid = shared"),
	    ":6: shared_map = is for authzid = shared: say that, or remove "
	    "it\n" },
	{ IN_SERVICE("shared_claim = a"),
	    IN_SERVICE("shared_claim = a\nauthzid = shared"),
	    ":6: shared_claim = is for authzid = shared: say that, or remove "
	    "it\n" },
	{ IN_SERVICE("shared_claim = a\nshared_map = /m"),
	    IN_SERVICE("shared_claim = a\nshared_map = /m\nauthzid = shared"),
	    ":7: shared_map = is for authzid = shared" },
	{ IN_SERVICE("shared_map = m\nauthzid = shared"),
	    IN_SERVICE("shared_map = /m\nauthzid = shared"),
	    ":6: 'm' must be an absolute path without '.', '..' and '//'\n" },
	{ IN_SERVICE("shared_claim = a ..b\nauthzid = shared"),
	    IN_SERVICE("shared_claim = a b\nauthzid = shared"),
	    ":6: '..b' names no claim" },
	{ IN_SERVICE("host = mail.example.org Mail.example.org"),
	    IN_SERVICE("host = mail.example.org mail"),
	    ":6: 'Mail.example.org' is no host: write a name as "
	    "mail.example.org, in lower case, or an address\n" },
	{ IN_SERVICE("host = mail/x"), IN_SERVICE("host = mail_x"),
	    ":6: 'mail/x' is no host: write a name as" },
	{ IN_SERVICE("port = 0"), IN_SERVICE("port = 1"),
	    ":6: '0' is no port: write a number from 1 to 65535\n" },
	{ IN_SERVICE("port = 25 65536"), IN_SERVICE("port = 25 65535"),
	    ":6: '65536' is no port: write a number from 1 to 65535\n" },
	{ IN_SERVICE("port = 025"), IN_SERVICE("port = 25"),
	    ":6: '025' is no port: write a number from 1 to 65535\n" },
	{ IN_SERVICE("port = imap"), IN_SERVICE("port = 143"),
	    ":6: 'imap' is no port: write a number from 1 to 65535\n" },
	{ IN_ISSUER("algorithms = RS256 none"), IN_ISSUER("algorithms = RS256"),
	    ":4: algorithm 'none' is unknown" },
	{ IN_ISSUER("algorithms = hs256"),
	    IN_ISSUER("algorithms = RS384 RS512 PS384 PS512 ES384 ES512"),
	    ":4: algorithm 'hs256' is unknown" },
	{ IN_ISSUER("algorithms = ES256k"), IN_ISSUER("algorithms = ES256K"),
	    ":4: algorithm 'ES256k' is unknown" },
	{ IN_ISSUER("algorithms = ed448"),
	    IN_ISSUER("algorithms = Ed25519 Ed448"),
	    ":4: algorithm 'ed448' is unknown" },
	{ IN_ISSUER("algorithms = rs256"), IN_ISSUER("algorithms = RS256"),
	    ":4: algorithm 'rs256' is unknown" },
	{ IN_ISSUER("algorithms = RS256,ES256"),
	    IN_ISSUER("algorithms = RS256 ES256"),
	    ":4: algorithm 'RS256,ES256' is unknown" },
	{ "[issuer https://a]\naudience = c\nusername = a b\n",
	    "[issuer https://a]\naudience = c\nusername = a\n",
	    ":3: 'a b' names no claim" },
	{ "[issuer https://a]\naudience = c\nusername = a..b\n",
	    "[issuer https://a]\naudience = c\nusername = a.b\n",
	    ":3: 'a..b' names no claim" },
	{ "[issuer https://a]\naudience = c\nusername = " A50 A50 A50 A50 A50
	  "aaaaaa\n",
	    "[issuer https://a]\naudience = c\nusername = " A50 A50 A50 A50 A50
	    "aaaaa\n",
	    ":3: '" A50 "aaaaaaaaaaaaaa' names no claim" },
	{ IN_ISSUER("jwks_file = keys.json"), IN_ISSUER("jwks_file = /k.json"),
	    ":4: 'keys.json' must be an absolute path" },
	{ IN_ISSUER("jwks_file = /etc/../k"), IN_ISSUER("jwks_file = /etc/..k"),
	    ":4: '/etc/../k' must be an absolute path" },
	{ IN_ISSUER("jwks_file = /../k"), IN_ISSUER("jwks_file = /a./k"),
	    ":4: '/../k' must be an absolute path" },
	{ IN_ISSUER("ca_file = //k"), IN_ISSUER("ca_file = /k"),
	    ":4: '//k' must be an absolute path" },
	{ IN_ISSUER("ca_file = /k/"), IN_ISSUER("ca_file = /k"),
	    ":4: '/k/' must be an absolute path" },
	{ IN_ISSUER("ca_file = /./k"), IN_ISSUER("ca_file = /.k"),
	    ":4: '/./k' must be an absolute path" },
	{ IN_ISSUER("clock_skew = 301"), IN_ISSUER("clock_skew = 300"),
	    ":4: '301' must be a number from 0 to 300" },
	{ IN_ISSUER("clock_skew = 60s"), IN_ISSUER("clock_skew = 60"),
	    ":4: '60s' must be a number" },
	/* [service] */
	{ ISSUER "[service]\nissuer = https://id.example.org/realms/staff\n",
	    ISSUER SERVICE, ":4: a service is named by" },
	{ "[service a/b]\nissuer = https://a\n[issuer https://a]\n"
	  "audience = a\nusername = b\n",
	    "[service a.b]\nissuer = https://a\n[issuer https://a]\n"
	    "audience = a\nusername = b\n",
	    ":1: a service is named by" },
	{ ISSUER "[service " A50 "aaaaabbbbbccccc]\n"
		 "issuer = https://id.example.org/realms/staff\n",
	    ISSUER "[service " A50 "aaaaabbbbbcccc]\n"
		   "issuer = https://id.example.org/realms/staff\n",
	    ":4: a service is named by" },
	{ ISSUER "[service sshd]\n", ISSUER SERVICE,
	    ":4: issuer = is missing" },
	{ ISSUER "[service a]\nissuer = https://id.example.org/realms/staff/\n",
	    ISSUER
	    "[service a]\nissuer = https://id.example.org/realms/staff\n",
	    ":5: issuer 'https://id.example.org/realms/staff/' has no "
	    "section" },
	{ ISSUER SERVICE "[service b]\nissuer = "
			 "https://id.example.org/realms/staff https://b\n",
	    ISSUER SERVICE "[service b]\nissuer = "
			   "https://id.example.org/realms/staff\n",
	    ":7: issuer 'https://b' has no section: add [issuer https://b]" },
	{ "[issuer https://a]\nusername = b\n[service x]\nissuer = https://a\n",
	    "[issuer https://a]\nusername = b\n[service x]\n"
	    "issuer = https://a\naudience = c\n",
	    ":3: [service x] takes issuer https://a, which has no audience =, "
	    "and has none itself" },
	{ "[service x]\nissuer = https://a\n[issuer https://a]\nusername = b\n",
	    "[service x]\nissuer = https://a\n[issuer https://a]\n"
	    "username = b\naudience = c\n",
	    ":1: [service x] takes issuer https://a, which has no audience =" },
	/* all tenants of a section are told of once */
	{ "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	  "[service x]\nissuer = https://a/{tenantid}\n",
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = t u\n"
	    "[service x]\nissuer = https://a/{tenantid}\naudience = c\n",
	    ":4: [service x] takes issuer https://a/{tenantid}, which" },
	{ ISSUER "[issuer https://a]\nusername = b\n[service x]\nissuer = "
		 "https://id.example.org/realms/staff https://a\n",
	    ISSUER "[issuer https://a]\nusername = b\n[service x]\nissuer = "
		   "https://id.example.org/realms/staff\n",
	    ":6: [service x] takes issuer https://a, which" },
	{ "[service x]\nissuer = https://a/t\naudience = c\n"
	  "[issuer https://a/{tenantid}]\nusername = b\ntenant = u\n",
	    "[service x]\nissuer = https://a/u\naudience = c\n"
	    "[issuer https://a/{tenantid}]\nusername = b\ntenant = u\n",
	    ":2: issuer 'https://a/t' has no section" },
	{ IN_SERVICE("group_claim = .a"), IN_SERVICE("group_claim = a"),
	    ":6: '.a' names no claim" },
	{ IN_SERVICE("max_auth_age = 0"), IN_SERVICE("max_auth_age = 1"),
	    ":6: '0' must be a number from 1 to 315360000" },
	{ IN_SERVICE("max_lifetime = 315360001"),
	    IN_SERVICE("max_lifetime = 315360000"),
	    ":6: '315360001' must be a number from 1 to 315360000" },
	{ IN_SERVICE("max_token_age = 1h"), IN_SERVICE("max_token_age = 3600"),
	    ":6: '1h' must be a number" },
	{ IN_SERVICE("allow_network = 10.0.0.0/8 10.0.0.1/8"),
	    IN_SERVICE("allow_network = 10.0.0.0/8 10.0.0.1/32"),
	    ":6: '10.0.0.1/8' is no network: write an address, or "
	    "address/length with no bit set behind the length" },
	{ IN_SERVICE("allow_network = localhost"),
	    IN_SERVICE("allow_network = ::1"),
	    ":6: 'localhost' is no network" },
	{ IN_SERVICE("require_scope = a\"b"), IN_SERVICE("require_scope = a'b"),
	    ":6: 'a\"b' is no scope" },
	{ IN_SERVICE("require_scope = \"~"), IN_SERVICE("require_scope = !~"),
	    ":6: '\"~' is no scope" },
	{ IN_SERVICE("require_scope = a\\b"), IN_SERVICE("require_scope = a/b"),
	    ":6: 'a\\b' is no scope" },
	{ IN_SERVICE("require_scope = \xc3\xa4"),
	    IN_SERVICE("require_scope = a"), ":6: '\xc3\xa4' is no scope" },
	{ IN_SERVICE("peer = no-such-user-here"), IN_SERVICE("peer = 4711"),
	    ":6: user 'no-such-user-here' is unknown here: add the user" },
	{ IN_SERVICE("peer = 4294967295"), IN_SERVICE("peer = 4294967294"),
	    ":6: user '4294967295' is unknown here" },
	{ IN_SERVICE("accounts = Local"), IN_SERVICE("accounts = local"),
	    ":6: accounts = Local is unknown: say local or virtual" },
	{ IN_SERVICE("accounts = ldap"), IN_SERVICE("accounts = virtual"),
	    ":6: accounts = ldap is unknown: say local or virtual" },
	{ IN_SERVICE("min_uid = 0"), IN_SERVICE("min_uid = 1"),
	    ":6: '0' must be a number from 1 to 2147483648" },
	{ IN_SERVICE("min_uid = 2147483649"),
	    IN_SERVICE("min_uid = 2147483648"), ":6: '2147483649' must" },
	{ IN_SERVICE("account_without_token = yes"),
	    IN_SERVICE("account_without_token = deny"),
	    ":6: account_without_token = yes is unknown: say allow or deny" },
	{ IN_SERVICE("confirm = " A50 A50 A50 A50 A50 A50 A50 A50 "a"),
	    IN_SERVICE("confirm = " A50 A50 A50 A50 A50 A50 A50 A50),
	    ":6: the question is too long" },
	{ IN_SERVICE("confirm ="), IN_SERVICE("confirm = a"),
	    ":6: a value is missing" },
	/* [listen] */
	{ "[listen]\n", "[listen /a]\n", ":1: a socket is named by" },
	{ "[listen a]\n", "[listen /a]\n", ":1: a socket is named by" },
	{ "[listen /a/../b]\n", "[listen /a/b]\n", ":1: a socket is named" },
	{ "[listen /" A50 A50 "aaaaaa]\n", "[listen /" A50 A50 "aaaaa]\n",
	    ":1: the path of a socket has at most 106 bytes" },
	{ "[listen /a~]\n", "[listen /~a]\n",
	    ":1: the path of a socket does not end in '~'" },
	{ "[listen " BA_CONTROL_SOCKET "]\n", "[listen " BA_ASK_SOCKET "]\n",
	    ":1: this is the control socket's path" },
	{ IN_LISTEN("mode = 1777"), IN_LISTEN("mode = 777"),
	    ":2: '1777' must be an octal mode" },
	{ IN_LISTEN("mode = 1000"), IN_LISTEN("mode = 0777"),
	    ":2: '1000' must be an octal mode" },
	{ IN_LISTEN("mode = 0680"), IN_LISTEN("mode = 0660"),
	    ":2: '0680' must be an octal mode" },
	{ IN_LISTEN("mode = rw"), IN_LISTEN("mode = 0"),
	    ":2: 'rw' must be an octal mode" },
	{ IN_LISTEN("group = no-such-group-here"), IN_LISTEN("group = 4711"),
	    ":2: group 'no-such-group-here' is unknown here" },
};

static void
test_twins(void **state)
{
	struct ba_config *config;
	struct said said;
	char want[512];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		r = parse(twins[i].bad, &said, &config);
		(void)snprintf(want, sizeof(want), "x.conf%s", twins[i].said);
		if (r != BA_ERR_CONFIG || config != NULL ||
		    strncmp(said.text, want, strlen(want)) != 0 || said.n != 1)
			fail_msg("%s\ngave %d: %s", twins[i].bad, r, said.text);
		ba_config_free(parse_good(twins[i].good));
	}
}

/* By name: of this machine's users root alone can be counted on. */
static void
test_peer_by_name(void **state)
{
	struct ba_config *config;
	const struct passwd *pw = getpwuid(0);
	char text[512];

	(void)state;
	if (pw == NULL)
		skip();
	(void)snprintf(
	    text, sizeof(text), ISSUER SERVICE "peer = 7 %.64s\n", pw->pw_name);
	config = parse_good(text);
	assert_int_equal(config->services[0].n_peers, 2);
	assert_true(ba_service_peer(&config->services[0], 0));
	assert_true(ba_service_peer(&config->services[0], 7));
	ba_config_free(config);
}

/* What the wire and the well-known URLs have no room for. */
static void
test_limits_of_others(void **state)
{
	struct ba_config *config;
	char text[4096], url[2048];
	struct said said;
	size_t n;
	int len;

	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://a/", 10);
	for (n = 2000; n <= 2001; n++) {
		len = snprintf(text, sizeof(text),
		    "[issuer %.*s]\naudience = a\nusername = b\n", (int)n, url);
		assert_true(len > 0 && (size_t)len < sizeof(text));
		assert_int_equal(parse(text, &said, &config),
		    n == 2000 ? BA_OK : BA_ERR_CONFIG);
		assert_true(n == 2000 || strstr(said.text, "too long"));
		ba_config_free(config);
	}
	/* … and with a tenant in it */
	for (n = 1990; n <= 1991; n++) {
		len = snprintf(text, sizeof(text),
		    "[issuer %.*s{tenantid}]\nusername = b\n"
		    "tenant = 1 1234567890\n",
		    (int)n, url);
		assert_true(len > 0 && (size_t)len < sizeof(text));
		assert_int_equal(parse(text, &said, &config),
		    n == 1990 ? BA_OK : BA_ERR_CONFIG);
		if (n == 1991) {
			assert_string_equal(said.text,
			    "x.conf:1: the issuer's URL is too "
			    "long: 2000 bytes are the most\n");
		}
		ba_config_free(config);
	}
	len = snprintf(text, sizeof(text),
	    "[issuer %.*s{tenantid}]\nusername = b\ntenant = 1 12345678901\n",
	    1990, url);
	assert_true(len > 0 && (size_t)len < sizeof(text));
	assert_int_equal(parse(text, &said, &config), BA_ERR_CONFIG);
	assert_string_equal(said.text,
	    "x.conf:3: with tenant '12345678901' the issuer is no URL of at "
	    "most 2000 bytes: mend the tenant or the issuer\n");
	for (n = 510; n <= 512; n++) {
		len = snprintf(text, sizeof(text),
		    ISSUER SERVICE "require_scope = b c %.*s\n", (int)n - 4,
		    url + 10);
		assert_true(len > 0 && (size_t)len < sizeof(text));
		assert_int_equal(parse(text, &said, &config),
		    n <= 511 ? BA_OK : BA_ERR_CONFIG);
		assert_true(n <= 511 || strstr(said.text, ":6: the scopes"));
		ba_config_free(config);
	}
}

/* A file on its way: text of a million bytes at most. */
struct long_text {
	char *p;
	size_t n;
};

static void __attribute__((__format__(__printf__, 2, 3)))
add(struct long_text *t, const char *fmt, ...)
{
	size_t room = BA_CONFIG_BYTES_MAX - t->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->n, room, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < room);
	t->n += (size_t)n;
}

/* Sections with 500 tenants each, and one with the rest; n in all. */
static void
add_tenants(struct long_text *t, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (i % 500 == 0)
			add(t,
			    "\n[issuer https://a/%u/{tenantid}]\n"
			    "username = b\naudience = c\ntenant =",
			    i / 500);
		add(t, " %u", i);
	}
	add(t, "\n");
}

/* One more ends it, whatever else is wrong. */
static void
test_v53_one_issuer_too_many(void **state)
{
	struct long_text t = { .p = malloc(BA_CONFIG_BYTES_MAX) };
	struct ba_config *config;
	struct said said;

	(void)state;
	assert_non_null(t.p);
	add(&t, "[issuer https://z]\nusername = b\naudience = c\n");
	add_tenants(&t, BA_ISSUERS_MAX);
	assert_int_equal(parse(t.p, &said, &config), BA_ERR_CONFIG);
	assert_string_equal(said.text,
	    "x.conf:37: more than 4096 issuers, each tenant counted: remove "
	    "some\n");
	/* … nor is each of the rest told of */
	t.n = 0;
	add_tenants(&t, BA_ISSUERS_MAX + 3);
	add(&t, "[service x]\npeer = no-such-user-here\n");
	assert_int_equal(parse(t.p, &said, &config), BA_ERR_CONFIG);
	assert_null(config);
	assert_string_equal(said.text,
	    "x.conf:34: more than 4096 issuers, each tenant counted: remove "
	    "some\n");
	free(t.p);
}

static void
test_v53_one_section_too_many(void **state)
{
	struct long_text t = { .p = malloc(BA_CONFIG_BYTES_MAX) };
	struct ba_config *config;
	struct said said;
	unsigned i;

	(void)state;
	assert_non_null(t.p);
	for (i = 0; i <= BA_SECTIONS_MAX; i++)
		switch (i % 3) {
		case 0:
			add(&t, "[issuer https://%u]\n", i);
			break;
		case 1:
			add(&t, "[service %u]\n", i);
			break;
		case 2:
			add(&t, "[listen /%u]\n", i);
			break;
		}
	add(&t, "x = y\n");
	assert_int_equal(parse(t.p, &said, &config), BA_ERR_CONFIG);
	assert_null(config);
	assert_string_equal(said.text,
	    "x.conf:8193: more than 8192 sections in all files: remove some\n");
	free(t.p);
}

static void
test_v53_most_issuers(void **state)
{
	struct long_text t = { .p = malloc(BA_CONFIG_BYTES_MAX) };
	const unsigned most = BA_ISSUERS_MAX;
	struct ba_config *config;
	struct said said;
	unsigned i;

	(void)state;
	assert_non_null(t.p);
	/* One that is no tenant counts as well. */
	add(&t, "[issuer https://z]\nusername = b\naudience = c\n");
	add_tenants(&t, most - 1);
	add(&t, "[service x]\nissuer = https://z");
	for (i = 0; i < 9; i++)
		add(&t, " https://a/%u/{tenantid} https://a/%u/%u", i, i,
		    i * 500);
	add(&t, "\n");
	config = parse_good(t.p);
	assert_int_equal(config->n_issuers, most);
	/* Whoever is named twice is there once. */
	assert_int_equal(config->services[0].n_issuers, most);
	ba_config_free(config);
	/* As many as there is room for: no time is lost on them. */
	t.n = 0;
	add_tenants(&t, 130000);
	assert_int_equal(parse(t.p, &said, &config), BA_ERR_CONFIG);
	assert_int_equal(said.n, 1);
	/* Without tenants */
	t.n = 0;
	for (i = 0; i <= most; i++)
		add(&t, "[issuer https://%u]\nusername = b\n", i);
	assert_int_equal(parse(t.p, &said, &config), BA_ERR_CONFIG);
	assert_string_equal(said.text,
	    "x.conf:8193: more than 4096 issuers, each tenant counted: "
	    "remove some\n");
	free(t.p);
}

static void
test_v53_most_sections(void **state)
{
	struct long_text t = { .p = malloc(BA_CONFIG_BYTES_MAX) };
	struct ba_config *config;
	struct said said;
	unsigned i;

	(void)state;
	assert_non_null(t.p);
	for (i = 0; i < BA_SECTIONS_MAX; i++)
		add(&t, "[listen /%u]\n", i);
	config = parse_good(t.p);
	assert_int_equal(config->n_listens, BA_SECTIONS_MAX);
	ba_config_free(config);
	for (i = 0; i < 40000; i++)
		add(&t, "[listen /%u]\nx = y\n", i);
	assert_int_equal(parse(t.p, &said, &config), BA_ERR_CONFIG);
	assert_string_equal(said.text,
	    "x.conf:8193: more than 8192 sections in all files: remove some\n");
	free(t.p);
}

/* What is too long to be told whole is not cut in a character. */
static void
test_long_problem(void **state)
{
	struct ba_config *config;
	char text[4096], *at;
	struct said said;
	size_t i, n;

	(void)state;
	for (n = 0; n < 2; n++) {
		(void)snprintf(text, sizeof(text), IN_SERVICE("peer = %s"),
		    n == 0 ? "" : "a");
		at = text + strlen(text) - 1;
		for (i = 0; i < 600; i++, at += 2)
			memcpy(at, "\xc3\xa4", 2);
		*at = '\0';
		assert_int_equal(parse(text, &said, &config), BA_ERR_CONFIG);
		assert_int_equal(said.n, 1);
		assert_true(said.len > 1000 && said.len < 1060);
		assert_true(ba_utf8_is_text(said.text, said.len, true));
	}
}

/* All problems are told in one go, without any that follow from another. */
static void
test_every_problem(void **state)
{
	static const char text[] = "a = b\n"
				   "[nonsense x]\n"
				   "a = b\n"
				   "b\n"
				   "[issuer https://a]\n"
				   "clock_skew = x\n"
				   "username = y\n"
				   "[service b]\n"
				   "issuer = https://a https://c https://d\n"
				   "peer = 1 no-such-user-here 2\n"
				   "[issuer https://e/{tenantid}]\n"
				   "tenant = t1 t2\n"
				   "clock_skew = x\n"
				   "map_file = /m\n"
				   "[listen /x]\n"
				   "mode = 9\n";
	static const char *const want[] = { ":1: 'a'", ":2: unknown",
		":4: ", ":6: 'x'", ":9: issuer 'https://c'",
		":9: issuer 'https://d'", ":10: user", ":13: 'x'", ":16: '9'",
		":8: [service b] takes issuer https://a" };
	static const struct ba_config_report deaf = { NULL, NULL };
	struct ba_config *config;
	struct said said;
	const char *at;
	size_t i;

	(void)state;
	assert_int_equal(parse(text, &said, &config), BA_ERR_CONFIG);
	assert_null(config);
	for (at = said.text, i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		at = strstr(at, want[i]);
		if (at == NULL)
			fail_msg("no '%s' in\n%s", want[i], said.text);
	}
	assert_int_equal(said.n, i);
	/* Nobody need listen. */
	assert_int_equal(
	    ba_config_parse("x", text, sizeof(text) - 1, &deaf, &config),
	    BA_ERR_CONFIG);
	assert_int_equal(
	    ba_config_parse("x", text, sizeof(text) - 1, NULL, &config),
	    BA_ERR_CONFIG);
}

/* What is wrong with one key of a section hides nothing behind it. */
static void
test_every_problem_of_a_section(void **state)
{
	static const char text[] = ISSUER "group_claim = a..b c //d\n"
					  "map_file = m\n"
					  "clock_skew = x\n"
					  "[issuer https://b]\n"
					  "username = a b\n"
					  "clock_skew = y\n";
	static const char want[] = "x.conf:4: 'a..b' names no claim";
	struct ba_config *config;
	struct said said;

	(void)state;
	assert_int_equal(parse(text, &said, &config), BA_ERR_CONFIG);
	assert_int_equal(strncmp(said.text, want, strlen(want)), 0);
	assert_non_null(strstr(said.text, "\nx.conf:4: '//d' names no"));
	assert_non_null(strstr(said.text, "\nx.conf:5: 'm' must be"));
	assert_non_null(strstr(said.text, "\nx.conf:6: 'x' must be"));
	assert_non_null(strstr(said.text, "\nx.conf:8: 'a b' names no"));
	assert_non_null(strstr(said.text, "\nx.conf:9: 'y' must be"));
	assert_int_equal(said.n, 6);
}

/* A line holds no longer ones; but they are judged where they are read. */
static void
test_v27_string_in_quotes(void **state)
{
	char text[2 * BA_INI_LINE_MAX], *rest;
	size_t n;

	(void)state;
	for (n = BA_INI_LINE_MAX - 1; n < sizeof(text); n++) {
		memset(text, 'a', n);
		text[0] = text[n - 1] = '"';
		text[n] = '\0';
		if (n > BA_INI_LINE_MAX) {
			assert_int_equal(
			    ba_value_unquote(text, &rest), BA_ERR_JSON);
			assert_null(rest);
			continue;
		}
		assert_int_equal(ba_value_unquote(text, &rest), BA_OK);
		assert_int_equal(strlen(text), n - 2);
		assert_string_equal(rest, "");
	}
}

/* A cut of a good file anywhere is a configuration or a report; no crash. */
static void
test_cut_anywhere(void **state)
{
	struct ba_config *config;
	struct said said;
	const struct ba_config_report report = { problem, &said };
	size_t i;
	char *copy;
	int r;

	(void)state;
	for (i = 0; i < sizeof(all_said); i++) {
		memset(&said, 0, sizeof(said));
		copy = malloc(i + 1);
		assert_non_null(copy);
		memcpy(copy, all_said, i);
		r = ba_config_parse("x.conf", copy, i, &report, &config);
		free(copy);
		assert_true(r == BA_OK || r == BA_ERR_CONFIG);
		assert_true((r == BA_OK) == (said.n == 0));
		assert_true((r == BA_OK) == (config != NULL));
		ba_config_free(config);
	}
}

/* No memory is that, and nothing else: want only where there is enough. */
static void
parse_without_memory(const char *text, int want, unsigned problems)
{
	struct ba_config *config;
	struct said said;
	unsigned n;
	int r;

	for (n = 1;; n++) {
		fail_at = n;
		r = parse(text, &said, &config);
		assert_true(said.n <= problems);
		if (fail_at > 0)
			break;
		assert_int_equal(r, BA_ERR_NOMEM);
		assert_null(config);
	}
	fail_at = 0;
	assert_int_equal(r, want);
	assert_true(n > 20);
	ba_config_free(config);
}

static void
test_no_memory(void **state)
{
	char text[sizeof(all_said) + 16];

	(void)state;
	parse_without_memory(all_said, BA_OK, 0);
	parse_without_memory(device_said, BA_OK, 0);
	parse_without_memory(sasl_said, BA_OK, 0);
	parse_without_memory("[broker]\nproxy = http://proxy.example:3128\n"
			     "no_proxy = a.example b.example\n"
			     "[issuer https://a.example]\naudience = x\n"
			     "username = sub\nca_directory = /certs\n"
			     "endpoint_host = a.example b.example\n",
	    BA_OK, 0);
	/* … nor is it what was complained of before */
	(void)snprintf(text, sizeof(text), "a = b\n%s", all_said);
	parse_without_memory(text, BA_ERR_CONFIG, 1);
}

/* The table is for the manual page too: each key once, each needed one said. */
static void
test_table(void **state)
{
	size_t i, j, k;

	(void)state;
	for (i = 0; i < BA_SECTION_KINDS; i++) {
		const struct ba_section_kind *kind = ba_section_kinds[i];

		assert_true(kind->n_keys > 0);
		for (j = 0; j < kind->n_keys; j++)
			for (k = 0; k < j; k++)
				assert_string_not_equal(
				    kind->keys[j].name, kind->keys[k].name);
	}
}

/* --- files ---------------------------------------------------------------- */

struct tree {
	char dir[64];
	char main[96];
};

static void
write_file(const struct tree *t, const char *name, const char *text)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/* text, and behind it the line that names a map file in t. */
static void
write_conf(
    const struct tree *t, const char *name, const char *text, const char *map)
{
	char all[2048];
	int n;

	n = snprintf(
	    all, sizeof(all), "%smap_file = %s/%s\n", text, t->dir, map);
	assert_true(n > 0 && (size_t)n < sizeof(all));
	write_file(t, name, all);
}

static void
set_mode(const struct tree *t, const char *name, mode_t mode)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	assert_int_equal(chmod(path, mode), 0);
}

static int
setup(void **state)
{
	struct tree *t = calloc(1, sizeof(*t));
	char path[160];

	if (t == NULL)
		return -1;
	(void)snprintf(t->dir, sizeof(t->dir), "/tmp/ba_test_config.XXXXXX");
	if (mkdtemp(t->dir) == NULL)
		return -1;
	(void)snprintf(t->main, sizeof(t->main), "%s/main.conf", t->dir);
	(void)snprintf(path, sizeof(path), "%s/conf.d", t->dir);
	if (mkdir(path, 0700) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/maps", t->dir);
	if (mkdir(path, 0700) != 0)
		return -1;
	*state = t;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "main.conf", "other", "maps/m",
		"maps/other", "maps", "conf.d/10.conf", "conf.d/9.conf",
		"conf.d/.x.conf", "conf.d/x.conf~", "conf.d/.conf",
		"conf.d/x.conf", "conf.d/a.conf", "conf.d/b.conf",
		"conf.d/c.conf", "conf.d/A.conf", "conf.d/B.conf",
		"conf.d/-.conf", "conf.d" };
	struct tree *t = *state;
	char path[160];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", t->dir, names[i]);
		(void)remove(path);
	}
	i = (size_t)rmdir(t->dir);
	free(t);
	return i == 0 ? 0 : -1;
}

static int
load(const struct tree *t, uid_t trusted_uid, struct said *said,
    struct ba_config **configp)
{
	const struct ba_config_report report = { problem, said };

	memset(said, 0, sizeof(*said));
	return ba_config_load(t->main, trusted_uid, &report, configp);
}

static struct ba_config *
load_good(const struct tree *t)
{
	struct ba_config *config;
	struct said said;
	int r;

	r = load(t, geteuid(), &said, &config);
	if (r != BA_OK)
		fail_msg("refused: %s", said.text);
	assert_int_equal(said.n, 0);
	return config;
}

static void
load_bad(const struct tree *t, int want, const char *words)
{
	struct ba_config *config;
	struct said said;

	assert_int_equal(load(t, geteuid(), &said, &config), want);
	assert_null(config);
	if (strstr(said.text, words) == NULL || said.n != 1)
		fail_msg("no '%s' in %s", words, said.text);
}

static void
test_files_in_order(void **state)
{
	const struct tree *t = *state;
	struct ba_config *c;

	write_file(t, "main.conf", SERVICE);
	/* Byte order, so 10 comes before 9. */
	write_file(t, "conf.d/9.conf",
	    "[issuer https://z]\naudience = a\n"
	    "username = b\n");
	write_file(t, "conf.d/10.conf", "# first\n" ISSUER);
	write_file(t, "conf.d/.x.conf", "nonsense\n");
	write_file(t, "conf.d/x.conf~", "nonsense\n");
	write_file(t, "conf.d/.conf", "nonsense\n");
	c = load_good(t);
	assert_int_equal(c->n_issuers, 2);
	assert_string_equal(
	    c->issuers[0].url, "https://id.example.org/realms/staff");
	assert_ptr_equal(c->services[0].issuer[0], &c->issuers[0]);
	assert_non_null(strstr(c->issuers[0].where.file, "conf.d/10.conf"));
	assert_int_equal(c->issuers[0].where.line, 2);
	assert_string_equal(c->issuers[1].url, "https://z");
	assert_string_equal(c->services[0].where.file, t->main);
	ba_config_free(c);
}

/* Neither the locale's order, nor that of the directory. */
static void
test_conf_d_in_byte_order(void **state)
{
	static const char *const written[] = { "b", "10", "c", "A", "9", "a",
		"B", "-" };
	static const char *const want[] = { "/-", "/10", "/9", "/A", "/B", "/a",
		"/b", "/c" };
	const struct tree *t = *state;
	char name[32], text[32];
	struct ba_config *c;
	size_t i;

	write_file(t, "main.conf", "");
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		(void)snprintf(
		    name, sizeof(name), "conf.d/%s.conf", written[i]);
		(void)snprintf(
		    text, sizeof(text), "[listen /%s]\n", written[i]);
		write_file(t, name, text);
	}
	c = load_good(t);
	assert_int_equal(c->n_listens, sizeof(want) / sizeof(want[0]));
	for (i = 0; i < c->n_listens; i++)
		assert_string_equal(c->listens[i].path, want[i]);
	ba_config_free(c);
}

/* "bearerauth config-test main.conf", where the file is. */
static void
test_relative_path(void **state)
{
	static const struct tree here = { .main = "main.conf" };
	const struct tree *t = *state;
	int back, r, missing;
	struct ba_config *c, *none;
	struct said said, said_of_none;

	write_file(t, "main.conf", ISSUER);
	write_file(t, "conf.d/10.conf", SERVICE);
	back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(back >= 0);
	assert_int_equal(chdir(t->dir), 0);
	r = load(&here, geteuid(), &said, &c);
	(void)unlink("main.conf");
	missing = load(&here, geteuid(), &said_of_none, &none);
	assert_int_equal(fchdir(back), 0);
	assert_int_equal(close(back), 0);
	assert_int_equal(r, BA_OK);
	assert_int_equal(c->n_services, 1);
	assert_string_equal(c->services[0].where.file, "conf.d/10.conf");
	ba_config_free(c);
	assert_int_equal(missing, BA_ERR_CONFIG);
	assert_int_equal(
	    strncmp(said_of_none.text, "main.conf:0: does not exist", 27), 0);
}

/* No memory is that, and nothing else: want only where there is enough. */
static void
load_without_memory(const struct tree *t, int want, unsigned problems)
{
	struct ba_config *config;
	struct said said;
	unsigned n;
	int r;

	for (n = 1;; n++) {
		fail_at = n;
		r = load(t, geteuid(), &said, &config);
		assert_true(said.n <= problems);
		if (fail_at > 0)
			break;
		assert_int_equal(r, BA_ERR_NOMEM);
		assert_null(config);
	}
	fail_at = 0;
	assert_int_equal(r, want);
	assert_true(n > 10);
	ba_config_free(config);
}

static void
test_no_memory_for_files(void **state)
{
	const struct tree *t = *state;

	write_conf(t, "main.conf", SERVICE ISSUER, "maps/m");
	write_conf(t, "conf.d/9.conf",
	    "[issuer " ENTRA "]\ntenant = a b\nusername = sub\n", "maps/m");
	write_conf(t, "conf.d/a.conf", "[issuer https://m]\n", "maps/other");
	write_file(t, "maps/m",
	    "https://login.example/a/v2.0 a a\n"
	    "https://login.example/b/v2.0 \"b\" b\n");
	write_file(t, "maps/other", "https://m a a\n");
	load_without_memory(t, BA_OK, 0);
	/* … nor is it what is wrong besides */
	set_mode(t, "conf.d", 0770);
	load_without_memory(t, BA_ERR_CONFIG, 1);
	set_mode(t, "conf.d", 0700);
	set_mode(t, "maps", 0770);
	load_without_memory(t, BA_ERR_CONFIG, 2);
}

static void
test_sections_end_with_their_file(void **state)
{
	const struct tree *t = *state;

	write_file(t, "main.conf", ISSUER SERVICE);
	write_file(t, "conf.d/10.conf", "min_uid = 500\n");
	load_bad(t, BA_ERR_CONFIG,
	    "conf.d/10.conf:1: 'min_uid' stands before the first section");
	write_file(t, "conf.d/10.conf", SERVICE "min_uid = 500\n");
	load_bad(t, BA_ERR_CONFIG,
	    "conf.d/10.conf:1: this section stands already in /tmp/");
	write_file(t, "main.conf", ISSUER);
	ba_config_free(load_good(t));
}

static void
test_no_main_file(void **state)
{
	const struct tree *t = *state;

	/* One line alone: that its issuer is not there is no news. */
	write_file(t, "conf.d/10.conf", SERVICE);
	load_bad(t, BA_ERR_CONFIG, "main.conf:0: does not exist");
	write_file(t, "main.conf", ISSUER);
	ba_config_free(load_good(t));
}

static void
test_pm11_modes(void **state)
{
	static const mode_t bad[] = { 0620, 0660, 0602, 0666 };
	static const mode_t good[] = { 0400, 0600, 0640, 0644 };
	const struct tree *t = *state;
	size_t i;

	write_file(t, "main.conf", ISSUER);
	write_file(t, "conf.d/10.conf", SERVICE);
	for (i = 0; i < 4; i++) {
		set_mode(t, "main.conf", bad[i]);
		load_bad(t, BA_ERR_CONFIG, "main.conf:0: may be written by");
		set_mode(t, "main.conf", good[i]);
		set_mode(t, "conf.d/10.conf", bad[i]);
		load_bad(t, BA_ERR_CONFIG, "chmod 0640");
		set_mode(t, "conf.d/10.conf", good[i]);
		ba_config_free(load_good(t));
	}
	set_mode(t, "conf.d", 0770);
	load_bad(t, BA_ERR_CONFIG, "the directory may be written by group");
	set_mode(t, "conf.d", 0755);
	ba_config_free(load_good(t));
	set_mode(t, ".", 0702);
	load_bad(t, BA_ERR_CONFIG, "the directory may be written by group");
	set_mode(t, ".", 0700);
	ba_config_free(load_good(t));
}

static void
test_pm11_links(void **state)
{
	const struct tree *t = *state;
	char path[160];

	write_file(t, "other", ISSUER);
	assert_int_equal(symlink("other", t->main), 0);
	load_bad(t, BA_ERR_CONFIG, "main.conf:0: is a symbolic link");
	write_file(t, "main.conf", ISSUER);
	(void)snprintf(path, sizeof(path), "%s/conf.d/x.conf", t->dir);
	assert_int_equal(symlink("../other", path), 0);
	load_bad(t, BA_ERR_CONFIG, "x.conf:0: is a symbolic link");
	assert_int_equal(unlink(path), 0);
	ba_config_free(load_good(t));
}

/* Half a configuration may lack the half that refuses. */
static void
test_conf_d_cannot_be_read(void **state)
{
	const struct tree *t = *state;

	write_file(t, "main.conf", ISSUER);
	write_file(t, "conf.d/10.conf", SERVICE);
	scandir_errno = EMFILE;
	load_bad(
	    t, BA_ERR_SYSTEM, "/conf.d/.:0: the directory cannot be read (");
	/* Of what it would say nothing is missed. */
	write_file(t, "main.conf", SERVICE);
	load_bad(t, BA_ERR_SYSTEM, "the directory cannot be read");
	scandir_errno = 0;
	write_file(t, "main.conf", ISSUER);
	ba_config_free(load_good(t));
}

static void
test_conf_d_is_a_file(void **state)
{
	const struct tree *t = *state;
	char path[160];

	write_file(t, "main.conf", ISSUER);
	(void)snprintf(path, sizeof(path), "%s/conf.d", t->dir);
	assert_int_equal(rmdir(path), 0);
	ba_config_free(load_good(t));
	write_file(t, "conf.d", "");
	load_bad(t, BA_ERR_SYSTEM, "the directory cannot be examined");
}

/* Root's own files are root's for everybody; a stranger's are nobody's. */
static void
test_pm11_owner(void **state)
{
	const struct tree *t = *state;
	struct ba_config *config;
	struct said said;
	int r;

	write_file(t, "main.conf", ISSUER);
	r = load(t, geteuid() + 1, &said, &config);
	if (geteuid() == 0) {
		assert_int_equal(r, BA_OK);
		ba_config_free(config);
		assert_int_equal(chown(t->main, 4711, (gid_t)-1), 0);
		r = load(t, 4712, &said, &config);
	}
	assert_int_equal(r, BA_ERR_CONFIG);
	assert_null(config);
	assert_non_null(strstr(said.text, "belongs to another user"));
	if (geteuid() != 0)
		return;
	assert_int_equal(load(t, 4711, &said, &config), BA_OK);
	ba_config_free(config);
	/* The same of the directory that holds them. */
	assert_int_equal(chown(t->main, 0, (gid_t)-1), 0);
	assert_int_equal(chown(t->dir, 4711, (gid_t)-1), 0);
	assert_int_equal(load(t, 4712, &said, &config), BA_ERR_CONFIG);
	assert_non_null(strstr(said.text, "the directory belongs to another"));
	assert_int_equal(load(t, 4711, &said, &config), BA_OK);
	ba_config_free(config);
}

static void
test_too_large(void **state)
{
	const struct tree *t = *state;
	char *text = malloc(BA_CONFIG_BYTES_MAX + 2);
	size_t i;

	assert_non_null(text);
	for (i = 0; i <= BA_CONFIG_BYTES_MAX; i++)
		text[i] = i % 64 == 0 ? '\n' : '#';
	text[0] = '#';
	text[i] = '\0';
	write_file(t, "main.conf", text);
	load_bad(t, BA_ERR_CONFIG, "main.conf:0: is too large");
	text[i - 1] = '\0';
	write_file(t, "main.conf", text);
	ba_config_free(load_good(t));
	free(text);
}

#define MAPPED "[issuer https://m]\n"

/* For whoever asks for names of sockets, not of people. */
static void
test_without_maps(void **state)
{
	const struct tree *t = *state;
	struct said said = { .len = 0 };
	const struct ba_config_report report = { problem, &said };
	struct ba_config *c;

	write_conf(t, "main.conf", "[listen /a]\n" MAPPED, "maps/m");
	load_bad(t, BA_ERR_CONFIG, "/maps/m does not exist");
	assert_int_equal(
	    ba_config_load_without_maps(t->main, geteuid(), &report, &c),
	    BA_OK);
	assert_int_equal(said.n, 0);
	assert_int_equal(c->n_listens, 1);
	assert_non_null(c->issuers[0].map_file);
	assert_null(c->issuers[0].map);
	ba_config_free(c);
	/* Of everything else nothing is forgiven. */
	set_mode(t, "main.conf", 0620);
	assert_int_equal(
	    ba_config_load_without_maps(t->main, geteuid(), &report, &c),
	    BA_ERR_CONFIG);
	assert_null(c);
	assert_int_equal(said.n, 1);
	set_mode(t, "main.conf", 0600);
	write_file(t, "conf.d/9.conf", "[issuer https://n]\n");
	assert_int_equal(
	    ba_config_load_without_maps(t->main, geteuid(), &report, &c),
	    BA_ERR_CONFIG);
	assert_null(c);
	assert_int_equal(said.n, 2);
}

/* One file, for two sections and all tenants of one. */
static void
test_map_files(void **state)
{
	const struct tree *t = *state;
	const struct ba_map_entry *e;
	struct ba_config *c;
	size_t i;

	write_conf(t, "main.conf", ISSUER "[issuer " ENTRA "]\ntenant = a b\n",
	    "maps/m");
	write_conf(t, "conf.d/10.conf", MAPPED, "maps/m");
	write_conf(t, "conf.d/9.conf", "[issuer https://n]\n", "maps/other");
	write_file(t, "maps/m",
	    "https://m boss root\nhttps://login.example/b/v2.0 x b\n");
	write_file(t, "maps/other", "https://n y n\nhttps://n z m\n");
	c = load_good(t);
	assert_int_equal(c->n_issuers, 5);
	assert_null(c->issuers[0].map);
	assert_non_null(c->issuers[1].map);
	for (i = 1; i <= 3; i++) {
		assert_ptr_equal(c->issuers[i].map, c->issuers[1].map);
		e = ba_map_find(c->issuers[i].map, "https://m", "boss");
		assert_non_null(e);
		assert_string_equal(e->name, "root");
		assert_non_null(strstr(e->where.file, "maps/m"));
		assert_int_equal(e->where.line, 1);
		assert_null(ba_map_find(c->issuers[i].map, "https://m", "z"));
	}
	assert_ptr_not_equal(c->issuers[4].map, c->issuers[1].map);
	assert_non_null(ba_map_find(c->issuers[4].map, "https://n", "z"));
	assert_int_equal(ba_map_count(c->issuers[4].map), 2);
	ba_config_free(c);
}

static void
test_map_files_problems(void **state)
{
	const struct tree *t = *state;

	write_conf(t, "main.conf", ISSUER MAPPED, "maps/m");
	load_bad(
	    t, BA_ERR_CONFIG, "/maps/m does not exist; it must be a plain");
	load_bad(t, BA_ERR_CONFIG, "main.conf:5: map_file = /tmp/");
	write_file(t, "maps/m", "https://m a b\nhttps://x a b\n");
	load_bad(t, BA_ERR_CONFIG, "maps/m:2: issuer 'https://x' has no");
	write_file(t, "maps/m", "https://m a b\n");
	ba_config_free(load_good(t));
	/* Another issuer's map is none of this one's. */
	write_file(t, "conf.d/9.conf", "[issuer https://n]\nusername = a\n");
	write_file(t, "maps/m", "https://m a b\nhttps://n a b\n");
	load_bad(t, BA_ERR_CONFIG,
	    "maps/m:2: issuer 'https://n' has another map_file =, or none");
	write_conf(t, "conf.d/9.conf", "[issuer https://n]\n", "maps/m");
	ba_config_free(load_good(t));
	/* Named twice, it is told of once. */
	write_conf(t, "conf.d/9.conf", "[issuer https://n]\n", "maps/m");
	write_file(t, "maps/m", "https://m a B/\n");
	load_bad(t, BA_ERR_CONFIG, "maps/m:1: 'B/' is no user name");
	/* Nothing is said of it where its issuers are not right themselves. */
	write_file(t, "conf.d/10.conf", "[issuer https://x]\n");
	write_file(t, "maps/m", "https://x a b\n");
	load_bad(t, BA_ERR_CONFIG, "conf.d/10.conf:1: neither username =");
	write_conf(t, "conf.d/10.conf", "[issuer https://x]\n", "maps/m");
	ba_config_free(load_good(t));
}

/* That it could not be read is not what is written in it. */
static void
test_map_cannot_be_read(void **state)
{
	const struct tree *t = *state;
	char name[512];

	(void)snprintf(name, sizeof(name), "maps/%0*d", NAME_MAX + 1, 0);
	write_conf(t, "main.conf", MAPPED, name);
	load_bad(t, BA_ERR_SYSTEM, "main.conf:2: map_file = /tmp/");
	name[strlen(name) - 1] = '\0';
	write_conf(t, "main.conf", MAPPED, name);
	load_bad(t, BA_ERR_CONFIG, "main.conf:2: map_file = /tmp/");
}

/* Nor does one problem make up for another. */
static void
test_map_and_its_directory(void **state)
{
	const struct tree *t = *state;
	struct ba_config *config;
	struct said said;

	write_conf(t, "main.conf", MAPPED, "maps/m");
	write_file(t, "maps/m", "https://m a B/\n");
	set_mode(t, "maps", 0770);
	assert_int_equal(load(t, geteuid(), &said, &config), BA_ERR_CONFIG);
	assert_null(config);
	assert_int_equal(said.n, 2);
	assert_non_null(strstr(said.text, "the directory may be written"));
	assert_non_null(strstr(said.text, "'B/' is no user name"));
	set_mode(t, "maps", 0700);
	write_file(t, "maps/m", "https://m a b\n");
	ba_config_free(load_good(t));
}

#define SHARED ISSUER SERVICE "authzid = shared\nshared_map = %s/maps/m\n"

/* SA-06: read as a map_file is. */
static void
test_shared_map(void **state)
{
	const struct tree *t = *state;
	struct ba_config *c;
	char text[512];

	(void)snprintf(text, sizeof(text), SHARED, t->dir);
	write_file(t, "main.conf", text);
	load_bad(t, BA_ERR_CONFIG, "main.conf:7: shared_map = /tmp/");
	load_bad(t, BA_ERR_CONFIG, "/maps/m does not exist; it must be a");
	write_file(t, "maps/m", "alice sales\nalice B/\n");
	load_bad(t, BA_ERR_CONFIG, "/maps/m:2: 'B/' is no user name");
	write_file(t, "maps/m", "alice sales\n");
	set_mode(t, "maps/m", 0620);
	load_bad(t, BA_ERR_CONFIG, "/maps/m may be written by group or");
	set_mode(t, "maps/m", 0600);
	set_mode(t, "maps", 0770);
	load_bad(t, BA_ERR_CONFIG, "/maps/.:0: the directory may be written");
	set_mode(t, "maps", 0700);
	c = load_good(t);
	assert_non_null(
	    ba_map_find(c->services[0].shared_map, "alice", "sales"));
	ba_config_free(c);
}

static void
test_shared_maps_are_apart(void **state)
{
	const struct tree *t = *state;
	const struct ba_service *s;
	struct ba_config *c;
	char text[512];

	(void)snprintf(text, sizeof(text),
	    SHARED "[service imap]\n"
		   "issuer = https://id.example.org/realms/staff\n"
		   "authzid = shared\nshared_map = %s/maps/other\n",
	    t->dir, t->dir);
	write_file(t, "main.conf", text);
	write_file(t, "maps/m", "alice sales\n");
	write_file(t, "maps/other", "alice info\n");
	c = load_good(t);
	s = c->services;
	assert_non_null(ba_map_find(s[0].shared_map, "alice", "sales"));
	assert_null(ba_map_find(s[0].shared_map, "alice", "info"));
	assert_null(ba_map_find(s[1].shared_map, "alice", "sales"));
	assert_non_null(ba_map_find(s[1].shared_map, "alice", "info"));
	ba_config_free(c);
}

/* Who writes to a map, or to its directory, says who is root. */
static void
test_pm11_map_modes(void **state)
{
	static const mode_t bad[] = { 0620, 0660, 0602, 0666 };
	static const mode_t good[] = { 0400, 0600, 0640, 0644 };
	const struct tree *t = *state;
	char path[160];
	size_t i;

	write_conf(t, "main.conf", MAPPED, "maps/m");
	write_file(t, "maps/m", "https://m a b\n");
	for (i = 0; i < 4; i++) {
		set_mode(t, "maps/m", bad[i]);
		load_bad(t, BA_ERR_CONFIG,
		    "/maps/m may be written by group or others; it must be");
		set_mode(t, "maps/m", good[i]);
		ba_config_free(load_good(t));
	}
	set_mode(t, "maps", 0770);
	load_bad(t, BA_ERR_CONFIG,
	    "/maps/.:0: the directory may be written by group or others");
	set_mode(t, "maps", 0755);
	ba_config_free(load_good(t));
	write_file(t, "maps/other", "https://m a b\n");
	(void)snprintf(path, sizeof(path), "%s/maps/m", t->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("other", path), 0);
	load_bad(t, BA_ERR_CONFIG, "/maps/m is a symbolic link; it must be");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	load_bad(t, BA_ERR_CONFIG, "/maps/m is not a regular file");
	assert_int_equal(rmdir(path), 0);
	write_file(t, "maps/m", "");
	ba_config_free(load_good(t));
}

static void
test_map_too_large(void **state)
{
	const struct tree *t = *state;
	char *text = malloc(BA_MAP_BYTES_MAX + 2);
	size_t i;

	assert_non_null(text);
	write_conf(t, "main.conf", MAPPED, "maps/m");
	for (i = 0; i <= BA_MAP_BYTES_MAX; i++)
		text[i] = i % 4096 == 0 ? '\n' : '#';
	text[i] = '\0';
	write_file(t, "maps/m", text);
	load_bad(t, BA_ERR_CONFIG, "/maps/m is too large");
	text[i - 1] = '\0';
	write_file(t, "maps/m", text);
	ba_config_free(load_good(t));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_asking),
		cmocka_unit_test(test_ca_02_methods),
		cmocka_unit_test(test_all_said),
		cmocka_unit_test(test_device_flow),
		cmocka_unit_test(test_v36_device_issuer_of_one_tenant),
		cmocka_unit_test(test_sasl),
		cmocka_unit_test(test_v36_tenants),
		cmocka_unit_test(test_v36_secret_of_one_tenant),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_v53_no_service_at_all),
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_peer_by_name),
		cmocka_unit_test(test_limits_of_others),
		cmocka_unit_test(test_v53_one_issuer_too_many),
		cmocka_unit_test(test_v53_one_section_too_many),
		cmocka_unit_test(test_v53_most_issuers),
		cmocka_unit_test(test_v53_most_sections),
		cmocka_unit_test(test_long_problem),
		cmocka_unit_test(test_every_problem),
		cmocka_unit_test(test_every_problem_of_a_section),
		cmocka_unit_test(test_v27_string_in_quotes),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_table),
		cmocka_unit_test_setup_teardown(
		    test_files_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_conf_d_in_byte_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_relative_path, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_memory_for_files, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_sections_end_with_their_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_main_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_pm11_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_pm11_links, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_conf_d_cannot_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_conf_d_is_a_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_pm11_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_without_maps, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_map_files, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_map_files_problems, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_map_cannot_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_map_and_its_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_shared_map, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_shared_maps_are_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_pm11_map_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_map_too_large, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
