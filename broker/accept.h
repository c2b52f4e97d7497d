/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_ACCEPT_H
#define BA_BROKER_ACCEPT_H

#include "common/base/err.h"

#include "broker/broker.h"
#include "broker/listen.h"

/*
 * The doors: listening sockets in the loop.  Whoever is over a quota is let
 * in and shown out at once: a closed connection tells a plug-in
 * "unavailable" within microseconds, where one left in the backlog would cost
 * its host the whole deadline; and to write a verdict to somebody who floods
 * us would be work for nothing.
 */

/* Watch all of s; takes the descriptors over.  Once in a broker's life. */
BA_MUST_CHECK int ba_doors_open(struct ba_broker *b, struct ba_sockets *s);

/* Let nobody in any more, and close them. */
void ba_doors_close(struct ba_broker *b);

#endif
