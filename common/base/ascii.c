/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/ascii.h"

static bool
is_alnum(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9');
}

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

bool
ba_is_jose_type(const char *typ, const char *want)
{
	static const char prefix[] = "application/";
	size_t n = sizeof(prefix) - 1;

	if (strlen(typ) > n && ba_equal_nocase(typ, n, prefix))
		typ += n;
	return ba_equal_nocase(typ, strlen(typ), want);
}

bool
ba_is_token68(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (is_alnum(p[i]) ||
			    (p[i] != '\0' && strchr("-._~+/", p[i]) != NULL)))
		i++;
	if (i == 0)
		return false;
	while (i < n && p[i] == '=')
		i++;
	return i == n;
}

size_t
ba_base64url_span(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (is_alnum(p[i]) || p[i] == '-' || p[i] == '_'))
		i++;
	return i;
}
