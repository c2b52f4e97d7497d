/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/loop.h"

/* A clock that stands until a test moves it. */
static int64_t
fake_ms(void *arg)
{
	return *(int64_t *)arg;
}

static int64_t
fake_wall(void *arg)
{
	return *(int64_t *)arg / 1000;
}

struct fixture {
	int64_t now;
	struct ba_clock clock;
	struct ba_loop *loop;
};

static int
setup(void **state)
{
	struct fixture *f;

	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return -1;
	f->now = 1000;
	f->clock = (struct ba_clock){ fake_wall, fake_ms, &f->now };
	if (ba_loop_new(&f->clock, &f->loop) != BA_OK)
		return -1;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	ba_loop_free(f->loop);
	free(f);
	return 0;
}

/* A timer that writes its number down when it is due. */
#define SEEN_MAX 4096
struct seen {
	int n;
	int order[SEEN_MAX];
};
struct numbered {
	struct ba_timer timer;
	int number;
	int64_t at;
	struct seen *seen;
};

static void
note(void *arg)
{
	struct numbered *t = arg;

	if (t->seen->n < SEEN_MAX)
		t->seen->order[t->seen->n++] = t->number;
}

static void
number(struct numbered *t, int n, struct seen *seen)
{
	*t = (struct numbered){
		.timer = { .due = note }, .number = n, .seen = seen
	};
	t->timer.arg = t;
}

static void
once(struct fixture *f)
{
	assert_int_equal(ba_loop_once(f->loop, 0), BA_OK);
}

static void
timers_fire_in_order_and_not_early(void **state)
{
	static const int64_t in[] = { 50, 10, 40, 20, 30 };
	struct fixture *f = *state;
	struct numbered t[5];
	struct seen seen = { 0 };
	int i;

	for (i = 0; i < 5; i++) {
		number(&t[i], (int)in[i], &seen);
		ba_timer_set(f->loop, &t[i].timer, in[i]);
	}
	f->now += 9;
	once(f);
	assert_int_equal(seen.n, 0);
	f->now += 1;
	once(f);
	assert_int_equal(seen.n, 1);
	f->now += 40;
	once(f);
	assert_int_equal(seen.n, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(seen.order[i], 10 * (i + 1));
}

static void
cleared_and_reset_timers(void **state)
{
	struct fixture *f = *state;
	struct numbered a, b;
	struct seen seen = { 0 };

	number(&a, 1, &seen);
	number(&b, 2, &seen);
	ba_timer_set(f->loop, &a.timer, 10);
	ba_timer_set(f->loop, &b.timer, 20);
	ba_timer_clear(f->loop, &a.timer);
	ba_timer_clear(f->loop, &a.timer); /* again: nothing */
	ba_timer_set(f->loop, &b.timer, 5); /* earlier than before */
	f->now += 5;
	once(f);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.order[0], 2);
	f->now += 1000;
	once(f);
	assert_int_equal(seen.n, 1);
}

/* Thousands of them, set, cleared and set again in no order at all. */
static void
many_timers(void **state)
{
	enum { N = 2000 };
	struct fixture *f = *state;
	struct numbered *t;
	struct seen seen = { 0 };
	uint32_t x = 12345;
	int64_t last = 0;
	int i, expected = 0;

	t = calloc(N, sizeof(*t));
	assert_non_null(t);
	for (i = 0; i < N; i++)
		number(&t[i], i, &seen);
	for (i = 0; i < 3 * N; i++) {
		struct numbered *one;

		x = x * 1664525u + 1013904223u;
		one = &t[(x >> 8) % N];
		if ((x >> 24) % 4 == 0) {
			ba_timer_clear(f->loop, &one->timer);
		} else {
			one->at = f->now + 1 + (x >> 4) % 500;
			ba_timer_set(f->loop, &one->timer, one->at - f->now);
		}
	}
	for (i = 0; i < N; i++)
		expected += t[i].timer.on;
	assert_true(expected > N / 2);
	f->now += 1000;
	once(f);
	assert_int_equal(seen.n, expected);
	for (i = 0; i < seen.n; i++) {
		assert_true(t[seen.order[i]].at >= last);
		last = t[seen.order[i]].at;
		assert_false(t[seen.order[i]].timer.on);
	}
	free(t);
}

struct again {
	struct ba_loop *loop;
	struct ba_timer timer;
	int n;
};

static void
set_again(void *arg)
{
	struct again *a = arg;

	a->n++;
	ba_timer_set(a->loop, &a->timer, 0);
}

static void
a_timer_that_sets_itself_does_not_spin(void **state)
{
	struct fixture *f = *state;
	struct again a = { .loop = f->loop };

	a.timer.due = set_again;
	a.timer.arg = &a;
	ba_timer_set(f->loop, &a.timer, 0);
	f->now += 1;
	once(f);
	assert_int_equal(a.n, 1);
	f->now += 1;
	once(f);
	assert_int_equal(a.n, 2);
	ba_timer_clear(f->loop, &a.timer);
}

/* A watched pipe that counts, and may do away with another one. */
struct pipe_watch {
	struct ba_loop *loop;
	struct ba_watch watch;
	int fd[2];
	int n;
	uint32_t events;
	struct pipe_watch *victim;
};

static void
pipe_close(struct pipe_watch *p)
{
	ba_watch_clear(p->loop, &p->watch);
	if (p->fd[0] >= 0) {
		close(p->fd[0]);
		close(p->fd[1]);
	}
	p->fd[0] = -1;
}

static void
pipe_ready(void *arg, uint32_t events)
{
	struct pipe_watch *p = arg;

	p->n++;
	p->events = events;
	if (p->victim != NULL)
		pipe_close(p->victim);
}

static void
pipe_open(struct fixture *f, struct pipe_watch *p)
{
	*p = (struct pipe_watch){ .loop = f->loop };
	assert_int_equal(pipe(p->fd), 0);
	p->watch.ready = pipe_ready;
	p->watch.arg = p;
}

static void
descriptors(void **state)
{
	struct fixture *f = *state;
	struct pipe_watch p;

	pipe_open(f, &p);
	assert_int_equal(
	    ba_watch_set(f->loop, &p.watch, p.fd[0], EPOLLIN), BA_OK);
	once(f);
	assert_int_equal(p.n, 0);
	assert_int_equal(write(p.fd[1], "x", 1), 1);
	once(f);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.events, EPOLLIN);
	once(f);
	assert_int_equal(p.n, 2); /* level-triggered */
	assert_int_equal(ba_watch_set(f->loop, &p.watch, p.fd[0], 0), BA_OK);
	once(f);
	assert_int_equal(p.n, 2);
	/* Another descriptor in the same watch. */
	assert_int_equal(
	    ba_watch_set(f->loop, &p.watch, p.fd[1], EPOLLOUT), BA_OK);
	once(f);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.events, EPOLLOUT);
	ba_watch_clear(f->loop, &p.watch);
	once(f);
	assert_int_equal(p.n, 3);
	assert_int_equal(
	    ba_watch_set(f->loop, &p.watch, -1, EPOLLIN), BA_ERR_SYSTEM);
	pipe_close(&p);
}

/* Two are ready at once; whichever comes first frees the other. */
static void
a_callback_may_end_the_other_one(void **state)
{
	struct fixture *f = *state;
	struct pipe_watch p[2];
	int i;

	for (i = 0; i < 2; i++) {
		pipe_open(f, &p[i]);
		assert_int_equal(
		    ba_watch_set(f->loop, &p[i].watch, p[i].fd[0], EPOLLIN),
		    BA_OK);
		assert_int_equal(write(p[i].fd[1], "x", 1), 1);
	}
	p[0].victim = &p[1];
	p[1].victim = &p[0];
	once(f);
	assert_int_equal(p[0].n + p[1].n, 1);
	pipe_close(&p[0]);
	pipe_close(&p[1]);
}

struct stopper {
	struct ba_loop *loop;
	struct ba_timer timer;
};

static void
stop(void *arg)
{
	struct stopper *s = arg;

	ba_loop_stop(s->loop);
}

/* With the real clock: run() waits for its timer, and stop() ends it. */
static void
run_until_stopped(void **state)
{
	struct stopper s = { 0 };
	int64_t begin;

	(void)state;
	assert_int_equal(ba_loop_new(&ba_clock_system, &s.loop), BA_OK);
	s.timer.due = stop;
	s.timer.arg = &s;
	begin = ba_loop_now(s.loop);
	ba_timer_set(s.loop, &s.timer, 20);
	assert_int_equal(ba_loop_run(s.loop), BA_OK);
	assert_true(ba_loop_now(s.loop) - begin >= 20);
	ba_loop_free(s.loop);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(timers_fire_in_order_and_not_early),
		T(cleared_and_reset_timers),
		T(many_timers),
		T(a_timer_that_sets_itself_does_not_spin),
		T(descriptors),
		T(a_callback_may_end_the_other_one),
		cmocka_unit_test(run_until_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
