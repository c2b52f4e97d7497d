/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/store/store_name.h"

static EVP_MAC_CTX *
new_hmac(void)
{
	EVP_MAC_CTX *ctx = NULL;
	EVP_MAC *mac;

	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (mac != NULL)
		ctx = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	return ctx;
}

int
ba_store_name(const unsigned char key[BA_STORE_KEY_LEN], enum ba_space space,
    const void *name, size_t name_len, unsigned char dst[BA_STORE_NAME_LEN])
{
	const unsigned char head[4] = { 0, 0, 0, (unsigned char)space };
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx;
	size_t len = 0;
	int r = BA_ERR_CRYPTO;

	memset(dst, 0, BA_STORE_NAME_LEN);
	ctx = new_hmac();
	if (ctx != NULL &&
	    EVP_MAC_init(ctx, key, BA_STORE_KEY_LEN, params) == 1 &&
	    EVP_MAC_update(ctx, head, sizeof(head)) == 1 &&
	    EVP_MAC_update(ctx, name, name_len) == 1 &&
	    EVP_MAC_final(ctx, dst, &len, BA_STORE_NAME_LEN) == 1 &&
	    len == BA_STORE_NAME_LEN)
		r = BA_OK;
	EVP_MAC_CTX_free(ctx);
	return r;
}
