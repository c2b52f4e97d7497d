/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/jose/init.h"
#include "common/json/json.h"
#include "tests/unit/torture_scene.h"

/*
 * Each allocation, and each call that can fail, of a login from its texts to
 * its verdict is failed in turn.  A good token must then be refused, or it
 * must be said to be our fault; a bad one is never let in; nothing leaks;
 * what is handed out is cleared; OpenSSL's queue of errors is empty.
 *
 * BA_TORTURE=show prints what came of each kind of failure, and where it was;
 * BA_TORTURE=cold has OpenSSL's first use in a process as well, all of it.
 */

#define COMPLAINTS_MAX (w.show ? 100000UL : 20)
#define TRIES          3 /* for what a library keeps for the next time */

static struct {
	unsigned long runs;
	unsigned long complaints;
	bool show;
	bool cold;
} w;

static const char *const part_names[] = { "load", "parse", "map", "keys",
	"blocks", "verify", "kept", "again", "explain" };

static const char *
part_name(enum ba_scene_part part)
{
	size_t i;

	for (i = 0; i < sizeof(part_names) / sizeof(part_names[0]); i++)
		if (part == 1U << i)
			return part_names[i];
	return "nothing";
}

/* --- what came of what, for people ---------------------------------------- */

#define SEEN_MAX 2048

static struct seen {
	const char *name;
	enum ba_scene_part part;
	int err;
	unsigned long n;
} seen[SEEN_MAX];

static void
note(const struct ba_torture_result *result, const struct ba_scene_outcome *out)
{
	struct seen *s;

	for (s = seen; w.show && s < seen + SEEN_MAX; s++) {
		if (s->n == 0) {
			s->name = result->name;
			s->part = out->part;
			s->err = out->err;
		}
		if (strcmp(s->name, result->name) == 0 &&
		    s->part == out->part && s->err == out->err) {
			s->n++;
			return;
		}
	}
}

static void
show_seen(void)
{
	const struct seen *s;

	for (s = seen; s < seen + SEEN_MAX && s->n > 0; s++)
		print_message("%-32s %-7s %-16s %lu\n", s->name,
		    part_name(s->part), ba_err_name(s->err), s->n);
}

/* --- complaints ----------------------------------------------------------- */

struct trial {
	const struct ba_scene *scene;
	unsigned parts;
	int expected; /* of a bad one; BA_OK: a good one */
	struct ba_torture_plan plan;
};

static void
complain(const struct trial *t, const struct ba_torture_result *result,
    const struct ba_scene_outcome *out, const char *what)
{
	if (w.complaints++ >= COMPLAINTS_MAX)
		return;
	print_error("%s (parts %x): %s no %lu%s, way %u (%s) failed: %s (in "
		    "%s: %s)\n",
	    ba_scene_name(t->scene), t->parts,
	    t->plan.kind == BA_TORTURE_ALLOC ? "allocation" : "call",
	    t->plan.at, t->plan.later ? " and later" : "", t->plan.way,
	    result->name == NULL ? "-" : result->name, what,
	    part_name(out->part), ba_err_name(out->err));
}

/* Once more, with the place of the failure. */
static void
show_place(const struct trial *t)
{
	struct ba_torture_plan plan = t->plan;
	struct ba_torture_result result;
	struct ba_scene_outcome out;

	if (!w.show)
		return;
	plan.show = &plan.at;
	plan.n_show = 1;
	ba_scene_run(t->scene, t->parts, &plan, &out, &result);
}

/*
 * Blocks that are left behind once are what OpenSSL keeps for the next time;
 * those that are left behind every time are a leak.
 */
static void
judge_leak(const struct trial *t, const struct ba_torture_result *first)
{
	struct ba_torture_result result = *first;
	struct ba_torture_plan plan = t->plan;
	struct ba_scene_outcome out;
	int i;

	for (i = 1; result.left > 0 && i < TRIES; i++)
		ba_scene_run(t->scene, t->parts, &plan, &out, &result);
	if (result.left == 0)
		return;
	complain(t, &result, &out, "a leak");
	if (w.complaints > COMPLAINTS_MAX)
		return;
	plan.show = first->left_at;
	plan.n_show = first->left < 2 ? 1 : 2;
	ba_scene_run(t->scene, t->parts, &plan, &out, &result);
}

static void
judge(const struct trial *t, const struct ba_torture_result *result,
    const struct ba_scene_outcome *out)
{
	unsigned family = 1U << ba_err_family(out->err);
	unsigned allowed = result->allowed;

	note(result, out);
	if (out->wrong != NULL)
		complain(t, result, out, out->wrong);
	/*
	 * A failure that comes to light only later has spoilt something that
	 * is kept: a key that no signature will ever fit.
	 */
	if (t->expected == BA_OK && out->err != BA_OK && !t->plan.later &&
	    !ba_scene_has_spare_key(t->scene) && out->part != out->failed_in) {
		complain(t, result, out, "an error of a later part");
		show_place(t);
	}
	if (t->expected != BA_OK) {
		if (out->accepted || out->err == BA_OK)
			complain(t, result, out, "a bad token was ACCEPTED");
		return;
	}
	/* A key that cannot be read is passed over, and another may do. */
	if (ba_scene_has_spare_key(t->scene) && out->failed_in == BA_SCENE_KEYS)
		allowed = BA_TORTURE_ANY | BA_TORTURE_FAMILY(OK);
	if ((allowed & family) != 0)
		return;
	complain(t, result, out,
	    out->err == BA_OK ? "nobody noticed" : "the wrong family");
	show_place(t);
}

/* --- one after the other -------------------------------------------------- */

/* The n-th, and the n-th and all later ones, until there is none. */
static void
exhaust(struct trial *t, enum ba_torture_kind kind, unsigned way)
{
	struct ba_torture_result result;
	struct ba_scene_outcome out;
	int later;

	for (later = 0; later <= 1; later++) {
		memset(&t->plan, 0, sizeof(t->plan));
		t->plan.kind = kind;
		t->plan.way = way;
		t->plan.later = later;
		for (;;) {
			t->plan.at++;
			ba_scene_run(
			    t->scene, t->parts, &t->plan, &out, &result);
			w.runs++;
			if (result.left > 0)
				judge_leak(t, &result);
			if (result.failed == 0)
				break;
			judge(t, &result, &out);
		}
		/* The last had nothing to fail. */
		assert_int_equal(out.err, t->expected);
		assert_null(out.wrong);
	}
}

static unsigned
most_ways(void)
{
	const struct ba_torture_site *site;
	unsigned ways = 0;

	for (site = ba_torture_sites(); site != NULL; site = site->next)
		if (site->ways > ways)
			ways = site->ways;
	return ways;
}

/* Allocations and calls, in all ways. */
static void
rack(const struct ba_scene *scene, unsigned parts, int expected)
{
	struct trial t = { scene, parts, expected, { 0 } };
	unsigned way;

	exhaust(&t, BA_TORTURE_ALLOC, 0);
	for (way = 0; way < most_ways(); way++)
		exhaust(&t, BA_TORTURE_CALL, way);
}

/* With nothing failing: what comes of it, and that nothing is left. */
static void
plainly(const struct ba_scene *scene, unsigned parts, int expected)
{
	const struct ba_torture_plan plan = { .kind = BA_TORTURE_NOTHING };
	struct ba_torture_result result;
	struct ba_scene_outcome out;
	int i;

	for (i = 0; i < TRIES; i++)
		ba_scene_run(scene, parts, &plan, &out, &result);
	if (out.err != expected)
		print_error("%s: %s (in %s)\n", ba_scene_name(scene),
		    ba_err_name(out.err), part_name(out.part));
	assert_int_equal(out.err, expected);
	assert_null(out.wrong);
	assert_int_equal(out.accepted, expected == BA_OK);
	assert_int_equal(result.left, 0);
	assert_true(result.allocs > 0);
}

/* --- tests ---------------------------------------------------------------- */

static void
assert_no_complaint(void)
{
	unsigned long n = w.complaints;

	w.complaints = 0;
	assert_int_equal(n, 0);
}

static void
test_torture_nothing_fails(void **state)
{
	const struct ba_scene *scene;
	size_t i;
	int err;

	(void)state;
	for (i = 0; (scene = ba_scene_good(i)) != NULL; i++) {
		plainly(scene, BA_SCENE_ALL, BA_OK);
		plainly(scene, BA_SCENE_ALL | BA_SCENE_EXPLAIN, BA_OK);
	}
	for (i = 0; (scene = ba_scene_algorithm(i)) != NULL; i++)
		plainly(scene, BA_SCENE_KEYS | BA_SCENE_VERIFY, BA_OK);
	for (i = 0; (scene = ba_scene_bad(i, &err)) != NULL; i++)
		plainly(scene, BA_SCENE_KEYS | BA_SCENE_VERIFY, err);
}

static void
test_torture_good(void **state)
{
	const struct ba_scene *scene;
	size_t i;

	(void)state;
	for (i = 0; (scene = ba_scene_good(i)) != NULL; i++)
		rack(scene, BA_SCENE_ALL, BA_OK);
	assert_no_complaint();
}

static void
test_torture_good_explained(void **state)
{
	const struct ba_scene *scene;
	size_t i;

	(void)state;
	for (i = 0; (scene = ba_scene_good(i)) != NULL; i++)
		rack(scene, BA_SCENE_VERIFY | BA_SCENE_EXPLAIN, BA_OK);
	assert_no_complaint();
}

static void
test_torture_algorithms(void **state)
{
	const struct ba_scene *scene;
	size_t i;

	(void)state;
	for (i = 0; (scene = ba_scene_algorithm(i)) != NULL; i++)
		rack(scene, BA_SCENE_KEYS | BA_SCENE_VERIFY, BA_OK);
	assert_no_complaint();
}

static void
test_torture_configuration(void **state)
{
	(void)state;
	rack(ba_scene_good(0), BA_SCENE_PARSE, BA_OK);
	rack(ba_scene_good(0), BA_SCENE_MAP, BA_OK);
	rack(ba_scene_good(0), BA_SCENE_BLOCKS, BA_OK);
	assert_no_complaint();
}

static void
test_torture_bad(void **state)
{
	const struct ba_scene *scene;
	size_t i;
	int err;

	(void)state;
	for (i = 0; (scene = ba_scene_bad(i, &err)) != NULL; i++)
		rack(scene, BA_SCENE_KEYS | BA_SCENE_VERIFY, err);
	assert_no_complaint();
}

/*
 * A text whose reading once lost a byte is another text, and says something
 * else; jansson's scanner does so where its buffer cannot grow (and asserts
 * that it did not).  Hence each length, and each allocation; a child of its
 * own for each text, for it may end by a signal.
 */
static int
lose_bytes(const char *text, bool later)
{
	struct ba_torture_plan plan = { .kind = BA_TORTURE_NOTHING };
	struct ba_torture_result result;
	json_t *whole = NULL, *root = NULL;
	int r, bad = 0;

	if (ba_json_parse(text, strlen(text), &whole) != BA_OK)
		return 2;
	plan.kind = BA_TORTURE_ALLOC;
	plan.later = later;
	do {
		plan.at++;
		ba_torture_begin(&plan);
		r = ba_json_parse(text, strlen(text), &root);
		ba_torture_end(&result);
		if (r == BA_OK)
			bad |= result.failed != 0 || !json_equal(root, whole);
		else
			bad |= root != NULL || result.left != 0 ||
			       (r != BA_ERR_NOMEM && r != BA_ERR_JSON);
		json_decref(root);
	} while (result.failed != 0);
	json_decref(whole);
	return bad;
}

static int
in_child(const char *text, bool later)
{
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* What an assertion says is not for this log. */
		(void)close(STDERR_FILENO);
		_exit(lose_bytes(text, later));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
test_torture_json_loses_no_byte(void **state)
{
	static const struct {
		const char *before, *behind;
		int most; /* digits: integers have 18 */
	} forms[] = { { "{\"v\":\"", "\"}", 70 }, { "{\"v\":[", "]}", 18 },
		{ "{\"v\":1.", ",\"w\":\"x\"}", 70 },
		{ "{\"", "\":null}", 70 } };
	static const char digits[] = "1234567890123456789012345678901234567890"
				     "1234567890123456789012345678901234567890";
	unsigned long bad = 0;
	char text[256];
	size_t i;
	int n, status;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (n = 1; n <= forms[i].most; n++) {
			(void)snprintf(text, sizeof(text), "%s%.*s%s",
			    forms[i].before, n, digits, forms[i].behind);
			status = in_child(text, false);
			if (status == 0)
				status = in_child(text, true);
			if (status == 0)
				continue;
			if (bad++ < 5)
				print_error("%s: status %x\n", text, status);
		}
	}
	assert_int_equal(bad, 0);
}

static void
test_torture_every_call_was_failed(void **state)
{
	const struct ba_torture_site *site;
	unsigned long never = 0;

	(void)state;
	for (site = ba_torture_sites(); site != NULL; site = site->next) {
		if (site->failed > 0)
			continue;
		print_error("%s never failed\n", site->name);
		never++;
	}
	assert_int_equal(never, 0);
}

/* --- OpenSSL's first use in a process ------------------------------------- */

/*
 * Every so many allocations are tried: there are some 5000 in each scene, and
 * each needs a process of its own.  BA_TORTURE=cold tries all of them.
 */
#define COLD_EVERY 61
#define COLD_BAD   1
#define COLD_END   2 /* there was no n-th */
#define COLD_US    2000000 /* of a process that takes milliseconds */

static const struct {
	const char *name;
	bool good;
	size_t i;
} cold_scenes[] = { { "signed by another", false, 0 }, { "RS256", true, 0 },
	{ "ES256", true, 6 }, { "HS256", true, 12 } };

static const struct ba_scene *
cold_scene(size_t i, int *errp)
{
	*errp = BA_OK;
	return cold_scenes[i].good ? ba_scene_algorithm(cold_scenes[i].i)
				   : ba_scene_bad(cold_scenes[i].i, errp);
}

/* What OpenSSL keeps cannot be told from a leak here. */
static bool
cold_bad(const struct ba_torture_result *result,
    const struct ba_scene_outcome *out, int expected)
{
	unsigned family = 1U << ba_err_family(out->err);

	if (out->wrong != NULL || out->accepted != (out->err == BA_OK))
		return true;
	if (expected != BA_OK)
		return out->accepted;
	return (result->allowed & family) == 0;
}

/* In a child: the n-th fails.  Not to return. */
static void
cold_child(const struct ba_scene *scene, int expected, unsigned long n)
{
	const struct itimerval limit = { .it_value = { COLD_US / 1000000,
					     COLD_US % 1000000 } };
	const struct ba_torture_plan plan = { .kind = BA_TORTURE_ALLOC,
		.at = n };
	struct ba_torture_result result;
	struct ba_scene_outcome out;

	(void)setitimer(ITIMER_REAL, &limit, NULL);
	ba_jose_init();
	ba_scene_run(
	    scene, BA_SCENE_KEYS | BA_SCENE_VERIFY, &plan, &out, &result);
	if (result.failed == 0)
		_exit(out.err == expected ? COLD_END : COLD_BAD);
	_exit(cold_bad(&result, &out, expected) ? COLD_BAD : 0);
}

/* In a process that has not used OpenSSL, and does not: its children do. */
static int
cold(size_t i, unsigned every, const char *dir)
{
	const struct ba_scene *scene;
	unsigned long n = 1, bad = 0;
	int expected, status = 0;
	pid_t pid;

	scene = cold_scene(i, &expected);
	ba_scene_read(scene, dir);
	for (; !WIFEXITED(status) || WEXITSTATUS(status) != COLD_END;
	     n += every) {
		pid = fork();
		if (pid == 0)
			cold_child(scene, expected, n);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return COLD_BAD;
		if (status != 0 && WEXITSTATUS(status) != COLD_END &&
		    bad++ < COMPLAINTS_MAX)
			print_error("%s: allocation no %lu: status %x\n",
			    cold_scenes[i].name, n, (unsigned)status);
	}
	return n < 1000 || bad > 0 ? COLD_BAD : 0;
}

static void
run_cold(size_t i, const char *every, const char *dir)
{
	char number[8];
	int status, expected;
	pid_t pid;

	ba_scene_write(cold_scene(i, &expected), dir);
	(void)snprintf(number, sizeof(number), "%zu", i);
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execl("/proc/self/exe", "test_torture", "cold", number,
		    every, dir, (char *)NULL);
		_exit(98);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_torture_cold(void **state)
{
	char dir[] = "/tmp/ba-torture-XXXXXX", every[8];
	size_t i, n = sizeof(cold_scenes) / sizeof(cold_scenes[0]);

	(void)state;
	(void)snprintf(every, sizeof(every), "%d", w.cold ? 1 : COLD_EVERY);
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < n; i++)
		run_cold(i, every, dir);
	assert_int_equal(rmdir(dir), 0);
}

/* -------------------------------------------------------------------------- */

static int
setup(void **state)
{
	const char *env = getenv("BA_TORTURE");

	(void)state;
	w.show = env != NULL && strcmp(env, "show") == 0;
	w.cold = env != NULL && strcmp(env, "cold") == 0;
	ba_jose_init();
	ba_scene_begin();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	ba_scene_end();
	if (w.show)
		show_seen();
	print_message("%lu runs\n", w.runs);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_torture_nothing_fails),
		cmocka_unit_test(test_torture_good),
		cmocka_unit_test(test_torture_good_explained),
		cmocka_unit_test(test_torture_algorithms),
		cmocka_unit_test(test_torture_configuration),
		cmocka_unit_test(test_torture_json_loses_no_byte),
		cmocka_unit_test(test_torture_bad),
		cmocka_unit_test(test_torture_cold),
		cmocka_unit_test(test_torture_every_call_was_failed),
	};

	if (argc == 5 && strcmp(argv[1], "cold") == 0)
		return cold(strtoul(argv[2], NULL, 10),
		    (unsigned)strtoul(argv[3], NULL, 10), argv[4]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
