/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_CREDENTIALS_H
#define BA_OAUTH_CREDENTIALS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/oauth/client.h"
#include "common/policy/config.h"

/*
 * Our credentials with each issuer of one configuration (client.h), read once
 * and shared by all that asks issuers: introspection and the device flow.
 */
struct ba_credential_table;

struct ba_credential_options {
	const struct ba_config *config; /* outlives it */
	uid_t trusted_uid;
	const char *directory; /* of "credential:NAME", or NULL */
	bool late; /* read at an issuer's first question: a broker for one
		      login asks one issuer of many */
	const struct ba_log *log;
};

/* Credentials that are not usable are logged, each once.  BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_credential_table_new(
    const struct ba_credential_options *o, struct ba_credential_table **tablep);
void ba_credential_table_free(struct ba_credential_table *t); /* wipes */

/* Those with this issuer, borrowed.  BA_ERR_SECRET where they are not usable
   (an issuer without a client_id has some that add nothing). */
BA_MUST_CHECK int ba_credential_table_get(struct ba_credential_table *t,
    const struct ba_issuer *issuer, const struct ba_credentials **cp);

#endif
