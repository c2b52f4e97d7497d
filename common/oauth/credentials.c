/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/oauth/credentials.h"

struct entry {
	struct ba_credentials *credentials; /* or NULL */
	bool read; /* for better or worse */
};

struct ba_credential_table {
	const struct ba_config *config;
	uid_t trusted_uid;
	char *directory; /* or NULL */
	const struct ba_log *log;
	struct entry *entries; /* by ba_issuer.index */
};

static const char *
or_none(const char *s)
{
	return s != NULL ? s : "";
}

static void
complain(const struct ba_credential_table *t, const struct ba_issuer *issuer,
    int err, const char *why)
{
	const struct ba_client_config *c = &issuer->client;

	ba_log(t->log, BA_LOG_ERR,
	    "issuer %s: the credentials of client %s are not usable (%s%s%s%s"
	    "%s): %s; it cannot be asked about tokens%s until they are mended"
	    " and the configuration reloaded",
	    issuer->url, or_none(c->id), or_none(c->secret_file),
	    c->secret_file != NULL && c->key_file != NULL ? ", " : "",
	    or_none(c->key_file), c->certificate_file != NULL ? ", " : "",
	    or_none(c->certificate_file), *why != '\0' ? why : ba_err_text(err),
	    issuer->device ? ", nor for one in the device flow," : "");
}

/* Once, whatever comes of it; for want of memory not even that. */
static int
read_entry(struct ba_credential_table *t, const struct ba_issuer *issuer)
{
	struct entry *e = &t->entries[issuer->index];
	const char *why;
	int r;

	if (e->read)
		return e->credentials != NULL ? BA_OK : BA_ERR_SECRET;
	r = ba_client_new(
	    issuer, t->trusted_uid, t->directory, &why, &e->credentials);
	if (r == BA_ERR_NOMEM)
		return r;
	e->read = true;
	if (r != BA_OK) {
		complain(t, issuer, r, why);
		return BA_ERR_SECRET;
	}
	ba_client_set_proxy(
	    e->credentials, t->config->proxy, t->config->no_proxy);
	return BA_OK;
}

/* An issuer that is never asked costs nothing. */
static int
fill(struct ba_credential_table *t, const struct ba_credential_options *o)
{
	const struct ba_issuer *issuer = t->config->issuers;
	size_t i;
	int r = BA_OK;

	if (o->directory != NULL) {
		t->directory = strdup(o->directory);
		if (t->directory == NULL)
			return BA_ERR_NOMEM;
	}
	for (i = 0; i < t->config->n_issuers && r == BA_OK && !o->late;
	     i++, issuer++) {
		if (issuer->verify != BA_VERIFY_JWT || issuer->device)
			r = read_entry(t, issuer);
		if (r == BA_ERR_SECRET)
			r = BA_OK;
	}
	return r;
}

int
ba_credential_table_new(
    const struct ba_credential_options *o, struct ba_credential_table **tablep)
{
	struct ba_credential_table *t;
	int r = BA_ERR_NOMEM;

	*tablep = NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return BA_ERR_NOMEM;
	t->config = o->config;
	t->trusted_uid = o->trusted_uid;
	t->log = o->log;
	t->entries = calloc(o->config->n_issuers + 1, sizeof(*t->entries));
	if (t->entries != NULL)
		r = fill(t, o);
	if (r == BA_OK)
		*tablep = t;
	else
		ba_credential_table_free(t);
	return r;
}

void
ba_credential_table_free(struct ba_credential_table *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; t->entries != NULL && i < t->config->n_issuers; i++)
		ba_client_free(t->entries[i].credentials);
	free(t->entries);
	free(t->directory);
	free(t);
}

int
ba_credential_table_get(struct ba_credential_table *t,
    const struct ba_issuer *issuer, const struct ba_credentials **cp)
{
	int r;

	*cp = NULL;
	/* One of another configuration would find somebody else's secrets. */
	if (issuer->index >= t->config->n_issuers ||
	    issuer != &t->config->issuers[issuer->index])
		return BA_ERR_INTERNAL;
	r = read_entry(t, issuer);
	if (r == BA_OK)
		*cp = t->entries[issuer->index].credentials;
	return r;
}
