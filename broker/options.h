/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_OPTIONS_H
#define BA_BROKER_OPTIONS_H

#include <stdbool.h>

#include "common/base/err.h"

/* The command line; all strings are borrowed from argv or constant. */
struct ba_options {
	bool spawned; /* --spawned: one question, on fd 3 */
	bool help;
	bool version;
	bool syslog; /* --log */
	bool own_config; /* --config was given */
	bool own_store; /* --store was given */
	const char *config;
	const char *store;
	const char *socket;
	const char *control;
	const char *fetch_helper;
	const char *user;
};

#define BA_USAGE                                                               \
	"usage: bearerauthd [--config FILE] [--store FILE] [--socket PATH]\n"  \
	"                   [--control PATH] [--user NAME]\n"                  \
	"                   [--fetch-helper PATH] [--log stderr|syslog]\n"     \
	"       bearerauthd --spawned [--config FILE]\n"                       \
	"       bearerauthd --help | --version\n"

/*
 * Names are spelt out and a value is an argument of its own; an option twice,
 * a path that is not absolute, or with --spawned anything but --config, is an
 * error: BA_ERR_CONFIG, *badp being the argument, *whyp what is wrong with
 * it in constant text.  (getopt_long(3) takes abbreviations, which then mean
 * something else once a new option comes.)
 */
BA_MUST_CHECK int ba_options_parse(int argc, char *const argv[],
    struct ba_options *o, const char **badp, const char **whyp);

#endif
