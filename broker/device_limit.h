/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_DEVICE_LIMIT_H
#define BA_BROKER_DEVICE_LIMIT_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/policy/config.h"
#include "common/store/store.h"

/*
 * How many device flows there have been for a user of this machine and from
 * an address, in the last BA_DEVICE_WINDOW seconds, by all brokers: each is a
 * place in the store, taken by add-if-absent (DEV-09, V37).  Not by service:
 * who is flooded with requests for consent is one person.
 *
 * BA_OK, and a place of both is taken (rhost NULL: of the user's alone);
 * BA_ERR_DEVICE_LIMIT; BA_ERR_STORE, BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_device_limit_take(struct ba_store *store,
    const struct ba_device_config *c, const char *user, const char *rhost,
    int64_t now, enum ba_reach reach);

#endif
