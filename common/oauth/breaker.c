/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/oauth/breaker.h"

/*
 * A time further away than we ever set one was set while the clock was wrong,
 * and would hold for as long as it was.
 */
static bool
is_over(const struct ba_breaker *b, int64_t now)
{
	return b->until <= now || b->until - now > BA_BREAKER_OPEN_MAX;
}

bool
ba_breaker_is_open(const struct ba_breaker *b, int64_t now)
{
	return b->open_for > 0 && !is_over(b, now);
}

bool
ba_breaker_enter(struct ba_breaker *b, int64_t now, bool *trialp)
{
	*trialp = false;
	if (b->open_for == 0)
		return true;
	if (!is_over(b, now))
		return false;
	*trialp = true;
	b->trial = true;
	b->until = now + BA_BREAKER_TRIAL;
	return true;
}

void
ba_breaker_success(struct ba_breaker *b)
{
	memset(b, 0, sizeof(*b));
}

void
ba_breaker_give_up(struct ba_breaker *b, int64_t now)
{
	if (!b->trial)
		return;
	b->trial = false;
	b->until = now;
}

/* For how long from now on; 0: nothing changes. */
static int64_t
open_for(const struct ba_breaker *b, bool trial)
{
	if (b->open_for == 0)
		return b->failures < BA_BREAKER_FAILURES ? 0
							 : BA_BREAKER_OPEN_MIN;
	if (!trial || !b->trial)
		return 0;
	return b->open_for < BA_BREAKER_OPEN_MAX / 2 ? b->open_for * 2
						     : BA_BREAKER_OPEN_MAX;
}

void
ba_breaker_failure(
    struct ba_breaker *b, int64_t now, bool trial, int64_t retry_after)
{
	int64_t s;

	if (b->failures < BA_BREAKER_FAILURES)
		b->failures++;
	s = open_for(b, trial);
	if (s > 0) {
		b->open_for = s;
		b->until = now + s;
		b->trial = false;
	}
	if (retry_after < 0)
		return;
	if (retry_after > BA_BREAKER_OPEN_MAX)
		retry_after = BA_BREAKER_OPEN_MAX;
	if (b->open_for == 0)
		b->open_for = BA_BREAKER_OPEN_MIN;
	/* "Not before", and so never sooner than without it. */
	if (is_over(b, now) || b->until < now + retry_after)
		b->until = now + retry_after;
}
