/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/mem.h"

void
ba_wipe(void *p, size_t n)
{
	if (p != NULL && n > 0)
		explicit_bzero(p, n);
}

void
ba_wipe_free(void *p, size_t n)
{
	ba_wipe(p, n);
	free(p);
}

void
ba_wipe_free_str(char *s)
{
	if (s != NULL)
		ba_wipe_free(s, strlen(s));
}

bool
ba_equal_ct(const void *a, const void *b, size_t n)
{
	/* volatile: else a compiler may stop at the first difference. */
	const volatile unsigned char *x = a, *y = b;
	unsigned char diff = 0;
	size_t i;

	for (i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}

int
ba_random(void *p, size_t n)
{
	unsigned char *dst = p;
	ssize_t got;

	while (n > 0) {
		got = getrandom(dst, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return BA_ERR_SYSTEM;
		dst += got;
		n -= (size_t)got;
	}
	return BA_OK;
}

void
ba_hex(char *dst, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *s = p;
	size_t i;

	for (i = 0; i < n; i++) {
		*dst++ = digits[s[i] >> 4];
		*dst++ = digits[s[i] & 15];
	}
	*dst = '\0';
}

int
ba_copy_str(char *dst, size_t dstsz, const char *src)
{
	size_t n = strlen(src);

	if (dstsz == 0)
		return BA_ERR_LIMIT;
	dst[0] = '\0';
	if (n >= dstsz)
		return BA_ERR_LIMIT;
	memcpy(dst, src, n + 1);
	return BA_OK;
}
