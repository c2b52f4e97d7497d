/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_DIFFERENTIAL_MUTATION_H
#define BA_TESTS_DIFFERENTIAL_MUTATION_H

#include "tests/differential/draft.h"

/*
 * One way to spoil a draft.  Its name stands in the table of explained
 * differences (explained.mjs).  Some leave a token that is good, as one does
 * that asks for a time on the good side of a boundary.
 */
enum diff_stage {
	DIFF_AT_MEMBERS, /* of d->object */
	DIFF_AT_TEXT, /* of d->text, before it is encoded */
	DIFF_AT_SEGMENTS, /* header and payload, before they are signed */
	DIFF_AT_SIGNING, /* sets d->sign */
	DIFF_AT_SIGNATURE, /* of d->text[DIFF_SIG] */
	DIFF_AT_TOKEN /* of d->token: nothing is signed any more */
};

struct diff_mutation {
	const char *name; /* NULL: behind the last */
	enum diff_stage stage;
	void (*apply)(struct diff_draft *d, const struct diff_mutation *m);
	enum diff_part part;
	const char *member; /* that apply changes, by its plain name */
	const char *const *values; /* raw JSON, NULL behind the last */
};

extern const struct diff_mutation diff_mutate_members[];
extern const struct diff_mutation diff_mutate_payload[];
extern const struct diff_mutation diff_mutate_text[];
extern const struct diff_mutation diff_mutate_signature[];

/* For tables: the member becomes one of the values; goes; comes twice. */
void diff_member_set(struct diff_draft *d, const struct diff_mutation *m);
void diff_member_drop(struct diff_draft *d, const struct diff_mutation *m);
void diff_member_twice(struct diff_draft *d, const struct diff_mutation *m);

#endif
