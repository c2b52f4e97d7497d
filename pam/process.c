/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/io.h"
#include "pam/process.h"

/* 52 numbers of at most 20 digits, a name of at most 64 bytes. */
#define STAT_MAX 2048

/* Places among the fields behind the name, which is the second. */
#define FIELD_STATE  3
#define FIELD_PARENT 4
#define FIELD_START  22

/* A whole number that a blank ends; *sp goes behind that. */
static bool
take_number(const char **sp, const char *end, uint64_t *np)
{
	const char *s = *sp;
	uint64_t n = 0;

	for (; s < end && *s >= '0' && *s <= '9'; s++) {
		if (n > (UINT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	if (s == *sp || s == end || *s != ' ')
		return false;
	*np = n;
	*sp = s + 1;
	return true;
}

static bool
skip_field(const char **sp, const char *end)
{
	const char *blank = memchr(*sp, ' ', (size_t)(end - *sp));

	if (blank == NULL || blank == *sp)
		return false;
	*sp = blank + 1;
	return true;
}

bool
ba_pam_stat_parse(const char *p, size_t n, struct ba_pam_stat *st)
{
	const char *end = p + n, *s = p, *name;
	struct ba_pam_stat found;
	int field;

	memset(st, 0, sizeof(*st));
	if (!take_number(&s, end, &found.process.pid) || s == end || *s != '(')
		return false;
	name = memrchr(s, ')', (size_t)(end - s));
	if (name == NULL || end - name < 2 || name[1] != ' ')
		return false;
	s = name + 2;
	for (field = FIELD_STATE; field < FIELD_START; field++) {
		if (field == FIELD_PARENT) {
			if (!take_number(&s, end, &found.parent))
				return false;
		} else if (!skip_field(&s, end))
			return false;
	}
	if (!take_number(&s, end, &found.process.start) ||
	    found.process.pid == 0)
		return false;
	*st = found;
	return true;
}

static bool
read_stat(const char *path, struct ba_pam_stat *st)
{
	char text[STAT_MAX];
	ssize_t n;
	int fd;

	memset(st, 0, sizeof(*st));
	fd = ba_fd_above_stdio(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (fd < 0)
		return false;
	do
		n = read(fd, text, sizeof(text));
	while (n < 0 && errno == EINTR);
	(void)close(fd);
	return n > 0 && ba_pam_stat_parse(text, (size_t)n, st);
}

/* Ours, if /proc counts processes as we do. */
static bool
read_own(struct ba_pam_stat *st)
{
	return read_stat("/proc/self/stat", st) &&
	       st->process.pid == (uint64_t)getpid();
}

void
ba_pam_process_self(struct ba_process *process)
{
	struct ba_pam_stat st;

	memset(process, 0, sizeof(*process));
	if (read_own(&st))
		*process = st.process;
}

void
ba_pam_process_parent(struct ba_process *process)
{
	struct ba_pam_stat own, st;
	char path[64];

	memset(process, 0, sizeof(*process));
	if (!read_own(&own) || own.parent <= 1 ||
	    snprintf(path, sizeof(path), "/proc/%llu/stat",
		(unsigned long long)own.parent) >= (int)sizeof(path))
		return;
	/* Still ours: it has not ended, and its number is not another's. */
	if (read_stat(path, &st) && st.process.pid == own.parent &&
	    (uint64_t)getppid() == own.parent)
		*process = st.process;
}
