/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "common/base/paths.h"

#include "broker/options.h"

enum kind { FLAG, PATH, NAME, LOG };

/* man/bearerauthd.8 has the same names. */
static const struct option_def {
	const char *name;
	enum kind kind;
	bool when_spawned;
	size_t offset;
} table[] = {
	{ "--config", PATH, true, offsetof(struct ba_options, config) },
	{ "--control", PATH, false, offsetof(struct ba_options, control) },
	{ "--fetch-helper", PATH, false,
	    offsetof(struct ba_options, fetch_helper) },
	{ "--help", FLAG, false, offsetof(struct ba_options, help) },
	{ "--log", LOG, false, offsetof(struct ba_options, syslog) },
	{ "--socket", PATH, false, offsetof(struct ba_options, socket) },
	{ "--spawned", FLAG, true, offsetof(struct ba_options, spawned) },
	{ "--store", PATH, false, offsetof(struct ba_options, store) },
	{ "--user", NAME, false, offsetof(struct ba_options, user) },
	{ "--version", FLAG, false, offsetof(struct ba_options, version) },
};
#define N_OPTIONS (sizeof(table) / sizeof(table[0]))

static const struct option_def *
find(const char *name)
{
	size_t i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* What is wrong with this value; NULL: nothing, and it is set. */
static const char *
set_value(struct ba_options *o, const struct option_def *d, const char *value)
{
	void *field = (char *)o + d->offset;

	if (value == NULL || value[0] == '\0')
		return "it needs a value";
	switch (d->kind) {
	case FLAG:
		break;
	case PATH:
		/* We change to "/" before most of them are opened. */
		if (value[0] != '/')
			return "its path is not absolute";
		*(const char **)field = value;
		break;
	case NAME:
		*(const char **)field = value;
		break;
	case LOG:
		if (strcmp(value, "syslog") == 0)
			*(bool *)field = true;
		else if (strcmp(value, "stderr") != 0)
			return "its value is \"stderr\" or \"syslog\"";
		break;
	}
	return NULL;
}

static void
set_defaults(struct ba_options *o)
{
	memset(o, 0, sizeof(*o));
	o->config = BA_CONFIG_FILE;
	o->store = BA_STORE_FILE;
	o->socket = BA_ASK_SOCKET;
	o->control = BA_CONTROL_SOCKET;
	o->fetch_helper = BA_FETCH_HELPER;
	o->user = BA_USER;
}

static const char *
judge_spawned(const struct ba_options *o, const unsigned seen[N_OPTIONS])
{
	size_t i;

	for (i = 0; o->spawned && i < N_OPTIONS; i++) {
		if (seen[i] > 0 && !table[i].when_spawned)
			return table[i].name;
	}
	return NULL;
}

int
ba_options_parse(int argc, char *const argv[], struct ba_options *o,
    const char **badp, const char **whyp)
{
	unsigned seen[N_OPTIONS] = { 0 };
	const struct option_def *d;
	int i;

	set_defaults(o);
	*whyp = NULL;
	*badp = NULL;
	for (i = 1; i < argc; i++) {
		*badp = argv[i];
		*whyp = "no such option";
		d = find(argv[i]);
		if (d == NULL)
			return BA_ERR_CONFIG;
		*whyp = "it stands there twice";
		if (seen[d - table]++ > 0)
			return BA_ERR_CONFIG;
		if (d->kind == FLAG) {
			*(bool *)((char *)o + d->offset) = true;
			continue;
		}
		*whyp = set_value(o, d, i + 1 < argc ? argv[i + 1] : NULL);
		if (*whyp != NULL)
			return BA_ERR_CONFIG;
		i++;
	}
	*whyp = "it does not go with --spawned";
	*badp = judge_spawned(o, seen);
	if (*badp != NULL)
		return BA_ERR_CONFIG;
	*whyp = NULL;
	o->own_config = seen[find("--config") - table] > 0;
	o->own_store = seen[find("--store") - table] > 0;
	return BA_OK;
}
