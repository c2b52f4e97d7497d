/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "broker/errand.h"

LIST_HEAD(errand_list, ba_errand);

struct ba_errands {
	struct ba_loop *loop;
	const struct ba_log *log;
	struct ba_fetch *fetch;
	struct ba_watch watch;
	struct errand_list active;
	unsigned count; /* … of them */
};

static void helper_ready(void *, uint32_t);

int
ba_errands_new(struct ba_loop *loop, const char *helper,
    const struct ba_log *log, struct ba_errands **errandsp)
{
	struct ba_errands *es;
	int r;

	*errandsp = NULL;
	es = calloc(1, sizeof(*es));
	if (es == NULL)
		return BA_ERR_NOMEM;
	es->loop = loop;
	es->log = log;
	es->watch.ready = helper_ready;
	es->watch.arg = es;
	LIST_INIT(&es->active);
	r = ba_fetch_new(helper, &es->fetch);
	if (r != BA_OK) {
		free(es);
		return r;
	}
	*errandsp = es;
	return BA_OK;
}

static void
retire(struct ba_errand *e)
{
	ba_timer_clear(e->errands->loop, &e->timer);
	LIST_REMOVE(e, link);
	e->errands->count--;
	e->active = false;
}

void
ba_errands_free(struct ba_errands *es)
{
	struct ba_errand *e;

	if (es == NULL)
		return;
	while ((e = LIST_FIRST(&es->active)) != NULL) {
		retire(e);
		if (e->forgotten != NULL)
			e->forgotten(e->arg);
	}
	ba_watch_clear(es->loop, &es->watch);
	ba_fetch_free(es->fetch);
	free(es);
}

/*
 * The helper is gone or goes now, and with it all that was under way.  What
 * those who hear of it begin anew is no part of that: a list of its own.  late
 * (may be NULL) is the one that it was too slow for; of the others' issuers its
 * end says nothing.
 */
static void
lose_helper(struct ba_errands *es, const struct ba_errand *late, int err)
{
	struct errand_list lost;
	struct ba_errand *e;

	ba_watch_clear(es->loop, &es->watch);
	ba_fetch_kill(es->fetch);
	LIST_INIT(&lost);
	while ((e = LIST_FIRST(&es->active)) != NULL) {
		LIST_REMOVE(e, link);
		LIST_INSERT_HEAD(&lost, e, link);
	}
	while ((e = LIST_FIRST(&lost)) != NULL) {
		retire(e);
		e->ended(e->arg, e == late ? BA_ERR_TIMEOUT : err, NULL);
	}
}

static int
watch_helper(struct ba_errands *es)
{
	int fd = ba_fetch_fd(es->fetch);

	if (fd < 0) {
		ba_watch_clear(es->loop, &es->watch);
		return BA_OK;
	}
	return ba_watch_set(es->loop, &es->watch, fd,
	    EPOLLIN | (ba_fetch_want_write(es->fetch) ? EPOLLOUT : 0));
}

static void
errand_late(void *arg)
{
	struct ba_errand *e = arg;
	struct ba_errands *es = e->errands;

	ba_log(es->log, BA_LOG_ERR,
	    "bearerauth-fetch did not answer in time and is ended");
	lose_helper(es, e, BA_ERR_UNAVAIL);
}

static void
take_answer(struct ba_errands *es, uint32_t serial,
    const struct ba_http_response *response)
{
	struct ba_errand *e;

	LIST_FOREACH(e, &es->active, link)
	{
		if (e->serial != serial)
			continue;
		retire(e);
		e->ended(e->arg, BA_OK, response);
		return;
	}
}

static void
helper_ready(void *arg, uint32_t events)
{
	struct ba_errands *es = arg;
	struct ba_http_response response;
	uint32_t serial;
	int r;

	(void)events;
	r = ba_fetch_run(es->fetch);
	if (r != BA_OK) {
		ba_log(es->log, BA_LOG_ERR,
		    "bearerauth-fetch ended, or spoke nonsense");
		lose_helper(es, NULL, r);
		return;
	}
	ba_http_response_init(&response);
	while (ba_fetch_take(es->fetch, &serial, &response) == BA_OK)
		take_answer(es, serial, &response);
	ba_http_response_clear(&response);
	r = watch_helper(es);
	if (r != BA_OK)
		lose_helper(es, NULL, r);
}

bool
ba_errands_room(const struct ba_errands *es, bool question)
{
	return es->count < (question ? BA_ERRANDS_QUESTIONS : BA_ERRANDS_MAX);
}

int
ba_errand_send(struct ba_errands *es, struct ba_errand *e,
    const struct ba_http_request *request)
{
	int r;

	if (!ba_errands_room(es, request->form != NULL))
		return BA_ERR_BUSY;
	r = ba_fetch_send(es->fetch, request, &e->serial);
	if (r == BA_OK)
		r = watch_helper(es);
	if (r != BA_OK)
		return r;
	e->errands = es;
	e->timer.due = errand_late;
	e->timer.arg = e;
	e->active = true;
	LIST_INSERT_HEAD(&es->active, e, link);
	es->count++;
	ba_timer_set(es->loop, &e->timer,
	    (int64_t)request->timeout_ms + BA_ERRAND_GRACE_MS);
	return BA_OK;
}

bool
ba_errands_helper_runs(const struct ba_errands *es)
{
	return ba_fetch_fd(es->fetch) >= 0;
}
