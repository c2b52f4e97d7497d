/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/json/json.h"
#include "common/policy/claim.h"

/* RFC 6901 section 4: "~1" is a slash and "~0" a tilde; in place. */
static bool
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '~')
			*to++ = *s;
		else if (*++s == '0')
			*to++ = '~';
		else if (*s == '1')
			*to++ = '/';
		else
			return false;
	}
	*to = '\0';
	return true;
}

int
ba_claim_path_parse(
    struct ba_arena *a, const char *text, struct ba_claim_path *path)
{
	struct ba_claim_path p = { .n = 0 };
	char *s, *next, separator = *text == '/' ? '/' : '.';
	size_t n = strnlen(text, BA_CLAIM_PATH_MAX + 1);

	memset(path, 0, sizeof(*path));
	if (n > BA_CLAIM_PATH_MAX)
		return BA_ERR_CONFIG;
	p.text = ba_arena_str(a, text, n);
	s = ba_arena_str(a, text, n); /* cut into the steps */
	if (p.text == NULL || s == NULL)
		return BA_ERR_NOMEM;
	if (separator == '/')
		s++;
	do {
		next = strchr(s, separator);
		if (next != NULL)
			*next++ = '\0';
		/*
		 * RFC 6901 has a member with the empty name; no issuer does,
		 * and a dot too many is somebody's mistake.
		 */
		if (*s == '\0' || p.n == BA_CLAIM_STEPS)
			return BA_ERR_CONFIG;
		if (separator == '/' && !unescape(s))
			return BA_ERR_CONFIG;
		p.step[p.n++] = s;
		s = next;
	} while (s != NULL);
	*path = p;
	return BA_OK;
}

const json_t *
ba_claim_at(const json_t *claims, const struct ba_claim_path *path)
{
	const json_t *at = path->n == 0 ? NULL : claims;
	size_t i;

	for (i = 0; i < path->n; i++)
		at = json_object_get(at, path->step[i]);
	return at;
}

/* Is it the string s, whole?  One that holds a NUL is no string of ours. */
static bool
is_string(const json_t *value, const char *s, size_t n)
{
	return json_is_string(value) && json_string_length(value) == n &&
	       memcmp(json_string_value(value), s, n) == 0;
}

int
ba_claim_string(
    const json_t *claims, const struct ba_claim_path *path, const char **sp)
{
	const json_t *value = ba_claim_at(claims, path);
	const char *s = json_string_value(value);

	*sp = NULL;
	if (value == NULL)
		return BA_ERR_JSON_MISSING;
	if (s == NULL || !is_string(value, s, strlen(s)))
		return BA_ERR_JSON_TYPE;
	*sp = s;
	return BA_OK;
}

static bool
in_array(const json_t *array, const char *word, size_t want)
{
	bool found = false;
	const json_t *v;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		v = json_array_get(array, i);
		if (!json_is_string(v))
			return false;
		found = found || is_string(v, word, want);
	}
	return found;
}

bool
ba_claim_has_word(const json_t *value, const char *word, bool words)
{
	size_t n = strlen(word);

	/* No word at all is nobody's group. */
	if (n == 0)
		return false;
	if (json_is_array(value))
		return in_array(value, word, n);
	if (!words)
		return is_string(value, word, n);
	return json_is_string(value) &&
	       ba_json_list_has(
		   json_string_value(value), json_string_length(value), word);
}

/* By its place, not as it was written: "/email" is the same claim. */
bool
ba_claim_is_email(const struct ba_claim_path *path)
{
	return path->n == 1 && strcmp(path->step[0], "email") == 0;
}
