/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "cli/askpass_conf.h"

#define BLANKS " \t\r"

/* The next word of *sp, ended with a NUL; NULL at the end. */
static char *
next_word(char **sp)
{
	char *word = *sp + strspn(*sp, BLANKS);
	size_t n = strcspn(word, BLANKS);

	if (n == 0)
		return NULL;
	*sp = word + n;
	if (**sp != '\0')
		*(*sp)++ = '\0';
	return word;
}

static const char *
add_hosts(struct ba_askpass_conf *c, char *value)
{
	char *word;

	while ((word = next_word(&value)) != NULL) {
		if (strpbrk(word, "*?@,") != NULL)
			return "a host is one name, without user or pattern";
		if (c->n_hosts == BA_ASKPASS_HOSTS_MAX)
			return "more than 64 hosts";
		c->host[c->n_hosts++] = word;
	}
	return NULL;
}

static const char *
set_command(struct ba_askpass_conf *c, char *value)
{
	char *word;

	if (c->n_words > 0)
		return "a second command; one file, one command";
	if (strpbrk(value, "\"'\\$`|<>;") != NULL)
		return "no shell runs the command; put it into a script and "
		       "name that";
	while ((word = next_word(&value)) != NULL) {
		if (word[0] == '~')
			return "no shell runs the command; write the path in "
			       "full";
		if (c->n_words == BA_ASKPASS_WORDS_MAX)
			return "more than 32 words; put it into a script and "
			       "name that";
		c->command[c->n_words++] = word;
	}
	return NULL;
}

static const char *
set_token_file(struct ba_askpass_conf *c, char *value)
{
	size_t n = strlen(value);

	if (c->token_file != NULL)
		return "a second token_file; one file, one token";
	while (n > 0 && strchr(BLANKS, value[n - 1]) != NULL)
		value[--n] = '\0';
	if (value[0] != '/' && strncmp(value, "~/", 2) != 0)
		return "token_file is a path that begins with / or ~/";
	c->token_file = value;
	return NULL;
}

/* One line; what is wrong with it, or NULL. */
static const char *
parse_line(struct ba_askpass_conf *c, char *line)
{
	char *key = line + strspn(line, BLANKS), *value;
	size_t n = strcspn(key, BLANKS "=");

	if (*key == '\0' || *key == '#')
		return NULL;
	value = key + n + strspn(key + n, BLANKS);
	if (n == 0 || *value != '=')
		return "a line is: key = value";
	value++;
	value += strspn(value, BLANKS);
	key[n] = '\0';
	if (*value == '\0')
		return "the value is missing";
	if (strcmp(key, "host") == 0)
		return add_hosts(c, value);
	if (strcmp(key, "command") == 0)
		return set_command(c, value);
	if (strcmp(key, "token_file") == 0)
		return set_token_file(c, value);
	return "unknown key; there are host, command and token_file";
}

int
ba_askpass_conf_parse(
    char *text, struct ba_askpass_conf *c, unsigned *linep, const char **whyp)
{
	char *line = text, *end;

	memset(c, 0, sizeof(*c));
	*whyp = NULL;
	for (*linep = 1; line != NULL; ++*linep) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		*whyp = parse_line(c, line);
		if (*whyp != NULL)
			return BA_ERR_CONFIG;
		line = end;
	}
	*linep = 0;
	if (c->n_hosts == 0)
		*whyp = "no host is listed; say host = NAME";
	else if ((c->n_words > 0) == (c->token_file != NULL))
		*whyp = "say either command = or token_file =";
	return *whyp == NULL ? BA_OK : BA_ERR_CONFIG;
}

bool
ba_askpass_conf_lists(const struct ba_askpass_conf *c, const char *host)
{
	size_t i;

	for (i = 0; i < c->n_hosts; i++)
		if (strcmp(c->host[i], host) == 0)
			return true;
	return false;
}
