/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "common/base/paths.h"
#include "common/base/url.h"
#include "common/policy/config_value.h"

/* (gid_t)-1 means "no group" to chown(2). */
#define GID_MAX 4294967294UL

/* --- [broker] ------------------------------------------------------------- */

static int
set_max_connections(struct ba_builder *b, void *object, const char *value)
{
	struct ba_config *config = object;
	unsigned long n;

	if (ba_value_number(b, value, 1, 65535, &n))
		config->max_connections = (unsigned)n;
	return BA_OK;
}

static int
set_max_per_uid(struct ba_builder *b, void *object, const char *value)
{
	struct ba_config *config = object;
	unsigned long n;

	if (ba_value_number(b, value, 1, 65535, &n))
		config->max_per_uid = (unsigned)n;
	return BA_OK;
}

/*
 * http:// alone: what goes through it is TLS with the issuer.  Without user
 * and password, which other people can read here.
 */
static int
set_proxy(struct ba_builder *b, void *object, const char *value)
{
	static const char scheme[] = "http://";
	const char *host = value + sizeof(scheme) - 1;
	struct ba_config *config = object;
	char url[BA_URL_MAX + 1];

	if (strncmp(value, scheme, sizeof(scheme) - 1) == 0 &&
	    strpbrk(host, "/?") == NULL &&
	    snprintf(url, sizeof(url), "https://%s", host) < (int)sizeof(url) &&
	    ba_url_ok(url))
		return ba_value_text(b, value, &config->proxy);
	ba_builder_complain(b,
	    "the proxy must be http://HOST:PORT, without user, password and "
	    "path");
	return BA_OK;
}

/* What value says, with one comma where it has blanks: never longer. */
static int
set_no_proxy(struct ba_builder *b, void *object, const char *value)
{
	struct ba_config *config = object;
	struct ba_strings hosts = { 0 };
	char *list, *end;
	size_t i, n;
	int r;

	if ((r = ba_value_words(b, value, &hosts)) != BA_OK)
		return r;
	list = end = ba_arena_str(b->arena, value, strlen(value));
	if (list == NULL)
		return BA_ERR_NOMEM;
	for (i = 0; i < hosts.n; i++) {
		n = strspn(hosts.v[i], BA_ALNUM ".-_:/");
		if (hosts.v[i][n] != '\0')
			ba_builder_complain(b,
			    "'%.256s' is no host: say names, domains as "
			    ".example.org and addresses, with blanks between",
			    hosts.v[i]);
		if (i > 0)
			*end++ = ',';
		end = stpcpy(end, hosts.v[i]);
	}
	config->no_proxy = list;
	return BA_OK;
}

/* What the keys say together. */
static void
judge_broker(struct ba_builder *b, const struct ba_section *s)
{
	if (ba_section_pair(s, "proxy") == NULL &&
	    ba_section_says(b, s, "no_proxy"))
		ba_builder_complain(
		    b, "no_proxy = has no use without proxy =: remove it");
}

static const char *
broker_name_fault(const char *name)
{
	return *name == '\0' ? NULL : "this section has no name: say [broker]";
}

static void *
begin_broker(struct ba_builder *b, const struct ba_section *s)
{
	(void)s;
	return b->config;
}

static const struct ba_key broker_keys[] = {
	{ "max_connections", set_max_connections, NULL },
	{ "max_per_uid", set_max_per_uid, NULL },
	{ "proxy", set_proxy, NULL },
	{ "no_proxy", set_no_proxy, NULL },
};

static const struct ba_section_kind broker_kind = { "broker", "[broker]",
	BA_KEYS(broker_keys), broker_name_fault, begin_broker, judge_broker,
	NULL };

/* --- [listen PATH] -------------------------------------------------------- */

static int
set_mode(struct ba_builder *b, void *object, const char *value)
{
	struct ba_listen *where = object;
	unsigned long n;

	if (!ba_value_digits(value, 8, 0777, &n))
		ba_builder_complain(
		    b, "'%s' must be an octal mode from 0 to 0777", value);
	else
		where->mode = (mode_t)n;
	return BA_OK;
}

static int
set_group(struct ba_builder *b, void *object, const char *value)
{
	struct ba_listen *where = object;
	const struct group *gr;
	unsigned long n;

	if (ba_value_digits(value, 10, GID_MAX, &n)) {
		where->group = (gid_t)n;
		return BA_OK;
	}
	gr = getgrnam(value);
	if (gr == NULL)
		ba_builder_complain(b,
		    "group '%s' is unknown here: add the group, or say its "
		    "gid",
		    value);
	else
		where->group = gr->gr_gid;
	return BA_OK;
}

static const char *
listen_name_fault(const char *name)
{
	if (!ba_value_path_ok(name))
		return "a socket is named by an absolute path without '.', "
		       "'..' and '//': say [listen /run/place/ask]";
	/* With a '~' behind it, it is the name that it is made by. */
	if (strlen(name) + 1 >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "the path of a socket has at most 106 bytes";
	if (name[strlen(name) - 1] == '~')
		return "the path of a socket does not end in '~'";
	if (strcmp(name, BA_CONTROL_SOCKET) == 0)
		return "this is the control socket's path: choose another";
	return NULL;
}

static void *
begin_listen(struct ba_builder *b, const struct ba_section *s)
{
	struct ba_listen *where = &b->config->listens[b->config->n_listens++];

	where->path = s->name;
	where->where = b->at;
	where->mode = 0666;
	where->group = 0;
	return where;
}

static const struct ba_key listen_keys[] = {
	{ "mode", set_mode, NULL },
	{ "group", set_group, NULL },
};

static const struct ba_section_kind listen_kind = { "listen", "[listen PATH]",
	BA_KEYS(listen_keys), listen_name_fault, begin_listen, NULL, NULL };

/* --- all of it ------------------------------------------------------------ */

const struct ba_section_kind *const ba_section_kinds[BA_SECTION_KINDS] = {
	&broker_kind,
	&ba_issuer_kind,
	&ba_service_kind,
	&listen_kind,
};
