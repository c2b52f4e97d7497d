/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_ERRAND_H
#define BA_BROKER_ERRAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/oauth/fetch.h"

#include "broker/loop.h"

/*
 * Requests under way by the helper of oauth/fetch.h, in the loop: one helper
 * carries askings for keys and questions about tokens alike, and they overlap.
 */
struct ba_errands;

/* One request.  Zeroed but for ended and arg: none. */
struct ba_errand {
	/*
	 * BA_OK, and what the helper says, which may be that no answer came;
	 * or why the helper is gone, and NULL: BA_ERR_TIMEOUT to the one whose
	 * own time was over, another error to those who were lost with it.  The
	 * errand is idle by then.
	 */
	void (*ended)(
	    void *arg, int err, const struct ba_http_response *response);
	void *arg;
	/* Or NULL: ba_errands_free() ends it, and ended() is not called.  For
	   who has nobody else to free it by then. */
	void (*forgotten)(void *arg);
	/* the errands' own */
	bool active;
	struct ba_errands *errands;
	uint32_t serial;
	struct ba_timer timer;
	LIST_ENTRY(ba_errand) link;
};

/*
 * The helper ends each request itself when its time is up; one that has said
 * nothing for so much longer (ms) does not run any more, and is ended.
 */
#define BA_ERRAND_GRACE_MS 500

/*
 * Of all errands, so that the helper never has more than it can hold
 * (http_curl.c): one that it does not read in time would be the end of it and
 * of all others.  Questions about tokens, which strangers can cause at will,
 * leave places for askings for keys.
 */
#define BA_ERRANDS_MAX       240
#define BA_ERRANDS_QUESTIONS 192

BA_MUST_CHECK int ba_errands_new(struct ba_loop *loop, const char *helper,
    const struct ba_log *log, struct ba_errands **errandsp);

/* Ends the helper; all errands are idle, and forgotten() is all that is told. */
void ba_errands_free(struct ba_errands *es);

/* Is there a place for one more?  question: for one with a form. */
bool ba_errands_room(const struct ba_errands *es, bool question);

/*
 * Have a request made, which is copied.  BA_OK: e, which must stay where it
 * is, is active until ended() is called, once, later, never from within this
 * call.  BA_ERR_BUSY: no room.  Otherwise the helper's error.
 */
BA_MUST_CHECK int ba_errand_send(struct ba_errands *es, struct ba_errand *e,
    const struct ba_http_request *request);

/* For status. */
bool ba_errands_helper_runs(const struct ba_errands *es);

#endif
