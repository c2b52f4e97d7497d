/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_AUDIT_H
#define BA_BROKER_AUDIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/log.h"

/*
 * One line for each verdict, of name=value words in a fixed order, with the
 * id that also stands in the host's line.  Texts may be NULL: their word is
 * left out.  A value that is more than plain characters is quoted, and can
 * hold neither a quote nor a control character, so that no remote host name
 * or subject can look like another word.  Never a token.
 */
struct ba_audit {
	/* "ask", "device", "account", "session-open", "session-close"; or
	   "device-code", which is no verdict yet */
	const char *kind;
	bool undecided; /* so that there is none to write down */
	const char *id;
	int err; /* BA_OK: accepted */
	const char *check; /* the one that failed */
	const char *service;
	const char *user; /* asked for, or found out */
	uid_t peer; /* who asked */
	const char *rhost;
	const char *tty;
	const char *issuer;
	const char *sub;
	const char *way; /* account: how else the user came */
	const char *person; /* whom the token names, where not user */
	const char *wants; /* whom the host may make of user, by its rules */
	unsigned missed; /* lines held back before this one */
};

void ba_audit(const struct ba_log *log, const struct ba_audit *a);

#endif
