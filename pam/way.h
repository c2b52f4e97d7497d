/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_PAM_WAY_H
#define BA_PAM_WAY_H

#include <stddef.h>

/*
 * By what a user came, from SSH_AUTH_INFO_0 as sshd puts it into PAM's
 * environment (ExposeAuthInfo of sshd_config(5)): a line for each method that
 * succeeded, its name first, and behind it what may be a key.  The names alone,
 * joined by commas, made harmless for a log line; "" where there is none.
 * As many whole names as fit; dstsz is not 0.
 */
void ba_pam_way(const char *info, char *dst, size_t dstsz);

#endif
