/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_LOGIN_H
#define BA_PAM_LOGIN_H

#include "common/base/err.h"
#include "pam/call.h"

/*
 * What a successful auth leaves for account and session in the handle, where
 * the host keeps it (sshd does not, for keyboard-interactive: there it is the
 * data of a child that ends): the id, for this user and this service alone.
 */

/* An earlier success must not speak for this attempt.  BA_ERR_NOMEM,
   BA_ERR_SYSTEM. */
BA_MUST_CHECK int ba_pam_login_forget(const struct ba_pam_call *c);

/* c->q.id, for c's user and service.  BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_pam_login_remember(const struct ba_pam_call *c);

/*
 * Into c->q.id; left as it is where the user came another way (public key,
 * password, or a host that changed PAM_USER since).  BA_ERR_SYSTEM where
 * libpam fails.
 */
BA_MUST_CHECK int ba_pam_login_find(struct ba_pam_call *c);

/*
 * The same, whoever PAM_USER is by now: sudo asks alice for her token and opens
 * a session of root's, and it is hers that is to be written down.  Decides
 * nothing.
 */
BA_MUST_CHECK int ba_pam_login_find_for_session(struct ba_pam_call *c);

#endif
