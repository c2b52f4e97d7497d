/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_PROCESS_H
#define BA_PAM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/wire/ask.h"

/*
 * By which processes the broker finds a session's login again (ask.h): sshd
 * asks for keyboard-interactive in a child, and opens the session in the parent
 * of that.
 *
 * Zeroed where there is none: no /proc, one of another name space of
 * processes, a parent that has ended (or is init, which has no sessions), or
 * one that we may not look at (hidepid of proc(5)).
 */
void ba_pam_process_self(struct ba_process *process);
void ba_pam_process_parent(struct ba_process *process);

/* What /proc/PID/stat says (proc(5)). */
struct ba_pam_stat {
	struct ba_process process;
	uint64_t parent; /* 0: none that can be seen */
};

/*
 * The text of such a file.  The command's name, in parentheses, is of its
 * user's choice and may hold blanks, digits and parentheses; it ends with the
 * last one.  False, and *st zeroed, for anything else.
 */
bool ba_pam_stat_parse(const char *p, size_t n, struct ba_pam_stat *st);

#endif
