/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/jose/jwk.h"
#include "common/oauth/keys.h"
#include "common/verify.h"
#include "common/wire/message.h"
#include "tests/unit/mint.h"

/*
 * The real bearerauthd, as a service with inherited sockets and as whoever
 * runs the test (nobody, for root), asked over its sockets.  Issuer A has its
 * keys in a file; B is asked through this program itself, which plays
 * bearerauth-fetch when it is called by another name.
 */
#define ISS_A     "https://a.example.org"
#define ISS_B     "https://b.example.org"
#define NOBODY    65534
#define UID_ALICE 4711

/* Patience with the broker, where it is to answer at once (ms). */
#define SOON 5000

static char dir[64];
static struct ba_mint *mint_a, *mint_b, *mint_b2;
static char me[32]; /* our uid, for peer = */

/* What the broker is started with, where it is not the usual. */
static struct {
	rlim_t files; /* hard limit of open files; 0: ours */
	bool map; /* issuer A has the map file */
	bool keep_store;
	const char *credentials; /* $CREDENTIALS_DIRECTORY, or NULL */
} special;

/* --- a broker ------------------------------------------------------------ */

struct broker {
	pid_t pid;
	int notify;
	char helper[128];
};

static const char *
in_dir(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void
write_file(const char *name, const char *text)
{
	FILE *f;

	f = fopen(in_dir(name), "w");
	assert_non_null(f);
	assert_int_equal(fputs(text, f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_dir(name), 0600), 0);
}

static void
read_file(const char *name, char *text, size_t size)
{
	FILE *f;
	size_t n = 0;

	f = fopen(in_dir(name), "r");
	if (f != NULL) {
		n = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[n] = '\0';
}

/* Does the broker's log hold this?  It writes before it answers. */
static bool
logged(const char *text)
{
	static char log[256 * 1024];

	read_file("log", log, sizeof(log));
	return strstr(log, text) != NULL;
}

/* Sections that most tests need; more may follow. */
static void
write_config(const char *more)
{
	static char text[8192];

	snprintf(text, sizeof(text),
	    "[issuer " ISS_A "]\n"
	    "audience = here\nusername = preferred_username\n"
	    "jwks_file = %s\n"
	    "%s%s\n"
	    "[issuer " ISS_B "]\n"
	    "audience = here\nusername = preferred_username\n"
	    "[service sshd]\nissuer = " ISS_A " " ISS_B "\npeer = %s\n"
	    "require_scope = login\n"
	    "[service roots]\nissuer = " ISS_A "\n"
	    "[service mail]\nissuer = " ISS_A "\npeer = %s\n"
	    "accounts = virtual\nrequire_scope = mail\n"
	    "account_without_token = allow\n"
	    "[service deny]\nissuer = " ISS_A "\npeer = %s\n"
	    "account_without_token = deny\n"
	    "[service careful]\nissuer = " ISS_A "\npeer = %s\n"
	    "confirm = Really?\n"
	    "%s",
	    in_dir("jwks_a"), special.map ? "map_file = " : "",
	    special.map ? in_dir("map") : "", me, me, me, me, more);
	write_file("conf", text);
}

static int
listener(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", in_dir(name));
	(void)unlink(sun.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 64), 0);
	return fd;
}

static int
notify_socket(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", in_dir("notify"));
	(void)unlink(sun.sun_path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void
expect_state(struct broker *b, const char *start)
{
	struct pollfd p = { .fd = b->notify, .events = POLLIN };
	char text[128];
	ssize_t n;

	if (poll(&p, 1, SOON) != 1)
		fail_msg("the broker did not say %s", start);
	n = recv(b->notify, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_memory_equal(text, start, strlen(start));
}

static void
become_broker(struct broker *b, int ask, int control)
{
	const char *top = getenv("BA_BUILDDIR");
	char program[512], number[32];
	int log;

	snprintf(program, sizeof(program), "%s/bearerauthd",
	    top != NULL ? top : ".");
	log =
	    open(in_dir("log"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	/* Out of the way first. */
	ask = fcntl(ask, F_DUPFD, 20);
	control = fcntl(control, F_DUPFD, 20);
	if (log < 0 || dup2(log, 2) < 0 || dup2(ask, 3) < 0 ||
	    dup2(control, 4) < 0)
		_exit(99);
	if (special.files > 0 &&
	    setrlimit(RLIMIT_NOFILE,
		&(struct rlimit){ special.files, special.files }) != 0)
		_exit(97);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "ask:control", 1);
	setenv("NOTIFY_SOCKET", in_dir("notify"), 1);
	if (special.credentials != NULL)
		setenv("CREDENTIALS_DIRECTORY", special.credentials, 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(program, program, "--config", in_dir("conf"), "--store",
	    in_dir("store.db"), "--fetch-helper", b->helper, (char *)NULL);
	_exit(98);
}

static void
forget_store(void)
{
	(void)unlink(in_dir("store.db"));
	(void)unlink(in_dir("store.db-wal"));
	(void)unlink(in_dir("store.db-shm"));
}

/* helper: a name under which this program plays one, or NULL. */
static void
start(struct broker *b, const char *helper)
{
	int ask, control;

	if (!special.keep_store)
		forget_store();
	(void)unlink(in_dir("requests"));
	snprintf(b->helper, sizeof(b->helper), "%s",
	    in_dir(helper != NULL ? helper : "none"));
	ask = listener("ask");
	control = listener("control");
	b->notify = notify_socket();
	b->pid = fork();
	assert_true(b->pid >= 0);
	if (b->pid == 0)
		become_broker(b, ask, control);
	close(ask);
	close(control);
	expect_state(b, "READY=1");
}

/* Whatever it was doing: at SIGTERM it ends by itself, and as it should. */
static void
stop(struct broker *b)
{
	char log[4096];
	int st;

	assert_int_equal(kill(b->pid, SIGTERM), 0);
	assert_int_equal(waitpid(b->pid, &st, 0), b->pid);
	if (!WIFEXITED(st) || WEXITSTATUS(st) != 0) {
		read_file("log", log, sizeof(log));
		print_error("%s", log);
	}
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
	assert_true(logged("bearerauthd: ended\n"));
	close(b->notify);
}

/* --- conversations ------------------------------------------------------- */

static int
dial(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", in_dir(name));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void
send_all(int fd, const void *p, size_t n)
{
	assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), (ssize_t)n);
}

struct question {
	const char *service, *user, *id, *token, *reply;
	const char *rhost; /* "-": none */
	unsigned deadline, uid; /* 0: the usual; uid is one more */
	bool no_uid, account, mute, sasl;
};

#define ID_1 "00000000000000000000000000000001"

static void
build(const struct question *q, struct ba_buf *b)
{
	struct ba_msg_out o;

	ba_buf_init(b, BA_WIRE_ASK_MAX + 4);
	ba_msg_begin(
	    &o, b, BA_WIRE_VERSION, q->account ? BA_MSG_ACCOUNT : BA_MSG_ASK);
	if (!q->account || q->id != NULL)
		ba_msg_put_str(&o, BA_TAG_ID, q->id != NULL ? q->id : ID_1);
	ba_msg_put_str(
	    &o, BA_TAG_SERVICE, q->service != NULL ? q->service : "sshd");
	ba_msg_put_str(&o, BA_TAG_USER, q->user != NULL ? q->user : "alice");
	if (!q->no_uid)
		ba_msg_put_u32(
		    &o, BA_TAG_UID, q->uid != 0 ? q->uid - 1 : UID_ALICE);
	if (q->rhost == NULL)
		ba_msg_put_str(&o, BA_TAG_RHOST, "192.0.2.1 verdict=accepted");
	else if (strcmp(q->rhost, "-") != 0)
		ba_msg_put_str(&o, BA_TAG_RHOST, q->rhost);
	ba_msg_put_u32(
	    &o, BA_TAG_DEADLINE, q->deadline != 0 ? q->deadline : 10000);
	ba_msg_put_u8(&o, BA_TAG_CAN_PROMPT, !q->mute);
	if (!q->account) {
		ba_msg_put_u8(&o, BA_TAG_ORIGIN,
		    q->sasl ? BA_ORIGIN_SASL : BA_ORIGIN_PROMPT);
		ba_msg_put_str(&o, BA_TAG_TOKEN, q->token);
	}
	assert_int_equal(ba_msg_end(&o), BA_OK);
}

static void
put_question(int fd, const struct question *q)
{
	struct ba_buf b;

	build(q, &b);
	send_all(fd, b.p, b.len);
	ba_buf_wipe(&b);
}

struct answer {
	int family; /* -1: closed without one */
	char user[256], status[64], scope[512], metadata[2049];
	char text[4097];
	uint64_t expires;
};

/* n bytes; false where it ends before. */
static bool
receive(int fd, unsigned char *p, size_t n, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t got;

	while (n > 0) {
		if (poll(&pfd, 1, ms) != 1)
			fail_msg("nothing came within %d ms", ms);
		got = recv(fd, p, n, 0);
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/* The next frame's type, 0 at the end. */
static uint8_t
next_frame(int fd, struct answer *a, int ms)
{
	unsigned char frame[BA_WIRE_ANSWER_MAX + 4];
	struct ba_msg m;
	size_t total;

	memset(a, 0, sizeof(*a));
	a->family = -1;
	if (!receive(fd, frame, 4, ms))
		return 0;
	assert_int_equal(
	    ba_frame_size(frame, 4, BA_WIRE_ANSWER_MAX, &total), BA_OK);
	assert_true(receive(fd, frame + 4, total - 4, ms));
	assert_int_equal(ba_msg_parse(frame, total, &m), BA_OK);
	a->family = ba_msg_u8(&m, BA_TAG_FAMILY, 255);
	a->expires = ba_msg_u64(&m, BA_TAG_EXPIRES, 0);
#define GET(tag, dst)                                                          \
	assert_int_equal(ba_msg_get_str(&m, tag, dst, sizeof(dst)), BA_OK)
	GET(BA_TAG_USER, a->user);
	GET(BA_TAG_STATUS, a->status);
	GET(BA_TAG_SCOPE, a->scope);
	GET(BA_TAG_METADATA, a->metadata);
	GET(BA_TAG_TEXT, a->text);
#undef GET
	return m.type;
}

static void
put_reply(int fd, const char *text)
{
	struct ba_msg_out o;
	struct ba_buf b;

	ba_buf_init(&b, 8192);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_REPLY);
	ba_msg_put(&o, BA_TAG_TEXT, text, strlen(text));
	assert_int_equal(ba_msg_end(&o), BA_OK);
	send_all(fd, b.p, b.len);
	ba_buf_wipe(&b);
}

/* What comes to a question that was put: a verdict, and then the end. */
static int
await(int fd, struct answer *a, int ms)
{
	unsigned char c;
	uint8_t type;

	type = next_frame(fd, a, ms);
	if (type != 0) {
		assert_int_equal(type, BA_MSG_VERDICT);
		assert_false(receive(fd, &c, 1, ms));
	}
	close(fd);
	return a->family;
}

/* One question from start to end; its prompt, if one comes, gets reply. */
static int
ask(const struct question *q, struct answer *a)
{
	int fd = dial("ask");

	put_question(fd, q);
	if (q->reply != NULL) {
		assert_int_equal(next_frame(fd, a, SOON), BA_MSG_PROMPT);
		assert_string_equal(a->text, "Really? (yes/no) ");
		put_reply(fd, q->reply);
	}
	return await(fd, a, SOON);
}

static int
control(const char *command, struct answer *a)
{
	struct ba_msg_out o;
	struct ba_buf b;
	int fd = dial("control");

	ba_buf_init(&b, 8192);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_CONTROL);
	ba_msg_put_str(&o, BA_TAG_COMMAND, command);
	assert_int_equal(ba_msg_end(&o), BA_OK);
	send_all(fd, b.p, b.len);
	ba_buf_wipe(&b);
	assert_int_equal(next_frame(fd, a, SOON), BA_MSG_CONTROL_REPLY);
	close(fd);
	return a->family;
}

static int64_t
now_ms(void)
{
	return ba_clock_mono_ms(&ba_clock_system);
}

/* --- tokens -------------------------------------------------------------- */

static char *
token(struct ba_mint *m, const char *iss, const char *user, const char *scope,
    long life)
{
	long now = (long)time(NULL);
	static char payload[49152];
	char *t;

	snprintf(payload, sizeof(payload),
	    "{\"iss\":\"%s\",\"aud\":\"here\",\"sub\":\"s-1\","
	    "\"client_id\":\"c\",\"jti\":\"j\",\"iat\":%ld,\"exp\":%ld,"
	    "\"scope\":\"%s\",\"preferred_username\":\"%s\"}",
	    iss, now - 10, now + life, scope, user);
	t = ba_mint_token(m, BA_ALG_ES256, "at+jwt", payload);
	assert_non_null(t);
	return t;
}

static char *tok_alice, *tok_bob, *tok_old, *tok_poor, *tok_mail, *tok_b;

static int
ask_with(const char *service, const char *tok, struct answer *a)
{
	const struct question q = { .service = service, .token = tok };

	return ask(&q, a);
}

/* --- tests --------------------------------------------------------------- */

static void
accepted(void **state)
{
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	start(&b, NULL);
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	assert_string_equal(a.user, "alice");
	assert_true(a.expires > (uint64_t)time(NULL));
	assert_string_equal(a.status, "");
	assert_true(logged(
	    "ask verdict=accepted id=" ID_1 " service=sshd user=alice peer="));
	assert_true(logged("rhost=\"192.0.2.1 verdict=accepted\""));
	assert_true(logged(" issuer=" ISS_A " sub=s-1\n"));
	stop(&b);
}

/* Each has its error in the log, and its twin in accepted(). */
static void
refused_and_not_allowed(void **state)
{
	char *forged = strdup(tok_alice), *last;
	const struct {
		const char *service, *token, *error, *status, *scope;
		int family;
		bool metadata;
	} cases[] = {
		{ "sshd", tok_old, "error=EXP ", "invalid_token", "login",
		    BA_FAMILY_REFUSED, true },
		{ "sshd", forged, "error=SIGNATURE ", "invalid_token", "login",
		    BA_FAMILY_REFUSED, true },
		{ "sshd", "secret", "error=OPAQUE ", "invalid_token", "login",
		    BA_FAMILY_REFUSED, true },
		{ "sshd", tok_bob, "error=USER_MISMATCH ", "invalid_token",
		    "login", BA_FAMILY_NOT_ALLOWED, true },
		{ "sshd", tok_poor, "error=SCOPE ", "insufficient_scope",
		    "login", BA_FAMILY_NOT_ALLOWED, true },
		{ "nowhere", tok_alice, "error=NO_SERVICE ", "invalid_token",
		    "", BA_FAMILY_NOT_ALLOWED, false },
		{ "roots", tok_alice, "error=PEER ", "invalid_token", "",
		    BA_FAMILY_NOT_ALLOWED, false },
	};
	struct broker b;
	struct answer a;
	size_t i;

	(void)state;
	/* The last character but one: the last has unused bits. */
	last = &forged[strlen(forged) - 2];
	*last = *last == 'A' ? 'B' : 'A';
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* A broker for each: two of the lines come once in a while
		   only, from one user. */
		write_config("");
		start(&b, NULL);
		assert_int_equal(ask_with(cases[i].service, cases[i].token, &a),
		    cases[i].family);
		assert_true(logged(cases[i].error));
		assert_string_equal(a.status, cases[i].status);
		assert_string_equal(a.scope, cases[i].scope);
		assert_string_equal(
		    a.metadata, cases[i].metadata ? ISS_A
				    "/.well-known/openid-configuration"
						  : "");
		assert_string_equal(a.user, "");
		assert_false(logged(cases[i].token));
		stop(&b);
	}
	free(forged);
}

/* V51: a user who may not ask cannot fill the log by asking. */
static void
V51_unwelcome_peers_are_logged_once_in_a_while(void **state)
{
	static char log[64 * 1024];
	struct broker b;
	struct answer a;
	int i;

	(void)state;
	write_config("");
	start(&b, NULL);
	for (i = 0; i < 20; i++)
		assert_int_equal(
		    ask_with("roots", tok_alice, &a), BA_FAMILY_NOT_ALLOWED);
	read_file("log", log, sizeof(log));
	assert_non_null(strstr(log, "error=PEER"));
	assert_null(strstr(strstr(log, "error=PEER") + 1, "error=PEER"));
	stop(&b);
}

static void
confirm(void **state)
{
	static const struct {
		const char *reply;
		bool mute;
		int family;
	} cases[] = {
		{ "yes", false, BA_FAMILY_OK },
		{ "no", false, BA_FAMILY_NOT_ALLOWED },
		{ "YES", false, BA_FAMILY_NOT_ALLOWED },
		{ "yes ", false, BA_FAMILY_NOT_ALLOWED },
		{ "", false, BA_FAMILY_NOT_ALLOWED },
		{ NULL, true, BA_FAMILY_NOT_ALLOWED },
	};
	struct question q = { .service = "careful", .token = tok_alice };
	struct broker b;
	struct answer a;
	size_t i;
	int fd;

	(void)state;
	write_config("");
	start(&b, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		q.reply = cases[i].reply;
		q.mute = cases[i].mute;
		assert_int_equal(ask(&q, &a), cases[i].family);
		assert_string_equal(
		    a.user, cases[i].family == BA_FAMILY_OK ? "alice" : "");
	}
	assert_true(logged("error=CONFIRM"));
	/* A bad token is refused before anybody is asked. */
	q.reply = NULL;
	q.mute = false;
	q.token = tok_old;
	assert_int_equal(ask(&q, &a), BA_FAMILY_REFUSED);
	/* Gone, or saying something else, while the prompt is open. */
	q.token = tok_alice;
	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(next_frame(fd, &a, SOON), BA_MSG_PROMPT);
	close(fd);
	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(next_frame(fd, &a, SOON), BA_MSG_PROMPT);
	put_question(fd, &q);
	assert_int_equal(await(fd, &a, SOON), -1);
	stop(&b);
}

static void
account(void **state)
{
	struct question q = { .account = true, .id = ID_1 };
	struct question login = {
		.service = "mail", .token = tok_mail, .no_uid = true
	};
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	start(&b, NULL);
	assert_int_equal(ask(&q, &a), BA_FAMILY_UNAVAILABLE);
	assert_true(logged("account verdict=unavailable error=NO_LOGIN"));
	/* A SASL login has no account phase; PAM's has, local user or not. */
	login.sasl = true;
	assert_int_equal(ask(&login, &a), BA_FAMILY_OK);
	q.service = "mail";
	q.no_uid = true;
	assert_int_equal(ask(&q, &a), BA_FAMILY_UNAVAILABLE);
	login.sasl = false;
	assert_int_equal(ask(&login, &a), BA_FAMILY_OK);
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	assert_string_equal(a.user, "alice");
	q.no_uid = false;

	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	q.service = "sshd";
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	assert_string_equal(a.user, "alice");
	assert_true(a.expires > (uint64_t)time(NULL));
	assert_true(logged("account verdict=accepted id=" ID_1));
	/* V48: the record is for this user, this service, this uid, only. */
	q.user = "bob";
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	q.user = "alice";
	q.service = "deny";
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	q.service = "roots";
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	q.service = "sshd";
	q.no_uid = true;
	assert_int_equal(ask(&q, &a), BA_FAMILY_REFUSED);
	assert_true(logged("account verdict=refused error=UNKNOWN_USER"));
	q.no_uid = false;
	q.id = "00000000000000000000000000000002";
	assert_int_equal(ask(&q, &a), BA_FAMILY_UNAVAILABLE);
	/* Whoever came in by another way. */
	q.id = NULL;
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	assert_true(logged("error=NO_TOKEN"));
	q.service = "deny";
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	q.service = "mail";
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	assert_string_equal(a.user, "alice");
	stop(&b);
}

/* --- the rules of a service, from both ends of the conversation ----------- */

/* alice's, with these members behind all others. */
static char *
token_with(const char *more)
{
	char scope[512];

	/* Out of the string and into it again. */
	snprintf(scope, sizeof(scope), "login\",%s,\"filler\":\"", more);
	return token(mint_a, ISS_A, "alice", scope, 300);
}

struct rule_case {
	const char *rule; /* of [service rules] */
	const char *more, *rhost; /* of the token, of the question */
	const char *error, *status; /* NULL: accepted */
};

static const struct rule_case rule_cases[] = {
	{ "allow_acr = loa2 loa3", "\"acr\":\"loa3\"", NULL, NULL, NULL },
	{ "allow_acr = loa2 loa3", "\"acr\":\"loa1\"", NULL, "ACR",
	    "insufficient_user_authentication" },
	{ "require_amr = otp", "\"amr\":[\"pwd\",\"otp\"]", NULL, NULL, NULL },
	{ "require_amr = otp", "\"amr\":[\"pwd\"]", NULL, "ACR",
	    "insufficient_user_authentication" },
	{ "max_auth_age = 315360000", "\"auth_time\":1700000000", NULL, NULL,
	    NULL },
	{ "max_auth_age = 300", "\"auth_time\":1700000000", NULL, "AUTH_TIME",
	    "insufficient_user_authentication" },
	{ "require_scope = other", "\"x\":1", NULL, "SCOPE",
	    "insufficient_scope" },
	{ "require_group = wheel", "\"groups\":[\"wheel\"]", NULL, NULL, NULL },
	{ "require_group = wheel", "\"groups\":[\"users\"]", NULL, "GROUP",
	    "invalid_token" },
	{ "allow_client = c d", "\"x\":1", NULL, NULL, NULL },
	{ "allow_client = d e", "\"x\":1", NULL, "CLIENT", "invalid_token" },
	{ "max_lifetime = 600", "\"x\":1", NULL, NULL, NULL },
	{ "max_lifetime = 30", "\"x\":1", NULL, "LIFETIME", "invalid_token" },
	{ "allow_network = 192.0.2.0/24", "\"x\":1", "192.0.2.7", NULL, NULL },
	{ "allow_network = 192.0.2.0/24", "\"x\":1", "::ffff:192.0.2.7", NULL,
	    NULL },
	{ "allow_network = 192.0.2.0/24", "\"x\":1", "192.0.3.7", "SOURCE",
	    "invalid_token" },
	/* No address, in either spelling; and a name, which is none. */
	{ "allow_network = 0.0.0.0/0 ::/0", "\"x\":1", "-", "SOURCE",
	    "invalid_token" },
	{ "allow_network = 0.0.0.0/0 ::/0", "\"x\":1", "", "SOURCE",
	    "invalid_token" },
	{ "allow_network = 0.0.0.0/0 ::/0", "\"x\":1", "localhost", "SOURCE",
	    "invalid_token" },
};

static void
use_rule(const char *rule)
{
	char section[512];
	struct answer a;

	snprintf(section, sizeof(section),
	    "[service rules]\nissuer = " ISS_A "\npeer = %s\n%s\n", me, rule);
	write_config(section);
	assert_int_equal(control("reload", &a), BA_FAMILY_OK);
}

/* A PAM login and its account phase, then the same as SASL. */
static void
check_rule(const struct rule_case *c)
{
	struct question q = { .service = "rules", .rhost = c->rhost };
	char error[64], *t = token_with(c->more);
	bool ok = c->error == NULL;
	struct answer a;

	use_rule(c->rule);
	q.token = t;
	assert_int_equal(
	    ask(&q, &a), ok ? BA_FAMILY_OK : BA_FAMILY_NOT_ALLOWED);
	q.account = true;
	q.id = ID_1;
	if (ok)
		assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	q.account = false;
	q.sasl = true;
	assert_int_equal(
	    ask(&q, &a), ok ? BA_FAMILY_OK : BA_FAMILY_NOT_ALLOWED);
	assert_string_equal(a.status, ok ? "" : c->status);
	if (!ok) {
		snprintf(error, sizeof(error),
		    "ask verdict=\"not allowed\" error=%s check=", c->error);
		assert_true(logged(error));
	}
	free(t);
}

static void
STEP_01_rules_and_what_a_client_is_told(void **state)
{
	struct broker b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rule_cases) / sizeof(rule_cases[0]); i++) {
		/* A log for each. */
		write_config("");
		start(&b, NULL);
		check_rule(&rule_cases[i]);
		stop(&b);
	}
}

/* The account phase goes by the rules of now, on the claims of then. */
static void
V48_rules_that_changed_after_the_login(void **state)
{
	struct question q = { .service = "rules", .rhost = "192.0.2.7" };
	struct broker b;
	struct answer a;
	char *t;

	(void)state;
	write_config("");
	start(&b, NULL);
	t = token_with("\"groups\":[\"wheel\",\"users\",\"staff\"]");
	use_rule("allow_group = wheel users\nallow_network = 192.0.2.0/24");
	q.token = t;
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	q.account = true;
	q.id = ID_1;
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	/* … and from where it is asked now (V48). */
	q.rhost = "192.0.3.7";
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	assert_true(logged("account verdict=\"not allowed\" error=SOURCE "
			   "check=source"));
	q.rhost = "192.0.2.7";
	use_rule("require_group = users");
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	use_rule("require_group = admins");
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	assert_true(logged("account verdict=\"not allowed\" error=GROUP "
			   "check=group"));
	/* A group that no rule named at the login is held by nobody. */
	use_rule("require_group = staff");
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	free(t);
	stop(&b);
}

/*
 * uid 0 by a line of the map, and by nothing else: not by a claim that says
 * root, nor for anybody whom another line names.
 */
static void
PM_02_root_by_the_map_alone(void **state)
{
	struct question q = { .service = "rules", .user = "root", .uid = 1 };
	char *good;
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	start(&b, NULL);
	good = token(mint_a, ISS_A, "alice", "login", 300);
	write_file("map", "# nobody\n");
	special.map = true;
	use_rule("");
	q.token = good;
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	write_file("map", "# who\n" ISS_A "  s-1  root\n");
	/* Not before somebody reads it again. */
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	use_rule("");
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	assert_string_equal(a.user, "root");
	q.account = true;
	q.id = ID_1;
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	q.account = false;
	q.id = NULL;
	/* Now s-1 is root, and alice no more, whatever the token calls them. */
	q.user = "alice";
	q.uid = 0;
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	write_file("map", "# who\n" ISS_A "  s-2  root\n");
	use_rule("");
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	q.user = "root";
	q.uid = 1;
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	/* A claim that says root. */
	free(good);
	good = token(mint_a, ISS_A, "root", "login", 300);
	q.token = good;
	assert_int_equal(ask(&q, &a), BA_FAMILY_NOT_ALLOWED);
	assert_true(logged("error=USER_NAME check=identity"));
	special.map = false;
	free(good);
	stop(&b);
}

/* Each tenant is an issuer, and each has its line. */
static void
V36_tenants_in_the_status(void **state)
{
	static const char more[] =
	    "[issuer https://login.example.org/{tenantid}/v2.0]\n"
	    "tenant = 11111111-1111-1111-1111-111111111111 "
	    "22222222-2222-2222-2222-222222222222\n"
	    "audience = here\nusername = preferred_username\n";
	struct broker b;
	struct answer a;

	(void)state;
	write_config(more);
	start(&b, NULL);
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text,
	    "issuer https://login.example.org/"
	    "11111111-1111-1111-1111-111111111111/v2.0: 0 keys\n"));
	assert_non_null(strstr(a.text,
	    "issuer https://login.example.org/"
	    "22222222-2222-2222-2222-222222222222/v2.0: 0 keys\n"));
	assert_null(strstr(a.text, "{tenantid}"));
	stop(&b);
}

/* Where keys come from is said; a secret and its hash are not. */
static void
JWK_09_a_secret_in_the_status(void **state)
{
	static const char k[] = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlYyE";
	struct broker b;
	struct answer a;
	char more[512];
	int i;

	(void)state;
	snprintf(more, sizeof(more), "{\"kty\":\"oct\",\"k\":\"%s\"}", k);
	write_file("secret", more);
	snprintf(more, sizeof(more),
	    "[issuer https://shared.example.org]\naudience = here\n"
	    "username = sub\nsymmetric_key_file = %s\n",
	    in_dir("secret"));
	write_config(more);
	/* Then for others to read, which makes it no secret. */
	for (i = 0; i < 2; i++) {
		start(&b, NULL);
		assert_int_equal(control("status", &a), BA_FAMILY_OK);
		assert_non_null(strstr(a.text,
		    i == 0
			? "issuer https://shared.example.org: secret file, 1 "
			  "keys\n"
			: "issuer https://shared.example.org: secret file, 0 "
			  "keys"));
		assert_int_equal(logged(in_dir("secret")), i == 1);
		assert_false(logged(k));
		assert_null(strstr(a.text, k));
		stop(&b);
		assert_int_equal(chmod(in_dir("secret"), 0644), 0);
	}
}

/* As long as a token may be, through frame, verifier and login record. */
static void
the_longest_token(void **state)
{
	static char scope[48000];
	struct question q = { 0 };
	struct broker b;
	struct answer a;
	char *long_token;

	(void)state;
	write_config("");
	start(&b, NULL);
	/* One more member, behind scope; what is kept is without it. */
	memset(scope, 'x', 47500);
	scope[47500] = '\0';
	memcpy(scope, "login\",\"filler\":\"", 17);
	long_token = token(mint_a, ISS_A, "alice", scope, 300);
	assert_true(strlen(long_token) > 63000);
	assert_true(strlen(long_token) <= 65536);
	assert_int_equal(ask_with("sshd", long_token, &a), BA_FAMILY_OK);
	q.account = true;
	q.id = ID_1;
	assert_int_equal(ask(&q, &a), BA_FAMILY_OK);
	free(long_token);
	stop(&b);
}

/* Frames that break the protocol; the last one is the good twin. */
static void
broken_frames(void **state)
{
	const struct question q = { .token = tok_alice };
	struct ba_buf good;
	struct broker b;
	struct answer a;
	unsigned char *p;
	int fd, i;

	(void)state;
	write_config("");
	start(&b, NULL);
	build(&q, &good);
	p = good.p;
	for (i = 0; i < 6; i++) {
		fd = dial(i == 5 ? "control" : "ask");
		switch (i) {
		case 0:
			p[4] = BA_WIRE_VERSION + 1;
			break;
		case 1:
			p[5] = BA_MSG_CONTROL;
			break;
		case 2:
			p[0] = 0xff; /* a length beyond all limits */
			break;
		case 3:
			p[3]++; /* waits for one byte more, and … */
			assert_int_equal(ba_buf_append(&good, "xx", 2),
			    BA_OK); /* … two come */
			break;
		case 4:
			p[5] = BA_MSG_VERDICT;
			break;
		case 5: /* a question at the wrong door */
			break;
		}
		send_all(fd, good.p, good.len);
		assert_int_equal(await(fd, &a, SOON), -1);
		ba_buf_wipe(&good);
		build(&q, &good);
		p = good.p;
	}
	assert_true(logged("closed: the other side broke the protocol"));
	fd = dial("ask");
	send_all(fd, good.p, good.len);
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_OK);
	ba_buf_wipe(&good);
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	stop(&b);
}

static void
build_session(uint8_t event, struct ba_buf *b)
{
	struct ba_msg_out o;

	ba_buf_init(b, BA_WIRE_ASK_MAX + 4);
	ba_msg_begin(&o, b, BA_WIRE_VERSION, BA_MSG_SESSION);
	ba_msg_put_str(&o, BA_TAG_ID, ID_1);
	ba_msg_put_str(&o, BA_TAG_SERVICE, "sshd");
	ba_msg_put_str(&o, BA_TAG_USER, "alice");
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, 5000);
	ba_msg_put_u8(&o, BA_TAG_EVENT, event);
	assert_int_equal(ba_msg_end(&o), BA_OK);
}

/* Of a login that the same broker let in; test_session.c has the rest. */
static void
session(void **state)
{
	struct ba_buf frame;
	struct broker b;
	struct answer a;
	int fd;

	(void)state;
	write_config("");
	start(&b, NULL);
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	build_session(BA_SESSION_OPEN, &frame);
	fd = dial("ask");
	send_all(fd, frame.p, frame.len);
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_OK);
	assert_true(a.expires > (uint64_t)time(NULL));
	assert_true(logged("session-open verdict=accepted id=" ID_1
			   " service=sshd user=alice peer="));
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text, " our fault; 1 sessions opened\n"));
	/* In a version that has no sessions, and at the wrong door. */
	frame.p[4] = 1;
	fd = dial("ask");
	send_all(fd, frame.p, frame.len);
	assert_int_equal(await(fd, &a, SOON), -1);
	frame.p[4] = BA_WIRE_VERSION;
	fd = dial("control");
	send_all(fd, frame.p, frame.len);
	assert_int_equal(await(fd, &a, SOON), -1);
	ba_buf_wipe(&frame);
	stop(&b);
}

/* 100,000 bytes of noise, while somebody else asks. */
static void
V51_noise(void **state)
{
	static unsigned char noise[100000];
	struct broker b;
	struct answer a;
	size_t i;
	int fd, k;

	(void)state;
	write_config("");
	start(&b, NULL);
	for (k = 0; k < 4; k++) {
		fd = dial("ask");
		/* Random; a huge frame; a frame of the right size; dots. */
		assert_int_equal(ba_random(noise, sizeof(noise)), BA_OK);
		for (i = 0; k > 0 && i < sizeof(noise); i++)
			noise[i] = k == 3 ? '.' : (unsigned char)(k == 2);
		if (k == 2)
			memcpy(noise, "\0\1\0\0\1\1", 6);
		(void)send(
		    fd, noise, sizeof(noise), MSG_NOSIGNAL | MSG_DONTWAIT);
		assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
		close(fd);
	}
	stop(&b);
}

/* A question that comes by single bytes is not waited for. */
static void
slow_question(void **state)
{
	const struct question q = { .token = tok_alice };
	struct ba_buf frame;
	struct broker b;
	struct answer a;
	struct pollfd p;
	int64_t begin;
	size_t i;
	int fd;

	(void)state;
	write_config("");
	start(&b, NULL);
	build(&q, &frame);
	fd = dial("ask");
	begin = now_ms();
	p = (struct pollfd){ .fd = fd, .events = POLLIN };
	for (i = 0; i < frame.len; i++) {
		if (send(fd, frame.p + i, 1, MSG_NOSIGNAL) != 1)
			break;
		if (poll(&p, 1, 20) == 1)
			break;
		if (i == 10)
			assert_int_equal(
			    ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	}
	assert_true(i < frame.len);
	assert_true(now_ms() - begin >= 1900);
	assert_true(now_ms() - begin < SOON);
	assert_true(logged("closed: the time is up"));
	ba_buf_wipe(&frame);
	close(fd);
	stop(&b);
}

/* The kernel has accepted it; has the broker closed it? */
static bool
turned_away(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLHUP) != 0;
}

static void
V49_quota(void **state)
{
	struct broker b;
	struct answer a;
	int fd[4], i, n;

	(void)state;
	if (geteuid() == 0)
		skip();
	write_config("[broker]\nmax_per_uid = 3\n");
	start(&b, NULL);
	for (i = 0; i < 4; i++) {
		fd[i] = dial("ask");
		assert_int_equal(
		    turned_away(fd[i], i == 3 ? SOON : 50), i == 3);
	}
	assert_true(logged("turned away: too many at once"));
	/* A place that becomes free is one for the next. */
	close(fd[0]);
	for (n = 0; n < 100; n++) {
		const struct question q = { .token = tok_alice };
		int one = dial("ask");

		put_question(one, &q);
		if (await(one, &a, SOON) == BA_FAMILY_OK)
			break;
	}
	assert_true(n < 100);
	for (i = 1; i < 4; i++)
		close(fd[i]);
	stop(&b);
}

static void
reload(void **state)
{
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	start(&b, NULL);
	assert_int_equal(ask_with("new", tok_alice, &a), BA_FAMILY_NOT_ALLOWED);
	write_file("conf", "[service new]\nissuer = " ISS_A "\nper = 0\n");
	assert_int_equal(control("reload", &a), BA_FAMILY_FAULT);
	assert_non_null(strstr(a.text, "/conf:"));
	expect_state(&b, "RELOADING=1");
	expect_state(&b, "READY=1");
	assert_true(logged("stays in force"));
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);

	write_config("[service new]\nissuer = " ISS_A "\npeer = 65534\n");
	assert_int_equal(control("reload", &a), BA_FAMILY_OK);
	expect_state(&b, "RELOADING=1");
	expect_state(&b, "READY=1");
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	assert_int_equal(ask_with("new", tok_alice, &a),
	    strcmp(me, "65534") == 0 ? BA_FAMILY_OK : BA_FAMILY_NOT_ALLOWED);

	write_config("");
	assert_int_equal(kill(b.pid, SIGHUP), 0);
	expect_state(&b, "RELOADING=1");
	expect_state(&b, "READY=1");
	assert_int_equal(ask_with("new", tok_alice, &a), BA_FAMILY_NOT_ALLOWED);
	stop(&b);
}

/* V48: "yes" to a question of yesterday is judged by today's rules. */
static void
V48_reload_under_a_question(void **state)
{
	const struct question q = { .service = "careful", .token = tok_alice };
	struct broker b;
	struct answer a;
	int fd;

	(void)state;
	write_config("");
	start(&b, NULL);
	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(next_frame(fd, &a, SOON), BA_MSG_PROMPT);
	assert_int_equal(control("reload", &a), BA_FAMILY_OK);
	put_reply(fd, "yes");
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_OK);

	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(next_frame(fd, &a, SOON), BA_MSG_PROMPT);
	write_file("conf", "# nothing is left\n");
	assert_int_equal(control("reload", &a), BA_FAMILY_OK);
	put_reply(fd, "yes");
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_NOT_ALLOWED);
	assert_int_equal(
	    ask_with("careful", tok_alice, &a), BA_FAMILY_NOT_ALLOWED);
	stop(&b);
}

static void
status(void **state)
{
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	start(&b, NULL);
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	assert_int_equal(ask_with("sshd", tok_old, &a), BA_FAMILY_REFUSED);
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text, "bearerauthd " PACKAGE_VERSION ", up"));
	assert_non_null(strstr(a.text, "connections: 1 of 1024"));
	assert_non_null(strstr(a.text, "verdicts: 1 accepted, 1 refused, 0"));
	assert_non_null(strstr(a.text, "issuer " ISS_A ": file, 1 keys\n"));
	assert_non_null(strstr(a.text, "issuer " ISS_B ": 0 keys\n"));
	assert_int_equal(control("stop", &a), BA_FAMILY_FAULT);
	assert_non_null(strstr(a.text, "status, reload"));
	stop(&b);
}

/*
 * The helper hangs: whoever needs it hears "unavailable" in time, whoever
 * does not need it notices nothing.
 */
static void
V38_a_hung_issuer_delays_nobody_else(void **state)
{
	const struct question q = { .token = tok_b, .deadline = 2000 };
	struct broker b;
	struct answer a;
	int64_t begin;
	int fd, gone, i;

	(void)state;
	write_config("");
	start(&b, "fake-hang");
	begin = now_ms();
	fd = dial("ask");
	put_question(fd, &q);
	gone = dial("ask");
	put_question(gone, &q);
	for (i = 0; i < 20; i++)
		assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	assert_true(now_ms() - begin < 1800);
	close(gone); /* gives up while it waits */
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text, "0 keys, being asked now"));
	assert_non_null(strstr(a.text, "bearerauth-fetch: runs"));
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_UNAVAILABLE);
	assert_true(now_ms() - begin >= 1800);
	assert_true(now_ms() - begin < 4000);
	assert_true(logged("ask verdict=unavailable error=TIMEOUT"));
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	stop(&b);
}

/* The helper ends, cannot be started, or says that the issuer is down. */
static void
issuer_cannot_be_asked(void **state)
{
	static const char *const helpers[] = { "fake-exit", "none",
		"fake-down" };
	struct broker b;
	struct answer a;
	int64_t begin;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		write_config("");
		start(&b, helpers[i]);
		begin = now_ms();
		assert_int_equal(ask_with("sshd", tok_b, &a),
		    i == 1 ? BA_FAMILY_FAULT : BA_FAMILY_UNAVAILABLE);
		/* And again at once: the issuer is left alone for a while. */
		assert_int_equal(
		    ask_with("sshd", tok_b, &a), BA_FAMILY_UNAVAILABLE);
		assert_true(now_ms() - begin < SOON);
		assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
		stop(&b);
	}
}

static size_t
requests(void)
{
	static char text[4096];
	size_t n = 0;
	char *p;

	read_file("requests", text, sizeof(text));
	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	return n;
}

/* Those who wait for one issuer wait for one asking. */
static void
V38_one_asking_for_all(void **state)
{
	const struct question q = { .token = tok_b };
	struct broker b;
	struct answer a;
	char *next;
	int fd[8], i;

	(void)state;
	write_config("");
	start(&b, "fake-good");
	for (i = 0; i < 8; i++) {
		fd[i] = dial("ask");
		put_question(fd[i], &q);
	}
	for (i = 0; i < 8; i++)
		assert_int_equal(await(fd[i], &a, SOON), BA_FAMILY_OK);
	assert_int_equal(requests(), 2); /* metadata, keys */
	assert_int_equal(ask_with("sshd", tok_b, &a), BA_FAMILY_OK);
	/* A kid that is not there: asked a moment ago, so that is known. */
	next = token(mint_b2, ISS_B, "alice", "login", 300);
	assert_int_equal(ask_with("sshd", next, &a), BA_FAMILY_REFUSED);
	assert_true(logged("error=KEY"));
	free(next);
	assert_int_equal(requests(), 2);
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text, "issuer " ISS_B ": 1 keys\n"));
	stop(&b);
}

/* Another broker of the machine, as far as issuer B's keys go. */
struct fellow {
	struct ba_config *config;
	struct ba_store *store;
	struct ba_keys *keys;
	const struct ba_issuer *issuer;
};

static void
make_fellow(struct fellow *f)
{
	struct ba_store_options so = { .path = in_dir("store.db"),
		.busy_ms = 1000 };

	assert_int_equal(ba_store_open(&so, &f->store), BA_OK);
	assert_int_equal(
	    ba_config_load(in_dir("conf"), geteuid(), NULL, &f->config), BA_OK);
	assert_int_equal(
	    ba_keys_new(f->config, f->store, geteuid(), NULL, &f->keys), BA_OK);
	f->issuer = ba_config_issuer(f->config, ISS_B);
}

static void
unmake_fellow(struct fellow *f)
{
	ba_keys_free(f->keys);
	ba_config_free(f->config);
	ba_store_close(f->store);
}

static void
fellow_begins(struct fellow *f, int64_t now)
{
	struct ba_http_request request;

	assert_int_equal(
	    ba_keys_begin(f->keys, f->issuer, now, false, &request), BA_OK);
}

static void
fellow_hears(struct fellow *f, int64_t now, const char *file, int expect)
{
	static char text[4096];
	struct ba_http_request request;
	struct ba_http_response response;

	ba_http_response_init(&response);
	response.err = BA_OK;
	response.status = 200;
	strcpy(response.content_type, "application/json");
	read_file(file, text, sizeof(text));
	assert_int_equal(ba_buf_append_str(&response.body, text), BA_OK);
	assert_int_equal(
	    ba_keys_feed(f->keys, f->issuer, now, &response, &request), expect);
	ba_http_response_clear(&response);
}

/*
 * Another broker is asking the issuer already: ours waits for what comes of
 * that, and asks nobody.
 */
static void
V38_another_broker_asks(void **state)
{
	const struct question q = { .token = tok_b };
	int64_t now = (int64_t)time(NULL);
	struct fellow f;
	struct broker b;
	struct answer a;
	int fd;

	(void)state;
	write_config("");
	start(&b, "fake-good");
	make_fellow(&f);
	fellow_begins(&f, now);
	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
	fellow_hears(&f, now, "metadata_b", BA_ERR_NEED_KEYS);
	fellow_hears(&f, now, "jwks_b", BA_OK);
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_OK);
	assert_int_equal(requests(), 0);
	unmake_fellow(&f);
	stop(&b);
}

/*
 * An unknown kid while the issuer cannot be asked is nobody's fault, and no
 * restart or reload makes it the token's.
 */
static void
V38_unknown_kid_while_the_issuer_is_down(void **state)
{
	int64_t now = (int64_t)time(NULL);
	struct fellow f;
	struct broker b;
	struct answer a;
	char *next;

	(void)state;
	write_config("");
	forget_store();
	make_fellow(&f);
	fellow_begins(&f, now - 60);
	fellow_hears(&f, now - 60, "metadata_b", BA_ERR_NEED_KEYS);
	fellow_hears(&f, now - 60, "jwks_b", BA_OK);
	fellow_begins(&f, now);
	ba_keys_abandon(f.keys, f.issuer, now);
	unmake_fellow(&f);
	special.keep_store = true;
	start(&b, "fake-good");
	special.keep_store = false;
	next = token(mint_b2, ISS_B, "alice", "login", 300);
	assert_int_equal(ask_with("sshd", next, &a), BA_FAMILY_UNAVAILABLE);
	assert_int_equal(control("reload", &a), BA_FAMILY_OK);
	assert_int_equal(ask_with("sshd", next, &a), BA_FAMILY_UNAVAILABLE);
	assert_true(logged("verdict=unavailable error=UNAVAIL"));
	/* What is known goes on. */
	assert_int_equal(ask_with("sshd", tok_b, &a), BA_FAMILY_OK);
	assert_int_equal(requests(), 0);
	free(next);
	stop(&b);
}

/* What one broker has fetched, the next one finds in the store. */
static void
keys_outlive_the_broker(void **state)
{
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	start(&b, "fake-good");
	assert_int_equal(ask_with("sshd", tok_b, &a), BA_FAMILY_OK);
	assert_int_equal(requests(), 2);
	stop(&b);
	special.keep_store = true;
	start(&b, "fake-good");
	special.keep_store = false;
	assert_int_equal(ask_with("sshd", tok_b, &a), BA_FAMILY_OK);
	assert_int_equal(requests(), 0);
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text, "bearerauth-fetch: does not run;"));
	stop(&b);
}

/* Few descriptors: as many connections as fit, and a word about it. */
static void
few_descriptors(void **state)
{
	struct broker b;
	struct answer a;

	(void)state;
	write_config("");
	special.files = 80;
	start(&b, NULL);
	special.files = 0;
	assert_true(logged("max_connections is 16 and not 1024"));
	assert_int_equal(control("status", &a), BA_FAMILY_OK);
	assert_non_null(strstr(a.text, "connections: 1 of 16"));
	stop(&b);
}

/* None left all of a sudden: whoever comes waits, and is not lost. */
static void
no_descriptors(void **state)
{
	const struct question q = { .token = tok_alice };
	struct rlimit none, old;
	struct broker b;
	struct answer a;
	struct pollfd p;
	int i;

	(void)state;
	write_config("");
	start(&b, NULL);
	assert_int_equal(prlimit(b.pid, RLIMIT_NOFILE, NULL, &old), 0);
	none = old;
	none.rlim_cur = 3;
	assert_int_equal(prlimit(b.pid, RLIMIT_NOFILE, &none, NULL), 0);
	p = (struct pollfd){ .fd = dial("ask"), .events = POLLIN };
	put_question(p.fd, &q);
	for (i = 0; i < 100 && !logged("out of descriptors"); i++)
		assert_int_equal(poll(&p, 1, 50), 0);
	assert_true(i < 100);
	assert_int_equal(prlimit(b.pid, RLIMIT_NOFILE, &old, NULL), 0);
	assert_int_equal(await(p.fd, &a, SOON), BA_FAMILY_OK);
	stop(&b);
}

/* SIGTERM: who is in gets the answer, who comes later does not. */
static void
drains(void **state)
{
	const struct question q = { .service = "careful", .token = tok_alice };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct broker b;
	struct answer a;
	int fd, late, st;

	(void)state;
	write_config("");
	start(&b, NULL);
	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(next_frame(fd, &a, SOON), BA_MSG_PROMPT);
	assert_int_equal(kill(b.pid, SIGTERM), 0);
	expect_state(&b, "STOPPING=1");
	/* The doors are closed right after it has said so; be sure of it. */
	while ((late = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0) {
		snprintf(
		    sun.sun_path, sizeof(sun.sun_path), "%s", in_dir("ask"));
		st = connect(late, (struct sockaddr *)&sun, sizeof(sun));
		close(late);
		if (st != 0)
			break;
	}
	assert_int_equal(errno, ECONNREFUSED);
	put_reply(fd, "yes");
	assert_int_equal(await(fd, &a, SOON), BA_FAMILY_OK);
	assert_int_equal(waitpid(b.pid, &st, 0), b.pid);
	assert_true(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	close(b.notify);

	/* A second one does not wait for anybody. */
	start(&b, NULL);
	fd = dial("ask");
	put_question(fd, &q);
	assert_int_equal(next_frame(fd, &a, SOON), BA_MSG_PROMPT);
	assert_int_equal(kill(b.pid, SIGTERM), 0);
	expect_state(&b, "STOPPING=1");
	stop(&b);
	assert_int_equal(await(fd, &a, SOON), -1);
}

/* A thousand questions, of which the leak checker then speaks. */
static void
many_questions(void **state)
{
	struct broker b;
	struct answer a;
	int i;

	(void)state;
	write_config("");
	start(&b, NULL);
	for (i = 0; i < 500; i++) {
		assert_int_equal(ask_with("sshd", tok_alice, &a), BA_FAMILY_OK);
		assert_int_equal(
		    ask_with("sshd", tok_old, &a), BA_FAMILY_REFUSED);
	}
	stop(&b);
}

/*
 * CA-01: a client's secret from the service manager, whose directory is named
 * before the environment is thrown away; a name that is no absolute path is
 * no directory.
 */
static void
CA_01_credentials_of_the_service_manager(void **state)
{
	static const char issuer[] =
	    "[issuer https://c.example.org]\naudience = here\n"
	    "username = sub\nverify = introspection\n"
	    "introspection_endpoint = https://c.example.org/introspect\n"
	    "client_id = us\nclient_auth = client_secret_basic\n"
	    "client_secret_file = credential:secret\n"
	    "[service opaque]\nissuer = https://c.example.org\n"
	    "opaque_issuer = https://c.example.org\npeer = ";
	const struct question q = { .service = "opaque",
		.token = "opaque-token-0123456789" };
	const struct {
		const char *directory;
		bool usable, relative;
	} cases[] = {
		{ dir, true, false },
		{ in_dir("none"), false, false },
		{ "relative", false, true },
		{ NULL, false, false },
	};
	char more[1024];
	struct broker b;
	struct answer a;
	size_t i;

	(void)state;
	snprintf(more, sizeof(more), "%s%s\n", issuer, me);
	write_file("secret", "our secret\n");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_config(more);
		special.credentials = cases[i].directory;
		start(&b, "fake-down");
		special.credentials = NULL;
		assert_int_equal(logged("CREDENTIALS_DIRECTORY is no absolute"),
		    cases[i].relative);
		assert_int_equal(ask(&q, &a),
		    cases[i].usable ? BA_FAMILY_UNAVAILABLE : BA_FAMILY_FAULT);
		assert_int_equal(logged("error=SECRET "), !cases[i].usable);
		assert_false(logged("our secret"));
		stop(&b);
	}
}

/* --- this program as bearerauth-fetch ------------------------------------ */

static void
helper_answer(const char *home, const struct ba_msg *m, bool down)
{
	char url[2049], text[4096], path[256];
	struct ba_msg_out o;
	struct ba_buf b;
	FILE *f;
	size_t n;

	if (ba_msg_get_str(m, BA_TAG_URL, url, sizeof(url)) != BA_OK)
		_exit(1);
	snprintf(path, sizeof(path), "%s/requests", home);
	f = fopen(path, "a");
	if (f == NULL || fprintf(f, "%s\n", url) < 0 || fclose(f) != 0)
		_exit(1);
	snprintf(path, sizeof(path), "%s/%s", home,
	    strstr(url, ".well-known") != NULL ? "metadata_b" : "jwks_b");
	f = fopen(path, "r");
	if (f == NULL)
		_exit(1);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	ba_buf_init(&b, BA_WIRE_FETCH_MAX);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_FETCHED);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, ba_msg_u32(m, BA_TAG_SERIAL, 0));
	ba_msg_put_u32(&o, BA_TAG_ERROR, down ? (uint32_t)-BA_ERR_HTTP : 0);
	ba_msg_put_u32(&o, BA_TAG_HTTP_STATUS, down ? 0 : 200);
	if (!down) {
		ba_msg_put_str(&o, BA_TAG_CONTENT_TYPE, "application/json");
		ba_msg_put(&o, BA_TAG_BODY, text, n);
	}
	if (ba_msg_end(&o) != BA_OK ||
	    send(3, b.p, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		_exit(1);
	ba_buf_wipe(&b);
}

/* Its name says how it behaves; its directory is the test's. */
static int
helper_main(char *self, const char *name)
{
	static unsigned char frame[BA_WIRE_ASK_MAX];
	struct pollfd p = { .fd = 3, .events = POLLIN };
	const char *home = dirname(self);
	struct ba_msg m;
	size_t n = 0, total;
	ssize_t got;

	if (strcmp(name, "fake-exit") == 0)
		return 0;
	/* Not for ever, should the broker forget us. */
	(void)alarm(30);
	while (strcmp(name, "fake-hang") == 0)
		(void)pause();
	for (;;) {
		if (poll(&p, 1, -1) != 1)
			return 1;
		got = recv(3, frame + n, sizeof(frame) - n, 0);
		if (got <= 0)
			return 0;
		n += (size_t)got;
		while (
		    ba_frame_size(frame, n, BA_WIRE_ASK_MAX, &total) == BA_OK &&
		    total > 0 && total <= n) {
			if (ba_msg_parse(frame, total, &m) != BA_OK)
				return 1;
			helper_answer(home, &m, strcmp(name, "fake-down") == 0);
			memmove(frame, frame + total, n - total);
			n -= total;
		}
	}
}

/* --- set-up -------------------------------------------------------------- */

static int
make_issuers(void)
{
	char *jwks;

	mint_a = ba_mint_new(BA_MINT_P256, "a1", NULL);
	mint_b = ba_mint_new(BA_MINT_P256, "b1", NULL);
	mint_b2 = ba_mint_new(BA_MINT_P256, "b2", NULL);
	jwks = ba_mint_jwks_of(mint_a);
	write_file("jwks_a", jwks);
	free(jwks);
	jwks = ba_mint_jwks_of(mint_b);
	write_file("jwks_b", jwks);
	free(jwks);
	write_file("metadata_b",
	    "{\"issuer\":\"" ISS_B "\",\"jwks_uri\":\"" ISS_B "/keys\"}");
	tok_alice = token(mint_a, ISS_A, "alice", "openid login", 300);
	tok_bob = token(mint_a, ISS_A, "bob", "login", 300);
	tok_old = token(mint_a, ISS_A, "alice", "login", -120);
	tok_poor = token(mint_a, ISS_A, "alice", "openid", 300);
	tok_mail = token(mint_a, ISS_A, "alice", "mail", 300);
	tok_b = token(mint_b, ISS_B, "alice", "login", 300);
	return 0;
}

static int
set_up(void **state)
{
	static const char *const fakes[] = { "fake-good", "fake-down",
		"fake-hang", "fake-exit" };
	char self[512];
	ssize_t n;
	size_t i;

	(void)state;
	/* The broker must have an end other than root. */
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 ||
				  setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
				  setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return -1;
	umask(022);
	strcpy(dir, "/tmp/ba_broker_XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(me, sizeof(me), "%u", (unsigned)geteuid());
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return -1;
	self[n] = '\0';
	for (i = 0; i < 4; i++) {
		if (symlink(self, in_dir(fakes[i])) != 0)
			return -1;
	}
	return make_issuers();
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "ask", "control", "notify", "conf",
		"jwks_a", "jwks_b", "metadata_b", "map", "secret", "log",
		"requests", "store.db", "store.db-wal", "store.db-shm",
		"fake-good", "fake-down", "fake-hang", "fake-exit" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(in_dir(names[i]));
	ba_mint_free(mint_a);
	ba_mint_free(mint_b);
	ba_mint_free(mint_b2);
	free(tok_alice);
	free(tok_bob);
	free(tok_old);
	free(tok_poor);
	free(tok_mail);
	free(tok_b);
	return rmdir(dir);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted),
		cmocka_unit_test(refused_and_not_allowed),
		cmocka_unit_test(
		    V51_unwelcome_peers_are_logged_once_in_a_while),
		cmocka_unit_test(confirm),
		cmocka_unit_test(account),
		cmocka_unit_test(STEP_01_rules_and_what_a_client_is_told),
		cmocka_unit_test(V48_rules_that_changed_after_the_login),
		cmocka_unit_test(PM_02_root_by_the_map_alone),
		cmocka_unit_test(V36_tenants_in_the_status),
		cmocka_unit_test(JWK_09_a_secret_in_the_status),
		cmocka_unit_test(the_longest_token),
		cmocka_unit_test(broken_frames),
		cmocka_unit_test(session),
		cmocka_unit_test(V51_noise),
		cmocka_unit_test(slow_question),
		cmocka_unit_test(V49_quota),
		cmocka_unit_test(reload),
		cmocka_unit_test(V48_reload_under_a_question),
		cmocka_unit_test(status),
		cmocka_unit_test(V38_a_hung_issuer_delays_nobody_else),
		cmocka_unit_test(issuer_cannot_be_asked),
		cmocka_unit_test(V38_one_asking_for_all),
		cmocka_unit_test(V38_another_broker_asks),
		cmocka_unit_test(V38_unknown_kid_while_the_issuer_is_down),
		cmocka_unit_test(keys_outlive_the_broker),
		cmocka_unit_test(CA_01_credentials_of_the_service_manager),
		cmocka_unit_test(few_descriptors),
		cmocka_unit_test(no_descriptors),
		cmocka_unit_test(drains),
		cmocka_unit_test(many_questions),
	};
	const char *name = strrchr(argv[0], '/');

	(void)argc;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fake-", 5) == 0)
		return helper_main(argv[0], name);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
