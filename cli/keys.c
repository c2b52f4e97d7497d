/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stddef.h>

#include "cli/cli.h"
#include "cli/control.h"
#include "common/base/paths.h"

/* broker/control_lists.c fills the columns. */
#define HEADER                                                                 \
	"issuer\tkeys\tage s\tfresh for s\tserve for s\tnext refresh in s\t"   \
	"last result\tfrom\n"

int
ba_cli_keys(int argc, char *const argv[])
{
	const char *path = BA_CONTROL_SOCKET, *issuer = NULL, *refresh = NULL;
	const struct ba_cli_option options[] = {
		{ "--issuer", &issuer, false },
		{ "--refresh", &refresh, true },
		{ "--socket", &path, false },
	};
	json_t *command;
	int code;

	if (!ba_cli_options(
		argc, argv, options, sizeof(options) / sizeof(options[0])))
		return BA_FAMILY_FAULT;
	command = ba_control_command(refresh != NULL ? "refresh" : "keys",
	    (const char *const[]){ "issuer", issuer, NULL });
	if (command == NULL) {
		ba_cli_complain("--issuer is no text that can be asked for");
		return BA_FAMILY_FAULT;
	}
	code = ba_control_run(path, command, refresh != NULL ? NULL : HEADER);
	json_decref(command);
	return code;
}
