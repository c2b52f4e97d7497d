/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_E2E_PAM_HOST_H
#define TESTS_E2E_PAM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * All that a module could change of its host, one property a line, as text;
 * to be freed.  NULL: it cannot be read now.
 */
char *host_state(void);

/* Print each line in which two states differ; how many there are. */
int host_state_compare(
    int out, const char *when, const char *before, const char *after);

/* Counted by the host's own handlers, and part of its state. */
extern volatile int host_forks; /* pthread_atfork() handlers that ran */
extern volatile int host_signals; /* SIGCHLDs that were caught */

/*
 * Pieces of secrets, by their hashes alone, so that they are not found in the
 * memory of whoever looks for them.
 */
struct host_pieces;

#define HOST_PIECE 12 /* bytes */

struct host_pieces *host_pieces_new(void);

/* Each piece of p[0..n), at any offset, is one to look for. */
void host_pieces_add(struct host_pieces *s, const void *p, size_t n);

/*
 * Look at all memory of a process (0: this one); print where a piece was
 * found.  How many were; -1: the memory cannot be read.
 */
long host_pieces_find(const struct host_pieces *s, pid_t pid, int out);

#endif
