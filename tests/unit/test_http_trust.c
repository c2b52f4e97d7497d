/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <cmocka.h>

#include "common/oauth/http_trust.h"

/* What it decides is tested with connections, in test_fetch.c. */
static struct {
	char dir[64], file[96], other[96], missing[96];
} g;

static void
write_cert(const char *path, const char *name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *n;
	FILE *f;

	assert_true(key != NULL && x != NULL);
	n = X509_get_subject_name(x);
	assert_int_equal(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC,
			     (const unsigned char *)name, -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(x, n), 1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int
set_up(void **state)
{
	(void)state;
	strcpy(g.dir, "/tmp/ba-trust-XXXXXX");
	if (mkdtemp(g.dir) == NULL)
		return -1;
	snprintf(g.file, sizeof(g.file), "%s/ca.pem", g.dir);
	snprintf(g.other, sizeof(g.other), "%s/other.pem", g.dir);
	snprintf(g.missing, sizeof(g.missing), "%s/missing.pem", g.dir);
	write_cert(g.file, "one");
	write_cert(g.other, "other");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(g.file);
	(void)unlink(g.other);
	(void)rmdir(g.dir);
	return 0;
}

static struct ba_http_trust *
new_trust(const char *file, const char *directory)
{
	struct ba_http_trust *t;

	assert_int_equal(ba_http_trust_new(file, directory, &t), BA_OK);
	return t;
}

/* Its number; 0 where it is refused, with a reason that names the path. */
static uint64_t
number_of(struct ba_http_trust *t, const char *file, const char *directory,
    const char *named)
{
	struct ba_http_trusted trusted = { &trusted, 7 };
	char why[256] = "";
	uint64_t n;
	int r =
	    ba_http_trust_get(t, file, directory, &trusted, why, sizeof(why));

	n = trusted.number;
	if (r != BA_OK) {
		assert_int_equal(r, BA_ERR_TLS);
		assert_null(trusted.store);
		assert_int_equal(n, 0);
		assert_non_null(strstr(why, named));
	} else {
		assert_non_null(trusted.store);
		assert_int_not_equal(n, 0);
	}
	ba_http_trust_release(&trusted);
	assert_null(trusted.store);
	return n;
}

static void
test_TR02_the_bundle_serves_whoever_names_nothing(void **state)
{
	struct ba_http_trust *t = new_trust(g.file, g.dir);
	uint64_t bundle;

	(void)state;
	bundle = number_of(t, NULL, NULL, "");
	assert_int_not_equal(bundle, 0);
	assert_int_equal(number_of(t, g.file, NULL, ""), bundle);
	assert_int_not_equal(number_of(t, g.other, NULL, ""), bundle);
	ba_http_trust_free(t);
	t = new_trust(NULL, g.dir);
	bundle = number_of(t, NULL, NULL, "");
	assert_int_not_equal(bundle, 0);
	assert_int_equal(number_of(t, NULL, g.dir, ""), bundle);
	ba_http_trust_free(t);
	/* There is none: nobody is trusted, whatever else there may be. */
	t = new_trust(g.missing, g.dir);
	assert_int_equal(number_of(t, NULL, NULL, g.missing), 0);
	ba_http_trust_free(t);
	ba_http_trust_free(NULL);
}

static void
test_TR02_a_number_is_of_a_path_and_its_content(void **state)
{
	struct ba_http_trust *t = new_trust(g.missing, NULL);
	uint64_t first = number_of(t, g.file, NULL, "");
	uint64_t other = number_of(t, g.other, NULL, ""), again;

	(void)state;
	assert_int_not_equal(first, 0);
	assert_int_not_equal(other, 0);
	assert_int_not_equal(first, other);
	assert_int_equal(number_of(t, g.file, NULL, ""), first);
	assert_int_equal(number_of(t, g.other, NULL, ""), other);
	write_cert(g.file, "another");
	again = number_of(t, g.file, NULL, "");
	assert_true(again != 0 && again != first && again != other);
	/* As a file it is one, as a directory it is none, and the other way
	   round. */
	assert_int_equal(number_of(t, NULL, g.file, g.file), 0);
	assert_int_equal(number_of(t, g.dir, NULL, g.dir), 0);
	assert_int_not_equal(number_of(t, NULL, g.dir, ""), 0);
	ba_http_trust_free(t);
}

/* What was handed out stays good when its place has been forgotten. */
static void
test_a_store_is_a_reference(void **state)
{
	struct ba_http_trust *t = new_trust(g.file, NULL);
	struct ba_http_trusted trusted;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	X509_VERIFY_PARAM *param;
	char why[128];

	(void)state;
	assert_int_equal(
	    ba_http_trust_get(t, g.other, NULL, &trusted, why, sizeof(why)),
	    BA_OK);
	ba_http_trust_free(t);
	assert_int_equal(ba_http_trust_install(&trusted, ctx), BA_OK);
	assert_ptr_equal(SSL_CTX_get_cert_store(ctx), trusted.store);
	param = X509_STORE_get0_param(trusted.store);
	assert_int_equal(
	    X509_VERIFY_PARAM_get_flags(param) &
		(X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN),
	    X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	ba_http_trust_release(&trusted);
	assert_int_equal(sk_X509_OBJECT_num(X509_STORE_get0_objects(
			     SSL_CTX_get_cert_store(ctx))),
	    1);
	/* Nothing to install is an error, and changes nothing. */
	assert_int_equal(ba_http_trust_install(&trusted, ctx), BA_ERR_TLS);
	SSL_CTX_free(ctx);
}

/* 64 places; the one not asked for longest is read again. */
static void
test_places_are_bounded(void **state)
{
	struct ba_http_trust *t = new_trust(g.file, NULL);
	char path[70][128];
	uint64_t first[70];
	int i;

	(void)state;
	for (i = 0; i < 65; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/%d", g.dir, i);
		assert_int_equal(link(g.other, path[i]), 0);
	}
	/* Each path is a place of its own. */
	for (i = 0; i < 64; i++) {
		first[i] = number_of(t, path[i], NULL, "");
		assert_int_equal(first[i], i + 1);
	}
	assert_int_equal(number_of(t, path[0], NULL, ""), first[0]);
	assert_int_equal(number_of(t, path[64], NULL, ""), 65);
	assert_int_equal(number_of(t, path[0], NULL, ""), first[0]);
	assert_int_equal(number_of(t, path[2], NULL, ""), first[2]);
	assert_int_equal(number_of(t, path[1], NULL, ""), 66);
	for (i = 0; i < 65; i++)
		assert_int_equal(unlink(path[i]), 0);
	ba_http_trust_free(t);
}

static void
test_another_library_is_not_ours(void **state)
{
	char ours[64], newer[64];

	(void)state;
	snprintf(ours, sizeof(ours), "OpenSSL/%u.0.1", OPENSSL_version_major());
	snprintf(newer, sizeof(newer), "OpenSSL/%u.0.1",
	    OPENSSL_version_major() + 1);
	assert_true(ba_http_trust_is_ours(ours));
	assert_false(ba_http_trust_is_ours(newer));
	assert_false(ba_http_trust_is_ours("GnuTLS/3.7.9"));
	assert_false(ba_http_trust_is_ours("LibreSSL/3.0.1"));
	assert_false(ba_http_trust_is_ours("OpenSSL/1.1.1w"));
	assert_false(ba_http_trust_is_ours(""));
	assert_false(ba_http_trust_is_ours(NULL));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_TR02_the_bundle_serves_whoever_names_nothing),
		cmocka_unit_test(
		    test_TR02_a_number_is_of_a_path_and_its_content),
		cmocka_unit_test(test_a_store_is_a_reference),
		cmocka_unit_test(test_places_are_bounded),
		cmocka_unit_test(test_another_library_is_not_ours),
	};

	return cmocka_run_group_tests_name(
	    "http_trust", tests, set_up, tear_down);
}
