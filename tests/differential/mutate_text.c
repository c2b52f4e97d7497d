/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/differential/mutation.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct piece {
	const char *p;
	size_t n;
};

#define PIECE(s)                                                               \
	{                                                                      \
		(s), sizeof(s) - 1                                             \
	}

static const struct piece *
pick(struct diff_draft *d, const struct piece *pieces, size_t n)
{
	return &pieces[diff_below(&d->rng, n)];
}

#define PICK(d, pieces) pick((d), (pieces), COUNT(pieces))

static void
insert(struct diff_text *t, size_t at, const struct piece *piece)
{
	diff_insert(t, at, piece->p, piece->n);
}

/* --- JSON text ------------------------------------------------------------ */

static void
byte_order_mark(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_insert(&d->text[m->part], 0, "\xef\xbb\xbf", 3);
}

static void
utf16(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part], wide = { NULL, 0, 0 };
	bool little = diff_chance(&d->rng, 50);
	size_t i;

	if (diff_chance(&d->rng, 50))
		diff_put(&wide, little ? "\xff\xfe" : "\xfe\xff", 2);
	for (i = 0; i < t->n; i++) {
		diff_put(&wide, little ? t->p + i : "", 1);
		diff_put(&wide, little ? "" : t->p + i, 1);
	}
	diff_free(t);
	*t = wide;
}

static void
around(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE(" "), PIECE("\n"),
		PIECE("\t\r\n "), PIECE("\v"), PIECE("\f"), PIECE("\xc2\xa0"),
		PIECE("\0"), PIECE("}"), PIECE("{}"), PIECE(","), PIECE("x"),
		PIECE("\x80"), PIECE("/**/"), PIECE("//"), PIECE("null"),
		PIECE("\xe2\x80\xa8"), PIECE("#"), PIECE("\x1a") };
	struct diff_text *t = &d->text[m->part];

	insert(t, diff_chance(&d->rng, 30) ? 0 : t->n, PICK(d, pieces));
}

/* Behind a quotation mark, which opens a string or ends one. */
static void
inside(struct diff_draft *d, const struct piece *piece, enum diff_part part)
{
	struct diff_text *t = &d->text[part];
	size_t i, at = diff_below(&d->rng, t->n + 1);

	for (i = 0; i < t->n; i++, at = at + 1 < t->n ? at + 1 : 0)
		if (t->p[at] == '"')
			break;
	insert(t, at + 1 <= t->n ? at + 1 : t->n, piece);
}

static void
invalid_utf8(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE("\x80"), PIECE("\xff"),
		PIECE("\xc0\x80"), PIECE("\xc0\xaf"), PIECE("\xe0\x80\x80"),
		PIECE("\xed\xa0\x80"), PIECE("\xed\xb0\x80"), PIECE("\xc3"),
		PIECE("\xf4\x90\x80\x80"), PIECE("\xf8\x88\x80\x80\x80"),
		PIECE("\xe2\x82"), PIECE("\xf0\x9f\x90") };

	inside(d, PICK(d, pieces), m->part);
}

static void
control(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE("\0"), PIECE("\n"),
		PIECE("\t"), PIECE("\x01"), PIECE("\x1f"), PIECE("\x7f"),
		PIECE("\xc2\x80"), PIECE("\\"), PIECE("\\x41"), PIECE("\\'"),
		PIECE("\\u12"), PIECE("\\U0041"), PIECE("\\0") };

	inside(d, PICK(d, pieces), m->part);
}

static void
not_an_object(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE(""), PIECE("[]"),
		PIECE("\"\""), PIECE("null"), PIECE("1"), PIECE("true"),
		PIECE("{}"), PIECE(" "), PIECE("[{}]"), PIECE("{"),
		PIECE("\"{}\"") };
	struct diff_text *t = &d->text[m->part];
	const struct piece *piece = PICK(d, pieces);

	if (diff_chance(&d->rng, 20)) {
		diff_insert(t, 0, "[", 1);
		diff_puts(t, "]");
		return;
	}
	diff_clear(t);
	diff_put(t, piece->p, piece->n);
}

/* One character of the grammar too many, too few, or another. */
static void
grammar(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE(","), PIECE(",,"),
		PIECE("'"), PIECE(";"), PIECE("="), PIECE("True"), PIECE("{"),
		PIECE("]"), PIECE("\""), PIECE(":"), PIECE(" "),
		PIECE("/* */") };
	struct diff_text *t = &d->text[m->part];
	size_t i, at = diff_below(&d->rng, t->n + 1);

	for (i = 0; i < t->n; i++, at = at + 1 < t->n ? at + 1 : 0)
		if (strchr("{},:\"", t->p[at]) != NULL)
			break;
	if (diff_chance(&d->rng, 60))
		diff_cut(t, at, 1);
	if (diff_chance(&d->rng, 60) && at <= t->n)
		insert(t, at, PICK(d, pieces));
}

static void
cut_text(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];

	if (t->n > 0)
		diff_cut(t, diff_below(&d->rng, t->n), t->n);
}

static void
flip(struct diff_draft *d, struct diff_text *t)
{
	if (t->n > 0)
		t->p[diff_below(&d->rng, t->n)] ^=
		    (char)(1U << diff_below(&d->rng, 8));
}

static void
flip_text(struct diff_draft *d, const struct diff_mutation *m)
{
	flip(d, &d->text[m->part]);
}

/* A digit or a letter becomes another one: the grammar mostly holds. */
static void
change_text(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char chars[] = "0123456789abcdeuxADEZ-_+./:\\\" ";
	struct diff_text *t = &d->text[m->part];

	if (t->n > 0)
		t->p[diff_below(&d->rng, t->n)] =
		    chars[diff_below(&d->rng, sizeof(chars) - 1)];
}

/* --- segments, signed or not ---------------------------------------------- */

/* Where segment number part stands in the token. */
static size_t
find_segment(const struct diff_text *token, enum diff_part part, size_t *np)
{
	size_t at = 0;
	const char *dot;

	for (;; part--) {
		dot = memchr(token->p + at, '.', token->n - at);
		*np = (dot == NULL ? token->n : (size_t)(dot - token->p)) - at;
		if (part == DIFF_HEADER || dot == NULL)
			return at;
		at += *np + 1;
	}
}

struct place { /* a segment, by itself or in the token */
	struct diff_text *t;
	size_t at, n;
};

static struct place
place_of(struct diff_draft *d, const struct diff_mutation *m)
{
	struct place where = { &d->segment[m->part], 0, d->segment[m->part].n };

	if (m->stage == DIFF_AT_TOKEN) {
		where.t = &d->token;
		where.at = find_segment(&d->token,
		    (enum diff_part)diff_below(&d->rng, 3), &where.n);
	}
	return where;
}

static void
padding(struct diff_draft *d, const struct diff_mutation *m)
{
	struct place w = place_of(d, m);
	size_t right = (4 - w.n % 4) % 4;

	diff_insert(w.t, w.at + w.n, "====",
	    diff_chance(&d->rng, 70) && right > 0 ? right
						  : 1 + diff_below(&d->rng, 3));
}

static void
other_alphabet(struct diff_draft *d, const struct diff_mutation *m)
{
	struct place w = place_of(d, m);
	size_t i;

	for (i = w.at; i < w.at + w.n; i++) {
		if (w.t->p[i] == '-')
			w.t->p[i] = '+';
		else if (w.t->p[i] == '_')
			w.t->p[i] = '/';
	}
}

/* The bits that the last character has too many. */
static void
trailing_bits(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	struct place w = place_of(d, m);
	unsigned spare = w.n % 4 == 2 ? 15 : w.n % 4 == 3 ? 3 : 0;
	const char *c;
	char *last;

	if (spare == 0)
		return;
	last = &w.t->p[w.at + w.n - 1];
	c = strchr(chars, *last);
	if (c != NULL)
		*last = chars[(size_t)(c - chars) |
			      (1 + diff_below(&d->rng, spare))];
}

static void
blank(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE(" "), PIECE("\n"),
		PIECE("\t"), PIECE("\r\n"), PIECE("\f"), PIECE("\v"),
		PIECE("\0") };
	struct place w = place_of(d, m);

	insert(w.t, w.at + diff_below(&d->rng, w.n + 1), PICK(d, pieces));
}

static void
foreign(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE("*"), PIECE("%20"),
		PIECE("\x80"), PIECE("\xc3\xa4"), PIECE(","), PIECE("A"),
		PIECE("AAAA"), PIECE("~"), PIECE("="), PIECE("\"") };
	struct place w = place_of(d, m);

	insert(w.t, w.at + diff_below(&d->rng, w.n + 1), PICK(d, pieces));
}

static void
empty(struct diff_draft *d, const struct diff_mutation *m)
{
	struct place w = place_of(d, m);

	diff_cut(w.t, w.at, w.n);
}

/* --- the token ------------------------------------------------------------ */

static void
dots(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece pieces[] = { PIECE("."), PIECE(".."),
		PIECE(".AAAA"), PIECE(".AAAA.AAAA"), PIECE("AAAA.") };
	size_t n, at;

	(void)m;
	if (diff_chance(&d->rng, 30)) { /* two segments */
		at = find_segment(&d->token, DIFF_SIG, &n);
		if (at > 0)
			diff_cut(&d->token, at - 1,
			    diff_chance(&d->rng, 50) ? 1 : n + 1);
		return;
	}
	at = diff_chance(&d->rng, 30)   ? 0
	     : diff_chance(&d->rng, 50) ? d->token.n
					: diff_below(&d->rng, d->token.n + 1);
	insert(&d->token, at, PICK(d, pieces));
}

static void
wrapped(struct diff_draft *d, const struct diff_mutation *m)
{
	static const struct piece before[] = { PIECE("Bearer "), PIECE(" "),
		PIECE("\n"), PIECE("\""), PIECE("\xef\xbb\xbf"), PIECE("\0") };
	static const struct piece after[] = { PIECE("\n"), PIECE(" "),
		PIECE("\r\n"), PIECE("\0"), PIECE("\""), PIECE("="),
		PIECE("\xff") };

	(void)m;
	if (diff_chance(&d->rng, 40))
		insert(&d->token, 0, PICK(d, before));
	else
		insert(&d->token, d->token.n, PICK(d, after));
}

/* RFC 7515 section 7.2.2: the same in JSON. */
static void
flattened(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text t = { NULL, 0, 0 };

	(void)m;
	diff_putf(&t,
	    "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}",
	    d->segment[DIFF_HEADER].p, d->segment[DIFF_PAYLOAD].p,
	    d->segment[DIFF_SIG].p);
	diff_free(&d->token);
	d->token = t;
}

static void
cut_token(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->token;

	(void)m;
	if (t->n == 0)
		return;
	if (diff_chance(&d->rng, 50))
		diff_cut(t, t->n - 1 - diff_below(&d->rng, 4) % t->n, t->n);
	else
		diff_cut(t, diff_below(&d->rng, t->n), t->n);
}

static void
flip_token(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char chars[] = "ABCXYZabcxyz0189-_";
	struct diff_text *t = &d->token;

	(void)m;
	if (diff_chance(&d->rng, 50))
		flip(d, t);
	else if (t->n > 0)
		t->p[diff_below(&d->rng, t->n)] =
		    chars[diff_below(&d->rng, sizeof(chars) - 1)];
}

static void
swapped(struct diff_draft *d, const struct diff_mutation *m)
{
	static const enum diff_part orders[][3] = {
		{ DIFF_PAYLOAD, DIFF_HEADER, DIFF_SIG },
		{ DIFF_HEADER, DIFF_SIG, DIFF_PAYLOAD },
		{ DIFF_SIG, DIFF_PAYLOAD, DIFF_HEADER },
		{ DIFF_HEADER, DIFF_HEADER, DIFF_SIG },
		{ DIFF_PAYLOAD, DIFF_PAYLOAD, DIFF_SIG },
		{ DIFF_HEADER, DIFF_PAYLOAD, DIFF_PAYLOAD },
	};
	const enum diff_part *order =
	    orders[diff_below(&d->rng, COUNT(orders))];
	size_t i;

	(void)m;
	diff_clear(&d->token);
	for (i = 0; i < 3; i++) {
		diff_puts(&d->token, i == 0 ? "" : ".");
		diff_put(
		    &d->token, d->segment[order[i]].p, d->segment[order[i]].n);
	}
}

#define BOTH(name, stage, apply)                                               \
	{ "header-" name, stage, apply, DIFF_HEADER, NULL, NULL },             \
	{                                                                      \
		"payload-" name, stage, apply, DIFF_PAYLOAD, NULL, NULL        \
	}
#define TOKEN(name, apply)                                                     \
	{                                                                      \
		"token-" name, DIFF_AT_TOKEN, apply, DIFF_HEADER, NULL, NULL   \
	}

const struct diff_mutation diff_mutate_text[] = {
	BOTH("bom", DIFF_AT_TEXT, byte_order_mark),
	BOTH("utf16", DIFF_AT_TEXT, utf16),
	BOTH("around", DIFF_AT_TEXT, around),
	BOTH("utf8", DIFF_AT_TEXT, invalid_utf8),
	BOTH("control", DIFF_AT_TEXT, control),
	BOTH("no-object", DIFF_AT_TEXT, not_an_object),
	BOTH("grammar", DIFF_AT_TEXT, grammar),
	BOTH("cut", DIFF_AT_TEXT, cut_text),
	BOTH("flip", DIFF_AT_TEXT, flip_text),
	BOTH("change", DIFF_AT_TEXT, change_text),
	BOTH("padding", DIFF_AT_SEGMENTS, padding),
	BOTH("alphabet", DIFF_AT_SEGMENTS, other_alphabet),
	BOTH("bits", DIFF_AT_SEGMENTS, trailing_bits),
	BOTH("blank", DIFF_AT_SEGMENTS, blank),
	BOTH("foreign", DIFF_AT_SEGMENTS, foreign),
	BOTH("empty", DIFF_AT_SEGMENTS, empty),
	TOKEN("padding", padding),
	TOKEN("alphabet", other_alphabet),
	TOKEN("bits", trailing_bits),
	TOKEN("blank", blank),
	TOKEN("foreign", foreign),
	TOKEN("empty", empty),
	TOKEN("dots", dots),
	TOKEN("wrapped", wrapped),
	TOKEN("flattened", flattened),
	TOKEN("cut", cut_token),
	TOKEN("flip", flip_token),
	TOKEN("swapped", swapped),
	{ NULL, DIFF_AT_TEXT, NULL, DIFF_HEADER, NULL, NULL },
};
