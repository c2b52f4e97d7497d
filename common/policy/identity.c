/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <string.h>

#include "common/json/json.h"
#include "common/policy/identity.h"

/* Locale-free on purpose: isalnum(3) and its kin follow the host's locale. */
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

#define LOCAL_MAX 32

/* Mail servers fold case after we have spoken, so that ROOT would be root. */
static bool
is_root(const char *name)
{
	static const char root[] = "root";
	size_t i;

	for (i = 0; i < sizeof(root) - 1; i++)
		if ((name[i] | 0x20) != root[i])
			return false;
	return name[i] == '\0';
}

static bool
local_ok(const char *name, size_t n)
{
	return n <= LOCAL_MAX && strspn(name, LOWER "_") > 0 &&
	       strspn(name, LOWER DIGIT "_-") == n;
}

static bool
virtual_ok(const char *name, size_t n)
{
	const char *at = strchr(name, '@');

	if (n > BA_NAME_MAX || strspn(name, LOWER UPPER DIGIT) == 0 ||
	    strspn(name, LOWER UPPER DIGIT "._+@-") != n)
		return false;
	if (strstr(name, "..") != NULL)
		return false;
	return at == NULL || (at[1] != '\0' && strchr(at + 1, '@') == NULL);
}

bool
ba_name_ok(const char *name, enum ba_accounts grammar)
{
	size_t n;

	if (name == NULL || *name == '\0' || is_root(name))
		return false;
	n = strnlen(name, BA_NAME_MAX + 1);
	switch (grammar) {
	case BA_ACCOUNTS_LOCAL:
		return local_ok(name, n);
	case BA_ACCOUNTS_VIRTUAL:
		return virtual_ok(name, n);
	}
	return false;
}

int
ba_identity(const struct ba_issuer *issuer, const struct ba_service *service,
    const json_t *claims, const char **namep)
{
	const char *name;

	*namep = NULL;
	if (ba_json_string(claims, issuer->username, &name) != BA_OK)
		return BA_ERR_CLAIM;
	/*
	 * Many providers let their users type any address; only one that
	 * they say they have verified names anybody (OpenID Connect Core
	 * 1.0 section 5.7).
	 */
	if (strcmp(issuer->username, "email") == 0 &&
	    !json_is_true(json_object_get(claims, "email_verified")))
		return BA_ERR_CLAIM;
	if (!ba_name_ok(name, service->accounts))
		return BA_ERR_USER_NAME;
	*namep = name;
	return BA_OK;
}
