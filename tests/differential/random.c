/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/*
 * RAND_METHOD is the one way into OpenSSL 3.0 that reaches every consumer:
 * RAND_set0_private() came with 3.1.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>

#include "tests/differential/random.h"

static struct diff_rng openssl;

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

void
diff_rng_begin(struct diff_rng *r, uint64_t seed, uint64_t stream)
{
	r->state = mix(seed + 1) ^ mix(~stream);
}

uint64_t
diff_random(struct diff_rng *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(r->state);
}

size_t
diff_below(struct diff_rng *r, size_t n)
{
	return (size_t)(diff_random(r) % n);
}

bool
diff_chance(struct diff_rng *r, unsigned percent)
{
	return diff_below(r, 100) < percent;
}

static int
bytes(unsigned char *p, int n)
{
	int i;

	for (i = 0; i < n; i++)
		p[i] = (unsigned char)diff_random(&openssl);
	return 1;
}

static int
status(void)
{
	return 1;
}

void
diff_rng_openssl(uint64_t seed, uint64_t stream)
{
	static const RAND_METHOD method = { NULL, bytes, NULL, NULL, bytes,
		status };

	diff_rng_begin(&openssl, ~seed, stream);
	(void)RAND_set_rand_method(&method);
}
