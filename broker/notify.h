/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_NOTIFY_H
#define BA_BROKER_NOTIFY_H

#include <sys/un.h>

#include "common/base/err.h"

/*
 * Telling the service manager how we are, by the protocol of sd_notify(3),
 * by hand: it is one datagram, and libsystemd would come into every spawned
 * broker for it.
 */
struct ba_notify {
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/*
 * Remember $NOTIFY_SOCKET, before the environment is cleared.  BA_OK also
 * where there is none; BA_ERR_LIMIT, and nobody will be told, where it fits
 * no socket address.
 */
BA_MUST_CHECK int ba_notify_init(struct ba_notify *n);

/* "READY=1", "STOPPING=1".  BA_OK also where nobody wants to know. */
BA_MUST_CHECK int ba_notify(const struct ba_notify *n, const char *state);

/* "RELOADING=1" with the time that goes with it; READY=1 ends it. */
BA_MUST_CHECK int ba_notify_reloading(const struct ba_notify *n);

#endif
