/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM host that watches what a module does to it.
 *
 *	pam_host [-k KIND] [-n DESCRIPTORS] [-s] CONFDIR SERVICE USER TOKEN
 *	    COMMAND [ARG…]
 *	pam_host scan PID FILE…
 *
 * TOKEN is a file; its text is the answer to the first prompt, "yes" that to
 * a question, and nothing to any other.  Results go to where standard output
 * was, a line each, separated by tabs.
 *
 *	login           all entry points, and what each changed of its host
 *	hold            one login, which waits in a question for a line on
 *	                standard input
 *	rounds N        that many logins: what memory grew by in the last 9/10
 *	unload N FILE   the same of loading FILE and taking it out of memory
 *	time N USER2    that many failures for each user, in turn: nanoseconds
 *	secrets [keep]  one login, after which no piece of the token is to be
 *	                found in our memory; keep: ours is left there
 *	call FILE NAME  load FILE, call the function NAME without arguments
 */
#include "config.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

#include "tests/e2e/pam_host.h"

#define TOKEN_MAX 65537
#define OUT_FD    100 /* above all that a test makes scarce */
#define GATE_FD   101

static struct {
	const char *confdir, *service, *user;
	char token[TOKEN_MAX + 1];
	int prompts; /* secrets that were asked for */
	bool hold;
	bool no_conv;
	bool spoil; /* answer with nothing at all */
	int flags;
	rlim_t descriptors; /* while the module runs; 0: as they were */
} host;

struct entry {
	const char *name;
	int (*call)(pam_handle_t *, int);
	int flags;
};

static const struct entry entries[] = {
	{ "authenticate", pam_authenticate, 0 },
	{ "acct_mgmt", pam_acct_mgmt, 0 },
	{ "establish", pam_setcred, PAM_ESTABLISH_CRED },
	{ "open_session", pam_open_session, 0 },
	{ "close_session", pam_close_session, 0 },
	{ "delete", pam_setcred, PAM_DELETE_CRED },
	{ "chauthtok", pam_chauthtok, 0 },
};

#define N_ENTRIES (sizeof(entries) / sizeof(*entries))

static char *
answer(const struct pam_message *m)
{
	char c;

	switch (m->msg_style) {
	case PAM_PROMPT_ECHO_OFF:
		return strdup(host.prompts++ == 0 ? host.token : "");
	case PAM_PROMPT_ECHO_ON:
		if (host.hold) {
			dprintf(OUT_FD, "held\n");
			while (read(GATE_FD, &c, 1) == 1 && c != '\n')
				;
		}
		return strdup("yes");
	default:
		return NULL;
	}
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	(void)arg;
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		dprintf(OUT_FD, "prompt\t%d\t%.60s\n", msg[i]->msg_style,
		    msg[i]->msg);
		r[i].resp = host.spoil ? NULL : answer(msg[i]);
	}
	*resp = r;
	return PAM_SUCCESS;
}

static int
silent_converse(int n, const struct pam_message **msg,
    struct pam_response **resp, void *arg)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	(void)arg;
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		r[i].resp = answer(msg[i]);
	*resp = r;
	return PAM_SUCCESS;
}

static pam_handle_t *
start(const char *user, bool loud)
{
	static struct pam_conv conv;
	pam_handle_t *pamh = NULL;
	int r;

	host.prompts = 0;
	conv.conv = host.no_conv ? NULL : loud ? converse : silent_converse;
	r = pam_start_confdir(host.service, user, &conv, host.confdir, &pamh);
	if (r != PAM_SUCCESS) {
		dprintf(OUT_FD, "start\t%d\n", r);
		exit(3);
	}
	(void)pam_set_item(pamh, PAM_RHOST, "192.0.2.7");
	(void)pam_set_item(pamh, PAM_TTY, "pts/77");
	return pamh;
}

/* The token of a file; stdio would leave a copy in its buffer. */
static bool
read_token(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, host.token, TOKEN_MAX);
	close(fd);
	while (n > 0 && host.token[n - 1] == '\n')
		n--;
	if (n <= 0)
		return false;
	host.token[n] = '\0';
	return true;
}

/* --- one login, watched -------------------------------------------------- */

static int
call_entry(const struct entry *e, pam_handle_t *pamh)
{
	struct rlimit was, few;
	int r;

	getrlimit(RLIMIT_NOFILE, &was);
	few = was;
	if (host.descriptors != 0) {
		few.rlim_cur = host.descriptors;
		setrlimit(RLIMIT_NOFILE, &few);
	}
	r = e->call(pamh, e->flags | host.flags);
	setrlimit(RLIMIT_NOFILE, &was);
	return r;
}

static int
cmd_login(void)
{
	pam_handle_t *pamh = start(host.user, true);
	struct passwd *pw = getpwnam("root");
	char *before, *after;
	int r, changed = 0;

	for (size_t i = 0; i < N_ENTRIES; i++) {
		before = host_state();
		dprintf(OUT_FD, "begin\t%s\n", entries[i].name);
		r = call_entry(&entries[i], pamh);
		dprintf(OUT_FD, "end\t%s\t%d\n", entries[i].name, r);
		after = host_state();
		if (before == NULL || after == NULL)
			return 4;
		changed +=
		    host_state_compare(OUT_FD, entries[i].name, before, after);
		free(before);
		free(after);
		if (pw == NULL || strcmp(pw->pw_name, "root") != 0)
			dprintf(OUT_FD, "changed\t%s\tgetpwnam's answer\n",
			    entries[i].name);
	}
	r = pam_end(pamh, PAM_SUCCESS);
	dprintf(OUT_FD, "end\tpam_end\t%d\n", r);
	return changed == 0 ? 0 : 1;
}

static int
cmd_hold(void)
{
	pam_handle_t *pamh = start(host.user, true);
	int r;

	host.hold = true;
	r = pam_authenticate(pamh, host.flags);
	dprintf(OUT_FD, "end\tauthenticate\t%d\n", r);
	(void)pam_end(pamh, r);
	return 0;
}

/* --- many ---------------------------------------------------------------- */

struct memory {
	long heap, resident;
};

static struct memory
memory(void)
{
	struct mallinfo2 info;
	struct memory m = { 0, 0 };
	char text[128] = "";
	int fd;

	malloc_trim(0);
	info = mallinfo2();
	m.heap = (long)(info.uordblks + info.hblkhd);
	fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			sscanf(text, "%*d %ld", &m.resident);
		close(fd);
	}
	m.resident *= sysconf(_SC_PAGESIZE);
	return m;
}

static void
put_growth(struct memory before)
{
	struct memory after = memory();

	dprintf(OUT_FD, "heap\t%ld\n", after.heap - before.heap);
	dprintf(OUT_FD, "resident\t%ld\n", after.resident - before.resident);
}

static int
log_in_once(const char *user)
{
	pam_handle_t *pamh = start(user, false);
	int r;

	r = pam_authenticate(pamh, 0);
	for (size_t i = 1; i + 1 < N_ENTRIES && r == PAM_SUCCESS; i++)
		r = entries[i].call(pamh, entries[i].flags);
	(void)pam_end(pamh, r);
	return r;
}

static int
cmd_rounds(int n)
{
	struct memory before = { 0, 0 };
	int r, first = log_in_once(host.user);

	for (int i = 0; i < n; i++) {
		if (i == n / 10)
			before = memory();
		r = log_in_once(host.user);
		if (r != first) {
			dprintf(OUT_FD, "round\t%d\t%d\n", i, r);
			return 1;
		}
	}
	dprintf(OUT_FD, "rounds\t%d\t%d\n", n, first);
	put_growth(before);
	return 0;
}

static int
cmd_unload(int n, const char *path)
{
	struct memory before = { 0, 0 };
	void *so;

	for (int i = 0; i < n; i++) {
		if (i == n / 10)
			before = memory();
		so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (so == NULL || dlsym(so, "pam_sm_authenticate") == NULL) {
			dprintf(OUT_FD, "error\t%s\n", dlerror());
			return 1;
		}
		dlclose(so);
		if (dlopen(path, RTLD_NOW | RTLD_NOLOAD) != NULL) {
			dprintf(OUT_FD, "error\tit stays in memory\n");
			return 1;
		}
	}
	dprintf(OUT_FD, "unloaded\t%d\n", n);
	put_growth(before);
	return 0;
}

static int
cmd_time(int n, const char *other)
{
	const char *const users[] = { host.user, other };
	struct timespec from, to;
	pam_handle_t *pamh;
	int r;

	for (int i = 0; i < 2 * n; i++) {
		/* Both come first equally often. */
		const char *user = users[(i ^ i >> 1) & 1];

		pamh = start(user, false);
		clock_gettime(CLOCK_MONOTONIC, &from);
		r = pam_authenticate(pamh, 0);
		clock_gettime(CLOCK_MONOTONIC, &to);
		(void)pam_end(pamh, r);
		dprintf(OUT_FD, "%s\t%d\t%lld\n", user, r,
		    (long long)(to.tv_sec - from.tv_sec) * 1000000000 +
			to.tv_nsec - from.tv_nsec);
	}
	return 0;
}

/* --- secrets ------------------------------------------------------------- */

static int
cmd_secrets(bool keep)
{
	struct host_pieces *pieces = host_pieces_new();
	const char *payload = strchr(host.token, '.');
	const char *signature;
	long found;
	int r;

	if (pieces == NULL || payload == NULL)
		return 4;
	payload++;
	signature = strchr(payload, '.');
	if (signature == NULL)
		return 4;
	host_pieces_add(pieces, payload, (size_t)(signature - payload));
	host_pieces_add(pieces, signature + 1, strlen(signature + 1));
	r = log_in_once(host.user);
	dprintf(OUT_FD, "end\tlogin\t%d\n", r);
	if (!keep)
		explicit_bzero(host.token, sizeof(host.token));
	found = host_pieces_find(pieces, 0, OUT_FD);
	dprintf(OUT_FD, "pieces\t%ld\n", found);
	free(pieces);
	return 0;
}

/* Secrets, a file each, in the memory of another process. */
static int
cmd_scan(pid_t pid, char **files)
{
	struct host_pieces *pieces = host_pieces_new();
	static char text[TOKEN_MAX];
	ssize_t n;
	int fd;

	if (pieces == NULL)
		return 4;
	for (; *files != NULL; files++) {
		fd = open(*files, O_RDONLY | O_CLOEXEC);
		n = fd == -1 ? -1 : read(fd, text, sizeof(text));
		if (n < HOST_PIECE)
			return 4;
		close(fd);
		host_pieces_add(pieces, text, (size_t)n);
	}
	dprintf(1, "pieces\t%ld\n", host_pieces_find(pieces, pid, 1));
	free(pieces);
	return 0;
}

static int
cmd_call(const char *path, const char *name)
{
	void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	int (*function)(void);

	if (so == NULL)
		return 4;
	*(void **)&function = dlsym(so, name);
	return function == NULL ? 4 : function();
}

/* --- kinds of hosts ------------------------------------------------------ */

static void
reap(int number)
{
	(void)number;
	host_signals++;
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

static void
count_fork(void)
{
	host_forks++;
}

static void *
sleep_on(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void
act(int number, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	sigaction(number, &sa, NULL);
}

static void
be_files(void)
{
	static const char text[] = "not yours\n";

	for (int i = 0; i < 3; i++) {
		char path[] = "/tmp/host-XXXXXX";
		int fd = mkstemp(path);

		if (fd == -1 || write(fd, text, sizeof(text) - 1) == -1)
			exit(4);
		unlink(path);
		dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
}

/* One whose surroundings nobody expects. */
static void
be_odd(void)
{
	char path[] = "/tmp/host-XXXXXX";
	sigset_t all;

	if (mkdtemp(path) == NULL || chdir(path) != 0 || rmdir(path) != 0)
		exit(4);
	umask(0777);
	environ = NULL;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	for (int i = 1; i < SIGRTMAX; i++)
		act(i, SIG_IGN);
}

static pid_t child;

static void
be_parent(void)
{
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
}

static bool
become(const char *kind)
{
	pthread_t thread;

	if (strcmp(kind, "reaping") == 0)
		act(SIGCHLD, reap);
	else if (strcmp(kind, "ignoring") == 0)
		act(SIGCHLD, SIG_IGN);
	else if (strcmp(kind, "closed") == 0)
		for (int i = 0; i < 3; i++)
			close(i);
	else if (strcmp(kind, "files") == 0)
		be_files();
	else if (strcmp(kind, "odd") == 0)
		be_odd();
	else if (strcmp(kind, "parent") == 0)
		be_parent();
	else if (strcmp(kind, "threads") == 0)
		return pthread_create(&thread, NULL, sleep_on, NULL) == 0;
	else if (strcmp(kind, "speechless") == 0)
		host.no_conv = true;
	else if (strcmp(kind, "spoiling") == 0)
		host.spoil = true;
	else
		return strcmp(kind, "plain") == 0;
	return true;
}

/* A parent's child is still its own. */
static void
end_child(void)
{
	int status;

	if (child == 0)
		return;
	kill(child, SIGTERM);
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		dprintf(OUT_FD, "changed\tend\tthe child was taken away\n");
}

static int
run(char **argv)
{
	const char *command = argv[0];
	const char *arg = argv[1];

	if (strcmp(command, "login") == 0)
		return cmd_login();
	if (strcmp(command, "hold") == 0)
		return cmd_hold();
	if (strcmp(command, "secrets") == 0)
		return cmd_secrets(arg != NULL);
	if (arg == NULL)
		return 2;
	if (strcmp(command, "rounds") == 0)
		return cmd_rounds(atoi(arg));
	if (argv[2] == NULL)
		return 2;
	if (strcmp(command, "unload") == 0)
		return cmd_unload(atoi(arg), argv[2]);
	if (strcmp(command, "time") == 0)
		return cmd_time(atoi(arg), argv[2]);
	if (strcmp(command, "call") == 0)
		return cmd_call(arg, argv[2]);
	return 2;
}

int
main(int argc, char **argv)
{
	const char *kind = "plain";
	int c, r;

	if (argc > 3 && strcmp(argv[1], "scan") == 0)
		return cmd_scan((pid_t)atoi(argv[2]), argv + 3);
	while ((c = getopt(argc, argv, "+k:n:s")) != -1)
		if (c == 'k')
			kind = optarg;
		else if (c == 'n')
			host.descriptors = (rlim_t)atoi(optarg);
		else if (c == 's')
			host.flags = PAM_SILENT;
		else
			return 2;
	if (argc - optind < 5 || !read_token(argv[optind + 3]))
		return 2;
	host.confdir = argv[optind];
	host.service = argv[optind + 1];
	host.user = argv[optind + 2];
	if (dup3(1, OUT_FD, O_CLOEXEC) == -1 ||
	    dup3(0, GATE_FD, O_CLOEXEC) == -1)
		return 4;
	/* What libc opens, loads and keeps once is no module's doing. */
	syslog(LOG_AUTHPRIV | LOG_INFO, "a host begins");
	(void)getpwnam("nobody-here");
	if (!become(kind) || pthread_atfork(count_fork, NULL, NULL) != 0)
		return 2;
	r = run(argv + optind + 4);
	end_child();
	dprintf(OUT_FD, "left\t%d\n", r);
	return r;
}
