/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_KEYS_H
#define BA_OAUTH_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/jose/jwk.h"
#include "common/oauth/http.h"
#include "common/oauth/metadata.h"
#include "common/policy/config.h"
#include "common/store/store.h"

/*
 * What every configured issuer publishes: its keys, and where it is asked for
 * what; in memory, behind that in the store, behind that with the issuer.  A
 * state machine without a wire: it says which request it wants made, and is
 * fed the answer.  The broker's loop and the command line drive the same one.
 *
 * Keys are fresh for as long as the issuer says (Cache-Control, Expires),
 * within min_key_life and max_key_life; then stale: they still serve while
 * the issuer cannot be asked, for stale_keys seconds more.  No failing or
 * empty answer takes away what is there (V38).  Metadata is kept under the
 * same rules; while it is fresh an asking begins with the key set, and with
 * If-None-Match where the issuer gave an ETag.  Where nothing lives there any
 * more the metadata is asked for in the same asking; after any other failure,
 * in the next.
 *
 * In the store all is filed under the issuer's URL and its trust (ca_file or
 * ca_directory): what was fetched under one trust is no answer under another.
 */
#define BA_KEYS_LIFE_DEFAULT 3600 /* s, where the issuer says nothing */
#define BA_KEYS_COOLDOWN                                                       \
	30 /* s between two askings for an unknown
					   kid, or after a failure */
#define BA_KEYS_ASKING     6 /* s that an asking takes at the most */
#define BA_KEYS_REQUEST_MS 2500 /* … of which a request */

struct ba_keys;

/*
 * Read a jwks_file, or, with secret set, a symmetric_key_file: that one may be
 * read by nobody else, and stands in a directory that nobody else can write
 * to.  As ba_read_trusted(), *whyp too.
 */
BA_MUST_CHECK int ba_keys_read_file(const char *path, uid_t trusted_uid,
    bool secret, struct ba_buf *b, const char **whyp);

/*
 * For one configuration; store may be NULL.  Reads jwks_files and
 * symmetric_key_files by ba_keys_read_file(); one that is missing or wrong is
 * logged, and its issuer has no keys.  Both are looked at again at most once
 * a second, when they are asked for, and read again when they have changed;
 * one that has become wrong is logged, and what it held before stays.
 * Secrets are never looked for anywhere else, nor put into the store.
 * A new configuration makes a new ba_keys.
 */
BA_MUST_CHECK int ba_keys_new(const struct ba_config *config,
    struct ba_store *store, uid_t trusted_uid, const struct ba_log *log,
    struct ba_keys **keysp);
void ba_keys_free(struct ba_keys *k);

/*
 * What is known now, fresh or stale, from memory or the store; NULL where
 * nothing is, or what is has ended.  Borrowed until the next ba_keys_get() or
 * ba_keys_feed() for this issuer.  This is ba_snapshot.keys.
 */
const struct ba_jwks *ba_keys_get(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now);

/* The same of its metadata, which issuers with files have not.  Borrowed until
   the next call for this issuer. */
const struct ba_metadata *ba_keys_metadata(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now);

/*
 * Is what is known stale, and may the issuer be asked (or is being asked)?
 * Then whoever can wait a little asks first, and goes by stale keys after.
 */
bool ba_keys_want_refresh(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now);

/*
 * When, in the background, the issuer should be asked anew: some time before
 * its keys go stale (a tenth of their life, at least BA_KEYS_COOLDOWN; not the
 * same for all brokers and issuers), and while they are stale, after each
 * cooldown.  INT64_MAX: never; its keys are a file, or nobody has used them
 * since they were last fetched: an issuer that nobody comes from costs nothing.
 */
int64_t ba_keys_due(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now);

/*
 * What ba_keys_get() gives, is it all that can be had?  Told from the last
 * asking by any broker of this machine, so that a restart, a reload or a
 * spawned broker changes nothing.
 */
enum ba_keys_state {
	/* All: a file; or an asking ended well less than
	   BA_KEYS_COOLDOWN seconds ago, and we have looked since. */
	BA_KEYS_FINAL,
	/* Not to be known now: its file is not usable; or the asking
	   that ended so lately failed. */
	BA_KEYS_FAILED,
	/* Somebody is asking (for less than BA_KEYS_ASKING seconds), or has
	   done so since we looked: use ba_keys_get() in a little while. */
	BA_KEYS_WAIT,
	/* The issuer may be asked. */
	BA_KEYS_MAY_ASK
};

enum ba_keys_state ba_keys_state(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now);

/* For people; times in wall seconds, 0: none. */
struct ba_keys_info {
	size_t n; /* keys */
	bool file; /* they are a file */
	bool secret; /* … of secrets */
	int64_t fetched; /* the asking that last ended well, by anybody */
	int64_t fresh_until;
	int64_t stale_until;
	int64_t due; /* ba_keys_due(); 0: never */
	int last; /* what came of this process's last asking; BA_OK before;
		     of a file: can what is there now be used? */
};
void ba_keys_info(struct ba_keys *k, const struct ba_issuer *issuer,
    int64_t now, struct ba_keys_info *info);

/*
 * Begin to ask: stamps the time in the store first, by add-if-absent, so
 * that of many brokers one asks; then gives the first request.  BA_OK and a
 * request to make (its strings are good until the next call for this
 * issuer).  BA_ERR_BUSY: the state is BA_KEYS_WAIT.  BA_ERR_UNAVAIL: it is
 * one of the first two; with forced (an administrator's wish) a cooldown is
 * passed over, and the metadata is asked for anew, however fresh it is.
 */
BA_MUST_CHECK int ba_keys_begin(struct ba_keys *k,
    const struct ba_issuer *issuer, int64_t now, bool forced,
    struct ba_http_request *request);

/*
 * Feed the answer.  BA_ERR_NEED_KEYS: make this further request.  BA_OK: the
 * keys are there (and in the store).  Any other error: the asking ended
 * without them; keys known before stay.
 */
BA_MUST_CHECK int ba_keys_feed(struct ba_keys *k,
    const struct ba_issuer *issuer, int64_t now,
    const struct ba_http_response *response, struct ba_http_request *request);

/* An asking that got no answer at all ends with this, as a failure. */
void ba_keys_abandon(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now);

#endif
