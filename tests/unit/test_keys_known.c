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

/* An asking whose key set may be kept for max_age. */
static void
fetch(struct broker *b, int64_t now, int64_t max_age, const char *jwks)
{
	const struct answer a = {
		.status = 200, .max_age = max_age, .body = jwks
	};

	assert_int_equal(begin(b, now), BA_OK);
	if (strcmp(b->request.url, OIDC_URL) == 0)
		assert_int_equal(feed(b, now, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed_answer(b, now, &a), BA_OK);
}

static bool
wants(struct broker *b, int64_t now)
{
	return ba_keys_want_refresh(b->keys, &t.issuer[0], now);
}

static int64_t
due(struct broker *b, int64_t now)
{
	return ba_keys_due(b->keys, &t.issuer[0], now);
}

/* Fresh, stale, ended: to the second, here and for the next broker. */
static void
test_MD05_fresh_stale_ended(void **state)
{
	static const struct {
		int64_t max_age, life;
	} cases[] = {
		{ -1, BA_KEYS_LIFE_DEFAULT },
		{ 0, LIFE_MIN },
		{ LIFE_MIN - 1, LIFE_MIN },
		{ LIFE_MIN + 1, LIFE_MIN + 1 },
		{ LIFE_MAX - 1, LIFE_MAX - 1 },
		{ LIFE_MAX + 1, LIFE_MAX },
		{ UINT32_MAX, LIFE_MAX },
	};
	struct broker a, b;
	int64_t life;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		life = cases[i].life;
		(void)unlink(t.path);
		start(&a, t.path);
		fetch(&a, NOW, cases[i].max_age, jwks_1);
		start(&b, t.path);
		assert_true(has(&a, NOW + life - 1, "k1"));
		assert_true(has(&b, NOW + life - 1, "k1"));
		assert_false(wants(&a, NOW + life - 1));
		assert_false(wants(&b, NOW + life - 1));
		assert_true(has(&a, NOW + life, "k1"));
		assert_true(wants(&a, NOW + life));
		assert_true(wants(&b, NOW + life));
		assert_true(has(&a, NOW + life + STALE - 1, "k1"));
		assert_true(has(&b, NOW + life + STALE - 1, "k1"));
		assert_true(wants(&a, NOW + life + STALE - 1));
		assert_true(has_none(&a, NOW + life + STALE));
		assert_true(has_none(&b, NOW + life + STALE));
		/* What is not there is not stale. */
		assert_false(wants(&a, NOW + life + STALE));
		assert_int_equal(
		    state_of(&a, NOW + life + STALE), BA_KEYS_MAY_ASK);
		stop(&a);
		stop(&b);
	}
}

static void
test_MD05_no_stale_keys(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[0].stale_keys = 0;
	start(&b, t.path);
	fetch(&b, NOW, 600, jwks_1);
	assert_true(has(&b, NOW + 599, "k1"));
	assert_false(wants(&b, NOW + 599));
	assert_true(has_none(&b, NOW + 600));
	assert_false(wants(&b, NOW + 600));
	assert_int_equal(due(&b, NOW + 600), INT64_MAX);
	stop(&b);
}

/* Bounds of the configuration as it is now, not as it was. */
static void
test_MD05_bounds_that_have_changed(void **state)
{
	struct broker b;

	(void)state;
	start(&b, t.path);
	fetch(&b, NOW, 6000, jwks_1);
	stop(&b);
	t.issuer[0].max_key_life = 600;
	t.issuer[0].stale_keys = 1000;
	start(&b, t.path);
	assert_true(has(&b, NOW + 599, "k1"));
	assert_false(wants(&b, NOW + 599));
	assert_true(wants(&b, NOW + 600));
	assert_true(has(&b, NOW + 1599, "k1"));
	assert_true(has_none(&b, NOW + 1600));
	stop(&b);
}

/*
 * V38: the issuer is down from the moment that its keys go stale: every login
 * finds keys until the last second, and each cooldown has one request.
 */
static void
test_V38_outage(void **state)
{
	int64_t now = NOW + 600, end = now + STALE;
	unsigned asked = 0;
	struct broker b;

	(void)state;
	start(&b, NULL);
	fetch(&b, NOW, 600, jwks_1);
	for (; now < end; now += 7) {
		if (wants(&b, now) && begin(&b, now) == BA_OK) {
			asked++;
			assert_int_equal(
			    feed_error(&b, now, BA_ERR_HTTP), BA_ERR_HTTP);
			assert_int_equal(state_of(&b, now), BA_KEYS_FAILED);
		}
		assert_true(has(&b, now, "k1"));
	}
	assert_true(asked >= STALE / 40 && asked <= STALE / 30 + 1);
	assert_true(has(&b, end - 1, "k1"));
	assert_true(has_none(&b, end));
	/* It is back. */
	now = end + 60;
	assert_int_equal(ask(&b, now, jwks_2), BA_OK);
	assert_true(has(&b, now, "k2"));
	assert_false(wants(&b, now));
	stop(&b);
}

/* While somebody asks, or has just done so. */
static void
test_V38_want_refresh(void **state)
{
	struct ba_issuer other = t.issuer[0];
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	assert_false(wants(&a, NOW));
	assert_false(ba_keys_want_refresh(a.keys, &other, NOW));
	fetch(&a, NOW, 600, jwks_1);
	assert_true(has(&b, NOW, "k1"));
	assert_true(wants(&b, NOW + 600));
	assert_int_equal(begin(&a, NOW + 600), BA_OK);
	assert_true(wants(&a, NOW + 600));
	assert_true(wants(&b, NOW + 600));
	assert_int_equal(begin(&b, NOW + 600), BA_ERR_BUSY);
	assert_int_equal(feed_error(&a, NOW + 601, BA_ERR_HTTP), BA_ERR_HTTP);
	/* That was in vain: by stale keys, then. */
	assert_false(wants(&a, NOW + 601));
	assert_false(wants(&b, NOW + 601));
	assert_int_equal(state_of(&b, NOW + 601), BA_KEYS_FAILED);
	assert_true(has(&b, NOW + 601, "k1"));
	assert_false(wants(&b, NOW + 630));
	assert_true(wants(&b, NOW + 631));
	/* Another has brought new ones. */
	fetch(&a, NOW + 640, 600, jwks_2);
	assert_false(wants(&b, NOW + 640));
	assert_true(has(&b, NOW + 640, "k2"));
	stop(&a);
	stop(&b);
}

/* A stale broker sees what another brought, however long ago. */
static void
test_V38_news_without_a_stamp(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	fetch(&a, NOW, 600, jwks_1);
	assert_true(has(&b, NOW, "k1"));
	fetch(&a, NOW + 500, 600, jwks_2);
	/* Fresh, it does not look: no disk for each login. */
	assert_true(has(&b, NOW + 599, "k1"));
	assert_true(has(&b, NOW + 600, "k2"));
	assert_false(wants(&b, NOW + 600));
	/* Before it asks it looks. */
	fetch(&a, NOW + 700, 600, jwks_3);
	assert_int_equal(state_of(&b, NOW + 750), BA_KEYS_MAY_ASK);
	assert_int_equal(begin(&b, NOW + 750), BA_ERR_BUSY);
	assert_true(has(&b, NOW + 750, "k3"));
	/* For a kid that this has not, either, it may ask. */
	assert_int_equal(begin(&b, NOW + 750), BA_OK);
	stop(&a);
	stop(&b);
}

/* Due times. */

static void
test_due(void **state)
{
	static const struct {
		int64_t life, margin;
	} cases[] = { { 300, 30 }, { 301, 30 }, { 3600, 360 },
		{ LIFE_MAX, LIFE_MAX / 10 } };
	struct broker b;
	int64_t at, stale;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(&b, NULL);
		assert_int_equal(due(&b, NOW), INT64_MAX);
		fetch(&b, NOW, cases[i].life, jwks_1);
		stale = NOW + cases[i].life;
		/* Nobody has used them. */
		assert_int_equal(due(&b, NOW), INT64_MAX);
		assert_int_equal(due(&b, stale), INT64_MAX);
		assert_true(has(&b, NOW + 1, "k1"));
		at = due(&b, NOW + 1);
		assert_true(at <= stale - cases[i].margin);
		assert_true(at >= stale - cases[i].margin * 3 / 2);
		/* The same each time, until it has come. */
		assert_int_equal(due(&b, NOW + 2), at);
		assert_int_equal(due(&b, at - 1), at);
		assert_int_equal(due(&b, at), at);
		assert_int_equal(due(&b, at + 5), at);
		/* Asked: after that, only if they are used again. */
		fetch(&b, at, cases[i].life, jwks_1);
		assert_int_equal(due(&b, at), INT64_MAX);
		assert_true(has(&b, at, "k1"));
		assert_true(due(&b, at) > at);
		stop(&b);
	}
}

/* While it fails, after each cooldown, up to the end. */
static void
test_due_while_it_fails(void **state)
{
	struct ba_issuer other = t.issuer[0];
	struct broker b;
	int64_t at;

	(void)state;
	start(&b, t.path);
	assert_int_equal(ba_keys_due(b.keys, &other, NOW), INT64_MAX);
	fetch(&b, NOW, 600, jwks_1);
	assert_true(has(&b, NOW, "k1"));
	at = due(&b, NOW);
	assert_int_equal(begin(&b, at), BA_OK);
	assert_int_equal(due(&b, at), at + BA_KEYS_ASKING);
	assert_int_equal(feed_error(&b, at + 1, BA_ERR_HTTP), BA_ERR_HTTP);
	assert_int_equal(due(&b, at + 1), at + 1 + BA_KEYS_COOLDOWN);
	assert_int_equal(due(&b, at + 30), at + 1 + BA_KEYS_COOLDOWN);
	assert_true(due(&b, at + 31) <= at + 31);
	assert_true(due(&b, NOW + 600 + STALE - 1) <= NOW + 600 + STALE - 1);
	assert_int_equal(due(&b, NOW + 600 + STALE), INT64_MAX);
	stop(&b);
}

/* Of brokers on one store one asks. */
static void
test_V38_due_once(void **state)
{
	struct broker a, b;
	int64_t at;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	fetch(&a, NOW, 600, jwks_1);
	assert_true(has(&a, NOW, "k1"));
	assert_true(has(&b, NOW, "k1"));
	at = due(&a, NOW);
	assert_int_equal(due(&b, NOW), at); /* the same process */
	fetch(&a, at, 600, jwks_2);
	assert_int_equal(due(&b, at), INT64_MAX);
	assert_true(has(&b, at, "k2"));
	assert_true(due(&b, at) > at);
	stop(&a);
	stop(&b);
}

/* Not all issuers in the same second. */
static void
test_due_is_spread(void **state)
{
	enum { N = 64 };
	static char url[N][64];
	static struct ba_issuer issuer[N];
	static const char meta[] =
	    "{\"issuer\":\"%.63s\",\"jwks_uri\":\"" HOST "/jwks\"}";
	struct ba_http_response r;
	int64_t at[N], least = INT64_MAX, most = 0;
	char body[256];
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < N; i++) {
		issuer[i] = t.issuer[0];
		issuer[i].index = i;
		(void)snprintf(url[i], sizeof(url[i]), HOST "/%zu", i);
		issuer[i].url = url[i];
	}
	t.config.issuers = issuer;
	t.config.n_issuers = N;
	start(&b, NULL);
	ba_http_response_init(&r);
	for (i = 0; i < N; i++) {
		assert_int_equal(
		    ba_keys_begin(b.keys, &issuer[i], NOW, false, &b.request),
		    BA_OK);
		r.err = BA_OK;
		r.status = 200;
		(void)snprintf(r.content_type, sizeof(r.content_type), JSON);
		(void)snprintf(body, sizeof(body), meta, url[i]);
		ba_buf_clear(&r.body);
		assert_int_equal(ba_buf_append_str(&r.body, body), BA_OK);
		assert_int_equal(
		    ba_keys_feed(b.keys, &issuer[i], NOW, &r, &b.request),
		    BA_ERR_NEED_KEYS);
		ba_buf_clear(&r.body);
		assert_int_equal(ba_buf_append_str(&r.body, jwks_1), BA_OK);
		assert_int_equal(
		    ba_keys_feed(b.keys, &issuer[i], NOW, &r, &b.request),
		    BA_OK);
		assert_non_null(ba_keys_get(b.keys, &issuer[i], NOW));
		at[i] = ba_keys_due(b.keys, &issuer[i], NOW);
		least = at[i] < least ? at[i] : least;
		most = at[i] > most ? at[i] : most;
	}
	ba_http_response_clear(&r);
	stop(&b);
	/* 64 draws out of 181 seconds. */
	assert_true(most - least > 90);
	assert_true(most <= NOW + 3600 - 360 && least >= NOW + 3600 - 540);
}

/* A set that was given away is good until the next is. */
static void
test_set_is_borrowed_until_the_next(void **state)
{
	const struct ba_jwks *set;
	struct ba_keys_info info;
	struct broker a, b;
	size_t iter = 0;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	fetch(&a, NOW, 600, jwks_1);
	set = ba_keys_get(b.keys, &t.issuer[0], NOW);
	assert_non_null(set);
	/* Twice it is replaced by news, and nobody has asked for it. */
	fetch(&a, NOW + 100, 600, jwks_2);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 100, &info);
	fetch(&a, NOW + 200, 600, jwks_3);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 200, &info);
	assert_int_equal(info.fetched, NOW + 200);
	(void)due(&b, NOW + 800);
	(void)wants(&b, NOW + 800);
	assert_non_null(ba_jwks_next(set, "k1", ALG, &iter));
	assert_true(has(&b, NOW + 201, "k3"));
	stop(&a);
	stop(&b);
}

/*
 * Nor does it matter how often it was replaced before it was given away: what
 * the giving itself replaces holds no place.
 */
static void
test_set_is_borrowed_after_news(void **state)
{
	const struct ba_jwks *set;
	struct ba_keys_info info;
	struct broker a, b;
	size_t iter = 0;

	(void)state;
	start(&a, t.path);
	start(&b, t.path);
	fetch(&a, NOW, 600, jwks_1);
	assert_true(has(&b, NOW, "k1"));
	fetch(&a, NOW + 100, 600, jwks_2);
	assert_int_equal(state_of(&b, NOW + 100), BA_KEYS_WAIT);
	/* These are news for the get itself. */
	set = ba_keys_get(b.keys, &t.issuer[0], NOW + 100);
	assert_non_null(ba_jwks_next(set, "k2", ALG, &iter));
	fetch(&a, NOW + 200, 600, jwks_3);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 200, &info);
	assert_int_equal(info.fetched, NOW + 200);
	iter = 0;
	assert_non_null(ba_jwks_next(set, "k2", ALG, &iter));
	assert_true(has(&b, NOW + 201, "k3"));
	stop(&a);
	stop(&b);
}

/* The store. */

static void
test_V52_stored_record_is_unusable(void **state)
{
	static const char *const bad[] = { "", "{", EMPTY_SET, "[]",
		EMPTY_SET "\n", "\n" };
	struct broker a, b;
	size_t i;

	(void)state;
	start(&a, t.path);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]) * 2; i++) {
		t.lines = 0;
		if (i % 2 == 0)
			put(&a, BA_SPACE_KEYS, bad[i / 2], NOW + 100);
		else /* as the key set of a good head */
			put_keys(&a, bad[i / 2], NOW, NOW + 100);
		start(&b, t.path);
		assert_true(has_none(&b, NOW));
		assert_int_equal(t.lines, 1);
		assert_non_null(strstr(t.last, ISS));
		/* It is gone, and complained of once. */
		assert_true(has_none(&b, NOW));
		assert_int_equal(t.lines, 1);
		assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
		stop(&b);
	}
	put_keys(&a, jwks_1, NOW, NOW + 100);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	/* Neither do such news take away what is there. */
	put(&a, BA_SPACE_KEYS, "{}", NOW + 100);
	put(&a, BA_SPACE_ATTEMPT, "0123456789abcdefdone", NOW + 20);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_true(has(&b, NOW, "k1"));
	stop(&b);
	stop(&a);
}

#define SERIAL_1 "0123456789abcdef"

/* Times that were written while the clock was years ahead. */
static void
test_times_too_far_ahead(void **state)
{
	struct broker a, b, c;

	(void)state;
	start(&a, t.path);
	put_keys(&a, jwks_1, NOW + 1, NOW + LIFE_MAX + 1);
	put(&a, BA_SPACE_ATTEMPT, SERIAL_1 "done", NOW + BA_KEYS_COOLDOWN + 1);
	start(&b, t.path);
	assert_true(has_none(&b, NOW));
	assert_int_equal(t.lines, 0);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_MAY_ASK);
	/* And it can be asked, though the store says that there is one. */
	assert_int_equal(begin(&b, NOW), BA_OK);
	assert_string_equal(b.request.url, OIDC_URL);
	start(&c, t.path);
	assert_int_equal(begin(&c, NOW), BA_ERR_BUSY);
	stop(&c);
	assert_int_equal(feed(&b, NOW, META), BA_ERR_NEED_KEYS);
	assert_int_equal(feed(&b, NOW, jwks_2), BA_OK);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	/* It does not push out what is known to be right. */
	put_keys(&a, jwks_1, NOW + 1, NOW + LIFE_MAX + 1);
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
	put_keys(&a, jwks_1, NOW, NOW + LIFE_MAX);
	assert_int_equal(state_of(&b, NOW), BA_KEYS_WAIT);
	assert_true(has(&b, NOW, "k1"));
	assert_int_equal(state_of(&b, NOW), BA_KEYS_FINAL);
	/* Our own, the same way. */
	assert_true(has_none(&b, NOW - 1));
	stop(&b);
	stop(&a);
}

/* What says so little of its times that they cannot be right. */
static void
test_record_says_longer_than_it_may(void **state)
{
	struct broker a, b;

	(void)state;
	start(&a, t.path);
	/* Fetched long ago, and said to be fresh for long. */
	put_keys(&a, jwks_1, NOW - LIFE_MAX - STALE + 10, NOW + 100);
	start(&b, t.path);
	assert_true(has(&b, NOW + 9, "k1"));
	assert_true(wants(&b, NOW + 9));
	assert_true(has_none(&b, NOW + 10));
	stop(&b);
	stop(&a);
}

/* Memory. */

static unsigned countdown; /* 0: never */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

void *
__wrap_malloc(size_t n)
{
	return countdown > 0 && --countdown == 0 ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return countdown > 0 && --countdown == 0 ? NULL
						 : __real_calloc(n, size);
}

/* An asking in which the n-th allocation fails; how it ended. */
static int
ask_failing(struct broker *b, int64_t now, unsigned n)
{
	struct ba_http_response r;
	int ret;

	ba_http_response_init(&r);
	r.err = BA_OK;
	r.status = 200;
	r.max_age = 600;
	(void)snprintf(r.content_type, sizeof(r.content_type), JSON);
	(void)snprintf(r.etag, sizeof(r.etag), "\"e\"");
	assert_int_equal(ba_buf_append_str(&r.body, META), BA_OK);
	countdown = n;
	ret = begin_forced(b, now);
	if (ret == BA_OK)
		ret = ba_keys_feed(b->keys, &t.issuer[0], now, &r, &b->request);
	n = countdown;
	countdown = 0;
	ba_buf_clear(&r.body);
	assert_int_equal(ba_buf_append_str(&r.body, jwks_2), BA_OK);
	countdown = n;
	if (ret == BA_ERR_NEED_KEYS)
		ret = ba_keys_feed(b->keys, &t.issuer[0], now, &r, &b->request);
	ba_http_response_clear(&r);
	return ret;
}

/* No failure of memory takes away what is there, nor leaves an asking open. */
static void
test_V38_without_memory(void **state)
{
	int64_t now = NOW;
	unsigned n, failed = 0;
	bool through = false;
	struct broker b;
	int r;

	(void)state;
	for (n = 1; !through; n++) {
		start(&b, NULL);
		fetch(&b, now, 600, jwks_1);
		assert_true(has(&b, now, "k1"));
		r = ask_failing(&b, now + 10, n);
		through = countdown > 0;
		countdown = 0;
		if (r != BA_OK) {
			failed++;
			/* Some libraries say no without saying why. */
			if (r != BA_ERR_NOMEM && r != BA_ERR_METADATA &&
			    r != BA_ERR_JWKS && r != BA_ERR_SYSTEM)
				fail_msg("%u: %s", n, ba_err_name(r));
			assert_true(has(&b, now + 10, "k1"));
		} else {
			assert_true(has(&b, now + 10, "k2"));
		}
		assert_int_equal(begin_forced(&b, now + 11), BA_OK);
		stop(&b);
	}
	assert_int_equal(r, BA_OK);
	assert_true(failed >= 4);
	/* From the beginning, and out of the store. */
	for (n = 1, through = false; !through; n++) {
		struct ba_keys *keys = NULL;

		start(&b, t.path);
		if (n == 1)
			fetch(&b, now, 600, jwks_1);
		countdown = n;
		r = ba_keys_new(
		    &t.config, b.store, geteuid(), &scene_log, &keys);
		assert_true(r == BA_OK || r == BA_ERR_NOMEM);
		assert_int_equal(keys == NULL, r != BA_OK);
		if (r == BA_OK)
			(void)ba_keys_get(keys, &t.issuer[0], now);
		through = countdown > 0;
		countdown = 0;
		if (through)
			assert_non_null(ba_keys_get(keys, &t.issuer[0], now));
		ba_keys_free(keys);
		/* It has not cost the record. */
		assert_true(has(&b, now, "k1"));
		stop(&b);
	}
	assert_int_equal(r, BA_OK);
	ba_keys_free(NULL);
}

static void
test_due_of_short_lives(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[0].min_key_life = 60;
	start(&b, NULL);
	fetch(&b, NOW, 100, jwks_1);
	assert_true(has(&b, NOW, "k1"));
	/* Not a tenth: a cooldown before, and up to half as much more. */
	assert_true(due(&b, NOW) <= NOW + 70 && due(&b, NOW) >= NOW + 55);
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_MD05_fresh_stale_ended),
		SCENE(test_MD05_no_stale_keys),
		SCENE(test_MD05_bounds_that_have_changed),
		SCENE(test_V38_outage),
		SCENE(test_V38_want_refresh),
		SCENE(test_V38_news_without_a_stamp),
		SCENE(test_due),
		SCENE(test_due_while_it_fails),
		SCENE(test_V38_due_once),
		SCENE(test_due_is_spread),
		SCENE(test_set_is_borrowed_until_the_next),
		SCENE(test_set_is_borrowed_after_news),
		SCENE(test_V52_stored_record_is_unusable),
		SCENE(test_times_too_far_ahead),
		SCENE(test_record_says_longer_than_it_may),
		SCENE(test_V38_without_memory),
		SCENE(test_due_of_short_lives),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
