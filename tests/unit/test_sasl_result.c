/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sasl/sasl.h>

#include "common/base/err.h"
#include "sasl/result.h"

#define NUMBER(name, number, family, text) (number),
static const int errors[] = { BA_ERR_LIST(NUMBER) };
#undef NUMBER
#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

/* The table of doc/DESIGN.md. */
static const struct {
	int err, without, with_authzid;
} table[] = {
	{ BA_OK, SASL_OK, SASL_OK },
	{ BA_ERR_REFUSED, SASL_BADAUTH, SASL_BADAUTH },
	{ BA_ERR_EXP, SASL_BADAUTH, SASL_BADAUTH },
	{ BA_ERR_NOT_ALLOWED, SASL_BADAUTH, SASL_NOAUTHZ },
	{ BA_ERR_SCOPE, SASL_BADAUTH, SASL_NOAUTHZ },
	{ BA_ERR_UNAVAIL, SASL_UNAVAIL, SASL_UNAVAIL },
	{ BA_ERR_SOCKET_TRUST, SASL_UNAVAIL, SASL_UNAVAIL },
	{ BA_ERR_INTERNAL, SASL_FAIL, SASL_FAIL },
	{ BA_ERR_CONFIG, SASL_FAIL, SASL_FAIL },
	{ BA_ERR_NOMEM, SASL_NOMEM, SASL_NOMEM },
	{ BA_ERR_MALFORMED, SASL_BADPROT, SASL_BADPROT },
};

static void
the_table_holds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    ba_sasl_result(table[i].err, false), table[i].without);
		assert_int_equal(
		    ba_sasl_result(table[i].err, true), table[i].with_authzid);
	}
}

/* SASL_OK is 0, and SASL_CONTINUE and SASL_INTERACT are positive. */
static void
V35_every_error_is_a_failure_of_the_framework(void **state)
{
	static const int strange[] = { 1, 2, -9, -1000, INT_MIN, INT_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < N_ERRORS; i++) {
		assert_true(ba_sasl_result(errors[i], false) < 0);
		assert_true(ba_sasl_result(errors[i], true) < 0);
	}
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		assert_int_equal(ba_sasl_result(strange[i], false), SASL_FAIL);
		assert_int_equal(ba_sasl_result(strange[i], true), SASL_FAIL);
	}
}

/* Who may not enter is not told whether the token was good. */
static void
the_text_tells_refused_and_not_allowed_not_apart(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ERRORS; i++) {
		enum ba_family family = ba_err_family(errors[i]);

		assert_non_null(ba_sasl_text(errors[i]));
		if (family == BA_FAMILY_REFUSED ||
		    family == BA_FAMILY_NOT_ALLOWED)
			assert_string_equal(ba_sasl_text(errors[i]),
			    ba_sasl_text(BA_ERR_REFUSED));
		else
			assert_string_not_equal(ba_sasl_text(errors[i]),
			    ba_sasl_text(BA_ERR_REFUSED));
	}
	assert_string_equal(ba_sasl_text(INT_MIN), ba_sasl_text(BA_ERR_CONFIG));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(V35_every_error_is_a_failure_of_the_framework),
		cmocka_unit_test(
		    the_text_tells_refused_and_not_allowed_not_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
