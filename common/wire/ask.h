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
	/* Neither the user's time at a prompt is counted, nor, in the device
	   flow, the time that the broker says it needs (BA_MSG_WAIT). */
	unsigned deadline_ms;
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

/*
 * The longest that WAIT messages can make a device flow last, in all: what a
 * service's device_timeout can be at most, and a little more.
 */
#define BA_WAIT_MAX_MS 630000

/*
 * A process of the host's that outlives the one that asks: sshd runs auth in a
 * child, and the session in its parent.  Zeroed: none.
 */
struct ba_process {
	uint64_t pid;
	uint64_t start; /* of /proc/PID/stat, field 22: clock ticks since boot;
			   a process id alone is used again */
};

struct ba_ask {
	/* BA_MSG_ASK, BA_MSG_DEVICE, BA_MSG_ACCOUNT or BA_MSG_SESSION */
	enum ba_msg_type type;
	char id[BA_ID_LEN + 1]; /* ASK, DEVICE: made by ba_ask(), stays
					   here for the log; ACCOUNT, SESSION:
					   that of the login, or "" for another
					   way in; SESSION: set by the answer
					   where the broker found it by process
					 */
	const char *service;
	const char *user; /* or NULL: whoever the token names */
	bool uid_known;
	uid_t uid;
	const char *rhost; /* or NULL */
	const char *tty; /* or NULL */
	uint8_t origin; /* enum ba_origin */
	const void *token; /* ASK only */
	size_t token_len;
	/* ASK, DEVICE: whose session it will be, where that may be another
	   process: the parent; SESSION: the process itself. */
	struct ba_process process;
	bool held; /* DEVICE: texts are seen with the next prompt only */
	const char *way; /* ACCOUNT: "publickey" and the like, or NULL; cleaned
			    and cut */
	enum ba_session_event event; /* SESSION */
	const char *issuer; /* SESSION, close: as of the answer to open, … */
	const char *sub; /* … or NULL */
	const char *host; /* ASK of a SASL server: what the client says … */
	uint32_t port; /* … that it connected to; NULL, 0: nothing */
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
	char
	    issuer[BA_ISSUER_MAX + 1]; /* SESSION: who vouched for the user … */
	char sub[BA_SUBJECT_MAX + 1]; /* … and as whom; "": not by a token */
	char person[256]; /* accepted: whom the token names, where that is not
			     user; else "" */
};

/*
 * Ask.  BA_OK only when the broker said "accepted"; otherwise the error of
 * the verdict's family (BA_ERR_REFUSED, BA_ERR_NOT_ALLOWED, BA_ERR_UNAVAIL,
 * BA_ERR_INTERNAL) or our own error on the way there, always with its
 * family.  a is cleared on entry; status, scope and metadata are filled also for
 * a refusal.
 *
 * What the wire would not carry is answered here, without a broker: a bad
 * user name BA_ERR_UNKNOWN_USER, a service's BA_ERR_NO_SERVICE, a token's
 * size BA_ERR_TOKEN_SIZE, a device flow where nobody can be prompted
 * BA_ERR_CONVERSATION.  rhost, tty, way and host are cleaned and cut instead.
 * Each failure is logged, in one line with the id.
 *
 * A broker is spawned only where the socket's path does not exist, the
 * effective uid is 0, and c->broker is set.
 */
BA_MUST_CHECK int ba_ask(const struct ba_client *c, struct ba_ask *q,
    const struct ba_ask_host *h, struct ba_answer *a);

#endif
