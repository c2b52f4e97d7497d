/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/device_limit.h"

#define NOW INT64_C(1700000000)

static const struct ba_device_config config = { .limit_user = 3,
	.limit_address = 5 };

static int
setup(void **state)
{
	const struct ba_store_options options = { .path = NULL };
	struct ba_store *store;

	if (ba_store_open(&options, &store) != BA_OK)
		return -1;
	*state = store;
	return 0;
}

static int
teardown(void **state)
{
	ba_store_close(*state);
	return 0;
}

static int
take_at(struct ba_store *store, const char *user, const char *rhost, int64_t at)
{
	struct ba_device_places places;
	int r = ba_device_limit_take(
	    store, &config, user, rhost, at, BA_REACH_PROCESS, &places);

	assert_int_equal(places.user.n > 0, r == BA_OK);
	assert_int_equal(places.address.n > 0, r == BA_OK && rhost != NULL);
	return r;
}

static int
take(struct ba_store *store, const char *user, const char *rhost)
{
	return take_at(store, user, rhost, NOW);
}

/* DEV-09: so many, and not one more; another user is another. */
static void
DEV_09_so_many_of_a_user(void **state)
{
	char address[32];
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", i);
		assert_int_equal(take(*state, "alice", address), BA_OK);
	}
	assert_int_equal(
	    take(*state, "alice", "192.0.2.9"), BA_ERR_DEVICE_LIMIT);
	assert_int_equal(take(*state, "bob", "192.0.2.9"), BA_OK);
	/* Nobody from afar keeps her out of what is here. */
	for (i = 0; i < 3; i++)
		assert_int_equal(take(*state, "alice", NULL), BA_OK);
	assert_int_equal(take(*state, "alice", NULL), BA_ERR_DEVICE_LIMIT);
	assert_int_equal(take(*state, "bob", NULL), BA_OK);
}

/* What is given back can be taken again, and nothing else is. */
static void
DEV_09_given_back(void **state)
{
	struct ba_device_places p[3];
	int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(ba_device_limit_take(*state, &config, "alice",
				     "192.0.2.1", NOW, BA_REACH_PROCESS, &p[i]),
		    BA_OK);
	assert_int_equal(
	    take(*state, "alice", "192.0.2.1"), BA_ERR_DEVICE_LIMIT);
	ba_device_limit_give_back(*state, &p[1], BA_REACH_PROCESS);
	assert_int_equal(p[1].address.n + p[1].user.n, 0);
	/* Once. */
	ba_device_limit_give_back(*state, &p[1], BA_REACH_PROCESS);
	assert_int_equal(take(*state, "alice", "192.0.2.1"), BA_OK);
	assert_int_equal(
	    take(*state, "alice", "192.0.2.1"), BA_ERR_DEVICE_LIMIT);
	/* Three of the address are taken, too. */
	assert_int_equal(take(*state, "bob", "192.0.2.1"), BA_OK);
	assert_int_equal(take(*state, "bob", "192.0.2.1"), BA_OK);
	assert_int_equal(take(*state, "bob", "192.0.2.1"), BA_ERR_DEVICE_LIMIT);
}

/* V37: from an address, whoever is asked for; without one nothing is counted
   for it. */
static void
V37_so_many_from_an_address(void **state)
{
	char user[16];
	int i;

	for (i = 0; i < 5; i++) {
		snprintf(user, sizeof(user), "user%d", i);
		assert_int_equal(take(*state, user, "192.0.2.1"), BA_OK);
	}
	assert_int_equal(
	    take(*state, "alice", "192.0.2.1"), BA_ERR_DEVICE_LIMIT);
	assert_int_equal(take(*state, "alice", "192.0.2.2"), BA_OK);
	for (i = 0; i < 8; i++) {
		snprintf(user, sizeof(user), "here%d", i);
		assert_int_equal(take(*state, user, NULL), BA_OK);
	}
}

/* Who is turned away uses up nothing of the other. */
static void
V37_refusals_cost_nothing(void **state)
{
	int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(take(*state, "alice", "192.0.2.1"), BA_OK);
	for (i = 0; i < 9; i++)
		assert_int_equal(
		    take(*state, "alice", "192.0.2.1"), BA_ERR_DEVICE_LIMIT);
	/* Two places of the address are left. */
	assert_int_equal(take(*state, "bob", "192.0.2.1"), BA_OK);
	assert_int_equal(take(*state, "carol", "192.0.2.1"), BA_OK);
	for (i = 0; i < 9; i++)
		assert_int_equal(
		    take(*state, "dave", "192.0.2.1"), BA_ERR_DEVICE_LIMIT);
	/* All of dave's are. */
	for (i = 0; i < 3; i++)
		assert_int_equal(take(*state, "dave", "192.0.2.2"), BA_OK);
	assert_int_equal(
	    take(*state, "dave", "192.0.2.2"), BA_ERR_DEVICE_LIMIT);
}

static void
DEV_09_places_end(void **state)
{
	int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(
		    take_at(*state, "alice", NULL, NOW + 100 * i), BA_OK);
	assert_int_equal(
	    take_at(*state, "alice", NULL, NOW + BA_DEVICE_WINDOW - 1),
	    BA_ERR_DEVICE_LIMIT);
	/* The first has; the others have not. */
	assert_int_equal(
	    take_at(*state, "alice", NULL, NOW + BA_DEVICE_WINDOW), BA_OK);
	assert_int_equal(take_at(*state, "alice", NULL, NOW + BA_DEVICE_WINDOW),
	    BA_ERR_DEVICE_LIMIT);
}

/* V37: one customer has 2^64 addresses of IPv6, and one of IPv4 two forms. */
static void
V37_what_one_address_is(void **state)
{
	static const struct {
		const char *one, *same, *other;
	} cases[] = {
		{ "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1" },
		{ "192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2" },
		{ "host.example.org", "host.example.org", "192.0.2.7" },
	};
	char user[16];
	unsigned i, n;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (n = 0; n < 5; n++) {
			snprintf(user, sizeof(user), "u%u-%u", i, n);
			assert_int_equal(
			    take(*state, user,
				n % 2 == 0 ? cases[i].one : cases[i].same),
			    BA_OK);
		}
		assert_int_equal(
		    take(*state, "alice", cases[i].same), BA_ERR_DEVICE_LIMIT);
		snprintf(user, sizeof(user), "v%u", i);
		assert_int_equal(take(*state, user, cases[i].other), BA_OK);
	}
}

/* A user called like an address takes none of its places. */
static void
names_are_apart(void **state)
{
	int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(take(*state, "192.0.2.1", NULL), BA_OK);
	for (i = 0; i < 3; i++)
		assert_int_equal(take(*state, "alice", "192.0.2.1"), BA_OK);
}

/* Fails shut where nobody can count. */
static void
V37_a_store_that_is_not_there(void **state)
{
	const struct ba_store_options options = {
		.path = "/nonexistent/ba/store.db"
	};
	struct ba_device_places places;
	struct ba_store *store;

	(void)state;
	assert_int_equal(ba_store_open(&options, &store), BA_OK);
	assert_int_equal(ba_device_limit_take(store, &config, "alice", NULL,
			     NOW, BA_REACH_SHARED, &places),
	    BA_ERR_STORE);
	assert_int_equal(ba_device_limit_take(store, &config, "alice", NULL,
			     NOW, BA_REACH_PROCESS, &places),
	    BA_OK);
	ba_store_close(store);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(DEV_09_so_many_of_a_user),
		T(DEV_09_given_back),
		T(V37_so_many_from_an_address),
		T(V37_refusals_cost_nothing),
		T(DEV_09_places_end),
		T(V37_what_one_address_is),
		T(names_are_apart),
		T(V37_a_store_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
