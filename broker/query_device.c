/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/oauth/credentials.h"
#include "common/oauth/device.h"
#include "common/policy/map.h"
#include "common/policy/rules.h"

#include "broker/device_limit.h"
#include "broker/device_text.h"
#include "broker/query_parts.h"
#include "broker/spawned.h"

/*
 * The device flow (RFC 8628) of one login: from a person who presses Enter to
 * a token.  Neither a code nor the token is ever logged (DEV-11).
 */

/* How often to look whether there is a place for our request. */
#define LOOK_AGAIN_MS 100

/* What one request may take at the most. */
#define REQUEST_MS 10000

/* How much sooner than the login it ends, which is to know how it ended. */
#define SOONER_MS 200

/* What the plug-in waits longer than we do. */
#define WAIT_MORE_MS 2000

/* Requests at a time, of all flows: an issuer that hangs shall not hold the
   places of those who are asked about tokens (errand.h). */
#define CALLS_MAX 48

/*
 * A request under way.  It outlives the login where that ends first: then its
 * answer is not looked at, and the place that it has among all errands is
 * taken until it comes, so that nobody who begins and leaves gets more of them.
 */
struct call {
	struct ba_errand errand;
	struct ba_broker *b;
	struct ba_query *q; /* NULL: nobody waits for it */
};

struct ba_query_device {
	enum {
		BEGUN,
		ASKED, /* to press Enter, to be given a code */
		AUTHORIZING, /* the issuer is asked for one */
		AUTHORIZED, /* the plug-in is told how long it will take */
		POLLING, /* the user has the code */
		ENDED
	} state;
	bool held; /* texts are seen with the next prompt only */
	const struct ba_issuer *issuer; /* of q->engine */
	int refusal; /* known before the user was asked, said after */
	int64_t left; /* ms of the client's deadline, while that stands still */

	bool prompting; /* a prompt is open … */
	bool replied; /* … and was answered, … */
	bool enter; /* … by Enter alone */
	bool polled; /* the issuer has answered since it was opened */

	struct ba_device_places places; /* of the limits; none, if given back */
	struct call *call; /* or NULL */
	struct ba_timer again;
	char token_url[BA_URL_MAX + 1];
	struct ba_device device;
	struct ba_buf token;
	/* What the issuer said last; BA_ERR_NEED_DEVICE: nothing final. */
	int outcome;
	int silence; /* why its last poll had no answer, or BA_OK */

	enum { ASK, WAIT, CODE, AGAIN, FAREWELL } frame;
	const char *farewell;
};

/* --- its life ------------------------------------------------------------- */

static void
again_due(void *arg)
{
	struct ba_query *q = arg;

	q->woken(q->arg);
}

int
ba_query_device_new(struct ba_query *q, const struct ba_msg *m)
{
	struct ba_query_device *d;

	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return BA_ERR_NOMEM;
	d->state = BEGUN;
	d->held = ba_msg_u8(m, BA_TAG_HELD, 0) == 1;
	d->outcome = BA_ERR_NEED_DEVICE;
	d->again.due = again_due;
	d->again.arg = q;
	ba_device_init(&d->device);
	ba_buf_init(&d->token, BA_WIRE_TOKEN_MAX);
	q->device = d;
	q->phase = BA_DEVICE_FLOW;
	return BA_OK;
}

void
ba_query_device_end(struct ba_query *q)
{
	struct ba_query_device *d = q->device;

	if (d == NULL)
		return;
	ba_timer_clear(q->b->loop, &d->again);
	if (d->call != NULL)
		d->call->q = NULL;
	d->call = NULL;
	ba_device_wipe(&d->device);
	ba_buf_wipe(&d->token);
}

void
ba_query_device_free(struct ba_query *q)
{
	ba_query_device_end(q);
	ba_wipe_free(q->device, sizeof(*q->device));
	q->device = NULL;
}

/* --- requests ------------------------------------------------------------- */

/* What is wrong with the issuer's answers is for its administrators. */
static void
log_answer(const struct ba_query *q, int err, const char *why)
{
	if (err != BA_ERR_DEVICE_ANSWER && err != BA_ERR_CLIENT_AUTH)
		return;
	ba_log(q->b->o.log, BA_LOG_WARNING,
	    "issuer %.256s, asked in the device flow: %s: %s",
	    q->device->issuer->url, ba_err_text(err), why);
}

/*
 * A page of another issuer's that we know: its consent page would be the right
 * one, of a flow that this issuer has begun there for itself, and our host's
 * name stands beside the code (V37).
 */
static bool
is_foreign(const struct ba_query *q, const char *uri)
{
	const struct ba_config *config = q->engine->config;
	size_t i;

	if (*uri == '\0' || ba_endpoint_ok(q->device->issuer, uri))
		return false;
	for (i = 0; i < config->n_issuers; i++)
		if (ba_endpoint_ok(&config->issuers[i], uri))
			return true;
	return false;
}

static int
take_code(struct ba_query *q, const struct ba_http_response *response,
    int64_t now, const char **whyp)
{
	struct ba_query_device *d = q->device;
	int r;

	r = ba_device_feed(&d->device, response, now,
	    ba_query_service(q)->device.complete_uri, whyp);
	if (r != BA_OK || (!is_foreign(q, d->device.uri) &&
			      !is_foreign(q, d->device.complete)))
		return r;
	*whyp = "it sends people to the page of another issuer";
	return BA_ERR_DEVICE_ANSWER;
}

static void
take_answer(struct ba_query *q, const struct ba_http_response *response)
{
	struct ba_query_device *d = q->device;
	int64_t now = ba_loop_now(q->b->loop);
	const char *why = "";

	if (d->state == AUTHORIZING)
		d->outcome = take_code(q, response, now, &why);
	else
		d->outcome = ba_device_poll_feed(
		    &d->device, response, now, &d->token, &why);
	d->silence = response->err;
	/* Nobody has heard from the issuer that nobody approved. */
	if (d->outcome == BA_ERR_DEVICE_EXPIRED && d->silence != BA_OK)
		d->outcome = d->silence;
	d->polled = true;
	log_answer(q, d->outcome, why);
}

/* No answer, for our own want of a helper: as if the network had failed. */
static void
take_failure(struct ba_query *q)
{
	struct ba_http_response response;

	ba_http_response_init(&response);
	response.err = BA_ERR_HTTP;
	take_answer(q, &response);
	ba_http_response_clear(&response);
}

static void
forget_call(void *arg)
{
	struct call *call = arg;

	call->b->device_calls--;
	free(call);
}

static void
call_ended(void *arg, int err, const struct ba_http_response *response)
{
	struct ba_query *q = ((struct call *)arg)->q;

	forget_call(arg);
	if (q == NULL)
		return;
	q->device->call = NULL;
	if (err == BA_OK)
		take_answer(q, response);
	else
		take_failure(q);
	q->woken(q->arg);
}

static bool
is_room(const struct ba_broker *b)
{
	return b->device_calls < CALLS_MAX && ba_errands_room(b->errands, true);
}

/* As ba_errand_send(). */
static int
send_request(struct ba_query *q, struct ba_http_request *request)
{
	int64_t left = q->ends - ba_loop_now(q->b->loop) - SOONER_MS;
	struct call *call;
	int r;

	request->timeout_ms =
	    left < 1 ? 1 : (unsigned)(left < REQUEST_MS ? left : REQUEST_MS);
	call = calloc(1, sizeof(*call));
	if (call == NULL)
		return BA_ERR_NOMEM;
	call->errand.ended = call_ended;
	call->errand.forgotten = forget_call;
	call->errand.arg = call;
	call->b = q->b;
	call->q = q;
	q->b->device_calls++;
	r = ba_errand_send(q->b->errands, &call->errand, request);
	if (r == BA_OK)
		q->device->call = call;
	else
		forget_call(call);
	return r;
}

/* --- 1. may it begin? ----------------------------------------------------- */

/* What is the same for every user, and so may be said at once. */
static int
judge_service(const struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);
	struct ba_case c = { .service = s, .rhost = q->q.rhost };
	const struct ba_networks *nets;
	int r;

	r = ba_query_admit(q);
	if (r != BA_OK)
		return r;
	if (s->device.issuer == NULL)
		return BA_ERR_DEVICE;
	if (!q->can_prompt)
		return BA_ERR_CONVERSATION;
	nets = &s->device.network;
	if (nets->text.n > 0 && ba_networks_find(nets, q->q.rhost) == NULL)
		return BA_ERR_DEVICE;
	return ba_rule_source(&c);
}

/* Nobody is bothered for a login that no token could make good. */
static int
judge_user(const struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);
	const struct ba_map *map = s->device.issuer->map;
	const struct ba_name name = { .mapped = map != NULL &&
						ba_map_names(map, q->user) };
	struct ba_case c = { .service = s };

	if (!name.mapped && !ba_name_ok(q->user, s->accounts))
		return BA_ERR_UNKNOWN_USER;
	return ba_identity_account(
	    &c, &name, q->q.uid_known ? &q->q.uid : NULL);
}

static void
open_prompt(struct ba_query_device *d, int frame, enum ba_query_step *stepp)
{
	d->frame = frame;
	d->prompting = true;
	d->replied = d->polled = false;
	*stepp = BA_QUERY_PROMPT;
}

static int
begin(struct ba_query *q, enum ba_query_step *stepp)
{
	struct ba_query_device *d = q->device;
	int r;

	r = judge_service(q);
	if (r == BA_OK)
		r = ba_query_attend(q);
	if (r != BA_OK)
		return r;
	d->issuer = ba_query_service(q)->device.issuer;
	d->refusal = judge_user(q);
	d->left = q->ends - ba_loop_now(q->b->loop);
	d->state = ASKED;
	ba_query_time(q, BA_QUERY_REPLY_MS);
	open_prompt(d, ASK, stepp);
	return BA_UNDECIDED;
}

/* --- 2. a code ------------------------------------------------------------ */

/* BA_ERR_NEED_KEYS: what the issuer publishes must be known first. */
static int
find_endpoints(struct ba_query *q, const char **urlp)
{
	struct ba_query_device *d = q->device;
	const struct ba_issuer *issuer = d->issuer;
	const struct ba_metadata *m = NULL;
	const char *token_url;

	if (ba_device_url(issuer, NULL) == NULL ||
	    ba_token_url(issuer, NULL) == NULL)
		m = ba_query_metadata(q, issuer);
	*urlp = ba_device_url(issuer, m);
	token_url = ba_token_url(issuer, m);
	if (*urlp == NULL || token_url == NULL)
		return BA_ERR_NEED_KEYS;
	if (**urlp == '\0' || *token_url == '\0')
		return BA_ERR_METADATA;
	return ba_copy_str(d->token_url, sizeof(d->token_url), token_url);
}

static int
send_begin(struct ba_query *q, const char *url)
{
	struct ba_http_request request = { .timeout_ms = 0 };
	const struct ba_issuer *issuer = q->device->issuer;
	const struct ba_credentials *client;
	struct ba_post post;
	int r;

	r = ba_credential_table_get(q->engine->credentials, issuer, &client);
	if (r != BA_OK)
		return r;
	ba_post_init(&post);
	r = ba_device_begin(
	    issuer, client, url, ba_query_wall(q), &post, &request);
	if (r == BA_OK)
		r = send_request(q, &request);
	ba_post_wipe(&post);
	return r;
}

static int
request_code(struct ba_query *q)
{
	const char *url;
	int r;

	r = find_endpoints(q, &url);
	if (r == BA_ERR_NEED_KEYS)
		return ba_query_need_keys(q, q->device->issuer);
	if (r == BA_OK)
		r = is_room(q->b) ? send_begin(q, url) : BA_ERR_BUSY;
	if (r == BA_ERR_BUSY)
		ba_timer_set(q->b->loop, &q->device->again, LOOK_AGAIN_MS);
	return r == BA_OK || r == BA_ERR_BUSY ? BA_UNDECIDED : r;
}

/* The flow's time begins: device_timeout, and never past the code's end. */
static void
start_flow(struct ba_query *q)
{
	int64_t ms = ba_query_service(q)->device.timeout * 1000;
	int64_t life = q->device->device.expires - ba_loop_now(q->b->loop);

	ba_query_needs_end(q);
	ba_query_time(q, life < ms ? life : ms);
}

static int
authorize(struct ba_query *q, enum ba_query_step *stepp)
{
	struct ba_query_device *d = q->device;

	if (q->late)
		return BA_ERR_TIMEOUT;
	if (d->call != NULL)
		return BA_UNDECIDED;
	if (d->outcome == BA_ERR_NEED_DEVICE)
		return request_code(q);
	if (d->outcome != BA_OK)
		return d->outcome;
	ba_query_audit_code(q);
	d->outcome = BA_ERR_NEED_DEVICE;
	start_flow(q);
	d->state = AUTHORIZED;
	d->frame = WAIT;
	*stepp = BA_QUERY_TELL;
	return BA_UNDECIDED;
}

/* What peers other than root have counted fills no store of root's. */
static enum ba_reach
reach(const struct ba_query *q)
{
	return q->peer.uid == 0 ? BA_REACH_SHARED : BA_REACH_PROCESS;
}

/*
 * Only Enter goes on: whatever answers a prompt by itself, a host that gives
 * the user's name for one, is no person who could read a code.
 */
static int
asked(struct ba_query *q, enum ba_query_step *stepp)
{
	const struct ba_service *s = ba_query_service(q);
	struct ba_query_device *d = q->device;
	int r;

	if (!d->replied)
		return q->late ? BA_ERR_TIMEOUT : BA_UNDECIDED;
	d->prompting = false;
	if (!d->enter)
		return BA_ERR_CONVERSATION;
	/* Names are not guessed for nothing, either. */
	r = ba_device_limit_take(ba_broker_logins(q->b, &q->peer), &s->device,
	    d->refusal == BA_OK ? q->user : NULL, q->q.rhost, ba_query_wall(q),
	    reach(q), &d->places);
	if (d->refusal != BA_OK)
		return d->refusal;
	if (r != BA_OK)
		return r;
	if (q->b->o.spawned)
		ba_spawned_lengthen((unsigned)s->device.timeout);
	d->state = AUTHORIZING;
	ba_query_time(q, d->left);
	return authorize(q, stepp);
}

/* --- 3. the token --------------------------------------------------------- */

static int
send_poll(struct ba_query *q)
{
	struct ba_http_request request = { .timeout_ms = 0 };
	struct ba_query_device *d = q->device;
	const struct ba_credentials *client;
	struct ba_post post;
	int r;

	if (!is_room(q->b))
		return BA_ERR_BUSY;
	r = ba_credential_table_get(q->engine->credentials, d->issuer, &client);
	if (r != BA_OK)
		return r;
	ba_post_init(&post);
	r = ba_device_poll(&d->device, d->issuer, client, d->token_url,
	    ba_query_wall(q), &post, &request);
	if (r == BA_OK)
		r = send_request(q, &request);
	ba_post_wipe(&post);
	return r;
}

/* When it is time to, and one at a time (DEV-03). */
static void
poll_issuer(struct ba_query *q)
{
	struct ba_query_device *d = q->device;
	int64_t now = ba_loop_now(q->b->loop);
	int r = BA_OK;

	if (d->call != NULL || q->ends - now <= SOONER_MS)
		return;
	if (now >= d->device.due)
		r = send_poll(q);
	if (r == BA_ERR_BUSY)
		d->device.due = now + d->device.interval;
	else if (r != BA_OK)
		d->outcome = r;
	if (d->call == NULL && d->outcome == BA_ERR_NEED_DEVICE)
		ba_timer_set(q->b->loop, &d->again, d->device.due - now);
}

/* With texts held back the code comes in a prompt: they are seen then. */
static int
show_code(struct ba_query *q, enum ba_query_step *stepp)
{
	struct ba_query_device *d = q->device;

	d->state = POLLING;
	poll_issuer(q); /* not yet: in its time */
	if (d->held) {
		open_prompt(d, CODE, stepp);
	} else {
		d->frame = CODE;
		*stepp = BA_QUERY_TELL;
	}
	return BA_UNDECIDED;
}

/*
 * It is verified by the configuration that is in force now (V48), if that
 * still sends people to this issuer.
 */
static int
hand_over(struct ba_query *q)
{
	struct ba_query_device *d = q->device;
	struct ba_engine *before = q->engine;
	const struct ba_service *s;
	int r = BA_OK;

	q->engine = ba_engine_ref(q->b->engine);
	s = ba_query_service(q);
	if (s == NULL)
		r = BA_ERR_NO_SERVICE;
	else if (s->device.issuer == NULL ||
		 strcmp(s->device.issuer->url, d->issuer->url) != 0)
		r = BA_ERR_DEVICE;
	d->issuer = NULL;
	d->state = ENDED;
	ba_verdict_clear(&q->v);
	ba_engine_unref(before);
	q->q.origin = BA_ORIGIN_DEVICE;
	q->q.token = ba_buf_str(&d->token);
	q->q.token_len = d->token.len;
	ba_query_time(q, BA_QUERY_VERIFY_MS);
	return r;
}

/*
 * Did nobody approve in time, or could the issuer not be asked any more?  Who
 * has approved and not pressed Enter is late as well.
 */
static int
end_of_time(const struct ba_query_device *d)
{
	if (d->outcome == BA_OK)
		return BA_ERR_DEVICE_EXPIRED;
	if (d->outcome != BA_ERR_NEED_DEVICE)
		return d->outcome;
	return d->silence != BA_OK ? d->silence : BA_ERR_DEVICE_EXPIRED;
}

/*
 * While a prompt is open the end waits for the reply: nobody would hear it.
 * Only when the time is over does nobody wait for a reply any more.
 */
static int
poll_on(struct ba_query *q, enum ba_query_step *stepp)
{
	struct ba_query_device *d = q->device;

	if (d->replied)
		d->prompting = false;
	if (q->late)
		return end_of_time(d);
	if (d->outcome == BA_ERR_NEED_DEVICE)
		poll_issuer(q);
	if (d->prompting)
		return BA_UNDECIDED;
	/* What is typed there is nothing that was asked for, and not kept. */
	if (d->held && d->replied && !d->enter) {
		open_prompt(d, AGAIN, stepp);
		return BA_UNDECIDED;
	}
	if (d->outcome == BA_OK)
		return hand_over(q);
	if (d->outcome != BA_ERR_NEED_DEVICE)
		return d->outcome;
	/* Not approved yet, by an answer that is newer than the reply. */
	if (d->held && d->polled)
		open_prompt(d, AGAIN, stepp);
	return BA_UNDECIDED;
}

int
ba_query_device_run(struct ba_query *q, enum ba_query_step *stepp)
{
	*stepp = BA_QUERY_WAIT;
	switch (q->device->state) {
	case BEGUN:
		return begin(q, stepp);
	case ASKED:
		return asked(q, stepp);
	case AUTHORIZING:
		return authorize(q, stepp);
	case AUTHORIZED:
		return show_code(q, stepp);
	case POLLING:
		return poll_on(q, stepp);
	case ENDED:
		break;
	}
	return BA_ERR_INTERNAL;
}

void
ba_query_device_reply(struct ba_query *q, const void *text, size_t n)
{
	struct ba_query_device *d = q->device;

	(void)text;
	d->replied = true;
	d->enter = n == 0;
	/* What came before it does not say whether it is approved by now. */
	d->polled = false;
}

/* --- what is said --------------------------------------------------------- */

/*
 * Never why a token was refused, nor that a limit was reached: that would tell
 * strangers who is a user here.
 */
static const char *
farewell_of(int err)
{
	if (err == BA_ERR_DEVICE_DENIED)
		return "The login was denied.";
	if (err == BA_ERR_DEVICE_EXPIRED)
		return "The code has expired.";
	/* Nor is it anybody's business that it does not know us. */
	if (ba_err_family(err) == BA_FAMILY_UNAVAILABLE ||
	    err == BA_ERR_CLIENT_AUTH || err == BA_ERR_SECRET)
		return "The identity provider cannot be reached now.";
	return NULL;
}

static void
give_back(struct ba_query *q)
{
	ba_device_limit_give_back(
	    ba_broker_logins(q->b, &q->peer), &q->device->places, reach(q));
}

void
ba_query_device_accepted(struct ba_query *q)
{
	if (q->device != NULL)
		give_back(q);
}

int
ba_query_device_told(const struct ba_query *q, int err)
{
	const struct ba_query_device *d = q->device;

	if (d != NULL && d->state == ASKED &&
	    (err == d->refusal || err == BA_ERR_DEVICE_LIMIT))
		return BA_ERR_REFUSED;
	return err;
}

bool
ba_query_device_bid_farewell(struct ba_query *q, int err)
{
	struct ba_query_device *d = q->device;

	/* Without a code nobody was bothered. */
	if (d != NULL && d->state == AUTHORIZING)
		give_back(q);
	if (d == NULL || d->prompting ||
	    (d->state != AUTHORIZING && d->state != POLLING))
		return false;
	d->farewell = farewell_of(err);
	d->frame = FAREWELL;
	d->state = ENDED;
	return d->farewell != NULL;
}

static int
put_text(const struct ba_query *q, enum ba_prompt_style style, const char *text,
    struct ba_buf *out)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, out, q->version, BA_MSG_PROMPT);
	ba_msg_put_u8(&o, BA_TAG_STYLE, (uint8_t)style);
	ba_msg_put_str(&o, BA_TAG_TEXT, text);
	return ba_msg_end(&o);
}

static int
put_wait(const struct ba_query *q, struct ba_buf *out)
{
	int64_t left = q->ends - ba_loop_now(q->b->loop);
	struct ba_msg_out o;

	ba_msg_begin(&o, out, q->version, BA_MSG_WAIT);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE,
	    (uint32_t)((left > 0 ? left : 0) + BA_QUERY_VERIFY_MS +
		       WAIT_MORE_MS));
	return ba_msg_end(&o);
}

static int
put_code(const struct ba_query *q, const struct ba_device_scene *scene,
    struct ba_buf *text)
{
	const struct ba_query_device *d = q->device;
	const struct ba_device_config *c = &ba_query_service(q)->device;
	bool complete = c->complete_uri && d->device.complete[0] != '\0';

	return ba_device_code_text(scene, d->device.uri, d->device.user_code,
	    complete ? d->device.complete : d->device.uri, c->qr, d->held,
	    text);
}

static int
put_scene(const struct ba_query *q, struct ba_buf *text)
{
	const struct ba_query_device *d = q->device;
	char host[256];
	const struct ba_device_scene scene = {
		.host = host,
		.service = q->service,
		.user = q->user,
		.rhost = q->q.rhost,
		.tty = q->tty[0] != '\0' ? q->tty : NULL,
		.now = ba_query_wall(q),
	};

	if (gethostname(host, sizeof(host)) != 0)
		return BA_ERR_SYSTEM;
	host[sizeof(host) - 1] = '\0';
	if (d->frame == ASK)
		return ba_device_ask_text(&scene, text);
	if (d->frame == CODE)
		return put_code(q, &scene, text);
	return ba_device_again_text(d->device.uri, d->device.user_code, text);
}

int
ba_query_device_put(const struct ba_query *q, struct ba_buf *out)
{
	const struct ba_query_device *d = q->device;
	struct ba_buf text;
	int r;

	if (d->frame == WAIT)
		return put_wait(q, out);
	if (d->frame == FAREWELL)
		return put_text(q, BA_PROMPT_ERROR, d->farewell, out);
	ba_buf_init(&text, BA_WIRE_TEXT_MAX);
	r = put_scene(q, &text);
	if (r == BA_OK)
		r = put_text(q, d->prompting ? BA_PROMPT_PLAIN : BA_PROMPT_INFO,
		    ba_buf_str(&text), out);
	ba_buf_wipe(&text);
	return r;
}
