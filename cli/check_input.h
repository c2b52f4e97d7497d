/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_CHECK_INPUT_H
#define BA_CLI_CHECK_INPUT_H

#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * What "bearerauth check" is given, beside the configuration.  Nothing here
 * says more than an error: the caller knows what was asked for.
 */

#define BA_INPUT_TOKEN_MAX  65536
#define BA_INPUT_CLAIMS_MAX 65536
#define BA_INPUT_TIME_SIZE  21 /* "2026-11-23T12:00:00Z", with the NUL */

/* A uid, in decimal digits; not the one that means none.  BA_ERR_CONFIG. */
BA_MUST_CHECK int ba_input_uid(const char *text, uid_t *uidp);

/*
 * A time from 1970 to the end of 9999: seconds since the epoch in digits, or
 * RFC 3339 section 5.6 in UTC and whole seconds, "2026-11-23T12:00:00Z", and
 * in no other of its forms.  BA_ERR_CONFIG.
 */
BA_MUST_CHECK int ba_input_time(const char *text, int64_t *tp);

/* The same the other way round; "?" where it cannot be. */
const char *ba_input_show_time(int64_t t, char dst[BA_INPUT_TIME_SIZE]);

/*
 * fd to its end, or until b is full, whichever comes first: so b takes more
 * than is acceptable, and the caller judges.  BA_ERR_NOMEM, BA_ERR_SYSTEM.
 */
BA_MUST_CHECK int ba_input_read(int fd, struct ba_buf *b);

/*
 * A token from fd, into a b of more than BA_INPUT_TOKEN_MAX bytes.  One end of
 * line behind it is the editor's.  Errors as above.
 */
BA_MUST_CHECK int ba_input_token(int fd, struct ba_buf *b);

/*
 * One JSON object from fd, as strict as a token's claims, for json_decref().
 * BA_ERR_JSON, BA_ERR_LIMIT above BA_INPUT_CLAIMS_MAX, or as above.
 */
BA_MUST_CHECK int ba_input_claims(int fd, json_t **claimsp);

#endif
