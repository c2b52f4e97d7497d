/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "common/wire/trust.h"
#include "tests/unit/pam_torture.h"
#include "tests/unit/torture.h"

const char *pam_torture_dir;
bool pam_torture_root;

/* Not a success, whatever else comes of it. */
#define HARD BA_TORTURE_ANY
/* The login is as good without it. */
#define HARMLESS (BA_TORTURE_ANY | BA_TORTURE_FAMILY(OK))

/* A point of failure with so many ways; the one that is due, or -1. */
#define SITE(name, ways, families)                                             \
	static struct ba_torture_site site_##name = { #name, ways, 0, NULL };  \
	__attribute__((__constructor__)) static void tell_##name(void)         \
	{                                                                      \
		ba_torture_site(&site_##name);                                 \
	}                                                                      \
	static int due_##name(void)                                            \
	{                                                                      \
		int way = ba_torture_call(&site_##name);                       \
                                                                               \
		if (way >= 0)                                                  \
			ba_torture_allow(families);                            \
		return way;                                                    \
	}

/* --- libpam --------------------------------------------------------------- */

SITE(pam_get_item, 2, HARD)
SITE(pam_get_user, 3, HARD)
SITE(pam_get_data, 2, HARD)
SITE(pam_set_data, 2, HARD)
SITE(pam_putenv, 1, HARD)
SITE(pam_modutil_getpwnam, 1, HARD) /* the broker refuses strangers */
/* Not there, for all that the module can know. */
SITE(pam_getenv, 1, HARMLESS)
SITE(converse, 4, HARD)

int
pam_get_item(const pam_handle_t *pamh, int type, const void **itemp)
{
	int way = due_pam_get_item();

	if (way >= 0)
		return way == 0 ? PAM_SYSTEM_ERR : PAM_BAD_ITEM;
	switch (type) {
	case PAM_USER:
		*itemp = pamh->user;
		break;
	case PAM_SERVICE:
		*itemp = pamh->service;
		break;
	case PAM_RHOST:
		*itemp = pamh->rhost;
		break;
	case PAM_TTY:
		*itemp = pamh->tty;
		break;
	case PAM_AUTHTOK:
		*itemp = pamh->authtok;
		break;
	case PAM_CONV:
		*itemp = &pamh->conv;
		break;
	default:
		return PAM_BAD_ITEM;
	}
	return PAM_SUCCESS;
}

int
pam_get_user(pam_handle_t *pamh, const char **userp, const char *prompt)
{
	static const int errors[] = { PAM_CONV_ERR, PAM_BUF_ERR,
		PAM_SYSTEM_ERR };
	int way = due_pam_get_user();

	(void)prompt;
	if (way >= 0)
		return errors[way];
	*userp = pamh->user;
	return PAM_SUCCESS;
}

static size_t
find_data(const pam_handle_t *pamh, const char *name)
{
	size_t i;

	for (i = 0; i < PAM_TORTURE_DATA; i++)
		if (pamh->data[i].name != NULL &&
		    strcmp(pamh->data[i].name, name) == 0)
			break;
	return i;
}

int
pam_get_data(const pam_handle_t *pamh, const char *name, const void **datap)
{
	int way = due_pam_get_data();
	size_t i = find_data(pamh, name);

	if (way >= 0)
		return way == 0 ? PAM_SYSTEM_ERR : PAM_BUF_ERR;
	if (i == PAM_TORTURE_DATA)
		return PAM_NO_MODULE_DATA;
	*datap = pamh->data[i].data;
	return PAM_SUCCESS;
}

static void
give_back(pam_handle_t *pamh, size_t i)
{
	if (pamh->data[i].name != NULL && pamh->data[i].cleanup != NULL)
		pamh->data[i].cleanup(pamh, pamh->data[i].data, PAM_SUCCESS);
	memset(&pamh->data[i], 0, sizeof(pamh->data[i]));
}

int
pam_set_data(pam_handle_t *pamh, const char *name, void *data,
    void (*cleanup)(pam_handle_t *pamh, void *data, int status))
{
	int way = due_pam_set_data();
	size_t i = find_data(pamh, name);

	if (way >= 0)
		return way == 0 ? PAM_BUF_ERR : PAM_SYSTEM_ERR;
	for (; i == PAM_TORTURE_DATA;)
		for (i = 0; pamh->data[i].name != NULL; i++)
			continue;
	give_back(pamh, i);
	pamh->data[i].name = name;
	pamh->data[i].data = data;
	pamh->data[i].cleanup = cleanup;
	return PAM_SUCCESS;
}

size_t
pam_torture_data(const struct pam_handle *pamh)
{
	size_t i, n = 0;

	for (i = 0; i < PAM_TORTURE_DATA; i++)
		n += pamh->data[i].name != NULL && pamh->data[i].data != NULL;
	return n;
}

void
pam_torture_end(struct pam_handle *pamh)
{
	size_t i;

	for (i = 0; i < PAM_TORTURE_DATA; i++)
		give_back(pamh, i);
}

static char *
find_env(pam_handle_t *pamh, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < PAM_TORTURE_ENV; i++)
		if (strncmp(pamh->env[i], name, n) == 0 &&
		    pamh->env[i][n] == '=')
			return pamh->env[i];
	return NULL;
}

const char *
pam_getenv(pam_handle_t *pamh, const char *name)
{
	char *entry = find_env(pamh, name, strlen(name));

	return due_pam_getenv() >= 0 || entry == NULL
		   ? NULL
		   : entry + strlen(name) + 1;
}

int
pam_putenv(pam_handle_t *pamh, const char *text)
{
	char *entry = find_env(pamh, text, strcspn(text, "="));
	size_t i = 0;

	if (due_pam_putenv() >= 0)
		return PAM_BUF_ERR;
	if (entry == NULL && strchr(text, '=') == NULL)
		return PAM_BAD_ITEM;
	while (entry == NULL && i < PAM_TORTURE_ENV) {
		if (pamh->env[i][0] == '\0')
			entry = pamh->env[i];
		i++;
	}
	if (entry == NULL)
		return PAM_BUF_ERR;
	(void)snprintf(entry, sizeof(pamh->env[0]), "%s",
	    strchr(text, '=') == NULL ? "" : text);
	return PAM_SUCCESS;
}

void
pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
{
	(void)pamh;
	(void)priority;
	(void)fmt;
}

struct passwd *
pam_modutil_getpwnam(pam_handle_t *pamh, const char *name)
{
	static char alice[] = "alice";
	static struct passwd pw = { .pw_name = alice, .pw_uid = 4711 };

	(void)pamh;
	if (due_pam_modutil_getpwnam() >= 0 || strcmp(name, alice) != 0)
		return NULL;
	return &pw;
}

int
pam_torture_converse(int n, const struct pam_message **msg,
    struct pam_response **resp, void *appdata)
{
	int way = due_converse();

	if (n != 1)
		return PAM_CONV_ERR;
	if (way == 0 || way == 1)
		return way == 0 ? PAM_CONV_ERR : PAM_BUF_ERR;
	if (way == 2)
		return PAM_SUCCESS; /* and no response */
	*resp = calloc(1, sizeof(**resp));
	if (*resp == NULL)
		return PAM_BUF_ERR;
	if (way < 0 && (msg[0]->msg_style == PAM_PROMPT_ECHO_OFF ||
			   msg[0]->msg_style == PAM_PROMPT_ECHO_ON))
		(*resp)->resp = strdup(
		    msg[0]->msg_style == PAM_PROMPT_ECHO_OFF ? appdata : "");
	return PAM_SUCCESS;
}

/* --- the C library -------------------------------------------------------- */

/* FAILS(type, name, (parameters), (arguments), families, { value, errno }…) */
#define FAILS(type, name, params, args, families, ...)                         \
	type __real_##name params;                                             \
	type __wrap_##name params;                                             \
	static const struct {                                                  \
		type value;                                                    \
		int number;                                                    \
	} ways_##name[] = { __VA_ARGS__ };                                     \
	SITE(name, sizeof(ways_##name) / sizeof(ways_##name[0]), families)     \
	type __wrap_##name params                                              \
	{                                                                      \
		int way = due_##name();                                        \
                                                                               \
		if (way < 0)                                                   \
			return __real_##name args;                             \
		if (ways_##name[way].number != 0)                              \
			errno = ways_##name[way].number;                       \
		return ways_##name[way].value;                                 \
	}

FAILS(int, socket, (int domain, int type, int protocol),
    (domain, type, protocol), HARD, { -1, EMFILE }, { -1, ENOBUFS })
FAILS(int, connect, (int fd, const struct sockaddr *sa, socklen_t n),
    (fd, sa, n), HARD, { -1, ECONNREFUSED }, { -1, EACCES }, { -1, ENOENT })
FAILS(int, getsockopt, (int fd, int level, int name, void *p, socklen_t *np),
    (fd, level, name, p, np), HARD, { -1, ENOPROTOOPT })
FAILS(ssize_t, send, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags), HARD, { -1, EIO }, { -1, EPIPE }, { -1, ENOBUFS })
FAILS(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags),
    HARD, { -1, EIO }, { 0, 0 }, { -1, ECONNRESET })
FAILS(int, poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms), HARD,
    { -1, ENOMEM })
FAILS(int, lstat, (const char *path, struct stat *st), (path, st), HARD,
    { -1, EACCES }, { -1, ENOENT }, { -1, ELOOP })
FAILS(ssize_t, getrandom, (void *p, size_t n, unsigned flags), (p, n, flags),
    HARD, { -1, ENOSYS })
FAILS(int, socketpair, (int domain, int type, int protocol, int pair[2]),
    (domain, type, protocol, pair), HARD, { -1, EMFILE })
FAILS(void *, mmap,
    (void *p, size_t n, int protection, int flags, int fd, off_t offset),
    (p, n, protection, flags, fd, offset), HARD, { MAP_FAILED, ENOMEM })
FAILS(int, prctl,
    (int option, unsigned long a, unsigned long b, unsigned long c,
	unsigned long d),
    (option, a, b, c, d), HARMLESS, { -1, EPERM })
FAILS(int, clone, (int (*f)(void *), void *stack, int flags, void *arg),
    (f, stack, flags, arg), HARD, { -1, EAGAIN })
/* What is read is /proc alone: then the session is not found by process. */
FAILS(int, open, (const char *path, int flags), (path, flags), HARMLESS,
    { -1, EMFILE }, { -1, EACCES })
FAILS(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), HARMLESS,
    { -1, EIO }, { 0, 0 })
FAILS(int, clock_nanosleep,
    (clockid_t id, int flags, const struct timespec *until,
	struct timespec *left),
    (id, flags, until, left), HARMLESS, { EINVAL, 0 })
FAILS(int, pthread_setcancelstate, (int state, int *oldp), (state, oldp),
    HARMLESS, { EINVAL, 0 })

/* Of ours only what makes a descriptor, or changes one. */
int __real_fcntl(int fd, int command, int arg);
int __wrap_fcntl(int fd, int command, int arg);
/* Without a number above 2 there is no descriptor; /proc can do without. */
SITE(fcntl, 1, HARMLESS)
int
__wrap_fcntl(int fd, int command, int arg)
{
	if (due_fcntl() < 0)
		return __real_fcntl(fd, command, arg);
	errno = EMFILE;
	return -1;
}

/* Linux closes it in any case (close(2)). */
int __real_close(int fd);
int __wrap_close(int fd);
SITE(close, 1, HARMLESS)
int
__wrap_close(int fd)
{
	int r = __real_close(fd);

	if (due_close() < 0)
		return r;
	errno = EIO;
	return -1;
}

/* The child is collected: else it would be this that leaves it behind. */
pid_t __real_waitpid(pid_t pid, int *statusp, int options);
pid_t __wrap_waitpid(pid_t pid, int *statusp, int options);
SITE(waitpid, 1, HARMLESS)
pid_t
__wrap_waitpid(pid_t pid, int *statusp, int options)
{
	pid_t r = __real_waitpid(pid, statusp, options);

	if (due_waitpid() < 0)
		return r;
	errno = ECHILD;
	return -1;
}

/* --- who is trusted ------------------------------------------------------- */

int __real_ba_trust_path_below(
    const char *base, const char *path, uid_t uid, const char **whyp);
int __wrap_ba_trust_path_below(
    const char *base, const char *path, uid_t uid, const char **whyp);
int
__wrap_ba_trust_path_below(
    const char *base, const char *path, uid_t uid, const char **whyp)
{
	(void)base;
	(void)uid;
	return __real_ba_trust_path_below(
	    pam_torture_dir, path, getuid(), whyp);
}

int __real_ba_trust_peer(int fd, uid_t uid);
int __wrap_ba_trust_peer(int fd, uid_t uid);
int
__wrap_ba_trust_peer(int fd, uid_t uid)
{
	(void)uid;
	return __real_ba_trust_peer(fd, getuid());
}

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
uid_t
__wrap_geteuid(void)
{
	return pam_torture_root ? 0 : __real_geteuid();
}
