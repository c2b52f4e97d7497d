/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_IO_H
#define BA_BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/*
 * Read a whole regular file that only trusted_uid (or root) could have
 * written: opened with O_NOFOLLOW|O_CLOEXEC, then judged by fstat(2): a
 * regular file, owned by root or trusted_uid, not writable by group or
 * others; with forbid_others set, not readable by others either, nor by a
 * group that is neither root's (0) nor our own effective one.  (The access
 * list of a file shows in its group's bits, and is no way around that.)  At
 * most the buffer's limit; what it held before is gone.  BA_ERR_NOT_FOUND,
 * BA_ERR_CONFIG (owner, mode, kind or size), BA_ERR_SYSTEM, BA_ERR_NOMEM; why
 * is written to *whyp as constant text.
 */
BA_MUST_CHECK int ba_read_trusted(const char *path, uid_t trusted_uid,
    int forbid_others, struct ba_buf *b, const char **whyp);

/*
 * Judge the directory that path stands in, by what stands before its last
 * slash: who can write there can put another file in place of ours.  It must
 * be owned by root or trusted_uid and not writable by group or others, sticky
 * or not.  What stands above it is not judged.  Errors and *whyp as above.
 */
BA_MUST_CHECK int ba_directory_trusted(
    const char *path, uid_t trusted_uid, const char **whyp);

/*
 * Give a descriptor of ours a number above 2: a host that runs with 0, 1 or 2
 * closed may still print there, and must not print into our socket.  The new
 * descriptor (close-on-exec), or fd itself where it is high already; -1, and
 * fd closed, where none can be had.
 */
BA_MUST_CHECK int ba_fd_above_stdio(int fd);

#endif
