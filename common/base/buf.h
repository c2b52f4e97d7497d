/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_BUF_H
#define BA_BASE_BUF_H

#include <stddef.h>

#include "common/base/err.h"

/*
 * A bounded buffer for bytes that may be secret.  It never holds more than
 * the limit given to ba_buf_init(), grows by a new block and a copy (never by
 * realloc, which would leave the old bytes behind), and wipes whatever it
 * gives back.  The bytes are always followed by a NUL that len does not
 * count, so that text can be read as a string.
 *
 * Fields are for reading only.
 */
struct ba_buf {
	unsigned char *p; /* NULL while nothing was ever appended */
	size_t len; /* bytes in use */
	size_t cap; /* bytes allocated, NUL included */
	size_t max; /* most bytes it may ever hold, NUL excluded */
};

/* An empty buffer of at most max bytes.  Allocates nothing. */
void ba_buf_init(struct ba_buf *b, size_t max);

/*
 * Wipe and free; the buffer is empty again and can be used again with the
 * same limit.  A zeroed struct is fine.
 */
void ba_buf_wipe(struct ba_buf *b);

/* Forget the content (wiped) but keep the block. */
void ba_buf_clear(struct ba_buf *b);

/*
 * Append n bytes; all or nothing.  BA_ERR_LIMIT above the limit,
 * BA_ERR_NOMEM.  p may be NULL when n is 0.
 */
BA_MUST_CHECK int ba_buf_append(struct ba_buf *b, const void *p, size_t n);
BA_MUST_CHECK int ba_buf_append_str(struct ba_buf *b, const char *s);
BA_MUST_CHECK int ba_buf_append_byte(struct ba_buf *b, unsigned char c);

/*
 * Make room for n more bytes and give a pointer to them; the caller fills
 * them and says how many with ba_buf_commit().  The pointer is good until
 * the next call on b.
 */
BA_MUST_CHECK int ba_buf_reserve(
    struct ba_buf *b, size_t n, unsigned char **pp);
void ba_buf_commit(struct ba_buf *b, size_t n);

/* Drop the first n bytes (n <= len); what stays moves to the front. */
void ba_buf_consume(struct ba_buf *b, size_t n);

/* Keep the first len bytes only; the rest is wiped. */
void ba_buf_truncate(struct ba_buf *b, size_t len);

/* The content as a string; "" while empty.  Never NULL. */
const char *ba_buf_str(const struct ba_buf *b);

#endif
