/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <openssl/crypto.h>

#include "common/jose/init.h"

void
ba_jose_init(void)
{
	/* If it fails, every use of it fails, and says so. */
	(void)OPENSSL_init_crypto(
	    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
	/*
	 * Made now, and not by the first question: where memory fails while
	 * OpenSSL 3.0 makes it, the next EVP_…_fetch() follows NULL.
	 */
	(void)OSSL_LIB_CTX_get0_global_default();
}
