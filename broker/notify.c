/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "broker/notify.h"

int
ba_notify_init(struct ba_notify *n)
{
	const char *path;

	n->path[0] = '\0';
	path = getenv("NOTIFY_SOCKET");
	/* An absolute path, or '@' for the abstract namespace; no other. */
	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return BA_OK;
	return ba_copy_str(n->path, sizeof(n->path), path);
}

int
ba_notify(const struct ba_notify *n, const char *state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len;
	ssize_t sent;
	int fd;

	len = strlen(n->path);
	if (len == 0)
		return BA_OK;
	memcpy(sun.sun_path, n->path, len);
	if (sun.sun_path[0] == '@')
		sun.sun_path[0] = '\0';
	/* Without O_NONBLOCK a manager that is stopped would stop us too. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return BA_ERR_SYSTEM;
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
	return sent == (ssize_t)strlen(state) ? BA_OK : BA_ERR_SYSTEM;
}

int
ba_notify_reloading(const struct ba_notify *n)
{
	struct timespec ts = { 0 };
	char text[80];

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	return ba_notify(n, text);
}
