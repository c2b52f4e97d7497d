/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include <openssl/crypto.h>

#include "tests/unit/scarce.h"

struct ba_scarce ba_scarce = { -1, false, false };

static bool
may_allocate(void)
{
	if (ba_scarce.left < 0)
		return true;
	if (ba_scarce.left > 0) {
		ba_scarce.left--;
		return true;
	}
	ba_scarce.failed = true;
	if (ba_scarce.once)
		ba_scarce.left = -1;
	return false;
}

static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? malloc(n) : NULL;
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? realloc(p, n) : NULL;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

int
ba_scarce_openssl(void)
{
	return CRYPTO_set_mem_functions(
		   crypto_malloc, crypto_realloc, crypto_free) != 1;
}
