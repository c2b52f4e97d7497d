/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/store_name.h"
#include "common/store/store_sqlite.h"

/* Functions here return an SQLite result as rc, an enum ba_err as r. */

#define SCHEMA_VERSION 1
#define STEP_MS        5 /* longest pause between two tries of a lock */
#define WAL_PAGES      64 /* the WAL's length, but for one transaction more */
#define PURGE_EVERY    64 /* writes; the first one of a process counts */
#define PURGE_ROWS     64 /* ended entries that one of them takes out */
#define PURGE_FULL     4096 /* … and when the file is full */
#define EVICT_ROWS     1024 /* logins that go when that was not enough */

enum { GET, PUT, ADD, DELETE, PURGE, EVICT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[GET] = "SELECT value, expires FROM entries"
		" WHERE space = ?1 AND name = ?2 AND expires > ?3",
	[PUT] = "INSERT INTO entries (space, name, value, expires)"
		" VALUES (?1, ?2, ?4, ?5) ON CONFLICT (space, name)"
		" DO UPDATE SET value = excluded.value,"
		" expires = excluded.expires",
	[ADD] = "INSERT INTO entries (space, name, value, expires)"
		" VALUES (?1, ?2, ?4, ?5) ON CONFLICT (space, name)"
		" DO UPDATE SET value = excluded.value,"
		" expires = excluded.expires WHERE entries.expires <= ?3",
	[DELETE] = "DELETE FROM entries WHERE space = ?1 AND name = ?2",
	[PURGE] = "DELETE FROM entries WHERE (space, name) IN"
		  " (SELECT space, name FROM entries WHERE expires <= ?1"
		  " LIMIT ?2)",
	[EVICT] = "DELETE FROM entries WHERE (space, name) IN"
		  " (SELECT space, name FROM entries WHERE space = ?1"
		  " ORDER BY expires LIMIT ?2)",
};

static const char schema[] =
    "CREATE TABLE entries (space INTEGER NOT NULL, name BLOB NOT NULL,"
    " value BLOB NOT NULL, expires INTEGER NOT NULL,"
    " PRIMARY KEY (space, name)) WITHOUT ROWID;"
    "CREATE INDEX entries_expires ON entries (expires);"
    "CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1),"
    " key BLOB NOT NULL);"
    "INSERT INTO secret VALUES (1, randomblob(32));"
    "PRAGMA user_version = 1;";

/*
 * synchronous = NORMAL: in WAL mode a power cut then loses the newest entries
 * and never the file.  What lives here can be lost: keys cost one fetch, a
 * login that was going on is gone with its machine.  OFF could cost the file,
 * FULL waits for the disk in every login: op_add() has it where a token would
 * be good again after the power cut.
 */
static const char settings[] = "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA mmap_size = 0;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA cache_size = -512;"
			       "PRAGMA synchronous = NORMAL;";

struct ba_sqlite {
	char *path; /* as given */
	char *real; /* the same, directory resolved; NULL: not open */
	int dirfd; /* of its directory, which carries the lock */
	sqlite3 *db; /* NULL: not open */
	sqlite3_stmt *stmt[STATEMENTS];
	dev_t dev; /* which file db is */
	ino_t ino;
	unsigned char key[BA_STORE_KEY_LEN];
	unsigned busy_ms;
	int64_t deadline; /* of this call */
	bool hurry; /* the last wait was in vain, … */
	int64_t retry_at; /* … and the next may be then */
	bool failing; /* something does, and has been logged */
	bool set_aside; /* this process has done so once */
	unsigned writes;
	int wal_pages; /* after what was written in this call */
	const struct ba_log *log;
	const struct ba_clock *clock;
};

struct query {
	enum ba_space space;
	const void *name;
	size_t name_len;
	const void *value;
	size_t value_len;
	int64_t now;
	int64_t expires;
	struct ba_buf *out;
	int64_t *expiresp;
	int r; /* what the statement found, once SQLite itself succeeded */
};

int
ba_sqlite_new(const struct ba_store_options *options, struct ba_sqlite **sp)
{
	struct ba_sqlite *s;

	*sp = NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return BA_ERR_NOMEM;
	s->path = strdup(options->path);
	if (s->path == NULL) {
		free(s);
		return BA_ERR_NOMEM;
	}
	s->dirfd = -1;
	s->busy_ms = options->busy_ms;
	s->log = options->log;
	s->clock = options->clock != NULL ? options->clock : &ba_clock_system;
	*sp = s;
	return BA_OK;
}

/*
 * A line when good turns to bad, none while it stays so: a broken store is
 * met by every question.
 */
static void
complain(struct ba_sqlite *s, const char *what, const char *detail,
    const char *remedy)
{
	if (!s->failing)
		ba_log(s->log, BA_LOG_ERR,
		    "store %s: %s%s%s; going on without it; %s", s->path, what,
		    detail[0] == '\0' ? "" : ": ", detail, remedy);
	s->failing = true;
}

static void
close_db(struct ba_sqlite *s)
{
	size_t i;

	for (i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	(void)sqlite3_close(s->db);
	s->db = NULL;
	ba_wipe(s->key, sizeof(s->key));
}

static void
close_directory(struct ba_sqlite *s)
{
	if (s->dirfd >= 0)
		(void)close(s->dirfd);
	s->dirfd = -1;
	free(s->real);
	s->real = NULL;
}

void
ba_sqlite_free(struct ba_sqlite *s)
{
	if (s == NULL)
		return;
	close_db(s);
	close_directory(s);
	free(s->path);
	free(s);
}

/* The file's name within its directory. */
static const char *
base(const struct ba_sqlite *s)
{
	return strrchr(s->real, '/') + 1;
}

/*
 * The directory's symbolic links are resolved here, for SQLITE_OPEN_NOFOLLOW
 * refuses one anywhere in the path, and /var may well be one.  They are
 * root's to make: the last directory is checked to be ours.
 */
static int
resolve(struct ba_sqlite *s)
{
	const char *slash = strrchr(s->path, '/');
	char dir[PATH_MAX], *real = NULL;
	size_t n = slash == NULL ? 0 : (size_t)(slash - s->path) + 1;
	int r = BA_ERR_STORE;

	errno = ENAMETOOLONG;
	if (n >= sizeof(dir))
		return BA_ERR_STORE;
	memcpy(dir, s->path, n);
	memcpy(dir + n, n == 0 ? "." : "", n == 0 ? 2 : 1);
	real = realpath(dir, NULL);
	if (real == NULL)
		return BA_ERR_STORE;
	r = BA_ERR_NOMEM;
	if (asprintf(&s->real, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
		slash == NULL ? s->path : slash + 1) < 0) {
		s->real = NULL;
		goto out;
	}
	s->dirfd = open(real, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = s->dirfd < 0 ? BA_ERR_STORE : BA_OK;
out:
	free(real);
	return r;
}

static int
open_directory(struct ba_sqlite *s)
{
	static const char remedy[] =
	    "it must be a directory of the broker's user, mode 0700";
	struct stat st;
	int r = BA_ERR_INTERNAL;

	if (s->dirfd >= 0)
		return BA_OK;
	r = resolve(s);
	if (r != BA_OK) {
		complain(s, "no directory to open", strerror(errno), remedy);
	} else if (fstat(s->dirfd, &st) != 0 || st.st_uid != geteuid() ||
		   (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		complain(s,
		    "its directory is not its user's, or open to others", "",
		    remedy);
		r = BA_ERR_STORE;
	}
	if (r != BA_OK)
		close_directory(s);
	return r;
}

static bool
time_is_up(const struct ba_sqlite *s)
{
	return ba_clock_mono_ms(s->clock) >= s->deadline;
}

static void
pause_us(long us)
{
	const struct timespec ts = { .tv_nsec = us * 1000 };

	(void)nanosleep(&ts, NULL);
}

/*
 * For SQLite: who else than a broker may hold the file (a backup, an
 * administrator's shell) is waited for within the same deadline.
 */
static int
busy(void *arg, int count)
{
	(void)count;
	if (time_is_up(arg))
		return 0;
	pause_us(1000);
	return 1;
}

static void
complain_held(struct ba_sqlite *s)
{
	s->hurry = true;
	s->retry_at = ba_clock_mono_ms(s->clock) + BA_SQLITE_REST_MS;
	complain(s, "another process holds it", "",
	    "find a stopped bearerauthd, or a tool that has the file open");
}

/* No system call waits for a lock with a limit, so it is tried again. */
static int
lock(struct ba_sqlite *s)
{
	int64_t now = ba_clock_mono_ms(s->clock);
	unsigned ms = s->busy_ms;
	long us = 50;
	int r;

	if (s->hurry && now < s->retry_at)
		return BA_ERR_STORE;
	if ((r = open_directory(s)) != BA_OK)
		return r;
	if (s->hurry && ms > BA_SQLITE_HURRY_MS)
		ms = BA_SQLITE_HURRY_MS;
	s->deadline = now + ms;
	while (flock(s->dirfd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			complain(s, "no lock on its directory", strerror(errno),
			    "put it on a local file system");
			return BA_ERR_STORE;
		}
		if (time_is_up(s)) {
			complain_held(s);
			return BA_ERR_STORE;
		}
		pause_us(us);
		us = us * 2 < STEP_MS * 1000 ? us * 2 : STEP_MS * 1000;
	}
	return BA_OK;
}

static void
unlock(struct ba_sqlite *s)
{
	if (s->dirfd >= 0)
		(void)flock(s->dirfd, LOCK_UN);
}

/*
 * Make the file where there is none, and judge it.  SQLite would make it by
 * the umask, which is whose ever; and it gives its other files the mode of
 * this one.  An existing file is not opened to judge it: closing a descriptor
 * drops all locks that this process has on the file (fcntl(2)).
 */
static int
make_file(struct ba_sqlite *s)
{
	struct stat st;
	int fd;

	fd = openat(s->dirfd, base(s),
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0) {
		(void)fchmod(fd, 0600);
		(void)close(fd);
	} else if (errno != EEXIST) {
		complain(s, "cannot be made", strerror(errno),
		    "the broker's user must be able to write there");
		return SQLITE_CANTOPEN;
	}
	if (fstatat(s->dirfd, base(s), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		complain(s, "not a file of the broker's user, mode 0600", "",
		    "remove it");
		return SQLITE_CANTOPEN;
	}
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return SQLITE_OK;
}

/* Is the file at the path still the one that db has open? */
static bool
is_current(const struct ba_sqlite *s)
{
	struct stat st;

	return fstatat(s->dirfd, base(s), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_dev == s->dev && st.st_ino == s->ino;
}

/* The first column of the first row, as a number. */
static int
number(struct ba_sqlite *s, const char *text, int *np)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	*np = 0;
	rc = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*np = sqlite3_column_int(stmt, 0);
		rc = SQLITE_OK;
	} else if (rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT;
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct ba_sqlite *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

/*
 * Copy the WAL into the file and make it empty.  SQLite's own automatic
 * checkpoint leaves a full WAL to be begun anew by the next writer, who knows
 * of it by shared memory alone: where one spawned broker follows the other,
 * each would read all of it, and make it longer.  Nobody is waited for: a
 * tool that reads the file just now only puts this off.
 */
static void
empty_wal(struct ba_sqlite *s)
{
	s->deadline = 0;
	(void)sqlite3_wal_checkpoint_v2(
	    s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	s->wal_pages = 0;
}

static int
configure_db(struct ba_sqlite *s)
{
	char max[64];
	int rc;

	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_handler(s->db, busy, s);
	(void)sqlite3_wal_hook(s->db, on_commit, s);
	(void)sqlite3_limit(
	    s->db, SQLITE_LIMIT_LENGTH, BA_STORE_VALUE_MAX + 4096);
	(void)sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/*
	 * Closing then touches no file: after ours was set aside, the WAL at
	 * the path belongs to somebody else's fresh one.
	 */
	(void)sqlite3_db_config(
	    s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)snprintf(max, sizeof(max), "PRAGMA max_page_count = %d",
	    BA_SQLITE_PAGES_MAX);
	rc = sqlite3_exec(s->db, settings, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, max, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    s->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	return rc;
}

static int
check_schema(struct ba_sqlite *s)
{
	int rc, version;

	rc = number(s, "PRAGMA user_version", &version);
	if (rc != SQLITE_OK || version == SCHEMA_VERSION)
		return rc;
	if (version != 0) {
		complain(s, "made by another version of bearerauth", "",
		    "remove it, or run that version");
		return SQLITE_CANTOPEN;
	}
	/* All at once or not at all, and by nobody else in between. */
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

static int
load_key(struct ba_sqlite *s)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	rc = sqlite3_prepare_v2(
	    s->db, "SELECT key FROM secret WHERE id = 1", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_BLOB &&
	    sqlite3_column_bytes(stmt, 0) == (int)sizeof(s->key)) {
		memcpy(s->key, sqlite3_column_blob(stmt, 0), sizeof(s->key));
		rc = SQLITE_OK;
	} else if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
		rc = SQLITE_CORRUPT;
	}
	(void)sqlite3_finalize(stmt);
	return rc;
}

static int
prepare(struct ba_sqlite *s)
{
	int i, rc = SQLITE_OK;

	for (i = 0; i < STATEMENTS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(s->db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &s->stmt[i], NULL);
	/* Our version by its number, and yet not our tables. */
	return rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc;
}

static int
open_db(struct ba_sqlite *s)
{
	int rc;

	rc = make_file(s);
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(s->real, &s->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE,
		    NULL);
	if (rc == SQLITE_OK)
		rc = configure_db(s);
	if (rc == SQLITE_OK)
		rc = check_schema(s);
	if (rc == SQLITE_OK)
		rc = load_key(s);
	if (rc == SQLITE_OK)
		rc = prepare(s);
	return rc;
}

/* Under the lock: have the file open that is at the path now. */
static int
ready(struct ba_sqlite *s)
{
	if (s->db != NULL && !is_current(s))
		close_db(s);
	return s->db != NULL ? SQLITE_OK : open_db(s);
}

static bool
is_damaged(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_TOOBIG: /* we never wrote a row of such size */
		return true;
	}
	return false;
}

/* Give one of the three files its ".damaged" name, instead of an older one. */
static int
move_aside(struct ba_sqlite *s, const char *suffix)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];

	if ((size_t)snprintf(from, sizeof(from), "%s%s", base(s), suffix) >=
		sizeof(from) ||
	    (size_t)snprintf(to, sizeof(to), "%s.damaged%s", base(s), suffix) >=
		sizeof(to)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)unlinkat(s->dirfd, to, 0);
	return renameat(s->dirfd, from, s->dirfd, to);
}

/*
 * Under the lock: make room for a fresh file.  If the one at the path is not
 * the one that was found damaged, somebody has replaced it already, and
 * theirs is good.  SQLite's companions go first: a WAL without its file does
 * no harm, a fresh file beside an old WAL might.  False: it was not possible,
 * or this process has done it before, and something else is wrong.
 */
static bool
set_aside(struct ba_sqlite *s)
{
	close_db(s);
	if (!is_current(s))
		return true;
	if (s->set_aside) {
		complain(s, "damaged again", "",
		    "check the disk, remove the file, restart bearerauthd");
		return false;
	}
	(void)move_aside(s, "-wal");
	(void)move_aside(s, "-shm");
	if (move_aside(s, "") != 0) {
		complain(s, "damaged, and cannot be renamed", strerror(errno),
		    "remove it");
		return false;
	}
	s->set_aside = true;
	ba_log(s->log, BA_LOG_ERR,
	    "store %s: damaged; kept as %s.damaged, a fresh one is begun;"
	    " check the disk",
	    s->path, s->path);
	return true;
}

static int
attempt(struct ba_sqlite *s, int (*op)(struct ba_sqlite *, struct query *),
    struct query *q)
{
	int rc;

	rc = ready(s);
	if (rc == SQLITE_OK)
		rc = op(s, q);
	return rc;
}

/* What became of a call; anything unexpected opens the file anew next time. */
static int
conclude(struct ba_sqlite *s, int rc, const struct query *q)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
		s->hurry = false;
		s->failing = false;
		return q->r;
	case SQLITE_BUSY:
		complain_held(s);
		break;
	case SQLITE_FULL:
		complain(s, "full", "", "look at what fills the disk or it");
		break;
	case SQLITE_NOMEM:
		close_db(s);
		return BA_ERR_NOMEM;
	default:
		complain(s, "does not work", sqlite3_errstr(rc),
		    "check its directory and the disk");
		close_db(s);
		close_directory(s);
	}
	return BA_ERR_STORE;
}

static int
run(struct ba_sqlite *s, int (*op)(struct ba_sqlite *, struct query *),
    struct query *q)
{
	int r, rc;

	if ((r = lock(s)) != BA_OK)
		return r;
	rc = attempt(s, op, q);
	if (is_damaged(rc) && set_aside(s))
		rc = attempt(s, op, q);
	/* A file half opened is of no use, whatever the reason. */
	if (rc != SQLITE_OK && s->stmt[STATEMENTS - 1] == NULL)
		close_db(s);
	if (rc == SQLITE_OK && s->wal_pages >= WAL_PAGES)
		empty_wal(s);
	r = conclude(s, rc, q);
	unlock(s);
	return r;
}

/*
 * Bind what the statement takes: ?1 space, ?2 name, ?3 now, ?4 value,
 * ?5 expires.  The name is hashed here, for the key comes with the file.
 */
static int
bind(struct ba_sqlite *s, int which, const struct query *q,
    unsigned char name[BA_STORE_NAME_LEN])
{
	sqlite3_stmt *stmt = s->stmt[which];
	int n = sqlite3_bind_parameter_count(stmt), rc;

	rc = sqlite3_bind_int(stmt, 1, (int)q->space);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(
		    stmt, 2, name, BA_STORE_NAME_LEN, SQLITE_STATIC);
	if (rc == SQLITE_OK && n >= 3)
		rc = sqlite3_bind_int64(stmt, 3, q->now);
	/* A null pointer would be NULL, not an empty value. */
	if (rc == SQLITE_OK && n >= 4)
		rc = sqlite3_bind_blob(stmt, 4,
		    q->value_len == 0 ? "" : q->value, (int)q->value_len,
		    SQLITE_STATIC);
	if (rc == SQLITE_OK && n >= 5)
		rc = sqlite3_bind_int64(stmt, 5, q->expires);
	return rc;
}

/* Take the row of GET out. */
static int
take(sqlite3_stmt *stmt, struct query *q)
{
	const void *p;
	int n;

	if (sqlite3_column_type(stmt, 0) != SQLITE_BLOB ||
	    sqlite3_column_type(stmt, 1) != SQLITE_INTEGER)
		return SQLITE_CORRUPT;
	p = sqlite3_column_blob(stmt, 0);
	n = sqlite3_column_bytes(stmt, 0);
	if (p == NULL && n > 0)
		return SQLITE_NOMEM;
	q->r = ba_buf_append(q->out, p, (size_t)n);
	if (q->r == BA_OK && q->expiresp != NULL)
		*q->expiresp = sqlite3_column_int64(stmt, 1);
	return SQLITE_OK;
}

static void
release(sqlite3_stmt *stmt)
{
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
}

static int
op_get(struct ba_sqlite *s, struct query *q)
{
	unsigned char name[BA_STORE_NAME_LEN];
	int rc;

	q->r = ba_store_name(s->key, q->space, q->name, q->name_len, name);
	if (q->r != BA_OK)
		return SQLITE_OK;
	rc = bind(s, GET, q, name);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s->stmt[GET]);
	if (rc == SQLITE_ROW) {
		rc = take(s->stmt[GET], q);
	} else if (rc == SQLITE_DONE) {
		q->r = BA_ERR_NOT_FOUND;
		rc = SQLITE_OK;
	}
	release(s->stmt[GET]);
	return rc;
}

/* Take out some of what has ended; whether it worked is seen by the next. */
static void
purge(struct ba_sqlite *s, int64_t now, int rows)
{
	sqlite3_stmt *stmt = s->stmt[PURGE];

	if (sqlite3_bind_int64(stmt, 1, now) == SQLITE_OK &&
	    sqlite3_bind_int(stmt, 2, rows) == SQLITE_OK)
		(void)sqlite3_step(stmt);
	release(stmt);
}

/*
 * One user who logs in without end must not keep everybody else out (V49):
 * when nothing has ended and there is no room, those of the space go that would
 * end first.  An attempt, a key set, a single use, a device flow's place stay.
 */
static void
evict(struct ba_sqlite *s, enum ba_space space)
{
	sqlite3_stmt *stmt = s->stmt[EVICT];

	if (sqlite3_bind_int(stmt, 1, (int)space) == SQLITE_OK &&
	    sqlite3_bind_int(stmt, 2, EVICT_ROWS) == SQLITE_OK)
		(void)sqlite3_step(stmt);
	release(stmt);
}

static int
change(struct ba_sqlite *s, int which, struct query *q)
{
	unsigned char name[BA_STORE_NAME_LEN];
	/* In this order: an answer can be had again, a login cannot, … */
	static const enum ba_space spare[] = { BA_SPACE_ANSWER,
		BA_SPACE_LOGIN };
	sqlite3_stmt *stmt = s->stmt[which];
	/* … and a login under way is not worth less than one that begins. */
	size_t i, n_spare = q->space == BA_SPACE_DEVICE ? 1 : 2;
	int rc;

	q->r = ba_store_name(s->key, q->space, q->name, q->name_len, name);
	if (q->r != BA_OK)
		return SQLITE_OK;
	rc = bind(s, which, q, name);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if ((rc & 0xff) == SQLITE_FULL && which != DELETE) {
		(void)sqlite3_reset(stmt);
		purge(s, q->now, PURGE_FULL);
		rc = sqlite3_step(stmt);
	}
	for (i = 0; i < n_spare; i++) {
		if ((rc & 0xff) != SQLITE_FULL || which == DELETE)
			break;
		(void)sqlite3_reset(stmt);
		evict(s, spare[i]);
		rc = sqlite3_step(stmt);
	}
	release(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
op_put(struct ba_sqlite *s, struct query *q)
{
	int rc;

	rc = change(s, PUT, q);
	if (rc == SQLITE_OK && s->writes++ % PURGE_EVERY == 0)
		purge(s, q->now, PURGE_ROWS);
	return rc;
}

/* With the disk's own word for it.  NORMAL again may fail: that costs time. */
static int
add_for_sure(struct ba_sqlite *s, struct query *q)
{
	int rc;

	rc = sqlite3_exec(s->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = change(s, ADD, q);
	(void)sqlite3_exec(
	    s->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
	return rc;
}

static int
op_add(struct ba_sqlite *s, struct query *q)
{
	int rc;

	rc = q->space == BA_SPACE_USED ? add_for_sure(s, q) : change(s, ADD, q);
	if (rc != SQLITE_OK || q->r != BA_OK)
		return rc;
	if (sqlite3_changes(s->db) == 0)
		q->r = BA_ERR_EXISTS;
	if (s->writes++ % PURGE_EVERY == 0)
		purge(s, q->now, PURGE_ROWS);
	return rc;
}

static int
op_delete(struct ba_sqlite *s, struct query *q)
{
	return change(s, DELETE, q);
}

int
ba_sqlite_get(struct ba_sqlite *s, enum ba_space space, const void *name,
    size_t name_len, int64_t now, struct ba_buf *value, int64_t *expiresp)
{
	struct query q = {
		.space = space,
		.name = name,
		.name_len = name_len,
		.now = now,
		.out = value,
		.expiresp = expiresp,
		.r = BA_ERR_INTERNAL,
	};

	if (expiresp != NULL)
		*expiresp = 0;
	return run(s, op_get, &q);
}

static int
set(struct ba_sqlite *s, int (*op)(struct ba_sqlite *, struct query *),
    enum ba_space space, const void *name, size_t name_len, const void *value,
    size_t value_len, int64_t now, int64_t expires)
{
	struct query q = {
		.space = space,
		.name = name,
		.name_len = name_len,
		.value = value,
		.value_len = value_len,
		.now = now,
		.expires = expires,
		.r = BA_ERR_INTERNAL,
	};

	return value_len > BA_STORE_VALUE_MAX ? BA_ERR_LIMIT : run(s, op, &q);
}

int
ba_sqlite_put(struct ba_sqlite *s, enum ba_space space, const void *name,
    size_t name_len, const void *value, size_t value_len, int64_t now,
    int64_t expires)
{
	return set(
	    s, op_put, space, name, name_len, value, value_len, now, expires);
}

int
ba_sqlite_add(struct ba_sqlite *s, enum ba_space space, const void *name,
    size_t name_len, const void *value, size_t value_len, int64_t now,
    int64_t expires)
{
	return set(
	    s, op_add, space, name, name_len, value, value_len, now, expires);
}

int
ba_sqlite_delete(
    struct ba_sqlite *s, enum ba_space space, const void *name, size_t name_len)
{
	struct query q = {
		.space = space,
		.name = name,
		.name_len = name_len,
		.r = BA_ERR_INTERNAL,
	};

	return run(s, op_delete, &q);
}
