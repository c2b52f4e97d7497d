/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_H
#define BA_OAUTH_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/url.h"

/*
 * HTTPS requests to issuers.  These are plain data: the broker passes them
 * to a helper process (fetch.h), and only that process carries libcurl
 * (http_curl.h and what it is made of).
 */
#define BA_HTTP_BODY_MAX (512 * 1024) /* of an answer */
#define BA_HTTP_FORM_MAX                                                       \
	(208 * 1024) /* of a request: a token of 64 KiB,
					    each byte as %XX, and the rest */
#define BA_HTTP_TIMEOUT_MAX 30000 /* ms */
#define BA_HTTP_ETAG_MAX    255
#define BA_HTTP_PEM_MAX     (64 * 1024) /* of a certificate chain, of a key */
#define BA_HTTP_FIELD_MAX   16384 /* of Authorization */
#define BA_HTTP_RETRY_MAX   86400 /* s, of Retry-After */

/*
 * Zeroed but for what is set; everything is borrowed.  No value holds a
 * control character (TR-06); whoever sends one gets BA_ERR_HTTP.
 */
/*
 * A new connection that nobody uses again: on a kept one that turns out to be
 * reset libcurl sends a request a second time, at once.
 */
#define BA_HTTP_POOL_ALONE UINT64_MAX

struct ba_http_request {
	const char *url; /* https only */
	unsigned timeout_ms; /* for all of it */
	size_t body_max; /* of the answer; 0: BA_HTTP_BODY_MAX */
	const char *accept; /* media type; NULL: application/json */
	const char *etag; /* If-None-Match, as it was received; or NULL */

	/* POST of application/x-www-form-urlencoded; NULL: GET. */
	const struct ba_buf *form;
	/* The value of the field Authorization, or NULL. */
	const char *authorization;
	/* TLS client certificate, PEM, and its key; both or neither. */
	const struct ba_buf *certificate;
	const struct ba_buf *key;
	/*
	 * Connections are used again by requests of the same pool alone
	 * (TR-09, V33): 0 for those without credentials; each set of
	 * credentials has a random number of its own; BA_HTTP_POOL_ALONE.
	 */
	uint64_t pool;

	/* Trust: one of the two, or neither: the system's bundle. */
	const char *ca_file;
	const char *ca_directory;
	const char *proxy; /* "http://host:port", or NULL: none */
	const char *no_proxy; /* hosts, with commas between; or NULL */
};

struct ba_http_response {
	int err; /* BA_OK: an answer came; BA_ERR_TIMEOUT,
					   BA_ERR_TLS, BA_ERR_HTTP */
	unsigned status; /* HTTP status, 0 without an answer */
	char content_type[128]; /* media type, lower case, no
					   parameters; "" where there is none */
	int64_t max_age; /* seconds by Cache-Control, else by Expires and
			    Date; -1: not said */
	int64_t retry_after; /* seconds by Retry-After (RFC 9110 section
				10.2.3), at most 86400; -1: not said */
	char etag[BA_HTTP_ETAG_MAX + 1]; /* "" where there is none */
	char why[160]; /* for the log, sanitised */
	struct ba_buf body; /* at most body_max */
};

/*
 * May this request be made?  BA_OK; BA_ERR_HTTP for a value that came from a
 * configuration or from a stranger, BA_ERR_INTERNAL for what only a defect of
 * ours asks (no time, half a certificate, credentials in pool 0); *whyp says
 * in constant text what is wrong.  The helper judges once more.
 */
BA_MUST_CHECK int ba_http_request_check(
    const struct ba_http_request *q, const char **whyp);

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

/*
 * A date as it is written since 1994 (IMF-fixdate, RFC 9110 section 5.6.7), in
 * seconds since 1970; -1 where it is none.  The two older forms are none:
 * nobody writes them, and no date is the careful reading.
 */
int64_t ba_http_date(const char *value);

/*
 * How long we may keep an answer by its field Expires (RFC 9111 section 5.3)
 * when it was made at date; 0 to 2^31 seconds, and 0 for what is no date.
 */
int64_t ba_http_expires(const char *value, int64_t date);

/*
 * When to come again by Retry-After (RFC 9110 section 10.2.3), in seconds from
 * now, 0 to BA_HTTP_RETRY_MAX; -1 where it says nothing that can be read.
 *
 *	Retry-After = HTTP-date / delay-seconds
 */
int64_t ba_http_retry_after(const char *value, int64_t now);

/*
 * An entity-tag of at most BA_HTTP_ETAG_MAX bytes, all ASCII (RFC 9110 section
 * 8.8.3).
 *
 *	entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE
 */
bool ba_http_etag_ok(const char *value);

#endif
