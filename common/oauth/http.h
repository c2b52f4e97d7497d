/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_H
#define BA_OAUTH_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * HTTPS requests to issuers.  These are plain data: the broker passes them
 * to a helper process (fetch.h), and only that process carries libcurl
 * (http_curl.c is the one file that includes curl.h).
 */
#define BA_URL_MAX		2048
#define BA_HTTP_BODY_MAX	(512 * 1024)
#define BA_HTTP_TIMEOUT_MAX	30000	/* ms */

struct ba_http_request {
	const char	*url;		/* https only */
	const char	*ca_file;	/* or NULL: the system's bundle */
	unsigned	 timeout_ms;	/* for all of it */
};

struct ba_http_response {
	int		 err;		/* BA_OK: an answer came; BA_ERR_TIMEOUT,
					   BA_ERR_TLS, BA_ERR_HTTP */
	unsigned	 status;	/* HTTP status, 0 without an answer */
	char		 content_type[128]; /* media type, lower case, no
					   parameters; "" where there is none */
	int64_t		 max_age;	/* seconds by Cache-Control, or -1 */
	char		 why[160];	/* for the log, sanitised */
	struct ba_buf	 body;		/* at most BA_HTTP_BODY_MAX */
};

void ba_http_response_init(struct ba_http_response *r);
void ba_http_response_clear(struct ba_http_response *r);

#endif
