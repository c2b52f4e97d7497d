/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "common/policy/identity.h"
#include "common/policy/map.h"
#include "common/policy/pattern.h"

#define LOCAL   BA_ACCOUNTS_LOCAL
#define VIRTUAL BA_ACCOUNTS_VIRTUAL
#define URL     "https://id.example.org"
#define N(a)    (sizeof(a) / sizeof((a)[0]))

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
	{ "boot", true, true },
	{ "rook", true, true },
	{ "ROOT", false, false },
	{ "Root", false, false },
	{ "rooT", false, false },
	{ "root@example.org", false, false },
	{ "root+x", false, false },
	{ "rooT+x@y", false, false },
	{ "root.x", false, true },
	{ "roots@example.org", false, true },
	{ "xroot@example.org", false, true },
	{ "root-", true, true },
	{ "-rf", false, false },
	{ "0alice", false, true },
	{ "1000", false, true },
	{ "Alice", false, false },
	{ "alicE", false, false },
	{ "alice@Example.org", false, false },
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
	{ "alice.", false, false },
	{ "alice.@b", false, false },
	{ "alice@.b", false, false },
	{ "alice@b.", false, false },
	{ "alice.b@c.d", false, true },
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
	static const char more[] = ".+@";
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

/* --- rules ---------------------------------------------------------------- */

/* An issuer's rule, as the configuration would have read it. */
struct rule {
	const char *username; /* NULL: none */
	const char *strip;
	const char *pattern;
	const char *domains[3]; /* email_domain */
	const char *map; /* text of the map file, or NULL */
};

struct world {
	struct ba_arena *arena;
	struct ba_issuer issuer;
	struct ba_service service;
	struct ba_case c;
	char domain[3][64];
	char *domains[3];
};

static const struct ba_where of_username = { "x.conf", 1 };
static const struct ba_where of_strip = { "x.conf", 2 };
static const struct ba_where of_pattern = { "x.conf", 3 };
static const struct ba_where of_domain = { "x.conf", 4 };
static const struct ba_where of_map = { "x.conf", 5 };

static void
begin(struct world *w, const struct rule *rule, enum ba_accounts accounts)
{
	struct ba_issuer *issuer = &w->issuer;
	struct ba_config config = { .issuers = issuer, .n_issuers = 1 };
	char why[256];

	memset(w, 0, sizeof(*w));
	w->arena = ba_arena_new();
	assert_non_null(w->arena);
	issuer->url = URL;
	issuer->username_where = of_username;
	issuer->strip_where = of_strip;
	issuer->pattern_where = of_pattern;
	issuer->map_where = of_map;
	if (rule->username != NULL)
		assert_int_equal(ba_claim_path_parse(w->arena, rule->username,
				     &issuer->username),
		    BA_OK);
	issuer->strip_domain = rule->strip;
	if (rule->pattern != NULL)
		assert_int_equal(ba_pattern_compile(w->arena, rule->pattern,
				     why, sizeof(why), &issuer->pattern),
		    BA_OK);
	for (; issuer->email_domain.n < N(rule->domains) &&
	       rule->domains[issuer->email_domain.n] != NULL;
	     issuer->email_domain.n++) {
		size_t i = issuer->email_domain.n;

		(void)snprintf(
		    w->domain[i], sizeof(w->domain[0]), "%s", rule->domains[i]);
		w->domains[i] = w->domain[i];
		issuer->email_domain.where = of_domain;
	}
	issuer->email_domain.v = w->domains;
	w->service.accounts = accounts;
	w->c.issuer = issuer;
	w->c.service = &w->service;
	if (rule->map == NULL)
		return;
	issuer->map_file = "users.map";
	assert_int_equal(ba_map_parse(w->arena, &config, "users.map", rule->map,
			     strlen(rule->map), NULL, &issuer->map),
	    BA_OK);
}

/* What is said is said where somebody listens, and decides nothing. */
static int
identify(struct world *w, const char *claims, struct ba_name *name)
{
	struct ba_name again;
	json_t *parsed;
	int r;

	assert_int_equal(ba_json_parse(claims, strlen(claims), &parsed), BA_OK);
	w->c.claims = parsed;
	w->c.explain = false;
	ba_case_begin(&w->c);
	memset(&again, 0x55, sizeof(again));
	r = ba_identity(&w->c, &again);
	assert_string_equal(w->c.detail, "");
	w->c.explain = true;
	ba_case_begin(&w->c);
	memset(name, 0xaa, sizeof(*name));
	assert_int_equal(ba_identity(&w->c, name), r);
	assert_memory_equal(name, &again, sizeof(again));
	assert_string_not_equal(w->c.detail, "");
	w->c.claims = NULL;
	json_decref(parsed);
	return r;
}

struct row {
	const char *claims;
	enum ba_accounts accounts;
	int err;
	const char *name; /* NULL where it is refused */
};

static void
judge(const struct rule *rule, const struct row *rows, size_t n)
{
	struct ba_name name;
	struct world w;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		begin(&w, rule, rows[i].accounts);
		r = identify(&w, rows[i].claims, &name);
		if (r != rows[i].err)
			fail_msg("%s: %s, not %s (%s)", rows[i].claims,
			    ba_err_name(r), ba_err_name(rows[i].err),
			    w.c.detail);
		assert_string_equal(
		    name.s, rows[i].name == NULL ? "" : rows[i].name);
		if (r != BA_OK || rule->map == NULL)
			assert_false(name.mapped);
		ba_arena_free(w.arena);
	}
}

static void
test_pm01_claim_as_it_is(void **state)
{
	static const struct rule rule = { .username = "sub" };
	static const struct row rows[] = {
		{ "{\"sub\":\"alice\"}", LOCAL, BA_OK, "alice" },
		{ "{\"Sub\":\"alice\"}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":1}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":null}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":true}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":[\"alice\"]}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":\"\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"Alice\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"Alice\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"root\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"root\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"rOOt\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
		/* An escape is what it stands for. */
		{ "{\"sub\":\"ro\\u006ft\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"al\\u0069ce\"}", LOCAL, BA_OK, "alice" },
		{ "{\"sub\":\"alice\\n\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"\\u001b[2J\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		/* homoglyphs: Cyrillic а, fullwidth, the Kelvin sign */
		{ "{\"sub\":\"\\u0430lice\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"\\uff41lice\"}", VIRTUAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"sub\":\"\\u212aim\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"../alice\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"alice@example.org\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"sub\":\"a" A31 "\"}", LOCAL, BA_OK, "a" A31 },
		{ "{\"sub\":\"aa" A31 "\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"" A255 "\"}", VIRTUAL, BA_OK, A255 },
		{ "{\"sub\":\"a" A255 "\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"" A255 A255 "\"}", VIRTUAL, BA_ERR_USER_NAME,
		    NULL },
	};

	(void)state;
	judge(&rule, rows, N(rows));
}

/* A NUL never comes this far by a token; and if it did: */
static void
test_pm04_nul(void **state)
{
	static const struct rule rule = { .username = "sub" };
	struct ba_name name;
	struct world w;
	json_t *claims;

	(void)state;
	assert_int_equal(
	    ba_json_parse("{\"sub\":\"alice\\u0000x\"}", 21, &claims),
	    BA_ERR_JSON);
	begin(&w, &rule, LOCAL);
	claims = json_pack("{s:s#}", "sub", "alice\0x", 7);
	assert_non_null(claims);
	w.c.claims = claims;
	assert_int_equal(ba_identity(&w.c, &name), BA_ERR_CLAIM);
	json_decref(claims);
	claims = json_pack("{s:s#}", "sub", "alice\0x", 5);
	w.c.claims = claims;
	assert_int_equal(ba_identity(&w.c, &name), BA_OK);
	json_decref(claims);
	ba_arena_free(w.arena);
}

static void
test_paths(void **state)
{
	static const struct rule dots = { .username = "a.b" };
	static const struct rule slash = { .username = "/a.b" };
	static const struct rule url = { .username = "/https:~1~1x~1uid" };
	static const struct row of_dots[] = {
		{ "{\"a\":{\"b\":\"alice\"}}", LOCAL, BA_OK, "alice" },
		{ "{\"a.b\":\"alice\"}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"a\":[{\"b\":\"alice\"}]}", LOCAL, BA_ERR_CLAIM, NULL },
	};
	static const struct row of_slash[] = {
		{ "{\"a.b\":\"alice\"}", LOCAL, BA_OK, "alice" },
		{ "{\"a\":{\"b\":\"alice\"}}", LOCAL, BA_ERR_CLAIM, NULL },
	};
	static const struct row of_url[] = {
		{ "{\"https://x/uid\":\"bob\"}", LOCAL, BA_OK, "bob" },
	};

	(void)state;
	judge(&dots, of_dots, N(of_dots));
	judge(&slash, of_slash, N(of_slash));
	judge(&url, of_url, N(of_url));
}

/* --- domains -------------------------------------------------------------- */

/* Exactly "@example.org" and nothing else is taken off. */
static void
test_pm04_strip_domain(void **state)
{
	static const struct rule rule = { .username = "upn",
		.strip = "example.org" };
	static const struct row rows[] = {
		{ "{\"upn\":\"alice@example.org\"}", LOCAL, BA_OK, "alice" },
		{ "{\"upn\":\"alice@example.org\"}", VIRTUAL, BA_OK, "alice" },
		{ "{\"upn\":\"al.x@example.org\"}", VIRTUAL, BA_OK, "al.x" },
		{ "{\"upn\":\"Al.x@example.org\"}", VIRTUAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"alice\"}", LOCAL, BA_ERR_DOMAIN, NULL },
		{ "{\"upn\":\"alice@\"}", LOCAL, BA_ERR_DOMAIN, NULL },
		{ "{\"upn\":\"alice@example.com\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@Example.org\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@example.org.\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@example.orgx\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@example.or\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@x.example.org\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@xexample.org\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice.example.org\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"alice@example.org@example.org\"}", VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"upn\":\"alice@evil@example.org\"}", VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"upn\":\"alice@@example.org\"}", VIRTUAL, BA_ERR_DOMAIN,
		    NULL },
		{ "{\"upn\":\"@example.org\"}", VIRTUAL, BA_ERR_DOMAIN, NULL },
		{ "{\"upn\":\"\"}", LOCAL, BA_ERR_DOMAIN, NULL },
		{ "{\"upn\":\"alice@example.org\\n\"}", LOCAL, BA_ERR_DOMAIN,
		    NULL },
		/* What is left over has to be a name. */
		{ "{\"upn\":\"Alice@example.org\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"root@example.org\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"ROOT@example.org\"}", VIRTUAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"../x@example.org\"}", VIRTUAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"a b@example.org\"}", VIRTUAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"" A255 "@example.org\"}", VIRTUAL, BA_OK, A255 },
		{ "{\"upn\":\"a" A255 "@example.org\"}", VIRTUAL,
		    BA_ERR_USER_NAME, NULL },
		{ "{\"upn\":7}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{}", LOCAL, BA_ERR_CLAIM, NULL },
	};

	(void)state;
	judge(&rule, rows, N(rows));
}

#define TRUE_ ",\"email_verified\":true}"

/* An address that nobody has verified is anybody's. */
static void
test_v45_oidc03_email_is_verified(void **state)
{
#define ALICE "{\"email\":\"alice@example.org\""
	static const struct rule rules[] = {
		{ .username = "email", .domains = { "example.org" } },
		{ .username = "/email", .domains = { "example.org" } },
	};
	static const struct row rows[] = {
		{ ALICE TRUE_, VIRTUAL, BA_OK, "alice@example.org" },
		{ ALICE "}", VIRTUAL, BA_ERR_CLAIM, NULL },
		{ ALICE ",\"email_verified\":false}", VIRTUAL, BA_ERR_CLAIM,
		    NULL },
		{ ALICE ",\"email_verified\":\"true\"}", VIRTUAL, BA_ERR_CLAIM,
		    NULL },
		{ ALICE ",\"email_verified\":1}", VIRTUAL, BA_ERR_CLAIM, NULL },
		{ ALICE ",\"email_verified\":null}", VIRTUAL, BA_ERR_CLAIM,
		    NULL },
		{ ALICE ",\"email_verified\":[true]}", VIRTUAL, BA_ERR_CLAIM,
		    NULL },
		{ ALICE ",\"Email_verified\":true}", VIRTUAL, BA_ERR_CLAIM,
		    NULL },
		/* no name for a user of this machine */
		{ ALICE TRUE_, LOCAL, BA_ERR_USER_NAME, NULL },
	};
	/* Any other claim stands for itself. */
	static const struct rule upn = { .username = "upn" };
	static const struct rule deep = { .username = "a.email" };
	static const struct rule below = { .username = "email.local" };
	static const struct row of_below[] = {
		{ "{\"email\":{\"local\":\"alice\"}}", LOCAL, BA_OK, "alice" },
	};
	static const struct row unverified[] = {
		{ "{\"upn\":\"alice@example.com\","
		  "\"a\":{\"email\":\"alice@example.com\"}}",
		    VIRTUAL, BA_OK, "alice@example.com" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(rules); i++)
		judge(&rules[i], rows, N(rows));
	judge(&upn, unverified, N(unverified));
	judge(&deep, unverified, N(unverified));
	judge(&below, of_below, N(of_below));
}

/* … and one that is verified names nobody unless the domain is listed. */
static void
test_v45_oidc03_email_of_a_listed_domain(void **state)
{
	static const struct rule two = { .username = "email",
		.domains = { "example.org", "example.net" } };
	static const struct row of_two[] = {
		{ "{\"email\":\"alice@example.org\"" TRUE_, VIRTUAL, BA_OK,
		    "alice@example.org" },
		{ "{\"email\":\"alice@example.net\"" TRUE_, VIRTUAL, BA_OK,
		    "alice@example.net" },
		{ "{\"email\":\"alice@example.com\"" TRUE_, VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice@EXAMPLE.org\"" TRUE_, VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice@x.example.org\"" TRUE_, VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice@example.org.evil\"" TRUE_, VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice@evil@example.org\"" TRUE_, VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice\"" TRUE_, VIRTUAL, BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"\"" TRUE_, VIRTUAL, BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"@example.org\"" TRUE_, VIRTUAL,
		    BA_ERR_USER_NAME, NULL },
		{ "{\"email\":7" TRUE_, VIRTUAL, BA_ERR_CLAIM, NULL },
	};
	/* No list: nobody, since the configuration refuses that anyway. */
	static const struct rule none = { .username = "email" };
	static const struct row of_none[] = {
		{ "{\"email\":\"alice@example.org\"" TRUE_, VIRTUAL,
		    BA_ERR_DOMAIN, NULL },
	};
	static const struct rule matched = { .username = "email",
		.domains = { "example.org" },
		.pattern = "([a-z]+)@.*" };
	static const struct row of_matched[] = {
		{ "{\"email\":\"alice@example.org\"" TRUE_, LOCAL, BA_OK,
		    "alice" },
		{ "{\"email\":\"alice@example.com\"" TRUE_, LOCAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice@example.org\"}", LOCAL, BA_ERR_CLAIM,
		    NULL },
	};

	(void)state;
	judge(&two, of_two, N(of_two));
	judge(&none, of_none, N(of_none));
	judge(&matched, of_matched, N(of_matched));
}

static void
test_v45_email_less_its_domain(void **state)
{
	static const struct rule strip = { .username = "email",
		.strip = "example.org" };
	static const struct row of_one[] = {
		{ "{\"email\":\"alice@example.org\"" TRUE_, LOCAL, BA_OK,
		    "alice" },
		{ "{\"email\":\"alice@example.org\"}", LOCAL, BA_ERR_CLAIM,
		    NULL },
		{ "{\"email\":\"alice@example.com\"" TRUE_, LOCAL,
		    BA_ERR_DOMAIN, NULL },
	};
	/* Both lists decide. */
	static const struct rule both = { .username = "email",
		.strip = "example.org",
		.domains = { "example.net" } };
	static const struct row of_both[] = {
		{ "{\"email\":\"alice@example.org\"" TRUE_, LOCAL,
		    BA_ERR_DOMAIN, NULL },
		{ "{\"email\":\"alice@example.net\"" TRUE_, LOCAL,
		    BA_ERR_DOMAIN, NULL },
	};

	(void)state;
	judge(&strip, of_one, N(of_one));
	judge(&both, of_both, N(of_both));
}

/* --- patterns ------------------------------------------------------------- */

static void
test_pm04_pattern(void **state)
{
	static const struct rule rule = { .username = "upn",
		.pattern = "([a-z]+)[.][a-z]+@example[.]org" };
	static const struct row rows[] = {
		{ "{\"upn\":\"alice.b@example.org\"}", LOCAL, BA_OK, "alice" },
		{ "{\"upn\":\"alice@example.org\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
		/* all of the claim, whatever the pattern says */
		{ "{\"upn\":\"alice.b@example.orgx\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":\"xx alice.b@example.org\"}", LOCAL,
		    BA_ERR_USER_NAME, NULL },
		{ "{\"upn\":\"alice.b@example.org\\n\"}", LOCAL,
		    BA_ERR_USER_NAME, NULL },
		{ "{\"upn\":\"root.b@example.org\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
		{ "{\"upn\":null}", LOCAL, BA_ERR_CLAIM, NULL },
	};
	/* What a careless one takes out has to be a name all the same. */
	static const struct rule anything = { .username = "upn",
		.pattern = "(.*)" };
	static const struct row of_anything[] = {
		{ "{\"upn\":\"alice\"}", LOCAL, BA_OK, "alice" },
		{ "{\"upn\":\"Alice\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"upn\":\"root\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"upn\":\"../x\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"upn\":\"" A255 "\"}", VIRTUAL, BA_OK, A255 },
		{ "{\"upn\":\"a" A255 "\"}", VIRTUAL, BA_ERR_USER_NAME, NULL },
	};

	(void)state;
	judge(&rule, rows, N(rows));
	judge(&anything, of_anything, N(of_anything));
}

/* --- the map -------------------------------------------------------------- */

#define MAP                                                                    \
	URL " 4711 alice\n" URL " 0 root\n" URL                                \
	    " 8 mail.user@example.org\n" URL " robot ci-build\n"

static void
test_pm02_map(void **state)
{
	static const struct rule alone = { .map = MAP };
	static const struct row of_map_alone[] = {
		{ "{\"sub\":\"4711\"}", LOCAL, BA_OK, "alice" },
		{ "{\"sub\":\"4711\"}", VIRTUAL, BA_OK, "alice" },
		{ "{\"sub\":\"robot\"}", LOCAL, BA_OK, "ci-build" },
		{ "{\"sub\":\"0\"}", LOCAL, BA_OK, "root" },
		{ "{\"sub\":\"0\"}", VIRTUAL, BA_OK, "root" },
		/* in the grammar of this service */
		{ "{\"sub\":\"8\"}", LOCAL, BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"8\"}", VIRTUAL, BA_OK, "mail.user@example.org" },
		{ "{\"sub\":\"471\"}", LOCAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"47111\"}", LOCAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"Robot\"}", LOCAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"\"}", LOCAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"alice\"}", LOCAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"root\"}", LOCAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":4711}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":0}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{}", LOCAL, BA_ERR_CLAIM, NULL },
	};

	(void)state;
	judge(&alone, of_map_alone, N(of_map_alone));
}

/* Whoever is in the map is who the map says; all others by the claim. */
static void
test_pm02_map_before_the_claim(void **state)
{
	static const struct rule rule = { .username = "name", .map = MAP };
	static const struct row rows[] = {
		{ "{\"sub\":\"4711\",\"name\":\"bob\"}", LOCAL, BA_OK,
		    "alice" },
		{ "{\"sub\":\"4711\"}", LOCAL, BA_OK, "alice" },
		{ "{\"sub\":\"4712\",\"name\":\"bob\"}", LOCAL, BA_OK, "bob" },
		{ "{\"sub\":\"4712\",\"name\":\"root\"}", LOCAL,
		    BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"4712\"}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"name\":\"bob\"}", LOCAL, BA_ERR_CLAIM, NULL },
		{ "{\"sub\":1,\"name\":\"bob\"}", LOCAL, BA_ERR_CLAIM, NULL },
	};
	struct ba_name name;
	struct world w;

	(void)state;
	judge(&rule, rows, N(rows));
	begin(&w, &rule, LOCAL);
	assert_int_equal(identify(&w, rows[0].claims, &name), BA_OK);
	assert_true(name.mapped);
	assert_string_equal(w.c.where->file, "users.map");
	assert_int_equal(w.c.where->line, 1);
	assert_int_equal(identify(&w, rows[2].claims, &name), BA_OK);
	assert_false(name.mapped);
	assert_int_equal(w.c.where->line, of_username.line);
	ba_arena_free(w.arena);
}

/* Somebody else's name in the map is nobody's by a claim. */
static void
test_v15_pm02_name_of_the_map(void **state)
{
	static const struct rule rule = { .username = "name",
		.map = MAP URL " 9 zoe@example.org\n" };
	static const struct rule strip = {
		.username = "name", .strip = "x.org", .map = MAP
	};
	static const struct rule pattern = {
		.username = "name", .pattern = "x-(.*)", .map = MAP
	};
	static const struct rule email = {
		.username = "email", .domains = { "example.org" }, .map = MAP
	};
	static const struct row rows[] = {
		{ "{\"sub\":\"1\",\"name\":\"alice\"}", LOCAL, BA_ERR_NO_NAME,
		    NULL },
		{ "{\"sub\":\"1\",\"name\":\"alic\"}", LOCAL, BA_OK, "alic" },
		{ "{\"sub\":\"4711\",\"name\":\"alice\"}", LOCAL, BA_OK,
		    "alice" },
		/* of another line, too: the map comes first */
		{ "{\"sub\":\"4711\",\"name\":\"ci-build\"}", LOCAL, BA_OK,
		    "alice" },
		{ "{\"sub\":\"1\",\"name\":\"ci-build\"}", VIRTUAL,
		    BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"1\",\"name\":\"zoe@example.org\"}", VIRTUAL,
		    BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"1\",\"name\":\"zoe@example.net\"}", VIRTUAL,
		    BA_OK, "zoe@example.net" },
		{ "{\"sub\":\"1\",\"name\":\"root\"}", VIRTUAL,
		    BA_ERR_USER_NAME, NULL },
		{ "{\"sub\":\"1\",\"name\":\"Alice\"}", LOCAL, BA_ERR_USER_NAME,
		    NULL },
	};
	static const struct row by_strip[] = {
		{ "{\"sub\":\"1\",\"name\":\"alice@x.org\"}", LOCAL,
		    BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"1\",\"name\":\"bob@x.org\"}", LOCAL, BA_OK,
		    "bob" },
	};
	static const struct row by_pattern[] = {
		{ "{\"sub\":\"1\",\"name\":\"x-alice\"}", LOCAL, BA_ERR_NO_NAME,
		    NULL },
		{ "{\"sub\":\"1\",\"name\":\"x-bob\"}", LOCAL, BA_OK, "bob" },
	};
	static const struct row by_email[] = {
		{ "{\"sub\":\"1\",\"email\":\"mail.user@example.org\"" TRUE_,
		    VIRTUAL, BA_ERR_NO_NAME, NULL },
		{ "{\"sub\":\"1\",\"email\":\"mail@example.org\"" TRUE_,
		    VIRTUAL, BA_OK, "mail@example.org" },
	};

	(void)state;
	judge(&rule, rows, N(rows));
	judge(&strip, by_strip, N(by_strip));
	judge(&pattern, by_pattern, N(by_pattern));
	judge(&email, by_email, N(by_email));
}

/* … whichever issuer of the service has the map, and whoever comes without. */
static void
test_v15_pm02_name_of_anothers_map(void **state)
{
	static const struct rule with = { .map = MAP };
	static const struct rule without = { .username = "name" };
	static const struct rule own = { .username = "name",
		.map = URL " 7 dave\n" URL " 8 alice\n" };
	static const struct ba_where elsewhere = { "y.conf", 7 };
	static const struct {
		const struct rule *rule;
		const char *claims, *name; /* NULL: it is another's */
	} rows[] = {
		{ &without, "{\"sub\":\"4711\",\"name\":\"alice\"}", NULL },
		{ &without, "{\"sub\":\"1\",\"name\":\"ci-build\"}", NULL },
		{ &without, "{\"sub\":\"1\",\"name\":\"bob\"}", "bob" },
		{ &own, "{\"sub\":\"1\",\"name\":\"alice\"}", NULL },
		{ &own, "{\"sub\":\"1\",\"name\":\"dave\"}", NULL },
		{ &own, "{\"sub\":\"7\"}", "dave" },
		/* both maps know her */
		{ &own, "{\"sub\":\"8\"}", "alice" },
		{ &own, "{\"sub\":\"1\",\"name\":\"bob\"}", "bob" },
	};
	const struct ba_issuer *issuers[3];
	struct world other, w;
	struct ba_name name;
	size_t i, at;

	(void)state;
	begin(&other, &with, LOCAL);
	other.issuer.map_where = elsewhere;
	for (i = 0; i < N(rows); i++)
		/* the other's map is the first, the second, the last */
		for (at = 0; at < N(issuers); at++) {
			begin(&w, rows[i].rule, LOCAL);
			issuers[0] = issuers[1] = issuers[2] = &w.issuer;
			w.service.issuer = issuers;
			w.service.n_issuers = N(issuers);
			issuers[at] = &other.issuer;
			if (rows[i].name == NULL) {
				assert_int_equal(
				    identify(&w, rows[i].claims, &name),
				    BA_ERR_NO_NAME);
				assert_string_equal(name.s, "");
			} else {
				assert_int_equal(
				    identify(&w, rows[i].claims, &name), BA_OK);
				assert_string_equal(name.s, rows[i].name);
			}
			ba_arena_free(w.arena);
		}
	/* Where the service does not take the other issuer, it has no say. */
	begin(&w, &without, LOCAL);
	issuers[0] = &w.issuer;
	w.service.issuer = issuers;
	w.service.n_issuers = 1;
	assert_int_equal(identify(&w, rows[0].claims, &name), BA_OK);
	assert_string_equal(name.s, "alice");
	issuers[1] = &other.issuer;
	w.service.n_issuers = 2;
	assert_int_equal(identify(&w, rows[0].claims, &name), BA_ERR_NO_NAME);
	assert_int_equal(w.c.where->line, elsewhere.line);
	ba_arena_free(w.arena);
	ba_arena_free(other.arena);
}

/* V15: the same subject of another issuer is another person. */
static void
test_v15_jwt06_map_of_the_issuer(void **state)
{
	static const struct rule rule = { .map = MAP };
	struct ba_name name;
	struct world w;

	(void)state;
	begin(&w, &rule, LOCAL);
	assert_int_equal(identify(&w, "{\"sub\":\"0\"}", &name), BA_OK);
	w.issuer.url = URL "/";
	assert_int_equal(
	    identify(&w, "{\"sub\":\"0\"}", &name), BA_ERR_NO_NAME);
	w.issuer.url = "https://other.example";
	assert_int_equal(
	    identify(&w, "{\"sub\":\"0\"}", &name), BA_ERR_NO_NAME);
	w.issuer.url = URL;
	assert_int_equal(identify(&w, "{\"sub\":\"0\"}", &name), BA_OK);
	ba_arena_free(w.arena);
}

/* A map that was not read names nobody, and lets no other rule do it. */
static void
test_map_not_read(void **state)
{
	static const struct rule rule = { .username = "sub", .map = MAP };
	static const struct rule nothing = { .username = NULL };
	const struct ba_map *map;
	struct ba_name name;
	struct world w;

	(void)state;
	begin(&w, &rule, LOCAL);
	map = w.issuer.map;
	w.issuer.map = NULL;
	assert_int_equal(
	    identify(&w, "{\"sub\":\"bob\"}", &name), BA_ERR_CONFIG);
	assert_ptr_equal(w.c.where, &w.issuer.map_where);
	w.issuer.map_file = NULL;
	assert_int_equal(identify(&w, "{\"sub\":\"bob\"}", &name), BA_OK);
	w.issuer.map = map;
	assert_int_equal(identify(&w, "{\"sub\":\"4711\"}", &name), BA_OK);
	assert_string_equal(name.s, "alice");
	ba_arena_free(w.arena);
	begin(&w, &nothing, LOCAL);
	assert_int_equal(
	    identify(&w, "{\"sub\":\"bob\"}", &name), BA_ERR_NO_NAME);
	assert_string_equal(name.s, "");
	ba_arena_free(w.arena);
}

/* The line that decided, and why. */
static void
test_what_is_said(void **state)
{
	static const struct {
		struct rule rule;
		const char *claims;
		const struct ba_where *where;
		const char *said;
	} rows[] = {
		{ { .username = "u" }, "{\"u\":\"bob\"}", &of_username,
		    "u is \"bob\"; bob" },
		{ { .username = "u" }, "{}", &of_username, "u is missing; " },
		{ { .username = "u", .strip = "x.org" },
		    "{\"u\":\"bob@x.org\"}", &of_strip,
		    "u is \"bob@x.org\"; bob" },
		{ { .username = "u", .strip = "x.org" }, "{\"u\":\"bob@y\"}",
		    &of_strip, "u is \"bob@y\"; strip_domain = x.org; " },
		{ { .username = "u", .strip = "x.org" },
		    "{\"u\":\"" A255 "a@x.org\"}", &of_strip,
		    "the name is too long; " },
		{ { .username = "u", .pattern = "(b).*" }, "{\"u\":\"bob\"}",
		    &of_pattern, "u is \"bob\"; b" },
		{ { .username = "u", .pattern = "(b)" }, "{\"u\":\"bob\"}",
		    &of_pattern,
		    "u is \"bob\"; username_pattern does not match; " },
		{ { .username = "email", .domains = { "x.org" } },
		    "{\"email\":\"b@y\",\"email_verified\":true}", &of_domain,
		    "email is \"b@y\"; email_domain = x.org; " },
		{ { .username = "email", .domains = { "x.org" } },
		    "{\"email\":\"b@x.org\",\"email_verified\":\"true\"}",
		    &of_username, "email_verified is \"true\", not true; " },
		{ { .map = MAP }, "{\"sub\":\"1\"}", &of_map,
		    "sub \"1\" is not in the map; " },
		{ { .map = MAP }, "{\"sub\":1}", &of_map, "sub is 1; " },
		{ { .map = MAP, .username = "u" },
		    "{\"sub\":\"1\",\"u\":\"alice\"}", &of_map,
		    "sub \"1\" is not in the map; u is \"alice\"; alice is "
		    "given by the map, to others; " },
	};
	struct ba_name name;
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		begin(&w, &rows[i].rule, LOCAL);
		(void)identify(&w, rows[i].claims, &name);
		assert_non_null(w.c.where);
		assert_int_equal(w.c.where->line, rows[i].where->line);
		assert_memory_equal(
		    w.c.detail, rows[i].said, strlen(rows[i].said));
		ba_arena_free(w.arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pm04_grammars),
		cmocka_unit_test(test_pm04_every_byte),
		cmocka_unit_test(test_pm01_claim_as_it_is),
		cmocka_unit_test(test_pm04_nul),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_pm04_strip_domain),
		cmocka_unit_test(test_v45_oidc03_email_is_verified),
		cmocka_unit_test(test_v45_oidc03_email_of_a_listed_domain),
		cmocka_unit_test(test_v45_email_less_its_domain),
		cmocka_unit_test(test_pm04_pattern),
		cmocka_unit_test(test_pm02_map),
		cmocka_unit_test(test_pm02_map_before_the_claim),
		cmocka_unit_test(test_v15_pm02_name_of_the_map),
		cmocka_unit_test(test_v15_pm02_name_of_anothers_map),
		cmocka_unit_test(test_v15_jwt06_map_of_the_issuer),
		cmocka_unit_test(test_map_not_read),
		cmocka_unit_test(test_what_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
