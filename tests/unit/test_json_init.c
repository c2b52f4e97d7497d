/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <cmocka.h>

#include "common/json/init.h"
#include "common/json/json.h"

#define SECRET "c2VjcmV0IHRoYXQgbm9ib2R5IGlzIHRvIGZpbmQgaGVyZQ"

/* Each name and each value, so that no copy of any escapes notice. */
#define TEXT                                                                   \
	"{\"k\":\"" SECRET "\",\"" SECRET "1\":[\"" SECRET "2\",{\"x\":"       \
	"\"\\u0041" SECRET "3\"}],\"n\":12345678}"

void __real_free(void *p);
void *__real_malloc(size_t n);
void __wrap_free(void *p);
void *__wrap_malloc(size_t n);

static bool watching, starving;
static size_t frees, freed_with_text;

/* The sizes are malloc(3)'s own: what we say of them may be wrong. */
void
__wrap_free(void *p)
{
	if (watching && p != NULL) {
		frees++;
		freed_with_text += memmem(p, malloc_usable_size(p), SECRET,
				       sizeof(SECRET) - 1) != NULL;
	}
	__real_free(p);
}

void *
__wrap_malloc(size_t n)
{
	return starving ? NULL : __real_malloc(n);
}

/* How many blocks are freed with the text in them? */
static size_t
freed_by_parsing(const char *text, int want)
{
	json_t *root;
	int r;

	frees = freed_with_text = 0;
	watching = true;
	r = ba_json_parse(text, strlen(text), &root);
	json_decref(root);
	watching = false;
	assert_int_equal(r, want);
	assert_true(frees > 3);
	return freed_with_text;
}

static void
JWK_09_what_is_freed_is_wiped(void **state)
{
	/* Also what is broken off. */
	static const char *const bad[] = {
		"{\"k\":\"" SECRET "\",\"x\":\"" SECRET "\"",
		"{\"k\":[\"" SECRET "\",\"" SECRET,
		"{\"" SECRET "\":1,\"" SECRET "\":2}",
	};
	size_t i;

	(void)state;
	ba_json_init();
	assert_int_equal(freed_by_parsing(TEXT, BA_OK), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(freed_by_parsing(bad[i], BA_ERR_JSON), 0);
	/* The twin: jansson left to itself leaves it there. */
	json_set_alloc_funcs(malloc, free);
	assert_true(freed_by_parsing(TEXT, BA_OK) >= 4);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(freed_by_parsing(bad[i], BA_ERR_JSON) > 0);
}

/* To the last byte, whatever the size. */
static void
all_of_a_block_is_wiped(void **state)
{
	json_malloc_t allocate;
	json_free_t give_back;
	size_t n;
	char *p;

	(void)state;
	ba_json_init();
	json_get_alloc_funcs(&allocate, &give_back);
	for (n = sizeof(SECRET) - 1; n < 300; n++) {
		p = allocate(n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		memset(p, 'x', n);
		memcpy(
		    p + n - (sizeof(SECRET) - 1), SECRET, sizeof(SECRET) - 1);
		frees = freed_with_text = 0;
		watching = true;
		give_back(p);
		watching = false;
		assert_int_equal(frees, 1);
		assert_int_equal(freed_with_text, 0);
	}
	p = allocate(0);
	assert_non_null(p);
	give_back(p);
	give_back(NULL);
	json_set_alloc_funcs(malloc, free);
}

static void
no_memory(void **state)
{
	json_malloc_t allocate;
	json_free_t give_back;
	json_t *root;
	void *p;
	int r;

	(void)state;
	ba_json_init();
	json_get_alloc_funcs(&allocate, &give_back);
	/* With what stands in front of it, it would be a small one. */
	assert_null(allocate(SIZE_MAX));
	assert_null(allocate(SIZE_MAX - _Alignof(max_align_t) + 1));
	starving = true;
	p = allocate(1);
	starving = false;
	assert_null(p);
	starving = true;
	r = ba_json_parse(TEXT, strlen(TEXT), &root);
	starving = false;
	assert_int_equal(r, BA_ERR_NOMEM);
	assert_null(root);
	assert_int_equal(ba_json_parse(TEXT, strlen(TEXT), &root), BA_OK);
	json_decref(root);
	json_set_alloc_funcs(malloc, free);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(JWK_09_what_is_freed_is_wiped),
		cmocka_unit_test(all_of_a_block_is_wiped),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
