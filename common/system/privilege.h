/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SYSTEM_PRIVILEGE_H
#define BA_SYSTEM_PRIVILEGE_H

#include <signal.h>
#include <sys/types.h>

#include "common/base/err.h"

/*
 * What a program does to itself on its way from root to a user of its own:
 * the broker, and the command line where root runs it.
 */

/* The user to end as. */
struct ba_runas {
	uid_t uid;
	gid_t gid;
};

/*
 * By name.  BA_ERR_NOT_FOUND; BA_ERR_CONFIG for a user with uid 0 or gid 0,
 * which would be no dropping; BA_ERR_SYSTEM.
 */
BA_MUST_CHECK int ba_runas_find(const char *name, struct ba_runas *r);

/* What to do about it. */
const char *ba_runas_why(int err);

/*
 * Whatever the caller left behind, gone: signal dispositions and mask are
 * the default (but SIGPIPE is ignored), the environment is two constant
 * variables, descriptors 0 to 2 are open, and no core is ever written.
 * Descriptors from first_stray on are closed.  Signals of *blocked, which may
 * be NULL, are blocked all the while and on return.
 */
BA_MUST_CHECK int ba_privilege_clean(int first_stray, const sigset_t *blocked);

/*
 * As root, spawned: the limits that a setuid host hands down are those of
 * whoever called it ("ulimit -f 0"), and would let them break us in the
 * middle of a write to the store.  Back to plain ones, as far as we may: in
 * some containers root may raise none.
 */
void ba_privilege_limits(void);

/*
 * The same for how we are scheduled ("nice", "chrt", "taskset", "ionice",
 * oom_score_adj), which would let them keep us from ending, with the store's
 * lock in our hand.  The control group stays: it is not ours to leave.
 */
void ba_privilege_scheduling(void);

/*
 * As root, before another user: have no controlling terminal, if there is
 * one.  Whose it is may type into it (TIOCSTI of ioctl_tty(2)), and what is
 * typed there root's shell takes.  Descriptors 0 to 2 go on working, and so
 * does Ctrl-C, since we stay in the job: no setsid(2), for which we would
 * have to fork.  (A session's leader alone hears Ctrl-C no more.)
 */
void ba_privilege_leave_terminal(void);

/*
 * From root to r for good: no other groups, all three uids and gids, and
 * looked at afterwards.
 */
BA_MUST_CHECK int ba_privilege_drop(const struct ba_runas *r);

/*
 * For every mode, as whatever user we are now: umask 077, working directory
 * "/", no new privileges by execve(2), not to be traced or dumped, no core.
 */
BA_MUST_CHECK int ba_privilege_seal(void);

/* Let there be so many descriptors; *maxp is how many there may be now. */
BA_MUST_CHECK int ba_privilege_files(unsigned want, unsigned *maxp);

/*
 * As root: have the directory path, of this mode and owner.  A missing one is
 * made (its parent must exist); one that is there is judged and never
 * changed.  BA_ERR_CONFIG with *whyp, a constant text, or BA_ERR_SYSTEM.
 */
BA_MUST_CHECK int ba_privilege_dir(
    const char *path, mode_t mode, uid_t uid, gid_t gid, const char **whyp);

#endif
