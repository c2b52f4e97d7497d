/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/url.h"

/* Locale-free on purpose: isalpha(3) and its kin follow the host's locale. */
#define ALPHA  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGIT  "0123456789"
#define HEXDIG DIGIT "abcdefABCDEF"

/*
 * RFC 3986 section 3.2.2 allows more in a reg-name (percent-encodings,
 * sub-delims); no host has such a name, and parsers disagree about them.
 * Names of containers do hold '_'.
 */
#define HOST ALPHA DIGIT "._-"

/* path-abempty [ "?" query ] of RFC 3986 sections 3.3 and 3.4, without '%'. */
#define REST ALPHA DIGIT "-._~!$&'()*+,;=:@/?"

/* Past a host or a bracketed IPv6 address at p; NULL where there is none. */
static const char *
skip_host(const char *p)
{
	size_t n;

	if (*p != '[') {
		n = strspn(p, HOST);
		return n > 0 && *p != '-' && *p != '.' ? p + n : NULL;
	}
	/* No zone (RFC 6874): an interface of ours means nothing there. */
	n = strspn(++p, HEXDIG ":.");
	return n > 1 && p[n] == ']' ? p + n + 1 : NULL;
}

/* Past [ ":" port ] at p; NULL where the port is none. */
static const char *
skip_port(const char *p)
{
	unsigned port = 0;
	size_t i, n;

	if (*p != ':')
		return p;
	n = strspn(++p, DIGIT);
	if (n > 5)
		return NULL;
	for (i = 0; i < n; i++)
		port = port * 10 + (unsigned)(p[i] - '0');
	return port >= 1 && port <= 65535 ? p + n : NULL;
}

/* Is p, to its end, made of characters of REST and percent-encodings? */
static bool
rest_ok(const char *p)
{
	for (;;) {
		p += strspn(p, REST);
		if (*p == '\0')
			return true;
		if (*p != '%' || strspn(p + 1, HEXDIG) < 2)
			return false;
		p += 3;
	}
}

bool
ba_url_ok(const char *url)
{
	static const char scheme[] = "https://";
	const char *p;

	if (url == NULL || strnlen(url, BA_URL_MAX + 1) > BA_URL_MAX)
		return false;
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return false;
	p = skip_host(url + sizeof(scheme) - 1);
	if (p != NULL)
		p = skip_port(p);
	if (p == NULL || (*p != '\0' && *p != '/' && *p != '?'))
		return false;
	return rest_ok(p);
}

bool
ba_issuer_url_ok(const char *url)
{
	return ba_url_ok(url) && strchr(url, '?') == NULL;
}
