/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_NETWORK_H
#define BA_POLICY_NETWORK_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * A block of addresses: "192.0.2.0/24", "2001:db8::/32", or one address.
 * IPv4 is kept as ::ffff:0:0/96, so that an IPv4 client is the same whether
 * its server listens on IPv4 or on both (RFC 4291 section 2.5.5.2).
 */
struct ba_network {
	unsigned char addr[16];
	unsigned bits; /* 0 … 128 */
};

/*
 * BA_ERR_CONFIG where text is none: no address, a length out of range, a bit
 * set behind the prefix (10.0.0.1/8 is somebody's mistake), a zone.
 */
BA_MUST_CHECK int ba_network_parse(const char *text, struct ba_network *net);

/*
 * Is the client in it?  host is a literal address; a name is in no network
 * (nothing is ever resolved), and neither is NULL.  A zone ("fe80::1%eth0",
 * RFC 4007 section 11) is passed over.  An IPv4 client is in blocks of IPv4
 * alone: not in ::/0, nor in anything else that is wider than all of IPv4.
 */
bool ba_network_has(const struct ba_network *net, const char *host);

#endif
