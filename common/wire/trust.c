/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/base/mem.h"
#include "common/wire/trust.h"

#define PASSWD_MAX 16384

/*
 * One step of the way, by name: nobody but root can exchange it behind our
 * back, since all directories above it were found to be root's alone.
 */
static int
check_step(const char *path, bool last, uid_t trusted_uid, const char **whyp)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		if (errno == ENOENT) {
			*whyp = "it does not exist";
			return BA_ERR_NO_BROKER;
		}
		*whyp = "it cannot be examined";
	} else if (S_ISLNK(st.st_mode))
		*whyp = "a part of its path is a symbolic link";
	else if (last && !S_ISSOCK(st.st_mode))
		*whyp = "it is not a socket";
	else if (!last && !S_ISDIR(st.st_mode))
		*whyp = "a part of its path is not a directory";
	else if (st.st_uid != 0 && st.st_uid != trusted_uid)
		*whyp = last ? "it belongs to another user than root"
			     : "a directory above it is not root's";
	else if (!last && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		*whyp = "a directory above it may be written by others";
	else
		return BA_OK;
	return BA_ERR_SOCKET_TRUST;
}

/* Absolute, and each part the name of something: not "", ".", "..". */
static bool
is_plain(const char *path)
{
	size_t n;

	if (*path != '/')
		return false;
	while (*path == '/') {
		path++;
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += n;
	}
	return true;
}

static bool
is_above(const char *base, const char *path)
{
	size_t n = strlen(base);

	return strncmp(base, path, n) == 0 && path[n] == '/';
}

int
ba_trust_path_below(
    const char *base, const char *path, uid_t trusted_uid, const char **whyp)
{
	char part[PATH_MAX];
	char *end;
	int r = BA_ERR_INTERNAL;

	*whyp = "its path is too long, or not absolute and plain";
	if (!is_plain(path) || !is_above(base, path) ||
	    ba_copy_str(part, sizeof(part), path) != BA_OK)
		return BA_ERR_SOCKET_TRUST;
	*whyp = "";
	if (base[0] == '\0') {
		r = check_step("/", false, trusted_uid, whyp);
		if (r != BA_OK)
			return r;
	}
	end = part + strlen(base);
	while ((end = strchr(end + 1, '/')) != NULL) {
		*end = '\0';
		r = check_step(part, false, trusted_uid, whyp);
		*end = '/';
		if (r != BA_OK)
			return r;
	}
	return check_step(part, true, trusted_uid, whyp);
}

int
ba_trust_path(const char *path, uid_t trusted_uid, const char **whyp)
{
	return ba_trust_path_below("", path, trusted_uid, whyp);
}

static bool
is_broker_user(uid_t uid)
{
	struct passwd pw, *found = NULL;
	bool yes;
	char *space;

	space = malloc(PASSWD_MAX);
	if (space == NULL)
		return false;
	yes = getpwnam_r(BA_USER, &pw, space, PASSWD_MAX, &found) == 0 &&
	      found != NULL && pw.pw_uid == uid;
	free(space);
	return yes;
}

int
ba_trust_peer(int fd, uid_t trusted_uid)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0 ||
	    n != sizeof(peer))
		return BA_ERR_SOCKET_TRUST;
	if (peer.uid == 0 || peer.uid == trusted_uid)
		return BA_OK;
	/* The name service comes last: most hosts never get here. */
	return is_broker_user(peer.uid) ? BA_OK : BA_ERR_SOCKET_TRUST;
}
