/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/origin.h"
#include "common/base/utf8.h"
#include "common/wire/ask.h"
#include "common/wire/option.h"
#include "sasl/exchange.h"
#include "sasl/options.h"
#include "sasl/result.h"

/* A verdict's three texts with each byte escaped, and the names. */
#define FAILURE_MAX ((63 + 511 + 2048) * 6 + 128)

/*
 * Where an exchange stands.  From the moment that a failure is known there
 * is no way to a success (SA-07): FIRST and ANSWER are the only states that
 * look at a token, and both are left for good.
 */
enum state {
	FIRST, /* no message yet */
	ANSWER, /* an empty challenge was sent, for there was none */
	DUMMY, /* the failure was sent, and its acknowledgement is to come */
	ENDED
};

struct ba_sasl_exchange {
	const struct ba_sasl_mech *mech;
	enum state state;
	struct ba_sasl_options options;
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
struct ba_log
ba_sasl_log(const sasl_server_params_t *sparams)
{
	struct ba_log log = { log_line, (void *)(uintptr_t)sparams->utils };

	return log;
}

int
ba_sasl_fail(const sasl_server_params_t *sparams, int err, bool authzid)
{
	sparams->utils->seterror(
	    sparams->utils->conn, SASL_NOLOG, "%s", ba_sasl_text(err));
	return ba_sasl_result(err, authzid);
}

int
ba_sasl_exchange_new(const struct ba_sasl_mech *mech,
    const sasl_server_params_t *sparams, struct ba_sasl_exchange **xp)
{
	struct ba_log log = ba_sasl_log(sparams);
	struct ba_sasl_exchange *x;
	int r;

	*xp = NULL;
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return BA_ERR_NOMEM;
	x->mech = mech;
	ba_buf_init(&x->failure, FAILURE_MAX);
	r = ba_sasl_options(sparams->utils, &log, &x->options);
	if (r == BA_OK)
		*xp = x;
	else
		ba_wipe_free(x, sizeof(*x));
	return r;
}

void
ba_sasl_exchange_free(struct ba_sasl_exchange *x)
{
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

/* One line a question; the broker's audit line of the same id says why. */
static void
report(const struct ba_sasl_exchange *x, const struct ba_log *log,
    const struct ba_ask *q, const struct ba_answer *a, int err)
{
	char who[BA_FIELD_MAX + 1], rhost[BA_FIELD_MAX + 1];
	char service[BA_SERVICE_MAX + 1];
	const char *user = err == BA_OK ? a->user : q->user;

	ba_sanitise_word(who, sizeof(who), user == NULL ? "" : user);
	ba_sanitise_word(
	    service, sizeof(service), q->service == NULL ? "" : q->service);
	ba_sanitise_word(
	    rhost, sizeof(rhost), q->rhost == NULL ? "unknown" : q->rhost);
	ba_log(log, ba_log_level_of(err),
	    "%s %s: user \"%s\", service \"%s\", from \"%s\", id %s%s%s",
	    x->mech->name, ba_family_text(ba_err_family(err)), who, service,
	    rhost, q->id[0] == '\0' ? "none" : q->id, err == BA_OK ? "" : ": ",
	    err == BA_OK ? "" : ba_err_text(err));
}

/*
 * Who only asks which token is wanted has not failed to log in.  What the
 * broker says of it is a refusal: it tells scope and provider.
 */
static void
report_query(
    const struct ba_sasl_exchange *x, const struct ba_log *log, int err)
{
	bool told = ba_err_family(err) == BA_FAMILY_REFUSED ||
		    ba_err_family(err) == BA_FAMILY_NOT_ALLOWED;

	ba_log(log, told ? BA_LOG_DEBUG : ba_log_level_of(err),
	    "%s: a query without a token%s%s", x->mech->name, told ? "" : ": ",
	    told ? "" : ba_err_text(err));
}

/*
 * The broker has compared the names; compare once more what we can see.  A
 * person is another one only beside a user that was asked for.
 */
static int
check_answer(const struct ba_sasl_message *m, const struct ba_answer *a)
{
	if (a->user[0] == '\0' ||
	    (m->has_authzid && strcmp(a->user, m->authzid) != 0) ||
	    (!m->has_authzid && a->person[0] != '\0'))
		return BA_ERR_PROTOCOL;
	return BA_OK;
}

/* Whether a token, or who has none: then the answer can be no success. */
static void
put_token(const struct ba_sasl_message *m, struct ba_ask *q)
{
	bool token = m->kind == BA_SASL_TOKEN;

	q->token = token ? m->token : BA_TOKEN_NONE;
	q->token_len = token ? m->token_len : strlen(BA_TOKEN_NONE);
}

static int
ask(const struct ba_sasl_exchange *x, const sasl_server_params_t *sparams,
    const struct ba_sasl_message *m, struct ba_answer *a)
{
	struct ba_log log = ba_sasl_log(sparams);
	/* Not to be logged as a question: see report_query(). */
	struct ba_ask_host host = { NULL, NULL,
		m->kind == BA_SASL_TOKEN ? &log : NULL };
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
	q.host = m->host[0] != '\0' ? m->host : NULL;
	q.port = m->port;
	put_token(m, &q);
	if (q.service != NULL && ba_option_service(q.service)) {
		r = ba_ask(&x->options.client, &q, &host, a);
		if (r == BA_OK)
			r = m->kind == BA_SASL_TOKEN ? check_answer(m, a)
						     : BA_ERR_PROTOCOL;
	}
	if (m->kind == BA_SASL_TOKEN)
		report(x, &log, &q, a, r);
	else
		report_query(x, &log, r);
	return r;
}

/*
 * EXTERNALLY_VERIFIED: the user is good also where no auxprop plug-in knows
 * them, or there is none (Postfix as Debian ships it).
 */
static int
give_name(const sasl_server_params_t *sparams, const char *name, unsigned which,
    sasl_out_params_t *oparams)
{
	return sparams->canon_user(sparams->utils->conn, name,
	    (unsigned)strlen(name), which | SASL_CU_EXTERNALLY_VERIFIED,
	    oparams);
}

/*
 * Mostly both names are the same.  With authzid = proxy the host learns who
 * it is and whom they want to be, and decides by its own rules.
 */
static int
give_names(const sasl_server_params_t *sparams, const struct ba_answer *a,
    sasl_out_params_t *oparams)
{
	int code;

	if (a->person[0] == '\0')
		return give_name(sparams, a->user,
		    SASL_CU_AUTHID | SASL_CU_AUTHZID, oparams);
	code = give_name(sparams, a->person, SASL_CU_AUTHID, oparams);
	if (code == SASL_OK)
		code = give_name(sparams, a->user, SASL_CU_AUTHZID, oparams);
	return code;
}

static int
accept_user(const sasl_server_params_t *sparams, const struct ba_answer *a,
    sasl_out_params_t *oparams)
{
	int code = give_names(sparams, a, oparams);

	if (code != SASL_OK) {
		/* So that nobody finds a name after a failure. */
		oparams->user = NULL;
		oparams->authid = NULL;
		(void)ba_sasl_fail(sparams, BA_ERR_REFUSED, false);
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
send_failure(struct ba_sasl_exchange *x, const sasl_server_params_t *sparams,
    const struct ba_answer *a, struct ba_sasl_bytes *out)
{
	int r;

	r = x->mech->failure(a->status, a->scope, a->metadata, &x->failure);
	if (r != BA_OK)
		return ba_sasl_fail(sparams, r, false);
	x->state = DUMMY;
	out->p = ba_buf_str(&x->failure);
	out->n = (unsigned)x->failure.len;
	return SASL_CONTINUE;
}

/* What the message comes to; *a says more. */
static int
judge(const struct ba_sasl_exchange *x, const sasl_server_params_t *sparams,
    struct ba_sasl_bytes in, struct ba_sasl_message *m, struct ba_answer *a)
{
	struct ba_log log = ba_sasl_log(sparams);
	int r;

	memset(a, 0, sizeof(*a));
	r = x->mech->parse(in.p, in.n, m);
	if (r == BA_OK && m->kind != BA_SASL_UNUSABLE)
		return ask(x, sparams, m, a);
	ba_log(&log, BA_LOG_NOTICE, "%s: %s%s", x->mech->name,
	    ba_err_text(BA_ERR_MALFORMED),
	    r == BA_OK ? ": invalid_request" : "");
	if (r != BA_OK)
		return r;
	return ba_copy_str(a->status, sizeof(a->status), "invalid_request") ==
		       BA_OK
		   ? BA_ERR_REFUSED
		   : BA_ERR_INTERNAL;
}

static int
first_message(struct ba_sasl_exchange *x, const sasl_server_params_t *sparams,
    struct ba_sasl_bytes in, struct ba_sasl_bytes *out,
    sasl_out_params_t *oparams)
{
	struct ba_sasl_message m;
	struct ba_answer a;
	int code;

	x->state = ENDED;
	x->err = judge(x, sparams, in, &m, &a);
	x->authzid = m.has_authzid;
	if (x->err == BA_OK)
		code = accept_user(sparams, &a, oparams);
	else if (ba_err_family(x->err) == BA_FAMILY_REFUSED ||
		 ba_err_family(x->err) == BA_FAMILY_NOT_ALLOWED)
		code = send_failure(x, sparams, &a, out);
	else
		code = ba_sasl_fail(sparams, x->err, x->authzid);
	ba_wipe(&m, sizeof(m));
	ba_wipe(&a, sizeof(a));
	return code;
}

int
ba_sasl_exchange_step(struct ba_sasl_exchange *x,
    const sasl_server_params_t *sparams, struct ba_sasl_bytes in,
    struct ba_sasl_bytes *out, sasl_out_params_t *oparams)
{
	bool dummy;

	switch (x->state) {
	case FIRST:
		if (in.n > 0)
			return first_message(x, sparams, in, out, oparams);
		x->state = ANSWER;
		out->p = "";
		return SASL_CONTINUE;
	case ANSWER:
		return first_message(x, sparams, in, out, oparams);
	case DUMMY:
		x->state = ENDED;
		dummy = x->mech->is_dummy(in.p, in.n);
		return ba_sasl_fail(
		    sparams, dummy ? x->err : BA_ERR_MALFORMED, x->authzid);
	case ENDED:
		break;
	}
	return ba_sasl_fail(sparams, BA_ERR_MALFORMED, false);
}
