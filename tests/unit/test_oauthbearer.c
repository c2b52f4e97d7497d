/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dlfcn.h>
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
#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "common/base/err.h"
#include "common/base/origin.h"
#include "common/wire/message.h"
#include "tests/unit/fake_broker.h"

/*
 * The plug-in itself, loaded by libsasl2 as the only one from a folder of
 * ours, with a client's bytes in front of it and a broker of ours behind it.
 */
#define TOKEN    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
#define FIRST    "n,,\1auth=Bearer " TOKEN "\1\1"
#define UNUSABLE "n,,\1auth=Basic dXNlcjpwYXNz\1\1"
#define QUERY    "n,,\1auth=\1\1"
#define AS_ALICE "n,a=alice,\1auth=Bearer " TOKEN "\1\1"

/* The same of the other mechanism. */
#define OTHER     "user=alice\1auth=Bearer " TOKEN "\1\1"
#define OTHER_BAD "user=alice\1auth=Basic YTpi\1\1"

#define BAD_REQUEST "{\"status\":\"invalid_request\"}"

static const char *mech; /* under test */
static char dir[64], plugdir[128], plugpath[192], library[512];
static bool trusted;
static struct fake_broker *broker;
static char lines[16384]; /* what was logged */

/* The options that the application would have in its file. */
static struct {
	const char *name, *value;
} options[4];

static int
get_option(void *context, const char *plugin, const char *name,
    const char **result, unsigned *len)
{
	size_t i;

	(void)context;
	(void)plugin;
	for (i = 0; i < 4; i++) {
		if (options[i].name == NULL || strcmp(options[i].name, name))
			continue;
		*result = options[i].value;
		if (len != NULL)
			*len = (unsigned)strlen(*result);
		return SASL_OK;
	}
	return SASL_FAIL;
}

static int
keep_line(void *context, int level, const char *message)
{
	size_t n = strlen(lines);

	(void)context;
	snprintf(lines + n, sizeof(lines) - n, "[%d]%s\n", level, message);
	return SASL_OK;
}

static int
get_path(void *context, const char **path)
{
	(void)context;
	*path = plugdir;
	return SASL_OK;
}

typedef int callback(void);

static const sasl_callback_t callbacks[] = {
	{ SASL_CB_GETOPT, (callback *)(void *)get_option, NULL },
	{ SASL_CB_LOG, (callback *)(void *)keep_line, NULL },
	{ SASL_CB_GETPATH, (callback *)(void *)get_path, NULL },
	{ SASL_CB_GETCONFPATH, (callback *)(void *)get_path, NULL },
	{ SASL_CB_LIST_END, NULL, NULL },
};

static void
set_option(size_t i, const char *name, const char *value)
{
	options[i].name = name;
	options[i].value = value;
}

static sasl_conn_t *
connect_from(const char *ip)
{
	sasl_conn_t *conn = NULL;

	assert_int_equal(sasl_server_new("smtp", "mail.example.org", NULL,
			     "127.0.0.1;25", ip, NULL, 0, &conn),
	    SASL_OK);
	return conn;
}

static int
setup(void **state)
{
	mech = "OAUTHBEARER";
	memset(options, 0, sizeof(options));
	set_option(0, "oauthbearer_socket", broker->path);
	fake_broker_reset(broker, BA_FAMILY_OK);
	snprintf(broker->names, sizeof(broker->names), "alice");
	lines[0] = '\0';
	*state = connect_from("192.0.2.7;4711");
	return 0;
}

/* Not a line of the log shows a token, nor a part of one. */
static int
teardown(void **state)
{
	sasl_conn_t *conn = *state;

	sasl_dispose(&conn);
	return strstr(lines, "eyJ") == NULL &&
		       strstr(lines, "c2lnbmF0dXJl") == NULL && !broker->garbled
		   ? 0
		   : -1;
}

static int
start(sasl_conn_t *conn, const char *in, const char **out, unsigned *n)
{
	return sasl_server_start(
	    conn, mech, in, in == NULL ? 0 : (unsigned)strlen(in), out, n);
}

static int
step(sasl_conn_t *conn, const char *in, const char **out, unsigned *n)
{
	return sasl_server_step(conn, in, (unsigned)strlen(in), out, n);
}

static void
assert_user(sasl_conn_t *conn, const char *name)
{
	const void *user = NULL, *authid = NULL;

	assert_int_equal(sasl_getprop(conn, SASL_USERNAME, &user), SASL_OK);
	assert_int_equal(sasl_getprop(conn, SASL_AUTHUSER, &authid), SASL_OK);
	assert_string_equal(user, name);
	assert_string_equal(authid, name);
}

static void
assert_nobody(sasl_conn_t *conn)
{
	const void *user = NULL;

	assert_int_not_equal(sasl_getprop(conn, SASL_USERNAME, &user), SASL_OK);
	assert_int_not_equal(sasl_getprop(conn, SASL_AUTHUSER, &user), SASL_OK);
}

static bool
is_offered(sasl_conn_t *conn)
{
	const char *list = NULL;

	if (sasl_listmech(conn, NULL, "", " ", "", &list, NULL, NULL) !=
	    SASL_OK)
		return false;
	return strcmp(list, "OAUTHBEARER XOAUTH2") == 0 ||
	       strcmp(list, "XOAUTH2 OAUTHBEARER") == 0;
}

/* With or without a path to trust. */

static void
the_plug_ins_own_door(void **state)
{
	static const sasl_utils_t utils;
	sasl_server_plug_init_t *init;
	sasl_server_plug_t *plugs = NULL;
	int version = 0, count = 0, i;
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	(void)state;
	assert_non_null(handle);
	*(void **)&init = dlsym(handle, "sasl_server_plug_init");
	assert_non_null(init);
	assert_int_equal(
	    init(&utils, 3, &version, &plugs, &count), SASL_BADVERS);
	assert_null(plugs);
	assert_int_equal(
	    init(NULL, 4, &version, &plugs, &count), SASL_BADPARAM);
	assert_int_equal(init(&utils, 4, NULL, &plugs, &count), SASL_BADPARAM);
	/* Unconfigured, and yet loaded: saslauthd loads everything. */
	assert_int_equal(init(&utils, 4, &version, &plugs, &count), SASL_OK);
	assert_int_equal(version, 4);
	assert_int_equal(count, 2);
	assert_string_equal(plugs[0].mech_name, "OAUTHBEARER");
	assert_string_equal(plugs[1].mech_name, "XOAUTH2");
	for (i = 0; i < 2; i++) {
		assert_int_equal(plugs[i].max_ssf, 0);
		assert_int_equal(plugs[i].security_flags,
		    SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS);
		assert_int_equal(plugs[i].features,
		    SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY);
		assert_int_equal(
		    plugs[i].mech_step(NULL, NULL, "", 0, NULL, NULL, NULL),
		    SASL_BADPARAM);
		plugs[i].mech_dispose(NULL, &utils);
	}
	assert_int_equal(dlclose(handle), 0);
}

/* A framework that gives the plug-in step after step, whatever it returns. */
static void
be_told(sasl_conn_t *conn, unsigned flags, const char *fmt, ...)
{
	(void)conn;
	(void)flags;
	(void)fmt;
}

static void
be_logged(sasl_conn_t *conn, int level, const char *fmt, ...)
{
	(void)conn;
	(void)level;
	(void)fmt;
}

/* What the host was told, one call after the other. */
static char told[256];

static int
take_user(sasl_conn_t *conn, const char *name, unsigned n, unsigned flags,
    sasl_out_params_t *oparams)
{
	size_t len = strlen(told);

	(void)conn;
	snprintf(told + len, sizeof(told) - len, "%s%s%s=%.*s;",
	    flags & SASL_CU_AUTHID ? "authid " : "",
	    flags & SASL_CU_AUTHZID ? "authzid " : "",
	    flags & SASL_CU_EXTERNALLY_VERIFIED ? "verified" : "", (int)n,
	    name);
	if (flags & SASL_CU_AUTHID)
		oparams->authid = "somebody";
	if (flags & SASL_CU_AUTHZID)
		oparams->user = "somebody";
	/* A host may refuse a user whose token is good. */
	return n == 6 && memcmp(name, "mallet", 6) == 0 ? SASL_NOAUTHZ
							: SASL_OK;
}

static const sasl_utils_t mock_utils = {
	.version = SASL_UTILS_VERSION,
	.getopt = get_option,
	.log = be_logged,
	.seterror = be_told,
};

/* Each of these in turn; the code of the last. */
static int
steps(const char *const in[], size_t n_in, sasl_out_params_t *oparams)
{
	sasl_server_params_t params = {
		.service = "smtp", .utils = &mock_utils, .canon_user = take_user
	};
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	sasl_server_plug_init_t *init;
	sasl_server_plug_t *plugs = NULL, *plug;
	int version, count, code = SASL_FAIL;
	void *context = NULL;
	const char *out;
	unsigned n;
	size_t i;

	assert_non_null(handle);
	*(void **)&init = dlsym(handle, "sasl_server_plug_init");
	assert_int_equal(
	    init(&mock_utils, 4, &version, &plugs, &count), SASL_OK);
	plug = &plugs[strcmp(plugs[0].mech_name, mech) != 0];
	assert_int_equal(
	    plug->mech_new(plug->glob_context, &params, NULL, 0, &context),
	    SASL_OK);
	memset(oparams, 0, sizeof(*oparams));
	told[0] = '\0';
	for (i = 0; i < n_in; i++)
		code = plug->mech_step(context, &params, in[i],
		    (unsigned)strlen(in[i]), &out, &n, oparams);
	plug->mech_dispose(context, &mock_utils);
	assert_int_equal(dlclose(handle), 0);
	return code;
}

/* SA-07, without the framework's own care: an end is an end. */
static void
SA07_no_step_leads_out_of_a_failure(void **state)
{
	static const struct {
		const char *in[4];
		size_t n;
		int code;
	} table[] = {
		{ { "" }, 1, SASL_CONTINUE },
		{ { "", "" }, 2, SASL_BADPROT },
		{ { "", "", FIRST }, 3, SASL_BADPROT },
		{ { "junk" }, 1, SASL_BADPROT },
		{ { "junk", FIRST }, 2, SASL_BADPROT },
		{ { "junk", "\1", FIRST }, 3, SASL_BADPROT },
		{ { UNUSABLE }, 1, SASL_CONTINUE },
		{ { UNUSABLE, "\1" }, 2, SASL_BADAUTH },
		{ { UNUSABLE, "\1", "\1" }, 3, SASL_BADPROT },
		{ { UNUSABLE, "\1", FIRST }, 3, SASL_BADPROT },
		{ { UNUSABLE, "\1", FIRST, FIRST }, 4, SASL_BADPROT },
		{ { UNUSABLE, FIRST }, 2, SASL_BADPROT },
		{ { UNUSABLE, FIRST, "\1" }, 3, SASL_BADPROT },
		{ { UNUSABLE, FIRST, FIRST }, 3, SASL_BADPROT },
		{ { UNUSABLE, "" }, 2, SASL_BADPROT },
		{ { UNUSABLE, "", FIRST }, 3, SASL_BADPROT },
	};
	sasl_out_params_t oparams;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    steps(table[i].in, table[i].n, &oparams), table[i].code);
		assert_int_equal(oparams.doneflag, 0);
		assert_null(oparams.user);
	}
	assert_int_equal(broker->questions, 0);
}

/* The same of XOAUTH2, whose clients answer with nothing or with the dummy. */
static void
SA14_no_step_leads_out_of_a_failure(void **state)
{
	static const struct {
		const char *in[4];
		size_t n;
		int code;
	} table[] = {
		{ { "" }, 1, SASL_CONTINUE },
		{ { "", "" }, 2, SASL_BADPROT },
		{ { FIRST }, 1, SASL_BADPROT },
		{ { "\1" }, 1, SASL_BADPROT },
		{ { "junk", OTHER }, 2, SASL_BADPROT },
		{ { OTHER_BAD }, 1, SASL_CONTINUE },
		{ { OTHER_BAD, "" }, 2, SASL_BADAUTH },
		{ { OTHER_BAD, "\1" }, 2, SASL_BADAUTH },
		{ { OTHER_BAD, "*" }, 2, SASL_BADPROT },
		{ { OTHER_BAD, OTHER }, 2, SASL_BADPROT },
		{ { OTHER_BAD, "", OTHER }, 3, SASL_BADPROT },
		{ { OTHER_BAD, "", "" }, 3, SASL_BADPROT },
		{ { OTHER_BAD, "", OTHER, OTHER }, 4, SASL_BADPROT },
		{ { OTHER_BAD, OTHER, "" }, 3, SASL_BADPROT },
		{ { OTHER_BAD, OTHER, OTHER }, 3, SASL_BADPROT },
	};
	sasl_out_params_t oparams;
	size_t i;

	(void)state;
	mech = "XOAUTH2";
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    steps(table[i].in, table[i].n, &oparams), table[i].code);
		assert_int_equal(oparams.doneflag, 0);
		assert_null(oparams.user);
		assert_string_equal(told, "");
	}
	assert_int_equal(broker->questions, 0);
}

static void
it_is_offered_where_there_is_a_socket(void **state)
{
	char absent[80];
	sasl_conn_t *conn;

	assert_true(is_offered(*state));
	snprintf(absent, sizeof(absent), "%s/no", dir);
	set_option(0, "oauthbearer_socket", absent);
	conn = connect_from(NULL);
	/* Root could spawn, if the broker were installed: then it is. */
	if (access(BA_LIBEXECDIR "/bearerauthd", X_OK) != 0)
		assert_false(is_offered(conn));
	sasl_dispose(&conn);
}

static void
a_bad_option_is_logged_and_takes_it_away(void **state)
{
	static const struct {
		const char *name, *bad, *good, *says;
	} table[] = {
		{ "oauthbearer_service", "", "imap", "oauthbearer_service:" },
		{ "oauthbearer_service", "a\nb", "ab", "oauthbearer_service:" },
		{ "oauthbearer_service",
		    "01234567890123456789012345678901"
		    "012345678901234567890123456789012",
		    "01234567890123456789012345678901"
		    "01234567890123456789012345678901",
		    "oauthbearer_service:" },
		{ "oauthbearer_deadline", "", "1", "oauthbearer_deadline:" },
		{ "oauthbearer_deadline", "0", "9", "oauthbearer_deadline:" },
		{ "oauthbearer_deadline", "61", "60", "oauthbearer_deadline:" },
		{ "oauthbearer_deadline", "100", "10",
		    "oauthbearer_deadline:" },
		{ "oauthbearer_deadline", "07", "7", "oauthbearer_deadline:" },
		{ "oauthbearer_deadline", "3s", "3", "oauthbearer_deadline:" },
		{ "oauthbearer_deadline", "-1", "1", "oauthbearer_deadline:" },
	};
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		lines[0] = '\0';
		set_option(1, table[i].name, table[i].bad);
		conn = connect_from(NULL);
		assert_false(is_offered(conn));
		assert_non_null(strstr(lines, table[i].says));
		assert_int_equal(start(conn, FIRST, &out, &n), SASL_NOMECH);
		sasl_dispose(&conn);
		set_option(1, table[i].name, table[i].good);
		conn = connect_from(NULL);
		assert_true(is_offered(conn));
		sasl_dispose(&conn);
	}
	for (i = 0; i < 2; i++) {
		lines[0] = '\0';
		set_option(0, "oauthbearer_socket", i == 0 ? "" : "run/ask");
		conn = connect_from(NULL);
		assert_false(is_offered(conn));
		assert_non_null(strstr(lines, "oauthbearer_socket:"));
		sasl_dispose(&conn);
	}
	assert_int_equal(broker->questions, 0);
}

/* SA-05: the framework's own rule for what is readable on the way. */
static void
SA05_a_demand_for_no_plaintext_needs_tls(void **state)
{
	sasl_security_properties_t props = { .max_ssf = 256,
		.security_flags = SASL_SEC_NOPLAINTEXT | SASL_SEC_NOANONYMOUS };
	sasl_ssf_t tls = 128;
	const char *out;
	sasl_conn_t *conn;
	unsigned n;

	assert_int_equal(sasl_setprop(*state, SASL_SEC_PROPS, &props), SASL_OK);
	assert_false(is_offered(*state));
	assert_int_equal(start(*state, FIRST, &out, &n), SASL_ENCRYPT);
	conn = connect_from(NULL);
	assert_int_equal(sasl_setprop(conn, SASL_SEC_PROPS, &props), SASL_OK);
	assert_int_equal(sasl_setprop(conn, SASL_SSF_EXTERNAL, &tls), SASL_OK);
	assert_true(is_offered(conn));
	sasl_dispose(&conn);
}

static void
SA10_a_malformed_message_is_badprot_at_once(void **state)
{
	static const char *const bad[] = {
		"n",
		"hello",
		"p=tls-unique,,\1auth=Bearer " TOKEN "\1\1",
		"n,a=alice=,\1auth=Bearer " TOKEN "\1\1",
		"n,,\1auth=Bearer " TOKEN "\1",
		"n,,\1host=\xc3\xa9\1auth=Bearer " TOKEN "\1\1",
		"n,,\1\1auth=Bearer " TOKEN "\1",
	};
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		conn = connect_from(NULL);
		assert_int_equal(start(conn, bad[i], &out, &n), SASL_BADPROT);
		assert_null(out);
		/* First, for sasl_getprop() sets a text of its own. */
		assert_non_null(
		    strstr(sasl_errdetail(conn), "malformed message"));
		assert_nobody(conn);
		assert_int_not_equal(step(conn, FIRST, &out, &n), SASL_OK);
		sasl_dispose(&conn);
	}
	assert_int_equal(broker->questions, 0);
}

/* The grammar is kept, and the request makes no sense. */
static void
SA02_TOK04_an_unusable_message_is_an_invalid_request(void **state)
{
	static const char *const bad[] = {
		"n,,\1\1",
		"n,,\1auth=Bearer " TOKEN "\1auth=Bearer " TOKEN "\1\1",
		"n,,\1auth=\1auth=Bearer " TOKEN "\1\1",
		"n,,\1auth=Basic dXNlcjpwYXNz\1\1",
		"n,,\1auth=Bearer " TOKEN "\n\1\1",
		"n,,\1port=0\1auth=Bearer " TOKEN "\1\1",
	};
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		conn = connect_from(NULL);
		assert_int_equal(start(conn, bad[i], &out, &n), SASL_CONTINUE);
		assert_string_equal(out, BAD_REQUEST);
		assert_int_equal(n, strlen(out));
		assert_int_equal(step(conn, "\1", &out, &n), SASL_BADAUTH);
		assert_nobody(conn);
		sasl_dispose(&conn);
	}
	assert_int_equal(broker->questions, 0);
	assert_non_null(strstr(lines, "invalid_request"));
}

/* SA-10: nothing is asked, and nothing grows. */
static void
SA10_more_than_64_KiB_is_badprot(void **state)
{
	static char message[65536 + 2];
	const char *out;
	unsigned n;

	memset(message, 't', 65537);
	memcpy(message, "n,,\1auth=Bearer ", 16);
	strcpy(message + 65537 - 2, "\1\1");
	assert_int_equal(start(*state, message, &out, &n), SASL_BADPROT);
	assert_null(out);
	assert_nobody(*state);
	assert_int_equal(broker->questions, 0);
}

static void
without_an_initial_response_it_is_asked_for_once(void **state)
{
	const char *out = NULL;
	unsigned n = 7;

	/* The framework itself sends the first empty challenge … */
	assert_int_equal(start(*state, NULL, &out, &n), SASL_CONTINUE);
	assert_string_equal(out, "");
	assert_int_equal(n, 0);
	/* … and the plug-in one more, but no third. */
	assert_int_equal(step(*state, "", &out, &n), SASL_CONTINUE);
	assert_string_equal(out, "");
	assert_int_equal(step(*state, "", &out, &n), SASL_BADPROT);
	assert_nobody(*state);
}

static void
a_path_that_is_not_roots_is_unavail(void **state)
{
	const char *out;
	unsigned n;

	assert_int_equal(start(*state, FIRST, &out, &n), SASL_UNAVAIL);
	assert_null(out);
	assert_nobody(*state);
	assert_int_equal(broker->questions, 0);
}

/* Only with a path to trust. */

static void
SA06_a_good_token_by_initial_response(void **state)
{
	const char *out = "";
	unsigned n;

	assert_int_equal(start(*state, FIRST, &out, &n), SASL_OK);
	assert_null(out);
	assert_user(*state, "alice");
	assert_int_equal(broker->questions, 1);
	assert_int_equal(broker->type, BA_MSG_ASK);
	assert_string_equal(broker->service, "smtp");
	assert_false(broker->has_user);
	assert_false(broker->has_uid);
	assert_string_equal(broker->rhost, "192.0.2.7");
	assert_false(broker->has_tty);
	assert_int_equal(broker->origin, BA_ORIGIN_SASL);
	assert_int_equal(broker->can_prompt, 0);
	assert_in_range(broker->deadline, 1, 3000);
	assert_string_equal(broker->token, TOKEN);
	assert_int_equal(strlen(broker->id), 32);
	assert_non_null(strstr(lines, broker->id));
	/* After the end nothing is taken any more. */
	assert_int_equal(step(*state, FIRST, &out, &n), SASL_FAIL);
	assert_int_equal(broker->questions, 1);
}

/* V47: what came by SASL is a token; whether it is asked about, the broker's
   configuration says. */
static void
V47_opaque_tokens_go_to_the_broker(void **state)
{
	static const char *const tokens[] = { "bXktdG9rZW4tMDAwMDAwMQ-_~+/==",
		"0123456789abcdef", "0123456789abcde", "s3cret", "t",
		"two.dots" };
	sasl_conn_t *conn;
	char message[128];
	const char *out;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++) {
		conn = connect_from("192.0.2.7;4711");
		fake_broker_reset(broker, BA_FAMILY_OK);
		snprintf(broker->names, sizeof(broker->names), "alice");
		snprintf(message, sizeof(message), "n,,\1auth=Bearer %s\1\1",
		    tokens[i]);
		assert_int_equal(start(conn, message, &out, &n), SASL_OK);
		assert_int_equal(broker->questions, 1);
		assert_string_equal(broker->token, tokens[i]);
		assert_int_equal(broker->origin, BA_ORIGIN_SASL);
		/* "t" stands in other words, too */
		assert_true(
		    strlen(tokens[i]) < 6 || strstr(lines, tokens[i]) == NULL);
		sasl_dispose(&conn);
	}
}

static void
SA06_a_good_token_after_an_empty_challenge(void **state)
{
	const char *out;
	unsigned n;

	assert_int_equal(start(*state, NULL, &out, &n), SASL_CONTINUE);
	assert_int_equal(step(*state, AS_ALICE, &out, &n), SASL_OK);
	assert_null(out);
	assert_user(*state, "alice");
	assert_string_equal(broker->user, "alice");
}

static void
a_good_token_after_an_empty_initial_response(void **state)
{
	const char *out;
	unsigned n;

	assert_int_equal(start(*state, "", &out, &n), SASL_CONTINUE);
	assert_string_equal(out, "");
	assert_int_equal(step(*state, FIRST, &out, &n), SASL_OK);
	assert_user(*state, "alice");
}

static void
the_options_reach_the_question(void **state)
{
	const char *out;
	sasl_conn_t *conn;
	unsigned n;

	(void)state;
	set_option(1, "oauthbearer_service", "submission");
	set_option(2, "oauthbearer_deadline", "50");
	conn = connect_from("2001:db8::7;4711");
	assert_int_equal(start(conn, FIRST, &out, &n), SASL_OK);
	assert_string_equal(broker->service, "submission");
	assert_in_range(broker->deadline, 40000, 50000);
	assert_string_equal(broker->rhost, "2001:db8::7");
	sasl_dispose(&conn);
	conn = connect_from(NULL);
	assert_int_equal(start(conn, FIRST, &out, &n), SASL_OK);
	assert_false(broker->has_rhost);
	sasl_dispose(&conn);
}

#define JSON                                                                   \
	"{\"status\":\"insufficient_scope\",\"scope\":\"mail\","               \
	"\"openid-configuration\":"                                            \
	"\"https://id.example.org/.well-known/openid-configuration\"}"

static void
be_refused(unsigned family)
{
	fake_broker_reset(broker, family);
	snprintf(broker->status, sizeof(broker->status), "insufficient_scope");
	snprintf(broker->scope, sizeof(broker->scope), "mail");
	snprintf(broker->metadata, sizeof(broker->metadata),
	    "https://id.example.org/.well-known/openid-configuration");
}

/* SA-07: JSON, the dummy, the end; and no way out of that. */
static void
SA07_TOK04_the_dance_of_a_failure(void **state)
{
	static const struct {
		unsigned family;
		const char *first, *answer;
		int code;
	} table[] = {
		{ BA_FAMILY_REFUSED, FIRST, "\1", SASL_BADAUTH },
		{ BA_FAMILY_REFUSED, AS_ALICE, "\1", SASL_BADAUTH },
		{ BA_FAMILY_NOT_ALLOWED, FIRST, "\1", SASL_BADAUTH },
		{ BA_FAMILY_NOT_ALLOWED, AS_ALICE, "\1", SASL_NOAUTHZ },
		{ BA_FAMILY_REFUSED, FIRST, "", SASL_BADPROT },
		{ BA_FAMILY_REFUSED, FIRST, "\1\1", SASL_BADPROT },
		{ BA_FAMILY_REFUSED, FIRST, "*", SASL_BADPROT },
		{ BA_FAMILY_REFUSED, FIRST, FIRST, SASL_BADPROT },
		{ BA_FAMILY_NOT_ALLOWED, AS_ALICE, AS_ALICE, SASL_BADPROT },
	};
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		be_refused(table[i].family);
		conn = connect_from(NULL);
		assert_int_equal(
		    start(conn, table[i].first, &out, &n), SASL_CONTINUE);
		assert_string_equal(out, JSON);
		assert_int_equal(n, strlen(JSON));
		/* From here on the broker would accept anything. */
		broker->family = BA_FAMILY_OK;
		assert_int_equal(
		    step(conn, table[i].answer, &out, &n), table[i].code);
		assert_null(out);
		assert_nobody(conn);
		for (k = 0; k < 3; k++) {
			assert_true(step(conn, FIRST, &out, &n) < 0);
			assert_nobody(conn);
		}
		assert_int_equal(broker->questions, 1);
		sasl_dispose(&conn);
	}
}

static void
SA07_a_new_start_is_a_new_exchange(void **state)
{
	const char *out;
	unsigned n;

	be_refused(BA_FAMILY_REFUSED);
	assert_int_equal(start(*state, FIRST, &out, &n), SASL_CONTINUE);
	broker->family = BA_FAMILY_OK;
	snprintf(broker->names, sizeof(broker->names), "alice");
	assert_int_equal(start(*state, FIRST, &out, &n), SASL_OK);
	assert_user(*state, "alice");
	assert_int_equal(broker->questions, 2);
}

static void
unavailable_and_our_fault_end_at_once(void **state)
{
	static const struct {
		unsigned family;
		bool hang_up;
		int code;
		const char *text;
	} table[] = {
		{ BA_FAMILY_UNAVAILABLE, false, SASL_UNAVAIL,
		    "not available now" },
		{ BA_FAMILY_OK, true, SASL_UNAVAIL, "not available now" },
		{ BA_FAMILY_FAULT, false, SASL_FAIL, "not possible here" },
	};
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		fake_broker_reset(broker, table[i].family);
		broker->hang_up = table[i].hang_up;
		conn = connect_from(NULL);
		assert_int_equal(start(conn, FIRST, &out, &n), table[i].code);
		assert_null(out);
		assert_non_null(strstr(sasl_errdetail(conn), table[i].text));
		assert_nobody(conn);
		sasl_dispose(&conn);
	}
}

/* The same text, whatever was wrong with token or user. */
static void
the_text_of_a_failure_helps_nobody(void **state)
{
	const char *out;
	sasl_conn_t *conn;
	char first[256] = "";
	unsigned n;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		be_refused(i == 0 ? BA_FAMILY_REFUSED : BA_FAMILY_NOT_ALLOWED);
		conn = connect_from(NULL);
		assert_int_equal(start(conn, FIRST, &out, &n), SASL_CONTINUE);
		assert_int_equal(step(conn, "\1", &out, &n), SASL_BADAUTH);
		if (i == 0)
			snprintf(
			    first, sizeof(first), "%s", sasl_errdetail(conn));
		else
			assert_string_equal(sasl_errdetail(conn), first);
		sasl_dispose(&conn);
	}
	assert_non_null(strstr(first, "authentication failed"));
	assert_non_null(strstr(lines, "refused"));
	assert_non_null(strstr(lines, "not allowed"));
}

static void
SA06_an_answer_for_somebody_else_is_no_success(void **state)
{
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		conn = connect_from(NULL);
		snprintf(broker->names, sizeof(broker->names), "%s",
		    i == 0   ? "bob"
		    : i == 1 ? ""
			     : "alice");
		assert_int_equal(
		    start(conn, i == 1 ? FIRST : AS_ALICE, &out, &n),
		    i == 2 ? SASL_OK : SASL_UNAVAIL);
		if (i < 2)
			assert_nobody(conn);
		sasl_dispose(&conn);
	}
}

/* A user that the host itself does not take; and one step after a success. */
static void
the_host_has_the_last_word_on_the_user(void **state)
{
	static const char *const in[] = { FIRST, FIRST };
	sasl_out_params_t oparams;

	(void)state;
	assert_int_equal(steps(in, 1, &oparams), SASL_OK);
	assert_int_equal(oparams.doneflag, 1);
	assert_string_equal(oparams.user, "somebody");
	assert_int_equal(steps(in, 2, &oparams), SASL_BADPROT);
	snprintf(broker->names, sizeof(broker->names), "mallet");
	assert_int_equal(steps(in, 1, &oparams), SASL_NOAUTHZ);
	assert_int_equal(oparams.doneflag, 0);
	assert_null(oparams.user);
	assert_null(oparams.authid);
}

/*
 * RFC 7628 section 4.3, SA-03: the broker tells what is wanted, without a
 * token; and nobody has failed to log in.
 */
static void
SA03_TOK04_a_query_gets_the_failure_and_is_none(void **state)
{
	static const char *const queries[] = { "\1", QUERY,
		"y,a=alice,\1host=h\1port=25\1auth=\1\1" };
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		be_refused(BA_FAMILY_REFUSED);
		lines[0] = '\0';
		conn = connect_from(NULL);
		assert_int_equal(
		    start(conn, queries[i], &out, &n), SASL_CONTINUE);
		assert_string_equal(out, JSON);
		assert_int_equal(n, strlen(out));
		assert_int_equal(broker->questions, 1);
		assert_string_equal(broker->token, BA_TOKEN_NONE);
		assert_int_equal(broker->token_len, 1);
		assert_int_equal(step(conn, "\1", &out, &n), SASL_BADAUTH);
		assert_nobody(conn);
		assert_non_null(strstr(lines, "query"));
		if (strstr(lines, "refused") != NULL)
			fail_msg("%s", lines);
		sasl_dispose(&conn);
	}
	/* A broker that takes it for a token that is good is none of ours. */
	for (i = 0; i < 3; i++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		snprintf(broker->names, sizeof(broker->names), "alice");
		conn = connect_from(NULL);
		assert_int_equal(
		    start(conn, queries[i], &out, &n), SASL_UNAVAIL);
		assert_nobody(conn);
		sasl_dispose(&conn);
	}
	fake_broker_reset(broker, BA_FAMILY_UNAVAILABLE);
	conn = connect_from(NULL);
	assert_int_equal(start(conn, QUERY, &out, &n), SASL_UNAVAIL);
	sasl_dispose(&conn);
}

/* SA-04: told to the broker, which knows what we are called. */
static void
SA04_host_and_port_reach_the_broker(void **state)
{
	sasl_conn_t *other = connect_from(NULL);
	const char *out;
	unsigned n;

	assert_int_equal(start(*state,
			     "n,,\1host=Mail.Example.org\1port=587\1auth="
			     "Bearer " TOKEN "\1\1",
			     &out, &n),
	    SASL_OK);
	assert_string_equal(broker->host, "Mail.Example.org");
	assert_int_equal(broker->port, 587);
	assert_int_equal(
	    start(other, "n,,\1host=\1auth=Bearer " TOKEN "\1\1", &out, &n),
	    SASL_OK);
	assert_string_equal(broker->host, "");
	assert_int_equal(broker->port, 0);
	sasl_dispose(&other);
}

/* TOK-01: the longest token that a message can hold. */
static void
TOK01_a_token_of_64_KiB_less_the_rest(void **state)
{
	static char message[65536 + 1];
	const char *out;
	unsigned n;

	memset(message, 't', 65536);
	memcpy(message, "n,,\1auth=Bearer ", 16);
	strcpy(message + 65536 - 2, "\1\1");
	assert_int_equal(start(*state, message, &out, &n), SASL_OK);
	assert_int_equal(broker->token_len, 65536 - 18);
}

/* What the host hears: one name, or two where it is to decide. */
static void
SA06_whom_the_host_is_told_of(void **state)
{
	static const struct {
		const char *mech, *in, *user, *person, *told;
		int code;
	} table[] = {
		{ "OAUTHBEARER", FIRST, "alice", "",
		    "authid authzid verified=alice;", SASL_OK },
		{ "OAUTHBEARER", AS_ALICE, "alice", "",
		    "authid authzid verified=alice;", SASL_OK },
		{ "OAUTHBEARER", AS_ALICE, "alice", "bob",
		    "authid verified=bob;authzid verified=alice;", SASL_OK },
		{ "XOAUTH2", OTHER, "alice", "",
		    "authid authzid verified=alice;", SASL_OK },
		{ "XOAUTH2", OTHER, "alice", "bob",
		    "authid verified=bob;authzid verified=alice;", SASL_OK },
		/* Nobody asked for another one. */
		{ "OAUTHBEARER", FIRST, "alice", "bob", "", SASL_UNAVAIL },
		{ "OAUTHBEARER", AS_ALICE, "bob", "alice", "", SASL_UNAVAIL },
		{ "XOAUTH2", OTHER, "bob", "", "", SASL_UNAVAIL },
		{ "XOAUTH2", OTHER, "", "bob",
		    "authid verified=bob;authzid "
		    "verified=alice;",
		    SASL_OK },
		/* The host takes the one and not the other. */
		{ "OAUTHBEARER", AS_ALICE, "alice", "mallet",
		    "authid verified=mallet;", SASL_NOAUTHZ },
		{ "OAUTHBEARER", "n,a=mallet,\1auth=Bearer " TOKEN "\1\1",
		    "mallet", "alice",
		    "authid verified=alice;authzid verified=mallet;",
		    SASL_NOAUTHZ },
	};
	sasl_out_params_t oparams;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		mech = table[i].mech;
		snprintf(
		    broker->names, sizeof(broker->names), "%s", table[i].user);
		snprintf(broker->person, sizeof(broker->person), "%s",
		    table[i].person);
		assert_int_equal(
		    steps(&table[i].in, 1, &oparams), table[i].code);
		assert_string_equal(told, table[i].told);
		assert_int_equal(oparams.doneflag, table[i].code == SASL_OK);
		if (table[i].code != SASL_OK) {
			assert_null(oparams.user);
			assert_null(oparams.authid);
		}
	}
}

/* By libsasl2 itself: whoever has no rule of its own lets nobody be another. */
static void
SA06_V30_a_proxy_needs_the_hosts_own_rule(void **state)
{
	const char *out;
	unsigned n;

	snprintf(broker->person, sizeof(broker->person), "bob");
	assert_true(start(*state, AS_ALICE, &out, &n) < 0);
	broker->person[0] = '\0';
	assert_int_equal(start(*state, AS_ALICE, &out, &n), SASL_OK);
	assert_user(*state, "alice");
}

/* SA-14. */
static void
SA14_a_good_token(void **state)
{
	sasl_conn_t *other = connect_from(NULL);
	const char *out;
	unsigned n;

	mech = "XOAUTH2";
	assert_int_equal(start(*state, OTHER, &out, &n), SASL_OK);
	assert_null(out);
	assert_user(*state, "alice");
	assert_string_equal(broker->user, "alice");
	assert_string_equal(broker->token, TOKEN);
	assert_int_equal(broker->origin, BA_ORIGIN_SASL);
	assert_non_null(strstr(lines, "XOAUTH2 accepted"));
	assert_int_equal(start(other, NULL, &out, &n), SASL_CONTINUE);
	assert_int_equal(step(other, OTHER, &out, &n), SASL_OK);
	assert_user(other, "alice");
	sasl_dispose(&other);
	assert_int_equal(broker->questions, 2);
}

#define OTHER_JSON                                                             \
	"{\"status\":\"403\",\"schemes\":\"bearer\",\"scope\":\"mail\"}"

static void
SA14_the_dance_of_a_failure(void **state)
{
	static const struct {
		unsigned family;
		const char *answer;
		int code;
	} table[] = {
		{ BA_FAMILY_REFUSED, "", SASL_BADAUTH },
		{ BA_FAMILY_REFUSED, "\1", SASL_BADAUTH },
		{ BA_FAMILY_NOT_ALLOWED, "", SASL_NOAUTHZ },
		{ BA_FAMILY_REFUSED, "*", SASL_BADPROT },
		{ BA_FAMILY_REFUSED, OTHER, SASL_BADPROT },
	};
	const char *out;
	sasl_conn_t *conn;
	unsigned n;
	size_t i;

	(void)state;
	mech = "XOAUTH2";
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		be_refused(table[i].family);
		conn = connect_from(NULL);
		assert_int_equal(start(conn, OTHER, &out, &n), SASL_CONTINUE);
		assert_string_equal(out, OTHER_JSON);
		assert_int_equal(n, strlen(OTHER_JSON));
		broker->family = BA_FAMILY_OK;
		assert_int_equal(
		    step(conn, table[i].answer, &out, &n), table[i].code);
		assert_null(out);
		assert_nobody(conn);
		assert_true(step(conn, OTHER, &out, &n) < 0);
		assert_nobody(conn);
		assert_int_equal(broker->questions, 1);
		sasl_dispose(&conn);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define ANYWHERE                                                               \
	CASE(the_plug_ins_own_door),                                           \
	    CASE(SA07_no_step_leads_out_of_a_failure),                         \
	    CASE(SA14_no_step_leads_out_of_a_failure),                         \
	    CASE(it_is_offered_where_there_is_a_socket),                       \
	    CASE(a_bad_option_is_logged_and_takes_it_away),                    \
	    CASE(SA05_a_demand_for_no_plaintext_needs_tls),                    \
	    CASE(SA10_a_malformed_message_is_badprot_at_once),                 \
	    CASE(SA02_TOK04_an_unusable_message_is_an_invalid_request),        \
	    CASE(SA10_more_than_64_KiB_is_badprot),                            \
	    CASE(without_an_initial_response_it_is_asked_for_once)

static const struct CMUnitTest untrusted_tests[] = {
	ANYWHERE,
	CASE(a_path_that_is_not_roots_is_unavail),
};

static const struct CMUnitTest trusted_tests[] = {
	ANYWHERE,
	CASE(SA06_a_good_token_by_initial_response),
	CASE(V47_opaque_tokens_go_to_the_broker),
	CASE(SA06_a_good_token_after_an_empty_challenge),
	CASE(a_good_token_after_an_empty_initial_response),
	CASE(the_options_reach_the_question),
	CASE(SA07_TOK04_the_dance_of_a_failure),
	CASE(SA07_a_new_start_is_a_new_exchange),
	CASE(unavailable_and_our_fault_end_at_once),
	CASE(the_text_of_a_failure_helps_nobody),
	CASE(SA06_an_answer_for_somebody_else_is_no_success),
	CASE(the_host_has_the_last_word_on_the_user),
	CASE(SA03_TOK04_a_query_gets_the_failure_and_is_none),
	CASE(SA04_host_and_port_reach_the_broker),
	CASE(TOK01_a_token_of_64_KiB_less_the_rest),
	CASE(SA06_whom_the_host_is_told_of),
	CASE(SA06_V30_a_proxy_needs_the_hosts_own_rule),
	CASE(SA14_a_good_token),
	CASE(SA14_the_dance_of_a_failure),
};

/* A folder with a link to the plug-in: libsasl2 loads all that it finds. */
static int
make_plugdir(void)
{
	const char *builddir = getenv("BA_BUILDDIR");

	snprintf(library, sizeof(library), "%s/.libs/liboauthbearer.so",
	    builddir != NULL ? builddir : ".");
	snprintf(plugdir, sizeof(plugdir), "%s/plugins", dir);
	snprintf(plugpath, sizeof(plugpath), "%s/liboauthbearer.so", plugdir);
	if (mkdir(plugdir, 0755) != 0 || symlink(library, plugpath) != 0)
		return -1;
	return sasl_server_init(callbacks, "ba-test") == SASL_OK ? 0 : -1;
}

int
main(void)
{
	int failed = 1;

	fake_broker_dir(dir, sizeof(dir), &trusted);
	broker = fake_broker_start(dir);
	if (broker == NULL || make_plugdir() != 0) {
		printf("Bail out! no broker or no plug-in in %s\n", dir);
	} else if (trusted) {
		failed = cmocka_run_group_tests(trusted_tests, NULL, NULL);
	} else {
		printf("# not root in a mount namespace: no socket can be "
		       "trusted, what needs one is left to tests/e2e\n");
		failed = cmocka_run_group_tests(untrusted_tests, NULL, NULL);
	}
	sasl_server_done();
	if (broker != NULL)
		fake_broker_stop(broker);
	(void)unlink(plugpath);
	(void)rmdir(plugdir);
	fake_broker_dir_remove(dir);
	return failed;
}
