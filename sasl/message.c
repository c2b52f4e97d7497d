/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/ascii.h"
#include "common/base/utf8.h"
#include "sasl/message.h"

/*
 * RFC 7628 section 3.1:
 *
 *	kvsep       = %x01
 *	key         = 1*(ALPHA)
 *	value       = *(VCHAR / SP / HTAB / CR / LF )
 *	kvpair      = key "=" value kvsep
 *	client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
 *
 * RFC 5801 section 4:
 *
 *	gs2-header  = [gs2-nonstd-flag ","] gs2-cb-flag "," [gs2-authzid] ","
 *	gs2-cb-flag = ("p=" cb-name) / "n" / "y"
 *	gs2-authzid = "a=" saslname
 *	saslname    = 1*(UTF8-char-safe / "=2C" / "=3D")
 *
 * RFC 6750 section 2.1, for the value of "auth":
 *
 *	credentials = "Bearer" 1*SP b64token
 *	b64token    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" )
 *	              *"="
 *
 * Stricter than that: no gs2-nonstd-flag, which is for tokens of GSS-API
 * mechanisms; no "p=", for no channel is bound here, and a server that cannot
 * must fail (RFC 5801 section 5); no control characters in the authzid; auth,
 * host and port at most once, for whichever of two were taken, somebody else
 * may have looked at the other.
 *
 * XOAUTH2, which has no standard, as Google's and Microsoft's clients send it:
 *
 *	client-resp = "user=" user kvsep "auth=" credentials kvsep kvsep
 *
 * A cursor is a view of what has not been read yet.
 */
#define KVSEP '\x01'

struct cursor {
	const char *p;
	const char *end;
};

static bool
take(struct cursor *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static bool
is_alpha(char ch)
{
	return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
}

static bool
is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* Up to the next "," and over it; the characters before it are in *v. */
static bool
take_until_comma(struct cursor *c, struct cursor *v)
{
	const char *comma = memchr(c->p, ',', (size_t)(c->end - c->p));

	if (comma == NULL)
		return false;
	v->p = c->p;
	v->end = comma;
	c->p = comma + 1;
	return true;
}

/* saslname: only "=2C" and "=3D" may stand after a "=" (SA-06). */
static bool
decode_saslname(struct cursor v, char *dst, size_t dstsz)
{
	size_t n = 0;
	char ch;

	while (v.p < v.end) {
		ch = *v.p++;
		if (ch == '=') {
			if (v.end - v.p < 2)
				return false;
			if (memcmp(v.p, "2C", 2) == 0)
				ch = ',';
			else if (memcmp(v.p, "3D", 2) != 0)
				return false;
			v.p += 2;
		}
		if (n + 1 >= dstsz)
			return false;
		dst[n++] = ch;
	}
	dst[n] = '\0';
	return n > 0 && ba_utf8_is_text(dst, n, false);
}

static bool
parse_gs2_header(struct cursor *c, struct ba_sasl_message *m)
{
	struct cursor v;

	if (!take(c, 'n') && !take(c, 'y'))
		return false;
	if (!take(c, ',') || !take_until_comma(c, &v))
		return false;
	if (v.p == v.end)
		return true;
	if (!take(&v, 'a') || !take(&v, '='))
		return false;
	m->has_authzid = true;
	return decode_saslname(v, m->authzid, sizeof(m->authzid));
}

static bool
is_value_char(char ch)
{
	return (ch >= 0x20 && ch <= 0x7e) || ch == '\t' || ch == '\r' ||
	       ch == '\n';
}

static bool
parse_kvpair(struct cursor *c, struct cursor *key, struct cursor *value)
{
	key->p = c->p;
	while (c->p < c->end && is_alpha(*c->p))
		c->p++;
	key->end = c->p;
	if (key->p == key->end || !take(c, '='))
		return false;
	value->p = c->p;
	while (c->p < c->end && is_value_char(*c->p))
		c->p++;
	value->end = c->p;
	return take(c, KVSEP);
}

static bool
is_key(const struct cursor *key, const char *name)
{
	size_t n = strlen(name);

	return (size_t)(key->end - key->p) == n && memcmp(key->p, name, n) == 0;
}

/* The scheme's name is compared without case (RFC 7235 section 2.1). */
static bool
take_bearer(struct cursor *c)
{
	static const char scheme[] = "bearer";
	size_t n = sizeof(scheme) - 1;

	if ((size_t)(c->end - c->p) < n || !ba_equal_nocase(c->p, n, scheme))
		return false;
	c->p += n;
	if (!take(c, ' '))
		return false;
	while (take(c, ' '))
		;
	return true;
}

static bool
parse_credentials(struct cursor v, struct ba_sasl_message *m)
{
	if (!take_bearer(&v) || !ba_is_token68(v.p, (size_t)(v.end - v.p)))
		return false;
	m->kind = BA_SASL_TOKEN;
	m->token = v.p;
	m->token_len = (size_t)(v.end - v.p);
	return true;
}

/* An empty value is a question, not a token (RFC 7628 section 4.3). */
static bool
parse_auth(struct cursor v, struct ba_sasl_message *m)
{
	if (v.p < v.end)
		return parse_credentials(v, m);
	m->kind = BA_SASL_DISCOVERY;
	return true;
}

/* An empty one says as little as none. */
static bool
parse_host(struct cursor v, struct ba_sasl_message *m)
{
	size_t i, n = (size_t)(v.end - v.p);

	if (n >= sizeof(m->host))
		return false;
	for (i = 0; i < n; i++)
		if (v.p[i] <= ' ') /* a value is ASCII, without DEL */
			return false;
	memcpy(m->host, v.p, n);
	return true;
}

static bool
parse_port(struct cursor v, struct ba_sasl_message *m)
{
	unsigned port = 0;

	if (v.p == v.end || v.end - v.p > 5)
		return false;
	while (v.p < v.end) {
		if (!is_digit(*v.p))
			return false;
		port = port * 10 + (unsigned)(*v.p++ - '0');
	}
	m->port = port;
	return port >= 1 && port <= 65535;
}

/* Can what the pair says be used? */
static bool
parse_known(const struct cursor *key, struct cursor value, unsigned *seenp,
    struct ba_sasl_message *m)
{
	static const struct {
		const char *name;
		bool (*parse)(struct cursor v, struct ba_sasl_message *m);
	} known[] = {
		{ "auth", parse_auth },
		{ "host", parse_host },
		{ "port", parse_port },
	};
	unsigned i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!is_key(key, known[i].name))
			continue;
		if ((*seenp & 1U << i) != 0)
			return false;
		*seenp |= 1U << i;
		return known[i].parse(value, m);
	}
	return true; /* SA-02: ignored */
}

/* The grammar wins: what cannot be used is told only where that holds. */
static bool
parse_client_resp(struct cursor *c, struct ba_sasl_message *m)
{
	struct cursor key, value;
	bool usable = true;
	unsigned seen = 0;

	if (!parse_gs2_header(c, m) || !take(c, KVSEP))
		return false;
	while (!take(c, KVSEP)) {
		if (!parse_kvpair(c, &key, &value))
			return false;
		usable = parse_known(&key, value, &seen, m) && usable;
	}
	if (!usable)
		m->kind = BA_SASL_UNUSABLE;
	return c->p == c->end;
}

/* Nobody shall use a part of what is malformed, nor of what is unusable. */
static int
end(struct ba_sasl_message *m, bool ok)
{
	if (!ok)
		memset(m, 0, sizeof(*m));
	if (m->kind == BA_SASL_UNUSABLE) {
		m->token = NULL;
		m->token_len = 0;
	}
	return ok ? BA_OK : BA_ERR_MALFORMED;
}

int
ba_sasl_message_parse(const void *p, size_t n, struct ba_sasl_message *m)
{
	struct cursor c = { p, p };

	memset(m, 0, sizeof(*m));
	if (n == 0 || n > BA_SASL_MESSAGE_MAX)
		return BA_ERR_MALFORMED;
	c.end += n;
	/*
	 * A lone kvsep is meant for after a failure, and yet in the grammar
	 * of the first message.  It can only lead to a failure: give it one.
	 */
	if (ba_sasl_message_is_dummy(p, n)) {
		m->kind = BA_SASL_DISCOVERY;
		return BA_OK;
	}
	/* SA-02: so it stays where there is no auth. */
	m->kind = BA_SASL_UNUSABLE;
	return end(m, parse_client_resp(&c, m));
}

/* The user of XOAUTH2 stands bare: no escapes, and no separator in it. */
static bool
parse_user(struct cursor v, struct ba_sasl_message *m)
{
	size_t n = (size_t)(v.end - v.p);

	if (n == 0 || n >= sizeof(m->authzid) ||
	    !ba_utf8_is_text(v.p, n, false))
		return false;
	memcpy(m->authzid, v.p, n);
	m->has_authzid = true;
	return true;
}

/* NAME "=" *value kvsep, with anything but kvsep for a value. */
static bool
take_pair(struct cursor *c, const char *name, struct cursor *value)
{
	const char *sep = memchr(c->p, KVSEP, (size_t)(c->end - c->p));
	struct cursor key = { c->p, c->p + strlen(name) };

	if (sep == NULL || key.end >= sep || !is_key(&key, name) ||
	    *key.end != '=')
		return false;
	value->p = key.end + 1;
	value->end = sep;
	c->p = sep + 1;
	return true;
}

int
ba_sasl_xoauth2_parse(const void *p, size_t n, struct ba_sasl_message *m)
{
	struct cursor user, auth, c = { p, p };

	memset(m, 0, sizeof(*m));
	if (n == 0 || n > BA_SASL_MESSAGE_MAX)
		return BA_ERR_MALFORMED;
	c.end += n;
	if (!take_pair(&c, "user", &user) || !parse_user(user, m) ||
	    !take_pair(&c, "auth", &auth) || !take(&c, KVSEP) || c.p != c.end ||
	    !ba_utf8_is_text(auth.p, (size_t)(auth.end - auth.p), false))
		return end(m, false);
	if (!parse_credentials(auth, m))
		m->kind = BA_SASL_UNUSABLE;
	return end(m, true);
}

bool
ba_sasl_message_is_dummy(const void *p, size_t n)
{
	return n == 1 && *(const char *)p == KVSEP;
}

bool
ba_sasl_xoauth2_is_dummy(const void *p, size_t n)
{
	return n == 0 || ba_sasl_message_is_dummy(p, n);
}
