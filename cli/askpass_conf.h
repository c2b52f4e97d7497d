/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_CLI_ASKPASS_CONF_H
#define BA_CLI_ASKPASS_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

/*
 * The user's askpass.conf, bearerauth-askpass(1):
 *
 *	host       = NAME [NAME …]	may stand several times
 *	command    = PROGRAM [WORD …]	one of these two,
 *	token_file = PATH		once
 *
 * Lines that start with '#' and empty ones count for nothing.  A command is
 * split at blanks and run as it is, by no shell: characters that a shell
 * would act on (quotes, \ $ ` | < > ; and ~ before a word) are refused, since
 * whoever wrote them expects what will not happen.
 */
#define BA_ASKPASS_CONF_MAX  65536 /* bytes of the file */
#define BA_ASKPASS_HOSTS_MAX 64
#define BA_ASKPASS_WORDS_MAX 32

struct ba_askpass_conf { /* views into the text */
	const char *host[BA_ASKPASS_HOSTS_MAX];
	size_t n_hosts;
	char *command[BA_ASKPASS_WORDS_MAX + 1]; /* NULL ends it */
	size_t n_words;
	const char *token_file; /* "/…" or "~/…", or NULL */
};

/*
 * Parse text, which is cut to pieces by it.  BA_ERR_CONFIG: *linep (0: the
 * whole file) and *whyp, constant text with the remedy.
 */
BA_MUST_CHECK int ba_askpass_conf_parse(
    char *text, struct ba_askpass_conf *c, unsigned *linep, const char **whyp);

/* Byte for byte: "example.org" is not "EXAMPLE.org", and no pattern. */
bool ba_askpass_conf_lists(const struct ba_askpass_conf *c, const char *host);

#endif
