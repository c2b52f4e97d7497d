/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/policy/map.h"
#include "tests/fuzz/fuzz.h"

/* All of the input is a map file. */

struct seen {
	unsigned lines, problems;
};

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct seen *seen = arg;

	seen->problems++;
	MUST(strcmp(file, "/fuzz") == 0 && line <= seen->lines);
	/* The last one says how many more there are. */
	MUST((line == 0) == (seen->problems == BA_MAP_PROBLEMS_MAX + 1));
	MUST(*text != '\0' && fuzz_is_text(text, strlen(text)));
}

static const struct ba_config *
config(void)
{
	static const char text[] = "[issuer https://a]\nmap_file = /fuzz\n"
				   "[issuer https://b/{tenantid}]\n"
				   "map_file = /fuzz\ntenant = t u\n"
				   "[issuer https://d]\nusername = sub\n";
	static struct ba_config *c;

	if (c == NULL)
		MUST(ba_config_parse("c", text, strlen(text), NULL, &c) ==
		     BA_OK);
	return c;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct fuzz_part
trim(struct fuzz_part line)
{
	for (; line.n > 0 && is_blank(line.p[0]); line.n--)
		line.p++;
	while (line.n > 0 && is_blank(line.p[line.n - 1]))
		line.n--;
	return line;
}

/* The first word of line, which goes on behind it. */
static char *
word(struct fuzz_part *line)
{
	struct fuzz_part w = *line;

	for (w.n = 0; w.n < line->n && !is_blank(w.p[w.n]); w.n++)
		;
	line->p += w.n;
	line->n -= w.n;
	*line = trim(*line);
	return fuzz_string(w);
}

/* The same of a subject; jansson says where a JSON string ends. */
static char *
subject(struct fuzz_part *line)
{
	struct fuzz_part value;
	json_error_t error;
	json_t *v;
	char *s;

	if (line->n == 0 || line->p[0] != '"')
		return word(line);
	v = json_loadb(
	    line->p, line->n, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
	MUST(json_is_string(v) && error.position <= (int)line->n);
	value.p = json_string_value(v);
	value.n = json_string_length(v);
	MUST(memchr(value.p, '\0', value.n) == NULL);
	s = fuzz_string(value);
	json_decref(v);
	line->p += error.position;
	line->n -= (size_t)error.position;
	MUST(line->n == 0 || is_blank(line->p[0]));
	*line = trim(*line);
	return s;
}

/* A line of a map that was taken: is it found again? */
static void
find(const struct ba_map *map, struct fuzz_part line, unsigned number)
{
	char *issuer = word(&line), *sub = subject(&line), *name = word(&line);
	const struct ba_map_entry *e = ba_map_find(map, issuer, sub);

	MUST(line.n == 0);
	MUST(e != NULL && strcmp(e->name, name) == 0);
	MUST(e->where.line == number && strcmp(e->where.file, "/fuzz") == 0);
	MUST(strcmp(name, "root") == 0 ||
	     fuzz_name_ok(name, BA_ACCOUNTS_LOCAL) ||
	     fuzz_name_ok(name, BA_ACCOUNTS_VIRTUAL));
	MUST(ba_config_issuer(config(), issuer)->map_file != NULL);
	MUST(*sub != '\0' && ba_map_names(map, name));
	free(issuer);
	free(sub);
	free(name);
}

static void
judge(const struct ba_map *map, const char *p, size_t n)
{
	const char *end = p + n, *next;
	struct fuzz_part line;
	unsigned number = 0;
	size_t rows = 0;

	for (; p < end; p = next + 1) {
		number++;
		next = memchr(p, '\n', (size_t)(end - p));
		if (next == NULL)
			next = end;
		line.p = p;
		line.n = (size_t)(next - p);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		MUST(line.n <= BA_MAP_LINE_MAX);
		line = trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		rows++;
		find(map, line, number);
	}
	/* Each by itself, so none stands there twice. */
	MUST(ba_map_count(map) == rows);
	MUST(ba_map_find(map, "https://c", "a") == NULL);
	MUST(!ba_map_names(map, "") && (rows > 0 || !ba_map_names(map, "a")));
	MUST(ba_map_find(map, "https://a", "") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct ba_arena *arena = ba_arena_new();
	struct seen seen = { 1, 0 };
	const struct ba_config_report report = { problem, &seen };
	const struct ba_map *map;
	size_t i;
	int r;

	MUST(arena != NULL);
	for (i = 0; i < n; i++)
		seen.lines += p[i] == '\n';
	r = ba_map_parse(arena, config(), "/fuzz", p, n, &report, &map);
	MUST(r == BA_OK || r == BA_ERR_CONFIG);
	MUST((r == BA_OK) == (map != NULL));
	MUST((r == BA_OK) == (seen.problems == 0));
	if (map != NULL)
		judge(map, (const char *)p, n);
	ba_arena_free(arena);
	return 0;
}
