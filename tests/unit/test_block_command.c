/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/broker_user.h"
#include "cli/cli.h"
#include "common/base/clock.h"
#include "common/base/paths.h"
#include "common/json/init.h"
#include "tests/unit/control_server.h"

#define NOW    INT64_C(1800000000) /* 2027-01-15T08:00:00Z */
#define ISS    "https://id.example.org"
#define FILE_  BA_STORE_DIR "/" BA_BLOCK_NAME
#define HEADER "issuer\tkind\tsince\tuntil\tname\n"

/* For argv, which is not const. */
#define S(s)     ((char *)(uintptr_t)(s))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ARGS_MAX 12

int64_t __wrap_ba_clock_wall(const struct ba_clock *c);
int64_t
__wrap_ba_clock_wall(const struct ba_clock *c)
{
	(void)c;
	return NOW;
}

/* --- who we are ------------------------------------------------------------ */

static unsigned made, became; /* how often */

int
ba_cli_make_store_dir(void)
{
	made++;
	return BA_OK;
}

/* As somebody who is not root; but stays where the test's files are. */
int
ba_cli_be_broker_user(int *keepp, uid_t *trusted_uidp)
{
	assert_int_equal(*keepp, -1);
	*trusted_uidp = geteuid();
	became++;
	return BA_OK;
}

int
ba_cli_absolute(const char *file, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s", file) < PATH_MAX ? BA_OK
							       : BA_ERR_LIMIT;
}

/* --- a host ---------------------------------------------------------------- */

static char home[64];

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(home, sizeof(home), "/tmp/ba-block.XXXXXX");
	assert_non_null(mkdtemp(home));
	assert_int_equal(chdir(home), 0);
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(mkdir("state/lib", 0700), 0);
	assert_int_equal(mkdir(BA_STORE_DIR, 0700), 0);
	write_file(
	    "c.conf", "[issuer " ISS "]\naudience = x\nusername = sub\n");
	write_file("bad.conf", "[nonsense]\n");
	made = became = 0;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const files[] = { FILE_, FILE_ ".lock", "c.conf",
		"bad.conf" };
	static const char *const dirs[] = { BA_STORE_DIR, "state/lib",
		"state" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(files); i++)
		(void)unlink(files[i]);
	for (i = 0; i < COUNT(dirs); i++)
		(void)rmdir(dirs[i]);
	assert_int_equal(chdir("/"), 0);
	return rmdir(home);
}

/* The exit code; what was printed is compared, unless out is NULL. */
static int
run(int (*command)(int, char *const *), const char *const args[],
    const char *out)
{
	char *argv[ARGS_MAX + 1] = { NULL };
	char *text;
	int argc, code;

	for (argc = 0; args[argc] != NULL; argc++) {
		assert_true(argc < ARGS_MAX);
		argv[argc] = S(args[argc]);
	}
	output_begin();
	code = command(argc, argv);
	text = output_end();
	if (out != NULL)
		assert_string_equal(text, out);
	free(text);
	return code;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static char *
content(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

/* --- the command line ------------------------------------------------------ */

#define HERE "--socket", "none", "--config", "c.conf"

static void
test_wrong_use(void **state)
{
	static const struct {
		const char *bad[ARGS_MAX], *good[ARGS_MAX];
	} cases[] = {
		{ { HERE, "--all" }, { HERE, "--all", "--issuer", ISS } },
		{ { HERE, "--issuer", ISS },
		    { HERE, "--issuer", ISS, "--all" } },
		{ { HERE, "--issuer", ISS, "--all", "--sub", "a" },
		    { HERE, "--issuer", ISS, "--sub", "a" } },
		{ { HERE, "--issuer", ISS, "--client", "b", "--sub", "a" },
		    { HERE, "--issuer", ISS, "--client", "b" } },
		{ { HERE, "--issuer", ISS, "--all", "--client", "a" },
		    { HERE, "--issuer", ISS, "--client", "a" } },
		{ { HERE, "--issuer", ISS, "--sub", "" },
		    { HERE, "--issuer", ISS, "--sub", "-" } },
		{ { HERE, "--issuer", ISS, "--all", "yes" },
		    { HERE, "--issuer", ISS, "--all" } },
		{ { HERE, "--issuer", ISS, "--sub", "\xff" },
		    { HERE, "--issuer", ISS, "--sub", "\xc3\xbf" } },
		{ { HERE, "--issuer", ISS, "--all", "--until", "tomorrow" },
		    { HERE, "--issuer", ISS, "--all", "--until",
			"1800000001" } },
		{ { HERE, "--issuer", ISS, "--all", "--until", "1800000000" },
		    { HERE, "--issuer", ISS, "--all", "--until",
			"1800000001" } },
		{ { HERE, "--issuer", ISS, "--all", "--until",
		      "2027-01-15T08:00:00Z" },
		    { HERE, "--issuer", ISS, "--all", "--until",
			"2027-01-15T08:00:01Z" } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (run(ba_cli_block, cases[i].bad, "") != 4 || exists(FILE_))
			fail_msg("%zu: not refused", i);
		if (run(ba_cli_block, cases[i].good, "blocked\n") != 0 ||
		    !exists(FILE_))
			fail_msg("%zu: refused", i);
		assert_int_equal(unlink(FILE_), 0);
	}
}

static void
test_the_longest_name(void **state)
{
	char name[2050];
	const char *const args[] = { HERE, "--issuer", ISS, "--sub", name,
		NULL };

	(void)state;
	memset(name, 'x', sizeof(name));
	name[2049] = '\0';
	assert_int_equal(run(ba_cli_block, args, ""), 4);
	assert_false(exists(FILE_));
	name[2048] = '\0';
	assert_int_equal(run(ba_cli_block, args, "blocked\n"), 0);
}

/* --- by the broker --------------------------------------------------------- */

/* What is the broker's to do is not done here: nobody's identity is changed
   and no file. */
static void
test_what_the_broker_is_told(void **state)
{
	static const struct control_reply ok = { .text = "blocked\n" };
	static const struct {
		int (*command)(int, char *const *);
		const char *args[ARGS_MAX - 2];
		const char *sent;
	} cases[] = {
		{ ba_cli_block, { "--issuer", ISS, "--sub", "a\"b" },
		    "{\"command\":\"block\",\"issuer\":\"" ISS
		    "\",\"sub\":\"a\\\"b\"}" },
		{ ba_cli_block,
		    { "--issuer", ISS, "--client", "c", "--until",
			"2027-01-15T08:00:01Z" },
		    "{\"command\":\"block\",\"issuer\":\"" ISS
		    "\",\"client\":\"c\",\"until\":1800000001}" },
		{ ba_cli_block, { "--all", "--issuer", "https://other" },
		    "{\"command\":\"block\",\"issuer\":\"https://other\","
		    "\"all\":true}" },
		{ ba_cli_unblock, { "--issuer", ISS, "--all" },
		    "{\"command\":\"unblock\",\"issuer\":\"" ISS
		    "\",\"all\":true}" },
	};
	const char *args[ARGS_MAX + 1];
	struct control_server s;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		control_server_start(&s, &ok, 1);
		for (n = 0; cases[i].args[n] != NULL; n++)
			args[n] = cases[i].args[n];
		args[n++] = "--socket";
		args[n++] = s.path;
		args[n] = NULL;
		assert_int_equal(run(cases[i].command, args, "blocked\n"), 0);
		control_server_stop(&s);
		assert_string_equal(s.command[0], cases[i].sent);
	}
	assert_int_equal(became + made, 0);
	assert_false(exists(FILE_));
}

static void
test_the_broker_says_no(void **state)
{
	static const struct control_reply no = { .family = BA_FAMILY_FAULT,
		.text = "no issuer\n" };
	struct control_server s;
	const char *const args[] = { "--issuer", ISS, "--all", "--config",
		"c.conf", "--socket", s.path, NULL };

	(void)state;
	control_server_start(&s, &no, 1);
	assert_int_equal(run(ba_cli_block, args, ""), 4);
	control_server_stop(&s);
	assert_int_equal(became + made, 0);
	assert_false(exists(FILE_));
}

/* A broker that is dead, or dumb, may have the list in hand all the same. */
static void
test_a_service_that_does_not_answer(void **state)
{
	static const struct control_reply dumb = { .hang_up = true };
	struct control_server s;
	const char *const args[] = { "--issuer", ISS, "--all", "--config",
		"c.conf", "--socket", s.path, NULL };
	const char *const list[] = { "--socket", s.path, NULL };

	(void)state;
	control_server_start(&s, &dumb, 1);
	assert_int_equal(run(ba_cli_block, args, ""), 3);
	(void)close(s.fd);
	s.fd = -1;
	assert_int_equal(run(ba_cli_block, args, ""), 3);
	assert_int_equal(run(ba_cli_blocks, list, ""), 3);
	assert_int_equal(became + made, 0);
	assert_false(exists(FILE_));
	/* Its twin: no socket is left at all. */
	control_server_stop(&s);
	assert_int_equal(run(ba_cli_block, args, "blocked\n"), 0);
	assert_true(exists(FILE_));
	assert_int_equal(became, 1);
	assert_int_equal(made, 1);
}

/* --- by ourselves ---------------------------------------------------------- */

static void
test_the_file(void **state)
{
	static const char *const list[] = { "--socket", "none", NULL };
	struct stat st;

	(void)state;
	assert_int_equal(run(ba_cli_blocks, list, HEADER), 0);
	assert_int_equal(run(ba_cli_block,
			     (const char *const[]){ HERE, "--issuer", ISS,
				 "--sub", "al\tice", NULL },
			     "blocked\n"),
	    0);
	assert_int_equal(
	    run(ba_cli_block,
		(const char *const[]){ HERE, "--issuer", ISS, "--client", "c",
		    "--until", "2027-01-15T08:00:01Z", NULL },
		"blocked\n"),
	    0);
	assert_int_equal(
	    run(ba_cli_block,
		(const char *const[]){ HERE, "--issuer", ISS, "--all", NULL },
		"blocked\n"),
	    0);
	assert_int_equal(
	    run(ba_cli_blocks, list,
		HEADER ISS "\tsub\t2027-01-15T08:00:00Z\t-\tal?ice\n" ISS
			   "\tclient\t2027-01-15T08:00:00Z\t"
			   "2027-01-15T08:00:01Z\tc\n" ISS
			   "\tall\t2027-01-15T08:00:00Z\t-\t-\n"),
	    0);
	assert_int_equal(stat(FILE_, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_non_null(strstr(content(FILE_), "\"sub\":\"al\\tice\""));
}

static void
test_unblock(void **state)
{
	static const char *const alice[] = { "--socket", "none", "--issuer",
		ISS, "--sub", "alice", NULL };
	static const char *const client[] = { "--socket", "none", "--issuer",
		ISS, "--client", "alice", NULL };

	(void)state;
	assert_int_equal(run(ba_cli_block,
			     (const char *const[]){ HERE, "--issuer", ISS,
				 "--sub", "alice", NULL },
			     "blocked\n"),
	    0);
	/* Another kind of the same name is another entry. */
	assert_int_equal(run(ba_cli_unblock, client, ""), 4);
	assert_int_equal(run(ba_cli_unblock, alice, "no longer blocked\n"), 0);
	assert_int_equal(run(ba_cli_unblock, alice, ""), 4);
	assert_string_equal(content(FILE_), "");
}

/* A block that holds nobody is a slip of the pen.  An issuer that has gone
   from the configuration can be let go here, too. */
static void
test_issuers_that_are_not_configured(void **state)
{
	static const char *const config[] = { "none.conf", "bad.conf",
		"c.conf" };
	const char *args[] = { "--socket", "none", "--config", NULL, "--issuer",
		ISS, "--all", NULL };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(config); i++) {
		args[3] = config[i];
		assert_int_equal(
		    run(ba_cli_block, args, i == 2 ? "blocked\n" : ""),
		    i == 2 ? 0 : 4);
		assert_true(exists(FILE_) == (i == 2));
	}
	args[5] = ISS "/"; /* byte for byte */
	assert_int_equal(run(ba_cli_block, args, ""), 4);
	write_file(
	    FILE_, "{\"issuer\":\"https://gone\",\"all\":true,\"since\":1}\n");
	assert_int_equal(run(ba_cli_unblock,
			     (const char *const[]){ "--socket", "none",
				 "--issuer", "https://gone", "--all", NULL },
			     "no longer blocked\n"),
	    0);
}

/* What is over is not listed; what cannot be read is no empty list. */
static void
test_the_list_as_it_is(void **state)
{
	static const char *const list[] = { "--socket", "none", NULL };

	(void)state;
	write_file(FILE_, "{\"issuer\":\"a\",\"sub\":\"x\",\"since\":1,"
			  "\"until\":1800000000}\n"
			  "{\"issuer\":\"a\",\"sub\":\"y\",\"since\":1,"
			  "\"until\":1800000001}\n");
	assert_int_equal(run(ba_cli_blocks, list,
			     HEADER "a\tsub\t1970-01-01T00:00:01Z\t"
				    "2027-01-15T08:00:01Z\ty\n"),
	    0);
	write_file(FILE_, "{}\n");
	assert_int_equal(run(ba_cli_blocks, list, ""), 3);
	assert_int_equal(
	    run(ba_cli_block,
		(const char *const[]){ HERE, "--issuer", ISS, "--all", NULL },
		""),
	    3);
	assert_string_equal(content(FILE_), "{}\n");
}

static void
test_no_store(void **state)
{
	(void)state;
	assert_int_equal(rmdir(BA_STORE_DIR), 0);
	assert_int_equal(
	    run(ba_cli_block,
		(const char *const[]){ HERE, "--issuer", ISS, "--all", NULL },
		""),
	    2);
	assert_int_equal(mkdir(BA_STORE_DIR, 0700), 0);
	assert_int_equal(
	    run(ba_cli_block,
		(const char *const[]){ HERE, "--issuer", ISS, "--all", NULL },
		"blocked\n"),
	    0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_wrong_use),
		TEST(test_the_longest_name),
		TEST(test_what_the_broker_is_told),
		TEST(test_the_broker_says_no),
		TEST(test_a_service_that_does_not_answer),
		TEST(test_the_file),
		TEST(test_unblock),
		TEST(test_issuers_that_are_not_configured),
		TEST(test_the_list_as_it_is),
		TEST(test_no_store),
	};

	ba_json_init();
	return cmocka_run_group_tests_name("block command", tests, NULL, NULL);
}
