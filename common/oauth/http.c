/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
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
	r->retry_after = -1;
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

/* n digits at s as a number; the caller knows that n bytes are there. */
static bool
read_digits(const char *s, size_t n, int *vp)
{
	size_t i;

	*vp = 0;
	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*vp = *vp * 10 + (s[i] - '0');
	}
	return true;
}

/* Which of these names of three letters stands at s, or -1. */
static int
find_name(const char *names, const char *s)
{
	int i;

	for (i = 0; names[3 * i] != '\0'; i++)
		if (memcmp(names + 3 * (size_t)i, s, 3) == 0)
			return i;
	return -1;
}

/* IMF-fixdate = day-name "," SP 2DIGIT SP month SP 4DIGIT SP hh:mm:ss SP GMT */
int64_t
ba_http_date(const char *value)
{
	static const char like[] = "???, ?? ??? ???? ??:??:?? GMT";
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm, was;
	int64_t t;
	size_t i;

	if (strnlen(value, sizeof(like)) != sizeof(like) - 1)
		return -1;
	for (i = 0; like[i] != '\0'; i++)
		if (like[i] != '?' && like[i] != value[i])
			return -1;
	memset(&tm, 0, sizeof(tm));
	tm.tm_wday = find_name(days, value);
	tm.tm_mon = find_name(months, value + 8);
	if (tm.tm_mon < 0 || !read_digits(value + 5, 2, &tm.tm_mday) ||
	    !read_digits(value + 12, 4, &tm.tm_year) ||
	    !read_digits(value + 17, 2, &tm.tm_hour) ||
	    !read_digits(value + 20, 2, &tm.tm_min) ||
	    !read_digits(value + 23, 2, &tm.tm_sec) || tm.tm_year < 1970)
		return -1;
	tm.tm_year -= 1900;
	/* timegm(3) mends what is no date, so that it is another one then. */
	was = tm;
	t = timegm(&tm);
	if (tm.tm_wday != was.tm_wday || tm.tm_mday != was.tm_mday ||
	    tm.tm_hour != was.tm_hour || tm.tm_min != was.tm_min ||
	    tm.tm_sec != was.tm_sec)
		return -1;
	return t;
}

int64_t
ba_http_expires(const char *value, int64_t date)
{
	const int64_t most = INT64_C(1) << 31;
	int64_t t = ba_http_date(value);

	if (t < 0 || t <= date)
		return 0;
	return t - date < most ? t - date : most;
}

int64_t
ba_http_retry_after(const char *value, int64_t now)
{
	struct word w = { value, strspn(value, BA_DIGIT) };
	int64_t t;

	if (w.n > 0 && value[w.n] == '\0') {
		t = delta_seconds(&w);
	} else {
		t = ba_http_date(value);
		if (t < 0)
			return -1;
		t = t > now ? t - now : 0;
	}
	return t < BA_HTTP_RETRY_MAX ? t : BA_HTTP_RETRY_MAX;
}

bool
ba_http_etag_ok(const char *value)
{
	size_t n = strnlen(value, BA_HTTP_ETAG_MAX + 1);
	const char *s = value;

	if (n > BA_HTTP_ETAG_MAX)
		return false;
	if (strncmp(s, "W/", 2) == 0)
		s += 2;
	if (*s++ != '"')
		return false;
	while (*s > ' ' && *s < 0x7f && *s != '"')
		s++;
	return s[0] == '"' && s[1] == '\0';
}

/* A field's value of visible characters, with blanks inside alone. */
static bool
is_field_value(const char *s, size_t max)
{
	size_t i, n = strnlen(s, max + 1);

	if (n == 0 || n > max || s[0] == ' ' || s[n - 1] == ' ')
		return false;
	for (i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

/* As whoever encodes a form leaves it: visible, nothing to be read twice. */
static bool
is_form(const struct ba_buf *form)
{
	size_t i;

	if (form->len == 0 || form->len > BA_HTTP_FORM_MAX)
		return false;
	for (i = 0; i < form->len; i++)
		if (form->p[i] <= ' ' || form->p[i] > '~')
			return false;
	return true;
}

static bool
is_pem(const struct ba_buf *pem)
{
	return pem->len > 0 && pem->len <= BA_HTTP_PEM_MAX;
}

static bool
is_path(const char *path)
{
	size_t n = strnlen(path, 4097);

	return path[0] == '/' && n <= 4096 && ba_utf8_is_text(path, n, false);
}

/* http:// and what may stand between https:// and a path. */
static bool
is_proxy(const char *proxy)
{
	static const char scheme[] = "http://";
	char url[BA_URL_MAX + 1];

	if (strncmp(proxy, scheme, sizeof(scheme) - 1) != 0 ||
	    strnlen(proxy, 513) > 512)
		return false;
	proxy += sizeof(scheme) - 1;
	(void)snprintf(url, sizeof(url), "https://%s", proxy);
	return strpbrk(proxy, "/?") == NULL && ba_url_ok(url);
}

static bool
is_no_proxy(const char *hosts)
{
	size_t n = strspn(hosts, BA_ALNUM ".-_:/[],");

	return n > 0 && n <= 8192 && hosts[n] == '\0';
}

/* What is wrong with the values that somebody else chose; or NULL. */
static const char *
value_fault(const struct ba_http_request *q)
{
	if (!ba_url_ok(q->url))
		return "not a URL that is asked (https only)";
	if (q->accept != NULL && !is_field_value(q->accept, 127))
		return "not a media type to ask for";
	if (q->etag != NULL && !ba_http_etag_ok(q->etag))
		return "not an ETag";
	if (q->authorization != NULL &&
	    !is_field_value(q->authorization, BA_HTTP_FIELD_MAX))
		return "not a value of the field Authorization";
	if (q->form != NULL && !is_form(q->form))
		return "not an encoded form, or too long";
	if ((q->certificate != NULL && !is_pem(q->certificate)) ||
	    (q->key != NULL && !is_pem(q->key)))
		return "the client certificate or its key is empty or too long";
	if ((q->ca_file != NULL && !is_path(q->ca_file)) ||
	    (q->ca_directory != NULL && !is_path(q->ca_directory)))
		return "not an absolute path of certificates";
	if (q->proxy != NULL && !is_proxy(q->proxy))
		return "not a proxy (http://HOST:PORT)";
	if (q->no_proxy != NULL && !is_no_proxy(q->no_proxy))
		return "not a list of hosts without proxy";
	return NULL;
}

int
ba_http_request_check(const struct ba_http_request *q, const char **whyp)
{
	bool credentials = q->authorization != NULL || q->certificate != NULL;

	*whyp = value_fault(q);
	if (*whyp != NULL)
		return BA_ERR_HTTP;
	if (q->timeout_ms == 0 || q->timeout_ms > BA_HTTP_TIMEOUT_MAX)
		*whyp = "not a time to wait for an answer";
	else if (q->body_max > BA_HTTP_BODY_MAX)
		*whyp = "not a size of an answer";
	else if ((q->certificate == NULL) != (q->key == NULL))
		*whyp = "a client certificate without its key, or a key alone";
	else if (q->ca_file != NULL && q->ca_directory != NULL)
		*whyp = "a file and a directory of certificates";
	else if (credentials && q->pool == 0)
		*whyp = "credentials without a pool of their own";
	else
		return BA_OK;
	return BA_ERR_INTERNAL;
}
