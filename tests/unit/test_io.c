/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/io.h"

/* Not root: then the files of other users can be tried without being root. */
#define STRANGER ((uid_t)54321)

static char dir[] = "ba-io-XXXXXX";

static int
into_dir(void **state)
{
	(void)state;
	umask(022);
	return mkdtemp(dir) == NULL || chdir(dir) != 0;
}

static int
out_of_dir(void **state)
{
	(void)state;
	return chdir("..") != 0 || rmdir(dir) != 0;
}

/* A file of size bytes; its owner is whoever runs this, or not root. */
static uid_t
make(const char *name, size_t size, mode_t mode)
{
	int fd;

	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	while (size-- > 0)
		assert_int_equal(write(fd, "x", 1), 1);
	if (geteuid() == 0)
		assert_int_equal(fchown(fd, STRANGER, 0), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return geteuid() == 0 ? STRANGER : geteuid();
}

static int
read_it(const char *name, uid_t trusted, int forbid, size_t max, size_t *lenp)
{
	struct ba_buf b;
	const char *why = NULL;
	int r;

	ba_buf_init(&b, max);
	assert_int_equal(ba_buf_append_str(&b, max > 0 ? "!" : ""), BA_OK);
	r = ba_read_trusted(name, trusted, forbid, &b, &why);
	assert_non_null(why);
	assert_int_equal(why[0] == '\0', r == BA_OK);
	*lenp = b.len;
	ba_buf_wipe(&b);
	return r;
}

static void
mode_and_owner_decide(void **state)
{
	static const struct {
		mode_t mode;
		int forbid, r;
	} rows[] = {
		{ 0644, 0, BA_OK },
		{ 0644, 1, BA_ERR_CONFIG },
		{ 0640, 1, BA_OK },
		{ 0600, 1, BA_OK },
		{ 0664, 0, BA_ERR_CONFIG },
		{ 0660, 1, BA_ERR_CONFIG },
		{ 0646, 0, BA_ERR_CONFIG },
		{ 0602, 1, BA_ERR_CONFIG },
	};
	size_t i, n;
	uid_t owner;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		owner = make("f", 10, rows[i].mode);
		assert_int_equal(
		    read_it("f", owner, rows[i].forbid, 100, &n), rows[i].r);
		assert_int_equal(n, rows[i].r == BA_OK ? 10 : 0);
		/* The same file, trusted to somebody else. */
		assert_int_equal(
		    read_it("f", owner + 1, rows[i].forbid, 100, &n),
		    BA_ERR_CONFIG);
		assert_int_equal(n, 0);
		unlink("f");
	}
}

/* A group that is neither root's nor the one we are in; false: we have none. */
static bool
foreign_group(gid_t *gp)
{
	gid_t groups[64];
	int i, n;

	*gp = 4711;
	if (geteuid() == 0)
		return getegid() != *gp;
	n = getgroups(64, groups);
	for (i = 0; i < n; i++) {
		*gp = groups[i];
		if (*gp != 0 && *gp != getegid())
			return true;
	}
	return false;
}

/* JWK-09: 0640 is for the reader's group; root:users is no such. */
static void
JWK_09_a_secret_is_for_no_other_group(void **state)
{
	static const struct {
		mode_t mode;
		int forbid, foreign;
	} rows[] = {
		{ 0640, 1, BA_ERR_CONFIG },
		{ 0600, 1, BA_OK },
		{ 0610, 1, BA_OK },
		{ 0640, 0, BA_OK },
	};
	gid_t groups[3] = { getegid(), 0, 0 };
	size_t i, g, n, count = 2;
	uid_t owner;
	int r;

	(void)state;
	if (foreign_group(&groups[2]))
		count = 3;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (g = 0; g < count; g++) {
			owner = make("f", 10, rows[i].mode);
			/* Who is not root cannot give it to root's group. */
			if (chown("f", (uid_t)-1, groups[g]) == 0) {
				r = g == 2 ? rows[i].foreign : BA_OK;
				assert_int_equal(read_it("f", owner,
						     rows[i].forbid, 100, &n),
				    r);
				assert_int_equal(n, r == BA_OK ? 10 : 0);
			} else {
				assert_int_equal(groups[g], 0);
			}
			unlink("f");
		}
	}
	/* Our own group: not by its number, but because it is ours. */
	if (geteuid() != 0)
		return;
	owner = make("f", 10, 0640);
	assert_int_equal(chown("f", (uid_t)-1, groups[2]), 0);
	assert_int_equal(setegid(groups[2]), 0);
	r = read_it("f", owner, 1, 100, &n);
	assert_int_equal(setegid(groups[0]), 0);
	assert_int_equal(r, BA_OK);
	assert_int_equal(read_it("f", owner, 1, 100, &n), BA_ERR_CONFIG);
	unlink("f");
}

static int
judge_directory(const char *path, uid_t trusted, const char *words)
{
	const char *why = NULL;
	int r;

	r = ba_directory_trusted(path, trusted, &why);
	assert_non_null(why);
	assert_int_equal(why[0] == '\0', r == BA_OK);
	assert_non_null(strstr(why, words));
	return r;
}

static void
the_directory_of_a_file_is_judged(void **state)
{
	static const struct {
		mode_t mode;
		int r;
	} rows[] = {
		{ 0700, BA_OK },
		{ 0755, BA_OK },
		{ 0770, BA_ERR_CONFIG },
		{ 0702, BA_ERR_CONFIG },
		{ 01777, BA_ERR_CONFIG },
	};
	uid_t owner = geteuid() == 0 ? STRANGER : geteuid();
	bool ok;
	size_t i;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	if (geteuid() == 0)
		assert_int_equal(chown("d", STRANGER, 0), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(chmod("d", rows[i].mode), 0);
		ok = rows[i].r == BA_OK;
		/* What stands in it need not be there. */
		assert_int_equal(
		    judge_directory("d/f", owner, ok ? "" : "chmod go-w"),
		    rows[i].r);
		assert_int_equal(
		    judge_directory("d/.", owner, ok ? "" : "chmod go-w"),
		    rows[i].r);
		assert_int_equal(
		    judge_directory("d/f", owner + 1, "chown"), BA_ERR_CONFIG);
		/* The one above is another. */
		assert_int_equal(judge_directory("d", geteuid(), ""), BA_OK);
	}
	assert_int_equal(rmdir("d"), 0);
	assert_int_equal(judge_directory("/f", STRANGER, ""), BA_OK);
	assert_int_equal(
	    judge_directory("d/f", owner, "not exist"), BA_ERR_NOT_FOUND);
}

static void
a_directory_that_cannot_be_judged(void **state)
{
	char path[PATH_MAX + 1];
	uid_t owner;

	(void)state;
	owner = make("f", 0, 0600);
	assert_int_equal(
	    judge_directory("f/x", owner, "examined"), BA_ERR_SYSTEM);
	unlink("f");
	/* Slashes, and one character too many for the dot behind them. */
	memset(path, '/', sizeof(path));
	path[PATH_MAX - 1] = 'x';
	path[PATH_MAX] = '\0';
	assert_int_equal(judge_directory(path, 0, "too long"), BA_ERR_CONFIG);
	path[PATH_MAX - 2] = 'x';
	assert_int_equal(judge_directory(path, 0, ""), BA_OK);
	if (geteuid() == 0) /* whom no mode keeps out */
		return;
	assert_int_equal(mkdir("d", 0), 0);
	assert_int_equal(
	    judge_directory("d/f", owner, "by this user"), BA_ERR_SYSTEM);
	assert_int_equal(rmdir("d"), 0);
}

static void
roots_own_file_is_good_for_everybody(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(
	    read_it("/etc/passwd", STRANGER, 0, 1 << 20, &n), BA_OK);
	assert_true(n > 0);
}

static void
size_up_to_the_limit(void **state)
{
	static const struct {
		size_t size, max;
		int r;
	} rows[] = {
		{ 0, 0, BA_OK },
		{ 1, 0, BA_ERR_CONFIG },
		{ 0, 5, BA_OK },
		{ 5, 5, BA_OK },
		{ 6, 5, BA_ERR_CONFIG },
		{ 9000, 9000, BA_OK },
		{ 9000, 8999, BA_ERR_CONFIG },
	};
	size_t i, n;
	uid_t owner;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		owner = make("f", rows[i].size, 0600);
		assert_int_equal(
		    read_it("f", owner, 1, rows[i].max, &n), rows[i].r);
		assert_int_equal(n, rows[i].r == BA_OK ? rows[i].size : 0);
		unlink("f");
	}
}

/* /proc files say that they are empty: it is the reading that counts. */
static void
the_limit_holds_whatever_fstat_says(void **state)
{
	size_t n;

	(void)state;
	assert_int_equal(read_it("/proc/cpuinfo", 0, 0, 3, &n), BA_ERR_CONFIG);
	assert_int_equal(n, 0);
	assert_int_equal(read_it("/proc/cpuinfo", 0, 0, 1 << 20, &n), BA_OK);
	assert_true(n > 3);
}

static void
only_regular_files(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "s" };
	uid_t owner;
	size_t n;
	int fd;

	(void)state;
	owner = make("f", 3, 0600);
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(mkdir("d", 0700), 0);
	assert_int_equal(mkfifo("p", 0600), 0);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(read_it("f", owner, 0, 9, &n), BA_OK);
	assert_int_equal(read_it("link", owner, 0, 9, &n), BA_ERR_CONFIG);
	assert_int_equal(read_it("d", owner, 0, 9, &n), BA_ERR_CONFIG);
	assert_int_equal(read_it("p", owner, 0, 9, &n), BA_ERR_CONFIG);
	assert_int_equal(read_it("s", owner, 0, 9, &n), BA_ERR_CONFIG);
	assert_int_equal(read_it("none", owner, 0, 9, &n), BA_ERR_NOT_FOUND);
	assert_int_equal(read_it("f/x", owner, 0, 9, &n), BA_ERR_NOT_FOUND);
	close(fd);
	unlink("f");
	unlink("link");
	rmdir("d");
	unlink("p");
	unlink("s");
}

static void
no_descriptor_is_left(void **state)
{
	size_t n;
	int before, after;

	(void)state;
	before = dup(0);
	close(before);
	(void)make("f", 6, 0600);
	(void)read_it("f", 0, 0, 5, &n);
	(void)read_it("f", STRANGER, 0, 5, &n);
	(void)read_it("f", geteuid(), 0, 9, &n);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	unlink("f");
}

static void
descriptors_above_stdio(void **state)
{
	int fds[3], in, out, left, i;

	(void)state;
	assert_int_equal(ba_fd_above_stdio(-1), -1);
	in = dup(0);
	assert_true(in > 2);
	assert_int_equal(ba_fd_above_stdio(in), in);
	close(in);
	for (i = 0; i < 3; i++) {
		fds[i] = fcntl(i, F_DUPFD, 10);
		assert_true(fds[i] >= 10);
		close(i);
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
		out = ba_fd_above_stdio(in);
		left = fcntl(in, F_GETFD);
		/* Back before anything can fail: it would be printed there. */
		assert_int_equal(dup2(fds[i], i), i);
		close(fds[i]);
		assert_int_equal(in, i);
		assert_int_equal(left, -1);
		assert_true(out > 2);
		assert_int_equal(fcntl(out, F_GETFD), FD_CLOEXEC);
		close(out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_and_owner_decide),
		cmocka_unit_test(JWK_09_a_secret_is_for_no_other_group),
		cmocka_unit_test(the_directory_of_a_file_is_judged),
		cmocka_unit_test(a_directory_that_cannot_be_judged),
		cmocka_unit_test(roots_own_file_is_good_for_everybody),
		cmocka_unit_test(size_up_to_the_limit),
		cmocka_unit_test(the_limit_holds_whatever_fstat_says),
		cmocka_unit_test(only_regular_files),
		cmocka_unit_test(no_descriptor_is_left),
		cmocka_unit_test(descriptors_above_stdio),
	};

	return cmocka_run_group_tests(tests, into_dir, out_of_dir);
}
