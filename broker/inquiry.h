/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_INQUIRY_H
#define BA_BROKER_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/oauth/http.h"

#include "broker/engine.h"
#include "broker/errand.h"

/*
 * Questions to issuers about tokens, each one request: the wire under
 * oauth/introspect.h, which judges the answers.
 *
 * Who asked may give up; the request then goes on without the token and its
 * answer is not looked at, so that the issuer never has more questions of ours
 * at a time than BA_INTROSPECTIONS_MAX, however many clients come and go.
 *
 * A silence is counted against the issuer only where it had BA_INQUIRY_FAIR_MS
 * to answer in: how long a client waits is the client's to say.
 */
#define BA_INQUIRY_FAIR_MS 2500
#define BA_INQUIRY_MAX_MS  10000 /* a place is not held for longer */

struct ba_inquiries;
struct ba_inquiry;

/* Who waits for an answer. */
struct ba_inquirer {
	/*
	 * The answer, for ba_introspection_feed(), which must be called; or an
	 * error and NULL: none came, and there is nothing to be done.  The
	 * inquiry is no more.
	 */
	void (*answered)(
	    void *arg, int err, const struct ba_http_response *response);
	void *arg;
	bool privileged; /* as of ba_introspection_begin() */
};

BA_MUST_CHECK int ba_inquiries_new(struct ba_errands *errands,
    const struct ba_clock *clock, struct ba_inquiries **inquiriesp);

/* Nobody is told. */
void ba_inquiries_free(struct ba_inquiries *is);

/*
 * Ask issuer, of e->config, about token, within timeout_ms (and
 * BA_INQUIRY_MAX_MS).  endpoint as of
 * ba_introspection_begin().  BA_OK: who->answered() is called later, never
 * from within this call.  Otherwise as ba_introspection_begin(), or the
 * helper's error.
 */
BA_MUST_CHECK int ba_inquire(struct ba_inquiries *is, struct ba_engine *e,
    const struct ba_issuer *issuer, const char *endpoint, const void *token,
    size_t n, unsigned timeout_ms, const struct ba_inquirer *who,
    struct ba_inquiry **inquiryp);

/* Wait no longer; late: since the time is up, which is a silence.  i may be
   NULL. */
void ba_inquiry_cancel(struct ba_inquiry *i, bool late);

#endif
