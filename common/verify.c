/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/jose/jws.h"
#include "common/json/json.h"
#include "common/policy/case.h"
#include "common/policy/profile.h"
#include "common/policy/rules.h"
#include "common/policy/times.h"
#include "common/verify.h"

#define KEYS_TRIED 8 /* for a token without kid (OIDC-04) */

/* One verification under way. */
struct run {
	const struct ba_question *q;
	const struct ba_snapshot *s;
	const struct ba_trace *trace;
	struct ba_verdict *v;
	struct ba_jws *jws; /* NULL where it is opaque, or only claims */
	const struct ba_jwks *keys;
	struct ba_case c; /* its claims are verified ones, never others */
	bool opaque; /* the token is a name for something, and says nothing */
	struct ba_name name; /* what the identity rule made of them */
	int64_t exp;
};

/* One of the two decides: judge where the claims are all that it needs. */
struct step {
	enum ba_check check;
	int (*judge)(struct ba_case *c);
	int (*decide)(struct run *r);
};

static void
report(const struct run *r, int err)
{
	if (r->trace != NULL && r->trace->check != NULL)
		r->trace->check(
		    r->trace->arg, r->v->check, err, r->c.detail, r->c.where);
}

/* --- before the signature ------------------------------------------------- */

static int
check_service(struct run *r)
{
	const char *name = r->q->service;

	if (name != NULL)
		r->v->service = ba_config_service(r->s->config, name);
	if (r->v->service == NULL) {
		ba_case_say(&r->c, NULL,
		    "there is no [service %.64s]: nobody enters",
		    name == NULL ? "" : name);
		return BA_ERR_NO_SERVICE;
	}
	r->c.service = r->v->service;
	ba_case_say(&r->c, &r->c.service->where, "[service %s]", name);
	return BA_OK;
}

/*
 * May a text that came this way be shown to the issuer that is asked about
 * such texts?  What an issuer gave to the broker itself is no password, and is
 * nobody else's business than that issuer's.
 */
static bool
origin_ok(const struct ba_service *service, enum ba_origin origin)
{
	switch (origin) {
	case BA_ORIGIN_PROMPT:
	case BA_ORIGIN_SASL:
		return true;
	case BA_ORIGIN_DEVICE:
		return service->opaque_issuer == service->device.issuer;
	case BA_ORIGIN_STACK:
		break;
	}
	return false;
}

/*
 * Is it a text that the issuer may be shown?  A UNIX password looks like one
 * (V47): so never what another module's prompt took, never what is short, and
 * nothing where nobody has said whom to ask.
 */
static int
check_opaque(struct run *r)
{
	const struct ba_service *service = r->c.service;
	size_t n = r->q->token_len;

	if (service->opaque_issuer == NULL)
		ba_case_say(&r->c, &service->where,
		    "no JWT, and [service %s] has no opaque_issuer",
		    service->name);
	else if (n < BA_OPAQUE_MIN)
		ba_case_say(&r->c, NULL,
		    "no JWT, and with %zu characters too short to ask about",
		    n);
	else if (r->q->origin == BA_ORIGIN_DEVICE &&
		 !origin_ok(service, r->q->origin))
		ba_case_say(&r->c, &service->where,
		    "no JWT, and of another issuer than opaque_issuer");
	else if (!origin_ok(service, r->q->origin))
		ba_case_say(&r->c, NULL,
		    "no JWT, and not typed at our own prompt: it may be a "
		    "password");
	else
		r->opaque = true;
	if (!r->opaque)
		return BA_ERR_OPAQUE;
	ba_case_say(&r->c, NULL, "an opaque token of %zu bytes", n);
	return BA_OK;
}

static int
check_form(struct run *r)
{
	const char *token = r->q->token;
	size_t n = r->q->token_len;
	int err;

	err = token == NULL ? BA_ERR_TOKEN_SIZE : ba_token_kind(token, n);
	if (err == BA_ERR_OPAQUE)
		return check_opaque(r);
	if (err == BA_OK)
		err = ba_jws_parse(token, n, BA_ALG_ALL, &r->jws);
	/* The parser sees some things early that are shown in their place. */
	if (err == BA_ERR_ALG)
		r->v->check = BA_CHECK_ALGORITHM;
	else if (err == BA_ERR_SIGNATURE)
		r->v->check = BA_CHECK_SIGNATURE;
	if (err == BA_OK)
		ba_case_say(&r->c, NULL, "a compact JWS of %zu bytes", n);
	else
		ba_case_say(&r->c, NULL, "%s", ba_err_text(err));
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
		ba_case_say(&r->c, NULL,
		    "iss is \"%.*s\", and there is no such [issuer]",
		    BA_SHOWN_MAX, iss);
		return BA_ERR_ISS;
	}
	if (!takes(service, issuer)) {
		ba_case_say(&r->c, &service->where,
		    "iss is \"%.*s\", which [service %s] does not take",
		    BA_SHOWN_MAX, iss, service->name);
		return not_taken;
	}
	/* Another issuer's consent is not what was asked for. */
	if (r->q->origin == BA_ORIGIN_DEVICE &&
	    issuer != service->device.issuer) {
		ba_case_say(&r->c, &service->where,
		    "iss is \"%.*s\", which is not device_issuer", BA_SHOWN_MAX,
		    iss);
		return BA_ERR_ISS;
	}
	r->v->issuer = issuer;
	r->c.issuer = issuer;
	ba_case_say(&r->c, &issuer->where, "[issuer %.*s]", BA_SHOWN_MAX, iss);
	return BA_OK;
}

/* An opaque token names nobody; then the service does. */
static int
check_issuer_peeked(struct run *r)
{
	const char *iss;

	if (r->opaque)
		return choose_issuer(
		    r, r->c.service->opaque_issuer->url, BA_ERR_ISS);
	if (ba_jws_peek_issuer(r->jws, &iss) != BA_OK) {
		ba_case_say(&r->c, NULL, "iss is missing, or no string");
		return BA_ERR_ISS;
	}
	return choose_issuer(r, iss, BA_ERR_ISS);
}

/*
 * Whose keys are secrets, HMACs alone; and nobody else, whatever algorithms =
 * says: a public key is no secret (V01, JWK-01).
 */
static int
check_algorithm(struct run *r)
{
	const struct ba_issuer *issuer = r->c.issuer;
	enum ba_alg alg = ba_jws_alg(r->jws);
	unsigned family = issuer->symmetric_key_file != NULL
			      ? BA_ALG_SYMMETRIC
			      : BA_ALG_ASYMMETRIC;

	if (ba_jws_restrict(r->jws, issuer->algorithms & family) != BA_OK) {
		ba_case_say(&r->c, &issuer->where,
		    "alg is %s, which the issuer's algorithms = leaves out",
		    ba_alg_name(alg));
		return BA_ERR_ALG;
	}
	ba_case_say(&r->c, &issuer->where, "%s", ba_alg_name(alg));
	return BA_OK;
}

static int
check_type(struct run *r)
{
	return ba_profile_type(&r->c, ba_jws_typ(r->jws));
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
		ba_case_say(&r->c, &issuer->where,
		    "the issuer has no key for %s", ba_alg_name(alg));
	else
		ba_case_say(&r->c, &issuer->where,
		    "the issuer has no key \"%.*s\" for %s", BA_SHOWN_MAX, kid,
		    ba_alg_name(alg));
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
		ba_case_say(&r->c, &r->v->issuer->where,
		    "the issuer's keys are not at hand");
		return BA_ERR_NEED_KEYS;
	}
	if (ba_jwks_next(r->keys, kid, alg, &iter) == NULL)
		return no_key(r, kid, alg);
	if (kid == NULL)
		ba_case_say(
		    &r->c, NULL, "no kid: each key for %s", ba_alg_name(alg));
	else
		ba_case_say(&r->c, NULL, "kid \"%.*s\"", BA_SHOWN_MAX, kid);
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
 * rest; where none holds, that failure is ours and not the token's.  One that
 * is for another spelling of alg was not tried at all.
 */
static int
try_keys(struct run *r, const struct ba_jwk **keyp)
{
	const char *kid = ba_jws_kid(r->jws);
	enum ba_alg alg = ba_jws_alg(r->jws);
	int err, worst = BA_ERR_KEY, tried = 0;
	const struct ba_jwk *key;
	size_t iter = 0;

	while (tried < KEYS_TRIED) {
		key = ba_jwks_next(r->keys, kid, alg, &iter);
		if (key == NULL)
			break;
		err = ba_jws_verify(r->jws, key);
		if (err == BA_OK) {
			*keyp = key;
			return BA_OK;
		}
		if (err == BA_ERR_KEY)
			continue;
		tried++;
		if (worst == BA_ERR_KEY || err != BA_ERR_SIGNATURE)
			worst = err;
	}
	return worst;
}

static int
check_signature(struct run *r)
{
	const struct ba_jwk *key = NULL;
	int err = try_keys(r, &key);

	if (err != BA_OK) {
		ba_case_say(&r->c, NULL, "%s", ba_err_text(err));
		return err;
	}
	r->c.claims = ba_jws_claims(r->jws);
	if (r->c.claims == NULL)
		return BA_ERR_INTERNAL;
	r->v->claims = share(r->c.claims);
	if (ba_jws_kid(r->jws) == NULL && *ba_jwk_thumbprint(key) != '\0')
		ba_case_say(&r->c, NULL, "holds, by the key with thumbprint %s",
		    ba_jwk_thumbprint(key));
	else
		ba_case_say(&r->c, NULL, "holds");
	return BA_OK;
}

/* --- what the issuer says ------------------------------------------------- */

/* *claimsp is borrowed, and an object. */
static int
ask_issuer(struct run *r, const json_t **claimsp)
{
	const struct ba_snapshot *s = r->s;
	int err = BA_ERR_NEED_INTROSPECTION;

	*claimsp = NULL;
	if (s->introspected != NULL)
		err = s->introspected(s->arg, r->v->issuer, claimsp);
	if (err == BA_OK && !json_is_object(*claimsp))
		err = BA_ERR_INTERNAL;
	if (err == BA_OK) {
		ba_case_say(&r->c, &r->v->issuer->where, "it is active");
		return BA_OK;
	}
	*claimsp = NULL;
	ba_case_say(&r->c, &r->v->issuer->where, "%s", ba_err_text(err));
	return err;
}

/*
 * In place of a signature: what the issuer answers are the claims (RFC 7662
 * section 2.2), and of the token nothing is believed.  They are judged like
 * any others (INT-03), now and in the account phase, which goes by their iss.
 */
static int
check_answer(struct run *r)
{
	const json_t *answer;
	const char *iss;
	int err = ask_issuer(r, &answer);

	if (err != BA_OK)
		return err;
	if (ba_json_string(answer, "iss", &iss) != BA_OK ||
	    strcmp(iss, r->v->issuer->url) != 0) {
		ba_case_say(&r->c, NULL, "iss of the answer is another");
		return BA_ERR_INTROSPECTION;
	}
	r->c.claims = answer;
	r->c.introspected = true;
	r->v->claims = share(answer);
	r->v->introspected = true;
	return BA_OK;
}

/* Of one token both speak, or the issuer has told of another. */
static int
check_same_token(struct ba_case *c, const json_t *token)
{
	static const char *const same[] = { "iss", "sub", "client_id" };
	char is[BA_SHOWN_MAX];
	const json_t *said, *ours;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		said = json_object_get(c->claims, same[i]);
		ours = json_object_get(token, same[i]);
		if (said == NULL || ours == NULL || json_equal(said, ours))
			continue;
		ba_case_say(c, NULL, "%s of the answer is %s, not the token's",
		    same[i], ba_case_show(c, same[i], is));
		return BA_ERR_CONFLICT;
	}
	return BA_OK;
}

/* A client that the token left out may be told by the answer. */
static int
check_said_client(struct ba_case *c)
{
	const char *claim;
	size_t i;

	for (i = 0; (claim = ba_profile_client_claim(i)) != NULL; i++)
		if (ba_json_has(c->claims, claim))
			return ba_rule_client(c);
	return BA_OK;
}

/*
 * What the answer has of these is judged by the rules that the token has
 * passed: an issuer may know better by now.  What it leaves out (RFC 7662
 * demands no more than active) the token has said.
 */
static int
check_said(struct run *r)
{
	static const struct {
		const char *claim;
		int (*judge)(struct ba_case *c);
	} said[] = {
		{ "nbf", ba_times_not_before },
		{ "iat", ba_times_issued },
		{ "aud", ba_rule_audience },
	};
	struct ba_case *c = &r->c;
	int64_t exp;
	size_t i;
	int err;

	if (ba_json_has(c->claims, "exp")) {
		if ((err = ba_times_expiry(c, &exp)) != BA_OK)
			return err;
		if (exp < r->exp)
			r->exp = exp;
	}
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (ba_json_has(c->claims, said[i].claim) &&
		    (err = said[i].judge(c)) != BA_OK)
			return err;
	if (ba_json_has(c->claims, ba_profile_scope_claim(c)) &&
	    (err = ba_rule_scope(c)) != BA_OK)
		return err;
	if ((err = check_said_client(c)) != BA_OK ||
	    (err = ba_rule_block(c)) != BA_OK)
		return err;
	return ba_profile_answer(c);
}

/*
 * After everything else, so that nobody is asked about what is refused here
 * anyhow.  The verdict's claims stay the token's own, which were signed.
 */
static int
check_confirmed(struct run *r)
{
	const json_t *token = r->c.claims, *answer;
	int err = ask_issuer(r, &answer);

	if (err != BA_OK)
		return err;
	r->c.claims = answer;
	r->c.introspected = true;
	err = check_same_token(&r->c, token);
	if (err == BA_OK)
		err = check_said(r);
	r->c.claims = token;
	r->c.introspected = false;
	return err;
}

/* --- from claims that are verified ---------------------------------------- */

static int
check_issuer_verified(struct run *r)
{
	const char *iss;

	if (ba_json_string(r->c.claims, "iss", &iss) != BA_OK) {
		ba_case_say(&r->c, NULL, "iss is missing, or no string");
		return BA_ERR_ISS;
	}
	return choose_issuer(r, iss, BA_ERR_SERVICE_ISS);
}

static int
check_expiry(struct run *r)
{
	return ba_times_expiry(&r->c, &r->exp);
}

/* Asked once: the claims are then judged by one list. */
static int
check_block(struct run *r)
{
	const struct ba_snapshot *s = r->s;
	int err;

	err = s->blocks == NULL ? BA_OK : s->blocks(s->arg, &r->c.blocks);
	if (err == BA_OK)
		return ba_rule_block(&r->c);
	r->c.blocks = NULL;
	ba_case_say(&r->c, NULL, "%s", ba_err_text(err));
	return err;
}

static int
check_authentication(struct run *r)
{
	int err = ba_rule_authentication(&r->c);

	return err == BA_OK ? ba_times_authentication(&r->c) : err;
}

static int
check_identity(struct run *r)
{
	return ba_identity(&r->c, &r->name);
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
		ba_case_say(&r->c, NULL, "nobody was named: %s", r->name.s);
		return BA_OK;
	}
	if (strcmp(user, r->name.s) != 0) {
		ba_case_say(&r->c, NULL,
		    "the token is %s's, and the login \"%.*s\"'s", r->name.s,
		    BA_SHOWN_MAX, user);
		return BA_ERR_USER_MISMATCH;
	}
	ba_case_say(&r->c, NULL, "%s", user);
	return BA_OK;
}

/* A uid says nothing without the name that it was looked up for. */
static int
check_account(struct run *r)
{
	const struct ba_question *q = r->q;
	bool known = q->user != NULL && q->uid_known;

	return ba_identity_account(&r->c, &r->name, known ? &q->uid : NULL);
}

/* --- all of it, in order -------------------------------------------------- */

static const struct step token_steps[] = {
	{ BA_CHECK_SERVICE, NULL, check_service },
	{ BA_CHECK_FORM, NULL, check_form },
	{ BA_CHECK_ISSUER, NULL, check_issuer_peeked },
};

/* Then the one or the other: who says that the token is good? */
static const struct step signature_steps[] = {
	{ BA_CHECK_ALGORITHM, NULL, check_algorithm },
	{ BA_CHECK_TYPE, NULL, check_type },
	{ BA_CHECK_KEY, NULL, check_key },
	{ BA_CHECK_SIGNATURE, NULL, check_signature },
};

static const struct step answer_steps[] = {
	{ BA_CHECK_INTROSPECTION, NULL, check_answer },
};

/* In place of all those, for claims that were verified earlier. */
static const struct step earlier_steps[] = {
	{ BA_CHECK_SERVICE, NULL, check_service },
	{ BA_CHECK_ISSUER, NULL, check_issuer_verified },
};

/* Whoever adds one that reads another claim: ba_claims_kept(). */
static const struct step claim_steps[] = {
	{ BA_CHECK_AUDIENCE, ba_rule_audience, NULL },
	{ BA_CHECK_EXPIRY, NULL, check_expiry },
	{ BA_CHECK_NOT_BEFORE, ba_times_not_before, NULL },
	{ BA_CHECK_ISSUED, ba_times_issued, NULL },
	{ BA_CHECK_KIND, ba_profile_kind, NULL },
	{ BA_CHECK_CLAIMS, ba_profile_claims, NULL },
	{ BA_CHECK_BLOCK, NULL, check_block },
	{ BA_CHECK_CLIENT, ba_rule_client, NULL },
	{ BA_CHECK_SCOPE, ba_rule_scope, NULL },
	{ BA_CHECK_GROUP, ba_rule_group, NULL },
	{ BA_CHECK_AUTHENTICATION, NULL, check_authentication },
	{ BA_CHECK_AGE, ba_times_age, NULL },
	{ BA_CHECK_SOURCE, ba_rule_source, NULL },
	{ BA_CHECK_IDENTITY, NULL, check_identity },
	{ BA_CHECK_USER, NULL, check_user },
	{ BA_CHECK_ACCOUNT, NULL, check_account },
};

/* With jwt+introspection, behind them. */
static const struct step confirm_steps[] = {
	{ BA_CHECK_INTROSPECTION, NULL, check_confirmed },
};

#define STEPS(s) (s), sizeof(s) / sizeof((s)[0])

static int
make_steps(struct run *r, const struct step *steps, size_t n)
{
	size_t i;
	int err;

	for (i = 0; i < n; i++) {
		r->v->check = steps[i].check;
		ba_case_begin(&r->c);
		err = steps[i].judge != NULL ? steps[i].judge(&r->c)
					     : steps[i].decide(r);
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
	r->c.now = s->now;
	r->c.rhost = q->rhost;
	r->c.explain = trace != NULL;
}

/* What only an accepted login is told. */
static int
grant(const struct run *r)
{
	struct ba_verdict *v = r->v;
	const char *sub;
	int err;

	err = ba_json_string(r->c.claims, "sub", &sub);
	if (err == BA_OK)
		err = ba_copy_str(v->user, sizeof(v->user), r->name.s);
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

static int
prove_token(struct run *r)
{
	if (r->opaque)
		return make_steps(r, STEPS(answer_steps));
	switch (r->v->issuer->verify) {
	case BA_VERIFY_JWT:
	case BA_VERIFY_BOTH:
		return make_steps(r, STEPS(signature_steps));
	case BA_VERIFY_INTROSPECTION:
		return make_steps(r, STEPS(answer_steps));
	}
	return BA_ERR_INTERNAL;
}

static int
confirm_token(struct run *r)
{
	if (r->opaque || r->v->issuer->verify != BA_VERIFY_BOTH)
		return BA_OK;
	return make_steps(r, STEPS(confirm_steps));
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
		err = prove_token(&r);
	if (err == BA_OK)
		err = make_steps(&r, STEPS(claim_steps));
	if (err == BA_OK)
		err = confirm_token(&r);
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
	r.c.claims = claims;
	r.c.introspected = q->introspected;
	v->claims = share(claims);
	v->introspected = q->introspected;
	err = make_steps(&r, STEPS(earlier_steps));
	if (err == BA_OK)
		err = make_steps(&r, STEPS(claim_steps));
	if (err == BA_OK)
		err = grant(&r);
	v->err = err;
	return err;
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
	case BA_CHECK_INTROSPECTION:
		return "introspection";
	case BA_CHECK_AUDIENCE:
		return "audience";
	case BA_CHECK_EXPIRY:
		return "expiry";
	case BA_CHECK_NOT_BEFORE:
		return "not_before";
	case BA_CHECK_ISSUED:
		return "issued";
	case BA_CHECK_KIND:
		return "kind";
	case BA_CHECK_CLAIMS:
		return "claims";
	case BA_CHECK_BLOCK:
		return "block";
	case BA_CHECK_CLIENT:
		return "client";
	case BA_CHECK_SCOPE:
		return "scope";
	case BA_CHECK_GROUP:
		return "group";
	case BA_CHECK_AUTHENTICATION:
		return "authentication";
	case BA_CHECK_AGE:
		return "age";
	case BA_CHECK_SOURCE:
		return "source";
	case BA_CHECK_IDENTITY:
		return "identity";
	case BA_CHECK_USER:
		return "user";
	case BA_CHECK_ACCOUNT:
		return "account";
	}
	return "unknown";
}
