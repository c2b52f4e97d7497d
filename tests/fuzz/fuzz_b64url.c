/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/b64url.h"
#include "tests/fuzz/fuzz.h"

/* Each text has one meaning, and each meaning one text. */
static void
as_text(const char *text, size_t n)
{
	size_t i, len, need = n / 4 * 3 + (n % 4 > 1 ? n % 4 - 1 : 0);
	unsigned char *bytes = fuzz_alloc(need);
	char *again = fuzz_alloc(n + 2);
	int r = ba_b64url_decode(text, n, bytes, need, &len);

	MUST(r == BA_OK || (r == BA_ERR_B64 && len == 0));
	for (i = 0; i < n; i++)
		MUST(r != BA_OK || text[i] == '-' || text[i] == '_' ||
		     (text[i] >= '0' && text[i] <= '9') ||
		     ((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z'));
	if (r == BA_OK) {
		MUST(len == need && BA_B64URL_ENCODED(len) == n);
		ba_b64url_encode(again, bytes, len);
		MUST(strlen(again) == n && memcmp(again, text, n) == 0);
	}
	/* One byte less room is an error, and is not written over. */
	if (r == BA_OK && need > 0) {
		free(bytes);
		bytes = fuzz_alloc(need - 1);
		MUST(ba_b64url_decode(text, n, bytes, need - 1, &len) ==
			 BA_ERR_LIMIT &&
		     len == 0);
	}
	free(again);
	free(bytes);
}

static void
as_bytes(const uint8_t *p, size_t n)
{
	size_t len, size = BA_B64URL_ENCODED(n);
	char *text = fuzz_alloc(size + 1);
	unsigned char *again = fuzz_alloc(n);

	ba_b64url_encode(text, p, n);
	MUST(strlen(text) == size);
	MUST(ba_b64url_decode(text, size, again, n, &len) == BA_OK);
	MUST(len == n && memcmp(again, p, n) == 0);
	free(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	as_text((const char *)p, n);
	as_bytes(p, n);
	return 0;
}
