/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <openssl/evp.h>

#include "common/jose/alg.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define RSA_ALGS                                                               \
	(BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512 | BA_ALG_PS256 |           \
	    BA_ALG_PS384 | BA_ALG_PS512)

/*
 * The registered names: RFC 7518 section 3.1, RFC 8812 section 3.2, RFC 8037
 * section 3.1 and RFC 9864 section 2.2.
 */
static const struct {
	const char *name;
	enum ba_alg alg;
} names[] = {
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

/* RFC 7518 sections 3.2 to 3.5, RFC 8812 section 3.2, RFC 8037 section 3.1. */
static const struct ba_method methods[] = {
	{ BA_ALG_RS256, "SHA256", 0, 0 },
	{ BA_ALG_RS384, "SHA384", 0, 0 },
	{ BA_ALG_RS512, "SHA512", 0, 0 },
	{ BA_ALG_PS256, "SHA256", 32, 0 },
	{ BA_ALG_PS384, "SHA384", 48, 0 },
	{ BA_ALG_PS512, "SHA512", 64, 0 },
	{ BA_ALG_ES256, "SHA256", 0, 0 },
	{ BA_ALG_ES384, "SHA384", 0, 0 },
	{ BA_ALG_ES512, "SHA512", 0, 0 },
	{ BA_ALG_ES256K, "SHA256", 0, 0 },
	{ BA_ALG_ED25519, NULL, 0, 0 },
	{ BA_ALG_ED448, NULL, 0, 0 },
	{ BA_ALG_HS256, "SHA256", 0, 32 },
	{ BA_ALG_HS384, "SHA384", 0, 48 },
	{ BA_ALG_HS512, "SHA512", 0, 64 },
};

/* The orders: SP 800-186 sections 3.2.1.3 to 3.2.1.5, SEC 2 section 2.4.1. */
static const unsigned char order_p256[] = { 0xff, 0xff, 0xff, 0xff, 0x00, 0x00,
	0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6,
	0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
	0x25, 0x51 };
static const unsigned char order_p384[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37,
	0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec,
	0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73 };
static const unsigned char order_p521[] = { 0x01, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b,
	0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8,
	0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64,
	0x09 };
static const unsigned char order_secp256k1[] = { 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
	0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0,
	0x36, 0x41, 0x41 };

static const struct ba_kind kinds[] = {
	{ BA_KTY_RSA, "RSA", NULL, RSA_ALGS, "RSA", EVP_PKEY_RSA, 0, NULL },
	{ BA_KTY_EC, "EC", "P-256", BA_ALG_ES256, "EC", EVP_PKEY_EC, 32,
	    order_p256 },
	{ BA_KTY_EC, "EC", "P-384", BA_ALG_ES384, "EC", EVP_PKEY_EC, 48,
	    order_p384 },
	{ BA_KTY_EC, "EC", "P-521", BA_ALG_ES512, "EC", EVP_PKEY_EC, 66,
	    order_p521 },
	{ BA_KTY_EC, "EC", "secp256k1", BA_ALG_ES256K, "EC", EVP_PKEY_EC, 32,
	    order_secp256k1 },
	{ BA_KTY_OKP, "OKP", "Ed25519", BA_ALG_ED25519, "ED25519",
	    EVP_PKEY_ED25519, 32, NULL },
	{ BA_KTY_OKP, "OKP", "Ed448", BA_ALG_ED448, "ED448", EVP_PKEY_ED448, 57,
	    NULL },
	{ BA_KTY_OCT, "oct", NULL, BA_ALG_SYMMETRIC, NULL, EVP_PKEY_NONE, 0,
	    NULL },
};

int
ba_alg_parse(const char *name, enum ba_alg *algp)
{
	size_t i;

	*algp = 0;
	for (i = 0; i < COUNT(names); i++) {
		if (strcmp(name, names[i].name) == 0) {
			*algp = names[i].alg;
			return BA_OK;
		}
	}
	return BA_ERR_ALG;
}

const char *
ba_alg_name(enum ba_alg alg)
{
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (names[i].alg == alg)
			return names[i].name;
	}
	return "?";
}

const struct ba_kind *
ba_kind_at(size_t i)
{
	return i < COUNT(kinds) ? &kinds[i] : NULL;
}

const struct ba_method *
ba_method_of(unsigned alg)
{
	size_t i;

	for (i = 0; i < COUNT(methods); i++) {
		if (methods[i].alg == alg)
			return &methods[i];
	}
	return NULL;
}
