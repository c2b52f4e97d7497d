/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include "broker/engine.h"
#include "broker/fetcher.h"

static int
load_introspection(const struct ba_engine_options *o, struct ba_engine *e)
{
	const struct ba_credential_options co = {
		.config = e->config,
		.trusted_uid = o->trusted_uid,
		.directory = o->credentials,
		.late = o->reach == BA_REACH_SHARED,
		.log = o->log,
	};
	struct ba_introspection_options io = {
		.config = e->config,
		.store = o->answers,
		.reach = o->reach,
		.log = o->log,
	};
	int r;

	r = ba_credential_table_new(&co, &e->credentials);
	io.credentials = e->credentials;
	return r == BA_OK ? ba_introspection_new(&io, &e->introspection) : r;
}

static int
load(const struct ba_engine_options *o, struct ba_engine *e)
{
	int r;

	r = ba_config_load(o->config, o->trusted_uid, o->report, &e->config);
	if (r != BA_OK)
		return r;
	r = ba_keys_new(e->config, o->store, o->trusted_uid, o->log, &e->keys);
	if (r == BA_OK)
		r = load_introspection(o, e);
	return r == BA_OK ? ba_askings_new(e) : r;
}

int
ba_engine_load(const struct ba_engine_options *o, struct ba_engine **enginep)
{
	struct ba_engine *e;
	int r;

	*enginep = NULL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return BA_ERR_NOMEM;
	e->refs = 1;
	r = load(o, e);
	if (r == BA_OK)
		*enginep = e;
	else
		ba_engine_unref(e);
	return r;
}

struct ba_engine *
ba_engine_ref(struct ba_engine *e)
{
	e->refs++;
	return e;
}

void
ba_engine_unref(struct ba_engine *e)
{
	if (e == NULL || --e->refs > 0)
		return;
	free(e->askings);
	ba_introspection_free(e->introspection);
	ba_credential_table_free(e->credentials);
	ba_keys_free(e->keys);
	ba_config_free(e->config);
	free(e);
}
