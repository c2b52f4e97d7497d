/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_RESULT_H
#define BA_PAM_RESULT_H

enum ba_pam_entry {
	BA_PAM_AUTH, /* pam_sm_authenticate */
	BA_PAM_ACCOUNT, /* pam_sm_acct_mgmt */
	BA_PAM_SESSION /* pam_sm_open_session, where it has a duty */
};

/*
 * What the host is told for an error of ours: the only place where one
 * becomes the other.  PAM_SUCCESS for BA_OK alone; PAM_IGNORE never; a
 * number that is no error of ours is PAM_SERVICE_ERR.
 */
int ba_pam_result(enum ba_pam_entry entry, int err);

#endif
