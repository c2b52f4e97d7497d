/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/config_value.h"
#include "common/policy/identity.h"
#include "common/policy/ini.h"
#include "common/policy/map.h"

#define WSP " \t"

struct row {
	const char *issuer; /* or a person … */
	const char *sub; /* … and the mailbox */
	struct ba_map_entry entry;
};

struct ba_map {
	struct row *rows; /* by issuer and subject */
	const char **names; /* of the same, by name */
	size_t n; /* of both */
};

/* A map on its way. */
struct reading {
	struct ba_arena *arena;
	const struct ba_config *config;
	const struct ba_config_report *report;
	int (*take)(struct reading *m, char *s); /* what stands in a line */
	const struct ba_issuer *last; /* that was found, or NULL */
	struct ba_where at;
	size_t problems;
	struct row *rows;
	size_t n;
};

static void complain(struct reading *m, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

static void
complain(struct reading *m, const char *fmt, ...)
{
	va_list ap;

	m->problems++;
	if (m->problems > BA_MAP_PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	ba_config_problem(m->report, &m->at, fmt, ap);
	va_end(ap);
}

/* A map that goes with another configuration has one in each line. */
static void
complain_of_more(struct reading *m)
{
	size_t n = m->problems;

	if (n <= BA_MAP_PROBLEMS_MAX)
		return;
	m->at.line = 0;
	m->problems = 0; /* so that this one is reported */
	complain(m, "and %zu more: mend these first", n - BA_MAP_PROBLEMS_MAX);
}

/* --- words of a line ------------------------------------------------------ */

/* The bare word at s, cut off; what comes behind it. */
static char *
cut_word(char *s)
{
	s += strcspn(s, WSP);
	if (*s != '\0')
		*s++ = '\0';
	return s + strspn(s, WSP);
}

/*
 * The subject at s, cut off; *restp is what comes behind it, or NULL after a
 * complaint.
 */
static int
cut_subject(struct reading *m, char *s, char **restp)
{
	char *rest;
	int r;

	*restp = NULL;
	if (*s != '"') {
		rest = cut_word(s);
		if (strpbrk(s, "#\"") == NULL)
			*restp = rest;
		else
			complain(m,
			    "subject '%.64s' has '#' or '\"' in it: write it "
			    "as a JSON string",
			    s);
		return BA_OK;
	}
	r = ba_value_unquote(s, restp);
	if (r == BA_ERR_NOMEM)
		return r;
	if (r != BA_OK)
		complain(m,
		    "the subject in quotes is no JSON string with a blank "
		    "behind it: mend it");
	return BA_OK;
}

/* --- lines ---------------------------------------------------------------- */

/* Most lines are of the same issuer as the one before. */
static const struct ba_issuer *
find_issuer(struct reading *m, const char *url)
{
	if (m->last == NULL || strcmp(m->last->url, url) != 0)
		m->last = ba_config_issuer(m->config, url);
	return m->last;
}

static bool
row_ok(struct reading *m, const struct row *row)
{
	const struct ba_issuer *issuer = find_issuer(m, row->issuer);
	const char *name = row->entry.name;

	if (issuer == NULL)
		complain(m,
		    "issuer '%.256s' has no section: write the issuer of one, "
		    "the same byte for byte",
		    row->issuer);
	else if (issuer->map_file == NULL ||
		 strcmp(issuer->map_file, m->at.file) != 0)
		complain(m,
		    "issuer '%.200s' has another map_file =, or none: say "
		    "map_file = %.200s in its section, or remove the line",
		    row->issuer, m->at.file);
	else if (*row->sub == '\0')
		complain(m, "the subject is empty: no token has such a one");
	else if (!ba_name_ok(name, BA_ACCOUNTS_LOCAL) &&
		 !ba_name_ok(name, BA_ACCOUNTS_VIRTUAL) &&
		 strcmp(name, "root") != 0)
		complain(m,
		    "'%.64s' is no user name: lower-case letters, digits, '_' "
		    "and '-', or a mail address",
		    name);
	else
		return true;
	return false;
}

static int
keep(struct reading *m, const struct row *row)
{
	struct row *rows;

	rows = ba_arena_grow(m->arena, m->rows, m->n, sizeof(*rows));
	if (rows == NULL)
		return BA_ERR_NOMEM;
	m->rows = rows;
	rows[m->n++] = *row;
	return BA_OK;
}

/* What stands at s is cut into three and kept. */
static int
take_row(struct reading *m, char *s)
{
	struct row row;
	char *sub, *name, *end;
	int r;

	row.issuer = s;
	sub = cut_word(s);
	row.sub = sub;
	r = cut_subject(m, sub, &name);
	if (r != BA_OK || name == NULL)
		return r;
	row.entry.name = name;
	row.entry.where = m->at;
	end = cut_word(name);
	if (*name == '\0' || *end != '\0') {
		complain(m,
		    "a line has three words: the issuer, the subject, the "
		    "name here");
		return BA_OK;
	}
	return row_ok(m, &row) ? keep(m, &row) : BA_OK;
}

static bool
shared_name_ok(struct reading *m, const char *name)
{
	if (ba_name_ok(name, BA_ACCOUNTS_LOCAL) ||
	    ba_name_ok(name, BA_ACCOUNTS_VIRTUAL))
		return true;
	complain(m,
	    "'%.64s' is no user name: lower-case letters, digits, '_' and "
	    "'-', or a mail address; root's mailbox is not shared",
	    name);
	return false;
}

/* What stands at s is cut into two and kept. */
static int
take_share(struct reading *m, char *s)
{
	char *mailbox = cut_word(s), *end = cut_word(mailbox);
	const struct row row = { s, mailbox, { mailbox, m->at } };

	if (*mailbox == '\0' || *end != '\0') {
		complain(m,
		    "a line has two words: the person, and a mailbox that "
		    "they share");
		return BA_OK;
	}
	if (!shared_name_ok(m, s) || !shared_name_ok(m, mailbox))
		return BA_OK;
	return keep(m, &row);
}

/* One line of n bytes with a byte behind them, which is overwritten. */
static int
take_line(struct reading *m, char *s, size_t n)
{
	_Static_assert(BA_MAP_LINE_MAX == 4096, "a text below says 4096");
	_Static_assert(BA_MAP_LINE_MAX <= BA_INI_LINE_MAX, "a line is judged");
	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (n > BA_MAP_LINE_MAX) {
		complain(m, "the line is too long: 4096 bytes are the most");
		return BA_OK;
	}
	if (!ba_ini_text_ok(s, n)) {
		complain(m,
		    "not plain text: characters that control or cannot be "
		    "seen, or no UTF-8; JSON strings have \\u for such "
		    "subjects");
		return BA_OK;
	}
	s[n] = '\0';
	s += strspn(s, WSP);
	return *s == '\0' || *s == '#' ? BA_OK : m->take(m, s);
}

static int
take_lines(struct reading *m, char *s, size_t n)
{
	char *end, *last = s + n;
	int r = BA_OK;

	for (; r == BA_OK && s < last; s = end + 1) {
		m->at.line++;
		end = memchr(s, '\n', (size_t)(last - s));
		if (end == NULL)
			end = last;
		r = take_line(m, s, (size_t)(end - s));
	}
	return r;
}

/* --- order ---------------------------------------------------------------- */

static int
compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->issuer, y->issuer);

	return r != 0 ? r : strcmp(x->sub, y->sub);
}

/* For sorting: of doubles, the one that was written first. */
static int
compare_lines(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = compare(a, b);

	unsigned i = x->entry.where.line, j = y->entry.where.line;

	return r != 0 ? r : (i > j) - (i < j);
}

static int
compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void
find_doubles(struct reading *m)
{
	size_t i;

	for (i = 1; i < m->n; i++) {
		if (compare(&m->rows[i - 1], &m->rows[i]) != 0)
			continue;
		m->at.line = m->rows[i].entry.where.line;
		complain(m,
		    "%s '%.64s' of this %s stands already in line "
		    "%u: remove one",
		    m->config != NULL ? "subject" : "mailbox", m->rows[i].sub,
		    m->config != NULL ? "issuer" : "person",
		    m->rows[i - 1].entry.where.line);
	}
}

static int
sort_names(struct ba_arena *a, struct ba_map *map)
{
	size_t i;

	map->names = ba_arena_alloc(a, map->n, sizeof(*map->names));
	if (map->names == NULL)
		return BA_ERR_NOMEM;
	for (i = 0; i < map->n; i++)
		map->names[i] = map->rows[i].entry.name;
	qsort(map->names, map->n, sizeof(*map->names), compare_names);
	return BA_OK;
}

static int
parse(struct reading *m, const char *name, const void *p, size_t n,
    const struct ba_map **mapp)
{
	struct ba_arena *a = m->arena;
	struct ba_map *map = ba_arena_alloc(a, 1, sizeof(*map));
	char *text = ba_arena_str(a, p, n); /* cut into words, and kept */
	int r;

	*mapp = NULL;
	m->at.file = ba_arena_str(a, name, strlen(name));
	if (map == NULL || text == NULL || m->at.file == NULL)
		return BA_ERR_NOMEM;
	r = take_lines(m, text, n);
	if (r != BA_OK)
		return r;
	if (m->n > 0)
		qsort(m->rows, m->n, sizeof(*m->rows), compare_lines);
	find_doubles(m);
	complain_of_more(m);
	if (m->problems > 0)
		return BA_ERR_CONFIG;
	map->rows = m->rows;
	map->n = m->n;
	r = sort_names(a, map);
	if (r == BA_OK)
		*mapp = map;
	return r;
}

int
ba_map_parse(struct ba_arena *a, const struct ba_config *config,
    const char *name, const void *p, size_t n,
    const struct ba_config_report *report, const struct ba_map **mapp)
{
	struct reading m = {
		.arena = a, .config = config, .report = report, .take = take_row
	};

	return parse(&m, name, p, n, mapp);
}

int
ba_map_parse_shared(struct ba_arena *a, const char *name, const void *p,
    size_t n, const struct ba_config_report *report, const struct ba_map **mapp)
{
	struct reading m = { .arena = a, .report = report, .take = take_share };

	return parse(&m, name, p, n, mapp);
}

const struct ba_map_entry *
ba_map_find(const struct ba_map *map, const char *issuer, const char *sub)
{
	const struct row key = { .issuer = issuer, .sub = sub }, *row;

	if (map->n == 0)
		return NULL;
	row = bsearch(&key, map->rows, map->n, sizeof(*row), compare);
	return row == NULL ? NULL : &row->entry;
}

bool
ba_map_names(const struct ba_map *map, const char *name)
{
	return bsearch(&name, map->names, map->n, sizeof(*map->names),
		   compare_names) != NULL;
}

size_t
ba_map_count(const struct ba_map *map)
{
	return map->n;
}
