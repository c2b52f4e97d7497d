/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BASE_PEM_H
#define BA_BASE_PEM_H

/*
 * For OpenSSL's readers of PEM (pem_password_cb): there is no password.  An
 * encrypted key is not ours to open, and without a callback OpenSSL would ask
 * at the terminal, which in a broker is nobody's.
 */
static inline int
ba_pem_no_password(char *dst, int size, int writing, void *arg)
{
	(void)dst;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

#endif
