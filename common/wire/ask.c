/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/io.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/base/utf8.h"
#include "common/wire/ask.h"
#include "common/wire/option.h"
#include "common/wire/spawn.h"
#include "common/wire/trust.h"

#define PROMPTS_MAX 64
/* … and of the device flow, where one is asked again after each poll (RFC 8628
   section 3.5), and no issuer wants them oftener than once a second. */
#define PROMPTS_DEVICE_MAX (BA_WAIT_MAX_MS / 1000)
/* Between two tries at a full backlog, which poll(2) cannot watch; ms. */
#define RETRY_FIRST 10
#define RETRY_LAST  50

/* One conversation. */
struct talk {
	const struct ba_client *c;
	struct ba_ask *q;
	const struct ba_ask_host *h;
	struct ba_answer *a;
	int fd;
	bool spawned;
	bool said; /* all that we sent was taken */
	int64_t end; /* of the deadline, mono ms */
	int64_t waited; /* ms by which WAIT has put it off */
	unsigned prompts;
	struct ba_buf out, in;
	char why[256]; /* for the log; no secrets */
};

void
ba_client_defaults(struct ba_client *c, unsigned deadline_ms)
{
	memset(c, 0, sizeof(*c));
	c->socket = BA_ASK_SOCKET;
	c->broker = BA_BROKER;
	c->deadline_ms = deadline_ms;
}

bool
ba_client_usable(const struct ba_client *c)
{
	struct stat st;
	bool usable;
	int saved = errno;

	if (lstat(c->socket, &st) == 0)
		usable = S_ISSOCK(st.st_mode);
	else
		usable = errno == ENOENT && geteuid() == 0 &&
			 c->broker != NULL &&
			 faccessat(AT_FDCWD, c->broker, X_OK, AT_EACCESS) == 0;
	errno = saved;
	return usable;
}

/* Say why, once; the first reason is the cause. */
static int __attribute__((__format__(__printf__, 3, 4)))
give_up(struct talk *t, int err, const char *fmt, ...)
{
	va_list ap;

	if (t->why[0] == '\0') {
		va_start(ap, fmt);
		(void)vsnprintf(t->why, sizeof(t->why), fmt, ap);
		va_end(ap);
	}
	return err;
}

static int64_t
now_ms(void)
{
	return ba_clock_mono_ms(&ba_clock_system);
}

/* Milliseconds that are left, at least 0; fits poll(2) and the wire. */
static int
ms_left(const struct talk *t)
{
	int64_t left = t->end - now_ms();

	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

/* Wait until the socket is ready for one of these events. */
static int
wait_for(struct talk *t, short events, short *readyp)
{
	struct pollfd p = { .fd = t->fd, .events = events };
	int left, n;

	*readyp = 0;
	while ((left = ms_left(t)) > 0) {
		n = poll(&p, 1, left);
		if (n > 0) {
			*readyp = p.revents;
			return BA_OK;
		}
		if (n < 0 && errno != EINTR)
			return give_up(t, BA_ERR_SYSTEM, "poll: %m");
	}
	return give_up(t, BA_ERR_TIMEOUT, "no answer within %" PRId64 " ms",
	    (int64_t)t->c->deadline_ms + t->waited);
}

/* Sleep through whatever signals the host gets. */
static void
nap(const struct talk *t, int ms)
{
	int64_t until = now_ms() + ms;
	int left;

	if (until > t->end)
		until = t->end;
	while ((left = (int)(until - now_ms())) > 0)
		(void)poll(NULL, 0, left);
}

/*
 * connect(2) to a unix socket never is "in progress": it is done, or the
 * backlog is full (EAGAIN).
 */
static int
try_connect(struct talk *t, const struct sockaddr_un *sun)
{
	int pause = RETRY_FIRST;

	for (;;) {
		if (connect(
			t->fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0)
			return BA_OK;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return give_up(
			    t, BA_ERR_UNAVAIL, "%s: %m", sun->sun_path);
		if (ms_left(t) == 0)
			return give_up(t, BA_ERR_BUSY, "%s: its queue is full",
			    sun->sun_path);
		nap(t, pause);
		pause = pause * 2 < RETRY_LAST ? pause * 2 : RETRY_LAST;
	}
}

static int
connect_service(struct talk *t)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int r = BA_ERR_INTERNAL;

	if (ba_copy_str(sun.sun_path, sizeof(sun.sun_path), t->c->socket) !=
	    BA_OK)
		return give_up(t, BA_ERR_CONFIG, "%s: too long for a socket",
		    t->c->socket);
	t->fd = ba_fd_above_stdio(
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (t->fd < 0)
		return give_up(t, BA_ERR_SYSTEM, "socket: %m");
	r = try_connect(t, &sun);
	if (r != BA_OK)
		return r;
	r = ba_trust_peer(t->fd, t->c->trusted_uid);
	if (r != BA_OK)
		return give_up(t, r,
		    "%s: somebody else than root listens there", t->c->socket);
	return BA_OK;
}

static int
spawn_broker(struct talk *t)
{
	const char *argv[5] = { t->c->broker, "--spawned" };
	int r = BA_ERR_INTERNAL;

	if (geteuid() != 0 || t->c->broker == NULL)
		return give_up(t, BA_ERR_NO_BROKER,
		    "%s does not exist: bearerauthd is not running, start it "
		    "with \"systemctl start bearerauthd\"",
		    t->c->socket);
	if (t->c->config != NULL) {
		argv[2] = "--config";
		argv[3] = t->c->config;
	}
	r = ba_spawn(argv, &t->fd);
	if (r != BA_OK)
		return give_up(t, r,
		    "%s does not exist, and %s was not started", t->c->socket,
		    t->c->broker);
	t->spawned = true;
	return BA_OK;
}

static int
reach_broker(struct talk *t)
{
	const char *why, *dir = t->c->trusted_dir;
	int r = BA_ERR_INTERNAL;

	r = ba_trust_path_below(
	    dir != NULL ? dir : "", t->c->socket, t->c->trusted_uid, &why);
	if (r == BA_ERR_NO_BROKER)
		return spawn_broker(t);
	if (r != BA_OK)
		return give_up(t, r, "%s: %s", t->c->socket, why);
	return connect_service(t);
}

/* Is it a question at all?  A defect of ours, or nobody who can answer. */
static int
check_kind(struct talk *t)
{
	const struct ba_ask *q = t->q;

	if (q->type != BA_MSG_ASK && q->type != BA_MSG_DEVICE &&
	    q->type != BA_MSG_ACCOUNT && q->type != BA_MSG_SESSION)
		return give_up(t, BA_ERR_INTERNAL, "not a question");
	if (q->type != BA_MSG_ASK && q->user == NULL)
		return give_up(t, BA_ERR_INTERNAL, "nobody to ask about");
	if (q->type == BA_MSG_SESSION && q->event != BA_SESSION_OPEN &&
	    q->event != BA_SESSION_CLOSE)
		return give_up(t, BA_ERR_INTERNAL, "neither open nor close");
	if (q->type == BA_MSG_DEVICE && t->h->prompt == NULL)
		return give_up(
		    t, BA_ERR_CONVERSATION, "nobody can be shown a code");
	return BA_OK;
}

/*
 * What the wire would not carry must not come out as "unavailable", when it
 * is the user's name or the token that is bad.
 */
static int
check_question(struct talk *t)
{
	const struct ba_ask *q = t->q;
	size_t n;
	int r = BA_ERR_INTERNAL;

	r = check_kind(t);
	if (r != BA_OK)
		return r;
	if (!ba_option_service(q->service))
		return give_up(t, BA_ERR_NO_SERVICE, "not a service's name");
	n = q->user == NULL ? 1 : strlen(q->user);
	if (n == 0 || n > BA_FIELD_MAX ||
	    (q->user != NULL && !ba_utf8_is_text(q->user, n, false)))
		return give_up(t, BA_ERR_UNKNOWN_USER, "not a user's name");
	if (q->type == BA_MSG_ASK &&
	    (q->token_len == 0 || q->token_len > BA_WIRE_TOKEN_MAX))
		return give_up(t, BA_ERR_TOKEN_SIZE, "%zu bytes", q->token_len);
	return BA_OK;
}

/*
 * What comes from strangers: cleaned, cut.  Of these the host name alone is
 * compared with anything, and with none that is longer or unclean.
 */
static void
put_clean(struct ba_msg_out *o, enum ba_tag tag, const char *s, size_t max)
{
	char clean[BA_FIELD_MAX + 1];

	if (s == NULL)
		return;
	ba_sanitise(clean, max + 1, s, strlen(s));
	ba_msg_put_str(o, tag, clean);
}

static void
put_process(struct ba_msg_out *o, const struct ba_process *process)
{
	unsigned char be[16];
	int i;

	if (process->pid == 0)
		return;
	for (i = 0; i < 8; i++) {
		be[i] = (unsigned char)(process->pid >> (56 - 8 * i));
		be[8 + i] = (unsigned char)(process->start >> (56 - 8 * i));
	}
	ba_msg_put(o, BA_TAG_PROCESS, be, sizeof(be));
}

static void
put_token(struct ba_msg_out *o, const struct ba_ask *q)
{
	ba_msg_put_u8(o, BA_TAG_ORIGIN, q->origin);
	ba_msg_put(o, BA_TAG_TOKEN, q->token, q->token_len);
	put_process(o, &q->process);
	put_clean(o, BA_TAG_HOST, q->host, BA_FIELD_MAX);
	if (q->port != 0)
		ba_msg_put_u32(o, BA_TAG_PORT, q->port);
}

static void
put_session(struct ba_msg_out *o, const struct ba_ask *q)
{
	ba_msg_put_u8(o, BA_TAG_EVENT, (uint8_t)q->event);
	put_process(o, &q->process);
	ba_msg_put_str(o, BA_TAG_ISSUER, q->issuer);
	ba_msg_put_str(o, BA_TAG_SUBJECT, q->sub);
}

static int
build_question(struct talk *t)
{
	const struct ba_ask *q = t->q;
	struct ba_msg_out o;
	int r = BA_ERR_INTERNAL;

	ba_msg_begin(&o, &t->out, BA_WIRE_VERSION, q->type);
	ba_msg_put_str(&o, BA_TAG_ID, q->id);
	ba_msg_put_str(&o, BA_TAG_SERVICE, q->service);
	ba_msg_put_str(&o, BA_TAG_USER, q->user);
	if (q->uid_known)
		ba_msg_put_u32(&o, BA_TAG_UID, q->uid);
	put_clean(&o, BA_TAG_RHOST, q->rhost, BA_FIELD_MAX);
	put_clean(&o, BA_TAG_TTY, q->tty, BA_FIELD_MAX);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, (uint32_t)ms_left(t));
	if (q->type != BA_MSG_SESSION)
		ba_msg_put_u8(&o, BA_TAG_CAN_PROMPT, t->h->prompt != NULL);
	if (q->type == BA_MSG_ASK)
		put_token(&o, q);
	if (q->type == BA_MSG_DEVICE) {
		ba_msg_put_u8(&o, BA_TAG_HELD, q->held);
		put_process(&o, &q->process);
	}
	if (q->type == BA_MSG_ACCOUNT)
		put_clean(&o, BA_TAG_WAY, q->way, BA_WAY_MAX);
	if (q->type == BA_MSG_SESSION)
		put_session(&o, q);
	r = ba_msg_end(&o);
	if (r == BA_OK)
		return r;
	/* The fields that others fill were checked; the rest is ours. */
	return give_up(t, r == BA_ERR_PROTOCOL ? BA_ERR_INTERNAL : r,
	    "the question cannot be put");
}

/*
 * Send what is in the out buffer.  BA_OK also where the broker closed, or
 * spoke before all was sent: a refusal may be there to be read.  t->said
 * tells; without it nothing else is taken.
 */
static int
send_out(struct talk *t)
{
	ssize_t n;
	size_t sent = 0;
	short ready;
	int r = BA_OK;

	t->said = false;
	while (sent < t->out.len) {
		n = send(
		    t->fd, t->out.p + sent, t->out.len - sent, MSG_NOSIGNAL);
		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EPIPE || errno == ECONNRESET)
			break;
		if (errno != EAGAIN) {
			r = give_up(t, BA_ERR_SYSTEM, "send: %m");
			break;
		}
		r = wait_for(t, POLLIN | POLLOUT, &ready);
		if (r != BA_OK || (ready & POLLIN) != 0)
			break;
	}
	t->said = sent == t->out.len;
	ba_buf_wipe(&t->out);
	return r;
}

static int
receive_more(struct talk *t)
{
	unsigned char *p;
	size_t room = t->in.max - t->in.len;
	ssize_t n;
	short ready;
	int r = BA_ERR_INTERNAL;

	r = ba_buf_reserve(&t->in, room, &p);
	if (r != BA_OK)
		return give_up(t, r, "no room for the answer");
	n = recv(t->fd, p, room, 0);
	if (n > 0) {
		ba_buf_commit(&t->in, (size_t)n);
		return BA_OK;
	}
	if (n < 0 && errno == EINTR)
		return BA_OK;
	if (n < 0 && errno == EAGAIN)
		return wait_for(t, POLLIN, &ready);
	if (n < 0 && errno != ECONNRESET)
		return give_up(t, BA_ERR_SYSTEM, "recv: %m");
	if (t->in.len > 0)
		return give_up(t, BA_ERR_PROTOCOL, "it ended within a message");
	return give_up(t, BA_ERR_UNAVAIL, "%s ended without a verdict",
	    t->spawned ? "the spawned broker" : "the conversation");
}

/* The next message; it lives in t->in until that is consumed. */
static int
receive(struct talk *t, struct ba_msg *m, size_t *totalp)
{
	int r = BA_ERR_INTERNAL;

	for (;;) {
		r = ba_frame_size(
		    t->in.p, t->in.len, BA_WIRE_ANSWER_MAX, totalp);
		if (r != BA_OK)
			return give_up(t, r, "a message of impossible length");
		if (*totalp > 0 && *totalp <= t->in.len)
			break;
		r = receive_more(t);
		if (r != BA_OK)
			return r;
	}
	r = ba_msg_parse(t->in.p, *totalp, m);
	if (r == BA_OK && m->version != BA_WIRE_VERSION)
		r = BA_ERR_PROTOCOL;
	if (r != BA_OK)
		return give_up(t, r, "a message that is not understood");
	return BA_OK;
}

/* The host's prompt may take its time: the deadline stands still. */
static int
ask_user(struct talk *t, enum ba_prompt_style style, const char *text,
    struct ba_buf *reply)
{
	int64_t start = now_ms();
	int r = BA_ERR_INTERNAL;

	r = t->h->prompt(t->h->arg, style, text, reply);
	t->end += now_ms() - start;
	if (r != BA_OK)
		return give_up(
		    t, BA_ERR_CONVERSATION, "a prompt was not shown");
	return BA_OK;
}

static int
send_reply(struct talk *t, const struct ba_buf *reply)
{
	struct ba_msg_out o;
	int r = BA_ERR_INTERNAL;

	ba_msg_begin(&o, &t->out, BA_WIRE_VERSION, BA_MSG_REPLY);
	ba_msg_put(&o, BA_TAG_TEXT, ba_buf_str(reply), reply->len);
	r = ba_msg_end(&o);
	if (r == BA_ERR_PROTOCOL)
		return give_up(t, BA_ERR_CONVERSATION, "the reply is not text");
	if (r != BA_OK)
		return give_up(t, r, "the reply cannot be put");
	return send_out(t);
}

/*
 * In the device flow somebody else is being waited for, who may take minutes.
 * How long is the broker's to say, within what any service may be configured
 * for; so a broker that never ends makes no host wait for ever.
 */
static int
handle_wait(struct talk *t, const struct ba_msg *m)
{
	int64_t more, most = BA_WAIT_MAX_MS - t->waited;

	if (!t->said || t->q->type != BA_MSG_DEVICE)
		return give_up(t, BA_ERR_PROTOCOL, "no time to be put off");
	more = now_ms() + ba_msg_u32(m, BA_TAG_DEADLINE, 0) - t->end;
	if (more > most)
		more = most;
	if (more > 0) {
		t->end += more;
		t->waited += more;
	}
	return BA_OK;
}

static int
handle_prompt(struct talk *t, const struct ba_msg *m)
{
	unsigned most =
	    t->q->type == BA_MSG_DEVICE ? PROMPTS_DEVICE_MAX : PROMPTS_MAX;
	enum ba_prompt_style style = ba_msg_u8(m, BA_TAG_STYLE, 0);
	char text[BA_WIRE_TEXT_MAX + 1];
	struct ba_buf reply;
	int r = BA_ERR_INTERNAL;

	ba_buf_init(&reply, BA_WIRE_TEXT_MAX);
	if (!t->said || t->h->prompt == NULL || ++t->prompts > most)
		return give_up(t, BA_ERR_PROTOCOL, "a prompt out of place");
	r = ba_msg_get_str(m, BA_TAG_TEXT, text, sizeof(text));
	if (r == BA_OK)
		r = ask_user(t, style, text, &reply);
	if (r == BA_OK &&
	    (style == BA_PROMPT_SECRET || style == BA_PROMPT_PLAIN))
		r = send_reply(t, &reply);
	ba_buf_wipe(&reply);
	ba_wipe(text, sizeof(text)); /* may hold a device's user code */
	return r;
}

/* Who it is for the issuer, beside the name here. */
static int
take_who(struct talk *t, const struct ba_msg *m)
{
	struct ba_answer *a = t->a;
	int r = BA_ERR_INTERNAL;

	r = ba_msg_get_str(m, BA_TAG_PERSON, a->person, sizeof(a->person));
	if (r == BA_OK)
		r = ba_msg_get_str(
		    m, BA_TAG_ISSUER, a->issuer, sizeof(a->issuer));
	if (r == BA_OK)
		r = ba_msg_get_str(m, BA_TAG_SUBJECT, a->sub, sizeof(a->sub));
	/* The others made their id themselves, and keep it. */
	if (r == BA_OK && t->q->type == BA_MSG_SESSION &&
	    ba_msg_has(m, BA_TAG_ID))
		r = ba_msg_get_str(m, BA_TAG_ID, t->q->id, sizeof(t->q->id));
	return r;
}

/* Accepted: whom, and until when? */
static int
take_acceptance(struct talk *t, const struct ba_msg *m)
{
	uint64_t expires = ba_msg_u64(m, BA_TAG_EXPIRES, 0);
	const char *user = t->q->user;
	char named[sizeof(t->a->user)];

	if (!t->said)
		return give_up(
		    t, BA_ERR_PROTOCOL, "accepted what it did not hear");
	if (ba_msg_get_str(m, BA_TAG_USER, named, sizeof(named)) != BA_OK ||
	    expires > INT64_MAX)
		return give_up(t, BA_ERR_PROTOCOL, "a verdict out of range");
	if (user == NULL)
		user = named;
	if (user[0] == '\0')
		return give_up(t, BA_ERR_PROTOCOL, "accepted without a name");
	if (named[0] != '\0' && strcmp(named, user) != 0)
		return give_up(
		    t, BA_ERR_PROTOCOL, "accepted for somebody else");
	if (ba_copy_str(t->a->user, sizeof(t->a->user), user) != BA_OK ||
	    take_who(t, m) != BA_OK) {
		memset(t->a, 0, sizeof(*t->a));
		return give_up(t, BA_ERR_PROTOCOL, "a verdict out of range");
	}
	t->a->expires = (int64_t)expires;
	return BA_OK;
}

static int
take_verdict(struct talk *t, const struct ba_msg *m)
{
	uint8_t family = ba_msg_u8(m, BA_TAG_FAMILY, BA_FAMILY_FAULT);
	struct ba_answer *a = t->a;

	if (ba_msg_get_str(m, BA_TAG_STATUS, a->status, sizeof(a->status)) !=
		BA_OK ||
	    ba_msg_get_str(m, BA_TAG_SCOPE, a->scope, sizeof(a->scope)) !=
		BA_OK ||
	    ba_msg_get_str(
		m, BA_TAG_METADATA, a->metadata, sizeof(a->metadata)) != BA_OK)
		return give_up(t, BA_ERR_PROTOCOL, "a verdict out of range");
	if (family == BA_FAMILY_OK)
		return take_acceptance(t, m);
	return ba_err_of_family(family);
}

/* From the question to the verdict; whatever follows that is not read. */
static int
hear(struct talk *t)
{
	struct ba_msg m;
	size_t total;
	int r = BA_ERR_INTERNAL;

	for (;;) {
		r = receive(t, &m, &total);
		if (r != BA_OK)
			return r;
		if (m.type == BA_MSG_VERDICT)
			return take_verdict(t, &m);
		if (m.type == BA_MSG_PROMPT)
			r = handle_prompt(t, &m);
		else if (m.type == BA_MSG_WAIT)
			r = handle_wait(t, &m);
		else
			r = give_up(t, BA_ERR_PROTOCOL, "no message for us");
		if (r != BA_OK)
			return r;
		ba_buf_consume(&t->in, total);
	}
}

static int
converse(struct talk *t)
{
	int r = BA_ERR_INTERNAL;

	r = check_question(t);
	if (r == BA_OK)
		r = reach_broker(t);
	if (r == BA_OK)
		r = build_question(t);
	if (r == BA_OK)
		r = send_out(t);
	if (r == BA_OK)
		r = hear(t);
	return r;
}

static int
make_id(struct ba_ask *q)
{
	unsigned char bytes[BA_ID_LEN / 2];
	int r = BA_ERR_INTERNAL;

	q->id[0] = '\0';
	r = ba_random(bytes, sizeof(bytes));
	if (r == BA_OK)
		ba_hex(q->id, bytes, sizeof(bytes));
	return r;
}

static void
log_failure(const struct talk *t, int err)
{
	enum ba_family family = ba_err_family(err);
	enum ba_log_level level = BA_LOG_NOTICE;

	if (family == BA_FAMILY_UNAVAILABLE)
		level = BA_LOG_WARNING;
	else if (family == BA_FAMILY_FAULT)
		level = BA_LOG_ERR;
	ba_log(t->h->log, level, "%s, service %s: %s: %s%s%s",
	    t->q->id[0] != '\0' ? t->q->id : "no id", t->q->service,
	    ba_family_text(family), ba_err_text(err),
	    t->why[0] != '\0' ? ": " : "", t->why);
}

int
ba_ask(const struct ba_client *c, struct ba_ask *q, const struct ba_ask_host *h,
    struct ba_answer *a)
{
	struct talk t = { .c = c, .q = q, .h = h, .a = a, .fd = -1 };
	int cancel, r = BA_ERR_INTERNAL, saved = errno;

	/* Cancelled half-way, a thread would leave the token behind. */
	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	memset(a, 0, sizeof(*a));
	ba_buf_init(&t.out, BA_WIRE_ASK_MAX);
	ba_buf_init(&t.in, BA_WIRE_ANSWER_MAX + 4);
	t.end = now_ms() + c->deadline_ms;
	if (q->type == BA_MSG_ASK || q->type == BA_MSG_DEVICE)
		r = make_id(q);
	else
		r = BA_OK;
	if (r == BA_OK)
		r = converse(&t);
	if (r != BA_OK)
		log_failure(&t, r);
	if (t.fd >= 0)
		(void)close(t.fd);
	ba_buf_wipe(&t.out);
	ba_buf_wipe(&t.in);
	(void)pthread_setcancelstate(cancel, NULL);
	errno = saved;
	return r;
}
