/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_POLICY_CONFIG_KEYS_H
#define BA_POLICY_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/policy/arena.h"
#include "common/policy/config.h"

/*
 * What stands in a configuration file: the kinds of section, their keys, and
 * the function that judges each value.  For config.c alone, and for whoever
 * compares the manual page with the parser.
 */

/* A configuration on its way from text to struct ba_config. */
struct ba_builder {
	const struct ba_config_report *report; /* or NULL */
	struct ba_arena *arena;
	struct ba_config *config;
	struct ba_where at; /* what is being judged */
	struct ba_section *sections; /* of all files, in order */
	size_t n_sections;
	struct ba_section *open; /* whose keys are being read, or NULL */
	bool skip; /* keys of a section of unknown kind */
	size_t problems; /* reported so far */
	bool unread; /* a file or directory was not read */
	bool full; /* more than can be taken: the reading ends */
	int err; /* BA_ERR_CONFIG, or what is worse */
};

struct ba_key {
	const char *name;
	/*
	 * Judge value and set what it says in object (a struct ba_issuer …,
	 * by the section's kind).  A bad value is reported, and BA_OK
	 * returned; BA_ERR_NOMEM.
	 */
	int (*set)(struct ba_builder *b, void *object, const char *value);
	const char *needed; /* why it must be there, or NULL */
};

struct ba_section;

struct ba_section_kind {
	const char *kind;
	const char *usage; /* "[service NAME]" */
	const struct ba_key *keys;
	size_t n_keys;
	/* NULL, or what is wrong with a section's name, with a remedy. */
	const char *(*name_fault)(const char *name);
	/*
	 * The section's object, with all defaults; made for all sections
	 * before any value is judged.  NULL: no memory.
	 */
	void *(*begin)(struct ba_builder *b, const struct ba_section *s);
	/*
	 * After the section's values: what they say together.  May be NULL.
	 */
	void (*judge)(struct ba_builder *b, const struct ba_section *s);
	/*
	 * After all sections: what this one needs of others.  May be NULL.
	 */
	void (*relate)(struct ba_builder *b, const struct ba_section *s);
};

struct ba_pair {
	const struct ba_key *key;
	const char *value;
	unsigned line;
};

struct ba_section {
	const struct ba_section_kind *kind;
	const char *name;
	struct ba_where where;
	struct ba_pair *pairs;
	size_t n_pairs;
	void *object;
};

/* Of all kinds and files; each new one is compared with those before it. */
#define BA_SECTIONS_MAX 8192

#define BA_SECTION_KINDS 4
extern const struct ba_section_kind *const ba_section_kinds[BA_SECTION_KINDS];

/* Each in a file of its own; the others are in config_keys.c. */
extern const struct ba_section_kind ba_issuer_kind; /* config_issuer.c */
extern const struct ba_section_kind ba_service_kind; /* config_service.c */

#define BA_KEYS(k) (k), sizeof(k) / sizeof((k)[0])

/* The pair with this key, NULL where it is not written. */
const struct ba_pair *ba_section_pair(
    const struct ba_section *s, const char *key);

/* Is this key written there?  Then what comes next is about its line. */
bool ba_section_says(
    struct ba_builder *b, const struct ba_section *s, const char *key);

/* The section of that kind and name, or NULL. */
const struct ba_section *ba_builder_section(const struct ba_builder *b,
    const struct ba_section_kind *kind, const char *name);

/* Report a problem at b->at: one line with its remedy. */
void ba_builder_complain(struct ba_builder *b, const char *fmt, ...)
    __attribute__((__format__(__printf__, 2, 3)));

#endif
