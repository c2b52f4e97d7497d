/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_TESTS_PAM_TORTURE_H
#define BA_TESTS_PAM_TORTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <security/pam_appl.h>

/*
 * A host and its libpam, as small as the module can do with, of which every
 * call can be made to fail (torture.h), and so can every call of the C library
 * by which the module reaches the broker (pam_torture_wrap.opt).
 */
#define PAM_TORTURE_DATA 4
#define PAM_TORTURE_ENV  8

struct pam_handle {
	const char *user, *service, *rhost, *tty, *authtok;
	struct pam_conv conv;
	struct {
		const char *name; /* NULL: free */
		void *data;
		void (*cleanup)(pam_handle_t *pamh, void *data, int status);
	} data[PAM_TORTURE_DATA];
	char env[PAM_TORTURE_ENV][128]; /* "": free */
};

/* How many blocks of data it holds. */
size_t pam_torture_data(const struct pam_handle *pamh);

/* As pam_end(3): the data is given back. */
void pam_torture_end(struct pam_handle *pamh);

/* The conversation; appdata is the reply to a secret.  A plain prompt gets
   Enter. */
int pam_torture_converse(int n, const struct pam_message **msg,
    struct pam_response **resp, void *appdata);

/* The directory that is trusted, and whether we say that we are root. */
extern const char *pam_torture_dir;
extern bool pam_torture_root;

#endif
