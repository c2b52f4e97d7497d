/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sasl/failure.h"
#include "sasl/message.h"
#include "tests/fuzz/fuzz.h"

/*
 * What is to be accepted of XOAUTH2, said once more by regular expressions
 * over the bytes of the C locale; see fuzz_sasl.c.
 */
#define MESSAGE                                                                \
	"^user=([^\x01]+)\x01"                                                 \
	"auth=([^\x01]*)\x01\x01$"
#define BEARER "^[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)$"

static regex_t message, bearer;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(regcomp(&message, MESSAGE, REG_EXTENDED) == 0 &&
	     regcomp(&bearer, BEARER, REG_EXTENDED) == 0);
	return 0;
}

/* text is a copy, as a string; views of *want are into it. */
static bool
accepted(char *text, size_t n, struct ba_sasl_message *want)
{
	regmatch_t m[3], b[2];
	const char *user, *auth;

	memset(want, 0, sizeof(*want));
	if (n == 0 || n > 65536 || strlen(text) != n ||
	    regexec(&message, text, 3, m, 0) != 0)
		return false;
	user = text + m[1].rm_so;
	auth = text + m[2].rm_so;
	text[m[1].rm_eo] = text[m[2].rm_eo] = 0;
	if (strlen(user) > 255 || !fuzz_is_text(user, strlen(user)) ||
	    !fuzz_is_text(auth, strlen(auth)))
		return false;
	strcpy(want->authzid, user);
	want->kind = BA_SASL_UNUSABLE;
	if (regexec(&bearer, auth, 2, b, 0) != 0)
		return true;
	want->kind = BA_SASL_TOKEN;
	want->token = auth + b[1].rm_so;
	want->token_len = strlen(want->token);
	return true;
}

static void
compare(const struct ba_sasl_message *got, const struct ba_sasl_message *want)
{
	MUST(got->kind == want->kind && got->has_authzid);
	MUST(!strcmp(got->authzid, want->authzid));
	MUST(got->token_len == want->token_len);
	MUST((got->token != NULL) == (got->kind == BA_SASL_TOKEN));
	MUST(got->token == NULL ||
	     !memcmp(got->token, want->token, got->token_len));
	MUST(got->port == 0 && !*got->host);
}

/* The failure is JSON that says what it was told, and a status of HTTP. */
static void
fail(const char *scope, json_t *want)
{
	struct ba_buf b;
	json_t *o;

	ba_buf_init(&b, 65536);
	MUST(ba_sasl_xoauth2_failure(scope, scope, scope, &b) == BA_OK);
	o = json_loadb((char *)b.p, b.len, 0, NULL);
	MUST(want == NULL || *scope == '\0' || json_equal(o, want));
	json_decref(o);
	json_decref(want);
	ba_buf_wipe(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = fuzz_string((struct fuzz_part){ (const char *)p, n });
	struct ba_sasl_message got, want;
	int r;

	fail(text, json_pack("{s:s, s:s, s:s}", "status",
		       !strcmp(text, "invalid_request")      ? "400"
		       : !strcmp(text, "insufficient_scope") ? "403"
							     : "401",
		       "schemes", "bearer", "scope", text));
	r = ba_sasl_xoauth2_parse(p, n, &got);
	MUST(r == BA_OK || r == BA_ERR_MALFORMED);
	MUST((r == BA_OK) == accepted(text, n, &want));
	if (r == BA_OK)
		compare(&got, &want);
	else
		MUST(got.kind == 0 && got.token == NULL && !*got.authzid);
	free(text);
	return 0;
}
