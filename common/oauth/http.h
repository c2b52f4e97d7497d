/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_H
#define BA_OAUTH_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/url.h"

/*
 * HTTPS requests to issuers.  These are plain data: the broker passes them
 * to a helper process (fetch.h), and only that process carries libcurl
 * (http_curl.c is the one file that includes curl.h).
 */
#define BA_HTTP_BODY_MAX    (512 * 1024)
#define BA_HTTP_TIMEOUT_MAX 30000 /* ms */

struct ba_http_request {
	const char *url; /* https only */
	const char *ca_file; /* or NULL: the system's bundle */
	unsigned timeout_ms; /* for all of it */
};

struct ba_http_response {
	int err; /* BA_OK: an answer came; BA_ERR_TIMEOUT,
					   BA_ERR_TLS, BA_ERR_HTTP */
	unsigned status; /* HTTP status, 0 without an answer */
	char content_type[128]; /* media type, lower case, no
					   parameters; "" where there is none */
	int64_t max_age; /* seconds by Cache-Control, or -1 */
	char why[160]; /* for the log, sanitised */
	struct ba_buf body; /* at most BA_HTTP_BODY_MAX */
};

/* An empty response; every field "no answer". */
void ba_http_response_init(struct ba_http_response *r);
/* Wiped, and ready for another answer. */
void ba_http_response_clear(struct ba_http_response *r);

/*
 * The media type of a Content-Type field (RFC 9110 section 8.3.1), in lower
 * case, without parameters, which are not looked at:
 *
 *	media-type = token "/" token *( OWS ";" … )
 *
 * dst is "" where value (NULL: no such field) is none, or too long for dst.
 */
void ba_http_media_type(const char *value, char *dst, size_t dstsz);

/*
 * What a Cache-Control field says about how long we may keep the answer
 * (RFC 9111 section 5.2.2), in seconds: 0 for no-store, for no-cache, and for
 * what breaks the grammar; else the smallest max-age; so_far where it says
 * nothing.  so_far: -1, or the result for an earlier field line of the same
 * answer; the strictest of all holds.
 *
 *	Cache-Control = #( token [ "=" ( token / quoted-string ) ] )
 */
int64_t ba_http_max_age(const char *value, int64_t so_far);

#endif
