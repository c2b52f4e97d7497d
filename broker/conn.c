/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/wire/message.h"

#include "broker/conn.h"
#include "broker/control.h"
#include "broker/query.h"
#include "broker/session.h"

/* Bytes asked for at once: most questions come whole in the first. */
#define READ_CHUNK 8192

/* Reads in a row, before others have their turn. */
#define READS_MAX 4

/* Of what we write: the largest is a control reply, or a text of the device
   flow with the verdict behind it. */
#define OUT_MAX 16384

/* Not an error: the conversation is over. */
#define OVER 1

enum state {
	READING, /* the question */
	WAITING, /* it is being decided */
	PROMPTING, /* the user is being asked */
	CLOSING /* the last frame is on its way */
};

struct ba_conn {
	LIST_ENTRY(ba_conn) link;
	struct ba_broker *b;
	struct ba_peer peer;
	bool control;
	enum state state;
	int fd;
	struct ba_watch watch;
	struct ba_timer timer;
	struct ba_buf in;
	struct ba_buf out;
	struct ba_query *query;
};

static void conn_ready(void *, uint32_t);
static void conn_late(void *);
static void conn_woken(void *);

void
ba_conn_end(struct ba_conn *c)
{
	struct ba_broker *b = c->b;

	ba_query_free(c->query);
	ba_timer_clear(b->loop, &c->timer);
	ba_watch_clear(b->loop, &c->watch);
	close(c->fd);
	ba_buf_wipe(&c->in);
	ba_buf_wipe(&c->out);
	LIST_REMOVE(c, link);
	ba_peers_leave(b->peers, c->peer.account);
	free(c);
	ba_broker_conn_ended(b);
}

/* Noise, slowness and the like: one line in a while for each user. */
static void
log_end(struct ba_conn *c, int err)
{
	struct ba_broker *b = c->b;
	unsigned missed;

	b->noise++;
	if (!ba_peers_may_log(
		b->peers, c->peer.account, ba_loop_now(b->loop), &missed))
		return;
	ba_log(b->o.log, BA_LOG_NOTICE,
	    "connection of uid %u (pid %d) closed: %s (%u others unlogged)",
	    (unsigned)c->peer.uid, (int)c->peer.pid, ba_err_text(err), missed);
}

/* What a step came to, for those who are called by the loop. */
static void
settle(struct ba_conn *c, int r)
{
	if (r == BA_OK)
		return;
	if (r != OVER)
		log_end(c, r);
	ba_conn_end(c);
}

/* Have what is in out written, now or as the peer takes it. */
static int
conn_flush(struct ba_conn *c)
{
	ssize_t n;

	while (c->out.len > 0) {
		n = send(
		    c->fd, c->out.p, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			ba_buf_consume(&c->out, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		/* It has gone away, which is its right. */
		if (errno != EAGAIN)
			return OVER;
		return ba_watch_set(c->b->loop, &c->watch, c->fd, EPOLLOUT);
	}
	if (c->state == CLOSING)
		return OVER;
	return ba_watch_set(c->b->loop, &c->watch, c->fd, EPOLLIN | EPOLLRDHUP);
}

static int
conn_close_after(struct ba_conn *c)
{
	c->state = CLOSING;
	ba_timer_set(c->b->loop, &c->timer, BA_CONN_WRITE_MS);
	return conn_flush(c);
}

/* Run the question, and do as it says. */
static int
conn_step(struct ba_conn *c)
{
	enum ba_query_step step;
	int r;

	while ((step = ba_query_run(c->query)) == BA_QUERY_TELL) {
		r = ba_query_put_prompt(c->query, &c->out);
		if (r != BA_OK)
			return r;
	}
	switch (step) {
	case BA_QUERY_WAIT: /* a prompt may still be open */
	case BA_QUERY_TELL:
		break;
	case BA_QUERY_PROMPT:
		r = ba_query_put_prompt(c->query, &c->out);
		if (r != BA_OK)
			return r;
		c->state = PROMPTING;
		break;
	case BA_QUERY_DONE:
		r = ba_query_put_verdict(c->query, &c->out);
		ba_query_free(c->query);
		c->query = NULL;
		return r != BA_OK ? r : conn_close_after(c);
	}
	/* The question has a limit of its own. */
	ba_timer_clear(c->b->loop, &c->timer);
	return conn_flush(c);
}

static int
on_question(struct ba_conn *c, const struct ba_msg *m)
{
	int r;

	c->state = WAITING;
	/* Takes the frame out of c->in. */
	r = ba_query_new(c->b, &c->peer, &c->in, m, conn_woken, c, &c->query);
	return r != BA_OK ? r : conn_step(c);
}

static int
on_reply(struct ba_conn *c, const struct ba_msg *m)
{
	c->state = WAITING;
	ba_query_reply(
	    c->query, m->field[BA_TAG_TEXT].p, m->field[BA_TAG_TEXT].n);
	ba_buf_wipe(&c->in);
	return conn_step(c);
}

static int
on_control(struct ba_conn *c, const struct ba_msg *m)
{
	char command[BA_CONTROL_COMMAND_MAX + 1];
	struct ba_msg_out o;
	struct ba_buf text;
	int r;

	r = ba_msg_get_str(m, BA_TAG_COMMAND, command, sizeof(command));
	if (r != BA_OK)
		return BA_ERR_PROTOCOL;
	ba_buf_init(&text, BA_CONTROL_TEXT_MAX);
	r = ba_control(c->b, command, &text);
	ba_msg_begin(&o, &c->out, m->version, BA_MSG_CONTROL_REPLY);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, (uint8_t)ba_err_family(r));
	/* Put, not put_str: an empty text must be there too. */
	ba_msg_put(&o, BA_TAG_TEXT, ba_buf_str(&text), text.len);
	r = ba_msg_end(&o);
	ba_buf_wipe(&text);
	ba_buf_wipe(&c->in);
	return r != BA_OK ? r : conn_close_after(c);
}

static int
on_session(struct ba_conn *c, const struct ba_msg *m)
{
	int r;

	r = ba_session_answer(c->b, &c->peer, m, &c->out);
	ba_buf_wipe(&c->in);
	return r != BA_OK ? r : conn_close_after(c);
}

static int
on_first(struct ba_conn *c, const struct ba_msg *m)
{
	switch (m->type) {
	case BA_MSG_ASK:
	case BA_MSG_DEVICE:
	case BA_MSG_ACCOUNT:
		return on_question(c, m);
	case BA_MSG_SESSION:
		return on_session(c, m);
	}
	return BA_ERR_PROTOCOL;
}

static int
on_frame(struct ba_conn *c)
{
	struct ba_msg m;
	int r;

	r = ba_msg_parse(c->in.p, c->in.len, &m);
	if (r != BA_OK)
		return r;
	if (c->state == READING && c->control && m.type == BA_MSG_CONTROL)
		return on_control(c, &m);
	if (c->state == READING && !c->control)
		return on_first(c, &m);
	if (c->state == PROMPTING && m.type == BA_MSG_REPLY)
		return on_reply(c, &m);
	return BA_ERR_PROTOCOL;
}

/* Is what came so far a whole frame, and nothing after it? */
static int
judge_input(struct ba_conn *c, bool *wholep)
{
	size_t total;
	int r;

	*wholep = false;
	r = ba_frame_size(c->in.p, c->in.len, BA_WIRE_ASK_MAX, &total);
	if (r != BA_OK || total == 0 || c->in.len < total)
		return r;
	*wholep = c->in.len == total;
	return *wholep ? BA_OK : BA_ERR_PROTOCOL;
}

static int
conn_read(struct ba_conn *c)
{
	unsigned char *p;
	bool whole;
	ssize_t n;
	int i, r;

	for (i = 0; i < READS_MAX; i++) {
		r = ba_buf_reserve(&c->in, READ_CHUNK, &p);
		if (r != BA_OK)
			return r;
		n = recv(c->fd, p, READ_CHUNK, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		/* Gone before it had asked: a probe, or a change of mind. */
		if (n <= 0)
			return OVER;
		ba_buf_commit(&c->in, (size_t)n);
		r = judge_input(c, &whole);
		if (r != BA_OK)
			return r;
		if (whole)
			return on_frame(c);
	}
	return ba_watch_set(c->b->loop, &c->watch, c->fd, EPOLLIN | EPOLLRDHUP);
}

static void
conn_ready(void *arg, uint32_t events)
{
	struct ba_conn *c = arg;
	int r = BA_OK;

	if ((events & EPOLLOUT) != 0)
		r = conn_flush(c);
	else if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		r = OVER; /* closing early is giving up */
	else if (c->state == READING || c->state == PROMPTING)
		r = conn_read(c);
	else
		r = BA_ERR_PROTOCOL; /* it is not its turn to speak */
	settle(c, r);
}

static void
conn_late(void *arg)
{
	settle(arg, BA_ERR_TIMEOUT);
}

static void
conn_woken(void *arg)
{
	struct ba_conn *c = arg;

	settle(c, conn_step(c));
}

int
ba_conn_begin(
    struct ba_broker *b, int fd, const struct ba_peer *peer, bool control)
{
	struct ba_conn *c;

	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		ba_peers_leave(b->peers, peer->account);
		close(fd);
		return BA_ERR_NOMEM;
	}
	c->b = b;
	c->fd = fd;
	c->peer = *peer;
	c->control = control;
	c->state = READING;
	c->watch.ready = conn_ready;
	c->watch.arg = c;
	c->timer.due = conn_late;
	c->timer.arg = c;
	/* One frame, and so much as shows that there is more. */
	ba_buf_init(&c->in, BA_WIRE_ASK_MAX + 4 + READ_CHUNK);
	ba_buf_init(&c->out, OUT_MAX);
	LIST_INSERT_HEAD(&b->conns, c, link);
	ba_timer_set(b->loop, &c->timer, BA_CONN_READ_MS);
	settle(c, conn_read(c));
	return BA_OK;
}
