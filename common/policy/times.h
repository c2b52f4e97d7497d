/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_TIMES_H
#define BA_POLICY_TIMES_H

#include "common/base/err.h"
#include "common/policy/case.h"

/*
 * A time is a NumericDate (RFC 7519 section 2) from 0 to the year 9999, the
 * skew at most 300 and a limit at most BA_LIMIT_MAX, so that sums cannot
 * overflow whatever now is: now itself is never added to.  The clock skew is
 * applied once, in the token's favour, wherever our clock meets the issuer's.
 */

/* now < exp + skew, or BA_ERR_EXP; *expp is exp.  Required. */
BA_MUST_CHECK int ba_times_expiry(struct ba_case *c, int64_t *expp);

/* nbf - skew <= now, where there is one, or BA_ERR_NBF. */
BA_MUST_CHECK int ba_times_not_before(struct ba_case *c);

/* iat - skew <= now, or BA_ERR_IAT.  Required, but of an issuer's answer. */
BA_MUST_CHECK int ba_times_issued(struct ba_case *c);

/*
 * max_lifetime: exp - iat at most that (BA_ERR_LIFETIME).  max_token_age:
 * now at most iat + max_token_age + skew (BA_ERR_AGE).  That is not the
 * max_age of OpenID Connect, which is about auth_time.
 */
BA_MUST_CHECK int ba_times_age(struct ba_case *c);

/*
 * max_auth_age (RFC 9470 section 4): auth_time is there, does not lie ahead
 * (auth_time - skew <= now), and now is at most auth_time + max_auth_age +
 * skew.  BA_ERR_AUTH_TIME.
 */
BA_MUST_CHECK int ba_times_authentication(struct ba_case *c);

#endif
