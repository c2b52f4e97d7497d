/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/arena.h"

struct block {
	struct block *next;
	max_align_t data[];
};

struct ba_arena {
	struct block *blocks;
};

struct ba_arena *
ba_arena_new(void)
{
	return calloc(1, sizeof(struct ba_arena));
}

void
ba_arena_free(struct ba_arena *a)
{
	struct block *b;

	if (a == NULL)
		return;
	while ((b = a->blocks) != NULL) {
		a->blocks = b->next;
		free(b);
	}
	free(a);
}

void *
ba_arena_alloc(struct ba_arena *a, size_t n, size_t size)
{
	struct block *b;

	if (size != 0 && n > (SIZE_MAX - sizeof(*b)) / size)
		return NULL;
	b = calloc(1, sizeof(*b) + n * size);
	if (b == NULL)
		return NULL;
	b->next = a->blocks;
	a->blocks = b;
	return b->data;
}

char *
ba_arena_str(struct ba_arena *a, const char *s, size_t n)
{
	char *copy;

	if (n == SIZE_MAX)
		return NULL;
	copy = ba_arena_alloc(a, n + 1, 1);
	if (copy != NULL && n > 0)
		memcpy(copy, s, n);
	return copy;
}

void *
ba_arena_grow(struct ba_arena *a, void *array, size_t n, size_t size)
{
	char *moved;

	/* Capacities are the powers of two, so none needs to be kept. */
	if (n > 0 && (n & (n - 1)) != 0)
		return array;
	if (n > SIZE_MAX / 2)
		return NULL;
	moved = ba_arena_alloc(a, n == 0 ? 1 : 2 * n, size);
	if (moved != NULL && n > 0)
		memcpy(moved, array, n * size);
	return moved;
}
