/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/base/clock.h"
#include "common/store/store.h"
#include "common/store/store_memory.h"
#include "common/store/store_sqlite.h"

#define NOW     1700000000
#define LATER   (NOW + 100)
#define BUSY_MS 100
#define RACERS  6

/* A directory of its own for each test, and what was logged in it. */
static struct {
	char dir[64];
	char path[96];
	unsigned lines;
	char last[BA_LOG_LINE_MAX];
	pid_t stopped; /* a child that a failing test may leave */
} t;

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	(void)level;
	t.lines++;
	(void)snprintf(t.last, sizeof(t.last), "%s", text);
}

static const struct ba_log test_log = { .line = take_line };

static int
set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/ba_store.XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	(void)snprintf(t.path, sizeof(t.path), "%s/store.db", t.dir);
	return 0;
}

static void
empty(const char *dir)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			(void)remove(path);
	}
	if (d != NULL)
		(void)closedir(d);
}

static int
tear_down(void **state)
{
	(void)state;
	if (t.stopped > 0)
		(void)kill(t.stopped, SIGKILL);
	(void)chmod(t.dir, 0700);
	empty(t.dir);
	return rmdir(t.dir);
}

static unsigned
files(void)
{
	struct dirent *e;
	unsigned n = 0;
	DIR *d = opendir(t.dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static bool
exists(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", t.dir, name);
	return access(path, F_OK) == 0;
}

static struct ba_store *
open_with(const char *path, unsigned busy_ms, size_t max_entries)
{
	const struct ba_store_options o = {
		.path = path,
		.busy_ms = busy_ms,
		.max_entries = max_entries,
		.log = &test_log,
	};
	struct ba_store *s;

	assert_int_equal(ba_store_open(&o, &s), BA_OK);
	return s;
}

static struct ba_store *
open_file(void)
{
	return open_with(t.path, 2000, 0);
}

static int
put(struct ba_store *s, enum ba_space space, const char *name,
    const char *value)
{
	return ba_store_put(s, space, name, strlen(name), value, strlen(value),
	    NOW, LATER, BA_REACH_SHARED);
}

static int
add(struct ba_store *s, enum ba_space space, const char *name,
    const char *value)
{
	return ba_store_add(s, space, name, strlen(name), value, strlen(value),
	    NOW, LATER, BA_REACH_SHARED);
}

static int
forget(struct ba_store *s, enum ba_space space, const char *name)
{
	return ba_store_delete(s, space, name, strlen(name), BA_REACH_SHARED);
}

/* The error of a get; its value is compared with want where it succeeds. */
static int
get_at(struct ba_store *s, enum ba_space space, const char *name, int64_t now,
    const char *want)
{
	struct ba_buf b;
	int64_t expires = -1;
	int r;

	ba_buf_init(&b, 4096);
	r = ba_store_get(s, space, name, strlen(name), now, &b, &expires);
	if (r == BA_OK) {
		assert_string_equal(ba_buf_str(&b), want);
		assert_int_equal(expires, LATER);
	} else {
		assert_int_equal(b.len, 0);
		assert_int_equal(expires, 0);
	}
	ba_buf_wipe(&b);
	return r;
}

static int
get(struct ba_store *s, enum ba_space space, const char *name, const char *want)
{
	return get_at(s, space, name, NOW, want);
}

/* What holds with and without a file; *state tells which. */
static struct ba_store *
open_either(void **state)
{
	return *state == NULL ? open_with(NULL, 0, 0) : open_file();
}

static int
set_up_memory(void **state)
{
	*state = NULL;
	return set_up(NULL);
}

static int
set_up_file(void **state)
{
	*state = &t;
	return set_up(NULL);
}

static void
test_put_get_delete(void **state)
{
	struct ba_store *s = open_either(state);

	assert_int_equal(get(s, BA_SPACE_KEYS, "a", ""), BA_ERR_NOT_FOUND);
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "two"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", "two"), BA_OK);
	assert_int_equal(forget(s, BA_SPACE_KEYS, "a"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", ""), BA_ERR_NOT_FOUND);
	assert_int_equal(forget(s, BA_SPACE_KEYS, "a"), BA_OK);
	assert_int_equal(t.lines, 0);
	ba_store_close(s);
}

static void
test_spaces_and_names_are_apart(void **state)
{
	struct ba_store *s = open_either(state);

	assert_int_equal(put(s, BA_SPACE_KEYS, "n", "keys"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "n", "login"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "", "no name"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "empty", ""), BA_OK);
	assert_int_equal(ba_store_put(s, BA_SPACE_KEYS, "null", 4, NULL, 0, NOW,
			     LATER, BA_REACH_SHARED),
	    BA_OK);
	assert_int_equal(get(s, BA_SPACE_KEYS, "null", ""), BA_OK);
	assert_int_equal(get(s, BA_SPACE_KEYS, "n", "keys"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "n", "login"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "", "no name"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "empty", ""), BA_OK);
	assert_int_equal(get(s, BA_SPACE_ATTEMPT, "n", ""), BA_ERR_NOT_FOUND);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "N", ""), BA_ERR_NOT_FOUND);
	ba_store_close(s);
}

static void
test_entry_ends(void **state)
{
	static const enum ba_space spaces[] = { BA_SPACE_KEYS, BA_SPACE_ATTEMPT,
		BA_SPACE_LOGIN };
	struct ba_store *s;
	size_t i;

	for (i = 0; i < 3; i++) {
		s = open_either(state);
		assert_int_equal(put(s, spaces[i], "a", "one"), BA_OK);
		assert_int_equal(
		    get_at(s, spaces[i], "a", LATER - 1, "one"), BA_OK);
		assert_int_equal(
		    get_at(s, spaces[i], "a", LATER, ""), BA_ERR_NOT_FOUND);
		assert_int_equal(
		    get_at(s, spaces[i], "a", LATER + 1, ""), BA_ERR_NOT_FOUND);
		ba_store_close(s);
	}
}

static void
test_add_only_where_nothing_lives(void **state)
{
	struct ba_store *s = open_either(state);

	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "a", "one"), BA_OK);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "a", "two"), BA_ERR_EXISTS);
	assert_int_equal(get(s, BA_SPACE_ATTEMPT, "a", "one"), BA_OK);
	assert_int_equal(add(s, BA_SPACE_LOGIN, "a", "other"), BA_OK);
	/* alive to the last second, not at its end */
	assert_int_equal(ba_store_add(s, BA_SPACE_ATTEMPT, "a", 1, "two", 3,
			     LATER - 1, LATER, BA_REACH_SHARED),
	    BA_ERR_EXISTS);
	assert_int_equal(ba_store_add(s, BA_SPACE_ATTEMPT, "a", 1, "two", 3,
			     LATER, LATER + 100, BA_REACH_SHARED),
	    BA_OK);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "a", "three"), BA_ERR_EXISTS);
	assert_int_equal(forget(s, BA_SPACE_ATTEMPT, "a"), BA_OK);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "a", "three"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_ATTEMPT, "a", "three"), BA_OK);
	ba_store_close(s);
}

static void
test_get_appends(void **state)
{
	struct ba_store *s = open_either(state);
	struct ba_buf b;

	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	ba_buf_init(&b, 5);
	assert_int_equal(ba_buf_append_str(&b, "x="), BA_OK);
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_KEYS, "a", 1, NOW, &b, NULL), BA_OK);
	assert_string_equal(ba_buf_str(&b), "x=one");
	/* What was put in memory by the way is the value alone. */
	ba_buf_clear(&b);
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	ba_buf_wipe(&b);
	/* One byte less. */
	ba_buf_init(&b, 4);
	assert_int_equal(ba_buf_append_str(&b, "x="), BA_OK);
	assert_int_equal(ba_store_get(s, BA_SPACE_KEYS, "a", 1, NOW, &b, NULL),
	    BA_ERR_LIMIT);
	assert_string_equal(ba_buf_str(&b), "x=");
	ba_buf_wipe(&b);
	ba_store_close(s);
}

static void
test_value_limit(void **state)
{
	struct ba_store *s = open_either(state);
	char *big = calloc(1, BA_STORE_VALUE_MAX + 1);
	struct ba_buf b;

	assert_non_null(big);
	memset(big, 'v', BA_STORE_VALUE_MAX + 1);
	assert_int_equal(
	    ba_store_put(s, BA_SPACE_KEYS, "a", 1, big, BA_STORE_VALUE_MAX + 1,
		NOW, LATER, BA_REACH_SHARED),
	    BA_ERR_LIMIT);
	assert_int_equal(
	    ba_store_add(s, BA_SPACE_KEYS, "a", 1, big, BA_STORE_VALUE_MAX + 1,
		NOW, LATER, BA_REACH_SHARED),
	    BA_ERR_LIMIT);
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", ""), BA_ERR_NOT_FOUND);
	assert_int_equal(ba_store_put(s, BA_SPACE_KEYS, "a", 1, big,
			     BA_STORE_VALUE_MAX, NOW, LATER, BA_REACH_SHARED),
	    BA_OK);
	ba_buf_init(&b, BA_STORE_VALUE_MAX);
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_KEYS, "a", 1, NOW, &b, NULL), BA_OK);
	assert_int_equal(b.len, BA_STORE_VALUE_MAX);
	assert_memory_equal(b.p, big, BA_STORE_VALUE_MAX);
	ba_buf_wipe(&b);
	ba_store_close(s);
	free(big);
}

/* Memory alone. */

static void
test_memory_drops_the_oldest(void **state)
{
	struct ba_store *s = open_with(NULL, 0, 3);

	(void)state;
	assert_int_equal(put(s, BA_SPACE_LOGIN, "a", "1"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "b", "2"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "c", "3"), BA_OK);
	/* Reading does not make it younger, putting it again does. */
	assert_int_equal(get(s, BA_SPACE_LOGIN, "b", "2"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "a", "4"), BA_OK);
	assert_int_equal(put(s, BA_SPACE_LOGIN, "d", "5"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "a", "4"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "b", ""), BA_ERR_NOT_FOUND);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "c", "3"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "d", "5"), BA_OK);
	ba_store_close(s);
}

static void
test_memory_is_bounded_in_bytes(void **state)
{
	const unsigned n = BA_MEMORY_BYTES / BA_STORE_VALUE_MAX;
	struct ba_store *s = open_with(NULL, 0, 0);
	char *big = calloc(1, BA_STORE_VALUE_MAX);
	struct ba_buf b;
	unsigned i;
	int r;

	(void)state;
	assert_non_null(big);
	for (i = 0; i <= n; i++) {
		r = ba_store_put(s, BA_SPACE_KEYS, &i, sizeof(i), big,
		    BA_STORE_VALUE_MAX, NOW, LATER, BA_REACH_SHARED);
		assert_int_equal(r, BA_OK);
	}
	ba_buf_init(&b, BA_STORE_VALUE_MAX);
	i = 0;
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_KEYS, &i, sizeof(i), NOW, &b, NULL),
	    BA_ERR_NOT_FOUND);
	i = 1;
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_KEYS, &i, sizeof(i), NOW, &b, NULL),
	    BA_OK);
	ba_buf_wipe(&b);
	ba_store_close(s);
	free(big);
}

/* Reach, and which of memory and file answers. */

static void
test_process_reach_touches_no_disk(void **state)
{
	struct ba_store *s = open_file();
	enum ba_space space;
	int r;

	(void)state;
	assert_int_equal(files(), 0);
	for (space = BA_SPACE_KEYS; space <= BA_SPACE_LOGIN; space++) {
		r = ba_store_put(
		    s, space, "a", 1, "own", 3, NOW, LATER, BA_REACH_PROCESS);
		assert_int_equal(r, BA_OK);
		assert_int_equal(get(s, space, "a", "own"), BA_OK);
		r = ba_store_add(
		    s, space, "a", 1, "own", 3, NOW, LATER, BA_REACH_PROCESS);
		assert_int_equal(r, BA_ERR_EXISTS);
		r = ba_store_add(
		    s, space, "b", 1, "own", 3, NOW, LATER, BA_REACH_PROCESS);
		assert_int_equal(r, BA_OK);
		r = ba_store_delete(s, space, "b", 1, BA_REACH_PROCESS);
		assert_int_equal(r, BA_OK);
		assert_int_equal(files(), 0);
	}
	/* The twin: shared reach makes the file. */
	assert_int_equal(put(s, BA_SPACE_LOGIN, "c", "shared"), BA_OK);
	assert_true(exists("store.db"));
	ba_store_close(s);
}

static void
test_process_reach_hides_the_file(void **state)
{
	struct ba_store *a = open_file(), *b = open_file();

	(void)state;
	assert_int_equal(put(a, BA_SPACE_KEYS, "k", "shared"), BA_OK);
	assert_int_equal(ba_store_put(b, BA_SPACE_KEYS, "k", 1, "own", 3, NOW,
			     LATER, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(get(a, BA_SPACE_KEYS, "k", "shared"), BA_OK);
	assert_int_equal(get(b, BA_SPACE_KEYS, "k", "own"), BA_OK);
	assert_int_equal(add(b, BA_SPACE_KEYS, "k", "more"), BA_ERR_EXISTS);
	ba_store_close(a);
	ba_store_close(b);
}

static void
test_handles_see_each_other(void **state)
{
	static const enum ba_space news[] = { BA_SPACE_KEYS, BA_SPACE_ATTEMPT };
	struct ba_store *a = open_file(), *b = open_file();
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(put(a, news[i], "x", "one"), BA_OK);
		assert_int_equal(get(b, news[i], "x", "one"), BA_OK);
		assert_int_equal(put(a, news[i], "x", "two"), BA_OK);
		assert_int_equal(get(b, news[i], "x", "two"), BA_OK);
		assert_int_equal(add(b, news[i], "x", "no"), BA_ERR_EXISTS);
		assert_int_equal(forget(a, news[i], "x"), BA_OK);
		assert_int_equal(get(b, news[i], "x", ""), BA_ERR_NOT_FOUND);
		assert_int_equal(add(b, news[i], "x", "yes"), BA_OK);
		assert_int_equal(get(a, news[i], "x", "yes"), BA_OK);
		/* a's copy does not stand in the way once b has deleted. */
		assert_int_equal(forget(b, news[i], "x"), BA_OK);
		assert_int_equal(add(a, news[i], "x", "again"), BA_OK);
	}
	ba_store_close(a);
	ba_store_close(b);
}

static void
test_login_is_answered_by_memory(void **state)
{
	struct ba_store *a = open_file(), *b = open_file();

	(void)state;
	assert_int_equal(put(a, BA_SPACE_LOGIN, "id", "claims"), BA_OK);
	assert_int_equal(put(a, BA_SPACE_KEYS, "iss", "keys"), BA_OK);
	assert_int_equal(get(b, BA_SPACE_LOGIN, "id", "claims"), BA_OK);
	assert_int_equal(get(b, BA_SPACE_KEYS, "iss", "keys"), BA_OK);
	/* Without the file, memory knows both; beside an empty one, one. */
	assert_int_equal(chmod(t.dir, 0755), 0);
	ba_store_close(a);
	a = open_file();
	assert_int_equal(get(a, BA_SPACE_LOGIN, "id", ""), BA_ERR_STORE);
	assert_int_equal(get(b, BA_SPACE_LOGIN, "id", "claims"), BA_OK);
	empty(t.dir);
	assert_int_equal(chmod(t.dir, 0700), 0);
	assert_int_equal(get(b, BA_SPACE_LOGIN, "id", "claims"), BA_OK);
	assert_int_equal(files(), 0);
	assert_int_equal(get(b, BA_SPACE_KEYS, "iss", ""), BA_ERR_NOT_FOUND);
	ba_store_close(a);
	ba_store_close(b);
}

/* What the file looks like to others. */

/* Do the files of the directory hold these bytes? */
static bool
disk_holds(const char *text)
{
	static const char *const names[] = { "store.db", "store.db-wal" };
	bool found = false;
	char path[256], *p;
	struct stat st;
	size_t i;
	int fd;

	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", t.dir, names[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		p = malloc((size_t)st.st_size + 1);
		assert_non_null(p);
		assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
		found = found || memmem(p, (size_t)st.st_size, text,
				     strlen(text)) != NULL;
		free(p);
		(void)close(fd);
	}
	return found;
}

static void
test_no_name_on_disk(void **state)
{
	struct ba_store *s = open_file();

	(void)state;
	assert_int_equal(
	    put(s, BA_SPACE_LOGIN, "name-of-a-login", "value-of-it"), BA_OK);
	assert_int_equal(
	    put(s, BA_SPACE_KEYS, "https://issuer.example", "{}"), BA_OK);
	assert_true(disk_holds("value-of-it"));
	assert_false(disk_holds("name-of-a-login"));
	assert_false(disk_holds("issuer.example"));
	ba_store_close(s);
}

/* The first column of the first row, by SQLite itself. */
static void
ask_sqlite(const char *text, char *dst, size_t dstsz)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	(void)snprintf(
	    dst, dstsz, "%s", (const char *)sqlite3_column_text(stmt, 0));
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
}

static void
assert_sqlite_says(const char *text, const char *want)
{
	char got[128];

	ask_sqlite(text, got, sizeof(got));
	assert_string_equal(got, want);
}

static void
tell_sqlite(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

static void
test_each_file_has_its_own_key(void **state)
{
	struct ba_store *s;
	char name[2][80];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		s = open_file();
		assert_int_equal(put(s, BA_SPACE_LOGIN, "a", "b"), BA_OK);
		ba_store_close(s);
		s = open_file();
		assert_int_equal(get(s, BA_SPACE_LOGIN, "a", "b"), BA_OK);
		ba_store_close(s);
		assert_sqlite_says("SELECT count(*) FROM secret", "1");
		ask_sqlite(
		    "SELECT hex(name) FROM entries", name[i], sizeof(name[i]));
		assert_int_equal(strlen(name[i]), 64);
		empty(t.dir);
	}
	assert_string_not_equal(name[0], name[1]);
}

static mode_t
mode_of(const char *name)
{
	struct stat st;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", t.dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void
test_V22_files_are_closed_to_others(void **state)
{
	static const mode_t masks[] = { 0, 022, 0777 };
	struct ba_store *s;
	mode_t old;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		old = umask(masks[i]);
		s = open_file();
		assert_int_equal(put(s, BA_SPACE_KEYS, "a", "b"), BA_OK);
		(void)umask(old);
		assert_int_equal(mode_of("store.db"), 0600);
		assert_int_equal(mode_of("store.db-wal"), 0600);
		assert_int_equal(mode_of("store.db-shm"), 0600);
		ba_store_close(s);
		empty(t.dir);
	}
}

/*
 * Places that the store does not work in.  Memory goes on, one line says why,
 * and once the place is mended the same handle works.
 */
static void
assert_refused(struct ba_store *s, const char *why)
{
	t.lines = 0;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_ERR_STORE);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, why));
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	assert_int_equal(get(s, BA_SPACE_KEYS, "b", ""), BA_ERR_STORE);
	assert_int_equal(add(s, BA_SPACE_KEYS, "b", "x"), BA_ERR_STORE);
	assert_int_equal(get(s, BA_SPACE_KEYS, "b", ""), BA_ERR_STORE);
	assert_int_equal(forget(s, BA_SPACE_KEYS, "b"), BA_ERR_STORE);
	assert_int_equal(t.lines, 1);
}

static void
assert_works(struct ba_store *s)
{
	struct ba_store *other = open_file();

	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "two"), BA_OK);
	assert_int_equal(add(s, BA_SPACE_KEYS, "b", "x"), BA_OK);
	assert_int_equal(get(other, BA_SPACE_KEYS, "a", "two"), BA_OK);
	assert_int_equal(get(other, BA_SPACE_KEYS, "b", "x"), BA_OK);
	ba_store_close(other);
}

static void
test_PM11_directory_open_to_others(void **state)
{
	struct ba_store *s = open_file();

	(void)state;
	assert_int_equal(chmod(t.dir, 0710), 0);
	assert_refused(s, "open to others");
	assert_int_equal(files(), 0);
	assert_int_equal(chmod(t.dir, 0700), 0);
	assert_works(s);
	ba_store_close(s);
}

static void
test_no_directory(void **state)
{
	struct ba_store *s = open_file();

	(void)state;
	assert_int_equal(rmdir(t.dir), 0);
	assert_refused(s, "no directory");
	assert_int_equal(mkdir(t.dir, 0700), 0);
	assert_works(s);
	ba_store_close(s);
}

static void
test_directory_is_made_anew(void **state)
{
	struct ba_store *s = open_file();

	(void)state;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	empty(t.dir);
	assert_int_equal(rmdir(t.dir), 0);
	assert_int_equal(mkdir(t.dir, 0700), 0);
	/* It notices by failing once. */
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_ERR_STORE);
	assert_works(s);
	ba_store_close(s);
}

static void
test_PM11_file_open_to_others(void **state)
{
	struct ba_store *s = open_file();

	(void)state;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "zero"), BA_OK);
	ba_store_close(s);
	s = open_file();
	assert_int_equal(chmod(t.path, 0640), 0);
	assert_refused(s, "mode 0600");
	assert_int_equal(chmod(t.path, 0600), 0);
	assert_works(s);
	ba_store_close(s);
}

static void
test_PM11_file_is_a_link(void **state)
{
	struct ba_store *s = open_file();
	char target[128];

	(void)state;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "zero"), BA_OK);
	ba_store_close(s);
	(void)snprintf(target, sizeof(target), "%s/elsewhere", t.dir);
	assert_int_equal(rename(t.path, target), 0);
	assert_int_equal(symlink("elsewhere", t.path), 0);
	s = open_file();
	assert_refused(s, "not a file");
	assert_int_equal(unlink(t.path), 0);
	assert_int_equal(rename(target, t.path), 0);
	assert_works(s);
	ba_store_close(s);
}

/* Links above the directory are root's to make. */
static void
test_way_to_the_directory_has_a_link(void **state)
{
	char link[80], path[96];
	struct ba_store *s;

	(void)state;
	(void)snprintf(link, sizeof(link), "%s.link", t.dir);
	(void)snprintf(path, sizeof(path), "%s/store.db", link);
	assert_int_equal(symlink(t.dir, link), 0);
	s = open_with(path, 2000, 0);
	assert_works(s);
	assert_true(exists("store.db"));
	assert_int_equal(t.lines, 0);
	ba_store_close(s);
	assert_int_equal(unlink(link), 0);
}

/* Run by a user whom modes bind; root has to become one. */
static int
in_read_only_directory(void)
{
	struct ba_store *s;
	int r;

	if (geteuid() == 0 && (chown(t.dir, 65534, 65534) != 0 ||
				  setresuid(65534, 65534, 65534) != 0))
		return 10;
	if (chmod(t.dir, 0500) != 0)
		return 11;
	s = open_file();
	if (put(s, BA_SPACE_KEYS, "a", "one") != BA_ERR_STORE)
		return 12;
	if (get(s, BA_SPACE_KEYS, "a", "one") != BA_OK)
		return 13;
	if (t.lines != 1 || strstr(t.last, "cannot be made") == NULL)
		return 14;
	if (chmod(t.dir, 0700) != 0)
		return 15;
	r = put(s, BA_SPACE_KEYS, "a", "two");
	ba_store_close(s);
	return r == BA_OK ? 0 : 16;
}

static int
wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void
test_read_only_directory(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(in_read_only_directory());
	assert_int_equal(wait_for(pid), 0);
}

static void
test_other_schema_versions(void **state)
{
	struct ba_store *s = open_file();

	(void)state;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "zero"), BA_OK);
	ba_store_close(s);
	tell_sqlite("PRAGMA user_version = 2");
	s = open_file();
	assert_refused(s, "another version");
	assert_false(exists("store.db.damaged"));
	tell_sqlite("PRAGMA user_version = 1");
	assert_works(s);
	ba_store_close(s);
}

/* Damage, each with the file as it was before. */

static void
scribble(long offset, const char *bytes, size_t n)
{
	int fd = open(t.path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, n, offset), (ssize_t)n);
	(void)close(fd);
}

static void
damage_magic(void)
{
	scribble(0, "no such format", 14);
}

static void
damage_pages(void)
{
	char noise[4096];
	struct stat st;
	long at;

	memset(noise, 0x5a, sizeof(noise));
	assert_int_equal(stat(t.path, &st), 0);
	for (at = 4096; at < st.st_size; at += 4096)
		scribble(at, noise, sizeof(noise));
}

static void
damage_size(void)
{
	assert_int_equal(truncate(t.path, 4096), 0);
}

static void
damage_text(void)
{
	assert_int_equal(truncate(t.path, 0), 0);
	scribble(0, "short", 5);
}

static void
damage_key(void)
{
	tell_sqlite("DELETE FROM secret");
}

static void
damage_key_length(void)
{
	tell_sqlite("UPDATE secret SET key = x'00'");
}

static void
damage_tables(void)
{
	tell_sqlite("DROP TABLE entries");
}

static void
damage_type(void)
{
	tell_sqlite("UPDATE entries SET value = 'text'");
}

static void (*const damages[])(void) = { damage_magic, damage_pages,
	damage_size, damage_text, damage_key, damage_key_length, damage_tables,
	damage_type };

/* A file with an entry, all of it in the one file, and nobody using it. */
static void
make_store(void)
{
	struct ba_store *s = open_file();

	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "old"), BA_OK);
	ba_store_close(s);
	tell_sqlite("PRAGMA wal_checkpoint(TRUNCATE)");
}

static void
test_damaged_file_is_set_aside(void **state)
{
	struct ba_store *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		/* The twin: not damaged. */
		make_store();
		t.lines = 0;
		s = open_file();
		assert_int_equal(get(s, BA_SPACE_KEYS, "a", "old"), BA_OK);
		ba_store_close(s);
		assert_int_equal(t.lines, 0);

		damages[i]();
		s = open_file();
		assert_int_equal(
		    get(s, BA_SPACE_KEYS, "a", ""), BA_ERR_NOT_FOUND);
		assert_int_equal(t.lines, 1);
		assert_non_null(strstr(t.last, "damaged"));
		assert_true(exists("store.db.damaged"));
		assert_works(s);
		assert_int_equal(t.lines, 1);
		ba_store_close(s);
		assert_sqlite_says("PRAGMA integrity_check", "ok");
		empty(t.dir);
	}
}

static void
test_damaged_again(void **state)
{
	struct ba_store *s;

	(void)state;
	make_store();
	damage_magic();
	s = open_file();
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", ""), BA_ERR_NOT_FOUND);
	assert_int_equal(t.lines, 1);
	empty(t.dir);
	make_store();
	damage_magic();
	/* A process sets aside once; what comes after needs a person. */
	assert_refused(s, "damaged again");
	assert_false(exists("store.db.damaged"));
	ba_store_close(s);
	/* The twin: another process. */
	s = open_file();
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", ""), BA_ERR_NOT_FOUND);
	assert_true(exists("store.db.damaged"));
	assert_works(s);
	ba_store_close(s);
}

/* Whoever had the damaged file open goes on with the fresh one. */
static void
test_set_aside_by_another(void **state)
{
	struct ba_store *a, *b;

	(void)state;
	make_store();
	a = open_file();
	assert_int_equal(get(a, BA_SPACE_KEYS, "a", "old"), BA_OK);
	assert_int_equal(put(a, BA_SPACE_KEYS, "a", "old-value"), BA_OK);
	assert_true(disk_holds("old-value"));
	damage_magic();
	b = open_file();
	assert_int_equal(put(b, BA_SPACE_KEYS, "a", "new"), BA_OK);
	assert_int_equal(t.lines, 1);
	/* What belonged to the damaged file went with it. */
	assert_true(exists("store.db.damaged-wal"));
	assert_true(exists("store.db.damaged-shm"));
	assert_false(disk_holds("old-value"));
	assert_int_equal(get(a, BA_SPACE_KEYS, "a", "new"), BA_OK);
	assert_int_equal(put(a, BA_SPACE_KEYS, "b", "more"), BA_OK);
	assert_int_equal(get(b, BA_SPACE_KEYS, "b", "more"), BA_OK);
	assert_int_equal(t.lines, 1);
	ba_store_close(a);
	assert_int_equal(get(b, BA_SPACE_KEYS, "b", "more"), BA_OK);
	ba_store_close(b);
	assert_sqlite_says("SELECT count(*) FROM entries", "2");
	assert_sqlite_says("PRAGMA integrity_check", "ok");
}

/* An older one that was set aside does not keep its companions. */
static void
test_set_aside_twice_by_two(void **state)
{
	struct ba_store *s;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		make_store();
		damage_magic();
		s = open_file();
		assert_int_equal(put(s, BA_SPACE_KEYS, "a", "new"), BA_OK);
		ba_store_close(s);
	}
	assert_int_equal(t.lines, 2);
	assert_sqlite_says("SELECT count(*) FROM entries", "1");
}

/* Several processes. */

/*
 * RACERS processes wait at a pipe and then all do the same; the sum of their
 * exit statuses comes back, each of which is at most 15.
 */
static int
race(int (*racer)(unsigned i))
{
	int gate[2], sum = 0;
	pid_t pid[RACERS];
	unsigned i;
	char c;

	assert_int_equal(pipe(gate), 0);
	for (i = 0; i < RACERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] > 0)
			continue;
		(void)close(gate[1]);
		if (read(gate[0], &c, 1) != 0)
			_exit(15);
		_exit(racer(i));
	}
	(void)close(gate[0]);
	(void)close(gate[1]);
	for (i = 0; i < RACERS; i++)
		sum += wait_for(pid[i]);
	return sum;
}

/* 1 for whoever added, 0 for whom it existed, much for any error. */
static int
racer_adds(unsigned i)
{
	struct ba_store *s = open_file();
	int r, sum = 0;
	char name[8];

	(void)i;
	/* The first one makes the file. */
	for (i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof(name), "n%u", i);
		r = add(s, BA_SPACE_ATTEMPT, name, "x");
		if (r != BA_OK && r != BA_ERR_EXISTS)
			_exit(200);
		sum += r == BA_OK;
	}
	ba_store_close(s);
	return sum;
}

static void
test_V38_one_of_many_adds(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 8; i++) {
		/* Eight names: eight successes in all. */
		assert_int_equal(race(racer_adds), 8);
		assert_sqlite_says("SELECT count(*) FROM entries", "8");
		empty(t.dir);
	}
}

/* Finds the file damaged, as all do; leaves an entry in the fresh one. */
static int
racer_repairs(unsigned i)
{
	struct ba_store *s = open_file();
	char name[8];
	int r;

	(void)snprintf(name, sizeof(name), "n%u", i);
	r = put(s, BA_SPACE_KEYS, name, "x");
	ba_store_close(s);
	return r == BA_OK ? (int)t.lines : 200;
}

static void
test_one_of_many_sets_aside(void **state)
{
	char want[8];
	int i;

	(void)state;
	(void)snprintf(want, sizeof(want), "%d", RACERS);
	for (i = 0; i < 8; i++) {
		make_store();
		damage_magic();
		/* One line in all, and no entry lost. */
		assert_int_equal(race(racer_repairs), 1);
		assert_sqlite_says("SELECT count(*) FROM entries", want);
		assert_sqlite_says("PRAGMA integrity_check", "ok");
		empty(t.dir);
	}
}

/* A clock of its own for waits, which can be put forward. */
static int64_t
shifted_ms(void *arg)
{
	return ba_clock_mono_ms(&ba_clock_system) + *(int64_t *)arg;
}

static struct ba_store *
open_shifted(const struct ba_clock *clock)
{
	const struct ba_store_options o = {
		.path = t.path,
		.busy_ms = BUSY_MS,
		.log = &test_log,
		.clock = clock,
	};
	struct ba_store *s;

	assert_int_equal(ba_store_open(&o, &s), BA_OK);
	return s;
}

/* How long a put takes, and its result. */
static int
timed_put(struct ba_store *s, int64_t *msp)
{
	int64_t start = ba_clock_mono_ms(&ba_clock_system);
	int r;

	r = put(s, BA_SPACE_KEYS, "a", "two");
	*msp = ba_clock_mono_ms(&ba_clock_system) - start;
	return r;
}

/* Stops within a call, as near as a test can tell: it holds the lock. */
static void
start_stopped_holder(void)
{
	int status, fd;

	t.stopped = fork();
	assert_true(t.stopped >= 0);
	if (t.stopped == 0) {
		fd = open(t.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || flock(fd, LOCK_EX) != 0)
			_exit(1);
		(void)raise(SIGSTOP);
		_exit(2);
	}
	assert_int_equal(waitpid(t.stopped, &status, WUNTRACED), t.stopped);
	assert_true(WIFSTOPPED(status));
}

static void
kill_stopped_holder(void)
{
	pid_t pid = t.stopped;

	t.stopped = 0;
	assert_int_equal(kill(pid, SIGKILL), 0);
	(void)wait_for(pid);
}

/* Many calls, and all of them together take no time. */
static void
assert_left_alone(struct ba_store *s)
{
	int64_t start = ba_clock_mono_ms(&ba_clock_system);
	int i;

	for (i = 0; i < 100; i++)
		assert_int_equal(get(s, BA_SPACE_KEYS, "b", ""), BA_ERR_STORE);
	assert_in_range(ba_clock_mono_ms(&ba_clock_system) - start, 0, 100 - 1);
}

static void
test_V50_stopped_holder(void **state)
{
	int64_t shift = 0, ms;
	const struct ba_clock clock = { NULL, shifted_ms, &shift };
	struct ba_store *s = open_shifted(&clock);

	(void)state;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	start_stopped_holder();
	assert_int_equal(timed_put(s, &ms), BA_ERR_STORE);
	assert_in_range(ms, BUSY_MS, BUSY_MS + 300);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, "another process"));
	/* It has learnt: no wait for a while, and memory answers. */
	assert_left_alone(s);
	assert_int_equal(timed_put(s, &ms), BA_ERR_STORE);
	assert_int_equal(get(s, BA_SPACE_KEYS, "a", "two"), BA_OK);
	/* Then one short try, and again none. */
	shift += BA_SQLITE_REST_MS;
	assert_int_equal(timed_put(s, &ms), BA_ERR_STORE);
	assert_in_range(ms, 0, BUSY_MS - 1);
	assert_left_alone(s);
	assert_int_equal(t.lines, 1);
	/* Gone, by no doing of its own, and so is the lock: not seen yet. */
	kill_stopped_holder();
	assert_left_alone(s);
	shift += BA_SQLITE_REST_MS;
	assert_works(s);
	/* And it has the old patience again. */
	start_stopped_holder();
	assert_int_equal(timed_put(s, &ms), BA_ERR_STORE);
	assert_in_range(ms, BUSY_MS, BUSY_MS + 300);
	assert_int_equal(t.lines, 2);
	kill_stopped_holder();
	ba_store_close(s);
}

/* Somebody's tool, which knows nothing of our lock, in a transaction. */
static void
test_tool_holds_the_file(void **state)
{
	int64_t shift = 0, ms;
	const struct ba_clock clock = { NULL, shifted_ms, &shift };
	struct ba_store *s = open_shifted(&clock), *other;
	sqlite3 *db;

	(void)state;
	assert_int_equal(put(s, BA_SPACE_KEYS, "a", "one"), BA_OK);
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(timed_put(s, &ms), BA_ERR_STORE);
	assert_in_range(ms, BUSY_MS, BUSY_MS + 300);
	/* Reading goes on in WAL mode. */
	other = open_file();
	assert_int_equal(get(other, BA_SPACE_KEYS, "a", "one"), BA_OK);
	ba_store_close(other);
	assert_int_equal(
	    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	shift += BA_SQLITE_REST_MS;
	assert_works(s);
	(void)sqlite3_close(db);
	ba_store_close(s);
}

/* Killed in the middle of its writes; the next one opens what it left. */
static void
test_killed_writer(void **state)
{
	struct timespec ts = { .tv_nsec = 3000000 };
	struct ba_store *s;
	char name[16];
	unsigned i;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		s = open_file();
		for (i = 0;; i++) {
			(void)snprintf(name, sizeof(name), "n%u", i % 500);
			if (put(s, BA_SPACE_KEYS, name, name) != BA_OK)
				_exit(1);
		}
	}
	while (!exists("store.db-wal"))
		(void)nanosleep(&ts, NULL);
	for (i = 0; i < 5; i++)
		(void)nanosleep(&ts, NULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(wait_for(pid), 1000);
	s = open_file();
	assert_int_equal(get(s, BA_SPACE_KEYS, "n0", "n0"), BA_OK);
	assert_works(s);
	ba_store_close(s);
	assert_int_equal(t.lines, 0);
	assert_sqlite_says("PRAGMA integrity_check", "ok");
}

/* Size. */

static void
test_ended_entries_leave_the_file(void **state)
{
	struct ba_store *s = open_file();
	unsigned i;
	int r;

	(void)state;
	for (i = 0; i < 100; i++) {
		r = ba_store_put(s, BA_SPACE_LOGIN, &i, sizeof(i), "x", 1, NOW,
		    LATER, BA_REACH_SHARED);
		assert_int_equal(r, BA_OK);
	}
	assert_sqlite_says("SELECT count(*) FROM entries", "100");
	ba_store_close(s);
	/* The first write of a process, and every 64th, takes 64 out. */
	s = open_file();
	assert_int_equal(ba_store_put(s, BA_SPACE_LOGIN, "a", 1, "x", 1, LATER,
			     LATER + 100, BA_REACH_SHARED),
	    BA_OK);
	assert_sqlite_says("SELECT count(*) FROM entries", "37");
	for (i = 0; i < 64; i++) {
		r = ba_store_add(s, BA_SPACE_LOGIN, &i, sizeof(i), "x", 1,
		    LATER, LATER + 100, BA_REACH_SHARED);
		assert_int_equal(r, BA_OK);
	}
	assert_sqlite_says("SELECT count(*) FROM entries", "65");
	ba_store_close(s);
}

/* Spawned brokers follow each other; each reads all of the WAL. */
static void
test_wal_stays_short(void **state)
{
	char path[128];
	struct ba_store *s;
	struct stat st;
	unsigned i;
	int r;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s-wal", t.path);
	for (i = 0; i < 100; i++) {
		s = open_file();
		r = ba_store_put(s, BA_SPACE_LOGIN, &i, sizeof(i), "x", 1, NOW,
		    LATER, BA_REACH_SHARED);
		assert_int_equal(r, BA_OK);
		ba_store_close(s);
		assert_int_equal(stat(path, &st), 0);
		assert_in_range(st.st_size, 0, 80 * 4120);
	}
}

/* So many MiB of entries, without waiting for a disk; the file holds 64. */
static void
fill_file(enum ba_space space, unsigned n)
{
	char text[320];

	(void)snprintf(text, sizeof(text),
	    "PRAGMA synchronous = OFF; WITH RECURSIVE c(i) AS"
	    " (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %u)"
	    " INSERT INTO entries SELECT %d, randomblob(32),"
	    " zeroblob(1048576), %d FROM c",
	    n, (int)space, LATER);
	tell_sqlite(text);
}

static void
test_full_file(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 1);
	char *big = calloc(1, BA_STORE_VALUE_MAX);
	struct stat st;
	unsigned i;
	int r = BA_OK;

	(void)state;
	assert_non_null(big);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "once", "x"), BA_OK);
	fill_file(BA_SPACE_KEYS, 60);
	for (i = 0; i < 10 && r == BA_OK; i++)
		r = ba_store_put(s, BA_SPACE_KEYS, &i, sizeof(i), big,
		    BA_STORE_VALUE_MAX, NOW, LATER, BA_REACH_SHARED);
	assert_int_equal(r, BA_ERR_STORE);
	assert_in_range(i, 2, 5);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, "full"));
	assert_int_equal(stat(t.path, &st), 0);
	assert_true(st.st_size <= (off_t)BA_SQLITE_PAGES_MAX * 4096);
	/* Nothing alive went for it. */
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "once", "y"), BA_ERR_EXISTS);
	/* The twin: later, what has ended makes room. */
	r = ba_store_put(s, BA_SPACE_KEYS, "b", 1, big, BA_STORE_VALUE_MAX,
	    LATER, LATER + 100, BA_REACH_SHARED);
	assert_int_equal(r, BA_OK);
	ba_store_close(s);
	free(big);
}

/* V49: what fills the file are logins: the ones that end first make room. */
static void
test_full_of_logins(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 1);
	char *big = calloc(1, BA_STORE_VALUE_MAX);
	struct ba_buf b;
	unsigned i;

	(void)state;
	assert_non_null(big);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "once", "x"), BA_OK);
	for (i = 0; i < 80; i++)
		assert_int_equal(ba_store_put(s, BA_SPACE_LOGIN, &i, sizeof(i),
				     big, BA_STORE_VALUE_MAX, NOW,
				     LATER + (int64_t)i, BA_REACH_SHARED),
		    BA_OK);
	assert_int_equal(t.lines, 0);
	ba_store_close(s);
	/* Without the memory of that one: */
	s = open_with(t.path, 2000, 1);
	ba_buf_init(&b, BA_STORE_VALUE_MAX);
	i = 79;
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_LOGIN, &i, sizeof(i), NOW, &b, NULL),
	    BA_OK);
	ba_buf_clear(&b);
	i = 0;
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_LOGIN, &i, sizeof(i), NOW, &b, NULL),
	    BA_ERR_NOT_FOUND);
	ba_buf_wipe(&b);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "once", "y"), BA_ERR_EXISTS);
	ba_store_close(s);
	free(big);
}

/* Until one more has no room; how many had. */
static unsigned
add_places(struct ba_store *s, unsigned max, int *rp)
{
	char name[32];
	unsigned i;

	for (i = 0, *rp = BA_OK; i < max && *rp == BA_OK; i++) {
		(void)snprintf(name, sizeof(name), "place %u", i);
		*rp = add(s, BA_SPACE_DEVICE, name, "");
	}
	return i;
}

/*
 * V37, V49: a device flow that begins pushes out no login, which may be under
 * way, but answers, that can be had again; and no login pushes out its place.
 */
static void
test_V37_full_for_a_device_flow(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 1);
	int r;

	(void)state;
	assert_int_equal(put(s, BA_SPACE_LOGIN, "l", "x"), BA_OK);
	fill_file(BA_SPACE_LOGIN, 70);
	ba_store_close(s);
	s = open_with(t.path, 2000, 1);
	(void)add_places(s, 4096, &r);
	assert_int_equal(r, BA_ERR_STORE);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "l", "x"), BA_OK);
	/* The twin: a login makes room for itself … */
	assert_int_equal(put(s, BA_SPACE_LOGIN, "m", "x"), BA_OK);
	/* … and not at the cost of a place. */
	assert_int_equal(add(s, BA_SPACE_DEVICE, "place 0", ""), BA_ERR_EXISTS);
	ba_store_close(s);
}

static void
test_V37_answers_make_room_for_a_device_flow(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 1);
	int r;

	(void)state;
	assert_int_equal(put(s, BA_SPACE_LOGIN, "l", "x"), BA_OK);
	fill_file(BA_SPACE_ANSWER, 70);
	ba_store_close(s);
	s = open_with(t.path, 2000, 1);
	assert_int_equal(add_places(s, 4096, &r), 4096);
	assert_int_equal(r, BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "l", "x"), BA_OK);
	ba_store_close(s);
}

/* V49: nor does a place push out what is in memory alone. */
static void
test_V49_places_take_no_memory(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 2);
	int r;

	(void)state;
	assert_int_equal(ba_store_put(s, BA_SPACE_LOGIN, "l", 1, "x", 1, NOW,
			     LATER, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(add_places(s, 3, &r), 3);
	assert_int_equal(r, BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "l", "x"), BA_OK);
	/* The twin: what others read again does. */
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "a", ""), BA_OK);
	assert_int_equal(add(s, BA_SPACE_ATTEMPT, "b", ""), BA_OK);
	assert_int_equal(get(s, BA_SPACE_LOGIN, "l", ""), BA_ERR_NOT_FOUND);
	ba_store_close(s);
}

/*
 * V35, JWT-13: whoever makes up tokens fills the file with answers.  They alone
 * make room for each other: logins stay, and what was used once.
 */
static void
test_full_of_answers(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 1);
	char *big = calloc(1, BA_STORE_VALUE_MAX);
	struct ba_buf b;
	unsigned i;

	(void)state;
	assert_non_null(big);
	assert_int_equal(add(s, BA_SPACE_USED, "once", "x"), BA_OK);
	assert_int_equal(ba_store_put(s, BA_SPACE_LOGIN, "l", 1, "x", 1, NOW,
			     NOW + 1, BA_REACH_SHARED),
	    BA_OK);
	for (i = 0; i < 80; i++)
		assert_int_equal(ba_store_put(s, BA_SPACE_ANSWER, &i, sizeof(i),
				     big, BA_STORE_VALUE_MAX, NOW,
				     LATER + (int64_t)i, BA_REACH_SHARED),
		    BA_OK);
	ba_store_close(s);
	s = open_with(t.path, 2000, 1);
	ba_buf_init(&b, BA_STORE_VALUE_MAX);
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_LOGIN, "l", 1, NOW, &b, NULL), BA_OK);
	assert_int_equal(add(s, BA_SPACE_USED, "once", "y"), BA_ERR_EXISTS);
	i = 0;
	ba_buf_clear(&b);
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_ANSWER, &i, sizeof(i), NOW, &b, NULL),
	    BA_ERR_NOT_FOUND);
	i = 79;
	assert_int_equal(
	    ba_store_get(s, BA_SPACE_ANSWER, &i, sizeof(i), NOW, &b, NULL),
	    BA_OK);
	ba_buf_wipe(&b);
	ba_store_close(s);
	free(big);
}

/* --- What a power cut may take ---------------------------------------------- */

static unsigned syncs;

/* SQLite's, by whichever of both it has been built for. */
__attribute__((visibility("default"))) int
fsync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int
fdatasync(int fd)
{
	syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

static unsigned
syncs_of_add(struct ba_store *s, enum ba_space space, const char *name)
{
	syncs = 0;
	assert_int_equal(add(s, space, name, "x"), BA_OK);
	return syncs;
}

/* What was used once is on the disk before anybody enters by it, and
   for nothing else is the disk waited for. */
static void
test_jwt_13_single_use_outlives_a_power_cut(void **state)
{
	struct ba_store *s = open_with(t.path, 2000, 0);

	(void)state;
	/* Making the file has waits of its own. */
	assert_true(syncs_of_add(s, BA_SPACE_ATTEMPT, "first") > 0);
	assert_int_equal(syncs_of_add(s, BA_SPACE_ATTEMPT, "a"), 0);
	assert_true(syncs_of_add(s, BA_SPACE_USED, "a") > 0);
	assert_true(syncs_of_add(s, BA_SPACE_USED, "b") > 0);
	assert_int_equal(syncs_of_add(s, BA_SPACE_ATTEMPT, "b"), 0);
	assert_int_equal(add(s, BA_SPACE_USED, "a", "y"), BA_ERR_EXISTS);
	syncs = 0;
	assert_int_equal(put(s, BA_SPACE_LOGIN, "a", "x"), BA_OK);
	assert_int_equal(syncs, 0);
	ba_store_close(s);
}

#define EITHER(test)                                                           \
	{ #test " (memory)", test, set_up_memory, tear_down, NULL },           \
	{                                                                      \
#test " (file)", test, set_up_file, tear_down, NULL            \
	}
#define FILED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EITHER(test_put_get_delete),
		EITHER(test_spaces_and_names_are_apart),
		EITHER(test_entry_ends),
		EITHER(test_add_only_where_nothing_lives),
		EITHER(test_get_appends),
		EITHER(test_value_limit),
		FILED(test_memory_drops_the_oldest),
		FILED(test_memory_is_bounded_in_bytes),
		FILED(test_process_reach_touches_no_disk),
		FILED(test_process_reach_hides_the_file),
		FILED(test_handles_see_each_other),
		FILED(test_login_is_answered_by_memory),
		FILED(test_no_name_on_disk),
		FILED(test_each_file_has_its_own_key),
		FILED(test_V22_files_are_closed_to_others),
		FILED(test_PM11_directory_open_to_others),
		FILED(test_no_directory),
		FILED(test_directory_is_made_anew),
		FILED(test_PM11_file_open_to_others),
		FILED(test_PM11_file_is_a_link),
		FILED(test_way_to_the_directory_has_a_link),
		FILED(test_read_only_directory),
		FILED(test_other_schema_versions),
		FILED(test_damaged_file_is_set_aside),
		FILED(test_damaged_again),
		FILED(test_set_aside_by_another),
		FILED(test_set_aside_twice_by_two),
		FILED(test_V38_one_of_many_adds),
		FILED(test_one_of_many_sets_aside),
		FILED(test_V50_stopped_holder),
		FILED(test_tool_holds_the_file),
		FILED(test_killed_writer),
		FILED(test_ended_entries_leave_the_file),
		FILED(test_wal_stays_short),
		FILED(test_full_file),
		FILED(test_full_of_logins),
		FILED(test_full_of_answers),
		FILED(test_V37_full_for_a_device_flow),
		FILED(test_V37_answers_make_room_for_a_device_flow),
		FILED(test_V49_places_take_no_memory),
		FILED(test_jwt_13_single_use_outlives_a_power_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
