/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logins at a server, as fast as it answers, on so many connections at a time.
 *
 *	logins PLACE CONNECTIONS SECONDS COUNT <logins
 *
 * PLACE is a port of this machine or a unix socket's path.  Ends after SECONDS
 * or COUNT logins (0: no bound).  Prints the logins that succeeded, those that
 * did not, the seconds, and what the first of the latter was told.
 *
 * Each line of the standard input is a login; after the last comes the first
 * again.  It is either an LDAP message in hexadecimal, a bind, of which many
 * take place on one connection (RFC 4511 section 4.2.1), or a dialogue on a
 * connection of its own, its parts separated by tabs: how the last line of an
 * answer begins, what is said to that, and so on.
 */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define PATIENCE        30 /* seconds that an answer may take */

struct login {
	char *text; /* a dialogue, or a message of n bytes */
	size_t n;
	bool ldap;
};

struct load {
	const char *place;
	struct login *logins;
	size_t n;
	double until; /* 0: without end */
	unsigned long count; /* 0: without end */
	atomic_ulong next, good, bad;
	pthread_mutex_t lock;
	char told[256]; /* to the first that failed */
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
reach(const char *place)
{
	static const int yes = 1;
	const struct timeval patience = { PATIENCE, 0 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	bool path = place[0] == '/';
	int fd, r;

	fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", place);
	in.sin_port = htons((uint16_t)strtoul(place, NULL, 10));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (path)
		r = connect(fd, (struct sockaddr *)&un, sizeof(un));
	else
		r = connect(fd, (struct sockaddr *)&in, sizeof(in));
	if (!path)
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (r == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static bool
say(int fd, const char *p, size_t n)
{
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r) {
		r = send(fd, p, n, MSG_NOSIGNAL);
		if (r <= 0)
			return false;
	}
	return true;
}

/* --- LDAP ----------------------------------------------------------------- */

/* RFC 4511 section 5.1: the length of a definite form, and what is ahead of
   it; 0: not yet there. */
static size_t
message_length(const unsigned char *p, size_t n)
{
	size_t i, length = 0;

	if (n < 2)
		return 0;
	if (p[1] < 0x80)
		return 2U + p[1];
	if (n < 2U + (p[1] & 0x7f))
		return 0;
	for (i = 0; i < (p[1] & 0x7fU); i++)
		length = length << 8 | p[2 + i];
	return 2 + i + length;
}

/* The result's code of "SEQUENCE { messageID, [APPLICATION 1] { code…"; the
   lengths in between are short or long. */
static int
result_of(const unsigned char *p, size_t n)
{
	size_t at = 2 + (p[1] < 0x80 ? 0 : p[1] & 0x7fU);

	if (at + 2 > n)
		return -1;
	at += 2U + p[at + 1]; /* messageID */
	if (at + 2 > n || p[at] != 0x61)
		return -1;
	at += 2 + (p[at + 1] < 0x80 ? 0 : p[at + 1] & 0x7fU);
	return at + 3 <= n && p[at] == 0x0a && p[at + 1] == 1 ? p[at + 2] : -1;
}

static bool
bind_once(int fd, const struct login *l, char *told, size_t toldsz)
{
	unsigned char answer[8192];
	size_t n = 0;
	ssize_t r;
	int code = -1;

	if (!say(fd, l->text, l->n))
		return false;
	while (
	    message_length(answer, n) == 0 || n < message_length(answer, n)) {
		r = recv(fd, answer + n, sizeof(answer) - n, 0);
		if (r <= 0)
			return false;
		n += (size_t)r;
	}
	code = result_of(answer, n);
	(void)snprintf(told, toldsz, "result %d", code);
	return code == 0;
}

/* --- lines ---------------------------------------------------------------- */

/* The beginning of one; false where the connection ends first. */
static bool
hear_line(FILE *f, char *line, size_t linesz)
{
	size_t n = 0;
	int ch;

	while ((ch = getc(f)) != EOF && ch != '\n')
		if (n + 1 < linesz && ch != '\r')
			line[n++] = (char)ch;
	line[n] = '\0';
	return ch == '\n';
}

/* An answer whose last line begins so; lines before it are told apart by the
   blank that only the last has (RFC 5321 4.2.1), or that they are untagged. */
static bool
hear(FILE *f, const char *begin, size_t n, char *told, size_t toldsz)
{
	do {
		if (!hear_line(f, told, toldsz))
			return false;
		if (strncmp(told, begin, n) == 0)
			return true;
	} while (told[3] == '-' || (told[0] == '*' && begin[0] != '*'));
	return false;
}

static bool
converse(int fd, const struct login *l, char *told, size_t toldsz)
{
	FILE *f = fdopen(dup(fd), "r");
	const char *p = l->text;
	bool ok = f != NULL, listen = true;
	size_t n;

	for (; ok && *p != '\0'; listen = !listen) {
		n = strcspn(p, "\t");
		ok = listen ? hear(f, p, n, told, toldsz)
			    : say(fd, p, n) && say(fd, "\r\n", 2);
		p += n + (p[n] == '\t');
	}
	if (f != NULL)
		(void)fclose(f);
	return ok;
}

/* --- the load ------------------------------------------------------------- */

static void
count(struct load *load, bool ok, const char *told)
{
	if (ok) {
		(void)atomic_fetch_add(&load->good, 1);
		return;
	}
	if (atomic_fetch_add(&load->bad, 1) > 0)
		return;
	(void)pthread_mutex_lock(&load->lock);
	(void)snprintf(load->told, sizeof(load->told), "%s", told);
	(void)pthread_mutex_unlock(&load->lock);
}

static void *
one_connection(void *arg)
{
	struct load *load = arg;
	const struct login *l;
	char told[256];
	unsigned long i;
	int fd = -1;
	bool ok;

	while (load->until == 0 || now() < load->until) {
		i = atomic_fetch_add(&load->next, 1);
		if (load->count > 0 && i >= load->count)
			break;
		l = &load->logins[i % load->n];
		(void)snprintf(told, sizeof(told), "nothing");
		if (fd < 0)
			fd = reach(load->place);
		ok = fd >= 0 && (l->ldap ? bind_once : converse)(
				    fd, l, told, sizeof(told));
		count(load, ok, told);
		if (fd >= 0 && (!l->ldap || !ok)) {
			(void)close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static unsigned
digit(char ch)
{
	return ch <= '9' ? (unsigned)(ch - '0') : (unsigned)(ch - 'a') + 10;
}

static void
read_login(struct login *l, char *line)
{
	size_t i;

	l->n = strcspn(line, "\n");
	line[l->n] = '\0';
	l->text = line;
	l->ldap = strchr(line, '\t') == NULL;
	if (!l->ldap)
		return;
	l->n /= 2;
	for (i = 0; i < l->n; i++)
		line[i] =
		    (char)(digit(line[2 * i]) << 4 | digit(line[2 * i + 1]));
}

static bool
read_logins(struct load *load)
{
	char *line = NULL;
	size_t size = 0;
	void *grown;

	while (getline(&line, &size, stdin) > 1) {
		grown = reallocarray(
		    load->logins, load->n + 1, sizeof(*load->logins));
		if (grown == NULL)
			return false;
		load->logins = grown;
		read_login(&load->logins[load->n++], line);
		line = NULL;
		size = 0;
	}
	free(line);
	return load->n > 0;
}

int
main(int argc, char **argv)
{
	static struct load load = { .lock = PTHREAD_MUTEX_INITIALIZER };
	static pthread_t threads[CONNECTIONS_MAX];
	unsigned long i, n = argc == 5 ? strtoul(argv[2], NULL, 10) : 0;
	double start, seconds;

	if (n < 1 || n > CONNECTIONS_MAX || !read_logins(&load)) {
		fprintf(stderr, "usage: logins PLACE CONNECTIONS SECONDS COUNT"
				" <logins\n");
		return 2;
	}
	load.place = argv[1];
	seconds = strtod(argv[3], NULL);
	load.count = strtoul(argv[4], NULL, 10);
	start = now();
	load.until = seconds > 0 ? start + seconds : 0;
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, one_connection, &load) !=
		    0)
			return 1;
	for (i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	printf("%lu\t%lu\t%.4f\t%s\n", load.good, load.bad, now() - start,
	    load.told);
	return 0;
}
