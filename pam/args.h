/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_ARGS_H
#define BA_PAM_ARGS_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/wire/ask.h"

/*
 * The arguments of the module's line in pam.d:
 *
 *	service=NAME	1-64 characters; default: the host's own PAM service
 *	socket=PATH	absolute, at most 107 bytes (unix(7))
 *	broker=PATH	absolute; what to spawn where no service is installed
 *	config=PATH	absolute; for a spawned broker only
 *	deadline=SECONDS	1-60, decimal
 *	use_first_pass	take the token from an earlier module, never ask
 *	try_first_pass	the same, but ask if there is none or it is refused
 *	opaque	take opaque tokens, too (V47)
 *	method=token|auto|device	ask for a token, for one or else go by the
 *		device flow, or do that alone; default: token
 *	messages=shown|held	does the host show PAM_TEXT_INFO at once, or with
 *		the next prompt; default: held where the program is an sshd
 *	env	tell the session who it is (OAUTH2_ISS, OAUTH2_SUB, OAUTH2_EXP)
 */
enum ba_pam_method { BA_PAM_TOKEN, BA_PAM_AUTO, BA_PAM_DEVICE };

struct ba_pam_args {
	const char *service; /* NULL: the host's */
	struct ba_client client;
	bool use_first_pass;
	bool try_first_pass;
	bool opaque;
	enum ba_pam_method method;
	bool held;
	bool env;
};

/*
 * Parse argv; what is not said has its default.  An unknown argument, one
 * that stands twice, an empty or bad value, both *_first_pass, or
 * use_first_pass with a method that asks, is BA_ERR_CONFIG, with a line in the
 * log that says which and what to write instead; *a holds only defaults then.
 * Strings of *a live as long as argv.  Whether a path exists is not looked at
 * here.
 */
BA_MUST_CHECK int ba_pam_args_parse(int argc, const char *const argv[],
    const struct ba_log *log, struct ba_pam_args *a);

#endif
