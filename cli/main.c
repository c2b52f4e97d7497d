/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "common/jose/init.h"
#include "common/json/init.h"

/* bearerauth(1) has the same table; a test compares them. */
static const struct {
	const char *word[2];
	const char *options;
	const char *summary;
	int (*run)(int argc, char *const argv[]);
} commands[] = {
	{ { "check", NULL },
	    "--service NAME [--user NAME] [--uid N] [--rhost ADDRESS]\n"
	    "                [--as-of TIME] [--config FILE] [--store FILE]\n"
	    "                [--fetch-helper FILE] <TOKEN",
	    "judge the token on standard input and explain", ba_cli_check },
	{ { "check", NULL },
	    "--claims FILE --service NAME [--user NAME] [--uid N]\n"
	    "                [--rhost ADDRESS] [--as-of TIME] [--config FILE]",
	    "would a person of whom these claims are true get in, and why?",
	    ba_cli_check },
	{ { "config", "test" }, "[--config FILE]",
	    "read the configuration as the broker would", ba_cli_config_test },
	{ { "status", NULL }, "[--socket PATH]",
	    "what the running broker says about itself", ba_cli_status },
	{ { "reload", NULL }, "[--socket PATH]",
	    "have the running broker read its configuration again",
	    ba_cli_reload },
	{ { "keys", NULL }, "[--issuer URL] [--refresh] [--socket PATH]",
	    "what the running broker knows of issuers' keys; or ask anew",
	    ba_cli_keys },
	{ { "block", NULL },
	    "--issuer URL (--sub SUBJECT | --client ID | --all)\n"
	    "                [--until TIME] [--config FILE] [--socket PATH]",
	    "let somebody in no more, whatever their tokens say",
	    ba_cli_block },
	{ { "unblock", NULL },
	    "--issuer URL (--sub SUBJECT | --client ID | --all)\n"
	    "                [--socket PATH]",
	    "take that back", ba_cli_unblock },
	{ { "blocks", NULL }, "[--socket PATH]", "who is blocked",
	    ba_cli_blocks },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_command(size_t i)
{
	(void)printf("  bearerauth %s%s%s %s\n      %s\n", commands[i].word[0],
	    commands[i].word[1] != NULL ? " " : "",
	    commands[i].word[1] != NULL ? commands[i].word[1] : "",
	    commands[i].options, commands[i].summary);
}

static int
help(void)
{
	size_t i;

	(void)printf("usage:\n");
	for (i = 0; i < N_COMMANDS; i++)
		print_command(i);
	(void)printf("  bearerauth help\n  bearerauth --version\n\n"
		     "Exit code: 0 accepted or done, 1 refused, 2 not "
		     "allowed, 3 unavailable,\n4 our fault or wrong use. "
		     "See bearerauth(1).\n");
	return 0;
}

/* How many arguments name command i; 0: it is not this one. */
static int
words_matched(size_t i, int argc, char *const argv[])
{
	int n;

	for (n = 0; n < 2 && commands[i].word[n] != NULL; n++)
		if (n + 1 >= argc ||
		    strcmp(argv[n + 1], commands[i].word[n]) != 0)
			return 0;
	return n;
}

int
main(int argc, char **argv)
{
	size_t i;
	int n;

	ba_json_init();
	ba_jose_init();
	for (i = 0; i < N_COMMANDS; i++) {
		n = words_matched(i, argc, argv);
		if (n > 0)
			return commands[i].run(argc - 1 - n, argv + 1 + n);
	}
	if (argc == 2 &&
	    (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0))
		return help();
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		(void)printf("bearerauth %s\n", PACKAGE_VERSION);
		return 0;
	}
	ba_cli_complain(argc < 2 ? "a command is missing; see bearerauth help"
				 : "no such command; see bearerauth help");
	return BA_FAMILY_FAULT;
}
