/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/sink.h"

/* Standard error is a pipe meanwhile; the test's own comes back after it. */
struct fixture {
	int saved;
	int fd[2];
};

static int
setup(void **state)
{
	static struct fixture f;

	f.saved = dup(STDERR_FILENO);
	if (f.saved < 0 || pipe(f.fd) != 0 || dup2(f.fd[1], STDERR_FILENO) < 0)
		return -1;
	(void)fcntl(f.fd[0], F_SETFL, O_NONBLOCK);
	unsetenv("JOURNAL_STREAM");
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	dup2(f->saved, STDERR_FILENO);
	close(f->saved);
	close(f->fd[0]);
	close(f->fd[1]);
	return 0;
}

static void
expect(struct fixture *f, const char *text)
{
	char got[256];
	ssize_t n;

	n = read(f->fd[0], got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void
plain(void **state)
{
	struct ba_log log;

	setenv("JOURNAL_STREAM", "1:2", 1); /* something else */
	ba_sink_stderr(&log);
	ba_log(&log, BA_LOG_ERR, "a %d", 1);
	expect(*state, "bearerauthd: a 1\n");
}

static void
journal(void **state)
{
	struct ba_log log;
	struct stat st;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	ba_sink_stderr(&log);
	ba_log(&log, BA_LOG_WARNING, "b");
	expect(*state, "<4>bearerauthd: b\n");
}

/* Would hang for ever if a full pipe were waited for. */
static void
a_reader_that_stopped_stops_nobody(void **state)
{
	struct fixture *f = *state;
	struct ba_log log;
	char text[4096];
	size_t all = 0;
	ssize_t n;
	int i;

	ba_sink_stderr(&log);
	memset(text, 'x', 900);
	text[900] = '\0';
	for (i = 0; i < 1000; i++)
		ba_log(&log, BA_LOG_ERR, "%s", text);
	while ((n = read(f->fd[0], text, sizeof(text))) > 0)
		all += (size_t)n;
	assert_true(all > 914 && all < 1000 * 914);
	ba_log(&log, BA_LOG_ERR, "again");
	expect(f, "bearerauthd: again\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(plain),
		T(journal),
		T(a_reader_that_stopped_stops_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
