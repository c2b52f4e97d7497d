/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/oauth/breaker.h"

#define NOW    INT64_C(1700000000)
#define UNSAID INT64_C(-1)

static const struct ba_breaker closed;

static bool trying; /* whoever entered last is the trial */

static bool
enters(struct ba_breaker *b, int64_t now)
{
	bool trial = true, r = ba_breaker_enter(b, now, &trial);

	/* One that may not ask is none. */
	assert_true(r || !trial);
	if (r)
		trying = trial;
	return r;
}

/* Whoever entered last fails. */
static void
fails(struct ba_breaker *b, int64_t now, int64_t retry_after)
{
	ba_breaker_failure(b, now, trying, retry_after);
	trying = false;
}

static void
straggler_fails(struct ba_breaker *b, int64_t now, int64_t retry_after)
{
	ba_breaker_failure(b, now, false, retry_after);
}

/* After so many failures at NOW. */
static struct ba_breaker
after(unsigned failures)
{
	struct ba_breaker b = closed;

	trying = false;
	while (failures-- > 0)
		fails(&b, NOW, UNSAID);
	return b;
}

static void
assert_closed(struct ba_breaker *b, int64_t now)
{
	assert_false(ba_breaker_is_open(b, now));
	assert_true(enters(b, now));
	assert_true(enters(b, now));
}

/* Nobody may until then, and one then. */
static void
assert_open_until(struct ba_breaker *b, int64_t from, int64_t until)
{
	assert_true(ba_breaker_is_open(b, from));
	assert_false(enters(b, from));
	assert_true(ba_breaker_is_open(b, until - 1));
	assert_false(enters(b, until - 1));
	assert_false(ba_breaker_is_open(b, until));
	assert_true(enters(b, until));
	assert_false(enters(b, until));
	assert_true(ba_breaker_is_open(b, until));
}

static void
test_closed_at_first(void **state)
{
	struct ba_breaker b = closed;

	(void)state;
	assert_closed(&b, NOW);
	assert_closed(&b, 0);
}

static void
test_opens_after_failures_in_a_row(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES - 1);

	(void)state;
	assert_closed(&b, NOW);
	b = after(BA_BREAKER_FAILURES);
	assert_open_until(&b, NOW, NOW + BA_BREAKER_OPEN_MIN);
}

static void
test_success_between_begins_anew(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES - 1);

	(void)state;
	ba_breaker_success(&b);
	fails(&b, NOW, UNSAID);
	assert_closed(&b, NOW);
	fails(&b, NOW, UNSAID);
	fails(&b, NOW, UNSAID);
	assert_true(ba_breaker_is_open(&b, NOW));
}

static void
test_trial_that_succeeds_closes(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES);

	(void)state;
	assert_open_until(&b, NOW, NOW + BA_BREAKER_OPEN_MIN);
	ba_breaker_success(&b);
	assert_closed(&b, NOW + BA_BREAKER_OPEN_MIN);
}

/* 5, 10, 20, 40, 60, 60 s. */
static void
test_trial_that_fails_opens_for_twice_as_long(void **state)
{
	static const int64_t expected[] = { 10, 20, 40, 60, 60 };
	struct ba_breaker b = after(BA_BREAKER_FAILURES);
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(enters(&b, at));
		fails(&b, at + 2, UNSAID);
		assert_true(ba_breaker_is_open(&b, at + 2 + expected[i] - 1));
		assert_false(ba_breaker_is_open(&b, at + 2 + expected[i]));
		at += 2 + expected[i];
	}
	assert_int_equal(expected[4], BA_BREAKER_OPEN_MAX);
	assert_true(enters(&b, at));
	ba_breaker_success(&b);
	fails(&b, at, UNSAID);
	assert_closed(&b, at);
}

/* Who is the trial is said to it alone. */
static void
test_who_is_the_trial(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES - 1);
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;
	bool trial = true;

	(void)state;
	assert_true(ba_breaker_enter(&b, NOW, &trial));
	assert_false(trial);
	fails(&b, NOW, UNSAID);
	trial = true;
	assert_false(ba_breaker_enter(&b, at - 1, &trial));
	assert_false(trial);
	assert_true(ba_breaker_enter(&b, at, &trial));
	assert_true(trial);
	assert_false(ba_breaker_enter(&b, at, &trial));
	assert_false(trial);
	/* Another has closed it: this failure is one of three again. */
	ba_breaker_success(&b);
	ba_breaker_failure(&b, at, true, UNSAID);
	assert_closed(&b, at);
}

static void
test_trial_without_end_is_over_after_a_while(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES);
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;

	(void)state;
	assert_true(enters(&b, at));
	assert_false(enters(&b, at + BA_BREAKER_TRIAL - 1));
	assert_true(enters(&b, at + BA_BREAKER_TRIAL));
	assert_false(enters(&b, at + BA_BREAKER_TRIAL));
}

/* Our own fault says nothing: the next may try at once, and one alone. */
static void
test_trial_given_up_lets_the_next_try(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES);
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;

	(void)state;
	ba_breaker_give_up(&b, NOW);
	assert_open_until(&b, NOW, at);
	ba_breaker_give_up(&b, at + 1);
	assert_false(ba_breaker_is_open(&b, at + 1));
	assert_true(enters(&b, at + 1));
	assert_false(enters(&b, at + 1));
	/* It opens for twice as long, as if nothing had been given up. */
	fails(&b, at + 1, UNSAID);
	assert_true(ba_breaker_is_open(&b, at + 10));
	assert_false(ba_breaker_is_open(&b, at + 11));
}

static void
test_giving_up_while_closed_changes_nothing(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES - 1);

	(void)state;
	ba_breaker_give_up(&b, NOW);
	assert_int_equal(b.failures, BA_BREAKER_FAILURES - 1);
	assert_closed(&b, NOW);
}

/* All that were under way time out together: that is one outage, not ten. */
static void
test_stragglers_do_not_prolong(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES);
	int i;

	(void)state;
	for (i = 0; i < 30; i++)
		straggler_fails(&b, NOW + 3, UNSAID);
	assert_open_until(&b, NOW + 3, NOW + BA_BREAKER_OPEN_MIN);
	/* Nor while one tries. */
	for (i = 0; i < 30; i++)
		straggler_fails(&b, NOW + 6, UNSAID);
	assert_int_equal(b.open_for, BA_BREAKER_OPEN_MIN);
	assert_true(b.trial);
	fails(&b, NOW + 6, UNSAID);
	assert_true(ba_breaker_is_open(&b, NOW + 6 + 9));
	assert_false(ba_breaker_is_open(&b, NOW + 6 + 10));
}

static void
test_retry_after_opens_at_once(void **state)
{
	static const struct {
		int64_t said, open;
	} rows[] = { { 1, 1 }, { 4, 4 }, { BA_BREAKER_OPEN_MAX - 1, 59 },
		{ BA_BREAKER_OPEN_MAX, 60 }, { BA_BREAKER_OPEN_MAX + 1, 60 },
		{ 86400, 60 } };
	struct ba_breaker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b = closed;
		fails(&b, NOW, rows[i].said);
		assert_open_until(&b, NOW, NOW + rows[i].open);
	}
}

/* "Now" is said: one may try now, and others when that one is through. */
static void
test_retry_after_zero(void **state)
{
	struct ba_breaker b = closed;

	(void)state;
	fails(&b, NOW, 0);
	assert_false(ba_breaker_is_open(&b, NOW));
	assert_true(enters(&b, NOW));
	assert_false(enters(&b, NOW));
}

/* The longer of both holds. */
static void
test_retry_after_of_a_trial_and_of_a_straggler(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES);
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;

	(void)state;
	fails(&b, NOW + 1, 2);
	assert_true(ba_breaker_is_open(&b, at - 1));
	assert_false(ba_breaker_is_open(&b, at));
	fails(&b, NOW + 1, 30);
	assert_true(ba_breaker_is_open(&b, NOW + 30));
	assert_false(ba_breaker_is_open(&b, NOW + 31));
	assert_true(enters(&b, NOW + 31));
	fails(&b, NOW + 31, 3);
	assert_true(ba_breaker_is_open(&b, NOW + 31 + 9));
	assert_false(ba_breaker_is_open(&b, NOW + 31 + 10));
}

/* The clock was set back: nobody waits for what it once said. */
static void
test_wrong_clock_does_not_hold(void **state)
{
	struct ba_breaker b = after(BA_BREAKER_FAILURES);
	int64_t long_ago = NOW + BA_BREAKER_OPEN_MIN - BA_BREAKER_OPEN_MAX;

	(void)state;
	assert_true(ba_breaker_is_open(&b, long_ago));
	assert_false(ba_breaker_is_open(&b, long_ago - 1));
	assert_true(enters(&b, long_ago - 1));
	b = after(BA_BREAKER_FAILURES);
	fails(&b, NOW - 86400, 7);
	assert_true(ba_breaker_is_open(&b, NOW - 86400 + 6));
	assert_false(ba_breaker_is_open(&b, NOW - 86400 + 7));
}

static void
test_failures_are_counted_to_the_limit_alone(void **state)
{
	struct ba_breaker b = after(1000);

	(void)state;
	assert_int_equal(b.failures, BA_BREAKER_FAILURES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed_at_first),
		cmocka_unit_test(test_opens_after_failures_in_a_row),
		cmocka_unit_test(test_success_between_begins_anew),
		cmocka_unit_test(test_trial_that_succeeds_closes),
		cmocka_unit_test(test_trial_that_fails_opens_for_twice_as_long),
		cmocka_unit_test(test_who_is_the_trial),
		cmocka_unit_test(test_trial_without_end_is_over_after_a_while),
		cmocka_unit_test(test_trial_given_up_lets_the_next_try),
		cmocka_unit_test(test_giving_up_while_closed_changes_nothing),
		cmocka_unit_test(test_stragglers_do_not_prolong),
		cmocka_unit_test(test_retry_after_opens_at_once),
		cmocka_unit_test(test_retry_after_zero),
		cmocka_unit_test(
		    test_retry_after_of_a_trial_and_of_a_straggler),
		cmocka_unit_test(test_wrong_clock_does_not_hold),
		cmocka_unit_test(test_failures_are_counted_to_the_limit_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
