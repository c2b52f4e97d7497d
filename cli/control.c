/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/control.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/wire/message.h"
#include "common/wire/trust.h"

/* For one piece of a reply (ms). */
#define DEADLINE_MS 3000

#define COMMAND_MAX 8000 /* bytes, of BA_TAG_COMMAND */

/* The last line of a reply that has not all of it. */
#define MORE "…\n"

/* --- one question, one answer ---------------------------------------------- */

/* Non-blocking: a full backlog says EAGAIN instead of hanging. */
static int
connect_to(const char *path, int *fdp)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	*fdp = -1;
	if (ba_copy_str(sun.sun_path, sizeof(sun.sun_path), path) != BA_OK)
		return BA_ERR_CONFIG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return BA_ERR_SYSTEM;
	*fdp = fd;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return ba_trust_peer(fd, geteuid());
	if (errno == ENOENT)
		return BA_ERR_NO_BROKER;
	if (errno == EACCES)
		return BA_ERR_NOT_ALLOWED;
	return BA_ERR_UNAVAIL;
}

static int
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = deadline - ba_clock_mono_ms(&ba_clock_system);

	if (left <= 0)
		return BA_ERR_TIMEOUT;
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return BA_ERR_SYSTEM;
	return BA_OK;
}

static int
send_command(int fd, const char *command, int64_t deadline)
{
	struct ba_msg_out o;
	struct ba_buf b;
	ssize_t n;
	int r;

	ba_buf_init(&b, COMMAND_MAX + 64);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_CONTROL);
	ba_msg_put_str(&o, BA_TAG_COMMAND, command);
	r = ba_msg_end(&o);
	while (r == BA_OK && b.len > 0) {
		n = send(fd, b.p, b.len, MSG_NOSIGNAL);
		if (n >= 0)
			ba_buf_consume(&b, (size_t)n);
		else if (errno == EAGAIN || errno == EINTR)
			r = wait_for(fd, POLLOUT, deadline);
		else
			r = BA_ERR_PROTOCOL;
	}
	ba_buf_wipe(&b);
	return r;
}

/* One whole frame into b. */
static int
read_frame(int fd, struct ba_buf *b, int64_t deadline)
{
	unsigned char *p;
	size_t total, room;
	ssize_t n;
	int r;

	for (;;) {
		r = ba_frame_size(b->p, b->len, BA_WIRE_ANSWER_MAX, &total);
		if (r != BA_OK)
			return r;
		if (total > 0 && b->len >= total)
			return b->len == total ? BA_OK : BA_ERR_PROTOCOL;
		room = (total > 0 ? total : 4) - b->len;
		r = ba_buf_reserve(b, room, &p);
		if (r != BA_OK)
			return r;
		n = recv(fd, p, room, 0);
		if (n > 0)
			ba_buf_commit(b, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			r = wait_for(fd, POLLIN, deadline);
		else
			return BA_ERR_PROTOCOL;
		if (r != BA_OK)
			return r;
	}
}

/* The broker's text, and the error that its family stands for. */
static int
read_reply(const struct ba_buf *b, char *text, size_t textsz, int *saidp)
{
	struct ba_msg m;
	int r;

	r = ba_msg_parse(b->p, b->len, &m);
	if (r == BA_OK && m.type != BA_MSG_CONTROL_REPLY)
		r = BA_ERR_PROTOCOL;
	if (r == BA_OK)
		r = ba_msg_get_str(&m, BA_TAG_TEXT, text, textsz);
	if (r == BA_OK)
		*saidp = ba_err_of_family(
		    ba_msg_u8(&m, BA_TAG_FAMILY, BA_FAMILY_MALFORMED));
	return r;
}

/* BA_OK: the broker replied, and *saidp is its verdict. */
static int
ask_once(const char *path, const char *command, char *text, size_t textsz,
    int *saidp)
{
	int64_t deadline = ba_clock_mono_ms(&ba_clock_system) + DEADLINE_MS;
	struct ba_buf b;
	int fd, r;

	ba_buf_init(&b, BA_WIRE_ANSWER_MAX + 4);
	r = connect_to(path, &fd);
	if (r == BA_OK)
		r = send_command(fd, command, deadline);
	if (r == BA_OK)
		r = read_frame(fd, &b, deadline);
	if (r == BA_OK)
		r = read_reply(&b, text, textsz, saidp);
	if (fd >= 0)
		(void)close(fd);
	ba_buf_wipe(&b);
	return r;
}

/* --- what is asked --------------------------------------------------------- */

static bool
is_word(const char *word)
{
	return strcmp(word, "status") == 0 || strcmp(word, "reload") == 0;
}

/* As the broker takes it, with the number of lines that we have. */
static int
spell(const json_t *command, size_t from, struct ba_buf *b)
{
	const char *word =
	    json_string_value(json_object_get(command, "command"));
	json_t *o;
	int r;

	ba_buf_truncate(b, 0);
	if (word == NULL)
		return BA_ERR_INTERNAL;
	if (from == 0 && json_object_size(command) == 1 && is_word(word))
		return ba_buf_append_str(b, word);
	o = json_copy((json_t *)(uintptr_t)command);
	r = o != NULL ? BA_OK : BA_ERR_NOMEM;
	if (r == BA_OK && from > 0 &&
	    json_object_set_new(o, "from", json_integer((json_int_t)from)) != 0)
		r = BA_ERR_NOMEM;
	if (r == BA_OK)
		r = ba_json_dump(o, b);
	json_decref(o);
	return r;
}

/* A tab parts the fields of a line, and is the only control that stays. */
static int
append_line(struct ba_buf *text, char *line, size_t n)
{
	char *field = line, *tab, *end = line + n;
	int r = BA_OK;

	while (r == BA_OK) {
		tab = memchr(field, '\t', (size_t)(end - field));
		n = (size_t)((tab != NULL ? tab : end) - field);
		/* No longer than it was; the NUL goes where the tab was. */
		ba_sanitise(field, n + 1, field, n);
		r = ba_buf_append_str(text, field);
		if (r != BA_OK || tab == NULL)
			break;
		r = ba_buf_append_byte(text, '\t');
		field = tab + 1;
	}
	return r == BA_OK ? ba_buf_append_byte(text, '\n') : r;
}

/* Counts them; *morep: the last one says that there are more. */
static int
append_lines(struct ba_buf *text, char *piece, size_t *np, bool *morep)
{
	char *lf, *next;
	int r = BA_OK;

	*morep = false;
	while (r == BA_OK && *piece != '\0') {
		if (strcmp(piece, MORE) == 0) {
			*morep = true;
			break;
		}
		lf = strchrnul(piece, '\n');
		next = *lf != '\0' ? lf + 1 : lf;
		r = append_line(text, piece, (size_t)(lf - piece));
		++*np;
		piece = next;
	}
	return r;
}

int
ba_control_ask(const char *path, const json_t *command, struct ba_buf *text,
    bool *repliedp)
{
	char piece[BA_WIRE_TEXT_MAX + 1];
	size_t n = 0, before;
	struct ba_buf spelt;
	int r, said = BA_ERR_INTERNAL;
	bool more = true;

	*repliedp = false;
	ba_buf_init(&spelt, COMMAND_MAX);
	do {
		before = n;
		r = spell(command, n, &spelt);
		if (r == BA_OK)
			r = ask_once(path, ba_buf_str(&spelt), piece,
			    sizeof(piece), &said);
		if (r == BA_OK)
			r = append_lines(text, piece, &n, &more);
		/* There is more, and yet none comes: that would never end. */
		if (r == BA_OK && more && n == before)
			r = BA_ERR_PROTOCOL;
	} while (r == BA_OK && said == BA_OK && more);
	ba_buf_wipe(&spelt);
	if (r != BA_OK)
		return r;
	*repliedp = true;
	return said;
}

/* --- for people ------------------------------------------------------------ */

void
ba_control_complain(const char *path, int err)
{
	const char *why = ba_err_text(err);

	if (err == BA_ERR_NOT_ALLOWED)
		why = "not allowed; it is for root alone";
	else if (err == BA_ERR_UNAVAIL)
		why = "nobody listens there; see whether the broker runs";
	ba_cli_complain("%s: %s", path, why);
}

int
ba_control_run(const char *path, const json_t *command, const char *header)
{
	struct ba_buf text;
	bool replied;
	int r;

	ba_buf_init(&text, BA_CONTROL_REPLY_MAX);
	r = ba_control_ask(path, command, &text, &replied);
	if (!replied)
		ba_control_complain(path, r);
	else if (r != BA_OK)
		(void)fputs(ba_buf_str(&text), stderr);
	else
		(void)printf(
		    "%s%s", header != NULL ? header : "", ba_buf_str(&text));
	ba_buf_wipe(&text);
	return ba_cli_exit_code(r);
}

json_t *
ba_control_command(const char *word, const char *const pairs[])
{
	json_t *o = json_object();
	size_t i;

	if (json_object_set_new(o, "command", json_string(word)) != 0)
		goto fail;
	for (i = 0; pairs != NULL && pairs[i] != NULL; i += 2)
		if (pairs[i + 1] != NULL && json_object_set_new(o, pairs[i],
						json_string(pairs[i + 1])) != 0)
			goto fail;
	return o;
fail:
	json_decref(o);
	return NULL;
}
