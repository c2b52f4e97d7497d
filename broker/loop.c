/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "broker/loop.h"

#define BATCH 64

struct ba_loop {
	const struct ba_clock *clock;
	int epfd;
	bool stopped;
	struct ba_timer *heap;
	/* the events being worked off, so that a cleared watch can be taken
	   out of them */
	struct epoll_event batch[BATCH];
	int batch_n;
	int batch_i;
};

int
ba_loop_new(const struct ba_clock *clock, struct ba_loop **loopp)
{
	struct ba_loop *loop;

	*loopp = NULL;
	loop = calloc(1, sizeof(*loop));
	if (loop == NULL)
		return BA_ERR_NOMEM;
	loop->clock = clock;
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epfd < 0) {
		free(loop);
		return BA_ERR_SYSTEM;
	}
	*loopp = loop;
	return BA_OK;
}

void
ba_loop_free(struct ba_loop *loop)
{
	if (loop == NULL)
		return;
	close(loop->epfd);
	free(loop);
}

int64_t
ba_loop_now(const struct ba_loop *loop)
{
	return ba_clock_mono_ms(loop->clock);
}

int
ba_watch_set(struct ba_loop *loop, struct ba_watch *w, int fd, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };
	int op = EPOLL_CTL_ADD;

	if (w->on && w->fd != fd)
		ba_watch_clear(loop, w);
	if (w->on && w->events == events)
		return BA_OK;
	if (w->on)
		op = EPOLL_CTL_MOD;
	if (epoll_ctl(loop->epfd, op, fd, &ev) != 0)
		return BA_ERR_SYSTEM;
	w->fd = fd;
	w->events = events;
	w->on = true;
	return BA_OK;
}

void
ba_watch_clear(struct ba_loop *loop, struct ba_watch *w)
{
	int i;

	if (!w->on)
		return;
	/* The kernel has forgotten one that was closed too early: EBADF. */
	(void)epoll_ctl(loop->epfd, EPOLL_CTL_DEL, w->fd, NULL);
	w->on = false;
	for (i = loop->batch_i; i < loop->batch_n; i++) {
		if (loop->batch[i].data.ptr == w)
			loop->batch[i].data.ptr = NULL;
	}
}

/* A pairing heap: insertion allocates nothing, removal is amortised log n. */
static struct ba_timer *
heap_merge(struct ba_timer *a, struct ba_timer *b)
{
	struct ba_timer *t;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (b->at < a->at) {
		t = a;
		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (b->next != NULL)
		b->next->prev = b;
	a->child = b;
	a->next = NULL;
	a->prev = NULL;
	return a;
}

/* One heap out of a list of siblings: in pairs from the left, then back. */
static struct ba_timer *
heap_merge_all(struct ba_timer *first)
{
	struct ba_timer *done = NULL, *a, *b, *rest;

	while (first != NULL) {
		a = first;
		b = a->next;
		rest = b != NULL ? b->next : NULL;
		a->next = NULL;
		if (b != NULL)
			b->next = NULL;
		a = heap_merge(a, b);
		a->next = done;
		done = a;
		first = rest;
	}
	for (first = NULL; done != NULL; done = rest) {
		rest = done->next;
		done->next = NULL;
		first = heap_merge(first, done);
	}
	if (first != NULL)
		first->prev = NULL;
	return first;
}

void
ba_timer_clear(struct ba_loop *loop, struct ba_timer *t)
{
	struct ba_timer *below;

	if (!t->on)
		return;
	below = heap_merge_all(t->child);
	if (t == loop->heap) {
		loop->heap = below;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		loop->heap = heap_merge(loop->heap, below);
	}
	t->child = t->next = t->prev = NULL;
	t->on = false;
}

void
ba_timer_set(struct ba_loop *loop, struct ba_timer *t, int64_t ms)
{
	ba_timer_clear(loop, t);
	/* Never due at once: one that sets itself again must not keep
	   run_timers() for itself. */
	t->at = ba_loop_now(loop) + (ms > 0 ? ms : 1);
	t->on = true;
	loop->heap = heap_merge(loop->heap, t);
}

static void
run_timers(struct ba_loop *loop)
{
	int64_t now;
	struct ba_timer *t;

	now = ba_loop_now(loop);
	while ((t = loop->heap) != NULL && t->at <= now) {
		ba_timer_clear(loop, t);
		t->due(t->arg);
	}
}

static int
wait_ms(const struct ba_loop *loop, int max_ms)
{
	int64_t ms;

	if (loop->heap == NULL)
		return max_ms;
	ms = loop->heap->at - ba_loop_now(loop);
	if (ms < 0)
		ms = 0;
	if (max_ms >= 0 && ms > max_ms)
		ms = max_ms;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int
ba_loop_once(struct ba_loop *loop, int max_ms)
{
	struct epoll_event *ev;
	struct ba_watch *w;
	uint32_t events;
	int n;

	n = epoll_wait(loop->epfd, loop->batch, BATCH, wait_ms(loop, max_ms));
	if (n < 0) {
		if (errno != EINTR)
			return BA_ERR_SYSTEM;
		n = 0;
	}
	loop->batch_n = n;
	for (loop->batch_i = 0; loop->batch_i < loop->batch_n;) {
		ev = &loop->batch[loop->batch_i++];
		w = ev->data.ptr;
		if (w == NULL)
			continue;
		/* It may have been changed by one before it in the batch. */
		events = ev->events & (w->events | EPOLLERR | EPOLLHUP);
		if (events != 0)
			w->ready(w->arg, events);
	}
	loop->batch_i = loop->batch_n = 0;
	run_timers(loop);
	return BA_OK;
}

int
ba_loop_run(struct ba_loop *loop)
{
	int r;

	loop->stopped = false;
	while (!loop->stopped) {
		r = ba_loop_once(loop, -1);
		if (r != BA_OK)
			return r;
	}
	return BA_OK;
}

void
ba_loop_stop(struct ba_loop *loop)
{
	loop->stopped = true;
}
