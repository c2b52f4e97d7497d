/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/io.h"
#include "common/oauth/keys.h"
#include "common/oauth/keys_file.h"

/* What tells one state of a file from another; all zero: it is not there. */
struct trace {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified;
	struct timespec changed; /* owner and mode, too */
};

struct ba_keys_file {
	const struct ba_issuer *issuer;
	const struct ba_log *log;
	uid_t trusted_uid;
	const char *name; /* of the setting */
	const char *path;
	bool secret;
	struct ba_jwks *set; /* or NULL */
	int64_t looked; /* when */
	struct trace trace; /* when it was read last */
	int last; /* what came of that */
	const char *why; /* … in constant text */
};

int
ba_keys_read_file(const char *path, uid_t trusted_uid, bool secret,
    struct ba_buf *b, const char **whyp)
{
	int r = BA_OK;

	ba_buf_clear(b);
	if (secret)
		r = ba_directory_trusted(path, trusted_uid, whyp);
	if (r != BA_OK)
		return r;
	return ba_read_trusted(path, trusted_uid, secret, b, whyp);
}

void
ba_keys_warn_of_bad(
    const struct ba_log *log, const struct ba_issuer *issuer, size_t bad)
{
	if (bad > 0)
		ba_log(log, BA_LOG_WARNING,
		    "issuer %s: %zu of its keys are weak, malformed or not"
		    " public, and are not used; tell whoever runs it",
		    issuer->url, bad);
}

/* JWK-09, and what the reader of the log can do about it. */
static const char *
why_no_set(const struct ba_keys_file *f, int err)
{
	if (f->secret && err == BA_ERR_JWKS)
		return "it must hold one JWK or a JWK Set of kty oct alone, and"
		       " each secret as many bytes as its algorithm's hash";
	return ba_err_text(err);
}

/*
 * The keys are kept, the text is not: nobody compares it with another, and it
 * may hold secrets.
 */
static int
read_set(const struct ba_keys_file *f, struct ba_jwks **setp, size_t *badp,
    const char **whyp)
{
	struct ba_buf raw;
	int r;

	*setp = NULL;
	*badp = 0;
	*whyp = "";
	ba_buf_init(&raw, BA_JWKS_BYTES_MAX);
	r = ba_keys_read_file(f->path, f->trusted_uid, f->secret, &raw, whyp);
	if (r == BA_OK) {
		r = f->secret ? ba_jwks_parse_symmetric(raw.p, raw.len, setp)
			      : ba_jwks_parse(raw.p, raw.len, setp, badp);
		if (r != BA_OK)
			*whyp = why_no_set(f, r);
	}
	ba_buf_wipe(&raw);
	return r;
}

static void
take_trace(const char *path, struct trace *t)
{
	struct stat st;

	memset(t, 0, sizeof(*t));
	if (lstat(path, &st) != 0)
		return;
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	t->size = st.st_size;
	t->modified = st.st_mtim;
	t->changed = st.st_ctim;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same_trace(const struct trace *a, const struct trace *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       same_time(&a->modified, &b->modified) &&
	       same_time(&a->changed, &b->changed);
}

static void
complain(const struct ba_keys_file *f, const char *why)
{
	ba_log(f->log, BA_LOG_ERR,
	    "issuer %s: %s %s: %s; %s until it is mended", f->issuer->url,
	    f->name, f->path, why,
	    f->set != NULL ? "the keys that it held before are used"
			   : "nobody enters by its tokens");
}

/*
 * What is there now: taken, or complained of, and that once for each state and
 * reason.
 */
static int
load(struct ba_keys_file *f, const struct trace *trace, bool first)
{
	bool same = !first && same_trace(&f->trace, trace);
	struct ba_jwks *set;
	const char *why;
	size_t bad;
	int r;

	r = read_set(f, &set, &bad, &why);
	if (r == BA_OK) {
		if (!first)
			ba_log(f->log, BA_LOG_NOTICE,
			    "issuer %s: %s %s has changed: %zu keys",
			    f->issuer->url, f->name, f->path,
			    ba_jwks_count(set));
		ba_jwks_free(f->set);
		f->set = set;
	}
	if (!same) /* also of a set that is refused for them */
		ba_keys_warn_of_bad(f->log, f->issuer, bad);
	if (r != BA_OK && (!same || strcmp(why, f->why) != 0))
		complain(f, why);
	f->trace = *trace;
	f->last = r;
	f->why = why;
	return r;
}

int
ba_keys_file_new(const struct ba_issuer *issuer, uid_t trusted_uid,
    const struct ba_log *log, struct ba_keys_file **filep)
{
	struct ba_keys_file *f;
	struct trace trace;

	*filep = NULL;
	if (issuer->symmetric_key_file == NULL && issuer->jwks_file == NULL)
		return BA_OK;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return BA_ERR_NOMEM;
	f->issuer = issuer;
	f->log = log;
	f->trusted_uid = trusted_uid;
	f->secret = issuer->symmetric_key_file != NULL;
	f->name = f->secret ? "symmetric_key_file" : "jwks_file";
	f->path = f->secret ? issuer->symmetric_key_file : issuer->jwks_file;
	f->looked = INT64_MIN;
	take_trace(f->path, &trace);
	if (load(f, &trace, true) == BA_ERR_NOMEM) {
		ba_keys_file_free(f);
		return BA_ERR_NOMEM;
	}
	*filep = f;
	return BA_OK;
}

void
ba_keys_file_free(struct ba_keys_file *f)
{
	if (f == NULL)
		return;
	ba_jwks_free(f->set);
	free(f);
}

/*
 * The trace is taken before the file is read: what is changed after shows at
 * the next look.  One that cannot be used is read at each, for the reason may
 * be another than the file (its directory, memory).
 */
void
ba_keys_file_look(struct ba_keys_file *f, int64_t now)
{
	struct trace trace;

	if (now == f->looked)
		return;
	f->looked = now;
	take_trace(f->path, &trace);
	if (f->last != BA_OK || !same_trace(&f->trace, &trace))
		(void)load(f, &trace, false);
}

const struct ba_jwks *
ba_keys_file_set(const struct ba_keys_file *f)
{
	return f->set;
}

bool
ba_keys_file_is_secret(const struct ba_keys_file *f)
{
	return f->secret;
}

int
ba_keys_file_last(const struct ba_keys_file *f)
{
	return f->last;
}
