/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_CONFIG_CLIENT_H
#define BA_POLICY_CONFIG_CLIENT_H

#include "common/policy/config_keys.h"

/*
 * The part of an [issuer] section that says how the issuer is asked about
 * tokens and for them, and as which client: for config_issuer.c, which has the
 * table.
 */

/*
 * What a section says of all issuers that come of it; they stand side by side
 * in the configuration, and are given it when the section is complete.  The
 * object of the setters.
 */
struct ba_issuer_draft {
	struct ba_issuer values;
	size_t first, n; /* of the configuration's issuers */
	bool device; /* some service has one of them as device_issuer = */
};

/* As struct ba_key's set. */
int ba_client_set_verify(struct ba_builder *, void *, const char *);
int ba_client_set_endpoint(struct ba_builder *, void *, const char *);
int ba_client_set_answer(struct ba_builder *, void *, const char *);
int ba_client_set_cache(struct ba_builder *, void *, const char *);
int ba_client_set_id(struct ba_builder *, void *, const char *);
int ba_client_set_auth(struct ba_builder *, void *, const char *);
int ba_client_set_secret_file(struct ba_builder *, void *, const char *);
int ba_client_set_key_file(struct ba_builder *, void *, const char *);
int ba_client_set_key_id(struct ba_builder *, void *, const char *);
int ba_client_set_key_algorithm(struct ba_builder *, void *, const char *);
int ba_client_set_certificate_file(struct ba_builder *, void *, const char *);
int ba_client_set_device_endpoint(struct ba_builder *, void *, const char *);
int ba_client_set_token_endpoint(struct ba_builder *, void *, const char *);
int ba_client_set_device_scope(struct ba_builder *, void *, const char *);
int ba_client_set_device_resource(struct ba_builder *, void *, const char *);
int ba_client_set_device_audience(struct ba_builder *, void *, const char *);

/* What a draft's device is: by what is written in the services, for they are
   judged after us. */
bool ba_client_is_device(
    const struct ba_builder *b, const struct ba_section *s);

/* What these values say together, and with the rest of the section. */
void ba_client_judge(struct ba_builder *b, const struct ba_section *s,
    struct ba_issuer_draft *d);

#endif
