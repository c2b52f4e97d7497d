/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/oauth/device.h"
#include "tests/fuzz/fuzz.h"

/*
 * One login: pairs of parts, a head (status and Content-Type, with a space
 * between; "timeout" or "failed" for no answer) and a body.  The first pair is
 * the answer to the first request; where that is refused, a good one goes in
 * its place.  All others are answers to polls.
 */
#define NOW   INT64_C(1700000000)
#define HOST  "https://fuzz.example"
#define POLLS 8 /* at most */

static struct ba_issuer issuer = {
	.url = HOST,
	.client = { .id = "fuzz", .auth = BA_CLIENT_AUTH_NONE },
};
static struct ba_credentials *client;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *why;

	(void)argc;
	(void)argv;
	MUST(ba_client_new(&issuer, geteuid(), NULL, &why, &client) == BA_OK);
	return 0;
}

/* --- what must hold -------------------------------------------------------- */

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* Text without controls, and none of what turns it around or hides in it. */
static void
judge_shown(const char *shown, const char *sent, size_t max)
{
	static const char *const never[] = { "\u061c", "\u200b", "\u200e",
		"\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
		"\u2028", "\u2029", "\u2066", "\u2067", "\u2068", "\u2069",
		"\ufeff" };
	size_t i;

	MUST(sent != NULL && strlen(sent) <= max && strlen(shown) <= max);
	MUST(*shown != '\0' && fuzz_is_text(shown, strlen(shown)));
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		MUST(strstr(shown, never[i]) == NULL);
	/* As received: nothing is added, and nothing moved. */
	for (; *shown != '\0'; shown++, sent++) {
		while (*sent != '\0' && *sent != *shown)
			sent++;
		MUST(*sent != '\0');
	}
}

static void
judge_uri(const char *shown, const char *sent)
{
	judge_shown(shown, sent, BA_DEVICE_URI_MAX);
	MUST(strncmp(shown, "https://", 8) == 0);
	for (; *shown != '\0'; shown++)
		MUST(*shown > ' ' && *shown < 0x7f);
}

static void
judge_first(const struct ba_device *d, const struct ba_http_response *r,
    int64_t mono, bool complete)
{
	json_t *o = json_loadb(
	    (const char *)r->body.p, r->body.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *interval = json_object_get(o, "interval");
	double life = json_number_value(json_object_get(o, "expires_in"));
	const char *uri = text_of(o, "verification_uri");

	MUST(r->err == BA_OK && r->status == 200);
	MUST(strcmp(r->content_type, "application/json") == 0);
	MUST(text_of(o, "device_code") != NULL && d->code.len > 0);
	MUST(strcmp(text_of(o, "device_code"), ba_buf_str(&d->code)) == 0);
	MUST(d->code.len <= BA_DEVICE_CODE_MAX);
	judge_shown(d->user_code, text_of(o, "user_code"), BA_DEVICE_USER_CODE);
	judge_uri(d->uri, uri != NULL ? uri : text_of(o, "verification_url"));
	MUST(complete || d->complete[0] == '\0');
	if (d->complete[0] != '\0')
		judge_uri(d->complete, text_of(o, "verification_uri_complete"));
	MUST(life >= 1 && d->expires > mono);
	MUST((double)(d->expires - mono) <= life * 1000);
	MUST((double)(d->expires - mono) > (life - 1) * 1000);
	MUST(d->due == mono + d->interval);
	MUST(d->interval >= 1000 &&
	     d->interval <= BA_DEVICE_INTERVAL_MAX * 1000);
	if (interval == NULL || json_is_null(interval))
		MUST(d->interval == BA_DEVICE_INTERVAL * 1000);
	else
		MUST((double)d->interval >= json_number_value(interval) * 1000);
	json_decref(o);
}

static bool
is_token68(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
			     "wxyz0123456789-._~+/");

	return n > 0 && strspn(s + n, "=") == strlen(s + n);
}

static bool
says(const json_t *o, const char *error)
{
	const char *s = text_of(o, "error");

	return s != NULL && strcmp(s, error) == 0;
}

static void
judge_token(const struct ba_http_response *r, const json_t *o,
    const struct ba_buf *token)
{
	const char *type = text_of(o, "token_type");

	MUST(r->err == BA_OK && r->status == 200);
	MUST(strcmp(r->content_type, "application/json") == 0);
	MUST(type != NULL && strcasecmp(type, "bearer") == 0);
	MUST(text_of(o, "access_token") != NULL);
	MUST(strcmp(text_of(o, "access_token"), ba_buf_str(token)) == 0);
	MUST(strlen(ba_buf_str(token)) == token->len);
	MUST(is_token68(ba_buf_str(token)));
}

/* Asked again: for a reason, and never sooner than before. */
static void
judge_wait(const struct ba_device *d, const struct ba_http_response *r,
    const json_t *o, int64_t mono, int64_t before)
{
	int64_t want = before;

	if (r->err != BA_OK) {
		want = 2 * before;
	} else {
		MUST(r->status >= 400 && r->status <= 499);
		MUST(says(o, "authorization_pending") || says(o, "slow_down"));
		if (says(o, "slow_down"))
			want += 5000;
	}
	MUST(d->interval == want && d->due == mono + want);
	MUST(want <= BA_DEVICE_INTERVAL_MAX * 1000);
}

static void
judge_poll(const struct ba_device *d, const struct ba_http_response *r,
    int64_t mono, int64_t before, int result, const struct ba_buf *token)
{
	json_t *o = json_loadb(
	    (const char *)r->body.p, r->body.len, JSON_REJECT_DUPLICATES, NULL);

	MUST((result == BA_OK) == (token->len > 0));
	if (mono >= d->expires)
		MUST(result == BA_ERR_DEVICE_EXPIRED);
	else if (result == BA_OK)
		judge_token(r, o, token);
	else if (result == BA_ERR_NEED_DEVICE)
		judge_wait(d, r, o, mono, before);
	else if (result == BA_ERR_DEVICE_DENIED)
		MUST(says(o, "access_denied") ||
		     says(o, "authorization_declined"));
	else if (result == BA_ERR_DEVICE_EXPIRED)
		MUST(says(o, "expired_token"));
	else
		MUST(result == BA_ERR_DEVICE_ANSWER ||
		     result == BA_ERR_CLIENT_AUTH);
	json_decref(o);
}

/* TR-06: whatever the code is, it is one value of three. */
static void
judge_request(const struct ba_device *d)
{
	struct ba_http_request request = { .url = NULL };
	struct ba_post post;
	const char *s;
	size_t pairs = 1;

	ba_post_init(&post);
	MUST(ba_device_poll(d, &issuer, client, HOST "/token", NOW, &post,
		 &request) == BA_OK);
	for (s = ba_buf_str(&post.form); *s != '\0'; s++) {
		pairs += *s == '&';
		MUST(*s > ' ' && *s < 0x7f && strchr("\"'<>?#/", *s) == NULL);
	}
	MUST(pairs == 3);
	MUST(strcmp(s - strlen("&client_id=fuzz"), "&client_id=fuzz") == 0);
	ba_post_wipe(&post);
}

/* --- one login ------------------------------------------------------------- */

static void
make_response(struct ba_http_response *r, struct fuzz_part *rest)
{
	char *head = fuzz_string(fuzz_next_part(rest)), *type;
	struct fuzz_part body = fuzz_next_part(rest);

	ba_http_response_init(r);
	head[strcspn(head, "\n")] = '\0';
	type = head + strcspn(head, " ");
	ba_http_media_type(
	    type + strspn(type, " "), r->content_type, sizeof(r->content_type));
	r->err = strcmp(head, "timeout") == 0  ? BA_ERR_TIMEOUT
		 : strcmp(head, "failed") == 0 ? BA_ERR_HTTP
					       : BA_OK;
	r->status = (unsigned)atoi(head);
	MUST(ba_buf_append(&r->body, body.p, body.n) == BA_OK);
	free(head);
}

static void
begin(struct ba_device *d, struct fuzz_part *rest, int64_t mono, bool complete)
{
	static const char good[] =
	    "{\"device_code\":\"c\",\"user_code\":\"u\",\"verification_uri\":"
	    "\"https://u/\",\"expires_in\":600}";
	struct ba_http_response r;
	const char *why;
	int result;

	make_response(&r, rest);
	result = ba_device_feed(d, &r, mono, complete, &why);
	if (result == BA_OK) {
		MUST(*why == '\0');
		judge_first(d, &r, mono, complete);
		ba_http_response_clear(&r);
		return;
	}
	MUST(r.err != BA_OK ? result == r.err
			    : result == BA_ERR_DEVICE_ANSWER ||
				  result == BA_ERR_CLIENT_AUTH);
	MUST(d->code.len == 0 && d->user_code[0] == '\0');
	ba_http_response_clear(&r);
	r.err = BA_OK;
	r.status = 200;
	(void)snprintf(
	    r.content_type, sizeof(r.content_type), "application/json");
	MUST(ba_buf_append_str(&r.body, good) == BA_OK);
	MUST(ba_device_feed(d, &r, mono, complete, &why) == BA_OK);
	ba_http_response_clear(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_part rest = { (const char *)p, n };
	struct ba_http_response r;
	struct ba_buf token;
	struct ba_device d;
	int64_t mono = 1000, before;
	const char *why;
	int i, result = BA_ERR_NEED_DEVICE;

	ba_device_init(&d);
	ba_buf_init(&token, 65536);
	begin(&d, &rest, mono, n % 2 == 0);
	for (i = 0; i < POLLS && rest.n > 0 && result == BA_ERR_NEED_DEVICE;
	     i++) {
		judge_request(&d);
		mono = d.due;
		before = d.interval;
		make_response(&r, &rest);
		result = ba_device_poll_feed(&d, &r, mono, &token, &why);
		MUST(why != NULL && fuzz_is_text(why, strlen(why)));
		judge_poll(&d, &r, mono, before, result, &token);
		ba_http_response_clear(&r);
	}
	ba_buf_wipe(&token);
	ba_device_wipe(&d);
	return 0;
}
