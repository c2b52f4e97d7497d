/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/accept.h"
#include "broker/conn.h"

/* Let in at once, before those who are in have their turn. */
#define ACCEPTS_MAX 64

/* Out of descriptors or memory: how long the door stays shut (ms).  Who
   waits outside is not lost. */
#define PAUSE_MS 100

struct ba_door {
	struct ba_broker *b;
	int fd;
	bool control;
	struct ba_watch watch;
	struct ba_timer pause;
};

/* The control socket's mode keeps others out; this does too. */
static bool
welcome(const struct ba_door *d, const struct ba_peer *peer)
{
	return !d->control || peer->uid == 0 ||
	       peer->uid == d->b->o.trusted_uid;
}

static void
let_in(struct ba_door *d, int fd)
{
	struct ba_broker *b = d->b;
	struct ba_peer peer;
	unsigned missed;

	if (ba_peer_of(fd, &peer) != BA_OK || !welcome(d, &peer)) {
		close(fd);
		return;
	}
	if (peer.uid != 0 && !ba_config_peer(b->engine->config, peer.uid))
		peer.account = BA_PEER_STRANGER;
	if (ba_peers_enter(b->peers, peer.account) != BA_OK) {
		b->turned_away++;
		if (ba_peers_may_log(
			b->peers, peer.account, ba_loop_now(b->loop), &missed))
			ba_log(b->o.log, BA_LOG_WARNING,
			    "connection of uid %u turned away: too many at "
			    "once (%u others unlogged)",
			    (unsigned)peer.uid, missed);
		close(fd);
		return;
	}
	if (ba_conn_begin(b, fd, &peer, d->control) != BA_OK)
		ba_log(b->o.log, BA_LOG_ERR,
		    "connection of uid %u turned away: out of memory",
		    (unsigned)peer.uid);
}

static void
door_again(void *arg)
{
	struct ba_door *d = arg;

	if (ba_watch_set(d->b->loop, &d->watch, d->fd, EPOLLIN) != BA_OK)
		ba_timer_set(d->b->loop, &d->pause, PAUSE_MS);
}

static void
door_ready(void *arg, uint32_t events)
{
	struct ba_door *d = arg;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS_MAX; i++) {
		fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			let_in(d, fd);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		ba_log(d->b->o.log, BA_LOG_ERR,
		    "no connection can be let in for a moment: %s",
		    errno == EMFILE || errno == ENFILE ? "out of descriptors"
						       : "accept failed");
		ba_watch_clear(d->b->loop, &d->watch);
		ba_timer_set(d->b->loop, &d->pause, PAUSE_MS);
		return;
	}
}

int
ba_doors_open(struct ba_broker *b, struct ba_sockets *s)
{
	struct ba_door *d;
	size_t i;
	int r;

	b->doors = calloc(s->n > 0 ? s->n : 1, sizeof(*b->doors));
	if (b->doors == NULL)
		return BA_ERR_NOMEM;
	b->n_doors = s->n;
	for (i = 0; i < s->n; i++) {
		d = &b->doors[i];
		d->b = b;
		d->fd = s->v[i].fd;
		d->control = s->v[i].control;
		d->watch.ready = door_ready;
		d->pause.due = door_again;
		d->watch.arg = d->pause.arg = d;
	}
	s->n = 0;
	for (i = 0; i < b->n_doors; i++) {
		d = &b->doors[i];
		r = ba_watch_set(b->loop, &d->watch, d->fd, EPOLLIN);
		if (r != BA_OK)
			return r;
	}
	return BA_OK;
}

void
ba_doors_close(struct ba_broker *b)
{
	struct ba_door *d;
	size_t i;

	for (i = 0; i < b->n_doors; i++) {
		d = &b->doors[i];
		ba_watch_clear(b->loop, &d->watch);
		ba_timer_clear(b->loop, &d->pause);
		close(d->fd);
	}
	free(b->doors);
	b->doors = NULL;
	b->n_doors = 0;
}
