/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <arpa/inet.h>
#include <string.h>

#include "common/policy/network.h"

#define V4_BITS 96 /* of ::ffff:0:0/96, before the IPv4 address */

static const unsigned char v4_prefix[V4_BITS / 8] = { 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0xff, 0xff };

/* The n bytes at text, as 16 bytes; *bitsp: what a length counts from. */
static bool
parse_addr(const char *text, size_t n, unsigned char addr[16], unsigned *bitsp)
{
	char copy[INET6_ADDRSTRLEN];

	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	/* Without inet_aton(3)'s "10.1", "010.0.0.1" and "0xa000001". */
	*bitsp = 0;
	if (inet_pton(AF_INET6, copy, addr) == 1)
		return true;
	memcpy(addr, v4_prefix, sizeof(v4_prefix));
	*bitsp = V4_BITS;
	return inet_pton(AF_INET, copy, addr + sizeof(v4_prefix)) == 1;
}

/* "0" to "128" as people write them; nothing else. */
static bool
parse_length(const char *s, unsigned *np)
{
	size_t n = strspn(s, "0123456789"), i;

	if (n == 0 || n > 3 || s[n] != '\0' || (n > 1 && s[0] == '0'))
		return false;
	*np = 0;
	for (i = 0; i < n; i++)
		*np = *np * 10 + (unsigned)(s[i] - '0');
	return true;
}

/* Are the first bits of both equal? */
static bool
same_prefix(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

int
ba_network_parse(const char *text, struct ba_network *net)
{
	static const unsigned char zero[16];
	unsigned char masked[16];
	struct ba_network found;
	unsigned first, length;
	size_t n = strcspn(text, "/");

	memset(net, 0, sizeof(*net));
	if (!parse_addr(text, n, found.addr, &first))
		return BA_ERR_CONFIG;
	length = 128 - first;
	if (text[n] == '/' && !parse_length(text + n + 1, &length))
		return BA_ERR_CONFIG;
	if (length > 128 - first)
		return BA_ERR_CONFIG;
	found.bits = first + length;
	/* What stays of the address where the prefix is taken away. */
	memcpy(masked, found.addr, sizeof(masked));
	memset(masked, 0, found.bits / 8);
	if (found.bits % 8 != 0)
		masked[found.bits / 8] &=
		    (unsigned char)(0xff >> found.bits % 8);
	if (memcmp(masked, zero, sizeof(masked)) != 0)
		return BA_ERR_CONFIG;
	*net = found;
	return BA_OK;
}

bool
ba_network_has(const struct ba_network *net, const char *host)
{
	unsigned char addr[16];
	unsigned first;
	size_t n;

	if (host == NULL)
		return false;
	n = strcspn(host, "%");
	if (!parse_addr(host, n, addr, &first))
		return false;
	/* Only IPv6 has zones, and a zone has a name. */
	if (host[n] == '%' && (first != 0 || host[n + 1] == '\0'))
		return false;
	/*
	 * Whoever writes ::/0 means IPv6; that all of IPv4 lies in there is
	 * an accident of how it is kept.
	 */
	if (net->bits < V4_BITS &&
	    memcmp(addr, v4_prefix, sizeof(v4_prefix)) == 0)
		return false;
	return same_prefix(net->addr, addr, net->bits);
}
