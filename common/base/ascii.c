/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "common/base/ascii.h"

bool
ba_equal_nocase(const char *p, size_t n, const char *lower)
{
	size_t i;
	char c;

	for (i = 0; i < n && lower[i] != '\0'; i++) {
		c = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 0x20) : p[i];
		if (c != lower[i])
			return false;
	}
	return i == n && lower[i] == '\0';
}
