/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_SPAWNED_H
#define BA_BROKER_SPAWNED_H

#include "broker/options.h"

/*
 * The broker as a plug-in spawns it (wire/spawn.h): one question, on
 * descriptor 3.  The result is the process's exit code.
 */
int ba_spawned_run(const struct ba_options *o);

/*
 * The question takes s seconds longer than others, counted from now: the end
 * that the kernel makes of us comes later.  For a broker that was spawned.
 */
void ba_spawned_lengthen(unsigned s);

#endif
