/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/system/privilege.h"

#define MIB ((rlim_t)1024 * 1024)

/* Of linux/ioprio.h, which came late. */
#define IOPRIO_WHO_PROCESS 1

/* More than max_connections of any configuration. */
#define FILES_MAX (128 * 1024)

int
ba_runas_find(const char *name, struct ba_runas *r)
{
	const struct passwd *pw;

	r->uid = (uid_t)-1;
	r->gid = (gid_t)-1;
	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL) {
		/* getpwnam(3): these say "no such user", as 0 does. */
		if (errno == 0 || errno == ENOENT || errno == ESRCH ||
		    errno == EBADF || errno == EPERM)
			return BA_ERR_NOT_FOUND;
		return BA_ERR_SYSTEM;
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		return BA_ERR_CONFIG;
	r->uid = pw->pw_uid;
	r->gid = pw->pw_gid;
	return BA_OK;
}

const char *
ba_runas_why(int err)
{
	if (err == BA_ERR_NOT_FOUND)
		return "there is no such user to become: make it "
		       "(systemd-sysusers, or useradd --system)";
	if (err == BA_ERR_CONFIG)
		return "the broker must not end as root";
	return "the user database did not answer";
}

static int
clean_signals(const sigset_t *blocked)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;
	int i;

	sigemptyset(&none);
	if (blocked == NULL)
		blocked = &none;
	else if (sigprocmask(SIG_BLOCK, blocked, NULL) != 0)
		return BA_ERR_SYSTEM;

	sigemptyset(&sa.sa_mask);
	/* The C library keeps two for itself and says so: EINVAL. */
	for (i = 1; i < NSIG; i++)
		(void)sigaction(i, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	if (sigaction(SIGPIPE, &sa, NULL) != 0)
		return BA_ERR_SYSTEM;
	return sigprocmask(SIG_SETMASK, blocked, NULL) == 0 ? BA_OK
							    : BA_ERR_SYSTEM;
}

/*
 * Nothing of the caller's: libraries below us read LD_*, OPENSSL_CONF,
 * SQLITE_TMPDIR, RES_OPTIONS, TZ and more.  The helper inherits this.
 */
static int
clean_environment(void)
{
	if (clearenv() != 0 || setenv("PATH", "/usr/bin:/bin", 1) != 0 ||
	    setenv("LANG", "C", 1) != 0)
		return BA_ERR_NOMEM;
	return BA_OK;
}

static int
clean_descriptors(int first_stray)
{
	int fd;

	/* A socket of ours must never be what somebody prints to. */
	do {
		fd = open("/dev/null", O_RDWR); /* 0 to 2 outlive an exec */
	} while (fd >= 0 && fd <= 2);
	if (fd < 0)
		return BA_ERR_SYSTEM;
	close(fd);
	return close_range((unsigned)first_stray, ~0U, 0) == 0 ? BA_OK
							       : BA_ERR_SYSTEM;
}

static int
no_core(void)
{
	const struct rlimit zero = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &zero) == 0 ? BA_OK : BA_ERR_SYSTEM;
}

int
ba_privilege_clean(int first_stray, const sigset_t *blocked)
{
	int r;

	r = no_core();
	if (r == BA_OK)
		r = clean_signals(blocked);
	if (r == BA_OK)
		r = clean_environment();
	if (r == BA_OK)
		r = clean_descriptors(first_stray);
	return r;
}

void
ba_privilege_scheduling(void)
{
	const struct sched_param normal = { 0 };
	unsigned long everywhere[128]; /* 8192 processors, as Linux can have */
	int fd;

	(void)sched_setscheduler(0, SCHED_OTHER, &normal);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	/* The kernel takes those that there are and that we may use. */
	memset(everywhere, 0xff, sizeof(everywhere));
	(void)sched_setaffinity(
	    0, sizeof(everywhere), (const cpu_set_t *)everywhere);
	/* ioprio_set(2) of this process to none, which follows nice. */
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1); /* as far as we may */
	close(fd);
}

void
ba_privilege_limits(void)
{
	/* Open files: few, and ba_privilege_files() may ask for more. */
	static const struct {
		__rlimit_resource_t what;
		struct rlimit limit;
	} plain[] = {
		{ RLIMIT_AS, { RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_CPU, { RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_DATA, { RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_FSIZE, { RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_LOCKS, { RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_NOFILE, { 1024, FILES_MAX } },
		{ RLIMIT_NPROC, { RLIM_INFINITY, RLIM_INFINITY } },
		{ RLIMIT_STACK, { 8 * MIB, 8 * MIB } },
	};
	struct rlimit rl;
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (setrlimit(plain[i].what, &plain[i].limit) == 0 ||
		    getrlimit(plain[i].what, &rl) != 0)
			continue;
		rl.rlim_cur = rl.rlim_max;
		(void)setrlimit(plain[i].what, &rl);
	}
}

void
ba_privilege_leave_terminal(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int fd;

	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* The kernel tells a session leader's processes that it is gone. */
	sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGHUP, &ignore, &before);
	(void)ioctl(fd, TIOCNOTTY);
	(void)sigaction(SIGHUP, &before, NULL);
	close(fd);
}

int
ba_privilege_drop(const struct ba_runas *r)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (r->uid == 0 || r->gid == 0)
		return BA_ERR_INTERNAL;
	/* The user's own group and no other: what an administrator adds the
	   user to is for other programs (and initgroups(3) asks the network
	   on some machines). */
	if (setgroups(1, &r->gid) != 0 ||
	    setresgid(r->gid, r->gid, r->gid) != 0 ||
	    setresuid(r->uid, r->uid, r->uid) != 0)
		return BA_ERR_SYSTEM;
	if (getresuid(&ru, &eu, &su) != 0 || getresgid(&rg, &eg, &sg) != 0)
		return BA_ERR_SYSTEM;
	if (ru != r->uid || eu != r->uid || su != r->uid || rg != r->gid ||
	    eg != r->gid || sg != r->gid)
		return BA_ERR_INTERNAL;
	if (setuid(0) == 0 || setgid(0) == 0)
		return BA_ERR_INTERNAL;
	return BA_OK;
}

int
ba_privilege_seal(void)
{
	umask(077);
	if (chdir("/") != 0 || no_core() != BA_OK)
		return BA_ERR_SYSTEM;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return BA_ERR_SYSTEM;
#ifndef __SANITIZE_ADDRESS__
	/* The leak checker of a test build traces us, and must be able to. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return BA_ERR_SYSTEM;
#endif
	return BA_OK;
}

int
ba_privilege_files(unsigned want, unsigned *maxp)
{
	struct rlimit rl;

	*maxp = 0;
	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return BA_ERR_SYSTEM;
	if (rl.rlim_cur < want) {
		rl.rlim_cur = rl.rlim_max < want ? rl.rlim_max : want;
		if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
			return BA_ERR_SYSTEM;
	}
	*maxp = rl.rlim_cur > 1u << 30 ? 1u << 30 : (unsigned)rl.rlim_cur;
	return BA_OK;
}

int
ba_privilege_dir(
    const char *path, mode_t mode, uid_t uid, gid_t gid, const char **whyp)
{
	struct stat st;
	int r = BA_ERR_SYSTEM, fd = -1, made;

	*whyp = "it cannot be made";
	made = mkdir(path, 0700) == 0;
	if (!made && errno != EEXIST)
		goto out;
	*whyp = "it is no directory";
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		goto out;
	if (made && (fchown(fd, uid, gid) != 0 || fchmod(fd, mode) != 0))
		goto out;
	if (fstat(fd, &st) != 0)
		goto out;
	r = BA_ERR_CONFIG;
	*whyp = "it belongs to somebody else";
	if (st.st_uid != uid)
		goto out;
	*whyp = "its mode lets others in";
	if ((st.st_mode & 07777 & ~mode) != 0)
		goto out;
	*whyp = NULL;
	r = BA_OK;
out:
	if (fd >= 0)
		close(fd);
	return r;
}
