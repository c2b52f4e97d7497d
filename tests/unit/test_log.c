/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/err.h"
#include "common/base/log.h"

struct sink {
	unsigned lines;
	enum ba_log_level level;
	char text[4 * BA_LOG_LINE_MAX];
};

static void
keep(void *arg, enum ba_log_level level, const char *text)
{
	struct sink *s = arg;

	s->lines++;
	s->level = level;
	(void)snprintf(s->text, sizeof(s->text), "%s", text);
	errno = ENOTTY;
}

static void
formats_and_hands_on(void **state)
{
	struct sink s = { 0 };
	const struct ba_log log = { keep, &s };

	(void)state;
	errno = EPERM;
	ba_log(&log, BA_LOG_WARNING, "%s %d: %m", "number", 7);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.level, BA_LOG_WARNING);
	assert_string_equal(s.text, "number 7: Operation not permitted");
	assert_int_equal(errno, EPERM);
}

static void
nowhere_to_log_is_fine(void **state)
{
	const struct ba_log no_line = { NULL, NULL };

	(void)state;
	ba_log(NULL, BA_LOG_ERR, "%s", "x");
	ba_log(&no_line, BA_LOG_ERR, "%s", "x");
}

/* A user name must not begin a log line of its own. */
static void
a_line_is_sanitised_whole(void **state)
{
	struct sink s = { 0 };
	const struct ba_log log = { keep, &s };

	(void)state;
	ba_log(&log, BA_LOG_ERR, "user %s", "eve\nuser root: accepted\x1b[2J");
	assert_string_equal(s.text, "user eve?user root: accepted?[2J");
}

static void
a_long_line_is_cut_at_a_character(void **state)
{
	struct sink s = { 0 };
	const struct ba_log log = { keep, &s };
	char long_text[3000];
	size_t i, n;

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	ba_log(&log, BA_LOG_ERR, "%s", long_text);
	assert_int_equal(strlen(s.text), BA_LOG_LINE_MAX - 1);
	/* A character of 3 bytes, at each place around the end. */
	for (i = BA_LOG_LINE_MAX - 8; i < BA_LOG_LINE_MAX + 8; i++) {
		memset(long_text, 'a', sizeof(long_text) - 1);
		memcpy(long_text + i, "\xe2\x82\xac", 3);
		ba_log(&log, BA_LOG_ERR, "%s", long_text);
		n = strlen(s.text);
		if (i + 3 < BA_LOG_LINE_MAX)
			assert_int_equal(n, BA_LOG_LINE_MAX - 1);
		else
			assert_int_equal(
			    n, i < BA_LOG_LINE_MAX ? i : BA_LOG_LINE_MAX - 1);
		assert_null(strchr(s.text, '?'));
	}
}

static void
sanitise_table(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain text, 100%", "plain text, 100%" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "a\tb\nc\rd\x1b", "a?b?c?d?" },
		{ "\x7f", "?" },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0" },
		{ "\x80\xff", "??" }, /* no UTF-8 */
		{ "\xc3", "?" }, /* cut */
		{ "\xe2\x82z", "??z" },
		{ "\xed\xa0\x80", "???" }, /* surrogate */
		{ "\xc0\xaf", "??" }, /* overlong */
		{ "\xd8\x9b\xd8\x9c\xd8\x9d", "\xd8\x9b?\xd8\x9d" }, /* ALM */
		{ "\xe2\x80\x8a", "\xe2\x80\x8a" },
		{ "\xe2\x80\x8b\xe2\x80\x8d", "??" }, /* without width */
		{ "\xe2\x80\x8e\xe2\x80\x8f", "??" }, /* LRM, RLM */
		{ "\xe2\x80\x90", "\xe2\x80\x90" },
		{ "\xe2\x80\xa7", "\xe2\x80\xa7" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", "??" }, /* separators */
		{ "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac", "???" },
		{ "\xe2\x80\xad\xe2\x80\xae", "??" }, /* overrides */
		{ "\xe2\x80\xaf", "\xe2\x80\xaf" },
		{ "\xe2\x81\x9f", "\xe2\x81\x9f" },
		{ "\xe2\x81\xa0", "?" }, /* word joiner */
		{ "\xe2\x81\xa6\xe2\x81\xa7", "??" }, /* isolates */
		{ "\xe2\x81\xa8\xe2\x81\xa9", "??" },
		{ "\xe2\x81\xaf\xe2\x81\xb0", "?\xe2\x81\xb0" },
		{ "\xef\xbb\xbe", "\xef\xbb\xbe" },
		{ "\xef\xbb\xbf", "?" }, /* byte order mark */
		{ "\xef\xbc\x80", "\xef\xbc\x80" },
	};
	char dst[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ba_sanitise(dst, sizeof(dst), rows[i].in, strlen(rows[i].in));
		assert_string_equal(dst, rows[i].out);
		/* In place, and what is clean stays as it is. */
		strcpy(dst, rows[i].in);
		ba_sanitise(dst, sizeof(dst), dst, strlen(dst));
		assert_string_equal(dst, rows[i].out);
		ba_sanitise(dst, sizeof(dst), dst, strlen(dst));
		assert_string_equal(dst, rows[i].out);
	}
	ba_sanitise(dst, sizeof(dst), "a\0b", 3);
	assert_string_equal(dst, "a?b");
}

static void
sanitise_keeps_to_its_room(void **state)
{
	static const struct {
		size_t size;
		const char *in, *out;
	} rows[] = {
		{ 1, "abc", "" },
		{ 3, "abc", "ab" },
		{ 4, "abc", "abc" },
		{ 3, "\n\n\n", "??" },
		{ 3, "a\xc3\xa4", "a" },
		{ 4, "a\xc3\xa4", "a\xc3\xa4" },
	};
	char dst[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(dst, 'x', sizeof(dst));
		ba_sanitise(dst, rows[i].size, rows[i].in, strlen(rows[i].in));
		assert_string_equal(dst, rows[i].out);
		assert_int_equal(dst[rows[i].size], 'x');
	}
	dst[0] = 'x';
	ba_sanitise(dst, 0, "abc", 3);
	assert_int_equal(dst[0], 'x');
}

static void
V21_a_word_cannot_leave_its_quotes(void **state)
{
	static const char evil[] = "bob\", from \"192.0.2.66\\\n\xe2\x80\xae";
	char dst[64], tiny[4];

	(void)state;
	ba_sanitise_word(dst, sizeof(dst), evil);
	assert_string_equal(dst, "bob?, from ?192.0.2.66???");
	ba_sanitise_word(dst, sizeof(dst), "bob");
	assert_string_equal(dst, "bob");
	ba_sanitise_word(tiny, sizeof(tiny), "a\"\"b");
	assert_string_equal(tiny, "a??");
	tiny[0] = 'x';
	ba_sanitise_word(tiny, 0, "abc");
	assert_int_equal(tiny[0], 'x');
}

static void
test_level_of_a_verdict(void **state)
{
	static const struct {
		int err;
		enum ba_log_level level;
	} table[] = {
		{ BA_OK, BA_LOG_INFO },
		{ BA_ERR_SIGNATURE, BA_LOG_NOTICE },
		{ BA_ERR_AUTHZID, BA_LOG_NOTICE },
		{ BA_ERR_MALFORMED, BA_LOG_NOTICE },
		{ BA_ERR_TIMEOUT, BA_LOG_WARNING },
		{ BA_ERR_NOMEM, BA_LOG_ERR },
		{ BA_ERR_CONFIG, BA_LOG_ERR },
		{ -12345, BA_LOG_ERR },
		{ 1, BA_LOG_ERR },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(ba_log_level_of(table[i].err), table[i].level);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_and_hands_on),
		cmocka_unit_test(nowhere_to_log_is_fine),
		cmocka_unit_test(a_line_is_sanitised_whole),
		cmocka_unit_test(a_long_line_is_cut_at_a_character),
		cmocka_unit_test(sanitise_table),
		cmocka_unit_test(sanitise_keeps_to_its_room),
		cmocka_unit_test(V21_a_word_cannot_leave_its_quotes),
		cmocka_unit_test(test_level_of_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
