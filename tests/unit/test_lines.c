/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "broker/lines.h"

#define MAX 64

static void
fields_and_lines(void **state)
{
	const char *const odd[] = { "a\tb", "c\nd", "", "e\x1b[m" };
	struct ba_buf text;
	struct ba_lines l = { .text = &text };

	(void)state;
	ba_buf_init(&text, MAX);
	assert_int_equal(ba_lines_put(&l, odd, 4), BA_OK);
	assert_int_equal(ba_lines_say(&l, "%d %s", 7, "x\ty"), BA_OK);
	assert_int_equal(ba_lines_end(&l, BA_OK), BA_OK);
	/* No value can look like two, or like a line. */
	assert_string_equal(ba_buf_str(&text), "a?b\tc?d\t\te?[m\n7 x?y\n");
	ba_buf_wipe(&text);
}

/* All lines, page by page: as many as fit, and each once. */
static void
pages(void **state)
{
	char want[512] = "", got[512] = "";
	struct ba_buf text;
	struct ba_lines l;
	uint64_t from = 0;
	int i, r, n = 0;
	const char *p;

	(void)state;
	for (i = 0; i < 30; i++)
		snprintf(want + strlen(want), 24, "line %d\n", i);
	ba_buf_init(&text, MAX);
	for (;;) {
		l = (struct ba_lines){ .text = &text, .from = from };
		ba_buf_clear(&text);
		for (i = 0, r = BA_OK; r == BA_OK && i < 30; i++)
			r = ba_lines_say(&l, "line %d", i);
		assert_int_equal(ba_lines_end(&l, r), BA_OK);
		assert_true(text.len <= MAX);
		n++;
		for (p = ba_buf_str(&text); *p != '\0'; p = strchr(p, '\n') + 1)
			if (strncmp(p, BA_LINES_MORE, 3) != 0)
				from++;
		strcat(got, ba_buf_str(&text));
		if (r == BA_OK)
			break;
		/* The sign, and nothing behind it. */
		p = got + strlen(got) - strlen(BA_LINES_MORE "\n");
		assert_string_equal(p, BA_LINES_MORE "\n");
		got[p - got] = '\0';
	}
	assert_string_equal(got, want);
	assert_int_equal(n, 5);
	ba_buf_wipe(&text);
}

/* What would fit nowhere is cut, or whoever asks would never get past it. */
static void
a_line_that_is_too_long(void **state)
{
	static char name[8192];
	const char *const fields[] = { "first", name };
	struct ba_buf text;
	struct ba_lines l = { .text = &text };

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	ba_buf_init(&text, MAX);
	assert_int_equal(ba_lines_put(&l, fields, 2), BA_OK);
	assert_int_equal(text.len, MAX - strlen(BA_LINES_MORE "\n"));
	assert_int_equal(text.p[text.len - 1], '\n');
	assert_int_equal(ba_lines_say(&l, "%s", ""), BA_ERR_LIMIT);
	assert_int_equal(ba_lines_end(&l, BA_ERR_LIMIT), BA_OK);
	assert_int_equal(text.len, MAX);
	ba_buf_wipe(&text);
	/* No longer than a text of the wire, whatever the buffer takes. */
	ba_buf_init(&text, 100000);
	assert_int_equal(ba_lines_put(&l, fields, 2), BA_OK);
	assert_int_equal(text.len, 4096);
	ba_buf_wipe(&text);
}

/* What is skipped is counted once, whoever counts it. */
static void
what_is_not_wanted(void **state)
{
	struct ba_buf text;
	struct ba_lines l = { .text = &text, .from = 2 };

	(void)state;
	ba_buf_init(&text, MAX);
	assert_true(ba_lines_skip(&l));
	assert_int_equal(ba_lines_say(&l, "1"), BA_OK);
	assert_false(ba_lines_skip(&l));
	assert_int_equal(ba_lines_say(&l, "2"), BA_OK);
	assert_false(ba_lines_skip(&l));
	assert_int_equal(l.n, 3);
	assert_string_equal(ba_buf_str(&text), "2\n");
	ba_buf_wipe(&text);
}

static void
errors_go_through(void **state)
{
	struct ba_buf text;
	struct ba_lines l = { .text = &text };

	(void)state;
	ba_buf_init(&text, MAX);
	assert_int_equal(ba_lines_end(&l, BA_ERR_NOMEM), BA_ERR_NOMEM);
	assert_int_equal(text.len, 0);
	ba_buf_wipe(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_and_lines),
		cmocka_unit_test(pages),
		cmocka_unit_test(a_line_that_is_too_long),
		cmocka_unit_test(what_is_not_wanted),
		cmocka_unit_test(errors_go_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
