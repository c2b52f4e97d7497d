/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/policy/network.h"

static struct ba_network
net_of(const char *text)
{
	struct ba_network net;

	if (ba_network_parse(text, &net) != BA_OK)
		fail_msg("'%s' was refused", text);
	return net;
}

static void
test_bits(void **state)
{
	static const struct {
		const char *text;
		unsigned bits;
	} cases[] = {
		{ "0.0.0.0/0", 96 },
		{ "10.0.0.0/8", 104 },
		{ "192.0.2.128/25", 121 },
		{ "192.0.2.1/32", 128 },
		{ "192.0.2.1", 128 },
		{ "::/0", 0 },
		{ "8000::/1", 1 },
		{ "2001:db8::/32", 32 },
		{ "2001:db8::/33", 33 },
		{ "2001:db8::1/128", 128 },
		{ "2001:db8::1", 128 },
		{ "::ffff:192.0.2.0/120", 120 },
	};
	struct ba_network net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net = net_of(cases[i].text);
		if (net.bits != cases[i].bits)
			fail_msg("%s has %u bits", cases[i].text, net.bits);
	}
	net = net_of("192.0.2.1");
	assert_memory_equal(
	    net.addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01", 16);
}

/* Each beside what it is with its one defect mended. */
static void
test_no_network(void **state)
{
	static const struct {
		const char *bad, *good;
	} cases[] = {
		{ "", "1.2.3.4" },
		{ "/8", "10.0.0.0/8" },
		{ "10.0.0.0/", "10.0.0.0/8" },
		{ "0.0.0.0/", "0.0.0.0/0" },
		{ "0.0.0.0/4294967296", "0.0.0.0/0" },
		{ "10.0.0.0/33", "10.0.0.0/32" },
		{ "10.0.0.0/128", "::10.0.0.0/128" },
		{ "2001:db8::/129", "2001:db8::/128" },
		{ "2001:db8::/1000", "2001:db8::/100" },
		{ "10.0.0.0/08", "10.0.0.0/8" },
		{ "0.0.0.0/00", "0.0.0.0/0" },
		{ "10.0.0.0/-1", "10.0.0.0/8" },
		{ "10.0.0.0/+8", "10.0.0.0/8" },
		{ "10.0.0.0/8 ", "10.0.0.0/8" },
		{ "10.0.0.0/8/8", "10.0.0.0/8" },
		{ "10.0.0.0/255.0.0.0", "10.0.0.0/8" },
		{ "10.0.0.0/a", "10.0.0.0/10" },
		/* a bit behind the prefix */
		{ "10.0.0.1/8", "10.0.0.0/8" },
		{ "10.128.0.0/8", "10.128.0.0/9" },
		{ "10.0.0.1/31", "10.0.0.1/32" },
		{ "10.0.0.3/31", "10.0.0.2/31" },
		{ "0.0.0.1/0", "0.0.0.0/0" },
		{ "128.0.0.0/0", "128.0.0.0/1" },
		{ "::1/127", "::1/128" },
		{ "2001:db8::/28", "2001:db8::/29" },
		{ "8000::/0", "8000::/1" },
		{ "::ffff:10.0.0.0/95", "::ffff:10.0.0.0/104" },
		/* what other parsers take for an address */
		{ "10", "0.0.0.10" },
		{ "10.1", "10.0.0.1" },
		{ "010.0.0.1", "10.0.0.1" },
		{ "0xa.0.0.1", "10.0.0.1" },
		{ "10.0.0.256", "10.0.0.255" },
		{ "10.0.0.1.", "10.0.0.1" },
		{ " 10.0.0.1", "10.0.0.1" },
		{ "localhost", "127.0.0.1" },
		{ "[::1]", "::1" },
		{ "::1::", "::1" },
		{ "fe80::1%eth0", "fe80::1" },
		{ "fe80::%eth0/64", "fe80::/64" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999",
		    "1111:2222:3333:4444:5555:6666:7777:8888" },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
		    "0000:0000:0000:0000:0000:ffff:255.255.255.255" },
		{ "0000:0000:0000:0000:0000:ffff:255.255.255.0255",
		    "0000:0000:0000:0000:0000:ffff:255.255.255.255" },
	};
	struct ba_network net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&net, 0xff, sizeof(net));
		if (ba_network_parse(cases[i].bad, &net) != BA_ERR_CONFIG)
			fail_msg("'%s' was taken", cases[i].bad);
		assert_int_equal(net.bits, 0);
		(void)net_of(cases[i].good);
	}
}

static void
test_source_networks(void **state)
{
	static const struct {
		const char *net, *in, *out;
	} cases[] = {
		{ "10.0.0.0/8", "10.0.0.0", "9.255.255.255" },
		{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
		{ "192.0.2.128/25", "192.0.2.128", "192.0.2.127" },
		{ "192.0.2.128/25", "192.0.2.255", "192.0.3.128" },
		{ "192.0.2.0/31", "192.0.2.1", "192.0.2.2" },
		{ "192.0.2.1", "192.0.2.1", "192.0.2.0" },
		{ "0.0.0.0/0", "255.255.255.255", "::1" },
		{ "0.0.0.0/0", "0.0.0.0", "::" },
		{ "0.0.0.0/1", "127.255.255.255", "128.0.0.0" },
		/* IPv4, however the server listens */
		{ "10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3" },
		{ "10.0.0.0/8", "::ffff:a01:203", "::fffe:a01:203" },
		{ "::ffff:10.0.0.0/104", "10.1.2.3", "11.1.2.3" },
		/* … and never by a block of IPv6 */
		{ "::/0", "::1", "10.1.2.3" },
		{ "::/0", "::fffe:a01:203", "::ffff:10.1.2.3" },
		{ "::/80", "::fffe:a01:203", "10.1.2.3" },
		{ "::/0", "::1:ffff:a01:203", "0.0.0.0" },
		{ "::ffff:0:0/96", "10.1.2.3", "::1" },
		{ "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" },
		{ "2001:db8::/32", "2001:db8::", "2001:db7:ffff::1" },
		{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::" },
		{ "2001:db8::1", "2001:DB8::1", "2001:db8::2" },
		{ "fe80::/10", "fe80::1%eth0", "fec0::1%eth0" },
		{ "fe80::/10", "fe80::1%2", "fe80::1%" },
		{ "fe80::/10", "febf::1", "%eth0" },
		/* what is no address is nowhere */
		{ "0.0.0.0/0", "1.2.3.4", "" },
		{ "0.0.0.0/0", "1.2.3.4", "localhost" },
		{ "0.0.0.0/0", "1.2.3.4", "1.2.3.4.example.org" },
		{ "0.0.0.0/0", "1.2.3.4", "1.2.3.4%eth0" },
		{ "0.0.0.0/0", "1.2.3.4", "1.2.3.4/32" },
		{ "0.0.0.0/0", "1.2.3.4", " 1.2.3.4" },
		{ "0.0.0.0/0", "1.2.3.4", "1.2.3.4 " },
		{ "0.0.0.0/0", "1.2.3.4", "1.2.3" },
		{ "0.0.0.0/0", "1.2.3.4", "01.2.3.4" },
		{ "0.0.0.0/0", "1.2.3.4", "16909060" },
		{ "::/0", "::1", "[::1]" },
		{ "::/0", "::1", "::1 " },
	};
	struct ba_network net;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		net = net_of(cases[i].net);
		if (!ba_network_has(&net, cases[i].in))
			fail_msg("%s is not in %s", cases[i].in, cases[i].net);
		if (ba_network_has(&net, cases[i].out))
			fail_msg("%s is in %s", cases[i].out, cases[i].net);
		assert_false(ba_network_has(&net, NULL));
	}
}

/* Every length, by an address that differs in one bit. */
static void
test_every_bit(void **state)
{
	char host[64];
	unsigned char addr[16];
	struct ba_network net;
	unsigned bits, bit, i;
	int n;

	(void)state;
	for (bits = 0; bits <= 128; bits++)
		for (bit = 0; bit < 128; bit++) {
			/* no IPv4: its first byte is not 0 */
			memset(&net, 0, sizeof(net));
			net.bits = bits;
			memset(addr, 0, sizeof(addr));
			addr[bit / 8] = (unsigned char)(0x80 >> bit % 8);
			for (i = 0, n = 0; i < 16; i += 2)
				n +=
				    snprintf(host + n, sizeof(host) - (size_t)n,
					"%s%x", i > 0 ? ":" : "",
					(unsigned)(addr[i] << 8 | addr[i + 1]));
			assert_true(
			    ba_network_has(&net, host) == (bit >= bits));
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_no_network),
		cmocka_unit_test(test_source_networks),
		cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
