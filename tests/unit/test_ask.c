/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/wire/message.h"
#include "common/wire/trust.h"

/*
 * The source itself is taken in, so that system calls can be made to do what
 * they may: take less than all, be interrupted, not be ready yet.  And so
 * that the decision to spawn can be seen by whoever runs this.
 */
static bool shaky;
static unsigned transfers, polls, connects;
static uid_t pretended_euid;
static bool foreign_peer;

/* Of three calls one is interrupted, one is not ready, one does a little. */
static int
mishap(void)
{
	static const int errors[] = { EINTR, EAGAIN, 0 };

	if (!shaky)
		return 0;
	errno = errors[transfers++ % 3];
	return errno != 0 ? -1 : 0;
}

static ssize_t
spy_send(int fd, const void *p, size_t n, int flags)
{
	/* Else a broker that is gone would end the host. */
	assert_int_equal(flags & MSG_NOSIGNAL, MSG_NOSIGNAL);
	if (mishap() != 0)
		return -1;
	return send(fd, p, shaky && n > 700 ? 700 : n, flags);
}

static ssize_t
spy_recv(int fd, void *p, size_t n, int flags)
{
	if (mishap() != 0)
		return -1;
	return recv(fd, p, shaky && n > 7 ? 7 : n, flags);
}

static int
spy_poll(struct pollfd *p, nfds_t n, int ms)
{
	if (shaky && polls++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	return poll(p, n, ms);
}

static int
spy_connect(int fd, const struct sockaddr *sa, socklen_t n)
{
	if (shaky && connects++ % 3 != 0) {
		errno = EINTR;
		return -1;
	}
	return connect(fd, sa, n);
}

static uid_t
spy_geteuid(void)
{
	return pretended_euid;
}

static int
spy_trust_peer(int fd, uid_t trusted_uid)
{
	return foreign_peer ? BA_ERR_SOCKET_TRUST
			    : ba_trust_peer(fd, trusted_uid);
}

#define ba_trust_peer spy_trust_peer
#define send          spy_send
#define recv          spy_recv
#define poll          spy_poll
#define connect       spy_connect
#define geteuid       spy_geteuid
#include "common/wire/ask.c"
#undef send
#undef recv
#undef poll
#undef connect
#undef geteuid
#undef ba_trust_peer

/* By this name the path is short however deep the build is. */
#define HERE "/proc/self/cwd"
#define SOCK "run/ask"
#define ID   "0123456789abcdef0123456789abcdef"

static char base[] = "ba-ask-XXXXXX";
static int listener = -1;

static int
make_listener(const char *name, int backlog)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
		return -1;
	if (backlog >= 0 && listen(fd, backlog) != 0)
		return -1;
	return fd;
}

static int
set_up(void **state)
{
	(void)state;
	umask(022);
	if (mkdtemp(base) == NULL || chdir(base) != 0)
		return -1;
	return mkdir("run", 0755);
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir("run") != 0 || chdir("..") != 0 || rmdir(base) != 0;
}

static int
with_listener(void **state)
{
	(void)state;
	shaky = false;
	transfers = polls = connects = 0;
	foreign_peer = false;
	pretended_euid = 1000;
	listener = make_listener(SOCK, 20);
	return listener < 0;
}

static int
without_listener(void **state)
{
	(void)state;
	close(listener);
	listener = -1;
	return unlink(SOCK);
}

/* The broker's part: one thread, one conversation. */
struct broker {
	void (*act)(struct broker *b);
	pthread_t thread;
	int fd;
	/* What it does … */
	uint8_t family;
	const char *user, *status;
	const char *id, *issuer, *sub, *person;
	uint64_t expires;
	unsigned wait_ms, late_ms;
	unsigned style, prompts;
	const char *raw;
	size_t raw_len;
	/* … and what it heard. */
	struct ba_msg asked;
	struct ba_buf question, replies;
	int line; /* where it did not get what it wanted */
};

#define EXPECT(b, condition)                                                   \
	do {                                                                   \
		if (!(condition) && (b)->line == 0)                            \
			(b)->line = __LINE__;                                  \
	} while (0)

static void
read_frame(struct broker *b, struct ba_buf *to, struct ba_msg *m)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN };
	size_t total = 0;
	unsigned char c;

	while (total == 0 || to->len < total) {
		if (poll(&p, 1, 5000) != 1 || read(b->fd, &c, 1) != 1 ||
		    ba_buf_append_byte(to, c) != BA_OK ||
		    ba_frame_size(to->p, to->len, BA_WIRE_ASK_MAX, &total) !=
			BA_OK) {
			EXPECT(b, false);
			return;
		}
	}
	EXPECT(b, ba_msg_parse(to->p, to->len, m) == BA_OK);
}

static void
say(struct broker *b, const void *p, size_t n)
{
	EXPECT(b, send(b->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n);
}

static void
read_question(struct broker *b)
{
	read_frame(b, &b->question, &b->asked);
}

static void
say_verdict(struct broker *b)
{
	struct ba_msg_out o;
	struct ba_buf out;

	ba_buf_init(&out, BA_WIRE_ANSWER_MAX);
	ba_msg_begin(&o, &out, BA_WIRE_VERSION, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, b->family);
	ba_msg_put_str(&o, BA_TAG_USER, b->user);
	ba_msg_put_str(&o, BA_TAG_STATUS, b->status);
	if (b->status != NULL) {
		ba_msg_put_str(&o, BA_TAG_SCOPE, "mail login");
		ba_msg_put_str(&o, BA_TAG_METADATA, "https://a.example/m");
	}
	ba_msg_put_u64(&o, BA_TAG_EXPIRES, b->expires);
	ba_msg_put_str(&o, BA_TAG_ID, b->id);
	ba_msg_put_str(&o, BA_TAG_ISSUER, b->issuer);
	ba_msg_put_str(&o, BA_TAG_SUBJECT, b->sub);
	ba_msg_put_str(&o, BA_TAG_PERSON, b->person);
	EXPECT(b, ba_msg_end(&o) == BA_OK);
	say(b, out.p, out.len);
	ba_buf_wipe(&out);
}

static void
say_prompt(struct broker *b, const char *text)
{
	struct ba_msg_out o;
	struct ba_buf out;

	ba_buf_init(&out, BA_WIRE_ANSWER_MAX);
	ba_msg_begin(&o, &out, BA_WIRE_VERSION, BA_MSG_PROMPT);
	ba_msg_put_u8(&o, BA_TAG_STYLE, (uint8_t)b->style);
	ba_msg_put_str(&o, BA_TAG_TEXT, text);
	EXPECT(b, ba_msg_end(&o) == BA_OK);
	say(b, out.p, out.len);
	ba_buf_wipe(&out);
}

static void
hear_reply(struct broker *b)
{
	struct ba_buf in;
	struct ba_msg m;

	ba_buf_init(&in, BA_WIRE_ASK_MAX);
	read_frame(b, &in, &m);
	if (b->line == 0) {
		EXPECT(b, m.type == BA_MSG_REPLY);
		EXPECT(b, ba_buf_append(&b->replies, m.field[BA_TAG_TEXT].p,
			      m.field[BA_TAG_TEXT].n) == BA_OK);
		EXPECT(b, ba_buf_append_str(&b->replies, ";") == BA_OK);
	}
	ba_buf_wipe(&in);
}

static void *
broker_thread(void *arg)
{
	struct broker *b = arg;
	struct pollfd p = { .fd = listener, .events = POLLIN };

	if (poll(&p, 1, 5000) == 1)
		b->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	EXPECT(b, b->fd >= 0);
	if (b->fd >= 0) {
		b->act(b);
		close(b->fd);
	}
	return NULL;
}

static void
start(struct broker *b)
{
	b->fd = -1;
	b->line = 0;
	ba_buf_init(&b->question, BA_WIRE_ASK_MAX + 4);
	ba_buf_init(&b->replies, 70000);
	assert_int_equal(pthread_create(&b->thread, NULL, broker_thread, b), 0);
}

static void
finish(struct broker *b)
{
	assert_int_equal(pthread_join(b->thread, NULL), 0);
	assert_int_equal(b->line, 0);
}

static void
forget(struct broker *b)
{
	ba_buf_wipe(&b->question);
	ba_buf_wipe(&b->replies);
}

static void
answer(struct broker *b)
{
	read_question(b);
	say_verdict(b);
}

/* The host's part. */
struct host {
	unsigned lines, prompts;
	enum ba_log_level level;
	char line[BA_LOG_LINE_MAX];
	/* What its user does. */
	const char *reply;
	int prompt_error;
	int nap_ms;
	/* What its user sees. */
	enum ba_prompt_style style;
	char text[5000];
};

static void
keep_line(void *arg, enum ba_log_level level, const char *text)
{
	struct host *host = arg;

	host->lines++;
	host->level = level;
	(void)snprintf(host->line, sizeof(host->line), "%s", text);
}

static int
prompt(void *arg, enum ba_prompt_style style, const char *text,
    struct ba_buf *reply)
{
	struct host *host = arg;

	host->prompts++;
	host->style = style;
	(void)snprintf(host->text, sizeof(host->text), "%s", text);
	if (host->nap_ms > 0)
		(void)poll(NULL, 0, host->nap_ms);
	if (host->prompt_error != 0)
		return host->prompt_error;
	return ba_buf_append_str(reply, host->reply);
}

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

#define TOKEN "eyJh.eyJp.c2ln-secret-token"

static struct ba_client
client(void)
{
	struct ba_client c;

	ba_client_defaults(&c, 2000);
	c.socket = HERE "/" SOCK;
	c.broker = NULL;
	c.trusted_uid = getuid();
	c.trusted_dir = HERE;
	return c;
}

static struct ba_ask
question(void)
{
	struct ba_ask q = {
		.type = BA_MSG_ASK,
		.service = "sshd",
		.user = "alice",
		.origin = 1,
		.token = TOKEN,
		.token_len = sizeof(TOKEN) - 1,
	};

	return q;
}

static struct ba_answer got;

/*
 * Ask, and see that the host is as it was.  b, if there is one, has done its
 * part by then, and is left to be looked at.
 */
static int
ask(const struct ba_client *c, struct ba_ask *q, struct host *host,
    bool can_prompt, struct broker *b)
{
	const struct ba_log log = { keep_line, host };
	const struct ba_ask_host h = { can_prompt ? prompt : NULL, host, &log };
	sigset_t before, after;
	int fds, r, sig;

	fds = count_fds();
	sigprocmask(SIG_SETMASK, NULL, &before);
	memset(&got, 'x', sizeof(got));
	if (b != NULL)
		start(b);
	errno = EDOM;
	r = ba_ask(c, q, &h, &got);
	assert_int_equal(errno, EDOM);
	if (b != NULL)
		finish(b);
	assert_int_equal(count_fds(), fds);
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (sig = 1; sig < 64; sig++)
		assert_int_equal(
		    sigismember(&before, sig), sigismember(&after, sig));
	/* One line a failure, with the id; the token is in none (TOK-06). */
	assert_int_equal(host->lines, r != BA_OK);
	if (r != BA_OK && q->id[0] != '\0')
		assert_non_null(strstr(host->line, q->id));
	assert_null(strstr(host->line, "secret"));
	if (r != BA_OK) {
		assert_string_equal(got.user, "");
		assert_string_equal(got.issuer, "");
		assert_string_equal(got.sub, "");
		assert_string_equal(got.person, "");
		assert_int_equal(got.expires, 0);
	}
	return r;
}

static void
assert_field(const struct broker *b, enum ba_tag tag, const char *text)
{
	char s[300];

	assert_int_equal(ba_msg_get_str(&b->asked, tag, s, sizeof(s)), BA_OK);
	assert_string_equal(s, text);
}

/* The plain case: nobody is prompted, all else as given by b. */
static int
ask_plainly(struct broker *b)
{
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };

	return ask(&c, &q, &host, false, b);
}

static void
accepted(void **state)
{
	struct broker b = { .act = answer, .user = "alice", .expires = 77 };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	int i;

	(void)state;
	q.uid_known = true;
	q.uid = 1234567;
	q.rhost = "192.0.2.1";
	q.tty = "pts/3";
	for (i = 0; i < 2; i++) {
		shaky = i == 1;
		host.lines = 0;
		assert_int_equal(ask(&c, &q, &host, i == 1, &b), BA_OK);
		assert_string_equal(got.user, "alice");
		assert_int_equal(got.expires, 77);
		assert_string_equal(got.status, "");
		assert_int_equal(b.asked.type, BA_MSG_ASK);
		assert_field(&b, BA_TAG_ID, q.id);
		assert_int_equal(strlen(q.id), BA_ID_LEN);
		assert_field(&b, BA_TAG_SERVICE, "sshd");
		assert_field(&b, BA_TAG_USER, "alice");
		assert_field(&b, BA_TAG_RHOST, "192.0.2.1");
		assert_field(&b, BA_TAG_TTY, "pts/3");
		assert_int_equal(ba_msg_u32(&b.asked, BA_TAG_UID, 0), 1234567);
		assert_in_range(
		    ba_msg_u32(&b.asked, BA_TAG_DEADLINE, 0), 1000, 2000);
		assert_int_equal(ba_msg_u8(&b.asked, BA_TAG_ORIGIN, 9), 1);
		assert_int_equal(ba_msg_u8(&b.asked, BA_TAG_CAN_PROMPT, 9), i);
		assert_int_equal(
		    b.asked.field[BA_TAG_TOKEN].n, sizeof(TOKEN) - 1);
		assert_memory_equal(
		    b.asked.field[BA_TAG_TOKEN].p, TOKEN, sizeof(TOKEN) - 1);
		forget(&b);
	}
}

static void
what_is_unknown_is_not_sent(void **state)
{
	struct broker b = { .act = answer, .user = "carol" };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };

	(void)state;
	q.user = NULL;
	q.uid = 5;
	q.rhost = "";
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_string_equal(got.user, "carol");
	assert_false(ba_msg_has(&b.asked, BA_TAG_USER));
	assert_false(ba_msg_has(&b.asked, BA_TAG_UID));
	assert_false(ba_msg_has(&b.asked, BA_TAG_RHOST));
	assert_false(ba_msg_has(&b.asked, BA_TAG_TTY));
	forget(&b);
}

static void
account(void **state)
{
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };

	(void)state;
	q.type = BA_MSG_ACCOUNT;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_int_equal(b.asked.type, BA_MSG_ACCOUNT);
	assert_false(ba_msg_has(&b.asked, BA_TAG_ID));
	assert_false(ba_msg_has(&b.asked, BA_TAG_TOKEN));
	assert_string_equal(q.id, "");
	assert_string_equal(got.user, "alice");
	forget(&b);
	strcpy(q.id, ID);
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_field(&b, BA_TAG_ID, ID);
	forget(&b);
}

/* Each kind of question has the fields that belong to it, and no others. */
static void
what_each_question_says(void **state)
{
	static const unsigned char process[16] = { 0, 0, 0, 0, 0, 0x11, 0x22,
		0x33, 0, 0, 0, 0x44, 0x55, 0x66, 0x77, 0x88 };
	static const struct {
		enum ba_msg_type type;
		bool process, held, way, session, sasl, token, can_prompt;
	} rows[] = {
		{ BA_MSG_ASK, true, false, false, false, true, true, true },
		{ BA_MSG_DEVICE, true, true, false, false, false, false, true },
		{ BA_MSG_ACCOUNT, false, false, true, false, false, false,
		    true },
		{ BA_MSG_SESSION, true, false, false, true, false, false,
		    false },
	};
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct host host = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct ba_ask q = question();

		q.type = rows[i].type;
		q.process.pid = 0x112233;
		q.process.start = UINT64_C(0x4455667788);
		q.held = true;
		q.way = "publickey,\xffpassword";
		q.event = BA_SESSION_CLOSE;
		q.issuer = "https://a.example";
		q.sub = "24400320";
		q.host = "imap.example.org";
		q.port = 993;
		assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
		assert_int_equal(b.asked.type, rows[i].type);
		assert_int_equal(
		    ba_msg_has(&b.asked, BA_TAG_PROCESS), rows[i].process);
		if (rows[i].process)
			assert_memory_equal(b.asked.field[BA_TAG_PROCESS].p,
			    process, sizeof(process));
		assert_int_equal(
		    ba_msg_u8(&b.asked, BA_TAG_HELD, 9), rows[i].held ? 1 : 9);
		assert_field(
		    &b, BA_TAG_WAY, rows[i].way ? "publickey,?password" : "");
		assert_int_equal(ba_msg_u8(&b.asked, BA_TAG_EVENT, 9),
		    rows[i].session ? BA_SESSION_CLOSE : 9);
		assert_field(&b, BA_TAG_ISSUER,
		    rows[i].session ? "https://a.example" : "");
		assert_field(
		    &b, BA_TAG_SUBJECT, rows[i].session ? "24400320" : "");
		assert_field(
		    &b, BA_TAG_HOST, rows[i].sasl ? "imap.example.org" : "");
		assert_int_equal(ba_msg_u32(&b.asked, BA_TAG_PORT, 9),
		    rows[i].sasl ? 993 : 9);
		assert_int_equal(
		    ba_msg_has(&b.asked, BA_TAG_TOKEN), rows[i].token);
		assert_int_equal(ba_msg_u8(&b.asked, BA_TAG_CAN_PROMPT, 9),
		    rows[i].can_prompt ? 1 : 9);
		assert_int_equal(strlen(q.id),
		    rows[i].type == BA_MSG_ASK || rows[i].type == BA_MSG_DEVICE
			? BA_ID_LEN
			: 0);
		forget(&b);
		/* What is not known is not said. */
		memset(&q.process, 0, sizeof(q.process));
		q.held = false;
		q.way = q.issuer = q.sub = q.host = NULL;
		q.port = 0;
		assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
		assert_false(ba_msg_has(&b.asked, BA_TAG_PROCESS));
		assert_int_equal(
		    ba_msg_u8(&b.asked, BA_TAG_HELD, 9), rows[i].held ? 0 : 9);
		assert_false(ba_msg_has(&b.asked, BA_TAG_WAY));
		assert_false(ba_msg_has(&b.asked, BA_TAG_ISSUER));
		assert_false(ba_msg_has(&b.asked, BA_TAG_SUBJECT));
		assert_false(ba_msg_has(&b.asked, BA_TAG_HOST));
		assert_false(ba_msg_has(&b.asked, BA_TAG_PORT));
		forget(&b);
	}
}

/* A way of 127 bytes at most; a session's event is one of two. */
static void
limits_of_what_is_said(void **state)
{
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	char way[200], s[300];
	int i;

	(void)state;
	memset(way, 'w', sizeof(way) - 1);
	way[sizeof(way) - 1] = '\0';
	q.type = BA_MSG_ACCOUNT;
	q.way = way;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_int_equal(
	    ba_msg_get_str(&b.asked, BA_TAG_WAY, s, sizeof(s)), BA_OK);
	assert_int_equal(strlen(s), 127);
	forget(&b);
	q.type = BA_MSG_SESSION;
	for (i = 0; i < 4; i += 3) {
		host.lines = 0;
		q.event = (enum ba_session_event)i;
		assert_int_equal(
		    ask(&c, &q, &host, false, NULL), BA_ERR_INTERNAL);
	}
	host.lines = 0;
	q.event = BA_SESSION_OPEN;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_int_equal(ba_msg_u8(&b.asked, BA_TAG_EVENT, 9), BA_SESSION_OPEN);
	forget(&b);
}

/* The id of a session is the broker's to find; any other is our own. */
static void
who_it_is(void **state)
{
	struct broker b = { .act = answer,
		.id = ID,
		.issuer = "https://a.example",
		.sub = "24400320",
		.person = "bob",
		.expires = 5 };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };

	(void)state;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_string_equal(got.issuer, "https://a.example");
	assert_string_equal(got.sub, "24400320");
	assert_string_equal(got.person, "bob");
	assert_string_not_equal(q.id, ID);
	forget(&b);
	q.type = BA_MSG_SESSION;
	q.event = BA_SESSION_OPEN;
	q.id[0] = '\0';
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_string_equal(q.id, ID);
	assert_string_equal(got.user, "alice");
	assert_int_equal(got.expires, 5);
	forget(&b);
	/* Left alone where the broker says none. */
	b.id = b.issuer = b.sub = b.person = NULL;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_string_equal(q.id, ID);
	assert_string_equal(got.issuer, "");
	assert_string_equal(got.person, "");
	forget(&b);
	/* A refusal says nothing of a person: ask() looks. */
	b.family = BA_FAMILY_NOT_ALLOWED;
	b.issuer = b.sub = b.person = "x";
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_ERR_NOT_ALLOWED);
	forget(&b);
}

static void
each_family_is_its_error(void **state)
{
	static const struct {
		uint8_t family;
		int r;
		enum ba_log_level level;
	} rows[] = {
		{ BA_FAMILY_OK, BA_OK, 0 },
		{ BA_FAMILY_REFUSED, BA_ERR_REFUSED, BA_LOG_NOTICE },
		{ BA_FAMILY_NOT_ALLOWED, BA_ERR_NOT_ALLOWED, BA_LOG_NOTICE },
		{ BA_FAMILY_UNAVAILABLE, BA_ERR_UNAVAIL, BA_LOG_WARNING },
		{ BA_FAMILY_FAULT, BA_ERR_INTERNAL, BA_LOG_ERR },
		{ BA_FAMILY_MALFORMED, BA_ERR_MALFORMED, BA_LOG_NOTICE },
	};
	struct broker b = { .act = answer, .status = "invalid_token" };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&host, 0, sizeof(host));
		b.family = rows[i].family;
		assert_int_equal(ask(&c, &q, &host, false, &b), rows[i].r);
		assert_int_equal(host.level, rows[i].level);
		assert_string_equal(got.status, "invalid_token");
		assert_string_equal(got.scope, "mail login");
		assert_string_equal(got.metadata, "https://a.example/m");
		forget(&b);
	}
}

/* A broker that says yes to somebody else has not answered our question. */
static void
accepted_as_whom(void **state)
{
	static const struct {
		const char *asked, *named;
		uint64_t expires;
		int r;
	} rows[] = {
		{ "alice", "alice", 1, BA_OK },
		{ "alice", "bob", 1, BA_ERR_PROTOCOL },
		{ "alice", "alic", 1, BA_ERR_PROTOCOL },
		{ "alice", "Alice", 1, BA_ERR_PROTOCOL },
		{ "alice", NULL, 1, BA_OK },
		{ NULL, "bob", 1, BA_OK },
		{ NULL, NULL, 1, BA_ERR_PROTOCOL },
		{ "alice", "alice", INT64_MAX, BA_OK },
		{ "alice", "alice", (uint64_t)INT64_MAX + 1, BA_ERR_PROTOCOL },
	};
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&host, 0, sizeof(host));
		q.user = rows[i].asked;
		b.user = rows[i].named;
		b.expires = rows[i].expires;
		assert_int_equal(ask(&c, &q, &host, false, &b), rows[i].r);
		forget(&b);
	}
}

static void
the_question_is_judged_first(void **state)
{
	static char long_name[300];
	struct ba_client c = client();
	struct host host;
	size_t i;
	const struct {
		enum ba_msg_type type;
		const char *service, *user;
		size_t service_len, user_len, token_len;
		int r;
	} rows[] = {
		/* Nothing listens: who passes comes to BA_ERR_UNAVAIL. */
		{ BA_MSG_ASK, "s", "u", 0, 0, 1, BA_ERR_UNAVAIL },
		{ BA_MSG_ASK, "s", "u", 0, 0, 65536, BA_ERR_UNAVAIL },
		{ BA_MSG_ASK, "s", "u", 0, 0, 65537, BA_ERR_TOKEN_SIZE },
		{ BA_MSG_ASK, "s", "u", 0, 0, 0, BA_ERR_TOKEN_SIZE },
		{ BA_MSG_ACCOUNT, "s", "u", 0, 0, 0, BA_ERR_UNAVAIL },
		{ BA_MSG_ASK, "", "u", 0, 0, 1, BA_ERR_NO_SERVICE },
		{ BA_MSG_ASK, NULL, "u", 64, 0, 1, BA_ERR_UNAVAIL },
		{ BA_MSG_ASK, NULL, "u", 65, 0, 1, BA_ERR_NO_SERVICE },
		{ BA_MSG_ASK, "s\n", "u", 0, 0, 1, BA_ERR_NO_SERVICE },
		{ BA_MSG_ASK, "s\xff", "u", 0, 0, 1, BA_ERR_NO_SERVICE },
		{ BA_MSG_ASK, "s", "", 0, 0, 1, BA_ERR_UNKNOWN_USER },
		{ BA_MSG_ASK, "s", NULL, 0, 255, 1, BA_ERR_UNAVAIL },
		{ BA_MSG_ASK, "s", NULL, 0, 256, 1, BA_ERR_UNKNOWN_USER },
		{ BA_MSG_ASK, "s", "u\x1b", 0, 0, 1, BA_ERR_UNKNOWN_USER },
		{ BA_MSG_ASK, "s", "\xc3\xa4", 0, 0, 1, BA_ERR_UNAVAIL },
		{ BA_MSG_ASK, "s", "\xe4", 0, 0, 1, BA_ERR_UNKNOWN_USER },
		{ BA_MSG_ASK, "s", NULL, 0, 0, 1, BA_ERR_UNAVAIL },
		{ BA_MSG_ACCOUNT, "s", NULL, 0, 0, 0, BA_ERR_INTERNAL },
		{ BA_MSG_DEVICE, "s", NULL, 0, 0, 0, BA_ERR_INTERNAL },
		{ BA_MSG_SESSION, "s", NULL, 0, 0, 0, BA_ERR_INTERNAL },
		{ BA_MSG_SESSION, "s", "u", 0, 0, 0, BA_ERR_UNAVAIL },
		{ BA_MSG_SESSION, "s", "", 0, 0, 0, BA_ERR_UNKNOWN_USER },
		/* DEV-12: no code for whoever cannot be shown one. */
		{ BA_MSG_DEVICE, "s", "u", 0, 0, 0, BA_ERR_CONVERSATION },
		{ BA_MSG_REPLY, "s", "u", 0, 0, 1, BA_ERR_INTERNAL },
	};

	(void)state;
	assert_int_equal(unlink(SOCK), 0);
	close(listener);
	listener = make_listener(SOCK, -1);
	memset(long_name, 'n', sizeof(long_name) - 1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ba_ask q = question();
		static char token[65537];

		memset(&host, 0, sizeof(host));
		q.type = rows[i].type;
		q.service = rows[i].service;
		if (rows[i].service_len != 0)
			q.service = long_name + 299 - rows[i].service_len;
		q.user = rows[i].user;
		if (rows[i].user_len != 0)
			q.user = long_name + 299 - rows[i].user_len;
		q.token = token;
		q.token_len = rows[i].token_len;
		q.event = BA_SESSION_OPEN;
		assert_int_equal(ask(&c, &q, &host, false, NULL), rows[i].r);
	}
}

/* A reverse lookup is the stranger's own text; it must not stop a login. */
static void
dirt_in_remote_host_and_tty_is_cleaned(void **state)
{
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	char rhost[400], s[300];

	(void)state;
	memset(rhost, 'r', sizeof(rhost));
	rhost[sizeof(rhost) - 1] = '\0';
	q.rhost = rhost;
	q.tty = "a\nb\xff";
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_field(&b, BA_TAG_TTY, "a?b?");
	assert_int_equal(
	    ba_msg_get_str(&b.asked, BA_TAG_RHOST, s, sizeof(s)), BA_OK);
	assert_int_equal(strlen(s), 255);
	forget(&b);
}

static void
the_longest_token_goes_through(void **state)
{
	static unsigned char token[65536];
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(token); i++)
		token[i] = (unsigned char)(i * 31);
	q.token = token;
	q.token_len = sizeof(token);
	for (i = 0; i < 2; i++) {
		shaky = i == 1;
		assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
		assert_int_equal(b.asked.field[BA_TAG_TOKEN].n, sizeof(token));
		assert_memory_equal(
		    b.asked.field[BA_TAG_TOKEN].p, token, sizeof(token));
		forget(&b);
	}
}

/* How long did it take, and was it told so?  10 % and 50 ms are the leeway. */
static void
assert_took(int64_t start, int64_t ms)
{
	int64_t took = ba_clock_mono_ms(&ba_clock_system) - start;

	assert_in_range(took, ms - 2, ms + ms / 10 + 50);
}

static void
sit_silent(struct broker *b)
{
	char c;

	read_question(b);
	/* Until the other side gives up. */
	EXPECT(b, read(b->fd, &c, 1) == 0);
}

static void
drip(struct broker *b)
{
	static const char frame[] = "\0\0\0\x40\2\202";
	size_t i;

	read_question(b);
	for (i = 0; i < 60; i++) {
		/* The header, then a field that never ends. */
		if (send(b->fd, i < 6 ? frame + i : "\15", 1, MSG_NOSIGNAL) !=
		    1)
			break;
		(void)poll(NULL, 0, 10);
	}
	EXPECT(b, i < 60);
}

static void
silence_ends_at_the_deadline(void **state)
{
	struct broker b = { .act = sit_silent };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	int64_t start;

	(void)state;
	c.deadline_ms = 150;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_ERR_TIMEOUT);
	assert_took(start, 150);
	assert_in_range(ba_msg_u32(&b.asked, BA_TAG_DEADLINE, 0), 100, 150);
	forget(&b);
	/* Accepted by nobody: the kernel takes the question. */
	host.lines = 0;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, false, NULL), BA_ERR_TIMEOUT);
	assert_took(start, 150);
	close(accept(listener, NULL, NULL));
	/* A byte now and then does not prolong it. */
	host.lines = 0;
	shaky = true;
	b.act = drip;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_ERR_TIMEOUT);
	assert_true(ba_clock_mono_ms(&ba_clock_system) - start < 700);
	forget(&b);
}

static int
fill_backlog(int *fds, int n)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = SOCK };
	int i;

	for (i = 0; i < n; i++) {
		fds[i] = socket(
		    AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (connect(fds[i], (struct sockaddr *)&sun, sizeof(sun)) !=
		    0) {
			close(fds[i]);
			return errno == EAGAIN ? i : -1;
		}
	}
	return -1;
}

/* Empties the queue after a while, then serves the one who still waits. */
static void
late(struct broker *b)
{
	(void)poll(NULL, 0, 70);
	close(b->fd);
	b->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	answer(b);
}

static void
a_full_queue_is_waited_for_until_the_deadline(void **state)
{
	struct broker b = { .act = late };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	int64_t start;
	int fds[64], n, i;

	(void)state;
	/* One fits, and one more: the kernel's count is generous. */
	assert_int_equal(listen(listener, 0), 0);
	n = fill_backlog(fds, 64);
	assert_true(n > 0);
	for (i = 0; i < 2; i++) {
		shaky = i == 1;
		host.lines = 0;
		c.deadline_ms = 150;
		start = ba_clock_mono_ms(&ba_clock_system);
		assert_int_equal(ask(&c, &q, &host, false, NULL), BA_ERR_BUSY);
		assert_took(start, 150);
	}
	assert_int_equal(n, 1);
	host.lines = 0;
	c.deadline_ms = 2000;
	shaky = false;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	forget(&b);
	for (i = 0; i < n; i++)
		close(fds[i]);
}

static void
a_socket_that_refuses(void **state)
{
	struct broker b = { .act = answer };

	(void)state;
	assert_int_equal(unlink(SOCK), 0);
	close(listener);
	listener = make_listener(SOCK, -1);
	/* Not even root spawns a broker then (V49). */
	pretended_euid = 0;
	assert_int_equal(ask_plainly(NULL), BA_ERR_UNAVAIL);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(ask_plainly(&b), BA_OK);
	forget(&b);
}

static void
a_path_that_others_may_change(void **state)
{
	struct broker b = { .act = answer };

	(void)state;
	assert_int_equal(chmod("run", 0777), 0);
	pretended_euid = 0;
	assert_int_equal(ask_plainly(NULL), BA_ERR_SOCKET_TRUST);
	assert_int_equal(chmod("run", 0755), 0);
	assert_int_equal(ask_plainly(&b), BA_OK);
	forget(&b);
}

static void
somebody_elses_listener(void **state)
{
	struct broker b = { .act = answer };

	(void)state;
	foreign_peer = true;
	pretended_euid = 0;
	assert_int_equal(ask_plainly(NULL), BA_ERR_SOCKET_TRUST);
	close(accept(listener, NULL, NULL));
	foreign_peer = false;
	assert_int_equal(ask_plainly(&b), BA_OK);
	forget(&b);
}

static void
a_path_too_long_for_a_socket(void **state)
{
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	char dir[130], path[200];
	int old = listener;

	(void)state;
	memset(dir, 'd', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = '\0';
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(chdir(dir), 0);
	listener = make_listener("ask", 5);
	assert_int_equal(chdir(".."), 0);
	(void)snprintf(path, sizeof(path), HERE "/%s/ask", dir);
	c.socket = path;
	assert_int_equal(ask(&c, &q, &host, false, NULL), BA_ERR_CONFIG);
	assert_int_equal(rename(dir, "short"), 0);
	c.socket = HERE "/short/ask";
	host.lines = 0;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	forget(&b);
	close(listener);
	listener = old;
	assert_int_equal(unlink("short/ask"), 0);
	assert_int_equal(rmdir("short"), 0);
}

/* V49: absent, and yet not root, or without a broker to spawn. */
static void
v49_absent_and_nothing_to_spawn(void **state)
{
	static const struct {
		uid_t euid;
		const char *broker;
	} rows[] = {
		{ 1000, NULL },
		{ 1000, "/proc/self/exe" },
		{ 0, NULL },
		{ 0, "/ba-no-such-program" },
	};
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	size_t i;

	(void)state;
	c.socket = HERE "/run/none";
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&host, 0, sizeof(host));
		pretended_euid = rows[i].euid;
		c.broker = rows[i].broker;
		assert_int_equal(
		    ask(&c, &q, &host, false, NULL), BA_ERR_NO_BROKER);
		assert_int_equal(host.level, BA_LOG_WARNING);
		/* Whoever reads the log is told what to do. */
		if (i < 3)
			assert_non_null(strstr(host.line, "start bearerauthd"));
	}
}

/* Spawned, this program answers for descriptor 3; see main(). */
static int
spawned_main(int argc, char **argv)
{
	struct broker b = { .act = answer, .fd = 3 };
	char scope[200] = "";
	struct ba_msg_out o;
	struct ba_buf out;
	int i;

	ba_buf_init(&b.question, BA_WIRE_ASK_MAX + 4);
	ba_buf_init(&out, BA_WIRE_ANSWER_MAX);
	read_question(&b);
	for (i = 1; i < argc; i++) {
		strncat(scope, argv[i], 50);
		strcat(scope, ";");
	}
	ba_msg_begin(&o, &out, BA_WIRE_VERSION, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, BA_FAMILY_OK);
	ba_msg_put(&o, BA_TAG_USER, b.asked.field[BA_TAG_USER].p,
	    b.asked.field[BA_TAG_USER].n);
	ba_msg_put_str(&o, BA_TAG_SCOPE, scope);
	if (ba_msg_end(&o) == BA_OK)
		say(&b, out.p, out.len);
	ba_buf_wipe(&out);
	forget(&b);
	return b.line != 0;
}

static void
absent_and_root_spawns(void **state)
{
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };

	(void)state;
	c.socket = HERE "/run/none";
	c.broker = "/proc/self/exe";
	pretended_euid = 0;
	assert_int_equal(ask(&c, &q, &host, false, NULL), BA_OK);
	assert_string_equal(got.user, "alice");
	assert_string_equal(got.scope, "--spawned;");
	c.config = "/etc/other.conf";
	shaky = true;
	assert_int_equal(ask(&c, &q, &host, false, NULL), BA_OK);
	assert_string_equal(got.scope, "--spawned;--config;/etc/other.conf;");
	/* One that ends without a word. */
	c.broker = "/bin/false";
	assert_int_equal(ask(&c, &q, &host, false, NULL), BA_ERR_UNAVAIL);
}

/* The host gives up. */
static void
until_it_ends(struct broker *b)
{
	char c;

	EXPECT(b, read(b->fd, &c, 1) == 0);
}

static void
say_raw(struct broker *b)
{
	read_question(b);
	say(b, b->raw, b->raw_len);
}

#define RAW(s) s, sizeof(s) - 1
#define YES    "\0\0\0\x08\2\202\15\0\0\0\1\0"
#define NO     "\0\0\0\x08\2\202\15\0\0\0\1\1"

static void
what_is_no_answer(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
		int r;
	} rows[] = {
		{ RAW(YES), BA_OK },
		{ RAW(""), BA_ERR_UNAVAIL },
		{ RAW("\0"), BA_ERR_PROTOCOL }, /* cut */
		{ YES, 11, BA_ERR_PROTOCOL },
		{ YES, 4, BA_ERR_PROTOCOL },
		{ RAW("HTTP/1.1 400 Bad Request\r\n"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\0"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\1\1"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\x20\1"), BA_ERR_PROTOCOL }, /* 8193 */
		{ RAW("\xff\xff\xff\xff"), BA_ERR_PROTOCOL },
		/* Of an older broker, and of one that is newer than we. */
		{ RAW("\0\0\0\x08\1\202\15\0\0\0\1\0"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\x08\3\202\15\0\0\0\1\0"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\x08\2\204\15\0\0\0\1\0"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\x08\2\202\15\0\0\0\1\6"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\x08\2\202\15\0\0\0\2\0"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\2\2\202"), BA_ERR_PROTOCOL },
		/* Good messages that are not for us: REPLY, CONTROL_REPLY. */
		{ RAW("\0\0\0\7\2\3\13\0\0\0\0"), BA_ERR_PROTOCOL },
		{ RAW("\0\0\0\x0d\2\220\15\0\0\0\1\0\13\0\0\0\0"),
		    BA_ERR_PROTOCOL },
		/* A prompt for a host that cannot. */
		{ RAW("\0\0\0\x0d\2\201\14\0\0\0\1\3\13\0\0\0\0"),
		    BA_ERR_PROTOCOL },
		/* More time, for what needs none: WAIT. */
		{ RAW("\0\0\0\x0b\2\203\7\0\0\0\4\0\0\0\1" YES),
		    BA_ERR_PROTOCOL },
		/* What follows a verdict is not looked at. */
		{ RAW(YES NO), BA_OK },
		{ RAW(NO YES), BA_ERR_REFUSED },
		{ RAW(NO "nonsense"), BA_ERR_REFUSED },
		{ RAW(YES "nonsense"), BA_OK },
	};
	struct broker b = { .act = say_raw };
	size_t i, n;

	(void)state;
	for (n = 0; n < 2; n++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			shaky = n == 1;
			b.raw = rows[i].raw;
			b.raw_len = rows[i].n;
			if (ask_plainly(&b) != rows[i].r)
				fail_msg("row %zu", i);
			forget(&b);
		}
}

/* Messages for others are not shown to a user by mistake. */
static void
what_is_not_for_us(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
	} rows[] = {
		{ RAW("\0\0\0\7\2\3\13\0\0\0\0") },
		{ RAW("\0\0\0\x0d\2\220\15\0\0\0\1\0\13\0\0\0\0") },
	};
	struct broker b = { .act = say_raw };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&host, 0, sizeof(host));
		host.reply = "";
		b.raw = rows[i].raw;
		b.raw_len = rows[i].n;
		assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_PROTOCOL);
		assert_int_equal(host.prompts, 0);
		forget(&b);
	}
}

static void
say_raw_and_stay(struct broker *b)
{
	say_raw(b);
	until_it_ends(b);
}

/* Not after the deadline: a length that cannot be is not waited for. */
static void
impossible_lengths_are_seen_at_once(void **state)
{
	static const struct {
		const char *raw;
		int r;
	} rows[] = {
		{ "\0\0\x20\0", BA_ERR_TIMEOUT }, /* the largest: 8192 */
		{ "\0\0\x20\1", BA_ERR_PROTOCOL },
		{ "\0\0\0\1", BA_ERR_PROTOCOL },
		{ "\xff\xff\xff\xff", BA_ERR_PROTOCOL },
	};
	struct broker b = { .act = say_raw_and_stay, .raw_len = 4 };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	size_t i;

	(void)state;
	c.deadline_ms = 60;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&host, 0, sizeof(host));
		b.raw = rows[i].raw;
		assert_int_equal(ask(&c, &q, &host, false, &b), rows[i].r);
		forget(&b);
	}
}

static void
leave(struct broker *b)
{
	(void)b;
}

static void
say_verdict_unheard(struct broker *b)
{
	say_verdict(b);
}

/* The whole question is too much for the socket, and is never read. */
static void
say_verdict_unheard_and_stay(struct broker *b)
{
	char c;

	say_verdict(b);
	(void)poll(NULL, 0, 20);
	while (read(b->fd, &c, 1) > 0)
		;
}

static void
a_broker_that_ends_or_speaks_early(void **state)
{
	static const struct {
		void (*act)(struct broker *b);
		uint8_t family;
		int r;
	} rows[] = {
		{ leave, 0, BA_ERR_UNAVAIL },
		/* A refusal needs no question: too many of them, say. */
		{ say_verdict_unheard, BA_FAMILY_UNAVAILABLE, BA_ERR_UNAVAIL },
		{ say_verdict_unheard, BA_FAMILY_NOT_ALLOWED,
		    BA_ERR_NOT_ALLOWED },
		{ say_verdict_unheard_and_stay, BA_FAMILY_NOT_ALLOWED,
		    BA_ERR_NOT_ALLOWED },
	};
	struct broker b = { 0 };
	size_t i, n;

	(void)state;
	for (n = 0; n < 2; n++)
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			shaky = n == 1;
			b.act = rows[i].act;
			b.family = rows[i].family;
			assert_int_equal(ask_plainly(&b), rows[i].r);
			forget(&b);
		}
}

/*
 * One talk step by step, so that it is certain what is there before the first
 * byte of the question is taken.
 */
struct direct {
	struct ba_client c;
	struct ba_ask q;
	struct ba_answer a;
	struct host host;
	struct ba_ask_host h;
	struct talk t;
	struct broker b;
};

static void
direct_begin(struct direct *d)
{
	static char token[65536];
	int pair[2];

	memset(d, 0, sizeof(*d));
	d->c = client();
	d->q = question();
	strcpy(d->q.id, ID);
	d->q.token = token;
	d->q.token_len = sizeof(token);
	d->host.reply = "yes";
	d->h.prompt = prompt;
	d->h.arg = &d->host;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	d->b.fd = pair[1];
	d->t.fd = pair[0];
	d->t.c = &d->c;
	d->t.q = &d->q;
	d->t.h = &d->h;
	d->t.a = &d->a;
	d->t.end = now_ms() + 1000;
	ba_buf_init(&d->t.out, BA_WIRE_ASK_MAX);
	ba_buf_init(&d->t.in, BA_WIRE_ANSWER_MAX + 4);
	assert_int_equal(build_question(&d->t), BA_OK);
}

/* Sends the question, hears the answer; the broker has done its part. */
static int
direct_end(struct direct *d, bool expect_said)
{
	int r;

	assert_int_equal(d->b.line, 0);
	assert_int_equal(send_out(&d->t), BA_OK);
	assert_int_equal(d->t.said, expect_said);
	r = hear(&d->t);
	ba_buf_wipe(&d->t.in);
	ba_buf_wipe(&d->t.out);
	close(d->t.fd);
	if (d->b.fd >= 0)
		close(d->b.fd);
	return r;
}

/* A yes to what was not heard is none, and nobody is prompted for it. */
static void
nothing_but_a_refusal_before_it_was_asked(void **state)
{
	static const struct {
		bool prompt, early;
		uint8_t family;
		int r;
	} rows[] = {
		{ false, false, BA_FAMILY_OK, BA_OK },
		{ false, true, BA_FAMILY_OK, BA_ERR_PROTOCOL },
		{ false, true, BA_FAMILY_REFUSED, BA_ERR_REFUSED },
		{ true, true, BA_FAMILY_OK, BA_ERR_PROTOCOL },
	};
	struct direct d;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		direct_begin(&d);
		/* Early: the socket is "not ready", and an answer is there. */
		shaky = rows[i].early;
		transfers = 1;
		d.b.family = rows[i].family;
		d.b.style = BA_PROMPT_SECRET;
		if (rows[i].prompt)
			say_prompt(&d.b, "Your password: ");
		say_verdict(&d.b);
		assert_int_equal(direct_end(&d, !rows[i].early), rows[i].r);
		assert_int_equal(d.host.prompts, 0);
	}
}

static void
closed_before_it_was_asked(void **state)
{
	struct direct d;

	(void)state;
	direct_begin(&d);
	close(d.b.fd);
	d.b.fd = -1;
	assert_int_equal(direct_end(&d, false), BA_ERR_UNAVAIL);
	direct_begin(&d);
	d.b.family = BA_FAMILY_NOT_ALLOWED;
	say_verdict(&d.b);
	close(d.b.fd);
	d.b.fd = -1;
	assert_int_equal(direct_end(&d, false), BA_ERR_NOT_ALLOWED);
	/* With bytes of the question unread the kernel says ECONNRESET. */
	direct_begin(&d);
	assert_int_equal(send(d.t.fd, "x", 1, 0), 1);
	close(d.b.fd);
	d.b.fd = -1;
	assert_int_equal(direct_end(&d, false), BA_ERR_UNAVAIL);
}

static void
prompt_then_answer(struct broker *b)
{
	unsigned i;

	read_question(b);
	for (i = 0; i < b->prompts; i++) {
		say_prompt(b, "Confirm?\nSay yes: ");
		if (b->style == BA_PROMPT_SECRET || b->style == BA_PROMPT_PLAIN)
			hear_reply(b);
	}
	say_verdict(b);
}

static void
prompts_of_each_style(void **state)
{
	struct broker b = { .act = prompt_then_answer, .prompts = 3 };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	bool answered;
	int n;

	(void)state;
	for (n = 0; n < 2; n++)
		for (b.style = 1; b.style <= 4; b.style++) {
			shaky = n == 1;
			memset(&host, 0, sizeof(host));
			host.reply = "secret-y\xc3\xa4s";
			assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
			assert_int_equal(host.prompts, 3);
			assert_int_equal(host.style, b.style);
			assert_string_equal(host.text, "Confirm?\nSay yes: ");
			answered = b.style == BA_PROMPT_SECRET ||
				   b.style == BA_PROMPT_PLAIN;
			assert_string_equal(ba_buf_str(&b.replies),
			    answered ? "secret-y\xc3\xa4s;secret-y\xc3\xa4s;"
				       "secret-y\xc3\xa4s;"
				     : "");
			forget(&b);
		}
}

static void
sit_silent_after_prompt(struct broker *b)
{
	read_question(b);
	say_prompt(b, "?");
	until_it_ends(b);
}

static void
sit_silent_after_reply(struct broker *b)
{
	read_question(b);
	say_prompt(b, "?");
	hear_reply(b);
	until_it_ends(b);
}

static void
prompts_without_end(struct broker *b)
{
	unsigned i;

	read_question(b);
	for (i = 0; i < b->prompts; i++)
		say_prompt(b, "?");
	until_it_ends(b);
}

static void
replies(void **state)
{
	static char long_reply[4098];
	const struct {
		const char *reply;
		size_t n;
		int r;
	} rows[] = {
		{ "", 0, BA_OK },
		{ "two\nlines", 0, BA_OK },
		{ "a\tb", 0, BA_OK },
		{ "a\rb", 0, BA_ERR_CONVERSATION },
		{ "latin \xe4", 0, BA_ERR_CONVERSATION },
		{ NULL, 4096, BA_OK },
		{ NULL, 4097, BA_ERR_CONVERSATION },
	};
	struct broker b = { .act = prompt_then_answer, .prompts = 1 };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;
	size_t i;

	(void)state;
	memset(long_reply, 'l', sizeof(long_reply) - 1);
	b.style = BA_PROMPT_SECRET;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&host, 0, sizeof(host));
		host.reply = rows[i].reply;
		if (rows[i].n != 0)
			host.reply = long_reply + 4097 - rows[i].n;
		if (rows[i].r == BA_OK) {
			assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
			assert_int_equal(b.replies.len, strlen(host.reply) + 1);
		} else {
			b.act = sit_silent_after_prompt;
			assert_int_equal(
			    ask(&c, &q, &host, true, &b), rows[i].r);
			b.act = prompt_then_answer;
		}
		forget(&b);
	}
}

static void
a_prompt_that_fails(void **state)
{
	struct broker b = { .act = sit_silent_after_prompt };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host;

	(void)state;
	for (b.style = 1; b.style <= 4; b.style++) {
		memset(&host, 0, sizeof(host));
		host.reply = "y";
		host.prompt_error = BA_ERR_NOMEM;
		assert_int_equal(
		    ask(&c, &q, &host, true, &b), BA_ERR_CONVERSATION);
		assert_int_equal(host.prompts, 1);
		forget(&b);
	}
}

static void
prompts_have_an_end(void **state)
{
	struct broker b = { .act = prompt_then_answer,
		.prompts = 64,
		.style = BA_PROMPT_INFO };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { .reply = "" };

	(void)state;
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
	assert_int_equal(host.prompts, 64);
	forget(&b);
	b.prompts = 65;
	host.prompts = 0;
	b.act = prompts_without_end;
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_PROTOCOL);
	assert_int_equal(host.prompts, 64);
	forget(&b);
}

/* The user may take his time; the broker may not. */
static void
the_clock_stands_still_in_a_prompt(void **state)
{
	struct broker b = { .act = prompt_then_answer,
		.prompts = 2,
		.style = BA_PROMPT_PLAIN };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { .reply = "y", .nap_ms = 90 };
	int64_t start;

	(void)state;
	c.deadline_ms = 80;
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
	forget(&b);
	b.act = sit_silent_after_reply;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_TIMEOUT);
	assert_took(start, 90 + 80);
	forget(&b);
}

static void
say_wait(struct broker *b)
{
	struct ba_msg_out o;
	struct ba_buf out;

	ba_buf_init(&out, BA_WIRE_ANSWER_MAX);
	ba_msg_begin(&o, &out, BA_WIRE_VERSION, BA_MSG_WAIT);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, b->wait_ms);
	EXPECT(b, ba_msg_end(&o) == BA_OK);
	say(b, out.p, out.len);
	ba_buf_wipe(&out);
}

static void
wait_then_answer(struct broker *b)
{
	read_question(b);
	say_wait(b);
	(void)poll(NULL, 0, (int)b->late_ms);
	say_verdict(b);
}

static void
wait_then_silence(struct broker *b)
{
	read_question(b);
	say_wait(b);
	until_it_ends(b);
}

/* DEV-12: as long as the broker says, and not a moment longer. */
static void
dev_12_wait_puts_the_deadline_off(void **state)
{
	struct broker b = { .act = wait_then_answer, .late_ms = 120 };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	int64_t start;

	(void)state;
	q.type = BA_MSG_DEVICE;
	c.deadline_ms = 60;
	b.wait_ms = 400;
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
	forget(&b);
	b.act = wait_then_silence;
	b.wait_ms = 150;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_TIMEOUT);
	assert_took(start, 150);
	forget(&b);
	/* Until it says so, it is as for any other question. */
	b.act = sit_silent;
	host.lines = 0;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_TIMEOUT);
	assert_took(start, 60);
	forget(&b);
	/* Less than there is left takes nothing away. */
	host.lines = 0;
	c.deadline_ms = 150;
	b.act = wait_then_silence;
	b.wait_ms = 10;
	start = ba_clock_mono_ms(&ba_clock_system);
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_TIMEOUT);
	assert_took(start, 150);
	forget(&b);
}

/* A broker that wants ever more time gets so much, in all. */
static void
waiting_is_bounded(void **state)
{
	static const uint32_t wanted[] = { 10, 600000, BA_WAIT_MAX_MS,
		BA_WAIT_MAX_MS, UINT32_MAX, UINT32_MAX };
	unsigned char be[4];
	struct ba_msg m;
	struct direct d;
	int64_t end;
	size_t i;

	(void)state;
	direct_begin(&d);
	d.t.said = true;
	memset(&m, 0, sizeof(m));
	m.type = BA_MSG_WAIT;
	m.field[BA_TAG_DEADLINE].p = be;
	m.field[BA_TAG_DEADLINE].n = 4;
	end = d.t.end;
	be[0] = be[1] = be[2] = be[3] = 0xff;
	/* Any but a device flow, and before the question was heard. */
	assert_int_equal(handle_wait(&d.t, &m), BA_ERR_PROTOCOL);
	d.q.type = BA_MSG_DEVICE;
	d.t.said = false;
	assert_int_equal(handle_wait(&d.t, &m), BA_ERR_PROTOCOL);
	assert_int_equal(d.t.end, end);
	d.t.said = true;
	for (i = 0; i < 6; i++) {
		be[0] = (unsigned char)(wanted[i] >> 24);
		be[1] = (unsigned char)(wanted[i] >> 16);
		be[2] = (unsigned char)(wanted[i] >> 8);
		be[3] = (unsigned char)wanted[i];
		assert_int_equal(handle_wait(&d.t, &m), BA_OK);
		if (i == 0)
			assert_int_equal(d.t.end, end);
		if (i == 1)
			assert_in_range(d.t.end - end, 598000, 599100);
		assert_int_equal(d.t.waited, d.t.end - end);
	}
	assert_int_equal(d.t.end - end, BA_WAIT_MAX_MS);
	d.t.end = now_ms();
	assert_int_equal(direct_end(&d, true), BA_ERR_TIMEOUT);
}

/* Asked again after each poll: once a second, and no issuer wants it oftener. */
static void
prompts_of_a_device_flow_have_an_end_too(void **state)
{
	struct broker b = { .act = prompt_then_answer,
		.prompts = 630,
		.style = BA_PROMPT_INFO };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { .reply = "" };

	(void)state;
	q.type = BA_MSG_DEVICE;
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_OK);
	assert_int_equal(host.prompts, 630);
	forget(&b);
	b.prompts = 631;
	host.prompts = 0;
	b.act = prompts_without_end;
	assert_int_equal(ask(&c, &q, &host, true, &b), BA_ERR_PROTOCOL);
	assert_int_equal(host.prompts, 630);
	forget(&b);
}

static void
ids_are_never_the_same(void **state)
{
	struct broker b = { .act = answer };
	struct ba_client c = client();
	struct ba_ask q = question();
	struct host host = { 0 };
	char first[BA_ID_LEN + 1];

	(void)state;
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	memcpy(first, q.id, sizeof(first));
	forget(&b);
	assert_int_equal(ask(&c, &q, &host, false, &b), BA_OK);
	assert_string_not_equal(first, q.id);
	forget(&b);
}

static void *
asking_thread(void *arg)
{
	struct ba_client c = client();
	struct ba_ask q = question();
	const struct ba_ask_host h = { NULL, NULL, NULL };
	struct ba_answer a;
	int i, *bad = arg;

	for (i = 0; i < 25; i++)
		if (ba_ask(&c, &q, &h, &a) != BA_OK ||
		    strcmp(a.user, "alice") != 0)
			(*bad)++;
	return NULL;
}

static void
threads_may_ask_at_the_same_time(void **state)
{
	struct broker b = { .act = answer, .user = "alice" };
	pthread_t threads[4];
	int i, bad[4] = { 0 };

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, asking_thread, &bad[i]),
		    0);
	for (i = 0; i < 100; i++) {
		start(&b);
		finish(&b);
		forget(&b);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(bad[i], 0);
	}
}

static void
usable(void **state)
{
	static const struct {
		const char *socket, *broker;
		uid_t euid;
		bool usable;
	} rows[] = {
		{ SOCK, NULL, 1000, true },
		{ SOCK, NULL, 0, true },
		{ "run/none", NULL, 0, false },
		{ "run/none", "/bin/true", 0, true },
		{ "run/none", "/bin/true", 1000, false },
		{ "run/none", "/bin/ba-no-such-program", 0, false },
		{ "run/none", "/etc/passwd", 0, false },
		/* There, but no socket: nothing is spawned beside it. */
		{ "run", "/bin/true", 0, false },
		{ "run/ask/x", "/bin/true", 0, false },
	};
	struct ba_client c = client();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.socket = rows[i].socket;
		c.broker = rows[i].broker;
		pretended_euid = rows[i].euid;
		errno = EDOM;
		assert_int_equal(ba_client_usable(&c), rows[i].usable);
		assert_int_equal(errno, EDOM);
	}
}

static void
defaults(void **state)
{
	struct ba_client c;

	(void)state;
	memset(&c, 'x', sizeof(c));
	ba_client_defaults(&c, BA_DEADLINE_SASL_MS);
	assert_string_equal(c.socket, BA_RUNSTATEDIR "/bearerauth/ask");
	assert_string_equal(c.broker, BA_LIBEXECDIR "/bearerauthd");
	assert_null(c.config);
	assert_null(c.trusted_dir);
	assert_int_equal(c.trusted_uid, 0);
	assert_int_equal(c.deadline_ms, 3000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, with_listener, without_listener)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(accepted),
		T(what_is_unknown_is_not_sent),
		T(account),
		T(what_each_question_says),
		T(limits_of_what_is_said),
		T(who_it_is),
		T(each_family_is_its_error),
		T(accepted_as_whom),
		T(the_question_is_judged_first),
		T(dirt_in_remote_host_and_tty_is_cleaned),
		T(the_longest_token_goes_through),
		T(silence_ends_at_the_deadline),
		T(a_full_queue_is_waited_for_until_the_deadline),
		T(a_socket_that_refuses),
		T(a_path_that_others_may_change),
		T(somebody_elses_listener),
		T(a_path_too_long_for_a_socket),
		T(v49_absent_and_nothing_to_spawn),
		T(absent_and_root_spawns),
		T(what_is_no_answer),
		T(what_is_not_for_us),
		T(impossible_lengths_are_seen_at_once),
		T(a_broker_that_ends_or_speaks_early),
		T(nothing_but_a_refusal_before_it_was_asked),
		T(closed_before_it_was_asked),
		T(prompts_of_each_style),
		T(replies),
		T(a_prompt_that_fails),
		T(prompts_have_an_end),
		T(the_clock_stands_still_in_a_prompt),
		T(dev_12_wait_puts_the_deadline_off),
		T(waiting_is_bounded),
		T(prompts_of_a_device_flow_have_an_end_too),
		T(ids_are_never_the_same),
		T(threads_may_ask_at_the_same_time),
		T(usable),
		T(defaults),
	};

	if (argc > 1 && strcmp(argv[1], "--spawned") == 0)
		return spawned_main(argc, argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
