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

/*
 * The source itself is taken in, so that each block it gives back can be
 * looked at before it is gone.
 */
static unsigned freed, fail_at, allocated;
static size_t freed_bytes;

static void *
spy_malloc(size_t n)
{
	unsigned char *p;

	if (++allocated == fail_at)
		return NULL;
	p = malloc(n);
	assert_non_null(p);
	memset(p, 0xa5, n);
	return p;
}

static void
spy_wipe_free(void *p, size_t n)
{
	if (p != NULL) {
		freed++;
		freed_bytes += n;
	}
	ba_wipe_free(p, n);
}

#define malloc       spy_malloc
#define ba_wipe_free spy_wipe_free
#include "common/base/buf.c"
#undef malloc
#undef ba_wipe_free

static int
reset(void **state)
{
	(void)state;
	freed = fail_at = allocated = 0;
	freed_bytes = 0;
	return 0;
}

static void
holds_up_to_its_limit_and_no_more(void **state)
{
	static const struct {
		size_t max, n;
		int r;
	} rows[] = {
		{ 0, 0, BA_OK },
		{ 0, 1, BA_ERR_LIMIT },
		{ 1, 1, BA_OK },
		{ 1, 2, BA_ERR_LIMIT },
		{ 63, 63, BA_OK },
		{ 63, 64, BA_ERR_LIMIT },
		{ 64, 64, BA_OK },
		{ 200, 200, BA_OK },
		{ 200, 201, BA_ERR_LIMIT },
	};
	unsigned char bytes[256];
	struct ba_buf b;
	size_t i;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ba_buf_init(&b, rows[i].max);
		assert_int_equal(
		    ba_buf_append(&b, bytes, rows[i].n), rows[i].r);
		assert_int_equal(b.len, rows[i].r == BA_OK ? rows[i].n : 0);
		assert_true(b.cap <= b.max + 1);
		ba_buf_wipe(&b);
	}
}

/* All or nothing: what was there stays as it was. */
static void
v27_too_much_leaves_it_as_it_was(void **state)
{
	volatile size_t absurd = SIZE_MAX; /* else the compiler warns */
	struct ba_buf b;
	unsigned char *p;

	(void)state;
	ba_buf_init(&b, 5);
	assert_int_equal(ba_buf_append_str(&b, "abc"), BA_OK);
	assert_int_equal(ba_buf_append_str(&b, "def"), BA_ERR_LIMIT);
	assert_string_equal(ba_buf_str(&b), "abc");
	assert_int_equal(ba_buf_reserve(&b, 3, &p), BA_ERR_LIMIT);
	assert_null(p);
	assert_int_equal(ba_buf_append(&b, "x", absurd), BA_ERR_LIMIT);
	assert_int_equal(ba_buf_append_str(&b, "de"), BA_OK);
	assert_int_equal(ba_buf_append_byte(&b, 'f'), BA_ERR_LIMIT);
	assert_string_equal(ba_buf_str(&b), "abcde");
	ba_buf_wipe(&b);
}

static void
no_limit_overflows(void **state)
{
	struct ba_buf b;
	unsigned char *p;

	(void)state;
	ba_buf_init(&b, SIZE_MAX);
	assert_int_equal(ba_buf_append_byte(&b, 1), BA_OK);
	assert_int_equal(ba_buf_reserve(&b, SIZE_MAX, &p), BA_ERR_LIMIT);
	assert_int_equal(ba_buf_reserve(&b, SIZE_MAX - 1, &p), BA_ERR_LIMIT);
	ba_buf_wipe(&b);
}

/* TOK-06: growing leaves no copy of a secret behind. */
static void
tok06_old_blocks_are_wiped_as_it_grows(void **state)
{
	unsigned char piece[10];
	struct ba_buf b;
	size_t i, cap, given = 0;
	unsigned changes = 0;

	(void)state;
	ba_buf_init(&b, 100000);
	memset(piece, 's', sizeof(piece));
	for (i = 0; i < 10000; i++) {
		cap = b.cap;
		assert_int_equal(
		    ba_buf_append(&b, piece, sizeof(piece)), BA_OK);
		assert_int_equal(b.p[b.len], 0);
		if (cap != 0 && b.cap != cap) {
			changes++;
			given += cap;
		}
	}
	assert_int_equal(freed, changes);
	assert_int_equal(freed_bytes, given);
	assert_true(changes < 20);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], 's');
	cap = b.cap;
	ba_buf_wipe(&b);
	assert_int_equal(freed, changes + 1);
	assert_int_equal(freed_bytes, given + cap);
	assert_null(b.p);
	assert_int_equal(b.len, 0);
}

static void
out_of_memory_is_an_error_and_keeps_the_content(void **state)
{
	struct ba_buf b;
	unsigned char big[200] = { 0 };

	(void)state;
	ba_buf_init(&b, 1000);
	fail_at = 1;
	assert_int_equal(ba_buf_append_str(&b, "abc"), BA_ERR_NOMEM);
	assert_int_equal(b.len, 0);
	assert_string_equal(ba_buf_str(&b), "");
	assert_int_equal(ba_buf_append_str(&b, "abc"), BA_OK);
	fail_at = allocated + 1;
	assert_int_equal(ba_buf_append(&b, big, sizeof(big)), BA_ERR_NOMEM);
	assert_string_equal(ba_buf_str(&b), "abc");
	ba_buf_wipe(&b);
}

static void
reserve_and_commit(void **state)
{
	struct ba_buf b;
	unsigned char *p;

	(void)state;
	ba_buf_init(&b, 10);
	assert_int_equal(ba_buf_reserve(&b, 8, &p), BA_OK);
	assert_string_equal(ba_buf_str(&b), "");
	assert_int_equal(ba_buf_append_str(&b, "ab"), BA_OK);
	assert_int_equal(ba_buf_reserve(&b, 8, &p), BA_OK);
	memcpy(p, "cdefghij", 8);
	assert_int_equal(b.len, 2);
	ba_buf_commit(&b, 3);
	assert_string_equal(ba_buf_str(&b), "abcde");
	assert_int_equal(b.len, 5);
	/* More than there is room for cannot be meant. */
	ba_buf_commit(&b, 1000);
	assert_int_equal(b.len, 5);
	assert_int_equal(ba_buf_reserve(&b, 0, &p), BA_OK);
	assert_ptr_equal(p, b.p + 5);
	ba_buf_wipe(&b);
}

static void
assert_zero(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

/* TOK-06: what is dropped is wiped at once, reserved bytes too. */
static void
tok06_dropped_bytes_are_wiped(void **state)
{
	struct ba_buf b;
	unsigned char *p;

	(void)state;
	ba_buf_init(&b, 30);
	assert_int_equal(ba_buf_append_str(&b, "0123456789"), BA_OK);
	ba_buf_consume(&b, 4);
	assert_string_equal(ba_buf_str(&b), "456789");
	assert_zero(b.p + 6, 4);
	ba_buf_truncate(&b, 2);
	assert_string_equal(ba_buf_str(&b), "45");
	assert_zero(b.p + 2, 4);
	ba_buf_truncate(&b, 3);
	assert_string_equal(ba_buf_str(&b), "45");
	assert_int_equal(ba_buf_reserve(&b, 10, &p), BA_OK);
	memset(p, 's', 10);
	ba_buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_zero(b.p, b.cap);
	assert_int_equal(ba_buf_append_str(&b, "again"), BA_OK);
	ba_buf_consume(&b, 99);
	assert_int_equal(b.len, 0);
	assert_string_equal(ba_buf_str(&b), "");
	ba_buf_wipe(&b);
}

static void
empty_and_zeroed_are_fine(void **state)
{
	struct ba_buf b = { 0 };

	(void)state;
	ba_buf_wipe(&b);
	ba_buf_clear(&b);
	ba_buf_consume(&b, 1);
	ba_buf_truncate(&b, 0);
	ba_buf_commit(&b, 1);
	assert_int_equal(b.len, 0);
	assert_string_equal(ba_buf_str(&b), "");
	assert_int_equal(ba_buf_append(&b, NULL, 0), BA_OK);
	assert_int_equal(ba_buf_append_byte(&b, 0), BA_ERR_LIMIT);
	assert_int_equal(allocated, 0);
}

#define T(f) cmocka_unit_test_setup(f, reset)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(holds_up_to_its_limit_and_no_more),
		T(v27_too_much_leaves_it_as_it_was),
		T(no_limit_overflows),
		T(tok06_old_blocks_are_wiped_as_it_grows),
		T(out_of_memory_is_an_error_and_keeps_the_content),
		T(reserve_and_commit),
		T(tok06_dropped_bytes_are_wiped),
		T(empty_and_zeroed_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
