/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "common/policy/pattern.h"

struct ba_pattern {
	pcre2_code *code;
};

/*
 * Bytes, not characters: with PCRE2_UTF a pattern with "(?i)" takes a KELVIN
 * SIGN for a k, and names here are ASCII anyway.  Nor may the pattern switch
 * it on.  Both ends are nailed down here and not by the pattern's own "^" and
 * "$", for "a|b$" and "$" before a line feed are how such rules are got past.
 * No JIT: it would write machine code, in a process that is sealed against
 * that.
 */
#define OPTIONS                                                                \
	(PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_ANCHORED |                  \
	    PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY |                         \
	    PCRE2_NEVER_BACKSLASH_C)

static void *
take(PCRE2_SIZE n, void *arena)
{
	return ba_arena_alloc(arena, n, 1);
}

/* The arena gives everything back at once. */
static void
give(void *p, void *arena)
{
	(void)p;
	(void)arena;
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static int
compile_error(int error, size_t at, char *why, size_t whysz)
{
	PCRE2_UCHAR text[128] = { 0 };

	if (error == PCRE2_ERROR_HEAP_FAILED)
		return BA_ERR_NOMEM;
	(void)pcre2_get_error_message(error, text, sizeof(text));
	(void)snprintf(why, whysz, "%s, behind %zu bytes", (char *)text, at);
	return BA_ERR_CONFIG;
}

/* Exactly one group: with two, which one is the name? */
static int
check_groups(const pcre2_code *code, char *why, size_t whysz)
{
	uint32_t n = 0;

	if (pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &n) != 0)
		return BA_ERR_INTERNAL;
	if (n == 1)
		return BA_OK;
	(void)snprintf(why, whysz,
	    "it has %u groups that capture and must have one, around the "
	    "name; (?:…) does not capture",
	    (unsigned)n);
	return BA_ERR_CONFIG;
}

int
ba_pattern_compile(struct ba_arena *a, const char *text, char *why,
    size_t whysz, const struct ba_pattern **patternp)
{
	pcre2_general_context *general;
	pcre2_compile_context *context;
	struct ba_pattern *p;
	size_t n = strlen(text), at = 0;
	int error = 0, r;

	*patternp = NULL;
	*why = '\0';
	if (n > BA_PATTERN_MAX) {
		(void)snprintf(
		    why, whysz, "it has more than %d bytes", BA_PATTERN_MAX);
		return BA_ERR_CONFIG;
	}
	/* A letter of two bytes in a class would be two letters. */
	if (!is_ascii(text)) {
		(void)snprintf(why, whysz,
		    "it has letters outside of ASCII: no claim with such "
		    "matches, so leave them out");
		return BA_ERR_CONFIG;
	}
	p = ba_arena_alloc(a, 1, sizeof(*p));
	general = pcre2_general_context_create(take, give, a);
	if (p == NULL || general == NULL)
		return BA_ERR_NOMEM;
	context = pcre2_compile_context_create(general);
	if (context == NULL)
		return BA_ERR_NOMEM;
	p->code =
	    pcre2_compile((PCRE2_SPTR)text, n, OPTIONS, &error, &at, context);
	if (p->code == NULL)
		return compile_error(error, at, why, whysz);
	r = check_groups(p->code, why, whysz);
	if (r == BA_OK)
		*patternp = p;
	return r;
}

/* The one group, which took part, of a match of n bytes of subject. */
static int
copy_group(pcre2_match_data *data, const char *subject, size_t n, char *dst,
    size_t dstsz)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);

	/* \K in the pattern would move the beginning. */
	if (at[0] != 0 || at[1] != n)
		return BA_ERR_USER_NAME;
	if (at[3] <= at[2] || at[3] - at[2] >= dstsz)
		return BA_ERR_USER_NAME;
	memcpy(dst, subject + at[2], at[3] - at[2]);
	dst[at[3] - at[2]] = '\0';
	return BA_OK;
}

int
ba_pattern_match(
    const struct ba_pattern *p, const char *subject, char *dst, size_t dstsz)
{
	/* Not "…_from_pattern": that one would take from the arena. */
	pcre2_match_data *data = pcre2_match_data_create(2, NULL);
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	size_t n = strnlen(subject, BA_PATTERN_SUBJECT_MAX + 1);
	int found, r = BA_ERR_USER_NAME;

	*dst = '\0';
	if (data == NULL || context == NULL) {
		r = BA_ERR_NOMEM;
		goto out;
	}
	if (n > BA_PATTERN_SUBJECT_MAX || !is_ascii(subject))
		goto out;
	(void)pcre2_set_match_limit(context, BA_PATTERN_MATCH_LIMIT);
	(void)pcre2_set_heap_limit(context, BA_PATTERN_HEAP_LIMIT);
	found =
	    pcre2_match(p->code, (PCRE2_SPTR)subject, n, 0, 0, data, context);
	if (found == 2)
		r = copy_group(data, subject, n, dst, dstsz);
	else if (found == PCRE2_ERROR_NOMEMORY)
		r = BA_ERR_NOMEM;
out:
	pcre2_match_context_free(context);
	pcre2_match_data_free(data);
	return r;
}
