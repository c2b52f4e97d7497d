/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/vectors/tally.h"

static bool tsv;
static unsigned lines;
static struct ba_tally total = { .file = "total" };

void
ba_tally_begin(bool tabs)
{
	tsv = tabs;
}

static void
count(struct ba_tally *t, long id, bool good, const char *why)
{
	t->cases++;
	if (good)
		return;
	t->wrong++;
	(void)fprintf(stderr, "%s: case %ld: %s\n", t->file, id, why);
}

void
ba_count(struct ba_tally *t, long id, bool good, const char *why)
{
	count(t, id, good, why);
	if (good)
		t->agreed++;
}

void
ba_count_overridden(struct ba_tally *t, long id, bool good, const char *why)
{
	count(t, id, good, why);
	if (good)
		t->overridden++;
}

void
ba_count_defect(struct ba_tally *t, const char *why)
{
	t->wrong++;
	(void)fprintf(stderr, "%s: %s\n", t->file, why);
}

/* Lines that begin with # belong to TAP, and not to a table. */
void
ba_note(const struct ba_tally *t, unsigned n, const char *text)
{
	if (n != 0)
		(void)fprintf(
		    tsv ? stderr : stdout, "# %s: %u %s\n", t->file, n, text);
}

static void
tell(const struct ba_tally *t)
{
	if (tsv)
		printf("%s\t%u\t%u\t%u\t%u\n", t->file, t->cases, t->agreed,
		    t->overridden, t->wrong);
	else
		printf("%s %u - %s: %u cases, %u agreed, %u overridden, "
		       "%u wrong\n",
		    t->wrong == 0 ? "ok" : "not ok", ++lines, t->file, t->cases,
		    t->agreed, t->overridden, t->wrong);
}

void
ba_report(const struct ba_tally *t)
{
	tell(t);
	total.cases += t->cases;
	total.agreed += t->agreed;
	total.overridden += t->overridden;
	total.wrong += t->wrong;
}

bool
ba_tally_end(void)
{
	tell(&total);
	if (!tsv)
		printf("1..%u\n", lines);
	return total.wrong == 0 && total.cases != 0 &&
	       total.agreed + total.overridden == total.cases;
}

void
ba_give_up(const char *what, const char *of)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "vectors: %s: %s\n", what, of);
	exit(99);
}
