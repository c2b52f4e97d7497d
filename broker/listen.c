/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/wire/trust.h"

#include "broker/listen.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
/* As many as the kernel lets us (net.core.somaxconn). */
#define BACKLOG 4096

void
ba_sockets_init(struct ba_sockets *s)
{
	memset(s, 0, sizeof(*s));
}

void
ba_sockets_close(struct ba_sockets *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		close(s->v[i].fd);
	s->n = 0;
}

bool
ba_sockets_has(const struct ba_sockets *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (strcmp(s->v[i].path, path) == 0)
			return true;
	}
	return false;
}

/* A whole number in decimal digits and nothing else; -1 otherwise. */
static long
env_number(const char *name)
{
	const char *s;
	char *end;
	long v;

	s = getenv(name);
	if (s == NULL || s[0] < '0' || s[0] > '9')
		return -1;
	errno = 0;
	v = strtol(s, &end, 10);
	return errno != 0 || *end != '\0' ? -1 : v;
}

/* The next of $LISTEN_FDNAMES, a list with colons: for questions or not? */
static int
next_name(const char **namesp, bool *controlp)
{
	const char *name = *namesp;
	size_t n;

	*controlp = false;
	if (name == NULL)
		return BA_OK;
	n = strcspn(name, ":");
	*namesp = name[n] == ':' ? name + n + 1 : name + n;
	if (n == 7 && memcmp(name, "control", n) == 0)
		*controlp = true;
	else if (n != 3 || memcmp(name, "ask", n) != 0)
		return BA_ERR_CONFIG;
	return BA_OK;
}

static bool
is_listener(int fd)
{
	int domain = 0, type = 0, accepts = 0;
	socklen_t n = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) != 0)
		return false;
	return domain == AF_UNIX && type == SOCK_STREAM && accepts == 1;
}

static int
adopt(struct ba_sockets *s, int fd, bool control)
{
	struct sockaddr_un sun = { 0 };
	socklen_t n = sizeof(sun);
	int flags;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sun, &n) != 0)
		return BA_ERR_SYSTEM;
	s->v[s->n].fd = fd;
	s->v[s->n].control = control;
	/* A path of full length has no NUL; such a one cannot be ours. */
	memcpy(s->v[s->n].path, sun.sun_path, sizeof(sun.sun_path) - 1);
	s->n++;
	return BA_OK;
}

int
ba_sockets_inherit(struct ba_sockets *s, int *firstp, const char **whyp)
{
	const char *names;
	bool control;
	long n;
	int i, r;

	*whyp = NULL;
	*firstp = FIRST_FD;
	if (env_number("LISTEN_PID") != (long)getpid())
		return BA_ERR_NOT_FOUND;
	n = env_number("LISTEN_FDS");
	if (n == 0)
		return BA_ERR_NOT_FOUND;
	*whyp = "LISTEN_FDS is not a number from 1 to 32";
	if (n < 0 || n > BA_SOCKETS_MAX)
		return BA_ERR_CONFIG;
	names = getenv("LISTEN_FDNAMES");
	for (i = 0; i < (int)n; i++) {
		*whyp = "a socket's name is neither \"ask\" nor \"control\":"
			" set FileDescriptorName= in its unit";
		if (next_name(&names, &control) != BA_OK)
			return BA_ERR_CONFIG;
		*whyp = "one is no listening unix stream socket:"
			" use ListenStream= with a path";
		if (!is_listener(FIRST_FD + i))
			return BA_ERR_CONFIG;
		*whyp = "a socket cannot be used";
		r = adopt(s, FIRST_FD + i, control);
		if (r != BA_OK)
			return r;
	}
	*firstp = FIRST_FD + (int)n;
	*whyp = NULL;
	return BA_OK;
}

/*
 * May a socket of ours be put in this place?  It is free, or one of ours is
 * left there that nobody listens to, by the kernel's word; then *stalep is
 * true.  Anything else is there for a reason that we do not know.
 */
static int
judge_place(const struct sockaddr_un *sun, bool *stalep, const char **whyp)
{
	struct stat st;
	int r = BA_ERR_CONFIG, fd = -1;

	*stalep = false;
	if (lstat(sun->sun_path, &st) != 0) {
		*whyp = "its place cannot be looked at";
		return errno == ENOENT ? BA_OK : BA_ERR_SYSTEM;
	}
	*whyp = "something that is no socket is in its place: remove it";
	if (!S_ISSOCK(st.st_mode))
		goto out;
	*whyp = "somebody else's socket is in its place: remove it";
	if (st.st_uid != geteuid())
		goto out;
	r = BA_ERR_SYSTEM;
	*whyp = "the one in its place cannot be tried";
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto out;
	/* EAGAIN is a full backlog: very much alive. */
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
	    errno == EAGAIN) {
		*whyp = "another bearerauthd is running";
		r = BA_ERR_EXISTS;
	} else if (errno == ECONNREFUSED) {
		*stalep = true;
		r = BA_OK;
	}
out:
	if (fd >= 0)
		close(fd);
	return r;
}

/*
 * Two brokers that start at the same moment must not take each other's
 * sockets away, so each locks the directory that it makes one in.  Whoever
 * can read the directory can lock it, too, and must not keep us from
 * starting: after a while that is longer than the making of any socket we go
 * on without it.  -1: there is no such directory.
 */
static int
lock_directory(const char *path)
{
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)], *slash;
	int fd, tries;

	if (ba_copy_str(dir, sizeof(dir), path) != BA_OK)
		return -1;
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return -1;
	slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (tries = 0; fd >= 0 && tries < 40; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return fd;
}

/*
 * Nobody can connect before the mode is right: it is bound for the owner
 * alone, and connect(2) is refused until listen(2).  The place itself is
 * taken last, by rename(2): there a socket is found at any moment, the old
 * one or this.  With none there root's hosts would spawn.
 */
static int
bind_and_listen(int fd, const struct sockaddr_un *temp, const char *path,
    mode_t mode, gid_t group)
{
	mode_t old;
	int ok;

	old = umask(0177);
	ok = bind(fd, (const struct sockaddr *)temp, sizeof(*temp)) == 0;
	umask(old);
	if (!ok)
		return BA_ERR_SYSTEM;
	if ((group != getegid() &&
		lchown(temp->sun_path, (uid_t)-1, group) != 0) ||
	    chmod(temp->sun_path, mode) != 0 || listen(fd, BACKLOG) != 0 ||
	    rename(temp->sun_path, path) != 0) {
		(void)unlink(temp->sun_path);
		return BA_ERR_SYSTEM;
	}
	return BA_OK;
}

/* With the directory locked. */
static int
make_at(int fd, const char *path, mode_t mode, gid_t group, const char **whyp)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct sockaddr_un temp = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	bool stale;
	int r;

	*whyp = "its path is too long";
	if (n + 1 >= sizeof(temp.sun_path))
		return BA_ERR_CONFIG;
	memcpy(at.sun_path, path, n);
	memcpy(temp.sun_path, path, n);
	temp.sun_path[n] = '~';
	r = judge_place(&at, &stale, whyp);
	if (r != BA_OK)
		return r;
	/* One that another broker was killed over. */
	r = judge_place(&temp, &stale, whyp);
	if (r != BA_OK)
		return r;
	*whyp = "the one that was left beside it cannot be removed";
	if (stale && unlink(temp.sun_path) != 0)
		return BA_ERR_SYSTEM;
	*whyp = "it cannot be bound";
	return bind_and_listen(fd, &temp, path, mode, group);
}

int
ba_sockets_make(struct ba_sockets *s, const char *path, mode_t mode,
    gid_t group, bool control, const char **whyp)
{
	int r, fd, lock = -1;

	*whyp = "there are too many, or its path is too long";
	if (s->n >= BA_SOCKETS_MAX ||
	    ba_copy_str(s->v[s->n].path, sizeof(s->v[0].path), path) != BA_OK)
		return BA_ERR_CONFIG;
	r = BA_ERR_SYSTEM;
	*whyp = "the kernel does not give one";
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		goto out;
	*whyp = "its directory cannot be opened";
	lock = lock_directory(path);
	if (lock < 0)
		goto out;
	r = make_at(fd, path, mode, group, whyp);
	if (r != BA_OK)
		goto out;
	*whyp = NULL;
	s->v[s->n].fd = fd;
	s->v[s->n].control = control;
	s->n++;
	fd = -1;
out:
	if (lock >= 0)
		close(lock);
	if (fd >= 0)
		close(fd);
	return r;
}

int
ba_sockets_parents(const char *path, const char **whyp)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)], *slash;
	mode_t old;
	int r, ok = 1;

	*whyp = "its path is too long";
	if (ba_copy_str(dir, sizeof(dir), path) != BA_OK)
		return BA_ERR_CONFIG;
	r = ba_trust_path(path, 0, whyp);
	if (r != BA_ERR_NO_BROKER)
		return r;
	/* Whatever exists above is root's alone, so nobody races us here. */
	old = umask(022);
	for (slash = strchr(dir + 1, '/'); ok && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ok = mkdir(dir, 0755) == 0 || errno == EEXIST;
		*slash = '/';
	}
	umask(old);
	*whyp = ok ? NULL : "a directory above it cannot be made";
	return ok ? BA_OK : BA_ERR_SYSTEM;
}
