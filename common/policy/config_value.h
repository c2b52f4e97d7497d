/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_CONFIG_VALUE_H
#define BA_POLICY_CONFIG_VALUE_H

#include <stdarg.h>
#include <stdbool.h>

#include "common/base/ascii.h"
#include "common/policy/config_keys.h"

/*
 * Kinds of value, for the files that judge the keys of a section.  All take
 * value as it stands behind its key; what is wrong with it is reported at
 * b->at, and is no error of the call: BA_OK, or BA_ERR_NOMEM.  An output then
 * stays as it was.
 */

/* Hand a problem to whoever listens, formatted and sanitised. */
void ba_config_problem(const struct ba_config_report *report,
    const struct ba_where *at, const char *fmt, va_list ap)
    __attribute__((__format__(__printf__, 3, 0)));

/* Words between blanks, to the end of out. */
BA_MUST_CHECK int ba_value_words(
    struct ba_builder *b, const char *value, struct ba_strings *out);

/*
 * The JSON string that begins at s with a '"': it is replaced by its value,
 * and *restp is the word behind it, or its end.  BA_ERR_JSON where it is no
 * strict string, or no blank nor the end of s stands behind it; BA_ERR_NOMEM.
 * For map.c too; no report.
 */
BA_MUST_CHECK int ba_value_unquote(char *s, char **restp);

/*
 * The same as ba_value_words() of names that may have blanks in them: a word
 * that begins with a '"' is a JSON string.  None is empty.
 */
BA_MUST_CHECK int ba_value_names(
    struct ba_builder *b, const char *value, struct ba_strings *out);

/* Digits of the base (8 or 10) and nothing else, up to max?  No report. */
bool ba_value_digits(
    const char *s, unsigned base, unsigned long max, unsigned long *np);

/* A decimal number from min to max?  If not, that is reported. */
bool ba_value_number(struct ba_builder *b, const char *value, unsigned long min,
    unsigned long max, unsigned long *np);

/* The same of seconds. */
void ba_value_seconds(struct ba_builder *b, const char *value,
    unsigned long min, unsigned long max, int64_t *sp);

/* Any text. */
BA_MUST_CHECK int ba_value_text(
    struct ba_builder *b, const char *value, const char **textp);

/* An absolute path without empty, "." or ".." components, not ending in '/'. */
bool ba_value_path_ok(const char *path); /* no report */
BA_MUST_CHECK int ba_value_path(
    struct ba_builder *b, const char *value, const char **pathp);

/* Seconds, from 1 to BA_LIMIT_MAX. */
void ba_value_limit(
    struct ba_builder *b, const char *value, struct ba_limit *limit);

/*
 * A domain as DNS has it, and in lower case: it is compared byte for byte.
 * Complains by itself.
 */
bool ba_value_domain(struct ba_builder *b, const char *value);

/* Claim paths (claim.h): one, or words. */
BA_MUST_CHECK int ba_value_claim(
    struct ba_builder *b, const char *value, struct ba_claim_path *path);
BA_MUST_CHECK int ba_value_claims(
    struct ba_builder *b, const char *value, struct ba_claim_paths *paths);

/* Words, each a block of addresses (network.h). */
BA_MUST_CHECK int ba_value_networks(
    struct ba_builder *b, const char *value, struct ba_networks *nets);

#endif
