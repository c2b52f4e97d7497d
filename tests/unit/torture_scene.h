/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_TORTURE_SCENE_H
#define BA_TESTS_TORTURE_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/jose/jwk.h"
#include "common/policy/config.h"
#include "common/verify.h"
#include "tests/unit/torture.h"

/*
 * What is put on the rack: one login from the texts of its configuration, its
 * key set and its token to the verdict, in any combination of its parts.
 */
struct ba_scene;

enum ba_scene_part {
	BA_SCENE_LOAD = 1, /* ba_config_load(), with a map file */
	BA_SCENE_PARSE = 1 << 1, /* ba_config_parse(), in place of that */
	BA_SCENE_MAP = 1 << 2, /* ba_map_parse(), alone */
	BA_SCENE_KEYS = 1 << 3, /* ba_jwks_parse(), or …_symmetric() */
	BA_SCENE_BLOCKS = 1 << 4, /* ba_blocks_parse() */
	BA_SCENE_VERIFY = 1 << 5, /* ba_verify() */
	BA_SCENE_KEPT = 1 << 6, /* ba_claims_kept() of the verdict */
	BA_SCENE_AGAIN = 1 << 7, /* ba_verify_claims() of what was kept */
	BA_SCENE_EXPLAIN = 1 << 8 /* somebody listens */
};
#define BA_SCENE_ALL                                                           \
	(BA_SCENE_LOAD | BA_SCENE_KEYS | BA_SCENE_BLOCKS | BA_SCENE_VERIFY |   \
	    BA_SCENE_KEPT | BA_SCENE_AGAIN)

struct ba_scene_outcome {
	int err; /* of the first part that failed */
	enum ba_scene_part part; /* that one, or the last */
	enum ba_scene_part failed_in; /* where the first failure was put */
	bool accepted; /* a verdict says so, whatever err is */
	const char *wrong; /* what else is not as the headers say; NULL */
};

/* The rooms, the key pairs, the texts, the files: once, before all others.
   Aborts where it fails. */
void ba_scene_begin(void);
void ba_scene_end(void);

/* Good logins: NULL behind the last.  Those from ba_scene_algorithms() on are
   one for each algorithm. */
const struct ba_scene *ba_scene_good(size_t i);
const struct ba_scene *ba_scene_algorithm(size_t i);
/* Logins with one defect each, and the error that it is. */
const struct ba_scene *ba_scene_bad(size_t i, int *errp);

/* Is there another key that the token was not signed by? */
bool ba_scene_has_spare_key(const struct ba_scene *scene);
const char *ba_scene_name(const struct ba_scene *scene);

/*
 * What a scene needs, written to files for a process that has not used OpenSSL
 * yet; and read there, in place of ba_scene_begin().  dir is ours to fill.
 */
void ba_scene_write(const struct ba_scene *scene, const char *dir);
void ba_scene_read(const struct ba_scene *scene, const char *dir);

/*
 * On the rack, by that plan: the parts named; what else they need was
 * prepared with nothing failing.
 */
void ba_scene_run(const struct ba_scene *scene, unsigned parts,
    const struct ba_torture_plan *plan, struct ba_scene_outcome *outcome,
    struct ba_torture_result *result);

#endif
