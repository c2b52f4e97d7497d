/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

#define FIRST_BLOCK 64

void
ba_buf_init(struct ba_buf *b, size_t max)
{
	b->p = NULL;
	b->len = 0;
	b->cap = 0;
	/* No object is larger; so that sums of lengths cannot overflow. */
	b->max = max < PTRDIFF_MAX / 2 ? max : PTRDIFF_MAX / 2;
}

void
ba_buf_wipe(struct ba_buf *b)
{
	ba_wipe_free(b->p, b->cap);
	b->p = NULL;
	b->len = 0;
	b->cap = 0;
}

void
ba_buf_clear(struct ba_buf *b)
{
	/* All of the block: reserved bytes may have been filled as well. */
	ba_wipe(b->p, b->cap);
	b->len = 0;
}

/* Make the block large enough for n more bytes and the NUL. */
static int
grow(struct ba_buf *b, size_t n)
{
	unsigned char *p;
	size_t cap, need;

	if (n > b->max || b->len > b->max - n)
		return BA_ERR_LIMIT;
	need = b->len + n + 1;
	if (need <= b->cap)
		return BA_OK;
	cap = b->cap < FIRST_BLOCK / 2 ? FIRST_BLOCK : b->cap * 2;
	if (cap < need)
		cap = need;
	if (cap > b->max + 1)
		cap = b->max + 1;
	p = malloc(cap);
	if (p == NULL)
		return BA_ERR_NOMEM;
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	p[b->len] = '\0';
	ba_wipe_free(b->p, b->cap);
	b->p = p;
	b->cap = cap;
	return BA_OK;
}

int
ba_buf_append(struct ba_buf *b, const void *p, size_t n)
{
	int r;

	if (n == 0)
		return BA_OK;
	r = grow(b, n);
	if (r != BA_OK)
		return r;
	memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
	return BA_OK;
}

int
ba_buf_append_str(struct ba_buf *b, const char *s)
{
	return ba_buf_append(b, s, strlen(s));
}

int
ba_buf_append_byte(struct ba_buf *b, unsigned char c)
{
	return ba_buf_append(b, &c, 1);
}

int
ba_buf_reserve(struct ba_buf *b, size_t n, unsigned char **pp)
{
	int r;

	*pp = NULL;
	r = grow(b, n);
	if (r == BA_OK)
		*pp = b->p + b->len;
	return r;
}

void
ba_buf_commit(struct ba_buf *b, size_t n)
{
	if (b->p == NULL || n > b->cap - 1 - b->len)
		return;
	b->len += n;
	b->p[b->len] = '\0';
}

void
ba_buf_consume(struct ba_buf *b, size_t n)
{
	if (n > b->len)
		n = b->len;
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
	ba_wipe(b->p + b->len, n);
}

void
ba_buf_truncate(struct ba_buf *b, size_t len)
{
	if (len >= b->len)
		return;
	ba_wipe(b->p + len, b->len - len);
	b->len = len;
}

const char *
ba_buf_str(const struct ba_buf *b)
{
	return b->p == NULL ? "" : (const char *)b->p;
}
