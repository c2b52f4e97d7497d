/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "common/oauth/metadata.h"
#include "tests/fuzz/fuzz.h"

/* Three parts: the issuer; status, Content-Type, Cache-Control; the body. */
static void
judge_url(const char *url)
{
	const char *host = url + strlen("https://");

	MUST(strncmp(url, "https://", 8) == 0 && strlen(url) <= BA_URL_MAX);
	MUST(strpbrk(url, "# \"<>\\^`{|}\177") == NULL);
	MUST(host[0] != '\0' && host[0] != '/' && host[0] != ':');
	MUST(memchr(host, '@', strcspn(host, "/?")) == NULL);
	for (; *url != '\0'; url++)
		MUST(*url > ' ' && *url < 0x7f);
}

/* A URL that was taken: the one that stands there, where it may be. */
static void
judge_endpoint(const struct ba_issuer *issuer, const json_t *o,
    const char *name, const char *url)
{
	const char *host = url + strlen("https://"), *p;
	size_t n;

	if (*url == '\0')
		return;
	MUST(!strcmp(json_string_value(json_object_get(o, name)), url));
	judge_url(url);
	/* Up to the port the issuer's own, but for case, or the other's. */
	n = strcspn(host, "/?");
	for (p = issuer->url + strlen("https://"); n > 0; n--, p++, host++) {
		if (*host == ':' || (*p | 0x20) != (*host | 0x20))
			break;
	}
	MUST(n == 0 || *host == ':' || strcasestr(url, "keys.example.net"));
}

static void
judge(const struct ba_issuer *issuer, const struct ba_http_response *r,
    struct fuzz_part b)
{
	struct ba_metadata m;
	const json_t *aliases;
	const char *why;
	json_t *o;

	if (ba_metadata_parse(issuer, r, &m, &why) != BA_OK) {
		MUST(m.jwks_uri[0] == '\0' && *why != '\0');
		MUST(m.introspection_endpoint[0] == '\0');
		MUST(m.tls_introspection_endpoint[0] == '\0');
		MUST(m.device_endpoint[0] == '\0');
		MUST(m.tls_device_endpoint[0] == '\0');
		MUST(m.token_endpoint[0] == '\0');
		MUST(m.tls_token_endpoint[0] == '\0');
		return;
	}
	o = json_loadb(b.p, b.n, 0, NULL);
	aliases = json_object_get(o, "mtls_endpoint_aliases");
	MUST(!ba_metadata_absent(r) && (issuer->device || *why == '\0'));
	MUST(r->status == 200);
	MUST(strcmp(r->content_type, "application/json") == 0);
	MUST(!strcmp(
	    json_string_value(json_object_get(o, "issuer")), issuer->url));
	MUST(ba_metadata_suits(issuer, &m));
	MUST(!ba_metadata_needs_keys(issuer) || m.jwks_uri[0] != '\0');
	MUST(!ba_metadata_needs_introspection(issuer) ||
	     m.introspection_endpoint[0] != '\0' ||
	     m.tls_introspection_endpoint[0] != '\0');
	judge_endpoint(issuer, o, "jwks_uri", m.jwks_uri);
	judge_endpoint(
	    issuer, o, "introspection_endpoint", m.introspection_endpoint);
	judge_endpoint(issuer, aliases, "introspection_endpoint",
	    m.tls_introspection_endpoint);
	/* Needed and not there: then it is said. */
	MUST(!issuer->device || *why != '\0' ||
	     ((m.device_endpoint[0] != '\0' ||
		  m.tls_device_endpoint[0] != '\0') &&
		 (m.token_endpoint[0] != '\0' ||
		     m.tls_token_endpoint[0] != '\0')));
	judge_endpoint(
	    issuer, o, "device_authorization_endpoint", m.device_endpoint);
	judge_endpoint(issuer, aliases, "device_authorization_endpoint",
	    m.tls_device_endpoint);
	judge_endpoint(issuer, o, "token_endpoint", m.token_endpoint);
	judge_endpoint(issuer, aliases, "token_endpoint", m.tls_token_endpoint);
	json_decref(o);
}

/* One answer, judged for each kind of issuer; its URL is one of ours. */
static void
judge_all(const char *url, const struct ba_http_response *r, struct fuzz_part b)
{
	char other[] = "keys.example.net", *hosts[] = { other };
	struct ba_issuer issuer = { .url = url };
	unsigned i;

	if (!ba_issuer_url_ok(url))
		return;
	for (i = 0; i < 48; i++) {
		issuer.verify = (enum ba_verify_by)(i % 3);
		issuer.introspection_jwt = i / 3 % 2 != 0;
		issuer.client.auth =
		    i / 6 % 2 != 0 ? BA_CLIENT_AUTH_TLS : BA_CLIENT_AUTH_BASIC;
		issuer.endpoint_host.v = hosts;
		issuer.endpoint_host.n = i / 12 % 2;
		issuer.device = i / 24 != 0;
		judge(&issuer, r, b);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct fuzz_part rest = { (const char *)p, n };
	char *issuer, *head, *type, *cache, url[BA_URL_MAX + 1];
	enum ba_well_known form =
	    n % 2 == 0 ? BA_WELL_KNOWN_OIDC : BA_WELL_KNOWN_OAUTH;
	struct ba_http_response r;

	ba_http_response_init(&r);
	issuer = fuzz_string(fuzz_next_part(&rest));
	issuer[strcspn(issuer, "\n")] = '\0';
	head = fuzz_string(fuzz_next_part(&rest));
	type = head + strcspn(head, "\n");
	cache = type + (*type != '\0');
	*type = '\0';
	type = head + strcspn(head, " ");
	ba_http_media_type(type, r.content_type, sizeof(r.content_type));
	MUST(strpbrk(r.content_type, " ;\t,ABCXYZ") == NULL);
	r.max_age = ba_http_max_age(cache, -1);
	MUST(r.max_age >= -1 && ba_http_max_age(cache, 0) == 0);
	MUST(ba_http_max_age(cache, r.max_age) == r.max_age);
	r.err = BA_OK;
	r.status = (unsigned)atoi(head);
	MUST(ba_buf_append(&r.body, rest.p, rest.n) == BA_OK);
	judge_all(issuer, &r, rest);
	if (ba_well_known_url(issuer, form, url, sizeof(url)) == BA_OK)
		judge_url(url);
	ba_http_response_clear(&r);
	free(head);
	free(issuer);
	return 0;
}
