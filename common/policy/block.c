/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "common/policy/arena.h"
#include "common/policy/block.h"
#include "common/policy/profile.h"

/* With every character as \uXXXX, and the names of the members. */
#define LINE_MAX_BYTES (2 * BA_BLOCK_TEXT_MAX * 6 + 256)

struct entry {
	struct ba_block block;
	size_t next; /* in its bucket: the index plus 1; 0: the last */
};

struct ba_blocks {
	struct ba_arena *arena; /* of the strings */
	struct entry *entry;
	size_t n;
	size_t *bucket; /* the first of each: index plus 1; 0: empty */
	size_t mask; /* buckets less 1; they are a power of two */
};

/* --- hashing -------------------------------------------------------------- */

/*
 * FNV-1a, with the NUL, so that no two pairs of strings are one.  Whoever
 * chooses their own subject may make it collide with others'; that is a walk
 * over the list at worst.
 */
static uint64_t
hash_str(uint64_t h, const char *s)
{
	do {
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	} while (*s++ != '\0');
	return h;
}

static uint64_t
hash_of(enum ba_block_kind kind, const char *issuer, const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) + (uint64_t)kind;

	h = hash_str(hash_str(h, issuer), name == NULL ? "" : name);
	return h ^ h >> 32; /* the buckets go by the low bits */
}

/* Names first: most entries of a bucket are of one issuer. */
static bool
is_same(const struct ba_block *b, enum ba_block_kind kind, const char *issuer,
    const char *name)
{
	return b->kind == kind &&
	       (kind == BA_BLOCK_ALL || strcmp(b->name, name) == 0) &&
	       strcmp(b->issuer, issuer) == 0;
}

const char *
ba_block_kind_name(enum ba_block_kind kind)
{
	switch (kind) {
	case BA_BLOCK_SUB:
		return "sub";
	case BA_BLOCK_CLIENT:
		return "client";
	case BA_BLOCK_ALL:
		return "all";
	}
	return "?";
}

const struct ba_block *
ba_blocks_find(const struct ba_blocks *blocks, enum ba_block_kind kind,
    const char *issuer, const char *name, int64_t now)
{
	const struct entry *e;
	size_t i;

	if (blocks == NULL || (name == NULL && kind != BA_BLOCK_ALL))
		return NULL;
	i = blocks->bucket[hash_of(kind, issuer, name) & blocks->mask];
	/* One that has ended does not hide another that has not. */
	for (; i > 0; i = e->next) {
		e = &blocks->entry[i - 1];
		if (is_same(&e->block, kind, issuer, name) &&
		    (e->block.until == 0 || now < e->block.until))
			return &e->block;
	}
	return NULL;
}

const struct ba_block *
ba_blocks_at(const struct ba_blocks *blocks, size_t i)
{
	return blocks != NULL && i < blocks->n ? &blocks->entry[i].block : NULL;
}

/* --- reading -------------------------------------------------------------- */

/* A string that is not empty, of bounded size. */
static bool
read_text(const json_t *o, const char *name, const char **sp)
{
	return ba_json_string(o, name, sp) == BA_OK && **sp != '\0' &&
	       strlen(*sp) <= BA_BLOCK_TEXT_MAX;
}

/* A whole number of seconds; 1970 itself is none. */
static bool
read_time(const json_t *o, const char *name, int64_t *tp)
{
	return json_is_integer(json_object_get(o, name)) &&
	       ba_json_date(o, name, tp) == BA_OK && *tp > 0;
}

/* Who is meant: one of the three, and no second. */
static bool
read_who(const json_t *o, struct ba_block *b)
{
	static const struct {
		const char *member;
		enum ba_block_kind kind;
	} who[] = { { "sub", BA_BLOCK_SUB }, { "client", BA_BLOCK_CLIENT } };
	size_t i;

	for (i = 0; i < sizeof(who) / sizeof(who[0]); i++)
		if (ba_json_has(o, who[i].member)) {
			b->kind = who[i].kind;
			return read_text(o, who[i].member, &b->name);
		}
	b->kind = BA_BLOCK_ALL;
	return json_is_true(json_object_get(o, "all"));
}

/* b's strings are borrowed from o. */
static bool
read_block(const json_t *o, struct ba_block *b)
{
	size_t members = 3;

	memset(b, 0, sizeof(*b));
	if (!read_text(o, "issuer", &b->issuer) || !read_who(o, b) ||
	    !read_time(o, "since", &b->since))
		return false;
	if (ba_json_has(o, "until")) {
		members++;
		if (!read_time(o, "until", &b->until))
			return false;
	}
	/* Whatever else it says, we would not obey it. */
	return json_object_size(o) == members;
}

/* Most entries are of the issuer of the one before. */
static int
keep_block(struct ba_blocks *blocks, const struct ba_block *b)
{
	struct entry *e = &blocks->entry[blocks->n];
	const struct ba_block *before =
	    blocks->n > 0 ? &blocks->entry[blocks->n - 1].block : NULL;
	size_t *bucket;

	e->block = *b;
	if (before != NULL && strcmp(before->issuer, b->issuer) == 0)
		e->block.issuer = before->issuer;
	else
		e->block.issuer =
		    ba_arena_str(blocks->arena, b->issuer, strlen(b->issuer));
	if (b->name != NULL)
		e->block.name =
		    ba_arena_str(blocks->arena, b->name, strlen(b->name));
	if (e->block.issuer == NULL ||
	    (b->name != NULL && e->block.name == NULL))
		return BA_ERR_NOMEM;
	bucket =
	    &blocks
		 ->bucket[hash_of(b->kind, b->issuer, b->name) & blocks->mask];
	e->next = *bucket;
	*bucket = ++blocks->n;
	return BA_OK;
}

static int
read_line(struct ba_blocks *blocks, const char *line, size_t n)
{
	struct ba_block b;
	json_t *o = NULL;
	int r;

	if (n > LINE_MAX_BYTES)
		return BA_ERR_BLOCKS;
	r = ba_json_parse(line, n, &o);
	if (r == BA_OK)
		r = read_block(o, &b) ? keep_block(blocks, &b) : BA_ERR_BLOCKS;
	json_decref(o);
	return r == BA_ERR_NOMEM ? r : r == BA_OK ? BA_OK : BA_ERR_BLOCKS;
}

/* Line feeds; BA_ERR_BLOCKS where the last line has none: it was torn. */
static int
count_lines(const char *p, size_t n, size_t *linesp)
{
	const char *end = p + n, *lf;

	*linesp = 0;
	if (n > BA_BLOCKS_BYTES_MAX)
		return BA_ERR_BLOCKS;
	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (++*linesp > BA_BLOCKS_MAX || lf == NULL)
			return BA_ERR_BLOCKS;
	}
	return BA_OK;
}

/* Room for so many, at two buckets for each. */
static struct ba_blocks *
new_blocks(size_t lines)
{
	struct ba_blocks *blocks = calloc(1, sizeof(*blocks));
	size_t buckets = 1;

	if (blocks == NULL)
		return NULL;
	while (buckets < 2 * lines)
		buckets *= 2;
	blocks->mask = buckets - 1;
	blocks->arena = ba_arena_new();
	blocks->entry = calloc(lines + 1, sizeof(*blocks->entry));
	blocks->bucket = calloc(buckets, sizeof(*blocks->bucket));
	if (blocks->arena != NULL && blocks->entry != NULL &&
	    blocks->bucket != NULL)
		return blocks;
	ba_blocks_free(blocks);
	return NULL;
}

int
ba_blocks_parse(
    const void *p, size_t n, struct ba_blocks **blocksp, unsigned *linep)
{
	struct ba_blocks *blocks = NULL;
	const char *line = p, *lf;
	size_t i = 0, lines = 0, len;
	int r = BA_OK;

	*blocksp = NULL;
	/* Nothing may be nowhere. */
	if (n > 0)
		r = count_lines(p, n, &lines);
	if (r != BA_OK)
		i = lines;
	else if ((blocks = new_blocks(lines)) == NULL)
		r = BA_ERR_NOMEM;
	while (r == BA_OK && i < lines) {
		lf = memchr(line, '\n', n);
		len = (size_t)(lf - line);
		r = read_line(blocks, line, len);
		line = lf + 1;
		n -= len + 1;
		i++;
	}
	if (linep != NULL)
		*linep = r == BA_OK ? 0 : (unsigned)i;
	if (r == BA_OK)
		*blocksp = blocks;
	else
		ba_blocks_free(blocks);
	return r;
}

void
ba_blocks_free(struct ba_blocks *blocks)
{
	if (blocks == NULL)
		return;
	ba_arena_free(blocks->arena);
	free(blocks->entry);
	free(blocks->bucket);
	free(blocks);
}

/* --- the rule ------------------------------------------------------------- */

static int
say_blocked(struct ba_case *c, const char *who, const struct ba_block *b)
{
	char is[BA_SHOWN_MAX];

	if (b->kind == BA_BLOCK_ALL)
		ba_case_say(c, NULL, "everybody of the issuer is blocked");
	else
		ba_case_say(
		    c, NULL, "%s %s is blocked", who, ba_case_show(c, who, is));
	if (b->until == 0)
		ba_case_say(c, NULL, "until somebody unblocks");
	else
		ba_case_say(c, NULL, "until %lld, now %lld",
		    (long long)b->until, (long long)c->now);
	return BA_ERR_BLOCKED;
}

/*
 * A claim that is no string cannot be looked up, and who it is about cannot be
 * known.  A null or an empty string names nobody.
 */
static int
judge_claim(struct ba_case *c, enum ba_block_kind kind, const char *claim)
{
	const json_t *value = json_object_get(c->claims, claim);
	char is[BA_SHOWN_MAX];
	const struct ba_block *b;
	const char *name;

	if (value == NULL || json_is_null(value))
		return BA_OK;
	if (ba_json_string(c->claims, claim, &name) != BA_OK) {
		ba_case_say(
		    c, NULL, "%s is %s", claim, ba_case_show(c, claim, is));
		return BA_ERR_CLAIM;
	}
	b = ba_blocks_find(c->blocks, kind, c->issuer->url, name, c->now);
	return b == NULL ? BA_OK : say_blocked(c, claim, b);
}

int
ba_rule_block(struct ba_case *c)
{
	const struct ba_block *b;
	const char *claim;
	size_t i;
	int err;

	if (c->blocks == NULL) {
		ba_case_say(c, NULL, "nobody is blocked");
		return BA_OK;
	}
	b = ba_blocks_find(
	    c->blocks, BA_BLOCK_ALL, c->issuer->url, NULL, c->now);
	if (b != NULL)
		return say_blocked(c, "", b);
	if ((err = judge_claim(c, BA_BLOCK_SUB, "sub")) != BA_OK)
		return err;
	for (i = 0; (claim = ba_profile_client_claim(i)) != NULL; i++)
		if ((err = judge_claim(c, BA_BLOCK_CLIENT, claim)) != BA_OK)
			return err;
	ba_case_say(c, NULL, "neither person nor client is blocked");
	return BA_OK;
}
