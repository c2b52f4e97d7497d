/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_VECTORS_TALLY_H
#define BA_VECTORS_TALLY_H

#include <stdbool.h>

/*
 * What came of a file's cases, and how it is told: a line of TAP, or
 *
 *	file, cases, agreed, overridden, wrong
 *
 * separated by tabs, with a last line for the total.  A case is overridden
 * where we differ from what was published because strict_overrides.json says
 * so; what is demanded of us in all other cases stands in README.md here.
 */
struct ba_tally {
	const char *file;
	unsigned cases, agreed, overridden, wrong;
};

/* Tabs, or TAP.  Before anything else. */
void ba_tally_begin(bool tsv);

/* One case: is all as it should be?  If not, why says what was seen. */
void ba_count(struct ba_tally *t, long id, bool good, const char *why);

/* The same where an override applies. */
void ba_count_overridden(
    struct ba_tally *t, long id, bool good, const char *why);

/* A defect of the file itself, or of its reading: wrong, and no case. */
void ba_count_defect(struct ba_tally *t, const char *why);

/* For people: of so many cases something more is to be said. */
void ba_note(const struct ba_tally *t, unsigned n, const char *text);

/* Tell, and add to the total. */
void ba_report(const struct ba_tally *t);

/* Tell the total; whether nothing was wrong. */
bool ba_tally_end(void);

/* Nothing can be judged any more: says so and ends the program. */
__attribute__((__noreturn__)) void ba_give_up(const char *what, const char *of);

#endif
