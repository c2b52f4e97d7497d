/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_SESSION_H
#define BA_PAM_SESSION_H

#include "common/base/err.h"
#include "common/wire/message.h"
#include "pam/call.h"

/*
 * What a session is told with the argument env.  Never the token: whatever runs
 * in the session could use it, and every process of the user can read it.
 */
#define BA_PAM_ENV_ISSUER  "OAUTH2_ISS"
#define BA_PAM_ENV_SUBJECT "OAUTH2_SUB"
#define BA_PAM_ENV_EXPIRES "OAUTH2_EXP" /* seconds since 1970 */

/*
 * A session begins or ends: the broker is told, finds the login, and both logs
 * say who it is.  c was collected.  Nothing is decided any more; somebody who
 * came another way has a session like anybody.
 *
 * BA_OK, or why the broker could not be asked, or what it was asked for not be
 * done.  With env the variables are set at the open: where one cannot be, none
 * is; no BA_PAM_ENV_EXPIRES where the broker knows of no end.  What was in PAM's
 * environment by these names is removed, whoever put it there.
 */
BA_MUST_CHECK int ba_pam_session(
    struct ba_pam_call *c, enum ba_session_event event);

#endif
