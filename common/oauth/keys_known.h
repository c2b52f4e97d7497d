/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_KEYS_KNOWN_H
#define BA_OAUTH_KEYS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/jose/jwk.h"
#include "common/oauth/attempt.h"
#include "common/oauth/keys.h"
#include "common/oauth/keys_record.h"
#include "common/policy/config.h"
#include "common/store/store.h"

/*
 * What is known of one issuer that is asked for its keys: what it said last,
 * in memory and behind that in the store, and when it was asked.  Part of
 * keys.c, and used by nobody else.
 */
struct ba_known {
	const struct ba_issuer *issuer;
	struct ba_store *store; /* or NULL */
	const struct ba_log *log;
	struct ba_buf name; /* in the store */
	struct ba_attempt attempt;
	bool look; /* the store may have news */
	int64_t looked; /* there, and when */
	char seen[BA_ATTEMPT_SERIAL_LEN + 1]; /* the asking whose end we
						 have looked at */
	/* Made when it is needed: of a thousand issuers a broker asks few. */
	struct ba_record *record; /* what the issuer said last, or NULL */
	struct ba_jwks *set; /* … its keys; NULL where it needs none */
	struct ba_buf raw; /* … what set was made of */
	struct ba_jwks *lent; /* a set that is replaced, and may be in use */
	bool used; /* since record was fetched */
	bool passed_over; /* what the store has suits another configuration,
			     and that has been said */
};

/* Zeroed before.  BA_ERR_NOMEM; to be cleared in any case. */
BA_MUST_CHECK int ba_known_init(struct ba_known *n,
    const struct ba_issuer *issuer, struct ba_store *store,
    const struct ba_log *log);
void ba_known_clear(struct ba_known *n);

/* Is there a record whose keys serve, fresh or stale? */
bool ba_known_serves(const struct ba_known *n, int64_t now);
/* … and is its metadata fresh, so that we know where its keys are? */
bool ba_known_metadata_fresh(const struct ba_known *n, int64_t now);
/* Of a record that serves: when it does not any more. */
int64_t ba_known_end(const struct ba_known *n);
/* … until when nobody need ask; the metadata counts where it is used by
   itself. */
int64_t ba_known_fresh_until(const struct ba_known *n);

/*
 * Is this the ETag of keys that we have and that serve, from this URL, so that
 * "not modified" means them?  Never for "".
 */
bool ba_known_has(
    const struct ba_known *n, const char *etag, const char *uri, int64_t now);

/* Look for news in the store.  No set that was lent is freed. */
void ba_known_look(struct ba_known *n, int64_t now);
/* … where there may be any; otherwise at most once in each second. */
void ba_known_keep_up(struct ba_known *n, int64_t now);

/* See ba_keys_state(); ours: our own asking is under way. */
enum ba_keys_state ba_known_state(struct ba_known *n, int64_t now, bool ours);

/* See ba_keys_due(); seed: of the process. */
int64_t ba_known_due(struct ba_known *n, int64_t now, uint32_t seed);

/* Sets that were replaced since they were lent are in use no more. */
void ba_known_take_back(struct ba_known *n);

/*
 * The issuer said this now, in answer to us.  With raw, set and the bytes in
 * it are taken over (set is NULL where there need be none); without, what we
 * have is its key set still.  Put into the store; *storedp: that worked, and
 * the other brokers have it.  BA_ERR_NOMEM, and nothing is changed nor taken.
 */
BA_MUST_CHECK int ba_known_take(struct ba_known *n, int64_t now,
    const struct ba_record *rec, struct ba_jwks *set, struct ba_buf *raw,
    bool *storedp);

#endif
