/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/oauth/http.h"
#include "common/oauth/keys.h"
#include "common/oauth/keys_record.h"

/* The endpoints, by the names under which they stand there. */
#define ENDPOINTS 7
struct endpoint {
	const char *name;
	char *url; /* BA_URL_MAX + 1 bytes */
	bool late; /* older records have it not, and know of none */
};

static void
endpoints_of(struct ba_metadata *m, struct endpoint v[ENDPOINTS])
{
	const struct endpoint all[ENDPOINTS] = {
		{ "jwks_uri", m->jwks_uri, false },
		{ "introspection_endpoint", m->introspection_endpoint, false },
		{ "tls_introspection_endpoint", m->tls_introspection_endpoint,
		    false },
		{ "device_authorization_endpoint", m->device_endpoint, true },
		{ "tls_device_authorization_endpoint", m->tls_device_endpoint,
		    true },
		{ "token_endpoint", m->token_endpoint, true },
		{ "tls_token_endpoint", m->tls_token_endpoint, true },
	};

	memcpy(v, all, sizeof(all));
}

static json_t *
head_of(const struct ba_record *rec)
{
	struct ba_metadata m = rec->metadata;
	struct endpoint v[ENDPOINTS];
	json_t *head;
	size_t i;

	head = json_pack("{sI sI sI ss}", "fetched", (json_int_t)rec->fetched,
	    "fresh_until", (json_int_t)rec->fresh_until, "metadata_until",
	    (json_int_t)rec->metadata_until, "etag", rec->etag);
	endpoints_of(&m, v);
	for (i = 0; i < ENDPOINTS && head != NULL; i++) {
		if (json_object_set_new(
			head, v[i].name, json_string(v[i].url)) == 0)
			continue;
		json_decref(head);
		head = NULL;
	}
	return head;
}

int
ba_record_write(
    const struct ba_record *rec, const void *jwks, size_t n, struct ba_buf *b)
{
	json_t *head = head_of(rec);
	int r;

	if (head == NULL)
		return BA_ERR_NOMEM;
	/* Compact JSON has no line feed in it: in texts it is escaped. */
	r = ba_json_dump(head, b);
	json_decref(head);
	if (r == BA_OK)
		r = ba_buf_append_byte(b, '\n');
	if (r == BA_OK)
		r = ba_buf_append(b, jwks, n);
	return r;
}

static bool
read_text(const json_t *head, const char *name, char *dst, size_t dstsz)
{
	const char *s;

	return ba_json_string(head, name, &s) == BA_OK &&
	       ba_copy_str(dst, dstsz, s) == BA_OK;
}

static bool
read_head(const json_t *head, struct ba_record *rec)
{
	struct endpoint v[ENDPOINTS];
	size_t i;

	if (ba_json_date(head, "fetched", &rec->fetched) != BA_OK ||
	    ba_json_date(head, "fresh_until", &rec->fresh_until) != BA_OK ||
	    ba_json_date(head, "metadata_until", &rec->metadata_until) !=
		BA_OK ||
	    !read_text(head, "etag", rec->etag, sizeof(rec->etag)))
		return false;
	endpoints_of(&rec->metadata, v);
	for (i = 0; i < ENDPOINTS; i++) {
		if (v[i].late && !ba_json_has(head, v[i].name))
			continue;
		if (!read_text(head, v[i].name, v[i].url, BA_URL_MAX + 1))
			return false;
	}
	return true;
}

int
ba_record_read(const struct ba_issuer *issuer, const void *p, size_t n,
    struct ba_record *rec, const void **jwksp, size_t *np)
{
	const char *text = p, *end;
	json_t *head = NULL;
	int r;

	memset(rec, 0, sizeof(*rec));
	*jwksp = NULL;
	*np = 0;
	end = n == 0 ? NULL : memchr(text, '\n', n);
	if (end == NULL)
		return BA_ERR_JSON;
	r = ba_json_parse(text, (size_t)(end - text), &head);
	if (r != BA_OK)
		return r;
	if (!read_head(head, rec) ||
	    (rec->etag[0] != '\0' && !ba_http_etag_ok(rec->etag)))
		r = BA_ERR_JSON;
	else if (!ba_metadata_suits(issuer, &rec->metadata))
		r = BA_ERR_METADATA;
	json_decref(head);
	if (r != BA_OK) {
		memset(rec, 0, sizeof(*rec));
		return r;
	}
	*jwksp = end + 1;
	*np = n - (size_t)(end + 1 - text);
	return BA_OK;
}

static int64_t
within(const struct ba_issuer *issuer, int64_t fetched, int64_t until)
{
	int64_t most = fetched + issuer->max_key_life;

	return until < most ? until : most;
}

int64_t
ba_record_keys_fresh(
    const struct ba_issuer *issuer, const struct ba_record *rec)
{
	return within(issuer, rec->fetched, rec->fresh_until);
}

/* Metadata is older than the keys where an asking began with these. */
int64_t
ba_record_metadata_fresh(
    const struct ba_issuer *issuer, const struct ba_record *rec)
{
	return within(issuer, rec->fetched, rec->metadata_until);
}

bool
ba_record_serves(
    const struct ba_issuer *issuer, int64_t fresh_until, int64_t now)
{
	int64_t end = fresh_until + issuer->stale_keys;

	return end > now && fresh_until - now <= issuer->max_key_life;
}

int64_t
ba_record_life(const struct ba_issuer *issuer, int64_t max_age)
{
	int64_t life = max_age < 0 ? BA_KEYS_LIFE_DEFAULT : max_age;

	if (life < issuer->min_key_life)
		life = issuer->min_key_life;
	return life < issuer->max_key_life ? life : issuer->max_key_life;
}
