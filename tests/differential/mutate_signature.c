/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "tests/differential/mutation.h"

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define SIGNATURE_MAX 2048
#define RS_ALGS       (BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512)
#define PS_ALGS       (BA_ALG_PS256 | BA_ALG_PS384 | BA_ALG_PS512)
#define ES_ALGS       (BA_ALG_ES256 | BA_ALG_ES384 | BA_ALG_ES512 | BA_ALG_ES256K)

/* --- signed in another way ------------------------------------------------ */

static void
by_evil(struct diff_draft *d, const void *p, size_t n)
{
	diff_sign_by(d, diff_evil(d), d->alg, p, n);
}

static void
evil_key(struct diff_draft *d, const struct diff_mutation *m)
{
	(void)m;
	d->sign = by_evil;
}

/* A key of the same kind, of another issuer: ours to trust, and not here. */
static void
by_neighbour(struct diff_draft *d, const void *p, size_t n)
{
	const struct diff_setup *s = d->setup;
	const struct diff_issuer *issuer;
	const struct diff_key *key;
	size_t i, k, first = diff_below(&d->rng, s->n_issuers);

	for (i = 0; i < s->n_issuers; i++) {
		issuer = &s->issuer[(first + i) % s->n_issuers];
		for (k = 0; k < issuer->n_keys; k++) {
			key = &issuer->key[k];
			if (issuer != d->issuer && key->kind == d->key->kind) {
				diff_sign_by(d, key->mint, d->alg, p, n);
				return;
			}
		}
	}
	by_evil(d, p, n);
}

static void
neighbour(struct diff_draft *d, const struct diff_mutation *m)
{
	(void)m;
	d->sign = by_neighbour;
}

/* Another hash or padding than the header says, by the right key. */
static void
by_other_method(struct diff_draft *d, const void *p, size_t n)
{
	unsigned algs = d->key->kind == BA_MINT_RSA      ? RS_ALGS | PS_ALGS
			: d->key->kind == BA_MINT_OCT    ? BA_ALG_SYMMETRIC
			: d->key->kind < BA_MINT_ED25519 ? ES_ALGS
							 : d->alg;

	diff_sign_by(d, d->key->mint, diff_one_alg(&d->rng, algs), p, n);
}

static void
other_method(struct diff_draft *d, const struct diff_mutation *m)
{
	(void)m;
	d->sign = by_other_method;
}

static void
by_odd_pss(struct diff_draft *d, const void *p, size_t n)
{
	static const int salts[] = { 0, 1, 20, 31, 32, 33, 48, 64, 100 };
	static const char *const hashes[] = { "SHA256", "SHA384", "SHA512",
		"SHA1" };
	const char *hash = hashes[d->alg == BA_ALG_PS384   ? 1
				  : d->alg == BA_ALG_PS512 ? 2
							   : 0];
	unsigned char sig[SIGNATURE_MAX];

	diff_clear(&d->text[DIFF_SIG]);
	diff_put(&d->text[DIFF_SIG], sig,
	    ba_mint_pss(d->key->mint, hash, p, n,
		salts[diff_below(&d->rng, COUNT(salts))],
		diff_chance(&d->rng, 70)
		    ? hash
		    : hashes[diff_below(&d->rng, COUNT(hashes))],
		sig, sizeof(sig)));
}

static void
odd_pss(struct diff_draft *d, const struct diff_mutation *m)
{
	(void)m;
	if ((d->alg & PS_ALGS) != 0)
		d->sign = by_odd_pss;
}

/* What everybody knows, as the secret of an HMAC (RFC 8725 section 2.1). */
static void
by_public_key(struct diff_draft *d, const void *p, size_t n)
{
	const struct diff_member *alg =
	    diff_find(&d->object[DIFF_HEADER], "alg");
	enum ba_alg hs = BA_ALG_HS256;
	struct ba_mint *mint;
	char *known;

	if (alg != NULL && strcmp(alg->value, "\"HS384\"") == 0)
		hs = BA_ALG_HS384;
	else if (alg != NULL && strcmp(alg->value, "\"HS512\"") == 0)
		hs = BA_ALG_HS512;
	if (d->key->kind == BA_MINT_OCT)
		known = diff_format("%s", d->key->kid ? d->key->kid : "");
	else if (diff_chance(&d->rng, 40))
		known = ba_mint_pem(d->key->mint);
	else if (diff_chance(&d->rng, 50))
		known = ba_mint_jwk(d->key->mint, NULL);
	else
		known = diff_format("%s", "");
	mint = ba_mint_secret(known, strlen(known), NULL, NULL);
	diff_sign_by(d, mint, hs, p, n);
	ba_mint_free(mint);
	free(known);
}

static void
public_key(struct diff_draft *d, const struct diff_mutation *m)
{
	(void)m;
	diff_set(&d->object[DIFF_HEADER], "alg", "\"%s\"",
	    ba_alg_name(diff_one_alg(&d->rng, BA_ALG_SYMMETRIC)));
	d->sign = by_public_key;
}

static void
by_nobody(struct diff_draft *d, const void *p, size_t n)
{
	(void)p;
	(void)n;
	diff_clear(&d->text[DIFF_SIG]);
}

static void
unsigned_token(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char *const names[] = { "none", "None", "NONE", "nOnE" };

	(void)m;
	if (diff_chance(&d->rng, 70))
		diff_set(&d->object[DIFF_HEADER], "alg", "\"%s\"",
		    names[diff_below(&d->rng, COUNT(names))]);
	d->sign = by_nobody;
}

/* --- the bytes of the signature ------------------------------------------- */

static void
flip(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];

	if (t->n > 0)
		t->p[diff_below(&d->rng, t->n)] ^=
		    (char)(1U << diff_below(&d->rng, 8));
}

static void
shorter(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];
	size_t n = t->n == 0 ? 0 : 1 + diff_below(&d->rng, t->n);

	if (diff_chance(&d->rng, 50))
		n = 1;
	if (diff_chance(&d->rng, 50))
		diff_cut(t, 0, n);
	else
		diff_cut(t, t->n - (n > t->n ? t->n : n), n);
}

static void
longer(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char zeros[8];
	struct diff_text *t = &d->text[m->part];
	struct diff_text copy = { NULL, 0, 0 };
	size_t n = 1 + diff_below(&d->rng, sizeof(zeros));

	switch (diff_below(&d->rng, 3)) {
	case 0:
		diff_insert(t, 0, zeros, n);
		break;
	case 1:
		diff_put(t, zeros, n);
		break;
	default:
		diff_put(&copy, t->p, t->n);
		diff_put(t, copy.p, copy.n);
		diff_free(&copy);
		break;
	}
}

static void
filled(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];
	size_t i, from = 0, to = t->n;

	if (t->n == 0)
		return;
	/* All of it, r alone, or s alone. */
	if (diff_chance(&d->rng, 30))
		from = t->n / 2;
	else if (diff_chance(&d->rng, 40))
		to = t->n / 2;
	switch (diff_below(&d->rng, 4)) {
	case 0:
		for (i = from; i < to; i++)
			t->p[i] = (char)diff_random(&d->rng);
		break;
	case 1:
		memset(t->p + from, 0xff, to - from);
		break;
	case 2: /* one: the point at infinity's favourite */
		memset(t->p + from, 0, to - from);
		if (to > from)
			t->p[to - 1] = 1;
		break;
	default:
		memset(t->p + from, 0, to - from);
		break;
	}
}

static void
halves(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];
	size_t half = t->n / 2, i;
	char c;

	for (i = 0; i < half; i++) {
		c = t->p[i];
		t->p[i] = t->p[half + i];
		t->p[half + i] = c;
	}
}

/* The order of the group in which s lives; NULL: no such group. */
static BIGNUM *
order_of(const struct diff_draft *d)
{
	static const int nids[] = { [BA_MINT_P256] = NID_X9_62_prime256v1,
		[BA_MINT_P384] = NID_secp384r1,
		[BA_MINT_P521] = NID_secp521r1,
		[BA_MINT_SECP256K1] = NID_secp256k1,
		[BA_MINT_ED25519] = 0 };
	/* RFC 8032 section 5.1 */
	static const char l25519[] = "10000000000000000000000000000000"
				     "14def9dea2f79cd65812631a5cf5d3ed";
	BIGNUM *n = NULL;
	EC_GROUP *group;

	if (d->key->kind == BA_MINT_ED25519) {
		(void)BN_hex2bn(&n, l25519);
		return n;
	}
	if (d->key->kind < BA_MINT_P256 || d->key->kind > BA_MINT_SECP256K1)
		return NULL;
	group = EC_GROUP_new_by_curve_name(nids[d->key->kind]);
	if (group == NULL)
		diff_die("OpenSSL has no such curve");
	n = BN_dup(EC_GROUP_get0_order(group));
	EC_GROUP_free(group);
	return n;
}

/*
 * s + n, n - s, r + n, or n itself.  Of these n - s is as good as s in ECDSA
 * (RFC 7518 section 3.4 demands no low s), and no other is any good.
 */
static void
arithmetic(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];
	bool r = diff_chance(&d->rng, 30), little;
	int half = (int)(t->n / 2);
	BIGNUM *n = order_of(d), *s;
	unsigned char *at;

	if (n == NULL || half == 0 || t->n % 2 != 0) {
		BN_free(n);
		return;
	}
	at = (unsigned char *)t->p + (r ? 0 : half);
	little = d->key->kind == BA_MINT_ED25519;
	s = little ? BN_lebin2bn(at, half, NULL) : BN_bin2bn(at, half, NULL);
	switch (diff_below(&d->rng, 3)) {
	case 0:
		(void)BN_add(s, s, n);
		break;
	case 1:
		(void)BN_sub(s, n, s);
		break;
	default:
		(void)BN_copy(s, n);
		break;
	}
	if (!BN_is_negative(s) && BN_num_bytes(s) <= half)
		(void)(little ? BN_bn2lebinpad(s, at, half)
			      : BN_bn2binpad(s, at, half));
	BN_free(s);
	BN_free(n);
}

/* ECDSA as everybody but JOSE writes it. */
static void
der(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *out = NULL;
	int n, half = (int)(t->n / 2);

	if (sig == NULL)
		diff_die("out of memory");
	if (half > 0 && half <= 66 &&
	    ECDSA_SIG_set0(sig, BN_bin2bn((unsigned char *)t->p, half, NULL),
		BN_bin2bn((unsigned char *)t->p + half, half, NULL)) == 1 &&
	    (n = i2d_ECDSA_SIG(sig, &out)) > 0) {
		diff_clear(t);
		diff_put(t, out, (size_t)n);
	}
	OPENSSL_free(out);
	ECDSA_SIG_free(sig);
}

/* Leading zeros left out, of all or of r and s. */
static void
no_zeros(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];
	size_t half = t->n / 2;

	while (t->n > half && t->p[half] == 0)
		diff_cut(t, half, 1);
	while (t->n > 0 && t->p[0] == 0)
		diff_cut(t, 0, 1);
}

static void
only_half(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_text *t = &d->text[m->part];

	diff_cut(t, diff_chance(&d->rng, 50) ? 0 : t->n / 2, t->n / 2);
}

#define SIGNING(name, stage, apply)                                            \
	{                                                                      \
		"sign-" name, stage, apply, DIFF_SIG, NULL, NULL               \
	}
#define SIGNATURE(name, apply)                                                 \
	{                                                                      \
		"signature-" name, DIFF_AT_SIGNATURE, apply, DIFF_SIG, NULL,   \
		    NULL                                                       \
	}

const struct diff_mutation diff_mutate_signature[] = {
	SIGNING("evil", DIFF_AT_SIGNING, evil_key),
	SIGNING("neighbour", DIFF_AT_SIGNING, neighbour),
	SIGNING("method", DIFF_AT_SIGNING, other_method),
	SIGNING("pss", DIFF_AT_SIGNING, odd_pss),
	/* These two also write the header. */
	SIGNING("public", DIFF_AT_MEMBERS, public_key),
	SIGNING("none", DIFF_AT_MEMBERS, unsigned_token),
	SIGNATURE("flip", flip),
	SIGNATURE("shorter", shorter),
	SIGNATURE("longer", longer),
	SIGNATURE("filled", filled),
	SIGNATURE("halves", halves),
	SIGNATURE("arithmetic", arithmetic),
	SIGNATURE("der", der),
	SIGNATURE("zeros", no_zeros),
	SIGNATURE("half", only_half),
	{ NULL, DIFF_AT_SIGNATURE, NULL, DIFF_SIG, NULL, NULL },
};
