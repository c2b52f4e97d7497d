/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"
#include "common/store/store_memory.h"

struct entry {
	LIST_ENTRY(entry) bucket;
	TAILQ_ENTRY(entry) age;
	unsigned char name[BA_STORE_NAME_LEN];
	enum ba_memory_kind kind;
	int64_t expires;
	size_t len;
	unsigned char value[];
};

LIST_HEAD(bucket, entry);
TAILQ_HEAD(ages, entry);

struct ba_memory {
	struct bucket *buckets; /* mask + 1 of them, a power of two */
	size_t mask;
	struct ages ages; /* the oldest first */
	size_t entries;
	size_t max_entries;
	size_t bytes;
};

int
ba_memory_new(size_t max_entries, struct ba_memory **mp)
{
	struct ba_memory *m;
	size_t n = 16;

	*mp = NULL;
	if (max_entries == 0)
		max_entries = BA_MEMORY_ENTRIES;
	while (n < max_entries && n < BA_MEMORY_ENTRIES)
		n *= 2;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return BA_ERR_NOMEM;
	m->buckets = calloc(n, sizeof(*m->buckets));
	if (m->buckets == NULL) {
		free(m);
		return BA_ERR_NOMEM;
	}
	m->mask = n - 1;
	m->max_entries = max_entries;
	TAILQ_INIT(&m->ages);
	*mp = m;
	return BA_OK;
}

static void
drop(struct ba_memory *m, struct entry *e)
{
	LIST_REMOVE(e, bucket);
	TAILQ_REMOVE(&m->ages, e, age);
	m->entries--;
	m->bytes -= e->len;
	ba_wipe_free(e, sizeof(*e) + e->len);
}

void
ba_memory_free(struct ba_memory *m)
{
	struct entry *e;

	if (m == NULL)
		return;
	while ((e = TAILQ_FIRST(&m->ages)) != NULL)
		drop(m, e);
	free(m->buckets);
	free(m);
}

static struct bucket *
bucket_of(struct ba_memory *m, const unsigned char *name)
{
	size_t h;

	/* Any bytes of an HMAC are as good as any others. */
	memcpy(&h, name, sizeof(h));
	return &m->buckets[h & m->mask];
}

static struct entry *
find(struct ba_memory *m, const unsigned char *name)
{
	struct entry *e;

	LIST_FOREACH(e, bucket_of(m, name), bucket)
	{
		if (memcmp(e->name, name, sizeof(e->name)) == 0)
			return e;
	}
	return NULL;
}

int
ba_memory_get(struct ba_memory *m, const unsigned char name[BA_STORE_NAME_LEN],
    int64_t now, struct ba_buf *value, int64_t *expiresp,
    enum ba_memory_kind *kindp)
{
	struct entry *e;
	int r = BA_OK;

	if (expiresp != NULL)
		*expiresp = 0;
	e = find(m, name);
	if (e == NULL)
		return BA_ERR_NOT_FOUND;
	if (e->expires <= now) {
		drop(m, e);
		return BA_ERR_NOT_FOUND;
	}
	if (value != NULL)
		r = ba_buf_append(value, e->value, e->len);
	if (r != BA_OK)
		return r;
	if (expiresp != NULL)
		*expiresp = e->expires;
	if (kindp != NULL)
		*kindp = e->kind;
	return BA_OK;
}

int
ba_memory_put(struct ba_memory *m, const unsigned char name[BA_STORE_NAME_LEN],
    enum ba_memory_kind kind, const void *value, size_t value_len,
    int64_t expires)
{
	struct entry *e;

	ba_memory_delete(m, name);
	if (value_len > BA_STORE_VALUE_MAX)
		return BA_ERR_LIMIT;
	while (m->entries > 0 && (m->entries >= m->max_entries ||
				     m->bytes + value_len > BA_MEMORY_BYTES))
		drop(m, TAILQ_FIRST(&m->ages));
	e = malloc(sizeof(*e) + value_len);
	if (e == NULL)
		return BA_ERR_NOMEM;
	memcpy(e->name, name, sizeof(e->name));
	e->kind = kind;
	e->expires = expires;
	e->len = value_len;
	if (value_len > 0)
		memcpy(e->value, value, value_len);
	LIST_INSERT_HEAD(bucket_of(m, name), e, bucket);
	TAILQ_INSERT_TAIL(&m->ages, e, age);
	m->entries++;
	m->bytes += value_len;
	return BA_OK;
}

void
ba_memory_delete(
    struct ba_memory *m, const unsigned char name[BA_STORE_NAME_LEN])
{
	struct entry *e;

	e = find(m, name);
	if (e != NULL)
		drop(m, e);
}
