/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/url.h"

struct pair {
	const char *good;
	const char *bad; /* the same with one defect */
};

static const struct pair urls[] = {
	{ "https://id.example.org", "http://id.example.org" },
	{ "https://id.example.org/", "HTTPS://id.example.org/" },
	{ "https://id.example.org/a", "https:/id.example.org/a" },
	{ "https://id.example.org/a", "//id.example.org/a" },
	{ "https://id.example.org/a", " https://id.example.org/a" },
	{ "https://id.example.org/a", "https://id.example.org/a " },
	{ "https://id.example.org/a", "https://id.example.org/a\n" },
	{ "https://id.example.org/a", "https://id.example.org/\x7f" },
	{ "https://id.example.org/a", "https://id.example.org/\xc3\xa4" },
	{ "https://id.example.org/a", "https://id.example.org/<a>" },
	{ "https://id.example.org/a", "https://id.example.org/\"a\"" },
	{ "https://id.example.org/a", "https://id.example.org\\a" },
	{ "https://id.example.org/a", "https://id.example.org/a#b" },
	{ "https://id.example.org/a@b", "https://a@id.example.org/b" },
	{ "https://id.example.org/a:b@c", "https://a:b@id.example.org/c" },
	{ "https://i", "https://" },
	{ "https://i/", "https:///" },
	{ "https://i?a", "https://?a" },
	{ "https://i.d", "https://.d" },
	{ "https://i-d", "https://-d" },
	{ "https://i_d", "https://i%5fd" },
	{ "https://i:1", "https://:1" },
	{ "https://i:443/a", "https://i:/a" },
	{ "https://i:65535", "https://i:65536" },
	{ "https://i:1", "https://i:0" },
	{ "https://i:00443", "https://i:000443" },
	{ "https://i:443", "https://i:443x" },
	{ "https://i:443", "https://i:+443" },
	{ "https://192.0.2.1/", "https://192.0.2.1 /" },
	{ "https://[2001:db8::1]/", "https://[2001:db8::1/" },
	{ "https://[2001:db8::1]:8443/", "https://[2001:db8::1]8443/" },
	{ "https://[::1]", "https://[]" },
	{ "https://[fe80::1]", "https://[fe80::1%25eth0]" },
	{ "https://[::1]", "https://[::g]" },
	{ "https://i/%41", "https://i/%4" },
	{ "https://i/%41", "https://i/%4g" },
	{ "https://i/%41", "https://i/%" },
	{ "https://i/%0a", "https://i/%-a" },
	{ "https://i/%41", "https://i/<41" },
	{ "https://i/a?b=c&d=/?", "https://i/a?b=c&d=^" },
};

static void
test_url(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		if (!ba_url_ok(urls[i].good))
			fail_msg("refused: %s", urls[i].good);
		if (ba_url_ok(urls[i].bad))
			fail_msg("taken: %s", urls[i].bad);
		if (ba_issuer_url_ok(urls[i].bad))
			fail_msg("taken as an issuer: %s", urls[i].bad);
	}
	assert_false(ba_url_ok(NULL));
	assert_false(ba_url_ok(""));
	assert_false(ba_issuer_url_ok(NULL));
}

static void
test_md03_issuer_has_no_query(void **state)
{
	(void)state;
	assert_true(ba_issuer_url_ok("https://i/realms/staff"));
	assert_true(ba_url_ok("https://i/realms/staff?a=b"));
	assert_false(ba_issuer_url_ok("https://i/realms/staff?a=b"));
	assert_false(ba_issuer_url_ok("https://i/realms/staff?"));
	assert_false(ba_issuer_url_ok("https://i?"));
	assert_false(ba_issuer_url_ok("https://i/realms/staff#"));
}

static void
test_length(void **state)
{
	char url[BA_URL_MAX + 2];

	(void)state;
	memset(url, 'a', sizeof(url));
	memcpy(url, "https://i/", 10);
	url[BA_URL_MAX] = '\0';
	assert_true(ba_url_ok(url));
	url[BA_URL_MAX] = 'a';
	url[BA_URL_MAX + 1] = '\0';
	assert_false(ba_url_ok(url));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_md03_issuer_has_no_query),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
