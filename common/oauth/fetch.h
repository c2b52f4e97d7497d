/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_OAUTH_FETCH_H
#define BA_OAUTH_FETCH_H

#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/oauth/http.h"

/*
 * The near end of the helper bearerauth-fetch: a process with libcurl in it,
 * started at the first request and kept.  Requests overlap; each has a
 * serial number.  Nothing here waits, but for ba_fetch_wait().
 */
struct ba_fetch;

/* helper: the program's path.  Starts nothing yet. */
BA_MUST_CHECK int ba_fetch_new(const char *helper, struct ba_fetch **fetchp);

/* Ends the helper (SIGKILL, by its process id) and collects it. */
void ba_fetch_free(struct ba_fetch *f);

/*
 * Hand in a request; starts the helper where none runs, and writes what can be
 * without waiting.  *serialp names it in the answer.
 */
BA_MUST_CHECK int ba_fetch_send(struct ba_fetch *f,
    const struct ba_http_request *request, uint32_t *serialp);

/*
 * For an event loop: the socket, -1 while no helper runs; whether there are
 * bytes waiting to be written.
 */
int ba_fetch_fd(const struct ba_fetch *f);
int ba_fetch_want_write(const struct ba_fetch *f);

/*
 * Write and read what can be without waiting.  BA_OK.  When the helper is
 * gone or talks nonsense: it is ended and collected, and the result is
 * BA_ERR_PROTOCOL; every request under way is lost, and the caller says so
 * to whoever waits.  The next ba_fetch_send() starts a new one.
 */
BA_MUST_CHECK int ba_fetch_run(struct ba_fetch *f);

/* End the helper now, as if it had died: it did not answer in time. */
void ba_fetch_kill(struct ba_fetch *f);

/*
 * Take one answer out, if there is one: BA_OK, else BA_ERR_NOT_FOUND.  The
 * caller has initialised r and clears it.
 */
BA_MUST_CHECK int ba_fetch_take(
    struct ba_fetch *f, uint32_t *serialp, struct ba_http_response *r);

/*
 * One request from start to end, waiting; for the command line.  Waits at
 * most the request's time and one second; BA_ERR_TIMEOUT then, and the
 * helper is ended.
 */
BA_MUST_CHECK int ba_fetch_wait(struct ba_fetch *f,
    const struct ba_http_request *request, struct ba_http_response *r);

#endif
