/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_TOKEN_H
#define BA_PAM_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include <security/pam_appl.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/origin.h"

#define BA_PAM_TOKEN_MAX 65536 /* bytes, the wire's limit */

/*
 * The prompts, exactly so: bearerauth-askpass answers them and no others.
 * The last is for parts 2 and on.
 */
#define BA_PAM_PROMPT      "OAuth token: "
#define BA_PAM_PROMPT_AUTO "OAuth token, or Enter to use a web browser: "
#define BA_PAM_PROMPT_PART "OAuth token, part %u: "

/*
 * The shortest reply that a host is known to cut a token to; so the most
 * parts that a token can have, and one more that is empty.
 */
#define BA_PAM_CUT_MIN   511
#define BA_PAM_PARTS_MAX (BA_PAM_TOKEN_MAX / BA_PAM_CUT_MIN + 2)

/*
 * One message through the host's conversation function, style as in
 * pam_conv(3).  For the two PROMPT styles the answer is appended to reply;
 * for the others reply may be NULL.  The host's own copy is wiped and freed.
 * conv may be NULL.  BA_ERR_CONVERSATION; BA_ERR_NOMEM; BA_ERR_LIMIT where
 * reply is full.
 */
BA_MUST_CHECK int ba_pam_converse(const struct pam_conv *conv, int style,
    const char *text, struct ba_buf *reply);

/* What came of the asking, beside the token. */
struct ba_pam_asked {
	size_t cut; /* 0, or the length of the last part where that is one at
		       which hosts cut: if the token turns out to be bad, then
		       maybe therefore */
	bool nothing; /* the first reply was empty: Enter, and no more */
};

/*
 * Ask the user for a token, in parts, the first by that prompt.  Hosts and
 * their clients cut a reply silently: stock ssh after 1023 characters, sudo
 * after 511, a terminal after 4095.  So a reply of exactly that many bytes asks
 * for the next part; any other length ends the asking, and so does an empty
 * reply.  Where all parts are equal (sshd's password method gives every prompt
 * the same answer), the first is the token.  How often is asked depends on the
 * lengths of the replies alone (PM-03).  White space at the very end of the
 * whole is dropped.
 *
 * The token is appended to the empty buffer, whose limit should be
 * BA_PAM_TOKEN_MAX.  BA_ERR_TOKEN_SIZE: empty, or too long; else as
 * ba_pam_converse().  *asked is written in any case.
 */
BA_MUST_CHECK int ba_pam_token_ask(const struct pam_conv *conv,
    const char *prompt, const struct ba_log *log, struct ba_buf *token,
    struct ba_pam_asked *asked);

/*
 * Could this be a signed JWT: three segments, none empty, of base64url
 * characters, with two dots between, BA_PAM_TOKEN_MAX bytes at most?  Looks
 * at nothing else.
 */
bool ba_pam_token_is_jwt(const void *p, size_t n);

/*
 * May this be given to the broker (V47)?  What could be a JWT; and with opaque,
 * what could be an opaque token: no dot in it, token68 (RFC 6750 section 2.1),
 * BA_OPAQUE_MIN characters or more.
 */
bool ba_pam_token_may_leave(const void *p, size_t n, bool opaque);

#endif
