/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_CONN_H
#define BA_BROKER_CONN_H

#include <stdbool.h>

#include "common/base/err.h"

#include "broker/broker.h"
#include "broker/peer.h"

/*
 * One connection: a frame comes in whole within its time, is answered, and
 * the connection is closed.  It owns the descriptor, and frees itself.
 */
struct ba_conn;

#define BA_CONN_READ_MS  2000 /* for a whole frame */
#define BA_CONN_WRITE_MS 5000 /* for the peer to take ours */

/*
 * Begin.  fd is non-blocking and belongs to the connection now, also where
 * this fails; the caller has entered the peer in b->peers, and the end of the
 * connection lets it leave.  BA_ERR_NOMEM.
 *
 * What is there already is read, and often answered, before this returns.
 */
BA_MUST_CHECK int ba_conn_begin(
    struct ba_broker *b, int fd, const struct ba_peer *peer, bool control);

/* End it now, whatever it was doing. */
void ba_conn_end(struct ba_conn *c);

#endif
