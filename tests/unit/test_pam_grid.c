/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include <cmocka.h>

/* The source itself, so that the clock can be ours. */
static int64_t pretended; /* ns; 0: the system's; -1: there is none */
static struct timespec slept_until;
static int interruptions;

static int
spy_gettime(clockid_t id, struct timespec *ts)
{
	assert_int_equal(id, CLOCK_MONOTONIC);
	if (pretended < 0)
		return -1;
	ts->tv_sec = pretended / 1000000000;
	ts->tv_nsec = pretended % 1000000000;
	return 0;
}

static int
spy_nanosleep(clockid_t id, int flags, const struct timespec *until,
    struct timespec *left)
{
	assert_int_equal(id, CLOCK_MONOTONIC);
	assert_int_equal(flags, TIMER_ABSTIME);
	assert_null(left);
	slept_until = *until;
	return interruptions-- > 0 ? EINTR : 0;
}

#define clock_gettime   spy_gettime
#define clock_nanosleep spy_nanosleep
#include "pam/grid.c"
#undef clock_gettime
#undef clock_nanosleep

#define MS INT64_C(1000000)

static void
PM03_what_is_left_to_the_next_point(void **state)
{
	static const struct {
		int64_t elapsed, left;
	} table[] = {
		{ 0, 0 }, { 1, 50 * MS - 1 }, { 50 * MS - 1, 1 },
		{ 50 * MS, 0 }, { 50 * MS + 1, 50 * MS - 1 },
		{ 120 * MS, 30 * MS }, { 10000 * MS, 0 },
		{ -1, 0 }, /* a clock that went back */
	};
	struct ba_pam_grid g = { 7777 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(ba_pam_grid_left(&g, 7777 + table[i].elapsed),
		    table[i].left);
	g.start = 0; /* not begun */
	assert_int_equal(ba_pam_grid_left(&g, 1), 0);
}

static void
PM03_the_time_at_prompts_is_left_out(void **state)
{
	struct ba_pam_grid g;

	(void)state;
	pretended = 3000000001;
	ba_pam_grid_begin(&g);
	assert_int_equal(g.start, 3000000001);
	pretended += 7000 * MS + 5;
	ba_pam_grid_leave_out(&g, 3000000001 + 1000 * MS);
	assert_int_equal(g.start, 3000000001 + 6000 * MS + 5);
	/* No clock, or none then; and a prompt before the token. */
	ba_pam_grid_leave_out(&g, 0);
	assert_int_equal(g.start, 3000000001 + 6000 * MS + 5);
	ba_pam_grid_leave_out(&g, pretended + 1);
	assert_int_equal(g.start, 3000000001 + 6000 * MS + 5);
	g.start = 0;
	ba_pam_grid_leave_out(&g, 1);
	assert_int_equal(g.start, 0);
}

static void
PM03_it_waits_whatever_signals_come(void **state)
{
	struct ba_pam_grid g;

	(void)state;
	pretended = 3999999999;
	ba_pam_grid_begin(&g);
	pretended += 60 * MS;
	interruptions = 5;
	ba_pam_grid_wait(&g);
	assert_int_equal(interruptions, -1);
	assert_int_equal(slept_until.tv_sec, 4);
	assert_int_equal(slept_until.tv_nsec, 99999999);
	/* On the point, or not begun: no sleep. */
	slept_until.tv_sec = 0;
	pretended += 40 * MS;
	ba_pam_grid_wait(&g);
	g.start = 0;
	ba_pam_grid_wait(&g);
	pretended = -1;
	ba_pam_grid_wait(&g);
	assert_int_equal(ba_pam_grid_now(), 0);
	assert_int_equal(slept_until.tv_sec, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(PM03_what_is_left_to_the_next_point),
		cmocka_unit_test(PM03_the_time_at_prompts_is_left_out),
		cmocka_unit_test(PM03_it_waits_whatever_signals_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
