/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/json/json.h"
#include "tests/fuzz/fuzz.h"

/* Levels of arrays and objects; no string may hold a NUL. */
static size_t
depth(json_t *v)
{
	size_t i, d, deepest = 0;
	const char *name;
	json_t *member;

	if (json_is_string(v))
		MUST(strlen(json_string_value(v)) == json_string_length(v));
	json_array_foreach(v, i, member) deepest =
	    (d = depth(member)) > deepest ? d : deepest;
	json_object_foreach(v, name, member) deepest =
	    (d = depth(member)) > deepest ? d : deepest;
	return json_is_array(v) || json_is_object(v) ? deepest + 1 : 0;
}

/* What the typed members say is what stands there. */
static void
read_members(json_t *o)
{
	const char *name, *s;
	bool found;
	int64_t t;
	json_t *v;

	json_object_foreach(o, name, v)
	{
		MUST(ba_json_has(o, name));
		if (ba_json_string(o, name, &s) == BA_OK)
			MUST(s == json_string_value(v));
		else
			MUST(!json_is_string(v));
		if (ba_json_date(o, name, &t) == BA_OK)
			MUST(json_is_number(v) && t <= BA_JSON_DATE_MAX &&
			     (double)t <= json_number_value(v) &&
			     (double)t > json_number_value(v) - 1);
		if (ba_json_one_of(o, name, "a", &found) == BA_OK)
			MUST(json_is_string(v) || json_array_size(v) > 0);
		if (ba_json_word(o, name, "a", &found) != BA_OK)
			MUST(!found && !json_is_string(v));
		if (ba_json_word(o, name, "", &found) == BA_OK)
			MUST(!found);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	json_t *ours, *theirs, *again;
	struct ba_buf one, two;
	int r;

	/* jansson's own parser is the judge of ours, both ways. */
	theirs = json_loadb((const char *)p, n, JSON_REJECT_DUPLICATES, NULL);
	r = ba_json_parse(p, n, &ours);
	if (r != BA_OK) {
		MUST(r == BA_ERR_JSON && ours == NULL);
		/* A NUL behind a number it passes over. */
		MUST(!json_is_object(theirs) || memchr(p, 0, n) != NULL ||
		     depth(theirs) > BA_JSON_DEPTH_MAX);
		json_decref(theirs);
		return 0;
	}
	MUST(theirs != NULL && json_is_object(theirs));
	MUST(json_equal(ours, theirs) && depth(ours) <= BA_JSON_DEPTH_MAX);
	read_members(ours);
	ba_buf_init(&one, 8 * n + 64);
	ba_buf_init(&two, 8 * n + 64);
	MUST(ba_json_dump(ours, &one) == BA_OK);
	MUST(ba_json_parse(one.p, one.len, &again) == BA_OK);
	MUST(ba_json_dump(again, &two) == BA_OK);
	MUST(one.len == two.len && memcmp(one.p, two.p, one.len) == 0);
	ba_buf_wipe(&one);
	ba_buf_wipe(&two);
	json_decref(again);
	json_decref(theirs);
	json_decref(ours);
	return 0;
}
