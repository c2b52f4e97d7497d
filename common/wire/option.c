/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/utf8.h"
#include "common/wire/message.h"
#include "common/wire/option.h"

#define SECONDS_MAX 60

static bool
is_text(const char *value, size_t max)
{
	size_t n = strnlen(value, max + 1);

	return n >= 1 && n <= max && ba_utf8_is_text(value, n, false);
}

bool
ba_option_service(const char *value)
{
	return is_text(value, BA_SERVICE_MAX);
}

bool
ba_option_path(const char *value, size_t max)
{
	return value[0] == '/' && is_text(value, max);
}

bool
ba_option_deadline(const char *value, unsigned *msp)
{
	size_t n = strnlen(value, 3);
	unsigned seconds;

	if (n < 1 || n > 2 || strspn(value, "0123456789") != n ||
	    value[0] == '0')
		return false;
	seconds = (unsigned)(value[0] - '0');
	if (n == 2)
		seconds = seconds * 10 + (unsigned)(value[1] - '0');
	if (seconds > SECONDS_MAX)
		return false;
	*msp = seconds * 1000;
	return true;
}
