/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_QUERY_PARTS_H
#define BA_BROKER_QUERY_PARTS_H

#include "common/verify.h"
#include "common/wire/ask.h"

#include "broker/once.h"
#include "broker/query.h"

/*
 * A question's inside, for query.c (its life, and how it is decided),
 * query_needs.c (what others must be asked for it) and query_reply.c (what is
 * said of it).
 */

/* Not an error: nothing is decided yet, and something will wake us. */
#define BA_UNDECIDED 1

/* What issuers are asked for; of the deciding alone. */
struct ba_query_needs {
	struct ba_timer again;

	/* keys and metadata */
	struct ba_waiter waiter;
	bool asked; /* the issuer, in this question */
	int asked_err; /* what came of it */
	int64_t patience; /* until when fresh keys are waited for; 0: not yet */
	bool newer; /* those that an answer was signed by are waited for */

	/* what the issuer says of the token */
	struct ba_inquiry *inquiry; /* under way, or NULL */
	int64_t queue; /* until when a place is waited for; 0: not yet */
	const struct ba_issuer *answer_of; /* who has answered; or NULL */
	int answer_err;
	json_t *answer;
};

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
	struct ba_once once; /* what single_use needs of it when it is gone */

	enum { BA_DECIDING, BA_CONFIRMING, BA_DECIDED } phase;
	struct ba_timer deadline;
	int64_t ends; /* … of ba_loop_now() */
	bool late;
	struct ba_query_needs needs;
	bool replied;
	bool yes;

	int err; /* the verdict */
	struct ba_verdict v;
};

int64_t ba_query_wall(const struct ba_query *q);

/* NULL where the service has no section. */
const struct ba_service *ba_query_service(const struct ba_query *q);

/* --- query_needs.c --- */

void ba_query_needs_init(struct ba_query *q);

/* What is known now, and by whom it is blocked. */
struct ba_snapshot ba_query_snapshot(struct ba_query *q);

/*
 * ba_verify() lacks something (err): have it brought.  BA_UNDECIDED, or why it
 * cannot be had; an err that asks for nothing is given back.
 */
BA_MUST_CHECK int ba_query_need(struct ba_query *q, int err);

/* Nothing is waited for any more. */
void ba_query_needs_end(struct ba_query *q);

/* --- query_reply.c --- */

void ba_query_audit(struct ba_query *q);

#endif
