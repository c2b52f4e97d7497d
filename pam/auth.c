/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/origin.h"
#include "pam/auth.h"
#include "pam/login.h"
#include "pam/process.h"
#include "pam/token.h"

/* Whatever the plug-in has asked before: this is a login of its own. */
static int
ask_anew(struct ba_pam_call *c)
{
	c->q.id[0] = '\0';
	ba_pam_process_parent(&c->q.process);
	return ba_pam_call_ask(c);
}

/*
 * Only what could be a token leaves the process (V47).  People type their UNIX
 * password at any prompt, sshd's password method gives it to ours unseen, and
 * what an earlier module took is one: so what is no JWT goes only where the
 * administrator says "opaque", only from our own prompt, and only if it is as
 * long as a token and made of the same characters.
 */
static int
ask_about(
    struct ba_pam_call *c, const void *token, size_t n, enum ba_origin origin)
{
	int r;

	if (!ba_pam_token_may_leave(
		token, n, c->args.opaque && origin == BA_ORIGIN_PROMPT))
		return BA_ERR_TOKEN_SYNTAX;
	c->q.type = BA_MSG_ASK;
	c->q.origin = (uint8_t)origin;
	c->q.token = token;
	c->q.token_len = n;
	r = ask_anew(c);
	c->q.token = NULL;
	c->q.token_len = 0;
	return r;
}

/*
 * Try what an earlier module took as the password.  None at all is refused
 * like a bad one: other modules say PAM_AUTHTOK_RECOVERY_ERR, but a stack
 * may be written to step over that, and no failure of ours is less than one.
 */
static int
try_stack(struct ba_pam_call *c, bool *promptp)
{
	const void *item = NULL;
	const char *token = NULL;
	size_t n = 0;
	int r;

	ba_pam_grid_begin(&c->grid);
	if (pam_get_item(c->pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS)
		token = item;
	if (token != NULL)
		n = strlen(token);
	if (n == 0)
		r = BA_ERR_TOKEN_SIZE;
	else
		r = ask_about(c, token, n, BA_ORIGIN_STACK);
	*promptp =
	    c->args.try_first_pass && ba_err_family(r) == BA_FAMILY_REFUSED;
	if (n == 0 && !*promptp)
		ba_log(&c->log, BA_LOG_NOTICE,
		    "use_first_pass, but no earlier module took a password");
	return r;
}

/* The broker asks its questions itself (RFC 8628); there is no token yet. */
static int
try_device(struct ba_pam_call *c)
{
	ba_pam_grid_begin(&c->grid);
	c->q.type = BA_MSG_DEVICE;
	c->q.held = c->args.held;
	return ask_anew(c);
}

/*
 * Ask the user.  PAM_AUTHTOK is never set from the answer: a later module
 * would take a bearer token for a password, and try, log or send it.
 */
static int
try_prompt(struct ba_pam_call *c)
{
	bool choice = c->args.method == BA_PAM_AUTO;
	struct ba_pam_asked asked;
	struct ba_buf token;
	int r;

	if (c->args.method == BA_PAM_DEVICE)
		return try_device(c);
	ba_buf_init(&token, BA_PAM_TOKEN_MAX);
	r = ba_pam_token_ask(c->conv,
	    choice ? BA_PAM_PROMPT_AUTO : BA_PAM_PROMPT, &c->log, &token,
	    &asked);
	ba_pam_grid_begin(&c->grid);
	if (r == BA_OK) {
		r = ask_about(c, token.p, token.len, BA_ORIGIN_PROMPT);
		/* Only now: a token may well be that long. */
		if (asked.cut > 0 && ba_err_family(r) == BA_FAMILY_REFUSED)
			ba_log(&c->log, BA_LOG_NOTICE,
			    "the token may have been cut by the host at %zu "
			    "characters",
			    asked.cut);
	}
	ba_buf_wipe(&token);
	return choice && asked.nothing ? try_device(c) : r;
}

int
ba_pam_authenticate(struct ba_pam_call *c)
{
	bool prompt = true;
	int r;

	r = ba_pam_login_forget(c);
	if (r != BA_OK)
		return r;
	if (c->args.use_first_pass || c->args.try_first_pass)
		r = try_stack(c, &prompt);
	if (prompt)
		r = try_prompt(c);
	if (r == BA_OK)
		r = ba_pam_login_remember(c);
	return r;
}
