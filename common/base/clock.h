/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_CLOCK_H
#define BA_BASE_CLOCK_H

#include <stdint.h>

/*
 * Time comes from here so that a test can bring its own.  Wall time in
 * seconds since 1970 (for exp, nbf, iat and expiry in the store), monotonic
 * time in milliseconds (for deadlines).
 */
struct ba_clock {
	int64_t (*wall)(void *arg);
	int64_t (*mono_ms)(void *arg);
	void *arg;
};

/* The system's clocks. */
extern const struct ba_clock ba_clock_system;

int64_t ba_clock_wall(const struct ba_clock *c);
int64_t ba_clock_mono_ms(const struct ba_clock *c);

#endif
