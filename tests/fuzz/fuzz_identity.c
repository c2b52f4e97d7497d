/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/policy/arena.h"
#include "common/policy/map.h"
#include "common/policy/pattern.h"
#include "tests/fuzz/fuzz.h"

/*
 * The first byte chooses grammar, claim, email_verified and the rule; all
 * else is the name.  With the map, its first line is the subject; with a
 * pattern, the pattern.
 */
enum way { WHOLE, STRIP, PATTERN, MAP };

static const struct ba_map *
map(void)
{
	static const char section[] =
	    "[issuer https://fuzz.example]\nmap_file = /map\n";
	static const char lines[] =
	    "https://fuzz.example admin root\n"
	    "https://fuzz.example 2489 alice\n"
	    "https://fuzz.example \"a b\" bob@example.org\n";
	static const struct ba_map *read;
	static struct ba_arena *arena;
	struct ba_config *config;

	if (read != NULL)
		return read;
	arena = ba_arena_new();
	MUST(ba_config_parse("c", section, strlen(section), NULL, &config) ==
	     BA_OK);
	MUST(arena != NULL && ba_map_parse(arena, config, "/map", lines,
				  strlen(lines), NULL, &read) == BA_OK);
	ba_config_free(config);
	return read;
}

struct question {
	enum ba_accounts grammar;
	bool email;
	unsigned verified; /* 1: true */
	enum way way;
	struct fuzz_part claim;
	struct fuzz_part extra; /* the first line */
};

/* The same words as in map(). */
static const char *
mapped(struct fuzz_part sub)
{
	if (sub.n == 5 && memcmp(sub.p, "admin", 5) == 0)
		return "root";
	if (sub.n == 4 && memcmp(sub.p, "2489", 4) == 0)
		return "alice";
	if (sub.n == 3 && memcmp(sub.p, "a b", 3) == 0)
		return "bob@example.org";
	return NULL;
}

/* Exactly @example.org at the end, and something without an '@' before. */
static bool
strip(char *claim)
{
	size_t n = strlen(claim), tail = strlen("@example.org");

	if (n <= tail || strcmp(claim + n - tail, "@example.org") != 0)
		return false;
	claim[n - tail] = '\0';
	return strchr(claim, '@') == NULL;
}

static bool
listed(const char *address)
{
	const char *domain = strchr(address, '@');

	return domain != NULL && (strcmp(domain, "@example.org") == 0 ||
				     strcmp(domain, "@example.net") == 0);
}

/* What must come of it, but for patterns; name is what the claim says. */
static int
expect(const struct question *q, char *name)
{
	if (q->way == MAP && memchr(q->extra.p, '\0', q->extra.n) != NULL)
		return BA_ERR_CLAIM;
	if (memchr(q->claim.p, '\0', q->claim.n) != NULL ||
	    (q->email && q->verified != 1))
		return BA_ERR_CLAIM;
	if (q->email && q->way != STRIP && !listed(name))
		return BA_ERR_DOMAIN;
	if (q->way == STRIP && !strip(name))
		return BA_ERR_DOMAIN;
	if (!fuzz_name_ok(name, q->grammar))
		return BA_ERR_USER_NAME;
	/* Those of the map; root is refused by its grammar. */
	return q->way == MAP && (strcmp(name, "alice") == 0 ||
				    strcmp(name, "bob@example.org") == 0)
		   ? BA_ERR_NO_NAME
		   : BA_OK;
}

static void
judge_map(const struct question *q, int r, const struct ba_name *name)
{
	const char *want = mapped(q->extra);

	MUST(want != NULL);
	if (strcmp(want, "root") == 0 || fuzz_name_ok(want, q->grammar))
		MUST(r == BA_OK && name->mapped && !strcmp(name->s, want));
	else
		MUST(r == BA_ERR_USER_NAME);
}

static void
judge(const struct question *q, int r, const struct ba_name *name)
{
	char *claim = fuzz_string(q->claim);
	int want;

	if (r != BA_OK)
		MUST(name->s[0] == '\0' && !name->mapped);
	if (q->way == MAP && mapped(q->extra) != NULL) {
		judge_map(q, r, name);
		goto out;
	}
	MUST(!name->mapped);
	want = expect(q, claim);
	if (q->way != PATTERN)
		MUST(r == want && (r != BA_OK || !strcmp(name->s, claim)));
	else if (want == BA_ERR_CLAIM || want == BA_ERR_DOMAIN)
		MUST(r == want);
	else
		/* It is a piece of the claim, and a name. */
		MUST(r == BA_ERR_USER_NAME ||
		     (r == BA_OK && strstr(claim, name->s) != NULL &&
			 q->claim.n <= BA_PATTERN_SUBJECT_MAX &&
			 fuzz_name_ok(name->s, q->grammar)));
out:
	free(claim);
}

static json_t *
claims_of(const struct question *q, const char *claim)
{
	json_t *claims = json_object();

	MUST(claims != NULL);
	(void)json_object_set_new(
	    claims, "sub", json_stringn(q->extra.p, q->extra.n));
	(void)json_object_set_new(
	    claims, claim, json_stringn(q->claim.p, q->claim.n));
	if (q->verified == 1)
		json_object_set_new(claims, "email_verified", json_true());
	else if (q->verified == 2)
		json_object_set_new(
		    claims, "email_verified", json_string("true"));
	else if (q->verified == 3)
		json_object_set_new(claims, "email_verified", json_integer(1));
	return claims;
}

static void
ask(const struct question *q, struct ba_issuer *issuer, struct ba_arena *arena)
{
	static char org[] = "example.org", net[] = "example.net",
		    *domains[] = { org, net };
	const char *claim = q->email ? "email" : "preferred_username";
	struct ba_service service = { .accounts = q->grammar };
	struct ba_case c = { .issuer = issuer, .service = &service };
	json_t *claims = claims_of(q, claim);
	struct ba_name name;
	int r;

	c.claims = claims;
	c.explain = true;
	ba_case_begin(&c);
	issuer->url = "https://fuzz.example";
	MUST(ba_claim_path_parse(arena, claim, &issuer->username) == BA_OK);
	if (q->email && q->way != STRIP) {
		issuer->email_domain.v = domains;
		issuer->email_domain.n = 2;
	}
	/* jansson takes no string that is not UTF-8. */
	if (json_object_get(claims, claim) != NULL &&
	    json_object_get(claims, "sub") != NULL) {
		r = ba_identity(&c, &name);
		judge(q, r, &name);
		MUST(fuzz_is_text(c.detail, strlen(c.detail)));
	}
	json_decref(claims);
}

static struct fuzz_part
first_line(struct fuzz_part *rest)
{
	const char *end = memchr(rest->p, '\n', rest->n);
	struct fuzz_part line = { rest->p, 0 };

	if (end == NULL)
		return line;
	line.n = (size_t)(end - rest->p);
	rest->p = end + 1;
	rest->n -= line.n + 1;
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ba_issuer issuer = { .url = NULL };
	struct ba_arena *arena;
	struct question q;
	char *s, why[256];

	if (n == 0)
		return 0;
	q.grammar = (p[0] & 1) != 0 ? BA_ACCOUNTS_VIRTUAL : BA_ACCOUNTS_LOCAL;
	q.email = (p[0] & 2) != 0;
	q.verified = p[0] >> 2 & 3;
	q.way = p[0] >> 4 & 3;
	q.claim = (struct fuzz_part){ (const char *)p + 1, n - 1 };
	q.extra = (struct fuzz_part){ q.claim.p, 0 };
	if (q.way == MAP || q.way == PATTERN)
		q.extra = first_line(&q.claim);
	s = fuzz_string(q.claim);
	MUST(ba_name_ok(s, q.grammar) == fuzz_name_ok(s, q.grammar));
	free(s);
	arena = ba_arena_new();
	MUST(arena != NULL);
	s = fuzz_string(q.extra);
	if (q.way == STRIP)
		issuer.strip_domain = "example.org";
	if (q.way == MAP)
		issuer.map = map();
	if (q.way != PATTERN || ba_pattern_compile(arena, s, why, sizeof(why),
				    &issuer.pattern) == BA_OK)
		ask(&q, &issuer, arena);
	free(s);
	ba_arena_free(arena);
	return 0;
}
