/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_CONFIG_H
#define BA_POLICY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/err.h"
#include "common/jose/jwk.h"
#include "common/policy/claim.h"
#include "common/policy/network.h"

struct ba_map; /* map.h */
struct ba_pattern; /* pattern.h */

/*
 * The configuration, read once and never changed afterwards: a reload makes
 * a new one.  Everything in here is for reading only, and lives until
 * ba_config_free().  doc/DESIGN.md and bearerauth.conf(5) describe the file.
 */

#define BA_CONFIG_BYTES_MAX (1024 * 1024) /* of one file */
#define BA_SKEW_DEFAULT     60 /* seconds of clock skew … */
#define BA_SKEW_MAX         300 /* … and their ceiling */
#define BA_ISSUERS_MAX      4096 /* tenants included */
#define BA_MIN_UID_DEFAULT  1000
#define BA_LIMIT_MAX        315360000 /* ten years, of any limit (s) */

struct ba_where { /* where a section or rule was read */
	const char *file; /* NULL: nowhere, the rule is not set */
	unsigned line;
};

struct ba_strings {
	char **v;
	size_t n; /* 0: not set */
	struct ba_where where;
};

struct ba_limit {
	int64_t s; /* seconds */
	struct ba_where where; /* file NULL: no limit */
};

/* Claim paths, in the order in which they were written (claim.h). */
struct ba_claim_paths {
	struct ba_claim_path *v;
	size_t n; /* 0: not set */
	struct ba_where where;
};

struct ba_networks {
	struct ba_network *v;
	struct ba_strings text; /* as they were written; n of both */
};

/* The first that host is in (ba_network_has()), as it was written; or NULL. */
const char *ba_networks_find(const struct ba_networks *nets, const char *host);

/*
 * What tells an issuer's access tokens from its other tokens (profile.h).
 */
enum ba_profile {
	BA_PROFILE_RFC9068, /* by typ, and all claims of RFC 9068 */
	BA_PROFILE_LEGACY /* typ JWT or none: by what they hold */
};

/* Who says that a token is good. */
enum ba_verify_by {
	BA_VERIFY_JWT, /* its signature */
	BA_VERIFY_INTROSPECTION, /* the issuer, asked (RFC 7662) */
	BA_VERIFY_BOTH /* its signature, and then the issuer, too */
};

/* How we sign in where we are a client of the issuer (RFC 6749 section 2.3,
   RFC 7523 section 2.2, RFC 8705 section 2).  One of them, never two (CA-02). */
enum ba_client_auth {
	BA_CLIENT_AUTH_NONE, /* client_id in the form, no secret */
	BA_CLIENT_AUTH_BASIC, /* client_secret_basic */
	BA_CLIENT_AUTH_POST, /* client_secret_post */
	BA_CLIENT_AUTH_PRIVATE_KEY_JWT,
	BA_CLIENT_AUTH_TLS, /* tls_client_auth */
	BA_CLIENT_AUTH_SELF_SIGNED_TLS /* self_signed_tls_client_auth */
};

/*
 * Files are absolute paths, or "credential:NAME": NAME in the directory of
 * the service manager's credentials (systemd.exec(5)).  They are read by
 * oauth/client.h.
 */
struct ba_client_config {
	const char *id; /* client_id =; NULL: we are no client */
	enum ba_client_auth auth; /* client_auth = */
	const char *secret_file; /* client_secret_file = */
	const char *key_file; /* client_key_file =, PEM, for private_key_jwt
				 and for both kinds of TLS */
	const char *key_id; /* client_key_id =, kid of private_key_jwt */
	enum ba_alg key_alg; /* client_key_algorithm =; 0: by the key */
	const char *certificate_file; /* client_certificate_file =, PEM */
	struct ba_where where; /* of client_id = */
};

#define BA_KEY_LIFE_MIN_DEFAULT 300 /* s, min_key_life = */
#define BA_KEY_LIFE_MAX_DEFAULT 86400 /* s, max_key_life = */
#define BA_STALE_KEYS_DEFAULT   86400 /* s, stale_keys = */
#define BA_STALE_KEYS_MAX       604800
#define BA_INTROSPECTION_CACHE_DEFAULT                                         \
	60 /* s, introspection_cache =; with jwt+introspection 0, since
	      whoever asks for both wants revocation at once */
#define BA_INTROSPECTION_CACHE_MAX 3600

/*
 * An issuer whose URL has "{tenantid}" in it stands here once for each tenant
 * that its section lists, with that tenant in its place: iss is compared byte
 * for byte, always.
 */
struct ba_issuer {
	const char *url; /* [issuer URL], byte for byte */
	const char *section; /* the same, or with "{tenantid}" in it */
	const char *tenant; /* tenant =: the claim tid must be equal; or NULL */
	enum ba_profile profile; /* profile = */
	struct ba_strings audience; /* audience =; of services without one */
	unsigned algorithms; /* algorithms =, bits of enum ba_alg; or all */
	const char *jwks_file; /* jwks_file =, or NULL: ask the issuer */
	/* ca_file =, ca_directory =, each or NULL; neither: the system's.
	   Not both. */
	const char *ca_file;
	const char *ca_directory;
	/* endpoint_host =, "host" or "host:port", in lower case: where beside
	   the issuer's own host and port its endpoints may be (MD-04) */
	struct ba_strings endpoint_host;
	int64_t min_key_life; /* min_key_life =, s: bounds of what the … */
	int64_t max_key_life; /* max_key_life =, s: … issuer says of its keys */
	int64_t stale_keys; /* stale_keys =, s: how much longer keys serve
			       while the issuer cannot be asked; 0: no longer */

	/* Introspection. */
	enum ba_verify_by verify; /* verify = */
	const char *introspection_endpoint; /* introspection_endpoint =, or
					       NULL: by the metadata */
	bool introspection_jwt; /* introspection_answer = jwt (RFC 9701) */
	int64_t introspection_cache; /* introspection_cache =, s; 0: none */
	struct ba_client_config client;
	/* Device flow (RFC 8628), where a service names it as device_issuer. */
	const char *device_endpoint; /* device_authorization_endpoint =, or
					NULL: by the metadata */
	const char *token_endpoint; /* token_endpoint =, or NULL: likewise */
	const char *device_scope; /* device_scope =, a scope list, or NULL */
	const char *device_resource; /* device_resource =, a URI for the
					parameter resource (RFC 8707), or … */
	const char *device_audience; /* device_audience =, for the parameter
					audience that some issuers have; NULL */
	bool device; /* some service has it as device_issuer */
	/* symmetric_key_file =: an issuer that shares its secrets with us, and
	   has no other keys; or NULL */
	const char *symmetric_key_file;
	int64_t clock_skew; /* clock_skew =, seconds */
	struct ba_claim_paths group_claim; /* group_claim =, default groups */
	bool group_words; /* group_separator = space: a string is a list */

	/* Identity (identity.h); map_file or username is set. */
	const char *map_file; /* map_file =, or NULL */
	const struct ba_map *map; /* NULL where there is no map_file, and
				     after ba_config_parse() */
	struct ba_where map_where;
	struct ba_claim_path username; /* username =; n 0: not set */
	struct ba_where username_where;
	const char *strip_domain; /* strip_domain =, or NULL */
	struct ba_where strip_where;
	const struct ba_pattern *pattern; /* username_pattern =, or NULL … */
	const char *pattern_text; /* … and as it was written */
	struct ba_where pattern_where;
	struct ba_strings
	    email_domain; /* email_domain =, for the claim email */

	size_t index; /* 0 … n_issuers - 1 */
	struct ba_where where;
};

enum ba_accounts {
	BA_ACCOUNTS_LOCAL, /* users of this machine: a uid is demanded */
	BA_ACCOUNTS_VIRTUAL /* names only: mailboxes, directory entries */
};

enum ba_tristate { BA_UNSAID, BA_ALLOW, BA_DENY };

/* Is there to be a QR code in the device flow?  auto: where all fits into 80
   columns and 24 lines. */
enum ba_qr { BA_QR_AUTO, BA_QR_YES, BA_QR_NO };

#define BA_DEVICE_TIMEOUT_DEFAULT 100 /* s; below sshd's LoginGraceTime */
#define BA_DEVICE_TIMEOUT_MIN     30
#define BA_DEVICE_TIMEOUT_MAX     600
#define BA_DEVICE_WINDOW          600 /* s, in which device flows are counted … */
#define BA_DEVICE_USER_DEFAULT    5 /* … device_limit_user = */
#define BA_DEVICE_ADDRESS_DEFAULT 20 /* … device_limit_address = */
#define BA_DEVICE_LIMIT_MAX       100 /* each is looked for by itself */

/* The device flow of a service (RFC 8628). */
struct ba_device_config {
	/* device_issuer =: one of issuer, of which we are a client; NULL: not
	   allowed here */
	const struct ba_issuer *issuer;
	struct ba_networks network; /* device_network =: only from there; no
				       address given: not */
	int64_t timeout; /* device_timeout =, s */
	unsigned limit_user; /* device_limit_user =, for a local user in
				BA_DEVICE_WINDOW */
	unsigned limit_address; /* device_limit_address =, from an address */
	bool complete_uri; /* device_complete_uri = yes: the QR code holds
			      verification_uri_complete */
	enum ba_qr qr; /* qr = */
};

/* May somebody ask for another user than the token names (SASL's authzid)? */
enum ba_authzid {
	BA_AUTHZID_EQUAL, /* no */
	BA_AUTHZID_PROXY, /* the host decides, by its own rules */
	BA_AUTHZID_SHARED /* for those that shared_map or shared_claim list */
};

/*
 * Of a rule that is called require_…, a token needs every value; of one that
 * is called allow_…, one of the values.
 */
struct ba_service {
	const char *name; /* [service NAME] */
	const struct ba_issuer **issuer; /* issuer =, one or more */
	size_t n_issuers;
	struct ba_strings audience; /* audience =, in place of the issuer's */
	struct ba_strings require_scope; /* require_scope = */
	struct ba_claim_paths group_claim; /* group_claim =, in place of the
					      issuer's */
	struct ba_strings require_group; /* require_group = */
	struct ba_strings allow_group; /* allow_group = */
	struct ba_strings allow_client; /* allow_client = */
	struct ba_strings allow_acr; /* allow_acr = */
	struct ba_strings require_amr; /* require_amr = */
	struct ba_limit max_auth_age; /* max_auth_age =, since auth_time */
	struct ba_limit max_lifetime; /* max_lifetime =, exp less iat */
	struct ba_limit max_token_age; /* max_token_age =, since iat */
	struct ba_networks allow_network; /* allow_network = */
	/* opaque_issuer =: one of issuer, whose verify is not jwt: who is asked
	   about texts that are no JWT; NULL: they are refused */
	const struct ba_issuer *opaque_issuer;
	bool single_use; /* single_use = yes: each token once */
	struct ba_where single_use_where;
	uid_t *peer; /* peer =, who may ask; default root */
	size_t n_peers;
	enum ba_accounts accounts; /* accounts = local | virtual */
	uid_t min_uid; /* min_uid = */
	/* account_without_token =, which must be said where accounts are decided:
	   unsaid is deny, with a line in the log that says what to write */
	enum ba_tristate account_without_token;
	struct ba_device_config device;
	/* SASL: authzid =, and for shared mailboxes shared_map = (a file like
	   map_file, of two words: person, mailbox; several lines for several)
	   and shared_claim = (claims that list them); host =, port =: what a
	   client may say that it connected to; n 0: anything */
	enum ba_authzid authzid;
	const char *shared_map_file; /* or NULL */
	struct ba_where shared_map_where;
	const struct ba_map *shared_map; /* as map of struct ba_issuer */
	struct ba_claim_paths shared_claim; /* n 0: not set */
	struct ba_strings host; /* lower case */
	struct ba_strings port; /* decimal */
	const char *confirm; /* confirm =, a question; or NULL */
	struct ba_where where;
};

struct ba_listen {
	const char *path; /* [listen PATH] */
	mode_t mode; /* mode =, default 0666 */
	gid_t group; /* group =, default 0 */
	struct ba_where where;
};

struct ba_config {
	struct ba_issuer *issuers;
	size_t n_issuers;
	struct ba_service *services;
	size_t n_services;
	struct ba_listen *listens; /* beside the default ask socket, or
					   for it, where the path is equal */
	size_t n_listens;
	unsigned max_connections; /* [broker] max_connections =, 1024 */
	unsigned max_per_uid; /* [broker] max_per_uid =, 256 */
	/* [broker] proxy =, "http://host:port", for all requests; NULL: none.
	   no_proxy =: hosts, domains (".example.org") and addresses that are
	   asked without, here with commas between; NULL: none. */
	const char *proxy;
	const char *no_proxy;
	void *arena; /* what all of this is made of */
};

/* One call for each thing found wrong: where, what, and the remedy. */
struct ba_config_report {
	void (*problem)(
	    void *arg, const char *file, unsigned line, const char *text);
	void *arg;
};

/*
 * Read path, then path's directory's conf.d/ *.conf in the order of their
 * names.  Every problem is reported, each in one line with its remedy; with
 * any problem the result is BA_ERR_CONFIG (BA_ERR_NOMEM, BA_ERR_SYSTEM) and
 * no configuration.  Files must be owned by root or trusted_uid, be no
 * symbolic links and not be writable by group or others; the same owners and
 * modes are asked of the directory they stand in and of conf.d.  Map files
 * are read too, under the same rules, and are part of the configuration; a
 * jwks_file and a symmetric_key_file are not opened here.  With more than
 * BA_ISSUERS_MAX issuers that is the last problem, and reading ends there.
 * common/policy/config_keys.c has the table of sections and keys.
 */
BA_MUST_CHECK int ba_config_load(const char *path, uid_t trusted_uid,
    const struct ba_config_report *report, struct ba_config **configp);

/*
 * The same for whoever wants no names: map files are not opened, and no
 * issuer has a map, so that ba_identity() names nobody of those that have a
 * map_file.
 */
BA_MUST_CHECK int ba_config_load_without_maps(const char *path,
    uid_t trusted_uid, const struct ba_config_report *report,
    struct ba_config **configp);

/*
 * The same from memory (no conf.d, no map files), name standing for the file
 * in reports.  For tests and fuzzers.
 */
BA_MUST_CHECK int ba_config_parse(const char *name, const void *p, size_t n,
    const struct ba_config_report *report, struct ba_config **configp);

void ba_config_free(struct ba_config *config);

/* Byte for byte; NULL where there is none. */
const struct ba_issuer *ba_config_issuer(
    const struct ba_config *config, const char *url);
const struct ba_service *ba_config_service(
    const struct ba_config *config, const char *name);

/* May a process with this effective uid ask in the name of service? */
bool ba_service_peer(const struct ba_service *service, uid_t uid);

/* … in the name of any service at all? */
bool ba_config_peer(const struct ba_config *config, uid_t uid);

#endif
