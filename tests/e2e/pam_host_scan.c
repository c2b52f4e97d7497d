/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/pam_host.h"

#define SLOTS (1U << 20) /* a power of two, well above all pieces */
#define CHUNK (1U << 16)

struct host_pieces {
	uint64_t slot[SLOTS]; /* 0: free */
	/* What is looked at stands here as well: not to be found again. */
	unsigned char chunk[CHUNK + HOST_PIECE];
};

static uint64_t
hash(const unsigned char *p)
{
	uint64_t a, h;
	uint32_t b;

	memcpy(&a, p, sizeof(a));
	memcpy(&b, p + sizeof(a), sizeof(b));
	h = a * 0x9e3779b97f4a7c15U;
	h ^= h >> 32;
	h = (h + b) * 0xd6e8feb86659fd93U;
	h ^= h >> 29;
	return h == 0 ? 1 : h;
}

struct host_pieces *
host_pieces_new(void)
{
	return calloc(1, sizeof(struct host_pieces));
}

void
host_pieces_add(struct host_pieces *s, const void *p, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i + HOST_PIECE <= n; i++) {
		uint64_t h = hash(bytes + i);
		size_t at = h % SLOTS;

		while (s->slot[at] != 0 && s->slot[at] != h)
			at = (at + 1) % SLOTS;
		s->slot[at] = h;
	}
}

static bool
is_piece(const struct host_pieces *s, const unsigned char *p)
{
	uint64_t h = hash(p);

	for (size_t at = h % SLOTS; s->slot[at] != 0; at = (at + 1) % SLOTS)
		if (s->slot[at] == h)
			return true;
	return false;
}

/* One mapping, chunk by chunk, each with the last bytes of the one before. */
static long
find_in(struct host_pieces *s, int mem, uintptr_t from, uintptr_t to)
{
	size_t kept = 0;
	long found = 0;

	while (from < to) {
		size_t want = to - from < CHUNK ? to - from : CHUNK;
		ssize_t n = pread(mem, s->chunk + kept, want, (off_t)from);
		size_t len;

		if (n <= 0)
			break; /* a guard page, or what lies behind a file */
		len = kept + (size_t)n;
		for (size_t i = 0; i + HOST_PIECE <= len; i++)
			found += is_piece(s, s->chunk + i);
		kept = len < HOST_PIECE - 1 ? len : HOST_PIECE - 1;
		memmove(s->chunk, s->chunk + len - kept, kept);
		from += (uintptr_t)n;
	}
	return found;
}

long
host_pieces_find(const struct host_pieces *pieces, pid_t pid, int out)
{
	struct host_pieces *s = (struct host_pieces *)(uintptr_t)pieces;
	uintptr_t self = (uintptr_t)s;
	char path[64], line[512], perms[5], name[256];
	long found = 0, here;
	FILE *maps;
	int mem;

	if (pid == 0)
		pid = getpid();
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (mem == -1 || maps == NULL) {
		if (mem != -1)
			close(mem);
		if (maps != NULL)
			fclose(maps);
		return -1;
	}
	while (fgets(line, sizeof(line), maps) != NULL) {
		uintptr_t from, to;

		name[0] = '\0';
		if (sscanf(line,
			"%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %255s",
			&from, &to, perms, name) < 3 ||
		    perms[0] != 'r' || strcmp(name, "[vsyscall]") == 0 ||
		    strcmp(name, "[vvar]") == 0)
			continue;
		here = 0;
		/* The hashes, and the chunk: pass them over. */
		if (pid == getpid() && from <= self && self < to) {
			here = find_in(s, mem, from, self);
			from = self + sizeof(*s);
		}
		here += find_in(s, mem, from, to);
		if (here > 0)
			dprintf(out, "found\t%ld\t%s\n", here,
			    name[0] == '\0' ? "anonymous" : name);
		found += here;
	}
	fclose(maps);
	close(mem);
	return found;
}
