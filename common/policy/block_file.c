/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

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

#include "common/base/clock.h"
#include "common/base/io.h"
#include "common/json/json.h"
#include "common/policy/block.h"

#define LOCK_LOOK_MS 10

struct ba_block_file {
	char *path;
	char *lock; /* path.lock: a lock on the file itself would go with it */
	char *fresh; /* path.new */
	uid_t trusted_uid;
	const struct ba_log *log;

	struct ba_blocks *blocks; /* NULL: none, or not right */
	int err; /* of what was read last */
	/*
	 * Which file that was, held open (O_PATH), so that no other gets its
	 * number: -1 where there was none.
	 */
	int seen;
	struct stat st;
	bool complained; /* until it is right again */
};

/* --- reading -------------------------------------------------------------- */

static void
complain(struct ba_block_file *f, const char *why)
{
	if (!f->complained)
		ba_log(f->log, BA_LOG_ERR,
		    "the block list %s %s: nobody enters until it is right",
		    f->path, why);
	f->complained = true;
}

static void
forget(struct ba_block_file *f)
{
	ba_blocks_free(f->blocks);
	f->blocks = NULL;
	f->err = BA_OK;
	if (f->seen >= 0)
		(void)close(f->seen);
	f->seen = -1;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Owner and mode change the time of change. */
static bool
is_seen(const struct ba_block_file *f, const struct stat *st)
{
	return f->seen >= 0 && f->st.st_dev == st->st_dev &&
	       f->st.st_ino == st->st_ino && f->st.st_size == st->st_size &&
	       same_time(&f->st.st_mtim, &st->st_mtim) &&
	       same_time(&f->st.st_ctim, &st->st_ctim);
}

/* The file's text; BA_ERR_NOT_FOUND is no failure here. */
static int
read_text(const struct ba_block_file *f, struct ba_buf *b, const char **whyp)
{
	int r = ba_directory_trusted(f->path, f->trusted_uid, whyp);

	return r == BA_OK ? ba_read_trusted(f->path, f->trusted_uid, 0, b, whyp)
			  : r;
}

static int
parse_text(
    const struct ba_buf *b, struct ba_blocks **blocksp, char *why, size_t whysz)
{
	unsigned line;
	int r = ba_blocks_parse(b->p, b->len, blocksp, &line);

	(void)snprintf(why, whysz, "%s (line %u)",
	    r == BA_ERR_NOMEM ? "does not fit into memory" : "is not right",
	    line);
	return r;
}

/* Whatever is wrong, nobody enters; it is read again when it has changed, or
   where it could not be looked at, each time. */
static int
look(struct ba_block_file *f)
{
	const char *cause;
	char why[64];
	struct ba_buf b;
	int r;

	forget(f);
	f->seen = open(f->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (f->seen < 0 && errno == ENOENT)
		return BA_OK;
	if (f->seen < 0 || fstat(f->seen, &f->st) != 0) {
		complain(f, "cannot be examined");
		forget(f);
		return BA_ERR_BLOCKS;
	}
	/* Another may be there by now; then the next look is at that. */
	ba_buf_init(&b, BA_BLOCKS_BYTES_MAX);
	r = read_text(f, &b, &cause);
	if (r != BA_OK) {
		complain(f, cause);
	} else {
		r = parse_text(&b, &f->blocks, why, sizeof(why));
		if (r != BA_OK)
			complain(f, why);
	}
	ba_buf_wipe(&b);
	if (r == BA_OK) {
		f->complained = false;
		return BA_OK;
	}
	if (r == BA_ERR_CONFIG || r == BA_ERR_BLOCKS)
		f->err = BA_ERR_BLOCKS;
	else
		forget(f);
	return BA_ERR_BLOCKS;
}

int
ba_block_file_get(struct ba_block_file *f, const struct ba_blocks **blocksp)
{
	struct stat st;
	int r;

	*blocksp = NULL;
	if (lstat(f->path, &st) == 0) {
		r = is_seen(f, &st) ? f->err : look(f);
	} else if (errno == ENOENT) {
		if (f->seen >= 0)
			ba_log(f->log, BA_LOG_WARNING,
			    "the block list %s is gone: nobody is blocked",
			    f->path);
		forget(f);
		f->complained = false;
		r = BA_OK;
	} else {
		complain(f, "cannot be examined");
		forget(f);
		r = BA_ERR_BLOCKS;
	}
	if (r == BA_OK)
		*blocksp = f->blocks;
	return r;
}

/* --- changing ------------------------------------------------------------- */

static int
system_error(const struct ba_block_file *f, const char *what)
{
	ba_log(f->log, BA_LOG_ERR, "the block list %s: %s: %s", f->path, what,
	    strerror(errno));
	return BA_ERR_SYSTEM;
}

/* Released when the descriptor is closed, or its holder has died. */
static int
take_lock(const struct ba_block_file *f, int *fdp)
{
	const struct timespec pause = { .tv_nsec = LOCK_LOOK_MS * 1000000L };
	int64_t end = ba_clock_mono_ms(&ba_clock_system) + BA_BLOCK_LOCK_MS;
	int fd, r = BA_OK;

	*fdp = -1;
	fd = open(f->lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
	    0600);
	if (fd < 0)
		return system_error(f, "no lock");
	while (r == BA_OK && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			r = system_error(f, "no lock");
		else if (ba_clock_mono_ms(&ba_clock_system) >= end)
			r = BA_ERR_BUSY;
		else
			(void)nanosleep(&pause, NULL);
	}
	if (r == BA_OK)
		*fdp = fd;
	else
		(void)close(fd);
	return r;
}

static bool
is_meant(const struct ba_block *a, const struct ba_block *b)
{
	return a->kind == b->kind && strcmp(a->issuer, b->issuer) == 0 &&
	       (a->kind == BA_BLOCK_ALL || strcmp(a->name, b->name) == 0);
}

/*
 * The lines of old that stay, as they were written: line i is entry i.  *foundp:
 * was the one that is meant among them, in force?
 */
static int
keep_lines(const struct ba_buf *old, const struct ba_blocks *blocks,
    const struct ba_block *meant, int64_t now, struct ba_buf *b, size_t *np,
    bool *foundp)
{
	const char *line = ba_buf_str(old), *lf;
	const struct ba_block *e;
	bool ended;
	size_t i;
	int r = BA_OK;

	*np = 0;
	*foundp = false;
	for (i = 0; (e = ba_blocks_at(blocks, i)) != NULL && r == BA_OK; i++) {
		lf = strchr(line, '\n'); /* a NUL is in no strict JSON */
		ended = e->until != 0 && now >= e->until;
		if (is_meant(e, meant)) {
			*foundp = *foundp || !ended;
		} else if (!ended) {
			r = ba_buf_append(b, line, (size_t)(lf + 1 - line));
			++*np;
		}
		line = lf + 1;
	}
	return r;
}

/* Takes over the value, even where it fails. */
static int
set(json_t *o, const char *name, json_t *value)
{
	return json_object_set_new(o, name, value) == 0 ? BA_OK : BA_ERR_NOMEM;
}

static int
write_line(const struct ba_block *block, struct ba_buf *b)
{
	json_t *o = json_object();
	int r;

	r = set(o, "issuer", json_string(block->issuer));
	if (r == BA_OK && block->kind == BA_BLOCK_SUB)
		r = set(o, "sub", json_string(block->name));
	if (r == BA_OK && block->kind == BA_BLOCK_CLIENT)
		r = set(o, "client", json_string(block->name));
	if (r == BA_OK && block->kind == BA_BLOCK_ALL)
		r = set(o, "all", json_true());
	if (r == BA_OK)
		r = set(o, "since", json_integer(block->since));
	if (r == BA_OK && block->until != 0)
		r = set(o, "until", json_integer(block->until));
	if (r == BA_OK)
		r = ba_json_dump(o, b);
	json_decref(o);
	return r == BA_OK ? ba_buf_append_byte(b, '\n') : r;
}

/* Would it be read as what it is? */
static int
append_block(const struct ba_block *block, size_t n, struct ba_buf *b)
{
	struct ba_blocks *one = NULL;
	size_t start = b->len;
	int r;

	if (n >= BA_BLOCKS_MAX)
		return BA_ERR_LIMIT;
	r = write_line(block, b);
	if (r != BA_OK)
		return r;
	r = ba_blocks_parse(b->p + start, b->len - start, &one, NULL);
	if (r == BA_OK && !is_meant(ba_blocks_at(one, 0), block))
		r = BA_ERR_BLOCKS;
	ba_blocks_free(one);
	return r == BA_ERR_BLOCKS ? BA_ERR_INTERNAL : r;
}

static int
read_old(
    struct ba_block_file *f, struct ba_buf *old, struct ba_blocks **blocksp)
{
	const char *cause;
	char why[64];
	int r;

	r = read_text(f, old, &cause);
	if (r == BA_ERR_NOT_FOUND)
		return BA_OK;
	if (r == BA_OK) {
		r = parse_text(old, blocksp, why, sizeof(why));
		cause = why;
	}
	if (r == BA_OK || r == BA_ERR_NOMEM)
		return r;
	ba_log(f->log, BA_LOG_ERR, "the block list %s %s: it is let alone",
	    f->path, cause);
	return r == BA_ERR_SYSTEM ? r : BA_ERR_BLOCKS;
}

static bool
write_all(int fd, const struct ba_buf *b)
{
	size_t done = 0;
	ssize_t n;

	while (done < b->len) {
		n = write(fd, b->p + done, b->len - done);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	return true;
}

/* So that the name is on the disk, too. */
static int
sync_directory(const struct ba_block_file *f)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(f->path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash + 1 - f->path);
	int fd, r = BA_OK;

	/* ba_directory_trusted() had room for it. */
	if (n + 2 > sizeof(dir))
		return BA_ERR_INTERNAL;
	memcpy(dir, f->path, n);
	memcpy(dir + n, ".", 2);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		r = system_error(f, "fsync of its directory");
	if (fd >= 0)
		(void)close(fd);
	return r;
}

/* All of it is on the disk before it gets the name. */
static int
replace(const struct ba_block_file *f, const struct ba_buf *b)
{
	bool written;
	int fd, r;

	/* What a process that died has left; the lock is ours. */
	(void)unlink(f->fresh);
	fd = open(f->fresh,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return system_error(f, "no new file");
	written = write_all(fd, b) && fsync(fd) == 0;
	if (close(fd) != 0 || !written) {
		r = system_error(f, "writing");
	} else if (rename(f->fresh, f->path) != 0) {
		r = system_error(f, "rename");
	} else {
		return sync_directory(f);
	}
	(void)unlink(f->fresh);
	return r;
}

/* With the lock: read, change, write. */
static int
rewrite(struct ba_block_file *f, const struct ba_block *block, bool add,
    int64_t now)
{
	struct ba_blocks *blocks = NULL;
	struct ba_buf old, b;
	bool found;
	size_t n;
	int r;

	ba_buf_init(&old, BA_BLOCKS_BYTES_MAX);
	ba_buf_init(&b, BA_BLOCKS_BYTES_MAX);
	r = read_old(f, &old, &blocks);
	if (r == BA_OK)
		r = keep_lines(&old, blocks, block, now, &b, &n, &found);
	if (r == BA_OK && add)
		r = append_block(block, n, &b);
	else if (r == BA_OK && !found)
		r = BA_ERR_NOT_FOUND;
	if (r == BA_OK)
		r = replace(f, &b);
	ba_buf_wipe(&old);
	ba_buf_wipe(&b);
	ba_blocks_free(blocks);
	return r;
}

static bool
text_ok(const char *s)
{
	return s != NULL && *s != '\0' && strlen(s) <= BA_BLOCK_TEXT_MAX;
}

static int
change(struct ba_block_file *f, const struct ba_block *block, bool add,
    int64_t now)
{
	int fd, r;

	if (!text_ok(block->issuer) ||
	    (block->kind != BA_BLOCK_ALL && !text_ok(block->name)))
		return BA_ERR_LIMIT;
	/* A file of somebody else's would lock everybody out. */
	if (geteuid() != f->trusted_uid) {
		ba_log(f->log, BA_LOG_ERR,
		    "the block list %s is changed by uid %lu alone", f->path,
		    (unsigned long)f->trusted_uid);
		return BA_ERR_SYSTEM;
	}
	r = take_lock(f, &fd);
	if (r != BA_OK)
		return r;
	r = rewrite(f, block, add, now);
	(void)close(fd);
	return r;
}

int
ba_block_file_add(
    struct ba_block_file *f, const struct ba_block *block, int64_t now)
{
	return change(f, block, true, now);
}

int
ba_block_file_remove(
    struct ba_block_file *f, const struct ba_block *block, int64_t now)
{
	return change(f, block, false, now);
}

/* --- making --------------------------------------------------------------- */

static char *
with(const char *path, const char *end)
{
	char *s = NULL;

	return asprintf(&s, "%s%s", path, end) < 0 ? NULL : s;
}

int
ba_block_file_new(const char *path, uid_t trusted_uid, const struct ba_log *log,
    struct ba_block_file **fp)
{
	struct ba_block_file *f = calloc(1, sizeof(*f));

	*fp = NULL;
	if (f == NULL)
		return BA_ERR_NOMEM;
	f->trusted_uid = trusted_uid;
	f->log = log;
	f->seen = -1;
	f->path = strdup(path);
	f->lock = with(path, ".lock");
	f->fresh = with(path, ".new");
	if (f->path == NULL || f->lock == NULL || f->fresh == NULL) {
		ba_block_file_free(f);
		return BA_ERR_NOMEM;
	}
	*fp = f;
	return BA_OK;
}

void
ba_block_file_free(struct ba_block_file *f)
{
	if (f == NULL)
		return;
	forget(f);
	free(f->path);
	free(f->lock);
	free(f->fresh);
	free(f);
}
