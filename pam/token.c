/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Does the token end with the whole of part, having got it just before? */
static bool
same_as_last(const struct ba_buf *token, size_t last, const struct ba_buf *part)
{
	return part->len == last && last <= token->len &&
	       ba_equal_ct(token->p + token->len - last, part->p, last);
}

/*
 * Part n, appended to the token; *lastp is the length of the part before,
 * then of this one, and 0 if there was no further part.
 */
static int
ask_part(const struct pam_conv *conv, unsigned n, struct ba_buf *token,
    size_t *lastp)
{
	struct ba_buf part;
	char prompt[64];
	size_t last = *lastp;
	int r;

	*lastp = 0;
	if (n == 1)
		snprintf(prompt, sizeof(prompt), "%s", BA_PAM_PROMPT);
	else
		snprintf(prompt, sizeof(prompt), BA_PAM_PROMPT_PART, n);
	ba_buf_init(&part, token->max);
	r = ba_pam_converse(conv, PAM_PROMPT_ECHO_OFF, prompt, &part);
	if (r == BA_OK && !(n > 1 && same_as_last(token, last, &part))) {
		r = ba_buf_append(token, part.p, part.len);
		if (r == BA_OK)
			*lastp = part.len;
	}
	ba_buf_wipe(&part);
	return r;
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
ba_pam_token_ask(const struct pam_conv *conv, const struct ba_log *log,
    struct ba_buf *token, size_t *cutp)
{
	size_t last = 0, cut = 0;
	unsigned n = 0;
	int r;

	*cutp = 0;
	do {
		r = ask_part(conv, ++n, token, &last);
		if (r != BA_OK)
			break;
		/* With no further part, the one before was the last. */
		if (last > 0)
			cut = is_cut(last) ? last : 0;
	} while (is_cut(last) && n < BA_PAM_PARTS_MAX);

	if (r == BA_ERR_LIMIT) {
		ba_log(log, BA_LOG_NOTICE,
		    "token too long: at most %d characters are taken",
		    BA_PAM_TOKEN_MAX);
		return BA_ERR_TOKEN_SIZE;
	}
	if (r != BA_OK)
		return r;
	strip_end(token);
	if (token->len == 0)
		return BA_ERR_TOKEN_SIZE;
	*cutp = cut;
	return BA_OK;
}

/* Skip base64url characters (RFC 4648 section 5); none is an error: NULL. */
static const char *
skip_segment(const char *p, const char *end)
{
	const char *start = p;

	while (
	    p < end && ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
			   (*p >= '0' && *p <= '9') || *p == '-' || *p == '_'))
		p++;
	return p > start ? p : NULL;
}

bool
ba_pam_token_is_jwt(const void *p, size_t n)
{
	const char *s = p, *end;
	int i;

	if (s == NULL || n == 0 || n > BA_PAM_TOKEN_MAX)
		return false;
	end = s + n;
	for (i = 1; i <= 3; i++) {
		s = skip_segment(s, end);
		if (s == NULL)
			return false;
		if (i < 3 && (s == end || *s++ != '.'))
			return false;
	}
	return s == end;
}
