/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/policy/rules.h"

#include "broker/login.h"
#include "broker/query_parts.h"

int64_t
ba_query_wall(const struct ba_query *q)
{
	return ba_clock_wall(q->b->o.clock);
}

const struct ba_service *
ba_query_service(const struct ba_query *q)
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
	if (r == BA_OK)
		r = ba_msg_get_str(m, BA_TAG_WAY, q->way, sizeof(q->way));
	if (r == BA_OK)
		r = ba_msg_get_str(m, BA_TAG_HOST, q->host, sizeof(q->host));
	if (r != BA_OK)
		return BA_ERR_PROTOCOL;
	q->port = ba_msg_u32(m, BA_TAG_PORT, 0);
	ba_login_process(m, &q->process);
	q->named = ba_msg_has(m, BA_TAG_USER);
	q->can_prompt = ba_msg_u8(m, BA_TAG_CAN_PROMPT, 0) == 1;
	q->q.service = q->service;
	q->q.user = q->named ? q->user : NULL;
	q->q.uid_known = ba_msg_has(m, BA_TAG_UID);
	q->q.uid = ba_msg_u32(m, BA_TAG_UID, (uint32_t)-1);
	q->q.rhost = q->rhost[0] != '\0' ? q->rhost : NULL;
	q->q.origin = ba_msg_u8(m, BA_TAG_ORIGIN, BA_ORIGIN_STACK);
	q->q.token = (const char *)m->field[BA_TAG_TOKEN].p;
	q->q.token_len = m->field[BA_TAG_TOKEN].n;
	q->curious = ba_query_is_curious(q);
	return BA_OK;
}

void
ba_query_time(struct ba_query *q, int64_t ms)
{
	q->late = false;
	q->ends = ba_loop_now(q->b->loop) + ms;
	ba_timer_set(q->b->loop, &q->deadline, ms);
}

int
ba_query_attend(struct ba_query *q)
{
	unsigned max = q->b->max_connections / 4;

	if (q->attended)
		return BA_OK;
	if (q->b->attended >= (max > 0 ? max : 1))
		return BA_ERR_BUSY;
	q->attended = true;
	q->b->attended++;
	return BA_OK;
}

static void
unattend(struct ba_query *q)
{
	if (q->attended)
		q->b->attended--;
	q->attended = false;
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
	ba_query_time(q, (int64_t)ms - BA_QUERY_EARLY);
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
	q->deadline.arg = q;
	ba_query_needs_init(q);
	/* The block moves, and with it what m points into. */
	q->frame = *frame;
	ba_buf_init(frame, frame->max);
	r = read_fields(q, m);
	if (r == BA_OK && m->type == BA_MSG_DEVICE)
		r = ba_query_device_new(q, m);
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
	ba_query_needs_end(q);
	ba_query_device_end(q);
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
	unattend(q);
	ba_query_device_free(q);
	ba_verdict_clear(&q->v);
	ba_engine_unref(q->engine);
	ba_wipe_free(q, sizeof(*q));
}

int
ba_query_admit(const struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);

	if (s == NULL)
		return BA_ERR_NO_SERVICE;
	return ba_service_peer(s, q->peer.uid) ? BA_OK : BA_ERR_PEER;
}

static int
decide_ask(struct ba_query *q)
{
	struct ba_snapshot s = ba_query_snapshot(q);
	int r;

	r = ba_query_admit(q);
	if (r == BA_OK)
		r = q->curious ? BA_ERR_REFUSED : ba_query_server(q);
	if (r != BA_OK)
		return r;
	ba_verdict_clear(&q->v);
	ba_query_expect(q);
	r = ba_verify(&q->q, &s, NULL, &q->v);
	return r == BA_OK ? ba_query_authz(q) : ba_query_need(q, r);
}

/*
 * Somebody who came another way, by public key say: no token tells who they
 * are, so that nothing but the address is left to judge.  Root comes so, too.
 */
static int
decide_without_token(const struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);
	struct ba_case c = { .service = s, .rhost = q->q.rhost };

	switch (s->account_without_token) {
	case BA_ALLOW:
		return ba_rule_source(&c);
	case BA_UNSAID:
		ba_log(q->b->o.log, BA_LOG_WARNING,
		    "[service %s] does not say who enters without a token: "
		    "write account_without_token = allow, or = deny",
		    s->name);
		break;
	case BA_DENY:
		break;
	}
	return BA_ERR_NO_TOKEN;
}

static int
decide_account(struct ba_query *q)
{
	struct ba_snapshot s = ba_query_snapshot(q);
	json_t *claims;
	int r;

	r = ba_query_admit(q);
	if (r != BA_OK)
		return r;
	if (q->id[0] == '\0')
		return decide_without_token(q);
	r = ba_login_get(ba_broker_logins(q->b, &q->peer), q->peer.uid, q->id,
	    q->service, q->user, s.now, &q->q.introspected, &claims);
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
		r = ba_login_put(ba_broker_logins(q->b, &q->peer), q->peer.uid,
		    q->id, q->service, q->v.user, q->v.introspected, claims,
		    ba_query_wall(q), exp, ba_broker_reach(q->b));
	json_decref(claims);
	if (r != BA_OK) {
		ba_log(q->b->o.log, BA_LOG_ERR,
		    "the login %s cannot be remembered, and its account phase "
		    "will be unavailable: %s",
		    q->id, ba_err_text(r));
		return;
	}
	r = ba_login_put_process(ba_broker_logins(q->b, &q->peer), q->peer.uid,
	    &q->process, q->id, ba_query_wall(q), exp, ba_broker_reach(q->b));
	if (r != BA_OK)
		ba_log(q->b->o.log, BA_LOG_ERR,
		    "the login %s is remembered, but its session will not be "
		    "found: %s",
		    q->id, ba_err_text(r));
}

static enum ba_query_step
decided(struct ba_query *q, int err)
{
	settle(q);
	unattend(q);
	q->phase = BA_DECIDED;
	q->err = err;
	if (err == BA_OK) {
		remember_login(q);
		ba_query_device_accepted(q);
	}
	/* Who has no token has failed nothing, unless by asking. */
	if (!q->curious || err != BA_ERR_REFUSED) {
		q->b->verdicts[ba_err_family(err)]++;
		ba_query_audit(q);
	}
	return ba_query_device_bid_farewell(q, err) ? BA_QUERY_TELL
						    : BA_QUERY_DONE;
}

/* After every other check, and of a login whose token came with it. */
static enum ba_query_step
granted(struct ba_query *q)
{
	int r = BA_OK;

	if (ba_query_service(q)->single_use)
		r = ba_once_use(q->b->store, &q->once, &q->v, ba_query_wall(q));
	return decided(q, r);
}

/* Accepted so far; does the service want to hear "yes"? */
static enum ba_query_step
accepted(struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);
	int r = BA_OK;

	if (q->account)
		return decided(q, BA_OK);
	/* By the time that somebody has said "yes" the token is gone, and a
	   configuration may be in force by which it is good for once. */
	if (s->single_use || s->confirm != NULL)
		r = ba_once_token(q->q.token, q->q.token_len, &q->once);
	if (r != BA_OK)
		return decided(q, r);
	if (s->confirm == NULL)
		return granted(q);
	if (!q->can_prompt)
		return decided(q, BA_ERR_CONFIRM);
	r = ba_query_attend(q);
	if (r != BA_OK)
		return decided(q, r);
	settle(q);
	q->phase = BA_CONFIRMING;
	ba_query_time(q, BA_QUERY_REPLY_MS);
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
	int64_t exp = q->v.exp;
	struct ba_snapshot s;
	int r;

	q->q.introspected = q->v.introspected;
	q->engine = ba_engine_ref(q->b->engine);
	ba_verdict_clear(&q->v); /* it points into the one before */
	ba_engine_unref(before);
	r = ba_query_admit(q);
	s = ba_query_snapshot(q);
	ba_query_expect(q);
	if (r == BA_OK)
		r = ba_verify_claims(&q->q, &s, claims, NULL, &q->v);
	json_decref(claims);
	if (r == BA_OK)
		r = ba_query_authz(q);
	/* The claims do not tell of an earlier end that the issuer has said. */
	if (r == BA_OK && exp < q->v.exp)
		q->v.exp = exp;
	if (r == BA_OK && s.now >= q->v.exp + q->v.issuer->clock_skew)
		r = BA_ERR_EXP;
	return r;
}

static enum ba_query_step
confirmed(struct ba_query *q)
{
	int r;

	if (!q->replied)
		return q->late ? decided(q, BA_ERR_TIMEOUT) : BA_QUERY_WAIT;
	r = q->yes ? decide_again(q) : BA_ERR_CONFIRM;
	return r == BA_OK ? granted(q) : decided(q, r);
}

static enum ba_query_step
decide(struct ba_query *q)
{
	int r;

	if (q->late)
		r = BA_ERR_TIMEOUT;
	else
		r = q->account ? decide_account(q) : decide_ask(q);
	if (r == BA_UNDECIDED)
		return BA_QUERY_WAIT;
	return r == BA_OK ? accepted(q) : decided(q, r);
}

/* Once there is a token it is judged like any other (DEV-07). */
static enum ba_query_step
come_by_token(struct ba_query *q)
{
	enum ba_query_step step;
	int r;

	r = ba_query_device_run(q, &step);
	if (r == BA_UNDECIDED)
		return step;
	if (r != BA_OK)
		return decided(q, r);
	q->phase = BA_DECIDING;
	return decide(q);
}

enum ba_query_step
ba_query_run(struct ba_query *q)
{
	switch (q->phase) {
	case BA_DECIDING:
		return decide(q);
	case BA_DEVICE_FLOW:
		return come_by_token(q);
	case BA_CONFIRMING:
		return confirmed(q);
	case BA_DECIDED:
		break;
	}
	return BA_QUERY_DONE;
}

void
ba_query_reply(struct ba_query *q, const void *text, size_t n)
{
	if (q->phase == BA_DEVICE_FLOW) {
		ba_query_device_reply(q, text, n);
		return;
	}
	q->replied = true;
	q->yes = n == 3 && memcmp(text, "yes", 3) == 0;
}
