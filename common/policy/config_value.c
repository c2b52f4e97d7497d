/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/json/json.h"
#include "common/policy/config_value.h"
#include "common/policy/ini.h"

#define WSP        " \t"
#define DOMAIN_MAX 253 /* RFC 1035 section 2.3.4, without the last dot */
#define LABEL_MAX  63

void
ba_config_problem(const struct ba_config_report *report,
    const struct ba_where *at, const char *fmt, va_list ap)
{
	char text[1024];

	if (report == NULL || report->problem == NULL)
		return;
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	/* The cut may have split a character. */
	ba_sanitise(text, sizeof(text), text, strlen(text));
	report->problem(report->arg, at->file, at->line, text);
}

/* The first (or next) word at *sp; its length, 0 at the end. */
static size_t
next_word(const char **sp)
{
	*sp += strspn(*sp, WSP);
	return strcspn(*sp, WSP);
}

/* word itself becomes part of the list. */
static int
add_word(struct ba_builder *b, struct ba_strings *list, char *word)
{
	char **v;

	v = ba_arena_grow(b->arena, list->v, list->n, sizeof(*v));
	if (v == NULL || word == NULL)
		return BA_ERR_NOMEM;
	list->v = v;
	v[list->n++] = word;
	return BA_OK;
}

int
ba_value_words(struct ba_builder *b, const char *value, struct ba_strings *out)
{
	size_t n;
	int r = BA_OK;

	out->where = b->at;
	while (r == BA_OK && (n = next_word(&value)) > 0) {
		r = add_word(b, out, ba_arena_str(b->arena, value, n));
		value += n;
	}
	return r;
}

/* --- words in quotes ------------------------------------------------------ */

/* Past the JSON string that begins at s; NULL where it does not end. */
static char *
skip_quoted(char *s)
{
	for (s++; *s != '"'; s++)
		if (*s == '\0' || (*s == '\\' && *++s == '\0'))
			return NULL;
	return s + 1;
}

int
ba_value_unquote(char *s, char **restp)
{
	char object[BA_INI_LINE_MAX + 8], *end = skip_quoted(s);
	const char *value;
	json_t *root;
	int n, r;

	*restp = NULL;
	if (end == NULL || (*end != '\0' && strchr(WSP, *end) == NULL) ||
	    end - s > BA_INI_LINE_MAX)
		return BA_ERR_JSON;
	/* The strict front takes objects only. */
	n = snprintf(object, sizeof(object), "{\"s\":%.*s}", (int)(end - s), s);
	r = ba_json_parse(object, (size_t)n, &root);
	if (r != BA_OK)
		return r;
	r = ba_json_string(root, "s", &value);
	if (r == BA_OK) {
		/* No string is longer than what it is written as. */
		memcpy(s, value, strlen(value) + 1);
		*restp = end + strspn(end, WSP);
	}
	json_decref(root);
	return r;
}

/* The word at s, cut off; *restp as above. */
static int
cut_name(char *s, char **restp)
{
	if (*s == '"')
		return ba_value_unquote(s, restp);
	s += strcspn(s, WSP);
	*restp = s + strspn(s, WSP);
	*s = '\0';
	return BA_OK;
}

int
ba_value_names(struct ba_builder *b, const char *value, struct ba_strings *out)
{
	char *s = ba_arena_str(b->arena, value, strlen(value)), *rest;
	int r = s == NULL ? BA_ERR_NOMEM : BA_OK;

	out->where = b->at;
	for (; r == BA_OK && *s != '\0'; s = rest) {
		r = cut_name(s, &rest);
		if (r == BA_ERR_NOMEM)
			break;
		if (r != BA_OK) {
			ba_builder_complain(b,
			    "'%.64s' is no name in quotes: write \"Domain "
			    "Admins\", a JSON string with a blank behind it",
			    s);
			return BA_OK;
		}
		if (*s == '\0')
			ba_builder_complain(b,
			    "a name in quotes is empty: no token has such a "
			    "one, so remove it");
		r = add_word(b, out, s);
	}
	return r;
}

/* --- numbers, texts, paths ------------------------------------------------ */

bool
ba_value_digits(
    const char *s, unsigned base, unsigned long max, unsigned long *np)
{
	unsigned long n = 0, d;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s >= '0' + (char)base)
			return false;
		d = (unsigned long)(*s - '0');
		if (n > (max - d) / base)
			return false;
		n = n * base + d;
	}
	*np = n;
	return true;
}

bool
ba_value_number(struct ba_builder *b, const char *value, unsigned long min,
    unsigned long max, unsigned long *np)
{
	if (ba_value_digits(value, 10, max, np) && *np >= min)
		return true;
	ba_builder_complain(
	    b, "'%s' must be a number from %lu to %lu", value, min, max);
	return false;
}

void
ba_value_seconds(struct ba_builder *b, const char *value, unsigned long min,
    unsigned long max, int64_t *sp)
{
	unsigned long n;

	if (ba_value_number(b, value, min, max, &n))
		*sp = (int64_t)n;
}

int
ba_value_text(struct ba_builder *b, const char *value, const char **textp)
{
	*textp = ba_arena_str(b->arena, value, strlen(value));
	return *textp == NULL ? BA_ERR_NOMEM : BA_OK;
}

bool
ba_value_path_ok(const char *path)
{
	size_t n;

	if (*path == '\0')
		return false;
	for (; *path != '\0'; path += n) {
		if (*path++ != '/')
			return false;
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
	}
	return true;
}

int
ba_value_path(struct ba_builder *b, const char *value, const char **pathp)
{
	if (!ba_value_path_ok(value)) {
		ba_builder_complain(b,
		    "'%s' must be an absolute path without '.', '..' and '//'",
		    value);
		return BA_OK;
	}
	return ba_value_text(b, value, pathp);
}

void
ba_value_limit(struct ba_builder *b, const char *value, struct ba_limit *limit)
{
	unsigned long n;

	if (!ba_value_number(b, value, 1, BA_LIMIT_MAX, &n))
		return;
	limit->s = (int64_t)n;
	limit->where = b->at;
}

/* RFC 1123 section 2.1: labels of letters, digits, and '-' but at no end. */
static bool
domain_ok(const char *s)
{
	size_t n;

	if (strnlen(s, DOMAIN_MAX + 1) > DOMAIN_MAX)
		return false;
	for (;; s += n + 1) {
		n = strspn(s, BA_LOWER BA_DIGIT "-");
		if (n == 0 || n > LABEL_MAX || s[0] == '-' || s[n - 1] == '-')
			return false;
		if (s[n] != '.')
			return s[n] == '\0';
	}
}

bool
ba_value_domain(struct ba_builder *b, const char *value)
{
	if (domain_ok(value))
		return true;
	ba_builder_complain(b,
	    "'%.64s' is no domain: write it as example.org, in lower case and "
	    "without '@'",
	    value);
	return false;
}

int
ba_value_claim(
    struct ba_builder *b, const char *value, struct ba_claim_path *path)
{
	struct ba_claim_path p;
	int r;

	/* It would be read as a path with dots, and nothing ever be there. */
	if (*value != '/' && strstr(value, "://") != NULL) {
		ba_builder_complain(b,
		    "'%.64s' is a claim with dots in its name: write it as a "
		    "JSON Pointer, '/' in front and '~1' for each '/' in it",
		    value);
		return BA_OK;
	}
	_Static_assert(BA_CLAIM_PATH_MAX == 255 && BA_CLAIM_STEPS == 8,
	    "the text below says so");
	r = value[strcspn(value, WSP)] != '\0'
		? BA_ERR_CONFIG
		: ba_claim_path_parse(b->arena, value, &p);
	if (r == BA_OK)
		*path = p;
	else if (r == BA_ERR_CONFIG)
		ba_builder_complain(b,
		    "'%.64s' names no claim: write one as name, name.name or "
		    "/name/name, of at most 255 bytes and 8 names",
		    value);
	return r == BA_ERR_NOMEM ? r : BA_OK;
}

int
ba_value_claims(
    struct ba_builder *b, const char *value, struct ba_claim_paths *paths)
{
	struct ba_strings words = { .n = 0 };
	struct ba_claim_path *v;
	size_t i;
	int r;

	r = ba_value_words(b, value, &words);
	paths->where = b->at;
	for (i = 0; r == BA_OK && i < words.n; i++) {
		v = ba_arena_grow(b->arena, paths->v, paths->n, sizeof(*v));
		if (v == NULL)
			return BA_ERR_NOMEM;
		paths->v = v;
		r = ba_value_claim(b, words.v[i], &v[paths->n]);
		paths->n += v[paths->n].n > 0;
	}
	return r;
}

int
ba_value_networks(
    struct ba_builder *b, const char *value, struct ba_networks *nets)
{
	struct ba_network *v;
	size_t i;
	int r;

	r = ba_value_words(b, value, &nets->text);
	if (r != BA_OK)
		return r;
	v = ba_arena_alloc(b->arena, nets->text.n, sizeof(*v));
	if (v == NULL)
		return BA_ERR_NOMEM;
	for (i = 0; i < nets->text.n; i++)
		if (ba_network_parse(nets->text.v[i], &v[i]) != BA_OK)
			ba_builder_complain(b,
			    "'%.64s' is no network: write an address, or "
			    "address/length with no bit set behind the length",
			    nets->text.v[i]);
	nets->v = v;
	return BA_OK;
}
