/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_MEMORY_H
#define BA_OAUTH_HTTP_MEMORY_H

#include "common/base/err.h"

/*
 * Start libcurl and OpenSSL with memory that is wiped as it is given back:
 * tokens and client secrets go through their buffers, which they do not wipe.
 * To be called before anything else of either; BA_ERR_INTERNAL where it was
 * not.  curl_global_cleanup() ends it.
 */
BA_MUST_CHECK int ba_http_memory_init(void);

#endif
