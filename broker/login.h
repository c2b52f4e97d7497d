/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_LOGIN_H
#define BA_BROKER_LOGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/store/store.h"

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

#endif
