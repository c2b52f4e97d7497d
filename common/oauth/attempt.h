/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_ATTEMPT_H
#define BA_OAUTH_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/store.h"

/*
 * Word about askings, for all brokers of the machine: in the store stands, for
 * each issuer, a stamp that somebody asks it, or what came of the last time.
 * It is written before the first request (V38), and ends by itself:
 *
 *	stamp = serial ( "asking" / "done" / "failed" )
 *	serial = 16( %x30-39 / %x61-66 ) ; random, the asking's from start to end
 */
enum ba_attempt_what {
	BA_ATTEMPT_NONE, /* not of late */
	BA_ATTEMPT_ASKING, /* for less than BA_KEYS_ASKING seconds (keys.h) */
	BA_ATTEMPT_DONE, /* less than BA_KEYS_COOLDOWN seconds ago */
	BA_ATTEMPT_FAILED /* the same */
};

#define BA_ATTEMPT_SERIAL_LEN 16

struct ba_stamp {
	enum ba_attempt_what what;
	int64_t expires; /* wall seconds */
	char serial[BA_ATTEMPT_SERIAL_LEN + 1]; /* "" of none */
};

/*
 * The askings for one name.  own: the last one of this process, which holds
 * for it whatever the store does; zeroed at first.
 */
struct ba_attempt {
	struct ba_store *store; /* or NULL */
	const struct ba_buf *name;
	struct ba_stamp own;
};

/* The last one by anybody; by us alone where the store does not know. */
void ba_attempt_read(
    const struct ba_attempt *a, int64_t now, struct ba_stamp *stamp);

/*
 * Leave word that we ask: of many that do at the same time one has BA_OK, but
 * for those with forced, which goes by over an asking that has ended.
 * BA_ERR_BUSY: somebody is asking.  BA_ERR_UNAVAIL: somebody has, of late.
 * BA_ERR_SYSTEM.  *toldp: do the others know?  (They do not where the store
 * does not work.  Then each asks for itself: that costs requests, and not a
 * login.)
 */
BA_MUST_CHECK int ba_attempt_claim(
    struct ba_attempt *a, int64_t now, bool forced, bool *toldp);

/* … that the asking has ended; true: the others know. */
bool ba_attempt_finish(struct ba_attempt *a, int64_t now, bool well);

#endif
