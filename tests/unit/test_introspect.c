/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/json/json.h"
#include "common/oauth/breaker.h"
#include "common/oauth/introspect.h"
#include "tests/unit/mint.h"

#define NOW      INT64_C(1700000000)
#define ISS      "https://id.example.org/staff"
#define ISS2     "https://id.example.org/guests"
#define ENDPOINT "https://id.example.org/introspect"
#define ID       "door"
#define TOKEN    "2YotnFZFEjr1zCsicMWpAA"
#define TOKEN2   "tGzv3JOkF0XG5Qx2TlKWIA"
#define JSON     "application/json"
#define SIGNED   "application/token-introspection+jwt"

#define ACTIVE   "{\"active\":true,\"sub\":\"alice\",\"exp\":1700003600}"
#define INACTIVE "{\"active\":false}"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- What fails on demand -------------------------------------------------- */

static long fail_malloc = -1; /* the n-th from now on */
static bool fail_store;
static unsigned gets, puts_, adds, deletes; /* of the store */

static bool
fails_now(void)
{
	return fail_malloc >= 0 && fail_malloc-- == 0;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *
__wrap_malloc(size_t n)
{
	return fails_now() ? NULL : __real_malloc(n);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *
__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *
__wrap_strdup(const char *s)
{
	return fails_now() ? NULL : __real_strdup(s);
}

int __real_ba_store_get(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, int64_t now, struct ba_buf *value,
    int64_t *expiresp);
int __wrap_ba_store_get(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, int64_t now, struct ba_buf *value,
    int64_t *expiresp);
int
__wrap_ba_store_get(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, int64_t now, struct ba_buf *value,
    int64_t *expiresp)
{
	gets++;
	if (fail_store)
		return BA_ERR_STORE;
	return __real_ba_store_get(
	    store, space, name, name_len, now, value, expiresp);
}

/* What a put brings, for a test that wants to see or to change it. */
static struct {
	enum ba_space space;
	char name[1024];
	size_t name_len;
	char value[2048];
	size_t value_len;
	int64_t expires;
	enum ba_reach reach;
} last_put;

int __real_ba_store_put(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach);
int __wrap_ba_store_put(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach);
int
__wrap_ba_store_put(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach)
{
	puts_++;
	last_put.space = space;
	last_put.name_len =
	    name_len < sizeof(last_put.name) ? name_len : sizeof(last_put.name);
	memcpy(last_put.name, name, last_put.name_len);
	last_put.value_len = value_len < sizeof(last_put.value)
				 ? value_len
				 : sizeof(last_put.value);
	memcpy(last_put.value, value, last_put.value_len);
	last_put.expires = expires;
	last_put.reach = reach;
	if (fail_store)
		return BA_ERR_STORE;
	return __real_ba_store_put(store, space, name, name_len, value,
	    value_len, now, expires, reach);
}

int __real_ba_store_add(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach);
int __wrap_ba_store_add(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach);
int
__wrap_ba_store_add(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, const void *value, size_t value_len,
    int64_t now, int64_t expires, enum ba_reach reach)
{
	adds++;
	if (fail_store)
		return BA_ERR_STORE;
	return __real_ba_store_add(store, space, name, name_len, value,
	    value_len, now, expires, reach);
}

int __real_ba_store_delete(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, enum ba_reach reach);
int __wrap_ba_store_delete(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, enum ba_reach reach);
int
__wrap_ba_store_delete(struct ba_store *store, enum ba_space space,
    const void *name, size_t name_len, enum ba_reach reach)
{
	deletes++;
	if (fail_store)
		return BA_ERR_STORE;
	return __real_ba_store_delete(store, space, name, name_len, reach);
}

/* --- A configuration by hand ----------------------------------------------- */

static struct {
	char dir[64];
	char path[96]; /* of the store */
	char secret[96];
	struct ba_issuer issuer[3];
	struct ba_config config;
	unsigned lines;
	char last[BA_LOG_LINE_MAX];
} t;

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	(void)level;
	/* Whatever happens, no log line says this. */
	assert_null(strstr(text, TOKEN));
	assert_null(strstr(text, TOKEN2));
	assert_null(strstr(text, "s3cret"));
	assert_null(strstr(text, "alice"));
	t.lines++;
	(void)snprintf(t.last, sizeof(t.last), "%s", text);
}

static const struct ba_log test_log = { .line = take_line };

static int
set_up(void **state)
{
	size_t i;
	FILE *f;

	(void)state;
	memset(&t, 0, sizeof(t));
	fail_malloc = -1;
	fail_store = false;
	json_set_alloc_funcs(malloc, free);
	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/ba_introspect.XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	(void)snprintf(t.path, sizeof(t.path), "%s/store.db", t.dir);
	(void)snprintf(t.secret, sizeof(t.secret), "%s/secret", t.dir);
	f = fopen(t.secret, "w");
	if (f == NULL || fputs("s3cret\n", f) < 0 || fclose(f) != 0 ||
	    chmod(t.secret, 0600) != 0)
		return -1;
	for (i = 0; i < 3; i++) {
		t.issuer[i].url = i == 1 ? ISS2 : ISS;
		t.issuer[i].index = i;
		t.issuer[i].verify = BA_VERIFY_INTROSPECTION;
		t.issuer[i].introspection_cache = 60;
		t.issuer[i].clock_skew = 60;
		t.issuer[i].algorithms = BA_ALG_ASYMMETRIC;
		t.issuer[i].client.id = ID;
		t.issuer[i].client.auth = BA_CLIENT_AUTH_POST;
		t.issuer[i].client.secret_file = t.secret;
	}
	t.issuer[2].verify = BA_VERIFY_JWT;
	t.config.issuers = t.issuer;
	t.config.n_issuers = 3;
	return 0;
}

static int
tear_down(void **state)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(t.dir);

	(void)state;
	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", t.dir, e->d_name);
		if (e->d_name[0] != '.')
			(void)remove(path);
	}
	if (d != NULL)
		(void)closedir(d);
	return rmdir(t.dir);
}

/* A broker, with its own view of the shared file. */
struct broker {
	struct ba_store *store;
	struct ba_credential_table *credentials;
	struct ba_introspection *i;
	struct ba_post post;
	struct ba_http_request request;
};

static int
open_introspection(struct broker *b, enum ba_reach reach)
{
	const struct ba_credential_options co = { .config = &t.config,
		.trusted_uid = geteuid(),
		.directory = t.dir,
		.late = reach == BA_REACH_SHARED,
		.log = &test_log };
	struct ba_introspection_options o = { .config = &t.config,
		.store = b->store,
		.reach = reach,
		.log = &test_log };
	int r;

	r = ba_credential_table_new(&co, &b->credentials);
	o.credentials = b->credentials;
	return r == BA_OK ? ba_introspection_new(&o, &b->i) : r;
}

static void
start_as(struct broker *b, const char *path, enum ba_reach reach)
{
	const struct ba_store_options so = { .path = path, .busy_ms = 1000 };

	memset(b, 0, sizeof(*b));
	assert_int_equal(ba_store_open(&so, &b->store), BA_OK);
	assert_int_equal(open_introspection(b, reach), BA_OK);
	ba_post_init(&b->post);
}

static void
start(struct broker *b)
{
	start_as(b, NULL, BA_REACH_PROCESS);
}

static void
stop(struct broker *b)
{
	ba_post_wipe(&b->post);
	ba_introspection_free(b->i);
	ba_credential_table_free(b->credentials);
	ba_store_close(b->store);
}

static int
begin(struct broker *b, int64_t now)
{
	return ba_introspection_begin(b->i, &t.issuer[0], ENDPOINT, TOKEN,
	    strlen(TOKEN), now, true, &b->post, &b->request);
}

struct reply {
	int err;
	unsigned status;
	int64_t retry_after;
	const char *type, *body;
};

/* Feed this; its result.  Claims are looked at with get(). */
static int
feed_reply(struct broker *b, const struct ba_issuer *issuer, int64_t now,
    const struct reply *reply, const char *token)
{
	struct ba_http_response r;
	json_t *claims = (json_t *)&r;
	int ret;

	ba_http_response_init(&r);
	r.err = reply->err;
	r.status = reply->status;
	r.retry_after = reply->retry_after;
	(void)snprintf(
	    r.content_type, sizeof(r.content_type), "%s", reply->type);
	(void)snprintf(r.why, sizeof(r.why), "the wire's own words");
	assert_int_equal(ba_buf_append_str(&r.body, reply->body), BA_OK);
	ret = ba_introspection_feed(
	    b->i, issuer, NULL, token, strlen(token), now, &r, &claims);
	assert_int_equal(ret == BA_OK, claims != NULL);
	json_decref(claims);
	ba_http_response_clear(&r);
	return ret;
}

static int
feed(struct broker *b, int64_t now, const char *body)
{
	const struct reply reply = { BA_OK, 200, -1, JSON, body };

	return feed_reply(b, &t.issuer[0], now, &reply, TOKEN);
}

static int
ask(struct broker *b, int64_t now, const char *body)
{
	int r = begin(b, now);

	return r == BA_OK ? feed(b, now, body) : r;
}

static int
ask_and_fail(struct broker *b, int64_t now, int err, int64_t retry_after)
{
	const struct reply reply = { err, err == BA_OK ? 503 : 0, retry_after,
		"", "" };
	int r = begin(b, now);

	return r == BA_OK ? feed_reply(b, &t.issuer[0], now, &reply, TOKEN) : r;
}

static int
get_of(struct broker *b, const struct ba_issuer *issuer, const char *token,
    int64_t now)
{
	json_t *claims = (json_t *)&t;
	int r;

	r = ba_introspection_get(
	    b->i, issuer, token, strlen(token), now, &claims);
	assert_int_equal(r == BA_OK, claims != NULL);
	if (r == BA_OK) {
		assert_string_equal(
		    json_string_value(json_object_get(claims, "sub")), "alice");
		assert_null(json_object_get(claims, "active"));
	}
	json_decref(claims);
	return r;
}

static int
get(struct broker *b, int64_t now)
{
	return get_of(b, &t.issuer[0], TOKEN, now);
}

/* --- The question ---------------------------------------------------------- */

static void
test_int_01_the_request(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[0].ca_file = "/ca.pem";
	t.config.no_proxy = "localhost,.example.net";
	t.config.proxy = "http://proxy:3128";
	start(&b);
	b.request.timeout_ms = 1234;
	b.request.etag = "stale";
	assert_int_equal(ba_introspection_begin(b.i, &t.issuer[0], ENDPOINT,
			     "a+/=~.-_b", 9, NOW, true, &b.post, &b.request),
	    BA_OK);
	assert_string_equal(b.request.url, ENDPOINT);
	assert_int_equal(b.request.timeout_ms, 1234);
	assert_int_equal(b.request.body_max, BA_INTROSPECTION_BODY_MAX);
	assert_string_equal(b.request.accept, JSON);
	assert_null(b.request.etag);
	assert_ptr_equal(b.request.form, &b.post.form);
	assert_string_equal(ba_buf_str(&b.post.form),
	    "token=a%2B%2F%3D%7E.-_b&token_type_hint=access_token"
	    "&client_id=door&client_secret=s3cret");
	assert_null(b.request.authorization);
	assert_string_equal(b.request.ca_file, "/ca.pem");
	assert_null(b.request.ca_directory);
	assert_string_equal(b.request.proxy, "http://proxy:3128");
	assert_string_equal(b.request.no_proxy, "localhost,.example.net");
	assert_true(b.request.pool != 0);
	ba_introspection_abandon(b.i, &t.issuer[0], NOW, true);
	assert_int_equal(t.lines, 0);
	stop(&b);
}

static void
test_int_01_signed_form_is_asked_for(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[0].introspection_jwt = true;
	t.issuer[0].ca_directory = "/ca";
	start(&b);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_string_equal(b.request.accept, SIGNED);
	assert_string_equal(b.request.ca_directory, "/ca");
	assert_null(b.request.proxy);
	assert_null(b.request.no_proxy);
	/* The form is asked anew, and not added to. */
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_null(strstr(ba_buf_str(&b.post.form) + 1, "token=2"));
	stop(&b);
}

static void
test_tr_01_endpoint(void **state)
{
	static const struct {
		const char *configured, *given, *url; /* NULL: refused */
	} rows[] = {
		{ NULL, ENDPOINT, ENDPOINT },
		{ ENDPOINT "/2", ENDPOINT, ENDPOINT "/2" },
		{ ENDPOINT "/2", NULL, ENDPOINT "/2" },
		{ NULL, NULL, NULL },
		{ NULL, "", NULL },
		{ NULL, "http://id.example.org/introspect", NULL },
		{ NULL, ENDPOINT "\r\nX: y", NULL },
	};
	struct broker b;
	size_t i;
	int r;

	(void)state;
	start(&b);
	for (i = 0; i < COUNT(rows); i++) {
		t.issuer[0].introspection_endpoint = rows[i].configured;
		r = ba_introspection_begin(b.i, &t.issuer[0], rows[i].given,
		    TOKEN, strlen(TOKEN), NOW, true, &b.post, &b.request);
		if (rows[i].url == NULL) {
			assert_int_equal(r, BA_ERR_METADATA);
			continue;
		}
		assert_int_equal(r, BA_OK);
		assert_string_equal(b.request.url, rows[i].url);
		ba_introspection_abandon(b.i, &t.issuer[0], NOW, true);
	}
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, ISS));
	assert_non_null(strstr(t.last, "set introspection_endpoint"));
	stop(&b);
}

/* Of another configuration, or never asked: no secret is given away. */
static void
test_issuers_that_are_not_asked(void **state)
{
	struct ba_issuer stranger = t.issuer[0], beyond = t.issuer[0];
	const struct ba_issuer *const none[] = { &stranger, &beyond,
		&t.issuer[2] };
	const struct reply reply = { BA_OK, 200, -1, JSON, ACTIVE };
	struct broker b;
	size_t i;

	(void)state;
	beyond.index = 3;
	start(&b);
	for (i = 0; i < COUNT(none); i++) {
		assert_int_equal(
		    ba_introspection_begin(b.i, none[i], ENDPOINT, TOKEN,
			strlen(TOKEN), NOW, true, &b.post, &b.request),
		    BA_ERR_INTERNAL);
		assert_int_equal(
		    get_of(&b, none[i], TOKEN, NOW), BA_ERR_INTERNAL);
		assert_int_equal(feed_reply(&b, none[i], NOW, &reply, TOKEN),
		    BA_ERR_INTERNAL);
		ba_introspection_abandon(b.i, none[i], NOW, false);
		assert_false(ba_introspection_is_open(b.i, none[i], NOW));
	}
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(t.lines, 0);
	stop(&b);
}

static void
test_ca_04_credentials_that_are_not_usable(void **state)
{
	struct broker b;

	(void)state;
	assert_int_equal(chmod(t.secret, 0644), 0);
	start(&b);
	assert_int_equal(t.lines, 2); /* of two issuers that are asked */
	assert_non_null(strstr(t.last, ISS2));
	assert_non_null(strstr(t.last, t.secret));
	assert_non_null(strstr(t.last, "may be read by others"));
	assert_int_equal(begin(&b, NOW), BA_ERR_SECRET);
	assert_int_equal(begin(&b, NOW), BA_ERR_SECRET);
	assert_int_equal(t.lines, 2);
	stop(&b);
	assert_int_equal(chmod(t.secret, 0600), 0);
	start(&b);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(t.lines, 2);
	stop(&b);
}

/* A broker for one login reads the secrets of the one issuer that it asks. */
static void
test_ca_04_spawned_reads_what_it_needs(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[1].client.secret_file = "/nowhere/secret";
	start_as(&b, t.path, BA_REACH_SHARED);
	assert_int_equal(t.lines, 0);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(t.lines, 0);
	assert_int_equal(
	    ba_introspection_begin(b.i, &t.issuer[1], ENDPOINT, TOKEN,
		strlen(TOKEN), NOW, true, &b.post, &b.request),
	    BA_ERR_SECRET);
	assert_int_equal(t.lines, 1);
	stop(&b);
}

static void
test_ca_04_files_are_named(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[1].verify = BA_VERIFY_JWT;
	t.issuer[0].verify = BA_VERIFY_BOTH;
	t.issuer[0].client.auth = BA_CLIENT_AUTH_TLS;
	t.issuer[0].client.secret_file = NULL;
	t.issuer[0].client.key_file = "/nowhere/key";
	t.issuer[0].client.certificate_file = "/nowhere/chain";
	start(&b);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, "(/nowhere/key, /nowhere/chain)"));
	assert_int_equal(begin(&b, NOW), BA_ERR_SECRET);
	stop(&b);
}

/* --- The table of introspect.h --------------------------------------------- */

static void
test_int_02_int_06_every_answer(void **state)
{
	static const struct {
		struct reply reply;
		int r;
		const char *remedy; /* NULL: nothing is logged */
	} rows[] = {
		{ { BA_OK, 200, -1, JSON, ACTIVE }, BA_OK, NULL },
		{ { BA_OK, 200, -1, JSON, INACTIVE }, BA_ERR_INACTIVE, NULL },
		{ { BA_OK, 200, -1, JSON, "{\"active\":\"true\"}" },
		    BA_ERR_INACTIVE, NULL },
		{ { BA_OK, 200, -1, JSON, "{\"sub\":\"alice\"}" },
		    BA_ERR_INACTIVE, NULL },
		{ { BA_OK, 401, -1, JSON, TOKEN }, BA_ERR_CLIENT_AUTH,
		    "client_auth" },
		{ { BA_OK, 403, -1, JSON, "" }, BA_ERR_CLIENT_AUTH,
		    "client_auth" },
		{ { BA_OK, 400, -1, JSON, "{\"error\":\"invalid_client\"}" },
		    BA_ERR_CLIENT_AUTH, "it says invalid_client" },
		{ { BA_ERR_HTTP, 0, -1, "", "" }, BA_ERR_HTTP, "reached" },
		{ { BA_ERR_TIMEOUT, 0, -1, "", "" }, BA_ERR_TIMEOUT,
		    "the wire's own words" },
		{ { BA_ERR_TLS, 0, -1, "", "" }, BA_ERR_TLS, "ca_file" },
		{ { BA_ERR_NOMEM, 0, -1, "", "" }, BA_ERR_NOMEM,
		    "fault of ours" },
		{ { BA_OK, 200, -1, "text/html", TOKEN }, BA_ERR_INTROSPECTION,
		    "introspection_answer" },
		{ { BA_OK, 200, -1, SIGNED, ACTIVE }, BA_ERR_INTROSPECTION,
		    "introspection_answer" },
		{ { BA_OK, 200, -1, JSON,
		      "{\"active\":true,\"iss\":\"" TOKEN "\"}" },
		    BA_ERR_INTROSPECTION, "another issuer's" },
		{ { BA_OK, 500, -1, JSON, ACTIVE }, BA_ERR_INTROSPECTION,
		    "5xx" },
		{ { BA_OK, 429, -1, JSON, "" }, BA_ERR_INTROSPECTION, "429" },
		{ { BA_OK, 302, -1, JSON, "" }, BA_ERR_INTROSPECTION,
		    "redirect" },
	};
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		t.lines = 0;
		start(&b);
		assert_int_equal(begin(&b, NOW), BA_OK);
		assert_int_equal(
		    feed_reply(&b, &t.issuer[0], NOW, &rows[i].reply, TOKEN),
		    rows[i].r);
		if (rows[i].remedy == NULL) {
			assert_int_equal(t.lines, 0);
			assert_int_equal(get(&b, NOW), rows[i].r);
		} else {
			assert_int_equal(t.lines, 1);
			assert_non_null(strstr(t.last, ISS));
			assert_non_null(strstr(t.last, rows[i].remedy));
			assert_int_equal(
			    get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
		}
		stop(&b);
	}
}

/* Wrong credentials make one line a minute, and not one a login. */
static void
test_int_06_is_said_once_a_minute(void **state)
{
	static const struct reply no = { BA_OK, 401, -1, JSON, "" };
	static const struct {
		int64_t after;
		unsigned lines;
	} rows[] = { { 0, 1 }, { 1, 1 }, { 59, 1 }, { 60, 2 }, { 119, 2 },
		{ 120, 3 }, { 100, 4 } };
	struct broker b;
	size_t i;

	(void)state;
	start(&b);
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(begin(&b, NOW + rows[i].after), BA_OK);
		assert_int_equal(feed_reply(&b, &t.issuer[0],
				     NOW + rows[i].after, &no, TOKEN),
		    BA_ERR_CLIENT_AUTH);
		assert_int_equal(t.lines, rows[i].lines);
	}
	/* Something else is news. */
	assert_int_equal(ask(&b, NOW + 101, "x"), BA_ERR_INTROSPECTION);
	assert_int_equal(t.lines, 5);
	stop(&b);
}

/* --- What is remembered ---------------------------------------------------- */

static void
test_int_04_v35_remembered_until(void **state)
{
	static const struct {
		const char *body;
		int64_t cache;
		int r;
		int64_t life; /* 0: not at all */
	} rows[] = {
		{ ACTIVE, 60, BA_OK, 60 },
		{ ACTIVE, 3600, BA_OK, 3600 },
		{ ACTIVE, 3601, BA_OK, 3600 }, /* its exp */
		{ ACTIVE, 1, BA_OK, 1 },
		{ ACTIVE, 0, BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1700000030}", 60,
		    BA_OK, 30 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1700000001}", 60,
		    BA_OK, 1 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1700000000}", 60,
		    BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1699999999}", 60,
		    BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":\"1700003600\"}",
		    60, BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1700003600.5}",
		    60, BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1.7e9}", 60,
		    BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":1e300}", 60,
		    BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":253402300799}",
		    60, BA_OK, 60 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":253402300800}",
		    60, BA_OK, 0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":-1}", 60, BA_OK,
		    0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":0}", 60, BA_OK,
		    0 },
		{ "{\"active\":true,\"sub\":\"alice\",\"exp\":null}", 60, BA_OK,
		    0 },
		{ "{\"active\":true,\"sub\":\"alice\"}", 60, BA_OK, 0 },
		{ INACTIVE, 60, BA_ERR_INACTIVE, 10 },
		{ INACTIVE, 10, BA_ERR_INACTIVE, 10 },
		{ INACTIVE, 9, BA_ERR_INACTIVE, 9 },
		{ INACTIVE, 0, BA_ERR_INACTIVE, 0 },
	};
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		t.issuer[0].introspection_cache = rows[i].cache;
		gets = puts_ = 0;
		start(&b);
		assert_int_equal(get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
		assert_int_equal(ask(&b, NOW, rows[i].body), rows[i].r);
		assert_int_equal(get(&b, NOW),
		    rows[i].life > 0 ? rows[i].r : BA_ERR_NEED_INTROSPECTION);
		if (rows[i].life > 0)
			assert_int_equal(
			    get(&b, NOW + rows[i].life - 1), rows[i].r);
		assert_int_equal(
		    get(&b, NOW + rows[i].life), BA_ERR_NEED_INTROSPECTION);
		assert_int_equal(puts_, rows[i].life > 0);
		if (rows[i].cache == 0)
			assert_int_equal(gets, 0);
		stop(&b);
	}
}

/* A later answer takes the place of an earlier one. */
static void
test_int_04_revoked_is_revoked(void **state)
{
	struct broker b;

	(void)state;
	start(&b);
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	assert_int_equal(get(&b, NOW), BA_OK);
	assert_int_equal(ask(&b, NOW, INACTIVE), BA_ERR_INACTIVE);
	assert_int_equal(get(&b, NOW), BA_ERR_INACTIVE);
	stop(&b);
}

/* INT-05: the whole token, the issuer, and what decides what an answer says. */
static void
test_int_05_what_an_answer_is_filed_under(void **state)
{
	struct ba_issuer before = t.issuer[0];
	struct broker b;
	size_t i;

	(void)state;
	start(&b);
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	assert_int_equal(get(&b, NOW), BA_OK);
	assert_int_equal(get_of(&b, &t.issuer[0], TOKEN "A", NOW),
	    BA_ERR_NEED_INTROSPECTION);
	assert_int_equal(get_of(&b, &t.issuer[0], "2YotnFZFEjr1zCsicMWpA", NOW),
	    BA_ERR_NEED_INTROSPECTION);
	assert_int_equal(
	    get_of(&b, &t.issuer[1], TOKEN, NOW), BA_ERR_NEED_INTROSPECTION);
	stop(&b);
	for (i = 0; i < 9; i++) {
		/* Asked under one configuration, looked for under another. */
		(void)remove(t.path);
		t.issuer[0] = before;
		t.issuer[0].ca_file = i == 8 ? "/a" : NULL;
		start_as(&b, t.path, BA_REACH_SHARED);
		assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
		stop(&b);
		start_as(&b, t.path, BA_REACH_SHARED);
		assert_int_equal(get(&b, NOW), BA_OK);
		stop(&b);
		switch (i) {
		case 0:
			t.issuer[0].url = ISS "/";
			break;
		case 1:
			t.issuer[0].ca_file = "/a";
			break;
		case 2:
			t.issuer[0].ca_directory = "/a";
			break;
		case 3:
			t.issuer[0].client.id = "window";
			break;
		case 4:
			t.issuer[0].introspection_endpoint = ENDPOINT;
			break;
		case 5:
			t.issuer[0].introspection_jwt = true;
			break;
		case 6:
			t.issuer[0].verify = BA_VERIFY_BOTH;
			break;
		case 7:
			t.issuer[0].algorithms = BA_ALG_RS256;
			break;
		case 8:
			t.issuer[0].ca_file = NULL;
			t.issuer[0].ca_directory = "/a";
			break;
		}
		start_as(&b, t.path, BA_REACH_SHARED);
		assert_int_equal(get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
		stop(&b);
	}
}

/* No value of the store holds a token: an answer that repeats it is not kept. */
static void
test_int_05_the_token_is_not_stored(void **state)
{
	struct broker b;

	(void)state;
	start(&b);
	puts_ = 0;
	assert_int_equal(ask(&b, NOW,
			     "{\"active\":true,\"sub\":\"alice\",\"exp\":"
			     "1700003600,\"jti\":\"" TOKEN "\"}"),
	    BA_OK);
	assert_int_equal(puts_, 0);
	assert_int_equal(get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
	assert_int_equal(ask(&b, NOW,
			     "{\"active\":true,\"sub\":\"alice\",\"exp\":"
			     "1700003600,\"jti\":\"" TOKEN2 "\"}"),
	    BA_OK);
	assert_int_equal(puts_, 1);
	assert_int_equal(get(&b, NOW), BA_OK);
	stop(&b);
}

/* V49: what is large is good, and asked for again. */
static void
test_v49_large_answers_are_not_remembered(void **state)
{
	static const size_t sizes[] = { 15 * 1024, 17 * 1024 };
	char *answer = calloc(1, 20 * 1024);
	struct broker b;
	size_t i;

	(void)state;
	assert_non_null(answer);
	for (i = 0; i < 2; i++) {
		(void)snprintf(answer, 20 * 1024,
		    "{\"active\":true,\"sub\":\"alice\",\"exp\":1700003600,"
		    "\"groups\":\"%0*d\"}",
		    (int)sizes[i], 0);
		start(&b);
		assert_int_equal(ask(&b, NOW, answer), BA_OK);
		assert_int_equal(
		    get(&b, NOW), i == 0 ? BA_OK : BA_ERR_NEED_INTROSPECTION);
		stop(&b);
	}
	free(answer);
}

static void
test_reach_of_what_is_remembered(void **state)
{
	struct broker a, b;

	(void)state;
	start_as(&a, t.path, BA_REACH_SHARED);
	start_as(&b, t.path, BA_REACH_SHARED);
	assert_int_equal(ask(&a, NOW, ACTIVE), BA_OK);
	assert_int_equal(last_put.space, BA_SPACE_ANSWER);
	assert_int_equal(last_put.reach, BA_REACH_SHARED);
	assert_int_equal(get(&b, NOW), BA_OK);
	assert_int_equal(get(&b, NOW + 60), BA_ERR_NEED_INTROSPECTION);
	stop(&a);
	stop(&b);
	(void)remove(t.path);
	start_as(&a, t.path, BA_REACH_PROCESS);
	start_as(&b, t.path, BA_REACH_PROCESS);
	assert_int_equal(ask(&a, NOW, ACTIVE), BA_OK);
	assert_int_equal(last_put.reach, BA_REACH_PROCESS);
	assert_int_equal(get(&a, NOW), BA_OK);
	assert_int_equal(get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
	stop(&a);
	stop(&b);
}

static void
put_value(struct broker *b, const char *value, size_t n, int64_t expires)
{
	assert_int_equal(last_put.space, BA_SPACE_ANSWER);
	assert_int_equal(
	    __real_ba_store_put(b->store, BA_SPACE_ANSWER, last_put.name,
		last_put.name_len, value, n, NOW, expires, BA_REACH_PROCESS),
	    BA_OK);
}

/* What the store gives back is looked at again. */
static void
test_v35_what_the_store_says_is_not_believed(void **state)
{
#define V(s) (s), sizeof(s) - 1
	static const struct {
		const char *value;
		size_t n;
		int64_t expires;
		int r;
	} rows[] = {
		{ V("+{\"sub\":\"alice\",\"exp\":1700003600}"), NOW + 60,
		    BA_OK },
		{ V("+{\"sub\":\"alice\",\"exp\":1700003600}"), NOW + 61,
		    BA_ERR_NEED_INTROSPECTION },
		{ V("+{\"sub\":\"alice\",\"exp\":1700000001}"), NOW + 60,
		    BA_OK },
		{ V("+{\"sub\":\"alice\",\"exp\":1700000000}"), NOW + 60,
		    BA_ERR_NEED_INTROSPECTION },
		{ V("+{\"sub\":\"alice\"}"), NOW + 60,
		    BA_ERR_NEED_INTROSPECTION },
		{ V("+{\"sub\":\"alice\",\"exp\":1700003600"), NOW + 60,
		    BA_ERR_NEED_INTROSPECTION },
		{ V("{\"sub\":\"alice\",\"exp\":1700003600}"), NOW + 60,
		    BA_ERR_NEED_INTROSPECTION },
		{ V("+"), NOW + 60, BA_ERR_NEED_INTROSPECTION },
		{ V(""), NOW + 5, BA_ERR_NEED_INTROSPECTION },
		{ V("-"), NOW + 10, BA_ERR_INACTIVE },
		{ V("-"), NOW + 11, BA_ERR_NEED_INTROSPECTION },
		{ V("--"), NOW + 10, BA_ERR_NEED_INTROSPECTION },
		{ V("x"), NOW + 10, BA_ERR_NEED_INTROSPECTION },
	};
#undef V
	struct broker b;
	size_t i;

	(void)state;
	start(&b);
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	for (i = 0; i < COUNT(rows); i++) {
		put_value(&b, rows[i].value, rows[i].n, rows[i].expires);
		assert_int_equal(get(&b, NOW), rows[i].r);
	}
	stop(&b);
}

/* Without a store, or with one that fails, each question is asked. */
static void
test_store_that_fails(void **state)
{
	struct broker b;
	int i;

	(void)state;
	start_as(&b, t.path, BA_REACH_SHARED);
	fail_store = true;
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	assert_int_equal(get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
	for (i = 0; i < BA_BREAKER_FAILURES; i++)
		assert_int_equal(
		    ask_and_fail(&b, NOW, BA_ERR_HTTP, -1), BA_ERR_HTTP);
	/* What this process has seen holds for this process. */
	assert_int_equal(begin(&b, NOW), BA_ERR_BREAKER);
	assert_int_equal(ask(&b, NOW + BA_BREAKER_OPEN_MIN, ACTIVE), BA_OK);
	assert_int_equal(begin(&b, NOW + BA_BREAKER_OPEN_MIN), BA_OK);
	fail_store = false;
	stop(&b);
	memset(&b, 0, sizeof(b));
	ba_post_init(&b.post);
	assert_int_equal(open_introspection(&b, BA_REACH_SHARED), BA_OK);
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	assert_int_equal(get(&b, NOW), BA_ERR_NEED_INTROSPECTION);
	stop(&b);
}

/* --- The breaker ----------------------------------------------------------- */

static void
test_breaker_opens_and_closes(void **state)
{
	static const int errors[] = { BA_ERR_TIMEOUT, BA_ERR_HTTP, BA_ERR_TLS,
		BA_OK /* and 503 */ };
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;
	struct broker b;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		start(&b);
		for (n = 0; n < BA_BREAKER_FAILURES; n++) {
			assert_false(
			    ba_introspection_is_open(b.i, &t.issuer[0], NOW));
			(void)ask_and_fail(&b, NOW, errors[i], -1);
		}
		assert_non_null(strstr(t.last, "is not asked"));
		assert_true(ba_introspection_is_open(b.i, &t.issuer[0], NOW));
		assert_int_equal(begin(&b, NOW), BA_ERR_BREAKER);
		assert_int_equal(begin(&b, at - 1), BA_ERR_BREAKER);
		/* The other issuer is asked all the same. */
		assert_false(ba_introspection_is_open(b.i, &t.issuer[1], NOW));
		assert_int_equal(
		    ba_introspection_begin(b.i, &t.issuer[1], ENDPOINT, TOKEN,
			strlen(TOKEN), NOW, true, &b.post, &b.request),
		    BA_OK);
		/* One tries. */
		assert_int_equal(begin(&b, at), BA_OK);
		assert_int_equal(begin(&b, at), BA_ERR_BREAKER);
		assert_int_equal(feed(&b, at, INACTIVE), BA_ERR_INACTIVE);
		assert_non_null(strstr(t.last, "answers again"));
		assert_int_equal(begin(&b, at), BA_OK);
		assert_false(ba_introspection_is_open(b.i, &t.issuer[0], at));
		stop(&b);
	}
}

/* Quick answers that are not usable hold nobody up, and shut nobody out. */
static void
test_int_06_wrong_credentials_are_no_outage(void **state)
{
	static const struct reply no[] = { { BA_OK, 401, -1, JSON, "" },
		{ BA_OK, 200, -1, JSON, "x" }, { BA_OK, 404, -1, "", "" } };
	struct broker b;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < COUNT(no); i++) {
		start(&b);
		for (n = 0; n < 2 * BA_BREAKER_FAILURES; n++) {
			assert_int_equal(begin(&b, NOW), BA_OK);
			assert_int_not_equal(
			    feed_reply(&b, &t.issuer[0], NOW, &no[i], TOKEN),
			    BA_OK);
		}
		assert_int_equal(begin(&b, NOW), BA_OK);
		stop(&b);
	}
}

static void
test_breaker_honours_retry_after(void **state)
{
	struct broker b;

	(void)state;
	start(&b);
	assert_int_equal(
	    ask_and_fail(&b, NOW, BA_OK, 20), BA_ERR_INTROSPECTION);
	assert_int_equal(begin(&b, NOW + 19), BA_ERR_BREAKER);
	assert_int_equal(begin(&b, NOW + 20), BA_OK);
	stop(&b);
}

/* Our own faults say nothing about an issuer; being kept waiting does. */
static void
test_breaker_and_questions_given_up(void **state)
{
	struct broker b;
	int n;

	(void)state;
	start(&b);
	for (n = 0; n < 2 * BA_BREAKER_FAILURES; n++) {
		assert_int_equal(begin(&b, NOW), BA_OK);
		ba_introspection_abandon(b.i, &t.issuer[0], NOW, true);
		assert_int_equal(
		    ask_and_fail(&b, NOW, BA_ERR_NOMEM, -1), BA_ERR_NOMEM);
	}
	assert_int_equal(t.lines, 1);
	for (n = 0; n < BA_BREAKER_FAILURES; n++) {
		assert_int_equal(begin(&b, NOW), BA_OK);
		ba_introspection_abandon(b.i, &t.issuer[0], NOW, false);
	}
	assert_int_equal(begin(&b, NOW), BA_ERR_BREAKER);
	assert_int_equal(t.lines, 3);
	/* A trial that was ours to lose may be tried again at once. */
	assert_int_equal(begin(&b, NOW + 5), BA_OK);
	assert_int_equal(begin(&b, NOW + 5), BA_ERR_BREAKER);
	ba_introspection_abandon(b.i, &t.issuer[0], NOW + 5, true);
	assert_int_equal(begin(&b, NOW + 5), BA_OK);
	stop(&b);
}

static void
give_up(struct broker *b, int64_t now, bool ours)
{
	ba_introspection_abandon(b->i, &t.issuer[0], now, ours);
}

/*
 * Those that were under way when it opened still hang when one tries: their
 * failures are of the same outage, and only the trial's opens it for longer.
 */
static void
test_breaker_and_those_who_began_before(void **state)
{
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;
	struct broker b;
	int n;

	(void)state;
	start(&b);
	for (n = 0; n < BA_BREAKER_FAILURES + 10; n++)
		assert_int_equal(begin(&b, NOW), BA_OK);
	for (n = 0; n < BA_BREAKER_FAILURES; n++)
		give_up(&b, NOW, false);
	assert_int_equal(begin(&b, at), BA_OK);
	for (n = 0; n < 8; n++)
		give_up(&b, at + 1, false);
	/* Nor do they end the trial for reasons of ours. */
	give_up(&b, at + 1, true);
	assert_int_equal(begin(&b, at + 1), BA_ERR_BREAKER);
	give_up(&b, at + 1, false);
	/* The trial's own: 10 s, and had theirs counted it were 60 by now. */
	give_up(&b, at + 2, false);
	assert_int_equal(begin(&b, at + 2 + 9), BA_ERR_BREAKER);
	assert_int_equal(begin(&b, at + 2 + 10), BA_OK);
	/* Nobody hangs any more: this is the trial again. */
	give_up(&b, at + 12, true);
	assert_int_equal(begin(&b, at + 12), BA_OK);
	give_up(&b, at + 12, false);
	assert_int_equal(begin(&b, at + 12 + 19), BA_ERR_BREAKER);
	assert_int_equal(begin(&b, at + 12 + 20), BA_OK);
	stop(&b);
}

/* Who sends bad tokens by turns shall not write our log. */
static void
test_v49_each_fault_is_logged_once_a_minute(void **state)
{
	static const struct reply bad[] = { { BA_OK, 401, -1, JSON, "" },
		{ BA_OK, 404, -1, "", "" }, { BA_ERR_NOMEM, 0, -1, "", "" } };
	static const char *const remedies[] = { "compare client_id",
		"compare introspection_endpoint", "fault of ours" };
	struct broker b;
	size_t i;

	(void)state;
	start(&b);
	for (i = 0; i < 10 * COUNT(bad); i++) {
		assert_int_equal(begin(&b, NOW + (int64_t)i), BA_OK);
		(void)feed_reply(&b, &t.issuer[0], NOW + (int64_t)i,
		    &bad[i % COUNT(bad)], TOKEN);
	}
	assert_int_equal(t.lines, COUNT(bad));
	/* Each has a minute of its own. */
	for (i = 0; i < COUNT(bad); i++) {
		t.lines = 0;
		(void)feed_reply(
		    &b, &t.issuer[0], NOW + 59 + (int64_t)i, &bad[i], TOKEN);
		assert_int_equal(t.lines, 0);
		(void)feed_reply(
		    &b, &t.issuer[0], NOW + 60 + (int64_t)i, &bad[i], TOKEN);
		assert_int_equal(t.lines, 1);
		assert_non_null(strstr(t.last, remedies[i]));
	}
	stop(&b);
}

/* Spawned brokers share it, and one of them tries. */
static void
test_breaker_is_shared_by_spawned_brokers(void **state)
{
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;
	struct broker a, b;
	int n;

	(void)state;
	for (n = 0; n < BA_BREAKER_FAILURES; n++) {
		start_as(&a, t.path, BA_REACH_SHARED);
		assert_int_equal(
		    ask_and_fail(&a, NOW, BA_ERR_TIMEOUT, -1), BA_ERR_TIMEOUT);
		stop(&a);
	}
	start_as(&a, t.path, BA_REACH_SHARED);
	start_as(&b, t.path, BA_REACH_SHARED);
	assert_int_equal(begin(&a, NOW), BA_ERR_BREAKER);
	assert_true(ba_introspection_is_open(b.i, &t.issuer[0], NOW));
	assert_int_equal(begin(&a, at), BA_OK);
	assert_int_equal(begin(&b, at), BA_ERR_BREAKER);
	assert_int_equal(feed(&a, at, ACTIVE), BA_OK);
	assert_int_equal(begin(&b, at), BA_OK);
	assert_false(ba_introspection_is_open(b.i, &t.issuer[0], at));
	/* … and the next outage begins with nothing left of this one. */
	for (n = 0; n < BA_BREAKER_FAILURES; n++)
		assert_int_equal(
		    ask_and_fail(&b, at, BA_ERR_TIMEOUT, -1), BA_ERR_TIMEOUT);
	assert_int_equal(begin(&a, at), BA_ERR_BREAKER);
	assert_int_equal(begin(&a, at + BA_BREAKER_OPEN_MIN), BA_OK);
	stop(&a);
	stop(&b);
}

/* Two look at the same moment: word of the trial decides. */
static void
test_breaker_one_of_two_tries(void **state)
{
	int64_t at = NOW + BA_BREAKER_OPEN_MIN;
	char before[128], name[1024];
	size_t before_len, name_len;
	struct broker a, b;
	int n;

	(void)state;
	start_as(&a, t.path, BA_REACH_SHARED);
	start_as(&b, t.path, BA_REACH_SHARED);
	for (n = 0; n < BA_BREAKER_FAILURES; n++)
		(void)ask_and_fail(&a, NOW, BA_ERR_TIMEOUT, -1);
	assert_int_equal(last_put.space, BA_SPACE_BREAKER);
	before_len = last_put.value_len;
	memcpy(before, last_put.value, before_len);
	name_len = last_put.name_len;
	memcpy(name, last_put.name, name_len);
	assert_int_equal(begin(&a, at), BA_OK);
	/* b reads what a read before it wrote. */
	assert_int_equal(
	    __real_ba_store_put(b.store, BA_SPACE_BREAKER, name, name_len,
		before, before_len, at, at + 60, BA_REACH_SHARED),
	    BA_OK);
	adds = 0;
	assert_int_equal(begin(&b, at), BA_ERR_BREAKER);
	assert_int_equal(adds, 1);
	/* The one who tried never came back. */
	assert_int_equal(begin(&b, at + BA_BREAKER_TRIAL), BA_OK);
	stop(&a);
	stop(&b);
}

static void
test_breaker_of_the_store_is_not_believed(void **state)
{
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{ "3 5 1700000005 0", BA_ERR_BREAKER },
		{ "3 60 1700000060 0", BA_ERR_BREAKER },
		{ "3 61 1700000060 0", BA_OK },
		{ "3 60 1700000061 0", BA_OK },
		{ "3 -5 1700000005 0", BA_OK },
		{ "3 5 1700000005", BA_OK },
		{ "3 5 1700000005 0x", BA_OK },
		{ "x", BA_OK },
		{ "", BA_OK },
	};
	char name[1024];
	size_t name_len, i;
	struct broker b;

	(void)state;
	start_as(&b, t.path, BA_REACH_SHARED);
	(void)ask_and_fail(&b, NOW, BA_ERR_TIMEOUT, -1);
	assert_int_equal(last_put.space, BA_SPACE_BREAKER);
	name_len = last_put.name_len;
	memcpy(name, last_put.name, name_len);
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    __real_ba_store_put(b.store, BA_SPACE_BREAKER, name,
			name_len, rows[i].text, strlen(rows[i].text), NOW,
			NOW + 60, BA_REACH_SHARED),
		    BA_OK);
		assert_int_equal(begin(&b, NOW), rows[i].r);
		if (rows[i].r == BA_OK)
			ba_introspection_abandon(b.i, &t.issuer[0], NOW, true);
	}
	stop(&b);
}

/* A broker that serves everybody asks the store nothing on its way. */
static void
test_breaker_in_memory_costs_nothing(void **state)
{
	struct broker b;
	int n;

	(void)state;
	t.issuer[0].introspection_cache = 0;
	start_as(&b, t.path, BA_REACH_PROCESS);
	gets = puts_ = adds = deletes = 0;
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	for (n = 0; n < BA_BREAKER_FAILURES; n++)
		(void)ask_and_fail(&b, NOW, BA_ERR_TIMEOUT, -1);
	assert_int_equal(begin(&b, NOW + 5), BA_OK);
	assert_int_equal(feed(&b, NOW + 5, ACTIVE), BA_OK);
	assert_int_equal(gets + puts_ + adds + deletes, 0);
	stop(&b);
	/* A spawned one looks, and writes nothing while all is well. */
	start_as(&b, t.path, BA_REACH_SHARED);
	assert_int_equal(ask(&b, NOW, ACTIVE), BA_OK);
	assert_true(gets > 0);
	assert_int_equal(puts_ + adds + deletes, 0);
	stop(&b);
}

/* --- How many at a time ---------------------------------------------------- */

static void
test_questions_at_a_time(void **state)
{
	struct broker b;
	int n;

	(void)state;
	start(&b);
	for (n = 0; n < BA_INTROSPECTIONS_MAX; n++)
		assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(t.lines, 0);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	assert_int_equal(t.lines, 1);
	assert_int_equal(feed(&b, NOW, ACTIVE), BA_OK);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	ba_introspection_abandon(b.i, &t.issuer[0], NOW, true);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	/* The other issuer has places of its own. */
	assert_int_equal(
	    ba_introspection_begin(b.i, &t.issuer[1], ENDPOINT, TOKEN,
		strlen(TOKEN), NOW, true, &b.post, &b.request),
	    BA_OK);
	stop(&b);
}

static int
begin_as_other(struct broker *b, int64_t now)
{
	return ba_introspection_begin(b->i, &t.issuer[0], ENDPOINT, TOKEN,
	    strlen(TOKEN), now, false, &b->post, &b->request);
}

/* A flood at a mail server leaves places for root's logins. */
static void
test_v49_places_for_root(void **state)
{
	struct broker b;
	int n;

	(void)state;
	start(&b);
	for (n = 0; n < BA_INTROSPECTIONS_OTHERS; n++)
		assert_int_equal(begin_as_other(&b, NOW), BA_OK);
	assert_int_equal(begin_as_other(&b, NOW), BA_ERR_BUSY);
	for (; n < BA_INTROSPECTIONS_MAX; n++)
		assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	/* Places that root has are none of theirs. */
	for (; n > BA_INTROSPECTIONS_OTHERS; n--) {
		assert_int_equal(begin_as_other(&b, NOW), BA_ERR_BUSY);
		assert_int_equal(feed(&b, NOW, ACTIVE), BA_OK);
	}
	assert_int_equal(begin_as_other(&b, NOW), BA_ERR_BUSY);
	assert_int_equal(feed(&b, NOW, ACTIVE), BA_OK);
	assert_int_equal(begin_as_other(&b, NOW), BA_OK);
	stop(&b);
}

/* An end without a beginning makes no place. */
static void
test_places_are_not_given_twice(void **state)
{
	struct broker b;
	int n;

	(void)state;
	start(&b);
	ba_introspection_abandon(b.i, &t.issuer[0], NOW, true);
	for (n = 0; n < BA_INTROSPECTIONS_MAX; n++)
		assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	stop(&b);
}

/* The form does not take it: its place is given back, and no failure. */
static void
test_question_that_does_not_fit(void **state)
{
	size_t n = BA_HTTP_FORM_MAX + 1;
	char *token = malloc(n);
	struct broker b;
	int i;

	(void)state;
	assert_non_null(token);
	memset(token, 'a', n);
	start(&b);
	for (i = 0; i < 2 * BA_INTROSPECTIONS_MAX; i++) {
		assert_int_equal(
		    ba_introspection_begin(b.i, &t.issuer[0], ENDPOINT, token,
			n, NOW, true, &b.post, &b.request),
		    BA_ERR_LIMIT);
		assert_int_equal(b.post.form.len, 0);
	}
	assert_int_equal(t.lines, 1);
	assert_int_equal(begin(&b, NOW), BA_OK);
	stop(&b);
	free(token);
}

/* --- Memory ---------------------------------------------------------------- */

static int
all_of_it(struct ba_store *store)
{
	struct broker b = { .store = store };
	int r;

	ba_post_init(&b.post);
	r = open_introspection(&b, BA_REACH_PROCESS);
	if (r == BA_OK)
		r = begin(&b, NOW);
	if (r == BA_OK) {
		long left = fail_malloc;

		fail_malloc = -1;
		(void)feed(&b, NOW, ACTIVE);
		fail_malloc = left;
		r = get(&b, NOW);
	}
	b.store = NULL; /* the caller's */
	stop(&b);
	return r;
}

/* Each allocation fails once: no other error comes of it. */
static void
test_without_memory(void **state)
{
	const struct ba_store_options so = { .path = NULL };
	struct ba_store *store;
	int r = BA_ERR_NOMEM;
	long n;

	(void)state;
	t.config.no_proxy = "localhost,.example.net";
	assert_int_equal(ba_store_open(&so, &store), BA_OK);
	for (n = 0; r == BA_ERR_NOMEM && n < 500; n++) {
		fail_malloc = n;
		r = all_of_it(store);
		fail_malloc = -1;
	}
	assert_int_equal(r, BA_OK);
	assert_true(n > 10);
	ba_store_close(store);
}

/* What cannot be remembered for want of memory is a good answer still. */
static void
test_answer_without_memory_to_remember_it(void **state)
{
	struct ba_http_response resp;
	struct broker b;
	json_t *claims;
	int r = BA_ERR_NOMEM;
	long n;

	(void)state;
	start(&b);
	ba_http_response_init(&resp);
	resp.err = BA_OK;
	resp.status = 200;
	(void)snprintf(resp.content_type, sizeof(resp.content_type), JSON);
	assert_int_equal(ba_buf_append_str(&resp.body, ACTIVE), BA_OK);
	for (n = 0; n < 60; n++) {
		assert_int_equal(begin(&b, NOW), BA_OK);
		fail_malloc = n;
		r = ba_introspection_feed(b.i, &t.issuer[0], NULL, TOKEN,
		    strlen(TOKEN), NOW, &resp, &claims);
		fail_malloc = -1;
		assert_true(r == BA_OK || r == BA_ERR_NOMEM);
		assert_int_equal(r == BA_OK, claims != NULL);
		json_decref(claims);
	}
	assert_int_equal(r, BA_OK);
	ba_http_response_clear(&resp);
	stop(&b);
	ba_introspection_free(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_int_01_the_request),
		T(test_int_01_signed_form_is_asked_for),
		T(test_tr_01_endpoint),
		T(test_issuers_that_are_not_asked),
		T(test_ca_04_credentials_that_are_not_usable),
		T(test_ca_04_spawned_reads_what_it_needs),
		T(test_ca_04_files_are_named),
		T(test_int_02_int_06_every_answer),
		T(test_int_06_is_said_once_a_minute),
		T(test_int_04_v35_remembered_until),
		T(test_int_04_revoked_is_revoked),
		T(test_int_05_what_an_answer_is_filed_under),
		T(test_int_05_the_token_is_not_stored),
		T(test_v49_large_answers_are_not_remembered),
		T(test_reach_of_what_is_remembered),
		T(test_v35_what_the_store_says_is_not_believed),
		T(test_store_that_fails),
		T(test_breaker_opens_and_closes),
		T(test_int_06_wrong_credentials_are_no_outage),
		T(test_breaker_honours_retry_after),
		T(test_breaker_and_questions_given_up),
		T(test_breaker_and_those_who_began_before),
		T(test_v49_each_fault_is_logged_once_a_minute),
		T(test_breaker_is_shared_by_spawned_brokers),
		T(test_breaker_one_of_two_tries),
		T(test_breaker_of_the_store_is_not_believed),
		T(test_breaker_in_memory_costs_nothing),
		T(test_questions_at_a_time),
		T(test_v49_places_for_root),
		T(test_places_are_not_given_twice),
		T(test_question_that_does_not_fit),
		T(test_without_memory),
		T(test_answer_without_memory_to_remember_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
