/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/io.h"
#include "common/base/mem.h"
#include "common/oauth/keys.h"
#include "common/oauth/metadata.h"

enum phase { PHASE_NONE, PHASE_OIDC, PHASE_OAUTH, PHASE_JWKS };

enum what { NOTHING, ASKING, DONE, FAILED };

/* A value of BA_SPACE_ATTEMPT is a serial and one of these. */
static const char *const words[] = { "", "asking", "done", "failed" };

#define SERIAL_BYTES 8
#define SERIAL_LEN   (2 * SERIAL_BYTES)
#define STAMP_MAX    (SERIAL_LEN + sizeof("asking") - 1)

/* An asking by somebody of this machine. */
struct stamp {
	enum what what;
	int64_t expires;
	char serial[SERIAL_LEN + 1]; /* the asking's, from start to end */
};

struct known {
	struct ba_buf name; /* in the store */
	struct ba_jwks *set;
	struct ba_buf raw; /* what set was made of */
	int64_t expires;
	bool fixed; /* from a file: never asked, never ends */
	bool look; /* the store may have news */
	char seen[SERIAL_LEN + 1]; /* the asking whose end we have looked at */
	struct stamp own; /* of this process, whatever the store does */
	int last; /* what came of that */
	enum phase phase; /* of our own asking */
	int64_t began; /* … and its start */
	char url[BA_URL_MAX + 1]; /* of the request under way */
};

struct ba_keys {
	const struct ba_config *config;
	struct ba_store *store;
	const struct ba_log *log;
	bool alone; /* said that the store does not answer */
	struct known *known; /* by ba_issuer.index */
};

static struct known *
known_of(struct ba_keys *k, const struct ba_issuer *issuer)
{
	/* One of another configuration would find somebody else's keys. */
	if (issuer->index >= k->config->n_issuers ||
	    issuer != &k->config->issuers[issuer->index])
		return NULL;
	return &k->known[issuer->index];
}

/* Takes set and the bytes of raw over. */
static void
replace(
    struct known *n, struct ba_jwks *set, struct ba_buf *raw, int64_t expires)
{
	ba_jwks_free(n->set);
	ba_buf_wipe(&n->raw);
	n->set = set;
	n->raw = *raw;
	n->expires = expires;
	ba_buf_init(raw, BA_JWKS_BYTES_MAX);
}

static void
warn_of_bad_keys(struct ba_keys *k, const struct ba_issuer *issuer, size_t bad)
{
	if (bad > 0)
		ba_log(k->log, BA_LOG_WARNING,
		    "issuer %s: %zu of its keys are weak, malformed or not"
		    " public, and are not used; tell whoever runs it",
		    issuer->url, bad);
}

/* A file with keys: read once, with the configuration. */
struct file {
	const char *name; /* of the setting */
	const char *path;
	bool secret;
};

int
ba_keys_read_file(const char *path, uid_t trusted_uid, bool secret,
    struct ba_buf *b, const char **whyp)
{
	int r = BA_OK;

	ba_buf_clear(b);
	if (secret)
		r = ba_directory_trusted(path, trusted_uid, whyp);
	if (r != BA_OK)
		return r;
	return ba_read_trusted(path, trusted_uid, secret, b, whyp);
}

static int
read_keys(struct ba_keys *k, const struct ba_issuer *issuer,
    const struct file *file, struct ba_buf *raw, struct ba_jwks **setp)
{
	size_t bad = 0;
	int r;

	if (file->secret)
		return ba_jwks_parse_symmetric(raw->p, raw->len, setp);
	r = ba_jwks_parse(raw->p, raw->len, setp, &bad);
	warn_of_bad_keys(k, issuer, bad);
	return r;
}

/* JWK-09, and what the reader of the log can do about it. */
static const char *
why_no_set(const struct file *file, int err)
{
	if (file->secret && err == BA_ERR_JWKS)
		return "it must hold one JWK or a JWK Set of kty oct alone, and"
		       " each secret as many bytes as its algorithm's hash";
	return ba_err_text(err);
}

/*
 * The keys are kept, the text is not: nobody compares it with another (as
 * with keys of the store), and it may hold secrets.
 */
static int
load_file(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    uid_t trusted_uid, const struct file *file)
{
	const char *why = "";
	struct ba_buf raw;
	int r;

	n->fixed = true;
	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	r = ba_keys_read_file(
	    file->path, trusted_uid, file->secret, &raw, &why);
	if (r == BA_OK) {
		r = read_keys(k, issuer, file, &raw, &n->set);
		why = why_no_set(file, r);
	}
	ba_buf_wipe(&raw);
	if (r == BA_ERR_NOMEM)
		return r;
	if (r != BA_OK)
		ba_log(k->log, BA_LOG_ERR,
		    "issuer %s: %s %s: %s; nobody enters by its tokens until"
		    " the file is mended and the configuration reloaded",
		    issuer->url, file->name, file->path, why);
	return BA_OK;
}

/*
 * An issuer with secrets has no other keys: whatever else it is said to have,
 * it is never asked (JWK-09).
 */
static int
load(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    uid_t trusted_uid)
{
	const struct file secrets = { "symmetric_key_file",
		issuer->symmetric_key_file, true };
	const struct file public = { "jwks_file", issuer->jwks_file, false };

	if (secrets.path != NULL)
		return load_file(k, issuer, n, trusted_uid, &secrets);
	if (public.path != NULL)
		return load_file(k, issuer, n, trusted_uid, &public);
	return BA_OK;
}

/* No URL and no path holds a NUL. */
static int
make_name(const struct ba_issuer *issuer, struct ba_buf *name)
{
	const char *ca = issuer->ca_file != NULL ? issuer->ca_file : "";
	int r;

	ba_buf_init(name, strlen(issuer->url) + 1 + strlen(ca));
	r = ba_buf_append(name, issuer->url, strlen(issuer->url) + 1);
	if (r == BA_OK)
		r = ba_buf_append_str(name, ca);
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
	k->store = store;
	k->log = log;
	k->known = calloc(config->n_issuers + 1, sizeof(*k->known));
	if (k->known == NULL) {
		free(k);
		return BA_ERR_NOMEM;
	}
	for (i = 0; i < config->n_issuers && r == BA_OK; i++) {
		ba_buf_init(&k->known[i].raw, BA_JWKS_BYTES_MAX);
		r = make_name(&config->issuers[i], &k->known[i].name);
		if (r == BA_OK)
			r = load(
			    k, &config->issuers[i], &k->known[i], trusted_uid);
	}
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
		ba_jwks_free(k->known[i].set);
		ba_buf_wipe(&k->known[i].raw);
		ba_buf_wipe(&k->known[i].name);
	}
	free(k->known);
	free(k);
}

/*
 * A time further away than we ever set one was set while the clock was wrong,
 * and would hold for as long as it was.
 */
static bool
is_live(int64_t expires, int64_t now, int64_t longest)
{
	return expires > now && expires - now <= longest;
}

static bool
stamp_is_live(const struct stamp *s, int64_t now)
{
	return s->what != NOTHING &&
	       is_live(s->expires, now,
		   s->what == ASKING ? BA_KEYS_ASKING : BA_KEYS_COOLDOWN);
}

static enum what
parse_stamp(const struct ba_buf *b, char serial[SERIAL_LEN + 1])
{
	const char *text = ba_buf_str(b);
	enum what w;

	if (b->len <= SERIAL_LEN)
		return NOTHING;
	memcpy(serial, text, SERIAL_LEN);
	for (w = FAILED; w > NOTHING; w--) {
		if (strcmp(text + SERIAL_LEN, words[w]) == 0)
			break;
	}
	return w;
}

/*
 * The last asking by any broker; by this one alone where the store does not
 * know.
 */
static struct stamp
read_stamp(struct ba_keys *k, const struct known *n, int64_t now)
{
	struct stamp s = { .what = NOTHING };
	struct ba_buf b;

	ba_buf_init(&b, STAMP_MAX);
	if (k->store != NULL &&
	    ba_store_get(k->store, BA_SPACE_ATTEMPT, n->name.p, n->name.len,
		now, &b, &s.expires) == BA_OK)
		s.what = parse_stamp(&b, s.serial);
	ba_buf_wipe(&b);
	if (!stamp_is_live(&s, now))
		s = n->own;
	if (!stamp_is_live(&s, now))
		memset(&s, 0, sizeof(s));
	return s;
}

static int
put_stamp(struct ba_keys *k, const struct known *n, const struct stamp *s,
    int64_t now, bool unless_there)
{
	char text[STAMP_MAX + 1];
	int len;

	len = snprintf(text, sizeof(text), "%s%s", s->serial, words[s->what]);
	return (unless_there ? ba_store_add : ba_store_put)(k->store,
	    BA_SPACE_ATTEMPT, n->name.p, n->name.len, text, (size_t)len, now,
	    s->expires, BA_REACH_SHARED);
}

/*
 * Leave word for all brokers.  Where the store takes none, each asks for
 * itself and keeps its own cooldown: a broken store may cost requests, never
 * a login.
 */
static void
replace_stamp(struct ba_keys *k, const struct known *n, int64_t now)
{
	if (k->store == NULL || put_stamp(k, n, &n->own, now, false) == BA_OK ||
	    k->alone)
		return;
	ba_log(k->log, BA_LOG_WARNING,
	    "issuers are asked for their keys without a word to the other"
	    " brokers, for the store does not work");
	k->alone = true;
}

/* A set of the store that we cannot read is no set. */
static void
accept_stored(struct ba_keys *k, const struct ba_issuer *issuer,
    struct known *n, struct ba_buf *raw, int64_t expires)
{
	struct ba_jwks *set;
	int r;

	if (n->set != NULL && n->raw.len == raw->len &&
	    memcmp(n->raw.p, raw->p, raw->len) == 0) {
		n->expires = expires;
		return;
	}
	r = ba_jwks_parse(raw->p, raw->len, &set, NULL);
	if (r == BA_OK) {
		replace(n, set, raw, expires);
		return;
	}
	ba_log(k->log, BA_LOG_ERR,
	    "issuer %s: its keys in the store are not usable: %s; it will be"
	    " asked again",
	    issuer->url, ba_err_text(r));
	if (r == BA_ERR_JWKS)
		r = ba_store_delete(k->store, BA_SPACE_KEYS, n->name.p,
		    n->name.len, BA_REACH_SHARED);
}

/*
 * Look into the store.  The stamp first: whoever asks puts the keys there
 * before the word that it is done.
 */
static void
refresh(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    int64_t now)
{
	struct stamp s = read_stamp(k, n, now);
	struct ba_buf raw;
	int64_t expires;
	int r;

	n->look = false;
	if (s.what == ASKING)
		s.serial[0] = '\0';
	memcpy(n->seen, s.serial, sizeof(n->seen));
	if (k->store == NULL)
		return;
	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	r = ba_store_get(k->store, BA_SPACE_KEYS, n->name.p, n->name.len, now,
	    &raw, &expires);
	if (r == BA_OK && is_live(expires, now, BA_KEYS_LIFE_MAX))
		accept_stored(k, issuer, n, &raw, expires);
	ba_buf_wipe(&raw);
}

const struct ba_jwks *
ba_keys_get(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct known *n = known_of(k, issuer);

	if (n == NULL)
		return NULL;
	if (n->fixed)
		return n->set;
	if (n->look || n->set == NULL ||
	    !is_live(n->expires, now, BA_KEYS_LIFE_MAX))
		refresh(k, issuer, n, now);
	if (!is_live(n->expires, now, BA_KEYS_LIFE_MAX))
		return NULL;
	return n->set;
}

/*
 * Another broker's asking is news: it is looked at in the store once before
 * "no" is the answer, or its keys would wait here for ours to end.
 */
static enum ba_keys_state
state_of(struct ba_keys *k, struct known *n, int64_t now)
{
	struct stamp s;

	if (n->fixed)
		return n->set != NULL ? BA_KEYS_FINAL : BA_KEYS_FAILED;
	s = read_stamp(k, n, now);
	if (s.what == NOTHING)
		return BA_KEYS_MAY_ASK;
	if (s.what != ASKING && strcmp(s.serial, n->seen) == 0)
		return s.what == DONE ? BA_KEYS_FINAL : BA_KEYS_FAILED;
	if (n->phase == PHASE_NONE)
		n->look = true;
	return BA_KEYS_WAIT;
}

enum ba_keys_state
ba_keys_state(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct known *n = known_of(k, issuer);

	return n == NULL ? BA_KEYS_FAILED : state_of(k, n, now);
}

int
ba_keys_last(struct ba_keys *k, const struct ba_issuer *issuer)
{
	const struct known *n = known_of(k, issuer);

	return n == NULL ? BA_ERR_INTERNAL : n->last;
}

static int
may_ask(struct ba_keys *k, struct known *n, int64_t now)
{
	switch (state_of(k, n, now)) {
	case BA_KEYS_FINAL:
	case BA_KEYS_FAILED:
		return BA_ERR_UNAVAIL;
	case BA_KEYS_WAIT:
		return BA_ERR_BUSY;
	case BA_KEYS_MAY_ASK:
		return BA_OK;
	}
	return BA_ERR_INTERNAL;
}

/* Of many brokers one asks (V38): word is left before the first request. */
static int
claim(struct ba_keys *k, struct known *n, int64_t now)
{
	unsigned char random[SERIAL_BYTES];
	struct stamp s = { .what = ASKING, .expires = now + BA_KEYS_ASKING };
	int r;

	r = may_ask(k, n, now);
	if (r == BA_OK)
		r = ba_random(random, sizeof(random));
	if (r != BA_OK)
		return r;
	ba_hex(s.serial, random, sizeof(random));
	if (k->store != NULL)
		r = put_stamp(k, n, &s, now, true);
	if (r == BA_ERR_EXISTS) {
		/* Another was quicker; or what is there cannot be right. */
		r = may_ask(k, n, now);
		if (r != BA_OK)
			return r;
		r = BA_ERR_EXISTS;
	}
	n->own = s;
	if (r != BA_OK)
		replace_stamp(k, n, now);
	return BA_OK;
}

static void
finish(struct ba_keys *k, struct known *n, int64_t now, int err)
{
	n->phase = PHASE_NONE;
	n->last = err;
	n->own.what = err == BA_OK ? DONE : FAILED;
	n->own.expires = now + BA_KEYS_COOLDOWN;
	replace_stamp(k, n, now);
	memcpy(n->seen, n->own.serial, sizeof(n->seen));
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

/* The end of an asking that failed; what was known before stays. */
static int
fail(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    int64_t now, int err, const char *why)
{
	ba_log(k->log, BA_LOG_ERR,
	    "issuer %s: no keys from %.300s: %s%s%.160s; %s; asked again after"
	    " %d s",
	    issuer->url, n->url[0] != '\0' ? n->url : "its metadata",
	    ba_err_text(err), why[0] != '\0' ? ": " : "", why, remedy(err),
	    BA_KEYS_COOLDOWN);
	finish(k, n, now, err);
	return err;
}

/*
 * A request for n->url, within what is left of the whole asking.  The clock
 * has whole seconds, so that one of them may be all but over already.
 */
static int
next_request(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    int64_t now, struct ba_http_request *request)
{
	int64_t left = BA_KEYS_ASKING - 1 - (now - n->began);

	if (left <= 0)
		return fail(k, issuer, n, now, BA_ERR_TIMEOUT,
		    "its earlier answers took too long");
	request->url = n->url;
	request->ca_file = issuer->ca_file;
	request->timeout_ms = BA_KEYS_REQUEST_MS;
	if (left * 1000 < BA_KEYS_REQUEST_MS)
		request->timeout_ms = (unsigned)left * 1000;
	return BA_OK;
}

static int
ask_metadata(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    int64_t now, enum phase phase, struct ba_http_request *request)
{
	int r;

	n->phase = phase;
	r = ba_well_known_url(issuer->url,
	    phase == PHASE_OIDC ? BA_WELL_KNOWN_OIDC : BA_WELL_KNOWN_OAUTH,
	    n->url, sizeof(n->url));
	if (r != BA_OK)
		return fail(k, issuer, n, now, r, "its URL is too long");
	return next_request(k, issuer, n, now, request);
}

int
ba_keys_begin(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now,
    struct ba_http_request *request)
{
	struct known *n = known_of(k, issuer);
	int r;

	memset(request, 0, sizeof(*request));
	if (n == NULL)
		return BA_ERR_INTERNAL;
	r = claim(k, n, now);
	if (r != BA_OK)
		return r;
	n->began = now;
	return ask_metadata(k, issuer, n, now, PHASE_OIDC, request);
}

static int
feed_metadata(struct ba_keys *k, const struct ba_issuer *issuer,
    struct known *n, int64_t now, const struct ba_http_response *response,
    struct ba_http_request *request)
{
	char uri[BA_URL_MAX + 1];
	const char *why;
	int r;

	r = ba_metadata_jwks_uri(issuer->url, response, uri, sizeof(uri), &why);
	if (r == BA_ERR_METADATA && n->phase == PHASE_OIDC &&
	    ba_metadata_absent(response)) {
		ba_log(k->log, BA_LOG_INFO,
		    "issuer %s: nothing at %.300s: %s; trying the form of"
		    " RFC 8414",
		    issuer->url, n->url, why);
		r = ask_metadata(k, issuer, n, now, PHASE_OAUTH, request);
		return r == BA_OK ? BA_ERR_NEED_KEYS : r;
	}
	if (r != BA_OK)
		return fail(k, issuer, n, now, r,
		    response->why[0] != '\0' ? response->why : why);
	memcpy(n->url, uri, sizeof(n->url));
	n->phase = PHASE_JWKS;
	r = next_request(k, issuer, n, now, request);
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
	/* TR-05; the second is RFC 7517 section 8.5.2. */
	if (strcmp(r->content_type, "application/json") != 0 &&
	    strcmp(r->content_type, "application/jwk-set+json") != 0) {
		*whyp = "the answer is of another type than a key set";
		return BA_ERR_JWKS;
	}
	*whyp = "";
	return BA_OK;
}

static int64_t
life_of(const struct ba_http_response *response)
{
	if (response->max_age < 0)
		return BA_KEYS_LIFE_DEFAULT;
	if (response->max_age < BA_KEYS_LIFE_MIN)
		return BA_KEYS_LIFE_MIN;
	if (response->max_age > BA_KEYS_LIFE_MAX)
		return BA_KEYS_LIFE_MAX;
	return response->max_age;
}

static int
feed_jwks(struct ba_keys *k, const struct ba_issuer *issuer, struct known *n,
    int64_t now, const struct ba_http_response *response)
{
	const struct ba_buf *body = &response->body;
	int64_t expires = now + life_of(response);
	struct ba_jwks *set = NULL;
	struct ba_buf raw;
	size_t bad = 0;
	const char *why;
	int r;

	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	r = judge_jwks(response, &why);
	if (r == BA_OK)
		r = ba_jwks_parse(body->p, body->len, &set, &bad);
	warn_of_bad_keys(k, issuer, bad);
	if (r == BA_OK)
		r = ba_buf_append(&raw, body->p, body->len);
	if (r != BA_OK) {
		ba_jwks_free(set);
		return fail(k, issuer, n, now, r, why);
	}
	replace(n, set, &raw, expires);
	/* Else this process alone has them; the store has said why. */
	if (k->store != NULL)
		r = ba_store_put(k->store, BA_SPACE_KEYS, n->name.p,
		    n->name.len, n->raw.p, n->raw.len, now, expires,
		    BA_REACH_SHARED);
	ba_log(k->log, BA_LOG_INFO, "issuer %s: %zu keys, good for %lld s%s",
	    issuer->url, ba_jwks_count(set), (long long)(expires - now),
	    r == BA_OK ? "" : ", for this broker alone");
	finish(k, n, now, BA_OK);
	return BA_OK;
}

int
ba_keys_feed(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now,
    const struct ba_http_response *response, struct ba_http_request *request)
{
	struct known *n = known_of(k, issuer);

	memset(request, 0, sizeof(*request));
	if (n == NULL)
		return BA_ERR_INTERNAL;
	switch (n->phase) {
	case PHASE_NONE:
		return BA_ERR_INTERNAL;
	case PHASE_OIDC:
	case PHASE_OAUTH:
		return feed_metadata(k, issuer, n, now, response, request);
	case PHASE_JWKS:
		return feed_jwks(k, issuer, n, now, response);
	}
	return BA_ERR_INTERNAL;
}

void
ba_keys_abandon(struct ba_keys *k, const struct ba_issuer *issuer, int64_t now)
{
	struct known *n = known_of(k, issuer);

	if (n != NULL && n->phase != PHASE_NONE)
		(void)fail(
		    k, issuer, n, now, BA_ERR_HTTP, "no answer came at all");
}
