/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_CALL_H
#define BA_PAM_CALL_H

#include <stdbool.h>

#include <security/pam_modules.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/wire/ask.h"
#include "common/wire/message.h"
#include "pam/args.h"
#include "pam/grid.h"

/* One call of an entry point: what the host said, as a question. */
struct ba_pam_call {
	pam_handle_t *pamh;
	const struct pam_conv *conv; /* or NULL; its_conv */
	struct pam_conv its_conv;
	struct ba_log log; /* pam_syslog(3) */
	struct ba_pam_args args;
	struct ba_ask_host host;
	struct ba_ask q;
	struct ba_pam_grid grid;
	/*
	 * What q points to.  Copies, for a host may set its items anew while
	 * it asks the user, and what they were is freed then.
	 */
	char service[BA_SERVICE_MAX + 1];
	char rhost[BA_FIELD_MAX + 1];
	char tty[BA_FIELD_MAX + 1];
	char way[BA_WAY_MAX + 1];
	char user[BA_FIELD_MAX + 1]; /* what the broker is asked about … */
	bool exact; /* … and is it PAM_USER to the letter? */
	bool deaf; /* libpam did not give an item that it has */
};

/* All but the question; the log can be written to. */
void ba_pam_call_begin(struct ba_pam_call *c, pam_handle_t *pamh);

/* The arguments.  BA_ERR_CONFIG. */
BA_MUST_CHECK int ba_pam_call_args(
    struct ba_pam_call *c, int argc, const char **argv);

/*
 * The arguments, and all that the host says but a token.  Where it does not
 * know yet who wants in, it is made to ask if ask_user, and otherwise the
 * question is about "?".  BA_ERR_CONFIG, BA_ERR_NOMEM, BA_ERR_CONVERSATION;
 * BA_ERR_SYSTEM where libpam fails.
 */
BA_MUST_CHECK int ba_pam_call_collect(
    struct ba_pam_call *c, int argc, const char **argv, bool ask_user);

/*
 * Ask the broker what q says, and compare the user that it has accepted with
 * the one who will be logged in: the host takes what PAM_USER says then
 * (PM-01, V40).  As ba_ask(); BA_ERR_UNKNOWN_USER, BA_ERR_PROTOCOL,
 * BA_ERR_USER_MISMATCH.
 */
BA_MUST_CHECK int ba_pam_call_ask(struct ba_pam_call *c);

/* The line of the log that says what came of it, and of whom it speaks. */
void ba_pam_call_report(const struct ba_pam_call *c, int err);

/* … of which this is the part about whom; for 700 bytes. */
#define BA_PAM_WHOM_MAX 700
void ba_pam_call_whom(const struct ba_pam_call *c, char *dst, size_t dstsz);

#endif
