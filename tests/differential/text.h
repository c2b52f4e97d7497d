/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_DIFFERENTIAL_TEXT_H
#define BA_TESTS_DIFFERENTIAL_TEXT_H

#include <stddef.h>

/*
 * Bytes that grow, always followed by a NUL that n does not count.  A zeroed
 * struct is empty.  Where memory is not to be had the program ends.
 */
struct diff_text {
	char *p;
	size_t n, cap;
};

void diff_clear(struct diff_text *t);
void diff_free(struct diff_text *t);
void diff_put(struct diff_text *t, const void *p, size_t n);
void diff_puts(struct diff_text *t, const char *s);
void diff_putf(struct diff_text *t, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* n bytes at p go in before the byte number at; at may be t->n. */
void diff_insert(struct diff_text *t, size_t at, const void *p, size_t n);

/* n bytes go, from the byte number at on, or what there is of them. */
void diff_cut(struct diff_text *t, size_t at, size_t n);

/* A new string, for free(). */
char *diff_format(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

void diff_die(const char *why) __attribute__((__noreturn__));

#endif
