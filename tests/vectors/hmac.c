/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/jose/sig.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/*
 * Wycheproof's keyed hashes.  Its files are of HMAC as such, with tags that
 * are cut to half and keys that are half as long as the hash; JWS has neither
 * (RFC 7518 section 3.2).  Such a tag and such a key must be refused as they
 * are.  So that the published result is judged all the same, by the product:
 *
 * - to a tag that was cut, the rest is given back that the true one has (by
 *   OpenSSL's HMAC, not by ours): good where the published part is good;
 * - a short key is filled up with zeros to the length of the hash, which to
 *   HMAC is the same key (RFC 2104 section 2, step 1).
 */

#define TAG_MAX 64
#define KEY_MAX 256

struct hash {
	const char *file;
	const char *name; /* RFC 7518's … */
	const char *openssl; /* … and OpenSSL's */
	enum ba_alg alg;
	size_t bytes;
	unsigned cut, short_key; /* how many */
};

static bool
parse_secret(const struct hash *h, const unsigned char *key, size_t n,
    struct ba_jwks **setp)
{
	char *k = ba_b64url_text(key, n), *text;
	json_t *jwk =
	    json_pack("{s:s,s:s,s:s}", "kty", "oct", "alg", h->name, "k", k);
	int r;

	text = ba_json_text(jwk);
	r = ba_jwks_parse_symmetric(text, strlen(text), setp);
	free(text);
	json_decref(jwk);
	free(k);
	return r == BA_OK;
}

/* BA_ERR_KEY where there is none. */
static int
verify(const struct hash *h, const struct ba_jwks *set,
    const unsigned char *msg, size_t n, const unsigned char *tag, size_t tagsz)
{
	const struct ba_jwk *key;
	size_t iter = 0;

	key = ba_jwks_next(set, NULL, h->alg, &iter);
	if (key == NULL)
		return BA_ERR_KEY;
	return ba_sig_verify(key, h->alg, msg, n, tag, tagsz);
}

/* The key and the tag of a case as JWS could have them. */
struct whole {
	unsigned char key[KEY_MAX], tag[TAG_MAX];
	size_t keysz, tagsz;
};

static void
make_whole(const struct hash *h, const json_t *test, const unsigned char *msg,
    size_t n, struct whole *w)
{
	unsigned char published[TAG_MAX];
	unsigned len = 0;

	memset(w, 0, sizeof(*w));
	w->keysz = ba_hex_bytes(test, "key", w->key, sizeof(w->key));
	w->tagsz = ba_hex_bytes(test, "tag", published, h->bytes);
	if (HMAC(EVP_get_digestbyname(h->openssl), w->key, (int)w->keysz, msg,
		n, w->tag, &len) == NULL ||
	    len != h->bytes)
		ba_give_up("no HMAC", h->name);
	memcpy(w->tag, published, w->tagsz);
}

/* NULL, or what is wrong. */
static const char *
judge(struct hash *h, const struct whole *w, const unsigned char *msg, size_t n,
    bool valid)
{
	bool cut = w->tagsz < h->bytes, short_key = w->keysz < h->bytes;
	const char *wrong = NULL;
	struct ba_jwks *set;
	int r;

	h->cut += cut;
	h->short_key += short_key;
	if (short_key && parse_secret(h, w->key, w->keysz, &set)) {
		ba_jwks_free(set);
		return "the short key was taken";
	}
	if (!parse_secret(h, w->key, short_key ? h->bytes : w->keysz, &set))
		return "the key was not taken";
	r = verify(h, set, msg, n, w->tag, h->bytes);
	if (r != (valid ? BA_OK : BA_ERR_SIGNATURE))
		wrong = r == BA_OK ? "was accepted" : "was refused";
	else if (cut &&
		 verify(h, set, msg, n, w->tag, w->tagsz) != BA_ERR_SIGNATURE)
		wrong = "was accepted although the tag is cut";
	ba_jwks_free(set);
	return wrong;
}

static void
hmac_case(
    struct ba_tally *t, const json_t *group, const json_t *test, void *arg)
{
	unsigned char msg[4096];
	size_t n = ba_hex_bytes(test, "msg", msg, sizeof(msg));
	struct whole w;
	const char *wrong;

	(void)group;
	make_whole(arg, test, msg, n, &w);
	wrong = judge(arg, &w, msg, n, ba_is_valid(test));
	ba_count(t, ba_id(test), wrong == NULL, wrong);
}

void
ba_read_hmac(void)
{
	static const struct hash hashes[] = {
		{ "wycheproof/hmac_sha256_test.json", "HS256", "SHA256",
		    BA_ALG_HS256, 32, 0, 0 },
		{ "wycheproof/hmac_sha384_test.json", "HS384", "SHA384",
		    BA_ALG_HS384, 48, 0, 0 },
		{ "wycheproof/hmac_sha512_test.json", "HS512", "SHA512",
		    BA_ALG_HS512, 64, 0, 0 },
	};
	struct ba_tally t = { 0 };
	struct hash h;
	size_t i;

	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		h = hashes[i];
		ba_wycheproof(h.file, hmac_case, &h);
		t.file = h.file;
		ba_note(&t, h.cut,
		    "tags are cut: refused so, and judged when made whole");
		ba_note(&t, h.short_key,
		    "keys are short: refused so, and judged when filled up");
	}
}
