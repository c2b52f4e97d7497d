/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_SESSION_H
#define BA_BROKER_SESSION_H

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/wire/message.h"

#include "broker/broker.h"
#include "broker/peer.h"

/*
 * A session begins or ends (BA_MSG_SESSION): nothing is decided any more, but
 * it is written down who it is, and the host is told.  Answered at once.
 *
 * An open is looked up by its id, else by its process (ba_login_find());
 * neither, or none found: somebody who came another way, which is as good.
 * What a close says of issuer and subject is what this broker, or one before
 * it, answered to the open; only a peer that may ask for the service is heard.
 *
 * Appends the verdict (family OK, ID, ISSUER, SUBJECT, EXPIRES; or why not) and
 * writes one audit line.  m is a parsed SESSION.  BA_ERR_NOMEM, BA_ERR_LIMIT.
 */
BA_MUST_CHECK int ba_session_answer(struct ba_broker *b,
    const struct ba_peer *peer, const struct ba_msg *m, struct ba_buf *out);

#endif
