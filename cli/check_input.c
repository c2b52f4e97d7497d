/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/check_input.h"
#include "common/json/json.h"
#include "common/policy/config_value.h"

#define CHUNK 4096

/* Where a long has 32 bits, later times must be written out. */
#if ULONG_MAX > BA_JSON_DATE_MAX
#define SECONDS_MAX ((unsigned long)BA_JSON_DATE_MAX)
#else
#define SECONDS_MAX ULONG_MAX
#endif

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
ba_input_uid(const char *text, uid_t *uidp)
{
	unsigned long n;

	*uidp = (uid_t)-1;
	if (!ba_value_digits(text, 10, (uid_t)-2, &n))
		return BA_ERR_CONFIG;
	*uidp = (uid_t)n;
	return BA_OK;
}

/* n digits at s. */
static int
digits(const char *s, int n)
{
	int value = 0;

	while (n-- > 0)
		value = value * 10 + (*s++ - '0');
	return value;
}

static bool
has_shape(const char *text, const char *shape)
{
	if (strlen(text) != strlen(shape))
		return false;
	for (; *shape != '\0'; text++, shape++)
		if (*shape == '0' ? !is_digit(*text) : *text != *shape)
			return false;
	return true;
}

/*
 * timegm(3) makes the 2nd of March of the 30th of February: a time that comes
 * back as another was none.
 */
static int
read_rfc3339(const char *text, int64_t *tp)
{
	char again[BA_INPUT_TIME_SIZE];
	struct tm tm;
	time_t t;

	if (!has_shape(text, "0000-00-00T00:00:00Z"))
		return BA_ERR_CONFIG;
	memset(&tm, 0, sizeof(tm));
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	tm.tm_hour = digits(text + 11, 2);
	tm.tm_min = digits(text + 14, 2);
	tm.tm_sec = digits(text + 17, 2);
	t = timegm(&tm);
	if (t < 0 || strcmp(ba_input_show_time(t, again), text) != 0)
		return BA_ERR_CONFIG;
	*tp = t;
	return BA_OK;
}

int
ba_input_time(const char *text, int64_t *tp)
{
	int64_t t = 0;
	unsigned long n;
	int r;

	*tp = 0;
	if (ba_value_digits(text, 10, SECONDS_MAX, &n)) {
		*tp = (int64_t)n;
		return BA_OK;
	}
	r = read_rfc3339(text, &t);
	if (r == BA_OK)
		*tp = t;
	return r;
}

const char *
ba_input_show_time(int64_t t, char dst[BA_INPUT_TIME_SIZE])
{
	time_t when = (time_t)t;
	struct tm tm;

	if (t < 0 || t > BA_JSON_DATE_MAX || gmtime_r(&when, &tm) == NULL ||
	    strftime(dst, BA_INPUT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		memcpy(dst, "?", 2);
	return dst;
}

int
ba_input_read(int fd, struct ba_buf *b)
{
	unsigned char *p;
	size_t room;
	ssize_t n;
	int r;

	while ((room = b->max - b->len) > 0) {
		if (room > CHUNK)
			room = CHUNK;
		r = ba_buf_reserve(b, room, &p);
		if (r != BA_OK)
			return r;
		n = read(fd, p, room);
		if (n == 0)
			break;
		if (n > 0)
			ba_buf_commit(b, (size_t)n);
		else if (errno != EINTR)
			return BA_ERR_SYSTEM;
	}
	return BA_OK;
}

int
ba_input_token(int fd, struct ba_buf *b)
{
	int r;

	r = ba_input_read(fd, b);
	if (r != BA_OK)
		return r;
	if (b->len > 0 && b->p[b->len - 1] == '\n')
		ba_buf_truncate(b, b->len - 1);
	if (b->len > 0 && b->p[b->len - 1] == '\r')
		ba_buf_truncate(b, b->len - 1);
	return BA_OK;
}

int
ba_input_claims(int fd, json_t **claimsp)
{
	struct ba_buf b;
	int r;

	*claimsp = NULL;
	ba_buf_init(&b, BA_INPUT_CLAIMS_MAX + 1);
	r = ba_input_read(fd, &b);
	if (r == BA_OK && b.len > BA_INPUT_CLAIMS_MAX)
		r = BA_ERR_LIMIT;
	if (r == BA_OK)
		r = ba_json_parse(ba_buf_str(&b), b.len, claimsp);
	ba_buf_wipe(&b);
	return r;
}
