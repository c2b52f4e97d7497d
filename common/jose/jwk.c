/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/base/b64url.h"
#include "common/jose/alg.h"
#include "common/jose/jwk.h"
#include "common/jose/jws.h"
#include "common/jose/sig.h"
#include "common/json/json.h"

/*
 * Members looked at in a key set.  A bad one costs up to 30 us (a point to be
 * tried), so that the worst set takes some 30 ms; issuers have fewer than ten.
 */
#define MEMBERS_MAX 1024

/* RFC 7517 section 4.3 registers eight. */
#define KEY_OPS_MAX 16

#define RSA_BYTES_MAX (BA_RSA_BITS_MAX / 8)
/*
 * Verification takes as many squarings as the exponent has bits, so that a
 * long one is a way to burn time.  OpenSSL itself stops at 64 bits for a
 * modulus above 3072; nobody has more, and 65537 is what there is.
 */
#define RSA_E_BYTES_MAX 8

#define CRV_MAX 16 /* the longest name of a curve, and its NUL, fit */

struct ba_jwk {
	const struct ba_kind *kind;
	EVP_PKEY *pkey;
	char *kid; /* or NULL */
	unsigned algs; /* that it serves, never 0 */
};

struct ba_jwks {
	size_t n;
	struct ba_jwk key[BA_JWKS_KEYS_MAX];
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Below, three ways for a member not to become a key: BA_ERR_ALG, it is not
 * for us (passed over); BA_ERR_KEY, it breaks a rule (counted as bad); any
 * other error is ours, and ends the parsing.
 */

/* A member that may be missing (*sp is NULL then), but not be another type. */
static int
optional(const json_t *jwk, const char *name, const char **sp)
{
	int r = ba_json_string(jwk, name, sp);

	if (r == BA_ERR_JSON_MISSING)
		return BA_OK;
	return r == BA_OK ? BA_OK : BA_ERR_KEY;
}

/* Canonical base64url of at most dstsz bytes. */
static int
bytes(const json_t *jwk, const char *name, unsigned char *dst, size_t dstsz,
    size_t *lenp)
{
	const char *s;

	*lenp = 0;
	if (ba_json_string(jwk, name, &s) != BA_OK ||
	    ba_b64url_decode(s, strlen(s), dst, dstsz, lenp) != BA_OK)
		return BA_ERR_KEY;
	return BA_OK;
}

static int
bytes_exactly(
    const json_t *jwk, const char *name, unsigned char *dst, size_t want)
{
	size_t len;

	if (bytes(jwk, name, dst, want, &len) != BA_OK || len != want)
		return BA_ERR_KEY;
	return BA_OK;
}

static int
from_params(const char *type, OSSL_PARAM *params, EVP_PKEY **pkeyp)
{
	EVP_PKEY_CTX *ctx;
	int r;

	ERR_clear_error();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		r = ba_ossl_error(BA_ERR_CRYPTO);
	else if (EVP_PKEY_fromdata(ctx, pkeyp, EVP_PKEY_PUBLIC_KEY, params) !=
		 1)
		r = ba_ossl_error(BA_ERR_KEY);
	else
		r = BA_OK;
	EVP_PKEY_CTX_free(ctx);
	/* A key can be made and an error noted all the same. */
	ERR_clear_error();
	return r;
}

/*
 * RFC 7518 section 2: a Base64urlUInt has the least number of octets.  A
 * leading zero is refused although some old Java servers write one: it is a
 * second spelling of the same key, and their administrators will hear of it.
 */
static int
uint_be(const json_t *jwk, const char *name, unsigned char *dst, size_t dstsz,
    size_t *lenp)
{
	int r = bytes(jwk, name, dst, dstsz, lenp);

	if (r == BA_OK && (*lenp == 0 || dst[0] == 0))
		r = BA_ERR_KEY;
	return r;
}

static size_t
bit_length(const unsigned char *p, size_t n)
{
	size_t bits = (n - 1) * 8;
	unsigned char c;

	for (c = p[0]; c != 0; c >>= 1)
		bits++;
	return bits;
}

/* From big endian to the order of bytes that OSSL_PARAM has on this machine. */
static int
to_native(unsigned char *p, size_t n)
{
	BIGNUM *bn = BN_bin2bn(p, (int)n, NULL);
	int r = BA_OK;

	if (bn == NULL || BN_bn2nativepad(bn, p, (int)n) != (int)n)
		r = ba_ossl_error(BA_ERR_NOMEM);
	BN_free(bn);
	return r;
}

/*
 * RFC 7518 section 6.3.1, with the sizes of section 3.3.  That n is a product
 * of two primes is not tried: it takes seconds for a long one.
 */
static int
make_rsa(const json_t *jwk, EVP_PKEY **pkeyp)
{
	unsigned char n[RSA_BYTES_MAX], e[RSA_E_BYTES_MAX];
	OSSL_PARAM params[3];
	size_t bits, elen, nlen;
	int r;

	if ((r = uint_be(jwk, "n", n, sizeof(n), &nlen)) != BA_OK ||
	    (r = uint_be(jwk, "e", e, sizeof(e), &elen)) != BA_OK)
		return r;
	bits = bit_length(n, nlen);
	if (bits < BA_RSA_BITS_MIN || bits > BA_RSA_BITS_MAX)
		return BA_ERR_KEY;
	/* Odd, both; and e is not 1, which signs nothing. */
	if ((n[nlen - 1] & 1) == 0 || (e[elen - 1] & 1) == 0 ||
	    (elen == 1 && e[0] == 1))
		return BA_ERR_KEY;
	if ((r = to_native(n, nlen)) != BA_OK ||
	    (r = to_native(e, elen)) != BA_OK)
		return r;
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, nlen);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, elen);
	params[2] = OSSL_PARAM_construct_end();
	return from_params("RSA", params, pkeyp);
}

/*
 * Whose fault is it that there is no key?  Some distributions leave out
 * curves that NIST did not choose; then the key is passed over, as those of
 * any curve that we do not know.
 */
static int
blame(const char *crv)
{
	EC_GROUP *group;

	if (EC_curve_nist2nid(crv) != NID_undef)
		return BA_ERR_KEY;
	group = EC_GROUP_new_by_curve_name(OBJ_sn2nid(crv));
	if (group == NULL)
		return ba_ossl_error(BA_ERR_ALG);
	EC_GROUP_free(group);
	return BA_ERR_KEY;
}

/*
 * RFC 7518 section 6.2.1, RFC 8812 section 3.1.  OpenSSL refuses a point that
 * is not on the curve and a coordinate that is not below p; none of the curves
 * has a cofactor, so that no other check is due.
 */
static int
make_ec(const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	unsigned char point[1 + 2 * BA_EC_BYTES_MAX];
	char group[CRV_MAX];
	OSSL_PARAM params[3];
	size_t n = kind->bytes;
	int r;

	point[0] = 0x04; /* uncompressed */
	if ((r = bytes_exactly(jwk, "x", point + 1, n)) != BA_OK ||
	    (r = bytes_exactly(jwk, "y", point + 1 + n, n)) != BA_OK)
		return r;
	(void)snprintf(group, sizeof(group), "%s", kind->crv);
	params[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n);
	params[2] = OSSL_PARAM_construct_end();
	r = from_params(kind->type, params, pkeyp);
	return r == BA_ERR_KEY ? blame(kind->crv) : r;
}

/* RFC 8037 section 2. */
static int
make_okp(const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	unsigned char x[BA_EC_BYTES_MAX];
	OSSL_PARAM params[2];
	int r;

	if ((r = bytes_exactly(jwk, "x", x, kind->bytes)) != BA_OK)
		return r;
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, x, kind->bytes);
	params[1] = OSSL_PARAM_construct_end();
	return from_params(kind->type, params, pkeyp);
}

static int
make(const json_t *jwk, const struct ba_kind *kind, EVP_PKEY **pkeyp)
{
	if (kind->bytes == 0)
		return make_rsa(jwk, pkeyp);
	return kind->order != NULL ? make_ec(jwk, kind, pkeyp)
				   : make_okp(jwk, kind, pkeyp);
}

static bool
has_private(const json_t *jwk)
{
	static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (ba_json_has(jwk, names[i]))
			return true;
	}
	return false;
}

/*
 * The key's kind.  Private and symmetric material is found out before
 * anything that could make us pass over the key, for it is an alarm whatever
 * the key is for (RFC 7517 section 9.2).  Of a kty that we do not know, we do
 * not know which members are private either.
 */
static int
find_kind(const json_t *jwk, const struct ba_kind **kindp)
{
	const struct ba_kind *kind;
	const char *kty, *crv = NULL;
	bool known = false;
	size_t i;

	*kindp = NULL;
	if (ba_json_string(jwk, "kty", &kty) != BA_OK ||
	    strcmp(kty, "oct") == 0)
		return BA_ERR_KEY;
	for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
		if (strcmp(kty, kind->kty) != 0)
			continue;
		if (!known && has_private(jwk))
			return BA_ERR_KEY;
		if (!known && kind->crv != NULL &&
		    ba_json_string(jwk, "crv", &crv) != BA_OK)
			return BA_ERR_KEY;
		known = true;
		if (kind->crv == NULL || strcmp(crv, kind->crv) == 0) {
			*kindp = kind;
			return BA_OK;
		}
	}
	return BA_ERR_ALG;
}

/* What key_ops says (RFC 7517 section 4.3). */
struct ops {
	bool verify;
	bool signing; /* one of sign, verify */
	bool ciphering; /* one of the other six */
};

static void
note_op(struct ops *ops, const char *s)
{
	static const char *const cipher[] = { "encrypt", "decrypt", "wrapKey",
		"unwrapKey", "deriveKey", "deriveBits" };
	size_t i;

	if (strcmp(s, "verify") == 0)
		ops->verify = ops->signing = true;
	else if (strcmp(s, "sign") == 0)
		ops->signing = true;
	for (i = 0; i < COUNT(cipher); i++) {
		if (strcmp(s, cipher[i]) == 0)
			ops->ciphering = true;
	}
}

static int
read_ops(const json_t *array, struct ops *ops)
{
	const char *s[KEY_OPS_MAX];
	size_t i, j, n = json_array_size(array);

	/* Without a bound, looking for duplicates could be made to last. */
	if (!json_is_array(array) || n > KEY_OPS_MAX)
		return BA_ERR_KEY;
	for (i = 0; i < n; i++) {
		s[i] = json_string_value(json_array_get(array, i));
		if (s[i] == NULL)
			return BA_ERR_KEY;
		for (j = 0; j < i; j++) {
			if (strcmp(s[i], s[j]) == 0)
				return BA_ERR_KEY;
		}
		note_op(ops, s[i]);
	}
	return BA_OK;
}

/* RFC 7517 sections 4.2 and 4.3: is the key there to verify signatures? */
static int
check_use(const json_t *jwk)
{
	const json_t *array = json_object_get(jwk, "key_ops");
	struct ops ops = { false, false, false };
	const char *use;
	int r;

	if ((r = optional(jwk, "use", &use)) != BA_OK)
		return r;
	if (array != NULL && (r = read_ops(array, &ops)) != BA_OK)
		return r;
	/* "The information they convey MUST be consistent." */
	if (use != NULL && ((strcmp(use, "sig") == 0 && ops.ciphering) ||
			       (strcmp(use, "enc") == 0 && ops.signing)))
		return BA_ERR_KEY;
	if (use != NULL && strcmp(use, "sig") != 0)
		return BA_ERR_ALG;
	if (array != NULL && !ops.verify)
		return BA_ERR_ALG;
	return BA_OK;
}

/* RFC 7517 section 4.4, RFC 8725 section 3.1: one key, one algorithm. */
static int
check_alg(const json_t *jwk, const struct ba_kind *kind, unsigned *algsp)
{
	enum ba_alg alg;
	const char *name;
	int r;

	*algsp = 0;
	if ((r = optional(jwk, "alg", &name)) != BA_OK)
		return r;
	if (name == NULL) {
		*algsp = kind->algs;
		return BA_OK;
	}
	if ((r = ba_alg_parse(name, &alg)) != BA_OK)
		return r;
	/* An algorithm of another family than its own kty. */
	if ((kind->algs & alg) == 0)
		return BA_ERR_KEY;
	*algsp = kind->algs & alg;
	return BA_OK;
}

static int
copy_kid(const json_t *jwk, char **kidp)
{
	const char *kid;
	int r;

	*kidp = NULL;
	if ((r = optional(jwk, "kid", &kid)) != BA_OK)
		return r;
	if (kid == NULL)
		return BA_OK;
	if (strlen(kid) > BA_KID_MAX)
		return BA_ERR_KEY;
	*kidp = strdup(kid);
	return *kidp == NULL ? BA_ERR_NOMEM : BA_OK;
}

static void
key_clear(struct ba_jwk *key)
{
	EVP_PKEY_free(key->pkey);
	free(key->kid);
	memset(key, 0, sizeof(*key));
}

static int
key_parse(const json_t *jwk, struct ba_jwk *key)
{
	int r;

	memset(key, 0, sizeof(*key));
	if ((r = find_kind(jwk, &key->kind)) != BA_OK ||
	    (r = check_use(jwk)) != BA_OK ||
	    (r = check_alg(jwk, key->kind, &key->algs)) != BA_OK ||
	    (r = copy_kid(jwk, &key->kid)) != BA_OK ||
	    (r = make(jwk, key->kind, &key->pkey)) != BA_OK)
		key_clear(key);
	return r;
}

/* The set owns the key from here on, or it is gone. */
static int
add(struct ba_jwks *set, struct ba_jwk *key)
{
	const struct ba_jwk *other;
	size_t i;

	if (set->n == BA_JWKS_KEYS_MAX)
		goto refuse;
	/* Which of the two would a token mean?  Wycheproof, duplicate kid. */
	for (i = 0; i < set->n; i++) {
		other = &set->key[i];
		if (key->kid != NULL && other->kid != NULL &&
		    strcmp(key->kid, other->kid) == 0 &&
		    (key->algs & other->algs) != 0)
			goto refuse;
	}
	set->key[set->n++] = *key;
	return BA_OK;
refuse:
	key_clear(key);
	return BA_ERR_JWKS;
}

static int
add_all(struct ba_jwks *set, const json_t *keys, size_t *badp)
{
	struct ba_jwk key;
	size_t i;
	int r;

	for (i = 0; i < json_array_size(keys); i++) {
		r = key_parse(json_array_get(keys, i), &key);
		if (r == BA_OK)
			r = add(set, &key);
		else if (r == BA_ERR_ALG)
			r = BA_OK;
		else if (r == BA_ERR_KEY) {
			(*badp)++;
			r = BA_OK;
		}
		if (r != BA_OK)
			return r;
	}
	return set->n == 0 ? BA_ERR_JWKS : BA_OK;
}

int
ba_jwks_parse(const void *p, size_t n, struct ba_jwks **setp, size_t *badp)
{
	int r = BA_ERR_INTERNAL;
	struct ba_jwks *set = NULL;
	json_t *root = NULL;
	const json_t *keys;
	size_t bad = 0;

	*setp = NULL;
	if (badp != NULL)
		*badp = 0;
	r = n > BA_JWKS_BYTES_MAX ? BA_ERR_JWKS : ba_json_parse(p, n, &root);
	if (r != BA_OK) {
		r = r == BA_ERR_NOMEM ? r : BA_ERR_JWKS;
		goto out;
	}
	keys = json_object_get(root, "keys");
	if (!json_is_array(keys) || json_array_size(keys) > MEMBERS_MAX) {
		r = BA_ERR_JWKS;
		goto out;
	}
	set = calloc(1, sizeof(*set));
	if (set == NULL) {
		r = BA_ERR_NOMEM;
		goto out;
	}
	r = add_all(set, keys, &bad);
	if (badp != NULL)
		*badp = bad;
	if (r == BA_OK) {
		*setp = set;
		set = NULL;
	}
out:
	ba_jwks_free(set);
	json_decref(root);
	return r;
}

void
ba_jwks_free(struct ba_jwks *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->n; i++)
		key_clear(&set->key[i]);
	free(set);
}

size_t
ba_jwks_count(const struct ba_jwks *set)
{
	return set == NULL ? 0 : set->n;
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

const struct ba_jwk *
ba_jwks_next(
    const struct ba_jwks *set, const char *kid, enum ba_alg alg, size_t *iter)
{
	const struct ba_jwk *key;

	while (*iter < ba_jwks_count(set)) {
		key = &set->key[(*iter)++];
		if (!ba_jwk_serves(key, alg))
			continue;
		if (kid == NULL ||
		    (key->kid != NULL && strcmp(key->kid, kid) == 0))
			return key;
	}
	return NULL;
}

void *
ba_jwk_pkey(const struct ba_jwk *key)
{
	return key->pkey;
}

const struct ba_kind *
ba_jwk_kind(const struct ba_jwk *key)
{
	return key->kind;
}
