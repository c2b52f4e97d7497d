/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_ASCII_H
#define BA_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/*
 * For strspn(3).  Locale-free on purpose: isalnum(3) and its kin follow the
 * host's locale.
 */
#define BA_LOWER "abcdefghijklmnopqrstuvwxyz"
#define BA_UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BA_DIGIT "0123456789"
#define BA_ALNUM BA_UPPER BA_LOWER BA_DIGIT

/*
 * Are the n bytes at p equal to lower, but for the case of ASCII letters?
 * lower has no capitals.  For names that a standard calls case-insensitive
 * (media types, directives, schemes); strncasecmp(3) would ask the locale,
 * which in a host is not ours.
 */
bool ba_equal_nocase(const char *p, size_t n, const char *lower);

/*
 * Is typ of a JOSE header that media type?  RFC 7515 section 4.1.9: one without
 * a slash is one of application/.  want has no prefix, and no capitals.
 */
bool ba_is_jose_type(const char *typ, const char *want);

/*
 * Are all n bytes at p a token as bearer tokens are written (RFC 6750 section
 * 2.1, there b64token; RFC 9110 section 11.2)?  Of any length but 0.
 *
 *	token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
 */
bool ba_is_token68(const char *p, size_t n);

/* How many characters of base64url stand there before another byte. */
size_t ba_base64url_span(const char *p, size_t n);

#endif
