/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_CHECK_ASKING_H
#define BA_CLI_CHECK_ASKING_H

#include <sys/types.h>

#include "common/base/err.h"
#include "common/verify.h"

/*
 * What "bearerauth check" must ask issuers for, and what else the broker would
 * know: the machines of common/oauth/{keys,introspect}.h, driven by hand for
 * one token, each issuer asked for its keys once at most and about the token
 * once, or twice where its answer may be signed by a new key; and the block
 * list.  Whoever waits is a person.  Everything goes by the machine's own
 * clock, whatever time the token is judged by.
 */
struct ba_check_asking;

struct ba_check_asking_options {
	const struct ba_config *config; /* outlives it, as the token does */
	bool own_config; /* not the broker's: its store is let alone */
	const char *store_file; /* or NULL: the broker's, where at hand */
	const char *helper;
	uid_t trusted_uid;
	const void *token; /* NULL: claims are judged, and nobody is asked */
	size_t token_len;
};

BA_MUST_CHECK int ba_check_asking_new(
    const struct ba_check_asking_options *o, struct ba_check_asking **ap);
void ba_check_asking_free(struct ba_check_asking *a);

/* Sets all of the snapshot but its configuration and its time. */
void ba_check_asking_snapshot(struct ba_check_asking *a, struct ba_snapshot *s);

/*
 * The verifier needs what need says (BA_ERR_NEED_KEYS,
 * BA_ERR_NEED_INTROSPECTION) of this issuer (NULL: it does not say whose).
 * BA_OK: verify again.  Otherwise why it cannot be had, as the broker would
 * answer.  What is worth telling beside that is told on standard error.
 * Credentials of the service manager ("credential:NAME") are not at hand here.
 */
BA_MUST_CHECK int ba_check_asking_bring(
    struct ba_check_asking *a, int need, const struct ba_issuer *issuer);

#endif
