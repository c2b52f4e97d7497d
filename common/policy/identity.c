/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/base/ascii.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/policy/identity.h"
#include "common/policy/map.h"
#include "common/policy/pattern.h"

#define LOCAL_MAX 32

/*
 * Mail servers fold case after we have spoken, and some take "root@host" and
 * "root+x" for root.
 */
static bool
is_root(const char *name)
{
	static const char root[] = "root";
	size_t i, n = sizeof(root) - 1;

	for (i = 0; i < n; i++)
		if ((name[i] | 0x20) != root[i])
			return false;
	return name[n] == '\0' || name[n] == '@' || name[n] == '+';
}

static bool
local_ok(const char *name, size_t n)
{
	return n <= LOCAL_MAX && strspn(name, BA_LOWER "_") > 0 &&
	       strspn(name, BA_LOWER BA_DIGIT "_-") == n;
}

/*
 * No capitals: where the host folds case, "ALICE" would be another's mailbox,
 * and whoever may choose his name chooses that one.
 */
static bool
virtual_ok(const char *name, size_t n)
{
	const char *at = strchr(name, '@');

	if (n > BA_NAME_MAX || strspn(name, BA_LOWER BA_DIGIT) == 0 ||
	    strspn(name, BA_LOWER BA_DIGIT "._+@-") != n)
		return false;
	if (strstr(name, "..") != NULL || name[n - 1] == '.')
		return false;
	if (at == NULL)
		return true;
	return at[-1] != '.' && at[1] != '.' && at[1] != '\0' &&
	       strchr(at + 1, '@') == NULL;
}

bool
ba_name_ok(const char *name, enum ba_accounts grammar)
{
	size_t n;

	if (name == NULL || is_root(name))
		return false;
	n = strlen(name);
	switch (grammar) {
	case BA_ACCOUNTS_LOCAL:
		return local_ok(name, n);
	case BA_ACCOUNTS_VIRTUAL:
		return virtual_ok(name, n);
	}
	return false;
}

/*
 * Many providers let their users type any address; only one that they say
 * they have verified names anybody (OpenID Connect Core 1.0 section 5.7),
 * and only of a domain that is known to be this issuer's: another's address
 * may be verified as well, and its owner is somebody else here (V45).
 */
static int
email(struct ba_case *c, const char *address)
{
	const struct ba_issuer *issuer = c->issuer;
	const char *at = strchr(address, '@');
	char show[BA_SHOWN_MAX];
	size_t i;

	if (!json_is_true(json_object_get(c->claims, "email_verified"))) {
		ba_case_say(c, &issuer->username_where,
		    "email_verified is %s, not true",
		    ba_case_show(c, "email_verified", show));
		return BA_ERR_CLAIM;
	}
	/* Then strip() compares with the one domain that there is. */
	if (issuer->email_domain.n == 0 && issuer->strip_domain != NULL)
		return BA_OK;
	/* The first '@': a second one is never part of a listed domain. */
	for (i = 0; i < issuer->email_domain.n && at != NULL; i++)
		if (strcmp(at + 1, issuer->email_domain.v[i]) == 0)
			return BA_OK;
	ba_case_say(c, &issuer->email_domain.where,
	    "email is \"%.*s\"; email_domain = %s", BA_SHOWN_MAX, address,
	    ba_case_show_list(c, &issuer->email_domain, show));
	return BA_ERR_DOMAIN;
}

/* Exactly what stands before "@" and the domain, and that has no '@'. */
static int
strip(struct ba_case *c, const char *claim, struct ba_name *name)
{
	const struct ba_issuer *issuer = c->issuer;
	const char *at = strchr(claim, '@');
	size_t n;

	if (at == NULL || at == claim ||
	    strcmp(at + 1, issuer->strip_domain) != 0) {
		ba_case_say(c, &issuer->strip_where,
		    "%s is \"%.*s\"; strip_domain = %s", issuer->username.text,
		    BA_SHOWN_MAX, claim, issuer->strip_domain);
		return BA_ERR_DOMAIN;
	}
	n = (size_t)(at - claim);
	if (n >= sizeof(name->s)) {
		ba_case_say(c, &issuer->strip_where, "the name is too long");
		return BA_ERR_USER_NAME;
	}
	memcpy(name->s, claim, n);
	name->s[n] = '\0';
	ba_case_say(c, &issuer->strip_where, "%s is \"%.*s\"",
	    issuer->username.text, BA_SHOWN_MAX, claim);
	return BA_OK;
}

static int
match(struct ba_case *c, const char *claim, struct ba_name *name)
{
	const struct ba_issuer *issuer = c->issuer;
	int err;

	err =
	    ba_pattern_match(issuer->pattern, claim, name->s, sizeof(name->s));
	ba_case_say(c, &issuer->pattern_where, "%s is \"%.*s\"%s",
	    issuer->username.text, BA_SHOWN_MAX, claim,
	    err == BA_ERR_USER_NAME ? "; username_pattern does not match" : "");
	return err;
}

/* The claim as it is. */
static int
whole(struct ba_case *c, const char *claim, struct ba_name *name)
{
	const struct ba_issuer *issuer = c->issuer;

	ba_case_say(c, &issuer->username_where, "%s is \"%.*s\"",
	    issuer->username.text, BA_SHOWN_MAX, claim);
	if (ba_copy_str(name->s, sizeof(name->s), claim) != BA_OK)
		return BA_ERR_USER_NAME;
	return BA_OK;
}

static int
by_claim(struct ba_case *c, struct ba_name *name)
{
	const struct ba_issuer *issuer = c->issuer;
	char show[BA_SHOWN_MAX];
	const char *claim;
	int err;

	if (ba_claim_string(c->claims, &issuer->username, &claim) != BA_OK) {
		ba_case_say(c, &issuer->username_where, "%s is %s",
		    issuer->username.text,
		    ba_case_show_at(c, &issuer->username, show));
		return BA_ERR_CLAIM;
	}
	if (ba_claim_is_email(&issuer->username)) {
		err = email(c, claim);
		if (err != BA_OK)
			return err;
	}
	if (issuer->strip_domain != NULL)
		return strip(c, claim, name);
	if (issuer->pattern != NULL)
		return match(c, claim, name);
	return whole(c, claim, name);
}

/* BA_ERR_NO_NAME where the map does not say. */
static int
by_map(struct ba_case *c, struct ba_name *name)
{
	const struct ba_issuer *issuer = c->issuer;
	const struct ba_map_entry *entry;
	char show[BA_SHOWN_MAX];
	const char *sub;

	if (issuer->map_file == NULL && issuer->map == NULL)
		return BA_ERR_NO_NAME;
	/* Without its map an issuer's other rule would name whom it maps. */
	if (issuer->map == NULL) {
		ba_case_say(c, &issuer->map_where, "the map was not read");
		return BA_ERR_CONFIG;
	}
	if (ba_json_string(c->claims, "sub", &sub) != BA_OK) {
		ba_case_say(c, &issuer->map_where, "sub is %s",
		    ba_case_show(c, "sub", show));
		return BA_ERR_CLAIM;
	}
	entry = ba_map_find(issuer->map, issuer->url, sub);
	if (entry == NULL) {
		ba_case_say(c, &issuer->map_where, "sub %s is not in the map",
		    ba_case_show(c, "sub", show));
		return BA_ERR_NO_NAME;
	}
	ba_case_say(
	    c, &entry->where, "sub is %s", ba_case_show(c, "sub", show));
	name->mapped = true;
	return ba_copy_str(name->s, sizeof(name->s), entry->name) == BA_OK
		   ? BA_OK
		   : BA_ERR_USER_NAME;
}

static bool
maps_name(const struct ba_issuer *issuer, const char *name)
{
	return issuer->map != NULL && ba_map_names(issuer->map, name);
}

const struct ba_issuer *
ba_identity_giver(const struct ba_service *service, const char *name)
{
	size_t i;

	for (i = 0; i < service->n_issuers; i++)
		if (maps_name(service->issuer[i], name))
			return service->issuer[i];
	return NULL;
}

/*
 * A claim that gives a name of the map to somebody else is a mistake at best:
 * a user who was deleted and made anew has another subject, and so has one
 * who chose the name for himself.
 */
static bool
is_of_others(struct ba_case *c, const struct ba_name *name)
{
	const struct ba_issuer *giver;

	if (name->mapped)
		return false;
	giver = maps_name(c->issuer, name->s)
		    ? c->issuer
		    : ba_identity_giver(c->service, name->s);
	if (giver != NULL)
		ba_case_say(c, &giver->map_where,
		    "%s is given by the map, to others", name->s);
	return giver != NULL;
}

static int
find_name(struct ba_case *c, struct ba_name *name)
{
	int err = by_map(c, name);

	if (err == BA_ERR_NO_NAME && c->issuer->username.n > 0)
		err = by_claim(c, name);
	if (err != BA_OK)
		return err;
	if (name->mapped && strcmp(name->s, "root") == 0)
		return BA_OK;
	if (!ba_name_ok(name->s, c->service->accounts))
		return BA_ERR_USER_NAME;
	return is_of_others(c, name) ? BA_ERR_NO_NAME : BA_OK;
}

int
ba_identity(struct ba_case *c, struct ba_name *name)
{
	int err;

	memset(name, 0, sizeof(*name));
	err = find_name(c, name);
	if (err == BA_OK) {
		ba_case_say(c, NULL, "%s", name->s);
		return BA_OK;
	}
	ba_case_say(c, NULL, "%s", ba_err_text(err));
	memset(name, 0, sizeof(*name));
	return err;
}

/* -1 and -2, also as they were when uids had 16 bits: nobody logs in. */
static bool
is_nobodys(uid_t uid)
{
	return uid == (uid_t)-1 || uid == (uid_t)-2 || uid == 65535 ||
	       uid == 65534;
}

int
ba_identity_account(
    struct ba_case *c, const struct ba_name *name, const uid_t *uid)
{
	const struct ba_service *service = c->service;

	/*
	 * Whatever its name: no rule lets uid 0 in, but for a line of the map
	 * that names this one person (PM-02).
	 */
	if (uid != NULL && is_nobodys(*uid)) {
		ba_case_say(
		    c, NULL, "uid %lu is nobody's", (unsigned long)*uid);
		return BA_ERR_UID;
	}
	if (uid != NULL && *uid == 0 && !name->mapped) {
		ba_case_say(c, NULL, "uid 0 enters only by the map");
		return BA_ERR_UID;
	}
	if (service->accounts == BA_ACCOUNTS_VIRTUAL) {
		ba_case_say(
		    c, &service->where, "accounts = virtual: the name will do");
		return BA_OK;
	}
	if (uid == NULL) {
		ba_case_say(c, &service->where, "%s is no user of this machine",
		    name->s);
		return BA_ERR_UNKNOWN_USER;
	}
	if (*uid == 0) {
		ba_case_say(c, NULL, "uid 0, by the map");
		return BA_OK;
	}
	ba_case_say(c, &service->where, "uid %lu, min_uid = %lu",
	    (unsigned long)*uid, (unsigned long)service->min_uid);
	return *uid < service->min_uid ? BA_ERR_UID : BA_OK;
}
