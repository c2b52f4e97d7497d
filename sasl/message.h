/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SASL_MESSAGE_H
#define BA_SASL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/* Bytes, judged before anything is read (SA-10); no token in it is too long
   for the wire then. */
#define BA_SASL_MESSAGE_MAX 65536
/* Bytes of authzid, when decoded, and of host: the wire's limit. */
#define BA_SASL_NAME_MAX 255

enum ba_sasl_kind {
	BA_SASL_TOKEN = 1, /* a token to ask about */
	/*
	 * No token: the client wants to know which scope and provider are
	 * needed (RFC 7628 section 4.3).  It gets the failure that says so.
	 */
	BA_SASL_DISCOVERY = 2,
	/*
	 * The grammar is kept, and yet there is no auth, or one of another
	 * scheme, or two, or what cannot be a token, a host or a port: an
	 * invalid_request of RFC 6750 section 3.1.
	 */
	BA_SASL_UNUSABLE = 3
};

struct ba_sasl_message {
	enum ba_sasl_kind kind;
	bool has_authzid;
	char authzid[BA_SASL_NAME_MAX + 1]; /* decoded */
	char host[BA_SASL_NAME_MAX + 1]; /* what the client connected to … */
	uint32_t port; /* … as it says; "", 0: it does not */
	const char *token; /* view into the message, no NUL */
	size_t token_len;
};

/*
 * The client's first message of OAUTHBEARER (RFC 7628 section 3.1), strictly;
 * the grammar stands in message.c.  Allocates nothing.  *m is cleared on
 * entry and set only with BA_OK; a token is there only for BA_SASL_TOKEN.
 * BA_ERR_MALFORMED.
 */
BA_MUST_CHECK int ba_sasl_message_parse(
    const void *p, size_t n, struct ba_sasl_message *m);

/* Is it exactly the one byte %x01 that follows a failure (section 3.2.3)? */
bool ba_sasl_message_is_dummy(const void *p, size_t n);

/*
 * The same of XOAUTH2.  Its user is what an authzid is to OAUTHBEARER, and is
 * always there; there is no query, host or port.  After a failure clients send
 * an empty answer, and some the dummy.
 */
BA_MUST_CHECK int ba_sasl_xoauth2_parse(
    const void *p, size_t n, struct ba_sasl_message *m);
bool ba_sasl_xoauth2_is_dummy(const void *p, size_t n);

#endif
