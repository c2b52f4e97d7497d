/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "common/policy/identity.h"

#define LOCAL   BA_ACCOUNTS_LOCAL
#define VIRTUAL BA_ACCOUNTS_VIRTUAL

struct name {
	const char *name;
	bool local;
	bool virtual;
};

#define A31  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255 A31 A31 A31 A31 A31 A31 A31 A31 "aaaaaaa"

static const struct name names[] = {
	{ "alice", true, true },
	{ "a", true, true },
	{ "_apt", true, false },
	{ "a-b_c0", true, true },
	{ "a" A31, true, true },
	{ "aa" A31, false, true },
	{ A255, false, true },
	{ A255 "a", false, false },
	{ "", false, false },
	{ "root", false, false },
	{ "roots", true, true },
	{ "roo", true, true },
	{ "ROOT", false, false },
	{ "Root", false, false },
	{ "rooT", false, false },
	{ "root@example.org", false, true },
	{ "-rf", false, false },
	{ "0alice", false, true },
	{ "1000", false, true },
	{ "Alice", false, true },
	{ "alice$", false, false },
	{ "alice.b", false, true },
	{ "alice+b", false, true },
	{ "alice@example.org", false, true },
	{ "alice@", false, false },
	{ "@example.org", false, false },
	{ "alice@b@c", false, false },
	{ "alice@@b", false, false },
	{ "alice..b", false, false },
	{ "alice.b.c", false, true },
	{ "..", false, false },
	{ "../alice", false, false },
	{ "a/b", false, false },
	{ "a\\b", false, false },
	{ "a b", false, false },
	{ " alice", false, false },
	{ "alice ", false, false },
	{ "alice\n", false, false },
	{ "alice:x", false, false },
	{ "alice\x7f", false, false },
	{ "\xd0\xb0lice", false, false }, /* a Cyrillic a */
	{ "alic\xc3\xa9", false, false },
	{ "alice\xe2\x80\x8b", false, false }, /* a space of no width */
	{ ".alice", false, false },
	{ "+alice", false, false },
	{ "alice%", false, false },
	{ "*", false, false },
};

static void
test_pm04_grammars(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (ba_name_ok(names[i].name, LOCAL) != names[i].local)
			fail_msg("local: '%s'", names[i].name);
		if (ba_name_ok(names[i].name, VIRTUAL) != names[i].virtual)
			fail_msg("virtual: '%s'", names[i].name);
	}
	assert_false(ba_name_ok(NULL, LOCAL));
	assert_false(ba_name_ok(NULL, VIRTUAL));
	assert_false(ba_name_ok("alice", (enum ba_accounts)7));
}

/* Every byte in second place, against the grammars' own words. */
static void
test_pm04_every_byte(void **state)
{
	static const char local[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ.+@";
	char name[4] = "a?b";
	unsigned c;
	bool in;

	(void)state;
	for (c = 1; c < 256; c++) {
		name[1] = (char)c;
		in = strchr(local, (int)c) != NULL;
		assert_int_equal(ba_name_ok(name, LOCAL), in);
		in = in || strchr(more, (int)c) != NULL;
		assert_int_equal(ba_name_ok(name, VIRTUAL), in);
	}
}

struct rule {
	const char *claim;
	enum ba_accounts accounts;
	const char *claims;
	int want;
	const char *name;
};

static const struct rule rules[] = {
	{ "sub", LOCAL, "{\"sub\":\"alice\"}", BA_OK, "alice" },
	{ "sub", LOCAL, "{\"Sub\":\"alice\"}", BA_ERR_CLAIM, NULL },
	{ "sub", LOCAL, "{}", BA_ERR_CLAIM, NULL },
	{ "sub", LOCAL, "{\"sub\":1}", BA_ERR_CLAIM, NULL },
	{ "sub", LOCAL, "{\"sub\":null}", BA_ERR_CLAIM, NULL },
	{ "sub", LOCAL, "{\"sub\":true}", BA_ERR_CLAIM, NULL },
	{ "sub", LOCAL, "{\"sub\":[\"alice\"]}", BA_ERR_CLAIM, NULL },
	{ "sub", LOCAL, "{\"sub\":\"\"}", BA_ERR_USER_NAME, NULL },
	{ "sub", LOCAL, "{\"sub\":\"Alice\"}", BA_ERR_USER_NAME, NULL },
	{ "sub", VIRTUAL, "{\"sub\":\"Alice\"}", BA_OK, "Alice" },
	{ "sub", LOCAL, "{\"sub\":\"root\"}", BA_ERR_USER_NAME, NULL },
	{ "sub", VIRTUAL, "{\"sub\":\"root\"}", BA_ERR_USER_NAME, NULL },
	/* An escape is what it stands for. */
	{ "sub", LOCAL, "{\"sub\":\"ro\\u006ft\"}", BA_ERR_USER_NAME, NULL },
	{ "sub", LOCAL, "{\"sub\":\"al\\u0069ce\"}", BA_OK, "alice" },
	{ "sub", LOCAL, "{\"sub\":\"alice\\n\"}", BA_ERR_USER_NAME, NULL },
	/* A name with a dot is a name, not a path into the claims. */
	{ "a.b", LOCAL, "{\"a\":{\"b\":\"alice\"}}", BA_ERR_CLAIM, NULL },
	{ "a.b", LOCAL, "{\"a.b\":\"alice\"}", BA_OK, "alice" },
	{ "https://x/uid", LOCAL, "{\"https://x/uid\":\"bob\"}", BA_OK, "bob" },
};

static void
judge(const struct rule *rule)
{
	const struct ba_issuer issuer = { .username = rule->claim };
	const struct ba_service service = { .accounts = rule->accounts };
	const char *name = "stale";
	json_t *claims;

	assert_int_equal(
	    ba_json_parse(rule->claims, strlen(rule->claims), &claims), BA_OK);
	if (ba_identity(&issuer, &service, claims, &name) != rule->want)
		fail_msg("%s of %s", rule->claim, rule->claims);
	if (rule->name == NULL)
		assert_null(name);
	else
		assert_string_equal(name, rule->name);
	json_decref(claims);
}

static void
test_rules(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		judge(&rules[i]);
}

#define EMAIL "{\"email\":\"alice@example.org\""

/* An address that nobody has verified is anybody's. */
static void
test_v45_oidc03_email_is_verified(void **state)
{
	static const struct rule by_email[] = {
		{ "email", VIRTUAL, EMAIL ",\"email_verified\":true}", BA_OK,
		    "alice@example.org" },
		{ "email", VIRTUAL, EMAIL "}", BA_ERR_CLAIM, NULL },
		{ "email", VIRTUAL, EMAIL ",\"email_verified\":false}",
		    BA_ERR_CLAIM, NULL },
		{ "email", VIRTUAL, EMAIL ",\"email_verified\":\"true\"}",
		    BA_ERR_CLAIM, NULL },
		{ "email", VIRTUAL, EMAIL ",\"email_verified\":1}",
		    BA_ERR_CLAIM, NULL },
		{ "email", VIRTUAL, EMAIL ",\"email_verified\":null}",
		    BA_ERR_CLAIM, NULL },
		{ "email", VIRTUAL, EMAIL ",\"email_verified\":[true]}",
		    BA_ERR_CLAIM, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(by_email) / sizeof(by_email[0]); i++)
		judge(&by_email[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pm04_grammars),
		cmocka_unit_test(test_pm04_every_byte),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_v45_oidc03_email_is_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
