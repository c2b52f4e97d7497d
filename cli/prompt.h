/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_PROMPT_H
#define BA_CLI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * What bearerauth-askpass answers: the prompts of pam_oauth2 as the OpenSSH
 * client shows them, and nothing else.
 *
 *	prompt = "(" user "@" host ") OAuth token" [ more ] ": "
 *	more   = ", part " N / ", or Enter to use a web browser"
 *	user   = 1*( ALPHA / DIGIT / "." / "_" / "-" )
 *	host   = 1*( ALPHA / DIGIT / "." / "_" / "-" / ":" / "%" )
 *	N      = "2" to "99", no leading zero
 *
 * The client writes the part in parentheses, from what its user typed; the
 * server can add to what follows, but not get in before.  So the first
 * character to the last must be this, or we would tell one server the token
 * meant for another.
 */
#define BA_PROMPT_HOST_MAX 255

/* BA_ERR_MALFORMED for any other text.  *partp is 1 where none is said. */
BA_MUST_CHECK int ba_prompt_parse(
    const char *text, char *host, size_t hostsz, unsigned *partp);

/*
 * The OpenSSH client cuts an answer after so many characters; pam_oauth2
 * asks for the next part after an answer of exactly this length.
 */
#define BA_PART_SIZE 1023

/* Where part (from 1) lies in n characters; *lenp is 0 behind the end. */
void ba_part_of(size_t n, unsigned part, size_t *offsetp, size_t *lenp);

/* token68 (RFC 9110 section 11.2), 1 to 65536 characters? */
bool ba_token68_ok(const char *token, size_t n);

#endif
