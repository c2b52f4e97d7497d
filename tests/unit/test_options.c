/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/paths.h"

#include "broker/options.h"

/* argv as one text, words apart by one space; "~" is an empty word. */
static int
parse(const char *words, struct ba_options *o, const char **badp,
    const char **whyp)
{
	static char text[256];
	char *argv[32], *word, *rest = text;
	int argc = 0;

	strcpy(text, words);
	argv[argc++] = text;
	while ((word = strsep(&rest, " ")) != NULL) {
		if (argc == 1 && word == text && word[0] == '\0')
			continue;
		argv[argc++] = strcmp(word, "~") == 0 ? word + 1 : word;
	}
	argv[argc] = NULL;
	return ba_options_parse(argc, argv, o, badp, whyp);
}

static void
defaults(void **state)
{
	struct ba_options o;
	const char *bad, *why;

	(void)state;
	assert_int_equal(parse("", &o, &bad, &why), BA_OK);
	assert_string_equal(o.config, BA_CONFIG_FILE);
	assert_string_equal(o.store, BA_STORE_FILE);
	assert_string_equal(o.socket, BA_ASK_SOCKET);
	assert_string_equal(o.control, BA_CONTROL_SOCKET);
	assert_string_equal(o.fetch_helper, BA_FETCH_HELPER);
	assert_string_equal(o.user, BA_USER);
	assert_false(o.spawned || o.help || o.version || o.syslog ||
		     o.own_config || o.own_store);
}

static void
every_option(void **state)
{
	struct ba_options o;
	const char *bad, *why;

	(void)state;
	assert_int_equal(parse("--config /c --store /s --socket /a "
			       "--control /k --fetch-helper /f --user u "
			       "--log syslog --help --version",
			     &o, &bad, &why),
	    BA_OK);
	assert_string_equal(o.config, "/c");
	assert_string_equal(o.store, "/s");
	assert_string_equal(o.socket, "/a");
	assert_string_equal(o.control, "/k");
	assert_string_equal(o.fetch_helper, "/f");
	assert_string_equal(o.user, "u");
	assert_true(
	    o.syslog && o.help && o.version && o.own_config && o.own_store);
	assert_int_equal(parse("--log stderr", &o, &bad, &why), BA_OK);
	assert_false(o.syslog);
	assert_int_equal(parse("--spawned --config /c", &o, &bad, &why), BA_OK);
	assert_true(o.spawned);
	assert_string_equal(o.config, "/c");
}

/* Each beside its twin with the one defect repaired. */
static void
refused(void **state)
{
	static const struct {
		const char *bad, *arg, *good;
	} cases[] = {
		{ "--conf /c", "--conf", "--config /c" },
		{ "--config=/c", "--config=/c", "--config /c" },
		{ "extra", "extra", "" },
		{ "--config", "--config", "--config /c" },
		{ "--config ~", "--config", "--config /c" },
		{ "--config c", "--config", "--config /c" },
		{ "--user ~", "--user", "--user u" },
		{ "--config /c --config /c", "--config", "--config /c" },
		{ "--help --help", "--help", "--help" },
		{ "--log file", "--log", "--log stderr" },
		{ "--spawned --store /s", "--store", "--store /s" },
		{ "--spawned --socket /s", "--socket", "--spawned" },
		{ "--spawned --control /s", "--control", "--spawned" },
		{ "--spawned --fetch-helper /s", "--fetch-helper",
		    "--spawned" },
		{ "--user u --spawned", "--user", "--user u" },
		{ "--spawned --log stderr", "--log", "--spawned" },
	};
	struct ba_options o;
	const char *bad, *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    parse(cases[i].bad, &o, &bad, &why), BA_ERR_CONFIG);
		assert_string_equal(bad, cases[i].arg);
		assert_non_null(why);
		assert_int_equal(parse(cases[i].good, &o, &bad, &why), BA_OK);
		assert_null(bad);
		assert_null(why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_option),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
