/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/b64url.h"
#include "common/jose/jws.h"
#include "tests/vectors/keys.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/*
 * The proofs of RFC 9449.  They are signed by the key in their own header:
 * here it is taken out and made a key set.  The product never looks at it
 * (JWS-06, V06), so that with any other keys each of them is refused.
 */

#define FILE_NAME "rfc/rfc9449_dpop.json"
#define FOREIGN   "wycheproof/json_web_crypto_test.json"

/* The first segment, which a JWS is not parsed for here. */
static json_t *
header_of(const char *proof)
{
	size_t len, n = strcspn(proof, ".");
	char text[4096];

	if (ba_b64url_decode(proof, n, text, sizeof(text), &len) != BA_OK)
		return NULL;
	return json_loadb(text, len, 0, NULL);
}

/* Signature, claims and ath, as the file has them. */
static const char *
judge_signature(
    const json_t *p, const struct ba_case_keys *keys, const char *ath)
{
	const char *proof = ba_text(p, "proof"), *wrong = NULL;
	const json_t *claims = json_object_get(p, "claims");
	const struct ba_jwk *key;
	struct ba_jws *jws;
	size_t iter = 0;

	if (ba_jws_parse(proof, strlen(proof), BA_ALG_ALL, &jws) != BA_OK)
		return "the proof is not taken";
	key = ba_jwks_next(keys->published, NULL, ba_jws_alg(jws), &iter);
	if (key == NULL || ba_jws_verify(jws, key) != BA_OK)
		wrong = "the signature does not hold";
	else if (!json_equal(ba_jws_claims(jws), claims))
		wrong = "the claims are others";
	else if (json_object_get(claims, "ath") != NULL &&
		 strcmp(ba_text(claims, "ath"), ath) != 0)
		wrong = "the claim ath is not of the token";
	ba_jws_free(jws);
	return wrong;
}

/* THP-01: by jwk.c, and only of the members that RFC 7638 names. */
static const char *
judge_thumbprint(const json_t *p, const struct ba_case_keys *keys)
{
	const struct ba_jwk *key;
	size_t iter = 0;

	key = ba_jwks_next(keys->published, NULL, BA_ALG_ES256, &iter);
	if (key == NULL ||
	    strcmp(ba_jwk_thumbprint(key), ba_text(p, "jkt")) != 0)
		return "the thumbprint is another";
	return NULL;
}

/* Another P-256 key, which fits but for being another. */
static void
foreign_keys(struct ba_case_keys *k)
{
	json_t *o = ba_source_json(FOREIGN);
	const json_t *groups = json_object_get(o, "testGroups"), *group;
	json_t *key;
	size_t i;

	for (i = 0; i < json_array_size(groups); i++) {
		group = json_array_get(groups, i);
		if (strcmp(ba_text(group, "comment"), "jws_ec") == 0)
			break;
	}
	key = json_deep_copy(json_object_get(
	    json_array_get(groups, i < json_array_size(groups) ? i : 0),
	    "public"));
	(void)json_object_del(key, "kid");
	ba_keys_of(key, k);
	json_decref(key);
	json_decref(o);
	if (ba_jwks_count(k->published) != 1)
		ba_give_up("no key of P-256", FOREIGN);
}

/* JWS-06; and, though its keys are good, a proof is no access token. */
static const char *
judge_foreign(const json_t *p, const struct ba_case_keys *keys)
{
	const char *proof = ba_text(p, "proof");
	struct ba_case_keys foreign;
	const char *wrong = NULL;

	foreign_keys(&foreign);
	if (ba_keys_accept(&foreign, proof))
		wrong = "the key of the header was believed";
	ba_keys_clear(&foreign);
	if (ba_err_family(ba_verifier_says(keys->published, proof)) !=
	    BA_FAMILY_REFUSED)
		wrong = "the verifier did not refuse it";
	return wrong;
}

static void
proof_cases(struct ba_tally *t, long id, const json_t *p, const char *ath)
{
	json_t *header = header_of(ba_text(p, "proof"));
	bool same = json_equal(header, json_object_get(p, "header"));
	struct ba_case_keys keys;
	const char *wrong;

	ba_keys_of(json_object_get(header, "jwk"), &keys);
	wrong = same ? judge_signature(p, &keys, ath) : "another header";
	ba_count(t, id + 1,
	    (wrong == NULL) == json_is_true(json_object_get(p, "signature_ok")),
	    wrong == NULL ? "was accepted" : wrong);
	wrong = judge_thumbprint(p, &keys);
	ba_count(t, id + 2, wrong == NULL, wrong);
	wrong = judge_foreign(p, &keys);
	ba_count(t, id + 3, wrong == NULL, wrong);
	ba_keys_clear(&keys);
	json_decref(header);
}

void
ba_read_dpop(void)
{
	struct ba_tally t = { .file = FILE_NAME };
	json_t *o = ba_source_json(FILE_NAME);
	const json_t *proofs = json_object_get(o, "proofs");
	const char *token = ba_text(o, "access_token");
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	size_t i;
	char *ath;

	if (EVP_Digest(token, strlen(token), md, &len, EVP_sha256(), NULL) != 1)
		ba_give_up("no SHA-256", FILE_NAME);
	ath = ba_b64url_text(md, len);
	ba_count(&t, 1, strcmp(ath, ba_text(o, "ath")) == 0,
	    "ath is not the token's hash");
	for (i = 0; i < json_array_size(proofs); i++)
		proof_cases(
		    &t, (long)(i + 1) * 10, json_array_get(proofs, i), ath);
	if (json_array_size(proofs) != 4)
		ba_count_defect(&t, "not the four proofs of the README");
	free(ath);
	ba_source_judged(FILE_NAME);
	ba_report(&t);
	json_decref(o);
}
