/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/origin.h"
#include "common/base/utf8.h"
#include "common/wire/ask.h"
#include "common/wire/message.h"
#include "common/wire/option.h"
#include "sasl/message.h"
#include "sasl/result.h"

#define EXPORT __attribute__((__visibility__("default")))

#define MECHANISM "OAUTHBEARER"

/* A verdict's three texts with each byte escaped, and the names. */
#define FAILURE_MAX ((63 + 511 + 2048) * 6 + 128)

struct options {
	char service[BA_SERVICE_MAX + 1]; /* "": that of the host */
	char socket[BA_SOCKET_PATH_MAX + 1]; /* "": the default */
	struct ba_client client;
};

/*
 * Where an exchange stands.  From the moment that a failure is known there
 * is no way to a success (SA-07): FIRST and ANSWER are the only states that
 * look at a token, and both are left for good.
 */
enum state {
	FIRST, /* no message yet */
	ANSWER, /* an empty challenge was sent, for there was none */
	DUMMY, /* the failure was sent, and %x01 is to come */
	ENDED
};

struct exchange {
	enum state state;
	struct options options;
	struct ba_buf failure; /* the framework reads it after the step */
	int err; /* that of the failure */
	bool authzid;
};

static int
sasl_level(enum ba_log_level level)
{
	switch (level) {
	case BA_LOG_ERR:
		return SASL_LOG_ERR;
	case BA_LOG_WARNING:
		return SASL_LOG_WARN;
	case BA_LOG_NOTICE:
		return SASL_LOG_FAIL;
	case BA_LOG_INFO:
		return SASL_LOG_NOTE;
	case BA_LOG_DEBUG:
		return SASL_LOG_DEBUG;
	}
	return SASL_LOG_ERR;
}

/* The framework's own formatter knows few conversions and crashes on %.*s. */
static void
log_line(void *arg, enum ba_log_level level, const char *text)
{
	const sasl_utils_t *utils = arg;

	utils->log(utils->conn, sasl_level(level), "%s", text);
}

/* sasl_utils_t is const in the parameters; a log takes any pointer. */
static struct ba_log
log_of(const sasl_server_params_t *sparams)
{
	struct ba_log log = { log_line, (void *)(uintptr_t)sparams->utils };

	return log;
}

/*
 * What the application may show.  Always set: a text that somebody else left
 * behind would be shown instead.
 */
static int
fail(const sasl_server_params_t *sparams, int err, bool authzid)
{
	sparams->utils->seterror(
	    sparams->utils->conn, SASL_NOLOG, "%s", ba_sasl_text(err));
	return ba_sasl_result(err, authzid);
}

/* "": the option is not there.  One without a value is a mistake. */
static int
get_option(const sasl_utils_t *utils, const char *name, char *dst, size_t dstsz)
{
	const char *value = NULL;

	dst[0] = '\0';
	if (utils->getopt(utils->getopt_context, MECHANISM, name, &value,
		NULL) != SASL_OK ||
	    value == NULL)
		return BA_OK;
	if (value[0] == '\0' || !ba_utf8_is_text(value, strlen(value), false) ||
	    ba_copy_str(dst, dstsz, value) != BA_OK)
		return BA_ERR_CONFIG;
	return BA_OK;
}

static int
get_service(const sasl_utils_t *utils, struct options *o)
{
	return get_option(
	    utils, "oauthbearer_service", o->service, sizeof(o->service));
}

static int
get_socket(const sasl_utils_t *utils, struct options *o)
{
	int r;

	r = get_option(
	    utils, "oauthbearer_socket", o->socket, sizeof(o->socket));
	if (r != BA_OK || o->socket[0] == '\0')
		return r;
	o->client.socket = o->socket;
	return ba_option_path(o->socket, BA_SOCKET_PATH_MAX) ? BA_OK
							     : BA_ERR_CONFIG;
}

static int
get_deadline(const sasl_utils_t *utils, struct options *o)
{
	char text[3];
	int r;

	r = get_option(utils, "oauthbearer_deadline", text, sizeof(text));
	if (r != BA_OK || text[0] == '\0')
		return r;
	return ba_option_deadline(text, &o->client.deadline_ms) ? BA_OK
								: BA_ERR_CONFIG;
}

/*
 * The options, for each connection anew: getopt's results live until the next
 * getopt of the thread.  client points into *o, which must stay where it is.
 */
static int
get_options(const sasl_server_params_t *sparams, struct options *o)
{
	static const struct {
		int (*get)(const sasl_utils_t *utils, struct options *o);
		const char *remedy;
	} all[] = {
		{ get_service,
		    "oauthbearer_service: write the name of a service, 1 to "
		    "64 characters, or take it out" },
		{ get_socket,
		    "oauthbearer_socket: write an absolute path of at most "
		    "107 characters, or take it out" },
		{ get_deadline,
		    "oauthbearer_deadline: write seconds, from 1 to 60, or "
		    "take it out" },
	};
	struct ba_log log = log_of(sparams);
	size_t i;
	int r;

	memset(o, 0, sizeof(*o));
	ba_client_defaults(&o->client, BA_DEADLINE_SASL_MS);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		r = all[i].get(sparams->utils, o);
		if (r == BA_OK)
			continue;
		ba_log(&log, BA_LOG_ERR, MECHANISM ": %s", all[i].remedy);
		return r;
	}
	return BA_OK;
}

/*
 * Programs that have no use for us load every plug-in they find; so nothing
 * is demanded when we are loaded, and here we are offered only where asking
 * could work.  A chrooted host comes here after its chroot(2).
 */
static int
mech_avail(
    void *glob_context, sasl_server_params_t *sparams, void **conn_context)
{
	struct ba_log log = log_of(sparams);
	struct options o;

	(void)glob_context;
	(void)conn_context;
	if (get_options(sparams, &o) == BA_OK) {
		if (ba_client_usable(&o.client))
			return SASL_OK;
		ba_log(&log, BA_LOG_DEBUG,
		    MECHANISM ": not offered, for there is no socket %s",
		    o.client.socket);
	}
	(void)fail(sparams, BA_ERR_UNAVAIL, false);
	return SASL_NOMECH;
}

static int
mech_new(void *glob_context, sasl_server_params_t *sparams,
    const char *challenge, unsigned challen, void **conn_context)
{
	struct exchange *x;
	int r;

	(void)glob_context;
	(void)challenge;
	(void)challen;
	*conn_context = NULL;
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return fail(sparams, BA_ERR_NOMEM, false);
	ba_buf_init(&x->failure, FAILURE_MAX);
	r = get_options(sparams, &x->options);
	if (r != BA_OK) {
		ba_wipe_free(x, sizeof(*x));
		return fail(sparams, r, false);
	}
	*conn_context = x;
	return SASL_OK;
}

static void
mech_dispose(void *conn_context, const sasl_utils_t *utils)
{
	struct exchange *x = conn_context;

	(void)utils;
	if (x == NULL)
		return;
	ba_buf_wipe(&x->failure);
	ba_wipe_free(x, sizeof(*x));
}

/* "192.0.2.1;1234" without the port; NULL where it is not known. */
static const char *
get_rhost(const sasl_server_params_t *sparams, char *dst, size_t dstsz)
{
	const char *from = sparams->ipremoteport, *end;
	size_t n;

	if (from == NULL)
		return NULL;
	end = strrchr(from, ';');
	n = end == NULL ? strlen(from) : (size_t)(end - from);
	if (n == 0 || n >= dstsz || !ba_utf8_is_text(from, n, false))
		return NULL;
	memcpy(dst, from, n);
	dst[n] = '\0';
	return dst;
}

static enum ba_log_level
level_of(int err)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return BA_LOG_INFO;
	case BA_FAMILY_REFUSED:
	case BA_FAMILY_NOT_ALLOWED:
	case BA_FAMILY_MALFORMED:
		return BA_LOG_NOTICE;
	case BA_FAMILY_UNAVAILABLE:
	case BA_FAMILY_FAULT:
		return BA_LOG_ERR;
	}
	return BA_LOG_ERR;
}

/* One line a question; the broker's audit line of the same id says why. */
static void
report(
    const struct ba_log *log, const struct ba_ask *q, const char *user, int err)
{
	char who[BA_FIELD_MAX + 1], rhost[BA_FIELD_MAX + 1];
	char service[BA_SERVICE_MAX + 1];

	ba_sanitise_word(who, sizeof(who), user);
	ba_sanitise_word(
	    service, sizeof(service), q->service == NULL ? "" : q->service);
	ba_sanitise_word(
	    rhost, sizeof(rhost), q->rhost == NULL ? "unknown" : q->rhost);
	ba_log(log, level_of(err),
	    MECHANISM
	    " %s: user \"%s\", service \"%s\", from \"%s\", id %s%s%s",
	    ba_family_text(ba_err_family(err)), who, service, rhost,
	    q->id[0] == '\0' ? "none" : q->id, err == BA_OK ? "" : ": ",
	    err == BA_OK ? "" : ba_err_text(err));
}

/* The broker has compared the names; compare once more what we can see. */
static int
check_answer(const struct ba_sasl_message *m, const struct ba_answer *a)
{
	if (a->user[0] == '\0' ||
	    (m->has_authzid && strcmp(a->user, m->authzid) != 0))
		return BA_ERR_PROTOCOL;
	return BA_OK;
}

static int
ask(const struct exchange *x, const sasl_server_params_t *sparams,
    const struct ba_sasl_message *m, struct ba_answer *a)
{
	struct ba_log log = log_of(sparams);
	struct ba_ask_host host = { NULL, NULL, &log };
	char rhost[BA_FIELD_MAX + 1];
	struct ba_ask q;
	int r = BA_ERR_CONFIG;

	memset(&q, 0, sizeof(q));
	q.type = BA_MSG_ASK;
	q.service = x->options.service[0] != '\0' ? x->options.service
						  : sparams->service;
	/* SA-06: who somebody is comes from the token, and nowhere else. */
	q.user = m->has_authzid ? m->authzid : NULL;
	q.rhost = get_rhost(sparams, rhost, sizeof(rhost));
	q.origin = BA_ORIGIN_SASL;
	q.token = m->token;
	q.token_len = m->token_len;
	if (q.service != NULL && ba_option_service(q.service)) {
		r = ba_ask(&x->options.client, &q, &host, a);
		if (r == BA_OK)
			r = check_answer(m, a);
	}
	report(&log, &q, r == BA_OK ? a->user : m->authzid, r);
	return r;
}

/*
 * Both names are the token's user.  SASL_CU_EXTERNALLY_VERIFIED: the user is
 * good also where no auxprop plug-in knows them, or there is none (Postfix as
 * Debian ships it).
 */
static int
accept_user(const sasl_server_params_t *sparams, const struct ba_answer *a,
    sasl_out_params_t *oparams)
{
	int code;

	code = sparams->canon_user(sparams->utils->conn, a->user,
	    (unsigned)strlen(a->user),
	    SASL_CU_AUTHID | SASL_CU_AUTHZID | SASL_CU_EXTERNALLY_VERIFIED,
	    oparams);
	if (code != SASL_OK) {
		/* So that nobody finds a name after a failure. */
		oparams->user = NULL;
		oparams->authid = NULL;
		(void)fail(sparams, BA_ERR_REFUSED, false);
		return code < 0 ? code : SASL_FAIL;
	}
	oparams->doneflag = 1;
	oparams->mech_ssf = 0;
	oparams->maxoutbuf = 0;
	oparams->encode_context = NULL;
	oparams->encode = NULL;
	oparams->decode_context = NULL;
	oparams->decode = NULL;
	oparams->param_version = 0;
	return SASL_OK;
}

/* RFC 7628 section 3.2.2: say what is wrong, and wait for the dummy. */
static int
send_failure(struct exchange *x, const sasl_server_params_t *sparams,
    const struct ba_answer *a, const char **out, unsigned *outlen)
{
	int r;

	r = ba_sasl_failure(a->status, a->scope, a->metadata, &x->failure);
	if (r != BA_OK)
		return fail(sparams, r, false);
	x->state = DUMMY;
	*out = ba_buf_str(&x->failure);
	*outlen = (unsigned)x->failure.len;
	return SASL_CONTINUE;
}

static int
first_message(struct exchange *x, const sasl_server_params_t *sparams,
    const char *in, unsigned inlen, const char **out, unsigned *outlen,
    sasl_out_params_t *oparams)
{
	struct ba_log log = log_of(sparams);
	struct ba_sasl_message m;
	struct ba_answer a;
	int code;

	x->state = ENDED;
	memset(&a, 0, sizeof(a));
	x->err = ba_sasl_message_parse(in, inlen, &m);
	x->authzid = m.has_authzid;
	if (x->err != BA_OK) {
		ba_log(
		    &log, BA_LOG_NOTICE, MECHANISM ": %s", ba_err_text(x->err));
	} else if (m.kind == BA_SASL_DISCOVERY) {
		ba_log(&log, BA_LOG_DEBUG, MECHANISM ": no token, a query");
		x->err = BA_ERR_REFUSED;
	} else {
		x->err = ask(x, sparams, &m, &a);
	}

	if (x->err == BA_OK)
		code = accept_user(sparams, &a, oparams);
	else if (ba_err_family(x->err) == BA_FAMILY_REFUSED ||
		 ba_err_family(x->err) == BA_FAMILY_NOT_ALLOWED)
		code = send_failure(x, sparams, &a, out, outlen);
	else
		code = fail(sparams, x->err, x->authzid);
	ba_wipe(&m, sizeof(m));
	ba_wipe(&a, sizeof(a));
	return code;
}

static int
step(struct exchange *x, const sasl_server_params_t *sparams, const char *in,
    unsigned inlen, const char **out, unsigned *outlen,
    sasl_out_params_t *oparams)
{
	bool dummy;

	switch (x->state) {
	case FIRST:
		if (inlen > 0)
			return first_message(
			    x, sparams, in, inlen, out, outlen, oparams);
		x->state = ANSWER;
		*out = "";
		return SASL_CONTINUE;
	case ANSWER:
		return first_message(
		    x, sparams, in, inlen, out, outlen, oparams);
	case DUMMY:
		x->state = ENDED;
		dummy = ba_sasl_message_is_dummy(in, inlen);
		return fail(
		    sparams, dummy ? x->err : BA_ERR_MALFORMED, x->authzid);
	case ENDED:
		break;
	}
	return fail(sparams, BA_ERR_MALFORMED, false);
}

static int
mech_step(void *conn_context, sasl_server_params_t *sparams,
    const char *clientin, unsigned clientinlen, const char **serverout,
    unsigned *serveroutlen, sasl_out_params_t *oparams)
{
	int code, saved = errno;

	if (conn_context == NULL || sparams == NULL || serverout == NULL ||
	    serveroutlen == NULL || oparams == NULL ||
	    (clientin == NULL && clientinlen > 0))
		return SASL_BADPARAM;
	*serverout = NULL;
	*serveroutlen = 0;
	code = step(conn_context, sparams, clientin, clientinlen, serverout,
	    serveroutlen, oparams);
	errno = saved;
	return code;
}

/*
 * Not SASL_SEC_NOPLAINTEXT, for a token in the clear is everybody's: the
 * framework waives a demand for it under TLS, and holds to it without.
 */
static const sasl_server_plug_t plugs[] = {
	{
	    .mech_name = MECHANISM,
	    .max_ssf = 0,
	    .security_flags = SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS,
	    .features = SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY,
	    .mech_new = mech_new,
	    .mech_step = mech_step,
	    .mech_dispose = mech_dispose,
	    .mech_avail = mech_avail,
	},
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
