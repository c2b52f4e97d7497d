/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_HTTP_CURL_H
#define BA_OAUTH_HTTP_CURL_H

/*
 * The helper's whole life: read requests (fetch.h) from the socket fd, carry
 * them out side by side with libcurl, write the answers as they come.  Ends
 * when the other side closes, or with a negative error.
 *
 * https only; no redirects, netrc, cookies, proxies of the environment,
 * authentication by URL, compression; certificate and host name always
 * verified; body, header and time limits.  What a request holds is wiped when
 * it has ended, and no "why" has a piece of it but hosts and paths.
 */
int ba_http_serve(int fd);

#endif
