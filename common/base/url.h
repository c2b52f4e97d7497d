/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_URL_H
#define BA_BASE_URL_H

#include <stdbool.h>

#define BA_URL_MAX 2048 /* bytes, without the NUL */

/*
 * A URL we are ready to ask: "https://" in lower case, a host (a name, an
 * IPv4 address or a bracketed IPv6 address), perhaps a port, no user
 * information, no fragment, nothing but characters of RFC 3986 section 2
 * with whole percent-encodings, at most BA_URL_MAX bytes.  NULL is not one.
 */
bool ba_url_ok(const char *url);

/* An issuer identifier (RFC 8414 section 2): also without a query. */
bool ba_issuer_url_ok(const char *url);

#endif
