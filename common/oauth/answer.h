/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_ANSWER_H
#define BA_OAUTH_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/jose/jwk.h"
#include "common/oauth/http.h"
#include "common/policy/config.h"

/*
 * What an issuer answers when it is asked about a token (RFC 7662 section 2.2
 * and 2.3, RFC 9701 section 5).  Pure: introspect.h asks, remembers and logs.
 */

#define BA_ANSWER_AGE_MAX 300 /* s since iat of a signed answer, skew aside */

/*
 * Judge an answer to issuer's own question, as introspect.h's table says:
 * BA_OK and the claims (a new object: no active, and iss is the issuer's);
 * BA_ERR_INACTIVE; BA_ERR_CLIENT_AUTH; BA_ERR_INTROSPECTION; the response's
 * own error; BA_ERR_NOMEM.  Signed answers are demanded where the issuer's
 * introspection_jwt says so, and are nothing anywhere else: neither is ever
 * taken for the other.
 *
 * *whyp is constant text, and never what the issuer wrote: an answer may
 * repeat the token.  Not judged: times, audience and all else in the claims.
 */
BA_MUST_CHECK int ba_answer_judge(const struct ba_issuer *issuer,
    const struct ba_jwks *keys, int64_t now,
    const struct ba_http_response *response, const char **whyp,
    json_t **claimsp);

/*
 * The JSON object that any answer's body is (TR-05): a new reference, or err
 * and *whyp, which is constant text; BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_answer_json(const struct ba_http_response *response,
    int err, const char **whyp, json_t **rootp);

/*
 * What an answer says of the issuer, for the breaker: does it hang or fail?
 * No answer, and statuses 408, 429 and 5xx.  An answer that is quick and not
 * usable holds nobody up, and is none; otherwise whoever finds a token that
 * is answered badly would shut all others out.
 */
bool ba_answer_is_failure(const struct ba_http_response *response);

#endif
