/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/json/json.h"
#include "tests/fuzz/fuzz.h"

/* Claims that somebody has verified, under a fixed configuration. */
static const char text[] =
    "[issuer https://fuzz.example]\naudience = fuzz ssh.example.org\n"
    "username = preferred_username\n"
    "[issuer https://mail.example/]\naudience = fuzz\nusername = email\n"
    "email_domain = example.org example.net\nclock_skew = 0\n"
    "[issuer https://tenants.example/{tenantid}/v2.0]\naudience = fuzz\n"
    "tenant = t-1 t-2\nusername = upn\nstrip_domain = example.org\n"
    "profile = legacy\ngroup_claim = roles\ngroup_separator = space\n"
    "[issuer https://kc.example/realms/a]\naudience = fuzz\n"
    "profile = legacy\nusername = /ext/name\n"
    "username_pattern = corp-([a-z]{1,8})(?:@.*)?\n"
    "[service sshd]\nissuer = https://fuzz.example\nrequire_scope = login\n"
    "[service mail]\nissuer = https://fuzz.example https://mail.example/\n"
    "accounts = virtual\n"
    "[service relay]\nissuer = https://mail.example/\naccounts = virtual\n"
    "require_scope = mail send\n"
    "[service strict]\naccounts = virtual\n"
    "issuer = https://fuzz.example https://tenants.example/t-1/v2.0"
    " https://tenants.example/t-2/v2.0 https://kc.example/realms/a\n"
    "allow_client = c ssh\nrequire_group = staff\nallow_group = dev ops\n"
    "group_claim = groups realm_access.roles\nallow_acr = silver gold\n"
    "require_amr = otp\nmax_auth_age = 900\nmax_lifetime = 3600\n"
    "max_token_age = 600\nallow_network = 192.0.2.0/24 2001:db8::/32\n"
    "[service legacy]\naccounts = virtual\n"
    "issuer = https://tenants.example/t-1/v2.0 https://kc.example/realms/a\n";
static struct ba_config *config;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(ba_config_parse("fuzz", text, strlen(text), NULL, &config) ==
	     BA_OK);
	return 0;
}

static void
ask(const char *service, const char *user, const json_t *claims,
    const json_t *plain)
{
	struct ba_snapshot s = { .config = config, .now = 1700000000 };
	struct ba_question q = { .service = service,
		.user = user,
		.uid_known = user != NULL,
		.uid = 1000,
		.rhost = "192.0.2.7",
		.origin = BA_ORIGIN_SASL };
	struct ba_verdict v;
	int r;

	r = ba_verify_claims(&q, &s, claims, NULL, &v);
	fuzz_judge(&q, &s, r, &v, plain);
	ba_verdict_clear(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	json_t *claims, *plain;
	const char *user;

	if (ba_json_parse(p, n, &claims) != BA_OK)
		return 0;
	/* Read once more, without our front. */
	plain = json_loadb((const char *)p, n, 0, NULL);
	user = json_string_value(json_object_get(plain, "preferred_username"));
	ask("sshd", user, claims, plain);
	ask("sshd", NULL, claims, plain);
	ask("sshd", "alice", claims, plain);
	ask("mail", NULL, claims, plain);
	ask("mail", "alice", claims, plain);
	ask("relay", NULL, claims, plain);
	ask("strict", NULL, claims, plain);
	ask("legacy", NULL, claims, plain);
	ask("none", user, claims, plain);
	json_decref(plain);
	json_decref(claims);
	return 0;
}
