/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"

#include "broker/lines.h"

#define MORE BA_LINES_MORE "\n"

/* Of a line, without its end: the longest text that BA_TAG_TEXT takes. */
#define LINE_BYTES 4096

bool
ba_lines_skip(struct ba_lines *l)
{
	if (l->n >= l->from)
		return false;
	l->n++;
	return true;
}

int
ba_lines_put(struct ba_lines *l, const char *const fields[], size_t n)
{
	size_t i, at = 0, room = l->text->max - strlen(MORE) - 1;
	char line[LINE_BYTES];

	if (room >= sizeof(line))
		room = sizeof(line) - 1;
	if (ba_lines_skip(l))
		return BA_OK;
	l->n++;
	for (i = 0; i < n; i++) {
		if (i > 0 && at < room)
			line[at++] = '\t';
		ba_sanitise(
		    line + at, room + 1 - at, fields[i], strlen(fields[i]));
		at += strlen(line + at);
	}
	if (l->text->len + at + 1 + strlen(MORE) > l->text->max)
		return BA_ERR_LIMIT;
	line[at++] = '\n';
	return ba_buf_append(l->text, line, at);
}

int
ba_lines_say(struct ba_lines *l, const char *fmt, ...)
{
	char line[LINE_BYTES];
	const char *const field = line;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line), fmt, ap) < 0)
		line[0] = '\0';
	va_end(ap);
	return ba_lines_put(l, &field, 1);
}

int
ba_lines_end(struct ba_lines *l, int r)
{
	return r == BA_ERR_LIMIT ? ba_buf_append_str(l->text, MORE) : r;
}
