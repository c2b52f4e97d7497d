/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_AUTH_H
#define BA_PAM_AUTH_H

#include "common/base/err.h"
#include "pam/call.h"

/*
 * Is this user the one who comes?  By a token of an earlier module, by one
 * from our own prompt, or by the device flow, as the arguments say.  c was
 * collected.  BA_OK only where the broker accepted this user, and the login is
 * remembered for account and session.
 */
BA_MUST_CHECK int ba_pam_authenticate(struct ba_pam_call *c);

#endif
