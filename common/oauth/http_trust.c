/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "common/base/clock.h"
#include "common/base/pem.h"
#include "common/oauth/http_trust.h"

/* Different files and directories kept; the one not used for longest goes. */
#define PLACES_MAX 64

/* Debian's bundle has 220 KiB. */
#define FILE_SIZE_MAX (16 * 1024 * 1024)

/*
 * A directory's own time tells of files that come and go, but not of one that
 * is written over; and what was once found in it stays in the store.  It costs
 * nothing to begin anew, since its files are read when they are needed (ms).
 */
#define DIRECTORY_KEPT 60000

struct place {
	TAILQ_ENTRY(place) link;
	bool directory;
	struct stat was; /* when it was read */
	int64_t until; /* mono ms; of a directory */
	X509_STORE *store;
	uint64_t number;
	char path[]; /* with its NUL */
};

TAILQ_HEAD(places, place);

struct ba_http_trust {
	struct places places; /* last used first */
	size_t n_places;
	uint64_t last_number;
	const char *bundle_file, *bundle_directory;
};

int
ba_http_trust_new(const char *bundle_file, const char *bundle_directory,
    struct ba_http_trust **tp)
{
	struct ba_http_trust *t = calloc(1, sizeof(*t));

	*tp = t;
	if (t == NULL)
		return BA_ERR_NOMEM;
	TAILQ_INIT(&t->places);
	t->bundle_file = bundle_file;
	t->bundle_directory = bundle_directory;
	if (bundle_file == NULL && bundle_directory == NULL)
		t->bundle_file = X509_get_default_cert_file();
	return BA_OK;
}

static void
forget(struct ba_http_trust *t, struct place *p)
{
	TAILQ_REMOVE(&t->places, p, link);
	t->n_places--;
	X509_STORE_free(p->store);
	free(p);
}

void
ba_http_trust_free(struct ba_http_trust *t)
{
	if (t == NULL)
		return;
	while (!TAILQ_EMPTY(&t->places))
		forget(t, TAILQ_FIRST(&t->places));
	free(t);
}

static bool
is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* The same file, and nobody has written to it? */
static bool
is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       is_same_time(&a->st_mtim, &b->st_mtim) &&
	       is_same_time(&a->st_ctim, &b->st_ctim);
}

/*
 * All certificates of a PEM file; anything else in it is passed over.  One
 * that cannot be read makes the file unusable: the administrator meant it.
 */
static const char *
add_certificates(X509_STORE *store, BIO *in)
{
	unsigned long e;
	size_t n = 0;
	X509 *x;
	int added = 1;

	ERR_clear_error();
	while (added == 1 && (x = PEM_read_bio_X509_AUX(in, NULL,
				  ba_pem_no_password, NULL)) != NULL) {
		added = X509_STORE_add_cert(store, x);
		X509_free(x);
		n++;
	}
	e = ERR_peek_last_error();
	ERR_clear_error();
	if (added != 1)
		return "no memory for its certificates";
	if (ERR_GET_LIB(e) != ERR_LIB_PEM ||
	    ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return "it has a certificate that cannot be read";
	return n > 0 ? NULL : "there is no certificate in it";
}

static const char *
load_open_file(struct place *p, int fd)
{
	const char *fault;
	BIO *in;
	FILE *f;

	if (fstat(fd, &p->was) != 0 || !S_ISREG(p->was.st_mode) ||
	    p->was.st_size > FILE_SIZE_MAX)
		fault = "it is no file, or too large";
	else if ((f = fdopen(fd, "r")) == NULL)
		fault = "no memory for it";
	else if ((in = BIO_new_fp(f, BIO_CLOSE)) == NULL) {
		(void)fclose(f);
		return "no memory for it";
	} else {
		fault = add_certificates(p->store, in);
		BIO_free(in);
		return fault;
	}
	(void)close(fd);
	return fault;
}

static const char *
load_file(struct place *p)
{
	int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? strerror(errno) : load_open_file(p, fd);
}

static const char *
load_directory(struct place *p)
{
	X509_LOOKUP *lookup;

	/* OpenSSL would take a colon for the end of the name. */
	if (strchr(p->path, ':') != NULL)
		return "a directory with a colon in its path cannot be used";
	if (stat(p->path, &p->was) != 0 || access(p->path, R_OK | X_OK) != 0)
		return strerror(errno);
	if (!S_ISDIR(p->was.st_mode))
		return "it is no directory";
	lookup = X509_STORE_add_lookup(p->store, X509_LOOKUP_hash_dir());
	if (lookup == NULL ||
	    X509_LOOKUP_add_dir(lookup, p->path, X509_FILETYPE_PEM) != 1)
		return "no memory for it";
	p->until = ba_clock_mono_ms(&ba_clock_system) + DIRECTORY_KEPT;
	return NULL;
}

static const char *
load(struct place *p)
{
	p->store = X509_STORE_new();
	if (p->store == NULL ||
	    X509_STORE_set_flags(p->store,
		X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) != 1)
		return "no memory for it";
	return p->directory ? load_directory(p) : load_file(p);
}

static struct place *
find(struct ba_http_trust *t, const char *path, bool directory)
{
	struct place *p;

	TAILQ_FOREACH(p, &t->places, link)
	{
		if (p->directory == directory && strcmp(p->path, path) == 0)
			return p;
	}
	return NULL;
}

static bool
is_current(const struct place *p)
{
	struct stat now;

	return stat(p->path, &now) == 0 && is_unchanged(&p->was, &now) &&
	       (!p->directory || ba_clock_mono_ms(&ba_clock_system) < p->until);
}

/* In front of all others; the last one goes where there are too many. */
static void
keep(struct ba_http_trust *t, struct place *p)
{
	if (t->n_places == PLACES_MAX)
		forget(t, TAILQ_LAST(&t->places, places));
	TAILQ_INSERT_HEAD(&t->places, p, link);
	t->n_places++;
}

static const char *
read_place(struct ba_http_trust *t, const char *path, bool directory,
    struct place **pp)
{
	size_t n = strlen(path) + 1;
	struct place *p = calloc(1, sizeof(*p) + n);
	const char *fault;

	*pp = NULL;
	if (p == NULL)
		return "no memory for it";
	memcpy(p->path, path, n);
	p->directory = directory;
	p->number = ++t->last_number;
	fault = load(p);
	if (fault != NULL) {
		X509_STORE_free(p->store);
		free(p);
		return fault;
	}
	keep(t, p);
	*pp = p;
	return NULL;
}

/* The one that is kept, or read now. */
static const char *
get_place(struct ba_http_trust *t, const char *path, bool directory,
    struct place **pp)
{
	struct place *p = find(t, path, directory);

	if (p != NULL && is_current(p)) {
		TAILQ_REMOVE(&t->places, p, link);
		TAILQ_INSERT_HEAD(&t->places, p, link);
		*pp = p;
		return NULL;
	}
	if (p != NULL)
		forget(t, p);
	return read_place(t, path, directory, pp);
}

int
ba_http_trust_get(struct ba_http_trust *t, const char *ca_file,
    const char *ca_directory, struct ba_http_trusted *out, char *why,
    size_t whysz)
{
	struct place *p = NULL;
	const char *fault;

	memset(out, 0, sizeof(*out));
	if (ca_file == NULL && ca_directory == NULL) {
		ca_file = t->bundle_file;
		ca_directory = t->bundle_directory;
	}
	if (ca_file != NULL)
		fault = get_place(t, ca_file, false, &p);
	else
		fault = get_place(t, ca_directory, true, &p);
	if (fault == NULL && X509_STORE_up_ref(p->store) != 1)
		fault = "no memory for it";
	if (fault != NULL) {
		(void)snprintf(why, whysz, "the CA certificates in %.90s: %s",
		    ca_file != NULL ? ca_file : ca_directory, fault);
		return BA_ERR_TLS;
	}
	out->store = p->store;
	out->number = p->number;
	return BA_OK;
}

void
ba_http_trust_release(struct ba_http_trusted *trusted)
{
	X509_STORE_free(trusted->store);
	memset(trusted, 0, sizeof(*trusted));
}

int
ba_http_trust_install(const struct ba_http_trusted *trusted, void *ssl_ctx)
{
	SSL_CTX *ctx = ssl_ctx;

	if (trusted->store == NULL)
		return BA_ERR_TLS;
	SSL_CTX_set1_cert_store(ctx, trusted->store);
	return SSL_CTX_get_cert_store(ctx) == trusted->store ? BA_OK
							     : BA_ERR_TLS;
}

bool
ba_http_trust_is_ours(const char *ssl_version)
{
	char want[32];
	int n = snprintf(
	    want, sizeof(want), "OpenSSL/%u.", OPENSSL_version_major());

	return ssl_version != NULL && n > 0 &&
	       strncmp(ssl_version, want, (size_t)n) == 0;
}
