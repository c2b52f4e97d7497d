/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_LOGIN_H
#define BA_BROKER_LOGIN_H

#include <stdint.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/store/store.h"

/*
 * What an accepted login was granted on, kept for the account phase, which
 * sshd runs in another process and sudo at another time: service, user and
 * the verified claims, under the id of the question.  Never the token.
 */

/* How long: until the token ends, and at most this many seconds. */
#define BA_LOGIN_LIFE	900

/* Also the limit of a record; a token's claims take less than its text. */
#define BA_LOGIN_BYTES_MAX	(80 * 1024)

BA_MUST_CHECK int ba_login_put(struct ba_store *store, const char *id,
    const char *service, const char *user, const json_t *claims, int64_t now,
    int64_t exp, enum ba_reach reach);

/*
 * The claims of that record, for json_decref(), if it is about this service
 * and this user.  BA_ERR_NO_LOGIN where there is none or it has ended;
 * BA_ERR_NOT_ALLOWED where it is about another service, BA_ERR_USER_MISMATCH
 * about another user; BA_ERR_STORE.
 */
BA_MUST_CHECK int ba_login_get(struct ba_store *store, const char *id,
    const char *service, const char *user, int64_t now, json_t **claimsp);

#endif
