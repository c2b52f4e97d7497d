/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_CONTROL_H
#define BA_BROKER_CONTROL_H

#include "common/base/buf.h"
#include "common/base/err.h"

#include "broker/broker.h"

/* Of BA_TAG_TEXT; a longer answer is cut at a line, and says so (lines.h):
   the client then asks for what follows. */
#define BA_CONTROL_TEXT_MAX 4096

/* Of BA_TAG_COMMAND. */
#define BA_CONTROL_COMMAND_MAX 8000

/*
 * Carry out a command of root's (order.h).  The result is for FAMILY, and
 * text, appended to and never more than BA_CONTROL_TEXT_MAX, for TEXT; where a
 * command fails it says why.
 */
BA_MUST_CHECK int ba_control(
    struct ba_broker *b, const char *command, struct ba_buf *text);

#endif
