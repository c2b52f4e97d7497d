/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_POOL_H
#define BA_OAUTH_HTTP_POOL_H

#include <stdint.h>

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * Connections that are kept, apart by what they were made with.  A pool is
 * for requests of one pool number, one client certificate and one trust; no
 * connection is ever used for those of another (TR-09, V33).  It is not left
 * to libcurl to compare all that: of what decides here it sees next to
 * nothing.  Used in the helper alone.
 */
#define BA_HTTP_POOLS_KEPT 64 /* that nobody uses; others as many as are used */

struct ba_http_pools;
struct ba_http_pool;

BA_MUST_CHECK int ba_http_pools_new(struct ba_http_pools **psp);
/* All pools must have been left. */
void ba_http_pools_free(struct ba_http_pools *ps);

/*
 * certificate: PEM, or NULL; trust: of struct ba_http_trusted.  Left by
 * ba_http_pool_leave() when the handle that uses it is gone.
 */
BA_MUST_CHECK int ba_http_pool_enter(struct ba_http_pools *ps, uint64_t number,
    uint64_t trust, const struct ba_buf *certificate, struct ba_http_pool **pp);
void ba_http_pool_leave(struct ba_http_pools *ps, struct ba_http_pool *p);

/* For CURLOPT_SHARE. */
CURLSH *ba_http_pool_share(const struct ba_http_pool *p);

#endif
