/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <openssl/evp.h>

#include "common/base/buf.h"
#include "common/base/url.h"
#include "common/json/json.h"

#include "broker/once.h"

/* What the rest of a name is, so that no jti is ever taken for a text. */
#define BY_JTI  'j'
#define BY_TEXT 't'

/* A claim is no longer than the token. */
#define NAME_MAX_BYTES (BA_URL_MAX + 64 * 1024 + 2)

static bool
has_three_segments(const char *token, size_t n)
{
	size_t i, dots = 0;

	for (i = 0; i < n; i++)
		dots += token[i] == '.';
	return dots == 2;
}

int
ba_once_token(const void *token, size_t n, struct ba_once *once)
{
	memset(once, 0, sizeof(*once));
	if (EVP_Digest(token, n, once->digest, NULL, EVP_sha256(), NULL) != 1)
		return BA_ERR_CRYPTO;
	once->jwt = has_three_segments(token, n);
	return BA_OK;
}

static int
name_of(const struct ba_once *token, const struct ba_verdict *v,
    struct ba_buf *name)
{
	const char *jti = NULL, *iss = v->issuer->url;
	int r, have;

	have = ba_json_string(v->claims, "jti", &jti);
	if (have == BA_OK && jti[0] == '\0')
		return BA_ERR_CLAIM;
	if (have == BA_ERR_JSON_TYPE)
		return BA_ERR_CLAIM;
	if (have != BA_OK && (!v->introspected || token == NULL || token->jwt))
		return BA_ERR_CLAIM;
	r = ba_buf_append_byte(name, have == BA_OK ? BY_JTI : BY_TEXT);
	if (r == BA_OK)
		r = ba_buf_append(name, iss, strlen(iss) + 1);
	if (r != BA_OK)
		return r;
	return have == BA_OK
		   ? ba_buf_append_str(name, jti)
		   : ba_buf_append(name, token->digest, BA_ONCE_DIGEST);
}

/*
 * Kept as long as the token could be accepted again.  The verdict's exp may be
 * an earlier one that the issuer has answered, and that moves on with each
 * answer; the token's own does not.
 */
static int64_t
end_of(const struct ba_verdict *v)
{
	int64_t exp;

	if (ba_json_date(v->claims, "exp", &exp) != BA_OK || exp < v->exp)
		exp = v->exp;
	return exp + v->issuer->clock_skew;
}

int
ba_once_use(struct ba_store *store, const struct ba_once *token,
    const struct ba_verdict *v, int64_t now)
{
	struct ba_buf name;
	int64_t end;
	int r;

	if (v->issuer == NULL || v->claims == NULL)
		return BA_ERR_INTERNAL;
	end = end_of(v);
	if (end - now > BA_ONCE_LIFE_MAX)
		return BA_ERR_LIFETIME;
	ba_buf_init(&name, NAME_MAX_BYTES);
	r = name_of(token, v, &name);
	if (r == BA_OK)
		r = ba_store_add(store, BA_SPACE_USED, name.p, name.len, "", 0,
		    now, end, BA_REACH_SHARED);
	ba_buf_wipe(&name);
	return r == BA_ERR_EXISTS ? BA_ERR_REPLAY : r;
}
