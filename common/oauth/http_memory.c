/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/crypto.h>

#include "common/base/mem.h"
#include "common/oauth/http_memory.h"

static void
wiping_free(void *p)
{
	if (p != NULL)
		ba_wipe_free(p, malloc_usable_size(p));
}

/* Another size, and nothing is left behind at the old place. */
static void *
wiping_resize(void *p, size_t n)
{
	size_t have = p != NULL ? malloc_usable_size(p) : 0;
	void *larger;

	if (n == 0) {
		wiping_free(p);
		return NULL;
	}
	if (n <= have)
		return p;
	larger = malloc(n);
	if (larger == NULL)
		return NULL;
	if (have > 0)
		memcpy(larger, p, have);
	wiping_free(p);
	return larger;
}

/* OpenSSL says where it is, too. */
static void *
crypto_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return n > 0 ? malloc(n) : NULL;
}

static void *
crypto_resize(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return wiping_resize(p, n);
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	wiping_free(p);
}

int
ba_http_memory_init(void)
{
	if (CRYPTO_set_mem_functions(
		crypto_malloc, crypto_resize, crypto_free) != 1)
		return BA_ERR_INTERNAL;
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free,
		wiping_resize, strdup, calloc) != CURLE_OK)
		return BA_ERR_INTERNAL;
	return BA_OK;
}
