/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_KEYS_SCENE_H
#define BA_TESTS_KEYS_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/oauth/keys.h"
#include "tests/unit/mint.h"

/*
 * Two issuers, a store in a folder of its own, brokers on it, and whatever
 * answers a test wants the issuer to give.
 */
#define NOW  INT64_C(1700000000)
#define HOST "https://id.example.org"
#define ISS  HOST "/staff"
#define ISS2 HOST "/guests/"
#define URI  HOST "/jwks"
#define CA   "/nowhere/ca.pem"
#define JSON "application/json"
#define NAME ISS "\0" CA "\0" /* in the store */

#define OIDC_URL  ISS "/.well-known/openid-configuration"
#define OAUTH_URL HOST "/.well-known/oauth-authorization-server/staff"
#define META      "{\"issuer\":\"" ISS "\",\"jwks_uri\":\"" URI "\"}"
#define EMPTY_SET "{\"keys\":[]}"

#define LIFE_MIN 300
#define LIFE_MAX 86400
#define STALE    43200

#define ALG BA_ALG_EDDSA

struct scene {
	char dir[64];
	char path[96]; /* of the store */
	char file[96]; /* for keys */
	struct ba_issuer issuer[2];
	struct ba_config config;
	unsigned lines; /* of the log, warnings and worse */
	unsigned notices;
	char last[BA_LOG_LINE_MAX]; /* warning or worse */
};
extern struct scene t;
extern const struct ba_log scene_log;

/* Pairs are slow to make: one lot for all tests. */
extern struct ba_mint *scene_mint[3];
extern char *jwks_1, *jwks_2, *jwks_3; /* of k1, k2, k3 */

int scene_begin(void **state);
int scene_end(void **state);
int scene_set_up(void **state);
int scene_tear_down(void **state);
#define SCENE(test)                                                            \
	cmocka_unit_test_setup_teardown(test, scene_set_up, scene_tear_down)

/* A broker: its own store on the shared file, its own keys. */
struct broker {
	struct ba_store *store;
	struct ba_keys *keys;
	struct ba_http_request request;
};

void start(struct broker *b, const char *path);
void start_without_store(struct broker *b);
void stop(struct broker *b);

/* Does it have a key of this kid now? */
bool has(struct broker *b, int64_t now, const char *kid);
bool has_none(struct broker *b, int64_t now);
enum ba_keys_state state_of(struct broker *b, int64_t now);
int begin(struct broker *b, int64_t now);
int begin_forced(struct broker *b, int64_t now);

struct answer {
	int err;
	unsigned status;
	const char *type; /* NULL: JSON */
	int64_t max_age;
	const char *etag; /* or NULL */
	const char *body; /* or NULL */
};
int feed_answer(struct broker *b, int64_t now, const struct answer *a);
/* 200, JSON, nothing else. */
int feed(struct broker *b, int64_t now, const char *body);
/* The status and no body. */
int feed_status(struct broker *b, int64_t now, unsigned status);
/* No answer at all. */
int feed_error(struct broker *b, int64_t now, int err);

/* A whole asking, whichever way it goes; its result. */
int ask(struct broker *b, int64_t now, const char *jwks);

/* Text under NAME. */
void put(
    struct broker *b, enum ba_space space, const char *value, int64_t expires);
/* A record there, of these keys, fetched then and fresh until then. */
void put_keys(
    struct broker *b, const char *jwks, int64_t fetched, int64_t fresh_until);

/* Set t.file to this text and mode, as a new file. */
void write_file(const char *text, mode_t mode);

#endif
