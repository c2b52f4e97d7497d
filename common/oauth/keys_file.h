/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_KEYS_FILE_H
#define BA_OAUTH_KEYS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/jose/jwk.h"
#include "common/policy/config.h"

/*
 * An issuer's keys that are a file of the administrator's: jwks_file, or
 * symmetric_key_file, which goes before (JWK-09: an issuer with secrets has no
 * other keys).
 */
struct ba_keys_file;

/*
 * Reads it; what is wrong with it is logged.  BA_OK, and *filep NULL for an
 * issuer without a file; BA_ERR_NOMEM.  issuer and log outlive it.
 */
BA_MUST_CHECK int ba_keys_file_new(const struct ba_issuer *issuer,
    uid_t trusted_uid, const struct ba_log *log, struct ba_keys_file **filep);
void ba_keys_file_free(struct ba_keys_file *f); /* wipes */

/*
 * Look whether the file has changed, at most once in each second of wall
 * time, and read it if so.  What it held before is freed then, and only then.
 */
void ba_keys_file_look(struct ba_keys_file *f, int64_t now);

/* What was read last that could be used; NULL if nothing ever was. */
const struct ba_jwks *ba_keys_file_set(const struct ba_keys_file *f);
bool ba_keys_file_is_secret(const struct ba_keys_file *f);

/* For people: is what is there now what we use? */
int ba_keys_file_last(const struct ba_keys_file *f);

/*
 * Count the keys of a set that are bad in a line of the log; used for those
 * that are fetched, too.
 */
void ba_keys_warn_of_bad(
    const struct ba_log *log, const struct ba_issuer *issuer, size_t bad);

#endif
