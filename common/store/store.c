/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/store_memory.h"
#include "common/store/store_name.h"
#include "common/store/store_sqlite.h"

struct ba_store {
	/* Not the file's key, which is not known before the file is open. */
	unsigned char key[BA_STORE_KEY_LEN];
	struct ba_memory *memory;
	struct ba_sqlite *file; /* NULL: memory alone */
};

int
ba_store_open(const struct ba_store_options *options, struct ba_store **storep)
{
	struct ba_store *s;
	int r = BA_ERR_NOMEM;

	*storep = NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return BA_ERR_NOMEM;
	if ((r = ba_random(s->key, sizeof(s->key))) != BA_OK)
		goto out;
	if ((r = ba_memory_new(options->max_entries, &s->memory)) != BA_OK)
		goto out;
	if (options->path != NULL)
		r = ba_sqlite_new(options, &s->file);
out:
	if (r != BA_OK)
		ba_store_close(s);
	else
		*storep = s;
	return r;
}

void
ba_store_close(struct ba_store *store)
{
	if (store == NULL)
		return;
	ba_sqlite_free(store->file);
	ba_memory_free(store->memory);
	ba_wipe_free(store, sizeof(*store));
}

static bool
memory_first(enum ba_space space)
{
	switch (space) {
	case BA_SPACE_KEYS:
	case BA_SPACE_ATTEMPT:
	case BA_SPACE_BREAKER:
	case BA_SPACE_USED:
	case BA_SPACE_DEVICE:
		return false;
	case BA_SPACE_LOGIN:
	case BA_SPACE_ANSWER:
		return true;
	}
	return false;
}

/*
 * Memory follows the file: a copy whose original is gone was deleted by
 * somebody else.  What could not be copied is still in the file.
 */
static int
get_from_file(struct ba_store *s, enum ba_space space, const void *name,
    size_t name_len, const unsigned char *hash, int64_t now,
    struct ba_buf *value, int64_t *expiresp)
{
	size_t before = value->len;
	int64_t expires;
	int r;

	r = ba_sqlite_get(s->file, space, name, name_len, now, value, &expires);
	if (r != BA_OK)
		return r;
	r = ba_memory_put(s->memory, hash, BA_MEMORY_COPY,
	    ba_buf_str(value) + before, value->len - before, expires);
	if (expiresp != NULL)
		*expiresp = expires;
	return r == BA_ERR_NOMEM ? BA_OK : r;
}

int
ba_store_get(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, int64_t now, struct ba_buf *value, int64_t *expiresp)
{
	unsigned char hash[BA_STORE_NAME_LEN];
	enum ba_memory_kind kind = BA_MEMORY_OWN;
	bool held;
	int r;

	if (expiresp != NULL)
		*expiresp = 0;
	r = ba_store_name(store->key, space, name, name_len, hash);
	if (r != BA_OK)
		return r;
	held =
	    ba_memory_get(store->memory, hash, now, NULL, NULL, &kind) == BA_OK;
	r = BA_ERR_NOT_FOUND;
	if (store->file != NULL &&
	    !(held && (kind == BA_MEMORY_OWN || memory_first(space)))) {
		r = get_from_file(
		    store, space, name, name_len, hash, now, value, expiresp);
		if (r != BA_ERR_NOT_FOUND && r != BA_ERR_STORE)
			return r;
		if (r == BA_ERR_NOT_FOUND && held && kind == BA_MEMORY_COPY) {
			ba_memory_delete(store->memory, hash);
			held = false;
		}
	}
	if (held)
		r = ba_memory_get(
		    store->memory, hash, now, value, expiresp, NULL);
	return r;
}

/* Memory keeps what the file would not take, and remembers that. */
int
ba_store_put(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, const void *value, size_t value_len, int64_t now,
    int64_t expires, enum ba_reach reach)
{
	unsigned char hash[BA_STORE_NAME_LEN];
	enum ba_memory_kind kind = BA_MEMORY_OWN;
	int r, rf = BA_OK;

	if (value_len > BA_STORE_VALUE_MAX)
		return BA_ERR_LIMIT;
	r = ba_store_name(store->key, space, name, name_len, hash);
	if (r != BA_OK)
		return r;
	if (reach == BA_REACH_SHARED && store->file != NULL) {
		rf = ba_sqlite_put(store->file, space, name, name_len, value,
		    value_len, now, expires);
		kind = rf == BA_OK ? BA_MEMORY_COPY : BA_MEMORY_UNSENT;
	}
	r = ba_memory_put(store->memory, hash, kind, value, value_len, expires);
	if (r != BA_OK && kind == BA_MEMORY_COPY)
		r = BA_OK; /* the file has it */
	return r != BA_OK ? r : rf;
}

int
ba_store_add(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, const void *value, size_t value_len, int64_t now,
    int64_t expires, enum ba_reach reach)
{
	unsigned char hash[BA_STORE_NAME_LEN];
	enum ba_memory_kind kind = BA_MEMORY_OWN;
	bool held;
	int r;

	if (value_len > BA_STORE_VALUE_MAX)
		return BA_ERR_LIMIT;
	r = ba_store_name(store->key, space, name, name_len, hash);
	if (r != BA_OK)
		return r;
	held =
	    ba_memory_get(store->memory, hash, now, NULL, NULL, &kind) == BA_OK;
	if (reach == BA_REACH_PROCESS || store->file == NULL)
		return held ? BA_ERR_EXISTS
			    : ba_memory_put(store->memory, hash, BA_MEMORY_OWN,
				  value, value_len, expires);
	/* A copy may have been deleted by another process since. */
	if (held && kind != BA_MEMORY_COPY)
		return BA_ERR_EXISTS;
	r = ba_sqlite_add(
	    store->file, space, name, name_len, value, value_len, now, expires);
	/* Nobody reads it but the next add, which asks the file: a copy would
	   only push out what memory alone has. */
	if (r != BA_OK || space == BA_SPACE_DEVICE)
		return r;
	r = ba_memory_put(
	    store->memory, hash, BA_MEMORY_COPY, value, value_len, expires);
	return r == BA_ERR_NOMEM ? BA_OK : r;
}

int
ba_store_delete(struct ba_store *store, enum ba_space space, const void *name,
    size_t name_len, enum ba_reach reach)
{
	unsigned char hash[BA_STORE_NAME_LEN];
	int r;

	r = ba_store_name(store->key, space, name, name_len, hash);
	if (r != BA_OK)
		return r;
	ba_memory_delete(store->memory, hash);
	if (reach == BA_REACH_SHARED && store->file != NULL)
		r = ba_sqlite_delete(store->file, space, name, name_len);
	return r;
}
