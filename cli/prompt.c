/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "cli/prompt.h"
#include "common/base/ascii.h"

#define ALNUM     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define TOKEN_MAX 65536

/* Is this next?  Then *sp goes behind it. */
static bool
take(const char **sp, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*sp, word, n) != 0)
		return false;
	*sp += n;
	return true;
}

/* 2 to 99. */
static bool
take_number(const char **sp, unsigned *np)
{
	const char *s = *sp;
	size_t n = strspn(s, "0123456789");

	if (n < 1 || n > 2 || s[0] == '0' || (n == 1 && s[0] == '1'))
		return false;
	*np = (unsigned)(s[0] - '0');
	if (n == 2)
		*np = *np * 10 + (unsigned)(s[1] - '0');
	*sp += n;
	return true;
}

int
ba_prompt_parse(const char *text, char *host, size_t hostsz, unsigned *partp)
{
	const char *s = text, *start;
	unsigned part = 1;
	size_t n;

	if (hostsz > 0)
		host[0] = '\0';
	*partp = 0;
	if (!take(&s, "("))
		return BA_ERR_MALFORMED;
	n = strspn(s, ALNUM "._-");
	s += n;
	if (n == 0 || !take(&s, "@"))
		return BA_ERR_MALFORMED;
	start = s;
	n = strspn(s, ALNUM "._-:%");
	s += n;
	if (n == 0 || n > BA_PROMPT_HOST_MAX || n >= hostsz ||
	    !take(&s, ") OAuth token"))
		return BA_ERR_MALFORMED;
	if (take(&s, ", part ")) {
		if (!take_number(&s, &part))
			return BA_ERR_MALFORMED;
	} else
		(void)take(&s, ", or Enter to use a web browser");
	if (!take(&s, ": ") || *s != '\0')
		return BA_ERR_MALFORMED;
	memcpy(host, start, n);
	host[n] = '\0';
	*partp = part;
	return BA_OK;
}

void
ba_part_of(size_t n, unsigned part, size_t *offsetp, size_t *lenp)
{
	size_t offset = part > 0 ? (size_t)(part - 1) * BA_PART_SIZE : n;

	if (offset > n)
		offset = n;
	*offsetp = offset;
	*lenp = n - offset < BA_PART_SIZE ? n - offset : BA_PART_SIZE;
}

bool
ba_token68_ok(const char *token, size_t n)
{
	return n <= TOKEN_MAX && ba_is_token68(token, n);
}
