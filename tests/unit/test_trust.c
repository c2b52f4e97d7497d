/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/wire/trust.h"

#define STRANGER ((uid_t)54321)

/* The name service knows the broker's user, or does not. */
#include <pwd.h>

static int broker_known;
static uid_t broker_uid;

static int
spy_getpwnam_r(const char *name, struct passwd *pw, char *space, size_t n,
    struct passwd **found)
{
	assert_string_equal(name, BA_USER);
	assert_true(space != NULL && n >= 1024);
	memset(pw, 0, sizeof(*pw));
	pw->pw_uid = broker_uid;
	*found = broker_known ? pw : NULL;
	return 0;
}

#define getpwnam_r spy_getpwnam_r
#include "common/wire/trust.c"
#undef getpwnam_r

/*
 * base/run/ba/ask, below a base that is taken as good: who owns the
 * directories above it is not for a test to choose.
 */
static char base[PATH_MAX - 64], run[PATH_MAX], dir[PATH_MAX], sock[PATH_MAX];

static int
make_socket(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	/* By its relative name: the whole path may be too long. */
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
		return -1;
	close(fd);
	return chmod(name, 0666);
}

static int
set_up(void **state)
{
	char name[] = "ba-trust-XXXXXX";

	(void)state;
	umask(022);
	if (mkdtemp(name) == NULL || chdir(name) != 0 ||
	    getcwd(base, sizeof(base)) == NULL)
		return -1;
	(void)snprintf(run, sizeof(run), "%s/run", base);
	(void)snprintf(dir, sizeof(dir), "%s/run/ba", base);
	(void)snprintf(sock, sizeof(sock), "%s/run/ba/ask", base);
	return mkdir("run", 0755) != 0 || mkdir("run/ba", 0755) != 0 ||
	       make_socket("run/ba/ask") != 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink("run/ba/ask") != 0 || rmdir("run/ba") != 0 ||
	       rmdir("run") != 0 || chdir("..") != 0 || rmdir(base) != 0;
}

static const char *why;

static int
judge(const char *path)
{
	int r;

	why = NULL;
	r = ba_trust_path_below(base, path, geteuid(), &why);
	assert_non_null(why);
	assert_int_equal(why[0] == '\0', r == BA_OK);
	return r;
}

static void
a_good_path_is_good(void **state)
{
	(void)state;
	assert_int_equal(judge(sock), BA_OK);
}

/* V49: the one sign that no service is installed. */
static void
v49_absent_is_no_broker(void **state)
{
	char path[PATH_MAX + 16];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/none", dir);
	assert_int_equal(judge(path), BA_ERR_NO_BROKER);
	(void)snprintf(path, sizeof(path), "%s/none/ask", run);
	assert_int_equal(judge(path), BA_ERR_NO_BROKER);
}

/*
 * … but only below directories where nobody can make it absent, or put
 * something else there.
 */
static void
v49_modes_of_directories(void **state)
{
	static const struct {
		mode_t mode;
		int r;
	} rows[] = {
		{ 0755, BA_OK },
		{ 0711, BA_OK },
		{ 0700, BA_OK },
		{ 0775, BA_ERR_SOCKET_TRUST },
		{ 0757, BA_ERR_SOCKET_TRUST },
		{ 0720, BA_ERR_SOCKET_TRUST },
		{ 0702, BA_ERR_SOCKET_TRUST },
		{ 01777, BA_ERR_SOCKET_TRUST },
	};
	char none[PATH_MAX + 16];
	size_t i;

	(void)state;
	(void)snprintf(none, sizeof(none), "%s/none", dir);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(chmod(dir, rows[i].mode), 0);
		assert_int_equal(judge(sock), rows[i].r);
		assert_int_equal(judge(none),
		    rows[i].r == BA_OK ? BA_ERR_NO_BROKER : rows[i].r);
		assert_int_equal(chmod(dir, 0755), 0);
		assert_int_equal(chmod(run, rows[i].mode), 0);
		assert_int_equal(judge(sock), rows[i].r);
		assert_int_equal(judge(none),
		    rows[i].r == BA_OK ? BA_ERR_NO_BROKER : rows[i].r);
		assert_int_equal(chmod(run, 0755), 0);
	}
}

/* Only ENOENT says "absent"; whatever else the kernel says does not. */
static void
v49_not_to_be_examined_is_not_absent(void **state)
{
	char name[300], path[2 * PATH_MAX];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	path[strlen(path) - 100] = '\0';
	assert_int_equal(judge(path), BA_ERR_NO_BROKER);
}

static void
the_base_itself_is_not_judged(void **state)
{
	(void)state;
	assert_int_equal(chmod(base, 0777), 0);
	assert_int_equal(judge(sock), BA_OK);
	assert_int_equal(chmod(base, 0700), 0);
}

/* To root all is given away and back; others trust somebody else instead. */
static void
owners(void **state)
{
	const char *const paths[] = { run, dir, sock };
	size_t i;

	(void)state;
	if (geteuid() != 0) {
		assert_int_equal(
		    ba_trust_path_below(base, sock, geteuid() + 1, &why),
		    BA_ERR_SOCKET_TRUST);
		return;
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(lchown(paths[i], STRANGER, 0), 0);
		assert_int_equal(ba_trust_path_below(base, sock, 0, &why),
		    BA_ERR_SOCKET_TRUST);
		assert_int_equal(
		    ba_trust_path_below(base, sock, STRANGER, &why), BA_OK);
		assert_int_equal(lchown(paths[i], 0, 0), 0);
		assert_int_equal(
		    ba_trust_path_below(base, sock, 0, &why), BA_OK);
	}
}

static void
symbolic_links_are_refused(void **state)
{
	char path[PATH_MAX + 16];

	(void)state;
	assert_int_equal(symlink("ask", "run/ba/link"), 0);
	(void)snprintf(path, sizeof(path), "%s/link", dir);
	assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	assert_int_equal(unlink("run/ba/link"), 0);
	/* A dangling one is there: not ENOENT, so that nothing is spawned. */
	assert_int_equal(symlink("nowhere", "run/ba/link"), 0);
	assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	assert_int_equal(unlink("run/ba/link"), 0);
	assert_int_equal(symlink("ba", "run/link"), 0);
	(void)snprintf(path, sizeof(path), "%s/link/ask", run);
	assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	assert_non_null(strstr(why, "symbolic link"));
	assert_int_equal(unlink("run/link"), 0);
}

static void
only_sockets(void **state)
{
	char path[PATH_MAX + 16];
	int fd;

	(void)state;
	fd = open("run/ba/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
	(void)snprintf(path, sizeof(path), "%s/file", dir);
	assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	(void)snprintf(path, sizeof(path), "%s/file/ask", dir);
	assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	assert_int_equal(judge(dir), BA_ERR_SOCKET_TRUST);
	assert_int_equal(unlink("run/ba/file"), 0);
}

static void
only_plain_absolute_paths(void **state)
{
	static const char *const rest[] = { "/run/../run/ba/ask",
		"/run/./ba/ask", "/run//ba/ask", "/run/ba/ask/", "/run/ba/..",
		"/run/ba/.", "//run/ba/ask", "x/run/ba/ask", "" };
	char path[2 * PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", base, rest[i]);
		assert_int_equal(judge(path), BA_ERR_SOCKET_TRUST);
	}
	assert_int_equal(judge("run/ba/ask"), BA_ERR_SOCKET_TRUST);
	assert_int_equal(judge(""), BA_ERR_SOCKET_TRUST);
	assert_int_equal(
	    ba_trust_path("run/ba/ask", geteuid(), &why), BA_ERR_SOCKET_TRUST);
	assert_int_equal(ba_trust_path("/", 0, &why), BA_ERR_SOCKET_TRUST);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ba_trust_path(path, 0, &why), BA_ERR_SOCKET_TRUST);
}

/* Without a base the way starts at the root, which is root's alone. */
static void
from_the_root(void **state)
{

	(void)state;
	assert_int_equal(ba_trust_path("/ba-no-such-directory/ask", 0, &why),
	    BA_ERR_NO_BROKER);
	assert_int_equal(
	    ba_trust_path("/etc/passwd", 0, &why), BA_ERR_SOCKET_TRUST);
	assert_int_equal(
	    ba_trust_path("/tmp/ba-no-such-directory/ask", 0, &why),
	    BA_ERR_SOCKET_TRUST);
}

/* A socket of a user who is not root. */
static uid_t
stranger_pair(int pair[2])
{
	uid_t uid = geteuid();

	if (uid == 0)
		assert_int_equal(seteuid(STRANGER), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if (uid == 0)
		assert_int_equal(seteuid(0), 0);
	return uid == 0 ? STRANGER : uid;
}

static void
the_peer_is_known_by_its_uid(void **state)
{
	int pair[2], pipefd[2];
	uid_t uid;

	(void)state;
	uid = stranger_pair(pair);
	broker_known = 0;
	broker_uid = uid; /* what is left there means nothing */
	assert_int_equal(ba_trust_peer(pair[0], uid), BA_OK);
	assert_int_equal(ba_trust_peer(pair[0], uid + 1), BA_ERR_SOCKET_TRUST);
	broker_known = 1;
	broker_uid = uid + 1;
	assert_int_equal(ba_trust_peer(pair[0], uid + 1), BA_ERR_SOCKET_TRUST);
	broker_uid = uid;
	assert_int_equal(ba_trust_peer(pair[0], uid + 1), BA_OK);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(pipe(pipefd), 0);
	assert_int_equal(ba_trust_peer(pipefd[0], uid), BA_ERR_SOCKET_TRUST);
	close(pipefd[0]);
	close(pipefd[1]);
}

static void
root_is_trusted_whoever_else_is(void **state)
{
	int pair[2];

	(void)state;
	if (geteuid() != 0)
		return; /* its own socket is all that a user can make */
	broker_known = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(ba_trust_peer(pair[0], STRANGER), BA_OK);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_path_is_good),
		cmocka_unit_test(v49_absent_is_no_broker),
		cmocka_unit_test(v49_modes_of_directories),
		cmocka_unit_test(v49_not_to_be_examined_is_not_absent),
		cmocka_unit_test(the_base_itself_is_not_judged),
		cmocka_unit_test(owners),
		cmocka_unit_test(symbolic_links_are_refused),
		cmocka_unit_test(only_sockets),
		cmocka_unit_test(only_plain_absolute_paths),
		cmocka_unit_test(from_the_root),
		cmocka_unit_test(the_peer_is_known_by_its_uid),
		cmocka_unit_test(root_is_trusted_whoever_else_is),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
