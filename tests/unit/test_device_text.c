/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <qrencode.h>

#include "common/base/utf8.h"
#include "common/wire/message.h"

#include "broker/device_text.h"

#define NOW   INT64_C(1700000000) /* 2023-11-14 22:13:20 UTC */
#define URL   "https://id.example.org/device"
#define CODE  "WDJB-MJHT"
#define ENTER "Press Enter when done: "

static const struct ba_device_scene scene = {
	.host = "web1.example.org",
	.service = "sshd",
	.user = "alice",
	.rhost = "192.0.2.7",
	.tty = "ssh",
	.now = NOW,
};

static char text[BA_WIRE_TEXT_MAX + 1];

static void
keep(struct ba_buf *b, int r)
{
	assert_int_equal(r, BA_OK);
	assert_true(ba_utf8_is_text(b->p, b->len, true));
	strcpy(text, ba_buf_str(b));
	ba_buf_wipe(b);
}

static void
code(const struct ba_device_scene *s, const char *url, const char *user_code,
    const char *qr_text, enum ba_qr qr, bool press)
{
	struct ba_buf b;

	ba_buf_init(&b, BA_WIRE_TEXT_MAX);
	keep(
	    &b, ba_device_code_text(s, url, user_code, qr_text, qr, press, &b));
}

static void
ask(const struct ba_device_scene *s)
{
	struct ba_buf b;

	ba_buf_init(&b, BA_WIRE_TEXT_MAX);
	keep(&b, ba_device_ask_text(s, &b));
}

static bool
has(const char *what)
{
	return strstr(text, what) != NULL;
}

static bool
ends_with(const char *what)
{
	size_t n = strlen(text), m = strlen(what);

	return n >= m && strcmp(text + n - m, what) == 0;
}

static bool
has_qr(void)
{
	return has("\xe2\x96\x88");
}

/* --- reading a QR code back ----------------------------------------------- */

#define SIDE 128

static bool light[SIDE][SIDE];
static int width, height; /* modules, and lines that they are in */

/* What is in a line of blocks, two rows of modules; and words beside it. */
static int
read_row(const char *line, int y)
{
	static const char *const block[] = { " ", "\xe2\x96\x80",
		"\xe2\x96\x84", "\xe2\x96\x88" };
	size_t i = 0, k;
	int x;

	for (x = 0; y == 0 || x < width; x++) {
		for (k = 0; k < 4; k++)
			if (strncmp(line + i, block[k], strlen(block[k])) == 0)
				break;
		/* The first line, all of it light, says how wide it is. */
		if (y == 0 && k != 3)
			break;
		assert_true(k < 4 && x < SIDE && y + 1 < SIDE);
		light[y][x] = (k & 1) != 0;
		light[y + 1][x] = (k & 2) != 0;
		i += strlen(block[k]);
	}
	return x;
}

static void
read_qr(void)
{
	const char *p = text;
	size_t n;

	memset(light, 0, sizeof(light));
	width = height = 0;
	for (; *p != '\0'; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (strncmp(p, "\xe2\x96\x88", 3) != 0 &&
		    strncmp(p, "\xe2\x96\x80", 3) != 0)
			continue;
		width = read_row(p, 2 * height);
		height++;
	}
}

/* DEV-08: all modules as the library has them, and four around. */
static void
check_modules(const char *of)
{
	QRcode *qr = QRcode_encodeString8bit(of, 0, QR_ECLEVEL_L);
	int x, y;
	bool dark;

	assert_non_null(qr);
	read_qr();
	assert_int_equal(width, qr->width + 8);
	assert_int_equal(height, (qr->width + 9) / 2);
	for (y = 0; y < 2 * height; y++) {
		for (x = 0; x < width; x++) {
			dark = x >= 4 && y >= 4 && x < qr->width + 4 &&
			       y < qr->width + 4 &&
			       (qr->data[(y - 4) * qr->width + x - 4] & 1) != 0;
			/* Below the quiet zone there is nothing. */
			if (y == qr->width + 8)
				dark = true;
			assert_int_equal(light[y][x], !dark);
		}
	}
	QRcode_free(qr);
}

static unsigned
count_lines(void)
{
	unsigned n = 1;
	const char *p;

	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

/* Characters of the longest line: columns, for all are one wide here. */
static size_t
widest(void)
{
	const char *p = text;
	size_t n, most = 0;

	for (; *p != '\0'; p++) {
		for (n = 0; *p != '\0' && *p != '\n'; p++)
			n += (*p & 0xc0) != 0x80;
		most = n > most ? n : most;
		if (*p == '\0')
			break;
	}
	return most;
}

/* The scene does not stand in one line above, but beside the picture. */
static bool
is_beside(void)
{
	return has_qr() && has("\xe2\x96\x88  Login with a web browser\n");
}

/* A URL of so many bytes: 32 are the most of version 2, with 17 lines of
   picture; 53 of version 3, with 19; 78 of version 4, with 21. */
static const char *
url_of(size_t n)
{
	static char url[256];

	memset(url, 'a', sizeof(url));
	memcpy(url, "https://", 8);
	url[n] = '\0';
	return url;
}

/* --- tests ---------------------------------------------------------------- */

/* DEV-09: who, where, from where, when. */
static void
DEV_09_who_logs_in_where(void **state)
{
	struct ba_device_scene s = scene;

	(void)state;
	ask(&s);
	assert_true(has("web1.example.org") && has("sshd") && has("alice") &&
		    has("192.0.2.7") && has("2023-11-14 22:13 UTC"));
	assert_true(has("give the code to nobody"));
	assert_true(ends_with("Press Enter to get a code: "));
	assert_false(has("ssh\n"));
	code(&s, URL, CODE, URL, BA_QR_AUTO, false);
	assert_true(has("Login to web1.example.org for sshd as alice from "
			"192.0.2.7, 2023-11-14 22:13 UTC\n"));
	assert_true(has("Only approve a login that you have begun yourself"));
	/* Without an address, by the terminal. */
	s.rhost = NULL;
	s.tty = "pts/7";
	ask(&s);
	assert_true(has("on:   pts/7\n"));
	assert_false(has("from:"));
	code(&s, URL, CODE, URL, BA_QR_AUTO, false);
	assert_true(has(" as alice, 2023-11-14"));
	s.tty = NULL;
	ask(&s);
	assert_false(has("on: "));
}

/* ssh(1) puts "(user@host) " before the first line; URL and code stay in view,
   for they are last. */
static void
words_first_and_the_code_last(void **state)
{
	(void)state;
	code(&scene, URL, CODE, URL, BA_QR_YES, false);
	assert_int_equal(strncmp(text, "Login to ", 9), 0);
	assert_true(ends_with("\nOpen " URL "\nand enter the code " CODE));
	code(&scene, URL, CODE, URL, BA_QR_YES, true);
	assert_true(
	    ends_with("\nOpen " URL "\nand enter the code " CODE "\n" ENTER));
	assert_false(has("\x1b"));
}

static void
again_without_a_picture(void **state)
{
	struct ba_buf b;

	(void)state;
	ba_buf_init(&b, BA_WIRE_TEXT_MAX);
	keep(&b, ba_device_again_text(URL, CODE, &b));
	assert_string_equal(text, "This login is not approved yet.\nOpen " URL
				  "\nand enter the code " CODE "\n" ENTER);
}

static void
DEV_08_the_qr_code(void **state)
{
	(void)state;
	code(&scene, URL, CODE, URL, BA_QR_AUTO, true);
	check_modules(URL);
	code(&scene, URL, CODE, "https://id.example.org/d?user_code=" CODE,
	    BA_QR_AUTO, true);
	check_modules("https://id.example.org/d?user_code=" CODE);
	/* The shortest, and one for which the screen is too small. */
	code(&scene, URL, CODE, "https://a", BA_QR_AUTO, true);
	check_modules("https://a");
	code(&scene, URL, CODE,
	    "https://id.example.org/realms/staff/device?user_code=" CODE
	    "&and=more-of-it",
	    BA_QR_YES, true);
	check_modules(
	    "https://id.example.org/realms/staff/device?user_code=" CODE
	    "&and=more-of-it");
}

/* A text that is no prompt: the cursor stands below it, in the 24th line. */
static void
auto_fits_the_screen(void **state)
{
	struct ba_device_scene s = scene;

	(void)state;
	code(&s, URL, CODE, url_of(53), BA_QR_AUTO, false);
	assert_true(has_qr() && !is_beside());
	assert_int_equal(count_lines(), 23);
	/* One more byte is one version more, and two lines. */
	code(&s, URL, CODE, url_of(54), BA_QR_AUTO, false);
	assert_true(is_beside());
	assert_int_equal(count_lines(), 23);
	check_modules(url_of(54));
	/* A first line of more than 80 columns takes two. */
	s.host = "a-name-of-a-machine-that-is-longer.example.org";
	code(&s, URL, CODE, url_of(53), BA_QR_AUTO, false);
	assert_true(is_beside());
	code(&s, URL, CODE, url_of(32), BA_QR_AUTO, false);
	assert_true(has_qr() && !is_beside());
	/* What does not fit at all. */
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, false);
	assert_true(is_beside());
	code(&s, URL, CODE, url_of(79), BA_QR_AUTO, false);
	assert_false(has_qr());
	assert_int_equal(count_lines(), 4);
	code(&s, URL, CODE, url_of(79), BA_QR_YES, false);
	assert_true(has_qr() && !is_beside());
}

/* A prompt: before it stands "(user@host) ", and host is 40 columns at least,
   for it is what the client calls us. */
static void
auto_counts_what_ssh_puts_before(void **state)
{
	struct ba_device_scene s = scene;

	(void)state;
	s.host = "web1";
	/* 2 + 17 + 4 are within 24, 2 + 19 + 4 are not. */
	code(&s, URL, CODE, url_of(32), BA_QR_AUTO, true);
	assert_true(has_qr() && !is_beside());
	assert_int_equal(count_lines(), 22);
	code(&s, URL, CODE, url_of(33), BA_QR_AUTO, true);
	assert_true(is_beside());
	/* 1 + 21 + 2, if the first line is one: 14 + 40 + 4 + 22 columns. */
	s.user = "a-user-of-this";
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, true);
	assert_true(is_beside());
	assert_int_equal(count_lines(), 24);
	assert_int_equal(
	    strncmp(text, "Scan this, or read on:\n\xe2\x96\x88", 26), 0);
	s.user = "a-user-of-this-";
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, true);
	assert_false(has_qr());
	assert_int_equal(count_lines(), 5);
	code(&s, URL, CODE, url_of(53), BA_QR_AUTO, true);
	assert_true(is_beside());
	/* A host of ours of more than 40. */
	s.user = "alice";
	s.host = "a-host-of-forty-nine-columns.of-this.example.org1";
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, true);
	assert_true(is_beside());
	s.host = "a-host-of-forty-nine-columns.of-this.example.org12";
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, true);
	assert_false(has_qr());
}

/* DEV-09, V37: all of the scene and the warning, in lines that fit. */
static void
DEV_09_the_scene_beside_the_picture(void **state)
{
	struct ba_device_scene s = scene;
	char lots[600];

	(void)state;
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, true);
	assert_true(is_beside() && widest() <= 80);
	assert_true(has("    to:   web1.example.org\n") &&
		    has("    for:  sshd\n") && has("    as:   alice\n") &&
		    has("    from: 192.0.2.7\n") &&
		    has("    at:   2023-11-14 22:13 UTC\n"));
	assert_true(has("  Only approve a login that you have\n") &&
		    has("  begun yourself, just now.\n"));
	assert_true(
	    ends_with("\nOpen " URL "\nand enter the code " CODE ".  " ENTER));
	check_modules(url_of(78));
	/* The longest that there may be; of all of them the ends are there. */
	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = '\0';
	s = (struct ba_device_scene){ lots, lots, "alice", lots, lots, NOW };
	code(&s, URL, CODE, url_of(78), BA_QR_AUTO, false);
	assert_true(is_beside() && widest() == 80);
	assert_true(has("  at:   2023-11-14 22:13 UTC\n") &&
		    has("begun yourself, just now.\n"));
	check_modules(url_of(78));
}

/* 80 columns are one line, 81 are two; wide characters are two columns. */
static void
columns_are_counted(void **state)
{
	const char *fit = "https://a-page-of-forty-two-bytes.example/";
	char url[256] = "https://";
	size_t i;

	(void)state;
	/* With "Open " before it; 19 + 3 lines, and the cursor's. */
	memset(url + 8, 'a', 67);
	code(&scene, url, CODE, fit, BA_QR_AUTO, false);
	assert_true(has_qr() && !is_beside());
	url[75] = 'a';
	code(&scene, url, CODE, fit, BA_QR_AUTO, false);
	assert_true(is_beside());
	/* "and enter the code " is 19, and so are 61 left. */
	memset(url, 0, sizeof(url));
	for (i = 0; i < 20; i++)
		strcat(url, "\xe6\xbc\xa2");
	code(&scene, URL, url, fit, BA_QR_AUTO, false);
	assert_true(has_qr() && !is_beside());
}

static void
qr_as_configured(void **state)
{
	char huge[512];

	(void)state;
	code(&scene, URL, CODE, URL, BA_QR_NO, false);
	assert_false(has_qr());
	code(&scene, URL, CODE, NULL, BA_QR_YES, false);
	assert_false(has_qr());
	code(&scene, URL, CODE, "", BA_QR_YES, false);
	assert_false(has_qr());
	/* One that no message holds is left out; the words are all there. */
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	code(&scene, URL, CODE, huge, BA_QR_YES, true);
	assert_false(has_qr());
	assert_true(ends_with("code " CODE "\n" ENTER));
	assert_int_equal(count_lines(), 5);
}

/* What others chose holds neither controls nor more than its share. */
static void
V21_what_strangers_choose(void **state)
{
	struct ba_device_scene s = scene;
	char lots[600];

	(void)state;
	s.user = "a\x1b[2J\nroot\x7f";
	s.rhost = "h\r\nOpen https://evil\xe2\x80\xae";
	ask(&s);
	assert_false(has("\x1b") || has("\r") || has("\xe2\x80\xae"));
	assert_true(has("a?[2J?root?\n"));
	code(&s, URL, CODE, URL, BA_QR_AUTO, true);
	assert_false(has("\x1b") || has("\r") || has("\xe2\x80\xae"));
	assert_true(has("h??Open https://evil?"));
	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = '\0';
	s = (struct ba_device_scene){ lots, lots, lots, lots, lots, NOW };
	ask(&s);
	/* What stock PAM hosts show of one message. */
	assert_true(strlen(text) < 512);
	assert_true(ends_with("Press Enter to get a code: "));
	code(&s, URL, CODE, URL, BA_QR_YES, true);
	assert_true(has("\nand enter the code " CODE) && ends_with(ENTER));
}

static void
no_room(void **state)
{
	struct ba_buf b;
	size_t max;

	(void)state;
	for (max = 1; max < 200; max++) {
		ba_buf_init(&b, max);
		assert_int_equal(ba_device_ask_text(&scene, &b), BA_ERR_LIMIT);
		ba_buf_wipe(&b);
		ba_buf_init(&b, max);
		assert_int_equal(ba_device_code_text(&scene, URL, CODE, URL,
				     BA_QR_YES, true, &b),
		    BA_ERR_LIMIT);
		ba_buf_wipe(&b);
	}
	ba_buf_init(&b, 40);
	assert_int_equal(ba_device_again_text(URL, CODE, &b), BA_ERR_LIMIT);
	ba_buf_wipe(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(DEV_09_who_logs_in_where),
		cmocka_unit_test(words_first_and_the_code_last),
		cmocka_unit_test(again_without_a_picture),
		cmocka_unit_test(DEV_08_the_qr_code),
		cmocka_unit_test(auto_fits_the_screen),
		cmocka_unit_test(auto_counts_what_ssh_puts_before),
		cmocka_unit_test(DEV_09_the_scene_beside_the_picture),
		cmocka_unit_test(columns_are_counted),
		cmocka_unit_test(qr_as_configured),
		cmocka_unit_test(V21_what_strangers_choose),
		cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
