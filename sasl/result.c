/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sasl/sasl.h>

#include "common/base/err.h"
#include "sasl/result.h"

int
ba_sasl_result(int err, bool authzid)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return SASL_OK;
	case BA_FAMILY_REFUSED:
		return SASL_BADAUTH;
	case BA_FAMILY_NOT_ALLOWED:
		/*
		 * NOAUTHZ means "not as that user".  Whose the token is we
		 * are not told, so it is said whenever a user was named.
		 */
		return authzid ? SASL_NOAUTHZ : SASL_BADAUTH;
	case BA_FAMILY_UNAVAILABLE:
		return SASL_UNAVAIL;
	case BA_FAMILY_FAULT:
		return err == BA_ERR_NOMEM ? SASL_NOMEM : SASL_FAIL;
	case BA_FAMILY_MALFORMED:
		return SASL_BADPROT;
	}
	return SASL_FAIL;
}

const char *
ba_sasl_text(int err)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return "authenticated";
	case BA_FAMILY_REFUSED:
	case BA_FAMILY_NOT_ALLOWED:
		return "authentication failed";
	case BA_FAMILY_UNAVAILABLE:
		return "authentication is not available now";
	case BA_FAMILY_FAULT:
		return "authentication is not possible here";
	case BA_FAMILY_MALFORMED:
		return "malformed message";
	}
	return "authentication is not possible here";
}
