/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_FETCHER_H
#define BA_BROKER_FETCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"

#include "broker/engine.h"
#include "broker/errand.h"
#include "broker/loop.h"

/*
 * Brings what issuers publish, keys and metadata: drives the state machine of
 * oauth/keys.h.  Questions that need the same issuer's wait for one asking; no
 * other question waits.
 */
struct ba_fetcher;

/* Somebody who waits.  Zeroed but for woken and arg: does not. */
struct ba_waiter {
	void (*woken)(void *arg, int err); /* BA_OK: the keys are there */
	void *arg;
	/* the fetcher's own */
	bool waiting;
	LIST_ENTRY(ba_waiter) link;
};

/* An issuer of an engine, and its being asked. */
struct ba_asking {
	const struct ba_issuer *issuer;
	bool wanted; /* refresh.c's: an administrator wants it asked */
	struct ba_errand errand;
	/* while it is under way: */
	bool active;
	struct ba_fetcher *fetcher;
	struct ba_engine *engine; /* a reference */
	int64_t ends; /* when all of it must be over */
	LIST_HEAD(, ba_waiter) waiters;
	LIST_ENTRY(ba_asking) link;
};

/* For engine.c: one for each issuer, idle. */
BA_MUST_CHECK int ba_askings_new(struct ba_engine *e);

BA_MUST_CHECK int ba_fetcher_new(struct ba_loop *loop,
    const struct ba_clock *clock, struct ba_errands *errands,
    const struct ba_log *log, struct ba_fetcher **fetcherp);

/*
 * Wakes nobody.  What was under way is not marked as failed: other brokers of
 * the machine may begin after BA_KEYS_ASKING.
 */
void ba_fetcher_free(struct ba_fetcher *f);

/* For refresh.c: ended is called after each asking; NULL: nobody. */
void ba_fetcher_tell(struct ba_fetcher *f, void (*ended)(void *arg), void *arg);

/*
 * The keys of this issuer of e->config are needed.  BA_OK: w waits, and is
 * woken later, never from within this call.  Otherwise as ba_keys_begin(), or
 * the helper's error, and w does not wait.  BA_ERR_UNAVAIL also where there is
 * no room for one more errand.
 */
BA_MUST_CHECK int ba_fetcher_need(struct ba_fetcher *f, struct ba_engine *e,
    const struct ba_issuer *issuer, struct ba_waiter *w);

/*
 * The same where nobody waits.  BA_OK also where it is being asked already;
 * forced as of ba_keys_begin().
 */
BA_MUST_CHECK int ba_fetcher_refresh(struct ba_fetcher *f, struct ba_engine *e,
    const struct ba_issuer *issuer, bool forced);

/* Wait no longer; the asking goes on, for whoever comes next. */
void ba_waiter_cancel(struct ba_waiter *w);

bool ba_fetcher_asking(
    const struct ba_engine *e, const struct ba_issuer *issuer);

/* How many issuers are being asked? */
unsigned ba_fetcher_count(const struct ba_fetcher *f);

#endif
