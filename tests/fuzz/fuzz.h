/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_FUZZ_H
#define BA_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/verify.h"

/*
 * What the harnesses share.  A harness does not only run the code: it says
 * what must hold whatever the input is, and where that does not hold, it
 * crashes.  What it says is written here once more, from the standard or from
 * the header, never by a call of the function that is being tried.
 */

/* libFuzzer's side. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
size_t LLVMFuzzerCustomMutator(
    uint8_t *p, size_t n, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t max);

#define MUST(e)                                                                \
	do {                                                                   \
		if (!(e))                                                      \
			fuzz_crash(__FILE__, __LINE__, #e);                    \
	} while (0)
void fuzz_crash(const char *file, int line, const char *what)
    __attribute__((__noreturn__));

/* Memory there must be; with n 0 as well. */
void *fuzz_alloc(size_t n);

/* A view of the input. */
struct fuzz_part {
	const char *p;
	size_t n;
};

/*
 * Inputs of several parts have lines of "%%" between them.  What stands
 * before the next one; *rest is what comes after it, or nothing.
 */
struct fuzz_part fuzz_next_part(struct fuzz_part *rest);

/* A copy as a string (cut at a NUL), for free(). */
char *fuzz_string(struct fuzz_part part);

/* The grammar of identity.h, said by regular expressions. */
bool fuzz_name_ok(const char *name, enum ba_accounts grammar);

/* Valid UTF-8, and no control character; the one of RFC 3629's own words. */
bool fuzz_is_text(const char *p, size_t n);
/* The same of a string, or NULL, and tabs may be in it. */
bool fuzz_is_line(const char *s);

/* --- token.c -------------------------------------------------------------- */

/*
 * One key that serves RSA's six algorithms, one for each curve, one secret for
 * the HMACs; nobody has the private ones.
 */
const struct ba_jwks *fuzz_keys(void);
const struct ba_jwks *fuzz_secrets(void);
/* For a snapshot: an issuer that shares a secret has that, others the keys. */
const struct ba_jwks *fuzz_keys_of(void *arg, const struct ba_issuer *issuer);
/* The same as text. */
extern const char fuzz_jwks_text[];
extern const char fuzz_secrets_text[];

/*
 * The tokens that were signed by them: one for each algorithm, and two that
 * say EdDSA.  Behind the last, a text of NULL.  For a new algorithm: a row in
 * make_corpus.c, and run.sh corpus.
 */
struct fuzz_token {
	enum ba_alg alg; /* one bit */
	const char *text;
};
#define FUZZ_TOKENS 17
extern const struct fuzz_token fuzz_tokens[FUZZ_TOKENS + 1];
/* Which algorithm this one was signed by; 0: nobody signed it. */
unsigned fuzz_signed_by(const char *token, size_t n);

/*
 * Mutate the bytes, or what one of three segments stands for, which is then
 * canonical base64url again; or give a signed token with one character
 * changed.
 */
size_t fuzz_mutate_token(uint8_t *p, size_t n, size_t max, unsigned int seed);

/*
 * For inputs of three parts: three times in five the last one alone, which is
 * a token, or an object of JSON.
 */
size_t fuzz_mutate_third(uint8_t *p, size_t n, size_t max, unsigned int seed);

/* --- oracle.c ------------------------------------------------------------- */

/*
 * The verdict r on these claims: if it is "accepted", each rule is applied
 * once more in the plainest way.  If it is not, it must say nothing of a
 * user.
 */
void fuzz_judge(const struct ba_question *q, const struct ba_snapshot *s, int r,
    const struct ba_verdict *v, const json_t *claims);

/* For a struct ba_trace: is each line fit to be shown? */
void fuzz_check_line(void *arg, enum ba_check check, int err,
    const char *detail, const struct ba_where *where);

#endif
