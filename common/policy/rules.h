/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_RULES_H
#define BA_POLICY_RULES_H

#include "common/base/err.h"
#include "common/policy/case.h"

/*
 * The rules of a service, each a check of its own.  All compare byte for
 * byte.  One that is not configured says so and is BA_OK; audience alone is
 * always configured.
 */

/* aud (RFC 7519 section 4.1.3): the service's, else the issuer's.
   BA_ERR_AUD. */
BA_MUST_CHECK int ba_rule_audience(struct ba_case *c);

/*
 * allow_client: at least one of ba_profile_client_claim() is there, and each
 * that is there is on the list.  BA_ERR_CLIENT.
 */
BA_MUST_CHECK int ba_rule_client(struct ba_case *c);

/* require_scope.  BA_ERR_SCOPE. */
BA_MUST_CHECK int ba_rule_scope(struct ba_case *c);

/*
 * require_group, allow_group: in any of the places of group_claim, the
 * service's, else the issuer's, else "groups".  BA_ERR_GROUP.
 */
BA_MUST_CHECK int ba_rule_group(struct ba_case *c);

/* These places in their order; NULL behind the last. */
const struct ba_claim_path *ba_rule_group_claim(
    const struct ba_issuer *issuer, const struct ba_service *service, size_t i);

/*
 * allow_acr: acr is one of them.  require_amr: amr, an array of strings (RFC
 * 8176), has them all.  BA_ERR_ACR.
 */
BA_MUST_CHECK int ba_rule_authentication(struct ba_case *c);

/* allow_network: rhost is an address in one of them.  BA_ERR_SOURCE. */
BA_MUST_CHECK int ba_rule_source(struct ba_case *c);

#endif
