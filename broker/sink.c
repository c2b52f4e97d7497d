/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/base/err.h"
#include "common/base/mem.h"

#include "broker/sink.h"

#define NAME "bearerauthd"

static void
write_line(const char *line)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	/* A pipe that is ready takes PIPE_BUF bytes, and a line is fewer. */
	if (poll(&p, 1, 0) != 1 || (p.revents & POLLOUT) == 0)
		return;
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return; /* there is nobody left to tell */
}

static void
stderr_line(void *arg, enum ba_log_level level, const char *text)
{
	char line[BA_LOG_LINE_MAX + 32];

	(void)arg;
	(void)level;
	snprintf(line, sizeof(line), NAME ": %s\n", text);
	write_line(line);
}

static void
journal_line(void *arg, enum ba_log_level level, const char *text)
{
	char line[BA_LOG_LINE_MAX + 32];

	(void)arg;
	snprintf(line, sizeof(line), "<%d>" NAME ": %s\n", (int)level, text);
	write_line(line);
}

static int
stderr_is_journal(void)
{
	char text[64];
	const char *stream;
	struct stat st;

	stream = getenv("JOURNAL_STREAM");
	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return 0;
	snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(text, stream) == 0;
}

void
ba_sink_stderr(struct ba_log *log)
{
	log->line = stderr_is_journal() ? journal_line : stderr_line;
	log->arg = NULL;
}

static int
syslog_connect(struct ba_syslog *s)
{
	if (s->to.sun_path[0] == '\0') /* that would be an abstract name */
		return BA_ERR_SYSTEM;
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return BA_ERR_SYSTEM;
	if (connect(s->fd, (const struct sockaddr *)&s->to, sizeof(s->to)) == 0)
		return BA_OK;
	ba_syslog_close(s);
	return BA_ERR_SYSTEM;
}

/* Is it another syslogd by now, or none? */
static bool
connection_ended(int e)
{
	return e == ECONNREFUSED || e == ENOTCONN || e == ECONNRESET ||
	       e == EPIPE || e == EDESTADDRREQ;
}

static int
syslog_send(struct ba_syslog *s, enum ba_log_level level, const char *text)
{
	char line[BA_LOG_LINE_MAX + 80], date[32];
	time_t now = time(NULL);
	struct tm tm;
	bool fresh = s->fd < 0;
	int n;

	/* Local time, as syslog(3).  No setlocale(3) here: English months. */
	if (localtime_r(&now, &tm) == NULL ||
	    strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm) == 0)
		return BA_ERR_SYSTEM;
	n = snprintf(line, sizeof(line), "<%d>%s " NAME "[%d]: %s",
	    LOG_AUTHPRIV | (int)level, date, (int)getpid(), text);
	if (n < 0 || (size_t)n >= sizeof(line))
		return BA_ERR_LIMIT;
	if (fresh && syslog_connect(s) != BA_OK)
		return BA_ERR_SYSTEM;
	if (send(s->fd, line, (size_t)n, MSG_NOSIGNAL) == n)
		return BA_OK;
	if (fresh || !connection_ended(errno))
		return BA_ERR_SYSTEM;
	ba_syslog_close(s);
	if (syslog_connect(s) != BA_OK ||
	    send(s->fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		return BA_ERR_SYSTEM;
	return BA_OK;
}

static void
syslog_line(void *arg, enum ba_log_level level, const char *text)
{
	struct ba_syslog *s = arg;
	char lost[80];

	if (s->lost > 0) {
		snprintf(lost, sizeof(lost),
		    "%lu lines are missing here: syslog did not take them",
		    s->lost);
		if (syslog_send(s, BA_LOG_WARNING, lost) != BA_OK) {
			s->lost++;
			return;
		}
		s->lost = 0;
	}
	if (syslog_send(s, level, text) != BA_OK)
		s->lost++;
}

void
ba_sink_syslog(struct ba_log *log, struct ba_syslog *s, const char *path)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->to.sun_family = AF_UNIX;
	/* Empty where it does not fit. */
	(void)!ba_copy_str(s->to.sun_path, sizeof(s->to.sun_path), path);
	log->line = syslog_line;
	log->arg = s;
}

void
ba_syslog_close(struct ba_syslog *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
