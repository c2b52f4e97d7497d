/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "common/base/pem.h"
#include "common/jose/sig.h"
#include "common/jose/sign.h"
#include "common/oauth/client.h"
#include "common/oauth/keys.h"

#define CREDENTIAL "credential:"

/* A field line; above what any server takes in its whole header. */
#define AUTHORIZATION_MAX (16 * 1024)
#define ASSERTION_MAX     (16 * 1024)
#define ASSERTION_TYPE    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define JTI_BYTES         16

struct ba_credentials {
	const struct ba_issuer *issuer;
	uint64_t pool;
	struct ba_buf secret; /* client_secret */
	EVP_PKEY *key; /* of private_key_jwt */
	enum ba_alg alg;
	struct ba_buf certificate, key_pem; /* of TLS */
	const char *proxy, *no_proxy; /* borrowed; each or NULL */
};

/* What the files of a client are read by. */
struct reading {
	uid_t trusted_uid;
	const char *credentials;
	const char **whyp;
};

static int
bad(const char **whyp, const char *why)
{
	*whyp = why;
	return BA_ERR_SECRET;
}

/*
 * The service manager makes the directory for our user, and gives it to him or
 * to root, so that who reads is trusted there beside whoever is elsewhere.
 */
static int
read_credential(
    const struct reading *from, const char *name, bool secret, struct ba_buf *b)
{
	char path[PATH_MAX];
	int n, r;

	if (from->credentials == NULL)
		return bad(from->whyp,
		    "the service manager gave us no credentials: LoadCredential"
		    " of systemd.exec(5), for the service alone");
	if (name[0] == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return bad(from->whyp, "that is no name of a credential");
	n = snprintf(path, sizeof(path), "%s/%s", from->credentials, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return bad(from->whyp, "the credential's name is too long");
	r = ba_keys_read_file(path, geteuid(), secret, b, from->whyp);
	if (r == BA_ERR_CONFIG && from->trusted_uid != geteuid())
		r = ba_keys_read_file(
		    path, from->trusted_uid, secret, b, from->whyp);
	return r;
}

/*
 * CA-04.  Whatever else is wrong with a file is wrong with our credentials; for
 * want of memory they are not.
 */
static int
read_file(
    const struct reading *from, const char *path, bool secret, struct ba_buf *b)
{
	size_t n = strlen(CREDENTIAL);
	int r;

	if (path == NULL)
		return bad(from->whyp, "a file is not named");
	if (strncmp(path, CREDENTIAL, n) == 0)
		r = read_credential(from, path + n, secret, b);
	else
		r = ba_keys_read_file(
		    path, from->trusted_uid, secret, b, from->whyp);
	return r == BA_OK || r == BA_ERR_NOMEM ? r : BA_ERR_SECRET;
}

/* RFC 6749 appendix A.2: client-secret = *VSCHAR, VSCHAR = %x20-7E. */
static int
load_secret(struct ba_credentials *c, const struct reading *from)
{
	struct ba_buf *b = &c->secret;
	size_t i;
	int r;

	ba_buf_init(b, BA_CLIENT_SECRET_MAX + 2);
	r = read_file(from, c->issuer->client.secret_file, true, b);
	if (r != BA_OK)
		return r;
	if (b->len > 0 && b->p[b->len - 1] == '\n') {
		ba_buf_truncate(b, b->len - 1);
		if (b->len > 0 && b->p[b->len - 1] == '\r')
			ba_buf_truncate(b, b->len - 1);
	}
	if (b->len == 0)
		return bad(from->whyp, "the file of the secret is empty");
	if (b->len > BA_CLIENT_SECRET_MAX)
		return bad(from->whyp, "the secret is too long");
	for (i = 0; i < b->len; i++) {
		if (b->p[i] < 0x20 || b->p[i] > 0x7e)
			return bad(from->whyp,
			    "a secret is one line of printable ASCII");
	}
	return BA_OK;
}

static int
parse_key(const struct reading *from, const struct ba_buf *pem, EVP_PKEY **keyp)
{
	int r = ba_private_key_parse(pem->p, pem->len, keyp);

	if (r == BA_ERR_KEY)
		return bad(from->whyp,
		    "client_key_file holds no private key in PEM without a"
		    " passphrase");
	return r;
}

static int
load_signing_key(struct ba_credentials *c, const struct reading *from)
{
	struct ba_buf pem;
	int r;

	ba_buf_init(&pem, BA_HTTP_PEM_MAX);
	r = read_file(from, c->issuer->client.key_file, true, &pem);
	if (r == BA_OK)
		r = parse_key(from, &pem, &c->key);
	ba_buf_wipe(&pem);
	if (r != BA_OK)
		return r;
	r = ba_private_key_alg(c->key, c->issuer->client.key_alg, &c->alg);
	if (r == BA_ERR_KEY)
		return bad(from->whyp,
		    "client_key_file holds a key of another kind than"
		    " client_key_algorithm says, or one that is weak or not"
		    " known here");
	return r;
}

/* RFC 8446 section 4.4.2: our own certificate is the first. */
static int
judge_chain(const struct reading *from, BIO *bio, const EVP_PKEY *key)
{
	X509 *x = PEM_read_bio_X509(bio, NULL, ba_pem_no_password, NULL);
	bool fits;

	if (x == NULL)
		return bad(from->whyp,
		    "client_certificate_file holds no certificate in PEM");
	fits = X509_check_private_key(x, key) == 1;
	X509_free(x);
	if (!fits)
		return bad(from->whyp,
		    "the first certificate of client_certificate_file is not"
		    " that of client_key_file");
	while ((x = PEM_read_bio_X509(bio, NULL, ba_pem_no_password, NULL)) !=
	       NULL)
		X509_free(x);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return bad(from->whyp,
		    "client_certificate_file holds a malformed certificate");
	return BA_OK;
}

static int
judge_certificate(
    const struct reading *from, const struct ba_buf *pem, const EVP_PKEY *key)
{
	BIO *bio;
	int r;

	ERR_clear_error();
	bio = BIO_new_mem_buf(ba_buf_str(pem), (int)pem->len);
	if (bio == NULL)
		return ba_ossl_error(BA_ERR_NOMEM);
	r = judge_chain(from, bio, key);
	BIO_free(bio);
	return ba_ossl_error(r);
}

static int
load_certificate(struct ba_credentials *c, const struct reading *from)
{
	const struct ba_client_config *config = &c->issuer->client;
	EVP_PKEY *key = NULL;
	int r;

	ba_buf_init(&c->certificate, BA_HTTP_PEM_MAX);
	ba_buf_init(&c->key_pem, BA_HTTP_PEM_MAX);
	/* A certificate is shown to everybody. */
	if ((r = read_file(from, config->certificate_file, false,
		 &c->certificate)) == BA_OK &&
	    (r = read_file(from, config->key_file, true, &c->key_pem)) ==
		BA_OK &&
	    (r = parse_key(from, &c->key_pem, &key)) == BA_OK)
		r = judge_certificate(from, &c->certificate, key);
	EVP_PKEY_free(key);
	return r;
}

static int
load(struct ba_credentials *c, const struct reading *from)
{
	switch (c->issuer->client.auth) {
	case BA_CLIENT_AUTH_NONE:
		return BA_OK;
	case BA_CLIENT_AUTH_BASIC:
	case BA_CLIENT_AUTH_POST:
		return load_secret(c, from);
	case BA_CLIENT_AUTH_PRIVATE_KEY_JWT:
		return load_signing_key(c, from);
	case BA_CLIENT_AUTH_TLS:
	case BA_CLIENT_AUTH_SELF_SIGNED_TLS:
		return load_certificate(c, from);
	}
	return BA_ERR_INTERNAL;
}

int
ba_client_new(const struct ba_issuer *issuer, uid_t trusted_uid,
    const char *credentials, const char **whyp, struct ba_credentials **clientp)
{
	const struct reading from = { trusted_uid, credentials, whyp };
	struct ba_credentials *c;
	int r;

	*clientp = NULL;
	*whyp = "";
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return BA_ERR_NOMEM;
	c->issuer = issuer;
	do
		r = ba_random(&c->pool, sizeof(c->pool));
	while (r == BA_OK && (c->pool == 0 || c->pool == BA_HTTP_POOL_ALONE));
	if (r == BA_OK && issuer->client.id != NULL)
		r = load(c, &from);
	if (r != BA_OK)
		ba_client_free(c);
	else
		*clientp = c;
	return r;
}

void
ba_client_free(struct ba_credentials *c)
{
	if (c == NULL)
		return;
	ba_buf_wipe(&c->secret);
	ba_buf_wipe(&c->certificate);
	ba_buf_wipe(&c->key_pem);
	EVP_PKEY_free(c->key);
	ba_wipe_free(c, sizeof(*c));
}

void
ba_client_set_proxy(
    struct ba_credentials *c, const char *proxy, const char *no_proxy)
{
	c->proxy = proxy;
	c->no_proxy = no_proxy;
}

bool
ba_client_is_tls(const struct ba_credentials *c)
{
	return c->certificate.len > 0;
}

void
ba_post_init(struct ba_post *p)
{
	ba_buf_init(&p->form, BA_HTTP_FORM_MAX);
	ba_buf_init(&p->authorization, AUTHORIZATION_MAX);
}

void
ba_post_wipe(struct ba_post *p)
{
	ba_buf_wipe(&p->form);
	ba_buf_wipe(&p->authorization);
}

void
ba_post_begin(struct ba_post *p, const struct ba_issuer *issuer,
    const char *url, struct ba_http_request *request)
{
	unsigned timeout_ms = request->timeout_ms;

	ba_buf_clear(&p->form);
	ba_buf_clear(&p->authorization);
	memset(request, 0, sizeof(*request));
	request->timeout_ms = timeout_ms;
	request->url = url;
	request->ca_file = issuer->ca_file;
	request->ca_directory = issuer->ca_directory;
}

/*
 * application/x-www-form-urlencoded, as RFC 6749 appendix B has it.  TR-06: no
 * byte that could mean anything to a form, a field or a URL is left as it is.
 */
static bool
stands_for_itself(unsigned char c)
{
	return c != '\0' && strchr(BA_ALNUM "-._", c) != NULL;
}

static int
append_encoded(struct ba_buf *b, const void *value, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *v = value;
	size_t i, need = n;
	unsigned char *dst;
	int r;

	for (i = 0; i < n; i++) {
		if (!stands_for_itself(v[i]) && v[i] != ' ')
			need += 2;
	}
	r = ba_buf_reserve(b, need, &dst);
	if (r != BA_OK)
		return r;
	for (i = 0; i < n; i++) {
		if (stands_for_itself(v[i])) {
			*dst++ = v[i];
		} else if (v[i] == ' ') {
			*dst++ = '+';
		} else {
			*dst++ = '%';
			*dst++ = (unsigned char)digits[v[i] >> 4];
			*dst++ = (unsigned char)digits[v[i] & 15];
		}
	}
	ba_buf_commit(b, need);
	return BA_OK;
}

int
ba_post_add(struct ba_post *p, const char *name, const void *value, size_t n)
{
	size_t before = p->form.len;
	int r = BA_OK;

	if (before > 0)
		r = ba_buf_append_byte(&p->form, '&');
	if (r == BA_OK)
		r = append_encoded(&p->form, name, strlen(name));
	if (r == BA_OK)
		r = ba_buf_append_byte(&p->form, '=');
	if (r == BA_OK)
		r = append_encoded(&p->form, value, n);
	if (r != BA_OK)
		ba_buf_truncate(&p->form, before);
	return r;
}

static int
add_str(struct ba_post *p, const char *name, const char *value)
{
	return ba_post_add(p, name, value, strlen(value));
}

/* RFC 4648 section 4, with padding; not base64url. */
static int
append_base64(struct ba_buf *b, const struct ba_buf *from)
{
	size_t n = (from->len + 2) / 3 * 4;
	unsigned char *dst;
	int r;

	r = ba_buf_reserve(b, n, &dst);
	if (r != BA_OK)
		return r;
	/* Its NUL has its place behind the content. */
	(void)EVP_EncodeBlock(dst, from->p, (int)from->len);
	ba_buf_commit(b, n);
	return BA_OK;
}

/* RFC 6749 section 2.3.1: both are form-encoded, and then joined (TR-07). */
static int
sign_in_basic(const struct ba_credentials *c, struct ba_post *p)
{
	const char *id = c->issuer->client.id;
	struct ba_buf pair;
	int r;

	ba_buf_init(&pair, AUTHORIZATION_MAX);
	ba_buf_clear(&p->authorization);
	if ((r = append_encoded(&pair, id, strlen(id))) == BA_OK &&
	    (r = ba_buf_append_byte(&pair, ':')) == BA_OK &&
	    (r = append_encoded(&pair, c->secret.p, c->secret.len)) == BA_OK &&
	    (r = ba_buf_append_str(&p->authorization, "Basic ")) == BA_OK)
		r = append_base64(&p->authorization, &pair);
	ba_buf_wipe(&pair);
	return r;
}

static int
sign_in_post(const struct ba_credentials *c, struct ba_post *p)
{
	int r = add_str(p, "client_id", c->issuer->client.id);

	return r == BA_OK
		   ? ba_post_add(p, "client_secret", c->secret.p, c->secret.len)
		   : r;
}

/*
 * RFC 7523 section 3, with aud as CA-01 has it: a token endpoint's URL there,
 * or an array, lets an issuer of bad will use the assertion at another one
 * (V44).
 */
static int
append_assertion(const struct ba_credentials *c, int64_t now, struct ba_buf *b)
{
	const char *id = c->issuer->client.id;
	unsigned char random[JTI_BYTES];
	char jti[2 * JTI_BYTES + 1];
	json_t *claims;
	int r;

	r = ba_random(random, sizeof(random));
	if (r != BA_OK)
		return r;
	ba_hex(jti, random, sizeof(random));
	claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", id, "sub",
	    id, "aud", c->issuer->url, "jti", jti, "iat", (json_int_t)now,
	    "exp", (json_int_t)(now + BA_CLIENT_ASSERTION_LIFE));
	if (claims == NULL)
		return BA_ERR_NOMEM;
	r = ba_jws_sign(
	    c->key, c->alg, "JWT", c->issuer->client.key_id, claims, b);
	json_decref(claims);
	return r;
}

static int
sign_in_jwt(const struct ba_credentials *c, int64_t now, struct ba_post *p)
{
	struct ba_buf assertion;
	int r;

	ba_buf_init(&assertion, ASSERTION_MAX);
	r = append_assertion(c, now, &assertion);
	if (r == BA_OK)
		r = add_str(p, "client_assertion_type", ASSERTION_TYPE);
	if (r == BA_OK)
		r = ba_post_add(
		    p, "client_assertion", assertion.p, assertion.len);
	ba_buf_wipe(&assertion);
	return r;
}

static int
sign_in(const struct ba_credentials *c, int64_t now, struct ba_post *p)
{
	switch (c->issuer->client.auth) {
	case BA_CLIENT_AUTH_NONE:
	case BA_CLIENT_AUTH_TLS:
	case BA_CLIENT_AUTH_SELF_SIGNED_TLS:
		return add_str(p, "client_id", c->issuer->client.id);
	case BA_CLIENT_AUTH_BASIC:
		return sign_in_basic(c, p);
	case BA_CLIENT_AUTH_POST:
		return sign_in_post(c, p);
	case BA_CLIENT_AUTH_PRIVATE_KEY_JWT:
		return sign_in_jwt(c, now, p);
	}
	return BA_ERR_INTERNAL;
}

int
ba_client_sign_in(const struct ba_credentials *c, int64_t now,
    struct ba_post *p, struct ba_http_request *request)
{
	bool tls = ba_client_is_tls(c);
	int r = BA_OK;

	if (c->issuer->client.id != NULL)
		r = sign_in(c, now, p);
	if (r != BA_OK)
		return r;
	request->form = &p->form;
	request->authorization =
	    p->authorization.len > 0 ? ba_buf_str(&p->authorization) : NULL;
	request->certificate = tls ? &c->certificate : NULL;
	request->key = tls ? &c->key_pem : NULL;
	request->pool = c->pool;
	request->proxy = c->proxy;
	request->no_proxy = c->no_proxy;
	return BA_OK;
}
