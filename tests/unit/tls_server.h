/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_TLS_SERVER_H
#define BA_TESTS_TLS_SERVER_H

#include <sys/types.h>

/*
 * An HTTPS server on 127.0.0.1 for tests of the helper, and a proxy.  The
 * path of the request chooses how the server misbehaves; see the table in
 * tls_server.c.  It runs in processes of its own.
 */
struct tls_server {
	pid_t pid;
	int port; /* a certificate for 127.0.0.1 */
	int expired_port; /* the same, but its time is over */
	int proxy_port; /* an HTTP proxy that knows CONNECT … */
	char proxy_log[128]; /* … and writes here what it was asked */
	char ca_file[128]; /* who signed both */
	char other_ca_file[128]; /* the same name, another key */
	char ca_directory[128]; /* ca_file by hash, as c_rehash(1) */
	/* Clients' certificates and keys, PEM: "one" and "two". */
	char certificate[2][2048], key[2][1024];
	char locked_key[1024]; /* key[0], encrypted */
};

/* Files go to dir.  0, or -1. */
int tls_server_start(const char *dir, struct tls_server *s);
void tls_server_stop(struct tls_server *s);

#endif
