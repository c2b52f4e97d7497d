/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/base/ascii.h"
#include "common/base/log.h"
#include "common/policy/ini.h"

#define WSP      " \t"
#define KEY_CHAR BA_LOWER BA_DIGIT "_"

static bool
is_plain(char c)
{
	return c == '\t' || (c >= 0x20 && c < 0x7f);
}

/*
 * The sanitiser of log lines is the judge, so that whatever stands in the
 * file can be shown as it is, and the house has one decoder of UTF-8.
 */
bool
ba_ini_text_ok(const char *s, size_t n)
{
	char plain[BA_INI_LINE_MAX + 1], shown[BA_INI_LINE_MAX + 1];
	size_t i;

	if (n > BA_INI_LINE_MAX)
		return false;
	/* Most lines are ASCII, and a map has 8 MiB of them. */
	for (i = 0; i < n && is_plain(s[i]);)
		i++;
	if (i == n)
		return true;
	for (i = 0; i < n; i++)
		plain[i] = s[i] == '\t' ? ' ' : s[i];
	ba_sanitise(shown, sizeof(shown), plain, n);
	return strlen(shown) == n && memcmp(plain, shown, n) == 0;
}

/* "[" kind *1( 1*WSP name ) "]" at s; NULL, or what is wrong with it. */
static const char *
split_section(char *s, struct ba_ini_line *line)
{
	size_t n = strlen(s);
	char *name;

	if (s[n - 1] != ']')
		return "a section line ends with ']'; comments stand on "
		       "lines of their own";
	s[n - 1] = '\0';
	n = strspn(++s, KEY_CHAR);
	if (n == 0 || (s[n] != '\0' && strchr(WSP, s[n]) == NULL))
		return "a section is written [kind] or [kind name], its kind "
		       "in lower case";
	name = s + n;
	name += strspn(name, WSP);
	if (s[n] != '\0' &&
	    (*name == '\0' || strchr(WSP, name[strlen(name) - 1]) != NULL))
		return "white space before ']': remove it";
	s[n] = '\0';
	line->section = s;
	line->name = name;
	return NULL;
}

/* key *WSP "=" *WSP value at s; NULL, or what is wrong with it. */
static const char *
split_pair(char *s, struct ba_ini_line *line)
{
	size_t n = strspn(s, KEY_CHAR);
	char *value = s + n;

	value += strspn(value, WSP);
	if (*s == ';')
		return "a comment begins with '#'";
	if (*value != '=')
		return "neither [section], nor key = value, nor # comment; "
		       "keys are of a-z, 0-9 and _";
	if (n == 0)
		return "a key is missing before '='";
	value++;
	value += strspn(value, WSP);
	if (*value == '\0')
		return "a value is missing after '='; remove the line to "
		       "have the default";
	s[n] = '\0';
	line->key = s;
	line->value = value;
	return NULL;
}

/*
 * Judge one line of n bytes, its end not counted.  NULL and an empty line
 * struct for a comment or a blank, NULL and a filled one, or a complaint.
 * copy takes BA_INI_LINE_MAX + 1 bytes.
 */
static const char *
split_line(const char *p, size_t n, char *copy, struct ba_ini_line *line)
{
	char *s = copy;

	_Static_assert(BA_INI_LINE_MAX == 4096, "a text below says 4096");
	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (n > BA_INI_LINE_MAX)
		return "the line is too long: 4096 bytes are the most";
	if (!ba_ini_text_ok(p, n))
		return "not plain text: characters that control or cannot be "
		       "seen, or no UTF-8";
	while (n > 0 && strchr(WSP, p[n - 1]) != NULL)
		n--;
	memcpy(copy, p, n);
	copy[n] = '\0';
	s += strspn(s, WSP);
	if (*s == '\0' || *s == '#')
		return NULL;
	return *s == '[' ? split_section(s, line) : split_pair(s, line);
}

int
ba_ini_parse(const void *p, size_t n,
    int (*each)(void *arg, const struct ba_ini_line *line),
    void (*bad)(void *arg, unsigned number, const char *text), void *arg)
{
	const char *at = p, *end, *next, *complaint;
	char copy[BA_INI_LINE_MAX + 1];
	struct ba_ini_line line;
	unsigned number = 0;
	int r;

	for (; n > 0; n -= (size_t)(next - at), at = next) {
		end = memchr(at, '\n', n);
		next = end == NULL ? at + n : end + 1;
		if (end == NULL)
			end = next;
		memset(&line, 0, sizeof(line));
		line.number = ++number;
		complaint = split_line(at, (size_t)(end - at), copy, &line);
		if (complaint != NULL) {
			bad(arg, number, complaint);
			continue;
		}
		if (line.section == NULL && line.key == NULL)
			continue;
		r = each(arg, &line);
		if (r < 0)
			return r;
	}
	return BA_OK;
}
