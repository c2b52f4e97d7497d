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
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/wire/message.h"
#include "common/wire/trust.h"

/* For all of it (ms). */
#define DEADLINE_MS 3000

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
	if (errno == ENOENT || errno == ECONNREFUSED)
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

	ba_buf_init(&b, 512);
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
print_reply(const struct ba_buf *b)
{
	struct ba_msg m;
	char text[4097];
	int r;

	r = ba_msg_parse(b->p, b->len, &m);
	if (r == BA_OK && m.type != BA_MSG_CONTROL_REPLY)
		r = BA_ERR_PROTOCOL;
	if (r == BA_OK)
		r = ba_msg_get_str(&m, BA_TAG_TEXT, text, sizeof(text));
	if (r != BA_OK)
		return r;
	r = ba_err_of_family(ba_msg_u8(&m, BA_TAG_FAMILY, BA_FAMILY_MALFORMED));
	(void)fprintf(r == BA_OK ? stdout : stderr, "%s%s", text,
	    text[0] != '\0' && text[strlen(text) - 1] == '\n' ? "" : "\n");
	return r;
}

static int
ask(const char *path, const char *command)
{
	int64_t deadline = ba_clock_mono_ms(&ba_clock_system) + DEADLINE_MS;
	struct ba_buf b;
	bool replied = false;
	int fd, r;

	ba_buf_init(&b, BA_WIRE_ANSWER_MAX + 4);
	r = connect_to(path, &fd);
	if (r == BA_OK)
		r = send_command(fd, command, deadline);
	if (r == BA_OK)
		r = read_frame(fd, &b, deadline);
	if (r == BA_OK) {
		replied = true;
		r = print_reply(&b);
	}
	if (r != BA_OK && !replied)
		ba_cli_complain("%s: %s%s", path, ba_err_text(r),
		    r == BA_ERR_NOT_ALLOWED ? "; it is for root alone" : "");
	if (fd >= 0)
		(void)close(fd);
	ba_buf_wipe(&b);
	return ba_cli_exit_code(r);
}

static int
run(int argc, char *const argv[], const char *command)
{
	const char *path = BA_CONTROL_SOCKET;
	const struct ba_cli_option options[] = { { "--socket", &path } };

	if (!ba_cli_options(argc, argv, options, 1))
		return BA_FAMILY_FAULT;
	return ask(path, command);
}

int
ba_cli_status(int argc, char *const argv[])
{
	return run(argc, argv, "status");
}

int
ba_cli_reload(int argc, char *const argv[])
{
	return run(argc, argv, "reload");
}
