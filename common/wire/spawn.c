/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/io.h"
#include "common/wire/spawn.h"

/*
 * The host must not notice.  fork(2) would run its pthread_atfork() handlers
 * and send it SIGCHLD; posix_spawn(3) can set neither exit signal nor uid.
 * So, by clone(2) with exit signal 0 and the memory shared until execve(2):
 *
 *	host → helper, makes itself root, its descriptors and signals tidy
 *	     → broker, only executes the program
 *
 * and the helper ends at once, so that the broker is given to init.  The host
 * collects the helper with __WCLONE; its own waits and its SIGCHLD action
 * never see a child without an exit signal.
 *
 * In helper and broker only plain system calls are made, by number: glibc's
 * setresuid() would tell the host's other threads, and several others are
 * cancellation points.
 */
#define MAX_ARGS    8
#define ARGS_SIZE   (3 * PATH_MAX)
#define STACK_SIZE  (32 * 1024)
#define SOCKET_FD   3
#define KERNEL_NSIG (_NSIG - 1)
#define SIGSET_SIZE ((size_t)KERNEL_NSIG / 8)

#ifdef SYS_setresuid32
#define NR_setresuid SYS_setresuid32
#define NR_setresgid SYS_setresgid32
#define NR_setgroups SYS_setgroups32
#else
#define NR_setresuid SYS_setresuid
#define NR_setresgid SYS_setresgid
#define NR_setgroups SYS_setgroups
#endif

static const char env_path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
static const char env_lang[] = "LANG=C";

enum stage {
	PREPARING,
	STARTING, /* the broker may be running in our memory */
	STARTED /* it no longer is */
};

/*
 * All that helper and broker touch is in this one mapping, and no pointer
 * leads out of it.  So should the helper be killed and the host run on too
 * early, nothing of the host's is read or written by the broker.
 */
struct room {
	enum stage stage;
	int prepare_errno;
	int exec_errno;
	int far;
	char *argv[MAX_ARGS + 1];
	char *envp[3];
	char args[ARGS_SIZE];
	char path[sizeof(env_path)];
	char lang[sizeof(env_lang)];
	unsigned char helper_stack[STACK_SIZE] __attribute__((__aligned__(16)));
	unsigned char broker_stack[STACK_SIZE] __attribute__((__aligned__(16)));
};

/*
 * The caller of a setuid host can kill what has his real uid.  The helper
 * leaves it before the broker exists.
 */
static int
become_root(void)
{
	if (syscall(NR_setgroups, 0, NULL) != 0 ||
	    syscall(NR_setresgid, 0, 0, 0) != 0 ||
	    syscall(NR_setresuid, 0, 0, 0) != 0)
		return -1;
	return 0;
}

static int
tidy_descriptors(int far)
{
	/* far is above 2, but may be SOCKET_FD itself: dup3() refuses that. */
	if (far == SOCKET_FD) {
		if (syscall(SYS_fcntl, far, F_SETFD, 0) != 0)
			return -1;
	} else if (syscall(SYS_dup3, far, SOCKET_FD, 0) < 0)
		return -1;
	if (syscall(SYS_close_range, SOCKET_FD + 1, ~0U, 0) != 0)
		return -1;
	/* Closed first: the host may have no descriptor to spare. */
	(void)syscall(SYS_close, 0);
	if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0) != 0 ||
	    syscall(SYS_dup3, 0, 1, 0) < 0 || syscall(SYS_dup3, 0, 2, 0) < 0)
		return -1;
	return 0;
}

/*
 * An ignored signal would stay ignored in the program.  They stay blocked: a
 * signal that ends this process with a core would end the host, too, whose
 * memory it is.
 */
static int
reset_signals(void)
{
	const unsigned long zero[16] = { 0 }; /* SIG_DFL in any layout */
	int sig;

	for (sig = 1; sig <= KERNEL_NSIG; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP)
			continue;
		if (syscall(SYS_rt_sigaction, sig, zero, NULL, SIGSET_SIZE) !=
		    0)
			return -1;
	}
	return 0;
}

/* No local arrays here: this frame is left by execve(2), not by return. */
static int
broker_main(void *arg)
{
	struct room *room = arg;

	(void)syscall(SYS_execve, room->argv[0], room->argv, room->envp);
	room->exec_errno = errno;
	return 127;
}

static int
helper_main(void *arg)
{
	struct room *room = arg;

	if ((geteuid() == 0 && become_root() != 0) || syscall(SYS_setsid) < 0 ||
	    tidy_descriptors(room->far) != 0 || reset_signals() != 0) {
		room->prepare_errno = errno;
		return 1;
	}
	room->stage = STARTING;
	if (clone(broker_main, room->broker_stack + STACK_SIZE,
		CLONE_VM | CLONE_VFORK, room) < 0)
		room->prepare_errno = errno;
	room->stage = STARTED;
	return 0;
}

static int
fill_room(struct room *room, const char *const argv[], int far)
{
	size_t i, n, used = 0;

	for (i = 0; argv[i] != NULL; i++) {
		n = strlen(argv[i]) + 1;
		if (i == MAX_ARGS || n > sizeof(room->args) - used)
			return BA_ERR_LIMIT;
		room->argv[i] = memcpy(room->args + used, argv[i], n);
		used += n;
	}
	room->far = far;
	memcpy(room->path, env_path, sizeof(env_path));
	memcpy(room->lang, env_lang, sizeof(env_lang));
	room->envp[0] = room->path;
	room->envp[1] = room->lang;
	return i > 0 && argv[0][0] == '/' ? BA_OK : BA_ERR_NO_BROKER;
}

/* Run the helper to its end and say what became of the broker. */
static int
run_helper(struct room *room)
{
	sigset_t all, before;
	pid_t pid;
	int r = BA_ERR_SYSTEM, dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	/* By number, since glibc would leave out its own two signals. */
	memset(&all, 0xff, sizeof(all));
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before,
		SIGSET_SIZE) != 0)
		return BA_ERR_SYSTEM;
	pid = clone(helper_main, room->helper_stack + STACK_SIZE,
	    CLONE_VM | CLONE_VFORK, room);
	if (pid > 0) {
		/* ECHILD: a host that waits with __WALL was faster. */
		while (waitpid(pid, NULL, __WCLONE) < 0 && errno == EINTR)
			;
		/* It is the memory's, and lost as the helper's gid changes;
		   but nobody may look in while a broker stands in it. */
		if (room->stage != STARTING && dumpable == 1 &&
		    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1)
			(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
		if (room->stage == STARTED && room->prepare_errno == 0)
			r = room->exec_errno == 0 ? BA_OK : BA_ERR_NO_BROKER;
	}
	(void)syscall(
	    SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, SIGSET_SIZE);
	return r;
}

static int
spawn_with(const char *const argv[], int far)
{
	struct room *room;
	int r = BA_ERR_INTERNAL;

	room = mmap(NULL, sizeof(*room), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (room == MAP_FAILED)
		return BA_ERR_SYSTEM;
	r = fill_room(room, argv, far);
	if (r == BA_OK)
		r = run_helper(room);
	/* A helper killed half-way: the broker may still stand in the room. */
	if (room->stage != STARTING)
		(void)munmap(room, sizeof(*room));
	return r;
}

/* Non-blocking for us, blocking for the broker; both above 2. */
static int
make_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		pair[0] = pair[1] = -1;
		return BA_ERR_SYSTEM;
	}
	pair[0] = ba_fd_above_stdio(pair[0]);
	pair[1] = ba_fd_above_stdio(pair[1]);
	if (pair[0] < 0 || pair[1] < 0 ||
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
		return BA_ERR_SYSTEM;
	return BA_OK;
}

int
ba_spawn(const char *const argv[], int *fdp)
{
	int cancel, pair[2], r = BA_ERR_INTERNAL, saved = errno;

	*fdp = -1;
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	r = make_pair(pair);
	if (r == BA_OK)
		r = spawn_with(argv, pair[1]);
	if (pair[1] >= 0)
		(void)close(pair[1]);
	if (r == BA_OK)
		*fdp = pair[0];
	else if (pair[0] >= 0)
		(void)close(pair[0]);
	(void)pthread_setcancelstate(cancel, NULL);
	errno = saved;
	return r;
}
