/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_BROKER_USER_H
#define BA_CLI_BROKER_USER_H

#include <limits.h>
#include <sys/types.h>

#include "common/base/err.h"

/*
 * The configuration, its maps and its secrets are read as the broker reads
 * them, or root would find all well that the broker cannot open.
 */

/*
 * Root becomes the broker's user, for good; there is no going on as root where
 * that user is missing.  What root's shell left goes no further: environment,
 * signals, and descriptors above 2 but *keepp, unless that is -1; it gets
 * another number.  Anybody else stays who he is.  Both end sealed
 * (ba_privilege_seal()), and with it in another working directory.
 *
 * *trusted_uidp is who may own files, beside root: whoever we were before.
 * Errors are told on standard error.
 */
BA_MUST_CHECK int ba_cli_be_broker_user(int *keepp, uid_t *trusted_uidp);

/*
 * As root: have BA_STORE_DIR, as a broker would make it, before one ever ran.
 * Others have it or not.  Errors are told.
 */
BA_MUST_CHECK int ba_cli_make_store_dir(void);

/* file from "/" on, for that time.  Errors are told too. */
BA_MUST_CHECK int ba_cli_absolute(const char *file, char path[PATH_MAX]);

#endif
