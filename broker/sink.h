/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_SINK_H
#define BA_BROKER_SINK_H

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
 * syslog(3), facility authpriv.  Opens the connection now.  It waits for a
 * syslogd that is stopped, as it does in every host that asks us.
 */
void ba_sink_syslog(struct ba_log *log);

#endif
