/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_PROFILE_H
#define BA_POLICY_PROFILE_H

#include "common/base/err.h"
#include "common/policy/case.h"

/*
 * Is it an access token at all?  (RFC 8725 section 3.12: rules for each kind
 * of token that exclude each other.)
 *
 * rfc9068: the header's typ is at+jwt (RFC 9068 section 4), and sub,
 * client_id and jti are there.
 *
 * legacy: typ is missing, JWT or at+jwt; something in the claims says that it
 * is one, and nothing that it is another kind.  For Keycloak, Entra ID and
 * Okta.
 *
 * Of claims that the issuer has answered with (RFC 7662), in both profiles:
 * there is no header, sub alone is required, and one of them must say that an
 * access token was asked about.
 */

/*
 * The header's typ, NULL where it has none, compared as a media type (RFC
 * 7515 section 4.1.9).  BA_ERR_TYP.
 */
BA_MUST_CHECK int ba_profile_type(struct ba_case *c, const char *typ);

/*
 * Signs of another kind, in both profiles: at_hash, c_hash, s_hash, or a
 * nonce beside an aud that is the client itself: an ID token (OpenID Connect
 * Core 1.0 section 2; nonce alone is none: Keycloak before 25 put it into
 * access tokens); events (RFC 8417: logout and security events);
 * token_introspection (RFC 9701); htm or htu (RFC 9449, a proof); and those of
 * ba_profile_alien_claim() that fewer providers have.
 *
 * In legacy also: a claim typ other than Bearer (Keycloak: ID, Refresh,
 * Logout); a nonce without any client; and neither scope nor scp, where the
 * client is unknown or is itself in aud: so look the ID tokens of providers
 * that sign them with nothing else in them.
 *
 * And in legacy something in the claims must say that this is an access token,
 * for no typ has to: scope or scp; typ Bearer (Keycloak); a client that is
 * named by client_id, appid or cid; or azpacr (Entra ID v2, an application's
 * own token, which has no scope).  azp alone says nothing: ID tokens have it
 * too, with an aud that is another client's (OpenID Connect Core 1.0 section
 * 2), and other things that an issuer signs have none of these.  A null or an
 * empty string counts for nothing.
 * BA_ERR_ID_TOKEN.
 *
 * Of an answer: any of the first signs, or a typ other than Bearer, is
 * BA_ERR_ID_TOKEN.  A token_type other than Bearer (in any case) and
 * access_token is BA_ERR_TYP: the issuer has named the type, and it is none
 * that we can take (DPoP, refresh_token, N_A).  And one of these must be there:
 * token_type, typ (Keycloak), token_use "access" (Cognito) or "access_token"
 * (Hydra), tokenName; BA_ERR_ID_TOKEN otherwise, for refresh tokens and ID
 * tokens can be asked about, too, and have client and scope.
 */
BA_MUST_CHECK int ba_profile_kind(struct ba_case *c);

/*
 * The claims that are such signs, each by being there (token_use and tokenName
 * by another value than an access token has).  NULL behind the last.
 */
const char *ba_profile_alien_claim(size_t i);

/*
 * Required claims: sub, and in rfc9068 client_id and jti, each a string that
 * is not empty, of at most 1024 bytes; BA_ERR_CLAIM.  No cnf: no proof of
 * possession is known here (RFC 7800 section 3): BA_ERR_CNF.  iss, aud, exp
 * and iat have checks of their own.  tid must be the issuer's tenant, where
 * there is one: BA_ERR_TENANT.  Of an answer sub alone is required.
 */
BA_MUST_CHECK int ba_profile_claims(struct ba_case *c);

/*
 * An answer about a token whose signature has said already what it is: does
 * it say otherwise?  BA_ERR_TYP (token_type), BA_ERR_ID_TOKEN (one of
 * ba_profile_alien_claim()), BA_ERR_CNF (the issuer has bound it to a key).
 */
BA_MUST_CHECK int ba_profile_answer(struct ba_case *c);

/*
 * Claims that name the client to whom the token was issued, by provider:
 * client_id (RFC 9068 section 2.2), azp (OpenID Connect, Keycloak, Entra ID
 * v2), appid (Entra ID v1), cid (Okta).  NULL behind the last.
 */
const char *ba_profile_client_claim(size_t i);

/* The claim that holds the scope: in legacy scp where there is no scope. */
const char *ba_profile_scope_claim(const struct ba_case *c);

#endif
