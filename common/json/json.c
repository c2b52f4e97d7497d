/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/json/json.h"

/*
 * jansson holds the values, and does not read the text.  Its scanner (2.14)
 * does not look whether its buffer could grow: where memory is short, a byte
 * of a long string is lost, so that somebody is read as somebody else; or the
 * closing quote, and it reads and writes beyond its buffers; or an assertion
 * ends the process (its issue 362).  Nothing around it could mend that.
 *
 * Depth, UTF-8 and NUL are judged before the grammar, so that what recurses
 * does so BA_JSON_DEPTH_MAX times at most (CVE-2016-4425).  A byte order mark
 * is valid UTF-8, and refused by the grammar: no value starts with U+FEFF.
 *
 * Reals are read by strtod(3); nobody here ever calls setlocale(3).
 *
 * jansson's memory is plain malloc(3) unless main() calls ba_json_init(), which
 * has it wiped; that is for the whole process, and so not for this file to do.
 */
static bool
plain(const unsigned char *p, size_t n)
{
	size_t depth = 0, i, len;
	bool string = false;
	uint32_t cp;

	for (i = 0; i < n; i += len) {
		/* ASCII is nearly all there is: not a call for each of it. */
		cp = p[i];
		len = cp < 0x80 ? 1 : ba_utf8_next(p + i, n - i, &cp);
		if (len == 0 || cp == 0)
			return false;
		if (string) {
			/* Of all escapes, these two decide where it ends. */
			if (cp == '\\' && i + 1 < n &&
			    (p[i + 1] == '"' || p[i + 1] == '\\'))
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
 * A text on its way.  At text[used] and behind it is room for what the
 * strings that are being read say, each with a NUL: it is never longer than
 * how it is written, with its two quotes.
 */
struct reader {
	const char *p, *end;
	char *text;
	size_t used;
};

static int read_value(struct reader *r, json_t **vp);

/* The next character that is no white space (RFC 8259 section 2); NUL at the
   end, for there is none in the text. */
static char
peek(struct reader *r)
{
	while (r->p < r->end && strchr(" \t\n\r", *r->p) != NULL)
		r->p++;
	return r->p < r->end ? *r->p : '\0';
}

/* Is c next?  Then it is passed. */
static bool
take(struct reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->p++;
	return true;
}

static bool
skip_one(struct reader *r, const char *of)
{
	if (r->p == r->end || strchr(of, *r->p) == NULL)
		return false;
	r->p++;
	return true;
}

/* Four hexadecimal digits. */
static bool
read_hex(struct reader *r, uint32_t *np)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at;
	size_t i;

	*np = 0;
	if (r->end - r->p < 4)
		return false;
	for (i = 0; i < 4; i++) {
		at = strchr(digits, *r->p++);
		if (at == NULL)
			return false;
		*np = *np << 4 | (uint32_t)(at - digits < 16 ? at - digits
							     : at - digits - 6);
	}
	return true;
}

/* RFC 3629 section 3; cp is a Unicode scalar value. */
static size_t
write_utf8(char *dst, uint32_t cp)
{
	size_t more = cp < 0x80 ? 0 : cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
	static const unsigned char first[] = { 0, 0xc0, 0xe0, 0xf0 };
	size_t i;

	dst[0] = (char)(first[more] | cp >> 6 * more);
	for (i = 1; i <= more; i++)
		dst[i] = (char)(0x80 | (cp >> 6 * (more - i) & 0x3f));
	return more + 1;
}

/* RFC 8259 section 7, behind "\u".  U+0000, and half a pair, are refused. */
static bool
read_u(struct reader *r, char *dst, size_t *np)
{
	uint32_t cp, low;

	if (!read_hex(r, &cp) || cp == 0 || (cp >= 0xdc00 && cp <= 0xdfff))
		return false;
	if (cp >= 0xd800 && cp <= 0xdbff) {
		if (r->end - r->p < 2 || *r->p++ != '\\' || *r->p++ != 'u' ||
		    !read_hex(r, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	*np = write_utf8(dst, cp);
	return true;
}

/* What the escape at r->p, behind the backslash, stands for. */
static bool
read_escape(struct reader *r, char *dst, size_t *np)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	char c;

	if (r->p == r->end)
		return false;
	c = *r->p++;
	if (c == 'u')
		return read_u(r, dst, np);
	at = strchr(from, c);
	if (at == NULL)
		return false;
	*dst = to[at - from];
	*np = 1;
	return true;
}

/* So many characters from r->p on stand for themselves. */
static size_t
plain_text(const struct reader *r)
{
	const char *p = r->p, *end = r->end;

	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return (size_t)(p - r->p);
}

/*
 * A string: at *sp, *np bytes and a NUL.  Its place is the caller's until
 * r->used is set back to where that was.
 */
static bool
read_text(struct reader *r, char **sp, size_t *np)
{
	char *dst = r->text + r->used;
	size_t n = 0, more;

	if (!take(r, '"'))
		return false;
	for (;;) {
		more = plain_text(r);
		memcpy(dst + n, r->p, more);
		n += more;
		r->p += more;
		if (!skip_one(r, "\\"))
			break;
		if (!read_escape(r, dst + n, &more))
			return false;
		n += more;
	}
	if (!skip_one(r, "\""))
		return false;
	dst[n] = '\0';
	r->used += n + 1;
	*sp = dst;
	*np = n;
	return true;
}

static int
made(json_t *v, json_t **vp)
{
	*vp = v;
	return v == NULL ? BA_ERR_NOMEM : BA_OK;
}

static int
read_string(struct reader *r, json_t **vp)
{
	size_t used = r->used, n;
	char *s;

	if (!read_text(r, &s, &n))
		return BA_ERR_JSON;
	r->used = used;
	return made(json_stringn_nocheck(s, n), vp);
}

/* At least one digit. */
static bool
skip_digits(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > from;
}

/* RFC 8259 section 6.  *realp: has it a fraction or an exponent? */
static bool
skip_number(struct reader *r, bool *realp)
{
	*realp = false;
	(void)skip_one(r, "-");
	if (!skip_one(r, "0") && !skip_digits(r))
		return false;
	if (skip_one(r, ".")) {
		*realp = true;
		if (!skip_digits(r))
			return false;
	}
	if (skip_one(r, "eE")) {
		*realp = true;
		(void)skip_one(r, "+-");
		return skip_digits(r);
	}
	return true;
}

static int
read_number(struct reader *r, json_t **vp)
{
	char *copy = r->text + r->used;
	const char *from = r->p;
	json_int_t i;
	bool real;
	double d;

	if (!skip_number(r, &real))
		return BA_ERR_JSON;
	memcpy(copy, from, (size_t)(r->p - from));
	copy[r->p - from] = '\0';
	if (real) {
		d = strtod(copy, NULL);
		return isfinite(d) ? made(json_real(d), vp) : BA_ERR_JSON;
	}
	errno = 0;
	i = strtoll(copy, NULL, 10);
	return errno == 0 ? made(json_integer(i), vp) : BA_ERR_JSON;
}

static int
read_word(struct reader *r, json_t **vp)
{
	size_t left = (size_t)(r->end - r->p);

	if (left >= 4 && memcmp(r->p, "true", 4) == 0)
		*vp = json_true();
	else if (left >= 4 && memcmp(r->p, "null", 4) == 0)
		*vp = json_null();
	else if (left >= 5 && memcmp(r->p, "false", 5) == 0)
		*vp = json_false();
	else
		return BA_ERR_JSON;
	r->p += json_is_false(*vp) ? 5 : 4;
	return BA_OK;
}

static int
read_element(struct reader *r, json_t *array)
{
	json_t *v;
	int err = read_value(r, &v);

	/* It takes the value over, also where it fails. */
	if (err == BA_OK && json_array_append_new(array, v) != 0)
		err = BA_ERR_NOMEM;
	return err;
}

/* Names are compared after their escapes are resolved. */
static int
read_member(struct reader *r, json_t *object)
{
	size_t used = r->used, n;
	json_t *v;
	char *name;
	int err;

	if (!read_text(r, &name, &n) || !take(r, ':') ||
	    json_object_get(object, name) != NULL)
		return BA_ERR_JSON;
	err = read_value(r, &v);
	if (err == BA_OK && json_object_set_new_nocheck(object, name, v) != 0)
		err = BA_ERR_NOMEM;
	r->used = used;
	return err;
}

/* Behind the bracket: elements or members, to its other one. */
static int
read_all(struct reader *r, json_t *into, char last,
    int (*read_one)(struct reader *r, json_t *into))
{
	int err;

	if (take(r, last))
		return BA_OK;
	do {
		if ((err = read_one(r, into)) != BA_OK)
			return err;
	} while (take(r, ','));
	return take(r, last) ? BA_OK : BA_ERR_JSON;
}

static int
read_container(struct reader *r, json_t **vp)
{
	bool object = *r->p++ == '{';
	json_t *v = object ? json_object() : json_array();
	int err;

	if (v == NULL)
		return BA_ERR_NOMEM;
	err = object ? read_all(r, v, '}', read_member)
		     : read_all(r, v, ']', read_element);
	if (err == BA_OK)
		*vp = v;
	else
		json_decref(v);
	return err;
}

static int
read_value(struct reader *r, json_t **vp)
{
	char c = peek(r);

	*vp = NULL;
	if (c == '{' || c == '[')
		return read_container(r, vp);
	if (c == '"')
		return read_string(r, vp);
	if (c == '-' || (c >= '0' && c <= '9'))
		return read_number(r, vp);
	return read_word(r, vp);
}

int
ba_json_parse(const void *p, size_t n, json_t **rootp)
{
	struct reader r = { .p = p };
	json_t *root = NULL;
	int err;

	*rootp = NULL;
	/* An empty text may be anywhere, and so have no end. */
	if (n == 0 || !plain(p, n))
		return BA_ERR_JSON;
	r.end = r.p + n;
	if (peek(&r) != '{')
		return BA_ERR_JSON;
	r.text = malloc(n + 1);
	if (r.text == NULL)
		return BA_ERR_NOMEM;
	err = read_value(&r, &root);
	if (err == BA_OK && (peek(&r), r.p != r.end))
		err = BA_ERR_JSON;
	ba_wipe_free(r.text, n + 1);
	if (err == BA_OK)
		*rootp = root;
	else
		json_decref(root);
	return err;
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

bool
ba_json_list_has(const char *list, size_t n, const char *word)
{
	const char *end = list + n, *space;
	size_t want = strlen(word);

	/* It would be found between two spaces. */
	if (want == 0)
		return false;
	for (;; list = space + 1) {
		space = memchr(list, ' ', (size_t)(end - list));
		if (space == NULL)
			space = end;
		if ((size_t)(space - list) == want &&
		    memcmp(list, word, want) == 0)
			return true;
		if (space == end)
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
		found = ba_json_list_has(s, strlen(s), word);
	} else {
		return BA_ERR_JSON_TYPE;
	}
	/* "No word" is none in an array either. */
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
