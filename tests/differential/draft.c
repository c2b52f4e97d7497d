/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "tests/differential/draft.h"

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define SIGNATURE_MAX 2048

/* --- members -------------------------------------------------------------- */

static bool
is_called(const struct diff_member *m, const char *name)
{
	size_t n = strlen(name);

	return strlen(m->name) == n + 2 && memcmp(m->name + 1, name, n) == 0;
}

struct diff_member *
diff_find(struct diff_object *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (is_called(&o->m[i], name))
			return &o->m[i];
	return NULL;
}

void
diff_append(struct diff_object *o, const char *name, const char *value)
{
	if (o->n == DIFF_MEMBERS_MAX)
		return;
	o->m[o->n].name = diff_format("%s", name);
	o->m[o->n].value = diff_format("%s", value);
	o->n++;
}

void
diff_set(struct diff_object *o, const char *name, const char *fmt, ...)
{
	struct diff_member *m = diff_find(o, name);
	char *quoted, *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		diff_die("out of memory");
	va_end(ap);
	if (m != NULL) {
		free(m->value);
		m->value = value;
		return;
	}
	quoted = diff_format("\"%s\"", name);
	diff_append(o, quoted, value);
	free(quoted);
	free(value);
}

static void
forget(struct diff_object *o, size_t i)
{
	free(o->m[i].name);
	free(o->m[i].value);
	o->n--;
	memmove(&o->m[i], &o->m[i + 1], (o->n - i) * sizeof(o->m[0]));
}

void
diff_remove(struct diff_object *o, const char *name)
{
	struct diff_member *m = diff_find(o, name);

	if (m != NULL)
		forget(o, (size_t)(m - o->m));
}

/* --- the shape of a good token -------------------------------------------- */

char *
diff_spell(struct diff_rng *r, int64_t n)
{
	switch (diff_below(r, 16)) {
	case 0:
		return diff_format("%" PRId64 ".0", n);
	case 1:
		return diff_format("%" PRId64 "e0", n);
	case 2:
		return diff_format(
		    "%" PRId64 ".%" PRId64 "E+1", n / 10, n % 10);
	case 3:
		return diff_format("%" PRId64 "00e-2", n);
	default:
		return diff_format("%" PRId64, n);
	}
}

static void
set_number(struct diff_draft *d, const char *name, int64_t n)
{
	char *s = diff_spell(&d->rng, n);

	diff_set(&d->object[DIFF_PAYLOAD], name, "%s", s);
	free(s);
}

const char *
diff_alg_name(struct diff_draft *d, enum ba_alg alg)
{
	/*
	 * RFC 9864 let EdDSA live on for either curve.  Where the key has an
	 * alg, it is the name that the issuer goes by.
	 */
	if ((alg & BA_ALG_EDDSA) == 0)
		return ba_alg_name(alg);
	if (d->key->alg != NULL)
		return d->key->alg;
	return diff_chance(&d->rng, 60) ? "EdDSA" : ba_alg_name(alg);
}

const struct ba_mint *
diff_evil(const struct diff_draft *d)
{
	return d->setup->evil[d->key->kind];
}

/* Signing by RSA takes fifty times as long as by Ed25519. */
static void
choose_key(struct diff_draft *d)
{
	const struct diff_issuer *issuer = d->issuer;
	unsigned algs;

	do {
		d->key = &issuer->key[diff_below(&d->rng, issuer->n_keys)];
		algs = d->key->algs & issuer->allowed;
	} while (algs == 0 ||
		 (d->key->kind == BA_MINT_RSA && diff_chance(&d->rng, 40)));
	d->alg = diff_one_alg(&d->rng, algs);
}

static void
choose_place(struct diff_draft *d)
{
	const struct diff_setup *setup = d->setup;
	const char *issuers;

	d->service = &setup->service[diff_below(&d->rng, setup->n_services)];
	issuers = d->service->issuers;
	d->issuer =
	    &setup->issuer[issuers[diff_below(&d->rng, strlen(issuers))] - '0'];
	d->audience = diff_word(&d->rng, d->service->audience != NULL
					     ? d->service->audience
					     : d->issuer->audience);
	if (d->issuer->tenants == NULL) {
		d->url = diff_format("%s", d->issuer->url);
	} else {
		d->tenant = diff_word(&d->rng, d->issuer->tenants);
		d->url =
		    diff_format("https://login.example.org/%s/v2.0", d->tenant);
	}
}

/* 2038, 2106 and 9999 lie near to some of them. */
static void
choose_time(struct diff_draft *d)
{
	static const int64_t times[] = { INT64_C(1000), INT32_MAX,
		INT64_C(2147483649), UINT32_MAX, INT64_C(4294967300),
		BA_JSON_DATE_MAX - 1000 };

	d->now = diff_chance(&d->rng, 70)
		     ? INT64_C(1700000000)
		     : times[diff_below(&d->rng, COUNT(times))];
}

static void
add_type(struct diff_draft *d)
{
	static const char *const strict[] = { "at+jwt", "at+jwt", "AT+JWT",
		"application/at+jwt", "Application/AT+jwt" };
	static const char *const legacy[] = { "JWT", "JWT", "jwt", "at+jwt",
		NULL, NULL };
	const char *typ;

	typ = d->issuer->legacy ? legacy[diff_below(&d->rng, COUNT(legacy))]
				: strict[diff_below(&d->rng, COUNT(strict))];
	if (typ != NULL)
		diff_set(&d->object[DIFF_HEADER], "typ", "\"%s\"", typ);
}

static void
make_header(struct diff_draft *d)
{
	struct diff_object *o = &d->object[DIFF_HEADER];

	diff_set(o, "alg", "\"%s\"", diff_alg_name(d, d->alg));
	add_type(d);
	if (d->key->kid != NULL && !diff_chance(&d->rng, 10))
		diff_set(o, "kid", "\"%s\"", d->key->kid);
	if (diff_chance(&d->rng, 5))
		diff_set(o, "x5t", "\"c29tZSBoYXNo\"");
	if (diff_chance(&d->rng, 5))
		diff_set(o, "jku", "\"https://evil.example.org/jwks\"");
	if (diff_chance(&d->rng, 5))
		diff_set(o, "ext", "{\"a\":[1,2,{\"b\":null}]}");
}

static void
add_audience(struct diff_draft *d)
{
	struct diff_object *o = &d->object[DIFF_PAYLOAD];

	switch (diff_below(&d->rng, 4)) {
	case 0:
		diff_set(o, "aud", "[\"%s\"]", d->audience);
		break;
	case 1:
		diff_set(o, "aud", "[\"https://other.example\",\"%s\"]",
		    d->audience);
		break;
	case 2:
		diff_set(o, "aud", "[\"%s\", \"\", \"%s\"]", d->audience,
		    d->audience);
		break;
	default:
		diff_set(o, "aud", "\"%s\"", d->audience);
		break;
	}
}

static int64_t
at_most(int64_t t)
{
	return t > BA_JSON_DATE_MAX ? BA_JSON_DATE_MAX : t;
}

/* Some stand on the last second that is good. */
static void
add_times(struct diff_draft *d)
{
	int64_t skew = d->issuer->skew, ago = (int64_t)diff_below(&d->rng, 900);
	struct diff_rng *r = &d->rng;

	set_number(d, "exp",
	    diff_chance(r, 20) ? d->now - skew + 1
			       : at_most(d->now + 60 + 3600 - 2 * ago));
	set_number(d, "iat",
	    diff_chance(r, 20) ? at_most(d->now + skew) : d->now - ago);
	if (diff_chance(r, 50))
		set_number(d, "nbf",
		    diff_chance(r, 30) ? at_most(d->now + skew) : d->now - ago);
	if (diff_chance(r, 5))
		diff_set(&d->object[DIFF_PAYLOAD], "exp", "%" PRId64 ".5",
		    d->now + 100);
	if (diff_chance(r, 5))
		diff_set(&d->object[DIFF_PAYLOAD], "iat", "%" PRId64 ".25",
		    d->now - 100);
}

static void
add_person(struct diff_draft *d)
{
	static const char *const names[] = { "alice", "bob.b", "svc_1",
		"carol@example.org", "dave-2" };
	static const char *const subjects[] = { "248289761001", "auth0|abc",
		"f:e1b2:alice", "\\u00fcn\\u00efcode", "\xf0\x9f\x90\x9f",
		"\\ud83d\\udc1f", "a b" };
	struct diff_object *o = &d->object[DIFF_PAYLOAD];
	const char *name = names[diff_below(&d->rng, COUNT(names))];

	if (strcmp(d->issuer->username, "sub") == 0) {
		diff_set(o, "sub", "\"%s\"", name);
		return;
	}
	diff_set(
	    o, "sub", "\"%s\"", subjects[diff_below(&d->rng, COUNT(subjects))]);
	diff_set(o, d->issuer->username, "\"%s\"", name);
}

/* rfc9068 demands client_id and jti; the others have names of their own. */
static void
add_client(struct diff_draft *d)
{
	static const char *const legacy[] = { "client_id", "azp", "appid",
		"cid" };
	struct diff_object *o = &d->object[DIFF_PAYLOAD];

	if (!d->issuer->legacy) {
		diff_set(o, "client_id", "\"%s\"", d->client);
		diff_set(o, "jti", "\"%016" PRIx64 "\"", diff_random(&d->rng));
	} else if (diff_chance(&d->rng, 70)) {
		diff_set(o, legacy[diff_below(&d->rng, COUNT(legacy))],
		    "\"%s\"", d->client);
	}
}

static void
add_scope(struct diff_draft *d)
{
	struct diff_object *o = &d->object[DIFF_PAYLOAD];
	bool needed = d->service->require_scope != NULL || d->issuer->legacy;

	if (!needed && diff_chance(&d->rng, 30))
		return;
	if (d->issuer->legacy && diff_chance(&d->rng, 30))
		diff_set(o, "scp", "[\"openid\",\"login\"]");
	else
		diff_set(o, "scope", "\"openid login%s\"",
		    diff_chance(&d->rng, 30) ? " mail" : "");
}

static void
add_others(struct diff_draft *d)
{
	static const char *const others[][2] = {
		{ "auth_time", "1699999000" },
		{ "acr", "\"urn:example:loa:2\"" },
		{ "amr", "[\"pwd\",\"otp\"]" },
		{ "groups", "[\"staff\",\"wheel\"]" },
		{ "realm_access", "{\"roles\":[\"login\",\"a b\"]}" },
		{ "name", "\"Al\\u00efce \\\"\\\\\\/\\b\\f\\n\\r\\t\"" },
		{ "email_verified", "true" },
		{ "n", "-12.5e-3" },
		{ "nothing", "null" },
		{ "deep", "[[[[[[[[[[]]]]]]]]]]" },
		{ "__proto__", "{\"exp\":1}" },
		{ "constructor", "\"x\"" },
		{ "toString", "0" },
		{ "", "\"empty name\"" },
	};
	size_t i, n = diff_below(&d->rng, 4);

	for (; n > 0; n--) {
		i = diff_below(&d->rng, COUNT(others));
		diff_set(
		    &d->object[DIFF_PAYLOAD], others[i][0], "%s", others[i][1]);
	}
}

void
diff_draft_begin(struct diff_draft *d, const struct diff_setup *setup,
    uint64_t seed, uint64_t number)
{
	diff_rng_begin(&d->rng, seed, number);
	diff_rng_openssl(seed, number);
	d->setup = setup;
	d->sign = diff_sign_well;
	d->client = diff_format("%s", "s6BhdRkqt3");
	choose_place(d);
	choose_key(d);
	choose_time(d);
	make_header(d);
	diff_set(&d->object[DIFF_PAYLOAD], "iss", "\"%s\"", d->url);
	add_audience(d);
	add_times(d);
	add_person(d);
	add_client(d);
	add_scope(d);
	if (d->tenant != NULL)
		diff_set(&d->object[DIFF_PAYLOAD], "tid", "\"%s\"", d->tenant);
	add_others(d);
}

void
diff_draft_end(struct diff_draft *d)
{
	size_t i;

	for (i = 0; i < COUNT(d->object); i++)
		while (d->object[i].n > 0)
			forget(&d->object[i], d->object[i].n - 1);
	for (i = 0; i < COUNT(d->text); i++) {
		diff_free(&d->text[i]);
		diff_free(&d->segment[i]);
	}
	diff_free(&d->token);
	free(d->url);
	free(d->tenant);
	free(d->audience);
	free(d->client);
}

/* --- from stage to stage -------------------------------------------------- */

static void
shuffle(struct diff_draft *d, struct diff_object *o)
{
	struct diff_member m;
	size_t i, k;

	for (i = o->n; i > 1; i--) {
		k = diff_below(&d->rng, i);
		m = o->m[i - 1];
		o->m[i - 1] = o->m[k];
		o->m[k] = m;
	}
}

/* A name or a plain string, with one of its characters spelt as an escape. */
static void
write_escaped(struct diff_draft *d, struct diff_text *t, const char *raw)
{
	size_t n = strlen(raw), at;

	if (n < 3 || raw[0] != '"' || strchr(raw, '\\') != NULL) {
		diff_puts(t, raw);
		return;
	}
	at = 1 + diff_below(&d->rng, n - 2);
	if ((unsigned char)raw[at] >= 0x80)
		diff_puts(t, raw);
	else
		diff_putf(t, "%.*s\\u%04x%s", (int)at, raw, (unsigned)raw[at],
		    raw + at + 1);
}

static void
write_object(struct diff_draft *d, enum diff_part part)
{
	static const char *const spaces[] = { "", "", "", " ", "\n\t", "\r\n" };
	const char *space = spaces[diff_below(&d->rng, COUNT(spaces))];
	const struct diff_object *o = &d->object[part];
	struct diff_text *t = &d->text[part];
	size_t i;

	diff_putf(t, "%s{", diff_chance(&d->rng, 10) ? space : "");
	for (i = 0; i < o->n; i++) {
		diff_putf(t, "%s%s", i == 0 ? "" : ",", space);
		if (diff_chance(&d->rng, 3))
			write_escaped(d, t, o->m[i].name);
		else
			diff_puts(t, o->m[i].name);
		diff_putf(t, "%s:%s", space, space);
		if (diff_chance(&d->rng, 3))
			write_escaped(d, t, o->m[i].value);
		else
			diff_puts(t, o->m[i].value);
	}
	diff_putf(t, "%s}%s", space, diff_chance(&d->rng, 10) ? space : "");
}

void
diff_draft_write(struct diff_draft *d)
{
	enum diff_part part;

	for (part = DIFF_HEADER; part <= DIFF_PAYLOAD; part++) {
		if (diff_chance(&d->rng, 50))
			shuffle(d, &d->object[part]);
		write_object(d, part);
	}
}

static void
encode(struct diff_draft *d, enum diff_part part)
{
	char *s = ba_mint_b64(
	    d->text[part].n == 0 ? "" : d->text[part].p, d->text[part].n);

	diff_clear(&d->segment[part]);
	diff_puts(&d->segment[part], s);
	free(s);
}

void
diff_draft_encode(struct diff_draft *d)
{
	encode(d, DIFF_HEADER);
	encode(d, DIFF_PAYLOAD);
}

void
diff_sign_by(struct diff_draft *d, const struct ba_mint *mint, enum ba_alg alg,
    const void *p, size_t n)
{
	unsigned char sig[SIGNATURE_MAX];

	diff_clear(&d->text[DIFF_SIG]);
	diff_put(&d->text[DIFF_SIG], sig,
	    ba_mint_raw(mint, alg, p, n, sig, sizeof(sig)));
}

void
diff_sign_well(struct diff_draft *d, const void *p, size_t n)
{
	diff_sign_by(d, d->key->mint, d->alg, p, n);
}

void
diff_draft_sign(struct diff_draft *d)
{
	struct diff_text input = { NULL, 0, 0 };

	diff_put(&input, d->segment[DIFF_HEADER].p, d->segment[DIFF_HEADER].n);
	diff_puts(&input, ".");
	diff_put(
	    &input, d->segment[DIFF_PAYLOAD].p, d->segment[DIFF_PAYLOAD].n);
	d->sign(d, input.p, input.n);
	diff_free(&input);
}

void
diff_draft_join(struct diff_draft *d)
{
	enum diff_part part;

	encode(d, DIFF_SIG);
	for (part = DIFF_HEADER; part <= DIFF_SIG; part++) {
		if (part != DIFF_HEADER)
			diff_puts(&d->token, ".");
		diff_put(&d->token, d->segment[part].p, d->segment[part].n);
	}
}
