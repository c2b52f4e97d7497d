/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "broker/fetcher.h"

/*
 * The helper ends each request itself when its time is up; one that has said
 * nothing for so much longer does not run any more, and is ended.
 */
#define GRACE_MS 500

/* So that the last request of an asking ends, grace included, in time for
   oauth/keys.h, where another broker may begin after BA_KEYS_ASKING. */
#define ASKING_MS (BA_KEYS_ASKING * 1000 - GRACE_MS)

struct ba_fetcher {
	struct ba_loop *loop;
	const struct ba_clock *clock;
	const struct ba_log *log;
	struct ba_fetch *fetch;
	struct ba_watch watch;
	LIST_HEAD(, ba_asking) active;
};

static void helper_ready(void *, uint32_t);
static void asking_late(void *);

int
ba_askings_new(struct ba_engine *e)
{
	size_t i, n = e->config->n_issuers;

	e->askings = calloc(n > 0 ? n : 1, sizeof(*e->askings));
	if (e->askings == NULL)
		return BA_ERR_NOMEM;
	for (i = 0; i < n; i++) {
		e->askings[i].issuer = &e->config->issuers[i];
		e->askings[i].timer.due = asking_late;
		e->askings[i].timer.arg = &e->askings[i];
		LIST_INIT(&e->askings[i].waiters);
	}
	return BA_OK;
}

int
ba_fetcher_new(struct ba_loop *loop, const struct ba_clock *clock,
    const char *helper, const struct ba_log *log, struct ba_fetcher **fetcherp)
{
	struct ba_fetcher *f;
	int r;

	*fetcherp = NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return BA_ERR_NOMEM;
	f->loop = loop;
	f->clock = clock;
	f->log = log;
	f->watch.ready = helper_ready;
	f->watch.arg = f;
	LIST_INIT(&f->active);
	r = ba_fetch_new(helper, &f->fetch);
	if (r != BA_OK) {
		free(f);
		return r;
	}
	*fetcherp = f;
	return BA_OK;
}

/* Not under way any more; who waited has been taken care of. */
static void
retire(struct ba_asking *a)
{
	struct ba_engine *e = a->engine;

	ba_timer_clear(a->fetcher->loop, &a->timer);
	LIST_REMOVE(a, link);
	a->active = false;
	a->engine = NULL;
	ba_engine_unref(e); /* may free a */
}

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
	ba_watch_clear(f->loop, &f->watch);
	ba_fetch_free(f->fetch);
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
}

static void
abandon(struct ba_asking *a, int err)
{
	struct ba_fetcher *f = a->fetcher;

	ba_keys_abandon(a->engine->keys, a->issuer, ba_clock_wall(f->clock));
	finish(a, err);
}

/*
 * The helper is gone or goes now, and with it all that was under way.  What
 * those who are woken begin anew is no part of that: a list of its own.
 */
static void
lose_helper(struct ba_fetcher *f, int err)
{
	LIST_HEAD(, ba_asking) lost;
	struct ba_asking *a;

	ba_watch_clear(f->loop, &f->watch);
	ba_fetch_kill(f->fetch);
	LIST_INIT(&lost);
	while ((a = LIST_FIRST(&f->active)) != NULL) {
		LIST_REMOVE(a, link);
		LIST_INSERT_HEAD(&lost, a, link);
	}
	while ((a = LIST_FIRST(&lost)) != NULL)
		abandon(a, err);
}

static int
watch_helper(struct ba_fetcher *f)
{
	int fd = ba_fetch_fd(f->fetch);

	if (fd < 0) {
		ba_watch_clear(f->loop, &f->watch);
		return BA_OK;
	}
	return ba_watch_set(f->loop, &f->watch, fd,
	    EPOLLIN | (ba_fetch_want_write(f->fetch) ? EPOLLOUT : 0));
}

/* One request of an asking; what is written is written by the loop. */
static int
send_request(struct ba_asking *a, struct ba_http_request *request)
{
	struct ba_fetcher *f = a->fetcher;
	int64_t left = a->ends - ba_loop_now(f->loop);
	int r;

	if (left <= 0)
		return BA_ERR_TIMEOUT;
	if (request->timeout_ms > left)
		request->timeout_ms = (unsigned)left;
	r = ba_fetch_send(f->fetch, request, &a->serial);
	if (r != BA_OK)
		return r;
	ba_timer_set(
	    f->loop, &a->timer, (int64_t)request->timeout_ms + GRACE_MS);
	return watch_helper(f);
}

static void
asking_late(void *arg)
{
	struct ba_asking *a = arg;
	struct ba_fetcher *f = a->fetcher;

	ba_log(f->log, BA_LOG_ERR,
	    "bearerauth-fetch did not answer in time for %s and is ended",
	    a->issuer->url);
	lose_helper(f, BA_ERR_TIMEOUT);
}

static void
take_answer(struct ba_fetcher *f, uint32_t serial,
    const struct ba_http_response *response)
{
	struct ba_http_request request;
	struct ba_asking *a;
	int r;

	LIST_FOREACH(a, &f->active, link)
	{
		if (a->serial == serial)
			break;
	}
	/* None: it came after its time, and was given up. */
	if (a == NULL)
		return;
	ba_timer_clear(f->loop, &a->timer);
	r = ba_keys_feed(a->engine->keys, a->issuer, ba_clock_wall(f->clock),
	    response, &request);
	if (r != BA_ERR_NEED_KEYS) {
		finish(a, r);
		return;
	}
	r = send_request(a, &request);
	if (r != BA_OK)
		abandon(a, r);
}

static void
helper_ready(void *arg, uint32_t events)
{
	struct ba_fetcher *f = arg;
	struct ba_http_response response;
	uint32_t serial;
	int r;

	(void)events;
	r = ba_fetch_run(f->fetch);
	if (r != BA_OK) {
		ba_log(f->log, BA_LOG_ERR,
		    "bearerauth-fetch ended, or spoke nonsense");
		lose_helper(f, r);
		return;
	}
	ba_http_response_init(&response);
	while (ba_fetch_take(f->fetch, &serial, &response) == BA_OK)
		take_answer(f, serial, &response);
	ba_http_response_clear(&response);
	r = watch_helper(f);
	if (r != BA_OK)
		lose_helper(f, r);
}

/* Have a new asking under way, or say why not. */
static int
begin(struct ba_fetcher *f, struct ba_engine *e, struct ba_asking *a)
{
	struct ba_http_request request;
	int64_t now = ba_clock_wall(f->clock);
	int r;

	r = ba_keys_begin(e->keys, a->issuer, now, &request);
	if (r != BA_OK)
		return r;
	a->fetcher = f;
	a->ends = ba_loop_now(f->loop) + ASKING_MS;
	r = send_request(a, &request);
	if (r != BA_OK) {
		ba_timer_clear(f->loop, &a->timer);
		ba_keys_abandon(e->keys, a->issuer, now);
		ba_log(f->log, BA_LOG_ERR, "%s cannot be asked: %s",
		    a->issuer->url, ba_err_text(r));
		return r;
	}
	a->engine = ba_engine_ref(e);
	a->active = true;
	LIST_INSERT_HEAD(&f->active, a, link);
	return BA_OK;
}

int
ba_fetcher_need(struct ba_fetcher *f, struct ba_engine *e,
    const struct ba_issuer *issuer, struct ba_waiter *w)
{
	struct ba_asking *a = &e->askings[issuer->index];
	int r;

	if (!a->active) {
		r = begin(f, e, a);
		if (r != BA_OK)
			return r;
	}
	LIST_INSERT_HEAD(&a->waiters, w, link);
	w->waiting = true;
	return BA_OK;
}

bool
ba_fetcher_asking(const struct ba_engine *e, const struct ba_issuer *issuer)
{
	return e->askings[issuer->index].active;
}

bool
ba_fetcher_helper_runs(const struct ba_fetcher *f)
{
	return ba_fetch_fd(f->fetch) >= 0;
}

bool
ba_fetcher_busy(const struct ba_fetcher *f)
{
	return !LIST_EMPTY(&f->active);
}
