/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sasl/message.h"
#include "tests/fuzz/fuzz.h"

/* RFC 7628 section 3.1 from its end: the message that means m. */
static void
write_again(const struct ba_sasl_message *m, struct ba_buf *b)
{
	const char *s;
	int r = ba_buf_append_str(b, m->has_authzid ? "n,a=" : "n,");

	for (s = m->authzid; r == BA_OK && *s != '\0'; s++)
		r = *s == ','   ? ba_buf_append_str(b, "=2C")
		    : *s == '=' ? ba_buf_append_str(b, "=3D")
				: ba_buf_append_byte(b, (unsigned char)*s);
	MUST(r == BA_OK && ba_buf_append_str(b, ",\1auth=") == BA_OK);
	if (m->kind == BA_SASL_TOKEN)
		MUST(ba_buf_append_str(b, "Bearer ") == BA_OK &&
		     ba_buf_append(b, m->token, m->token_len) == BA_OK);
	MUST(ba_buf_append_str(b, "\1\1") == BA_OK);
}

static void
judge(const struct ba_sasl_message *m, const char *p, size_t n)
{
	struct ba_sasl_message again;
	struct ba_buf b;
	size_t i, len = strlen(m->authzid);

	MUST(m->has_authzid == (len > 0) && fuzz_is_text(m->authzid, len));
	MUST((m->kind == BA_SASL_TOKEN) == (m->token_len > 0));
	for (i = 0; i < m->token_len; i++)
		MUST(m->token[i] > ' ' && m->token[i] < 0x7f &&
		     !strchr(" \"(),:;<>@[\\]{}'!#$%&*^`|?", m->token[i]));
	MUST(m->token == NULL || (m->token > p && m->token < p + n - i));
	ba_buf_init(&b, 2 * BA_SASL_MESSAGE_MAX);
	write_again(m, &b);
	MUST(ba_sasl_message_parse(b.p, b.len, &again) == BA_OK);
	MUST(again.kind == m->kind && !strcmp(again.authzid, m->authzid));
	MUST(again.token_len == m->token_len &&
	     (!m->token || !memcmp(again.token, m->token, m->token_len)));
	ba_buf_wipe(&b);
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
	struct ba_sasl_message m;

	if (ba_sasl_message_parse(p, n, &m) == BA_OK)
		judge(&m, (const char *)p, n);
	fail(text, json_pack("{s:s}", "status", text));
	free(text);
	return 0;
}
