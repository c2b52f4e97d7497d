/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Brokers that share one store, and are stopped and killed at any moment.
 *
 *	store_stress [kills [workers [seed]]]
 *
 * Workers put, get and add on one file; their parent stops, continues and
 * kills them, by their process ids, and starts others in their place.
 * Whatever happens to one, every call of another one ends in time, no value
 * is ever torn, no name is added twice, and the file stays whole.
 */
#include "config.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/clock.h"
#include "common/store/store.h"

#define WORKERS_MAX 16
#define BUSY_MS     150
#define SLACK_MS    300 /* as the promise is made, for two busy cores */
#define STOP_MS     500 /* longest stop: longer than the patience */
#define NAMES       40
#define VALUE_MAX   200000
#define TURNS       (1 << 20) /* names for add, each used for a moment */
#define GIVE_UP_MS  120000
#define NOW         1700000000
#define LATER       (NOW + 1000)

/* In memory shared by all: it outlives whoever is killed. */
struct slot {
	_Atomic int64_t since; /* start of the call under way, or 0 */
	_Atomic int64_t longest; /* of calls it was not stopped in, ms */
	_Atomic unsigned calls, unanswered, errors, torn, damaged;
};

static struct shared {
	struct slot slot[WORKERS_MAX];
	_Atomic unsigned turn;
	_Atomic bool over;
	_Atomic unsigned char added[TURNS];
} * shared;

static char path[128];
static uint64_t seed;
static volatile sig_atomic_t continued;

static uint64_t
rnd(uint64_t below)
{
	/* xorshift64*, so that a seed repeats what can be repeated */
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (seed * UINT64_C(2685821657736338717) >> 16) % below;
}

static int64_t
mono(void)
{
	return ba_clock_mono_ms(&ba_clock_system);
}

/* A value: its own length, noise, and a sum over all of it. */
static uint64_t
sum(const unsigned char *p, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);

	while (n-- > 0)
		h = (h ^ *p++) * UINT64_C(1099511628211);
	return h;
}

/* Mostly small, now and then of many pages. */
static size_t
make_value(unsigned char *p)
{
	uint64_t n = 16 + rnd(rnd(64) == 0 ? VALUE_MAX - 16 : 3000), i, h;

	memcpy(p, &n, 8);
	for (i = 8; i < n - 8; i++)
		p[i] = (unsigned char)rnd(256);
	h = sum(p, n - 8);
	memcpy(p + n - 8, &h, 8);
	return n;
}

static bool
is_whole(const unsigned char *p, size_t n)
{
	uint64_t h, len;

	if (n < 16)
		return false;
	memcpy(&len, p, 8);
	memcpy(&h, p + n - 8, 8);
	return len == n && h == sum(p, n - 8);
}

/* The worker. */

static void
on_continue(int signo)
{
	(void)signo;
	continued = 1;
}

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	struct slot *slot = arg;

	(void)level;
	if (strstr(text, "damaged") != NULL)
		slot->damaged++;
}

static int
one_call(struct ba_store *s, struct slot *slot, unsigned char *value,
    struct ba_buf *b)
{
	unsigned turn, name = (unsigned)rnd(NAMES);
	int r;

	switch (rnd(4)) {
	case 0:
		return ba_store_put(s, BA_SPACE_KEYS, &name, sizeof(name),
		    value, make_value(value), NOW, LATER, BA_REACH_SHARED);
	case 1:
		turn = shared->turn % TURNS;
		r = ba_store_add(s, BA_SPACE_ATTEMPT, &turn, sizeof(turn),
		    value, make_value(value), NOW, LATER, BA_REACH_SHARED);
		if (r == BA_OK)
			shared->added[turn]++;
		return r;
	default:
		ba_buf_clear(b);
		r = ba_store_get(
		    s, BA_SPACE_KEYS, &name, sizeof(name), NOW, b, NULL);
		if (r == BA_OK && !is_whole(b->p, b->len))
			slot->torn++;
		return r;
	}
}

static void
timed_call(struct ba_store *s, struct slot *slot, unsigned char *value,
    struct ba_buf *b)
{
	int64_t start, took;
	int r;

	continued = 0;
	start = mono();
	slot->since = start;
	r = one_call(s, slot, value, b);
	slot->since = 0;
	took = mono() - start;
	/* Time that it was stopped itself is nobody's fault. */
	if (!continued && took > slot->longest)
		slot->longest = took;
	slot->calls++;
	if (r == BA_ERR_STORE)
		slot->unanswered++;
	else if (r != BA_OK && r != BA_ERR_NOT_FOUND && r != BA_ERR_EXISTS)
		slot->errors++;
}

static void
work(struct slot *slot)
{
	const struct ba_log log = { .line = take_line, .arg = slot };
	const struct ba_store_options o = {
		.path = path, .busy_ms = BUSY_MS, .max_entries = 1, .log = &log
	};
	unsigned char *value = malloc(VALUE_MAX);
	struct sigaction sa = { .sa_handler = on_continue,
		.sa_flags = SA_RESTART };
	struct ba_store *s;
	struct ba_buf b;
	unsigned i;

	(void)sigaction(SIGCONT, &sa, NULL);
	ba_buf_init(&b, BA_STORE_VALUE_MAX);
	while (value != NULL && !shared->over) {
		/* Opened again and again, as by brokers that are spawned. */
		if (ba_store_open(&o, &s) != BA_OK)
			_exit(1);
		for (i = (unsigned)rnd(200); i > 0 && !shared->over; i--)
			timed_call(s, slot, value, &b);
		ba_store_close(s);
	}
	ba_buf_wipe(&b);
	free(value);
	_exit(0);
}

/* The parent. */

static struct worker {
	pid_t pid;
	int64_t stopped; /* when, or 0 */
	int64_t wake; /* when to continue it */
	int64_t continued; /* when it last was */
} workers[WORKERS_MAX];

static unsigned n_workers = 6, stops, kills;

static bool
start(unsigned i)
{
	struct worker *w = &workers[i];

	memset(w, 0, sizeof(*w));
	shared->slot[i].since = 0;
	w->pid = fork();
	if (w->pid == 0) {
		seed = seed * 2862933555777941757u + i + kills + 1;
		work(&shared->slot[i]);
	}
	return w->pid > 0;
}

/* A call that has not ended yet counts as well. */
static void
watch(unsigned i, int64_t now)
{
	struct slot *slot = &shared->slot[i];
	int64_t since = slot->since;

	if (since == 0 || workers[i].stopped != 0 ||
	    workers[i].continued >= since)
		return;
	if (now - since > slot->longest)
		slot->longest = now - since;
}

static void
resume(struct worker *w, int64_t now)
{
	w->stopped = 0;
	w->continued = now;
	(void)kill(w->pid, SIGCONT);
}

static bool
strike(unsigned i, int64_t now)
{
	struct worker *w = &workers[i];

	if (rnd(2) == 0 && w->stopped == 0) {
		stops++;
		w->stopped = now;
		w->wake = now + (int64_t)rnd(STOP_MS);
		return kill(w->pid, SIGSTOP) == 0;
	}
	kills++;
	if (kill(w->pid, SIGKILL) != 0 || waitpid(w->pid, NULL, 0) != w->pid)
		return false;
	return start(i);
}

static bool
rage(unsigned n_kills)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int64_t began = mono(), next = began, now;
	unsigned i;

	while (kills < n_kills) {
		now = mono();
		if (now - began > GIVE_UP_MS)
			return false;
		shared->turn++;
		for (i = 0; i < n_workers; i++) {
			watch(i, now);
			if (workers[i].stopped != 0 && now >= workers[i].wake)
				resume(&workers[i], now);
		}
		if (now >= next) {
			if (!strike((unsigned)rnd(n_workers), now))
				return false;
			next = now + (int64_t)rnd(120);
		}
		(void)nanosleep(&ms, NULL);
	}
	return true;
}

static bool
end_workers(void)
{
	bool good = true;
	int status;
	unsigned i;

	shared->over = true;
	for (i = 0; i < n_workers; i++)
		resume(&workers[i], mono());
	for (i = 0; i < n_workers; i++)
		good = waitpid(workers[i].pid, &status, 0) == workers[i].pid &&
		       status == 0 && good;
	return good;
}

static unsigned number;
static bool failed;

static void
tap(bool good, const char *what)
{
	failed = failed || !good;
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++number, what);
}

/* When all that was added has ended: many kills fill the file to its limit. */
#define AFTER (LATER + 1)

static bool
opens_again(void)
{
	const struct ba_store_options o = { .path = path, .busy_ms = BUSY_MS };
	struct ba_store *s;
	struct ba_buf b;
	bool good;

	if (ba_store_open(&o, &s) != BA_OK)
		return false;
	ba_buf_init(&b, 16);
	good = ba_store_put(s, BA_SPACE_LOGIN, "n", 1, "v", 1, AFTER,
		   AFTER + 1000, BA_REACH_SHARED) == BA_OK;
	ba_store_close(s);
	good = good && ba_store_open(&o, &s) == BA_OK;
	if (!good)
		return false;
	good =
	    ba_store_get(s, BA_SPACE_LOGIN, "n", 1, AFTER, &b, NULL) == BA_OK &&
	    strcmp(ba_buf_str(&b), "v") == 0;
	ba_store_close(s);
	ba_buf_wipe(&b);
	return good;
}

/* Every row of the file, and the file as a whole, by SQLite's own check. */
static bool
is_intact(unsigned *rowsp)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	bool good;

	good = sqlite3_open(path, &db) == SQLITE_OK &&
	       sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt,
		   NULL) == SQLITE_OK &&
	       sqlite3_step(stmt) == SQLITE_ROW &&
	       strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0;
	(void)sqlite3_finalize(stmt);
	stmt = NULL;
	good = good && sqlite3_prepare_v2(db,
			   "SELECT value FROM entries WHERE space < 3", -1,
			   &stmt, NULL) == SQLITE_OK;
	while (good && sqlite3_step(stmt) == SQLITE_ROW) {
		good = is_whole(sqlite3_column_blob(stmt, 0),
		    (size_t)sqlite3_column_bytes(stmt, 0));
		++*rowsp;
	}
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	return good;
}

static void
report(void)
{
	unsigned i, calls = 0, unanswered = 0, errors = 0, torn = 0;
	unsigned damaged = 0, adds = 0, twice = 0, rows = 0;
	int64_t longest = 0;
	char aside[160];

	for (i = 0; i < n_workers; i++) {
		calls += shared->slot[i].calls;
		unanswered += shared->slot[i].unanswered;
		errors += shared->slot[i].errors;
		torn += shared->slot[i].torn;
		damaged += shared->slot[i].damaged;
		if (shared->slot[i].longest > longest)
			longest = shared->slot[i].longest;
	}
	for (i = 0; i < TURNS; i++) {
		adds += shared->added[i];
		twice += shared->added[i] > 1;
	}
	(void)snprintf(aside, sizeof(aside), "%s.damaged", path);
	tap(longest <= BUSY_MS + SLACK_MS, "every call ends in time");
	tap(errors == 0, "no call fails but by \"unavailable\"");
	tap(torn == 0, "no value is torn");
	tap(adds > 0 && twice == 0, "no name is added twice");
	tap(damaged == 0 && access(aside, F_OK) != 0,
	    "the file is never found damaged");
	tap(calls / 2 > unanswered, "most calls are answered");
	tap(opens_again(), "the store opens again");
	tap(is_intact(&rows) && rows > 0, "the file and its values are whole");
	printf("# %u kills, %u stops, %u calls (%u unanswered), %u added,"
	       " %u rows; longest call %lld ms of %d allowed\n",
	    kills, stops, calls, unanswered, adds, rows, (long long)longest,
	    BUSY_MS + SLACK_MS);
}

static void
clean_up(const char *dir)
{
	static const char *const suffix[] = { "", "-wal", "-shm", ".damaged",
		".damaged-wal", ".damaged-shm" };
	char file[192];
	size_t i;

	for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		(void)snprintf(file, sizeof(file), "%s%s", path, suffix[i]);
		(void)unlink(file);
	}
	(void)rmdir(dir);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/ba_stress.XXXXXX";
	unsigned i, n_kills = 100;
	bool good = true;

	seed = (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
	if (argc > 1)
		n_kills = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		n_workers = (unsigned)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		seed = strtoull(argv[3], NULL, 10);
	if (n_workers < 2 || n_workers > WORKERS_MAX || seed == 0)
		return 2;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || mkdtemp(dir) == NULL)
		return 2;
	(void)snprintf(path, sizeof(path), "%s/store.db", dir);
	printf("1..9\n# seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	for (i = 0; i < n_workers; i++)
		good = start(i) && good;
	good = good && rage(n_kills);
	tap(end_workers() && good, "workers are killed and end as they should");
	report();
	clean_up(dir);
	return failed ? 1 : 0;
}
