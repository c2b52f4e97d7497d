/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SASL_FAILURE_H
#define BA_SASL_FAILURE_H

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * The failure that is sent as a challenge (section 3.2.2): a JSON object of
 * status, scope and openid-configuration.  scope and metadata are left out
 * where NULL or empty; an empty status is invalid_token, for the member is
 * required.  All three must be UTF-8.  Appended to the buffer; BA_ERR_LIMIT,
 * BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_sasl_failure(const char *status, const char *scope,
    const char *metadata, struct ba_buf *b);

/*
 * The same as XOAUTH2 has it: status (a status of HTTP), schemes and scope.
 */
BA_MUST_CHECK int ba_sasl_xoauth2_failure(const char *status, const char *scope,
    const char *metadata, struct ba_buf *b);

#endif
