/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
		cmocka_unit_test(roots_own_file_is_good_for_everybody),
		cmocka_unit_test(size_up_to_the_limit),
		cmocka_unit_test(the_limit_holds_whatever_fstat_says),
		cmocka_unit_test(only_regular_files),
		cmocka_unit_test(no_descriptor_is_left),
		cmocka_unit_test(descriptors_above_stdio),
	};

	return cmocka_run_group_tests(tests, into_dir, out_of_dir);
}
