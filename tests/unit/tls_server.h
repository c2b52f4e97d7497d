/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_TLS_SERVER_H
#define BA_TESTS_TLS_SERVER_H

#include <sys/types.h>

/*
 * An HTTPS server on 127.0.0.1 for tests of the helper.  The path of the
 * request chooses how it misbehaves; see the table in tls_server.c.  It runs
 * in processes of its own.
 */
struct tls_server {
	pid_t pid;
	int port; /* a certificate for 127.0.0.1 */
	int expired_port; /* the same, but its time is over */
	char ca_file[128]; /* who signed both */
	char other_ca_file[128]; /* the same name, another key */
};

/* Files go to dir.  0, or -1. */
int tls_server_start(const char *dir, struct tls_server *s);
void tls_server_stop(struct tls_server *s);

#endif
