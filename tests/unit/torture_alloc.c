/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/torture.h"

/*
 * malloc(3) and its kin, defined by the program itself, so that those of every
 * library it loads are caught as well (glibc manual, "Replacing malloc").
 * The linker's --wrap would see our own calls alone, and jansson's, OpenSSL's
 * and PCRE2's hooks each need code of their own.
 *
 * What they stand in front of: the C library's, or the sanitizer's, which
 * has names for whoever defines malloc himself.
 */
#if defined(__SANITIZE_ADDRESS__)
#define BELOW(f) __interceptor_##f
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BELOW(f) __interceptor_##f
#endif
#endif
#ifndef BELOW
#define BELOW(f) __libc_##f
#endif

void *BELOW(malloc)(size_t n);
void *BELOW(calloc)(size_t n, size_t size);
void *BELOW(realloc)(void *p, size_t n);
void BELOW(free)(void *p);

/* They are called before a sanitizer has set itself up. */
#define EARLY   __attribute__((__no_sanitize__("address,undefined")))
#define VISIBLE EARLY __attribute__((__visibility__("default"), __used__))

/* Blocks alive: open addressing, and never more than half full. */
#define SLOTS  (1U << 17)
#define FRAMES 24

struct slot {
	void *p; /* NULL once freed: a place that the search goes past */
	unsigned long number;
	unsigned run; /* of another run: empty */
};

static struct {
	bool on;
	const struct ba_torture_plan *plan;
	unsigned run;
	int harmless;
	int paused;
	long net; /* blocks, of whatever age: allocated less freed */
	struct ba_torture_result result;
	struct slot slot[SLOTS];
	struct ba_torture_site *sites;
} t;

static void
die(const char *why)
{
	static const char us[] = "torture: ";
	ssize_t n;

	n = write(STDERR_FILENO, us, sizeof(us) - 1);
	n = write(STDERR_FILENO, why, strlen(why));
	(void)n;
	_exit(99);
}

/* --- blocks --------------------------------------------------------------- */

EARLY static size_t
place_of(const void *p)
{
	return (size_t)(((uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) >>
			47) %
	       SLOTS;
}

EARLY static void
born(void *p)
{
	size_t i = place_of(p);

	if (t.result.allocs > SLOTS / 2)
		die("too many allocations for the table\n");
	while (t.slot[i].run == t.run && t.slot[i].p != NULL)
		i = (i + 1) % SLOTS;
	t.slot[i].p = p;
	t.slot[i].number = t.result.allocs;
	t.slot[i].run = t.run;
}

EARLY static void
died(const void *p)
{
	size_t i;

	for (i = place_of(p); t.slot[i].run == t.run; i = (i + 1) % SLOTS) {
		if (t.slot[i].p == p) {
			t.slot[i].p = NULL;
			return;
		}
	}
}

/* --- failing -------------------------------------------------------------- */

static const char *
library_of(const void *caller)
{
	const char *slash;
	Dl_info info;

	if (dladdr(caller, &info) == 0 || info.dli_fname == NULL)
		return "?";
	slash = strrchr(info.dli_fname, '/');
	return slash == NULL ? info.dli_fname : slash + 1;
}

/*
 * Where memory fails inside of a library, the library may know another way
 * (OpenSSL, whose caches then stay empty; the C library's name service) or
 * blame the signature (OpenSSL: sig.c).
 */
static unsigned
allowed_of(const char *library)
{
	if (strncmp(library, "libcrypto.", 10) == 0)
		return BA_TORTURE_OURS | BA_TORTURE_FAMILY(REFUSED) |
		       BA_TORTURE_FAMILY(OK);
	if (strncmp(library, "libc.", 5) == 0)
		return BA_TORTURE_OURS | BA_TORTURE_FAMILY(OK);
	return BA_TORTURE_OURS;
}

static void
show_if(unsigned long number)
{
	const struct ba_torture_plan *plan = t.plan;
	void *frame[FRAMES];
	size_t i;
	int n;

	for (i = 0; i < plan->n_show; i++) {
		if (plan->show[i] != number)
			continue;
		t.on = false;
		n = backtrace(frame, FRAMES);
		backtrace_symbols_fd(frame, n, STDERR_FILENO);
		t.on = true;
	}
}

static void
failed(const char *name, unsigned allowed)
{
	if (t.harmless > 0)
		allowed |= BA_TORTURE_FAMILY(OK);
	if (t.result.failed++ == 0)
		t.result.name = name;
	t.result.allowed |= allowed;
}

EARLY static bool
due(unsigned long number)
{
	return t.plan->later ? number >= t.plan->at : number == t.plan->at;
}

/* One allocation more; is it to fail? */
EARLY static bool
alloc_fails(const void *caller)
{
	const char *name;

	if (!t.on)
		return false;
	t.result.allocs++;
	if (t.plan->n_show > 0 && t.plan->kind == BA_TORTURE_ALLOC)
		show_if(t.result.allocs);
	if (t.plan->kind != BA_TORTURE_ALLOC || !due(t.result.allocs))
		return false;
	name = library_of(caller);
	failed(name, allowed_of(name));
	errno = ENOMEM;
	return true;
}

int
ba_torture_call(struct ba_torture_site *site)
{
	unsigned way;

	if (!t.on || t.paused > 0 || t.plan->way >= site->ways)
		return -1;
	way = t.plan->way;
	t.result.calls++;
	if (t.plan->n_show > 0 && t.plan->kind == BA_TORTURE_CALL)
		show_if(t.result.calls);
	if (t.plan->kind != BA_TORTURE_CALL || !due(t.result.calls))
		return -1;
	failed(site->name, 0);
	site->failed++;
	return (int)way;
}

void
ba_torture_allow(unsigned families)
{
	t.result.allowed |= families;
}

/* --- what everybody calls ------------------------------------------------- */

VISIBLE void *
malloc(size_t n)
{
	void *p;

	if (alloc_fails(__builtin_return_address(0)))
		return NULL;
	p = BELOW(malloc)(n);
	if (t.on && p != NULL) {
		t.net++;
		born(p);
	}
	return p;
}

VISIBLE void *
calloc(size_t n, size_t size)
{
	void *p;

	if (alloc_fails(__builtin_return_address(0)))
		return NULL;
	p = BELOW(calloc)(n, size);
	if (t.on && p != NULL) {
		t.net++;
		born(p);
	}
	return p;
}

VISIBLE void *
realloc(void *old, size_t n)
{
	void *p;

	if (alloc_fails(__builtin_return_address(0)))
		return NULL;
	if (t.on && old != NULL) {
		t.net--;
		died(old);
	}
	p = BELOW(realloc)(old, n);
	if (t.on && p != NULL) {
		t.net++;
		born(p);
	}
	return p;
}

VISIBLE void
free(void *p)
{
	if (t.on && p != NULL) {
		t.net--;
		died(p);
	}
	BELOW(free)(p);
}

/* --- the rack ------------------------------------------------------------- */

void
ba_torture_begin(const struct ba_torture_plan *plan)
{
	void *frame[1];

	/* Its first call loads a library. */
	if (plan->n_show > 0)
		(void)backtrace(frame, 1);
	memset(&t.result, 0, sizeof(t.result));
	t.plan = plan;
	t.harmless = 0;
	t.paused = 0;
	t.net = 0;
	t.run++;
	t.on = true;
}

void
ba_torture_end(struct ba_torture_result *result)
{
	size_t i, n = 0;

	t.on = false;
	for (i = 0; t.net > 0 && i < SLOTS; i++) {
		if (t.slot[i].run != t.run || t.slot[i].p == NULL)
			continue;
		if (n < BA_TORTURE_LEFT_MAX)
			t.result.left_at[n++] = t.slot[i].number;
	}
	t.result.left = t.net;
	*result = t.result;
}

unsigned long
ba_torture_failed(void)
{
	return t.result.failed;
}

void
ba_torture_harmless(int by)
{
	t.harmless += by;
}

void
ba_torture_pause(int by)
{
	t.paused += by;
}

const struct ba_torture_site *
ba_torture_sites(void)
{
	return t.sites;
}

void
ba_torture_site(struct ba_torture_site *site)
{
	site->next = t.sites;
	t.sites = site;
}
