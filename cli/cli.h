/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_CLI_H
#define BA_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/base/log.h"

/*
 * What the subcommands share.  Each returns the program's exit code, which is
 * a family of err.h: 0 accepted or done, 1 refused, 2 not allowed, 3
 * unavailable, 4 our fault, a wrong use included.
 */

/* *valuep stays as it is where it is not given. */
struct ba_cli_option {
	const char *name; /* "--config" */
	const char **valuep;
	bool flag; /* it has no value, and *valuep is its name then */
};

/*
 * All of argv[0] … argv[argc - 1] must be options of the table, each at most
 * once, spelt out, with a value as an argument of its own.  (getopt_long(3)
 * takes abbreviations, which mean something else once a new option comes.)
 * False, and a line on standard error, otherwise.
 */
bool ba_cli_options(int argc, char *const argv[],
    const struct ba_cli_option *options, size_t n);

/* "bearerauth: text" on standard error, sanitised. */
void ba_cli_complain(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

/* For rooms below that log: what is notice or worse, to standard error. */
extern const struct ba_log ba_cli_log;

/* 0 to 4: there is no exit code for a malformed SASL message. */
int ba_cli_exit_code(int err);

/* The subcommands; argv begins behind their names. */
int ba_cli_check(int argc, char *const argv[]);
int ba_cli_config_test(int argc, char *const argv[]);
int ba_cli_status(int argc, char *const argv[]);
int ba_cli_reload(int argc, char *const argv[]);
int ba_cli_keys(int argc, char *const argv[]);
int ba_cli_block(int argc, char *const argv[]);
int ba_cli_unblock(int argc, char *const argv[]);
int ba_cli_blocks(int argc, char *const argv[]);

#endif
