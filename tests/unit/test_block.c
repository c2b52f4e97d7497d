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

#include "common/json/json.h"
#include "common/policy/block.h"

#define N(a)  (sizeof(a) / sizeof((a)[0]))
#define NOW   INT64_C(1700000000)
#define ISS   "https://a.example"
#define OTHER "https://b.example/realms/x"

/* Both texts with all escaped, and the names of the members. */
#define LINE_MAX_BYTES (2 * BA_BLOCK_TEXT_MAX * 6 + 256)

/* Linked with --wrap=malloc and calloc: which one from now on fails? */
static unsigned fail_at;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool
fails(void)
{
	return fail_at > 0 && --fail_at == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

static struct ba_blocks *
parse(const char *text)
{
	struct ba_blocks *blocks;
	unsigned line = 99;
	int r = ba_blocks_parse(text, strlen(text), &blocks, &line);

	if (r != BA_OK)
		fail_msg("%s: %s (line %u)", text, ba_err_name(r), line);
	assert_int_equal(line, 0);
	assert_non_null(blocks);
	return blocks;
}

static void
refuse(const char *text, size_t n, unsigned want)
{
	struct ba_blocks *blocks = (struct ba_blocks *)1;
	unsigned line = 99;
	int r = ba_blocks_parse(text, n, &blocks, &line);

	if (r != BA_ERR_BLOCKS || line != want)
		fail_msg("%.200s: %s (line %u, not %u)", text, ba_err_name(r),
		    line, want);
	assert_null(blocks);
	assert_int_equal(
	    ba_blocks_parse(text, n, &blocks, NULL), BA_ERR_BLOCKS);
}

/* --- the text ------------------------------------------------------------- */

static void
test_block_entries_in_order(void **state)
{
	static const char text[] =
	    "{\"issuer\":\"" ISS "\",\"sub\":\"4711\",\"since\":5}\n"
	    " {\"since\":6, \"until\":7,\"client\":\"cli\",\"issuer\":\"" ISS
	    "\"} \r\n"
	    "{\"all\":true,\"issuer\":\"" OTHER "\",\"since\":8}\n";
	struct ba_blocks *blocks = parse(text);
	const struct ba_block *b;

	(void)state;
	b = ba_blocks_at(blocks, 0);
	assert_int_equal(b->kind, BA_BLOCK_SUB);
	assert_string_equal(b->issuer, ISS);
	assert_string_equal(b->name, "4711");
	assert_int_equal(b->since, 5);
	assert_int_equal(b->until, 0);
	b = ba_blocks_at(blocks, 1);
	assert_int_equal(b->kind, BA_BLOCK_CLIENT);
	assert_string_equal(b->issuer, ISS);
	assert_string_equal(b->name, "cli");
	assert_int_equal(b->since, 6);
	assert_int_equal(b->until, 7);
	b = ba_blocks_at(blocks, 2);
	assert_int_equal(b->kind, BA_BLOCK_ALL);
	assert_string_equal(b->issuer, OTHER);
	assert_null(b->name);
	assert_int_equal(b->since, 8);
	assert_null(ba_blocks_at(blocks, 3));
	assert_null(ba_blocks_at(NULL, 0));
	ba_blocks_free(blocks);
	ba_blocks_free(NULL);
}

static void
test_block_no_entry(void **state)
{
	struct ba_blocks *blocks = parse("");

	(void)state;
	assert_null(ba_blocks_at(blocks, 0));
	assert_null(ba_blocks_find(blocks, BA_BLOCK_ALL, ISS, NULL, NOW));
	assert_null(ba_blocks_find(NULL, BA_BLOCK_ALL, ISS, NULL, NOW));
	ba_blocks_free(blocks);
	assert_int_equal(ba_blocks_parse(NULL, 0, &blocks, NULL), BA_OK);
	ba_blocks_free(blocks);
}

/* Each with the one defect, and without. */
static void
test_block_lines_that_are_none(void **state)
{
#define I "\"issuer\":\"" ISS "\""
	static const struct {
		const char *bad, *good;
	} table[] = {
		{ "\n", "{" I ",\"all\":true,\"since\":5}\n" },
		{ "x\n", "{" I ",\"sub\":\"x\",\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5}",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5\n}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "[" I "]\n", "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"since\":5}\n",
		    "{" I ",\"sub\":\"x\",\"since\":5}\n" },
		{ "{" I ",\"all\":1,\"since\":5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":false,\"since\":5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":\"true\",\"since\":5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"sub\":\"\",\"since\":5}\n",
		    "{" I ",\"sub\":\" \",\"since\":5}\n" },
		{ "{" I ",\"sub\":1,\"since\":5}\n",
		    "{" I ",\"sub\":\"1\",\"since\":5}\n" },
		{ "{" I ",\"sub\":null,\"since\":5}\n",
		    "{" I ",\"sub\":\"null\",\"since\":5}\n" },
		{ "{" I ",\"client\":\"\",\"since\":5}\n",
		    "{" I ",\"client\":\"c\",\"since\":5}\n" },
		{ "{" I ",\"client\":[\"c\"],\"since\":5}\n",
		    "{" I ",\"client\":\"c\",\"since\":5}\n" },
		{ "{" I ",\"Sub\":\"x\",\"since\":5}\n",
		    "{" I ",\"sub\":\"x\",\"since\":5}\n" },
		{ "{" I ",\"client_id\":\"x\",\"since\":5}\n",
		    "{" I ",\"client\":\"x\",\"since\":5}\n" },
		/* one of the three, not two */
		{ "{" I ",\"sub\":\"x\",\"client\":\"c\",\"since\":5}\n",
		    "{" I ",\"sub\":\"x\",\"since\":5}\n" },
		{ "{" I ",\"sub\":\"x\",\"all\":true,\"since\":5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"client\":\"x\",\"all\":true,\"since\":5}\n",
		    "{" I ",\"client\":\"x\",\"since\":5}\n" },
		{ "{\"issuer\":\"\",\"all\":true,\"since\":5}\n",
		    "{\"issuer\":\"x\",\"all\":true,\"since\":5}\n" },
		{ "{\"issuer\":5,\"all\":true,\"since\":5}\n",
		    "{\"issuer\":\"5\",\"all\":true,\"since\":5}\n" },
		{ "{\"all\":true,\"since\":5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":0}\n",
		    "{" I ",\"all\":true,\"since\":1}\n" },
		{ "{" I ",\"all\":true,\"since\":-1}\n",
		    "{" I ",\"all\":true,\"since\":1}\n" },
		{ "{" I ",\"all\":true,\"since\":\"5\"}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5.5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":0}\n",
		    "{" I ",\"all\":true,\"since\":5,\"until\":1}\n" },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":null}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":\"9\"}\n",
		    "{" I ",\"all\":true,\"since\":5,\"until\":9}\n" },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":9.5}\n",
		    "{" I ",\"all\":true,\"since\":5,\"until\":9}\n" },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":253402300800}\n",
		    "{" I
		    ",\"all\":true,\"since\":5,\"until\":253402300799}\n" },
		/* strict, and nothing that we would not obey */
		{ "{" I ",\"all\":true,\"since\":5,\"why\":\"x\"}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5,\"since\":5}\n",
		    "{" I ",\"all\":true,\"since\":5}\n" },
		{ "{" I ",\"sub\":\"\\u0000\",\"since\":5}\n",
		    "{" I ",\"sub\":\"\\u0001\",\"since\":5}\n" },
		{ "{" I ",\"sub\":\"\xff\",\"since\":5}\n",
		    "{" I ",\"sub\":\"\xc3\xa9\",\"since\":5}\n" },
		{ "{" I ",\"all\":true,\"since\":5}{}\n",
		    "{" I ",\"all\":true,\"since\":5} \n" },
	};
	static const char before[] = "{" I ",\"sub\":\"first\",\"since\":5}\n";
	char text[512];
	size_t i;
	bool torn;

	(void)state;
	for (i = 0; i < N(table); i++) {
		refuse(table[i].bad, strlen(table[i].bad), 1);
		ba_blocks_free(parse(table[i].good));
		/* behind a good one, and in front of one */
		(void)snprintf(
		    text, sizeof(text), "%s%s", before, table[i].bad);
		refuse(text, strlen(text), 2);
		(void)snprintf(
		    text, sizeof(text), "%s%s", table[i].bad, before);
		torn = strchr(table[i].bad, '\n') == NULL;
		refuse(text, strlen(text), 1);
		assert_true(!torn || i == 2);
		(void)snprintf(
		    text, sizeof(text), "%s%s", before, table[i].good);
		ba_blocks_free(parse(text));
	}
	/* a NUL in the text, and behind it */
	refuse("{" I ",\"all\":true,\"since\":5}\0\n",
	    sizeof("{" I ",\"all\":true,\"since\":5}\0\n") - 1, 1);
	refuse("{" I ",\"all\":true,\"since\":5}\n",
	    sizeof("{" I ",\"all\":true,\"since\":5}\n"), 2);
}

static char *
repeat(char c, size_t n)
{
	char *s = malloc(n + 1);

	assert_non_null(s);
	memset(s, c, n);
	s[n] = '\0';
	return s;
}

static void
test_block_v32_texts_are_bounded(void **state)
{
	char *most = repeat('x', BA_BLOCK_TEXT_MAX);
	char *more = repeat('x', BA_BLOCK_TEXT_MAX + 1);
	static const char *const formats[] = {
		"{\"issuer\":\"%s\",\"all\":true,\"since\":5}\n",
		"{" I ",\"sub\":\"%s\",\"since\":5}\n",
		"{" I ",\"client\":\"%s\",\"since\":5}\n",
	};
	char text[4096], *big, *at;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(formats); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(text, sizeof(text), formats[i], most);
		ba_blocks_free(parse(text));
		(void)snprintf(text, sizeof(text), formats[i], more);
#pragma GCC diagnostic pop
		refuse(text, strlen(text), 1);
	}
	/* all of both escaped still fits */
	big = malloc(65536);
	assert_non_null(big);
	at = big + sprintf(big, "{\"issuer\":\"");
	for (i = 0; i < 2; i++) {
		for (j = 0; j < BA_BLOCK_TEXT_MAX; j++)
			at += sprintf(at, "\\u0041");
		at += sprintf(at, i == 0 ? "\",\"sub\":\"" : "\"");
	}
	at += sprintf(at, ",\"since\":5}\n");
	ba_blocks_free(parse(big));
	/* and a line that is blown up with blanks does up to a length */
	memset(at - 2, ' ', (size_t)(big + LINE_MAX_BYTES + 1 - at));
	strcpy(big + LINE_MAX_BYTES - 1, "}\n");
	ba_blocks_free(parse(big));
	strcpy(big + LINE_MAX_BYTES - 1, " }\n");
	refuse(big, strlen(big), 1);
	free(big);
	free(most);
	free(more);
}

static char *
many(size_t n, size_t *lenp)
{
	char *text = malloc(n * 80 + 1), *at = text;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < n; i++)
		at += sprintf(at,
		    "{\"issuer\":\"%s\",\"sub\":\"%zu\",\"since\":5}\n",
		    i % 3 == 0 ? OTHER : ISS, i);
	*lenp = (size_t)(at - text);
	return text;
}

static void
test_block_a_hundred_thousand(void **state)
{
	size_t n, i;
	char *text = many(BA_BLOCKS_MAX + 1, &n), name[32];
	struct ba_blocks *blocks;
	const struct ba_block *b;
	const char *last;

	(void)state;
	refuse(text, n, BA_BLOCKS_MAX + 1);
	for (last = text + n - 1; last[-1] != '\n';)
		last--;
	n = (size_t)(last - text);
	assert_int_equal(ba_blocks_parse(text, n, &blocks, NULL), BA_OK);
	for (i = 0; i < BA_BLOCKS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%zu", i);
		b = ba_blocks_find(
		    blocks, BA_BLOCK_SUB, i % 3 == 0 ? OTHER : ISS, name, NOW);
		assert_ptr_equal(b, ba_blocks_at(blocks, i));
		assert_null(ba_blocks_find(
		    blocks, BA_BLOCK_SUB, i % 3 != 0 ? OTHER : ISS, name, NOW));
		assert_null(ba_blocks_find(blocks, BA_BLOCK_CLIENT,
		    i % 3 == 0 ? OTHER : ISS, name, NOW));
		/* nobody's, and whatever has no name */
		(void)snprintf(name, sizeof(name), "https://%zu", i);
		assert_null(
		    ba_blocks_find(blocks, BA_BLOCK_ALL, name, NULL, NOW));
		assert_null(
		    ba_blocks_find(blocks, BA_BLOCK_SUB, name, NULL, NOW));
	}
	assert_null(ba_blocks_at(blocks, BA_BLOCKS_MAX));
	ba_blocks_free(blocks);
	free(text);
}

/* Before any of them is read. */
static void
test_block_v32_lines_are_counted(void **state)
{
	char *text = repeat('\n', BA_BLOCKS_MAX + 1);

	(void)state;
	refuse(text, BA_BLOCKS_MAX, 1);
	refuse(text, BA_BLOCKS_MAX + 1, BA_BLOCKS_MAX + 1);
	free(text);
}

static void
test_block_v32_the_file_is_bounded(void **state)
{
	static const char line[] = "{" I ",\"all\":true,\"since\":5}";
	char *text = repeat(' ', BA_BLOCKS_BYTES_MAX + 1);
	size_t n = sizeof(line) - 1;

	(void)state;
	memcpy(text, line, n);
	text[n] = '\n';
	text[BA_BLOCKS_BYTES_MAX] = '\n';
	refuse(text, BA_BLOCKS_BYTES_MAX + 1, 0);
	/* less, and then the second line is what is wrong */
	text[BA_BLOCKS_BYTES_MAX - 1] = '\n';
	refuse(text, BA_BLOCKS_BYTES_MAX, 2);
	free(text);
}

static void
test_block_no_memory(void **state)
{
	static const char text[] =
	    "{" I ",\"sub\":\"x\",\"since\":5}\n"
	    "{\"issuer\":\"" OTHER "\",\"all\":true,\"since\":5}\n";
	struct ba_blocks *blocks;
	unsigned n, line;
	int r;

	(void)state;
	for (n = 1;; n++) {
		fail_at = n;
		r = ba_blocks_parse(text, sizeof(text) - 1, &blocks, &line);
		if (r == BA_OK)
			break;
		assert_int_equal(r, BA_ERR_NOMEM);
		assert_null(blocks);
	}
	assert_true(fail_at > 0 && n > 8);
	fail_at = 0;
	assert_non_null(ba_blocks_at(blocks, 1));
	ba_blocks_free(blocks);
}

/* --- finding -------------------------------------------------------------- */

static void
test_block_byte_for_byte(void **state)
{
	static const char text[] =
	    "{" I ",\"sub\":\"alice\",\"since\":5}\n"
	    "{" I ",\"client\":\"cli\",\"since\":5}\n"
	    "{\"issuer\":\"" OTHER "\",\"all\":true,\"since\":5}\n";
	static const struct {
		enum ba_block_kind kind;
		const char *issuer, *name;
		bool found;
	} table[] = {
		{ BA_BLOCK_SUB, ISS, "alice", true },
		{ BA_BLOCK_SUB, ISS, "Alice", false },
		{ BA_BLOCK_SUB, ISS, "alice ", false },
		{ BA_BLOCK_SUB, ISS, "alic", false },
		{ BA_BLOCK_SUB, ISS, "", false },
		{ BA_BLOCK_SUB, ISS, NULL, false },
		{ BA_BLOCK_SUB, ISS "/", "alice", false },
		{ BA_BLOCK_SUB, "https://A.example", "alice", false },
		{ BA_BLOCK_SUB, OTHER, "alice", false },
		{ BA_BLOCK_SUB, ISS, "cli", false },
		{ BA_BLOCK_CLIENT, ISS, "cli", true },
		{ BA_BLOCK_CLIENT, ISS, "alice", false },
		{ BA_BLOCK_CLIENT, ISS, NULL, false },
		{ BA_BLOCK_CLIENT, OTHER, "cli", false },
		{ BA_BLOCK_ALL, ISS, NULL, false },
		{ BA_BLOCK_ALL, OTHER, NULL, true },
		{ BA_BLOCK_ALL, OTHER "/", NULL, false },
	};
	struct ba_blocks *blocks = parse(text);
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++)
		if ((ba_blocks_find(blocks, table[i].kind, table[i].issuer,
			 table[i].name, NOW) != NULL) != table[i].found)
			fail_msg("%zu", i);
	ba_blocks_free(blocks);
}

static void
test_block_until(void **state)
{
	static const char text[] =
	    "{" I ",\"sub\":\"a\",\"since\":5,\"until\":1700000000}\n"
	    "{" I ",\"sub\":\"b\",\"since\":5}\n"
	    "{" I ",\"sub\":\"c\",\"since\":1800000000}\n"
	    /* one that has ended hides none that has not */
	    "{" I ",\"sub\":\"d\",\"since\":5,\"until\":6}\n"
	    "{" I ",\"sub\":\"d\",\"since\":7}\n"
	    "{" I ",\"sub\":\"e\",\"since\":7}\n"
	    "{" I ",\"sub\":\"e\",\"since\":5,\"until\":6}\n";
	struct ba_blocks *blocks = parse(text);
	static const char *const always[] = { "b", "c", "d", "e" };
	size_t i;

	(void)state;
	assert_non_null(
	    ba_blocks_find(blocks, BA_BLOCK_SUB, ISS, "a", NOW - 1));
	assert_null(ba_blocks_find(blocks, BA_BLOCK_SUB, ISS, "a", NOW));
	assert_null(ba_blocks_find(blocks, BA_BLOCK_SUB, ISS, "a", NOW + 1));
	for (i = 0; i < N(always); i++) {
		assert_non_null(
		    ba_blocks_find(blocks, BA_BLOCK_SUB, ISS, always[i], NOW));
		assert_non_null(ba_blocks_find(
		    blocks, BA_BLOCK_SUB, ISS, always[i], BA_JSON_DATE_MAX));
	}
	ba_blocks_free(blocks);
}

/* Nobody's name is nobody's, whatever is in the bucket. */
static void
test_block_no_name(void **state)
{
	struct ba_blocks *blocks;
	char text[128];
	unsigned i;

	(void)state;
	for (i = 0; i < 20; i++) {
		(void)snprintf(text, sizeof(text),
		    "{" I ",\"sub\":\"%u\",\"since\":5}\n", i);
		blocks = parse(text);
		assert_null(
		    ba_blocks_find(blocks, BA_BLOCK_SUB, ISS, NULL, NOW));
		ba_blocks_free(blocks);
	}
}

/* --- the rule ------------------------------------------------------------- */

static void
judge(const char *text, const char *claims, int err, const char *said)
{
	struct ba_issuer issuer;
	struct ba_case c;
	json_t *o;
	int r;

	memset(&issuer, 0, sizeof(issuer));
	memset(&c, 0, sizeof(c));
	issuer.url = ISS;
	c.issuer = &issuer;
	c.now = NOW;
	c.explain = true;
	c.blocks = text == NULL ? NULL : parse(text);
	assert_int_equal(ba_json_parse(claims, strlen(claims), &o), BA_OK);
	c.claims = o;
	ba_case_begin(&c);
	r = ba_rule_block(&c);
	if (r != err)
		fail_msg("%s: %s, not %s (%s)", claims, ba_err_name(r),
		    ba_err_name(err), c.detail);
	assert_string_not_equal(c.detail, "");
	if (said != NULL && strstr(c.detail, said) == NULL)
		fail_msg(
		    "%s: \"%s\" does not say \"%s\"", claims, c.detail, said);
	/* nobody listens */
	c.explain = false;
	ba_case_begin(&c);
	assert_int_equal(ba_rule_block(&c), err);
	assert_string_equal(c.detail, "");
	json_decref(o);
	ba_blocks_free((struct ba_blocks *)(uintptr_t)c.blocks);
}

#define BLOCKED BA_ERR_BLOCKED
#define CLAIMS  "{\"sub\":\"alice\",\"client_id\":\"cli\"}"

static void
test_block_rule(void **state)
{
	static const struct {
		const char *text, *claims;
		int err;
		const char *said;
	} table[] = {
		{ NULL, CLAIMS, BA_OK, "nobody" },
		{ "", CLAIMS, BA_OK, "neither" },
		{ "{" I ",\"sub\":\"alice\",\"since\":5}\n", CLAIMS, BLOCKED,
		    "sub \"alice\" is blocked; until somebody unblocks" },
		{ "{" I ",\"sub\":\"bob\",\"since\":5}\n", CLAIMS, BA_OK,
		    NULL },
		{ "{\"issuer\":\"" OTHER "\",\"sub\":\"alice\",\"since\":5}\n",
		    CLAIMS, BA_OK, NULL },
		{ "{" I ",\"all\":true,\"since\":5}\n", CLAIMS, BLOCKED,
		    "everybody of the issuer" },
		{ "{\"issuer\":\"" OTHER "\",\"all\":true,\"since\":5}\n",
		    CLAIMS, BA_OK, NULL },
		/* until, to the second */
		{ "{" I
		  ",\"sub\":\"alice\",\"since\":5,\"until\":1700000001}\n",
		    CLAIMS, BLOCKED, "until 1700000001, now 1700000000" },
		{ "{" I
		  ",\"sub\":\"alice\",\"since\":5,\"until\":1700000000}\n",
		    CLAIMS, BA_OK, NULL },
		{ "{" I
		  ",\"sub\":\"alice\",\"since\":5,\"until\":1699999999}\n",
		    CLAIMS, BA_OK, NULL },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":1700000001}\n",
		    CLAIMS, BLOCKED, NULL },
		{ "{" I ",\"all\":true,\"since\":5,\"until\":1700000000}\n",
		    CLAIMS, BA_OK, NULL },
		/* a client, wherever it is named */
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n", CLAIMS, BLOCKED,
		    "client_id \"cli\" is blocked" },
		{ "{" I ",\"client\":\"alice\",\"since\":5}\n", CLAIMS, BA_OK,
		    NULL },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"azp\":\"cli\"}", BLOCKED, "azp" },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"appid\":\"cli\"}", BLOCKED, "appid" },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"cid\":\"cli\"}", BLOCKED, "cid" },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"client_id\":\"x\",\"azp\":\"cli\"}",
		    BLOCKED, "azp" },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"client\":\"cli\"}", BA_OK, NULL },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n", "{\"sub\":\"s\"}",
		    BA_OK, NULL },
		/* what cannot be looked up */
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"azp\":[\"cli\"]}", BA_ERR_CLAIM,
		    "azp is [\"cli\"]" },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"azp\":\"\"}", BA_OK, NULL },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n",
		    "{\"sub\":\"s\",\"azp\":null}", BA_OK, NULL },
		{ "{" I ",\"client\":\"cli\",\"since\":5}\n", "{\"sub\":1}",
		    BA_ERR_CLAIM, "sub is 1" },
		{ NULL, "{\"sub\":1,\"azp\":[\"cli\"]}", BA_OK, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++)
		judge(table[i].text, table[i].claims, table[i].err,
		    table[i].said);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_entries_in_order),
		cmocka_unit_test(test_block_no_entry),
		cmocka_unit_test(test_block_lines_that_are_none),
		cmocka_unit_test(test_block_v32_texts_are_bounded),
		cmocka_unit_test(test_block_a_hundred_thousand),
		cmocka_unit_test(test_block_v32_lines_are_counted),
		cmocka_unit_test(test_block_v32_the_file_is_bounded),
		cmocka_unit_test(test_block_no_memory),
		cmocka_unit_test(test_block_byte_for_byte),
		cmocka_unit_test(test_block_until),
		cmocka_unit_test(test_block_no_name),
		cmocka_unit_test(test_block_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
