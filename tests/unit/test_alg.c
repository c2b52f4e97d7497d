/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/jose/alg.h"

static void
test_alg_names(void **state)
{
	static const struct {
		const char *name;
		enum ba_alg alg;
	} good[] = {
		{ "RS256", BA_ALG_RS256 },
		{ "RS384", BA_ALG_RS384 },
		{ "RS512", BA_ALG_RS512 },
		{ "PS256", BA_ALG_PS256 },
		{ "PS384", BA_ALG_PS384 },
		{ "PS512", BA_ALG_PS512 },
		{ "ES256", BA_ALG_ES256 },
		{ "ES384", BA_ALG_ES384 },
		{ "ES512", BA_ALG_ES512 },
		{ "ES256K", BA_ALG_ES256K },
		{ "EdDSA", BA_ALG_EDDSA },
		{ "Ed25519", BA_ALG_ED25519 },
		{ "Ed448", BA_ALG_ED448 },
	};
	static const char *const bad[] = { "", "none", "None", "NONE", "HS256",
		"HS384", "HS512", "rs256", "Rs256", "RS256 ", " RS256",
		"RS2560", "RS25", "RS1", "RS224", "PS1", "ES224", "ES256k",
		"ES384K", "ES521", "EDDSA", "eddsa", "ED448", "ed25519",
		"RSA1_5", "RSA-OAEP", "dir", "ML-DSA-44", "ESP256", "ESP384",
		"ESB256" };
	enum ba_alg alg;
	unsigned all = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ba_alg_parse(good[i].name, &alg), BA_OK);
		assert_int_equal(alg, good[i].alg);
		assert_string_equal(ba_alg_name(alg), good[i].name);
		all |= alg;
	}
	/* V01, V03, V43, JWK-16 */
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		alg = BA_ALG_RS256;
		assert_int_equal(ba_alg_parse(bad[i], &alg), BA_ERR_ALG);
		assert_int_equal(alg, 0);
	}
	assert_string_equal(ba_alg_name(0), "?");
	assert_string_equal(ba_alg_name(BA_ALG_RS256 | BA_ALG_PS256), "?");
	assert_int_equal(all, BA_ALG_ALL);
}

/* Every algorithm has one kind of key and one method, and EdDSA is two. */
static void
test_jwk_01_tables(void **state)
{
	const struct ba_method *m;
	const struct ba_kind *kind;
	unsigned alg, seen = 0;
	size_t i;

	(void)state;
	for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
		assert_int_equal(seen & kind->algs, 0);
		seen |= kind->algs;
		assert_true(kind->bytes <= BA_EC_BYTES_MAX);
		assert_true(
		    (kind->order != NULL) == (strcmp(kind->kty, "EC") == 0));
		assert_true((kind->crv == NULL) == (kind->bytes == 0));
	}
	assert_int_equal(seen, BA_ALG_ALL);
	for (alg = 1; alg <= BA_ALG_ALL; alg <<= 1) {
		m = ba_method_of(alg);
		assert_non_null(m);
		assert_int_equal(m->alg, alg);
		assert_true((m->hash == NULL) == ((alg & BA_ALG_EDDSA) != 0));
	}
	assert_null(ba_method_of(0));
	assert_null(ba_method_of(alg));
	assert_null(ba_method_of(BA_ALG_EDDSA));
	assert_null(ba_method_of(BA_ALG_ALL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alg_names),
		cmocka_unit_test(test_jwk_01_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
