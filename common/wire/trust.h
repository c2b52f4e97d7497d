/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_WIRE_TRUST_H
#define BA_WIRE_TRUST_H

#include <sys/types.h>

#include "common/base/err.h"

/*
 * May we speak to the socket at path?  It and every directory above it must
 * belong to root (or trusted_uid), no directory may be writable by group or
 * others, none may be a symbolic link, and the last must be a socket.
 * BA_ERR_NO_BROKER if the socket, or a directory on the way, does not exist
 * (ENOENT); BA_ERR_SOCKET_TRUST otherwise, and *whyp says in constant text
 * what was wrong.
 */
BA_MUST_CHECK int ba_trust_path(
    const char *path, uid_t trusted_uid, const char **whyp);

/*
 * The same, but base and what stands above it are taken as good: base is ""
 * or a directory that path begins with.  For tests, which cannot choose who
 * owns the directory they are built in.
 */
BA_MUST_CHECK int ba_trust_path_below(
    const char *base, const char *path, uid_t trusted_uid, const char **whyp);

/*
 * Is the other end of this connected socket root, trusted_uid, or the user
 * BA_USER?  The uid is that of whoever made the listener (unix(7)).
 * BA_ERR_SOCKET_TRUST.
 */
BA_MUST_CHECK int ba_trust_peer(int fd, uid_t trusted_uid);

#endif
