/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
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

#include "tests/unit/keys_scene.h"

struct scene t;
struct ba_mint *scene_mint[3];
char *jwks_1, *jwks_2, *jwks_3;

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	if (level == BA_LOG_NOTICE)
		t.notices++;
	if (level > BA_LOG_WARNING)
		return;
	t.lines++;
	(void)snprintf(t.last, sizeof(t.last), "%s", text);
}

const struct ba_log scene_log = { .line = take_line };

int
scene_begin(void **state)
{
	(void)state;
	scene_mint[0] = ba_mint_new(BA_MINT_ED25519, "k1", "EdDSA");
	scene_mint[1] = ba_mint_new(BA_MINT_ED25519, "k2", "EdDSA");
	scene_mint[2] = ba_mint_new(BA_MINT_ED25519, "k3", "EdDSA");
	jwks_1 = ba_mint_jwks_of(scene_mint[0]);
	jwks_2 = ba_mint_jwks_of(scene_mint[1]);
	jwks_3 = ba_mint_jwks_of(scene_mint[2]);
	return 0;
}

int
scene_end(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		ba_mint_free(scene_mint[i]);
	free(jwks_1);
	free(jwks_2);
	free(jwks_3);
	return 0;
}

int
scene_set_up(void **state)
{
	size_t i;

	(void)state;
	memset(&t, 0, sizeof(t));
	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/ba_keys.XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	(void)snprintf(t.path, sizeof(t.path), "%s/store.db", t.dir);
	(void)snprintf(t.file, sizeof(t.file), "%s/jwks.json", t.dir);
	for (i = 0; i < 2; i++) {
		t.issuer[i].index = i;
		t.issuer[i].min_key_life = LIFE_MIN;
		t.issuer[i].max_key_life = LIFE_MAX;
		t.issuer[i].stale_keys = STALE;
	}
	t.issuer[0].url = ISS;
	t.issuer[0].ca_file = CA;
	t.issuer[1].url = ISS2;
	t.config.issuers = t.issuer;
	t.config.n_issuers = 2;
	return 0;
}

int
scene_tear_down(void **state)
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

void
start(struct broker *b, const char *path)
{
	const struct ba_store_options o = { .path = path, .busy_ms = 1000 };

	memset(b, 0, sizeof(*b));
	assert_int_equal(ba_store_open(&o, &b->store), BA_OK);
	assert_int_equal(
	    ba_keys_new(&t.config, b->store, geteuid(), &scene_log, &b->keys),
	    BA_OK);
}

void
start_without_store(struct broker *b)
{
	memset(b, 0, sizeof(*b));
	assert_int_equal(
	    ba_keys_new(&t.config, NULL, geteuid(), &scene_log, &b->keys),
	    BA_OK);
}

void
stop(struct broker *b)
{
	ba_keys_free(b->keys);
	ba_store_close(b->store);
}

bool
has(struct broker *b, int64_t now, const char *kid)
{
	const struct ba_jwks *set = ba_keys_get(b->keys, &t.issuer[0], now);
	size_t iter = 0;

	return set != NULL && ba_jwks_next(set, kid, ALG, &iter) != NULL;
}

bool
has_none(struct broker *b, int64_t now)
{
	return ba_keys_get(b->keys, &t.issuer[0], now) == NULL;
}

enum ba_keys_state
state_of(struct broker *b, int64_t now)
{
	return ba_keys_state(b->keys, &t.issuer[0], now);
}

int
begin(struct broker *b, int64_t now)
{
	return ba_keys_begin(b->keys, &t.issuer[0], now, false, &b->request);
}

int
begin_forced(struct broker *b, int64_t now)
{
	return ba_keys_begin(b->keys, &t.issuer[0], now, true, &b->request);
}

int
feed_answer(struct broker *b, int64_t now, const struct answer *a)
{
	struct ba_http_response r;
	int ret;

	ba_http_response_init(&r);
	r.err = a->err;
	r.status = a->status;
	r.max_age = a->max_age;
	(void)snprintf(r.content_type, sizeof(r.content_type), "%s",
	    a->type != NULL ? a->type : JSON);
	(void)snprintf(
	    r.etag, sizeof(r.etag), "%s", a->etag != NULL ? a->etag : "");
	assert_int_equal(
	    ba_buf_append_str(&r.body, a->body != NULL ? a->body : ""), BA_OK);
	ret = ba_keys_feed(b->keys, &t.issuer[0], now, &r, &b->request);
	ba_http_response_clear(&r);
	return ret;
}

int
feed(struct broker *b, int64_t now, const char *body)
{
	const struct answer a = { .status = 200, .max_age = -1, .body = body };

	return feed_answer(b, now, &a);
}

int
feed_status(struct broker *b, int64_t now, unsigned status)
{
	const struct answer a = { .status = status, .max_age = -1 };

	return feed_answer(b, now, &a);
}

int
feed_error(struct broker *b, int64_t now, int err)
{
	const struct answer a = { .err = err, .max_age = -1, .type = "" };

	return feed_answer(b, now, &a);
}

int
ask(struct broker *b, int64_t now, const char *jwks)
{
	int r;

	r = begin(b, now);
	if (r != BA_OK)
		return r;
	if (strcmp(b->request.url, OIDC_URL) == 0)
		assert_int_equal(feed(b, now, META), BA_ERR_NEED_KEYS);
	assert_string_equal(b->request.url, URI);
	return feed(b, now, jwks);
}

void
put(struct broker *b, enum ba_space space, const char *value, int64_t expires)
{
	assert_int_equal(
	    ba_store_put(b->store, space, NAME, sizeof(NAME) - 1, value,
		strlen(value), NOW, expires, BA_REACH_SHARED),
	    BA_OK);
}

void
put_keys(
    struct broker *b, const char *jwks, int64_t fetched, int64_t fresh_until)
{
	char *text;

	assert_true(asprintf(&text,
			"{\"fetched\":%lld,\"fresh_until\":%lld,"
			"\"metadata_until\":%lld,\"etag\":\"\","
			"\"jwks_uri\":\"" URI "\","
			"\"introspection_endpoint\":\"\","
			"\"tls_introspection_endpoint\":\"\"}\n%s",
			(long long)fetched, (long long)fresh_until,
			(long long)fresh_until, jwks) > 0);
	put(b, BA_SPACE_KEYS, text, fresh_until + STALE);
	free(text);
}

void
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
