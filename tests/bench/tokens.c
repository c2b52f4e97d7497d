/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens by the thousand, signed RS256 with the key in a PEM file, a line each:
 * those of one header and one payload, in which the "%" is its number.
 *
 *	tokens KEY COUNT HEADER PAYLOAD
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tests/unit/mint.h"

#define TEXT_MAX 8192

static char *
sign(EVP_PKEY *key, const char *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char sig[1024];
	size_t n = sizeof(sig);

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(
		ctx, sig, &n, (const unsigned char *)text, strlen(text)) != 1) {
		fprintf(stderr, "tokens: no signature\n");
		exit(1);
	}
	EVP_MD_CTX_free(ctx);
	return ba_mint_b64(sig, n);
}

/* The payload with the number in it. */
static void
number(char *dst, size_t dstsz, const char *payload, unsigned long i)
{
	size_t n = strcspn(payload, "%");

	(void)snprintf(dst, dstsz, "%.*s%lu%s", (int)n, payload, i,
	    payload[n] == '\0' ? "" : payload + n + 1);
}

int
main(int argc, char **argv)
{
	char payload[TEXT_MAX], text[2 * TEXT_MAX], *header, *body, *sig;
	EVP_PKEY *key;
	unsigned long i;
	FILE *f = argc == 5 ? fopen(argv[1], "re") : NULL;

	if (f == NULL) {
		fprintf(stderr, "usage: tokens KEY COUNT HEADER PAYLOAD\n");
		return 2;
	}
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	(void)fclose(f);
	if (key == NULL)
		return 1;
	header = ba_mint_b64(argv[3], strlen(argv[3]));
	for (i = 0; i < strtoul(argv[2], NULL, 10); i++) {
		number(payload, sizeof(payload), argv[4], i);
		body = ba_mint_b64(payload, strlen(payload));
		(void)snprintf(text, sizeof(text), "%s.%s", header, body);
		sig = sign(key, text);
		printf("%s.%s\n", text, sig);
		free(sig);
		free(body);
	}
	free(header);
	EVP_PKEY_free(key);
	return 0;
}
