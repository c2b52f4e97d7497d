/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/err.h"

static const struct row {
	int err, number;
	enum ba_family family;
	const char *name, *text;
} rows[] = {
#define ROW(name, number, family, text)                                        \
	{ BA_ERR_##name, number, BA_FAMILY_##family, #name, text },
	BA_ERR_LIST(ROW)
#undef ROW
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
every_error_keeps_its_family(void **state)
{
	const struct row *e;

	(void)state;
	for (e = rows; e < rows + ROWS; e++) {
		assert_int_equal(e->err, e->number);
		assert_true(e->err < 0);
		assert_int_equal(ba_err_family(e->err), e->family);
		assert_int_not_equal(ba_err_family(e->err), BA_FAMILY_OK);
		assert_string_equal(ba_err_name(e->err), e->name);
		assert_string_equal(ba_err_text(e->err), e->text);
	}
	assert_int_equal(ba_err_family(BA_OK), BA_FAMILY_OK);
}

/* A family is a range of numbers, so that a log line tells it at a glance. */
static void
families_are_ranges(void **state)
{
	/* Where a range is full, the family goes on in another one. */
	static const struct {
		enum ba_family family;
		int to, from;
	} ranges[] = {
		{ BA_FAMILY_FAULT, -1, -19 },
		{ BA_FAMILY_UNAVAILABLE, -20, -39 },
		{ BA_FAMILY_REFUSED, -40, -69 },
		{ BA_FAMILY_NOT_ALLOWED, -70, -89 },
		{ BA_FAMILY_MALFORMED, -90, -99 },
		{ BA_FAMILY_NOT_ALLOWED, -100, -119 },
	};
	const struct row *e;
	size_t i;

	(void)state;
	for (e = rows; e < rows + ROWS; e++) {
		for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
			if (e->err <= ranges[i].to && e->err >= ranges[i].from)
				break;
		assert_true(i < sizeof(ranges) / sizeof(ranges[0]));
		assert_int_equal(e->family, ranges[i].family);
	}
}

static void
numbers_and_texts_are_used_once(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < ROWS; i++)
		for (j = i + 1; j < ROWS; j++) {
			assert_int_not_equal(rows[i].err, rows[j].err);
			assert_string_not_equal(rows[i].text, rows[j].text);
		}
}

/* Whoever makes up a number is never taken for success, nor for a refusal. */
static void
unknown_numbers_are_our_fault(void **state)
{
	static const int strange[] = { 1, 42, -1000, -19, INT32_MAX,
		INT32_MIN };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		assert_int_equal(ba_err_family(strange[i]), BA_FAMILY_FAULT);
		assert_string_equal(ba_err_name(strange[i]), "UNKNOWN");
		assert_true(ba_err_text(strange[i])[0] != '\0');
	}
}

static void
family_to_error_and_back(void **state)
{
	static const int general[] = {
		[BA_FAMILY_OK] = BA_OK,
		[BA_FAMILY_REFUSED] = BA_ERR_REFUSED,
		[BA_FAMILY_NOT_ALLOWED] = BA_ERR_NOT_ALLOWED,
		[BA_FAMILY_UNAVAILABLE] = BA_ERR_UNAVAIL,
		[BA_FAMILY_FAULT] = BA_ERR_INTERNAL,
		[BA_FAMILY_MALFORMED] = BA_ERR_MALFORMED,
	};
	int f;

	(void)state;
	for (f = BA_FAMILY_OK; f <= BA_FAMILY_MALFORMED; f++) {
		assert_int_equal(ba_err_of_family(f), general[f]);
		assert_int_equal(ba_err_family(general[f]), f);
	}
	assert_int_equal(ba_err_of_family(6), BA_ERR_INTERNAL);
	assert_int_equal(ba_err_of_family(-1), BA_ERR_INTERNAL);
	assert_int_equal(ba_err_of_family(255), BA_ERR_INTERNAL);
}

static void
families_have_texts(void **state)
{
	(void)state;
	assert_string_equal(ba_family_text(BA_FAMILY_OK), "accepted");
	assert_string_equal(ba_family_text(BA_FAMILY_REFUSED), "refused");
	assert_string_equal(
	    ba_family_text(BA_FAMILY_NOT_ALLOWED), "not allowed");
	assert_string_equal(
	    ba_family_text(BA_FAMILY_UNAVAILABLE), "unavailable");
	assert_string_equal(ba_family_text(BA_FAMILY_FAULT), "our fault");
	assert_string_equal(ba_family_text(BA_FAMILY_MALFORMED), "malformed");
	assert_string_equal(ba_family_text((enum ba_family)99), "our fault");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_keeps_its_family),
		cmocka_unit_test(families_are_ranges),
		cmocka_unit_test(numbers_and_texts_are_used_once),
		cmocka_unit_test(unknown_numbers_are_our_fault),
		cmocka_unit_test(family_to_error_and_back),
		cmocka_unit_test(families_have_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
