/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/pam_host.h"

volatile int host_forks;
volatile int host_signals;

static void
put_environment(FILE *f)
{
	fprintf(f, "environ: %p\n", (void *)environ);
	for (char **e = environ; e != NULL && *e != NULL; e++)
		fprintf(f, "environ %p: %s\n", (void *)*e, *e);
}

static void
put_signals(FILE *f)
{
	struct sigaction sa;
	stack_t stack;

	for (int i = 1; i < NSIG; i++) {
		if (sigaction(i, NULL, &sa) != 0)
			continue;
		fprintf(f, "signal %d: %p %x", i, (void *)sa.sa_sigaction,
		    (unsigned)sa.sa_flags);
		for (int j = 1; j < NSIG; j++)
			if (sigismember(&sa.sa_mask, j) == 1)
				fprintf(f, " %d", j);
		fputc('\n', f);
	}
	if (sigaltstack(NULL, &stack) == 0)
		fprintf(f, "signal stack: %p %x %zu\n", stack.ss_sp,
		    (unsigned)stack.ss_flags, stack.ss_size);
	fprintf(f, "signals caught: %d\n", host_signals);
}

/* Descriptors, but for the one of the listing itself. */
static void
put_descriptors(FILE *f)
{
	DIR *d = opendir("/proc/self/fd");
	char path[64], name[PATH_MAX];
	const struct dirent *e;
	struct stat st;
	ssize_t n;
	int fd;

	if (d == NULL) {
		fprintf(f, "descriptors: %s\n", strerror(errno));
		return;
	}
	while ((e = readdir(d)) != NULL) {
		fd = atoi(e->d_name);
		if (e->d_name[0] == '.' || fd == dirfd(d))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, name, sizeof(name) - 1);
		if (n == -1 || fstat(fd, &st) != 0)
			continue;
		fprintf(f, "descriptor %d: %.*s %x %x", fd, (int)n, name,
		    (unsigned)fcntl(fd, F_GETFD), (unsigned)fcntl(fd, F_GETFL));
		if (S_ISREG(st.st_mode))
			fprintf(f, " at %jd of %jd",
			    (intmax_t)lseek(fd, 0, SEEK_CUR),
			    (intmax_t)st.st_size);
		fputc('\n', f);
	}
	closedir(d);
}

/* The kernel's view, but for figures that move by themselves. */
static void
put_status(FILE *f)
{
	static const char *const passed[] = { "State:", "Vm", "Rss", "Huge",
		"voluntary_ctxt", "nonvoluntary_ctxt", "SigQ:" };
	FILE *status = fopen("/proc/self/status", "re");
	char line[4096];
	size_t i;

	if (status == NULL) {
		fprintf(f, "status: %s\n", strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), status) != NULL) {
		for (i = 0; i < sizeof(passed) / sizeof(*passed); i++)
			if (strncmp(line, passed[i], strlen(passed[i])) == 0)
				break;
		if (i == sizeof(passed) / sizeof(*passed))
			fprintf(f, "status %s", line);
	}
	fclose(status);
}

/* Files that are mapped: nothing is loaded while somebody logs in. */
static void
put_mappings(FILE *f)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4096], last[4096] = "";

	if (maps == NULL) {
		fprintf(f, "maps: %s\n", strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), maps) != NULL) {
		const char *name = strchr(line, '/');

		if (name == NULL || strcmp(name, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", name);
		fprintf(f, "mapped %s", name);
	}
	fclose(maps);
}

static void
put_children(FILE *f)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_ALL, 0, &info,
		WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL) !=
	    0)
		fprintf(f, "children: %s\n", strerror(errno));
	else
		fprintf(f, "children: ended or stopped %d\n", info.si_pid);
	fprintf(f, "forks: %d\n", host_forks);
}

static void
put_limits(FILE *f)
{
	struct itimerval timer;
	struct rlimit limit;
	cpu_set_t cpus;

	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
			fprintf(f, "limit %d: %ju %ju\n", i,
			    (uintmax_t)limit.rlim_cur,
			    (uintmax_t)limit.rlim_max);
	for (int i = ITIMER_REAL; i <= ITIMER_PROF; i++)
		if (getitimer((__itimer_which_t)i, &timer) == 0)
			fprintf(f, "timer %d: %s\n", i,
			    timer.it_value.tv_sec != 0 ||
				    timer.it_value.tv_usec != 0
				? "runs"
				: "off");
	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	fprintf(f, "schedule: %d %d %d cpus\n", sched_getscheduler(0),
	    getpriority(PRIO_PROCESS, 0), CPU_COUNT(&cpus));
}

static void
put_process(FILE *f)
{
	static const int gets[] = { PR_GET_DUMPABLE, PR_GET_KEEPCAPS,
		PR_GET_SECUREBITS, PR_GET_TIMERSLACK, PR_GET_NO_NEW_PRIVS };
	static const char *const links[] = { "cwd", "root" };
	char path[64], name[PATH_MAX];
	int value = 0;
	ssize_t n;

	for (size_t i = 0; i < sizeof(gets) / sizeof(*gets); i++)
		fprintf(
		    f, "prctl %d: %d\n", gets[i], prctl(gets[i], 0, 0, 0, 0));
	prctl(PR_GET_PDEATHSIG, &value);
	fprintf(f, "parent's death: %d\n", value);
	prctl(PR_GET_CHILD_SUBREAPER, &value);
	fprintf(f, "subreaper: %d\n", value);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", links[i]);
		n = readlink(path, name, sizeof(name) - 1);
		fprintf(f, "%s: %.*s\n", links[i], n < 0 ? 0 : (int)n, name);
	}
	fprintf(f, "session: %d %d\n", getsid(0), getpgrp());
	fprintf(f, "locale: %s %p\n", setlocale(LC_ALL, NULL),
	    (void *)uselocale((locale_t)0));
}

char *
host_state(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		return NULL;
	put_environment(f);
	put_signals(f);
	put_children(f);
	put_limits(f);
	put_process(f);
	put_status(f);
	put_descriptors(f);
	put_mappings(f);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Each line of a that is not in b. */
static int
lines_without(
    int out, const char *when, const char *sign, const char *a, const char *b)
{
	int n = 0;

	while (*a != '\0') {
		size_t len = strcspn(a, "\n") + 1;
		const char *there = b;

		while (*there != '\0' && strncmp(a, there, len) != 0)
			there += strcspn(there, "\n") + 1;
		if (*there == '\0') {
			dprintf(out, "changed\t%s\t%s%.*s\n", when, sign,
			    (int)len - 1, a);
			n++;
		}
		a += len;
	}
	return n;
}

int
host_state_compare(
    int out, const char *when, const char *before, const char *after)
{
	return lines_without(out, when, "-", before, after) +
	       lines_without(out, when, "+", after, before);
}
