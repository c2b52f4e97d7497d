/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "pam/login.h"
#include "pam/process.h"
#include "pam/session.h"

#define SESSION_DATA "bearerauth_session"

/* What an open leaves for the close, maybe days later, when the broker has long
   forgotten the login. */
struct session {
	char id[BA_ID_LEN + 1];
	char user[BA_FIELD_MAX + 1];
	char service[BA_SERVICE_MAX + 1];
	char issuer[BA_ISSUER_MAX + 1];
	char sub[BA_SUBJECT_MAX + 1];
};

static void
free_session(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	ba_wipe_free(data, sizeof(struct session));
}

static int
remember(const struct ba_pam_call *c, const struct ba_answer *a)
{
	struct session *s = calloc(1, sizeof(*s));
	int r = BA_ERR_NOMEM;

	if (s == NULL)
		return r;
	if (ba_copy_str(s->id, sizeof(s->id), c->q.id) == BA_OK &&
	    ba_copy_str(s->user, sizeof(s->user), c->user) == BA_OK &&
	    ba_copy_str(s->service, sizeof(s->service), c->q.service) ==
		BA_OK &&
	    ba_copy_str(s->issuer, sizeof(s->issuer), a->issuer) == BA_OK &&
	    ba_copy_str(s->sub, sizeof(s->sub), a->sub) == BA_OK &&
	    pam_set_data(c->pamh, SESSION_DATA, s, free_session) == PAM_SUCCESS)
		return BA_OK;
	ba_wipe_free(s, sizeof(*s));
	return r;
}

/* The open of the session that is closed, where it was in this process. */
static const struct session *
recall(const struct ba_pam_call *c)
{
	const void *data = NULL;
	const struct session *s;

	if (pam_get_data(c->pamh, SESSION_DATA, &data) != PAM_SUCCESS ||
	    data == NULL)
		return NULL;
	s = data;
	if (strcmp(s->user, c->user) != 0 ||
	    strcmp(s->service, c->q.service) != 0)
		return NULL;
	return s;
}

static int
put_env(const struct ba_pam_call *c, const char *name, const char *value)
{
	char text[sizeof(BA_PAM_ENV_ISSUER) + BA_ISSUER_MAX + 2];
	int n;

	n = snprintf(text, sizeof(text), "%s=%s", name, value);
	if (n < 0 || (size_t)n >= sizeof(text))
		return BA_ERR_LIMIT;
	return pam_putenv(c->pamh, text) == PAM_SUCCESS ? BA_OK : BA_ERR_NOMEM;
}

/*
 * A name without a value removes it.  What stands there may come from a file of
 * the user's (pam_env), and would be believed.
 */
static int
clear_env(const struct ba_pam_call *c)
{
	static const char *const names[] = { BA_PAM_ENV_ISSUER,
		BA_PAM_ENV_SUBJECT, BA_PAM_ENV_EXPIRES };
	int r = BA_OK;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pam_getenv(c->pamh, names[i]) != NULL &&
		    pam_putenv(c->pamh, names[i]) != PAM_SUCCESS)
			r = BA_ERR_NOMEM;
	return r;
}

static int
set_env(const struct ba_pam_call *c, const struct ba_answer *a)
{
	char expires[32];
	int r;

	if (a->issuer[0] == '\0')
		return BA_OK; /* came another way */
	(void)snprintf(expires, sizeof(expires), "%" PRId64, a->expires);
	r = put_env(c, BA_PAM_ENV_ISSUER, a->issuer);
	if (r == BA_OK)
		r = put_env(c, BA_PAM_ENV_SUBJECT, a->sub);
	if (r == BA_OK && a->expires > 0)
		r = put_env(c, BA_PAM_ENV_EXPIRES, expires);
	return r;
}

static void
report(const struct ba_pam_call *c, enum ba_session_event event,
    const struct ba_answer *a, int err)
{
	const char *what = event == BA_SESSION_OPEN ? "open" : "close";
	char whom[BA_PAM_WHOM_MAX], issuer[129], sub[129];

	ba_pam_call_whom(c, whom, sizeof(whom));
	ba_sanitise_word(issuer, sizeof(issuer), a->issuer);
	ba_sanitise_word(sub, sizeof(sub), a->sub);
	if (err != BA_OK)
		ba_log(&c->log, BA_LOG_WARNING, "session %s: %s: %s", what,
		    whom, ba_err_text(err));
	else if (issuer[0] == '\0')
		ba_log(&c->log, BA_LOG_INFO, "session %s, not by a token: %s",
		    what, whom);
	else
		ba_log(&c->log, BA_LOG_INFO,
		    "session %s: %s, issuer \"%s\", subject \"%s\"", what, whom,
		    issuer, sub);
}

static int
open_session(struct ba_pam_call *c, struct ba_answer *a)
{
	int r;

	r = c->args.env ? clear_env(c) : BA_OK;
	if (r == BA_OK)
		r = ba_pam_login_find_for_session(c);
	if (r == BA_OK)
		r = ba_ask(&c->args.client, &c->q, &c->host, a);
	if (r == BA_OK)
		r = remember(c, a);
	if (r == BA_OK && c->args.env)
		r = set_env(c, a);
	if (r != BA_OK && c->args.env)
		(void)clear_env(c);
	return r;
}

static int
close_session(struct ba_pam_call *c, struct ba_answer *a)
{
	const struct session *s = recall(c);
	int r = BA_OK;

	if (s != NULL) {
		c->q.issuer = s->issuer;
		c->q.sub = s->sub;
		r = ba_copy_str(c->q.id, sizeof(c->q.id), s->id);
	}
	if (r == BA_OK)
		r = ba_ask(&c->args.client, &c->q, &c->host, a);
	c->q.issuer = NULL;
	c->q.sub = NULL;
	return r;
}

int
ba_pam_session(struct ba_pam_call *c, enum ba_session_event event)
{
	struct ba_answer a;
	int r;

	memset(&a, 0, sizeof(a));
	c->host.prompt = NULL; /* nobody is asked anything any more */
	c->q.type = BA_MSG_SESSION;
	c->q.event = event;
	ba_pam_process_self(&c->q.process);
	r = event == BA_SESSION_OPEN ? open_session(c, &a)
				     : close_session(c, &a);
	report(c, event, &a, r);
	ba_wipe(&a, sizeof(a));
	return r;
}
