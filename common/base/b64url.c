/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>

#include "common/base/b64url.h"
#include "common/base/mem.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* By a table: the letters of a token are as good as random, and a branch on
   each would be mispredicted as often as not. */
static int
value(char c)
{
	static const signed char values[] = { 62, -1, -1, 52, 53, 54, 55, 56,
		57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4,
		5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
		22, 23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30, 31,
		32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
		48, 49, 50, 51 };

	return c >= '-' && c <= 'z' ? values[c - '-'] : -1;
}

/* The last 2 or 3 characters, or any 4: 1, 2 or 3 bytes. */
static int
decode_group(const char *src, size_t n, unsigned char *dst)
{
	uint32_t bits = 0;
	size_t i;
	int v;

	for (i = 0; i < 4; i++) {
		v = i < n ? value(src[i]) : 0;
		if (v < 0)
			return BA_ERR_B64;
		bits = bits << 6 | (uint32_t)v;
	}
	/* Unused bits (RFC 4648 section 3.5), or two texts mean the same. */
	if ((n == 2 && (bits & 0xffff) != 0) || (n == 3 && (bits & 0xff) != 0))
		return BA_ERR_B64;
	dst[0] = (unsigned char)(bits >> 16);
	if (n > 2)
		dst[1] = (unsigned char)(bits >> 8);
	if (n > 3)
		dst[2] = (unsigned char)bits;
	return BA_OK;
}

int
ba_b64url_decode(
    const char *src, size_t n, void *dst, size_t dstsz, size_t *lenp)
{
	unsigned char *d = dst;
	size_t i, group, len;

	*lenp = 0;
	if (n % 4 == 1)
		return BA_ERR_B64;
	len = n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
	if (len > dstsz)
		return BA_ERR_LIMIT;
	for (i = 0; i < n; i += group, d += 3) {
		group = n - i < 4 ? n - i : 4;
		if (decode_group(src + i, group, d) != BA_OK) {
			ba_wipe(dst, i / 4 * 3);
			return BA_ERR_B64;
		}
	}
	*lenp = len;
	return BA_OK;
}

void
ba_b64url_encode(char *dst, const void *src, size_t n)
{
	const unsigned char *s = src;
	uint32_t bits;
	size_t i, left, out;

	for (i = 0; i < n; i += 3) {
		left = n - i;
		bits = (uint32_t)s[i] << 16;
		if (left > 1)
			bits |= (uint32_t)s[i + 1] << 8;
		if (left > 2)
			bits |= s[i + 2];
		for (out = 0; out < 4 && out <= left; out++)
			*dst++ = alphabet[bits >> (18 - 6 * out) & 63];
	}
	*dst = '\0';
}
