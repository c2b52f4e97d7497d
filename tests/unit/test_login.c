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

/* --- the session ------------------------------------------------------------ */

static const struct ba_process parent = { 4711, 123456789 };

static int
put_process(struct ba_store *store, const struct ba_process *p, int64_t exp)
{
	return ba_login_put_process(
	    store, PEER, p, ID, NOW, exp, BA_REACH_PROCESS);
}

static int
find(
    struct ba_store *store, uid_t peer, const struct ba_process *p, int64_t now)
{
	char id[BA_ID_LEN + 1] = "x";
	int r;

	r = ba_login_find(store, peer, p, now, id);
	assert_string_equal(id, r == BA_OK ? ID : "");
	return r;
}

/* A number alone is used again, and another peer's is not ours. */
static void
session_found_by_its_process(void **state)
{
	const struct ba_process other = { 4712, 123456789 };
	const struct ba_process later = { 4711, 123456790 };

	assert_int_equal(put_process(*state, &parent, NOW + 300), BA_OK);
	assert_int_equal(find(*state, PEER, &parent, NOW), BA_OK);
	assert_int_equal(find(*state, PEER, &other, NOW), BA_ERR_NO_LOGIN);
	assert_int_equal(find(*state, PEER, &later, NOW), BA_ERR_NO_LOGIN);
	assert_int_equal(find(*state, 33, &parent, NOW), BA_ERR_NO_LOGIN);
	/* The largest numbers have room in a name, too. */
	assert_int_equal(
	    put_process(*state, &(struct ba_process){ UINT64_MAX, UINT64_MAX },
		NOW + 300),
	    BA_OK);
	assert_int_equal(ba_login_put_process(*state, (uid_t)-2,
			     &(struct ba_process){ UINT64_MAX, UINT64_MAX - 1 },
			     ID, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(
	    find(*state, (uid_t)-2,
		&(struct ba_process){ UINT64_MAX, UINT64_MAX }, NOW),
	    BA_ERR_NO_LOGIN);
	assert_int_equal(
	    find(*state, (uid_t)-2,
		&(struct ba_process){ UINT64_MAX, UINT64_MAX - 1 }, NOW),
	    BA_OK);
}

static void
session_no_process_is_nobodys(void **state)
{
	const struct ba_process none = { 0, 0 };

	assert_int_equal(put_process(*state, &none, NOW + 300), BA_OK);
	assert_int_equal(find(*state, PEER, &none, NOW), BA_ERR_NO_LOGIN);
	/* Not even if such a record stood there. */
	assert_int_equal(
	    ba_store_put(*state, BA_SPACE_LOGIN, "0 process 0 0", 13, ID,
		BA_ID_LEN, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	assert_int_equal(find(*state, PEER, &none, NOW), BA_ERR_NO_LOGIN);
}

/* As the login's own record does. */
static void
session_process_ends(void **state)
{
	assert_int_equal(put_process(*state, &parent, NOW + 300), BA_OK);
	assert_int_equal(find(*state, PEER, &parent, NOW + 299), BA_OK);
	assert_int_equal(
	    find(*state, PEER, &parent, NOW + 300), BA_ERR_NO_LOGIN);
	assert_int_equal(put_process(*state, &parent, NOW + 86400), BA_OK);
	assert_int_equal(
	    find(*state, PEER, &parent, NOW + BA_LOGIN_LIFE - 1), BA_OK);
	assert_int_equal(
	    find(*state, PEER, &parent, NOW + BA_LOGIN_LIFE), BA_ERR_NO_LOGIN);
}

static void
session_spoilt_process(void **state)
{
	static const struct {
		const char *value;
		int r;
	} cases[] = {
		{ ID, BA_OK },
		{ ID "0", BA_ERR_STORE },
		{ "", BA_ERR_STORE },
		{ "00112233445566778899aabbccddeef", BA_ERR_STORE },
		{ "00112233445566778899aabbccddeefF", BA_ERR_STORE },
	};
	static const char name[] = "0 process 4711 123456789";
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    ba_store_put(*state, BA_SPACE_LOGIN, name, strlen(name),
			cases[i].value, strlen(cases[i].value), NOW, NOW + 10,
			BA_REACH_PROCESS),
		    BA_OK);
		assert_int_equal(find(*state, PEER, &parent, NOW), cases[i].r);
	}
}

static void
session_process_on_the_wire(void **state)
{
	static const unsigned char bytes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 248,
		249, 250, 251, 252, 253, 254, 255 };
	struct ba_process p = parent;
	struct ba_msg m = { .type = BA_MSG_SESSION };

	(void)state;
	ba_login_process(&m, &p);
	assert_true(p.pid == 0 && p.start == 0);
	m.field[BA_TAG_PROCESS].p = bytes;
	m.field[BA_TAG_PROCESS].n = sizeof(bytes);
	ba_login_process(&m, &p);
	assert_true(p.pid == UINT64_C(0x0001020304050607));
	assert_true(p.start == UINT64_C(0xf8f9fafbfcfdfeff));
}

static int
who(struct ba_store *store, const char *id, const char *service, size_t size)
{
	char user[16] = "x";
	json_t *claims;
	int r;

	r = ba_login_who(store, PEER, id, service, NOW, user, size, &claims);
	assert_string_equal(user, r == BA_OK ? "alice" : "");
	assert_int_equal(r == BA_OK, claims != NULL);
	json_decref(claims);
	return r;
}

/* Whoever the session's user is by now; of this service alone. */
static void
session_who_it_was(void **state)
{
	put(*state, "{\"sub\":\"1\"}", NOW + 300);
	assert_int_equal(who(*state, ID, "sshd", 6), BA_OK);
	assert_int_equal(who(*state, ID, "sshd", 5), BA_ERR_STORE);
	assert_int_equal(who(*state, ID, "su", 16), BA_ERR_NOT_ALLOWED);
	assert_int_equal(
	    who(*state, "00112233445566778899aabbccddeefe", "sshd", 16),
	    BA_ERR_NO_LOGIN);
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
		T(session_found_by_its_process),
		T(session_no_process_is_nobodys),
		T(session_process_ends),
		T(session_spoilt_process),
		T(session_process_on_the_wire),
		T(session_who_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
