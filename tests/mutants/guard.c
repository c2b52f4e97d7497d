/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linked into a test program that tries a mutant: a mutant can do anything,
 * and is ended as soon as one test has failed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define TESTS_MAX 512

char *__real_mkdtemp(char *template);
char *__wrap_mkdtemp(char *template);
int __real_mkstemp(char *template);
int __wrap_mkstemp(char *template);
int __real__cmocka_run_group_tests(const char *name,
    const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
    CMFixtureFunction teardown);
int __wrap__cmocka_run_group_tests(const char *name,
    const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
    CMFixtureFunction teardown);

static char made[4096]; /* where to note what is made outside */
static char skipped[4096]; /* names of tests, a blank around each */

static void
take(char *dst, size_t dstsz, const char *name)
{
	const char *value = getenv(name);

	if (value != NULL)
		(void)snprintf(dst, dstsz, "%s", value);
	/* What is tested may look at its environment. */
	(void)unsetenv(name);
}

static void
limit(int what, rlim_t most)
{
	struct rlimit l = { most, most };

	(void)setrlimit(what, &l);
}

static void __attribute__((constructor)) begin(void)
{
	char memory[32] = "";

	/* Each line of TAP is to be seen when it is said. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	take(made, sizeof(made), "MUTANT_MADE");
	take(skipped, sizeof(skipped), "MUTANT_SKIP");
	take(memory, sizeof(memory), "MUTANT_MEMORY");
	limit(RLIMIT_CORE, 0);
	if (memory[0] != '\0')
		limit(RLIMIT_AS, strtoul(memory, NULL, 10));
}

static void
note(const char *path)
{
	char line[4096];
	int fd, n;

	if (path[0] != '/' || made[0] == '\0')
		return;
	fd = open(made, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	n = snprintf(line, sizeof(line), "%s\n", path);
	if (write(fd, line, (size_t)n) != n)
		perror(made);
	(void)close(fd);
}

char *
__wrap_mkdtemp(char *template)
{
	char *dir = __real_mkdtemp(template);

	if (dir != NULL)
		note(dir);
	return dir;
}

int
__wrap_mkstemp(char *template)
{
	int fd = __real_mkstemp(template);

	if (fd >= 0)
		note(template);
	return fd;
}

int
__wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests,
    size_t n, CMFixtureFunction setup, CMFixtureFunction teardown)
{
	struct CMUnitTest kept[TESTS_MAX];
	char word[256];
	size_t i, k = 0;

	for (i = 0; i < n && k < TESTS_MAX; i++) {
		(void)snprintf(word, sizeof(word), " %s ", tests[i].name);
		if (strstr(skipped, word) == NULL)
			kept[k++] = tests[i];
	}
	return __real__cmocka_run_group_tests(name, kept, k, setup, teardown);
}
