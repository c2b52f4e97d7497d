/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

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

static void
syslog_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	syslog(LOG_AUTHPRIV | (int)level, "%s", text);
}

void
ba_sink_syslog(struct ba_log *log)
{
	openlog(NAME, LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
	log->line = syslog_line;
	log->arg = NULL;
}
