/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_QUERY_H
#define BA_BROKER_QUERY_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/wire/message.h"

#include "broker/broker.h"
#include "broker/peer.h"

/*
 * One question (ASK, DEVICE or ACCOUNT) on its way to a verdict, whatever it
 * comes over.  It says what must happen next, and calls woken() when it wants
 * to be run again.
 */
struct ba_query;

enum ba_query_step {
	BA_QUERY_WAIT, /* nothing now: woken() will be called */
	BA_QUERY_PROMPT, /* ask the user ba_query_put_prompt(); it may be run
			    and say BA_QUERY_WAIT while nobody has replied */
	BA_QUERY_TELL, /* say ba_query_put_prompt(), and run it again at once:
			  no reply comes */
	BA_QUERY_DONE /* ba_query_put_verdict() */
};

/* What a plug-in may wait, and how much earlier it is answered (ms). */
#define BA_QUERY_DEADLINE_MIN 1000
#define BA_QUERY_DEADLINE_MAX 60000
#define BA_QUERY_EARLY        100

/* Time for a person to answer a PROMPT (ms); below sshd's LoginGraceTime. */
#define BA_QUERY_REPLY_MS 100000

/* Of the device flow: to verify the token that came (ms). */
#define BA_QUERY_VERIFY_MS 10000

/*
 * m is the parsed frame, whose bytes are all of *frame; these are moved into
 * the query (also by an error) and wiped once the token is no longer needed.
 * BA_ERR_PROTOCOL, BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_query_new(struct ba_broker *broker,
    const struct ba_peer *peer, struct ba_buf *frame, const struct ba_msg *m,
    void (*woken)(void *arg), void *arg, struct ba_query **queryp);

/* Give up, or done with: nothing is called any more. */
void ba_query_free(struct ba_query *q);

enum ba_query_step ba_query_run(struct ba_query *q);

/* The user's answer to the last prompt; then run again. */
void ba_query_reply(struct ba_query *q, const void *text, size_t n);

/* Append the frame that says it. */
BA_MUST_CHECK int ba_query_put_prompt(
    const struct ba_query *q, struct ba_buf *out);
BA_MUST_CHECK int ba_query_put_verdict(
    const struct ba_query *q, struct ba_buf *out);

#endif
