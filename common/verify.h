/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_VERIFY_H
#define BA_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/base/err.h"
#include "common/base/origin.h"
#include "common/jose/jwk.h"
#include "common/policy/block.h"
#include "common/policy/config.h"
#include "common/policy/identity.h"

/*
 * The verifier: question, snapshot, clock → verdict.  No input or output, no
 * globals, no waiting.  What it lacks it names: BA_ERR_NEED_KEYS or
 * BA_ERR_NEED_INTROSPECTION, with the issuer in the verdict.  Whoever drives
 * it brings that and asks again from the start.
 *
 * A token is three segments, and a JWT, or opaque.  An opaque one is asked
 * about only where the service names an opaque_issuer, the text has at least
 * BA_OPAQUE_MIN characters of token68, and it was typed at our own prompt or
 * came by SASL (V47): BA_ERR_OPAQUE otherwise.  Of a JWT whose issuer says
 * verify = introspection nothing is believed but iss, to choose whom to ask.
 * With jwt+introspection the issuer is asked last, about a token that all
 * other checks have let pass.  Of its answer are judged, where they are there:
 * iss, sub and client_id, which must be the token's (BA_ERR_CONFLICT); exp,
 * nbf, iat, aud and the claim of scopes, by the rules that the token's own have
 * passed; and what says that the token is of another kind or bound to a key
 * (ba_profile_answer()).  Nothing else in it is looked at: jti, groups, acr,
 * amr, auth_time, tid, the claims of names count as the signed token has them.
 */

struct ba_question {
	const char *service;
	const char *user; /* NULL: whoever the token names */
	bool uid_known; /* the host's name service knows user */
	uid_t uid; /* … and this is its answer */
	const char *rhost; /* the client's address; NULL: not given */
	enum ba_origin origin;
	const char *token;
	size_t token_len;
	/* For ba_verify_claims(): ba_verdict.introspected of that login. */
	bool introspected;
};

struct ba_snapshot {
	const struct ba_config *config;
	int64_t now; /* wall clock, seconds */
	/* The issuer's keys as known now, or NULL. */
	const struct ba_jwks *(*keys)(
	    void *arg, const struct ba_issuer *issuer);
	/*
	 * Are they all that can be had?  Then a key that is not among them is
	 * BA_ERR_KEY; else it is BA_ERR_NEED_KEYS, for the issuer may have
	 * changed its keys.  NULL: they are.
	 */
	bool (*final)(void *arg, const struct ba_issuer *issuer);
	/*
	 * What the issuer says of this question's token: BA_OK and claims,
	 * borrowed (introspect.h); BA_ERR_INACTIVE; BA_ERR_NEED_INTROSPECTION
	 * while nobody has asked, which is also what NULL says; or why it
	 * cannot be known.
	 */
	int (*introspected)(
	    void *arg, const struct ba_issuer *issuer, const json_t **claimsp);
	/* Who is blocked: BA_OK and a list, or NULL for nobody; or
	   BA_ERR_BLOCKS, and nobody enters.  NULL: nobody is blocked. */
	int (*blocks)(void *arg, const struct ba_blocks **blocksp);
	void *arg;
};

/*
 * The checks in the order in which they are made, for whoever wants to
 * explain a verdict.  Each is reported once it has been decided: err is
 * BA_OK or the error that ends the verification.  detail is for people, may
 * quote claims and configuration (sanitised), never the token; where names
 * the line of configuration that decided, or is NULL.
 */
enum ba_check {
	BA_CHECK_SERVICE, /* has the service a section? */
	BA_CHECK_FORM, /* token68, three segments, header, payload; or an
			  opaque token that may be asked about */
	BA_CHECK_ISSUER, /* iss: configured, and taken by the service */
	BA_CHECK_ALGORITHM, /* known (judged before iss can be read), and
				   allowed for the issuer */
	BA_CHECK_TYPE, /* typ (RFC 9068 section 4) */
	BA_CHECK_KEY, /* kid, key type, use */
	BA_CHECK_SIGNATURE,
	BA_CHECK_INTROSPECTION, /* what the issuer says of it: before the
				   claims where they come from there, and with
				   jwt+introspection after all other checks */
	BA_CHECK_AUDIENCE, /* aud */
	BA_CHECK_EXPIRY, /* exp */
	BA_CHECK_NOT_BEFORE, /* nbf */
	BA_CHECK_ISSUED, /* iat */
	BA_CHECK_KIND, /* is it an access token? */
	BA_CHECK_CLAIMS, /* cnf, sub, client_id, jti, tid */
	BA_CHECK_BLOCK, /* the local block list */
	BA_CHECK_CLIENT, /* allow_client */
	BA_CHECK_SCOPE, /* require_scope */
	BA_CHECK_GROUP, /* require_group, allow_group */
	BA_CHECK_AUTHENTICATION, /* acr, amr, auth_time */
	BA_CHECK_AGE, /* max_lifetime, max_token_age */
	BA_CHECK_SOURCE, /* allow_network */
	BA_CHECK_IDENTITY, /* map, claims → name */
	BA_CHECK_USER, /* name equals the requested user */
	BA_CHECK_ACCOUNT /* uid known, not below the minimum */
};

struct ba_trace {
	void (*check)(void *arg, enum ba_check check, int err,
	    const char *detail, const struct ba_where *where);
	void *arg;
};

/* "service", "form", … one word each, for people and scripts. */
const char *ba_check_name(enum ba_check check);

struct ba_verdict {
	int err; /* as returned */
	enum ba_check check; /* the last check made */
	const struct ba_issuer *issuer; /* chosen by iss, of the service's own;
					   or NULL */
	const struct ba_service *service; /* or NULL */
	char user[BA_NAME_MAX + 1]; /* accepted only: the name */
	char *sub; /* accepted only */
	int64_t exp; /* accepted only */
	json_t *claims; /* whenever the signature held, or the issuer said
			   "active"; a reference of the verdict's own */
	bool introspected; /* the claims are the issuer's answer's */
};

/*
 * Is this token good, and does it admit this user to this service now?
 * BA_OK, or the error of the first check that failed; v is always set and
 * must be given to ba_verdict_clear().  trace may be NULL.
 *
 * An iss that is configured and not among the service's issuers is BA_ERR_ISS
 * here: before the signature nothing is "not allowed", and no client makes us
 * fetch the keys of an issuer whose tokens the service would not take.
 */
BA_MUST_CHECK int ba_verify(const struct ba_question *q,
    const struct ba_snapshot *s, const struct ba_trace *trace,
    struct ba_verdict *v);

/*
 * The same from claims that were verified earlier (the account phase of a
 * login whose token is no longer at hand): everything but form, algorithm,
 * typ, key, signature and what the issuer says is decided again, and nobody is
 * asked.  q->token is not looked at.  An issuer that the service does not take
 * (any more) is BA_ERR_SERVICE_ISS.
 */
BA_MUST_CHECK int ba_verify_claims(const struct ba_question *q,
    const struct ba_snapshot *s, const json_t *claims,
    const struct ba_trace *trace, struct ba_verdict *v);

/*
 * Of verified claims those that ba_verify_claims() reads for this service, and
 * no others: what must be kept of a login so that it can be decided again.  Of
 * groups, those that the service's rules name (one that a later configuration
 * adds is then not held); of nested claims, what a path leads to.  A new
 * object, or NULL where memory failed.
 */
json_t *ba_claims_kept(const json_t *claims, const struct ba_issuer *issuer,
    const struct ba_service *service);

void ba_verdict_clear(struct ba_verdict *v);

#endif
