/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/control.h"

/* Kept free for the word that says that there was more. */
#define MORE "…\n"

/* One line, sanitised; BA_ERR_LIMIT where it does not fit. */
static int __attribute__((__format__(__printf__, 2, 3)))
put_line(struct ba_buf *b, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ba_sanitise(line, sizeof(line), line, strlen(line));
	if (b->len + strlen(line) + 1 + strlen(MORE) > b->max)
		return BA_ERR_LIMIT;
	if (ba_buf_append_str(b, line) != BA_OK)
		return BA_ERR_NOMEM;
	return ba_buf_append_byte(b, '\n');
}

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
    struct ba_broker *b, const struct ba_issuer *issuer, struct ba_buf *text)
{
	const struct ba_engine *e = b->engine;
	const struct ba_jwks *keys;
	int last;

	keys = ba_keys_get(e->keys, issuer, ba_clock_wall(b->o.clock));
	last = ba_keys_last(e->keys, issuer);
	return put_line(text, "issuer %s: %s%zu keys%s%s%s", issuer->url,
	    where_from(issuer), keys != NULL ? ba_jwks_count(keys) : 0,
	    ba_fetcher_asking(e, issuer) ? ", being asked now" : "",
	    last != BA_OK ? ", last asking failed: " : "",
	    last != BA_OK ? ba_err_text(last) : "");
}

static int
put_verdicts(const struct ba_broker *b, struct ba_buf *text)
{
	const uint64_t *n = b->verdicts;

	return put_line(text,
	    "verdicts: %" PRIu64 " accepted, %" PRIu64 " refused, %" PRIu64
	    " not allowed, %" PRIu64 " unavailable, %" PRIu64 " our fault",
	    n[BA_FAMILY_OK], n[BA_FAMILY_REFUSED], n[BA_FAMILY_NOT_ALLOWED],
	    n[BA_FAMILY_UNAVAILABLE], n[BA_FAMILY_FAULT]);
}

static int
put_head(struct ba_broker *b, struct ba_buf *text)
{
	char when[32] = "?";
	struct tm tm;
	time_t t = (time_t)b->loaded;
	int r;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	r = put_line(text, "bearerauthd %s, up %" PRId64 " s", PACKAGE_VERSION,
	    (ba_loop_now(b->loop) - b->started) / 1000);
	if (r == BA_OK)
		r = put_line(
		    text, "configuration %s, read %s", b->o.config, when);
	if (r == BA_OK)
		r = put_line(text,
		    "connections: %u of %u, %" PRIu64 " turned away, %" PRIu64
		    " broke off",
		    ba_peers_count(b->peers), b->max_connections,
		    b->turned_away, b->noise);
	if (r == BA_OK)
		r = put_verdicts(b, text);
	if (r == BA_OK)
		r = put_line(text, "bearerauth-fetch: %s",
		    ba_fetcher_helper_runs(b->fetcher) ? "runs"
						       : "does not run; is "
							 "started when needed");
	return r;
}

static int
status(struct ba_broker *b, struct ba_buf *text)
{
	const struct ba_config *c = b->engine->config;
	size_t i;
	int r;

	r = put_head(b, text);
	for (i = 0; r == BA_OK && i < c->n_issuers; i++)
		r = put_issuer(b, &c->issuers[i], text);
	/* Too many issuers for one frame: what fits, and a sign of it. */
	return r == BA_ERR_LIMIT ? ba_buf_append_str(text, MORE) : r;
}

static int
reload(struct ba_broker *b, struct ba_buf *text)
{
	char first[512] = "";
	int r;

	r = ba_broker_reload(b, first, sizeof(first));
	if (r != BA_OK) {
		if (put_line(text, "%s", first) != BA_OK)
			return BA_ERR_NOMEM;
		return r;
	}
	return put_line(text, "%s read again", b->o.config);
}

int
ba_control(struct ba_broker *b, const char *command, struct ba_buf *text)
{
	if (strcmp(command, "status") == 0)
		return status(b, text);
	if (strcmp(command, "reload") == 0)
		return reload(b, text);
	if (put_line(text, "unknown command; there are: status, reload") !=
	    BA_OK)
		return BA_ERR_NOMEM;
	return BA_ERR_CONFIG;
}
