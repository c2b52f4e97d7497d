/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "common/base/err.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "sasl/options.h"

/* "": the option is not there.  One without a value is a mistake. */
static int
get_option(const sasl_utils_t *utils, const char *name, char *dst, size_t dstsz)
{
	const char *value = NULL;

	dst[0] = '\0';
	if (utils->getopt(utils->getopt_context, "OAUTHBEARER", name, &value,
		NULL) != SASL_OK ||
	    value == NULL)
		return BA_OK;
	if (value[0] == '\0' || !ba_utf8_is_text(value, strlen(value), false) ||
	    ba_copy_str(dst, dstsz, value) != BA_OK)
		return BA_ERR_CONFIG;
	return BA_OK;
}

static int
get_service(const sasl_utils_t *utils, struct ba_sasl_options *o)
{
	return get_option(
	    utils, "oauthbearer_service", o->service, sizeof(o->service));
}

static int
get_socket(const sasl_utils_t *utils, struct ba_sasl_options *o)
{
	int r;

	r = get_option(
	    utils, "oauthbearer_socket", o->socket, sizeof(o->socket));
	if (r != BA_OK || o->socket[0] == '\0')
		return r;
	o->client.socket = o->socket;
	return ba_option_path(o->socket, BA_SOCKET_PATH_MAX) ? BA_OK
							     : BA_ERR_CONFIG;
}

static int
get_deadline(const sasl_utils_t *utils, struct ba_sasl_options *o)
{
	char text[3];
	int r;

	r = get_option(utils, "oauthbearer_deadline", text, sizeof(text));
	if (r != BA_OK || text[0] == '\0')
		return r;
	return ba_option_deadline(text, &o->client.deadline_ms) ? BA_OK
								: BA_ERR_CONFIG;
}

int
ba_sasl_options(const sasl_utils_t *utils, const struct ba_log *log,
    struct ba_sasl_options *o)
{
	static const struct {
		int (*get)(
		    const sasl_utils_t *utils, struct ba_sasl_options *o);
		const char *remedy;
	} all[] = {
		{ get_service,
		    "oauthbearer_service: write the name of a service, 1 to "
		    "64 characters, or take it out" },
		{ get_socket,
		    "oauthbearer_socket: write an absolute path of at most "
		    "107 characters, or take it out" },
		{ get_deadline,
		    "oauthbearer_deadline: write seconds, from 1 to 60, or "
		    "take it out" },
	};
	size_t i;
	int r;

	memset(o, 0, sizeof(*o));
	ba_client_defaults(&o->client, BA_DEADLINE_SASL_MS);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		r = all[i].get(utils, o);
		if (r == BA_OK)
			continue;
		ba_log(log, BA_LOG_ERR, "%s", all[i].remedy);
		return r;
	}
	return BA_OK;
}
