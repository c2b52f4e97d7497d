/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SASL_MESSAGE_H
#define BA_SASL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define BA_SASL_TOKEN_MAX   65536 /* bytes, the wire's limit */
#define BA_SASL_AUTHZID_MAX 255 /* bytes when decoded, likewise */
/* A token and 4 KiB for all else (SA-10): judged before anything is read. */
#define BA_SASL_MESSAGE_MAX (BA_SASL_TOKEN_MAX + 4096)

enum ba_sasl_kind {
	BA_SASL_TOKEN = 1, /* a token to ask about */
	/*
	 * No token: the client wants to know which scope and provider are
	 * needed (RFC 7628 section 4.3).  It gets the failure that says so.
	 */
	BA_SASL_DISCOVERY = 2
};

struct ba_sasl_message {
	enum ba_sasl_kind kind;
	bool has_authzid;
	char authzid[BA_SASL_AUTHZID_MAX + 1]; /* decoded */
	const char *token; /* view into the message, no NUL */
	size_t token_len;
};

/*
 * The client's first message of OAUTHBEARER (RFC 7628 section 3.1), strictly;
 * the grammar stands in message.c.  Allocates nothing.  *m is cleared on
 * entry and set only with BA_OK.  BA_ERR_MALFORMED; BA_ERR_TOKEN_SIZE for a
 * token longer than BA_SASL_TOKEN_MAX.  What host and port say is not
 * compared with anything.
 */
BA_MUST_CHECK int ba_sasl_message_parse(
    const void *p, size_t n, struct ba_sasl_message *m);

/* Is it exactly the one byte %x01 that follows a failure (section 3.2.3)? */
bool ba_sasl_message_is_dummy(const void *p, size_t n);

/*
 * The failure that is sent as a challenge (section 3.2.2): a JSON object of
 * status, scope and openid-configuration.  scope and metadata are left out
 * where NULL or empty; an empty status is invalid_token, for the member is
 * required.  All three must be UTF-8.  Appended to the buffer; BA_ERR_LIMIT,
 * BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_sasl_failure(const char *status, const char *scope,
    const char *metadata, struct ba_buf *b);

#endif
