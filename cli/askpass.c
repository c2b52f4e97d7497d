/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/askpass_conf.h"
#include "cli/command.h"
#include "cli/prompt.h"
#include "common/base/buf.h"
#include "common/base/io.h"
#include "common/base/log.h"

/* The user may have to unlock something for it; sshd waits 120 s in all. */
#define COMMAND_MS 60000

/* The longest token, and room to see that one is longer. */
#define TOKEN_ROOM (65536 + 3)

static int complain(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

/* Standard output stays empty: what stands there is an answer. */
static int
complain(const char *fmt, ...)
{
	char line[BA_LOG_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line), fmt, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	ba_sanitise(line, sizeof(line), line, strlen(line));
	(void)fprintf(stderr, "bearerauth-askpass: %s\n", line);
	return BA_ERR_CONFIG;
}

static int
make_path(char *dst, size_t dstsz, const char *dir, const char *rest)
{
	int n;

	if (dir == NULL)
		return complain("HOME is not set");
	if (dir[0] != '/')
		return complain("%s is no absolute path", dir);
	n = snprintf(dst, dstsz, "%s%s", dir, rest);
	if (n < 0 || (size_t)n >= dstsz)
		return complain("a path is too long");
	return BA_OK;
}

/* XDG Base Directory Specification: a relative path is to be ignored. */
static int
find_conf(char *dst, size_t dstsz)
{
	const char *own = getenv("BEARERAUTH_ASKPASS_CONF");
	const char *xdg = getenv("XDG_CONFIG_HOME");

	if (own != NULL && own[0] != '\0')
		return make_path(dst, dstsz, own, "");
	if (xdg != NULL && xdg[0] == '/')
		return make_path(dst, dstsz, xdg, "/bearerauth/askpass.conf");
	return make_path(
	    dst, dstsz, getenv("HOME"), "/.config/bearerauth/askpass.conf");
}

/* text keeps what c points to. */
static int
read_conf(const char *path, struct ba_buf *text, struct ba_askpass_conf *c)
{
	const char *why;
	unsigned line;
	int r;

	r = ba_read_trusted(path, getuid(), 0, text, &why);
	if (r != BA_OK)
		return complain("%s %s; see bearerauth-askpass(1)", path, why);
	if (text->len == 0 || memchr(text->p, '\0', text->len) != NULL)
		return complain("%s is empty, or no text", path);
	r = ba_askpass_conf_parse((char *)text->p, c, &line, &why);
	if (r != BA_OK)
		return complain("%s:%u: %s", path, line, why);
	return BA_OK;
}

static int
read_token_file(const char *name, struct ba_buf *token)
{
	char path[4096];
	const char *why;
	int r;

	r = name[0] == '~'
		? make_path(path, sizeof(path), getenv("HOME"), name + 1)
		: make_path(path, sizeof(path), name, "");
	if (r != BA_OK)
		return r;
	r = ba_read_trusted(path, getuid(), 1, token, &why);
	return r == BA_OK ? r : complain("%s %s", path, why);
}

static int
run_command(char *const argv[], struct ba_buf *token)
{
	const char *why;
	int r;

	r = ba_command_run(argv, COMMAND_MS, token, &why);
	return r == BA_OK ? r : complain("%s %s", argv[0], why);
}

static int
get_token(const struct ba_askpass_conf *c, struct ba_buf *token)
{
	int r;

	r = c->token_file != NULL ? read_token_file(c->token_file, token)
				  : run_command(c->command, token);
	if (r != BA_OK)
		return r;
	if (token->len > 0 && token->p[token->len - 1] == '\n')
		ba_buf_truncate(token, token->len - 1);
	if (token->len > 0 && token->p[token->len - 1] == '\r')
		ba_buf_truncate(token, token->len - 1);
	if (!ba_token68_ok(ba_buf_str(token), token->len))
		return complain("what was given is no token, or has more "
				"beside it");
	return BA_OK;
}

/* The part and a line feed, in one write where the pipe takes it. */
static int
print_part(const struct ba_buf *token, unsigned part)
{
	struct ba_buf line;
	size_t offset, n;
	ssize_t w;
	int r;

	ba_part_of(token->len, part, &offset, &n);
	ba_buf_init(&line, BA_PART_SIZE + 1);
	r = ba_buf_append(&line, token->p + offset, n);
	if (r == BA_OK)
		r = ba_buf_append_byte(&line, '\n');
	while (r == BA_OK && line.len > 0) {
		w = write(STDOUT_FILENO, line.p, line.len);
		if (w > 0)
			ba_buf_consume(&line, (size_t)w);
		else if (errno != EINTR)
			r = complain("nobody reads the answer");
	}
	ba_buf_wipe(&line);
	return r;
}

/* A token comes into our memory; the command may still dump its own. */
static int
keep_to_ourselves(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_CORE, &l) != 0)
		return complain("getrlimit failed");
	l.rlim_cur = 0;
	if (setrlimit(RLIMIT_CORE, &l) != 0)
		return complain("setrlimit failed");
#ifndef __SANITIZE_ADDRESS__
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return complain("prctl failed");
#endif
	return BA_OK;
}

static int
answer(const char *host, unsigned part)
{
	struct ba_askpass_conf conf;
	struct ba_buf text, token;
	char path[4096];
	int r;

	ba_buf_init(&text, BA_ASKPASS_CONF_MAX);
	ba_buf_init(&token, TOKEN_ROOM);
	r = keep_to_ourselves();
	if (r == BA_OK)
		r = find_conf(path, sizeof(path));
	if (r == BA_OK)
		r = read_conf(path, &text, &conf);
	if (r == BA_OK && !ba_askpass_conf_lists(&conf, host))
		r = complain("%s is not listed in %s; add it to host = there "
			     "if it may have your token",
		    host, path);
	if (r == BA_OK)
		r = get_token(&conf, &token);
	if (r == BA_OK)
		r = print_part(&token, part);
	ba_buf_wipe(&token);
	ba_buf_wipe(&text);
	return r;
}

/*
 * ssh(1) gives the prompt as the one argument.  There are no options: what a
 * server makes the client show must never be taken for one.
 */
int
main(int argc, char **argv)
{
	char host[BA_PROMPT_HOST_MAX + 1];
	unsigned part;

	if (argc != 2 ||
	    ba_prompt_parse(argv[1], host, sizeof(host), &part) != BA_OK) {
		(void)complain("this prompt does not ask for a token, and is "
			       "not answered; see bearerauth-askpass(1)");
		return 1;
	}
	return answer(host, part) == BA_OK ? 0 : 1;
}
