/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/wire/option.h"
#include "pam/args.h"

static bool
set_service(struct ba_pam_args *a, const char *value)
{
	a->service = value;
	return ba_option_service(value);
}

static bool
set_socket(struct ba_pam_args *a, const char *value)
{
	a->client.socket = value;
	return ba_option_path(value, BA_SOCKET_PATH_MAX);
}

static bool
set_broker(struct ba_pam_args *a, const char *value)
{
	a->client.broker = value;
	return ba_option_path(value, BA_PATH_MAX);
}

static bool
set_config(struct ba_pam_args *a, const char *value)
{
	a->client.config = value;
	return ba_option_path(value, BA_PATH_MAX);
}

static bool
set_deadline(struct ba_pam_args *a, const char *value)
{
	return ba_option_deadline(value, &a->client.deadline_ms);
}

static bool
set_use_first_pass(struct ba_pam_args *a, const char *value)
{
	(void)value;
	a->use_first_pass = true;
	return !a->try_first_pass;
}

static bool
set_try_first_pass(struct ba_pam_args *a, const char *value)
{
	(void)value;
	a->try_first_pass = true;
	return !a->use_first_pass;
}

static bool
set_opaque(struct ba_pam_args *a, const char *value)
{
	(void)value;
	a->opaque = true;
	return true;
}

static bool
set_method(struct ba_pam_args *a, const char *value)
{
	if (strcmp(value, "token") == 0)
		a->method = BA_PAM_TOKEN;
	else if (strcmp(value, "auto") == 0)
		a->method = BA_PAM_AUTO;
	else if (strcmp(value, "device") == 0)
		a->method = BA_PAM_DEVICE;
	else
		return false;
	return true;
}

static bool
set_messages(struct ba_pam_args *a, const char *value)
{
	a->held = strcmp(value, "held") == 0;
	return a->held || strcmp(value, "shown") == 0;
}

static bool
set_env(struct ba_pam_args *a, const char *value)
{
	(void)value;
	a->env = true;
	return true;
}

/* A name that ends with '=' takes a value. */
static const struct option {
	const char *name;
	bool (*set)(struct ba_pam_args *a, const char *value);
	const char *remedy;
} options[] = {
	{ "service=", set_service,
	    "write the name of a service, 1 to 64 characters" },
	{ "socket=", set_socket,
	    "write an absolute path of at most 107 characters" },
	{ "broker=", set_broker, "write an absolute path" },
	{ "config=", set_config, "write an absolute path" },
	{ "deadline=", set_deadline, "write seconds, from 1 to 60" },
	{ "use_first_pass", set_use_first_pass,
	    "leave out either this or try_first_pass" },
	{ "try_first_pass", set_try_first_pass,
	    "leave out either this or use_first_pass" },
	{ "opaque", set_opaque, "write opaque" },
	{ "method=", set_method, "write token, auto or device" },
	{ "messages=", set_messages, "write shown or held" },
	{ "env", set_env, "write env" },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

/* The option that arg gives, and its value; N_OPTIONS where there is none. */
static size_t
find_option(const char *arg, const char **valuep)
{
	size_t i, n;

	for (i = 0; i < N_OPTIONS; i++) {
		n = strlen(options[i].name);
		*valuep = arg + n;
		if (options[i].name[n - 1] == '='
			? strncmp(arg, options[i].name, n) == 0
			: strcmp(arg, options[i].name) == 0)
			return i;
	}
	*valuep = NULL;
	return N_OPTIONS;
}

static int
parse_one(const char *arg, const struct ba_log *log, uint32_t *seenp,
    struct ba_pam_args *a)
{
	const char *value;
	size_t i = find_option(arg, &value);

	if (i == N_OPTIONS) {
		ba_log(log, BA_LOG_ERR,
		    "unknown argument \"%s\": take it out, or see "
		    "pam_oauth2(8) for its spelling",
		    arg);
		return BA_ERR_CONFIG;
	}
	if ((*seenp & UINT32_C(1) << i) != 0) {
		ba_log(log, BA_LOG_ERR,
		    "argument \"%s\": %s stands twice; leave one out", arg,
		    options[i].name);
		return BA_ERR_CONFIG;
	}
	*seenp |= UINT32_C(1) << i;
	if (!options[i].set(a, value)) {
		ba_log(log, BA_LOG_ERR, "argument \"%s\": %s", arg,
		    options[i].remedy);
		return BA_ERR_CONFIG;
	}
	return BA_OK;
}

static void
set_defaults(struct ba_pam_args *a)
{
	memset(a, 0, sizeof(*a));
	ba_client_defaults(&a->client, BA_DEADLINE_PAM_MS);
	/* sshd up to 10.2 holds texts back (sshd-session and sshd-auth, too);
	   there is no asking it. */
	a->held = strncmp(program_invocation_short_name, "sshd", 4) == 0;
}

/* What is right one by one may still say two things. */
static int
check_all(const struct ba_pam_args *a, const struct ba_log *log)
{
	if (!a->use_first_pass || a->method == BA_PAM_TOKEN)
		return BA_OK;
	ba_log(log, BA_LOG_ERR,
	    "use_first_pass never asks, and this method does: leave out one "
	    "of them, or write try_first_pass");
	return BA_ERR_CONFIG;
}

int
ba_pam_args_parse(int argc, const char *const argv[], const struct ba_log *log,
    struct ba_pam_args *a)
{
	uint32_t seen = 0;
	int i, r = BA_OK;

	set_defaults(a);
	for (i = 0; i < argc && r == BA_OK; i++)
		r = parse_one(argv[i], log, &seen, a);
	if (r == BA_OK)
		r = check_all(a, log);
	if (r != BA_OK)
		set_defaults(a);
	return r;
}
