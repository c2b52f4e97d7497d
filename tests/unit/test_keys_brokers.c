/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/keys_scene.h"

/* The second login, by whichever broker, asks nobody. */
static void
test_keys_are_kept_for_the_next_broker(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	stop(&a);
	start(&b, t.path);
	assert_true(has(&b, NOW + 10, "k1"));
	/* What the asking brought is what it has: no need to look again. */
	assert_int_equal(state_of(&b, NOW + 10), BA_KEYS_FINAL);
	stop(&b);
	/* The twin: without the file they are gone. */
	start(&b, NULL);
	assert_true(has_none(&b, NOW + 10));
	assert_int_equal(state_of(&b, NOW + 10), BA_KEYS_MAY_ASK);
	stop(&b);
}

static void
test_V38_another_broker_asks(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(begin(&a, NOW), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	assert_null(b.request.url);
	assert_int_equal(begin(&a, NOW), BA_ERR_BUSY);
	assert_true(has_none(&b, NOW + 1));
	assert_int_equal(feed(&a, NOW + 1, META), BA_ERR_NEED_KEYS);
	assert_int_equal(state_of(&b, NOW + 1), BA_KEYS_WAIT);
	assert_int_equal(feed(&a, NOW + 2, jwks_1), BA_OK);
	/* b did nothing and has them. */
	assert_true(has(&b, NOW + 2, "k1"));
	assert_int_equal(state_of(&b, NOW + 2), BA_KEYS_FINAL);
	stop(&a);
	stop(&b);
}

/*
 * b has keys, and a token comes with a new one.  That a has brought it is
 * seen before b says no.
 */
static void
test_MD05_another_broker_sees_the_rotation(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(ask(&a, NOW + 60, jwks_2), BA_OK);
	assert_false(has(&b, NOW + 61, "k2"));
	assert_int_equal(state_of(&b, NOW + 61), BA_KEYS_WAIT);
	assert_true(has(&b, NOW + 61, "k2"));
	assert_false(has(&b, NOW + 61, "k1"));
	assert_int_equal(state_of(&b, NOW + 61), BA_KEYS_FINAL);
	/* The same by begin() alone, as two brokers may cross. */
	assert_int_equal(ask(&a, NOW + 120, jwks_3), BA_OK);
	assert_int_equal(begin(&b, NOW + 121), BA_ERR_BUSY);
	assert_true(has(&b, NOW + 121, "k3"));
	assert_int_equal(begin(&b, NOW + 121), BA_ERR_UNAVAIL);
	stop(&a);
	stop(&b);
}

/* Nobody waits for a broker that died while it asked. */
static void
test_asking_broker_dies(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(begin(&a, NOW), BA_OK);
	stop(&a);
	assert_int_equal(state_of(&b, NOW + BA_KEYS_ASKING - 1), BA_KEYS_WAIT);
	assert_int_equal(state_of(&b, NOW + BA_KEYS_ASKING), BA_KEYS_MAY_ASK);
	assert_int_equal(ask(&b, NOW + BA_KEYS_ASKING, jwks_1), BA_OK);
	stop(&b);
}

static int
racer(int gate)
{
	struct broker b;
	char c;
	int r;

	if (read(gate, &c, 1) != 0)
		return 100;
	start(&b, t.path);
	r = begin(&b, NOW);
	stop(&b);
	return r == BA_OK ? 1 : r == BA_ERR_BUSY ? 0 : 100;
}

static void
test_V38_one_of_many_asks(void **state)
{
	int gate[2], i, round, status, sum;
	pid_t pid[6];

	(void)state;
	for (round = 0; round < 5; round++) {
		(void)unlink(t.path);
		assert_int_equal(pipe(gate), 0);
		for (i = 0; i < 6; i++) {
			pid[i] = fork();
			assert_true(pid[i] >= 0);
			if (pid[i] > 0)
				continue;
			(void)close(gate[1]);
			_exit(racer(gate[0]));
		}
		(void)close(gate[0]);
		(void)close(gate[1]);
		for (i = 0, sum = 0; i < 6; i++) {
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_true(WIFEXITED(status));
			sum += WEXITSTATUS(status);
		}
		assert_int_equal(sum, 1);
	}
}

static void
test_without_store(void **state)
{
	struct broker b;

	(void)state;
	start_without_store(&b);
	assert_true(has_none(&b, NOW));
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_int_equal(begin(&b, NOW + 1), BA_ERR_BUSY);
	assert_int_equal(feed(&b, NOW + 1, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW + 1, jwks_1), BA_OK);
	assert_true(has(&b, NOW + 1, "k1"));
	assert_int_equal(state_of(&b, NOW + BA_KEYS_COOLDOWN), BA_KEYS_FINAL);
	assert_int_equal(begin(&b, NOW + BA_KEYS_COOLDOWN + 1), BA_OK);
	assert_int_equal(t.lines, 0);
	stop(&b);
}

/* A broken store costs a request a broker, never a login. */
static void
test_broken_store(void **state)
{
	struct broker a, b;

	(void)state;
	assert_int_equal(chmod(t.dir, 0755), 0);
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_int_equal(t.lines, 1);
	assert_int_equal(ask(&b, NOW, jwks_2), BA_OK);
	assert_int_equal(t.lines, 2);
	assert_true(has(&a, NOW, "k1"));
	assert_true(has(&b, NOW, "k2"));
	assert_int_equal(state_of(&a, NOW), BA_KEYS_FINAL);
	assert_int_equal(begin(&a, NOW + 29), BA_ERR_UNAVAIL);
	assert_int_equal(ask(&a, NOW + 30, jwks_3), BA_OK);
	assert_true(has(&a, NOW + 30, "k3"));
	/* Said once by each. */
	assert_int_equal(t.lines, 2);
	stop(&a);
	stop(&b);
}

#define SERIAL_1 "0123456789abcdef"
#define SERIAL_2 "fedcba9876543210"

/* Which asking it was is told by its serial, not by when it ended. */
static void
test_V38_askings_are_told_apart(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	put_keys(&a, jwks_1, NOW, NOW + 100);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + 20);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_2 "done", NOW + 20);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_2 "done", NOW + 21);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	stop(&a);
	stop(&b);
}

/* A stamp that we would not write holds nobody up. */
static void
test_stamp_is_unusable(void **state)
{
	static const struct {
		const char *stamp;
		enum ba_keys_state want;
	} cases[] = {
		{ SERIAL_1 "asking", BA_KEYS_WAIT },
		{ SERIAL_1 "done", BA_KEYS_FINAL },
		{ SERIAL_1 "failed", BA_KEYS_FAILED },
		{ "", BA_KEYS_MAY_ASK },
		{ "done", BA_KEYS_MAY_ASK },
		{ SERIAL_1, BA_KEYS_MAY_ASK },
		{ SERIAL_1 "ended", BA_KEYS_MAY_ASK },
		{ SERIAL_1 "done and much more", BA_KEYS_MAY_ASK },
	};
	struct broker a, b;
	size_t i;

	(void)state;
	start(&a, t.path);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(&a, BA_SPACE_ATTEMPT, cases[i].stamp, NOW + 5);
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(state_of(&b, NOW), cases[i].want);
		assert_int_equal(begin(&b, NOW),
		    cases[i].want == BA_KEYS_MAY_ASK ? BA_OK
		    : cases[i].want == BA_KEYS_WAIT  ? BA_ERR_BUSY
						     : BA_ERR_UNAVAIL);
		stop(&b);
	}
	stop(&a);
}

static int
last(struct broker *b, int64_t now)
{
	struct ba_keys_info info;

	ba_keys_info(b->keys, &t.issuer[0], now, &info);
	return info.last;
}

/*
 * Whoever comes after a failed asking (a restart, a reload, a spawned broker)
 * knows the keys of before, and that there may be others.
 */
static void
test_V38_failure_is_known_to_the_next_broker(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	assert_int_equal(last(&a, NOW), BA_OK);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_int_equal(begin(&a, NOW + 60), BA_OK);
	assert_int_equal(feed_error(&a, NOW + 60, BA_ERR_HTTP), BA_ERR_HTTP);
	assert_int_equal(state_of(&a, NOW + 60), BA_KEYS_FAILED);
	assert_int_equal(last(&a, NOW + 60), BA_ERR_HTTP);
	stop(&a);
	start(&b, t.path);
	assert_true(has(&b, NOW + 61, "k1"));
	assert_int_equal(state_of(&b, NOW + 61), BA_KEYS_FAILED);
	assert_int_equal(begin(&b, NOW + 61), BA_ERR_UNAVAIL);
	/* The twin: the issuer answers again. */
	assert_int_equal(ask(&b, NOW + 90, jwks_1), BA_OK);
	assert_int_equal(last(&b, NOW + 90), BA_OK);
	stop(&b);
	start(&b, t.path);
	assert_true(has(&b, NOW + 91, "k1"));
	assert_int_equal(state_of(&b, NOW + 91), BA_KEYS_FINAL);
	stop(&b);
}

/* What was fetched under one ca_file says nothing under another. */
static void
test_MD06_ca_files_share_nothing(void **state)
{
	static const char *const other[] = { NULL, "", "/nowhere/ca.pe",
		"/nowhere/ca.pem2" };
	struct broker b;
	size_t i;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	stop(&b);
	for (i = 0; i < 4; i++) {
		t.issuer[0].ca_file = other[i];
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
		stop(&b);
	}
	t.issuer[0].ca_file = CA;
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	stop(&b);
}

static void
test_MD06_issuers_share_nothing(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_null(ba_keys_get(b.keys, &t.issuer[1], NOW));
	assert_int_equal(
	    ba_keys_state(b.keys, &t.issuer[1], NOW), BA_KEYS_MAY_ASK);
	assert_int_equal(
	    ba_keys_begin(b.keys, &t.issuer[1], NOW, false, &b.request), BA_OK);
	assert_string_equal(b.request.url,
	    "https://id.example.org/guests/.well-known/"
	    "openid-configuration");
	assert_null(b.request.ca_file);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
}

static void
test_MD06_issuer_of_another_configuration(void **state)
{
	struct ba_issuer other;
	struct broker b;

	(void)state;
	other = t.issuer[0];
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_null(ba_keys_get(b.keys, &other, NOW));
	assert_int_equal(
	    ba_keys_state(b.keys, &other, NOW + 60), BA_KEYS_FAILED);
	assert_null(ba_keys_metadata(b.keys, &other, NOW));
	ba_keys_abandon(b.keys, &other, NOW);
	assert_int_equal(
	    ba_keys_begin(b.keys, &other, NOW + 60, true, &b.request),
	    BA_ERR_INTERNAL);
	assert_non_null(ba_keys_get(b.keys, &t.issuer[0], NOW));
	stop(&b);
}

/* The same of a ca_directory, and no name is another's by where it ends. */
static void
test_MD06_ca_directories_share_nothing(void **state)
{
	static const struct {
		const char *file, *directory;
	} other[] = { { NULL, NULL }, { "/certs", NULL }, { NULL, "/cert" },
		{ NULL, "/certs/" }, { "", "" }, { "/certs", "/certs" } };
	struct broker b;
	size_t i;

	(void)state;
	t.issuer[0].ca_file = NULL;
	t.issuer[0].ca_directory = "/certs";
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	stop(&b);
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		t.issuer[0].ca_file = other[i].file;
		t.issuer[0].ca_directory = other[i].directory;
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
		stop(&b);
	}
	t.issuer[0].ca_file = NULL;
	t.issuer[0].ca_directory = "/certs";
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
}

/*
 * A storm: two processes, a thousand tokens each second with kids that nobody
 * has.  Each asks when it may; the issuer is asked once a cooldown.
 */
static void
test_V38_storm(void **state)
{
	struct broker b[2], *who;
	unsigned asked = 0, tokens = 0;
	uint32_t random = 1;
	char kid[32];
	int64_t now;
	int r;

	(void)state;
	start(&b[0], t.path);
	start(&b[1], t.path);
	assert_int_equal(ask(&b[0], NOW, jwks_1), BA_OK);
	assert_true(has(&b[1], NOW, "k1"));
	for (now = NOW + 30; now < NOW + 90; now++) {
		for (; tokens < 1000U / 60 * (now - NOW - 29); tokens++) {
			random = random * 1664525 + 1013904223;
			who = &b[random >> 31];
			(void)snprintf(kid, sizeof(kid), "%08x", random);
			assert_false(has(who, now, kid));
			r = begin(who, now);
			if (r != BA_OK) {
				assert_true(
				    r == BA_ERR_BUSY || r == BA_ERR_UNAVAIL);
				continue;
			}
			asked++;
			/* After a failure the metadata comes first. */
			if (strcmp(who->request.url, OIDC_URL) == 0)
				assert_int_equal(
				    feed(who, now, META), BA_ERR_NEED_KEYS);
			assert_string_equal(who->request.url, URI);
			assert_int_equal(
			    feed(who, now, asked % 2 ? EMPTY_SET : jwks_1),
			    asked % 2 ? BA_ERR_JWKS : BA_OK);
		}
		assert_true(has(&b[0], now, "k1"));
		assert_true(has(&b[1], now, "k1"));
	}
	assert_true(tokens >= 960);
	assert_int_equal(asked, 2);
	stop(&b[0]);
	stop(&b[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_keys_are_kept_for_the_next_broker),
		SCENE(test_V38_another_broker_asks),
		SCENE(test_MD05_another_broker_sees_the_rotation),
		SCENE(test_asking_broker_dies),
		SCENE(test_V38_one_of_many_asks),
		SCENE(test_without_store),
		SCENE(test_broken_store),
		SCENE(test_V38_askings_are_told_apart),
		SCENE(test_stamp_is_unusable),
		SCENE(test_V38_failure_is_known_to_the_next_broker),
		SCENE(test_MD06_ca_files_share_nothing),
		SCENE(test_MD06_issuers_share_nothing),
		SCENE(test_MD06_issuer_of_another_configuration),
		SCENE(test_MD06_ca_directories_share_nothing),
		SCENE(test_V38_storm),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
