/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The source itself, so that who we are can be pretended. */
static pid_t pretended_pid, pretended_parent;
static int interruptions, opened;

static pid_t
spy_getpid(void)
{
	return pretended_pid != 0 ? pretended_pid : getpid();
}

static pid_t
spy_getppid(void)
{
	return pretended_parent != 0 ? pretended_parent : getppid();
}

static ssize_t
spy_read(int fd, void *p, size_t n)
{
	assert_true(fd > 2);
	opened++;
	if (interruptions-- > 0) {
		errno = EINTR;
		return -1;
	}
	return read(fd, p, n);
}

#define getpid  spy_getpid
#define getppid spy_getppid
#define read    spy_read
#include "pam/process.c"
#undef getpid
#undef getppid
#undef read

/* Fields 5 to 21, then the 22nd and what follows. */
#define MIDDLE "5 6 7 -8 9 10 11 12 13 14 15 16 17 18 19 20 0 "
#define REST   " 23 24\n"

static void
the_text_of_proc(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t pid, parent, start;
	} table[] = {
		{ "41 (sshd) S 7 " MIDDLE "12345" REST, true, 41, 7, 12345 },
		/* The name is its user's choice. */
		{ "41 (a) R 1 2 3) S 7 " MIDDLE "12345" REST, true, 41, 7,
		    12345 },
		{ "41 (()) S 7 " MIDDLE "12345" REST, true, 41, 7, 12345 },
		{ "41 () S 7 " MIDDLE "12345" REST, true, 41, 7, 12345 },
		{ "41 (a\nb) S 0 " MIDDLE "0" REST, true, 41, 0, 0 },
		{ "41 (x) S 7 " MIDDLE "18446744073709551609" REST, true, 41, 7,
		    UINT64_C(18446744073709551609) },
		/* One thing wrong with each. */
		{ "41 (x) S 7 " MIDDLE "99999999999999999999" REST, false, 0, 0,
		    0 },
		{ "41 (x) S 7 " MIDDLE "12345", false, 0, 0, 0 },
		{ "41 (x) S 7 " MIDDLE "-1" REST, false, 0, 0, 0 },
		{ "41 (x) S 7 " MIDDLE, false, 0, 0, 0 },
		{ "41 (x) S 7 5 6 7 ", false, 0, 0, 0 },
		{ "41 (x) S -7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ "41 (x) S  7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ "41 (x S 7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ "41 (x)S 7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ "41 x) S 7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ " 41 (x) S 7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ "0 (x) S 7 " MIDDLE "12345" REST, false, 0, 0, 0 },
		{ "41", false, 0, 0, 0 },
		{ "41 ", false, 0, 0, 0 },
		{ "41 (x)", false, 0, 0, 0 },
		{ "", false, 0, 0, 0 },
	};
	struct ba_pam_stat st;
	size_t i, n;
	char *copy;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		n = strlen(table[i].text);
		copy = malloc(n + 1);
		assert_non_null(copy);
		memcpy(copy, table[i].text, n);
		memset(&st, 'x', sizeof(st));
		if (ba_pam_stat_parse(copy, n, &st) != table[i].ok)
			fail_msg("row %zu", i);
		assert_int_equal(st.process.pid, table[i].pid);
		assert_int_equal(st.parent, table[i].parent);
		assert_int_equal(st.process.start, table[i].start);
		free(copy);
	}
}

static void
we_and_our_parent(void **state)
{
	struct ba_process self, parent, seen;
	int pipe_fds[2], status;
	pid_t pid;

	(void)state;
	interruptions = 2;
	ba_pam_process_self(&self);
	assert_int_equal(self.pid, getpid());
	assert_true(self.start > 0);
	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* A name that looks like more fields. */
		(void)prctl(PR_SET_NAME, "x) S 1 2 3 (y");
		ba_pam_process_parent(&parent);
		_exit(write(pipe_fds[1], &parent, sizeof(parent)) ==
			      sizeof(parent)
			  ? 0
			  : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(pipe_fds[0], &seen, sizeof(seen)), sizeof(seen));
	assert_memory_equal(&seen, &self, sizeof(self));
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
}

/* A /proc of another name space, and a parent that was another's. */
static void
what_is_not_certain_is_none(void **state)
{
	struct ba_process process;

	(void)state;
	memset(&process, 'x', sizeof(process));
	pretended_pid = getpid() + 1;
	ba_pam_process_self(&process);
	assert_int_equal(process.pid, 0);
	assert_int_equal(process.start, 0);
	memset(&process, 'x', sizeof(process));
	ba_pam_process_parent(&process);
	assert_int_equal(process.pid, 0);
	pretended_pid = 0;
	pretended_parent = getppid() + 1;
	memset(&process, 'x', sizeof(process));
	ba_pam_process_parent(&process);
	assert_int_equal(process.pid, 0);
	pretended_parent = 0;
	ba_pam_process_parent(&process);
	if (getppid() > 1)
		assert_int_equal(process.pid, getppid());
}

/* Init has no sessions: an orphan's parent is not one that will open any. */
static void
an_orphan_has_none(void **state)
{
	int pipe_fds[2], status;
	struct ba_process seen;
	pid_t pid, first;
	ssize_t got;

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		first = getpid();
		if (fork() != 0)
			_exit(0);
		while (getppid() == first)
			(void)usleep(1000);
		/* Under a subreaper it is that one's child. */
		if (getppid() != 1)
			_exit(0);
		ba_pam_process_parent(&seen);
		status =
		    write(pipe_fds[1], &seen, sizeof(seen)) != sizeof(seen);
		_exit(status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(pipe_fds[1]);
	got = read(pipe_fds[0], &seen, sizeof(seen));
	(void)close(pipe_fds[0]);
	if (got == 0)
		skip(); /* no orphan of init's can be made here */
	assert_int_equal(got, sizeof(seen));
	assert_int_equal(seen.pid, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_of_proc),
		cmocka_unit_test(we_and_our_parent),
		cmocka_unit_test(what_is_not_certain_is_none),
		cmocka_unit_test(an_orphan_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
