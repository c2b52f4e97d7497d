/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/err.h"

#include "broker/audit.h"

static char last[BA_LOG_LINE_MAX];
static enum ba_log_level last_level;

static void
keep(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	last_level = level;
	snprintf(last, sizeof(last), "%s", text);
}

static const struct ba_log log_to_here = { keep, NULL };

static struct ba_audit
usual(void)
{
	return (struct ba_audit){
		.kind = "ask",
		.id = "00112233445566778899aabbccddeeff",
		.err = BA_OK,
		.service = "sshd",
		.user = "alice",
		.peer = 0,
		.rhost = "192.0.2.1",
		.tty = "ssh",
		.issuer = "https://id.example.org/a",
		.sub = "248289761001",
	};
}

static void
accepted(void **state)
{
	struct ba_audit a = usual();

	(void)state;
	ba_audit(&log_to_here, &a);
	assert_string_equal(last,
	    "ask verdict=accepted id=00112233445566778899aabbccddeeff "
	    "service=sshd user=alice peer=0 rhost=192.0.2.1 tty=ssh "
	    "issuer=https://id.example.org/a sub=248289761001");
	assert_int_equal(last_level, BA_LOG_INFO);
}

static void
refused(void **state)
{
	struct ba_audit a = {
		.kind = "account",
		.err = BA_ERR_SIGNATURE,
		.check = "signature",
		.service = "smtp",
		.peer = 33,
		.missed = 12,
	};

	(void)state;
	ba_audit(&log_to_here, &a);
	assert_string_equal(last,
	    "account verdict=refused error=SIGNATURE check=signature "
	    "service=smtp peer=33 unlogged=12");
	assert_int_equal(last_level, BA_LOG_NOTICE);
}

/* How somebody came who has no token. */
static void
came_another_way(void **state)
{
	struct ba_audit a = usual();

	(void)state;
	a.kind = "account";
	a.id = a.issuer = a.sub = NULL;
	a.way = "publickey,keyboard-interactive";
	ba_audit(&log_to_here, &a);
	assert_string_equal(last,
	    "account verdict=accepted service=sshd user=alice peer=0 "
	    "rhost=192.0.2.1 tty=ssh way=\"publickey,keyboard-interactive\"");
}

/* SA-06: who acts for whom. */
static void
SA_06_for_somebody_else(void **state)
{
	struct ba_audit a = usual();

	(void)state;
	a.user = "info@example.org";
	a.person = "alice@example.org";
	a.rhost = a.tty = NULL;
	ba_audit(&log_to_here, &a);
	assert_string_equal(last,
	    "ask verdict=accepted id=00112233445566778899aabbccddeeff "
	    "service=sshd user=info@example.org person=alice@example.org "
	    "peer=0 issuer=https://id.example.org/a sub=248289761001");
}

static void
levels(void **state)
{
	static const struct {
		int err;
		enum ba_log_level level;
		const char *verdict;
	} cases[] = {
		{ BA_ERR_SCOPE, BA_LOG_NOTICE, " verdict=\"not allowed\" " },
		{ BA_ERR_HTTP, BA_LOG_WARNING, " verdict=unavailable " },
		{ BA_ERR_NOMEM, BA_LOG_ERR, " verdict=\"our fault\" " },
	};
	struct ba_audit a = usual();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a.err = cases[i].err;
		ba_audit(&log_to_here, &a);
		assert_int_equal(last_level, cases[i].level);
		assert_non_null(strstr(last, cases[i].verdict));
	}
}

/* V21: a stranger's text can neither end a word nor begin another. */
static void
V21_no_word_can_be_forged(void **state)
{
	struct ba_audit a = usual();

	(void)state;
	a.err = BA_ERR_KEY;
	a.rhost = "x verdict=accepted";
	a.user = "a\" verdict=\"accepted";
	a.person = "b peer=1";
	a.way = "x\ny";
	a.sub = "a\\\n\x1b[31mb\xff";
	ba_audit(&log_to_here, &a);
	assert_string_equal(last,
	    "ask verdict=refused error=KEY "
	    "id=00112233445566778899aabbccddeeff service=sshd "
	    "user=\"a? verdict=?accepted\" person=\"b peer=1\" peer=0 "
	    "rhost=\"x verdict=accepted\" tty=ssh way=\"x?y\" "
	    "issuer=https://id.example.org/a sub=\"a???[31mb?\"");
}

/*
 * The longest of everything: all words are there still.  Whoever came another
 * way has no token that names a person.
 */
static void
long_values_are_cut_each(void **state)
{
	struct ba_audit a = usual();
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	a.err = BA_ERR_USER_MISMATCH;
	a.check = "user";
	a.user = a.person = a.rhost = a.tty = a.issuer = a.sub = text;
	a.service = text + sizeof(text) - 1 - 64;
	ba_audit(&log_to_here, &a);
	assert_true(strlen(last) < BA_LOG_LINE_MAX - 1);
	assert_non_null(strstr(last, " rhost=x"));
	assert_non_null(strstr(last, " tty=x"));
	assert_non_null(strstr(last, " issuer=x"));
	assert_non_null(strstr(last, " sub=xxx"));
	a.person = a.issuer = a.sub = NULL;
	a.way = text;
	ba_audit(&log_to_here, &a);
	assert_true(strlen(last) < BA_LOG_LINE_MAX - 1);
	assert_non_null(strstr(last, " way=xxx"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused),
		cmocka_unit_test(came_another_way),
		cmocka_unit_test(SA_06_for_somebody_else),
		cmocka_unit_test(levels),
		cmocka_unit_test(V21_no_word_can_be_forged),
		cmocka_unit_test(long_values_are_cut_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
