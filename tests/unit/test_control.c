/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/control.h"
#include "common/json/init.h"
#include "tests/unit/control_server.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The result, and the text for free(). */
static int
ask(const char *path, const char *word, const char *const pairs[], char **textp,
    bool *repliedp)
{
	json_t *command = ba_control_command(word, pairs);
	struct ba_buf b;
	int r;

	assert_non_null(command);
	ba_buf_init(&b, 1 << 20);
	*repliedp = true;
	r = ba_control_ask(path, command, &b, repliedp);
	*textp = strdup(ba_buf_str(&b));
	assert_non_null(*textp);
	ba_buf_wipe(&b);
	json_decref(command);
	return r;
}

/* Words where older brokers know no other, and JSON for all else. */
static void
test_what_is_sent(void **state)
{
	static const struct control_reply ok[] = { { .text = "fine\n" } };
	static const struct {
		const char *word;
		const char *pairs[5];
		const char *sent;
	} cases[] = {
		{ "status", { NULL }, "status" },
		{ "reload", { NULL }, "reload" },
		{ "status", { "issuer", "x", NULL },
		    "{\"command\":\"status\",\"issuer\":\"x\"}" },
		{ "keys", { NULL }, "{\"command\":\"keys\"}" },
		{ "keys", { "issuer", NULL, "sub", NULL, NULL },
		    "{\"command\":\"keys\"}" },
		{ "block", { "issuer", "https://a", "sub", "\"\t\\\",", NULL },
		    "{\"command\":\"block\",\"issuer\":\"https://a\","
		    "\"sub\":\"\\\"\\t\\\\\\\",\"}" },
	};
	struct control_server s;
	bool replied;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		control_server_start(&s, ok, 1);
		assert_int_equal(
		    ask(s.path, cases[i].word, cases[i].pairs, &text, &replied),
		    BA_OK);
		assert_true(replied);
		assert_string_equal(text, "fine\n");
		free(text);
		control_server_stop(&s);
		assert_int_equal(s.asked, 1);
		assert_string_equal(s.command[0], cases[i].sent);
	}
}

/* Each family is the general error of it, and the text is the broker's. */
static void
test_families(void **state)
{
	static const struct {
		unsigned family;
		int r;
	} cases[] = {
		{ BA_FAMILY_OK, BA_OK },
		{ BA_FAMILY_REFUSED, BA_ERR_REFUSED },
		{ BA_FAMILY_NOT_ALLOWED, BA_ERR_NOT_ALLOWED },
		{ BA_FAMILY_UNAVAILABLE, BA_ERR_UNAVAIL },
		{ BA_FAMILY_FAULT, BA_ERR_INTERNAL },
	};
	struct control_reply reply = { .text = "why" };
	struct control_server s;
	bool replied;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		reply.family = cases[i].family;
		control_server_start(&s, &reply, 1);
		assert_int_equal(
		    ask(s.path, "blocks", NULL, &text, &replied), cases[i].r);
		assert_true(replied);
		assert_string_equal(text, "why\n");
		free(text);
		control_server_stop(&s);
	}
}

/* Until the last line is no sign of more, each time from where we are. */
static void
test_pieces(void **state)
{
	static const struct control_reply replies[] = {
		{ .text = "a\tb\nc\n…\n" }, { .text = "d\n…\n" },
		{ .text = "…\ne…\n…f\n" }, /* no last line: content */
	};
	struct control_server s;
	bool replied;
	char *text;

	(void)state;
	control_server_start(&s, replies, 3);
	assert_int_equal(ask(s.path, "status", NULL, &text, &replied), BA_OK);
	assert_true(replied);
	assert_string_equal(text, "a\tb\nc\nd\n…\ne…\n…f\n");
	free(text);
	control_server_stop(&s);
	assert_string_equal(s.command[0], "status");
	assert_string_equal(
	    s.command[1], "{\"command\":\"status\",\"from\":2}");
	assert_string_equal(
	    s.command[2], "{\"command\":\"status\",\"from\":3}");
}

/* One that says "more" and gives nothing would keep us for ever. */
static void
test_pieces_that_never_end(void **state)
{
	static const struct control_reply replies[] = {
		{ .text = "a\n…\n" },
		{ .text = "…\n" },
		{ .text = "b\n" },
	};
	static const struct control_reply failing[] = {
		{ .text = "a\n…\n" },
		{ .text = "no\n…\n", .family = BA_FAMILY_FAULT },
		{ .text = "b\n" },
	};
	struct control_server s;
	bool replied;
	char *text;

	(void)state;
	control_server_start(&s, replies, 3);
	assert_int_equal(
	    ask(s.path, "blocks", NULL, &text, &replied), BA_ERR_PROTOCOL);
	assert_false(replied);
	free(text);
	control_server_stop(&s);
	assert_int_equal(s.asked, 2);
	control_server_start(&s, failing, 3);
	assert_int_equal(
	    ask(s.path, "blocks", NULL, &text, &replied), BA_ERR_INTERNAL);
	assert_true(replied);
	free(text);
	control_server_stop(&s);
	assert_int_equal(s.asked, 2);
}

/* Tabs part fields; what else draws on a terminal goes.  The wire keeps most
   of it out: it is a broker's bug that is met here. */
static void
test_lines_are_sanitised(void **state)
{
	static const struct control_reply replies[] = {
		{ .text = "\ta\xe2\x80\xae\t\t\xe2\x80\x8b\n\nlast\xc2\xa0" },
	};
	struct control_server s;
	bool replied;
	char *text;

	(void)state;
	control_server_start(&s, replies, 1);
	assert_int_equal(ask(s.path, "blocks", NULL, &text, &replied), BA_OK);
	assert_string_equal(text, "\ta?\t\t?\n\nlast\xc2\xa0\n");
	free(text);
	control_server_stop(&s);
}

static void
test_replies_that_are_none(void **state)
{
	static const struct control_reply bad[] = {
		{ .text = "fine\n", .hang_up = true },
		{ .text = "fine\n", .other_type = true },
	};
	static const struct control_reply good = { .text = "fine\n" };
	struct control_server s;
	bool replied;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i <= COUNT(bad); i++) {
		control_server_start(&s, i < COUNT(bad) ? &bad[i] : &good, 1);
		assert_int_equal(ask(s.path, "blocks", NULL, &text, &replied),
		    i < COUNT(bad) ? BA_ERR_PROTOCOL : BA_OK);
		assert_true(replied == (i == COUNT(bad)));
		free(text);
		control_server_stop(&s);
	}
}

/* No socket says that no service is installed; one that is dead does not. */
static void
test_who_is_not_there(void **state)
{
	static const struct control_reply ok = { .text = "fine\n" };
	char longest[200];
	struct control_server s;
	bool replied;
	char *text;

	(void)state;
	control_server_start(&s, &ok, 1);
	assert_int_equal(ask(s.path, "blocks", NULL, &text, &replied), BA_OK);
	free(text);
	(void)shutdown(s.fd, SHUT_RDWR);
	(void)close(s.fd);
	s.fd = -1;
	assert_int_equal(
	    ask(s.path, "blocks", NULL, &text, &replied), BA_ERR_UNAVAIL);
	assert_false(replied);
	assert_string_equal(text, "");
	free(text);
	control_server_stop(&s);
	assert_int_equal(
	    ask(s.path, "blocks", NULL, &text, &replied), BA_ERR_NO_BROKER);
	assert_false(replied);
	free(text);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(
	    ask(longest, "blocks", NULL, &text, &replied), BA_ERR_CONFIG);
	assert_false(replied);
	free(text);
}

/* What fits into a command, and one byte more. */
static void
test_the_longest_command(void **state)
{
	static const struct control_reply ok = { .text = "fine\n" };
	static const size_t around =
	    sizeof("{\"command\":\"block\",\"sub\":\"\"}") - 1;
	struct control_server s;
	char name[8001];
	bool replied;
	char *text;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[8000 - around] = '\0';
	control_server_start(&s, &ok, 1);
	assert_int_equal(
	    ask(s.path, "block", (const char *const[]){ "sub", name, NULL },
		&text, &replied),
	    BA_OK);
	free(text);
	control_server_stop(&s);
	assert_int_equal(strlen(s.command[0]), 8000);
	name[8000 - around] = 'x';
	name[8001 - around] = '\0';
	control_server_start(&s, &ok, 1);
	assert_int_equal(
	    ask(s.path, "block", (const char *const[]){ "sub", name, NULL },
		&text, &replied),
	    BA_ERR_LIMIT);
	assert_false(replied);
	free(text);
	control_server_stop(&s);
	assert_int_equal(s.asked, 0);
}

static void
test_arguments_that_are_no_text(void **state)
{
	json_t *o;

	(void)state;
	assert_null(ba_control_command(
	    "keys", (const char *const[]){ "issuer", "\xff", NULL }));
	o = ba_control_command(
	    "keys", (const char *const[]){ "issuer", "\xc3\xbf", NULL });
	assert_non_null(o);
	json_decref(o);
}

static int
run(const char *path, const char *header, char **outp)
{
	json_t *command = ba_control_command("keys", NULL);
	int code;

	assert_non_null(command);
	output_begin();
	code = ba_control_run(path, command, header);
	*outp = output_end();
	json_decref(command);
	return code;
}

/* Standard output is for what was asked for. */
static void
test_exit_codes(void **state)
{
	struct control_reply reply = { .text = "text\n" };
	struct control_server s;
	char *out;

	(void)state;
	control_server_start(&s, &reply, 1);
	assert_int_equal(run(s.path, "head\n", &out), 0);
	assert_string_equal(out, "head\ntext\n");
	free(out);
	control_server_stop(&s);
	control_server_start(&s, &reply, 1);
	assert_int_equal(run(s.path, NULL, &out), 0);
	assert_string_equal(out, "text\n");
	free(out);
	control_server_stop(&s);
	reply.family = BA_FAMILY_FAULT;
	control_server_start(&s, &reply, 1);
	assert_int_equal(run(s.path, "head\n", &out), 4);
	assert_string_equal(out, "");
	free(out);
	control_server_stop(&s);
	assert_int_equal(run(s.path, "head\n", &out), 3);
	assert_string_equal(out, "");
	free(out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_sent),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_pieces_that_never_end),
		cmocka_unit_test(test_lines_are_sanitised),
		cmocka_unit_test(test_replies_that_are_none),
		cmocka_unit_test(test_who_is_not_there),
		cmocka_unit_test(test_the_longest_command),
		cmocka_unit_test(test_arguments_that_are_no_text),
		cmocka_unit_test(test_exit_codes),
	};

	ba_json_init();
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
