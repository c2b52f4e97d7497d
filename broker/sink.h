/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_SINK_H
#define BA_BROKER_SINK_H

#include <sys/un.h>

#include "common/base/log.h"

/*
 * Where this process's own log lines go.
 *
 * Standard error: "bearerauthd: …"; with the level before it in the form that
 * systemd's journal reads (sd-daemon(3)), if that is what stderr is
 * ($JOURNAL_STREAM, read now).  A line that would have to wait for a reader
 * is dropped: whoever stops reading our log must not stop every login.
 */
void ba_sink_stderr(struct ba_log *log);

/*
 * Lines in the form of RFC 3164, section 4.1 (without a host name, as is the
 * habit on this machine's own socket), facility authpriv, to a syslogd's
 * datagram socket.  Not by syslog(3), which waits for a syslogd that is
 * stopped, and we with it, in the middle of everybody's login.
 *
 * Connected at the first line and again whenever it must be, as whatever user
 * we are then: /dev/log is everybody's.  A line that cannot be sent at once
 * is lost and counted; the next that can be is preceded by the number.
 */
struct ba_syslog {
	int fd; /* -1: not connected */
	unsigned long lost;
	struct sockaddr_un to;
};

#define BA_DEV_LOG "/dev/log"

/* path is a constant; log uses s from now on. */
void ba_sink_syslog(struct ba_log *log, struct ba_syslog *s, const char *path);
/* Later lines would connect again. */
void ba_syslog_close(struct ba_syslog *s);

#endif
