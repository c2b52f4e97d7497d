/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/oauth/answer.h"
#include "common/oauth/introspect.h"

#include "broker/inquiry.h"

struct ba_inquiry {
	LIST_ENTRY(ba_inquiry) link;
	struct ba_inquiries *inquiries;
	struct ba_engine *engine; /* a reference */
	const struct ba_issuer *issuer;
	struct ba_errand errand;
	struct ba_inquirer who; /* answered NULL: they have given up */
	unsigned time_ms; /* that the issuer has */
	bool settled; /* oauth/introspect.h knows of its end */
};

struct ba_inquiries {
	struct ba_errands *errands;
	const struct ba_clock *clock;
	LIST_HEAD(, ba_inquiry) active;
};

int
ba_inquiries_new(struct ba_errands *errands, const struct ba_clock *clock,
    struct ba_inquiries **inquiriesp)
{
	struct ba_inquiries *is;

	*inquiriesp = NULL;
	is = calloc(1, sizeof(*is));
	if (is == NULL)
		return BA_ERR_NOMEM;
	is->errands = errands;
	is->clock = clock;
	LIST_INIT(&is->active);
	*inquiriesp = is;
	return BA_OK;
}

static void
forget(struct ba_inquiry *i)
{
	LIST_REMOVE(i, link);
	ba_engine_unref(i->engine);
	free(i);
}

/* After ba_errands_free(): no errand is active any more. */
void
ba_inquiries_free(struct ba_inquiries *is)
{
	struct ba_inquiry *i;

	if (is == NULL)
		return;
	while ((i = LIST_FIRST(&is->active)) != NULL)
		forget(i);
	free(is);
}

/* The end of it for the issuer's sake, once. */
static void
abandon(struct ba_inquiry *i, bool ours)
{
	if (!i->settled)
		ba_introspection_abandon(i->engine->introspection, i->issuer,
		    ba_clock_wall(i->inquiries->clock), ours);
	i->settled = true;
}

/* Too little time is our fault, and not the issuer's. */
static bool
is_fair(const struct ba_inquiry *i)
{
	return i->time_ms >= BA_INQUIRY_FAIR_MS;
}

static bool
is_failure(const struct ba_inquiry *i, const struct ba_http_response *response)
{
	return ba_answer_is_failure(response) &&
	       (response->err != BA_ERR_TIMEOUT || is_fair(i));
}

static void
ended(void *arg, int err, const struct ba_http_response *response)
{
	struct ba_inquiry *i = arg;
	struct ba_inquirer who = i->who;
	struct ba_engine *e = ba_engine_ref(i->engine);

	/* A helper that ended is no failure of the issuer's; one that had to
	   be ended is no success either. */
	if (err != BA_OK) {
		abandon(i, err != BA_ERR_TIMEOUT || !is_fair(i));
	} else if (who.answered == NULL) {
		abandon(i, !is_failure(i, response));
	} else if (response->err == BA_ERR_TIMEOUT && !is_fair(i)) {
		abandon(i, true);
		err = BA_ERR_TIMEOUT;
		response = NULL;
	}
	forget(i);
	if (who.answered != NULL)
		who.answered(who.arg, err, response);
	ba_engine_unref(e);
}

int
ba_inquire(struct ba_inquiries *is, struct ba_engine *e,
    const struct ba_issuer *issuer, const char *endpoint, const void *token,
    size_t n, unsigned timeout_ms, const struct ba_inquirer *who,
    struct ba_inquiry **inquiryp)
{
	struct ba_http_request request = { .timeout_ms = 0 };
	struct ba_inquiry *i;
	struct ba_post post;
	int r;

	*inquiryp = NULL;
	/* Looked at first: the issuer's breaker shall not hear of it. */
	if (!ba_errands_room(is->errands, true))
		return BA_ERR_BUSY;
	i = calloc(1, sizeof(*i));
	if (i == NULL)
		return BA_ERR_NOMEM;
	i->inquiries = is;
	i->time_ms =
	    timeout_ms < BA_INQUIRY_MAX_MS ? timeout_ms : BA_INQUIRY_MAX_MS;
	i->issuer = issuer;
	i->who = *who;
	i->errand.ended = ended;
	i->errand.arg = i;
	i->engine = ba_engine_ref(e);
	LIST_INSERT_HEAD(&is->active, i, link);
	ba_post_init(&post);
	r = ba_introspection_begin(e->introspection, issuer, endpoint, token, n,
	    ba_clock_wall(is->clock), who->privileged, &post, &request);
	if (r == BA_OK) {
		request.timeout_ms = i->time_ms;
		r = ba_errand_send(is->errands, &i->errand, &request);
		if (r != BA_OK)
			abandon(i, true);
	}
	ba_post_wipe(&post);
	if (r != BA_OK)
		forget(i);
	else
		*inquiryp = i;
	return r;
}

void
ba_inquiry_cancel(struct ba_inquiry *i, bool late)
{
	if (i == NULL)
		return;
	i->who.answered = NULL;
	/* Now: a spawned broker ends with its question. */
	if (late)
		abandon(i, !is_fair(i));
}
