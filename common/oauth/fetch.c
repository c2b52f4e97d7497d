/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/oauth/fetch.h"
#include "common/wire/message.h"

/* Where the helper finds its socket. */
#define HELPER_FD 3

/* Beyond a request's own time, for the helper to start and to answer (ms). */
#define GRACE_MS 1000

#define READ_CHUNK (64 * 1024)

/*
 * Requests that the helper has not read.  A thousand with ordinary tokens; of
 * the largest ten, and more are BA_ERR_BUSY.
 */
#define OUT_MAX (4 * 1024 * 1024)

/* … and above this no more tokens: keys, which all wait for, are asked for. */
#define OUT_FORMS_MAX (3 * 1024 * 1024)

struct ba_fetch {
	char *helper;
	int fd; /* -1: none runs */
	pid_t pid;
	uint32_t next_serial;
	size_t checked; /* bytes of in: whole, valid frames */
	struct ba_buf in, out;
};

int
ba_fetch_new(const char *helper, struct ba_fetch **fetchp)
{
	struct ba_fetch *f;

	*fetchp = NULL;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return BA_ERR_NOMEM;
	f->helper = strdup(helper);
	if (f->helper == NULL) {
		free(f);
		return BA_ERR_NOMEM;
	}
	f->fd = -1;
	f->pid = -1;
	ba_buf_init(&f->in, BA_WIRE_FETCH_MAX + 4);
	ba_buf_init(&f->out, OUT_MAX);
	*fetchp = f;
	return BA_OK;
}

void
ba_fetch_free(struct ba_fetch *f)
{
	if (f == NULL)
		return;
	ba_fetch_kill(f);
	free(f->helper);
	free(f);
}

/*
 * The helper is not asked to end but ended: it keeps nothing that could be
 * spoiled.  Nobody else collects our children, so the process id is still
 * its own.
 */
void
ba_fetch_kill(struct ba_fetch *f)
{
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = -1;
	if (f->pid > 0) {
		(void)kill(f->pid, SIGKILL);
		while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	f->pid = -1;
	f->checked = 0;
	ba_buf_wipe(&f->in);
	ba_buf_wipe(&f->out);
}

/*
 * Descriptors 0 to 2 on /dev/null: the helper speaks to strangers, and must
 * not hold the terminal of whoever started "bearerauth check".
 */
static int
spawn_actions(posix_spawn_file_actions_t *a, int fd)
{
	if (posix_spawn_file_actions_adddup2(a, fd, HELPER_FD) != 0 ||
	    posix_spawn_file_actions_addopen(a, 0, "/dev/null", O_RDONLY, 0) !=
		0 ||
	    posix_spawn_file_actions_addopen(a, 1, "/dev/null", O_WRONLY, 0) !=
		0 ||
	    posix_spawn_file_actions_adddup2(a, 1, 2) != 0 ||
	    posix_spawn_file_actions_addclosefrom_np(a, HELPER_FD + 1) != 0)
		return BA_ERR_NOMEM;
	return BA_OK;
}

/*
 * A session of its own, so that it has no controlling terminal; and none of
 * the broker's blocked or ignored signals.
 */
static int
spawn_attributes(posix_spawnattr_t *a)
{
	sigset_t none, all;

	if (sigemptyset(&none) != 0 || sigfillset(&all) != 0 ||
	    posix_spawnattr_setsigmask(a, &none) != 0 ||
	    posix_spawnattr_setsigdefault(a, &all) != 0 ||
	    posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK |
					    POSIX_SPAWN_SETSIGDEF |
					    POSIX_SPAWN_SETSID) != 0)
		return BA_ERR_INTERNAL;
	return BA_OK;
}

/* posix_spawn() says, unlike fork(), whether the program could be started. */
static int
spawn(const char *helper, int fd, pid_t *pidp)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", "LANG=C",
		NULL };
	const char *const argv[] = { helper, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r = BA_ERR_NOMEM;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return BA_ERR_NOMEM;
	if (posix_spawnattr_init(&attr) != 0)
		goto out_actions;
	r = spawn_actions(&actions, fd);
	if (r == BA_OK)
		r = spawn_attributes(&attr);
	if (r == BA_OK &&
	    posix_spawn(pidp, helper, &actions, &attr, (char **)(uintptr_t)argv,
		(char **)(uintptr_t)env) != 0)
		r = BA_ERR_SYSTEM;
	(void)posix_spawnattr_destroy(&attr);
out_actions:
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

static int
start(struct ba_fetch *f)
{
	int pair[2], r;

	/* Each end has its own flags: the helper's does not block either. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		pair) != 0)
		return BA_ERR_SYSTEM;
	r = spawn(f->helper, pair[1], &f->pid);
	(void)close(pair[1]);
	if (r != BA_OK) {
		f->pid = -1;
		(void)close(pair[0]);
		return r;
	}
	f->fd = pair[0];
	return BA_OK;
}

static void
put_buf(struct ba_msg_out *o, enum ba_tag tag, const struct ba_buf *b)
{
	if (b != NULL)
		ba_msg_put(o, tag, b->p, b->len);
}

/* Nothing is put for what is not there: absent means the same. */
static int
put_request(
    struct ba_buf *out, uint32_t serial, const struct ba_http_request *q)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, out, BA_WIRE_VERSION, BA_MSG_FETCH);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, serial);
	ba_msg_put_str(&o, BA_TAG_URL, q->url);
	ba_msg_put_u32(&o, BA_TAG_TIMEOUT, q->timeout_ms);
	if (q->body_max > 0)
		ba_msg_put_u32(&o, BA_TAG_BODY_MAX, (uint32_t)q->body_max);
	ba_msg_put_str(&o, BA_TAG_ACCEPT, q->accept);
	ba_msg_put_str(&o, BA_TAG_ETAG, q->etag);
	put_buf(&o, BA_TAG_FORM, q->form);
	ba_msg_put_str(&o, BA_TAG_AUTHORIZATION, q->authorization);
	put_buf(&o, BA_TAG_CERTIFICATE, q->certificate);
	put_buf(&o, BA_TAG_KEY, q->key);
	if (q->pool != 0)
		ba_msg_put_u64(&o, BA_TAG_POOL, q->pool);
	ba_msg_put_str(&o, BA_TAG_CA_FILE, q->ca_file);
	ba_msg_put_str(&o, BA_TAG_CA_DIRECTORY, q->ca_directory);
	ba_msg_put_str(&o, BA_TAG_PROXY, q->proxy);
	ba_msg_put_str(&o, BA_TAG_NO_PROXY, q->no_proxy);
	return ba_msg_end(&o);
}

static int
flush(struct ba_fetch *f)
{
	ssize_t n;

	while (f->out.len > 0) {
		n = send(
		    f->fd, f->out.p, f->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			ba_buf_consume(&f->out, (size_t)n);
		else if (errno == EAGAIN)
			return BA_OK;
		else if (errno != EINTR)
			return BA_ERR_PROTOCOL;
	}
	return BA_OK;
}

int
ba_fetch_send(struct ba_fetch *f, const struct ba_http_request *request,
    uint32_t *serialp)
{
	const char *why;
	int r;

	*serialp = 0;
	r = ba_http_request_check(request, &why);
	if (r == BA_OK && f->fd < 0)
		r = start(f);
	if (r == BA_OK && request->form != NULL && f->out.len > OUT_FORMS_MAX)
		return BA_ERR_BUSY;
	if (r == BA_OK)
		r = put_request(&f->out, f->next_serial, request);
	/* A helper that does not read is no fault of the configuration. */
	if (r == BA_ERR_LIMIT)
		return BA_ERR_BUSY;
	if (r != BA_OK)
		return r;
	*serialp = f->next_serial++;
	/* If it fails, so will ba_fetch_run(), which can say so. */
	(void)flush(f);
	return BA_OK;
}

int
ba_fetch_fd(const struct ba_fetch *f)
{
	return f->fd;
}

int
ba_fetch_want_write(const struct ba_fetch *f)
{
	return f->fd >= 0 && f->out.len > 0;
}

/*
 * Until less is there than there is room for, or the buffer is full; then an
 * answer is whole.
 */
static int
fill(struct ba_fetch *f)
{
	unsigned char *p;
	size_t room;
	ssize_t n;
	int r;

	while ((room = f->in.max - f->in.len) > 0) {
		if (room > READ_CHUNK)
			room = READ_CHUNK;
		r = ba_buf_reserve(&f->in, room, &p);
		if (r != BA_OK)
			return r;
		n = recv(f->fd, p, room, MSG_DONTWAIT);
		if (n > 0)
			ba_buf_commit(&f->in, (size_t)n);
		if ((n > 0 && (size_t)n < room) || (n < 0 && errno == EAGAIN))
			return BA_OK;
		if (n == 0 || (n < 0 && errno != EINTR))
			return BA_ERR_PROTOCOL;
	}
	return BA_OK;
}

/* What the helper may say: an answer with a status, or one of these. */
static bool
outcome_ok(uint32_t error, uint32_t status)
{
	switch (-(int64_t)error) {
	case BA_OK:
		return status >= 200 && status <= 599;
	case BA_ERR_TIMEOUT:
	case BA_ERR_TLS:
	case BA_ERR_HTTP:
		return status == 0;
	}
	return false;
}

/* Is it an answer, and of values that http_curl.c may give? */
static bool
answer_ok(const struct ba_msg *m)
{
	char etag[BA_HTTP_ETAG_MAX + 1];

	return m->type == BA_MSG_FETCHED && m->version == BA_WIRE_VERSION &&
	       outcome_ok(ba_msg_u32(m, BA_TAG_ERROR, UINT32_MAX),
		   ba_msg_u32(m, BA_TAG_HTTP_STATUS, UINT32_MAX)) &&
	       ba_msg_u32(m, BA_TAG_RETRY_AFTER, 0) <= BA_HTTP_RETRY_MAX &&
	       ba_msg_get_str(m, BA_TAG_ETAG, etag, sizeof(etag)) == BA_OK &&
	       (etag[0] == '\0' || ba_http_etag_ok(etag));
}

/* Judge every frame that has become whole. */
static int
check(struct ba_fetch *f)
{
	struct ba_msg m;
	size_t total;
	int r;

	for (;;) {
		r = ba_frame_size(f->in.p + f->checked, f->in.len - f->checked,
		    BA_WIRE_FETCH_MAX, &total);
		if (r != BA_OK)
			return r;
		if (total == 0 || total > f->in.len - f->checked)
			return BA_OK;
		r = ba_msg_parse(f->in.p + f->checked, total, &m);
		if (r != BA_OK)
			return r;
		if (!answer_ok(&m))
			return BA_ERR_PROTOCOL;
		f->checked += total;
	}
}

int
ba_fetch_run(struct ba_fetch *f)
{
	int r;

	if (f->fd < 0)
		return BA_OK;
	r = flush(f);
	if (r == BA_OK)
		r = fill(f);
	if (r == BA_OK && f->in.len > f->checked)
		r = check(f);
	if (r == BA_OK)
		return BA_OK;
	ba_fetch_kill(f);
	return BA_ERR_PROTOCOL;
}

static int
read_answer(const struct ba_msg *m, struct ba_http_response *r)
{
	int e;

	r->err = -(int)ba_msg_u32(m, BA_TAG_ERROR, 0);
	r->status = ba_msg_u32(m, BA_TAG_HTTP_STATUS, 0);
	if (ba_msg_has(m, BA_TAG_MAX_AGE))
		r->max_age = ba_msg_u32(m, BA_TAG_MAX_AGE, 0);
	if (ba_msg_has(m, BA_TAG_RETRY_AFTER))
		r->retry_after = ba_msg_u32(m, BA_TAG_RETRY_AFTER, 0);
	e = ba_msg_get_str(
	    m, BA_TAG_CONTENT_TYPE, r->content_type, sizeof(r->content_type));
	if (e == BA_OK)
		e = ba_msg_get_str(m, BA_TAG_ETAG, r->etag, sizeof(r->etag));
	if (e == BA_OK)
		e = ba_msg_get_str(m, BA_TAG_WHY, r->why, sizeof(r->why));
	if (e == BA_OK)
		e = ba_buf_append(
		    &r->body, m->field[BA_TAG_BODY].p, m->field[BA_TAG_BODY].n);
	return e;
}

int
ba_fetch_take(struct ba_fetch *f, uint32_t *serialp, struct ba_http_response *r)
{
	struct ba_msg m;
	size_t total;
	int e;

	*serialp = 0;
	ba_http_response_clear(r);
	if (f->checked == 0 ||
	    ba_frame_size(f->in.p, f->in.len, BA_WIRE_FETCH_MAX, &total) !=
		BA_OK ||
	    ba_msg_parse(f->in.p, total, &m) != BA_OK)
		return BA_ERR_NOT_FOUND;
	*serialp = ba_msg_u32(&m, BA_TAG_SERIAL, 0);
	e = read_answer(&m, r);
	if (e != BA_OK) {
		/* Out of memory: an answer all the same, for its waiter. */
		ba_http_response_clear(r);
		r->err = e;
	}
	ba_buf_consume(&f->in, total);
	f->checked -= total;
	return BA_OK;
}

/* Wait until the socket is ready, the time is up, or a signal came. */
static int
wait_ready(struct ba_fetch *f, int64_t deadline)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	int64_t left = deadline - ba_clock_mono_ms(&ba_clock_system);

	if (left <= 0)
		return BA_ERR_TIMEOUT;
	if (ba_fetch_want_write(f))
		p.events |= POLLOUT;
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return BA_ERR_SYSTEM;
	return BA_OK;
}

int
ba_fetch_wait(struct ba_fetch *f, const struct ba_http_request *request,
    struct ba_http_response *r)
{
	int64_t deadline = ba_clock_mono_ms(&ba_clock_system);
	uint32_t serial, got;
	int e;

	ba_http_response_clear(r);
	e = ba_fetch_send(f, request, &serial);
	if (e != BA_OK)
		return e;
	deadline += (int64_t)request->timeout_ms + GRACE_MS;
	for (;;) {
		e = ba_fetch_run(f);
		if (e != BA_OK)
			return e;
		/* An answer to an earlier request that nobody waits for. */
		while (ba_fetch_take(f, &got, r) == BA_OK)
			if (got == serial)
				return BA_OK;
		e = wait_ready(f, deadline);
		if (e != BA_OK) {
			ba_fetch_kill(f);
			return e;
		}
	}
}
