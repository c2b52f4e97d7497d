/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_QUERY_PARTS_H
#define BA_BROKER_QUERY_PARTS_H

#include "common/verify.h"
#include "common/wire/ask.h"

#include "broker/login.h"
#include "broker/once.h"
#include "broker/query.h"

/*
 * A question's inside, for query.c (its life, and how it is decided),
 * query_needs.c (what others must be asked for it), query_authz.c (of SASL),
 * query_device.c (how a token is come by in the device flow) and query_reply.c
 * (what is said of it).
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

struct ba_query_device; /* query_device.c's */

struct ba_query {
	struct ba_broker *b;
	struct ba_engine *engine; /* a reference */
	struct ba_peer peer;
	void (*woken)(void *arg);
	void *arg;

	uint8_t version;
	bool account; /* ACCOUNT, else ASK or DEVICE */
	char id[BA_ID_LEN + 1];
	char service[65];
	char user[256];
	char rhost[256];
	char tty[256];
	char way[BA_WAY_MAX + 1]; /* ACCOUNT */
	char host[256]; /* what the client of a SASL server connected to … */
	uint32_t port; /* … as it says; "", 0: says nothing */
	struct ba_process process; /* whose session it will be, or zeroed */
	bool named; /* the host says whose login it is */
	bool curious; /* there is no token: what is wanted? (BA_TOKEN_NONE) */
	bool can_prompt;
	struct ba_question q; /* strings: those above, and … */
	struct ba_buf frame; /* … the token inside this */
	struct ba_once once; /* what single_use needs of it when it is gone */

	enum {
		BA_DECIDING,
		BA_DEVICE_FLOW, /* DEVICE, until there is a token */
		BA_CONFIRMING,
		BA_DECIDED
	} phase;
	struct ba_query_device *device; /* NULL: there is no such phase */
	struct ba_timer deadline;
	int64_t ends; /* … of ba_loop_now() */
	bool late;
	struct ba_query_needs needs;
	bool attended; /* counted among those that wait for a person */
	bool replied; /* to confirm = */
	bool yes;

	int err; /* the verdict */
	struct ba_verdict v;
	char person[BA_NAME_MAX + 1]; /* whom the token names, where that is
					 not v.user (authzid); else "" */
};

int64_t ba_query_wall(const struct ba_query *q);

/* NULL where the service has no section. */
const struct ba_service *ba_query_service(const struct ba_query *q);

/* Who asks, and in whose name (V51, V53)?  Before any token is looked at.
   BA_ERR_NO_SERVICE, BA_ERR_PEER. */
BA_MUST_CHECK int ba_query_admit(const struct ba_query *q);

/* It ends in so many ms: then woken(), and q->late. */
void ba_query_time(struct ba_query *q, int64_t ms);

/*
 * From now on it may wait for a person, and hold its connection for as long as
 * people take.  su and sudo ask as root, whoever runs them, and root has no
 * quota: so a quarter of all connections at the most wait so, and nobody shuts
 * others out who has not shown a token (V49).  BA_ERR_BUSY.
 */
BA_MUST_CHECK int ba_query_attend(struct ba_query *q);

/* --- query_needs.c --- */

void ba_query_needs_init(struct ba_query *q);

/* What is known now, and by whom it is blocked. */
struct ba_snapshot ba_query_snapshot(struct ba_query *q);

/*
 * ba_verify() lacks something (err): have it brought.  BA_UNDECIDED, or why it
 * cannot be had; an err that asks for nothing is given back.
 */
BA_MUST_CHECK int ba_query_need(struct ba_query *q, int err);

/* Its two halves, for who needs them without a token: what the issuer says of
   itself, NULL where that is not known or better asked for first; then have
   it brought. */
const struct ba_metadata *ba_query_metadata(
    struct ba_query *q, const struct ba_issuer *issuer);
BA_MUST_CHECK int ba_query_need_keys(
    struct ba_query *q, const struct ba_issuer *issuer);

/* Nothing is waited for any more; what comes next may ask anew. */
void ba_query_needs_end(struct ba_query *q);

/* --- query_authz.c --- */

/* Has a SASL client no token, and asks only what is wanted? */
bool ba_query_is_curious(const struct ba_query *q);

/* Is it this server that the client means?  BA_ERR_HOST. */
BA_MUST_CHECK int ba_query_server(const struct ba_query *q);

/* Whom must the token name: set q->q.user, for ba_verify(). */
void ba_query_expect(struct ba_query *q);

/* The token is good for q->v.user; is it for who was asked for?  They are the
   user then, and q->person may be somebody else.  BA_ERR_AUTHZID. */
BA_MUST_CHECK int ba_query_authz(struct ba_query *q);

/* --- query_device.c --- */

/* For a DEVICE; BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_query_device_new(
    struct ba_query *q, const struct ba_msg *m);
void ba_query_device_free(struct ba_query *q);

/*
 * Go on with the flow.  BA_UNDECIDED, and in *stepp what is to be done; BA_OK:
 * there is a token, which is q->q.token now and is yet to be verified (DEV-06,
 * DEV-07); otherwise why there is none.
 */
BA_MUST_CHECK int ba_query_device_run(
    struct ba_query *q, enum ba_query_step *stepp);

void ba_query_device_reply(struct ba_query *q, const void *text, size_t n);

/* Nothing goes on any more, and codes and token are gone. */
void ba_query_device_end(struct ba_query *q);

/* It ends by the verdict err: is there something that the user is to be told
   before?  Then that is the step's frame. */
bool ba_query_device_bid_farewell(struct ba_query *q, int err);

/*
 * Which error a client is told for the verdict err.  Whoever presses Enter is
 * told the same for every user whose login may not go on, and learns neither
 * who exists here nor who has reached a limit (PM-03).
 */
int ba_query_device_told(const struct ba_query *q, int err);

/* A login by it was accepted: it does not count against its user's limit. */
void ba_query_device_accepted(struct ba_query *q);

/* The frame of the step that was said last. */
BA_MUST_CHECK int ba_query_device_put(
    const struct ba_query *q, struct ba_buf *out);

/* --- query_reply.c --- */

void ba_query_audit(struct ba_query *q);

/* A code was given out: whoever asked for it may never be heard of again. */
void ba_query_audit_code(const struct ba_query *q);

#endif
