/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_CHECK_KEYS_H
#define BA_CLI_CHECK_KEYS_H

#include <sys/types.h>

#include "common/base/err.h"
#include "common/verify.h"

/*
 * The key machine of common/oauth/keys.h, driven by hand: one question, one
 * asking at most, and whoever waits is a person.  Everything goes by the
 * machine's own clock, whatever time the question is judged by.
 */
struct ba_check_keys;

struct ba_check_keys_options {
	const struct ba_config *config; /* outlives the keys */
	bool own_config; /* not the broker's: its store is let alone */
	const char *store_file; /* or NULL: the broker's, where at hand */
	const char *helper;
	uid_t trusted_uid;
};

BA_MUST_CHECK int ba_check_keys_new(
    const struct ba_check_keys_options *o, struct ba_check_keys **kp);
void ba_check_keys_free(struct ba_check_keys *k);

/* Sets the snapshot's keys, final and arg. */
void ba_check_keys_snapshot(struct ba_check_keys *k, struct ba_snapshot *s);

/*
 * The verifier needs the keys of this issuer (NULL: it does not say whose).
 * BA_OK: verify again.  Otherwise why they cannot be had, as the broker would
 * answer, and a line on standard error.
 */
BA_MUST_CHECK int ba_check_keys_bring(
    struct ba_check_keys *k, const struct ba_issuer *issuer);

#endif
