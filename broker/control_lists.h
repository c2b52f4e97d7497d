/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_CONTROL_LISTS_H
#define BA_BROKER_CONTROL_LISTS_H

#include "broker/broker.h"
#include "broker/lines.h"
#include "broker/order.h"

/*
 * Commands of the control socket (control.h) about issuers' keys and the block
 * list.  What is listed has a line each, of fields with tabs between; "-" is
 * what there is not.
 */

/*
 * issuer, number of keys, seconds since they were fetched, … they stay fresh,
 * … they serve if the issuer cannot be asked, … until it is asked in the
 * background, what came of the last asking ("ok" or an error's name), where
 * they are from ("issuer", "file", "secret file").
 */
BA_MUST_CHECK int ba_control_keys(
    struct ba_broker *b, const struct ba_order *o, struct ba_lines *l);

/* Begins; what comes of it is in the log, and in "keys" later. */
BA_MUST_CHECK int ba_control_refresh(
    struct ba_broker *b, const struct ba_order *o, struct ba_lines *l);

/* block and unblock */
BA_MUST_CHECK int ba_control_block(
    struct ba_broker *b, const struct ba_order *o, struct ba_lines *l);

/*
 * issuer; "sub", "client" or "all"; since; until; name.  Those in force.
 */
BA_MUST_CHECK int ba_control_blocks(struct ba_broker *b, struct ba_lines *l);

/* For status: how many are in force.  BA_ERR_BLOCKS. */
BA_MUST_CHECK int ba_control_count_blocks(struct ba_broker *b, size_t *np);

#endif
