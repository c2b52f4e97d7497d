/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_SPAWNED_H
#define BA_BROKER_SPAWNED_H

#include "broker/options.h"

/*
 * The broker as a plug-in spawns it (wire/spawn.h): one question, on
 * descriptor 3.  The result is the process's exit code.
 */
int ba_spawned_run(const struct ba_options *o);

#endif
