/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_INIT_H
#define BA_JOSE_INIT_H

/*
 * Once in a process, first of all: libcrypto without its configuration file,
 * which is nobody's to say here (OPENSSL_CONF), and without clean-up at exit,
 * which the kernel does better.
 */
void ba_jose_init(void);

#endif
