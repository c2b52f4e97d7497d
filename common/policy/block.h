/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_BLOCK_H
#define BA_POLICY_BLOCK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/policy/case.h"

/*
 * The local block list: who may not enter now whatever their tokens say, by
 * issuer and subject, by issuer and client, or all of an issuer; until a time,
 * or until it is taken back.  All brokers of the machine go by one file, which
 * is replaced as a whole by rename(2) and read again when it changes, so that
 * the next login of every process sees a change.
 *
 *	file  = *( line LF )
 *	line  = a strict JSON object: issuer, one of sub, client and all (true),
 *		and since and until, seconds (until absent: no end)
 */
#define BA_BLOCKS_MAX       100000
#define BA_BLOCKS_BYTES_MAX (32 * 1024 * 1024)
#define BA_BLOCK_TEXT_MAX   2048 /* bytes of issuer, sub, client */

enum ba_block_kind { BA_BLOCK_SUB, BA_BLOCK_CLIENT, BA_BLOCK_ALL };

/* "sub", "client", "all"; "?" for what is none of them. */
const char *ba_block_kind_name(enum ba_block_kind kind);

struct ba_block {
	enum ba_block_kind kind;
	const char *issuer; /* byte for byte */
	const char *name; /* sub or client; NULL for all */
	int64_t since; /* wall clock, seconds */
	int64_t until; /* 0: no end */
};

struct ba_blocks; /* a list, read and not changed any more */

/* BA_ERR_BLOCKS where any line is not right (*linep, which may be NULL, says
   which), BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_blocks_parse(
    const void *p, size_t n, struct ba_blocks **blocksp, unsigned *linep);
void ba_blocks_free(struct ba_blocks *blocks);

/* The entry in force at now, or NULL; blocks may be NULL.  Hashed: as fast
   with 100,000 entries as with 10. */
const struct ba_block *ba_blocks_find(const struct ba_blocks *blocks,
    enum ba_block_kind kind, const char *issuer, const char *name, int64_t now);

/* In the order of the file; NULL behind the last. */
const struct ba_block *ba_blocks_at(const struct ba_blocks *blocks, size_t i);

/*
 * Is this person, their client (each claim of ba_profile_client_claim()), or
 * their issuer blocked?  BA_ERR_BLOCKED; BA_ERR_CLAIM where one of these claims
 * is no string (a null names nobody), so that it cannot be known.  Looks at
 * c->blocks.
 */
BA_MUST_CHECK int ba_rule_block(struct ba_case *c);

/* --- the file -------------------------------------------------------------- */

struct ba_block_file;

/* path is copied; nothing is opened yet. */
BA_MUST_CHECK int ba_block_file_new(const char *path, uid_t trusted_uid,
    const struct ba_log *log, struct ba_block_file **fp);
void ba_block_file_free(struct ba_block_file *f);

/*
 * The list as it is now: one stat(2), and reading only where the file is
 * another one than before.  No file: nobody is blocked, BA_OK and *blocksp
 * NULL.  A file that is not right (owner, mode, content), or cannot be looked
 * at: BA_ERR_BLOCKS, logged once, and nobody enters, since we do not know who
 * may not.  Borrowed until the next call.
 */
BA_MUST_CHECK int ba_block_file_get(
    struct ba_block_file *f, const struct ba_blocks **blocksp);

/*
 * Add an entry (in place of one with the same kind, issuer and name), or take
 * it away; entries that have ended go as well.  Under a lock on a file beside
 * it, waited for at most BA_BLOCK_LOCK_MS; written to a new file, synced and
 * renamed.  BA_ERR_NOT_FOUND: nothing to take away.  BA_ERR_BLOCKS: the file
 * of before is not right, and is let alone.  BA_ERR_SYSTEM; also unless our
 * effective uid is trusted_uid, for nobody else could read what we write.
 * BA_ERR_BUSY; BA_ERR_LIMIT, also for a text that is empty or too long.
 */
#define BA_BLOCK_LOCK_MS 1000
BA_MUST_CHECK int ba_block_file_add(
    struct ba_block_file *f, const struct ba_block *block, int64_t now);
BA_MUST_CHECK int ba_block_file_remove(
    struct ba_block_file *f, const struct ba_block *block, int64_t now);

#endif
