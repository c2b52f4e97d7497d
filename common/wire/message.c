/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/wire/message.h"

#define LENGTH_SIZE  4 /* the length field */
#define HEADER_SIZE  6 /* … with version and type */
#define FIELD_HEADER 5 /* tag and size */

enum kind {
	TEXT = 1,
	LINES, /* text that may hold line feeds and tabs */
	HEX, /* lower case, so that an id has one spelling in all logs */
	BYTES,
	U8, /* min and max are of the number, not of its size */
	U32,
	U64
};

static const struct {
	enum kind kind;
	size_t min, max;
} tags[BA_TAG_MAX] = {
	[BA_TAG_ID] = { HEX, 32, 32 },
	[BA_TAG_SERVICE] = { TEXT, 1, BA_SERVICE_MAX },
	[BA_TAG_USER] = { TEXT, 1, BA_FIELD_MAX },
	[BA_TAG_UID] = { U32, 0, 0 },
	[BA_TAG_RHOST] = { TEXT, 0, BA_FIELD_MAX },
	[BA_TAG_TTY] = { TEXT, 0, BA_FIELD_MAX },
	[BA_TAG_DEADLINE] = { U32, 0, 0 },
	[BA_TAG_TOKEN] = { BYTES, 1, BA_WIRE_TOKEN_MAX },
	[BA_TAG_ORIGIN] = { U8, BA_ORIGIN_PROMPT, BA_ORIGIN_SASL },
	[BA_TAG_CAN_PROMPT] = { U8, 0, 1 },
	[BA_TAG_TEXT] = { LINES, 0, BA_WIRE_TEXT_MAX },
	[BA_TAG_STYLE] = { U8, BA_PROMPT_SECRET, BA_PROMPT_ERROR },
	[BA_TAG_FAMILY] = { U8, BA_FAMILY_OK, BA_FAMILY_MALFORMED },
	[BA_TAG_EXPIRES] = { U64, 0, 0 },
	[BA_TAG_STATUS] = { TEXT, 1, 63 },
	[BA_TAG_SCOPE] = { TEXT, 1, 511 },
	[BA_TAG_METADATA] = { TEXT, 1, 2048 },
	[BA_TAG_COMMAND] = { TEXT, 1, 8000 },
	[BA_TAG_SERIAL] = { U32, 0, 0 },
	[BA_TAG_URL] = { TEXT, 1, 2048 },
	[BA_TAG_CA_FILE] = { TEXT, 1, 4096 },
	[BA_TAG_TIMEOUT] = { U32, 0, 0 },
	[BA_TAG_ERROR] = { U32, 0, 0 },
	[BA_TAG_HTTP_STATUS] = { U32, 0, 0 },
	[BA_TAG_CONTENT_TYPE] = { TEXT, 0, 127 },
	[BA_TAG_MAX_AGE] = { U32, 0, 0 },
	[BA_TAG_WHY] = { TEXT, 0, 159 },
	[BA_TAG_BODY] = { BYTES, 0, 524288 },
	[BA_TAG_FORM] = { BYTES, 1, 212992 },
	[BA_TAG_ACCEPT] = { TEXT, 1, 127 },
	[BA_TAG_ETAG] = { TEXT, 1, 255 },
	[BA_TAG_AUTHORIZATION] = { TEXT, 1, 16384 },
	[BA_TAG_CERTIFICATE] = { BYTES, 1, 65536 },
	[BA_TAG_KEY] = { BYTES, 1, 65536 },
	[BA_TAG_CA_DIRECTORY] = { TEXT, 1, 4096 },
	[BA_TAG_PROXY] = { TEXT, 1, 512 },
	[BA_TAG_NO_PROXY] = { TEXT, 1, 8192 },
	[BA_TAG_POOL] = { U64, 0, 0 },
	[BA_TAG_BODY_MAX] = { U32, 0, 0 },
	[BA_TAG_RETRY_AFTER] = { U32, 0, 0 },
	[BA_TAG_PROCESS] = { BYTES, 16, 16 },
	[BA_TAG_HELD] = { U8, 0, 1 },
	[BA_TAG_WAY] = { TEXT, 1, BA_WAY_MAX },
	[BA_TAG_EVENT] = { U8, BA_SESSION_OPEN, BA_SESSION_CLOSE },
	[BA_TAG_ISSUER] = { TEXT, 1, BA_ISSUER_MAX },
	[BA_TAG_SUBJECT] = { TEXT, 1, BA_SUBJECT_MAX },
	[BA_TAG_HOST] = { TEXT, 1, BA_FIELD_MAX },
	[BA_TAG_PORT] = { U32, 0, 0 },
	[BA_TAG_PERSON] = { TEXT, 1, BA_FIELD_MAX },
};

#define T(tag) (UINT64_C(1) << BA_TAG_##tag)

_Static_assert(BA_TAG_MAX <= 64, "a set of tags is a uint64_t");

static const struct {
	uint8_t type;
	uint8_t since; /* the version that has it first */
	uint64_t required, optional;
	uint64_t since_2; /* optional, and not known to version 1 */
} types[] = {
	{ BA_MSG_ASK, 1,
	    T(ID) | T(SERVICE) | T(DEADLINE) | T(TOKEN) | T(ORIGIN) |
		T(CAN_PROMPT),
	    T(USER) | T(UID) | T(RHOST) | T(TTY),
	    T(PROCESS) | T(HOST) | T(PORT) },
	{ BA_MSG_ACCOUNT, 1, T(SERVICE) | T(USER) | T(DEADLINE) | T(CAN_PROMPT),
	    T(ID) | T(UID) | T(RHOST) | T(TTY), T(WAY) },
	{ BA_MSG_REPLY, 1, T(TEXT), 0, 0 },
	{ BA_MSG_DEVICE, 2,
	    T(ID) | T(SERVICE) | T(USER) | T(DEADLINE) | T(CAN_PROMPT) |
		T(HELD),
	    T(UID) | T(RHOST) | T(TTY), T(PROCESS) },
	{ BA_MSG_SESSION, 2, T(SERVICE) | T(USER) | T(DEADLINE) | T(EVENT),
	    T(ID) | T(UID) | T(RHOST) | T(TTY),
	    T(PROCESS) | T(ISSUER) | T(SUBJECT) },
	{ BA_MSG_PROMPT, 1, T(STYLE) | T(TEXT), 0, 0 },
	{ BA_MSG_VERDICT, 1, T(FAMILY),
	    T(USER) | T(EXPIRES) | T(STATUS) | T(SCOPE) | T(METADATA),
	    T(ID) | T(ISSUER) | T(SUBJECT) | T(PERSON) },
	{ BA_MSG_WAIT, 2, T(DEADLINE), 0, 0 },
	{ BA_MSG_CONTROL, 1, T(COMMAND), 0, 0 },
	{ BA_MSG_CONTROL_REPLY, 1, T(FAMILY) | T(TEXT), 0, 0 },
	{ BA_MSG_FETCH, 1, T(SERIAL) | T(URL) | T(TIMEOUT), T(CA_FILE),
	    T(FORM) | T(ACCEPT) | T(ETAG) | T(AUTHORIZATION) | T(CERTIFICATE) |
		T(KEY) | T(CA_DIRECTORY) | T(PROXY) | T(NO_PROXY) | T(POOL) |
		T(BODY_MAX) },
	{ BA_MSG_FETCHED, 1, T(SERIAL) | T(ERROR) | T(HTTP_STATUS),
	    T(CONTENT_TYPE) | T(MAX_AGE) | T(WHY) | T(BODY),
	    T(ETAG) | T(RETRY_AFTER) },
};

static uint64_t
get_be(const unsigned char *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static void
put_be(unsigned char *p, size_t n, uint64_t v)
{
	while (n > 0) {
		p[--n] = (unsigned char)v;
		v >>= 8;
	}
}

static bool
is_hex(const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(p[i] >= '0' && p[i] <= '9') &&
		    !(p[i] >= 'a' && p[i] <= 'f'))
			return false;
	return true;
}

/* Does the content fit the tag's kind and limits? */
static bool
content_ok(unsigned tag, const unsigned char *p, size_t n)
{
	bool in_range = n >= tags[tag].min && n <= tags[tag].max;

	switch (tags[tag].kind) {
	case TEXT:
		return in_range && ba_utf8_is_text(p, n, false);
	case LINES:
		return in_range && ba_utf8_is_text(p, n, true);
	case HEX:
		return in_range && is_hex(p, n);
	case BYTES:
		return in_range;
	case U8:
		return n == 1 && p[0] >= tags[tag].min && p[0] <= tags[tag].max;
	case U32:
		return n == 4;
	case U64:
		return n == 8;
	}
	return false;
}

int
ba_frame_size(const void *p, size_t n, size_t max, size_t *totalp)
{
	uint64_t length;

	*totalp = 0;
	if (n < LENGTH_SIZE)
		return BA_OK;
	length = get_be(p, LENGTH_SIZE);
	if (length < HEADER_SIZE - LENGTH_SIZE || length > max)
		return BA_ERR_PROTOCOL;
	*totalp = LENGTH_SIZE + (size_t)length;
	return BA_OK;
}

/* All fields, each of the known kind and at most once. */
static int
parse_fields(const unsigned char *p, size_t n, struct ba_msg *m, uint64_t *setp)
{
	uint64_t size;
	unsigned tag;

	*setp = 0;
	while (n > 0) {
		if (n < FIELD_HEADER)
			return BA_ERR_PROTOCOL;
		tag = p[0];
		size = get_be(p + 1, 4);
		p += FIELD_HEADER;
		n -= FIELD_HEADER;
		if (tag == 0 || tag >= BA_TAG_MAX || size > n ||
		    (*setp & UINT64_C(1) << tag) != 0 ||
		    !content_ok(tag, p, (size_t)size))
			return BA_ERR_PROTOCOL;
		*setp |= UINT64_C(1) << tag;
		m->field[tag].p = p;
		m->field[tag].n = (size_t)size;
		p += size;
		n -= (size_t)size;
	}
	return BA_OK;
}

static int
check_set(uint8_t version, uint8_t type, uint64_t set)
{
	uint64_t known;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type != type)
			continue;
		if (version < types[i].since)
			return BA_ERR_PROTOCOL;
		known = types[i].required | types[i].optional;
		if (version >= 2)
			known |= types[i].since_2;
		if ((set & types[i].required) != types[i].required ||
		    (set & ~known) != 0)
			return BA_ERR_PROTOCOL;
		return BA_OK;
	}
	return BA_ERR_PROTOCOL;
}

int
ba_msg_parse(const void *p, size_t n, struct ba_msg *m)
{
	const unsigned char *s = p;
	uint64_t set;
	int r = BA_ERR_PROTOCOL;

	memset(m, 0, sizeof(*m));
	if (n < HEADER_SIZE || get_be(s, LENGTH_SIZE) != n - LENGTH_SIZE)
		goto out;
	m->version = s[4];
	m->type = s[5];
	if (m->version < 1 || m->version > BA_WIRE_VERSION)
		goto out;
	r = parse_fields(s + HEADER_SIZE, n - HEADER_SIZE, m, &set);
	if (r == BA_OK)
		r = check_set(m->version, m->type, set);
out:
	if (r != BA_OK)
		memset(m, 0, sizeof(*m));
	return r;
}

bool
ba_msg_has(const struct ba_msg *m, enum ba_tag tag)
{
	return m->field[tag].p != NULL;
}

int
ba_msg_get_str(const struct ba_msg *m, enum ba_tag tag, char *dst, size_t dstsz)
{
	size_t n = m->field[tag].n;

	if (dstsz == 0)
		return BA_ERR_LIMIT;
	dst[0] = '\0';
	if (n == 0)
		return BA_OK;
	/* Only the kind "bytes" can hold a NUL; it is no string. */
	if (n >= dstsz || memchr(m->field[tag].p, '\0', n) != NULL)
		return BA_ERR_LIMIT;
	memcpy(dst, m->field[tag].p, n);
	dst[n] = '\0';
	return BA_OK;
}

static uint64_t
get_number(
    const struct ba_msg *m, enum ba_tag tag, size_t size, uint64_t fallback)
{
	if (m->field[tag].p == NULL || m->field[tag].n != size)
		return fallback;
	return get_be(m->field[tag].p, size);
}

uint8_t
ba_msg_u8(const struct ba_msg *m, enum ba_tag tag, uint8_t fallback)
{
	return (uint8_t)get_number(m, tag, 1, fallback);
}

uint32_t
ba_msg_u32(const struct ba_msg *m, enum ba_tag tag, uint32_t fallback)
{
	return (uint32_t)get_number(m, tag, 4, fallback);
}

uint64_t
ba_msg_u64(const struct ba_msg *m, enum ba_tag tag, uint64_t fallback)
{
	return get_number(m, tag, 8, fallback);
}

void
ba_msg_begin(struct ba_msg_out *o, struct ba_buf *b, uint8_t version,
    enum ba_msg_type type)
{
	unsigned char head[HEADER_SIZE] = { 0, 0, 0, 0, version,
		(unsigned char)type };

	o->b = b;
	o->start = b->len;
	o->err = ba_buf_append(b, head, sizeof(head));
}

void
ba_msg_put(struct ba_msg_out *o, enum ba_tag tag, const void *p, size_t n)
{
	unsigned char head[FIELD_HEADER];

	if (o->err != BA_OK)
		return;
	if (n > UINT32_MAX) {
		o->err = BA_ERR_LIMIT;
		return;
	}
	head[0] = (unsigned char)tag;
	put_be(head + 1, 4, n);
	o->err = ba_buf_append(o->b, head, sizeof(head));
	if (o->err == BA_OK)
		o->err = ba_buf_append(o->b, p, n);
}

void
ba_msg_put_str(struct ba_msg_out *o, enum ba_tag tag, const char *s)
{
	if (s != NULL && s[0] != '\0')
		ba_msg_put(o, tag, s, strlen(s));
}

static void
put_number(struct ba_msg_out *o, enum ba_tag tag, size_t size, uint64_t v)
{
	unsigned char be[8];

	put_be(be, size, v);
	ba_msg_put(o, tag, be, size);
}

void
ba_msg_put_u8(struct ba_msg_out *o, enum ba_tag tag, uint8_t v)
{
	put_number(o, tag, 1, v);
}

void
ba_msg_put_u32(struct ba_msg_out *o, enum ba_tag tag, uint32_t v)
{
	put_number(o, tag, 4, v);
}

void
ba_msg_put_u64(struct ba_msg_out *o, enum ba_tag tag, uint64_t v)
{
	put_number(o, tag, 8, v);
}

int
ba_msg_end(struct ba_msg_out *o)
{
	struct ba_msg m;
	unsigned char *frame;
	size_t n;

	if (o->err == BA_OK) {
		n = o->b->len - o->start;
		frame = o->b->p + o->start;
		put_be(frame, LENGTH_SIZE, n - LENGTH_SIZE);
		o->err = ba_msg_parse(frame, n, &m);
	}
	if (o->err != BA_OK)
		ba_buf_truncate(o->b, o->start);
	return o->err;
}
