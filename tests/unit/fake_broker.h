/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_FAKE_BROKER_H
#define BA_TESTS_FAKE_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A broker that answers what a test tells it, and tells what it was asked.
 * It is a process of its own on a unix socket; the struct is shared with it.
 * A test writes the first half before it asks, and reads the second after.
 */
struct fake_broker {
	/* the answer */
	unsigned family; /* enum ba_family */
	char names[256]; /* VERDICT's USER; "": left out */
	char status[64], scope[512], metadata[2049];
	char issuer[2049], sub[1025], person[256]; /* likewise */
	char gives_id[64];
	uint64_t expires;
	unsigned wait_ms; /* a WAIT of that length, before the prompts */
	unsigned prompt_style; /* 0: no prompt comes first */
	unsigned prompts; /* how often it comes; 0: once */
	char prompt[256];
	unsigned late_ms; /* the verdict */
	bool needs_uid; /* refuses users that the host does not know */
	bool hang_up; /* close without a verdict */

	/* the last question */
	unsigned questions; /* since the last fake_broker_reset() */
	bool garbled; /* some question was not parsed */
	unsigned type, origin, can_prompt;
	char id[64], service[128], user[512], rhost[512], tty[512];
	bool has_id, has_user, has_uid, has_rhost, has_tty;
	uint32_t uid, deadline;
	char token[65536 + 1];
	size_t token_len;
	char reply[4096 + 1]; /* to the last prompt */
	unsigned replies;
	bool has_held, has_way, has_process, has_issuer;
	unsigned held, event;
	char way[256];
	char said_issuer[2049], said_sub[1025]; /* of a session's close */
	uint64_t process, process_start;
	char host[256]; /* "", 0: not said */
	uint32_t port;

	pid_t pid; /* of the process */
	char path[64]; /* of the socket */
};

/*
 * A directory whose path belongs to root alone, which a plug-in therefore
 * trusts: a file system of our own, in a mount namespace of our own.  That
 * takes root; otherwise, and where mounting is forbidden, a directory that
 * is not trusted, and *trusted says so.  dst is for 64 bytes.
 */
void fake_broker_dir(char *dst, size_t dstsz, bool *trusted);

/* Gone again, if empty. */
void fake_broker_dir_remove(const char *dir);

/* Listen on DIR/ask; NULL where that fails. */
struct fake_broker *fake_broker_start(const char *dir);
void fake_broker_stop(struct fake_broker *f);

/* A new test: family and nothing else to answer, nothing asked yet. */
void fake_broker_reset(struct fake_broker *f, unsigned family);

#endif
