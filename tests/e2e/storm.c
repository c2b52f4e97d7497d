/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many questions to a broker at a time, faster than a script asks them.
 *
 *	storm kids SOCKET SERVICE COUNT PROCESSES <token
 *	storm cold SOCKET SERVICE COUNT <token
 *
 * kids: COUNT tokens like the one given, each with a kid made up, by
 * PROCESSES at once; each asks with the good one, too, after every 100.
 * cold: COUNT connections, all of them open before any asks, and all of them
 * asking before any reads.
 *
 * Prints the seconds it took and, by family, how many verdicts there were
 * about made-up tokens and about the good one:
 *
 *	SECONDS made-up OK REFUSED … good OK REFUSED …
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/b64url.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/wire/message.h"

#define FAMILIES    7 /* six, and one for what is no verdict */
#define NO_VERDICT  (FAMILIES - 1)
#define TOKEN_MAX   8192
#define DEADLINE_MS 10000
#define COLD_MAX    4096

static struct shared {
	_Atomic unsigned long count[2][FAMILIES]; /* made up, good */
} * shared;

static const char *path, *service;
static char good[TOKEN_MAX];

static void
die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
rnd(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(2685821657736338717);
}

/* The good token under another header: all else about it is right. */
static void
make_up(uint64_t *seed, char *dst, size_t dstsz)
{
	char header[128], b64[BA_B64URL_ENCODED(sizeof(header)) + 1];
	int n = snprintf(header, sizeof(header),
	    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"%016llx\"}",
	    (unsigned long long)rnd(seed));

	ba_b64url_encode(b64, header, (size_t)n);
	if ((size_t)snprintf(dst, dstsz, "%s%s", b64, strchr(good, '.')) >=
	    dstsz)
		die("a token too long");
}

static int
open_one(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("connect");
	return fd;
}

static void
send_one(int fd, const char *token, uint64_t id)
{
	struct ba_buf b;
	struct ba_msg_out o;
	char text[33];

	ba_buf_init(&b, BA_WIRE_ASK_MAX);
	(void)snprintf(text, sizeof(text), "%032llx", (unsigned long long)id);
	ba_msg_begin(&o, &b, BA_WIRE_VERSION, BA_MSG_ASK);
	ba_msg_put_str(&o, BA_TAG_ID, text);
	ba_msg_put_str(&o, BA_TAG_SERVICE, service);
	ba_msg_put_str(&o, BA_TAG_USER, "alice");
	ba_msg_put_u32(&o, BA_TAG_UID, 1001);
	ba_msg_put_u32(&o, BA_TAG_DEADLINE, DEADLINE_MS);
	ba_msg_put(&o, BA_TAG_TOKEN, token, strlen(token));
	ba_msg_put_u8(&o, BA_TAG_ORIGIN, 1);
	ba_msg_put_u8(&o, BA_TAG_CAN_PROMPT, 0);
	if (ba_msg_end(&o) != BA_OK)
		die("a question that is none");
	/* One that was closed at once is counted when it is read. */
	(void)send(fd, b.p, b.len, MSG_NOSIGNAL);
	ba_buf_wipe(&b);
}

/* Its family, or NO_VERDICT. */
static unsigned
read_one(int fd)
{
	unsigned char p[BA_WIRE_ANSWER_MAX];
	struct ba_msg m;
	size_t n = 0, total = 0;
	ssize_t got;

	while (total == 0 || n < total) {
		got = read(fd, p + n, sizeof(p) - n);
		if (got <= 0)
			return NO_VERDICT;
		n += (size_t)got;
		if (ba_frame_size(p, n, sizeof(p), &total) != BA_OK)
			return NO_VERDICT;
	}
	if (ba_msg_parse(p, n, &m) != BA_OK || m.type != BA_MSG_VERDICT)
		return NO_VERDICT;
	n = ba_msg_u8(&m, BA_TAG_FAMILY, NO_VERDICT);
	return n < NO_VERDICT ? (unsigned)n : NO_VERDICT;
}

static void
ask(const char *token, bool is_good, uint64_t id)
{
	int fd = open_one();

	send_one(fd, token, id);
	shared->count[is_good][read_one(fd)]++;
	(void)close(fd);
}

static void
worker(unsigned long count, uint64_t seed)
{
	char token[TOKEN_MAX + 256];
	unsigned long i;

	for (i = 0; i < count; i++) {
		make_up(&seed, token, sizeof(token));
		ask(token, false, rnd(&seed));
		if (i % 100 == 99)
			ask(good, true, rnd(&seed));
	}
}

static void
kids(unsigned long count, unsigned long processes)
{
	unsigned long i, mine;
	int status;

	for (i = 0; i < processes; i++) {
		mine = count / processes + (i < count % processes);
		switch (fork()) {
		case -1:
			die("fork");
			break;
		case 0:
			worker(mine, UINT64_C(0x9e3779b97f4a7c15) * (i + 1));
			_exit(0);
		}
	}
	for (i = 0; i < processes; i++)
		if (wait(&status) < 0 || status != 0)
			die("a process ended badly");
}

static void
cold(unsigned long count)
{
	static int fd[COLD_MAX];
	struct rlimit limit = { COLD_MAX + 64, COLD_MAX + 64 };
	unsigned long i;

	if (count > COLD_MAX || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		die("so many files");
	for (i = 0; i < count; i++)
		fd[i] = open_one();
	for (i = 0; i < count; i++)
		send_one(fd[i], good, i + 1);
	for (i = 0; i < count; i++) {
		shared->count[true][read_one(fd[i])]++;
		(void)close(fd[i]);
	}
}

static void
print(double seconds)
{
	static const char *const what[] = { "made-up", "good" };
	int i, j;

	printf("%.3f", seconds);
	for (i = 0; i < 2; i++) {
		printf(" %s", what[i]);
		for (j = 0; j < FAMILIES; j++)
			printf(" %lu", (unsigned long)shared->count[i][j]);
	}
	printf("\n");
}

int
main(int argc, char **argv)
{
	bool is_kids = argc == 6 && strcmp(argv[1], "kids") == 0;
	int64_t start;

	if ((!is_kids && (argc != 5 || strcmp(argv[1], "cold") != 0)) ||
	    strlen(argv[2]) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		fprintf(stderr, "usage: storm kids SOCKET SERVICE COUNT "
				"PROCESSES\n       storm cold SOCKET SERVICE "
				"COUNT\n");
		return 2;
	}
	path = argv[2];
	service = argv[3];
	if (fgets(good, sizeof(good), stdin) == NULL ||
	    strchr(good, '.') == NULL)
		die("no token on standard input");
	good[strcspn(good, "\n")] = '\0';
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	start = ba_clock_mono_ms(&ba_clock_system);
	if (is_kids)
		kids(strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10));
	else
		cold(strtoul(argv[4], NULL, 10));
	print((double)(ba_clock_mono_ms(&ba_clock_system) - start) / 1000);
	return 0;
}
