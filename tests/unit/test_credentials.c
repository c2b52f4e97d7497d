/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

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

#include "common/oauth/credentials.h"

#define NOW INT64_C(1700000000)
#define ISS "https://id.example.org/"

enum { ASKED, DEVICE, PLAIN, NOBODY, ISSUERS };

static long fail_malloc = -1; /* the n-th from now on */

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

/* An issuer that is asked about tokens, one of the device flow, one that has
   no use for us, and one to which we are nobody. */
static struct {
	char dir[64];
	char secret[96];
	struct ba_issuer issuer[ISSUERS];
	struct ba_config config;
	struct ba_credential_options o;
	unsigned lines;
	char last[BA_LOG_LINE_MAX];
} t;

static void
take_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	assert_int_equal(level, BA_LOG_ERR);
	assert_null(strstr(text, "s3cret"));
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
	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/ba_credentials.XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	(void)snprintf(t.secret, sizeof(t.secret), "%s/secret", t.dir);
	f = fopen(t.secret, "w");
	if (f == NULL || fputs("s3cret\n", f) < 0 || fclose(f) != 0 ||
	    chmod(t.secret, 0600) != 0)
		return -1;
	for (i = 0; i < ISSUERS; i++) {
		t.issuer[i].url = ISS;
		t.issuer[i].index = i;
		if (i == NOBODY)
			continue;
		t.issuer[i].client.id = "door";
		t.issuer[i].client.auth = BA_CLIENT_AUTH_POST;
		t.issuer[i].client.secret_file = t.secret;
	}
	t.issuer[ASKED].verify = BA_VERIFY_INTROSPECTION;
	t.issuer[DEVICE].device = true;
	t.config.issuers = t.issuer;
	t.config.n_issuers = ISSUERS;
	t.o.config = &t.config;
	t.o.trusted_uid = geteuid();
	t.o.log = &test_log;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)remove(t.secret);
	return rmdir(t.dir);
}

static struct ba_credential_table *
new_table(void)
{
	struct ba_credential_table *table;

	assert_int_equal(ba_credential_table_new(&t.o, &table), BA_OK);
	assert_non_null(table);
	return table;
}

static int
get(struct ba_credential_table *table, size_t i,
    const struct ba_credentials **cp)
{
	int r;

	*cp = (const struct ba_credentials *)&t;
	r = ba_credential_table_get(table, &t.issuer[i], cp);
	assert_int_equal(r == BA_OK, *cp != NULL);
	return r;
}

static void
test_each_issuer_has_its_own(void **state)
{
	const struct ba_credentials *c[ISSUERS], *again;
	struct ba_credential_table *table;
	size_t i;

	(void)state;
	table = new_table();
	for (i = 0; i < ISSUERS; i++) {
		assert_int_equal(get(table, i, &c[i]), BA_OK);
		assert_true(i == 0 || c[i] != c[i - 1]);
		assert_int_equal(get(table, i, &again), BA_OK);
		assert_ptr_equal(again, c[i]);
	}
	assert_int_equal(t.lines, 0);
	ba_credential_table_free(table);
	ba_credential_table_free(NULL);
}

/* At once where they will be wanted, else at the first question. */
static void
test_ca_04_when_they_are_read(void **state)
{
	static const struct {
		bool late;
		int r[ISSUERS]; /* once the file is gone */
	} rows[] = {
		{ false, { BA_OK, BA_OK, BA_ERR_SECRET, BA_OK } },
		{ true,
		    { BA_ERR_SECRET, BA_ERR_SECRET, BA_ERR_SECRET, BA_OK } },
	};
	const struct ba_credentials *c;
	struct ba_credential_table *table;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		t.o.late = rows[i].late;
		assert_int_equal(chmod(t.secret, 0600), 0);
		table = new_table();
		assert_int_equal(t.lines, 0);
		assert_int_equal(chmod(t.secret, 0644), 0);
		for (j = 0; j < ISSUERS; j++)
			assert_int_equal(get(table, j, &c), rows[i].r[j]);
		ba_credential_table_free(table);
		t.lines = 0;
	}
}

/* Logged once each, and not mended before the configuration is read anew. */
static void
test_ca_04_not_usable(void **state)
{
	const struct ba_credentials *c;
	struct ba_credential_table *table;

	(void)state;
	assert_int_equal(chmod(t.secret, 0644), 0);
	table = new_table();
	assert_int_equal(t.lines, 2);
	assert_int_equal(chmod(t.secret, 0600), 0);
	assert_int_equal(get(table, ASKED, &c), BA_ERR_SECRET);
	assert_int_equal(get(table, DEVICE, &c), BA_ERR_SECRET);
	assert_int_equal(get(table, ASKED, &c), BA_ERR_SECRET);
	assert_int_equal(t.lines, 2);
	assert_non_null(strstr(t.last, ISS));
	assert_non_null(strstr(t.last, "client door"));
	assert_non_null(strstr(t.last, t.secret));
	assert_non_null(strstr(t.last, "device flow"));
	/* The others are as they were. */
	assert_int_equal(get(table, PLAIN, &c), BA_OK);
	ba_credential_table_free(table);
	table = new_table();
	assert_int_equal(get(table, ASKED, &c), BA_OK);
	assert_int_equal(t.lines, 2);
	ba_credential_table_free(table);
	/* Of one that is only asked about tokens nothing else is said. */
	t.issuer[DEVICE].device = false;
	assert_int_equal(chmod(t.secret, 0644), 0);
	ba_credential_table_free(new_table());
	assert_int_equal(t.lines, 3);
	assert_null(strstr(t.last, "device flow"));
}

static void
test_credential_of_the_service_manager(void **state)
{
	const struct ba_credentials *c;
	struct ba_credential_table *table;

	(void)state;
	t.issuer[ASKED].client.secret_file = "credential:secret";
	t.issuer[DEVICE].device = false;
	table = new_table();
	assert_int_equal(get(table, ASKED, &c), BA_ERR_SECRET);
	assert_int_equal(t.lines, 1);
	ba_credential_table_free(table);
	t.o.directory = t.dir;
	table = new_table();
	assert_int_equal(get(table, ASKED, &c), BA_OK);
	assert_int_equal(t.lines, 1);
	ba_credential_table_free(table);
}

/* Of another configuration: no secret is given away. */
static void
test_v33_issuer_of_another_configuration(void **state)
{
	const struct ba_credentials *c;
	struct ba_credential_table *table;
	struct ba_issuer twin = t.issuer[ASKED];

	(void)state;
	table = new_table();
	assert_int_equal(
	    ba_credential_table_get(table, &twin, &c), BA_ERR_INTERNAL);
	assert_null(c);
	twin.index = ISSUERS;
	assert_int_equal(
	    ba_credential_table_get(table, &twin, &c), BA_ERR_INTERNAL);
	assert_null(c);
	assert_int_equal(get(table, ASKED, &c), BA_OK);
	ba_credential_table_free(table);
}

/* Whoever signs in by them asks by the configuration's proxy. */
static void
test_proxy(void **state)
{
	struct ba_http_request q = { .url = NULL };
	const struct ba_credentials *c;
	struct ba_credential_table *table;
	struct ba_post p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		table = new_table();
		ba_post_init(&p);
		assert_int_equal(get(table, ASKED, &c), BA_OK);
		assert_int_equal(ba_client_sign_in(c, NOW, &p, &q), BA_OK);
		assert_string_equal(
		    ba_buf_str(&p.form), "client_id=door&client_secret=s3cret");
		if (i == 0) {
			assert_null(q.proxy);
			assert_null(q.no_proxy);
		} else {
			assert_string_equal(q.proxy, "http://proxy:3128");
			assert_string_equal(
			    q.no_proxy, "localhost,.example.net");
		}
		ba_post_wipe(&p);
		ba_credential_table_free(table);
		t.config.no_proxy = "localhost,.example.net";
		t.config.proxy = "http://proxy:3128";
	}
}

static void
test_no_issuers(void **state)
{
	(void)state;
	t.config.issuers = NULL;
	t.config.n_issuers = 0;
	ba_credential_table_free(new_table());
}

static int
all_of_it(void)
{
	struct ba_credential_table *table = (struct ba_credential_table *)&t;
	const struct ba_credentials *c;
	int r;

	r = ba_credential_table_new(&t.o, &table);
	assert_int_equal(r == BA_OK, table != NULL);
	if (r == BA_OK)
		r = get(table, PLAIN, &c);
	/* Want of memory passes. */
	if (r == BA_ERR_NOMEM && table != NULL)
		assert_int_equal(get(table, PLAIN, &c), BA_OK);
	ba_credential_table_free(table);
	return r;
}

/* Each allocation fails once: no other error comes of it. */
static void
test_without_memory(void **state)
{
	int r = BA_ERR_NOMEM;
	long n;

	(void)state;
	t.o.directory = t.dir;
	t.config.no_proxy = "localhost,.example.net";
	for (n = 0; r == BA_ERR_NOMEM && n < 500; n++) {
		fail_malloc = n;
		r = all_of_it();
		fail_malloc = -1;
	}
	assert_int_equal(r, BA_OK);
	assert_true(n > 8);
	assert_int_equal(t.lines, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_each_issuer_has_its_own),
		T(test_ca_04_when_they_are_read),
		T(test_ca_04_not_usable),
		T(test_credential_of_the_service_manager),
		T(test_v33_issuer_of_another_configuration),
		T(test_proxy),
		T(test_no_issuers),
		T(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
