/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_STORE_STORE_NAME_H
#define BA_STORE_STORE_NAME_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/store/store.h"

#define BA_STORE_KEY_LEN  32 /* bytes of a store's HMAC key */
#define BA_STORE_NAME_LEN 32 /* bytes of an entry's hashed name */

/*
 * What an entry is filed under: HMAC-SHA-256, under key, of the space (four
 * bytes, big endian) and the name.  The space is of fixed length, so that no
 * two pairs share a text.  BA_ERR_CRYPTO.
 */
BA_MUST_CHECK int ba_store_name(const unsigned char key[BA_STORE_KEY_LEN],
    enum ba_space space, const void *name, size_t name_len,
    unsigned char dst[BA_STORE_NAME_LEN]);

#endif
