/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/json/json.h"

/*
 * What jansson would let through or do too late is refused before it sees a
 * byte.  It recurses once a level, so depth is counted here, where no stack
 * grows (CVE-2016-4425); its own limit is 2048.  UTF-8 and NUL it checks
 * itself, as of 2.14: they are checked here so that it need not be trusted
 * with them.  A byte order mark is valid UTF-8, and refused by the grammar:
 * no value starts with U+FEFF.
 *
 * What is left to jansson, and proven by the tests: the grammar, "\u0000",
 * escapes that are half a surrogate pair, duplicate names (compared after
 * escapes are resolved), numbers out of range.  It reads numbers by
 * strtod(3) and mends the decimal point of the locale by itself; nobody here
 * ever calls setlocale(3).
 *
 * Its memory is plain malloc(3), not wiped.  json_set_alloc_funcs() would
 * change that for the whole process, and is for its main() to decide.
 */
static bool
plain(const unsigned char *p, size_t n)
{
	size_t depth = 0, i, len;
	bool string = false;
	uint32_t cp;

	for (i = 0; i < n; i += len) {
		len = ba_utf8_next(p + i, n - i, &cp);
		if (len == 0 || cp == 0)
			return false;
		if (string) {
			/* A backslash takes the next byte with it. */
			if (cp == '\\' && i + 1 < n && p[i + 1] != 0 &&
			    p[i + 1] < 0x80)
				len = 2;
			string = cp != '"';
		} else if (cp == '"') {
			string = true;
		} else if (cp == '{' || cp == '[') {
			if (++depth > BA_JSON_DEPTH_MAX)
				return false;
		} else if ((cp == '}' || cp == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

/*
 * jansson names no reason where an allocation of its parser failed.  One of
 * its scanner's it calls bad syntax; there is no telling that apart, and the
 * text is refused either way.
 */
static int
parse_error(const json_error_t *error)
{
	return error->text[0] == '\0' ? BA_ERR_NOMEM : BA_ERR_JSON;
}

int
ba_json_parse(const void *p, size_t n, json_t **rootp)
{
	json_error_t error;
	json_t *root;

	*rootp = NULL;
	if (n == 0 || !plain(p, n))
		return BA_ERR_JSON;
	memset(&error, 0, sizeof(error));
	root = json_loadb(p, n, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return parse_error(&error);
	if (!json_is_object(root)) {
		json_decref(root);
		return BA_ERR_JSON;
	}
	*rootp = root;
	return BA_OK;
}

static int
get(const json_t *o, const char *name, const json_t **vp)
{
	*vp = json_object_get(o, name);
	return *vp == NULL ? BA_ERR_JSON_MISSING : BA_OK;
}

/* A string that C can hold; NULL for anything else. */
static const char *
c_string(const json_t *v)
{
	const char *s = json_string_value(v);

	if (s == NULL || strlen(s) != json_string_length(v))
		return NULL;
	return s;
}

int
ba_json_string(const json_t *o, const char *name, const char **sp)
{
	const json_t *v;
	int r;

	*sp = NULL;
	if ((r = get(o, name, &v)) != BA_OK)
		return r;
	*sp = c_string(v);
	return *sp == NULL ? BA_ERR_JSON_TYPE : BA_OK;
}

/* *wholep is the whole seconds of it, *restp whether there is a fraction. */
static int
date(const json_t *o, const char *name, int64_t *wholep, bool *restp)
{
	const json_t *v;
	json_int_t i;
	double d;
	int r;

	*wholep = 0;
	*restp = false;
	if ((r = get(o, name, &v)) != BA_OK)
		return r;
	/*
	 * Each kind by itself: json_integer_value() is 0 for 1.9e9, and
	 * json_number_value() rounds large integers.
	 */
	if (json_is_integer(v)) {
		i = json_integer_value(v);
		if (i < 0 || i > BA_JSON_DATE_MAX)
			return BA_ERR_JSON_TYPE;
		*wholep = i;
		return BA_OK;
	}
	if (!json_is_real(v))
		return BA_ERR_JSON_TYPE;
	d = json_real_value(v);
	/* Written so that a NaN, which compares with nothing, falls out. */
	if (!(d >= 0 && d < (double)BA_JSON_DATE_MAX + 1))
		return BA_ERR_JSON_TYPE;
	*wholep = (int64_t)d; /* rounds down, for it is not negative */
	*restp = (double)*wholep < d;
	return BA_OK;
}

int
ba_json_date(const json_t *o, const char *name, int64_t *tp)
{
	bool rest;

	return date(o, name, tp, &rest);
}

int
ba_json_date_up(const json_t *o, const char *name, int64_t *tp)
{
	bool rest;
	int r = date(o, name, tp, &rest);

	if (r == BA_OK && rest)
		(*tp)++;
	return r;
}

/*
 * Is one element equal to want?  All of them are looked at, so that an array
 * with a number behind the match is refused like any other.
 */
static int
array_one_of(const json_t *array, const char *want, bool *foundp)
{
	bool found = false;
	const char *s;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		s = c_string(json_array_get(array, i));
		if (s == NULL)
			return BA_ERR_JSON_TYPE;
		found = found || strcmp(s, want) == 0;
	}
	*foundp = found;
	return BA_OK;
}

int
ba_json_one_of(
    const json_t *o, const char *name, const char *want, bool *foundp)
{
	const json_t *v;
	const char *s;
	int r;

	*foundp = false;
	if ((r = get(o, name, &v)) != BA_OK)
		return r;
	if (json_is_array(v) && json_array_size(v) > 0)
		return array_one_of(v, want, foundp);
	s = c_string(v);
	if (s == NULL)
		return BA_ERR_JSON_TYPE;
	*foundp = strcmp(s, want) == 0;
	return BA_OK;
}

/* Words are what stands between spaces; 0x20 alone is one. */
static bool
has_word(const char *list, const char *word)
{
	size_t len, want = strlen(word);

	for (;; list += len + 1) {
		len = strcspn(list, " ");
		if (len == want && memcmp(list, word, want) == 0)
			return true;
		if (list[len] == '\0')
			return false;
	}
}

static bool
has_space(const json_t *array)
{
	const char *s;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		s = json_string_value(json_array_get(array, i));
		if (s != NULL && strchr(s, ' ') != NULL)
			return true;
	}
	return false;
}

int
ba_json_word(const json_t *o, const char *name, const char *word, bool *foundp)
{
	bool found = false;
	const json_t *v;
	const char *s;
	int r;

	*foundp = false;
	if ((r = get(o, name, &v)) != BA_OK)
		return r;
	s = c_string(v);
	if (json_is_array(v)) {
		if (has_space(v))
			return BA_ERR_JSON_TYPE;
		if ((r = array_one_of(v, word, &found)) != BA_OK)
			return r;
	} else if (s != NULL) {
		found = has_word(s, word);
	} else {
		return BA_ERR_JSON_TYPE;
	}
	/* "No word" would be found between two spaces. */
	*foundp = found && word[0] != '\0';
	return BA_OK;
}

bool
ba_json_has(const json_t *o, const char *name)
{
	return json_object_get(o, name) != NULL;
}

int
ba_json_dump(const json_t *o, struct ba_buf *b)
{
	unsigned char *p;
	size_t n;
	int r;

	if (!json_is_object(o))
		return BA_ERR_JSON_TYPE;
	/* Measured first: whatever was secret is written to b alone. */
	n = json_dumpb(o, NULL, 0, JSON_COMPACT);
	if (n == 0)
		return BA_ERR_NOMEM;
	if ((r = ba_buf_reserve(b, n, &p)) != BA_OK)
		return r;
	if (json_dumpb(o, (char *)p, n, JSON_COMPACT) != n)
		return BA_ERR_NOMEM;
	ba_buf_commit(b, n);
	return BA_OK;
}
