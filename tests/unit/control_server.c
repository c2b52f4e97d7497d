/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/buf.h"
#include "common/wire/message.h"
#include "tests/unit/control_server.h"

/* The command of one connection; false: it was none. */
static bool
take_command(int fd, char *dst, size_t dstsz)
{
	unsigned char frame[9000];
	size_t n = 0, total = 0;
	struct ba_msg m;
	ssize_t got;

	while (total == 0 || n < total) {
		got = read(fd, frame + n, sizeof(frame) - n);
		if (got <= 0)
			return false;
		n += (size_t)got;
		if (ba_frame_size(frame, n, sizeof(frame), &total) != BA_OK)
			return false;
	}
	return n == total && ba_msg_parse(frame, n, &m) == BA_OK &&
	       m.type == BA_MSG_CONTROL && m.version == BA_WIRE_VERSION &&
	       ba_msg_get_str(&m, BA_TAG_COMMAND, dst, dstsz) == BA_OK;
}

static void
put_reply(int fd, const struct control_reply *r)
{
	struct ba_msg_out o;
	struct ba_buf b;
	size_t half;

	ba_buf_init(&b, 16384);
	if (r->other_type) {
		ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_VERDICT);
	} else {
		ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_CONTROL_REPLY);
		ba_msg_put(&o, BA_TAG_TEXT, r->text, strlen(r->text));
	}
	ba_msg_put_u8(&o, BA_TAG_FAMILY, (uint8_t)r->family);
	if (ba_msg_end(&o) != BA_OK)
		abort();
	/* In two pieces, as a stream may bring it. */
	half = b.len / 2;
	if (write(fd, b.p, half) != (ssize_t)half ||
	    write(fd, b.p + half, b.len - half) != (ssize_t)(b.len - half))
		abort();
	ba_buf_wipe(&b);
}

static void *
serve(void *arg)
{
	struct control_server *s = arg;
	size_t i;
	int fd;

	for (i = 0; i < s->n; i++) {
		fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			break;
		if (take_command(fd, s->command[i], sizeof(s->command[i]))) {
			s->asked++;
			if (!s->replies[i].hang_up)
				put_reply(fd, &s->replies[i]);
		}
		(void)close(fd);
	}
	return NULL;
}

void
control_server_start(
    struct control_server *s, const struct control_reply *replies, size_t n)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memset(s, 0, sizeof(*s));
	assert_true(n <= CONTROL_REPLIES);
	s->replies = replies;
	s->n = n;
	(void)snprintf(s->dir, sizeof(s->dir), "/tmp/ba-control.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(s->path, sizeof(s->path), "%s/control", s->dir);
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(s->fd, 4), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

void
control_server_stop(struct control_server *s)
{
	/* Wakes whoever waits for connections that never came. */
	(void)shutdown(s->fd, SHUT_RDWR);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	(void)close(s->fd);
	(void)unlink(s->path);
	(void)rmdir(s->dir);
}

static int real_stdout = -1;

void
output_begin(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	(void)fflush(stdout);
	real_stdout = dup(STDOUT_FILENO);
	assert_true(real_stdout >= 0);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	(void)fclose(f);
}

char *
output_end(void)
{
	char *text;
	off_t n;

	(void)fflush(stdout);
	n = lseek(STDOUT_FILENO, 0, SEEK_END);
	text = n < 0 ? NULL : calloc(1, (size_t)n + 1);
	if (text != NULL && pread(STDOUT_FILENO, text, (size_t)n, 0) != n)
		text[0] = '\0';
	(void)dup2(real_stdout, STDOUT_FILENO);
	(void)close(real_stdout);
	assert_non_null(text);
	return text;
}
