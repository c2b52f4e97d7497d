/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/io.h"

#define CHUNK 4096

static int
open_error(const char **whyp)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		*whyp = "does not exist";
		return BA_ERR_NOT_FOUND;
	case ELOOP:
		*whyp = "is a symbolic link";
		return BA_ERR_CONFIG;
	case ENXIO: /* a socket */
		*whyp = "is not a regular file";
		return BA_ERR_CONFIG;
	case EACCES:
		*whyp = "may not be read by this user";
		return BA_ERR_SYSTEM;
	default:
		*whyp = "cannot be opened";
		return BA_ERR_SYSTEM;
	}
}

static int
judge(const struct stat *st, uid_t trusted_uid, int forbid_others, size_t max,
    const char **whyp)
{
	if (!S_ISREG(st->st_mode))
		*whyp = "is not a regular file";
	else if (st->st_uid != 0 && st->st_uid != trusted_uid)
		*whyp = "belongs to another user than root";
	else if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		*whyp = "may be written by group or others";
	else if (forbid_others && (st->st_mode & S_IROTH) != 0)
		*whyp = "may be read by others";
	else if (forbid_others && (st->st_mode & S_IRGRP) != 0 &&
		 st->st_gid != 0 && st->st_gid != getegid())
		*whyp = "may be read by a group that is neither root's nor "
			"the reader's own: chgrp, or chmod g-r";
	else if ((uintmax_t)st->st_size > max)
		*whyp = "is too large";
	else
		return BA_OK;
	return BA_ERR_CONFIG;
}

static int
read_all(int fd, struct ba_buf *b, const char **whyp)
{
	unsigned char *p, beyond;
	size_t room;
	ssize_t n;
	int r;

	do {
		room = b->max - b->len < CHUNK ? b->max - b->len : CHUNK;
		r = ba_buf_reserve(b, room, &p);
		if (r != BA_OK) {
			*whyp = "does not fit into memory";
			return r;
		}
		/* At the limit one byte more tells "full" from "too large". */
		n = room == 0 ? read(fd, &beyond, 1) : read(fd, p, room);
		if (n > 0 && room == 0) {
			*whyp = "is too large";
			return BA_ERR_CONFIG;
		}
		if (n > 0)
			ba_buf_commit(b, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		*whyp = "cannot be read";
		return BA_ERR_SYSTEM;
	}
	return BA_OK;
}

int
ba_read_trusted(const char *path, uid_t trusted_uid, int forbid_others,
    struct ba_buf *b, const char **whyp)
{
	struct stat st;
	int fd, r = BA_ERR_INTERNAL;

	*whyp = "";
	ba_buf_clear(b);
	/* O_NONBLOCK: a FIFO must not hold us up before fstat() sees it. */
	fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return open_error(whyp);
	if (fstat(fd, &st) != 0) {
		*whyp = "cannot be examined";
		r = BA_ERR_SYSTEM;
		goto out;
	}
	r = judge(&st, trusted_uid, forbid_others, b->max, whyp);
	if (r == BA_OK)
		r = read_all(fd, b, whyp);
out:
	(void)close(fd);
	if (r != BA_OK)
		ba_buf_clear(b);
	return r;
}

/* path up to its last slash, and a dot to stand for the directory itself. */
static int
directory_of(const char *path, char *dir, size_t dirsz)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash + 1 - path);

	if (n + 2 > dirsz)
		return BA_ERR_LIMIT;
	memcpy(dir, path, n);
	memcpy(dir + n, ".", 2);
	return BA_OK;
}

static int
stat_error(const char **whyp)
{
	if (errno == ENOENT) {
		*whyp = "the directory does not exist";
		return BA_ERR_NOT_FOUND;
	}
	*whyp = errno == EACCES
		    ? "the directory cannot be examined by this user"
		    : "the directory cannot be examined";
	return BA_ERR_SYSTEM;
}

int
ba_directory_trusted(const char *path, uid_t trusted_uid, const char **whyp)
{
	char dir[PATH_MAX];
	struct stat st;

	*whyp = "";
	if (directory_of(path, dir, sizeof(dir)) != BA_OK)
		*whyp = "the directory has too long a name";
	else if (stat(dir, &st) != 0)
		return stat_error(whyp);
	else if (st.st_uid != 0 && st.st_uid != trusted_uid)
		*whyp = "the directory belongs to another user than root: "
			"chown root";
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		*whyp = "the directory may be written by group or others: "
			"chmod go-w";
	else
		return BA_OK;
	return BA_ERR_CONFIG;
}

int
ba_fd_above_stdio(int fd)
{
	int high;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd);
	return high;
}
