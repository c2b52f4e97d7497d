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
	put_keys(&b, jwks_2, NOW, NOW + 100);
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

#define SECRET                                                                 \
	"secret, and long enough for the longest of all the hashes we have"
_Static_assert(sizeof(SECRET) - 1 >= 64, "long enough for HS512");

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
	assert_int_equal(ba_store_get(b.store, BA_SPACE_KEYS, NAME,
			     sizeof(NAME) - 1, NOW, &raw, &expires),
	    BA_ERR_NOT_FOUND);
	ba_buf_wipe(&raw);
	/* And what that has of an earlier configuration is not looked at. */
	put_keys(&b, jwks_2, NOW, NOW + 100);
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
	assert_non_null(strstr(t.last, "nobody enters"));
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
	char *jwk = ba_mint_jwk(m, NULL),
	     *public = ba_mint_jwk(scene_mint[0], NULL);
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

/* Files that change. */

/* Another file in its place, as an administrator does it. */
static void
replace_file(const char *text)
{
	char was[sizeof(t.file)], aside[128];

	(void)snprintf(was, sizeof(was), "%s", t.file);
	(void)snprintf(aside, sizeof(aside), "%s/new", t.dir);
	(void)snprintf(t.file, sizeof(t.file), "%.80s/new", t.dir);
	write_file(text, 0644);
	(void)snprintf(t.file, sizeof(t.file), "%s", was);
	assert_int_equal(rename(aside, t.file), 0);
}

static void
test_MD05_jwks_file_changes(void **state)
{
	struct ba_keys_info info;
	struct broker b;

	(void)state;
	t.issuer[0].jwks_file = t.file;
	write_file(jwks_1, 0644);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	replace_file(jwks_2);
	/* Once a second. */
	assert_true(has(&b, NOW, "k1"));
	assert_true(has(&b, NOW + 1, "k2"));
	assert_false(has(&b, NOW + 1, "k1"));
	assert_int_equal(t.lines, 0);
	assert_int_equal(t.notices, 1);
	assert_true(has(&b, NOW + 2, "k2"));
	assert_int_equal(t.notices, 1);
	/* A clock that is set back looks, too. */
	replace_file(jwks_3);
	assert_true(has(&b, NOW - 1000, "k3"));
	ba_keys_info(b.keys, &t.issuer[0], NOW, &info);
	assert_true(info.file);
	assert_false(info.secret);
	assert_int_equal(info.n, 1);
	assert_int_equal(info.last, BA_OK);
	assert_int_equal(info.fetched, 0);
	assert_int_equal(info.due, 0);
	assert_int_equal(ba_keys_due(b.keys, &t.issuer[0], NOW), INT64_MAX);
	assert_false(ba_keys_want_refresh(b.keys, &t.issuer[0], NOW));
	assert_null(ba_keys_metadata(b.keys, &t.issuer[0], NOW));
	assert_int_equal(begin_forced(&b, NOW), BA_ERR_UNAVAIL);
	stop(&b);
}

/* What is not good takes nothing away, and is said once. */
static void
test_V38_jwks_file_becomes_wrong(void **state)
{
	struct ba_keys_info info;
	struct broker b;

	(void)state;
	t.issuer[0].jwks_file = t.file;
	write_file(jwks_1, 0644);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	replace_file(EMPTY_SET);
	assert_true(has(&b, NOW + 1, "k1"));
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, t.file));
	assert_non_null(strstr(t.last, "before are used"));
	assert_int_equal(state_of(&b, NOW + 1), BA_KEYS_FINAL);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 1, &info);
	assert_int_equal(info.last, BA_ERR_JWKS);
	assert_int_equal(info.n, 1);
	assert_true(has(&b, NOW + 2, "k1"));
	assert_int_equal(t.lines, 1);
	/* Wrong in another way is another line. */
	assert_int_equal(chmod(t.file, 0666), 0);
	assert_true(has(&b, NOW + 3, "k1"));
	assert_int_equal(t.lines, 2);
	assert_non_null(strstr(t.last, "written by group"));
	assert_int_equal(unlink(t.file), 0);
	assert_true(has(&b, NOW + 4, "k1"));
	assert_true(has(&b, NOW + 5, "k1"));
	assert_int_equal(t.lines, 3);
	assert_non_null(strstr(t.last, "does not exist"));
	/* The twin: it is mended. */
	write_file(jwks_2, 0644);
	assert_true(has(&b, NOW + 6, "k2"));
	assert_false(has(&b, NOW + 6, "k1"));
	assert_int_equal(t.lines, 3);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 6, &info);
	assert_int_equal(info.last, BA_OK);
	stop(&b);
}

static void
test_jwks_file_appears_later(void **state)
{
	struct broker b;

	(void)state;
	t.issuer[0].jwks_file = t.file;
	start(&b, t.path);
	assert_int_equal(t.lines, 1);
	assert_true(has_none(&b, NOW));
	assert_true(has_none(&b, NOW + 1));
	assert_int_equal(t.lines, 1);
	assert_int_equal(state_of(&b, NOW + 1), BA_KEYS_FAILED);
	write_file(jwks_1, 0644);
	assert_true(has(&b, NOW + 2, "k1"));
	assert_int_equal(state_of(&b, NOW + 2), BA_KEYS_FINAL);
	assert_int_equal(t.lines, 1);
	stop(&b);
}

/* Owner, mode and each byte count; what was only read does not. */
static void
test_jwks_file_changes_in_place(void **state)
{
	struct broker b;
	int fd;

	(void)state;
	t.issuer[0].jwks_file = t.file;
	write_file(jwks_1, 0644);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	/* Of the same length. */
	assert_int_equal(strlen(jwks_1), strlen(jwks_2));
	fd = open(t.file, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, jwks_2, strlen(jwks_2)), strlen(jwks_2));
	assert_int_equal(
	    futimens(fd, (const struct timespec[2]){ { .tv_sec = 1 },
			     { .tv_sec = 1, .tv_nsec = 1 } }),
	    0);
	(void)close(fd);
	assert_true(has(&b, NOW + 1, "k2"));
	assert_int_equal(chmod(t.file, 0600), 0);
	assert_true(has(&b, NOW + 2, "k2"));
	stop(&b);
}

/* Bad keys in a file are told once for each state of it. */
static void
test_JWK13_bad_keys_in_a_file(void **state)
{
	char *good = ba_mint_jwk(scene_mint[0], NULL), *text;
	const char *all[] = {
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"AAAA\"}", good
	};
	struct broker b;

	(void)state;
	text = ba_mint_jwks(all, 2);
	t.issuer[0].jwks_file = t.file;
	write_file(text, 0644);
	start(&b, t.path);
	assert_true(has(&b, NOW, "k1"));
	assert_true(has(&b, NOW + 1, "k1"));
	assert_int_equal(t.lines, 1);
	assert_non_null(strstr(t.last, "1 of its keys"));
	stop(&b);
	free(text);
	free(good);
}

/* Secrets, too; and their directory may be what was wrong. */
static void
test_JWK09_symmetric_key_file_changes(void **state)
{
	char *secrets = make_secrets(NULL), *jwk;
	struct ba_mint *m = ba_mint_secret(SECRET, 48, "s", "HS384");
	struct ba_keys_info info;
	struct broker b;

	(void)state;
	jwk = ba_mint_jwk(m, NULL);
	t.issuer[0].symmetric_key_file = t.file;
	write_file(secrets, 0600);
	assert_int_equal(chmod(t.dir, 0770), 0);
	start(&b, t.path);
	assert_int_equal(t.lines, 1);
	assert_null(ba_keys_get(b.keys, &t.issuer[0], NOW));
	assert_int_equal(chmod(t.dir, 0700), 0);
	assert_non_null(ba_keys_get(b.keys, &t.issuer[0], NOW + 1));
	assert_int_equal(t.lines, 1);
	ba_keys_info(b.keys, &t.issuer[0], NOW + 1, &info);
	assert_true(info.secret);
	assert_int_equal(info.n, 2);
	write_file(jwk, 0600);
	assert_non_null(ba_keys_get(b.keys, &t.issuer[0], NOW + 2));
	ba_keys_info(b.keys, &t.issuer[0], NOW + 2, &info);
	assert_int_equal(info.n, 1);
	/* Read by others: those of before are good still. */
	write_file(secrets, 0644);
	assert_non_null(ba_keys_get(b.keys, &t.issuer[0], NOW + 3));
	ba_keys_info(b.keys, &t.issuer[0], NOW + 3, &info);
	assert_int_equal(info.n, 1);
	assert_int_equal(info.last, BA_ERR_CONFIG);
	assert_int_equal(t.lines, 2);
	assert_null(strstr(t.last, "c2VjcmV0"));
	stop(&b);
	free(secrets);
	free(jwk);
	ba_mint_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_jwks_file),
		SCENE(test_PM11_jwks_file_is_wrong),
		SCENE(test_JWK09_symmetric_key_file),
		SCENE(test_JWK09_symmetric_key_alone),
		SCENE(test_JWK09_symmetric_key_file_is_wrong),
		SCENE(test_JWK09_directory_of_symmetric_key_file),
		SCENE(test_JWK11_secret_among_public_keys),
		SCENE(test_MD05_jwks_file_changes),
		SCENE(test_V38_jwks_file_becomes_wrong),
		SCENE(test_jwks_file_appears_later),
		SCENE(test_jwks_file_changes_in_place),
		SCENE(test_JWK13_bad_keys_in_a_file),
		SCENE(test_JWK09_symmetric_key_file_changes),
	};

	return cmocka_run_group_tests(tests, scene_begin, scene_end);
}
