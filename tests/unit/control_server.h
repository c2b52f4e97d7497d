/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_CONTROL_SERVER_H
#define BA_TESTS_CONTROL_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What stands for a broker's control socket: it answers each connection with
 * the next of its replies, and remembers what it was told.
 */
#define CONTROL_REPLIES 8

struct control_reply {
	unsigned family; /* enum ba_family */
	const char *text;
	/* in place of a reply */
	bool hang_up;
	bool other_type; /* a frame that is none */
};

struct control_server {
	char dir[64];
	char path[96];
	const struct control_reply *replies;
	size_t n;
	/* what was asked */
	size_t asked;
	char command[CONTROL_REPLIES][8001];
	int fd;
	pthread_t thread;
};

/* In a directory of its own; until n connections were answered. */
void control_server_start(
    struct control_server *s, const struct control_reply *replies, size_t n);
void control_server_stop(struct control_server *s);

/* What is printed on standard output in between, for free(). */
void output_begin(void);
char *output_end(void);

#endif
