/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/oauth/attempt.h"
#include "common/oauth/keys.h"

#define NOW    INT64_C(1700000000)
#define NAME   "issuer"
#define SERIAL "0123456789abcdef"

/* Two processes on one store are two of these on one store in memory. */
static struct {
	struct ba_store *store;
	struct ba_buf name;
	struct ba_attempt a, b;
} t;

static int
set_up(void **state)
{
	const struct ba_store_options o = { .path = NULL };

	(void)state;
	memset(&t, 0, sizeof(t));
	ba_buf_init(&t.name, 16);
	if (ba_buf_append_str(&t.name, NAME) != BA_OK ||
	    ba_store_open(&o, &t.store) != BA_OK)
		return -1;
	t.a.store = t.b.store = t.store;
	t.a.name = t.b.name = &t.name;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ba_store_close(t.store);
	ba_buf_wipe(&t.name);
	return 0;
}

static enum ba_attempt_what
what(const struct ba_attempt *a, int64_t now)
{
	struct ba_stamp s;

	ba_attempt_read(a, now, &s);
	assert_int_equal(s.serial[0] == '\0', s.what == BA_ATTEMPT_NONE);
	return s.what;
}

static int
claim(struct ba_attempt *a, int64_t now, bool forced)
{
	bool told;

	return ba_attempt_claim(a, now, forced, &told);
}

static void
put(const char *text, int64_t expires)
{
	assert_int_equal(
	    ba_store_put(t.store, BA_SPACE_ATTEMPT, NAME, strlen(NAME), text,
		strlen(text), NOW, expires, BA_REACH_SHARED),
	    BA_OK);
}

static void
test_V38_from_claim_to_end(void **state)
{
	struct ba_stamp s;
	bool told = false;

	(void)state;
	assert_int_equal(what(&t.a, NOW), BA_ATTEMPT_NONE);
	assert_int_equal(ba_attempt_claim(&t.a, NOW, false, &told), BA_OK);
	assert_true(told);
	assert_int_equal(what(&t.a, NOW), BA_ATTEMPT_ASKING);
	ba_attempt_read(&t.b, NOW, &s);
	assert_int_equal(s.what, BA_ATTEMPT_ASKING);
	assert_int_equal(s.expires, NOW + BA_KEYS_ASKING);
	assert_int_equal(strlen(s.serial), BA_ATTEMPT_SERIAL_LEN);
	assert_string_equal(s.serial, t.a.own.serial);
	/* To the second. */
	assert_int_equal(
	    what(&t.b, NOW + BA_KEYS_ASKING - 1), BA_ATTEMPT_ASKING);
	assert_int_equal(what(&t.b, NOW + BA_KEYS_ASKING), BA_ATTEMPT_NONE);

	assert_true(ba_attempt_finish(&t.a, NOW + 2, true));
	ba_attempt_read(&t.b, NOW + 2, &s);
	assert_int_equal(s.what, BA_ATTEMPT_DONE);
	assert_int_equal(s.expires, NOW + 2 + BA_KEYS_COOLDOWN);
	assert_string_equal(s.serial, t.a.own.serial);
	assert_int_equal(
	    what(&t.b, NOW + 1 + BA_KEYS_COOLDOWN), BA_ATTEMPT_DONE);
	assert_int_equal(
	    what(&t.b, NOW + 2 + BA_KEYS_COOLDOWN), BA_ATTEMPT_NONE);
	assert_true(ba_attempt_finish(&t.a, NOW + 2, false));
	assert_int_equal(what(&t.b, NOW + 2), BA_ATTEMPT_FAILED);
}

static void
test_V38_claim(void **state)
{
	static const struct {
		const char *stamp;
		int64_t expires;
		int want, forced;
	} cases[] = {
		{ SERIAL "asking", NOW + 1, BA_ERR_BUSY, BA_ERR_BUSY },
		{ SERIAL "asking", NOW + 6, BA_ERR_BUSY, BA_ERR_BUSY },
		{ SERIAL "asking", NOW, BA_OK, BA_OK },
		{ SERIAL "asking", NOW + 7, BA_OK, BA_OK },
		{ SERIAL "done", NOW + 30, BA_ERR_UNAVAIL, BA_OK },
		{ SERIAL "done", NOW + 1, BA_ERR_UNAVAIL, BA_OK },
		{ SERIAL "done", NOW, BA_OK, BA_OK },
		{ SERIAL "done", NOW + 31, BA_OK, BA_OK },
		{ SERIAL "failed", NOW + 30, BA_ERR_UNAVAIL, BA_OK },
		{ SERIAL "failed", NOW + 31, BA_OK, BA_OK },
		{ "", NOW + 5, BA_OK, BA_OK },
		{ "done", NOW + 5, BA_OK, BA_OK },
		{ SERIAL, NOW + 5, BA_OK, BA_OK },
		{ SERIAL "ended", NOW + 5, BA_OK, BA_OK },
		{ SERIAL "Done", NOW + 5, BA_OK, BA_OK },
		{ SERIAL "asking ", NOW + 5, BA_OK, BA_OK },
		{ "0123456789abcdedone", NOW + 5, BA_OK, BA_OK },
	};
	struct ba_attempt fresh;
	size_t i;
	int r, forced;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]) * 2; i++) {
		forced = i % 2;
		put(cases[i / 2].stamp, cases[i / 2].expires);
		fresh = t.a;
		r = claim(&fresh, NOW, forced);
		if (r != (forced ? cases[i / 2].forced : cases[i / 2].want))
			fail_msg("%s until %+d: %s", cases[i / 2].stamp,
			    (int)(cases[i / 2].expires - NOW), ba_err_name(r));
		/* Whoever may is the one that all others see. */
		assert_int_equal(fresh.own.what,
		    r == BA_OK ? BA_ATTEMPT_ASKING : BA_ATTEMPT_NONE);
		if (r == BA_OK)
			assert_int_equal(claim(&t.b, NOW, true), BA_ERR_BUSY);
	}
}

/* What a process did itself holds for it without any store. */
static void
test_V38_without_store(void **state)
{
	bool told = false;

	(void)state;
	t.a.store = NULL;
	assert_int_equal(ba_attempt_claim(&t.a, NOW, false, &told), BA_OK);
	/* There are no others that could know. */
	assert_true(told);
	assert_int_equal(claim(&t.a, NOW, true), BA_ERR_BUSY);
	assert_true(ba_attempt_finish(&t.a, NOW, false));
	assert_int_equal(claim(&t.a, NOW + 29, false), BA_ERR_UNAVAIL);
	assert_int_equal(claim(&t.a, NOW + 29, true), BA_OK);
	assert_true(ba_attempt_finish(&t.a, NOW + 29, true));
	assert_int_equal(claim(&t.a, NOW + 58, false), BA_ERR_UNAVAIL);
	assert_int_equal(claim(&t.a, NOW + 59, false), BA_OK);
	/* Nobody else is concerned. */
	assert_int_equal(what(&t.b, NOW + 59), BA_ATTEMPT_NONE);
}

/* The other's word, which is live, goes before ours. */
static void
test_V38_store_before_own(void **state)
{
	(void)state;
	assert_int_equal(claim(&t.a, NOW, false), BA_OK);
	(void)ba_attempt_finish(&t.a, NOW, false);
	put(SERIAL "done", NOW + 10);
	assert_int_equal(what(&t.a, NOW), BA_ATTEMPT_DONE);
	/* Until it ends. */
	assert_int_equal(what(&t.a, NOW + 10), BA_ATTEMPT_FAILED);
	assert_int_equal(what(&t.a, NOW + 30), BA_ATTEMPT_NONE);
}

/* Nobody is told by a store that does not work. */
static void
test_V38_broken_store(void **state)
{
	const struct ba_store_options o = { .path = "/nowhere/at/all/store.db",
		.busy_ms = 10 };
	struct ba_store *broken;
	bool told = true;

	(void)state;
	assert_int_equal(ba_store_open(&o, &broken), BA_OK);
	t.a.store = broken;
	assert_int_equal(ba_attempt_claim(&t.a, NOW, false, &told), BA_OK);
	assert_false(told);
	assert_int_equal(claim(&t.a, NOW, false), BA_ERR_BUSY);
	assert_false(ba_attempt_finish(&t.a, NOW, true));
	assert_int_equal(claim(&t.a, NOW, false), BA_ERR_UNAVAIL);
	ba_store_close(broken);
}

#define ATTEMPT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ATTEMPT(test_V38_from_claim_to_end),
		ATTEMPT(test_V38_claim),
		ATTEMPT(test_V38_without_store),
		ATTEMPT(test_V38_store_before_own),
		ATTEMPT(test_V38_broken_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
