/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/oauth/keys.h"
#include "tests/unit/mint.h"

#define NOW  INT64_C(1700000000)
#define ISS  "https://id.example.org/staff"
#define ISS2 "https://id.example.org/guests/"
#define URI  "https://id.example.org/jwks"
#define JSON "application/json"

#define OIDC_URL ISS "/.well-known/openid-configuration"
#define OAUTH_URL                                                              \
	"https://id.example.org/.well-known/oauth-authorization-server/staff"
#define META "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"" URI "\"}"

#define ALG BA_ALG_EDDSA

/* 64 bytes, which begin in base64url with "c2VjcmV0". */
#define SECRET                                                                 \
	"secret, and long enough for the longest of all the hashes we have"
_Static_assert(sizeof(SECRET) - 1 >= 64, "long enough for HS512");

/* What all tests share: pairs are slow to make. */
static struct ba_mint *first, *second, *third;
static char *jwks_1, *jwks_2, *jwks_3;

static struct {
	char dir[64];
	char path[96];
	char file[96]; /* for jwks_file */
	struct ba_issuer issuer[2];
	struct ba_config config;
	unsigned lines;
	char last[BA_LOG_LINE_MAX];
} t;

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	if (level > BA_LOG_WARNING)
		return;
	t.lines++;
	(void)snprintf(t.last, sizeof(t.last), "%s", text);
}

static const struct ba_log test_log = { .line = take_line };

static int
set_up_all(void **state)
{
	(void)state;
	first = ba_mint_new(BA_MINT_ED25519, "k1", "EdDSA");
	second = ba_mint_new(BA_MINT_ED25519, "k2", "EdDSA");
	third = ba_mint_new(BA_MINT_ED25519, "k3", "EdDSA");
	jwks_1 = ba_mint_jwks_of(first);
	jwks_2 = ba_mint_jwks_of(second);
	jwks_3 = ba_mint_jwks_of(third);
	return 0;
}

static int
tear_down_all(void **state)
{
	(void)state;
	ba_mint_free(first);
	ba_mint_free(second);
	ba_mint_free(third);
	free(jwks_1);
	free(jwks_2);
	free(jwks_3);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/ba_keys.XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	(void)snprintf(t.path, sizeof(t.path), "%s/store.db", t.dir);
	(void)snprintf(t.file, sizeof(t.file), "%s/jwks.json", t.dir);
	t.issuer[0].url = ISS;
	t.issuer[0].ca_file = "/nowhere/ca.pem";
	t.issuer[1].url = ISS2;
	t.issuer[1].index = 1;
	t.config.issuers = t.issuer;
	t.config.n_issuers = 2;
	return 0;
}

static int
tear_down(void **state)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(t.dir);

	(void)state;
	(void)chmod(t.dir, 0700);
	while (d != NULL && (e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", t.dir, e->d_name);
		if (e->d_name[0] != '.')
			(void)remove(path);
	}
	if (d != NULL)
		(void)closedir(d);
	return rmdir(t.dir);
}

/* A broker: its own store on the shared file, its own keys. */
struct broker {
	struct ba_store *store;
	struct ba_keys *keys;
	struct ba_http_request request;
};

static void
start(struct broker *b, const char *path)
{
	const struct ba_store_options o = { .path = path, .busy_ms = 1000 };

	memset(b, 0, sizeof(*b));
	assert_int_equal(ba_store_open(&o, &b->store), BA_OK);
	assert_int_equal(
	    ba_keys_new(&t.config, b->store, geteuid(), &test_log, &b->keys),
	    BA_OK);
}

static void
start_without_store(struct broker *b)
{
	memset(b, 0, sizeof(*b));
	assert_int_equal(
	    ba_keys_new(&t.config, NULL, geteuid(), &test_log, &b->keys),
	    BA_OK);
}

static void
stop(struct broker *b)
{
	ba_keys_free(b->keys);
	ba_store_close(b->store);
}

/* Does it have a key of this kid now? */
static bool
has(struct broker *b, int64_t now, const char *kid)
{
	const struct ba_jwks *set = ba_keys_get(b->keys, &t.issuer[0], now);
	size_t iter = 0;

	return set != NULL && ba_jwks_next(set, kid, ALG, &iter) != NULL;
}

static bool
has_none(struct broker *b, int64_t now)
{
	return ba_keys_get(b->keys, &t.issuer[0], now) == NULL;
}

static enum ba_keys_state
state_of(struct broker *b, int64_t now)
{
	return ba_keys_state(b->keys, &t.issuer[0], now);
}

static int
begin(struct broker *b, int64_t now)
{
	return ba_keys_begin(b->keys, &t.issuer[0], now, &b->request);
}

static int
feed_all(struct broker *b, int64_t now, int err, unsigned status,
    const char *type, int64_t max_age, const char *body)
{
	struct ba_http_response r;
	int ret;

	ba_http_response_init(&r);
	r.err = err;
	r.status = status;
	r.max_age = max_age;
	(void)snprintf(r.content_type, sizeof(r.content_type), "%s", type);
	assert_int_equal(ba_buf_append_str(&r.body, body), BA_OK);
	ret = ba_keys_feed(b->keys, &t.issuer[0], now, &r, &b->request);
	ba_http_response_clear(&r);
	return ret;
}

static int
feed(struct broker *b, int64_t now, const char *body)
{
	return feed_all(b, now, BA_OK, 200, JSON, -1, body);
}

/* A whole asking; its result. */
static int
ask(struct broker *b, int64_t now, const char *jwks)
{
	int r;

	r = begin(b, now);
	if (r != BA_OK)
		return r;
	assert_int_equal(feed(b, now, META), BA_ERR_NEED_KEYS);
	return feed(b, now, jwks);
}

static void
test_from_nothing_to_keys(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_string_equal(b.request.url, OIDC_URL);
	assert_string_equal(b.request.ca_file, "/nowhere/ca.pem");
	assert_int_equal(b.request.timeout_ms, BA_KEYS_REQUEST_MS);
	assert_true(has_none(&b, NOW));
	assert_int_equal(feed(&b, NOW + 1, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.url, URI);
	assert_string_equal(b.request.ca_file, "/nowhere/ca.pem");
	assert_int_equal(b.request.timeout_ms, BA_KEYS_REQUEST_MS);
	assert_int_equal(feed(&b, NOW + 2, jwks_1), BA_OK);
	assert_true(has(&b, NOW + 2, "k1"));
	assert_false(has(&b, NOW + 2, "k2"));
	assert_int_equal(t.lines, 0);
	stop(&b);
}

/* The second login, by whichever broker, asks nobody. */
static void
test_keys_are_kept_for_the_next_broker(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	stop(&a);
	start(&b, t.path);
	assert_true(has(&b, NOW + 10, "k1"));
	/* What the asking brought is what it has: no need to look again. */
	assert_int_equal(state_of(&b, NOW + 10), BA_KEYS_FINAL);
	stop(&b);
	/* The twin: without the file they are gone. */
	start(&b, NULL);
	assert_true(has_none(&b, NOW + 10));
	assert_int_equal(state_of(&b, NOW + 10), BA_KEYS_MAY_ASK);
	stop(&b);
}

static void
test_keys_end(void **state)
{
	static const struct {
		int64_t max_age, life;
	} cases[] = {
		{ -1, BA_KEYS_LIFE_DEFAULT },
		{ 0, BA_KEYS_LIFE_MIN },
		{ BA_KEYS_LIFE_MIN - 1, BA_KEYS_LIFE_MIN },
		{ BA_KEYS_LIFE_MIN + 1, BA_KEYS_LIFE_MIN + 1 },
		{ BA_KEYS_LIFE_MAX - 1, BA_KEYS_LIFE_MAX - 1 },
		{ BA_KEYS_LIFE_MAX + 1, BA_KEYS_LIFE_MAX },
		{ UINT32_MAX, BA_KEYS_LIFE_MAX },
	};
	struct broker a, b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)unlink(t.path);
		start(&a, t.path);
		assert_int_equal(begin(&a, NOW), BA_OK);
		assert_int_equal(feed(&a, NOW, META), BA_ERR_NEED_KEYS);
		assert_int_equal(feed_all(&a, NOW, BA_OK, 200, JSON,
				     cases[i].max_age, jwks_1),
		    BA_OK);
		start(&b, t.path);
		assert_true(has(&a, NOW + cases[i].life - 1, "k1"));
		assert_true(has(&b, NOW + cases[i].life - 1, "k1"));
		assert_true(has_none(&a, NOW + cases[i].life));
		assert_true(has_none(&b, NOW + cases[i].life));
		assert_int_equal(
		    state_of(&a, NOW + cases[i].life), BA_KEYS_MAY_ASK);
		stop(&a);
		stop(&b);
	}
}

/* The ways on from the first answer. */
static void
test_MD02_second_form(void **state)
{
	static const struct {
		const char *name;
		unsigned status;
		const char *type, *body;
		int want;
		const char *url; /* of the request that follows */
	} cases[] = {
		{ "there", 200, JSON, META, BA_ERR_NEED_KEYS, URI },
		{ "404", 404, JSON, META, BA_ERR_NEED_KEYS, OAUTH_URL },
		{ "redirect", 302, "", "", BA_ERR_NEED_KEYS, OAUTH_URL },
		{ "a page", 200, "text/html", META, BA_ERR_NEED_KEYS,
		    OAUTH_URL },
		{ "no JSON", 200, JSON, "<p>", BA_ERR_NEED_KEYS, OAUTH_URL },
		{ "500", 500, JSON, META, BA_ERR_METADATA, NULL },
		{ "429", 429, JSON, META, BA_ERR_METADATA, NULL },
		{ "MD-01 another issuer", 200, JSON,
		    "{\"issuer\":\"" ISS "/\",\"jwks_uri\":\"" URI "\"}",
		    BA_ERR_METADATA, NULL },
		{ "MD-04 http", 200, JSON,
		    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"http://h/\"}",
		    BA_ERR_METADATA, NULL },
	};
	struct broker b;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&b, NULL);
		t.lines = 0;
		assert_int_equal(begin(&b, NOW), BA_OK);
		r = feed_all(&b, NOW, BA_OK, cases[i].status, cases[i].type, -1,
		    cases[i].body);
		if (r != cases[i].want)
			fail_msg("%s: %s", cases[i].name, ba_err_name(r));
		if (r == BA_ERR_NEED_KEYS) {
			assert_string_equal(b.request.url, cases[i].url);
			assert_int_equal(t.lines, 0);
		} else {
			assert_null(b.request.url);
			assert_int_equal(t.lines, 1);
			assert_non_null(strstr(t.last, ISS));
			assert_int_equal(state_of(&b, NOW), BA_KEYS_FAILED);
		}
		stop(&b);
	}
}

static void
test_second_form_is_the_last(void **state)
{
	struct broker b;

	(void)state;
	start(&b, NULL);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(
	    feed_all(&b, NOW, BA_OK, 404, "", -1, ""), BA_ERR_NEED_KEYS);
	assert_int_equal(
	    feed_all(&b, NOW, BA_OK, 404, "", -1, ""), BA_ERR_METADATA);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FAILED);
	/* The twin: it is there. */
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(
	    feed_all(&b, NOW + 60, BA_OK, 404, "", -1, ""), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW + 60, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.url, URI);
	assert_int_equal(feed(&b, NOW + 60, jwks_1), BA_OK);
	assert_true(has(&b, NOW + 60, "k1"));
	stop(&b);
}

/* Any answer to the second request; a good one mends each. */
static void
test_jwks_answers(void **state)
{
	static const struct {
		const char *name;
		int err;
		unsigned status;
		const char *type, *body; /* NULL: the good one */
		int want;
	} cases[] = {
		{ "good", BA_OK, 200, JSON, NULL, BA_OK },
		{ "registered type", BA_OK, 200, "application/jwk-set+json",
		    NULL, BA_OK },
		{ "TR-05 text/plain", BA_OK, 200, "text/plain", NULL,
		    BA_ERR_JWKS },
		{ "TR-05 application/jsonx", BA_OK, 200, "application/jsonx",
		    NULL, BA_ERR_JWKS },
		{ "TR-05 no type", BA_OK, 200, "", NULL, BA_ERR_JWKS },
		{ "404", BA_OK, 404, JSON, NULL, BA_ERR_JWKS },
		{ "TR-03 redirect", BA_OK, 302, JSON, NULL, BA_ERR_JWKS },
		{ "no answer in time", BA_ERR_TIMEOUT, 0, "", "",
		    BA_ERR_TIMEOUT },
		{ "TR-02 certificate", BA_ERR_TLS, 0, "", "", BA_ERR_TLS },
		{ "cut off", BA_ERR_HTTP, 200, JSON, NULL, BA_ERR_HTTP },
		{ "empty", BA_OK, 200, JSON, "", BA_ERR_JWKS },
		{ "no keys", BA_OK, 200, JSON, "{\"keys\":[]}", BA_ERR_JWKS },
		{ "no set", BA_OK, 200, JSON, "{}", BA_ERR_JWKS },
		{ "JWK-09 symmetric alone", BA_OK, 200, JSON,
		    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
		    BA_ERR_JWKS },
		{ "JWK-12 unknown alone", BA_OK, 200, JSON,
		    "{\"keys\":[{\"kty\":\"LMS\",\"x\":\"AAAA\"}]}",
		    BA_ERR_JWKS },
	};
	struct broker b;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&b, NULL);
		t.lines = 0;
		assert_int_equal(begin(&b, NOW), BA_OK);
		assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
		r = feed_all(&b, NOW, cases[i].err, cases[i].status,
		    cases[i].type, -1,
		    cases[i].body == NULL ? jwks_1 : cases[i].body);
		if (r != cases[i].want)
			fail_msg("%s: %s", cases[i].name, ba_err_name(r));
		assert_null(b.request.url);
		assert_int_equal(has(&b, NOW, "k1"), r == BA_OK);
		assert_int_equal(state_of(&b, NOW),
		    r == BA_OK ? BA_KEYS_FINAL : BA_KEYS_FAILED);
		if (r != BA_OK) {
			assert_true(t.lines >= 1);
			assert_non_null(strstr(t.last, URI));
		}
		stop(&b);
	}
}

static void
test_JWK12_unknown_members_are_skipped(void **state)
{
	char *jwk = ba_mint_jwk(first, NULL), *jwks;
	const char *all[] = { "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\"}", jwk,
		"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}" };
	struct broker b;

	(void)state;
	jwks = ba_mint_jwks(all, 3);
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks), BA_OK);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(t.lines, 0);
	stop(&b);
	/* From the store as well. */
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
	free(jwks);
	free(jwk);
}

static void
test_JWK13_bad_keys_are_an_alarm(void **state)
{
	char *jwk = ba_mint_jwk(first, NULL), *jwks;
	const char *all[] = {
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"AAAA\"}", jwk
	};
	struct broker b;

	(void)state;
	jwks = ba_mint_jwks(all, 2);
	start(&b, NULL);
	assert_int_equal(ask(&b, NOW, jwks), BA_OK);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, "1 of its keys"));
	stop(&b);
	free(jwks);
	free(jwk);
}

/* Cooldown (V38, MD-05). */

static void
test_V38_cooldown_after_success(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	assert_int_equal(
	    state_of(&b, NOW + BA_KEYS_COOLDOWN - 1), BA_KEYS_FINAL);
	assert_int_equal(begin(&b, NOW + BA_KEYS_COOLDOWN - 1), BA_ERR_UNAVAIL);
	assert_null(b.request.url);
	assert_int_equal(state_of(&b, NOW + BA_KEYS_COOLDOWN), BA_KEYS_MAY_ASK);
	assert_int_equal(begin(&b, NOW + BA_KEYS_COOLDOWN), BA_OK);
	stop(&b);
}

/* MD-05: new keys come, those that are gone are gone. */
static void
test_MD05_rotation(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_int_equal(ask(&b, NOW + 60, jwks_2), BA_OK);
	assert_false(has(&b, NOW + 60, "k1"));
	assert_true(has(&b, NOW + 60, "k2"));
	stop(&b);
}

static void
test_known_keys_survive_failures(void **state)
{
	static const int errors[] = { BA_ERR_TIMEOUT, BA_ERR_TLS, BA_ERR_HTTP };
	int64_t now = NOW;
	struct broker b;
	size_t i;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, now, jwks_1), BA_OK);
	for (i = 0; i < 3; i++) {
		now += 60;
		assert_int_equal(begin(&b, now), BA_OK);
		assert_int_equal(
		    feed_all(&b, now, errors[i], 0, "", -1, ""), errors[i]);
		assert_true(has(&b, now, "k1"));
		assert_int_equal(state_of(&b, now), BA_KEYS_FAILED);
	}
	/* A key set that is none does not push out the one we have. */
	now += 60;
	assert_int_equal(ask(&b, now, "{\"keys\":[]}"), BA_ERR_JWKS);
	assert_true(has(&b, now, "k1"));
	now += 60;
	assert_int_equal(begin(&b, now), BA_OK);
	ba_keys_abandon(b.keys, &t.issuer[0], now + 3);
	assert_true(has(&b, now + 3, "k1"));
	assert_int_equal(state_of(&b, now + 3), BA_KEYS_FAILED);
	assert_int_equal(
	    state_of(&b, now + 3 + BA_KEYS_COOLDOWN), BA_KEYS_MAY_ASK);
	assert_int_equal(t.lines, 5);
	/* But not beyond their own end. */
	assert_true(has_none(&b, NOW + BA_KEYS_LIFE_DEFAULT));
	stop(&b);
}

static void
test_abandon_without_asking(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	ba_keys_abandon(b.keys, &t.issuer[0], NOW);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
	assert_int_equal(t.lines, 0);
	stop(&b);
}

static void
test_feed_without_asking(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_INTERNAL);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_int_equal(feed(&b, NOW, jwks_2), BA_ERR_INTERNAL);
	assert_false(has(&b, NOW, "k2"));
	stop(&b);
}

/* TR-08: all requests of an asking together have a limit. */
static void
test_TR08_time_of_an_asking(void **state)
{
	struct broker b;

	(void)state;
	start(&b, NULL);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW + 4, META), BA_ERR_NEED_KEYS);
	assert_int_equal(b.request.timeout_ms, 1000);
	ba_keys_abandon(b.keys, &t.issuer[0], NOW + 5);
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed(&b, NOW + 65, META), BA_ERR_TIMEOUT);
	assert_null(b.request.url);
	/* A clock that was set back gives no more than the first request. */
	assert_int_equal(begin(&b, NOW + 120), BA_OK);
	assert_int_equal(feed(&b, NOW + 110, META), BA_ERR_NEED_KEYS);
	assert_int_equal(b.request.timeout_ms, BA_KEYS_REQUEST_MS);
	stop(&b);
}

/* Several brokers. */

static void
test_V38_another_broker_asks(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(begin(&a, NOW), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_int_equal(begin(&b, NOW), BA_ERR_BUSY);
	assert_null(b.request.url);
	assert_int_equal(begin(&a, NOW), BA_ERR_BUSY);
	assert_true(has_none(&b, NOW + 1));
	assert_int_equal(feed(&a, NOW + 1, META), BA_ERR_NEED_KEYS);
	assert_int_equal(state_of(&b, NOW + 1), BA_KEYS_WAIT);
	assert_int_equal(feed(&a, NOW + 2, jwks_1), BA_OK);
	/* b did nothing and has them. */
	assert_true(has(&b, NOW + 2, "k1"));
	assert_int_equal(state_of(&b, NOW + 2), BA_KEYS_FINAL);
	stop(&a);
	stop(&b);
}

/*
 * b has keys, and a token comes with a new one.  That a has brought it is
 * seen before b says no.
 */
static void
test_MD05_another_broker_sees_the_rotation(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(ask(&a, NOW + 60, jwks_2), BA_OK);
	assert_false(has(&b, NOW + 61, "k2"));
	assert_int_equal(state_of(&b, NOW + 61), BA_KEYS_WAIT);
	assert_true(has(&b, NOW + 61, "k2"));
	assert_false(has(&b, NOW + 61, "k1"));
	assert_int_equal(state_of(&b, NOW + 61), BA_KEYS_FINAL);
	/* The same by begin() alone, as two brokers may cross. */
	assert_int_equal(ask(&a, NOW + 120, jwks_3), BA_OK);
	assert_int_equal(begin(&b, NOW + 121), BA_ERR_BUSY);
	assert_true(has(&b, NOW + 121, "k3"));
	assert_int_equal(begin(&b, NOW + 121), BA_ERR_UNAVAIL);
	stop(&a);
	stop(&b);
}

/* Nobody waits for a broker that died while it asked. */
static void
test_asking_broker_dies(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(begin(&a, NOW), BA_OK);
	stop(&a);
	assert_int_equal(state_of(&b, NOW + BA_KEYS_ASKING - 1), BA_KEYS_WAIT);
	assert_int_equal(state_of(&b, NOW + BA_KEYS_ASKING), BA_KEYS_MAY_ASK);
	assert_int_equal(ask(&b, NOW + BA_KEYS_ASKING, jwks_1), BA_OK);
	stop(&b);
}

static int
racer(int gate)
{
	struct broker b;
	char c;
	int r;

	if (read(gate, &c, 1) != 0)
		return 100;
	start(&b, t.path);
	r = begin(&b, NOW);
	stop(&b);
	return r == BA_OK ? 1 : r == BA_ERR_BUSY ? 0 : 100;
}

static void
test_V38_one_of_many_asks(void **state)
{
	int gate[2], i, round, status, sum;
	pid_t pid[6];

	(void)state;
	for (round = 0; round < 5; round++) {
		(void)unlink(t.path);
		assert_int_equal(pipe(gate), 0);
		for (i = 0; i < 6; i++) {
			pid[i] = fork();
			assert_true(pid[i] >= 0);
			if (pid[i] > 0)
				continue;
			(void)close(gate[1]);
			_exit(racer(gate[0]));
		}
		(void)close(gate[0]);
		(void)close(gate[1]);
		for (i = 0, sum = 0; i < 6; i++) {
			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_true(WIFEXITED(status));
			sum += WEXITSTATUS(status);
		}
		assert_int_equal(sum, 1);
	}
}

/* Stores that do not help. */

static void
test_without_store(void **state)
{
	struct broker b;

	(void)state;
	start_without_store(&b);
	assert_true(has_none(&b, NOW));
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_int_equal(begin(&b, NOW + 1), BA_ERR_BUSY);
	assert_int_equal(feed(&b, NOW + 1, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW + 1, jwks_1), BA_OK);
	assert_true(has(&b, NOW + 1, "k1"));
	assert_int_equal(state_of(&b, NOW + BA_KEYS_COOLDOWN), BA_KEYS_FINAL);
	assert_int_equal(begin(&b, NOW + BA_KEYS_COOLDOWN + 1), BA_OK);
	assert_int_equal(t.lines, 0);
	stop(&b);
}

/* A broken store costs a request a broker, never a login. */
static void
test_broken_store(void **state)
{
	struct broker a, b;

	(void)state;
	assert_int_equal(chmod(t.dir, 0755), 0);
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_int_equal(t.lines, 1);
	assert_int_equal(ask(&b, NOW, jwks_2), BA_OK);
	assert_int_equal(t.lines, 2);
	assert_true(has(&a, NOW, "k1"));
	assert_true(has(&b, NOW, "k2"));
	assert_int_equal(state_of(&a, NOW), BA_KEYS_FINAL);
	assert_int_equal(begin(&a, NOW + 29), BA_ERR_UNAVAIL);
	assert_int_equal(ask(&a, NOW + 30, jwks_3), BA_OK);
	assert_true(has(&a, NOW + 30, "k3"));
	/* Said once by each. */
	assert_int_equal(t.lines, 2);
	stop(&a);
	stop(&b);
}

#define CA       "/nowhere/ca.pem"
#define SERIAL_1 "0123456789abcdef"
#define SERIAL_2 "fedcba9876543210"

static void
put(struct broker *b, enum ba_space space, const char *value, int64_t expires)
{
	static const char name[] = ISS "\0" CA;

	assert_int_equal(
	    ba_store_put(b->store, space, name, sizeof(name) - 1, value,
		strlen(value), NOW, expires, BA_REACH_SHARED),
	    BA_OK);
}

static void
test_stored_set_is_unusable(void **state)
{
	static const char *const bad[] = { "", "{", "{\"keys\":[]}", "[]" };
	struct broker a, b;
	size_t i;

	(void)state;
	start(&a, t.path);
	for (i = 0; i < 4; i++) {
		t.lines = 0;
		put(&a, BA_SPACE_KEYS, bad[i], NOW + 100);
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(t.lines, 1);
		assert_non_null(strstr(t.last, ISS));
		assert_true(has_none(&b, NOW));
		assert_int_equal(t.lines, 1);
		assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
		stop(&b);
	}
	put(&a, BA_SPACE_KEYS, jwks_1, NOW + 100);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
	stop(&a);
}

/* Times that were written while the clock was years ahead. */
static void
test_times_too_far_ahead(void **state)
{
	struct broker a, b, c;

	(void)state;
	start(&a, t.path);
	put(&a, BA_SPACE_KEYS, jwks_1, NOW + BA_KEYS_LIFE_MAX + 1);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + BA_KEYS_COOLDOWN + 1);
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
	/* And it can be asked, though the store says that there is one. */
	assert_int_equal(begin(&b, NOW), BA_OK);
	start(&c, t.path);
	assert_int_equal(begin(&c, NOW), BA_ERR_BUSY);
	stop(&c);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW, jwks_2), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	/* It does not push out what is known to be right. */
	put(&a, BA_SPACE_KEYS, jwks_1, NOW + BA_KEYS_LIFE_MAX + 1);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + BA_KEYS_COOLDOWN + 1);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + BA_KEYS_COOLDOWN - 1);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_true(has(&b, NOW, "k2"));
	stop(&b);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "asking", NOW + BA_KEYS_ASKING + 1);
	start(&b, t.path);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "asking", NOW + BA_KEYS_ASKING);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + BA_KEYS_COOLDOWN);
	put(&a, BA_SPACE_KEYS, jwks_1, NOW + BA_KEYS_LIFE_MAX);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	/* Our own, the same way. */
	assert_true(has_none(&b, NOW - 1));
	stop(&b);
	stop(&a);
}

/* Which asking it was is told by its serial, not by when it ended. */
static void
test_V38_askings_are_told_apart(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	put(&a, BA_SPACE_KEYS, jwks_1, NOW + 100);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + 20);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_2 "done", NOW + 20);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_2 "done", NOW + 21);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	stop(&a);
	stop(&b);
}

/* A stamp that we would not write holds nobody up. */
static void
test_stamp_is_unusable(void **state)
{
	static const struct {
		const char *stamp;
		enum ba_keys_state want;
	} cases[] = {
		{ SERIAL_1 "asking", BA_KEYS_WAIT },
		{ SERIAL_1 "done", BA_KEYS_FINAL },
		{ SERIAL_1 "failed", BA_KEYS_FAILED },
		{ "", BA_KEYS_MAY_ASK },
		{ "done", BA_KEYS_MAY_ASK },
		{ SERIAL_1, BA_KEYS_MAY_ASK },
		{ SERIAL_1 "ended", BA_KEYS_MAY_ASK },
		{ SERIAL_1 "done and much more", BA_KEYS_MAY_ASK },
	};
	struct broker a, b;
	size_t i;

	(void)state;
	start(&a, t.path);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(&a, BA_SPACE_ATTEMPT, cases[i].stamp, NOW + 5);
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(state_of(&b, NOW), cases[i].want);
		assert_int_equal(begin(&b, NOW),
		    cases[i].want == BA_KEYS_MAY_ASK ? BA_OK
		    : cases[i].want == BA_KEYS_WAIT  ? BA_ERR_BUSY
						     : BA_ERR_UNAVAIL);
		stop(&b);
	}
	stop(&a);
}

/*
 * Whoever comes after a failed asking (a restart, a reload, a spawned broker)
 * knows the keys of before, and that there may be others.
 */
static void
test_V38_failure_is_known_to_the_next_broker(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	assert_int_equal(ba_keys_last(a.keys, &t.issuer[0]), BA_OK);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_int_equal(begin(&a, NOW + 60), BA_OK);
	assert_int_equal(
	    feed_all(&a, NOW + 60, BA_ERR_HTTP, 0, "", -1, ""), BA_ERR_HTTP);
	assert_int_equal(state_of(&a, NOW + 60), BA_KEYS_FAILED);
	assert_int_equal(ba_keys_last(a.keys, &t.issuer[0]), BA_ERR_HTTP);
	stop(&a);
	start(&b, t.path);
	assert_true(has(&b, NOW + 61, "k1"));
	assert_int_equal(state_of(&b, NOW + 61), BA_KEYS_FAILED);
	assert_int_equal(begin(&b, NOW + 61), BA_ERR_UNAVAIL);
	/* The twin: the issuer answers again. */
	assert_int_equal(ask(&b, NOW + 90, jwks_1), BA_OK);
	assert_int_equal(ba_keys_last(b.keys, &t.issuer[0]), BA_OK);
	stop(&b);
	start(&b, t.path);
	assert_true(has(&b, NOW + 91, "k1"));
	assert_int_equal(state_of(&b, NOW + 91), BA_KEYS_FINAL);
	stop(&b);
}

/* Issuers. */

/* What was fetched under one ca_file says nothing under another. */
static void
test_MD06_ca_files_share_nothing(void **state)
{
	static const char *const other[] = { NULL, "", "/nowhere/ca.pe",
		"/nowhere/ca.pem2" };
	struct broker b;
	size_t i;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	stop(&b);
	for (i = 0; i < 4; i++) {
		t.issuer[0].ca_file = other[i];
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
		stop(&b);
	}
	t.issuer[0].ca_file = CA;
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	stop(&b);
}

static void
test_MD06_issuers_share_nothing(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_null(ba_keys_get(b.keys, &t.issuer[1], NOW));
	assert_int_equal(
	    ba_keys_state(b.keys, &t.issuer[1], NOW), BA_KEYS_MAY_ASK);
	assert_int_equal(
	    ba_keys_begin(b.keys, &t.issuer[1], NOW, &b.request), BA_OK);
	assert_string_equal(b.request.url,
	    "https://id.example.org/guests/.well-known/"
	    "openid-configuration");
	assert_null(b.request.ca_file);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
}

static void
test_MD06_issuer_of_another_configuration(void **state)
{
	struct ba_issuer other;
	struct broker b;

	(void)state;
	other = t.issuer[0];
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_null(ba_keys_get(b.keys, &other, NOW));
	assert_int_equal(
	    ba_keys_state(b.keys, &other, NOW + 60), BA_KEYS_FAILED);
	assert_int_equal(ba_keys_last(b.keys, &other), BA_ERR_INTERNAL);
	assert_int_equal(ba_keys_begin(b.keys, &other, NOW + 60, &b.request),
	    BA_ERR_INTERNAL);
	assert_non_null(ba_keys_get(b.keys, &t.issuer[0], NOW));
	stop(&b);
}

/* A key set that is a file. */

static void
write_file(const char *text, mode_t mode)
{
	int fd;

	(void)unlink(t.file);
	fd = open(t.file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void
test_jwks_file(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[0].jwks_file = t.file;
	write_file(jwks_1, 0644);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	assert_true(has(&b, INT64_C(1) << 40, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	assert_int_equal(begin(&b, NOW), BA_ERR_UNAVAIL);
	assert_null(b.request.url);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_INTERNAL);
	ba_keys_abandon(b.keys, &t.issuer[0], NOW);
	/* What the store has of that issuer is not looked at. */
	put(&b, BA_SPACE_KEYS, jwks_2, NOW + 100);
	assert_false(has(&b, NOW, "k2"));
	assert_int_equal(t.lines, 0);
	stop(&b);
}

static void
assert_file_refused(const char *why)
{
	struct broker b;

	t.lines = 0;
	start(&b, NULL);
	assert_true(has_none(&b, NOW));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FAILED);
	assert_int_equal(begin(&b, NOW), BA_ERR_UNAVAIL);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, ISS));
	assert_non_null(strstr(t.last, t.file));
	assert_non_null(strstr(t.last, why));
	stop(&b);
}

static void
test_PM11_jwks_file_is_wrong(void **state)
{
	char target[128];

	(void)state;
	t.issuer[0].jwks_file = t.file;
	assert_file_refused("does not exist");
	write_file(jwks_1, 0664);
	assert_file_refused("written by group");
	write_file("{\"keys\":[]}", 0644);
	assert_file_refused("key set");
	write_file(jwks_1, 0644);
	(void)snprintf(target, sizeof(target), "%s/target", t.dir);
	assert_int_equal(rename(t.file, target), 0);
	assert_int_equal(symlink("target", t.file), 0);
	assert_file_refused("symbolic link");
}

/* A set of two secrets, of which the second is no key for HS512. */
static char *
make_secrets(const char *more)
{
	struct ba_mint *a = ba_mint_new(BA_MINT_OCT, "s1", NULL),
		       *b = ba_mint_secret(SECRET, 32, "s2", NULL);
	char *one = ba_mint_jwk(a, NULL), *two = ba_mint_jwk(b, NULL), *text;
	const char *all[] = { one, two, more };

	text = ba_mint_jwks(all, more == NULL ? 2 : 3);
	free(one);
	free(two);
	ba_mint_free(a);
	ba_mint_free(b);
	return text;
}

static bool
has_secret(struct broker *b, const char *kid, enum ba_alg alg)
{
	const struct ba_jwks *set = ba_keys_get(b->keys, &t.issuer[0], NOW);
	size_t iter = 0;

	return set != NULL && ba_jwks_next(set, kid, alg, &iter) != NULL;
}

/* Is any request ever made for it, by whatever of the store's words? */
static void
assert_never_asked(struct broker *b, enum ba_keys_state want)
{
	int64_t now;

	for (now = NOW; now < NOW + 100000; now += 9999) {
		assert_int_equal(state_of(b, now), want);
		assert_int_equal(begin(b, now), BA_ERR_UNAVAIL);
		assert_null(b->request.url);
		assert_int_equal(feed(b, now, META), BA_ERR_INTERNAL);
		assert_int_equal(feed(b, now, jwks_1), BA_ERR_INTERNAL);
		ba_keys_abandon(b->keys, &t.issuer[0], now);
	}
}

static void
test_JWK09_symmetric_key_file(void **state)
{
	char *secrets = make_secrets(NULL);
	struct broker b;
	struct ba_buf raw;
	int64_t expires;

	(void)state;
	t.issuer[0].symmetric_key_file = t.file;
	write_file(secrets, 0640);
	start(&b, t.path);
	assert_true(has_secret(&b, "s1", BA_ALG_HS512));
	assert_true(has_secret(&b, "s2", BA_ALG_HS256));
	assert_false(has_secret(&b, "s2", BA_ALG_HS384));
	assert_false(has_secret(&b, NULL, BA_ALG_ASYMMETRIC));
	assert_never_asked(&b, BA_KEYS_FINAL);
	/* Nothing of them is in the store. */
	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	assert_int_equal(ba_store_get(b.store, BA_SPACE_KEYS, ISS "\0" CA,
			     sizeof(ISS "\0" CA) - 1, NOW, &raw, &expires),
	    BA_ERR_NOT_FOUND);
	ba_buf_wipe(&raw);
	/* And what that has of an earlier configuration is not looked at. */
	put(&b, BA_SPACE_KEYS, jwks_2, NOW + 100);
	assert_false(has(&b, NOW, "k2"));
	assert_true(has_secret(&b, "s1", BA_ALG_HS256));
	assert_int_equal(t.lines, 0);
	stop(&b);
	free(secrets);
}

/* One key, without a set; whatever jwks_file says, no public key is read. */
static void
test_JWK09_symmetric_key_alone(void **state)
{
	struct ba_mint *m = ba_mint_secret(SECRET, 48, "s", "HS384");
	char *jwk = ba_mint_jwk(m, NULL);
	struct broker b;

	(void)state;
	t.issuer[0].symmetric_key_file = t.file;
	t.issuer[0].jwks_file = "/nowhere/jwks.json";
	write_file(jwk, 0600);
	start_without_store(&b);
	assert_true(has_secret(&b, "s", BA_ALG_HS384));
	assert_false(has_secret(&b, "s", BA_ALG_HS256));
	assert_never_asked(&b, BA_KEYS_FINAL);
	assert_int_equal(t.lines, 0);
	stop(&b);
	free(jwk);
	ba_mint_free(m);
}

/* Its issuer has no keys then, and no piece of the file is logged. */
static void
assert_secrets_refused(const char *text, mode_t mode, const char *why)
{
	struct broker b;

	t.lines = 0;
	t.issuer[0].symmetric_key_file = t.file;
	if (text != NULL)
		write_file(text, mode);
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_never_asked(&b, BA_KEYS_FAILED);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, ISS));
	assert_non_null(strstr(t.last, "symmetric_key_file"));
	assert_non_null(strstr(t.last, t.file));
	assert_non_null(strstr(t.last, why));
	assert_non_null(strstr(t.last, "mended"));
	assert_null(strstr(t.last, "c2VjcmV0"));
	stop(&b);
}

static void
test_JWK09_symmetric_key_file_is_wrong(void **state)
{
	/* "secret" begins with c2VjcmV0. */
	struct ba_mint *m = ba_mint_secret(SECRET, 31, "s", NULL);
	char *secrets = make_secrets(NULL), *mixed = make_secrets("{}"),
	     *two = make_secrets("{\"kty\":\"future\"}"),
	     *jwk = ba_mint_jwk(m, NULL);
	char target[128];

	(void)state;
	assert_secrets_refused(NULL, 0, "does not exist");
	assert_secrets_refused(secrets, 0644, "read by others");
	assert_secrets_refused(secrets, 0604, "read by others");
	assert_secrets_refused(secrets, 0660, "written by group");
	assert_secrets_refused(jwk, 0640, "kty oct");
	assert_secrets_refused(mixed, 0640, "kty oct");
	assert_secrets_refused(two, 0640, "kty oct");
	assert_secrets_refused(jwks_1, 0640, "kty oct");
	assert_secrets_refused("c2VjcmV0c2VjcmV0", 0640, "kty oct");
	assert_secrets_refused("", 0640, "kty oct");
	write_file(secrets, 0640);
	(void)snprintf(target, sizeof(target), "%s/target", t.dir);
	assert_int_equal(rename(t.file, target), 0);
	assert_int_equal(symlink("target", t.file), 0);
	assert_secrets_refused(NULL, 0, "symbolic link");
	/* Only root can give it to another group (as test_io does). */
	write_file(secrets, 0640);
	if (geteuid() == 0) {
		assert_int_equal(chown(t.file, (uid_t)-1, 4711), 0);
		assert_secrets_refused(NULL, 0, "a group that is neither");
	}
	free(secrets);
	free(mixed);
	free(two);
	free(jwk);
	ba_mint_free(m);
}

/* Who writes to the directory says which file it is. */
static void
test_JWK09_directory_of_symmetric_key_file(void **state)
{
	static const mode_t bad[] = { 0770, 0702, 01777 };
	char *secrets = make_secrets(NULL);
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chmod(t.dir, bad[i]), 0);
		assert_secrets_refused(secrets, 0600,
		    "the directory may be written by group or others: chmod");
		assert_int_equal(chmod(t.dir, 0755), 0);
		start(&b, t.path);
		assert_true(has_secret(&b, "s1", BA_ALG_HS512));
		stop(&b);
	}
	assert_int_equal(chmod(t.dir, 0700), 0);
	free(secrets);
}

/* JWK-11: a secret that is published, and one in a jwks_file. */
static void
test_JWK11_secret_among_public_keys(void **state)
{
	struct ba_mint *m = ba_mint_secret(SECRET, 64, "s", NULL);
	char *jwk = ba_mint_jwk(m, NULL), *public = ba_mint_jwk(first, NULL);
	const char *both[] = { public, jwk };
	char *text = ba_mint_jwks(both, 2);
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, text), BA_ERR_JWKS);
	assert_true(has_none(&b, NOW));
	assert_int_equal(t.lines, 2);
	assert_null(strstr(t.last, "c2VjcmV0"));
	stop(&b);
	(void)unlink(t.path);

	t.lines = 0;
	t.issuer[0].jwks_file = t.file;
	write_file(text, 0644);
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FAILED);
	assert_int_equal(t.lines, 2);
	assert_non_null(strstr(t.last, "jwks_file"));
	stop(&b);
	/* The twin. */
	t.lines = 0;
	write_file(jwks_1, 0644);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(t.lines, 0);
	stop(&b);
	free(text);
	free(jwk);
	free(public);
	ba_mint_free(m);
}

#define KEYS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEYS(test_from_nothing_to_keys),
		KEYS(test_keys_are_kept_for_the_next_broker),
		KEYS(test_keys_end),
		KEYS(test_MD02_second_form),
		KEYS(test_second_form_is_the_last),
		KEYS(test_jwks_answers),
		KEYS(test_JWK12_unknown_members_are_skipped),
		KEYS(test_JWK13_bad_keys_are_an_alarm),
		KEYS(test_V38_cooldown_after_success),
		KEYS(test_MD05_rotation),
		KEYS(test_known_keys_survive_failures),
		KEYS(test_abandon_without_asking),
		KEYS(test_feed_without_asking),
		KEYS(test_TR08_time_of_an_asking),
		KEYS(test_V38_another_broker_asks),
		KEYS(test_MD05_another_broker_sees_the_rotation),
		KEYS(test_asking_broker_dies),
		KEYS(test_V38_one_of_many_asks),
		KEYS(test_without_store),
		KEYS(test_broken_store),
		KEYS(test_stored_set_is_unusable),
		KEYS(test_times_too_far_ahead),
		KEYS(test_V38_askings_are_told_apart),
		KEYS(test_stamp_is_unusable),
		KEYS(test_V38_failure_is_known_to_the_next_broker),
		KEYS(test_MD06_ca_files_share_nothing),
		KEYS(test_MD06_issuers_share_nothing),
		KEYS(test_MD06_issuer_of_another_configuration),
		KEYS(test_jwks_file),
		KEYS(test_PM11_jwks_file_is_wrong),
		KEYS(test_JWK09_symmetric_key_file),
		KEYS(test_JWK09_symmetric_key_alone),
		KEYS(test_JWK09_symmetric_key_file_is_wrong),
		KEYS(test_JWK09_directory_of_symmetric_key_file),
		KEYS(test_JWK11_secret_among_public_keys),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
