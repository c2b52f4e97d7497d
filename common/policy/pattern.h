/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_PATTERN_H
#define BA_POLICY_PATTERN_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/policy/arena.h"

/*
 * A regular expression (PCRE2) that takes a name out of a claim.  It must
 * match the whole claim, from the first byte to the last, whatever anchors
 * it has; and it has exactly one group in parentheses that captures, which
 * is the name.  A claim with anything but ASCII in it never matches: names are
 * ASCII, and folding the case of more ("(?i)") would let a KELVIN SIGN be a k.
 */
struct ba_pattern;

#define BA_PATTERN_MAX         512 /* bytes of the expression */
#define BA_PATTERN_SUBJECT_MAX 1024 /* of a claim: longer never match */
/*
 * What one match may cost, in PCRE2's own units: a claim that would take
 * longer does not match.  ([a-z]+)+ against 1024 bytes ends in
 * milliseconds.
 */
#define BA_PATTERN_MATCH_LIMIT 20000
#define BA_PATTERN_HEAP_LIMIT  256 /* KiB */

/*
 * Compile; all of it lives in a.  BA_ERR_CONFIG, and what is wrong in why
 * (text for people, with the place); BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_pattern_compile(struct ba_arena *a, const char *text,
    char *why, size_t whysz, const struct ba_pattern **patternp);

/*
 * The name that it finds in subject (a string): copied to dst of dstsz.
 * BA_ERR_USER_NAME where it does not match, takes too long, or the group took
 * no part or is empty or too long; BA_ERR_NOMEM.  Threads may share one.
 */
BA_MUST_CHECK int ba_pattern_match(
    const struct ba_pattern *p, const char *subject, char *dst, size_t dstsz);

#endif
