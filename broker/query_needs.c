/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "common/oauth/introspect.h"

#include "broker/query_parts.h"

/* How often to look whether another broker of the machine has the keys, or
   whether there is a place for our question. */
#define LOOK_AGAIN_MS 100

/* How long a login waits for fresh keys where there are stale ones, which
   serve as long as the issuer cannot be asked. */
#define STALE_WAIT_MS 1000

/* With less time left the issuer is not asked about a token. */
#define ASK_MS 300

/* How long a question waits until the issuer has fewer of ours to answer. */
#define QUEUE_MS 2000

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

	q->needs.asked = true;
	q->needs.asked_err = err;
	q->woken(q->arg);
}

void
ba_query_needs_init(struct ba_query *q)
{
	q->needs.again.due = again_due;
	q->needs.again.arg = q;
	q->needs.waiter.woken = keys_came;
	q->needs.waiter.arg = q;
}

void
ba_query_needs_end(struct ba_query *q)
{
	struct ba_query_needs *n = &q->needs;

	ba_timer_clear(q->b->loop, &n->again);
	ba_waiter_cancel(&n->waiter);
	ba_inquiry_cancel(n->inquiry, q->late);
	n->inquiry = NULL;
	json_decref(n->answer);
	n->answer = NULL;
	n->answer_of = NULL;
	n->asked = n->newer = false;
	n->patience = n->queue = 0;
}

/* --- keys and metadata ----------------------------------------------------- */

/*
 * What we know is stale, and the issuer may be asked.  Is this question to
 * wait?  In a service, too: where logins are rare each would else be decided by
 * the keys of the time of the one before, and a key withdrawn since would be
 * good for one more.  Nobody waits again while a failure is in its cooldown.
 */
static bool
wait_for_fresher(struct ba_query *q, const struct ba_issuer *issuer)
{
	struct ba_query_needs *n = &q->needs;
	int64_t now = ba_loop_now(q->b->loop), wait;

	if (!ba_keys_want_refresh(q->engine->keys, issuer, ba_query_wall(q)))
		return false;
	if (n->patience == 0) {
		/* Stale ones are to serve before the client's time is over. */
		wait = (q->ends - now) / 2;
		n->patience =
		    now + (wait < STALE_WAIT_MS ? wait : STALE_WAIT_MS);
	}
	return !n->asked && now < n->patience;
}

static const struct ba_jwks *
known_keys(void *arg, const struct ba_issuer *issuer)
{
	struct ba_query *q = arg;
	struct ba_keys *k = q->engine->keys;

	if (ba_keys_get(k, issuer, ba_query_wall(q)) == NULL ||
	    wait_for_fresher(q, issuer))
		return NULL;
	ba_refresh_used(q->b->refresh, q->engine, issuer);
	return ba_keys_get(k, issuer, ba_query_wall(q));
}

const struct ba_metadata *
ba_query_metadata(struct ba_query *q, const struct ba_issuer *issuer)
{
	struct ba_keys *k = q->engine->keys;

	if (ba_keys_metadata(k, issuer, ba_query_wall(q)) == NULL ||
	    wait_for_fresher(q, issuer))
		return NULL;
	ba_refresh_used(q->b->refresh, q->engine, issuer);
	return ba_keys_metadata(k, issuer, ba_query_wall(q));
}

static bool
keys_final(void *arg, const struct ba_issuer *issuer)
{
	const struct ba_query *q = arg;

	if (q->needs.asked)
		return q->needs.asked_err == BA_OK;
	return ba_keys_state(q->engine->keys, issuer, ba_query_wall(q)) ==
	       BA_KEYS_FINAL;
}

static void
look_again(struct ba_query *q, int64_t ms)
{
	ba_timer_set(q->b->loop, &q->needs.again, ms);
}

/* Have them brought, at most once in a question. */
int
ba_query_need_keys(struct ba_query *q, const struct ba_issuer *issuer)
{
	struct ba_query_needs *n = &q->needs;
	int64_t now = ba_loop_now(q->b->loop);
	int r = BA_OK;

	if (n->asked)
		return n->asked_err != BA_OK ? n->asked_err : BA_ERR_UNAVAIL;
	/* Still waiting, perhaps, after the patience for fresh ones. */
	if (!n->waiter.waiting)
		r = ba_fetcher_need(
		    q->b->fetcher, q->engine, issuer, &n->waiter);
	if (r == BA_ERR_BUSY) {
		look_again(q, LOOK_AGAIN_MS);
		return BA_UNDECIDED;
	}
	if (r != BA_OK && n->patience > now) {
		/* They cannot be asked for: then what there is must do. */
		n->patience = now;
		look_again(q, 1);
		return BA_UNDECIDED;
	}
	if (r != BA_OK)
		return r;
	if (n->patience > now)
		look_again(q, n->patience - now);
	return BA_UNDECIDED;
}

/* --- what the issuer says of the token ------------------------------------- */

static void
hold_answer(
    struct ba_query *q, const struct ba_issuer *issuer, int err, json_t *claims)
{
	json_decref(q->needs.answer);
	q->needs.answer = claims;
	q->needs.answer_err = err;
	q->needs.answer_of = issuer;
}

static int
said(void *arg, const struct ba_issuer *issuer, const json_t **claimsp)
{
	struct ba_query *q = arg;
	json_t *claims;
	int r;

	*claimsp = NULL;
	if (q->needs.answer_of != issuer) {
		r = ba_introspection_get(q->engine->introspection, issuer,
		    q->q.token, q->q.token_len, ba_query_wall(q), &claims);
		if (r == BA_ERR_NEED_INTROSPECTION)
			return r;
		hold_answer(q, issuer, r, claims);
	}
	*claimsp = q->needs.answer;
	return q->needs.answer_err;
}

/*
 * A signed answer that we cannot make out may be signed by a key that is newer
 * than ours: UNDECIDED, and the question is put again once we have it.
 */
static int
try_newer_keys(struct ba_query *q, const struct ba_issuer *issuer, int err,
    unsigned status)
{
	if (err != BA_ERR_INTROSPECTION || status != 200 ||
	    !issuer->introspection_jwt || q->needs.asked ||
	    keys_final(q, issuer))
		return err;
	if (ba_query_need_keys(q, issuer) != BA_UNDECIDED)
		return err;
	q->needs.newer = true;
	return BA_UNDECIDED;
}

/* They come by another broker's asking, perhaps.  The token is not asked about
   in each round of that wait. */
static bool
waits_for_newer(struct ba_query *q, const struct ba_issuer *issuer)
{
	if (!q->needs.newer || q->needs.asked)
		return false;
	(void)ba_keys_get(q->engine->keys, issuer, ba_query_wall(q));
	return !keys_final(q, issuer);
}

static void
answered(void *arg, int err, const struct ba_http_response *response)
{
	struct ba_query *q = arg;
	const struct ba_issuer *issuer = q->v.issuer;
	struct ba_engine *e = q->engine;
	int64_t now = ba_query_wall(q);
	json_t *claims = NULL;

	q->needs.inquiry = NULL;
	if (err == BA_OK) {
		err = ba_introspection_feed(e->introspection, issuer,
		    issuer->introspection_jwt
			? ba_keys_get(e->keys, issuer, now)
			: NULL,
		    q->q.token, q->q.token_len, now, response, &claims);
		err = try_newer_keys(q, issuer, err, response->status);
	}
	if (err == BA_UNDECIDED)
		return;
	hold_answer(q, issuer, err, claims);
	q->woken(q->arg);
}

/* BA_ERR_NEED_KEYS: what the issuer publishes must be known first. */
static int
find_endpoint(
    struct ba_query *q, const struct ba_issuer *issuer, const char **endpointp)
{
	*endpointp = NULL;
	if (issuer->introspection_jwt && known_keys(q, issuer) == NULL)
		return BA_ERR_NEED_KEYS;
	*endpointp =
	    ba_introspection_url(issuer, issuer->introspection_endpoint == NULL
					     ? ba_query_metadata(q, issuer)
					     : NULL);
	if (*endpointp == NULL)
		return BA_ERR_NEED_KEYS;
	return **endpointp != '\0' ? BA_OK : BA_ERR_METADATA;
}

/* All places of this issuer's are taken: is it worth while to wait for one? */
static int
queue(struct ba_query *q)
{
	int64_t now = ba_loop_now(q->b->loop);

	if (q->needs.queue == 0)
		q->needs.queue = now + QUEUE_MS;
	if (now >= q->needs.queue)
		return BA_ERR_BUSY;
	look_again(q, LOOK_AGAIN_MS);
	return BA_UNDECIDED;
}

/* One request, within what is left of the question's time (TR-08). */
static int
need_answer(struct ba_query *q, const struct ba_issuer *issuer)
{
	const struct ba_inquirer who = { answered, q, q->peer.uid == 0 };
	int64_t left = q->ends - ba_loop_now(q->b->loop);
	const char *endpoint;
	int r;

	if (q->needs.inquiry != NULL)
		return BA_UNDECIDED;
	if (left < ASK_MS)
		return BA_ERR_TIMEOUT;
	if (waits_for_newer(q, issuer))
		return ba_query_need_keys(q, issuer);
	r = find_endpoint(q, issuer, &endpoint);
	if (r == BA_ERR_NEED_KEYS)
		return ba_query_need_keys(q, issuer);
	if (r == BA_OK)
		r = ba_inquire(q->b->inquiries, q->engine, issuer, endpoint,
		    q->q.token, q->q.token_len, (unsigned)left, &who,
		    &q->needs.inquiry);
	if (r == BA_ERR_BUSY)
		return queue(q);
	return r == BA_OK ? BA_UNDECIDED : r;
}

/* --- the verifier's ------------------------------------------------------- */

static int
blocks(void *arg, const struct ba_blocks **blocksp)
{
	const struct ba_query *q = arg;

	return ba_block_file_get(q->b->blocks, blocksp);
}

struct ba_snapshot
ba_query_snapshot(struct ba_query *q)
{
	return (struct ba_snapshot){
		.config = q->engine->config,
		.now = ba_query_wall(q),
		.keys = known_keys,
		.final = keys_final,
		.introspected = said,
		.blocks = q->b->blocks != NULL ? blocks : NULL,
		.arg = q,
	};
}

int
ba_query_need(struct ba_query *q, int err)
{
	if (err != BA_ERR_NEED_KEYS && err != BA_ERR_NEED_INTROSPECTION)
		return err;
	if (q->v.issuer == NULL)
		return BA_ERR_UNAVAIL;
	return err == BA_ERR_NEED_KEYS ? ba_query_need_keys(q, q->v.issuer)
				       : need_answer(q, q->v.issuer);
}
