/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/oauth/fetch.h"
#include "common/wire/message.h"
#include "tests/unit/tls_server.h"

/*
 * The near end against helpers that misbehave: this program once more, under
 * a name "fake-…" that says how.  And against the real helper, which does not
 * run as root: there this program becomes somebody else first.
 */
#define NOBODY 65534

/* For argv and environ, which are not const. */
#define S(s) ((char *)(uintptr_t)(s))

static const char *const fakes[] = { "fake-die", "fake-mute", "fake-deaf",
	"fake-noise", "fake-cut", "fake-type", "fake-code", "fake-status",
	"fake-success", "fake-version", "fake-etag", "fake-retry",
	"fake-fields", "fake-reversed", "fake-slices", "fake-report" };

static struct {
	char dir[64];
	char helper[128];
	bool have_helper;
	int root_status; /* the helper's end as root; -1: not tried */
	struct tls_server server;
} g;

/* ---- the fake helper ---- */

static void
send_all(const struct ba_buf *b, size_t step)
{
	size_t i, n;

	for (i = 0; i < b->len; i += n) {
		n = b->len - i < step ? b->len - i : step;
		while (send(3, b->p + i, n, MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN)
				_exit(1);
			(void)poll(NULL, 0, 1);
		}
	}
}

/* The next request's serial. */
static uint32_t
read_serial(void)
{
	static struct ba_buf in = { .max = BA_WIRE_ORDER_MAX + 4 };
	struct pollfd p = { 3, POLLIN, 0 };
	struct ba_msg m;
	unsigned char *dst;
	uint32_t serial;
	size_t total;
	ssize_t n;

	for (;;) {
		if (ba_frame_size(in.p, in.len, BA_WIRE_ORDER_MAX, &total) !=
		    BA_OK)
			_exit(1);
		if (total > 0 && in.len >= total)
			break;
		(void)poll(&p, 1, -1);
		if (ba_buf_reserve(&in, 4096, &dst) != BA_OK ||
		    (n = read(3, dst, 4096)) <= 0)
			_exit(0);
		ba_buf_commit(&in, (size_t)n);
	}
	if (ba_msg_parse(in.p, total, &m) != BA_OK || m.type != BA_MSG_FETCH)
		_exit(1);
	serial = ba_msg_u32(&m, BA_TAG_SERIAL, 0);
	ba_buf_consume(&in, total);
	return serial;
}

static void
put_answer(struct ba_buf *b, uint32_t serial, uint32_t error, uint32_t status,
    const char *body)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, b, BA_WIRE_VERSION, BA_MSG_FETCHED);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, serial);
	ba_msg_put_u32(&o, BA_TAG_ERROR, error);
	ba_msg_put_u32(&o, BA_TAG_HTTP_STATUS, status);
	ba_msg_put(&o, BA_TAG_BODY, body, strlen(body));
	if (ba_msg_end(&o) != BA_OK)
		_exit(1);
}

static void
put_fields(
    struct ba_buf *b, uint32_t serial, const char *etag, uint32_t retry_after)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, b, BA_WIRE_VERSION, BA_MSG_FETCHED);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, serial);
	ba_msg_put_u32(&o, BA_TAG_ERROR, BA_OK);
	ba_msg_put_u32(&o, BA_TAG_HTTP_STATUS, 200);
	ba_msg_put_str(&o, BA_TAG_ETAG, etag);
	ba_msg_put_u32(&o, BA_TAG_RETRY_AFTER, retry_after);
	if (ba_msg_end(&o) != BA_OK)
		_exit(1);
}

static void
put_verdict(struct ba_buf *b)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, b, BA_WIRE_VERSION, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, BA_FAMILY_OK);
	if (ba_msg_end(&o) != BA_OK)
		_exit(1);
}

/* What this process was given: variables, descriptors, signals, session. */
static void
report(char *dst, size_t size)
{
	char path[64], target[PATH_MAX];
	struct sigaction sa;
	sigset_t set;
	ssize_t n;
	int i, used = 0, blocked = 0, ignored = 0;

	for (i = 0; environ[i] != NULL; i++)
		used += snprintf(
		    dst + used, size - (size_t)used, "%s;", environ[i]);
	for (i = 0; i < 256; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[i == 3 ? 6 : n] = '\0'; /* "socket" of socket:[…] */
		used += snprintf(
		    dst + used, size - (size_t)used, "%d=%s;", i, target);
	}
	sigprocmask(SIG_SETMASK, NULL, &set);
	for (i = 1; i < 32; i++) {
		blocked += sigismember(&set, i) == 1;
		ignored +=
		    sigaction(i, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
	}
	snprintf(dst + used, size - (size_t)used,
	    "blocked=%d;ignored=%d;session=%d", blocked, ignored,
	    getsid(0) == getpid());
}

static void
fake_answers(const char *name, struct ba_buf *b)
{
	uint32_t serial = read_serial(), second;
	char text[8192];

	if (strcmp(name, "fake-noise") == 0) {
		if (ba_buf_append_str(b, "HTTP/1.1 200 OK\r\n\r\n") != BA_OK)
			_exit(1);
	} else if (strcmp(name, "fake-type") == 0) {
		put_verdict(b);
	} else if (strcmp(name, "fake-code") == 0) {
		put_answer(b, serial, -BA_ERR_SIGNATURE, 0, "");
	} else if (strcmp(name, "fake-status") == 0) {
		put_answer(b, serial, BA_OK, 0, "");
	} else if (strcmp(name, "fake-success") == 0) {
		put_answer(b, serial, -BA_ERR_TLS, 200, "");
	} else if (strcmp(name, "fake-version") == 0) {
		put_answer(b, serial, BA_OK, 200, "");
		b->p[4] = 1; /* without new fields it is a good one */
	} else if (strcmp(name, "fake-etag") == 0) {
		put_fields(b, serial, "v1", BA_HTTP_RETRY_MAX);
	} else if (strcmp(name, "fake-retry") == 0) {
		put_fields(b, serial, "\"v1\"", BA_HTTP_RETRY_MAX + 1);
	} else if (strcmp(name, "fake-fields") == 0) {
		put_fields(b, serial, "\"v1\"", BA_HTTP_RETRY_MAX);
	} else if (strcmp(name, "fake-cut") == 0) {
		put_answer(b, serial, BA_OK, 200, "cut");
		ba_buf_truncate(b, b->len - 1);
	} else if (strcmp(name, "fake-report") == 0) {
		report(text, sizeof(text));
		put_answer(b, serial, BA_OK, 200, text);
	} else if (strcmp(name, "fake-reversed") == 0) {
		second = read_serial();
		put_answer(b, second, BA_OK, 200, "second");
		put_answer(b, serial, BA_OK, 201, "first");
	} else if (strcmp(name, "fake-slices") == 0) {
		put_answer(b, serial, BA_OK, 200, "in slices");
	}
}

static int
fake_main(const char *name)
{
	struct ba_buf b;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (strcmp(name, "fake-die") == 0)
		return 1;
	if (strcmp(name, "fake-deaf") == 0)
		for (;;)
			(void)pause();
	if (strcmp(name, "fake-mute") == 0)
		for (;;)
			(void)read_serial();
	ba_buf_init(&b, BA_WIRE_FETCH_MAX);
	fake_answers(name, &b);
	send_all(&b, strcmp(name, "fake-slices") == 0 ? 1 : b.len);
	ba_buf_wipe(&b);
	if (strcmp(name, "fake-cut") == 0)
		return 0;
	for (;;)
		(void)read_serial();
}

/* ---- tools ---- */

static struct ba_fetch *
new_fake(const char *name)
{
	char path[128];
	struct ba_fetch *f;

	snprintf(path, sizeof(path), "%s/%s", g.dir, name);
	assert_int_equal(ba_fetch_new(path, &f), BA_OK);
	return f;
}

static struct ba_fetch *
new_real(void)
{
	struct ba_fetch *f;

	if (!g.have_helper) {
		print_message("the helper bearerauth-fetch is not built\n");
		skip();
	}
	assert_int_equal(ba_fetch_new(g.helper, &f), BA_OK);
	return f;
}

static const struct ba_http_request any = {
	.url = "https://127.0.0.1:1/",
	.timeout_ms = 2000,
};

/* Ask the test's server for a path. */
static int
ask_url(struct ba_fetch *f, const char *url, const char *ca, unsigned ms,
    struct ba_http_response *r)
{
	struct ba_http_request q = {
		.url = url, .ca_file = ca, .timeout_ms = ms
	};

	return ba_fetch_wait(f, &q, r);
}

static int
ask(struct ba_fetch *f, const char *path, struct ba_http_response *r)
{
	char url[128];

	snprintf(
	    url, sizeof(url), "https://127.0.0.1:%d%s", g.server.port, path);
	return ask_url(f, url, g.server.ca_file, 5000, r);
}

/* A request to the test's server, to be completed. */
struct order {
	char url[160];
	struct ba_buf form, certificate, key;
	struct ba_http_request q;
};

static const struct ba_buf *
view(struct ba_buf *b, const char *s)
{
	ba_buf_init(b, strlen(s));
	b->p = (unsigned char *)S(s);
	b->len = strlen(s);
	return b;
}

static void
order(struct order *o, const char *path)
{
	memset(o, 0, sizeof(*o));
	snprintf(o->url, sizeof(o->url), "https://127.0.0.1:%d%s",
	    g.server.port, path);
	o->q.url = o->url;
	o->q.ca_file = g.server.ca_file;
	o->q.timeout_ms = 5000;
}

static void
order_form(struct order *o, const char *form)
{
	o->q.form = view(&o->form, form);
}

static void
order_certificate(struct order *o, const char *certificate, const char *key)
{
	o->q.certificate = view(&o->certificate, certificate);
	o->q.key = view(&o->key, key);
}

/* The body; the answer must have come, and have this status. */
static const char *
carry_out(struct ba_fetch *f, const struct order *o, unsigned status,
    struct ba_http_response *r)
{
	assert_int_equal(ba_fetch_wait(f, &o->q, r), BA_OK);
	if (r->err != BA_OK || r->status != status)
		fail_msg("%s: %s, status %u, %s", o->url, ba_err_name(r->err),
		    r->status, r->why);
	return ba_buf_str(&r->body);
}

/* It must fail so; what is said about it has no piece of a secret. */
static void
must_fail(struct ba_fetch *f, const struct order *o, int err)
{
	struct ba_http_response r;

	ba_http_response_init(&r);
	assert_int_equal(ba_fetch_wait(f, &o->q, &r), BA_OK);
	if (r.err != err)
		fail_msg("%s: %s, status %u, %s", o->url, ba_err_name(r.err),
		    r.status, r.why);
	assert_true(r.why[0] != '\0');
	assert_null(strstr(r.why, "SECRET"));
	assert_int_equal(r.body.len, 0);
	ba_http_response_clear(&r);
}

static void
assert_answer(struct ba_fetch *f, const char *path, int err, unsigned status)
{
	struct ba_http_response r;

	ba_http_response_init(&r);
	assert_int_equal(ask(f, path, &r), BA_OK);
	if (r.err != err || r.status != status)
		fail_msg("%s: %s, status %u, %s", path, ba_err_name(r.err),
		    r.status, r.why);
	if (err == BA_OK)
		assert_string_equal(r.why, "");
	else
		assert_int_equal(r.body.len, 0);
	ba_http_response_clear(&r);
}

/* A child of ours other than the server; 0 where there is none. */
static pid_t
find_child(void)
{
	char path[64], line[256];
	pid_t pid, found = 0;
	struct dirent *e;
	int parent;
	DIR *d;
	FILE *f;

	d = opendir("/proc");
	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		pid = (pid_t)strtol(e->d_name, NULL, 10);
		if (pid <= 0 || pid == g.server.pid)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fgets(line, sizeof(line), f) != NULL &&
		    strrchr(line, ')') != NULL &&
		    sscanf(strrchr(line, ')'), ") %*c %d", &parent) == 1 &&
		    parent == getpid())
			found = pid;
		fclose(f);
	}
	closedir(d);
	return found;
}

/* ---- the near end ---- */

static void
test_nothing_runs_before_the_first_request(void **state)
{
	struct ba_fetch *f = new_fake("fake-report");

	(void)state;
	assert_int_equal(ba_fetch_fd(f), -1);
	assert_int_equal(ba_fetch_want_write(f), 0);
	assert_int_equal(ba_fetch_run(f), BA_OK);
	assert_int_equal(find_child(), 0);
	ba_fetch_free(f);
	ba_fetch_free(NULL);
}

static void
test_TR01_TR06_requests_that_are_not_sent(void **state)
{
	static const struct {
		const char *url;
		unsigned ms;
		int want;
	} t[] = {
		{ "https://127.0.0.1:1/", 1, BA_OK },
		{ "https://127.0.0.1:1/", BA_HTTP_TIMEOUT_MAX, BA_OK },
		{ "http://127.0.0.1:1/", 1, BA_ERR_HTTP },
		{ "file:///etc/passwd", 1, BA_ERR_HTTP },
		{ "https://u:p@127.0.0.1:1/", 1, BA_ERR_HTTP },
		{ "https://127.0.0.1:1/\r\nX: y", 1, BA_ERR_HTTP },
		{ "", 1, BA_ERR_HTTP },
		{ NULL, 1, BA_ERR_HTTP },
		{ "https://127.0.0.1:1/", 0, BA_ERR_INTERNAL },
		{ "https://127.0.0.1:1/", BA_HTTP_TIMEOUT_MAX + 1,
		    BA_ERR_INTERNAL },
	};
	struct ba_fetch *f = new_fake("fake-mute");
	struct ba_http_request q = { .ca_file = NULL };
	uint32_t serial;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		q.url = t[i].url;
		q.timeout_ms = t[i].ms;
		assert_int_equal(ba_fetch_send(f, &q, &serial), t[i].want);
	}
	ba_fetch_free(f);
}

/* Each with one defect, and its twin without. */
static void
test_TR06_TR09_requests_that_are_not_sent(void **state)
{
	static char form[BA_HTTP_FORM_MAX + 2], pem[BA_HTTP_PEM_MAX + 2];
	static char field[BA_HTTP_FIELD_MAX + 2];
	struct ba_buf forms[5], pems[3];
	const struct {
		int want;
		struct ba_http_request q;
	} t[] = {
		{ BA_OK, { .accept = "application/jwt" } },
		{ BA_ERR_HTTP, { .accept = "application/jwt\r\nX: y" } },
		{ BA_ERR_HTTP, { .accept = "" } },
		{ BA_OK, { .etag = "W/\"a\"" } },
		{ BA_ERR_HTTP, { .etag = "W/\"a\"\r\nX: y" } },
		{ BA_OK, { .authorization = "Basic eA==", .pool = 1 } },
		{ BA_ERR_HTTP, { .authorization = "Basic eA==\n", .pool = 1 } },
		{ BA_ERR_HTTP, { .authorization = "Basic \x7f", .pool = 1 } },
		{ BA_ERR_HTTP,
		    { .authorization = "Basic \xc3\xa4", .pool = 1 } },
		{ BA_ERR_HTTP, { .authorization = " Basic", .pool = 1 } },
		{ BA_ERR_HTTP, { .authorization = "Basic ", .pool = 1 } },
		{ BA_ERR_HTTP, { .authorization = "", .pool = 1 } },
		{ BA_OK, { .authorization = field + 1, .pool = 1 } },
		{ BA_ERR_HTTP, { .authorization = field, .pool = 1 } },
		{ BA_ERR_INTERNAL, { .authorization = "Basic eA==" } },
		{ BA_OK, { .form = view(&forms[0], "token=a") } },
		{ BA_ERR_HTTP, { .form = view(&forms[1], "token=a\n") } },
		{ BA_ERR_HTTP, { .form = view(&forms[2], "token= a") } },
		{ BA_ERR_HTTP, { .form = view(&forms[3], "token=a\x7f") } },
		{ BA_ERR_HTTP, { .form = view(&forms[4], "") } },
		{ BA_OK, { .certificate = view(&pems[0], "x"),
			     .key = view(&pems[0], "x"),
			     .pool = 1 } },
		{ BA_ERR_INTERNAL,
		    { .certificate = &pems[0], .key = &pems[0] } },
		{ BA_ERR_INTERNAL, { .certificate = &pems[0], .pool = 1 } },
		{ BA_ERR_INTERNAL, { .key = &pems[0], .pool = 1 } },
		{ BA_ERR_HTTP, { .certificate = view(&pems[1], ""),
				   .key = &pems[0],
				   .pool = 1 } },
		{ BA_ERR_HTTP,
		    { .certificate = &pems[0], .key = &pems[1], .pool = 1 } },
		{ BA_OK, { .ca_directory = "/certs" } },
		{ BA_ERR_HTTP, { .ca_directory = "certs" } },
		{ BA_ERR_HTTP, { .ca_directory = "/certs\n" } },
		{ BA_OK, { .ca_file = "/certs" } },
		{ BA_ERR_HTTP, { .ca_file = "" } },
		{ BA_ERR_INTERNAL,
		    { .ca_file = "/a", .ca_directory = "/certs" } },
		{ BA_OK, { .proxy = "http://proxy:3128" } },
		{ BA_OK, { .proxy = "http://[::1]:3128" } },
		{ BA_ERR_HTTP, { .proxy = "https://proxy:3128" } },
		{ BA_ERR_HTTP, { .proxy = "socks5h://proxy:3128" } },
		{ BA_ERR_HTTP, { .proxy = "http://u:p@proxy:3128" } },
		{ BA_ERR_HTTP, { .proxy = "http://proxy:3128/" } },
		{ BA_ERR_HTTP, { .proxy = "http://proxy:3128?x" } },
		{ BA_ERR_HTTP, { .proxy = "" } },
		{ BA_OK, { .no_proxy = "a,.b.example,10.0.0.0/8,::1" } },
		{ BA_ERR_HTTP, { .no_proxy = "*" } },
		{ BA_ERR_HTTP, { .no_proxy = "" } },
		{ BA_OK, { .body_max = BA_HTTP_BODY_MAX } },
		{ BA_ERR_INTERNAL, { .body_max = BA_HTTP_BODY_MAX + 1 } },
	};
	struct ba_fetch *f = new_fake("fake-mute");
	struct ba_http_request q;
	struct ba_buf large;
	uint32_t serial;
	size_t i;

	(void)state;
	memset(form, 'f', sizeof(form) - 1);
	memset(pem, 'p', sizeof(pem) - 1);
	memset(field, 'a', sizeof(field) - 1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		q = t[i].q;
		q.url = "https://127.0.0.1:1/";
		q.timeout_ms = 1;
		if (ba_fetch_send(f, &q, &serial) != t[i].want)
			fail_msg("%zu", i);
		assert_int_equal(serial != 0 || i == 0, t[i].want == BA_OK);
	}
	memset(&q, 0, sizeof(q));
	q.url = "https://127.0.0.1:1/";
	q.timeout_ms = 1;
	q.form = view(&large, form);
	assert_int_equal(ba_fetch_send(f, &q, &serial), BA_ERR_HTTP);
	large.len--;
	assert_int_equal(ba_fetch_send(f, &q, &serial), BA_OK);
	q.pool = 1;
	q.certificate = &pems[0];
	q.key = view(&pems[2], pem);
	assert_int_equal(ba_fetch_send(f, &q, &serial), BA_ERR_HTTP);
	pems[2].len--;
	assert_int_equal(ba_fetch_send(f, &q, &serial), BA_OK);
	ba_fetch_free(f);
}

static void
test_helper_that_is_not_there(void **state)
{
	struct ba_http_response r;
	struct ba_fetch *f;

	(void)state;
	ba_http_response_init(&r);
	f = new_fake("no-such-program");
	assert_int_equal(ba_fetch_wait(f, &any, &r), BA_ERR_SYSTEM);
	assert_int_equal(ba_fetch_fd(f), -1);
	assert_int_equal(r.err, BA_ERR_HTTP);
	ba_fetch_free(f);
}

/* Each is ended and collected; the twin that says the same rightly is not. */
static void
test_helpers_that_break_the_protocol(void **state)
{
	static const struct {
		const char *name;
		int want;
	} t[] = {
		{ "fake-die", BA_ERR_PROTOCOL },
		{ "fake-noise", BA_ERR_PROTOCOL },
		{ "fake-cut", BA_ERR_PROTOCOL },
		{ "fake-type", BA_ERR_PROTOCOL },
		{ "fake-code", BA_ERR_PROTOCOL },
		{ "fake-status", BA_ERR_PROTOCOL },
		{ "fake-success", BA_ERR_PROTOCOL },
		{ "fake-version", BA_ERR_PROTOCOL },
		{ "fake-etag", BA_ERR_PROTOCOL },
		{ "fake-retry", BA_ERR_PROTOCOL },
		{ "fake-fields", BA_OK },
		{ "fake-slices", BA_OK },
	};
	struct ba_http_response r;
	struct ba_fetch *f;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		f = new_fake(t[i].name);
		if (ba_fetch_wait(f, &any, &r) != t[i].want)
			fail_msg("%s", t[i].name);
		assert_int_equal(
		    r.err, t[i].want == BA_OK ? BA_OK : BA_ERR_HTTP);
		if (strcmp(t[i].name, "fake-slices") == 0)
			assert_string_equal(ba_buf_str(&r.body), "in slices");
		if (strcmp(t[i].name, "fake-fields") == 0) {
			assert_string_equal(r.etag, "\"v1\"");
			assert_int_equal(r.retry_after, BA_HTTP_RETRY_MAX);
		}
		if (t[i].want != BA_OK)
			assert_int_equal(find_child(), 0);
		ba_fetch_free(f);
		assert_int_equal(find_child(), 0);
	}
	ba_http_response_clear(&r);
}

static void
test_helper_that_does_not_answer(void **state)
{
	struct ba_http_request q = any;
	struct ba_fetch *f = new_fake("fake-mute");
	struct ba_http_response r;
	int64_t before = ba_clock_mono_ms(&ba_clock_system), took;

	(void)state;
	ba_http_response_init(&r);
	q.timeout_ms = 1;
	assert_int_equal(ba_fetch_wait(f, &q, &r), BA_ERR_TIMEOUT);
	took = ba_clock_mono_ms(&ba_clock_system) - before;
	assert_in_range(took, 1000, 3000);
	assert_int_equal(ba_fetch_fd(f), -1);
	assert_int_equal(find_child(), 0);
	ba_fetch_free(f);
}

static void
test_helper_that_does_not_read(void **state)
{
	struct ba_fetch *f = new_fake("fake-deaf");
	struct ba_http_request q = any;
	char url[BA_URL_MAX + 1] = "https://127.0.0.1:1/";
	uint32_t serial;
	int i, e = BA_OK;

	(void)state;
	memset(url + strlen(url), 'x', sizeof(url) - 1 - strlen(url));
	q.url = url;
	for (i = 0; i < 10000 && e == BA_OK; i++) {
		e = ba_fetch_send(f, &q, &serial);
		assert_int_equal(ba_fetch_run(f), BA_OK);
	}
	assert_int_equal(e, BA_ERR_BUSY);
	assert_int_equal(ba_fetch_want_write(f), 1);
	ba_fetch_kill(f);
	assert_int_equal(ba_fetch_fd(f), -1);
	assert_int_equal(ba_fetch_want_write(f), 0);
	assert_int_equal(find_child(), 0);
	ba_fetch_free(f);
}

/* Run until an answer is there. */
static void
run_and_take(struct ba_fetch *f, uint32_t *serialp, struct ba_http_response *r)
{
	struct pollfd p;

	while (ba_fetch_take(f, serialp, r) != BA_OK) {
		p.fd = ba_fetch_fd(f);
		p.events = POLLIN;
		if (ba_fetch_want_write(f))
			p.events |= POLLOUT;
		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_int_equal(ba_fetch_run(f), BA_OK);
	}
}

static void
test_answers_overlap(void **state)
{
	struct ba_fetch *f = new_fake("fake-reversed");
	struct ba_http_response r;
	uint32_t first, second, got;

	(void)state;
	ba_http_response_init(&r);
	assert_int_equal(ba_fetch_send(f, &any, &first), BA_OK);
	assert_int_equal(ba_fetch_send(f, &any, &second), BA_OK);
	assert_int_not_equal(first, second);
	assert_int_equal(ba_fetch_take(f, &got, &r), BA_ERR_NOT_FOUND);
	run_and_take(f, &got, &r);
	assert_int_equal(got, second);
	assert_string_equal(ba_buf_str(&r.body), "second");
	run_and_take(f, &got, &r);
	assert_int_equal(got, first);
	assert_int_equal(r.status, 201);
	assert_string_equal(ba_buf_str(&r.body), "first");
	assert_int_equal(ba_fetch_take(f, &got, &r), BA_ERR_NOT_FOUND);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_V24_V42_what_the_helper_is_given(void **state)
{
	struct ba_fetch *f = new_fake("fake-report");
	struct ba_http_response r;
	sigset_t block, old;
	int leak = open("/dev/zero", O_RDONLY); /* not close-on-exec */

	(void)state;
	ba_http_response_init(&r);
	assert_int_equal(setenv("SSLKEYLOGFILE", "/tmp/x", 1), 0);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &block, &old), 0);
	assert_ptr_not_equal(signal(SIGUSR1, SIG_IGN), SIG_ERR);
	assert_int_equal(ba_fetch_wait(f, &any, &r), BA_OK);
	assert_string_equal(ba_buf_str(&r.body),
	    "PATH=/usr/bin:/bin;LANG=C;"
	    "0=/dev/null;1=/dev/null;2=/dev/null;3=socket;"
	    "blocked=0;ignored=0;session=1");
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	unsetenv("SSLKEYLOGFILE");
	close(leak);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* ---- the real helper ---- */

static void
test_good_answer(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;

	(void)state;
	ba_http_response_init(&r);
	assert_int_equal(ask(f, "/ok", &r), BA_OK);
	assert_string_equal(r.why, "");
	assert_int_equal(r.err, BA_OK);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.content_type, "application/json");
	assert_int_equal(r.max_age, 600);
	assert_string_equal(ba_buf_str(&r.body), "{\"ok\":true}");
	assert_int_equal(ask(f, "/bare", &r), BA_OK);
	assert_int_equal(r.err, BA_OK);
	assert_string_equal(r.content_type, "");
	assert_int_equal(r.max_age, -1);
	assert_int_equal(r.body.len, 0);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_TR04_V33_V34_nothing_is_given_away(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	char want[256];

	(void)state;
	ba_http_response_init(&r);
	assert_answer(f, "/greedy", BA_OK, 401);
	assert_int_equal(ask(f, "/echo", &r), BA_OK);
	snprintf(want, sizeof(want),
	    "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "User-Agent: bearerauth/" PACKAGE_VERSION "\r\n"
	    "Accept: application/json\r\n\r\n",
	    g.server.port);
	assert_string_equal(ba_buf_str(&r.body), want);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_TR03_TR05_answers(void **state)
{
	static const struct {
		const char *path;
		int err;
		unsigned status;
	} t[] = {
		{ "/ok", BA_OK, 200 },
		{ "/missing", BA_OK, 404 },
		{ "/redirect", BA_OK, 302 },
		{ "/largest", BA_OK, 200 },
		{ "/too-large", BA_ERR_HTTP, 0 },
		{ "/endless", BA_ERR_HTTP, 0 },
		{ "/long-header", BA_OK, 200 },
		{ "/too-long-header", BA_ERR_HTTP, 0 },
		{ "/short", BA_ERR_HTTP, 0 },
		{ "/not-http", BA_ERR_HTTP, 0 },
		{ "/ok", BA_OK, 200 },
	};
	struct ba_fetch *f = new_real();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_answer(f, t[i].path, t[i].err, t[i].status);
	ba_fetch_free(f);
}

static void
test_fields_that_are_not_clear(void **state)
{
	static const struct {
		const char *path, *type;
		int64_t max_age;
	} t[] = {
		{ "/ok", "application/json", 600 },
		{ "/two-types", "", -1 },
		{ "/no-store", "", 0 },
		{ "/interim", "", -1 },
	};
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(ask(f, t[i].path, &r), BA_OK);
		assert_int_equal(r.err, BA_OK);
		assert_string_equal(r.content_type, t[i].type);
		assert_int_equal(r.max_age, t[i].max_age);
	}
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* The good one comes first, so that a connection could be reused wrongly. */
static void
test_TR02_V33_certificates(void **state)
{
	const struct {
		const char *host;
		int port;
		const char *ca;
		int err;
	} t[] = {
		{ "127.0.0.1", g.server.port, g.server.ca_file, BA_OK },
		{ "127.0.0.1", g.server.port, g.server.other_ca_file,
		    BA_ERR_TLS },
		{ "127.0.0.1", g.server.port, NULL, BA_ERR_TLS },
		{ "127.0.0.1", g.server.port, "/dev/null", BA_ERR_TLS },
		{ "127.0.0.1", g.server.port, "/nonexistent", BA_ERR_TLS },
		{ "localhost", g.server.port, g.server.ca_file, BA_ERR_TLS },
		{ "127.0.0.1", g.server.expired_port, g.server.ca_file,
		    BA_ERR_TLS },
		{ "127.0.0.1", g.server.port, g.server.ca_file, BA_OK },
	};
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	char url[128];
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(
		    url, sizeof(url), "https://%s:%d/ok", t[i].host, t[i].port);
		assert_int_equal(ask_url(f, url, t[i].ca, 5000, &r), BA_OK);
		if (r.err != t[i].err)
			fail_msg("%zu: %s %s", i, ba_err_name(r.err), r.why);
		assert_int_equal(r.why[0] == '\0', r.err == BA_OK);
	}
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_connections_are_reused(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	int connection, first, again;

	(void)state;
	ba_http_response_init(&r);
	assert_int_equal(ask(f, "/count", &r), BA_OK);
	assert_int_equal(
	    sscanf(ba_buf_str(&r.body), "%d.%d", &first, &again), 2);
	assert_int_equal(again, 1);
	assert_int_equal(ask(f, "/count", &r), BA_OK);
	assert_int_equal(
	    sscanf(ba_buf_str(&r.body), "%d.%d", &connection, &again), 2);
	assert_int_equal(connection, first);
	assert_int_equal(again, 2);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_TR04_post_of_a_form(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	char want[512];
	static char large[BA_HTTP_FORM_MAX + 1];

	(void)state;
	ba_http_response_init(&r);
	order(&o, "/echo");
	order_form(&o, "token=a%20b&x=y");
	o.q.accept = "application/token-introspection+jwt";
	o.q.authorization = "Basic c2VjcmV0 =";
	o.q.etag = "W/\"x\"";
	o.q.pool = 1;
	snprintf(want, sizeof(want),
	    "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "User-Agent: bearerauth/" PACKAGE_VERSION "\r\n"
	    "Accept: application/token-introspection+jwt\r\n"
	    "If-None-Match: W/\"x\"\r\n"
	    "Authorization: Basic c2VjcmV0 =\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: 15\r\n\r\ntoken=a%%20b&x=y",
	    g.server.port);
	assert_string_equal(carry_out(f, &o, 200, &r), want);
	/* On the same connection, and nothing of it is left for the next. */
	order(&o, "/echo");
	o.q.pool = 1;
	snprintf(want, sizeof(want),
	    "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "User-Agent: bearerauth/" PACKAGE_VERSION "\r\n"
	    "Accept: application/json\r\n\r\n",
	    g.server.port);
	assert_string_equal(carry_out(f, &o, 200, &r), want);
	memset(large, 'x', sizeof(large) - 1);
	order(&o, "/length");
	order_form(&o, large);
	assert_int_equal(atoi(carry_out(f, &o, 200, &r)), BA_HTTP_FORM_MAX);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* A redirect is an answer; one request more would be counted (V34). */
static void
test_TR03_V34_no_redirect_with_credentials(void **state)
{
	static const unsigned status[] = { 301, 302, 303, 307, 308 };
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	char path[32];
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < sizeof(status) / sizeof(status[0]); i++) {
		snprintf(path, sizeof(path), "/go-%u", status[i]);
		order(&o, path);
		order_form(&o, "token=x");
		o.q.authorization = "Basic x";
		o.q.pool = 1;
		assert_string_equal(carry_out(f, &o, status[i], &r), "moved");
	}
	order(&o, "/count");
	o.q.pool = 1;
	assert_string_equal(strchr(carry_out(f, &o, 200, &r), '.'), ".6");
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_V33_client_certificate(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	order(&o, "/client");
	assert_string_equal(carry_out(f, &o, 200, &r), "nobody");
	for (i = 0; i < 4; i++) {
		o.q.pool = 1;
		order_certificate(
		    &o, g.server.certificate[i % 2], g.server.key[i % 2]);
		assert_string_equal(
		    carry_out(f, &o, 200, &r), i % 2 == 0 ? "one" : "two");
	}
	o.q.certificate = o.q.key = NULL;
	assert_string_equal(carry_out(f, &o, 200, &r), "nobody");
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* An encrypted key is not asked for at a terminal, but refused. */
static void
test_V33_wrong_client_certificates(void **state)
{
	const struct {
		const char *certificate, *key;
		int want;
	} t[] = {
		{ g.server.certificate[0], g.server.key[1], BA_ERR_TLS },
		{ g.server.certificate[0], g.server.locked_key, BA_ERR_TLS },
		{ g.server.certificate[0], "SECRET", BA_ERR_TLS },
		{ g.server.key[0], g.server.key[0], BA_ERR_TLS },
		{ g.server.certificate[0], g.server.key[0], BA_OK },
	};
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		order(&o, "/client");
		o.q.pool = 2;
		order_certificate(&o, t[i].certificate, t[i].key);
		if (t[i].want == BA_OK)
			assert_string_equal(carry_out(f, &o, 200, &r), "one");
		else
			must_fail(f, &o, t[i].want);
	}
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* Whatever fails after a secret was sent, or before: not a word of it. */
static void
test_no_secret_in_what_is_said(void **state)
{
	static const char *const paths[] = { "/too-large", "/endless",
		"/too-long-header", "/short", "/not-http", "/no-such-page" };
	struct ba_fetch *f = new_real();
	struct order o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		order(&o, paths[i]);
		order_form(&o, "token=SECRET");
		o.q.authorization = "Bearer SECRET";
		o.q.pool = 3;
		must_fail(f, &o, BA_ERR_HTTP);
	}
	order(&o, "/silent");
	order_form(&o, "token=SECRET");
	o.q.timeout_ms = 50;
	must_fail(f, &o, BA_ERR_TIMEOUT);
	order(&o, "/ok");
	order_form(&o, "token=SECRET");
	o.q.ca_file = g.server.other_ca_file;
	must_fail(f, &o, BA_ERR_TLS);
	ba_fetch_free(f);
}

/* The number of the connection that this request was made on. */
static int
connection_of(struct ba_fetch *f, const struct order *o)
{
	struct ba_http_response r;
	int n;

	ba_http_response_init(&r);
	n = atoi(carry_out(f, o, 200, &r));
	ba_http_response_clear(&r);
	return n;
}

static void
test_TR09_V33_pools_share_no_connection(void **state)
{
	struct ba_fetch *f = new_real();
	struct order o[6];
	int first[6];
	size_t i, k;

	(void)state;
	for (i = 0; i < 6; i++)
		order(&o[i], "/count");
	o[1].q.pool = 1;
	o[2].q.pool = 2;
	o[3].q.pool = 1;
	order_certificate(&o[3], g.server.certificate[0], g.server.key[0]);
	o[4].q.pool = 1;
	order_certificate(&o[4], g.server.certificate[1], g.server.key[1]);
	/* The same authority by another way: who knows for how long. */
	o[5].q.ca_file = NULL;
	o[5].q.ca_directory = g.server.ca_directory;
	for (i = 0; i < 6; i++) {
		first[i] = connection_of(f, &o[i]);
		for (k = 0; k < i; k++)
			assert_int_not_equal(first[i], first[k]);
	}
	for (i = 0; i < 6; i++)
		assert_int_equal(connection_of(f, &o[i]), first[i]);
	ba_fetch_free(f);
}

/* DEV-03: a connection each, so that no request meets one that was reset and
   goes out twice; the other pools go on with theirs. */
static void
test_DEV_03_alone_on_a_connection(void **state)
{
	struct ba_fetch *f = new_real();
	struct order other, alone;
	int first, last, next;

	(void)state;
	order(&other, "/count");
	order(&alone, "/count");
	other.q.pool = BA_HTTP_POOL_ALONE - 1;
	alone.q.pool = BA_HTTP_POOL_ALONE;
	first = connection_of(f, &other);
	last = connection_of(f, &alone);
	next = connection_of(f, &alone);
	assert_int_not_equal(last, first);
	assert_int_not_equal(next, first);
	assert_int_not_equal(next, last);
	assert_int_equal(connection_of(f, &other), first);
	ba_fetch_free(f);
}

/* Two at a time are two connections, and both go on serving their pool. */
static void
test_TR09_a_pool_while_it_is_used(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o, slow;
	uint32_t serial, got;
	int first;

	(void)state;
	ba_http_response_init(&r);
	order(&o, "/count");
	o.q.pool = 9;
	order(&slow, "/silent");
	slow.q.pool = 9;
	slow.q.timeout_ms = 300;
	first = connection_of(f, &o);
	assert_int_equal(ba_fetch_send(f, &slow.q, &serial), BA_OK);
	assert_int_not_equal(connection_of(f, &o), first);
	run_and_take(f, &got, &r);
	assert_int_equal(got, serial);
	assert_int_equal(r.err, BA_ERR_TIMEOUT);
	assert_int_not_equal(connection_of(f, &o), first);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* 64 pools stay; the one that was not used for longest goes first. */
static void
test_TR09_pools_are_bounded(void **state)
{
	struct ba_fetch *f = new_real();
	struct order o;
	int first, second, i;

	(void)state;
	order(&o, "/count");
	o.q.pool = 1000;
	first = connection_of(f, &o);
	o.q.pool = 1001;
	second = connection_of(f, &o);
	o.q.pool = 1000;
	assert_int_equal(connection_of(f, &o), first);
	for (i = 2; i < 64; i++) {
		o.q.pool = 1000 + (uint64_t)i;
		(void)connection_of(f, &o);
	}
	o.q.pool = 1000;
	assert_int_equal(connection_of(f, &o), first);
	o.q.pool = 2000;
	(void)connection_of(f, &o);
	o.q.pool = 1000;
	assert_int_equal(connection_of(f, &o), first);
	o.q.pool = 1001;
	assert_int_not_equal(connection_of(f, &o), second);
	ba_fetch_free(f);
}

static void
test_etag_expires_retry_after(void **state)
{
	static const struct {
		const char *path;
		unsigned status;
		const char *etag;
		int64_t max_age, retry_after;
	} t[] = {
		{ "/ok", 200, "", 600, -1 },
		{ "/etag", 200, "\"v1\"", -1, -1 },
		{ "/bad-etag", 200, "", -1, -1 },
		{ "/two-etags", 200, "", -1, -1 },
		{ "/expires", 200, "", 100, -1 },
		{ "/expires-without-date", 200, "", INT64_C(1) << 31, -1 },
		{ "/expires-twice", 200, "", 0, -1 },
		{ "/expires-never", 200, "", 0, -1 },
		{ "/expires-and-max-age", 200, "", 7, -1 },
		{ "/retry", 429, "", -1, 7 },
		{ "/retry-date", 503, "", -1, 90 },
		{ "/retry-some-day", 503, "", -1, -1 },
	};
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		order(&o, t[i].path);
		(void)carry_out(f, &o, t[i].status, &r);
		assert_string_equal(r.etag, t[i].etag);
		assert_int_equal(r.max_age, t[i].max_age);
		assert_int_equal(r.retry_after, t[i].retry_after);
	}
	order(&o, "/etag");
	o.q.etag = "\"v1\"";
	assert_string_equal(carry_out(f, &o, 304, &r), "");
	assert_string_equal(r.etag, "\"v1\"");
	assert_int_equal(r.max_age, 60);
	o.q.etag = "\"v2\"";
	assert_string_equal(carry_out(f, &o, 200, &r), "{}");
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_TR05_body_max(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;

	(void)state;
	ba_http_response_init(&r);
	order(&o, "/ok");
	o.q.body_max = 11;
	assert_string_equal(carry_out(f, &o, 200, &r), "{\"ok\":true}");
	o.q.body_max = 10;
	must_fail(f, &o, BA_ERR_HTTP);
	/* Of this one the length is not known before. */
	order(&o, "/endless");
	o.q.body_max = 1000;
	must_fail(f, &o, BA_ERR_HTTP);
	order(&o, "/packed");
	assert_string_equal(carry_out(f, &o, 200, &r), "not unpacked");
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* What the proxy has written since the last time. */
static const char *
proxy_log(void)
{
	static char text[8192];
	int fd = open(g.server.proxy_log, O_RDWR | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		assert_true(n >= 0 && ftruncate(fd, 0) == 0);
		close(fd);
	}
	text[n] = '\0';
	return text;
}

static void
test_TR04_V42_proxy(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	char proxy[64], want[512];

	(void)state;
	ba_http_response_init(&r);
	snprintf(
	    proxy, sizeof(proxy), "http://127.0.0.1:%d", g.server.proxy_port);
	order(&o, "/ok");
	(void)carry_out(f, &o, 200, &r);
	assert_string_equal(proxy_log(), "");
	order_form(&o, "token=SECRET");
	o.q.authorization = "Bearer SECRET";
	o.q.pool = 1;
	o.q.proxy = proxy;
	(void)carry_out(f, &o, 200, &r);
	snprintf(want, sizeof(want),
	    "CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
	    "User-Agent: bearerauth/" PACKAGE_VERSION "\r\n"
	    "Proxy-Connection: Keep-Alive\r\n\r\n",
	    g.server.port, g.server.port);
	assert_string_equal(proxy_log(), want);
	/* The name is still verified, behind it, too. */
	o.q.pool = 2;
	snprintf(
	    o.url, sizeof(o.url), "https://localhost:%d/ok", g.server.port);
	must_fail(f, &o, BA_ERR_TLS);
	assert_string_not_equal(proxy_log(), "");
	snprintf(o.url, sizeof(o.url), "https://127.0.0.1:1/ok");
	must_fail(f, &o, BA_ERR_HTTP);
	assert_string_not_equal(proxy_log(), "");
	/* A connection through it serves nobody who wants none. */
	order(&o, "/ok");
	o.q.pool = 1;
	(void)carry_out(f, &o, 200, &r);
	assert_string_equal(proxy_log(), "");
	o.q.pool = 3;
	o.q.proxy = "http://127.0.0.1:1";
	must_fail(f, &o, BA_ERR_HTTP);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_TR04_no_proxy(void **state)
{
	static const struct {
		const char *hosts;
		bool direct;
	} t[] = {
		{ "127.0.0.1", true },
		{ "a.example,127.0.0.1", true },
		{ "127.0.0.0/8", true },
		{ "127.0.0.2", false },
		{ "a.example", false },
		{ "10.0.0.0/8", false },
		{ NULL, false },
	};
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	char proxy[64];
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	snprintf(
	    proxy, sizeof(proxy), "http://127.0.0.1:%d", g.server.proxy_port);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		order(&o, "/ok");
		o.q.pool = i + 1;
		o.q.proxy = proxy;
		o.q.no_proxy = t[i].hosts;
		(void)carry_out(f, &o, 200, &r);
		if ((proxy_log()[0] == '\0') != t[i].direct)
			fail_msg("%s", t[i].hosts);
	}
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* ---- whom to trust ---- */

static void
write_file(const char *path, const char *a, const char *b)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(a, f) >= 0 && fputs(b, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *
read_text(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "re");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

/* The good one first: no connection of it may serve the others. */
static void
test_TR02_ca_directory(void **state)
{
	char empty[128], colon[160], other[512];
	const struct {
		const char *ca_directory;
		int port, err;
	} t[] = {
		{ g.server.ca_directory, g.server.port, BA_OK },
		{ empty, g.server.port, BA_ERR_TLS },
		{ colon, g.server.port, BA_ERR_TLS },
		{ g.server.ca_file, g.server.port, BA_ERR_TLS },
		{ "/nonexistent", g.server.port, BA_ERR_TLS },
		{ g.server.ca_directory, g.server.expired_port, BA_ERR_TLS },
		{ g.server.ca_directory, g.server.port, BA_OK },
	};
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct order o;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	snprintf(empty, sizeof(empty), "%s/empty", g.dir);
	snprintf(colon, sizeof(colon), "%s/a:b", g.dir);
	assert_int_equal(mkdir(empty, 0755), 0);
	assert_int_equal(symlink(g.server.ca_directory, colon), 0);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		order(&o, "/ok");
		snprintf(
		    o.url, sizeof(o.url), "https://127.0.0.1:%d/ok", t[i].port);
		o.q.ca_file = NULL;
		o.q.ca_directory = t[i].ca_directory;
		if (t[i].err == BA_OK)
			(void)carry_out(f, &o, 200, &r);
		else
			must_fail(f, &o, t[i].err);
	}
	/* What comes into a directory counts, and what goes, too. */
	order(&o, "/ok");
	o.q.ca_file = NULL;
	o.q.ca_directory = empty;
	must_fail(f, &o, BA_ERR_TLS);
	snprintf(
	    other, sizeof(other), "cp %s/* %s", g.server.ca_directory, empty);
	assert_int_equal(system(other), 0);
	(void)carry_out(f, &o, 200, &r);
	snprintf(other, sizeof(other), "rm %s/*", empty);
	assert_int_equal(system(other), 0);
	must_fail(f, &o, BA_ERR_TLS);
	assert_int_equal(rmdir(empty), 0);
	must_fail(f, &o, BA_ERR_TLS);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_TR02_ca_file_that_changes(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	char path[128], good[4096], other[4096];
	struct order o;

	(void)state;
	ba_http_response_init(&r);
	snprintf(path, sizeof(path), "%s/changing.pem", g.dir);
	snprintf(good, sizeof(good), "%s", read_text(g.server.ca_file));
	snprintf(other, sizeof(other), "%s", read_text(g.server.other_ca_file));
	order(&o, "/ok");
	o.q.ca_file = path;
	must_fail(f, &o, BA_ERR_TLS);
	write_file(path, good, "");
	(void)carry_out(f, &o, 200, &r);
	write_file(path, other, "");
	must_fail(f, &o, BA_ERR_TLS);
	write_file(path, g.server.certificate[0], good);
	(void)carry_out(f, &o, 200, &r);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ba_fetch_wait(f, &o.q, &r), BA_OK);
	assert_int_equal(r.err, BA_ERR_TLS);
	assert_non_null(strstr(r.why, path));
	/* Text between and other things are passed over; a certificate that
	   cannot be read is not. */
	write_file(path, "text\n", good);
	(void)carry_out(f, &o, 200, &r);
	write_file(path, g.server.locked_key, good);
	(void)carry_out(f, &o, 200, &r);
	write_file(path, good,
	    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	must_fail(f, &o, BA_ERR_TLS);
	write_file(path, good, "-----BEGIN CERTIFICATE-----\nAAAA\n");
	must_fail(f, &o, BA_ERR_TLS);
	write_file(path, g.server.locked_key, "");
	must_fail(f, &o, BA_ERR_TLS);
	o.q.ca_file = g.dir;
	must_fail(f, &o, BA_ERR_TLS);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* How often somebody has opened what fd watches, since the last time. */
static int
times_opened(int fd)
{
	struct inotify_event e[64];
	ssize_t n, total = 0;

	while ((n = read(fd, e, sizeof(e))) > 0)
		total += n / (ssize_t)sizeof(e[0]);
	return (int)total;
}

/* The bundle is parsed once a process, whatever is asked with it. */
static void
test_ca_file_is_read_once(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char path[128];
	struct order o;
	uint64_t i;

	(void)state;
	ba_http_response_init(&r);
	snprintf(path, sizeof(path), "%s/once.pem", g.dir);
	write_file(path, read_text(g.server.ca_file), "");
	assert_true(inotify_add_watch(fd, path, IN_OPEN) >= 0);
	order(&o, "/ok");
	o.q.ca_file = path;
	for (i = 0; i < 70; i++) {
		o.q.pool = i;
		(void)carry_out(f, &o, 200, &r);
	}
	snprintf(
	    o.url, sizeof(o.url), "https://localhost:%d/ok", g.server.port);
	must_fail(f, &o, BA_ERR_TLS);
	assert_int_equal(times_opened(fd), 1);
	close(fd);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* More files than are kept: the last ones are, and all are judged rightly. */
static void
test_TR02_many_ca_files(void **state)
{
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	char path[70][128], good[4096], other[4096];
	struct order o;
	int i, round;

	(void)state;
	ba_http_response_init(&r);
	snprintf(good, sizeof(good), "%s", read_text(g.server.ca_file));
	snprintf(other, sizeof(other), "%s", read_text(g.server.other_ca_file));
	for (i = 0; i < 70; i++) {
		snprintf(path[i], sizeof(path[i]), "%s/many-%d.pem", g.dir, i);
		write_file(path[i], i % 7 == 0 ? other : good, "");
	}
	for (round = 0; round < 2; round++)
		for (i = 0; i < 70; i++) {
			order(&o, "/ok");
			o.q.ca_file = path[i];
			if (i % 7 == 0)
				must_fail(f, &o, BA_ERR_TLS);
			else
				(void)carry_out(f, &o, 200, &r);
		}
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* One issuer that does not answer holds up nobody else. */
static void
test_TR08_slow_answers(void **state)
{
	static const char *const paths[] = { "/silent", "/slow" };
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	struct ba_http_request q = { .ca_file = g.server.ca_file };
	char url[2][64];
	uint32_t slow[2], got;
	int64_t before = ba_clock_mono_ms(&ba_clock_system), took;
	size_t i;

	(void)state;
	ba_http_response_init(&r);
	for (i = 0; i < 2; i++) {
		snprintf(url[i], sizeof(url[i]), "https://127.0.0.1:%d%s",
		    g.server.port, paths[i]);
		q.url = url[i];
		q.timeout_ms = 1000;
		assert_int_equal(ba_fetch_send(f, &q, &slow[i]), BA_OK);
	}
	assert_answer(f, "/ok", BA_OK, 200);
	took = ba_clock_mono_ms(&ba_clock_system) - before;
	assert_in_range(took, 0, 900);
	for (i = 0; i < 2; i++) {
		run_and_take(f, &got, &r);
		assert_true(got == slow[0] || got == slow[1]);
		assert_int_equal(r.err, BA_ERR_TIMEOUT);
		assert_int_equal(r.body.len, 0);
	}
	took = ba_clock_mono_ms(&ba_clock_system) - before;
	assert_in_range(took, 1000, 3000);
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

/* More than the helper has places for, large ones among them. */
static void
test_many_at_once(void **state)
{
	struct ba_http_request q = { .ca_file = g.server.ca_file,
		.timeout_ms = 10000 };
	struct ba_fetch *f = new_real();
	struct ba_http_response r;
	char url[64], large[64];
	uint32_t serial;
	int i;

	(void)state;
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/ok", g.server.port);
	snprintf(large, sizeof(large), "https://127.0.0.1:%d/largest",
	    g.server.port);
	ba_http_response_init(&r);
	for (i = 0; i < 300; i++) {
		q.url = i % 16 == 0 ? large : url;
		assert_int_equal(ba_fetch_send(f, &q, &serial), BA_OK);
	}
	for (i = 0; i < 300; i++) {
		run_and_take(f, &serial, &r);
		assert_string_equal(r.why, "");
		assert_int_equal(r.err, BA_OK);
		assert_int_equal(
		    r.body.len, serial % 16 == 0 ? 512 * 1024 : 11);
	}
	ba_http_response_clear(&r);
	ba_fetch_free(f);
}

static void
test_helper_killed_works_again(void **state)
{
	struct ba_fetch *f = new_real();
	struct pollfd p;
	uint32_t serial;

	(void)state;
	assert_answer(f, "/ok", BA_OK, 200);
	assert_int_equal(ba_fetch_send(f, &any, &serial), BA_OK);
	p.fd = ba_fetch_fd(f);
	p.events = POLLIN;
	assert_int_equal(kill(find_child(), SIGKILL), 0);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(ba_fetch_run(f), BA_ERR_PROTOCOL);
	assert_int_equal(ba_fetch_fd(f), -1);
	assert_int_equal(find_child(), 0);
	assert_answer(f, "/ok", BA_OK, 200);
	ba_fetch_kill(f);
	assert_answer(f, "/ok", BA_OK, 200);
	ba_fetch_free(f);
}

/* ---- the real helper, spoken to directly ---- */

struct raw {
	pid_t pid;
	int fd;
};

static struct raw
raw_start(char *const env[])
{
	posix_spawn_file_actions_t a;
	char *argv[] = { g.helper, NULL };
	struct raw raw;
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_adddup2(&a, pair[1], 3);
	posix_spawn_file_actions_addopen(&a, 2, "/dev/null", O_WRONLY, 0);
	assert_int_equal(
	    posix_spawn(&raw.pid, g.helper, &a, NULL, argv, env), 0);
	posix_spawn_file_actions_destroy(&a);
	close(pair[1]);
	raw.fd = pair[0];
	return raw;
}

/* Its exit status after we have closed. */
static int
raw_end(struct raw *raw)
{
	int status = -1;

	close(raw->fd);
	assert_int_equal(waitpid(raw->pid, &status, 0), raw->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
raw_begin(struct ba_msg_out *o, struct ba_buf *b, uint8_t version,
    const char *url, const char *ca, uint32_t ms)
{
	ba_buf_init(b, BA_WIRE_FETCH_MAX);
	ba_msg_begin(o, b, version, BA_MSG_FETCH);
	ba_msg_put_u32(o, BA_TAG_SERIAL, 7);
	ba_msg_put_str(o, BA_TAG_URL, url);
	ba_msg_put_u32(o, BA_TAG_TIMEOUT, ms);
	ba_msg_put_str(o, BA_TAG_CA_FILE, ca);
}

/*
 * Send what was built, and read the answer into b; m is a view of it.  The
 * error in it, or BA_ERR_PROTOCOL where none comes.
 */
static int
raw_end_and_ask(
    struct raw *raw, struct ba_msg_out *o, struct ba_buf *b, struct ba_msg *m)
{
	unsigned char *p;
	size_t total = 0;
	ssize_t n = 1;

	assert_int_equal(ba_msg_end(o), BA_OK);
	assert_int_equal(send(raw->fd, b->p, b->len, MSG_NOSIGNAL), b->len);
	ba_buf_clear(b);
	while (n > 0 && (total == 0 || b->len < total)) {
		assert_int_equal(ba_buf_reserve(b, 4096, &p), BA_OK);
		n = recv(raw->fd, p, 4096, 0);
		if (n > 0)
			ba_buf_commit(b, (size_t)n);
		assert_int_equal(
		    ba_frame_size(b->p, b->len, BA_WIRE_FETCH_MAX, &total),
		    BA_OK);
	}
	if (n <= 0 || ba_msg_parse(b->p, b->len, m) != BA_OK ||
	    ba_msg_u32(m, BA_TAG_SERIAL, 0) != 7)
		return BA_ERR_PROTOCOL;
	return -(int)ba_msg_u32(m, BA_TAG_ERROR, 0);
}

static int
raw_ask(struct raw *raw, const char *url, const char *ca, uint32_t ms)
{
	struct ba_msg_out o;
	struct ba_msg m;
	struct ba_buf b;
	int err;

	raw_begin(&o, &b, BA_WIRE_VERSION, url, ca, ms);
	err = raw_end_and_ask(raw, &o, &b, &m);
	ba_buf_wipe(&b);
	return err;
}

static void
need_helper(void)
{
	if (!g.have_helper)
		skip();
}

static void
test_TR01_TR06_helper_judges_for_itself(void **state)
{
	static char *const env[] = { NULL };
	char good[64], plain[64], user[64], fragment[64];
	struct raw raw;

	(void)state;
	need_helper();
	snprintf(good, sizeof(good), "https://127.0.0.1:%d/ok", g.server.port);
	snprintf(plain, sizeof(plain), "http://127.0.0.1:%d/ok", g.server.port);
	snprintf(
	    user, sizeof(user), "https://u@127.0.0.1:%d/ok", g.server.port);
	snprintf(fragment, sizeof(fragment), "https://127.0.0.1:%d/ok#x",
	    g.server.port);
	raw = raw_start(env);
	assert_int_equal(
	    raw_ask(&raw, plain, g.server.ca_file, 5000), BA_ERR_HTTP);
	assert_int_equal(
	    raw_ask(&raw, user, g.server.ca_file, 5000), BA_ERR_HTTP);
	assert_int_equal(
	    raw_ask(&raw, fragment, g.server.ca_file, 5000), BA_ERR_HTTP);
	assert_int_equal(
	    raw_ask(&raw, "file:///etc/passwd", NULL, 5000), BA_ERR_HTTP);
	assert_int_equal(raw_ask(&raw, good, g.server.ca_file, 0), BA_ERR_HTTP);
	assert_int_equal(
	    raw_ask(&raw, good, g.server.ca_file, BA_HTTP_TIMEOUT_MAX + 1),
	    BA_ERR_HTTP);
	assert_int_equal(raw_ask(&raw, good, g.server.ca_file, 5000), BA_OK);
	assert_int_equal(raw_end(&raw), 0);
}

/* A broker of the last version is answered in that. */
static void
test_helper_answers_in_the_version_of_the_question(void **state)
{
	static char *const env[] = { NULL };
	struct ba_msg_out o;
	struct ba_msg m;
	struct ba_buf b;
	char url[64];
	struct raw raw;
	uint8_t version;

	(void)state;
	need_helper();
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/etag", g.server.port);
	raw = raw_start(env);
	for (version = 1; version <= 2; version++) {
		raw_begin(&o, &b, version, url, g.server.ca_file, 5000);
		assert_int_equal(raw_end_and_ask(&raw, &o, &b, &m), BA_OK);
		assert_int_equal(m.version, version);
		assert_int_equal(ba_msg_has(&m, BA_TAG_ETAG), version == 2);
		assert_int_equal(ba_msg_u32(&m, BA_TAG_HTTP_STATUS, 0), 200);
		ba_buf_wipe(&b);
	}
	assert_int_equal(raw_end(&raw), 0);
}

/* What a broker of ours would not send. */
static void
test_TR06_TR09_helper_judges_credentials_for_itself(void **state)
{
	static char *const env[] = { NULL };
	static const struct {
		enum ba_tag tag;
		const char *value;
		uint64_t pool;
		int want;
	} t[] = {
		{ BA_TAG_AUTHORIZATION, "Basic x", 1, BA_OK },
		{ BA_TAG_AUTHORIZATION, "Basic x", 0, BA_ERR_HTTP },
		{ BA_TAG_AUTHORIZATION, "Basic \xc3\xa4", 1, BA_ERR_HTTP },
		{ BA_TAG_FORM, "token=x", 0, BA_OK },
		{ BA_TAG_FORM, "token=x\r\n", 0, BA_ERR_HTTP },
		{ BA_TAG_CERTIFICATE, "x", 1, BA_ERR_HTTP },
		{ BA_TAG_CA_DIRECTORY, "/etc", 0, BA_ERR_HTTP },
		{ BA_TAG_PROXY, "socks5://127.0.0.1:1", 0, BA_ERR_HTTP },
		{ BA_TAG_NO_PROXY, "127.0.0.1", 0, BA_OK },
		{ BA_TAG_NO_PROXY, "*", 0, BA_ERR_HTTP },
	};
	struct ba_msg_out o;
	struct ba_msg m;
	struct ba_buf b;
	char url[64];
	struct raw raw;
	size_t i;

	(void)state;
	need_helper();
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/ok", g.server.port);
	raw = raw_start(env);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		raw_begin(&o, &b, 2, url, g.server.ca_file, 5000);
		ba_msg_put_str(&o, t[i].tag, t[i].value);
		ba_msg_put_u64(&o, BA_TAG_POOL, t[i].pool);
		if (raw_end_and_ask(&raw, &o, &b, &m) != t[i].want)
			fail_msg("%zu", i);
		ba_buf_wipe(&b);
	}
	assert_int_equal(raw_end(&raw), 0);
}

/* Whatever the environment says: the same answer, and no file is made. */
static void
test_TR10_V42_environment_does_not_count(void **state)
{
	char keylog[256], certs[256], url[64];
	char *const env[] = { keylog, certs,
		S("https_proxy=http://127.0.0.1:1"),
		S("ALL_PROXY=http://127.0.0.1:1"),
		S("SSL_CERT_DIR=/nonexistent"), S("OPENSSL_CONF=/nonexistent"),
		S("CURL_HOME=/nonexistent"), S("HOME=/nonexistent"), NULL };
	struct raw raw;

	(void)state;
	need_helper();
	snprintf(keylog, sizeof(keylog), "SSLKEYLOGFILE=%s/keys", g.dir);
	snprintf(certs, sizeof(certs), "SSL_CERT_FILE=%s", g.server.ca_file);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/ok", g.server.port);
	raw = raw_start(env);
	assert_int_equal(raw_ask(&raw, url, g.server.ca_file, 5000), BA_OK);
	assert_int_equal(
	    raw_ask(&raw, url, g.server.other_ca_file, 5000), BA_ERR_TLS);
	assert_int_equal(raw_ask(&raw, url, NULL, 5000), BA_ERR_TLS);
	assert_int_equal(access(strchr(keylog, '=') + 1, F_OK), -1);
	assert_int_equal(raw_end(&raw), 0);
}

static void
test_helper_ends_on_nonsense(void **state)
{
	static char *const env[] = { NULL };
	static const struct {
		const char *bytes;
		size_t n;
	} t[] = {
		{ "GET / HTTP/1.1\r\n\r\n", 18 },
		{ "\0\0\0\2\1\1", 6 }, /* an ASK without its fields */
		{ "\0\6\0\1\1\40", 6 }, /* a FETCH of 384 KiB and more */
	};
	struct raw raw;
	size_t i;
	char c;

	(void)state;
	need_helper();
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		raw = raw_start(env);
		assert_int_equal(
		    send(raw.fd, t[i].bytes, t[i].n, MSG_NOSIGNAL), t[i].n);
		assert_true(recv(raw.fd, &c, 1, 0) <= 0);
		assert_int_equal(raw_end(&raw), 1);
	}
	raw = raw_start(env);
	assert_int_equal(raw_end(&raw), 0);
}

static void
test_helper_does_not_run_as_root(void **state)
{
	(void)state;
	/* cmocka's skip() is a failure in TAP; without root there is nothing
	   to be refused. */
	if (g.root_status < 0)
		print_message("# not root: the helper cannot be run as root\n");
	else
		assert_int_equal(g.root_status, 1);
}

/* ---- set-up ---- */

static void
copy_program(const char *from, const char *to)
{
	char block[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	if (in < 0 || out < 0 || fchmod(out, 0755) != 0) {
		perror(to);
		exit(1);
	}
	while ((n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			exit(1);
	close(in);
	close(out);
}

/* The program beside this one in the build tree: ../../bearerauth-fetch. */
static void
copy_helper(const char *self)
{
	char path[PATH_MAX];
	int i;

	snprintf(path, sizeof(path), "%s", self);
	for (i = 0; i < 3; i++)
		if (strrchr(path, '/') != NULL)
			*strrchr(path, '/') = '\0';
	strncat(path, "/bearerauth-fetch", sizeof(path) - strlen(path) - 1);
	g.have_helper = access(path, X_OK) == 0;
	snprintf(g.helper, sizeof(g.helper), "%s/bearerauth-fetch", g.dir);
	if (g.have_helper)
		copy_program(path, g.helper);
}

static void
become_nobody(void)
{
	static char *const env[] = { NULL };
	struct raw raw;

	g.root_status = -1;
	if (geteuid() != 0)
		return;
	if (g.have_helper) {
		raw = raw_start(env);
		g.root_status = raw_end(&raw);
	}
	if (chown(g.dir, NOBODY, NOBODY) != 0 || setgroups(0, NULL) != 0 ||
	    setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0) {
		perror("cannot become nobody");
		exit(1);
	}
}

static int
set_up(void **state)
{
	(void)state;
	return tls_server_start(g.dir, &g.server);
}

static int
tear_down(void **state)
{
	(void)state;
	tls_server_stop(&g.server);
	return 0;
}

static void
remove_files(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	(void)rmdir(dir);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_runs_before_the_first_request),
		cmocka_unit_test(test_TR01_TR06_requests_that_are_not_sent),
		cmocka_unit_test(test_TR06_TR09_requests_that_are_not_sent),
		cmocka_unit_test(test_helper_that_is_not_there),
		cmocka_unit_test(test_helpers_that_break_the_protocol),
		cmocka_unit_test(test_helper_that_does_not_answer),
		cmocka_unit_test(test_helper_that_does_not_read),
		cmocka_unit_test(test_answers_overlap),
		cmocka_unit_test(test_V24_V42_what_the_helper_is_given),
		cmocka_unit_test(test_good_answer),
		cmocka_unit_test(test_TR04_V33_V34_nothing_is_given_away),
		cmocka_unit_test(test_TR03_TR05_answers),
		cmocka_unit_test(test_fields_that_are_not_clear),
		cmocka_unit_test(test_TR02_V33_certificates),
		cmocka_unit_test(test_connections_are_reused),
		cmocka_unit_test(test_TR04_post_of_a_form),
		cmocka_unit_test(test_TR03_V34_no_redirect_with_credentials),
		cmocka_unit_test(test_V33_client_certificate),
		cmocka_unit_test(test_V33_wrong_client_certificates),
		cmocka_unit_test(test_no_secret_in_what_is_said),
		cmocka_unit_test(test_TR09_V33_pools_share_no_connection),
		cmocka_unit_test(test_DEV_03_alone_on_a_connection),
		cmocka_unit_test(test_TR09_a_pool_while_it_is_used),
		cmocka_unit_test(test_TR09_pools_are_bounded),
		cmocka_unit_test(test_etag_expires_retry_after),
		cmocka_unit_test(test_TR05_body_max),
		cmocka_unit_test(test_TR04_V42_proxy),
		cmocka_unit_test(test_TR04_no_proxy),
		cmocka_unit_test(test_TR02_ca_directory),
		cmocka_unit_test(test_TR02_ca_file_that_changes),
		cmocka_unit_test(test_ca_file_is_read_once),
		cmocka_unit_test(test_TR02_many_ca_files),
		cmocka_unit_test(test_TR08_slow_answers),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_helper_killed_works_again),
		cmocka_unit_test(test_TR01_TR06_helper_judges_for_itself),
		cmocka_unit_test(
		    test_helper_answers_in_the_version_of_the_question),
		cmocka_unit_test(
		    test_TR06_TR09_helper_judges_credentials_for_itself),
		cmocka_unit_test(test_TR10_V42_environment_does_not_count),
		cmocka_unit_test(test_helper_ends_on_nonsense),
		cmocka_unit_test(test_helper_does_not_run_as_root),
	};
	char self[PATH_MAX] = "", path[128];
	const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
	size_t i;
	int failed;

	if (name != NULL && strncmp(name + 1, "fake-", 5) == 0)
		return fake_main(name + 1);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 1;
	snprintf(g.dir, sizeof(g.dir), "/tmp/ba-fetch-XXXXXX");
	if (mkdtemp(g.dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/self", g.dir);
	copy_program(self, path);
	for (i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", g.dir, fakes[i]);
		if (symlink("self", path) != 0)
			return 1;
	}
	copy_helper(self);
	become_nobody();
	failed = cmocka_run_group_tests_name("fetch", tests, set_up, tear_down);
	remove_files(g.server.ca_directory);
	remove_files(g.dir);
	return failed;
}
