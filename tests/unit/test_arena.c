/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/policy/arena.h"

static void
test_alloc(void **state)
{
	struct ba_arena *a = ba_arena_new();
	unsigned char *p;
	size_t i, n;

	(void)state;
	assert_non_null(a);
	for (n = 0; n < 100; n++) {
		p = ba_arena_alloc(a, n, 3);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (i = 0; i < 3 * n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, 3 * n);
	}
	assert_null(ba_arena_alloc(a, SIZE_MAX, 2));
	assert_null(ba_arena_alloc(a, SIZE_MAX, 1));
	assert_null(ba_arena_alloc(a, SIZE_MAX / 2 + 1, 2));
	/* Of nothing there is room for any number. */
	assert_non_null(ba_arena_alloc(a, SIZE_MAX, 0));
	ba_arena_free(a);
	ba_arena_free(NULL);
}

static void
test_str(void **state)
{
	struct ba_arena *a = ba_arena_new();

	(void)state;
	assert_non_null(a);
	assert_string_equal(ba_arena_str(a, "abcdef", 3), "abc");
	assert_string_equal(ba_arena_str(a, "", 0), "");
	assert_string_equal(ba_arena_str(a, NULL, 0), "");
	assert_null(ba_arena_str(a, "", SIZE_MAX));
	ba_arena_free(a);
}

static void
test_grow(void **state)
{
	struct ba_arena *a = ba_arena_new();
	unsigned *v = NULL;
	size_t i, n;

	(void)state;
	assert_non_null(a);
	for (n = 0; n < 1000; n++) {
		v = ba_arena_grow(a, v, n, sizeof(*v));
		assert_non_null(v);
		assert_int_equal(v[n], 0);
		v[n] = (unsigned)n + 1;
		for (i = 0; i <= n; i++)
			assert_int_equal(v[i], i + 1);
	}
	/* Twice as many would be none. */
	assert_null(ba_arena_grow(a, v, SIZE_MAX / 2 + 1, 1));
	ba_arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_str),
		cmocka_unit_test(test_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
