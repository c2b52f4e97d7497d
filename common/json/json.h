/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JSON_JSON_H
#define BA_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * The strict front over jansson.  Whatever a stranger wrote (a token, an
 * issuer's document) is parsed here and nowhere else.
 */

#define BA_JSON_DEPTH_MAX 16 /* nested arrays and objects */

/* The last second of the year 9999: the largest NumericDate accepted. */
#define BA_JSON_DATE_MAX INT64_C(253402300799)

/*
 * One JSON object (RFC 8259) of exactly n bytes.  Refused beside what the
 * grammar refuses: anything but an object at the top, duplicate names at any
 * level, more than BA_JSON_DEPTH_MAX levels, invalid UTF-8, a byte order
 * mark, U+0000 in a string or raw, trailing bytes other than white space.
 * BA_ERR_JSON, BA_ERR_NOMEM.  The caller frees with json_decref().
 */
BA_MUST_CHECK int ba_json_parse(const void *p, size_t n, json_t **rootp);

/*
 * Typed members.  All: BA_ERR_JSON_MISSING where there is none,
 * BA_ERR_JSON_TYPE for another type; a null is a wrong type, not an absence.
 * Strings are borrowed from the object and hold no NUL.
 */
BA_MUST_CHECK int ba_json_string(
    const json_t *o, const char *name, const char **sp);

/*
 * NumericDate (RFC 7519 section 2): a JSON number, whole or fractional
 * (rounded down), from 0 to BA_JSON_DATE_MAX.  BA_ERR_JSON_TYPE outside.
 */
BA_MUST_CHECK int ba_json_date(const json_t *o, const char *name, int64_t *tp);

/*
 * The same, rounded up: for a time that must have come, where half a second
 * before it is too early.  At most BA_JSON_DATE_MAX + 1.
 */
BA_MUST_CHECK int ba_json_date_up(
    const json_t *o, const char *name, int64_t *tp);

/*
 * A string or a non-empty array of strings, as RFC 7519 section 4.1.3 has
 * aud.  BA_OK and *foundp: whether one of them equals want byte for byte.
 */
BA_MUST_CHECK int ba_json_one_of(
    const json_t *o, const char *name, const char *want, bool *foundp);

/*
 * Is word one of the words of a space-separated list (RFC 6749 section 3.3)?
 * Byte for byte; a list is a string, or an array of strings that hold no
 * space (as some providers send scope).
 */
BA_MUST_CHECK int ba_json_word(
    const json_t *o, const char *name, const char *word, bool *foundp);

/*
 * The same of n bytes that are such a list: words are what stands between
 * spaces, and 0x20 alone is one.  The empty word is in none.
 */
bool ba_json_list_has(const char *list, size_t n, const char *word);

/* Present at all, whatever its type? */
bool ba_json_has(const json_t *o, const char *name);

/* The object as compact JSON text, appended to b. */
BA_MUST_CHECK int ba_json_dump(const json_t *o, struct ba_buf *b);

#endif
