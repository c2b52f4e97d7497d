/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_CASE_H
#define BA_POLICY_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/policy/config.h"

struct ba_blocks; /* block.h */

/*
 * What the checks of this room judge: verified claims, by one issuer's and
 * one service's configuration, at one time, from one address; and what the
 * check under way found, for people.  Everything is borrowed.
 */
#define BA_DETAIL_MAX 512 /* bytes of a detail */
#define BA_SHOWN_MAX  160 /* … and of one value quoted in it */

struct ba_case {
	const struct ba_issuer *issuer;
	const struct ba_service *service;
	const json_t *claims; /* verified ones, never others */
	/* The issuer's answer to our question (RFC 7662) is where the claims
	   are from: there is no header, and jti need not be. */
	bool introspected;
	const struct ba_blocks *blocks; /* block.h; NULL: nobody is blocked */
	int64_t now; /* wall clock, seconds */
	const char *rhost; /* where the client is, or NULL: not given */

	bool explain; /* does anybody listen? */
	const struct ba_where *where; /* the line that decided, or NULL */
	char detail[BA_DETAIL_MAX];
};

/* Before each check. */
void ba_case_begin(struct ba_case *c);

/*
 * What the check found, and the line of the configuration that decided (or
 * NULL).  May quote claims and configuration; never a token or a secret.
 * Sanitised.  What is said more than once in a check stands side by side;
 * where is the last that was given.  Does nothing where nobody listens.
 */
void ba_case_say(struct ba_case *c, const struct ba_where *where,
    const char *fmt, ...) __attribute__((__format__(__printf__, 3, 4)));

/*
 * For the arguments of ba_case_say(): a claim as JSON text ("missing", "too
 * long to show"), by its name or its path; and a list of the configuration.
 * dst takes BA_SHOWN_MAX bytes and is returned; where nobody listens the text
 * is empty.
 */
const char *ba_case_show(const struct ba_case *c, const char *claim, char *dst);
const char *ba_case_show_at(
    const struct ba_case *c, const struct ba_claim_path *path, char *dst);
const char *ba_case_show_list(
    const struct ba_case *c, const struct ba_strings *list, char *dst);

#endif
