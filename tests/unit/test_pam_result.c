/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <security/pam_modules.h>

#include "common/base/err.h"
#include "pam/result.h"

#define NUMBER(name, number, family, text) (number),
static const int errors[] = { BA_ERR_LIST(NUMBER) };
#undef NUMBER
#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

/* The table of doc/DESIGN.md, one error of each family and the special ones. */
static const struct {
	int err, auth, account;
} table[] = {
	{ BA_OK, PAM_SUCCESS, PAM_SUCCESS },
	{ BA_ERR_REFUSED, PAM_AUTH_ERR, PAM_PERM_DENIED },
	{ BA_ERR_SIGNATURE, PAM_AUTH_ERR, PAM_PERM_DENIED },
	{ BA_ERR_TOKEN_SYNTAX, PAM_AUTH_ERR, PAM_PERM_DENIED },
	{ BA_ERR_UNKNOWN_USER, PAM_AUTH_ERR, PAM_PERM_DENIED },
	{ BA_ERR_NOT_ALLOWED, PAM_PERM_DENIED, PAM_PERM_DENIED },
	{ BA_ERR_USER_MISMATCH, PAM_PERM_DENIED, PAM_PERM_DENIED },
	{ BA_ERR_NO_TOKEN, PAM_PERM_DENIED, PAM_PERM_DENIED },
	{ BA_ERR_UNAVAIL, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL },
	{ BA_ERR_NO_BROKER, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL },
	{ BA_ERR_CONVERSATION, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL },
	{ BA_ERR_INTERNAL, PAM_SERVICE_ERR, PAM_SERVICE_ERR },
	{ BA_ERR_CONFIG, PAM_SERVICE_ERR, PAM_SERVICE_ERR },
	{ BA_ERR_NOMEM, PAM_BUF_ERR, PAM_BUF_ERR },
	{ BA_ERR_MALFORMED, PAM_SERVICE_ERR, PAM_SERVICE_ERR },
};

static void
the_table_holds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    ba_pam_result(BA_PAM_AUTH, table[i].err), table[i].auth);
		assert_int_equal(ba_pam_result(BA_PAM_ACCOUNT, table[i].err),
		    table[i].account);
		assert_int_equal(ba_pam_result(BA_PAM_SESSION, table[i].err),
		    table[i].auth == PAM_AUTH_ERR ||
			    table[i].auth == PAM_PERM_DENIED ||
			    table[i].auth == PAM_AUTHINFO_UNAVAIL
			? PAM_SESSION_ERR
			: table[i].auth);
	}
}

/* V23, PM-06: what a stack could take for "never mind" is not among them. */
static void
V23_no_error_is_success_or_ignore(void **state)
{
	static const enum ba_pam_entry entries[] = { BA_PAM_AUTH,
		BA_PAM_ACCOUNT, BA_PAM_SESSION };
	size_t i, e;
	int code;

	(void)state;
	for (i = 0; i < N_ERRORS; i++) {
		for (e = 0; e < 3; e++) {
			code = ba_pam_result(entries[e], errors[i]);
			assert_true(
			    (e == 2 && code == PAM_SESSION_ERR) ||
			    code == PAM_AUTH_ERR || code == PAM_PERM_DENIED ||
			    code == PAM_AUTHINFO_UNAVAIL ||
			    code == PAM_SERVICE_ERR || code == PAM_BUF_ERR);
		}
	}
}

static void
a_number_of_nobody_is_service_err(void **state)
{
	static const int strange[] = { 1, 7, 25, -9, -99, -1000, INT_MIN,
		INT_MAX };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		assert_int_equal(
		    ba_pam_result(BA_PAM_AUTH, strange[i]), PAM_SERVICE_ERR);
		assert_int_equal(
		    ba_pam_result(BA_PAM_ACCOUNT, strange[i]), PAM_SERVICE_ERR);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(V23_no_error_is_success_or_ignore),
		cmocka_unit_test(a_number_of_nobody_is_service_err),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
