/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "common/base/utf8.h"

/* Length by the first byte, with the bits of the number that it carries. */
static size_t
lead(unsigned char c, uint32_t *cpp)
{
	if (c < 0x80) {
		*cpp = c;
		return 1;
	}
	/* 0xc0 and 0xc1 could only start an overlong sequence. */
	if (c >= 0xc2 && c <= 0xdf) {
		*cpp = c & 0x1f;
		return 2;
	}
	if (c >= 0xe0 && c <= 0xef) {
		*cpp = c & 0x0f;
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*cpp = c & 0x07;
		return 4;
	}
	return 0;
}

size_t
ba_utf8_next(const void *p, size_t n, uint32_t *cpp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = p;
	uint32_t cp = 0;
	size_t i, len;

	*cpp = 0;
	if (n == 0)
		return 0;
	len = lead(s[0], &cp);
	if (len == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < least[len] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*cpp = cp;
	return len;
}

bool
ba_utf8_is_text(const void *p, size_t n, bool lf)
{
	const unsigned char *s = p;
	uint32_t cp;
	size_t len;

	while (n > 0) {
		len = ba_utf8_next(s, n, &cp);
		if (len == 0)
			return false;
		if ((cp < 0x20 || (cp >= 0x7f && cp <= 0x9f)) &&
		    !(lf && (cp == '\n' || cp == '\t')))
			return false;
		s += len;
		n -= len;
	}
	return true;
}
