/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/oauth/http_pool.h"

/* That pools keep connections apart is tested with connections, in
   test_fetch.c. */
static struct ba_buf
view(const char *s)
{
	struct ba_buf b = { (unsigned char *)(uintptr_t)s, strlen(s), 0,
		strlen(s) };

	return b;
}

static struct ba_http_pool *
enter(struct ba_http_pools *ps, uint64_t number, uint64_t trust,
    const struct ba_buf *certificate)
{
	struct ba_http_pool *p;

	assert_int_equal(
	    ba_http_pool_enter(ps, number, trust, certificate, &p), BA_OK);
	assert_non_null(p);
	assert_non_null(ba_http_pool_share(p));
	return p;
}

static void
test_TR09_V33_all_of_it_decides(void **state)
{
	const struct ba_buf a = view("certificate a"),
			    b = view("certificate b");
	const struct ba_buf longer = view("certificate a and more");
	const struct {
		uint64_t number, trust;
		const struct ba_buf *certificate;
	} t[] = { { 0, 1, NULL }, { 1, 1, NULL }, { 1, 2, NULL }, { 1, 1, &a },
		{ 1, 1, &b }, { 1, 1, &longer }, { 2, 1, &a } };
	enum { N = sizeof(t) / sizeof(t[0]) };
	struct ba_http_pool *p[N];
	struct ba_http_pools *ps;
	size_t i, k;

	(void)state;
	assert_int_equal(ba_http_pools_new(&ps), BA_OK);
	for (i = 0; i < N; i++) {
		p[i] = enter(ps, t[i].number, t[i].trust, t[i].certificate);
		for (k = 0; k < i; k++)
			assert_ptr_not_equal(p[i], p[k]);
	}
	/* The same while it is used, and when it was. */
	for (i = 0; i < N; i++) {
		assert_ptr_equal(
		    p[i], enter(ps, t[i].number, t[i].trust, t[i].certificate));
		ba_http_pool_leave(ps, p[i]);
		ba_http_pool_leave(ps, p[i]);
	}
	for (i = 0; i < N; i++) {
		assert_ptr_equal(
		    p[i], enter(ps, t[i].number, t[i].trust, t[i].certificate));
		ba_http_pool_leave(ps, p[i]);
	}
	ba_http_pools_free(ps);
	ba_http_pools_free(NULL);
}

/* Those in use are never freed, however many there are. */
static void
test_TR09_used_pools_stay(void **state)
{
	struct ba_http_pool *p[BA_HTTP_POOLS_KEPT + 10];
	struct ba_http_pools *ps;
	size_t i, n = sizeof(p) / sizeof(p[0]);

	(void)state;
	assert_int_equal(ba_http_pools_new(&ps), BA_OK);
	for (i = 0; i < n; i++)
		p[i] = enter(ps, i, 1, NULL);
	ba_http_pool_leave(ps, p[n - 1]);
	for (i = 0; i < n - 1; i++) {
		assert_ptr_equal(enter(ps, i, 1, NULL), p[i]);
		ba_http_pool_leave(ps, p[i]);
	}
	assert_ptr_equal(enter(ps, n - 1, 1, NULL), p[n - 1]);
	for (i = 0; i < n; i++)
		ba_http_pool_leave(ps, p[i]);
	ba_http_pools_free(ps);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_TR09_V33_all_of_it_decides),
		cmocka_unit_test(test_TR09_used_pools_stay),
	};

	return cmocka_run_group_tests_name("http_pool", tests, NULL, NULL);
}
