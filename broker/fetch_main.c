/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/oauth/http_curl.h"

/*
 * bearerauth-fetch: started by the broker as its own user, with a socket as
 * descriptor 3, nothing to read or write elsewhere, and an environment of
 * two constants.  A file of its own and not a mode of the broker, so that
 * the broker can never load libcurl.
 */
#define SOCKET_FD 3

/*
 * Enough for 256 requests with their answers and as many threads of libcurl's
 * resolver, whose stacks count in full; a leak ends here and not with the
 * machine.
 */
#define ADDRESS_SPACE ((rlim_t)1024 * 1024 * 1024)

/* By default 8 MiB, of which 256 would not fit.  getaddrinfo(3) keeps its
   large things on the heap. */
#define THREAD_STACK (256 * 1024)

/* For each request a connection and the two ends of its resolver's pair, and
   the idle connections. */
#define DESCRIPTORS 2048

static int
refuse(const char *why)
{
	(void)fprintf(stderr, "bearerauth-fetch: %s\n", why);
	return 1;
}

static bool
set_limit(__rlimit_resource_t what, rlim_t n)
{
	struct rlimit l = { .rlim_cur = n, .rlim_max = n };

	return setrlimit(what, &l) == 0;
}

static bool
shrink_stacks(void)
{
	pthread_attr_t a;
	bool ok;

	if (pthread_attr_init(&a) != 0)
		return false;
	ok = pthread_attr_setstacksize(&a, THREAD_STACK) == 0 &&
	     pthread_setattr_default_np(&a) == 0;
	(void)pthread_attr_destroy(&a);
	return ok;
}

/* As many as we want, or as we may have: then some requests fail. */
static bool
allow_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return false;
	if (l.rlim_cur >= DESCRIPTORS)
		return true;
	l.rlim_cur = l.rlim_max < DESCRIPTORS ? l.rlim_max : DESCRIPTORS;
	return setrlimit(RLIMIT_NOFILE, &l) == 0;
}

/*
 * Is whoever made the socket still our parent?  If it died before prctl()
 * asked for the signal, we belong to init already.
 */
static bool
parent_is_peer(void)
{
	struct ucred peer;
	socklen_t n = sizeof(peer);

	return getsockopt(SOCKET_FD, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 &&
	       peer.pid == getppid();
}

/*
 * No RLIMIT_NPROC: it counts all processes of the user, the broker's too,
 * and libcurl's resolver makes a thread for each name.  No RLIMIT_CPU: the
 * helper lives as long as the broker.
 */
static const char *
confine(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0)
		return "prctl failed";
	if (!parent_is_peer())
		return "descriptor 3 is no socket of the parent; "
		       "bearerauthd starts this program";
	if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_FSIZE, 0) ||
	    !allow_descriptors() || !shrink_stacks())
		return "setrlimit failed";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	/* Sanitizers map terabytes.  Threads need no heap of their own. */
	if (!set_limit(RLIMIT_AS, ADDRESS_SPACE) ||
	    mallopt(M_ARENA_MAX, 2) != 1)
		return "setrlimit failed";
#endif
	return NULL;
}

int
main(int argc, char **argv)
{
	const char *why;

	(void)argv;
	if (argc > 1)
		return refuse("takes no arguments");
	/*
	 * TLS with strangers is never root's business.  The broker has
	 * become its own user before it starts us; there is no switch.
	 */
	if (getuid() == 0 || geteuid() == 0)
		return refuse("does not run as root");
	why = confine();
	if (why != NULL)
		return refuse(why);
	/* Once more (V42): SSLKEYLOGFILE and its kind have no option. */
	if (clearenv() != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return refuse("the process could not be prepared");
	return ba_http_serve(SOCKET_FD) == 0 ? 0 : 1;
}
