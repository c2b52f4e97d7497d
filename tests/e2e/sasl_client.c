/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client for OAUTHBEARER (RFC 7628) and XOAUTH2, as small as the tests need:
 * it gives ldapwhoami(1), python-ldap and mbsync(1) a voice.  The token comes as the password, the user name is
 * sent as the authzid if there is one.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#define MESSAGE_MAX (128 * 1024)

int sasl_client_plug_init(const sasl_utils_t *utils, int max_version,
    int *out_version, sasl_client_plug_t **pluglist, int *plugcount)
    __attribute__((__visibility__("default")));

struct state {
	int step;
	bool xoauth2;
	char *message;
};

static int
mech_new(void *glob, sasl_client_params_t *params, void **context)
{
	struct state *s;

	s = params->utils->malloc(sizeof(*s));
	if (s == NULL)
		return SASL_NOMEM;
	memset(s, 0, sizeof(*s));
	s->xoauth2 = glob != NULL;
	*context = s;
	return SASL_OK;
}

/* The answer to one of the questions that the application was given. */
static const char *
answer(const sasl_interact_t *asked, unsigned long id, unsigned *lenp)
{
	*lenp = 0;
	for (; asked != NULL && asked->id != SASL_CB_LIST_END; asked++) {
		if (asked->id == id && asked->result != NULL) {
			*lenp = asked->len;
			return asked->result;
		}
	}
	return NULL;
}

/* libldap takes no callback that answers at once: it wants to be asked. */
static int
ask(sasl_client_params_t *params, sasl_interact_t **need)
{
	sasl_interact_t *q;

	if (need == NULL)
		return SASL_FAIL;
	q = params->utils->malloc(3 * sizeof(*q));
	if (q == NULL)
		return SASL_NOMEM;
	memset(q, 0, 3 * sizeof(*q));
	q[0].id = SASL_CB_PASS;
	q[0].challenge = "OAuth 2.0";
	q[0].prompt = "Access token";
	q[1].id = SASL_CB_USER;
	q[1].prompt = "Authorization name";
	q[2].id = SASL_CB_LIST_END;
	*need = q;
	return SASL_INTERACT;
}

/* RFC 5801 section 4: "," and "=" have names of their own in an authzid. */
static int
put_name(char *dst, const char *name, unsigned n)
{
	char *to = dst;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (name[i] == ',' || name[i] == '=')
			to += sprintf(to, name[i] == ',' ? "=2C" : "=3D");
		else
			*to++ = name[i];
	}
	*to = '\0';
	return (int)(to - dst);
}

/* RFC 7628 section 3.1: gs2-header kvsep *kvpair kvsep. */
static int
first(struct state *s, sasl_client_params_t *params, sasl_interact_t **need,
    const char **out, unsigned *outlen, sasl_out_params_t *oparams)
{
	const sasl_interact_t *asked = need == NULL ? NULL : *need;
	const char *token, *user;
	char name[3 * 512 + 1];
	unsigned n, un;
	int len, r;

	token = answer(asked, SASL_CB_PASS, &n);
	if (token == NULL)
		return ask(params, need);
	user = answer(asked, SASL_CB_USER, &un);
	if (n > MESSAGE_MAX - 2048 || un > 512)
		return SASL_BADPARAM;
	if (un > 0 && !s->xoauth2) {
		un = (unsigned)put_name(name, user, un);
		user = name;
	}
	s->message = params->utils->malloc(MESSAGE_MAX);
	if (s->message == NULL)
		return SASL_NOMEM;
	len = snprintf(s->message, MESSAGE_MAX,
	    s->xoauth2 ? "%s%.*s\001auth=Bearer %.*s\001\001"
		       : "n,%s%.*s,\001auth=Bearer %.*s\001\001",
	    s->xoauth2 ? "user="
	    : un > 0   ? "a="
		       : "",
	    (int)un, un > 0 ? user : "", (int)n, token);
	/* Whose the token is we do not look at (TOK-08). */
	r = params->canon_user(params->utils->conn, "anonymous", 0,
	    SASL_CU_AUTHID | SASL_CU_AUTHZID, oparams);
	if (r != SASL_OK)
		return r;
	*out = s->message;
	*outlen = (unsigned)len;
	s->step = 1;
	return SASL_CONTINUE;
}

static int
mech_step(void *context, sasl_client_params_t *params, const char *in,
    unsigned inlen, sasl_interact_t **need, const char **out, unsigned *outlen,
    sasl_out_params_t *oparams)
{
	struct state *s = context;

	(void)in;
	*out = NULL;
	*outlen = 0;
	if (s->step == 0)
		return first(s, params, need, out, outlen, oparams);
	if (inlen > 0) {
		/* The failure as JSON; section 3.2.3: answer with %x01. */
		*out = "\001";
		*outlen = 1;
		return SASL_CONTINUE;
	}
	oparams->doneflag = 1;
	oparams->mech_ssf = 0;
	return SASL_OK;
}

static void
mech_dispose(void *context, const sasl_utils_t *utils)
{
	struct state *s = context;

	if (s == NULL)
		return;
	if (s->message != NULL)
		utils->free(s->message);
	utils->free(s);
}

static const unsigned long required_prompts[] = { SASL_CB_PASS,
	SASL_CB_LIST_END };

#define PLUG(name, glob)                                                       \
	{                                                                      \
		.mech_name = name, .max_ssf = 0,                               \
		.security_flags =                                              \
		    SASL_SEC_NOANONYMOUS | SASL_SEC_PASS_CREDENTIALS,          \
		.features =                                                    \
		    SASL_FEAT_WANT_CLIENT_FIRST | SASL_FEAT_ALLOWS_PROXY,      \
		.required_prompts = required_prompts, .glob_context = glob,    \
		.mech_new = mech_new, .mech_step = mech_step,                  \
		.mech_dispose = mech_dispose,                                  \
	}

static char xoauth2;
static sasl_client_plug_t plugs[] = { PLUG("OAUTHBEARER", NULL),
	PLUG("XOAUTH2", &xoauth2) };

int
sasl_client_plug_init(const sasl_utils_t *utils, int max_version,
    int *out_version, sasl_client_plug_t **pluglist, int *plugcount)
{
	(void)utils;
	if (max_version < SASL_CLIENT_PLUG_VERSION)
		return SASL_BADVERS;
	*out_version = SASL_CLIENT_PLUG_VERSION;
	*pluglist = plugs;
	*plugcount = 2;
	return SASL_OK;
}
