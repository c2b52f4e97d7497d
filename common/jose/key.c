/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/jose/key.h"
#include "common/jose/member.h"
#include "common/jose/pkey.h"
#include "common/jose/thumbprint.h"

/*
 * RFC 7518 section 3.2: "A key of the same size as the hash output […] or
 * larger MUST be used".  What is left of algs is what this one is long enough
 * for.
 */
static unsigned
long_enough(unsigned algs, size_t len)
{
	const struct ba_method *m;
	unsigned bit, left = 0;

	for (bit = BA_ALG_HS256; bit <= BA_ALG_HS512; bit <<= 1) {
		m = ba_method_of(algs & bit);
		if (m != NULL && len >= m->mac)
			left |= bit;
	}
	return left;
}

/* RFC 7518 section 6.4.1. */
static int
read_secret(const json_t *jwk, struct ba_jwk *key)
{
	unsigned char *p;
	size_t len;
	int r;

	ba_buf_init(&key->secret, BA_SECRET_MAX);
	if ((r = ba_buf_reserve(&key->secret, BA_SECRET_MAX, &p)) != BA_OK ||
	    (r = ba_jwk_read_bytes(jwk, "k", p, BA_SECRET_MAX, &len)) != BA_OK)
		return r;
	ba_buf_commit(&key->secret, len);
	key->algs = long_enough(key->algs, len);
	return key->algs == 0 ? BA_ERR_KEY : BA_OK;
}

static int
read_public(struct ba_pkey_maker *maker, const json_t *jwk, struct ba_jwk *key)
{
	int r = ba_pkey_make(maker, jwk, key->kind, &key->pkey);

	return r == BA_OK ? ba_thumbprint(jwk, key->kind, key->thumbprint) : r;
}

int
ba_jwk_parse(struct ba_pkey_maker *maker, const json_t *jwk, struct ba_jwk *key)
{
	int r;

	memset(key, 0, sizeof(*key));
	if ((r = ba_jwk_read_kind(jwk, &key->kind)) != BA_OK ||
	    (r = ba_jwk_check_use(jwk)) != BA_OK ||
	    (r = ba_jwk_read_alg(jwk, key->kind, &key->algs, &key->named)) !=
		BA_OK ||
	    (r = ba_jwk_read_kid(jwk, &key->kid)) != BA_OK ||
	    (r = key->kind->what == BA_KTY_OCT
		     ? read_secret(jwk, key)
		     : read_public(maker, jwk, key)) != BA_OK)
		ba_jwk_clear(key);
	return r;
}

void
ba_jwk_clear(struct ba_jwk *key)
{
	EVP_PKEY_free(key->pkey);
	ba_buf_wipe(&key->secret);
	free(key->kid);
	memset(key, 0, sizeof(*key));
}

enum ba_alg
ba_jwk_named(const struct ba_jwk *key)
{
	return key->named;
}

unsigned
ba_jwk_algs(const struct ba_jwk *key, enum ba_alg alg)
{
	return key->algs & alg;
}

bool
ba_jwk_serves(const struct ba_jwk *key, enum ba_alg alg)
{
	return ba_jwk_algs(key, alg) != 0;
}

const char *
ba_jwk_thumbprint(const struct ba_jwk *key)
{
	return key->thumbprint;
}

EVP_PKEY *
ba_jwk_pkey(const struct ba_jwk *key)
{
	return key->pkey;
}

const struct ba_buf *
ba_jwk_secret(const struct ba_jwk *key)
{
	return &key->secret;
}

const struct ba_kind *
ba_jwk_kind(const struct ba_jwk *key)
{
	return key->kind;
}
