/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_KEYS_RECORD_H
#define BA_OAUTH_KEYS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/jose/jwk.h"
#include "common/oauth/http.h"
#include "common/oauth/metadata.h"
#include "common/policy/config.h"

/*
 * What an issuer said when it was last asked with success, as it stands in the
 * store: one record, so that keys and what is known of them never part.
 *
 *	record = head %x0A *OCTET
 *
 * The head is a JSON object on one line; what follows are the bytes of the key
 * set, none where the issuer's tokens need no keys.  All times are seconds of
 * wall time.
 */
struct ba_record {
	int64_t fetched; /* when that was */
	int64_t fresh_until; /* the keys; without keys, the metadata */
	int64_t metadata_until; /* the metadata is fresh */
	char etag[BA_HTTP_ETAG_MAX + 1]; /* of the key set, or "" */
	struct ba_metadata metadata; /* whose jwks_uri gave it */
};

/* The head: seven URLs, an ETag of which each character may be escaped, and
   the rest. */
#define BA_RECORD_HEAD_MAX (7 * BA_URL_MAX + 2 * BA_HTTP_ETAG_MAX + 512)
#define BA_RECORD_MAX      (BA_RECORD_HEAD_MAX + 1 + BA_JWKS_BYTES_MAX)

/* Append; b has room for BA_RECORD_MAX.  BA_ERR_NOMEM, BA_ERR_LIMIT. */
BA_MUST_CHECK int ba_record_write(
    const struct ba_record *rec, const void *jwks, size_t n, struct ba_buf *b);

/*
 * The other way; *jwksp points into p, and what is there is not judged.  For
 * this issuer, as it is configured now: one that was written under another
 * configuration, whose endpoints may not be (any more) where they are or are
 * not all that is needed, is none.  BA_ERR_JSON for what is no record,
 * BA_ERR_METADATA for none of this issuer's, BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_record_read(const struct ba_issuer *issuer, const void *p,
    size_t n, struct ba_record *rec, const void **jwksp, size_t *np);

/* Its times, within max_key_life as it is now. */
int64_t ba_record_keys_fresh(
    const struct ba_issuer *issuer, const struct ba_record *rec);
int64_t ba_record_metadata_fresh(
    const struct ba_issuer *issuer, const struct ba_record *rec);

/*
 * Does what was fresh until then still serve, fresh or stale?  Not where it is
 * further away than we ever set a time: the clock was wrong then, and it would
 * serve for as long as it was.
 */
bool ba_record_serves(
    const struct ba_issuer *issuer, int64_t fresh_until, int64_t now);

/*
 * How long an answer that may be kept for max_age seconds (-1: it does not
 * say) is fresh.
 */
int64_t ba_record_life(const struct ba_issuer *issuer, int64_t max_age);

#endif
