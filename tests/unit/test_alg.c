/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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
		{ "HS256", BA_ALG_HS256 },
		{ "HS384", BA_ALG_HS384 },
		{ "HS512", BA_ALG_HS512 },
	};
	static const char *const bad[] = { "", "none", "None", "NONE", "HS1",
		"HS224", "HS2560", "hs256", "HS-256", "HS512/256", "rs256",
		"Rs256", "RS256 ", " RS256", "RS2560", "RS25", "RS1", "RS224",
		"PS1", "ES224", "ES256k", "ES384K", "ES521", "EDDSA", "eddsa",
		"ED448", "ed25519", "RSA1_5", "RSA-OAEP", "dir", "ML-DSA-44",
		"ESP256", "ESP384", "ESB256" };
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
	bool ec, oct, rsa;

	(void)state;
	for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
		assert_int_equal(seen & kind->algs, 0);
		seen |= kind->algs;
		assert_true(kind->bytes <= BA_EC_BYTES_MAX);
		ec = strcmp(kind->kty, "EC") == 0;
		oct = strcmp(kind->kty, "oct") == 0;
		rsa = strcmp(kind->kty, "RSA") == 0;
		assert_true((kind->order != NULL) == ec);
		assert_true((kind->what == BA_KTY_EC) == ec);
		assert_true((kind->what == BA_KTY_OCT) == oct);
		assert_true((kind->what == BA_KTY_RSA) == rsa);
		assert_true((kind->crv == NULL) == (rsa || oct));
		assert_true((kind->bytes == 0) == (rsa || oct));
		/* JWK-01: what is secret serves HMACs, and nothing else. */
		assert_int_equal(
		    kind->algs & BA_ALG_SYMMETRIC, oct ? kind->algs : 0);
		assert_true((kind->type == NULL) == oct);
	}
	assert_int_equal(seen, BA_ALG_ALL);
	for (alg = 1; alg <= BA_ALG_ALL; alg <<= 1) {
		m = ba_method_of(alg);
		assert_non_null(m);
		assert_int_equal(m->alg, alg);
		assert_true((m->hash == NULL) == ((alg & BA_ALG_EDDSA) != 0));
		assert_true((m->mac == 0) == ((alg & BA_ALG_SYMMETRIC) == 0));
	}
	assert_null(ba_method_of(0));
	assert_null(ba_method_of(alg));
	assert_null(ba_method_of(BA_ALG_EDDSA));
	assert_null(ba_method_of(BA_ALG_ALL));
}

/* JWK-09: as many bytes as the hash has (RFC 7518 section 3.2). */
static void
test_jwk_09_mac_sizes(void **state)
{
	(void)state;
	assert_int_equal(ba_method_of(BA_ALG_HS256)->mac, 32);
	assert_int_equal(ba_method_of(BA_ALG_HS384)->mac, 48);
	assert_int_equal(ba_method_of(BA_ALG_HS512)->mac, 64);
	assert_int_equal(BA_ALG_SYMMETRIC & BA_ALG_ASYMMETRIC, 0);
	assert_int_equal(
	    BA_ALG_SYMMETRIC, BA_ALG_HS256 | BA_ALG_HS384 | BA_ALG_HS512);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alg_names),
		cmocka_unit_test(test_jwk_01_tables),
		cmocka_unit_test(test_jwk_09_mac_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
