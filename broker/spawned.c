/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/paths.h"
#include "common/jose/init.h"
#include "common/json/init.h"
#include "common/system/privilege.h"

#include "broker/broker.h"
#include "broker/conn.h"
#include "broker/sink.h"
#include "broker/spawned.h"

#define SOCKET_FD 3

/* Another broker of the machine may be writing; nobody else waits for us. */
#define STORE_BUSY_MS 1000

/*
 * Seconds after which the kernel ends us, whatever we are doing: the sum of
 * all that one question may take (2 s to come, 60 to be decided, 100 for the
 * user's answer, 5 to be taken) and a little more.  By SIGALRM, so that it
 * also holds for a loop that does not turn.
 */
#define LIFE_S 180

/* Our socket: from the host that spawned us, which was root. */
static int
take_socket(struct ba_peer *peer)
{
	int domain = 0, type = 0, flags;
	socklen_t n = sizeof(int);

	if (getsockopt(SOCKET_FD, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0 ||
	    getsockopt(SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &n) != 0 ||
	    domain != AF_UNIX || type != SOCK_STREAM ||
	    ba_peer_of(SOCKET_FD, peer) != BA_OK || peer->uid != 0)
		return BA_ERR_PEER;
	flags = fcntl(SOCKET_FD, F_GETFL);
	if (flags < 0 || fcntl(SOCKET_FD, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(SOCKET_FD, F_SETFD, FD_CLOEXEC) != 0)
		return BA_ERR_SYSTEM;
	return BA_OK;
}

static int
become_user(const struct ba_options *o, const struct ba_log *log)
{
	struct ba_runas runas;
	const char *why;
	int r;

	r = ba_runas_find(o->user, &runas);
	if (r != BA_OK) {
		ba_log(log, BA_LOG_ERR, "%s: %s", o->user, ba_runas_why(r));
		return r;
	}
	/* Without it only memory remembers, and this memory ends soon. */
	r = ba_privilege_dir(BA_STORE_DIR, 0700, runas.uid, runas.gid, &why);
	if (r != BA_OK)
		ba_log(log, BA_LOG_ERR, "%s: %s", BA_STORE_DIR, why);
	/* The host's side did so before execve; this is for any other. */
	(void)setsid();
	ba_privilege_limits();
	ba_privilege_scheduling();
	r = ba_privilege_drop(&runas);
	if (r == BA_OK)
		r = ba_privilege_seal();
	if (r != BA_OK)
		ba_log(log, BA_LOG_ERR, "user %s could not be become: %s",
		    o->user, ba_err_text(r));
	return r;
}

static int
answer(struct ba_broker *b, const struct ba_peer *peer)
{
	int r;

	b->last_question = true;
	r = ba_peers_enter(b->peers, peer->uid);
	if (r != BA_OK)
		return r;
	r = ba_conn_begin(b, SOCKET_FD, peer, false);
	/* What was there already may have been answered in there. */
	if (r != BA_OK || LIST_EMPTY(&b->conns))
		return r;
	return ba_loop_run(b->loop);
}

void
ba_spawned_lengthen(unsigned s)
{
	(void)alarm(LIFE_S + s);
}

int
ba_spawned_run(const struct ba_options *o)
{
	struct ba_syslog syslog;
	struct ba_log log;
	struct ba_broker_options bo = {
		.clock = &ba_clock_system,
		.log = &log,
		.config = o->config,
		.trusted_uid = 0,
		.store = o->store,
		.store_busy_ms = STORE_BUSY_MS,
		.spawned = true,
		.fetch_helper = o->fetch_helper,
	};
	struct ba_broker *b = NULL;
	struct ba_peer peer;
	int r;

	if (ba_privilege_clean(SOCKET_FD + 1, NULL) != BA_OK)
		return 1;
	(void)alarm(LIFE_S);
	ba_sink_syslog(&log, &syslog, BA_DEV_LOG);
	ba_json_init();
	ba_jose_init();
	r = take_socket(&peer);
	if (r != BA_OK) {
		ba_log(&log, BA_LOG_ERR,
		    "--spawned is for plug-ins: descriptor 3 is no socket of "
		    "root's");
		return 1;
	}
	r = become_user(o, &log);
	if (r == BA_OK)
		r = ba_broker_new(&bo, &b);
	if (r == BA_OK)
		r = answer(b, &peer);
	ba_broker_free(b);
	ba_syslog_close(&syslog);
	return r == BA_OK ? 0 : 1;
}
