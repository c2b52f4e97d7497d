/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_COMMAND_H
#define BA_CLI_COMMAND_H

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * Run argv[0], looked for in $PATH, with nothing to read and our standard
 * error, and put what it prints in out; until it has ended, with status 0,
 * and for ms at most.  Past that it is killed, as it is for any other error.
 * out is the caller's to wipe in any case.
 *
 * BA_ERR_SYSTEM, BA_ERR_TIMEOUT, BA_ERR_LIMIT (more than out takes),
 * BA_ERR_UNAVAIL (it failed), BA_ERR_NOMEM; with *whyp, a constant text that
 * goes behind the command's name.
 */
BA_MUST_CHECK int ba_command_run(
    char *const argv[], int ms, struct ba_buf *out, const char **whyp);

#endif
