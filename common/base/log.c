/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/log.h"
#include "common/base/utf8.h"

void
ba_log(const struct ba_log *log, enum ba_log_level level, const char *fmt, ...)
{
	char line[BA_LOG_LINE_MAX + 4]; /* one character more than is kept */
	va_list ap;
	int n, saved = errno;

	if (log == NULL || log->line == NULL)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = snprintf(line, sizeof(line), "a line was not formatted");
	if ((size_t)n >= sizeof(line))
		n = sizeof(line) - 1;
	ba_sanitise(line, BA_LOG_LINE_MAX, line, (size_t)n);
	log->line(log->arg, level, line);
	errno = saved;
}

/*
 * What moves the cursor or turns the direction of a text, and what cannot be
 * seen: two names that look the same in a log should be the same.
 */
static bool
is_harmless(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} harmful[] = {
		{ 0, 0x1f }, /* C0 */
		{ 0x7f, 0x9f }, /* DEL, C1 */
		{ 0x61c, 0x61c }, /* a bidirectional control */
		{ 0x200b, 0x200f }, /* without width; more of those */
		{ 0x2028, 0x202e }, /* separators; more of those */
		{ 0x2060, 0x206f }, /* without width; more of those */
		{ 0xfeff, 0xfeff }, /* without width: byte order mark */
	};
	size_t i;

	for (i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (cp >= harmful[i].first && cp <= harmful[i].last)
			return false;
	return true;
}

void
ba_sanitise(char *dst, size_t dstsz, const char *src, size_t n)
{
	size_t in = 0, out = 0, len;
	uint32_t cp;

	if (dstsz == 0)
		return;
	while (in < n) {
		len = ba_utf8_next(src + in, n - in, &cp);
		if (len == 0 || !is_harmless(cp)) {
			if (out + 1 >= dstsz)
				break;
			dst[out++] = '?';
			in += len == 0 ? 1 : len;
			continue;
		}
		if (out + len >= dstsz)
			break;
		memmove(dst + out, src + in, len);
		out += len;
		in += len;
	}
	dst[out] = '\0';
}

void
ba_sanitise_word(char *dst, size_t dstsz, const char *s)
{
	char *p;

	if (dstsz == 0)
		return;
	ba_sanitise(dst, dstsz, s, strlen(s));
	for (p = dst; *p != '\0'; p++)
		if (*p == '"' || *p == '\\')
			*p = '?';
}

enum ba_log_level
ba_log_level_of(int err)
{
	switch (ba_err_family(err)) {
	case BA_FAMILY_OK:
		return BA_LOG_INFO;
	case BA_FAMILY_REFUSED:
	case BA_FAMILY_NOT_ALLOWED:
	case BA_FAMILY_MALFORMED:
		return BA_LOG_NOTICE;
	case BA_FAMILY_UNAVAILABLE:
		return BA_LOG_WARNING;
	case BA_FAMILY_FAULT:
		return BA_LOG_ERR;
	}
	return BA_LOG_ERR;
}
