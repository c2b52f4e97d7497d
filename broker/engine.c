/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>

#include "broker/engine.h"
#include "broker/fetcher.h"

int
ba_engine_load(const char *path, uid_t trusted_uid, struct ba_store *store,
    const struct ba_log *log, const struct ba_config_report *report,
    struct ba_engine **enginep)
{
	struct ba_engine *e;
	int r = BA_ERR_NOMEM;

	*enginep = NULL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return BA_ERR_NOMEM;
	e->refs = 1;
	r = ba_config_load(path, trusted_uid, report, &e->config);
	if (r != BA_OK)
		goto out;
	r = ba_keys_new(e->config, store, trusted_uid, log, &e->keys);
	if (r != BA_OK)
		goto out;
	r = ba_askings_new(e);
	if (r != BA_OK)
		goto out;
	*enginep = e;
	e = NULL;
out:
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
	ba_keys_free(e->keys);
	ba_config_free(e->config);
	free(e);
}
