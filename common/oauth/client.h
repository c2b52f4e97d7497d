/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_CLIENT_H
#define BA_OAUTH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/oauth/http.h"
#include "common/policy/config.h"

/*
 * We as a client of one issuer: the credentials of struct ba_client_config,
 * read once with the configuration and kept, wiped at the end.
 */
struct ba_credentials;

#define BA_CLIENT_SECRET_MAX     1024 /* bytes, VSCHAR (RFC 6749 appendix A.2) */
#define BA_CLIENT_ASSERTION_LIFE 60 /* s (CA-01) */

/*
 * Read what issuer->client names: a secret (one line; the line feed at its end
 * is not part of it), a private key or certificate and key in PEM.  Files as
 * of ba_keys_read_file() with secret set: nobody else can read them, and their
 * directory is trusted; "credential:NAME" is NAME in the directory
 * credentials (NULL: there is none).  BA_ERR_SECRET, and *whyp says in
 * constant text what is wrong; BA_ERR_NOMEM.  An issuer without a client_id
 * gives BA_OK and a client that adds nothing.
 */
BA_MUST_CHECK int ba_client_new(const struct ba_issuer *issuer,
    uid_t trusted_uid, const char *credentials, const char **whyp,
    struct ba_credentials **clientp);
void ba_client_free(struct ba_credentials *c); /* wipes */

/* By which way its requests go (http.h); borrowed.  At first without proxy. */
void ba_client_set_proxy(
    struct ba_credentials *c, const char *proxy, const char *no_proxy);

/*
 * A request to the issuer as this client, on its way.  Zeroed is not enough:
 * ba_post_init().  Both buffers wipe.
 */
struct ba_post {
	struct ba_buf form; /* name=value&… */
	struct ba_buf authorization; /* the field's value, or empty */
};
void ba_post_init(struct ba_post *p);
void ba_post_wipe(struct ba_post *p);

/*
 * Empty p, and begin a request to the issuer: of request only timeout_ms stays
 * as it was.  url is borrowed, as is what the issuer says.
 */
void ba_post_begin(struct ba_post *p, const struct ba_issuer *issuer,
    const char *url, struct ba_http_request *request);

/* Append a pair to the form, both encoded (RFC 6749 appendix B). */
BA_MUST_CHECK int ba_post_add(
    struct ba_post *p, const char *name, const void *value, size_t n);

/*
 * Sign in, by exactly one method (CA-02), and point request at p's buffers and
 * at the client's certificate, key, pool and proxy:
 *
 *  client_secret_basic	Authorization, id and secret each form-encoded before
 *			base64 (RFC 6749 section 2.3.1, TR-07)
 *  client_secret_post	client_id, client_secret in the form
 *  private_key_jwt	client_id, client_assertion_type, client_assertion (RFC
 *			7523 section 2.2): iss = sub = client_id, aud = the
 *			issuer's identifier, a single string (V44), jti of 128
 *			random bits, iat = now, exp = now + 60
 *  (both of) TLS	client_id in the form (RFC 8705 section 2), certificate
 *  none		client_id in the form
 */
BA_MUST_CHECK int ba_client_sign_in(const struct ba_credentials *c, int64_t now,
    struct ba_post *p, struct ba_http_request *request);

/* Does it sign in by TLS: then mtls_endpoint_aliases count (RFC 8705 section
   5). */
bool ba_client_is_tls(const struct ba_credentials *c);

#endif
