/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "pam/token.h"

/* Take the answer out of the host's reply, which is freed and wiped. */
static int
take_reply(struct pam_response *resp, struct ba_buf *reply)
{
	int r;

	if (resp == NULL)
		return reply == NULL ? BA_OK : BA_ERR_CONVERSATION;
	if (reply == NULL)
		r = BA_OK;
	else if (resp->resp == NULL)
		r = BA_ERR_CONVERSATION;
	else
		r = ba_buf_append(reply, resp->resp, strlen(resp->resp));
	ba_wipe_free_str(resp->resp);
	free(resp);
	return r;
}

int
ba_pam_converse(const struct pam_conv *conv, int style, const char *text,
    struct ba_buf *reply)
{
	struct pam_message message = { style, text };
	const struct pam_message *messages[] = { &message };
	struct pam_response *resp = NULL;
	int host;

	if (conv == NULL || conv->conv == NULL)
		return BA_ERR_CONVERSATION;
	if (style != PAM_PROMPT_ECHO_OFF && style != PAM_PROMPT_ECHO_ON)
		reply = NULL;
	else if (reply == NULL)
		return BA_ERR_INTERNAL;
	host = conv->conv(1, messages, &resp, conv->appdata_ptr);
	/*
	 * After a failure resp is the host's business (pam_conv(3)): some
	 * have freed it already, and a leak is better than a double free.
	 */
	if (host == PAM_BUF_ERR)
		return BA_ERR_NOMEM;
	if (host != PAM_SUCCESS)
		return BA_ERR_CONVERSATION;
	return take_reply(resp, reply);
}

/* Lengths at which hosts, clients and terminals cut a reply. */
static bool
is_cut(size_t n)
{
	return n == 1023 || n == BA_PAM_CUT_MIN || n == 4095;
}

/* What was answered so far. */
struct asking {
	const char *prompt; /* the first */
	struct ba_buf *token;
	unsigned n; /* prompts */
	size_t first; /* length of the first part */
	size_t last; /* of the last one; 0: there is no more */
	size_t cut; /* … where it was one of the lengths of is_cut() */
	bool same; /* all parts equal the first */
};

/* Ask for the next part and append it. */
static int
ask_part(const struct pam_conv *conv, struct asking *a)
{
	struct ba_buf part;
	char prompt[64];
	int r;

	a->last = 0;
	if (++a->n == 1)
		snprintf(prompt, sizeof(prompt), "%s", a->prompt);
	else
		snprintf(prompt, sizeof(prompt), BA_PAM_PROMPT_PART, a->n);
	ba_buf_init(&part, a->token->max);
	r = ba_pam_converse(conv, PAM_PROMPT_ECHO_OFF, prompt, &part);
	if (r != BA_OK)
		a->same = false;
	else if (part.len > 0) {
		if (a->n == 1)
			a->first = part.len;
		else if (part.len != a->first ||
			 !ba_equal_ct(a->token->p, part.p, a->first))
			a->same = false;
		a->last = part.len;
		a->cut = is_cut(part.len) ? part.len : 0;
		r = ba_buf_append(a->token, part.p, part.len);
	}
	ba_buf_wipe(&part);
	return r;
}

/*
 * sshd's password method answers every prompt with the same password: then
 * the first part is all of it.  This is judged when the asking is over, and
 * never ends it.  For a user that does not exist sshd replaces each reply by
 * junk of the same length, so that replies which differ for a real user are
 * equal for an unknown one; how often we ask may therefore depend on lengths
 * alone, or it would tell who exists (PM-03).
 */
static void
drop_repetitions(struct asking *a)
{
	if (a->n > 1 && a->same && a->token->len > a->first)
		ba_buf_truncate(a->token, a->first);
}

/* What a terminal, or pasting, leaves behind the token. */
static void
strip_end(struct ba_buf *token)
{
	size_t n = token->len;

	while (n > 0 && strchr(" \t\r\n", token->p[n - 1]) != NULL)
		n--;
	ba_buf_truncate(token, n);
}

int
ba_pam_token_ask(const struct pam_conv *conv, const char *prompt,
    const struct ba_log *log, struct ba_buf *token, struct ba_pam_asked *asked)
{
	struct asking a = { .prompt = prompt, .token = token, .same = true };
	int r;

	memset(asked, 0, sizeof(*asked));
	do {
		r = ask_part(conv, &a);
	} while (r == BA_OK && is_cut(a.last) && a.n < BA_PAM_PARTS_MAX);
	if (r == BA_OK || (r == BA_ERR_LIMIT && a.same)) {
		drop_repetitions(&a);
		r = BA_OK;
	}

	if (r == BA_ERR_LIMIT) {
		ba_log(log, BA_LOG_NOTICE,
		    "token too long: at most %d characters are taken",
		    BA_PAM_TOKEN_MAX);
		return BA_ERR_TOKEN_SIZE;
	}
	if (r != BA_OK)
		return r;
	/* Blanks are no Enter, and no token either. */
	asked->nothing = token->len == 0;
	strip_end(token);
	if (token->len == 0)
		return BA_ERR_TOKEN_SIZE;
	asked->cut = a.cut;
	return BA_OK;
}

bool
ba_pam_token_is_jwt(const void *p, size_t n)
{
	const char *s = p;
	size_t len;
	int i;

	if (s == NULL || n == 0 || n > BA_PAM_TOKEN_MAX)
		return false;
	for (i = 1;; i++) {
		len = ba_base64url_span(s, n);
		if (len == 0)
			return false;
		s += len;
		n -= len;
		if (i == 3)
			return n == 0;
		if (n == 0 || *s != '.')
			return false;
		s++;
		n--;
	}
}

/*
 * A dot in it would be a JWT's, and this is none.  For whoever has a password
 * of such characters, the broker asks the service's section (V47).
 */
static bool
is_opaque(const void *p, size_t n)
{
	return p != NULL && n >= BA_OPAQUE_MIN && n <= BA_PAM_TOKEN_MAX &&
	       memchr(p, '.', n) == NULL && ba_is_token68(p, n);
}

bool
ba_pam_token_may_leave(const void *p, size_t n, bool opaque)
{
	return ba_pam_token_is_jwt(p, n) || (opaque && is_opaque(p, n));
}
