/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>

#include "broker/service.h"
#include "broker/spawned.h"

int
main(int argc, char **argv)
{
	struct ba_options o;
	const char *bad, *why;

	if (ba_options_parse(argc, argv, &o, &bad, &why) != BA_OK) {
		fprintf(stderr, "bearerauthd: %s: %s\n%s", bad, why, BA_USAGE);
		return 2;
	}
	if (o.help) {
		fputs(BA_USAGE, stdout);
		return 0;
	}
	if (o.version) {
		puts(PACKAGE_STRING);
		return 0;
	}
	return o.spawned ? ba_spawned_run(&o) : ba_service_run(&o);
}
