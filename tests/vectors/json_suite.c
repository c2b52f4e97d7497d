/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json/json.h"
#include "tests/vectors/readers.h"
#include "tests/vectors/source.h"

/*
 * JSONTestSuite.  Only objects are taken here, so that each text is tried as
 * it is and as a member of an object: of a good text the second is taken, of
 * a bad one neither.
 */

#define TEXT_MAX (1 << 20)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct outcome {
	json_t *as_is; /* NULL: refused */
	json_t *member; /* of "v" in an object; NULL: refused */
	char *text;
};

static void
try(const char *file, struct outcome *o)
{
	static char text[TEXT_MAX + 1], object[TEXT_MAX + 8];
	size_t n = ba_source_bytes(file, text, sizeof(text));

	text[n] = '\0';
	memcpy(object, "{\"v\":", 5);
	memcpy(object + 5, text, n);
	object[5 + n] = '}';
	if (ba_json_parse(text, n, &o->as_is) != BA_OK)
		o->as_is = NULL;
	if (ba_json_parse(object, n + 6, &o->member) != BA_OK)
		o->member = NULL;
	o->text = text;
}

static const char *
name_of(const char *file)
{
	return strrchr(file, '/') + 1;
}

static bool
one_of(const char *name, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}

/* JSON, and no document of ours: good inside of one. */
static bool
is_scalar(const char *name)
{
	static const char *const names[] = { "y_string_space.json",
		"y_structure_lonely_false.json", "y_structure_lonely_int.json",
		"y_structure_lonely_negative_real.json",
		"y_structure_lonely_null.json",
		"y_structure_lonely_string.json",
		"y_structure_lonely_true.json",
		"y_structure_string_empty.json" };

	return one_of(name, names, COUNT(names));
}

/* A name twice, or U+0000 (JWS-02): refused wherever it stands. */
static bool
is_ambiguous(const char *name)
{
	static const char *const names[] = { "y_object_duplicated_key.json",
		"y_object_duplicated_key_and_value.json",
		"y_object_escaped_null_in_key.json",
		"y_string_null_escape.json" };

	return one_of(name, names, COUNT(names));
}

struct parsing {
	struct ba_tally y, y_refused, n, i;
};

static void
parsing_case(void *arg, const char *file)
{
	const char *name = name_of(file);
	struct parsing *p = arg;
	struct outcome o;
	bool inside;

	try(file, &o);
	inside = o.member != NULL;
	if (name[0] == 'n')
		ba_count(&p->n, 0, o.as_is == NULL && !inside, name);
	else if (name[0] == 'i') /* either is right; it must return */
		ba_count(&p->i, 0, inside || o.as_is == NULL, name);
	else if (is_scalar(name))
		ba_count(&p->y_refused, 0, o.as_is == NULL && inside, name);
	else if (is_ambiguous(name))
		ba_count(&p->y_refused, 0, o.as_is == NULL && !inside, name);
	else
		ba_count(&p->y, 0, inside, name);
	json_decref(o.as_is);
	json_decref(o.member);
	ba_source_judged(file);
}

/*
 * An array of one number: refused (RFC 8259 section 6 allows limits), or
 * exactly what is written there; never a value that is wrapped or clamped.
 */
static bool
number_is_kept(const struct outcome *o)
{
	const json_t *v = json_array_get(json_object_get(o->member, "v"), 0);

	errno = 0;
	if (o->member == NULL)
		return true;
	if (json_is_integer(v))
		return json_integer_value(v) ==
			   strtoll(o->text + 1, NULL, 10) &&
		       errno == 0;
	return json_is_real(v) &&
	       json_real_value(v) == strtod(o->text + 1, NULL);
}

/*
 * Texts that parsers are known to make different things of.  The suite does
 * not say what is right; we do: a name twice, U+0000 and what is no Unicode
 * are refused (JWS-02, JWT-12), names are bytes that nobody normalises.
 */
static void
transform_case(void *arg, const char *file)
{
	const char *name = name_of(file);
	struct outcome o;
	bool good;

	try(file, &o);
	if (strncmp(name, "number_", 7) == 0)
		good = number_is_kept(&o);
	else if (strncmp(name, "object_key_nf", 13) == 0)
		good = json_object_size(o.as_is) == 2;
	else if (strncmp(name, "object_same_key_", 16) == 0 ||
		 strncmp(name, "string_", 7) == 0)
		good = o.as_is == NULL && o.member == NULL;
	else
		good = false; /* nobody has thought about it */
	ba_count(arg, 0, good, name);
	json_decref(o.as_is);
	json_decref(o.member);
	ba_source_judged(file);
}

void
ba_read_json_suite(void)
{
	struct parsing p = {
		.y = { .file = "jsontestsuite/test_parsing/y_*" },
		.y_refused = { .file = "jsontestsuite/test_parsing/"
				       "y_*:refused-on-purpose" },
		.n = { .file = "jsontestsuite/test_parsing/n_*" },
		.i = { .file = "jsontestsuite/test_parsing/i_*" },
	};
	struct ba_tally t = { .file = "jsontestsuite/test_transform/*" };

	ba_source_each("jsontestsuite/test_parsing/[yni]_*", parsing_case, &p);
	if (p.y_refused.cases != 12)
		ba_count_defect(&p.y_refused, "not the 12 of the README");
	ba_report(&p.y);
	ba_report(&p.y_refused);
	ba_report(&p.n);
	ba_report(&p.i);
	ba_source_each("jsontestsuite/test_transform/*", transform_case, &t);
	ba_report(&t);
}
