/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_B64URL_H
#define BA_BASE_B64URL_H

#include <stddef.h>

#include "common/base/err.h"

/* Bytes that n characters of base64url decode to, at the most. */
#define BA_B64URL_DECODED(n) ((n) / 4 * 3 + 2)
/* Characters that n bytes encode to, without a NUL. */
#define BA_B64URL_ENCODED(n) (((n)*4 + 2) / 3)

/*
 * Strict base64url without padding (RFC 7515 section 2, RFC 4648 section 5):
 * only A-Z a-z 0-9 - _, no white space, no '=', no length of 1 modulo 4, and
 * unused trailing bits must be zero, so that a text has one spelling only.
 * Writes at most dstsz bytes to dst and their number to *lenp.  BA_ERR_B64,
 * or BA_ERR_LIMIT where dst is too small; *lenp is 0 then.  An empty text
 * decodes to nothing, successfully.
 */
BA_MUST_CHECK int ba_b64url_decode(
    const char *src, size_t n, void *dst, size_t dstsz, size_t *lenp);

/* Encode; dst takes BA_B64URL_ENCODED(n) + 1 bytes, NUL included. */
void ba_b64url_encode(char *dst, const void *src, size_t n);

#endif
