/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/json/json.h"

#include "broker/login.h"

#define NAME_SIZE 96 /* a uid, and an id of 32 digits or two numbers */

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

/* No id has a space in it. */
static size_t
name_of_process(
    char name[NAME_SIZE], uid_t peer, const struct ba_process *process)
{
	return (size_t)snprintf(name, NAME_SIZE,
	    "%lu process %" PRIu64 " %" PRIu64, (unsigned long)peer,
	    process->pid, process->start);
}

static int64_t
end_of(int64_t now, int64_t exp)
{
	return exp < now + BA_LOGIN_LIFE ? exp : now + BA_LOGIN_LIFE;
}

int
ba_login_put(struct ba_store *store, uid_t peer, const char *id,
    const char *service, const char *user, bool introspected,
    const json_t *claims, int64_t now, int64_t exp, enum ba_reach reach)
{
	struct ba_buf b;
	char name[NAME_SIZE];
	size_t n = name_of(name, peer, id);
	int r;

	ba_buf_init(&b, BA_LOGIN_BYTES_MAX);
	r = dump_login(service, user, introspected, claims, &b);
	if (r == BA_OK)
		r = ba_store_put(store, BA_SPACE_LOGIN, name, n, b.p, b.len,
		    now, end_of(now, exp), reach);
	ba_buf_wipe(&b);
	return r;
}

void
ba_login_process(const struct ba_msg *m, struct ba_process *process)
{
	const unsigned char *p = m->field[BA_TAG_PROCESS].p;
	size_t i;

	memset(process, 0, sizeof(*process));
	if (p == NULL)
		return;
	for (i = 0; i < 8; i++) {
		process->pid = process->pid << 8 | p[i];
		process->start = process->start << 8 | p[8 + i];
	}
}

int
ba_login_put_process(struct ba_store *store, uid_t peer,
    const struct ba_process *process, const char *id, int64_t now, int64_t exp,
    enum ba_reach reach)
{
	char name[NAME_SIZE];
	size_t n = name_of_process(name, peer, process);

	if (process->pid == 0)
		return BA_OK;
	return ba_store_put(store, BA_SPACE_LOGIN, name, n, id, strlen(id), now,
	    end_of(now, exp), reach);
}

static bool
is_id(const struct ba_buf *b)
{
	return b->len == BA_ID_LEN &&
	       strspn(ba_buf_str(b), "0123456789abcdef") == BA_ID_LEN;
}

int
ba_login_find(struct ba_store *store, uid_t peer,
    const struct ba_process *process, int64_t now, char *id)
{
	char name[NAME_SIZE];
	size_t n = name_of_process(name, peer, process);
	struct ba_buf b;
	int r;

	id[0] = '\0';
	if (process->pid == 0)
		return BA_ERR_NO_LOGIN;
	ba_buf_init(&b, BA_LOGIN_BYTES_MAX);
	r = ba_store_get(store, BA_SPACE_LOGIN, name, n, now, &b, NULL);
	if (r == BA_ERR_NOT_FOUND)
		r = BA_ERR_NO_LOGIN;
	if (r == BA_OK && !is_id(&b))
		r = BA_ERR_STORE;
	if (r == BA_OK)
		memcpy(id, ba_buf_str(&b), BA_ID_LEN + 1);
	ba_buf_wipe(&b);
	return r;
}

/* A record that was read; of the strings, head and claims are the owners. */
struct record {
	json_t *head;
	json_t *claims;
	const char *service;
	const char *user;
	bool introspected;
};

static void
clear_record(struct record *rec)
{
	json_decref(rec->head);
	json_decref(rec->claims);
	memset(rec, 0, sizeof(*rec));
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
parse_record(const void *p, size_t n, struct record *rec)
{
	const char *lf = n > 0 ? memchr(p, '\n', n) : NULL;
	size_t head = lf != NULL ? (size_t)(lf - (const char *)p) : 0;
	int r;

	if (lf == NULL)
		return BA_ERR_JSON;
	r = ba_json_parse(p, head, &rec->head);
	if (r == BA_OK)
		r = ba_json_string(rec->head, "service", &rec->service);
	if (r == BA_OK)
		r = ba_json_string(rec->head, "user", &rec->user);
	if (r == BA_OK)
		r = read_introspected(rec->head, &rec->introspected);
	if (r == BA_OK)
		r = ba_json_parse(lf + 1, n - head - 1, &rec->claims);
	return r;
}

/* Of this service; rec is for clear_record() in any case. */
static int
read_record(struct ba_store *store, uid_t peer, const char *id,
    const char *service, int64_t now, struct record *rec)
{
	struct ba_buf b;
	char name[NAME_SIZE];
	size_t n = name_of(name, peer, id);
	int r;

	ba_buf_init(&b, BA_LOGIN_BYTES_MAX);
	r = ba_store_get(store, BA_SPACE_LOGIN, name, n, now, &b, NULL);
	if (r == BA_ERR_NOT_FOUND)
		r = BA_ERR_NO_LOGIN;
	if (r == BA_OK)
		r = parse_record(b.p, b.len, rec);
	ba_buf_wipe(&b);
	/* What we wrote ourselves cannot be read: no word about the token. */
	if (ba_err_family(r) == BA_FAMILY_REFUSED)
		r = BA_ERR_STORE;
	if (r == BA_OK && strcmp(rec->service, service) != 0)
		r = BA_ERR_NOT_ALLOWED;
	return r;
}

int
ba_login_get(struct ba_store *store, uid_t peer, const char *id,
    const char *service, const char *user, int64_t now, bool *introspectedp,
    json_t **claimsp)
{
	struct record rec = { .head = NULL };
	int r;

	*introspectedp = false;
	*claimsp = NULL;
	r = read_record(store, peer, id, service, now, &rec);
	if (r == BA_OK && strcmp(rec.user, user) != 0)
		r = BA_ERR_USER_MISMATCH;
	if (r == BA_OK) {
		*introspectedp = rec.introspected;
		*claimsp = json_incref(rec.claims);
	}
	clear_record(&rec);
	return r;
}

int
ba_login_who(struct ba_store *store, uid_t peer, const char *id,
    const char *service, int64_t now, char *user, size_t size, json_t **claimsp)
{
	struct record rec = { .head = NULL };
	int r;

	user[0] = '\0';
	*claimsp = NULL;
	r = read_record(store, peer, id, service, now, &rec);
	if (r == BA_OK && ba_copy_str(user, size, rec.user) != BA_OK)
		r = BA_ERR_STORE;
	if (r == BA_OK)
		*claimsp = json_incref(rec.claims);
	clear_record(&rec);
	return r;
}
