/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "common/oauth/http.h"

/* RFC 9110 section 5.6.2.  Not isalnum(): that asks the locale. */
static bool
is_tchar(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t
token_length(const char *s)
{
	size_t n = 0;

	while (is_tchar(s[n]))
		n++;
	return n;
}

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t");
}

void
ba_http_response_init(struct ba_http_response *r)
{
	memset(r, 0, sizeof(*r));
	r->err = BA_ERR_HTTP;
	r->max_age = -1;
	ba_buf_init(&r->body, BA_HTTP_BODY_MAX);
}

void
ba_http_response_clear(struct ba_http_response *r)
{
	ba_buf_wipe(&r->body);
	ba_wipe(r, sizeof(*r));
	ba_http_response_init(r);
}

void
ba_http_media_type(const char *value, char *dst, size_t dstsz)
{
	const char *start, *end;
	size_t type, subtype, n, i;

	if (dstsz == 0)
		return;
	dst[0] = '\0';
	if (value == NULL)
		return;
	start = skip_blanks(value);
	type = token_length(start);
	if (type == 0 || start[type] != '/')
		return;
	subtype = token_length(start + type + 1);
	n = type + 1 + subtype;
	end = skip_blanks(start + n);
	if (subtype == 0 || (*end != '\0' && *end != ';') || n >= dstsz)
		return;
	for (i = 0; i < n; i++)
		dst[i] = start[i] >= 'A' && start[i] <= 'Z'
			     ? (char)(start[i] - 'A' + 'a')
			     : start[i];
	dst[n] = '\0';
}

/* A piece of the field's value. */
struct word {
	const char *p;
	size_t n;
};

static bool
word_is(const struct word *w, const char *name)
{
	return ba_equal_nocase(w->p, w->n, name);
}

/* The inside of a quoted-string; its end, or NULL where there is no end. */
static const char *
read_quoted(const char *s, struct word *w)
{
	w->p = ++s;
	for (; *s != '"'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '\0' || *s == '\\')
			return NULL;
	}
	w->n = (size_t)(s - w->p);
	return s + 1;
}

/* One directive and the comma behind it; NULL where the grammar is broken. */
static const char *
read_directive(const char *s, struct word *name, struct word *arg)
{
	memset(arg, 0, sizeof(*arg));
	name->p = s;
	name->n = token_length(s);
	if (name->n == 0)
		return NULL;
	s += name->n;
	if (*s == '=') {
		s++;
		if (*s == '"') {
			s = read_quoted(s, arg);
			if (s == NULL)
				return NULL;
		} else {
			arg->p = s;
			arg->n = token_length(s);
			if (arg->n == 0)
				return NULL;
			s += arg->n;
		}
	}
	s = skip_blanks(s);
	if (*s != ',' && *s != '\0')
		return NULL;
	return s;
}

/*
 * delta-seconds (RFC 9111 section 1.2.2): digits alone; larger than 2^31 is
 * 2^31.  Anything else is no time that we could rely on.
 */
static int64_t
delta_seconds(const struct word *w)
{
	const int64_t most = INT64_C(1) << 31;
	int64_t t = 0;
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (w->p[i] < '0' || w->p[i] > '9')
			return 0;
		t = t * 10 + (w->p[i] - '0');
		if (t > most)
			t = most;
	}
	return t;
}

static int64_t
strictest(int64_t a, int64_t b)
{
	return a < 0 || b < a ? b : a;
}

int64_t
ba_http_max_age(const char *value, int64_t so_far)
{
	struct word name, arg;
	const char *s = value;

	for (;;) {
		/* Empty list elements count for nothing (RFC 9110 5.6.1). */
		s += strspn(s, " \t,");
		if (*s == '\0')
			return so_far;
		s = read_directive(s, &name, &arg);
		if (s == NULL)
			return 0;
		if (word_is(&name, "no-store") || word_is(&name, "no-cache"))
			so_far = 0;
		else if (word_is(&name, "max-age"))
			so_far = strictest(so_far, delta_seconds(&arg));
	}
}
