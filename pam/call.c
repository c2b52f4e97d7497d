/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modutil.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/wire/option.h"
#include "pam/call.h"
#include "pam/token.h"
#include "pam/way.h"

static void
log_line(void *arg, enum ba_log_level level, const char *text)
{
	pam_syslog(arg, (int)level, "%s", text);
}

static int
show(const struct ba_pam_call *c, enum ba_prompt_style style, const char *text,
    struct ba_buf *reply)
{
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

/*
 * The broker's prompts.  PAM_SILENT hides none of them: sudo always sets it
 * and shows messages all the same, and what the broker has to say (where to
 * approve a login) is part of the question, not decoration (PM-10).
 */
static int
show_prompt(void *arg, enum ba_prompt_style style, const char *text,
    struct ba_buf *reply)
{
	struct ba_pam_call *c = arg;
	int64_t since = ba_pam_grid_now();
	int r;

	r = show(c, style, text, reply);
	ba_pam_grid_leave_out(&c->grid, since);
	return r;
}

/*
 * NULL where it is not set.  Not to be told one is another matter: without the
 * remote host, say, a login might be taken for one from here.
 */
static const void *
get_item(struct ba_pam_call *c, int type)
{
	const void *item = NULL;

	if (pam_get_item(c->pamh, type, &item) == PAM_SUCCESS)
		return item;
	c->deaf = true;
	return NULL;
}

/* An item that is only said to the broker; what it would not take is not. */
static const char *
get_text(struct ba_pam_call *c, int type, const char *name, char *dst)
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
set_service(struct ba_pam_call *c)
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
 * A name that the wire cannot carry (empty, too long, control characters) goes
 * through the same prompts and the same question as any unknown user's, in a
 * sanitised spelling and without a uid, so that neither time nor result tells
 * it apart (PM-03); since it is not exact it cannot succeed.  It must not be
 * left out of the question: a question without a user means "whoever the token
 * names".
 */
static void
set_name(struct ba_pam_call *c, const char *name)
{
	const struct passwd *pw;
	size_t n = name == NULL ? 0 : strlen(name);

	ba_sanitise(
	    c->user, sizeof(c->user), n == 0 ? "?" : name, n == 0 ? 1 : n);
	c->q.user = c->user;
	c->exact = name != NULL && strcmp(name, c->user) == 0;
	if (!c->exact)
		return;
	/*
	 * A name service may answer for another spelling (case, domain); that
	 * uid is not this user's.
	 */
	pw = pam_modutil_getpwnam(c->pamh, c->user);
	if (pw != NULL && strcmp(pw->pw_name, c->user) == 0) {
		c->q.uid_known = true;
		c->q.uid = pw->pw_uid;
	}
}

/* Who wants in. */
static int
set_user(struct ba_pam_call *c, bool ask_user)
{
	const char *name = NULL;
	int host;

	if (!ask_user) {
		set_name(c, get_item(c, PAM_USER));
		return BA_OK;
	}
	host = pam_get_user(c->pamh, &name, NULL);
	if (host != PAM_SUCCESS)
		return host == PAM_BUF_ERR ? BA_ERR_NOMEM : BA_ERR_CONVERSATION;
	set_name(c, name);
	return BA_OK;
}

static void
set_way(struct ba_pam_call *c)
{
	const char *info = pam_getenv(c->pamh, "SSH_AUTH_INFO_0");

	if (info == NULL)
		return;
	ba_pam_way(info, c->way, sizeof(c->way));
	c->q.way = c->way;
}

void
ba_pam_call_begin(struct ba_pam_call *c, pam_handle_t *pamh)
{
	memset(c, 0, sizeof(*c));
	c->pamh = pamh;
	c->log.line = log_line;
	c->log.arg = pamh;
	c->host.log = &c->log;
	c->host.arg = c;
}

int
ba_pam_call_args(struct ba_pam_call *c, int argc, const char **argv)
{
	return ba_pam_args_parse(argc, argv, &c->log, &c->args);
}

int
ba_pam_call_collect(
    struct ba_pam_call *c, int argc, const char **argv, bool ask_user)
{
	int r;

	r = ba_pam_call_args(c, argc, argv);
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
		r = set_user(c, ask_user);
	if (r != BA_OK)
		return r;
	c->q.rhost = get_text(c, PAM_RHOST, "PAM_RHOST", c->rhost);
	c->q.tty = get_text(c, PAM_TTY, "PAM_TTY", c->tty);
	set_way(c);
	return c->deaf ? BA_ERR_SYSTEM : BA_OK;
}

/*
 * The broker has compared the token's user with the one it was asked about.
 * We compare again, for only here is it known who will be logged in.
 */
static int
check_user(const struct ba_pam_call *c, const char *accepted)
{
	const void *item = NULL;
	const char *now;

	if (pam_get_item(c->pamh, PAM_USER, &item) != PAM_SUCCESS)
		return BA_ERR_SYSTEM;
	now = item;
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

int
ba_pam_call_ask(struct ba_pam_call *c)
{
	struct ba_answer a;
	int r;

	r = ba_ask(&c->args.client, &c->q, &c->host, &a);
	if (r == BA_OK)
		r = check_user(c, a.user);
	ba_wipe(&a, sizeof(a));
	return r;
}

void
ba_pam_call_whom(const struct ba_pam_call *c, char *dst, size_t dstsz)
{
	char user[sizeof(c->user)], rhost[sizeof(c->rhost)];
	char service[sizeof(c->service)];

	ba_sanitise_word(user, sizeof(user), c->user);
	ba_sanitise_word(service, sizeof(service), c->service);
	ba_sanitise_word(rhost, sizeof(rhost),
	    c->q.rhost == NULL || c->q.rhost[0] == '\0' ? "here" : c->q.rhost);
	(void)snprintf(dst, dstsz,
	    "user \"%s\", service \"%s\", from \"%s\", id %s", user, service,
	    rhost, c->q.id[0] == '\0' ? "none" : c->q.id);
}

/* One line a call; the broker's audit line of the same id says why. */
void
ba_pam_call_report(const struct ba_pam_call *c, int err)
{
	char whom[BA_PAM_WHOM_MAX];

	ba_pam_call_whom(c, whom, sizeof(whom));
	ba_log(&c->log, ba_log_level_of(err), "%s: %s%s%s",
	    ba_family_text(ba_err_family(err)), whom, err == BA_OK ? "" : ": ",
	    err == BA_OK ? "" : ba_err_text(err));
}
