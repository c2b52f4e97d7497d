/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/policy/authz.h"

#include "broker/query_parts.h"

/*
 * A client of a SASL server may ask for another user than its token names.  A
 * plug-in that has no word for the person (version 1) would take the one for
 * the other, and so gets none of this.
 */
static bool
may_differ(const struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);

	return s != NULL && s->authzid != BA_AUTHZID_EQUAL && q->named &&
	       q->q.origin == BA_ORIGIN_SASL && q->version >= 2;
}

bool
ba_query_is_curious(const struct ba_query *q)
{
	return q->q.origin == BA_ORIGIN_SASL &&
	       q->q.token_len == strlen(BA_TOKEN_NONE) &&
	       memcmp(q->q.token, BA_TOKEN_NONE, q->q.token_len) == 0;
}

int
ba_query_server(const struct ba_query *q)
{
	if (q->q.origin != BA_ORIGIN_SASL)
		return BA_OK;
	return ba_authz_host(
	    ba_query_service(q), q->host[0] != '\0' ? q->host : NULL, q->port);
}

void
ba_query_expect(struct ba_query *q)
{
	q->q.user = q->named && !may_differ(q) ? q->user : NULL;
}

/*
 * With proxy, who may be whom is for the host to decide, by rules of its own:
 * it is told both.
 */
int
ba_query_authz(struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);
	int r = BA_OK;

	q->person[0] = '\0';
	if (!may_differ(q) || strcmp(q->v.user, q->user) == 0)
		return BA_OK;
	if (s->authzid == BA_AUTHZID_SHARED)
		r = ba_authz(s, q->v.claims, q->v.user, q->user);
	/* The audit line names both, whatever comes of it. */
	if (ba_copy_str(q->person, sizeof(q->person), q->v.user) != BA_OK ||
	    ba_copy_str(q->v.user, sizeof(q->v.user), q->user) != BA_OK)
		return BA_ERR_INTERNAL;
	return r;
}
