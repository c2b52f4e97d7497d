/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_ERR_H
#define BA_BASE_ERR_H

/*
 * One list of errors for the whole house.  Zero is success, every error is
 * negative, and each error belongs to exactly one family for its whole life,
 * from where it is found to the code that the host program sees.
 *
 * BA_ERR_LIST(X): X(name, number, family, text).  The text is for the
 * administrator's log and for "bearerauth check"; a user never sees it.
 * Numbers never change meaning: they stand in log lines.
 */
#define BA_ERR_LIST(X)                                                         \
	/* our fault: configuration, memory, a defect of ours */               \
	X(INTERNAL, -1, FAULT, "internal error")                               \
	X(NOMEM, -2, FAULT, "out of memory")                                   \
	X(CONFIG, -3, FAULT, "the configuration is not usable")                \
	X(CRYPTO, -4, FAULT, "the cryptographic library failed")               \
	X(SYSTEM, -5, FAULT, "a system call failed")                           \
	X(LIMIT, -6, FAULT, "a bounded buffer is full")                        \
	X(NOT_FOUND, -7, FAULT, "no such entry")                               \
	X(EXISTS, -8, FAULT, "the entry exists already")                       \
	X(CLIENT_AUTH, -9, FAULT,                                              \
	    "the issuer does not accept our client credentials")               \
	X(SECRET, -10, FAULT, "our client credentials are not usable")         \
	/* unavailable: the answer cannot be known now */                      \
	X(UNAVAIL, -20, UNAVAILABLE, "no answer can be had now")               \
	X(TIMEOUT, -21, UNAVAILABLE, "the time is up")                         \
	X(NO_BROKER, -22, UNAVAILABLE, "the broker does not run")              \
	X(SOCKET_TRUST, -23, UNAVAILABLE,                                      \
	    "the broker's socket is not to be trusted")                        \
	X(PROTOCOL, -24, UNAVAILABLE, "the other side broke the protocol")     \
	X(BUSY, -25, UNAVAILABLE, "too many questions at once")                \
	X(NEED_KEYS, -26, UNAVAILABLE, "the issuer's keys are needed")         \
	X(HTTP, -27, UNAVAILABLE, "the issuer could not be asked")             \
	X(TLS, -28, UNAVAILABLE, "the issuer's certificate was not accepted")  \
	X(METADATA, -29, UNAVAILABLE, "the issuer's metadata is not usable")   \
	X(JWKS, -30, UNAVAILABLE, "the issuer's key set is not usable")        \
	X(STORE, -31, UNAVAILABLE, "the store did not answer")                 \
	X(CONVERSATION, -32, UNAVAILABLE, "the host could not ask the user")   \
	X(NO_LOGIN, -33, UNAVAILABLE, "no record of this login")               \
	X(NEED_INTROSPECTION, -34, UNAVAILABLE,                                \
	    "the issuer must be asked about the token")                        \
	X(INTROSPECTION, -35, UNAVAILABLE,                                     \
	    "the issuer's answer about the token is not usable")               \
	X(BREAKER, -36, UNAVAILABLE,                                           \
	    "the issuer did not answer of late and is not asked now")          \
	X(BLOCKS, -37, UNAVAILABLE, "the block list cannot be read")           \
	X(DEVICE_ANSWER, -38, UNAVAILABLE,                                     \
	    "the issuer's answer in the device flow is not usable")            \
	X(NEED_DEVICE, -39, UNAVAILABLE, "the login is not approved yet")      \
	/* refused: the token is not good */                                   \
	X(REFUSED, -40, REFUSED, "the token was refused")                      \
	X(TOKEN_SIZE, -41, REFUSED, "the token is empty or too long")          \
	X(TOKEN_SYNTAX, -42, REFUSED, "the token is not a compact JWS")        \
	X(B64, -43, REFUSED, "not canonical base64url")                        \
	X(JSON, -44, REFUSED, "not strict JSON")                               \
	X(JSON_TYPE, -45, REFUSED, "a member has the wrong type")              \
	X(JSON_MISSING, -46, REFUSED, "a required member is missing")          \
	X(JWS_HEADER, -47, REFUSED, "the JWS header is not acceptable")        \
	X(ALG, -48, REFUSED, "the algorithm is not allowed")                   \
	X(CRIT, -49, REFUSED, "the token demands an extension")                \
	X(TYP, -50, REFUSED, "not an access token by its typ")                 \
	X(KEY, -51, REFUSED, "no key of the issuer fits")                      \
	X(SIGNATURE, -52, REFUSED, "the signature does not hold")              \
	X(ISS, -53, REFUSED, "the issuer is not configured here")              \
	X(AUD, -54, REFUSED, "the token is for another audience")              \
	X(EXP, -55, REFUSED, "the token has expired, or never does")           \
	X(NBF, -56, REFUSED, "the token is not valid yet")                     \
	X(IAT, -57, REFUSED, "the token's time of issue is not acceptable")    \
	X(CLAIM, -58, REFUSED, "a claim is missing or malformed")              \
	X(CNF, -59, REFUSED, "the token is bound to a key")                    \
	X(ID_TOKEN, -60, REFUSED, "an ID token is no access token")            \
	X(OPAQUE, -61, REFUSED, "opaque tokens are not accepted here")         \
	X(UNKNOWN_USER, -62, REFUSED, "no such local user")                    \
	X(TENANT, -63, REFUSED, "the token is of another tenant")              \
	X(INACTIVE, -64, REFUSED, "the issuer says that it is not active")     \
	X(REPLAY, -65, REFUSED, "the token was used before")                   \
	X(CONFLICT, -66, REFUSED, "the issuer says otherwise than the token")  \
	X(DEVICE_DENIED, -67, REFUSED, "the login was denied at the issuer")   \
	X(DEVICE_EXPIRED, -68, REFUSED, "nobody approved the login in time")   \
	X(HOST, -69, REFUSED, "the client means another host or port")         \
	/* not allowed: a good token, and yet not here or not this person */   \
	X(NOT_ALLOWED, -70, NOT_ALLOWED, "not allowed")                        \
	X(NO_SERVICE, -71, NOT_ALLOWED, "the service has no section")          \
	X(SERVICE_ISS, -72, NOT_ALLOWED,                                       \
	    "the service does not take this issuer")                           \
	X(SCOPE, -73, NOT_ALLOWED, "a required scope is missing")              \
	X(USER_NAME, -74, NOT_ALLOWED, "the mapped name is no user name")      \
	X(USER_MISMATCH, -75, NOT_ALLOWED,                                     \
	    "the token belongs to somebody else")                              \
	X(UID, -76, NOT_ALLOWED, "system accounts do not log in by token")     \
	X(PEER, -77, NOT_ALLOWED, "this process may not ask for that service") \
	X(NO_TOKEN, -78, NOT_ALLOWED, "logins without a token are denied")     \
	X(CONFIRM, -79, NOT_ALLOWED, "the question was not answered with yes") \
	X(CLIENT, -80, NOT_ALLOWED, "the client is not on the list")           \
	X(GROUP, -81, NOT_ALLOWED, "a required group or role is missing")      \
	X(ACR, -82, NOT_ALLOWED,                                               \
	    "the person was not authenticated as is demanded")                 \
	X(AUTH_TIME, -83, NOT_ALLOWED,                                         \
	    "the person was authenticated too long ago")                       \
	X(LIFETIME, -84, NOT_ALLOWED, "the token lives too long")              \
	X(AGE, -85, NOT_ALLOWED, "the token was issued too long ago")          \
	X(SOURCE, -86, NOT_ALLOWED, "not from there")                          \
	X(NO_NAME, -87, NOT_ALLOWED, "no rule names this person")              \
	X(DOMAIN, -88, NOT_ALLOWED, "the name is of another domain")           \
	X(BLOCKED, -89, NOT_ALLOWED, "blocked here")                           \
	X(DEVICE, -100, NOT_ALLOWED, "the device flow is not allowed here")    \
	X(DEVICE_LIMIT, -101, NOT_ALLOWED,                                     \
	    "too many logins by the device flow of late")                      \
	X(AUTHZID, -102, NOT_ALLOWED,                                          \
	    "this person may not act for the user that was named")             \
	/* malformed: the client of a SASL server broke its grammar */         \
	X(MALFORMED, -90, MALFORMED, "malformed message")

/* Also the exit codes of "bearerauth check", and a byte on the wire. */
enum ba_family {
	BA_FAMILY_OK = 0,
	BA_FAMILY_REFUSED = 1,
	BA_FAMILY_NOT_ALLOWED = 2,
	BA_FAMILY_UNAVAILABLE = 3,
	BA_FAMILY_FAULT = 4,
	BA_FAMILY_MALFORMED = 5
};

enum ba_err {
	BA_OK = 0,
#define BA_ERR_ENUM(name, number, family, text) BA_ERR_##name = (number),
	BA_ERR_LIST(BA_ERR_ENUM)
#undef BA_ERR_ENUM
};

#define BA_MUST_CHECK __attribute__((__warn_unused_result__))

/* The family of an error; a number that is no error of ours is FAULT. */
enum ba_family ba_err_family(int err);

/*
 * The general error of a family (BA_ERR_REFUSED, BA_ERR_UNAVAIL, …), for the
 * side that is told the family only.  OK gives BA_OK; an unknown number gives
 * BA_ERR_INTERNAL.
 */
int ba_err_of_family(int family);

/* Constant texts, never NULL: "ALG"; "the algorithm is not allowed". */
const char *ba_err_name(int err);
const char *ba_err_text(int err);

/* "accepted", "refused", "not allowed", "unavailable", "our fault", … */
const char *ba_family_text(enum ba_family family);

#endif
