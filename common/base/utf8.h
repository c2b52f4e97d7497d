/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_UTF8_H
#define BA_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The character that starts at p (RFC 3629 section 4): its length, 1 to 4
 * bytes, and its number in *cpp.  0 where there is none: n is 0, the sequence
 * is cut, overlong, a surrogate, or above U+10FFFF.
 */
size_t ba_utf8_next(const void *p, size_t n, uint32_t *cpp);

/*
 * Is all of it valid UTF-8 without control characters (U+0000..U+001F,
 * U+007F..U+009F)?  With lf, line feeds are taken, and tabs.
 */
bool ba_utf8_is_text(const void *p, size_t n, bool lf);

#endif
