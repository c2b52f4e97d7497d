/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_LOGIN_H
#define BA_BROKER_LOGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/store/store.h"
#include "common/wire/ask.h"
#include "common/wire/message.h"

/*
 * What an accepted login was granted on, kept for the account phase, which
 * sshd runs in another process and sudo at another time: service, user, the
 * verified claims that it will be decided by (ba_claims_kept()) and whether
 * they are the issuer's answer's (ba_verdict.introspected), under
 * the id of the question and the uid of who asked it: the id is of the
 * client's making, and another client's must not find or replace this one's.
 * Never the token.
 */

/* How long: until the token ends, and at most this many seconds. */
#define BA_LOGIN_LIFE 900

/*
 * Of a record.  The claims kept are some 500 bytes, and with the longest list
 * of groups that a provider sends (Entra ID: 200 GUIDs, 8 KiB) not yet 10 KiB;
 * more than this is a list that somebody uses to fill the store with.
 */
#define BA_LOGIN_BYTES_MAX (16 * 1024)

/* PROCESS of an ASK, a DEVICE or a SESSION; zeroed where there is none. */
void ba_login_process(const struct ba_msg *m, struct ba_process *process);

/*
 * Whose login it will be where that is another process than asks: found by the
 * session that follows (ask.h).  pid 0: nobody's; nothing is kept.  Ends as the
 * login's own record does.  BA_ERR_NOMEM, BA_ERR_STORE.
 */
BA_MUST_CHECK int ba_login_put_process(struct ba_store *store, uid_t peer,
    const struct ba_process *process, const char *id, int64_t now, int64_t exp,
    enum ba_reach reach);

/* id has BA_ID_LEN + 1 bytes; "" and BA_ERR_NO_LOGIN where there is none. */
BA_MUST_CHECK int ba_login_find(struct ba_store *store, uid_t peer,
    const struct ba_process *process, int64_t now, char *id);

/* BA_ERR_LIMIT where the claims are too many; BA_ERR_NOMEM, BA_ERR_STORE. */
BA_MUST_CHECK int ba_login_put(struct ba_store *store, uid_t peer,
    const char *id, const char *service, const char *user, bool introspected,
    const json_t *claims, int64_t now, int64_t exp, enum ba_reach reach);

/*
 * The claims of that record, for json_decref(), if it is about this service
 * and this user.  BA_ERR_NO_LOGIN where there is none or it has ended;
 * BA_ERR_NOT_ALLOWED where it is about another service, BA_ERR_USER_MISMATCH
 * about another user; BA_ERR_STORE.
 */
BA_MUST_CHECK int ba_login_get(struct ba_store *store, uid_t peer,
    const char *id, const char *service, const char *user, int64_t now,
    bool *introspectedp, json_t **claimsp);

/*
 * The same for the session, which wants to know who it was, and whose user may
 * be another by then: sudo's is the one that the command runs as.  user, of
 * size, is the login's.
 */
BA_MUST_CHECK int ba_login_who(struct ba_store *store, uid_t peer,
    const char *id, const char *service, int64_t now, char *user, size_t size,
    json_t **claimsp);

#endif
