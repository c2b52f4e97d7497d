/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/b64url.h"
#include "common/jose/jws.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/keys.h"

static const struct ba_jwks *
parsed(struct ba_jwks **keys, bool secret)
{
	const char *text = secret ? fuzz_secrets_text : fuzz_jwks_text;
	size_t bad = 0;
	int r;

	if (*keys != NULL)
		return *keys;
	r = secret ? ba_jwks_parse_symmetric(text, strlen(text), keys)
		   : ba_jwks_parse(text, strlen(text), keys, &bad);
	MUST(r == BA_OK && bad == 0);
	return *keys;
}

const struct ba_jwks *
fuzz_keys(void)
{
	static struct ba_jwks *keys;

	return parsed(&keys, false);
}

const struct ba_jwks *
fuzz_secrets(void)
{
	static struct ba_jwks *keys;

	return parsed(&keys, true);
}

const struct ba_jwks *
fuzz_keys_of(void *arg, const struct ba_issuer *issuer)
{
	(void)arg;
	return issuer->symmetric_key_file != NULL ? fuzz_secrets()
						  : fuzz_keys();
}

unsigned
fuzz_signed_by(const char *token, size_t n)
{
	size_t i;

	for (i = 0; fuzz_tokens[i].text != NULL; i++)
		if (strlen(fuzz_tokens[i].text) == n &&
		    memcmp(fuzz_tokens[i].text, token, n) == 0)
			return fuzz_tokens[i].alg;
	return 0;
}

/* The segment of that number, if there are three. */
static bool
segment(const char *p, size_t n, unsigned which, struct fuzz_part *seg)
{
	const char *end;

	seg->p = p;
	for (;; which--) {
		end = memchr(seg->p, '.', (size_t)(p + n - seg->p));
		if (which == 0)
			break;
		if (end == NULL)
			return false;
		seg->p = end + 1;
	}
	seg->n = (size_t)((end == NULL ? p + n : end) - seg->p);
	return true;
}

/* A token that is good but for one character. */
static size_t
near_miss(uint8_t *p, size_t max, unsigned int seed)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-_=.";
	const char *token = fuzz_tokens[seed % FUZZ_TOKENS].text;
	size_t n = strlen(token);

	if (n > max)
		return LLVMFuzzerMutate(p, 0, max);
	memcpy(p, token, n);
	seed /= FUZZ_TOKENS;
	/* The last ones of each segment are the ones with unused bits. */
	p[seed % 4 == 0 ? n - 1 : seed / 4 % n] =
	    (uint8_t)chars[seed / 4096 % (sizeof(chars) - 1)];
	return n;
}

size_t
fuzz_mutate_token(uint8_t *p, size_t n, size_t max, unsigned int seed)
{
	size_t before, after, len, size;
	uint8_t plain[8192];
	struct fuzz_part seg;
	char *text;

	if (seed % 16 == 15)
		return near_miss(p, max, seed / 16);
	/* Every fourth time the text itself. */
	if (seed % 4 == 3 || !segment((const char *)p, n, seed % 4, &seg) ||
	    ba_b64url_decode(seg.p, seg.n, plain, sizeof(plain), &len) != BA_OK)
		return LLVMFuzzerMutate(p, n, max);
	before = (size_t)(seg.p - (const char *)p);
	after = n - before - seg.n;
	len = LLVMFuzzerMutate(plain, len, sizeof(plain));
	size = BA_B64URL_ENCODED(len);
	if (before + size + after > max)
		return LLVMFuzzerMutate(p, n, max);
	memmove(p + before + size, p + before + seg.n, after);
	text = fuzz_alloc(size + 1);
	ba_b64url_encode(text, plain, len);
	memcpy(p + before, text, size);
	free(text);
	return before + size + after;
}

size_t
fuzz_mutate_third(uint8_t *p, size_t n, size_t max, unsigned int seed)
{
	struct fuzz_part rest = { (const char *)p, n };
	size_t at;

	(void)fuzz_next_part(&rest);
	(void)fuzz_next_part(&rest);
	at = n - rest.n;
	if (rest.n == 0 || seed % 5 < 2)
		return LLVMFuzzerMutate(p, n, max);
	if (*rest.p == '{')
		return at + LLVMFuzzerMutate(p + at, n - at, max - at);
	return at + fuzz_mutate_token(p + at, n - at, max - at, seed / 5);
}
