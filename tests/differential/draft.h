/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_DIFFERENTIAL_DRAFT_H
#define BA_TESTS_DIFFERENTIAL_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/differential/random.h"
#include "tests/differential/setup.h"
#include "tests/differential/text.h"

/*
 * A token in the making.  It begins as a good one of a random shape; at each
 * stage mutations may put their hands on what is there by then.
 */

#define DIFF_MEMBERS_MAX 128

/* A member of a JSON object: raw JSON text, the name with its quotes. */
struct diff_member {
	char *name, *value;
};

struct diff_object {
	struct diff_member m[DIFF_MEMBERS_MAX];
	size_t n;
};

enum diff_part { DIFF_HEADER, DIFF_PAYLOAD, DIFF_SIG };

struct diff_draft {
	struct diff_rng rng;
	const struct diff_setup *setup;
	const struct diff_service *service;
	const struct diff_issuer *issuer;
	const struct diff_key *key;
	enum ba_alg alg; /* one bit: what it is signed by */
	int64_t now;
	char *url; /* iss */
	char *tenant; /* or NULL */
	char *audience; /* one of those that are taken */
	char *client;

	struct diff_object object[2]; /* header and payload */
	struct diff_text text[3]; /* JSON, JSON, bytes of the signature */
	struct diff_text segment[3]; /* base64url of those */
	struct diff_text token;
	/* Fills text[DIFF_SIG] from segment[0] "." segment[1]. */
	void (*sign)(struct diff_draft *d, const void *p, size_t n);
};

/* d is zeroed.  seed and number decide everything. */
void diff_draft_begin(struct diff_draft *d, const struct diff_setup *setup,
    uint64_t seed, uint64_t number);
void diff_draft_end(struct diff_draft *d);

/* From one stage to the next. */
void diff_draft_write(struct diff_draft *d); /* object → text */
void diff_draft_encode(struct diff_draft *d); /* text → segment */
void diff_draft_sign(struct diff_draft *d); /* → text[DIFF_SIG] */
void diff_draft_join(struct diff_draft *d); /* → token */

/* How a draft is signed unless somebody says otherwise. */
void diff_sign_well(struct diff_draft *d, const void *p, size_t n);

/* text[DIFF_SIG] becomes a signature by any key. */
void diff_sign_by(struct diff_draft *d, const struct ba_mint *mint,
    enum ba_alg alg, const void *p, size_t n);

/*
 * Members by their plain name.  diff_set() replaces or adds; fmt makes the
 * raw JSON text of the value.
 */
struct diff_member *diff_find(struct diff_object *o, const char *name);
void diff_set(struct diff_object *o, const char *name, const char *fmt, ...)
    __attribute__((__format__(__printf__, 3, 4)));
void diff_remove(struct diff_object *o, const char *name);

/* One more at the end, whatever is there; name and value are raw JSON. */
void diff_append(struct diff_object *o, const char *name, const char *value);

/* A whole number in one of the spellings that JSON has for it; for free(). */
char *diff_spell(struct diff_rng *r, int64_t n);

/* The name of that algorithm in a header, EdDSA or its curve's. */
const char *diff_alg_name(struct diff_draft *d, enum ba_alg alg);

/* The key that a kind of attacker has in place of the draft's own. */
const struct ba_mint *diff_evil(const struct diff_draft *d);

#endif
