/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/json/json.h"
#include "common/policy/profile.h"
#include "common/policy/rules.h"

static bool
listed(const struct ba_strings *list, const char *s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->v[i], s) == 0)
			return true;
	return false;
}

/* RFC 7519 section 4.1.3: a string, or an array of strings. */
int
ba_rule_audience(struct ba_case *c)
{
	const struct ba_strings *ours = c->service->audience.n > 0
					    ? &c->service->audience
					    : &c->issuer->audience;
	char is[BA_SHOWN_MAX], list[BA_SHOWN_MAX];
	bool found;
	size_t i;

	for (i = 0; i < ours->n; i++) {
		if (ba_json_one_of(c->claims, "aud", ours->v[i], &found) !=
		    BA_OK)
			break;
		if (found) {
			ba_case_say(
			    c, &ours->where, "%.*s", BA_SHOWN_MAX, ours->v[i]);
			return BA_OK;
		}
	}
	ba_case_say(c, &ours->where, "aud is %s; audience = %s",
	    ba_case_show(c, "aud", is), ba_case_show_list(c, ours, list));
	return BA_ERR_AUD;
}

/* One that is missing, *therep false, is passed over. */
static bool
client_ok(struct ba_case *c, const char *claim, bool *therep)
{
	const struct ba_strings *list = &c->service->allow_client;
	char is[BA_SHOWN_MAX], show[BA_SHOWN_MAX];
	const char *client;

	if (!ba_json_has(c->claims, claim))
		return true;
	*therep = true;
	if (ba_json_string(c->claims, claim, &client) == BA_OK &&
	    listed(list, client)) {
		ba_case_say(c, &list->where, "%s is %s", claim,
		    ba_case_show(c, claim, is));
		return true;
	}
	ba_case_say(c, &list->where, "%s is %s; allow_client = %s", claim,
	    ba_case_show(c, claim, is), ba_case_show_list(c, list, show));
	return false;
}

/*
 * All that are there count: a provider that lets its clients add claims of
 * their own would else let them choose which one is looked at.
 */
int
ba_rule_client(struct ba_case *c)
{
	const struct ba_strings *list = &c->service->allow_client;
	bool there = false;
	const char *claim;
	size_t i;

	if (list->n == 0) {
		ba_case_say(c, NULL, "any client will do");
		return BA_OK;
	}
	for (i = 0; (claim = ba_profile_client_claim(i)) != NULL; i++)
		if (!client_ok(c, claim, &there))
			return BA_ERR_CLIENT;
	if (there)
		return BA_OK;
	ba_case_say(c, &list->where, "no claim names a client");
	return BA_ERR_CLIENT;
}

int
ba_rule_scope(struct ba_case *c)
{
	const struct ba_strings *list = &c->service->require_scope;
	const char *claim = ba_profile_scope_claim(c);
	char is[BA_SHOWN_MAX];
	bool found;
	size_t i;

	if (list->n == 0) {
		ba_case_say(c, NULL, "no scope is required");
		return BA_OK;
	}
	for (i = 0; i < list->n; i++) {
		if (ba_json_word(c->claims, claim, list->v[i], &found) ==
			BA_OK &&
		    found)
			continue;
		ba_case_say(c, &list->where, "%s is %s; \"%.*s\" is required",
		    claim, ba_case_show(c, claim, is), BA_SHOWN_MAX,
		    list->v[i]);
		return BA_ERR_SCOPE;
	}
	ba_case_say(c, &list->where, "%s", ba_case_show_list(c, list, is));
	return BA_OK;
}

static const struct ba_claim_path groups = {
	.text = "groups",
	.step = { "groups" },
	.n = 1,
};

const struct ba_claim_path *
ba_rule_group_claim(
    const struct ba_issuer *issuer, const struct ba_service *service, size_t i)
{
	const struct ba_claim_paths *paths = &service->group_claim;

	if (paths->n == 0)
		paths = &issuer->group_claim;
	if (paths->n == 0)
		return i == 0 ? &groups : NULL;
	return i < paths->n ? &paths->v[i] : NULL;
}

/* The first of the places that has it, or NULL. */
static const struct ba_claim_path *
place_of(const struct ba_case *c, const char *group)
{
	const struct ba_claim_path *path;
	size_t i;

	for (i = 0;
	     (path = ba_rule_group_claim(c->issuer, c->service, i)) != NULL;
	     i++)
		if (ba_claim_has_word(ba_claim_at(c->claims, path), group,
			c->issuer->group_words))
			return path;
	return NULL;
}

static void
say_groups(struct ba_case *c)
{
	const struct ba_claim_path *path;
	char is[BA_SHOWN_MAX];
	size_t i;

	for (i = 0;
	     (path = ba_rule_group_claim(c->issuer, c->service, i)) != NULL;
	     i++)
		ba_case_say(c, NULL, "%s is %s", path->text,
		    ba_case_show_at(c, path, is));
}

static int
require_group(struct ba_case *c)
{
	const struct ba_strings *list = &c->service->require_group;
	const struct ba_claim_path *path;
	size_t i;

	for (i = 0; i < list->n; i++) {
		path = place_of(c, list->v[i]);
		if (path == NULL) {
			ba_case_say(c, &list->where, "\"%.*s\" is required",
			    BA_SHOWN_MAX, list->v[i]);
			say_groups(c);
			return BA_ERR_GROUP;
		}
		ba_case_say(c, &list->where, "\"%.*s\" in %s", BA_SHOWN_MAX,
		    list->v[i], path->text);
	}
	return BA_OK;
}

static int
allow_group(struct ba_case *c)
{
	const struct ba_strings *list = &c->service->allow_group;
	const struct ba_claim_path *path;
	char show[BA_SHOWN_MAX];
	size_t i;

	for (i = 0; i < list->n; i++) {
		path = place_of(c, list->v[i]);
		if (path == NULL)
			continue;
		ba_case_say(c, &list->where, "\"%.*s\" in %s", BA_SHOWN_MAX,
		    list->v[i], path->text);
		return BA_OK;
	}
	ba_case_say(c, &list->where, "allow_group = %s",
	    ba_case_show_list(c, list, show));
	say_groups(c);
	return BA_ERR_GROUP;
}

int
ba_rule_group(struct ba_case *c)
{
	const struct ba_service *service = c->service;
	int err;

	if (service->require_group.n == 0 && service->allow_group.n == 0) {
		ba_case_say(c, NULL, "no group is required");
		return BA_OK;
	}
	if ((err = require_group(c)) != BA_OK)
		return err;
	return service->allow_group.n == 0 ? BA_OK : allow_group(c);
}

static int
allow_acr(struct ba_case *c)
{
	const struct ba_strings *list = &c->service->allow_acr;
	char is[BA_SHOWN_MAX], show[BA_SHOWN_MAX];
	const char *acr;

	if (ba_json_string(c->claims, "acr", &acr) == BA_OK &&
	    listed(list, acr)) {
		ba_case_say(
		    c, &list->where, "acr is %s", ba_case_show(c, "acr", is));
		return BA_OK;
	}
	ba_case_say(c, &list->where, "acr is %s; allow_acr = %s",
	    ba_case_show(c, "acr", is), ba_case_show_list(c, list, show));
	return BA_ERR_ACR;
}

/*
 * RFC 8176 section 1: a JSON array of strings.  A string is none, although
 * ba_json_one_of() would take one: what sends it means something of its own.
 */
static int
require_amr(struct ba_case *c)
{
	const struct ba_strings *list = &c->service->require_amr;
	bool found = json_is_array(json_object_get(c->claims, "amr"));
	char is[BA_SHOWN_MAX], show[BA_SHOWN_MAX];
	size_t i;

	for (i = 0; i < list->n && found; i++)
		if (ba_json_one_of(c->claims, "amr", list->v[i], &found) !=
		    BA_OK)
			found = false;
	ba_case_say(c, &list->where, "amr is %s; require_amr = %s",
	    ba_case_show(c, "amr", is), ba_case_show_list(c, list, show));
	return found ? BA_OK : BA_ERR_ACR;
}

int
ba_rule_authentication(struct ba_case *c)
{
	const struct ba_service *service = c->service;
	int err;

	if (service->allow_acr.n == 0 && service->require_amr.n == 0) {
		ba_case_say(c, NULL, "neither acr nor amr matters");
		return BA_OK;
	}
	if (service->allow_acr.n > 0 && (err = allow_acr(c)) != BA_OK)
		return err;
	return service->require_amr.n == 0 ? BA_OK : require_amr(c);
}

int
ba_rule_source(struct ba_case *c)
{
	const struct ba_networks *nets = &c->service->allow_network;
	const char *found = ba_networks_find(nets, c->rhost);
	char show[BA_SHOWN_MAX];

	if (nets->text.n == 0) {
		ba_case_say(c, NULL, "any address will do");
		return BA_OK;
	}
	if (found != NULL) {
		ba_case_say(
		    c, &nets->text.where, "%.64s is in %s", c->rhost, found);
		return BA_OK;
	}
	ba_case_say(c, &nets->text.where, "%.64s; allow_network = %s",
	    c->rhost == NULL ? "no address was given" : c->rhost,
	    ba_case_show_list(c, &nets->text, show));
	return BA_ERR_SOURCE;
}
