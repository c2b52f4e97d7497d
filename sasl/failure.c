/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "sasl/failure.h"

/* RFC 8259 section 7: what must be escaped, and DEL for terminals. */
static int
put_string(struct ba_buf *b, const char *s)
{
	char escape[8];
	int r;

	r = ba_buf_append_byte(b, '"');
	for (; r == BA_OK && *s != '\0'; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch < 0x20 || ch == 0x7f || ch == '"' || ch == '\\') {
			snprintf(escape, sizeof(escape), "\\u%04x", ch);
			r = ba_buf_append_str(b, escape);
		} else {
			r = ba_buf_append_byte(b, ch);
		}
	}
	return r == BA_OK ? ba_buf_append_byte(b, '"') : r;
}

static int
put_member(
    struct ba_buf *b, const char *before, const char *name, const char *value)
{
	int r;

	if (value == NULL || value[0] == '\0')
		return BA_OK;
	r = ba_buf_append_str(b, before);
	if (r == BA_OK)
		r = put_string(b, name);
	if (r == BA_OK)
		r = ba_buf_append_byte(b, ':');
	return r == BA_OK ? put_string(b, value) : r;
}

static const char *
or_invalid_token(const char *status)
{
	return status == NULL || status[0] == '\0' ? "invalid_token" : status;
}

int
ba_sasl_failure(const char *status, const char *scope, const char *metadata,
    struct ba_buf *b)
{
	int r;

	status = or_invalid_token(status);
	r = put_member(b, "{", "status", status);
	if (r == BA_OK)
		r = put_member(b, ",", "scope", scope);
	if (r == BA_OK)
		r = put_member(b, ",", "openid-configuration", metadata);
	return r == BA_OK ? ba_buf_append_byte(b, '}') : r;
}

/* RFC 6750 section 3.1 says which status of HTTP goes with which error. */
static const char *
http_status(const char *status)
{
	if (strcmp(status, "invalid_request") == 0)
		return "400";
	return strcmp(status, "insufficient_scope") == 0 ? "403" : "401";
}

int
ba_sasl_xoauth2_failure(const char *status, const char *scope,
    const char *metadata, struct ba_buf *b)
{
	int r;

	(void)metadata;
	r = put_member(b, "{", "status", http_status(or_invalid_token(status)));
	if (r == BA_OK)
		r = put_member(b, ",", "schemes", "bearer");
	if (r == BA_OK)
		r = put_member(b, ",", "scope", scope);
	return r == BA_OK ? ba_buf_append_byte(b, '}') : r;
}
