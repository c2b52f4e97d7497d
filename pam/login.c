/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "pam/login.h"

#define LOGIN_DATA "bearerauth_login"

struct login {
	char id[BA_ID_LEN + 1];
	char user[BA_FIELD_MAX + 1];
	char service[BA_SERVICE_MAX + 1];
};

static void
free_login(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	ba_wipe_free(data, sizeof(struct login));
}

/* NULL in *loginp: none. */
static int
look(const struct ba_pam_call *c, const struct login **loginp)
{
	const void *data = NULL;
	int host;

	*loginp = NULL;
	host = pam_get_data(c->pamh, LOGIN_DATA, &data);
	if (host != PAM_SUCCESS && host != PAM_NO_MODULE_DATA)
		return BA_ERR_SYSTEM;
	if (host == PAM_SUCCESS)
		*loginp = data;
	return BA_OK;
}

int
ba_pam_login_forget(const struct ba_pam_call *c)
{
	const struct login *login;
	int r;

	r = look(c, &login);
	if (r != BA_OK || login == NULL)
		return r;
	return pam_set_data(c->pamh, LOGIN_DATA, NULL, NULL) == PAM_SUCCESS
		   ? BA_OK
		   : BA_ERR_NOMEM;
}

int
ba_pam_login_remember(const struct ba_pam_call *c)
{
	struct login *login = calloc(1, sizeof(*login));
	int r = BA_ERR_NOMEM;

	if (login == NULL)
		return r;
	if (ba_copy_str(login->id, sizeof(login->id), c->q.id) == BA_OK &&
	    ba_copy_str(login->user, sizeof(login->user), c->user) == BA_OK &&
	    ba_copy_str(login->service, sizeof(login->service), c->q.service) ==
		BA_OK &&
	    pam_set_data(c->pamh, LOGIN_DATA, login, free_login) == PAM_SUCCESS)
		return BA_OK;
	ba_wipe_free(login, sizeof(*login));
	return r;
}

static int
find(struct ba_pam_call *c, bool as_whoever)
{
	const struct login *login;
	int r;

	r = look(c, &login);
	if (r != BA_OK || login == NULL)
		return r;
	if ((!as_whoever && strcmp(login->user, c->user) != 0) ||
	    strcmp(login->service, c->q.service) != 0)
		return BA_OK;
	return ba_copy_str(c->q.id, sizeof(c->q.id), login->id);
}

int
ba_pam_login_find(struct ba_pam_call *c)
{
	return find(c, false);
}

int
ba_pam_login_find_for_session(struct ba_pam_call *c)
{
	return find(c, true);
}
