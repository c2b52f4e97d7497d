/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/json/json.h"

#include "broker/order.h"

#define ISSUER 0x1u
#define WHO    0x2u /* sub, client or all: exactly one */
#define UNTIL  0x4u
#define FROM   0x8u

static const struct {
	const char *name;
	unsigned may, must;
} commands[] = {
	[BA_ORDER_STATUS] = { "status", FROM, 0 },
	[BA_ORDER_RELOAD] = { "reload", 0, 0 },
	[BA_ORDER_KEYS] = { "keys", ISSUER | FROM, 0 },
	[BA_ORDER_REFRESH] = { "refresh", ISSUER, 0 },
	[BA_ORDER_BLOCK] = { "block", ISSUER | WHO | UNTIL, ISSUER | WHO },
	[BA_ORDER_UNBLOCK] = { "unblock", ISSUER | WHO, ISSUER | WHO },
	[BA_ORDER_BLOCKS] = { "blocks", FROM, 0 },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
set_command(struct ba_order *o, const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0) {
			o->what = (enum ba_order_what)i;
			return BA_OK;
		}
	}
	return BA_ERR_CONFIG;
}

static int
text_of(const json_t *v, const char **textp)
{
	size_t n = json_string_length(v);

	if (!json_is_string(v) || n == 0 || n > BA_BLOCK_TEXT_MAX)
		return BA_ERR_CONFIG;
	*textp = json_string_value(v);
	return BA_OK;
}

static int
set_who(struct ba_order *o, enum ba_block_kind kind, const json_t *v)
{
	o->block.kind = kind;
	if (kind == BA_BLOCK_ALL)
		return json_is_true(v) ? BA_OK : BA_ERR_CONFIG;
	return text_of(v, &o->block.name);
}

static int
set_from(struct ba_order *o, const json_t *v)
{
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return BA_ERR_CONFIG;
	o->from = (uint64_t)json_integer_value(v);
	return BA_OK;
}

static int
set_until(struct ba_order *o, const json_t *v)
{
	if (!json_is_integer(v) || json_integer_value(v) < 1 ||
	    json_integer_value(v) > BA_JSON_DATE_MAX)
		return BA_ERR_CONFIG;
	o->block.until = json_integer_value(v);
	return BA_OK;
}

/* One member; bits of what has been said, nothing of it twice. */
static int
set_member(
    struct ba_order *o, const char *name, const json_t *v, unsigned *saidp)
{
	unsigned bit = 0;
	int r = BA_ERR_CONFIG;

	if (strcmp(name, "command") == 0)
		return BA_OK;
	if (strcmp(name, "issuer") == 0) {
		bit = ISSUER;
		r = text_of(v, &o->issuer);
	} else if (strcmp(name, "sub") == 0) {
		bit = WHO;
		r = set_who(o, BA_BLOCK_SUB, v);
	} else if (strcmp(name, "client") == 0) {
		bit = WHO;
		r = set_who(o, BA_BLOCK_CLIENT, v);
	} else if (strcmp(name, "all") == 0) {
		bit = WHO;
		r = set_who(o, BA_BLOCK_ALL, v);
	} else if (strcmp(name, "until") == 0) {
		bit = UNTIL;
		r = set_until(o, v);
	} else if (strcmp(name, "from") == 0) {
		bit = FROM;
		r = set_from(o, v);
	}
	if (r == BA_OK && (*saidp & bit) != 0)
		r = BA_ERR_CONFIG;
	*saidp |= bit;
	return r;
}

static int
read_members(struct ba_order *o, const char **whyp)
{
	const char *name;
	unsigned said = 0;
	json_t *v;

	*whyp = "a member of the command is unknown, or its value is not right";
	json_object_foreach(o->json, name, v)
	{
		if (set_member(o, name, v, &said) != BA_OK)
			return BA_ERR_CONFIG;
	}
	*whyp = "a member does not go with the command, or one is missing";
	if ((said & ~commands[o->what].may) != 0 ||
	    (said & commands[o->what].must) != commands[o->what].must)
		return BA_ERR_CONFIG;
	o->block.issuer = o->issuer;
	return BA_OK;
}

static int
parse(const char *text, struct ba_order *o, const char **whyp)
{
	const char *name;
	int r;

	*whyp = "unknown command; there are: status, reload, keys, refresh, "
		"block, unblock, blocks";
	if (text[0] != '{') {
		r = set_command(o, text);
		/* Those alone that were words before there were objects. */
		return r == BA_OK && o->what > BA_ORDER_RELOAD ? BA_ERR_CONFIG
							       : r;
	}
	r = ba_json_parse(text, strlen(text), &o->json);
	if (r == BA_ERR_NOMEM)
		return r;
	if (r != BA_OK || ba_json_string(o->json, "command", &name) != BA_OK ||
	    set_command(o, name) != BA_OK)
		return BA_ERR_CONFIG;
	return read_members(o, whyp);
}

int
ba_order_parse(const char *text, struct ba_order *o, const char **whyp)
{
	int r;

	memset(o, 0, sizeof(*o));
	r = parse(text, o, whyp);
	if (r == BA_OK)
		*whyp = NULL;
	else
		ba_order_clear(o);
	return r;
}

void
ba_order_clear(struct ba_order *o)
{
	json_decref(o->json);
	memset(o, 0, sizeof(*o));
}
