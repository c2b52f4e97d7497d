/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/base/b64url.h"
#include "common/base/mem.h"
#include "common/base/pem.h"
#include "common/jose/alg.h"
#include "common/jose/sig.h"
#include "common/jose/sign.h"
#include "common/json/json.h"

/* Of a header of ours: two short names and a kid, each byte escaped. */
#define HEADER_MAX 8192
#define CLAIMS_MAX 65536

int
ba_private_key_parse(const void *pem, size_t n, EVP_PKEY **keyp)
{
	BIO *bio;
	int r = BA_OK;

	*keyp = NULL;
	if (n == 0 || n > INT_MAX)
		return BA_ERR_KEY;
	ERR_clear_error();
	bio = BIO_new_mem_buf(pem, (int)n);
	if (bio == NULL)
		return ba_ossl_error(BA_ERR_NOMEM);
	*keyp = PEM_read_bio_PrivateKey(bio, NULL, ba_pem_no_password, NULL);
	if (*keyp == NULL)
		r = ba_ossl_error(BA_ERR_KEY);
	BIO_free(bio);
	/* What its decoders tried in vain is nobody's business. */
	ERR_clear_error();
	return r;
}

/* OpenSSL has names of its own for curves. */
static bool
is_curve(const EVP_PKEY *key, const char *crv)
{
	static const char *const names[][2] = {
		{ "P-256", "prime256v1" },
		{ "P-384", "secp384r1" },
		{ "P-521", "secp521r1" },
		{ "secp256k1", "secp256k1" },
	};
	char group[64];
	size_t i, len;

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), &len) != 1)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(crv, names[i][0]) == 0)
			return strcmp(group, names[i][1]) == 0;
	}
	return false;
}

/*
 * Two curves have numbers of one length, so that the name decides.  A key of
 * the type RSASSA-PSS is another type, and has no kind here.
 */
static const struct ba_kind *
kind_of(const EVP_PKEY *key)
{
	const struct ba_kind *kind;
	int bits = EVP_PKEY_get_bits(key);
	size_t i;

	for (i = 0; (kind = ba_kind_at(i)) != NULL; i++) {
		if (kind->type == NULL || EVP_PKEY_get_id(key) != kind->id)
			continue;
		switch (kind->what) {
		case BA_KTY_RSA:
			return bits >= BA_RSA_BITS_MIN &&
				       bits <= BA_RSA_BITS_MAX
				   ? kind
				   : NULL;
		case BA_KTY_EC:
			if (is_curve(key, kind->crv))
				return kind;
			break;
		case BA_KTY_OKP:
			return kind;
		case BA_KTY_OCT:
			break;
		}
	}
	return NULL;
}

/*
 * RSA keys serve several: RS256 is the one that providers have to take (OpenID
 * Connect Core 1.0 section 15.1).  EdDSA is Ed25519's older and better known
 * name.
 */
static enum ba_alg
usual(const struct ba_kind *kind)
{
	if (kind->what == BA_KTY_RSA)
		return BA_ALG_RS256;
	return kind->algs == BA_ALG_ED25519 ? BA_ALG_EDDSA
					    : (enum ba_alg)kind->algs;
}

int
ba_private_key_alg(const EVP_PKEY *key, enum ba_alg alg, enum ba_alg *algp)
{
	const struct ba_kind *kind;
	int r = BA_OK;

	*algp = 0;
	ERR_clear_error();
	kind = kind_of(key);
	if (kind == NULL || (alg != 0 && (kind->algs & alg) == 0))
		r = BA_ERR_KEY;
	else
		*algp = alg != 0 ? alg : usual(kind);
	ERR_clear_error();
	return r;
}

/* r || s, each of the kind's length (RFC 7518 section 3.4); its length. */
static size_t
raw_ecdsa(const struct ba_kind *kind, const unsigned char *der, size_t n,
    unsigned char *dst)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int width = (int)kind->bytes;
	bool ok;

	ok = sig != NULL &&
	     BN_bn2binpad(ECDSA_SIG_get0_r(sig), dst, width) == width &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(sig), dst + width, width) == width;
	ECDSA_SIG_free(sig);
	return ok ? 2 * kind->bytes : 0;
}

/* The bytes that a JWS has; sig takes BA_SIG_MAX. */
static int
sign_bytes(EVP_PKEY *key, const struct ba_kind *kind, const struct ba_method *m,
    const struct ba_buf *input, unsigned char *sig, size_t *np)
{
	unsigned char made[BA_SIG_MAX];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	size_t n = sizeof(made);
	int r = BA_ERR_CRYPTO;

	*np = 0;
	if (ctx != NULL &&
	    EVP_DigestSignInit_ex(ctx, &pctx, m->hash, NULL, NULL, key, NULL) ==
		1 &&
	    (m->salt == 0 || ba_method_set_pss(pctx, m)) &&
	    EVP_DigestSign(ctx, made, &n, input->p, input->len) == 1) {
		if (kind->order != NULL)
			n = raw_ecdsa(kind, made, n, sig);
		else
			memcpy(sig, made, n);
		*np = n;
		r = n > 0 ? BA_OK : BA_ERR_CRYPTO;
	}
	if (r != BA_OK)
		r = ba_ossl_error(r);
	EVP_MD_CTX_free(ctx);
	return r;
}

static int
append_b64url(struct ba_buf *out, const void *p, size_t n)
{
	unsigned char *dst;
	int r;

	/* The encoder's NUL has its place behind the content. */
	r = ba_buf_reserve(out, BA_B64URL_ENCODED(n), &dst);
	if (r != BA_OK)
		return r;
	ba_b64url_encode((char *)dst, p, n);
	ba_buf_commit(out, BA_B64URL_ENCODED(n));
	return BA_OK;
}

/* o, which may be NULL for lack of memory, as a segment. */
static int
append_json(struct ba_buf *out, const json_t *o, size_t max)
{
	struct ba_buf text;
	int r = BA_ERR_NOMEM;

	ba_buf_init(&text, max);
	if (o != NULL)
		r = ba_json_dump(o, &text);
	if (r == BA_OK)
		r = append_b64url(out, text.p, text.len);
	ba_buf_wipe(&text);
	return r;
}

static int
append_header(
    struct ba_buf *out, enum ba_alg alg, const char *typ, const char *kid)
{
	json_t *h =
	    json_pack("{s:s, s:s}", "alg", ba_alg_name(alg), "typ", typ);
	int r = BA_ERR_NOMEM;

	/* Not by "s*", which leaves kid out for want of memory, too. */
	if (kid == NULL || json_object_set_new(h, "kid", json_string(kid)) == 0)
		r = append_json(out, h, HEADER_MAX);
	json_decref(h);
	return r;
}

static int
append_all(EVP_PKEY *key, const struct ba_kind *kind, enum ba_alg alg,
    const char *typ, const char *kid, const json_t *claims,
    struct ba_buf *token)
{
	const struct ba_method *m = ba_method_of(kind->algs & alg);
	unsigned char sig[BA_SIG_MAX];
	size_t n;
	int r;

	if (m == NULL)
		return BA_ERR_CRYPTO;
	if ((r = append_header(token, alg, typ, kid)) != BA_OK ||
	    (r = ba_buf_append_byte(token, '.')) != BA_OK ||
	    (r = append_json(token, claims, CLAIMS_MAX)) != BA_OK ||
	    (r = sign_bytes(key, kind, m, token, sig, &n)) != BA_OK ||
	    (r = ba_buf_append_byte(token, '.')) != BA_OK)
		return r;
	return append_b64url(token, sig, n);
}

int
ba_jws_sign(EVP_PKEY *key, enum ba_alg alg, const char *typ, const char *kid,
    const json_t *claims, struct ba_buf *out)
{
	const struct ba_kind *kind;
	struct ba_buf token;
	int r = BA_ERR_CRYPTO;

	ERR_clear_error();
	ba_buf_init(&token, out->max - out->len);
	kind = kind_of(key);
	if (kind != NULL)
		r = append_all(key, kind, alg, typ, kid, claims, &token);
	if (r == BA_OK)
		r = ba_buf_append(out, token.p, token.len);
	ba_buf_wipe(&token);
	ERR_clear_error();
	return r;
}
