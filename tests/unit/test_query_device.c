/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/wire/message.h"
#include "tests/unit/mint.h"

#include "broker/broker.h"
#include "broker/conn.h"
#include "broker/login.h"
#include "broker/query.h"

/*
 * Logins by the device flow, in a broker inside this process with a clock of
 * its own.  This program is its helper, too: what issuer X says stands in files
 * metadata_X, jwks_X, device_X, token_X and answer_X, and what it was asked is
 * written down.
 *
 *  a  is found by its metadata		b  all of it is configured
 *  c  is asked about tokens, too
 */
#define URL(x) "https://" x ".example.org"
#define START  INT64_C(1700000000)
#define SOON   5000 /* ms, real ones */
#define ID     "00000000000000000000000000000001"

#define DEVICE_CODE "device-code-0123456789"
#define USER_CODE   "WDJB-MJHT"
#define OPAQUE      "opaque-token-0123456789"

static char dir[64];
static struct ba_mint *mint;
static char log_text[64 * 1024];

struct scene {
	int64_t now; /* ms */
	struct ba_clock clock;
	struct ba_broker *b;
	int fd; /* the client's end, or -1 */
	struct ba_buf in;
	char text[BA_WIRE_TEXT_MAX + 1]; /* of the last prompt */
	char *token; /* alice's */
};
static struct scene t;

/* --- files ---------------------------------------------------------------- */

static const char *
in_dir(const char *name)
{
	static char path[8][128];
	static unsigned next;
	char *p = path[next++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void
write_file(const char *name, const char *text)
{
	FILE *f;

	f = fopen(in_dir(name), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_dir(name), 0600), 0);
}

static size_t
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
	return n;
}

static void
says(const char *name, unsigned status, const char *type, const char *body)
{
	static char text[64 * 1024];

	snprintf(text, sizeof(text), "%u %s\n%s", status, type, body);
	write_file(name, text);
}

#define JSON "application/json"

/* How many requests had this in their URL or form?  The list is empty then. */
#define ANY "https:"

static unsigned
requests(const char *what)
{
	static char text[256 * 1024];
	unsigned n = 0;
	char *p;

	read_file("requests", text, sizeof(text));
	for (p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	(void)unlink(in_dir("requests"));
	return n;
}

/* --- the broker ----------------------------------------------------------- */

static int64_t
fake_ms(void *arg)
{
	return *(int64_t *)arg;
}

static int64_t
fake_wall(void *arg)
{
	return *(int64_t *)arg / 1000;
}

static void
log_line(void *arg, enum ba_log_level level, const char *text)
{
	size_t n = strlen(log_text);

	(void)arg;
	(void)level;
	snprintf(log_text + n, sizeof(log_text) - n, "%s\n", text);
}

static const struct ba_log log_sink = { log_line, NULL };

static bool
logged(const char *text)
{
	return strstr(log_text, text) != NULL;
}

static void
start_broker(bool spawned, const char *helper)
{
	static char conf[128], store[128], path[128];
	const struct ba_broker_options o = {
		.clock = &t.clock,
		.log = &log_sink,
		.config = conf,
		.trusted_uid = geteuid(),
		.store = store,
		.store_busy_ms = 500,
		.spawned = spawned,
		.fetch_helper = path,
	};

	snprintf(conf, sizeof(conf), "%s", in_dir("conf"));
	snprintf(store, sizeof(store), "%s", in_dir("store.db"));
	snprintf(path, sizeof(path), "%s", in_dir(helper));
	log_text[0] = '\0';
	t.clock = (struct ba_clock){ fake_wall, fake_ms, &t.now };
	if (ba_broker_new(&o, &t.b) != BA_OK)
		fail_msg("%s", log_text);
}

static void
turn(void)
{
	assert_int_equal(ba_loop_once(t.b->loop, 0), BA_OK);
}

/* Let things happen, with the fake clock standing still. */
static void
turns(void)
{
	int i;

	for (i = 0; i < 12; i++) {
		turn();
		usleep(1500);
	}
}

static void
pass(int64_t ms)
{
	t.now += ms;
	turns();
}

/* --- the client ----------------------------------------------------------- */

struct question {
	const char *service, *user, *rhost;
	uid_t uid; /* 0: not known; root's is ROOT */
	bool held, mute;
	uid_t peer; /* root */
	uint64_t process;
};
#define ROOT ((uid_t)-3)

static void
hang_up(void)
{
	if (t.fd >= 0)
		close(t.fd);
	t.fd = -1;
	ba_buf_wipe(&t.in);
}

static void
put_process(struct ba_msg_out *o, uint64_t pid)
{
	unsigned char be[16] = { 0 };
	int i;

	for (i = 0; i < 8; i++)
		be[i] = (unsigned char)(pid >> (56 - 8 * i));
	be[15] = 7;
	if (pid != 0)
		ba_msg_put(o, BA_TAG_PROCESS, be, sizeof(be));
}

static void
put(const struct question *q)
{
	struct ba_peer peer = {
		.pid = getpid(), .uid = q->peer, .account = q->peer
	};
	struct ba_msg_out o;
	struct ba_buf b;
	int fd[2];

	hang_up();
	log_text[0] = '\0';
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	ba_buf_init(&b, BA_WIRE_ASK_MAX + 4);
	ba_msg_begin(&o, &b, 2, BA_MSG_DEVICE);
	ba_msg_put_str(&o, BA_TAG_ID, ID);
	ba_msg_put_str(
	    &o, BA_TAG_SERVICE, q->service != NULL ? q->service : "a");
	ba_msg_put_str(&o, BA_TAG_USER, q->user != NULL ? q->user : "alice");
	if (q->uid != 0)
		ba_msg_put_u32(
		    &o, BA_TAG_UID, q->uid == ROOT ? 0 : (uint32_t)q->uid);
	ba_msg_put_str(&o, BA_TAG_RHOST, q->rhost);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, 10000);
	ba_msg_put_u8(&o, BA_TAG_CAN_PROMPT, !q->mute);
	ba_msg_put_u8(&o, BA_TAG_HELD, q->held);
	put_process(&o, q->process);
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(send(fd[0], b.p, b.len, 0), (ssize_t)b.len);
	ba_buf_wipe(&b);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(ba_peers_enter(t.b->peers, q->peer), BA_OK);
	t.fd = fd[0];
	ba_buf_init(&t.in, 64 * 1024);
	assert_int_equal(ba_conn_begin(t.b, fd[1], &peer, false), BA_OK);
}

static void
take_input(void)
{
	unsigned char *p;
	ssize_t n;

	assert_int_equal(ba_buf_reserve(&t.in, 8192, &p), BA_OK);
	n = recv(t.fd, p, 8192, MSG_DONTWAIT);
	if (n > 0)
		ba_buf_commit(&t.in, (size_t)n);
}

static size_t
frame_there(void)
{
	size_t total;

	take_input();
	assert_int_equal(
	    ba_frame_size(t.in.p, t.in.len, BA_WIRE_ANSWER_MAX, &total), BA_OK);
	return total <= t.in.len ? total : 0;
}

/* Nothing is said, now and for a while. */
static void
silence(void)
{
	turns();
	assert_int_equal(frame_there(), 0);
}

/* The next frame; its text is in t.text. */
static struct ba_msg
hear(void)
{
	static unsigned char frame[BA_WIRE_ANSWER_MAX + 4];
	struct ba_msg m;
	size_t total;
	int i;

	for (i = 0; i < SOON / 2 && (total = frame_there()) == 0; i++) {
		turn();
		usleep(2000);
	}
	if (total == 0)
		fail_msg("no answer: %s", log_text);
	memcpy(frame, t.in.p, total);
	ba_buf_consume(&t.in, total);
	assert_int_equal(ba_msg_parse(frame, total, &m), BA_OK);
	assert_int_equal(m.version, 2);
	t.text[0] = '\0';
	if (m.type == BA_MSG_PROMPT)
		assert_int_equal(
		    ba_msg_get_str(&m, BA_TAG_TEXT, t.text, sizeof(t.text)),
		    BA_OK);
	return m;
}

static void
prompt(enum ba_prompt_style style, const char *text)
{
	struct ba_msg m = hear();

	assert_int_equal(m.type, BA_MSG_PROMPT);
	assert_int_equal(ba_msg_u8(&m, BA_TAG_STYLE, 0), style);
	if (strstr(t.text, text) == NULL)
		fail_msg("%s", t.text);
}

#define ASKS_FOR_ENTER prompt(BA_PROMPT_PLAIN, "Press Enter to get a code: ")
#define ASKS_TO_APPROVE                                                        \
	prompt(BA_PROMPT_PLAIN, USER_CODE "\nPress Enter when done: ")
#define TELLS(text) prompt(BA_PROMPT_ERROR, text)

static uint32_t
wait_of(void)
{
	struct ba_msg m = hear();

	assert_int_equal(m.type, BA_MSG_WAIT);
	return ba_msg_u32(&m, BA_TAG_DEADLINE, 0);
}

static void
verdict(enum ba_family family, const char *error)
{
	struct ba_msg m = hear();
	char want[64];

	assert_int_equal(m.type, BA_MSG_VERDICT);
	if (ba_msg_u8(&m, BA_TAG_FAMILY, 255) != family)
		fail_msg("%s", log_text);
	if (!logged("device verdict=") ||
	    (error == NULL && !logged("verdict=accepted id=" ID " ")))
		fail_msg("%s", log_text);
	snprintf(want, sizeof(want), " error=%s ", error != NULL ? error : "");
	if (error != NULL && !logged(want))
		fail_msg("not %s: %s", error, log_text);
	/* DEV-11 */
	assert_false(logged(DEVICE_CODE) || logged(USER_CODE) ||
		     logged(OPAQUE) || logged(t.token));
	turn();
	hang_up();
}

#define ACCEPTED verdict(BA_FAMILY_OK, NULL)

static void
reply(const char *text)
{
	struct ba_msg_out o;
	struct ba_buf b;

	ba_buf_init(&b, 1024);
	ba_msg_begin(&o, &b, 2, BA_MSG_REPLY);
	ba_msg_put(&o, BA_TAG_TEXT, text, strlen(text));
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(send(t.fd, b.p, b.len, MSG_NOSIGNAL), (ssize_t)b.len);
	ba_buf_wipe(&b);
	turn();
}

/* --- what issuers say ----------------------------------------------------- */

static char *
token_of(const char *iss, const char *aud, const char *user)
{
	char payload[1024], *s;

	snprintf(payload, sizeof(payload),
	    "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"s-1\","
	    "\"client_id\":\"c\",\"jti\":\"j-1\",\"iat\":%lld,\"exp\":%lld,"
	    "\"preferred_username\":\"%s\"}",
	    iss, aud, (long long)START - 10, (long long)START + 200000, user);
	s = ba_mint_token(mint, BA_ALG_ES256, "at+jwt", payload);
	assert_non_null(s);
	return s;
}

static void
gives(char x, const char *token)
{
	char body[4096], name[16];

	snprintf(body, sizeof(body),
	    "{\"access_token\":\"%s\",\"token_type\":\"Bearer\"}", token);
	snprintf(name, sizeof(name), "token_%c", x);
	says(name, 200, JSON, body);
}

static void
gives_token_of(char x, const char *iss, const char *aud, const char *user)
{
	char *token = token_of(iss, aud, user);

	gives(x, token);
	free(token);
}

static void
polls_say(char x, const char *error)
{
	char body[128], name[16];

	snprintf(body, sizeof(body), "{\"error\":\"%s\"}", error);
	snprintf(name, sizeof(name), "token_%c", x);
	says(name, 400, JSON, body);
}

static void
code_of(char x, const char *more)
{
	char body[1024], name[16];

	snprintf(body, sizeof(body),
	    "{\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"" USER_CODE
	    "\",\"verification_uri\":\"https://%c.example.org/go\","
	    "\"verification_uri_complete\":\"https://%c.example.org/go?c=1\","
	    "%s}",
	    x, x, more);
	snprintf(name, sizeof(name), "device_%c", x);
	says(name, 200, JSON, body);
}

static void
good_issuers(void)
{
	char *jwks = ba_mint_jwks_of(mint);
	int x;

	says("metadata_a", 200, JSON,
	    "{\"issuer\":\"" URL("a") "\",\"jwks_uri\":\"" URL(
		"a") "/jwks\","
		     "\"device_authorization_endpoint\":\"" URL(
			 "a") "/device\","
			      "\"token_endpoint\":\"" URL("a") "/token\"}");
	says("jwks_a", 200, JSON, jwks);
	write_file("jwks_b.json", jwks);
	free(jwks);
	for (x = 'a'; x <= 'c'; x++) {
		code_of((char)x, "\"expires_in\":600");
		polls_say((char)x, "authorization_pending");
	}
	says("answer_c", 200, JSON,
	    "{\"active\":true,\"aud\":\"here\",\"sub\":\"s-1\","
	    "\"client_id\":\"c\",\"exp\":1700200000,\"token_type\":\"Bearer\","
	    "\"preferred_username\":\"alice\"}");
	free(t.token);
	t.token = token_of(URL("a"), "here", "alice");
}

static void
write_config(const char *more)
{
	char text[8192];

	snprintf(text, sizeof(text),
	    "[issuer %s]\naudience = here\nusername = preferred_username\n"
	    "client_id = us\nclient_auth = none\n"
	    "[issuer %s]\naudience = here\nusername = preferred_username\n"
	    "client_id = us\nclient_auth = none\njwks_file = %s\n"
	    "device_authorization_endpoint = https://b.example.org/device\n"
	    "token_endpoint = https://b.example.org/token\n"
	    "[issuer %s]\naudience = here\nusername = preferred_username\n"
	    "client_id = us\nclient_auth = none\nverify = introspection\n"
	    "introspection_endpoint = https://c.example.org/ask\n"
	    "device_authorization_endpoint = https://c.example.org/device\n"
	    "token_endpoint = https://c.example.org/token\n"
	    "[service none]\nissuer = %s\n"
	    "[service a]\nissuer = %s\ndevice_issuer = %s\n"
	    "[service b]\nissuer = %s\ndevice_issuer = %s\n"
	    "[service c]\nissuer = %s\ndevice_issuer = %s\nopaque_issuer = %s\n"
	    "[service c-not]\nissuer = %s\ndevice_issuer = %s\n"
	    "[service near]\nissuer = %s\ndevice_issuer = %s\n"
	    "device_network = 192.0.2.0/24\n"
	    "[service here]\nissuer = %s\ndevice_issuer = %s\n"
	    "allow_network = 192.0.2.0/24\n"
	    "[service sure]\nissuer = %s\ndevice_issuer = %s\n"
	    "confirm = Really?\nsingle_use = yes\n"
	    "[service boxes]\nissuer = %s\ndevice_issuer = %s\n"
	    "accounts = virtual\n"
	    "[service whole]\nissuer = %s\ndevice_issuer = %s\n"
	    "device_complete_uri = yes\nqr = yes\n"
	    "%s",
	    URL("a"), URL("b"), in_dir("jwks_b.json"), URL("c"), URL("a"),
	    URL("a"), URL("a"), URL("b"), URL("b"), URL("c"), URL("c"),
	    URL("c"), URL("c"), URL("c"), URL("b"), URL("b"), URL("b"),
	    URL("b"), URL("b"), URL("b"), URL("b"), URL("b"), URL("b"),
	    URL("b"), more);
	write_file("conf", text);
}

/* Up to the code, whose INFO is in t.text. */
static void
get_code(const char *service)
{
	const struct question q = { .service = service, .uid = 4711 };

	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	(void)wait_of();
	prompt(BA_PROMPT_INFO, USER_CODE);
}

/* --- the whole of it ------------------------------------------------------ */

/* DEV-06, DEV-07: nobody enters before there is a token, and it is good. */
static void
DEV_06_approved(void **state)
{
	const struct question q = {
		.uid = 4711, .rhost = "192.0.2.7", .process = 4242
	};
	struct ba_process process = { 4242, 7 };
	char id[BA_ID_LEN + 1];

	(void)state;
	start_broker(false, "fake-good");
	put(&q);
	ASKS_FOR_ENTER;
	assert_non_null(strstr(t.text, "alice"));
	assert_non_null(strstr(t.text, "192.0.2.7"));
	assert_non_null(strstr(t.text, "2023-11-14 22:13 UTC"));
	turns();
	/* Nobody was asked before a person has shown to be there. */
	assert_int_equal(requests(ANY), 0);
	reply("");
	/* 100 s, 10 s, and a little more. */
	assert_int_equal(wait_of(), 112000);
	prompt(BA_PROMPT_INFO,
	    "Open " URL("a") "/go\nand enter the code " USER_CODE);
	assert_null(strstr(t.text, DEVICE_CODE));
	assert_null(strstr(t.text, "Press Enter"));
	assert_int_equal(requests("/device client_id=us"), 1);
	pass(4999);
	assert_int_equal(requests(ANY), 0);
	pass(1);
	assert_int_equal(requests("device_code=" DEVICE_CODE), 1);
	silence();
	gives('a', t.token);
	pass(4999);
	assert_int_equal(requests("/token"), 0);
	pass(1);
	ACCEPTED;
	assert_true(logged(" user=alice ") && logged(" issuer=" URL("a")));
	turns();
	assert_int_equal(requests("/token"), 1);
	/* The session finds it. */
	assert_int_equal(
	    ba_login_find(t.b->store, 0, &process, t.now / 1000, id), BA_OK);
	assert_string_equal(id, ID);
	/* After the end nobody is asked any more. */
	pass(60000);
	assert_int_equal(requests("/token"), 0);
}

/* DEV-12: where texts are held back it is asked until it is approved. */
static void
DEV_12_press_enter_when_done(void **state)
{
	const struct question q = { .uid = 4711, .held = true };

	(void)state;
	start_broker(false, "fake-good");
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	(void)wait_of();
	ASKS_TO_APPROVE;
	assert_int_equal(strncmp(t.text, "Login to ", 9), 0);
	/* It goes on while the prompt is open. */
	pass(5000);
	pass(5000);
	assert_int_equal(requests("/token"), 2);
	silence();
	/* Asked again when an answer is there that is newer than the reply. */
	reply("");
	silence();
	pass(5000);
	ASKS_TO_APPROVE;
	assert_int_equal(strncmp(t.text, "This login is not", 17), 0);
	assert_int_equal(requests("/token"), 1);
	/* What comes while the prompt is open is said after it. */
	gives('a', t.token);
	pass(5000);
	silence();
	assert_int_equal(requests("/token"), 1);
	pass(20000);
	assert_int_equal(requests("/token"), 0);
	/* Enter alone, here too: whatever else is typed is not for us. */
	reply("whatever");
	ASKS_TO_APPROVE;
	reply("");
	ACCEPTED;
}

/* DEV-12: nor is a denial said before. */
static void
DEV_12_denied_under_a_prompt(void **state)
{
	const struct question q = { .uid = 4711, .held = true };

	(void)state;
	start_broker(false, "fake-good");
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	(void)wait_of();
	ASKS_TO_APPROVE;
	polls_say('a', "access_denied");
	pass(5000);
	silence();
	reply("");
	TELLS("The login was denied.");
	verdict(BA_FAMILY_REFUSED, "DEVICE_DENIED");
	/* A prompt that nobody answers ends with the flow's time. */
	polls_say('a', "authorization_pending");
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	(void)wait_of();
	ASKS_TO_APPROVE;
	pass(99999);
	silence();
	pass(1);
	verdict(BA_FAMILY_REFUSED, "DEVICE_EXPIRED");
}

/* DEV-03 */
static void
DEV_03_slow_down_is_for_good(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	(void)requests(ANY);
	polls_say('b', "slow_down");
	pass(5000);
	assert_int_equal(requests("/token"), 1);
	polls_say('b', "authorization_pending");
	pass(9999);
	assert_int_equal(requests("/token"), 0);
	pass(1);
	assert_int_equal(requests("/token"), 1);
	pass(9999);
	assert_int_equal(requests("/token"), 0);
	pass(1);
	assert_int_equal(requests("/token"), 1);
	gives_token_of('b', URL("b"), "here", "alice");
	pass(10000);
	ACCEPTED;
}

static void
DEV_04_how_it_fails(void **state)
{
	static const struct {
		const char *says;
		const char *tells;
		enum ba_family family;
		const char *error;
	} cases[] = {
		{ "access_denied", "The login was denied.", BA_FAMILY_REFUSED,
		    "DEVICE_DENIED" },
		{ "expired_token", "The code has expired.", BA_FAMILY_REFUSED,
		    "DEVICE_EXPIRED" },
		{ "invalid_client", "cannot be reached now.", BA_FAMILY_FAULT,
		    "CLIENT_AUTH" },
		{ "what", "cannot be reached now.", BA_FAMILY_UNAVAILABLE,
		    "DEVICE_ANSWER" },
	};
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t.now += BA_DEVICE_WINDOW * 1000;
		get_code("b");
		polls_say('b', cases[i].says);
		pass(5000);
		TELLS(cases[i].tells);
		verdict(cases[i].family, cases[i].error);
		(void)requests(ANY);
		pass(30000);
		assert_int_equal(requests("/token"), 0);
	}
	/* The twin. */
	t.now += BA_DEVICE_WINDOW * 1000;
	get_code("b");
	gives_token_of('b', URL("b"), "here", "alice");
	pass(5000);
	ACCEPTED;
}

/* DEV-02, DEV-12: not past the code's end, nor the service's. */
static void
DEV_12_an_end_in_any_case(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	pass(99999);
	silence();
	pass(1);
	TELLS("The code has expired.");
	verdict(BA_FAMILY_REFUSED, "DEVICE_EXPIRED");
	code_of('b', "\"expires_in\":20,\"interval\":7");
	get_code("b");
	(void)requests(ANY);
	pass(7000);
	pass(7000);
	assert_int_equal(requests("/token"), 2);
	pass(5999);
	silence();
	pass(1);
	TELLS("The code has expired.");
	verdict(BA_FAMILY_REFUSED, "DEVICE_EXPIRED");
}

/* DEV-07: a token is not enough. */
static void
DEV_07_the_token_is_judged(void **state)
{
	static const struct {
		const char *iss, *aud, *user;
		enum ba_family family;
		const char *error;
	} cases[] = {
		{ URL("b"), "here", "bob", BA_FAMILY_NOT_ALLOWED,
		    "USER_MISMATCH" },
		{ URL("b"), "there", "alice", BA_FAMILY_REFUSED, "AUD" },
		{ URL("a"), "here", "alice", BA_FAMILY_REFUSED, "ISS" },
		{ URL("b"), "here", "alice", BA_FAMILY_OK, NULL },
	};
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		get_code("b");
		gives_token_of('b', cases[i].iss, cases[i].aud, cases[i].user);
		pass(5000);
		/* And nobody is told why. */
		verdict(cases[i].family, cases[i].error);
	}
	get_code("b");
	gives('b', "what.is.this");
	pass(5000);
	verdict(BA_FAMILY_REFUSED, "JSON");
}

/* --- who gets a code ------------------------------------------------------ */

/* What holds for every user is said at once, and nobody is asked. */
static void
DEV_09_where_it_is_allowed(void **state)
{
	static const struct {
		struct question bad, good;
		enum ba_family family;
		const char *error;
	} cases[] = {
		{ { .service = "none" }, { .service = "b" },
		    BA_FAMILY_NOT_ALLOWED, "DEVICE" },
		{ { .service = "b", .mute = true }, { .service = "b" },
		    BA_FAMILY_UNAVAILABLE, "CONVERSATION" },
		{ { .service = "nowhere" }, { .service = "b" },
		    BA_FAMILY_NOT_ALLOWED, "NO_SERVICE" },
		{ { .service = "b", .peer = 4711 }, { .service = "b" },
		    BA_FAMILY_NOT_ALLOWED, "PEER" },
		{ { .service = "near", .rhost = "192.0.3.1" },
		    { .service = "near", .rhost = "192.0.2.1" },
		    BA_FAMILY_NOT_ALLOWED, "DEVICE" },
		{ { .service = "near" },
		    { .service = "near", .rhost = "192.0.2.255" },
		    BA_FAMILY_NOT_ALLOWED, "DEVICE" },
		{ { .service = "here", .rhost = "192.0.3.1" },
		    { .service = "here", .rhost = "192.0.2.1" },
		    BA_FAMILY_NOT_ALLOWED, "SOURCE" },
	};
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question bad = cases[i].bad, good = cases[i].good;

		bad.uid = good.uid = 4711;
		put(&bad);
		verdict(cases[i].family, cases[i].error);
		put(&good);
		ASKS_FOR_ENTER;
		hang_up();
		turns();
	}
	assert_int_equal(requests(ANY), 0);
}

/* PM-03, V40: an unknown user gets the same prompt, and nobody is asked. */
static void
PM_03_unknown_users(void **state)
{
	static const struct {
		struct question bad, good;
		const char *error;
	} cases[] = {
		{ { .uid = 0 }, { .uid = 1000 }, "UNKNOWN_USER" },
		{ { .uid = 999 }, { .uid = 1000 }, "UID" },
		{ { .uid = 65534 }, { .uid = 65533 }, "UID" },
		{ { .user = "root", .uid = ROOT }, { .uid = 1000 },
		    "UNKNOWN_USER" },
		{ { .user = "toor", .uid = ROOT }, { .uid = 1000 }, "UID" },
		{ { .user = "Al ice", .uid = 1000 }, { .uid = 1000 },
		    "UNKNOWN_USER" },
		{ { .user = "a b", .service = "boxes" },
		    { .user = "alice@example.org", .service = "boxes" },
		    "UNKNOWN_USER" },
	};
	char known[4096], *p;
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t.now += BA_DEVICE_WINDOW * 1000;
		put(&cases[i].good);
		ASKS_FOR_ENTER;
		strcpy(known, t.text);
		put(&cases[i].bad);
		ASKS_FOR_ENTER;
		/* The same, but for the name. */
		if (cases[i].bad.user == NULL)
			assert_string_equal(known, t.text);
		p = strstr(known, "\nGo on only");
		assert_non_null(p);
		assert_non_null(strstr(t.text, p));
		(void)requests(ANY);
		reply("");
		/* … and one family, whatever the log says. */
		verdict(BA_FAMILY_REFUSED, cases[i].error);
		/* Keys are refreshed when their hour is over, by nobody. */
		assert_int_equal(requests("/device"), 0);
		put(&cases[i].good);
		ASKS_FOR_ENTER;
		reply("");
		(void)wait_of();
		hang_up();
		turns();
	}
}

/* Dovecot answers a prompt with the user's name, and no person is there. */
static void
V26_only_enter_goes_on(void **state)
{
	static const struct question q = { .service = "b", .uid = 4711 };
	static const struct question unknown = { .service = "b" };

	(void)state;
	start_broker(false, "fake-good");
	put(&q);
	ASKS_FOR_ENTER;
	reply("alice");
	verdict(BA_FAMILY_UNAVAILABLE, "CONVERSATION");
	put(&unknown);
	ASKS_FOR_ENTER;
	reply(" ");
	verdict(BA_FAMILY_UNAVAILABLE, "CONVERSATION");
	/* Nor does anybody wait for ever. */
	put(&q);
	ASKS_FOR_ENTER;
	pass(BA_QUERY_REPLY_MS - 1);
	silence();
	pass(1);
	verdict(BA_FAMILY_UNAVAILABLE, "TIMEOUT");
	assert_int_equal(requests(ANY), 0);
}

/* DEV-09, V37: and at the limit the issuer is not asked. */
static void
V37_so_many_and_no_more(void **state)
{
	struct question q = { .service = "b", .uid = 4711 };
	int i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < BA_DEVICE_USER_DEFAULT; i++) {
		get_code("b");
		hang_up();
		turns();
	}
	assert_int_equal(requests("/device"), BA_DEVICE_USER_DEFAULT);
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	verdict(BA_FAMILY_REFUSED, "DEVICE_LIMIT");
	assert_int_equal(requests(ANY), 0);
	/* Of all services; another user is another. */
	q.service = "a";
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	verdict(BA_FAMILY_REFUSED, "DEVICE_LIMIT");
	q.user = "bob";
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	(void)wait_of();
	hang_up();
	turns();
	t.now += BA_DEVICE_WINDOW * 1000;
	get_code("b");
}

/* V37: names are not guessed for nothing; what is counted is the address. */
static void
V37_guesses_count(void **state)
{
	struct question q = {
		.service = "b", .user = "nosuch", .rhost = "192.0.2.7"
	};
	int i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < BA_DEVICE_ADDRESS_DEFAULT; i++) {
		put(&q);
		ASKS_FOR_ENTER;
		reply("");
		verdict(BA_FAMILY_REFUSED, "UNKNOWN_USER");
	}
	q.user = "alice";
	q.uid = 4711;
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	verdict(BA_FAMILY_REFUSED, "DEVICE_LIMIT");
	/* From elsewhere she may: none of hers was used up. */
	q.rhost = "192.0.2.8";
	for (i = 0; i < BA_DEVICE_USER_DEFAULT; i++) {
		put(&q);
		ASKS_FOR_ENTER;
		reply("");
		(void)wait_of();
		hang_up();
		turns();
	}
}

/* DEV-09: what bothers nobody, or was approved by the one who was asked, is
   not counted. */
static void
DEV_09_what_does_not_count(void **state)
{
	int i;

	(void)state;
	start_broker(false, "fake-good");
	gives_token_of('b', URL("b"), "here", "alice");
	for (i = 0; i < BA_DEVICE_USER_DEFAULT + 2; i++) {
		get_code("b");
		pass(5000);
		ACCEPTED;
	}
	says("device_b", 500, JSON, "");
	for (i = 0; i < BA_DEVICE_USER_DEFAULT + 2; i++) {
		const struct question q = { .service = "b", .uid = 4711 };

		put(&q);
		ASKS_FOR_ENTER;
		reply("");
		TELLS("The identity provider cannot be reached now.");
		verdict(BA_FAMILY_UNAVAILABLE, "DEVICE_ANSWER");
	}
	code_of('b', "\"expires_in\":900");
	for (i = 0; i < BA_DEVICE_USER_DEFAULT; i++) {
		get_code("b");
		hang_up();
		turns();
	}
	{
		const struct question q = { .service = "b", .uid = 4711 };

		put(&q);
		ASKS_FOR_ENTER;
		reply("");
		verdict(BA_FAMILY_REFUSED, "DEVICE_LIMIT");
	}
}

/* V49: a quarter of the places is for those who wait for a person, and no
   more, so that others get in. */
static void
V49_people_take_their_time(void **state)
{
	const struct question q = { .service = "b", .uid = 4711 };
	int fd[2], i;

	(void)state;
	start_broker(false, "fake-good");
	t.b->max_connections = 8;
	for (i = 0; i < 2; i++) {
		put(&q);
		ASKS_FOR_ENTER;
		fd[i] = t.fd; /* kept open */
		t.fd = -1;
		ba_buf_wipe(&t.in);
	}
	put(&q);
	verdict(BA_FAMILY_UNAVAILABLE, "BUSY");
	assert_int_equal(t.b->attended, 2);
	close(fd[0]);
	turns();
	assert_int_equal(t.b->attended, 1);
	put(&q);
	ASKS_FOR_ENTER;
	close(fd[1]);
	hang_up();
	turns();
	assert_int_equal(t.b->attended, 0);
}

/* V37: the page of another issuer that we know is no page of this one's. */
static void
V37_the_page_of_another_issuer(void **state)
{
	const struct question q = { .service = "b", .uid = 4711 };

	(void)state;
	start_broker(false, "fake-good");
	says("device_b", 200, JSON,
	    "{\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"" USER_CODE
	    "\",\"verification_uri\":\"" URL("a") "/go\",\"expires_in\":99}");
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	TELLS("The identity provider cannot be reached now.");
	verdict(BA_FAMILY_UNAVAILABLE, "DEVICE_ANSWER");
	says("device_b", 200, JSON,
	    "{\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"" USER_CODE
	    "\",\"verification_uri\":\"https://go.example.net/\","
	    "\"expires_in\":99}");
	get_code("b");
}

/* Nobody could be asked to the end: that is not that nobody approved. */
static void
DEV_05_silent_to_the_end(void **state)
{
	int i;

	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	says("token_b", 0, JSON, "");
	for (i = 0; i < 20; i++)
		pass(5000);
	TELLS("The identity provider cannot be reached now.");
	verdict(BA_FAMILY_UNAVAILABLE, "TIMEOUT");
	/* Its twin: one answer, and it was. */
	get_code("b");
	says("token_b", 0, JSON, "");
	for (i = 0; i < 10; i++)
		pass(5000);
	polls_say('b', "authorization_pending");
	for (i = 0; i < 10; i++)
		pass(5000);
	TELLS("The code has expired.");
	verdict(BA_FAMILY_REFUSED, "DEVICE_EXPIRED");
}

/* V37, DEV-12: whoever takes a code and goes is seen afterwards. */
static void
V37_a_code_is_written_down(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	assert_true(
	    logged("device-code id=" ID " service=b user=alice peer=0 "));
	assert_true(logged(" issuer=" URL("b")));
	assert_false(logged(USER_CODE) || logged(DEVICE_CODE));
	hang_up();
	turns();
}

/* --- what goes wrong on the way ------------------------------------------- */

/* DEV-12: whoever goes ends the polling, also under a request. */
static void
DEV_12_the_client_goes(void **state)
{
	static const struct question q = { .service = "b", .uid = 4711 };

	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	pass(5000);
	assert_int_equal(requests("/token"), 1);
	hang_up();
	pass(5000);
	pass(60000);
	assert_int_equal(requests("/token"), 0);
	assert_true(LIST_EMPTY(&t.b->conns));
	/* While the issuer is asked for a code. */
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	turn();
	hang_up();
	pass(100);
	assert_true(LIST_EMPTY(&t.b->conns));
	pass(30000);
	assert_int_equal(requests("/token"), 0);
	/* And the broker ends under one. */
	get_code("b");
	t.now += 5000;
	turn();
	ba_broker_free(t.b);
	start_broker(false, "fake-mute");
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	turns();
	hang_up();
	turns();
	ba_broker_free(t.b);
	t.b = NULL;
}

/* DEV-05: backs off, and goes on. */
static void
DEV_05_no_answer(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	(void)requests(ANY);
	says("token_b", 0, JSON, "");
	pass(5000);
	assert_int_equal(requests("/token"), 1);
	pass(9999);
	assert_int_equal(requests("/token"), 0);
	gives_token_of('b', URL("b"), "here", "alice");
	pass(1);
	ACCEPTED;
}

/* The helper ends under a poll: it is as if the network had failed. */
static void
DEV_05_a_helper_that_ends(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	get_code("b");
	(void)requests(ANY);
	write_file("token_b", "exit");
	pass(5000);
	assert_int_equal(requests("/token"), 1);
	assert_true(logged("bearerauth-fetch ended"));
	gives_token_of('b', URL("b"), "here", "alice");
	pass(9999);
	assert_int_equal(requests("/token"), 0);
	pass(1);
	ACCEPTED;
}

static void
DEV_05_no_code(void **state)
{
	static const struct question q = { .service = "b", .uid = 4711 };
	static const struct {
		unsigned status;
		const char *body, *error;
	} cases[] = {
		{ 0, "", "TIMEOUT" },
		{ 500, "", "DEVICE_ANSWER" },
		{ 401, "{}", "CLIENT_AUTH" },
		{ 200, "{}", "DEVICE_ANSWER" },
	};
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		says("device_b", cases[i].status, JSON, cases[i].body);
		put(&q);
		ASKS_FOR_ENTER;
		reply("");
		TELLS("The identity provider cannot be reached now.");
		verdict(cases[i].status == 401 ? BA_FAMILY_FAULT
					       : BA_FAMILY_UNAVAILABLE,
		    cases[i].error);
		assert_true(logged(" issuer=" URL("b")));
	}
	code_of('b', "\"expires_in\":600");
	get_code("b");
}

/* One that never answers; the time at the prompt was not the client's. */
static void
the_time_of_the_client(void **state)
{
	static const struct question q = { .service = "b", .uid = 4711 };

	(void)state;
	start_broker(false, "fake-mute");
	put(&q);
	ASKS_FOR_ENTER;
	pass(60000);
	reply("");
	pass(9899);
	silence();
	pass(1);
	TELLS("The identity provider cannot be reached now.");
	verdict(BA_FAMILY_UNAVAILABLE, "TIMEOUT");
}

/* Metadata is needed, and is not to be had, or does not say where. */
static void
no_metadata(void **state)
{
	static const struct question q = { .uid = 4711 };
	char body[512];

	(void)state;
	start_broker(false, "fake-good");
	says("metadata_a", 500, JSON, "");
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	TELLS("The identity provider cannot be reached now.");
	verdict(BA_FAMILY_UNAVAILABLE, "METADATA");
	snprintf(body, sizeof(body),
	    "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/jwks\","
	    "\"token_endpoint\":\"%s/token\"}",
	    URL("a"), URL("a"), URL("a"));
	says("metadata_a", 200, JSON, body);
	t.now += 60000;
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	TELLS("The identity provider cannot be reached now.");
	verdict(BA_FAMILY_UNAVAILABLE, "METADATA");
	assert_int_equal(requests("/device"), 0);
	good_issuers();
	t.now += 90000000;
	get_code("a");
}

/* No place among the errands: it waits for one, and does not spin. */
static void
V49_waits_for_a_place(void **state)
{
	static const struct question q = { .service = "b", .uid = 4711 };
	static struct ba_errand busy[BA_ERRANDS_QUESTIONS];
	struct ba_http_request request = { .url = URL("a") "/mute",
		.timeout_ms = 30000 };
	struct ba_buf form;
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	ba_buf_init(&form, 16);
	assert_int_equal(ba_buf_append_str(&form, "a=b"), BA_OK);
	request.form = &form;
	get_code("b");
	memset(busy, 0, sizeof(busy));
	for (i = 0; i < BA_ERRANDS_QUESTIONS; i++)
		assert_int_equal(
		    ba_errand_send(t.b->errands, &busy[i], &request), BA_OK);
	turns();
	(void)requests(ANY);
	gives_token_of('b', URL("b"), "here", "alice");
	pass(5000);
	assert_int_equal(requests("/token"), 0);
	silence();
	/* One for a code waits too, as long as its client does. */
	hang_up();
	put(&q);
	ASKS_FOR_ENTER;
	reply("");
	pass(100);
	pass(9799);
	silence();
	pass(1);
	TELLS("The identity provider cannot be reached now.");
	verdict(BA_FAMILY_UNAVAILABLE, "TIMEOUT");
	assert_int_equal(requests("/device"), 0);
	ba_buf_wipe(&form);
	ba_broker_free(t.b);
	t.b = NULL;
}

/* --- what comes after ----------------------------------------------------- */

/* The token is opaque: its issuer is asked, where it is the one to be asked. */
static void
an_opaque_token(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	get_code("c");
	gives('c', OPAQUE);
	pass(5000);
	ACCEPTED;
	assert_int_equal(requests("/ask"), 1);
	get_code("c-not");
	pass(5000);
	verdict(BA_FAMILY_REFUSED, "OPAQUE");
	assert_int_equal(requests("/ask"), 0);
}

static void
JWT_13_confirmed_and_used_once(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	gives_token_of('b', URL("b"), "here", "alice");
	get_code("sure");
	pass(5000);
	prompt(BA_PROMPT_PLAIN, "Really? (yes/no) ");
	reply("no");
	verdict(BA_FAMILY_NOT_ALLOWED, "CONFIRM");
	get_code("sure");
	pass(5000);
	prompt(BA_PROMPT_PLAIN, "Really? (yes/no) ");
	reply("yes");
	ACCEPTED;
	get_code("sure");
	pass(5000);
	prompt(BA_PROMPT_PLAIN, "Really? (yes/no) ");
	reply("yes");
	verdict(BA_FAMILY_REFUSED, "REPLAY");
}

/* V48: the configuration that is in force when it is approved. */
static void
V48_reloaded_meanwhile(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	gives_token_of('b', URL("b"), "here", "alice");
	write_config("[service x]\nissuer = " URL("b") "\ndevice_issuer = " URL(
	    "b") "\n");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	get_code("x");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	pass(5000);
	ACCEPTED;
	get_code("x");
	write_config("[service x]\nissuer = " URL("b") "\n");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	pass(5000);
	verdict(BA_FAMILY_NOT_ALLOWED, "DEVICE");
	write_config("[service x]\nissuer = " URL("b") " " URL(
	    "c") "\ndevice_issuer = " URL("b") "\n");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	get_code("x");
	write_config("[service x]\nissuer = " URL("b") " " URL(
	    "c") "\ndevice_issuer = " URL("c") "\n");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	pass(5000);
	verdict(BA_FAMILY_NOT_ALLOWED, "DEVICE");
	get_code("b");
	write_config("");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	pass(5000);
	ACCEPTED;
}

/* A QR code of the URL that has the code in it, where that is configured; the
   URL without stands below all the same (DEV-08). */
static void
DEV_08_complete_uri(void **state)
{
	char plain[BA_WIRE_TEXT_MAX + 1];

	(void)state;
	start_broker(false, "fake-good");
	get_code("whole");
	assert_non_null(strstr(t.text, "\xe2\x96\x88"));
	assert_non_null(strstr(t.text, "Open " URL("b") "/go\n"));
	assert_null(strstr(t.text, "?c=1"));
	strcpy(plain, t.text);
	hang_up();
	says("device_b", 200, JSON,
	    "{\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"" USER_CODE
	    "\",\"verification_uri\":\"" URL("b") "/go\",\"expires_in\":99}");
	get_code("whole");
	assert_non_null(strstr(t.text, "\xe2\x96\x88"));
	assert_string_not_equal(plain, t.text);
}

/* What the kernel ends a spawned broker by comes later. */
static void
a_spawned_broker_lives_longer(void **state)
{
	unsigned left;

	(void)state;
	start_broker(true, "fake-good");
	(void)alarm(60);
	get_code("b");
	left = alarm(0);
	assert_in_range(left, 180 + 100 - 5, 180 + 100);
	ba_broker_free(t.b);
	start_broker(false, "fake-good");
	(void)alarm(60);
	get_code("b");
	left = alarm(0);
	assert_in_range(left, 50, 60);
}

/* --- this program as bearerauth-fetch ------------------------------------- */

static void
name_of(const char *url, char *name, size_t size)
{
	const char *what = strstr(url, "well-known") != NULL ? "metadata"
			   : strstr(url, "/jwks") != NULL    ? "jwks"
			   : strstr(url, "/device") != NULL  ? "device"
			   : strstr(url, "/token") != NULL   ? "token"
							     : "answer";

	snprintf(name, size, "%s_%c", what, url[8]);
}

static void
note_request(const char *url, const struct ba_msg *m)
{
	FILE *f = fopen(in_dir("requests"), "a");

	if (f == NULL ||
	    fprintf(f, "%s %.*s\n", url, (int)m->field[BA_TAG_FORM].n,
		(const char *)m->field[BA_TAG_FORM].p) < 0 ||
	    fclose(f) != 0)
		_exit(1);
}

static void
helper_answer(const char *fake, const struct ba_msg *m)
{
	static char text[64 * 1024];
	char url[2049], name[32], type[128], *body;
	struct ba_msg_out o;
	struct ba_buf b;
	unsigned status;

	if (ba_msg_get_str(m, BA_TAG_URL, url, sizeof(url)) != BA_OK)
		_exit(1);
	note_request(url, m);
	name_of(url, name, sizeof(name));
	if (strcmp(fake, "fake-mute") == 0 || strstr(url, "/mute") != NULL)
		return;
	read_file(name, text, sizeof(text));
	body = strchr(text, '\n');
	if (body == NULL || sscanf(text, "%u %127s", &status, type) != 2)
		_exit(1);
	body++;
	ba_buf_init(&b, BA_WIRE_FETCH_MAX);
	ba_msg_begin(&o, &b, m->version, BA_MSG_FETCHED);
	ba_msg_put_u32(&o, BA_TAG_SERIAL, ba_msg_u32(m, BA_TAG_SERIAL, 0));
	ba_msg_put_u32(
	    &o, BA_TAG_ERROR, status != 0 ? 0 : (uint32_t)-BA_ERR_TIMEOUT);
	ba_msg_put_u32(&o, BA_TAG_HTTP_STATUS, status);
	ba_msg_put_str(&o, BA_TAG_CONTENT_TYPE, type);
	ba_msg_put(&o, BA_TAG_BODY, body, strlen(body));
	if (ba_msg_end(&o) != BA_OK ||
	    send(3, b.p, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		_exit(1);
	ba_buf_wipe(&b);
}

static int
helper_main(char *self, const char *fake)
{
	static unsigned char frame[512 * 1024];
	struct pollfd p = { .fd = 3, .events = POLLIN };
	struct ba_msg m;
	size_t n = 0, total;
	ssize_t got;

	snprintf(dir, sizeof(dir), "%s", dirname(self));
	(void)alarm(60);
	for (;;) {
		if (poll(&p, 1, -1) != 1)
			return 1;
		got = recv(3, frame + n, sizeof(frame) - n, 0);
		if (got <= 0)
			return 0;
		n += (size_t)got;
		while (
		    ba_frame_size(frame, n, sizeof(frame), &total) == BA_OK &&
		    total > 0 && total <= n) {
			if (ba_msg_parse(frame, total, &m) != BA_OK)
				return 1;
			helper_answer(fake, &m);
			memmove(frame, frame + total, n - total);
			n -= total;
		}
	}
}

/* --- set-up --------------------------------------------------------------- */

static int
begin_all(void **state)
{
	static const char *const fakes[] = { "fake-good", "fake-mute" };
	char self[512];
	ssize_t n;
	size_t i;

	(void)state;
	umask(022);
	strcpy(dir, "/tmp/ba_device_XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return -1;
	self[n] = '\0';
	for (i = 0; i < 2; i++) {
		if (symlink(self, in_dir(fakes[i])) != 0)
			return -1;
	}
	mint = ba_mint_new(BA_MINT_P256, "k1", NULL);
	return 0;
}

static int
end_all(void **state)
{
	char command[128];

	(void)state;
	ba_mint_free(mint);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static int
set_up(void **state)
{
	static const char *const gone[] = { "store.db", "store.db-wal",
		"store.db-shm", "store.lock", "blocked", "requests" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		(void)unlink(in_dir(gone[i]));
	t.now = START * 1000;
	t.fd = -1;
	good_issuers();
	write_config("");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	hang_up();
	ba_broker_free(t.b);
	t.b = NULL;
	free(t.token);
	t.token = NULL;
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(DEV_06_approved),
		T(DEV_12_press_enter_when_done),
		T(DEV_12_denied_under_a_prompt),
		T(DEV_03_slow_down_is_for_good),
		T(DEV_04_how_it_fails),
		T(DEV_12_an_end_in_any_case),
		T(DEV_07_the_token_is_judged),
		T(DEV_09_where_it_is_allowed),
		T(PM_03_unknown_users),
		T(V26_only_enter_goes_on),
		T(V37_so_many_and_no_more),
		T(V37_guesses_count),
		T(DEV_09_what_does_not_count),
		T(V49_people_take_their_time),
		T(V37_the_page_of_another_issuer),
		T(DEV_05_silent_to_the_end),
		T(V37_a_code_is_written_down),
		T(DEV_12_the_client_goes),
		T(DEV_05_no_answer),
		T(DEV_05_a_helper_that_ends),
		T(DEV_05_no_code),
		T(the_time_of_the_client),
		T(no_metadata),
		T(V49_waits_for_a_place),
		T(an_opaque_token),
		T(JWT_13_confirmed_and_used_once),
		T(V48_reloaded_meanwhile),
		T(DEV_08_complete_uri),
		T(a_spawned_broker_lives_longer),
	};
	const char *name = strrchr(argv[0], '/');

	(void)argc;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fake-", 5) == 0)
		return helper_main(argv[0], name);
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
