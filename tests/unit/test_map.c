/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/policy/map.h"

#define A10 "aaaaaaaaaa"
#define A50 A10 A10 A10 A10 A10

#define ISS   "https://id.example.org"
#define ISS_B "https://b.example/{tenantid}/x"

static const char conf[] = "[issuer " ISS "]\nmap_file = /m\n"
			   "[issuer " ISS_B "]\nmap_file = /m\n"
			   "tenant = t-1 t-2\n"
			   "[issuer https://other]\nmap_file = /m2\n"
			   "[issuer https://none]\nusername = sub\n";

static struct ba_config *config;
static struct ba_arena *arena;

/* What was reported: "FILE:LINE: TEXT" a line each. */
struct said {
	char text[8192];
	size_t len;
	unsigned n;
};

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct said *said = arg;
	size_t room = sizeof(said->text) - said->len;
	int n;

	assert_null(strpbrk(text, "\n\r"));
	n = snprintf(
	    said->text + said->len, room, "%s:%u: %s\n", file, line, text);
	assert_true(n >= 0 && (size_t)n < room);
	said->len += (size_t)n;
	said->n++;
}

static int
parse(const char *text, size_t n, struct said *said, const struct ba_map **mapp)
{
	const struct ba_config_report report = { problem, said };
	char *copy = malloc(n + 1);
	int r;

	/* What is read is neither changed nor kept. */
	assert_non_null(copy);
	memcpy(copy, text, n);
	copy[n] = '!';
	memset(said, 0, sizeof(*said));
	r = ba_map_parse(arena, config, "/m", copy, n, &report, mapp);
	assert_memory_equal(copy, text, n);
	assert_int_equal(copy[n], '!');
	memset(copy, 'x', n);
	free(copy);
	return r;
}

static const struct ba_map *
map_of(const char *text)
{
	const struct ba_map *map;
	struct said said;

	if (parse(text, strlen(text), &said, &map) != BA_OK)
		fail_msg("%s\nwas refused: %s", text, said.text);
	assert_int_equal(said.n, 0);
	assert_non_null(map);
	return map;
}

static void
test_map_entries(void **state)
{
	static const char text[] =
	    "# issuer subject name\n"
	    "\n"
	    " \t \n"
	    "  # indented\n" /* 4 */
	    ISS " 248289761001 alice\n"
	    "\t" ISS "\t\"robot of the \\\"build\\\"\" \t ci-build \r\n"
	    "https://b.example/t-2/x 248289761001 bob@example.org\n" ISS
	    " boss root\n" /* 8 */
	    ISS " \"a#b\" carol\r\n" ISS " EXAMPLE\\dave dave\n" ISS
	    " \"\\u00e4\\n\" erin\n" ISS
	    " \xc3\xb6 frank"; /* 12: no line end */
	static const struct {
		const char *issuer, *sub, *name;
		unsigned line;
	} cases[] = {
		{ ISS, "248289761001", "alice", 5 },
		{ ISS, "robot of the \"build\"", "ci-build", 6 },
		{ "https://b.example/t-2/x", "248289761001", "bob@example.org",
		    7 },
		{ ISS, "boss", "root", 8 },
		{ ISS, "a#b", "carol", 9 },
		{ ISS, "EXAMPLE\\dave", "dave", 10 },
		{ ISS, "\xc3\xa4\n", "erin", 11 },
		{ ISS, "\xc3\xb6", "frank", 12 },
		{ ISS, "248289761002", NULL, 0 },
		{ ISS, "24828976100", NULL, 0 },
		{ ISS, "2482897610011", NULL, 0 },
		{ ISS, "BOSS", NULL, 0 },
		{ ISS, "", NULL, 0 },
		{ ISS, "robot", NULL, 0 },
		{ ISS, "\"robot of the \\\"build\\\"\"", NULL, 0 },
		{ "https://b.example/t-1/x", "248289761001", NULL, 0 },
		{ "https://b.example/t-2/x", "boss", NULL, 0 },
		{ ISS "/", "boss", NULL, 0 },
		{ "", "boss", NULL, 0 },
	};
	const struct ba_map *map = map_of(text);
	const struct ba_map_entry *e;
	size_t i;

	(void)state;
	assert_int_equal(ba_map_count(map), 8);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e = ba_map_find(map, cases[i].issuer, cases[i].sub);
		if ((e == NULL) != (cases[i].name == NULL))
			fail_msg("%s %s", cases[i].issuer, cases[i].sub);
		if (e == NULL)
			continue;
		assert_string_equal(e->name, cases[i].name);
		assert_string_equal(e->where.file, "/m");
		assert_int_equal(e->where.line, cases[i].line);
	}
}

/* People align their columns. */
static void
test_map_white_space(void **state)
{
	const struct ba_map *map = map_of(ISS
	    "   a  alice\n" ISS "\t\tb\t \tbob  \n" ISS "  \"c\"   carol\n");

	(void)state;
	assert_int_equal(ba_map_count(map), 3);
	assert_string_equal(ba_map_find(map, ISS, "a")->name, "alice");
	assert_string_equal(ba_map_find(map, ISS, "b")->name, "bob");
	assert_string_equal(ba_map_find(map, ISS, "c")->name, "carol");
}

static void
test_map_empty(void **state)
{
	const struct ba_map *map = map_of("");

	(void)state;
	assert_int_equal(ba_map_count(map), 0);
	assert_null(ba_map_find(map, ISS, "a"));
	map = map_of("# nobody\n\n");
	assert_int_equal(ba_map_count(map), 0);
	assert_null(ba_map_find(map, ISS, ""));
	/* An empty file may have no memory at all. */
	assert_int_equal(
	    ba_map_parse(arena, config, "/m", NULL, 0, NULL, &map), BA_OK);
	assert_int_equal(ba_map_count(map), 0);
}

/* A file with one defect, the same repaired, and what the report begins with. */
static const struct {
	const char *bad, *good, *said;
} twins[] = {
	/* words */
	{ ISS "\n", "#" ISS "\n", ":1: a line has three words" },
	{ ISS " a\n", ISS " a b\n", ":1: a line has three words" },
	{ ISS " a b c\n", ISS " a b\n", ":1: a line has three words" },
	{ ISS " a b # c\n", ISS " a b\n# c\n", ":1: a line has three words" },
	{ ISS " \"a\"\n", ISS " \"a\" b\n", ":1: a line has three words" },
	{ ISS " \"a\" \n", ISS " \"a\" b\n", ":1: a line has three words" },
	{ ISS " \"a\" b c\n", ISS " \"a\" b \n", ":1: a line has three words" },
	/* issuers */
	{ "\n" ISS "/ a b\n", "\n" ISS " a b\n",
	    ":2: issuer '" ISS "/' has no section" },
	{ "HTTPS://id.example.org a b\n", ISS " a b\n",
	    ":1: issuer 'HTTPS://id.example.org' has no section" },
	{ ISS_B " a b\n", "https://b.example/t-1/x a b\n",
	    ":1: issuer '" ISS_B "' has no section" },
	{ "https://b.example/t-3/x a b\n", "https://b.example/t-2/x a b\n",
	    ":1: issuer 'https://b.example/t-3/x' has no section" },
	{ "\"" ISS "\" a b\n", ISS " a b\n", ":1: issuer '\"https" },
	{ ISS " a b\nhttps://other a b\n", ISS " a b\n",
	    ":2: issuer 'https://other' has another map_file =, or none: say "
	    "map_file = /m in its section, or remove the line" },
	{ "https://none a b\n", "https://b.example/t-1/x a b\n",
	    ":1: issuer 'https://none' has another map_file =, or none" },
	/* subjects */
	{ ISS " \"\" b\n", ISS " \"a\" b\n", ":1: the subject is empty" },
	{ ISS " a#b c\n", ISS " \"a#b\" c\n",
	    ":1: subject 'a#b' has '#' or '\"' in it" },
	{ ISS " #a b\n", ISS " \"#a\" b\n", ":1: subject '#a' has" },
	{ ISS " a\"b c\n", ISS " \"a\\\"b\" c\n", ":1: subject 'a\"b' has" },
	{ ISS " a\" c\n", ISS " a c\n", ":1: subject 'a\"' has" },
	{ ISS " \"a b\n", ISS " \"a\" b\n", ":1: the subject in quotes" },
	{ ISS " \"a\"b c\n", ISS " \"a\" c\n", ":1: the subject in quotes" },
	{ ISS " \"a\\\" b\n", ISS " \"a\\\\\" b\n",
	    ":1: the subject in quotes" },
	{ ISS " \"a\\", ISS " \"a\\\\\" b", ":1: the subject in quotes" },
	{ ISS " \"a\\x\" b\n", ISS " \"a\\/\" b\n",
	    ":1: the subject in quotes" },
	{ ISS " \"\\ud800\" b\n", ISS " \"\\ud7ff\" b\n",
	    ":1: the subject in quotes" },
	{ ISS " \"a\\u0000\" b\n", ISS " \"a\\u0001\" b\n",
	    ":1: the subject in quotes" },
	/* names */
	{ ISS " a Root\n", ISS " a root\n", ":1: 'Root' is no user name" },
	{ ISS " a ROOT\n", ISS " a root1\n", ":1: 'ROOT' is no user name" },
	{ ISS " a ../b\n", ISS " a b\n", ":1: '../b' is no user name" },
	{ ISS " a -_b\n", ISS " a _b\n", ":1: '-_b' is no user name" },
	{ ISS " a -b\n", ISS " a b-\n", ":1: '-b' is no user name" },
	{ ISS " a \xd0\xb0lice\n", ISS " a alice\n",
	    ":1: '\xd0\xb0lice' is no user name" },
	{ ISS " a b@\n", ISS " a b@c\n", ":1: 'b@' is no user name" },
	{ ISS " a \"b\"\n", ISS " a b\n", ":1: '\"b\"' is no user name" },
	{ ISS " a " A50 A50 A50 A50 A50 "bbbbbb\n",
	    ISS " a " A50 A50 A50 A50 A50 "bbbbb\n", ":1: 'aaaaa" },
	/* text */
	{ ISS " a b\v\n", ISS " a b\t\n", ":1: not plain text" },
	{ ISS " \xff b\n", ISS " \xc3\xbf b\n", ":1: not plain text" },
	{ ISS " a\xe2\x80\xae b\n", ISS " \"a\\u202e\" b\n",
	    ":1: not plain text" },
	{ "# \x01\n", "# 1\n", ":1: not plain text" },
	{ "\r\r\n", "\r\n", ":1: not plain text" },
	/* doubles */
	{ ISS " a b\n" ISS " c d\n" ISS " a b\n", ISS " a b\n" ISS " c d\n",
	    ":3: subject 'a' of this issuer stands already in line 1" },
	{ ISS " a b\n" ISS " a root\n",
	    ISS " a b\nhttps://b.example/t-1/x a root\n",
	    ":2: subject 'a' of this issuer stands already in line 1" },
	{ ISS " a b\n" ISS " \"\\u0061\" c\n", ISS " a b\n" ISS " \"A\" c\n",
	    ":2: subject 'a' of this issuer stands already in line 1" },
};

static void
test_map_twins(void **state)
{
	const struct ba_map *map;
	struct said said;
	char want[256];
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
		r = parse(twins[i].bad, strlen(twins[i].bad), &said, &map);
		(void)snprintf(want, sizeof(want), "/m%s", twins[i].said);
		if (r != BA_ERR_CONFIG || map != NULL || said.n != 1 ||
		    strncmp(said.text, want, strlen(want)) != 0)
			fail_msg("%s\ngave %d: %s", twins[i].bad, r, said.text);
		(void)map_of(twins[i].good);
	}
}

/* Root's name is written as it is, by a line of a map and by nothing else. */
static void
test_pm_02_root_by_a_map(void **state)
{
	static const char *const bad[] = { "Root", "ROOT", "rooT", "root/",
		"/root", "root@", "@root", "root\\", "\xd1\x80oot" };
	const struct ba_map_entry *e;
	const struct ba_map *map = map_of(ISS " boss root\n");
	struct said said;
	char text[128];
	size_t i;

	(void)state;
	e = ba_map_find(map, ISS, "boss");
	assert_non_null(e);
	assert_string_equal(e->name, "root");
	assert_null(ba_map_find(map, ISS, "bos"));
	assert_null(ba_map_find(map, "https://b.example/t-1/x", "boss"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), ISS " boss %s\n", bad[i]);
		assert_int_equal(
		    parse(text, strlen(text), &said, &map), BA_ERR_CONFIG);
		assert_non_null(strstr(said.text, "is no user name"));
	}
}

/* All in one go, the doubles last. */
static void
test_map_every_problem(void **state)
{
	static const char text[] =
	    "x\n" ISS " a b\n" ISS " # c\n" ISS " a c\n" ISS " \"\n" ISS
	    " a d\nx a b\n" ISS " z Z/\n";
	static const char *const want[] = { "/m:1: a line", "/m:3: subject '#'",
		"/m:5: the subject in", "/m:7: issuer 'x'", "/m:8: 'Z/' is",
		"/m:4: subject 'a' of this issuer stands already in line 2",
		"/m:6: subject 'a' of this issuer stands already in line 4" };
	const struct ba_map *map;
	struct said said;
	const char *at;
	size_t i;

	(void)state;
	assert_int_equal(
	    parse(text, sizeof(text) - 1, &said, &map), BA_ERR_CONFIG);
	assert_null(map);
	for (at = said.text, i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		at = strstr(at, want[i]);
		if (at == NULL)
			fail_msg("no '%s' in\n%s", want[i], said.text);
	}
	assert_int_equal(said.n, i);
	/* Nobody need listen. */
	assert_int_equal(ba_map_parse(arena, config, "/m", text,
			     sizeof(text) - 1, NULL, &map),
	    BA_ERR_CONFIG);
}

/* Of a file that goes with another configuration, not a line each. */
static void
test_map_20_problems(void **state)
{
	const struct ba_map *map;
	struct said said;
	char text[1024];
	const char *at;
	unsigned n, i;
	size_t len;

	(void)state;
	for (n = BA_MAP_PROBLEMS_MAX; n <= BA_MAP_PROBLEMS_MAX + 2; n++) {
		/* The last one is a double. */
		len = 0;
		for (i = 1; i < n; i++)
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, "x a b\n");
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, ISS " a b\n" ISS " a b\n");
		assert_true(len < sizeof(text));
		assert_int_equal(parse(text, len, &said, &map), BA_ERR_CONFIG);
		assert_null(map);
		assert_int_equal(said.n,
		    n == BA_MAP_PROBLEMS_MAX ? n : BA_MAP_PROBLEMS_MAX + 1);
		at = strstr(said.text, "/m:0: and ");
		assert_true((at == NULL) == (n == BA_MAP_PROBLEMS_MAX));
		if (at == NULL)
			assert_non_null(strstr(said.text, "/m:21: subject"));
		else if (n == BA_MAP_PROBLEMS_MAX + 1)
			assert_string_equal(
			    at, "/m:0: and 1 more: mend these first\n");
		else
			assert_string_equal(
			    at, "/m:0: and 2 more: mend these first\n");
	}
	/* Without any there is no word of more. */
	(void)map_of(ISS " a b\n");
}

/* Whoever of whichever issuer has it: a name of the map is taken. */
static void
test_pm02_map_names(void **state)
{
	static const char *const theirs[] = { "alice", "bob@example.org",
		"zoe@x", "root", "_z", "z-9" };
	static const char *const free_[] = { "", "alic", "alice_", "alicf",
		"lice", "Alice", "bob", "bob@example.orh", "@example.org",
		"zoe", "_", "_Z", "z-", "z-99", "aaa", "zzz" };
	const struct ba_map *map = map_of(
	    ISS " 1 alice\n" ISS " 2 root\n" ISS
		" 3 alice\nhttps://b.example/t-1/x 1 bob@example.org\n" ISS
		" 5 zoe@x\n" ISS " 6 z-9\n" ISS " 7 _z\n");
	size_t i;

	(void)state;
	assert_int_equal(ba_map_count(map), 7);
	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		if (!ba_map_names(map, theirs[i]))
			fail_msg("%s is not there", theirs[i]);
	for (i = 0; i < sizeof(free_) / sizeof(free_[0]); i++)
		if (ba_map_names(map, free_[i]))
			fail_msg("%s is there", free_[i]);
	assert_false(ba_map_names(map_of(""), "alice"));
	assert_false(ba_map_names(map_of(""), ""));
}

/* A NUL ends no line early. */
static void
test_map_nul(void **state)
{
	static const char text[] = ISS " a root\0x\n";
	const struct ba_map *map;
	struct said said;

	(void)state;
	assert_int_equal(
	    parse(text, sizeof(text) - 1, &said, &map), BA_ERR_CONFIG);
	assert_int_equal(strncmp(said.text, "/m:1: not plain text", 20), 0);
	(void)map_of(ISS " a root\n");
}

static void
test_v27_line_length(void **state)
{
	char text[BA_MAP_LINE_MAX + 64], sub[BA_MAP_LINE_MAX + 1];
	const struct ba_map *map;
	struct said said;
	size_t n, head = strlen(ISS) + 1;
	bool quoted;

	(void)state;
	for (n = BA_MAP_LINE_MAX; n <= BA_MAP_LINE_MAX + 1; n++)
		for (quoted = false;; quoted = true) {
			memset(text, 'a', n);
			memcpy(text, ISS " ", head);
			memcpy(text + n - 2, " b\n", 3);
			if (quoted)
				text[head] = text[n - 3] = '"';
			assert_int_equal(parse(text, n + 1, &said, &map),
			    n == BA_MAP_LINE_MAX ? BA_OK : BA_ERR_CONFIG);
			if (n > BA_MAP_LINE_MAX) {
				assert_string_equal(said.text,
				    "/m:1: the line is too long: 4096 bytes "
				    "are "
				    "the most\n");
			} else {
				size_t len = n - 2 - head - 2 * quoted;

				memset(sub, 'a', len);
				sub[len] = '\0';
				assert_non_null(ba_map_find(map, ISS, sub));
			}
			if (quoted)
				break;
		}
}

/* Long files are for machines to write; each line is found again. */
static void
test_map_10000_lines(void **state)
{
	enum { LINES = 10000 };
	char *text = malloc(LINES * 64), sub[32], name[32];
	const struct ba_map_entry *e;
	const struct ba_map *map;
	size_t n = 0;
	unsigned i;
	struct said said;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < LINES; i++)
		n += (size_t)snprintf(
		    text + n, 64, "%s %u u%u\n", ISS, (i * 7919U) % LINES, i);
	assert_int_equal(parse(text, n, &said, &map), BA_OK);
	assert_int_equal(ba_map_count(map), LINES);
	for (i = 0; i < LINES; i++) {
		(void)snprintf(sub, sizeof(sub), "%u", (i * 7919U) % LINES);
		(void)snprintf(name, sizeof(name), "u%u", i);
		e = ba_map_find(map, ISS, sub);
		assert_non_null(e);
		assert_string_equal(e->name, name);
		assert_true(ba_map_names(map, name));
		assert_int_equal(e->where.line, i + 1);
	}
	(void)snprintf(sub, sizeof(sub), "%d", LINES);
	assert_null(ba_map_find(map, ISS, sub));
	/* One double among them is seen. */
	n += (size_t)snprintf(text + n, 64, "%s 4711 x\n", ISS);
	assert_int_equal(parse(text, n, &said, &map), BA_ERR_CONFIG);
	assert_int_equal(said.n, 1);
	assert_int_equal(strncmp(said.text, "/m:10001: subject '4711'", 24), 0);
	free(text);
}

/* A cut of a good map anywhere is a map or a report; no crash. */
static void
test_map_cut_anywhere(void **state)
{
	static const char text[] =
	    ISS " a b\n" ISS " \"c\\u00e4\\\"\" d\r\n#\n";
	const struct ba_map *map;
	struct said said;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(text); i++) {
		r = parse(text, i, &said, &map);
		assert_true(r == BA_OK || r == BA_ERR_CONFIG);
		assert_true((r == BA_OK) == (said.n == 0));
		assert_true((r == BA_OK) == (map != NULL));
	}
}

static int
setup(void **state)
{
	(void)state;
	arena = ba_arena_new();
	if (arena == NULL)
		return -1;
	return ba_config_parse("c", conf, strlen(conf), NULL, &config);
}

static int
teardown(void **state)
{
	(void)state;
	ba_config_free(config);
	ba_arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_entries),
		cmocka_unit_test(test_map_white_space),
		cmocka_unit_test(test_map_empty),
		cmocka_unit_test(test_map_twins),
		cmocka_unit_test(test_pm_02_root_by_a_map),
		cmocka_unit_test(test_map_every_problem),
		cmocka_unit_test(test_map_20_problems),
		cmocka_unit_test(test_pm02_map_names),
		cmocka_unit_test(test_map_nul),
		cmocka_unit_test(test_v27_line_length),
		cmocka_unit_test(test_map_10000_lines),
		cmocka_unit_test(test_map_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
