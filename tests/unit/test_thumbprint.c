/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/err.h>

#include "common/jose/jwk.h"
#include "common/jose/member.h"
#include "common/jose/thumbprint.h"
#include "tests/unit/scarce.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 7638 section 3.1. */
#define RSA_N                                                                  \
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R" \
	"K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9" \
	"yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZg" \
	"nYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6We" \
	"Zu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDK" \
	"gw"
#define RSA_THUMBPRINT "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
/* RFC 9449 section 6.1. */
#define EC_X          "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
#define EC_Y          "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
#define EC_THUMBPRINT "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
/* RFC 8037 section A.3. */
#define OKP_X          "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define OKP_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

static int
thumbprint(const char *jwk, char dst[BA_THUMBPRINT_SIZE])
{
	json_t *o = json_loads(jwk, 0, NULL);
	const struct ba_kind *kind;
	int r;

	assert_non_null(o);
	assert_int_equal(ba_jwk_read_kind(o, &kind), BA_OK);
	memset(dst, 'x', BA_THUMBPRINT_SIZE);
	r = ba_thumbprint(o, kind, dst);
	json_decref(o);
	assert_int_equal(ERR_peek_error(), 0);
	return r;
}

/* As published; and in any order, with any other members, spelled anyhow. */
static void
test_thp_01_published(void **state)
{
	static const struct {
		const char *jwk;
		const char *want;
	} cases[] = {
		{ "{\"kty\":\"RSA\",\"n\":\"" RSA_N
		  "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}",
		    RSA_THUMBPRINT },
		{ "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}",
		    RSA_THUMBPRINT },
		{ " { \"n\" : \"" RSA_N
		  "\" ,\n\"use\":\"sig\", \"e\":\"\\u0041QAB\", \"x\":\"a\","
		  "\"crv\":\"P-256\", \"kt\\u0079\":\"RS\\u0041\" } ",
		    RSA_THUMBPRINT },
		{ "{\"kty\":\"EC\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y
		  "\",\"crv\":\"P-256\"}",
		    EC_THUMBPRINT },
		{ "{\"y\":\"" EC_Y "\",\"e\":\"AQAB\",\"x\":\"" EC_X
		  "\",\"crv\":\"P-256\",\"kty\":\"EC\",\"kid\":\"1\"}",
		    EC_THUMBPRINT },
		{ "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" OKP_X "\"}",
		    OKP_THUMBPRINT },
		{ "{\"x\":\"" OKP_X
		  "\",\"y\":\"AA\",\"crv\":\"Ed25519\",\"kty\":\"OKP\"}",
		    OKP_THUMBPRINT },
		/* A secret has none: it would be a hash to guess it by. */
		{ "{\"kty\":\"oct\",\"k\":\"" OKP_X "\"}", "" },
	};
	char got[BA_THUMBPRINT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(thumbprint(cases[i].jwk, got), BA_OK);
		assert_string_equal(got, cases[i].want);
	}
}

/* Each required member counts. */
static void
test_thp_01_missing(void **state)
{
	static const char *const bad[] = {
		"{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"e\":65537,\"n\":\"" RSA_N "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" EC_Y "\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}",
	};
	char got[BA_THUMBPRINT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(thumbprint(bad[i], got), BA_ERR_KEY);
		assert_string_equal(got, "");
	}
}

/* RFC 9278 section 3, whose example is the key of RFC 7638. */
static void
test_thp_02_uri(void **state)
{
	static const char set[] =
	    "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RSA_N
	    "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}]}";
	const struct ba_jwk *key;
	struct ba_jwks *jwks;
	size_t iter = 0;
	char uri[128];

	(void)state;
	assert_int_equal(ba_jwks_parse(set, strlen(set), &jwks, NULL), BA_OK);
	key = ba_jwks_next(jwks, "2011-04-29", BA_ALG_RS256, &iter);
	assert_non_null(key);
	(void)snprintf(uri, sizeof(uri),
	    "urn:ietf:params:oauth:jwk-thumbprint:sha-256:%s",
	    ba_jwk_thumbprint(key));
	assert_string_equal(uri,
	    "urn:ietf:params:oauth:jwk-thumbprint:sha-256"
	    ":NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	ba_jwks_free(jwks);
}

/* A modulus of the longest key that we take fits. */
static void
test_thp_01_longest(void **state)
{
	size_t n = (BA_RSA_BITS_MAX / 8 * 4 + 2) / 3;
	char *text = NULL, got[BA_THUMBPRINT_SIZE];

	(void)state;
	assert_true(asprintf(&text,
			"{\"kty\":\"RSA\",\"e\":\"AQABAQABAQA\","
			"\"n\":\"%0*d\"}",
			(int)n, 0) > 0);
	assert_int_equal(thumbprint(text, got), BA_OK);
	assert_int_equal(strlen(got), BA_THUMBPRINT_SIZE - 1);
	free(text);
}

/* Longer than any number of a key that we take. */
static void
test_thp_01_too_long(void **state)
{
	static const char rest[] =
	    "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"\"}";
	char *text = NULL, got[BA_THUMBPRINT_SIZE];
	int n, most = 4096 - (int)(sizeof(rest) - 1);

	(void)state;
	for (n = most - 2; n <= most + 2; n++) {
		assert_true(asprintf(&text,
				"{\"kty\":\"RSA\",\"e\":\"AQAB\","
				"\"n\":\"%0*d\"}",
				n, 0) > 0);
		assert_int_equal(
		    thumbprint(text, got), n <= most ? BA_OK : BA_ERR_KEY);
		assert_int_equal(
		    strlen(got), n <= most ? BA_THUMBPRINT_SIZE - 1 : 0);
		free(text);
	}
}

/* Never half of one, nor another. */
static void
test_thp_01_memory(void **state)
{
	static const char jwk[] =
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" OKP_X "\"}";
	char got[BA_THUMBPRINT_SIZE];
	int r = BA_ERR_INTERNAL;
	size_t failed = 0;
	long n;

	(void)state;
	for (n = 0; n < 100 && r != BA_OK; n++) {
		/* What somebody left in OpenSSL's queue decides nothing. */
		ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
		ba_scarce.left = n;
		r = thumbprint(jwk, got);
		ba_scarce.left = -1;
		if (r == BA_OK)
			break;
		assert_true(r == BA_ERR_NOMEM || r == BA_ERR_CRYPTO);
		assert_string_equal(got, "");
		failed++;
	}
	assert_int_equal(r, BA_OK);
	assert_string_equal(got, OKP_THUMBPRINT);
	assert_true(failed > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thp_01_published),
		cmocka_unit_test(test_thp_01_missing),
		cmocka_unit_test(test_thp_02_uri),
		cmocka_unit_test(test_thp_01_longest),
		cmocka_unit_test(test_thp_01_too_long),
		cmocka_unit_test(test_thp_01_memory),
	};

	if (ba_scarce_openssl() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
