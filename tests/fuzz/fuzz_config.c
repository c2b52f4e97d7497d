/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

struct seen {
	unsigned lines, problems;
};

static void
problem(void *arg, const char *file, unsigned line, const char *text)
{
	struct seen *seen = arg;

	seen->problems++;
	MUST(strcmp(file, "fuzz") == 0 && line <= seen->lines);
	MUST(*text != '\0' && fuzz_is_text(text, strlen(text)));
}

static void
judge(const struct ba_config *c)
{
	const struct ba_service *s;
	size_t i, j;

	for (i = 0; i < c->n_issuers; i++) {
		MUST(strncmp(c->issuers[i].url, "https://", 8) == 0);
		MUST(c->issuers[i].audience.n > 0 && c->issuers[i].username);
		MUST(fuzz_is_line(c->issuers[i].username));
		MUST(c->issuers[i].algorithms != 0 && c->issuers[i].index == i);
		MUST((c->issuers[i].algorithms & ~(unsigned)BA_ALG_ALL) == 0);
		MUST(c->issuers[i].clock_skew >= 0 &&
		     c->issuers[i].clock_skew <= BA_SKEW_MAX);
	}
	for (i = 0; i < c->n_services; i++) {
		s = &c->services[i];
		MUST(s->n_issuers > 0 && s->n_peers > 0 && s->min_uid > 0);
		MUST(ba_config_service(c, s->name) == s);
		MUST(fuzz_is_line(s->confirm));
		for (j = 0; j < s->n_issuers; j++)
			MUST(ba_config_issuer(c, s->issuer[j]->url) ==
			     s->issuer[j]);
		for (j = 0; j < s->n_peers; j++)
			MUST(ba_service_peer(s, s->peer[j]));
	}
	for (i = 0; i < c->n_listens; i++)
		MUST(
		    c->listens[i].path[0] == '/' && c->listens[i].mode < 01000);
	MUST(c->max_connections > 0 && c->max_per_uid > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct seen seen = { 1, 0 };
	const struct ba_config_report report = { problem, &seen };
	struct ba_config *config;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		seen.lines += p[i] == '\n';
	r = ba_config_parse("fuzz", p, n, &report, &config);
	MUST(r == BA_OK || r == BA_ERR_CONFIG);
	MUST((r == BA_OK) == (config != NULL));
	MUST((r == BA_OK) == (seen.problems == 0));
	if (config != NULL)
		judge(config);
	ba_config_free(config);
	return 0;
}
