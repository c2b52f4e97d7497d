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
 * What is to be accepted, said once more by regular expressions of RFC 7628
 * section 3.1 and RFC 5801 section 4, over the bytes of the C locale.  A
 * message with a NUL in it is none, and nothing else needs to be said of it.
 * What an authzid must be as text is fuzz_is_text()'s to say.
 */
#define SASLNAME "([^,=\x01]|=2C|=3D)+"
#define PAIR     "[A-Za-z]+=[\t\n\r -~]*\x01"
#define MESSAGE  "^[ny],(a=(" SASLNAME "))?,\x01((" PAIR ")*)\x01$"
#define BEARER   "^[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)$"
#define PORT                                                                   \
	"^0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|"    \
	"655[0-2][0-9]|6553[0-5])$"

static regex_t message, bearer, port;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(regcomp(&message, MESSAGE, REG_EXTENDED) == 0 &&
	     regcomp(&bearer, BEARER, REG_EXTENDED) == 0 &&
	     regcomp(&port, PORT, REG_EXTENDED | REG_NOSUB) == 0);
	return 0;
}

static bool
known(const char *key)
{
	return !strcmp(key, "auth") || !strcmp(key, "host") ||
	       !strcmp(key, "port");
}

/* What one pair says, where it can be used. */
static bool
value_ok(const char *key, const char *value, struct ba_sasl_message *want)
{
	regmatch_t m[2];

	if (!strcmp(key, "port")) {
		want->port = (uint32_t)strtoul(value, NULL, 10);
		return strlen(value) <= 5 &&
		       regexec(&port, value, 0, NULL, 0) == 0;
	}
	if (!strcmp(key, "host")) {
		if (strlen(value) > 255 || strpbrk(value, "\t\n\r ") != NULL)
			return false;
		strcpy(want->host, value);
		return true;
	}
	want->kind = *value ? BA_SASL_TOKEN : BA_SASL_DISCOVERY;
	if (!*value)
		return true;
	if (regexec(&bearer, value, 2, m, 0) != 0)
		return false;
	want->token = value + m[1].rm_so;
	want->token_len = strlen(want->token);
	return true;
}

/* The pairs, each up to its \1, cut in place. */
static void
pairs(char *s, struct ba_sasl_message *want)
{
	char *seen[3] = { "", "", "" }, *value, *next;
	unsigned n = 0, i;
	bool ok = true;

	for (; *s; s = next) {
		next = strchr(s, 1);
		*next++ = 0;
		value = strchr(s, '=');
		*value++ = 0;
		if (!known(s))
			continue;
		for (i = 0; i < n; i++)
			ok = ok && strcmp(seen[i], s) != 0;
		if (n < 3)
			seen[n++] = s;
		ok = value_ok(s, value, want) && ok;
	}
	if (!ok || want->kind == 0) {
		want->kind = BA_SASL_UNUSABLE;
		want->token_len = 0;
	}
}

/* In place of s there is afterwards what it means. */
static void
unescape(char *s)
{
	char *to = s, ch;

	for (; *s; s++) {
		ch = *s;
		if (ch == '=') {
			ch = s[1] == '2' ? ',' : '=';
			s += 2;
		}
		*to++ = ch;
	}
	*to = 0;
}

/* text is a copy, as a string; views of *want are into it. */
static bool
accepted(char *text, size_t n, struct ba_sasl_message *want)
{
	regmatch_t m[5];
	char *name;

	memset(want, 0, sizeof(*want));
	if (n == 0 || n > 65536 || strlen(text) != n)
		return false;
	if (!strcmp(text, "\x01")) {
		want->kind = BA_SASL_DISCOVERY;
		return true;
	}
	if (regexec(&message, text, 5, m, 0) != 0)
		return false;
	if (m[2].rm_so >= 0) {
		name = text + m[2].rm_so;
		text[m[2].rm_eo] = 0;
		unescape(name);
		if (strlen(name) > 255 || !fuzz_is_text(name, strlen(name)))
			return false;
		want->has_authzid = true;
		strcpy(want->authzid, name);
	}
	text[m[4].rm_eo] = 0;
	pairs(text + m[4].rm_so, want);
	return true;
}

static void
compare(const struct ba_sasl_message *got, const struct ba_sasl_message *want)
{
	MUST(got->kind == want->kind && got->has_authzid == want->has_authzid);
	MUST(!strcmp(got->authzid, want->authzid));
	MUST(got->token_len == want->token_len);
	MUST((got->token != NULL) == (got->kind == BA_SASL_TOKEN));
	MUST(got->token == NULL ||
	     !memcmp(got->token, want->token, got->token_len));
	/* Of what cannot be used nobody takes the rest. */
	MUST(got->kind == BA_SASL_UNUSABLE ||
	     (got->port == want->port && !strcmp(got->host, want->host)));
}

/* The failure is JSON that says what it was told. */
static void
fail(const char *status, json_t *want)
{
	struct ba_buf b;
	json_t *o;

	ba_buf_init(&b, 65536);
	MUST(ba_sasl_failure(status, NULL, "", &b) == BA_OK);
	o = json_loadb((char *)b.p, b.len, 0, NULL);
	MUST(want == NULL || *status == '\0' || json_equal(o, want));
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

	fail(text, json_pack("{s:s}", "status", text));
	r = ba_sasl_message_parse(p, n, &got);
	MUST(r == BA_OK || r == BA_ERR_MALFORMED);
	MUST((r == BA_OK) == accepted(text, n, &want));
	if (r == BA_OK)
		compare(&got, &want);
	else
		MUST(got.kind == 0 && got.token == NULL && !*got.authzid);
	free(text);
	return 0;
}
