/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/paths.h"
#include "common/jose/init.h"
#include "common/json/init.h"
#include "common/system/privilege.h"

#include "broker/accept.h"
#include "broker/broker.h"
#include "broker/listen.h"
#include "broker/service.h"
#include "broker/sink.h"

/* Everybody waits while we wait for the store's file, so: hardly. */
#define STORE_BUSY_MS 100

struct service {
	const struct ba_options *o;
	struct ba_log log;
	struct ba_syslog syslog;
	sigset_t signals; /* that the loop takes */
	struct ba_notify notify;
	struct ba_sockets sockets;
	uid_t trusted_uid;
	bool root; /* were we, at the start? */
	char credentials[PATH_MAX]; /* or "" */
	struct ba_broker *b;
	int sigfd;
	struct ba_watch sigwatch;
};

static int
fail(struct service *s, int err, const char *what, const char *why)
{
	ba_log(&s->log, BA_LOG_ERR, "%s: %s", what,
	    why != NULL ? why : ba_err_text(err));
	return err;
}

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct service *s = arg;

	ba_log(&s->log, BA_LOG_ERR, "%s:%u: %s", file, line, text);
}

/* Its directory and its parents are root's, and it is ours to make. */
static int
make_socket(
    struct service *s, const char *path, mode_t mode, gid_t group, bool control)
{
	const char *why;
	int r;

	r = ba_sockets_parents(path, &why);
	if (r == BA_OK)
		r = ba_sockets_make(
		    &s->sockets, path, mode, group, control, &why);
	return r == BA_OK ? BA_OK : fail(s, r, path, why);
}

static int
make_sockets(struct service *s, const struct ba_config *c)
{
	const struct ba_listen *l;
	mode_t mode = 0666;
	gid_t group = 0;
	size_t i;
	int r;

	for (i = 0; i < c->n_listens; i++) {
		l = &c->listens[i];
		if (strcmp(l->path, s->o->socket) == 0) {
			mode = l->mode;
			group = l->group;
			continue;
		}
		r = make_socket(s, l->path, l->mode, l->group, false);
		if (r != BA_OK)
			return r;
	}
	r = make_socket(s, s->o->socket, mode, group, false);
	if (r == BA_OK)
		r = make_socket(s, s->o->control, 0600, 0, true);
	return r;
}

static int
listen_as_root(struct service *s)
{
	const struct ba_config_report report = { problem, s };
	struct ba_config *c;
	int r;

	/* Only [listen] is wanted; maps are for the broker's user to read. */
	r = ba_config_load_without_maps(
	    s->o->config, s->trusted_uid, &report, &c);
	if (r != BA_OK)
		return fail(s, r, s->o->config, NULL);
	r = make_sockets(s, c);
	ba_config_free(c);
	return r;
}

/* Started as root: do what only root can, and be it no longer. */
static int
root_part(struct service *s)
{
	struct ba_runas runas;
	const char *why;
	int r;

	r = ba_runas_find(s->o->user, &runas);
	if (r != BA_OK)
		return fail(s, r, s->o->user, ba_runas_why(r));
	if (!s->o->own_store) {
		r = ba_privilege_dir(
		    BA_STORE_DIR, 0700, runas.uid, runas.gid, &why);
		if (r != BA_OK)
			return fail(s, r, BA_STORE_DIR, why);
	}
	if (s->sockets.n == 0) {
		r = listen_as_root(s);
		if (r != BA_OK)
			return r;
	}
	r = ba_privilege_drop(&runas);
	return r == BA_OK ? BA_OK : fail(s, r, s->o->user, NULL);
}

/* The service manager's (systemd.exec(5)); before the environment is gone. */
static void
take_credentials(struct service *s)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	if (dir == NULL)
		return;
	if (dir[0] != '/' ||
	    ba_copy_str(s->credentials, sizeof(s->credentials), dir) != BA_OK) {
		s->credentials[0] = '\0';
		ba_log(&s->log, BA_LOG_WARNING,
		    "CREDENTIALS_DIRECTORY is no absolute path, and is not "
		    "used");
	}
}

/* What the caller left, what the manager gave, who we are. */
static int
prepare(struct service *s)
{
	const char *why;
	int first, r, inherited;

	ba_sink_stderr(&s->log);
	if (ba_notify_init(&s->notify) != BA_OK)
		ba_log(&s->log, BA_LOG_WARNING, "NOTIFY_SOCKET is too long");
	take_credentials(s);
	inherited = ba_sockets_inherit(&s->sockets, &first, &why);
	sigemptyset(&s->signals);
	sigaddset(&s->signals, SIGHUP);
	sigaddset(&s->signals, SIGINT);
	sigaddset(&s->signals, SIGTERM);
	/* Blocked from now on: one that comes early is taken when the loop
	   runs, and ends or reloads a broker that has started. */
	r = ba_privilege_clean(first, &s->signals);
	if (r != BA_OK)
		return fail(s, r, "the process could not be prepared", NULL);
	if (s->o->syslog)
		ba_sink_syslog(&s->log, &s->syslog, BA_DEV_LOG);
	ba_json_init();
	ba_jose_init();
	if (inherited != BA_OK && inherited != BA_ERR_NOT_FOUND)
		return fail(
		    s, inherited, "sockets of the service manager", why);
	s->root = geteuid() == 0;
	/* Whoever names another file may also own it: for installations
	   without root, and tests.  As root that is root. */
	s->trusted_uid = s->o->own_config ? geteuid() : 0;
	if (s->root)
		r = root_part(s);
	else if (inherited != BA_OK)
		r = fail(s, BA_ERR_CONFIG, "no sockets",
		    "start bearerauthd.socket, or bearerauthd as root");
	if (r != BA_OK)
		return r;
	r = ba_privilege_seal();
	return r == BA_OK ? BA_OK : fail(s, r, "privileges", NULL);
}

/* A [listen] that the manager has not opened is opened by nobody. */
static void
check_listens(struct service *s)
{
	const struct ba_config *c = s->b->engine->config;
	size_t i;

	for (i = 0; i < c->n_listens; i++) {
		if (!ba_sockets_has(&s->sockets, c->listens[i].path))
			ba_log(&s->log, BA_LOG_WARNING,
			    "%s:%u: nobody listens on %s: add ListenStream=%s "
			    "to bearerauthd.socket (systemctl edit)",
			    c->listens[i].where.file, c->listens[i].where.line,
			    c->listens[i].path, c->listens[i].path);
	}
}

static int
make_broker(struct service *s)
{
	const struct ba_broker_options bo = {
		.clock = &ba_clock_system,
		.log = &s->log,
		.config = s->o->config,
		.trusted_uid = s->trusted_uid,
		.store = s->o->store,
		.store_busy_ms = STORE_BUSY_MS,
		.fetch_helper = s->o->fetch_helper,
		.credentials =
		    s->credentials[0] != '\0' ? s->credentials : NULL,
		.notify = s->notify,
	};
	int r;

	/* Read again where root has read it: what the user cannot read is
	   found now, and not at the first reload. */
	r = ba_broker_new(&bo, &s->b);
	if (r != BA_OK)
		return fail(s, r, "no start",
		    s->root ? "the configuration must be right, and readable "
			      "for the broker's group (chgrp, chmod 0640)"
			    : NULL);
	check_listens(s);
	r = ba_doors_open(s->b, &s->sockets);
	return r == BA_OK ? BA_OK : fail(s, r, "sockets", NULL);
}

static void
signal_came(void *arg, uint32_t events)
{
	struct service *s = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(s->sigfd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		(void)ba_broker_reload(s->b, NULL, 0);
		return;
	}
	ba_broker_tell(s->b, "STOPPING=1");
	ba_broker_stop(s->b);
}

static int
watch_signals(struct service *s)
{
	s->sigfd = signalfd(-1, &s->signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->sigfd < 0)
		return BA_ERR_SYSTEM;
	s->sigwatch.ready = signal_came;
	s->sigwatch.arg = s;
	return ba_watch_set(s->b->loop, &s->sigwatch, s->sigfd, EPOLLIN);
}

static int
run(struct service *s)
{
	int r;

	r = watch_signals(s);
	if (r != BA_OK)
		return fail(s, r, "signals", NULL);
	ba_broker_tell(s->b, "READY=1");
	ba_log(&s->log, BA_LOG_NOTICE, "%s is ready", PACKAGE_STRING);
	r = ba_loop_run(s->b->loop);
	ba_log(&s->log, BA_LOG_NOTICE, "ended");
	return r == BA_OK ? BA_OK : fail(s, r, "the event loop", NULL);
}

int
ba_service_run(const struct ba_options *o)
{
	struct service s = { .o = o, .sigfd = -1, .syslog.fd = -1 };
	int r;

	ba_sockets_init(&s.sockets);
	r = prepare(&s);
	if (r == BA_OK)
		r = make_broker(&s);
	if (r == BA_OK)
		r = run(&s);
	if (s.b != NULL)
		ba_watch_clear(s.b->loop, &s.sigwatch);
	if (s.sigfd >= 0)
		close(s.sigfd);
	ba_broker_free(s.b);
	ba_sockets_close(&s.sockets);
	ba_syslog_close(&s.syslog);
	return r == BA_OK ? 0 : 1;
}
