/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/control_lists.h"

#define NUMBER_SIZE 24
#define TIME_SIZE   24

/* The issuer of that name, or a line that there is none. */
static int
find_issuer(struct ba_broker *b, const char *url, struct ba_lines *l,
    const struct ba_issuer **issuerp)
{
	int r;

	*issuerp = ba_config_issuer(b->engine->config, url);
	if (*issuerp != NULL)
		return BA_OK;
	r = ba_lines_say(l, "no issuer %s is configured", url);
	return r == BA_OK ? BA_ERR_CONFIG : r;
}

/* --- keys ------------------------------------------------------------------ */

/* Seconds; none where at is 0. */
static const char *
seconds(char dst[NUMBER_SIZE], int64_t at, int64_t s)
{
	if (at == 0)
		return "-";
	(void)snprintf(dst, NUMBER_SIZE, "%" PRId64, s > 0 ? s : 0);
	return dst;
}

static const char *
source(const struct ba_keys_info *i)
{
	if (i->secret)
		return "secret file";
	return i->file ? "file" : "issuer";
}

static int
put_keys(
    struct ba_broker *b, const struct ba_issuer *issuer, struct ba_lines *l)
{
	char n[NUMBER_SIZE], age[NUMBER_SIZE], fresh[NUMBER_SIZE],
	    stale[NUMBER_SIZE], next[NUMBER_SIZE];
	int64_t now = ba_clock_wall(b->o.clock);
	struct ba_keys_info i;

	ba_keys_info(b->engine->keys, issuer, now, &i);
	(void)snprintf(n, sizeof(n), "%zu", i.n);
	const char *const fields[] = { issuer->url, n,
		seconds(age, i.fetched, now - i.fetched),
		seconds(fresh, i.fresh_until, i.fresh_until - now),
		seconds(stale, i.stale_until, i.stale_until - now),
		seconds(next, i.due, i.due - now),
		i.last == BA_OK ? "ok" : ba_err_name(i.last), source(&i) };
	return ba_lines_put(l, fields, sizeof(fields) / sizeof(fields[0]));
}

int
ba_control_keys(
    struct ba_broker *b, const struct ba_order *o, struct ba_lines *l)
{
	const struct ba_config *c = b->engine->config;
	const struct ba_issuer *issuer;
	size_t i;
	int r = BA_OK;

	if (o->issuer != NULL) {
		r = find_issuer(b, o->issuer, l, &issuer);
		return r == BA_OK ? put_keys(b, issuer, l) : r;
	}
	for (i = 0; r == BA_OK && i < c->n_issuers; i++)
		r = put_keys(b, &c->issuers[i], l);
	return r;
}

static bool
has_file(const struct ba_issuer *issuer)
{
	return issuer->jwks_file != NULL || issuer->symmetric_key_file != NULL;
}

static int
refresh_one(
    struct ba_broker *b, const struct ba_issuer *issuer, struct ba_lines *l)
{
	int r, said;

	r = ba_refresh_wanted(b->refresh, issuer);
	if (r == BA_OK)
		return ba_lines_say(l, "asking %s has begun", issuer->url);
	if (r == BA_ERR_BUSY)
		return ba_lines_say(
		    l, "%s is asked as soon as it can be", issuer->url);
	said = ba_lines_say(
	    l, "%s cannot be asked: %s", issuer->url, ba_err_text(r));
	return said == BA_OK ? r : said;
}

int
ba_control_refresh(
    struct ba_broker *b, const struct ba_order *o, struct ba_lines *l)
{
	const struct ba_config *c = b->engine->config;
	const struct ba_issuer *issuer;
	size_t i, n = 0, waiting = 0, failed = 0;
	int r;

	if (o->issuer != NULL) {
		r = find_issuer(b, o->issuer, l, &issuer);
		if (r != BA_OK)
			return r;
		if (has_file(issuer))
			return ba_lines_say(l,
			    "the keys of %s are a file, which is read again "
			    "by itself when it changes",
			    issuer->url);
		return refresh_one(b, issuer, l);
	}
	for (i = 0; i < c->n_issuers; i++) {
		if (has_file(&c->issuers[i]))
			continue;
		r = ba_refresh_wanted(b->refresh, &c->issuers[i]);
		n += r == BA_OK;
		waiting += r == BA_ERR_BUSY;
		failed += r != BA_OK && r != BA_ERR_BUSY;
	}
	r = ba_lines_say(l, "asking %zu issuers has begun", n);
	if (r == BA_OK && waiting > 0)
		r = ba_lines_say(l, "%zu follow as soon as they can", waiting);
	if (r == BA_OK && failed > 0)
		r = ba_lines_say(l, "%zu cannot be asked", failed);
	return r;
}

/* --- the block list -------------------------------------------------------- */

static const char *
show_time(char dst[TIME_SIZE], int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	if (t == 0)
		return "-";
	if (gmtime_r(&when, &tm) == NULL ||
	    strftime(dst, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "?";
	return dst;
}

static bool
in_force(const struct ba_block *e, int64_t now)
{
	return e->until == 0 || e->until > now;
}

static int
put_block(const struct ba_block *e, struct ba_lines *l)
{
	char since[TIME_SIZE], until[TIME_SIZE];
	/* The name last: where a line is too long it is what is cut. */
	const char *const fields[] = { e->issuer, ba_block_kind_name(e->kind),
		show_time(since, e->since), show_time(until, e->until),
		e->name != NULL ? e->name : "-" };

	return ba_lines_put(l, fields, sizeof(fields) / sizeof(fields[0]));
}

/* The list, or a line that nobody can tell. */
static int
get_blocks(
    struct ba_broker *b, struct ba_lines *l, const struct ba_blocks **blocksp)
{
	int r;

	*blocksp = NULL;
	if (b->blocks == NULL)
		return BA_OK;
	r = ba_block_file_get(b->blocks, blocksp);
	if (r != BA_OK && ba_lines_say(l, "%s", ba_err_text(r)) != BA_OK)
		return BA_ERR_NOMEM;
	return r;
}

int
ba_control_blocks(struct ba_broker *b, struct ba_lines *l)
{
	int64_t now = ba_clock_wall(b->o.clock);
	const struct ba_blocks *list;
	const struct ba_block *e;
	size_t i;
	int r;

	r = get_blocks(b, l, &list);
	for (i = 0; r == BA_OK && list != NULL; i++) {
		e = ba_blocks_at(list, i);
		if (e == NULL)
			break;
		if (in_force(e, now) && !ba_lines_skip(l))
			r = put_block(e, l);
	}
	return r;
}

int
ba_control_count_blocks(struct ba_broker *b, size_t *np)
{
	int64_t now = ba_clock_wall(b->o.clock);
	const struct ba_blocks *list = NULL;
	const struct ba_block *e;
	size_t i;
	int r = BA_OK;

	*np = 0;
	if (b->blocks != NULL)
		r = ba_block_file_get(b->blocks, &list);
	for (i = 0; r == BA_OK && list != NULL; i++) {
		e = ba_blocks_at(list, i);
		if (e == NULL)
			break;
		if (in_force(e, now))
			(*np)++;
	}
	return r;
}

static const char *
why_not(int err)
{
	switch (err) {
	case BA_ERR_NOT_FOUND:
		return "nothing of this is blocked";
	case BA_ERR_BUSY:
		return "somebody else is changing the block list; try again";
	case BA_ERR_LIMIT:
		return "the block list is full";
	}
	return ba_err_text(err);
}

/* A block that would hold nobody is a mistake; to take one back is not. */
static int
judge_block(struct ba_broker *b, const struct ba_block *e, struct ba_lines *l)
{
	const struct ba_issuer *issuer;
	int r;

	r = find_issuer(b, e->issuer, l, &issuer);
	if (r != BA_OK || in_force(e, e->since))
		return r;
	r = ba_lines_say(l, "that time is over");
	return r == BA_OK ? BA_ERR_CONFIG : r;
}

int
ba_control_block(
    struct ba_broker *b, const struct ba_order *o, struct ba_lines *l)
{
	int64_t now = ba_clock_wall(b->o.clock);
	bool block = o->what == BA_ORDER_BLOCK;
	struct ba_block e = o->block;
	char until[TIME_SIZE];
	int r = BA_OK;

	if (b->blocks == NULL)
		return BA_ERR_BLOCKS;
	e.since = now;
	if (block)
		r = judge_block(b, &e, l);
	if (r != BA_OK)
		return r;
	r = block ? ba_block_file_add(b->blocks, &e, now)
		  : ba_block_file_remove(b->blocks, &e, now);
	if (r != BA_OK) {
		if (ba_lines_say(l, "%s", why_not(r)) != BA_OK)
			return BA_ERR_NOMEM;
		/* BA_ERR_LIMIT would say that the text is full. */
		return r == BA_ERR_LIMIT ? BA_ERR_CONFIG : r;
	}
	ba_log(b->o.log, BA_LOG_NOTICE, "%s: issuer %s, %s%s%s, until %s",
	    block ? "blocked" : "no longer blocked", e.issuer,
	    ba_block_kind_name(e.kind), e.name != NULL ? " " : "",
	    e.name != NULL ? e.name : "", show_time(until, e.until));
	return ba_lines_say(l, block ? "blocked" : "no longer blocked");
}
