/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_PRIVILEGE_H
#define BA_BROKER_PRIVILEGE_H

#include <sys/types.h>

#include "common/base/err.h"

/* The user that the broker ends as. */
struct ba_runas {
	uid_t	uid;
	gid_t	gid;
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
 * Descriptors from first_stray on are closed.
 */
BA_MUST_CHECK int ba_privilege_clean(int first_stray);

/*
 * As root, spawned: the limits and the priority that a setuid host hands
 * down are those of whoever called it ("ulimit -f 0", "nice"), and would let
 * them break us in the middle of a write to the store.  Back to plain ones,
 * as far as we may: in some containers root may raise none.
 */
void ba_privilege_limits(void);

/*
 * From root to r for good: no other groups, all three uids and gids, and
 * looked at afterwards.
 */
BA_MUST_CHECK int ba_privilege_drop(const struct ba_runas *r);

/*
 * For every mode, as whatever user we are now: umask 077, working directory
 * "/", no new privileges by execve(2), not to be traced or dumped.
 */
BA_MUST_CHECK int ba_privilege_seal(void);

/* Let there be so many descriptors; *maxp is how many there may be now. */
BA_MUST_CHECK int ba_privilege_files(unsigned want, unsigned *maxp);

/*
 * As root: have the directory path, of this mode and owner.  A missing one is
 * made (its parent must exist); one that is there is judged and never
 * changed.  BA_ERR_CONFIG with *whyp, a constant text, or BA_ERR_SYSTEM.
 */
BA_MUST_CHECK int ba_privilege_dir(const char *path, mode_t mode, uid_t uid,
    gid_t gid, const char **whyp);

#endif
