/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_SCARCE_H
#define BA_TESTS_SCARCE_H

#include <stdbool.h>

/*
 * OpenSSL's memory, which comes to an end where a test wants it: so many
 * allocations are left (below 0: as many as it likes), the next one fails, and
 * unless once is set all behind it.
 */
struct ba_scarce {
	long left;
	bool once;
	bool failed; /* has one failed? */
};
extern struct ba_scarce ba_scarce;

/* Before OpenSSL is used at all.  0, or 1 for main() to return. */
int ba_scarce_openssl(void);

#endif
