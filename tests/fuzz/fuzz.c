/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

void
fuzz_crash(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "fuzz: %s:%d: must hold: %s\n", file, line, what);
	abort();
}

void *
fuzz_alloc(size_t n)
{
	void *p = malloc(n == 0 ? 1 : n);

	MUST(p != NULL);
	return p;
}

/* One user and one group, whatever this machine has. */
struct passwd *
getpwnam(const char *name)
{
	static struct passwd pw = { .pw_uid = 42 };

	return strcmp(name, "postfix") == 0 ? &pw : NULL;
}

struct group *
getgrnam(const char *name)
{
	static struct group gr = { .gr_gid = 42 };

	return strcmp(name, "postfix") == 0 ? &gr : NULL;
}

struct fuzz_part
fuzz_next_part(struct fuzz_part *rest)
{
	struct fuzz_part part = *rest;
	const char *at =
	    rest->n == 0 ? NULL : memmem(rest->p, rest->n, "\n%%\n", 4);

	if (at == NULL) {
		rest->p += rest->n;
		rest->n = 0;
		return part;
	}
	part.n = (size_t)(at + 1 - part.p);
	rest->p = at + 4;
	rest->n -= part.n + 3;
	return part;
}

char *
fuzz_string(struct fuzz_part part)
{
	char *s = fuzz_alloc(part.n + 1);

	if (part.n > 0)
		memcpy(s, part.p, part.n);
	s[part.n] = '\0';
	return s;
}

/* Compiled once, and kept: libFuzzer comes here a million times. */
static bool
matches(regex_t *re, const char *pattern, const char *s)
{
	static const regex_t blank;

	if (memcmp(re, &blank, sizeof(blank)) == 0)
		MUST(regcomp(re, pattern, REG_EXTENDED | REG_NOSUB) == 0);
	return regexec(re, s, 0, NULL, 0) == 0;
}

bool
fuzz_name_ok(const char *name, enum ba_accounts grammar)
{
	static regex_t local, virtual, never;

	if (grammar == BA_ACCOUNTS_LOCAL)
		return matches(&local, "^[a-z_][a-z0-9_-]{0,31}$", name) &&
		       strcmp(name, "root") != 0;
	return strlen(name) <= 255 &&
	       matches(&virtual, "^[a-z0-9][a-z0-9._+-]*(@[a-z0-9._+-]+)?$",
		   name) &&
	       !matches(&never, "[.][.]|[.]@|@[.]|[.]$|^root([@+]|$)", name);
}

/* The table of RFC 3629 section 4, a row for each first byte. */
bool
fuzz_is_text(const char *p, size_t n)
{
	static const struct {
		unsigned char first, last, low, high; /* low, high: 2nd byte */
		size_t len;
	} rows[] = { { 0x20, 0x7e, 0, 0, 1 }, { 0xc2, 0xc2, 0xa0, 0xbf, 2 },
		{ 0xc3, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 } };
	const unsigned char *s = (const unsigned char *)p;
	size_t i, k, len;

	for (i = 0; i < n; i += len) {
		len = 0;
		for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (s[i] >= rows[k].first && s[i] <= rows[k].last)
				break;
		if (k == sizeof(rows) / sizeof(rows[0]) || n - i < rows[k].len)
			return false;
		len = rows[k].len;
		if (len > 1 &&
		    (s[i + 1] < rows[k].low || s[i + 1] > rows[k].high))
			return false;
		for (k = 2; k < len; k++)
			if ((s[i + k] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

bool
fuzz_is_line(const char *s)
{
	size_t n;

	for (; s != NULL && *s != '\0'; s += n + (s[n] != '\0')) {
		n = strcspn(s, "\t");
		if (!fuzz_is_text(s, n))
			return false;
	}
	return true;
}
