/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <poll.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/check_asking.h"
#include "cli/cli.h"
#include "common/base/clock.h"
#include "common/base/paths.h"
#include "common/oauth/credentials.h"
#include "common/oauth/fetch.h"
#include "common/oauth/introspect.h"
#include "common/oauth/keys.h"

/* How long to wait while another broker asks the issuer (ms), and how often
   to look. */
#define BUSY_MS       ((BA_KEYS_ASKING + 1) * 1000)
#define LOOK_AGAIN_MS 100

/* For a question about the token (ms): what PAM waits for a broker. */
#define ANSWER_MS 10000

#define STORE_BUSY_MS 1000

struct ba_check_asking {
	struct ba_check_asking_options o;
	struct ba_store *store;
	struct ba_keys *keys;
	struct ba_credential_table *credentials;
	struct ba_introspection *introspection;
	struct ba_block_file *blocks; /* or NULL */
	struct ba_fetch *fetch;
	bool asked; /* for what it publishes … */
	int asked_err; /* … and what came of it */
	int64_t ends; /* the patience with another broker; 0: not begun */
	const struct ba_issuer *answer_of; /* who has answered, or NULL */
	int answer_err;
	json_t *answer;
};

static int64_t
now(void)
{
	return ba_clock_wall(&ba_clock_system);
}

/* ---- what the broker would know ---- */

/*
 * The store is the broker's alone, and for the broker's configuration.
 * Whoever else runs us, or tries another one, does without and asks the
 * issuer.  NULL: without.
 */
static const char *
store_path(const struct ba_check_asking_options *o)
{
	if (o->store_file != NULL)
		return o->store_file;
	if (o->own_config) {
		ba_cli_complain("another configuration than the broker's, and "
				"no --store: nobody counts as blocked");
		return NULL;
	}
	if (access(BA_STORE_DIR, R_OK | W_OK | X_OK) == 0)
		return BA_STORE_FILE;
	ba_cli_complain("%s not at hand (root and user " BA_USER
			" have it): %snobody counts as blocked",
	    o->token == NULL ? "the block list is"
			     : "the store, with the block list, is",
	    o->token == NULL ? "" : "the issuer is asked, and ");
	return NULL;
}

/* The block list is beside the store. */
static int
open_blocks(struct ba_check_asking *a, const char *store)
{
	const char *slash = strrchr(store, '/');
	struct ba_buf path;
	int r;

	ba_buf_init(&path, PATH_MAX);
	r = ba_buf_append(
	    &path, store, slash != NULL ? (size_t)(slash + 1 - store) : 0);
	if (r == BA_OK)
		r = ba_buf_append_str(&path, BA_BLOCK_NAME);
	if (r == BA_OK)
		r = ba_block_file_new(
		    ba_buf_str(&path), geteuid(), &ba_cli_log, &a->blocks);
	ba_buf_wipe(&path);
	return r;
}

static int
open_store(struct ba_check_asking *a)
{
	const struct ba_store_options o = {
		.path = store_path(&a->o),
		.busy_ms = STORE_BUSY_MS,
		.log = &ba_cli_log,
	};
	int r = BA_OK;

	if (o.path != NULL)
		r = open_blocks(a, o.path);
	if (r == BA_OK && a->o.token != NULL)
		r = ba_store_open(&o, &a->store);
	return r;
}

static int
open_introspection(struct ba_check_asking *a)
{
	const struct ba_credential_options co = {
		.config = a->o.config,
		.trusted_uid = a->o.trusted_uid,
		/* The service manager's are the service's alone. */
		.directory = NULL,
		/* As a spawned broker: of one issuer of many. */
		.late = true,
		.log = &ba_cli_log,
	};
	struct ba_introspection_options o = {
		.config = a->o.config,
		.store = a->store,
		.reach = BA_REACH_SHARED,
		.log = &ba_cli_log,
	};
	int r;

	r = ba_credential_table_new(&co, &a->credentials);
	o.credentials = a->credentials;
	return r == BA_OK ? ba_introspection_new(&o, &a->introspection) : r;
}

static int
open_machines(struct ba_check_asking *a)
{
	int r;

	r = ba_keys_new(
	    a->o.config, a->store, a->o.trusted_uid, &ba_cli_log, &a->keys);
	if (r == BA_OK)
		r = open_introspection(a);
	return r == BA_OK ? ba_fetch_new(a->o.helper, &a->fetch) : r;
}

int
ba_check_asking_new(
    const struct ba_check_asking_options *o, struct ba_check_asking **ap)
{
	struct ba_check_asking *a;
	int r;

	*ap = NULL;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return BA_ERR_NOMEM;
	a->o = *o;
	r = open_store(a);
	if (r == BA_OK && o->token != NULL)
		r = open_machines(a);
	if (r != BA_OK)
		ba_check_asking_free(a);
	else
		*ap = a;
	return r;
}

void
ba_check_asking_free(struct ba_check_asking *a)
{
	if (a == NULL)
		return;
	json_decref(a->answer);
	ba_fetch_free(a->fetch);
	ba_introspection_free(a->introspection);
	ba_credential_table_free(a->credentials);
	ba_keys_free(a->keys);
	ba_block_file_free(a->blocks);
	ba_store_close(a->store);
	free(a);
}

/* ---- the snapshot ---- */

/*
 * What is known (which is looked for when it is asked for) is stale, and the
 * issuer may be asked: as a spawned broker does, first ask, and go by what is
 * stale where that fails.
 */
static bool
wait_for_fresher(struct ba_check_asking *a, const struct ba_issuer *issuer)
{
	return !a->asked && ba_keys_want_refresh(a->keys, issuer, now());
}

static const struct ba_jwks *
known_keys(void *arg, const struct ba_issuer *issuer)
{
	struct ba_check_asking *a = arg;

	if (ba_keys_get(a->keys, issuer, now()) == NULL ||
	    wait_for_fresher(a, issuer))
		return NULL;
	return ba_keys_get(a->keys, issuer, now());
}

static const struct ba_metadata *
known_metadata(struct ba_check_asking *a, const struct ba_issuer *issuer)
{
	if (ba_keys_metadata(a->keys, issuer, now()) == NULL ||
	    wait_for_fresher(a, issuer))
		return NULL;
	return ba_keys_metadata(a->keys, issuer, now());
}

static bool
keys_final(void *arg, const struct ba_issuer *issuer)
{
	struct ba_check_asking *a = arg;

	if (a->asked)
		return a->asked_err == BA_OK;
	return ba_keys_state(a->keys, issuer, now()) == BA_KEYS_FINAL;
}

static void
hold_answer(struct ba_check_asking *a, const struct ba_issuer *issuer, int err,
    json_t *claims)
{
	json_decref(a->answer);
	a->answer = claims;
	a->answer_err = err;
	a->answer_of = issuer;
}

static int
said(void *arg, const struct ba_issuer *issuer, const json_t **claimsp)
{
	struct ba_check_asking *a = arg;
	json_t *claims;
	int r;

	*claimsp = NULL;
	if (a->answer_of != issuer) {
		r = ba_introspection_get(a->introspection, issuer, a->o.token,
		    a->o.token_len, now(), &claims);
		if (r == BA_ERR_NEED_INTROSPECTION)
			return r;
		hold_answer(a, issuer, r, claims);
	}
	*claimsp = a->answer;
	return a->answer_err;
}

static int
blocks(void *arg, const struct ba_blocks **blocksp)
{
	struct ba_check_asking *a = arg;

	return ba_block_file_get(a->blocks, blocksp);
}

void
ba_check_asking_snapshot(struct ba_check_asking *a, struct ba_snapshot *s)
{
	if (a->o.token != NULL) {
		s->keys = known_keys;
		s->final = keys_final;
		s->introspected = said;
	}
	s->blocks = a->blocks != NULL ? blocks : NULL;
	s->arg = a;
}

/* ---- keys ---- */

/* One asking from start to end; BA_OK, and the keys are there. */
static int
ask_for_keys(struct ba_check_asking *a, const struct ba_issuer *issuer)
{
	struct ba_http_request request;
	struct ba_http_response response;
	int r;

	r = ba_keys_begin(a->keys, issuer, now(), false, &request);
	if (r != BA_OK)
		return r;
	ba_http_response_init(&response);
	do {
		r = ba_fetch_wait(a->fetch, &request, &response);
		if (r != BA_OK) {
			ba_cli_complain("%s cannot be asked: %s", request.url,
			    ba_err_text(r));
			ba_keys_abandon(a->keys, issuer, now());
			break;
		}
		r = ba_keys_feed(a->keys, issuer, now(), &response, &request);
	} while (r == BA_ERR_NEED_KEYS);
	ba_http_response_clear(&response);
	return r;
}

/* May it still help to wait for whoever asks the issuer now? */
static bool
wait_for_other(struct ba_check_asking *a)
{
	int64_t ms = ba_clock_mono_ms(&ba_clock_system);

	if (a->ends == 0)
		a->ends = ms + BUSY_MS;
	if (ms >= a->ends)
		return false;
	(void)poll(NULL, 0, LOOK_AGAIN_MS);
	return true;
}

static int
bring_keys(struct ba_check_asking *a, const struct ba_issuer *issuer)
{
	bool stale;
	int r;

	if (a->asked)
		return a->asked_err != BA_OK ? a->asked_err : BA_ERR_UNAVAIL;
	stale = wait_for_fresher(a, issuer);
	r = ask_for_keys(a, issuer);
	if (r == BA_ERR_BUSY && wait_for_other(a))
		return BA_OK;
	if (r == BA_ERR_UNAVAIL)
		ba_cli_complain("%s is not asked now: it was a moment ago, in "
				"vain, or its keys are a file that is not "
				"usable",
		    issuer->url);
	a->asked = true;
	a->asked_err = r;
	if (r != BA_OK && stale)
		ba_cli_complain("%s gives no keys now: what is known of it is "
				"stale, and serves",
		    issuer->url);
	return stale ? BA_OK : r;
}

/* ---- what the issuer says of the token ---- */

/* BA_ERR_NEED_KEYS: what the issuer publishes must be known first. */
static int
find_endpoint(struct ba_check_asking *a, const struct ba_issuer *issuer,
    const char **endpointp)
{
	*endpointp = NULL;
	if (issuer->introspection_jwt && known_keys(a, issuer) == NULL)
		return BA_ERR_NEED_KEYS;
	*endpointp = ba_introspection_url(issuer,
	    issuer->introspection_endpoint == NULL ? known_metadata(a, issuer)
						   : NULL);
	if (*endpointp == NULL)
		return BA_ERR_NEED_KEYS;
	return **endpointp != '\0' ? BA_OK : BA_ERR_METADATA;
}

static int
put_question(struct ba_check_asking *a, const struct ba_issuer *issuer,
    const char *endpoint, struct ba_http_response *response)
{
	struct ba_http_request request = { .timeout_ms = 0 };
	struct ba_post post;
	int r;

	ba_post_init(&post);
	r = ba_introspection_begin(a->introspection, issuer, endpoint,
	    a->o.token, a->o.token_len, now(), true, &post, &request);
	if (r == BA_OK) {
		request.timeout_ms = ANSWER_MS;
		r = ba_fetch_wait(a->fetch, &request, response);
		if (r != BA_OK) {
			ba_cli_complain("%s cannot be asked: %s", request.url,
			    ba_err_text(r));
			ba_introspection_abandon(a->introspection, issuer,
			    now(), r != BA_ERR_TIMEOUT);
		}
	}
	ba_post_wipe(&post);
	return r;
}

static int
ask_about_token(struct ba_check_asking *a, const struct ba_issuer *issuer,
    const char *endpoint, bool *newerp, json_t **claimsp)
{
	struct ba_http_response response;
	int r;

	*claimsp = NULL;
	ba_http_response_init(&response);
	r = put_question(a, issuer, endpoint, &response);
	if (r == BA_OK)
		r = ba_introspection_feed(a->introspection, issuer,
		    issuer->introspection_jwt ? known_keys(a, issuer) : NULL,
		    a->o.token, a->o.token_len, now(), &response, claimsp);
	/* A signed answer that we cannot make out may be signed by a key that
	   is newer than ours. */
	*newerp = r == BA_ERR_INTROSPECTION && response.status == 200 &&
		  issuer->introspection_jwt && !a->asked &&
		  !keys_final(a, issuer);
	ba_http_response_clear(&response);
	return r;
}

/* All of the wait is here, or the token would be asked about in each round. */
static bool
bring_newer_keys(struct ba_check_asking *a, const struct ba_issuer *issuer)
{
	int r;

	do
		r = bring_keys(a, issuer);
	while (r == BA_OK && !a->asked && !keys_final(a, issuer));
	return r == BA_OK;
}

/*
 * What goes wrong is an answer, too: the verifier then says so in the place
 * where it is needed.
 */
static int
bring_answer(struct ba_check_asking *a, const struct ba_issuer *issuer)
{
	const char *endpoint;
	json_t *claims = NULL;
	bool newer = false;
	int r;

	r = find_endpoint(a, issuer, &endpoint);
	if (r == BA_ERR_NEED_KEYS) {
		r = bring_keys(a, issuer);
		if (r == BA_OK)
			return BA_OK;
	} else if (r == BA_OK) {
		r = ask_about_token(a, issuer, endpoint, &newer, &claims);
	}
	if (newer && bring_newer_keys(a, issuer))
		return BA_OK;
	hold_answer(a, issuer, r, claims);
	return BA_OK;
}

int
ba_check_asking_bring(
    struct ba_check_asking *a, int need, const struct ba_issuer *issuer)
{
	if (issuer == NULL)
		return BA_ERR_UNAVAIL;
	return need == BA_ERR_NEED_KEYS ? bring_keys(a, issuer)
					: bring_answer(a, issuer);
}
