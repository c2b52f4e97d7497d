/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "common/oauth/metadata.h"
#include "common/wire/ask.h"

#include "broker/audit.h"
#include "broker/query_parts.h"

#define YES_NO " (yes/no) "

static const char *
kind_of(const struct ba_query *q)
{
	if (q->account)
		return "account";
	return q->device != NULL ? "device" : "ask";
}

static const char *
user_of(const struct ba_query *q)
{
	if (q->v.user[0] != '\0')
		return q->v.user;
	return q->named ? q->user : NULL;
}

/*
 * Whose login it is, and whom else the token names.  With proxy the host has
 * yet to decide whether the one may be the other, and nothing here has.
 */
static void
name_people(const struct ba_query *q, struct ba_audit *a)
{
	const struct ba_service *s = ba_query_service(q);

	a->user = user_of(q);
	if (q->person[0] == '\0')
		return;
	if (s != NULL && s->authzid == BA_AUTHZID_PROXY) {
		a->wants = a->user;
		a->user = q->person;
	} else {
		a->person = q->person;
	}
}

/* Whom we asked, where no token has said it. */
static const char *
issuer_of(const struct ba_query *q)
{
	const struct ba_service *s = ba_query_service(q);

	if (q->v.issuer != NULL)
		return q->v.issuer->url;
	if (q->device != NULL && s != NULL && s->device.issuer != NULL)
		return s->device.issuer->url;
	return NULL;
}

void
ba_query_audit_code(const struct ba_query *q)
{
	const struct ba_audit a = {
		.kind = "device-code",
		.undecided = true,
		.id = q->id[0] != '\0' ? q->id : NULL,
		.err = BA_OK,
		.service = q->service,
		.user = user_of(q),
		.peer = q->peer.uid,
		.rhost = q->q.rhost,
		.tty = q->tty[0] != '\0' ? q->tty : NULL,
		.issuer = issuer_of(q),
	};

	ba_audit(q->b->o.log, &a);
}

void
ba_query_audit(struct ba_query *q)
{
	struct ba_audit a = {
		.kind = kind_of(q),
		.id = q->id[0] != '\0' ? q->id : NULL,
		.err = q->err,
		.service = q->service,
		.peer = q->peer.uid,
		.rhost = q->q.rhost,
		.tty = q->tty[0] != '\0' ? q->tty : NULL,
		.issuer = issuer_of(q),
		.sub = q->v.sub,
		.way = q->way[0] != '\0' ? q->way : NULL,
	};

	name_people(q, &a);
	if (q->v.err != BA_OK && q->v.err == q->err)
		a.check = ba_check_name(q->v.check);
	if (!ba_broker_may_audit(q->b, &q->peer, q->err, &a.missed))
		return;
	ba_audit(q->b->o.log, &a);
}

int
ba_query_put_prompt(const struct ba_query *q, struct ba_buf *out)
{
	struct ba_msg_out o;
	struct ba_buf text;
	int r;

	if (q->phase != BA_CONFIRMING)
		return ba_query_device_put(q, out);
	ba_buf_init(&text, 8192);
	r = ba_buf_append_str(&text, ba_query_service(q)->confirm);
	if (r == BA_OK)
		r = ba_buf_append_str(&text, YES_NO);
	if (r == BA_OK) {
		ba_msg_begin(&o, out, q->version, BA_MSG_PROMPT);
		ba_msg_put_u8(&o, BA_TAG_STYLE, BA_PROMPT_PLAIN);
		ba_msg_put_str(&o, BA_TAG_TEXT, ba_buf_str(&text));
		r = ba_msg_end(&o);
	}
	ba_buf_wipe(&text);
	return r;
}

/*
 * The error code of the registry of RFC 6750 section 6.2 that says what the
 * client could do about it: ask for another scope, or have its user log in
 * once more (RFC 9470 section 3).
 */
static const char *
status_of(int err)
{
	if (err == BA_ERR_SCOPE)
		return "insufficient_scope";
	if (err == BA_ERR_ACR || err == BA_ERR_AUTH_TIME)
		return "insufficient_user_authentication";
	if (err == BA_ERR_HOST)
		return "invalid_request";
	return "invalid_token";
}

/*
 * What a SASL client is told (RFC 7628 section 3.2.2): what would help it,
 * from configuration alone, whoever asks.
 */
static void
put_challenge(const struct ba_query *q, struct ba_msg_out *o)
{
	const struct ba_service *s = ba_query_service(q);
	char url[BA_URL_MAX + 1];

	ba_msg_put_str(o, BA_TAG_STATUS, status_of(q->err));
	if (s == NULL || q->err == BA_ERR_PEER)
		return;
	/* A single scope is preferred there, a list not recommended. */
	if (s->require_scope.n > 0)
		ba_msg_put_str(o, BA_TAG_SCOPE, s->require_scope.v[0]);
	if (s->n_issuers > 0 &&
	    ba_well_known_url(s->issuer[0]->url, BA_WELL_KNOWN_OIDC, url,
		sizeof(url)) == BA_OK)
		ba_msg_put_str(o, BA_TAG_METADATA, url);
}

static void
put_acceptance(const struct ba_query *q, struct ba_msg_out *o)
{
	const struct ba_service *s = ba_query_service(q);

	ba_msg_put_str(
	    o, BA_TAG_USER, q->v.user[0] != '\0' ? q->v.user : q->user);
	ba_msg_put_u64(
	    o, BA_TAG_EXPIRES, q->v.exp > 0 ? (uint64_t)q->v.exp : 0);
	/* A shared mailbox is entered as itself. */
	if (s != NULL && s->authzid == BA_AUTHZID_PROXY)
		ba_msg_put_str(o, BA_TAG_PERSON, q->person);
}

int
ba_query_put_verdict(const struct ba_query *q, struct ba_buf *out)
{
	enum ba_family family = ba_err_family(ba_query_device_told(q, q->err));
	struct ba_msg_out o;

	ba_msg_begin(&o, out, q->version, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, (uint8_t)family);
	switch (family) {
	case BA_FAMILY_OK:
		put_acceptance(q, &o);
		break;
	case BA_FAMILY_REFUSED:
	case BA_FAMILY_NOT_ALLOWED:
		put_challenge(q, &o);
		break;
	case BA_FAMILY_UNAVAILABLE:
	case BA_FAMILY_FAULT:
	case BA_FAMILY_MALFORMED:
		break;
	}
	return ba_msg_end(&o);
}
