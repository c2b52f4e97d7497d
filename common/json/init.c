/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/json/init.h"

/*
 * In front of each block, since free(3) is not told the size.  (What
 * malloc_usable_size(3) says is no promise, and wrong under a sanitiser.)
 */
struct block {
	size_t n; /* of data */
	max_align_t data[];
};

static void *
allocate(size_t n)
{
	struct block *b;

	if (n > SIZE_MAX - sizeof(*b))
		return NULL;
	b = malloc(sizeof(*b) + n);
	if (b == NULL)
		return NULL;
	b->n = n;
	return b->data;
}

static void
wipe_and_free(void *p)
{
	struct block *b;

	if (p == NULL)
		return;
	b = (struct block *)(void *)((char *)p - offsetof(struct block, data));
	ba_wipe_free(b, sizeof(*b) + b->n);
}

void
ba_json_init(void)
{
	/* A third function, which grows a block, would leave copies behind;
	   jansson does without one. */
	json_set_alloc_funcs(allocate, wipe_and_free);
}
