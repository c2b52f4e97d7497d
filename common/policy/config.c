/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/io.h"
#include "common/policy/config.h"
#include "common/policy/config_value.h"
#include "common/policy/ini.h"
#include "common/policy/map.h"

/*
 * First every file is read into sections and pairs, whose names, keys and
 * doubles are judged on the way; then an object is made for each section,
 * and only then are values judged, in the order of the files.  So a service
 * may name an issuer that a later file configures.  What a section needs of
 * others is looked at last; then map files are read.
 */

/* --- problems ------------------------------------------------------------- */

void
ba_builder_complain(struct ba_builder *b, const char *fmt, ...)
{
	va_list ap;

	b->problems++;
	va_start(ap, fmt);
	ba_config_problem(b->report, &b->at, fmt, ap);
	va_end(ap);
}

/*
 * How many insertions, removals and changes of a byte turn a into b?
 * (Wagner and Fischer.)  UINT_MAX where a is longer than any key of ours.
 */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[33], above, left;
	size_t i, j, n = strlen(a);

	if (n >= sizeof(row) / sizeof(row[0]))
		return ~0U;
	for (i = 0; i <= n; i++)
		row[i] = (unsigned)i;
	for (j = 1; *b != '\0'; b++, j++) {
		above = row[0];
		row[0] = (unsigned)j;
		for (i = 1; i <= n; i++) {
			left = above + (a[i - 1] != *b);
			above = row[i];
			if (left > row[i] + 1)
				left = row[i] + 1;
			if (left > row[i - 1] + 1)
				left = row[i - 1] + 1;
			row[i] = left;
		}
	}
	return row[n];
}

static void
complain_unknown_key(
    struct ba_builder *b, const struct ba_section_kind *kind, const char *key)
{
	unsigned d, best = 3;
	const char *near = NULL;
	char list[768] = "";
	size_t i, len = 0;

	for (i = 0; i < kind->n_keys; i++) {
		d = distance(kind->keys[i].name, key);
		if (d < best) {
			best = d;
			near = kind->keys[i].name;
		}
		len += (size_t)snprintf(
		    list + len, sizeof(list) - len, " %s", kind->keys[i].name);
		if (len >= sizeof(list))
			break;
	}
	if (near != NULL)
		ba_builder_complain(
		    b, "unknown key '%.64s'; did you mean '%s'?", key, near);
	else
		ba_builder_complain(b, "unknown key '%.64s'; %s takes:%s", key,
		    kind->usage, list);
}

/* --- sections and pairs --------------------------------------------------- */

static const struct ba_section_kind *
find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < BA_SECTION_KINDS; i++)
		if (strcmp(ba_section_kinds[i]->kind, name) == 0)
			return ba_section_kinds[i];
	return NULL;
}

const struct ba_section *
ba_builder_section(const struct ba_builder *b,
    const struct ba_section_kind *kind, const char *name)
{
	size_t i;

	for (i = 0; i < b->n_sections; i++)
		if (b->sections[i].kind == kind &&
		    strcmp(b->sections[i].name, name) == 0)
			return &b->sections[i];
	return NULL;
}

static int
add_section(
    struct ba_builder *b, const struct ba_section_kind *kind, const char *name)
{
	struct ba_section *s;

	s = ba_arena_grow(b->arena, b->sections, b->n_sections, sizeof(*s));
	if (s == NULL)
		return BA_ERR_NOMEM;
	b->sections = s;
	s += b->n_sections;
	s->kind = kind;
	s->where = b->at;
	s->name = ba_arena_str(b->arena, name, strlen(name));
	if (s->name == NULL)
		return BA_ERR_NOMEM;
	b->n_sections++;
	b->open = s;
	return BA_OK;
}

static int
begin_section(struct ba_builder *b, const struct ba_ini_line *line)
{
	const struct ba_section_kind *kind = find_kind(line->section);
	const struct ba_section *twin;
	const char *fault;

	b->open = NULL;
	b->skip = kind == NULL;
	if (b->n_sections == BA_SECTIONS_MAX) {
		ba_builder_complain(b,
		    "more than %d sections in all files: remove some",
		    BA_SECTIONS_MAX);
		return BA_ERR_CONFIG;
	}
	if (kind == NULL) {
		ba_builder_complain(b,
		    "unknown section '%.64s'; there are [broker], "
		    "[issuer URL], [service NAME] and [listen PATH]",
		    line->section);
		return BA_OK;
	}
	fault = kind->name_fault(line->name);
	if (fault != NULL)
		ba_builder_complain(b, "%s", fault);
	twin = ba_builder_section(b, kind, line->name);
	if (twin != NULL)
		ba_builder_complain(b,
		    "this section stands already in %s, line %u: make it one",
		    twin->where.file, twin->where.line);
	return add_section(b, kind, line->name);
}

static const struct ba_key *
find_key(const struct ba_section_kind *kind, const char *name)
{
	size_t i;

	for (i = 0; i < kind->n_keys; i++)
		if (strcmp(kind->keys[i].name, name) == 0)
			return &kind->keys[i];
	return NULL;
}

const struct ba_pair *
ba_section_pair(const struct ba_section *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->n_pairs; i++)
		if (strcmp(s->pairs[i].key->name, key) == 0)
			return &s->pairs[i];
	return NULL;
}

bool
ba_section_says(
    struct ba_builder *b, const struct ba_section *s, const char *key)
{
	const struct ba_pair *pair = ba_section_pair(s, key);

	b->at = s->where;
	if (pair != NULL)
		b->at.line = pair->line;
	return pair != NULL;
}

static int
add_pair(struct ba_builder *b, const struct ba_key *key, const char *value)
{
	struct ba_section *s = b->open;
	struct ba_pair *p;

	p = ba_arena_grow(b->arena, s->pairs, s->n_pairs, sizeof(*p));
	if (p == NULL)
		return BA_ERR_NOMEM;
	s->pairs = p;
	p += s->n_pairs;
	p->key = key;
	p->line = b->at.line;
	p->value = ba_arena_str(b->arena, value, strlen(value));
	if (p->value == NULL)
		return BA_ERR_NOMEM;
	s->n_pairs++;
	return BA_OK;
}

static int
take_pair(struct ba_builder *b, const struct ba_ini_line *line)
{
	const struct ba_key *key;
	const struct ba_pair *twin;

	if (b->skip)
		return BA_OK;
	if (b->open == NULL) {
		ba_builder_complain(b,
		    "'%.64s' stands before the first section: move it into "
		    "one",
		    line->key);
		return BA_OK;
	}
	key = find_key(b->open->kind, line->key);
	if (key == NULL) {
		complain_unknown_key(b, b->open->kind, line->key);
		return BA_OK;
	}
	twin = ba_section_pair(b->open, key->name);
	if (twin != NULL) {
		ba_builder_complain(b,
		    "'%s' stands already in line %u: make it one", key->name,
		    twin->line);
		return BA_OK;
	}
	return add_pair(b, key, line->value);
}

static int
each_line(void *arg, const struct ba_ini_line *line)
{
	struct ba_builder *b = arg;

	b->at.line = line->number;
	if (line->section != NULL)
		return begin_section(b, line);
	return take_pair(b, line);
}

static void
bad_line(void *arg, unsigned number, const char *text)
{
	struct ba_builder *b = arg;

	b->at.line = number;
	ba_builder_complain(b, "%s", text);
}

/* What comes next is about this file as a whole. */
static int
begin_file(struct ba_builder *b, const char *name)
{
	b->at.line = 0;
	b->at.file = ba_arena_str(b->arena, name, strlen(name));
	b->open = NULL;
	b->skip = false;
	return b->at.file == NULL ? BA_ERR_NOMEM : BA_OK;
}

/* --- values --------------------------------------------------------------- */

static int
make_objects(struct ba_builder *b)
{
	struct ba_config *c = b->config;
	size_t i, n = b->n_sections;

	c->services = ba_arena_alloc(b->arena, n, sizeof(*c->services));
	c->listens = ba_arena_alloc(b->arena, n, sizeof(*c->listens));
	if (c->services == NULL || c->listens == NULL)
		return BA_ERR_NOMEM;
	for (i = 0; i < n; i++) {
		struct ba_section *s = &b->sections[i];

		b->at = s->where;
		s->object = s->kind->begin(b, s);
		if (s->object == NULL)
			return BA_ERR_NOMEM;
		if (b->full)
			return BA_ERR_CONFIG;
	}
	return BA_OK;
}

static int
set_values(struct ba_builder *b, const struct ba_section *s)
{
	const struct ba_key *key;
	size_t i;
	int r;

	for (i = 0; i < s->n_pairs; i++) {
		b->at.file = s->where.file;
		b->at.line = s->pairs[i].line;
		r = s->pairs[i].key->set(b, s->object, s->pairs[i].value);
		if (r != BA_OK)
			return r;
	}
	b->at = s->where;
	for (i = 0; i < s->kind->n_keys; i++) {
		key = &s->kind->keys[i];
		if (key->needed != NULL &&
		    ba_section_pair(s, key->name) == NULL)
			ba_builder_complain(b, "%s = is missing: say %s",
			    key->name, key->needed);
	}
	if (s->kind->judge != NULL)
		s->kind->judge(b, s);
	return BA_OK;
}

static int
judge_values(struct ba_builder *b)
{
	size_t i;
	int r;

	r = make_objects(b);
	for (i = 0; r == BA_OK && i < b->n_sections; i++)
		r = set_values(b, &b->sections[i]);
	for (i = 0; r == BA_OK && i < b->n_sections; i++) {
		b->at = b->sections[i].where;
		if (b->sections[i].kind->relate != NULL)
			b->sections[i].kind->relate(b, &b->sections[i]);
	}
	return r;
}

/* --- from the first byte to the last -------------------------------------- */

static int
builder_init(struct ba_builder *b, const struct ba_config_report *report)
{
	memset(b, 0, sizeof(*b));
	b->report = report;
	b->err = BA_ERR_CONFIG;
	b->arena = ba_arena_new();
	if (b->arena == NULL)
		return BA_ERR_NOMEM;
	b->config = ba_arena_alloc(b->arena, 1, sizeof(*b->config));
	if (b->config == NULL)
		return BA_ERR_NOMEM;
	b->config->arena = b->arena;
	b->config->max_connections = 1024;
	b->config->max_per_uid = 256;
	return BA_OK;
}

/* Hand over the configuration, or free it all; r is how things went. */
static int
builder_end(struct ba_builder *b, int r, struct ba_config **configp)
{
	if (r == BA_OK && b->problems > 0)
		r = b->err;
	if (r == BA_OK)
		*configp = b->config;
	else
		ba_arena_free(b->arena);
	return r;
}

int
ba_config_parse(const char *name, const void *p, size_t n,
    const struct ba_config_report *report, struct ba_config **configp)
{
	struct ba_builder b;
	int r;

	*configp = NULL;
	r = builder_init(&b, report);
	if (r == BA_OK)
		r = begin_file(&b, name);
	if (r == BA_OK)
		r = ba_ini_parse(p, n, each_line, bad_line, &b);
	if (r == BA_OK)
		r = judge_values(&b);
	return builder_end(&b, r, configp);
}

/* --- files ---------------------------------------------------------------- */

/* After a complaint: what is at b->at could not be taken in. */
static void
unread(struct ba_builder *b, int err)
{
	b->unread = true;
	if (err == BA_ERR_SYSTEM)
		b->err = err;
}

static int
read_file(struct ba_builder *b, const char *path, uid_t trusted_uid)
{
	struct ba_buf text;
	const char *why = "";
	int r;

	ba_buf_init(&text, BA_CONFIG_BYTES_MAX);
	r = begin_file(b, path);
	if (r != BA_OK)
		goto out;
	r = ba_read_trusted(path, trusted_uid, 0, &text, &why);
	if (r == BA_OK) {
		r = ba_ini_parse(text.p, text.len, each_line, bad_line, b);
	} else if (r != BA_ERR_NOMEM) {
		ba_builder_complain(b,
		    "%s; it must be a plain file: chown root:%s, chmod 0640",
		    why, BA_USER);
		unread(b, r);
		r = BA_OK;
	}
out:
	ba_buf_wipe(&text);
	return r;
}

/* path with its last component replaced; NULL: no memory. */
static char *
sibling(struct ba_builder *b, const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	int dir = slash == NULL ? 0 : (int)(slash + 1 - path);
	size_t n = (size_t)dir + strlen(name) + 1;
	char *s;

	s = ba_arena_alloc(b->arena, n, 1);
	if (s != NULL)
		(void)snprintf(s, n, "%.*s%s", dir, path, name);
	return s;
}

/*
 * Who can write to the directory can put in other files, or take ours away.
 * Only the files' own directory is judged: what stands above it is /etc, and
 * whoever writes there has no need of us.  A directory that is not there is
 * no problem, and has no files.
 */
static bool
directory_ok(struct ba_builder *b, const char *path, uid_t trusted_uid)
{
	const char *why;
	int r;

	r = ba_directory_trusted(path, trusted_uid, &why);
	if (r == BA_OK || r == BA_ERR_NOT_FOUND)
		return r == BA_OK;
	ba_builder_complain(b, "%s%s", why,
	    r == BA_ERR_SYSTEM ? ": chown root:" BA_USER ", chmod 0750" : "");
	unread(b, r);
	return false;
}

static int
is_conf(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 &&
	       strcmp(e->d_name + n - 5, ".conf") == 0;
}

/* Not alphasort(3), which follows the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* dir is the path of conf.d, with a last component to be replaced. */
static int
read_conf_d(struct ba_builder *b, const char *dir, uid_t trusted_uid)
{
	struct dirent **names = NULL;
	int i, n, r;
	char *path;

	r = begin_file(b, dir);
	if (r != BA_OK || !directory_ok(b, dir, trusted_uid))
		return r;
	n = scandir(dir, &names, is_conf, by_name);
	if (n < 0) {
		ba_builder_complain(b,
		    "the directory cannot be read (%s): chown root:%s, "
		    "chmod 0750",
		    strerror(errno), BA_USER);
		unread(b, BA_ERR_SYSTEM);
	}
	for (i = 0; r == BA_OK && i < n; i++) {
		path = sibling(b, dir, names[i]->d_name);
		r = path == NULL ? BA_ERR_NOMEM
				 : read_file(b, path, trusted_uid);
	}
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r;
}

/* The file at path, the directory that it stands in, and conf.d there. */
static int
read_all(struct ba_builder *b, const char *path, uid_t trusted_uid)
{
	char *here = sibling(b, path, ".");
	char *conf_d = sibling(b, path, "conf.d/.");
	int r;

	if (here == NULL || conf_d == NULL)
		return BA_ERR_NOMEM;
	r = begin_file(b, here);
	if (r == BA_OK) {
		(void)directory_ok(b, here, trusted_uid);
		r = read_file(b, path, trusted_uid);
	}
	if (r == BA_OK)
		r = read_conf_d(b, conf_d, trusted_uid);
	return r;
}

/* --- map files ------------------------------------------------------------ */

/* A file that a key names; its directory is judged like our own. */
struct map_file {
	const char *key;
	const char *path;
	struct ba_where where; /* of the key */
	bool shared; /* ba_map_parse_shared(), else ba_map_parse() */
};

static int
parse_map(struct ba_builder *b, const struct map_file *f,
    const struct ba_buf *text, const struct ba_map **mapp)
{
	return f->shared ? ba_map_parse_shared(b->arena, f->path, text->p,
			       text->len, b->report, mapp)
			 : ba_map_parse(b->arena, b->config, f->path, text->p,
			       text->len, b->report, mapp);
}

static int
read_map(struct ba_builder *b, const struct map_file *f, uid_t trusted_uid,
    const struct ba_map **mapp)
{
	char *here = sibling(b, f->path, ".");
	const char *why = "";
	struct ba_buf text;
	int r;

	if (here == NULL)
		return BA_ERR_NOMEM;
	ba_buf_init(&text, BA_MAP_BYTES_MAX);
	b->at.file = here;
	b->at.line = 0;
	(void)directory_ok(b, here, trusted_uid);
	b->at = f->where;
	r = ba_read_trusted(f->path, trusted_uid, 0, &text, &why);
	if (r == BA_OK) {
		r = parse_map(b, f, &text, mapp);
		/* It has told its problems by itself. */
		b->problems += r == BA_ERR_CONFIG;
	} else if (r != BA_ERR_NOMEM) {
		ba_builder_complain(b,
		    "%s = %.256s %s; it must be a plain file: chown "
		    "root:%s, chmod 0640",
		    f->key, f->path, why, BA_USER);
		unread(b, r);
	}
	ba_buf_wipe(&text);
	return r == BA_ERR_NOMEM ? r : BA_OK;
}

/* The first issuer with the same map file. */
static size_t
first_with_map(const struct ba_config *c, const char *map_file)
{
	size_t i = 0;

	while (c->issuers[i].map_file == NULL ||
	       strcmp(c->issuers[i].map_file, map_file) != 0)
		i++;
	return i;
}

/* Each file once, for it may serve many issuers and all their tenants. */
static int
read_issuer_map(struct ba_builder *b, size_t i, uid_t trusted_uid)
{
	struct ba_config *c = b->config;
	struct ba_issuer *issuer = &c->issuers[i];
	const struct map_file f = { "map_file", issuer->map_file,
		issuer->map_where, false };
	size_t first;

	if (issuer->map_file == NULL)
		return BA_OK;
	first = first_with_map(c, issuer->map_file);
	if (first == i)
		return read_map(b, &f, trusted_uid, &issuer->map);
	issuer->map = c->issuers[first].map;
	return BA_OK;
}

static int
read_maps(struct ba_builder *b, uid_t trusted_uid)
{
	struct ba_config *c = b->config;
	struct map_file f = { .key = "shared_map", .shared = true };
	struct ba_service *service;
	int r = BA_OK;
	size_t i;

	for (i = 0; r == BA_OK && i < c->n_issuers; i++)
		r = read_issuer_map(b, i, trusted_uid);
	for (i = 0; r == BA_OK && i < c->n_services; i++) {
		service = &c->services[i];
		f.path = service->shared_map_file;
		f.where = service->shared_map_where;
		if (f.path != NULL)
			r = read_map(b, &f, trusted_uid, &service->shared_map);
	}
	return r;
}

static int
load(const char *path, uid_t trusted_uid, bool maps,
    const struct ba_config_report *report, struct ba_config **configp)
{
	struct ba_builder b;
	int r;

	*configp = NULL;
	r = builder_init(&b, report);
	if (r == BA_OK)
		r = read_all(&b, path, trusted_uid);
	/* Half a configuration would be blamed for what the rest says. */
	if (r == BA_OK && !b.unread)
		r = judge_values(&b);
	/* A map would be blamed for what is wrong with its issuers. */
	if (r == BA_OK && maps && b.problems == 0)
		r = read_maps(&b, trusted_uid);
	return builder_end(&b, r, configp);
}

int
ba_config_load(const char *path, uid_t trusted_uid,
    const struct ba_config_report *report, struct ba_config **configp)
{
	return load(path, trusted_uid, true, report, configp);
}

int
ba_config_load_without_maps(const char *path, uid_t trusted_uid,
    const struct ba_config_report *report, struct ba_config **configp)
{
	return load(path, trusted_uid, false, report, configp);
}

/* --- looking things up ---------------------------------------------------- */

void
ba_config_free(struct ba_config *config)
{
	if (config != NULL)
		ba_arena_free(config->arena);
}

const struct ba_issuer *
ba_config_issuer(const struct ba_config *config, const char *url)
{
	size_t i;

	for (i = 0; i < config->n_issuers; i++)
		if (strcmp(config->issuers[i].url, url) == 0)
			return &config->issuers[i];
	return NULL;
}

const struct ba_service *
ba_config_service(const struct ba_config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->n_services; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

const char *
ba_networks_find(const struct ba_networks *nets, const char *host)
{
	size_t i;

	for (i = 0; i < nets->text.n; i++)
		if (ba_network_has(&nets->v[i], host))
			return nets->text.v[i];
	return NULL;
}

bool
ba_service_peer(const struct ba_service *service, uid_t uid)
{
	size_t i;

	for (i = 0; i < service->n_peers; i++)
		if (service->peer[i] == uid)
			return true;
	return false;
}

bool
ba_config_peer(const struct ba_config *config, uid_t uid)
{
	size_t i;

	for (i = 0; i < config->n_services; i++)
		if (ba_service_peer(&config->services[i], uid))
			return true;
	return false;
}
