/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/err.h"

#include "broker/audit.h"

/*
 * The longest value shown (bytes).  With it even the longest fields leave
 * the line within BA_LOG_LINE_MAX up to the issuer, and what decides comes
 * first.
 */
#define VALUE_MAX 128

struct line {
	char text[BA_LOG_LINE_MAX];
	size_t n;
};

static void
put(struct line *l, const char *s)
{
	int n;

	n = snprintf(l->text + l->n, sizeof(l->text) - l->n, "%s", s);
	if (n < 0)
		return;
	l->n += (size_t)n;
	if (l->n >= sizeof(l->text))
		l->n = sizeof(l->text) - 1;
}

static bool
plain(const char *s)
{
	return s[0] != '\0' &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789-._~:/@%+") == strlen(s);
}

static void
put_word(struct line *l, const char *name, const char *value)
{
	char v[VALUE_MAX + 1];
	const char *quote;

	if (value == NULL)
		return;
	ba_sanitise_word(v, sizeof(v), value);
	quote = plain(v) ? "" : "\"";
	put(l, " ");
	put(l, name);
	put(l, "=");
	put(l, quote);
	put(l, v);
	put(l, quote);
}

void
ba_audit(const struct ba_log *log, const struct ba_audit *a)
{
	struct line l = { .n = 0 };
	char number[16];

	put(&l, a->kind);
	if (!a->undecided)
		put_word(&l, "verdict", ba_family_text(ba_err_family(a->err)));
	if (a->err != BA_OK) {
		put_word(&l, "error", ba_err_name(a->err));
		put_word(&l, "check", a->check);
	}
	put_word(&l, "id", a->id);
	put_word(&l, "service", a->service);
	put_word(&l, "user", a->user);
	put_word(&l, "person", a->person);
	put_word(&l, "wants", a->wants);
	snprintf(number, sizeof(number), "%u", (unsigned)a->peer);
	put_word(&l, "peer", number);
	if (a->missed > 0) {
		snprintf(number, sizeof(number), "%u", a->missed);
		put_word(&l, "unlogged", number);
	}
	put_word(&l, "rhost", a->rhost);
	put_word(&l, "tty", a->tty);
	put_word(&l, "way", a->way);
	put_word(&l, "issuer", a->issuer);
	put_word(&l, "sub", a->sub);
	ba_log(log, ba_log_level_of(a->err), "%s", l.text);
}
