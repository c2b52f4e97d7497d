/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/oauth/keys.h"
#include "common/oauth/keys_file.h"
#include "common/oauth/keys_known.h"

/* RFC 7517 section 8.5.2 has a type of its own, and few send it (TR-05). */
#define JWKS_TYPES "application/json, application/jwk-set+json"

enum phase { PHASE_OIDC, PHASE_OAUTH, PHASE_JWKS };

/* Our own asking, while it is under way. */
struct asking {
	enum phase phase;
	int64_t began;
	bool short_way; /* it began with the key set */
	int64_t metadata_until;
	struct ba_metadata metadata; /* for PHASE_JWKS; not believed before
					the keys are there, too */
	char url[BA_URL_MAX + 1]; /* of the request under way */
	char etag[BA_HTTP_ETAG_MAX + 1]; /* … and its If-None-Match */
};

struct entry {
	const struct ba_issuer *issuer;
	struct ba_keys_file *file; /* or NULL, and then: */
	struct ba_known known;
	struct asking *asking; /* or NULL */
	bool doubt; /* the key set may be somewhere else by now */
	int last; /* what came of our last asking */
};

struct ba_keys {
	const struct ba_config *config;
	const struct ba_log *log;
	uint32_t seed; /* for due times that differ */
	bool alone; /* said that the store does not answer */
	struct entry *entries; /* by ba_issuer.index */
};

static struct entry *
entry_of(struct ba_keys *k, const struct ba_issuer *issuer)
{
	/* One of another configuration would find somebody else's keys. */
	if (issuer->index >= k->config->n_issuers ||
	    issuer != &k->config->issuers[issuer->index])
		return NULL;
	return &k->entries[issuer->index];
}

/* An issuer that is asked; NULL for those with a file. */
static struct entry *
asked_entry(struct ba_keys *k, const struct ba_issuer *issuer)
{
	struct entry *e = entry_of(k, issuer);

	return e == NULL || e->file != NULL ? NULL : e;
}

/* --- birth and death ------------------------------------------------------- */

static int
make_entry(struct ba_keys *k, const struct ba_issuer *issuer,
    struct ba_store *store, uid_t trusted_uid, struct entry *e)
{
	int r;

	e->issuer = issuer;
	r = ba_known_init(&e->known, issuer, store, k->log);
	if (r == BA_OK)
		r = ba_keys_file_new(issuer, trusted_uid, k->log, &e->file);
	return r;
}

int
ba_keys_new(const struct ba_config *config, struct ba_store *store,
    uid_t trusted_uid, const struct ba_log *log, struct ba_keys **keysp)
{
	struct ba_keys *k;
	size_t i;
	int r = BA_OK;

	*keysp = NULL;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return BA_ERR_NOMEM;
	k->config = config;
	k->log = log;
	k->seed = (uint32_t)getpid();
	k->entries = calloc(config->n_issuers + 1, sizeof(*k->entries));
	if (k->entries == NULL) {
		free(k);
		return BA_ERR_NOMEM;
	}
	for (i = 0; i < config->n_issuers && r == BA_OK; i++)
		r = make_entry(
		    k, &config->issuers[i], store, trusted_uid, &k->entries[i]);
	if (r != BA_OK)
		ba_keys_free(k);
	else
		*keysp = k;
	return r;
}

void
ba_keys_free(struct ba_keys *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < k->config->n_issuers; i++) {
		ba_keys_file_free(k->entries[i].file);
		ba_known_clear(&k->entries[i].known);
		free(k->entries[i].asking);
	}
	free(k->entries);
	free(k);
}

/* --- what is known --------------------------------------------------------- */

const struct ba_jwks *
ba_keys_get(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct entry *e = entry_of(k, issuer);

	if (e == NULL)
		return NULL;
	if (e->file != NULL) {
		ba_keys_file_look(e->file, now);
		return ba_keys_file_set(e->file);
	}
	/* In this order: what is replaced now is nobody's any more, and would
	   hold the place of what is lent next. */
	ba_known_keep_up(&e->known, now);
	ba_known_take_back(&e->known);
	if (!ba_known_serves(&e->known, now))
		return NULL;
	e->known.used = true;
	return e->known.set;
}

const struct ba_metadata *
ba_keys_metadata(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct entry *e = asked_entry(k, issuer);
	struct ba_known *n;

	if (e == NULL)
		return NULL;
	n = &e->known;
	ba_known_keep_up(n, now);
	if (!ba_known_serves(n, now) ||
	    !ba_record_serves(
		issuer, ba_record_metadata_fresh(issuer, n->record), now))
		return NULL;
	n->used = true;
	return &n->record->metadata;
}

static enum ba_keys_state
state_of(struct entry *e, int64_t now)
{
	if (e->file == NULL)
		return ba_known_state(&e->known, now, e->asking != NULL);
	return ba_keys_file_set(e->file) != NULL ? BA_KEYS_FINAL
						 : BA_KEYS_FAILED;
}

enum ba_keys_state
ba_keys_state(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct entry *e = entry_of(k, issuer);

	return e == NULL ? BA_KEYS_FAILED : state_of(e, now);
}

static bool
is_stale(const struct ba_known *n, int64_t now)
{
	return ba_known_serves(n, now) && now >= ba_known_fresh_until(n);
}

bool
ba_keys_want_refresh(
    struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct entry *e = asked_entry(k, issuer);

	if (e == NULL || !is_stale(&e->known, now))
		return false;
	/* Another broker's news show in the state, and are looked at then. */
	(void)state_of(e, now);
	ba_known_keep_up(&e->known, now);
	if (!is_stale(&e->known, now))
		return false;
	switch (state_of(e, now)) {
	case BA_KEYS_FINAL:
	case BA_KEYS_FAILED:
		return false;
	case BA_KEYS_WAIT:
	case BA_KEYS_MAY_ASK:
		return true;
	}
	return false;
}

int64_t
ba_keys_due(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct entry *e = asked_entry(k, issuer);

	return e == NULL ? INT64_MAX : ba_known_due(&e->known, now, k->seed);
}

static void
file_info(const struct ba_keys_file *file, struct ba_keys_info *info)
{
	info->n = ba_jwks_count(ba_keys_file_set(file));
	info->file = true;
	info->secret = ba_keys_file_is_secret(file);
	info->last = ba_keys_file_last(file);
}

static void
known_info(
    struct ba_known *n, int64_t now, uint32_t seed, struct ba_keys_info *info)
{
	int64_t due;

	if (now != n->looked)
		ba_known_look(n, now);
	if (!ba_known_serves(n, now))
		return;
	info->n = ba_jwks_count(n->set);
	info->fetched = n->record->fetched;
	info->fresh_until = ba_known_fresh_until(n);
	info->stale_until = ba_known_end(n);
	due = ba_known_due(n, now, seed);
	info->due = due == INT64_MAX ? 0 : due;
}

void
ba_keys_info(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now,
    struct ba_keys_info *info)
{
	struct entry *e = entry_of(k, issuer);

	memset(info, 0, sizeof(*info));
	info->last = e == NULL ? BA_ERR_INTERNAL : e->last;
	if (e == NULL)
		return;
	if (e->file != NULL)
		file_info(e->file, info);
	else
		known_info(&e->known, now, k->seed, info);
}

/* --- an asking ------------------------------------------------------------- */

static void
check_told(struct ba_keys *k, bool told)
{
	if (told || k->alone)
		return;
	ba_log(k->log, BA_LOG_WARNING,
	    "issuers are asked for their keys without a word to the other"
	    " brokers, for the store does not work");
	k->alone = true;
}

static void
finish(struct ba_keys *k, struct entry *e, int64_t now, int err)
{
	struct ba_known *n = &e->known;

	e->last = err;
	check_told(k, ba_attempt_finish(&n->attempt, now, err == BA_OK));
	memcpy(n->seen, n->attempt.own.serial, sizeof(n->seen));
	free(e->asking);
	e->asking = NULL;
}

static const char *
remedy(int err)
{
	switch (err) {
	case BA_ERR_TIMEOUT:
	case BA_ERR_HTTP:
		return "see whether it can be reached from here";
	case BA_ERR_TLS:
		return "check ca_file, its certificate and our clock";
	case BA_ERR_METADATA:
		return "compare [issuer] with what it publishes";
	case BA_ERR_JWKS:
		return "it must publish a key set with a public key, and no"
		       " secret";
	}
	return "this is a fault of ours";
}

/*
 * The end of an asking that failed; what was known before stays.  Where it
 * began with the key set, that may have moved: the next begins with the
 * metadata.
 */
static int
fail(struct ba_keys *k, struct entry *e, int64_t now, int err, const char *why)
{
	const char *url = e->asking->url;
	int64_t left = 0;

	if (ba_known_serves(&e->known, now))
		left = ba_known_end(&e->known) - now;
	ba_log(k->log, BA_LOG_ERR,
	    "issuer %s: no keys from %.300s: %s%s%.200s; %s; asked again after"
	    " %d s; what it said before serves for %lld s more",
	    e->issuer->url, url[0] != '\0' ? url : "its metadata",
	    ba_err_text(err), why[0] != '\0' ? ": " : "", why, remedy(err),
	    BA_KEYS_COOLDOWN, (long long)left);
	e->doubt = e->asking->short_way;
	finish(k, e, now, err);
	return err;
}

/*
 * A request for url, within what is left of the whole asking.  The clock has
 * whole seconds, so that one of them may be all but over already.
 */
static int
next_request(struct ba_keys *k, struct entry *e, int64_t now,
    struct ba_http_request *request)
{
	struct asking *a = e->asking;
	int64_t left = BA_KEYS_ASKING - 1 - (now - a->began);

	if (left <= 0)
		return fail(k, e, now, BA_ERR_TIMEOUT,
		    "its earlier answers took too long");
	request->url = a->url;
	request->timeout_ms = BA_KEYS_REQUEST_MS;
	if (left * 1000 < BA_KEYS_REQUEST_MS)
		request->timeout_ms = (unsigned)left * 1000;
	request->accept = a->phase == PHASE_JWKS ? JWKS_TYPES : NULL;
	request->etag = a->etag[0] != '\0' ? a->etag : NULL;
	request->ca_file = e->issuer->ca_file;
	request->ca_directory = e->issuer->ca_directory;
	request->proxy = k->config->proxy;
	request->no_proxy = k->config->no_proxy;
	return BA_OK;
}

static int
ask_metadata(struct ba_keys *k, struct entry *e, int64_t now, enum phase phase,
    struct ba_http_request *request)
{
	struct asking *a = e->asking;
	int r;

	a->phase = phase;
	a->short_way = false;
	a->etag[0] = '\0';
	r = ba_well_known_url(e->issuer->url,
	    phase == PHASE_OIDC ? BA_WELL_KNOWN_OIDC : BA_WELL_KNOWN_OAUTH,
	    a->url, sizeof(a->url));
	if (r != BA_OK)
		return fail(k, e, now, r, "its URL is too long");
	return next_request(k, e, now, request);
}

static int
ask_jwks(struct ba_keys *k, struct entry *e, int64_t now,
    struct ba_http_request *request)
{
	const struct ba_known *n = &e->known;
	struct asking *a = e->asking;

	a->phase = PHASE_JWKS;
	memcpy(a->url, a->metadata.jwks_uri, sizeof(a->url));
	if (n->record != NULL && ba_known_has(n, n->record->etag, a->url, now))
		memcpy(a->etag, n->record->etag, sizeof(a->etag));
	return next_request(k, e, now, request);
}

/* May we go by the metadata that we have?  An administrator wants it new. */
static bool
short_way(const struct entry *e, int64_t now, bool forced)
{
	return !forced && !e->doubt && ba_metadata_needs_keys(e->issuer) &&
	       ba_known_metadata_fresh(&e->known, now) &&
	       e->known.record->metadata.jwks_uri[0] != '\0';
}

/* Has another broker asked, so long ago that no stamp says so any more? */
static bool
slept_through(struct ba_known *n, int64_t now)
{
	int64_t before = n->record == NULL ? 0 : n->record->fetched;

	if (now == n->looked)
		return false;
	ba_known_look(n, now);
	return n->record != NULL && n->record->fetched != before;
}

static int
may_begin(struct entry *e, int64_t now, bool forced)
{
	if (e->asking != NULL)
		return BA_ERR_BUSY;
	/* Whether somebody asks now is told by the stamp, once it is ours. */
	if (forced && e->file == NULL)
		return BA_OK;
	switch (state_of(e, now)) {
	case BA_KEYS_FINAL:
	case BA_KEYS_FAILED:
		return BA_ERR_UNAVAIL;
	case BA_KEYS_WAIT:
		return BA_ERR_BUSY;
	case BA_KEYS_MAY_ASK:
		return slept_through(&e->known, now) ? BA_ERR_BUSY : BA_OK;
	}
	return BA_ERR_INTERNAL;
}

/* Memory before word is left: nobody shall wait for what never begins. */
static int
claim(struct ba_keys *k, struct entry *e, int64_t now, bool forced)
{
	struct asking *a = calloc(1, sizeof(*a));
	bool told;
	int r;

	if (a == NULL)
		return BA_ERR_NOMEM;
	r = ba_attempt_claim(&e->known.attempt, now, forced, &told);
	if (r != BA_OK) {
		free(a);
		return r;
	}
	check_told(k, told);
	a->began = now;
	e->asking = a;
	return BA_OK;
}

int
ba_keys_begin(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now,
    bool forced, struct ba_http_request *request)
{
	struct entry *e = entry_of(k, issuer);
	int r;

	memset(request, 0, sizeof(*request));
	if (e == NULL)
		return BA_ERR_INTERNAL;
	r = may_begin(e, now, forced);
	if (r == BA_OK)
		r = claim(k, e, now, forced);
	if (r != BA_OK)
		return r;
	if (!short_way(e, now, forced))
		return ask_metadata(k, e, now, PHASE_OIDC, request);
	e->asking->short_way = true;
	e->asking->metadata = e->known.record->metadata;
	e->asking->metadata_until = e->known.record->metadata_until;
	return ask_jwks(k, e, now, request);
}

/* --- its answers ----------------------------------------------------------- */

/* With raw, set and its bytes come along; see ba_known_take(). */
static int
succeed(struct ba_keys *k, struct entry *e, int64_t now, struct ba_record *rec,
    struct ba_jwks *set, struct ba_buf *raw)
{
	bool stored;
	int r;

	rec->fetched = now;
	rec->metadata = e->asking->metadata;
	rec->metadata_until = e->asking->metadata_until;
	r = ba_known_take(&e->known, now, rec, set, raw, &stored);
	if (r != BA_OK) {
		ba_jwks_free(set);
		return fail(k, e, now, r, "");
	}
	e->doubt = false;
	/* Else the store has said why. */
	ba_log(k->log, BA_LOG_INFO, "issuer %s: %zu keys, good for %lld s%s",
	    e->issuer->url, ba_jwks_count(e->known.set),
	    (long long)(rec->fresh_until - now),
	    stored ? "" : ", for this broker alone");
	finish(k, e, now, BA_OK);
	return BA_OK;
}

/* Metadata is all that there is to be had of issuers that need no keys. */
static int
succeed_without_keys(struct ba_keys *k, struct entry *e, int64_t now)
{
	struct ba_record rec = { .fresh_until = e->asking->metadata_until };
	struct ba_buf none;

	ba_buf_init(&none, BA_JWKS_BYTES_MAX);
	return succeed(k, e, now, &rec, NULL, &none);
}

static int
feed_metadata(struct ba_keys *k, struct entry *e, int64_t now,
    const struct ba_http_response *response, struct ba_http_request *request)
{
	struct asking *a = e->asking;
	const char *why;
	int r;

	r = ba_metadata_parse(e->issuer, response, &a->metadata, &why);
	if (r == BA_ERR_METADATA && a->phase == PHASE_OIDC &&
	    ba_metadata_absent(response)) {
		ba_log(k->log, BA_LOG_INFO,
		    "issuer %s: nothing at %.300s: %s; trying the form of"
		    " RFC 8414",
		    e->issuer->url, a->url, why);
		r = ask_metadata(k, e, now, PHASE_OAUTH, request);
		return r == BA_OK ? BA_ERR_NEED_KEYS : r;
	}
	if (r != BA_OK)
		return fail(k, e, now, r,
		    response->why[0] != '\0' ? response->why : why);
	if (why[0] != '\0')
		ba_log(k->log, BA_LOG_WARNING,
		    "issuer %s: no login by the device flow: %s",
		    e->issuer->url, why);
	a->metadata_until = now + ba_record_life(e->issuer, response->max_age);
	if (!ba_metadata_needs_keys(e->issuer))
		return succeed_without_keys(k, e, now);
	r = ask_jwks(k, e, now, request);
	return r == BA_OK ? BA_ERR_NEED_KEYS : r;
}

static int
judge_jwks(const struct ba_http_response *r, const char **whyp)
{
	*whyp = r->why;
	if (r->err != BA_OK)
		return r->err;
	if (r->status != 200) {
		*whyp = "the answer's HTTP status is not 200";
		return BA_ERR_JWKS;
	}
	if (strcmp(r->content_type, "application/json") != 0 &&
	    strcmp(r->content_type, "application/jwk-set+json") != 0) {
		*whyp = "the answer is of another type than a key set";
		return BA_ERR_JWKS;
	}
	*whyp = "";
	return BA_OK;
}

/*
 * "Not modified" (RFC 9110 section 15.4.5) is said of the keys whose ETag we
 * sent, and of no others.
 */
static int
feed_not_modified(struct ba_keys *k, struct entry *e, int64_t now,
    const struct ba_http_response *response)
{
	const struct asking *a = e->asking;
	struct ba_record rec;

	if (!ba_known_has(&e->known, a->etag, a->metadata.jwks_uri, now))
		return fail(k, e, now, BA_ERR_JWKS,
		    "it says 304 of keys that we do not have");
	rec = *e->known.record;
	rec.fresh_until = now + ba_record_life(e->issuer, response->max_age);
	return succeed(k, e, now, &rec, NULL, NULL);
}

/*
 * Metadata that was not asked for in this asking may be out of date: where
 * nothing lives at its jwks_uri, it is asked for now.
 */
static int
no_key_set(struct ba_keys *k, struct entry *e, int64_t now,
    const struct ba_http_response *response, int err, const char *why,
    struct ba_http_request *request)
{
	int r;

	if (!e->asking->short_way || err != BA_ERR_JWKS ||
	    !ba_metadata_absent(response))
		return fail(k, e, now, err, why);
	ba_log(k->log, BA_LOG_INFO,
	    "issuer %s: no key set at %.300s: %s; looking into its metadata",
	    e->issuer->url, e->asking->url, why);
	r = ask_metadata(k, e, now, PHASE_OIDC, request);
	return r == BA_OK ? BA_ERR_NEED_KEYS : r;
}

static int
take_set(struct ba_keys *k, struct entry *e, int64_t now,
    const struct ba_http_response *response, struct ba_jwks *set)
{
	struct ba_record rec = { .fetched = now };
	struct ba_buf raw;
	int r;

	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	r = ba_buf_append(&raw, response->body.p, response->body.len);
	if (r != BA_OK) {
		ba_jwks_free(set);
		return fail(k, e, now, r, "");
	}
	rec.fresh_until = now + ba_record_life(e->issuer, response->max_age);
	if (ba_http_etag_ok(response->etag))
		memcpy(rec.etag, response->etag, sizeof(rec.etag));
	r = succeed(k, e, now, &rec, set, &raw);
	ba_buf_wipe(&raw);
	return r;
}

static int
feed_jwks(struct ba_keys *k, struct entry *e, int64_t now,
    const struct ba_http_response *response, struct ba_http_request *request)
{
	struct ba_jwks *set = NULL;
	size_t bad = 0;
	const char *why;
	int r;

	if (response->err == BA_OK && response->status == 304)
		return feed_not_modified(k, e, now, response);
	r = judge_jwks(response, &why);
	if (r == BA_OK)
		r = ba_jwks_parse(
		    response->body.p, response->body.len, &set, &bad);
	ba_keys_warn_of_bad(k->log, e->issuer, bad);
	if (r != BA_OK)
		return no_key_set(k, e, now, response, r, why, request);
	return take_set(k, e, now, response, set);
}

int
ba_keys_feed(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now,
    const struct ba_http_response *response, struct ba_http_request *request)
{
	struct entry *e = entry_of(k, issuer);

	memset(request, 0, sizeof(*request));
	if (e == NULL || e->asking == NULL)
		return BA_ERR_INTERNAL;
	ba_known_take_back(&e->known);
	switch (e->asking->phase) {
	case PHASE_OIDC:
	case PHASE_OAUTH:
		return feed_metadata(k, e, now, response, request);
	case PHASE_JWKS:
		return feed_jwks(k, e, now, response, request);
	}
	return BA_ERR_INTERNAL;
}

void
ba_keys_abandon(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct entry *e = entry_of(k, issuer);

	if (e != NULL && e->asking != NULL)
		(void)fail(k, e, now, BA_ERR_HTTP, "no answer came at all");
}
