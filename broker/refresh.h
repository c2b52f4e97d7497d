/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_REFRESH_H
#define BA_BROKER_REFRESH_H

#include "common/base/clock.h"
#include "common/base/err.h"

#include "broker/engine.h"
#include "broker/fetcher.h"
#include "broker/loop.h"

/*
 * The service asks issuers anew before their keys go stale, so that no login
 * waits for it: one timer, set to the earliest time that ba_keys_due() gives
 * of an issuer that somebody comes from.  Never in a spawned broker, which
 * ends with its question.
 */
struct ba_refresh;

#define BA_REFRESH_MAX 16 /* issuers that are asked at a time */
#define BA_REFRESH_MS  1000 /* … and how far apart we look, at the least */

/* Takes ba_fetcher_tell() for itself. */
BA_MUST_CHECK int ba_refresh_new(struct ba_loop *loop,
    const struct ba_clock *clock, struct ba_fetcher *fetcher,
    struct ba_refresh **refreshp);
void ba_refresh_free(struct ba_refresh *r);

/* A new engine is in force; e outlives it, or another one follows. */
void ba_refresh_engine(struct ba_refresh *r, struct ba_engine *e);

/* A question has used what this issuer of e publishes.  r may be NULL; an e
   that is not in force any more is passed over. */
void ba_refresh_used(struct ba_refresh *r, const struct ba_engine *e,
    const struct ba_issuer *issuer);

/*
 * An administrator wants this issuer of the engine in force asked, cooldown or
 * not.  BA_OK: it is being asked.  BA_ERR_BUSY: it will be, as soon as one of
 * BA_REFRESH_MAX places is free and no other broker asks it.  Otherwise why it
 * cannot be; that is the end of it.
 */
BA_MUST_CHECK int ba_refresh_wanted(
    struct ba_refresh *r, const struct ba_issuer *issuer);

#endif
