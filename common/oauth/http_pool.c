/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/oauth/http.h"
#include "common/oauth/http_pool.h"

struct ba_http_pool {
	TAILQ_ENTRY(ba_http_pool) link;
	CURLSH *share;
	uint64_t number, trust;
	struct ba_buf certificate; /* to compare; empty: none */
	size_t users;
};

TAILQ_HEAD(pools, ba_http_pool);

struct ba_http_pools {
	struct pools used, idle; /* last used first */
	size_t n_idle;
};

int
ba_http_pools_new(struct ba_http_pools **psp)
{
	struct ba_http_pools *ps = calloc(1, sizeof(*ps));

	*psp = ps;
	if (ps == NULL)
		return BA_ERR_NOMEM;
	TAILQ_INIT(&ps->used);
	TAILQ_INIT(&ps->idle);
	return BA_OK;
}

/* Closes its connections. */
static void
free_pool(struct ba_http_pool *p)
{
	if (p->share != NULL)
		(void)curl_share_cleanup(p->share);
	ba_buf_wipe(&p->certificate);
	free(p);
}

static void
free_last_idle(struct ba_http_pools *ps)
{
	struct ba_http_pool *p = TAILQ_LAST(&ps->idle, pools);

	TAILQ_REMOVE(&ps->idle, p, link);
	ps->n_idle--;
	free_pool(p);
}

void
ba_http_pools_free(struct ba_http_pools *ps)
{
	if (ps == NULL)
		return;
	while (ps->n_idle > 0)
		free_last_idle(ps);
	free(ps);
}

static bool
is_pool(const struct ba_http_pool *p, uint64_t number, uint64_t trust,
    const struct ba_buf *certificate)
{
	size_t n = certificate != NULL ? certificate->len : 0;

	return p->number == number && p->trust == trust &&
	       p->certificate.len == n &&
	       (n == 0 || memcmp(p->certificate.p, certificate->p, n) == 0);
}

static struct ba_http_pool *
find(struct pools *list, uint64_t number, uint64_t trust,
    const struct ba_buf *certificate)
{
	struct ba_http_pool *p;

	TAILQ_FOREACH(p, list, link)
	{
		if (is_pool(p, number, trust, certificate))
			return p;
	}
	return NULL;
}

/*
 * Connections alone are shared.  TLS sessions are not kept at all: one that is
 * resumed is not verified again, and libcurl does not know our trust.
 */
static int
make_pool(uint64_t number, uint64_t trust, const struct ba_buf *certificate,
    struct ba_http_pool **pp)
{
	struct ba_http_pool *p = calloc(1, sizeof(*p));
	int r = BA_ERR_NOMEM;

	*pp = NULL;
	if (p == NULL)
		return BA_ERR_NOMEM;
	p->number = number;
	p->trust = trust;
	ba_buf_init(&p->certificate, BA_HTTP_PEM_MAX);
	p->share = curl_share_init();
	if (p->share != NULL && curl_share_setopt(p->share, CURLSHOPT_SHARE,
				    CURL_LOCK_DATA_CONNECT) == CURLSHE_OK)
		r = certificate != NULL ? ba_buf_append(&p->certificate,
					      certificate->p, certificate->len)
					: BA_OK;
	if (r != BA_OK) {
		free_pool(p);
		return r;
	}
	*pp = p;
	return BA_OK;
}

int
ba_http_pool_enter(struct ba_http_pools *ps, uint64_t number, uint64_t trust,
    const struct ba_buf *certificate, struct ba_http_pool **pp)
{
	struct ba_http_pool *p = find(&ps->used, number, trust, certificate);
	int r;

	*pp = NULL;
	if (p == NULL) {
		p = find(&ps->idle, number, trust, certificate);
		if (p != NULL) {
			TAILQ_REMOVE(&ps->idle, p, link);
			ps->n_idle--;
		} else if ((r = make_pool(number, trust, certificate, &p)) !=
			   BA_OK) {
			return r;
		}
		TAILQ_INSERT_HEAD(&ps->used, p, link);
	}
	p->users++;
	*pp = p;
	return BA_OK;
}

void
ba_http_pool_leave(struct ba_http_pools *ps, struct ba_http_pool *p)
{
	if (--p->users > 0)
		return;
	TAILQ_REMOVE(&ps->used, p, link);
	TAILQ_INSERT_HEAD(&ps->idle, p, link);
	if (++ps->n_idle > BA_HTTP_POOLS_KEPT)
		free_last_idle(ps);
}

CURLSH *
ba_http_pool_share(const struct ba_http_pool *p)
{
	return p->share;
}
