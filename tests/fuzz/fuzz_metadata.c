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

static void
judge(const char *issuer, const struct ba_http_response *r, struct fuzz_part b)
{
	char dst[BA_URL_MAX + 1];
	const char *why;
	json_t *o;

	if (ba_metadata_jwks_uri(issuer, r, dst, sizeof(dst), &why) != BA_OK) {
		MUST(dst[0] == '\0' && *why != '\0');
		return;
	}
	o = json_loadb(b.p, b.n, 0, NULL);
	MUST(!ba_metadata_absent(r) && *why == '\0');
	MUST(r->status == 200);
	MUST(strcmp(r->content_type, "application/json") == 0);
	MUST(!strcmp(json_string_value(json_object_get(o, "issuer")), issuer));
	MUST(!strcmp(json_string_value(json_object_get(o, "jwks_uri")), dst));
	judge_url(dst);
	json_decref(o);
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
	judge(issuer, &r, rest);
	if (ba_well_known_url(issuer, form, url, sizeof(url)) == BA_OK)
		judge_url(url);
	ba_http_response_clear(&r);
	free(head);
	free(issuer);
	return 0;
}
