/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/mem.h"

static void
wipe_takes_all_and_nothing_else(void **state)
{
	char s[] = "abcdefgh";

	(void)state;
	ba_wipe(s + 2, 3);
	assert_memory_equal(s, "ab\0\0\0fgh", 9);
	ba_wipe(s, 0);
	assert_int_equal(s[0], 'a');
	ba_wipe(NULL, 0);
	ba_wipe(NULL, 5);
	ba_wipe_free(NULL, 5);
	ba_wipe_free_str(NULL);
	ba_wipe_free(malloc(8), 8);
	ba_wipe_free_str(strdup("secret"));
}

static void
equal_ct_sees_every_bit(void **state)
{
	unsigned char a[33], b[33];
	size_t i;
	int bit;

	(void)state;
	for (i = 0; i < sizeof(a); i++)
		a[i] = b[i] = (unsigned char)(i * 7);
	assert_true(ba_equal_ct(a, b, sizeof(a)));
	for (i = 0; i < sizeof(a); i++)
		for (bit = 0; bit < 8; bit++) {
			b[i] ^= (unsigned char)(1 << bit);
			assert_false(ba_equal_ct(a, b, sizeof(a)));
			/* Outside of n it does not count. */
			assert_true(ba_equal_ct(a, b, i));
			b[i] ^= (unsigned char)(1 << bit);
		}
	assert_true(ba_equal_ct(a, b, 0));
}

static void
random_bytes_differ(void **state)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 }, zero[32] = { 0 };

	(void)state;
	assert_int_equal(ba_random(a, sizeof(a)), BA_OK);
	assert_int_equal(ba_random(b, sizeof(b)), BA_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, zero, sizeof(a));
	assert_int_equal(ba_random(a, 0), BA_OK);
}

/* getrandom(2) may hand out less than is asked above 256 bytes. */
static void
random_fills_to_the_end(void **state)
{
	static unsigned char big[70000];
	size_t i, zeros = 0;

	(void)state;
	assert_int_equal(ba_random(big, sizeof(big)), BA_OK);
	for (i = sizeof(big) - 1000; i < sizeof(big); i++)
		zeros += big[i] == 0;
	assert_true(zeros < 100);
}

static void
hex_is_lower_case(void **state)
{
	static const unsigned char bytes[] = { 0, 1, 0x7f, 0x80, 0xab, 0xff };
	char s[13];

	(void)state;
	memset(s, 'x', sizeof(s));
	ba_hex(s, bytes, sizeof(bytes));
	assert_string_equal(s, "00017f80abff");
	ba_hex(s, bytes, 0);
	assert_string_equal(s, "");
}

static void
copy_str_never_cuts(void **state)
{
	static const struct {
		size_t size;
		const char *src;
		int r;
		const char *dst;
	} rows[] = {
		{ 4, "abc", BA_OK, "abc" },
		{ 3, "abc", BA_ERR_LIMIT, "" },
		{ 1, "", BA_OK, "" },
		{ 1, "a", BA_ERR_LIMIT, "" },
	};
	char dst[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(dst, 'x', sizeof(dst));
		assert_int_equal(
		    ba_copy_str(dst, rows[i].size, rows[i].src), rows[i].r);
		assert_string_equal(dst, rows[i].dst);
		assert_int_equal(dst[rows[i].size], 'x');
	}
	dst[0] = 'x';
	assert_int_equal(ba_copy_str(dst, 0, ""), BA_ERR_LIMIT);
	assert_int_equal(dst[0], 'x');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wipe_takes_all_and_nothing_else),
		cmocka_unit_test(equal_ct_sees_every_bit),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(random_fills_to_the_end),
		cmocka_unit_test(hex_is_lower_case),
		cmocka_unit_test(copy_str_never_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
