/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <security/pam_appl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <security/pam_modutil.h>

#include "common/base/err.h"
#include "common/base/origin.h"
#include "common/wire/message.h"
#include "pam/grid.h"
#include "pam/process.h"
#include "tests/unit/fake_broker.h"

/*
 * The module itself, loaded by libpam from a configuration of ours, with a
 * scripted user in front of it and a broker of ours behind it.
 */
#define SERVICE "ba-test"
#define ID      "0123456789abcdef0123456789abcdef"
#define JWT     "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyb290In0.c2lnbmF0dXJl"
#define OPAQUE  "bXktdG9rZW4tMDAwMDAwMQ-_~+/=="
#define JWT_2   "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJyb290In0.b3RoZXIgb25l"

static char dir[64];
static bool trusted;
static struct fake_broker *broker;
static char lines[16384]; /* what the module logged */

/* The user at the keyboard. */
struct user {
	const char *replies[8];
	size_t asked; /* number of prompts for a secret */
	char shown[1024]; /* style and text of all messages */
	pam_handle_t *pamh;
	const char *becomes; /* new PAM_USER, set at the first prompt */
	const char *name; /* answer to libpam's own "login:" */
	const char *authtok; /* an "earlier module's password" */
	const char *authtok_seen; /* at a prompt of the broker */
	bool no_text;
	unsigned nap_ms; /* before each answer */
	const char *plain; /* reply to an ECHO_ON prompt */
};

static struct user user;

/* Stands in front of libpam's own: the module's lines come here. */
__attribute__((__visibility__("default"))) void
pam_syslog(const pam_handle_t *pamh, int priority, const char *fmt, ...)
{
	size_t n = strlen(lines);
	va_list ap;

	(void)pamh;
	(void)priority;
	va_start(ap, fmt);
	(void)vsnprintf(lines + n, sizeof(lines) - n, fmt, ap);
	va_end(ap);
	n = strlen(lines);
	snprintf(lines + n, sizeof(lines) - n, "\n");
}

/* So does this: a name service of ours, which takes any case for one name. */
__attribute__((__visibility__("default"))) struct passwd *
pam_modutil_getpwnam(pam_handle_t *pamh, const char *name)
{
	static char root[] = "root", alice[] = "alice";
	static struct passwd pw;

	(void)pamh;
	if (strcmp(name, root) != 0 && strcasecmp(name, alice) != 0)
		return NULL;
	pw.pw_name = strcmp(name, root) == 0 ? root : alice;
	pw.pw_uid = strcmp(name, root) == 0 ? 0 : 4711;
	return &pw;
}

static const char *
reply_to(struct user *u, int style)
{
	const void *item = NULL;
	const char *reply;

	if (style == PAM_PROMPT_ECHO_ON && u->name != NULL) {
		/*
		 * libpam takes this for the module's doing, and so lets it
		 * set what an earlier module would have.
		 */
		(void)pam_set_item(u->pamh, PAM_AUTHTOK, u->authtok);
		return u->name;
	}
	if (style == PAM_PROMPT_ECHO_ON)
		return u->plain != NULL ? u->plain : "";
	if (u->becomes != NULL)
		(void)pam_set_item(u->pamh, PAM_USER, u->becomes);
	(void)pam_get_item(u->pamh, PAM_AUTHTOK, &item);
	u->authtok_seen = item;
	reply = u->asked < 8 ? u->replies[u->asked] : NULL;
	u->asked++;
	return reply != NULL ? reply : "";
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	struct user *u = arg;
	size_t at = strlen(u->shown);
	const char *reply;
	int style = msg[0]->msg_style;

	if (n != 1)
		return PAM_CONV_ERR;
	snprintf(
	    u->shown + at, sizeof(u->shown) - at, "[%d]%s", style, msg[0]->msg);
	*resp = calloc(1, sizeof(**resp));
	if (*resp == NULL)
		return PAM_BUF_ERR;
	if (style != PAM_PROMPT_ECHO_OFF && style != PAM_PROMPT_ECHO_ON)
		return PAM_SUCCESS;
	if (u->nap_ms > 0)
		(void)poll(NULL, 0, (int)u->nap_ms);
	reply = reply_to(u, style);
	(*resp)->resp = u->no_text ? NULL : strdup(reply);
	return PAM_SUCCESS;
}

/* All four kinds of stack with the module alone, and these arguments. */
static void
write_stack(const char *arguments)
{
	static const char *const kinds[] = { "auth", "account", "session",
		"password" };
	const char *builddir = getenv("BA_BUILDDIR");
	char path[128];
	FILE *f;
	size_t i;

	snprintf(path, sizeof(path), "%s/" SERVICE, dir);
	f = fopen(path, "w");
	assert_non_null(f);
	for (i = 0; i < 4; i++)
		fprintf(f, "%s required %s/.libs/pam_oauth2.so %s\n", kinds[i],
		    builddir != NULL ? builddir : ".", arguments);
	assert_int_equal(fclose(f), 0);
}

/* The usual stack: our socket, and nothing to spawn. */
static void
write_usual_stack(const char *more)
{
	char arguments[512];

	snprintf(arguments, sizeof(arguments),
	    "socket=%s broker=%s/none deadline=5 %s", broker->path, dir, more);
	write_stack(arguments);
}

static pam_handle_t *
start(const char *name, const char *reply)
{
	struct pam_conv conv = { converse, &user };
	pam_handle_t *pamh = NULL;

	memset(&user, 0, sizeof(user));
	user.replies[0] = reply;
	lines[0] = '\0';
	assert_int_equal(
	    pam_start_confdir(SERVICE, name, &conv, dir, &pamh), PAM_SUCCESS);
	user.pamh = pamh;
	return pamh;
}

/* Not a line of the log shows a token, nor a part of one. */
static void
end(pam_handle_t *pamh)
{
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
	assert_null(strstr(lines, "eyJ"));
	assert_null(strstr(lines, "c2lnbmF0dXJl"));
	assert_false(broker->garbled);
}

/* auth for root with one reply at the prompt. */
static int
auth_once(const char *more, const char *reply)
{
	pam_handle_t *pamh;
	int code;

	write_usual_stack(more);
	pamh = start("root", reply);
	code = pam_authenticate(pamh, 0);
	end(pamh);
	return code;
}

static int
setup(void **state)
{
	(void)state;
	fake_broker_reset(broker, BA_FAMILY_OK);
	return 0;
}

/* With or without a path to trust. */

static void
a_bad_argument_is_service_err_everywhere(void **state)
{
	static const char *const bad[] = { "debug", "socket=ask", "deadline=0 ",
		"try_first_pass use_first_pass", "socket=" };
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		write_stack(bad[i]);
		pamh = start("root", JWT);
		assert_int_equal(pam_authenticate(pamh, 0), PAM_SERVICE_ERR);
		assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SERVICE_ERR);
		assert_int_equal(
		    pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SERVICE_ERR);
		assert_int_equal(pam_open_session(pamh, 0), PAM_SERVICE_ERR);
		assert_int_equal(pam_close_session(pamh, 0), PAM_SERVICE_ERR);
		assert_int_equal(pam_chauthtok(pamh, 0), PAM_SERVICE_ERR);
		assert_int_equal(user.asked, 0);
		assert_non_null(strstr(lines, "argument \""));
		end(pamh);
	}
	assert_int_equal(broker->questions, 0);
}

static void
V23_nothing_to_decide_is_success_but_for_chauthtok(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("");
	pamh = start("root", NULL);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_setcred(pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	assert_int_equal(pam_chauthtok(pamh, 0), PAM_AUTHTOK_ERR);
	assert_string_equal(user.shown, "");
	assert_int_equal(broker->questions, 0);
	end(pamh);
}

static void
V47_a_password_typed_at_the_prompt_goes_nowhere(void **state)
{
	static const char *const passwords[] = { "correct horse", "hunter2",
		"a.b", "p4ss.word", "a.b.c.d", "dots...", "", "0123456789abcde",
		"correct horse battery staple", "p4ssw0rd-with.a-dot",
		"!mportant-p4ssw0rd" };
	size_t i;

	(void)state;
	for (i = 0; i < 11; i++) {
		assert_int_equal(auth_once("", passwords[i]), PAM_AUTH_ERR);
		assert_string_equal(user.shown, "[1]OAuth token: ");
		assert_int_equal(broker->questions, 0);
		if (passwords[i][0] != '\0')
			assert_null(strstr(lines, passwords[i]));
	}
}

static void
V49_no_socket_and_nothing_to_spawn_is_unavailable(void **state)
{
	pam_handle_t *pamh;
	char arguments[256];

	(void)state;
	snprintf(arguments, sizeof(arguments),
	    "socket=%s/no broker=%s/none deadline=1", dir, dir);
	write_stack(arguments);
	pamh = start("root", JWT);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	end(pamh);
}

static void
PM10_no_conversation_is_unavailable(void **state)
{
	struct pam_conv none = { NULL, NULL };
	pam_handle_t *pamh = NULL;

	(void)state;
	write_usual_stack("");
	assert_int_equal(
	    pam_start_confdir(SERVICE, "root", &none, dir, &pamh), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	end(pamh);
	pamh = start("root", JWT);
	user.no_text = true;
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	end(pamh);
	assert_int_equal(broker->questions, 0);
}

/* An earlier module's password, by way of libpam's "login:" prompt. */
static int
auth_after(const char *more, const char *authtok, const char *reply)
{
	pam_handle_t *pamh;
	int code;

	write_usual_stack(more);
	pamh = start(NULL, reply);
	user.name = "root";
	user.authtok = authtok;
	code = pam_authenticate(pamh, 0);
	end(pamh);
	return code;
}

static void
use_first_pass_never_asks(void **state)
{
	(void)state;
	assert_int_equal(auth_after("use_first_pass", NULL, JWT), PAM_AUTH_ERR);
	assert_int_equal(user.asked, 0);
	assert_non_null(strstr(lines, "no earlier module took a password"));
	assert_int_equal(auth_after("use_first_pass", "", JWT), PAM_AUTH_ERR);
	assert_int_equal(
	    auth_after("use_first_pass", "unix.pass", JWT), PAM_AUTH_ERR);
	/* V47: what could be an opaque token is a password here. */
	assert_int_equal(
	    auth_after("use_first_pass", OPAQUE, JWT), PAM_AUTH_ERR);
	assert_int_equal(user.asked, 0);
	assert_int_equal(broker->questions, 0);
}

static void
a_path_that_is_not_roots_is_unavailable(void **state)
{
	(void)state;
	assert_int_equal(auth_once("", JWT), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(broker->questions, 0);
}

/* Only with a path to trust. */

static void
a_login_from_auth_to_session(void **state)
{
	pam_handle_t *pamh;
	char id[64];

	(void)state;
	write_usual_stack("");
	pamh = start("root", JWT "\r\n");
	assert_int_equal(
	    pam_set_item(pamh, PAM_RHOST, "192.0.2.7"), PAM_SUCCESS);
	assert_int_equal(pam_set_item(pamh, PAM_TTY, "ssh"), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_string_equal(user.shown, "[1]OAuth token: ");
	assert_int_equal(broker->type, BA_MSG_ASK);
	assert_string_equal(broker->service, SERVICE);
	assert_string_equal(broker->user, "root");
	assert_true(broker->has_uid);
	assert_int_equal(broker->uid, 0);
	assert_string_equal(broker->rhost, "192.0.2.7");
	assert_string_equal(broker->tty, "ssh");
	assert_int_equal(broker->origin, BA_ORIGIN_PROMPT);
	assert_int_equal(broker->can_prompt, 1);
	assert_in_range(broker->deadline, 1, 5000);
	assert_string_equal(broker->token, JWT);
	assert_int_equal(strlen(broker->id), 32);
	assert_non_null(strstr(lines, broker->id));
	snprintf(id, sizeof(id), "%s", broker->id);

	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_int_equal(broker->type, BA_MSG_ACCOUNT);
	assert_string_equal(broker->id, id);
	assert_string_equal(broker->user, "root");
	assert_string_equal(broker->rhost, "192.0.2.7");
	assert_int_equal(broker->questions, 2);
	assert_int_equal(pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(broker->questions, 2);
	/* The session is told of by the login's id, and closed by it. */
	snprintf(broker->issuer, sizeof(broker->issuer), "https://a.example");
	snprintf(broker->sub, sizeof(broker->sub), "24400320");
	snprintf(broker->gives_id, sizeof(broker->gives_id), "%s", id);
	lines[0] = '\0';
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(broker->type, BA_MSG_SESSION);
	assert_int_equal(broker->event, BA_SESSION_OPEN);
	assert_string_equal(broker->id, id);
	assert_string_equal(broker->rhost, "192.0.2.7");
	assert_false(broker->has_issuer);
	assert_non_null(strstr(lines, "session open: user \"root\""));
	assert_non_null(strstr(
	    lines, "issuer \"https://a.example\", subject \"24400320\""));
	assert_null(pam_getenv(pamh, "OAUTH2_ISS"));
	/* By then nobody but the handle remembers. */
	broker->issuer[0] = broker->sub[0] = broker->gives_id[0] = '\0';
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(broker->event, BA_SESSION_CLOSE);
	assert_string_equal(broker->id, id);
	assert_string_equal(broker->said_issuer, "https://a.example");
	assert_string_equal(broker->said_sub, "24400320");
	assert_int_equal(broker->questions, 4);
	end(pamh);
}

static struct ba_process
process_of(pid_t pid)
{
	struct ba_process process = { 0 };
	struct ba_pam_stat st;
	char path[64], text[2048];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	assert_int_equal(fclose(f), 0);
	assert_true(ba_pam_stat_parse(text, n, &st));
	process = st.process;
	return process;
}

static void
assert_process(pid_t pid)
{
	const struct ba_process process = process_of(pid);

	assert_true(broker->has_process);
	assert_int_equal(broker->process, pid);
	assert_int_equal(broker->process_start, process.start);
}

/* As sshd does it: auth in a child, the session in its parent. */
static void
a_session_in_the_parent_of_auth_is_found_by_process(void **state)
{
	pam_handle_t *pamh;
	int status;
	pid_t pid;

	(void)state;
	write_usual_stack("");
	pamh = start("root", JWT);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(pam_authenticate(pamh, 0) == PAM_SUCCESS ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_process(getpid());
	memset(broker->id, 0, sizeof(broker->id));
	snprintf(broker->issuer, sizeof(broker->issuer), "https://a.example");
	snprintf(broker->sub, sizeof(broker->sub), "24400320");
	snprintf(broker->gives_id, sizeof(broker->gives_id), "%s", ID);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_false(broker->has_id);
	assert_process(getpid());
	broker->issuer[0] = broker->sub[0] = broker->gives_id[0] = '\0';
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	assert_string_equal(broker->id, ID);
	assert_string_equal(broker->said_sub, "24400320");
	end(pamh);
}

/* As sudo does it: the one who asks logs in, and the session is another's. */
static void
a_session_tells_whose_login_it_was(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("");
	pamh = start("root", JWT);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	memset(broker->id, 0, sizeof(broker->id));
	assert_int_equal(pam_set_item(pamh, PAM_USER, "alice"), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_string_equal(broker->user, "alice");
	assert_true(broker->has_id);
	/* The account phase is another matter: it is not alice's login. */
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_false(broker->has_id);
	end(pamh);
}

/* What was open for one user closes no other's session. */
static void
a_session_speaks_for_its_own_user_only(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("");
	pamh = start("root", JWT);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	snprintf(broker->issuer, sizeof(broker->issuer), "https://a.example");
	snprintf(broker->sub, sizeof(broker->sub), "1");
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_set_item(pamh, PAM_USER, "alice"), PAM_SUCCESS);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	assert_string_equal(broker->user, "alice");
	assert_false(broker->has_id);
	assert_false(broker->has_issuer);
	assert_int_equal(pam_set_item(pamh, PAM_USER, "root"), PAM_SUCCESS);
	assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
	assert_true(broker->has_id);
	assert_true(broker->has_issuer);
	end(pamh);
}

static void
the_session_is_told_who_it_is_where_wanted(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("env");
	pamh = start("root", JWT);
	/* What a file of the user's has put there is gone in any case. */
	assert_int_equal(pam_putenv(pamh, "OAUTH2_SUB=admin"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(pamh, "OAUTH2_EXP=9"), PAM_SUCCESS);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_null(pam_getenv(pamh, "OAUTH2_ISS"));
	assert_null(pam_getenv(pamh, "OAUTH2_SUB"));
	assert_null(pam_getenv(pamh, "OAUTH2_EXP"));
	assert_non_null(strstr(lines, "session open, not by a token"));
	snprintf(broker->issuer, sizeof(broker->issuer), "https://a.example");
	snprintf(broker->sub, sizeof(broker->sub), "24400320");
	broker->expires = 1893456000;
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_string_equal(
	    pam_getenv(pamh, "OAUTH2_ISS"), "https://a.example");
	assert_string_equal(pam_getenv(pamh, "OAUTH2_SUB"), "24400320");
	assert_string_equal(pam_getenv(pamh, "OAUTH2_EXP"), "1893456000");
	/* A token without an end. */
	broker->expires = 0;
	assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
	assert_null(pam_getenv(pamh, "OAUTH2_EXP"));
	end(pamh);
}

/* Without a duty it goes on; variables that are missing would be believed. */
static void
PM06_a_session_fails_only_where_it_has_a_duty(void **state)
{
	static const unsigned families[] = { BA_FAMILY_REFUSED,
		BA_FAMILY_NOT_ALLOWED, BA_FAMILY_UNAVAILABLE };
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		fake_broker_reset(broker, i < 3 ? families[i] : BA_FAMILY_OK);
		broker->hang_up = i == 3;
		write_usual_stack("");
		pamh = start("root", NULL);
		assert_int_equal(pam_open_session(pamh, 0), PAM_SUCCESS);
		assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
		end(pamh);
		write_usual_stack("env");
		pamh = start("root", NULL);
		assert_int_equal(
		    pam_putenv(pamh, "OAUTH2_SUB=admin"), PAM_SUCCESS);
		assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
		assert_null(pam_getenv(pamh, "OAUTH2_SUB"));
		end(pamh);
		/* libpam makes a close fail like the open it knows of. */
		pamh = start("root", NULL);
		assert_int_equal(pam_close_session(pamh, 0), PAM_SUCCESS);
		assert_int_equal(broker->questions, 4);
		end(pamh);
	}
	/* A prompt has no place there. */
	fake_broker_reset(broker, BA_FAMILY_OK);
	broker->prompt_style = BA_PROMPT_INFO;
	pamh = start("root", NULL);
	assert_int_equal(pam_open_session(pamh, 0), PAM_SESSION_ERR);
	assert_string_equal(user.shown, "");
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
}

/* By what somebody came is for the broker's log; never more than the name. */
static void
account_says_how_else_the_user_came(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("");
	pamh = start("root", NULL);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_false(broker->has_way);
	assert_int_equal(
	    pam_putenv(pamh, "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAAC3\n"
			     "keyboard-interactive/pam"),
	    PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_string_equal(broker->way, "publickey,keyboard-interactive/pam");
	assert_false(broker->has_id);
	end(pamh);
}

#define CODE_TEXT "Log in at https://a.example/device, code ABCD. Enter: "

static pam_handle_t *
start_device(const char *more, const char *reply)
{
	pam_handle_t *pamh;

	broker->prompt_style = BA_PROMPT_PLAIN;
	snprintf(broker->prompt, sizeof(broker->prompt), CODE_TEXT);
	write_usual_stack(more);
	pamh = start("root", reply);
	return pamh;
}

/* DEV-06, V26: the user presses Enter; who gets in the broker says after it. */
static void
V26_the_device_flow_succeeds_only_by_the_verdict(void **state)
{
	static const struct {
		unsigned family;
		int code;
	} table[] = {
		{ BA_FAMILY_OK, PAM_SUCCESS },
		{ BA_FAMILY_REFUSED, PAM_AUTH_ERR },
		{ BA_FAMILY_NOT_ALLOWED, PAM_PERM_DENIED },
		{ BA_FAMILY_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL },
	};
	pam_handle_t *pamh;
	char id[64];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		fake_broker_reset(broker, table[i].family);
		broker->prompts = 3;
		pamh = start_device("method=device", NULL);
		assert_int_equal(pam_authenticate(pamh, 0), table[i].code);
		assert_string_equal(user.shown,
		    "[2]" CODE_TEXT "[2]" CODE_TEXT "[2]" CODE_TEXT);
		assert_int_equal(broker->type, BA_MSG_DEVICE);
		assert_int_equal(broker->replies, 3);
		assert_int_equal(broker->token_len, 0);
		assert_int_equal(broker->can_prompt, 1);
		assert_true(broker->has_uid);
		assert_process(getppid());
		assert_int_equal(strlen(broker->id), 32);
		snprintf(id, sizeof(id), "%s", broker->id);
		broker->prompt_style = 0;
		(void)pam_acct_mgmt(pamh, 0);
		assert_string_equal(
		    broker->id, table[i].code == PAM_SUCCESS ? id : "");
		end(pamh);
	}
	/* One that ends in the midst of it. */
	fake_broker_reset(broker, BA_FAMILY_OK);
	broker->hang_up = true;
	pamh = start_device("method=device", NULL);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	end(pamh);
}

static void
auto_takes_a_token_or_enter(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	pamh = start_device("method=auto", "");
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_string_equal(user.shown,
	    "[1]OAuth token, or Enter to use a web browser: [2]" CODE_TEXT);
	assert_int_equal(broker->type, BA_MSG_DEVICE);
	assert_int_equal(broker->questions, 1);
	end(pamh);
	fake_broker_reset(broker, BA_FAMILY_OK);
	write_usual_stack("method=auto");
	pamh = start("root", JWT);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_string_equal(
	    user.shown, "[1]OAuth token, or Enter to use a web browser: ");
	assert_int_equal(broker->type, BA_MSG_ASK);
	end(pamh);
	/* V47: a password, or blanks, are neither, and go nowhere. */
	fake_broker_reset(broker, BA_FAMILY_OK);
	assert_int_equal(auth_once("method=auto", "hunter2"), PAM_AUTH_ERR);
	assert_int_equal(auth_once("method=auto", " "), PAM_AUTH_ERR);
	/* With token alone, Enter is no token. */
	assert_int_equal(auth_once("method=token", ""), PAM_AUTH_ERR);
	assert_int_equal(broker->questions, 0);
}

/* The stack's token first; then what the method says. */
static void
try_first_pass_then_the_device_flow(void **state)
{
	(void)state;
	assert_int_equal(
	    auth_after("try_first_pass method=device", JWT, NULL), PAM_SUCCESS);
	assert_int_equal(broker->type, BA_MSG_ASK);
	assert_int_equal(
	    auth_after("try_first_pass method=device", "secret", NULL),
	    PAM_SUCCESS);
	assert_int_equal(broker->type, BA_MSG_DEVICE);
	assert_int_equal(broker->questions, 2);
	assert_int_equal(user.asked, 0);
}

static void
messages_says_whether_texts_are_held(void **state)
{
	static const struct {
		const char *argument;
		unsigned held;
	} table[] = {
		{ "method=device", 0 }, /* we are no sshd */
		{ "method=device messages=held", 1 },
		{ "method=device messages=shown", 0 },
	};
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		pamh = start_device(table[i].argument, NULL);
		assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
		assert_true(broker->has_held);
		assert_int_equal(broker->held, table[i].held);
		end(pamh);
	}
}

/* DEV-12: cron, Dovecot; nobody is asked for a code nobody will see. */
static void
no_conversation_no_device_flow(void **state)
{
	struct pam_conv none = { NULL, NULL };
	pam_handle_t *pamh = NULL;

	(void)state;
	write_usual_stack("method=device");
	lines[0] = '\0';
	assert_int_equal(
	    pam_start_confdir(SERVICE, "root", &none, dir, &pamh), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	end(pamh);
	assert_int_equal(broker->questions, 0);
}

/* The verdict of a device flow may take longer than any other. */
static void
the_device_flow_waits_as_long_as_it_is_told(void **state)
{
	pam_handle_t *pamh;
	char arguments[512];
	int i;

	(void)state;
	snprintf(arguments, sizeof(arguments),
	    "socket=%s broker=%s/none deadline=1 method=device", broker->path,
	    dir);
	for (i = 0; i < 2; i++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		broker->late_ms = 1200;
		broker->wait_ms = i == 0 ? 0 : 5000;
		write_stack(arguments);
		pamh = start("root", NULL);
		assert_int_equal(pam_authenticate(pamh, 0),
		    i == 0 ? PAM_AUTHINFO_UNAVAIL : PAM_SUCCESS);
		assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
		/* Its answer comes to nobody: until it has noticed. */
		if (i == 0)
			(void)poll(NULL, 0, 400);
		broker->garbled = false;
	}
}

/*
 * PM-03: failures are released on a grid; the time at prompts is left out, so
 * that a slow user and a quick one are alike.
 */
static void
PM03_failures_come_on_a_grid(void **state)
{
	int64_t start_ns, took;
	pam_handle_t *pamh;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		fake_broker_reset(broker, BA_FAMILY_REFUSED);
		broker->prompt_style = BA_PROMPT_SECRET;
		snprintf(broker->prompt, sizeof(broker->prompt), "Sure? ");
		broker->late_ms = i == 3 ? 60 : 0;
		write_usual_stack("");
		/* 0 and 1: not even sent, and refused; 2: slow at prompts */
		pamh = start("root", i == 0 ? "password" : JWT);
		user.nap_ms = i == 2 ? 30 : 0;
		start_ns = ba_pam_grid_now();
		assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
		took = (ba_pam_grid_now() - start_ns) / 1000;
		end(pamh);
		took -= i == 2 ? 60000 : 0;
		took -= i == 3 ? 50000 : 0;
		assert_in_range(took, 49500, 75000);
	}
	/* A success is nobody's to wait for. */
	fake_broker_reset(broker, BA_FAMILY_OK);
	start_ns = ba_pam_grid_now();
	assert_int_equal(auth_once("", JWT), PAM_SUCCESS);
	assert_in_range(ba_pam_grid_now() - start_ns, 0, 45000000);
}

static void
each_family_has_its_code(void **state)
{
	static const struct {
		unsigned family;
		int auth, account;
	} table[] = {
		{ BA_FAMILY_OK, PAM_SUCCESS, PAM_SUCCESS },
		{ BA_FAMILY_REFUSED, PAM_AUTH_ERR, PAM_PERM_DENIED },
		{ BA_FAMILY_NOT_ALLOWED, PAM_PERM_DENIED, PAM_PERM_DENIED },
		{ BA_FAMILY_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL,
		    PAM_AUTHINFO_UNAVAIL },
		{ BA_FAMILY_FAULT, PAM_SERVICE_ERR, PAM_SERVICE_ERR },
		{ BA_FAMILY_MALFORMED, PAM_SERVICE_ERR, PAM_SERVICE_ERR },
	};
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	write_usual_stack("");
	for (i = 0; i < 6; i++) {
		fake_broker_reset(broker, table[i].family);
		pamh = start("root", JWT);
		assert_int_equal(pam_authenticate(pamh, 0), table[i].auth);
		assert_int_equal(pam_acct_mgmt(pamh, 0), table[i].account);
		assert_int_equal(broker->questions, 2);
		/* Only a success leaves an id behind. */
		assert_int_equal(
		    broker->has_id, table[i].family == BA_FAMILY_OK);
		end(pamh);
	}
}

static void
a_broker_that_hangs_up_is_unavailable(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	broker->hang_up = true;
	assert_int_equal(auth_once("", JWT), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(broker->questions, 1);
	pamh = start("root", JWT);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_AUTHINFO_UNAVAIL);
	end(pamh);
	broker->hang_up = false;
	assert_int_equal(auth_once("", JWT), PAM_SUCCESS);
}

/* PM-01: a name that was not asked about is not one that was accepted. */
static void
PM01_accepted_for_somebody_else_is_no_success(void **state)
{
	static const char *const names[] = { "toor", "Root", "root ", "roo" };
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		snprintf(broker->names, sizeof(broker->names), "%s", names[i]);
		assert_int_equal(auth_once("", JWT), PAM_AUTHINFO_UNAVAIL);
		pamh = start("root", JWT);
		assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_AUTHINFO_UNAVAIL);
		end(pamh);
	}
	snprintf(broker->names, sizeof(broker->names), "root");
	assert_int_equal(auth_once("", JWT), PAM_SUCCESS);
}

/* PM-01, V40: who is logged in is decided by PAM_USER after us. */
static void
V40_a_user_that_changes_at_the_prompt_is_denied(void **state)
{
	pam_handle_t *pamh;
	int i;

	(void)state;
	write_usual_stack("");
	for (i = 0; i < 2; i++) {
		pamh = start("nobody", JWT);
		user.becomes = i == 0 ? "root" : "nobody";
		assert_int_equal(pam_authenticate(pamh, 0),
		    i == 0 ? PAM_PERM_DENIED : PAM_SUCCESS);
		assert_string_equal(broker->user, "nobody");
		end(pamh);
	}
}

static void
the_login_speaks_for_its_own_user_and_service_only(void **state)
{
	pam_handle_t *pamh;
	char path[128];

	(void)state;
	write_usual_stack("");
	snprintf(path, sizeof(path), "%s/ba-other", dir);
	assert_int_equal(symlink(SERVICE, path), 0);
	pamh = start("root", JWT);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_set_item(pamh, PAM_USER, "nobody"), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_string_equal(broker->user, "nobody");
	assert_false(broker->has_id);
	assert_int_equal(pam_set_item(pamh, PAM_USER, "root"), PAM_SUCCESS);
	assert_int_equal(
	    pam_set_item(pamh, PAM_SERVICE, "ba-other"), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_string_equal(broker->service, "ba-other");
	assert_false(broker->has_id);
	assert_int_equal(pam_set_item(pamh, PAM_SERVICE, SERVICE), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_true(broker->has_id);
	end(pamh);
	assert_int_equal(unlink(path), 0);
}

static void
a_later_failure_forgets_an_earlier_success(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("");
	pamh = start("root", JWT);
	user.replies[1] = JWT_2;
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	broker->family = BA_FAMILY_REFUSED;
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	broker->family = BA_FAMILY_OK;
	assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_SUCCESS);
	assert_false(broker->has_id);
	end(pamh);
}

static void
PM03_an_unknown_user_is_asked_about_without_a_uid(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	fake_broker_reset(broker, BA_FAMILY_REFUSED);
	write_usual_stack("");
	pamh = start("ba-no-such-user", JWT);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
	assert_string_equal(user.shown, "[1]OAuth token: ");
	assert_string_equal(broker->user, "ba-no-such-user");
	assert_false(broker->has_uid);
	assert_int_equal(broker->questions, 1);
	end(pamh);
}

/* PM-02, PM-04: the uid of one name must not admit another. */
static void
PM04_the_uid_of_another_spelling_is_not_this_users(void **state)
{
	static const char *const names[] = { "alice", "Alice", "ALICE" };
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	write_usual_stack("");
	for (i = 0; i < 3; i++) {
		pamh = start(names[i], JWT);
		assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
		assert_string_equal(broker->user, names[i]);
		assert_int_equal(broker->has_uid, i == 0);
		assert_int_equal(broker->uid, i == 0 ? 4711 : 0);
		end(pamh);
	}
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

/* A question without a user would mean "whoever the token names". */
static void
PM03_a_name_that_cannot_be_asked_about_never_gets_in(void **state)
{
	static const struct {
		const char *name, *asked; /* NULL: sanitised to 255 bytes */
	} table[] = {
		{ "", "?" },
		{ "ro\not", "ro?ot" },
		{ "root\x01", "root?" },
		{ "root\xff", "root?" },
		{ "root\xe2\x80\xae", "root?" },
		{ X50 X50 X50 X50 X50 "xxxxxx", NULL },
	};
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	write_usual_stack("");
	for (i = 0; i < 6; i++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		pamh = start(table[i].name, JWT);
		assert_int_equal(pam_authenticate(pamh, 0), PAM_AUTH_ERR);
		assert_string_equal(user.shown, "[1]OAuth token: ");
		assert_int_equal(broker->questions, 1);
		assert_true(broker->has_user);
		assert_false(broker->has_uid);
		if (table[i].asked != NULL)
			assert_string_equal(broker->user, table[i].asked);
		else
			assert_int_equal(strlen(broker->user), 255);
		assert_int_equal(pam_acct_mgmt(pamh, 0), PAM_PERM_DENIED);
		end(pamh);
		/* The family of the verdict is not hidden by the name. */
		fake_broker_reset(broker, BA_FAMILY_UNAVAILABLE);
		pamh = start(table[i].name, JWT);
		assert_int_equal(
		    pam_authenticate(pamh, 0), PAM_AUTHINFO_UNAVAIL);
		end(pamh);
	}
}

static void
use_first_pass_takes_the_stacks_token(void **state)
{
	(void)state;
	assert_int_equal(auth_after("use_first_pass", JWT, JWT_2), PAM_SUCCESS);
	assert_int_equal(user.asked, 0);
	assert_string_equal(broker->token, JWT);
	assert_int_equal(broker->origin, BA_ORIGIN_STACK);
	fake_broker_reset(broker, BA_FAMILY_REFUSED);
	assert_int_equal(
	    auth_after("use_first_pass", JWT, JWT_2), PAM_AUTH_ERR);
	assert_int_equal(user.asked, 0);
	assert_int_equal(broker->questions, 1);
}

/*
 * V47: typed at our own prompt, where the administrator says that it is none
 * for passwords, what could be an opaque token goes to the
 * broker, which knows whom it may ask; one prompt, as for any other (PM-03).
 */
static void
V47_PM03_an_opaque_token_goes_from_our_prompt_alone(void **state)
{
	static const char *const both[] = { OPAQUE, "0123456789abcdef" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		assert_int_equal(auth_once("opaque", both[i]), PAM_SUCCESS);
		assert_string_equal(user.shown, "[1]OAuth token: ");
		assert_int_equal(broker->questions, 1);
		assert_string_equal(broker->token, both[i]);
		assert_int_equal(broker->origin, BA_ORIGIN_PROMPT);
		assert_null(strstr(lines, both[i]));
		fake_broker_reset(broker, BA_FAMILY_REFUSED);
		assert_int_equal(auth_once("opaque", both[i]), PAM_AUTH_ERR);
		assert_string_equal(user.shown, "[1]OAuth token: ");
		assert_null(strstr(lines, both[i]));
		/* unsaid, it may be a UNIX password: sshd's method of that
		   name gives it to our prompt */
		fake_broker_reset(broker, BA_FAMILY_OK);
		assert_int_equal(auth_once("", both[i]), PAM_AUTH_ERR);
		assert_string_equal(user.shown, "[1]OAuth token: ");
		assert_int_equal(broker->questions, 0);
		/* the same text as an earlier module's password */
		assert_int_equal(
		    auth_after("opaque use_first_pass", both[i], JWT),
		    PAM_AUTH_ERR);
		assert_int_equal(broker->questions, 0);
		assert_int_equal(user.asked, 0);
	}
}

/* V47: what is no JWT is asked for again, and never sent. */
static void
try_first_pass_asks_if_there_is_no_token(void **state)
{
	static const char *const passwords[] = { NULL, "", "secret", "a.b",
		OPAQUE };
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		assert_int_equal(
		    auth_after("try_first_pass", passwords[i], JWT_2),
		    PAM_SUCCESS);
		assert_int_equal(user.asked, 1);
		assert_int_equal(broker->questions, 1);
		assert_string_equal(broker->token, JWT_2);
		assert_int_equal(broker->origin, BA_ORIGIN_PROMPT);
	}
}

static void
try_first_pass_asks_again_only_after_refused(void **state)
{
	static const struct {
		unsigned family, asked;
		int code;
	} table[] = {
		{ BA_FAMILY_OK, 0, PAM_SUCCESS },
		{ BA_FAMILY_REFUSED, 1, PAM_AUTH_ERR },
		{ BA_FAMILY_NOT_ALLOWED, 0, PAM_PERM_DENIED },
		{ BA_FAMILY_UNAVAILABLE, 0, PAM_AUTHINFO_UNAVAIL },
		{ BA_FAMILY_FAULT, 0, PAM_SERVICE_ERR },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		fake_broker_reset(broker, table[i].family);
		assert_int_equal(
		    auth_after("try_first_pass", JWT, JWT_2), table[i].code);
		assert_int_equal(user.asked, table[i].asked);
		assert_int_equal(broker->questions, 1 + table[i].asked);
		assert_string_equal(
		    broker->token, table[i].asked == 0 ? JWT : JWT_2);
	}
}

static void
service_overrides_the_hosts(void **state)
{
	(void)state;
	assert_int_equal(auth_once("service=imap", JWT), PAM_SUCCESS);
	assert_string_equal(broker->service, "imap");
}

static void
items_that_are_no_clean_text_are_not_told(void **state)
{
	pam_handle_t *pamh;

	(void)state;
	write_usual_stack("");
	pamh = start("root", JWT);
	assert_int_equal(
	    pam_set_item(pamh, PAM_RHOST, "evil\nhost"), PAM_SUCCESS);
	assert_int_equal(
	    pam_set_item(pamh, PAM_TTY, X50 X50 X50 X50 X50 "123456"),
	    PAM_SUCCESS);
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_false(broker->has_rhost);
	assert_false(broker->has_tty);
	assert_non_null(strstr(lines, "PAM_RHOST is too long or no clean"));
	assert_non_null(strstr(lines, "PAM_TTY is too long or no clean"));
	end(pamh);
}

/* A token of 3 parts, as ssh cuts it. */
static void
a_long_token_arrives_whole(void **state)
{
	char token[2500 + 1], parts[3][1024];
	pam_handle_t *pamh;

	(void)state;
	memset(token, 'a', 2500);
	token[500] = token[1400] = '.';
	memset(token + 1023, 'b', 300);
	token[2500] = '\0';
	memset(parts, 0, sizeof(parts));
	memcpy(parts[0], token, 1023);
	memcpy(parts[1], token + 1023, 1023);
	memcpy(parts[2], token + 2046, 2500 - 2046);
	write_usual_stack("");
	pamh = start("root", parts[0]);
	user.replies[1] = parts[1];
	user.replies[2] = parts[2];
	assert_int_equal(pam_authenticate(pamh, 0), PAM_SUCCESS);
	assert_string_equal(user.shown, "[1]OAuth token: "
					"[1]OAuth token, part 2: "
					"[1]OAuth token, part 3: ");
	assert_int_equal(broker->token_len, 2500);
	assert_string_equal(broker->token, token);
	end(pamh);
}

/* 1023 characters may be a whole token: it is called cut only if refused. */
static void
a_cut_token_is_called_cut_after_the_refusal(void **state)
{
	char token[1024];
	int i;

	(void)state;
	memset(token, 'a', 1023);
	token[100] = token[900] = '.';
	token[1023] = '\0';
	for (i = 0; i < 2; i++) {
		fake_broker_reset(
		    broker, i == 0 ? BA_FAMILY_OK : BA_FAMILY_REFUSED);
		assert_int_equal(
		    auth_once("", token), i == 0 ? PAM_SUCCESS : PAM_AUTH_ERR);
		assert_int_equal(user.asked, 2);
		assert_int_equal(
		    strstr(lines, "may have been cut by the host at 1023") !=
			NULL,
		    i == 1);
	}
}

static void
PM10_the_brokers_prompts_are_shown_in_silence_too(void **state)
{
	static const struct {
		unsigned style;
		const char *shown;
	} table[] = {
		{ BA_PROMPT_SECRET, "[1]OAuth token: [1]Open https://x?" },
		{ BA_PROMPT_PLAIN, "[1]OAuth token: [2]Open https://x?" },
		{ BA_PROMPT_ERROR, "[1]OAuth token: [3]Open https://x?" },
		{ BA_PROMPT_INFO, "[1]OAuth token: [4]Open https://x?" },
	};
	pam_handle_t *pamh;
	size_t i;

	(void)state;
	write_usual_stack("");
	for (i = 0; i < 4; i++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		broker->prompt_style = table[i].style;
		snprintf(
		    broker->prompt, sizeof(broker->prompt), "Open https://x?");
		pamh = start("root", JWT);
		user.replies[1] = user.plain = "yes";
		assert_int_equal(
		    pam_authenticate(pamh, PAM_SILENT), PAM_SUCCESS);
		assert_string_equal(user.shown, table[i].shown);
		assert_string_equal(broker->reply,
		    table[i].style <= BA_PROMPT_PLAIN ? "yes" : "");
		/* What was typed at our prompt is nobody's password. */
		assert_null(user.authtok_seen);
		end(pamh);
	}
}

/* PM-07, PM-08. */
struct host_state {
	char environ_text[16384];
	int n_fds;
	mode_t mask;
	char cwd[512];
	void (*handlers[32])(int);
	sigset_t blocked;
	int n_threads;
	bool has_child;
	struct rlimit files;
};

static int
count_entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	assert_int_equal(closedir(d), 0);
	return n;
}

static void
look_at_host(struct host_state *s)
{
	extern char **environ;
	size_t n = 0;
	struct sigaction action;
	int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; environ[i] != NULL && n < sizeof(s->environ_text); i++)
		n += (size_t)snprintf(s->environ_text + n,
		    sizeof(s->environ_text) - n, "%s\n", environ[i]);
	s->n_fds = count_entries("/proc/self/fd");
	s->n_threads = count_entries("/proc/self/task");
	/* Ours is the fake broker alone, which does not end. */
	s->has_child = waitpid(-1, NULL, WNOHANG | __WALL) != 0;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &s->files), 0);
	s->mask = umask(0);
	(void)umask(s->mask);
	assert_non_null(getcwd(s->cwd, sizeof(s->cwd)));
	for (i = 1; i < 32; i++)
		if (sigaction(i, NULL, &action) == 0)
			s->handlers[i] = action.sa_handler;
	(void)sigprocmask(SIG_SETMASK, NULL, &s->blocked);
}

static void
PM07_PM08_the_host_is_as_before_each_call(void **state)
{
	static struct host_state before, after;
	static const char *const methods[] = { "env", "method=device env",
		"method=auto env" };
	pam_handle_t *pamh;
	int i, call;

	(void)state;
	/* Once before, for what libpam and libc open and keep. */
	assert_int_equal(auth_once("", JWT), PAM_SUCCESS);
	for (i = 0; i < 6; i++) {
		fake_broker_reset(
		    broker, i % 2 == 0 ? BA_FAMILY_OK : BA_FAMILY_REFUSED);
		write_usual_stack(methods[i / 2]);
		pamh = start("root", i / 2 == 2 ? "" : JWT);
		snprintf(broker->issuer, sizeof(broker->issuer), "https://a/");
		look_at_host(&before);
		for (call = 0; call < 6; call++) {
			if (call == 0)
				(void)pam_authenticate(pamh, 0);
			else if (call == 1)
				(void)pam_acct_mgmt(pamh, 0);
			else if (call == 2)
				(void)pam_setcred(pamh, PAM_ESTABLISH_CRED);
			else if (call == 3)
				(void)pam_open_session(pamh, 0);
			else if (call == 4)
				(void)pam_close_session(pamh, 0);
			else
				(void)pam_chauthtok(pamh, 0);
			look_at_host(&after);
			assert_memory_equal(&before, &after, sizeof(before));
		}
		assert_int_equal(broker->questions, 4);
		end(pamh);
	}
}

/* A login from auth to session; 0, or what went wrong first. */
static int
whole_login(pam_handle_t *pamh)
{
	if (pam_authenticate(pamh, 0) != PAM_SUCCESS)
		return 1;
	if (pam_acct_mgmt(pamh, 0) != PAM_SUCCESS)
		return 2;
	if (pam_open_session(pamh, 0) != PAM_SUCCESS)
		return 3;
	return pam_close_session(pamh, 0) == PAM_SUCCESS ? 0 : 4;
}

static void
PM09_a_host_without_descriptors_0_to_2(void **state)
{
	pam_handle_t *pamh;
	int status, i, closed;
	pid_t pid;

	(void)state;
	/* All of them, and any one of them. */
	for (closed = 1; closed < 8; closed++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		write_usual_stack("env");
		pamh = start("root", JWT);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			for (i = 0; i < 3; i++)
				if ((closed & 1 << i) != 0)
					(void)close(i);
			status = whole_login(pamh);
			for (i = 0; i < 3; i++)
				if ((closed & 1 << i) != 0 &&
				    fcntl(i, F_GETFD) != -1)
					status = 9;
			_exit(status);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_int_equal(broker->questions, 4);
		assert_true(broker->has_process);
		end(pamh);
	}
}

/*
 * With few descriptors left it still works, with too few it fails like
 * anything that cannot be known; never by a way around.
 */
static void
a_tiny_rlimit_nofile(void **state)
{
	struct rlimit few;
	pam_handle_t *pamh;
	int status, spare, worked = 0;
	pid_t pid;

	(void)state;
	write_usual_stack("");
	for (spare = 0; spare < 4; spare++) {
		fake_broker_reset(broker, BA_FAMILY_OK);
		pamh = start("root", JWT);
		/* What libpam has to open it opens before. */
		assert_int_equal(
		    pam_setcred(pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			int top = dup(0);

			(void)close(top);
			few.rlim_cur = few.rlim_max =
			    (rlim_t)top + (rlim_t)spare;
			if (setrlimit(RLIMIT_NOFILE, &few) != 0)
				_exit(99);
			_exit(pam_authenticate(pamh, 0));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == PAM_SUCCESS)
			worked++;
		else /* libpam has an error of its own for that, too */
			assert_int_not_equal(WEXITSTATUS(status), PAM_IGNORE);
		assert_int_equal(
		    WEXITSTATUS(status) == PAM_SUCCESS, broker->questions == 1);
		end(pamh);
	}
	assert_in_range(worked, 1, 3);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

#define ANYWHERE                                                               \
	CASE(a_bad_argument_is_service_err_everywhere),                        \
	    CASE(V23_nothing_to_decide_is_success_but_for_chauthtok),          \
	    CASE(V47_a_password_typed_at_the_prompt_goes_nowhere),             \
	    CASE(V49_no_socket_and_nothing_to_spawn_is_unavailable),           \
	    CASE(PM10_no_conversation_is_unavailable),                         \
	    CASE(use_first_pass_never_asks)

static const struct CMUnitTest untrusted_tests[] = {
	ANYWHERE,
	CASE(a_path_that_is_not_roots_is_unavailable),
};

static const struct CMUnitTest trusted_tests[] = {
	ANYWHERE,
	CASE(a_login_from_auth_to_session),
	CASE(each_family_has_its_code),
	CASE(a_broker_that_hangs_up_is_unavailable),
	CASE(PM01_accepted_for_somebody_else_is_no_success),
	CASE(V40_a_user_that_changes_at_the_prompt_is_denied),
	CASE(the_login_speaks_for_its_own_user_and_service_only),
	CASE(a_later_failure_forgets_an_earlier_success),
	CASE(PM03_an_unknown_user_is_asked_about_without_a_uid),
	CASE(PM04_the_uid_of_another_spelling_is_not_this_users),
	CASE(PM03_a_name_that_cannot_be_asked_about_never_gets_in),
	CASE(use_first_pass_takes_the_stacks_token),
	CASE(V47_PM03_an_opaque_token_goes_from_our_prompt_alone),
	CASE(try_first_pass_asks_if_there_is_no_token),
	CASE(try_first_pass_asks_again_only_after_refused),
	CASE(service_overrides_the_hosts),
	CASE(items_that_are_no_clean_text_are_not_told),
	CASE(a_long_token_arrives_whole),
	CASE(a_cut_token_is_called_cut_after_the_refusal),
	CASE(PM10_the_brokers_prompts_are_shown_in_silence_too),
	CASE(a_session_in_the_parent_of_auth_is_found_by_process),
	CASE(a_session_tells_whose_login_it_was),
	CASE(a_session_speaks_for_its_own_user_only),
	CASE(the_session_is_told_who_it_is_where_wanted),
	CASE(PM06_a_session_fails_only_where_it_has_a_duty),
	CASE(account_says_how_else_the_user_came),
	CASE(V26_the_device_flow_succeeds_only_by_the_verdict),
	CASE(auto_takes_a_token_or_enter),
	CASE(try_first_pass_then_the_device_flow),
	CASE(messages_says_whether_texts_are_held),
	CASE(no_conversation_no_device_flow),
	CASE(the_device_flow_waits_as_long_as_it_is_told),
	CASE(PM03_failures_come_on_a_grid),
	CASE(PM07_PM08_the_host_is_as_before_each_call),
	CASE(PM09_a_host_without_descriptors_0_to_2),
	CASE(a_tiny_rlimit_nofile),
};

int
main(void)
{
	char path[128];
	int failed;

	fake_broker_dir(dir, sizeof(dir), &trusted);
	broker = fake_broker_start(dir);
	if (broker == NULL) {
		printf("Bail out! no broker in %s\n", dir);
		return 1;
	}
	if (trusted) {
		failed = cmocka_run_group_tests(trusted_tests, NULL, NULL);
	} else {
		printf("# not root in a mount namespace: no socket can be "
		       "trusted, what needs one is left to tests/e2e\n");
		failed = cmocka_run_group_tests(untrusted_tests, NULL, NULL);
	}
	fake_broker_stop(broker);
	snprintf(path, sizeof(path), "%s/" SERVICE, dir);
	(void)unlink(path);
	fake_broker_dir_remove(dir);
	return failed;
}
