/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/base/log.h"
#include "pam/way.h"

void
ba_pam_way(const char *info, char *dst, size_t dstsz)
{
	size_t n = 0, name;

	while (*info != '\0') {
		name = strcspn(info, " \t\n");
		if (n + (n > 0) + name >= dstsz)
			break;
		if (name > 0 && n > 0)
			dst[n++] = ',';
		memcpy(dst + n, info, name);
		n += name;
		info += strcspn(info, "\n");
		if (*info == '\n')
			info++;
	}
	dst[n] = '\0';
	ba_sanitise_word(dst, dstsz, dst);
}
