/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <qrencode.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/wire/message.h"

#include "broker/device_text.h"

#define COLUMNS 80
#define LINES   24
#define QUIET   4 /* modules around the code (ISO/IEC 18004) */

/* Of what others have chosen, so that it leaves room for the rest. */
#define HOST_MAX    64
#define USER_MAX    32
#define ADDRESS_MAX 46 /* the longest IPv6 address, and its NUL */

/* Of "(user@host) " the host at least, for the client may know us by a longer
   name than our own, or by an address. */
#define CLIENT_HOST 40

#define GAP        2 /* columns between a picture and what stands beside it */
#define TOP        2 /* lines of a picture above that */
#define BESIDE_MIN 30 /* columns: in fewer nobody reads */

#define TITLE   "Login with a web browser"
#define ENTER   "Press Enter when done: "
#define WARNING "Only approve a login that you have begun yourself, just now."

/* --- pieces of text ------------------------------------------------------- */

/* Appended, sanitised, and cut to less than size bytes, at a character. */
static int
put_clean(struct ba_buf *b, const char *s, size_t size)
{
	char text[512];

	ba_sanitise(
	    text, size < sizeof(text) ? size : sizeof(text), s, strlen(s));
	return ba_buf_append_str(b, text);
}

static int
put_named(struct ba_buf *b, const char *name, const char *s, size_t size)
{
	int r;

	if (s == NULL || s[0] == '\0')
		return BA_OK;
	r = ba_buf_append_str(b, name);
	return r == BA_OK ? put_clean(b, s, size) : r;
}

/* UTC, and without the locale of anybody. */
static int
put_time(struct ba_buf *b, const char *before, int64_t now)
{
	time_t t = (time_t)now;
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return BA_ERR_INTERNAL;
	snprintf(text, sizeof(text), "%s%04d-%02d-%02d %02d:%02d UTC", before,
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min);
	return ba_buf_append_str(b, text);
}

/* All of these in their order; NULL ends them. */
static int
put_all(struct ba_buf *b, ...)
{
	const char *s;
	va_list ap;
	int r = BA_OK;

	va_start(ap, b);
	while (r == BA_OK && (s = va_arg(ap, const char *)) != NULL)
		r = ba_buf_append_str(b, s);
	va_end(ap);
	return r;
}

/* One each line, where there is room. */
static int
put_scene(const struct ba_device_scene *s, struct ba_buf *b)
{
	int r;

	r = ba_buf_append_str(b, TITLE);
	if (r == BA_OK)
		r = put_named(b, "\n  to:   ", s->host, HOST_MAX);
	if (r == BA_OK)
		r = put_named(b, "\n  for:  ", s->service, HOST_MAX + 1);
	if (r == BA_OK)
		r = put_named(b, "\n  as:   ", s->user, USER_MAX + 1);
	if (r == BA_OK)
		r = put_named(b, "\n  from: ", s->rhost, ADDRESS_MAX);
	if (r == BA_OK && s->rhost == NULL)
		r = put_named(b, "\n  on:   ", s->tty, ADDRESS_MAX);
	if (r == BA_OK)
		r = put_time(b, "\n  at:   ", s->now);
	return r;
}

/* --- before the issuer is asked ------------------------------------------- */

/* Less than the 512 bytes that stock PAM hosts show of one message. */
int
ba_device_ask_text(const struct ba_device_scene *s, struct ba_buf *b)
{
	int r = put_scene(s, b);

	return r != BA_OK
		   ? r
		   : put_all(b,
			 "\nGo on only if this is you, and give the code to "
			 "nobody: whoever approves it\nlets this login in.\n"
			 "Press Enter to get a code: ",
			 (const char *)NULL);
}

/* --- columns and lines ---------------------------------------------------- */

/* Without the tables of a locale: what comes after the alphabets of Europe and
   the near East may be two wide. */
static size_t
columns_of(uint32_t c)
{
	return c < 0x1100 ? 1 : 2;
}

/* How many of n bytes go into that many columns. */
static size_t
bytes_within(const char *s, size_t n, size_t columns)
{
	size_t step, at = 0;
	uint32_t c;

	while ((step = ba_utf8_next(s + at, n - at, &c)) > 0 &&
	       columns_of(c) <= columns) {
		columns -= columns_of(c);
		at += step;
	}
	return at;
}

/* The same for the first line of s, which breaks at a blank if it can. */
static size_t
line_within(const char *s, size_t columns)
{
	size_t all = strcspn(s, "\n"), n = bytes_within(s, all, columns), i;

	for (i = n; n < all && i > 0; i--)
		if (s[i] == ' ')
			return i;
	return n;
}

static const char *
next_line(const char *s, size_t columns)
{
	s += line_within(s, columns);
	return s + (*s == ' ' || *s == '\n');
}

/* Lines on the terminal, where so many columns of the first are taken; one that
   is too wide takes several. */
static size_t
count_lines(const char *text, size_t taken)
{
	size_t n, part, more, total = 0;

	if (*text == '\0')
		return 0;
	do {
		total += 1 + taken / COLUMNS;
		n = strcspn(text, "\n");
		part = bytes_within(text, n, COLUMNS - taken % COLUMNS);
		for (; part < n; total++) {
			more = bytes_within(text + part, n - part, COLUMNS);
			part += more > 0 ? more : 1;
		}
		text += n + (text[n] == '\n');
		taken = 0;
	} while (*text != '\0');
	return total;
}

/* --- the QR code ---------------------------------------------------------- */

/* Is there a dark module at x, y, counted with the quiet zone? */
static bool
is_dark(const QRcode *qr, int x, int y)
{
	x -= QUIET;
	y -= QUIET;
	if (x < 0 || y < 0 || x >= qr->width || y >= qr->width)
		return false;
	return (qr->data[y * qr->width + x] & 1) != 0;
}

static int
qr_columns(const QRcode *qr)
{
	return qr->width + 2 * QUIET;
}

/* Lines that it takes. */
static int
qr_lines(const QRcode *qr)
{
	return (qr_columns(qr) + 1) / 2;
}

/*
 * Two rows of modules in one line.  What is drawn is light: most terminals are
 * dark, and there the quiet zone must be drawn too; on a light one the code is
 * inverted, which readers know.  Below the last row there is nothing.
 */
static int
put_rows(const QRcode *qr, int y, struct ba_buf *b)
{
	static const char *const block[2][2] = {
		{ " ", "\xe2\x96\x84" }, /* none, lower half */
		{ "\xe2\x96\x80", "\xe2\x96\x88" } /* upper half, both */
	};
	int x, r = BA_OK, size = qr_columns(qr);
	bool upper, lower;

	for (x = 0; r == BA_OK && x < size; x++) {
		upper = !is_dark(qr, x, y);
		lower = y + 1 < size && !is_dark(qr, x, y + 1);
		r = ba_buf_append_str(b, block[upper][lower]);
	}
	return r;
}

/* Columns that are left beside it. */
static size_t
room_beside(const QRcode *qr)
{
	int taken = qr_columns(qr) + GAP;

	return taken < COLUMNS ? (size_t)(COLUMNS - taken) : 0;
}

static int
put_beside(const char *text, size_t room, struct ba_buf *b)
{
	int r;

	if (*text == '\0')
		return BA_OK;
	r = ba_buf_append(b, "    ", GAP);
	return r == BA_OK ? ba_buf_append(b, text, line_within(text, room)) : r;
}

static int
put_qr(const QRcode *qr, const char *beside, struct ba_buf *b)
{
	size_t room = room_beside(qr);
	int i, r = BA_OK;

	for (i = 0; r == BA_OK && i < qr_lines(qr); i++) {
		r = put_rows(qr, 2 * i, b);
		if (r == BA_OK && i >= TOP) {
			r = put_beside(beside, room, b);
			beside = next_line(beside, room);
		}
		if (r == BA_OK)
			r = ba_buf_append_byte(b, '\n');
	}
	return r;
}

/* What it holds may be as good as the code. */
static void
free_qr(QRcode *qr)
{
	if (qr == NULL)
		return;
	ba_wipe(qr->data, (size_t)qr->width * (size_t)qr->width);
	QRcode_free(qr);
}

/* NULL: there is to be none, or none can be made. */
static QRcode *
make_qr(const char *text, enum ba_qr how)
{
	if (how == BA_QR_NO || text == NULL || text[0] == '\0')
		return NULL;
	/* Level L has the fewest modules; a screen does not get dirty. */
	return QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
}

/* --- the code ------------------------------------------------------------- */

/*
 * Where the words stand, if there is a picture: before it in one line; or, for
 * one that would then be too high, beside it.
 */
struct sheet {
	struct ba_buf before; /* ends its line */
	struct ba_buf beside;
	struct ba_buf after;
	size_t taken; /* columns of the first line, by what the client adds */
	bool press;
};

static void
sheet_init(struct sheet *t, const struct ba_device_scene *s, bool press)
{
	size_t host = strnlen(s->host, HOST_MAX);
	size_t user = strnlen(s->user, USER_MAX);

	ba_buf_init(&t->before, 1024);
	ba_buf_init(&t->beside, 1024);
	ba_buf_init(&t->after, 1024);
	/* ssh(1): "(user@host) " */
	t->taken =
	    press ? user + (host > CLIENT_HOST ? host : CLIENT_HOST) + 4 : 0;
	t->press = press;
}

static void
sheet_wipe(struct sheet *t)
{
	ba_buf_wipe(&t->before);
	ba_buf_wipe(&t->beside);
	ba_buf_wipe(&t->after);
}

static int
put_code(const char *url, const char *code, struct ba_buf *b)
{
	int r;

	r = put_named(b, "Open ", url, 513);
	if (r == BA_OK)
		r = put_named(b, "\nand enter the code ", code, 65);
	return r;
}

static int
put_head(const struct ba_device_scene *s, struct ba_buf *b)
{
	int r;

	r = put_named(b, "Login to ", s->host, HOST_MAX);
	if (r == BA_OK)
		r = put_named(b, " for ", s->service, HOST_MAX + 1);
	if (r == BA_OK)
		r = put_named(b, " as ", s->user, USER_MAX + 1);
	if (r == BA_OK)
		r = put_named(b, " from ", s->rhost, ADDRESS_MAX);
	if (r == BA_OK)
		r = put_time(b, ", ", s->now);
	return r == BA_OK ? ba_buf_append_byte(b, '\n') : r;
}

static int
write_above(struct sheet *t, const struct ba_device_scene *s, const char *url,
    const char *code)
{
	int r;

	r = put_head(s, &t->before);
	if (r == BA_OK)
		r = ba_buf_append_str(&t->after, WARNING "\n");
	if (r == BA_OK)
		r = put_code(url, code, &t->after);
	if (r == BA_OK && t->press)
		r = ba_buf_append_str(&t->after, "\n" ENTER);
	return r;
}

/* As few lines as can be: ssh(1) gets one for what it puts before a prompt. */
static int
write_beside(struct sheet *t, const struct ba_device_scene *s, const char *url,
    const char *code)
{
	int r = BA_OK;

	if (t->press)
		r = ba_buf_append_str(&t->before, "Scan this, or read on:\n");
	if (r == BA_OK)
		r = put_scene(s, &t->beside);
	if (r == BA_OK)
		r = ba_buf_append_str(&t->beside, "\n\n" WARNING);
	if (r == BA_OK)
		r = put_code(url, code, &t->after);
	if (r == BA_OK && t->press)
		r = ba_buf_append_str(&t->after, ".  " ENTER);
	return r;
}

static bool
fits_beside(const char *text, const QRcode *qr)
{
	size_t room = room_beside(qr);
	int i;

	if (*text == '\0')
		return true;
	for (i = TOP; room >= BESIDE_MIN && i < qr_lines(qr); i++) {
		text = next_line(text, room);
		if (*text == '\0')
			return true;
	}
	return false;
}

/* Is all of it in view at a time?  Below a text that is no prompt stands the
   cursor. */
static bool
fits(const struct sheet *t, const QRcode *qr)
{
	size_t total = (size_t)qr_lines(qr) + (t->press ? 0 : 1);

	total += count_lines(ba_buf_str(&t->before), t->taken);
	total += count_lines(ba_buf_str(&t->after), 0);
	return total <= LINES && qr_columns(qr) <= COLUMNS &&
	       fits_beside(ba_buf_str(&t->beside), qr);
}

/* Half a picture is none, and one message is all that there is. */
static int
put_picture(const struct sheet *t, const QRcode *qr, struct ba_buf *b)
{
	struct ba_buf picture;
	int r;

	ba_buf_init(&picture, BA_WIRE_TEXT_MAX - t->before.len - t->after.len);
	r = put_qr(qr, ba_buf_str(&t->beside), &picture);
	if (r == BA_OK)
		r = ba_buf_append(b, ba_buf_str(&picture), picture.len);
	else if (r == BA_ERR_LIMIT)
		r = BA_OK;
	ba_buf_wipe(&picture);
	return r;
}

static int
put_sheet(const struct sheet *t, const QRcode *qr, struct ba_buf *b)
{
	int r;

	r = ba_buf_append(b, ba_buf_str(&t->before), t->before.len);
	if (r == BA_OK && qr != NULL)
		r = put_picture(t, qr, b);
	if (r == BA_OK)
		r = ba_buf_append(b, ba_buf_str(&t->after), t->after.len);
	return r;
}

static int
choose(const struct sheet *above, const struct sheet *beside, const QRcode *qr,
    enum ba_qr how, struct ba_buf *b)
{
	if (qr == NULL || fits(above, qr))
		return put_sheet(above, qr, b);
	if (fits(beside, qr))
		return put_sheet(beside, qr, b);
	return put_sheet(above, how == BA_QR_YES ? qr : NULL, b);
}

int
ba_device_code_text(const struct ba_device_scene *s, const char *url,
    const char *code, const char *qr_text, enum ba_qr how, bool press,
    struct ba_buf *b)
{
	struct sheet above, beside;
	QRcode *qr = NULL;
	int r;

	sheet_init(&above, s, press);
	sheet_init(&beside, s, press);
	r = write_above(&above, s, url, code);
	if (r == BA_OK)
		r = write_beside(&beside, s, url, code);
	if (r == BA_OK) {
		qr = make_qr(qr_text, how);
		r = choose(&above, &beside, qr, how, b);
	}
	free_qr(qr);
	sheet_wipe(&above);
	sheet_wipe(&beside);
	return r;
}

int
ba_device_again_text(const char *url, const char *code, struct ba_buf *b)
{
	int r;

	r = ba_buf_append_str(b, "This login is not approved yet.\n");
	if (r == BA_OK)
		r = put_code(url, code, b);
	return r == BA_OK ? ba_buf_append_str(b, "\n" ENTER) : r;
}
