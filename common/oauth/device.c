/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "common/base/url.h"
#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/oauth/answer.h"
#include "common/oauth/device.h"

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

static int
bad(const char **whyp, const char *why)
{
	*whyp = why;
	return BA_ERR_DEVICE_ANSWER;
}

void
ba_device_init(struct ba_device *d)
{
	memset(d, 0, sizeof(*d));
	ba_buf_init(&d->code, BA_DEVICE_CODE_MAX);
}

void
ba_device_wipe(struct ba_device *d)
{
	ba_buf_wipe(&d->code);
	ba_wipe(d, sizeof(*d));
}

/* --- where ----------------------------------------------------------------- */

/* m's are given as members, for m may be NULL. */
static const char *
choose(const struct ba_issuer *issuer, const char *configured,
    const char *plain, const char *tls)
{
	if (configured != NULL)
		return configured;
	if (plain == NULL)
		return NULL;
	return ba_metadata_by_tls(issuer) && tls[0] != '\0' ? tls : plain;
}

const char *
ba_device_url(const struct ba_issuer *issuer, const struct ba_metadata *m)
{
	return choose(issuer, issuer->device_endpoint,
	    m != NULL ? m->device_endpoint : NULL,
	    m != NULL ? m->tls_device_endpoint : NULL);
}

const char *
ba_token_url(const struct ba_issuer *issuer, const struct ba_metadata *m)
{
	return choose(issuer, issuer->token_endpoint,
	    m != NULL ? m->token_endpoint : NULL,
	    m != NULL ? m->tls_token_endpoint : NULL);
}

/* --- requests -------------------------------------------------------------- */

static int
add(struct ba_post *p, const char *name, const char *value)
{
	return value != NULL ? ba_post_add(p, name, value, strlen(value))
			     : BA_OK;
}

static int
start(const struct ba_issuer *issuer, const char *endpoint, struct ba_post *p,
    struct ba_http_request *request)
{
	if (!ba_url_ok(endpoint))
		return BA_ERR_METADATA;
	ba_post_begin(p, issuer, endpoint, request);
	request->body_max = BA_DEVICE_BODY_MAX;
	return BA_OK;
}

/* Half a request is none; and none goes out twice, for a second poll would come
   before its time (DEV-03), and a second beginning is counted against us. */
static int
finish(const struct ba_credentials *client, int64_t now, int err,
    struct ba_post *p, struct ba_http_request *request)
{
	int r = err;

	if (r == BA_OK)
		r = ba_client_sign_in(client, now, p, request);
	request->pool = BA_HTTP_POOL_ALONE;
	if (r != BA_OK) {
		ba_post_wipe(p);
		memset(request, 0, sizeof(*request));
	}
	return r;
}

int
ba_device_begin(const struct ba_issuer *issuer,
    const struct ba_credentials *client, const char *endpoint, int64_t now,
    struct ba_post *p, struct ba_http_request *request)
{
	int r;

	r = start(issuer, endpoint, p, request);
	if (r == BA_OK)
		r = add(p, "scope", issuer->device_scope);
	if (r == BA_OK)
		r = add(p, "resource", issuer->device_resource);
	if (r == BA_OK)
		r = add(p, "audience", issuer->device_audience);
	return finish(client, now, r, p, request);
}

/*
 * With the resource once more (RFC 8707 section 2.2): there are issuers whose
 * token is for themselves where this request does not say otherwise.
 */
int
ba_device_poll(const struct ba_device *d, const struct ba_issuer *issuer,
    const struct ba_credentials *client, const char *endpoint, int64_t now,
    struct ba_post *p, struct ba_http_request *request)
{
	int r;

	r = start(issuer, endpoint, p, request);
	if (r == BA_OK && d->code.len == 0)
		r = BA_ERR_INTERNAL;
	if (r == BA_OK)
		r = add(p, "grant_type", GRANT_TYPE);
	if (r == BA_OK)
		r = ba_post_add(p, "device_code", d->code.p, d->code.len);
	if (r == BA_OK)
		r = add(p, "resource", issuer->device_resource);
	return finish(client, now, r, p, request);
}

/* --- what is common to both answers ---------------------------------------- */

/* None of ba_err: slower, for good. */
#define SLOWER 1

/*
 * RFC 6749 section 5.2, RFC 8628 section 3.5.  authorization_declined is what
 * one large issuer says for access_denied.
 */
static const struct {
	const char *error;
	bool poll; /* in an answer to a poll alone */
	int err;
	const char *why;
} codes[] = {
	{ "authorization_pending", true, BA_ERR_NEED_DEVICE, "" },
	{ "slow_down", true, SLOWER, "" },
	{ "access_denied", true, BA_ERR_DEVICE_DENIED, "" },
	{ "authorization_declined", true, BA_ERR_DEVICE_DENIED, "" },
	{ "expired_token", true, BA_ERR_DEVICE_EXPIRED, "" },
	{ "invalid_client", false, BA_ERR_CLIENT_AUTH,
	    "it says invalid_client" },
	{ "unauthorized_client", false, BA_ERR_CLIENT_AUTH,
	    "it says unauthorized_client: allow this client the device flow" },
	{ "invalid_scope", false, BA_ERR_DEVICE_ANSWER,
	    "it says invalid_scope: compare device_scope with what it has" },
	{ "invalid_target", false, BA_ERR_DEVICE_ANSWER,
	    "it says invalid_target: compare device_resource and"
	    " device_audience with what it has" },
	{ "invalid_grant", false, BA_ERR_DEVICE_ANSWER,
	    "it says invalid_grant" },
	{ "invalid_request", false, BA_ERR_DEVICE_ANSWER,
	    "it says invalid_request" },
	{ "unsupported_grant_type", false, BA_ERR_DEVICE_ANSWER,
	    "it says unsupported_grant_type: it has no device flow" },
};

static int
judge_code(const char *error, bool poll, const char **whyp)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(error, codes[i].error) != 0 ||
		    (codes[i].poll && !poll))
			continue;
		*whyp = codes[i].why;
		return codes[i].err;
	}
	return bad(whyp, "it says an error that means nothing here");
}

static const char *
status_text(unsigned status)
{
	if (status >= 300 && status <= 399)
		return "a redirect, which is never followed";
	if (status == 404)
		return "HTTP status 404: the endpoint is somewhere else";
	if (status == 429)
		return "HTTP status 429: it wants to be asked less often";
	if (status >= 500)
		return "HTTP status 5xx";
	return "an HTTP status that means nothing here";
}

/*
 * What an answer says that is no success.  RFC 8628 has it come with status
 * 400; large issuers send 403, 428 and 429 with the same words.
 */
static int
judge_refusal(const struct ba_http_response *r, bool poll, const char **whyp)
{
	json_t *root = NULL;
	const char *error;
	int err;

	if (r->status == 401) {
		*whyp = "HTTP status 401";
		return BA_ERR_CLIENT_AUTH;
	}
	if (r->status < 400 || r->status > 499)
		return bad(whyp, status_text(r->status));
	err = ba_answer_json(r, BA_ERR_DEVICE_ANSWER, whyp, &root);
	if (err == BA_OK && ba_json_string(root, "error", &error) == BA_OK)
		err = judge_code(error, poll, whyp);
	else if (err != BA_ERR_NOMEM)
		err = bad(whyp, status_text(r->status));
	json_decref(root);
	return err;
}

/* --- the codes ------------------------------------------------------------- */

/*
 * What a terminal would not show as itself, or would obey: controls, formats
 * (the bidirectional ones among them, and tags), separators of lines, private
 * use and what is no character (Unicode's general categories Cc, Cf, Zl, Zp and
 * Co, and noncharacters), blanks but U+0020, marks that are drawn over what
 * stands before them, fillers and variation selectors.  Not by iswprint(3),
 * which asks the locale.
 */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x0000, 0x001f },
	{ 0x007f, 0x00a0 },
	{ 0x00ad, 0x00ad },
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0600, 0x0605 },
	{ 0x061c, 0x061c },
	{ 0x06dd, 0x06dd },
	{ 0x070f, 0x070f },
	{ 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 },
	{ 0x115f, 0x1160 },
	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x20d0, 0x20ff },
	{ 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },
	{ 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff },
	{ 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0x1fffe, 0x1ffff },
	{ 0x2fffe, 0x2ffff },
	{ 0x3fffe, 0x10ffff },
};

static bool
is_printable(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++)
		if (c >= unprintable[i].first && c <= unprintable[i].last)
			return false;
	return true;
}

/*
 * DEV-01: as received, without what is not printable; false where that is
 * nothing, or the whole was too long: what is cut is another code.
 */
static bool
copy_shown(char *dst, size_t dstsz, const char *src)
{
	size_t n = strlen(src), len = 0, step;
	uint32_t c;

	dst[0] = '\0';
	if (n >= dstsz)
		return false;
	for (; n > 0; src += step, n -= step) {
		step = ba_utf8_next(src, n, &c);
		if (step == 0)
			return false;
		if (!is_printable(c))
			continue;
		memcpy(dst + len, src, step);
		len += step;
	}
	dst[len] = '\0';
	return strspn(dst, " ") < len;
}

/* "" where there is none that can be used. */
static int
copy_uri(char *dst, const json_t *o, const char *name)
{
	const char *uri;
	int r;

	dst[0] = '\0';
	r = ba_json_string(o, name, &uri);
	if (r != BA_OK)
		return r;
	if (copy_shown(dst, BA_DEVICE_URI_MAX + 1, uri) && ba_url_ok(dst))
		return BA_OK;
	dst[0] = '\0';
	return BA_ERR_JSON_TYPE;
}

static int
read_codes(struct ba_device *d, const json_t *o, const char **whyp)
{
	const char *code;
	int r;

	if (ba_json_string(o, "device_code", &code) != BA_OK || *code == '\0')
		return bad(whyp, "the answer has no device_code");
	r = ba_buf_append_str(&d->code, code);
	if (r == BA_ERR_LIMIT)
		return bad(whyp, "its device_code is too long");
	if (r != BA_OK)
		return r;
	if (ba_json_string(o, "user_code", &code) != BA_OK ||
	    !copy_shown(d->user_code, sizeof(d->user_code), code))
		return bad(whyp, "the answer has no user_code that can be"
				 " shown");
	return BA_OK;
}

/*
 * verification_url is how drafts of the RFC had it, and large issuers still
 * do.  A verification_uri_complete that cannot be used is none: nobody needs
 * it (DEV-08).
 */
static int
read_uris(
    struct ba_device *d, const json_t *o, bool complete, const char **whyp)
{
	int r = copy_uri(d->uri, o, "verification_uri");

	if (r == BA_ERR_JSON_MISSING)
		r = copy_uri(d->uri, o, "verification_url");
	if (r != BA_OK)
		return bad(whyp, "the answer has no verification_uri that is"
				 " an https URL");
	if (complete &&
	    copy_uri(d->complete, o, "verification_uri_complete") != BA_OK)
		d->complete[0] = '\0';
	return BA_OK;
}

/* DEV-02 */
static int
read_times(
    struct ba_device *d, const json_t *o, int64_t mono_ms, const char **whyp)
{
	const json_t *interval = json_object_get(o, "interval");
	int64_t s, life;

	if (ba_json_date(o, "expires_in", &life) != BA_OK || life <= 0)
		return bad(whyp, "the answer has no expires_in that is a number"
				 " of seconds");
	if (interval == NULL || json_is_null(interval))
		s = BA_DEVICE_INTERVAL;
	else if (ba_json_date_up(o, "interval", &s) != BA_OK ||
		 s > BA_DEVICE_INTERVAL_MAX)
		return bad(whyp, "its interval is no number of seconds, or too"
				 " long");
	/* 0 would be a storm. */
	d->interval = (s > 0 ? s : 1) * 1000;
	d->due = mono_ms + d->interval;
	d->expires = mono_ms + life * 1000;
	return BA_OK;
}

int
ba_device_feed(struct ba_device *d, const struct ba_http_response *response,
    int64_t mono_ms, bool complete, const char **whyp)
{
	json_t *root = NULL;
	int r = response->err;

	*whyp = "";
	ba_device_wipe(d);
	ba_device_init(d);
	if (r == BA_OK && response->status != 200)
		r = judge_refusal(response, false, whyp);
	else if (r == BA_OK)
		r = ba_answer_json(response, BA_ERR_DEVICE_ANSWER, whyp, &root);
	if (r == BA_OK)
		r = read_codes(d, root, whyp);
	if (r == BA_OK)
		r = read_uris(d, root, complete, whyp);
	if (r == BA_OK)
		r = read_times(d, root, mono_ms, whyp);
	json_decref(root);
	if (r != BA_OK) {
		ba_device_wipe(d);
		ba_device_init(d);
	}
	return r;
}

/* --- the token ------------------------------------------------------------- */

static int
read_token(const struct ba_http_response *response, struct ba_buf *token,
    const char **whyp)
{
	const char *text, *type;
	json_t *root = NULL;
	int r;

	r = ba_answer_json(response, BA_ERR_DEVICE_ANSWER, whyp, &root);
	if (r != BA_OK)
		return r;
	if (ba_json_has(root, "error"))
		r = bad(whyp, "the answer is a success and an error");
	else if (ba_json_string(root, "access_token", &text) != BA_OK ||
		 !ba_is_token68(text, strlen(text)))
		r = bad(whyp, "the answer has no access_token that is one");
	else if (ba_json_string(root, "token_type", &type) != BA_OK ||
		 !ba_equal_nocase(type, strlen(type), "bearer"))
		r = bad(whyp, "its token_type is not Bearer");
	else
		r = ba_buf_append_str(token, text);
	if (r == BA_ERR_LIMIT)
		r = bad(whyp, "its access_token is too long");
	json_decref(root);
	return r;
}

static int
wait_again(
    struct ba_device *d, int64_t mono_ms, int64_t interval, const char **whyp)
{
	if (interval > BA_DEVICE_INTERVAL_MAX * 1000)
		return bad(whyp, "it cannot be asked often enough");
	d->interval = interval;
	d->due = mono_ms + interval;
	return BA_ERR_NEED_DEVICE;
}

static int
judge_poll(struct ba_device *d, const struct ba_http_response *response,
    int64_t mono_ms, struct ba_buf *token, const char **whyp)
{
	int r;

	/* DEV-05 */
	if (response->err == BA_ERR_TIMEOUT || response->err == BA_ERR_HTTP)
		return wait_again(d, mono_ms, 2 * d->interval, whyp);
	if (response->err != BA_OK)
		return response->err;
	if (response->status == 200)
		return read_token(response, token, whyp);
	r = judge_refusal(response, true, whyp);
	if (r == BA_ERR_NEED_DEVICE)
		return wait_again(d, mono_ms, d->interval, whyp);
	if (r == SLOWER)
		return wait_again(
		    d, mono_ms, d->interval + BA_DEVICE_SLOW_DOWN * 1000, whyp);
	return r;
}

int
ba_device_poll_feed(struct ba_device *d,
    const struct ba_http_response *response, int64_t mono_ms,
    struct ba_buf *token, const char **whyp)
{
	*whyp = "";
	/* Whatever it is: it came too late. */
	if (mono_ms >= d->expires)
		return BA_ERR_DEVICE_EXPIRED;
	return judge_poll(d, response, mono_ms, token, whyp);
}
