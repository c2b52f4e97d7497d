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
    "clock_skew = 0\n"
    "[service sshd]\nissuer = https://fuzz.example\nrequire_scope = login\n"
    "[service mail]\nissuer = https://fuzz.example https://mail.example/\n"
    "accounts = virtual\n"
    "[service relay]\nissuer = https://mail.example/\naccounts = virtual\n"
    "require_scope = mail send\n";
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
	ask("none", user, claims, plain);
	json_decref(plain);
	json_decref(claims);
	return 0;
}
