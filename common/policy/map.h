/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_MAP_H
#define BA_POLICY_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/policy/arena.h"
#include "common/policy/config.h"

/*
 * A map file: who of which issuer is whom here, person by person.
 *
 *	# issuer                  subject                  name
 *	https://id.example.org    248289761001             alice
 *	https://id.example.org    "robot of the build"     ci-build
 *
 * Three words a line.  The subject is the claim sub, byte for byte; one with
 * blanks, '#' or '"' in it is written as a JSON string.  The name is a user
 * name of either grammar (identity.h), or "root".  Empty lines, and lines that
 * begin with '#', are passed over.  The same issuer and subject twice is an
 * error, and so is an issuer whose section does not name this file.
 */
struct ba_map;

#define BA_MAP_BYTES_MAX    (8 * 1024 * 1024)
#define BA_MAP_LINE_MAX     4096
#define BA_MAP_PROBLEMS_MAX 20 /* reported of one file */

/*
 * Read n bytes of the file called name; everything lives in a.  Each problem
 * is reported with its line and remedy (of many the first
 * BA_MAP_PROBLEMS_MAX, and how many more there are), and with any the result is
 * BA_ERR_CONFIG; BA_ERR_NOMEM.  config tells which issuers there are, and that
 * they have this map_file.
 */
BA_MUST_CHECK int ba_map_parse(struct ba_arena *a,
    const struct ba_config *config, const char *name, const void *p, size_t n,
    const struct ba_config_report *report, const struct ba_map **mapp);

/*
 * Another file, of two words a line: which mailboxes a person shares.
 *
 *	# person          mailbox
 *	alice             sales@example.org
 *	alice             info@example.org
 *
 * Both are user names of either grammar, and never "root".  The same two once
 * more is an error.  Then ba_map_find(map, person, mailbox) says whether; no
 * name is given away by it.
 */
BA_MUST_CHECK int ba_map_parse_shared(struct ba_arena *a, const char *name,
    const void *p, size_t n, const struct ba_config_report *report,
    const struct ba_map **mapp);

struct ba_map_entry {
	const char *name;
	struct ba_where where;
};

/* Both byte for byte; NULL: not in the map.  Time grows with log n. */
const struct ba_map_entry *ba_map_find(
    const struct ba_map *map, const char *issuer, const char *sub);

/*
 * Is that the name of somebody in the map, byte for byte?  Then it is theirs,
 * and nobody gets it by a claim.
 */
bool ba_map_names(const struct ba_map *map, const char *name);

size_t ba_map_count(const struct ba_map *map);

#endif
