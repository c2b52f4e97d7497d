/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/message.h"
#include "common/wire/option.h"

#define SIXTY_FOUR                                                             \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
service_names(void **state)
{
	(void)state;
	assert_true(ba_option_service("sshd"));
	assert_true(ba_option_service("s"));
	assert_true(ba_option_service(SIXTY_FOUR));
	assert_false(ba_option_service(SIXTY_FOUR "x"));
	assert_false(ba_option_service(""));
	assert_false(ba_option_service("ss\nhd"));
	assert_false(ba_option_service("ss\xffhd"));
}

static void
paths_are_absolute_and_bounded(void **state)
{
	char path[BA_SOCKET_PATH_MAX + 1];

	(void)state;
	assert_true(ba_option_path("/run/ask", BA_SOCKET_PATH_MAX));
	assert_false(ba_option_path("run/ask", BA_SOCKET_PATH_MAX));
	assert_false(ba_option_path("", BA_SOCKET_PATH_MAX));
	assert_false(ba_option_path("/run/\x1b", BA_SOCKET_PATH_MAX));
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_true(ba_option_path(path, BA_SOCKET_PATH_MAX));
	assert_false(ba_option_path(path, BA_SOCKET_PATH_MAX - 1));
}

static void
deadlines_are_1_to_60_seconds(void **state)
{
	static const char *const bad[] = { "", "0", "01", "61", "99", "100",
		"1 ", " 1", "-1", "+1", "1s", "0x1", "1e1", "1.5" };
	unsigned ms = 7;

	(void)state;
	assert_true(ba_option_deadline("1", &ms));
	assert_int_equal(ms, 1000);
	assert_true(ba_option_deadline("60", &ms));
	assert_int_equal(ms, 60000);
	ms = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ba_option_deadline(bad[i], &ms));
	assert_int_equal(ms, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service_names),
		cmocka_unit_test(paths_are_absolute_and_bounded),
		cmocka_unit_test(deadlines_are_1_to_60_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
