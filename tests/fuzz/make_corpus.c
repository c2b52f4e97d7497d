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

static const struct {
	enum ba_mint_kind kind;
	enum ba_alg alg;
	const char *name;
} kinds[] = {
	{ BA_MINT_RSA, BA_ALG_RS256, "RS256" },
	{ BA_MINT_RSA, BA_ALG_PS256, "PS256" },
	{ BA_MINT_P256, BA_ALG_ES256, "ES256" },
	{ BA_MINT_ED25519, BA_ALG_EDDSA, "EdDSA" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

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
write_header(const char *jwks, char *const *tokens)
{
	FILE *f = create("keys.h");
	size_t i;

	(void)fprintf(f, "/* SPDX-License-Identifier: BSD-2-Clause */\n"
			 "/* Written by make_corpus.c; run.sh corpus. */\n"
			 "/* clang-format off */\n"
			 "const char fuzz_jwks_text[] =\n");
	literal(f, "    ", jwks);
	(void)fprintf(f, ";\n\nconst char *const fuzz_tokens[] = {\n");
	for (i = 0; i < KINDS; i++) {
		literal(f, "\t", tokens[i]);
		(void)fprintf(f, ",\n");
	}
	(void)fprintf(f, "\tNULL\n};\n");
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

#define QUESTION                                                               \
	"[issuer https://fuzz.example]\naudience = fuzz\n"                     \
	"username = preferred_username\n[service sshd]\n"                      \
	"issuer = https://fuzz.example\n%s%%%%\n%s%%%%\n%s"

int
main(int argc, char **argv)
{
	char *jwk[KINDS], *token[KINDS], *jwks;
	struct ba_mint *m[KINDS];
	size_t i;

	if (argc != 2)
		return 2;
	folder = argv[1];
	for (i = 0; i < KINDS; i++) {
		m[i] = ba_mint_new(kinds[i].kind, kinds[i].name, kinds[i].name);
		jwk[i] = ba_mint_jwk(m[i], NULL);
		token[i] = ba_mint_token(m[i], kinds[i].alg, "at+jwt", PAYLOAD);
		seed("jws", kinds[i].name, "%s", token[i]);
		seed("jwks", kinds[i].name, "{\"keys\":[%s]}", jwk[i]);
		seed("verify", kinds[i].name, QUESTION,
		    "require_scope = login\n", "sshd alice 1000 1700000000\n",
		    token[i]);
	}
	seed("verify", "claims", QUESTION, "accounts = virtual\n",
	    "sshd - - 1700000000\n", PAYLOAD);
	seed("verify", "algorithms", QUESTION,
	    "[issuer https://other.example]\naudience = fuzz\n"
	    "algorithms = ES256\nusername = email\nclock_skew = 300\n",
	    "sshd bob 1000 1700000000\n", token[0]);
	/* One defect each. */
	seed("verify", "bad_alg",
	    "[issuer https://fuzz.example]\naudience = fuzz\n"
	    "algorithms = ES256\nusername = preferred_username\n"
	    "[service sshd]\nissuer = https://fuzz.example\n"
	    "%%%%\nsshd alice 1000 1700000000\n%%%%\n%s",
	    token[3]);
	seed("verify", "bad_issuer",
	    "[issuer https://fuzz.example]\naudience = fuzz\nusername = sub\n"
	    "[issuer https://b.example]\naudience = fuzz\nusername = sub\n"
	    "[service sshd]\nissuer = https://b.example\naccounts = virtual\n"
	    "%%%%\nsshd - - 1700000000\n%%%%\n%s",
	    token[3]);
	seed("verify", "bad_uid", QUESTION, "", "sshd alice 999 1700000000\n",
	    token[3]);
	seed("verify", "bad_root", QUESTION, "min_uid = 1\n",
	    "sshd alice 0 1700000000\n", token[3]);
	seed("verify", "bad_user", QUESTION, "", "sshd bob 1000 1700000000\n",
	    token[3]);
	seed("verify", "bad_unknown", QUESTION, "", "sshd alice - 1700000000\n",
	    token[3]);
	seed("verify", "bad_scope", QUESTION, "require_scope = admin\n",
	    "sshd alice 1000 1700000000\n", token[3]);
	seed("verify", "bad_time", QUESTION, "", "sshd alice 1000 1700003660\n",
	    token[3]);
	seed("verify", "bad_service", QUESTION, "[service ssh]\n",
	    "ssh alice 1000 1700000000\n", token[3]);
	jwks = ba_mint_jwks((const char *const *)jwk, KINDS);
	seed("jwks", "all", "%s", jwks);
	write_header(jwks, token);
	attacks(m[0], m[2]);
	for (i = 0; i < KINDS; i++) {
		free(jwk[i]);
		free(token[i]);
		ba_mint_free(m[i]);
	}
	free(jwks);
	return 0;
}
