/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ascii.h"
#include "common/base/b64url.h"
#include "common/base/mem.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/jose/sig.h"
#include "common/json/json.h"

/*
 * Base64url characters of a header.  It holds alg, typ, kid, and with some
 * issuers a chain of certificates (x5c, 1 to 2 KiB each), which we do not
 * look at and should not choke on.
 */
#define HEADER_MAX 8192

struct ba_jws {
	enum ba_alg alg;
	enum ba_alg named; /* alg as it was spelt */
	const char *kid; /* of header, or NULL */
	const char *typ; /* of header, or NULL */
	json_t *header;
	json_t *payload; /* NULL after ba_jws_parse_any() */
	bool verified;
	char *input; /* header.payload as received (RFC 7515 section 5.2) */
	size_t input_len;
	size_t sig_len;
	unsigned char sig[BA_SIG_MAX];
};

/* A part of the caller's token, still encoded. */
struct segment {
	const char *p;
	size_t n;
};

enum { HEADER, PAYLOAD, SIGNATURE, SEGMENTS };

/* Three segments, of which, for any payload, that one may be empty. */
static int
split(const char *token, size_t n, bool any, struct segment seg[SEGMENTS])
{
	size_t i;

	if (n == 0 || n > BA_TOKEN_MAX)
		return BA_ERR_TOKEN_SIZE;
	for (i = 0; i < SEGMENTS; i++) {
		seg[i].p = token;
		seg[i].n = ba_base64url_span(token, n);
		token += seg[i].n;
		n -= seg[i].n;
		if (i == SIGNATURE)
			break;
		if (n == 0 || *token != '.')
			return BA_ERR_TOKEN_SYNTAX;
		token++;
		n--;
	}
	if (n != 0 || seg[HEADER].n == 0 || seg[SIGNATURE].n == 0 ||
	    (seg[PAYLOAD].n == 0 && !any))
		return BA_ERR_TOKEN_SYNTAX;
	return BA_OK;
}

int
ba_token_kind(const char *token, size_t n)
{
	struct segment seg[SEGMENTS];
	int r = split(token, n, false, seg);

	if (r == BA_ERR_TOKEN_SYNTAX && memchr(token, '.', n) == NULL &&
	    ba_is_token68(token, n))
		r = BA_ERR_OPAQUE;
	return r;
}

/* Canonical base64url of a JSON object; without rootp, of anything. */
static int
decode(const struct segment *seg, json_t **rootp)
{
	size_t len, size = BA_B64URL_DECODED(seg->n);
	char *p = malloc(size);
	int r;

	if (p == NULL)
		return BA_ERR_NOMEM;
	r = ba_b64url_decode(seg->p, seg->n, p, size, &len);
	if (r == BA_OK && rootp != NULL)
		r = ba_json_parse(p, len, rootp);
	ba_wipe_free(p, size);
	return r;
}

static int
header_string(const json_t *header, const char *name, const char **sp)
{
	int r = ba_json_string(header, name, sp);

	if (r == BA_ERR_JSON_MISSING)
		return BA_OK;
	return r == BA_OK ? BA_OK : BA_ERR_JWS_HEADER;
}

/*
 * RFC 7515 section 4.1.  No extension is understood here, so that any crit
 * is one too many (4.1.11), an empty or a malformed one as well; and b64 has
 * no meaning without crit (RFC 7797 section 6).  Members that could bring a
 * key (jwk, jku, x5u, x5c) are never asked for.
 */
static int
read_header(struct ba_jws *jws, unsigned allowed)
{
	const json_t *h = jws->header;
	const char *name;
	int r;

	if (ba_json_string(h, "alg", &name) != BA_OK ||
	    ba_alg_parse(name, &jws->named) != BA_OK)
		return BA_ERR_ALG;
	jws->alg = jws->named;
	if (ba_jws_restrict(jws, allowed) != BA_OK)
		return BA_ERR_ALG;
	if (ba_json_has(h, "crit") || ba_json_has(h, "b64"))
		return BA_ERR_CRIT;
	if ((r = header_string(h, "kid", &jws->kid)) != BA_OK ||
	    (r = header_string(h, "typ", &jws->typ)) != BA_OK)
		return r;
	if (jws->kid != NULL && strlen(jws->kid) > BA_KID_MAX)
		return BA_ERR_JWS_HEADER;
	return BA_OK;
}

static int
read_signature(struct ba_jws *jws, const struct segment *seg)
{
	int r = ba_b64url_decode(
	    seg->p, seg->n, jws->sig, sizeof(jws->sig), &jws->sig_len);

	if (r == BA_ERR_LIMIT)
		return BA_ERR_SIGNATURE;
	if (r != BA_OK)
		return r;
	return ba_sig_length_ok(jws->alg, jws->sig_len) ? BA_OK
							: BA_ERR_SIGNATURE;
}

/* header.payload lies in one piece in the token. */
static int
keep_input(struct ba_jws *jws, const struct segment seg[SEGMENTS])
{
	jws->input_len = seg[HEADER].n + 1 + seg[PAYLOAD].n;
	jws->input = malloc(jws->input_len);
	if (jws->input == NULL)
		return BA_ERR_NOMEM;
	memcpy(jws->input, seg[HEADER].p, jws->input_len);
	return BA_OK;
}

static int
parse(const char *token, size_t n, bool any, unsigned allowed,
    struct ba_jws **jwsp)
{
	struct segment seg[SEGMENTS];
	struct ba_jws *jws;
	int r;

	*jwsp = NULL;
	if ((r = split(token, n, any, seg)) != BA_OK)
		return r;
	if (seg[HEADER].n > HEADER_MAX)
		return BA_ERR_JWS_HEADER;
	jws = calloc(1, sizeof(*jws));
	if (jws == NULL)
		return BA_ERR_NOMEM;
	if ((r = decode(&seg[HEADER], &jws->header)) == BA_OK &&
	    (r = read_header(jws, allowed)) == BA_OK &&
	    (r = read_signature(jws, &seg[SIGNATURE])) == BA_OK &&
	    (r = decode(&seg[PAYLOAD], any ? NULL : &jws->payload)) == BA_OK &&
	    (r = keep_input(jws, seg)) == BA_OK) {
		*jwsp = jws;
		return BA_OK;
	}
	ba_jws_free(jws);
	return r;
}

int
ba_jws_parse(
    const char *token, size_t n, unsigned allowed, struct ba_jws **jwsp)
{
	return parse(token, n, false, allowed, jwsp);
}

int
ba_jws_parse_any(
    const char *token, size_t n, unsigned allowed, struct ba_jws **jwsp)
{
	return parse(token, n, true, allowed, jwsp);
}

void
ba_jws_free(struct ba_jws *jws)
{
	if (jws == NULL)
		return;
	json_decref(jws->header);
	json_decref(jws->payload);
	ba_wipe_free(jws->input, jws->input_len);
	ba_wipe_free(jws, sizeof(*jws));
}

enum ba_alg
ba_jws_alg(const struct ba_jws *jws)
{
	return jws->alg;
}

int
ba_jws_restrict(struct ba_jws *jws, unsigned allowed)
{
	jws->alg &= allowed;
	return jws->alg == 0 ? BA_ERR_ALG : BA_OK;
}

const char *
ba_jws_kid(const struct ba_jws *jws)
{
	return jws->kid;
}

const char *
ba_jws_typ(const struct ba_jws *jws)
{
	return jws->typ;
}

int
ba_jws_peek_issuer(const struct ba_jws *jws, const char **issp)
{
	return ba_json_string(jws->payload, "iss", issp) == BA_OK ? BA_OK
								  : BA_ERR_ISS;
}

int
ba_jws_verify(struct ba_jws *jws, const struct ba_jwk *key)
{
	enum ba_alg named = ba_jwk_named(key);
	int r;

	jws->verified = false;
	/* RFC 8725 section 3.1: EdDSA and Ed25519 are two names (JWK-02). */
	if (named != 0 && named != jws->named)
		return BA_ERR_KEY;
	r = ba_sig_verify(
	    key, jws->alg, jws->input, jws->input_len, jws->sig, jws->sig_len);
	jws->verified = r == BA_OK;
	return r;
}

const json_t *
ba_jws_claims(const struct ba_jws *jws)
{
	return jws->verified ? jws->payload : NULL;
}
