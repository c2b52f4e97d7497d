/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/system/privilege.h"

extern char **environ;

#define NOBODY 65534

/* In a process of its own, since there is no way back. */
static void
in_child(int (*body)(void))
{
	pid_t pid;
	int st;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
}

static void
find_user(void **state)
{
	struct ba_runas r;

	(void)state;
	assert_int_equal(
	    ba_runas_find("no-such-user-here", &r), BA_ERR_NOT_FOUND);
	assert_int_equal(r.uid, (uid_t)-1);
	assert_int_equal(ba_runas_find("root", &r), BA_ERR_CONFIG);
	assert_int_equal(r.uid, (uid_t)-1);
	assert_int_equal(ba_runas_find("nobody", &r), BA_OK);
	assert_true(r.uid != 0 && r.gid != 0);
	assert_non_null(
	    strstr(ba_runas_why(BA_ERR_NOT_FOUND), "systemd-sysusers"));
}

static int
clean_child(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	struct rlimit rl;
	sigset_t set;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGCHLD, &sa, NULL);
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	setenv("OPENSSL_CONF", "/tmp/x", 1);
	setenv("SSLKEYLOGFILE", "/tmp/x", 1);
	close(0);
	if (dup2(1, 3) != 3 || dup2(1, 4) != 4 || dup2(1, 99) != 99)
		return 1;
	if (ba_privilege_clean(4, NULL) != BA_OK)
		return 2;
	if (sigaction(SIGTERM, NULL, &sa) != 0 || sa.sa_handler != SIG_DFL ||
	    sigaction(SIGCHLD, NULL, &sa) != 0 || sa.sa_handler != SIG_DFL ||
	    sigaction(SIGPIPE, NULL, &sa) != 0 || sa.sa_handler != SIG_IGN)
		return 3;
	if (sigprocmask(SIG_SETMASK, NULL, &set) != 0 ||
	    sigismember(&set, SIGTERM) || sigismember(&set, SIGALRM))
		return 4;
	if (environ[0] == NULL || environ[1] == NULL || environ[2] != NULL ||
	    strcmp(getenv("PATH"), "/usr/bin:/bin") != 0 ||
	    strcmp(getenv("LANG"), "C") != 0)
		return 5;
	if (fcntl(0, F_GETFD) < 0 || fcntl(3, F_GETFD) < 0 ||
	    fcntl(4, F_GETFD) >= 0 || fcntl(99, F_GETFD) >= 0)
		return 6;
	if (getrlimit(RLIMIT_CORE, &rl) != 0 || rl.rlim_max != 0)
		return 7;
	return 0;
}

static void
V42_nothing_of_the_callers_is_left(void **state)
{
	(void)state;
	in_child(clean_child);
}

/* The caller has it blocked; it is never open in between. */
static int
early_signal_child(void)
{
	sigset_t set, now;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	if (ba_privilege_clean(3, &set) != BA_OK)
		return 1;
	if (sigprocmask(SIG_SETMASK, NULL, &now) != 0 ||
	    !sigismember(&now, SIGTERM) || sigismember(&now, SIGHUP))
		return 2;
	return sigpending(&now) == 0 && sigismember(&now, SIGTERM) ? 0 : 3;
}

static void
a_signal_that_comes_early_waits(void **state)
{
	(void)state;
	in_child(early_signal_child);
}

static int
seal_child(void)
{
	struct rlimit rl;
	char cwd[8];

	if (ba_privilege_seal() != BA_OK)
		return 1;
	if (umask(0) != 077)
		return 2;
	if (getcwd(cwd, sizeof(cwd)) == NULL || strcmp(cwd, "/") != 0)
		return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if (getrlimit(RLIMIT_CORE, &rl) != 0 || rl.rlim_max != 0)
		return 6;
#ifndef __SANITIZE_ADDRESS__
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 5;
#endif
	return 0;
}

static void
sealed(void **state)
{
	(void)state;
	in_child(seal_child);
}

static int
drop_child(void)
{
	const struct ba_runas nobody = { NOBODY, NOBODY };
	gid_t groups[4];
	uid_t r, e, s;
	gid_t more[2] = { 0, 1 };

	if (setgroups(2, more) != 0)
		return 1;
	if (ba_privilege_drop(&nobody) != BA_OK)
		return 2;
	if (getresuid(&r, &e, &s) != 0 || r != NOBODY || e != NOBODY ||
	    s != NOBODY)
		return 3;
	if (getresgid(&r, &e, &s) != 0 || r != NOBODY || e != NOBODY ||
	    s != NOBODY)
		return 4;
	if (getgroups(4, groups) != 1 || groups[0] != NOBODY)
		return 5;
	if (setuid(0) == 0 || seteuid(0) == 0)
		return 6;
	return 0;
}

/* What "ulimit -S -f 0" leaves to a setuid program's child. */
static int
limits_child(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_FSIZE, &rl) != 0)
		return 1;
	rl.rlim_cur = 0;
	if (setrlimit(RLIMIT_FSIZE, &rl) != 0)
		return 2;
	ba_privilege_limits();
	if (getrlimit(RLIMIT_FSIZE, &rl) != 0 || rl.rlim_cur != rl.rlim_max)
		return 3;
	return 0;
}

static void
V50_the_callers_limits_are_not_ours(void **state)
{
	(void)state;
	in_child(limits_child);
}

/* Few at first, as many as are configured where they are asked for. */
static int
files_child(void)
{
	const unsigned want = 65535 + 64;
	struct rlimit rl;
	rlim_t hard;
	unsigned max;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return 1;
	hard = rl.rlim_max;
	rl.rlim_cur = 256;
	if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
		return 2;
	ba_privilege_limits();
	if (getrlimit(RLIMIT_NOFILE, &rl) != 0 || rl.rlim_cur < 1024)
		return 3;
	if (ba_privilege_files(want, &max) != BA_OK)
		return 4;
	/* Where it was lower, perhaps nobody may raise it. */
	return max == want || (hard < want && max >= hard) ? 0 : 5;
}

static void
a_spawned_broker_may_have_its_connections(void **state)
{
	(void)state;
	in_child(files_child);
}

#define IOPRIO_IDLE (3 << 13)

static int
write_oom(const char *text)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC), ok;

	ok = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static int
read_oom(void)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "re");
	int n = -1;

	if (f == NULL || fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f != NULL)
		fclose(f);
	return n;
}

/* What "nice chrt -b 0 taskset 1 ionice -c 3 su" leaves. */
static int
scheduling_child(void)
{
	const struct sched_param none = { 0 };
	cpu_set_t all, one, now;
	int cpu = 0, oom;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return 1;
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	oom = write_oom("500");
	/* Once idle, only root is let out of it. */
	if (sched_setscheduler(
		0, geteuid() == 0 ? SCHED_IDLE : SCHED_BATCH, &none) != 0 ||
	    sched_setaffinity(0, sizeof(one), &one) != 0 ||
	    syscall(SYS_ioprio_set, 1, 0, IOPRIO_IDLE) != 0)
		return 2;
	ba_privilege_scheduling();
	if (sched_getscheduler(0) != SCHED_OTHER)
		return 3;
	if (sched_getaffinity(0, sizeof(now), &now) != 0 ||
	    !CPU_EQUAL(&now, &all))
		return 4;
	if (syscall(SYS_ioprio_get, 1, 0) == IOPRIO_IDLE)
		return 5;
	return !oom || read_oom() == 0 ? 0 : 6;
}

static void
V50_the_callers_scheduling_is_not_ours(void **state)
{
	(void)state;
	in_child(scheduling_child);
}

/* In a job of a shell on a terminal, or as the one process of its session. */
static int
on_terminal(bool leader)
{
	int pty, tty, fd, st;
	pid_t pid;

	pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty < 0 || grantpt(pty) != 0 || unlockpt(pty) != 0 || setsid() < 0)
		return 1;
	tty = open(ptsname(pty), O_RDWR | O_CLOEXEC);
	if (tty < 0)
		return 2;
	pid = leader ? 0 : fork();
	if (pid > 0)
		return waitpid(pid, &st, 0) == pid && WIFEXITED(st)
			   ? WEXITSTATUS(st)
			   : 3;
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(tty, TIOCGSID, &st) != 0)
		return 4;
	close(fd);
	ba_privilege_leave_terminal();
	/* It takes a controlling terminal to type into it. */
	if (open("/dev/tty", O_RDWR | O_CLOEXEC) >= 0 || errno != ENXIO)
		return 5;
	if (ioctl(tty, TIOCGSID, &st) == 0)
		return 6;
	/* Ours to print on, as before. */
	return write(tty, "x", 1) == 1 ? 0 : 7;
}

static int
job_child(void)
{
	return on_terminal(false);
}

static int
leader_child(void)
{
	return on_terminal(true);
}

static void
roots_terminal_is_not_handed_on(void **state)
{
	(void)state;
	in_child(job_child);
	in_child(leader_child);
}

static void
dropped(void **state)
{
	const struct ba_runas root = { 0, 0 }, half = { NOBODY, 0 };
	const struct ba_runas other = { NOBODY - 1, NOBODY - 1 };

	(void)state;
	assert_int_equal(ba_privilege_drop(&root), BA_ERR_INTERNAL);
	assert_int_equal(ba_privilege_drop(&half), BA_ERR_INTERNAL);
	if (geteuid() != 0) {
		assert_int_equal(ba_privilege_drop(&other), BA_ERR_SYSTEM);
		return;
	}
	in_child(drop_child);
}

static void
files(void **state)
{
	unsigned max;

	(void)state;
	assert_int_equal(ba_privilege_files(10, &max), BA_OK);
	assert_true(max >= 10);
	assert_int_equal(ba_privilege_files(1u << 29, &max), BA_OK);
	assert_true(max >= 10 && max <= 1u << 29);
}

static void
directories(void **state)
{
	char base[] = "/tmp/ba_privilege_XXXXXX", path[64], link[64];
	struct stat st;
	const char *why;

	(void)state;
	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof(path), "%s/d", base);
	snprintf(link, sizeof(link), "%s/l", base);
	umask(077);
	assert_int_equal(
	    ba_privilege_dir(path, 0755, geteuid(), getegid(), &why), BA_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	/* Judged, never changed. */
	assert_int_equal(
	    ba_privilege_dir(path, 0755, geteuid(), getegid(), &why), BA_OK);
	assert_int_equal(
	    ba_privilege_dir(path, 0700, geteuid(), getegid(), &why),
	    BA_ERR_CONFIG);
	assert_int_equal(
	    ba_privilege_dir(path, 0755, geteuid() + 1, getegid(), &why),
	    BA_ERR_CONFIG);
	assert_non_null(why);
	assert_int_equal(chmod(path, 0775), 0);
	assert_int_equal(
	    ba_privilege_dir(path, 0755, geteuid(), getegid(), &why),
	    BA_ERR_CONFIG);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(
	    ba_privilege_dir(link, 0777, geteuid(), getegid(), &why),
	    BA_ERR_SYSTEM);
	unlink(link);
	rmdir(path);
	rmdir(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find_user),
		cmocka_unit_test(V42_nothing_of_the_callers_is_left),
		cmocka_unit_test(a_signal_that_comes_early_waits),
		cmocka_unit_test(sealed),
		cmocka_unit_test(dropped),
		cmocka_unit_test(V50_the_callers_limits_are_not_ours),
		cmocka_unit_test(V50_the_callers_scheduling_is_not_ours),
		cmocka_unit_test(a_spawned_broker_may_have_its_connections),
		cmocka_unit_test(roots_terminal_is_not_handed_on),
		cmocka_unit_test(files),
		cmocka_unit_test(directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
