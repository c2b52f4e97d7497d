/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_GRID_H
#define BA_PAM_GRID_H

#include <stdint.h>

/*
 * How long a failure takes must not tell of what it failed: that there is no
 * such user, or that a token was read as far as this or that check (PM-03).
 * So failures are released at whole multiples of BA_PAM_GRID_MS, counted from
 * when the token was complete; the time that its user took to answer further
 * prompts is left out, for whoever measures knows it.
 */
#define BA_PAM_GRID_MS 50

/* Zeroed: not begun, and nothing waits. */
struct ba_pam_grid {
	int64_t start; /* mono ns */
};

/* Mono ns; 0 where there is no clock. */
int64_t ba_pam_grid_now(void);

/* The token is complete. */
void ba_pam_grid_begin(struct ba_pam_grid *g);

/* The user was asked something since then, and answers now. */
void ba_pam_grid_leave_out(struct ba_pam_grid *g, int64_t since);

/* ns from now to the next point of the grid: 0 to 50 ms, exclusive. */
int64_t ba_pam_grid_left(const struct ba_pam_grid *g, int64_t now);

/* Wait until then, whatever signals the host gets. */
void ba_pam_grid_wait(const struct ba_pam_grid *g);

#endif
