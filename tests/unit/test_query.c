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
#include "broker/control.h"
#include "broker/query.h"

/*
 * Questions that issuers must be asked for, in a broker inside this process
 * with a clock of its own, so that a deadline or a day costs no time.  This
 * program is its helper, too: what issuer X says stands in files metadata_X,
 * jwks_X and answer_X.
 *
 *  a  its keys are asked for		c  is asked about tokens
 *  d  both				s  answers signed
 */
#define URL(x) "https://" x ".example.org"
#define START  INT64_C(1700000000)
#define SOON   5000 /* ms, real ones */

static char dir[64];
static struct ba_mint *mint, *mint_2;
static char log_text[64 * 1024];

struct scene {
	int64_t now; /* ms */
	struct ba_clock clock;
	struct ba_broker *b;
};
static struct scene t;

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

/* How many requests had this in their URL?  The list is empty then. */
#define ANY "https:"

static unsigned
requests(const char *what)
{
	static char text[64 * 1024];
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

/* Since somebody asked last. */
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
	assert_int_equal(ba_broker_new(&o, &t.b), BA_OK);
	if (log_text[0] != '\0')
		print_message("%s", log_text);
}

static void
end_broker(void)
{
	ba_broker_free(t.b);
	t.b = NULL;
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
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	end_broker();
	return 0;
}

/* Let things happen, with the fake clock standing still. */
static void
turn(void)
{
	assert_int_equal(ba_loop_once(t.b->loop, 0), BA_OK);
}

/* … for a while that the helper surely needs not. */
static void
turns(void)
{
	int i;

	for (i = 0; i < 15; i++) {
		turn();
		usleep(2000);
	}
}

/* … until the helper has got a request with this in its URL. */
static void
until_asked(const char *what)
{
	static char text[64 * 1024];
	int i;

	for (i = 0; i < SOON / 2; i++) {
		read_file("requests", text, sizeof(text));
		if (strstr(text, what) != NULL)
			return;
		turn();
		usleep(2000);
	}
	fail_msg("nobody asked for %s", what);
}

static void
pass(int64_t ms)
{
	t.now += ms;
	turns();
}

/* --- questions ------------------------------------------------------------ */

#define ID_1 "00000000000000000000000000000001"

struct question {
	const char *service, *token, *user, *id;
	bool account, mute;
	unsigned deadline;
	uid_t peer; /* root */
	bool sasl, old; /* by a server, which may be of version 1 */
	const char *host;
	uint32_t port;
	const char *rhost, *way;
	bool no_id;
};

static char user_said[256], person_said[256], status_said[64];

/* The client's end of a new connection. */
static int
put(const struct question *q)
{
	struct ba_peer peer = {
		.pid = getpid(), .uid = q->peer, .account = q->peer
	};
	struct ba_msg_out o;
	struct ba_buf b;
	int fd[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd), 0);
	ba_buf_init(&b, BA_WIRE_ASK_MAX + 4);
	ba_msg_begin(&o, &b, (q->sasl && !q->old) || q->way != NULL ? 2 : 1,
	    q->account ? BA_MSG_ACCOUNT : BA_MSG_ASK);
	if (!q->no_id)
		ba_msg_put_str(&o, BA_TAG_ID, q->id != NULL ? q->id : ID_1);
	ba_msg_put_str(&o, BA_TAG_SERVICE, q->service);
	ba_msg_put_str(&o, BA_TAG_USER, q->user != NULL ? q->user : "alice");
	ba_msg_put_u32(&o, BA_TAG_UID, 4711);
	ba_msg_put_u32(
	    &o, BA_TAG_DEADLINE, q->deadline != 0 ? q->deadline : 10000);
	ba_msg_put_u8(&o, BA_TAG_CAN_PROMPT, !q->mute);
	ba_msg_put_str(&o, BA_TAG_HOST, q->host);
	ba_msg_put_str(&o, BA_TAG_RHOST, q->rhost);
	ba_msg_put_str(&o, BA_TAG_WAY, q->way);
	if (q->port != 0)
		ba_msg_put_u32(&o, BA_TAG_PORT, q->port);
	if (!q->account) {
		ba_msg_put_u8(&o, BA_TAG_ORIGIN,
		    q->sasl ? BA_ORIGIN_SASL : BA_ORIGIN_PROMPT);
		ba_msg_put_str(&o, BA_TAG_TOKEN, q->token);
	}
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(send(fd[0], b.p, b.len, 0), (ssize_t)b.len);
	ba_buf_wipe(&b);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(ba_peers_enter(t.b->peers, q->peer), BA_OK);
	assert_int_equal(ba_conn_begin(t.b, fd[1], &peer, false), BA_OK);
	return fd[0];
}

/* Has it been answered? */
static bool
answered(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* The next frame's family; a prompt is -2, and it closes after a verdict. */
static int
hear(int fd)
{
	unsigned char frame[BA_WIRE_ANSWER_MAX + 4];
	struct ba_msg m;
	ssize_t n;
	int i;

	for (i = 0; i < SOON / 2 && !answered(fd); i++) {
		turn();
		usleep(2000);
	}
	if (!answered(fd))
		fail_msg("no answer");
	n = recv(fd, frame, sizeof(frame), 0);
	assert_true(n > 0);
	assert_int_equal(ba_msg_parse(frame, (size_t)n, &m), BA_OK);
	if (m.type == BA_MSG_PROMPT)
		return -2;
	assert_int_equal(
	    ba_msg_get_str(&m, BA_TAG_USER, user_said, sizeof(user_said)),
	    BA_OK);
	assert_int_equal(
	    ba_msg_get_str(&m, BA_TAG_PERSON, person_said, sizeof(person_said)),
	    BA_OK);
	assert_int_equal(
	    ba_msg_get_str(&m, BA_TAG_STATUS, status_said, sizeof(status_said)),
	    BA_OK);
	turn();
	close(fd);
	return ba_msg_u8(&m, BA_TAG_FAMILY, 255);
}

static void
reply_yes(int fd)
{
	struct ba_msg_out o;
	struct ba_buf b;

	ba_buf_init(&b, 64);
	ba_msg_begin(&o, &b, 1, BA_MSG_REPLY);
	ba_msg_put_str(&o, BA_TAG_TEXT, "yes");
	assert_int_equal(ba_msg_end(&o), BA_OK);
	assert_int_equal(send(fd, b.p, b.len, 0), (ssize_t)b.len);
	ba_buf_wipe(&b);
}

static int
ask(const char *service, const char *token)
{
	const struct question q = { .service = service, .token = token };

	log_text[0] = '\0';
	return hear(put(&q));
}

static int
account(const char *service)
{
	const struct question q = { .service = service, .account = true };

	log_text[0] = '\0';
	return hear(put(&q));
}

#define ACCEPTED(service, token)                                               \
	do {                                                                   \
		int f_ = ask(service, token);                                  \
		if (f_ != BA_FAMILY_OK)                                        \
			fail_msg("%s", log_text);                              \
	} while (0)

#define FAILS(service, token, family, name)                                    \
	do {                                                                   \
		int f_ = ask(service, token);                                  \
		if (f_ != family || !logged("error=" name " "))                \
			fail_msg("%d: %s", f_, log_text);                      \
	} while (0)

/* A control command; its text is good until the next. */
static char reply[BA_CONTROL_TEXT_MAX + 1];

static int
control(const char *command)
{
	struct ba_buf text;
	int r;

	ba_buf_init(&text, BA_CONTROL_TEXT_MAX);
	r = ba_control(t.b, command, &text);
	strcpy(reply, ba_buf_str(&text));
	ba_buf_wipe(&text);
	return r;
}

/* --- what issuers say ----------------------------------------------------- */

static char *
token_of(struct ba_mint *m, const char *iss, const char *jti, const char *user)
{
	char payload[1024];
	char *s;

	snprintf(payload, sizeof(payload),
	    "{\"iss\":\"%s\",\"aud\":\"here\",\"sub\":\"s-1\","
	    "\"client_id\":\"c\",%s\"iat\":%lld,\"exp\":%lld,"
	    "\"scope\":\"login\",\"preferred_username\":\"%s\"}",
	    iss, jti, (long long)START - 10, (long long)START + 200000, user);
	s = ba_mint_token(m, BA_ALG_ES256, "at+jwt", payload);
	assert_non_null(s);
	return s;
}

#define JTI(x) "\"jti\":\"" x "\","

/* Status and type, then the body. */
static void
says(const char *name, unsigned status, const char *type, const char *body)
{
	static char text[64 * 1024];

	snprintf(text, sizeof(text), "%u %s\n%s", status, type, body);
	write_file(name, text);
}

#define JSON "application/json"

#define ACTIVE                                                                 \
	"{\"active\":true,\"aud\":\"here\",\"sub\":\"s-1\","                   \
	"\"client_id\":\"c\",\"iat\":1699999990,\"exp\":1700200000,\"token_"   \
	"type\":\"Bearer\","                                                   \
	"\"scope\":\"login\",\"preferred_username\":\"alice\"}"

static const char opaque[] = "opaque-token-0123456789";
static const char opaque_2[] = "opaque-token-9876543210";

static void
keys_of(const char *name, struct ba_mint *m)
{
	char *jwks = ba_mint_jwks_of(m);

	says(name, 200, JSON, jwks);
	free(jwks);
}

/* Answer of issuer s, signed. */
static void
signed_answer(struct ba_mint *m)
{
	char payload[1024], *jws;

	snprintf(payload, sizeof(payload),
	    "{\"iss\":\"" URL("s") "\",\"aud\":\"us\",\"iat\":%lld,"
				   "\"token_introspection\":" ACTIVE "}",
	    (long long)(t.now / 1000));
	jws =
	    ba_mint_token(m, BA_ALG_ES256, "token-introspection+jwt", payload);
	says("answer_s", 200, "application/token-introspection+jwt", jws);
	free(jws);
}

static void
good_issuers(void)
{
	static const char *const names[] = { "a", "c", "d", "s" };
	char body[512], name[32];
	size_t i;

	for (i = 0; i < 4; i++) {
		snprintf(body, sizeof(body),
		    "{\"issuer\":\"https://%s.example.org\","
		    "\"jwks_uri\":\"https://%s.example.org/jwks\","
		    "\"introspection_endpoint\":"
		    "\"https://%s.example.org/ask\"}",
		    names[i], names[i], names[i]);
		snprintf(name, sizeof(name), "metadata_%s", names[i]);
		says(name, 200, JSON, body);
		snprintf(name, sizeof(name), "jwks_%s", names[i]);
		keys_of(name, mint);
		snprintf(name, sizeof(name), "answer_%s", names[i]);
		says(name, 200, JSON, ACTIVE);
	}
	signed_answer(mint);
}

static void
write_config(const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text),
	    "[issuer " URL(
		"a") "]\naudience = here\n"
		     "username = preferred_username\n"
		     "[issuer " URL(
			 "c") "]\naudience = here\n"
			      "username = preferred_username\nverify = "
			      "introspection\n"
			      "client_id = us\nclient_auth = none\n"
			      "[issuer " URL(
				  "d") "]\naudience = here\n"
				       "username = preferred_username\nverify "
				       "= jwt+introspection\n"
				       "client_id = us\nclient_auth = none\n"
				       "[issuer " URL(
					   "s") "]\naudience = here\n"
						"username = "
						"preferred_username\nverify = "
						"introspection\n"
						"introspection_answer = jwt\n"
						"client_id = us\nclient_auth = "
						"none\n"
						"[service jwt]\nissuer = " URL(
						    "a") "\n"
							 "[service "
							 "opaque]\nissuer "
							 "= " URL(
							     "c") "\n"
								  "opaque_"
								  "issuer "
								  "= " URL(
								      "c") "\n"
									   "[se"
									   "rvi"
									   "ce "
									   "opa"
									   "que"
									   "-gu"
									   "est"
									   "]\n"
									   "iss"
									   "uer"
									   " ="
									   " " URL(
									       "c") "\n"
										    "opaque_issuer = " URL(
											"c") "\npeer = 4711\n"
											     "[service both]\nissuer = " URL(
												 "d") "\n"
												      "[service signed]\nissuer = " URL(
													  "s") "\n"
													       "opaque_issuer = " URL(
														   "s") "\n"
															"[service once]\nissuer = " URL(
															    "a") "\nsingle_use = yes\n"
																 "[service sure]\nissuer = " URL(
																     "a") "\nsingle_use = yes\n"
																	  "confirm = Really?\n"
																	  "[service once-opaque]\nissuer = " URL(
																	      "c") "\n"
																		   "opaque_issuer = " URL(
																		       "c") "\nsingle_use = yes\n"
																			    "%s",
	    more);
	write_file("conf", text);
}

/* --- opaque tokens -------------------------------------------------------- */

/* INT-01, INT-04: asked once, remembered for a while, and then asked again. */
static void
INT_01_an_opaque_token(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque);
	assert_false(logged(opaque));
	assert_true(logged(" issuer=" URL("c") " sub=s-1"));
	assert_int_equal(requests("openid-configuration"), 1);
	ACCEPTED("opaque", opaque);
	assert_int_equal(requests(ANY), 0);
	/* V48: the account phase goes by the answer, as an answer: no jti. */
	assert_int_equal(account("opaque"), BA_FAMILY_OK);
	/* Longer than introspection_cache. */
	pass(61000);
	ACCEPTED("opaque", opaque);
	assert_int_equal(requests("/ask"), 1);
	/* Another token is another question. */
	ACCEPTED("opaque", opaque_2);
	assert_int_equal(requests("/ask"), 1);
}

/* INT-02: nothing but "active"; each with its family, and the good twin. */
static void
INT_02_what_the_issuer_says(void **state)
{
	static const struct {
		unsigned status;
		const char *type, *body;
		int family;
		const char *error;
	} cases[] = {
		{ 200, JSON, "{\"active\":false}", BA_FAMILY_REFUSED,
		    "error=INACTIVE " },
		{ 200, JSON, "{\"active\":\"true\"}", BA_FAMILY_REFUSED,
		    "error=INACTIVE " },
		{ 200, "text/html", ACTIVE, BA_FAMILY_UNAVAILABLE,
		    "error=INTROSPECTION " },
		{ 401, JSON, "{\"error\":\"invalid_client\"}", BA_FAMILY_FAULT,
		    "error=CLIENT_AUTH " },
		{ 500, JSON, "{}", BA_FAMILY_UNAVAILABLE, "" },
		{ 200, JSON, ACTIVE, BA_FAMILY_OK, "verdict=accepted" },
	};
	char text[64];
	size_t i;
	int f;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		says("answer_c", cases[i].status, cases[i].type, cases[i].body);
		snprintf(text, sizeof(text), "opaque-token-of-case-%zu", i);
		f = ask("opaque", text);
		if (f != cases[i].family || !logged(cases[i].error))
			fail_msg("%zu: %d %s", i, f, log_text);
	}
}

/* The metadata comes by the same asking as keys, for all who need it. */
static void
V38_one_asking_for_metadata(void **state)
{
	const struct question q = { .service = "opaque", .token = opaque };
	int fd[8], i;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < 8; i++)
		fd[i] = put(&q);
	for (i = 0; i < 8; i++)
		assert_int_equal(hear(fd[i]), BA_FAMILY_OK);
	assert_int_equal(requests("well-known"), 1);
}

/* More questions than an issuer is asked at a time: they queue a little. */
static void
V49_more_questions_than_places(void **state)
{
	struct question q = { .service = "opaque" };
	char token[3 * BA_INTROSPECTIONS_MAX][32];
	int fd[3 * BA_INTROSPECTIONS_MAX], i;
	const int n = 3 * BA_INTROSPECTIONS_MAX;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque);
	for (i = 0; i < n; i++) {
		snprintf(token[i], sizeof(token[i]), "opaque-token-%08d", i);
		q.token = token[i];
		fd[i] = put(&q);
	}
	for (i = 0; i < 5; i++)
		pass(110);
	for (i = 0; i < n; i++)
		assert_int_equal(hear(fd[i]), BA_FAMILY_OK);
	end_broker();

	/* Nobody answers: who has no place hears so, long before the end. */
	start_broker(false, "fake-mute");
	for (i = 0; i < BA_INTROSPECTIONS_MAX + 1; i++) {
		snprintf(token[i], sizeof(token[i]), "opaque-other-%08d", i);
		q.token = token[i];
		fd[i] = put(&q);
	}
	for (i = 0; i < 25; i++)
		pass(110);
	assert_false(answered(fd[0]));
	assert_int_equal(
	    hear(fd[BA_INTROSPECTIONS_MAX]), BA_FAMILY_UNAVAILABLE);
	assert_true(logged("error=BUSY "));
	/* Who gives up does not make room: the issuer is still at it. */
	close(fd[0]);
	q.token = "opaque-token-one-more";
	fd[0] = put(&q);
	for (i = 0; i < 25; i++)
		pass(110);
	assert_int_equal(hear(fd[0]), BA_FAMILY_UNAVAILABLE);
	for (i = 1; i < BA_INTROSPECTIONS_MAX; i++)
		close(fd[i]);
	turns();
}

/* V49: a flood at somebody else's service leaves places for root's. */
static void
V49_places_for_root(void **state)
{
	struct question q = { .service = "opaque", .peer = 4711 };
	char token[BA_INTROSPECTIONS_OTHERS + 1][32];
	int fd[BA_INTROSPECTIONS_OTHERS + 1], i, root;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque);
	end_broker();
	t.now += 61000;
	start_broker(false, "fake-mute");
	q.service = "opaque-guest";
	for (i = 0; i <= BA_INTROSPECTIONS_OTHERS; i++) {
		snprintf(token[i], sizeof(token[i]), "opaque-token-%08d", i);
		q.token = token[i];
		fd[i] = put(&q);
	}
	(void)requests(ANY);
	root = put(&(struct question){ .service = "opaque", .token = opaque });
	until_asked("/ask");
	for (i = 0; i < 25; i++)
		pass(110);
	/* It has a place, and the last of the others has none. */
	assert_false(answered(root));
	assert_int_equal(
	    hear(fd[BA_INTROSPECTIONS_OTHERS]), BA_FAMILY_UNAVAILABLE);
	assert_true(logged("error=BUSY "));
	for (i = 0; i < BA_INTROSPECTIONS_OTHERS; i++)
		close(fd[i]);
	close(root);
	turns();
}

/* A login's record outlives all answers that strangers can cause. */
static void
V49_answers_push_out_no_login(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	const struct ba_issuer *c;
	struct ba_http_response response;
	struct ba_http_request request;
	struct ba_introspection *in;
	char token[32];
	struct ba_post post;
	json_t *claims;
	int i;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("jwt", jwt);
	in = t.b->engine->introspection;
	c = ba_config_issuer(t.b->engine->config, URL("c"));
	ba_http_response_init(&response);
	response.err = BA_OK;
	response.status = 200;
	strcpy(response.content_type, JSON);
	assert_int_equal(
	    ba_buf_append_str(&response.body, "{\"active\":false}"), BA_OK);
	ba_post_init(&post);
	for (i = 0; i < 4200; i++) {
		snprintf(token, sizeof(token), "opaque-token-%08d", i);
		assert_int_equal(
		    ba_introspection_begin(in, c, URL("c") "/ask", token,
			strlen(token), START, true, &post, &request),
		    BA_OK);
		assert_int_equal(ba_introspection_feed(in, c, NULL, token,
				     strlen(token), START, &response, &claims),
		    BA_ERR_INACTIVE);
	}
	ba_post_wipe(&post);
	ba_http_response_clear(&response);
	FAILS("opaque", token, BA_FAMILY_REFUSED, "INACTIVE");
	assert_int_equal(requests("/ask"), 0);
	assert_int_equal(account("jwt"), BA_FAMILY_OK);
	end_broker();
	/* Spawned brokers have them in common, and none in memory. */
	start_broker(true, "fake-good");
	assert_null(t.b->answers);
	ACCEPTED("opaque", opaque);
	end_broker();
	start_broker(true, "fake-good");
	(void)requests(ANY);
	ACCEPTED("opaque", opaque);
	assert_int_equal(requests(ANY), 0);
	free(jwt);
}

/* One question of so much time to an issuer that says nothing in it. */
static void
silence(unsigned deadline, bool helper_says)
{
	const struct question q = {
		.service = "opaque", .token = opaque, .deadline = deadline
	};
	int fd;

	log_text[0] = '\0';
	fd = put(&q);
	if (!helper_says) {
		turns();
		pass(deadline - BA_QUERY_EARLY);
	}
	assert_int_equal(hear(fd), BA_FAMILY_UNAVAILABLE);
}

/* TR-08: who gives an issuer no time does not make it one that fails. */
static void
TR_08_a_short_time_is_no_failure(void **state)
{
	static const struct {
		unsigned deadline;
		bool helper_says, open;
	} cases[] = {
		{ 2599, false, false },
		{ 2600, false, true },
		{ 2599, true, false },
		{ 2600, true, true },
	};
	size_t i;
	int k;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque_2);
	end_broker();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].helper_says)
			says("answer_c", 0, "-", "");
		start_broker(
		    false, cases[i].helper_says ? "fake-good" : "fake-mute");
		for (k = 0; k < 4; k++) {
			silence(cases[i].deadline, cases[i].helper_says);
			/* The helper that says nothing is ended. */
			pass(BA_ERRAND_GRACE_MS);
			if (k < 3 || !cases[i].open)
				assert_true(logged("error=TIMEOUT "));
			else
				assert_true(logged("error=BREAKER "));
		}
		end_broker();
	}
}

/* With next to no time left the issuer is not asked at all. */
static void
TR_08_no_time_left(void **state)
{
	struct question q = { .service = "opaque", .token = opaque };
	int fd, left;

	for (left = 299; left <= 300; left++) {
		(void)set_up(state);
		start_broker(false, "fake-good");
		q.deadline = 1000;
		fd = put(&q);
		t.now += 1000 - BA_QUERY_EARLY - left;
		assert_int_equal(hear(fd),
		    left < 300 ? BA_FAMILY_UNAVAILABLE : BA_FAMILY_OK);
		assert_int_equal(requests("/ask"), left == 300);
		end_broker();
	}
}

/* No place is held for as long as a client may say. */
static void
TR_08_a_long_deadline(void **state)
{
	const struct question q = {
		.service = "opaque", .token = opaque, .deadline = 60000
	};
	int fd;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque_2);
	end_broker();
	start_broker(false, "fake-mute");
	fd = put(&q);
	turns();
	pass(BA_INQUIRY_MAX_MS + BA_ERRAND_GRACE_MS - 1);
	assert_false(answered(fd));
	pass(1);
	assert_int_equal(hear(fd), BA_FAMILY_UNAVAILABLE);
}

/*
 * TR-08: one deadline for all of a question, and then the breaker, so that the
 * fourth is answered at once.
 */
static void
TR_08_an_issuer_that_hangs(void **state)
{
	const struct question q = {
		.service = "opaque", .token = opaque, .deadline = 4000
	};
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	int fd, i;

	(void)state;
	start_broker(false, "fake-mute");
	for (i = 0; i < 3; i++) {
		(void)requests(ANY);
		fd = put(&q);
		until_asked("/ask");
		pass(3800);
		assert_false(answered(fd));
		/* Nobody else waits. */
		ACCEPTED("jwt", jwt);
		pass(100);
		assert_int_equal(hear(fd), BA_FAMILY_UNAVAILABLE);
		assert_true(logged("error=TIMEOUT "));
		/* A helper that does not end a request in time is ended. */
		assert_true(ba_errands_helper_runs(t.b->errands));
		pass(BA_ERRAND_GRACE_MS);
		assert_false(ba_errands_helper_runs(t.b->errands));
	}
	FAILS("opaque", opaque, BA_FAMILY_UNAVAILABLE, "BREAKER");
	assert_int_equal(control("status"), BA_OK);
	assert_non_null(strstr(reply, URL("c") ": 0 keys, not asked about"));
	assert_null(strstr(reply, URL("d") ": 0 keys, not asked about"));
	/* Its time over, one may try. */
	pass(60000);
	end_broker();
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque);
	free(jwt);
}

/* TR-08: spawned brokers have the breaker in common, though each ends. */
static void
TR_08_the_breaker_of_spawned_brokers(void **state)
{
	const struct question q = {
		.service = "opaque", .token = opaque, .deadline = 4000
	};
	int fd, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		start_broker(true, "fake-mute");
		(void)requests(ANY);
		fd = put(&q);
		until_asked("/ask");
		pass(3900);
		assert_int_equal(hear(fd), BA_FAMILY_UNAVAILABLE);
		assert_true(logged("error=TIMEOUT "));
		end_broker();
	}
	start_broker(true, "fake-good");
	FAILS("opaque", opaque, BA_FAMILY_UNAVAILABLE, "BREAKER");
	end_broker();
	t.now += 60000;
	start_broker(true, "fake-good");
	ACCEPTED("opaque", opaque);
}

/* A question that ended is not answered into the next one's memory. */
static void
who_gives_up_is_forgotten(void **state)
{
	const struct question q = { .service = "opaque", .token = opaque };
	int fd, i;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque_2);
	(void)requests(ANY);
	fd = put(&q);
	close(fd);
	until_asked("/ask");
	for (i = 0; i < SOON && !LIST_EMPTY(&t.b->conns); i++)
		turns();
	assert_true(LIST_EMPTY(&t.b->conns));
	assert_int_equal(requests("/ask"), 1);
	/* Asked again, unless the answer was there before they had gone. */
	ACCEPTED("opaque", opaque);
	assert_in_range(requests("/ask"), 0, 1);
	/* And once more while the broker ends. */
	(void)put(&(struct question){
	    .service = "opaque", .token = "opaque-token-of-the-end" });
}

/* The helper ends under a question: nobody says that the issuer is at fault. */
static void
a_helper_that_ends(void **state)
{
	int i;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("opaque", opaque_2);
	end_broker();
	/* Metadata is in the store: the question goes to the issuer at once. */
	start_broker(false, "fake-exit");
	for (i = 0; i < 4; i++)
		assert_int_not_equal(ask("opaque", opaque), BA_FAMILY_OK);
	assert_true(logged("error=PROTOCOL "));
	end_broker();
	start_broker(false, "none");
	FAILS("opaque", opaque, BA_FAMILY_FAULT, "SYSTEM");
}

/* Both: the token first, and its revocation at once (no cache). */
static void
INT_06_jwt_and_introspection(void **state)
{
	char *good = token_of(mint, URL("d"), JTI("1"), "alice");
	char *bob = token_of(mint, URL("d"), JTI("1"), "bob");

	(void)state;
	start_broker(false, "fake-good");
	FAILS("both", bob, BA_FAMILY_NOT_ALLOWED, "USER_MISMATCH");
	assert_int_equal(requests("/ask"), 0);
	ACCEPTED("both", good);
	assert_int_equal(requests("/ask"), 1);
	ACCEPTED("both", good);
	assert_int_equal(requests("/ask"), 1);
	says("answer_d", 200, JSON, "{\"active\":false}");
	FAILS("both", good, BA_FAMILY_REFUSED, "INACTIVE");
	free(good);
	free(bob);
}

/*
 * INTJ-01: a signed answer by a key that is newer than ours: its keys are
 * asked for, and the question is put again; once, and then it is no answer.
 */
static void
INTJ_01_signed_answers(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("signed", opaque);
	assert_int_equal(requests("/jwks"), 1);
	/* Out of the cooldown of that asking. */
	pass(31000);
	keys_of("jwks_s", mint_2);
	signed_answer(mint_2);
	(void)requests(ANY);
	ACCEPTED("signed", opaque_2);
	assert_int_equal(requests("/jwks"), 1);
	/* A key that nobody publishes, in the cooldown and after it. */
	signed_answer(mint);
	FAILS("signed", "opaque-token-of-nobody", BA_FAMILY_UNAVAILABLE,
	    "INTROSPECTION");
	assert_int_equal(requests("/ask"), 1);
	pass(31000);
	signed_answer(mint);
	FAILS("signed", "opaque-token-of-nobody", BA_FAMILY_UNAVAILABLE,
	    "INTROSPECTION");
	assert_int_equal(requests("/ask"), 2);
}

/* While another broker has the newer keys brought, the token is not asked about
   in each round. */
static void
INTJ_01_another_broker_brings_newer_keys(void **state)
{
	const struct question q = { .service = "signed", .token = opaque };
	const struct ba_issuer *s;
	struct ba_broker *ours, *hung;
	int fd, i;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("signed", opaque_2);
	pass(31000);
	ours = t.b;
	start_broker(false, "fake-hang");
	s = ba_config_issuer(t.b->engine->config, URL("s"));
	assert_non_null(ba_keys_get(t.b->engine->keys, s, t.now / 1000));
	assert_int_equal(
	    ba_fetcher_refresh(t.b->fetcher, t.b->engine, s, false), BA_OK);
	turn();
	/* The one that hangs is the other, from now on. */
	hung = t.b;
	t.b = ours;
	keys_of("jwks_s", mint_2);
	signed_answer(mint_2);
	(void)requests(ANY);
	fd = put(&q);
	for (i = 0; i < 20; i++)
		pass(110);
	assert_false(answered(fd));
	assert_int_equal(requests("/ask"), 1);
	pass(BA_KEYS_ASKING * 1000);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	assert_int_equal(requests("/ask"), 1);
	ba_broker_free(hung);
}

/* --- stale keys, and the background ---------------------------------------- */

/* The keys are there, and stale by now, but serve: half a day later. */
static void
let_keys_go_stale(bool spawned, const char *helper)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");

	start_broker(true, "fake-good");
	ACCEPTED("jwt", jwt);
	end_broker();
	t.now += 43200 * 1000;
	(void)requests(ANY);
	start_broker(spawned, helper);
	free(jwt);
}

/* A service asks first, too: a key that is withdrawn is good for nobody. */
static void
V38_stale_keys_in_a_service(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	char *newer = token_of(mint_2, URL("a"), JTI("2"), "alice");

	(void)state;
	let_keys_go_stale(false, "fake-mute");
	keys_of("jwks_a", mint_2);
	FAILS("jwt", jwt, BA_FAMILY_REFUSED, "KEY");
	assert_int_equal(requests("/jwks"), 1);
	ACCEPTED("jwt", newer);
	assert_int_equal(requests(ANY), 0);
	free(jwt);
	free(newer);
}

/* The twin: the issuer is down.  A second, and none after the failure. */
static void
V38_stale_keys_in_a_service_in_an_outage(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	struct question q = { .service = "jwt", .token = jwt };
	int fd, hasty;

	(void)state;
	let_keys_go_stale(false, "fake-hang");
	fd = put(&q);
	/* Who has less time waits for half of it. */
	q.deadline = 1100;
	hasty = put(&q);
	pass(499);
	assert_false(answered(hasty));
	pass(1);
	assert_int_equal(hear(hasty), BA_FAMILY_OK);
	pass(499);
	assert_false(answered(fd));
	pass(1);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	pass(BA_KEYS_ASKING * 1000);
	assert_int_equal(ba_fetcher_count(t.b->fetcher), 0);
	ACCEPTED("jwt", jwt);
	free(jwt);
}

/* A spawned broker waits a second for fresh ones; then stale ones serve. */
static void
V38_stale_keys_in_a_spawned_broker(void **state)
{
	struct question q = { .service = "jwt" };
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	char *newer = token_of(mint_2, URL("a"), JTI("2"), "alice");
	int fd;

	(void)state;
	let_keys_go_stale(true, "fake-hang");
	q.token = jwt;
	fd = put(&q);
	turns();
	pass(999);
	assert_false(answered(fd));
	pass(1);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	/* Of an unknown key nobody can say anything, and the wait goes on. */
	q.token = newer;
	q.deadline = 3000;
	fd = put(&q);
	pass(1200);
	assert_false(answered(fd));
	pass(1700);
	assert_int_equal(hear(fd), BA_FAMILY_UNAVAILABLE);
	end_broker();

	/* The asking failed: no second is waited for what is not asked. */
	start_broker(true, "none");
	ACCEPTED("jwt", jwt);
	end_broker();

	/* In time: the fresh ones count. */
	t.now += 60000;
	keys_of("jwks_a", mint_2);
	start_broker(true, "fake-good");
	ACCEPTED("jwt", newer);
	free(jwt);
	free(newer);
}

/* What nobody can start is not waited for either. */
static void
V38_stale_keys_and_no_helper(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	const struct question q = { .service = "jwt", .token = jwt };
	int fd;

	(void)state;
	let_keys_go_stale(true, "none");
	fd = put(&q);
	assert_false(answered(fd));
	pass(2);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	/* From now on it is in its cooldown. */
	ACCEPTED("jwt", jwt);
	free(jwt);
}

/* Before they go stale, and only of issuers that somebody comes from. */
static void
V38_refreshed_in_the_background(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	int i;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("jwt", jwt);
	assert_int_equal(requests("/jwks"), 1);
	/* They live an hour (BA_KEYS_LIFE_DEFAULT). */
	pass(1800 * 1000);
	assert_int_equal(requests(ANY), 0);
	ACCEPTED("jwt", jwt);
	for (i = 0; i < 30; i++)
		pass(60 * 1000);
	until_asked("/jwks");
	turns();
	assert_int_equal(requests("/jwks"), 1);
	/* Nobody came since: an hour later nobody is asked. */
	for (i = 0; i < 70; i++)
		pass(60 * 1000);
	assert_int_equal(requests(ANY), 0);
	end_broker();

	/* Never by a spawned one. */
	start_broker(true, "fake-good");
	assert_null(t.b->refresh);
	free(jwt);
}

/* --- single use ----------------------------------------------------------- */

static void
JWT_13_single_use(void **state)
{
	char *one = token_of(mint, URL("a"), JTI("1"), "alice");
	char *two = token_of(mint, URL("a"), JTI("2"), "alice");
	char *none = token_of(mint, URL("a"), "", "alice");
	struct question bob = {
		.service = "once", .token = one, .user = "bob"
	};

	(void)state;
	start_broker(false, "fake-good");
	/* Whoever fails another check does not use the token up. */
	assert_int_equal(hear(put(&bob)), BA_FAMILY_NOT_ALLOWED);
	ACCEPTED("once", one);
	FAILS("once", one, BA_FAMILY_REFUSED, "REPLAY");
	ACCEPTED("once", two);
	/* The account phase is part of the same login. */
	assert_int_equal(account("once"), BA_FAMILY_OK);
	assert_int_equal(account("once"), BA_FAMILY_OK);
	/* Without the rule it is another matter. */
	ACCEPTED("jwt", one);
	FAILS("once", none, BA_FAMILY_REFUSED, "CLAIM");
	end_broker();
	/* Another process. */
	start_broker(true, "fake-good");
	FAILS("once", one, BA_FAMILY_REFUSED, "REPLAY");
	free(one);
	free(two);
	free(none);
}

/* Used up by "yes", and by nothing before. */
static void
JWT_13_after_the_confirmation(void **state)
{
	char *one = token_of(mint, URL("a"), JTI("1"), "alice");
	const struct question q = { .service = "sure", .token = one };
	int fd, again;

	(void)state;
	start_broker(false, "fake-good");
	fd = put(&q);
	assert_int_equal(hear(fd), -2);
	close(fd);
	turns();
	fd = put(&q);
	again = put(&q);
	assert_int_equal(hear(fd), -2);
	assert_int_equal(hear(again), -2);
	reply_yes(fd);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	log_text[0] = '\0';
	reply_yes(again);
	assert_int_equal(hear(again), BA_FAMILY_REFUSED);
	assert_true(logged("error=REPLAY "));
	free(one);
}

/* V48: an end that the issuer has said holds after a confirmation, too. */
static void
V48_the_answers_end_after_the_confirmation(void **state)
{
	char *both = token_of(mint, URL("d"), JTI("1"), "alice");
	const struct question q = { .service = "both-sure", .token = both };
	int fd, s;

	write_config(
	    "[service both-sure]\nissuer = " URL("d") "\n"
						      "confirm = Really?\n");
	for (s = 89; s <= 90; s++) {
		(void)set_up(state);
		says("answer_d", 200, JSON,
		    "{\"active\":true,\"exp\":1700000030}");
		start_broker(false, "fake-good");
		fd = put(&q);
		assert_int_equal(hear(fd), -2);
		t.now += s * 1000;
		log_text[0] = '\0';
		reply_yes(fd);
		assert_int_equal(
		    hear(fd), s < 90 ? BA_FAMILY_OK : BA_FAMILY_REFUSED);
		assert_int_equal(logged("error=EXP "), s == 90);
		end_broker();
	}
	write_config("");
	free(both);
}

/* By the whole text, since its issuer says no jti; then by the jti. */
static void
JWT_13_opaque(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("once-opaque", opaque);
	FAILS("once-opaque", opaque, BA_FAMILY_REFUSED, "REPLAY");
	ACCEPTED("once-opaque", opaque_2);
	says("answer_c", 200, JSON,
	    "{\"active\":true,\"aud\":\"here\",\"sub\":\"s-1\","
	    "\"client_id\":\"c\",\"iat\":1699999990,\"exp\":1700200000,\"token_"
	    "type\":\"Bearer\","
	    "\"jti\":\"one\",\"preferred_username\":\"alice\"}");
	ACCEPTED("once-opaque", "opaque-token-with-jti-1");
	FAILS("once-opaque", "opaque-token-with-jti-2", BA_FAMILY_REFUSED,
	    "REPLAY");
}

/* --- the block list ------------------------------------------------------- */

#define BLOCK(what, rest)                                                      \
	"{\"command\":\"" what "\",\"issuer\":\"" URL("a") "\"," rest "}"

/* V48: effective for the next login and the account phase of one before. */
static void
V48_blocks(void **state)
{
	static const struct {
		const char *block, *unblock;
	} cases[] = {
		{ BLOCK("block", "\"sub\":\"s-1\""),
		    BLOCK("unblock", "\"sub\":\"s-1\"") },
		{ BLOCK("block", "\"client\":\"c\""),
		    BLOCK("unblock", "\"client\":\"c\"") },
		{ BLOCK("block", "\"all\":true"),
		    BLOCK("unblock", "\"all\":true") },
	};
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	size_t i;

	(void)state;
	start_broker(false, "fake-good");
	ACCEPTED("jwt", jwt);
	for (i = 0; i < 3; i++) {
		assert_int_equal(control(cases[i].block), BA_OK);
		assert_string_equal(reply, "blocked\n");
		assert_int_equal(account("jwt"), BA_FAMILY_NOT_ALLOWED);
		assert_true(logged("error=BLOCKED check=block"));
		FAILS("jwt", jwt, BA_FAMILY_NOT_ALLOWED, "BLOCKED");
		assert_int_equal(control("status"), BA_OK);
		assert_non_null(strstr(reply, "\nblocked: 1\n"));
		/* Kept across restarts, and in force in every process. */
		end_broker();
		start_broker(i == 1, "fake-good");
		FAILS("jwt", jwt, BA_FAMILY_NOT_ALLOWED, "BLOCKED");
		assert_int_equal(control(cases[i].unblock), BA_OK);
		assert_string_equal(reply, "no longer blocked\n");
		ACCEPTED("jwt", jwt);
		assert_int_equal(control(cases[i].unblock), BA_ERR_NOT_FOUND);
		assert_string_equal(reply, "nothing of this is blocked\n");
	}
	/* Somebody else. */
	assert_int_equal(control(BLOCK("block", "\"sub\":\"s-2\"")), BA_OK);
	ACCEPTED("jwt", jwt);
	free(jwt);
}

static void
V48_blocks_that_end(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");

	(void)state;
	start_broker(false, "fake-good");
	/* An end that has come would hold nobody. */
	assert_int_equal(control(BLOCK("block", "\"sub\":\"s-1\","
						"\"until\":1700000000")),
	    BA_ERR_CONFIG);
	assert_string_equal(reply, "that time is over\n");
	ACCEPTED("jwt", jwt);
	assert_int_equal(control(BLOCK("block", "\"sub\":\"s-1\","
						"\"until\":1700000010")),
	    BA_OK);
	FAILS("jwt", jwt, BA_FAMILY_NOT_ALLOWED, "BLOCKED");
	assert_int_equal(control("{\"command\":\"blocks\"}"), BA_OK);
	assert_string_equal(reply, URL("a") "\tsub\t2023-11-14T22:13:20Z\t"
					    "2023-11-14T22:13:30Z\ts-1\n");
	pass(10000);
	assert_int_equal(control("{\"command\":\"blocks\"}"), BA_OK);
	assert_string_equal(reply, "");
	ACCEPTED("jwt", jwt);
	free(jwt);
}

/* A slip of the pen blocks nobody; but whatever stands there can be undone. */
static void
blocks_of_unknown_issuers(void **state)
{
	(void)state;
	start_broker(false, "fake-good");
	assert_int_equal(control("{\"command\":\"block\",\"issuer\":\"" URL(
			     "A") "\",\"all\":true}"),
	    BA_ERR_CONFIG);
	assert_string_equal(reply, "no issuer " URL("A") " is configured\n");
	assert_int_equal(control("{\"command\":\"blocks\"}"), BA_OK);
	assert_string_equal(reply, "");
	write_file("blocked", "{\"issuer\":\"https://gone.example.org\","
			      "\"all\":true,\"since\":1}\n");
	assert_int_equal(control("{\"command\":\"unblock\",\"issuer\":"
				 "\"https://gone.example.org\",\"all\":true}"),
	    BA_OK);
}

/* Who may not enter is not known: nobody does. */
static void
V48_a_block_list_that_is_not_right(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");

	(void)state;
	start_broker(false, "fake-good");
	write_file("blocked", "nonsense\n");
	FAILS("jwt", jwt, BA_FAMILY_UNAVAILABLE, "BLOCKS");
	assert_int_equal(control("status"), BA_OK);
	assert_non_null(strstr(reply, "blocked: the list cannot be read"));
	assert_int_equal(control("{\"command\":\"blocks\"}"), BA_ERR_BLOCKS);
	assert_int_equal(
	    control(BLOCK("block", "\"sub\":\"s-1\"")), BA_ERR_BLOCKS);
	assert_int_equal(unlink(in_dir("blocked")), 0);
	ACCEPTED("jwt", jwt);
	free(jwt);
}

/* A long list, page by page. */
static void
blocks_by_pages(void **state)
{
	char command[256], want[64], *p;
	unsigned i, from = 0, pages = 0;

	(void)state;
	start_broker(false, "fake-good");
	for (i = 0; i < 120; i++) {
		snprintf(command, sizeof(command),
		    BLOCK("block", "\"sub\":\"subject-%03u\""), i);
		assert_int_equal(control(command), BA_OK);
	}
	do {
		snprintf(command, sizeof(command),
		    "{\"command\":\"blocks\",\"from\":%u}", from);
		assert_int_equal(control(command), BA_OK);
		for (p = reply; *p != '\0'; p = strchr(p, '\n') + 1) {
			if (strncmp(p, "…\n", 4) == 0)
				continue;
			snprintf(want, sizeof(want), "\tsubject-%03u\n", from);
			assert_memory_equal(strchr(p, '\n') + 1 - strlen(want),
			    want, strlen(want));
			from++;
		}
		pages++;
	} while (from < 120 && pages < 10);
	assert_int_equal(from, 120);
	assert_int_equal(pages, 2);
}

/* --- keys, for people ------------------------------------------------------ */

#define KEYS_OF_A "{\"command\":\"keys\",\"issuer\":\"" URL("a") "\"}"

static void
keys_and_refresh(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	char *newer = token_of(mint_2, URL("a"), JTI("2"), "alice");
	int i;

	(void)state;
	start_broker(false, "fake-good");
	assert_int_equal(control(KEYS_OF_A), BA_OK);
	assert_string_equal(reply, URL("a") "\t0\t-\t-\t-\t-\tok\tissuer\n");
	ACCEPTED("jwt", jwt);
	pass(10000);
	assert_int_equal(control(KEYS_OF_A), BA_OK);
	assert_memory_equal(reply, URL("a") "\t1\t10\t3590\t89990\t",
	    strlen(URL("a") "\t1\t10\t3590\t89990\t"));
	assert_non_null(strstr(reply, "\tok\tissuer\n"));
	assert_int_equal(control("{\"command\":\"keys\"}"), BA_OK);
	assert_non_null(strstr(reply, "\n" URL("c") "\t0\t"));

	/* An administrator knows of a new key before its time has come. */
	keys_of("jwks_a", mint_2);
	FAILS("jwt", newer, BA_FAMILY_REFUSED, "KEY");
	(void)requests(ANY);
	assert_int_equal(
	    control("{\"command\":\"refresh\",\"issuer\":\"" URL("a") "\"}"),
	    BA_OK);
	assert_string_equal(reply, "asking " URL("a") " has begun\n");
	until_asked("/jwks");
	turns();
	assert_int_equal(requests("/jwks"), 1);
	ACCEPTED("jwt", newer);
	assert_int_equal(control("{\"command\":\"refresh\"}"), BA_OK);
	assert_string_equal(reply, "asking 4 issuers has begun\n");
	until_asked("s.example.org/.well-known");
	for (i = 0; i < 5; i++)
		turns();
	assert_int_equal(requests("well-known"), 4);
	assert_int_equal(
	    control("{\"command\":\"refresh\",\"issuer\":\"" URL("b") "\"}"),
	    BA_ERR_CONFIG);
	assert_string_equal(reply, "no issuer " URL("b") " is configured\n");
	free(jwt);
	free(newer);
}

/* Of a file nothing is asked, and it has no age. */
static void
keys_of_a_file(void **state)
{
	char *jwks = ba_mint_jwks_of(mint), more[512];

	(void)state;
	write_file("raw_jwks", jwks);
	free(jwks);
	snprintf(more, sizeof(more),
	    "[issuer " URL("f") "]\naudience = here\nusername = sub\n"
				"jwks_file = %s\n",
	    in_dir("raw_jwks"));
	write_config(more);
	start_broker(false, "fake-good");
	assert_int_equal(
	    control("{\"command\":\"keys\",\"issuer\":\"" URL("f") "\"}"),
	    BA_OK);
	assert_string_equal(reply, URL("f") "\t1\t-\t-\t-\t-\tok\tfile\n");
	assert_int_equal(
	    control("{\"command\":\"refresh\",\"issuer\":\"" URL("f") "\"}"),
	    BA_OK);
	assert_non_null(strstr(reply, "read again by itself"));
	assert_int_equal(ba_fetcher_count(t.b->fetcher), 0);
	assert_int_equal(control("{\"command\":\"refresh\"}"), BA_OK);
	assert_string_equal(reply, "asking 4 issuers has begun\n");
	end_broker();
	write_config("");
}

/* Another broker of the machine asks already: ours looks again, and waits. */
static void
V38_another_broker_asks(void **state)
{
	char *jwt = token_of(mint, URL("a"), JTI("1"), "alice");
	const struct question q = { .service = "jwt", .token = jwt };
	struct ba_broker *other;
	int fd, theirs;

	(void)state;
	start_broker(false, "fake-hang");
	theirs = put(&q);
	turns();
	other = t.b;
	start_broker(true, "fake-good");
	fd = put(&q);
	pass(110);
	pass(110);
	assert_false(answered(fd));
	assert_int_equal(requests(ANY), 0);
	/* It has been too long about it (BA_KEYS_ASKING). */
	pass(BA_KEYS_ASKING * 1000);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	ba_broker_free(other);
	close(theirs);
	free(jwt);
}

/* At most so many at a time, and the others when there is room. */
static void
refresh_of_many_issuers(void **state)
{
	char more[2048] = "";
	unsigned i, n = 0;

	(void)state;
	for (i = 0; i < BA_REFRESH_MAX + 4; i++)
		snprintf(more + strlen(more), sizeof(more) - strlen(more),
		    "[issuer " URL("m%02u") "]\naudience = here\n"
					    "username = sub\n",
		    i);
	write_config(more);
	start_broker(false, "fake-hang");
	assert_int_equal(control("{\"command\":\"refresh\"}"), BA_OK);
	assert_string_equal(reply, "asking 16 issuers has begun\n"
				   "8 follow as soon as they can\n");
	turns();
	assert_int_equal(ba_fetcher_count(t.b->fetcher), BA_REFRESH_MAX);
	/* They fail, and make room. */
	pass(BA_KEYS_REQUEST_MS + BA_ERRAND_GRACE_MS + 1);
	pass(BA_REFRESH_MS + 1);
	assert_int_equal(ba_fetcher_count(t.b->fetcher), 24 - BA_REFRESH_MAX);
	for (i = 0; i < t.b->engine->config->n_issuers; i++)
		n += t.b->engine->askings[i].wanted;
	assert_int_equal(n, 0);
	end_broker();
	write_config("");
	/* Who cannot be asked is not said to be. */
	t.now += 60000;
	start_broker(false, "none");
	assert_int_equal(
	    control("{\"command\":\"refresh\",\"issuer\":\"" URL("s") "\"}"),
	    BA_ERR_SYSTEM);
	assert_non_null(strstr(reply, URL("s") " cannot be asked: "));
	assert_int_equal(control("{\"command\":\"refresh\"}"), BA_OK);
	assert_string_equal(reply, "asking 0 issuers has begun\n"
				   "4 cannot be asked\n");
}

/* --- for another user, on which server ------------------------------------- */

#define BOX(name, authzid)                                                     \
	"[service " name "]\nissuer = " URL(                                   \
	    "a") "\naccounts = virtual\nauthzid = " authzid "\n"
#define BOXES                                                                  \
	BOX("proxy", "proxy")                                                  \
	BOX("equal", "equal")                                                  \
	BOX("shared", "shared")                                                \
	"shared_claim = boxes\n" BOX(                                          \
	    "sure-box", "proxy") "confirm = Really?\n" BOX("server",           \
	    "equal") "host = mail.example.org\nport = 143 993\n"

/*
 * Whom the host is told: with proxy both, and it decides; a shared mailbox is
 * entered as itself.
 */
static void
who_may_act_for_whom(void **state)
{
	static const struct {
		const char *service, *user;
		bool old; /* version 1 has no word for the person */
		int family;
		const char *error;
		const char *person; /* said */
	} cases[] = {
		{ "equal", "alice", false, BA_FAMILY_OK, NULL, "" },
		{ "equal", "team", false, BA_FAMILY_NOT_ALLOWED,
		    "USER_MISMATCH", "" },
		{ "proxy", "alice", false, BA_FAMILY_OK, NULL, "" },
		{ "proxy", "team", false, BA_FAMILY_OK, NULL, "alice" },
		{ "proxy", "team", true, BA_FAMILY_NOT_ALLOWED, "USER_MISMATCH",
		    "" },
		{ "proxy", "alice", true, BA_FAMILY_OK, NULL, "" },
		{ "shared", "alice", false, BA_FAMILY_OK, NULL, "" },
		{ "shared", "team", false, BA_FAMILY_OK, NULL, "" },
		{ "shared", "team", true, BA_FAMILY_NOT_ALLOWED,
		    "USER_MISMATCH", "" },
		{ "shared", "bob", false, BA_FAMILY_NOT_ALLOWED, "AUTHZID",
		    "" },
	};
	char *token =
	    token_of(mint, URL("a"), JTI("x") "\"boxes\":[\"team\"],", "alice");
	bool both, proxy;
	char want[64];
	size_t i;

	(void)state;
	write_config(BOXES);
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct question q = { .service = cases[i].service,
			.user = cases[i].user,
			.token = token,
			.old = cases[i].old,
			.sasl = true };

		log_text[0] = '\0';
		assert_int_equal(hear(put(&q)), cases[i].family);
		assert_string_equal(
		    user_said, cases[i].error == NULL ? cases[i].user : "");
		assert_string_equal(person_said, cases[i].person);
		snprintf(want, sizeof(want), " error=%s ",
		    cases[i].error != NULL ? cases[i].error : "");
		assert_true(cases[i].error == NULL || logged(want));
		/* The audit line names both; with proxy the login is alice's
		   until the host says otherwise. */
		both = !cases[i].old && strcmp(cases[i].user, "alice") != 0 &&
		       strcmp(cases[i].service, "equal") != 0;
		proxy = both && strcmp(cases[i].service, "proxy") == 0;
		snprintf(want, sizeof(want), " %s=%s ",
		    proxy ? "user=alice wants" : "user", cases[i].user);
		assert_true(logged(want));
		assert_int_equal(logged(" person=alice"), both && !proxy);
	}
	write_config("");
	free(token);
}

/* A token from PAM names its user, whatever authzid says; and the other is not
   forgotten over a question. */
static void
authzid_is_of_sasl(void **state)
{
	struct question q = { .service = "proxy", .user = "team" };
	char *token = token_of(mint, URL("a"), JTI("x"), "alice");
	int fd;

	(void)state;
	write_config(BOXES);
	start_broker(false, "fake-good");
	q.token = token;
	assert_int_equal(hear(put(&q)), BA_FAMILY_NOT_ALLOWED);
	assert_true(logged("error=USER_MISMATCH"));
	q.sasl = true;
	assert_int_equal(hear(put(&q)), BA_FAMILY_OK);
	q.service = "sure-box";
	fd = put(&q);
	assert_int_equal(hear(fd), -2);
	reply_yes(fd);
	assert_int_equal(hear(fd), BA_FAMILY_OK);
	assert_string_equal(user_said, "team");
	assert_string_equal(person_said, "alice");
	/* By the configuration that is in force after it (V48). */
	fd = put(&q);
	assert_int_equal(hear(fd), -2);
	write_config(BOX("sure-box", "equal") "confirm = Really?\n");
	assert_int_equal(ba_broker_reload(t.b, NULL, 0), BA_OK);
	reply_yes(fd);
	assert_int_equal(hear(fd), BA_FAMILY_NOT_ALLOWED);
	write_config("");
	free(token);
}

/* RFC 7628 section 3.1: before the token is looked at. */
static void
V53_the_server_that_is_meant(void **state)
{
	static const struct {
		const char *host;
		uint32_t port;
		bool sasl;
		int family;
	} cases[] = {
		{ NULL, 0, true, BA_FAMILY_OK },
		{ "mail.example.org", 143, true, BA_FAMILY_OK },
		{ "MAIL.example.org", 993, true, BA_FAMILY_OK },
		{ "imap.example.org", 143, true, BA_FAMILY_REFUSED },
		{ "mail.example.org", 25, true, BA_FAMILY_REFUSED },
		{ NULL, 25, true, BA_FAMILY_REFUSED },
	};
	char *token = token_of(mint, URL("a"), JTI("x"), "alice");
	size_t i;

	(void)state;
	write_config(BOXES);
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct question q = { .service = "server",
			.token = token,
			.host = cases[i].host,
			.port = cases[i].port,
			.sasl = cases[i].sasl };

		log_text[0] = '\0';
		assert_int_equal(hear(put(&q)), cases[i].family);
		assert_int_equal(
		    logged("error=HOST "), cases[i].family != BA_FAMILY_OK);
		assert_string_equal(status_said,
		    cases[i].family != BA_FAMILY_OK ? "invalid_request" : "");
	}
	write_config("");
	free(token);
}

/*
 * RFC 7628 section 4.3: a client that has no token yet asks what it would need.
 * It is answered as one that is refused, and nobody's login has failed: neither
 * the audit log nor a count, by which others are locked out, hears of it.
 */
static void
SA_03_a_question_is_no_failed_login(void **state)
{
	static const struct {
		const char *token, *service;
		bool sasl;
		uid_t peer;
		int family;
		const char *error; /* NULL: not logged */
	} cases[] = {
		{ BA_TOKEN_NONE, "proxy", true, 0, BA_FAMILY_REFUSED, NULL },
		/* … nor does it matter which server was meant. */
		{ BA_TOKEN_NONE, "server", true, 0, BA_FAMILY_REFUSED, NULL },
		/* Whatever else is no token is a login. */
		{ "\x02", "proxy", true, 0, BA_FAMILY_REFUSED, "TOKEN_SYNTAX" },
		{ BA_TOKEN_NONE BA_TOKEN_NONE, "proxy", true, 0,
		    BA_FAMILY_REFUSED, "TOKEN_SYNTAX" },
		{ BA_TOKEN_NONE, "proxy", false, 0, BA_FAMILY_REFUSED,
		    "TOKEN_SYNTAX" },
		/* Who may not ask at all may not ask that. */
		{ BA_TOKEN_NONE, "proxy", true, 4711, BA_FAMILY_NOT_ALLOWED,
		    "PEER" },
		{ BA_TOKEN_NONE, "nowhere", true, 0, BA_FAMILY_NOT_ALLOWED,
		    "NO_SERVICE" },
	};
	uint64_t counted;
	char want[64];
	size_t i;

	(void)state;
	write_config(BOXES);
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct question q = { .service = cases[i].service,
			.token = cases[i].token,
			.sasl = cases[i].sasl,
			.peer = cases[i].peer,
			.host = cases[i].sasl ? "another.example.org" : NULL };

		log_text[0] = '\0';
		counted = t.b->verdicts[cases[i].family];
		if (hear(put(&q)) != cases[i].family)
			fail_msg("%zu: %s", i, log_text);
		assert_int_equal(t.b->verdicts[cases[i].family] - counted,
		    cases[i].error != NULL);
		assert_int_equal(logged("verdict="), cases[i].error != NULL);
		snprintf(want, sizeof(want), " error=%s ",
		    cases[i].error != NULL ? cases[i].error : "");
		if (cases[i].error != NULL && !logged(want))
			fail_msg("%zu: %s", i, log_text);
		if (cases[i].error == NULL)
			assert_string_equal(status_said, "invalid_token");
	}
	write_config("");
}

/* --- without a token ------------------------------------------------------- */

#define ACCOUNT(name, more) "[service " name "]\nissuer = " URL("a") "\n" more

/* Who came by public key, say; unsaid is no, with a line for administrators. */
static void
V51_an_account_without_a_token(void **state)
{
	static const struct {
		const char *service, *rhost;
		int family;
		const char *error;
	} cases[] = {
		{ "unsaid", NULL, BA_FAMILY_NOT_ALLOWED, "NO_TOKEN" },
		{ "deny", NULL, BA_FAMILY_NOT_ALLOWED, "NO_TOKEN" },
		{ "allow", NULL, BA_FAMILY_OK, NULL },
		{ "near", "192.0.2.1", BA_FAMILY_OK, NULL },
		{ "near", "192.0.3.1", BA_FAMILY_NOT_ALLOWED, "SOURCE" },
		{ "near", NULL, BA_FAMILY_NOT_ALLOWED, "SOURCE" },
	};
	char want[64];
	size_t i;

	(void)state;
	write_config(ACCOUNT("unsaid", "") ACCOUNT(
	    "deny", "account_without_token = deny\n") ACCOUNT("allow",
	    "account_without_token = allow\n") ACCOUNT("near",
	    "account_without_token = allow\nallow_network = 192.0.2.0/24\n"));
	start_broker(false, "fake-good");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct question q = { .service = cases[i].service,
			.user = "root",
			.rhost = cases[i].rhost,
			.account = true,
			.no_id = true,
			.way = "publickey" };

		log_text[0] = '\0';
		assert_int_equal(hear(put(&q)), cases[i].family);
		snprintf(want, sizeof(want), " error=%s ",
		    cases[i].error != NULL ? cases[i].error : "");
		assert_true(cases[i].error == NULL || logged(want));
		assert_true(logged("account verdict="));
		assert_true(logged(" way=publickey"));
		assert_int_equal(logged("write account_without_token = allow"),
		    strcmp(cases[i].service, "unsaid") == 0);
	}
	write_config("");
}

/* --- this program as bearerauth-fetch ------------------------------------- */

/* The file for this URL: "https://X.example.org/…". */
static void
name_of(const char *url, char *name, size_t size)
{
	const char *what = strstr(url, "well-known") != NULL ? "metadata"
			   : strstr(url, "/jwks") != NULL    ? "jwks"
							     : "answer";

	snprintf(name, size, "%s_%c", what, url[8]);
}

static void
helper_answer(const char *fake, const struct ba_msg *m)
{
	static char text[64 * 1024];
	char url[2049], name[32], type[128], *body;
	struct ba_msg_out o;
	struct ba_buf b;
	unsigned status;
	FILE *f;

	if (ba_msg_get_str(m, BA_TAG_URL, url, sizeof(url)) != BA_OK)
		_exit(1);
	f = fopen(in_dir("requests"), "a");
	if (f == NULL || fprintf(f, "%s\n", url) < 0 || fclose(f) != 0)
		_exit(1);
	name_of(url, name, sizeof(name));
	if (strcmp(fake, "fake-mute") == 0 && name[0] == 'a')
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
	if (strcmp(fake, "fake-exit") == 0)
		return 0;
	(void)alarm(60);
	while (strcmp(fake, "fake-hang") == 0)
		(void)pause();
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
	static const char *const fakes[] = { "fake-good", "fake-mute",
		"fake-hang", "fake-exit" };
	char self[512];
	ssize_t n;
	size_t i;

	(void)state;
	umask(022);
	strcpy(dir, "/tmp/ba_query_XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return -1;
	self[n] = '\0';
	for (i = 0; i < 4; i++) {
		if (symlink(self, in_dir(fakes[i])) != 0)
			return -1;
	}
	mint = ba_mint_new(BA_MINT_P256, "k1", NULL);
	mint_2 = ba_mint_new(BA_MINT_P256, "k2", NULL);
	write_config("");
	return 0;
}

static int
end_all(void **state)
{
	char command[128];

	(void)state;
	ba_mint_free(mint);
	ba_mint_free(mint_2);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static int
each(void **state)
{
	(void)set_up(state);
	good_issuers();
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, each, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(INT_01_an_opaque_token),
		T(INT_02_what_the_issuer_says),
		T(V38_one_asking_for_metadata),
		T(V49_more_questions_than_places),
		T(V49_places_for_root),
		T(V49_answers_push_out_no_login),
		T(TR_08_a_short_time_is_no_failure),
		T(TR_08_no_time_left),
		T(TR_08_a_long_deadline),
		T(TR_08_an_issuer_that_hangs),
		T(TR_08_the_breaker_of_spawned_brokers),
		T(who_gives_up_is_forgotten),
		T(a_helper_that_ends),
		T(INT_06_jwt_and_introspection),
		T(INTJ_01_signed_answers),
		T(INTJ_01_another_broker_brings_newer_keys),
		T(V38_stale_keys_in_a_service),
		T(V38_stale_keys_in_a_service_in_an_outage),
		T(V38_stale_keys_in_a_spawned_broker),
		T(V38_stale_keys_and_no_helper),
		T(V38_refreshed_in_the_background),
		T(JWT_13_single_use),
		T(JWT_13_after_the_confirmation),
		T(V48_the_answers_end_after_the_confirmation),
		T(JWT_13_opaque),
		T(V48_blocks),
		T(V48_blocks_that_end),
		T(blocks_of_unknown_issuers),
		T(V48_a_block_list_that_is_not_right),
		T(blocks_by_pages),
		T(keys_and_refresh),
		T(keys_of_a_file),
		T(V38_another_broker_asks),
		T(refresh_of_many_issuers),
		T(who_may_act_for_whom),
		T(authzid_is_of_sasl),
		T(V53_the_server_that_is_meant),
		T(SA_03_a_question_is_no_failed_login),
		T(V51_an_account_without_a_token),
	};
	const char *name = strrchr(argv[0], '/');

	(void)argc;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fake-", 5) == 0)
		return helper_main(argv[0], name);
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
