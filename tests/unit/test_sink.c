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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/* A syslogd's socket, which is read only where a test does so. */
struct syslogd {
	char dir[40], path[64];
	int fd;
};

static void
syslogd_start(struct syslogd *d)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	strcpy(sun.sun_path, d->path);
	d->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(d->fd >= 0);
	assert_int_equal(
	    bind(d->fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
}

static void
syslogd_stop(struct syslogd *d)
{
	close(d->fd);
	d->fd = -1;
}

static int
setup_syslogd(void **state)
{
	static struct syslogd d;

	strcpy(d.dir, "/tmp/ba_sink_XXXXXX");
	if (mkdtemp(d.dir) == NULL)
		return -1;
	snprintf(d.path, sizeof(d.path), "%s/log", d.dir);
	d.fd = -1;
	*state = &d;
	return 0;
}

static int
teardown_syslogd(void **state)
{
	struct syslogd *d = *state;

	if (d->fd >= 0)
		close(d->fd);
	(void)unlink(d->path);
	return rmdir(d->dir);
}

/* The next line, from behind its date; "" where there is none. */
static const char *
heard(struct syslogd *d, const char *priority)
{
	static char got[2048];
	char head[64], *p;
	ssize_t n;

	n = recv(d->fd, got, sizeof(got) - 1, 0);
	got[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		return got;
	/* "<85>Nov  3 09:05:01 bearerauthd[7]: " */
	assert_true(strncmp(got, priority, strlen(priority)) == 0);
	p = got + strlen(priority) + 15;
	snprintf(head, sizeof(head), " bearerauthd[%d]: ", (int)getpid());
	assert_true(strncmp(p, head, strlen(head)) == 0);
	return p + strlen(head);
}

static void
syslog_lines(void **state)
{
	struct syslogd *d = *state;
	struct ba_syslog s;
	struct ba_log log;

	syslogd_start(d);
	ba_sink_syslog(&log, &s, d->path);
	ba_log(&log, BA_LOG_ERR, "a %d", 1);
	ba_log(&log, BA_LOG_INFO, "b");
	assert_string_equal(heard(d, "<83>"), "a 1");
	assert_string_equal(heard(d, "<86>"), "b");
	assert_int_equal(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	ba_syslog_close(&s);
	assert_int_equal(s.fd, -1);
}

/* Would hang for ever if one line were waited for. */
static void
AVAIL_a_syslogd_that_stopped_stops_nobody(void **state)
{
	struct syslogd *d = *state;
	struct ba_syslog s;
	struct ba_log log;
	unsigned long taken = 0;
	char text[80];
	int i;

	syslogd_start(d);
	ba_sink_syslog(&log, &s, d->path);
	for (i = 0; i < 10000; i++)
		ba_log(&log, BA_LOG_NOTICE, "line %d", i);
	assert_true(s.lost > 0 && s.lost < 10000);
	for (; heard(d, "<85>")[0] != '\0'; taken++)
		continue;
	assert_int_equal(taken + s.lost, 10000);
	snprintf(text, sizeof(text),
	    "%lu lines are missing here: syslog did not take them", s.lost);
	ba_log(&log, BA_LOG_NOTICE, "again");
	assert_string_equal(heard(d, "<84>"), text);
	assert_string_equal(heard(d, "<85>"), "again");
	ba_log(&log, BA_LOG_NOTICE, "and again");
	assert_string_equal(heard(d, "<85>"), "and again");
	ba_syslog_close(&s);
}

/* Another one at the old path, as after its restart. */
static void
a_syslogd_may_come_and_go(void **state)
{
	struct syslogd *d = *state;
	struct ba_syslog s;
	struct ba_log log;

	ba_sink_syslog(&log, &s, d->path);
	ba_log(&log, BA_LOG_ERR, "nobody there");
	assert_int_equal(s.lost, 1);
	syslogd_start(d);
	ba_log(&log, BA_LOG_ERR, "one");
	assert_string_equal(heard(d, "<84>"),
	    "1 lines are missing here: syslog did not take them");
	assert_string_equal(heard(d, "<83>"), "one");
	syslogd_stop(d);
	ba_log(&log, BA_LOG_ERR, "dead");
	assert_int_equal(s.lost, 1);
	assert_int_equal(unlink(d->path), 0);
	s.lost = 0;
	syslogd_start(d);
	ba_log(&log, BA_LOG_ERR, "two");
	assert_string_equal(heard(d, "<83>"), "two");
	/* Now the connection is one to a socket that has ended. */
	syslogd_stop(d);
	assert_int_equal(unlink(d->path), 0);
	syslogd_start(d);
	ba_log(&log, BA_LOG_ERR, "three");
	assert_string_equal(heard(d, "<83>"), "three");
	assert_int_equal(s.lost, 0);
	ba_syslog_close(&s);
}

#define L(f) cmocka_unit_test_setup_teardown(f, setup_syslogd, teardown_syslogd)
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(plain),
		T(journal),
		T(a_reader_that_stopped_stops_nobody),
		L(syslog_lines),
		L(AVAIL_a_syslogd_that_stopped_stops_nobody),
		L(a_syslogd_may_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
