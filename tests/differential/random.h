/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_DIFFERENTIAL_RANDOM_H
#define BA_TESTS_DIFFERENTIAL_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Numbers that a seed decides (SplitMix64).  Each token has a stream of its
 * own, so that one can be made again without those before it.
 */
struct diff_rng {
	uint64_t state;
};

void diff_rng_begin(struct diff_rng *r, uint64_t seed, uint64_t stream);
uint64_t diff_random(struct diff_rng *r);

/* 0 … n - 1; n is not 0. */
size_t diff_below(struct diff_rng *r, size_t n);

/* True in so many of a hundred cases. */
bool diff_chance(struct diff_rng *r, unsigned percent);

/*
 * From now on OpenSSL's random numbers come from this stream too: keys and
 * signatures are then the same in every run with the same seed.
 */
void diff_rng_openssl(uint64_t seed, uint64_t stream);

#endif
