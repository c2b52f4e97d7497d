/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/oauth/metadata.h"

#define SCHEME "https://"

int
ba_well_known_url(
    const char *issuer, enum ba_well_known form, char *dst, size_t dstsz)
{
	size_t n = strlen(issuer), host;
	int len = -1;

	if (dstsz == 0)
		return BA_ERR_LIMIT;
	dst[0] = '\0';
	if (!ba_issuer_url_ok(issuer))
		return BA_ERR_CONFIG;
	/* One slash, as both standards have it: "any terminating /". */
	if (issuer[n - 1] == '/')
		n--;
	host = strlen(SCHEME) + strcspn(issuer + strlen(SCHEME), "/");
	switch (form) {
	case BA_WELL_KNOWN_OIDC:
		len = snprintf(dst, dstsz,
		    "%.*s/.well-known/openid-configuration", (int)n, issuer);
		break;
	case BA_WELL_KNOWN_OAUTH:
		len = snprintf(dst, dstsz,
		    "%.*s/.well-known/oauth-authorization-server%.*s",
		    (int)host, issuer, (int)(n - host), issuer + host);
		break;
	}
	if (len < 0 || (size_t)len >= dstsz || len > BA_URL_MAX) {
		dst[0] = '\0';
		return BA_ERR_LIMIT;
	}
	return BA_OK;
}

/* TR-05: this type alone; parameters are gone by now. */
static bool
is_json(const struct ba_http_response *r)
{
	return strcmp(r->content_type, "application/json") == 0;
}

/* The members, of which nothing is believed before issuer is ours (MD-01). */
static int
judge(const char *issuer, const json_t *root, const char **urip,
    const char **whyp)
{
	const char *claimed;

	if (ba_json_string(root, "issuer", &claimed) != BA_OK) {
		*whyp = "the metadata has no issuer";
		return BA_ERR_METADATA;
	}
	if (strcmp(claimed, issuer) != 0) {
		*whyp = "the metadata is another issuer's";
		return BA_ERR_METADATA;
	}
	if (ba_json_string(root, "jwks_uri", urip) != BA_OK) {
		*whyp = "the metadata has no jwks_uri";
		return BA_ERR_METADATA;
	}
	/*
	 * Another host is fine: the issuer names it itself, over TLS, and
	 * large providers do keep their keys elsewhere (MD-04).
	 */
	if (!ba_url_ok(*urip)) {
		*whyp = "the jwks_uri is no https URL that may be asked";
		return BA_ERR_METADATA;
	}
	return BA_OK;
}

int
ba_metadata_jwks_uri(const char *issuer, const struct ba_http_response *r,
    char *dst, size_t dstsz, const char **whyp)
{
	json_t *root = NULL;
	const char *uri;
	int ret = BA_ERR_METADATA;

	*whyp = "";
	if (dstsz == 0)
		return BA_ERR_LIMIT;
	dst[0] = '\0';
	if (r->err != BA_OK) {
		*whyp = "the metadata could not be had";
		return r->err;
	}
	if (r->status != 200) {
		*whyp = "the answer's HTTP status is not 200";
		return BA_ERR_METADATA;
	}
	if (!is_json(r)) {
		*whyp = "the answer is not of the type application/json";
		return BA_ERR_METADATA;
	}
	ret = ba_json_parse(r->body.p, r->body.len, &root);
	if (ret == BA_ERR_NOMEM)
		return ret;
	if (ret != BA_OK) {
		*whyp = "the metadata is not a strict JSON object";
		return BA_ERR_METADATA;
	}
	ret = judge(issuer, root, &uri, whyp);
	if (ret == BA_OK)
		ret = ba_copy_str(dst, dstsz, uri);
	json_decref(root);
	return ret;
}

bool
ba_metadata_absent(const struct ba_http_response *r)
{
	json_t *root;
	int ret;

	if (r->err != BA_OK)
		return false;
	/* 408 and 429 say "not now", and not "not here". */
	if (r->status == 408 || r->status == 429)
		return false;
	if (r->status != 200)
		return r->status >= 300 && r->status <= 499;
	if (!is_json(r))
		return true;
	ret = ba_json_parse(r->body.p, r->body.len, &root);
	if (ret == BA_OK)
		json_decref(root);
	return ret == BA_ERR_JSON;
}
