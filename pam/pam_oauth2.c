/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/origin.h"
#include "common/base/utf8.h"
#include "common/wire/ask.h"
#include "common/wire/message.h"
#include "common/wire/option.h"
#include "pam/args.h"
#include "pam/result.h"
#include "pam/token.h"

#define EXPORT __attribute__((__visibility__("default")))

#define LOGIN_DATA "bearerauth_login"

/* What a successful auth leaves for account, where the host keeps it. */
struct login {
	char id[BA_ID_LEN + 1];
	char user[BA_FIELD_MAX + 1];
	char service[BA_SERVICE_MAX + 1];
};

/* One call of an entry point. */
struct call {
	pam_handle_t *pamh;
	const struct pam_conv *conv; /* or NULL; its_conv */
	struct pam_conv its_conv;
	struct ba_log log;
	struct ba_pam_args args;
	struct ba_ask_host host;
	struct ba_ask q;
	/*
	 * What q points to.  Copies, for a host may set its items anew while
	 * it asks the user, and what they were is freed then.
	 */
	char service[BA_SERVICE_MAX + 1];
	char rhost[BA_FIELD_MAX + 1];
	char tty[BA_FIELD_MAX + 1];
	char user[BA_FIELD_MAX + 1]; /* what the broker is asked about … */
	bool exact; /* … and is it PAM_USER to the letter? */
};

static void
log_line(void *arg, enum ba_log_level level, const char *text)
{
	pam_syslog(arg, (int)level, "%s", text);
}

/*
 * The broker's prompts.  PAM_SILENT hides none of them: sudo always sets it
 * and shows messages all the same, and what the broker has to say (where to
 * approve a login) is part of the question, not decoration (PM-10).
 */
static int
show_prompt(void *arg, enum ba_prompt_style style, const char *text,
    struct ba_buf *reply)
{
	const struct call *c = arg;

	switch (style) {
	case BA_PROMPT_SECRET:
		return ba_pam_converse(
		    c->conv, PAM_PROMPT_ECHO_OFF, text, reply);
	case BA_PROMPT_PLAIN:
		return ba_pam_converse(
		    c->conv, PAM_PROMPT_ECHO_ON, text, reply);
	case BA_PROMPT_INFO:
		return ba_pam_converse(c->conv, PAM_TEXT_INFO, text, NULL);
	case BA_PROMPT_ERROR:
		return ba_pam_converse(c->conv, PAM_ERROR_MSG, text, NULL);
	}
	return BA_ERR_PROTOCOL;
}

static const void *
get_item(const struct call *c, int type)
{
	const void *item = NULL;

	return pam_get_item(c->pamh, type, &item) == PAM_SUCCESS ? item : NULL;
}

/* An item that is only said to the broker; what it would not take is not. */
static const char *
get_text(const struct call *c, int type, const char *name, char *dst)
{
	const char *text = get_item(c, type);

	if (text == NULL)
		return NULL;
	if (ba_copy_str(dst, BA_FIELD_MAX + 1, text) == BA_OK &&
	    ba_utf8_is_text(dst, strlen(dst), false))
		return dst;
	ba_log(&c->log, BA_LOG_WARNING,
	    "%s is too long or no clean text; the broker is not told", name);
	return NULL;
}

static int
set_service(struct call *c)
{
	const char *service = c->args.service;

	if (service == NULL)
		service = get_item(c, PAM_SERVICE);
	if (service == NULL || !ba_option_service(service) ||
	    ba_copy_str(c->service, sizeof(c->service), service) != BA_OK) {
		ba_log(&c->log, BA_LOG_ERR,
		    "the host's service name cannot be used; "
		    "give one with service=NAME");
		return BA_ERR_CONFIG;
	}
	c->q.service = c->service;
	return BA_OK;
}

/*
 * Who wants in.  A name that the wire cannot carry (empty, too long, control
 * characters) goes through the same prompts and the same question as any
 * unknown user's, in a sanitised spelling and without a uid, so that neither
 * time nor result tells it apart (PM-03); since it is not exact it cannot
 * succeed.  It must not be left out of the question: a question without a
 * user means "whoever the token names".
 */
static int
set_user(struct call *c)
{
	const char *name = NULL;
	const struct passwd *pw;
	size_t n;
	int host;

	host = pam_get_user(c->pamh, &name, NULL);
	if (host != PAM_SUCCESS)
		return host == PAM_BUF_ERR ? BA_ERR_NOMEM : BA_ERR_CONVERSATION;
	n = name == NULL ? 0 : strlen(name);
	ba_sanitise(
	    c->user, sizeof(c->user), n == 0 ? "?" : name, n == 0 ? 1 : n);
	c->q.user = c->user;
	c->exact = name != NULL && strcmp(name, c->user) == 0;
	if (!c->exact)
		return BA_OK;
	/*
	 * A name service may answer for another spelling (case, domain); that
	 * uid is not this user's.
	 */
	pw = pam_modutil_getpwnam(c->pamh, c->user);
	if (pw != NULL && strcmp(pw->pw_name, c->user) == 0) {
		c->q.uid_known = true;
		c->q.uid = pw->pw_uid;
	}
	return BA_OK;
}

static void
begin(struct call *c, pam_handle_t *pamh)
{
	memset(c, 0, sizeof(*c));
	c->pamh = pamh;
	c->log.line = log_line;
	c->log.arg = pamh;
	c->host.log = &c->log;
	c->host.arg = c;
}

static int
collect(struct call *c, int argc, const char **argv)
{
	int r;

	r = ba_pam_args_parse(argc, argv, &c->log, &c->args);
	if (r != BA_OK)
		return r;
	c->conv = get_item(c, PAM_CONV);
	if (c->conv != NULL && c->conv->conv != NULL) {
		c->its_conv = *c->conv;
		c->conv = &c->its_conv;
		c->host.prompt = show_prompt;
	}
	r = set_service(c);
	if (r == BA_OK)
		r = set_user(c);
	if (r != BA_OK)
		return r;
	c->q.rhost = get_text(c, PAM_RHOST, "PAM_RHOST", c->rhost);
	c->q.tty = get_text(c, PAM_TTY, "PAM_TTY", c->tty);
	return BA_OK;
}

/*
 * The broker has compared the token's user with the one it was asked about.
 * We compare again, for only here is it known who will be logged in: the
 * host takes what PAM_USER says now (PM-01, V40).
 */
static int
check_user(const struct call *c, const char *accepted)
{
	const char *now = get_item(c, PAM_USER);

	if (!c->exact)
		return BA_ERR_UNKNOWN_USER;
	if (strcmp(accepted, c->user) != 0) {
		ba_log(&c->log, BA_LOG_ERR,
		    "the broker accepted user \"%s\", "
		    "who was not asked about",
		    accepted);
		return BA_ERR_PROTOCOL;
	}
	if (now == NULL || strcmp(now, c->user) != 0) {
		ba_log(&c->log, BA_LOG_ERR,
		    "the host changed the user while the token was verified");
		return BA_ERR_USER_MISMATCH;
	}
	return BA_OK;
}

/*
 * Only what could be a token leaves the process (V47).  People type their UNIX
 * password at any prompt, sshd's password method gives it to ours unseen, and
 * what an earlier module took is one: so what is no JWT goes only where the
 * administrator says "opaque", only from our own prompt, and only if it is as
 * long as a token and made of the same characters.
 */
static int
ask_about(struct call *c, const void *token, size_t n, enum ba_origin origin)
{
	struct ba_answer a;
	int r;

	if (!ba_pam_token_may_leave(
		token, n, c->args.opaque && origin == BA_ORIGIN_PROMPT))
		return BA_ERR_TOKEN_SYNTAX;
	c->q.type = BA_MSG_ASK;
	c->q.origin = (uint8_t)origin;
	c->q.token = token;
	c->q.token_len = n;
	r = ba_ask(&c->args.client, &c->q, &c->host, &a);
	c->q.token = NULL;
	c->q.token_len = 0;
	if (r == BA_OK)
		r = check_user(c, a.user);
	ba_wipe(&a, sizeof(a));
	return r;
}

/*
 * Try what an earlier module took as the password.  None at all is refused
 * like a bad one: other modules say PAM_AUTHTOK_RECOVERY_ERR, but a stack
 * may be written to step over that, and no failure of ours is less than one.
 */
static int
try_stack(struct call *c, bool *promptp)
{
	const char *token = get_item(c, PAM_AUTHTOK);
	size_t n = token == NULL ? 0 : strlen(token);
	int r;

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

/*
 * Ask the user.  PAM_AUTHTOK is never set from the answer: a later module
 * would take a bearer token for a password, and try, log or send it.
 */
static int
try_prompt(struct call *c)
{
	struct ba_buf token;
	size_t cut;
	int r;

	c->q.id[0] = '\0'; /* of an earlier question, if there was one */
	ba_buf_init(&token, BA_PAM_TOKEN_MAX);
	r = ba_pam_token_ask(c->conv, &c->log, &token, &cut);
	if (r == BA_OK) {
		r = ask_about(c, token.p, token.len, BA_ORIGIN_PROMPT);
		/* Only now: a token may well be that long. */
		if (cut > 0 && ba_err_family(r) == BA_FAMILY_REFUSED)
			ba_log(&c->log, BA_LOG_NOTICE,
			    "the token may have been cut by the host at %zu "
			    "characters",
			    cut);
	}
	ba_buf_wipe(&token);
	return r;
}

static void
free_login(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	ba_wipe_free(data, sizeof(struct login));
}

/* An earlier success must not speak for this attempt. */
static int
forget_login(const struct call *c)
{
	const void *data = NULL;

	if (pam_get_data(c->pamh, LOGIN_DATA, &data) != PAM_SUCCESS ||
	    data == NULL)
		return BA_OK;
	return pam_set_data(c->pamh, LOGIN_DATA, NULL, NULL) == PAM_SUCCESS
		   ? BA_OK
		   : BA_ERR_NOMEM;
}

static int
remember_login(const struct call *c)
{
	struct login *login = calloc(1, sizeof(*login));
	int r = BA_ERR_NOMEM;

	if (login == NULL)
		return r;
	if (ba_copy_str(login->id, sizeof(login->id), c->q.id) == BA_OK &&
	    ba_copy_str(login->user, sizeof(login->user), c->user) == BA_OK &&
	    ba_copy_str(login->service, sizeof(login->service), c->q.service) ==
		BA_OK &&
	    pam_set_data(c->pamh, LOGIN_DATA, login, free_login) == PAM_SUCCESS)
		return BA_OK;
	ba_wipe_free(login, sizeof(*login));
	return r;
}

static int
authenticate(struct call *c)
{
	bool prompt = true;
	int r;

	r = forget_login(c);
	if (r != BA_OK)
		return r;
	if (c->args.use_first_pass || c->args.try_first_pass)
		r = try_stack(c, &prompt);
	if (prompt)
		r = try_prompt(c);
	if (r == BA_OK)
		r = remember_login(c);
	return r;
}

/*
 * May this login go on?  If our auth let this very user in for this very
 * service, its id lets the broker decide again from what it verified then;
 * otherwise the user came another way (public key, password, or a host that
 * changed PAM_USER since), and the configuration must say what that is worth.
 */
static int
account(struct call *c)
{
	const void *data = NULL;
	const struct login *login;
	struct ba_answer a;
	int r = BA_OK;

	if (pam_get_data(c->pamh, LOGIN_DATA, &data) != PAM_SUCCESS)
		data = NULL;
	login = data;
	if (login != NULL && strcmp(login->user, c->user) == 0 &&
	    strcmp(login->service, c->q.service) == 0)
		r = ba_copy_str(c->q.id, sizeof(c->q.id), login->id);
	if (r != BA_OK)
		return r;
	c->q.type = BA_MSG_ACCOUNT;
	r = ba_ask(&c->args.client, &c->q, &c->host, &a);
	if (r == BA_OK)
		r = check_user(c, a.user);
	ba_wipe(&a, sizeof(a));
	return r;
}

static enum ba_log_level
level_of(int err)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return BA_LOG_INFO;
	case BA_FAMILY_REFUSED:
	case BA_FAMILY_NOT_ALLOWED:
		return BA_LOG_NOTICE;
	case BA_FAMILY_UNAVAILABLE:
		return BA_LOG_WARNING;
	case BA_FAMILY_FAULT:
	case BA_FAMILY_MALFORMED:
		return BA_LOG_ERR;
	}
	return BA_LOG_ERR;
}

/* One line a call; the broker's audit line of the same id says why. */
static void
report(const struct call *c, int err)
{
	char user[sizeof(c->user)], rhost[sizeof(c->rhost)];
	char service[sizeof(c->service)];

	ba_sanitise_word(user, sizeof(user), c->user);
	ba_sanitise_word(service, sizeof(service), c->service);
	ba_sanitise_word(rhost, sizeof(rhost),
	    c->q.rhost == NULL || c->q.rhost[0] == '\0' ? "here" : c->q.rhost);
	ba_log(&c->log, level_of(err),
	    "%s: user \"%s\", service \"%s\", from \"%s\", id %s%s%s",
	    ba_family_text(ba_err_family(err)), user, service, rhost,
	    c->q.id[0] == '\0' ? "none" : c->q.id, err == BA_OK ? "" : ": ",
	    err == BA_OK ? "" : ba_err_text(err));
}

static int
decide(pam_handle_t *pamh, int argc, const char **argv, enum ba_pam_entry entry)
{
	struct call c;
	int r, saved = errno;

	begin(&c, pamh);
	r = collect(&c, argc, argv);
	if (r == BA_OK)
		r = entry == BA_PAM_AUTH ? authenticate(&c) : account(&c);
	report(&c, r);
	ba_wipe(&c, sizeof(c));
	errno = saved;
	return ba_pam_result(entry, r);
}

/*
 * Where there is nothing to decide: result, if the line in pam.d is right.
 * A line with a mistake in it fails everywhere, so that it is seen.
 */
static int
consent(pam_handle_t *pamh, int argc, const char **argv, int result)
{
	struct call c;
	int r, saved = errno;

	begin(&c, pamh);
	r = ba_pam_args_parse(argc, argv, &c.log, &c.args);
	errno = saved;
	return r == BA_OK ? result : ba_pam_result(BA_PAM_AUTH, r);
}

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return decide(pamh, argc, argv, BA_PAM_AUTH);
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return decide(pamh, argc, argv, BA_PAM_ACCOUNT);
}

/*
 * No credentials to set, which is a success: with our module alone in the
 * stack, PAM_IGNORE makes sshd drop the login after "Accepted".
 */
EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return consent(pamh, argc, argv, PAM_SUCCESS);
}

EXPORT int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return consent(pamh, argc, argv, PAM_SUCCESS);
}

EXPORT int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return consent(pamh, argc, argv, PAM_SUCCESS);
}

/* A token cannot be changed here. */
EXPORT int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return consent(pamh, argc, argv, PAM_AUTHTOK_ERR);
}
