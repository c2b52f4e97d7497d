/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_SERVICE_H
#define BA_BROKER_SERVICE_H

#include "broker/options.h"

/*
 * The broker as a service: on the sockets that the service manager hands
 * over, or as root on its own; until SIGTERM or SIGINT.  SIGHUP reads the
 * configuration again.  The result is the process's exit code.
 */
int ba_service_run(const struct ba_options *o);

#endif
