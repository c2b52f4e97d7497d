/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "tests/fuzz/fuzz.h"

/*
 * Three parts: a configuration; a question, "SERVICE USER UID NOW ADDRESS"
 * (USER "-": nobody is named; UID "-": unknown; ADDRESS "-": not given); a
 * token, or claims, which begin with a brace.  Every issuer has the keys of
 * the harness, or its secret.
 */
static void
verify(struct ba_question *q, const struct ba_snapshot *s, struct fuzz_part in)
{
	const struct ba_trace trace = { fuzz_check_line, NULL };
	struct ba_verdict v, again;
	json_t *claims, *kept;
	unsigned alg;
	int r;

	if (ba_json_parse(in.p, in.n, &claims) == BA_OK) {
		r = ba_verify_claims(q, s, claims, &trace, &v);
	} else {
		q->token = in.p;
		q->token_len = in.n;
		r = ba_verify(q, s, &trace, &v);
		alg = fuzz_signed_by(in.p, in.n);
		MUST(v.claims == NULL || alg != 0);
		MUST(r != BA_OK || (alg & v.issuer->algorithms) != 0);
		/* V01: a secret's issuer, or one with keys; never both. */
		MUST(r != BA_OK || (v.issuer->symmetric_key_file != NULL) ==
				       ((alg & BA_ALG_SYMMETRIC) != 0));
		claims = json_incref(v.claims);
	}
	fuzz_judge(q, s, r, &v, claims);
	/* The account phase decides as the login did, by what is kept of it. */
	if (r == BA_OK) {
		kept = ba_claims_kept(claims, v.issuer, v.service);
		MUST(kept != NULL);
		MUST(ba_verify_claims(q, s, kept, NULL, &again) == BA_OK);
		MUST(strcmp(again.user, v.user) == 0);
		ba_verdict_clear(&again);
		json_decref(kept);
	}
	ba_verdict_clear(&v);
	json_decref(claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_part rest = { (const char *)p, n }, conf, ask;
	char service[65], user[257], uid[16], rhost[65], *line;
	struct ba_snapshot s = { .keys = fuzz_keys_of };
	struct ba_question q = { .origin = BA_ORIGIN_PROMPT };
	struct ba_config *config;

	conf = fuzz_next_part(&rest);
	ask = fuzz_next_part(&rest);
	line = fuzz_string(ask);
	if (sscanf(line, "%64s %256s %15s %" SCNd64 " %64s", service, user, uid,
		&s.now, rhost) == 5 &&
	    ba_config_parse("fuzz", conf.p, conf.n, NULL, &config) == BA_OK) {
		q.service = service;
		q.user = strcmp(user, "-") == 0 ? NULL : user;
		q.rhost = strcmp(rhost, "-") == 0 ? NULL : rhost;
		q.uid_known = strcmp(uid, "-") != 0;
		/* Where it is not known, it must not be looked at. */
		q.uid = q.uid_known ? (uid_t)strtoul(uid, NULL, 10) : 1000;
		s.config = config;
		verify(&q, &s, rest);
		ba_config_free(config);
	}
	free(line);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned int seed)
{
	return fuzz_mutate_third(p, n, max, seed);
}
