/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/b64url.h"
#include "tests/vectors/source.h"
#include "tests/vectors/tally.h"

#define FILES_MAX 4096

static char root[4096];
static char *judged[FILES_MAX];
static size_t n_judged;

static char *
path_of(const char *file)
{
	char *s = NULL;

	if (asprintf(&s, "%s/%s", root, file) < 0)
		ba_give_up("out of memory", file);
	return s;
}

bool
ba_source_find(const char **wherep)
{
	const char *shared = getenv("BA_SHARED"), *src = getenv("BA_SRCDIR");
	char *readme;
	bool there;

	if (shared != NULL)
		(void)snprintf(root, sizeof(root), "%s/vectors", shared);
	else
		(void)snprintf(root, sizeof(root), "%s/../shared/vectors",
		    src == NULL ? "." : src);
	*wherep = root;
	readme = path_of("README.md");
	there = access(readme, R_OK) == 0;
	free(readme);
	return there;
}

json_t *
ba_source_json(const char *file)
{
	char *path = path_of(file);
	json_error_t error;
	json_t *o = json_load_file(path, 0, &error);

	if (o == NULL)
		ba_give_up(error.text, path);
	free(path);
	return o;
}

size_t
ba_source_bytes(const char *file, char *dst, size_t dstsz)
{
	char *path = path_of(file);
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		ba_give_up("cannot be read", path);
	n = fread(dst, 1, dstsz, f);
	if (ferror(f) || n == dstsz)
		ba_give_up("too long, or cannot be read", path);
	(void)fclose(f);
	free(path);
	return n;
}

void
ba_source_each(
    const char *pattern, void (*f)(void *arg, const char *file), void *arg)
{
	char *path = path_of(pattern);
	glob_t g;
	size_t i;

	if (glob(path, 0, NULL, &g) != 0)
		ba_give_up("no files", path);
	for (i = 0; i < g.gl_pathc; i++)
		f(arg, g.gl_pathv[i] + strlen(root) + 1);
	globfree(&g);
	free(path);
}

static bool
is_judged(const char *file)
{
	size_t i;

	for (i = 0; i < n_judged; i++) {
		if (strcmp(judged[i], file) == 0)
			return true;
	}
	return false;
}

void
ba_source_judged(const char *file)
{
	if (is_judged(file))
		return;
	if (n_judged == FILES_MAX || (judged[n_judged] = strdup(file)) == NULL)
		ba_give_up("too many files", file);
	n_judged++;
}

/* What tells of vectors, and is none. */
static bool
is_document(const char *name)
{
	return strcmp(name, "README.md") == 0 || strcmp(name, "LICENSE") == 0 ||
	       strcmp(name, "SOURCE") == 0;
}

static int
look_at(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct ba_tally t = { .file = path + strlen(root) + 1 };

	(void)st;
	if (type == FTW_D || (type == FTW_F && is_document(path + ftw->base)))
		return 0;
	if (type == FTW_F && is_judged(t.file))
		return 0;
	ba_count_defect(&t, "no code here reads it");
	ba_report(&t);
	return 0;
}

void
ba_source_report_unread(void)
{
	size_t i;

	if (nftw(root, look_at, 16, 0) != 0)
		ba_give_up("cannot be listed", root);
	for (i = 0; i < n_judged; i++)
		free(judged[i]);
	n_judged = 0;
}

const char *
ba_text(const json_t *o, const char *name)
{
	const json_t *s = json_object_get(o, name);

	if (s != NULL && !json_is_string(s))
		ba_give_up("not a string", name);
	return s == NULL ? "" : json_string_value(s);
}

size_t
ba_hex_bytes(
    const json_t *o, const char *name, unsigned char *dst, size_t dstsz)
{
	const char *hex = ba_text(o, name);
	size_t i, n = strlen(hex) / 2;
	unsigned byte;

	if (n > dstsz || strlen(hex) % 2 != 0)
		ba_give_up("too long, or half a byte", hex);
	for (i = 0; i < n; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			ba_give_up("not hexadecimal", hex);
		dst[i] = (unsigned char)byte;
	}
	return n;
}

long
ba_id(const json_t *test)
{
	return (long)json_integer_value(json_object_get(test, "tcId"));
}

bool
ba_is_valid(const json_t *test)
{
	return strcmp(ba_text(test, "result"), "valid") == 0;
}

char *
ba_b64url_text(const void *p, size_t n)
{
	char *s = malloc(BA_B64URL_ENCODED(n) + 1);

	if (s == NULL)
		ba_give_up("out of memory", "base64url");
	ba_b64url_encode(s, p, n);
	return s;
}

char *
ba_json_text(const json_t *o)
{
	char *s = json_dumps(o, JSON_COMPACT);

	if (s == NULL)
		ba_give_up("out of memory", "JSON");
	return s;
}
