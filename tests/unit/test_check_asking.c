/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
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

#include "cli/check_asking.h"
#include "common/base/clock.h"
#include "common/base/paths.h"
#include "common/json/init.h"
#include "common/oauth/fetch.h"

#define ISS      "https://id.example.org"
#define META     ISS "/.well-known/openid-configuration"
#define ENDPOINT ISS "/introspect"
#define TOKEN    "2YotnFZFEjr1zCsicMWpAA"
#define NOW      INT64_C(1800000000)
#define JSON     "application/json"
#define ACTIVE                                                                 \
	"{\"active\":true,\"sub\":\"alice\",\"aud\":\"door\","                 \
	"\"client_id\":\"app\",\"token_type\":\"Bearer\","                     \
	"\"exp\":1800000600}"
#define METADATA                                                               \
	"{\"issuer\":\"" ISS "\",\"introspection_endpoint\":\"" ENDPOINT "\"}"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- the time, and the issuer ---------------------------------------------- */

static int64_t wall;

int64_t __wrap_ba_clock_wall(const struct ba_clock *c);
int64_t
__wrap_ba_clock_wall(const struct ba_clock *c)
{
	(void)c;
	return wall;
}

struct answer {
	const char *url; /* that is asked now */
	int r; /* of the helper */
	int err; /* of the answer */
	unsigned status;
	const char *body;
};

static const struct answer *answers; /* those that are still to come */
static size_t n_answers;

int __wrap_ba_fetch_wait(struct ba_fetch *f,
    const struct ba_http_request *request, struct ba_http_response *response);
int
__wrap_ba_fetch_wait(struct ba_fetch *f, const struct ba_http_request *request,
    struct ba_http_response *response)
{
	const struct answer *a = answers++;

	(void)f;
	assert_true(n_answers > 0);
	n_answers--;
	assert_string_equal(request->url, a->url);
	/* The token goes in a form, to the endpoint, and nowhere else. */
	if (strcmp(a->url, META) == 0) {
		assert_null(request->form);
	} else {
		assert_non_null(request->form);
		assert_non_null(
		    strstr(ba_buf_str(request->form), "token=" TOKEN));
	}
	assert_null(strstr(request->url, TOKEN));
	assert_true(request->timeout_ms > 0);
	if (a->r != BA_OK)
		return a->r;
	ba_http_response_clear(response);
	response->err = a->err;
	if (a->err != BA_OK)
		return BA_OK;
	response->status = a->status;
	(void)snprintf(
	    response->content_type, sizeof(response->content_type), JSON);
	assert_int_equal(ba_buf_append_str(&response->body, a->body), BA_OK);
	return BA_OK;
}

/* --- a host ---------------------------------------------------------------- */

static char dir[64];
static struct ba_config *config;

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/ba-asking.XXXXXX");
	assert_non_null(mkdtemp(dir));
	wall = NOW;
	n_answers = 0;
	config = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	(void)state;
	ba_config_free(config);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
	return rmdir(dir);
}

/* more: lines of the issuer's section. */
static void
configure(const char *more)
{
	char text[2048];
	int n;

	ba_config_free(config);
	n = snprintf(text, sizeof(text),
	    "[issuer " ISS "]\naudience = door\nusername = sub\n"
	    "verify = introspection\nclient_id = door\n%s"
	    "[service door]\nissuer = " ISS "\nopaque_issuer = " ISS "\n"
	    "accounts = virtual\n",
	    more);
	assert_int_equal(
	    ba_config_parse("c", text, (size_t)n, NULL, &config), BA_OK);
}

#define NONE  "client_auth = none\n"
#define KNOWN NONE "introspection_endpoint = " ENDPOINT "\n"

static const char *
in_dir(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_blocked(const char *text)
{
	FILE *f = fopen(in_dir(BA_BLOCK_NAME), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_dir(BA_BLOCK_NAME), 0600), 0);
}

static struct ba_check_asking *
begin(const char *store, const char *token)
{
	const struct ba_check_asking_options o = {
		.config = config,
		.own_config = true,
		.store_file = store,
		.helper = "/nonexistent",
		.trusted_uid = geteuid(),
		.token = token,
		.token_len = token != NULL ? strlen(token) : 0,
	};
	struct ba_check_asking *a;

	assert_int_equal(ba_check_asking_new(&o, &a), BA_OK);
	return a;
}

/* As check.c goes about it; *checkp is the last check made. */
static int
check(const char *store, const struct answer *script, size_t n,
    enum ba_check *checkp)
{
	const struct ba_question q = {
		.service = "door",
		.origin = BA_ORIGIN_PROMPT,
		.token = TOKEN,
		.token_len = strlen(TOKEN),
	};
	struct ba_snapshot s = { .config = config, .now = wall };
	struct ba_check_asking *a = begin(store, TOKEN);
	struct ba_verdict v;
	int r, rounds = 0;

	answers = script;
	n_answers = n;
	ba_check_asking_snapshot(a, &s);
	for (;;) {
		assert_true(rounds++ < 6);
		r = ba_verify(&q, &s, NULL, &v);
		if (r != BA_ERR_NEED_KEYS && r != BA_ERR_NEED_INTROSPECTION)
			break;
		r = ba_check_asking_bring(a, r, v.issuer);
		if (r != BA_OK)
			break;
		ba_verdict_clear(&v);
	}
	if (checkp != NULL)
		*checkp = v.check;
	ba_verdict_clear(&v);
	ba_check_asking_free(a);
	assert_int_equal(n_answers, 0);
	return r;
}

/* --- introspection --------------------------------------------------------- */

static void
test_metadata_first_where_the_endpoint_is_unknown(void **state)
{
	static const struct answer both[] = {
		{ .url = META, .status = 200, .body = METADATA },
		{ .url = ENDPOINT, .status = 200, .body = ACTIVE },
	};

	(void)state;
	configure(NONE);
	assert_int_equal(check(NULL, both, 2, NULL), BA_OK);
	configure(KNOWN);
	assert_int_equal(check(NULL, both + 1, 1, NULL), BA_OK);
}

/* Once, whatever comes of it; and the verifier says what it is worth. */
static void
test_INT_02_INT_06_answers(void **state)
{
	static const struct {
		struct answer answer;
		int r;
	} cases[] = {
		{ { .status = 200, .body = ACTIVE }, BA_OK },
		{ { .status = 200, .body = "{\"active\":false}" },
		    BA_ERR_INACTIVE },
		{ { .status = 200, .body = "{\"active\":\"true\"}" },
		    BA_ERR_INACTIVE },
		{ { .status = 200, .body = "{" }, BA_ERR_INTROSPECTION },
		{ { .status = 401, .body = "{}" }, BA_ERR_CLIENT_AUTH },
		{ { .status = 403, .body = "{}" }, BA_ERR_CLIENT_AUTH },
		{ { .status = 500, .body = "{}" }, BA_ERR_INTROSPECTION },
		{ { .err = BA_ERR_TLS }, BA_ERR_TLS },
		{ { .err = BA_ERR_TIMEOUT }, BA_ERR_TIMEOUT },
		{ { .r = BA_ERR_PROTOCOL }, BA_ERR_PROTOCOL },
		{ { .r = BA_ERR_TIMEOUT }, BA_ERR_TIMEOUT },
	};
	enum ba_check last;
	struct answer a;
	size_t i;

	(void)state;
	configure(KNOWN);
	for (i = 0; i < COUNT(cases); i++) {
		a = cases[i].answer;
		a.url = ENDPOINT;
		assert_int_equal(check(NULL, &a, 1, &last), cases[i].r);
		assert_int_equal(last, cases[i].r == BA_OK
					   ? BA_CHECK_ACCOUNT
					   : BA_CHECK_INTROSPECTION);
	}
}

static void
test_metadata_that_does_not_come(void **state)
{
	static const struct answer bad[] = {
		{ .url = META, .err = BA_ERR_TLS },
		{ .url = META,
		    .status = 200,
		    .body = "{\"issuer\":\"" ISS "/\"}" },
		{ .url = META, .r = BA_ERR_PROTOCOL },
	};
	static const int results[] = { BA_ERR_TLS, BA_ERR_METADATA,
		BA_ERR_PROTOCOL };
	enum ba_check last;
	size_t i;

	(void)state;
	configure(NONE);
	for (i = 0; i < COUNT(bad); i++) {
		assert_int_equal(check(NULL, &bad[i], 1, &last), results[i]);
		assert_int_equal(last, BA_CHECK_INTROSPECTION);
	}
}

/* They are the service's; we do without, and ask nobody. */
static void
test_credentials_of_the_service_manager(void **state)
{
	static const struct answer yes = {
		.url = ENDPOINT, .status = 200, .body = ACTIVE
	};

	(void)state;
	configure("client_secret_file = credential:door\n"
		  "introspection_endpoint = " ENDPOINT "\n");
	assert_int_equal(check(NULL, NULL, 0, NULL), BA_ERR_SECRET);
	configure(KNOWN);
	assert_int_equal(check(NULL, &yes, 1, NULL), BA_OK);
}

/* What is known is stale, and the issuer is down: it serves. */
static void
test_stale_metadata_serves(void **state)
{
	static const struct answer first[] = {
		{ .url = META, .status = 200, .body = METADATA },
		{ .url = ENDPOINT,
		    .status = 200,
		    .body = "{\"active\":false}" },
	};
	static const struct answer down[] = {
		{ .url = META, .err = BA_ERR_TLS },
		{ .url = ENDPOINT,
		    .status = 200,
		    .body = "{\"active\":true,\"sub\":\"alice\","
			    "\"aud\":\"door\",\"client_id\":\"app\","
			    "\"token_type\":\"Bearer\","
			    "\"exp\":1900000000}" },
	};
	char store[128];

	(void)state;
	(void)snprintf(store, sizeof(store), "%s", in_dir("store.db"));
	configure(NONE "stale_keys = 3600\nmax_key_life = 600\n");
	assert_int_equal(check(store, first, 2, NULL), BA_ERR_INACTIVE);
	/* Fresh: only the token is asked about. */
	wall = NOW + 599;
	assert_int_equal(check(store, down + 1, 1, NULL), BA_OK);
	/* Stale: first ask for the metadata, in vain. */
	wall = NOW + 601 + 60;
	assert_int_equal(check(store, down, 2, NULL), BA_OK);
	/* And then no longer. */
	wall = NOW + 600 + 3600 + 60;
	assert_int_equal(check(store, down, 1, NULL), BA_ERR_TLS);
}

/* --- the block list -------------------------------------------------------- */

#define LINE(who, more) "{\"issuer\":\"" ISS "\"," who ",\"since\":1" more "}\n"

static void
test_the_block_list_is_beside_the_store(void **state)
{
	static const struct {
		const char *list;
		int r;
	} cases[] = {
		{ LINE("\"sub\":\"alice\"", ""), BA_ERR_BLOCKED },
		{ LINE("\"sub\":\"bob\"", ""), BA_OK },
		{ LINE("\"client\":\"app\"", ""), BA_ERR_BLOCKED },
		{ LINE("\"client\":\"alice\"", ""), BA_OK },
		{ LINE("\"all\":true", ",\"until\":1800000001"),
		    BA_ERR_BLOCKED },
		{ LINE("\"all\":true", ",\"until\":1800000000"), BA_OK },
		{ "[]\n", BA_ERR_BLOCKS },
		{ "", BA_OK },
	};
	static const struct answer yes = {
		.url = ENDPOINT, .status = 200, .body = ACTIVE
	};
	enum ba_check last;
	char store[128];
	size_t i;

	(void)state;
	(void)snprintf(store, sizeof(store), "%s", in_dir("store.db"));
	configure(KNOWN "introspection_cache = 0\n");
	for (i = 0; i < COUNT(cases); i++) {
		write_blocked(cases[i].list);
		assert_int_equal(check(store, &yes, 1, &last), cases[i].r);
		assert_int_equal(last,
		    cases[i].r == BA_OK ? BA_CHECK_ACCOUNT : BA_CHECK_BLOCK);
	}
	/* Without a store none is at hand. */
	write_blocked("[]\n");
	assert_int_equal(check(NULL, &yes, 1, NULL), BA_OK);
}

/* What is remembered are claims: who may enter is decided each time. */
static void
test_V48_a_remembered_answer_blocks_all_the_same(void **state)
{
	static const struct answer yes = {
		.url = ENDPOINT, .status = 200, .body = ACTIVE
	};
	char store[128];

	(void)state;
	(void)snprintf(store, sizeof(store), "%s", in_dir("store.db"));
	configure(KNOWN);
	assert_int_equal(check(store, &yes, 1, NULL), BA_OK);
	assert_int_equal(check(store, NULL, 0, NULL), BA_OK);
	write_blocked(LINE("\"sub\":\"alice\"", ""));
	assert_int_equal(check(store, NULL, 0, NULL), BA_ERR_BLOCKED);
	write_blocked("");
	assert_int_equal(check(store, NULL, 0, NULL), BA_OK);
	wall = NOW + 60; /* introspection_cache */
	assert_int_equal(check(store, &yes, 1, NULL), BA_OK);
}

/* Claims are judged by the list too, and need nothing else. */
static void
test_claims_and_the_block_list(void **state)
{
	static const char *const lists[] = { LINE("\"sub\":\"alice\"", ""),
		LINE("\"sub\":\"bob\"", "") };
	const struct ba_question q = { .service = "door",
		.introspected = true };
	struct ba_snapshot s = { .now = NOW };
	struct ba_check_asking *a;
	struct ba_verdict v;
	json_t *claims = json_loads("{\"iss\":\"" ISS "\",\"sub\":\"alice\","
				    "\"aud\":\"door\",\"client_id\":\"app\","
				    "\"token_type\":\"Bearer\","
				    "\"exp\":1800000600}",
	    0, NULL);
	char store[128];
	int i;

	(void)state;
	assert_non_null(claims);
	(void)snprintf(store, sizeof(store), "%s", in_dir("store.db"));
	configure(KNOWN);
	s.config = config;
	for (i = 0; i < 2; i++) {
		write_blocked(lists[i]);
		a = begin(store, NULL);
		ba_check_asking_snapshot(a, &s);
		assert_null(s.keys);
		assert_null(s.introspected);
		assert_int_equal(ba_verify_claims(&q, &s, claims, NULL, &v),
		    i == 0 ? BA_ERR_BLOCKED : BA_OK);
		ba_verdict_clear(&v);
		ba_check_asking_free(a);
	}
	assert_int_equal(access(store, F_OK), -1);
	json_decref(claims);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_metadata_first_where_the_endpoint_is_unknown),
		TEST(test_INT_02_INT_06_answers),
		TEST(test_metadata_that_does_not_come),
		TEST(test_credentials_of_the_service_manager),
		TEST(test_stale_metadata_serves),
		TEST(test_the_block_list_is_beside_the_store),
		TEST(test_V48_a_remembered_answer_blocks_all_the_same),
		TEST(test_claims_and_the_block_list),
	};

	ba_json_init();
	return cmocka_run_group_tests_name("check asking", tests, NULL, NULL);
}
