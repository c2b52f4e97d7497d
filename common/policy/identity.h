/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_IDENTITY_H
#define BA_POLICY_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/policy/case.h"
#include "common/policy/config.h"

#define BA_NAME_MAX 255 /* bytes of a user name, of any grammar */

/*
 * The grammar of names.  local: [a-z_][a-z0-9_-]{0,31}, the portable names
 * of useradd(8).  virtual: 1 to BA_NAME_MAX bytes of [a-z0-9._+@-], first a
 * letter or digit, no "..", no '.' at the end or beside the '@', at most one
 * '@' and not at either end.  "root" is in neither, however it is capitalised,
 * nor is an address of root's ("root@…", "root+…").
 */
bool ba_name_ok(const char *name, enum ba_accounts grammar);

struct ba_name {
	char s[BA_NAME_MAX + 1];
	bool mapped; /* a line of the map names this person: the one way to be
			root, by name or by uid */
};

/*
 * Who is that here?  Where the issuer has a map and issuer and sub stand in
 * it, the name there, whatever else the claims say.  Otherwise the claim
 * username =, as it is, or less an exact "@" strip_domain =, or what
 * username_pattern = takes out of it.  The claim email counts only beside an
 * email_verified that is true, and of a domain that is listed (OIDC-03).
 * Then the service's grammar; "root" (in lower case) only by the map.
 *
 * BA_ERR_NO_NAME: no rule names this person: not in the map, and there is no
 * other rule, or one that gives a name which the map gives to others.
 * BA_ERR_CLAIM: the claim is missing, no string, or an address that is not
 * verified.  BA_ERR_DOMAIN: of another domain than strip_domain or
 * email_domain.  BA_ERR_USER_NAME: outside the grammar, or the pattern does
 * not match.  BA_ERR_CONFIG: there is a map_file, and it was not read.
 * BA_ERR_NOMEM.  c says what was found.
 */
BA_MUST_CHECK int ba_identity(struct ba_case *c, struct ba_name *name);

/*
 * Whose map gives name to somebody: the first of the service's issuers, or
 * NULL.  Names are one space for all of them, and so are their maps.
 */
const struct ba_issuer *ba_identity_giver(
    const struct ba_service *service, const char *name);

/*
 * May a login end as that?  uid is what the host's name service has for the
 * name, NULL where it knows none.  uid 0 needs a line of the map, whatever its
 * name (PM-02); those that are nobody's never will do.  Where the service has
 * accounts = local: BA_ERR_UNKNOWN_USER without a uid, and BA_ERR_UID also
 * below its min_uid.
 */
BA_MUST_CHECK int ba_identity_account(
    struct ba_case *c, const struct ba_name *name, const uid_t *uid);

#endif
