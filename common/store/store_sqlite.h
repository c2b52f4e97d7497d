/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_STORE_STORE_SQLITE_H
#define BA_STORE_STORE_SQLITE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/store.h"

/*
 * The store's file, shared by all brokers of the machine.
 *
 * One process at a time is inside SQLite, by a flock(2) on the directory: the
 * lock is free when its holder dies, and waiting for it ends after busy_ms,
 * always.  SQLite's own waiting does not: while another process stands
 * between two locks of the WAL index, stopped or slow, a reader sleeps and
 * tries again for up to ten seconds without ever asking its busy handler.
 * SQLite's locks still guard the data against other tools.
 *
 * After a wait in vain the file is left alone for BA_SQLITE_REST_MS: every
 * call fails at once, without a system call.  Then one call may try, for
 * BA_SQLITE_HURRY_MS at the most (others hold the lock for less, now and
 * then), and if it fails, the file is left alone again; success ends this.  A
 * stopped process costs its fellows one long wait each, not one for every
 * question.
 */
struct ba_sqlite;

#define BA_SQLITE_REST_MS  1000
#define BA_SQLITE_HURRY_MS 5

/*
 * The file holds at most this many pages of 4096 bytes (64 MiB): room for a
 * hundred key sets of the largest size that a fetch brings, or for 15 minutes
 * of 20 logins a second.  When it is full, the answers that would end first
 * are thrown out, and where there are none the logins, so that one user cannot
 * shut others out; of all else nothing alive is, or single-use records could be
 * pushed out by making more, and a put fails.  A device flow's place pushes out
 * answers alone.
 */
#define BA_SQLITE_PAGES_MAX 16384

/* The file's directory must belong to this user and be closed to others. */
BA_MUST_CHECK int ba_sqlite_new(
    const struct ba_store_options *options, struct ba_sqlite **sp);
void ba_sqlite_free(struct ba_sqlite *s);

/*
 * As in store.h.  The file is opened, or made, at the first call; after an
 * error it is opened anew at the next.  BA_ERR_STORE whenever the file could
 * not be asked; the reason is logged when it changes from good to bad.
 */
BA_MUST_CHECK int ba_sqlite_get(struct ba_sqlite *s, enum ba_space space,
    const void *name, size_t name_len, int64_t now, struct ba_buf *value,
    int64_t *expiresp);
BA_MUST_CHECK int ba_sqlite_put(struct ba_sqlite *s, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires);
BA_MUST_CHECK int ba_sqlite_add(struct ba_sqlite *s, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires);
BA_MUST_CHECK int ba_sqlite_delete(struct ba_sqlite *s, enum ba_space space,
    const void *name, size_t name_len);

#endif
