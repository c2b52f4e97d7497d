/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <security/pam_modules.h>

#include "common/wire/message.h"
#include "tests/unit/fake_broker.h"
#include "tests/unit/pam_torture.h"
#include "tests/unit/torture.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

/*
 * The module's entry points, with each allocation, each call of libpam and of
 * the conversation, and each call of the C library by which it speaks to the
 * broker failed in turn, alone and with all that come after it: nobody gets in
 * or stays in by a failure, nothing is left behind, and nothing hangs.
 */
#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyb290In0.c2lnbmF0dXJl"

typedef int entry_point(
    pam_handle_t *pamh, int flags, int argc, const char **argv);

/* What stands in the line in pam.d, beside socket and broker. */
static const struct scene {
	const char *name;
	entry_point *call;
	const char *arguments[4];
	const char *reply;
	unsigned prompts; /* of the broker */
	unsigned wait_ms;
	int before; /* of the same login: 1 auth, 2 and open_session */
	bool decides; /* a failure is never PAM_SUCCESS */
	bool spawns;
	bool authtok;
	int expected;
} scenes[] = {
	{ "token", pam_sm_authenticate, { "method=token" }, JWT, 0, 0, 0, true,
	    false, false, PAM_SUCCESS },
	{ "token and a question", pam_sm_authenticate, { NULL }, JWT, 1, 0, 0,
	    true, false, false, PAM_SUCCESS },
	{ "again", pam_sm_authenticate, { NULL }, JWT, 0, 0, 1, true, false,
	    false, PAM_SUCCESS },
	{ "stack", pam_sm_authenticate, { "use_first_pass" }, "", 0, 0, 0, true,
	    false, true, PAM_SUCCESS },
	{ "auto, a token", pam_sm_authenticate, { "method=auto" }, JWT, 0, 0, 0,
	    true, false, false, PAM_SUCCESS },
	{ "auto, Enter", pam_sm_authenticate, { "method=auto" }, "", 2, 500, 0,
	    true, false, false, PAM_SUCCESS },
	{ "device", pam_sm_authenticate, { "method=device", "messages=held" },
	    "", 3, 500, 0, true, false, false, PAM_SUCCESS },
	{ "account", pam_sm_acct_mgmt, { NULL }, "", 0, 0, 1, true, false,
	    false, PAM_SUCCESS },
	{ "account, another way", pam_sm_acct_mgmt, { NULL }, "", 0, 0, 0, true,
	    false, false, PAM_SUCCESS },
	{ "open, with a duty", pam_sm_open_session, { "env" }, "", 0, 0, 1,
	    true, false, false, PAM_SUCCESS },
	{ "open", pam_sm_open_session, { NULL }, "", 0, 0, 1, false, false,
	    false, PAM_SUCCESS },
	{ "close", pam_sm_close_session, { NULL }, "", 0, 0, 2, false, false,
	    false, PAM_SUCCESS },
	{ "nothing listens", pam_sm_authenticate, { NULL }, JWT, 0, 0, 0, true,
	    true, false, PAM_AUTHINFO_UNAVAIL },
	{ "refused", pam_sm_authenticate, { NULL }, "secret", 0, 0, 0, true,
	    false, false, PAM_AUTH_ERR },
};

#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

static char dir[64], socket_argument[128], nowhere_argument[128];
static struct fake_broker *broker;
static unsigned long runs, complaints;

/* Descriptors, and children that are not the fake broker. */
struct leavings {
	int fds;
	bool child;
};

static struct leavings
leavings(void)
{
	struct leavings l = { 0, waitpid(-1, NULL, WNOHANG | __WALL) != 0 };
	DIR *d = opendir("/proc/self/fd");

	assert_non_null(d);
	while (readdir(d) != NULL)
		l.fds++;
	assert_int_equal(closedir(d), 0);
	return l;
}

static int
call(entry_point *entry, const struct scene *s, struct pam_handle *pamh)
{
	const char *argv[8] = { s->spawns ? nowhere_argument : socket_argument,
		"broker=/bin/true", "deadline=2" };
	int argc = 3;
	size_t i;

	for (i = 0; i < 4 && s->arguments[i] != NULL; i++)
		argv[argc++] = s->arguments[i];
	return entry(pamh, 0, argc, argv);
}

static void
prepare(const struct scene *s, struct pam_handle *pamh)
{
	memset(pamh, 0, sizeof(*pamh));
	pamh->user = "alice";
	pamh->service = "sshd";
	pamh->rhost = "192.0.2.7";
	pamh->tty = "ssh";
	pamh->authtok = s->authtok ? JWT : NULL;
	pamh->conv.conv = pam_torture_converse;
	pamh->conv.appdata_ptr = (void *)(uintptr_t)s->reply;
	snprintf(pamh->env[0], sizeof(pamh->env[0]),
	    "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA");
	fake_broker_reset(broker, BA_FAMILY_OK);
	broker->needs_uid = true;
	snprintf(broker->issuer, sizeof(broker->issuer), "https://a.example");
	snprintf(broker->sub, sizeof(broker->sub), "24400320");
	broker->expires = 1893456000;
	if (s->before > 0) {
		pamh->conv.appdata_ptr = (void *)(uintptr_t)JWT;
		assert_int_equal(
		    call(pam_sm_authenticate, &scenes[1], pamh), PAM_SUCCESS);
	}
	if (s->before > 1)
		assert_int_equal(
		    call(pam_sm_open_session, &scenes[1], pamh), PAM_SUCCESS);
	broker->wait_ms = s->wait_ms;
	broker->prompts = s->prompts;
	broker->prompt_style = s->prompts > 0 ? BA_PROMPT_PLAIN : 0;
	snprintf(broker->prompt, sizeof(broker->prompt), "Enter: ");
	pam_torture_root = s->spawns;
}

static void
complain(const struct scene *s, const struct ba_torture_plan *plan,
    const struct ba_torture_result *result, int code, const char *what)
{
	if (complaints++ < 20)
		print_error("%s: %s no %lu%s, way %u (%s): %s (%d)\n", s->name,
		    plan->kind == BA_TORTURE_ALLOC ? "allocation" : "call",
		    plan->at, plan->later ? " and later" : "", plan->way,
		    result->name == NULL ? "-" : result->name, what, code);
}

static bool
is_hard(int code)
{
	return code == PAM_AUTH_ERR || code == PAM_PERM_DENIED ||
	       code == PAM_AUTHINFO_UNAVAIL || code == PAM_SERVICE_ERR ||
	       code == PAM_BUF_ERR || code == PAM_SESSION_ERR;
}

/* One run; did anything fail? */
static bool
run(const struct scene *s, const struct ba_torture_plan *plan)
{
	const struct leavings before = leavings();
	struct ba_torture_result result;
	struct leavings after;
	struct pam_handle pamh;
	long kept;
	int code, number;

	prepare(s, &pamh);
	kept = (long)pam_torture_data(&pamh);
	(void)alarm(10);
	ba_torture_begin(plan);
	errno = EDOM;
	code = call(s->call, s, &pamh);
	number = errno;
	ba_torture_pause(1);
	pam_torture_end(&pamh);
	ba_torture_end(&result);
	(void)alarm(0);
	runs++;
	after = leavings();
	if (number != EDOM)
		complain(s, plan, &result, number, "errno is another");
	if (after.fds != before.fds || after.child != before.child)
		complain(s, plan, &result, after.fds, "something is left");
	/* Where the sanitizer has its own allocator, it is the one who counts. */
	if (!SANITIZED && result.left != -kept)
		complain(s, plan, &result, (int)result.left, "a leak");
	if (code != PAM_SUCCESS && !is_hard(code))
		complain(s, plan, &result, code, "no hard error");
	if (result.failed == 0)
		assert_int_equal(code, s->expected);
	else if (s->decides && code == PAM_SUCCESS &&
		 (result.allowed & BA_TORTURE_FAMILY(OK)) == 0)
		complain(s, plan, &result, code, "SUCCESS in spite of it");
	return result.failed > 0;
}

static void
exhaust(const struct scene *s, enum ba_torture_kind kind, unsigned way)
{
	struct ba_torture_plan plan = { .kind = kind, .way = way };
	int later;

	for (later = 0; later < 2; later++) {
		plan.later = later;
		plan.at = 1;
		while (run(s, &plan))
			plan.at++;
	}
}

static void
PM06_V23_every_call_fails_in_turn(void **state)
{
	const struct ba_torture_plan nothing = { .kind = BA_TORTURE_NOTHING };
	unsigned way;
	size_t i;

	(void)state;
	for (i = 0; i < SCENES; i++) {
		(void)run(&scenes[i], &nothing);
		exhaust(&scenes[i], BA_TORTURE_ALLOC, 0);
		for (way = 0; way < 4; way++)
			exhaust(&scenes[i], BA_TORTURE_CALL, way);
		assert_int_equal(complaints, 0);
	}
	print_message("%lu runs\n", runs);
}

/* What never failed was tried in vain. */
static void
every_call_was_failed(void **state)
{
	const struct ba_torture_site *site;

	(void)state;
	for (site = ba_torture_sites(); site != NULL; site = site->next)
		if (site->failed == 0)
			fail_msg("%s was never failed", site->name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(PM06_V23_every_call_fails_in_turn),
		cmocka_unit_test(every_call_was_failed),
	};
	bool trusted;
	int failed;

	fake_broker_dir(dir, sizeof(dir), &trusted);
	broker = fake_broker_start(dir);
	if (broker == NULL) {
		printf("Bail out! no broker in %s\n", dir);
		return 1;
	}
	pam_torture_dir = dir;
	snprintf(socket_argument, sizeof(socket_argument), "socket=%s",
	    broker->path);
	snprintf(
	    nowhere_argument, sizeof(nowhere_argument), "socket=%s/no", dir);
	/* So the number 0 is free, and what gets it must be moved (PM-09). */
	(void)close(0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fake_broker_stop(broker);
	fake_broker_dir_remove(dir);
	return failed;
}
