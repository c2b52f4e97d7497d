/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_TORTURE_H
#define BA_TESTS_TORTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * A rack for test programs: between ba_torture_begin() and ba_torture_end()
 * every allocation of the process (torture_alloc.c: ours, and those of each
 * library), and every call of a function that can fail from one object file
 * into another or into a library (torture_calls.c, by the linker's --wrap),
 * is counted; one of them fails on demand, or one and all that come after it.
 *
 * One thread.  Nothing in here allocates.
 */
enum ba_torture_kind {
	BA_TORTURE_NOTHING, /* everything is counted, and works */
	BA_TORTURE_ALLOC, /* allocations fail */
	BA_TORTURE_CALL /* calls fail */
};

struct ba_torture_plan {
	enum ba_torture_kind kind;
	unsigned long at; /* the first that fails, from 1 */
	bool later; /* … and each one behind it */
	/*
	 * Many functions have several ways to fail (0 and -1, BA_ERR_JSON and
	 * BA_ERR_NOMEM): which of them.  Those that have fewer are not
	 * counted, so that no way is taken twice.
	 */
	unsigned way;
	/* For people: the numbers of those whose makers are printed, of the
	   kind that fails. */
	const unsigned long *show;
	size_t n_show;
};

/* What may come of a failure: a set of families, as bits. */
#define BA_TORTURE_FAMILY(f) (1U << BA_FAMILY_##f)
/* Not the token's fault: memory, a library. */
#define BA_TORTURE_OURS                                                        \
	(BA_TORTURE_FAMILY(FAULT) | BA_TORTURE_FAMILY(UNAVAILABLE))
/* A rule that would say so of a token that breaks it. */
#define BA_TORTURE_ANY                                                         \
	(BA_TORTURE_OURS | BA_TORTURE_FAMILY(REFUSED) |                        \
	    BA_TORTURE_FAMILY(NOT_ALLOWED))

#define BA_TORTURE_LEFT_MAX 64

struct ba_torture_result {
	unsigned long allocs; /* that there were */
	unsigned long calls; /* … of functions with such a way to fail */
	unsigned long failed; /* of the kind that was to fail */
	const char *name; /* the first that failed: function or library */
	unsigned allowed; /* families that may come of any of them */
	/*
	 * Blocks allocated less blocks freed, meanwhile; and of the former the
	 * numbers, if there are more.
	 */
	long left;
	unsigned long left_at[BA_TORTURE_LEFT_MAX];
};

void ba_torture_begin(const struct ba_torture_plan *plan);
void ba_torture_end(struct ba_torture_result *result);

/* How many have failed so far? */
unsigned long ba_torture_failed(void);

/*
 * 1: from here on, until -1, a good token may get in although something fails,
 * for it does no harm (an explanation for people is spoilt).  Nests.
 */
void ba_torture_harmless(int by);

/* 1: from here on, until -1, calls are neither counted nor failed.  Nests. */
void ba_torture_pause(int by);

/* The functions that can be made to fail: NULL behind the last. */
struct ba_torture_site {
	const char *name;
	unsigned ways;
	unsigned long failed; /* so often since the program began */
	struct ba_torture_site *next;
};
const struct ba_torture_site *ba_torture_sites(void);

/* For torture_calls.c. */
void ba_torture_site(struct ba_torture_site *site);
/* Is this call to fail?  In the way of the plan; -1: it is not. */
int ba_torture_call(struct ba_torture_site *site);
/* It fails so that these families may come of it. */
void ba_torture_allow(unsigned families);

#endif
