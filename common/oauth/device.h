/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_DEVICE_H
#define BA_OAUTH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/oauth/client.h"
#include "common/oauth/http.h"
#include "common/oauth/metadata.h"
#include "common/policy/config.h"

/*
 * The device authorization grant (RFC 8628), like introspect.h a machine
 * without a wire: it says which request it wants made, and when, and is fed
 * the answer.  One struct ba_device is one login.  Nothing of it is ever
 * logged (DEV-11): both codes are good for a token.
 */
#define BA_DEVICE_CODE_MAX     1024 /* bytes of device_code … */
#define BA_DEVICE_USER_CODE    32 /* … of user_code: no room for a sentence */
#define BA_DEVICE_URI_MAX      512 /* … of verification_uri, both kinds */
#define BA_DEVICE_BODY_MAX     (128 * 1024) /* … of an answer */
#define BA_DEVICE_INTERVAL     5 /* s, where the issuer says nothing (3.2) */
#define BA_DEVICE_INTERVAL_MAX 300 /* s; more is as good as no answer */
#define BA_DEVICE_SLOW_DOWN    5 /* s, for good (3.5) */

struct ba_device {
	/* What the user is shown: as received, once control characters, bidi
	   controls and whatever else is not printable is gone (DEV-01); "" of
	   complete: none came, or it is not configured. */
	char user_code[BA_DEVICE_USER_CODE + 1];
	char uri[BA_DEVICE_URI_MAX + 1];
	char complete[BA_DEVICE_URI_MAX + 1];
	int64_t expires; /* mono ms: the code's end, by expires_in */
	int64_t interval; /* ms, between two polls */
	int64_t due; /* mono ms: not asked before */
	struct ba_buf code; /* device_code */
};

void ba_device_init(struct ba_device *d);
void ba_device_wipe(struct ba_device *d); /* to be initialised again */

/*
 * Where: what is configured, else what the metadata m says, for a client that
 * signs in by TLS the alias for TLS.  NULL: m, which may be NULL, must be
 * known first.  "": nowhere.
 */
const char *ba_device_url(
    const struct ba_issuer *issuer, const struct ba_metadata *m);
const char *ba_token_url(
    const struct ba_issuer *issuer, const struct ba_metadata *m);

/*
 * The first request (3.1): client, device_scope, device_resource,
 * device_audience.  Fills request, whose strings are good until
 * ba_post_wipe(p); timeout is the caller's.  now: wall, for assertions.
 * BA_ERR_METADATA where endpoint is none that may be asked; BA_ERR_LIMIT,
 * BA_ERR_NOMEM.  No other answer than BA_OK leaves a request.
 */
BA_MUST_CHECK int ba_device_begin(const struct ba_issuer *issuer,
    const struct ba_credentials *client, const char *endpoint, int64_t now,
    struct ba_post *p, struct ba_http_request *request);

/*
 * Its answer (3.2), at mono_ms.  device_code, user_code, verification_uri (or
 * verification_url), expires_in are required; interval absent or null is
 * BA_DEVICE_INTERVAL, and 1 s the least.  The URI must be ba_url_ok(), and is
 * not asked by us.
 * complete: of a service that shows it.
 *
 * BA_OK; BA_ERR_CLIENT_AUTH (401, invalid_client, unauthorized_client …);
 * no answer its own error; anything else BA_ERR_DEVICE_ANSWER, and *whyp says
 * why in constant text.
 */
BA_MUST_CHECK int ba_device_feed(struct ba_device *d,
    const struct ba_http_response *response, int64_t mono_ms, bool complete,
    const char **whyp);

/*
 * The next poll (3.4), to be made at d->due: device_code, and device_resource
 * once more.  BA_ERR_INTERNAL without a code.
 */
BA_MUST_CHECK int ba_device_poll(const struct ba_device *d,
    const struct ba_issuer *issuer, const struct ba_credentials *client,
    const char *endpoint, int64_t now, struct ba_post *p,
    struct ba_http_request *request);

/*
 * Its answer (3.5):
 *
 *  200, access_token (token68), token_type Bearer	BA_OK, appended to token
 *  authorization_pending				BA_ERR_NEED_DEVICE, due later
 *  slow_down				the same, and interval + 5 s for good
 *  connection timed out or failed	the same, and interval doubled (DEV-05)
 *  access_denied			BA_ERR_DEVICE_DENIED
 *  expired_token, or mono_ms >= expires	BA_ERR_DEVICE_EXPIRED
 *  401, invalid_client …		BA_ERR_CLIENT_AUTH
 *  TLS fails, or a fault of ours	its own error
 *  anything else			BA_ERR_DEVICE_ANSWER
 *
 * The words may come with any status of 400 to 499 but 401.  An interval that
 * would pass BA_DEVICE_INTERVAL_MAX is BA_ERR_DEVICE_ANSWER.  The token is only
 * what the issuer sent: it is yet to be verified (DEV-07).
 */
BA_MUST_CHECK int ba_device_poll_feed(struct ba_device *d,
    const struct ba_http_response *response, int64_t mono_ms,
    struct ba_buf *token, const char **whyp);

#endif
