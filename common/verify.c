/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ascii.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/jose/jws.h"
#include "common/json/json.h"
#include "common/verify.h"

#define DETAIL_MAX 512 /* bytes of a detail for the trace */
#define SHOWN_MAX  160 /* … and of one value quoted in it */
#define CLAIM_MAX  1024 /* bytes of sub, client_id and jti */
#define KEYS_TRIED 8 /* for a token without kid (OIDC-04) */

/* One verification under way. */
struct run {
	const struct ba_question *q;
	const struct ba_snapshot *s;
	const struct ba_trace *trace;
	struct ba_verdict *v;
	struct ba_jws *jws; /* NULL where there are only claims */
	const struct ba_jwks *keys;
	const json_t *claims; /* verified ones, never others */
	const char *name; /* what the identity rule made of them */
	int64_t exp;
	const struct ba_where *where; /* for the check under way */
	char detail[DETAIL_MAX];
};

struct step {
	enum ba_check check;
	int (*decide)(struct run *r);
};

/* --- details for people --------------------------------------------------- */

static void say(struct run *r, const struct ba_where *where, const char *fmt,
    ...) __attribute__((__format__(__printf__, 3, 4)));

/* What the check found; formatted only where somebody listens. */
static void
say(struct run *r, const struct ba_where *where, const char *fmt, ...)
{
	va_list ap;

	if (r->trace == NULL)
		return;
	r->where = where;
	va_start(ap, fmt);
	if (vsnprintf(r->detail, sizeof(r->detail), fmt, ap) < 0)
		r->detail[0] = '\0';
	va_end(ap);
	ba_sanitise(r->detail, sizeof(r->detail), r->detail, strlen(r->detail));
}

/* A claim as JSON text; dst takes SHOWN_MAX bytes. */
static const char *
show(const struct run *r, const char *name, char *dst)
{
	const json_t *value = json_object_get(r->claims, name);
	size_t n;

	if (r->trace == NULL)
		return "";
	if (value == NULL)
		return "missing";
	n = json_dumpb(value, dst, SHOWN_MAX, JSON_ENCODE_ANY | JSON_COMPACT);
	if (n == 0 || n >= SHOWN_MAX)
		return "too long to show";
	dst[n] = '\0';
	return dst;
}

/* A list of the configuration; dst takes SHOWN_MAX bytes. */
static const char *
show_list(const struct run *r, const struct ba_strings *list, char *dst)
{
	size_t i, len = 0;

	dst[0] = '\0';
	if (r->trace == NULL)
		return dst;
	for (i = 0; i < list->n && len < SHOWN_MAX; i++)
		len += (size_t)snprintf(dst + len, SHOWN_MAX - len, "%s%s",
		    i > 0 ? " " : "", list->v[i]);
	return dst;
}

static void
report(const struct run *r, int err)
{
	if (r->trace != NULL && r->trace->check != NULL)
		r->trace->check(
		    r->trace->arg, r->v->check, err, r->detail, r->where);
}

/* --- before the signature ------------------------------------------------- */

static int
check_service(struct run *r)
{
	const char *name = r->q->service;

	if (name != NULL)
		r->v->service = ba_config_service(r->s->config, name);
	if (r->v->service == NULL) {
		say(r, NULL, "there is no [service %.64s]: nobody enters",
		    name == NULL ? "" : name);
		return BA_ERR_NO_SERVICE;
	}
	say(r, &r->v->service->where, "[service %s]", name);
	return BA_OK;
}

static int
check_form(struct run *r)
{
	const char *token = r->q->token;
	size_t n = r->q->token_len;
	int err;

	err = token == NULL ? BA_ERR_TOKEN_SIZE : ba_token_kind(token, n);
	if (err == BA_OK)
		err = ba_jws_parse(token, n, BA_ALG_ALL, &r->jws);
	/* The parser sees some things early that are shown in their place. */
	if (err == BA_ERR_ALG)
		r->v->check = BA_CHECK_ALGORITHM;
	else if (err == BA_ERR_SIGNATURE)
		r->v->check = BA_CHECK_SIGNATURE;
	if (err == BA_OK)
		say(r, NULL, "a compact JWS of %zu bytes", n);
	else
		say(r, NULL, "%s", ba_err_text(err));
	return err;
}

static bool
takes(const struct ba_service *service, const struct ba_issuer *issuer)
{
	size_t i;

	for (i = 0; i < service->n_issuers; i++)
		if (service->issuer[i] == issuer)
			return true;
	return false;
}

/* Byte for byte (RFC 9068 section 4): a '/' at the end is a difference. */
static int
choose_issuer(struct run *r, const char *iss, int not_taken)
{
	const struct ba_service *service = r->v->service;
	const struct ba_issuer *issuer;

	issuer = ba_config_issuer(r->s->config, iss);
	if (issuer == NULL) {
		say(r, NULL, "iss is \"%.*s\", and there is no such [issuer]",
		    SHOWN_MAX, iss);
		return BA_ERR_ISS;
	}
	if (!takes(service, issuer)) {
		say(r, &service->where,
		    "iss is \"%.*s\", which [service %s] does not take",
		    SHOWN_MAX, iss, service->name);
		return not_taken;
	}
	r->v->issuer = issuer;
	say(r, &issuer->where, "[issuer %.*s]", SHOWN_MAX, iss);
	return BA_OK;
}

static int
check_issuer_peeked(struct run *r)
{
	const char *iss;

	if (ba_jws_peek_issuer(r->jws, &iss) != BA_OK) {
		say(r, NULL, "iss is missing, or no string");
		return BA_ERR_ISS;
	}
	return choose_issuer(r, iss, BA_ERR_ISS);
}

static int
check_algorithm(struct run *r)
{
	const struct ba_issuer *issuer = r->v->issuer;
	enum ba_alg alg = ba_jws_alg(r->jws);

	if (ba_jws_restrict(r->jws, issuer->algorithms) != BA_OK) {
		say(r, &issuer->where,
		    "alg is %s, which the issuer's algorithms = leaves out",
		    ba_alg_name(alg));
		return BA_ERR_ALG;
	}
	say(r, &issuer->where, "%s", ba_alg_name(alg));
	return BA_OK;
}

/*
 * RFC 9068 section 4: "at+jwt" or "application/at+jwt", by the rules of RFC
 * 7515 section 4.1.9 for media types.  A missing one is refused: RFC 9068
 * section 2.1 demands it, and it is what tells access tokens from all others
 * (RFC 8725 section 3.11).
 */
static int
check_type(struct run *r)
{
	const char *typ = ba_jws_typ(r->jws);

	if (typ == NULL) {
		say(r, NULL, "typ is missing; an access token's is at+jwt");
		return BA_ERR_TYP;
	}
	if (!ba_equal_nocase(typ, strlen(typ), "at+jwt") &&
	    !ba_equal_nocase(typ, strlen(typ), "application/at+jwt")) {
		say(r, NULL, "typ is \"%.64s\"; an access token's is at+jwt",
		    typ);
		return BA_ERR_TYP;
	}
	say(r, NULL, "at+jwt");
	return BA_OK;
}

/*
 * Nothing fits: then the issuer may have newer keys, unless the driver says
 * that these are all that can be had.
 */
static int
no_key(struct run *r, const char *kid, enum ba_alg alg)
{
	const struct ba_snapshot *s = r->s;
	const struct ba_issuer *issuer = r->v->issuer;

	if (kid == NULL)
		say(r, &issuer->where, "the issuer has no key for %s",
		    ba_alg_name(alg));
	else
		say(r, &issuer->where, "the issuer has no key \"%.*s\" for %s",
		    SHOWN_MAX, kid, ba_alg_name(alg));
	return s->final == NULL || s->final(s->arg, issuer) ? BA_ERR_KEY
							    : BA_ERR_NEED_KEYS;
}

static int
check_key(struct run *r)
{
	const struct ba_snapshot *s = r->s;
	const char *kid = ba_jws_kid(r->jws);
	enum ba_alg alg = ba_jws_alg(r->jws);
	size_t iter = 0;

	if (s->keys != NULL)
		r->keys = s->keys(s->arg, r->v->issuer);
	if (r->keys == NULL) {
		say(r, &r->v->issuer->where,
		    "the issuer's keys are not at hand");
		return BA_ERR_NEED_KEYS;
	}
	if (ba_jwks_next(r->keys, kid, alg, &iter) == NULL)
		return no_key(r, kid, alg);
	if (kid == NULL)
		say(r, NULL, "no kid: each key for %s", ba_alg_name(alg));
	else
		say(r, NULL, "kid \"%.*s\"", SHOWN_MAX, kid);
	return BA_OK;
}

/*
 * One reference more.  jansson counts in the object itself, so that sharing
 * one is a change to it; that says nothing about its content.
 */
static json_t *
share(const json_t *claims)
{
	return json_incref((json_t *)(uintptr_t)claims);
}

/*
 * With a kid there is one key; without, every fitting one is tried
 * (OIDC-04).  A key that OpenSSL failed on is no reason to pass over the
 * rest; where none holds, that failure is ours and not the token's.
 */
static int
try_keys(struct run *r)
{
	const char *kid = ba_jws_kid(r->jws);
	enum ba_alg alg = ba_jws_alg(r->jws);
	int err, worst = BA_ERR_SIGNATURE, tried;
	const struct ba_jwk *key;
	size_t iter = 0;

	for (tried = 0; tried < KEYS_TRIED; tried++) {
		key = ba_jwks_next(r->keys, kid, alg, &iter);
		if (key == NULL)
			break;
		err = ba_jws_verify(r->jws, key);
		if (err == BA_OK)
			return BA_OK;
		if (err != BA_ERR_SIGNATURE)
			worst = err;
	}
	return worst;
}

static int
check_signature(struct run *r)
{
	int err = try_keys(r);

	if (err != BA_OK) {
		say(r, NULL, "%s", ba_err_text(err));
		return err;
	}
	r->claims = ba_jws_claims(r->jws);
	if (r->claims == NULL)
		return BA_ERR_INTERNAL;
	r->v->claims = share(r->claims);
	say(r, NULL, "holds");
	return BA_OK;
}

/* --- from claims that are verified ---------------------------------------- */

static int
check_issuer_verified(struct run *r)
{
	const char *iss;

	if (ba_json_string(r->claims, "iss", &iss) != BA_OK) {
		say(r, NULL, "iss is missing, or no string");
		return BA_ERR_ISS;
	}
	return choose_issuer(r, iss, BA_ERR_SERVICE_ISS);
}

/* RFC 7519 section 4.1.3: a string, or an array of strings. */
static int
check_audience(struct run *r)
{
	const struct ba_issuer *issuer = r->v->issuer;
	char is[SHOWN_MAX], ours[SHOWN_MAX];
	bool found = false;
	size_t i;

	for (i = 0; i < issuer->audience.n; i++) {
		if (ba_json_one_of(r->claims, "aud", issuer->audience.v[i],
			&found) != BA_OK)
			break;
		if (found) {
			say(r, &issuer->where, "%s", issuer->audience.v[i]);
			return BA_OK;
		}
	}
	say(r, &issuer->where, "aud is %s; the issuer's audience = %s",
	    show(r, "aud", is), show_list(r, &issuer->audience, ours));
	return BA_ERR_AUD;
}

/*
 * A date is 0 to the year 9999 and the skew at most 300, so that their sums
 * and differences cannot overflow, whatever now is: now itself is never
 * added to (JWT-03).
 */
static int
check_expiry(struct run *r)
{
	const struct ba_issuer *issuer = r->v->issuer;
	char is[SHOWN_MAX];

	if (ba_json_date(r->claims, "exp", &r->exp) != BA_OK) {
		say(r, NULL, "exp is %s", show(r, "exp", is));
		return BA_ERR_EXP;
	}
	say(r, &issuer->where,
	    "exp is %" PRId64 ", now %" PRId64 ", clock_skew = %" PRId64,
	    r->exp, r->s->now, issuer->clock_skew);
	return r->s->now >= r->exp + issuer->clock_skew ? BA_ERR_EXP : BA_OK;
}

/* A time that must not lie ahead: nbf, iat.  err where it does. */
static int
not_ahead(struct run *r, const char *name, int err)
{
	const struct ba_issuer *issuer = r->v->issuer;
	char is[SHOWN_MAX];
	int64_t t;

	if (ba_json_date(r->claims, name, &t) != BA_OK) {
		say(r, NULL, "%s is %s", name, show(r, name, is));
		return err;
	}
	say(r, &issuer->where,
	    "%s is %" PRId64 ", now %" PRId64 ", clock_skew = %" PRId64, name,
	    t, r->s->now, issuer->clock_skew);
	return t - issuer->clock_skew > r->s->now ? err : BA_OK;
}

static int
check_not_before(struct run *r)
{
	if (!ba_json_has(r->claims, "nbf")) {
		say(r, NULL, "no nbf, and none is needed");
		return BA_OK;
	}
	return not_ahead(r, "nbf", BA_ERR_NBF);
}

static int
check_issued(struct run *r)
{
	return not_ahead(r, "iat", BA_ERR_IAT);
}

/*
 * at_hash and c_hash are an ID token's alone (OpenID Connect Core 1.0
 * sections 3.1.3.6 and 3.3.2.11).  A nonce is not (Keycloak before 25 put it
 * into access tokens): it is a sign together with an audience that is the
 * client itself (V54).
 */
static const char *
id_token_sign(const struct run *r)
{
	const char *client;
	bool found;

	if (ba_json_has(r->claims, "at_hash"))
		return "at_hash";
	if (ba_json_has(r->claims, "c_hash"))
		return "c_hash";
	if (!ba_json_has(r->claims, "nonce") ||
	    ba_json_string(r->claims, "client_id", &client) != BA_OK ||
	    ba_json_one_of(r->claims, "aud", client, &found) != BA_OK)
		return NULL;
	return found ? "nonce, and the client as aud" : NULL;
}

static int
check_claims(struct run *r)
{
	static const char *const needed[] = { "sub", "client_id", "jti" };
	const char *sign = id_token_sign(r), *value;
	char is[SHOWN_MAX];
	size_t i;

	if (sign != NULL) {
		say(r, NULL, "an ID token: it has %s", sign);
		return BA_ERR_ID_TOKEN;
	}
	/* No proof of possession is known here: RFC 7800 section 3. */
	if (ba_json_has(r->claims, "cnf")) {
		say(r, NULL, "cnf is %s", show(r, "cnf", is));
		return BA_ERR_CNF;
	}
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (ba_json_string(r->claims, needed[i], &value) == BA_OK &&
		    *value != '\0' && strlen(value) <= CLAIM_MAX)
			continue;
		say(r, NULL, "%s is %s", needed[i], show(r, needed[i], is));
		return BA_ERR_CLAIM;
	}
	say(r, NULL, "sub is %s", show(r, "sub", is));
	return BA_OK;
}

static int
check_scope(struct run *r)
{
	const struct ba_service *service = r->v->service;
	const struct ba_strings *scope = &service->require_scope;
	char is[SHOWN_MAX];
	bool found;
	size_t i;

	for (i = 0; i < scope->n; i++) {
		if (ba_json_word(r->claims, "scope", scope->v[i], &found) ==
			BA_OK &&
		    found)
			continue;
		say(r, &service->where, "scope is %s; \"%.*s\" is required",
		    show(r, "scope", is), SHOWN_MAX, scope->v[i]);
		return BA_ERR_SCOPE;
	}
	say(r, &service->where, "%s",
	    scope->n == 0 ? "none is required" : show_list(r, scope, is));
	return BA_OK;
}

static int
check_identity(struct run *r)
{
	const struct ba_issuer *issuer = r->v->issuer;
	char is[SHOWN_MAX];
	int err;

	err = ba_identity(issuer, r->v->service, r->claims, &r->name);
	if (err == BA_OK)
		say(r, &issuer->where, "%s", r->name);
	else
		say(r, &issuer->where, "%s is %s: %s", issuer->username,
		    show(r, issuer->username, is), ba_err_text(err));
	return err;
}

/*
 * Before the account, so that whoever holds a token learns nothing about
 * names that are not their own (PM-03).
 */
static int
check_user(struct run *r)
{
	const char *user = r->q->user;

	if (user == NULL) {
		say(r, NULL, "nobody was named: %s", r->name);
		return BA_OK;
	}
	if (strcmp(user, r->name) != 0) {
		say(r, NULL, "the token is %s's, and the login \"%.*s\"'s",
		    r->name, SHOWN_MAX, user);
		return BA_ERR_USER_MISMATCH;
	}
	say(r, NULL, "%s", user);
	return BA_OK;
}

static int
check_account(struct run *r)
{
	const struct ba_question *q = r->q;
	const struct ba_service *service = r->v->service;

	/* Whatever its name: no configuration lets uid 0 in (PM-02). */
	if (q->uid_known && (q->uid == 0 || q->uid == (uid_t)-1)) {
		say(r, &service->where, "uid %lu never logs in by token",
		    (unsigned long)q->uid);
		return BA_ERR_UID;
	}
	if (service->accounts == BA_ACCOUNTS_VIRTUAL) {
		say(r, &service->where, "accounts = virtual: the name will do");
		return BA_OK;
	}
	/* A uid says nothing without the name that it was looked up for. */
	if (q->user == NULL || !q->uid_known) {
		say(r, &service->where, "%s is no user of this machine",
		    r->name);
		return BA_ERR_UNKNOWN_USER;
	}
	say(r, &service->where, "uid %lu, min_uid = %lu", (unsigned long)q->uid,
	    (unsigned long)service->min_uid);
	return q->uid < service->min_uid ? BA_ERR_UID : BA_OK;
}

/* --- all of it, in order -------------------------------------------------- */

static const struct step token_steps[] = {
	{ BA_CHECK_SERVICE, check_service },
	{ BA_CHECK_FORM, check_form },
	{ BA_CHECK_ISSUER, check_issuer_peeked },
	{ BA_CHECK_ALGORITHM, check_algorithm },
	{ BA_CHECK_TYPE, check_type },
	{ BA_CHECK_KEY, check_key },
	{ BA_CHECK_SIGNATURE, check_signature },
};

/* In place of those, for claims that were verified earlier. */
static const struct step earlier_steps[] = {
	{ BA_CHECK_SERVICE, check_service },
	{ BA_CHECK_ISSUER, check_issuer_verified },
};

static const struct step claim_steps[] = {
	{ BA_CHECK_AUDIENCE, check_audience },
	{ BA_CHECK_EXPIRY, check_expiry },
	{ BA_CHECK_NOT_BEFORE, check_not_before },
	{ BA_CHECK_ISSUED, check_issued },
	{ BA_CHECK_CLAIMS, check_claims },
	{ BA_CHECK_SCOPE, check_scope },
	{ BA_CHECK_IDENTITY, check_identity },
	{ BA_CHECK_USER, check_user },
	{ BA_CHECK_ACCOUNT, check_account },
};

#define STEPS(s) (s), sizeof(s) / sizeof((s)[0])

static int
make_steps(struct run *r, const struct step *steps, size_t n)
{
	size_t i;
	int err;

	for (i = 0; i < n; i++) {
		r->v->check = steps[i].check;
		r->where = NULL;
		r->detail[0] = '\0';
		err = steps[i].decide(r);
		report(r, err);
		if (err != BA_OK)
			return err;
	}
	return BA_OK;
}

static void
begin(struct run *r, const struct ba_question *q, const struct ba_snapshot *s,
    const struct ba_trace *trace, struct ba_verdict *v)
{
	memset(r, 0, sizeof(*r));
	memset(v, 0, sizeof(*v));
	v->err = BA_ERR_INTERNAL;
	v->check = BA_CHECK_SERVICE;
	r->q = q;
	r->s = s;
	r->trace = trace;
	r->v = v;
}

/* What only an accepted login is told. */
static int
grant(const struct run *r)
{
	struct ba_verdict *v = r->v;
	const char *sub;
	int err;

	err = ba_json_string(r->claims, "sub", &sub);
	if (err == BA_OK)
		err = ba_copy_str(v->user, sizeof(v->user), r->name);
	if (err != BA_OK)
		return BA_ERR_INTERNAL;
	v->sub = strdup(sub);
	if (v->sub == NULL) {
		v->user[0] = '\0';
		return BA_ERR_NOMEM;
	}
	v->exp = r->exp;
	return BA_OK;
}

int
ba_verify(const struct ba_question *q, const struct ba_snapshot *s,
    const struct ba_trace *trace, struct ba_verdict *v)
{
	struct run r;
	int err;

	begin(&r, q, s, trace, v);
	err = make_steps(&r, STEPS(token_steps));
	if (err == BA_OK)
		err = make_steps(&r, STEPS(claim_steps));
	if (err == BA_OK)
		err = grant(&r);
	v->err = err;
	ba_jws_free(r.jws);
	return err;
}

int
ba_verify_claims(const struct ba_question *q, const struct ba_snapshot *s,
    const json_t *claims, const struct ba_trace *trace, struct ba_verdict *v)
{
	struct run r;
	int err;

	begin(&r, q, s, trace, v);
	if (!json_is_object(claims))
		return BA_ERR_INTERNAL;
	r.claims = claims;
	v->claims = share(claims);
	err = make_steps(&r, STEPS(earlier_steps));
	if (err == BA_OK)
		err = make_steps(&r, STEPS(claim_steps));
	if (err == BA_OK)
		err = grant(&r);
	v->err = err;
	return err;
}

/* Whoever adds a check of a claim adds its name here. */
static const char *const kept[] = { "iss", "aud", "exp", "nbf", "iat", "sub",
	"client_id", "jti", "scope", "cnf", "at_hash", "c_hash", "nonce",
	"email_verified" };

static int
keep(json_t *dst, const json_t *claims, const char *name)
{
	json_t *value = json_object_get(claims, name);

	return value == NULL ? 0 : json_object_set(dst, name, value);
}

json_t *
ba_claims_kept(const json_t *claims, const struct ba_issuer *issuer)
{
	json_t *dst = json_object();
	size_t i;
	int r = dst == NULL;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]) && r == 0; i++)
		r = keep(dst, claims, kept[i]);
	if (r == 0)
		r = keep(dst, claims, issuer->username);
	if (r == 0)
		return dst;
	json_decref(dst);
	return NULL;
}

void
ba_verdict_clear(struct ba_verdict *v)
{
	ba_wipe_free_str(v->sub);
	json_decref(v->claims);
	ba_wipe(v, sizeof(*v));
	/* 0 would say "accepted". */
	v->err = BA_ERR_INTERNAL;
}

const char *
ba_check_name(enum ba_check check)
{
	switch (check) {
	case BA_CHECK_SERVICE:
		return "service";
	case BA_CHECK_FORM:
		return "form";
	case BA_CHECK_ISSUER:
		return "issuer";
	case BA_CHECK_ALGORITHM:
		return "algorithm";
	case BA_CHECK_TYPE:
		return "type";
	case BA_CHECK_KEY:
		return "key";
	case BA_CHECK_SIGNATURE:
		return "signature";
	case BA_CHECK_AUDIENCE:
		return "audience";
	case BA_CHECK_EXPIRY:
		return "expiry";
	case BA_CHECK_NOT_BEFORE:
		return "not_before";
	case BA_CHECK_ISSUED:
		return "issued";
	case BA_CHECK_CLAIMS:
		return "claims";
	case BA_CHECK_SCOPE:
		return "scope";
	case BA_CHECK_IDENTITY:
		return "identity";
	case BA_CHECK_USER:
		return "user";
	case BA_CHECK_ACCOUNT:
		return "account";
	}
	return "unknown";
}
