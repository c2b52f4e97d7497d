/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cmocka.h>

#include "common/jose/init.h"

/* With it no algorithm is found any more. */
static const char conf[] = "openssl_conf = init\n"
			   "[init]\nalg_section = algorithms\n"
			   "[algorithms]\ndefault_properties = nobody=yes\n";

/* libcrypto is begun once in a process, so: in one of its own. */
static int
finds_sha256(const char *path, bool ours)
{
	pid_t pid = fork();
	EVP_MD *md;
	int st;

	assert_true(pid >= 0);
	if (pid == 0) {
		setenv("OPENSSL_CONF", path, 1);
		if (ours)
			ba_jose_init();
		else
			OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		EVP_MD_free(md);
		_exit(md != NULL);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	return WEXITSTATUS(st);
}

static void
V42_nobodys_openssl_conf_is_read(void **state)
{
	char path[] = "/tmp/ba_init_XXXXXX";
	int fd;

	(void)state;
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, conf, strlen(conf)), strlen(conf));
	close(fd);
	assert_int_equal(finds_sha256(path, true), 1);
	/* The same without us: the file does what it says. */
	assert_int_equal(finds_sha256(path, false), 0);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(V42_nobodys_openssl_conf_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
