/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>

#include "cli/cli.h"
#include "cli/control.h"
#include "common/base/paths.h"

static int
run(int argc, char *const argv[], const char *word)
{
	const char *path = BA_CONTROL_SOCKET;
	const struct ba_cli_option options[] = { { "--socket", &path, false } };
	json_t *command;
	int code;

	if (!ba_cli_options(argc, argv, options, 1))
		return BA_FAMILY_FAULT;
	command = ba_control_command(word, NULL);
	if (command == NULL)
		return ba_cli_exit_code(BA_ERR_NOMEM);
	code = ba_control_run(path, command, NULL);
	json_decref(command);
	return code;
}

int
ba_cli_status(int argc, char *const argv[])
{
	return run(argc, argv, "status");
}

int
ba_cli_reload(int argc, char *const argv[])
{
	return run(argc, argv, "reload");
}
