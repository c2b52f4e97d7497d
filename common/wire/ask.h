/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_WIRE_ASK_H
#define BA_WIRE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/wire/message.h"

/*
 * The client half of the conversation: connect (or spawn), ask, show the
 * broker's prompts, return the verdict.  This is all that a plug-in links.
 * Signals, environment, descriptors, umask and children of the process are
 * afterwards what they were before; nothing is printed; nothing blocks for
 * longer than the deadline, except in the host's own prompt.
 */
#define BA_ID_LEN 32

struct ba_client {
	const char *socket; /* path of the ask socket */
	const char *broker; /* program to spawn, or NULL: never */
	const char *config; /* for a spawned broker; NULL: default */
	uid_t trusted_uid; /* 0; another one only in tests */
	unsigned deadline_ms; /* prompts' waiting not counted */
	const char *trusted_dir; /* NULL; in tests: a directory that the
					   socket's path begins with and that
					   is taken as good (trust.h) */
};

/* Socket, broker and deadline as built in: for PAM 10 s, for SASL 3 s. */
#define BA_DEADLINE_PAM_MS  10000
#define BA_DEADLINE_SASL_MS 3000
void ba_client_defaults(struct ba_client *c, unsigned deadline_ms);

/*
 * Could asking work at all: is there a socket, or may and can we spawn?
 * For offering a mechanism; says nothing about the answer.
 */
bool ba_client_usable(const struct ba_client *c);

struct ba_ask {
	enum ba_msg_type type; /* BA_MSG_ASK or BA_MSG_ACCOUNT */
	char id[BA_ID_LEN + 1]; /* ASK: made by ba_ask(), stays
					   here for the log; ACCOUNT: that of
					   the ASK, or "" for another way in */
	const char *service;
	const char *user; /* or NULL: whoever the token names */
	bool uid_known;
	uid_t uid;
	const char *rhost; /* or NULL */
	const char *tty; /* or NULL */
	uint8_t origin; /* enum ba_origin */
	const void *token; /* ASK only */
	size_t token_len;
};

struct ba_ask_host {
	/*
	 * Show a prompt of enum ba_prompt_style; for SECRET and PLAIN put
	 * the answer into reply.  Any error ends the conversation with
	 * BA_ERR_CONVERSATION.  NULL: the user cannot be asked.
	 */
	int (*prompt)(void *arg, enum ba_prompt_style style, const char *text,
	    struct ba_buf *reply);
	void *arg;
	const struct ba_log *log; /* never gets token or reply */
};

struct ba_answer {
	char user[256]; /* accepted: the local name */
	int64_t expires; /* accepted: the token's exp, or 0 */
	char status[64]; /* refused: error code of RFC 6750 or 9470 */
	char scope[512]; /* … scope that would help, or "" */
	char metadata[2049]; /* … openid-configuration, or "" */
};

/*
 * Ask.  BA_OK only when the broker said "accepted"; otherwise the error of
 * the verdict's family (BA_ERR_REFUSED, BA_ERR_NOT_ALLOWED, BA_ERR_UNAVAIL,
 * BA_ERR_INTERNAL) or our own error on the way there, always with its
 * family.  a is cleared on entry; its last three are filled also for a
 * refusal.
 *
 * What the wire would not carry is answered here, without a broker: a bad
 * user name BA_ERR_UNKNOWN_USER, a service's BA_ERR_NO_SERVICE, a token's
 * size BA_ERR_TOKEN_SIZE.  rhost and tty are cleaned and cut instead.  Each
 * failure is logged, in one line with the id.
 *
 * A broker is spawned only where the socket's path does not exist, the
 * effective uid is 0, and c->broker is set.
 */
BA_MUST_CHECK int ba_ask(const struct ba_client *c, struct ba_ask *q,
    const struct ba_ask_host *h, struct ba_answer *a);

#endif
