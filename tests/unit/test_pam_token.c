/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pam/token.h"

/* A host that gives the replies of a script, and what it was asked. */
struct host {
	const char *const *replies; /* NULL in it: a reply without text */
	size_t n_replies;
	int result; /* of the conversation function */
	bool no_response; /* PAM_SUCCESS, but nothing in *resp */
	size_t asked;
	int style;
	char prompts[256][48];
};

static int
answer(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	struct host *h = arg;
	const char *reply = NULL;

	assert_int_equal(n, 1);
	assert_in_range(h->asked, 0, 255);
	h->style = msg[0]->msg_style;
	snprintf(
	    h->prompts[h->asked], sizeof(h->prompts[0]), "%s", msg[0]->msg);
	if (h->asked < h->n_replies)
		reply = h->replies[h->asked];
	h->asked++;
	if (h->result != PAM_SUCCESS || h->no_response)
		return h->result;
	*resp = calloc(1, sizeof(**resp));
	assert_non_null(*resp);
	if (reply != NULL) {
		(*resp)->resp = strdup(reply);
		assert_non_null((*resp)->resp);
	}
	return PAM_SUCCESS;
}

static char lines[1024];

static void
keep_line(void *arg, enum ba_log_level level, const char *text)
{
	(void)arg;
	(void)level;
	snprintf(lines, sizeof(lines), "%s", text);
}

static const struct ba_log log_here = { keep_line, NULL };

static struct ba_pam_asked asked;

static int
ask(struct host *h, struct ba_buf *token, size_t *cutp)
{
	struct pam_conv conv = { answer, h };
	int r;

	lines[0] = '\0';
	memset(&asked, 0xff, sizeof(asked));
	ba_buf_init(token, BA_PAM_TOKEN_MAX);
	r = ba_pam_token_ask(&conv, BA_PAM_PROMPT, &log_here, token, &asked);
	*cutp = asked.cut;
	return r;
}

/* A text of n characters that begins with a letter and goes round. */
static char *
text(char first, size_t n)
{
	char *s = malloc(n + 1);
	size_t i;

	assert_non_null(s);
	for (i = 0; i < n; i++)
		s[i] = (char)('a' + (first - 'a' + (char)(i % 25)) % 26);
	s[n] = '\0';
	return s;
}

/* The length of each reply; the letters say which are alike. */
static const struct {
	const char *what;
	struct {
		char first;
		size_t n;
	} replies[6];
	size_t n_replies; /* each one is asked for, and no more */
	size_t length, cut; /* of the token, of its last part */
} scripts[] = {
	{ "short", { { 'a', 600 } }, 1, 600, 0 },
	{ "one below a cut", { { 'a', 1022 } }, 1, 1022, 0 },
	{ "one above a cut", { { 'a', 1024 } }, 1, 1024, 0 },
	{ "ssh, two parts", { { 'a', 1023 }, { 'b', 1 } }, 2, 1024, 0 },
	{ "ssh, exactly two parts, then empty",
	    { { 'a', 1023 }, { 'b', 1023 }, { 'c', 0 } }, 3, 2046, 1023 },
	{ "ssh, exactly one part, then empty", { { 'a', 1023 }, { 'b', 0 } }, 2,
	    1023, 1023 },
	{ "all the same, then empty",
	    { { 'a', 1023 }, { 'a', 1023 }, { 'a', 0 } }, 3, 1023, 1023 },
	{ "the second of two again",
	    { { 'a', 1023 }, { 'b', 1023 }, { 'b', 1023 }, { 'a', 0 } }, 4,
	    3069, 1023 },
	{ "the first again, but longer", { { 'a', 511 }, { 'a', 512 } }, 2,
	    1023, 0 },
	{ "the same length but another text",
	    { { 'a', 1023 }, { 'b', 1023 }, { 'a', 1023 }, { 'c', 5 } }, 4,
	    3074, 0 },
	{ "sudo", { { 'a', 511 }, { 'b', 511 }, { 'c', 100 } }, 3, 1122, 0 },
	{ "sudo, one below", { { 'a', 510 } }, 1, 510, 0 },
	{ "sudo, one above", { { 'a', 512 } }, 1, 512, 0 },
	{ "su", { { 'a', 4095 }, { 'b', 4000 } }, 2, 8095, 0 },
	{ "su, one below", { { 'a', 4094 } }, 1, 4094, 0 },
	{ "su, one above", { { 'a', 4096 } }, 1, 4096, 0 },
	{ "cuts of several kinds",
	    { { 'a', 4095 }, { 'b', 1023 }, { 'c', 511 }, { 'd', 511 },
		{ 'e', 3 } },
	    5, 6143, 0 },
	{ "a long one at once", { { 'a', 60000 } }, 1, 60000, 0 },
	{ "as long as can be", { { 'a', 65536 } }, 1, 65536, 0 },
};

static void
the_asking_goes_on_exactly_after_a_cut(void **state)
{
	size_t i, k, cut, at;

	(void)state;
	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char *replies[6];
		struct host h = { .replies = (const char *const *)replies,
			.n_replies = scripts[i].n_replies };
		struct ba_buf token;

		for (k = 0; k < scripts[i].n_replies; k++)
			replies[k] = text(scripts[i].replies[k].first,
			    scripts[i].replies[k].n);
		assert_int_equal(ask(&h, &token, &cut), BA_OK);
		assert_int_equal(h.asked, scripts[i].n_replies);
		assert_int_equal(token.len, scripts[i].length);
		assert_int_equal(cut, scripts[i].cut);
		/* The parts in their order, as far as the token goes. */
		for (k = 0, at = 0; at < token.len; k++) {
			assert_in_range(k, 0, scripts[i].n_replies - 1);
			assert_memory_equal(
			    token.p + at, replies[k], strlen(replies[k]));
			at += strlen(replies[k]);
		}
		assert_int_equal(at, token.len);
		for (k = 0; k < scripts[i].n_replies; k++)
			free(replies[k]);
		ba_buf_wipe(&token);
	}
}

static void
the_prompts_are_exactly_these(void **state)
{
	char *replies[12];
	struct host h = { .replies = (const char *const *)replies,
		.n_replies = 12 };
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < 12; i++)
		replies[i] = text((char)('a' + i), i < 11 ? 511 : 7);
	assert_int_equal(ask(&h, &token, &cut), BA_OK);
	assert_int_equal(h.style, PAM_PROMPT_ECHO_OFF);
	assert_string_equal(h.prompts[0], "OAuth token: ");
	assert_string_equal(h.prompts[1], "OAuth token, part 2: ");
	assert_string_equal(h.prompts[11], "OAuth token, part 12: ");
	assert_int_equal(token.len, 11 * 511 + 7);
	for (i = 0; i < 12; i++)
		free(replies[i]);
	ba_buf_wipe(&token);
}

/* The first prompt is the caller's; the others are the same for all. */
static void
the_first_prompt_may_offer_a_browser(void **state)
{
	char *replies[2] = { text('a', 511), text('b', 7) };
	struct host h = { .replies = (const char *const *)replies,
		.n_replies = 2 };
	struct pam_conv conv = { answer, &h };
	struct ba_buf token;

	(void)state;
	ba_buf_init(&token, BA_PAM_TOKEN_MAX);
	assert_int_equal(ba_pam_token_ask(&conv, BA_PAM_PROMPT_AUTO, &log_here,
			     &token, &asked),
	    BA_OK);
	assert_string_equal(
	    h.prompts[0], "OAuth token, or Enter to use a web browser: ");
	assert_string_equal(h.prompts[1], "OAuth token, part 2: ");
	assert_false(asked.nothing);
	free(replies[0]);
	free(replies[1]);
	ba_buf_wipe(&token);
}

/* Enter alone is a choice; blanks, or no reply at all, are none. */
static void
nothing_is_the_empty_reply_alone(void **state)
{
	static const struct {
		const char *reply;
		int r;
		bool nothing;
	} table[] = {
		{ "", BA_ERR_TOKEN_SIZE, true },
		{ " ", BA_ERR_TOKEN_SIZE, false },
		{ "\t", BA_ERR_TOKEN_SIZE, false },
		{ "\n", BA_ERR_TOKEN_SIZE, false },
		{ "x", BA_OK, false },
		{ NULL, BA_ERR_CONVERSATION, false },
	};
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct host h = { .replies = &table[i].reply, .n_replies = 1 };

		assert_int_equal(ask(&h, &token, &cut), table[i].r);
		assert_int_equal(asked.nothing, table[i].nothing);
		assert_int_equal(h.asked, 1);
		ba_buf_wipe(&token);
	}
}

/* What follows the token goes; what stands before or within stays. */
static void
white_space_at_the_end_is_dropped(void **state)
{
	static const struct {
		const char *reply, *token;
	} table[] = {
		{ "a.b.c\n", "a.b.c" },
		{ "a.b.c\r\n", "a.b.c" },
		{ "a.b.c \t ", "a.b.c" },
		{ " a.b.c", " a.b.c" },
		{ "a.b c", "a.b c" },
		{ "a.b.c", "a.b.c" },
	};
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct host h = { .replies = &table[i].reply, .n_replies = 1 };

		assert_int_equal(ask(&h, &token, &cut), BA_OK);
		assert_string_equal(ba_buf_str(&token), table[i].token);
		ba_buf_wipe(&token);
	}
}

static void
an_empty_token_is_refused(void **state)
{
	static const char *const empty[] = { "", " ", "\r\n", "a" };
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct host h = { .replies = &empty[i], .n_replies = 1 };

		assert_int_equal(
		    ask(&h, &token, &cut), i < 3 ? BA_ERR_TOKEN_SIZE : BA_OK);
		assert_int_equal(h.asked, 1);
		ba_buf_wipe(&token);
	}
}

static void
TOK01_a_token_above_the_limit_is_refused_and_logged(void **state)
{
	char *big = text('a', BA_PAM_TOKEN_MAX + 1);
	const char *reply = big;
	struct host h = { .replies = &reply, .n_replies = 1 };
	struct ba_buf token;
	size_t cut;

	(void)state;
	assert_int_equal(ask(&h, &token, &cut), BA_ERR_TOKEN_SIZE);
	assert_non_null(strstr(lines, "token too long"));
	assert_int_equal(cut, 0);
	ba_buf_wipe(&token);
	big[BA_PAM_TOKEN_MAX] = '\0';
	h.asked = 0;
	assert_int_equal(ask(&h, &token, &cut), BA_OK);
	assert_string_equal(lines, "");
	ba_buf_wipe(&token);
	free(big);
}

/*
 * sshd's password method gives every prompt the password, which is the whole
 * token; one that is longer than it takes never gets here.
 */
static void
one_answer_for_all_prompts_is_the_token(void **state)
{
	char *same = text('a', 1023);
	const char *replies[256];
	struct host h = { .replies = replies, .n_replies = 256 };
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < 256; i++)
		replies[i] = same;
	assert_int_equal(ask(&h, &token, &cut), BA_OK);
	assert_int_equal(token.len, 1023);
	assert_memory_equal(token.p, same, 1023);
	assert_int_equal(cut, 1023);
	ba_buf_wipe(&token);
	free(same);
}

/*
 * For a user that does not exist sshd makes equal junk of what were different
 * replies: nothing in the dialogue may tell the two apart.
 */
static void
PM03_V40_the_number_of_prompts_tells_nothing_of_the_replies(void **state)
{
	char *a = text('a', 1023), *b = text('b', 1023), *c = text('c', 7);
	const char *real[] = { a, b, c }, *junk[] = { a, a, c };
	struct host known = { .replies = real, .n_replies = 3 };
	struct host unknown = { .replies = junk, .n_replies = 3 };
	const char *more[] = { a, b, a, b, a, "" };
	const char *alike[] = { a, a, a, a, a, "" };
	struct host known2 = { .replies = more, .n_replies = 6 };
	struct host unknown2 = { .replies = alike, .n_replies = 6 };
	struct ba_buf token;
	size_t cut;

	(void)state;
	assert_int_equal(ask(&known, &token, &cut), BA_OK);
	ba_buf_wipe(&token);
	assert_int_equal(ask(&unknown, &token, &cut), BA_OK);
	ba_buf_wipe(&token);
	assert_int_equal(known.asked, 3);
	assert_int_equal(unknown.asked, known.asked);
	assert_int_equal(ask(&known2, &token, &cut), BA_OK);
	ba_buf_wipe(&token);
	assert_int_equal(ask(&unknown2, &token, &cut), BA_OK);
	ba_buf_wipe(&token);
	assert_int_equal(known2.asked, 6);
	assert_int_equal(unknown2.asked, known2.asked);
	free(a);
	free(b);
	free(c);
}

/* A host that cuts for ever is not asked for ever. */
static void
V32_the_number_of_parts_is_bounded(void **state)
{
	char *odd = text('a', 511), *even = text('b', 511);
	const char *replies[256];
	struct host h = { .replies = replies, .n_replies = 256 };
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < 256; i++)
		replies[i] = i % 2 == 0 ? odd : even;
	assert_int_equal(ask(&h, &token, &cut), BA_ERR_TOKEN_SIZE);
	assert_int_equal(h.asked, BA_PAM_TOKEN_MAX / 511 + 1);
	ba_buf_wipe(&token);
	/* 128 parts of 511 and one that fills the rest, all of it wanted. */
	replies[128] = "0123456789012345678901234567890123456789"
		       "0123456789012345678901234567890123456789"
		       "012345678901234567890123456789012345678901234567";
	h.asked = 0;
	assert_int_equal(ask(&h, &token, &cut), BA_OK);
	assert_int_equal(token.len, BA_PAM_TOKEN_MAX);
	ba_buf_wipe(&token);
	free(odd);
	free(even);
}

/* PM-10: whatever the host's conversation does, it is an error of its own. */
static void
PM10_a_conversation_that_fails(void **state)
{
	static const struct {
		int result;
		bool no_response, no_text;
		int expect;
	} table[] = {
		{ PAM_SUCCESS, false, false, BA_OK },
		{ PAM_SUCCESS, true, false, BA_ERR_CONVERSATION },
		{ PAM_SUCCESS, false, true, BA_ERR_CONVERSATION },
		{ PAM_CONV_ERR, false, false, BA_ERR_CONVERSATION },
		{ PAM_CONV_AGAIN, false, false, BA_ERR_CONVERSATION },
		{ PAM_INCOMPLETE, false, false, BA_ERR_CONVERSATION },
		{ PAM_BUF_ERR, false, false, BA_ERR_NOMEM },
		{ 12345, false, false, BA_ERR_CONVERSATION },
	};
	struct pam_conv none = { NULL, NULL };
	struct ba_buf token;
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *reply = table[i].no_text ? NULL : "a.b.c";
		struct host h = { .replies = &reply,
			.n_replies = 1,
			.result = table[i].result,
			.no_response = table[i].no_response };

		assert_int_equal(ask(&h, &token, &cut), table[i].expect);
		assert_int_equal(h.asked, 1);
		ba_buf_wipe(&token);
	}
	ba_buf_init(&token, 16);
	assert_int_equal(
	    ba_pam_token_ask(&none, BA_PAM_PROMPT, &log_here, &token, &asked),
	    BA_ERR_CONVERSATION);
	assert_int_equal(
	    ba_pam_token_ask(NULL, BA_PAM_PROMPT, &log_here, &token, &asked),
	    BA_ERR_CONVERSATION);
	ba_buf_wipe(&token);
}

static void
a_failure_at_a_later_part_is_a_failure(void **state)
{
	char *part = text('a', 1023);
	const char *replies[] = { part, NULL };
	struct host h = { .replies = replies, .n_replies = 2 };
	struct ba_buf token;
	size_t cut;

	(void)state;
	assert_int_equal(ask(&h, &token, &cut), BA_ERR_CONVERSATION);
	assert_int_equal(h.asked, 2);
	ba_buf_wipe(&token);
	replies[1] = "";
	h.asked = 0;
	assert_int_equal(ask(&h, &token, &cut), BA_OK);
	ba_buf_wipe(&token);
	free(part);
}

static void
PM10_messages_need_no_reply_and_get_none(void **state)
{
	const char *const replies[] = { "no", "no", "no", "bob" };
	struct host h = { .replies = replies, .n_replies = 4 };
	struct pam_conv conv = { answer, &h };
	struct ba_buf b;

	(void)state;
	ba_buf_init(&b, 64);
	assert_int_equal(
	    ba_pam_converse(&conv, PAM_TEXT_INFO, "hello", NULL), BA_OK);
	assert_int_equal(h.style, PAM_TEXT_INFO);
	assert_int_equal(
	    ba_pam_converse(&conv, PAM_ERROR_MSG, "hello", &b), BA_OK);
	assert_int_equal(h.style, PAM_ERROR_MSG);
	assert_int_equal(b.len, 0);
	h.no_response = true;
	assert_int_equal(
	    ba_pam_converse(&conv, PAM_TEXT_INFO, "hello", NULL), BA_OK);
	h.no_response = false;
	assert_int_equal(
	    ba_pam_converse(&conv, PAM_PROMPT_ECHO_ON, "who? ", &b), BA_OK);
	assert_int_equal(h.style, PAM_PROMPT_ECHO_ON);
	assert_string_equal(ba_buf_str(&b), "bob");
	assert_int_equal(
	    ba_pam_converse(&conv, PAM_PROMPT_ECHO_ON, "who? ", NULL),
	    BA_ERR_INTERNAL);
	ba_buf_wipe(&b);
}

static void
V47_only_three_segments_could_be_a_jwt(void **state)
{
	static const struct {
		const char *bad, *good;
	} table[] = {
		{ "", "a.b.c" },
		{ "secret", "secret.b.c" },
		{ "a.b", "a.b.c" },
		{ "a.b.", "a.b.c" },
		{ ".b.c", "a.b.c" },
		{ "a..c", "a.b.c" },
		{ "..", "a.b.c" },
		{ "a.b.c.", "a.b.c" },
		{ "a.b.c.d", "a.b.c" },
		{ "a.b.c.d.e", "a.b.c" },
		{ "a.b.c=", "a.b.c_" },
		{ "a.b+.c", "a.b-.c" },
		{ "a/.b.c", "a_.b.c" },
		{ "a.b.c\n", "a.b.c" },
		{ " a.b.c", "a.b.c" },
		{ "a.b c.d", "a.bc.d" },
		{ "p@ss.w0rd.x", "pass.w0rd.x" },
		{ "a.b.\xc3\xa9", "a.b.e" },
		{ "a.b.~", "a.b.9" },
	};
	char *big = text('a', BA_PAM_TOKEN_MAX + 1);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_false(
		    ba_pam_token_is_jwt(table[i].bad, strlen(table[i].bad)));
		assert_true(
		    ba_pam_token_is_jwt(table[i].good, strlen(table[i].good)));
	}
	assert_false(ba_pam_token_is_jwt("a.b.c\0", 6));
	assert_false(ba_pam_token_is_jwt(NULL, 0));
	big[1] = big[3] = '.';
	assert_false(ba_pam_token_is_jwt(big, BA_PAM_TOKEN_MAX + 1));
	assert_true(ba_pam_token_is_jwt(big, BA_PAM_TOKEN_MAX));
	free(big);
}

/* What is no JWT leaves only where that is said, and only as token68. */
static void
V47_what_may_leave_the_process(void **state)
{
	static const char chars[] = "abcDEF019-_~+/ab";
	static const struct {
		const char *stays, *goes;
	} table[] = {
		{ "", "0123456789abcdef" },
		{ "0123456789abcde", "0123456789abcdef" },
		{ "correct horse battery", "correct_horse_battery" },
		{ "0123456789abcdef ", "0123456789abcdef" },
		{ "0123456789abcde!", "0123456789abcde~" },
		{ "0123456789abcde\n", "0123456789abcde/" },
		{ "0123456789abcde\x7f", "0123456789abcde+" },
		{ "0123456789abcd\xc3\xa9", "0123456789abcde-" },
		{ "0123456789abcd=f", "0123456789abcd==" },
		{ "=0123456789abcde", "_0123456789abcde" },
		{ "================", "0===============" },
		/* a dot makes it a JWT, or nothing */
		{ "0123456789.abcdef", "0123456789_abcdef" },
		{ "0123456789abcdef.", "a.b.c" },
		{ ".0123456789abcdef", "0123456789.abcdef.0" },
		{ "01234.56789.abc.def", "01234.56789.abcdef" },
		{ "01234.56789.abc=", "01234.56789.abc_" },
	};
	char *big = text('a', BA_PAM_TOKEN_MAX + 1);
	size_t i;
	bool jwt;

	(void)state;
	assert_int_equal(BA_OPAQUE_MIN, 16);
	assert_true(ba_pam_token_may_leave(chars, 16, true));
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *stays = table[i].stays, *goes = table[i].goes;

		assert_false(
		    ba_pam_token_may_leave(stays, strlen(stays), true));
		assert_true(ba_pam_token_may_leave(goes, strlen(goes), true));
		/* unless it is said, a JWT or nothing */
		jwt = strchr(goes, '.') != NULL;
		assert_false(
		    ba_pam_token_may_leave(stays, strlen(stays), false));
		assert_int_equal(
		    ba_pam_token_may_leave(goes, strlen(goes), false), jwt);
	}
	assert_false(ba_pam_token_may_leave(NULL, 16, true));
	assert_false(
	    ba_pam_token_may_leave("0123456789abcdef", 17, true)); /* its NUL */
	assert_true(ba_pam_token_may_leave(big, BA_PAM_TOKEN_MAX, true));
	assert_false(ba_pam_token_may_leave(big, BA_PAM_TOKEN_MAX + 1, true));
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_asking_goes_on_exactly_after_a_cut),
		cmocka_unit_test(the_prompts_are_exactly_these),
		cmocka_unit_test(the_first_prompt_may_offer_a_browser),
		cmocka_unit_test(nothing_is_the_empty_reply_alone),
		cmocka_unit_test(white_space_at_the_end_is_dropped),
		cmocka_unit_test(an_empty_token_is_refused),
		cmocka_unit_test(
		    TOK01_a_token_above_the_limit_is_refused_and_logged),
		cmocka_unit_test(one_answer_for_all_prompts_is_the_token),
		cmocka_unit_test(
		    PM03_V40_the_number_of_prompts_tells_nothing_of_the_replies),
		cmocka_unit_test(V32_the_number_of_parts_is_bounded),
		cmocka_unit_test(PM10_a_conversation_that_fails),
		cmocka_unit_test(a_failure_at_a_later_part_is_a_failure),
		cmocka_unit_test(PM10_messages_need_no_reply_and_get_none),
		cmocka_unit_test(V47_only_three_segments_could_be_a_jwt),
		cmocka_unit_test(V47_what_may_leave_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
