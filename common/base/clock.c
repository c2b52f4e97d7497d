/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>
#include <time.h>

#include "common/base/clock.h"

static int64_t
system_wall(void *arg)
{
	struct timespec ts = { 0 };

	(void)arg;
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

static int64_t
system_mono_ms(void *arg)
{
	struct timespec ts = { 0 };

	(void)arg;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const struct ba_clock ba_clock_system = {
	.wall = system_wall,
	.mono_ms = system_mono_ms,
};

int64_t
ba_clock_wall(const struct ba_clock *c)
{
	return c->wall(c->arg);
}

int64_t
ba_clock_mono_ms(const struct ba_clock *c)
{
	return c->mono_ms(c->arg);
}
