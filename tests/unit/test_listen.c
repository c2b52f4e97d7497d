/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/listen.h"

static char dir[64];
static char path[96];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/ba_listen_XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/ask", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static int
try_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, r, saved;

	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	r = connect(fd, (const struct sockaddr *)&sun, sizeof(sun));
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}

static void
make_one(void **state)
{
	struct ba_sockets s;
	struct stat st;
	const char *why;
	mode_t old;

	(void)state;
	old = umask(0);
	ba_sockets_init(&s);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0620, getegid(), false, &why), BA_OK);
	assert_null(why);
	assert_int_equal(umask(old), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0620);
	assert_int_equal(s.n, 1);
	assert_false(s.v[0].control);
	assert_int_equal(fcntl(s.v[0].fd, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(s.v[0].fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true(ba_sockets_has(&s, path));
	assert_false(ba_sockets_has(&s, dir));
	assert_int_equal(try_connect(), 0);
	ba_sockets_close(&s);
}

/* A live one is an error; the same one when nobody listens any more is not. */
static void
live_and_stale(void **state)
{
	struct ba_sockets a, b;
	const char *why;

	(void)state;
	ba_sockets_init(&a);
	ba_sockets_init(&b);
	assert_int_equal(
	    ba_sockets_make(&a, path, 0666, getegid(), false, &why), BA_OK);
	assert_int_equal(
	    ba_sockets_make(&b, path, 0666, getegid(), false, &why),
	    BA_ERR_EXISTS);
	assert_non_null(strstr(why, "running"));
	assert_int_equal(b.n, 0);
	ba_sockets_close(&a);
	assert_int_equal(try_connect(), -1);
	assert_int_equal(
	    ba_sockets_make(&b, path, 0666, getegid(), true, &why), BA_OK);
	assert_true(b.v[0].control);
	assert_int_equal(try_connect(), 0);
	ba_sockets_close(&b);
}

/* Whatever is no socket of ours is never removed. */
static void
something_else_in_its_place(void **state)
{
	struct ba_sockets s;
	struct stat st;
	const char *why;
	int fd;

	(void)state;
	ba_sockets_init(&s);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why),
	    BA_ERR_CONFIG);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why),
	    BA_ERR_CONFIG);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(unlink(path), 0);

	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why), BA_OK);
	ba_sockets_close(&s);
}

/* A path of n bytes in our directory. */
static void
longest(char *dst, size_t n)
{
	size_t have = strlen(dir);

	memcpy(dst, dir, have);
	memset(dst + have, 'a', n - have);
	dst[have] = '/';
	dst[n] = '\0';
}

/* What a broker that was killed half-way left is no obstacle; others are. */
static void
something_beside_its_place(void **state)
{
	char beside[sizeof(path) + 1];
	struct ba_sockets s;
	struct stat st;
	const char *why;
	int fd;

	(void)state;
	snprintf(beside, sizeof(beside), "%s~", path);
	ba_sockets_init(&s);
	fd = open(beside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why),
	    BA_ERR_CONFIG);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(unlink(beside), 0);

	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why), BA_OK);
	ba_sockets_close(&s);
	assert_int_equal(rename(path, beside), 0);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why), BA_OK);
	assert_int_equal(lstat(beside, &st), -1);
	assert_int_equal(try_connect(), 0);
	ba_sockets_close(&s);
}

/* Connects until stop is readable; how often there was no socket at all. */
static int
connect_until(int stop)
{
	struct pollfd p = { .fd = stop, .events = POLLIN };
	int missing = 0;

	while (poll(&p, 1, 0) == 0)
		if (try_connect() != 0 && errno == ENOENT)
			missing++;
	return missing > 100 ? 100 : missing;
}

/* With no socket there a host of root's would spawn (DESIGN.md). */
static void
V43_a_restart_leaves_no_moment_without_a_socket(void **state)
{
	struct ba_sockets s;
	const char *why;
	int i, st, stop[2];
	pid_t pid;

	(void)state;
	ba_sockets_init(&s);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why), BA_OK);
	assert_int_equal(pipe(stop), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		ba_sockets_close(&s); /* or it would never be stale */
		_exit(connect_until(stop[0]));
	}
	/* At first the child still has its copy, and may keep it alive. */
	for (i = 0; i < 2000; i++) {
		ba_sockets_close(&s);
		do
			st = ba_sockets_make(
			    &s, path, 0666, getegid(), false, &why);
		while (st == BA_ERR_EXISTS);
		assert_int_equal(st, BA_OK);
	}
	assert_int_equal(write(stop[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
	close(stop[0]);
	close(stop[1]);
	ba_sockets_close(&s);
}

/* Says what came of it, and keeps the socket until it is killed. */
static void
one_of_two(int go, int result)
{
	struct ba_sockets s;
	const char *why;
	char c;
	int r;

	alarm(60); /* should the test fail, and nobody kill it */
	ba_sockets_init(&s);
	if (read(go, &c, 1) != 1)
		_exit(1);
	r = ba_sockets_make(&s, path, 0666, getegid(), false, &why);
	if (write(result, &r, sizeof(r)) == sizeof(r))
		pause();
	_exit(1);
}

static void
two_at_the_same_moment(void **state)
{
	int i, k, go[2], result[2], r[2];
	pid_t pid[2];

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(pipe(go) | pipe(result), 0);
		for (k = 0; k < 2; k++) {
			pid[k] = fork();
			assert_true(pid[k] >= 0);
			if (pid[k] == 0)
				one_of_two(go[0], result[1]);
		}
		assert_int_equal(write(go[1], "xx", 2), 2);
		for (k = 0; k < 2; k++)
			assert_int_equal(
			    read(result[0], &r[k], sizeof(r[k])), sizeof(r[k]));
		assert_int_equal(r[0] == BA_OK ? r[1] : r[0], BA_ERR_EXISTS);
		assert_true(r[0] == BA_OK || r[1] == BA_OK);
		assert_int_equal(try_connect(), 0);
		for (k = 0; k < 2; k++) {
			kill(pid[k], SIGKILL);
			waitpid(pid[k], NULL, 0);
			close(go[k]);
			close(result[k]);
		}
	}
}

/* Anybody can lock a directory that he can read. */
static void
a_lock_of_strangers_is_no_obstacle(void **state)
{
	struct ba_sockets s;
	const char *why;
	int fd;

	(void)state;
	ba_sockets_init(&s);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	assert_int_equal(
	    ba_sockets_make(&s, path, 0666, getegid(), false, &why), BA_OK);
	assert_int_equal(try_connect(), 0);
	close(fd);
	ba_sockets_close(&s);
}

static void
bad_paths(void **state)
{
	char longer[200], nowhere[120];
	struct ba_sockets s;
	const char *why;

	(void)state;
	ba_sockets_init(&s);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	longer[0] = '/';
	assert_int_equal(
	    ba_sockets_make(&s, longer, 0666, getegid(), false, &why),
	    BA_ERR_CONFIG);
	/* The longest one, with the '~' while it is made. */
	longest(longer, 107);
	assert_int_equal(
	    ba_sockets_make(&s, longer, 0666, getegid(), false, &why),
	    BA_ERR_CONFIG);
	longest(longer, 106);
	assert_int_equal(
	    ba_sockets_make(&s, longer, 0666, getegid(), false, &why), BA_OK);
	assert_int_equal(unlink(longer), 0);
	ba_sockets_close(&s);
	snprintf(nowhere, sizeof(nowhere), "%s/none/ask", dir);
	assert_int_equal(
	    ba_sockets_make(&s, nowhere, 0666, getegid(), false, &why),
	    BA_ERR_SYSTEM);
	assert_non_null(why);
	assert_int_equal(s.n, 0);
}

/* A directory that others may write to is no place for a socket of root's. */
static void
V42_parents_must_be_roots(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(ba_sockets_parents(path, &why), BA_ERR_SOCKET_TRUST);
	assert_non_null(why);
	assert_int_equal(
	    ba_sockets_parents("/proc/self/x", &why), BA_ERR_SOCKET_TRUST);
}

/* What a service manager would hand over, in a process of its own. */
struct handed {
	const char *pid; /* NULL: the right one */
	const char *fds, *names;
	int kind[2]; /* 0 nothing, 1 listener, 2 datagram */
	int expect;
	size_t n;
	unsigned control; /* bits */
};

static int
a_socket(int kind, int number)
{
	struct ba_sockets s;
	const char *why;
	char name[128];
	int fd;

	if (kind == 2)
		return socket(AF_UNIX, SOCK_DGRAM, 0);
	ba_sockets_init(&s);
	snprintf(name, sizeof(name), "%s%d", path, number);
	if (ba_sockets_make(&s, name, 0600, getegid(), false, &why) != BA_OK)
		return -1;
	(void)unlink(name);
	fd = dup(s.v[0].fd);
	close(s.v[0].fd);
	return fd;
}

static int
child(const struct handed *h)
{
	struct ba_sockets s;
	const char *why;
	unsigned control = 0;
	char pid[32];
	int i, fd[2] = { -1, -1 }, first, r;
	size_t k;

	for (i = 0; i < 2; i++) {
		if (h->kind[i] != 0 && (fd[i] = a_socket(h->kind[i], i)) < 0)
			return 10;
	}
	for (i = 0; i < 2; i++) {
		fd[i] = fd[i] >= 0 ? fcntl(fd[i], F_DUPFD, 20) : -1;
	}
	for (i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			dup2(fd[i], 3 + i);
		else
			close(3 + i);
	}
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", h->pid != NULL ? h->pid : pid, 1);
	setenv("LISTEN_FDS", h->fds, 1);
	unsetenv("LISTEN_FDNAMES");
	if (h->names != NULL)
		setenv("LISTEN_FDNAMES", h->names, 1);
	ba_sockets_init(&s);
	r = ba_sockets_inherit(&s, &first, &why);
	if (r != h->expect)
		return 11;
	if ((r == BA_ERR_CONFIG) != (why != NULL))
		return 12;
	if (r != BA_OK)
		return 0;
	for (k = 0; k < s.n; k++) {
		control |= s.v[k].control ? 1u << k : 0;
		if (s.v[k].fd != 3 + (int)k ||
		    fcntl(s.v[k].fd, F_GETFD) != FD_CLOEXEC ||
		    (fcntl(s.v[k].fd, F_GETFL) & O_NONBLOCK) == 0 ||
		    strncmp(s.v[k].path, path, strlen(path)) != 0)
			return 13;
	}
	if (s.n != h->n || first != 3 + (int)h->n || control != h->control)
		return 14;
	return 0;
}

static void
inherited(void **state)
{
	static const struct handed cases[] = {
		{ NULL, "2", "ask:control", { 1, 1 }, BA_OK, 2, 2 },
		{ NULL, "2", "control:ask", { 1, 1 }, BA_OK, 2, 1 },
		{ NULL, "2", NULL, { 1, 1 }, BA_OK, 2, 0 },
		{ NULL, "1", "ask", { 1, 1 }, BA_OK, 1, 0 },
		/* none for us */
		{ "1", "2", "ask:control", { 1, 1 }, BA_ERR_NOT_FOUND, 0, 0 },
		{ "", "2", "ask:control", { 1, 1 }, BA_ERR_NOT_FOUND, 0, 0 },
		{ NULL, "0", "", { 1, 1 }, BA_ERR_NOT_FOUND, 0, 0 },
		/* defects */
		{ NULL, "2", "ask:ctl", { 1, 1 }, BA_ERR_CONFIG, 0, 0 },
		{ NULL, "2", "ask", { 1, 1 }, BA_ERR_CONFIG, 0, 0 },
		{ NULL, "2", "ask:control", { 1, 0 }, BA_ERR_CONFIG, 0, 0 },
		{ NULL, "2", "ask:control", { 1, 2 }, BA_ERR_CONFIG, 0, 0 },
		{ NULL, "2x", "ask:control", { 1, 1 }, BA_ERR_CONFIG, 0, 0 },
		{ NULL, "-1", "ask:control", { 1, 1 }, BA_ERR_CONFIG, 0, 0 },
		{ NULL, "33", "ask:control", { 1, 1 }, BA_ERR_CONFIG, 0, 0 },
	};
	size_t i;
	pid_t pid;
	int st;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(child(&cases[i]));
		assert_int_equal(waitpid(pid, &st, 0), pid);
		assert_true(WIFEXITED(st));
		if (WEXITSTATUS(st) != 0)
			print_error("case %zu\n", i);
		assert_int_equal(WEXITSTATUS(st), 0);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(make_one),
		T(live_and_stale),
		T(something_else_in_its_place),
		T(something_beside_its_place),
		T(V43_a_restart_leaves_no_moment_without_a_socket),
		T(two_at_the_same_moment),
		T(a_lock_of_strangers_is_no_obstacle),
		T(bad_paths),
		T(V42_parents_must_be_roots),
		T(inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
