/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/differential/setup.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define RSA_ALGS                                                               \
	(BA_ALG_RS256 | BA_ALG_RS384 | BA_ALG_RS512 | BA_ALG_PS256 |           \
	    BA_ALG_PS384 | BA_ALG_PS512)

/* --- the plan ------------------------------------------------------------- */

enum { STRICT, NARROW, LEGACY, MIXED, SECRET, SECRET2, TENANTS, MANY, ISSUERS };

static struct diff_issuer issuers[ISSUERS] = {
	[STRICT] = { .url = "https://a.example.org",
	    .skew = 60,
	    .audience = "ssh.example.org urn:example:ssh",
	    .username = "preferred_username" },
	[NARROW] = { .url = "https://b.example.org/realms/staff",
	    .algorithms = "ES256 RS256 PS384 Ed25519 ES512",
	    .skew = 0,
	    .audience = "ssh.example.org",
	    .username = "sub" },
	[LEGACY] = { .url = "https://c.example.org/",
	    .legacy = true,
	    .skew = 300,
	    .audience = "api://c ssh.example.org",
	    .username = "preferred_username" },
	[MIXED] = { .url = "https://d.example.org/x",
	    .legacy = true,
	    .algorithms = "EdDSA PS256 ES384 RS512",
	    .skew = 5,
	    .audience = "ssh.example.org",
	    .username = "sub" },
	[SECRET] = { .url = "https://hs.example.org",
	    .symmetric = true,
	    .algorithms = "HS256 HS384 HS512",
	    .skew = 30,
	    .audience = "ssh.example.org",
	    .username = "sub" },
	[SECRET2] = { .url = "https://hs2.example.org",
	    .legacy = true,
	    .symmetric = true,
	    .algorithms = "HS256",
	    .skew = 60,
	    .audience = "ssh.example.org",
	    .username = "sub" },
	[TENANTS] = { .url = "https://login.example.org/{tenantid}/v2.0",
	    .tenants = "11111111-2222-3333-4444-555555555555 "
		       "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
	    .legacy = true,
	    .algorithms = "RS256 PS512 ES256K",
	    .skew = 60,
	    .audience = "ssh.example.org",
	    .username = "preferred_username" },
	/* More keys that fit, and no kid, than anybody should try. */
	[MANY] = { .url = "https://many.example.org",
	    .algorithms = "Ed25519 ES256",
	    .skew = 60,
	    .audience = "ssh.example.org",
	    .username = "sub" },
};

static const struct diff_service services[] = {
	{ "all", "01234567", NULL, NULL },
	{ "some", "014", NULL, NULL },
	{ "own", "0235", "own.example.org other.example.org", NULL },
	{ "ruled", "0267", NULL, "login" },
};

/* bits: of an RSA key, or of a secret.  extra: in place of use, kid, alg. */
static const struct key_plan {
	size_t issuer;
	enum ba_mint_kind kind;
	unsigned bits;
	const char *kid, *alg;
	unsigned algs;
	const char *extra;
} key_plans[] = {
	{ STRICT, BA_MINT_RSA, 2048, "rsa", NULL, RSA_ALGS, NULL },
	{ STRICT, BA_MINT_RSA, 2048, "ps", "PS256", BA_ALG_PS256, NULL },
	{ STRICT, BA_MINT_P256, 0, "p256", NULL, BA_ALG_ES256, NULL },
	/* The same kid as the RSA key: they serve different algorithms. */
	{ STRICT, BA_MINT_P256, 0, "rsa", "ES256", BA_ALG_ES256, NULL },
	{ STRICT, BA_MINT_P384, 0, "p384", NULL, BA_ALG_ES384, NULL },
	{ STRICT, BA_MINT_P521, 0, "p521", NULL, BA_ALG_ES512, NULL },
	{ STRICT, BA_MINT_SECP256K1, 0, "k1", "ES256K", BA_ALG_ES256K, NULL },
	{ STRICT, BA_MINT_ED25519, 0, "ed", NULL, BA_ALG_ED25519, NULL },
	{ STRICT, BA_MINT_ED448, 0, "ed448", NULL, BA_ALG_ED448, NULL },
	{ STRICT, BA_MINT_P256, 0, "enc", NULL, 0,
	    "\"use\":\"enc\",\"kid\":\"enc\"" },
	{ STRICT, BA_MINT_ED25519, 0, "ops", NULL, BA_ALG_ED25519,
	    "\"key_ops\":[\"verify\"],\"kid\":\"ops\"" },
	{ NARROW, BA_MINT_P256, 0, "1", "ES256", BA_ALG_ES256, NULL },
	{ NARROW, BA_MINT_RSA, 2048, "2", "RS256", BA_ALG_RS256, NULL },
	{ NARROW, BA_MINT_RSA, 2048, "3", "PS384", BA_ALG_PS384, NULL },
	{ NARROW, BA_MINT_ED25519, 0, "4", "EdDSA", BA_ALG_ED25519, NULL },
	{ NARROW, BA_MINT_P521, 0, "5", "ES512", BA_ALG_ES512, NULL },
	{ LEGACY, BA_MINT_RSA, 2048, NULL, NULL, RSA_ALGS, NULL },
	{ LEGACY, BA_MINT_P256, 0, NULL, NULL, BA_ALG_ES256, NULL },
	{ LEGACY, BA_MINT_P384, 0, NULL, "ES384", BA_ALG_ES384, NULL },
	{ LEGACY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ LEGACY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ LEGACY, BA_MINT_ED448, 0, NULL, NULL, BA_ALG_ED448, NULL },
	{ MIXED, BA_MINT_RSA, 3072, "r", NULL, RSA_ALGS, NULL },
	{ MIXED, BA_MINT_P384, 0, "e", NULL, BA_ALG_ES384, NULL },
	{ MIXED, BA_MINT_ED25519, 0, "5", NULL, BA_ALG_ED25519, NULL },
	{ MIXED, BA_MINT_ED448, 0, "8", "Ed448", BA_ALG_ED448, NULL },
	{ SECRET, BA_MINT_OCT, 256, "h1", "HS256", BA_ALG_HS256, NULL },
	{ SECRET, BA_MINT_OCT, 512, "h2", NULL, BA_ALG_SYMMETRIC, NULL },
	{ SECRET, BA_MINT_OCT, 384, "h3", "HS384", BA_ALG_HS384, NULL },
	/* Too short for the others, which jose does not mind. */
	{ SECRET, BA_MINT_OCT, 256, "h4", NULL, BA_ALG_HS256, NULL },
	{ SECRET2, BA_MINT_OCT, 320, NULL, NULL, BA_ALG_HS256, NULL },
	{ TENANTS, BA_MINT_RSA, 2048, "r", NULL, RSA_ALGS, NULL },
	{ TENANTS, BA_MINT_SECP256K1, 0, "k", NULL, BA_ALG_ES256K, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, BA_ALG_ED25519, NULL },
	{ MANY, BA_MINT_ED25519, 0, NULL, NULL, 0, NULL },
	{ MANY, BA_MINT_P256, 0, "p", NULL, BA_ALG_ES256, NULL },
};

/* In every public key set: kinds of key that nobody here knows. */
static const char strange[] =
    "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"kid\":\"pq\",\"pub\":\"AAAA\"},"
    "{\"kty\":\"EC\",\"crv\":\"P-999\",\"kid\":\"odd\",\"x\":\"AA\","
    "\"y\":\"AA\"}";

/* --- words and bits ------------------------------------------------------- */

char *
diff_word(struct diff_rng *r, const char *words)
{
	const char *s, *at = words;
	size_t n = 1;

	for (s = words; *s != '\0'; s++)
		n += *s == ' ';
	for (n = diff_below(r, n); n > 0; n--)
		at = strchr(at, ' ') + 1;
	return diff_format("%.*s", (int)strcspn(at, " "), at);
}

enum ba_alg
diff_one_alg(struct diff_rng *r, unsigned algs)
{
	size_t n = diff_below(r, (size_t)__builtin_popcount(algs));

	for (; n > 0; n--)
		algs &= algs - 1;
	return algs & -algs;
}

static unsigned
alg_bits(const char *words)
{
	unsigned bits = 0;
	enum ba_alg alg;
	char name[16];
	size_t n;

	if (words == NULL)
		return BA_ALG_ASYMMETRIC;
	for (; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, words);
		if (ba_alg_parse(name, &alg) != BA_OK)
			diff_die("the plan has an unknown algorithm");
		bits |= alg;
	}
	return bits;
}

/* --- keys ----------------------------------------------------------------- */

static struct ba_mint *
mint(const struct key_plan *p)
{
	unsigned char secret[64];
	struct diff_rng r;
	size_t i;

	if (p->kind == BA_MINT_RSA)
		return ba_mint_rsa(p->bits, 65537, p->kid, p->alg);
	if (p->kind != BA_MINT_OCT)
		return ba_mint_new(p->kind, p->kid, p->alg);
	diff_rng_begin(&r, (uint64_t)(p - key_plans), 0);
	for (i = 0; i < p->bits / 8; i++)
		secret[i] = (unsigned char)diff_random(&r);
	return ba_mint_secret(secret, p->bits / 8, p->kid, p->alg);
}

static void
make_keys(struct diff_issuer *issuer, size_t index)
{
	struct diff_text t = { NULL, 0, 0 };
	const struct key_plan *p;
	struct diff_key *key;
	char *jwk;

	diff_puts(&t, "{\"keys\":[");
	for (p = key_plans; p < key_plans + COUNT(key_plans); p++) {
		if (p->issuer != index)
			continue;
		if (issuer->n_keys == DIFF_KEYS_MAX)
			diff_die("the plan has too many keys");
		key = &issuer->key[issuer->n_keys++];
		key->mint = mint(p);
		key->kind = p->kind;
		key->kid = p->kid;
		key->alg = p->alg;
		key->algs = p->algs;
		jwk = ba_mint_jwk(key->mint, p->extra);
		diff_putf(&t, "%s%s", issuer->n_keys == 1 ? "" : ",", jwk);
		free(jwk);
	}
	diff_putf(&t, "%s%s]}", issuer->symmetric ? "" : ",",
	    issuer->symmetric ? "" : strange);
	issuer->jwks_text = t.p;
}

static void
parse_keys(struct diff_issuer *issuer)
{
	size_t n = strlen(issuer->jwks_text);
	int r;

	if (issuer->symmetric)
		r = ba_jwks_parse_symmetric(
		    issuer->jwks_text, n, &issuer->jwks);
	else
		r = ba_jwks_parse(issuer->jwks_text, n, &issuer->jwks, NULL);
	if (r != BA_OK)
		diff_die("a key set of the plan was refused");
}

/* --- the configuration ---------------------------------------------------- */

static void
write_issuer(struct diff_text *t, const struct diff_issuer *issuer)
{
	diff_putf(t,
	    "[issuer %s]\nprofile = %s\nclock_skew = %d\naudience = %s\n"
	    "username = %s\n",
	    issuer->url, issuer->legacy ? "legacy" : "rfc9068", issuer->skew,
	    issuer->audience, issuer->username);
	if (issuer->algorithms != NULL)
		diff_putf(t, "algorithms = %s\n", issuer->algorithms);
	if (issuer->tenants != NULL)
		diff_putf(t, "tenant = %s\n", issuer->tenants);
	if (issuer->symmetric)
		diff_puts(t, "symmetric_key_file = /etc/bearerauth/secret\n");
}

/* The URL of an issuer with this tenant in its place. */
static void
write_url(struct diff_text *t, const char *url, const char *tenant, size_t n)
{
	const char *at = strstr(url, "{tenantid}");

	if (at == NULL)
		diff_puts(t, url);
	else
		diff_putf(t, "%.*s%.*s%s", (int)(at - url), url, (int)n, tenant,
		    at + strlen("{tenantid}"));
}

static void
write_service(struct diff_text *t, const struct diff_service *service)
{
	const struct diff_issuer *issuer;
	const char *s, *tenant;
	size_t n;

	diff_putf(
	    t, "[service %s]\naccounts = virtual\nissuer =", service->name);
	for (s = service->issuers; *s != '\0'; s++) {
		issuer = &issuers[*s - '0'];
		tenant = issuer->tenants == NULL ? "-" : issuer->tenants;
		for (; *tenant != '\0'; tenant += n + (tenant[n] == ' ')) {
			n = strcspn(tenant, " ");
			diff_puts(t, " ");
			write_url(t, issuer->url, tenant, n);
		}
	}
	diff_puts(t, "\n");
	if (service->audience != NULL)
		diff_putf(t, "audience = %s\n", service->audience);
	if (service->require_scope != NULL)
		diff_putf(t, "require_scope = %s\n", service->require_scope);
}

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static struct ba_config *
configure(void)
{
	const struct ba_config_report report = { problem, NULL };
	struct diff_text t = { NULL, 0, 0 };
	struct ba_config *config;
	size_t i;

	for (i = 0; i < ISSUERS; i++)
		write_issuer(&t, &issuers[i]);
	for (i = 0; i < COUNT(services); i++)
		write_service(&t, &services[i]);
	if (ba_config_parse("plan", t.p, t.n, &report, &config) != BA_OK)
		diff_die("the plan's configuration was refused");
	diff_free(&t);
	return config;
}

/* --- all of it ------------------------------------------------------------ */

void
diff_setup_begin(struct diff_setup *s)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < ISSUERS; i++) {
		issuers[i].allowed = alg_bits(issuers[i].algorithms);
		make_keys(&issuers[i], i);
		parse_keys(&issuers[i]);
	}
	for (i = 0; i < DIFF_KINDS; i++)
		s->evil[i] = ba_mint_new((enum ba_mint_kind)i, "evil", NULL);
	s->issuer = issuers;
	s->n_issuers = ISSUERS;
	s->service = services;
	s->n_services = COUNT(services);
	s->config = configure();
}

void
diff_setup_end(struct diff_setup *s)
{
	size_t i, k;

	for (i = 0; i < ISSUERS; i++) {
		for (k = 0; k < issuers[i].n_keys; k++)
			ba_mint_free(issuers[i].key[k].mint);
		ba_jwks_free(issuers[i].jwks);
		free(issuers[i].jwks_text);
	}
	for (i = 0; i < DIFF_KINDS; i++)
		ba_mint_free(s->evil[i]);
	ba_config_free(s->config);
}

const struct ba_jwks *
diff_setup_keys(void *arg, const struct ba_issuer *issuer)
{
	const struct diff_setup *s = arg;
	size_t i;

	for (i = 0; i < s->n_issuers; i++)
		if (strcmp(s->issuer[i].url, issuer->section) == 0)
			return s->issuer[i].jwks;
	return NULL;
}

/* ,"name":"value", or null. */
static void
member(struct diff_text *t, const char *name, const char *value)
{
	if (value == NULL)
		diff_putf(t, ",\"%s\":null", name);
	else
		diff_putf(t, ",\"%s\":\"%s\"", name, value);
}

void
diff_setup_describe(const struct diff_setup *s, struct diff_text *t)
{
	const struct diff_issuer *issuer;
	const struct diff_service *service;

	diff_puts(t, "{\"issuers\":[");
	for (issuer = s->issuer; issuer < s->issuer + s->n_issuers; issuer++) {
		diff_putf(t, "%s{\"skew\":%d,\"legacy\":%s,\"symmetric\":%s",
		    issuer == s->issuer ? "" : ",", issuer->skew,
		    issuer->legacy ? "true" : "false",
		    issuer->symmetric ? "true" : "false");
		member(t, "url", issuer->url);
		member(t, "tenants", issuer->tenants);
		member(t, "algorithms", issuer->algorithms);
		member(t, "audience", issuer->audience);
		diff_putf(t, ",\"jwks\":%s}", issuer->jwks_text);
	}
	diff_puts(t, "],\"services\":[");
	for (service = s->service; service < s->service + s->n_services;
	     service++) {
		diff_putf(t, "%s{\"n\":%zu", service == s->service ? "" : ",",
		    (size_t)(service - s->service));
		member(t, "name", service->name);
		member(t, "issuers", service->issuers);
		member(t, "audience", service->audience);
		diff_puts(t, "}");
	}
	diff_puts(t, "]}");
}
