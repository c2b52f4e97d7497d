/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* with "", it would be the one of this room */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/policy/case.h"

void
ba_case_begin(struct ba_case *c)
{
	c->where = NULL;
	c->detail[0] = '\0';
}

void
ba_case_say(
    struct ba_case *c, const struct ba_where *where, const char *fmt, ...)
{
	size_t len = strlen(c->detail), left;
	va_list ap;

	if (!c->explain)
		return;
	if (where != NULL && where->file != NULL)
		c->where = where;
	if (len > 0 && len + 3 < sizeof(c->detail)) {
		memcpy(c->detail + len, "; ", 2);
		len += 2;
	}
	left = sizeof(c->detail) - len;
	va_start(ap, fmt);
	if (vsnprintf(c->detail + len, left, fmt, ap) < 0)
		c->detail[len] = '\0';
	va_end(ap);
	ba_sanitise(c->detail, sizeof(c->detail), c->detail, strlen(c->detail));
}

static const char *
show_value(const struct ba_case *c, const json_t *value, char *dst)
{
	size_t n;

	if (!c->explain)
		return "";
	if (value == NULL)
		return "missing";
	n = json_dumpb(
	    value, dst, BA_SHOWN_MAX, JSON_ENCODE_ANY | JSON_COMPACT);
	if (n == 0 || n >= BA_SHOWN_MAX)
		return "too long to show";
	dst[n] = '\0';
	return dst;
}

const char *
ba_case_show(const struct ba_case *c, const char *claim, char *dst)
{
	return show_value(c, json_object_get(c->claims, claim), dst);
}

const char *
ba_case_show_at(
    const struct ba_case *c, const struct ba_claim_path *path, char *dst)
{
	return show_value(c, ba_claim_at(c->claims, path), dst);
}

const char *
ba_case_show_list(
    const struct ba_case *c, const struct ba_strings *list, char *dst)
{
	size_t i, len = 0;

	dst[0] = '\0';
	if (!c->explain)
		return dst;
	for (i = 0; i < list->n && len < BA_SHOWN_MAX; i++)
		len += (size_t)snprintf(dst + len, BA_SHOWN_MAX - len, "%s%s",
		    i > 0 ? " " : "", list->v[i]);
	return dst;
}
