/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/askpass_conf.h"
#include "cli/prompt.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define U63  "a23456789012345678901234567890123456789012345678901234567890123"
#define U252 U63 U63 U63 U63

static void
test_V41_prompts_that_are_answered(void **state)
{
	static const struct {
		const char *text, *host;
		unsigned part;
	} t[] = {
		{ "(alice@bastion.example.org) OAuth token: ",
		    "bastion.example.org", 1 },
		{ "(alice@bastion.example.org) OAuth token, part 2: ",
		    "bastion.example.org", 2 },
		{ "(a@b) OAuth token, part 9: ", "b", 9 },
		{ "(a@b) OAuth token, part 10: ", "b", 10 },
		{ "(a@b) OAuth token, part 99: ", "b", 99 },
		{ "(A.b_c-9@10.0.0.1) OAuth token: ", "10.0.0.1", 1 },
		{ "(a@fe80::1%eth0) OAuth token: ", "fe80::1%eth0", 1 },
		{ "(a@" U252 "abc) OAuth token: ", U252 "abc", 1 },
		{ "(a@b) OAuth token, or Enter to use a web browser: ", "b",
		    1 },
	};
	char host[BA_PROMPT_HOST_MAX + 1];
	unsigned part;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		if (ba_prompt_parse(t[i].text, host, sizeof(host), &part) !=
		    BA_OK)
			fail_msg("%s", t[i].text);
		assert_string_equal(host, t[i].host);
		assert_int_equal(part, t[i].part);
	}
}

/* Each is one of the above with one thing wrong. */
static void
test_V41_prompts_that_are_not_answered(void **state)
{
	static const char *const t[] = {
		"",
		"OAuth token: ",
		"a@b's password: ",
		"(a@b) Password: ",
		"(a@b) Verification code: ",
		"Enter passphrase for key '/home/alice/.ssh/id_ed25519': ",
		"Are you sure you want to continue connecting "
		"(yes/no/[fingerprint])? ",
		"(a@b) OAuth token:",
		"(a@b) OAuth token:  ",
		"(a@b) OAuth token: \n",
		"(a@b) OAuth token: x",
		"(a@b)  OAuth token: ",
		"(a@b)OAuth token: ",
		" (a@b) OAuth token: ",
		"x(a@b) OAuth token: ",
		"(a@b) oauth token: ",
		"(a@b) OAuth token, part 2:",
		"(a@b) OAuth token, part 1: ",
		"(a@b) OAuth token, part 0: ",
		"(a@b) OAuth token, part 02: ",
		"(a@b) OAuth token, part 100: ",
		"(a@b) OAuth token, part : ",
		"(a@b) OAuth token, part -2: ",
		"(a@b) OAuth token, part +2: ",
		"(a@b) OAuth token, part 2 : ",
		"(a@b) OAuth token, part 2x: ",
		"(a@b) OAuth token, ",
		"(a@b) OAuth token, or Enter to use a web browser:",
		"(a@b) OAuth token, or Enter to use a web browser",
		"(a@b) OAuth token, or Enter to use a web browser: \n",
		"(a@b) OAuth token, or Enter to use a web browser, part 2: ",
		"(a@b) OAuth token, part 2, or Enter to use a web browser: ",
		"(a@b) OAuth token or Enter to use a web browser: ",
		"(a@b) OAuth token, or enter to use a web browser: ",
		"(a@b) Press Enter to get a code: ",
		"(a@b) Press Enter when done: ",
		"(@b) OAuth token: ",
		"(a@) OAuth token: ",
		"(b) OAuth token: ",
		"(a@b@c) OAuth token: ",
		"(a b@c) OAuth token: ",
		"(a@b c) OAuth token: ",
		"(a@b) x) OAuth token: ",
		"(a@evil) \n(a@b) OAuth token: ",
		"(a@evil) (a@b) OAuth token: ",
		"(a@evil) OAuth token: \r(a@b) OAuth token: ",
		"(a@b\n) OAuth token: ",
		"(a@b/c) OAuth token: ",
		"(a@b\xc3\xa4) OAuth token: ",
		"(a\x1b@b) OAuth token: ",
		"(a@" U252 "abcd) OAuth token: ",
	};
	char host[BA_PROMPT_HOST_MAX + 1];
	unsigned part;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		strcpy(host, "stale");
		part = 7;
		if (ba_prompt_parse(t[i], host, sizeof(host), &part) !=
		    BA_ERR_MALFORMED)
			fail_msg("%s", t[i]);
		assert_string_equal(host, "");
		assert_int_equal(part, 0);
	}
}

static void
test_host_is_never_cut(void **state)
{
	char host[4];
	unsigned part;

	(void)state;
	assert_int_equal(
	    ba_prompt_parse("(a@bcd) OAuth token: ", host, sizeof(host), &part),
	    BA_OK);
	assert_int_equal(ba_prompt_parse("(a@bcde) OAuth token: ", host,
			     sizeof(host), &part),
	    BA_ERR_MALFORMED);
}

static void
test_parts(void **state)
{
	static const struct {
		size_t n;
		unsigned part;
		size_t offset, len;
	} t[] = {
		{ 0, 1, 0, 0 },
		{ 1, 1, 0, 1 },
		{ 1022, 1, 0, 1022 },
		{ 1022, 2, 1022, 0 },
		{ 1023, 1, 0, 1023 },
		{ 1023, 2, 1023, 0 },
		{ 1024, 1, 0, 1023 },
		{ 1024, 2, 1023, 1 },
		{ 1024, 3, 1024, 0 },
		{ 2046, 2, 1023, 1023 },
		{ 2046, 3, 2046, 0 },
		{ 65536, 65, 65472, 64 },
		{ 65536, 66, 65536, 0 },
		{ 65536, 99, 65536, 0 },
		{ 5, 0, 5, 0 },
	};
	size_t i, offset, len;

	(void)state;
	for (i = 0; i < N(t); i++) {
		ba_part_of(t[i].n, t[i].part, &offset, &len);
		assert_int_equal(offset, t[i].offset);
		assert_int_equal(len, t[i].len);
	}
}

/* Parts put together are the token, whatever its length. */
static void
test_parts_are_the_whole(void **state)
{
	size_t n, sum, offset, len;
	unsigned part;

	(void)state;
	for (n = 0; n < 5000; n += 7) {
		sum = 0;
		for (part = 1; part < 99; part++) {
			ba_part_of(n, part, &offset, &len);
			assert_int_equal(offset, sum);
			assert_true(len <= BA_PART_SIZE);
			sum += len;
			if (len == 0)
				break;
		}
		assert_int_equal(sum, n);
	}
}

static void
test_TOK01_token68(void **state)
{
	static const struct {
		const char *token;
		bool ok;
	} t[] = {
		{ "a", true },
		{ "a.b.c", true },
		{ "AZaz09-._~+/", true },
		{ "a==", true },
		{ "", false },
		{ "=", false },
		{ "a=b", false },
		{ "a b", false },
		{ "a\n", false },
		{ "a\nb", false },
		{ "a\r", false },
		{ "a\"", false },
		{ "a,b", false },
		{ "a\x80", false },
	};
	static char longest[65537];
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++)
		assert_int_equal(
		    ba_token68_ok(t[i].token, strlen(t[i].token)), t[i].ok);
	assert_false(ba_token68_ok("a\0b", 3));
	memset(longest, 'x', sizeof(longest));
	assert_true(ba_token68_ok(longest, 65536));
	assert_false(ba_token68_ok(longest, 65537));
}

static int
parse(
    const char *s, struct ba_askpass_conf *c, unsigned *line, const char **why)
{
	static char text[8192];

	assert_true(strlen(s) < sizeof(text));
	strcpy(text, s);
	return ba_askpass_conf_parse(text, c, line, why);
}

static void
test_conf_with_command(void **state)
{
	struct ba_askpass_conf c;
	const char *why;
	unsigned line;

	(void)state;
	assert_int_equal(parse("# mine\n\n"
			       "host = bastion.example.org\tother.example.org\n"
			       "  host=10.0.0.1\r\n"
			       "command = /usr/bin/oidc-token  --time=60 work ",
			     &c, &line, &why),
	    BA_OK);
	assert_null(why);
	assert_int_equal(line, 0);
	assert_int_equal(c.n_hosts, 3);
	assert_string_equal(c.host[0], "bastion.example.org");
	assert_string_equal(c.host[1], "other.example.org");
	assert_string_equal(c.host[2], "10.0.0.1");
	assert_int_equal(c.n_words, 3);
	assert_string_equal(c.command[0], "/usr/bin/oidc-token");
	assert_string_equal(c.command[1], "--time=60");
	assert_string_equal(c.command[2], "work");
	assert_null(c.command[3]);
	assert_null(c.token_file);
}

static void
test_conf_with_token_file(void **state)
{
	struct ba_askpass_conf c;
	const char *why;
	unsigned line;

	(void)state;
	assert_int_equal(
	    parse("token_file = ~/my token \nhost = a", &c, &line, &why),
	    BA_OK);
	assert_string_equal(c.token_file, "~/my token");
	assert_int_equal(c.n_words, 0);
}

static void
test_hosts_byte_for_byte(void **state)
{
	struct ba_askpass_conf c;
	const char *why;
	unsigned line;

	(void)state;
	assert_int_equal(parse("host = a.example b.example\ntoken_file = /t",
			     &c, &line, &why),
	    BA_OK);
	assert_true(ba_askpass_conf_lists(&c, "a.example"));
	assert_true(ba_askpass_conf_lists(&c, "b.example"));
	assert_false(ba_askpass_conf_lists(&c, "A.example"));
	assert_false(ba_askpass_conf_lists(&c, "a.example."));
	assert_false(ba_askpass_conf_lists(&c, "a.exampl"));
	assert_false(ba_askpass_conf_lists(&c, "x.a.example"));
	assert_false(ba_askpass_conf_lists(&c, "a.example b.example"));
	assert_false(ba_askpass_conf_lists(&c, ""));
}

/* Every bad one has its line; the twin without that line is good. */
static void
test_conf_that_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned line; /* 0: all of it */
	} t[] = {
		{ "host = a\ntoken_file = /t\n", UINT32_MAX }, /* good */
		{ "", 0 },
		{ "host = a\n", 0 },
		{ "token_file = /t\n", 0 },
		{ "host = a\ntoken_file = /t\ncommand = /c\n", 0 },
		{ "host = a\ntoken_file = /t\ntoken_file = /t\n", 3 },
		{ "host = a\ncommand = /c\ncommand = /c\n", 3 },
		{ "host = a\ntoken_file = t\n", 2 },
		{ "host = a\ntoken_file = ~other/t\n", 2 },
		{ "host =\ntoken_file = /t\n", 1 },
		{ "host a\ntoken_file = /t\n", 1 },
		{ "= a\ntoken_file = /t\n", 1 },
		{ "hosts = a\ntoken_file = /t\n", 1 },
		{ "Host = a\ntoken_file = /t\n", 1 },
		{ "[host]\nhost = a\ntoken_file = /t\n", 1 },
		{ "host = *.example\ntoken_file = /t\n", 1 },
		{ "host = me@a\ntoken_file = /t\n", 1 },
		{ "host = a,b\ntoken_file = /t\n", 1 },
		{ "host = a\ncommand = sh -c 'x'\n", 2 },
		{ "host = a\ncommand = x | y\n", 2 },
		{ "host = a\ncommand = x $HOME\n", 2 },
		{ "host = a\ncommand = ~/x\n", 2 },
		{ "host = a\ncommand = x ~/y\n", 2 },
		{ "host = a\ncommand = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 "
		  "17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33\n",
		    2 },
	};
	struct ba_askpass_conf c;
	const char *why;
	unsigned line;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < N(t); i++) {
		r = parse(t[i].text, &c, &line, &why);
		if (t[i].line == UINT32_MAX) {
			assert_int_equal(r, BA_OK);
			continue;
		}
		if (r != BA_ERR_CONFIG || line != t[i].line || why == NULL)
			fail_msg(
			    "%s: %s, line %u", t[i].text, ba_err_name(r), line);
	}
}

static void
test_conf_limits(void **state)
{
	char text[2048] = "token_file = /t\nhost =";
	struct ba_askpass_conf c;
	const char *why;
	unsigned line;
	int i;

	(void)state;
	for (i = 0; i < BA_ASKPASS_HOSTS_MAX; i++)
		strcat(text, " h");
	assert_int_equal(parse(text, &c, &line, &why), BA_OK);
	assert_int_equal(c.n_hosts, BA_ASKPASS_HOSTS_MAX);
	strcat(text, " h");
	assert_int_equal(parse(text, &c, &line, &why), BA_ERR_CONFIG);
	assert_int_equal(line, 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_V41_prompts_that_are_answered),
		cmocka_unit_test(test_V41_prompts_that_are_not_answered),
		cmocka_unit_test(test_host_is_never_cut),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_are_the_whole),
		cmocka_unit_test(test_TOK01_token68),
		cmocka_unit_test(test_conf_with_command),
		cmocka_unit_test(test_conf_with_token_file),
		cmocka_unit_test(test_hosts_byte_for_byte),
		cmocka_unit_test(test_conf_that_is_refused),
		cmocka_unit_test(test_conf_limits),
	};

	return cmocka_run_group_tests_name("askpass", tests, NULL, NULL);
}
