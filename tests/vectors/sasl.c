/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/buf.h"
#include "sasl/failure.h"
#include "sasl/message.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/* The messages of RFC 7628 section 4, by the plug-in's own parser. */

#define FILE_NAME   "rfc/rfc7628_sasl.json"
#define MESSAGE_MAX 1024
#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

struct message {
	const char *text; /* the file's "decoded" */
	size_t n;
};

/* NULL, or what is wrong. */
typedef const char *judge_fn(const struct message *msg);

static bool
view_is(const char *at, const char *want, size_t n)
{
	return strncmp(at, want, n) == 0;
}

/* n,a=AUTHZID,^A…auth=Bearer TOKEN^A^A */
static const char *
judge_token(const struct message *msg)
{
	const char *token = strstr(msg->text, "auth=Bearer ");
	struct ba_sasl_message m;

	if (token == NULL ||
	    ba_sasl_message_parse(msg->text, msg->n, &m) != BA_OK)
		return "was refused";
	token += strlen("auth=Bearer ");
	if (m.kind != BA_SASL_TOKEN || m.token != token ||
	    strcmp(token + m.token_len, "\x01\x01") != 0)
		return "another token was read";
	if (!m.has_authzid || m.authzid[0] == '\0' ||
	    !view_is(
		msg->text + strlen("n,a="), m.authzid, strlen(m.authzid)) ||
	    msg->text[strlen("n,a=") + strlen(m.authzid)] != ',')
		return "another authzid was read";
	return NULL;
}

static const char *
judge_question(const struct message *msg)
{
	struct ba_sasl_message m;

	if (ba_sasl_message_parse(msg->text, msg->n, &m) != BA_OK)
		return "was refused";
	if (m.kind != BA_SASL_DISCOVERY || m.token != NULL ||
	    !view_is(msg->text, "n,a=user@example.com,", 21) ||
	    strcmp(m.authzid, "user@example.com") != 0)
		return "was not read as a question by that user";
	return NULL;
}

static const char *
judge_dummy(const struct message *msg)
{
	return ba_sasl_message_is_dummy(msg->text, msg->n)
		   ? NULL
		   : "was not known as the dummy";
}

/* "n,user=…": where "a=" should stand, and with which it is good. */
static const char *
judge_malformed(const struct message *msg)
{
	char repaired[MESSAGE_MAX];
	struct message good = { repaired, 0 };
	struct ba_sasl_message m;

	if (!view_is(msg->text, "n,user=", 7) || msg->n > sizeof(repaired))
		return "is not the malformed one";
	if (ba_sasl_message_parse(msg->text, msg->n, &m) != BA_ERR_MALFORMED)
		return "was not refused as malformed";
	memcpy(repaired, "n,a=", 4);
	memcpy(repaired + 4, msg->text + 7, msg->n - 7 + 1);
	good.n = msg->n - 3;
	return judge_token(&good);
}

/*
 * The server's failure, which the product writes: the same object, less
 * "schemes", which no version of RFC 7628 but its examples has.  From a
 * client it is no message at all.
 */
static const char *
judge_failure(const struct message *msg)
{
	json_t *want = json_loadb(msg->text, msg->n, 0, NULL), *got;
	struct ba_sasl_message m;
	struct ba_buf b;
	int r;

	ba_buf_init(&b, MESSAGE_MAX);
	r = ba_sasl_failure(ba_text(want, "status"), ba_text(want, "scope"),
	    ba_text(want, "openid-configuration"), &b);
	got = json_loads(ba_buf_str(&b), 0, NULL);
	(void)json_object_del(want, "schemes");
	if (r == BA_OK && !json_equal(want, got))
		r = BA_ERR_INTERNAL;
	ba_buf_wipe(&b);
	json_decref(want);
	json_decref(got);
	if (r != BA_OK)
		return "is not what the product would say";
	if (ba_sasl_message_parse(msg->text, msg->n, &m) != BA_ERR_MALFORMED)
		return "was taken from a client";
	return NULL;
}

/* In the file's order, by the beginning of what it calls them. */
static const struct {
	const char *section;
	judge_fn *judge;
} judges[] = {
	{ "4.1 IMAP success", judge_token },
	{ "4.1 SMTP success", judge_token },
	{ "4.3 failed (scope query, empty auth)", judge_question },
	{ "4.3 server error", judge_failure },
	{ "4.3 dummy", judge_dummy },
	{ "4.4 SMTP failed (MALFORMED gs2 header", judge_malformed },
	{ "4.4 server error", judge_failure },
};

/* As it stands on the wire, in base64, it is the same message. */
static bool
same_on_the_wire(const json_t *e, const struct message *msg)
{
	unsigned char raw[MESSAGE_MAX];
	const char *b64 = ba_text(e, "b64");
	size_t n = strlen(b64);
	int len;

	if (n / 4 * 3 > sizeof(raw))
		return false;
	len = EVP_DecodeBlock(raw, (const unsigned char *)b64, (int)n);
	while (len > 0 && n > 0 && b64[--n] == '=')
		len--; /* it counts the padding too */
	return len == (int)msg->n && memcmp(raw, msg->text, msg->n) == 0;
}

void
ba_read_sasl(void)
{
	struct ba_tally t = { .file = FILE_NAME };
	json_t *o = ba_source_json(FILE_NAME);
	const json_t *list = json_object_get(o, "examples"), *e;
	const char *wrong, *section;
	struct message msg;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		e = json_array_get(list, i);
		section = ba_text(e, "section");
		msg.text = ba_text(e, "decoded");
		msg.n = strlen(msg.text);
		wrong = i < COUNT(judges) && strncmp(section, judges[i].section,
						 strlen(judges[i].section)) == 0
			    ? judges[i].judge(&msg)
			    : "nobody has thought about it";
		if (wrong == NULL && !same_on_the_wire(e, &msg))
			wrong = "is another message in base64";
		ba_count(&t, (long)i + 1, wrong == NULL, wrong);
	}
	if (i != COUNT(judges))
		ba_count_defect(&t, "not the seven messages of the README");
	ba_source_judged(FILE_NAME);
	ba_report(&t);
	json_decref(o);
}
