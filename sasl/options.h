/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SASL_OPTIONS_H
#define BA_SASL_OPTIONS_H

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/wire/ask.h"
#include "common/wire/message.h"
#include "common/wire/option.h"

/*
 * What stands in the host's own file, the same for all mechanisms:
 * oauthbearer_service, oauthbearer_socket and oauthbearer_deadline.
 */
struct ba_sasl_options {
	char service[BA_SERVICE_MAX + 1]; /* "": that of the host */
	char socket[BA_SOCKET_PATH_MAX + 1]; /* "": the default */
	struct ba_client client;
};

/*
 * For each connection anew: getopt's results live until the next getopt of
 * the thread.  client points into *o, which must stay where it is.  A bad
 * option is logged with its remedy: BA_ERR_CONFIG.
 */
BA_MUST_CHECK int ba_sasl_options(const sasl_utils_t *utils,
    const struct ba_log *log, struct ba_sasl_options *o);

#endif
