/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>

#include "common/base/b64url.h"
#include "common/base/mem.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	if (c == '_')
		return 63;
	return -1;
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
