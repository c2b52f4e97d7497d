/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_STORE_STORE_MEMORY_H
#define BA_STORE_STORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/store_name.h"

/*
 * A bounded table of entries under hashed names (store_name.h), in memory of
 * this process alone.  Names are HMACs under a key that nobody else knows,
 * so that no choice of names makes the table slow.
 *
 * When it is full, in entries or in bytes, the entry that was put longest ago
 * goes.  First in, first out, rather than least recently used: entries are
 * read a few times soon after they were put and end by a time of their own;
 * and reading stays free of writing.
 */
struct ba_memory;

#define BA_MEMORY_ENTRIES 4096
#define BA_MEMORY_BYTES   (16 * 1024 * 1024) /* of values */

/* How the entry stands to the file that memory is in front of. */
enum ba_memory_kind {
	BA_MEMORY_OWN, /* meant for this process alone */
	BA_MEMORY_UNSENT, /* meant for the file, which did not take it */
	BA_MEMORY_COPY /* the file had it at that moment */
};

/* max_entries 0: BA_MEMORY_ENTRIES. */
BA_MUST_CHECK int ba_memory_new(size_t max_entries, struct ba_memory **mp);

/* Values are wiped before they are freed, here and everywhere below. */
void ba_memory_free(struct ba_memory *m);

/*
 * Append the value to value; value, expiresp and kindp may be NULL.
 * BA_ERR_NOT_FOUND also for an entry that ended at or before now.
 */
BA_MUST_CHECK int ba_memory_get(struct ba_memory *m,
    const unsigned char name[BA_STORE_NAME_LEN], int64_t now,
    struct ba_buf *value, int64_t *expiresp, enum ba_memory_kind *kindp);

/*
 * Set or replace.  After an error nothing stands under that name.
 * BA_ERR_LIMIT above BA_STORE_VALUE_MAX, BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_memory_put(struct ba_memory *m,
    const unsigned char name[BA_STORE_NAME_LEN], enum ba_memory_kind kind,
    const void *value, size_t value_len, int64_t expires);

void ba_memory_delete(
    struct ba_memory *m, const unsigned char name[BA_STORE_NAME_LEN]);

#endif
