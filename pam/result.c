/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <security/pam_modules.h>

#include "common/base/err.h"
#include "pam/result.h"

int
ba_pam_result(enum ba_pam_entry entry, int err)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return PAM_SUCCESS;
	case BA_FAMILY_REFUSED:
		/* There is no token to be wrong in account. */
		return entry == BA_PAM_AUTH ? PAM_AUTH_ERR : PAM_PERM_DENIED;
	case BA_FAMILY_NOT_ALLOWED:
		return PAM_PERM_DENIED;
	case BA_FAMILY_UNAVAILABLE:
		return PAM_AUTHINFO_UNAVAIL;
	case BA_FAMILY_FAULT:
		return err == BA_ERR_NOMEM ? PAM_BUF_ERR : PAM_SERVICE_ERR;
	case BA_FAMILY_MALFORMED:
		/* Only a SASL message can be; here it is a defect of ours. */
		return PAM_SERVICE_ERR;
	}
	return PAM_SERVICE_ERR;
}
