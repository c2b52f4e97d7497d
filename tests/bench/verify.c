/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A complete verification (ba_verify: parse, key of eight by kid, signature,
 * all claims, rules and identity) against a textbook EVP_DigestVerify of the
 * same signature, in the same run: rounds of both in turn, thread CPU time,
 * medians.  Then the parsing of a set of eight keys, against its goal.  Prints
 * a line for each algorithm, separated by tabs:
 *
 *	name	microseconds	unit	ratio	against	spread of the ratio
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/base/b64url.h"
#include "common/jose/jwk.h"
#include "common/policy/config.h"
#include "common/verify.h"
#include "tests/unit/mint.h"

#define ISSUER    "https://id.example.org/realms/staff"
#define ROUNDS    61
#define KEYS      8
#define NOW       INT64_C(1800000000)
#define KEYS_GOAL 60.0 /* us, to parse a set of KEYS keys */

struct subject {
	const char *name;
	enum ba_alg alg;
	enum ba_mint_kind kind;
	int n; /* verifications a round */
};

struct bench {
	const struct subject *s;
	struct ba_config *config;
	struct ba_jwks *set;
	char *token;
	EVP_PKEY *pkey;
	size_t signed_len;
	unsigned char sig[1024]; /* as EVP wants it */
	size_t sig_len;
};

static void
die(const char *what)
{
	fprintf(stderr, "verify: %s failed\n", what);
	exit(1);
}

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const struct ba_jwks *
keys(void *arg, const struct ba_issuer *issuer)
{
	(void)issuer;
	return ((struct bench *)arg)->set;
}

static void
verify_once(struct bench *b)
{
	struct ba_question q = { .service = "sshd",
		.user = "alice",
		.uid_known = true,
		.uid = 1001,
		.origin = BA_ORIGIN_PROMPT,
		.token = b->token,
		.token_len = strlen(b->token) };
	struct ba_snapshot s = {
		.config = b->config, .now = NOW, .keys = keys, .arg = b
	};
	struct ba_verdict v;
	int r = ba_verify(&q, &s, NULL, &v);

	ba_verdict_clear(&v);
	if (r != BA_OK)
		die(ba_err_text(r));
}

static void
textbook_once(struct bench *b)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const EVP_MD *md = b->s->alg == BA_ALG_EDDSA ? NULL : EVP_sha256();

	if (ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, &pctx, md, NULL, b->pkey) != 1)
		die("EVP_DigestVerifyInit");
	if (b->s->alg == BA_ALG_PS256 &&
	    (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(
		    pctx, RSA_PSS_SALTLEN_DIGEST) != 1))
		die("RSA-PSS");
	if (EVP_DigestVerify(ctx, b->sig, b->sig_len,
		(const unsigned char *)b->token, b->signed_len) != 1)
		die("EVP_DigestVerify");
	EVP_MD_CTX_free(ctx);
}

static double
timed(struct bench *b, void (*once)(struct bench *))
{
	double start = cpu_us();

	for (int i = 0; i < b->s->n; i++)
		once(b);
	return (cpu_us() - start) / b->s->n;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* r || s as the DER that OpenSSL verifies. */
static void
to_der(struct bench *b, const unsigned char *raw)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *p = b->sig;
	int n;

	if (sig == NULL ||
	    ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL),
		BN_bin2bn(raw + 32, 32, NULL)) != 1 ||
	    (n = i2d_ECDSA_SIG(sig, &p)) <= 0)
		die("ECDSA_SIG");
	b->sig_len = (size_t)n;
	ECDSA_SIG_free(sig);
}

static void
prepare_textbook(struct bench *b, const struct ba_mint *m)
{
	unsigned char raw[1024];
	char *pem = ba_mint_pem(m);
	BIO *bio = BIO_new_mem_buf(pem, -1);
	const char *dot = strrchr(b->token, '.');

	b->pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	BIO_free(bio);
	free(pem);
	if (b->pkey == NULL || dot == NULL)
		die("PEM_read_bio_PUBKEY");
	b->signed_len = (size_t)(dot - b->token);
	if (ba_b64url_decode(dot + 1, strlen(dot + 1), raw, sizeof(raw),
		&b->sig_len) != BA_OK)
		die("base64url");
	if (b->s->alg == BA_ALG_ES256)
		to_der(b, raw);
	else
		memcpy(b->sig, raw, b->sig_len);
}

/* A payload of 500 bytes, as identity providers make them. */
static void
make_payload(char *dst, size_t n)
{
	int len = snprintf(dst, n,
	    "{\"iss\":\"" ISSUER "\",\"aud\":\"ssh.example.org\","
	    "\"exp\":%lld,\"nbf\":%lld,\"iat\":%lld,\"sub\":\"f3a1-77\","
	    "\"jti\":\"0d7c2f0e-6d7a-4f0c\",\"client_id\":\"ssh-device\","
	    "\"scope\":\"openid profile login\","
	    "\"preferred_username\":\"alice\",\"email_verified\":true,"
	    "\"groups\":[\"staff\",\"unix-admins\"],\"filler\":\"",
	    (long long)NOW + 600, (long long)NOW - 1, (long long)NOW - 1);

	while (len < 498)
		dst[len++] = 'x';
	memcpy(dst + len, "\"}", 3);
}

static void
prepare(struct bench *b, const struct subject *s, struct ba_config *config)
{
	struct ba_mint *mint[KEYS];
	char *jwk[KEYS], *set, payload[512], kid[16];
	const char *view[KEYS];

	memset(b, 0, sizeof(*b));
	b->s = s;
	b->config = config;
	for (int i = 0; i < KEYS; i++) {
		(void)snprintf(kid, sizeof(kid), "key-%d", i);
		mint[i] = ba_mint_new(s->kind, kid, NULL);
		view[i] = jwk[i] = ba_mint_jwk(mint[i], NULL);
	}
	set = ba_mint_jwks(view, KEYS);
	if (ba_jwks_parse(set, strlen(set), &b->set, NULL) != BA_OK)
		die("ba_jwks_parse");
	make_payload(payload, sizeof(payload));
	b->token = ba_mint_token(mint[5], s->alg, "at+jwt", payload);
	prepare_textbook(b, mint[5]);
	free(set);
	for (int i = 0; i < KEYS; i++) {
		free(jwk[i]);
		ba_mint_free(mint[i]);
	}
}

static void
finish(struct bench *b)
{
	ba_jwks_free(b->set);
	EVP_PKEY_free(b->pkey);
	free(b->token);
}

static void
measure(const struct subject *s, struct ba_config *config)
{
	double ours[ROUNDS], ratio[ROUNDS];
	struct bench b;

	prepare(&b, s, config);
	(void)timed(&b, verify_once);
	(void)timed(&b, textbook_once);
	for (int i = 0; i < ROUNDS; i++) {
		double t = timed(&b, textbook_once);
		ours[i] = timed(&b, verify_once);
		ratio[i] = ours[i] / t;
	}
	qsort(ours, ROUNDS, sizeof(double), by_size);
	qsort(ratio, ROUNDS, sizeof(double), by_size);
	printf("verify-%s\t%.2f\tus\t%.3f\ttextbook EVP_DigestVerify\t"
	       "%.3f-%.3f\n",
	    s->name, ours[ROUNDS / 2], ratio[ROUNDS / 2], ratio[ROUNDS / 4],
	    ratio[ROUNDS * 3 / 4]);
	fflush(stdout);
	finish(&b);
}

/* A set of eight keys, from its JSON to keys that verify. */
static void
measure_set(const struct subject *s)
{
	struct ba_mint *mint[KEYS];
	char *jwk[KEYS], *text, kid[16];
	const char *view[KEYS];
	double us[ROUNDS], start;
	struct ba_jwks *set;

	for (int i = 0; i < KEYS; i++) {
		(void)snprintf(kid, sizeof(kid), "key-%d", i);
		mint[i] = ba_mint_new(s->kind, kid, NULL);
		view[i] = jwk[i] = ba_mint_jwk(mint[i], NULL);
	}
	text = ba_mint_jwks(view, KEYS);
	for (int i = -1; i < ROUNDS; i++) { /* the first warms up */
		start = cpu_us();
		for (int k = 0; k < s->n; k++) {
			if (ba_jwks_parse(text, strlen(text), &set, NULL) !=
			    BA_OK)
				die("ba_jwks_parse");
			ba_jwks_free(set);
		}
		if (i >= 0)
			us[i] = (cpu_us() - start) / s->n;
	}
	qsort(us, ROUNDS, sizeof(double), by_size);
	printf("keys-8-%s\t%.2f\tus\t%.3f\tgoal of %.0f us\t%.2f-%.2f\n",
	    s->name, us[ROUNDS / 2], us[ROUNDS / 2] / KEYS_GOAL, KEYS_GOAL,
	    us[ROUNDS / 4], us[ROUNDS * 3 / 4]);
	fflush(stdout);
	free(text);
	for (int i = 0; i < KEYS; i++) {
		free(jwk[i]);
		ba_mint_free(mint[i]);
	}
}

int
main(void)
{
	static const struct subject subject[] = {
		{ "RS256", BA_ALG_RS256, BA_MINT_RSA, 200 },
		{ "PS256", BA_ALG_PS256, BA_MINT_RSA, 200 },
		{ "ES256", BA_ALG_ES256, BA_MINT_P256, 100 },
		{ "EdDSA", BA_ALG_EDDSA, BA_MINT_ED25519, 100 },
	};
	static const char conf[] = "[issuer " ISSUER "]\n"
				   "audience = ssh.example.org\n"
				   "username = preferred_username\n"
				   "[service sshd]\n"
				   "issuer = " ISSUER "\n"
				   "require_scope = login\n";
	struct ba_config_report report = { NULL, NULL };
	struct ba_config *config;

	if (ba_config_parse("bench", conf, strlen(conf), &report, &config) !=
	    BA_OK)
		die("ba_config_parse");
	for (size_t i = 0; i < sizeof(subject) / sizeof(*subject); i++)
		measure(&subject[i], config);
	for (size_t i = 0; i < sizeof(subject) / sizeof(*subject); i++)
		if (subject[i].alg != BA_ALG_PS256) /* RSA, as before */
			measure_set(&subject[i]);
	ba_config_free(config);
	return 0;
}
