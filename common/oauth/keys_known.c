/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/oauth/keys_known.h"

/* No URL and no path holds a NUL. */
static int
make_name(const struct ba_issuer *issuer, struct ba_buf *name)
{
	const char *parts[] = { issuer->url, issuer->ca_file,
		issuer->ca_directory };
	size_t i, n = sizeof(parts) / sizeof(parts[0]), max = n;
	int r = BA_OK;

	for (i = 0; i < n; i++) {
		if (parts[i] == NULL)
			parts[i] = "";
		max += strlen(parts[i]);
	}
	ba_buf_init(name, max);
	for (i = 0; i < n && r == BA_OK; i++)
		r = ba_buf_append(
		    name, parts[i], strlen(parts[i]) + (i + 1 < n));
	return r;
}

int
ba_known_init(struct ba_known *n, const struct ba_issuer *issuer,
    struct ba_store *store, const struct ba_log *log)
{
	n->issuer = issuer;
	n->store = store;
	n->log = log;
	n->looked = INT64_MIN;
	n->attempt.store = store;
	n->attempt.name = &n->name;
	ba_buf_init(&n->raw, BA_JWKS_BYTES_MAX);
	return make_name(issuer, &n->name);
}

void
ba_known_clear(struct ba_known *n)
{
	ba_buf_wipe(&n->name);
	ba_jwks_free(n->set);
	ba_jwks_free(n->lent);
	ba_buf_wipe(&n->raw);
	free(n->record);
}

/* --- times ----------------------------------------------------------------- */

bool
ba_known_serves(const struct ba_known *n, int64_t now)
{
	return n->record != NULL &&
	       ba_record_serves(
		   n->issuer, ba_record_keys_fresh(n->issuer, n->record), now);
}

bool
ba_known_metadata_fresh(const struct ba_known *n, int64_t now)
{
	return ba_known_serves(n, now) &&
	       now < ba_record_metadata_fresh(n->issuer, n->record);
}

int64_t
ba_known_end(const struct ba_known *n)
{
	return ba_record_keys_fresh(n->issuer, n->record) +
	       n->issuer->stale_keys;
}

int64_t
ba_known_fresh_until(const struct ba_known *n)
{
	int64_t keys = ba_record_keys_fresh(n->issuer, n->record), metadata;

	if (!ba_metadata_needs_introspection(n->issuer) &&
	    !ba_metadata_needs_device(n->issuer) &&
	    !ba_metadata_needs_token(n->issuer))
		return keys;
	metadata = ba_record_metadata_fresh(n->issuer, n->record);
	return metadata < keys ? metadata : keys;
}

bool
ba_known_has(
    const struct ba_known *n, const char *etag, const char *uri, int64_t now)
{
	return etag[0] != '\0' && n->set != NULL && ba_known_serves(n, now) &&
	       strcmp(n->record->etag, etag) == 0 &&
	       strcmp(n->record->metadata.jwks_uri, uri) == 0;
}

/*
 * Not all brokers of a site shall ask in the same second, and a time that
 * moves each time it is looked at never comes: a number of this issuer and
 * process.  (FNV-1a.)
 */
static uint32_t
spread(const struct ba_known *n, uint32_t seed)
{
	uint32_t h = UINT32_C(2166136261) ^ seed;
	const char *p;

	for (p = n->issuer->url; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT32_C(16777619);
	return h ^ h >> 16;
}

/* A tenth of their life before they go stale, and up to half as much more. */
static int64_t
planned(const struct ba_known *n, uint32_t seed)
{
	int64_t fresh = ba_known_fresh_until(n);
	int64_t margin = (fresh - n->record->fetched) / 10;

	if (margin < BA_KEYS_COOLDOWN)
		margin = BA_KEYS_COOLDOWN;
	return fresh - margin - spread(n, seed) % (margin / 2 + 1);
}

static bool
in_use(const struct ba_known *n, int64_t now)
{
	return n->used && ba_known_serves(n, now);
}

int64_t
ba_known_due(struct ba_known *n, int64_t now, uint32_t seed)
{
	struct ba_stamp s;
	int64_t due;

	if (!in_use(n, now))
		return INT64_MAX;
	due = planned(n, seed);
	if (due > now)
		return due;
	/* Before we ask: has another broker done so? */
	if (now != n->looked)
		ba_known_look(n, now);
	if (!in_use(n, now))
		return INT64_MAX;
	due = planned(n, seed);
	ba_attempt_read(&n->attempt, now, &s);
	return s.what != BA_ATTEMPT_NONE && s.expires > due ? s.expires : due;
}

/* --- sets and records ------------------------------------------------------ */

void
ba_known_take_back(struct ba_known *n)
{
	ba_jwks_free(n->lent);
	n->lent = NULL;
}

/*
 * A set that was lent is good until it is taken back: of those that are
 * replaced until then the first is the one.
 */
static void
retire_set(struct ba_known *n)
{
	if (n->lent == NULL)
		n->lent = n->set;
	else
		ba_jwks_free(n->set);
	n->set = NULL;
}

static void
replace_set(struct ba_known *n, struct ba_jwks *set, struct ba_buf *raw)
{
	retire_set(n);
	ba_buf_wipe(&n->raw);
	n->set = set;
	n->raw = *raw;
	ba_buf_init(raw, BA_JWKS_BYTES_MAX);
}

static int
replace_record(struct ba_known *n, const struct ba_record *rec)
{
	if (n->record == NULL)
		n->record = calloc(1, sizeof(*n->record));
	if (n->record == NULL)
		return BA_ERR_NOMEM;
	if (rec->fetched != n->record->fetched)
		n->used = false;
	*n->record = *rec;
	return BA_OK;
}

/* --- the store ------------------------------------------------------------- */

static int
parse_stored(const struct ba_known *n, const void *jwks, size_t len,
    struct ba_jwks **setp, struct ba_buf *raw)
{
	int r;

	*setp = NULL;
	if (len == 0 && !ba_metadata_needs_keys(n->issuer))
		return BA_OK;
	r = ba_jwks_parse(jwks, len, setp, NULL);
	if (r == BA_OK)
		r = ba_buf_append(raw, jwks, len);
	return r;
}

static int
accept_stored(struct ba_known *n, const struct ba_buf *value, int64_t now)
{
	struct ba_jwks *set = NULL;
	struct ba_record rec;
	struct ba_buf raw;
	const void *jwks;
	size_t len;
	int r;

	r = ba_record_read(n->issuer, value->p, value->len, &rec, &jwks, &len);
	if (r != BA_OK)
		return r;
	/* Not ours to throw away: our clock may be the one that is wrong. */
	if (!ba_record_serves(
		n->issuer, ba_record_keys_fresh(n->issuer, &rec), now))
		return BA_OK;
	if (n->set != NULL && n->raw.len == len &&
	    memcmp(n->raw.p, jwks, len) == 0)
		return replace_record(n, &rec);
	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	r = parse_stored(n, jwks, len, &set, &raw);
	if (r == BA_OK)
		r = replace_record(n, &rec);
	if (r == BA_OK)
		replace_set(n, set, &raw);
	else
		ba_jwks_free(set);
	ba_buf_wipe(&raw);
	return r;
}

/*
 * One that is good under another configuration is not ours to throw away:
 * between an edit and the reload a service goes by the one before, and all
 * others by the new one.
 */
static void
pass_over(struct ba_known *n)
{
	if (!n->passed_over)
		ba_log(n->log, BA_LOG_NOTICE,
		    "issuer %s: what the store has of it does not suit it as"
		    " it is configured now: %s; it is passed over",
		    n->issuer->url, ba_err_text(BA_ERR_METADATA));
	n->passed_over = true;
}

/* A record that we cannot use is no record. */
static void
refuse_stored(struct ba_known *n, int err)
{
	if (err == BA_ERR_METADATA) {
		pass_over(n);
		return;
	}
	ba_log(n->log, BA_LOG_ERR,
	    "issuer %s: what the store has of it is not usable: %s; it will"
	    " be asked again",
	    n->issuer->url, ba_err_text(err));
	if (err == BA_ERR_JSON || err == BA_ERR_JWKS)
		err = ba_store_delete(n->store, BA_SPACE_KEYS, n->name.p,
		    n->name.len, BA_REACH_SHARED);
}

/* The stamp first: whoever asks puts the keys there before the word that it is
   done. */
void
ba_known_look(struct ba_known *n, int64_t now)
{
	struct ba_stamp s;
	struct ba_buf value;
	int r;

	ba_attempt_read(&n->attempt, now, &s);
	n->look = false;
	n->looked = now;
	if (s.what == BA_ATTEMPT_ASKING)
		s.serial[0] = '\0';
	memcpy(n->seen, s.serial, sizeof(n->seen));
	if (n->store == NULL)
		return;
	ba_buf_init(&value, BA_RECORD_MAX);
	r = ba_store_get(
	    n->store, BA_SPACE_KEYS, n->name.p, n->name.len, now, &value, NULL);
	if (r == BA_OK) {
		r = accept_stored(n, &value, now);
		if (r == BA_OK)
			n->passed_over = false;
		else
			refuse_stored(n, r);
	}
	ba_buf_wipe(&value);
}

/* Stale, it may have been asked by another broker so long ago that no stamp
   tells of it. */
void
ba_known_keep_up(struct ba_known *n, int64_t now)
{
	if (n->look || !ba_known_serves(n, now) ||
	    (now != n->looked && now >= ba_known_fresh_until(n)))
		ba_known_look(n, now);
}

/*
 * Another broker's asking is news: it is looked at in the store once before
 * "no" is the answer, or its keys would wait here for ours to end.
 */
enum ba_keys_state
ba_known_state(struct ba_known *n, int64_t now, bool ours)
{
	struct ba_stamp s;

	ba_attempt_read(&n->attempt, now, &s);
	if (s.what == BA_ATTEMPT_NONE)
		return BA_KEYS_MAY_ASK;
	if (s.what != BA_ATTEMPT_ASKING && strcmp(s.serial, n->seen) == 0)
		return s.what == BA_ATTEMPT_DONE ? BA_KEYS_FINAL
						 : BA_KEYS_FAILED;
	if (!ours)
		n->look = true;
	return BA_KEYS_WAIT;
}

static bool
store_record(const struct ba_known *n, int64_t now)
{
	struct ba_buf b;
	int r;

	if (n->store == NULL)
		return false;
	ba_buf_init(&b, BA_RECORD_MAX);
	r = ba_record_write(n->record, n->raw.p, n->raw.len, &b);
	if (r == BA_OK)
		r = ba_store_put(n->store, BA_SPACE_KEYS, n->name.p,
		    n->name.len, b.p, b.len, now, ba_known_end(n),
		    BA_REACH_SHARED);
	ba_buf_wipe(&b);
	return r == BA_OK;
}

int
ba_known_take(struct ba_known *n, int64_t now, const struct ba_record *rec,
    struct ba_jwks *set, struct ba_buf *raw, bool *storedp)
{
	int r;

	*storedp = false;
	r = replace_record(n, rec);
	if (r != BA_OK)
		return r;
	if (raw != NULL)
		replace_set(n, set, raw);
	n->used = false;
	*storedp = store_record(n, now);
	return BA_OK;
}
