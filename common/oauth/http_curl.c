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

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/oauth/http.h"
#include "common/oauth/http_curl.h"
#include "common/wire/message.h"

/*
 * More than the broker ever has under way for its issuers; and what bounds
 * our memory: this many bodies of BA_HTTP_BODY_MAX.
 */
#define TRANSFERS_MAX 64

/* Above the largest FETCH: a URL, a CA file's path, the rest. */
#define REQUEST_MAX 8192

/* All header lines of one answer.  Real ones have 1 to 8 KiB. */
#define HEADERS_MAX (64 * 1024)

/*
 * Idle connections kept.  A key set is asked for directly after the metadata,
 * mostly from the same host; after that not for an hour.
 */
#define CONNECTIONS_KEPT 8

/*
 * How long parsed CA certificates are kept (s): long enough for metadata and
 * key set in a row, short enough that a changed file counts soon.
 */
#define CA_KEPT 60

struct transfer {
	TAILQ_ENTRY(transfer) link;
	CURL *easy; /* NULL once it has ended */
	uint32_t serial;
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
	struct curl_slist *headers;
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
	{ CURLOPT_CA_CACHE_TIMEOUT, CA_KEPT },
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
	/* TR-03 */
	{ CURLOPT_FOLLOWLOCATION, 0 },
	{ CURLOPT_MAXREDIRS, 0 },
	{ CURLOPT_UNRESTRICTED_AUTH, 0 },
	/* TR-04, V34 */
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_HTTPAUTH, CURLAUTH_NONE },
	{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
	/* The path byte for byte as configured, "/../" too. */
	{ CURLOPT_PATH_AS_IS, 1 },
};

static const struct {
	CURLoption option;
	const char *value;
} fixed_strings[] = {
	{ CURLOPT_PROTOCOLS_STR, "https" },
	{ CURLOPT_REDIR_PROTOCOLS_STR, "https" },
	/* Empty: no proxy, and none from the environment (V42). */
	{ CURLOPT_PROXY, "" },
	{ CURLOPT_USERAGENT, "bearerauth/" PACKAGE_VERSION },
	/* NULL: nothing is offered, and nothing is unpacked. */
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
	return curl_easy_setopt(
	    easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)BA_HTTP_BODY_MAX);
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
	    SET(CURLOPT_HEADERDATA, t))
		return c;
	return CURLE_OK;
}

/* libcurl keeps copies of the strings. */
static CURLcode
set_request(struct transfer *t, const char *url, const char *ca_file,
    unsigned timeout_ms)
{
	CURLcode c;

	if (SET(CURLOPT_URL, url) ||
	    SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms) ||
	    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms))
		return c;
	if (ca_file[0] == '\0')
		return CURLE_OK;
	/* libcurl's own directory of certificates would go on counting. */
	if (SET(CURLOPT_CAINFO, ca_file) || SET(CURLOPT_CAPATH, NULL))
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

static void
read_cache_control(struct transfer *t)
{
	struct curl_header *h;
	size_t i = 0;

	while (curl_easy_header(t->easy, "Cache-Control", i++, CURLH_HEADER, -1,
		   &h) == CURLHE_OK)
		t->r.max_age = ba_http_max_age(h->value, t->r.max_age);
}

/* Two Content-Types are as good as none: who knows which one counts. */
static void
read_content_type(struct transfer *t)
{
	struct curl_header *h;

	if (curl_easy_header(t->easy, "Content-Type", 0, CURLH_HEADER, -1,
		&h) == CURLHE_OK &&
	    h->amount == 1)
		ba_http_media_type(
		    h->value, t->r.content_type, sizeof(t->r.content_type));
}

static void
read_answer(struct transfer *t)
{
	long status = 0;

	if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) !=
		CURLE_OK ||
	    status < 200 || status > 599) {
		fail(t, BA_ERR_HTTP, "no status of HTTP");
		return;
	}
	t->r.err = BA_OK;
	t->r.status = (unsigned)status;
	read_content_type(t);
	read_cache_control(t);
}

static void
end_transfer(struct server *s, struct transfer *t)
{
	if (t->easy != NULL) {
		(void)curl_multi_remove_handle(s->multi, t->easy);
		curl_easy_cleanup(t->easy);
		t->easy = NULL;
	}
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

static CURLcode
set_up(struct server *s, struct transfer *t, const char *url,
    const char *ca_file, unsigned timeout_ms)
{
	CURLcode c;

	t->easy = curl_easy_init();
	if (t->easy == NULL)
		return CURLE_OUT_OF_MEMORY;
	c = set_fixed(t->easy);
	if (c == CURLE_OK)
		c = set_callbacks(t);
	if (c == CURLE_OK)
		c = curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, s->headers);
	if (c == CURLE_OK)
		c = set_request(t, url, ca_file, timeout_ms);
	if (c == CURLE_OK &&
	    curl_multi_add_handle(s->multi, t->easy) != CURLM_OK)
		c = CURLE_FAILED_INIT;
	return c;
}

/* Begin what the message asks for; what cannot begin has ended. */
static int
begin_transfer(struct server *s, const struct ba_msg *m)
{
	char url[BA_URL_MAX + 1], ca_file[4097];
	uint32_t timeout_ms = ba_msg_u32(m, BA_TAG_TIMEOUT, 0);
	struct transfer *t;
	CURLcode c;

	if (ba_msg_get_str(m, BA_TAG_URL, url, sizeof(url)) != BA_OK ||
	    ba_msg_get_str(m, BA_TAG_CA_FILE, ca_file, sizeof(ca_file)) !=
		BA_OK)
		return BA_ERR_PROTOCOL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return BA_ERR_NOMEM;
	ba_http_response_init(&t->r);
	t->serial = ba_msg_u32(m, BA_TAG_SERIAL, 0);
	TAILQ_INSERT_TAIL(&s->list, t, link);
	s->n_list++;

	/* TR-01, TR-06, and for libcurl a time of 0 is no limit at all. */
	if (!ba_url_ok(url)) {
		fail(t, BA_ERR_HTTP, "not a URL that is asked (https only)");
		end_transfer(s, t);
	} else if (timeout_ms == 0 || timeout_ms > BA_HTTP_TIMEOUT_MAX) {
		fail(t, BA_ERR_HTTP, "not a time to wait for an answer");
		end_transfer(s, t);
	} else if ((c = set_up(s, t, url, ca_file, timeout_ms)) != CURLE_OK) {
		fail_by_code(t, c);
		end_transfer(s, t);
	}
	return BA_OK;
}

/* Begin what was read, as long as there are places. */
static int
take_requests(struct server *s)
{
	struct ba_msg m;
	size_t total;
	int r;

	while (s->n_list < TRANSFERS_MAX) {
		r = ba_frame_size(s->in.p, s->in.len, REQUEST_MAX - 4, &total);
		if (r != BA_OK)
			return r;
		if (total == 0 || total > s->in.len)
			return BA_OK;
		r = ba_msg_parse(s->in.p, total, &m);
		if (r == BA_OK && m.type != BA_MSG_FETCH)
			r = BA_ERR_PROTOCOL;
		if (r == BA_OK)
			r = begin_transfer(s, &m);
		if (r != BA_OK)
			return r;
		ba_buf_consume(&s->in, total);
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

	ba_msg_begin(&o, out, BA_WIRE_VERSION, BA_MSG_FETCHED);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, t->serial);
	ba_msg_put_u32(&o, BA_TAG_ERROR, (uint32_t)-r->err);
	ba_msg_put_u32(&o, BA_TAG_HTTP_STATUS, r->status);
	ba_msg_put_str(&o, BA_TAG_CONTENT_TYPE, r->content_type);
	if (r->max_age >= 0)
		ba_msg_put_u32(&o, BA_TAG_MAX_AGE, (uint32_t)r->max_age);
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
	size_t room = REQUEST_MAX - s->in.len;
	ssize_t n;
	int r;

	if (room == 0)
		return BA_OK;
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
 * Wait for the network, for libcurl's timers, and for the broker.  A new
 * transfer's timer is due at once, so what take_requests() began begins.
 * Without a free place nothing is read; then the transfers' own time bounds
 * the waiting.
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

static int
open_server(struct server *s, int fd)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	TAILQ_INIT(&s->list);
	ba_buf_init(&s->in, REQUEST_MAX);
	ba_buf_init(&s->out, BA_WIRE_FETCH_MAX + 4);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return BA_ERR_INTERNAL;
	s->multi = curl_multi_init();
	s->headers = curl_slist_append(NULL, "Accept: application/json");
	if (s->multi == NULL || s->headers == NULL)
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
	curl_slist_free_all(s->headers);
	ba_buf_wipe(&s->in);
	ba_buf_wipe(&s->out);
	curl_global_cleanup();
}

int
ba_http_serve(int fd)
{
	struct server s;
	int r = open_server(&s, fd);

	while (r == BA_OK && !s.closed) {
		r = perform(&s);
		if (r == BA_OK)
			r = flush(&s);
		if (r == BA_OK && !s.closed)
			r = take_requests(&s);
		if (r == BA_OK && !s.closed)
			r = wait_for_work(&s);
	}
	close_server(&s);
	return r;
}
