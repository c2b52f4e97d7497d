/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked, beside guard.c, into a test program that makes keys: each mutant
 * gets the keys that the unchanged program made.  It takes a second to make
 * them, and a mutant's fate shall not hang on which they are.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

int __real_EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *ctx, int bits);
int __wrap_EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *ctx, int bits);
int __real_EVP_PKEY_CTX_set1_rsa_keygen_pubexp(EVP_PKEY_CTX *ctx, BIGNUM *e);
int __wrap_EVP_PKEY_CTX_set1_rsa_keygen_pubexp(EVP_PKEY_CTX *ctx, BIGNUM *e);
int __real_EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **pkeyp);
int __wrap_EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **pkeyp);

static int bits_asked;
static unsigned long e_asked;
static unsigned made; /* keys, so that no two in a process are the same */
static char dir[PATH_MAX / 2];

static void __attribute__((constructor)) begin(void)
{
	const char *value = getenv("MUTANT_KEYS");

	if (value != NULL)
		(void)snprintf(dir, sizeof(dir), "%s", value);
	(void)unsetenv("MUTANT_KEYS");
}

int
__wrap_EVP_PKEY_CTX_set_rsa_keygen_bits(EVP_PKEY_CTX *ctx, int bits)
{
	bits_asked = bits;
	return __real_EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits);
}

int
__wrap_EVP_PKEY_CTX_set1_rsa_keygen_pubexp(EVP_PKEY_CTX *ctx, BIGNUM *e)
{
	e_asked = BN_get_word(e);
	return __real_EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e);
}

static EVP_PKEY *
load(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *pkey = NULL;

	if (f != NULL) {
		pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		(void)fclose(f);
	}
	return pkey;
}

/* Whole or not at all: others may look for it at this moment. */
static void
keep(const char *path, const EVP_PKEY *pkey)
{
	char part[PATH_MAX + 32];
	FILE *f;

	(void)snprintf(part, sizeof(part), "%s.%ld", path, (long)getpid());
	f = fopen(part, "we");
	if (f == NULL)
		return;
	if (PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
	    fflush(f) != 0 || rename(part, path) != 0)
		(void)unlink(part);
	(void)fclose(f);
}

int
__wrap_EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **pkeyp)
{
	char path[PATH_MAX];
	int r;

	if (dir[0] == '\0' || EVP_PKEY_CTX_is_a(ctx, "RSA") != 1)
		return __real_EVP_PKEY_generate(ctx, pkeyp);
	(void)snprintf(path, sizeof(path), "%s/rsa-%d-%lu-%u", dir, bits_asked,
	    e_asked, made++);
	*pkeyp = load(path);
	if (*pkeyp != NULL)
		return 1;
	r = __real_EVP_PKEY_generate(ctx, pkeyp);
	if (r == 1)
		keep(path, *pkeyp);
	return r;
}
