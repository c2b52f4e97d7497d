/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_IDENTITY_H
#define BA_POLICY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/policy/config.h"

#define BA_NAME_MAX 255 /* bytes of a user name, of any grammar */

/*
 * The grammar of names.  local: [a-z_][a-z0-9_-]{0,31}, the portable names
 * of useradd(8).  virtual: 1 to BA_NAME_MAX bytes of [A-Za-z0-9._+@-], first
 * a letter or digit, no "..", at most one '@' and not at either end.  "root"
 * is in neither, however it is capitalised.
 */
bool ba_name_ok(const char *name, enum ba_accounts grammar);

/*
 * The name that the issuer's rule gives to these verified claims, in the
 * service's grammar; borrowed from the claims.  BA_ERR_CLAIM where the claim
 * is missing or no string, BA_ERR_USER_NAME where it is outside the grammar.
 * The claim "email" counts only beside an "email_verified" that is true:
 * BA_ERR_CLAIM (OIDC-03).
 */
BA_MUST_CHECK int ba_identity(const struct ba_issuer *issuer,
    const struct ba_service *service, const json_t *claims, const char **namep);

#endif
