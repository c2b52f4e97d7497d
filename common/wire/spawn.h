/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_WIRE_SPAWN_H
#define BA_WIRE_SPAWN_H

#include "common/base/err.h"

/*
 * Start the broker for one conversation and give the near end of its socket
 * (close-on-exec, non-blocking).  It is nobody's child when this returns: no
 * SIGCHLD reaches the host, nothing is left to wait for, whatever the host
 * does with SIGCHLD.  It runs as root (the real uid too), in its own
 * session, with descriptors 0 to 2 on /dev/null, the socket as 3 and no
 * other, no supplementary groups, all signals at their default action and
 * blocked (it unblocks them itself), and an environment of two constant
 * variables.  The host's signal mask, errno, descriptors and "dumpable" (of
 * prctl(2)) are as before.
 *
 * argv is passed as it is; argv[0] is the program's absolute path.
 * BA_ERR_SYSTEM, BA_ERR_LIMIT where argv is too long, BA_ERR_NO_BROKER where
 * the program cannot be executed.
 *
 * Whether to spawn at all is the caller's decision (ask.c: effective uid 0
 * alone).  Without it the program keeps the caller's uids and groups; only
 * tests do that.  In a host that is process 1, or a subreaper (prctl(2)), the
 * broker becomes the host's child after all.
 */
BA_MUST_CHECK int ba_spawn(const char *const argv[], int *fdp);

#endif
