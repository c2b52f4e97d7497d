/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SASL_EXCHANGE_H
#define BA_SASL_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "sasl/message.h"

/* In what one mechanism differs from the other; message.h, failure.h. */
struct ba_sasl_mech {
	const char *name;
	int (*parse)(const void *p, size_t n, struct ba_sasl_message *m);
	bool (*is_dummy)(const void *p, size_t n);
	int (*failure)(const char *status, const char *scope,
	    const char *metadata, struct ba_buf *b);
};

struct ba_sasl_bytes {
	const char *p;
	unsigned n;
};

/*
 * One exchange, of one connection: a client's message, the question to the
 * broker, and its end; or a failure that is told first, and then is the end.
 */
struct ba_sasl_exchange;

/* BA_ERR_CONFIG for a bad option, which was logged; BA_ERR_NOMEM. */
BA_MUST_CHECK int ba_sasl_exchange_new(const struct ba_sasl_mech *mech,
    const sasl_server_params_t *sparams, struct ba_sasl_exchange **xp);
void ba_sasl_exchange_free(struct ba_sasl_exchange *x);

/*
 * The next step; a code of the framework's.  *out, {NULL, 0} at first, lives
 * as long as x.
 */
int ba_sasl_exchange_step(struct ba_sasl_exchange *x,
    const sasl_server_params_t *sparams, struct ba_sasl_bytes in,
    struct ba_sasl_bytes *out, sasl_out_params_t *oparams);

/* The host's log. */
struct ba_log ba_sasl_log(const sasl_server_params_t *sparams);

/*
 * The code for an error of ours, and with it the text that the application may
 * show: always set, or one that somebody else left behind would be shown.
 */
int ba_sasl_fail(const sasl_server_params_t *sparams, int err, bool authzid);

#endif
