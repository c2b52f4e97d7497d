/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_ENGINE_H
#define BA_BROKER_ENGINE_H

#include <sys/types.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/oauth/credentials.h"
#include "common/oauth/introspect.h"
#include "common/oauth/keys.h"
#include "common/policy/config.h"
#include "common/store/store.h"

struct ba_asking; /* fetcher.h */

/*
 * One configuration with the keys of its issuers, and what we are to them.  A
 * reload makes a new one; what is under way keeps the one that it began with,
 * until it ends.
 */
struct ba_engine {
	unsigned refs;
	struct ba_config *config;
	struct ba_keys *keys;
	struct ba_credential_table *credentials;
	struct ba_introspection *introspection;
	struct ba_asking *askings; /* fetcher.c's, one for each issuer */
};

struct ba_engine_options {
	const char *config;
	uid_t trusted_uid; /* who may own it, beside root */
	struct ba_store *store; /* or NULL; outlives the engine */
	struct ba_store *answers; /* the same, of answers about tokens */
	enum ba_reach reach; /* of issuers' answers about tokens; shared: of
				one login, and credentials are read late */
	const char *credentials; /* a directory, or NULL */
	const struct ba_log *log;
	const struct ba_config_report *report; /* of its problems, or NULL */
};

/* Read the configuration; the caller holds the first reference. */
BA_MUST_CHECK int ba_engine_load(
    const struct ba_engine_options *o, struct ba_engine **enginep);

struct ba_engine *ba_engine_ref(struct ba_engine *e);
/* The last reference frees.  e may be NULL. */
void ba_engine_unref(struct ba_engine *e);

#endif
