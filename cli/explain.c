/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <time.h>

#include "cli/explain.h"
#include "common/base/log.h"

/* The longest name of a check is authentication. */
#define NAME_WIDTH 14

void
ba_explain_clear(struct ba_explain *e)
{
	memset(e, 0, sizeof(*e));
}

void
ba_explain_check(void *arg, enum ba_check check, int err, const char *detail,
    const struct ba_where *where)
{
	struct ba_explain *e = arg;
	char place[sizeof(e->check[0].where)] = "";

	if ((unsigned)check >= BA_EXPLAIN_CHECKS)
		return;
	if (check == BA_CHECK_INTROSPECTION)
		e->asked_last = e->check[BA_CHECK_ACCOUNT].made;
	e->check[check].made = true;
	e->check[check].err = err;
	if (detail == NULL)
		detail = "";
	ba_sanitise(e->check[check].detail, sizeof(e->check[check].detail),
	    detail, strlen(detail));
	if (where != NULL && where->file != NULL)
		(void)snprintf(
		    place, sizeof(place), "%s:%u", where->file, where->line);
	ba_sanitise(e->check[check].where, sizeof(e->check[check].where), place,
	    strlen(place));
}

static void
print_check(const struct ba_explain *e, enum ba_check check, FILE *f)
{
	const char *detail = e->check[check].detail;
	const char *where = e->check[check].where;
	int err = e->check[check].err;

	if (!e->check[check].made) {
		(void)fprintf(f, "-     %s\n", ba_check_name(check));
		return;
	}
	(void)fprintf(f, "%-4s  %-*s", err == BA_OK ? "ok" : "FAIL", NAME_WIDTH,
	    ba_check_name(check));
	if (err != BA_OK)
		(void)fprintf(f, "  %s", ba_err_name(err));
	if (detail[0] != '\0')
		(void)fprintf(f, "  %s", detail);
	if (where[0] != '\0')
		(void)fprintf(f, "  (%s)", where);
	(void)fputc('\n', f);
}

void
ba_explain_print(const struct ba_explain *e, FILE *f)
{
	unsigned i;

	for (i = 0; i < BA_EXPLAIN_CHECKS; i++)
		if (i != BA_CHECK_INTROSPECTION || !e->asked_last)
			print_check(e, (enum ba_check)i, f);
	if (e->asked_last)
		print_check(e, BA_CHECK_INTROSPECTION, f);
}

void
ba_explain_verdict(int err, const char *user, int64_t exp, bool proven, FILE *f)
{
	time_t t = (time_t)exp;
	char when[64] = "?";
	struct tm tm;

	if (err != BA_OK) {
		(void)fprintf(f, "verdict: %s: %s %s\n",
		    ba_family_text(ba_err_family(err)), ba_err_name(err),
		    ba_err_text(err));
		return;
	}
	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(
		    when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	(void)fprintf(f, "verdict: %saccepted as %s until %s%s\n",
	    proven ? "" : "would be ", user, when,
	    proven ? "" : ", were these the claims of a signed token");
}
