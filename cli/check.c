/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/explain.h"
#include "common/base/clock.h"
#include "common/base/paths.h"
#include "common/oauth/fetch.h"
#include "common/oauth/keys.h"
#include "common/system/privilege.h"
#include "common/verify.h"

#define TOKEN_MAX 65536

/* How long to wait while another broker asks the issuer (ms), and how often
   to look. */
#define BUSY_MS       ((BA_KEYS_ASKING + 1) * 1000)
#define LOOK_AGAIN_MS 100

#define STORE_BUSY_MS 1000

struct check {
	/* the command line */
	const char *service, *user, *uid, *config_file, *store_file, *helper;

	uid_t trusted_uid;
	struct ba_config *config;
	struct ba_store *store;
	struct ba_keys *keys;
	struct ba_fetch *fetch;
	struct ba_buf token;
	struct ba_question q;
	struct ba_explain explain;
	bool asked; /* the issuer, and its keys came */
};

/* ---- becoming the broker's user ---- */

/*
 * Root reads its own configuration; a stranger's token, the issuer's answers
 * and the store are for the same user as in the broker.  There is no going
 * on as root where that user is missing.
 */
static int
leave_root(void)
{
	struct ba_runas runas;
	int r;

	r = ba_runas_find(BA_USER, &runas);
	if (r != BA_OK) {
		ba_cli_complain("user " BA_USER ", whom the broker runs as: %s",
		    ba_runas_why(r));
		return r;
	}
	ba_privilege_leave_terminal();
	r = ba_privilege_drop(&runas);
	if (r != BA_OK)
		ba_cli_complain("cannot become user " BA_USER);
	return r;
}

static int
become_broker_user(void)
{
	int r = BA_OK;

	if (geteuid() == 0)
		r = leave_root();
	if (r == BA_OK)
		r = ba_privilege_seal();
	return r;
}

/* ---- what goes in ---- */

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	ba_cli_complain("%s:%u: %s", file, line, text);
}

/* Where there is no uid, the user is unknown to the host. */
static int
find_uid(struct check *c)
{
	const struct passwd *pw;
	unsigned long n;
	char *end;

	if (c->uid != NULL) {
		errno = 0;
		n = strtoul(c->uid, &end, 10);
		if (c->uid[0] < '0' || c->uid[0] > '9' || *end != '\0' ||
		    errno != 0 || n >= (uid_t)-1) {
			ba_cli_complain("--uid needs a number");
			return BA_ERR_CONFIG;
		}
		c->q.uid_known = true;
		c->q.uid = (uid_t)n;
	} else if (c->user != NULL) {
		pw = getpwnam(c->user);
		c->q.uid_known = pw != NULL;
		c->q.uid = pw != NULL ? pw->pw_uid : (uid_t)-1;
	}
	return BA_OK;
}

/*
 * Standard input to its end, or until it is too long for any token: that is
 * then said by the verdict.  One line feed at the end is the editor's.
 */
static int
read_token(struct ba_buf *b)
{
	unsigned char *p;
	size_t room;
	ssize_t n;
	int r;

	if (isatty(STDIN_FILENO))
		ba_cli_complain("paste the token, then Enter and Ctrl-D (a "
				"terminal takes 4095 characters; give longer "
				"ones by a file or a pipe)");
	while ((room = b->max - b->len) > 0) {
		if (room > 4096)
			room = 4096;
		r = ba_buf_reserve(b, room, &p);
		if (r != BA_OK)
			return r;
		n = read(STDIN_FILENO, p, room);
		if (n == 0)
			break;
		if (n > 0)
			ba_buf_commit(b, (size_t)n);
		else if (errno != EINTR)
			return BA_ERR_SYSTEM;
	}
	if (b->len > 0 && b->p[b->len - 1] == '\n')
		ba_buf_truncate(b, b->len - 1);
	if (b->len > 0 && b->p[b->len - 1] == '\r')
		ba_buf_truncate(b, b->len - 1);
	return BA_OK;
}

/*
 * The store is the broker's alone, and for the broker's configuration.
 * Whoever else runs us, or tries another one, does without and asks the
 * issuer.
 */
static int
open_store(struct check *c)
{
	struct ba_store_options o = {
		.path = c->store_file,
		.busy_ms = STORE_BUSY_MS,
		.log = &ba_cli_log,
	};

	if (o.path == NULL && strcmp(c->config_file, BA_CONFIG_FILE) != 0)
		return ba_store_open(&o, &c->store);
	if (o.path == NULL && access(BA_STORE_DIR, R_OK | W_OK | X_OK) == 0)
		o.path = BA_STORE_FILE;
	if (o.path == NULL)
		ba_cli_complain(
		    "the store is not at hand (root and user " BA_USER
		    " have it): the issuer is asked for its keys");
	return ba_store_open(&o, &c->store);
}

/* ---- the verifier, and the keys that it needs ---- */

static int64_t
now(void)
{
	return ba_clock_wall(&ba_clock_system);
}

static const struct ba_jwks *
known_keys(void *arg, const struct ba_issuer *issuer)
{
	struct check *c = arg;

	return ba_keys_get(c->keys, issuer, now());
}

static bool
keys_final(void *arg, const struct ba_issuer *issuer)
{
	struct check *c = arg;

	return c->asked ||
	       ba_keys_state(c->keys, issuer, now()) == BA_KEYS_FINAL;
}

/* One asking from start to end; BA_OK, and the keys are there. */
static int
ask_issuer(struct check *c, const struct ba_issuer *issuer)
{
	struct ba_http_request request;
	struct ba_http_response response;
	int r;

	r = ba_keys_begin(c->keys, issuer, now(), &request);
	if (r != BA_OK)
		return r;
	ba_http_response_init(&response);
	do {
		r = ba_fetch_wait(c->fetch, &request, &response);
		if (r != BA_OK) {
			ba_cli_complain("%s cannot be asked: %s", request.url,
			    ba_err_text(r));
			ba_keys_abandon(c->keys, issuer, now());
			break;
		}
		r = ba_keys_feed(c->keys, issuer, now(), &response, &request);
	} while (r == BA_ERR_NEED_KEYS);
	ba_http_response_clear(&response);
	return r;
}

/* May it still help to wait for whoever asks the issuer now? */
static bool
wait_for_other(int64_t ends)
{
	if (ba_clock_mono_ms(&ba_clock_system) >= ends)
		return false;
	(void)poll(NULL, 0, LOOK_AGAIN_MS);
	return true;
}

/* As the broker decides, with the same answers where keys do not come. */
static int
decide(struct check *c, struct ba_verdict *v)
{
	const struct ba_trace trace = { ba_explain_check, &c->explain };
	struct ba_snapshot s = { c->config, 0, known_keys, keys_final, c };
	int64_t ends = ba_clock_mono_ms(&ba_clock_system) + BUSY_MS;
	int r;

	for (;;) {
		ba_explain_clear(&c->explain);
		s.now = now();
		r = ba_verify(&c->q, &s, &trace, v);
		if (r != BA_ERR_NEED_KEYS)
			return r;
		if (c->asked || v->issuer == NULL)
			return BA_ERR_UNAVAIL;
		r = ask_issuer(c, v->issuer);
		if (r == BA_ERR_BUSY && wait_for_other(ends)) {
			ba_verdict_clear(v);
			continue;
		}
		if (r == BA_ERR_UNAVAIL)
			ba_cli_complain("%s is not asked now: it was a moment "
					"ago, in vain, or its keys are a file "
					"that is not usable",
			    v->issuer->url);
		if (r != BA_OK)
			return r;
		c->asked = true;
		ba_verdict_clear(v);
	}
}

/* ---- the command ---- */

static bool
read_options(struct check *c, int argc, char *const argv[])
{
	const struct ba_cli_option options[] = {
		{ "--service", &c->service },
		{ "--user", &c->user },
		{ "--uid", &c->uid },
		{ "--config", &c->config_file },
		{ "--store", &c->store_file },
		{ "--fetch-helper", &c->helper },
	};

	c->config_file = BA_CONFIG_FILE;
	c->helper = BA_FETCH_HELPER;
	if (!ba_cli_options(
		argc, argv, options, sizeof(options) / sizeof(options[0])))
		return false;
	if (c->service == NULL) {
		ba_cli_complain("which service? --service NAME");
		return false;
	}
	/* They are opened when the working directory is "/". */
	if (c->helper[0] != '/' ||
	    (c->store_file != NULL && c->store_file[0] != '/')) {
		ba_cli_complain("--store and --fetch-helper need absolute "
				"paths");
		return false;
	}
	if (c->uid != NULL && c->user == NULL) {
		ba_cli_complain("--uid is of a user: --user NAME");
		return false;
	}
	return true;
}

/* Everything up to the question; the order is that of trust. */
static int
prepare(struct check *c)
{
	const struct ba_config_report report = { problem, NULL };
	int r = BA_OK;

	c->trusted_uid = geteuid();
	/* What root's shell left goes no further, as in the broker; before
	   anything is opened. */
	if (c->trusted_uid == 0)
		r = ba_privilege_clean(STDERR_FILENO + 1, NULL);
	if (r == BA_OK)
		r = ba_config_load(
		    c->config_file, c->trusted_uid, &report, &c->config);
	if (r == BA_OK)
		r = become_broker_user();
	if (r == BA_OK)
		r = find_uid(c);
	if (r == BA_OK)
		r = read_token(&c->token);
	if (r == BA_OK)
		r = open_store(c);
	if (r == BA_OK)
		r = ba_keys_new(
		    c->config, c->store, c->trusted_uid, &ba_cli_log, &c->keys);
	if (r == BA_OK)
		r = ba_fetch_new(c->helper, &c->fetch);
	c->q.service = c->service;
	c->q.user = c->user;
	c->q.origin = BA_ORIGIN_PROMPT;
	c->q.token = ba_buf_str(&c->token);
	c->q.token_len = c->token.len;
	return r;
}

static int
judge(struct check *c)
{
	struct ba_verdict v;
	int r;

	r = decide(c, &v);
	ba_explain_print(&c->explain, stdout);
	ba_explain_verdict(r, v.user, v.exp, stdout);
	if (r == BA_OK && v.service->confirm != NULL)
		(void)printf("a login is also asked: %s\n", v.service->confirm);
	if (r == BA_ERR_UNKNOWN_USER && c->user == NULL)
		ba_cli_complain("local accounts are judged by name and uid: "
				"say --user NAME");
	ba_verdict_clear(&v);
	return r;
}

int
ba_cli_check(int argc, char *const argv[])
{
	struct check c;
	int r;

	memset(&c, 0, sizeof(c));
	ba_buf_init(&c.token, TOKEN_MAX + 3);
	if (!read_options(&c, argc, argv))
		return BA_FAMILY_FAULT;
	r = prepare(&c);
	if (r == BA_OK)
		r = judge(&c);
	else
		ba_explain_verdict(r, "", 0, stdout);
	ba_fetch_free(c.fetch);
	ba_keys_free(c.keys);
	ba_store_close(c.store);
	ba_config_free(c.config);
	ba_buf_wipe(&c.token);
	return ba_cli_exit_code(r);
}
