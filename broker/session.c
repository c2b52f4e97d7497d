/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/wire/ask.h"

#include "broker/audit.h"
#include "broker/login.h"
#include "broker/session.h"

/* What was asked, and what is answered. */
struct session {
	struct ba_broker *b;
	const struct ba_peer *peer;
	bool open;
	struct ba_process process;
	char service[BA_SERVICE_MAX + 1];
	char user[BA_FIELD_MAX + 1];
	char rhost[BA_FIELD_MAX + 1];
	char tty[BA_FIELD_MAX + 1];
	char id[BA_ID_LEN + 1]; /* "": no login is known */
	char person[BA_FIELD_MAX + 1]; /* whose login it is */
	char issuer[BA_ISSUER_MAX + 1];
	char sub[BA_SUBJECT_MAX + 1];
	int64_t expires;
};

static int
read_fields(struct session *s, const struct ba_msg *m)
{
	const struct {
		enum ba_tag tag;
		char *dst;
		size_t size;
	} texts[] = {
		{ BA_TAG_SERVICE, s->service, sizeof(s->service) },
		{ BA_TAG_USER, s->user, sizeof(s->user) },
		{ BA_TAG_RHOST, s->rhost, sizeof(s->rhost) },
		{ BA_TAG_TTY, s->tty, sizeof(s->tty) },
		{ BA_TAG_ID, s->id, sizeof(s->id) },
		{ BA_TAG_ISSUER, s->issuer, sizeof(s->issuer) },
		{ BA_TAG_SUBJECT, s->sub, sizeof(s->sub) },
	};
	size_t i;
	int r = BA_OK;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]) && r == BA_OK; i++)
		r = ba_msg_get_str(
		    m, texts[i].tag, texts[i].dst, texts[i].size);
	s->open = ba_msg_u8(m, BA_TAG_EVENT, 0) == BA_SESSION_OPEN;
	ba_login_process(m, &s->process);
	return r == BA_OK ? BA_OK : BA_ERR_PROTOCOL;
}

static int
admit(const struct session *s)
{
	const struct ba_service *service;

	service = ba_config_service(s->b->engine->config, s->service);
	if (service == NULL)
		return BA_ERR_NO_SERVICE;
	return ba_service_peer(service, s->peer->uid) ? BA_OK : BA_ERR_PEER;
}

/* A claim that does not fit, or that there is none of, is not told. */
static void
take_claims(struct session *s, const json_t *claims)
{
	const char *iss, *sub;

	if (ba_json_string(claims, "iss", &iss) != BA_OK ||
	    ba_copy_str(s->issuer, sizeof(s->issuer), iss) != BA_OK)
		s->issuer[0] = '\0';
	if (ba_json_string(claims, "sub", &sub) != BA_OK ||
	    ba_copy_str(s->sub, sizeof(s->sub), sub) != BA_OK)
		s->sub[0] = '\0';
	if (ba_json_date(claims, "exp", &s->expires) != BA_OK)
		s->expires = 0;
}

static int
look_up(struct session *s, struct ba_store *store, int64_t now)
{
	json_t *claims;
	int r;

	r = ba_login_who(store, s->peer->uid, s->id, s->service, now, s->person,
	    sizeof(s->person), &claims);
	if (r == BA_OK)
		take_claims(s, claims);
	json_decref(claims);
	return r;
}

/*
 * The id is the login's own, whoever the session's user is now.  A process may
 * have had logins of several people: its last one is the session's only where
 * the user is the same.
 */
static int
find_login(struct session *s)
{
	struct ba_store *store = ba_broker_logins(s->b, s->peer);
	int64_t now = ba_clock_wall(s->b->o.clock);
	bool by_process = s->id[0] == '\0';
	int r = BA_OK;

	if (by_process)
		r = ba_login_find(store, s->peer->uid, &s->process, now, s->id);
	if (r == BA_OK)
		r = look_up(s, store, now);
	if (r == BA_OK && by_process && strcmp(s->person, s->user) != 0)
		r = BA_ERR_NO_LOGIN;
	if (r != BA_OK) {
		s->id[0] = s->person[0] = '\0';
		s->issuer[0] = s->sub[0] = '\0';
		s->expires = 0;
	}
	/* None, or of another service: they came another way. */
	return r == BA_ERR_NO_LOGIN || r == BA_ERR_NOT_ALLOWED ? BA_OK : r;
}

static const char *
said(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

static void
audit(const struct session *s, int err)
{
	struct ba_broker *b = s->b;
	struct ba_audit a = {
		.kind = s->open ? "session-open" : "session-close",
		.id = said(s->id),
		.err = err,
		.service = s->service,
		.user = s->user,
		.person =
		    strcmp(s->person, s->user) != 0 ? said(s->person) : NULL,
		.peer = s->peer->uid,
		.rhost = said(s->rhost),
		.tty = said(s->tty),
	};

	if (!ba_broker_may_audit(b, s->peer, err, &a.missed))
		return;
	/* Who has no say here is not quoted either; and what is closed names
	   its login itself, which we take from root alone. */
	if (err == BA_OK && (s->open || s->peer->uid == 0)) {
		a.issuer = said(s->issuer);
		a.sub = said(s->sub);
	}
	ba_audit(b->o.log, &a);
}

static int
put_verdict(
    const struct session *s, uint8_t version, int err, struct ba_buf *out)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, out, version, BA_MSG_VERDICT);
	ba_msg_put_u8(&o, BA_TAG_FAMILY, (uint8_t)ba_err_family(err));
	if (err == BA_OK) {
		ba_msg_put_str(&o, BA_TAG_ID, s->id);
		ba_msg_put_str(&o, BA_TAG_ISSUER, s->issuer);
		/* It may be any string at all, and the wire takes text. */
		if (ba_utf8_is_text(s->sub, strlen(s->sub), false))
			ba_msg_put_str(&o, BA_TAG_SUBJECT, s->sub);
		if (s->expires > 0)
			ba_msg_put_u64(
			    &o, BA_TAG_EXPIRES, (uint64_t)s->expires);
	}
	return ba_msg_end(&o);
}

int
ba_session_answer(struct ba_broker *b, const struct ba_peer *peer,
    const struct ba_msg *m, struct ba_buf *out)
{
	struct session s = { .b = b, .peer = peer };
	int r;

	r = read_fields(&s, m);
	if (r != BA_OK)
		return r;
	r = admit(&s);
	if (r == BA_OK && s.open)
		r = find_login(&s);
	if (r == BA_OK && s.open)
		b->sessions++;
	audit(&s, r);
	return put_verdict(&s, m->version, r, out);
}
