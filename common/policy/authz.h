/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_AUTHZ_H
#define BA_POLICY_AUTHZ_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/policy/config.h"

/*
 * Whom may a person act for, and is it this server that their client means?
 * What a SASL client says beside its token, which decides nothing by itself.
 */

/*
 * May person, whom the token names, use the mailbox user?  Where both are the
 * same; or with authzid = shared, where shared_map lists the two, or one of
 * the claims shared_claim holds user, byte for byte, and no map of the
 * service's issuers gives that name to somebody.  user must be a name of the
 * service's grammar all the same, so that nobody shares root's.
 *
 * BA_ERR_AUTHZID: no.  BA_ERR_CONFIG: there is a shared_map, and it was not
 * read.
 */
BA_MUST_CHECK int ba_authz(const struct ba_service *service,
    const json_t *claims, const char *person, const char *user);

/*
 * Are these a host and a port that clients of the service may name (RFC 7628
 * section 3.1)?  NULL and 0: it named none, which passes.  Names of hosts are
 * compared without case, and without the dot that may stand at their end.
 * BA_ERR_HOST.
 */
BA_MUST_CHECK int ba_authz_host(
    const struct ba_service *service, const char *host, uint32_t port);

#endif
