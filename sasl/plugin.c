/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "sasl/exchange.h"
#include "sasl/failure.h"
#include "sasl/message.h"
#include "sasl/options.h"
#include "sasl/result.h"

/*
 * The framework's side of it.  Nothing here changes after it was loaded:
 * slapd asks from many threads at once.
 */
#define EXPORT __attribute__((__visibility__("default")))

static const struct ba_sasl_mech oauthbearer = {
	"OAUTHBEARER",
	ba_sasl_message_parse,
	ba_sasl_message_is_dummy,
	ba_sasl_failure,
};

static const struct ba_sasl_mech xoauth2 = {
	"XOAUTH2",
	ba_sasl_xoauth2_parse,
	ba_sasl_xoauth2_is_dummy,
	ba_sasl_xoauth2_failure,
};

/*
 * Programs that have no use for us load every plug-in they find; so nothing
 * is demanded when we are loaded, and here we are offered only where asking
 * could work.  A chrooted host comes here after its chroot(2).
 */
static int
mech_avail(
    void *glob_context, sasl_server_params_t *sparams, void **conn_context)
{
	const struct ba_sasl_mech *mech = glob_context;
	struct ba_log log = ba_sasl_log(sparams);
	struct ba_sasl_options o;

	(void)conn_context;
	if (ba_sasl_options(sparams->utils, &log, &o) == BA_OK) {
		if (ba_client_usable(&o.client))
			return SASL_OK;
		ba_log(&log, BA_LOG_DEBUG,
		    "%s: not offered, for there is no socket %s", mech->name,
		    o.client.socket);
	}
	(void)ba_sasl_fail(sparams, BA_ERR_UNAVAIL, false);
	return SASL_NOMECH;
}

static int
mech_new(void *glob_context, sasl_server_params_t *sparams,
    const char *challenge, unsigned challen, void **conn_context)
{
	struct ba_sasl_exchange *x;
	int r;

	(void)challenge;
	(void)challen;
	*conn_context = NULL;
	r = ba_sasl_exchange_new(glob_context, sparams, &x);
	if (r != BA_OK)
		return ba_sasl_fail(sparams, r, false);
	*conn_context = x;
	return SASL_OK;
}

static void
mech_dispose(void *conn_context, const sasl_utils_t *utils)
{
	(void)utils;
	ba_sasl_exchange_free(conn_context);
}

static int
mech_step(void *conn_context, sasl_server_params_t *sparams,
    const char *clientin, unsigned clientinlen, const char **serverout,
    unsigned *serveroutlen, sasl_out_params_t *oparams)
{
	struct ba_sasl_bytes out = { NULL, 0 };
	int code, saved = errno;

	if (conn_context == NULL || sparams == NULL || serverout == NULL ||
	    serveroutlen == NULL || oparams == NULL ||
	    (clientin == NULL && clientinlen > 0))
		return SASL_BADPARAM;
	code = ba_sasl_exchange_step(conn_context, sparams,
	    (struct ba_sasl_bytes){ clientin, clientinlen }, &out, oparams);
	*serverout = out.p;
	*serveroutlen = out.n;
	errno = saved;
	return code;
}

/*
 * Not SASL_SEC_NOPLAINTEXT, for a token in the clear is everybody's: the
 * framework waives a demand for it under TLS, and holds to it without.
 */
#define PLUG(mech, name)                                                       \
	{                                                                      \
		.mech_name = name, .max_ssf = 0,                               \
		.security_flags =                                              \
		    SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS,          \
		.features =                                                    \
		    SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY,      \
		.glob_context = (void *)(uintptr_t)(mech),                     \
		.mech_new = mech_new, .mech_step = mech_step,                  \
		.mech_dispose = mech_dispose, .mech_avail = mech_avail,        \
	}

static const sasl_server_plug_t plugs[] = {
	PLUG(&oauthbearer, "OAUTHBEARER"),
	PLUG(&xoauth2, "XOAUTH2"),
};

/* sasl/saslplug.h has the type only. */
EXPORT sasl_server_plug_init_t sasl_server_plug_init;

int
sasl_server_plug_init(const sasl_utils_t *utils, int max_version,
    int *out_version, sasl_server_plug_t **pluglist, int *plugcount)
{
	if (utils == NULL || out_version == NULL || pluglist == NULL ||
	    plugcount == NULL)
		return SASL_BADPARAM;
	if (max_version < SASL_SERVER_PLUG_VERSION)
		return SASL_BADVERS;
	*out_version = SASL_SERVER_PLUG_VERSION;
	/* The framework only reads it, and keeps it as const itself. */
	*pluglist = (sasl_server_plug_t *)(uintptr_t)plugs;
	*plugcount = (int)(sizeof(plugs) / sizeof(plugs[0]));
	return SASL_OK;
}
