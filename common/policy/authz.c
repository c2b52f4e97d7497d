/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdio.h>
#include <string.h>

#include "common/base/ascii.h"
#include "common/policy/authz.h"
#include "common/policy/claim.h"
#include "common/policy/identity.h"
#include "common/policy/map.h"

/*
 * A string is one mailbox, never a list: an address may not hold a blank, and
 * nobody shall have to know how issuers separate them.
 */
static bool
in_claims(
    const struct ba_service *service, const json_t *claims, const char *mailbox)
{
	const struct ba_claim_paths *paths = &service->shared_claim;
	size_t i;

	for (i = 0; i < paths->n; i++)
		if (ba_claim_has_word(
			ba_claim_at(claims, &paths->v[i]), mailbox, false))
			return true;
	return false;
}

int
ba_authz(const struct ba_service *service, const json_t *claims,
    const char *person, const char *user)
{
	if (strcmp(person, user) == 0)
		return BA_OK;
	if (service->authzid != BA_AUTHZID_SHARED ||
	    !ba_name_ok(user, service->accounts))
		return BA_ERR_AUTHZID;
	if (service->shared_map == NULL && service->shared_map_file != NULL)
		return BA_ERR_CONFIG;
	if (service->shared_map != NULL &&
	    ba_map_find(service->shared_map, person, user) != NULL)
		return BA_OK;
	/* What a map gives to somebody no claim gives to others. */
	if (ba_identity_giver(service, user) != NULL)
		return BA_ERR_AUTHZID;
	return in_claims(service, claims, user) ? BA_OK : BA_ERR_AUTHZID;
}

static bool
is_host(const struct ba_strings *hosts, const char *host)
{
	size_t i, n = strlen(host);

	if (n > 1 && host[n - 1] == '.')
		n--;
	for (i = 0; i < hosts->n; i++)
		if (ba_equal_nocase(host, n, hosts->v[i]))
			return true;
	return false;
}

/* They were read as numbers, and so have no zero in front. */
static bool
is_port(const struct ba_strings *ports, uint32_t port)
{
	char text[12];
	size_t i;

	(void)snprintf(text, sizeof(text), "%lu", (unsigned long)port);
	for (i = 0; i < ports->n; i++)
		if (strcmp(ports->v[i], text) == 0)
			return true;
	return false;
}

int
ba_authz_host(const struct ba_service *service, const char *host, uint32_t port)
{
	if (host != NULL && service->host.n > 0 &&
	    !is_host(&service->host, host))
		return BA_ERR_HOST;
	if (port != 0 && service->port.n > 0 && !is_port(&service->port, port))
		return BA_ERR_HOST;
	return BA_OK;
}
