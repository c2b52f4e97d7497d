/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/order.h"

#define I "\"issuer\":\"https://a\""

static int
parse(const char *text, struct ba_order *o)
{
	const char *why = "unset";
	int r;

	r = ba_order_parse(text, o, &why);
	assert_int_equal(r == BA_OK, why == NULL);
	return r;
}

/* A refusal and its twin in one row each. */
static void
what_is_a_command(void **state)
{
	static const struct {
		const char *text;
		int r, what;
	} cases[] = {
		{ "status", BA_OK, BA_ORDER_STATUS },
		{ "reload", BA_OK, BA_ORDER_RELOAD },
		/* Objects alone, since a word cannot say more. */
		{ "keys", BA_ERR_CONFIG, 0 },
		{ "blocks", BA_ERR_CONFIG, 0 },
		{ "", BA_ERR_CONFIG, 0 },
		{ "stat", BA_ERR_CONFIG, 0 },
		{ "status ", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"status\"}", BA_OK, BA_ORDER_STATUS },
		{ "{\"command\":\"status\",\"from\":3}", BA_OK,
		    BA_ORDER_STATUS },
		{ "{\"command\":\"reload\"}", BA_OK, BA_ORDER_RELOAD },
		{ "{\"command\":\"reload\",\"from\":3}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"keys\"}", BA_OK, BA_ORDER_KEYS },
		{ "{\"command\":\"keys\"," I ",\"from\":0}", BA_OK,
		    BA_ORDER_KEYS },
		{ "{\"command\":\"keys\",\"sub\":\"x\"}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"refresh\"}", BA_OK, BA_ORDER_REFRESH },
		{ "{\"command\":\"refresh\"," I "}", BA_OK, BA_ORDER_REFRESH },
		{ "{\"command\":\"refresh\",\"from\":0}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"blocks\",\"from\":9}", BA_OK,
		    BA_ORDER_BLOCKS },
		{ "{\"command\":\"blocks\"," I "}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I ",\"sub\":\"x\"}", BA_OK,
		    BA_ORDER_BLOCK },
		{ "{\"command\":\"block\",\"sub\":\"x\"}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I "}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I ",\"client\":\"x\"}", BA_OK,
		    BA_ORDER_BLOCK },
		{ "{\"command\":\"block\"," I ",\"all\":true}", BA_OK,
		    BA_ORDER_BLOCK },
		{ "{\"command\":\"block\"," I ",\"all\":false}", BA_ERR_CONFIG,
		    0 },
		{ "{\"command\":\"block\"," I ",\"all\":1}", BA_ERR_CONFIG, 0 },
		/* Whom of them? */
		{ "{\"command\":\"block\"," I ",\"sub\":\"x\",\"all\":true}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I
		  ",\"client\":\"x\",\"sub\":\"x\"}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I ",\"sub\":\"\"}", BA_ERR_CONFIG,
		    0 },
		{ "{\"command\":\"block\"," I ",\"sub\":1}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\",\"issuer\":1,\"sub\":\"x\"}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I ",\"sub\":\"x\",\"until\":1}",
		    BA_OK, BA_ORDER_BLOCK },
		{ "{\"command\":\"block\"," I
		  ",\"sub\":\"x\",\"until\":253402300799}",
		    BA_OK, BA_ORDER_BLOCK },
		{ "{\"command\":\"block\"," I
		  ",\"sub\":\"x\",\"until\":253402300800}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I ",\"sub\":\"x\",\"until\":0}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"block\"," I ",\"sub\":\"x\",\"until\":1.5}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"unblock\"," I ",\"sub\":\"x\"}", BA_OK,
		    BA_ORDER_UNBLOCK },
		{ "{\"command\":\"unblock\"," I ",\"sub\":\"x\",\"until\":1}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"unblock\"," I "}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"blocks\",\"from\":-1}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"blocks\",\"from\":\"1\"}", BA_ERR_CONFIG, 0 },
		/* What we do not know may be what matters. */
		{ "{\"command\":\"blocks\",\"since\":1}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"stop\"}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":1}", BA_ERR_CONFIG, 0 },
		{ "{}", BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"blocks\",\"command\":\"blocks\"}",
		    BA_ERR_CONFIG, 0 },
		{ "{\"command\":\"blocks\"} x", BA_ERR_CONFIG, 0 },
	};
	struct ba_order o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = parse(cases[i].text, &o);

		if (r != cases[i].r || (int)o.what != cases[i].what)
			fail_msg("%s: %d", cases[i].text, r);
		ba_order_clear(&o);
	}
}

static void
what_it_says(void **state)
{
	struct ba_order o;

	(void)state;
	assert_int_equal(parse("{\"command\":\"block\"," I
			       ",\"client\":\"c\\n\",\"until\":7}",
			     &o),
	    BA_OK);
	assert_string_equal(o.issuer, "https://a");
	assert_string_equal(o.block.issuer, "https://a");
	assert_int_equal(o.block.kind, BA_BLOCK_CLIENT);
	assert_string_equal(o.block.name, "c\n");
	assert_int_equal(o.block.until, 7);
	ba_order_clear(&o);
	assert_int_equal(
	    parse("{\"command\":\"unblock\"," I ",\"all\":true}", &o), BA_OK);
	assert_int_equal(o.block.kind, BA_BLOCK_ALL);
	assert_null(o.block.name);
	assert_int_equal(o.block.until, 0);
	ba_order_clear(&o);
	assert_int_equal(
	    parse("{\"command\":\"keys\",\"from\":12}", &o), BA_OK);
	assert_null(o.issuer);
	assert_int_equal(o.from, 12);
	ba_order_clear(&o);
}

/* As long as the block list takes, and a byte more. */
static void
the_longest_name(void **state)
{
	static char text[BA_BLOCK_TEXT_MAX + 128];
	struct ba_order o;
	size_t n;

	(void)state;
	for (n = BA_BLOCK_TEXT_MAX; n <= BA_BLOCK_TEXT_MAX + 1; n++) {
		int at = snprintf(text, sizeof(text),
		    "{\"command\":\"block\"," I ",\"sub\":\"");

		memset(text + at, 'x', n);
		strcpy(text + at + n, "\"}");
		assert_int_equal(parse(text, &o),
		    n == BA_BLOCK_TEXT_MAX ? BA_OK : BA_ERR_CONFIG);
		ba_order_clear(&o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_command),
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(the_longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
