/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_TRUST_H
#define BA_OAUTH_HTTP_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

/*
 * Who may vouch for an issuer's server.  libcurl parses a file of
 * certificates again for each connection (Debian's takes 20 ms); here each is
 * parsed once, and again when it has changed.  Used in the helper alone.
 */
struct ba_http_trust;

/* What one request trusts. */
struct ba_http_trusted {
	void *store; /* X509_STORE, a reference; or NULL */
	/* No other file has it, nor the same file with other content: for
	   keeping connections apart (http_pool.h).  Never 0. */
	uint64_t number;
};

/*
 * What requests that name nothing trust: bundle_file; if that is NULL,
 * bundle_directory; if both are, OpenSSL's own file.  Strings are borrowed.
 */
BA_MUST_CHECK int ba_http_trust_new(const char *bundle_file,
    const char *bundle_directory, struct ba_http_trust **tp);
void ba_http_trust_free(struct ba_http_trust *t);

/*
 * The certificates of ca_file, of ca_directory (names by hash, as c_rehash(1)
 * makes them), or, both NULL, of the system.  Chains are judged as libcurl
 * would (trusted certificates first, and any of them ends a chain); names are
 * its own business.  BA_ERR_TLS and why, which names the path.
 *
 * What cannot be read is an error even if it could be read before: who takes
 * a certificate away does not want it trusted.
 */
BA_MUST_CHECK int ba_http_trust_get(struct ba_http_trust *t,
    const char *ca_file, const char *ca_directory, struct ba_http_trusted *out,
    char *why, size_t whysz);
/* Zeroed is fine. */
void ba_http_trust_release(struct ba_http_trusted *trusted);

/* For CURLOPT_SSL_CTX_FUNCTION: make an SSL_CTX trust this and nothing else.
   BA_ERR_TLS. */
BA_MUST_CHECK int ba_http_trust_install(
    const struct ba_http_trusted *trusted, void *ssl_ctx);

/*
 * Is this (the ssl_version of curl_version_info(3)) the OpenSSL that we are
 * linked to?  With any other library the SSL_CTX would be none.
 */
bool ba_http_trust_is_ours(const char *ssl_version);

#endif
