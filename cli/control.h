/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_CONTROL_H
#define BA_CLI_CONTROL_H

#include <stdbool.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * Commands to the running broker, over its control socket (doc/DESIGN.md).  A
 * command is an object with "command" and whatever belongs to it; "status" and
 * "reload" alone go as words, which older brokers take, too.  A reply that is
 * too long for one message is asked for in pieces.
 */

#define BA_CONTROL_REPLY_MAX (64 * 1024 * 1024) /* bytes of all pieces */

/*
 * Ask the broker at path.  The lines of its reply are appended to text,
 * sanitised but for the tabs between fields; each ends with a line feed.
 *
 * *repliedp: the broker has spoken; BA_OK, or the general error of a family
 * (and the text says why).  Otherwise: BA_ERR_NO_BROKER where there is no
 * socket, and so no service is installed; BA_ERR_UNAVAIL where nobody listens
 * at it; BA_ERR_NOT_ALLOWED, BA_ERR_SOCKET_TRUST, BA_ERR_TIMEOUT,
 * BA_ERR_PROTOCOL, BA_ERR_CONFIG (the path), BA_ERR_LIMIT, BA_ERR_SYSTEM,
 * BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_control_ask(const char *path, const json_t *command,
    struct ba_buf *text, bool *repliedp);

/* A line on standard error for what is not the broker's own word. */
void ba_control_complain(const char *path, int err);

/*
 * Ask, and tell all of it: what is done on standard output, under header (or
 * NULL), what is not on standard error.  The exit code.
 */
int ba_control_run(const char *path, const json_t *command, const char *header);

/*
 * {"command": word, name: value, …}: pairs, which may be NULL, end with NULL,
 * and one whose value is NULL is left out.  NULL where memory failed or a
 * value is no UTF-8: an argument of ours can be anything.
 */
json_t *ba_control_command(const char *word, const char *const pairs[]);

#endif
