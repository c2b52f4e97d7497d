/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire/message.h"

#define ID        "0123456789abcdef0123456789abcdef"
#define FRAME_MAX (600 * 1024)

/*
 * The protocol once more, as doc/DESIGN.md and message.h tell it: kinds with
 * their limits, a good value for each, and which message takes what.
 */
enum kind { TEXT, LINES, HEX, BYTES, U8, U32, U64 };

static const struct {
	enum kind kind;
	size_t min, max; /* of bytes, or of the number where it is U8 */
	const char *good;
	size_t n;
} tags[BA_TAG_MAX] = {
	[BA_TAG_ID] = { HEX, 32, 32, ID, 32 },
	[BA_TAG_SERVICE] = { TEXT, 1, 64, "sshd", 4 },
	[BA_TAG_USER] = { TEXT, 1, 255, "alice", 5 },
	[BA_TAG_UID] = { U32, 0, 0, "\0\0\3\350", 4 },
	[BA_TAG_RHOST] = { TEXT, 0, 255, "2001:db8::1", 11 },
	[BA_TAG_TTY] = { TEXT, 0, 255, "pts/1", 5 },
	[BA_TAG_DEADLINE] = { U32, 0, 0, "\0\0\47\20", 4 },
	[BA_TAG_TOKEN] = { BYTES, 1, 65536, "ey\0.\xff", 5 },
	[BA_TAG_ORIGIN] = { U8, 1, 3, "\1", 1 },
	[BA_TAG_CAN_PROMPT] = { U8, 0, 1, "\0", 1 },
	[BA_TAG_TEXT] = { LINES, 0, 4096, "two\nlines", 9 },
	[BA_TAG_STYLE] = { U8, 1, 4, "\1", 1 },
	[BA_TAG_FAMILY] = { U8, 0, 5, "\0", 1 },
	[BA_TAG_EXPIRES] = { U64, 0, 0, "\0\0\0\0\1\2\3\4", 8 },
	[BA_TAG_STATUS] = { TEXT, 1, 63, "invalid_token", 13 },
	[BA_TAG_SCOPE] = { TEXT, 1, 511, "mail", 4 },
	[BA_TAG_METADATA] = { TEXT, 1, 2048, "https://a.example/", 18 },
	[BA_TAG_COMMAND] = { TEXT, 1, 8000, "status", 6 },
	[BA_TAG_SERIAL] = { U32, 0, 0, "\0\0\0\1", 4 },
	[BA_TAG_URL] = { TEXT, 1, 2048, "https://a.example/", 18 },
	[BA_TAG_CA_FILE] = { TEXT, 1, 4096, "/etc/ca.pem", 11 },
	[BA_TAG_TIMEOUT] = { U32, 0, 0, "\0\0\1\0", 4 },
	[BA_TAG_ERROR] = { U32, 0, 0, "\0\0\0\0", 4 },
	[BA_TAG_HTTP_STATUS] = { U32, 0, 0, "\0\0\0\310", 4 },
	[BA_TAG_CONTENT_TYPE] = { TEXT, 0, 127, "application/json", 16 },
	[BA_TAG_MAX_AGE] = { U32, 0, 0, "\0\0\0\0", 4 },
	[BA_TAG_WHY] = { TEXT, 0, 159, "", 0 },
	[BA_TAG_BODY] = { BYTES, 0, 524288, "{}", 2 },
	[BA_TAG_FORM] = { BYTES, 1, 212992, "token=x", 7 },
	[BA_TAG_ACCEPT] = { TEXT, 1, 127, "application/json", 16 },
	[BA_TAG_ETAG] = { TEXT, 1, 255, "\"v1\"", 4 },
	[BA_TAG_AUTHORIZATION] = { TEXT, 1, 16384, "Basic eA==", 10 },
	[BA_TAG_CERTIFICATE] = { BYTES, 1, 65536, "-----\n", 6 },
	[BA_TAG_KEY] = { BYTES, 1, 65536, "-----\n", 6 },
	[BA_TAG_CA_DIRECTORY] = { TEXT, 1, 4096, "/etc/ca", 7 },
	[BA_TAG_PROXY] = { TEXT, 1, 512, "http://p:1", 10 },
	[BA_TAG_NO_PROXY] = { TEXT, 1, 8192, "a,b", 3 },
	[BA_TAG_POOL] = { U64, 0, 0, "\1\2\3\4\5\6\7\10", 8 },
	[BA_TAG_BODY_MAX] = { U32, 0, 0, "\0\1\0\0", 4 },
	[BA_TAG_RETRY_AFTER] = { U32, 0, 0, "\0\0\0\5", 4 },
	[BA_TAG_PROCESS] = { BYTES, 16, 16, "\0\0\0\0\0\0\4\1\0\0\0\0\0\2\3\4",
	    16 },
	[BA_TAG_HELD] = { U8, 0, 1, "\1", 1 },
	[BA_TAG_WAY] = { TEXT, 1, 127, "publickey", 9 },
	[BA_TAG_EVENT] = { U8, 1, 2, "\1", 1 },
	[BA_TAG_ISSUER] = { TEXT, 1, 2048, "https://a.example", 17 },
	[BA_TAG_SUBJECT] = { TEXT, 1, 1024, "24400320", 8 },
	[BA_TAG_HOST] = { TEXT, 1, 255, "imap.example.org", 16 },
	[BA_TAG_PORT] = { U32, 0, 0, "\0\0\3\341", 4 },
	[BA_TAG_PERSON] = { TEXT, 1, 255, "bob", 3 },
};

#define END 0

static const struct type {
	enum ba_msg_type type;
	enum ba_tag required[8], optional[8];
	enum ba_tag since_2[12]; /* optional, of version 2 alone */
	int since; /* 2: the whole of it */
} types[] = {
	{ BA_MSG_ASK,
	    { BA_TAG_ID, BA_TAG_SERVICE, BA_TAG_DEADLINE, BA_TAG_TOKEN,
		BA_TAG_ORIGIN, BA_TAG_CAN_PROMPT, END },
	    { BA_TAG_USER, BA_TAG_UID, BA_TAG_RHOST, BA_TAG_TTY, END },
	    { BA_TAG_PROCESS, BA_TAG_HOST, BA_TAG_PORT, END }, 1 },
	{ BA_MSG_ACCOUNT,
	    { BA_TAG_SERVICE, BA_TAG_USER, BA_TAG_DEADLINE, BA_TAG_CAN_PROMPT,
		END },
	    { BA_TAG_ID, BA_TAG_UID, BA_TAG_RHOST, BA_TAG_TTY, END },
	    { BA_TAG_WAY, END }, 1 },
	{ BA_MSG_REPLY, { BA_TAG_TEXT, END }, { END }, { END }, 1 },
	{ BA_MSG_PROMPT, { BA_TAG_STYLE, BA_TAG_TEXT, END }, { END }, { END },
	    1 },
	{ BA_MSG_VERDICT, { BA_TAG_FAMILY, END },
	    { BA_TAG_USER, BA_TAG_EXPIRES, BA_TAG_STATUS, BA_TAG_SCOPE,
		BA_TAG_METADATA, END },
	    { BA_TAG_ID, BA_TAG_ISSUER, BA_TAG_SUBJECT, BA_TAG_PERSON, END },
	    1 },
	{ BA_MSG_DEVICE,
	    { BA_TAG_ID, BA_TAG_SERVICE, BA_TAG_USER, BA_TAG_DEADLINE,
		BA_TAG_CAN_PROMPT, BA_TAG_HELD, END },
	    { BA_TAG_UID, BA_TAG_RHOST, BA_TAG_TTY, BA_TAG_PROCESS, END },
	    { END }, 2 },
	{ BA_MSG_SESSION,
	    { BA_TAG_SERVICE, BA_TAG_USER, BA_TAG_DEADLINE, BA_TAG_EVENT, END },
	    { BA_TAG_ID, BA_TAG_UID, BA_TAG_RHOST, BA_TAG_TTY, BA_TAG_PROCESS,
		BA_TAG_ISSUER, BA_TAG_SUBJECT, END },
	    { END }, 2 },
	{ BA_MSG_WAIT, { BA_TAG_DEADLINE, END }, { END }, { END }, 2 },
	{ BA_MSG_CONTROL, { BA_TAG_COMMAND, END }, { END }, { END }, 1 },
	{ BA_MSG_CONTROL_REPLY, { BA_TAG_FAMILY, BA_TAG_TEXT, END }, { END },
	    { END }, 1 },
	{ BA_MSG_FETCH, { BA_TAG_SERIAL, BA_TAG_URL, BA_TAG_TIMEOUT, END },
	    { BA_TAG_CA_FILE, END },
	    { BA_TAG_FORM, BA_TAG_ACCEPT, BA_TAG_ETAG, BA_TAG_AUTHORIZATION,
		BA_TAG_CERTIFICATE, BA_TAG_KEY, BA_TAG_CA_DIRECTORY,
		BA_TAG_PROXY, BA_TAG_NO_PROXY, BA_TAG_POOL, BA_TAG_BODY_MAX,
		END },
	    1 },
	{ BA_MSG_FETCHED,
	    { BA_TAG_SERIAL, BA_TAG_ERROR, BA_TAG_HTTP_STATUS, END },
	    { BA_TAG_CONTENT_TYPE, BA_TAG_MAX_AGE, BA_TAG_WHY, BA_TAG_BODY,
		END },
	    { BA_TAG_ETAG, BA_TAG_RETRY_AFTER, END }, 1 },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

/* A frame made by hand, so that it may be wrong in any way. */
struct frame {
	unsigned char p[FRAME_MAX];
	size_t n;
};

static void
frame_end(struct frame *f)
{
	size_t length = f->n - 4;

	f->p[0] = (unsigned char)(length >> 24);
	f->p[1] = (unsigned char)(length >> 16);
	f->p[2] = (unsigned char)(length >> 8);
	f->p[3] = (unsigned char)length;
}

static void
frame_begin(struct frame *f, int version, int type)
{
	f->n = 6;
	f->p[4] = (unsigned char)version;
	f->p[5] = (unsigned char)type;
	frame_end(f);
}

static void
frame_put(struct frame *f, int tag, const void *p, size_t n)
{
	unsigned char *d = f->p + f->n;

	d[0] = (unsigned char)tag;
	d[1] = (unsigned char)(n >> 24);
	d[2] = (unsigned char)(n >> 16);
	d[3] = (unsigned char)(n >> 8);
	d[4] = (unsigned char)n;
	if (n > 0)
		memcpy(d + 5, p, n);
	f->n += 5 + n;
	frame_end(f);
}

static void
frame_put_good(struct frame *f, int tag)
{
	frame_put(f, tag, tags[tag].good, tags[tag].n);
}

static void
frame_put_all(struct frame *f, const enum ba_tag *tag, int except)
{
	for (; *tag != END; tag++)
		if ((int)*tag != except)
			frame_put_good(f, (int)*tag);
}

/* All required fields but except; optional ones too, if wanted. */
static void
frame_of(struct frame *f, const struct type *t, int except, int with_optional)
{
	frame_begin(f, BA_WIRE_VERSION, t->type);
	frame_put_all(f, t->required, except);
	if (!with_optional)
		return;
	frame_put_all(f, t->optional, except);
	frame_put_all(f, t->since_2, except);
}

static int
is_among(const enum ba_tag *p, int tag)
{
	for (; *p != END; p++)
		if ((int)*p == tag)
			return 1;
	return 0;
}

static int
takes(const struct type *t, int tag)
{
	return is_among(t->required, tag) || is_among(t->optional, tag) ||
	       is_among(t->since_2, tag);
}

static const struct type *
some_type_with(int tag)
{
	size_t i;

	for (i = 0; i < TYPES; i++)
		if (takes(&types[i], tag))
			return &types[i];
	fail_msg("no message takes tag %d", tag);
	return types;
}

/* Exactly as long as told: a reader past the end is seen by sanitizers. */
static int
parse(const struct frame *f, struct ba_msg *m)
{
	unsigned char *copy = malloc(f->n > 0 ? f->n : 1);
	struct ba_msg local;
	int r;

	assert_non_null(copy);
	memcpy(copy, f->p, f->n);
	r = ba_msg_parse(copy, f->n, m != NULL ? m : &local);
	if (r != BA_OK)
		assert_int_equal((m != NULL ? m : &local)->type, 0);
	free(copy);
	return r;
}

static struct frame frame;

static void
each_message_is_taken(void **state)
{
	struct frame *f = &frame;
	struct ba_msg m;
	size_t i;
	int tag;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		frame_of(f, &types[i], END, 0);
		assert_int_equal(parse(f, NULL), BA_OK);
		frame_of(f, &types[i], END, 1);
		assert_int_equal(ba_msg_parse(f->p, f->n, &m), BA_OK);
		assert_int_equal(m.version, BA_WIRE_VERSION);
		assert_int_equal(m.type, types[i].type);
		for (tag = 1; tag < BA_TAG_MAX; tag++) {
			assert_int_equal(
			    ba_msg_has(&m, tag), takes(&types[i], tag));
			if (!ba_msg_has(&m, tag))
				continue;
			assert_int_equal(m.field[tag].n, tags[tag].n);
			assert_memory_equal(
			    m.field[tag].p, tags[tag].good, tags[tag].n);
		}
	}
}

static void
a_missing_field_is_refused(void **state)
{
	const enum ba_tag *tag;
	size_t i;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		for (tag = types[i].required; *tag != END; tag++) {
			frame_of(&frame, &types[i], (int)*tag, 1);
			assert_int_equal(parse(&frame, NULL), BA_ERR_PROTOCOL);
			frame_put_good(&frame, (int)*tag);
			assert_int_equal(parse(&frame, NULL), BA_OK);
		}
		for (tag = types[i].optional; *tag != END; tag++) {
			frame_of(&frame, &types[i], (int)*tag, 1);
			assert_int_equal(parse(&frame, NULL), BA_OK);
		}
	}
}

static void
a_field_of_another_message_is_refused(void **state)
{
	size_t i;
	int tag;

	(void)state;
	for (i = 0; i < TYPES; i++)
		for (tag = 0; tag < 256; tag++) {
			if (tag < BA_TAG_MAX && takes(&types[i], tag))
				continue;
			frame_of(&frame, &types[i], END, 0);
			if (tag > 0 && tag < BA_TAG_MAX)
				frame_put_good(&frame, tag);
			else
				frame_put(&frame, tag, "\0", 1);
			assert_int_equal(parse(&frame, NULL), BA_ERR_PROTOCOL);
		}
}

static void
a_field_twice_is_refused(void **state)
{
	size_t i;
	int tag;

	(void)state;
	for (i = 0; i < TYPES; i++)
		for (tag = 1; tag < BA_TAG_MAX; tag++) {
			if (!takes(&types[i], tag))
				continue;
			frame_of(&frame, &types[i], END, 1);
			assert_int_equal(parse(&frame, NULL), BA_OK);
			frame_put_good(&frame, tag);
			assert_int_equal(parse(&frame, NULL), BA_ERR_PROTOCOL);
		}
}

static void
unknown_types_are_refused(void **state)
{
	size_t i;
	int type, known;

	(void)state;
	for (type = 0; type < 256; type++) {
		known = 0;
		for (i = 0; i < TYPES; i++)
			known |= (int)types[i].type == type;
		if (known)
			continue;
		frame_begin(&frame, BA_WIRE_VERSION, type);
		assert_int_equal(parse(&frame, NULL), BA_ERR_PROTOCOL);
	}
}

static void
versions(void **state)
{
	int v;

	(void)state;
	for (v = 0; v < 256; v++) {
		frame_begin(&frame, v, BA_MSG_REPLY);
		frame_put_good(&frame, BA_TAG_TEXT);
		assert_int_equal(parse(&frame, NULL),
		    v >= 1 && v <= BA_WIRE_VERSION ? BA_OK : BA_ERR_PROTOCOL);
	}
}

/* New fields are no part of version 1, and none of the old ones is missing. */
static void
fields_since_version_2(void **state)
{
	const enum ba_tag *tag;
	size_t i;
	int n = 0;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		frame_begin(&frame, 1, types[i].type);
		frame_put_all(&frame, types[i].required, END);
		frame_put_all(&frame, types[i].optional, END);
		assert_int_equal(parse(&frame, NULL),
		    types[i].since == 1 ? BA_OK : BA_ERR_PROTOCOL);
		frame.p[4] = 2;
		assert_int_equal(parse(&frame, NULL), BA_OK);
		for (tag = types[i].since_2; *tag != END; tag++, n++) {
			frame_begin(&frame, 1, types[i].type);
			frame_put_all(&frame, types[i].required, END);
			frame_put_good(&frame, (int)*tag);
			assert_int_equal(parse(&frame, NULL), BA_ERR_PROTOCOL);
			frame.p[4] = 2;
			assert_int_equal(parse(&frame, NULL), BA_OK);
		}
	}
	assert_int_equal(n, 21);
}

/* With one field of its own choice, is the message taken? */
static int
with_field(int tag, const void *p, size_t n)
{
	frame_of(&frame, some_type_with(tag), tag, 1);
	frame_put(&frame, tag, p, n);
	return parse(&frame, NULL);
}

static void
sizes_are_judged(void **state)
{
	unsigned char *big;
	size_t n, min, max;
	int tag;

	(void)state;
	big = malloc(530000);
	assert_non_null(big);
	memset(big, 'a', 530000);
	for (tag = 1; tag < BA_TAG_MAX; tag++) {
		min = tags[tag].min;
		max = tags[tag].max;
		switch (tags[tag].kind) {
		case U8:
			min = max = 1;
			big[0] = (unsigned char)tags[tag].min;
			break;
		case U32:
			min = max = 4;
			break;
		case U64:
			min = max = 8;
			break;
		case TEXT:
		case LINES:
		case HEX:
		case BYTES:
			break;
		}
		for (n = min > 0 ? min - 1 : 0; n <= min + 1; n++)
			assert_int_equal(with_field(tag, big, n),
			    n >= min && n <= max ? BA_OK : BA_ERR_PROTOCOL);
		assert_int_equal(with_field(tag, big, max), BA_OK);
		assert_int_equal(
		    with_field(tag, big, max + 1), BA_ERR_PROTOCOL);
		big[0] = 'a';
	}
	free(big);
}

static void
small_numbers_have_ranges(void **state)
{
	unsigned char c;
	int tag, v;

	(void)state;
	for (tag = 1; tag < BA_TAG_MAX; tag++) {
		if (tags[tag].kind != U8)
			continue;
		for (v = 0; v < 256; v++) {
			c = (unsigned char)v;
			assert_int_equal(with_field(tag, &c, 1),
			    c >= tags[tag].min && c <= tags[tag].max
				? BA_OK
				: BA_ERR_PROTOCOL);
		}
	}
}

/* A line feed in a user name would be a line in somebody's log. */
static void
text_is_clean_text(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		int text, lines, bytes;
	} rows[] = {
		{ "gr\xc3\xbc\xc3\x9f", 6, 1, 1, 1 },
		{ "a\nb", 3, 0, 1, 1 },
		{ "a\0b", 3, 0, 0, 1 },
		{ "a\tb", 3, 0, 1, 1 },
		{ "a\rb", 3, 0, 0, 1 },
		{ "a\x1b[2J", 5, 0, 0, 1 },
		{ "a\x7f", 2, 0, 0, 1 },
		{ "a\xc2\x9b", 3, 0, 0, 1 },
		{ "a\xc2\xa0", 3, 1, 1, 1 },
		{ "\xff", 1, 0, 0, 1 },
		{ "\xc3", 1, 0, 0, 1 },
		{ "\xc0\xaf", 2, 0, 0, 1 },
		{ "\xed\xa0\x80", 3, 0, 0, 1 },
	};
	size_t i;
	int tag, good;

	(void)state;
	for (tag = 1; tag < BA_TAG_MAX; tag++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			switch (tags[tag].kind) {
			case TEXT:
				good = rows[i].text;
				break;
			case LINES:
				good = rows[i].lines;
				break;
			case BYTES:
				good =
				    rows[i].bytes && rows[i].n >= tags[tag].min;
				break;
			default:
				continue;
			}
			assert_int_equal(with_field(tag, rows[i].p, rows[i].n),
			    good ? BA_OK : BA_ERR_PROTOCOL);
		}
}

static void
an_id_is_lower_case_hex(void **state)
{
	char id[] = ID;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		id[31] = (char)c;
		assert_int_equal(with_field(BA_TAG_ID, id, 32),
		    (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
			? BA_OK
			: BA_ERR_PROTOCOL);
	}
}

/* Cut anywhere, or with bytes behind: the length field does not fit. */
static void
any_other_length_is_refused(void **state)
{
	struct frame *f = &frame;
	size_t i, whole;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		frame_of(f, &types[i], END, 1);
		whole = f->n;
		for (f->n = 0; f->n < whole; f->n++)
			assert_int_equal(parse(f, NULL), BA_ERR_PROTOCOL);
		f->p[f->n++] = 0;
		assert_int_equal(parse(f, NULL), BA_ERR_PROTOCOL);
		f->n = whole;
		assert_int_equal(parse(f, NULL), BA_OK);
	}
}

/* The same with a length field that fits: a field is cut then. */
static void
cut_fields_are_refused(void **state)
{
	struct frame *f = &frame;
	size_t whole;

	(void)state;
	frame_begin(f, 1, BA_MSG_REPLY);
	frame_put_good(f, BA_TAG_TEXT);
	whole = f->n;
	for (f->n = 6; f->n < whole; f->n++) {
		frame_end(f);
		assert_int_equal(parse(f, NULL), BA_ERR_PROTOCOL);
	}
	frame_end(f);
	assert_int_equal(parse(f, NULL), BA_OK);
	/* A size that leads far outside. */
	memset(f->p + 7, 0xff, 4);
	assert_int_equal(parse(f, NULL), BA_ERR_PROTOCOL);
}

/* No byte of a frame can be any other without being noticed or harmless. */
static void
every_flipped_bit_is_survived(void **state)
{
	struct frame *f = &frame;
	struct ba_msg m;
	size_t i, at;
	int bit;

	(void)state;
	for (i = 0; i < TYPES; i++) {
		frame_of(f, &types[i], END, 1);
		for (at = 0; at < f->n; at++)
			for (bit = 0; bit < 8; bit++) {
				f->p[at] ^= (unsigned char)(1 << bit);
				if (parse(f, &m) == BA_OK)
					assert_true(at >= 6 || at == 5);
				f->p[at] ^= (unsigned char)(1 << bit);
			}
	}
}

static void
frame_sizes(void **state)
{
	static const struct {
		unsigned char p[4];
		size_t n, max;
		int r;
		size_t total;
	} rows[] = {
		{ { 0 }, 0, 100, BA_OK, 0 },
		{ { 0, 0, 0 }, 3, 100, BA_OK, 0 },
		{ { 0xff, 0xff, 0xff }, 3, 100, BA_OK, 0 },
		{ { 0, 0, 0, 0 }, 4, 100, BA_ERR_PROTOCOL, 0 },
		{ { 0, 0, 0, 1 }, 4, 100, BA_ERR_PROTOCOL, 0 },
		{ { 0, 0, 0, 2 }, 4, 100, BA_OK, 6 },
		{ { 0, 0, 0, 100 }, 4, 100, BA_OK, 104 },
		{ { 0, 0, 0, 101 }, 4, 100, BA_ERR_PROTOCOL, 0 },
		{ { 0, 1, 0, 0 }, 4, 65536, BA_OK, 65540 },
		{ { 0, 1, 0, 1 }, 4, 65536, BA_ERR_PROTOCOL, 0 },
		{ { 0xff, 0xff, 0xff, 0xff }, 4, BA_WIRE_FETCH_MAX,
		    BA_ERR_PROTOCOL, 0 },
	};
	size_t i, total;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		total = 99;
		assert_int_equal(
		    ba_frame_size(rows[i].p, rows[i].n, rows[i].max, &total),
		    rows[i].r);
		assert_int_equal(total, rows[i].total);
	}
}

/* The largest of each message fits its connection's limit. */
static void
the_largest_messages_fit(void **state)
{
	static const struct {
		enum ba_msg_type type;
		size_t limit;
	} rows[] = {
		{ BA_MSG_ASK, BA_WIRE_ASK_MAX },
		{ BA_MSG_ACCOUNT, BA_WIRE_ASK_MAX },
		{ BA_MSG_REPLY, BA_WIRE_ASK_MAX },
		{ BA_MSG_PROMPT, BA_WIRE_ANSWER_MAX },
		{ BA_MSG_VERDICT, BA_WIRE_ANSWER_MAX },
		{ BA_MSG_DEVICE, BA_WIRE_ASK_MAX },
		{ BA_MSG_SESSION, BA_WIRE_ASK_MAX },
		{ BA_MSG_WAIT, BA_WIRE_ANSWER_MAX },
		{ BA_MSG_CONTROL, BA_WIRE_ASK_MAX },
		{ BA_MSG_CONTROL_REPLY, BA_WIRE_ANSWER_MAX },
		{ BA_MSG_FETCH, BA_WIRE_ORDER_MAX },
		{ BA_MSG_FETCHED, BA_WIRE_FETCH_MAX },
	};
	const struct type *t;
	size_t i, n;
	int tag;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (t = types; t->type != rows[i].type;)
			t++;
		n = 2;
		for (tag = 1; tag < BA_TAG_MAX; tag++)
			if (takes(t, tag))
				n += 5 +
				     (tags[tag].kind < U8 ? tags[tag].max : 8);
		assert_true(n <= rows[i].limit);
	}
}

static void
getters(void **state)
{
	struct frame *f = &frame;
	struct ba_msg m;
	char s[64];

	(void)state;
	frame_of(f, &types[0], END, 1);
	assert_int_equal(ba_msg_parse(f->p, f->n, &m), BA_OK);
	assert_int_equal(ba_msg_get_str(&m, BA_TAG_SERVICE, s, 5), BA_OK);
	assert_string_equal(s, "sshd");
	assert_int_equal(
	    ba_msg_get_str(&m, BA_TAG_SERVICE, s, 4), BA_ERR_LIMIT);
	assert_string_equal(s, "");
	assert_int_equal(
	    ba_msg_get_str(&m, BA_TAG_SERVICE, s, 0), BA_ERR_LIMIT);
	assert_int_equal(ba_msg_get_str(&m, BA_TAG_URL, s, sizeof(s)), BA_OK);
	assert_string_equal(s, "");
	/* A token with a NUL in it is not cut there. */
	assert_int_equal(
	    ba_msg_get_str(&m, BA_TAG_TOKEN, s, sizeof(s)), BA_ERR_LIMIT);
	assert_int_equal(ba_msg_u32(&m, BA_TAG_UID, 7), 1000);
	assert_int_equal(ba_msg_u32(&m, BA_TAG_DEADLINE, 7), 10000);
	assert_int_equal(ba_msg_u32(&m, BA_TAG_SERIAL, 7), 7);
	assert_int_equal(ba_msg_u8(&m, BA_TAG_ORIGIN, 7), 1);
	assert_int_equal(ba_msg_u8(&m, BA_TAG_FAMILY, 7), 7);
	assert_int_equal(ba_msg_u64(&m, BA_TAG_EXPIRES, 7), 7);
	/* Asked as another kind of number, it is as good as absent. */
	assert_int_equal(ba_msg_u8(&m, BA_TAG_UID, 7), 7);
	frame_of(f, &types[4], END, 1);
	assert_int_equal(ba_msg_parse(f->p, f->n, &m), BA_OK);
	assert_int_equal(ba_msg_u64(&m, BA_TAG_EXPIRES, 7), 0x01020304);
}

static void
put_verdict(struct ba_msg_out *o, struct ba_buf *b, uint8_t family)
{
	ba_msg_begin(o, b, BA_WIRE_VERSION, BA_MSG_VERDICT);
	ba_msg_put_u8(o, BA_TAG_FAMILY, family);
	ba_msg_put_str(o, BA_TAG_USER, "alice");
	ba_msg_put_str(o, BA_TAG_SCOPE, NULL);
	ba_msg_put_str(o, BA_TAG_STATUS, "");
	ba_msg_put_u64(o, BA_TAG_EXPIRES, UINT64_C(0x0102030405060708));
}

static void
what_is_built_is_parsed(void **state)
{
	static const unsigned char expect[] = { 0, 0, 0, 31, 2, 130, 13, 0, 0,
		0, 1, 2, 3, 0, 0, 0, 5, 'a', 'l', 'i', 'c', 'e', 14, 0, 0, 0, 8,
		1, 2, 3, 4, 5, 6, 7, 8 };
	struct ba_msg_out o;
	struct ba_msg m;
	struct ba_buf b;

	(void)state;
	ba_buf_init(&b, 1000);
	assert_int_equal(ba_buf_append_str(&b, "before"), BA_OK);
	put_verdict(&o, &b, 2);
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(b.len, 6 + sizeof(expect));
	assert_memory_equal(b.p + 6, expect, sizeof(expect));
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_FETCH);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, 0x01020304);
	ba_msg_put_u32(&o, BA_TAG_TIMEOUT, 5);
	ba_msg_put_str(&o, BA_TAG_URL, "https://a.example/");
	assert_int_equal(ba_msg_end(&o), BA_OK);
	ba_buf_consume(&b, 6 + sizeof(expect));
	assert_int_equal(ba_msg_parse(b.p, b.len, &m), BA_OK);
	assert_int_equal(ba_msg_u32(&m, BA_TAG_SERIAL, 0), 0x01020304);
	ba_buf_wipe(&b);
}

/* Each error in building takes the frame off again, and only it. */
static void
a_bad_frame_is_taken_off(void **state)
{
	struct ba_msg_out o;
	struct ba_buf b;

	(void)state;
	ba_buf_init(&b, 60);
	assert_int_equal(ba_buf_append_str(&b, "before"), BA_OK);
	put_verdict(&o, &b, 6); /* no such family */
	assert_int_equal(ba_msg_end(&o), BA_ERR_PROTOCOL);
	assert_string_equal(ba_buf_str(&b), "before");
	put_verdict(&o, &b, 1);
	ba_msg_put_str(&o, BA_TAG_STATUS, "longer than this buffer can hold");
	ba_msg_put_u8(&o, BA_TAG_STYLE, 1); /* does nothing now */
	assert_int_equal(ba_msg_end(&o), BA_ERR_LIMIT);
	assert_string_equal(ba_buf_str(&b), "before");
	put_verdict(&o, &b, 1);
	ba_msg_put_str(&o, BA_TAG_USER, "bob"); /* twice */
	assert_int_equal(ba_msg_end(&o), BA_ERR_PROTOCOL);
	assert_string_equal(ba_buf_str(&b), "before");
	put_verdict(&o, &b, 1);
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(b.len, 6 + 35);
	ba_buf_wipe(&b);
	ba_buf_init(&b, 3); /* not even its head has room */
	ba_msg_begin(&o, &b, 1, BA_MSG_REPLY);
	ba_msg_put(&o, BA_TAG_TEXT, "", 0);
	assert_int_equal(ba_msg_end(&o), BA_ERR_LIMIT);
	assert_int_equal(b.len, 0);
	ba_buf_wipe(&b);
}

static void
an_empty_reply_is_a_reply(void **state)
{
	struct ba_msg_out o;
	struct ba_msg m;
	struct ba_buf b;

	(void)state;
	ba_buf_init(&b, 100);
	ba_msg_begin(&o, &b, 1, BA_MSG_REPLY);
	ba_msg_put(&o, BA_TAG_TEXT, NULL, 0);
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(ba_msg_parse(b.p, b.len, &m), BA_OK);
	assert_true(ba_msg_has(&m, BA_TAG_TEXT));
	assert_int_equal(m.field[BA_TAG_TEXT].n, 0);
	ba_buf_wipe(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_message_is_taken),
		cmocka_unit_test(a_missing_field_is_refused),
		cmocka_unit_test(a_field_of_another_message_is_refused),
		cmocka_unit_test(a_field_twice_is_refused),
		cmocka_unit_test(unknown_types_are_refused),
		cmocka_unit_test(versions),
		cmocka_unit_test(fields_since_version_2),
		cmocka_unit_test(sizes_are_judged),
		cmocka_unit_test(small_numbers_have_ranges),
		cmocka_unit_test(text_is_clean_text),
		cmocka_unit_test(an_id_is_lower_case_hex),
		cmocka_unit_test(any_other_length_is_refused),
		cmocka_unit_test(cut_fields_are_refused),
		cmocka_unit_test(every_flipped_bit_is_survived),
		cmocka_unit_test(frame_sizes),
		cmocka_unit_test(the_largest_messages_fit),
		cmocka_unit_test(getters),
		cmocka_unit_test(what_is_built_is_parsed),
		cmocka_unit_test(a_bad_frame_is_taken_off),
		cmocka_unit_test(an_empty_reply_is_a_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
