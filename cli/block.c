/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/broker_user.h"
#include "cli/check_input.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/paths.h"
#include "common/policy/block.h"
#include "common/policy/config.h"

/* broker/control_lists.c fills the same columns. */
#define HEADER "issuer\tkind\tsince\tuntil\tname\n"

#define BLOCK_FILE BA_STORE_DIR "/" BA_BLOCK_NAME

struct order {
	const char *command; /* "block", … */
	const char *issuer, *sub, *client, *until_text, *socket, *config_file;
	const char *all; /* or NULL */
	int64_t until; /* 0: no end */
};

static int64_t
now(void)
{
	return ba_clock_wall(&ba_clock_system);
}

/* --- the command line ------------------------------------------------------ */

/* A block that has ended already would look like one, and hold nobody. */
static bool
judge_until(struct order *o)
{
	if (o->until_text == NULL)
		return true;
	if (ba_input_time(o->until_text, &o->until) != BA_OK) {
		ba_cli_complain("--until needs seconds since 1970, or a time "
				"in UTC as 2026-11-23T12:00:00Z");
		return false;
	}
	if (o->until > now())
		return true;
	ba_cli_complain("--until is not in the future");
	return false;
}

static bool
is_name(const char *s)
{
	return s == NULL || (*s != '\0' && strlen(s) <= BA_BLOCK_TEXT_MAX);
}

static bool
judge(struct order *o)
{
	int n = (o->sub != NULL) + (o->client != NULL) + (o->all != NULL);

	if (o->issuer == NULL) {
		ba_cli_complain("which issuer? --issuer URL");
		return false;
	}
	if (n != 1) {
		ba_cli_complain("who? One of --sub NAME, --client NAME and "
				"--all");
		return false;
	}
	if (!is_name(o->issuer) || !is_name(o->sub) || !is_name(o->client)) {
		ba_cli_complain("a name has 1 to %d bytes", BA_BLOCK_TEXT_MAX);
		return false;
	}
	return judge_until(o);
}

/* --- by the broker --------------------------------------------------------- */

static json_t *
order_command(const struct order *o)
{
	json_t *c = ba_control_command(
	    o->command, (const char *const[]){ "issuer", o->issuer, "sub",
			    o->sub, "client", o->client, NULL });
	int bad = c == NULL;

	if (!bad && o->all != NULL)
		bad = json_object_set_new(c, "all", json_true());
	if (!bad && o->until != 0)
		bad = json_object_set_new(c, "until", json_integer(o->until));
	if (!bad)
		return c;
	json_decref(c);
	return NULL;
}

/* *absentp: no service is installed here, and so nobody holds the list. */
static int
ask_broker(const struct order *o, struct ba_buf *text, bool *absentp)
{
	json_t *command = order_command(o);
	bool replied;
	int r;

	*absentp = false;
	if (command == NULL) {
		ba_cli_complain("a name is no text, or memory is short");
		return BA_ERR_CONFIG;
	}
	r = ba_control_ask(o->socket, command, text, &replied);
	json_decref(command);
	if (replied && r != BA_OK)
		(void)fputs(ba_buf_str(text), stderr);
	else if (!replied && r == BA_ERR_NO_BROKER)
		*absentp = true;
	else if (!replied)
		ba_control_complain(o->socket, r);
	return r;
}

/* --- by ourselves ---------------------------------------------------------- */

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	ba_cli_complain("%s:%u: %s", file, line, text);
}

/* A block that would hold nobody is a mistake; to take one back is not. */
static int
judge_issuer(const char *config_path, uid_t trusted_uid, const char *issuer)
{
	const struct ba_config_report report = { problem, NULL };
	struct ba_config *config = NULL;
	int r;

	r = ba_config_load_without_maps(
	    config_path, trusted_uid, &report, &config);
	if (r == BA_OK && ba_config_issuer(config, issuer) == NULL) {
		ba_cli_complain("no issuer %s is configured", issuer);
		r = BA_ERR_CONFIG;
	}
	ba_config_free(config);
	return r;
}

/* As the broker that would be spawned. */
static int
become_broker(const struct order *o)
{
	char config_path[PATH_MAX];
	uid_t trusted_uid;
	int keep = -1, r = BA_OK;

	if (o->config_file != NULL)
		r = ba_cli_absolute(o->config_file, config_path);
	if (r == BA_OK)
		r = ba_cli_make_store_dir();
	if (r == BA_OK)
		r = ba_cli_be_broker_user(&keep, &trusted_uid);
	if (r == BA_OK && access(BA_STORE_DIR, R_OK | W_OK | X_OK) != 0) {
		ba_cli_complain("%s: %m; the block list is for root and user "
				"%s alone",
		    BA_STORE_DIR, BA_USER);
		r = BA_ERR_NOT_ALLOWED;
	}
	if (r == BA_OK && o->config_file != NULL)
		r = judge_issuer(config_path, trusted_uid, o->issuer);
	return r;
}

static void
complain(int err)
{
	const char *why = ba_err_text(err);

	if (err == BA_ERR_NOT_FOUND)
		why = "nothing of this is blocked";
	else if (err == BA_ERR_BUSY)
		why = "somebody else is changing the block list; try again";
	else if (err == BA_ERR_LIMIT)
		why = "the block list is full";
	ba_cli_complain("%s", why);
}

static struct ba_block
order_block(const struct order *o)
{
	const char *name = o->sub != NULL ? o->sub : o->client;

	return (struct ba_block){
		.kind = o->all != NULL   ? BA_BLOCK_ALL
			: o->sub != NULL ? BA_BLOCK_SUB
					 : BA_BLOCK_CLIENT,
		.issuer = o->issuer,
		.name = name,
		.since = now(),
		.until = o->until,
	};
}

/* The file's owner is who we are by now. */
static int
change_file(const struct order *o, bool add)
{
	const struct ba_block block = order_block(o);
	struct ba_block_file *f;
	int r;

	r = ba_block_file_new(BLOCK_FILE, geteuid(), &ba_cli_log, &f);
	if (r != BA_OK)
		return r;
	r = add ? ba_block_file_add(f, &block, now())
		: ba_block_file_remove(f, &block, now());
	ba_block_file_free(f);
	if (r != BA_OK)
		complain(r);
	return r;
}

/* --- block, unblock -------------------------------------------------------- */

static int
run_order(struct order *o, bool add)
{
	struct ba_buf text;
	bool absent;
	int r;

	ba_buf_init(&text, BA_CONTROL_REPLY_MAX);
	r = ask_broker(o, &text, &absent);
	if (r == BA_OK) {
		(void)fputs(ba_buf_str(&text), stdout);
	} else if (absent) {
		r = become_broker(o);
		if (r == BA_OK)
			r = change_file(o, add);
		if (r == BA_OK)
			(void)puts(add ? "blocked" : "no longer blocked");
	}
	ba_buf_wipe(&text);
	return ba_cli_exit_code(r);
}

int
ba_cli_block(int argc, char *const argv[])
{
	struct order o = {
		.command = "block",
		.socket = BA_CONTROL_SOCKET,
		.config_file = BA_CONFIG_FILE,
	};
	const struct ba_cli_option options[] = {
		{ "--issuer", &o.issuer, false },
		{ "--sub", &o.sub, false },
		{ "--client", &o.client, false },
		{ "--all", &o.all, true },
		{ "--until", &o.until_text, false },
		{ "--config", &o.config_file, false },
		{ "--socket", &o.socket, false },
	};

	if (!ba_cli_options(
		argc, argv, options, sizeof(options) / sizeof(options[0])) ||
	    !judge(&o))
		return BA_FAMILY_FAULT;
	return run_order(&o, true);
}

int
ba_cli_unblock(int argc, char *const argv[])
{
	struct order o = {
		.command = "unblock",
		.socket = BA_CONTROL_SOCKET,
	};
	const struct ba_cli_option options[] = {
		{ "--issuer", &o.issuer, false },
		{ "--sub", &o.sub, false },
		{ "--client", &o.client, false },
		{ "--all", &o.all, true },
		{ "--socket", &o.socket, false },
	};

	if (!ba_cli_options(
		argc, argv, options, sizeof(options) / sizeof(options[0])) ||
	    !judge(&o))
		return BA_FAMILY_FAULT;
	return run_order(&o, false);
}

/* --- blocks ---------------------------------------------------------------- */

static void
print_block(const struct ba_block *e)
{
	char text[BA_BLOCK_TEXT_MAX + 1], when[BA_INPUT_TIME_SIZE];
	const char *name = e->name != NULL ? e->name : "-";

	ba_sanitise(text, sizeof(text), e->issuer, strlen(e->issuer));
	(void)printf("%s\t%s\t%s\t", text, ba_block_kind_name(e->kind),
	    ba_input_show_time(e->since, when));
	ba_sanitise(text, sizeof(text), name, strlen(name));
	(void)printf("%s\t%s\n",
	    e->until != 0 ? ba_input_show_time(e->until, when) : "-", text);
}

static int
print_file(void)
{
	const struct ba_blocks *list = NULL;
	struct ba_block_file *f;
	const struct ba_block *e;
	size_t i;
	int r;

	r = ba_block_file_new(BLOCK_FILE, geteuid(), &ba_cli_log, &f);
	if (r != BA_OK)
		return r;
	r = ba_block_file_get(f, &list);
	if (r == BA_OK)
		(void)fputs(HEADER, stdout);
	for (i = 0; r == BA_OK && list != NULL; i++) {
		e = ba_blocks_at(list, i);
		if (e == NULL)
			break;
		if (e->until == 0 || e->until > now())
			print_block(e);
	}
	ba_block_file_free(f);
	return r;
}

int
ba_cli_blocks(int argc, char *const argv[])
{
	struct order o = { .command = "blocks", .socket = BA_CONTROL_SOCKET };
	const struct ba_cli_option options[] = { { "--socket", &o.socket,
	    false } };
	struct ba_buf text;
	bool absent;
	int r;

	if (!ba_cli_options(argc, argv, options, 1))
		return BA_FAMILY_FAULT;
	ba_buf_init(&text, BA_CONTROL_REPLY_MAX);
	r = ask_broker(&o, &text, &absent);
	if (r == BA_OK) {
		(void)printf("%s%s", HEADER, ba_buf_str(&text));
	} else if (absent) {
		r = become_broker(&o);
		if (r == BA_OK)
			r = print_file();
	}
	ba_buf_wipe(&text);
	return ba_cli_exit_code(r);
}
