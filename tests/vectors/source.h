/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_VECTORS_SOURCE_H
#define BA_VECTORS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/*
 * The folder of vectors: $BA_SHARED/vectors, or ../shared/vectors beside
 * $BA_SRCDIR.  Nothing of it is in the tree.  Files are named by their path
 * in it.  Whatever cannot be read ends the program.
 */

/* Where it should be; false if it is not there. */
bool ba_source_find(const char **wherep);

/* An object or array; the caller frees with json_decref(). */
json_t *ba_source_json(const char *file);

/* All bytes of a file; more than dstsz - 1 end the program. */
size_t ba_source_bytes(const char *file, char *dst, size_t dstsz);

/* Calls f for each file that matches, in the order of their names. */
void ba_source_each(
    const char *pattern, void (*f)(void *arg, const char *file), void *arg);

/* A reader says so of each file that it has judged … */
void ba_source_judged(const char *file);
/* … and at the end every one that nobody did is wrong. */
void ba_source_report_unread(void);

/* A member that is a string if it is there; "" where it is not. */
const char *ba_text(const json_t *o, const char *name);

/* A member that is text in hexadecimal digits; the number of bytes. */
size_t ba_hex_bytes(
    const json_t *o, const char *name, unsigned char *dst, size_t dstsz);

long ba_id(const json_t *test); /* tcId */
bool ba_is_valid(const json_t *test); /* its result; "acceptable" is not */

/* As base64url; free with free(). */
char *ba_b64url_text(const void *p, size_t n);

/* As compact JSON; free with free(). */
char *ba_json_text(const json_t *o);

#endif
