/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_ARENA_H
#define BA_POLICY_ARENA_H

#include <stddef.h>

/*
 * Memory that is given back all at once.  For what is built once and then
 * only read; nothing secret belongs here.
 */
struct ba_arena;

/* NULL: no memory. */
struct ba_arena *ba_arena_new(void);
void ba_arena_free(struct ba_arena *a);

/* n elements of size bytes, zeroed, aligned for anything; NULL: no memory. */
void *ba_arena_alloc(struct ba_arena *a, size_t n, size_t size);

/* A copy of the n bytes at s, with a NUL; NULL: no memory. */
char *ba_arena_str(struct ba_arena *a, const char *s, size_t n);

/*
 * Room for one more element behind the n of an array that only this function
 * has made (NULL when n is 0): the array, perhaps moved, the new element
 * zeroed.  NULL: no memory, and the old array is as it was.
 */
void *ba_arena_grow(struct ba_arena *a, void *array, size_t n, size_t size);

#endif
