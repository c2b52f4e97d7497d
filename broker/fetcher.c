/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include "broker/fetcher.h"

/* So that the last request of an asking ends, grace included, in time for
   oauth/keys.h, where another broker may begin after BA_KEYS_ASKING. */
#define ASKING_MS (BA_KEYS_ASKING * 1000 - BA_ERRAND_GRACE_MS)

struct ba_fetcher {
	struct ba_loop *loop;
	const struct ba_clock *clock;
	const struct ba_log *log;
	struct ba_errands *errands;
	unsigned count;
	LIST_HEAD(, ba_asking) active;
	void (*ended)(void *arg);
	void *arg;
};

static void answered(void *, int, const struct ba_http_response *);

int
ba_askings_new(struct ba_engine *e)
{
	size_t i, n = e->config->n_issuers;

	e->askings = calloc(n > 0 ? n : 1, sizeof(*e->askings));
	if (e->askings == NULL)
		return BA_ERR_NOMEM;
	for (i = 0; i < n; i++) {
		e->askings[i].issuer = &e->config->issuers[i];
		e->askings[i].errand.ended = answered;
		e->askings[i].errand.arg = &e->askings[i];
		LIST_INIT(&e->askings[i].waiters);
	}
	return BA_OK;
}

int
ba_fetcher_new(struct ba_loop *loop, const struct ba_clock *clock,
    struct ba_errands *errands, const struct ba_log *log,
    struct ba_fetcher **fetcherp)
{
	struct ba_fetcher *f;

	*fetcherp = NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return BA_ERR_NOMEM;
	f->loop = loop;
	f->clock = clock;
	f->log = log;
	f->errands = errands;
	LIST_INIT(&f->active);
	*fetcherp = f;
	return BA_OK;
}

void
ba_fetcher_tell(struct ba_fetcher *f, void (*ended)(void *arg), void *arg)
{
	f->ended = ended;
	f->arg = arg;
}

/* Not under way any more; who waited has been taken care of. */
static void
retire(struct ba_asking *a)
{
	struct ba_engine *e = a->engine;

	LIST_REMOVE(a, link);
	a->fetcher->count--;
	a->active = false;
	a->engine = NULL;
	ba_engine_unref(e); /* may free a */
}

/* After ba_errands_free(): no errand is active any more. */
void
ba_fetcher_free(struct ba_fetcher *f)
{
	struct ba_asking *a;
	struct ba_waiter *w;

	if (f == NULL)
		return;
	while ((a = LIST_FIRST(&f->active)) != NULL) {
		while ((w = LIST_FIRST(&a->waiters)) != NULL)
			ba_waiter_cancel(w);
		retire(a);
	}
	free(f);
}

void
ba_waiter_cancel(struct ba_waiter *w)
{
	if (!w->waiting)
		return;
	LIST_REMOVE(w, link);
	w->waiting = false;
}

/*
 * The asking is over.  Whoever is woken may ask for this issuer again, or
 * free others that wait: so one at a time off a list of its own, with the
 * asking closed before.
 */
static void
finish(struct ba_asking *a, int err)
{
	struct ba_fetcher *f = a->fetcher;
	LIST_HEAD(, ba_waiter) all;
	struct ba_waiter *w;

	/* Nothing that an issuer says makes a token a refused one. */
	if (err != BA_OK && ba_err_family(err) != BA_FAMILY_UNAVAILABLE &&
	    ba_err_family(err) != BA_FAMILY_FAULT)
		err = BA_ERR_UNAVAIL;
	LIST_INIT(&all);
	while ((w = LIST_FIRST(&a->waiters)) != NULL) {
		LIST_REMOVE(w, link);
		LIST_INSERT_HEAD(&all, w, link);
	}
	retire(a);
	while ((w = LIST_FIRST(&all)) != NULL) {
		ba_waiter_cancel(w);
		w->woken(w->arg, err);
	}
	if (f->ended != NULL)
		f->ended(f->arg);
}

static void
abandon(struct ba_asking *a, int err)
{
	ba_keys_abandon(
	    a->engine->keys, a->issuer, ba_clock_wall(a->fetcher->clock));
	finish(a, err);
}

/* One request of an asking. */
static int
send_request(struct ba_asking *a, struct ba_http_request *request)
{
	struct ba_fetcher *f = a->fetcher;
	int64_t left = a->ends - ba_loop_now(f->loop);

	if (left <= 0)
		return BA_ERR_TIMEOUT;
	if (request->timeout_ms > left)
		request->timeout_ms = (unsigned)left;
	return ba_errand_send(f->errands, &a->errand, request);
}

static void
answered(void *arg, int err, const struct ba_http_response *response)
{
	struct ba_http_request request;
	struct ba_asking *a = arg;
	int r;

	if (err != BA_OK) {
		abandon(a, err);
		return;
	}
	r = ba_keys_feed(a->engine->keys, a->issuer,
	    ba_clock_wall(a->fetcher->clock), response, &request);
	if (r != BA_ERR_NEED_KEYS) {
		finish(a, r);
		return;
	}
	r = send_request(a, &request);
	if (r != BA_OK)
		abandon(a, r);
}

/* Have a new asking under way, or say why not. */
static int
begin(
    struct ba_fetcher *f, struct ba_engine *e, struct ba_asking *a, bool forced)
{
	struct ba_http_request request;
	int64_t now = ba_clock_wall(f->clock);
	int r;

	/* Looked at before all brokers are told that the issuer is asked, and
	   how that ends.  Nor is it BUSY, by which nobody would ask. */
	if (!ba_errands_room(f->errands, false))
		return BA_ERR_UNAVAIL;
	r = ba_keys_begin(e->keys, a->issuer, now, forced, &request);
	if (r != BA_OK)
		return r;
	a->fetcher = f;
	a->ends = ba_loop_now(f->loop) + ASKING_MS;
	r = send_request(a, &request);
	if (r != BA_OK) {
		ba_keys_abandon(e->keys, a->issuer, now);
		ba_log(f->log, BA_LOG_ERR, "%s cannot be asked: %s",
		    a->issuer->url, ba_err_text(r));
		return r == BA_ERR_BUSY ? BA_ERR_UNAVAIL : r;
	}
	a->engine = ba_engine_ref(e);
	a->active = true;
	f->count++;
	LIST_INSERT_HEAD(&f->active, a, link);
	return BA_OK;
}

int
ba_fetcher_refresh(struct ba_fetcher *f, struct ba_engine *e,
    const struct ba_issuer *issuer, bool forced)
{
	struct ba_asking *a = &e->askings[issuer->index];

	return a->active ? BA_OK : begin(f, e, a, forced);
}

int
ba_fetcher_need(struct ba_fetcher *f, struct ba_engine *e,
    const struct ba_issuer *issuer, struct ba_waiter *w)
{
	struct ba_asking *a = &e->askings[issuer->index];
	int r;

	r = ba_fetcher_refresh(f, e, issuer, false);
	if (r != BA_OK)
		return r;
	LIST_INSERT_HEAD(&a->waiters, w, link);
	w->waiting = true;
	return BA_OK;
}

bool
ba_fetcher_asking(const struct ba_engine *e, const struct ba_issuer *issuer)
{
	return e->askings[issuer->index].active;
}

unsigned
ba_fetcher_count(const struct ba_fetcher *f)
{
	return f->count;
}
