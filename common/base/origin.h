/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_ORIGIN_H
#define BA_BASE_ORIGIN_H

/*
 * How a plug-in came by the token; opaque ones are taken from some only.
 * Plug-in, wire and verifier speak of it, and share no other floor.
 */
enum ba_origin {
	BA_ORIGIN_PROMPT = 1, /* typed at our own prompt */
	BA_ORIGIN_STACK = 2, /* an earlier PAM module's password */
	BA_ORIGIN_SASL = 3,
	BA_ORIGIN_DEVICE = 4 /* the issuer gave it to the broker itself, in the
				device flow; never on the wire */
};

/*
 * In a token's place: a SASL client that has none asks what is wanted (RFC
 * 7628 section 4.3).  It is refused with an answer, and has failed nothing;
 * for its byte can stand in no token.
 */
#define BA_TOKEN_NONE "\x01"

/* The shortest opaque token, in characters, that is ever asked about (V47). */
#define BA_OPAQUE_MIN 16

#endif
