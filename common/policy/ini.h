/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_INI_H
#define BA_POLICY_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * The syntax of the configuration file, and nothing of its meaning:
 *
 *	file    = *line
 *	line    = *WSP [ comment / section / pair ] *WSP LF
 *	comment = "#" *any
 *	section = "[" kind *1( 1*WSP name ) "]"
 *	pair    = key *WSP "=" *WSP value
 *	key     = 1*( ALPHA-lower / DIGIT / "_" )
 *
 * A value runs to the end of its line and may hold '#' and '='; it is not
 * empty.  Lines have at most BA_INI_LINE_MAX bytes and are valid UTF-8
 * without control characters other than HTAB, nor anything else that
 * ba_sanitise() would not show; CRLF ends are taken.
 */
#define BA_INI_LINE_MAX 4096

struct ba_ini_line {
	unsigned number; /* from 1 */
	const char *section; /* set for a section line: kind … */
	const char *name; /* … and name, "" where there is none */
	const char *key; /* set for a pair */
	const char *value;
};

/*
 * Call each for every section and pair, in order; strings live during the
 * call only.  A line that breaks the syntax goes to bad, with its number and
 * a remedy, and the reading goes on.  A negative return of each ends it and
 * is handed back; otherwise BA_OK, whatever bad was told.
 */
BA_MUST_CHECK int ba_ini_parse(const void *p, size_t n,
    int (*each)(void *arg, const struct ba_ini_line *line),
    void (*bad)(void *arg, unsigned number, const char *text), void *arg);

/*
 * Are the n bytes what a line may hold: at most BA_INI_LINE_MAX, UTF-8, HTAB
 * the only control character, all of it fit to be shown?
 */
bool ba_ini_text_ok(const char *s, size_t n);

#endif
