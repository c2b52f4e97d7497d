/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

void
ba_cli_complain(const char *fmt, ...)
{
	char line[BA_LOG_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line), fmt, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	ba_sanitise(line, sizeof(line), line, strlen(line));
	(void)fprintf(stderr, "bearerauth: %s\n", line);
}

static void
log_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	if (level <= BA_LOG_NOTICE)
		(void)fprintf(stderr, "bearerauth: %s\n", text);
}

const struct ba_log ba_cli_log = { log_line, NULL };

int
ba_cli_exit_code(int err)
{
	enum ba_family family = ba_err_family(err);

	return family <= BA_FAMILY_FAULT ? (int)family : BA_FAMILY_FAULT;
}

bool
ba_cli_options(
    int argc, char *const argv[], const struct ba_cli_option *options, size_t n)
{
	uint32_t seen = 0;
	size_t o;
	int i;

	for (i = 0; i < argc; i++) {
		for (o = 0; o < n; o++)
			if (strcmp(argv[i], options[o].name) == 0)
				break;
		if (o == n) {
			/* Perhaps a token, put where it must not be. */
			if (argv[i][0] != '-')
				ba_cli_complain("an argument that is no "
						"option; see bearerauth help");
			else
				ba_cli_complain("unknown option %.32s; see "
						"bearerauth help",
				    argv[i]);
			return false;
		}
		if (!options[o].flag && i + 1 == argc) {
			ba_cli_complain("%s needs a value", argv[i]);
			return false;
		}
		if ((seen & UINT32_C(1) << o) != 0) {
			ba_cli_complain("%s stands twice", argv[i]);
			return false;
		}
		seen |= UINT32_C(1) << o;
		if (!options[o].flag)
			i++;
		*options[o].valuep = argv[i];
	}
	return true;
}
