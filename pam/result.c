/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <security/pam_modules.h>

#include "common/base/err.h"
#include "pam/result.h"

/* There is no token to be wrong in account, and nothing to decide in session. */
static int
no_to(enum ba_pam_entry entry, int auth, int account)
{
	switch (entry) {
	case BA_PAM_AUTH:
		return auth;
	case BA_PAM_ACCOUNT:
		return account;
	case BA_PAM_SESSION:
		return PAM_SESSION_ERR;
	}
	return PAM_SERVICE_ERR;
}

int
ba_pam_result(enum ba_pam_entry entry, int err)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return PAM_SUCCESS;
	case BA_FAMILY_REFUSED:
		return no_to(entry, PAM_AUTH_ERR, PAM_PERM_DENIED);
	case BA_FAMILY_NOT_ALLOWED:
		return no_to(entry, PAM_PERM_DENIED, PAM_PERM_DENIED);
	case BA_FAMILY_UNAVAILABLE:
		return no_to(entry, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL);
	case BA_FAMILY_FAULT:
		return err == BA_ERR_NOMEM ? PAM_BUF_ERR : PAM_SERVICE_ERR;
	case BA_FAMILY_MALFORMED:
		/* Only a SASL message can be; here it is a defect of ours. */
		return PAM_SERVICE_ERR;
	}
	return PAM_SERVICE_ERR;
}
