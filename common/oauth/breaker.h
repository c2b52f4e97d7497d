/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_BREAKER_H
#define BA_OAUTH_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

/*
 * A circuit breaker: an issuer that hangs or fails is let alone for a while,
 * so that questions about it are unavailable at once and do not hold the
 * places of others (slapd has 16).  Pure: times are given, seconds of wall
 * time; whoever owns it keeps it in memory or in the store.
 *
 * Closed: all may ask.  After BA_BREAKER_FAILURES in a row, or one answer with
 * Retry-After, it opens: nobody may.  When its time is over one may try, and
 * the others still not; success closes it, failure opens it for twice as
 * long, up to BA_BREAKER_OPEN_MAX.  Those who asked before it opened and fail
 * later open it no longer than it is, unless they bring a Retry-After.
 */
#define BA_BREAKER_FAILURES 3
#define BA_BREAKER_OPEN_MIN 5 /* s */
#define BA_BREAKER_OPEN_MAX 60
#define BA_BREAKER_TRIAL    10 /* s after which a trial without end is over */

struct ba_breaker {
	unsigned failures; /* in a row */
	int64_t open_for; /* s, the last time it opened; 0: closed */
	int64_t until; /* when the next may try */
	bool trial; /* one is trying */
};

/* May this one ask?  *trialp: it is the trial, and nobody else may until it
   ended. */
bool ba_breaker_enter(struct ba_breaker *b, int64_t now, bool *trialp);
void ba_breaker_success(struct ba_breaker *b);
/* The trial ended without saying anything of the issuer: the next may try. */
void ba_breaker_give_up(struct ba_breaker *b, int64_t now);
/* trial: as ba_breaker_enter() said of this one.  retry_after: as of struct
   ba_http_response; kept within BA_BREAKER_OPEN_MAX. */
void ba_breaker_failure(
    struct ba_breaker *b, int64_t now, bool trial, int64_t retry_after);
bool ba_breaker_is_open(const struct ba_breaker *b, int64_t now);

#endif
