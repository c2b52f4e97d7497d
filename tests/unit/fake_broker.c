/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/wire/message.h"
#include "tests/unit/fake_broker.h"

void
fake_broker_dir(char *dst, size_t dstsz, bool *trusted)
{
	*trusted = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		   mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		   mount("tmpfs", "/media", "tmpfs", MS_NOSUID | MS_NODEV,
		       "mode=0755,size=1m") == 0;
	snprintf(dst, dstsz, "%s", *trusted ? "/media" : "/tmp/ba-test.XXXXXX");
	if (!*trusted && mkdtemp(dst) == NULL)
		dst[0] = '\0';
}

void
fake_broker_dir_remove(const char *dir)
{
	(void)rmdir(dir);
}

/* A whole frame into b.  0, or -1. */
static int
read_frame(int fd, struct ba_buf *b, struct ba_msg *m)
{
	unsigned char *p;
	size_t total = 0;
	ssize_t n;

	for (;;) {
		if (ba_frame_size(b->p, b->len, BA_WIRE_ASK_MAX, &total) != 0)
			return -1;
		if (total > 0 && b->len >= total)
			return ba_msg_parse(b->p, total, m);
		if (ba_buf_reserve(b, 4096, &p) != 0)
			return -1;
		n = read(fd, p, 4096);
		if (n <= 0)
			return -1;
		ba_buf_commit(b, (size_t)n);
	}
}

static int
write_frame(int fd, struct ba_msg_out *o)
{
	int r = ba_msg_end(o);

	if (r == 0 &&
	    send(fd, o->b->p, o->b->len, MSG_NOSIGNAL) != (ssize_t)o->b->len)
		r = -1;
	ba_buf_wipe(o->b);
	return r;
}

static bool
keep(const struct ba_msg *m, enum ba_tag tag, char *dst, size_t dstsz)
{
	if (ba_msg_get_str(m, tag, dst, dstsz) != 0)
		dst[0] = '\0';
	return ba_msg_has(m, tag);
}

/* Two numbers of 8 bytes. */
static void
keep_process(struct fake_broker *f, const struct ba_msg *m)
{
	const unsigned char *p = m->field[BA_TAG_PROCESS].p;
	int i;

	f->has_process = p != NULL;
	f->process = f->process_start = 0;
	for (i = 0; p != NULL && i < 8; i++) {
		f->process = f->process << 8 | p[i];
		f->process_start = f->process_start << 8 | p[8 + i];
	}
}

static void
keep_question(struct fake_broker *f, const struct ba_msg *m)
{
	f->type = m->type;
	f->origin = ba_msg_u8(m, BA_TAG_ORIGIN, 0);
	f->can_prompt = ba_msg_u8(m, BA_TAG_CAN_PROMPT, 0);
	f->deadline = ba_msg_u32(m, BA_TAG_DEADLINE, 0);
	f->uid = ba_msg_u32(m, BA_TAG_UID, 0);
	f->has_uid = ba_msg_has(m, BA_TAG_UID);
	f->has_id = keep(m, BA_TAG_ID, f->id, sizeof(f->id));
	f->has_user = keep(m, BA_TAG_USER, f->user, sizeof(f->user));
	f->has_rhost = keep(m, BA_TAG_RHOST, f->rhost, sizeof(f->rhost));
	f->has_tty = keep(m, BA_TAG_TTY, f->tty, sizeof(f->tty));
	(void)keep(m, BA_TAG_SERVICE, f->service, sizeof(f->service));
	(void)keep(m, BA_TAG_TOKEN, f->token, sizeof(f->token));
	f->token_len = m->field[BA_TAG_TOKEN].n;
	f->has_held = ba_msg_has(m, BA_TAG_HELD);
	f->held = ba_msg_u8(m, BA_TAG_HELD, 0);
	f->event = ba_msg_u8(m, BA_TAG_EVENT, 0);
	f->has_way = keep(m, BA_TAG_WAY, f->way, sizeof(f->way));
	f->has_issuer =
	    keep(m, BA_TAG_ISSUER, f->said_issuer, sizeof(f->said_issuer));
	(void)keep(m, BA_TAG_SUBJECT, f->said_sub, sizeof(f->said_sub));
	keep_process(f, m);
	(void)keep(m, BA_TAG_HOST, f->host, sizeof(f->host));
	f->port = ba_msg_u32(m, BA_TAG_PORT, 0);
	f->questions++;
}

static int
put_prompt(struct fake_broker *f, int fd)
{
	struct ba_msg_out o;
	struct ba_buf b;
	struct ba_msg m;
	int r;

	ba_buf_init(&b, BA_WIRE_ASK_MAX + 4);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_PROMPT);
	ba_msg_put_u8(&o, BA_TAG_STYLE, (uint8_t)f->prompt_style);
	ba_msg_put_str(&o, BA_TAG_TEXT, f->prompt);
	r = write_frame(fd, &o);
	if (r == 0 && f->prompt_style <= BA_PROMPT_PLAIN) {
		r = read_frame(fd, &b, &m);
		if (r == 0)
			(void)keep(&m, BA_TAG_TEXT, f->reply, sizeof(f->reply));
		f->replies += r == 0;
	}
	ba_buf_wipe(&b);
	return r;
}

static int
put_wait(struct fake_broker *f, int fd)
{
	struct ba_msg_out o;
	struct ba_buf b;

	ba_buf_init(&b, BA_WIRE_ASK_MAX + 4);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_WAIT);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, f->wait_ms);
	return write_frame(fd, &o);
}

/* What comes before the verdict. */
static int
talk(struct fake_broker *f, int fd)
{
	unsigned i, n = f->prompts > 0 ? f->prompts : 1;
	int r = 0;

	if (f->wait_ms > 0)
		r = put_wait(f, fd);
	for (i = 0; r == 0 && f->prompt_style != 0 && i < n; i++)
		r = put_prompt(f, fd);
	if (f->late_ms > 0)
		(void)poll(NULL, 0, (int)f->late_ms);
	return r;
}

static void
answer(struct fake_broker *f, int fd)
{
	struct ba_msg_out o;
	struct ba_buf b;
	struct ba_msg m;

	ba_buf_init(&b, BA_WIRE_ASK_MAX + 4);
	if (read_frame(fd, &b, &m) != 0) {
		f->garbled = true;
		goto out;
	}
	keep_question(f, &m);
	if (f->hang_up || talk(f, fd) != 0)
		goto out;
	ba_buf_clear(&b);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY,
	    f->needs_uid && !f->has_uid ? BA_FAMILY_REFUSED
					: (uint8_t)f->family);
	ba_msg_put_str(&o, BA_TAG_USER, f->names);
	ba_msg_put_str(&o, BA_TAG_STATUS, f->status);
	ba_msg_put_str(&o, BA_TAG_SCOPE, f->scope);
	ba_msg_put_str(&o, BA_TAG_METADATA, f->metadata);
	ba_msg_put_str(&o, BA_TAG_ID, f->gives_id);
	ba_msg_put_str(&o, BA_TAG_ISSUER, f->issuer);
	ba_msg_put_str(&o, BA_TAG_SUBJECT, f->sub);
	ba_msg_put_str(&o, BA_TAG_PERSON, f->person);
	if (f->expires != 0)
		ba_msg_put_u64(&o, BA_TAG_EXPIRES, f->expires);
	if (write_frame(fd, &o) != 0)
		f->garbled = true;
out:
	ba_buf_wipe(&b);
}

static void __attribute__((__noreturn__))
serve(struct fake_broker *f, int listener)
{
	int fd;

	/* Whatever becomes of the test, nothing stays behind. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		answer(f, fd);
		(void)close(fd);
	}
}

static int
listen_on(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (ba_copy_str(sun.sun_path, sizeof(sun.sun_path), path) != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
			   listen(fd, 16) != 0)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

struct fake_broker *
fake_broker_start(const char *dir)
{
	struct fake_broker *f;
	int listener;
	pid_t pid;

	f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f == MAP_FAILED)
		return NULL;
	snprintf(f->path, sizeof(f->path), "%.50s/ask", dir);
	listener = listen_on(f->path);
	if (listener < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		serve(f, listener);
	/* By us alone: the child shares it, and would put its 0 there. */
	f->pid = pid;
	(void)close(listener);
	return pid > 0 ? f : NULL;
}

void
fake_broker_stop(struct fake_broker *f)
{
	if (f->pid > 0 && kill(f->pid, SIGKILL) == 0)
		(void)waitpid(f->pid, NULL, 0);
	(void)unlink(f->path);
	(void)munmap(f, sizeof(*f));
}

void
fake_broker_reset(struct fake_broker *f, unsigned family)
{
	pid_t pid = f->pid;
	char path[sizeof(f->path)];

	memcpy(path, f->path, sizeof(path));
	memset(f, 0, sizeof(*f));
	memcpy(f->path, path, sizeof(path));
	f->pid = pid;
	f->family = family;
}
