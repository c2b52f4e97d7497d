/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "broker/device_limit.h"

#define V6_HALF 8 /* bytes: a /64 is one customer's, with 2^64 addresses */

/* What is counted, then the number of the place. */
static int
name_place(struct ba_device_place *p, const char *kind, const char *who,
    unsigned number)
{
	int n;

	n = snprintf(p->name, sizeof(p->name), "%s %s %u", kind, who, number);
	if (n < 0 || (size_t)n >= sizeof(p->name))
		return BA_ERR_LIMIT;
	p->n = (size_t)n;
	return BA_OK;
}

/*
 * As it is counted: an IPv6 network, for whoever has one address of it has
 * them all; an IPv4 client of a server that listens on both is the same as of
 * one that does not.  Anything else, a name, stays as the host gave it.
 */
static void
address_text(const char *rhost, char *text, size_t size)
{
	struct in6_addr a;
	char half[INET6_ADDRSTRLEN];

	snprintf(text, size, "%s", rhost);
	if (inet_pton(AF_INET6, rhost, &a) != 1)
		return;
	if (IN6_IS_ADDR_V4MAPPED(&a)) {
		if (inet_ntop(AF_INET, a.s6_addr + 12, half, sizeof(half)) !=
		    NULL)
			snprintf(text, size, "%s", half);
		return;
	}
	memset(a.s6_addr + V6_HALF, 0, sizeof(a.s6_addr) - V6_HALF);
	if (inet_ntop(AF_INET6, &a, half, sizeof(half)) != NULL)
		snprintf(text, size, "%s/64", half);
}

/* The first of max places that is free, in *p. */
static int
take(struct ba_store *store, const char *kind, const char *who, unsigned max,
    int64_t now, enum ba_reach reach, struct ba_device_place *p)
{
	unsigned i;
	int r;

	for (i = 0; i < max; i++) {
		r = name_place(p, kind, who, i);
		if (r == BA_OK)
			r = ba_store_add(store, BA_SPACE_DEVICE, p->name, p->n,
			    "", 0, now, now + BA_DEVICE_WINDOW, reach);
		if (r == BA_OK)
			return BA_OK;
		p->n = 0;
		if (r != BA_ERR_EXISTS)
			return r;
	}
	return BA_ERR_DEVICE_LIMIT;
}

static void
give_back(
    struct ba_store *store, struct ba_device_place *p, enum ba_reach reach)
{
	int r = BA_OK;

	if (p->n > 0)
		r = ba_store_delete(
		    store, BA_SPACE_DEVICE, p->name, p->n, reach);
	(void)r;
	p->n = 0;
}

void
ba_device_limit_give_back(
    struct ba_store *store, struct ba_device_places *taken, enum ba_reach reach)
{
	give_back(store, &taken->address, reach);
	give_back(store, &taken->user, reach);
}

/*
 * A user whose places are all taken does not use up those of the address, from
 * which others log in too; the address goes first, so that one that has used
 * up its own takes none of anybody's (V37).
 */
int
ba_device_limit_take(struct ba_store *store, const struct ba_device_config *c,
    const char *user, const char *rhost, int64_t now, enum ba_reach reach,
    struct ba_device_places *taken)
{
	char text[256];
	int r = BA_OK;

	taken->address.n = taken->user.n = 0;
	if (rhost != NULL) {
		address_text(rhost, text, sizeof(text));
		r = take(store, "address", text, c->limit_address, now, reach,
		    &taken->address);
	}
	if (r != BA_OK || user == NULL)
		return r;
	r = take(store, rhost != NULL ? "user" : "user here", user,
	    c->limit_user, now, reach, &taken->user);
	if (r != BA_OK)
		ba_device_limit_give_back(store, taken, reach);
	return r;
}
