/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "broker/peer.h"

struct entry {
	struct entry *next;
	uid_t uid;
	unsigned count;
	int64_t quiet_until;
	unsigned missed;
};

/*
 * A list: only users that hold a connection, or misbehaved a moment ago,
 * are in it, and those are few.
 */
struct ba_peers {
	struct entry *first;
	unsigned max;
	unsigned per_uid;
	unsigned all;
	unsigned others; /* all without uid 0 */
};

int
ba_peer_of(int fd, struct ba_peer *peerp)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	peerp->uid = (uid_t)-1;
	peerp->pid = 0;
	peerp->account = BA_PEER_STRANGER;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0 ||
	    n != sizeof(cred))
		return BA_ERR_SYSTEM;
	/* What the kernel says of a socket that has no peer. */
	if (cred.uid == (uid_t)-1)
		return BA_ERR_SYSTEM;
	peerp->uid = cred.uid;
	peerp->pid = cred.pid;
	peerp->account = cred.uid;
	return BA_OK;
}

int
ba_peers_new(unsigned max, unsigned per_uid, struct ba_peers **peersp)
{
	*peersp = calloc(1, sizeof(**peersp));
	if (*peersp == NULL)
		return BA_ERR_NOMEM;
	ba_peers_limit(*peersp, max, per_uid);
	return BA_OK;
}

void
ba_peers_free(struct ba_peers *p)
{
	struct entry *e;

	if (p == NULL)
		return;
	while ((e = p->first) != NULL) {
		p->first = e->next;
		free(e);
	}
	free(p);
}

void
ba_peers_limit(struct ba_peers *p, unsigned max, unsigned per_uid)
{
	p->max = max;
	p->per_uid = per_uid;
}

static struct entry *
find(const struct ba_peers *p, uid_t uid)
{
	struct entry *e;

	for (e = p->first; e != NULL; e = e->next) {
		if (e->uid == uid)
			return e;
	}
	return NULL;
}

static struct entry *
find_or_add(struct ba_peers *p, uid_t uid)
{
	struct entry *e;

	e = find(p, uid);
	if (e != NULL)
		return e;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->uid = uid;
	e->quiet_until = INT64_MIN;
	e->next = p->first;
	p->first = e;
	return e;
}

/* Drop who holds nothing and has been quiet; INT64_MIN is before all time. */
static void
prune(struct ba_peers *p, int64_t mono_ms)
{
	struct entry **ep, *e;

	for (ep = &p->first; (e = *ep) != NULL;) {
		if (e->count == 0 && e->quiet_until <= mono_ms) {
			*ep = e->next;
			free(e);
		} else {
			ep = &e->next;
		}
	}
}

static bool
full(const struct ba_peers *p, uid_t uid)
{
	unsigned kept;

	if (p->all >= p->max)
		return true;
	if (uid == 0)
		return false;
	kept = p->max / 4 > 0 ? p->max / 4 : 1;
	return p->others >= p->max - kept ||
	       ba_peers_count_uid(p, uid) >= p->per_uid;
}

int
ba_peers_enter(struct ba_peers *p, uid_t uid)
{
	struct entry *e;

	if (full(p, uid))
		return BA_ERR_BUSY;
	e = find_or_add(p, uid);
	if (e == NULL)
		return BA_ERR_NOMEM;
	e->count++;
	p->all++;
	if (uid != 0)
		p->others++;
	return BA_OK;
}

void
ba_peers_leave(struct ba_peers *p, uid_t uid)
{
	struct entry *e;

	e = find(p, uid);
	if (e == NULL || e->count == 0)
		return;
	e->count--;
	p->all--;
	if (uid != 0)
		p->others--;
	prune(p, INT64_MIN);
}

unsigned
ba_peers_count(const struct ba_peers *p)
{
	return p->all;
}

unsigned
ba_peers_count_uid(const struct ba_peers *p, uid_t uid)
{
	const struct entry *e;

	e = find(p, uid);
	return e != NULL ? e->count : 0;
}

bool
ba_peers_may_log(
    struct ba_peers *p, uid_t uid, int64_t mono_ms, unsigned *missedp)
{
	struct entry *e;

	*missedp = 0;
	e = find_or_add(p, uid);
	if (e == NULL)
		return true;
	if (e->quiet_until > mono_ms) {
		e->missed++;
		return false;
	}
	*missedp = e->missed;
	e->missed = 0;
	e->quiet_until = mono_ms + BA_PEERS_QUIET_MS;
	prune(p, mono_ms);
	return true;
}
