/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_INTROSPECT_H
#define BA_OAUTH_INTROSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/jose/jwk.h"
#include "common/oauth/client.h"
#include "common/oauth/credentials.h"
#include "common/oauth/http.h"
#include "common/policy/config.h"
#include "common/store/store.h"

/*
 * Asking issuers about tokens (RFC 7662), with answers in JSON or signed (RFC
 * 9701).  Like keys.h a machine without a wire: it says which request it
 * wants made and is fed the answer.  For one configuration; holds the breaker
 * of each issuer, and remembers answers.
 *
 * What is remembered stands in the store under a keyed hash of issuer, the
 * settings that decide what an answer means, and the whole token (INT-05):
 * claims, never the token.
 */
struct ba_introspection;

#define BA_INTROSPECTION_BODY_MAX (64 * 1024) /* bytes of an answer */
#define BA_INTROSPECTION_NEGATIVE                                              \
	10 /* s that "not active" is remembered, and
					never longer than introspection_cache */
/* Questions to one issuer at a time; more are BA_ERR_BUSY: whoever makes up
   tokens shall not hold all places of the helper. */
#define BA_INTROSPECTIONS_MAX 32
/* Of these, those that others than root's services may have: a flood of made
   up tokens at a mail server shall not refuse the logins of sshd. */
#define BA_INTROSPECTIONS_OTHERS 24

struct ba_introspection_options {
	const struct ba_config *config; /* outlives it */
	struct ba_store *store; /* or NULL: nothing is remembered */
	enum ba_reach reach; /* of what is remembered, breakers too */
	struct ba_credential_table *credentials; /* of config; outlives it */
	const struct ba_log *log;
};

/* An issuer whose credentials are not usable (credentials.h) is not asked: its
   questions are BA_ERR_SECRET.  BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_introspection_new(
    const struct ba_introspection_options *o, struct ba_introspection **ip);
void ba_introspection_free(struct ba_introspection *i);

/*
 * What is remembered of this token: BA_OK and its claims (a new reference),
 * BA_ERR_INACTIVE, or BA_ERR_NEED_INTROSPECTION; BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_introspection_get(struct ba_introspection *i,
    const struct ba_issuer *issuer, const void *token, size_t n, int64_t now,
    json_t **claimsp);

/*
 * Ask: fills request, whose strings are good until ba_post_wipe(p) and the
 * next call for this issuer.  endpoint: the issuer's introspection endpoint
 * (issuer->introspection_endpoint is looked at first; both NULL:
 * BA_ERR_METADATA).  privileged: root's service asks, and may have the places
 * that others may not.  Timeout is the caller's to set.  Each BA_OK must be
 * followed by one of the next two.  BA_ERR_BREAKER, BA_ERR_BUSY,
 * BA_ERR_SECRET, BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_introspection_begin(struct ba_introspection *i,
    const struct ba_issuer *issuer, const char *endpoint, const void *token,
    size_t n, int64_t now, bool privileged, struct ba_post *p,
    struct ba_http_request *request);

/*
 * The answer.  keys: of the issuer, for signed answers (NULL otherwise; where
 * none fits BA_ERR_INTROSPECTION).
 *
 *  200, a strict JSON object, active true	BA_OK, *claimsp a new reference
 *  … active anything else, or missing	BA_ERR_INACTIVE (INT-02)
 *  401, 403, invalid_client …		BA_ERR_CLIENT_AUTH (INT-06)
 *  no answer				its own error: HTTP, TLS, TIMEOUT
 *  anything else			BA_ERR_INTROSPECTION
 *
 * Of the claims iss is set to the issuer's where the answer has none (it came
 * from there), and one that differs is BA_ERR_INTROSPECTION; active is taken
 * out.  Times, audience, kind and the rules are for verify.h to judge
 * (INT-03).  Remembers BA_OK until min(exp, now + introspection_cache)
 * (INT-04), and not at all where exp is no whole number or missing, or where
 * the answer repeats the token.
 */
BA_MUST_CHECK int ba_introspection_feed(struct ba_introspection *i,
    const struct ba_issuer *issuer, const struct ba_jwks *keys,
    const void *token, size_t n, int64_t now,
    const struct ba_http_response *response, json_t **claimsp);

/* No answer came, and none will: the question was given up for lack of time
   (a failure for the breaker), or, with ours set, for a reason of our own. */
void ba_introspection_abandon(struct ba_introspection *i,
    const struct ba_issuer *issuer, int64_t now, bool ours);

/* For status: is the breaker open? */
bool ba_introspection_is_open(
    struct ba_introspection *i, const struct ba_issuer *issuer, int64_t now);

#endif
