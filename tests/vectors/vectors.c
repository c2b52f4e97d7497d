/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/jose/init.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"
#include "tests/vectors/tally.h"

/*
 * Published test vectors against the rooms json and jose, the verifier and
 * the message of OAUTHBEARER.  README.md says what is asked of each file.
 * Prints TAP or, with --tsv, a table (tally.h).
 */

void
ba_wycheproof(const char *file, ba_case_fn *f, void *arg)
{
	struct ba_tally t = { .file = file };
	json_t *o = ba_source_json(file);
	const json_t *groups = json_object_get(o, "testGroups"), *group, *tests;
	size_t i, j;

	for (i = 0; i < json_array_size(groups); i++) {
		group = json_array_get(groups, i);
		tests = json_object_get(group, "tests");
		for (j = 0; j < json_array_size(tests); j++)
			f(&t, group, json_array_get(tests, j), arg);
	}
	if (json_integer_value(json_object_get(o, "numberOfTests")) != t.cases)
		ba_count_defect(&t, "not as many cases as the file says");
	ba_source_judged(file);
	ba_report(&t);
	json_decref(o);
}

int
main(int argc, char **argv)
{
	bool tsv = argc == 2 && strcmp(argv[1], "--tsv") == 0;
	const char *where;

	if (!ba_source_find(&where)) {
		/* The driver of "make check" wants the skip as text. */
		printf("%sthe vectors are not in %s\n",
		    tsv ? "skipped: " : "1..0 # SKIP ", where);
		return tsv ? 77 : 0;
	}
	ba_jose_init();
	ba_tally_begin(tsv);
	ba_read_json_suite();
	ba_read_cookbook();
	ba_read_dpop();
	ba_read_sasl();
	ba_read_tokens();
	ba_read_signatures();
	ba_read_hmac();
	ba_source_report_unread();
	return ba_tally_end() ? 0 : 1;
}
