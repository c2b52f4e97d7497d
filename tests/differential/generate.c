/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *	generate COUNT SEED [FIRST]
 *
 * Tokens, good and subtly broken, each with our verdict, for compare.mjs.
 * The first line says, as JSON, by what they are to be judged; then a line
 * for each token, separated by tabs:
 *
 *	number  service  now  check  error  sub  exp  mutations  token
 *
 * check is the last that was made, error OK where we accept, and sub and exp
 * are what we took from the token then ("-" else).  mutations are joined by
 * '+', "-" for a token that nobody spoilt.  In sub and token any byte but a
 * printable one of ASCII is written as %XX, and so are '%' and a '-' alone; a
 * text without a byte is '%'.
 *
 * The same COUNT and SEED give the same lines; FIRST skips those before it.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/verify.h"
#include "tests/differential/mutation.h"

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define MUTATIONS_MAX 4
#define STAGES        (DIFF_AT_TOKEN + 1)
#define KEYS_STREAM   UINT64_MAX /* of random numbers: no token has it */

static const struct diff_mutation *const tables[] = { diff_mutate_members,
	diff_mutate_payload, diff_mutate_text, diff_mutate_signature };

/* --- which mutations ------------------------------------------------------ */

static const struct diff_mutation *
choose(struct diff_rng *r)
{
	const struct diff_mutation *m;
	size_t i, n = 0;

	for (i = 0; i < COUNT(tables); i++)
		for (m = tables[i]; m->name != NULL; m++)
			n++;
	n = diff_below(r, n);
	for (i = 0;; i++)
		for (m = tables[i]; m->name != NULL; m++)
			if (n-- == 0)
				return m;
}

/* None for 40 of 100; mostly one, for then a refusal has one reason. */
static size_t
choose_some(struct diff_rng *r, const struct diff_mutation *chosen[])
{
	size_t i, dice = diff_below(r, 100),
		  n = dice < 40   ? 0
		      : dice < 85 ? 1
		      : dice < 95 ? 2
				  : 2 + diff_below(r, MUTATIONS_MAX - 1);

	for (i = 0; i < n; i++)
		chosen[i] = choose(r);
	return n;
}

static void
mutate(struct diff_draft *d, enum diff_stage stage,
    const struct diff_mutation *const chosen[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (chosen[i]->stage == stage)
			chosen[i]->apply(d, chosen[i]);
}

static void
make(struct diff_draft *d, const struct diff_mutation *const chosen[], size_t n)
{
	static void (*const next[STAGES])(struct diff_draft * d) = {
		[DIFF_AT_MEMBERS] = diff_draft_write,
		[DIFF_AT_TEXT] = diff_draft_encode,
		[DIFF_AT_SIGNING] = diff_draft_sign,
		[DIFF_AT_SIGNATURE] = diff_draft_join,
	};
	enum diff_stage stage;

	for (stage = DIFF_AT_MEMBERS; stage <= DIFF_AT_TOKEN; stage++) {
		mutate(d, stage, chosen, n);
		if (next[stage] != NULL)
			next[stage](d);
	}
}

/* ,"mutations":[…]} in place of the last brace. */
static void
describe(struct diff_text *t)
{
	const struct diff_mutation *m;
	const char *comma = "";
	size_t i;

	diff_cut(t, t->n - 1, 1);
	diff_puts(t, ",\"mutations\":[");
	for (i = 0; i < COUNT(tables); i++) {
		for (m = tables[i]; m->name != NULL; m++) {
			diff_putf(t, "%s\"%s\"", comma, m->name);
			comma = ",";
		}
	}
	diff_puts(t, "]}");
}

/* --- our verdict ---------------------------------------------------------- */

static void
print(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c > 0x20 && c < 0x7f && c != '%' && (c != '-' || n > 1))
			(void)putchar(c);
		else
			(void)printf("%%%02X", c);
	}
	if (n == 0)
		(void)fputs("%", stdout);
}

static void
judge(const struct diff_draft *d, uint64_t number,
    const struct diff_mutation *const chosen[], size_t n)
{
	const struct ba_question q = { .service = d->service->name,
		.origin = BA_ORIGIN_SASL,
		.token = d->token.p,
		.token_len = d->token.n };
	const struct ba_snapshot s = { .config = d->setup->config,
		.now = d->now,
		.keys = diff_setup_keys,
		.arg = (void *)(uintptr_t)d->setup };
	struct ba_verdict v;
	int r = ba_verify(&q, &s, NULL, &v);
	size_t i;

	(void)printf("%" PRIu64 "\t%zu\t%" PRId64 "\t%s\t%s\t", number,
	    (size_t)(d->service - d->setup->service), d->now,
	    ba_check_name(v.check), ba_err_name(r));
	if (r == BA_OK) {
		print(v.sub, strlen(v.sub));
		(void)printf("\t%" PRId64 "\t", v.exp);
	} else {
		(void)printf("-\t-\t");
	}
	for (i = 0; i < n; i++)
		(void)printf("%s%s", i == 0 ? "" : "+", chosen[i]->name);
	(void)fputs(n == 0 ? "-\t" : "\t", stdout);
	print(d->token.p, d->token.n);
	(void)putchar('\n');
	ba_verdict_clear(&v);
}

static void
one(const struct diff_setup *setup, uint64_t seed, uint64_t number)
{
	const struct diff_mutation *chosen[MUTATIONS_MAX];
	struct diff_draft d;
	size_t n;

	memset(&d, 0, sizeof(d));
	diff_draft_begin(&d, setup, seed, number);
	n = choose_some(&d.rng, chosen);
	make(&d, chosen, n);
	judge(&d, number, chosen, n);
	diff_draft_end(&d);
}

static uint64_t
number(const char *s)
{
	char *end;
	unsigned long long n = strtoull(s, &end, 10);

	if (*s < '0' || *s > '9' || *end != '\0')
		diff_die("usage: generate COUNT SEED [FIRST]");
	return n;
}

int
main(int argc, char **argv)
{
	struct diff_text t = { NULL, 0, 0 };
	uint64_t i, count, seed, first = 0;
	struct diff_setup setup;

	if (argc < 3 || argc > 4)
		diff_die("usage: generate COUNT SEED [FIRST]");
	count = number(argv[1]);
	seed = number(argv[2]);
	if (argc == 4)
		first = number(argv[3]);
	diff_rng_openssl(seed, KEYS_STREAM);
	diff_setup_begin(&setup);
	diff_setup_describe(&setup, &t);
	describe(&t);
	(void)puts(t.p);
	diff_free(&t);
	for (i = first; i < count; i++)
		one(&setup, seed, i);
	diff_setup_end(&setup);
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 1;
}
