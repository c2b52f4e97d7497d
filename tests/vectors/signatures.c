/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/sig.h"
#include "tests/vectors/keys.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/* Wycheproof's bare signatures by asymmetric keys. */

#define BYTES_MAX 65536
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

struct bare {
	const char *file;
	enum ba_alg alg;
	bool der;
	unsigned no_der; /* how many signatures no reader of DER takes */
};

/* The JWK of a point; not every group brings one. */
static json_t *
point_jwk(const json_t *key)
{
	unsigned char p[200];
	size_t n = ba_hex_bytes(key, "uncompressed", p, sizeof(p)) / 2;
	char *x = ba_b64url_text(p + 1, n), *y = ba_b64url_text(p + 1 + n, n);
	const char *curve = ba_text(key, "curve"),
		   *crv = strcmp(curve, "secp256r1") == 0   ? "P-256"
			  : strcmp(curve, "secp384r1") == 0 ? "P-384"
			  : strcmp(curve, "secp521r1") == 0 ? "P-521"
							    : curve;
	json_t *jwk = json_pack(
	    "{s:s,s:s,s:s,s:s}", "kty", "EC", "crv", crv, "x", x, "y", y);

	free(x);
	free(y);
	return jwk;
}

static void
group_keys(const json_t *group, struct ba_case_keys *k)
{
	const json_t *point = json_object_get(group, "publicKey");
	json_t *key;

	if (json_object_get(point, "uncompressed") != NULL)
		key = point_jwk(point);
	else if (json_object_get(group, "publicKeyJwk") != NULL)
		key = json_deep_copy(json_object_get(group, "publicKeyJwk"));
	else
		key = json_deep_copy(json_object_get(group, "keyJwk"));
	ba_keys_of(key, k);
	json_decref(key);
}

/*
 * One INTEGER of DER (X.690 sections 8.3 and 10.1), not negative, as a number
 * of width bytes; where the next thing begins, or NULL.
 */
static const unsigned char *
der_integer(const unsigned char *p, const unsigned char *end,
    unsigned char *dst, size_t width)
{
	size_t n;

	if (end - p < 3 || p[0] != 0x02 || p[1] == 0 || p[1] > 0x7f ||
	    p[1] > end - p - 2)
		return NULL;
	n = p[1];
	p += 2;
	end = p + n;
	if ((p[0] & 0x80) != 0 || (n > 1 && p[0] == 0 && (p[1] & 0x80) == 0))
		return NULL;
	if (p[0] == 0) { /* the sign, or zero itself */
		p++;
		n--;
	}
	if (n > width)
		return NULL;
	memset(dst, 0, width);
	memcpy(dst + width - n, p, n);
	return end;
}

/* SEQUENCE of r and s as r || s, if these n bytes are its one DER. */
static bool
der_signature(
    const unsigned char *sig, size_t n, unsigned char *raw, size_t width)
{
	const unsigned char *p = sig + 2, *end = sig + n;

	/* Below 128 bytes a length has one octet (X.690 section 10.1). */
	if (n < 2 || n > 2 + 0x7f || sig[0] != 0x30 || sig[1] != n - 2)
		return false;
	p = der_integer(p, end, raw, width);
	if (p != NULL)
		p = der_integer(p, end, raw + width, width);
	return p == end;
}

/* As it is, and, where the file's are DER, as what JOSE makes of them. */
static bool
holds(struct bare *b, const struct ba_jwk *key, const unsigned char *msg,
    size_t n, const unsigned char *sig, size_t sigsz)
{
	unsigned char raw[64];

	if (!b->der)
		return ba_sig_verify(key, b->alg, msg, n, sig, sigsz) == BA_OK;
	if (!der_signature(sig, sigsz, raw, sizeof(raw) / 2)) {
		b->no_der++;
		return false;
	}
	return ba_sig_verify(key, b->alg, msg, n, raw, sizeof(raw)) == BA_OK;
}

static void
bare_case(
    struct ba_tally *t, const json_t *group, const json_t *test, void *arg)
{
	static unsigned char msg[BYTES_MAX], sig[BYTES_MAX];
	struct bare *b = arg;
	struct ba_case_keys keys;
	const struct ba_jwk *key;
	size_t n, iter = 0, sigsz;
	bool got = false;

	group_keys(group, &keys);
	n = ba_hex_bytes(test, "msg", msg, sizeof(msg));
	sigsz = ba_hex_bytes(test, "sig", sig, sizeof(sig));
	key = ba_jwks_next(keys.published, NULL, b->alg, &iter);
	if (key != NULL)
		got = holds(b, key, msg, n, sig, sigsz);
	/* JWK-05: whatever is in it, DER is not what JOSE has. */
	if (b->der && (key == NULL || ba_sig_verify(key, b->alg, msg, n, sig,
					  sigsz) != BA_ERR_SIGNATURE))
		ba_count(t, ba_id(test), false, "was not refused as DER");
	else
		ba_count(t, ba_id(test), got == ba_is_valid(test),
		    got ? "was accepted" : "was refused");
	ba_keys_clear(&keys);
}

void
ba_read_signatures(void)
{
	static const struct bare table[] = {
#define FILE_OF(name, alg, der) { "wycheproof/" name "_test.json", alg, der, 0 }
		FILE_OF("ecdsa_secp256r1_sha256", BA_ALG_ES256, true),
		FILE_OF("ecdsa_secp256r1_sha256_p1363", BA_ALG_ES256, false),
		FILE_OF("ecdsa_secp384r1_sha384_p1363", BA_ALG_ES384, false),
		FILE_OF("ecdsa_secp521r1_sha512_p1363", BA_ALG_ES512, false),
		FILE_OF("ecdsa_secp256k1_sha256_p1363", BA_ALG_ES256K, false),
		FILE_OF("ed25519", BA_ALG_EDDSA, false),
		FILE_OF("ed448", BA_ALG_EDDSA, false),
		FILE_OF("rsa_pss_2048_sha256_mgf1_32", BA_ALG_PS256, false),
		FILE_OF("rsa_pss_3072_sha256_mgf1_32", BA_ALG_PS256, false),
		FILE_OF("rsa_pss_2048_sha384_mgf1_48", BA_ALG_PS384, false),
		FILE_OF("rsa_pss_4096_sha384_mgf1_48", BA_ALG_PS384, false),
		FILE_OF("rsa_pss_4096_sha512_mgf1_64", BA_ALG_PS512, false),
		FILE_OF("rsa_signature_2048_sha256", BA_ALG_RS256, false),
		FILE_OF("rsa_signature_3072_sha256", BA_ALG_RS256, false),
		FILE_OF("rsa_signature_4096_sha256", BA_ALG_RS256, false),
		FILE_OF("rsa_signature_2048_sha384", BA_ALG_RS384, false),
		FILE_OF("rsa_signature_2048_sha512", BA_ALG_RS512, false),
		FILE_OF("rsa_signature_4096_sha512", BA_ALG_RS512, false),
#undef FILE_OF
	};
	struct ba_tally t = { 0 };
	struct bare b;
	size_t i;

	for (i = 0; i < COUNT(table); i++) {
		b = table[i];
		ba_wycheproof(b.file, bare_case, &b);
		t.file = b.file;
		ba_note(&t, b.no_der,
		    "are no DER: refused by the reader here, and as they are");
	}
}
