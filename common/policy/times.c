/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <inttypes.h>

#include "common/json/json.h"
#include "common/policy/times.h"

/* A date that must be there; err where it is not, or is none. */
static int
date(struct ba_case *c, const char *name, int err, int64_t *tp)
{
	char is[BA_SHOWN_MAX];

	if (ba_json_date(c->claims, name, tp) == BA_OK)
		return BA_OK;
	ba_case_say(c, NULL, "%s is %s", name, ba_case_show(c, name, is));
	return err;
}

static void
say_time(struct ba_case *c, const char *name, int64_t t)
{
	ba_case_say(c, &c->issuer->where,
	    "%s is %" PRId64 ", now %" PRId64 ", clock_skew = %" PRId64, name,
	    t, c->now, c->issuer->clock_skew);
}

int
ba_times_expiry(struct ba_case *c, int64_t *expp)
{
	int64_t exp;
	int err;

	*expp = 0;
	if ((err = date(c, "exp", BA_ERR_EXP, &exp)) != BA_OK)
		return err;
	say_time(c, "exp", exp);
	if (c->now >= exp + c->issuer->clock_skew)
		return BA_ERR_EXP;
	*expp = exp;
	return BA_OK;
}

/*
 * A time that must not lie ahead; err where it does.  Our clock has whole
 * seconds, so that one with a fraction has come only at the next.
 */
static int
not_ahead(struct ba_case *c, const char *name, int err)
{
	char is[BA_SHOWN_MAX];
	int64_t t;

	if (ba_json_date_up(c->claims, name, &t) != BA_OK) {
		ba_case_say(
		    c, NULL, "%s is %s", name, ba_case_show(c, name, is));
		return err;
	}
	say_time(c, name, t);
	return t - c->issuer->clock_skew > c->now ? err : BA_OK;
}

int
ba_times_not_before(struct ba_case *c)
{
	if (!ba_json_has(c->claims, "nbf")) {
		ba_case_say(c, NULL, "no nbf, and none is needed");
		return BA_OK;
	}
	return not_ahead(c, "nbf", BA_ERR_NBF);
}

/* RFC 7662 section 2.2 leaves it to the issuer. */
int
ba_times_issued(struct ba_case *c)
{
	if (c->introspected && !ba_json_has(c->claims, "iat")) {
		ba_case_say(c, NULL, "no iat in the answer");
		return BA_OK;
	}
	return not_ahead(c, "iat", BA_ERR_IAT);
}

static bool
is_set(const struct ba_limit *limit)
{
	return limit->where.file != NULL;
}

/* How long the issuer lets it live: two times of one clock, and no skew. */
static int
lifetime(struct ba_case *c, const struct ba_limit *max)
{
	int64_t exp, iat;
	int err;

	if ((err = date(c, "exp", BA_ERR_LIFETIME, &exp)) != BA_OK ||
	    (err = date(c, "iat", BA_ERR_LIFETIME, &iat)) != BA_OK)
		return err;
	ba_case_say(c, &max->where,
	    "exp less iat is %" PRId64 ", max_lifetime = %" PRId64, exp - iat,
	    max->s);
	return exp - iat > max->s ? BA_ERR_LIFETIME : BA_OK;
}

/* Is t at most max ago? */
static int
recent(struct ba_case *c, const char *name, int64_t t, const char *key,
    const struct ba_limit *max, int err)
{
	ba_case_say(c, &max->where,
	    "%s is %" PRId64 ", now %" PRId64 ", %s = %" PRId64, name, t,
	    c->now, key, max->s);
	return c->now > t + max->s + c->issuer->clock_skew ? err : BA_OK;
}

int
ba_times_age(struct ba_case *c)
{
	const struct ba_limit *max_lifetime = &c->service->max_lifetime;
	const struct ba_limit *max_token_age = &c->service->max_token_age;
	int64_t iat;
	int err;

	if (!is_set(max_lifetime) && !is_set(max_token_age)) {
		ba_case_say(c, NULL, "any age will do");
		return BA_OK;
	}
	if (is_set(max_lifetime) && (err = lifetime(c, max_lifetime)) != BA_OK)
		return err;
	if (!is_set(max_token_age))
		return BA_OK;
	if ((err = date(c, "iat", BA_ERR_AGE, &iat)) != BA_OK)
		return err;
	return recent(
	    c, "iat", iat, "max_token_age", max_token_age, BA_ERR_AGE);
}

int
ba_times_authentication(struct ba_case *c)
{
	const struct ba_limit *max = &c->service->max_auth_age;
	int64_t t;
	int err;

	if (!is_set(max)) {
		ba_case_say(c, NULL, "auth_time does not matter");
		return BA_OK;
	}
	err = not_ahead(c, "auth_time", BA_ERR_AUTH_TIME);
	if (err == BA_OK)
		err = date(c, "auth_time", BA_ERR_AUTH_TIME, &t);
	if (err != BA_OK)
		return err;
	return recent(c, "auth_time", t, "max_auth_age", max, BA_ERR_AUTH_TIME);
}
