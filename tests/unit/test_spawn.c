/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/wire/spawn.h"

#define STRANGER 54321
#define SIGNALS  64

/*
 * This program is its own broker: started with "--broker" it waits for a
 * byte, then says on descriptor 3 how it finds itself.
 */
struct report {
	pid_t pid, ppid, sid;
	uid_t uid[3];
	gid_t gid[3];
	int groups, fds, null[3], socket_flags, socket_fd_flags;
	int ignored, open; /* signals: ignored; not blocked */
	int argc;
	char arg[64], env[256];
};

/* Not by its path, which another user may not be able to go. */
static const char self[] = "/proc/self/exe";

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int n = 0;

	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			n++;
	closedir(d);
	return n;
}

static void
look_around(struct report *r, int argc, char **argv, char **envp)
{
	struct sigaction sa;
	struct stat st;
	sigset_t mask;
	int i;

	r->pid = getpid();
	r->ppid = getppid();
	r->sid = getsid(0);
	(void)getresuid(&r->uid[0], &r->uid[1], &r->uid[2]);
	(void)getresgid(&r->gid[0], &r->gid[1], &r->gid[2]);
	r->groups = getgroups(0, NULL);
	r->fds = count_fds();
	for (i = 0; i < 3; i++)
		r->null[i] = fstat(i, &st) == 0 && S_ISCHR(st.st_mode) &&
			     st.st_rdev == makedev(1, 3);
	r->socket_flags = fcntl(3, F_GETFL);
	r->socket_fd_flags = fcntl(3, F_GETFD);
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	for (i = 1; i < SIGNALS; i++)
		if (i != SIGKILL && i != SIGSTOP && !sigismember(&mask, i))
			r->open++;
	for (i = 1; i < SIGNALS; i++)
		if (sigaction(i, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			r->ignored++;
	r->argc = argc;
	(void)snprintf(r->arg, sizeof(r->arg), "%s", argv[argc - 1]);
	for (i = 0; envp[i] != NULL; i++) {
		strncat(r->env, envp[i], 100);
		strcat(r->env, "\n");
	}
}

static int
broker_main(int argc, char **argv, char **envp)
{
	struct report r = { 0 };
	char go;

	look_around(&r, argc, argv, envp);
	if (read(3, &go, 1) != 1)
		return 1;
	r.ppid = getppid();
	return write(3, &r, sizeof(r)) != sizeof(r);
}

static int
spawn_self(const char *arg, int *fdp)
{
	const char *argv[] = { self, "--broker", arg, NULL };

	return ba_spawn(argv, fdp);
}

/* Let it speak, and hear it to its end.  0, or the line of what failed. */
static int
hear(int fd, struct report *r)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	ssize_t n;

	memset(r, 0, sizeof(*r));
	if (send(fd, "!", 1, MSG_NOSIGNAL) != 1)
		return __LINE__;
	while (have < sizeof(*r)) {
		if (poll(&p, 1, 10000) <= 0 && errno != EINTR)
			return __LINE__;
		n = recv(fd, (char *)r + have, sizeof(*r) - have, 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return __LINE__;
		have += (size_t)n;
	}
	close(fd);
	return 0;
}

/* Everything that must hold whatever the host looks like. */
static int
judge(const struct report *r)
{
	if (r->fds != 4 || !r->null[0] || !r->null[1] || !r->null[2])
		return __LINE__;
	if (r->socket_fd_flags != 0 || (r->socket_flags & O_NONBLOCK) != 0)
		return __LINE__;
	if (r->ignored != 0 || r->open != 0)
		return __LINE__;
	if (r->ppid == getpid() || r->sid == getsid(0))
		return __LINE__;
	if (strcmp(r->env, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C\n") != 0)
		return __LINE__;
	if (geteuid() == 0 &&
	    (r->uid[0] != 0 || r->uid[1] != 0 || r->uid[2] != 0 ||
		r->gid[0] != 0 || r->gid[1] != 0 || r->gid[2] != 0 ||
		r->groups != 0))
		return __LINE__;
	return 0;
}

static int
spawn_and_judge(void)
{
	struct report r;
	int fd, line;

	if (spawn_self("x", &fd) != BA_OK)
		return __LINE__;
	line = hear(fd, &r);
	return line != 0 ? line : judge(&r);
}

/* In a process of its own, which may be mistreated.  0 or a line. */
static int
in_child(int (*body)(int), int arg)
{
	int status = 0, line = __LINE__;
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) != 0)
		return __LINE__;
	pid = fork();
	if (pid == 0) {
		int result = fcntl(p[1], F_DUPFD_CLOEXEC, 100);

		close(p[0]);
		close(p[1]);
		line = body(arg);
		_exit(write(result, &line, sizeof(line)) != sizeof(line));
	}
	close(p[1]);
	if (read(p[0], &line, sizeof(line)) != sizeof(line))
		line = __LINE__;
	close(p[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status != 0 ? __LINE__ : line;
}

static void
a_broker_finds_itself_well(void **state)
{
	struct report r;
	int fd;

	(void)state;
	assert_int_equal(spawn_self("--an=argument", &fd), BA_OK);
	assert_true(fd > 2);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(hear(fd, &r), 0);
	assert_int_equal(judge(&r), 0);
	assert_int_equal(r.argc, 3);
	assert_string_equal(r.arg, "--an=argument");
}

static void
what_cannot_be_executed(void **state)
{
	static const struct {
		const char *path;
		int r;
	} rows[] = {
		{ "/bin/true", BA_OK },
		{ "/bin/ba-no-such-program", BA_ERR_NO_BROKER },
		{ "/etc/passwd", BA_ERR_NO_BROKER },
		{ "/etc", BA_ERR_NO_BROKER },
		{ "/etc/passwd/x", BA_ERR_NO_BROKER },
		{ "true", BA_ERR_NO_BROKER },
		{ "", BA_ERR_NO_BROKER },
	};
	const char *argv[2] = { NULL, NULL };
	int before = count_fds(), fd;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		argv[0] = rows[i].path;
		fd = 99;
		assert_int_equal(ba_spawn(argv, &fd), rows[i].r);
		assert_true(rows[i].r == BA_OK ? fd > 2 : fd == -1);
		if (fd >= 0)
			close(fd);
		assert_int_equal(count_fds(), before);
	}
}

static int
relative(int arg)
{
	const char *argv[] = { arg ? "./true" : "true", NULL };
	int fd;

	return chdir("/bin") == 0 && ba_spawn(argv, &fd) == BA_ERR_NO_BROKER
		   ? 0
		   : __LINE__;
}

/* Where the host happens to be is not for us to look for programs. */
static void
only_absolute_paths(void **state)
{
	(void)state;
	assert_int_equal(in_child(relative, 0), 0);
	assert_int_equal(in_child(relative, 1), 0);
}

static void
arguments_have_a_limit(void **state)
{
	const char *argv[10] = { "/bin/true", "2", "3", "4", "5", "6", "7", "8",
		NULL, NULL };
	static char big[3 * PATH_MAX];
	int fd;

	(void)state;
	assert_int_equal(ba_spawn(argv, &fd), BA_OK);
	close(fd);
	argv[8] = "9";
	assert_int_equal(ba_spawn(argv, &fd), BA_ERR_LIMIT);
	assert_int_equal(fd, -1);
	memset(big, 'a', sizeof(big) - 1);
	argv[1] = big;
	argv[2] = NULL;
	assert_int_equal(ba_spawn(argv, &fd), BA_ERR_LIMIT);
	argv[1] = big + 100;
	assert_int_equal(ba_spawn(argv, &fd), BA_OK);
	close(fd);
}

static volatile sig_atomic_t children, alarms, strays;
static pid_t host;

static void
reap(int sig)
{
	(void)sig;
	children++;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void
on_alarm(int sig)
{
	(void)sig;
	/* The memory is shared: the host would see a stray handler's mark. */
	if (getpid() == host)
		alarms++;
	else
		strays++;
}

enum { CHLD_DEFAULT, CHLD_IGNORED, CHLD_NOCLDWAIT, CHLD_REAPED };

static int
with_sigchld(int how)
{
	struct sigaction sa = { 0 }, after;
	struct report r;
	int fd, i;

	sa.sa_handler = how == CHLD_IGNORED  ? SIG_IGN
			: how == CHLD_REAPED ? reap
					     : SIG_DFL;
	sa.sa_flags = how == CHLD_NOCLDWAIT ? SA_NOCLDWAIT : 0;
	sigaction(SIGCHLD, &sa, NULL);
	children = 0;
	for (i = 0; i < 20; i++) {
		if (spawn_self("x", &fd) != BA_OK)
			return __LINE__;
		/* Nothing is left to wait for, of whatever kind. */
		if (waitpid(-1, NULL, __WALL | WNOHANG) != -1 ||
		    errno != ECHILD)
			return __LINE__;
		if (hear(fd, &r) != 0 || judge(&r) != 0)
			return __LINE__;
	}
	sigaction(SIGCHLD, NULL, &after);
	if (after.sa_handler != sa.sa_handler || children != 0)
		return __LINE__;
	return 0;
}

static void
no_host_sees_a_child(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_sigchld, CHLD_DEFAULT), 0);
	assert_int_equal(in_child(with_sigchld, CHLD_IGNORED), 0);
	assert_int_equal(in_child(with_sigchld, CHLD_NOCLDWAIT), 0);
	assert_int_equal(in_child(with_sigchld, CHLD_REAPED), 0);
}

static int
with_a_child_of_its_own(int arg)
{
	pid_t pid;
	int status, fd;
	struct report r;

	(void)arg;
	pid = fork();
	if (pid == 0)
		_exit(42);
	if (spawn_self("x", &fd) != BA_OK || hear(fd, &r) != 0)
		return __LINE__;
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 42)
		return __LINE__;
	return 0;
}

static void
the_hosts_own_children_are_left_alone(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_a_child_of_its_own, 0), 0);
}

/* 3 is where the broker wants its socket, and where ours may come to lie. */
static int
with_closed(int closed)
{
	struct report r;
	int i, before, fd, line;

	(void)dup2(100, 3);
	for (i = 0; i < 4; i++)
		if ((closed & 1 << i) != 0)
			close(i);
	before = count_fds();
	if (spawn_self("x", &fd) != BA_OK || fd <= 2)
		return __LINE__;
	line = hear(fd, &r);
	if (line == 0)
		line = judge(&r);
	if (line != 0)
		return line;
	return count_fds() == before ? 0 : __LINE__;
}

static void
any_of_the_first_descriptors_may_be_closed(void **state)
{
	int closed;

	(void)state;
	for (closed = 0; closed < 16; closed++)
		assert_int_equal(in_child(with_closed, closed), 0);
}

static int
with_many_descriptors(int arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 200; i++)
		(void)open("/dev/zero", O_RDONLY);
	(void)dup2(0, 777);
	for (i = 10; i < 60; i += 3)
		close(i);
	return spawn_and_judge();
}

static void
no_descriptor_of_the_host_comes_along(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_many_descriptors, 0), 0);
}

/* spare: how many descriptors the host may still open. */
static int
with_few_descriptors(int spare)
{
	struct rlimit rl;
	int i, before, fd, top, r;
	struct report report;

	while ((fd = open("/dev/null", O_RDONLY)) < 20)
		if (fd < 0)
			return __LINE__;
	top = fd + 1 + spare;
	rl.rlim_cur = (rlim_t)top;
	rl.rlim_max = (rlim_t)top;
	if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
		return __LINE__;
	errno = 0;
	r = spawn_self("x", &fd);
	if (errno != 0)
		return __LINE__;
	if (spare < 2)
		return r == BA_ERR_SYSTEM && fd == -1 ? 0 : __LINE__;
	if (r != BA_OK || hear(fd, &report) != 0)
		return __LINE__;
	/* Opening a directory to count takes one: it has one. */
	for (i = 0, before = 0; i < top; i++)
		before += fcntl(i, F_GETFD) >= 0;
	return before == top - spare ? 0 : __LINE__;
}

static void
few_descriptors_are_enough_or_an_error(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_few_descriptors, 2), 0);
	assert_int_equal(in_child(with_few_descriptors, 1), 0);
	assert_int_equal(in_child(with_few_descriptors, 0), 0);
}

static int
with_ignored_signals(int arg)
{
	int sig;

	(void)arg;
	for (sig = 1; sig < SIGNALS; sig++)
		if (sig != SIGCHLD)
			signal(sig, SIG_IGN);
	return spawn_and_judge();
}

static void
ignored_signals_are_default_in_the_broker(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_ignored_signals, 0), 0);
}

static int
state_is_kept(int succeed)
{
	const char *bad[] = { "/bin/ba-no-such-program", NULL };
	struct sigaction sa[SIGNALS], after;
	sigset_t mask, now;
	int sig, fd, fds, r;
	mode_t um;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, SIGRTMIN + 3);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (sig = 1; sig < SIGNALS; sig++)
		(void)sigaction(sig, NULL, &sa[sig]);
	fds = count_fds();
	um = umask(027);
	umask(um);
	errno = EDOM;
	r = succeed ? spawn_self("x", &fd) : ba_spawn(bad, &fd);
	if (errno != EDOM || (r == BA_OK) != succeed)
		return __LINE__;
	if (count_fds() != fds + (fd >= 0))
		return __LINE__;
	sigprocmask(SIG_SETMASK, NULL, &now);
	for (sig = 1; sig < SIGNALS; sig++) {
		if (sigismember(&now, sig) != sigismember(&mask, sig))
			return __LINE__;
		if (sigaction(sig, NULL, &after) == 0 &&
		    after.sa_handler != sa[sig].sa_handler)
			return __LINE__;
	}
	return umask(um) == um ? 0 : __LINE__;
}

static void
the_hosts_state_is_as_before(void **state)
{
	(void)state;
	assert_int_equal(in_child(state_is_kept, 1), 0);
	assert_int_equal(in_child(state_is_kept, 0), 0);
}

/* A handler of the host's must never run where its memory is borrowed. */
static int
under_fire(int arg)
{
	struct itimerval it = { { 0, 300 }, { 0, 300 } };
	struct sigaction sa = { .sa_handler = on_alarm };
	struct report r;
	int i, fd;

	(void)arg;
	host = getpid();
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (i = 0; i < 50; i++) {
		if (spawn_self("x", &fd) != BA_OK)
			return __LINE__;
		if (hear(fd, &r) != 0 || judge(&r) != 0)
			return __LINE__;
	}
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	return alarms > 0 && strays == 0 ? 0 : __LINE__;
}

static void
handlers_run_in_the_host_alone(void **state)
{
	(void)state;
	assert_int_equal(in_child(under_fire, 0), 0);
}

static volatile int stop;

static void *
busy_thread(void *arg)
{
	while (stop == 0) {
		void *p = malloc(1000);

		errno = EXDEV;
		free(p);
		if (errno != EXDEV)
			*(int *)arg = __LINE__;
	}
	return NULL;
}

static void *
spawning_thread(void *arg)
{
	int i, line;

	for (i = 0; i < 10; i++)
		if ((line = spawn_and_judge()) != 0)
			*(int *)arg = line;
	return NULL;
}

static int
with_threads(int arg)
{
	pthread_t busy, spawning[4];
	int i, lines[5] = { 0 };

	(void)arg;
	if (pthread_create(&busy, NULL, busy_thread, &lines[4]) != 0)
		return __LINE__;
	for (i = 0; i < 4; i++)
		if (pthread_create(
			&spawning[i], NULL, spawning_thread, &lines[i]) != 0)
			return __LINE__;
	for (i = 0; i < 4; i++)
		pthread_join(spawning[i], NULL);
	stop = 1;
	pthread_join(busy, NULL);
	for (i = 0; i < 5; i++)
		if (lines[i] != 0)
			return lines[i];
	return 0;
}

static void
threads_may_spawn_at_the_same_time(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_threads, 0), 0);
}

static void *
cancelled_thread(void *arg)
{
	int *r = arg, fd, state = -1;

	/* From here on any cancellation point would be the end. */
	pthread_cancel(pthread_self());
	*r = spawn_self("x", &fd);
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	close(fd);
	if (state != PTHREAD_CANCEL_ENABLE)
		*r = BA_ERR_INTERNAL;
	return NULL;
}

static int
cancelled(int arg)
{
	pthread_t t;
	int r = BA_ERR_INTERNAL;

	(void)arg;
	if (pthread_create(&t, NULL, cancelled_thread, &r) != 0)
		return __LINE__;
	pthread_join(t, NULL);
	return r == BA_OK ? 0 : __LINE__;
}

/* Cancelled in there, a thread would leave descriptors and mask behind. */
static void
it_is_no_place_to_be_cancelled_at(void **state)
{
	(void)state;
	assert_int_equal(in_child(cancelled, 0), 0);
}

/* A setuid host, as su: the caller's uid, groups and nothing more is his. */
static int
as_setuid_host(int arg)
{
	const gid_t groups[] = { 4, 20, STRANGER };

	(void)arg;
	if (setgroups(3, groups) != 0 ||
	    setresgid(STRANGER, STRANGER, STRANGER) != 0 ||
	    setresuid(STRANGER, 0, 0) != 0)
		return __LINE__;
	if (spawn_and_judge() != 0)
		return __LINE__;
	return getuid() == STRANGER && getgid() == STRANGER &&
		       getgroups(0, NULL) == 3
		   ? 0
		   : __LINE__;
}

static int
as_nobody_special(int arg)
{
	struct report r;
	int fd;

	(void)arg;
	if (geteuid() == 0 && setresuid(STRANGER, STRANGER, STRANGER) != 0)
		return __LINE__;
	if (spawn_self("x", &fd) != BA_OK || hear(fd, &r) != 0 ||
	    judge(&r) != 0)
		return __LINE__;
	return r.uid[0] == getuid() && r.uid[2] == getuid() ? 0 : __LINE__;
}

static void
v50_the_broker_is_not_the_callers(void **state)
{
	(void)state;
	if (geteuid() == 0)
		assert_int_equal(in_child(as_setuid_host, 0), 0);
	/* Without root's rights nothing is gained. */
	assert_int_equal(in_child(as_nobody_special, 0), 0);
}

/* The helper's new gid makes the memory that they share not dumpable. */
static int
with_dumpable(int dumpable)
{
	struct report r;
	int fd;

	if (setresgid(STRANGER, STRANGER, STRANGER) != 0 ||
	    prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) != 0)
		return __LINE__;
	if (spawn_self("x", &fd) != BA_OK || hear(fd, &r) != 0 ||
	    judge(&r) != 0)
		return __LINE__;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == dumpable ? 0 : __LINE__;
}

static void
a_host_is_as_dumpable_as_before(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(with_dumpable, 1), 0);
	assert_int_equal(in_child(with_dumpable, 0), 0);
}

int
main(int argc, char **argv, char **envp)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broker_finds_itself_well),
		cmocka_unit_test(what_cannot_be_executed),
		cmocka_unit_test(only_absolute_paths),
		cmocka_unit_test(arguments_have_a_limit),
		cmocka_unit_test(no_host_sees_a_child),
		cmocka_unit_test(the_hosts_own_children_are_left_alone),
		cmocka_unit_test(any_of_the_first_descriptors_may_be_closed),
		cmocka_unit_test(no_descriptor_of_the_host_comes_along),
		cmocka_unit_test(few_descriptors_are_enough_or_an_error),
		cmocka_unit_test(ignored_signals_are_default_in_the_broker),
		cmocka_unit_test(the_hosts_state_is_as_before),
		cmocka_unit_test(handlers_run_in_the_host_alone),
		cmocka_unit_test(threads_may_spawn_at_the_same_time),
		cmocka_unit_test(it_is_no_place_to_be_cancelled_at),
		cmocka_unit_test(v50_the_broker_is_not_the_callers),
		cmocka_unit_test(a_host_is_as_dumpable_as_before),
	};

	if (argc > 2 && strcmp(argv[1], "--broker") == 0)
		return broker_main(argc, argv, envp);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
