/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What service.py measures with.  Tokens are made beforehand, one a line:
 *
 *	load mint COUNT JWKS PEM	tokens to standard output, keys to files
 *	load raw PEM <tokens		us of CPU time a textbook verification
 *	load echo SOCKET BYTES		a server that answers each question by
 *					so many bytes, and closes
 *	load ask SOCKET WIDTH PERIOD SERVICE USER <tokens
 *
 * The last asks about each token on a connection of its own, as a plug-in of
 * SASL does, and prints: answers that accept, bytes of an answer, ms in all,
 * p50 and p99 in us.  At most WIDTH questions are open at once.  One begins
 * PERIOD us after the other, or, where that is 0, when another has ended; the
 * time of one begins when it was due, so that waiting for a place is counted.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/base/b64url.h"
#include "common/base/mem.h"
#include "common/base/origin.h"
#include "common/wire/message.h"
#include "tests/unit/mint.h"

#define ISSUER     "https://own.example.test"
#define AUDIENCE   "urn:stage:rs256"
#define TOKENS_MAX 20000
#define WIDTH_MAX  256
#define BATCH      64

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		die(path);
}

/* Its lines; for the life of the program. */
static size_t
read_tokens(char **token)
{
	static char line[BA_WIRE_TOKEN_MAX];
	size_t n = 0;

	while (n < TOKENS_MAX && fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		token[n] = strdup(line);
		if (token[n++] == NULL)
			die("tokens");
	}
	return n;
}

/* --- mint ------------------------------------------------------------------ */

/* A payload of 500 bytes, as identity providers make them. */
static void
make_payload(char *dst, size_t n, unsigned i)
{
	long long now = (long long)time(NULL);
	int len = snprintf(dst, n,
	    "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"exp\":%lld,"
	    "\"iat\":%lld,\"sub\":\"f3a1-77\",\"jti\":\"0d7c2f0e-%08u\","
	    "\"client_id\":\"stage\",\"scope\":\"openid profile login\","
	    "\"preferred_username\":\"alice\",\"email_verified\":true,"
	    "\"groups\":[\"staff\",\"unix-admins\"],\"filler\":\"",
	    now + 3600, now - 1, i);

	while (len < 498)
		dst[len++] = 'x';
	memcpy(dst + len, "\"}", 3);
}

static void
mint(unsigned count, const char *jwks, const char *pem)
{
	struct ba_mint *m = ba_mint_new(BA_MINT_RSA, "own-1", NULL);
	char *jwk = ba_mint_jwk(m, NULL), payload[512], *token;
	const char *view[] = { jwk };
	char *set = ba_mint_jwks(view, 1), *key = ba_mint_pem(m);

	write_file(jwks, set);
	write_file(pem, key);
	for (unsigned i = 0; i < count; i++) {
		make_payload(payload, sizeof(payload), i);
		token = ba_mint_token(m, BA_ALG_RS256, "at+jwt", payload);
		puts(token);
		free(token);
	}
	free(jwk);
	free(set);
	free(key);
	ba_mint_free(m);
}

/* --- raw ------------------------------------------------------------------- */

static double
verify_us(EVP_PKEY *key, const char *token)
{
	unsigned char sig[512];
	const char *dot = strrchr(token, '.');
	EVP_MD_CTX *ctx;
	size_t n;
	double start;
	int good;

	if (dot == NULL || ba_b64url_decode(dot + 1, strlen(dot + 1), sig,
			       sizeof(sig), &n) != BA_OK)
		die("token");
	start = now_us(CLOCK_THREAD_CPUTIME_ID);
	ctx = EVP_MD_CTX_new();
	good = ctx != NULL &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, sig, n, (const unsigned char *)token,
		   (size_t)(dot - token)) == 1;
	EVP_MD_CTX_free(ctx);
	if (!good)
		die("EVP_DigestVerify");
	return now_us(CLOCK_THREAD_CPUTIME_ID) - start;
}

static void
raw(const char *pem, char **token, size_t n)
{
	FILE *f = fopen(pem, "re");
	EVP_PKEY *key = f != NULL ? PEM_read_PUBKEY(f, NULL, NULL, NULL) : NULL;
	double us = 0;

	if (key == NULL)
		die(pem);
	for (size_t i = 0; i < n; i++)
		us += verify_us(key, token[i]);
	printf("%.3f\n", us / (double)n);
	EVP_PKEY_free(key);
	(void)fclose(f);
}

/* --- echo ------------------------------------------------------------------ */

static struct sockaddr_un
address(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (ba_copy_str(a.sun_path, sizeof(a.sun_path), path) != BA_OK)
		die(path);
	return a;
}

static void
watch(int epfd, int op, int fd, uint32_t events, uint64_t what)
{
	struct epoll_event ev = { .events = events, .data.u64 = what };

	if (epoll_ctl(epfd, op, fd, &ev) != 0)
		die("epoll_ctl");
}

static void
echo_one(int fd, size_t bytes)
{
	static char in[BA_WIRE_ASK_MAX];

	/* A question of this size comes whole. */
	if (recv(fd, in, sizeof(in), MSG_DONTWAIT) > 0 &&
	    send(fd, in, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		die("send");
	close(fd);
}

static void
echo(const char *path, size_t bytes)
{
	struct sockaddr_un a = address(path);
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int epfd = epoll_create1(EPOLL_CLOEXEC), n, fd;
	struct epoll_event ev[BATCH];

	if (s < 0 || epfd < 0 || bind(s, (void *)&a, sizeof(a)) != 0 ||
	    listen(s, SOMAXCONN) != 0)
		die(path);
	watch(epfd, EPOLL_CTL_ADD, s, EPOLLIN, (uint64_t)s);
	for (;;) {
		n = epoll_wait(epfd, ev, BATCH, -1);
		for (int i = 0; i < n; i++) {
			if ((int)ev[i].data.u64 != s) {
				echo_one((int)ev[i].data.u64, bytes);
				continue;
			}
			while ((fd = accept4(s, NULL, NULL,
				    SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
				watch(epfd, EPOLL_CTL_ADD, fd, EPOLLIN,
				    (uint64_t)fd);
		}
	}
}

/* --- ask ------------------------------------------------------------------- */

struct asking {
	struct sockaddr_un to;
	int epfd;
	struct ba_buf *frame;
	size_t n; /* of them … */
	size_t next;
	size_t done;
	size_t width;
	double period, start;
	int fd[WIDTH_MAX]; /* -1: a free place … */
	size_t question[WIDTH_MAX];
	size_t open;
	double *us;
	size_t accepted;
	size_t bytes; /* of the last answer */
};

static void
make_frame(struct ba_buf *b, char **argv, const char *token)
{
	struct ba_msg_out o;
	unsigned char bytes[16];
	char id[33];

	if (ba_random(bytes, sizeof(bytes)) != BA_OK)
		die("random");
	ba_hex(id, bytes, sizeof(bytes));
	ba_buf_init(b, BA_WIRE_ASK_MAX);
	ba_msg_begin(&o, b, BA_WIRE_VERSION, BA_MSG_ASK);
	ba_msg_put_str(&o, BA_TAG_ID, id);
	ba_msg_put_str(&o, BA_TAG_SERVICE, argv[5]);
	ba_msg_put_str(&o, BA_TAG_USER, argv[6]);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, 3000);
	ba_msg_put_u8(&o, BA_TAG_ORIGIN, BA_ORIGIN_SASL);
	ba_msg_put_u8(&o, BA_TAG_CAN_PROMPT, 0);
	ba_msg_put(&o, BA_TAG_TOKEN, token, strlen(token));
	if (ba_msg_end(&o) != BA_OK)
		die("frame");
}

static double
due(const struct asking *a, size_t i)
{
	return a->start + a->period * (double)i;
}

static void
begin(struct asking *a, size_t place)
{
	const struct ba_buf *b = &a->frame[a->next];
	double now = now_us(CLOCK_MONOTONIC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a->us[a->next] = a->period > 0 ? due(a, a->next) : now;
	if (fd < 0 || connect(fd, (void *)&a->to, sizeof(a->to)) != 0 ||
	    send(fd, b->p, b->len, MSG_NOSIGNAL) != (ssize_t)b->len)
		die("connect, send");
	watch(a->epfd, EPOLL_CTL_ADD, fd, EPOLLIN, place);
	a->fd[place] = fd;
	a->question[place] = a->next++;
	a->open++;
}

static bool
accepts(const void *p, size_t n)
{
	struct ba_msg m;

	return ba_msg_parse(p, n, &m) == BA_OK && m.type == BA_MSG_VERDICT &&
	       ba_msg_u8(&m, BA_TAG_FAMILY, BA_FAMILY_FAULT) == BA_FAMILY_OK;
}

static void
end(struct asking *a, size_t place)
{
	unsigned char in[BA_WIRE_ANSWER_MAX];
	size_t i = a->question[place];
	ssize_t n = recv(a->fd[place], in, sizeof(in), MSG_DONTWAIT);

	if (n > 0 && accepts(in, (size_t)n))
		a->accepted++;
	a->bytes = n > 0 ? (size_t)n : 0;
	a->us[i] = now_us(CLOCK_MONOTONIC) - a->us[i];
	close(a->fd[place]);
	a->fd[place] = -1;
	a->open--;
	a->done++;
}

/* Whatever is due, as far as there are places. */
static void
begin_due(struct asking *a)
{
	for (size_t i = 0; i < a->width && a->next < a->n; i++) {
		if (a->period > 0 && due(a, a->next) > now_us(CLOCK_MONOTONIC))
			return;
		if (a->fd[i] < 0)
			begin(a, i);
	}
}

static void
wait_for_some(struct asking *a)
{
	struct epoll_event ev[BATCH];
	struct timespec t = { 0, 0 };
	double us = due(a, a->next) - now_us(CLOCK_MONOTONIC);
	bool timed = a->period > 0 && a->next < a->n && a->open < a->width;
	int n;

	if (us > 0)
		t.tv_nsec = us < 1e6 ? (long)(us * 1e3) : 999999999L;
	n = epoll_pwait2(a->epfd, ev, BATCH, timed ? &t : NULL, NULL);
	for (int i = 0; i < n; i++)
		end(a, ev[i].data.u64);
}

static void
ask(char **argv, char **token, size_t n)
{
	struct asking a = { .to = address(argv[2]), .n = n };
	double ms;

	a.width = strtoul(argv[3], NULL, 10);
	a.period = strtod(argv[4], NULL);
	a.epfd = epoll_create1(EPOLL_CLOEXEC);
	a.frame = calloc(n, sizeof(*a.frame));
	a.us = calloc(n, sizeof(*a.us));
	if (a.width < 1 || a.width > WIDTH_MAX || a.epfd < 0 ||
	    a.frame == NULL || a.us == NULL)
		die("ask");
	for (size_t i = 0; i < n; i++)
		make_frame(&a.frame[i], argv, token[i]);
	for (size_t i = 0; i < a.width; i++)
		a.fd[i] = -1;
	a.start = now_us(CLOCK_MONOTONIC);
	while (a.done < n) {
		begin_due(&a);
		wait_for_some(&a);
	}
	ms = (now_us(CLOCK_MONOTONIC) - a.start) / 1e3;
	qsort(a.us, n, sizeof(*a.us), by_size);
	printf("%zu\t%zu\t%.3f\t%.1f\t%.1f\n", a.accepted, a.bytes, ms,
	    a.us[n / 2], a.us[n * 99 / 100]);
}

int
main(int argc, char **argv)
{
	static char *token[TOKENS_MAX];
	const char *what = argc > 2 ? argv[1] : "";
	size_t n = 0;

	if (strcmp(what, "raw") == 0 || strcmp(what, "ask") == 0)
		n = read_tokens(token);
	if (strcmp(what, "mint") == 0 && argc == 5)
		mint((unsigned)strtoul(argv[2], NULL, 10), argv[3], argv[4]);
	else if (strcmp(what, "raw") == 0 && argc == 3 && n > 0)
		raw(argv[2], token, n);
	else if (strcmp(what, "echo") == 0 && argc == 4)
		echo(argv[2], strtoul(argv[3], NULL, 10));
	else if (strcmp(what, "ask") == 0 && argc == 7 && n > 0)
		ask(argv, token, n);
	else
		die("usage: see the first lines of load.c");
	return 0;
}
