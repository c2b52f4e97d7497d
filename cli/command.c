/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "common/base/clock.h"

/* Standard error stays: the command may have something to say. */
static int
start(char *const argv[], int out, pid_t *pidp)
{
	posix_spawn_file_actions_t a;
	int e;

	if (posix_spawn_file_actions_init(&a) != 0)
		return BA_ERR_NOMEM;
	e = posix_spawn_file_actions_addopen(&a, 0, "/dev/null", O_RDONLY, 0);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&a, out, 1);
	if (e == 0)
		e = posix_spawn_file_actions_addclosefrom_np(&a, 3);
	if (e == 0)
		e = posix_spawnp(pidp, argv[0], &a, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&a);
	return e == 0 ? BA_OK : BA_ERR_SYSTEM;
}

static int
wait_for(int fd, int64_t ends, const char **whyp)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = ends - ba_clock_mono_ms(&ba_clock_system);
		*whyp = "takes too long";
		if (left <= 0)
			return BA_ERR_TIMEOUT;
		n = poll(&p, 1, (int)left);
		*whyp = "cannot be waited for";
		if (n < 0 && errno != EINTR)
			return BA_ERR_SYSTEM;
	} while (n <= 0);
	return BA_OK;
}

static int
read_output(int fd, int64_t ends, struct ba_buf *out, const char **whyp)
{
	unsigned char *dst;
	size_t room;
	ssize_t n;
	int r;

	while ((room = out->max - out->len) > 0) {
		r = wait_for(fd, ends, whyp);
		if (r != BA_OK)
			return r;
		*whyp = "has more to say than there is memory";
		r = ba_buf_reserve(out, room, &dst);
		if (r != BA_OK)
			return r;
		n = read(fd, dst, room);
		if (n == 0)
			return BA_OK;
		*whyp = "has output that cannot be read";
		if (n > 0)
			ba_buf_commit(out, (size_t)n);
		else if (errno != EINTR)
			return BA_ERR_SYSTEM;
	}
	*whyp = "printed more than a token can be";
	return BA_ERR_LIMIT;
}

/* Its output may be closed long before it ends. */
static int
wait_for_end(pid_t pid, int64_t ends, const char **whyp)
{
	int r, fd;

	*whyp = "cannot be waited for";
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return BA_ERR_SYSTEM;
	r = wait_for(fd, ends, whyp);
	(void)close(fd);
	return r;
}

int
ba_command_run(
    char *const argv[], int ms, struct ba_buf *out, const char **whyp)
{
	int64_t ends = ba_clock_mono_ms(&ba_clock_system) + ms;
	int fds[2], r, status = -1;
	pid_t pid;

	*whyp = "cannot be given a pipe";
	if (pipe2(fds, O_CLOEXEC) != 0)
		return BA_ERR_SYSTEM;
	*whyp = "cannot be run: is it installed, and in PATH?";
	r = start(argv, fds[1], &pid);
	(void)close(fds[1]);
	if (r == BA_OK) {
		r = read_output(fds[0], ends, out, whyp);
		if (r == BA_OK)
			r = wait_for_end(pid, ends, whyp);
		if (r != BA_OK)
			(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	(void)close(fds[0]);
	if (r != BA_OK)
		return r;
	*whyp = "failed; run it by hand to see why";
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return BA_ERR_UNAVAIL;
	*whyp = NULL;
	return BA_OK;
}
