/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JOSE_ROCA_H
#define BA_JOSE_ROCA_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Does an RSA modulus, big endian, n bytes, bear the fingerprint of a broken
 * generator (ROCA, CVE-2017-15361; requirement JWK-07)?  Its private key can
 * be computed then, from the public one.
 */
bool ba_is_roca(const unsigned char *modulus, size_t n);

#endif
