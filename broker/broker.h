/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_BROKER_H
#define BA_BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/policy/block.h"
#include "common/store/store.h"

#include "broker/engine.h"
#include "broker/errand.h"
#include "broker/fetcher.h"
#include "broker/inquiry.h"
#include "broker/listen.h"
#include "broker/loop.h"
#include "broker/notify.h"
#include "broker/peer.h"
#include "broker/refresh.h"

/*
 * What one broker consists of, as a service and spawned alike: one loop, one
 * thread, one of these.  Its members are for the files of this room.
 */
struct ba_conn;
struct ba_door; /* accept.h */

struct ba_broker_options {
	const struct ba_clock *clock;
	const struct ba_log *log;
	const char *config; /* borrowed */
	uid_t trusted_uid; /* who may own it, beside root */
	const char *store; /* borrowed; the block list is beside it; NULL:
			      memory alone, and nobody is blocked */
	unsigned store_busy_ms;
	/*
	 * Spawned for one question: what others may want to know goes into the
	 * store, and nothing is done in the background.  A service remembers in
	 * its own memory what comes to it again.
	 */
	bool spawned;
	const char *fetch_helper;
	const char *credentials; /* directory of client secrets, or NULL */
	struct ba_notify notify;
};

struct ba_broker {
	struct ba_broker_options o;
	struct ba_loop *loop;
	struct ba_store *store;
	struct ba_store *guests; /* logins by peers that are not root;
					   memory alone */
	struct ba_store *answers; /* of issuers about tokens, memory alone;
					   NULL in a spawned one */
	struct ba_errands *errands;
	struct ba_fetcher *fetcher;
	struct ba_inquiries *inquiries;
	struct ba_refresh *refresh; /* NULL in a spawned one */
	struct ba_block_file *blocks; /* or NULL */
	struct ba_peers *peers;
	struct ba_engine *engine; /* of the configuration in force */
	unsigned max_connections; /* configured, or what fits */
	struct ba_door *doors;
	size_t n_doors;
	LIST_HEAD(, ba_conn) conns;
	bool stopping;
	bool last_question; /* spawned: stop after one */
	struct ba_timer stop_timer;
	int64_t started; /* mono ms */
	int64_t loaded; /* wall, of the configuration */
	unsigned attended; /* questions that wait for a person */
	unsigned device_calls; /* requests of device flows under way */
	uint64_t verdicts[BA_FAMILY_MALFORMED + 1];
	uint64_t sessions; /* opened */
	uint64_t turned_away; /* over a quota */
	uint64_t noise; /* broke the protocol */
};

/*
 * Everything but sockets.  Each problem of the configuration is logged.
 * BA_ERR_CONFIG and others.
 */
BA_MUST_CHECK int ba_broker_new(
    const struct ba_broker_options *o, struct ba_broker **brokerp);
void ba_broker_free(struct ba_broker *b);

/*
 * Read the configuration again.  With any problem the old one stays in
 * force; each is logged, and first (may be NULL; a text of size) is the
 * first of them.  Whoever has nobody to tell need not look at the result.
 */
int ba_broker_reload(struct ba_broker *b, char *first, size_t size);

/*
 * Accept no more, and end when the questions under way are answered, after
 * BA_BROKER_DRAIN_MS in any case.  Called again: end now.
 */
#define BA_BROKER_DRAIN_MS 2000
void ba_broker_stop(struct ba_broker *b);

/* Tell the service manager, by ba_notify(); a failure is logged. */
void ba_broker_tell(const struct ba_broker *b, const char *state);

/* How far what this broker remembers goes. */
enum ba_reach ba_broker_reach(const struct ba_broker *b);

/*
 * Where records of this peer's logins are.  Those that a peer other than root
 * has made are apart: however many it makes, it pushes out its own kind only
 * (V49).
 */
struct ba_store *ba_broker_logins(
    const struct ba_broker *b, const struct ba_peer *peer);

/*
 * Does what came of a peer's question get a line of audit?  Anybody may connect
 * and ask for what they may not: one line for each such user in a while, so
 * that they cannot fill the disk.  *missedp: how many have had none since.
 */
bool ba_broker_may_audit(const struct ba_broker *b, const struct ba_peer *peer,
    int err, unsigned *missedp);

/* For conn.c: a connection has ended. */
void ba_broker_conn_ended(struct ba_broker *b);

#endif
