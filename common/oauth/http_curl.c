/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/oauth/http.h"
#include "common/oauth/http_curl.h"
#include "common/oauth/http_memory.h"
#include "common/oauth/http_pool.h"
#include "common/oauth/http_trust.h"
#include "common/wire/message.h"

/*
 * More than the broker mostly has under way: 32 questions for each of several
 * issuers.  And what bounds our memory: this many bodies of BA_HTTP_BODY_MAX,
 * and as many threads of the resolver (fetch_main.c).
 */
#define TRANSFERS_MAX 256

/* All header lines of one answer.  Real ones have 1 to 8 KiB. */
#define HEADERS_MAX (64 * 1024)

/* Idle connections kept in each pool. */
#define CONNECTIONS_KEPT 8

#define READ_CHUNK (64 * 1024)

struct transfer {
	TAILQ_ENTRY(transfer) link;
	CURL *easy; /* NULL once it has ended */
	uint8_t version; /* of the message that asked */
	uint32_t serial;

	/* The request, gone as soon as it has ended. */
	struct ba_buf frame; /* all of it, as it came */
	struct ba_http_request q; /* … into frame … */
	struct ba_buf form, certificate, key; /* … and this, too */
	struct curl_slist *fields;
	struct ba_http_trusted trusted;
	struct ba_http_pool *pool;

	size_t header_bytes;
	const char *limit; /* the limit that was exceeded */
	char message[CURL_ERROR_SIZE];
	struct ba_http_response r;
};

TAILQ_HEAD(transfers, transfer);

struct server {
	int fd;
	bool closed; /* the other side is gone */
	CURLM *multi;
	struct ba_http_pools *pools;
	struct ba_http_trust *trust;
	struct transfers list; /* oldest first */
	size_t n_list;
	size_t n_ended; /* … that wait to be answered */
	struct ba_buf in, out;
};

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	/* Any number but the full one ends the transfer. */
	if (ba_buf_append(&t->r.body, p, size * n) != BA_OK) {
		t->limit = "the body is too long";
		return 0;
	}
	return size * n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)p;
	t->header_bytes += size * n;
	if (t->header_bytes > HEADERS_MAX) {
		t->limit = "the header is too long";
		return 0;
	}
	return size * n;
}

/* Before any handshake.  Should it not be called, nobody is trusted. */
static CURLcode
on_tls(CURL *easy, void *ssl_ctx, void *arg)
{
	struct transfer *t = arg;

	(void)easy;
	if (ba_http_trust_install(&t->trusted, ssl_ctx) != BA_OK)
		return CURLE_SSL_CACERT_BADFILE;
	return CURLE_OK;
}

/*
 * What every transfer may not do.  Much of it is libcurl's default today; it
 * is said all the same, because login security hangs on it.
 */
static const struct {
	CURLoption option;
	long value;
} fixed_numbers[] = {
	/* The only way to bound a resolver that hangs is not to be
	   interrupted by it: no SIGALRM, and … */
	{ CURLOPT_NOSIGNAL, 1 },
	/* … no joining of its thread when our time is up; else one issuer's
	   dead name server would hold up the requests to all others. */
	{ CURLOPT_QUICK_EXIT, 1 },
	{ CURLOPT_NOPROGRESS, 1 },
	{ CURLOPT_HTTPGET, 1 },
	/* HTTP/2 would be one more parser of a stranger's bytes, for two
	   small documents an hour. */
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
	{ CURLOPT_HTTP09_ALLOWED, 0 },
	/* TR-02, TR-10 */
	{ CURLOPT_SSL_VERIFYPEER, 1 },
	{ CURLOPT_SSL_VERIFYHOST, 2 },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	/* Whom to trust is said by on_tls(), which libcurl cannot compare: so
	   it keeps neither certificates nor TLS sessions. */
	{ CURLOPT_CA_CACHE_TIMEOUT, 0 },
	{ CURLOPT_SSL_SESSIONID_CACHE, 0 },
	/* TR-03 */
	{ CURLOPT_FOLLOWLOCATION, 0 },
	{ CURLOPT_MAXREDIRS, 0 },
	{ CURLOPT_UNRESTRICTED_AUTH, 0 },
	/* TR-04, V34 */
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_HTTPAUTH, CURLAUTH_NONE },
	{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
	/* A proxy gets a CONNECT, and of our fields none. */
	{ CURLOPT_PROXYTYPE, CURLPROXY_HTTP },
	{ CURLOPT_PROXYPORT, 80 },
	{ CURLOPT_HTTPPROXYTUNNEL, 1 },
	{ CURLOPT_HEADEROPT, CURLHEADER_SEPARATE },
	{ CURLOPT_SUPPRESS_CONNECT_HEADERS, 1 },
	/* The path byte for byte as configured, "/../" too. */
	{ CURLOPT_PATH_AS_IS, 1 },
};

static const struct {
	CURLoption option;
	const char *value;
} fixed_strings[] = {
	{ CURLOPT_PROTOCOLS_STR, "https" },
	/* Of TLS 1.2 (RFC 9325 section 4.2).  Above all no DHE: with the
	   groups that a hostile issuer may choose, a handshake takes this one
	   thread a second, and all other issuers with it. */
	{ CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM:ECDHE+CHACHA20" },
	{ CURLOPT_REDIR_PROTOCOLS_STR, "https" },
	/* Empty: no proxy, and none from the environment (V42). */
	{ CURLOPT_PROXY, "" },
	{ CURLOPT_NOPROXY, "" },
	{ CURLOPT_CAINFO, NULL },
	{ CURLOPT_CAPATH, NULL },
	/* Empty: an encrypted key does not open, and nobody is asked. */
	{ CURLOPT_SSLCERTTYPE, "PEM" },
	{ CURLOPT_SSLKEYTYPE, "PEM" },
	{ CURLOPT_KEYPASSWD, "" },
	{ CURLOPT_USERAGENT, "bearerauth/" PACKAGE_VERSION },
	/* NULL: nothing is offered, and nothing is unpacked; but for a
	   Transfer-Encoding unasked for, which on_body() bounds. */
	{ CURLOPT_ACCEPT_ENCODING, NULL },
};

static CURLcode
set_fixed(CURL *easy)
{
	CURLcode c = CURLE_OK;
	size_t i;

	for (i = 0; i < sizeof(fixed_numbers) / sizeof(fixed_numbers[0]); i++) {
		c = curl_easy_setopt(
		    easy, fixed_numbers[i].option, fixed_numbers[i].value);
		if (c != CURLE_OK)
			return c;
	}
	for (i = 0; i < sizeof(fixed_strings) / sizeof(fixed_strings[0]); i++) {
		c = curl_easy_setopt(
		    easy, fixed_strings[i].option, fixed_strings[i].value);
		if (c != CURLE_OK)
			return c;
	}
	return c;
}

#define SET(option, value)                                                     \
	((c = curl_easy_setopt(t->easy, option, value)) != CURLE_OK)

static CURLcode
set_callbacks(struct transfer *t)
{
	CURLcode c;

	if (SET(CURLOPT_PRIVATE, t) || SET(CURLOPT_ERRORBUFFER, t->message) ||
	    SET(CURLOPT_WRITEFUNCTION, on_body) || SET(CURLOPT_WRITEDATA, t) ||
	    SET(CURLOPT_HEADERFUNCTION, on_header) ||
	    SET(CURLOPT_HEADERDATA, t) ||
	    SET(CURLOPT_SSL_CTX_FUNCTION, on_tls) ||
	    SET(CURLOPT_SSL_CTX_DATA, t))
		return c;
	return CURLE_OK;
}

/* libcurl keeps copies of the strings … */
static CURLcode
set_request(struct transfer *t)
{
	const struct ba_http_request *q = &t->q;
	long alone = q->pool == BA_HTTP_POOL_ALONE ? 1 : 0;
	CURLcode c;

	if (SET(CURLOPT_URL, q->url) || SET(CURLOPT_FRESH_CONNECT, alone) ||
	    SET(CURLOPT_FORBID_REUSE, alone) ||
	    SET(CURLOPT_TIMEOUT_MS, (long)q->timeout_ms) ||
	    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)q->timeout_ms) ||
	    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)t->r.body.max) ||
	    SET(CURLOPT_HTTPHEADER, t->fields) ||
	    SET(CURLOPT_SHARE, ba_http_pool_share(t->pool)))
		return c;
	if (q->proxy != NULL && SET(CURLOPT_PROXY, q->proxy))
		return c;
	if (q->no_proxy != NULL && SET(CURLOPT_NOPROXY, q->no_proxy))
		return c;
	return CURLE_OK;
}

/* … but not of these, which stay where they are until the transfer ends. */
static CURLcode
set_secrets(struct transfer *t)
{
	const struct ba_http_request *q = &t->q;
	struct curl_blob certificate = { t->certificate.p, t->certificate.len,
		CURL_BLOB_NOCOPY };
	struct curl_blob key = { t->key.p, t->key.len, CURL_BLOB_NOCOPY };
	CURLcode c;

	if (q->form != NULL &&
	    (SET(CURLOPT_POST, 1L) ||
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->form->len) ||
		SET(CURLOPT_POSTFIELDS, (const char *)q->form->p)))
		return c;
	if (q->certificate != NULL &&
	    (SET(CURLOPT_SSLCERT_BLOB, &certificate) ||
		SET(CURLOPT_SSLKEY_BLOB, &key)))
		return c;
	return CURLE_OK;
}

#undef SET

static int
tls_or_http(CURLcode code)
{
	static const CURLcode tls[] = {
		CURLE_SSL_CONNECT_ERROR,
		CURLE_SSL_ENGINE_NOTFOUND,
		CURLE_SSL_ENGINE_SETFAILED,
		CURLE_SSL_ENGINE_INITFAILED,
		CURLE_SSL_CERTPROBLEM,
		CURLE_SSL_CIPHER,
		CURLE_PEER_FAILED_VERIFICATION,
		CURLE_USE_SSL_FAILED,
		CURLE_SSL_CACERT_BADFILE,
		CURLE_SSL_SHUTDOWN_FAILED,
		CURLE_SSL_CRL_BADFILE,
		CURLE_SSL_ISSUER_ERROR,
		CURLE_SSL_PINNEDPUBKEYNOTMATCH,
		CURLE_SSL_INVALIDCERTSTATUS,
		CURLE_SSL_CLIENTCERT,
	};
	size_t i;

	for (i = 0; i < sizeof(tls) / sizeof(tls[0]); i++)
		if (code == tls[i])
			return BA_ERR_TLS;
	return BA_ERR_HTTP;
}

static void
set_why(struct transfer *t, const char *text)
{
	ba_sanitise(t->r.why, sizeof(t->r.why), text, strlen(text));
}

/* Say no: nothing of a half answer is passed on. */
static void
fail(struct transfer *t, int err, const char *why)
{
	ba_http_response_clear(&t->r);
	t->r.err = err;
	set_why(t, why);
}

/*
 * libcurl's own message names host, path of a CA file or what was wrong with
 * the certificate.  It never holds a header or body of ours.
 */
static void
fail_by_code(struct transfer *t, CURLcode code)
{
	char text[CURL_ERROR_SIZE];
	int err = tls_or_http(code);

	if (code == CURLE_OPERATION_TIMEDOUT)
		err = BA_ERR_TIMEOUT;
	else if (code == CURLE_FILESIZE_EXCEEDED)
		t->limit = "the body is too long";
	(void)snprintf(text, sizeof(text), "%s",
	    t->limit != NULL        ? t->limit
	    : t->message[0] != '\0' ? t->message
				    : curl_easy_strerror(code));
	fail(t, err, text);
}

/* A field's first value and how often it stands there; NULL and 0. */
static const char *
get_field(struct transfer *t, const char *name, size_t *timesp)
{
	struct curl_header *h;

	*timesp = 0;
	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return NULL;
	*timesp = h->amount;
	return h->value;
}

/* Two Content-Types are as good as none: who knows which one counts. */
static void
read_content_type(struct transfer *t)
{
	size_t times;
	const char *value = get_field(t, "Content-Type", &times);

	if (times == 1)
		ba_http_media_type(
		    value, t->r.content_type, sizeof(t->r.content_type));
}

/* Cache-Control, and only where that does not say it Expires (RFC 9111
   section 5.3), of which two are none. */
static void
read_lifetime(struct transfer *t, int64_t date)
{
	struct curl_header *h;
	const char *value;
	size_t i = 0, times;

	while (curl_easy_header(t->easy, "Cache-Control", i++, CURLH_HEADER, -1,
		   &h) == CURLHE_OK)
		t->r.max_age = ba_http_max_age(h->value, t->r.max_age);
	if (t->r.max_age >= 0)
		return;
	value = get_field(t, "Expires", &times);
	if (times > 0)
		t->r.max_age = times == 1 ? ba_http_expires(value, date) : 0;
}

static void
read_retry_after(struct transfer *t, int64_t date)
{
	size_t times;
	const char *value = get_field(t, "Retry-After", &times);

	if (times > 0)
		t->r.retry_after = ba_http_retry_after(value, date);
}

static void
read_etag(struct transfer *t)
{
	size_t times;
	const char *value = get_field(t, "ETag", &times);

	if (times == 1 && ba_http_etag_ok(value) &&
	    ba_copy_str(t->r.etag, sizeof(t->r.etag), value) != BA_OK)
		t->r.etag[0] = '\0';
}

/* When the answer was made, by their clock, or else by ours. */
static int64_t
read_date(struct transfer *t)
{
	size_t times;
	const char *value = get_field(t, "Date", &times);
	int64_t date = times == 1 ? ba_http_date(value) : -1;

	return date >= 0 ? date : ba_clock_wall(&ba_clock_system);
}

static void
read_answer(struct transfer *t)
{
	long status = 0;
	int64_t date;

	if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) !=
		CURLE_OK ||
	    status < 200 || status > 599) {
		fail(t, BA_ERR_HTTP, "no status of HTTP");
		return;
	}
	t->r.err = BA_OK;
	t->r.status = (unsigned)status;
	date = read_date(t);
	read_content_type(t);
	read_lifetime(t, date);
	read_retry_after(t, date);
	read_etag(t);
}

static void
end_transfer(struct server *s, struct transfer *t)
{
	if (t->easy != NULL) {
		(void)curl_multi_remove_handle(s->multi, t->easy);
		curl_easy_cleanup(t->easy);
		t->easy = NULL;
	}
	curl_slist_free_all(t->fields);
	t->fields = NULL;
	if (t->pool != NULL)
		ba_http_pool_leave(s->pools, t->pool);
	t->pool = NULL;
	ba_http_trust_release(&t->trusted);
	ba_buf_wipe(&t->frame);
	ba_wipe(&t->q, sizeof(t->q));
	s->n_ended++;
}

static void
free_transfer(struct server *s, struct transfer *t)
{
	TAILQ_REMOVE(&s->list, t, link);
	s->n_list--;
	s->n_ended--;
	ba_http_response_clear(&t->r);
	ba_wipe_free(t, sizeof(*t));
}

/* "Name: value"; nothing where there is no value. */
static int
add_field(struct transfer *t, const char *name, const char *value)
{
	struct curl_slist *more;
	struct ba_buf line;
	int r;

	if (value == NULL)
		return BA_OK;
	ba_buf_init(&line, BA_HTTP_FIELD_MAX + 64);
	r = ba_buf_append_str(&line, name);
	if (r == BA_OK)
		r = ba_buf_append_str(&line, value);
	if (r == BA_OK) {
		more = curl_slist_append(t->fields, ba_buf_str(&line));
		if (more != NULL)
			t->fields = more;
		else
			r = BA_ERR_NOMEM;
	}
	ba_buf_wipe(&line);
	return r;
}

static int
make_fields(struct transfer *t)
{
	const struct ba_http_request *q = &t->q;
	int r;

	r = add_field(
	    t, "Accept: ", q->accept != NULL ? q->accept : "application/json");
	if (r == BA_OK)
		r = add_field(t, "If-None-Match: ", q->etag);
	if (r == BA_OK)
		r = add_field(t, "Authorization: ", q->authorization);
	if (r == BA_OK && q->form != NULL)
		r = add_field(
		    t, "Content-Type: ", "application/x-www-form-urlencoded");
	/* No value: not sent.  "100-continue" would cost a round trip. */
	if (r == BA_OK)
		r = add_field(t, "Expect:", "");
	return r;
}

static CURLcode
set_up(struct server *s, struct transfer *t)
{
	CURLcode c;

	if (make_fields(t) != BA_OK ||
	    ba_http_pool_enter(s->pools, t->q.pool, t->trusted.number,
		t->q.certificate, &t->pool) != BA_OK ||
	    (t->easy = curl_easy_init()) == NULL)
		return CURLE_OUT_OF_MEMORY;
	c = set_fixed(t->easy);
	if (c == CURLE_OK)
		c = set_callbacks(t);
	if (c == CURLE_OK)
		c = set_request(t);
	if (c == CURLE_OK)
		c = set_secrets(t);
	if (c == CURLE_OK &&
	    curl_multi_add_handle(s->multi, t->easy) != CURLM_OK)
		c = CURLE_FAILED_INIT;
	return c;
}

/*
 * A field as a string in its frame; NULL where it is absent.  The byte behind
 * a field is the tag of the next, which has been read, or the buffer's NUL.
 */
static const char *
string_at(struct transfer *t, const struct ba_msg *m, enum ba_tag tag)
{
	size_t at;

	if (!ba_msg_has(m, tag))
		return NULL;
	at = (size_t)(m->field[tag].p - t->frame.p);
	t->frame.p[at + m->field[tag].n] = '\0';
	return (const char *)t->frame.p + at;
}

/* The same for bytes: borrowed by *view. */
static const struct ba_buf *
bytes_at(struct transfer *t, const struct ba_msg *m, enum ba_tag tag,
    struct ba_buf *view)
{
	if (!ba_msg_has(m, tag))
		return NULL;
	ba_buf_init(view, m->field[tag].n);
	view->p = t->frame.p + (m->field[tag].p - t->frame.p);
	view->len = m->field[tag].n;
	return view;
}

static void
read_request(struct transfer *t, const struct ba_msg *m)
{
	struct ba_http_request *q = &t->q;

	q->url = string_at(t, m, BA_TAG_URL);
	q->timeout_ms = ba_msg_u32(m, BA_TAG_TIMEOUT, 0);
	q->body_max = ba_msg_u32(m, BA_TAG_BODY_MAX, 0);
	q->accept = string_at(t, m, BA_TAG_ACCEPT);
	q->etag = string_at(t, m, BA_TAG_ETAG);
	q->form = bytes_at(t, m, BA_TAG_FORM, &t->form);
	q->authorization = string_at(t, m, BA_TAG_AUTHORIZATION);
	q->certificate = bytes_at(t, m, BA_TAG_CERTIFICATE, &t->certificate);
	q->key = bytes_at(t, m, BA_TAG_KEY, &t->key);
	q->pool = ba_msg_u64(m, BA_TAG_POOL, 0);
	q->ca_file = string_at(t, m, BA_TAG_CA_FILE);
	q->ca_directory = string_at(t, m, BA_TAG_CA_DIRECTORY);
	q->proxy = string_at(t, m, BA_TAG_PROXY);
	q->no_proxy = string_at(t, m, BA_TAG_NO_PROXY);
}

/* Begin it, or say why not. */
static bool
start_transfer(struct server *s, struct transfer *t)
{
	char text[CURL_ERROR_SIZE];
	const char *why;
	CURLcode c;

	if (ba_http_request_check(&t->q, &why) != BA_OK) {
		fail(t, BA_ERR_HTTP, why);
		return false;
	}
	if (ba_http_trust_get(s->trust, t->q.ca_file, t->q.ca_directory,
		&t->trusted, text, sizeof(text)) != BA_OK) {
		fail(t, BA_ERR_TLS, text);
		return false;
	}
	if (t->q.body_max > 0)
		ba_buf_init(&t->r.body, t->q.body_max);
	c = set_up(s, t);
	if (c != CURLE_OK)
		fail_by_code(t, c);
	return c == CURLE_OK;
}

/* The transfer that a frame asks for; what cannot begin has ended. */
static int
begin_transfer(struct server *s, const void *frame, size_t n)
{
	struct transfer *t;
	struct ba_msg m;
	int r;

	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return BA_ERR_NOMEM;
	ba_http_response_init(&t->r);
	ba_buf_init(&t->frame, n);
	r = ba_buf_append(&t->frame, frame, n);
	if (r == BA_OK)
		r = ba_msg_parse(t->frame.p, n, &m);
	if (r == BA_OK && m.type != BA_MSG_FETCH)
		r = BA_ERR_PROTOCOL;
	if (r != BA_OK) {
		ba_buf_wipe(&t->frame);
		free(t);
		return r;
	}
	t->version = m.version;
	t->serial = ba_msg_u32(&m, BA_TAG_SERIAL, 0);
	TAILQ_INSERT_TAIL(&s->list, t, link);
	s->n_list++;
	read_request(t, &m);
	if (!start_transfer(s, t))
		end_transfer(s, t);
	return BA_OK;
}

/* Begin what was read, as long as there are places.  Was there anything? */
static int
take_requests(struct server *s, bool *anyp)
{
	size_t total;
	int r;

	*anyp = false;
	while (s->n_list < TRANSFERS_MAX) {
		r = ba_frame_size(
		    s->in.p, s->in.len, BA_WIRE_ORDER_MAX, &total);
		if (r != BA_OK)
			return r;
		if (total == 0 || total > s->in.len)
			return BA_OK;
		r = begin_transfer(s, s->in.p, total);
		if (r != BA_OK)
			return r;
		ba_buf_consume(&s->in, total);
		*anyp = true;
	}
	return BA_OK;
}

/* Let libcurl work, and collect what has ended. */
static int
perform(struct server *s)
{
	struct CURLMsg *msg;
	struct transfer *t;
	CURLcode code;
	int n;

	if (curl_multi_perform(s->multi, &n) != CURLM_OK)
		return BA_ERR_INTERNAL;
	while ((msg = curl_multi_info_read(s->multi, &n)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result;
		t = NULL;
		if (curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t) !=
			CURLE_OK ||
		    t == NULL)
			return BA_ERR_INTERNAL;
		if (code == CURLE_OK)
			read_answer(t);
		else
			fail_by_code(t, code);
		end_transfer(s, t);
	}
	return BA_OK;
}

static int
write_answer(struct ba_buf *out, const struct transfer *t)
{
	const struct ba_http_response *r = &t->r;
	struct ba_msg_out o;

	ba_msg_begin(&o, out, t->version, BA_MSG_FETCHED);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, t->serial);
	ba_msg_put_u32(&o, BA_TAG_ERROR, (uint32_t)-r->err);
	ba_msg_put_u32(&o, BA_TAG_HTTP_STATUS, r->status);
	ba_msg_put_str(&o, BA_TAG_CONTENT_TYPE, r->content_type);
	if (r->max_age >= 0)
		ba_msg_put_u32(&o, BA_TAG_MAX_AGE, (uint32_t)r->max_age);
	if (t->version >= 2) {
		ba_msg_put_str(&o, BA_TAG_ETAG, r->etag);
		if (r->retry_after >= 0)
			ba_msg_put_u32(
			    &o, BA_TAG_RETRY_AFTER, (uint32_t)r->retry_after);
	}
	ba_msg_put_str(&o, BA_TAG_WHY, r->why);
	if (r->body.len > 0)
		ba_msg_put(&o, BA_TAG_BODY, r->body.p, r->body.len);
	return ba_msg_end(&o);
}

static struct transfer *
first_ended(struct server *s)
{
	struct transfer *t;

	TAILQ_FOREACH(t, &s->list, link)
	if (t->easy == NULL)
		return t;
	return NULL;
}

/*
 * Write what the socket takes.  One answer at a time is put into wire form;
 * the others wait in their transfer, and keep its place, so that a broker
 * which does not read cannot make us grow, nor wait.
 */
static int
flush(struct server *s)
{
	struct transfer *t;
	ssize_t n;
	int r;

	for (;;) {
		if (s->out.len == 0) {
			t = s->n_ended > 0 ? first_ended(s) : NULL;
			if (t == NULL)
				return BA_OK;
			r = write_answer(&s->out, t);
			if (r != BA_OK)
				return r;
			free_transfer(s, t);
		}
		n = send(
		    s->fd, s->out.p, s->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0) {
			ba_buf_consume(&s->out, (size_t)n);
		} else if (errno == EAGAIN) {
			return BA_OK;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			s->closed = true;
			return BA_OK;
		} else if (errno != EINTR) {
			return BA_ERR_SYSTEM;
		}
	}
}

static int
read_socket(struct server *s)
{
	unsigned char *p;
	size_t room = s->in.max - s->in.len;
	ssize_t n;
	int r;

	if (room == 0)
		return BA_OK;
	if (room > READ_CHUNK)
		room = READ_CHUNK;
	r = ba_buf_reserve(&s->in, room, &p);
	if (r != BA_OK)
		return r;
	n = recv(s->fd, p, room, MSG_DONTWAIT);
	if (n > 0)
		ba_buf_commit(&s->in, (size_t)n);
	else if (n == 0 || errno == ECONNRESET)
		s->closed = true;
	else if (errno != EAGAIN && errno != EINTR)
		return BA_ERR_SYSTEM;
	return BA_OK;
}

/*
 * Wait for the network, for libcurl's timers, and for the broker.  Without a
 * free place nothing is read; then the transfers' own time bounds the waiting.
 */
static int
wait_for_work(struct server *s)
{
	struct curl_waitfd w = { .fd = s->fd };

	if (s->n_list < TRANSFERS_MAX)
		w.events |= CURL_WAIT_POLLIN;
	if (s->out.len > 0 || s->n_ended > 0)
		w.events |= CURL_WAIT_POLLOUT;
	if (curl_multi_poll(s->multi, &w, w.events != 0 ? 1 : 0,
		BA_HTTP_TIMEOUT_MAX, NULL) != CURLM_OK)
		return BA_ERR_INTERNAL;
	return (w.revents & CURL_WAIT_POLLIN) != 0 ? read_socket(s) : BA_OK;
}

/* libcurl on our OpenSSL, or nothing: on_tls() is given an SSL_CTX of it. */
static int
open_trust(struct server *s)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	if (v->age < CURLVERSION_SEVENTH || /* the first with cainfo */
	    !ba_http_trust_is_ours(v->ssl_version))
		return BA_ERR_INTERNAL;
	return ba_http_trust_new(v->cainfo, v->capath, &s->trust);
}

static int
open_server(struct server *s, int fd)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	TAILQ_INIT(&s->list);
	ba_buf_init(&s->in, BA_WIRE_ORDER_MAX + 4);
	ba_buf_init(&s->out, BA_WIRE_FETCH_MAX + 4);
	r = ba_http_memory_init();
	if (r == BA_OK)
		r = open_trust(s);
	if (r == BA_OK)
		r = ba_http_pools_new(&s->pools);
	if (r != BA_OK)
		return r;
	s->multi = curl_multi_init();
	if (s->multi == NULL)
		return BA_ERR_NOMEM;
	if (curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS,
		(long)CONNECTIONS_KEPT) != CURLM_OK)
		return BA_ERR_INTERNAL;
	return BA_OK;
}

static void
close_server(struct server *s)
{
	struct transfer *t;

	while ((t = TAILQ_FIRST(&s->list)) != NULL) {
		if (t->easy != NULL)
			end_transfer(s, t);
		free_transfer(s, t);
	}
	if (s->multi != NULL)
		(void)curl_multi_cleanup(s->multi);
	ba_http_pools_free(s->pools);
	ba_http_trust_free(s->trust);
	ba_buf_wipe(&s->in);
	ba_buf_wipe(&s->out);
	curl_global_cleanup();
}

int
ba_http_serve(int fd)
{
	struct server s;
	bool any;
	int r = open_server(&s, fd);

	while (r == BA_OK && !s.closed) {
		r = perform(&s);
		if (r == BA_OK)
			r = flush(&s);
		if (r == BA_OK && !s.closed)
			r = take_requests(&s, &any);
		/* What begins is performed first: somebody waits for it. */
		if (r == BA_OK && !s.closed && !any)
			r = wait_for_work(&s);
	}
	close_server(&s);
	return r;
}
