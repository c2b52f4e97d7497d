/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/*
 * The first byte chooses grammar, claim and email_verified; all else is the
 * name.
 */
static void
from_claims(const char *claim, int verified, enum ba_accounts grammar,
    struct fuzz_part name)
{
	struct ba_issuer issuer = { .username = claim };
	struct ba_service service = { .accounts = grammar };
	json_t *value = json_stringn(name.p, name.n);
	json_t *claims = json_object();
	const char *got;
	int r;

	/* jansson takes no string that is not UTF-8. */
	if (value == NULL)
		goto out;
	MUST(json_object_set(claims, claim, value) == 0);
	if (verified == 1)
		json_object_set_new(claims, "email_verified", json_true());
	else if (verified == 2)
		json_object_set_new(
		    claims, "email_verified", json_string("true"));
	else if (verified == 3)
		json_object_set_new(claims, "email_verified", json_integer(1));
	r = ba_identity(&issuer, &service, claims, &got);
	MUST((r == BA_OK) == (got != NULL));
	if (memchr(name.p, '\0', name.n) != NULL ||
	    (verified != 1 && strcmp(claim, "email") == 0))
		MUST(r == BA_ERR_CLAIM);
	else if (fuzz_name_ok(json_string_value(value), grammar))
		MUST(r == BA_OK && strlen(got) == name.n &&
		     memcmp(got, name.p, name.n) == 0);
	else
		MUST(r == BA_ERR_USER_NAME);
out:
	json_decref(value);
	json_decref(claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	enum ba_accounts grammar;
	struct fuzz_part name;
	char *s;

	if (n == 0)
		return 0;
	grammar = (p[0] & 1) != 0 ? BA_ACCOUNTS_VIRTUAL : BA_ACCOUNTS_LOCAL;
	name.p = (const char *)p + 1;
	name.n = n - 1;
	s = fuzz_string(name);
	MUST(ba_name_ok(s, grammar) == fuzz_name_ok(s, grammar));
	free(s);
	from_claims((p[0] & 2) != 0 ? "email" : "preferred_username",
	    p[0] >> 2 & 3, grammar, name);
	return 0;
}
