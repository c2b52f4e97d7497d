/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "tests/differential/mutation.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- times ---------------------------------------------------------------- */

/* A second before, on and after each edge, whole and with fractions. */
static void
time_edge(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char *const fractions[] = { ".0", ".5", ".000001",
		".999999", "00e-2", "e0" };
	int64_t skew = d->issuer->skew;
	const int64_t edges[] = { d->now, d->now - skew, d->now + skew };
	int64_t t = edges[diff_below(&d->rng, COUNT(edges))] - 1 +
		    (int64_t)diff_below(&d->rng, 3);

	diff_set(&d->object[m->part], m->member, "%" PRId64 "%s", t,
	    diff_chance(&d->rng, 60)
		? ""
		: fractions[diff_below(&d->rng, COUNT(fractions))]);
}

static const char *const time_numbers[] = { "0", "1", "-1", "-0", "-0.0",
	"-0.5", "0.5", "1e-5", "1e0", "1.7e9", "17e8", "17000006e2",
	"2147483647", "2147483648", "4294967295", "4294967296",
	"9007199254740991", "9007199254740992", "9007199254740993",
	"9223372036854775807", "9223372036854775808", "18446744073709551616",
	"253402300799", "253402300799.5", "253402300800", "2.534023008e11",
	"1e12", "1e18", "1e19", "1e308", "1e309", "-1e309", "1e-400",
	"-9223372036854775808", "-9223372036854775809", "1700000000000",
	"99999999999999999999999999999999", "1699999999.99999999999999", NULL };
static const char *const time_types[] = { "null", "true", "false", "\"\"",
	"\"1700000600\"", "\"2030-01-01T00:00:00Z\"", "[]", "[1700000600]",
	"{}", "\"Infinity\"", NULL };
/* What no JSON parser should take for a number. */
static const char *const time_grammar[] = { "01700000600", "+1700000600",
	"1700000600.", ".5", "0x6553f100", "NaN", "Infinity", "-Infinity",
	"1_700_000_600", "1e", "1e+", "1,5", "1700000600L", "--1", "- 1",
	"\xd9\xa1\xd9\xa2", "undefined", "1700000600 1", NULL };

/* --- who and for whom ----------------------------------------------------- */

static const char *const iss_words[] = { "\"\"", "\"https://a.example.org\"",
	"\"https://a.example.org/\"", "\"https://A.example.org\"",
	"\"http://a.example.org\"", "\"https://a.example.org\\u0000\"",
	"\"https://a.example.org\\n\"", "\" https://a.example.org\"",
	"\"a.example.org\"", "\"https://a.example.org:443\"",
	"\"https://a.example.org.evil.org\"", "\"https://c.example.org\"",
	"\"https://c.example.org/\"", "\"https://b.example.org/realms/staff\"",
	"\"https://b.example.org/realms/../realms/staff\"",
	"\"https://b.example.org/realms/Staff\"", "\"https://hs.example.org\"",
	"\"https://login.example.org/{tenantid}/v2.0\"",
	"\"https://login.example.org/11111111-2222-3333-4444-555555555555"
	"/v2.0\"",
	"\"https://login.example.org/00000000-0000-0000-0000-000000000000"
	"/v2.0\"",
	"\"https://d.example.org/x\"", "\"https:\\/\\/a.example.org\"",
	"\"https://\\u0061.example.org\"", NULL };
static const char *const iss_types[] = { "null", "1", "true", "{}", "[]",
	"[\"https://a.example.org\"]",
	"[\"https://b.example.org/realms/staff\"]", NULL };
static const char *const aud_words[] = { "\"\"", "\"SSH.example.org\"",
	"\"ssh.example.org/\"", "\"ssh.example.or\"", "\"xssh.example.org\"",
	"\"ssh.example.org other.example\"", "\"ssh.example.org\\u0000\"",
	"\"other.example\"", "\"*\"", "\"s6BhdRkqt3\"", "\"ssh.example.org\"",
	"\"own.example.org\"", "\"api://c\"", "[\"other.example\"]", "[\"\"]",
	"[\"SSH.EXAMPLE.ORG\"]", NULL };
static const char *const aud_types[] = { "null", "1", "true", "{}", "[]",
	"[[\"ssh.example.org\"]]", "{\"0\":\"ssh.example.org\"}", "[null]",
	"[{}]", "[1]", NULL };
static const char *const aud_mixed[] = { "[\"ssh.example.org\",1]",
	"[null,\"ssh.example.org\"]", "[\"ssh.example.org\",[]]",
	"[{},\"own.example.org\"]", "[\"ssh.example.org\",\"x\\u0000\"]",
	"[\"ssh.example.org\",\"ssh.example.org\"]", NULL };
static const char *const word_types[] = { "null", "1", "true", "[]", "{}",
	"[\"alice\"]", "{\"a\":\"alice\"}", "1.5", NULL };
static const char *const names[] = { "\"root\"", "\"Root\"", "\"ROOT\"", "\"\"",
	"\"a/b\"", "\"..\"", "\".a\"", "\"-a\"", "\"a b\"", "\"alice\\n\"",
	"\"alice\\u0000\"", "\"\\u0430lice\"", "\"a..b\"", "\"@\"", "\"a@b@c\"",
	"\"alice\"", "\"\xc3\xa4\"", NULL };
static const char *const empty[] = { "\"\"", NULL };
static const char *const tids[] = { "\"\"", "null", "1", "[]",
	"\"11111111-2222-3333-4444-555555555555\"",
	"\"AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE\"",
	"\"aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee\"", "\"{tenantid}\"", NULL };

static void
client_as_audience(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_set(&d->object[m->part], "client_id", "\"%s\"", d->audience);
	if (diff_chance(&d->rng, 70))
		diff_set(&d->object[m->part], "nonce", "\"n-0S6_WzA2Mj\"");
	if (diff_chance(&d->rng, 50))
		diff_remove(&d->object[m->part], "scope");
}

/* --- what an access token does not hold ----------------------------------- */

static const char *const cnf_values[] = {
	"{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
	"{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}",
	"{\"kid\":\"x\"}", "{}", "null", "\"\"", "false", "[]", NULL
};

static void
another_kind(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char *const signs[][2] = {
		{ "at_hash", "\"77QmUPtjPfzWtF2AnpK9RQ\"" },
		{ "c_hash", "\"LDktKdoQak3Pk0cnXxCltA\"" },
		{ "s_hash", "null" },
		{ "nonce", "\"n-0S6_WzA2Mj\"" },
		{ "events",
		    "{\"http://schemas.openid.net/event/backchannel-logout\""
		    ":{}}" },
		{ "token_introspection", "{\"active\":true}" },
		{ "htm", "\"POST\"" },
		{ "htu", "\"https://example.org/\"" },
		{ "typ", "\"ID\"" },
		{ "typ", "\"Refresh\"" },
		{ "typ", "\"Bearer\"" },
		{ "typ", "1" },
	};
	size_t i = diff_below(&d->rng, COUNT(signs));

	diff_set(&d->object[m->part], signs[i][0], "%s", signs[i][1]);
}

static const char *const scope_values[] = { "\"\"", "\"LOGIN\"", "\"login2\"",
	"\"xlogin\"", "\"openid,login\"", "\"openid\\tlogin\"", "\"login\"",
	"\"  login  \"", "[\"login\"]", "[\"openid login\"]", "[\"login\",1]",
	"[]", "null", "1", "{}", "\"log\\u0069n\"", "\"login\\u0000\"", NULL };

static void
no_scope(struct diff_draft *d, const struct diff_mutation *m)
{
	diff_remove(&d->object[m->part], "scope");
	diff_remove(&d->object[m->part], "scp");
}

/* --- size, depth, spelling ------------------------------------------------ */

static void
longest(struct diff_draft *d, const struct diff_mutation *m)
{
	static const char *const which[] = { "sub", "client_id", "jti" };
	char s[1100];
	size_t n = 1020 + diff_below(&d->rng, 8);

	memset(s, 's', n);
	s[n] = '\0';
	diff_set(
	    &d->object[m->part], which[diff_below(&d->rng, 3)], "\"%s\"", s);
}

/* Around 64 KiB in all. */
static void
huge(struct diff_draft *d, const struct diff_mutation *m)
{
	size_t n = 48000 + diff_below(&d->rng, 1400);
	char *s = malloc(n + 1);

	if (s == NULL)
		diff_die("out of memory");
	memset(s, 'x', n);
	s[n] = '\0';
	diff_set(&d->object[m->part], "pad", "\"%s\"", s);
	free(s);
}

static void
nested(struct diff_draft *d, const struct diff_mutation *m)
{
	static const size_t depths[] = { 1, 14, 15, 16, 17, 100, 1000, 3000 };
	size_t i, n = depths[diff_below(&d->rng, COUNT(depths))];
	bool array = diff_chance(&d->rng, 50);
	struct diff_text t = { NULL, 0, 0 };

	for (i = 0; i < n; i++)
		diff_puts(&t, array ? "[" : "{\"a\":");
	diff_puts(&t, "1");
	for (i = 0; i < n; i++)
		diff_puts(&t, array ? "]" : "}");
	diff_set(&d->object[m->part], "nested", "%s", t.p);
	diff_free(&t);
}

/* The same name in other letters is another name. */
static void
other_case(struct diff_draft *d, const struct diff_mutation *m)
{
	struct diff_object *o = &d->object[m->part];
	struct diff_member *it;
	size_t i;

	if (o->n == 0)
		return;
	it = &o->m[diff_below(&d->rng, o->n)];
	for (i = 1; it->name[i] != '\0'; i++)
		if (it->name[i] >= 'a' && it->name[i] <= 'z' &&
		    diff_chance(&d->rng, 60))
			it->name[i] = (char)(it->name[i] - 'a' + 'A');
}

static const char *const number_range[] = { "1e309", "-1e400", "1e99999",
	"99999999999999999999", "-9223372036854775809", "9223372036854775808",
	"1e-400", "1e308", "9223372036854775807", NULL };
static const char *const surrogates[] = { "\"\\ud800\"", "\"\\udc00\"",
	"\"\\ud83d\\ud83d\"", "\"\\udc1f\\ud83d\"", "\"\\ud800x\"",
	"{\"\\ud800\":1}", "\"\\ud83d\\udc1f\"", NULL };
static const char *const nuls[] = { "\"\\u0000\"", "\"a\\u0000b\"",
	"{\"\\u0000\":1}", "[\"\\u0000\"]", NULL };
static const char *const inner_twice[] = { "{\"a\":1,\"a\":1}",
	"[{\"a\":1,\"a\":2}]", "{\"x\":{\"\":1,\"\":1}}",
	"{\"a\":1,\"\\u0061\":1}", NULL };
static const char *const proto[] = { "{}", "null", "{\"exp\":1}",
	"{\"cnf\":{}}", NULL };

#define CLAIM(name, apply, member, values)                                     \
	{                                                                      \
		name, DIFF_AT_MEMBERS, apply, DIFF_PAYLOAD, member, values     \
	}

const struct diff_mutation diff_mutate_payload[] = {
	CLAIM("exp-edge", time_edge, "exp", NULL),
	CLAIM("exp-number", diff_member_set, "exp", time_numbers),
	CLAIM("exp-type", diff_member_set, "exp", time_types),
	CLAIM("exp-grammar", diff_member_set, "exp", time_grammar),
	CLAIM("exp-missing", diff_member_drop, "exp", NULL),
	CLAIM("nbf-edge", time_edge, "nbf", NULL),
	CLAIM("nbf-number", diff_member_set, "nbf", time_numbers),
	CLAIM("nbf-type", diff_member_set, "nbf", time_types),
	CLAIM("nbf-grammar", diff_member_set, "nbf", time_grammar),
	CLAIM("iat-edge", time_edge, "iat", NULL),
	CLAIM("iat-number", diff_member_set, "iat", time_numbers),
	CLAIM("iat-type", diff_member_set, "iat", time_types),
	CLAIM("iat-grammar", diff_member_set, "iat", time_grammar),
	CLAIM("iat-missing", diff_member_drop, "iat", NULL),
	CLAIM("iss-word", diff_member_set, "iss", iss_words),
	CLAIM("iss-type", diff_member_set, "iss", iss_types),
	CLAIM("iss-missing", diff_member_drop, "iss", NULL),
	CLAIM("aud-word", diff_member_set, "aud", aud_words),
	CLAIM("aud-type", diff_member_set, "aud", aud_types),
	CLAIM("aud-mixed", diff_member_set, "aud", aud_mixed),
	CLAIM("aud-missing", diff_member_drop, "aud", NULL),
	CLAIM("aud-client", client_as_audience, NULL, NULL),
	CLAIM("sub-word", diff_member_set, "sub", names),
	CLAIM("sub-type", diff_member_set, "sub", word_types),
	CLAIM("sub-missing", diff_member_drop, "sub", NULL),
	CLAIM("client-word", diff_member_set, "client_id", empty),
	CLAIM("client-type", diff_member_set, "client_id", word_types),
	CLAIM("client-missing", diff_member_drop, "client_id", NULL),
	CLAIM("jti-word", diff_member_set, "jti", empty),
	CLAIM("jti-type", diff_member_set, "jti", word_types),
	CLAIM("jti-missing", diff_member_drop, "jti", NULL),
	CLAIM("name-word", diff_member_set, "preferred_username", names),
	CLAIM("name-type", diff_member_set, "preferred_username", word_types),
	CLAIM("name-missing", diff_member_drop, "preferred_username", NULL),
	CLAIM("tid-word", diff_member_set, "tid", tids),
	CLAIM("tid-missing", diff_member_drop, "tid", NULL),
	CLAIM("cnf", diff_member_set, "cnf", cnf_values),
	CLAIM("kind", another_kind, NULL, NULL),
	CLAIM("scope-word", diff_member_set, "scope", scope_values),
	CLAIM("scp-word", diff_member_set, "scp", scope_values),
	CLAIM("scope-missing", no_scope, NULL, NULL),
	CLAIM("claim-long", longest, NULL, NULL),
	CLAIM("claim-twice", diff_member_twice, NULL, NULL),
	CLAIM("claim-case", other_case, NULL, NULL),
	CLAIM("inner-twice", diff_member_set, "x", inner_twice),
	CLAIM("nested", nested, NULL, NULL),
	CLAIM("number-range", diff_member_set, "n", number_range),
	CLAIM("number-grammar", diff_member_set, "n", time_grammar),
	CLAIM("surrogate", diff_member_set, "s", surrogates),
	CLAIM("escaped-nul", diff_member_set, "s", nuls),
	CLAIM("proto", diff_member_set, "__proto__", proto),
	CLAIM("huge", huge, NULL, NULL),
	{ NULL, DIFF_AT_MEMBERS, NULL, DIFF_PAYLOAD, NULL, NULL },
};
