/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/oauth/attempt.h"
#include "common/oauth/keys.h"

#define SERIAL_BYTES (BA_ATTEMPT_SERIAL_LEN / 2)
#define STAMP_MAX    (BA_ATTEMPT_SERIAL_LEN + sizeof("asking") - 1)

static const char *const words[] = { "", "asking", "done", "failed" };

/*
 * A time further away than we ever set one was set while the clock was wrong,
 * and would hold for as long as it was.
 */
static bool
is_live(const struct ba_stamp *s, int64_t now)
{
	int64_t longest =
	    s->what == BA_ATTEMPT_ASKING ? BA_KEYS_ASKING : BA_KEYS_COOLDOWN;

	return s->what != BA_ATTEMPT_NONE && s->expires > now &&
	       s->expires - now <= longest;
}

static enum ba_attempt_what
parse(const struct ba_buf *b, char serial[BA_ATTEMPT_SERIAL_LEN + 1])
{
	const char *text = ba_buf_str(b);
	enum ba_attempt_what w;

	if (b->len <= BA_ATTEMPT_SERIAL_LEN)
		return BA_ATTEMPT_NONE;
	memcpy(serial, text, BA_ATTEMPT_SERIAL_LEN);
	for (w = BA_ATTEMPT_FAILED; w > BA_ATTEMPT_NONE; w--) {
		if (strcmp(text + BA_ATTEMPT_SERIAL_LEN, words[w]) == 0)
			break;
	}
	return w;
}

void
ba_attempt_read(const struct ba_attempt *a, int64_t now, struct ba_stamp *stamp)
{
	struct ba_stamp s = { .what = BA_ATTEMPT_NONE };
	struct ba_buf b;

	ba_buf_init(&b, STAMP_MAX);
	if (a->store != NULL &&
	    ba_store_get(a->store, BA_SPACE_ATTEMPT, a->name->p, a->name->len,
		now, &b, &s.expires) == BA_OK)
		s.what = parse(&b, s.serial);
	ba_buf_wipe(&b);
	if (!is_live(&s, now))
		s = a->own;
	if (!is_live(&s, now))
		memset(&s, 0, sizeof(s));
	*stamp = s;
}

static int
put(const struct ba_attempt *a, const struct ba_stamp *s, int64_t now,
    bool unless_there)
{
	char text[STAMP_MAX + 1];
	int len;

	if (a->store == NULL)
		return BA_OK;
	len = snprintf(text, sizeof(text), "%s%s", s->serial, words[s->what]);
	return (unless_there ? ba_store_add : ba_store_put)(a->store,
	    BA_SPACE_ATTEMPT, a->name->p, a->name->len, text, (size_t)len, now,
	    s->expires, BA_REACH_SHARED);
}

static int
may_ask(const struct ba_attempt *a, int64_t now, bool forced)
{
	struct ba_stamp s;

	ba_attempt_read(a, now, &s);
	switch (s.what) {
	case BA_ATTEMPT_NONE:
		return BA_OK;
	case BA_ATTEMPT_ASKING:
		return BA_ERR_BUSY;
	case BA_ATTEMPT_DONE:
	case BA_ATTEMPT_FAILED:
		return forced ? BA_OK : BA_ERR_UNAVAIL;
	}
	return BA_ERR_INTERNAL;
}

int
ba_attempt_claim(struct ba_attempt *a, int64_t now, bool forced, bool *toldp)
{
	struct ba_stamp s = { .what = BA_ATTEMPT_ASKING,
		.expires = now + BA_KEYS_ASKING };
	unsigned char random[SERIAL_BYTES];
	int r;

	*toldp = false;
	r = may_ask(a, now, forced);
	if (r == BA_OK)
		r = ba_random(random, sizeof(random));
	if (r != BA_OK)
		return r;
	ba_hex(s.serial, random, sizeof(random));
	r = put(a, &s, now, true);
	if (r == BA_ERR_EXISTS) {
		/*
		 * Another was quicker; or what is there has ended and we are
		 * forced; or it cannot be right.
		 */
		r = may_ask(a, now, forced);
		if (r != BA_OK)
			return r;
		r = BA_ERR_EXISTS;
	}
	if (r != BA_OK)
		r = put(a, &s, now, false);
	a->own = s;
	*toldp = r == BA_OK;
	return BA_OK;
}

bool
ba_attempt_finish(struct ba_attempt *a, int64_t now, bool well)
{
	a->own.what = well ? BA_ATTEMPT_DONE : BA_ATTEMPT_FAILED;
	a->own.expires = now + BA_KEYS_COOLDOWN;
	return put(a, &a->own, now, false) == BA_OK;
}
