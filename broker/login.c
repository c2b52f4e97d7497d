/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/json/json.h"

#include "broker/login.h"

#define NAME_SIZE 96 /* a uid, an id of 32 digits */

/*
 * A record is two JSON objects with a line feed between them (compact JSON
 * holds none): who and where, then the claims.  Claims inside the first
 * would be one level deeper than they were in the token, and some that the
 * strict parser took could not be read back.
 */
static int
dump_login(const char *service, const char *user, bool introspected,
    const json_t *claims, struct ba_buf *b)
{
	json_t *head;
	int r;

	head = json_pack("{s:s, s:s, s:b}", "service", service, "user", user,
	    "introspected", (int)introspected);
	if (head == NULL)
		return BA_ERR_NOMEM;
	r = ba_json_dump(head, b);
	json_decref(head);
	if (r == BA_OK)
		r = ba_buf_append_byte(b, '\n');
	if (r == BA_OK)
		r = ba_json_dump(claims, b);
	return r;
}

/* The name of a record; its length. */
static size_t
name_of(char name[NAME_SIZE], uid_t peer, const char *id)
{
	return (size_t)snprintf(
	    name, NAME_SIZE, "%lu %.64s", (unsigned long)peer, id);
}

int
ba_login_put(struct ba_store *store, uid_t peer, const char *id,
    const char *service, const char *user, bool introspected,
    const json_t *claims, int64_t now, int64_t exp, enum ba_reach reach)
{
	struct ba_buf b;
	char name[NAME_SIZE];
	size_t n = name_of(name, peer, id);
	int64_t expires = now + BA_LOGIN_LIFE;
	int r;

	if (exp < expires)
		expires = exp;
	ba_buf_init(&b, BA_LOGIN_BYTES_MAX);
	r = dump_login(service, user, introspected, claims, &b);
	if (r == BA_OK)
		r = ba_store_put(store, BA_SPACE_LOGIN, name, n, b.p, b.len,
		    now, expires, reach);
	ba_buf_wipe(&b);
	return r;
}

/* A record of a broker before this one says nothing: no answer then. */
static int
read_introspected(const json_t *head, bool *introspectedp)
{
	const json_t *v = json_object_get(head, "introspected");

	if (v != NULL && !json_is_boolean(v))
		return BA_ERR_JSON_TYPE;
	*introspectedp = json_is_true(v);
	return BA_OK;
}

static int
judge_head(const void *p, size_t n, const char *service, const char *user,
    bool *introspectedp)
{
	json_t *head = NULL;
	const char *s;
	int r;

	r = ba_json_parse(p, n, &head);
	if (r == BA_OK)
		r = ba_json_string(head, "service", &s);
	if (r == BA_OK && strcmp(s, service) != 0)
		r = BA_ERR_NOT_ALLOWED;
	if (r == BA_OK)
		r = ba_json_string(head, "user", &s);
	if (r == BA_OK && strcmp(s, user) != 0)
		r = BA_ERR_USER_MISMATCH;
	if (r == BA_OK)
		r = read_introspected(head, introspectedp);
	json_decref(head);
	return r;
}

int
ba_login_get(struct ba_store *store, uid_t peer, const char *id,
    const char *service, const char *user, int64_t now, bool *introspectedp,
    json_t **claimsp)
{
	const unsigned char *lf;
	struct ba_buf b;
	char name[NAME_SIZE];
	size_t head, n = name_of(name, peer, id);
	int r;

	*introspectedp = false;
	*claimsp = NULL;
	ba_buf_init(&b, BA_LOGIN_BYTES_MAX);
	r = ba_store_get(store, BA_SPACE_LOGIN, name, n, now, &b, NULL);
	if (r == BA_ERR_NOT_FOUND)
		r = BA_ERR_NO_LOGIN;
	if (r != BA_OK)
		goto out;
	lf = b.len > 0 ? memchr(b.p, '\n', b.len) : NULL;
	head = lf != NULL ? (size_t)(lf - b.p) : b.len;
	r = judge_head(b.p, head, service, user, introspectedp);
	if (r == BA_OK)
		r = lf == NULL
			? BA_ERR_JSON
			: ba_json_parse(lf + 1, b.len - head - 1, claimsp);
	if (r != BA_OK)
		*introspectedp = false;
	/* What we wrote ourselves cannot be read: no word about the token. */
	if (ba_err_family(r) == BA_FAMILY_REFUSED)
		r = BA_ERR_STORE;
out:
	ba_buf_wipe(&b);
	return r;
}
