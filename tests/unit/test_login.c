/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/json/json.h"

#include "broker/login.h"

#define ID   "00112233445566778899aabbccddeeff"
#define NOW  INT64_C(1700000000)
#define PEER 0

static int
setup(void **state)
{
	const struct ba_store_options options = { .path = NULL };
	struct ba_store *store;

	if (ba_store_open(&options, &store) != BA_OK)
		return -1;
	*state = store;
	return 0;
}

static int
teardown(void **state)
{
	ba_store_close(*state);
	return 0;
}

static json_t *
claims_of(const char *text)
{
	json_t *o;

	assert_int_equal(ba_json_parse(text, strlen(text), &o), BA_OK);
	return o;
}

static void
put(struct ba_store *store, const char *text, int64_t exp)
{
	json_t *claims = claims_of(text);

	assert_int_equal(ba_login_put(store, PEER, ID, "sshd", "alice", false,
			     claims, NOW, exp, BA_REACH_PROCESS),
	    BA_OK);
	json_decref(claims);
}

static int
get(struct ba_store *store, const char *id, const char *service,
    const char *user, int64_t now)
{
	bool introspected = true;
	json_t *claims;
	int r;

	r = ba_login_get(
	    store, PEER, id, service, user, now, &introspected, &claims);
	assert_int_equal(r == BA_OK, claims != NULL);
	assert_false(introspected);
	json_decref(claims);
	return r;
}

static void
comes_back_as_it_was(void **state)
{
	/* As deep as a token's claims may be (BA_JSON_DEPTH_MAX). */
	static const char text[] =
	    "{\"sub\":\"a\\nb\",\"exp\":1700000300,\"x\":"
	    "[[[[[[[[[[[[[[[1.5]]]]]]]]]]]]]]]}";
	json_t *before = claims_of(text), *after;
	bool introspected;

	put(*state, text, NOW + 300);
	assert_int_equal(ba_login_get(*state, PEER, ID, "sshd", "alice",
			     NOW + 1, &introspected, &after),
	    BA_OK);
	assert_true(json_equal(before, after));
	json_decref(before);
	json_decref(after);
}

/*
 * V48: claims of an issuer's answer are judged as such in the account phase,
 * and a token's own are not.
 */
static void
V48_whose_claims_they_were(void **state)
{
	static const bool cases[] = { true, false };
	json_t *claims = claims_of("{\"sub\":\"1\"}"), *after;
	bool introspected;
	size_t i;

	for (i = 0; i < 2; i++) {
		introspected = !cases[i];
		assert_int_equal(
		    ba_login_put(*state, PEER, ID, "sshd", "alice", cases[i],
			claims, NOW, NOW + 300, BA_REACH_PROCESS),
		    BA_OK);
		assert_int_equal(ba_login_get(*state, PEER, ID, "sshd", "alice",
				     NOW, &introspected, &after),
		    BA_OK);
		assert_int_equal(introspected, cases[i]);
		json_decref(after);
	}
	json_decref(claims);
}

/* V48: one login's record is good for nothing else. */
static void
V48_only_for_itself(void **state)
{
	put(*state, "{\"sub\":\"1\"}", NOW + 300);
	assert_int_equal(get(*state, ID, "sshd", "alice", NOW), BA_OK);
	assert_int_equal(
	    get(*state, ID, "su", "alice", NOW), BA_ERR_NOT_ALLOWED);
	assert_int_equal(
	    get(*state, ID, "sshd", "bob", NOW), BA_ERR_USER_MISMATCH);
	assert_int_equal(get(*state, "00112233445566778899aabbccddeefe", "sshd",
			     "alice", NOW),
	    BA_ERR_NO_LOGIN);
}

/* V51: the id is the client's to make; another client's is another login. */
static void
V51_only_for_who_asked(void **state)
{
	json_t *claims = claims_of("{\"sub\":\"2\"}"), *got;
	bool introspected;

	put(*state, "{\"sub\":\"1\"}", NOW + 300);
	assert_int_equal(ba_login_get(*state, 33, ID, "sshd", "alice", NOW,
			     &introspected, &got),
	    BA_ERR_NO_LOGIN);
	assert_int_equal(ba_login_put(*state, 33, ID, "smtp", "bob", false,
			     claims, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(get(*state, ID, "sshd", "alice", NOW), BA_OK);
	json_decref(claims);
}

/* V49: nobody fills the store with what a token may carry beside. */
static void
V49_a_record_has_a_limit(void **state)
{
	static const char around[] =
	    "{\"service\":\"sshd\",\"user\":\"alice\","
	    "\"introspected\":false}\n{\"scope\":\"\"}";
	const size_t room = BA_LOGIN_BYTES_MAX - (sizeof(around) - 1);
	char big[BA_LOGIN_BYTES_MAX + 1];
	json_t *claims = json_object();

	memset(big, 'x', sizeof(big) - 1);
	big[room + 1] = '\0';
	assert_int_equal(
	    json_object_set_new(claims, "scope", json_string(big)), 0);
	assert_int_equal(ba_login_put(*state, PEER, ID, "sshd", "alice", false,
			     claims, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_ERR_LIMIT);
	assert_int_equal(
	    get(*state, ID, "sshd", "alice", NOW), BA_ERR_NO_LOGIN);
	big[room] = '\0';
	assert_int_equal(
	    json_object_set_new(claims, "scope", json_string(big)), 0);
	assert_int_equal(ba_login_put(*state, PEER, ID, "sshd", "alice", false,
			     claims, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(get(*state, ID, "sshd", "alice", NOW), BA_OK);
	json_decref(claims);
}

/*
 * Entra ID sends up to 200 groups, each a GUID of 36 characters, and then none
 * at all: a login with that many is remembered.
 */
static void
the_longest_list_of_groups_fits(void **state)
{
	json_t *claims = json_object(), *groups = json_array(), *after;
	bool introspected;
	char text[64];
	int i;

	for (i = 0; i < 200; i++) {
		snprintf(
		    text, sizeof(text), "00000000-0000-0000-0000-%012d", i);
		assert_int_equal(strlen(text), 36);
		assert_int_equal(
		    json_array_append_new(groups, json_string(text)), 0);
	}
	assert_int_equal(json_object_set_new(claims, "groups", groups), 0);
	assert_int_equal(ba_login_put(*state, PEER, ID, "sshd", "alice", false,
			     claims, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(ba_login_get(*state, PEER, ID, "sshd", "alice", NOW,
			     &introspected, &after),
	    BA_OK);
	assert_true(json_equal(claims, after));
	json_decref(claims);
	json_decref(after);
}

/*
 * V49: records of the largest size, more than memory holds: the oldest go, the
 * newest stays, and nothing fails.
 */
static void
V49_the_largest_records_push_out_the_oldest(void **state)
{
	static char big[BA_LOGIN_BYTES_MAX - 100];
	json_t *claims = json_object();
	char id[40];
	int i;

	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(
	    json_object_set_new(claims, "scope", json_string(big)), 0);
	for (i = 0; i < 1200; i++) {
		snprintf(id, sizeof(id), "%032d", i);
		assert_int_equal(
		    ba_login_put(*state, PEER, id, "sshd", "alice", false,
			claims, NOW, NOW + 300, BA_REACH_PROCESS),
		    BA_OK);
	}
	json_decref(claims);
	assert_int_equal(get(*state, id, "sshd", "alice", NOW), BA_OK);
	snprintf(id, sizeof(id), "%032d", 0);
	assert_int_equal(
	    get(*state, id, "sshd", "alice", NOW), BA_ERR_NO_LOGIN);
}

/* Until the token ends, and a quarter of an hour at the most. */
static void
ends(void **state)
{
	put(*state, "{\"sub\":\"1\"}", NOW + 300);
	assert_int_equal(get(*state, ID, "sshd", "alice", NOW + 299), BA_OK);
	assert_int_equal(
	    get(*state, ID, "sshd", "alice", NOW + 300), BA_ERR_NO_LOGIN);
	put(*state, "{\"sub\":\"1\"}", NOW + 86400);
	assert_int_equal(
	    get(*state, ID, "sshd", "alice", NOW + BA_LOGIN_LIFE - 1), BA_OK);
	assert_int_equal(get(*state, ID, "sshd", "alice", NOW + BA_LOGIN_LIFE),
	    BA_ERR_NO_LOGIN);
}

/* A record that we cannot read says nothing about the token. */
static void
spoilt_records(void **state)
{
	static const struct {
		const char *value;
		int r;
	} cases[] = {
		{ "{\"service\":\"sshd\",\"user\":\"alice\"}\n{}", BA_OK },
		{ "{\"service\":\"sshd\",\"user\":\"alice\","
		  "\"introspected\":false}\n{}",
		    BA_OK },
		{ "{\"service\":\"sshd\",\"user\":\"alice\","
		  "\"introspected\":1}\n{}",
		    BA_ERR_STORE },
		{ "{\"service\":\"sshd\",\"user\":\"alice\","
		  "\"introspected\":true}\n{",
		    BA_ERR_STORE },
		{ "{\"service\":\"sshd\",\"user\":\"alice\"}", BA_ERR_STORE },
		{ "{\"service\":\"sshd\",\"user\":\"alice\"}\n", BA_ERR_STORE },
		{ "{\"service\":\"sshd\",\"user\":\"alice\"}\n{",
		    BA_ERR_STORE },
		{ "{\"service\":\"sshd\",\"user\":1}\n{}", BA_ERR_STORE },
		{ "{\"user\":\"alice\"}\n{}", BA_ERR_STORE },
		{ "\n{}", BA_ERR_STORE },
		{ "x", BA_ERR_STORE },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ba_store_put(*state, BA_SPACE_LOGIN, "0 " ID,
				     34, cases[i].value, strlen(cases[i].value),
				     NOW, NOW + 10, BA_REACH_PROCESS),
		    BA_OK);
		assert_int_equal(
		    get(*state, ID, "sshd", "alice", NOW), cases[i].r);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(comes_back_as_it_was),
		T(V48_whose_claims_they_were),
		T(V48_only_for_itself),
		T(V51_only_for_who_asked),
		T(V49_a_record_has_a_limit),
		T(the_longest_list_of_groups_fits),
		T(V49_the_largest_records_push_out_the_oldest),
		T(ends),
		T(spoilt_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
