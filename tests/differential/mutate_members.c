/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/differential/mutation.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- what any member can suffer ------------------------------------------- */

static const char *
pick(struct diff_draft *d, const char *const *values)
{
	size_t n = 0;

	while (values[n] != NULL)
		n++;
	return values[diff_below(&d->rng, n)];
}

void
diff_member_set(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_set(&d->object[m->part], m->member, "%s", pick(d, m->values));
}

void
diff_member_drop(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_remove(&d->object[m->part], m->member);
}

/* "kid" as "\u006bid": the same name to whoever compares names. */
static char *
escaped_name(const char *name)
{
	return diff_format(
	    "\"\\u%04x%s", (unsigned)(unsigned char)name[1], name + 2);
}

/* Any member once more: its value or another, the name spelt alike or not. */
void
diff_member_twice(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char *const others[] = { "null", "\"\"", "1", "\"at+jwt\"",
		"253402300799", "[\"x\"]" };
	struct diff_object *o = &d->object[m->part];
	const struct diff_member *twin;
	char *name;

	if (o->n == 0)
		return;
	twin = &o->m[diff_below(&d->rng, o->n)];
	if (diff_chance(&d->rng, 30) && strlen(twin->name) > 2)
		name = escaped_name(twin->name);
	else
		name = diff_format("%s", twin->name);
	diff_append(o, name,
	    diff_chance(&d->rng, 40)
		? twin->value
		: others[diff_below(&d->rng, COUNT(others))]);
	free(name);
}

/* --- the header ----------------------------------------------------------- */

static const char *const alg_words[] = { "\"none\"", "\"None\"", "\"NONE\"",
	"\"nOnE\"", "\"rs256\"", "\"Rs256\"", "\"es256\"", "\"eddsa\"",
	"\"ED25519\"", "\"RS256 \"", "\" ES256\"", "\"ES256\\u0000\"",
	"\"RS257\"", "\"RS1\"", "\"HS1\"", "\"ML-DSA-44\"", "\"RSA1_5\"",
	"\"dir\"", "\"A128KW\"", "\"ES256,RS256\"", "\"\"", "\" \"",
	"\"\\u212aS256\"", "\"__proto__\"", "\"constructor\"", NULL };
static const char *const alg_types[] = { "null", "0", "1", "true", "[]", "{}",
	"[\"RS256\"]", "[\"none\"]", "{\"alg\":\"ES256\"}", NULL };
static const char *const typ_words[] = { "\"JWT\"", "\"jwt\"", "\"at+JWT\"",
	"\"application/at+jwt\"", "\"application/jwt\"", "\"at+jwt \"",
	"\" at+jwt\"", "\"at+jwt;v=1\"", "\"at+jwt\\u0000\"", "\"dpop+jwt\"",
	"\"logout+jwt\"", "\"token-introspection+jwt\"", "\"secevent+jwt\"",
	"\"kb+jwt\"", "\"text/at+jwt\"", "\"/at+jwt\"", "\"at\"", "\"\"",
	"\"application/application/at+jwt\"", "\"application/\"", "\"at-jwt\"",
	"\"APPLICATION/JWT\"", "\"ID\"", "\"\\u0061t+jwt\"", NULL };
static const char *const typ_types[] = { "null", "1", "true", "[]", "{}",
	"[\"at+jwt\"]", "{\"typ\":\"at+jwt\"}", NULL };
static const char *const crit_values[] = { "[]", "null", "\"b64\"", "{}",
	"[\"exp\"]", "[\"kid\"]", "[\"alg\"]", "[1]", "[\"\"]", "true",
	"[\"b64\"]", "[\"b64\",\"b64\"]", "[\"http://example.org/x\"]", NULL };
static const char *const b64_values[] = { "true", "false", "null", "1",
	"\"true\"", NULL };
static const char *const kid_words[] = { "\"nobody\"", "\"\"", "\" \"",
	"\"RSA\"", "\"rsa \"", "\"rsa\\u0000\"", "\"../../etc/passwd\"",
	"\"' OR 1=1 --\"", "\"1\"", "\"2\"", "\"3\"", "\"4\"", "\"5\"", "\"8\"",
	"\"e\"", "\"r\"", "\"k\"", "\"p\"", "\"enc\"", "\"rsa\"", "\"ps\"",
	"\"ed\"", "\"ed448\"", "\"p256\"", "\"k1\"", "\"ops\"", "\"h1\"",
	"\"h2\"", "\"h3\"", "\"h4\"", "\"evil\"", "\"pq\"", "\"odd\"", NULL };
static const char *const kid_types[] = { "null", "1", "true", "[]", "{}",
	"[\"rsa\"]", NULL };
static const char *const other_values[] = { "\"DEF\"", "\"JWT\"", "null",
	"{\"alg\":\"none\"}", "[\"x\"]", "1e3", NULL };

/* The header says another algorithm than the one it is signed by. */
static void
other_alg(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_set(&d->object[m->part], "alg", "\"%s\"",
	    ba_alg_name(diff_one_alg(&d->rng, BA_ALG_ALL)));
}

/* Signed well, by what the key can, and perhaps not what is allowed of it. */
static void
any_alg_of_key(struct diff_draft *d, const struct diff_mutation *m)
{
	static const unsigned kinds[] = {
		[BA_MINT_RSA] = BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512 |
				BA_ALG_PS256 | BA_ALG_PS384 | BA_ALG_PS512,
		[BA_MINT_P256] = BA_ALG_ES256,
		[BA_MINT_P384] = BA_ALG_ES384,
		[BA_MINT_P521] = BA_ALG_ES512,
		[BA_MINT_SECP256K1] = BA_ALG_ES256K,
		[BA_MINT_ED25519] = BA_ALG_ED25519,
		[BA_MINT_ED448] = BA_ALG_ED448,
		[BA_MINT_OCT] = BA_ALG_SYMMETRIC
	};

	d->alg = diff_one_alg(&d->rng, kinds[d->key->kind]);
	diff_set(
	    &d->object[m->part], "alg", "\"%s\"", diff_alg_name(d, d->alg));
}

/* EdDSA by its other name, whatever alg the key has. */
static void
other_name_of_eddsa(struct diff_draft *d, const struct diff_mutation *m)
{
	const struct diff_member *alg = diff_find(&d->object[m->part], "alg");

	if (alg == NULL || (d->alg & BA_ALG_EDDSA) == 0)
		return;
	diff_set(&d->object[m->part], "alg", "\"%s\"",
	    strcmp(alg->value, "\"EdDSA\"") == 0 ? ba_alg_name(d->alg)
						 : "EdDSA");
}

/* Well signed by any key of the issuer, decoys and all, the kid as it was. */
static void
any_key(struct diff_draft *d, const struct diff_mutation *m)
{
	const struct diff_key *key =
	    &d->issuer->key[diff_below(&d->rng, d->issuer->n_keys)];

	(void)m;
	if (key->kind == d->key->kind)
		d->key = key;
}

/* … by one that is there, and not for that. */
static void
decoy(struct diff_draft *d, const struct diff_mutation *m)
{
	size_t i;

	for (i = 0; i < d->issuer->n_keys; i++) {
		if (d->issuer->key[i].algs != 0)
			continue;
		d->key = &d->issuer->key[i];
		d->alg = d->key->kind == BA_MINT_P256 ? BA_ALG_ES256
						      : BA_ALG_ED25519;
		diff_set(
		    &d->object[m->part], "alg", "\"%s\"", ba_alg_name(d->alg));
		diff_remove(&d->object[m->part], "kid");
		if (d->key->kind == BA_MINT_P256)
			diff_set(&d->object[m->part], "kid", "\"enc\"");
	}
}

static void
long_kid(struct diff_draft *d, const struct diff_mutation *m)
{
	char kid[600];
	size_t n = 500 + diff_below(&d->rng, 20);

	memset(kid, 'k', n);
	kid[n] = '\0';
	diff_set(&d->object[m->part], "kid", "\"%s\"", kid);
}

static void
sign_by_evil(struct diff_draft *d, const void *p, size_t n)
{
	diff_sign_by(d, diff_evil(d), d->alg, p, n);
}

/* The attacker's key comes along, by each of the ways that RFC 7515 has. */
static void
own_key(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_object *o = &d->object[m->part];
	char *jwk = ba_mint_jwk(diff_evil(d), NULL);

	switch (diff_below(&d->rng, 4)) {
	case 0:
		diff_set(o, "jwk", "%s", jwk);
		break;
	case 1:
		diff_set(o, "jku", "\"https://evil.example.org/jwks\"");
		break;
	case 2:
		diff_set(o, "x5u", "\"https://evil.example.org/x.pem\"");
		break;
	default:
		diff_set(o, "x5c", "[\"MIIB\"]");
		break;
	}
	if (diff_chance(&d->rng, 70))
		d->sign = sign_by_evil;
	free(jwk);
}

static void
unencoded(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_set(&d->object[m->part], "b64", "%s",
	    diff_chance(&d->rng, 50) ? "true" : "false");
	diff_set(&d->object[m->part], "crit", "[\"b64\"]");
}

static void
another_member(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char *const names[] = { "zip", "enc", "cty", "epk", "apu",
		"__proto__", "constructor", "toString", "then", "ALG", "Typ",
		"KID", "nonce", "iss" };

	diff_set(&d->object[m->part], names[diff_below(&d->rng, COUNT(names))],
	    "%s", pick(d, m->values));
}

/* Up to, and beyond, what we read of a header. */
static void
long_header(struct diff_draft *d, const struct diff_mutation *m)
{
	size_t n = 5000 + diff_below(&d->rng, 2000);
	char *x5c = malloc(n + 1);

	if (x5c == NULL)
		diff_die("out of memory");
	memset(x5c, 'M', n);
	x5c[n] = '\0';
	diff_set(&d->object[m->part], "x5c", "[\"%s\"]", x5c);
	free(x5c);
}

#define HEADER(name, apply, member, values)                                    \
	{                                                                      \
		name, DIFF_AT_MEMBERS, apply, DIFF_HEADER, member, values      \
	}

const struct diff_mutation diff_mutate_members[] = {
	HEADER("alg-word", diff_member_set, "alg", alg_words),
	HEADER("alg-type", diff_member_set, "alg", alg_types),
	HEADER("alg-missing", diff_member_drop, "alg", NULL),
	HEADER("alg-other", other_alg, NULL, NULL),
	HEADER("alg-of-key", any_alg_of_key, NULL, NULL),
	HEADER("alg-eddsa-name", other_name_of_eddsa, NULL, NULL),
	HEADER("typ-word", diff_member_set, "typ", typ_words),
	HEADER("typ-type", diff_member_set, "typ", typ_types),
	HEADER("typ-missing", diff_member_drop, "typ", NULL),
	HEADER("crit", diff_member_set, "crit", crit_values),
	HEADER("b64", diff_member_set, "b64", b64_values),
	HEADER("crit-b64", unencoded, NULL, NULL),
	HEADER("kid-word", diff_member_set, "kid", kid_words),
	HEADER("kid-type", diff_member_set, "kid", kid_types),
	HEADER("kid-missing", diff_member_drop, "kid", NULL),
	HEADER("kid-long", long_kid, NULL, NULL),
	HEADER("key-other", any_key, NULL, NULL),
	HEADER("key-decoy", decoy, NULL, NULL),
	HEADER("key-brought", own_key, NULL, NULL),
	HEADER("header-twice", diff_member_twice, NULL, NULL),
	HEADER("header-member", another_member, NULL, other_values),
	HEADER("header-long", long_header, NULL, NULL),
	{ NULL, DIFF_AT_MEMBERS, NULL, DIFF_HEADER, NULL, NULL },
};
