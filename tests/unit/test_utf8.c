/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/utf8.h"

/* The shortest encoding of a number, valid or not (RFC 3629 section 3). */
static size_t
encode(unsigned char *dst, uint32_t cp)
{
	if (cp < 0x80) {
		dst[0] = (unsigned char)cp;
		return 1;
	}
	if (cp < 0x800) {
		dst[0] = (unsigned char)(0xc0 | cp >> 6);
		dst[1] = (unsigned char)(0x80 | (cp & 63));
		return 2;
	}
	if (cp < 0x10000) {
		dst[0] = (unsigned char)(0xe0 | cp >> 12);
		dst[1] = (unsigned char)(0x80 | (cp >> 6 & 63));
		dst[2] = (unsigned char)(0x80 | (cp & 63));
		return 3;
	}
	dst[0] = (unsigned char)(0xf0 | cp >> 18);
	dst[1] = (unsigned char)(0x80 | (cp >> 12 & 63));
	dst[2] = (unsigned char)(0x80 | (cp >> 6 & 63));
	dst[3] = (unsigned char)(0x80 | (cp & 63));
	return 4;
}

static void
every_character(void **state)
{
	unsigned char s[5];
	uint32_t cp, got;
	size_t n, cut, expect;

	(void)state;
	for (cp = 0; cp < 0x200000; cp++) {
		n = encode(s, cp);
		expect =
		    (cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff ? 0 : n;
		if (ba_utf8_next(s, n, &got) != expect ||
		    got != (expect != 0 ? cp : 0))
			fail_msg("U+%04X", cp);
		for (cut = 0; cut < n; cut++)
			assert_int_equal(ba_utf8_next(s, cut, &got), 0);
	}
}

static void
ill_formed_is_nothing(void **state)
{
	static const struct {
		const char *bad, *good;
	} rows[] = {
		{ "\xc0\x80", "\xc2\x80" }, /* overlong NUL */
		{ "\xc1\xbf", "\xc2\xbf" }, /* overlong U+7F */
		{ "\xe0\x9f\xbf", "\xe0\xa0\x80" }, /* overlong U+7FF */
		{ "\xf0\x8f\xbf\xbf", "\xf0\x90\x80\x80" },
		{ "\xed\xa0\x80", "\xed\x9f\xbf" }, /* surrogates */
		{ "\xed\xbf\xbf", "\xee\x80\x80" },
		{ "\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf" }, /* above */
		{ "\xf5\x80\x80\x80", "\xf3\x80\x80\x80" },
		{ "\x80", "a" }, /* no start */
		{ "\xbf\xbf", "\xdf\xbf" },
		{ "\xff", "a" },
		{ "\xc3(", "\xc3\xa4" }, /* no continuation */
		{ "\xe2\x82(", "\xe2\x82\xac" },
		{ "\xf0\x9f\x98(", "\xf0\x9f\x98\x80" },
	};
	uint32_t cp;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    ba_utf8_next(rows[i].bad, strlen(rows[i].bad), &cp), 0);
		assert_false(
		    ba_utf8_is_text(rows[i].bad, strlen(rows[i].bad), true));
		assert_int_equal(
		    ba_utf8_next(rows[i].good, strlen(rows[i].good), &cp),
		    strlen(rows[i].good));
	}
}

static void
text_has_no_control_characters(void **state)
{
	unsigned char s[8] = "ab";
	uint32_t cp;
	size_t n;
	int control;

	(void)state;
	for (cp = 0; cp < 0x200; cp++) {
		n = encode(s + 1, cp);
		s[1 + n] = 'z';
		control = cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
		assert_int_equal(ba_utf8_is_text(s, n + 2, false), !control);
		assert_int_equal(ba_utf8_is_text(s, n + 2, true),
		    !control || cp == '\n' || cp == '\t');
	}
	assert_true(ba_utf8_is_text(NULL, 0, false));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character),
		cmocka_unit_test(ill_formed_is_nothing),
		cmocka_unit_test(text_has_no_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
