/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/policy/authz.h"
#include "common/policy/map.h"

#define ISSUER "[issuer https://i.example]\nusername = sub\naudience = a\n"
#define SERVICE                                                                \
	"[service imap]\nissuer = https://i.example\naccounts = virtual\n"

/* What was reported: "LINE: TEXT" a line each. */
static char said[8192];

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	size_t n = strlen(said);

	(void)arg;
	(void)file;
	snprintf(said + n, sizeof(said) - n, "%u: %s\n", line, text);
}

static const struct ba_config_report report = { problem, NULL };

static int
read_config(const char *lines, struct ba_config **configp)
{
	char text[4096];

	said[0] = '\0';
	snprintf(text, sizeof(text), "%s%s%s", ISSUER, SERVICE, lines);
	return ba_config_parse("t", text, strlen(text), &report, configp);
}

static struct ba_config *
good_config(const char *lines)
{
	struct ba_config *config;

	if (read_config(lines, &config) != BA_OK)
		fail_msg("%s", said);
	assert_string_equal(said, "");
	return config;
}

/* --- the keys ------------------------------------------------------------- */

static void
the_keys_of_a_sasl_service(void **state)
{
	struct ba_config *c = good_config("");

	(void)state;
	assert_int_equal(c->services[0].authzid, BA_AUTHZID_EQUAL);
	assert_null(c->services[0].shared_map_file);
	assert_null(c->services[0].shared_map);
	assert_int_equal(c->services[0].shared_claim.n, 0);
	assert_int_equal(c->services[0].host.n, 0);
	assert_int_equal(c->services[0].port.n, 0);
	ba_config_free(c);
	c = good_config("authzid = equal\n");
	assert_int_equal(c->services[0].authzid, BA_AUTHZID_EQUAL);
	ba_config_free(c);
	c = good_config("authzid = proxy\nhost = mail.example.org ::1\n"
			"port = 143 1 65535\n");
	assert_int_equal(c->services[0].authzid, BA_AUTHZID_PROXY);
	assert_int_equal(c->services[0].host.n, 2);
	assert_string_equal(c->services[0].host.v[1], "::1");
	assert_int_equal(c->services[0].port.n, 3);
	assert_string_equal(c->services[0].port.v[2], "65535");
	ba_config_free(c);
	c = good_config("authzid = shared\nshared_map = /etc/m\n"
			"shared_claim = mail.shared boxes\n");
	assert_int_equal(c->services[0].authzid, BA_AUTHZID_SHARED);
	assert_string_equal(c->services[0].shared_map_file, "/etc/m");
	assert_int_equal(c->services[0].shared_map_where.line, 8);
	assert_int_equal(c->services[0].shared_claim.n, 2);
	ba_config_free(c);
}

/* Each with the one defect, and repaired. */
static void
a_bad_key_and_its_twin(void **state)
{
	static const struct {
		const char *bad, *good, *says;
	} table[] = {
		{ "authzid = same\n", "authzid = equal\n",
		    "7: authzid = same is unknown" },
		{ "authzid = shared\n",
		    "authzid = shared\nshared_claim = boxes\n",
		    "7: authzid = shared shares nothing" },
		{ "shared_map = /m\n", "shared_map = /m\nauthzid = shared\n",
		    "7: shared_map = is for authzid = shared" },
		{ "authzid = proxy\nshared_claim = b\n",
		    "authzid = shared\nshared_claim = b\n",
		    "8: shared_claim = is for authzid = shared" },
		{ "authzid = shared\nshared_map = m\n",
		    "authzid = shared\nshared_map = /m\n", "8: " },
		{ "authzid = shared\nshared_claim = a..b\n",
		    "authzid = shared\nshared_claim = a.b\n", "8: " },
		{ "host = Mail.example.org\n", "host = mail.example.org\n",
		    "7: 'Mail.example.org' is no host" },
		{ "host = mail/x\n", "host = mail-x\n", "'mail/x' is no host" },
		{ "port = 0\n", "port = 1\n", "7: '0' is no port" },
		{ "port = 0143\n", "port = 143\n", "'0143' is no port" },
		{ "port = 65536\n", "port = 65535\n", "'65536' is no port" },
		{ "port = 143 imap\n", "port = 143 993\n",
		    "'imap' is no port" },
		{ "port = -1\n", "port = 10\n", "'-1' is no port" },
	};
	struct ba_config *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(read_config(table[i].bad, &c), BA_ERR_CONFIG);
		if (strstr(said, table[i].says) == NULL)
			fail_msg("%s: %s", table[i].bad, said);
		ba_config_free(good_config(table[i].good));
	}
}

/* --- who may be whom ------------------------------------------------------ */

static struct ba_arena *arena;

static const struct ba_map *
map_of(const char *text)
{
	const struct ba_map *map;

	said[0] = '\0';
	if (ba_map_parse_shared(
		arena, "m", text, strlen(text), &report, &map) != BA_OK)
		fail_msg("%s", said);
	assert_string_equal(said, "");
	return map;
}

static int
setup(void **state)
{
	(void)state;
	arena = ba_arena_new();
	return arena == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	ba_arena_free(arena);
	return 0;
}

static void
SA06_only_oneself_without_shared(void **state)
{
	struct ba_service s = { .accounts = BA_ACCOUNTS_VIRTUAL };
	json_t *claims = json_pack("{s:[s]}", "boxes", "sales");
	struct ba_claim_path path;

	(void)state;
	assert_int_equal(ba_claim_path_parse(arena, "boxes", &path), BA_OK);
	s.shared_claim.v = &path;
	s.shared_claim.n = 1;
	s.shared_map = map_of("alice sales\n");
	assert_int_equal(ba_authz(&s, claims, "alice", "alice"), BA_OK);
	assert_int_equal(
	    ba_authz(&s, claims, "alice", "sales"), BA_ERR_AUTHZID);
	s.authzid = BA_AUTHZID_PROXY;
	assert_int_equal(
	    ba_authz(&s, claims, "alice", "sales"), BA_ERR_AUTHZID);
	s.authzid = BA_AUTHZID_SHARED;
	assert_int_equal(ba_authz(&s, claims, "alice", "sales"), BA_OK);
	json_decref(claims);
}

static void
SA06_shared_by_the_map(void **state)
{
	static const struct {
		const char *person, *user;
		int err;
	} table[] = {
		{ "alice", "sales@example.org", BA_OK },
		{ "alice", "info@example.org", BA_OK },
		{ "bob", "info@example.org", BA_OK },
		{ "bob", "bob", BA_OK },
		{ "bob", "sales@example.org", BA_ERR_AUTHZID },
		{ "carol", "info@example.org", BA_ERR_AUTHZID },
		{ "alice", "Info@example.org", BA_ERR_AUTHZID },
		{ "alice", "info@example.or", BA_ERR_AUTHZID },
		{ "alice", "bob", BA_ERR_AUTHZID },
		{ "info@example.org", "alice", BA_ERR_AUTHZID },
		{ "alice", "root", BA_ERR_AUTHZID },
		{ "alice", "", BA_ERR_AUTHZID },
	};
	struct ba_service s = { .authzid = BA_AUTHZID_SHARED,
		.accounts = BA_ACCOUNTS_VIRTUAL };
	size_t i;

	(void)state;
	s.shared_map = map_of("# who may read what\n"
			      "alice sales@example.org\n"
			      "alice\tinfo@example.org \n\n"
			      "bob info@example.org");
	assert_int_equal(ba_map_count(s.shared_map), 3);
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(
		    ba_authz(&s, NULL, table[i].person, table[i].user),
		    table[i].err);
	/* Of the other grammar there is no mailbox here. */
	s.accounts = BA_ACCOUNTS_LOCAL;
	assert_int_equal(
	    ba_authz(&s, NULL, "alice", "sales@example.org"), BA_ERR_AUTHZID);
	s.shared_map = map_of("alice sales\n");
	assert_int_equal(ba_authz(&s, NULL, "alice", "sales"), BA_OK);
}

static void
a_map_that_was_not_read_is_no_refusal(void **state)
{
	struct ba_service s = { .authzid = BA_AUTHZID_SHARED,
		.accounts = BA_ACCOUNTS_VIRTUAL,
		.shared_map_file = "/m" };

	(void)state;
	assert_int_equal(ba_authz(&s, NULL, "alice", "sales"), BA_ERR_CONFIG);
	assert_int_equal(ba_authz(&s, NULL, "alice", "alice"), BA_OK);
	s.shared_map = map_of("bob sales\n");
	assert_int_equal(ba_authz(&s, NULL, "alice", "sales"), BA_ERR_AUTHZID);
	assert_int_equal(ba_authz(&s, NULL, "bob", "sales"), BA_OK);
}

static void
SA06_shared_by_a_claim(void **state)
{
	static const struct {
		const char *claims, *user;
		int err;
	} table[] = {
		{ "{\"boxes\":[\"info\",\"sales\"]}", "sales", BA_OK },
		{ "{\"boxes\":[\"info\"]}", "sales", BA_ERR_AUTHZID },
		{ "{\"boxes\":\"sales\"}", "sales", BA_OK },
		{ "{\"boxes\":\"info sales\"}", "sales", BA_ERR_AUTHZID },
		{ "{\"boxes\":[\"info sales\"]}", "sales", BA_ERR_AUTHZID },
		{ "{\"boxes\":[\"Sales\"]}", "sales", BA_ERR_AUTHZID },
		{ "{\"boxes\":[\"sales\",1]}", "sales", BA_ERR_AUTHZID },
		{ "{\"boxes\":{\"sales\":true}}", "sales", BA_ERR_AUTHZID },
		{ "{\"boxes\":true}", "sales", BA_ERR_AUTHZID },
		{ "{\"other\":[\"sales\"]}", "sales", BA_ERR_AUTHZID },
		{ "{\"more\":{\"boxes\":[\"sales\"]}}", "sales", BA_OK },
		{ "{\"boxes\":[\"root\"]}", "root", BA_ERR_AUTHZID },
		{ "{\"boxes\":[\"../x\"]}", "../x", BA_ERR_AUTHZID },
		{ "{}", "alice", BA_OK },
	};
	struct ba_service s = { .authzid = BA_AUTHZID_SHARED,
		.accounts = BA_ACCOUNTS_VIRTUAL };
	struct ba_claim_path paths[2];
	json_t *claims;
	size_t i;

	(void)state;
	assert_int_equal(ba_claim_path_parse(arena, "boxes", &paths[0]), BA_OK);
	assert_int_equal(
	    ba_claim_path_parse(arena, "more.boxes", &paths[1]), BA_OK);
	s.shared_claim.v = paths;
	s.shared_claim.n = 2;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		claims = json_loads(table[i].claims, 0, NULL);
		assert_non_null(claims);
		assert_int_equal(
		    ba_authz(&s, claims, "alice", table[i].user), table[i].err);
		json_decref(claims);
	}
}

/* V36: an issuer whose claim lists another one's service account. */
static void
V36_a_mapped_name_is_shared_by_no_claim(void **state)
{
	static const char text[] = "https://i.example 4711 sales\n";
	struct ba_config *c =
	    good_config("authzid = shared\nshared_claim = boxes\n");
	const struct ba_service *s = &c->services[0];
	json_t *claims =
	    json_loads("{\"boxes\":[\"sales\",\"info\"]}", 0, NULL);

	(void)state;
	assert_int_equal(ba_authz(s, claims, "alice", "sales"), BA_OK);
	said[0] = 0;
	c->issuers[0].map_file = "m";
	assert_int_equal(ba_map_parse(arena, c, "m", text, sizeof(text) - 1,
			     &report, &c->issuers[0].map),
	    BA_OK);
	assert_int_equal(ba_authz(s, claims, "alice", "sales"), BA_ERR_AUTHZID);
	assert_int_equal(ba_authz(s, claims, "alice", "info"), BA_OK);
	/* It is whose it is. */
	assert_int_equal(ba_authz(s, claims, "sales", "sales"), BA_OK);
	json_decref(claims);
	ba_config_free(c);
}

/* --- the map's lines ------------------------------------------------------ */

static void
a_bad_line_of_a_shared_map_and_its_twin(void **state)
{
	static const struct {
		const char *bad, *good, *says;
	} table[] = {
		{ "alice\n", "alice sales\n", "1: a line has two words" },
		{ "alice sales info\n", "alice sales\n",
		    "1: a line has two words" },
		{ "alice Sales\n", "alice sales\n", "'Sales' is no user name" },
		{ "Alice sales\n", "alice sales\n", "'Alice' is no user name" },
		{ "alice root\n", "alice rooty\n", "'root' is no user name" },
		{ "root sales\n", "boot sales\n", "'root' is no user name" },
		{ "alice \"sales\"\n", "alice sales\n", "is no user name" },
		{ "alice sales\nalice sales\n", "alice sales\nbob sales\n",
		    "2: mailbox 'sales' of this person stands already in line "
		    "1: remove one" },
		{ "alice s\x01\n", "alice s1\n", "1: not plain text" },
		/* A name of one grammar alone will do. */
		{ "alice -sales\n", "alice _sales\n", "is no user name" },
		{ "alice sales.\n", "alice sa.les\n", "is no user name" },
	};
	const struct ba_map *map;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		said[0] = '\0';
		assert_int_equal(ba_map_parse_shared(arena, "m", table[i].bad,
				     strlen(table[i].bad), &report, &map),
		    BA_ERR_CONFIG);
		assert_null(map);
		if (strstr(said, table[i].says) == NULL)
			fail_msg("%s", said);
		assert_non_null(map_of(table[i].good));
	}
	assert_int_equal(ba_map_count(map_of("")), 0);
}

static void
write_text(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
	assert_int_equal(chmod(path, 0640), 0);
}

/* As the broker loads it: by the same rules as any map. */
static void
PM11_the_map_is_read_with_the_configuration(void **state)
{
	char dir[] = "/tmp/ba-test.XXXXXX", path[64], map[64], text[1024];
	struct ba_config *c;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/c", dir);
	snprintf(map, sizeof(map), "%s/m", dir);
	snprintf(text, sizeof(text),
	    ISSUER SERVICE "authzid = shared\nshared_map = %s\n", map);
	write_text(dir, "c", text);
	said[0] = '\0';
	assert_int_not_equal(
	    ba_config_load(path, getuid(), &report, &c), BA_OK);
	assert_non_null(strstr(said, "8: shared_map = "));
	write_text(dir, "m", "alice\n");
	said[0] = '\0';
	assert_int_equal(
	    ba_config_load(path, getuid(), &report, &c), BA_ERR_CONFIG);
	assert_non_null(strstr(said, "a line has two words"));
	write_text(dir, "m", "alice sales\n");
	assert_int_equal(chmod(map, 0666), 0);
	assert_int_not_equal(
	    ba_config_load(path, getuid(), &report, &c), BA_OK);
	assert_int_equal(chmod(map, 0640), 0);
	said[0] = '\0';
	assert_int_equal(ba_config_load(path, getuid(), &report, &c), BA_OK);
	assert_string_equal(said, "");
	assert_int_equal(
	    ba_authz(&c->services[0], NULL, "alice", "sales"), BA_OK);
	assert_int_equal(
	    ba_authz(&c->services[0], NULL, "bob", "sales"), BA_ERR_AUTHZID);
	ba_config_free(c);
	assert_int_equal(
	    ba_config_load_without_maps(path, getuid(), &report, &c), BA_OK);
	assert_int_equal(
	    ba_authz(&c->services[0], NULL, "alice", "sales"), BA_ERR_CONFIG);
	ba_config_free(c);
	assert_int_equal(unlink(map), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* --- this server? --------------------------------------------------------- */

static void
SA04_host_and_port_where_they_are_configured(void **state)
{
	static const struct {
		const char *host;
		uint32_t port;
		int err;
	} table[] = {
		{ NULL, 0, BA_OK },
		{ "mail.example.org", 0, BA_OK },
		{ "MAIL.Example.org", 143, BA_OK },
		{ "mail.example.org.", 993, BA_OK },
		{ "::1", 143, BA_OK },
		{ NULL, 143, BA_OK },
		{ NULL, 144, BA_ERR_HOST },
		{ NULL, 14, BA_ERR_HOST },
		{ NULL, 1430, BA_ERR_HOST },
		{ NULL, 4294967295, BA_ERR_HOST },
		{ "mail.example.org", 587, BA_ERR_HOST },
		{ "mail.example.com", 143, BA_ERR_HOST },
		{ "mail.example.or", 143, BA_ERR_HOST },
		{ "mail.example.orgx", 143, BA_ERR_HOST },
		{ "mail.example.org..", 143, BA_ERR_HOST },
		{ "xmail.example.org", 143, BA_ERR_HOST },
		{ ".", 143, BA_ERR_HOST },
		{ "x", 143, BA_OK },
		{ "x.", 143, BA_OK },
		{ "xmail.example.orgx", 143, BA_ERR_HOST },
		{ "mail", 143, BA_ERR_HOST },
		{ "", 143, BA_ERR_HOST },
	};
	struct ba_config *c =
	    good_config("host = mail.example.org ::1 x\nport = 143 993\n");
	struct ba_config *one =
	    good_config("host = mail.example.org\nport = 143\n");
	struct ba_config *any = good_config("");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(ba_authz_host(&c->services[0], table[i].host,
				     table[i].port),
		    table[i].err);
		assert_int_equal(ba_authz_host(&any->services[0], table[i].host,
				     table[i].port),
		    BA_OK);
	}
	/* A list of one is one. */
	assert_int_equal(ba_authz_host(&one->services[0], NULL, 143), BA_OK);
	assert_int_equal(
	    ba_authz_host(&one->services[0], NULL, 993), BA_ERR_HOST);
	assert_int_equal(
	    ba_authz_host(&one->services[0], "x", 143), BA_ERR_HOST);
	ba_config_free(c);
	ba_config_free(one);
	ba_config_free(any);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_keys_of_a_sasl_service),
		CASE(a_bad_key_and_its_twin),
		CASE(SA06_only_oneself_without_shared),
		CASE(SA06_shared_by_the_map),
		CASE(a_map_that_was_not_read_is_no_refusal),
		CASE(SA06_shared_by_a_claim),
		CASE(a_bad_line_of_a_shared_map_and_its_twin),
		CASE(PM11_the_map_is_read_with_the_configuration),
		CASE(V36_a_mapped_name_is_shared_by_no_claim),
		CASE(SA04_host_and_port_where_they_are_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
