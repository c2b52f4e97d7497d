/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times whole commands against each other: A B C A B C …, so that a drift of
 * the machine meets them all.  Prints for each its name, the median of the
 * wall time in milliseconds, and the quartiles.
 *
 *	rounds N NAME COMMAND… [ ::: NAME COMMAND… ]…
 *
 * Every run must exit 0; one that does not ends the benchmark with exit 1,
 * for a refused login is quick and would flatter us.
 */
#include "config.h"

#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 8
#define WARM_UP  3

struct command {
	const char *name;
	char **argv;
	double *ms;
};

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
run(const struct command *c)
{
	double start = now_ms();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, c->argv[0], NULL, NULL, c->argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "rounds: a run of %s failed\n", c->name);
		exit(1);
	}
	return now_ms() - start;
}

static int
split(int argc, char **argv, struct command *c, long n)
{
	int count = 0;

	for (int i = 2; i < argc && count < COMMANDS; i++) {
		c[count].name = argv[i];
		c[count].argv = &argv[i + 1];
		c[count].ms = calloc((size_t)n, sizeof(double));
		while (i < argc && strcmp(argv[i], ":::") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
		if (c[count].argv[0] == NULL || c[count].ms == NULL)
			return 0;
		count++;
	}
	return count;
}

int
main(int argc, char **argv)
{
	struct command c[COMMANDS];
	long n = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
	int count = n > 0 ? split(argc, argv, c, n) : 0;

	if (count == 0) {
		fprintf(stderr, "usage: rounds N NAME COMMAND… [ ::: … ]\n");
		return 2;
	}
	for (long i = -WARM_UP; i < n; i++)
		for (int k = 0; k < count; k++) {
			double ms = run(&c[k]);
			if (i >= 0)
				c[k].ms[i] = ms;
		}
	for (int k = 0; k < count; k++) {
		qsort(c[k].ms, (size_t)n, sizeof(double), by_size);
		printf("%s\t%.4f\t%.4f\t%.4f\n", c[k].name, c[k].ms[n / 2],
		    c[k].ms[n / 4], c[k].ms[n * 3 / 4]);
	}
	return 0;
}
