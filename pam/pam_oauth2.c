/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdbool.h>

#include <security/pam_modules.h>

#include "common/base/err.h"
#include "common/base/mem.h"
#include "common/wire/ask.h"
#include "pam/auth.h"
#include "pam/call.h"
#include "pam/login.h"
#include "pam/result.h"
#include "pam/session.h"

#define EXPORT __attribute__((__visibility__("default")))

/*
 * May this login go on?  If our auth let this very user in for this very
 * service, its id lets the broker decide again from what it verified then;
 * otherwise the user came another way, and the configuration must say what
 * that is worth.
 */
static int
account(struct ba_pam_call *c)
{
	int r;

	r = ba_pam_login_find(c);
	if (r != BA_OK)
		return r;
	c->q.type = BA_MSG_ACCOUNT;
	return ba_pam_call_ask(c);
}

static int
decide(pam_handle_t *pamh, int argc, const char **argv, enum ba_pam_entry entry)
{
	struct ba_pam_call c;
	struct ba_pam_grid grid;
	int r, saved = errno;

	ba_pam_call_begin(&c, pamh);
	r = ba_pam_call_collect(&c, argc, argv, true);
	if (r == BA_OK)
		r = entry == BA_PAM_AUTH ? ba_pam_authenticate(&c)
					 : account(&c);
	ba_pam_call_report(&c, r);
	grid = c.grid;
	ba_wipe(&c, sizeof(c));
	if (r != BA_OK)
		ba_pam_grid_wait(&grid);
	errno = saved;
	return ba_pam_result(entry, r);
}

/*
 * Nothing is decided here, and a session is not refused because it could not be
 * written down; but one that was to have variables and has none would be
 * somebody else's to whoever reads them.
 */
static int
session(pam_handle_t *pamh, int argc, const char **argv,
    enum ba_session_event event)
{
	struct ba_pam_call c;
	int r, saved = errno;
	bool duty;

	ba_pam_call_begin(&c, pamh);
	r = ba_pam_call_collect(&c, argc, argv, false);
	/* A line with a mistake in it fails everywhere. */
	duty = r == BA_ERR_CONFIG || (c.args.env && event == BA_SESSION_OPEN);
	if (r == BA_OK)
		r = ba_pam_session(&c, event);
	else if (r != BA_ERR_CONFIG)
		ba_log(
		    &c.log, ba_log_level_of(r), "session: %s", ba_err_text(r));
	ba_wipe(&c, sizeof(c));
	errno = saved;
	return r == BA_OK || !duty ? PAM_SUCCESS
				   : ba_pam_result(BA_PAM_SESSION, r);
}

/*
 * Where there is nothing to decide: result, if the line in pam.d is right.
 * A line with a mistake in it fails everywhere, so that it is seen.
 */
static int
consent(pam_handle_t *pamh, int argc, const char **argv, int result)
{
	struct ba_pam_call c;
	int r, saved = errno;

	ba_pam_call_begin(&c, pamh);
	r = ba_pam_call_args(&c, argc, argv);
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
	return session(pamh, argc, argv, BA_SESSION_OPEN);
}

EXPORT int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return session(pamh, argc, argv, BA_SESSION_CLOSE);
}

/* A token cannot be changed here. */
EXPORT int
pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)flags;
	return consent(pamh, argc, argv, PAM_AUTHTOK_ERR);
}
