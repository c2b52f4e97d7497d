/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_STORE_STORE_H
#define BA_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"

/*
 * What brokers remember: key sets, records of logins, times of attempts.
 * Memory in front of a SQLite file that all brokers of the machine share;
 * without the file, memory alone.
 *
 * Names are never stored: the file holds HMAC-SHA-256 of (space, name) under
 * a random key of the store's own, so that a stolen file names no token and
 * no login.  (The key lies in the same file: a name that can be guessed, such
 * as an issuer's, can be guessed still.)  Values are stored as they are and
 * must not hold tokens; they have at most BA_STORE_VALUE_MAX bytes,
 * BA_ERR_LIMIT above.
 *
 * Which answers: brokers that share the file must see each other's news, and
 * a broker that has what it needs must not touch the disk.  So the file is
 * asked first for KEYS, whose owner (common/oauth/keys.c) keeps them parsed
 * and comes here for news alone, and for ATTEMPT, BREAKER, USED and DEVICE,
 * which are nothing but news; memory answers for them only what the file cannot
 * say, and for DEVICE, which is only ever added, nothing.
 * LOGIN and ANSWER are good until they end, whoever wrote them: memory is asked
 * first.  What was put with BA_REACH_PROCESS hides the file's entry.
 *
 * Memory forgets the oldest when it is full; the file then forgets answers,
 * after them logins, and nothing else that is alive; a DEVICE entry finds
 * no room rather than push out a login.
 *
 * Nothing waits for long: a file that another process holds gives
 * BA_ERR_STORE after busy_ms, and for some time then at once (store_sqlite.h).
 * A damaged file is set aside (renamed with the
 * suffix ".damaged") and a fresh one begun, with a log line.
 */
struct ba_store;

#define BA_STORE_VALUE_MAX (1024 * 1024)

enum ba_space { /* names are apart by space */
	BA_SPACE_KEYS = 1, /* an issuer's key set */
	BA_SPACE_ATTEMPT = 2, /* when an issuer was last asked */
	BA_SPACE_LOGIN = 3, /* what a login was granted on */
	BA_SPACE_ANSWER = 4, /* what an issuer said of a token */
	BA_SPACE_BREAKER = 5, /* an issuer that is not asked now */
	BA_SPACE_USED = 6, /* a token of single use */
	BA_SPACE_DEVICE = 7 /* a device flow that was begun, for its limits */
};

enum ba_reach {
	BA_REACH_PROCESS, /* this process's memory only */
	BA_REACH_SHARED /* the file too, where there is one */
};

struct ba_store_options {
	const char *path; /* NULL: memory alone */
	unsigned busy_ms; /* longest wait for the file */
	size_t max_entries; /* in memory; oldest out; 0: 4096 */
	const struct ba_log *log;
	const struct ba_clock *clock; /* of waits; NULL: the system's */
};

/*
 * Opens lazily: the file is touched at the first get or put that needs it.
 * BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_store_open(
    const struct ba_store_options *options, struct ba_store **storep);
void ba_store_close(struct ba_store *store);

/*
 * The value of (space, name), appended to value; *expiresp (may be NULL)
 * when it ends, in seconds of wall time.  BA_ERR_NOT_FOUND where there is
 * none or where it ended at or before now; BA_ERR_STORE where the file did
 * not answer and memory did not know.
 */
BA_MUST_CHECK int ba_store_get(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, int64_t now, struct ba_buf *value,
    int64_t *expiresp);

/*
 * Set or replace.  With BA_REACH_SHARED, BA_ERR_STORE says that only memory
 * has it.
 */
BA_MUST_CHECK int ba_store_put(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach);

/*
 * Set, unless a live entry exists: BA_ERR_EXISTS then.  Of all processes
 * that add the same name at the same time with BA_REACH_SHARED exactly one
 * succeeds; where the file cannot say, BA_ERR_STORE, and nobody has.
 */
BA_MUST_CHECK int ba_store_add(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach);

/* Forget; BA_OK also where there was nothing. */
BA_MUST_CHECK int ba_store_delete(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, enum ba_reach reach);

#endif
