/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_LOG_H
#define BA_BASE_LOG_H

#include <stddef.h>

/*
 * Where log lines go is the host's business: PAM hosts have pam_syslog(),
 * SASL hosts utils->log(), the broker syslog or standard error.  Whoever
 * wants to log is given one of these; there is no global one.
 *
 * Every line is formatted and sanitised here before a sink sees it, so that
 * a sink may pass it as an argument to "%s" and nothing else.
 */
enum ba_log_level { /* the numbers of syslog(3) */
	BA_LOG_ERR = 3,
	BA_LOG_WARNING = 4,
	BA_LOG_NOTICE = 5,
	BA_LOG_INFO = 6,
	BA_LOG_DEBUG = 7
};

struct ba_log {
	void (*line)(void *arg, enum ba_log_level level, const char *text);
	void *arg;
};

#define BA_LOG_LINE_MAX 1024 /* bytes a line, NUL included; longer: cut */

/* Format, sanitise, hand to the sink.  log, or its line, may be NULL. */
void ba_log(const struct ba_log *log, enum ba_log_level level, const char *fmt,
    ...) __attribute__((__format__(__printf__, 3, 4)));

/*
 * How loud a verdict is: no more than a notice for what anybody can bring about
 * from outside, a warning where an answer could not be had, an error where
 * something here is to be mended.
 */
enum ba_log_level ba_log_level_of(int err);

/*
 * Make text harmless for a log line or a terminal: bytes below 0x20, 0x7f and
 * whatever is not part of valid UTF-8 become '?', as do the C1 controls
 * U+0080..U+009F, the bidirectional controls U+200E, U+200F, U+202A..U+202E,
 * U+2066..U+2069 and the separators U+2028, U+2029.  dst gets at most dstsz
 * bytes, NUL included, cut at a character.  dst may be src.
 */
void ba_sanitise(char *dst, size_t dstsz, const char *src, size_t n);

/*
 * The same for a string that stands between quotes in a log line: '"' and
 * '\\' become '?' as well, so that what a stranger chose cannot end the
 * quotes and go on as if it were ours (V21; log watchers ban by such lines).
 */
void ba_sanitise_word(char *dst, size_t dstsz, const char *s);

#endif
