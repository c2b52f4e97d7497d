/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/system/privilege.h"

#include "broker/accept.h"
#include "broker/broker.h"
#include "broker/conn.h"

/* How often a spawned broker looks whether its last asking has ended. */
#define LOOK_AGAIN_MS 20

/* Descriptors for what is no connection: doors, store, helper, log. */
#define SPARE_FILES 64

/*
 * Answers that a service remembers.  They have a memory of their own: however
 * many tokens somebody makes up, each of which is "not active", no record of a
 * login is pushed out by them (V49).
 */
#define ANSWERS_MAX 16384

#define CANNOT_TELL "the service manager cannot be told how we are"

/* Where problems of the configuration go: each to the log, one to a text. */
struct report {
	const struct ba_log *log;
	unsigned n;
	char *first;
	size_t size;
};

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct report *r = arg;

	ba_log(r->log, BA_LOG_ERR, "%s:%u: %s", file, line, text);
	if (r->n++ == 0 && r->first != NULL)
		snprintf(r->first, r->size, "%s:%u: %s", file, line, text);
}

static int
load(struct ba_broker *b, char *first, size_t size, struct ba_engine **enginep)
{
	struct report rep = { b->o.log, 0, first, size };
	const struct ba_config_report report = { problem, &rep };
	const struct ba_engine_options eo = {
		.config = b->o.config,
		.trusted_uid = b->o.trusted_uid,
		.store = b->store,
		.answers = b->o.spawned ? b->store : b->answers,
		.reach = ba_broker_reach(b),
		.credentials = b->o.credentials,
		.log = b->o.log,
		.report = &report,
	};
	int r;

	r = ba_engine_load(&eo, enginep);
	if (r == BA_OK || rep.n > 0)
		return r;
	problem(&rep, b->o.config, 0, ba_err_text(r));
	return r;
}

struct ba_store *
ba_broker_logins(const struct ba_broker *b, const struct ba_peer *peer)
{
	return peer->uid == 0 ? b->store : b->guests;
}

bool
ba_broker_may_audit(const struct ba_broker *b, const struct ba_peer *peer,
    int err, unsigned *missedp)
{
	if (peer->uid == 0 || (err != BA_ERR_PEER && err != BA_ERR_NO_SERVICE))
		return true;
	return ba_peers_may_log(
	    b->peers, peer->account, ba_loop_now(b->loop), missedp);
}

enum ba_reach
ba_broker_reach(const struct ba_broker *b)
{
	return b->o.spawned ? BA_REACH_SHARED : BA_REACH_PROCESS;
}

/* More connections than descriptors would be a promise that fails late. */
static void
set_limits(struct ba_broker *b)
{
	const struct ba_config *c = b->engine->config;
	unsigned files;

	b->max_connections = c->max_connections;
	if (ba_privilege_files(c->max_connections + SPARE_FILES, &files) !=
		BA_OK ||
	    files < SPARE_FILES + 1)
		files = SPARE_FILES + 1;
	if (b->max_connections > files - SPARE_FILES) {
		b->max_connections = files - SPARE_FILES;
		ba_log(b->o.log, BA_LOG_WARNING,
		    "max_connections is %u and not %u: raise the limit of "
		    "open files (LimitNOFILE=)",
		    b->max_connections, c->max_connections);
	}
	ba_peers_limit(b->peers, b->max_connections, c->max_per_uid);
}

static void
stop_due(void *arg)
{
	struct ba_broker *b = arg;

	if (b->last_question && ba_fetcher_count(b->fetcher) > 0)
		ba_timer_set(b->loop, &b->stop_timer, LOOK_AGAIN_MS);
	else
		ba_loop_stop(b->loop);
}

/* Written by brokers alone, so whoever we are may own it. */
static int
open_blocks(struct ba_broker *b)
{
	const char *slash = strrchr(b->o.store, '/');
	struct ba_buf path;
	int r = BA_OK;

	ba_buf_init(&path, PATH_MAX);
	if (slash != NULL)
		r = ba_buf_append(
		    &path, b->o.store, (size_t)(slash + 1 - b->o.store));
	if (r == BA_OK)
		r = ba_buf_append_str(&path, BA_BLOCK_NAME);
	if (r == BA_OK)
		r = ba_block_file_new(
		    ba_buf_str(&path), geteuid(), b->o.log, &b->blocks);
	ba_buf_wipe(&path);
	return r;
}

static int
open_stores(struct ba_broker *b)
{
	const struct ba_store_options so = {
		.path = b->o.store,
		.busy_ms = b->o.store_busy_ms,
		.log = b->o.log,
	};
	const struct ba_store_options guests = { .log = b->o.log };
	const struct ba_store_options answers = {
		.max_entries = ANSWERS_MAX,
		.log = b->o.log,
	};
	int r;

	r = ba_store_open(&so, &b->store);
	if (r == BA_OK)
		r = ba_store_open(&guests, &b->guests);
	if (r == BA_OK && !b->o.spawned)
		r = ba_store_open(&answers, &b->answers);
	return r == BA_OK && b->o.store != NULL ? open_blocks(b) : r;
}

/* What brings answers from outside. */
static int
make_askers(struct ba_broker *b)
{
	const struct ba_broker_options *o = &b->o;
	int r;

	r = ba_errands_new(b->loop, o->fetch_helper, o->log, &b->errands);
	if (r == BA_OK)
		r = ba_fetcher_new(
		    b->loop, o->clock, b->errands, o->log, &b->fetcher);
	if (r == BA_OK)
		r = ba_inquiries_new(b->errands, o->clock, &b->inquiries);
	if (r == BA_OK && !o->spawned)
		r = ba_refresh_new(b->loop, o->clock, b->fetcher, &b->refresh);
	return r;
}

int
ba_broker_new(const struct ba_broker_options *o, struct ba_broker **brokerp)
{
	struct ba_broker *b;
	int r;

	*brokerp = NULL;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return BA_ERR_NOMEM;
	b->o = *o;
	LIST_INIT(&b->conns);
	b->stop_timer.due = stop_due;
	b->stop_timer.arg = b;
	b->loaded = ba_clock_wall(o->clock);
	r = ba_loop_new(o->clock, &b->loop);
	if (r == BA_OK)
		r = open_stores(b);
	if (r == BA_OK)
		r = load(b, NULL, 0, &b->engine);
	if (r == BA_OK)
		r = make_askers(b);
	if (r == BA_OK)
		r = ba_peers_new(0, 0, &b->peers);
	if (r != BA_OK) {
		ba_broker_free(b);
		return r;
	}
	if (b->refresh != NULL)
		ba_refresh_engine(b->refresh, b->engine);
	set_limits(b);
	b->started = ba_loop_now(b->loop);
	*brokerp = b;
	return BA_OK;
}

void
ba_broker_free(struct ba_broker *b)
{
	struct ba_conn *c;

	if (b == NULL)
		return;
	if (b->loop != NULL) {
		ba_doors_close(b);
		while ((c = LIST_FIRST(&b->conns)) != NULL)
			ba_conn_end(c);
		ba_timer_clear(b->loop, &b->stop_timer);
	}
	ba_refresh_free(b->refresh);
	ba_errands_free(b->errands); /* before who has some */
	ba_fetcher_free(b->fetcher);
	ba_inquiries_free(b->inquiries);
	ba_engine_unref(b->engine);
	ba_block_file_free(b->blocks);
	ba_store_close(b->store);
	ba_store_close(b->guests);
	ba_store_close(b->answers);
	ba_peers_free(b->peers);
	ba_loop_free(b->loop);
	free(b);
}

/* Listeners are made before we stop being root, and stay as they are. */
static void
compare_listens(struct ba_broker *b, const struct ba_config *old,
    const struct ba_config *new)
{
	const struct ba_listen *o, *n;
	bool same;
	size_t i;

	same = old->n_listens == new->n_listens;
	for (i = 0; same && i < new->n_listens; i++) {
		o = &old->listens[i];
		n = &new->listens[i];
		same = strcmp(o->path, n->path) == 0 && o->mode == n->mode &&
		       o->group == n->group;
	}
	if (!same)
		ba_log(b->o.log, BA_LOG_WARNING,
		    "[listen] sections have changed: restart for that");
}

void
ba_broker_tell(const struct ba_broker *b, const char *state)
{
	if (ba_notify(&b->o.notify, state) != BA_OK)
		ba_log(b->o.log, BA_LOG_WARNING, "%s", CANNOT_TELL);
}

int
ba_broker_reload(struct ba_broker *b, char *first, size_t size)
{
	struct ba_engine *e;
	int r;

	if (ba_notify_reloading(&b->o.notify) != BA_OK)
		ba_log(b->o.log, BA_LOG_WARNING, "%s", CANNOT_TELL);
	r = load(b, first, size, &e);
	if (r == BA_OK) {
		compare_listens(b, b->engine->config, e->config);
		ba_engine_unref(b->engine);
		b->engine = e;
		if (b->refresh != NULL)
			ba_refresh_engine(b->refresh, e);
		b->loaded = ba_clock_wall(b->o.clock);
		set_limits(b);
		ba_log(b->o.log, BA_LOG_NOTICE, "%s read again", b->o.config);
	} else {
		ba_log(b->o.log, BA_LOG_ERR,
		    "%s is not used: the configuration of before stays in "
		    "force",
		    b->o.config);
	}
	ba_broker_tell(b, "READY=1");
	return r;
}

void
ba_broker_stop(struct ba_broker *b)
{
	if (b->stopping || LIST_EMPTY(&b->conns)) {
		ba_loop_stop(b->loop);
		return;
	}
	b->stopping = true;
	ba_doors_close(b);
	ba_timer_set(b->loop, &b->stop_timer, BA_BROKER_DRAIN_MS);
}

void
ba_broker_conn_ended(struct ba_broker *b)
{
	if (!LIST_EMPTY(&b->conns))
		return;
	/*
	 * Spawned, its one client gone: an asking under way is still
	 * finished.  Others of the machine wait for its end, and the next
	 * login is to find the keys, however impatient this caller was.
	 */
	if (b->last_question)
		stop_due(b);
	else if (b->stopping)
		ba_loop_stop(b->loop);
}
