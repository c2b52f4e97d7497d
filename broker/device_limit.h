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
 * who is flooded with requests for consent is one person.  But flows from the
 * network and flows without an address are apart: nobody from afar keeps a user
 * out of sudo.
 */
#define BA_DEVICE_PLACE_MAX 384

/* One of the places of a user or an address; n = 0: none. */
struct ba_device_place {
	char name[BA_DEVICE_PLACE_MAX];
	size_t n;
};

struct ba_device_places {
	struct ba_device_place address, user;
};

/*
 * BA_OK, and a place of both is taken; of none that is NULL, which is an
 * address that is not known, or a user who is none;
 * BA_ERR_DEVICE_LIMIT; BA_ERR_STORE, BA_ERR_NOMEM.
 */
BA_MUST_CHECK int ba_device_limit_take(struct ba_store *store,
    const struct ba_device_config *c, const char *user, const char *rhost,
    int64_t now, enum ba_reach reach, struct ba_device_places *taken);

/* Whatever of them was taken.  Where that fails it is one login less, until
   the place ends by itself. */
void ba_device_limit_give_back(struct ba_store *store,
    struct ba_device_places *taken, enum ba_reach reach);

#endif
