/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_DIFFERENTIAL_SETUP_H
#define BA_TESTS_DIFFERENTIAL_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jose/jwk.h"
#include "common/policy/config.h"
#include "tests/differential/random.h"
#include "tests/differential/text.h"
#include "tests/unit/mint.h"

/*
 * The issuers, services and keys of a run.  One plan gives both sides what
 * they judge by: us a configuration file and key sets, jose the same as JSON.
 */

#define DIFF_KEYS_MAX 12
#define DIFF_KINDS    (BA_MINT_OCT + 1)

struct diff_key {
	struct ba_mint *mint;
	enum ba_mint_kind kind;
	const char *kid, *alg; /* of its JWK, or NULL */
	unsigned algs; /* what it may sign, bits; 0: nothing, a decoy */
};

struct diff_issuer {
	const char *url; /* may have {tenantid} in it */
	const char *tenants; /* words; or NULL */
	bool legacy; /* profile */
	bool symmetric;
	const char *algorithms; /* words; NULL: the default, all public ones */
	unsigned allowed; /* the same as bits */
	int skew;
	const char *audience; /* words */
	const char *username; /* the claim */
	struct diff_key key[DIFF_KEYS_MAX];
	size_t n_keys;
	char *jwks_text;
	struct ba_jwks *jwks;
};

struct diff_service {
	const char *name;
	const char *issuers; /* a digit for each, its index */
	const char *audience; /* words; NULL: the issuer's */
	const char *require_scope; /* or NULL */
};

struct diff_setup {
	struct diff_issuer *issuer;
	size_t n_issuers;
	const struct diff_service *service;
	size_t n_services;
	struct ba_config *config;
	struct ba_mint *evil[DIFF_KINDS]; /* keys of nobody */
};

void diff_setup_begin(struct diff_setup *s);
void diff_setup_end(struct diff_setup *s);

/* What jose is to know, as one line of JSON. */
void diff_setup_describe(const struct diff_setup *s, struct diff_text *t);

/* For struct ba_snapshot; arg is the setup. */
const struct ba_jwks *diff_setup_keys(
    void *arg, const struct ba_issuer *issuer);

/* One of the words of a list, for free(). */
char *diff_word(struct diff_rng *r, const char *words);

/* One bit of a set of algorithms that is not empty. */
enum ba_alg diff_one_alg(struct diff_rng *r, unsigned algs);

#endif
