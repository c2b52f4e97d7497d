/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM module that does nothing but ask for a password, as any module must:
 * the floor under the login benchmarks.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#define EXPORT __attribute__((__visibility__("default")))

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	char *reply = NULL;

	(void)flags;
	(void)argc;
	(void)argv;
	if (pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &reply, "%s", "Token: ") !=
	    PAM_SUCCESS)
		return PAM_AUTH_ERR;
	free(reply);
	return PAM_SUCCESS;
}

EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
