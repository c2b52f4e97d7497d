/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/b64url.h"

/* RFC 4648 section 10 and RFC 7515 appendix C. */
static const struct {
	const char *bytes;
	size_t n;
	const char *text;
} good[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg" },
	{ "fo", 2, "Zm8" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg" },
	{ "fooba", 5, "Zm9vYmE" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\x03\xec\xff\xe0\xc1", 5, "A-z_4ME" },
	{ "\0\0\0", 3, "AAAA" },
	{ "\xff\xff\xff", 3, "____" },
};

static void
jws01_known_texts_both_ways(void **state)
{
	unsigned char out[8];
	char text[16];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    ba_b64url_decode(good[i].text, strlen(good[i].text), out,
			sizeof(out), &n),
		    BA_OK);
		assert_int_equal(n, good[i].n);
		assert_memory_equal(out, good[i].bytes, n);
		assert_int_equal(
		    BA_B64URL_ENCODED(good[i].n), strlen(good[i].text));
		assert_true(BA_B64URL_DECODED(strlen(good[i].text)) >= n);
		ba_b64url_encode(text, good[i].bytes, good[i].n);
		assert_string_equal(text, good[i].text);
	}
}

/* Each bad text with the good one that it misses by one defect. */
static void
jws01_not_canonical_is_refused(void **state)
{
	static const struct {
		const char *bad, *good;
	} rows[] = {
		{ "Z", "Zg" }, /* 1 modulo 4 */
		{ "Zm9vY", "Zm9vYg" },
		{ "Zg==", "Zg" }, /* padding */
		{ "Zm8=", "Zm8" },
		{ "Zh", "Zg" }, /* unused bits */
		{ "Zn", "Zg" },
		{ "Zv", "Zg" },
		{ "Zm9", "Zm8" },
		{ "Zm-", "Zm8" },
		{ "Zm9vYmF", "Zm9vYmE" },
		{ "Zm9v\n", "Zm9v" }, /* white space */
		{ "Zm 9", "Zm8" },
		{ " Zm9", "AZm9" },
		{ "Zm+v", "Zm-v" }, /* the other alphabet */
		{ "Zm/v", "Zm_v" },
		{ "Zm.v", "Zm9v" },
		{ "Zm\xc3\xa4", "Zm9v" },
	};
	unsigned char out[8];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = 99;
		assert_int_equal(ba_b64url_decode(rows[i].bad,
				     strlen(rows[i].bad), out, sizeof(out), &n),
		    BA_ERR_B64);
		assert_int_equal(n, 0);
		assert_int_equal(
		    ba_b64url_decode(rows[i].good, strlen(rows[i].good), out,
			sizeof(out), &n),
		    BA_OK);
	}
}

static void
every_byte_at_every_place(void **state)
{
	const char *alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char out[8];
	char s[8];
	size_t n;
	int c, at, expect;

	(void)state;
	for (at = 0; at < 8; at++)
		for (c = 0; c < 256; c++) {
			memcpy(s, "AAAAAAAA", 8);
			s[at] = (char)c;
			expect = c != 0 && strchr(alphabet, c) != NULL
				     ? BA_OK
				     : BA_ERR_B64;
			assert_int_equal(
			    ba_b64url_decode(s, 8, out, sizeof(out), &n),
			    expect);
		}
}

/* Of all texts of 2 (or 3) characters as many are right as there are bytes. */
static void
one_spelling_only(void **state)
{
	unsigned char out[8];
	char s[3];
	unsigned a, b, c, two = 0, three = 0;
	size_t n;

	(void)state;
	for (a = 0; a < 128; a++)
		for (b = 0; b < 128; b++) {
			s[0] = (char)a;
			s[1] = (char)b;
			two += ba_b64url_decode(s, 2, out, 8, &n) == BA_OK;
			for (c = 0; c < 128; c++) {
				s[2] = (char)c;
				three +=
				    ba_b64url_decode(s, 3, out, 8, &n) == BA_OK;
			}
		}
	assert_int_equal(two, 256);
	assert_int_equal(three, 65536);
}

static void
destination_too_small(void **state)
{
	unsigned char out[8];
	size_t i, n, len;

	(void)state;
	for (i = 1; i < sizeof(good) / sizeof(good[0]); i++) {
		len = strlen(good[i].text);
		memset(out, 0xee, sizeof(out));
		n = 99;
		assert_int_equal(
		    ba_b64url_decode(good[i].text, len, out, good[i].n - 1, &n),
		    BA_ERR_LIMIT);
		assert_int_equal(n, 0);
		assert_int_equal(
		    ba_b64url_decode(good[i].text, len, out, good[i].n, &n),
		    BA_OK);
		assert_int_equal(n, good[i].n);
		assert_int_equal(out[good[i].n], 0xee);
	}
}

static void
all_lengths_come_back(void **state)
{
	unsigned char in[100], out[100];
	char text[BA_B64URL_ENCODED(100) + 1];
	size_t i, n, len;

	(void)state;
	for (i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 37 + 11);
	for (len = 0; len <= sizeof(in); len++) {
		memset(text, 'x', sizeof(text));
		ba_b64url_encode(text, in, len);
		assert_int_equal(strlen(text), BA_B64URL_ENCODED(len));
		assert_int_equal(
		    ba_b64url_decode(text, strlen(text), out, sizeof(out), &n),
		    BA_OK);
		assert_int_equal(n, len);
		assert_memory_equal(out, in, len);
	}
}

/* What was decoded before the defect may be secret, and is of no use. */
static void
nothing_is_left_of_a_bad_text(void **state)
{
	unsigned char out[8];
	size_t n;

	(void)state;
	assert_int_equal(
	    ba_b64url_decode("Zm9vYm!y", 8, out, sizeof(out), &n), BA_ERR_B64);
	assert_memory_equal(out, "\0\0\0", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jws01_known_texts_both_ways),
		cmocka_unit_test(jws01_not_canonical_is_refused),
		cmocka_unit_test(every_byte_at_every_place),
		cmocka_unit_test(one_spelling_only),
		cmocka_unit_test(destination_too_small),
		cmocka_unit_test(all_lengths_come_back),
		cmocka_unit_test(nothing_is_left_of_a_bad_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
