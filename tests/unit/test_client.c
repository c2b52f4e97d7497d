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

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/jose/jws.h"
#include "common/oauth/client.h"
#include "tests/unit/mint.h"

#define NOW INT64_C(1700000000)
#define ISS "https://id.example.org/staff"
#define ID  "door:1"

#define OTHER_UID 54321 /* nobody's */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ba_mint *rsa, *p256, *ed;
static char *rsa_pem, *p256_pem, *ed_pem, *certificate, *other_certificate;

static struct {
	char dir[64];
	char path[96]; /* of the secret, or the key */
	char certificate[96];
	struct ba_issuer issuer;
	const char *why;
	uid_t uid; /* whose the files are, and trusted */
} t;

/* --- What fails on demand -------------------------------------------------- */

static bool fail_bio, fail_random, zero_random;
static long fail_malloc = -1; /* the n-th from now on */
static uid_t fake_euid = (uid_t)-1;

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
uid_t
__wrap_geteuid(void)
{
	return fake_euid != (uid_t)-1 ? fake_euid : __real_geteuid();
}

int __real_ba_random(void *p, size_t n);
int __wrap_ba_random(void *p, size_t n);
int
__wrap_ba_random(void *p, size_t n)
{
	if (fail_random)
		return BA_ERR_SYSTEM;
	if (zero_random) {
		zero_random = false;
		memset(p, 0, n);
		return BA_OK;
	}
	return __real_ba_random(p, n);
}

BIO *__real_BIO_new_mem_buf(const void *p, int n);
BIO *__wrap_BIO_new_mem_buf(const void *p, int n);
BIO *
__wrap_BIO_new_mem_buf(const void *p, int n)
{
	return fail_bio ? NULL : __real_BIO_new_mem_buf(p, n);
}

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

/* --- Files ----------------------------------------------------------------- */

/* A certificate of the key's own, in PEM. */
static char *
make_certificate(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1), *out = BIO_new(BIO_s_mem());
	EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	X509 *x = X509_new();
	char *p = NULL, *s;
	long n;

	assert_non_null(key);
	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 86400));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(out, x), 1);
	n = BIO_get_mem_data(out, &p);
	s = strndup(p, (size_t)n);
	X509_free(x);
	EVP_PKEY_free(key);
	BIO_free(out);
	BIO_free(in);
	return s;
}

static int
set_up_all(void **state)
{
	(void)state;
	rsa = ba_mint_new(BA_MINT_RSA, "k", NULL);
	p256 = ba_mint_new(BA_MINT_P256, "k", NULL);
	ed = ba_mint_new(BA_MINT_ED25519, "k", NULL);
	rsa_pem = ba_mint_private_pem(rsa, false);
	p256_pem = ba_mint_private_pem(p256, true);
	ed_pem = ba_mint_private_pem(ed, false);
	certificate = make_certificate(p256_pem);
	other_certificate = make_certificate(rsa_pem);
	return 0;
}

static int
tear_down_all(void **state)
{
	(void)state;
	ba_mint_free(rsa);
	ba_mint_free(p256);
	ba_mint_free(ed);
	free(rsa_pem);
	free(p256_pem);
	free(ed_pem);
	free(certificate);
	free(other_certificate);
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	fail_bio = fail_random = zero_random = false;
	fail_malloc = -1;
	fake_euid = (uid_t)-1;
	json_set_alloc_funcs(malloc, free);
	(void)snprintf(t.dir, sizeof(t.dir), "/tmp/ba_client.XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	(void)snprintf(t.path, sizeof(t.path), "%s/secret", t.dir);
	(void)snprintf(
	    t.certificate, sizeof(t.certificate), "%s/chain.pem", t.dir);
	t.uid = geteuid();
	t.issuer.url = ISS;
	t.issuer.client.id = ID;
	t.issuer.client.auth = BA_CLIENT_AUTH_BASIC;
	t.issuer.client.secret_file = t.path;
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

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0640), 0);
}

static void
write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

/* A client of t.issuer; NULL, and its error in *rp. */
static struct ba_credentials *
client_of(const char *credentials, int *rp)
{
	struct ba_credentials *c = (struct ba_credentials *)&t;

	*rp = ba_client_new(&t.issuer, t.uid, credentials, &t.why, &c);
	assert_int_equal(*rp == BA_OK, c != NULL);
	assert_non_null(t.why);
	return c;
}

static struct ba_credentials *
good_client(void)
{
	int r;
	struct ba_credentials *c = client_of(NULL, &r);

	assert_int_equal(r, BA_OK);
	assert_string_equal(t.why, "");
	return c;
}

static int
new_error(const char *credentials)
{
	int r;

	ba_client_free(client_of(credentials, &r));
	assert_true(r == BA_OK || r == BA_ERR_NOMEM || r == BA_ERR_SYSTEM ||
		    *t.why != '\0');
	return r;
}

static void
sign_in(const struct ba_credentials *c, struct ba_post *p,
    struct ba_http_request *q)
{
	memset(q, 0, sizeof(*q));
	ba_post_init(p);
	assert_int_equal(ba_client_sign_in(c, NOW, p, q), BA_OK);
	assert_ptr_equal(q->form, &p->form);
	assert_true(q->pool != 0);
}

/* --- Secrets --------------------------------------------------------------- */

#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A512  A64 A64 A64 A64 A64 A64 A64 A64
#define A1024 A512 A512
_Static_assert(sizeof(A1024) - 1 == BA_CLIENT_SECRET_MAX, "the longest");

static void
test_ca_04_secret_is_one_line(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *secret; /* NULL: none */
	} rows[] = {
#define S(s) (s), sizeof(s) - 1
		{ S("s3cret"), "s3cret" },
		{ S("s3cret\n"), "s3cret" },
		{ S("s3cret\r\n"), "s3cret" },
		{ S(" two words "), " two words " },
		{ S("\x20\x7e"), " ~" },
		{ S(A1024), A1024 },
		{ S(A1024 "\r\n"), A1024 },
		{ S(A1024 "a"), NULL },
		{ S(A1024 "a\n"), NULL },
		{ S(A1024 "a\r\n"), NULL },
		{ S("s3cret\n\n"), NULL },
		{ S("s3cret\r"), NULL },
		{ S("s3cret\nmore\n"), NULL },
		{ S("s3\0cret"), NULL },
		{ S("s3\tcret"), NULL },
		{ S("\x1f"), NULL },
		{ S("\x7f"), NULL },
		{ S("gehe\xc3\xadm"), NULL },
		{ S(""), NULL },
		{ S("\n"), NULL },
		{ S("\r\n"), NULL },
#undef S
	};
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;
	size_t i;

	(void)state;
	t.issuer.client.auth = BA_CLIENT_AUTH_POST;
	for (i = 0; i < COUNT(rows); i++) {
		write_file(t.path, rows[i].text, rows[i].n);
		if (rows[i].secret == NULL) {
			assert_int_equal(new_error(NULL), BA_ERR_SECRET);
			continue;
		}
		c = good_client();
		sign_in(c, &p, &q);
		if (strcspn(rows[i].secret, " ~") == strlen(rows[i].secret))
			assert_string_equal(
			    strstr(ba_buf_str(&p.form), "secret=") + 7,
			    rows[i].secret);
		ba_post_wipe(&p);
		ba_client_free(c);
	}
}

static void
test_ca_04_secret_file_modes(void **state)
{
	static const struct {
		mode_t file, dir;
		int r;
	} rows[] = {
		{ 0600, 0700, BA_OK },
		{ 0400, 0755, BA_OK },
		{ 0640, 0750, BA_OK },
		{ 0644, 0750, BA_ERR_SECRET },
		{ 0660, 0750, BA_ERR_SECRET },
		{ 0642, 0750, BA_ERR_SECRET },
		{ 0640, 0770, BA_ERR_SECRET },
		{ 0640, 0757, BA_ERR_SECRET },
	};
	size_t i;

	(void)state;
	write_text(t.path, "s3cret\n");
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(chmod(t.path, rows[i].file), 0);
		assert_int_equal(chmod(t.dir, rows[i].dir), 0);
		assert_int_equal(new_error(NULL), rows[i].r);
	}
}

static void
test_ca_04_secret_file_is_a_file(void **state)
{
	char target[128];

	(void)state;
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	assert_string_equal(t.why, "does not exist");
	(void)snprintf(target, sizeof(target), "%s/target", t.dir);
	write_text(target, "s3cret");
	assert_int_equal(symlink(target, t.path), 0);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	assert_string_equal(t.why, "is a symbolic link");
	t.issuer.client.secret_file = target;
	assert_int_equal(new_error(NULL), BA_OK);
	t.issuer.client.secret_file = NULL;
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
}

static void
test_ca_04_credential_names(void **state)
{
	static const struct {
		const char *file;
		int r;
	} rows[] = {
		{ "credential:secret", BA_OK },
		{ "credential:missing", BA_ERR_SECRET },
		{ "credential:", BA_ERR_SECRET },
		{ "credential:.", BA_ERR_SECRET },
		{ "credential:..", BA_ERR_SECRET },
		{ "credential:..secret", BA_ERR_SECRET }, /* not there */
		{ "credential:./secret", BA_ERR_SECRET },
		{ "credential:/etc/passwd", BA_ERR_SECRET },
		{ "credentials:secret", BA_ERR_SECRET },
		{ "secret", BA_ERR_SECRET },
	};
	char text[32], long_dir[5000];
	size_t i;

	(void)state;
	write_text(t.path, "s3cret\n");
	for (i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text), "%s", rows[i].file);
		t.issuer.client.secret_file = text;
		assert_int_equal(new_error(t.dir), rows[i].r);
	}
	/* Without a directory there are none. */
	t.issuer.client.secret_file = "credential:secret";
	assert_int_equal(new_error(t.dir), BA_OK);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	memset(long_dir, '/', sizeof(long_dir) - 1);
	long_dir[sizeof(long_dir) - 1] = '\0';
	assert_int_equal(new_error(long_dir), BA_ERR_SECRET);
	assert_string_equal(t.why, "the credential's name is too long");
}

/* ".." names no credential even where such a file is a secret. */
static void
test_ca_04_credential_stays_in_its_directory(void **state)
{
	(void)state;
	write_text(t.path, "s3cret\n");
	t.issuer.client.secret_file = "credential:..";
	assert_int_equal(new_error(t.dir), BA_ERR_SECRET);
	assert_string_equal(t.why, "that is no name of a credential");
	t.issuer.client.secret_file = "credential:../secret";
	assert_int_equal(new_error(t.dir), BA_ERR_SECRET);
	assert_string_equal(t.why, "that is no name of a credential");
	t.issuer.client.secret_file = "credential:secret";
	assert_int_equal(new_error(t.dir), BA_OK);
}

/*
 * Who the service manager gives its directory to is who we run as; elsewhere
 * that user is nobody to be trusted.
 */
static void
test_ca_04_credential_of_our_own_user(void **state)
{
	uid_t owner = __real_geteuid();

	(void)state;
	write_text(t.path, "s3cret\n");
	if (owner == 0) {
		owner = 12345;
		if (chown(t.path, owner, 0) != 0 || chown(t.dir, owner, 0) != 0)
			skip();
	}
	t.uid = 0;
	fake_euid = owner;
	t.issuer.client.secret_file = "credential:secret";
	assert_int_equal(chmod(t.path, 0400), 0);
	assert_int_equal(chmod(t.dir, 0500), 0);
	assert_int_equal(new_error(t.dir), BA_OK);
	t.issuer.client.secret_file = t.path;
	assert_int_equal(new_error(t.dir), BA_ERR_SECRET);
	t.issuer.client.secret_file = "credential:secret";
	fake_euid = OTHER_UID;
	assert_int_equal(new_error(t.dir), BA_ERR_SECRET);
	t.uid = owner;
	assert_int_equal(new_error(t.dir), BA_OK);
	fake_euid = (uid_t)-1;
}

/* --- Methods, one at a time ------------------------------------------------ */

static void
test_ca_02_basic_alone(void **state)
{
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;

	(void)state;
	write_text(t.path, "a b+c/%\n");
	c = good_client();
	sign_in(c, &p, &q);
	/* door%3A1:a+b%2Bc%2F%25 */
	assert_string_equal(
	    q.authorization, "Basic ZG9vciUzQTE6YStiJTJCYyUyRiUyNQ==");
	assert_int_equal(p.form.len, 0);
	assert_null(q.certificate);
	assert_null(q.key);
	assert_false(ba_client_is_tls(c));
	ba_post_wipe(&p);
	ba_client_free(c);
}

/* Undo base64, by OpenSSL, and the form's encoding, by hand. */
static void
decode_basic(const char *value, char *id, char *secret)
{
	char pair[8192], *colon, *out, *s;
	size_t n = strlen(value) - 6;
	unsigned byte;
	int len;

	assert_memory_equal(value, "Basic ", 6);
	assert_int_equal(n % 4, 0);
	assert_int_equal(strspn(value + 6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh"
					   "ijklmnopqrstuvwxyz0123456789+/="),
	    n);
	len = EVP_DecodeBlock(
	    (unsigned char *)pair, (const unsigned char *)value + 6, (int)n);
	assert_true(len > 0);
	pair[len] = '\0';
	colon = strchr(pair, ':');
	assert_non_null(colon);
	assert_null(strchr(colon + 1, ':'));
	*colon = '\0';
	for (s = pair, out = id; s <= pair + len;) {
		if (s == colon) {
			*out = '\0';
			out = secret;
			s++;
		} else if (*s == '%') {
			assert_int_equal(sscanf(s + 1, "%2X", &byte), 1);
			*out++ = (char)byte;
			s += 3;
		} else {
			*out++ = *s == '+' ? ' ' : *s;
			s++;
		}
	}
}

/* Every VSCHAR, in both, comes out as it went in. */
static void
test_tr_07_every_vschar(void **state)
{
	char all[96], id[512], secret[512], short_secret[4];
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;
	size_t n;

	(void)state;
	for (n = 0; n < 95; n++)
		all[n] = (char)(0x20 + n);
	all[95] = '\0';
	t.issuer.client.id = all;
	for (n = 95; n > 92; n--) { /* all three lengths modulo 3 */
		write_file(t.path, all, n);
		c = good_client();
		sign_in(c, &p, &q);
		decode_basic(q.authorization, id, secret);
		assert_string_equal(id, all);
		assert_int_equal(strlen(secret), n);
		assert_memory_equal(secret, all, n);
		ba_post_wipe(&p);
		ba_client_free(c);
	}
	for (n = 0; n < 95; n++) { /* and each alone */
		short_secret[0] = all[n];
		short_secret[1] = '\0';
		t.issuer.client.id = short_secret;
		write_text(t.path, short_secret);
		c = good_client();
		sign_in(c, &p, &q);
		decode_basic(q.authorization, id, secret);
		assert_string_equal(id, short_secret);
		assert_string_equal(secret, short_secret);
		ba_post_wipe(&p);
		ba_client_free(c);
	}
}

static void
test_ca_02_post_alone(void **state)
{
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;

	(void)state;
	t.issuer.client.auth = BA_CLIENT_AUTH_POST;
	write_text(t.path, "a&b=c\n");
	c = good_client();
	sign_in(c, &p, &q);
	assert_string_equal(
	    ba_buf_str(&p.form), "client_id=door%3A1&client_secret=a%26b%3Dc");
	assert_null(q.authorization);
	assert_null(q.certificate);
	assert_null(q.key);
	ba_post_wipe(&p);
	ba_client_free(c);
}

static void
test_ca_02_none_is_the_id_alone(void **state)
{
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;

	(void)state;
	t.issuer.client.auth = BA_CLIENT_AUTH_NONE;
	c = good_client();
	sign_in(c, &p, &q);
	assert_string_equal(ba_buf_str(&p.form), "client_id=door%3A1");
	assert_null(q.authorization);
	assert_null(q.certificate);
	ba_post_wipe(&p);
	ba_client_free(c);
}

/* We are no client: nothing is read, and nothing said. */
static void
test_no_client_adds_nothing(void **state)
{
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;

	(void)state;
	t.issuer.client.id = NULL;
	c = good_client();
	sign_in(c, &p, &q);
	assert_int_equal(p.form.len, 0);
	assert_null(q.authorization);
	assert_null(q.certificate);
	ba_post_wipe(&p);
	ba_client_free(c);
}

/* The value of that name in the form, where it needs no encoding. */
static char *
form_value(const struct ba_post *p, const char *name)
{
	char with[64];
	const char *at;

	(void)snprintf(with, sizeof(with), "%s=", name);
	at = strstr(ba_buf_str(&p->form), with);
	assert_non_null(at);
	at += strlen(with);
	return strndup(at, strcspn(at, "&"));
}

static void
use_key(const char *pem)
{
	t.issuer.client.auth = BA_CLIENT_AUTH_PRIVATE_KEY_JWT;
	t.issuer.client.key_file = t.path;
	write_text(t.path, pem);
}

/* What the assertion in the form says; its header by *jwsp. */
static const json_t *
assertion_of(const struct ba_post *p, struct ba_mint *by, struct ba_jws **jwsp)
{
	char *token = form_value(p, "client_assertion"),
	     *text = ba_mint_jwks_of(by);
	struct ba_jwks *set;
	size_t iter = 0;

	assert_int_equal(ba_jwks_parse(text, strlen(text), &set, NULL), BA_OK);
	assert_int_equal(
	    ba_jws_parse(token, strlen(token), BA_ALG_ALL, jwsp), BA_OK);
	assert_int_equal(ba_jws_verify(*jwsp,
			     ba_jwks_next(set, NULL, ba_jws_alg(*jwsp), &iter)),
	    BA_OK);
	ba_jwks_free(set);
	free(text);
	free(token);
	return ba_jws_claims(*jwsp);
}

static const char *
string_of(const json_t *o, const char *name)
{
	assert_true(json_is_string(json_object_get(o, name)));
	return json_string_value(json_object_get(o, name));
}

/* RFC 7523 section 3, and aud as one string that is the issuer (V44). */
static void
test_ca_01_v44_assertion(void **state)
{
	char last_jti[64] = "";
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_jws *jws;
	const json_t *o;
	struct ba_post p;
	char *type;
	int i;

	(void)state;
	use_key(rsa_pem);
	t.issuer.client.key_id = "key 1";
	t.issuer.introspection_endpoint = ISS "/introspect";
	c = good_client();
	for (i = 0; i < 2; i++) {
		sign_in(c, &p, &q);
		assert_null(q.authorization);
		assert_null(q.certificate);
		assert_null(strstr(ba_buf_str(&p.form), "client_id"));
		assert_null(strstr(ba_buf_str(&p.form), "client_secret"));
		type = form_value(&p, "client_assertion_type");
		assert_string_equal(type,
		    "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt"
		    "-bearer");
		free(type);
		o = assertion_of(&p, rsa, &jws);
		assert_int_equal(ba_jws_alg(jws), BA_ALG_RS256);
		assert_string_equal(ba_jws_kid(jws), "key 1");
		assert_int_equal(json_object_size(o), 6);
		assert_string_equal(string_of(o, "iss"), ID);
		assert_string_equal(string_of(o, "sub"), ID);
		assert_string_equal(string_of(o, "aud"), ISS);
		assert_int_equal(
		    json_integer_value(json_object_get(o, "iat")), NOW);
		assert_int_equal(
		    json_integer_value(json_object_get(o, "exp")), NOW + 60);
		assert_int_equal(strlen(string_of(o, "jti")), 32);
		assert_string_not_equal(string_of(o, "jti"), last_jti);
		(void)snprintf(
		    last_jti, sizeof(last_jti), "%s", string_of(o, "jti"));
		ba_jws_free(jws);
		ba_post_wipe(&p);
	}
	ba_client_free(c);
}

static void
test_ca_01_algorithm_of_the_assertion(void **state)
{
	const struct {
		struct ba_mint *mint;
		const char *pem;
		enum ba_alg want, is; /* is 0: refused */
	} rows[] = {
		{ rsa, rsa_pem, 0, BA_ALG_RS256 },
		{ rsa, rsa_pem, BA_ALG_PS384, BA_ALG_PS384 },
		{ rsa, rsa_pem, BA_ALG_ES256, 0 },
		{ p256, p256_pem, 0, BA_ALG_ES256 },
		{ p256, p256_pem, BA_ALG_ES256, BA_ALG_ES256 },
		{ p256, p256_pem, BA_ALG_ES384, 0 },
		{ p256, p256_pem, BA_ALG_HS256, 0 },
		{ ed, ed_pem, 0, BA_ALG_EDDSA },
		{ ed, ed_pem, BA_ALG_ED25519, BA_ALG_ED25519 },
		{ ed, ed_pem, BA_ALG_ED448, 0 },
	};
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_jws *jws;
	struct ba_post p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		use_key(rows[i].pem);
		t.issuer.client.key_alg = rows[i].want;
		if (rows[i].is == 0) {
			assert_int_equal(new_error(NULL), BA_ERR_SECRET);
			continue;
		}
		c = good_client();
		sign_in(c, &p, &q);
		(void)assertion_of(&p, rows[i].mint, &jws);
		assert_int_equal(ba_jws_alg(jws), rows[i].is);
		assert_null(ba_jws_kid(jws));
		ba_jws_free(jws);
		ba_post_wipe(&p);
		ba_client_free(c);
	}
}

static void
test_ca_04_key_file(void **state)
{
	char *public = ba_mint_pem(p256);

	(void)state;
	use_key(p256_pem);
	assert_int_equal(new_error(NULL), BA_OK);
	assert_int_equal(chmod(t.path, 0644), 0);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_key(public);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_key("");
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	free(public);
}

/* --- TLS ------------------------------------------------------------------- */

static void
use_tls(const char *pem, const char *chain)
{
	use_key(pem);
	t.issuer.client.auth = BA_CLIENT_AUTH_TLS;
	t.issuer.client.certificate_file = t.certificate;
	write_text(t.certificate, chain);
	assert_int_equal(chmod(t.certificate, 0644), 0);
}

static void
test_ca_02_tls_alone(void **state)
{
	static const enum ba_client_auth ways[] = { BA_CLIENT_AUTH_TLS,
		BA_CLIENT_AUTH_SELF_SIGNED_TLS };
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ways); i++) {
		use_tls(p256_pem, certificate);
		t.issuer.client.auth = ways[i];
		c = good_client();
		assert_true(ba_client_is_tls(c));
		sign_in(c, &p, &q);
		assert_string_equal(ba_buf_str(&p.form), "client_id=door%3A1");
		assert_null(q.authorization);
		assert_string_equal(ba_buf_str(q.certificate), certificate);
		assert_string_equal(ba_buf_str(q.key), p256_pem);
		ba_post_wipe(&p);
		ba_client_free(c);
	}
}

static void
test_ca_04_certificate_and_key(void **state)
{
	char chain[8192];

	(void)state;
	use_tls(p256_pem, certificate);
	assert_int_equal(new_error(NULL), BA_OK);
	/* Ours first, then whoever signed it. */
	(void)snprintf(
	    chain, sizeof(chain), "%s%s", certificate, other_certificate);
	use_tls(p256_pem, chain);
	assert_int_equal(new_error(NULL), BA_OK);
	use_tls(rsa_pem, chain);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(p256_pem, other_certificate);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(rsa_pem, other_certificate);
	assert_int_equal(new_error(NULL), BA_OK);
	/* Not whole. */
	(void)snprintf(
	    chain, sizeof(chain), "%s%.100s", certificate, other_certificate);
	use_tls(p256_pem, chain);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	(void)snprintf(chain, sizeof(chain),
	    "%s-----BEGIN CERTIFICATE-----\n"
	    "MIIB\n"
	    "-----END CERTIFICATE-----\n",
	    certificate);
	use_tls(p256_pem, chain);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(p256_pem, "");
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(p256_pem, p256_pem);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls("nothing", certificate);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(p256_pem, certificate);
	assert_int_equal(chmod(t.path, 0644), 0);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(p256_pem, certificate);
	assert_int_equal(chmod(t.certificate, 0666), 0);
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
	use_tls(p256_pem, certificate);
	t.issuer.client.certificate_file = NULL;
	assert_int_equal(new_error(NULL), BA_ERR_SECRET);
}

/* --- Forms and pools ------------------------------------------------------- */

/* TR-06: no byte can end a value, a field or a line. */
static void
test_tr_06_every_byte_in_a_form(void **state)
{
	unsigned char byte;
	char expected[16];
	struct ba_post p;
	int i;

	(void)state;
	for (i = 0; i < 256; i++) {
		byte = (unsigned char)i;
		ba_post_init(&p);
		assert_int_equal(ba_post_add(&p, "n", &byte, 1), BA_OK);
		if (i == ' ')
			(void)snprintf(expected, sizeof(expected), "n=+");
		else if ((i >= '0' && i <= '9') || (i >= 'A' && i <= 'Z') ||
			 (i >= 'a' && i <= 'z') || i == '-' || i == '.' ||
			 i == '_')
			(void)snprintf(expected, sizeof(expected), "n=%c", i);
		else
			(void)snprintf(
			    expected, sizeof(expected), "n=%%%02X", i);
		assert_string_equal(ba_buf_str(&p.form), expected);
		ba_post_wipe(&p);
	}
}

static void
test_form_of_pairs(void **state)
{
	struct ba_post p;

	(void)state;
	ba_post_init(&p);
	assert_int_equal(ba_post_add(&p, "a&", "1 2", 3), BA_OK);
	assert_int_equal(ba_post_add(&p, "b", NULL, 0), BA_OK);
	assert_int_equal(ba_post_add(&p, "c", "x", 1), BA_OK);
	assert_string_equal(ba_buf_str(&p.form), "a%26=1+2&b=&c=x");
	ba_post_wipe(&p);
	assert_int_equal(p.form.len, 0);
	assert_int_equal(ba_post_add(&p, "c", "x", 1), BA_OK);
	assert_string_equal(ba_buf_str(&p.form), "c=x");
	ba_post_wipe(&p);
}

/* The longest token fits whatever its bytes are; all or nothing. */
static void
test_form_limit(void **state)
{
	size_t n = BA_HTTP_FORM_MAX / 3;
	char *value = malloc(n);
	struct ba_post p;

	(void)state;
	assert_non_null(value);
	memset(value, '+', n);
	ba_post_init(&p);
	assert_int_equal(ba_post_add(&p, "token", value, BA_TOKEN_MAX), BA_OK);
	assert_int_equal(ba_post_add(&p, "x", value, n), BA_ERR_LIMIT);
	assert_int_equal(p.form.len, 6 + 3 * BA_TOKEN_MAX);
	assert_int_equal(ba_post_add(&p, "x", "y", 1), BA_OK);
	assert_int_equal(p.form.len, 6 + 3 * BA_TOKEN_MAX + 4);
	ba_post_wipe(&p);
	free(value);
}

/* TR-09, V33: no two sets of credentials share a connection. */
static void
test_tr_09_v33_pools_differ(void **state)
{
	struct ba_http_request q[3];
	struct ba_credentials *c;
	struct ba_post p;
	int i;

	(void)state;
	write_text(t.path, "s3cret\n");
	for (i = 0; i < 3; i++) {
		zero_random = i == 2;
		c = good_client();
		assert_false(zero_random);
		sign_in(c, &p, &q[i]);
		ba_post_wipe(&p);
		ba_client_free(c);
	}
	assert_true(q[0].pool != q[1].pool);
	assert_true(q[1].pool != q[2].pool);
}

/* Each request goes by the way that was said last. */
static void
test_proxy(void **state)
{
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;

	(void)state;
	write_text(t.path, "s3cret\n");
	c = good_client();
	sign_in(c, &p, &q);
	assert_null(q.proxy);
	assert_null(q.no_proxy);
	ba_post_wipe(&p);
	ba_client_set_proxy(c, "http://proxy:3128", "localhost");
	sign_in(c, &p, &q);
	assert_string_equal(q.proxy, "http://proxy:3128");
	assert_string_equal(q.no_proxy, "localhost");
	ba_post_wipe(&p);
	ba_client_free(c);
}

/* --- What fails ------------------------------------------------------------ */

static void
test_without_random_numbers(void **state)
{
	struct ba_http_request q = { 0 };
	struct ba_credentials *c;
	struct ba_post p;

	(void)state;
	use_key(ed_pem);
	fail_random = true;
	assert_int_equal(new_error(NULL), BA_ERR_SYSTEM);
	fail_random = false;
	c = good_client();
	ba_post_init(&p);
	fail_random = true;
	assert_int_equal(ba_client_sign_in(c, NOW, &p, &q), BA_ERR_SYSTEM);
	assert_null(q.form);
	fail_random = false;
	assert_int_equal(ba_client_sign_in(c, NOW, &p, &q), BA_OK);
	ba_post_wipe(&p);
	ba_client_free(c);
}

static void
test_certificate_without_memory(void **state)
{
	(void)state;
	use_tls(p256_pem, certificate);
	fail_bio = true;
	assert_int_equal(new_error(NULL), BA_ERR_NOMEM);
	fail_bio = false;
	assert_int_equal(new_error(NULL), BA_OK);
}

/* Each allocation of ours fails once: no other error, and it ends well. */
static void
try_without_memory(void)
{
	struct ba_http_request q;
	struct ba_credentials *c;
	struct ba_post p;
	int r = BA_ERR_NOMEM;
	long n;

	for (n = 0; r != BA_OK && n < 200; n++) {
		ba_post_init(&p);
		fail_malloc = n;
		r = ba_client_new(&t.issuer, t.uid, NULL, &t.why, &c);
		if (r == BA_OK)
			r = ba_client_sign_in(c, NOW, &p, &q);
		fail_malloc = -1;
		ba_client_free(c);
		ba_post_wipe(&p);
		assert_true(r == BA_OK || r == BA_ERR_NOMEM);
	}
	assert_int_equal(r, BA_OK);
	assert_true(n > 3);
}

static void
test_without_memory(void **state)
{
	(void)state;
	write_text(t.path, "s3cret\n");
	try_without_memory();
	t.issuer.client.auth = BA_CLIENT_AUTH_POST;
	try_without_memory();
	use_key(ed_pem);
	try_without_memory();
	use_tls(p256_pem, certificate);
	try_without_memory();
}

static void
test_nothing_is_freed(void **state)
{
	(void)state;
	ba_client_free(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ca_04_secret_is_one_line),
		T(test_ca_04_secret_file_modes),
		T(test_ca_04_secret_file_is_a_file),
		T(test_ca_04_credential_names),
		T(test_ca_04_credential_stays_in_its_directory),
		T(test_ca_04_credential_of_our_own_user),
		T(test_ca_02_basic_alone),
		T(test_tr_07_every_vschar),
		T(test_ca_02_post_alone),
		T(test_ca_02_none_is_the_id_alone),
		T(test_no_client_adds_nothing),
		T(test_ca_01_v44_assertion),
		T(test_ca_01_algorithm_of_the_assertion),
		T(test_ca_04_key_file),
		T(test_ca_02_tls_alone),
		T(test_ca_04_certificate_and_key),
		T(test_tr_06_every_byte_in_a_form),
		T(test_form_of_pairs),
		T(test_form_limit),
		T(test_tr_09_v33_pools_differ),
		T(test_proxy),
		T(test_without_random_numbers),
		T(test_certificate_without_memory),
		T(test_without_memory),
		T(test_nothing_is_freed),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
