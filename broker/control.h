/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_CONTROL_H
#define BA_BROKER_CONTROL_H

#include "common/base/buf.h"
#include "common/base/err.h"

#include "broker/broker.h"

/* Of BA_TAG_TEXT; a longer answer is cut at a line, and says so. */
#define BA_CONTROL_TEXT_MAX 4096

/*
 * Carry out a command of root's: "status", "reload".  The result is for
 * FAMILY, and text, appended to and never more than BA_CONTROL_TEXT_MAX, for
 * TEXT.  BA_ERR_CONFIG for a command that we do not know, too.
 */
BA_MUST_CHECK int ba_control(
    struct ba_broker *b, const char *command, struct ba_buf *text);

#endif
