/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_ASCII_H
#define BA_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Are the n bytes at p equal to lower, but for the case of ASCII letters?
 * lower has no capitals.  For names that a standard calls case-insensitive
 * (media types, directives, schemes); strncasecmp(3) would ask the locale,
 * which in a host is not ours.
 */
bool ba_equal_nocase(const char *p, size_t n, const char *lower);

#endif
