/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <time.h>

#include "pam/grid.h"

#define SECOND INT64_C(1000000000)
#define GRID   (BA_PAM_GRID_MS * INT64_C(1000000))

/*
 * In nanoseconds, and not by ba_clock, which counts milliseconds: rounded to
 * them, half of the failures would be a whole one late, and thousands of tries
 * would tell which half.
 */
int64_t
ba_pam_grid_now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
		return 0;
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

void
ba_pam_grid_begin(struct ba_pam_grid *g)
{
	g->start = ba_pam_grid_now();
}

void
ba_pam_grid_leave_out(struct ba_pam_grid *g, int64_t since)
{
	int64_t now = ba_pam_grid_now();

	if (g->start != 0 && since != 0 && now > since)
		g->start += now - since;
}

int64_t
ba_pam_grid_left(const struct ba_pam_grid *g, int64_t now)
{
	if (g->start == 0 || now < g->start)
		return 0;
	return (GRID - (now - g->start) % GRID) % GRID;
}

void
ba_pam_grid_wait(const struct ba_pam_grid *g)
{
	int64_t now = ba_pam_grid_now();
	int64_t until = now + ba_pam_grid_left(g, now);
	struct timespec ts = { until / SECOND, until % SECOND };

	if (until == now)
		return;
	while (
	    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		continue;
}
