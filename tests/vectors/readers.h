/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_VECTORS_READERS_H
#define BA_VECTORS_READERS_H

#include <jansson.h>

#include "tests/vectors/tally.h"

/* Each reads some of the folder's files and reports every one of them. */
void ba_read_json_suite(void); /* jsontestsuite/ */
void ba_read_cookbook(void); /* cookbook/ */
void ba_read_dpop(void); /* rfc/rfc9449_dpop.json */
void ba_read_sasl(void); /* rfc/rfc7628_sasl.json */
void ba_read_tokens(void); /* wycheproof/json_web_*.json */
void ba_read_signatures(void); /* … ecdsa, ed25519, ed448, rsa */
void ba_read_hmac(void); /* … hmac */

/*
 * A file of Wycheproof: calls f for each test of each group, reports, and
 * asks that there were as many as the file says.
 */
typedef void ba_case_fn(
    struct ba_tally *t, const json_t *group, const json_t *test, void *arg);
void ba_wycheproof(const char *file, ba_case_fn *f, void *arg);

#endif
