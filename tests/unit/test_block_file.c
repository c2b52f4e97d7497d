/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/base/clock.h"
#include "common/policy/block.h"

#define N(a)  (sizeof(a) / sizeof((a)[0]))
#define NOW   INT64_C(1700000000)
#define ISS   "https://a.example"
#define OTHER "https://b.example"

/* --- what can be made to fail ---------------------------------------------- */

static struct {
	unsigned parsed; /* how often ba_blocks_parse() was called */
	int64_t hurry; /* ms by which each look at the clock is later */
	int64_t late;
	unsigned fsync_at, write_at, calloc_at, fstat_at; /* which one fails */
	unsigned malloc_at, flock_at, lstat_at, text_at;
	int flock_errno;
	bool no_rename, interrupted, no_close;
	size_t piece; /* that is written at once; 0: all */
	void (*alter)(struct stat *st); /* what lstat(2) says */
	unsigned fstats; /* how many */
	unsigned pauses;
	long pause; /* ns */
	int written; /* the descriptor */
	ino_t synced; /* last */
} f;

int __real_ba_blocks_parse(
    const void *p, size_t n, struct ba_blocks **blocksp, unsigned *linep);
int __wrap_ba_blocks_parse(
    const void *p, size_t n, struct ba_blocks **blocksp, unsigned *linep);
int64_t __real_ba_clock_mono_ms(const struct ba_clock *c);
int64_t __wrap_ba_clock_mono_ms(const struct ba_clock *c);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
int __wrap_asprintf(char **sp, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **sp, int flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);
int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int __wrap_nanosleep(const struct timespec *t, struct timespec *left);
int __real_close(int fd);
int __wrap_close(int fd);

int
__wrap_ba_blocks_parse(
    const void *p, size_t n, struct ba_blocks **blocksp, unsigned *linep)
{
	f.parsed++;
	return __real_ba_blocks_parse(p, n, blocksp, linep);
}

int64_t
__wrap_ba_clock_mono_ms(const struct ba_clock *c)
{
	f.late += f.hurry;
	return f.hurry > 0 ? f.late : __real_ba_clock_mono_ms(c);
}

static bool
fails(unsigned *at)
{
	if (*at == 0 || --*at > 0)
		return false;
	errno = EIO;
	return true;
}

static void
assert_closes_on_exec(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

int
__wrap_fsync(int fd)
{
	struct stat st;

	assert_closes_on_exec(fd);
	assert_int_equal(__real_fstat(fd, &st), 0);
	f.synced = st.st_ino;
	return fails(&f.fsync_at) ? -1 : __real_fsync(fd);
}

/* The lock is held until the new file has the name. */
static void
assert_locked(const char *path)
{
	char lock[128];
	int fd;

	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	fd = open(lock, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(__real_flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(__real_close(fd), 0);
}

int
__wrap_rename(const char *from, const char *to)
{
	if (strstr(from, ".new") != NULL)
		assert_locked(to);
	errno = EACCES;
	return f.no_rename ? -1 : __real_rename(from, to);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	assert_closes_on_exec(fd);
	f.written = fd;
	if (fails(&f.write_at))
		return -1;
	if (f.interrupted) {
		f.interrupted = false;
		errno = EINTR;
		return -1;
	}
	return __real_write(fd, p, f.piece > 0 && n > f.piece ? f.piece : n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails(&f.calloc_at) ? NULL : __real_calloc(n, size);
}

void *
__wrap_malloc(size_t n)
{
	return fails(&f.malloc_at) ? NULL : __real_malloc(n);
}

char *
__wrap_strdup(const char *s)
{
	return fails(&f.text_at) ? NULL : __real_strdup(s);
}

int
__wrap_asprintf(char **sp, const char *fmt, ...)
{
	va_list ap;
	int n = -1;

	*sp = (char *)&f; /* anything, where it fails */
	va_start(ap, fmt);
	if (!fails(&f.text_at))
		n = vasprintf(sp, fmt, ap);
	va_end(ap);
	return n;
}

/* What the same is called with _FORTIFY_SOURCE. */
int
__wrap___asprintf_chk(char **sp, int flag, const char *fmt, ...)
{
	va_list ap;
	int n = -1;

	(void)flag;
	*sp = (char *)&f;
	va_start(ap, fmt);
	if (!fails(&f.text_at))
		n = vasprintf(sp, fmt, ap);
	va_end(ap);
	return n;
}

int
__wrap_lstat(const char *path, struct stat *st)
{
	int r = fails(&f.lstat_at) ? -1 : __real_lstat(path, st);

	if (r == 0 && f.alter != NULL)
		f.alter(st);
	return r;
}

int
__wrap_flock(int fd, int how)
{
	assert_closes_on_exec(fd);
	if (!fails(&f.flock_at))
		return __real_flock(fd, how);
	errno = f.flock_errno;
	return -1;
}

/* As if the time had gone by. */
int
__wrap_nanosleep(const struct timespec *t, struct timespec *left)
{
	(void)left;
	f.pauses++;
	f.pause = t->tv_nsec + 1000000000L * t->tv_sec;
	return 0;
}

int
__wrap_close(int fd)
{
	int r = __real_close(fd);

	if (!f.no_close || fd != f.written)
		return r;
	errno = EIO;
	return -1;
}

int
__wrap_fstat(int fd, struct stat *st)
{
	f.fstats++;
	return fails(&f.fstat_at) ? -1 : __real_fstat(fd, st);
}

/* --- a directory, two brokers ---------------------------------------------- */

static struct {
	char dir[64], path[80], lock[96], fresh[96];
	struct ba_block_file *a, *b;
	unsigned lines; /* logged */
	char last[1024];
} w;

static void
line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	(void)level;
	w.lines++;
	(void)snprintf(w.last, sizeof(w.last), "%s", text);
}

static const struct ba_log loud = { line, NULL };

static int
setup(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	memset(&w, 0, sizeof(w));
	(void)strcpy(w.dir, "/tmp/ba-block-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	(void)snprintf(w.path, sizeof(w.path), "%s/blocks", w.dir);
	(void)snprintf(w.lock, sizeof(w.lock), "%s.lock", w.path);
	(void)snprintf(w.fresh, sizeof(w.fresh), "%s.new", w.path);
	assert_int_equal(
	    ba_block_file_new(w.path, geteuid(), &loud, &w.a), BA_OK);
	assert_int_equal(
	    ba_block_file_new(w.path, geteuid(), &loud, &w.b), BA_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	ba_block_file_free(w.a);
	ba_block_file_free(w.b);
	ba_block_file_free(NULL);
	assert_int_equal(chmod(w.dir, 0700), 0);
	(void)unlink(w.path);
	(void)unlink(w.lock);
	assert_int_equal(access(w.fresh, F_OK), -1);
	assert_int_equal(rmdir(w.dir), 0);
	return 0;
}

static void
put(const char *text)
{
	FILE *file = fopen(w.path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	assert_int_equal(fclose(file), 0);
}

static char *
content(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *file = fopen(w.path, "re");

	assert_non_null(file);
	if (getdelim(&text, &n, '\0', file) < 0)
		text[0] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

static void
assert_content(const char *want)
{
	char *text = content();

	assert_string_equal(text, want);
	free(text);
}

static bool
is_blocked(struct ba_block_file *file, const char *sub)
{
	const struct ba_blocks *blocks;

	assert_int_equal(ba_block_file_get(file, &blocks), BA_OK);
	return ba_blocks_find(blocks, BA_BLOCK_SUB, ISS, sub, NOW) != NULL;
}

static void
assert_shut(struct ba_block_file *file, const char *said)
{
	const struct ba_blocks *blocks = (const struct ba_blocks *)&w;

	assert_int_equal(ba_block_file_get(file, &blocks), BA_ERR_BLOCKS);
	assert_null(blocks);
	if (strstr(w.last, said) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", w.last, said);
}

static struct ba_block
of(const char *sub, int64_t until)
{
	struct ba_block b = { BA_BLOCK_SUB, ISS, sub, NOW, until };

	return b;
}

static int
add(struct ba_block_file *file, const char *sub, int64_t until)
{
	struct ba_block b = of(sub, until);

	return ba_block_file_add(file, &b, NOW);
}

static int
take_back(struct ba_block_file *file, const char *sub)
{
	struct ba_block b = of(sub, 0);

	return ba_block_file_remove(file, &b, NOW);
}

/* As it is written. */
#define LINE(sub)                                                              \
	"{\"issuer\":\"" ISS "\",\"sub\":\"" sub "\",\"since\":1700000000}\n"

/* --- the list as it is now -------------------------------------------------- */

static void
test_block_file_none(void **state)
{
	const struct ba_blocks *blocks = (const struct ba_blocks *)&w;

	(void)state;
	assert_int_equal(ba_block_file_get(w.a, &blocks), BA_OK);
	assert_null(blocks);
	assert_int_equal(take_back(w.a, "alice"), BA_ERR_NOT_FOUND);
	/* Nothing was changed, and no file made. */
	assert_int_equal(access(w.path, F_OK), -1);
	assert_int_equal(w.lines, 0);
}

/* V48: effective for the next login of every process. */
static void
test_v48_block_and_unblock(void **state)
{
	struct stat st;

	(void)state;
	assert_false(is_blocked(w.b, "alice"));
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_true(is_blocked(w.a, "alice"));
	assert_true(is_blocked(w.b, "alice"));
	assert_false(is_blocked(w.b, "bob"));
	assert_content(LINE("alice"));
	assert_int_equal(stat(w.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(w.lock, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(add(w.b, "bob", NOW + 1), BA_OK);
	assert_content(LINE("alice") "{\"issuer\":\"" ISS
				     "\",\"sub\":\"bob\",\"since\":1700000000,"
				     "\"until\":1700000001}\n");
	assert_true(is_blocked(w.a, "bob"));
	assert_int_equal(take_back(w.b, "alice"), BA_OK);
	assert_false(is_blocked(w.a, "alice"));
	assert_int_equal(take_back(w.a, "alice"), BA_ERR_NOT_FOUND);
	assert_true(is_blocked(w.a, "bob"));
	assert_int_equal(take_back(w.a, "bob"), BA_OK);
	assert_false(is_blocked(w.b, "bob"));
	assert_content("");
	assert_int_equal(w.lines, 0);
}

/* Kept across restarts, which know nothing but the file. */
static void
test_block_file_is_read_once(void **state)
{
	struct ba_block_file *again;
	unsigned i;

	(void)state;
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_int_equal(
	    ba_block_file_new(w.path, geteuid(), NULL, &again), BA_OK);
	f.parsed = 0;
	for (i = 0; i < 5; i++)
		assert_true(is_blocked(again, "alice"));
	assert_int_equal(f.parsed, 1);
	/* the same text in another file */
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_content(LINE("alice"));
	f.parsed = 0;
	assert_true(is_blocked(again, "alice"));
	assert_true(is_blocked(again, "alice"));
	assert_int_equal(f.parsed, 1);
	ba_block_file_free(again);
}

/* What an editor does: the same file, of the same size. */
static void
test_block_file_changed_in_its_place(void **state)
{
	const struct timespec then[2] = { { 1, 0 }, { 1, 5 } };
	int fd;

	(void)state;
	put(LINE("alice"));
	assert_true(is_blocked(w.a, "alice"));
	fd = open(w.path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, LINE("carol"), strlen(LINE("carol")), 0),
	    strlen(LINE("carol")));
	assert_int_equal(futimens(fd, then), 0);
	assert_int_equal(close(fd), 0);
	assert_false(is_blocked(w.a, "alice"));
	assert_true(is_blocked(w.a, "carol"));
}

static void
other_dev(struct stat *st)
{
	st->st_dev++;
}

static void
other_ino(struct stat *st)
{
	st->st_ino++;
}

static void
other_size(struct stat *st)
{
	st->st_size++;
}

static void
other_mtime(struct stat *st)
{
	st->st_mtim.tv_sec++;
}

static void
other_mtime_nsec(struct stat *st)
{
	st->st_mtim.tv_nsec++;
}

static void
other_ctime(struct stat *st)
{
	st->st_ctim.tv_sec++;
}

static void
other_ctime_nsec(struct stat *st)
{
	st->st_ctim.tv_nsec++;
}

static void
gone_now(struct stat *st)
{
	(void)st;
	f.alter = NULL;
	(void)unlink(w.path);
}

/* Each of it makes another file, by itself. */
static void
test_block_file_what_makes_another(void **state)
{
	static void (*const other[])(struct stat *) = { other_dev, other_ino,
		other_size, other_mtime, other_mtime_nsec, other_ctime,
		other_ctime_nsec };
	const struct ba_blocks *blocks;
	size_t i;

	(void)state;
	put(LINE("alice"));
	assert_true(is_blocked(w.a, "alice"));
	for (i = 0; i < N(other); i++) {
		f.parsed = 0;
		assert_true(is_blocked(w.a, "alice"));
		assert_int_equal(f.parsed, 0);
		f.alter = other[i];
		assert_true(is_blocked(w.a, "alice"));
		assert_int_equal(f.parsed, 1);
		f.alter = NULL;
	}
	/* looked at in vain, it is not the one of before */
	f.alter = other_size;
	f.fstat_at = 1;
	assert_shut(w.a, "cannot be examined");
	f.alter = NULL;
	assert_true(is_blocked(w.a, "alice"));
	/* gone between two calls: no file */
	assert_int_equal(w.lines, 1);
	f.alter = gone_now;
	assert_int_equal(ba_block_file_get(w.b, &blocks), BA_OK);
	assert_null(blocks);
	assert_int_equal(w.lines, 1);
}

/* No descriptor is forgotten, whatever happens. */
static int
next_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	return fd;
}

static void
test_block_file_descriptors(void **state)
{
	int first = next_fd(), lock;
	struct rlimit old, none;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(add(w.a, "alice", 0), BA_OK);
		assert_int_equal(next_fd(), first + (i > 0));
		assert_true(is_blocked(w.a, "alice"));
		assert_int_equal(next_fd(), first + 1);
	}
	assert_int_equal(unlink(w.path), 0);
	assert_false(is_blocked(w.a, "alice"));
	assert_int_equal(next_fd(), first);
	lock = open(w.lock, O_RDWR | O_CLOEXEC);
	assert_int_equal(lock, first);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	f.hurry = 500;
	assert_int_equal(add(w.a, "alice", 0), BA_ERR_BUSY);
	assert_int_equal(next_fd(), first + 1);
	assert_int_equal(close(lock), 0);
	f.hurry = 0;
	f.fsync_at = 2; /* of the directory */
	assert_int_equal(add(w.a, "alice", 0), BA_ERR_SYSTEM);
	assert_int_equal(next_fd(), first);
	/* none left: it is there, and cannot be looked at */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)first;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_shut(w.a, "cannot be examined");
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(is_blocked(w.a, "alice"));
}

/* A name without a directory is one of the working directory. */
static void
test_block_file_of_a_short_name(void **state)
{
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct ba_block_file *file;
	struct stat st;

	(void)state;
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_int_equal(stat(w.dir, &st), 0);
	assert_int_equal(f.synced, st.st_ino);
	assert_int_equal(chdir(w.dir), 0);
	assert_int_equal(
	    ba_block_file_new("blocks", geteuid(), &loud, &file), BA_OK);
	assert_int_equal(add(file, "bob", 0), BA_OK);
	assert_int_equal(f.synced, st.st_ino);
	ba_block_file_free(file);
	assert_int_equal(fchdir(here), 0);
	assert_int_equal(close(here), 0);
	assert_true(is_blocked(w.a, "alice") && is_blocked(w.a, "bob"));
}

static void
test_block_file_taken_away(void **state)
{
	(void)state;
	put(LINE("alice"));
	assert_true(is_blocked(w.a, "alice"));
	assert_int_equal(unlink(w.path), 0);
	assert_false(is_blocked(w.a, "alice"));
	assert_int_equal(w.lines, 1);
	assert_non_null(strstr(w.last, "is gone: nobody is blocked"));
	assert_false(is_blocked(w.a, "alice"));
	assert_int_equal(w.lines, 1);
	put(LINE("alice"));
	assert_true(is_blocked(w.a, "alice"));
}

/* Each with the one defect; without it they are read again. */
static void
test_block_file_not_right_nobody_enters(void **state)
{
	static const struct {
		const char *text;
		mode_t mode, dir;
		const char *said;
	} bad[] = {
		{ LINE("alice") "x\n", 0600, 0700, "is not right (line 2)" },
		{ "{\"issuer\":\"" ISS "\",\"sub\":\"alice\",\"since\":5}",
		    0600, 0700, "is not right (line 1)" },
		{ LINE("alice"), 0620, 0700, "written by group or others" },
		{ LINE("alice"), 0602, 0700, "written by group or others" },
		{ LINE("alice"), 0600, 0720, "the directory may be written" },
		{ LINE("alice"), 0600, 0702, "the directory may be written" },
	};
	unsigned parsed;
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		(void)unlink(w.path);
		put(bad[i].text);
		assert_int_equal(chmod(w.path, bad[i].mode), 0);
		assert_int_equal(chmod(w.dir, bad[i].dir), 0);
		w.lines = 0;
		assert_shut(w.a, bad[i].said);
		assert_non_null(strstr(w.last, w.path));
		assert_non_null(strstr(w.last, "nobody enters"));
		parsed = f.parsed;
		f.fstats = 0;
		assert_shut(w.a, "");
		assert_shut(w.a, "");
		assert_int_equal(w.lines, 1); /* logged once … */
		assert_int_equal(f.parsed, parsed); /* … and read once */
		assert_int_equal(f.fstats, 0);
		/* It is let alone, too. */
		assert_int_equal(add(w.a, "bob", 0), BA_ERR_BLOCKS);
		assert_non_null(strstr(w.last, bad[i].said));
		assert_non_null(strstr(w.last, "it is let alone"));
		assert_int_equal(take_back(w.a, "alice"), BA_ERR_BLOCKS);
		assert_content(bad[i].text);
		assert_shut(w.a, "");
		assert_int_equal(chmod(w.dir, 0700), 0);
		(void)unlink(w.path);
		put(LINE("alice"));
		assert_true(is_blocked(w.a, "alice"));
		w.lines = 0;
		put("x\n");
		assert_shut(w.a, "is not right (line 1)");
		assert_int_equal(w.lines, 1); /* once more */
		put(LINE("carol"));
		assert_true(is_blocked(w.a, "carol"));
	}
	/* Taken away it was right, too, and is then wrong anew. */
	put("x\n");
	assert_shut(w.a, "is not right");
	assert_int_equal(unlink(w.path), 0);
	assert_false(is_blocked(w.a, "alice"));
	put("x\n");
	w.lines = 0;
	assert_shut(w.a, "is not right");
	assert_int_equal(w.lines, 1);
	/* Its mode made right is enough. */
	put(LINE("alice"));
	assert_int_equal(chmod(w.path, 0666), 0);
	assert_shut(w.b, "written");
	assert_int_equal(chmod(w.path, 0644), 0); /* it is no secret */
	assert_true(is_blocked(w.b, "alice"));
}

static void
test_v24_block_file_is_no_link_and_no_pipe(void **state)
{
	char other[96];

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", w.dir);
	put(LINE("alice"));
	assert_int_equal(rename(w.path, other), 0);
	assert_int_equal(symlink(other, w.path), 0);
	assert_shut(w.a, "is a symbolic link");
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_BLOCKS);
	assert_int_equal(unlink(w.path), 0);
	assert_int_equal(symlink("nowhere", w.path), 0);
	assert_shut(w.a, "is a symbolic link");
	assert_int_equal(unlink(w.path), 0);
	assert_int_equal(mkfifo(w.path, 0600), 0);
	assert_shut(w.b, "is not a regular file");
	assert_int_equal(unlink(w.path), 0);
	assert_int_equal(mkdir(w.path, 0700), 0);
	assert_shut(w.b, "is not a regular file");
	assert_int_equal(rmdir(w.path), 0);
	assert_int_equal(rename(other, w.path), 0);
	assert_true(is_blocked(w.a, "alice"));
	assert_true(is_blocked(w.b, "alice"));
}

/* Another's file says nothing; it takes root to make one. */
static void
test_pm11_block_file_of_another(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put(LINE("alice"));
	assert_int_equal(chown(w.path, 4711, (gid_t)-1), 0);
	assert_shut(w.a, "belongs to another user");
	assert_int_equal(chown(w.path, 0, (gid_t)-1), 0);
	assert_true(is_blocked(w.a, "alice"));
}

/* What cannot be looked at is looked at each time. */
static void
test_block_file_cannot_be_read(void **state)
{
	struct ba_block_file *nowhere;
	const struct ba_blocks *blocks;
	char path[128];
	unsigned i;

	(void)state;
	put(LINE("alice"));
	f.fstat_at = 1;
	assert_shut(w.a, "cannot be examined");
	f.fstat_at = 2; /* ba_read_trusted()'s */
	assert_shut(w.a, "");
	f.calloc_at = 1;
	assert_shut(w.a, "");
	assert_int_equal(w.lines, 1);
	assert_true(is_blocked(w.a, "alice"));
	f.calloc_at = 1;
	assert_shut(w.b, "does not fit into memory");
	f.fstat_at = 1;
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_int_equal(w.lines, 3);
	f.lstat_at = 1;
	assert_shut(w.a, "cannot be examined");
	assert_int_equal(w.lines, 4);
	assert_true(is_blocked(w.a, "alice"));
	/* "not a directory" is not "no file" */
	(void)snprintf(path, sizeof(path), "%s/x", w.path);
	assert_int_equal(
	    ba_block_file_new(path, geteuid(), &loud, &nowhere), BA_OK);
	assert_int_equal(ba_block_file_get(nowhere, &blocks), BA_ERR_BLOCKS);
	assert_int_equal(add(nowhere, "bob", 0), BA_ERR_SYSTEM);
	ba_block_file_free(nowhere);
	(void)snprintf(path, sizeof(path), "%s/none/x", w.dir);
	assert_int_equal(
	    ba_block_file_new(path, geteuid(), &loud, &nowhere), BA_OK);
	assert_int_equal(ba_block_file_get(nowhere, &blocks), BA_OK);
	assert_null(blocks);
	assert_int_equal(add(nowhere, "bob", 0), BA_ERR_SYSTEM);
	ba_block_file_free(nowhere);
	f.calloc_at = 1;
	assert_int_equal(
	    ba_block_file_new(w.path, 0, NULL, &nowhere), BA_ERR_NOMEM);
	assert_null(nowhere);
	for (i = 1; i <= 3; i++) {
		f.text_at = i;
		assert_int_equal(
		    ba_block_file_new(w.path, 0, NULL, &nowhere), BA_ERR_NOMEM);
		assert_null(nowhere);
	}
}

/* --- changing it ------------------------------------------------------------ */

static void
test_block_file_every_kind(void **state)
{
	static const struct ba_block all[] = {
		{ BA_BLOCK_ALL, ISS, NULL, NOW, 0 },
		{ BA_BLOCK_ALL, OTHER, NULL, NOW, 0 },
		{ BA_BLOCK_CLIENT, ISS, "x", NOW, 0 },
		{ BA_BLOCK_CLIENT, OTHER, "x", NOW, 0 },
		{ BA_BLOCK_SUB, ISS, "x", NOW, 0 },
		{ BA_BLOCK_SUB, ISS, "a\n\"\\\x01\xc3\xa9", NOW, 0 },
	};
	const struct ba_blocks *blocks;
	const struct ba_block *b;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(all); i++)
		assert_int_equal(ba_block_file_add(w.a, &all[i], NOW), BA_OK);
	/* each goes, and no other */
	for (i = 0; i < N(all); i++) {
		assert_int_equal(ba_block_file_get(w.b, &blocks), BA_OK);
		for (j = 0; j < N(all); j++) {
			b = ba_blocks_find(blocks, all[j].kind, all[j].issuer,
			    all[j].name, NOW);
			assert_int_equal(b != NULL, j >= i);
		}
		assert_int_equal(
		    ba_block_file_remove(w.a, &all[i], NOW), BA_OK);
		assert_int_equal(
		    ba_block_file_remove(w.a, &all[i], NOW), BA_ERR_NOT_FOUND);
	}
}

/* In place of one of the same; those that have ended go, others stay as they
   were written. */
static void
test_block_file_what_stays(void **state)
{
	static const char text[] =
	    "{ \"since\": 5, \"issuer\": \"" ISS "\", \"sub\": \"odd\" }\n"
	    "{\"issuer\":\"" ISS "\",\"sub\":\"alice\",\"since\":5}\n"
	    "{\"issuer\":\"" ISS
	    "\",\"sub\":\"past\",\"since\":5,\"until\":1700000000}\n"
	    "{\"issuer\":\"" ISS
	    "\",\"sub\":\"next\",\"since\":5,\"until\":1700000001}\n";

	(void)state;
	put(text);
	/* it has ended: there is nothing to take away */
	assert_int_equal(take_back(w.a, "past"), BA_ERR_NOT_FOUND);
	assert_content(text);
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_content(
	    "{ \"since\": 5, \"issuer\": \"" ISS "\", \"sub\": \"odd\" }\n"
	    "{\"issuer\":\"" ISS
	    "\",\"sub\":\"next\",\"since\":5,\"until\":1700000001}\n" LINE(
		"alice"));
	assert_int_equal(take_back(w.a, "next"), BA_OK);
	assert_content("{ \"since\": 5, \"issuer\": \"" ISS
		       "\", \"sub\": \"odd\" }\n" LINE("alice"));
	/* by hand, twice */
	put(LINE("alice") LINE("bob") "{\"issuer\":\"" ISS
				      "\",\"sub\":\"alice\",\"since\":5,"
				      "\"until\":1700000000}\n");
	assert_int_equal(take_back(w.a, "alice"), BA_OK);
	assert_content(LINE("bob"));
}

static void
test_block_v32_what_cannot_be_added(void **state)
{
	char most[BA_BLOCK_TEXT_MAX + 1], more[BA_BLOCK_TEXT_MAX + 2];
	struct ba_block good = of("alice", 0), bad;

	(void)state;
	memset(more, 'x', sizeof(more));
	more[sizeof(more) - 1] = '\0';
	memcpy(most, more, sizeof(most));
	most[sizeof(most) - 1] = '\0';
	bad = good;
	bad.name = NULL;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_LIMIT);
	bad.name = "";
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_LIMIT);
	bad.name = more;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_LIMIT);
	assert_int_equal(ba_block_file_remove(w.a, &bad, NOW), BA_ERR_LIMIT);
	bad.name = most;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_OK);
	bad = good;
	bad.issuer = NULL;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_LIMIT);
	bad.issuer = more;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_LIMIT);
	bad.issuer = most;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_OK);
	/* what would not be read again */
	bad = good;
	bad.since = 0;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_INTERNAL);
	bad = good;
	bad.until = -1;
	assert_int_equal(ba_block_file_add(w.a, &bad, NOW), BA_ERR_INTERNAL);
	assert_false(is_blocked(w.a, "alice"));
	assert_int_equal(ba_block_file_add(w.a, &good, NOW), BA_OK);
	assert_true(is_blocked(w.a, "alice"));
	bad.until = 0;
	bad.name = "\xff";
	assert_int_not_equal(ba_block_file_add(w.a, &bad, NOW), BA_OK);
	assert_true(is_blocked(w.a, "alice"));
}

static void
test_block_v32_a_hundred_thousand(void **state)
{
	FILE *file = fopen(w.path, "we");
	size_t i;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	for (i = 1; i < BA_BLOCKS_MAX; i++)
		assert_true(fprintf(file,
				"{\"issuer\":\"" ISS
				"\",\"sub\":\"%zu\",\"since\":5}\n",
				i) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_true(is_blocked(w.b, "alice"));
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_LIMIT);
	assert_int_equal(add(w.a, "4711", 0), BA_OK); /* in place of it */
	assert_int_equal(take_back(w.a, "1"), BA_OK);
	assert_int_equal(add(w.a, "bob", 0), BA_OK);
	assert_true(is_blocked(w.b, "bob"));
	assert_false(is_blocked(w.b, "1"));
}

static void
test_block_file_lock(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	fd = open(w.lock, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	f.hurry = 250;
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_BUSY);
	/* 250 ms at the first look: at the fourth behind it the time is up */
	assert_int_equal(f.late, 5 * 250);
	assert_int_equal(f.pauses, 3);
	assert_int_equal(f.pause, 10000000L);
	assert_int_equal(take_back(w.a, "alice"), BA_ERR_BUSY);
	assert_true(is_blocked(w.a, "alice")); /* reading waits for nobody */
	assert_int_equal(close(fd), 0);
	assert_int_equal(add(w.a, "bob", 0), BA_OK);
	/* what is no other's lock is not waited for */
	f.flock_at = 1;
	f.flock_errno = ENOLCK;
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_non_null(strstr(w.last, "no lock"));
	f.flock_at = 1;
	f.flock_errno = EINTR;
	assert_int_equal(add(w.a, "bob", 0), BA_OK);
	/* a link where the lock should be */
	assert_int_equal(unlink(w.lock), 0);
	assert_int_equal(symlink("elsewhere", w.lock), 0);
	assert_int_equal(add(w.a, "carol", 0), BA_ERR_SYSTEM);
	assert_int_equal(unlink(w.lock), 0);
	assert_int_equal(add(w.a, "carol", 0), BA_OK);
	assert_true(is_blocked(w.a, "bob") && is_blocked(w.a, "carol"));
}

/* Whatever fails, the old list is there, whole. */
static void
test_block_file_disk_fails(void **state)
{
	unsigned *const at[] = { &f.fsync_at, &f.write_at };
	/* one that divides the whole, and others */
	static const size_t pieces[] = { 1, 7, 8, 11 };
	size_t i;

	(void)state;
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	for (i = 0; i < N(at); i++) {
		*at[i] = 1;
		assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
		assert_int_equal(access(w.fresh, F_OK), -1);
		assert_content(LINE("alice"));
	}
	f.no_close = true;
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_non_null(strstr(w.last, "writing: "));
	f.no_close = false;
	assert_content(LINE("alice"));
	f.no_rename = true;
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_non_null(strstr(w.last, "rename: "));
	assert_int_equal(take_back(w.a, "alice"), BA_ERR_SYSTEM);
	assert_int_equal(access(w.fresh, F_OK), -1);
	assert_content(LINE("alice"));
	f.no_rename = false;
	assert_int_equal(mkdir(w.fresh, 0700), 0);
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_int_equal(rmdir(w.fresh), 0);
	/* the name may not be on the disk: it is said, and it counts */
	f.fsync_at = 2;
	assert_int_equal(add(w.a, "bob", 0), BA_ERR_SYSTEM);
	assert_true(is_blocked(w.a, "bob"));
	assert_int_equal(take_back(w.a, "bob"), BA_OK);
	for (i = 0; i < N(pieces); i++) {
		f.interrupted = true;
		f.piece = pieces[i];
		assert_int_equal(add(w.a, "bob", 0), BA_OK);
		assert_content(LINE("alice") LINE("bob"));
	}
}

/* A process that died between the new file and its name. */
static void
test_block_file_left_behind(void **state)
{
	FILE *file = fopen(w.fresh, "we");

	(void)state;
	assert_non_null(file);
	assert_true(fputs("half a li", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	assert_content(LINE("alice"));
	/* a link there is replaced as well, and not followed */
	assert_int_equal(symlink(w.path, w.fresh), 0);
	assert_int_equal(add(w.a, "bob", 0), BA_OK);
	assert_content(LINE("alice") LINE("bob"));
}

/* Each allocation of either kind fails once. */
static void
add_without_memory(const struct ba_block *block, unsigned *at)
{
	char *before = content(), *after;
	unsigned n;
	int r;

	for (n = 1;; n++) {
		*at = n;
		r = ba_block_file_add(w.a, block, NOW);
		if (r == BA_OK)
			break;
		assert_int_equal(r, BA_ERR_NOMEM);
		*at = 0;
		assert_content(before);
	}
	assert_true(n > 4 && *at > 0);
	*at = 0;
	after = content();
	assert_true(strncmp(before, after, strlen(before)) == 0);
	assert_true(strlen(before) < strlen(after));
	free(before);
	free(after);
}

static void
test_block_file_no_memory(void **state)
{
	static const struct ba_block all[] = {
		{ BA_BLOCK_SUB, ISS, "a", NOW, 0 },
		{ BA_BLOCK_CLIENT, ISS, "b", NOW, NOW + 1 },
		{ BA_BLOCK_ALL, ISS, NULL, NOW, NOW + 1 },
		{ BA_BLOCK_SUB, ISS, "c", NOW, NOW + 1 },
		{ BA_BLOCK_CLIENT, ISS, "d", NOW, 0 },
		{ BA_BLOCK_ALL, OTHER, NULL, NOW, 0 },
	};
	size_t i;

	(void)state;
	json_set_alloc_funcs(malloc, free);
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
	for (i = 0; i < N(all); i++)
		add_without_memory(
		    &all[i], i % 2 == 0 ? &f.malloc_at : &f.calloc_at);
	for (i = 0; i < N(all); i++)
		assert_int_equal(
		    ba_block_file_remove(w.a, &all[i], NOW), BA_OK);
	for (i = 0; i < N(all); i++)
		add_without_memory(&all[i], &f.malloc_at);
}

/* A list that belongs to somebody else than its readers would shut them out. */
static void
test_block_file_is_changed_by_its_owner_alone(void **state)
{
	struct ba_block_file *others;

	(void)state;
	assert_int_equal(
	    ba_block_file_new(w.path, geteuid() + 1, &loud, &others), BA_OK);
	assert_int_equal(add(others, "alice", 0), BA_ERR_SYSTEM);
	assert_non_null(strstr(w.last, "is changed by uid"));
	assert_int_equal(access(w.path, F_OK), -1);
	ba_block_file_free(others);
	assert_int_equal(add(w.a, "alice", 0), BA_OK);
}

/* Many at once: none is lost, and whoever looks sees a whole list. */
static void
test_block_file_many_processes(void **state)
{
	const struct ba_blocks *blocks;
	pid_t pid[4];
	char name[32];
	int i, j, r, status;

	(void)state;
	for (i = 0; i < 4; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] > 0)
			continue;
		for (j = 0; j < 20; j++) {
			(void)snprintf(name, sizeof(name), "%d-%d", i, j);
			while ((r = add(w.a, name, 0)) == BA_ERR_BUSY)
				;
			if (r != BA_OK ||
			    ba_block_file_get(w.b, &blocks) != BA_OK)
				_exit(1);
		}
		_exit(0);
	}
	for (i = 0; i < 4; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	for (i = 0; i < 4; i++)
		for (j = 0; j < 20; j++) {
			(void)snprintf(name, sizeof(name), "%d-%d", i, j);
			assert_true(is_blocked(w.a, name));
		}
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_block_file_none),
		CASE(test_v48_block_and_unblock),
		CASE(test_block_file_is_read_once),
		CASE(test_block_file_changed_in_its_place),
		CASE(test_block_file_what_makes_another),
		CASE(test_block_file_descriptors),
		CASE(test_block_file_of_a_short_name),
		CASE(test_block_file_taken_away),
		CASE(test_block_file_not_right_nobody_enters),
		CASE(test_v24_block_file_is_no_link_and_no_pipe),
		CASE(test_pm11_block_file_of_another),
		CASE(test_block_file_cannot_be_read),
		CASE(test_block_file_every_kind),
		CASE(test_block_file_what_stays),
		CASE(test_block_v32_what_cannot_be_added),
		CASE(test_block_v32_a_hundred_thousand),
		CASE(test_block_file_lock),
		CASE(test_block_file_disk_fails),
		CASE(test_block_file_left_behind),
		CASE(test_block_file_no_memory),
		CASE(test_block_file_is_changed_by_its_owner_alone),
		CASE(test_block_file_many_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
