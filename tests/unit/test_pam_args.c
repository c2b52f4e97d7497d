/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/paths.h"
#include "pam/args.h"

static char lines[4096]; /* what was logged, each line with a LF */

static void
keep_line(void *arg, enum ba_log_level level, const char *text)
{
	size_t n = strlen(lines);

	(void)arg;
	assert_int_equal(level, BA_LOG_ERR);
	snprintf(lines + n, sizeof(lines) - n, "%s\n", text);
}

static const struct ba_log log_here = { keep_line, NULL };

static int
parse(const char *first, const char *second, struct ba_pam_args *a)
{
	const char *argv[] = { first, second };
	int argc = first == NULL ? 0 : second == NULL ? 1 : 2;

	lines[0] = '\0';
	return ba_pam_args_parse(argc, argv, &log_here, a);
}

static void
assert_defaults(const struct ba_pam_args *a)
{
	assert_null(a->service);
	assert_string_equal(a->client.socket, BA_ASK_SOCKET);
	assert_string_equal(a->client.broker, BA_BROKER);
	assert_null(a->client.config);
	assert_int_equal(a->client.trusted_uid, 0);
	assert_null(a->client.trusted_dir);
	assert_int_equal(a->client.deadline_ms, BA_DEADLINE_PAM_MS);
	assert_false(a->use_first_pass);
	assert_false(a->try_first_pass);
	assert_false(a->opaque);
	assert_int_equal(a->method, BA_PAM_TOKEN);
	assert_false(a->held);
	assert_false(a->env);
}

static void
no_arguments_are_the_defaults(void **state)
{
	struct ba_pam_args a;

	(void)state;
	assert_int_equal(parse(NULL, NULL, &a), BA_OK);
	assert_defaults(&a);
	assert_string_equal(lines, "");
}

static void
each_argument_sets_its_field(void **state)
{
	const char *argv[] = { "service=sshd", "socket=/s", "broker=/b",
		"config=/c", "deadline=7", "try_first_pass" };
	struct ba_pam_args a;

	(void)state;
	assert_int_equal(ba_pam_args_parse(6, argv, &log_here, &a), BA_OK);
	assert_string_equal(a.service, "sshd");
	assert_string_equal(a.client.socket, "/s");
	assert_string_equal(a.client.broker, "/b");
	assert_string_equal(a.client.config, "/c");
	assert_int_equal(a.client.deadline_ms, 7000);
	assert_true(a.try_first_pass);
	assert_false(a.use_first_pass);
	assert_false(a.opaque);
	assert_int_equal(parse("opaque", NULL, &a), BA_OK);
	assert_true(a.opaque);
	assert_int_equal(parse("use_first_pass", NULL, &a), BA_OK);
	assert_false(a.opaque);
	assert_true(a.use_first_pass);
	assert_int_equal(a.client.trusted_uid, 0);
	assert_int_equal(parse("method=auto", "messages=held", &a), BA_OK);
	assert_int_equal(a.method, BA_PAM_AUTO);
	assert_true(a.held);
	assert_int_equal(parse("method=device", "env", &a), BA_OK);
	assert_int_equal(a.method, BA_PAM_DEVICE);
	assert_true(a.env);
	assert_false(a.held);
	assert_int_equal(parse("method=token", "messages=shown", &a), BA_OK);
	assert_int_equal(a.method, BA_PAM_TOKEN);
	assert_false(a.held);
	assert_int_equal(parse("method=token", "use_first_pass", &a), BA_OK);
	assert_int_equal(parse("method=auto", "try_first_pass", &a), BA_OK);
}

/* sshd and its parts hold texts back; who is told otherwise knows better. */
static void
an_sshd_holds_messages(void **state)
{
	static const struct {
		char name[16];
		bool held;
	} hosts[] = {
		{ "sshd", true },
		{ "sshd-session", true },
		{ "sshd-auth", true },
		{ "ssh", false },
		{ "xsshd", false },
		{ "sudo", false },
		{ "", false },
	};
	char *saved = program_invocation_short_name;
	struct ba_pam_args a;
	char name[16];
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++) {
		memcpy(name, hosts[i].name, sizeof(name));
		program_invocation_short_name = name;
		assert_int_equal(parse(NULL, NULL, &a), BA_OK);
		assert_int_equal(a.held, hosts[i].held);
		assert_int_equal(parse("messages=held", NULL, &a), BA_OK);
		assert_true(a.held);
		assert_int_equal(parse("messages=shown", NULL, &a), BA_OK);
		assert_false(a.held);
	}
	program_invocation_short_name = saved;
}

#define S10  "0123456789"
#define S50  S10 S10 S10 S10 S10
#define S100 S50 S50

/* Each bad line with the same line put right. */
static const struct pair {
	const char *bad[2], *good[2];
	const char *says; /* part of the log line */
} pairs[] = {
	{ { "debug" }, { "use_first_pass" }, "unknown argument \"debug\"" },
	{ { "Service=x" }, { "service=x" }, "unknown argument" },
	{ { "service" }, { "service=x" }, "unknown argument" },
	{ { "use_first_pass=1" }, { "use_first_pass" }, "unknown argument" },
	{ { "use_first_passs" }, { "use_first_pass" }, "unknown argument" },
	{ { "" }, { NULL }, "unknown argument \"\"" },
	{ { " service=x" }, { "service=x" }, "unknown argument" },
	{ { "trusted_uid=1" }, { NULL }, "unknown argument" },
	{ { "service=x", "service=x" }, { "service=x" }, "stands twice" },
	{ { "socket=/a", "socket=/b" }, { "socket=/a" }, "stands twice" },
	{ { "try_first_pass", "try_first_pass" }, { "try_first_pass" },
	    "stands twice" },
	{ { "try_first_pass", "use_first_pass" }, { "try_first_pass" },
	    "leave out either this or try_first_pass" },
	{ { "use_first_pass", "try_first_pass" }, { "use_first_pass" },
	    "leave out either this or use_first_pass" },
	{ { "service=" }, { "service=a" }, "1 to 64 characters" },
	{ { "service=" S50 S10 "01234" }, { "service=" S50 S10 "0123" },
	    "1 to 64 characters" },
	{ { "service=a\tb" }, { "service=a b" }, "1 to 64 characters" },
	{ { "service=\xff" }, { "service=\xc3\xa9" }, "1 to 64 characters" },
	{ { "socket=" }, { "socket=/" }, "absolute path" },
	{ { "socket=run/ask" }, { "socket=/run/ask" }, "absolute path" },
	{ { "socket=./ask" }, { "socket=/ask" }, "absolute path" },
	{ { "socket=/" S100 "0123456" }, { "socket=/" S100 "012345" },
	    "107 characters" },
	{ { "socket=/a\n" }, { "socket=/a" }, "absolute path" },
	{ { "broker=bearerauthd" }, { "broker=/bearerauthd" },
	    "absolute path" },
	{ { "broker=" }, { "broker=/b" }, "absolute path" },
	{ { "config=conf" }, { "config=/conf" }, "absolute path" },
	{ { "config=" }, { "config=/conf" }, "absolute path" },
	{ { "deadline=" }, { "deadline=1" }, "from 1 to 60" },
	{ { "deadline=0" }, { "deadline=1" }, "from 1 to 60" },
	{ { "deadline=61" }, { "deadline=60" }, "from 1 to 60" },
	{ { "deadline=100" }, { "deadline=10" }, "from 1 to 60" },
	{ { "deadline=05" }, { "deadline=5" }, "from 1 to 60" },
	{ { "deadline=-1" }, { "deadline=1" }, "from 1 to 60" },
	{ { "deadline=+1" }, { "deadline=1" }, "from 1 to 60" },
	{ { "deadline= 1" }, { "deadline=1" }, "from 1 to 60" },
	{ { "deadline=1s" }, { "deadline=1" }, "from 1 to 60" },
	{ { "deadline=1e1" }, { "deadline=10" }, "from 1 to 60" },
	{ { "method=" }, { "method=auto" }, "token, auto or device" },
	{ { "method=Device" }, { "method=device" }, "token, auto or device" },
	{ { "method=token " }, { "method=token" }, "token, auto or device" },
	{ { "method" }, { "method=token" }, "unknown argument" },
	{ { "method=auto", "method=auto" }, { "method=auto" }, "stands twice" },
	{ { "messages=" }, { "messages=held" }, "shown or held" },
	{ { "messages=hidden" }, { "messages=shown" }, "shown or held" },
	{ { "messages=HELD" }, { "messages=held" }, "shown or held" },
	{ { "env=yes" }, { "env" }, "unknown argument" },
	{ { "env", "env" }, { "env" }, "stands twice" },
	{ { "use_first_pass", "method=auto" },
	    { "try_first_pass", "method=auto" }, "write try_first_pass" },
	{ { "method=device", "use_first_pass" },
	    { "method=device", "try_first_pass" }, "write try_first_pass" },
};

static void
a_bad_argument_is_refused_and_its_twin_taken(void **state)
{
	struct ba_pam_args a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct pair *p = &pairs[i];

		assert_int_equal(
		    parse(p->bad[0], p->bad[1], &a), BA_ERR_CONFIG);
		assert_defaults(&a);
		assert_non_null(strstr(lines, p->says));
		assert_int_equal(parse(p->good[0], p->good[1], &a), BA_OK);
		assert_string_equal(lines, "");
	}
}

static void
the_log_line_is_one_line_whatever_the_argument(void **state)
{
	struct ba_pam_args a;

	(void)state;
	assert_int_equal(parse("evil\nAccepted\x1b[2J\xe2\x80\xae", NULL, &a),
	    BA_ERR_CONFIG);
	assert_non_null(strstr(lines, "\"evil?Accepted?[2J?\""));
}

static void
a_good_argument_before_a_bad_one_is_forgotten(void **state)
{
	struct ba_pam_args a;

	(void)state;
	assert_int_equal(
	    parse("socket=/elsewhere", "bogus", &a), BA_ERR_CONFIG);
	assert_defaults(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_arguments_are_the_defaults),
		cmocka_unit_test(each_argument_sets_its_field),
		cmocka_unit_test(an_sshd_holds_messages),
		cmocka_unit_test(a_bad_argument_is_refused_and_its_twin_taken),
		cmocka_unit_test(
		    the_log_line_is_one_line_whatever_the_argument),
		cmocka_unit_test(a_good_argument_before_a_bad_one_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
