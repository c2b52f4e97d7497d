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

#include <cmocka.h>
#include <openssl/evp.h>

#include "common/base/log.h"
#include "common/jose/jws.h"
#include "common/json/json.h"
#include "common/policy/map.h"
#include "common/verify.h"
#include "tests/unit/mint.h"

#define NOW     INT64_C(1700000000)
#define ISS_A   "https://a.example"
#define ISS_B   "https://b.example/realms/x"
#define ISS_C   "https://c.example"
#define ISS_K   "https://kc.example/realms/staff"
#define ISS_T   "https://login.example/"
#define ISS_S   "https://s.example"
#define ISS_M   "https://m.example"
#define T1      "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"
#define T2      "9188040d-6c67-4c5b-b112-36a304b66dad"
#define ISS_I   "https://i.example/asked"
#define ISS_J   "https://j.example"
#define I       8 /* their indexes */
#define J       9
#define ISSUERS 10
#define N(a)    (sizeof(a) / sizeof((a)[0]))
#define CLAIM_K "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"

static const char config_text[] =
    "[issuer " ISS_A "]\n"
    "audience = ssh.example.org also.example.org\n"
    "username = preferred_username\n"
    "[issuer " ISS_B "]\n"
    "audience = ssh.example.org\n"
    "username = sub\n"
    "algorithms = ES256\n"
    "clock_skew = 0\n"
    "[issuer " ISS_C "]\n"
    "audience = ssh.example.org\n"
    "username = sub\n"
    "[issuer " ISS_K "]\n"
    "profile = legacy\n"
    "audience = ssh.example.org\n"
    "username = preferred_username\n"
    "[issuer " ISS_T "{tenantid}/v2.0]\n"
    "tenant = " T1 " " T2 "\n"
    "profile = legacy\n"
    "audience = ssh.example.org\n"
    "username = preferred_username\n"
    "[issuer " ISS_S "]\n"
    "symmetric_key_file = /etc/bearerauth/s.jwk\n"
    "audience = ssh.example.org\n"
    "username = preferred_username\n"
    "[issuer " ISS_M "]\n"
    "map_file = /etc/bearerauth/users.map\n"
    "audience = ssh.example.org\n"
    "username = preferred_username\n"
    "[issuer " ISS_I "]\n"
    "verify = introspection\n"
    "client_id = rs\n"
    "client_secret_file = /etc/bearerauth/i.secret\n"
    "audience = ssh.example.org\n"
    "username = preferred_username\n"
    "[issuer " ISS_J "]\n"
    "verify = jwt+introspection\n"
    "client_id = rs\n"
    "client_secret_file = /etc/bearerauth/j.secret\n"
    "audience = ssh.example.org\n"
    "username = preferred_username\n"
    "[service sshd]\n"
    "issuer = " ISS_A " " ISS_B "\n"
    "require_scope = login\n"
    "[service su]\n"
    "issuer = " ISS_A "\n"
    "require_scope = login admin\n"
    "min_uid = 500\n"
    "[service smtp]\n"
    "issuer = " ISS_A "\n"
    "accounts = virtual\n"
    "[service other]\n"
    "issuer = " ISS_C "\n"
    "[service legacy]\n"
    "issuer = " ISS_K " " ISS_T "{tenantid}/v2.0\n"
    "[service secret]\n"
    "issuer = " ISS_S "\n"
    "[service mapped]\n"
    "issuer = " ISS_M "\n"
    "[service mail]\n"
    "issuer = " ISS_M "\n"
    "accounts = virtual\n"
    "[service asked]\n"
    "issuer = " ISS_A " " ISS_I " " ISS_J "\n"
    "opaque_issuer = " ISS_I "\n"
    "require_scope = login\n"
    "[service both]\n"
    "issuer = " ISS_J "\n"
    "opaque_issuer = " ISS_J "\n"
    "require_scope = login\n"
    "[service both-known]\n"
    "issuer = " ISS_J "\n"
    "allow_client = cli\n"
    "[service closed]\n"
    "issuer = " ISS_I " " ISS_J "\n"
    "[service device]\n"
    "issuer = " ISS_A " " ISS_I "\n"
    "device_issuer = " ISS_I "\n"
    "opaque_issuer = " ISS_I "\n"
    "require_scope = login\n"
    "[service other-device]\n"
    "issuer = " ISS_I " " ISS_J "\n"
    "device_issuer = " ISS_J "\n"
    "opaque_issuer = " ISS_I "\n"
    "require_scope = login\n"
    "[service device-alone]\n"
    "issuer = " ISS_I "\n"
    "device_issuer = " ISS_I "\n"
    "[service strict]\n"
    "issuer = " ISS_A " " ISS_K "\n"
    "audience = strict.example.org\n"
    "require_scope = login\n"
    "allow_client = cli app\n"
    "group_claim = realm_access.roles groups\n"
    "require_group = staff\n"
    "allow_group = admins operators\n"
    "allow_acr = 2 3\n"
    "require_amr = pwd otp\n"
    "max_auth_age = 3600\n"
    "max_lifetime = 900\n"
    "max_token_age = 600\n"
    "allow_network = 192.0.2.0/24 2001:db8::/32\n";

/* The map that M's map_file stands for. */
static const char map_text[] =
    ISS_M " 4711 alice\n" ISS_M " 0 root\n" ISS_M " 7 toor\n" ISS_M " 8 low\n";

/*
 * Linked with --wrap=malloc, calloc and strdup: which allocation from now on
 * is the one that fails?  (jansson's and OpenSSL's own are not counted.)
 */
static unsigned fail_at;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);

static bool
fails(void)
{
	return fail_at > 0 && --fail_at == 0;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

/* Everything that the tests share; made once, for RSA keys take a while. */
static struct {
	struct ba_config *config;
	struct ba_mint *rsa, *p256, *ed, *p384, *ed448; /* of A */
	struct ba_mint *b, *c; /* of B and C, P-256 */
	struct ba_mint *k; /* of K, both tenants and M, Ed25519 */
	struct ba_mint *secret; /* of S */
	struct ba_mint *evil; /* of nobody, P-256 */
	struct ba_jwks *jwks[ISSUERS]; /* by the issuer's index */
	struct ba_arena *arena; /* of M's map */
} w;

/* One verification: what is asked, and what the verifier may know. */
struct trial {
	struct ba_question q;
	struct ba_snapshot s;
	const struct ba_jwks *jwks[ISSUERS];
	bool not_final;
	bool final_asked;
	unsigned keys_asked[ISSUERS];
	/* what the issuer says of the token, and who is blocked */
	int answer_err;
	const json_t *answer;
	unsigned asked; /* … how often */
	const struct ba_issuer *asked_of;
	int blocks_err;
	const struct ba_blocks *blocks;
	unsigned blocks_asked;
	/* what the trace said */
	unsigned n_checks;
	enum ba_check last;
	int last_err;
	char detail[1024];
	char said[BA_CHECK_ACCOUNT + 1][512]; /* … by each check */
	const struct ba_where *where;
	bool silent; /* without a trace */
};

static const struct ba_jwks *
keys(void *arg, const struct ba_issuer *issuer)
{
	struct trial *t = arg;

	t->keys_asked[issuer->index]++;
	return t->jwks[issuer->index];
}

static bool
final(void *arg, const struct ba_issuer *issuer)
{
	struct trial *t = arg;

	(void)issuer;
	t->final_asked = true;
	return !t->not_final;
}

static int
introspected(void *arg, const struct ba_issuer *issuer, const json_t **claimsp)
{
	struct trial *t = arg;

	t->asked++;
	t->asked_of = issuer;
	*claimsp = t->answer;
	return t->answer_err;
}

static int
blocks(void *arg, const struct ba_blocks **blocksp)
{
	struct trial *t = arg;

	t->blocks_asked++;
	*blocksp = t->blocks;
	return t->blocks_err;
}

/* TOK-06: no piece of the token stands in what is said about it. */
static void
assert_no_token(const struct trial *t, const char *detail)
{
	const char *at = t->q.token, *end;
	char piece[24];

	for (; at != NULL && *at != '\0'; at = *end == '\0' ? end : end + 1) {
		end = at + strcspn(at, ".");
		if ((size_t)(end - at) < sizeof(piece))
			continue;
		memcpy(piece, at, sizeof(piece) - 1);
		piece[sizeof(piece) - 1] = '\0';
		assert_null(strstr(detail, piece));
		memcpy(piece, end - (sizeof(piece) - 1), sizeof(piece) - 1);
		assert_null(strstr(detail, piece));
	}
}

static void
check(void *arg, enum ba_check which, int err, const char *detail,
    const struct ba_where *where)
{
	struct trial *t = arg;
	char clean[1024];

	assert_non_null(detail);
	assert_true(strlen(detail) > 0 && strlen(detail) < 512);
	ba_sanitise(clean, sizeof(clean), detail, strlen(detail));
	assert_string_equal(clean, detail);
	assert_no_token(t, detail);
	/* In order, each at most once, and none after a failure; with
	   jwt+introspection the issuer is asked behind all others. */
	assert_true(
	    t->n_checks == 0 || t->last < which ||
	    (t->last == BA_CHECK_ACCOUNT && which == BA_CHECK_INTROSPECTION));
	assert_true(t->n_checks == 0 || t->last_err == BA_OK);
	t->n_checks++;
	t->last = which;
	t->last_err = err;
	t->where = where;
	(void)snprintf(t->detail, sizeof(t->detail), "%s", detail);
	(void)snprintf(t->said[which], sizeof(t->said[which]), "%s", detail);
}

static void
begin(struct trial *t, const char *token)
{
	memset(t, 0, sizeof(*t));
	t->q.service = "sshd";
	t->q.user = "alice";
	t->q.uid_known = true;
	t->q.uid = 1000;
	t->q.origin = BA_ORIGIN_PROMPT;
	t->q.token = token;
	t->q.token_len = token == NULL ? 0 : strlen(token);
	t->s.config = w.config;
	t->s.now = NOW;
	t->s.keys = keys;
	t->s.final = final;
	t->s.introspected = introspected;
	t->answer_err = BA_ERR_NEED_INTROSPECTION;
	t->s.blocks = blocks;
	t->s.arg = t;
	memcpy(t->jwks, w.jwks, sizeof(t->jwks));
}

/* What holds of every verdict, whatever it is. */
static void
assert_shape(const struct trial *t, const struct ba_verdict *v, bool token)
{
	/* The last check of all, and not the one in place of a signature. */
	bool confirmed = token && v->check == BA_CHECK_INTROSPECTION &&
			 v->issuer->verify == BA_VERIFY_BOTH &&
			 strchr(t->q.token, '.') != NULL;
	bool held = !token || v->check > BA_CHECK_INTROSPECTION || confirmed;

	assert_int_equal(v->claims != NULL, held);
	assert_true(!v->introspected || held);
	if (v->err == BA_OK) {
		assert_int_equal(v->check,
		    confirmed ? BA_CHECK_INTROSPECTION : BA_CHECK_ACCOUNT);
		assert_non_null(v->service);
		assert_non_null(v->issuer);
		assert_true(strlen(v->user) > 0);
		assert_true(strlen(v->sub) > 0);
		assert_true(v->exp >= 0);
	} else {
		assert_string_equal(v->user, "");
		assert_null(v->sub);
		assert_int_equal(v->exp, 0);
	}
	if (!t->silent) {
		assert_int_equal(t->last, v->check);
		assert_int_equal(t->last_err, v->err);
	}
}

/* Claims that were verified, or what is kept of them, are decided alike. */
static void
assert_same_again(
    const struct trial *t, const json_t *claims, const struct ba_verdict *v)
{
	struct ba_question q = t->q;
	struct ba_verdict again;
	/* Nobody is asked again. */
	bool asked = v->check == BA_CHECK_INTROSPECTION;

	q.introspected = v->introspected;
	assert_int_equal(ba_verify_claims(&q, &t->s, claims, NULL, &again),
	    asked ? BA_OK : v->err);
	assert_int_equal(again.check, asked ? BA_CHECK_ACCOUNT : v->check);
	assert_ptr_equal(again.issuer, v->issuer);
	assert_int_equal(again.introspected, v->introspected);
	if (!asked || v->err == BA_OK)
		assert_string_equal(again.user, v->user);
	if (!asked)
		assert_int_equal(again.exp, v->exp);
	assert_true(again.exp >= v->exp);
	ba_verdict_clear(&again);
}

static void
assert_claims_are_enough(
    const struct trial *t, const json_t *claims, const struct ba_verdict *v)
{
	json_t *kept = ba_claims_kept(claims, v->issuer, v->service);

	assert_non_null(kept);
	assert_same_again(t, claims, v);
	assert_same_again(t, kept, v);
	json_decref(kept);
}

static int
run(struct trial *t, const json_t *claims, struct ba_verdict *v)
{
	const struct ba_trace trace = { check, t }, *tr;
	int r;

	tr = t->silent ? NULL : &trace;
	memset(v, 0xa5, sizeof(*v));
	t->n_checks = 0;
	if (claims == NULL)
		r = ba_verify(&t->q, &t->s, tr, v);
	else
		r = ba_verify_claims(&t->q, &t->s, claims, tr, v);
	/* Whatever was decided by claims is decided so each time. */
	if (fail_at == 0 && r != BA_ERR_NOMEM && v->claims != NULL &&
	    v->issuer != NULL)
		assert_claims_are_enough(t, v->claims, v);
	assert_int_equal(v->err, r);
	assert_shape(t, v, claims == NULL);
	return r;
}

/* With and without a trace, which must make no difference. */
static int
decide(struct trial *t, const json_t *claims, enum ba_check *checkp)
{
	struct ba_verdict v;
	int r;

	t->silent = true;
	r = run(t, claims, &v);
	ba_verdict_clear(&v);
	t->silent = false;
	assert_int_equal(run(t, claims, &v), r);
	if (checkp != NULL)
		*checkp = v.check;
	ba_verdict_clear(&v);
	return r;
}

static void
expect(struct trial *t, const char *what, int err, enum ba_check which)
{
	enum ba_check got;
	int r;

	r = decide(t, NULL, &got);
	if (r != err || got != which)
		fail_msg("%s: %s at %s, not %s at %s (%s)", what,
		    ba_err_name(r), ba_check_name(got), ba_err_name(err),
		    ba_check_name(which), t->detail);
}

static void
expect_ok(struct trial *t, const char *what)
{
	expect(t, what, BA_OK, BA_CHECK_ACCOUNT);
}

/* --- tokens --------------------------------------------------------------- */

struct member {
	const char *name;
	const char *raw; /* JSON text; NULL: leave it out */
};

static const struct member usual[] = {
	{ "iss", "\"" ISS_A "\"" },
	{ "aud", "\"ssh.example.org\"" },
	{ "exp", "1700000600" },
	{ "nbf", "1699999990" },
	{ "iat", "1699999990" },
	{ "sub", "\"4711\"" },
	{ "client_id", "\"cli\"" },
	{ "jti", "\"j-1\"" },
	{ "scope", "\"openid login profile\"" },
	{ "preferred_username", "\"alice\"" },
};

static const char *
changed(const struct member *m, const struct member *change, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(change[i].name, m->name) == 0)
			return change[i].raw;
	return m->raw;
}

static bool
is_usual(const char *name)
{
	size_t i;

	for (i = 0; i < N(usual); i++)
		if (strcmp(usual[i].name, name) == 0)
			return true;
	return false;
}

/* The usual claims with n changes. */
static char *
payload(const struct member *change, size_t n)
{
	size_t i, len = 1, size = 4096;
	const char *raw;
	char *text;

	for (i = 0; i < n; i++)
		size += change[i].raw == NULL ? 0 : strlen(change[i].raw);
	text = malloc(size);
	assert_non_null(text);
	text[0] = '{';
	for (i = 0; i < N(usual) + n; i++) {
		const struct member *m =
		    i < N(usual) ? &usual[i] : &change[i - N(usual)];

		if (i >= N(usual) && is_usual(m->name))
			continue;
		raw = i < N(usual) ? changed(m, change, n) : m->raw;
		if (raw == NULL)
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s\"%s\":%s",
		    len > 1 ? "," : "", m->name, raw);
		assert_true(len + 2 < size);
	}
	memcpy(text + len, "}", 2);
	return text;
}

static char *
token_of(const struct ba_mint *m, enum ba_alg alg, const struct member *change,
    size_t n)
{
	char *p = payload(change, n), *token;

	token = ba_mint_token(m, alg, "at+jwt", p);
	free(p);
	return token;
}

/* A's token by Ed25519, which is the fastest to sign. */
static char *
usual_token(const struct member *change, size_t n)
{
	return token_of(w.ed, BA_ALG_EDDSA, change, n);
}

static char *
token_with_header(const struct ba_mint *m, enum ba_alg alg, const char *header)
{
	char *p = payload(NULL, 0), *token;

	token = ba_mint_sign(m, alg, header, p);
	free(p);
	return token;
}

/* One claim, wrong and then right, in a token for one service. */
struct twin {
	const char *name;
	const char *bad; /* NULL: left out */
	const char *good; /* NULL: as usual */
	int err;
	enum ba_check check;
};

static void
judge_twin(const char *service, const struct twin *twin)
{
	struct member change = { twin->name, twin->bad };
	char what[2400];
	struct trial t;
	char *token;

	(void)snprintf(what, sizeof(what), "%s = %s", twin->name,
	    twin->bad == NULL ? "(missing)" : twin->bad);
	token = usual_token(&change, 1);
	begin(&t, token);
	t.q.service = service;
	expect(&t, what, twin->err, twin->check);
	free(token);

	change.raw = twin->good;
	(void)snprintf(what, sizeof(what), "%s = %s", twin->name,
	    twin->good == NULL ? "(as usual)" : twin->good);
	token = usual_token(&change, twin->good == NULL ? 0 : 1);
	begin(&t, token);
	t.q.service = service;
	expect_ok(&t, what);
	free(token);
}

static void
judge_twins(const char *service, const struct twin *twins, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		judge_twin(service, &twins[i]);
}

/* --- what is good --------------------------------------------------------- */

static void
test_at08_every_algorithm(void **state)
{
	const struct {
		const struct ba_mint *mint;
		enum ba_alg alg;
	} by[] = { { w.rsa, BA_ALG_RS256 }, { w.rsa, BA_ALG_PS256 },
		{ w.rsa, BA_ALG_RS512 }, { w.rsa, BA_ALG_PS384 },
		{ w.p256, BA_ALG_ES256 }, { w.p384, BA_ALG_ES384 },
		{ w.ed, BA_ALG_EDDSA }, { w.ed, BA_ALG_ED25519 },
		{ w.ed448, BA_ALG_EDDSA }, { w.ed448, BA_ALG_ED448 } };
	struct ba_verdict v;
	struct trial t;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N(by); i++) {
		token = token_of(by[i].mint, by[i].alg, NULL, 0);
		begin(&t, token);
		assert_int_equal(run(&t, NULL, &v), BA_OK);
		assert_string_equal(v.user, "alice");
		assert_string_equal(v.sub, "4711");
		assert_int_equal(v.exp, NOW + 600);
		assert_string_equal(v.issuer->url, ISS_A);
		assert_string_equal(v.service->name, "sshd");
		assert_string_equal(
		    json_string_value(json_object_get(v.claims, "jti")), "j-1");
		/* Every check was reported (in order: see check()), but for
		   the issuer's answer. */
		assert_int_equal(t.n_checks, BA_CHECK_ACCOUNT);
		assert_int_equal(t.asked, 0);
		assert_false(v.introspected);
		assert_int_equal(t.keys_asked[0], 1);
		ba_verdict_clear(&v);
		free(token);
	}
}

static void
test_what_is_said(void **state)
{
	static const char header[] = "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"}";
	char *token = usual_token(NULL, 0), want[64];
	struct trial t;

	(void)state;
	begin(&t, token);
	expect_ok(&t, "a kid");
	(void)snprintf(
	    want, sizeof(want), "a compact JWS of %zu bytes", strlen(token));
	assert_string_equal(t.said[BA_CHECK_FORM], want);
	assert_string_equal(t.said[BA_CHECK_KEY], "kid \"d1\"");
	assert_string_equal(t.said[BA_CHECK_SIGNATURE], "holds");
	t.jwks[0] = w.jwks[1];
	expect(&t, "a kid", BA_ERR_KEY, BA_CHECK_KEY);
	assert_non_null(strstr(t.detail, "no key \"d1\" for EdDSA"));
	free(token);
	token = token_with_header(w.ed, BA_ALG_EDDSA, header);
	begin(&t, token);
	expect_ok(&t, "no kid");
	assert_non_null(strstr(t.said[BA_CHECK_KEY], "each key for EdDSA"));
	t.jwks[0] = w.jwks[1];
	expect(&t, "no kid", BA_ERR_KEY, BA_CHECK_KEY);
	assert_non_null(strstr(t.detail, "no key for EdDSA"));
	free(token);
}

/* Whoever listens may be nobody. */
static void
test_trace_of_nobody(void **state)
{
	static const struct ba_trace nobody = { NULL, NULL };
	char *token = usual_token(NULL, 0);
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin(&t, token);
	assert_int_equal(ba_verify(&t.q, &t.s, &nobody, &v), BA_OK);
	ba_verdict_clear(&v);
	free(token);
}

static void
test_check_names(void **state)
{
	enum ba_check a, b;

	(void)state;
	for (a = BA_CHECK_SERVICE; a <= BA_CHECK_ACCOUNT; a++) {
		assert_string_not_equal(ba_check_name(a), "unknown");
		assert_null(strpbrk(ba_check_name(a), " \t"));
		for (b = BA_CHECK_SERVICE; b < a; b++)
			assert_string_not_equal(
			    ba_check_name(a), ba_check_name(b));
	}
	assert_string_equal(ba_check_name((enum ba_check)99), "unknown");
}

/* A verdict that was cleared, or never made, says nothing good. */
static void
test_cleared_verdict(void **state)
{
	char *token = usual_token(NULL, 0);
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin(&t, token);
	assert_int_equal(run(&t, NULL, &v), BA_OK);
	ba_verdict_clear(&v);
	assert_int_equal(v.err, BA_ERR_INTERNAL);
	assert_null(v.claims);
	assert_null(v.sub);
	assert_string_equal(v.user, "");
	ba_verdict_clear(&v);
	free(token);
}

/* Our fault, then, and never the token's; and nobody enters. */
static void
test_no_memory(void **state)
{
	char *token = usual_token(NULL, 0);
	struct ba_verdict v;
	struct trial t;
	unsigned n;
	int r;

	(void)state;
	for (n = 1;; n++) {
		begin(&t, token);
		t.silent = true;
		fail_at = n;
		r = run(&t, NULL, &v);
		if (r == BA_OK)
			break;
		assert_int_equal(r, BA_ERR_NOMEM);
		assert_int_equal(ba_err_family(r), BA_FAMILY_FAULT);
		ba_verdict_clear(&v);
	}
	assert_true(fail_at > 0 && n > 4);
	fail_at = 0;
	ba_verdict_clear(&v);
	free(token);
}

/* --- the service ---------------------------------------------------------- */

static void
test_v53_service_without_a_section(void **state)
{
	static const char *const none[] = { "login", "", "SSHD", "sshd ", "ssh",
		NULL };
	char *token = usual_token(NULL, 0);
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(none); i++) {
		begin(&t, token);
		t.q.service = none[i];
		expect(&t, "no section", BA_ERR_NO_SERVICE, BA_CHECK_SERVICE);
		assert_int_equal(t.n_checks, 1);
		t.q.service = "sshd";
		expect_ok(&t, "sshd");
	}
	free(token);
}

/* --- the form ------------------------------------------------------------- */

static void
test_v07_jws01_jws07_jws09_form(void **state)
{
	static const struct {
		const char *text;
		int err;
	} bad[] = {
		{ "", BA_ERR_TOKEN_SIZE },
		{ "s3cret-password", BA_ERR_OPAQUE },
		{ "AbCdEf0123456789==", BA_ERR_OPAQUE },
		{ "correct horse", BA_ERR_TOKEN_SYNTAX },
		{ "a.b", BA_ERR_TOKEN_SYNTAX },
		{ "..", BA_ERR_TOKEN_SYNTAX },
		{ "a..c", BA_ERR_TOKEN_SYNTAX },
		/* V07, JWS-09: five segments are a JWE */
		{ "a.b.c.d.e", BA_ERR_TOKEN_SYNTAX },
		/* JWS-07 */
		{ "{\"payload\":\"e30\",\"signatures\":[]}",
		    BA_ERR_TOKEN_SYNTAX },
		{ "e30.e30.AA", BA_ERR_ALG },
		{ "eyI.e30.AA", BA_ERR_JSON },
		{ "A.e30.AA", BA_ERR_B64 },
	};
	char *token = usual_token(NULL, 0), *longer;
	struct trial t;
	size_t i, n = strlen(token);

	(void)state;
	for (i = 0; i < N(bad); i++) {
		begin(&t, bad[i].text);
		expect(&t, bad[i].text, bad[i].err,
		    bad[i].err == BA_ERR_ALG ? BA_CHECK_ALGORITHM
					     : BA_CHECK_FORM);
	}
	begin(&t, NULL);
	expect(&t, "NULL", BA_ERR_TOKEN_SIZE, BA_CHECK_FORM);
	assert_string_equal(t.detail, ba_err_text(BA_ERR_TOKEN_SIZE));
	t.q.token_len = 5;
	expect(&t, "NULL", BA_ERR_TOKEN_SIZE, BA_CHECK_FORM);
	/* JWS-01: not one byte more or less */
	longer = malloc(BA_TOKEN_MAX + 2);
	assert_non_null(longer);
	memset(longer, 'A', BA_TOKEN_MAX + 1);
	longer[BA_TOKEN_MAX + 1] = '\0';
	begin(&t, longer);
	expect(&t, "65537 bytes", BA_ERR_TOKEN_SIZE, BA_CHECK_FORM);
	(void)snprintf(longer, BA_TOKEN_MAX, "%s\n", token);
	begin(&t, longer);
	expect(&t, "line feed", BA_ERR_TOKEN_SYNTAX, BA_CHECK_FORM);
	t.q.token_len = n;
	expect_ok(&t, "without the line feed");
	t.q.token_len = n + 2; /* its NUL too */
	expect(&t, "NUL", BA_ERR_TOKEN_SYNTAX, BA_CHECK_FORM);
	t.q.token_len = n - 1;
	assert_int_not_equal(decide(&t, NULL, NULL), BA_OK);
	free(longer);
	free(token);
}

/* --- header --------------------------------------------------------------- */

static void
judge_header(const char *header, int err, enum ba_check which)
{
	char *token = token_with_header(w.ed, BA_ALG_EDDSA, header);
	struct trial t;

	begin(&t, token);
	if (err == BA_OK)
		expect_ok(&t, header);
	else
		expect(&t, header, err, which);
	free(token);
}

static void
test_at01_jws11_typ(void **state)
{
	static const char *const good[] = { "at+jwt", "AT+JWT", "aT+jWt",
		"application/at+jwt", "Application/AT+JWT" };
	static const char *const bad[] = { "\"JWT\"", "\"jwt\"", "\"\"",
		"\"at+jwt \"", "\" at+jwt\"", "\"at+jw\"", "\"at+jwts\"",
		"\"at-jwt\"", "\"application/\"", "\"application/at+jwtx\"",
		"\"application/application/at+jwt\"", "\"text/at+jwt\"",
		"\"/at+jwt\"", "\"dpop+jwt\"", "\"logout+jwt\"",
		"\"secevent+jwt\"", "\"at+jwt; a=b\"", "\"\\u212At+jwt\"" };
	static const char *const worse[] = { "1", "null", "true", "[]",
		"[\"at+jwt\"]", "{}" };
	char header[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++) {
		(void)snprintf(header, sizeof(header),
		    "{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"typ\":\"%s\"}",
		    good[i]);
		judge_header(header, BA_OK, BA_CHECK_ACCOUNT);
	}
	for (i = 0; i < N(bad); i++) {
		(void)snprintf(header, sizeof(header),
		    "{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"typ\":%s}", bad[i]);
		judge_header(header, BA_ERR_TYP, BA_CHECK_TYPE);
	}
	for (i = 0; i < N(worse); i++) {
		(void)snprintf(header, sizeof(header),
		    "{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"typ\":%s}", worse[i]);
		judge_header(header, BA_ERR_JWS_HEADER, BA_CHECK_FORM);
	}
	judge_header(
	    "{\"alg\":\"EdDSA\",\"kid\":\"d1\"}", BA_ERR_TYP, BA_CHECK_TYPE);
}

static void
test_jws03_v01_v03_v43_alg(void **state)
{
	static const char *const bad[] = { "\"none\"", "\"None\"", "\"NONE\"",
		"\"nOnE\"", "\"\"", "\"HS512\"", "\"hs256\"", "\"eddsa\"",
		"\"EDDSA\"", "\"rs256\"", "\"RS1\"", "\"ES384 \"", "\"ES256k\"",
		"\"ML-DSA-65\"", "\"RS256 \"", "\"XX999\"", "null", "1", "[]",
		"[\"EdDSA\"]" };
	char header[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		(void)snprintf(header, sizeof(header),
		    "{\"alg\":%s,\"kid\":\"d1\",\"typ\":\"at+jwt\"}", bad[i]);
		judge_header(header, BA_ERR_ALG, BA_CHECK_ALGORITHM);
	}
	judge_header("{\"kid\":\"d1\",\"typ\":\"at+jwt\"}", BA_ERR_ALG,
	    BA_CHECK_ALGORITHM);
	judge_header("{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"typ\":\"at+jwt\"}",
	    BA_OK, BA_CHECK_ACCOUNT);
}

/* The usual claims, unsigned. */
static void
test_jwt11_v01_none_without_signature(void **state)
{
	static const char header[] = "{\"alg\":\"none\",\"typ\":\"at+jwt\"}";
	char *p = payload(NULL, 0), *token, *good;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		token = ba_mint_compact(
		    header, sizeof(header) - 1, p, strlen(p), "", 0);
		begin(&t, token);
		/* With a one-byte signature it is whole, and no better. */
		if (i == 1) {
			free(token);
			token = ba_mint_compact(
			    header, sizeof(header) - 1, p, strlen(p), "x", 1);
			begin(&t, token);
		}
		expect(&t, "alg none",
		    i == 0 ? BA_ERR_TOKEN_SYNTAX : BA_ERR_ALG,
		    i == 0 ? BA_CHECK_FORM : BA_CHECK_ALGORITHM);
		free(token);
	}
	good = usual_token(NULL, 0);
	begin(&t, good);
	expect_ok(&t, "signed");
	free(good);
	free(p);
}

/* The public key as the secret of an HMAC: as PEM, as JWK, as its modulus. */
static void
test_v04_v05_hs256_with_the_public_key(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"r1\"}",
		"{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"r1\"}",
		"{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}",
	};
	char *pem = ba_mint_pem(w.rsa), *jwk = ba_mint_jwk(w.rsa, NULL);
	char *p = payload(NULL, 0), *token;
	unsigned char n[512];
	const struct {
		const void *p;
		size_t n;
	} secret[] = { { pem, strlen(pem) }, { pem, strlen(pem) - 1 },
		{ jwk, strlen(jwk) }, { n, ba_mint_number(w.rsa, "n", n, 512) },
		{ "", 0 } };
	struct trial t;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(secret); i++)
		for (j = 0; j < N(headers); j++) {
			token = ba_mint_hs256(
			    secret[i].p, secret[i].n, headers[j], p);
			begin(&t, token);
			/* 32 bytes are no RSA signature. */
			expect(&t, headers[j],
			    j == 0 ? BA_ERR_ALG : BA_ERR_SIGNATURE,
			    j == 0 ? BA_CHECK_ALGORITHM : BA_CHECK_SIGNATURE);
			free(token);
		}
	token = ba_mint_sign(w.rsa, BA_ALG_RS256, headers[1], p);
	begin(&t, token);
	expect_ok(&t, "signed with the private key");
	free(token);
	free(p);
	free(jwk);
	free(pem);
}

/* A key that comes with the token proves nothing (JWS-06). */
static void
test_v06_embedded_jwk(void **state)
{
	char *jwk = ba_mint_jwk(w.evil, NULL), *own, *token, header[2048];
	static const char *const kid[] = { "", ",\"kid\":\"e1\"",
		",\"kid\":\"evil\"" };
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(kid); i++) {
		(void)snprintf(header, sizeof(header),
		    "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":%s,"
		    "\"jku\":\"https://evil.example/jwks\","
		    "\"x5u\":\"https://evil.example/x5u\"%s}",
		    jwk, kid[i]);
		token = token_with_header(w.evil, BA_ALG_ES256, header);
		begin(&t, token);
		expect(&t, header, i == 2 ? BA_ERR_KEY : BA_ERR_SIGNATURE,
		    i == 2 ? BA_CHECK_KEY : BA_CHECK_SIGNATURE);
		free(token);
	}
	/* The members by themselves are passed over. */
	own = token_with_header(w.p256, BA_ALG_ES256, header);
	begin(&t, own);
	expect(&t, "foreign kid", BA_ERR_KEY, BA_CHECK_KEY);
	free(own);
	(void)snprintf(header, sizeof(header),
	    "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"jwk\":%s}", jwk);
	own = token_with_header(w.p256, BA_ALG_ES256, header);
	begin(&t, own);
	expect_ok(&t, "signed by the issuer's key");
	free(own);
	free(jwk);
}

static void
test_jws04_jws05_crit_b64(void **state)
{
	static const char *const bad[] = { "\"crit\":[\"exp\"]", "\"crit\":[]",
		"\"crit\":\"exp\"", "\"crit\":null", "\"b64\":false",
		"\"b64\":true", "\"crit\":[\"b64\"],\"b64\":true" };
	char header[256];
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		(void)snprintf(header, sizeof(header),
		    "{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"typ\":\"at+jwt\",%s}",
		    bad[i]);
		judge_header(header, BA_ERR_CRIT, BA_CHECK_FORM);
	}
	judge_header("{\"alg\":\"EdDSA\",\"kid\":\"d1\",\"typ\":\"at+jwt\","
		     "\"cty\":\"x\"}",
	    BA_OK, BA_CHECK_ACCOUNT);
}

/* --- the issuer ----------------------------------------------------------- */

static void
test_jwt05_at02_iss(void **state)
{
	static const struct twin twins[] = {
		{ "iss", "\"https://a.example/\"", NULL, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "\"https://A.example\"", NULL, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "\"https://a.exampl\"", NULL, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "\"http://a.example\"", NULL, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "\"https://a.example\\u0020\"", NULL, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "\"https://\\u0061.example\\u001b[2J\"",
		    "\"https://\\u0061.example\"", BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "\"\"", NULL, BA_ERR_ISS, BA_CHECK_ISSUER },
		{ "iss", "[\"https://a.example\"]", NULL, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		{ "iss", "1", NULL, BA_ERR_ISS, BA_CHECK_ISSUER },
		{ "iss", "null", NULL, BA_ERR_ISS, BA_CHECK_ISSUER },
		{ "iss", NULL, NULL, BA_ERR_ISS, BA_CHECK_ISSUER },
	};

	(void)state;
	judge_twins("sshd", twins, N(twins));
}

static const struct member of_b[] = {
	{ "iss", "\"" ISS_B "\"" },
	{ "sub", "\"alice\"" },
};

static const struct member of_c[] = {
	{ "iss", "\"" ISS_C "\"" },
	{ "sub", "\"alice\"" },
};

/* Another configured issuer's good key opens nothing of this issuer's. */
static void
test_v36_md06_keys_are_never_shared(void **state)
{
	static const char *const header[] = {
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"b1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"e1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}",
	};
	static const int err[] = { BA_ERR_KEY, BA_ERR_SIGNATURE,
		BA_ERR_SIGNATURE };
	char *token;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(header); i++) {
		token = token_with_header(w.b, BA_ALG_ES256, header[i]);
		begin(&t, token);
		expect(&t, header[i], err[i],
		    i == 0 ? BA_CHECK_KEY : BA_CHECK_SIGNATURE);
		assert_int_equal(t.keys_asked[1], 0);
		free(token);
	}
	token = token_of(w.b, BA_ALG_ES256, of_b, N(of_b));
	begin(&t, token);
	expect_ok(&t, "b's key for b's token");
	assert_int_equal(t.keys_asked[0], 0);
	free(token);
	token = token_of(w.p256, BA_ALG_ES256, of_b, N(of_b));
	begin(&t, token);
	expect(&t, "a's key for b's token", BA_ERR_KEY, BA_CHECK_KEY);
	free(token);
}

/*
 * A good token of an issuer that the service does not take: refused before
 * anybody is asked for keys, and not "not allowed" before the signature.
 */
static void
test_issuer_of_another_service(void **state)
{
	char *token = token_of(w.c, BA_ALG_ES256, of_c, N(of_c));
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin(&t, token);
	expect(&t, "not taken", BA_ERR_ISS, BA_CHECK_ISSUER);
	assert_int_equal(t.keys_asked[2], 0);
	assert_ptr_equal(t.where, &ba_config_service(w.config, "sshd")->where);
	assert_int_equal(run(&t, NULL, &v), BA_ERR_ISS);
	assert_null(v.issuer);
	ba_verdict_clear(&v);
	t.q.service = "other";
	expect_ok(&t, "taken");
	assert_true(t.keys_asked[2] > 0);
	free(token);
}

/* JWK-15: which curve a token that says EdDSA may have, algorithms = says. */
static void
test_jwk15_curve_of_the_issuer(void **state)
{
	static const struct {
		unsigned algorithms;
		int r[4]; /* Ed25519 as EdDSA, as itself; Ed448 likewise */
	} cases[] = {
		{ BA_ALG_EDDSA, { BA_OK, BA_OK, BA_OK, BA_OK } },
		{ BA_ALG_ED25519, { BA_OK, BA_OK, BA_ERR_KEY, BA_ERR_ALG } },
		{ BA_ALG_ED448, { BA_ERR_KEY, BA_ERR_ALG, BA_OK, BA_OK } },
		{ BA_ALG_ES384,
		    { BA_ERR_ALG, BA_ERR_ALG, BA_ERR_ALG, BA_ERR_ALG } },
	};
	const struct {
		const struct ba_mint *mint;
		enum ba_alg alg;
	} by[] = { { w.ed, BA_ALG_EDDSA }, { w.ed, BA_ALG_ED25519 },
		{ w.ed448, BA_ALG_EDDSA }, { w.ed448, BA_ALG_ED448 } };
	unsigned saved = w.config->issuers[0].algorithms;
	struct ba_verdict v;
	struct trial t;
	size_t i, j;
	char *token;

	(void)state;
	for (j = 0; j < N(by); j++) {
		token = token_of(by[j].mint, by[j].alg, NULL, 0);
		for (i = 0; i < N(cases); i++) {
			w.config->issuers[0].algorithms = cases[i].algorithms;
			begin(&t, token);
			assert_int_equal(run(&t, NULL, &v), cases[i].r[j]);
			ba_verdict_clear(&v);
		}
		free(token);
	}
	w.config->issuers[0].algorithms = saved;
}

/* algorithms = of the issuer, not of the house. */
static void
test_algorithm_of_the_issuer(void **state)
{
	char *token = token_of(w.ed, BA_ALG_EDDSA, of_b, N(of_b));
	struct trial t;

	(void)state;
	begin(&t, token);
	expect(&t, "EdDSA", BA_ERR_ALG, BA_CHECK_ALGORITHM);
	assert_int_equal(t.keys_asked[1], 0);
	free(token);
	token = token_of(w.b, BA_ALG_ES256, of_b, N(of_b));
	begin(&t, token);
	expect_ok(&t, "ES256");
	free(token);
}

/* --- keys ----------------------------------------------------------------- */

static void
test_needs_keys(void **state)
{
	char *token = usual_token(NULL, 0);
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin(&t, token);
	t.jwks[0] = NULL;
	expect(&t, "no keys", BA_ERR_NEED_KEYS, BA_CHECK_KEY);
	assert_int_equal(run(&t, NULL, &v), BA_ERR_NEED_KEYS);
	assert_string_equal(v.issuer->url, ISS_A);
	ba_verdict_clear(&v);
	t.jwks[0] = w.jwks[0];
	expect_ok(&t, "asked again with keys");
	t.s.keys = NULL;
	expect(&t, "nobody to ask", BA_ERR_NEED_KEYS, BA_CHECK_KEY);
	free(token);
}

/* MD-05, JWS-10: a kid that is not there may be newer than the keys. */
static void
test_md05_jws10_kid_not_there(void **state)
{
	static const char *const header[] = {
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"new\"}",
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"D1\"}",
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"\"}",
		/* an RSA key's kid, and one of a path */
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"r1\"}",
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"../d1\"}",
		"{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\",\"kid\":\"\\u001b[m\"}",
	};
	char *token;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(header); i++) {
		token = token_with_header(w.ed, BA_ALG_EDDSA, header[i]);
		begin(&t, token);
		expect(&t, header[i], BA_ERR_KEY, BA_CHECK_KEY);
		t.not_final = true;
		expect(&t, header[i], BA_ERR_NEED_KEYS, BA_CHECK_KEY);
		t.s.final = NULL;
		expect(&t, header[i], BA_ERR_KEY, BA_CHECK_KEY);
		free(token);
	}
	token = usual_token(NULL, 0);
	begin(&t, token);
	t.not_final = true;
	expect_ok(&t, "a kid that is there, final or not");
	assert_false(t.final_asked);
	free(token);
}

/* OIDC-04: every fitting key, up to eight. */
static void
test_oidc04_kid_absent(void **state)
{
	static const char header[] = "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}";
	struct ba_mint *mint[9];
	struct ba_jwks *set;
	char *jwk[9], *text, *token;
	const char *text_of_key;
	struct trial t;
	size_t i, iter = 0;

	(void)state;
	for (i = 0; i < N(mint); i++) {
		mint[i] = ba_mint_new(BA_MINT_P256, NULL, NULL);
		jwk[i] = ba_mint_jwk(mint[i], NULL);
	}
	text = ba_mint_jwks((const char *const *)jwk, N(jwk));
	assert_int_equal(ba_jwks_parse(text, strlen(text), &set, NULL), BA_OK);
	for (i = 0; i < N(mint); i++) {
		token = token_with_header(mint[i], BA_ALG_ES256, header);
		begin(&t, token);
		t.jwks[0] = set;
		t.not_final = true;
		if (i < 8)
			expect_ok(&t, "one of eight");
		else
			expect(&t, "the ninth", BA_ERR_SIGNATURE,
			    BA_CHECK_SIGNATURE);
		/* Which one it was, the thumbprint says. */
		text_of_key = ba_jwk_thumbprint(
		    ba_jwks_next(set, NULL, BA_ALG_ES256, &iter));
		assert_int_equal(strlen(text_of_key), BA_THUMBPRINT_SIZE - 1);
		assert_int_equal(
		    strstr(t.said[BA_CHECK_SIGNATURE], text_of_key) != NULL,
		    i < 8);
		free(token);
	}
	/* No key for the algorithm at all. */
	token = token_with_header(
	    w.ed, BA_ALG_EDDSA, "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"}");
	begin(&t, token);
	t.jwks[0] = set;
	expect(&t, "no Ed25519 key", BA_ERR_KEY, BA_CHECK_KEY);
	t.not_final = true;
	expect(&t, "no Ed25519 key yet", BA_ERR_NEED_KEYS, BA_CHECK_KEY);
	free(token);
	ba_jwks_free(set);
	free(text);
	for (i = 0; i < N(mint); i++) {
		free(jwk[i]);
		ba_mint_free(mint[i]);
	}
}

/*
 * A token with this alg, signed by one pair, under keys of these.  For
 * BA_ERR_CRYPTO the library is made to fail.
 */
static void
judge_named(const struct ba_mint *signer, const char *alg,
    const struct ba_mint *const *mint, size_t n, int err)
{
	char header[64], *jwk[9], *text, *token;
	struct ba_jwks *set;
	struct trial t;
	size_t i;

	for (i = 0; i < n; i++)
		jwk[i] = ba_mint_jwk(mint[i], NULL);
	text = ba_mint_jwks((const char *const *)jwk, n);
	assert_int_equal(ba_jwks_parse(text, strlen(text), &set, NULL), BA_OK);
	assert_int_equal(ba_jwks_count(set), n);
	(void)snprintf(
	    header, sizeof(header), "{\"alg\":\"%s\",\"typ\":\"at+jwt\"}", alg);
	token = token_with_header(signer, BA_ALG_EDDSA, header);
	begin(&t, token);
	t.jwks[0] = set;
	if (err == BA_ERR_CRYPTO)
		assert_int_equal(
		    EVP_set_default_properties(NULL, "provider=no"), 1);
	expect(
	    &t, alg, err, err == BA_OK ? BA_CHECK_ACCOUNT : BA_CHECK_SIGNATURE);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	free(token);
	ba_jwks_free(set);
	free(text);
	for (i = 0; i < n; i++)
		free(jwk[i]);
}

/*
 * JWK-02: a key for the other name of the same algorithm is no key.  Nor has
 * it been tried: it does not count, and says nothing about the signature.
 */
static void
test_jwk02_oidc04_key_of_another_name(void **state)
{
	struct ba_mint *named[8], *plain, *other;
	const struct ba_mint *set[9];
	size_t i;

	(void)state;
	plain = ba_mint_new(BA_MINT_ED25519, NULL, NULL);
	other = ba_mint_new(BA_MINT_ED25519, NULL, "EdDSA");
	for (i = 0; i < 8; i++) {
		named[i] = ba_mint_new(BA_MINT_ED25519, NULL, "Ed25519");
		set[i] = named[i];
	}
	/* eight that are no keys for it, and one behind them */
	set[8] = plain;
	judge_named(plain, "EdDSA", set, 9, BA_OK);
	judge_named(named[7], "EdDSA", set, 9, BA_ERR_SIGNATURE);
	judge_named(w.ed, "EdDSA", set, 9, BA_ERR_SIGNATURE);
	/* nine that are */
	judge_named(named[7], "Ed25519", set, 9, BA_OK);
	judge_named(plain, "Ed25519", set, 9, BA_ERR_SIGNATURE);
	/* in any order */
	set[0] = other;
	judge_named(other, "EdDSA", set, 8, BA_OK);
	judge_named(w.ed, "EdDSA", set, 8, BA_ERR_SIGNATURE);
	/* none at all */
	set[0] = named[0];
	judge_named(named[0], "EdDSA", set, 8, BA_ERR_KEY);
	judge_named(w.ed, "EdDSA", set, 8, BA_ERR_KEY);
	judge_named(named[0], "Ed25519", set, 8, BA_OK);
	/* a library that fails is not hidden by it */
	set[1] = plain;
	judge_named(plain, "EdDSA", set, 3, BA_ERR_CRYPTO);
	judge_named(plain, "EdDSA", set, 3, BA_OK);
	/* … nor by a key for which the signature has the wrong length */
	set[0] = w.ed448;
	judge_named(plain, "EdDSA", set, 2, BA_ERR_CRYPTO);
	judge_named(plain, "EdDSA", set, 2, BA_OK);
	set[0] = plain;
	set[1] = w.ed448;
	judge_named(plain, "EdDSA", set, 2, BA_ERR_CRYPTO);
	judge_named(plain, "EdDSA", set, 2, BA_OK);
	for (i = 0; i < 8; i++)
		ba_mint_free(named[i]);
	ba_mint_free(plain);
	ba_mint_free(other);
}

/*
 * A library that fails is our fault, and never the token's; nor is it a
 * reason to let anybody in.
 */
static void
test_oidc04_library_fails(void **state)
{
	static const char header[] = "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"}";
	char *token = token_with_header(w.ed, BA_ALG_EDDSA, header);
	struct trial t;

	(void)state;
	begin(&t, token);
	assert_int_equal(EVP_set_default_properties(NULL, "provider=no"), 1);
	expect(&t, "no provider", BA_ERR_CRYPTO, BA_CHECK_SIGNATURE);
	assert_int_equal(ba_err_family(BA_ERR_CRYPTO), BA_FAMILY_FAULT);
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
	expect_ok(&t, "any provider");
	free(token);
}

/* The same kid under another key. */
static void
test_at04_jwt07_garbage_signature(void **state)
{
	struct ba_mint *twin = ba_mint_new(BA_MINT_ED25519, "d1", NULL);
	char *token = token_of(twin, BA_ALG_EDDSA, NULL, 0);
	struct trial t;

	(void)state;
	begin(&t, token);
	expect(&t, "a stranger's key", BA_ERR_SIGNATURE, BA_CHECK_SIGNATURE);
	t.not_final = true;
	expect(&t, "a stranger's key", BA_ERR_SIGNATURE, BA_CHECK_SIGNATURE);
	free(token);
	/* No claim says anything before the signature holds. */
	token =
	    token_of(twin, BA_ALG_EDDSA, &(struct member){ "exp", "\"x\"" }, 1);
	begin(&t, token);
	expect(&t, "a stranger's claims", BA_ERR_SIGNATURE, BA_CHECK_SIGNATURE);
	free(token);
	token = usual_token(&(struct member){ "exp", "\"x\"" }, 1);
	begin(&t, token);
	expect(&t, "the issuer's claims", BA_ERR_EXP, BA_CHECK_EXPIRY);
	free(token);
	token = usual_token(NULL, 0);
	begin(&t, token);
	expect_ok(&t, "the issuer's key");
	free(token);
	ba_mint_free(twin);
}

/* V14: no character of a good token can be another. */
static void
test_v14_every_character(void **state)
{
	char *token = usual_token(NULL, 0), was;
	struct ba_verdict v;
	struct trial t;
	size_t i;

	(void)state;
	begin(&t, token);
	t.silent = true;
	for (i = 0; token[i] != '\0'; i++) {
		was = token[i];
		token[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(run(&t, NULL, &v), BA_OK);
		assert_null(v.claims);
		ba_verdict_clear(&v);
		token[i] = was == 'x' ? 'y' : 'x';
		assert_int_not_equal(run(&t, NULL, &v), BA_OK);
		ba_verdict_clear(&v);
		token[i] = was;
	}
	assert_int_equal(run(&t, NULL, &v), BA_OK);
	ba_verdict_clear(&v);
	free(token);
}

/* --- claims --------------------------------------------------------------- */

static void
test_jwt04_at03_v46_aud(void **state)
{
#define AUD BA_ERR_AUD, BA_CHECK_AUDIENCE
	static const struct twin twins[] = {
		{ "aud", "\"ssh.example.com\"", "\"also.example.org\"", AUD },
		{ "aud", "\"ssh.example.or\"", NULL, AUD },
		{ "aud", "\"ssh.example.org/\"", NULL, AUD },
		{ "aud", "\"SSH.example.org\"", NULL, AUD },
		{ "aud", "\"ssh.example.org also.example.org\"", NULL, AUD },
		{ "aud", "[\"x\",\"y\"]", "[\"x\",\"ssh.example.org\"]", AUD },
		{ "aud", "[\"x\"]", "[\"also.example.org\"]", AUD },
		{ "aud", "[]", "[\"ssh.example.org\"]", AUD },
		{ "aud", "[[\"ssh.example.org\"]]", "[\"ssh.example.org\"]",
		    AUD },
		{ "aud", "[\"ssh.example.org\",1]",
		    "[\"ssh.example.org\",\"1\"]", AUD },
		{ "aud", "{\"ssh.example.org\":1}", NULL, AUD },
		{ "aud", "\"\"", NULL, AUD },
		{ "aud", "\"*\"", NULL, AUD },
		{ "aud", "null", NULL, AUD },
		{ "aud", "true", NULL, AUD },
		{ "aud", "1", NULL, AUD },
		{ "aud", NULL, NULL, AUD },
		{ "aud",
		    "\"" CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K "\"",
		    NULL, AUD },
	};

	(void)state;
	judge_twins("sshd", twins, N(twins));
}

/* What no claim that is a time may be. */
static void
judge_date(const char *name, int err, enum ba_check which)
{
	static const char *const wrong[] = { "\"1700000000\"", "\"\"", "true",
		"false", "null", "[1700000000]", "{}", "-1", "-0.5",
		"9007199254740992", "9007199254740993", "9223372036854775807",
		"253402300800", "1e300", "-1e300" };
	struct twin twin = { name, NULL, NULL, err, which };
	size_t i;

	for (i = 0; i < N(wrong); i++) {
		twin.bad = wrong[i];
		judge_twin("sshd", &twin);
	}
}

static void
test_jwt01_at05_v35_exp(void **state)
{
#define EXP BA_ERR_EXP, BA_CHECK_EXPIRY
	static const struct twin twins[] = {
		{ "exp", NULL, NULL, EXP },
		{ "exp", "0", NULL, EXP },
		{ "exp", "86400", NULL, EXP }, /* in 1970 */
		/* 60 s of skew, to the second */
		{ "exp", "1699999940", "1699999941", EXP },
		{ "exp", "1699999939", "253402300799", EXP },
		/* fractions are rounded down, never up */
		{ "exp", "1699999940.9", "1699999941.0", EXP },
		{ "exp", "1.699e9", "1.7000006e9", EXP },
	};

	(void)state;
	judge_twins("sshd", twins, N(twins));
	judge_date("exp", EXP);
}

static void
test_jwt02_nbf(void **state)
{
#define NBF BA_ERR_NBF, BA_CHECK_NOT_BEFORE
	static const struct twin twins[] = {
		{ "nbf", "1700000061", "1700000060", NBF },
		{ "nbf", "1700000061.0", "1700000059", NBF },
		{ "nbf", "253402300799", "0", NBF },
	};
	static const struct member none = { "nbf", NULL };
	char *token = usual_token(&none, 1);
	struct trial t;

	(void)state;
	judge_twins("sshd", twins, N(twins));
	judge_date("nbf", NBF);
	begin(&t, token);
	expect_ok(&t, "no nbf");
	free(token);
}

static void
test_jwt02_at06_iat(void **state)
{
#define IAT BA_ERR_IAT, BA_CHECK_ISSUED
	static const struct twin twins[] = {
		{ "iat", NULL, NULL, IAT },
		{ "iat", "1700000061", "1700000060", IAT },
		{ "iat", "1700000061.5", "1700000059.5", IAT },
		{ "iat", "253402300799", "0", IAT },
	};

	(void)state;
	judge_twins("sshd", twins, N(twins));
	judge_date("iat", IAT);
}

/* A number that no double holds is no JSON that we take. */
static void
test_v32_jwt01_overflow(void **state)
{
	static const struct twin twins[] = {
		{ "exp", "1e400", "1e10", BA_ERR_JSON, BA_CHECK_FORM },
		{ "exp", "99999999999999999999", "9999999999", BA_ERR_JSON,
		    BA_CHECK_FORM },
		{ "exp", "NaN", "1e10", BA_ERR_JSON, BA_CHECK_FORM },
		{ "exp", "1700000600,\"exp\":1700000600", NULL, BA_ERR_JSON,
		    BA_CHECK_FORM },
	};

	(void)state;
	judge_twins("sshd", twins, N(twins));
}

/* JWT-03: the skew of the issuer (B has none), and clocks gone mad. */
static void
test_jwt03_skew(void **state)
{
	static const struct {
		int64_t now;
		int err;
		enum ba_check check;
	} at[] = {
		{ NOW + 599, BA_OK, BA_CHECK_ACCOUNT },
		{ NOW + 600, EXP },
		{ NOW + 601, EXP },
		{ NOW - 10, BA_OK, BA_CHECK_ACCOUNT },
		{ NOW - 11, NBF },
		{ INT64_MAX, EXP },
		{ INT64_MIN, NBF },
		{ 0, NBF },
		{ -1, NBF },
	};
	char *token = token_of(w.b, BA_ALG_ES256, of_b, N(of_b));
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(at); i++) {
		begin(&t, token);
		t.s.now = at[i].now;
		expect(&t, "skew 0", at[i].err, at[i].check);
	}
	free(token);
	token = usual_token(NULL, 0);
	begin(&t, token);
	t.s.now = NOW + 659;
	expect_ok(&t, "skew 60");
	t.s.now = NOW + 660;
	expect(&t, "skew 60", EXP);
	t.s.now = NOW - 70;
	expect_ok(&t, "skew 60");
	t.s.now = NOW - 71;
	expect(&t, "skew 60", NBF);
	t.s.now = INT64_MAX;
	expect(&t, "skew 60", EXP);
	t.s.now = INT64_MIN;
	expect(&t, "skew 60", NBF);
	free(token);
}

#define K992                                                                   \
	CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K        \
	    CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K    \
		CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K        \
		    CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K CLAIM_K    \
			CLAIM_K

static void
test_at06_required_claims(void **state)
{
	static const char *const names[] = { "sub", "client_id", "jti" };
	static const char *const wrong[] = { NULL, "\"\"", "1", "null", "true",
		"[\"a\"]", "{}", "\"" K992 CLAIM_K "k\"" };
	static const char *const right[] = { NULL, "\"a\"", "\"1\"", "\"null\"",
		"\" \"", "\"\\u00e4\"", "\"{}\"", "\"" K992 CLAIM_K "\"" };
	struct twin twin = { NULL, NULL, NULL, BA_ERR_CLAIM, BA_CHECK_CLAIMS };
	size_t i, j;

	(void)state;
	for (i = 0; i < N(names); i++)
		for (j = 0; j < N(wrong); j++) {
			twin.name = names[i];
			twin.bad = wrong[j];
			twin.good = right[j];
			judge_twin("sshd", &twin);
		}
}

static void
test_pop01_cnf(void **state)
{
	static const struct twin twins[] = {
		{ "cnf", "{\"jkt\":\"x\"}", NULL, BA_ERR_CNF, BA_CHECK_CLAIMS },
		{ "cnf", "{\"x5t#S256\":\"x\"}", NULL, BA_ERR_CNF,
		    BA_CHECK_CLAIMS },
		{ "cnf", "{}", NULL, BA_ERR_CNF, BA_CHECK_CLAIMS },
		{ "cnf", "null", NULL, BA_ERR_CNF, BA_CHECK_CLAIMS },
		{ "cnf", "false", NULL, BA_ERR_CNF, BA_CHECK_CLAIMS },
	};

	(void)state;
	judge_twins("sshd", twins, N(twins));
}

/* V54: a nonce alone is no sign; at_hash, c_hash, nonce with aud = client. */
static void
test_at09_jwt09_v54_id_tokens(void **state)
{
#define ID BA_ERR_ID_TOKEN, BA_CHECK_KIND
	static const struct twin twins[] = {
		{ "at_hash", "\"x\"", NULL, ID },
		{ "at_hash", "null", NULL, ID },
		{ "c_hash", "\"x\"", NULL, ID },
	};
	static const struct {
		struct member change[3];
		bool id_token;
	} nonce[] = {
		{ { { "nonce", "\"n\"" }, { "x", "1" }, { "y", "1" } }, false },
		{ { { "nonce", "\"n\"" },
		      { "client_id", "\"ssh.example.org\"" }, { "y", "1" } },
		    true },
		{ { { "nonce", "\"n\"" }, { "client_id", "\"x\"" },
		      { "aud", "[\"ssh.example.org\",\"x\"]" } },
		    true },
		{ { { "nonce", "\"n\"" }, { "client_id", "\"x\"" },
		      { "aud", "[\"ssh.example.org\",\"y\"]" } },
		    false },
		{ { { "nonce", "null" }, { "client_id", "\"ssh.example.org\"" },
		      { "y", "1" } },
		    true },
		{ { { "x", "1" }, { "client_id", "\"ssh.example.org\"" },
		      { "y", "1" } },
		    false },
	};
	struct trial t;
	char *token;
	size_t i;

	(void)state;
	judge_twins("sshd", twins, N(twins));
	for (i = 0; i < N(nonce); i++) {
		token = usual_token(nonce[i].change, 3);
		begin(&t, token);
		if (nonce[i].id_token)
			expect(&t, "nonce", ID);
		else
			expect_ok(&t, "nonce");
		free(token);
	}
}

static void
test_tok03_v43_scope(void **state)
{
#define SCOPE BA_ERR_SCOPE, BA_CHECK_SCOPE
	static const struct twin one[] = {
		{ "scope", "\"openid\"", "\"login\"", SCOPE },
		{ "scope", "\"\"", "\"login\"", SCOPE },
		{ "scope", "\"Login\"", "\"login\"", SCOPE },
		{ "scope", "\"logins\"", "\"logins login\"", SCOPE },
		{ "scope", "\"xlogin\"", "\"login xlogin\"", SCOPE },
		{ "scope", "\"a,login\"", "\"a login\"", SCOPE },
		{ "scope", "\"login\\t\"", "\"login \"", SCOPE },
		{ "scope", "1", NULL, SCOPE },
		{ "scope", "null", NULL, SCOPE },
		{ "scope", "{\"login\":1}", NULL, SCOPE },
		{ "scope", NULL, NULL, SCOPE },
	};
	static const struct twin both[] = {
		{ "scope", "\"login\"", "\"login admin\"", SCOPE },
		{ "scope", "\"admin\"", "\"admin x login\"", SCOPE },
		{ "scope", "\"loginadmin\"", "\"login admin\"", SCOPE },
	};
	struct trial t;
	char *token;

	(void)state;
	judge_twins("sshd", one, N(one));
	judge_twins("su", both, N(both));
	/* smtp demands none. */
	token = usual_token(&(struct member){ "scope", NULL }, 1);
	begin(&t, token);
	t.q.service = "smtp";
	expect_ok(&t, "no scope needed");
	free(token);
}

/* --- who it is ------------------------------------------------------------ */

/* PM-02, PM-04: root by no grammar, and nothing that is no name. */
static void
test_pm02_pm04_root_is_nobody(void **state)
{
	static const char *const services[] = { "sshd", "smtp" };
	static const char *const roots[] = { "\"root\"", "\"ro\\u006ft\"",
		"\"ROOT\"" };
	struct member change = { "preferred_username", NULL };
	struct trial t;
	char *token;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(services); i++)
		for (j = 0; j < N(roots); j++) {
			change.raw = roots[j];
			token = usual_token(&change, 1);
			begin(&t, token);
			t.q.service = services[i];
			t.q.user = "root";
			t.q.uid = 0;
			expect(&t, "root", BA_ERR_USER_NAME, BA_CHECK_IDENTITY);
			t.q.user = NULL;
			expect(&t, "root", BA_ERR_USER_NAME, BA_CHECK_IDENTITY);
			free(token);
		}
	/* The account of another name that is root's. */
	token = usual_token(NULL, 0);
	begin(&t, token);
	t.q.uid = 0;
	expect(&t, "uid 0", BA_ERR_UID, BA_CHECK_ACCOUNT);
	/* Not even by a minimum that no configuration file can say. */
	w.config->services[0].min_uid = 0;
	expect(&t, "uid 0", BA_ERR_UID, BA_CHECK_ACCOUNT);
	t.q.uid = 1;
	expect_ok(&t, "uid 1");
	w.config->services[0].min_uid = 1000;
	t.q.uid = 1000;
	expect_ok(&t, "uid 1000");
	free(token);
}

static void
test_identity(void **state)
{
	static const struct twin local[] = {
		{ "preferred_username", NULL, NULL, BA_ERR_CLAIM,
		    BA_CHECK_IDENTITY },
		{ "preferred_username", "1", NULL, BA_ERR_CLAIM,
		    BA_CHECK_IDENTITY },
		{ "preferred_username", "\"\"", NULL, BA_ERR_USER_NAME,
		    BA_CHECK_IDENTITY },
		{ "preferred_username", "\"alice@example.org\"", NULL,
		    BA_ERR_USER_NAME, BA_CHECK_IDENTITY },
		{ "preferred_username", "\"../alice\"", NULL, BA_ERR_USER_NAME,
		    BA_CHECK_IDENTITY },
	};

	(void)state;
	judge_twins("sshd", local, N(local));
}

/* The same token, once as its owner, once as somebody else. */
static void
test_v15_v48_pm01_token_of_another(void **state)
{
	static const char *const others[] = { "bob", "Alice", "alic", "alicex",
		"", "root", "alice ",
		"al\xc3\xad"
		"ce" };
	char *token = usual_token(NULL, 0);
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(others); i++) {
		begin(&t, token);
		t.q.user = others[i];
		expect(&t, others[i], BA_ERR_USER_MISMATCH, BA_CHECK_USER);
		t.q.service = "smtp";
		expect(&t, others[i], BA_ERR_USER_MISMATCH, BA_CHECK_USER);
		t.q.service = "sshd";
		t.q.user = "alice";
		expect_ok(&t, "alice");
	}
	free(token);
}

/* Whose uid is known, small or 0 is not to be learnt with alice's token. */
static void
test_pm03_unknown_users_look_the_same(void **state)
{
	static const uid_t uids[] = { 0, 1, 999, 1000, 1001 };
	char *token = usual_token(NULL, 0);
	struct trial t;
	size_t i;

	(void)state;
	begin(&t, token);
	t.q.user = "bob";
	for (i = 0; i < N(uids); i++) {
		t.q.uid_known = true;
		t.q.uid = uids[i];
		expect(&t, "known", BA_ERR_USER_MISMATCH, BA_CHECK_USER);
		t.q.uid_known = false;
		expect(&t, "unknown", BA_ERR_USER_MISMATCH, BA_CHECK_USER);
	}
	free(token);
	/* With a token that is nobody's, neither. */
	token = usual_token(&(struct member){ "exp", "1" }, 1);
	begin(&t, token);
	expect(&t, "known", EXP);
	t.q.uid_known = false;
	expect(&t, "unknown", EXP);
	free(token);
}

static void
test_accounts(void **state)
{
	static const struct {
		const char *service;
		bool known;
		uid_t uid;
		int err;
	} at[] = {
		{ "sshd", true, 1000, BA_OK },
		{ "sshd", true, 999, BA_ERR_UID },
		{ "sshd", true, 0, BA_ERR_UID },
		{ "sshd", true, (uid_t)-1, BA_ERR_UID },
		{ "sshd", true, (uid_t)-2, BA_ERR_UID },
		{ "sshd", true, (uid_t)-3, BA_OK },
		{ "sshd", true, 65533, BA_OK },
		{ "sshd", true, 65534, BA_ERR_UID },
		{ "sshd", true, 65535, BA_ERR_UID },
		{ "sshd", true, 65536, BA_OK },
		{ "sshd", false, 1000, BA_ERR_UNKNOWN_USER },
		{ "sshd", false, 0, BA_ERR_UNKNOWN_USER },
		{ "su", true, 500, BA_OK },
		{ "su", true, 499, BA_ERR_UID },
		{ "smtp", true, 0, BA_ERR_UID },
		{ "smtp", true, (uid_t)-1, BA_ERR_UID },
		{ "smtp", true, 1, BA_OK },
		{ "smtp", false, 0, BA_OK },
		{ "smtp", false, (uid_t)-1, BA_OK },
	};
	char *token =
	    usual_token(&(struct member){ "scope", "\"login admin\"" }, 1);
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(at); i++) {
		begin(&t, token);
		t.q.service = at[i].service;
		t.q.uid_known = at[i].known;
		t.q.uid = at[i].uid;
		expect(&t, at[i].service, at[i].err, BA_CHECK_ACCOUNT);
	}
	/* A family that an attacker sees for a bad token as well. */
	assert_int_equal(ba_err_family(BA_ERR_UNKNOWN_USER), BA_FAMILY_REFUSED);
	free(token);
}

/* Nobody was named: the token says who; an account needs a name to be of. */
static void
test_whoever_the_token_names(void **state)
{
	char *token = usual_token(NULL, 0);
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin(&t, token);
	t.q.user = NULL;
	t.q.service = "smtp";
	assert_int_equal(run(&t, NULL, &v), BA_OK);
	assert_string_equal(v.user, "alice");
	ba_verdict_clear(&v);
	t.q.service = "sshd";
	expect(
	    &t, "a uid without a name", BA_ERR_UNKNOWN_USER, BA_CHECK_ACCOUNT);
	free(token);
}

/* --- profile, tenants, rules, map ----------------------------------------- */

/* A token of K, the tenants or M, with any typ (NULL: none). */
static char *
legacy_token(const char *typ, const struct member *change, size_t n)
{
	char *p = payload(change, n), *token;

	token = ba_mint_token(w.k, BA_ALG_EDDSA, typ, p);
	free(p);
	return token;
}

static void
judge_legacy(const char *service, const char *typ, const struct member *change,
    size_t n, int err, enum ba_check which)
{
	char *token = legacy_token(typ, change, n);
	struct trial t;

	begin(&t, token);
	t.q.service = service;
	expect(&t, typ == NULL ? "no typ" : typ, err, which);
	free(token);
}

static void
test_jwt10_typ_of_legacy(void **state)
{
	static const char *const good[] = { NULL, "JWT", "jwt",
		"application/jwt", "at+jwt" };
	static const char *const bad[] = { "", "logout+jwt", "dpop+jwt", "JWE",
		"JWT " };
	static const struct member of_k[] = { { "iss", "\"" ISS_K "\"" } };
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++)
		judge_legacy(
		    "legacy", good[i], of_k, 1, BA_OK, BA_CHECK_ACCOUNT);
	for (i = 0; i < N(bad); i++)
		judge_legacy(
		    "legacy", bad[i], of_k, 1, BA_ERR_TYP, BA_CHECK_TYPE);
}

/* As their providers send them, signed: see also test_profile.c. */
static void
test_v54_jwt09_legacy_kinds(void **state)
{
#define OF_K                                                                   \
	{                                                                      \
		"iss", "\"" ISS_K "\""                                         \
	}
#define GONE(x)                                                                \
	{                                                                      \
		x, NULL                                                        \
	}
	static const struct {
		struct member change[6];
		int err;
		enum ba_check check;
	} rows[] = {
		/* without client_id and jti: Keycloak, Entra ID v1, Okta */
		{ { OF_K, GONE("client_id"), GONE("jti"), { "azp", "\"cli\"" },
		      { "typ", "\"Bearer\"" } },
		    BA_OK, BA_CHECK_ACCOUNT },
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "appid", "\"cli\"" }, { "scp", "\"login\"" } },
		    BA_OK, BA_CHECK_ACCOUNT },
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "cid", "\"cli\"" }, { "scp", "[\"login\"]" } },
		    BA_OK, BA_CHECK_ACCOUNT },
		{ { OF_K, GONE("client_id"), { "azp", "\"cli\"" },
		      { "nonce", "\"n\"" } },
		    BA_OK, BA_CHECK_ACCOUNT },
		/* ID tokens */
		{ { OF_K, GONE("client_id"), { "azp", "\"cli\"" },
		      { "typ", "\"ID\"" } },
		    ID },
		{ { OF_K, GONE("client_id"), { "azp", "\"cli\"" },
		      { "at_hash", "\"x\"" } },
		    ID },
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "azp", "\"ssh.example.org\"" } },
		    ID },
		{ { OF_K, GONE("client_id"), GONE("scope") }, ID },
		{ { OF_K, GONE("client_id"), { "nonce", "\"n\"" } }, ID },
		/* one client's for another, as Google sends them */
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "azp", "\"cli\"" } },
		    ID },
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "azp", "\"cli\"" }, { "nonce", "\"n\"" } },
		    ID },
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "azp", "\"cli\"" }, { "azpacr", "\"1\"" } },
		    BA_OK, BA_CHECK_ACCOUNT },
		{ { OF_K, GONE("client_id"), GONE("scope"),
		      { "azp", "\"cli\"" }, { "typ", "\"Bearer\"" } },
		    BA_OK, BA_CHECK_ACCOUNT },
		{ { OF_K, { "events", "{}" } }, ID },
		{ { OF_K, GONE("sub") }, BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ { OF_K, { "cnf", "{}" } }, BA_ERR_CNF, BA_CHECK_CLAIMS },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		for (n = 0; n < 6 && rows[i].change[n].name != NULL; n++)
			continue;
		judge_legacy("legacy", "JWT", rows[i].change, n, rows[i].err,
		    rows[i].check);
	}
}

/*
 * The keys are the same for all tenants of a provider: what tells them apart
 * is iss, byte for byte, and tid.
 */
static void
test_v36_other_tenant(void **state)
{
#define OF(t)                                                                  \
	{                                                                      \
		"iss", "\"" ISS_T t "/v2.0\""                                  \
	}
#define TID(t)                                                                 \
	{                                                                      \
		"tid", "\"" t "\""                                             \
	}
#define TENANT BA_ERR_TENANT, BA_CHECK_CLAIMS
#define ISS    BA_ERR_ISS, BA_CHECK_ISSUER
#define T3     "00000000-0000-0000-0000-000000000000"
	static const struct {
		struct member change[2];
		int err;
		enum ba_check check;
	} rows[] = {
		{ { OF(T1), TID(T1) }, BA_OK, BA_CHECK_ACCOUNT },
		{ { OF(T2), TID(T2) }, BA_OK, BA_CHECK_ACCOUNT },
		{ { OF(T1), TID(T2) }, TENANT },
		{ { OF(T2), TID(T1) }, TENANT },
		{ { OF(T1), TID(T3) }, TENANT },
		{ { OF(T1), { "tid", NULL } }, TENANT },
		{ { OF(T1), { "tid", "null" } }, TENANT },
		{ { OF(T1), { "tid", "[\"" T1 "\"]" } }, TENANT },
		{ { OF(T1), TID("") }, TENANT },
		{ { OF(T1), TID("8EAEF023-2B34-4DA1-9BAA-8BC8C9D6A490") },
		    TENANT },
		{ { OF(T3), TID(T3) }, ISS },
		{ { OF(T3), TID(T1) }, ISS },
		{ { OF("{tenantid}"), TID(T1) }, ISS },
		{ { OF("common"), TID(T1) }, ISS },
		{ { OF(""), TID(T1) }, ISS },
		{ { OF("8EAEF023-2b34-4da1-9baa-8bc8c9d6a490"), TID(T1) },
		    ISS },
		{ { OF(T1 "/" T2), TID(T1) }, ISS },
		/* of an issuer without tenants: whatever stands there */
		{ { OF_K, TID(T3) }, BA_OK, BA_CHECK_ACCOUNT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++)
		judge_legacy("legacy", "JWT", rows[i].change, 2, rows[i].err,
		    rows[i].check);
}

/* V01, JWK-09: secrets for the issuer that has one, and for no other. */
static void
test_v01_jwk01_symmetric_issuer(void **state)
{
	static const struct member of_s[] = { { "iss", "\"" ISS_S "\"" } };
	static const enum ba_alg hs[] = { BA_ALG_HS256, BA_ALG_HS384,
		BA_ALG_HS512 };
	struct ba_issuer *a = &w.config->issuers[0];
	struct ba_issuer *issuer = &w.config->issuers[6];
	unsigned of_a = a->algorithms, saved = issuer->algorithms;
	struct trial t;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N(hs); i++) {
		token = token_of(w.secret, hs[i], of_s, 1);
		begin(&t, token);
		t.q.service = "secret";
		expect_ok(&t, ba_alg_name(hs[i]));
		/* by a public key of its own: not even if it had one */
		free(token);
		token = token_of(w.secret, hs[i], NULL, 0);
		begin(&t, token);
		t.jwks[0] = w.jwks[6];
		expect(&t, "HMAC for A", BA_ERR_ALG, BA_CHECK_ALGORITHM);
		a->algorithms = BA_ALG_ALL;
		expect(&t, "HMAC for A", BA_ERR_ALG, BA_CHECK_ALGORITHM);
		a->algorithms = of_a;
		free(token);
	}
	token = token_of(w.ed, BA_ALG_EDDSA, of_s, 1);
	begin(&t, token);
	t.q.service = "secret";
	t.jwks[6] = w.jwks[0];
	expect(&t, "EdDSA for S", BA_ERR_ALG, BA_CHECK_ALGORITHM);
	issuer->algorithms = BA_ALG_ALL;
	expect(&t, "EdDSA for S", BA_ERR_ALG, BA_CHECK_ALGORITHM);
	issuer->symmetric_key_file = NULL;
	expect_ok(&t, "EdDSA for an S without a secret");
	issuer->symmetric_key_file = "/etc/bearerauth/s.jwk";
	issuer->algorithms = saved;
	free(token);
}

/* A secret has no thumbprint that anybody could guess it by. */
static void
test_thp01_no_thumbprint_of_a_secret(void **state)
{
	char *p = payload(&(struct member){ "iss", "\"" ISS_S "\"" }, 1);
	char *token = ba_mint_sign(w.secret, BA_ALG_HS256,
	    "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", p);
	struct trial t;

	(void)state;
	begin(&t, token);
	t.q.service = "secret";
	expect_ok(&t, "no kid");
	assert_string_equal(t.said[BA_CHECK_SIGNATURE], "holds");
	free(token);
	free(p);
}

/* What satisfies every rule of "strict". */
static const struct member strict[] = {
	{ "aud", "[\"x\",\"strict.example.org\"]" },
	{ "client_id", "\"app\"" },
	{ "realm_access", "{\"roles\":[\"staff\"]}" },
	{ "groups", "[\"operators\"]" },
	{ "acr", "\"3\"" },
	{ "amr", "[\"otp\",\"pwd\"]" },
	{ "auth_time", "1699996400" },
	{ "exp", "1700000600" },
	{ "iat", "1699999700" },
	{ "nbf", "1699999700" },
	{ "scope", "\"login\"" },
};

static char *
strict_token(const struct member *change)
{
	struct member all[N(strict) + 1];
	size_t i, n = N(strict);

	memcpy(all, strict, sizeof(strict));
	all[n] = *change;
	for (i = 0; i < N(strict); i++)
		if (strcmp(all[i].name, change->name) == 0) {
			all[i].raw = change->raw;
			return usual_token(all, n);
		}
	return usual_token(all, n + 1);
}

/* Each rule refuses what all others take, from a token and from claims. */
static void
test_tok03_jwt14_step01_at07_rules_of_a_service(void **state)
{
	static const struct twin twins[] = {
		{ "aud", "\"ssh.example.org\"", NULL, AUD },
		{ "client_id", "\"other\"", "\"cli\"", BA_ERR_CLIENT,
		    BA_CHECK_CLIENT },
		{ "azp", "\"other\"", "\"cli\"", BA_ERR_CLIENT,
		    BA_CHECK_CLIENT },
		{ "appid", "1", "\"app\"", BA_ERR_CLIENT, BA_CHECK_CLIENT },
		{ "cid", "\"\"", "\"app\"", BA_ERR_CLIENT, BA_CHECK_CLIENT },
		{ "scope", "\"x\"", "\"x login\"", BA_ERR_SCOPE,
		    BA_CHECK_SCOPE },
		{ "groups", NULL, "\"admins\"", BA_ERR_GROUP, BA_CHECK_GROUP },
		{ "groups", "\"x admins\"", "\"admins\"", BA_ERR_GROUP,
		    BA_CHECK_GROUP },
		{ "groups", "[\"x\"]", "[\"x\",\"admins\"]", BA_ERR_GROUP,
		    BA_CHECK_GROUP },
		{ "realm_access", "{\"roles\":[]}",
		    "{\"roles\":[\"a\",\"staff\"]}", BA_ERR_GROUP,
		    BA_CHECK_GROUP },
		{ "realm_access", "[\"staff\"]", NULL, BA_ERR_GROUP,
		    BA_CHECK_GROUP },
		{ "acr", "\"1\"", "\"2\"", BA_ERR_ACR,
		    BA_CHECK_AUTHENTICATION },
		{ "acr", NULL, NULL, BA_ERR_ACR, BA_CHECK_AUTHENTICATION },
		{ "amr", "[\"pwd\"]", "[\"pwd\",\"x\",\"otp\"]", BA_ERR_ACR,
		    BA_CHECK_AUTHENTICATION },
		{ "amr", "\"pwd otp\"", NULL, BA_ERR_ACR,
		    BA_CHECK_AUTHENTICATION },
		{ "auth_time", "1699996339", "1699996340", BA_ERR_AUTH_TIME,
		    BA_CHECK_AUTHENTICATION },
		{ "auth_time", "1700000061", "1700000060", BA_ERR_AUTH_TIME,
		    BA_CHECK_AUTHENTICATION },
		{ "auth_time", NULL, NULL, BA_ERR_AUTH_TIME,
		    BA_CHECK_AUTHENTICATION },
		{ "auth_time", "\"1699999000\"", "1699999000", BA_ERR_AUTH_TIME,
		    BA_CHECK_AUTHENTICATION },
		{ "exp", "1700000601", "1700000600", BA_ERR_LIFETIME,
		    BA_CHECK_AGE },
		{ "iat", "1699999699", "1699999700", BA_ERR_LIFETIME,
		    BA_CHECK_AGE },
	};
	struct trial t;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N(twins); i++) {
		token = strict_token(
		    &(struct member){ twins[i].name, twins[i].bad });
		begin(&t, token);
		t.q.service = "strict";
		t.q.rhost = "192.0.2.9";
		expect(&t, twins[i].name, twins[i].err, twins[i].check);
		free(token);
		token = strict_token(&(struct member){
		    twins[i].good == NULL ? "x" : twins[i].name,
		    twins[i].good == NULL ? "1" : twins[i].good });
		begin(&t, token);
		t.q.service = "strict";
		t.q.rhost = "192.0.2.9";
		expect_ok(&t, twins[i].name);
		free(token);
	}
}

/* max_token_age and allow_network: the same token, later or from elsewhere. */
static void
test_tok03_age_and_source(void **state)
{
	static const struct member older = { "exp", "1700000599" };
	char *token = strict_token(&older);
	struct trial t;

	(void)state;
	begin(&t, token);
	t.q.service = "strict";
	t.q.rhost = "2001:db8::7";
	expect_ok(&t, "from there");
	t.q.rhost = NULL;
	expect(&t, "from nowhere", BA_ERR_SOURCE, BA_CHECK_SOURCE);
	t.q.rhost = "192.0.3.1";
	expect(&t, "from elsewhere", BA_ERR_SOURCE, BA_CHECK_SOURCE);
	t.q.rhost = "host.example.org";
	expect(&t, "from a name", BA_ERR_SOURCE, BA_CHECK_SOURCE);
	t.q.rhost = "::ffff:192.0.2.1";
	expect_ok(&t, "from there");
	w.config->issuers[0].clock_skew = 0;
	t.s.now = NOW;
	expect_ok(&t, "as old as may be, by auth_time");
	w.config->issuers[0].clock_skew = 300;
	t.s.now = NOW + 300;
	expect_ok(&t, "as old as may be, with the skew");
	t.s.now = NOW + 301;
	expect(&t, "older", BA_ERR_AUTH_TIME, BA_CHECK_AUTHENTICATION);
	free(token);
	token = strict_token(&(struct member){ "auth_time", "1699999999" });
	begin(&t, token);
	t.q.service = "strict";
	t.q.rhost = "192.0.2.1";
	t.s.now = NOW + 600;
	expect_ok(&t, "as old as may be, by iat");
	t.s.now = NOW + 601;
	expect(&t, "older", BA_ERR_AGE, BA_CHECK_AGE);
	w.config->issuers[0].clock_skew = BA_SKEW_DEFAULT;
	free(token);
}

/* PM-02: root and uid 0 by the map of issuer and subject, and not else. */
static void
test_pm02_root_by_the_map(void **state)
{
	static const struct {
		const char *service;
		const char *sub;
		const char *name; /* preferred_username */
		const char *user;
		bool known;
		uid_t uid;
		int err;
		enum ba_check check;
	} rows[] = {
#define GOOD BA_OK, BA_CHECK_ACCOUNT
#define NONE BA_ERR_UID, BA_CHECK_ACCOUNT
		{ "mapped", "\"0\"", "\"x\"", "root", true, 0, GOOD },
		{ "mapped", "\"7\"", "\"x\"", "toor", true, 0, GOOD },
		{ "mapped", "\"1\"", "\"root\"", "root", true, 0,
		    BA_ERR_USER_NAME, BA_CHECK_IDENTITY },
		{ "mapped", "\"1\"", "\"boss\"", "boss", true, 0, NONE },
		{ "mapped", "\"1\"", "\"boss\"", "boss", true, 1000, GOOD },
		/* a name of the map is nobody else's */
		{ "mapped", "\"1\"", "\"toor\"", "toor", true, 0,
		    BA_ERR_NO_NAME, BA_CHECK_IDENTITY },
		{ "mapped", "\"1\"", "\"toor\"", "toor", true, 1000,
		    BA_ERR_NO_NAME, BA_CHECK_IDENTITY },
		{ "mapped", "\"4711\"", "\"x\"", "root", true, 0,
		    BA_ERR_USER_MISMATCH, BA_CHECK_USER },
		{ "mapped", "\"0\"", "\"x\"", "alice", true, 1000,
		    BA_ERR_USER_MISMATCH, BA_CHECK_USER },
		/* all other uids as ever */
		{ "mapped", "\"8\"", "\"x\"", "low", true, 1, NONE },
		{ "mapped", "\"8\"", "\"x\"", "low", true, 999, NONE },
		{ "mapped", "\"8\"", "\"x\"", "low", true, 1000, GOOD },
		{ "mapped", "\"0\"", "\"x\"", "root", true, 1, NONE },
		{ "mapped", "\"0\"", "\"x\"", "root", true, (uid_t)-1, NONE },
		{ "mapped", "\"0\"", "\"x\"", "root", false, 0,
		    BA_ERR_UNKNOWN_USER, BA_CHECK_ACCOUNT },
		{ "mapped", "\"0\"", "\"x\"", NULL, true, 0,
		    BA_ERR_UNKNOWN_USER, BA_CHECK_ACCOUNT },
		{ "mail", "\"0\"", "\"x\"", "root", true, 0, GOOD },
		{ "mail", "\"0\"", "\"x\"", "root", false, 0, GOOD },
		{ "mail", "\"0\"", "\"x\"", NULL, false, 0, GOOD },
		{ "mail", "\"1\"", "\"boss\"", "boss", true, 0, NONE },
		{ "mail", "\"0\"", "\"x\"", "root", true, (uid_t)-1, NONE },
	};
	struct member of_m[] = { { "iss", "\"" ISS_M "\"" }, { "sub", NULL },
		{ "preferred_username", NULL } };
	struct trial t;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		of_m[1].raw = rows[i].sub;
		of_m[2].raw = rows[i].name;
		token = legacy_token("at+jwt", of_m, N(of_m));
		begin(&t, token);
		t.q.service = rows[i].service;
		t.q.user = rows[i].user;
		t.q.uid_known = rows[i].known;
		t.q.uid = rows[i].uid;
		expect(&t, rows[i].sub, rows[i].err, rows[i].check);
		free(token);
	}
}

/* The same subject of another issuer is not in M's map. */
static void
test_v15_jwt06_subject_of_another_issuer(void **state)
{
	static const struct member root[] = { { "sub", "\"0\"" },
		{ "preferred_username", "\"bob\"" } };
	char *token = usual_token(root, N(root));
	struct ba_issuer *a = &w.config->issuers[0];
	struct trial t;

	(void)state;
	a->map_file = "users.map";
	a->map = w.config->issuers[7].map;
	begin(&t, token);
	t.q.user = "bob";
	expect_ok(&t, "bob, by the claim");
	t.q.user = "root";
	t.q.uid = 0;
	expect(&t, "root", BA_ERR_USER_MISMATCH, BA_CHECK_USER);
	/* A map that was not read is our fault, and nobody enters. */
	a->map = NULL;
	t.q.user = "bob";
	t.q.uid = 1000;
	expect(&t, "no map", BA_ERR_CONFIG, BA_CHECK_IDENTITY);
	assert_int_equal(ba_err_family(BA_ERR_CONFIG), BA_FAMILY_FAULT);
	a->map_file = NULL;
	expect_ok(&t, "no map");
	free(token);
}

/* JWT-12: what is no UTF-8, under a good signature. */
static void
test_jwt12_utf8(void **state)
{
	static const struct twin twins[] = {
		{ "x", "\"\xe9\"", "\"\xc3\xa9\"", BA_ERR_JSON, BA_CHECK_FORM },
		{ "x", "\"\xc0\xaf\"", "\"/\"", BA_ERR_JSON, BA_CHECK_FORM },
		{ "x", "\"\xed\xa0\x80\"", "\"\\ud83d\\ude00\"", BA_ERR_JSON,
		    BA_CHECK_FORM },
		{ "x", "\"\\ud800\"", "\"\\ud7ff\"", BA_ERR_JSON,
		    BA_CHECK_FORM },
		{ "x", "\"\xf4\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbd\"",
		    BA_ERR_JSON, BA_CHECK_FORM },
		{ "x", "\"\\u0000\"", "\"\\u0001\"", BA_ERR_JSON,
		    BA_CHECK_FORM },
		{ "x", "\"\xff\xfe\"", "\"\"", BA_ERR_JSON, BA_CHECK_FORM },
	};
	static const char bom[] = "\xef\xbb\xbf";
	char *p = payload(NULL, 0), *marked, *token;
	struct trial t;

	(void)state;
	judge_twins("sshd", twins, N(twins));
	marked = malloc(strlen(p) + sizeof(bom));
	assert_non_null(marked);
	memcpy(marked, bom, sizeof(bom) - 1);
	memcpy(marked + sizeof(bom) - 1, p, strlen(p) + 1);
	token = ba_mint_token(w.ed, BA_ALG_EDDSA, "at+jwt", marked);
	begin(&t, token);
	expect(&t, "a byte order mark", BA_ERR_JSON, BA_CHECK_FORM);
	free(token);
	token = ba_mint_token(w.ed, BA_ALG_EDDSA, "at+jwt", marked + 3);
	begin(&t, token);
	expect_ok(&t, "none");
	free(token);
	free(marked);
	free(p);
}

/* --- times through the whole token ---------------------------------------- */

/*
 * Boundaries of each time, by a service without other rules, the other times
 * being in order: test_times.c has more of them, without signatures.
 */
static void
test_jwt01_jwt02_v32_boundaries(void **state)
{
#define JSON  BA_ERR_JSON, BA_CHECK_FORM
#define Y2038 INT64_C(2147483647)
#define Y2106 INT64_C(4294967295)
#define Y9999 INT64_C(253402300799)
	static const struct {
		const char *name;
		const char *raw;
		int64_t now;
		int err;
		enum ba_check check;
	} rows[] = {
		{ "exp", "2147483647", Y2038 + 59, GOOD },
		{ "exp", "2147483647", Y2038 + 60, EXP },
		{ "exp", "2147483648", Y2038 + 60, GOOD },
		{ "exp", "2147483648", Y2038 + 61, EXP },
		{ "exp", "4294967295", Y2106 + 59, GOOD },
		{ "exp", "4294967295", Y2106 + 60, EXP },
		{ "exp", "4294967296", Y2106 + 60, GOOD },
		{ "exp", "253402300799", Y9999 + 59, GOOD },
		{ "exp", "253402300799", Y9999 + 60, EXP },
		{ "exp", "253402300800", NOW, EXP },
		{ "exp", "9007199254740991", NOW, EXP },
		{ "exp", "9007199254740992", NOW, EXP },
		{ "exp", "9007199254740993", NOW, EXP },
		{ "exp", "9223372036854775807", NOW, EXP },
		{ "exp", "9223372036854775808", NOW, JSON },
		{ "exp", "1e400", NOW, JSON },
		{ "exp", "-1", NOW, EXP },
		{ "exp", "-0", 59, GOOD },
		{ "exp", "-0", 60, EXP },
		{ "exp", "1.5", 60, GOOD },
		{ "exp", "1.5", 61, EXP },
		{ "exp", "1e9", 1000000059, GOOD },
		{ "exp", "1e9", 1000000060, EXP },
		{ "exp", "1.7e9", NOW + 59, GOOD },
		{ "exp", "1.7e9", NOW + 60, EXP },
		{ "exp", "17e8", NOW + 59, GOOD },
		{ "exp", "17e8", NOW + 60, EXP },
		{ "exp", "\"1700000600\"", NOW, EXP },
		{ "exp", "true", NOW, EXP },
		{ "exp", "null", NOW, EXP },
		{ "exp", "{}", NOW, EXP },
		{ "exp", NULL, NOW, EXP },
		{ "exp", "1700000600,\"exp\":1700000600", NOW, JSON },
		{ "exp", "1700000600,\"\\u0065xp\":1", NOW, JSON },

		{ "nbf", "1700000000", NOW - 60, GOOD },
		{ "nbf", "1700000000", NOW - 61, NBF },
		{ "nbf", "2147483648", Y2038 - 59, GOOD },
		{ "nbf", "2147483648", Y2038 - 60, NBF },
		{ "nbf", "4294967296", Y2106 - 59, GOOD },
		{ "nbf", "4294967296", Y2106 - 60, NBF },
		{ "nbf", "253402300799", Y9999 - 60, GOOD },
		{ "nbf", "253402300799", Y9999 - 61, NBF },
		{ "nbf", "253402300800", Y9999 + 1, NBF },
		{ "nbf", "9007199254740993", NOW, NBF },
		{ "nbf", "9223372036854775808", NOW, JSON },
		{ "nbf", "1e400", NOW, JSON },
		{ "nbf", "-1", NOW, NBF },
		{ "nbf", "-0", NOW, GOOD },
		{ "nbf", "1700000000.9", NOW - 59, GOOD },
		{ "nbf", "1700000000.9", NOW - 60, NBF },
		{ "nbf", "17e8", NOW - 60, GOOD },
		{ "nbf", "17e8", NOW - 61, NBF },
		{ "nbf", "\"0\"", NOW, NBF },
		{ "nbf", "false", NOW, NBF },
		{ "nbf", "null", NOW, NBF },
		{ "nbf", "{}", NOW, NBF },
		{ "nbf", NULL, NOW, GOOD },
		{ "nbf", "0,\"nbf\":0", NOW, JSON },

		{ "iat", "1700000000", NOW - 60, GOOD },
		{ "iat", "1700000000", NOW - 61, IAT },
		{ "iat", "2147483648", Y2038 - 59, GOOD },
		{ "iat", "2147483648", Y2038 - 60, IAT },
		{ "iat", "4294967296", Y2106 - 59, GOOD },
		{ "iat", "4294967296", Y2106 - 60, IAT },
		{ "iat", "253402300799", Y9999 - 60, GOOD },
		{ "iat", "253402300799", Y9999 - 61, IAT },
		{ "iat", "253402300800", Y9999 + 1, IAT },
		{ "iat", "9007199254740993", NOW, IAT },
		{ "iat", "9223372036854775808", NOW, JSON },
		{ "iat", "1e400", NOW, JSON },
		{ "iat", "-1", NOW, IAT },
		{ "iat", "-0", NOW, GOOD },
		{ "iat", "1700000000.9", NOW - 59, GOOD },
		{ "iat", "1700000000.9", NOW - 60, IAT },
		{ "iat", "17e8", NOW - 60, GOOD },
		{ "iat", "17e8", NOW - 61, IAT },
		{ "iat", "\"0\"", NOW, IAT },
		{ "iat", "false", NOW, IAT },
		{ "iat", "null", NOW, IAT },
		{ "iat", "{}", NOW, IAT },
		{ "iat", NULL, NOW, IAT },
		{ "iat", "0,\"iat\":0", NOW, JSON },
	};
	struct member times[3];
	struct trial t;
	char *token;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(rows); i++) {
		times[0] = (struct member){ "exp", "253402300799" };
		times[1] = (struct member){ "nbf", "0" };
		times[2] = (struct member){ "iat", "0" };
		for (j = 0; j < N(times); j++)
			if (strcmp(times[j].name, rows[i].name) == 0)
				times[j].raw = rows[i].raw;
		token = usual_token(times, N(times));
		begin(&t, token);
		t.s.now = rows[i].now;
		expect(&t, rows[i].raw == NULL ? "missing" : rows[i].raw,
		    rows[i].err, rows[i].check);
		free(token);
	}
}

/* --- claims verified earlier ---------------------------------------------- */

static json_t *
claims_of(const struct member *change, size_t n)
{
	char *text = payload(change, n);
	json_t *claims;

	assert_int_equal(ba_json_parse(text, strlen(text), &claims), BA_OK);
	free(text);
	return claims;
}

static void
expect_claims(struct trial *t, const struct member *change, size_t n, int err,
    enum ba_check which)
{
	json_t *claims = claims_of(change, n);
	enum ba_check got;
	int r;

	r = decide(t, claims, &got);
	if (r != err || got != which)
		fail_msg("%s at %s, not %s at %s (%s)", ba_err_name(r),
		    ba_check_name(got), ba_err_name(err), ba_check_name(which),
		    t->detail);
	/* Every reference that a verdict took has been given back. */
	assert_int_equal(claims->refcount, 1);
	json_decref(claims);
}

static void
test_claims_are_decided_again(void **state)
{
	static const struct {
		struct member change;
		int err;
		enum ba_check check;
	} bad[] = {
		{ { "iss", NULL }, BA_ERR_ISS, BA_CHECK_ISSUER },
		{ { "iss", "\"https://x.example\"" }, BA_ERR_ISS,
		    BA_CHECK_ISSUER },
		/* proven, configured, and not this service's */
		{ { "iss", "\"" ISS_C "\"" }, BA_ERR_SERVICE_ISS,
		    BA_CHECK_ISSUER },
		{ { "aud", "\"x\"" }, AUD },
		{ { "exp", "1699999940" }, EXP },
		{ { "nbf", "1700000061" }, NBF },
		{ { "iat", "1700000061" }, IAT },
		{ { "sub", NULL }, BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ { "cnf", "{}" }, BA_ERR_CNF, BA_CHECK_CLAIMS },
		{ { "events", "{}" }, ID },
		{ { "at_hash", "\"x\"" }, ID },
		{ { "scope", "\"x\"" }, SCOPE },
		{ { "preferred_username", "\"root\"" }, BA_ERR_USER_NAME,
		    BA_CHECK_IDENTITY },
		{ { "preferred_username", "\"bob\"" }, BA_ERR_USER_MISMATCH,
		    BA_CHECK_USER },
	};
	struct trial t;
	size_t i;

	(void)state;
	begin(&t, NULL);
	for (i = 0; i < N(bad); i++)
		expect_claims(&t, &bad[i].change, 1, bad[i].err, bad[i].check);
	expect_claims(&t, NULL, 0, BA_OK, BA_CHECK_ACCOUNT);
	/* all but form, algorithm, type, key, signature, introspection */
	assert_int_equal(t.n_checks, BA_CHECK_ACCOUNT + 1 - 6);
	assert_int_equal(t.keys_asked[0], 0);
	t.q.token = "nonsense";
	t.q.token_len = 8;
	expect_claims(&t, NULL, 0, BA_OK, BA_CHECK_ACCOUNT);
	t.q.service = "nowhere";
	expect_claims(&t, NULL, 0, BA_ERR_NO_SERVICE, BA_CHECK_SERVICE);
	t.q.service = "other";
	expect_claims(&t, NULL, 0, BA_ERR_SERVICE_ISS, BA_CHECK_ISSUER);
	assert_int_equal(
	    ba_err_family(BA_ERR_SERVICE_ISS), BA_FAMILY_NOT_ALLOWED);
	t.q.service = "sshd";
	t.q.uid = 999;
	expect_claims(&t, NULL, 0, BA_ERR_UID, BA_CHECK_ACCOUNT);
	t.q.uid = 1000;
	t.s.now = NOW + 660;
	expect_claims(&t, NULL, 0, EXP);
}

/* What one verification gives, the other takes. */
static void
test_claims_of_a_verdict(void **state)
{
	char *token = usual_token(NULL, 0);
	struct ba_verdict v, again;
	struct trial t;

	(void)state;
	begin(&t, token);
	assert_int_equal(run(&t, NULL, &v), BA_OK);
	assert_int_equal(run(&t, v.claims, &again), BA_OK);
	assert_string_equal(again.user, "alice");
	assert_string_equal(again.sub, "4711");
	assert_int_equal(again.exp, v.exp);
	ba_verdict_clear(&v);
	assert_int_equal(run(&t, again.claims, &v), BA_OK);
	ba_verdict_clear(&again);
	ba_verdict_clear(&v);
	free(token);
}

static bool
keeps(const char *service, size_t issuer, const char *name)
{
	static const char text[] =
	    "{\"iss\":1,\"acr\":1,\"amr\":1,\"auth_time\":1,\"tid\":1,"
	    "\"scp\":1,\"azp\":1,\"appid\":1,\"cid\":1,\"client_id\":1,"
	    "\"events\":1,\"token_introspection\":1,\"htm\":1,\"htu\":1,"
	    "\"s_hash\":1,\"typ\":1,\"email_verified\":1,\"azpacr\":1,"
	    "\"groups\":[\"admins\",\"staff\"],"
	    "\"realm_access\":{\"roles\":[\"staff\"]},"
	    "\"preferred_username\":\"alice\",\"name\":\"Alice\","
	    "\"address\":1,\"email\":\"a@example.org\",\"phone_number\":1,"
	    "\"a\":{\"b\":\"alice\"}}";
	json_t *claims, *kept;
	bool there;

	assert_int_equal(ba_json_parse(text, sizeof(text) - 1, &claims), BA_OK);
	kept = ba_claims_kept(claims, &w.config->issuers[issuer],
	    ba_config_service(w.config, service));
	assert_non_null(kept);
	there = ba_json_has(kept, name);
	json_decref(kept);
	json_decref(claims);
	return there;
}

/* What decides, and nothing that could be done without. */
static void
test_v48_claims_that_are_kept(void **state)
{
	static const char *const always[] = { "iss", "acr", "amr", "auth_time",
		"tid", "scp", "azp", "appid", "cid", "client_id", "events",
		"token_introspection", "htm", "htu", "s_hash", "typ",
		"email_verified", "azpacr" };
	static const char *const never[] = { "name", "address", "phone_number",
		"email" };
	struct ba_issuer *issuer = &w.config->issuers[0];
	struct ba_claim_path saved = issuer->username;
	struct ba_service *service =
	    &w.config->services[w.config->n_services - 1];
	size_t i, required, allowed;

	(void)state;
	for (i = 0; i < N(always); i++)
		assert_true(keeps("sshd", 0, always[i]));
	for (i = 0; i < N(never); i++) {
		assert_false(keeps("sshd", 0, never[i]));
		assert_false(keeps("strict", 0, never[i]));
	}
	assert_true(keeps("sshd", 0, "preferred_username"));
	assert_false(keeps("other", 2, "preferred_username"));
	/* groups where somebody asks for one */
	assert_false(keeps("sshd", 0, "groups"));
	assert_true(keeps("strict", 0, "groups"));
	assert_true(keeps("strict", 0, "realm_access"));
	assert_string_equal(service->name, "strict");
	required = service->require_group.n;
	allowed = service->allow_group.n;
	service->require_group.n = 0;
	assert_true(keeps("strict", 0, "groups"));
	service->allow_group.n = 0;
	assert_false(keeps("strict", 0, "groups"));
	service->require_group.n = required;
	assert_true(keeps("strict", 0, "groups"));
	service->allow_group.n = allowed;
	/* what a path leads to; and none at all */
	issuer->username = (struct ba_claim_path){ "a.b", { "a", "b" }, 2 };
	assert_true(keeps("sshd", 0, "a"));
	assert_false(keeps("sshd", 0, "preferred_username"));
	issuer->username.n = 0;
	assert_false(keeps("sshd", 0, "a"));
	issuer->username = saved;
	assert_false(keeps("sshd", 0, "a"));
}

/* As text, or "" where it is not there. */
static void
member_text(const json_t *o, const char *name, char *dst, size_t dstsz)
{
	const json_t *value = json_object_get(o, name);
	size_t n = 0;

	if (value != NULL)
		n = json_dumpb(value, dst, dstsz - 1,
		    JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	assert_true(n < dstsz);
	dst[n] = '\0';
}

struct kept {
	const char *realm_access, *groups; /* as they come; NULL: not at all */
	const char *realm_kept, *groups_kept; /* "": not at all */
	int err;
};

/* What "strict" makes of them, and what it keeps: expect_claims() decides
   by both. */
static void
judge_kept(const struct kept *row)
{
	struct member all[N(strict)];
	json_t *claims, *kept;
	struct trial t;
	char got[256], *before, *after;
	size_t i;

	memcpy(all, strict, sizeof(strict));
	for (i = 0; i < N(strict); i++)
		if (strcmp(all[i].name, "realm_access") == 0)
			all[i].raw = row->realm_access;
		else if (strcmp(all[i].name, "groups") == 0)
			all[i].raw = row->groups;
	begin(&t, NULL);
	t.q.service = "strict";
	t.q.rhost = "192.0.2.9";
	expect_claims(&t, all, N(strict), row->err,
	    row->err == BA_OK ? BA_CHECK_ACCOUNT : BA_CHECK_GROUP);
	claims = claims_of(all, N(strict));
	before = json_dumps(claims, JSON_SORT_KEYS);
	kept = ba_claims_kept(claims, &w.config->issuers[0],
	    ba_config_service(w.config, "strict"));
	after = json_dumps(claims, JSON_SORT_KEYS);
	assert_string_equal(before, after);
	member_text(kept, "realm_access", got, sizeof(got));
	assert_string_equal(got, row->realm_kept);
	member_text(kept, "groups", got, sizeof(got));
	assert_string_equal(got, row->groups_kept);
	free(before);
	free(after);
	json_decref(kept);
	json_decref(claims);
}

/*
 * Of groups, those that the service names; of an object, what a path leads
 * to.  The decision is the same.
 */
static void
test_v48_groups_that_are_kept(void **state)
{
#define STAFF "{\"roles\":[\"staff\"]}"
	static const struct kept rows[] = {
		{ STAFF, "[\"operators\"]", STAFF, "[\"operators\"]", BA_OK },
		{ "{\"x\":{},\"roles\":[\"a\",\"staff\",\"b\"],\"y\":1}",
		    "[\"x\",\"admins\",\"Staff\"]", STAFF, "[\"admins\"]",
		    BA_OK },
		/* those of either rule, wherever they stand */
		{ NULL, "[\"operators\",\"staff\",\"admins\",\"z\"]", "",
		    "[\"staff\",\"admins\",\"operators\"]", BA_OK },
		{ "{\"roles\":[\"admins\",\"staff\"]}", NULL,
		    "{\"roles\":[\"staff\",\"admins\"]}", "", BA_OK },
		/* a single one */
		{ STAFF, "\"admins\"", STAFF, "[\"admins\"]", BA_OK },
		{ STAFF, "\"x admins\"", STAFF, "", BA_ERR_GROUP },
		/* what lacks one */
		{ STAFF, "[\"x\"]", STAFF, "", BA_ERR_GROUP },
		{ STAFF, NULL, STAFF, "", BA_ERR_GROUP },
		{ NULL, "[\"admins\"]", "", "[\"admins\"]", BA_ERR_GROUP },
		{ NULL, NULL, "", "", BA_ERR_GROUP },
		/* what holds nothing, for what it is */
		{ STAFF, "[\"admins\",1]", STAFF, "", BA_ERR_GROUP },
		{ STAFF, "[null,\"admins\"]", STAFF, "", BA_ERR_GROUP },
		{ STAFF, "[[\"admins\"]]", STAFF, "", BA_ERR_GROUP },
		{ STAFF, "[]", STAFF, "", BA_ERR_GROUP },
		{ STAFF, "{\"admins\":true}", STAFF, "", BA_ERR_GROUP },
		{ STAFF, "true", STAFF, "", BA_ERR_GROUP },
		{ STAFF, "null", STAFF, "", BA_ERR_GROUP },
		{ "{\"roles\":[\"staff\",{}]}", "[\"admins\"]", "",
		    "[\"admins\"]", BA_ERR_GROUP },
		{ "{\"roles\":{\"roles\":[\"staff\"]}}", "[\"admins\"]", "",
		    "[\"admins\"]", BA_ERR_GROUP },
		{ "{\"Roles\":[\"staff\"]}", "[\"admins\"]", "", "[\"admins\"]",
		    BA_ERR_GROUP },
		{ "[\"staff\"]", "[\"admins\"]", "", "[\"admins\"]",
		    BA_ERR_GROUP },
		{ "\"roles\"", "[\"admins\"]", "", "[\"admins\"]",
		    BA_ERR_GROUP },
	};
	static const struct kept lists[] = {
		{ "{\"roles\":\"staff x\"}", "\"y admins operators\"", STAFF,
		    "[\"admins\",\"operators\"]", BA_OK },
		{ "{\"roles\":\"staffx\"}", "\"admins\"", "", "[\"admins\"]",
		    BA_ERR_GROUP },
		{ STAFF, "[\"x admins\"]", STAFF, "", BA_ERR_GROUP },
	};
#undef STAFF
	size_t i;

	(void)state;
	for (i = 0; i < N(rows); i++)
		judge_kept(&rows[i]);
	w.config->issuers[0].group_words = true;
	for (i = 0; i < N(lists); i++)
		judge_kept(&lists[i]);
	w.config->issuers[0].group_words = false;
}

/* Hundreds of them leave a record that our own file bounds. */
static void
test_v48_hundreds_of_groups(void **state)
{
	char realm[16384], groups[16384];
	struct kept row = { .realm_access = realm,
		.groups = groups,
		.realm_kept = "{\"roles\":[\"staff\"]}",
		.groups_kept = "[\"admins\"]" };
	size_t i, n;

	(void)state;
	for (i = n = 0; i < 600; i++)
		n += (size_t)snprintf(groups + n, sizeof(groups) - n,
		    "%s\"group-%zu\"", i == 0 ? "[" : ",", i);
	(void)snprintf(groups + n, sizeof(groups) - n, ",\"admins\"]");
	n = 0;
	for (i = 0; i < 600; i++)
		n += (size_t)snprintf(realm + n, sizeof(realm) - n,
		    "%s\"role-%zu\"", i == 0 ? "{\"roles\":[" : ",", i);
	(void)snprintf(realm + n, sizeof(realm) - n, ",\"staff\"]}");
	judge_kept(&row);
	/* and none of which is ours */
	(void)snprintf(groups + strlen(groups) - 3, 4, "z\"]");
	row.groups_kept = "";
	row.err = BA_ERR_GROUP;
	judge_kept(&row);
}

/* What is kept of these claims for a name there and groups there. */
static void
judge_places(const struct ba_claim_path *username,
    const struct ba_claim_path *group, const char *text, const char *want)
{
	struct ba_claim_path name = *username, path = *group;
	struct ba_issuer issuer = { .username = name,
		.group_claim = { &path, 1, { NULL, 0 } } };
	struct ba_service service = *ba_config_service(w.config, "strict");
	json_t *claims, *kept;
	char *got;

	service.group_claim.n = 0;
	assert_int_equal(ba_json_parse(text, strlen(text), &claims), BA_OK);
	kept = ba_claims_kept(claims, &issuer, &service);
	got = json_dumps(kept, JSON_COMPACT);
	assert_string_equal(got, want);
	free(got);
	/* what was given is not ours to change */
	got = json_dumps(claims, JSON_COMPACT);
	assert_string_equal(got, text);
	free(got);
	json_decref(kept);
	json_decref(claims);
}

static void
test_v48_places_that_are_kept(void **state)
{
	static const struct ba_claim_path none = { .n = 0 },
					  a = { "a", { "a" }, 1 },
					  ab = { "a.b", { "a", "b" }, 2 },
					  ac = { "a.c", { "a", "c" }, 2 },
					  abc = { "a.b.c", { "a", "b", "c" },
						  3 },
					  in_events = { "events.x",
						  { "events", "x" }, 2 };

	(void)state;
	judge_places(&ab, &none, "{\"a\":{\"b\":\"n\",\"c\":1},\"d\":1}",
	    "{\"a\":{\"b\":\"n\"}}");
	judge_places(&a, &none, "{\"a\":\"n\",\"b\":1}", "{\"a\":\"n\"}");
	/* another type says no name, and so does nothing */
	judge_places(&a, &none, "{\"a\":{\"b\":\"n\"}}", "{}");
	judge_places(&a, &none, "{\"a\":[\"n\"]}", "{}");
	judge_places(&ab, &none, "{\"a\":\"n\"}", "{}");
	judge_places(&none, &none, "{\"a\":\"n\"}", "{}");
	/* side by side */
	judge_places(&ab, &ac,
	    "{\"a\":{\"b\":\"n\",\"c\":[\"x\",\"staff\"],\"d\":1}}",
	    "{\"a\":{\"b\":\"n\",\"c\":[\"staff\"]}}");
	judge_places(&ab, &abc, "{\"a\":{\"b\":{\"c\":\"staff\",\"d\":1}}}",
	    "{\"a\":{\"b\":{\"c\":[\"staff\"]}}}");
	judge_places(&ab, &abc, "{\"a\":{\"b\":\"staff\"}}",
	    "{\"a\":{\"b\":\"staff\"}}");
	/* one place for both: the name is as it was */
	judge_places(&a, &a, "{\"a\":\"staff\",\"b\":1}", "{\"a\":\"staff\"}");
	/* in what is kept whole, and shared */
	judge_places(&in_events, &none,
	    "{\"events\":{\"x\":\"n\",\"y\":1},\"z\":1}",
	    "{\"events\":{\"x\":\"n\",\"y\":1}}");
	judge_places(&none, &in_events,
	    "{\"events\":{\"x\":[\"y\",\"staff\"],\"y\":1},\"z\":1}",
	    "{\"events\":{\"x\":[\"y\",\"staff\"],\"y\":1}}");
}

/* Which of jansson's allocations fails?  It has hooks of its own. */
static unsigned json_fail_at;

static void *
json_malloc(size_t n)
{
	if (json_fail_at > 0 && --json_fail_at == 0)
		return NULL;
	return __real_malloc(n);
}

/* What it frees stays as it is for a while, so that using it has a result. */
static void *json_freed[256];
static size_t json_n_freed;

static void
json_free_later(void *p)
{
	assert_true(json_n_freed < N(json_freed));
	json_freed[json_n_freed++] = p;
}

static void
json_free_now(void)
{
	while (json_n_freed > 0)
		free(json_freed[--json_n_freed]);
}

/* All of them or none: a record that lacks one would be decided wrongly. */
static void
test_claims_kept_without_memory(void **state)
{
	const struct ba_service *service =
	    ba_config_service(w.config, "strict");
	struct member all[N(strict)];
	json_t *claims, *kept = NULL;
	unsigned n;

	(void)state;
	memcpy(all, strict, sizeof(all));
	claims = claims_of(all, N(all));
	json_set_alloc_funcs(json_malloc, json_free_later);
	for (n = 1; kept == NULL; n++) {
		json_fail_at = n;
		kept = ba_claims_kept(claims, &w.config->issuers[0], service);
		assert_true(kept != NULL || json_fail_at == 0);
		json_free_now();
	}
	json_fail_at = 0;
	json_set_alloc_funcs(malloc, free);
	assert_true(n > 10);
	assert_int_equal(json_object_size(kept), json_object_size(claims));
	json_decref(kept);
	json_decref(claims);
}

static void
test_claims_that_are_none(void **state)
{
	json_t *array = json_array();
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin(&t, NULL);
	assert_int_equal(
	    ba_verify_claims(&t.q, &t.s, NULL, NULL, &v), BA_ERR_INTERNAL);
	assert_int_equal(v.err, BA_ERR_INTERNAL);
	ba_verdict_clear(&v);
	assert_int_equal(
	    ba_verify_claims(&t.q, &t.s, array, NULL, &v), BA_ERR_INTERNAL);
	ba_verdict_clear(&v);
	json_decref(array);
	expect_claims(&t, NULL, 0, BA_OK, BA_CHECK_ACCOUNT);
}

/* --- what the issuer says of it ------------------------------------------- */

#define OPAQUE "bXktdG9rZW4tMDAwMDAwMQ"
#define ASKED  BA_CHECK_INTROSPECTION

/* The usual answer of I (or J) with n changes: no jti and no client_id. */
static json_t *
answer_of(const char *iss, const struct member *change, size_t n)
{
	struct member all[12] = { { "iss", iss }, { "jti", NULL },
		{ "client_id", NULL }, { "nbf", NULL },
		{ "token_type", "\"Bearer\"" } };
	json_t *answer;
	size_t i, j, m = 5;
	char *text;

	for (i = 0; i < n; i++) {
		for (j = 0; j < m; j++)
			if (strcmp(all[j].name, change[i].name) == 0)
				break;
		assert_true(j < N(all));
		all[j] = change[i];
		if (j == m)
			m++;
	}
	text = payload(all, m);
	assert_int_equal(ba_json_parse(text, strlen(text), &answer), BA_OK);
	free(text);
	return answer;
}

/* "asked" is I's for what is opaque, "both" J's. */
static void
begin_asked(struct trial *t, const char *service, const char *token,
    const json_t *answer)
{
	begin(t, token);
	t->q.service = service;
	t->answer_err = answer == NULL ? BA_ERR_NEED_INTROSPECTION : BA_OK;
	t->answer = answer;
}

static char *
token_of_j(const struct member *change, size_t n)
{
	struct member all[4] = { { "iss", "\"" ISS_J "\"" } };
	size_t i;

	assert_true(n < N(all));
	for (i = 0; i < n; i++)
		all[i + 1] = change[i];
	return token_of(w.k, BA_ALG_EDDSA, all, n + 1);
}

static char *
token_of_i(void)
{
	static const struct member change = { "iss", "\"" ISS_I "\"" };

	return token_of(w.k, BA_ALG_EDDSA, &change, 1);
}

/* V47: each condition by itself, and nobody was asked. */
static void
test_v47_opaque_whom_nobody_is_asked_about(void **state)
{
	static const struct {
		const char *service;
		enum ba_origin origin;
		const char *text;
		int err;
	} table[] = {
		{ "asked", BA_ORIGIN_PROMPT, OPAQUE, BA_OK },
		{ "asked", BA_ORIGIN_SASL, OPAQUE, BA_OK },
		{ "asked", BA_ORIGIN_STACK, OPAQUE, BA_ERR_OPAQUE },
		{ "asked", (enum ba_origin)0, OPAQUE, BA_ERR_OPAQUE },
		{ "asked", (enum ba_origin)5, OPAQUE, BA_ERR_OPAQUE },
		/* Shown to the issuer that gave it, and to no other. */
		{ "asked", BA_ORIGIN_DEVICE, OPAQUE, BA_ERR_OPAQUE },
		{ "device", BA_ORIGIN_DEVICE, OPAQUE, BA_OK },
		{ "device", BA_ORIGIN_STACK, OPAQUE, BA_ERR_OPAQUE },
		{ "device", BA_ORIGIN_DEVICE, "0123456789abcde",
		    BA_ERR_OPAQUE },
		{ "other-device", BA_ORIGIN_DEVICE, OPAQUE, BA_ERR_OPAQUE },
		{ "other-device", BA_ORIGIN_PROMPT, OPAQUE, BA_OK },
		{ "device-alone", BA_ORIGIN_DEVICE, OPAQUE, BA_ERR_OPAQUE },
		{ "closed", BA_ORIGIN_PROMPT, OPAQUE, BA_ERR_OPAQUE },
		{ "closed", BA_ORIGIN_SASL, OPAQUE, BA_ERR_OPAQUE },
		{ "sshd", BA_ORIGIN_PROMPT, OPAQUE, BA_ERR_OPAQUE },
		{ "asked", BA_ORIGIN_PROMPT, "0123456789abcde", BA_ERR_OPAQUE },
		{ "asked", BA_ORIGIN_SASL, "0123456789abcde", BA_ERR_OPAQUE },
		{ "asked", BA_ORIGIN_PROMPT, "0123456789abcdef", BA_OK },
		{ "asked", BA_ORIGIN_SASL, "0123456789-_~+/=", BA_OK },
		{ "asked", BA_ORIGIN_SASL, "0123456789abc=ef",
		    BA_ERR_TOKEN_SYNTAX },
		{ "asked", BA_ORIGIN_PROMPT, "correct horse battery",
		    BA_ERR_TOKEN_SYNTAX },
		{ "asked", BA_ORIGIN_PROMPT, "ory_at_0123456789.abcdef",
		    BA_ERR_TOKEN_SYNTAX },
	};
	json_t *answer = answer_of("\"" ISS_I "\"", NULL, 0);
	struct trial t;
	size_t i;

	(void)state;
	assert_int_equal(BA_OPAQUE_MIN, 16);
	for (i = 0; i < N(table); i++) {
		begin_asked(&t, table[i].service, table[i].text, answer);
		t.q.origin = table[i].origin;
		expect(&t, table[i].text, table[i].err,
		    table[i].err == BA_OK ? BA_CHECK_ACCOUNT : BA_CHECK_FORM);
		assert_int_equal(t.asked > 0, table[i].err == BA_OK);
	}
	json_decref(answer);
}

/* The administrator reads which of the doors was shut. */
static void
test_v47_what_is_said_of_opaque_ones(void **state)
{
	static const struct {
		const char *service;
		enum ba_origin origin;
		const char *text;
		int err;
		const char *says;
	} table[] = {
		{ "closed", BA_ORIGIN_SASL, OPAQUE, BA_ERR_OPAQUE,
		    "no JWT, and [service closed] has no opaque_issuer" },
		{ "asked", BA_ORIGIN_SASL, "0123456789abcde", BA_ERR_OPAQUE,
		    "no JWT, and with 15 characters too short to ask about" },
		{ "asked", BA_ORIGIN_STACK, OPAQUE, BA_ERR_OPAQUE,
		    "no JWT, and not typed at our own prompt: it may be a "
		    "password" },
		{ "other-device", BA_ORIGIN_DEVICE, OPAQUE, BA_ERR_OPAQUE,
		    "no JWT, and of another issuer than opaque_issuer" },
		{ "asked", BA_ORIGIN_SASL, OPAQUE, BA_ERR_NEED_INTROSPECTION,
		    "an opaque token of 22 bytes" },
	};
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		begin_asked(&t, table[i].service, table[i].text, NULL);
		t.q.origin = table[i].origin;
		assert_int_equal(decide(&t, NULL, NULL), table[i].err);
		assert_string_equal(t.said[BA_CHECK_FORM], table[i].says);
	}
}

static void
test_int01_needs_introspection(void **state)
{
	json_t *answer = answer_of("\"" ISS_I "\"", NULL, 0);
	char *jwt = token_of_i(), *both = token_of_j(NULL, 0);
	const struct {
		const char *token, *iss;
	} table[] = { { OPAQUE, ISS_I }, { jwt, ISS_I }, { both, ISS_J } };
	struct ba_verdict v;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		begin_asked(&t, "asked", table[i].token, NULL);
		expect(
		    &t, "nobody has asked", BA_ERR_NEED_INTROSPECTION, ASKED);
		assert_int_equal(run(&t, NULL, &v), BA_ERR_NEED_INTROSPECTION);
		assert_string_equal(v.issuer->url, table[i].iss);
		assert_ptr_equal(t.asked_of, v.issuer);
		ba_verdict_clear(&v);
		t.s.introspected = NULL;
		expect(&t, "nobody to ask", BA_ERR_NEED_INTROSPECTION, ASKED);
		json_object_set_new(answer, "iss", json_string(table[i].iss));
		begin_asked(&t, "asked", table[i].token, answer);
		assert_int_equal(run(&t, NULL, &v), BA_OK);
		assert_int_equal(t.asked, 1);
		assert_int_equal(v.introspected, i < 2);
		assert_string_equal(v.user, "alice");
		assert_string_equal(v.sub, "4711");
		assert_int_equal(v.exp, NOW + 600);
		/* the answer's own, or the token's own */
		assert_int_equal(
		    json_object_get(v.claims, "jti") == NULL, i < 2);
		assert_int_equal(json_equal(v.claims, answer), i < 2);
		ba_verdict_clear(&v);
	}
	assert_int_equal(
	    ba_err_family(BA_ERR_NEED_INTROSPECTION), BA_FAMILY_UNAVAILABLE);
	free(jwt);
	free(both);
	json_decref(answer);
}

/* INT-02: whatever it says, and with whatever claims beside it. */
static void
test_int02_v35_nothing_but_ok_is_ok(void **state)
{
	static const int errors[] = {
#define ERROR(name, number, family, text) BA_ERR_##name,
		BA_ERR_LIST(ERROR)
#undef ERROR
		    1,
		200, -1000
	};
	json_t *answer = answer_of("\"" ISS_J "\"", NULL, 0), *bad[2];
	char *both = token_of_j(NULL, 0), *jwt = token_of_i();
	const char *const token[] = { OPAQUE, both, jwt };
	struct trial t;
	size_t i, j;

	(void)state;
	bad[0] = json_array();
	bad[1] = json_true();
	for (j = 0; j < N(token); j++) {
		const char *service = j == 2 ? "asked" : "both";

		json_object_set_new(
		    answer, "iss", json_string(j == 2 ? ISS_I : ISS_J));
		for (i = 0; i < N(errors); i++) {
			begin_asked(&t, service, token[j], answer);
			t.answer_err = errors[i];
			expect(&t, "an error, and claims", errors[i], ASKED);
			t.answer = NULL;
			expect(&t, "an error", errors[i], ASKED);
		}
		begin_asked(&t, service, token[j], answer);
		t.answer = NULL;
		expect(&t, "no claims", BA_ERR_INTERNAL, ASKED);
		for (i = 0; i < N(bad); i++) {
			t.answer = bad[i];
			expect(&t, "no object", BA_ERR_INTERNAL, ASKED);
		}
		t.answer = answer;
		expect(
		    &t, "an answer", BA_OK, j == 1 ? ASKED : BA_CHECK_ACCOUNT);
	}
	json_decref(bad[0]);
	json_decref(bad[1]);
	json_decref(answer);
	free(both);
	free(jwt);
}

/* An answer of I about an opaque token and about a JWT, bad and then good. */
static void
judge_answers(const struct twin *twins, size_t n)
{
	char *jwt = token_of_i(), what[256];
	const char *const token[] = { OPAQUE, jwt };
	struct member change;
	json_t *answer;
	struct trial t;
	size_t i, j, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < 2; k++)
			for (j = 0; j < N(token); j++) {
				change.name = twins[i].name;
				change.raw =
				    k == 0 ? twins[i].bad : twins[i].good;
				(void)snprintf(what, sizeof(what), "%s = %s",
				    change.name,
				    change.raw == NULL ? "-" : change.raw);
				answer = answer_of("\"" ISS_I "\"", &change,
				    k == 0 || change.raw != NULL);
				begin_asked(&t, "asked", token[j], answer);
				if (k == 0)
					expect(&t, what, twins[i].err,
					    twins[i].check);
				else
					expect_ok(&t, what);
				assert_int_equal(t.keys_asked[I], 0);
				json_decref(answer);
			}
	free(jwt);
}

/* Active says nothing of these: they are judged here, as in any token. */
static void
test_int03_claims_of_an_answer(void **state)
{
	static const struct twin twins[] = {
		{ "aud", "\"other\"", "[\"x\",\"ssh.example.org\"]", BA_ERR_AUD,
		    BA_CHECK_AUDIENCE },
		{ "aud", NULL, NULL, BA_ERR_AUD, BA_CHECK_AUDIENCE },
		{ "aud", "[\"ssh.example.org\",1]", NULL, BA_ERR_AUD,
		    BA_CHECK_AUDIENCE },
		{ "exp", "1699999940", "1699999941", BA_ERR_EXP,
		    BA_CHECK_EXPIRY },
		{ "exp", NULL, NULL, BA_ERR_EXP, BA_CHECK_EXPIRY },
		{ "exp", "\"1700000600\"", "1700000600", BA_ERR_EXP,
		    BA_CHECK_EXPIRY },
		{ "exp", "null", NULL, BA_ERR_EXP, BA_CHECK_EXPIRY },
		{ "nbf", "1700000061", "1700000060", BA_ERR_NBF,
		    BA_CHECK_NOT_BEFORE },
		{ "nbf", "\"0\"", "0", BA_ERR_NBF, BA_CHECK_NOT_BEFORE },
		{ "iat", "1700000061", "1700000060", BA_ERR_IAT,
		    BA_CHECK_ISSUED },
		{ "iat", "null", "0", BA_ERR_IAT, BA_CHECK_ISSUED },
		{ "sub", NULL, NULL, BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ "sub", "\"\"", "\"x\"", BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ "sub", "1", "\"1\"", BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ "cnf", "{\"jkt\":\"x\"}", NULL, BA_ERR_CNF, BA_CHECK_CLAIMS },
		{ "cnf", "null", NULL, BA_ERR_CNF, BA_CHECK_CLAIMS },
		{ "scope", "\"openid\"", "\"openid login\"", BA_ERR_SCOPE,
		    BA_CHECK_SCOPE },
		{ "scope", NULL, NULL, BA_ERR_SCOPE, BA_CHECK_SCOPE },
		{ "preferred_username", "\"bob\"", "\"alice\"",
		    BA_ERR_USER_MISMATCH, BA_CHECK_USER },
		{ "preferred_username", NULL, NULL, BA_ERR_CLAIM,
		    BA_CHECK_IDENTITY },
		{ "preferred_username", "\"root\"", NULL, BA_ERR_USER_NAME,
		    BA_CHECK_IDENTITY },
		/* which kind of token it was */
		{ "token_type", NULL, "\"bearer\"", BA_ERR_ID_TOKEN,
		    BA_CHECK_KIND },
		{ "token_type", "\"DPoP\"", "\"access_token\"", BA_ERR_TYP,
		    BA_CHECK_KIND },
		{ "token_type", "\"refresh_token\"", "\"BEARER\"", BA_ERR_TYP,
		    BA_CHECK_KIND },
		{ "typ", "\"Refresh\"", "\"Bearer\"", BA_ERR_ID_TOKEN,
		    BA_CHECK_KIND },
		{ "token_use", "\"refresh_token\"", "\"access_token\"",
		    BA_ERR_ID_TOKEN, BA_CHECK_KIND },
		{ "at_hash", "\"x\"", NULL, BA_ERR_ID_TOKEN, BA_CHECK_KIND },
		{ "token_introspection", "{}", NULL, BA_ERR_ID_TOKEN,
		    BA_CHECK_KIND },
		/* whose answer it is */
		{ "iss", NULL, NULL, BA_ERR_INTROSPECTION, ASKED },
		{ "iss", "\"" ISS_A "\"", NULL, BA_ERR_INTROSPECTION, ASKED },
		{ "iss", "\"" ISS_I "/\"", NULL, BA_ERR_INTROSPECTION, ASKED },
		{ "iss", "[\"" ISS_I "\"]", NULL, BA_ERR_INTROSPECTION, ASKED },
	};

	json_t *answer = answer_of("\"" ISS_I "/\"", NULL, 0);
	struct trial t;

	(void)state;
	judge_answers(twins, N(twins));
	begin_asked(&t, "asked", OPAQUE, answer);
	expect(&t, "another issuer's", BA_ERR_INTROSPECTION, ASKED);
	assert_non_null(strstr(t.detail, "iss of the answer is another"));
	json_decref(answer);
}

/* RFC 7662 section 2.2 demands none of them of an issuer. */
static void
test_int03_what_an_answer_may_leave_out(void **state)
{
	static const struct member nothing[] = { { "iat", NULL },
		{ "nbf", NULL }, { "jti", NULL }, { "client_id", NULL } };
	static const struct member all[] = { { "jti", "\"j\"" },
		{ "client_id", "\"cli\"" }, { "username", "\"bob\"" } };
	json_t *answer = answer_of("\"" ISS_I "\"", nothing, N(nothing));
	struct ba_service *service;
	struct trial t;
	size_t i;

	(void)state;
	begin_asked(&t, "asked", OPAQUE, answer);
	expect_ok(&t, "nothing but the least");
	json_decref(answer);
	/* username is a name for people, and no rule reads it */
	answer = answer_of("\"" ISS_I "\"", all, N(all));
	begin_asked(&t, "asked", OPAQUE, answer);
	expect_ok(&t, "everything");
	json_decref(answer);
	/* a rule about age needs iat */
	service = (struct ba_service *)(uintptr_t)ba_config_service(
	    w.config, "asked");
	service->max_token_age.s = 600;
	service->max_token_age.where.file = "x";
	for (i = 0; i < 2; i++) {
		answer = answer_of("\"" ISS_I "\"", nothing, 1 - i);
		begin_asked(&t, "asked", OPAQUE, answer);
		expect(&t, "max_token_age", i == 0 ? BA_ERR_AGE : BA_OK,
		    i == 0 ? BA_CHECK_AGE : BA_CHECK_ACCOUNT);
		json_decref(answer);
	}
	service->max_token_age.where.file = NULL;
}

/* INT-04, V35: what was remembered is judged by the clock as well. */
static void
test_int04_v35_answer_after_its_end(void **state)
{
	json_t *answer = answer_of("\"" ISS_I "\"", NULL, 0);
	struct trial t;

	(void)state;
	begin_asked(&t, "asked", OPAQUE, answer);
	t.s.now = NOW + 659;
	expect_ok(&t, "its last second");
	t.s.now = NOW + 660;
	expect(&t, "over", BA_ERR_EXP, BA_CHECK_EXPIRY);
	json_decref(answer);
}

/*
 * verify = introspection: a JWT is a name for something, too.  Nothing in it
 * is believed, and nothing of it decides, but for whom to ask.
 */
static void
test_int01_jwt_that_is_asked_about(void **state)
{
	static const struct member lies[] = {
		{ "iss", "\"" ISS_I "\"" },
		{ "sub", "\"0\"" },
		{ "preferred_username", "\"bob\"" },
		{ "exp", "1" },
		{ "aud", "\"x\"" },
		{ "scope", NULL },
		{ "at_hash", "\"x\"" },
		{ "cnf", "{}" },
	};
	static const char *const headers[] = {
		"{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"e1\"}",
		"{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"ES256\"}",
	};
	static const struct member not_ours = { "iss",
		"\"https://nobody.example\"" };
	json_t *answer = answer_of("\"" ISS_I "\"", NULL, 0);
	char *p = payload(lies, N(lies)), *token;
	struct ba_verdict v;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(headers); i++) {
		token = ba_mint_sign(w.evil, BA_ALG_ES256, headers[i], p);
		begin_asked(&t, "asked", token, answer);
		assert_int_equal(run(&t, NULL, &v), BA_OK);
		assert_string_equal(v.user, "alice");
		assert_string_equal(v.sub, "4711");
		assert_int_equal(v.exp, NOW + 600);
		assert_true(v.introspected);
		assert_int_equal(t.keys_asked[I], 0);
		assert_ptr_equal(t.asked_of, &w.config->issuers[I]);
		ba_verdict_clear(&v);
		/* from anywhere: it is no password */
		t.q.origin = BA_ORIGIN_STACK;
		expect_ok(&t, "from the stack");
		/* … unless the issuer says no */
		t.answer_err = BA_ERR_INACTIVE;
		expect(&t, "inactive", BA_ERR_INACTIVE, ASKED);
		/* a service that does not take I does not ask I */
		t.answer_err = BA_OK;
		t.asked = 0;
		t.q.service = "sshd";
		expect(&t, "not taken", BA_ERR_ISS, BA_CHECK_ISSUER);
		assert_int_equal(t.asked, 0);
		free(token);
	}
	free(p);
	/* a JWT of nobody's is not asked about with the opaque issuer */
	token = token_of(w.k, BA_ALG_EDDSA, &not_ours, 1);
	begin_asked(&t, "asked", token, answer);
	expect(&t, "of nobody", BA_ERR_ISS, BA_CHECK_ISSUER);
	assert_int_equal(t.asked, 0);
	free(token);
	/* nor one of an issuer whose signature is enough */
	token = usual_token(NULL, 0);
	begin_asked(&t, "asked", token, answer);
	expect_ok(&t, "of A");
	assert_int_equal(t.asked, 0);
	free(token);
	json_decref(answer);
}

/* V37: consent was asked for at one issuer, and another's is none. */
static void
test_v37_device_token_of_another_issuer(void **state)
{
	char *token = usual_token(NULL, 0); /* of A, which the service takes */
	struct trial t;

	(void)state;
	begin(&t, token);
	t.q.service = "device";
	expect_ok(&t, "typed");
	t.q.origin = BA_ORIGIN_DEVICE;
	expect(&t, "in the device flow of I", BA_ERR_ISS, BA_CHECK_ISSUER);
	free(token);
}

/* --- both ----------------------------------------------------------------- */

/* What is refused here is never shown to the issuer. */
static void
test_int01_both_the_issuer_is_asked_last(void **state)
{
	static const struct {
		struct member change;
		int err;
		enum ba_check check;
	} bad[] = {
		{ { "aud", "\"x\"" }, BA_ERR_AUD, BA_CHECK_AUDIENCE },
		{ { "exp", "1699999940" }, BA_ERR_EXP, BA_CHECK_EXPIRY },
		{ { "at_hash", "\"x\"" }, BA_ERR_ID_TOKEN, BA_CHECK_KIND },
		{ { "jti", NULL }, BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ { "client_id", NULL }, BA_ERR_CLAIM, BA_CHECK_CLAIMS },
		{ { "scope", "\"x\"" }, BA_ERR_SCOPE, BA_CHECK_SCOPE },
		{ { "preferred_username", "\"bob\"" }, BA_ERR_USER_MISMATCH,
		    BA_CHECK_USER },
		{ { "iat", NULL }, BA_ERR_IAT, BA_CHECK_ISSUED },
	};
	json_t *answer = answer_of("\"" ISS_J "\"", NULL, 0);
	char *token = token_of_j(NULL, 0);
	struct trial t;
	size_t i;

	(void)state;
	begin_asked(&t, "both", token, answer);
	expect(&t, "good", BA_OK, ASKED);
	assert_int_equal(t.asked, 2); /* decide() runs it twice */
	assert_int_equal(t.n_checks, BA_CHECK_ACCOUNT + 1);
	assert_true(t.keys_asked[J] > 0);
	t.asked = 0;
	t.q.uid = 999;
	expect(&t, "uid", BA_ERR_UID, BA_CHECK_ACCOUNT);
	t.q.uid = 1000;
	t.jwks[J] = NULL;
	expect(&t, "no keys", BA_ERR_NEED_KEYS, BA_CHECK_KEY);
	t.jwks[J] = w.jwks[0];
	expect(&t, "no key", BA_ERR_KEY, BA_CHECK_KEY);
	assert_int_equal(t.asked, 0);
	free(token);
	for (i = 0; i < N(bad); i++) {
		token = token_of_j(&bad[i].change, 1);
		begin_asked(&t, "both", token, answer);
		expect(&t, bad[i].change.name, bad[i].err, bad[i].check);
		assert_int_equal(t.asked, 0);
		free(token);
	}
	token = token_of(w.evil, BA_ALG_ES256,
	    &(struct member){ "iss", "\"" ISS_J "\"" }, 1);
	begin_asked(&t, "both", token, answer);
	expect(&t, "signed by nobody", BA_ERR_KEY, BA_CHECK_KEY);
	assert_int_equal(t.asked, 0);
	free(token);
	json_decref(answer);
}

/* INT-03: what the answer has is judged in it, too. */
static void
test_int03_both_answer_and_token(void **state)
{
	static const struct {
		struct member change;
		int err;
	} table[] = {
		/* they speak of one token */
		{ { "iss", "\"" ISS_I "\"" }, BA_ERR_CONFLICT },
		{ { "iss", "\"" ISS_J "/\"" }, BA_ERR_CONFLICT },
		{ { "iss", NULL }, BA_OK },
		{ { "sub", "\"4712\"" }, BA_ERR_CONFLICT },
		{ { "sub", "4711" }, BA_ERR_CONFLICT },
		{ { "sub", "null" }, BA_ERR_CONFLICT },
		{ { "sub", "\"4711\"" }, BA_OK },
		{ { "sub", NULL }, BA_OK },
		{ { "client_id", "\"app\"" }, BA_ERR_CONFLICT },
		{ { "client_id", "\"CLI\"" }, BA_ERR_CONFLICT },
		{ { "client_id", "\"cli\"" }, BA_OK },
		{ { "client_id", NULL }, BA_OK },
		/* each where it is there */
		{ { "exp", "1699999940" }, BA_ERR_EXP },
		{ { "exp", "1699999941" }, BA_OK },
		{ { "exp", "\"1700000600\"" }, BA_ERR_EXP },
		{ { "exp", "null" }, BA_ERR_EXP },
		{ { "exp", NULL }, BA_OK },
		{ { "nbf", "1700000061" }, BA_ERR_NBF },
		{ { "nbf", "1700000060" }, BA_OK },
		{ { "nbf", NULL }, BA_OK },
		{ { "iat", "1700000061" }, BA_ERR_IAT },
		{ { "iat", "1700000060" }, BA_OK },
		{ { "iat", "\"x\"" }, BA_ERR_IAT },
		{ { "iat", NULL }, BA_OK },
		{ { "aud", "\"x\"" }, BA_ERR_AUD },
		{ { "aud", "[]" }, BA_ERR_AUD },
		{ { "aud", "[\"x\",\"ssh.example.org\"]" }, BA_OK },
		{ { "aud", NULL }, BA_OK },
		{ { "scope", "\"openid\"" }, BA_ERR_SCOPE },
		{ { "scope", "\"\"" }, BA_ERR_SCOPE },
		{ { "scope", "\"login\"" }, BA_OK },
		{ { "scope", NULL }, BA_OK },
		/* the issuer says that it is no bearer token */
		{ { "cnf", "{\"jkt\":\"x\"}" }, BA_ERR_CNF },
		{ { "token_type", "\"DPoP\"" }, BA_ERR_TYP },
		{ { "token_type", "\"N_A\"" }, BA_ERR_TYP },
		{ { "token_type", "\"bearer\"" }, BA_OK },
		{ { "token_type", NULL }, BA_OK },
		{ { "token_use", "\"refresh_token\"" }, BA_ERR_ID_TOKEN },
		{ { "token_use", "\"access_token\"" }, BA_OK },
		/* who it is, the token says, which was signed */
		{ { "preferred_username", "\"bob\"" }, BA_OK },
		{ { "preferred_username", NULL }, BA_OK },
	};
	char *token = token_of_j(NULL, 0);
	struct ba_verdict v;
	json_t *answer;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		answer = answer_of("\"" ISS_J "\"", &table[i].change, 1);
		begin_asked(&t, "both", token, answer);
		expect(&t, table[i].change.name, table[i].err, ASKED);
		assert_true(table[i].err != BA_ERR_CONFLICT ||
			    strstr(t.detail, "not the token's") != NULL);
		assert_int_equal(run(&t, NULL, &v), table[i].err);
		/* the token's own */
		assert_string_equal(
		    json_string_value(json_object_get(v.claims, "jti")), "j-1");
		assert_false(v.introspected);
		ba_verdict_clear(&v);
		json_decref(answer);
	}
	/* RFC 7662 demands nothing but active, which is not ours to see */
	answer = json_object();
	begin_asked(&t, "both", token, answer);
	expect(&t, "an empty answer", BA_OK, ASKED);
	json_decref(answer);
	free(token);
}

/* INT-03: any claim of the answer that names a client is judged, and an answer
   that names none leaves it to the token. */
static void
test_int03_both_and_clients(void **state)
{
	static const struct {
		struct member change;
		int err;
	} table[] = {
		{ { "client_id", NULL }, BA_OK },
		{ { "client_id", "\"cli\"" }, BA_OK },
		{ { "azp", "\"cli\"" }, BA_OK },
		{ { "azp", "\"other\"" }, BA_ERR_CLIENT },
		{ { "appid", "\"cli\"" }, BA_OK },
		{ { "appid", "\"other\"" }, BA_ERR_CLIENT },
		{ { "cid", "\"cli\"" }, BA_OK },
		{ { "cid", "\"other\"" }, BA_ERR_CLIENT },
		{ { "cid", "null" }, BA_ERR_CLIENT },
	};
	char *token = token_of_j(NULL, 0);
	json_t *answer;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		answer = answer_of("\"" ISS_J "\"", &table[i].change, 1);
		begin_asked(&t, "both-known", token, answer);
		expect(&t, table[i].change.name, table[i].err, ASKED);
		json_decref(answer);
	}
	free(token);
}

/* A token without client_id may be told one; a legacy issuer's scp counts. */
static void
test_int03_both_in_legacy(void **state)
{
	static const struct member change[] = { { "client_id", NULL },
		{ "azp", "\"cli\"" } };
	static const struct {
		struct member change;
		int err;
	} table[] = {
		{ { "client_id", "\"another\"" }, BA_OK },
		{ { "scp", "\"openid\"" }, BA_ERR_SCOPE },
		{ { "scp", "\"login\"" }, BA_OK },
	};
	struct member both[2] = { { "scope", NULL } };
	char *token = token_of_j(change, N(change));
	json_t *answer;
	struct trial t;
	size_t i;

	(void)state;
	w.config->issuers[J].profile = BA_PROFILE_LEGACY;
	for (i = 0; i < N(table); i++) {
		both[1] = table[i].change;
		answer = answer_of("\"" ISS_J "\"", both, 2);
		begin_asked(&t, "both", token, answer);
		expect(&t, table[i].change.raw, table[i].err, ASKED);
		json_decref(answer);
	}
	w.config->issuers[J].profile = BA_PROFILE_RFC9068;
	free(token);
}

/* The login ends when the first of the two ends. */
static void
test_int04_both_exp_is_the_smaller(void **state)
{
	static const struct {
		const char *token, *answer;
		int64_t exp;
	} table[] = {
		{ "1700000600", "1700000600", NOW + 600 },
		{ "1700000600", "1700000599", NOW + 599 },
		{ "1700000599", "1700000600", NOW + 599 },
		{ "1700000600", "1700000001.9", NOW + 1 },
		{ "1700000600", NULL, NOW + 600 },
	};
	struct member exp = { "exp", NULL };
	struct ba_verdict v;
	json_t *answer;
	struct trial t;
	char *token;
	size_t i;

	(void)state;
	for (i = 0; i < N(table); i++) {
		exp.raw = table[i].token;
		token = token_of_j(&exp, 1);
		exp.raw = table[i].answer;
		answer = answer_of("\"" ISS_J "\"", &exp, 1);
		begin_asked(&t, "both", token, answer);
		assert_int_equal(run(&t, NULL, &v), BA_OK);
		assert_int_equal(v.exp, table[i].exp);
		ba_verdict_clear(&v);
		json_decref(answer);
		free(token);
	}
}

/* What is opaque has no signature: the answer is all there is. */
static void
test_int03_opaque_where_jwts_need_both(void **state)
{
	static const struct member change = { "token_type", NULL };
	json_t *answer = answer_of("\"" ISS_J "\"", NULL, 0);
	struct ba_verdict v;
	struct trial t;

	(void)state;
	begin_asked(&t, "both", OPAQUE, answer);
	expect_ok(&t, "opaque");
	t.asked = 0;
	assert_int_equal(run(&t, NULL, &v), BA_OK);
	assert_int_equal(t.asked, 1);
	assert_true(v.introspected);
	assert_int_equal(t.keys_asked[J], 0);
	ba_verdict_clear(&v);
	json_decref(answer);
	answer = answer_of("\"" ISS_J "\"", &change, 1);
	begin_asked(&t, "both", OPAQUE, answer);
	expect(&t, "no kind", BA_ERR_ID_TOKEN, BA_CHECK_KIND);
	json_decref(answer);
}

/* Kept claims of an answer are an answer's in the account phase, too. */
static void
test_v48_introspected_claims_are_decided_again(void **state)
{
	json_t *answer = answer_of("\"" ISS_I "\"", NULL, 0), *kept;
	const struct ba_service *service;
	struct trial t;

	(void)state;
	service = ba_config_service(w.config, "asked");
	kept = ba_claims_kept(answer, &w.config->issuers[I], service);
	assert_non_null(json_object_get(kept, "token_type"));
	begin_asked(&t, "asked", NULL, NULL);
	t.q.introspected = true;
	assert_int_equal(decide(&t, kept, NULL), BA_OK);
	assert_int_equal(t.asked, 0);
	/* as a JWT's they lack what a JWT must have */
	t.q.introspected = false;
	assert_int_equal(decide(&t, kept, NULL), BA_ERR_CLAIM);
	t.q.introspected = true;
	t.s.now = NOW + 660;
	assert_int_equal(decide(&t, kept, NULL), BA_ERR_EXP);
	json_decref(kept);
	json_decref(answer);
}

/* --- the block list ------------------------------------------------------- */

static struct ba_blocks *
block_list(const char *issuer, const char *who, const char *until)
{
	struct ba_blocks *list;
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "{\"issuer\":\"%s\",%s,\"since\":5%s%s}\n", issuer, who,
	    until == NULL ? "" : ",\"until\":", until == NULL ? "" : until);
	assert_int_equal(
	    ba_blocks_parse(text, strlen(text), &list, NULL), BA_OK);
	return list;
}

/* V48: by the clock and the list of this moment, whatever was verified when. */
static void
test_v48_block_list(void **state)
{
	static const struct {
		const char *issuer, *who, *until;
		int err;
	} table[] = {
		{ ISS_A, "\"sub\":\"4711\"", NULL, BA_ERR_BLOCKED },
		{ ISS_A, "\"sub\":\"4712\"", NULL, BA_OK },
		{ ISS_A, "\"sub\":\"alice\"", NULL, BA_OK },
		{ ISS_B, "\"sub\":\"4711\"", NULL, BA_OK },
		{ ISS_A, "\"client\":\"cli\"", NULL, BA_ERR_BLOCKED },
		{ ISS_A, "\"client\":\"app\"", NULL, BA_OK },
		{ ISS_A, "\"all\":true", NULL, BA_ERR_BLOCKED },
		{ ISS_B, "\"all\":true", NULL, BA_OK },
		{ ISS_A, "\"sub\":\"4711\"", "1700000001", BA_ERR_BLOCKED },
		{ ISS_A, "\"sub\":\"4711\"", "1700000000", BA_OK },
		{ ISS_A, "\"sub\":\"4711\"", "1699999999", BA_OK },
		{ ISS_A, "\"all\":true", "1700000001", BA_ERR_BLOCKED },
		{ ISS_A, "\"all\":true", "1700000000", BA_OK },
	};
	char *token = usual_token(NULL, 0);
	struct ba_blocks *list;
	struct ba_verdict v;
	struct trial t;
	json_t *claims;
	size_t i;

	(void)state;
	begin(&t, token);
	assert_int_equal(run(&t, NULL, &v), BA_OK);
	claims = json_incref(v.claims);
	ba_verdict_clear(&v);
	for (i = 0; i < N(table); i++) {
		list =
		    block_list(table[i].issuer, table[i].who, table[i].until);
		begin(&t, token);
		t.blocks = list;
		expect(&t, table[i].who, table[i].err,
		    table[i].err == BA_OK ? BA_CHECK_ACCOUNT : BA_CHECK_BLOCK);
		/* in the account phase, and after a prompt */
		assert_int_equal(decide(&t, claims, NULL), table[i].err);
		ba_blocks_free(list);
	}
	json_decref(claims);
	free(token);
	assert_int_equal(ba_err_family(BA_ERR_BLOCKED), BA_FAMILY_NOT_ALLOWED);
}

/*
 * V48: a client that the answer names and the token does not is judged as if
 * the token had named it.
 */
static void
test_v48_client_of_the_answer(void **state)
{
	static const struct member change[] = { { "client_id", NULL },
		{ "azp", "\"cli\"" } },
				   said[] = { { "client_id", "\"app\"" } };
	static char cli[] = "cli", app[] = "app", *clients[] = { cli, app };
	static const struct {
		const char *blocked;
		size_t allowed; /* of clients; 0: all */
		int err;
	} table[] = {
		{ "app", 0, BA_ERR_BLOCKED },
		{ "ap", 0, BA_OK },
		{ "ap", 1, BA_ERR_CLIENT },
		{ "ap", 2, BA_OK },
	};
	char who[64];
	char *token = token_of_j(change, N(change));
	json_t *answer = answer_of("\"" ISS_J "\"", said, 1);
	struct ba_service *service = NULL;
	struct ba_blocks *list;
	struct trial t;
	size_t i;

	(void)state;
	w.config->issuers[J].profile = BA_PROFILE_LEGACY;
	for (i = 0; i < w.config->n_services; i++)
		if (strcmp(w.config->services[i].name, "both") == 0)
			service = &w.config->services[i];
	assert_non_null(service);
	for (i = 0; i < N(table); i++) {
		(void)snprintf(
		    who, sizeof(who), "\"client\":\"%s\"", table[i].blocked);
		list = block_list(ISS_J, who, NULL);
		begin_asked(&t, "both", token, answer);
		t.blocks = list;
		service->allow_client.v = clients;
		service->allow_client.n = table[i].allowed;
		expect(&t, who, table[i].err, ASKED);
		ba_blocks_free(list);
	}
	memset(&service->allow_client, 0, sizeof(service->allow_client));
	w.config->issuers[J].profile = BA_PROFILE_RFC9068;
	json_decref(answer);
	free(token);
}

/* What cannot be read lets nobody in; and nobody is asked twice. */
static void
test_v48_block_list_cannot_be_read(void **state)
{
	struct ba_blocks *list = block_list(ISS_A, "\"sub\":\"x\"", NULL);
	json_t *answer = answer_of("\"" ISS_J "\"", NULL, 0);
	char *token = usual_token(NULL, 0), *both = token_of_j(NULL, 0);
	struct trial t;

	(void)state;
	begin(&t, token);
	t.blocks = list;
	t.blocks_err = BA_ERR_BLOCKS;
	expect(&t, "no list", BA_ERR_BLOCKS, BA_CHECK_BLOCK);
	t.blocks_err = BA_ERR_NOMEM;
	expect(&t, "no memory", BA_ERR_NOMEM, BA_CHECK_BLOCK);
	t.blocks_err = 1;
	expect(&t, "no error of ours", 1, BA_CHECK_BLOCK);
	t.blocks_err = BA_OK;
	expect_ok(&t, "a list");
	t.s.blocks = NULL;
	expect_ok(&t, "nobody has one");
	/* Once a verification, and not before the claims are whole. */
	begin_asked(&t, "both", both, answer);
	expect(&t, "both", BA_OK, ASKED);
	fail_at = 1000000; /* run() does not decide again, then */
	t.blocks_asked = 0;
	expect(&t, "both", BA_OK, ASKED);
	assert_int_equal(t.blocks_asked, 2); /* decide() runs it twice */
	t.blocks_asked = 0;
	t.s.now = NOW + 660;
	expect(&t, "over", BA_ERR_EXP, BA_CHECK_EXPIRY);
	assert_int_equal(t.blocks_asked, 0);
	fail_at = 0;
	assert_int_equal(ba_err_family(BA_ERR_BLOCKS), BA_FAMILY_UNAVAILABLE);
	json_decref(answer);
	ba_blocks_free(list);
	free(both);
	free(token);
}

/* Of whom nobody asks the issuer, and of opaque tokens by the answer. */
static void
test_v48_block_list_and_introspection(void **state)
{
	struct ba_blocks *list = block_list(ISS_J, "\"sub\":\"4711\"", NULL);
	json_t *answer = answer_of("\"" ISS_J "\"", NULL, 0);
	char *both = token_of_j(NULL, 0);
	struct trial t;

	(void)state;
	begin_asked(&t, "both", both, answer);
	t.blocks = list;
	expect(&t, "blocked", BA_ERR_BLOCKED, BA_CHECK_BLOCK);
	assert_int_equal(t.asked, 0);
	begin_asked(&t, "both", OPAQUE, answer);
	t.blocks = list;
	expect(&t, "blocked", BA_ERR_BLOCKED, BA_CHECK_BLOCK);
	t.blocks = NULL;
	expect_ok(&t, "taken back");
	ba_blocks_free(list);
	json_decref(answer);
	free(both);
}

/* --- all of it ------------------------------------------------------------ */

static struct ba_jwks *
jwks_of(const struct ba_mint *const *mint, size_t n)
{
	char *jwk[8], *text;
	struct ba_jwks *set;
	size_t i;

	assert_true(n <= N(jwk));
	for (i = 0; i < n; i++)
		jwk[i] = ba_mint_jwk(mint[i], NULL);
	text = ba_mint_jwks((const char *const *)jwk, n);
	assert_int_equal(ba_jwks_parse(text, strlen(text), &set, NULL), BA_OK);
	for (i = 0; i < n; i++)
		free(jwk[i]);
	free(text);
	return set;
}

static void
problem(void *arg, const char *file, unsigned n, const char *text)
{
	(void)arg;
	print_error("%s:%u: %s\n", file, n, text);
}

static int
read_config(void)
{
	static const struct ba_config_report loud = { problem, NULL };
	int r;

	r = ba_config_parse(
	    "x.conf", config_text, sizeof(config_text) - 1, &loud, &w.config);
	if (r != BA_OK)
		return r;
	assert_int_equal(w.config->n_issuers, ISSUERS);
	w.arena = ba_arena_new();
	assert_non_null(w.arena);
	/* ba_config_parse() opens no files. */
	return ba_map_parse(w.arena, w.config, "/etc/bearerauth/users.map",
	    map_text, sizeof(map_text) - 1, &loud, &w.config->issuers[7].map);
}

static int
setup(void **state)
{
	const struct ba_mint *of_a[5];
	const struct ba_mint *one;
	char *text;
	size_t i;

	(void)state;
	w.rsa = ba_mint_new(BA_MINT_RSA, "r1", NULL);
	w.p256 = ba_mint_new(BA_MINT_P256, "e1", NULL);
	w.ed = ba_mint_new(BA_MINT_ED25519, "d1", NULL);
	w.p384 = ba_mint_new(BA_MINT_P384, "e2", NULL);
	w.ed448 = ba_mint_new(BA_MINT_ED448, "d2", NULL);
	w.b = ba_mint_new(BA_MINT_P256, "b1", NULL);
	w.c = ba_mint_new(BA_MINT_P256, "c1", NULL);
	w.k = ba_mint_new(BA_MINT_ED25519, "k1", NULL);
	w.secret = ba_mint_new(BA_MINT_OCT, "s1", NULL);
	w.evil = ba_mint_new(BA_MINT_P256, "e1", NULL);
	of_a[0] = w.rsa;
	of_a[1] = w.p256;
	of_a[2] = w.ed;
	of_a[3] = w.p384;
	of_a[4] = w.ed448;
	w.jwks[0] = jwks_of(of_a, 5);
	one = w.b;
	w.jwks[1] = jwks_of(&one, 1);
	one = w.c;
	w.jwks[2] = jwks_of(&one, 1);
	/* One provider signs for all of its tenants, by the same key. */
	one = w.k;
	for (i = 3; i < ISSUERS; i++)
		if (i != 6)
			w.jwks[i] = jwks_of(&one, 1);
	text = ba_mint_jwk(w.secret, NULL);
	assert_int_equal(
	    ba_jwks_parse_symmetric(text, strlen(text), &w.jwks[6]), BA_OK);
	free(text);
	return read_config();
}

static int
teardown(void **state)
{
	size_t i;

	(void)state;
	ba_config_free(w.config);
	for (i = 0; i < N(w.jwks); i++)
		ba_jwks_free(w.jwks[i]);
	ba_mint_free(w.rsa);
	ba_mint_free(w.p256);
	ba_mint_free(w.ed);
	ba_mint_free(w.p384);
	ba_mint_free(w.ed448);
	ba_mint_free(w.b);
	ba_mint_free(w.c);
	ba_mint_free(w.k);
	ba_mint_free(w.secret);
	ba_mint_free(w.evil);
	ba_arena_free(w.arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at08_every_algorithm),
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_trace_of_nobody),
		cmocka_unit_test(test_check_names),
		cmocka_unit_test(test_cleared_verdict),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_v53_service_without_a_section),
		cmocka_unit_test(test_v07_jws01_jws07_jws09_form),
		cmocka_unit_test(test_at01_jws11_typ),
		cmocka_unit_test(test_jws03_v01_v03_v43_alg),
		cmocka_unit_test(test_jwt11_v01_none_without_signature),
		cmocka_unit_test(test_v04_v05_hs256_with_the_public_key),
		cmocka_unit_test(test_v06_embedded_jwk),
		cmocka_unit_test(test_jws04_jws05_crit_b64),
		cmocka_unit_test(test_jwt05_at02_iss),
		cmocka_unit_test(test_v36_md06_keys_are_never_shared),
		cmocka_unit_test(test_issuer_of_another_service),
		cmocka_unit_test(test_jwk15_curve_of_the_issuer),
		cmocka_unit_test(test_algorithm_of_the_issuer),
		cmocka_unit_test(test_needs_keys),
		cmocka_unit_test(test_md05_jws10_kid_not_there),
		cmocka_unit_test(test_oidc04_kid_absent),
		cmocka_unit_test(test_jwk02_oidc04_key_of_another_name),
		cmocka_unit_test(test_oidc04_library_fails),
		cmocka_unit_test(test_at04_jwt07_garbage_signature),
		cmocka_unit_test(test_v14_every_character),
		cmocka_unit_test(test_jwt04_at03_v46_aud),
		cmocka_unit_test(test_jwt01_at05_v35_exp),
		cmocka_unit_test(test_jwt02_nbf),
		cmocka_unit_test(test_jwt02_at06_iat),
		cmocka_unit_test(test_v32_jwt01_overflow),
		cmocka_unit_test(test_jwt03_skew),
		cmocka_unit_test(test_at06_required_claims),
		cmocka_unit_test(test_pop01_cnf),
		cmocka_unit_test(test_at09_jwt09_v54_id_tokens),
		cmocka_unit_test(test_tok03_v43_scope),
		cmocka_unit_test(test_pm02_pm04_root_is_nobody),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_v15_v48_pm01_token_of_another),
		cmocka_unit_test(test_pm03_unknown_users_look_the_same),
		cmocka_unit_test(test_accounts),
		cmocka_unit_test(test_whoever_the_token_names),
		cmocka_unit_test(test_jwt10_typ_of_legacy),
		cmocka_unit_test(test_v54_jwt09_legacy_kinds),
		cmocka_unit_test(test_v36_other_tenant),
		cmocka_unit_test(test_v01_jwk01_symmetric_issuer),
		cmocka_unit_test(test_thp01_no_thumbprint_of_a_secret),
		cmocka_unit_test(
		    test_tok03_jwt14_step01_at07_rules_of_a_service),
		cmocka_unit_test(test_tok03_age_and_source),
		cmocka_unit_test(test_pm02_root_by_the_map),
		cmocka_unit_test(test_v15_jwt06_subject_of_another_issuer),
		cmocka_unit_test(test_jwt12_utf8),
		cmocka_unit_test(test_jwt01_jwt02_v32_boundaries),
		cmocka_unit_test(test_v48_claims_that_are_kept),
		cmocka_unit_test(test_v48_groups_that_are_kept),
		cmocka_unit_test(test_v48_hundreds_of_groups),
		cmocka_unit_test(test_v48_places_that_are_kept),
		cmocka_unit_test(test_claims_kept_without_memory),
		cmocka_unit_test(test_claims_are_decided_again),
		cmocka_unit_test(test_claims_of_a_verdict),
		cmocka_unit_test(test_claims_that_are_none),
		cmocka_unit_test(test_v47_opaque_whom_nobody_is_asked_about),
		cmocka_unit_test(test_v47_what_is_said_of_opaque_ones),
		cmocka_unit_test(test_int01_needs_introspection),
		cmocka_unit_test(test_int02_v35_nothing_but_ok_is_ok),
		cmocka_unit_test(test_int03_claims_of_an_answer),
		cmocka_unit_test(test_int03_what_an_answer_may_leave_out),
		cmocka_unit_test(test_int04_v35_answer_after_its_end),
		cmocka_unit_test(test_int01_jwt_that_is_asked_about),
		cmocka_unit_test(test_int01_both_the_issuer_is_asked_last),
		cmocka_unit_test(test_int03_both_answer_and_token),
		cmocka_unit_test(test_v37_device_token_of_another_issuer),
		cmocka_unit_test(test_int03_both_and_clients),
		cmocka_unit_test(test_int03_both_in_legacy),
		cmocka_unit_test(test_int04_both_exp_is_the_smaller),
		cmocka_unit_test(test_int03_opaque_where_jwts_need_both),
		cmocka_unit_test(
		    test_v48_introspected_claims_are_decided_again),
		cmocka_unit_test(test_v48_block_list),
		cmocka_unit_test(test_v48_client_of_the_answer),
		cmocka_unit_test(test_v48_block_list_cannot_be_read),
		cmocka_unit_test(test_v48_block_list_and_introspection),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
