/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_LINES_H
#define BA_BROKER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * The text of a reply to a control command: lines, of which the first from are
 * not wanted and as many of the others are put as there is room for.
 */
struct ba_lines {
	struct ba_buf *text;
	uint64_t from;
	uint64_t n; /* lines so far, wanted or not */
};

/* The last line of a text that did not hold all. */
#define BA_LINES_MORE "…"

/*
 * Put a line of fields with tabs between: each sanitised, and cut where even a
 * text of its own could not hold the line.  BA_ERR_LIMIT where there is no
 * more room; BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_lines_put(
    struct ba_lines *l, const char *const fields[], size_t n);

/* The same of one field, made by printf. */
BA_MUST_CHECK int ba_lines_say(struct ba_lines *l, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* Is the next line one that is not wanted?  Then it is counted, and whoever
   would have to make it first need not. */
bool ba_lines_skip(struct ba_lines *l);

/* What came of all puts: BA_ERR_LIMIT becomes BA_LINES_MORE and BA_OK. */
BA_MUST_CHECK int ba_lines_end(struct ba_lines *l, int r);

#endif
