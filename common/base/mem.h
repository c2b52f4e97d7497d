/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_MEM_H
#define BA_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/* Wipe n bytes in a way that no compiler removes.  p may be NULL. */
void ba_wipe(void *p, size_t n);

/* Wipe n bytes, then free.  p may be NULL. */
void ba_wipe_free(void *p, size_t n);

/* Wipe a string up to its NUL, then free.  s may be NULL. */
void ba_wipe_free_str(char *s);

/* Equal? In time that depends on n alone. */
bool ba_equal_ct(const void *a, const void *b, size_t n);

/* n random bytes from the kernel.  BA_ERR_SYSTEM if it gives none. */
BA_MUST_CHECK int ba_random(void *p, size_t n);

/* n bytes as 2 n lower-case hexadecimal digits and a NUL. */
void ba_hex(char *dst, const void *p, size_t n);

/*
 * Copy a string into dst of size dstsz, NUL included; BA_ERR_LIMIT (and an
 * empty dst) where it does not fit.  Nothing is ever cut.
 */
BA_MUST_CHECK int ba_copy_str(char *dst, size_t dstsz, const char *src);

#endif
