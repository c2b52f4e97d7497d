/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/fetcher.h"

/*
 * The fetcher with a clock of its own and this program as its helper, by
 * names that say how it behaves.  What comes of answers is in test_keys and
 * test_broker.
 */
#define ISS(c) "https://" c ".example.org"

static char dir[64];

struct fixture {
	int64_t now;
	struct ba_clock clock;
	struct ba_loop *loop;
	struct ba_engine *engine;
	struct ba_errands *errands;
	struct ba_fetcher *fetcher;
	int ended;
};

struct waiting {
	struct ba_waiter w;
	int n;
	int err;
};

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

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
woken(void *arg, int err)
{
	struct waiting *w = arg;

	w->n++;
	w->err = err;
}

static void
asking_ended(void *arg)
{
	struct fixture *f = arg;

	f->ended++;
}

static void
make(struct fixture *f, const char *helper)
{
	char conf[128];
	const struct ba_engine_options o = {
		.config = conf,
		.trusted_uid = geteuid(),
	};

	snprintf(conf, sizeof(conf), "%s", in_dir("conf"));
	memset(f, 0, sizeof(*f));
	f->now = INT64_C(1700000000) * 1000;
	f->clock = (struct ba_clock){ fake_wall, fake_ms, &f->now };
	assert_int_equal(ba_loop_new(&f->clock, &f->loop), BA_OK);
	assert_int_equal(ba_engine_load(&o, &f->engine), BA_OK);
	assert_int_equal(
	    ba_errands_new(f->loop, in_dir(helper), NULL, &f->errands), BA_OK);
	assert_int_equal(
	    ba_fetcher_new(f->loop, &f->clock, f->errands, NULL, &f->fetcher),
	    BA_OK);
	ba_fetcher_tell(f->fetcher, asking_ended, f);
}

static void
unmake(struct fixture *f)
{
	ba_errands_free(f->errands);
	ba_fetcher_free(f->fetcher);
	ba_engine_unref(f->engine);
	ba_loop_free(f->loop);
}

static int
need(struct fixture *f, unsigned issuer, struct waiting *w)
{
	memset(w, 0, sizeof(*w));
	w->w.woken = woken;
	w->w.arg = w;
	return ba_fetcher_need(
	    f->fetcher, f->engine, &f->engine->config->issuers[issuer], &w->w);
}

/* What came of this process's last asking. */
static int
last(struct fixture *f, unsigned issuer)
{
	struct ba_keys_info i;

	ba_keys_info(f->engine->keys, &f->engine->config->issuers[issuer],
	    f->now / 1000, &i);
	return i.last;
}

/* Let things happen, with the fake clock standing still. */
static void
turn(struct fixture *f, struct waiting *until)
{
	int i;

	for (i = 0; i < 100 && (until == NULL || until->n == 0); i++) {
		assert_int_equal(ba_loop_once(f->loop, 0), BA_OK);
		if (until == NULL && i > 2)
			break;
		usleep(until == NULL ? 0 : 10000);
	}
}

/* A helper that says nothing is ended when its time is up, and no sooner. */
static void
V38_hung_helper(void **state)
{
	struct fixture f;
	struct waiting w[3], late;

	(void)state;
	make(&f, "fake-hang");
	assert_int_equal(need(&f, 0, &w[0]), BA_OK);
	assert_int_equal(need(&f, 0, &w[1]), BA_OK);
	assert_int_equal(need(&f, 1, &w[2]), BA_OK);
	assert_true(ba_fetcher_asking(f.engine, &f.engine->config->issuers[0]));
	f.now += BA_KEYS_REQUEST_MS;
	turn(&f, NULL);
	assert_int_equal(w[0].n + w[1].n + w[2].n, 0);
	assert_true(ba_errands_helper_runs(f.errands));
	f.now += 1000;
	turn(&f, NULL);
	assert_int_equal(w[0].n, 1);
	assert_int_equal(w[1].n, 1);
	assert_int_equal(w[2].n, 1); /* it went with the helper */
	assert_int_equal(w[0].err, BA_ERR_TIMEOUT);
	assert_int_equal(f.ended, 2);
	assert_int_equal(ba_fetcher_count(f.fetcher), 0);
	assert_false(ba_errands_helper_runs(f.errands));
	assert_false(
	    ba_fetcher_asking(f.engine, &f.engine->config->issuers[0]));
	assert_int_equal(last(&f, 0), BA_ERR_HTTP);
	/* The issuer is left alone for a while, and then asked again. */
	assert_int_equal(need(&f, 0, &late), BA_ERR_UNAVAIL);
	f.now += (BA_KEYS_COOLDOWN + 1) * 1000;
	assert_int_equal(need(&f, 0, &late), BA_OK);
	assert_true(ba_errands_helper_runs(f.errands));
	unmake(&f);
	assert_int_equal(late.n, 0);
}

static void
helper_that_ends(void **state)
{
	struct fixture f;
	struct waiting w[2];

	(void)state;
	make(&f, "fake-exit");
	assert_int_equal(need(&f, 0, &w[0]), BA_OK);
	assert_int_equal(need(&f, 0, &w[1]), BA_OK);
	turn(&f, &w[0]);
	assert_int_equal(w[0].n, 1);
	assert_int_equal(w[1].n, 1);
	assert_int_equal(w[0].err, BA_ERR_PROTOCOL);
	unmake(&f);
}

static void
helper_that_is_not_there(void **state)
{
	struct fixture f;
	struct waiting w;

	(void)state;
	make(&f, "none");
	assert_int_equal(need(&f, 0, &w), BA_ERR_SYSTEM);
	assert_int_equal(last(&f, 0), BA_ERR_HTTP);
	assert_false(w.w.waiting);
	assert_int_equal(need(&f, 0, &w), BA_ERR_UNAVAIL);
	turn(&f, NULL);
	assert_int_equal(w.n, 0);
	unmake(&f);
}

/* Nonsense of the helper ends it; nothing in it is believed. */
static void
helper_that_raves(void **state)
{
	struct fixture f;
	struct waiting w;

	(void)state;
	make(&f, "fake-rave");
	assert_int_equal(need(&f, 0, &w), BA_OK);
	turn(&f, &w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.err, BA_ERR_PROTOCOL);
	assert_false(ba_errands_helper_runs(f.errands));
	unmake(&f);
}

static void
who_gives_up_is_not_woken(void **state)
{
	struct fixture f;
	struct waiting w[2];

	(void)state;
	make(&f, "fake-hang");
	assert_int_equal(need(&f, 0, &w[0]), BA_OK);
	assert_int_equal(need(&f, 0, &w[1]), BA_OK);
	ba_waiter_cancel(&w[0].w);
	ba_waiter_cancel(&w[0].w);
	f.now += BA_KEYS_ASKING * 1000;
	turn(&f, NULL);
	assert_int_equal(w[0].n, 0);
	assert_int_equal(w[1].n, 1);
	unmake(&f);
}

/* In the background nobody waits, and who comes later waits for the same. */
static void
V38_an_asking_for_nobody(void **state)
{
	const struct ba_issuer *issuer;
	struct fixture f;
	struct waiting w;

	(void)state;
	make(&f, "fake-exit");
	issuer = &f.engine->config->issuers[0];
	assert_int_equal(
	    ba_fetcher_refresh(f.fetcher, f.engine, issuer, false), BA_OK);
	assert_int_equal(
	    ba_fetcher_refresh(f.fetcher, f.engine, issuer, false), BA_OK);
	assert_int_equal(ba_fetcher_count(f.fetcher), 1);
	assert_int_equal(need(&f, 0, &w), BA_OK);
	assert_int_equal(ba_fetcher_count(f.fetcher), 1);
	turn(&f, &w);
	assert_int_equal(w.err, BA_ERR_PROTOCOL);
	assert_int_equal(f.ended, 1);
	/* In its cooldown, unless an administrator wants it. */
	assert_int_equal(ba_fetcher_refresh(f.fetcher, f.engine, issuer, false),
	    BA_ERR_UNAVAIL);
	assert_int_equal(
	    ba_fetcher_refresh(f.fetcher, f.engine, issuer, true), BA_OK);
	unmake(&f);
	assert_int_equal(w.n, 1);
}

/* --- errands, by whomever --------------------------------------------------- */

/* Of so many bytes they fill three MiB, and what the socket takes. */
#define FORMS 58

struct errand {
	struct ba_errand e;
	int n, err;
};

static void
errand_ended(void *arg, int err, const struct ba_http_response *response)
{
	struct errand *e = arg;

	assert_null(response);
	e->n++;
	e->err = err;
}

static int
send_errand(struct fixture *f, struct errand *e, const struct ba_buf *form,
    unsigned timeout_ms)
{
	const struct ba_http_request request = {
		.url = ISS("a") "/ask",
		.timeout_ms = timeout_ms,
		.form = form,
		.pool = form != NULL,
	};

	memset(e, 0, sizeof(*e));
	e->e.ended = errand_ended;
	e->e.arg = e;
	return ba_errand_send(f->errands, &e->e, &request);
}

/*
 * The helper has places for all: questions leave some for keys, and an asking
 * that has none is not begun, for which nobody is told of a failure.
 */
static void
V49_as_many_as_the_helper_holds(void **state)
{
	static struct errand e[BA_ERRANDS_MAX + 1];
	const struct ba_issuer *issuer;
	struct ba_buf form;
	struct fixture f;
	struct waiting w;
	unsigned i, n = 0;

	(void)state;
	make(&f, "fake-hang");
	issuer = &f.engine->config->issuers[0];
	ba_buf_init(&form, 64);
	assert_int_equal(ba_buf_append_str(&form, "token=x"), BA_OK);
	for (; n < BA_ERRANDS_QUESTIONS; n++)
		assert_int_equal(send_errand(&f, &e[n], &form, 1000), BA_OK);
	assert_false(ba_errands_room(f.errands, true));
	assert_int_equal(send_errand(&f, &e[n], &form, 1000), BA_ERR_BUSY);
	assert_false(e[n].e.active);
	for (; n < BA_ERRANDS_MAX; n++)
		assert_int_equal(send_errand(&f, &e[n], NULL, 1000), BA_OK);
	assert_int_equal(send_errand(&f, &e[n], NULL, 1000), BA_ERR_BUSY);
	assert_int_equal(need(&f, 0, &w), BA_ERR_UNAVAIL);
	assert_int_equal(last(&f, 0), BA_OK);
	assert_int_equal(ba_keys_state(f.engine->keys, issuer, f.now / 1000),
	    BA_KEYS_MAY_ASK);
	/* They end, and there is room. */
	f.now += 1000 + BA_ERRAND_GRACE_MS;
	turn(&f, NULL);
	for (i = 0; i < n; i++)
		assert_int_equal(e[i].n, 1);
	assert_true(ba_errands_room(f.errands, true));
	assert_int_equal(need(&f, 0, &w), BA_OK);
	ba_buf_wipe(&form);
	unmake(&f);
}

/* What a helper does not read: tokens leave room for askings for keys. */
static void
V49_tokens_leave_room_for_keys(void **state)
{
	static struct errand e[FORMS + 1];
	struct ba_buf form;
	struct fixture f;
	struct waiting w[2];
	unsigned char *p;
	int i, r = BA_OK;

	(void)state;
	make(&f, "fake-hang");
	ba_buf_init(&form, 64 * 1024);
	assert_int_equal(ba_buf_reserve(&form, 64 * 1024, &p), BA_OK);
	memset(p, 'x', 64 * 1024);
	memcpy(p, "token=", 6);
	ba_buf_commit(&form, 64 * 1024);
	for (i = 0; i <= FORMS && r == BA_OK; i++)
		r = send_errand(&f, &e[i], &form, 1000);
	assert_int_equal(r, BA_ERR_BUSY);
	assert_in_range(i, 48, FORMS);
	assert_int_equal(need(&f, 0, &w[0]), BA_OK);
	assert_int_equal(need(&f, 1, &w[1]), BA_OK);
	ba_buf_wipe(&form);
	unmake(&f);
}

/* One helper for all: it ends when one is late, and only that one's issuer has
   been silent for all of its time. */
static void
V49_one_is_late(void **state)
{
	struct errand late, other;
	struct fixture f;

	(void)state;
	make(&f, "fake-hang");
	assert_int_equal(send_errand(&f, &late, NULL, 100), BA_OK);
	assert_int_equal(send_errand(&f, &other, NULL, 29000), BA_OK);
	f.now += 100 + BA_ERRAND_GRACE_MS - 1;
	turn(&f, NULL);
	assert_int_equal(late.n + other.n, 0);
	f.now += 1;
	turn(&f, NULL);
	assert_int_equal(late.n, 1);
	assert_int_equal(late.err, BA_ERR_TIMEOUT);
	assert_int_equal(other.n, 1);
	assert_int_equal(other.err, BA_ERR_UNAVAIL);
	unmake(&f);
}

/* A reload lets go of the old engine: what is under way keeps it. */
static void
the_engine_lives_as_long_as_its_asking(void **state)
{
	struct fixture f;
	struct waiting w;

	(void)state;
	make(&f, "fake-hang");
	assert_int_equal(need(&f, 0, &w), BA_OK);
	assert_int_equal(f.engine->refs, 2);
	ba_engine_unref(f.engine);
	f.engine = NULL;
	f.now += BA_KEYS_ASKING * 1000;
	turn(&f, NULL);
	assert_int_equal(w.n, 1);
	unmake(&f);
}

static int
helper_main(const char *name)
{
	(void)alarm(30);
	if (strcmp(name, "fake-exit") == 0)
		return 0;
	if (strcmp(name, "fake-rave") == 0 && write(3, "hello there", 11) < 0)
		return 1;
	for (;;)
		(void)pause();
}

static int
set_up(void **state)
{
	static const char *const fakes[] = { "fake-hang", "fake-exit",
		"fake-rave" };
	char self[512];
	ssize_t n;
	size_t i;
	FILE *f;

	(void)state;
	umask(022);
	strcpy(dir, "/tmp/ba_fetcher_XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return -1;
	self[n] = '\0';
	for (i = 0; i < 3; i++) {
		if (symlink(self, in_dir(fakes[i])) != 0)
			return -1;
	}
	f = fopen(in_dir("conf"), "w");
	if (f == NULL)
		return -1;
	fputs("[issuer " ISS("a") "]\naudience = x\nusername = sub\n"
				  "[issuer " ISS(
				      "b") "]\naudience = x\nusername = sub\n",
	    f);
	return fclose(f);
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "fake-hang", "fake-exit",
		"fake-rave", "conf" };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		(void)unlink(in_dir(names[i]));
	return rmdir(dir);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(V38_hung_helper),
		cmocka_unit_test(helper_that_ends),
		cmocka_unit_test(helper_that_is_not_there),
		cmocka_unit_test(helper_that_raves),
		cmocka_unit_test(who_gives_up_is_not_woken),
		cmocka_unit_test(V38_an_asking_for_nobody),
		cmocka_unit_test(V49_as_many_as_the_helper_holds),
		cmocka_unit_test(V49_tokens_leave_room_for_keys),
		cmocka_unit_test(V49_one_is_late),
		cmocka_unit_test(the_engine_lives_as_long_as_its_asking),
	};
	const char *name = strrchr(argv[0], '/');

	(void)argc;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fake-", 5) == 0)
		return helper_main(name);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
