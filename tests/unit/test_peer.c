/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/peer.h"

static void
who_is_there(void **state)
{
	struct ba_peer peer;
	int pair[2], fd;

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(ba_peer_of(pair[0], &peer), BA_OK);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.pid, getpid());
	close(pair[0]);
	close(pair[1]);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(ba_peer_of(fd, &peer), BA_ERR_SYSTEM);
	assert_int_equal(peer.uid, (uid_t)-1);
	close(fd);
	assert_int_equal(ba_peer_of(-1, &peer), BA_ERR_SYSTEM);
}

/* V49: how many of n connections of this user are let in. */
static unsigned
enter(struct ba_peers *p, uid_t uid, unsigned n)
{
	unsigned i, in = 0;
	int r;

	for (i = 0; i < n; i++) {
		r = ba_peers_enter(p, uid);
		if (r == BA_OK)
			in++;
		else
			assert_int_equal(r, BA_ERR_BUSY);
	}
	return in;
}

static void
V49_one_user_has_a_limit(void **state)
{
	struct ba_peers *p;

	(void)state;
	assert_int_equal(ba_peers_new(100, 10, &p), BA_OK);
	assert_int_equal(enter(p, 33, 50), 10);
	assert_int_equal(enter(p, 34, 10), 10);
	assert_int_equal(ba_peers_count(p), 20);
	assert_int_equal(ba_peers_count_uid(p, 33), 10);
	ba_peers_leave(p, 33);
	assert_int_equal(enter(p, 33, 2), 1);
	ba_peers_free(p);
}

static void
V49_a_quarter_is_for_root(void **state)
{
	struct ba_peers *p;
	unsigned in = 0;
	uid_t uid;

	(void)state;
	assert_int_equal(ba_peers_new(100, 10, &p), BA_OK);
	for (uid = 1; uid <= 20; uid++)
		in += enter(p, uid, 10);
	assert_int_equal(in, 75);
	assert_int_equal(enter(p, 0, 50), 25);
	/* Root may take the others' places too, where they are free. */
	for (uid = 1; uid <= 20; uid++) {
		while (ba_peers_count_uid(p, uid) > 0)
			ba_peers_leave(p, uid);
	}
	assert_int_equal(enter(p, 0, 100), 75);
	assert_int_equal(enter(p, 1, 1), 0);
	assert_int_equal(ba_peers_count(p), 100);
	ba_peers_free(p);
}

static void
small_and_changed_limits(void **state)
{
	struct ba_peers *p;

	(void)state;
	assert_int_equal(ba_peers_new(1, 10, &p), BA_OK);
	assert_int_equal(enter(p, 33, 1), 0);
	assert_int_equal(enter(p, 0, 2), 1);
	ba_peers_limit(p, 4, 10);
	assert_int_equal(enter(p, 33, 5), 3);
	ba_peers_limit(p, 2, 10); /* whoever is in stays in */
	assert_int_equal(ba_peers_count(p), 4);
	assert_int_equal(enter(p, 0, 1), 0);
	ba_peers_leave(p, 99); /* was never here */
	assert_int_equal(ba_peers_count(p), 4);
	ba_peers_free(p);
	ba_peers_free(NULL);
}

static void
one_line_in_a_while(void **state)
{
	struct ba_peers *p;
	unsigned missed = 7;
	int i;

	(void)state;
	assert_int_equal(ba_peers_new(8, 8, &p), BA_OK);
	assert_true(ba_peers_may_log(p, 33, 5000, &missed));
	assert_int_equal(missed, 0);
	for (i = 0; i < 3; i++) {
		/* A user who comes and goes is remembered all the same. */
		assert_int_equal(ba_peers_enter(p, 33), BA_OK);
		assert_false(ba_peers_may_log(
		    p, 33, 5000 + BA_PEERS_QUIET_MS - 1, &missed));
		ba_peers_leave(p, 33);
	}
	assert_true(ba_peers_may_log(p, 34, 5001, &missed));
	assert_true(ba_peers_may_log(p, 33, 5000 + BA_PEERS_QUIET_MS, &missed));
	assert_int_equal(missed, 3);
	assert_true(
	    ba_peers_may_log(p, 33, 5000 + 2 * BA_PEERS_QUIET_MS, &missed));
	assert_int_equal(missed, 0);
	ba_peers_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_there),
		cmocka_unit_test(V49_one_user_has_a_limit),
		cmocka_unit_test(V49_a_quarter_is_for_root),
		cmocka_unit_test(small_and_changed_limits),
		cmocka_unit_test(one_line_in_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
