/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/check_keys.h"
#include "cli/cli.h"
#include "common/base/clock.h"
#include "common/base/paths.h"
#include "common/oauth/fetch.h"
#include "common/oauth/keys.h"

/* How long to wait while another broker asks the issuer (ms), and how often
   to look. */
#define BUSY_MS       ((BA_KEYS_ASKING + 1) * 1000)
#define LOOK_AGAIN_MS 100

#define STORE_BUSY_MS 1000

struct ba_check_keys {
	struct ba_store *store;
	struct ba_keys *keys;
	struct ba_fetch *fetch;
	bool asked; /* the issuer, and its keys came */
	int64_t ends; /* the patience with another broker; 0: not begun */
};

static int64_t
now(void)
{
	return ba_clock_wall(&ba_clock_system);
}

/*
 * The store is the broker's alone, and for the broker's configuration.
 * Whoever else runs us, or tries another one, does without and asks the
 * issuer.
 */
static int
open_store(
    const struct ba_check_keys_options *options, struct ba_store **storep)
{
	struct ba_store_options o = {
		.path = options->store_file,
		.busy_ms = STORE_BUSY_MS,
		.log = &ba_cli_log,
	};

	if (o.path == NULL && options->own_config)
		return ba_store_open(&o, storep);
	if (o.path == NULL && access(BA_STORE_DIR, R_OK | W_OK | X_OK) == 0)
		o.path = BA_STORE_FILE;
	if (o.path == NULL)
		ba_cli_complain(
		    "the store is not at hand (root and user " BA_USER
		    " have it): the issuer is asked for its keys");
	return ba_store_open(&o, storep);
}

int
ba_check_keys_new(
    const struct ba_check_keys_options *o, struct ba_check_keys **kp)
{
	struct ba_check_keys *k;
	int r;

	*kp = NULL;
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		return BA_ERR_NOMEM;
	r = open_store(o, &k->store);
	if (r == BA_OK)
		r = ba_keys_new(
		    o->config, k->store, o->trusted_uid, &ba_cli_log, &k->keys);
	if (r == BA_OK)
		r = ba_fetch_new(o->helper, &k->fetch);
	if (r != BA_OK)
		ba_check_keys_free(k);
	else
		*kp = k;
	return r;
}

void
ba_check_keys_free(struct ba_check_keys *k)
{
	if (k == NULL)
		return;
	ba_fetch_free(k->fetch);
	ba_keys_free(k->keys);
	ba_store_close(k->store);
	free(k);
}

static const struct ba_jwks *
known_keys(void *arg, const struct ba_issuer *issuer)
{
	struct ba_check_keys *k = arg;

	return ba_keys_get(k->keys, issuer, now());
}

static bool
keys_final(void *arg, const struct ba_issuer *issuer)
{
	struct ba_check_keys *k = arg;

	return k->asked ||
	       ba_keys_state(k->keys, issuer, now()) == BA_KEYS_FINAL;
}

void
ba_check_keys_snapshot(struct ba_check_keys *k, struct ba_snapshot *s)
{
	s->keys = known_keys;
	s->final = keys_final;
	s->arg = k;
}

/* One asking from start to end; BA_OK, and the keys are there. */
static int
ask_issuer(struct ba_check_keys *k, const struct ba_issuer *issuer)
{
	struct ba_http_request request;
	struct ba_http_response response;
	int r;

	r = ba_keys_begin(k->keys, issuer, now(), &request);
	if (r != BA_OK)
		return r;
	ba_http_response_init(&response);
	do {
		r = ba_fetch_wait(k->fetch, &request, &response);
		if (r != BA_OK) {
			ba_cli_complain("%s cannot be asked: %s", request.url,
			    ba_err_text(r));
			ba_keys_abandon(k->keys, issuer, now());
			break;
		}
		r = ba_keys_feed(k->keys, issuer, now(), &response, &request);
	} while (r == BA_ERR_NEED_KEYS);
	ba_http_response_clear(&response);
	return r;
}

/* May it still help to wait for whoever asks the issuer now? */
static bool
wait_for_other(struct ba_check_keys *k)
{
	int64_t ms = ba_clock_mono_ms(&ba_clock_system);

	if (k->ends == 0)
		k->ends = ms + BUSY_MS;
	if (ms >= k->ends)
		return false;
	(void)poll(NULL, 0, LOOK_AGAIN_MS);
	return true;
}

int
ba_check_keys_bring(struct ba_check_keys *k, const struct ba_issuer *issuer)
{
	int r;

	if (k->asked || issuer == NULL)
		return BA_ERR_UNAVAIL;
	r = ask_issuer(k, issuer);
	if (r == BA_ERR_BUSY && wait_for_other(k))
		return BA_OK;
	if (r == BA_ERR_UNAVAIL)
		ba_cli_complain("%s is not asked now: it was a moment ago, in "
				"vain, or its keys are a file that is not "
				"usable",
		    issuer->url);
	k->asked = r == BA_OK;
	return r;
}
