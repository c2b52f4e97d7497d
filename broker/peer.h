/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_PEER_H
#define BA_BROKER_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"

/*
 * Who is at the other end, as the kernel says (SO_PEERCRED, unix(7)): the
 * ids of whoever called connect(2) or socketpair(2), at that time.
 */
struct ba_peer {
	uid_t uid;
	pid_t pid;
	uid_t account; /* whose quota it counts for: uid, or … */
};

/*
 * … that of all users together who may ask for nothing.  With subordinate
 * ids (subuid(5)) anybody has 65536 uids: a quota for each of them would be
 * none, and neither would a limit of log lines for each.
 */
#define BA_PEER_STRANGER ((uid_t)-1)

/* BA_ERR_SYSTEM where fd is no connected unix socket. */
BA_MUST_CHECK int ba_peer_of(int fd, struct ba_peer *peerp);

/*
 * How many connections each user holds.  Two limits, neither of them for
 * uid 0 alone to feel:
 *
 * - max connections in all, of which the last quarter is for uid 0.  sshd,
 *   su, sudo and login ask as root, so that a crowd of others, whatever its
 *   size, cannot shut the administrator out; a quarter, since root's own
 *   questions are short and few (256 of 1024 at once is more than sshd's
 *   MaxStartups lets through), while mail servers hold the rest.
 * - per_uid for any user but uid 0, so that one cannot starve the others.
 */
struct ba_peers;

BA_MUST_CHECK int ba_peers_new(
    unsigned max, unsigned per_uid, struct ba_peers **peersp);
void ba_peers_free(struct ba_peers *p);

/* Other limits from now on; whoever is in stays in. */
void ba_peers_limit(struct ba_peers *p, unsigned max, unsigned per_uid);

/* One more, one less.  BA_ERR_BUSY, BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_peers_enter(struct ba_peers *p, uid_t uid);
void ba_peers_leave(struct ba_peers *p, uid_t uid);

unsigned ba_peers_count(const struct ba_peers *p);
unsigned ba_peers_count_uid(const struct ba_peers *p, uid_t uid);

/*
 * May a line about this user's bad behaviour be logged now (mono_ms)?  One
 * in BA_PEERS_QUIET_MS; then *missedp is how many were held back before it.
 */
#define BA_PEERS_QUIET_MS 10000
bool ba_peers_may_log(
    struct ba_peers *p, uid_t uid, int64_t mono_ms, unsigned *missedp);

#endif
