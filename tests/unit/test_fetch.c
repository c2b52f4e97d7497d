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
	"fake-success", "fake-reversed", "fake-slices", "fake-report" };

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
	static struct ba_buf in = { .max = 65536 };
	struct pollfd p = { 3, POLLIN, 0 };
	struct ba_msg m;
	unsigned char *dst;
	uint32_t serial;
	size_t total;
	ssize_t n;

	for (;;) {
		if (ba_frame_size(in.p, in.len, 65536, &total) != BA_OK)
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
	struct ba_http_request q = { url, ca, ms };

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
		if (t[i].want == BA_OK)
			assert_string_equal(ba_buf_str(&r.body), "in slices");
		else
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
	for (i = 0; i < 80; i++) {
		q.url = i % 8 == 0 ? large : url;
		assert_int_equal(ba_fetch_send(f, &q, &serial), BA_OK);
	}
	for (i = 0; i < 80; i++) {
		run_and_take(f, &serial, &r);
		assert_string_equal(r.why, "");
		assert_int_equal(r.err, BA_OK);
		assert_int_equal(r.body.len, serial % 8 == 0 ? 512 * 1024 : 11);
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

/* The error in the answer; BA_ERR_PROTOCOL where none comes. */
static int
raw_ask(struct raw *raw, const char *url, const char *ca, uint32_t ms)
{
	struct ba_msg_out o;
	struct ba_msg m;
	struct ba_buf b;
	unsigned char *p;
	size_t total = 0;
	ssize_t n = 1;
	int err = BA_ERR_PROTOCOL;

	ba_buf_init(&b, BA_WIRE_FETCH_MAX);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_FETCH);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, 7);
	ba_msg_put_str(&o, BA_TAG_URL, url);
	ba_msg_put_u32(&o, BA_TAG_TIMEOUT, ms);
	ba_msg_put_str(&o, BA_TAG_CA_FILE, ca);
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(send(raw->fd, b.p, b.len, MSG_NOSIGNAL), b.len);
	ba_buf_clear(&b);
	while (n > 0 && (total == 0 || b.len < total)) {
		assert_int_equal(ba_buf_reserve(&b, 4096, &p), BA_OK);
		n = recv(raw->fd, p, 4096, 0);
		if (n > 0)
			ba_buf_commit(&b, (size_t)n);
		assert_int_equal(
		    ba_frame_size(b.p, b.len, BA_WIRE_FETCH_MAX, &total),
		    BA_OK);
	}
	if (n > 0 && ba_msg_parse(b.p, b.len, &m) == BA_OK &&
	    ba_msg_u32(&m, BA_TAG_SERIAL, 0) == 7)
		err = -(int)ba_msg_u32(&m, BA_TAG_ERROR, 0);
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

/* Whatever the environment says: the same answer, and no file is made. */
static void
test_V42_environment_does_not_count(void **state)
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
		{ "\0\1\0\0\1\40", 6 }, /* a FETCH of 64 KiB */
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
remove_files(void)
{
	struct dirent *e;
	DIR *d = opendir(g.dir);

	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	(void)rmdir(g.dir);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_runs_before_the_first_request),
		cmocka_unit_test(test_TR01_TR06_requests_that_are_not_sent),
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
		cmocka_unit_test(test_TR08_slow_answers),
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_helper_killed_works_again),
		cmocka_unit_test(test_TR01_TR06_helper_judges_for_itself),
		cmocka_unit_test(test_V42_environment_does_not_count),
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
	remove_files();
	return failed;
}
