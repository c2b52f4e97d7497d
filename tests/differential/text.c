/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/differential/text.h"

void
diff_die(const char *why)
{
	(void)fprintf(stderr, "generate: %s\n", why);
	exit(99);
}

void
diff_clear(struct diff_text *t)
{
	diff_cut(t, 0, t->n);
}

void
diff_free(struct diff_text *t)
{
	free(t->p);
	memset(t, 0, sizeof(*t));
}

static void
room(struct diff_text *t, size_t n)
{
	if (t->cap - t->n > n)
		return;
	t->cap = 2 * (t->n + n) + 64;
	t->p = realloc(t->p, t->cap);
	if (t->p == NULL)
		diff_die("out of memory");
}

void
diff_insert(struct diff_text *t, size_t at, const void *p, size_t n)
{
	room(t, n);
	memmove(t->p + at + n, t->p + at, t->n - at);
	if (n > 0)
		memcpy(t->p + at, p, n);
	t->n += n;
	t->p[t->n] = '\0';
}

void
diff_put(struct diff_text *t, const void *p, size_t n)
{
	diff_insert(t, t->n, p, n);
}

void
diff_puts(struct diff_text *t, const char *s)
{
	diff_put(t, s, strlen(s));
}

void
diff_putf(struct diff_text *t, const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		diff_die("out of memory");
	va_end(ap);
	diff_puts(t, s);
	free(s);
}

void
diff_cut(struct diff_text *t, size_t at, size_t n)
{
	if (t->p == NULL || at >= t->n)
		return;
	if (n > t->n - at)
		n = t->n - at;
	memmove(t->p + at, t->p + at + n, t->n - at - n);
	t->n -= n;
	t->p[t->n] = '\0';
}

char *
diff_format(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		diff_die("out of memory");
	va_end(ap);
	return s;
}
