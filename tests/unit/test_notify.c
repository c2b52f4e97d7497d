/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/notify.h"

static int
listen_at(const struct sockaddr_un *sun, size_t len)
{
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)sun,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	return fd;
}

static void
expect_start(int fd, const char *start)
{
	char text[128];
	ssize_t n;

	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_memory_equal(text, start, strlen(start));
}

static void
speak(int fd)
{
	struct ba_notify n;

	assert_int_equal(ba_notify_init(&n), BA_OK);
	assert_int_equal(ba_notify(&n, "READY=1"), BA_OK);
	expect_start(fd, "READY=1");
	assert_int_equal(ba_notify_reloading(&n), BA_OK);
	expect_start(fd, "RELOADING=1\nMONOTONIC_USEC=");
}

static void
by_path(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/ba_notify_XXXXXX";
	struct ba_notify n;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/n", dir);
	fd = listen_at(&sun, strlen(sun.sun_path) + 1);
	assert_int_equal(setenv("NOTIFY_SOCKET", sun.sun_path, 1), 0);
	speak(fd);
	assert_int_equal(ba_notify_init(&n), BA_OK);
	close(fd);
	assert_int_equal(ba_notify(&n, "READY=1"), BA_ERR_SYSTEM);
	unlink(sun.sun_path);
	rmdir(dir);
}

static void
by_abstract_name(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char name[sizeof(sun.sun_path)];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@ba_notify_%d", (int)getpid());
	memcpy(sun.sun_path + 1, name + 1, strlen(name) - 1);
	fd = listen_at(&sun, strlen(name));
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	speak(fd);
	close(fd);
}

/* Nobody to tell: silence, and no error. */
static void
nobody(void **state)
{
	static const char *const none[] = { "", "relative", NULL };
	struct ba_notify n;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (none[i] != NULL)
			setenv("NOTIFY_SOCKET", none[i], 1);
		else
			unsetenv("NOTIFY_SOCKET");
		assert_int_equal(ba_notify_init(&n), BA_OK);
		assert_int_equal(ba_notify(&n, "READY=1"), BA_OK);
	}
}

static void
too_long(void **state)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	struct ba_notify n;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(ba_notify_init(&n), BA_ERR_LIMIT);
	assert_int_equal(ba_notify(&n, "READY=1"), BA_OK);
	name[sizeof(name) - 2] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(ba_notify_init(&n), BA_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_path),
		cmocka_unit_test(by_abstract_name),
		cmocka_unit_test(nobody),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
