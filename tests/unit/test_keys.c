/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

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
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/keys_scene.h"

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
	assert_string_equal(b.request.ca_file, CA);
	assert_int_equal(b.request.timeout_ms, BA_KEYS_REQUEST_MS);
	assert_null(b.request.accept);
	assert_null(b.request.etag);
	assert_true(has_none(&b, NOW));
	assert_int_equal(feed(&b, NOW + 1, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.url, URI);
	assert_string_equal(
	    b.request.accept, "application/json, application/jwk-set+json");
	assert_null(b.request.etag);
	assert_string_equal(b.request.ca_file, CA);
	assert_int_equal(b.request.timeout_ms, BA_KEYS_REQUEST_MS);
	assert_int_equal(feed(&b, NOW + 2, jwks_1), BA_OK);
	assert_true(has(&b, NOW + 2, "k1"));
	assert_false(has(&b, NOW + 2, "k2"));
	assert_int_equal(t.lines, 0);
	stop(&b);
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
		{ "MD-04 elsewhere", 200, JSON,
		    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"https://h/\"}",
		    BA_ERR_METADATA, NULL },
		{ "304 to no condition", 304, "", "", BA_ERR_METADATA, NULL },
	};
	struct answer a = { .max_age = -1 };
	struct broker b;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&b, NULL);
		t.lines = 0;
		assert_int_equal(begin(&b, NOW), BA_OK);
		a.status = cases[i].status;
		a.type = cases[i].type;
		a.body = cases[i].body;
		r = feed_answer(&b, NOW, &a);
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
	assert_int_equal(feed_status(&b, NOW, 404), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_status(&b, NOW, 404), BA_ERR_METADATA);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FAILED);
	/* The twin: it is there. */
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed_status(&b, NOW + 60, 404), BA_ERR_NEED_KEYS);
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
		{ "410", BA_OK, 410, JSON, NULL, BA_ERR_JWKS },
		{ "304 to no condition", BA_OK, 304, JSON, NULL, BA_ERR_JWKS },
		{ "500", BA_OK, 500, JSON, NULL, BA_ERR_JWKS },
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
	struct answer a = { .max_age = -1 };
	struct broker b;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&b, NULL);
		t.lines = 0;
		assert_int_equal(begin(&b, NOW), BA_OK);
		assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
		a.err = cases[i].err;
		a.status = cases[i].status;
		a.type = cases[i].type;
		a.body = cases[i].body == NULL ? jwks_1 : cases[i].body;
		r = feed_answer(&b, NOW, &a);
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
	char *jwk = ba_mint_jwk(scene_mint[0], NULL), *jwks;
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
	char *jwk = ba_mint_jwk(scene_mint[0], NULL), *jwks;
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
test_V38_known_keys_survive_failures(void **state)
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
		assert_int_equal(feed_error(&b, now, errors[i]), errors[i]);
		assert_true(has(&b, now, "k1"));
		assert_int_equal(state_of(&b, now), BA_KEYS_FAILED);
	}
	/* A key set that is none does not push out the one we have. */
	now += 60;
	assert_int_equal(ask(&b, now, EMPTY_SET), BA_ERR_JWKS);
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
	assert_true(has(&b, NOW + BA_KEYS_LIFE_DEFAULT + STALE - 1, "k1"));
	assert_true(has_none(&b, NOW + BA_KEYS_LIFE_DEFAULT + STALE));
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

/* MD-05: while the metadata is fresh, a new kid costs one request. */
static void
test_MD05_unknown_kid_costs_one_request(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_string_equal(b.request.url, URI);
	assert_non_null(b.request.accept);
	assert_int_equal(feed(&b, NOW + 60, jwks_2), BA_OK);
	/* Just before it is stale, and just then. */
	assert_int_equal(begin(&b, NOW + BA_KEYS_LIFE_DEFAULT - 1), BA_OK);
	assert_string_equal(b.request.url, URI);
	ba_keys_abandon(b.keys, &t.issuer[0], NOW + BA_KEYS_LIFE_DEFAULT - 1);
	stop(&b);
	start(&b, t.path);
	assert_true(has(&b, NOW + BA_KEYS_LIFE_DEFAULT + 60, "k2"));
	assert_int_equal(begin(&b, NOW + BA_KEYS_LIFE_DEFAULT + 60), BA_OK);
	assert_string_equal(b.request.url, OIDC_URL);
	assert_null(b.request.accept);
	stop(&b);
}

/* The life of metadata has bounds of its own. */
static void
test_MD05_metadata_has_its_own_life(void **state)
{
	struct answer meta = { .status = 200, .max_age = 600, .body = META };
	struct answer keys = { .status = 200, .max_age = 9000, .body = jwks_1 };
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed_answer(&b, NOW, &meta), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_answer(&b, NOW, &keys), BA_OK);
	assert_int_equal(begin(&b, NOW + 599), BA_OK);
	assert_string_equal(b.request.url, URI);
	/* That does not make it younger. */
	assert_int_equal(feed_answer(&b, NOW + 599, &keys), BA_OK);
	assert_int_equal(begin(&b, NOW + 650), BA_OK);
	assert_string_equal(b.request.url, OIDC_URL);
	stop(&b);
}

/* Where nothing lives any more, the metadata tells the new place at once. */
static void
test_MD05_key_set_has_moved(void **state)
{
	static const char moved[] =
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"" HOST "/new\"}";
	static const struct answer gone[] = {
		{ .status = 404, .max_age = -1 },
		{ .status = 410, .max_age = -1 },
		{ .status = 301, .max_age = -1 },
		{ .status = 403, .max_age = -1 },
		{ .status = 200, .max_age = -1, .type = "text/html" },
		{ .status = 200, .max_age = -1, .body = "<p>" },
	};
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		(void)unlink(t.path);
		start(&b, t.path);
		assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
		assert_int_equal(begin(&b, NOW + 60), BA_OK);
		assert_string_equal(b.request.url, URI);
		assert_int_equal(
		    feed_answer(&b, NOW + 60, &gone[i]), BA_ERR_NEED_KEYS);
		assert_string_equal(b.request.url, OIDC_URL);
		assert_int_equal(feed(&b, NOW + 60, moved), BA_ERR_NEED_KEYS);
		assert_string_equal(b.request.url, HOST "/new");
		assert_int_equal(feed(&b, NOW + 60, jwks_2), BA_OK);
		assert_true(has(&b, NOW + 60, "k2"));
		assert_int_equal(t.lines, 0);
		/* And it is known from then on, as it would be elsewhere. */
		assert_int_equal(begin(&b, NOW + 120), BA_OK);
		assert_string_equal(b.request.url, HOST "/new");
		stop(&b);
	}
}

/* … and only once: the second "nothing here" is the last word. */
static void
test_MD05_key_set_has_not_moved(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed_status(&b, NOW + 60, 404), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW + 60, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.url, URI);
	assert_int_equal(feed_status(&b, NOW + 60, 404), BA_ERR_JWKS);
	assert_null(b.request.url);
	assert_int_equal(t.lines, 1);
	assert_true(has(&b, NOW + 60, "k1"));
	/* The metadata was asked for, and is as fresh as it was. */
	assert_int_equal(begin(&b, NOW + 120), BA_OK);
	assert_string_equal(b.request.url, URI);
	stop(&b);
}

/*
 * Other failures end the asking, and the next begins with the metadata: the
 * key set's host may be gone.
 */
static void
test_MD05_failure_casts_doubt_on_metadata(void **state)
{
	static const struct answer bad[] = {
		{ .err = BA_ERR_HTTP, .max_age = -1 },
		{ .err = BA_ERR_TLS, .max_age = -1 },
		{ .err = BA_ERR_TIMEOUT, .max_age = -1 },
		{ .status = 500, .max_age = -1 },
		{ .status = 429, .max_age = -1 },
		{ .status = 408, .max_age = -1 },
		{ .status = 304, .max_age = -1 },
		{ .status = 200, .max_age = -1, .body = EMPTY_SET },
	};
	struct broker b;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)unlink(t.path);
		start(&b, t.path);
		assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
		assert_int_equal(begin(&b, NOW + 60), BA_OK);
		assert_string_equal(b.request.url, URI);
		r = feed_answer(&b, NOW + 60, &bad[i]);
		assert_int_equal(
		    r, bad[i].err != BA_OK ? bad[i].err : BA_ERR_JWKS);
		assert_true(has(&b, NOW + 60, "k1"));
		assert_int_equal(begin(&b, NOW + 120), BA_OK);
		assert_string_equal(b.request.url, OIDC_URL);
		/* Neither answers: by turns. */
		assert_int_equal(
		    feed_error(&b, NOW + 120, BA_ERR_HTTP), BA_ERR_HTTP);
		assert_int_equal(begin(&b, NOW + 180), BA_OK);
		assert_string_equal(b.request.url, URI);
		/* Back to one request. */
		assert_int_equal(feed(&b, NOW + 180, jwks_2), BA_OK);
		assert_int_equal(begin(&b, NOW + 240), BA_OK);
		assert_string_equal(b.request.url, URI);
		stop(&b);
	}
}

/* The whole asking has one limit, the way back included. */
static void
test_TR08_way_back_within_the_same_time(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed_status(&b, NOW + 62, 404), BA_ERR_NEED_KEYS);
	assert_int_equal(b.request.timeout_ms, BA_KEYS_REQUEST_MS);
	assert_int_equal(feed(&b, NOW + 64, META), BA_ERR_NEED_KEYS);
	assert_int_equal(b.request.timeout_ms, 1000);
	assert_int_equal(feed(&b, NOW + 65, jwks_2), BA_OK);
	assert_int_equal(begin(&b, NOW + 120), BA_OK);
	assert_int_equal(feed_status(&b, NOW + 125, 404), BA_ERR_TIMEOUT);
	assert_null(b.request.url);
	stop(&b);
}

/* What a good answer looks like that carries an ETag. */
static int
feed_etag(struct broker *b, int64_t now, const char *etag, const char *body)
{
	const struct answer a = {
		.status = 200, .max_age = 600, .etag = etag, .body = body
	};

	return feed_answer(b, now, &a);
}

#define ETAG "W/\"v1-\\x\""

static void
test_MD05_not_modified(void **state)
{
	const struct answer same = {
		.status = 304, .max_age = 900, .type = ""
	};
	struct ba_keys_info info;
	struct broker b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_null(b.request.etag);
	assert_int_equal(feed_etag(&b, NOW, ETAG, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 500), BA_OK);
	assert_string_equal(b.request.url, URI);
	assert_string_equal(b.request.etag, ETAG);
	assert_int_equal(feed_answer(&b, NOW + 500, &same), BA_OK);
	assert_int_equal(state_of(&b, NOW + 500), BA_KEYS_FINAL);
	assert_true(has(&b, NOW + 500, "k1"));
	ba_keys_info(b.keys, &t.issuer[0], NOW + 500, &info);
	assert_int_equal(info.fetched, NOW + 500);
	assert_int_equal(info.fresh_until, NOW + 1400);
	assert_int_equal(info.last, BA_OK);
	assert_int_equal(t.lines, 0);
	/* It is kept, also by the next broker, and sent again. */
	stop(&b);
	start(&b, t.path);
	assert_true(has(&b, NOW + 600, "k1"));
	assert_int_equal(begin(&b, NOW + 600), BA_OK);
	assert_string_equal(b.request.etag, ETAG);
	assert_int_equal(feed_etag(&b, NOW + 600, "\"v2\"", jwks_2), BA_OK);
	assert_false(has(&b, NOW + 600, "k1"));
	assert_true(has(&b, NOW + 600, "k2"));
	assert_int_equal(begin(&b, NOW + 700), BA_OK);
	assert_string_equal(b.request.etag, "\"v2\"");
	/* One without takes it away. */
	assert_int_equal(feed(&b, NOW + 700, jwks_3), BA_OK);
	assert_int_equal(begin(&b, NOW + 800), BA_OK);
	assert_null(b.request.etag);
	stop(&b);
}

/* An ETag that we would not send is not kept. */
static void
test_TR06_etag_that_is_none(void **state)
{
	static const char *const bad[] = { "v1", "\"v1", "\"a\r\nX: y\"",
		"\"a b\"", "\"\xc3\xa9\"" };
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)unlink(t.path);
		start(&b, t.path);
		assert_int_equal(begin(&b, NOW), BA_OK);
		assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
		assert_int_equal(feed_etag(&b, NOW, bad[i], jwks_1), BA_OK);
		assert_true(has(&b, NOW, "k1"));
		assert_int_equal(begin(&b, NOW + 60), BA_OK);
		assert_null(b.request.etag);
		stop(&b);
	}
}

/* "Not modified" means nothing where we did not ask so, or have it no more. */
static void
test_MD05_not_modified_of_what(void **state)
{
	static const char moved[] =
	    "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"" HOST "/new\"}";
	struct broker a, b;

	(void)state;
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_etag(&b, NOW, ETAG, jwks_1), BA_OK);

	/* Another URL gave it. */
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed_status(&b, NOW + 60, 404), BA_ERR_NEED_KEYS);
	assert_null(b.request.etag);
	assert_int_equal(feed(&b, NOW + 60, moved), BA_ERR_NEED_KEYS);
	assert_null(b.request.etag);
	assert_int_equal(feed_status(&b, NOW + 60, 304), BA_ERR_JWKS);
	assert_true(has(&b, NOW + 60, "k1"));

	/* Another broker has brought other keys meanwhile. */
	assert_int_equal(begin(&b, NOW + 120), BA_OK);
	assert_string_equal(b.request.etag, ETAG);
	start(&a, t.path);
	put_keys(&a, jwks_2, NOW + 120, NOW + 1000);
	assert_true(has(&b, NOW + 120, "k1"));
	put(&a, BA_SPACE_ATTEMPT, "0123456789abcdefdone", NOW + 150);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 121, &(struct ba_keys_info){});
	assert_true(has(&b, NOW + 121, "k2"));
	assert_int_equal(feed_status(&b, NOW + 122, 304), BA_ERR_JWKS);
	assert_true(has(&b, NOW + 122, "k2"));
	stop(&a);
	stop(&b);

	/* They ended while we asked. */
	(void)unlink(t.path);
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_etag(&b, NOW, ETAG, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 600 + STALE - 1), BA_OK);
	assert_int_equal(
	    feed(&b, NOW + 600 + STALE - 1, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.etag, ETAG);
	assert_int_equal(feed_status(&b, NOW + 600 + STALE, 304), BA_ERR_JWKS);
	assert_true(has_none(&b, NOW + 600 + STALE));
	/* The twin: a second before. */
	stop(&b);
	(void)unlink(t.path);
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_etag(&b, NOW, ETAG, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 600 + STALE - 1), BA_OK);
	assert_int_equal(
	    feed(&b, NOW + 600 + STALE - 1, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_status(&b, NOW + 600 + STALE - 1, 304), BA_OK);
	assert_true(has(&b, NOW + 600 + STALE, "k1"));
	stop(&b);
	/* Ended before we ask: there is no condition. */
	(void)unlink(t.path);
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_etag(&b, NOW, ETAG, jwks_1), BA_OK);
	assert_int_equal(begin(&b, NOW + 600 + STALE), BA_OK);
	assert_int_equal(feed(&b, NOW + 600 + STALE, META), BA_ERR_NEED_KEYS);
	assert_null(b.request.etag);
	stop(&b);
}

/*
 * V38: whatever is answered in place of a key set, what was there stays, in
 * memory and in the store.
 */
static void
test_V38_bad_sets_evict_nothing(void **state)
{
	char *jwk = ba_mint_jwk(scene_mint[1], NULL), *deep, *many;
	const char *secret = "{\"kty\":\"oct\",\"k\":\"AAAA\"}";
	const char *twice[] = { jwk, jwk }, *mixed[] = { jwk, secret };
	const char **all = calloc(10000, sizeof(*all));
	char *bad[8];
	struct broker a, b;
	size_t i, n = 0;

	(void)state;
	assert_non_null(all);
	for (i = 0; i < 10000; i++)
		all[i] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}";
	many = ba_mint_jwks(all, 10000);
	free(all);
	deep = calloc(1, 4096);
	assert_non_null(deep);
	(void)snprintf(deep, 4096, "{\"keys\":[%s],\"x\":", jwk);
	memset(deep + strlen(deep), '[', 100);
	strncat(deep, "1", 2);
	memset(deep + strlen(deep), ']', 100);
	strncat(deep, "}", 2);
	bad[n++] = many;
	bad[n++] = deep;
	bad[n++] = ba_mint_jwks(twice, 2);
	bad[n++] = ba_mint_jwks(mixed, 2);
	bad[n++] = strdup(EMPTY_SET);
	bad[n++] = strdup("{\"keys\":[],\"keys\":[]}");
	bad[n++] = strdup("{\"keys\":{}}");
	bad[n++] = strdup("[]");
	start(&b, t.path);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	for (i = 0; i < n; i++) {
		assert_int_equal(
		    begin_forced(&b, NOW + 60 * ((int64_t)i + 1)), BA_OK);
		assert_int_equal(feed(&b, NOW + 60 * ((int64_t)i + 1), META),
		    BA_ERR_NEED_KEYS);
		assert_int_equal(
		    feed(&b, NOW + 60 * ((int64_t)i + 1), bad[i]), BA_ERR_JWKS);
		assert_true(has(&b, NOW + 60 * ((int64_t)i + 1), "k1"));
		start(&a, t.path);
		assert_true(has(&a, NOW + 60 * ((int64_t)i + 1), "k1"));
		assert_false(has(&a, NOW + 60 * ((int64_t)i + 1), "k2"));
		stop(&a);
		free(bad[i]);
	}
	/* The twin of all: one key, once. */
	assert_int_equal(ask(&b, NOW + 1000, jwks_2), BA_OK);
	assert_true(has(&b, NOW + 1000, "k2"));
	stop(&b);
	free(jwk);
}

/* An administrator's wish passes over a cooldown, not over an asking. */
static void
test_V38_forced(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_int_equal(ask(&a, NOW, jwks_1), BA_OK);
	assert_int_equal(begin(&a, NOW + 1), BA_ERR_UNAVAIL);
	assert_int_equal(begin_forced(&a, NOW + 1), BA_OK);
	/* All of it is asked for anew. */
	assert_string_equal(a.request.url, OIDC_URL);
	assert_int_equal(begin_forced(&a, NOW + 1), BA_ERR_BUSY);
	assert_null(a.request.url);
	assert_int_equal(begin_forced(&b, NOW + 1), BA_ERR_BUSY);
	assert_int_equal(begin(&b, NOW + 1), BA_ERR_BUSY);
	assert_int_equal(feed_error(&a, NOW + 2, BA_ERR_HTTP), BA_ERR_HTTP);
	/* After a failure, too; by whom does not matter, nor whether b has
	   looked since. */
	assert_int_equal(begin_forced(&b, NOW + 3), BA_OK);
	assert_int_equal(begin_forced(&a, NOW + 3), BA_ERR_BUSY);
	assert_int_equal(feed(&b, NOW + 3, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW + 3, jwks_2), BA_OK);
	assert_int_equal(begin(&a, NOW + 4), BA_ERR_BUSY);
	assert_true(has(&a, NOW + 4, "k2"));
	stop(&a);
	stop(&b);
	start_without_store(&b);
	assert_int_equal(begin_forced(&b, NOW), BA_OK);
	assert_int_equal(begin_forced(&b, NOW + 1), BA_ERR_BUSY);
	ba_keys_abandon(b.keys, &t.issuer[0], NOW + 1);
	assert_int_equal(begin(&b, NOW + 2), BA_ERR_UNAVAIL);
	assert_int_equal(begin_forced(&b, NOW + 2), BA_OK);
	stop(&b);
}

/* All that is configured of how an issuer is asked is in its requests. */
static void
test_MD06_requests_carry_the_settings(void **state)
{
	static const char hosts[] = "localhost,.example.net,10.0.0.1";
	struct broker b;

	(void)state;
	start(&b, NULL);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_null(b.request.proxy);
	assert_null(b.request.no_proxy);
	assert_null(b.request.ca_directory);
	stop(&b);
	t.config.proxy = "http://proxy.example.org:3128";
	t.config.no_proxy = hosts;
	t.issuer[0].ca_file = NULL;
	t.issuer[0].ca_directory = "/nowhere/certs";
	start(&b, NULL);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_string_equal(b.request.proxy, "http://proxy.example.org:3128");
	assert_string_equal(b.request.no_proxy, hosts);
	assert_null(b.request.ca_file);
	assert_string_equal(b.request.ca_directory, "/nowhere/certs");
	assert_null(b.request.form);
	assert_null(b.request.authorization);
	assert_int_equal(b.request.pool, 0);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.proxy, "http://proxy.example.org:3128");
	assert_string_equal(b.request.no_proxy, hosts);
	assert_string_equal(b.request.ca_directory, "/nowhere/certs");
	stop(&b);
}

/* What a kid says is compared, and is part of no path and no URL. */
static void
test_V11_kid_is_no_path(void **state)
{
	static const char *const kids[] = { "../../../../etc/passwd",
		"%2e%2e%2fk", "k?x=1#y", "https://evil.example/jwks", "" };
	struct ba_mint *m;
	char *jwks;
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kids) / sizeof(kids[0]); i++) {
		(void)unlink(t.path);
		start(&b, t.path);
		assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
		assert_false(has(&b, NOW, kids[i]));
		/* The asking that follows is the same for all. */
		assert_int_equal(begin(&b, NOW + 60), BA_OK);
		assert_string_equal(b.request.url, URI);
		/* A key of that name is a key of that name. */
		m = ba_mint_new(BA_MINT_ED25519, kids[i], "EdDSA");
		jwks = ba_mint_jwks_of(m);
		assert_int_equal(feed(&b, NOW + 60, jwks), BA_OK);
		assert_true(has(&b, NOW + 60, kids[i]));
		assert_int_equal(begin(&b, NOW + 120), BA_OK);
		assert_string_equal(b.request.url, URI);
		stop(&b);
		free(jwks);
		ba_mint_free(m);
	}
}

#define META_ALL                                                               \
	"{\"issuer\":\"" ISS "\",\"jwks_uri\":\"" URI                          \
	"\",\"introspection_endpoint\":\"" HOST                                \
	"/ask\",\"token_endpoint\":\"" HOST                                    \
	"/token\",\"device_authorization_endpoint\":\"" HOST "/device\"}"

/* Who is asked about each token needs no keys, and his metadata is enough. */
static void
test_issuer_without_need_of_keys(void **state)
{
	const struct answer meta = {
		.status = 200, .max_age = 600, .body = META_ALL
	};
	const struct ba_metadata *m;
	struct ba_keys_info info;
	struct broker b;

	(void)state;
	t.issuer[0].verify = BA_VERIFY_INTROSPECTION;
	start(&b, t.path);
	assert_null(ba_keys_metadata(b.keys, &t.issuer[0], NOW));
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed_answer(&b, NOW, &meta), BA_OK);
	assert_null(b.request.url);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	assert_true(has_none(&b, NOW));
	m = ba_keys_metadata(b.keys, &t.issuer[0], NOW);
	assert_non_null(m);
	assert_string_equal(m->introspection_endpoint, HOST "/ask");
	ba_keys_info(b.keys, &t.issuer[0], NOW, &info);
	assert_int_equal(info.n, 0);
	assert_int_equal(info.fetched, NOW);
	assert_int_equal(info.fresh_until, NOW + 600);
	assert_true(info.due > NOW && info.due < NOW + 600);
	/* The next asking is for it again. */
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_string_equal(b.request.url, OIDC_URL);
	assert_int_equal(feed_status(&b, NOW + 60, 500), BA_ERR_METADATA);
	stop(&b);
	/* From the store, to the end of its time. */
	start(&b, t.path);
	assert_true(has_none(&b, NOW + 600));
	assert_non_null(
	    ba_keys_metadata(b.keys, &t.issuer[0], NOW + 600 + STALE - 1));
	assert_null(ba_keys_metadata(b.keys, &t.issuer[0], NOW + 600 + STALE));
	stop(&b);
	/* The twin: answers that are signed need keys. */
	t.issuer[0].introspection_jwt = true;
	t.lines = 0;
	start(&b, t.path);
	assert_null(ba_keys_metadata(b.keys, &t.issuer[0], NOW + 100));
	assert_int_equal(begin(&b, NOW + 100), BA_OK);
	assert_int_equal(feed_answer(&b, NOW + 100, &meta), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.url, URI);
	assert_int_equal(feed(&b, NOW + 100, jwks_1), BA_OK);
	assert_true(has(&b, NOW + 100, "k1"));
	assert_non_null(ba_keys_metadata(b.keys, &t.issuer[0], NOW + 100));
	stop(&b);
}

/*
 * Metadata ends by itself.  Where it is used by itself its age is reason
 * enough to ask.
 */
static void
test_MD05_metadata_ends_before_the_keys(void **state)
{
	struct answer meta = {
		.status = 200, .max_age = 300, .body = META_ALL
	};
	struct answer keys = { .status = 200, .max_age = 9000, .body = jwks_1 };
	static const struct {
		enum ba_verify_by by;
		bool device;
		const char *device_endpoint, *token_endpoint; /* configured */
		bool used;
	} rows[] = {
		{ BA_VERIFY_JWT, false, NULL, NULL, false },
		{ BA_VERIFY_BOTH, false, NULL, NULL, true },
		{ BA_VERIFY_JWT, true, NULL, NULL, true },
		{ BA_VERIFY_JWT, true, HOST "/d", NULL, true },
		{ BA_VERIFY_JWT, true, NULL, HOST "/t", true },
		{ BA_VERIFY_JWT, true, HOST "/d", HOST "/t", false },
	};
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)unlink(t.path);
		t.issuer[0].verify = rows[i].by;
		t.issuer[0].device = rows[i].device;
		t.issuer[0].device_endpoint = rows[i].device_endpoint;
		t.issuer[0].token_endpoint = rows[i].token_endpoint;
		start(&b, t.path);
		assert_int_equal(begin(&b, NOW), BA_OK);
		assert_int_equal(feed_answer(&b, NOW, &meta), BA_ERR_NEED_KEYS);
		assert_int_equal(feed_answer(&b, NOW, &keys), BA_OK);
		assert_non_null(ba_keys_metadata(
		    b.keys, &t.issuer[0], NOW + 300 + STALE - 1));
		/* The keys live longer. */
		assert_null(
		    ba_keys_metadata(b.keys, &t.issuer[0], NOW + 300 + STALE));
		assert_true(has(&b, NOW + 300 + STALE, "k1"));
		assert_false(
		    ba_keys_want_refresh(b.keys, &t.issuer[0], NOW + 299));
		assert_int_equal(
		    ba_keys_want_refresh(b.keys, &t.issuer[0], NOW + 300),
		    rows[i].used);
		stop(&b);
	}
}

/* DEV-01: what the device flow lacks is said in one line, and tokens are judged
   as ever, from the store too. */
static void
test_DEV_no_endpoints_and_keys_all_the_same(void **state)
{
	static const struct {
		const char *meta;
		unsigned lines;
	} rows[] = { { META, 1 }, { META_ALL, 0 } };
	const struct ba_metadata *m;
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)unlink(t.path);
		t.issuer[0].device = true;
		t.lines = 0;
		start(&b, t.path);
		assert_int_equal(begin(&b, NOW), BA_OK);
		assert_int_equal(feed(&b, NOW, rows[i].meta), BA_ERR_NEED_KEYS);
		assert_int_equal(feed(&b, NOW, jwks_1), BA_OK);
		assert_int_equal(t.lines, rows[i].lines);
		if (rows[i].lines > 0)
			assert_string_equal(t.last,
			    "issuer " ISS ": no login by the device flow: the "
			    "metadata has no device_authorization_endpoint");
		assert_true(has(&b, NOW, "k1"));
		stop(&b);
		start(&b, t.path);
		assert_true(has(&b, NOW, "k1"));
		m = ba_keys_metadata(b.keys, &t.issuer[0], NOW);
		assert_non_null(m);
		assert_int_equal(
		    m->device_endpoint[0] == '\0', rows[i].lines > 0);
		assert_int_equal(t.lines, rows[i].lines);
		stop(&b);
	}
}

/* A record of an earlier configuration is none where it does not suffice. */
static void
test_MD04_stored_metadata_under_another_configuration(void **state)
{
	static const char elsewhere[] =
	    "{\"issuer\":\"" ISS
	    "\",\"jwks_uri\":\"https://keys.example.net/jwks\"}";
	char name[] = "keys.example.net", *host[] = { name };
	struct broker b;

	(void)state;
	t.issuer[0].endpoint_host.v = host;
	t.issuer[0].endpoint_host.n = 1;
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_int_equal(feed(&b, NOW, elsewhere), BA_ERR_NEED_KEYS);
	assert_string_equal(b.request.url, "https://keys.example.net/jwks");
	assert_int_equal(feed(&b, NOW, jwks_1), BA_OK);
	stop(&b);
	/* The twin: the same configuration. */
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
	t.issuer[0].endpoint_host.n = 0;
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(t.lines, 0);
	assert_int_equal(t.notices, 1);
	/* It is said once, … */
	assert_true(has_none(&b, NOW + 1));
	assert_true(has_none(&b, NOW + 2));
	assert_int_equal(t.notices, 1);
	stop(&b);
	/* … and left to those whom it suits: an edit is not yet a reload. */
	t.issuer[0].endpoint_host.n = 1;
	start(&b, t.path);
	assert_true(has(&b, NOW + 3, "k1"));
	stop(&b);
	t.issuer[0].endpoint_host.n = 0;
	start(&b, t.path);
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed(&b, NOW + 60, elsewhere), BA_ERR_METADATA);
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, "endpoint_host ="));
	stop(&b);
}

static void
test_info(void **state)
{
	struct ba_issuer other = t.issuer[0];
	struct ba_keys_info info;
	struct broker b;

	(void)state;
	start(&b, t.path);
	ba_keys_info(b.keys, &other, NOW, &info);
	assert_int_equal(info.last, BA_ERR_INTERNAL);
	ba_keys_info(b.keys, &t.issuer[0], NOW, &info);
	assert_int_equal(info.n, 0);
	assert_false(info.file);
	assert_false(info.secret);
	assert_int_equal(info.fetched, 0);
	assert_int_equal(info.fresh_until, 0);
	assert_int_equal(info.stale_until, 0);
	assert_int_equal(info.due, 0);
	assert_int_equal(info.last, BA_OK);
	assert_int_equal(ask(&b, NOW, jwks_1), BA_OK);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 1, &info);
	assert_int_equal(info.n, 1);
	assert_int_equal(info.fetched, NOW);
	assert_int_equal(info.fresh_until, NOW + BA_KEYS_LIFE_DEFAULT);
	assert_int_equal(info.stale_until, NOW + BA_KEYS_LIFE_DEFAULT + STALE);
	/* To look at them is not to use them. */
	assert_int_equal(info.due, 0);
	assert_true(has(&b, NOW + 2, "k1"));
	ba_keys_info(b.keys, &t.issuer[0], NOW + 2, &info);
	assert_int_equal(info.due, ba_keys_due(b.keys, &t.issuer[0], NOW + 2));
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	assert_int_equal(feed_error(&b, NOW + 60, BA_ERR_TLS), BA_ERR_TLS);
	assert_non_null(strstr(t.last, "serves for"));
	ba_keys_info(b.keys, &t.issuer[0], NOW + 60, &info);
	assert_int_equal(info.last, BA_ERR_TLS);
	assert_int_equal(info.n, 1);
	stop(&b);
}

/* An issuer whose URL leaves no room for what is added to it. */
static void
test_MD03_url_of_metadata_is_too_long(void **state)
{
	char url[BA_URL_MAX + 1];
	struct broker b;

	(void)state;
	memset(url, 'a', BA_URL_MAX);
	memcpy(url, HOST "/", strlen(HOST "/"));
	url[BA_URL_MAX] = '\0';
	t.issuer[0].url = url;
	start(&b, NULL);
	assert_int_equal(begin(&b, NOW), BA_ERR_LIMIT);
	assert_null(b.request.url);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FAILED);
	assert_int_equal(t.lines, 1);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_INTERNAL);
	/* The twin. */
	url[BA_URL_MAX - strlen("/.well-known/openid-configuration")] = '\0';
	assert_int_equal(begin(&b, NOW + 60), BA_OK);
	/* Which is too long in the other form. */
	assert_int_equal(feed_status(&b, NOW + 60, 404), BA_ERR_LIMIT);
	assert_null(b.request.url);
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_from_nothing_to_keys),
		SCENE(test_MD02_second_form),
		SCENE(test_second_form_is_the_last),
		SCENE(test_jwks_answers),
		SCENE(test_JWK12_unknown_members_are_skipped),
		SCENE(test_JWK13_bad_keys_are_an_alarm),
		SCENE(test_V38_cooldown_after_success),
		SCENE(test_MD05_rotation),
		SCENE(test_V38_known_keys_survive_failures),
		SCENE(test_abandon_without_asking),
		SCENE(test_feed_without_asking),
		SCENE(test_TR08_time_of_an_asking),
		SCENE(test_MD05_unknown_kid_costs_one_request),
		SCENE(test_MD05_metadata_has_its_own_life),
		SCENE(test_MD05_key_set_has_moved),
		SCENE(test_MD05_key_set_has_not_moved),
		SCENE(test_MD05_failure_casts_doubt_on_metadata),
		SCENE(test_TR08_way_back_within_the_same_time),
		SCENE(test_MD05_not_modified),
		SCENE(test_TR06_etag_that_is_none),
		SCENE(test_MD05_not_modified_of_what),
		SCENE(test_V38_bad_sets_evict_nothing),
		SCENE(test_V38_forced),
		SCENE(test_MD06_requests_carry_the_settings),
		SCENE(test_V11_kid_is_no_path),
		SCENE(test_issuer_without_need_of_keys),
		SCENE(test_MD05_metadata_ends_before_the_keys),
		SCENE(test_DEV_no_endpoints_and_keys_all_the_same),
		SCENE(test_MD04_stored_metadata_under_another_configuration),
		SCENE(test_info),
		SCENE(test_MD03_url_of_metadata_is_too_long),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
