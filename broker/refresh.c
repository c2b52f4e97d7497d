/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include "broker/refresh.h"

struct ba_refresh {
	struct ba_loop *loop;
	const struct ba_clock *clock;
	struct ba_fetcher *fetcher;
	struct ba_engine *engine; /* borrowed; NULL before the first */
	struct ba_timer timer;
	int64_t at; /* when it goes off, of ba_loop_now() */
};

/* The earlier time counts; INT64_MAX: never. */
static void
look_at(struct ba_refresh *r, int64_t due)
{
	int64_t now, ms = BA_REFRESH_MS;

	if (due == INT64_MAX)
		return;
	now = ba_clock_wall(r->clock);
	if (due > now && (due - now) * 1000 > ms)
		ms = (due - now) * 1000;
	if (r->timer.on && r->at <= ba_loop_now(r->loop) + ms)
		return;
	r->at = ba_loop_now(r->loop) + ms;
	ba_timer_set(r->loop, &r->timer, ms);
}

/*
 * Have it asked where its time has come.  One that cannot be is left until the
 * next look: ba_keys_due() says when, and knows of cooldowns; an administrator's
 * wish is kept while others are in its way.
 */
static int
look_after(struct ba_refresh *r, struct ba_asking *a)
{
	struct ba_engine *e = r->engine;
	int64_t now = ba_clock_wall(r->clock), due;
	bool wanted = a->wanted;
	int err = BA_ERR_BUSY;

	due = wanted ? now : ba_keys_due(e->keys, a->issuer, now);
	if (due <= now && !a->active &&
	    ba_fetcher_count(r->fetcher) < BA_REFRESH_MAX) {
		/* It is logged; and of another broker's asking we hear. */
		err = ba_fetcher_refresh(r->fetcher, e, a->issuer, wanted);
		a->wanted = wanted && err == BA_ERR_BUSY;
		due = a->wanted ? now : ba_keys_due(e->keys, a->issuer, now);
	}
	/* The end of what is under way comes by itself. */
	if (!a->active)
		look_at(r, due);
	return a->active ? BA_OK : err;
}

static void
look(void *arg)
{
	struct ba_refresh *r = arg;
	size_t i;

	for (i = 0; i < r->engine->config->n_issuers; i++)
		(void)!look_after(r, &r->engine->askings[i]);
}

/* A place is free, and what is known of one issuer is another. */
static void
asking_ended(void *arg)
{
	struct ba_refresh *r = arg;

	if (r->engine != NULL)
		look_at(r, ba_clock_wall(r->clock));
}

int
ba_refresh_new(struct ba_loop *loop, const struct ba_clock *clock,
    struct ba_fetcher *fetcher, struct ba_refresh **refreshp)
{
	struct ba_refresh *r;

	*refreshp = NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return BA_ERR_NOMEM;
	r->loop = loop;
	r->clock = clock;
	r->fetcher = fetcher;
	r->timer.due = look;
	r->timer.arg = r;
	ba_fetcher_tell(fetcher, asking_ended, r);
	*refreshp = r;
	return BA_OK;
}

void
ba_refresh_free(struct ba_refresh *r)
{
	if (r == NULL)
		return;
	ba_fetcher_tell(r->fetcher, NULL, NULL);
	ba_timer_clear(r->loop, &r->timer);
	free(r);
}

void
ba_refresh_engine(struct ba_refresh *r, struct ba_engine *e)
{
	r->engine = e;
	look_at(r, ba_clock_wall(r->clock));
}

void
ba_refresh_used(struct ba_refresh *r, const struct ba_engine *e,
    const struct ba_issuer *issuer)
{
	if (r == NULL || e != r->engine)
		return;
	look_at(r, ba_keys_due(e->keys, issuer, ba_clock_wall(r->clock)));
}

int
ba_refresh_wanted(struct ba_refresh *r, const struct ba_issuer *issuer)
{
	struct ba_asking *a = &r->engine->askings[issuer->index];

	a->wanted = true;
	return look_after(r, a);
}
