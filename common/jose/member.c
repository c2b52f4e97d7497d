/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/b64url.h"
#include "common/jose/jws.h"
#include "common/jose/member.h"
#include "common/json/json.h"

/* RFC 7517 section 4.3 registers eight. */
#define KEY_OPS_MAX 16

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A member that may be missing (*sp is NULL then), but not be another type. */
static int
optional(const json_t *jwk, const char *name, const char **sp)
{
	int r = ba_json_string(jwk, name, sp);

	if (r == BA_ERR_JSON_MISSING)
		return BA_OK;
	return r == BA_OK ? BA_OK : BA_ERR_KEY;
}

int
ba_jwk_read_bytes(const json_t *jwk, const char *name, unsigned char *dst,
    size_t dstsz, size_t *lenp)
{
	const char *s;

	*lenp = 0;
	if (ba_json_string(jwk, name, &s) != BA_OK ||
	    ba_b64url_decode(s, strlen(s), dst, dstsz, lenp) != BA_OK)
		return BA_ERR_KEY;
	return BA_OK;
}

bool
ba_jwk_is_secret(const json_t *jwk)
{
	const char *kty;

	return ba_json_string(jwk, "kty", &kty) == BA_OK &&
	       strcmp(kty, "oct") == 0;
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
 * Private material is found out before anything that could make us pass over
 * the key.  Of a kty that we do not know, we do not know which members are
 * private either.
 */
int
ba_jwk_read_kind(const json_t *jwk, const struct ba_kind **kindp)
{
	const struct ba_kind *kind;
	const char *kty, *crv;
	size_t i;

	*kindp = NULL;
	if (ba_json_string(jwk, "kty", &kty) != BA_OK)
		return BA_ERR_KEY;
	for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
		if (strcmp(kty, kind->kty) != 0)
			continue;
		if (kind->what != BA_KTY_OCT && has_private(jwk))
			return BA_ERR_KEY;
		if (kind->crv != NULL &&
		    ba_json_string(jwk, "crv", &crv) != BA_OK)
			return BA_ERR_KEY;
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
int
ba_jwk_check_use(const json_t *jwk)
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
int
ba_jwk_read_alg(const json_t *jwk, const struct ba_kind *kind, unsigned *algsp,
    enum ba_alg *namedp)
{
	enum ba_alg alg;
	const char *name;
	int r;

	*algsp = 0;
	*namedp = 0;
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
	*namedp = alg;
	return BA_OK;
}

int
ba_jwk_read_kid(const json_t *jwk, char **kidp)
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
