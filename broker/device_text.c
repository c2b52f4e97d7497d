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

/* --- before the issuer is asked ------------------------------------------- */

/* One each line, for there is room; less than the 512 bytes that stock PAM
   hosts show of one message. */
int
ba_device_ask_text(const struct ba_device_scene *s, struct ba_buf *b)
{
	int r;

	r = ba_buf_append_str(b, "Login with a web browser");
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
	return r != BA_OK
		   ? r
		   : put_all(b,
			 "\nGo on only if this is you, and give the code to "
			 "nobody: whoever approves it\nlets this login in.\n"
			 "Press Enter to get a code: ",
			 (const char *)NULL);
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
	int x, r = BA_OK, size = qr->width + 2 * QUIET;
	bool upper, lower;

	for (x = 0; r == BA_OK && x < size; x++) {
		upper = !is_dark(qr, x, y);
		lower = y + 1 < size && !is_dark(qr, x, y + 1);
		r = ba_buf_append_str(b, block[upper][lower]);
	}
	return r == BA_OK ? ba_buf_append_byte(b, '\n') : r;
}

/* Lines that it takes. */
static int
qr_height(const QRcode *qr)
{
	return (qr->width + 2 * QUIET + 1) / 2;
}

static int
put_qr(const QRcode *qr, struct ba_buf *b)
{
	int y, r = BA_OK;

	for (y = 0; r == BA_OK && y < qr->width + 2 * QUIET; y += 2)
		r = put_rows(qr, y, b);
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

/* --- the code ------------------------------------------------------------- */

/*
 * Columns that a line takes.  Without the tables of a locale: what comes after
 * the alphabets of Europe and the near East may be two wide.
 */
static size_t
columns(const char *s, size_t n)
{
	size_t step, width = 0;
	uint32_t c;

	while ((step = ba_utf8_next(s, n, &c)) > 0) {
		width += c < 0x1100 ? 1 : 2;
		s += step;
		n -= step;
	}
	return width;
}

/* Lines on the terminal; one that is too wide takes several. */
static size_t
lines(const char *text)
{
	size_t n, total = 0;

	do {
		n = strcspn(text, "\n");
		total += 1 + (n > 0 ? (columns(text, n) - 1) / COLUMNS : 0);
		text += n + (text[n] == '\n');
	} while (*text != '\0');
	return total;
}

/* One line; ssh(1) puts more before it, and what then scrolls out of 24 lines
   first is this and not the code. */
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
put_code(const char *url, const char *code, struct ba_buf *b)
{
	int r;

	r = put_named(b, "Open ", url, 513);
	if (r == BA_OK)
		r = put_named(b, "\nand enter the code ", code, 65);
	return r;
}

static int
put_tail(const char *url, const char *code, bool press, struct ba_buf *b)
{
	int r;

	r = ba_buf_append_str(b, WARNING "\n");
	if (r == BA_OK)
		r = put_code(url, code, b);
	return r == BA_OK && press ? ba_buf_append_str(b, "\n" ENTER) : r;
}

/* auto: where all of it is in view at a time. */
static bool
is_wanted(const QRcode *qr, enum ba_qr how, const char *head, const char *tail)
{
	switch (how) {
	case BA_QR_AUTO:
		return qr->width + 2 * QUIET <= COLUMNS &&
		       lines(head) + (size_t)qr_height(qr) + lines(tail) <=
			   LINES;
	case BA_QR_YES:
		return true;
	case BA_QR_NO:
		break;
	}
	return false;
}

/* Nothing where no code is to be drawn, or none can be. */
static int
put_picture(const char *text, enum ba_qr how, const char *head,
    const char *tail, struct ba_buf *b)
{
	struct ba_buf picture;
	QRcode *qr;
	int r = BA_OK;

	if (how == BA_QR_NO || text == NULL || text[0] == '\0')
		return BA_OK;
	/* Level L has the fewest modules; a screen does not get dirty. */
	qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
	if (qr == NULL)
		return BA_OK;
	ba_buf_init(&picture, BA_WIRE_TEXT_MAX - strlen(head) - strlen(tail));
	if (is_wanted(qr, how, head, tail))
		r = put_qr(qr, &picture);
	if (r == BA_OK)
		r = ba_buf_append(b, ba_buf_str(&picture), picture.len);
	ba_buf_wipe(&picture);
	free_qr(qr);
	/* Half a code is none, and one message is all that there is. */
	return r == BA_ERR_LIMIT ? BA_OK : r;
}

int
ba_device_code_text(const struct ba_device_scene *s, const char *url,
    const char *code, const char *qr_text, enum ba_qr qr, bool press,
    struct ba_buf *b)
{
	struct ba_buf head, tail;
	int r;

	ba_buf_init(&head, 1024);
	ba_buf_init(&tail, 1024);
	r = put_head(s, &head);
	if (r == BA_OK)
		r = put_tail(url, code, press, &tail);
	if (r == BA_OK)
		r = ba_buf_append(b, ba_buf_str(&head), head.len);
	if (r == BA_OK)
		r = put_picture(
		    qr_text, qr, ba_buf_str(&head), ba_buf_str(&tail), b);
	if (r == BA_OK)
		r = ba_buf_append(b, ba_buf_str(&tail), tail.len);
	ba_buf_wipe(&head);
	ba_buf_wipe(&tail);
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
