/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/url.h"
#include "common/json/json.h"
#include "common/oauth/answer.h"
#include "common/oauth/breaker.h"
#include "common/oauth/introspect.h"

/*
 * Bytes of an answer that is remembered.  Real ones are below 2 KiB, with the
 * longest list of groups below 10; what is larger fills the memory of others,
 * and is asked for again.
 */
#define REMEMBERED_MAX (16 * 1024)

#define SAY_AGAIN 60 /* s until the same is logged of an issuer again */

/* What is remembered of a token: claims behind the one, nothing behind the
   other. */
#define ACTIVE   '+'
#define INACTIVE '-'

/* A breaker that nobody asked for so long (s) is as good as new. */
#define BREAKER_LIFE 600
#define BREAKER_TEXT 80
#define TRIAL        "trial"

/* What is logged when it goes wrong. */
enum fault {
	UNREACHED,
	SLOW,
	UNTRUSTED,
	UNKNOWN_CLIENT,
	UNREADABLE,
	TOO_MANY,
	NO_ENDPOINT,
	OUR_OWN,
	FAULTS
};

struct known {
	struct ba_buf name; /* of all that is remembered of it */
	struct ba_breaker breaker;
	unsigned asking;
	bool trying; /* one of them is the breaker's trial … */
	unsigned older; /* … and so many were begun before it */
	char *url; /* of the last question */
	int64_t said_at[FAULTS]; /* when each was logged */
};

struct ba_introspection {
	const struct ba_config *config;
	struct ba_store *store;
	enum ba_reach reach;
	struct ba_credential_table *credentials;
	const struct ba_log *log;
	struct known *known; /* by ba_issuer.index */
};

static struct known *
known_of(struct ba_introspection *i, const struct ba_issuer *issuer)
{
	/* One of another configuration would find somebody else's secrets. */
	if (issuer->index >= i->config->n_issuers ||
	    issuer != &i->config->issuers[issuer->index])
		return NULL;
	return &i->known[issuer->index];
}

/* --- One configuration ----------------------------------------------------- */

static const char *
or_none(const char *s)
{
	return s != NULL ? s : "";
}

/*
 * INT-05: whoever is asked otherwise, under another trust, as another client
 * or for another form of answer, has not been asked.  No text of these holds a
 * NUL.
 */
static int
make_name(const struct ba_issuer *issuer, struct ba_buf *name)
{
	const char *const texts[] = { issuer->url, or_none(issuer->ca_file),
		or_none(issuer->ca_directory), or_none(issuer->client.id),
		or_none(issuer->introspection_endpoint) };
	char numbers[40];
	size_t k;
	int r = BA_OK;

	ba_buf_init(name, SIZE_MAX);
	for (k = 0; k < sizeof(texts) / sizeof(texts[0]) && r == BA_OK; k++)
		r = ba_buf_append(name, texts[k], strlen(texts[k]) + 1);
	(void)snprintf(numbers, sizeof(numbers), "%d %d %u",
	    issuer->introspection_jwt, (int)issuer->verify, issuer->algorithms);
	if (r == BA_OK)
		r = ba_buf_append(name, numbers, strlen(numbers) + 1);
	return r;
}

/* An issuer that is never asked costs nothing. */
static int
set_up(struct ba_introspection *i, const struct ba_issuer *issuer)
{
	if (issuer->verify == BA_VERIFY_JWT)
		return BA_OK;
	return make_name(issuer, &i->known[issuer->index].name);
}

int
ba_introspection_new(
    const struct ba_introspection_options *o, struct ba_introspection **ip)
{
	struct ba_introspection *i;
	size_t k;
	int r = BA_ERR_NOMEM;

	*ip = NULL;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return BA_ERR_NOMEM;
	i->config = o->config;
	i->store = o->store;
	i->reach = o->reach;
	i->credentials = o->credentials;
	i->log = o->log;
	i->known = calloc(o->config->n_issuers + 1, sizeof(*i->known));
	if (i->known != NULL)
		r = BA_OK;
	for (k = 0; k < o->config->n_issuers && r == BA_OK; k++)
		r = set_up(i, &o->config->issuers[k]);
	if (r != BA_OK)
		ba_introspection_free(i);
	else
		*ip = i;
	return r;
}

void
ba_introspection_free(struct ba_introspection *i)
{
	size_t k;

	if (i == NULL)
		return;
	for (k = 0; i->known != NULL && k < i->config->n_issuers; k++) {
		ba_buf_wipe(&i->known[k].name);
		free(i->known[k].url);
	}
	free(i->known);
	free(i);
}

/* --- What goes wrong ------------------------------------------------------- */

static enum fault
fault_of(int err)
{
	switch (err) {
	case BA_ERR_TIMEOUT:
		return SLOW;
	case BA_ERR_HTTP:
		return UNREACHED;
	case BA_ERR_TLS:
		return UNTRUSTED;
	case BA_ERR_CLIENT_AUTH:
		return UNKNOWN_CLIENT;
	case BA_ERR_INTROSPECTION:
		return UNREADABLE;
	case BA_ERR_BUSY:
		return TOO_MANY;
	case BA_ERR_METADATA:
		return NO_ENDPOINT;
	}
	return OUR_OWN;
}

static const char *const remedy[FAULTS] = {
	[UNREACHED] = "see whether its introspection endpoint can be reached"
		      " from here",
	[SLOW] = "see whether its introspection endpoint can be reached"
		 " from here",
	[UNTRUSTED] = "check ca_file, its certificate and our clock",
	[UNKNOWN_CLIENT] = "compare client_id, client_auth and the credentials"
			   " with what it has registered",
	[UNREADABLE] = "compare introspection_endpoint and"
		       " introspection_answer with what it publishes",
	[TOO_MANY] = "see why it is slow, and who makes up tokens",
	[NO_ENDPOINT] = "set introspection_endpoint",
	[OUR_OWN] = "this is a fault of ours",
};

/*
 * Each fault once a minute: each login has a line of its own in the audit, and
 * who sends bad tokens, by turns bad in one way and in another, shall not write
 * our log.
 */
static void
complain(struct ba_introspection *i, const struct ba_issuer *issuer,
    struct known *n, int64_t now, int err, const char *why)
{
	enum fault fault = fault_of(err);
	int64_t *said_at = &n->said_at[fault];

	if (now >= *said_at && now - *said_at < SAY_AGAIN)
		return;
	*said_at = now;
	ba_log(i->log, BA_LOG_ERR,
	    "issuer %s: no answer about a token: %s%s%.200s; %s", issuer->url,
	    ba_err_text(err), *why != '\0' ? ": " : "", why, remedy[fault]);
}

/* --- The breaker ----------------------------------------------------------- */

/* Spawned brokers ask once each: what they learn is in the store, or lost. */
static bool
is_shared(const struct ba_introspection *i)
{
	return i->store != NULL && i->reach == BA_REACH_SHARED;
}

static void
parse_breaker(const char *text, struct ba_breaker *b)
{
	long long open_for, until;
	unsigned failures;
	int trial, end = -1;

	memset(b, 0, sizeof(*b));
	if (sscanf(text, "%u %lld %lld %d%n", &failures, &open_for, &until,
		&trial, &end) != 4 ||
	    end < 0 || text[end] != '\0' || open_for < 0 ||
	    open_for > BA_BREAKER_OPEN_MAX)
		return;
	b->failures = failures;
	b->open_for = open_for;
	b->until = until;
	b->trial = trial != 0;
}

/* Where the store does not answer, what this process knows holds. */
static void
load_breaker(struct ba_introspection *i, struct known *n, int64_t now)
{
	struct ba_buf text;
	int r;

	if (!is_shared(i))
		return;
	ba_buf_init(&text, BREAKER_TEXT);
	r = ba_store_get(i->store, BA_SPACE_BREAKER, n->name.p, n->name.len,
	    now, &text, NULL);
	if (r == BA_OK)
		parse_breaker(ba_buf_str(&text), &n->breaker);
	else if (r == BA_ERR_NOT_FOUND)
		ba_breaker_success(&n->breaker);
	ba_buf_wipe(&text);
}

static bool
is_same(const struct ba_breaker *a, const struct ba_breaker *b)
{
	return a->failures == b->failures && a->open_for == b->open_for &&
	       a->until == b->until && a->trial == b->trial;
}

/* A store that does not take it is no reason to refuse anybody. */
static void
save_breaker(struct ba_introspection *i, const struct known *n,
    const struct ba_breaker *before, int64_t now)
{
	const struct ba_breaker *b = &n->breaker;
	char text[BREAKER_TEXT + 1];
	int len, r;

	if (!is_shared(i) || is_same(b, before))
		return;
	if (b->failures == 0 && b->open_for == 0) {
		r = ba_store_delete(i->store, BA_SPACE_BREAKER, n->name.p,
		    n->name.len, BA_REACH_SHARED);
	} else {
		len =
		    snprintf(text, sizeof(text), "%u %lld %lld %d", b->failures,
			(long long)b->open_for, (long long)b->until, b->trial);
		r = ba_store_put(i->store, BA_SPACE_BREAKER, n->name.p,
		    n->name.len, text, (size_t)len, now, now + BREAKER_LIFE,
		    BA_REACH_SHARED);
	}
	(void)r;
}

/*
 * Of many processes one tries: between the look at the breaker and the word
 * that it is being tried, others look too.
 */
static int
begin_trial(struct ba_introspection *i, struct known *n, int64_t now)
{
	size_t len = n->name.len;
	int r;

	if (!is_shared(i))
		return BA_OK;
	r = ba_buf_append_str(&n->name, TRIAL);
	if (r == BA_OK)
		r = ba_store_add(i->store, BA_SPACE_BREAKER, n->name.p,
		    n->name.len, "", 0, now, now + BA_BREAKER_TRIAL,
		    BA_REACH_SHARED);
	ba_buf_truncate(&n->name, len);
	return r == BA_ERR_EXISTS ? BA_ERR_BREAKER : BA_OK;
}

static void
end_trial(struct ba_introspection *i, struct known *n)
{
	size_t len = n->name.len;
	int r;

	if (!is_shared(i))
		return;
	r = ba_buf_append_str(&n->name, TRIAL);
	if (r == BA_OK)
		r = ba_store_delete(i->store, BA_SPACE_BREAKER, n->name.p,
		    n->name.len, BA_REACH_SHARED);
	ba_buf_truncate(&n->name, len);
}

static int
enter(struct ba_introspection *i, struct known *n, int64_t now)
{
	struct ba_breaker before;
	bool trial;
	int r = BA_OK;

	load_breaker(i, n, now);
	before = n->breaker;
	if (!ba_breaker_enter(&n->breaker, now, &trial))
		return BA_ERR_BREAKER;
	if (trial)
		r = begin_trial(i, n, now);
	if (r != BA_OK) {
		n->breaker = before;
		return r;
	}
	save_breaker(i, n, &before, now);
	if (trial) {
		n->trying = true;
		n->older = n->asking;
	}
	return BA_OK;
}

/*
 * Is it the trial that ends now?  While one tries nobody else begins, and those
 * who began before have less time left: their ends come first, as a rule.
 * Where not, the last of theirs is taken for the trial's, and one failure
 * counts all the same.
 */
static bool
ends_trial(struct known *n)
{
	if (!n->trying)
		return false;
	if (n->older > 0) {
		n->older--;
		return false;
	}
	n->trying = false;
	return true;
}

/* What a question's end says of the issuer. */
enum end { END_ANSWERED, END_FAILED, END_OURS };

static void
leave(struct ba_introspection *i, const struct ba_issuer *issuer,
    struct known *n, int64_t now, enum end end, int64_t retry_after)
{
	bool trial = ends_trial(n);
	struct ba_breaker before;

	if (n->asking > 0)
		n->asking--;
	load_breaker(i, n, now);
	before = n->breaker;
	switch (end) {
	case END_ANSWERED:
		ba_breaker_success(&n->breaker);
		break;
	case END_FAILED:
		ba_breaker_failure(&n->breaker, now, trial, retry_after);
		break;
	case END_OURS:
		if (trial)
			ba_breaker_give_up(&n->breaker, now);
		break;
	}
	save_breaker(i, n, &before, now);
	if (before.trial && !n->breaker.trial)
		end_trial(i, n);
	if (!ba_breaker_is_open(&before, now) &&
	    ba_breaker_is_open(&n->breaker, now))
		ba_log(i->log, BA_LOG_WARNING,
		    "issuer %s: it fails, and is not asked about tokens for"
		    " %lld s",
		    issuer->url, (long long)(n->breaker.until - now));
	else if (before.open_for > 0 && n->breaker.open_for == 0)
		ba_log(i->log, BA_LOG_NOTICE,
		    "issuer %s: it answers again about tokens", issuer->url);
}

bool
ba_introspection_is_open(
    struct ba_introspection *i, const struct ba_issuer *issuer, int64_t now)
{
	struct known *n = known_of(i, issuer);

	if (n == NULL || issuer->verify == BA_VERIFY_JWT)
		return false;
	load_breaker(i, n, now);
	return ba_breaker_is_open(&n->breaker, now);
}

/* --- What is remembered ---------------------------------------------------- */

/* The name of a token's answer; to be wiped. */
static int
answer_name(
    const struct known *n, const void *token, size_t len, struct ba_buf *name)
{
	int r;

	ba_buf_init(name, n->name.len + len);
	r = ba_buf_append(name, n->name.p, n->name.len);
	return r == BA_OK ? ba_buf_append(name, token, len) : r;
}

static int64_t
longest(const struct ba_issuer *issuer, bool active)
{
	int64_t life = issuer->introspection_cache;

	return active || life < BA_INTROSPECTION_NEGATIVE
		   ? life
		   : BA_INTROSPECTION_NEGATIVE;
}

/* 0 for what is no whole number, and no time. */
static int64_t
exp_of(const json_t *claims)
{
	const json_t *exp = json_object_get(claims, "exp");
	int64_t t;

	if (!json_is_integer(exp))
		return 0;
	t = json_integer_value(exp);
	return t > 0 && t <= BA_JSON_DATE_MAX ? t : 0;
}

/*
 * V35: whatever the store says, not at exp or behind it; and what was put
 * there while the clock was wrong, or introspection_cache longer, is not good
 * for longer than we would remember it now.
 */
static int
read_answer(const struct ba_issuer *issuer, const struct ba_buf *value,
    int64_t now, int64_t expires, json_t **claimsp)
{
	bool active = value->len > 0 && value->p[0] == ACTIVE;
	json_t *claims;
	int r;

	if (expires <= now || expires - now > longest(issuer, active))
		return BA_ERR_NEED_INTROSPECTION;
	if (value->len == 1 && value->p[0] == INACTIVE)
		return BA_ERR_INACTIVE;
	if (!active)
		return BA_ERR_NEED_INTROSPECTION;
	r = ba_json_parse(value->p + 1, value->len - 1, &claims);
	if (r == BA_OK && exp_of(claims) > now) {
		*claimsp = claims;
		return BA_OK;
	}
	json_decref(claims);
	return r == BA_ERR_NOMEM ? r : BA_ERR_NEED_INTROSPECTION;
}

int
ba_introspection_get(struct ba_introspection *i, const struct ba_issuer *issuer,
    const void *token, size_t n, int64_t now, json_t **claimsp)
{
	const struct known *k = known_of(i, issuer);
	struct ba_buf name, value;
	int64_t expires;
	int r;

	*claimsp = NULL;
	if (k == NULL || issuer->verify == BA_VERIFY_JWT)
		return BA_ERR_INTERNAL;
	if (i->store == NULL || issuer->introspection_cache <= 0)
		return BA_ERR_NEED_INTROSPECTION;
	ba_buf_init(&value, BA_STORE_VALUE_MAX);
	r = answer_name(k, token, n, &name);
	if (r == BA_OK)
		r = ba_store_get(i->store, BA_SPACE_ANSWER, name.p, name.len,
		    now, &value, &expires);
	if (r == BA_OK)
		r = read_answer(issuer, &value, now, expires, claimsp);
	else if (r != BA_ERR_NOMEM)
		r = BA_ERR_NEED_INTROSPECTION;
	ba_buf_wipe(&name);
	ba_buf_wipe(&value);
	return r;
}

/* claims NULL: not active. */
static int64_t
keep_until(const struct ba_issuer *issuer, const json_t *claims, int64_t now)
{
	int64_t until = now + longest(issuer, claims != NULL);

	if (claims == NULL || exp_of(claims) > until)
		return until;
	return exp_of(claims);
}

/* BA_ERR_LIMIT where the token would stand in it: some issuers' jti is it. */
static int
make_value(const json_t *claims, const void *token, size_t n, struct ba_buf *b)
{
	int r;

	r = ba_buf_append_byte(b, claims != NULL ? ACTIVE : INACTIVE);
	if (r == BA_OK && claims != NULL)
		r = ba_json_dump(claims, b);
	if (r == BA_OK && memmem(b->p, b->len, token, n) != NULL)
		r = BA_ERR_LIMIT;
	return r;
}

/*
 * What cannot be remembered is asked again.  A store that fails has said so
 * itself.
 */
static void
remember(struct ba_introspection *i, const struct ba_issuer *issuer,
    const struct known *k, const void *token, size_t n, int64_t now,
    const json_t *claims)
{
	int64_t until = keep_until(issuer, claims, now);
	struct ba_buf name, value;
	int r;

	if (i->store == NULL || issuer->introspection_cache <= 0 ||
	    until <= now)
		return;
	ba_buf_init(&value, REMEMBERED_MAX);
	r = answer_name(k, token, n, &name);
	if (r == BA_OK)
		r = make_value(claims, token, n, &value);
	if (r == BA_OK)
		r = ba_store_put(i->store, BA_SPACE_ANSWER, name.p, name.len,
		    value.p, value.len, now, until, i->reach);
	ba_buf_wipe(&name);
	ba_buf_wipe(&value);
}

/* --- Questions ------------------------------------------------------------- */

static int
set_url(const struct ba_issuer *issuer, struct known *n, const char *endpoint)
{
	char *copy;

	if (issuer->introspection_endpoint != NULL)
		endpoint = issuer->introspection_endpoint;
	if (!ba_url_ok(endpoint))
		return BA_ERR_METADATA;
	if (n->url != NULL && strcmp(n->url, endpoint) == 0)
		return BA_OK;
	copy = strdup(endpoint);
	if (copy == NULL)
		return BA_ERR_NOMEM;
	free(n->url);
	n->url = copy;
	return BA_OK;
}

/* RFC 7662 section 2.1; RFC 9701 section 4 for the signed form. */
static int
make_request(const struct ba_credentials *client,
    const struct ba_issuer *issuer, const struct known *n, const void *token,
    size_t len, int64_t now, struct ba_post *p, struct ba_http_request *request)
{
	static const char hint[] = "access_token";
	int r;

	ba_post_begin(p, issuer, n->url, request);
	request->body_max = BA_INTROSPECTION_BODY_MAX;
	request->accept = issuer->introspection_jwt
			      ? "application/token-introspection+jwt"
			      : "application/json";
	r = ba_post_add(p, "token", token, len);
	if (r == BA_OK)
		r = ba_post_add(p, "token_type_hint", hint, strlen(hint));
	return r == BA_OK ? ba_client_sign_in(client, now, p, request) : r;
}

/* Whether there may be one more; a breaker that is open has been logged. */
static int
may_ask(struct ba_introspection *i, const struct ba_issuer *issuer,
    struct known *n, const char *endpoint, int64_t now, bool privileged)
{
	unsigned places =
	    privileged ? BA_INTROSPECTIONS_MAX : BA_INTROSPECTIONS_OTHERS;
	int r;

	r = set_url(issuer, n, endpoint);
	if (r == BA_OK && n->asking >= places)
		r = BA_ERR_BUSY;
	if (r != BA_OK) {
		complain(i, issuer, n, now, r, "");
		return r;
	}
	return enter(i, n, now);
}

int
ba_introspection_begin(struct ba_introspection *i,
    const struct ba_issuer *issuer, const char *endpoint, const void *token,
    size_t n, int64_t now, bool privileged, struct ba_post *p,
    struct ba_http_request *request)
{
	struct known *k = known_of(i, issuer);
	const struct ba_credentials *client;
	int r;

	if (k == NULL || issuer->verify == BA_VERIFY_JWT)
		return BA_ERR_INTERNAL;
	/* What is wrong with these has been logged. */
	r = ba_credential_table_get(i->credentials, issuer, &client);
	if (r == BA_OK)
		r = may_ask(i, issuer, k, endpoint, now, privileged);
	if (r != BA_OK)
		return r;
	k->asking++;
	r = make_request(client, issuer, k, token, n, now, p, request);
	if (r != BA_OK) {
		complain(i, issuer, k, now, r, "");
		leave(i, issuer, k, now, END_OURS, -1);
		ba_post_wipe(p);
	}
	return r;
}

static enum end
end_of(const struct ba_http_response *response)
{
	if (ba_answer_is_failure(response))
		return END_FAILED;
	return response->err == BA_OK ? END_ANSWERED : END_OURS;
}

int
ba_introspection_feed(struct ba_introspection *i,
    const struct ba_issuer *issuer, const struct ba_jwks *keys,
    const void *token, size_t n, int64_t now,
    const struct ba_http_response *response, json_t **claimsp)
{
	struct known *k = known_of(i, issuer);
	const char *why;
	int r;

	*claimsp = NULL;
	if (k == NULL || issuer->verify == BA_VERIFY_JWT)
		return BA_ERR_INTERNAL;
	r = ba_answer_judge(issuer, keys, now, response, &why, claimsp);
	if (r != BA_OK && r != BA_ERR_INACTIVE)
		complain(
		    i, issuer, k, now, r, *why != '\0' ? why : response->why);
	else
		remember(i, issuer, k, token, n, now, *claimsp);
	leave(i, issuer, k, now, end_of(response), response->retry_after);
	return r;
}

void
ba_introspection_abandon(struct ba_introspection *i,
    const struct ba_issuer *issuer, int64_t now, bool ours)
{
	struct known *n = known_of(i, issuer);

	if (n == NULL || issuer->verify == BA_VERIFY_JWT)
		return;
	if (!ours)
		complain(i, issuer, n, now, BA_ERR_TIMEOUT,
		    "the question was given up");
	leave(i, issuer, n, now, ours ? END_OURS : END_FAILED, -1);
}
