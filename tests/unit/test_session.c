/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/json/json.h"

#include "broker/broker.h"
#include "broker/login.h"
#include "broker/session.h"

/* A broker inside this process, which remembers in memory alone. */
#define ISS    "https://a.example.org"
#define NOW    INT64_C(1700000000)
#define ID     "00112233445566778899aabbccddeeff"
#define ID_2   "00112233445566778899aabbccddeefe"
#define MAIL   33 /* who may ask for [service mail], and nothing else */
#define PID    4711
#define CLAIMS "{\"iss\":\"" ISS "\",\"sub\":\"s-1\",\"exp\":1700000300}"

static char dir[64], conf[96];
static char last[BA_LOG_LINE_MAX];
static unsigned lines;

static struct scene {
	int64_t now; /* ms */
	struct ba_clock clock;
	struct ba_broker *b;
} t;

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
keep(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	(void)level;
	snprintf(last, sizeof(last), "%s", text);
	lines++;
}

static const struct ba_log log_to_here = { keep, NULL };

static int
write_config(void)
{
	FILE *f;

	snprintf(dir, sizeof(dir), "/tmp/ba_session.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	f = fopen(conf, "w");
	if (f == NULL)
		return -1;
	fprintf(f,
	    "[issuer " ISS "]\naudience = here\nusername = sub\n"
	    "[service sshd]\nissuer = " ISS "\n"
	    "[service sudo]\nissuer = " ISS "\n"
	    "[service mail]\nissuer = " ISS "\npeer = %d\n",
	    MAIL);
	return fclose(f) == 0 ? chmod(conf, 0600) : -1;
}

static int
set_up(void **state)
{
	const struct ba_broker_options o = {
		.clock = &t.clock,
		.log = &log_to_here,
		.config = conf,
		.trusted_uid = geteuid(),
		.fetch_helper = "/nonexistent",
	};

	(void)state;
	t.now = NOW * 1000;
	t.clock = (struct ba_clock){ fake_wall, fake_ms, &t.now };
	if (write_config() != 0 || ba_broker_new(&o, &t.b) != BA_OK)
		return -1;
	lines = 0;
	last[0] = '\0';
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ba_broker_free(t.b);
	t.b = NULL;
	(void)unlink(conf);
	return rmdir(dir);
}

/* --- what is asked, and what is answered ----------------------------------- */

struct asked {
	bool close;
	const char *service, *user; /* NULL: sshd, alice */
	const char *id, *issuer, *sub, *rhost, *tty;
	unsigned char pid; /* PID and so many more; 0: no process */
	uid_t peer;
};

struct answer {
	int family;
	bool has_expires;
	uint64_t expires;
	char id[BA_ID_LEN + 1];
	char issuer[BA_ISSUER_MAX + 1], sub[BA_SUBJECT_MAX + 1];
};

/* In 16 bytes, the last of each half being what counts. */
static void
put_process(struct ba_msg_out *o, unsigned char pid)
{
	unsigned char bytes[16] = { 0 };

	bytes[6] = (PID + pid) >> 8;
	bytes[7] = (PID + pid) & 0xff;
	bytes[15] = 99;
	if (pid != 0)
		ba_msg_put(o, BA_TAG_PROCESS, bytes, sizeof(bytes));
}

static void
build(const struct asked *q, struct ba_buf *b)
{
	struct ba_msg_out o;

	ba_msg_begin(&o, b, BA_WIRE_VERSION, BA_MSG_SESSION);
	ba_msg_put_str(
	    &o, BA_TAG_SERVICE, q->service != NULL ? q->service : "sshd");
	ba_msg_put_str(&o, BA_TAG_USER, q->user != NULL ? q->user : "alice");
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, 5000);
	ba_msg_put_u8(
	    &o, BA_TAG_EVENT, q->close ? BA_SESSION_CLOSE : BA_SESSION_OPEN);
	ba_msg_put_str(&o, BA_TAG_ID, q->id);
	ba_msg_put_str(&o, BA_TAG_ISSUER, q->issuer);
	ba_msg_put_str(&o, BA_TAG_SUBJECT, q->sub);
	ba_msg_put_str(&o, BA_TAG_RHOST, q->rhost);
	ba_msg_put_str(&o, BA_TAG_TTY, q->tty);
	put_process(&o, q->pid);
	assert_int_equal(ba_msg_end(&o), BA_OK);
}

static void
read_answer(const struct ba_buf *b, struct answer *a)
{
	struct ba_msg m;

	memset(a, 0, sizeof(*a));
	assert_int_equal(ba_msg_parse(b->p, b->len, &m), BA_OK);
	assert_int_equal(m.type, BA_MSG_VERDICT);
	assert_int_equal(m.version, BA_WIRE_VERSION);
	a->family = ba_msg_u8(&m, BA_TAG_FAMILY, 255);
	a->has_expires = ba_msg_has(&m, BA_TAG_EXPIRES);
	a->expires = ba_msg_u64(&m, BA_TAG_EXPIRES, 0);
	assert_false(ba_msg_has(&m, BA_TAG_USER));
	assert_false(ba_msg_has(&m, BA_TAG_PERSON));
#define GET(tag, dst)                                                          \
	assert_int_equal(ba_msg_get_str(&m, tag, dst, sizeof(dst)), BA_OK)
	GET(BA_TAG_ID, a->id);
	GET(BA_TAG_ISSUER, a->issuer);
	GET(BA_TAG_SUBJECT, a->sub);
#undef GET
}

static struct answer
ask(const struct asked *q)
{
	const struct ba_peer peer = { q->peer, 1, q->peer };
	struct ba_buf frame, out;
	struct answer a;
	struct ba_msg m;

	ba_buf_init(&frame, BA_WIRE_ASK_MAX);
	ba_buf_init(&out, BA_WIRE_ANSWER_MAX);
	build(q, &frame);
	assert_int_equal(ba_msg_parse(frame.p, frame.len, &m), BA_OK);
	assert_int_equal(ba_session_answer(t.b, &peer, &m, &out), BA_OK);
	read_answer(&out, &a);
	ba_buf_wipe(&frame);
	ba_buf_wipe(&out);
	return a;
}

/* A login of alice's, or whoever; pid as in struct asked. */
static void
login(struct ba_store *store, uid_t peer, const char *service, const char *user,
    unsigned char pid, const char *text)
{
	const struct ba_process p = { pid != 0 ? PID + pid : 0, 99 };
	json_t *claims;

	assert_int_equal(ba_json_parse(text, strlen(text), &claims), BA_OK);
	assert_int_equal(ba_login_put(store, peer, ID, service, user, false,
			     claims, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	json_decref(claims);
	assert_int_equal(ba_login_put_process(store, peer, &p, ID, NOW,
			     NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
}

static void
expect(const struct asked *q, const char *id, const char *issuer,
    const char *sub, uint64_t expires)
{
	struct answer a = ask(q);

	assert_int_equal(a.family, BA_FAMILY_OK);
	assert_string_equal(a.id, id);
	assert_string_equal(a.issuer, issuer);
	assert_string_equal(a.sub, sub);
	assert_int_equal(a.has_expires, expires != 0);
	assert_int_equal(a.expires, expires);
}

static void
expect_found(const struct asked *q)
{
	expect(q, ID, ISS, "s-1", NOW + 300);
}

/* Nobody's that we know of: they came another way, which is as good. */
static void
expect_another_way(const struct asked *q)
{
	unsigned before = lines;

	expect(q, "", "", "", 0);
	assert_int_equal(lines, before + 1);
	assert_null(strstr(last, " id="));
	assert_null(strstr(last, " issuer="));
	assert_null(strstr(last, " sub="));
	assert_null(strstr(last, " person="));
}

/* --- open ------------------------------------------------------------------- */

static void
open_by_id(void **state)
{
	(void)state;
	login(t.b->store, 0, "sshd", "alice", 0, CLAIMS);
	expect_found(
	    &(struct asked){ .id = ID, .rhost = "192.0.2.1", .tty = "ssh" });
	assert_string_equal(last,
	    "session-open verdict=accepted id=" ID " service=sshd user=alice "
	    "peer=0 rhost=192.0.2.1 tty=ssh issuer=" ISS " sub=s-1");
	assert_int_equal(lines, 1);
	assert_int_equal(t.b->sessions, 1);
	expect_another_way(&(struct asked){ .id = ID_2 });
	assert_int_equal(t.b->sessions, 2);
}

/* sudo's session is the user's that the command runs as: by its own id. */
static void
open_as_somebody_else(void **state)
{
	(void)state;
	login(t.b->store, 0, "sudo", "alice", 1, CLAIMS);
	expect_found(
	    &(struct asked){ .id = ID, .service = "sudo", .user = "root" });
	assert_string_equal(last,
	    "session-open verdict=accepted id=" ID " service=sudo user=root "
	    "person=alice peer=0 issuer=" ISS " sub=s-1");
	/* A process may have let in one after the other. */
	expect_another_way(
	    &(struct asked){ .pid = 1, .service = "sudo", .user = "root" });
	expect_found(&(struct asked){ .pid = 1, .service = "sudo" });
	assert_null(strstr(last, " person="));
}

static void
open_by_process(void **state)
{
	(void)state;
	login(t.b->store, 0, "sshd", "alice", 1, CLAIMS);
	expect_found(&(struct asked){ .pid = 1 });
	expect_another_way(&(struct asked){ .pid = 2 });
	expect_another_way(&(struct asked){ .id = NULL });
	/* The id alone counts where it is at hand. */
	expect_another_way(&(struct asked){ .pid = 1, .id = ID_2 });
	expect_found(&(struct asked){ .pid = 2, .id = ID });
}

/* V48: of another service, of another peer, or ended. */
static void
V48_no_other_login_is_taken(void **state)
{
	(void)state;
	login(t.b->store, 0, "sshd", "alice", 1, CLAIMS);
	expect_found(&(struct asked){ .pid = 1 });
	expect_another_way(&(struct asked){ .pid = 1, .service = "sudo" });
	expect_another_way(&(struct asked){ .id = ID, .service = "sudo" });
	t.now += 299 * 1000;
	expect_found(&(struct asked){ .pid = 1 });
	t.now += 1000;
	expect_another_way(&(struct asked){ .pid = 1 });
	expect_another_way(&(struct asked){ .id = ID });
}

/* V49: those of peers other than root are kept apart. */
static void
V49_guests(void **state)
{
	const struct asked q = { .id = ID, .service = "mail", .peer = MAIL };

	(void)state;
	login(t.b->store, MAIL, "mail", "alice", 0, CLAIMS);
	expect_another_way(&q);
	login(t.b->guests, MAIL, "mail", "alice", 0, CLAIMS);
	expect_found(&q);
	assert_non_null(strstr(last, " peer=33 "));
}

/* What an open says of issuer and subject itself is not believed. */
static void
open_is_not_believed(void **state)
{
	(void)state;
	expect_another_way(&(struct asked){ .issuer = ISS, .sub = "forged" });
	expect_another_way(
	    &(struct asked){ .id = ID, .issuer = ISS, .sub = "forged" });
	login(t.b->store, 0, "sshd", "alice", 0, "{\"exp\":1700000300}");
	expect(&(struct asked){ .id = ID, .issuer = ISS, .sub = "forged" }, ID,
	    "", "", NOW + 300);
	assert_null(strstr(last, "forged"));
}

/* Any string may be a subject; the wire takes text of a limited length. */
static void
claims_that_are_not_text(void **state)
{
	static const struct {
		const char *claims, *issuer, *sub;
		uint64_t expires;
	} cases[] = {
		{ "{}", "", "", 0 },
		{ "{\"iss\":1,\"sub\":[],\"exp\":\"x\"}", "", "", 0 },
		{ "{\"iss\":\"" ISS "\",\"sub\":\"a\\nb\",\"exp\":5}", ISS, "",
		    5 },
		{ "{\"iss\":\"" ISS "\",\"sub\":\"a\\u00a0b\",\"exp\":0}", ISS,
		    "a\xc2\xa0"
		    "b",
		    0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		login(t.b->store, 0, "sshd", "alice", 0, cases[i].claims);
		expect(&(struct asked){ .id = ID }, ID, cases[i].issuer,
		    cases[i].sub, cases[i].expires);
		if (i == 2)
			assert_non_null(strstr(last, " sub=\"a?b\""));
	}
}

static void
long_subjects(void **state)
{
	char sub[BA_SUBJECT_MAX + 2], text[BA_SUBJECT_MAX + 128];

	(void)state;
	memset(sub, 'x', sizeof(sub) - 1);
	sub[BA_SUBJECT_MAX + 1] = '\0';
	snprintf(text, sizeof(text), "{\"sub\":\"%s\"}", sub);
	login(t.b->store, 0, "sshd", "alice", 0, text);
	expect(&(struct asked){ .id = ID }, ID, "", "", 0);
	sub[BA_SUBJECT_MAX] = '\0';
	snprintf(text, sizeof(text), "{\"sub\":\"%s\"}", sub);
	login(t.b->store, 0, "sshd", "alice", 0, text);
	expect(&(struct asked){ .id = ID }, ID, "", sub, 0);
}

/* Who it is may be known, and cannot be read: that is said, not guessed. */
static void
a_spoilt_record(void **state)
{
	struct answer a;

	(void)state;
	assert_int_equal(ba_store_put(t.b->store, BA_SPACE_LOGIN, "0 " ID, 34,
			     "x", 1, NOW, NOW + 300, BA_REACH_PROCESS),
	    BA_OK);
	a = ask(&(struct asked){ .id = ID });
	assert_int_equal(a.family, BA_FAMILY_UNAVAILABLE);
	assert_string_equal(a.id, "");
	assert_string_equal(last,
	    "session-open verdict=unavailable error=STORE service=sshd "
	    "user=alice peer=0");
	assert_int_equal(t.b->sessions, 0);
}

/* --- close ------------------------------------------------------------------ */

/* Days later: the login is forgotten, and the host has kept what we said. */
static void
close_as_it_was_opened(void **state)
{
	(void)state;
	expect(&(struct asked){ .close = true,
		   .id = ID,
		   .issuer = ISS,
		   .sub = "s-1",
		   .tty = "pts/1" },
	    ID, ISS, "s-1", 0);
	assert_string_equal(last,
	    "session-close verdict=accepted id=" ID " service=sshd user=alice "
	    "peer=0 tty=pts/1 issuer=" ISS " sub=s-1");
	assert_int_equal(t.b->sessions, 0);
}

/* It is not looked up again: that login may be another one's by now. */
static void
close_of_another_way(void **state)
{
	(void)state;
	login(t.b->store, 0, "sshd", "alice", 1, CLAIMS);
	expect_another_way(&(struct asked){ .close = true, .pid = 1 });
	assert_memory_equal(last, "session-close ", 14);
	expect(&(struct asked){ .close = true, .id = ID }, ID, "", "", 0);
}

/* --- who is heard ----------------------------------------------------------- */

static void
expect_refused(const struct asked *q, const char *error)
{
	struct answer a = ask(q);

	assert_int_equal(a.family, BA_FAMILY_NOT_ALLOWED);
	assert_string_equal(a.id, "");
	assert_string_equal(a.issuer, "");
	assert_string_equal(a.sub, "");
	assert_non_null(strstr(last, error));
	assert_null(strstr(last, "forged"));
}

/* V51: in the name of a service speaks only who may ask for it. */
static void
V51_peers(void **state)
{
	const struct asked mine = { .service = "mail", .peer = MAIL };
	struct asked q = { .issuer = "forged", .sub = "forged" };

	(void)state;
	login(t.b->guests, MAIL, "sshd", "alice", 0, CLAIMS);
	q.peer = MAIL;
	q.id = ID;
	for (q.close = false;; q.close = true) {
		expect_refused(&q, " error=PEER ");
		t.now += BA_PEERS_QUIET_MS;
		if (q.close)
			break;
	}
	assert_int_equal(t.b->sessions, 0);
	expect_another_way(&mine);
	/* Root is not in its list. */
	q.peer = 0;
	q.service = "mail";
	expect_refused(&q, " error=PEER ");
	q.service = "none";
	expect_refused(&q, " error=NO_SERVICE ");
}

/* V51: one line in a while for each stranger, and root's are all there. */
static void
V51_strangers_are_logged_once_in_a_while(void **state)
{
	static const char *const services[] = { "sshd", "none" };
	struct asked q = { .peer = MAIL };
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		q.service = services[i];
		q.peer = MAIL;
		lines = 0;
		(void)ask(&q);
		(void)ask(&q);
		(void)ask(&q);
		assert_int_equal(lines, 1);
		t.now += BA_PEERS_QUIET_MS;
		(void)ask(&q);
		assert_int_equal(lines, 2);
		assert_non_null(strstr(last, " unlogged=2"));
		t.now += BA_PEERS_QUIET_MS;
	}
	q.peer = 0;
	lines = 0;
	(void)ask(&q);
	(void)ask(&q);
	assert_int_equal(lines, 2);
}

/* --- */

static void
no_room_for_the_answer(void **state)
{
	const struct ba_peer root = { 0, 1, 0 };
	const struct asked q = { .id = ID };
	struct ba_buf frame, out;
	struct ba_msg m;

	(void)state;
	ba_buf_init(&frame, BA_WIRE_ASK_MAX);
	build(&q, &frame);
	assert_int_equal(ba_msg_parse(frame.p, frame.len, &m), BA_OK);
	ba_buf_init(&out, 8);
	assert_int_equal(ba_session_answer(t.b, &root, &m, &out), BA_ERR_LIMIT);
	assert_int_equal(out.len, 0);
	ba_buf_wipe(&out);
	ba_buf_wipe(&frame);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(open_by_id),
		T(open_as_somebody_else),
		T(open_by_process),
		T(V48_no_other_login_is_taken),
		T(V49_guests),
		T(open_is_not_believed),
		T(claims_that_are_not_text),
		T(long_subjects),
		T(a_spoilt_record),
		T(close_as_it_was_opened),
		T(close_of_another_way),
		T(V51_peers),
		T(V51_strangers_are_logged_once_in_a_while),
		T(no_room_for_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
