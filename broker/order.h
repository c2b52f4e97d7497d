/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_ORDER_H
#define BA_BROKER_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/policy/block.h"

/*
 * A command of the control socket: a word, "status" or "reload", or a strict
 * JSON object:
 *
 *	command		string
 *	issuer		string; of block, unblock, keys, refresh
 *	sub, client	string; or all, true: of block and unblock, one of them
 *	until		seconds since 1970; of block
 *	from		how many lines the client has got; of what lists
 *
 * and no other member: what we do not know may be what matters.
 */
enum ba_order_what {
	BA_ORDER_STATUS,
	BA_ORDER_RELOAD,
	BA_ORDER_KEYS,
	BA_ORDER_REFRESH,
	BA_ORDER_BLOCK,
	BA_ORDER_UNBLOCK,
	BA_ORDER_BLOCKS
};

struct ba_order {
	enum ba_order_what what;
	const char *issuer; /* NULL: not said */
	struct ba_block block; /* of the two; since is the caller's to set */
	uint64_t from;
	json_t *json; /* holds the strings; NULL for a word */
};

/* BA_ERR_CONFIG, and *whyp in constant text; BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_order_parse(
    const char *text, struct ba_order *o, const char **whyp);
void ba_order_clear(struct ba_order *o);

#endif
