/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/oauth/metadata.h"
#include "common/verify.h"
#include "common/wire/ask.h"

#include "broker/audit.h"
#include "broker/login.h"
#include "broker/query.h"

/* How often to look whether another broker of the machine has the keys. */
#define LOOK_AGAIN_MS 100

#define YES_NO " (yes/no) "

/* Not an error: nothing is decided yet. */
#define UNDECIDED 1

enum phase { DECIDING, CONFIRMING, DECIDED };

struct ba_query {
	struct ba_broker *b;
	struct ba_engine *engine; /* a reference */
	struct ba_peer peer;
	void (*woken)(void *arg);
	void *arg;

	uint8_t version;
	bool account; /* ACCOUNT, else ASK */
	char id[BA_ID_LEN + 1];
	char service[65];
	char user[256];
	char rhost[256];
	char tty[256];
	bool can_prompt;
	struct ba_question q; /* strings: those above, and … */
	struct ba_buf frame; /* … the token inside this */

	enum phase phase;
	struct ba_timer deadline;
	struct ba_timer again;
	bool late;
	struct ba_waiter waiter;
	bool asked; /* the issuer, in this question */
	int asked_err; /* what came of it */
	bool replied;
	bool yes;

	int err; /* the verdict */
	struct ba_verdict v;
};

static int64_t
wall(const struct ba_query *q)
{
	return ba_clock_wall(q->b->o.clock);
}

static const struct ba_service *
service(const struct ba_query *q)
{
	return ba_config_service(q->engine->config, q->service);
}

static void
deadline_due(void *arg)
{
	struct ba_query *q = arg;

	q->late = true;
	q->woken(q->arg);
}

static void
again_due(void *arg)
{
	struct ba_query *q = arg;

	q->woken(q->arg);
}

static void
keys_came(void *arg, int err)
{
	struct ba_query *q = arg;

	q->asked = true;
	q->asked_err = err;
	q->woken(q->arg);
}

static int
read_fields(struct ba_query *q, const struct ba_msg *m)
{
	int r;

	q->version = m->version;
	q->account = m->type == BA_MSG_ACCOUNT;
	r = ba_msg_get_str(m, BA_TAG_ID, q->id, sizeof(q->id));
	if (r == BA_OK)
		r = ba_msg_get_str(
		    m, BA_TAG_SERVICE, q->service, sizeof(q->service));
	if (r == BA_OK)
		r = ba_msg_get_str(m, BA_TAG_USER, q->user, sizeof(q->user));
	if (r == BA_OK)
		r = ba_msg_get_str(m, BA_TAG_RHOST, q->rhost, sizeof(q->rhost));
	if (r == BA_OK)
		r = ba_msg_get_str(m, BA_TAG_TTY, q->tty, sizeof(q->tty));
	if (r != BA_OK)
		return BA_ERR_PROTOCOL;
	q->can_prompt = ba_msg_u8(m, BA_TAG_CAN_PROMPT, 0) == 1;
	q->q.service = q->service;
	q->q.user = ba_msg_has(m, BA_TAG_USER) ? q->user : NULL;
	q->q.uid_known = ba_msg_has(m, BA_TAG_UID);
	q->q.uid = ba_msg_u32(m, BA_TAG_UID, (uint32_t)-1);
	q->q.rhost = q->rhost[0] != '\0' ? q->rhost : NULL;
	q->q.origin = ba_msg_u8(m, BA_TAG_ORIGIN, BA_ORIGIN_STACK);
	q->q.token = (const char *)m->field[BA_TAG_TOKEN].p;
	q->q.token_len = m->field[BA_TAG_TOKEN].n;
	return BA_OK;
}

/* The plug-in's own clock began earlier: so answer a little before it ends. */
static void
set_deadline(struct ba_query *q, const struct ba_msg *m)
{
	uint32_t ms = ba_msg_u32(m, BA_TAG_DEADLINE, 0);

	if (ms < BA_QUERY_DEADLINE_MIN)
		ms = BA_QUERY_DEADLINE_MIN;
	if (ms > BA_QUERY_DEADLINE_MAX)
		ms = BA_QUERY_DEADLINE_MAX;
	ba_timer_set(q->b->loop, &q->deadline, ms - BA_QUERY_EARLY);
}

int
ba_query_new(struct ba_broker *broker, const struct ba_peer *peer,
    struct ba_buf *frame, const struct ba_msg *m, void (*woken)(void *arg),
    void *arg, struct ba_query **queryp)
{
	struct ba_query *q;
	int r;

	*queryp = NULL;
	q = calloc(1, sizeof(*q));
	if (q == NULL) {
		ba_buf_wipe(frame);
		return BA_ERR_NOMEM;
	}
	q->b = broker;
	q->engine = ba_engine_ref(broker->engine);
	q->peer = *peer;
	q->woken = woken;
	q->arg = arg;
	q->deadline.due = deadline_due;
	q->again.due = again_due;
	q->waiter.woken = keys_came;
	q->deadline.arg = q->again.arg = q->waiter.arg = q;
	/* The block moves, and with it what m points into. */
	q->frame = *frame;
	ba_buf_init(frame, frame->max);
	r = read_fields(q, m);
	if (r != BA_OK) {
		ba_query_free(q);
		return r;
	}
	set_deadline(q, m);
	*queryp = q;
	return BA_OK;
}

/* Nothing is waited for any more, and the token is gone. */
static void
settle(struct ba_query *q)
{
	ba_timer_clear(q->b->loop, &q->deadline);
	ba_timer_clear(q->b->loop, &q->again);
	ba_waiter_cancel(&q->waiter);
	q->q.token = NULL;
	q->q.token_len = 0;
	ba_buf_wipe(&q->frame);
}

void
ba_query_free(struct ba_query *q)
{
	if (q == NULL)
		return;
	settle(q);
	ba_verdict_clear(&q->v);
	ba_engine_unref(q->engine);
	ba_wipe_free(q, sizeof(*q));
}

/* Who asks, and in whose name (V51, V53)?  Before any token is looked at. */
static int
admit(const struct ba_query *q)
{
	const struct ba_service *s = service(q);

	if (s == NULL)
		return BA_ERR_NO_SERVICE;
	return ba_service_peer(s, q->peer.uid) ? BA_OK : BA_ERR_PEER;
}

static const struct ba_jwks *
known_keys(void *arg, const struct ba_issuer *issuer)
{
	const struct ba_query *q = arg;

	return ba_keys_get(q->engine->keys, issuer, wall(q));
}

static bool
keys_final(void *arg, const struct ba_issuer *issuer)
{
	const struct ba_query *q = arg;

	if (q->asked)
		return q->asked_err == BA_OK;
	return ba_keys_state(q->engine->keys, issuer, wall(q)) == BA_KEYS_FINAL;
}

static struct ba_snapshot
snapshot(struct ba_query *q)
{
	return (struct ba_snapshot){
		.config = q->engine->config,
		.now = wall(q),
		.keys = known_keys,
		.final = keys_final,
		.arg = q,
	};
}

/*
 * Have the keys brought, at most once in a question: UNDECIDED, and something
 * will wake us, or why they cannot be had.
 */
static int
need_keys(struct ba_query *q)
{
	int r;

	if (q->asked || q->v.issuer == NULL)
		return q->asked_err != BA_OK ? q->asked_err : BA_ERR_UNAVAIL;
	r = ba_fetcher_need(q->b->fetcher, q->engine, q->v.issuer, &q->waiter);
	if (r == BA_OK)
		return UNDECIDED;
	if (r == BA_ERR_BUSY) {
		ba_timer_set(q->b->loop, &q->again, LOOK_AGAIN_MS);
		return UNDECIDED;
	}
	return r;
}

static int
decide_ask(struct ba_query *q)
{
	struct ba_snapshot s = snapshot(q);
	int r;

	r = admit(q);
	if (r != BA_OK)
		return r;
	ba_verdict_clear(&q->v);
	r = ba_verify(&q->q, &s, NULL, &q->v);
	return r == BA_ERR_NEED_KEYS ? need_keys(q) : r;
}

/*
 * Where records of logins are.  Those that a peer other than root has made
 * are apart: however many it makes, it pushes out its own kind only (V49).
 */
static struct ba_store *
logins(const struct ba_query *q)
{
	return q->peer.uid == 0 ? q->b->store : q->b->guests;
}

static int
decide_account(struct ba_query *q)
{
	struct ba_snapshot s = snapshot(q);
	json_t *claims;
	int r;

	r = admit(q);
	if (r != BA_OK)
		return r;
	if (q->id[0] == '\0')
		return service(q)->account_without_token == BA_ALLOW
			   ? BA_OK
			   : BA_ERR_NO_TOKEN;
	r = ba_login_get(
	    logins(q), q->peer.uid, q->id, q->service, q->user, s.now, &claims);
	if (r != BA_OK)
		return r;
	ba_verdict_clear(&q->v);
	r = ba_verify_claims(&q->q, &s, claims, NULL, &q->v);
	json_decref(claims);
	return r;
}

/* So that the account phase can decide again; SASL has none. */
static void
remember_login(struct ba_query *q)
{
	int64_t exp = q->v.exp;
	json_t *claims;
	int r;

	if (q->account || q->q.origin == BA_ORIGIN_SASL ||
	    q->v.claims == NULL || q->v.issuer == NULL || q->v.service == NULL)
		return;
	exp += q->v.issuer->clock_skew;
	claims = ba_claims_kept(q->v.claims, q->v.issuer, q->v.service);
	if (claims == NULL)
		r = BA_ERR_NOMEM;
	else
		r = ba_login_put(logins(q), q->peer.uid, q->id, q->service,
		    q->v.user, claims, wall(q), exp, q->b->o.login_reach);
	json_decref(claims);
	if (r != BA_OK)
		ba_log(q->b->o.log, BA_LOG_ERR,
		    "the login %s cannot be remembered, and its account phase "
		    "will be unavailable: %s",
		    q->id, ba_err_text(r));
}

/*
 * Anybody may connect and ask for what they may not: one line for each such
 * user in a while, so that they cannot fill the disk.
 */
static void
audit(struct ba_query *q)
{
	struct ba_audit a = {
		.kind = q->account ? "account" : "ask",
		.id = q->id[0] != '\0' ? q->id : NULL,
		.err = q->err,
		.service = q->service,
		.user = q->v.user[0] != '\0' ? q->v.user : q->q.user,
		.peer = q->peer.uid,
		.rhost = q->q.rhost,
		.tty = q->tty[0] != '\0' ? q->tty : NULL,
		.issuer = q->v.issuer != NULL ? q->v.issuer->url : NULL,
		.sub = q->v.sub,
	};

	if (q->v.err != BA_OK && q->v.err == q->err)
		a.check = ba_check_name(q->v.check);
	if (q->peer.uid != 0 &&
	    (q->err == BA_ERR_PEER || q->err == BA_ERR_NO_SERVICE) &&
	    !ba_peers_may_log(q->b->peers, q->peer.account,
		ba_loop_now(q->b->loop), &a.missed))
		return;
	ba_audit(q->b->o.log, &a);
}

static enum ba_query_step
decided(struct ba_query *q, int err)
{
	settle(q);
	q->phase = DECIDED;
	q->err = err;
	if (err == BA_OK)
		remember_login(q);
	q->b->verdicts[ba_err_family(err)]++;
	audit(q);
	return BA_QUERY_DONE;
}

/* Accepted so far; does the service want to hear "yes"? */
static enum ba_query_step
accepted(struct ba_query *q)
{
	if (q->account || service(q)->confirm == NULL)
		return decided(q, BA_OK);
	if (!q->can_prompt)
		return decided(q, BA_ERR_CONFIRM);
	settle(q);
	q->phase = CONFIRMING;
	q->late = false;
	ba_timer_set(q->b->loop, &q->deadline, BA_QUERY_REPLY_MS);
	return BA_QUERY_PROMPT;
}

/*
 * A person may have taken their time: the claims are judged again, by the
 * configuration that is in force now (V48).
 */
static int
decide_again(struct ba_query *q)
{
	struct ba_engine *before = q->engine;
	json_t *claims = json_incref(q->v.claims);
	struct ba_snapshot s;
	int r;

	q->engine = ba_engine_ref(q->b->engine);
	ba_verdict_clear(&q->v); /* it points into the one before */
	ba_engine_unref(before);
	r = admit(q);
	s = snapshot(q);
	if (r == BA_OK)
		r = ba_verify_claims(&q->q, &s, claims, NULL, &q->v);
	json_decref(claims);
	return r;
}

static enum ba_query_step
confirmed(struct ba_query *q)
{
	if (!q->replied)
		return q->late ? decided(q, BA_ERR_TIMEOUT) : BA_QUERY_WAIT;
	return decided(q, q->yes ? decide_again(q) : BA_ERR_CONFIRM);
}

enum ba_query_step
ba_query_run(struct ba_query *q)
{
	int r;

	switch (q->phase) {
	case DECIDING:
		if (q->late)
			r = BA_ERR_TIMEOUT;
		else
			r = q->account ? decide_account(q) : decide_ask(q);
		if (r == UNDECIDED)
			return BA_QUERY_WAIT;
		return r == BA_OK ? accepted(q) : decided(q, r);
	case CONFIRMING:
		return confirmed(q);
	case DECIDED:
		break;
	}
	return BA_QUERY_DONE;
}

void
ba_query_reply(struct ba_query *q, const void *text, size_t n)
{
	q->replied = true;
	q->yes = n == 3 && memcmp(text, "yes", 3) == 0;
}

int
ba_query_put_prompt(const struct ba_query *q, struct ba_buf *out)
{
	struct ba_msg_out o;
	struct ba_buf text;
	int r;

	ba_buf_init(&text, 8192);
	r = ba_buf_append_str(&text, service(q)->confirm);
	if (r == BA_OK)
		r = ba_buf_append_str(&text, YES_NO);
	if (r == BA_OK) {
		ba_msg_begin(&o, out, q->version, BA_MSG_PROMPT);
		ba_msg_put_u8(&o, BA_TAG_STYLE, BA_PROMPT_PLAIN);
		ba_msg_put_str(&o, BA_TAG_TEXT, ba_buf_str(&text));
		r = ba_msg_end(&o);
	}
	ba_buf_wipe(&text);
	return r;
}

/*
 * The error code of the registry of RFC 6750 section 6.2 that says what the
 * client could do about it: ask for another scope, or have its user log in
 * once more (RFC 9470 section 3).
 */
static const char *
status_of(int err)
{
	if (err == BA_ERR_SCOPE)
		return "insufficient_scope";
	if (err == BA_ERR_ACR || err == BA_ERR_AUTH_TIME)
		return "insufficient_user_authentication";
	return "invalid_token";
}

/*
 * What a SASL client is told (RFC 7628 section 3.2.2): what would help it,
 * from configuration alone, whoever asks.
 */
static void
put_challenge(const struct ba_query *q, struct ba_msg_out *o)
{
	const struct ba_service *s = service(q);
	char url[BA_URL_MAX + 1];

	ba_msg_put_str(o, BA_TAG_STATUS, status_of(q->err));
	if (s == NULL || q->err == BA_ERR_PEER)
		return;
	/* A single scope is preferred there, a list not recommended. */
	if (s->require_scope.n > 0)
		ba_msg_put_str(o, BA_TAG_SCOPE, s->require_scope.v[0]);
	if (s->n_issuers > 0 &&
	    ba_well_known_url(s->issuer[0]->url, BA_WELL_KNOWN_OIDC, url,
		sizeof(url)) == BA_OK)
		ba_msg_put_str(o, BA_TAG_METADATA, url);
}

int
ba_query_put_verdict(const struct ba_query *q, struct ba_buf *out)
{
	enum ba_family family = ba_err_family(q->err);
	struct ba_msg_out o;

	ba_msg_begin(&o, out, q->version, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, (uint8_t)family);
	switch (family) {
	case BA_FAMILY_OK:
		ba_msg_put_str(&o, BA_TAG_USER,
		    q->v.user[0] != '\0' ? q->v.user : q->user);
		ba_msg_put_u64(
		    &o, BA_TAG_EXPIRES, q->v.exp > 0 ? (uint64_t)q->v.exp : 0);
		break;
	case BA_FAMILY_REFUSED:
	case BA_FAMILY_NOT_ALLOWED:
		put_challenge(q, &o);
		break;
	case BA_FAMILY_UNAVAILABLE:
	case BA_FAMILY_FAULT:
	case BA_FAMILY_MALFORMED:
		break;
	}
	return ba_msg_end(&o);
}
