/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the service as a plug-in asks them (ba_ask), one after the
 * other, from a process that stays, as a SASL server's does; the first is not
 * counted.  One begins PERIOD ms after the other, or at once where that is 0.
 * Prints the median in milliseconds.
 *
 *	questions COUNT PERIOD SERVICE USER UID <token
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/origin.h"
#include "common/wire/ask.h"

#define COUNT_MAX 1000
#define TOKEN_MAX 65536

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

static void
ask_once(const struct ba_client *client, char **argv, const char *token)
{
	struct ba_ask_host host = { NULL, NULL, NULL };
	struct ba_ask q = { .type = BA_MSG_ASK };
	struct ba_answer a;
	int r;

	q.service = argv[3];
	q.user = argv[4];
	q.uid_known = true;
	q.uid = (uid_t)strtoul(argv[5], NULL, 10);
	q.origin = BA_ORIGIN_PROMPT;
	q.token = token;
	q.token_len = strlen(token);
	r = ba_ask(client, &q, &host, &a);
	if (r != BA_OK) {
		fprintf(stderr, "questions: %s\n", ba_err_text(r));
		exit(1);
	}
}

static void
sleep_until(double ms)
{
	struct timespec t = { (time_t)(ms / 1e3), 0 };

	t.tv_nsec = (long)((ms - (double)t.tv_sec * 1e3) * 1e6);
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

int
main(int argc, char **argv)
{
	static double ms[COUNT_MAX + 1];
	static char token[TOKEN_MAX];
	struct ba_client client;
	size_t count = argc == 6 ? strtoul(argv[1], NULL, 10) : 0;
	double period, start;

	if (count < 1 || count > COUNT_MAX ||
	    fgets(token, sizeof(token), stdin) == NULL) {
		fprintf(stderr, "usage: questions COUNT PERIOD SERVICE USER UID"
				" <token\n");
		return 2;
	}
	period = strtod(argv[2], NULL);
	token[strcspn(token, "\n")] = '\0';
	ba_client_defaults(&client, BA_DEADLINE_PAM_MS);
	for (size_t i = 0; i <= count; i++) {
		start = now_ms();
		ask_once(&client, argv, token);
		ms[i] = now_ms() - start;
		if (period > 0)
			sleep_until(start + period);
	}
	qsort(ms + 1, count, sizeof(*ms), by_size);
	printf("%.4f\n", ms[1 + count / 2]);
	return 0;
}
