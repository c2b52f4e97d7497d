/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_LISTEN_H
#define BA_BROKER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#include "common/base/err.h"

/*
 * Listening unix sockets, made here or inherited.  All are non-blocking and
 * close-on-exec.
 */
#define BA_SOCKETS_MAX 32

struct ba_sockets {
	size_t n;
	struct {
		int fd;
		bool control; /* else: questions come here */
		char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	} v[BA_SOCKETS_MAX];
};

void ba_sockets_init(struct ba_sockets *s);
/* Closes them and leaves the paths: see ba_sockets_make(). */
void ba_sockets_close(struct ba_sockets *s);
bool ba_sockets_has(const struct ba_sockets *s, const char *path);

/*
 * Take what the service manager made, by the protocol of
 * sd_listen_fds_with_names(3): $LISTEN_PID must be ours, and the name says
 * what for: "ask" or "control"; without names all are for questions.  Reads
 * the environment and leaves it to be cleared.  *firstp is the first
 * descriptor that is not one of them (3 where there are none).
 *
 * BA_ERR_NOT_FOUND where there are none for us; BA_ERR_CONFIG with *whyp, a
 * constant text with its remedy.
 */
BA_MUST_CHECK int ba_sockets_inherit(
    struct ba_sockets *s, int *firstp, const char **whyp);

/*
 * Make one at path, as whoever we are.  A socket of ours that is in the way
 * and that nobody listens to is replaced: nobody could remove it at our end,
 * since the directory is root's and we are not root any more.  Until then
 * clients see "refused", which to them is "unavailable", and right.  It is
 * made under the name path with a '~' behind it, which getpeername(2) and
 * ss(8) go on showing, and renamed: there is no moment without a socket.
 *
 * BA_ERR_EXISTS where somebody listens already; BA_ERR_CONFIG, BA_ERR_SYSTEM;
 * with *whyp, a constant text.  Does not judge the directories above.
 */
BA_MUST_CHECK int ba_sockets_make(struct ba_sockets *s, const char *path,
    mode_t mode, gid_t group, bool control, const char **whyp);

/*
 * As root: are the directories above path such that a client will trust a
 * socket there (wire/trust.h), and nobody else can put a link in our way?
 * Missing ones are made, root 0755: one inside a mail server's chroot is
 * nobody else's business.  BA_ERR_SOCKET_TRUST or BA_ERR_SYSTEM with *whyp.
 */
BA_MUST_CHECK int ba_sockets_parents(const char *path, const char **whyp);

#endif
