/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

/*
 * make_corpus FOLDER: new key pairs, and with them keys.h (their public
 * halves, and a token signed by each) and the seeds that hold tokens or keys.
 * The private halves are gone when it ends, so that nobody can sign another
 * token that the harnesses would have to accept.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/mint.h"

#define PAYLOAD                                                                \
	"{\"iss\":\"https://fuzz.example\",\"aud\":\"fuzz\","                  \
	"\"exp\":1700003600,\"iat\":1700000000,\"sub\":\"s\","                 \
	"\"client_id\":\"c\",\"jti\":\"j\",\"scope\":\"login\","               \
	"\"preferred_username\":\"alice\"}"

/* The keys; the secret is the last.  NULL: it serves all that its kind can. */
static const struct {
	enum ba_mint_kind kind;
	const char *kid;
	const char *alg;
} pairs[] = {
	{ BA_MINT_RSA, "rsa", NULL },
	{ BA_MINT_P256, "p256", "ES256" },
	{ BA_MINT_P384, "p384", "ES384" },
	{ BA_MINT_P521, "p521", "ES512" },
	{ BA_MINT_SECP256K1, "k1", "ES256K" },
	{ BA_MINT_ED25519, "ed25519", NULL },
	{ BA_MINT_ED448, "ed448", NULL },
	{ BA_MINT_OCT, "oct", NULL },
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))
enum { RSA, P256, P384, P521, K1, ED25519, ED448, OCT };

/* The tokens; those that say EdDSA have a bit of another name. */
static const struct {
	const char *seed;
	const char *bit;
	unsigned pair;
	enum ba_alg alg;
} rows[] = {
	{ "RS256", "RS256", RSA, BA_ALG_RS256 },
	{ "RS384", "RS384", RSA, BA_ALG_RS384 },
	{ "RS512", "RS512", RSA, BA_ALG_RS512 },
	{ "PS256", "PS256", RSA, BA_ALG_PS256 },
	{ "PS384", "PS384", RSA, BA_ALG_PS384 },
	{ "PS512", "PS512", RSA, BA_ALG_PS512 },
	{ "ES256", "ES256", P256, BA_ALG_ES256 },
	{ "ES384", "ES384", P384, BA_ALG_ES384 },
	{ "ES512", "ES512", P521, BA_ALG_ES512 },
	{ "ES256K", "ES256K", K1, BA_ALG_ES256K },
	{ "Ed25519", "ED25519", ED25519, BA_ALG_ED25519 },
	{ "Ed448", "ED448", ED448, BA_ALG_ED448 },
	{ "EdDSA", "ED25519", ED25519, BA_ALG_EDDSA },
	{ "EdDSA_448", "ED448", ED448, BA_ALG_EDDSA },
	{ "HS256", "HS256", OCT, BA_ALG_HS256 },
	{ "HS384", "HS384", OCT, BA_ALG_HS384 },
	{ "HS512", "HS512", OCT, BA_ALG_HS512 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
enum { ROW_ES256 = 6, ROW_HS256 = 14 };

static const char *folder;

static FILE *
create(const char *name)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	return f;
}

static void seed(const char *harness, const char *name, const char *fmt, ...)
    __attribute__((__format__(__printf__, 3, 4)));

static void
seed(const char *harness, const char *name, const char *fmt, ...)
{
	char file[256];
	va_list ap;
	FILE *f;

	(void)snprintf(file, sizeof(file), "corpus/%s/%s", harness, name);
	f = create(file);
	va_start(ap, fmt);
	(void)vfprintf(f, fmt, ap);
	va_end(ap);
	(void)fclose(f);
}

/* A string of C, in lines that are not too long. */
static void
literal(FILE *f, const char *indent, const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if (i % 56 == 0)
			(void)fprintf(
			    f, "%s%s\"", i == 0 ? "" : "\"\n", indent);
		(void)fprintf(f, s[i] == '"' ? "\\%c" : "%c", s[i]);
	}
	(void)fprintf(f, "\"");
}

static void
write_header(const char *jwks, const char *secrets, char *const *tokens)
{
	FILE *f = create("keys.h");
	size_t i;

	(void)fprintf(f, "/* SPDX-License-Identifier: BSD-2-Clause */\n"
			 "/* Written by make_corpus.c; run.sh corpus. */\n"
			 "/* clang-format off */\n"
			 "const char fuzz_jwks_text[] =\n");
	literal(f, "    ", jwks);
	(void)fprintf(f, ";\n\nconst char fuzz_secrets_text[] =\n");
	literal(f, "    ", secrets);
	(void)fprintf(f, ";\n\nconst struct fuzz_token "
			 "fuzz_tokens[FUZZ_TOKENS + 1] = {\n");
	for (i = 0; i < ROWS; i++) {
		(void)fprintf(f, "\t{ BA_ALG_%s,\n", rows[i].bit);
		literal(f, "\t", tokens[i]);
		(void)fprintf(f, " },\n");
	}
	(void)fprintf(f, "\t{ 0, NULL }\n};\n");
	(void)fclose(f);
}

/* What an attacker tries first. */
static void
attacks(const struct ba_mint *rsa, const struct ba_mint *ec)
{
	static const char *const members[] = { "d", "p", "oth", "k" };
	static const char none[] = "{\"alg\":\"none\",\"typ\":\"at+jwt\"}";
	static const char es[] = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}";
	static const char crit[] = "{\"alg\":\"RS256\",\"typ\":\"at+jwt\","
				   "\"crit\":[\"b64\"],\"b64\":false}";
	char *pem = ba_mint_pem(rsa), *s, extra[64];
	const char zero[64] = "";
	size_t i;

	s = ba_mint_hs256(pem, strlen(pem),
	    "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", PAYLOAD);
	seed("jws", "attack_hs256", "%s", s);
	free(s);
	s = ba_mint_compact(
	    none, strlen(none), PAYLOAD, strlen(PAYLOAD), "", 0);
	seed("jws", "attack_none", "%s", s);
	free(s);
	s = ba_mint_compact(
	    es, strlen(es), PAYLOAD, strlen(PAYLOAD), zero, sizeof(zero));
	seed("jws", "attack_zero", "%s", s);
	free(s);
	s = ba_mint_compact(
	    crit, strlen(crit), PAYLOAD, strlen(PAYLOAD), zero, sizeof(zero));
	seed("jws", "attack_crit", "%s", s);
	free(s);
	s = ba_mint_jwk(ec, "\"key_ops\":[\"verify\"],\"use\":\"sig\"");
	seed("jwks", "key_ops", "{\"keys\":[%s]}", s);
	free(s);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		(void)snprintf(
		    extra, sizeof(extra), "\"%s\":\"AQ\"", members[i]);
		s = ba_mint_jwk(ec, extra);
		(void)snprintf(extra, sizeof(extra), "private_%s", members[i]);
		seed("jwks", extra, "{\"keys\":[%s]}", s);
		free(s);
	}
	free(pem);
}

/* Issuer, service, question, token. */
#define ISSUER                                                                 \
	"[issuer https://fuzz.example]\naudience = fuzz\n"                     \
	"username = preferred_username\n"
#define SERVICE  "[service sshd]\nissuer = https://fuzz.example\n"
#define QUESTION ISSUER "%s" SERVICE "%s%%%%\n%s%%%%\n%s"
#define LOGIN    "sshd alice 1000 1700000000 -\n"

/* Every rule of a service there is; the payload below passes them all. */
#define RULES                                                                  \
	"require_scope = login\nallow_client = c\nrequire_group = staff\n"     \
	"allow_group = dev ops\ngroup_claim = groups realm_access.roles\n"     \
	"allow_acr = silver gold\nrequire_amr = otp\nmax_auth_age = 900\n"     \
	"max_lifetime = 3600\nmax_token_age = 600\n"                           \
	"allow_network = 192.0.2.0/24 2001:db8::/32\n"
#define RULES_PAYLOAD                                                          \
	"{\"iss\":\"https://fuzz.example\",\"aud\":[\"fuzz\",\"x\"],"          \
	"\"exp\":1700003600,\"iat\":1700000000,\"nbf\":1700000000,"            \
	"\"auth_time\":1700000000,\"sub\":\"s\",\"client_id\":\"c\","          \
	"\"azp\":\"c\",\"jti\":\"j\",\"scope\":\"login x\",\"acr\":\"gold\","  \
	"\"amr\":[\"pwd\",\"otp\"],\"groups\":[\"staff\"],"                    \
	"\"realm_access\":{\"roles\":[\"ops\"]},"                              \
	"\"preferred_username\":\"alice\"}"

/* One defect each, of a question that is good without. */
static void
defects(const char *es256, const char *hs256)
{
	static const char *const cases[][4] = {
		{ "alg", "algorithms = ES384\n", "", LOGIN },
		{ "tenant", "tenant = t\n", "", LOGIN },
		{ "map", "map_file = /etc/map\n", "", LOGIN },
		{ "strip", "strip_domain = example.org\n", "", LOGIN },
		{ "pattern", "username_pattern = (b[a-z]+)\n", "", LOGIN },
		{ "uid", "", "", "sshd alice 999 1700000000 -\n" },
		{ "root", "", "min_uid = 1\n", "sshd alice 0 1700000000 -\n" },
		{ "user", "", "", "sshd bob 1000 1700000000 -\n" },
		{ "unknown", "", "", "sshd alice - 1700000000 -\n" },
		{ "scope", "", "require_scope = admin\n", LOGIN },
		{ "audience", "", "audience = other\n", LOGIN },
		{ "time", "", "", "sshd alice 1000 1700003660 -\n" },
		{ "service", "", "", "ssh alice 1000 1700000000 -\n" },
		{ "issuer", "",
		    "[issuer https://b.example]\naudience = fuzz\n"
		    "username = sub\n[service b]\naccounts = virtual\n"
		    "issuer = https://b.example\n",
		    "b - - 1700000000 -\n" },
		{ "network", "", "allow_network = 192.0.2.0/24\n",
		    "sshd alice 1000 1700000000 192.0.3.1\n" },
		{ "no_network", "", "allow_network = ::/0\n", LOGIN },
	};
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(name, sizeof(name), "bad_%s", cases[i][0]);
		seed("verify", name, QUESTION, cases[i][1], cases[i][2],
		    cases[i][3], es256);
	}
	/* V01: the one family for the other's issuer. */
	seed("verify", "bad_symmetric", QUESTION,
	    "symmetric_key_file = /etc/secret\n", "", LOGIN, es256);
	seed("verify", "bad_asymmetric", QUESTION, "", "", LOGIN, hs256);
}

/* Claims alone, as the account phase has them. */
static void
claims(void)
{
	seed("verify", "claims", QUESTION, "", "accounts = virtual\n",
	    "sshd - - 1700000000 -\n", PAYLOAD);
	seed("verify", "legacy", QUESTION,
	    "profile = legacy\nusername_pattern = (al[a-z]+)\n", "", LOGIN,
	    PAYLOAD);
	seed("verify", "rules", QUESTION, "", RULES,
	    "sshd alice 1000 1700000000 192.0.2.7\n", RULES_PAYLOAD);
	seed("verify", "rules_v6", QUESTION, "profile = legacy\n", RULES,
	    "sshd alice 1000 1700000000 2001:db8::1%eth0\n", RULES_PAYLOAD);
	seed("claims", "rules", "%s", RULES_PAYLOAD);
}

int
main(int argc, char **argv)
{
	char *jwk[PAIRS], *token[ROWS], *jwks, *secrets;
	struct ba_mint *m[PAIRS];
	size_t i;

	if (argc != 2)
		return 2;
	folder = argv[1];
	for (i = 0; i < PAIRS; i++) {
		m[i] = ba_mint_new(pairs[i].kind, pairs[i].kid, pairs[i].alg);
		jwk[i] = ba_mint_jwk(m[i], NULL);
		seed("jwks", pairs[i].kid, "{\"keys\":[%s]}", jwk[i]);
	}
	seed("jwks", "oct_alone", "%s", jwk[OCT]);
	seed("jwks", "oct_mixed", "{\"keys\":[%s,%s]}", jwk[P256], jwk[OCT]);
	for (i = 0; i < ROWS; i++) {
		token[i] = ba_mint_token(
		    m[rows[i].pair], rows[i].alg, "at+jwt", PAYLOAD);
		seed("jws", rows[i].seed, "%s", token[i]);
		seed("verify", rows[i].seed, QUESTION,
		    rows[i].pair == OCT ? "symmetric_key_file = /etc/secret\n"
					: "",
		    "require_scope = login\n", LOGIN, token[i]);
	}
	defects(token[ROW_ES256], token[ROW_HS256]);
	claims();
	jwks = ba_mint_jwks((const char *const *)jwk, OCT);
	secrets = ba_mint_jwks_of(m[OCT]);
	seed("jwks", "all", "%s", jwks);
	write_header(jwks, secrets, token);
	attacks(m[RSA], m[P256]);
	for (i = 0; i < PAIRS; i++) {
		free(jwk[i]);
		ba_mint_free(m[i]);
	}
	for (i = 0; i < ROWS; i++)
		free(token[i]);
	free(jwks);
	free(secrets);
	return 0;
}
