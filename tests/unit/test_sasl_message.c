/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sasl/failure.h"
#include "sasl/message.h"

/* A message as a literal: "\1" is the separator; no digit may follow it. */
#define BYTES(literal) literal, sizeof(literal) - 1

struct text {
	const char *p;
	size_t n;
};

/* Parsed from a block of its very size, so that a byte too far is noticed. */
static int
parse(const char *p, size_t n, struct ba_sasl_message *m)
{
	char *copy = malloc(n == 0 ? 1 : n);
	int r;

	assert_non_null(copy);
	memcpy(copy, p, n);
	r = ba_sasl_message_parse(copy, n, m);
	if (m->token != NULL)
		m->token = p + (m->token - copy);
	free(copy);
	return r;
}

static void
assert_token(const struct ba_sasl_message *m, const char *token)
{
	assert_int_equal(m->kind, BA_SASL_TOKEN);
	assert_int_equal(m->token_len, strlen(token));
	assert_memory_equal(m->token, token, m->token_len);
}

static void
assert_cleared(const struct ba_sasl_message *m)
{
	static const struct ba_sasl_message zero;

	assert_memory_equal(m, &zero, sizeof(zero));
}

/* RFC 7628 section 4.1. */
static void
SA01_the_example_of_the_standard(void **state)
{
	struct ba_sasl_message m;

	(void)state;
	assert_int_equal(
	    parse(BYTES("n,a=user@example.com,\1host=server.example.com\1"
			"port=143\1auth=Bearer "
			"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1"),
		&m),
	    BA_OK);
	assert_true(m.has_authzid);
	assert_string_equal(m.authzid, "user@example.com");
	assert_string_equal(m.host, "server.example.com");
	assert_int_equal(m.port, 143);
	assert_token(&m, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
}

#define A(literal)                                                             \
	{                                                                      \
		BYTES(literal)                                                 \
	}
#define TOKEN "auth=Bearer abc\1"

/* Each malformed message with the same one put right. */
static const struct {
	struct text bad, good;
} pairs[] = {
	/* gs2-header (SA-06, SA-10) */
	{ A(""), A("n,,\1" TOKEN "\1") },
	{ A("n"), A("n,,\1" TOKEN "\1") },
	{ A("n,"), A("n,,\1" TOKEN "\1") },
	{ A("n,,"), A("n,,\1" TOKEN "\1") },
	{ A(",,\1" TOKEN "\1"), A("y,,\1" TOKEN "\1") },
	{ A("p=tls-unique,,\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("p,,\1" TOKEN "\1"), A("y,,\1" TOKEN "\1") },
	{ A("F,n,,\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("N,,\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("ny,,\1" TOKEN "\1"), A("y,,\1" TOKEN "\1") },
	{ A("n,\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,,,\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,a=,\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,a,\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,A=x,\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,user=x,\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,a=x\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,a=x,y,\1" TOKEN "\1"), A("n,a=x=2Cy,\1" TOKEN "\1") },
	{ A("n,a=x=,\1" TOKEN "\1"), A("n,a=x=3D,\1" TOKEN "\1") },
	{ A("n,a=x=3,\1" TOKEN "\1"), A("n,a=x=3D,\1" TOKEN "\1") },
	{ A("n,a=x=3d,\1" TOKEN "\1"), A("n,a=x=3D,\1" TOKEN "\1") },
	{ A("n,a=x=2c,\1" TOKEN "\1"), A("n,a=x=2C,\1" TOKEN "\1") },
	{ A("n,a=x=41,\1" TOKEN "\1"), A("n,a=xA,\1" TOKEN "\1") },
	{ A("n,a=x=00,\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,a=x\0y,\1" TOKEN "\1"), A("n,a=xy,\1" TOKEN "\1") },
	{ A("n,a=x\ny,\1" TOKEN "\1"), A("n,a=xy,\1" TOKEN "\1") },
	{ A("n,a=x\1,\1" TOKEN "\1"), A("n,a=x,\1" TOKEN "\1") },
	{ A("n,a=\xff,\1" TOKEN "\1"), A("n,a=\xc3\xbf,\1" TOKEN "\1") },
	{ A("n,a=\xc3,\1" TOKEN "\1"), A("n,a=\xc3\xbf,\1" TOKEN "\1") },
	{ A("n,a=\xc0\xaf,\1" TOKEN "\1"), A("n,a=/,\1" TOKEN "\1") },
	{ A("n,a=\xed\xa0\x80,\1" TOKEN "\1"),
	    A("n,a=\xed\x9f\xbf,\1" TOKEN "\1") },
	/* separators (SA-01) */
	{ A("n,," TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1" TOKEN), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1auth=Bearer abc"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1" TOKEN "\1\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1" TOKEN "\1x"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1" TOKEN "\1" TOKEN), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("\1\1"), A("\1") },
	{ A("\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("\2"), A("\1") },
	{ A("n,,\1" TOKEN "\1\0"), A("n,,\1" TOKEN "\1") },
	{ A("\0n,,\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	/* key and value */
	{ A("n,,\1=x\1" TOKEN "\1"), A("n,,\1k=x\1" TOKEN "\1") },
	{ A("n,,\1k\1" TOKEN "\1"), A("n,,\1k=\1" TOKEN "\1") },
	{ A("n,,\1k1=x\1" TOKEN "\1"), A("n,,\1k=1\1" TOKEN "\1") },
	{ A("n,,\1k-k=x\1" TOKEN "\1"), A("n,,\1kk=x\1" TOKEN "\1") },
	{ A("n,,\1 k=x\1" TOKEN "\1"), A("n,,\1k=x\1" TOKEN "\1") },
	{ A("n,,\1k=\0\1" TOKEN "\1"), A("n,,\1k=\t\r\n \1" TOKEN "\1") },
	{ A("n,,\1k=\x7f\1" TOKEN "\1"), A("n,,\1k=~\1" TOKEN "\1") },
	{ A("n,,\1k=\xc3\xa9\1" TOKEN "\1"), A("n,,\1k=e\1" TOKEN "\1") },
	{ A("n,,\1k=\x1f\1" TOKEN "\1"), A("n,,\1k=!\1" TOKEN "\1") },
	{ A("n,,\1auth=Beare\x12 abc\1\1"), A("n,,\1auth=BeareR abc\1\1") },
	/* the grammar comes first, also behind what cannot be used */
	{ A("n,,\1port=x\1k1=x\1" TOKEN "\1"),
	    A("n,,\1port=1\1k=x\1" TOKEN "\1") },
};

/* Each message that keeps the grammar and cannot be used, likewise. */
static const struct {
	struct text bad, good;
} unusable[] = {
	/* what stands twice (SA-02) */
	{ A("n,,\1" TOKEN TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1auth=\1" TOKEN "\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1" TOKEN "auth=\1\1"), A("n,,\1" TOKEN "\1") },
	{ A("n,,\1host=a\1host=a\1" TOKEN "\1"),
	    A("n,,\1host=a\1" TOKEN "\1") },
	{ A("n,,\1port=1\1port=1\1" TOKEN "\1"),
	    A("n,,\1port=1\1" TOKEN "\1") },
	/* port (SA-04) */
	{ A("n,,\1port=\1" TOKEN "\1"), A("n,,\1port=1\1" TOKEN "\1") },
	{ A("n,,\1port=0\1" TOKEN "\1"), A("n,,\1port=1\1" TOKEN "\1") },
	{ A("n,,\1port=65536\1" TOKEN "\1"),
	    A("n,,\1port=65535\1" TOKEN "\1") },
	{ A("n,,\1port=4294967739\1" TOKEN "\1"),
	    A("n,,\1port=443\1" TOKEN "\1") },
	{ A("n,,\1port=imap\1" TOKEN "\1"), A("n,,\1port=143\1" TOKEN "\1") },
	{ A("n,,\1port=-1\1" TOKEN "\1"), A("n,,\1port=1\1" TOKEN "\1") },
	{ A("n,,\1port= 1\1" TOKEN "\1"), A("n,,\1port=1\1" TOKEN "\1") },
	/* auth (TOK-01, TOK-02) */
	{ A("n,,\1auth=Basic abc\1\1"), A("n,,\1auth=Bearer abc\1\1") },
	{ A("n,,\1auth=Bearer\1\1"), A("n,,\1auth=Bearer a\1\1") },
	{ A("n,,\1auth=Bearer \1\1"), A("n,,\1auth=Bearer a\1\1") },
	{ A("n,,\1auth=Bearerabc\1\1"), A("n,,\1auth=Bearer abc\1\1") },
	{ A("n,,\1auth=Bearer\tabc\1\1"), A("n,,\1auth=Bearer   abc\1\1") },
	{ A("n,,\1auth= Bearer abc\1\1"), A("n,,\1auth=Bearer abc\1\1") },
	{ A("n,,\1auth=abc\1\1"), A("n,,\1auth=bearer abc\1\1") },
	{ A("n,,\1auth=B%arer abc\1\1"), A("n,,\1auth=BEARER abc\1\1") },
	{ A("n,,\1auth=Bearer abc \1\1"), A("n,,\1auth=Bearer abc\1\1") },
	{ A("n,,\1auth=Bearer abc\n\1\1"), A("n,,\1auth=Bearer abc\1\1") },
	{ A("n,,\1auth=Bearer a bc\1\1"), A("n,,\1auth=Bearer abc\1\1") },
	{ A("n,,\1auth=Bearer a,bc\1\1"), A("n,,\1auth=Bearer a.bc\1\1") },
	{ A("n,,\1auth=Bearer =\1\1"), A("n,,\1auth=Bearer a=\1\1") },
	{ A("n,,\1auth=Bearer a=b\1\1"), A("n,,\1auth=Bearer a==\1\1") },
	{ A("n,,\1auth=Bearer \"abc\"\1\1"), A("n,,\1auth=Bearer abc\1\1") },
	/* host (SA-04) */
	{ A("n,,\1host=a b\1" TOKEN "\1"), A("n,,\1host=a-b\1" TOKEN "\1") },
	{ A("n,,\1host=a\n\1" TOKEN "\1"), A("n,,\1host=\1" TOKEN "\1") },
	{ A("n,,\1host=\t\1" TOKEN "\1"), A("n,,\1host=!\1" TOKEN "\1") },
	/* no auth (SA-02) */
	{ A("n,,\1\1"), A("n,,\1auth=\1\1") },
	{ A("n,,\1host=a\1\1"), A("n,,\1host=a\1auth=\1\1") },
	{ A("n,,\1AUTH=\1\1"), A("n,,\1AUTH=\1auth=\1\1") },
	{ A("n,,\1token=Bearer abc\1\1"), A("n,,\1auth=Bearer abc\1\1") },
};

static void
SA02_TOK04_an_unusable_one_has_no_token_and_its_twin_passes(void **state)
{
	struct ba_sasl_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
		assert_int_equal(
		    parse(unusable[i].bad.p, unusable[i].bad.n, &m), BA_OK);
		assert_int_equal(m.kind, BA_SASL_UNUSABLE);
		assert_null(m.token);
		assert_int_equal(m.token_len, 0);
		assert_int_equal(
		    parse(unusable[i].good.p, unusable[i].good.n, &m), BA_OK);
		assert_true(
		    m.kind == BA_SASL_TOKEN || m.kind == BA_SASL_DISCOVERY);
	}
}

static void
SA01_SA10_TOK02_a_malformed_one_is_refused_and_its_twin_taken(void **state)
{
	struct ba_sasl_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(parse(pairs[i].bad.p, pairs[i].bad.n, &m),
		    BA_ERR_MALFORMED);
		assert_cleared(&m);
		assert_int_equal(
		    parse(pairs[i].good.p, pairs[i].good.n, &m), BA_OK);
	}
}

static void
SA06_the_authzid_is_decoded(void **state)
{
	struct ba_sasl_message m;

	(void)state;
	assert_int_equal(
	    parse(BYTES("y,a=a=2Cb=3Dc=3D2C\xc3\xa9,\1" TOKEN "\1"), &m),
	    BA_OK);
	assert_string_equal(m.authzid, "a,b=c=2C\xc3\xa9");
	assert_int_equal(parse(BYTES("n,,\1" TOKEN "\1"), &m), BA_OK);
	assert_false(m.has_authzid);
	assert_string_equal(m.authzid, "");
}

static void
an_authzid_of_255_bytes_fits_and_256_do_not(void **state)
{
	char message[512] = "n,a=", *p = message + 4;
	struct ba_sasl_message m;
	size_t n;

	(void)state;
	memset(p, 'u', 256);
	for (n = 255; n <= 256; n++) {
		memcpy(p + n, ",\1" TOKEN "\1", sizeof(",\1" TOKEN));
		assert_int_equal(
		    parse(message, 4 + n + sizeof(",\1" TOKEN), &m),
		    n == 255 ? BA_OK : BA_ERR_MALFORMED);
		assert_int_equal(strlen(m.authzid), n == 255 ? 255 : 0);
		memset(p, 'u', 256);
	}
}

/* SA-02: what nobody knows is passed over, wherever it stands. */
static void
SA02_unknown_keys_are_ignored(void **state)
{
	struct ba_sasl_message m;

	(void)state;
	assert_int_equal(parse(BYTES("n,,\1user=eve\1AUTH=Bearer xyz\1" TOKEN
				     "mtu=\1mtu=9\1authx=Bearer u\1\1"),
			     &m),
	    BA_OK);
	assert_token(&m, "abc");
	assert_false(m.has_authzid);
}

/* SA-03, RFC 7628 section 4.3: no token is a query, never a success. */
static void
SA03_no_token_is_a_query(void **state)
{
	static const struct text queries[] = {
		A("\1"),
		A("n,,\1auth=\1\1"),
		A("n,a=user@example.com,\1host=server.example.com\1"
		  "port=143\1auth=\1\1"),
		A("n,,\1auth=\1host=a\1\1"),
		A("n,,\1token=Bearer abc\1auth=\1\1"),
	};
	struct ba_sasl_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		assert_int_equal(parse(queries[i].p, queries[i].n, &m), BA_OK);
		assert_int_equal(m.kind, BA_SASL_DISCOVERY);
		assert_null(m.token);
		assert_int_equal(m.token_len, 0);
	}
	assert_int_equal(parse(BYTES("n,,\1auth=Bearer a\1\1"), &m), BA_OK);
	assert_token(&m, "a");
}

#define ALL_TOKEN_CHARACTERS                                                   \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"0123456789-._~+/"

/* TOK-01: exactly the characters of b64token, one by one. */
static void
TOK01_each_byte_of_a_token(void **state)
{
	char message[] = "n,,\1auth=Bearer a?b\1\1";
	char *spot = strchr(message, '?');
	struct ba_sasl_message m;
	int c, r;

	(void)state;
	for (c = 0; c < 256; c++) {
		*spot = (char)c;
		r = parse(message, sizeof(message) - 1, &m);
		if (c != 0 && strchr(ALL_TOKEN_CHARACTERS, c) != NULL) {
			assert_int_equal(r, BA_OK);
			assert_int_equal(m.kind, BA_SASL_TOKEN);
		} else if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') ||
			   c > '~') {
			assert_int_equal(r, BA_ERR_MALFORMED);
		} else {
			assert_int_equal(r, BA_OK);
			assert_int_equal(m.kind, BA_SASL_UNUSABLE);
		}
	}
}

/* SA-10: judged by its length alone, before a byte is read. */
static void
TOK01_SA10_64_KiB_are_taken_and_not_a_byte_more(void **state)
{
	static const char head[] = "n,,\1auth=Bearer ";
	static char message[65536 + 1];
	struct ba_sasl_message m;
	size_t n;

	(void)state;
	for (n = 65536; n <= 65537; n++) {
		memset(message, 't', n);
		memcpy(message, head, sizeof(head) - 1);
		memcpy(message + n - 2, "\1\1", 2);
		assert_int_equal(ba_sasl_message_parse(message, n, &m),
		    n == 65536 ? BA_OK : BA_ERR_MALFORMED);
		assert_int_equal(
		    m.token_len, n == 65536 ? n - 2 - (sizeof(head) - 1) : 0);
		memcpy(message, "user=u\1auth=Bearer ", 19);
		assert_int_equal(ba_sasl_xoauth2_parse(message, n, &m),
		    n == 65536 ? BA_OK : BA_ERR_MALFORMED);
		assert_int_equal(m.token_len, n == 65536 ? n - 2 - 19 : 0);
	}
	assert_int_equal(
	    ba_sasl_message_parse(NULL, (size_t)-1, &m), BA_ERR_MALFORMED);
	assert_int_equal(
	    ba_sasl_xoauth2_parse(NULL, (size_t)-1, &m), BA_ERR_MALFORMED);
}

/* SA-04. */
static void
SA04_a_host_of_255_bytes_fits_and_256_do_not(void **state)
{
	char message[512] = "n,,\1" TOKEN "host=";
	size_t n, at = strlen(message);
	struct ba_sasl_message m;

	(void)state;
	for (n = 255; n <= 256; n++) {
		memset(message + at, 'h', n);
		memcpy(message + at + n, "\1\1", 2);
		assert_int_equal(parse(message, at + n + 2, &m), BA_OK);
		assert_int_equal(
		    m.kind, n == 255 ? BA_SASL_TOKEN : BA_SASL_UNUSABLE);
		assert_int_equal(strlen(m.host), n == 255 ? 255 : 0);
	}
}

/* Whatever is cut off a good message, it is not good any more. */
static void
every_prefix_is_malformed(void **state)
{
	static const char message[] =
	    "n,a=alice,\1host=h\1port=25\1auth=Bearer abc\1\1";
	struct ba_sasl_message m;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(message) - 1; n++)
		assert_int_equal(parse(message, n, &m), BA_ERR_MALFORMED);
	assert_int_equal(parse(message, n, &m), BA_OK);
}

/* SA-03, SA-07. */
static void
SA07_only_one_byte_is_the_dummy(void **state)
{
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		char byte = (char)c;

		assert_int_equal(ba_sasl_message_is_dummy(&byte, 1), c == 1);
	}
	assert_false(ba_sasl_message_is_dummy("", 0));
	assert_false(ba_sasl_message_is_dummy(NULL, 0));
	assert_false(ba_sasl_message_is_dummy("\1\1", 2));
	assert_false(ba_sasl_message_is_dummy("\1\0", 2));
}

/* SA-14: as Google and Microsoft document it. */
static void
SA14_a_message_of_xoauth2(void **state)
{
	static const char good[] =
	    "user=some=user@example.com\1auth=Bearer ya29.vF9dft4qmTc2Nvb3R"
	    "lckBhdHRhdmlzdGEuY29tCg\1\1";
	struct ba_sasl_message m;

	(void)state;
	assert_int_equal(
	    ba_sasl_xoauth2_parse(good, sizeof(good) - 1, &m), BA_OK);
	assert_true(m.has_authzid);
	assert_string_equal(m.authzid, "some=user@example.com");
	assert_token(&m, "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
	assert_string_equal(m.host, "");
	assert_int_equal(m.port, 0);
}

#define XAUTH "auth=Bearer abc"

/* Each with the same one put right. */
static const struct {
	struct text bad, good;
} xoauth2_pairs[] = {
	{ A(""), A("user=x\1" XAUTH "\1\1") },
	{ A("\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("User=x\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user x\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("usr=x\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1" XAUTH), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1" XAUTH "\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1" XAUTH "\1\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1" XAUTH "\1\1x"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1auth\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1oauth=Bearer abc\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1user=x\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1" XAUTH "\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A(XAUTH "\1user=x\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("n,a=x,\1" XAUTH "\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\0y\1" XAUTH "\1\1"), A("user=xy\1" XAUTH "\1\1") },
	{ A("user=x\ny\1" XAUTH "\1\1"), A("user=x y\1" XAUTH "\1\1") },
	{ A("user=\xff\1" XAUTH "\1\1"), A("user=\xc3\xbf\1" XAUTH "\1\1") },
	{ A("user=\xed\xa0\x80\1" XAUTH "\1\1"),
	    A("user=\xed\x9f\xbf\1" XAUTH "\1\1") },
	{ A("user=x\1auth=Bearer a\0b\1\1"), A("user=x\1" XAUTH "\1\1") },
	{ A("user=x\1auth=Bearer a\xff\1\1"), A("user=x\1" XAUTH "\1\1") },
};

static const struct {
	struct text bad, good;
} xoauth2_unusable[] = {
	{ A("user=x\1auth=\1\1"), A("user=x\1auth=Bearer a\1\1") },
	{ A("user=x\1auth=Bearer\1\1"), A("user=x\1auth=Bearer a\1\1") },
	{ A("user=x\1auth=Bearer \1\1"), A("user=x\1auth=bearer a\1\1") },
	{ A("user=x\1auth=Basic abc\1\1"), A("user=x\1auth=BEARER a\1\1") },
	{ A("user=x\1auth=Bearer a b\1\1"), A("user=x\1auth=Bearer ab\1\1") },
	{ A("user=x\1auth=Bearer a=b\1\1"), A("user=x\1auth=Bearer a==\1\1") },
	{ A("user=x\1auth=Bearer a\xc3\xa9\1\1"),
	    A("user=x\1auth=Bearer a/\1\1") },
};

/* From a block of its very size. */
static int
parse_xoauth2(struct text t, struct ba_sasl_message *m)
{
	char *copy = malloc(t.n == 0 ? 1 : t.n);
	int r;

	assert_non_null(copy);
	memcpy(copy, t.p, t.n);
	r = ba_sasl_xoauth2_parse(copy, t.n, m);
	free(copy);
	return r;
}

static void
SA14_malformed_or_unusable_xoauth2_and_twins(void **state)
{
	struct ba_sasl_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(xoauth2_pairs) / sizeof(xoauth2_pairs[0]); i++) {
		assert_int_equal(
		    parse_xoauth2(xoauth2_pairs[i].bad, &m), BA_ERR_MALFORMED);
		assert_cleared(&m);
		assert_int_equal(
		    parse_xoauth2(xoauth2_pairs[i].good, &m), BA_OK);
		assert_int_equal(m.kind, BA_SASL_TOKEN);
	}
	for (i = 0; i < sizeof(xoauth2_unusable) / sizeof(xoauth2_unusable[0]);
	     i++) {
		assert_int_equal(
		    parse_xoauth2(xoauth2_unusable[i].bad, &m), BA_OK);
		assert_int_equal(m.kind, BA_SASL_UNUSABLE);
		assert_null(m.token);
		assert_string_equal(m.authzid, "x");
		assert_int_equal(
		    parse_xoauth2(xoauth2_unusable[i].good, &m), BA_OK);
		assert_int_equal(m.kind, BA_SASL_TOKEN);
	}
}

static void
SA14_a_user_of_255_bytes_fits_and_256_do_not(void **state)
{
	char message[512] = "user=";
	struct ba_sasl_message m;
	struct text t = { message, 0 };
	size_t n;

	(void)state;
	for (n = 255; n <= 256; n++) {
		memset(message + 5, 'u', n);
		memcpy(message + 5 + n, "\1" XAUTH "\1\1", sizeof(XAUTH) + 2);
		t.n = 5 + n + sizeof(XAUTH) + 2;
		assert_int_equal(
		    parse_xoauth2(t, &m), n == 255 ? BA_OK : BA_ERR_MALFORMED);
		assert_int_equal(strlen(m.authzid), n == 255 ? 255 : 0);
	}
}

/* Google's clients send nothing, some the dummy of OAUTHBEARER. */
static void
SA14_what_may_follow_a_failure(void **state)
{
	(void)state;
	assert_true(ba_sasl_xoauth2_is_dummy("", 0));
	assert_true(ba_sasl_xoauth2_is_dummy(NULL, 0));
	assert_true(ba_sasl_xoauth2_is_dummy("\1", 1));
	assert_false(ba_sasl_xoauth2_is_dummy("\1\1", 2));
	assert_false(ba_sasl_xoauth2_is_dummy("*", 1));
	assert_false(ba_sasl_xoauth2_is_dummy("\0", 1));
}

static void
assert_xoauth2_failure(const char *status, const char *scope, const char *json)
{
	struct ba_buf b;
	size_t max;

	ba_buf_init(&b, strlen(json));
	assert_int_equal(
	    ba_sasl_xoauth2_failure(status, scope, "https://i", &b), BA_OK);
	assert_string_equal(ba_buf_str(&b), json);
	ba_buf_wipe(&b);
	for (max = 0; max < strlen(json); max++) {
		ba_buf_init(&b, max);
		assert_int_equal(
		    ba_sasl_xoauth2_failure(status, scope, NULL, &b),
		    BA_ERR_LIMIT);
		ba_buf_wipe(&b);
	}
}

static void
SA14_the_failure_of_xoauth2(void **state)
{
	(void)state;
	assert_xoauth2_failure("invalid_token", "https://mail.example.com/",
	    "{\"status\":\"401\",\"schemes\":\"bearer\","
	    "\"scope\":\"https://mail.example.com/\"}");
	assert_xoauth2_failure("invalid_request", "",
	    "{\"status\":\"400\",\"schemes\":\"bearer\"}");
	assert_xoauth2_failure("insufficient_scope", "mail",
	    "{\"status\":\"403\",\"schemes\":\"bearer\","
	    "\"scope\":\"mail\"}");
	assert_xoauth2_failure("insufficient_user_authentication", NULL,
	    "{\"status\":\"401\",\"schemes\":\"bearer\"}");
	assert_xoauth2_failure(
	    NULL, NULL, "{\"status\":\"401\",\"schemes\":\"bearer\"}");
	assert_xoauth2_failure("", "a\"b",
	    "{\"status\":\"401\",\"schemes\":\"bearer\","
	    "\"scope\":\"a\\u0022b\"}");
}

static void
assert_failure(const char *status, const char *scope, const char *metadata,
    const char *json)
{
	struct ba_buf b;

	ba_buf_init(&b, 1024);
	assert_int_equal(ba_sasl_failure(status, scope, metadata, &b), BA_OK);
	assert_string_equal(ba_buf_str(&b), json);
	ba_buf_wipe(&b);
}

/* RFC 7628 section 4.3, to the byte. */
static void
SA07_the_failure_of_the_standard(void **state)
{
	(void)state;
	assert_failure("invalid_token", "example_scope",
	    "https://example.com/.well-known/openid-configuration",
	    "{\"status\":\"invalid_token\",\"scope\":\"example_scope\","
	    "\"openid-configuration\":"
	    "\"https://example.com/.well-known/openid-configuration\"}");
}

static void
SA11_absent_members_are_left_out_but_for_status(void **state)
{
	(void)state;
	assert_failure("insufficient_scope", "", NULL,
	    "{\"status\":\"insufficient_scope\"}");
	assert_failure("invalid_request", NULL, "https://i",
	    "{\"status\":\"invalid_request\","
	    "\"openid-configuration\":\"https://i\"}");
	assert_failure("", NULL, "", "{\"status\":\"invalid_token\"}");
	assert_failure(
	    NULL, "s", NULL, "{\"status\":\"invalid_token\",\"scope\":\"s\"}");
}

static void
SA11_TOK05_values_cannot_leave_their_string(void **state)
{
	(void)state;
	assert_failure("a\"b\\c", "\",\"x\":\"", "\x01\n\x1f\x7f\xc3\xa9",
	    "{\"status\":\"a\\u0022b\\u005cc\","
	    "\"scope\":\"\\u0022,\\u0022x\\u0022:\\u0022\","
	    "\"openid-configuration\":"
	    "\"\\u0001\\u000a\\u001f\\u007f\xc3\xa9\"}");
}

static void
a_failure_that_does_not_fit_is_an_error(void **state)
{
	static const char json[] = "{\"status\":\"invalid_token\"}";
	struct ba_buf b;
	size_t max;

	(void)state;
	for (max = 0; max < sizeof(json) - 1; max++) {
		ba_buf_init(&b, max);
		assert_int_equal(ba_sasl_failure("", "", "", &b), BA_ERR_LIMIT);
		ba_buf_wipe(&b);
	}
	ba_buf_init(&b, max);
	assert_int_equal(ba_sasl_failure("", "", "", &b), BA_OK);
	ba_buf_wipe(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(SA01_the_example_of_the_standard),
		cmocka_unit_test(
		    SA01_SA10_TOK02_a_malformed_one_is_refused_and_its_twin_taken),
		cmocka_unit_test(
		    SA02_TOK04_an_unusable_one_has_no_token_and_its_twin_passes),
		cmocka_unit_test(SA06_the_authzid_is_decoded),
		cmocka_unit_test(an_authzid_of_255_bytes_fits_and_256_do_not),
		cmocka_unit_test(SA02_unknown_keys_are_ignored),
		cmocka_unit_test(SA03_no_token_is_a_query),
		cmocka_unit_test(TOK01_each_byte_of_a_token),
		cmocka_unit_test(
		    TOK01_SA10_64_KiB_are_taken_and_not_a_byte_more),
		cmocka_unit_test(SA04_a_host_of_255_bytes_fits_and_256_do_not),
		cmocka_unit_test(every_prefix_is_malformed),
		cmocka_unit_test(SA07_only_one_byte_is_the_dummy),
		cmocka_unit_test(SA14_a_message_of_xoauth2),
		cmocka_unit_test(SA14_malformed_or_unusable_xoauth2_and_twins),
		cmocka_unit_test(SA14_a_user_of_255_bytes_fits_and_256_do_not),
		cmocka_unit_test(SA14_what_may_follow_a_failure),
		cmocka_unit_test(SA14_the_failure_of_xoauth2),
		cmocka_unit_test(SA07_the_failure_of_the_standard),
		cmocka_unit_test(
		    SA11_absent_members_are_left_out_but_for_status),
		cmocka_unit_test(SA11_TOK05_values_cannot_leave_their_string),
		cmocka_unit_test(a_failure_that_does_not_fit_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
