/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_LOOP_H
#define BA_BROKER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/clock.h"
#include "common/base/err.h"

/*
 * An event loop over epoll(7): descriptors and timers, each part of the
 * struct that owns it, so that nothing here is looked up and a timer can
 * always be set, also without memory.  One thread to a loop; several loops
 * may run side by side.
 *
 * A callback may clear, set and free whatever it likes, its own watch or
 * timer and the loop's others included.
 */
struct ba_loop;

/* A descriptor to be watched.  Zeroed but for ready and arg, it is idle. */
struct ba_watch {
	void (*ready)(void *arg, uint32_t events); /* of epoll_ctl(2) */
	void *arg;
	/* the loop's own */
	int fd;
	uint32_t events;
	bool on;
};

/* Something to be done once, later.  Zeroed but for due and arg: idle. */
struct ba_timer {
	void (*due)(void *arg);
	void *arg;
	/* the loop's own: a node of a pairing heap */
	int64_t at;
	bool on;
	struct ba_timer *child; /* leftmost child */
	struct ba_timer *next; /* sibling to the right */
	struct ba_timer *prev; /* sibling to the left, or parent */
};

BA_MUST_CHECK int ba_loop_new(
    const struct ba_clock *clock, struct ba_loop **loopp);

/* Watches and timers that are still set are forgotten, not freed. */
void ba_loop_free(struct ba_loop *loop);

/* Monotonic milliseconds by the loop's clock. */
int64_t ba_loop_now(const struct ba_loop *loop);

/*
 * Watch fd for events (EPOLLIN, EPOLLOUT, EPOLLRDHUP; EPOLLERR and EPOLLHUP
 * are always reported), or change what is watched for.  Level-triggered.  A
 * descriptor must be cleared before it is closed.
 */
BA_MUST_CHECK int ba_watch_set(
    struct ba_loop *loop, struct ba_watch *w, int fd, uint32_t events);
void ba_watch_clear(struct ba_loop *loop, struct ba_watch *w);

/* In so many milliseconds, at least one; replaces an earlier setting. */
void ba_timer_set(struct ba_loop *loop, struct ba_timer *t, int64_t ms);
void ba_timer_clear(struct ba_loop *loop, struct ba_timer *t);

/*
 * Wait for something, at most max_ms (-1: without end), and do all that is
 * ready: descriptors first, so that what came in time is not called late.
 * BA_ERR_SYSTEM.
 */
BA_MUST_CHECK int ba_loop_once(struct ba_loop *loop, int max_ms);

/* Until ba_loop_stop(), which a callback calls. */
BA_MUST_CHECK int ba_loop_run(struct ba_loop *loop);
void ba_loop_stop(struct ba_loop *loop);

#endif
