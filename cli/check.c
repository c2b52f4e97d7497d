/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/broker_user.h"
#include "cli/check_input.h"
#include "cli/check_asking.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "common/base/clock.h"
#include "common/base/io.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/policy/authz.h"
#include "common/policy/network.h"
#include "common/verify.h"

struct check {
	/* the command line */
	const char *service, *user, *uid, *rhost, *as_of, *claims_file;
	const char *config_file, *store_file, *helper;

	char config_path[PATH_MAX]; /* of config_file */
	uid_t trusted_uid;
	struct ba_config *config;
	struct ba_check_asking *asking;
	int claims_fd;
	json_t *claims; /* NULL: there is a token */
	struct ba_buf token;
	struct ba_question q;
	/* The service's authzid: whom the token names need not be the user. */
	enum ba_authzid authzid;
	int64_t now; /* as --as-of has it, or -1: the clock */
	struct ba_explain explain;
};

/* ---- the command line ---- */

/* Claims are judged without asking anybody, and so without keys. */
static bool
judge_paths(const struct check *c)
{
	if (c->claims_file != NULL &&
	    (c->store_file != NULL || c->helper != NULL)) {
		ba_cli_complain("--claims needs no keys: --store and "
				"--fetch-helper do not go with it");
		return false;
	}
	/* They are opened when the working directory is "/". */
	if ((c->helper != NULL && c->helper[0] != '/') ||
	    (c->store_file != NULL && c->store_file[0] != '/')) {
		ba_cli_complain("--store and --fetch-helper need absolute "
				"paths");
		return false;
	}
	return true;
}

static bool
judge_values(struct check *c)
{
	if (c->service == NULL) {
		ba_cli_complain("which service? --service NAME");
		return false;
	}
	if (c->uid != NULL && c->user == NULL) {
		ba_cli_complain("--uid is of a user: --user NAME");
		return false;
	}
	if (c->uid != NULL && ba_input_uid(c->uid, &c->q.uid) != BA_OK) {
		ba_cli_complain("--uid needs a number");
		return false;
	}
	if (c->as_of != NULL && ba_input_time(c->as_of, &c->now) != BA_OK) {
		ba_cli_complain("--as-of needs seconds since 1970, or a time "
				"in UTC as 2026-11-23T12:00:00Z");
		return false;
	}
	return judge_paths(c);
}

static bool
read_options(struct check *c, int argc, char *const argv[])
{
	const struct ba_cli_option options[] = {
		{ "--service", &c->service, false },
		{ "--user", &c->user, false },
		{ "--uid", &c->uid, false },
		{ "--rhost", &c->rhost, false },
		{ "--claims", &c->claims_file, false },
		{ "--as-of", &c->as_of, false },
		{ "--config", &c->config_file, false },
		{ "--store", &c->store_file, false },
		{ "--fetch-helper", &c->helper, false },
	};

	if (!ba_cli_options(
		argc, argv, options, sizeof(options) / sizeof(options[0])))
		return false;
	return judge_values(c);
}

/* ---- up to the question ---- */

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	ba_cli_complain("%s:%u: %s", file, line, text);
}

/*
 * The administrator's file, which user bearerauth need not be able to read; or
 * a descriptor of the administrator's shell ("<(command)"), which is closed
 * when we stop being root.
 */
static int
open_claims(struct check *c)
{
	if (c->claims_file == NULL)
		return BA_OK;
	if (strcmp(c->claims_file, "-") == 0) {
		c->claims_fd = STDIN_FILENO;
		return BA_OK;
	}
	c->claims_fd = ba_fd_above_stdio(
	    open(c->claims_file, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (c->claims_fd >= 0)
		return BA_OK;
	ba_cli_complain("%s cannot be opened: %m", c->claims_file);
	return BA_ERR_SYSTEM;
}

/* As root nothing is opened but the claims, and nothing is read. */
static int
prepare(struct check *c)
{
	const struct ba_config_report report = { problem, NULL };
	int r;

	r = ba_cli_absolute(c->config_file, c->config_path);
	if (r == BA_OK)
		r = open_claims(c);
	if (r == BA_OK)
		r = ba_cli_be_broker_user(&c->claims_fd, &c->trusted_uid);
	if (r == BA_OK)
		r = ba_config_load(
		    c->config_path, c->trusted_uid, &report, &c->config);
	return r;
}

static int
prepare_asking(struct check *c)
{
	const struct ba_check_asking_options o = {
		.config = c->config,
		.own_config = strcmp(c->config_path, BA_CONFIG_FILE) != 0,
		.store_file = c->store_file,
		.helper = c->helper != NULL ? c->helper : BA_FETCH_HELPER,
		.trusted_uid = c->trusted_uid,
		.token = c->claims == NULL ? ba_buf_str(&c->token) : NULL,
		.token_len = c->token.len,
	};

	return ba_check_asking_new(&o, &c->asking);
}

/* Where there is no uid, the user is unknown to the host. */
static void
fill_question(struct check *c)
{
	const struct ba_service *service =
	    ba_config_service(c->config, c->service);
	const struct passwd *pw;

	if (service != NULL)
		c->authzid = service->authzid;
	c->q.service = c->service;
	c->q.user = c->authzid == BA_AUTHZID_EQUAL ? c->user : NULL;
	/* As the broker has it: an empty one was not given. */
	if (c->rhost != NULL && c->rhost[0] != '\0')
		c->q.rhost = c->rhost;
	c->q.origin = BA_ORIGIN_PROMPT;
	c->q.token = ba_buf_str(&c->token);
	c->q.token_len = c->token.len;
	if (c->uid != NULL) { /* q.uid was read with the options */
		c->q.uid_known = true;
	} else if (c->user != NULL) {
		pw = getpwnam(c->user);
		c->q.uid_known = pw != NULL;
		c->q.uid = pw != NULL ? pw->pw_uid : (uid_t)-1;
	}
}

static int
take_claims(struct check *c)
{
	int r;

	r = ba_input_claims(c->claims_fd, &c->claims);
	if (r == BA_OK)
		return BA_OK;
	ba_cli_complain("--claims: %s",
	    r == BA_ERR_JSON
		? "no JSON object, or not as strict as a token's claims"
	    : r == BA_ERR_LIMIT ? "more than 64 KiB"
				: ba_err_text(r));
	return r == BA_ERR_JSON ? BA_ERR_CONFIG : r;
}

static int
take_token(struct check *c)
{
	if (isatty(STDIN_FILENO))
		ba_cli_complain("paste the token, then Enter and Ctrl-D (a "
				"terminal takes 4095 characters; give longer "
				"ones by a file or a pipe)");
	return ba_input_token(STDIN_FILENO, &c->token);
}

/* ---- the verdict ---- */

static int64_t
judged_as_of(const struct check *c)
{
	return c->now >= 0 ? c->now : ba_clock_wall(&ba_clock_system);
}

/* As the broker decides, with the same answers where an issuer does not. */
static int
decide_token(struct check *c, struct ba_verdict *v)
{
	const struct ba_trace trace = { ba_explain_check, &c->explain };
	struct ba_snapshot s = { .config = c->config };
	int r;

	ba_check_asking_snapshot(c->asking, &s);
	for (;;) {
		ba_explain_clear(&c->explain);
		s.now = judged_as_of(c);
		r = ba_verify(&c->q, &s, &trace, v);
		if (r != BA_ERR_NEED_KEYS && r != BA_ERR_NEED_INTROSPECTION)
			return r;
		r = ba_check_asking_bring(c->asking, r, v->issuer);
		if (r != BA_OK)
			return r;
		ba_verdict_clear(v);
	}
}

/* Where its issuer is asked, those claims are the answer: there is no type. */
static bool
is_introspected(const struct check *c)
{
	const char *iss = json_string_value(json_object_get(c->claims, "iss"));
	const struct ba_issuer *issuer =
	    iss != NULL ? ba_config_issuer(c->config, iss) : NULL;

	return issuer != NULL && issuer->verify == BA_VERIFY_INTROSPECTION;
}

static int
decide_claims(struct check *c, struct ba_verdict *v)
{
	const struct ba_trace trace = { ba_explain_check, &c->explain };
	struct ba_snapshot s = {
		.config = c->config,
		.now = judged_as_of(c),
	};

	ba_check_asking_snapshot(c->asking, &s);
	ba_explain_clear(&c->explain);
	c->q.introspected = is_introspected(c);
	return ba_verify_claims(&c->q, &s, c->claims, &trace, v);
}

/* What is not as in a login stands above everything else. */
static void
print_premises(const struct check *c)
{
	char when[BA_INPUT_TIME_SIZE];

	if (c->claims != NULL)
		(void)printf("note: claims taken as they are: no token was "
			     "read, no signature checked, nobody asked\n");
	if (c->now >= 0)
		(void)printf("note: judged as of %s, not as of now%s\n",
		    ba_input_show_time(c->now, when),
		    c->claims != NULL
			? ""
			: "; keys and answers of issuers are those of now");
}

/*
 * May whom the token names be the user that was asked for?  As a SASL client
 * would be judged (query_authz.c); PAM has nothing of the kind.
 */
static int
decide_authz(const struct check *c, struct ba_verdict *v)
{
	int r = BA_OK;

	if (c->authzid == BA_AUTHZID_EQUAL || c->user == NULL ||
	    strcmp(v->user, c->user) == 0)
		return BA_OK;
	if (c->authzid == BA_AUTHZID_SHARED)
		r = ba_authz(v->service, v->claims, v->user, c->user);
	(void)printf("the token names %s, and authzid = %s\n", v->user,
	    c->authzid == BA_AUTHZID_PROXY
		? "proxy: the server itself decides on that"
	    : r == BA_OK ? "shared: the mailbox is theirs, too"
			 : "shared: the mailbox is not listed for them");
	if (r == BA_OK)
		r = ba_copy_str(v->user, sizeof(v->user), c->user);
	return r;
}

static void
print_hints(const struct check *c, int r)
{
	if (r == BA_ERR_UNKNOWN_USER && c->user == NULL)
		ba_cli_complain("local accounts are judged by name and uid: "
				"say --user NAME");
	if (r == BA_ERR_SOURCE && c->q.rhost == NULL)
		ba_cli_complain("the service has allow_network: say --rhost "
				"ADDRESS");
}

static bool
may_use_device(const struct check *c, const struct ba_networks *networks)
{
	size_t i;

	for (i = 0; i < networks->text.n; i++)
		if (c->q.rhost != NULL &&
		    ba_network_has(&networks->v[i], c->q.rhost))
			return true;
	return networks->text.n == 0;
}

/* How such a token is had by somebody who has none. */
static void
print_device(const struct check *c)
{
	const struct ba_service *service =
	    ba_config_service(c->config, c->service);

	if (service == NULL || service->device.issuer == NULL)
		return;
	(void)printf("the service has the device flow, of %s%s\n",
	    service->device.issuer->url,
	    may_use_device(c, &service->device.network) ? ""
	    : c->q.rhost != NULL ? ", but not from this address"
				 : ", but not without an address");
}

/* What a login goes through beside this. */
static void
print_rest(const struct ba_service *service)
{
	if (service->confirm != NULL)
		(void)printf("a login is also asked: %s\n", service->confirm);
	if (service->single_use)
		(void)printf("a login also uses the token up: single_use = yes "
			     "(%s:%u); this command does not, nor does it look "
			     "whether it was used before\n",
		    service->single_use_where.file,
		    service->single_use_where.line);
}

static int
judge(struct check *c)
{
	struct ba_verdict v;
	int r;

	print_premises(c);
	r = c->claims != NULL ? decide_claims(c, &v) : decide_token(c, &v);
	ba_explain_print(&c->explain, stdout);
	if (r == BA_OK)
		r = decide_authz(c, &v);
	print_device(c);
	ba_explain_verdict(r, v.user, v.exp, c->claims == NULL, stdout);
	if (r == BA_OK)
		print_rest(v.service);
	print_hints(c, r);
	ba_verdict_clear(&v);
	return r;
}

/* ---- the command ---- */

static int
run(struct check *c)
{
	int r;

	r = prepare(c);
	if (r == BA_OK && c->claims_file != NULL) {
		r = take_claims(c);
		if (r != BA_OK) /* no word about a person */
			return r;
	} else if (r == BA_OK) {
		r = take_token(c);
	}
	if (r == BA_OK)
		r = prepare_asking(c);
	if (r != BA_OK) {
		ba_explain_verdict(r, "", 0, false, stdout);
		return r;
	}
	fill_question(c);
	return judge(c);
}

int
ba_cli_check(int argc, char *const argv[])
{
	struct check c;
	int r;

	memset(&c, 0, sizeof(c));
	c.config_file = BA_CONFIG_FILE;
	c.claims_fd = -1;
	c.now = -1;
	/* Room for one byte too many, and for an end of line. */
	ba_buf_init(&c.token, BA_INPUT_TOKEN_MAX + 3);
	if (!read_options(&c, argc, argv))
		return BA_FAMILY_FAULT;
	r = run(&c);
	ba_check_asking_free(c.asking);
	ba_config_free(c.config);
	json_decref(c.claims);
	ba_buf_wipe(&c.token);
	if (c.claims_fd > STDERR_FILENO)
		(void)close(c.claims_fd);
	return ba_cli_exit_code(r);
}
