/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_CLAIM_H
#define BA_POLICY_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/policy/arena.h"

/*
 * Where in the claims a value stands: the names of members from the top
 * down.  Written with dots, "realm_access.roles"; or, for names that hold
 * dots themselves, as a JSON Pointer (RFC 6901), which begins with a slash:
 * "/https:~1~1example.org~1groups".  Arrays are not walked into.
 */
#define BA_CLAIM_PATH_MAX 255 /* bytes of the text */
#define BA_CLAIM_STEPS    8

struct ba_claim_path {
	const char *text; /* as it was written */
	const char *step[BA_CLAIM_STEPS];
	size_t n; /* 0: no path */
};

/* BA_ERR_CONFIG where text is none: an empty name, "~" before anything but 0
   and 1, too long, too deep.  BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_claim_path_parse(
    struct ba_arena *a, const char *text, struct ba_claim_path *path);

/* The value there, borrowed; NULL where a member is missing or no object. */
const json_t *ba_claim_at(
    const json_t *claims, const struct ba_claim_path *path);

/*
 * The string there, borrowed.  BA_ERR_JSON_MISSING, BA_ERR_JSON_TYPE.
 */
BA_MUST_CHECK int ba_claim_string(
    const json_t *claims, const struct ba_claim_path *path, const char **sp);

/*
 * Does the value hold word, byte for byte?  An array of strings holds each of
 * them whole, blanks and all, and one with anything but strings holds
 * nothing.  A string holds itself; with words set it is a list, separated by
 * spaces (as RFC 6749 section 3.3 has scope), which must be said: some
 * providers send a single group as a bare string, and "Print Admins" are not
 * the Admins.
 */
bool ba_claim_has_word(const json_t *value, const char *word, bool words);

/* Is it the claim email, however it is written? */
bool ba_claim_is_email(const struct ba_claim_path *path);

#endif
