/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_EXPLAIN_H
#define BA_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/verify.h"

/*
 * What a verification found, in the order of its checks, for people.  The
 * last verification counts: clear before each.
 */
#define BA_EXPLAIN_CHECKS (BA_CHECK_ACCOUNT + 1)

struct ba_explain {
	struct {
		bool made;
		int err;
		char detail[512];
		char where[256]; /* "file:line", or "" */
	} check[BA_EXPLAIN_CHECKS];
	bool asked_last; /* the issuer, about a token that all else let pass */
};

void ba_explain_clear(struct ba_explain *e);

/* ba_trace.check, with arg the struct ba_explain. */
void ba_explain_check(void *arg, enum ba_check check, int err,
    const char *detail, const struct ba_where *where);

/*
 * A line a check, columns aligned: ok, FAIL or - (not made); its name; for
 * FAIL the error's name; the detail; the place in the configuration.
 */
void ba_explain_print(const struct ba_explain *e, FILE *f);

/*
 * "verdict: accepted as NAME until TIME", or "verdict: FAMILY: NAME text" of
 * err.  user, exp and proven count for BA_OK alone: where no signature proved
 * the claims (proven false), nobody "is" accepted, and the line says so.
 */
void ba_explain_verdict(
    int err, const char *user, int64_t exp, bool proven, FILE *f);

#endif
