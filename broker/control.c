/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <time.h>

#include "broker/control.h"
#include "broker/control_lists.h"
#include "broker/lines.h"
#include "broker/order.h"

/* Where its keys are, unless the issuer is asked. */
static const char *
where_from(const struct ba_issuer *issuer)
{
	if (issuer->symmetric_key_file != NULL)
		return "secret file, ";
	return issuer->jwks_file != NULL ? "file, " : "";
}

/* One of several tenants has a url of its own, and a line of its own. */
static int
put_issuer(
    struct ba_broker *b, const struct ba_issuer *issuer, struct ba_lines *l)
{
	const struct ba_engine *e = b->engine;
	int64_t now = ba_clock_wall(b->o.clock);
	struct ba_keys_info i;

	ba_keys_info(e->keys, issuer, now, &i);
	return ba_lines_say(l, "issuer %s: %s%zu keys%s%s%s%s%s", issuer->url,
	    where_from(issuer), i.n,
	    i.fresh_until != 0 && i.fresh_until <= now ? ", stale" : "",
	    ba_fetcher_asking(e, issuer) ? ", being asked now" : "",
	    i.last != BA_OK ? ", last asking failed: " : "",
	    i.last != BA_OK ? ba_err_text(i.last) : "",
	    ba_introspection_is_open(e->introspection, issuer, now)
		? ", not asked about tokens for a while, since it fails"
		: "");
}

static int
put_verdicts(const struct ba_broker *b, struct ba_lines *l)
{
	const uint64_t *n = b->verdicts;

	return ba_lines_say(l,
	    "verdicts: %" PRIu64 " accepted, %" PRIu64 " refused, %" PRIu64
	    " not allowed, %" PRIu64 " unavailable, %" PRIu64
	    " our fault; %" PRIu64 " sessions opened",
	    n[BA_FAMILY_OK], n[BA_FAMILY_REFUSED], n[BA_FAMILY_NOT_ALLOWED],
	    n[BA_FAMILY_UNAVAILABLE], n[BA_FAMILY_FAULT], b->sessions);
}

static int
put_blocks(struct ba_broker *b, struct ba_lines *l)
{
	size_t n;

	if (ba_control_count_blocks(b, &n) != BA_OK)
		return ba_lines_say(
		    l, "blocked: the list cannot be read, and nobody enters");
	return ba_lines_say(l, "blocked: %zu", n);
}

static int
put_head(struct ba_broker *b, struct ba_lines *l)
{
	char when[32] = "?";
	struct tm tm;
	time_t t = (time_t)b->loaded;
	int r;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	r = ba_lines_say(l, "bearerauthd %s, up %" PRId64 " s", PACKAGE_VERSION,
	    (ba_loop_now(b->loop) - b->started) / 1000);
	if (r == BA_OK)
		r = ba_lines_say(
		    l, "configuration %s, read %s", b->o.config, when);
	if (r == BA_OK)
		r = ba_lines_say(l,
		    "connections: %u of %u, %" PRIu64 " turned away, %" PRIu64
		    " broke off",
		    ba_peers_count(b->peers), b->max_connections,
		    b->turned_away, b->noise);
	if (r == BA_OK)
		r = put_verdicts(b, l);
	if (r == BA_OK)
		r = ba_lines_say(l, "bearerauth-fetch: %s",
		    ba_errands_helper_runs(b->errands)
			? "runs"
			: "does not run; is started when needed");
	return r == BA_OK ? put_blocks(b, l) : r;
}

static int
status(struct ba_broker *b, struct ba_lines *l)
{
	const struct ba_config *c = b->engine->config;
	size_t i;
	int r;

	r = put_head(b, l);
	for (i = 0; r == BA_OK && i < c->n_issuers; i++)
		r = put_issuer(b, &c->issuers[i], l);
	return r;
}

static int
reload(struct ba_broker *b, struct ba_lines *l)
{
	char first[512] = "";
	int r;

	r = ba_broker_reload(b, first, sizeof(first));
	if (r != BA_OK)
		return ba_lines_say(l, "%s", first) == BA_OK ? r : BA_ERR_NOMEM;
	return ba_lines_say(l, "%s read again", b->o.config);
}

static int
carry_out(struct ba_broker *b, const struct ba_order *o, struct ba_lines *l)
{
	switch (o->what) {
	case BA_ORDER_STATUS:
		return status(b, l);
	case BA_ORDER_RELOAD:
		return reload(b, l);
	case BA_ORDER_KEYS:
		return ba_control_keys(b, o, l);
	case BA_ORDER_REFRESH:
		return ba_control_refresh(b, o, l);
	case BA_ORDER_BLOCK:
	case BA_ORDER_UNBLOCK:
		return ba_control_block(b, o, l);
	case BA_ORDER_BLOCKS:
		return ba_control_blocks(b, l);
	}
	return BA_ERR_INTERNAL;
}

int
ba_control(struct ba_broker *b, const char *command, struct ba_buf *text)
{
	struct ba_lines l = { .text = text };
	struct ba_order o;
	const char *why;
	int r;

	r = ba_order_parse(command, &o, &why);
	if (r != BA_OK)
		return ba_lines_say(&l, "%s", why) == BA_OK ? r : BA_ERR_NOMEM;
	l.from = o.from;
	r = ba_lines_end(&l, carry_out(b, &o, &l));
	ba_order_clear(&o);
	return r;
}
