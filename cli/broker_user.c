/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/broker_user.h"
#include "cli/cli.h"
#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/system/privilege.h"

static int
clean(int *keepp)
{
	int first = STDERR_FILENO + 1;

	if (*keepp > STDERR_FILENO) {
		/* Below all that is closed, which its old number is then. */
		if (*keepp != first && dup3(*keepp, first, O_CLOEXEC) < 0)
			return BA_ERR_SYSTEM;
		*keepp = first++;
	}
	return ba_privilege_clean(first, NULL);
}

static int
find_user(struct ba_runas *runas)
{
	int r = ba_runas_find(BA_USER, runas);

	if (r != BA_OK)
		ba_cli_complain("user " BA_USER ", whom the broker runs as: %s",
		    ba_runas_why(r));
	return r;
}

int
ba_cli_make_store_dir(void)
{
	struct ba_runas runas;
	const char *why = "";
	int r;

	if (geteuid() != 0)
		return BA_OK;
	r = find_user(&runas);
	if (r != BA_OK)
		return r;
	r = ba_privilege_dir(BA_STORE_DIR, 0700, runas.uid, runas.gid, &why);
	if (r != BA_OK)
		ba_cli_complain("%s: %s", BA_STORE_DIR, why);
	return r;
}

static int
leave_root(int *keepp)
{
	struct ba_runas runas;
	int r;

	r = clean(keepp);
	if (r != BA_OK) {
		ba_cli_complain("the process could not be prepared");
		return r;
	}
	r = find_user(&runas);
	if (r != BA_OK)
		return r;
	ba_privilege_leave_terminal();
	r = ba_privilege_drop(&runas);
	if (r != BA_OK)
		ba_cli_complain("cannot become user " BA_USER);
	return r;
}

int
ba_cli_be_broker_user(int *keepp, uid_t *trusted_uidp)
{
	int r = BA_OK;

	*trusted_uidp = geteuid();
	if (*trusted_uidp == 0)
		r = leave_root(keepp);
	if (r != BA_OK)
		return r;
	r = ba_privilege_seal();
	if (r != BA_OK)
		ba_cli_complain("the process could not be sealed");
	return r;
}

int
ba_cli_absolute(const char *file, char path[PATH_MAX])
{
	size_t n = 0;
	int r;

	path[0] = '\0';
	if (file[0] != '/') {
		/* A directory out of reach has a name that is none. */
		if (getcwd(path, PATH_MAX - 1) == NULL || path[0] != '/') {
			ba_cli_complain("the working directory has no name: "
					"give absolute paths");
			path[0] = '\0';
			return BA_ERR_SYSTEM;
		}
		n = strlen(path);
		path[n++] = '/';
	}
	r = ba_copy_str(path + n, PATH_MAX - n, file);
	if (r != BA_OK) {
		path[0] = '\0';
		ba_cli_complain("a path is too long");
	}
	return r;
}
