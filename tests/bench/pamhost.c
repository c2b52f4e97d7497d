/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest PAM host: one authentication with the token of a file as the
 * answer to every prompt (in parts of 1023 bytes, as ssh would), then exit
 * with the PAM code.  It is what the login benchmarks start again and again,
 * with an empty module and with ours.
 *
 *	pamhost CONFDIR SERVICE USER TOKENFILE
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_appl.h>

#define PART 1023

struct answers {
	char token[65537];
	size_t len;
	size_t given;
};

static char *
next_part(struct answers *a)
{
	size_t left = a->len - a->given;
	size_t n = left < PART ? left : PART;
	char *s = strndup(a->token + a->given, n);

	a->given += n;
	return s;
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (msg[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			r[i].resp = next_part(arg);
	*resp = r;
	return PAM_SUCCESS;
}

static int
read_token(const char *path, struct answers *a)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, a->token, sizeof(a->token) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	a->len = (size_t)n;
	while (a->len > 0 && a->token[a->len - 1] == '\n')
		a->len--;
	a->token[a->len] = '\0';
	return 0;
}

int
main(int argc, char **argv)
{
	static struct answers a;
	struct pam_conv conv = { converse, &a };
	pam_handle_t *pamh = NULL;
	int r;

	if (argc != 5 || read_token(argv[4], &a) == -1) {
		fprintf(
		    stderr, "usage: pamhost CONFDIR SERVICE USER TOKENFILE\n");
		return 125;
	}
	r = pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pamh);
	if (r != PAM_SUCCESS)
		return 126;
	r = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, r);
	return r;
}
